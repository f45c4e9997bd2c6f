//go:build cgo

package main

import (
	"context"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/store"
	"losscape/cpu"
	"losscape/gpu"
	"losscape/gpu/film"
	"losscape/gpu/gputest"

	"golang.org/x/sys/unix"
)

// smallDisk mounts a file system of so many bytes, or skips where it may not.
func smallDisk(t *testing.T, bytes int) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("losscape-test", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, fmt.Sprintf("size=%d", bytes)); err != nil {
		t.Skipf("a small disk cannot be mounted: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// filler is the file that fills a disk.
const filler = "filler"

// fill fills a folder's disk.
func fill(t *testing.T, dir string) {
	f, err := os.Create(filepath.Join(dir, filler))
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
}

// waitForFile waits for a file to be there.
func waitForFile(t *testing.T, path string) {
	for range 10000 {
		if _, err := os.Stat(path); err == nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%s does not come", path)
}

// at is a computer that calls happens at a row of a grid or a block of a sweep, from 0.
type at struct {
	backend.Computer
	left    *int
	happens func()
}

func (c at) next() {
	if *c.left--; *c.left == -1 {
		c.happens()
	}
}

func (c at) Evaluate(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, rows cpu.Rows, what backend.Values, sink func(row int, values backend.Row) error, progress func(done, total int)) error {
	return c.Computer.Evaluate(ctx, p, pl, g, rows, what, func(row int, values backend.Row) error {
		c.next()
		return sink(row, values)
	}, progress)
}

func (c at) Sweep(ctx context.Context, p *cpu.Problem, s cpu.Sweep, set cpu.Settings, progress func(done, total int)) (*cpu.Result, error) {
	c.next()
	return c.Computer.Sweep(ctx, p, s, set, progress)
}

// happening has something happen at a row, a block or a frame of what is computed until the test ends, once.
func happening(t *testing.T, when int, happens func()) {
	was, wasFrame := seam, frameSeam
	t.Cleanup(func() { seam, frameSeam = was, wasFrame })
	left := when
	seam = func(c backend.Computer) backend.Computer { return at{c, &left, happens} }
	frameSeam = func(draw film.DrawFunc) film.DrawFunc {
		return func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
			if left--; left == -1 {
				happens()
			}
			return draw(k)
		}
	}
}

// TestDiskFills has the disk full in the middle of work: there is one error that says so, nothing at the target's
// name, and what is finished is kept. Once there is room again, the work goes on to the same bytes.
func TestDiskFills(t *testing.T) {
	scene := writeScene(t, filmScene)
	for _, c := range []struct {
		name, args, file string
		when             int // row, block or frame
		kept             bool
	}{
		{"grid", "grid SCENE -o a.npy --size 400x90 --backend cpu --resume", "a.npy", 45, true},
		{"sweep", "sweep SCENE --over lr=0.1:40:20:log --over w1=-1:1:15 --steps 30 --backend cpu -o a.npz", "a.npz", 3, true},
		{"table", "sweep SCENE --over lr=0.1:40:20:log --over w1=-1:1:15 --steps 30 --backend cpu -o a.csv", "a.csv", 0, false},
		{"whole grid", "grid SCENE -o a.nc --size 400x90 --backend cpu", "a.nc", 45, false},
		{"film", "render SCENE -o a.mp4", "a.mp4", 14, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := strings.Fields(strings.ReplaceAll(c.args, "SCENE", scene))
			if c.name == "film" {
				gputest.Device(t)
				needsFFmpeg(t)
			}
			dir := smallDisk(t, 1<<20)
			if c.kept {
				cutFine(t)
			}
			whole := inFolder(t, strings.Join(args, " "))
			t.Chdir(dir)
			t.Run("full", func(t *testing.T) {
				happening(t, c.when, func() {
					if c.name == "film" {
						waitForFile(t, filepath.Join(dir, store.Dir(c.file), "000000.piece"))
					}
					fill(t, dir)
				})
				code, _, stderr := losscape(t, args...)
				if code != exitAgain || strings.Count(stderr, "losscape: ") != 1 || !strings.Contains(strings.ToLower(stderr), "no space left on device") {
					t.Errorf("exits with %d and says %s", code, stderr)
				}
				if st, err := store.Look(store.Dir(c.file)); c.kept != (err == nil) || c.kept && (len(st.Done) == 0 || len(st.Damaged) > 0 || len(st.Others) > 0) {
					t.Errorf("the store: %+v, %v", st, err)
				}
				files, err := os.ReadDir(".")
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range files {
					if name := f.Name(); name != filler && (!c.kept || name != store.Dir(c.file)) {
						t.Errorf("%s is there", name)
					}
				}
			})
			if err := os.Remove(filler); err != nil {
				t.Fatal(err)
			}
			if c.kept && c.name != "grid" {
				args = append(args, "--resume")
			}
			if code, _, stderr := losscape(t, args...); code != exitDone || c.kept && !strings.Contains(stderr, "are there, and are not computed again") {
				t.Errorf("exits with %d and says %s", code, stderr)
			}
			sameFiles(t, c.name, dir, whole)
		})
	}
}
