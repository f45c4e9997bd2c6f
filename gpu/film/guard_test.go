//go:build unix

package film_test

import (
	"context"
	"errors"
	"image"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"losscape/gpu"
	"losscape/gpu/film"
)

// impatient shortens the limits for a test.
func impatient(t *testing.T, limit time.Duration) {
	old := film.Limits
	t.Cleanup(func() { film.Limits = old })
	film.Limits.Answer, film.Limits.Idle, film.Limits.Busy, film.Limits.End = limit, limit, limit, limit
}

// outlived waits for the processes whose numbers are in a file to be gone.
func outlived(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range strings.Fields(string(text)) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(err)
		}
		for range 500 {
			if err = syscall.Kill(pid, 0); err != nil || zombie(pid) {
				err = syscall.ESRCH
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if err == nil {
			t.Errorf("process %d lives on", pid)
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// zombie reports whether a process has ended and only waits to be asked how: in a
// container nobody may ask.
func zombie(pid int) bool {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, state, _ := strings.Cut(string(text), ") ")
	return strings.HasPrefix(state, "Z")
}

// TestHangingFFmpeg has scripts in ffmpeg's place that start a process and stop
// working: they are given up and nothing of them is left, no process and no file.
func TestHangingFFmpeg(t *testing.T) {
	c := newCanvas(t, 640, 480)
	draw := func(int) (*gpu.Framebuffer, []image.Rectangle, error) { return c.fb, nil, nil }
	const child = "sleep 1000 & echo $$ $! >>\"$PIDS\"; "
	impatient(t, 400*time.Millisecond)
	for name, script := range map[string]string{
		"at once":      child + "wait",
		"midway":       child + "head -c 1000000 >/dev/null; echo 'one moment' >&2; wait",
		"at the end":   child + "cat >/dev/null; wait",
		"deaf":         "trap '' TERM; " + child + "wait",
		"behind":       child + "exec cat >/dev/null", // its child keeps its output open
		"in the midst": child + "while :; do :; done",
	} {
		if testing.Short() && name != "midway" && name != "behind" {
			continue // to the guard these are like the others
		}
		t.Run(name, func(t *testing.T) {
			dir, pids := t.TempDir(), filepath.Join(t.TempDir(), "pids")
			t.Setenv("PIDS", pids)
			fake(t, script)
			o := film.Options{Path: filepath.Join(dir, "a.mp4"), Width: 640, Height: 480, FPS: 1}
			_, err := film.Record(context.Background(), c.d, o, 30, draw, nil)
			if name == "behind" {
				if err == nil {
					t.Error("a film of an ffmpeg that wrote none")
				}
			} else if !errors.Is(err, film.ErrHangs) || !strings.Contains(err.Error(), filepath.Join(dir, "a.mp4")+" was not written; set "+film.FFmpegEnv) {
				t.Error(err)
			}
			if name == "midway" && !strings.Contains(err.Error(), "one moment") {
				t.Error(err)
			}
			onlyFile(t, dir, "")
			outlived(t, pids)
		})
	}
}

// reader is a writer that takes its time, or fails.
type reader struct {
	wait  time.Duration // of the first write
	err   error
	bytes int
}

func (s *reader) Write(p []byte) (int, error) {
	if s.bytes == 0 {
		time.Sleep(s.wait)
	}
	s.bytes += len(p)
	return len(p), s.err
}

// TestPipedFFmpeg has scripts in ffmpeg's place write to a pipe: a slow reader is none that
// hangs, one that fails ends the film, and an ffmpeg whose output never ends is given up.
func TestPipedFFmpeg(t *testing.T) {
	c := newCanvas(t, 640, 480)
	draw := func(int) (*gpu.Framebuffer, []image.Rectangle, error) { return c.fb, nil, nil }
	impatient(t, 800*time.Millisecond)
	full := errors.New("full")
	for name, k := range map[string]struct {
		script string
		to     reader
		want   error
	}{
		"slow":  {"exec cat", reader{wait: 2 * time.Second}, nil},
		"fails": {"exec cat", reader{err: full}, full},
		"open":  {"sleep 1000 2>/dev/null & echo $$ $! >>\"$PIDS\"; exec cat >/dev/null", reader{}, film.ErrHangs},
	} {
		t.Run(name, func(t *testing.T) {
			dir, pids := t.TempDir(), filepath.Join(t.TempDir(), "pids")
			t.Chdir(dir)
			t.Setenv("PIDS", pids)
			fake(t, k.script)
			const count = 5
			_, err := film.Record(context.Background(), c.d, film.Options{To: &k.to, Format: ".mp4", Width: 640, Height: 480, FPS: 1}, count, draw, nil)
			if !errors.Is(err, k.want) || k.want == nil && k.to.bytes != count*film.FrameBytes(640, 480) {
				t.Errorf("%d bytes, %v", k.to.bytes, err)
			}
			if name == "open" {
				outlived(t, pids)
			}
			onlyFile(t, dir, "")
		})
	}
}

// TestBusyFFmpeg tells one that works from one that does nothing.
func TestBusyFFmpeg(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("needs /proc")
	}
	c := newCanvas(t, 64, 48)
	impatient(t, 500*time.Millisecond)
	film.Limits.Busy = time.Second
	fake(t, "while :; do :; done") // two turns without a tick of time would be idle
	o := film.Options{Path: filepath.Join(t.TempDir(), "a.mp4"), Width: 64, Height: 48, FPS: 1}
	_, err := film.Record(context.Background(), c.d, o, 3, func(int) (*gpu.Framebuffer, []image.Rectangle, error) { return c.fb, nil, nil }, nil)
	if !errors.Is(err, film.ErrHangs) || !strings.Contains(err.Error(), "taken and written nothing for 1s") {
		t.Error(err)
	}
}

// TestHangingTrial gives up an ffmpeg that hangs when it is tried, once.
func TestHangingTrial(t *testing.T) {
	impatient(t, 200*time.Millisecond)
	dir, pids := t.TempDir(), filepath.Join(t.TempDir(), "pids")
	t.Setenv("PIDS", pids)
	fake(t, "sleep 1000 & echo $$ $! >>\"$PIDS\"; wait")
	path, err := film.FindFFmpeg()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := film.FFmpegVersion(context.Background(), path); !errors.Is(err, film.ErrHangs) || !strings.Contains(err.Error(), "no answer for 200ms; set "+film.FFmpegEnv) {
		t.Error(err)
	}
	o := film.Options{Path: filepath.Join(dir, "a.mp4"), Width: 64, Height: 48, FPS: 1, Codec: "av1"} // of two encoders
	if _, err := film.Check(context.Background(), o); !errors.Is(err, film.ErrHangs) {
		t.Error(err)
	}
	codecs, err := film.Codecs(context.Background())
	if !errors.Is(err, film.ErrHangs) || !strings.Contains(err.Error(), "libx264, so no other encoder was tried") {
		t.Error(err)
	}
	if len(codecs) != 1 || !errors.Is(codecs[0].Err, film.ErrHangs) {
		t.Error(codecs)
	}
	onlyFile(t, dir, "")
	outlived(t, pids)
	if text, _ := os.ReadFile(pids); strings.Count(string(text), "\n") != 3 {
		t.Errorf("started, for -version, av1 and all codecs:\n%s", text)
	}
}

// TestNoTemp names the folder, and blames no encoder.
func TestNoTemp(t *testing.T) {
	t.Setenv("TMPDIR", "/nonexistent/folder")
	codecs, err := film.Codecs(context.Background())
	if len(codecs) > 0 || err == nil || !strings.Contains(err.Error(), "no folder for temporary files (stat /nonexistent/folder: no such file or directory); set TMPDIR to one") {
		t.Error(codecs, err)
	}
}
