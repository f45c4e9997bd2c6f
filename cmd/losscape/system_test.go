//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"losscape/gpu/film"
	"losscape/gpu/gputest"
)

// TestDoctorNamesTheCause has an ffmpeg that cannot be tried: no encoder is blamed.
func TestDoctorNamesTheCause(t *testing.T) {
	serial(t)
	gputest.Device(t)
	needsFFmpeg(t)
	old := film.Limits
	t.Cleanup(func() { film.Limits = old })
	script := func(text string) string {
		path := filepath.Join(t.TempDir(), "ffmpeg")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o777); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct{ env, value, want string }{
		{"TMPDIR", "/nonexistent", "there is no folder for temporary files (stat /nonexistent: no such file or directory)\n    set TMPDIR to one"},
		{film.FFmpegEnv, script("sleep 100"), "ffmpeg -version: ffmpeg hangs: no answer for 2s\n    set " + film.FFmpegEnv},
		{film.FFmpegEnv, script("[ $1 = -version ] && echo ffmpeg version 7 || sleep 100"), "ffmpeg hangs with libx264, so no other encoder was tried"},
	} {
		t.Run(c.want, func(t *testing.T) {
			t.Setenv(c.env, c.value)
			film.Limits = old
			if c.env == film.FFmpegEnv { // it hangs; that it has answered takes a busy machine some time
				film.Limits.Answer, film.Limits.End = 2*time.Second, 200*time.Millisecond
			}
			code, stdout, stderr := losscape(t, "doctor")
			_, missing, _ := strings.Cut(stdout, "\nmissing\n")
			if code != exitFailed || stderr != "" || !strings.Contains(missing, c.want) || strings.Contains(missing, "a working") {
				t.Errorf("%d, %s, %s", code, stdout, stderr)
			}
		})
	}
}

// TestHangup ends a command as Ctrl-C does, with nothing left behind, and does not
// where the signal was ignored from the start, as by nohup.
func TestHangup(t *testing.T) {
	serial(t)
	for _, ignored := range []bool{false, true} {
		for _, signal := range []os.Signal{syscall.SIGHUP, os.Interrupt} {
			dir := t.TempDir()
			size := map[bool]string{false: "2000x60000", true: "2000x300"}[ignored]
			cmd := process("grid", "one-mode", "--size", size, "--backend", "cpu", "-o", filepath.Join(dir, "a.npy"))
			if ignored {
				cmd.Path, cmd.Args = "/bin/sh", append([]string{"sh", "-c", `trap '' HUP INT; exec "$0" "$@"`}, cmd.Args...)
			}
			var log bytes.Buffer
			cmd.Stderr = &log
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			waitForPart(t, dir, ended)
			cmd.Process.Signal(signal)
			<-ended
			code := cmd.ProcessState.ExitCode()
			if want := map[bool]int{false: exitInterrupted, true: exitDone}[ignored]; code != want {
				t.Errorf("%v, ignored %v: exits with %d, want %d: %s", signal, ignored, code, want, &log)
			}
			if !ignored {
				empty(t, dir)
			}
		}
	}
}

// unread returns a pipe that nobody reads.
func unread(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	t.Cleanup(func() { w.Close() })
	return w
}

// TestNobodyReads takes away the reader of what a command writes: results go on
// without that of messages, and without that of results there is nothing to do.
func TestNobodyReads(t *testing.T) {
	serial(t)
	path := filepath.Join(t.TempDir(), "a.npy")
	cmd := process("grid", "one-mode", "--backend", "cpu", "-o", path)
	cmd.Stderr, cmd.Stdout = unread(t), unread(t)
	if err := cmd.Run(); err != nil {
		t.Errorf("without messages: %v", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	for _, args := range [][]string{
		{"--help"}, {"scenes"}, {"train", "one-mode"}, {"train", "one-mode", "--steps", "5000", "--format", "csv"},
		{"sweep", "one-mode", "--over", "lr=1,2", "--backend", "cpu", "-q"},
		{"grid", "one-mode", "--backend", "cpu", "-q", "-o", "-"},
		{"render", "one-mode", "-q", "-o", "-", "--format", "svg", "--panel", "curve", "--backend", "cpu"},
	} {
		cmd := process(args...)
		var log bytes.Buffer
		cmd.Stdout, cmd.Stderr = unread(t), &log
		cmd.Run()
		if code := cmd.ProcessState.ExitCode(); code != exitUnread || log.Len() > 0 {
			t.Errorf("%v: %v, exits with %d and says %q", args, cmd.ProcessState, code, &log)
		}
	}
}

// Where a GPU is only a slice of one, doctor says why it is not among the devices.
func TestDoctorNamesSlices(t *testing.T) {
	root := t.TempDir()
	t.Setenv("NVIDIA_VISIBLE_DEVICES", "all")
	t.Setenv("CUDA_VISIBLE_DEVICES", "")
	if migSlice(root) {
		t.Error("a slice without a sign of one")
	}
	if err := os.MkdirAll(filepath.Join(root, "proc/driver/nvidia/capabilities/gpu0/mig/gi7"), 0o777); err != nil {
		t.Fatal(err)
	}
	if !migSlice(root) {
		t.Error("the driver's node is no sign of a slice")
	}
	t.Setenv("CUDA_VISIBLE_DEVICES", "MIG-5c89852c-d268-c3f3-1b07-005d5ae1dc3f")
	if !migSlice(t.TempDir()) {
		t.Error("the variable is no sign of a slice")
	}
}
