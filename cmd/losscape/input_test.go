//go:build unix

package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"losscape/cmd/losscape/table"
)

// pipe makes a named pipe, to which the text is written once if it has any.
func pipe(t *testing.T, path, text string) {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	if text != "" {
		go os.WriteFile(path, []byte(text), 0)
	}
}

// TestSweepOfAPipe checks that a scene, its data and a table are read once, and
// that a table keeps the scene's text.
func TestSweepOfAPipe(t *testing.T) {
	dir := t.TempDir()
	const scene = "title = \"Once\"\n[data]\nfile = \"points.csv\"\nlabel = \"y\"\n"
	fifo, out := filepath.Join(dir, "s.toml"), filepath.Join(dir, "r.npz")
	pipe(t, fifo, scene)
	pipe(t, filepath.Join(dir, "points.csv"), "x,y\n1,0\n2,1\n")
	if code, _, stderr := losscape(t, "sweep", fifo, "--over", "lr=0.1,1", "--backend", "cpu", "-o", out); code != exitDone {
		t.Fatalf("%d, %s", code, stderr)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	again := filepath.Join(dir, "again.npz")
	pipe(t, again, string(b))
	got, err := table.Read(again)
	if err != nil {
		t.Fatal(err)
	}
	if got.Meta.SceneTOML != scene || got.Meta.Scene != "s" || got.Result.N() != 2 {
		t.Errorf("%d runs of %s, %q", got.Result.N(), got.Meta.Scene, got.Meta.SceneTOML)
	}
}

// TestInterruptedWait checks that the first interruption ends a wait for who
// writes to a pipe.
func TestInterruptedWait(t *testing.T) {
	dir := t.TempDir()
	fifo, runs, data := filepath.Join(dir, "s.toml"), filepath.Join(dir, "runs.npz"), filepath.Join(dir, "d.toml")
	pipe(t, fifo, "")
	pipe(t, runs, "")
	pipe(t, filepath.Join(dir, "points.npy"), "")
	if err := os.WriteFile(data, []byte("[data]\nfile = \"points.npy\"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{
		"train SCENE", "grid SCENE -o DIR/a.npy", "render SCENE -o DIR/a.png", "sweep SCENE --over lr=1,2 -o DIR/a.csv", "verify SCENE", "view SCENE", "view --sweep RUNS",
		"train DATA",
	} {
		ctx, cancel := context.WithCancel(context.Background())
		stop := time.AfterFunc(10*time.Millisecond, cancel)
		var log bytes.Buffer
		words := strings.Fields(strings.NewReplacer("SCENE", fifo, "DIR", dir, "RUNS", runs, "DATA", data).Replace(args))
		if code := run(ctx, words, strings.NewReader(""), io.Discard, &log); code != exitInterrupted {
			t.Errorf("%s: %d, %s", args, code, &log)
		}
		stop.Stop()
		cancel()
	}

	// A process that has opened the pipe, to which nobody writes.
	os.Remove(fifo)
	pipe(t, fifo, "")
	cmd := process("train", fifo)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(fifo, os.O_WRONLY, 0) // waits for the reader
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exits with %d", code)
	}
}

// TestCompletionLeavesPipes checks that completing a command line reads no pipe.
func TestCompletionLeavesPipes(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "s.toml")
	pipe(t, fifo, "")
	for _, flag := range []string{"--over", "--run"} {
		if code, _, stderr := losscape(t, "__complete", "sweep", fifo, flag, ""); code != exitDone {
			t.Errorf("%s: %d, %s", flag, code, stderr)
		}
	}
}

// TestFirstFlag checks that of several flags with errors, the first on the command
// line is named.
func TestFirstFlag(t *testing.T) {
	sweep := [][]string{
		{"--limit", "-1"}, {"--max-period", "0"}, {"--period-tol", "0"}, {"--grad-tol", "nan"}, {"--map-of", "x"}, {"--map-scale", "x"},
		{"--trajectories", "x"}, {"--output", "x"},
	}
	film := [][]string{{"--size", "8x8"}, {"--fps", "5"}, {"--codec", "av1"}, {"--preset", "fast"}, {"--crf", "5"}}
	for _, c := range []struct {
		args  string
		flags [][]string
	}{
		{"sweep one-mode --over lr=0.1,1", sweep},
		{"render one-mode -o a.pdf", film[1:]},
		{"render one-mode -o a.png", film[1:]},
		{"render one-mode -o a.gif", film[2:]},
	} {
		for i := range c.flags {
			args := strings.Fields(c.args)
			for k := range c.flags { // every order in a circle
				args = append(args, c.flags[(i+k)%len(c.flags)]...)
			}
			want := "losscape: " + c.flags[i][0] + " "
			if c.flags[i][0] == "--output" {
				want = "losscape: -o "
			}
			for range 3 {
				if code, _, stderr := losscape(t, args...); code != exitUsage || !strings.HasPrefix(stderr, want) {
					t.Fatalf("%v: %d, %s; want %s", args, code, stderr, want)
				}
			}
		}
	}
}

// TestLongArguments checks that an error about usage quotes no more than people
// read.
func TestLongArguments(t *testing.T) {
	serial(t)
	long := strings.Repeat("x", 100_000)
	for _, args := range [][]string{
		{long}, {"train", long}, {"train", "one-mode", long}, {"train", "one-mode", "--" + long}, {"train", "one-mode", "--lr", long}, {"train", "one-mode", "--start", long},
		{"train", "one-mode", "--optimizer", long}, {"train", "one-mode", "--format", long}, {"train", "one-mode", "--backend", long}, {"train", "one-mode", "--steps", long},
		{"grid", "one-mode", "-o", "a.npy", "--size", long}, {"grid", "one-mode", "-o", "a.npy", "--x", long}, {"grid", "one-mode", "-o", "a.npy", "--of", long},
		{"sweep", "one-mode", "--over", long}, {"sweep", "one-mode", "--over", "lr=" + long}, {"sweep", "one-mode", "--over", long + "=1"}, {"sweep", "one-mode", "--over", "lr=1:2:" + long},
		{"sweep", "one-mode", "--over", "lr=1", "--run", long}, {"sweep", "one-mode", "--over", "lr=1", "--map", long}, {"sweep", "one-mode", "--over", "lr=1", "--map", "a.png", "--map-of", long},
		{"render", "one-mode", "-o", long}, {"render", "one-mode", "-o", "a.pdf", "--panel", long}, {"render", "one-mode", "-o", "a.mp4", "--codec", long}, {"scenes", long},
	} {
		if code, _, stderr := losscape(t, args...); code != exitUsage || len(stderr) > maxMessage+30 {
			t.Errorf("%.40q: %d, %d bytes: %.200s", args, code, len(stderr), stderr)
		}
	}
	want := `losscape: invalid argument "` + long[:40] + `"… for "--lr" flag: invalid syntax` + "\n"
	if _, _, stderr := losscape(t, "train", "one-mode", "--lr", long); stderr != want {
		t.Errorf("got  %s\nwant %s", stderr, want)
	}
}
