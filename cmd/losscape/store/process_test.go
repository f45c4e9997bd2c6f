//go:build unix

package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// childEnv has the test binary do what a name says, with the store at childDir.
const childEnv, childDir = "STORE_CHILD", "STORE_DIR"

func TestMain(m *testing.M) {
	ctx, dir := context.Background(), os.Getenv(childDir)
	do := os.Getenv(childEnv)
	if do == "" {
		os.Exit(m.Run())
	}
	limit := func(which int, n uint64) {
		l := syscall.Rlimit{Cur: n, Max: n}
		if err := syscall.Setrlimit(which, &l); err != nil {
			panic(err)
		}
	}
	if do == "few files" {
		limit(syscall.RLIMIT_NOFILE, 16)
	}
	s, err := Open(ctx, dir, work(), Options{Resume: true})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("open")
	switch do {
	case "hold":
		io.Copy(io.Discard, os.Stdin)
	case "work", "few files":
		for _, k := range s.Missing(Shard{}) {
			if err := s.Put(k, time.Now(), write(k)); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
	case "limit":
		limit(syscall.RLIMIT_FSIZE, 20_000)
		for _, k := range s.Missing(Shard{}) {
			if err := s.Put(k, time.Now(), write(k)); err != nil {
				fmt.Println(err)
				break
			}
		}
	}
	s.Close()
	os.Exit(0)
}

// child starts a process that does something with a store, and returns when it has opened it.
func child(t *testing.T, do, dir string) (cmd *exec.Cmd, lines *bufio.Scanner, stdin io.Closer) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), childEnv+"="+do, childDir+"="+dir)
	cmd.Stderr = os.Stderr
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
	lines = bufio.NewScanner(out)
	if lines.Scan(); lines.Text() != "open" {
		t.Fatalf("a child says %q", lines.Text())
	}
	return cmd, lines, in
}

// TestKill kills processes that work on a store at 50 random moments: what is there is always
// whole, and nothing is torn.
func TestKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "f.npy.part")
	r := rand.New(rand.NewPCG(1, 2))
	killed, most := 0, 0
	for range 50 {
		cmd, _, _ := child(t, "work", dir)
		time.Sleep(time.Duration(r.IntN(8000)) * time.Microsecond)
		cmd.Process.Kill()
		if cmd.Wait() != nil {
			killed++
		}
		s, err := Open(t.Context(), dir, work(), Options{Resume: true, Warn: func(err error) { t.Errorf("torn: %v", err) }})
		if err != nil {
			t.Fatal(err)
		}
		var there []int
		for k := range pieceCount {
			if s.Has(k) {
				there = append(there, k)
			}
		}
		wantPieces(t, s, there...)
		most = max(most, len(there))
		if len(there) == pieceCount {
			if err := s.Remove(); err != nil || len(files(t, dir)) > 0 {
				t.Fatalf("%v, %q", err, files(t, dir))
			}
		} else if len(there) > 6 { // some of it once more
			os.Remove(s.path(there[r.IntN(len(there))]))
		}
		s.Close()
	}
	t.Logf("%d of 50 were killed, up to %d pieces", killed, most)
	if killed < 10 || most == 0 {
		t.Errorf("%d of 50 were killed, with up to %d pieces", killed, most)
	}
	cmd, _, _ := child(t, "work", dir)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, Options{Resume: true})
	wantPieces(t, s, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
	if err := s.Remove(); err != nil || len(files(t, dir)) > 0 {
		t.Errorf("%v, %q", err, files(t, dir))
	}
}

// TestLockOfAKilledProcess wants a store to be locked for as long as its process lives.
func TestLockOfAKilledProcess(t *testing.T) {
	dir := part(t, 1)
	cmd, _, _ := child(t, "hold", dir)
	_, err := Open(t.Context(), dir, work(), Options{Resume: true})
	wantError(t, err, ErrLocked, dir, fmt.Sprintf("process %d on ", cmd.Process.Pid))
	_, err = Open(t.Context(), dir, work(), Options{Resume: true, Shard: Split(0, 2, pieceCount, func(int) float64 { return 1 })})
	wantError(t, err, ErrLocked, dir)
	if st, err := Look(dir); err != nil || len(st.Running) != 1 || !strings.Contains(st.Running[0], fmt.Sprint(cmd.Process.Pid)) {
		t.Errorf("%+v, %v", st, err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	s := open(t, dir, Options{Resume: true})
	wantPieces(t, s, 1)
}

// TestLimits wants a process that may write no large files to keep what is whole and to say why it
// ends, and one of few file handles to do all.
func TestLimits(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "f.npy.part")
	cmd, lines, _ := child(t, "limit", dir)
	lines.Scan()
	wantError(t, errors.New(lines.Text()), nil, "piece 4 could not be kept in "+dir, "file too large", "4 pieces", "--resume")
	cmd.Wait()
	s := open(t, dir, Options{Resume: true})
	wantPieces(t, s, 0, 1, 2, 3)
	if got := files(t, dir); len(got) != 4+3 {
		t.Errorf("%q", got)
	}
	s.Close()
	cmd, lines, _ = child(t, "few files", dir)
	for lines.Scan() {
		t.Error(lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	wantPieces(t, open(t, dir, Options{Resume: true}), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
}

// TestReadOnly wants the one line that names the folder where none can be made.
func TestReadOnly(t *testing.T) {
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("no /proc")
	}
	_, err := Open(t.Context(), "/proc/self/f.npy.part", work(), Options{})
	wantError(t, err, nil, "/proc/self/f.npy.part", "another folder")
}
