//go:build unix

package atomicfile_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"losscape/gpu/film/atomicfile"
)

// childEnv has the test binary do what a name says, with the file at childPath.
const childEnv, childPath = "ATOMICFILE_CHILD", "ATOMICFILE_PATH"

func TestMain(m *testing.M) {
	path := os.Getenv(childPath)
	switch os.Getenv(childEnv) {
	case "hold": // begins a file and waits
		f, err := atomicfile.Create(path)
		if err == nil {
			_, err = io.WriteString(f, "held")
		}
		fmt.Println(err)
		io.Copy(io.Discard, os.Stdin)
		if err == nil {
			err = f.Commit()
		}
		fmt.Println(err)
		os.Exit(0)
	case "create":
		f, err := atomicfile.Create(path)
		if err == nil {
			err = f.Discard()
		}
		fmt.Println(err)
		os.Exit(0)
	case "limit": // writes more than it may, by an encoder that reports no errors
		limit := syscall.Rlimit{Cur: 1000, Max: 1000}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			panic(err)
		}
		f, err := atomicfile.Create(path)
		if err != nil {
			panic(err)
		}
		beside, err := atomicfile.Create(path + ".json")
		if err != nil {
			panic(err)
		}
		io.WriteString(beside, "new")
		for range 30 {
			f.Write(make([]byte, 100))
		}
		fmt.Println(atomicfile.CommitAll(beside, nil, f))
		fmt.Println(f.Commit())
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(t *testing.T, what, path string) *exec.Cmd {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), childEnv+"="+what, childPath+"="+path)
	cmd.Stderr = os.Stderr
	return cmd
}

// hold starts a process that has begun the file at path.
func hold(t *testing.T, path string) (cmd *exec.Cmd, end func() string) {
	cmd = child(t, "hold", path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "<nil>" {
		t.Fatalf("Create: %s", lines.Text())
	}
	return cmd, func() string {
		in.Close()
		lines.Scan()
		cmd.Wait()
		return lines.Text()
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	f, err := atomicfile.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Discard()
	io.WriteString(f, text)
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// TestOrphans kills writers and expects the next one to remove what they left, and
// nothing that a running process owns.
func TestOrphans(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.npy")
	other := filepath.Join(dir, ".b.npy.part0") // of another target
	os.WriteFile(other, nil, 0o666)
	var dead []*exec.Cmd
	for range 3 {
		cmd, _ := hold(t, path)
		dead = append(dead, cmd)
	}
	_, end := hold(t, path)
	for _, cmd := range dead {
		cmd.Process.Kill()
		cmd.Wait()
	}
	if n := len(names(t, dir)); n != 5 {
		t.Fatalf("%d files before", n)
	}
	f, err := atomicfile.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := names(t, dir); len(n) != 3 { // of the other target, of the running process, of f
		t.Errorf("left are %v", n)
	}
	f.Discard()
	write(t, path, "mine")
	if got := end(); got != "<nil>" {
		t.Errorf("the other process's Commit: %s", got)
	}
	if data, _ := os.ReadFile(path); string(data) != "held" {
		t.Errorf("%q, want what was committed last", data)
	}
	if got := names(t, dir); len(got) != 2 {
		t.Errorf("left are %v", got)
	}
}

// TestManyOrphans leaves files under far names, with gaps, as many writers at the same time do.
func TestManyOrphans(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.npy")
	for _, slot := range []int{0, 7, 9, 17, 18, 25} {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf(".a.npy.part%d", slot)), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(t, path, "mine")
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("left are %v", got)
	}
}

// TestWritersAtOnce has many write one target: all succeed, one stays, whole.
func TestWritersAtOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	texts := make(map[string]bool)
	var wg sync.WaitGroup
	for i := range 30 {
		text := strings.Repeat(fmt.Sprint(i%10), 5000)
		texts[text] = true
		wg.Go(func() {
			for range 5 {
				f, err := atomicfile.Create(path)
				if err != nil {
					t.Error(err)
					return
				}
				io.WriteString(f, text)
				if err := f.Commit(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if data, err := os.ReadFile(path); err != nil || !texts[string(data)] {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	onlyFile(t, dir, "a")
}

// TestFileAttributes expects a file that is replaced to keep its mode and group.
func TestFileAttributes(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	groups, _ := os.Getgroups()
	if os.Getuid() == 0 {
		groups = append(groups, 4321)
	}
	for _, mode := range []os.FileMode{0o600, 0o640, 0o666, 0o755, 0o200} {
		for _, gid := range append(groups, -1) {
			if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chown(path, -1, gid); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			before, _ := os.Stat(path)
			write(t, path, "new")
			after, _ := os.Stat(path)
			if after.Mode() != mode || after.Sys().(*syscall.Stat_t).Gid != before.Sys().(*syscall.Stat_t).Gid {
				t.Errorf("group %d: mode %v of group %d, want %v", gid, after.Mode(), after.Sys().(*syscall.Stat_t).Gid, mode)
			}
			os.Remove(path)
		}
	}
}

// TestProtectedFiles expects errors at once for what is not to be replaced.
func TestProtectedFiles(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	os.WriteFile(at("protected"), []byte("old"), 0o444)
	os.WriteFile(at("linked"), []byte("old"), 0o666)
	os.Symlink("loop2", at("loop1"))
	os.Symlink("loop1", at("loop2"))
	os.Symlink("nothing", at("dangling"))
	os.Symlink("protected", at("by-link"))
	os.Mkdir(at("folder"), 0o777)
	syscall.Mkfifo(at("pipe"), 0o666)
	if err := os.Link(at("linked"), at("second")); err != nil {
		t.Skip(err)
	}
	before := names(t, dir)
	for name, want := range map[string]string{
		"protected":   "is protected from writing (mode 0444); permit it (chmod u+w",
		"by-link":     "is protected from writing",
		"linked":      "has 2 names (hard links), and the others would keep the old file; remove this one first",
		"loop1":       "is a link that leads back to itself",
		"loop1/a.png": "is a link that leads back to itself",
		"dangling":    "is a link to nothing",
		"folder":      "is a folder; name a file in it",
		"pipe":        "is not a regular file",
		"linked/a":    "is not a folder",
		"linked/a/b":  "not a directory",
		"":            "names no file",
	} {
		_, err := atomicfile.Create(dir + "/" + name)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "stat") || strings.Contains(err.Error(), "Eval") {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	if after := names(t, dir); len(after) != len(before) {
		t.Errorf("left are %v", after)
	}
}

// TestFileOfAnother has a user without privileges write files of root.
func TestFileOfAnother(t *testing.T) {
	if testing.Short() {
		t.Skip("processes, not goroutines")
	}
	if os.Getuid() != 0 {
		t.Skip("only root can be two users")
	}
	dir, err := os.MkdirTemp("/tmp", "atomicfile-test-")
	if err != nil {
		t.Skip(err)
	}
	defer os.RemoveAll(dir)
	os.Chmod(dir, 0o777)
	exe, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Skip(err)
	}
	program := filepath.Join(dir, "program")
	os.WriteFile(program, exe, 0o755)
	as := func(path string) string {
		cmd := child(t, "create", path)
		cmd.Path, cmd.Dir = program, dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := cmd.Output()
		if err != nil {
			t.Skip(err)
		}
		return string(out)
	}
	if out := as(filepath.Join(dir, "new")); out != "<nil>\n" {
		t.Errorf("a new file: %s", out)
	}
	for mode, want := range map[os.FileMode]string{0o444: "is protected from writing", 0o644: "may not be replaced (permission denied)", 0o666: "is another user's"} {
		path := filepath.Join(dir, fmt.Sprint(mode))
		os.WriteFile(path, []byte("old"), 0o600)
		os.Chmod(path, mode)
		if out := as(path); !strings.Contains(out, want) {
			t.Errorf("%v: %s, want %s", mode, out, want)
		}
	}
	// root may, and the owner stays.
	path := filepath.Join(dir, "theirs")
	os.WriteFile(path, []byte("old"), 0o644)
	os.Chown(path, 65534, 65534)
	write(t, path, "new")
	if info, _ := os.Stat(path); info.Sys().(*syscall.Stat_t).Uid != 65534 || info.Mode() != 0o644 {
		t.Errorf("%v of %d", info.Mode(), info.Sys().(*syscall.Stat_t).Uid)
	}
	if got := names(t, dir); len(got) != 5 {
		t.Errorf("left are %v", got)
	}
}

// TestLongNames writes files of every length that a folder takes.
func TestLongNames(t *testing.T) {
	dir := t.TempDir()
	letters := []string{"a", "ä"}
	if runtime.GOOS == "linux" {
		letters = append(letters, "\x80") // which is no UTF-8: other systems have no such names
	}
	for n := 90; n <= 255; n++ {
		for i, letter := range letters {
			if i > 1 && n > 110 && n < 250 {
				continue
			}
			name := strings.Repeat(letter, (n-4)/len(letter)) + ".png"
			write(t, filepath.Join(dir, name), name)
			onlyFile(t, dir, name)
			os.Remove(filepath.Join(dir, name))
		}
	}
	for _, n := range []int{256, 5000} {
		_, err := atomicfile.Create(filepath.Join(dir, strings.Repeat("a", n)))
		if want := fmt.Sprintf("of %d bytes is too long", n); err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 200 {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestWriteErrors expects Commit to know of an error that an encoder has dropped,
// and no file to get its name if one that belongs to it failed.
func TestWriteErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	os.WriteFile(path, []byte("old"), 0o666)
	out, err := child(t, "limit", path).Output()
	if err != nil || !strings.HasSuffix(string(out), "was not written: file too large\n<nil>\n") {
		t.Errorf("%s, %v", out, err)
	}
	if data, _ := os.ReadFile(path); string(data) != "old" {
		t.Errorf("%q is left", data)
	}
	onlyFile(t, dir, "a")
}

func TestFileThroughLink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", link); err != nil {
		t.Skip(err)
	}
	f, err := atomicfile.Create(link)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(f, "new")
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	f.Discard()
	if data, _ := os.ReadFile(target); string(data) != "new" {
		t.Errorf("the link's target holds %q", data)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link is gone")
	}
}

// onlyFile fails unless the folder holds that one file, or nothing.
func onlyFile(t *testing.T, dir, name string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != name {
		t.Errorf("the folder holds %q, want %q", got, name)
	}
}

// TestFolderRemoved wants an error that says what has happened while the file was being written.
func TestFolderRemoved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "folder")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := atomicfile.Create(filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte("what is lost"))
	if err := os.RemoveAll(dir); err != nil {
		t.Skip(err) // as on systems where open files cannot be removed
	}
	if err := f.Commit(); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "a")+" was not written: somebody has removed the folder "+dir) {
		t.Error(err)
	}
}
