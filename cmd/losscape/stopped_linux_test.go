//go:build cgo

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"losscape/cmd/losscape/store"
	"losscape/gpu/gputest"
)

// processState returns the state of a process as proc(5) has it, such as T if it is stopped.
func processState(pid int) string {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, rest, _ := strings.Cut(string(text), ") ")
	state, _, _ := strings.Cut(rest, " ")
	return state
}

// TestStoppedWork stops work in the middle, for longer than an ffmpeg may do nothing, and has it go on: its
// files are those of work that nobody stopped.
func TestStoppedWork(t *testing.T) {
	serial(t)
	const limit = time.Second
	scene := writeScene(t, strings.Replace(filmScene, "frames = 17", "frames = 41", 1))
	for _, c := range []struct {
		args string
		stop time.Duration
	}{
		{"sweep one-mode --over lr=0.1:40:60:log --over l2=0:1:20 --backend cpu -o a.npz", limit / 2},
		{"render " + scene + " -o a.mp4", 2 * limit},
	} {
		args := strings.Fields(c.args)
		t.Run(args[0], func(t *testing.T) {
			if args[0] == "render" {
				gputest.Device(t)
				needsFFmpeg(t)
			}
			start := func(dir string) (wait func() error, pid int, log *bytes.Buffer) {
				cmd := process(args...)
				log = new(bytes.Buffer)
				cmd.Dir, cmd.Stderr = dir, log
				cmd.Env = append(cmd.Env, cutEnv+"=1", limitEnv+"="+limit.String())
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { cmd.Process.Kill() })
				return cmd.Wait, cmd.Process.Pid, log
			}
			whole, dir := t.TempDir(), t.TempDir()
			wait, _, log := start(whole)
			if err := wait(); err != nil {
				t.Fatalf("%v: %s", err, log)
			}
			wait, pid, log := start(dir)
			waitForFile(t, filepath.Join(dir, store.Dir(args[slices.Index(args, "-o")+1]), "000000.piece"))
			syscall.Kill(pid, syscall.SIGSTOP)
			for range 100 {
				if processState(pid) == "T" {
					break
				}
				time.Sleep(5 * time.Millisecond)
			}
			if state := processState(pid); state != "T" {
				t.Errorf("the process is not stopped but %q", state)
			}
			time.Sleep(c.stop)
			syscall.Kill(pid, syscall.SIGCONT)
			if err := wait(); err != nil {
				t.Fatalf("%v: %s", err, log)
			}
			sameFiles(t, c.args, dir, whole)
		})
	}
}
