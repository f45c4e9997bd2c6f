package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"losscape/gpu/gputest"

	"golang.org/x/sys/unix"
)

// newTerminal returns a terminal of so many columns, and what has been written to it.
func newTerminal(t *testing.T, columns int) (tty *os.File, written func() string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { master.Close() })
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Skip(err)
	}
	if tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Skip(err)
	}
	resize(t, tty, columns)
	out := make(chan []byte, 1)
	go func() {
		data, _ := io.ReadAll(master) // an error once the other side is closed
		out <- data
	}()
	return tty, func() string {
		tty.Close()
		return string(<-out)
	}
}

func resize(t *testing.T, tty *os.File, columns int) {
	t.Helper()
	if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: uint16(columns)}); err != nil {
		t.Fatal(err)
	}
}

// states are the lines that a line of progress has been.
func states(t *testing.T, text string) []string {
	t.Helper()
	if strings.ContainsAny(text, "\n\x1b") {
		t.Errorf("more than one line: %q", text)
	}
	return strings.Split(strings.Trim(text, "\r"), "\r")
}

func TestProgressOnATerminal(t *testing.T) {
	t.Setenv("TERM", "xterm")
	for _, c := range []struct {
		columns int
		want    string // of the second state
	}{
		{5, "land"},
		{13, "landscape: 5"},
		{20, "landscape: 50 %"},
		{40, "landscape: 50 %, 10s left"},
		{60, "landscape: 50 %, 10s left, 50000000 of 100000000"},
		{73, "landscape: 50 %, 10s left, 50000000 of 100000000, 5e+06 points/s"},
		{80, "[========        ] landscape: 50 %, 10s left, 50000000 of 100000000"},
		{200, "[" + strings.Repeat("=", 20) + strings.Repeat(" ", 20) + "] landscape: 50 %, 10s left, 50000000 of 100000000, 5e+06 points/s"},
		{0, "[========        ] landscape: 50 %, 10s left, 50000000 of 100000000"}, // it does not say
	} {
		tty, written := newTerminal(t, c.columns)
		st := (&app{stderr: tty}).stage("landscape", "points")
		st.update(0, 1e8)
		st.update(1, 1e8) // too soon
		st.start, st.last = time.Now().Add(-10*time.Second), time.Time{}
		st.update(5e7, 1e8)
		st.end(nil)
		st.update(6e7, 1e8)
		got := states(t, written())
		if len(got) != 3 || strings.TrimRight(got[1], " ") != c.want || strings.Trim(got[2], " ") != "" {
			t.Errorf("%d columns: %q", c.columns, got)
		}
		for _, line := range got {
			if c.columns > 0 && len(line) >= c.columns {
				t.Errorf("%d columns: %q has %d", c.columns, line, len(line))
			}
		}
	}
}

func TestProgressOnATerminalThatIsResized(t *testing.T) {
	t.Setenv("TERM", "xterm")
	tty, written := newTerminal(t, 200)
	st := (&app{stderr: tty}).stage("landscape", "points")
	st.update(1, 100)
	for _, columns := range []int{30, 100, 20} {
		resize(t, tty, columns)
		st.last = time.Time{}
		st.update(50, 100)
	}
	resize(t, tty, 10)
	st.end(nil)
	got := states(t, written())
	for i, columns := range []int{200, 30, 100, 20, 10} {
		if len(got) != 5 || len(got[i]) >= columns || len(got[i]) < columns/3 {
			t.Fatalf("%q", got)
		}
	}
}

// TestDumbTerminal has whole lines only, as a file does.
func TestDumbTerminal(t *testing.T) {
	for _, kind := range []string{"dumb", ""} {
		t.Setenv("TERM", kind)
		tty, written := newTerminal(t, 80)
		st := (&app{stderr: tty}).stage("frames", "frames")
		st.update(1, 100)
		st.start, st.last = time.Now().Add(-10*time.Second), time.Now().Add(-10*time.Second)
		st.update(20, 100)
		st.end(nil)
		if got := written(); got != "frames: 20 %, 40s left, 20 of 100, 2 frames/s\r\n" {
			t.Errorf("TERM=%q: %q", kind, got)
		}
	}
}

// TestCommandOnATerminal watches a whole command.
func TestCommandOnATerminal(t *testing.T) {
	serial(t)
	tty, written := newTerminal(t, 40)
	cmd := process("sweep", "one-mode", "--backend", "cpu", "--over", "lr=1:30:3000", "--map", t.TempDir()+"/a.png")
	cmd.Env = append(cmd.Env, "TERM=xterm")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, tty
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	text := written()
	if !strings.Contains(text, "\rsweep: ") {
		t.Errorf("%q", text)
	}
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\r' || r == '\n' }) {
		if strings.HasPrefix(line, "sweep: ") && len(line) >= 40 {
			t.Errorf("%q has %d columns", line, len(line))
		}
	}
}

// TestTerminalIsNotSteered prints names from a file that would clear the screen and turn the text around.
func TestTerminalIsNotSteered(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("a.csv", "\"red\x1b[2J\",\"\u202egnp\",y\n1,2,\u009bA\n2,1,b\n0,2,b\n2,3,\u009bA\n")
	write("a.toml", "[data]\nfile = \"a.csv\"\nlabel = \"y\"\npositive = \"b\"\n[loss]\nl2 = 0.1\n[[run]]\nsteps = 3\n")
	for _, args := range [][]string{{"fit", "a.toml"}, {"init", "a.csv", "--label", "y", "--positive", "b", "-o", "-"}, {"train", "a.toml", "--format", "csv"}, {"train", "a.toml", "--json"}, {"render", "a.toml", "-o", "-", "--format", "svg"}, {"train", "none\x1b[2J.toml"}} {
		tty, written := newTerminal(t, 80)
		var out, log io.Writer = tty, tty
		run(t.Context(), args, strings.NewReader(""), out, log)
		if text := written(); strings.ContainsAny(text, "\x1b\u009b\u202e") || args[0] == "fit" && !strings.Contains(text, `red\x1b[2J`) || len(text) < 20 {
			t.Errorf("%q: %q", args, text)
		}
	}
}

// A full disk, or a limit of a file's size, is an error in every format: the file that
// was there stays, and nothing else is left.
func TestFullDisk(t *testing.T) {
	serial(t)
	gputest.Device(t)
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	for _, args := range []string{
		"render two-mode -o a.glb --backend cpu",
		"render two-mode -o a.svg --panel contour --backend cpu",
		"render two-mode -o a.png --frame 3 --size 900x300",
		"render two-mode -o a.gif --frames 5 --size 900x300",
		"render two-mode -o a.mp4 --frames 5 --size 900x300",
		"grid one-mode -o a.npy --size 200",
		"sweep one-mode --over lr=0.1:1:4000 --steps 3 --map a.png -o a.npz --backend cpu",
		"sweep one-mode --over lr=0.1:1:4000 --steps 3 -o a.parquet --backend cpu",
		"sweep one-mode --over lr=0.1:1:4000 --steps 3 -o a.csv --backend cpu",
	} {
		dir := t.TempDir()
		words := strings.Fields(args)
		name := words[slices.Index(words, "-o")+1]
		if err := os.WriteFile(filepath.Join(dir, name), []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := process(words...)
		cmd.Args = append([]string{sh, "-c", "ulimit -f 16; exec \"$0\" \"$@\"", cmd.Path}, words...)
		cmd.Path, cmd.Dir = sh, dir
		text, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(string(text), "was not written") && !strings.Contains(string(text), "file too large") {
			t.Errorf("%s: exit %d, %s", args, code, text)
		}
		files, err := os.ReadDir(dir)
		if b, e := os.ReadFile(filepath.Join(dir, name)); err != nil || e != nil || string(b) != "old" || len(files) != 1 {
			t.Errorf("%s: %d bytes, %d files, %v", args, len(b), len(files), e)
		}
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	for _, args := range []string{"--version", "--help", "scenes", "scenes one-mode", "train one-mode", "train one-mode --json",
		"sweep one-mode --over lr=1,2 --backend cpu", "completion bash"} {
		cmd := process(strings.Fields(args)...)
		var text bytes.Buffer
		cmd.Stdout, cmd.Stderr = full, &text
		cmd.Run()
		if code := cmd.ProcessState.ExitCode(); code != exitAgain || !strings.Contains(text.String(), "no space left") {
			t.Errorf("%s: exit %d, %s", args, code, &text)
		}
	}
}

// TestFewFiles lets a process have few files open: its work is done, to the same bytes, or there is one error that
// names the limit and what raises it, nothing is at the target's name, and the work goes on once the limit is lifted.
func TestFewFiles(t *testing.T) {
	serial(t)
	gputest.Device(t)
	needsFFmpeg(t)
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	cutFine(t)
	scene := writeScene(t, filmScene)
	for _, args := range []string{
		"grid SCENE -o a.npy --size 40x90 --backend cpu --resume",
		"sweep SCENE --over lr=0.1:40:20:log --over w1=-1:1:15 --steps 30 --backend cpu -o a.npz",
		"render SCENE -o a.mp4",
	} {
		words := strings.Fields(strings.ReplaceAll(args, "SCENE", scene))
		name := words[slices.Index(words, "-o")+1]
		whole := inFolder(t, strings.Join(words, " "))
		for _, files := range []int{8, 10, 12, 16, 24} {
			dir := t.TempDir()
			start := func(words ...string) (code int, text string) {
				cmd := process(words...)
				cmd.Args = append([]string{sh, "-c", fmt.Sprintf("ulimit -n %d; exec \"$0\" \"$@\"", files), cmd.Path}, words...)
				cmd.Path, cmd.Dir = sh, dir
				cmd.Env = append(cmd.Env, cutEnv+"=1")
				out, _ := cmd.CombinedOutput()
				return cmd.ProcessState.ExitCode(), string(out)
			}
			code, text := start(words...)
			if code != exitDone {
				t.Logf("%s: %d files: %s", name, files, text)
				if code != exitFailed || strings.Count(text, "losscape: ") != 1 || !strings.Contains(strings.ToLower(text), "too many open files") || !strings.Contains(text, "ulimit -n") {
					t.Errorf("%s: %d files: exits with %d and says %s", name, files, code, text)
				}
				if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
					t.Errorf("%s: %d files: it is there", name, files)
				}
				files = 256
				if code, text := start(append(words, "--resume")...); code != exitDone {
					t.Errorf("%s: with more files it exits with %d and says %s", name, code, text)
				}
			}
			sameFiles(t, args, dir, whole)
		}
	}
}

// With --quiet drivers are quiet, too.
func TestQuietDrivers(t *testing.T) {
	serial(t)
	gputest.Device(t)
	for quiet, args := range map[bool]string{
		true:  "sweep one-mode --over lr=1,2 -q",
		false: "sweep one-mode --over lr=1,2",
	} {
		cmd := process(strings.Fields(args)...)
		cmd.Env = append(cmd.Env, "LIBGL_DRIVERS_PATH=/nonexistent") // of which Mesa's loader warns
		var text bytes.Buffer
		cmd.Stderr = &text
		if err := cmd.Run(); err != nil || quiet == (text.Len() > 0) {
			t.Errorf("%s: %v, %s", args, err, &text)
		}
	}
}
