//go:build unix

package film_test

import (
	"errors"
	"image"
	"image/color"
	"math/rand/v2"
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

// TestFaults has something happen to an ffmpeg in the middle of a film: it is killed, it is stopped, its disk
// is full, or the folder is removed. There is one error, long before all frames are drawn, that says what
// and where; nothing is left at the target's name or beside it.
func TestFaults(t *testing.T) {
	path := tool(t, "ffmpeg")
	t.Setenv("REAL", path)
	signal := func(s syscall.Signal) func(t *testing.T, pid int, dir string) {
		return func(t *testing.T, pid int, dir string) {
			if err := syscall.Kill(pid, s); err != nil {
				t.Error(err)
			}
		}
	}
	// The unfinished file that it writes names a process: of a film, .part0, and of its second segment, .part1.
	const named = `for out; do :; done; echo $$ >>"$PIDS"; echo $$ >"$PIDS.$$"; mv "$PIDS.$$" "$PIDS${out##*.part}"; exec "$REAL" "$@"`
	for _, test := range []struct {
		name, script string
		happen       func(t *testing.T, pid int, dir string)
		want         []string
		kind         error
	}{
		{"killed", named, signal(syscall.SIGKILL), []string{"ffmpeg (", "was not written: signal: killed", "run again, with more of it"}, film.ErrKilled},
		{"ended", named, signal(syscall.SIGTERM), []string{"ffmpeg (", "was not written: ", "from outside"}, film.ErrKilled},
		{"crashed", named, signal(syscall.SIGSEGV), []string{"ffmpeg (", "was not written: signal: segmentation fault"}, nil},
		{"stopped", named, signal(syscall.SIGSTOP), []string{"ffmpeg hangs: it has done nothing for 400ms", "was not written", film.FFmpegEnv}, film.ErrHangs},
		{"disk full", `trap '' XFSZ; ulimit -f 64; ` + named, nil, []string{"ffmpeg (", "was not written: exit status", "File too large"}, nil},
		{"folder removed", named, func(t *testing.T, _ int, dir string) {
			if err := os.RemoveAll(dir); err != nil {
				t.Error(err)
			}
		}, []string{"was not written: the folder ", "folder has been removed"}, nil},
	} {
		for _, segments := range []bool{false, true} {
			t.Run(test.name+map[bool]string{true: ", in segments"}[segments], func(t *testing.T) {
				if test.name == "stopped" {
					impatient(t, 400*time.Millisecond)
					film.Limits.Busy = time.Hour
				}
				pids := filepath.Join(t.TempDir(), "pids")
				t.Setenv("PIDS", pids)
				fake(t, test.script)
				dir := filepath.Join(t.TempDir(), "folder")
				if err := os.Mkdir(dir, 0o777); err != nil {
					t.Fatal(err)
				}
				c := newCanvas(t, 320, 240)
				o := film.Options{Path: filepath.Join(dir, "film.mp4"), Width: 320, Height: 240, FPS: 10, Preset: "ultrafast", Frames: 1000}
				if segments {
					o.Segment = 40
				}
				rng, tile := rand.New(rand.NewPCG(1, 2)), image.Rect(0, 0, 64, 64)
				drawn := 0
				s := newShelf()
				draw := func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
					drawn++
					if k == 1 && segments {
						waitFor(t, filepath.Join(dir, ".film.mp4.part1"))
					}
					if k == 50 && test.happen != nil {
						test.happen(t, pidOf(t, pids, segments), dir)
					}
					if k > 50 {
						time.Sleep(time.Millisecond) // as if it were hard to draw
					}
					n := noise(rng)
					return c.fb, []image.Rectangle{tile}, c.paint(tile, func(x, y int) color.RGBA { return n(x, y) })
				}
				f, err := film.Open(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				if segments {
					all := make([]int, o.Segments())
					for k := range all {
						all[k] = k
					}
					_, err = f.RecordSegments(t.Context(), c.d, all, s.begin, draw, nil)
				} else {
					_, err = f.Record(t.Context(), c.d, 1000, draw, nil)
				}
				if err == nil {
					t.Fatal("there is no error")
				}
				t.Log(drawn, err)
				for _, w := range append(test.want, "film.mp4") {
					if !strings.Contains(err.Error(), w) {
						t.Errorf("%v\ndoes not say %q", err, w)
					}
				}
				if lines := strings.Count(err.Error(), "\n"); lines > 12 {
					t.Errorf("%d lines: %v", lines, err)
				}
				for _, kind := range []error{film.ErrHangs, film.ErrKilled} {
					if (kind == test.kind) != errors.Is(err, kind) {
						t.Errorf("%v: it is %v: %t", err, kind, kind != test.kind)
					}
				}
				if drawn == 1000 && test.name != "folder removed" {
					t.Error("all frames were drawn")
				}
				if _, err := os.Stat(dir); err == nil {
					onlyFile(t, dir, "")
				}
				outlived(t, pids)
			})
		}
	}
}

// pidOf returns the process that encodes a film, or its second segment.
func pidOf(t *testing.T, file string, segments bool) int {
	t.Helper()
	file += map[bool]string{false: "0", true: "1"}[segments]
	waitFor(t, file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}
