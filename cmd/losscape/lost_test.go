//go:build cgo && unix

package main

import (
	"context"
	"fmt"
	"image"
	"strings"
	"testing"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/store"
	"losscape/cpu"
	"losscape/gpu"
	"losscape/gpu/film"
	"losscape/gpu/gputest"
)

// faulty is a computer whose device is lost after so many rows or blocks.
type faulty struct {
	backend.Computer
	left int
}

func (f *faulty) next() error {
	if f.left--; f.left < 0 {
		return fmt.Errorf("a dispatch: %w", gpu.ErrLost)
	}
	return nil
}

func (f *faulty) Evaluate(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, rows cpu.Rows, what backend.Values, sink func(row int, values backend.Row) error, progress func(done, total int)) error {
	return f.Computer.Evaluate(ctx, p, pl, g, rows, what, func(row int, values backend.Row) error {
		if err := f.next(); err != nil {
			return err
		}
		return sink(row, values)
	}, progress)
}

func (f *faulty) Sweep(ctx context.Context, p *cpu.Problem, s cpu.Sweep, set cpu.Settings, progress func(done, total int)) (*cpu.Result, error) {
	if err := f.next(); err != nil {
		return nil, err
	}
	return f.Computer.Sweep(ctx, p, s, set, progress)
}

// TestLostDevice has devices lost in the middle of work in pieces: it goes on with a new one, twice, and
// then leaves what is done to --resume.
func TestLostDevice(t *testing.T) {
	cutFine(t)
	scene := writeScene(t, tiny)
	for _, c := range []struct {
		args string
		file string
		each int // rows or blocks that a device computes
	}{
		{"grid " + scene + " -o a.npy --size 40x90 --backend cpu --resume", "a.npy", 39},
		{"sweep " + scene + " --over lr=0.1:40:20:log --over w1=-1:1:15 --backend cpu -o a.npz", "a.npz", 3},
	} {
		whole := inFolder(t, c.args)
		lose := func(each int, other bool) (opened int, code int, stderr string) {
			defer func(was func(backend.Computer) backend.Computer) { seam = was }(seam)
			seam = func(c backend.Computer) backend.Computer {
				if opened++; other && opened > 1 {
					return elsewhere{c}
				}
				return &faulty{c, each}
			}
			code, _, stderr = losscape(t, strings.Fields(c.args)...)
			return opened, code, stderr
		}
		t.Run(strings.Fields(c.args)[0], func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			opened, code, stderr := lose(c.each, false)
			if code != exitDone || opened != 3 || strings.Count(stderr, "the device was lost: going on") != 2 {
				t.Fatalf("%d devices, exits with %d and says %s", opened, code, stderr)
			}
			sameFiles(t, c.args, dir, whole)

			dir = t.TempDir()
			t.Chdir(dir)
			opened, code, stderr = lose(c.each/2, false)
			st, err := store.Look(store.Dir(c.file))
			if code != exitAgain || opened != 3 || err != nil || len(st.Done) == 0 || len(st.Missing) == 0 || !strings.Contains(stderr, "--resume goes on") {
				t.Fatalf("%d devices, exits with %d and says %s; the store: %+v, %v", opened, code, stderr, st, err)
			}
			if code, _, stderr := losscape(t, append(strings.Fields(c.args), "--resume")...); code != exitDone {
				t.Errorf("exits with %d and says %s", code, stderr)
			}
			sameFiles(t, c.args, dir, whole)

			t.Chdir(t.TempDir())
			opened, code, stderr = lose(c.each, true)
			if code != exitAgain || opened != 2 || !strings.Contains(stderr, "took its place") {
				t.Errorf("%d devices, exits with %d and says %s", opened, code, stderr)
			}
		})
	}
}

// TestLostDeviceOfAFilm has the devices that draw a film lost.
func TestLostDeviceOfAFilm(t *testing.T) {
	gputest.Device(t)
	needsFFmpeg(t)
	cutFine(t)
	args := "render " + writeScene(t, filmScene) + " -o a.mp4"
	whole := inFolder(t, args)
	defer func(was func(film.DrawFunc) film.DrawFunc) { frameSeam = was }(frameSeam)
	for _, each := range []int{8, 0} { // frames that a device draws
		opened := 0
		frameSeam = func(draw film.DrawFunc) film.DrawFunc {
			opened++
			left := each
			return func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
				if left--; left < 0 {
					return nil, nil, fmt.Errorf("frame %d: %w", k, gpu.ErrLost)
				}
				return draw(k)
			}
		}
		dir := t.TempDir()
		t.Chdir(dir)
		code, _, stderr := losscape(t, strings.Fields(args)...)
		want := exitDone
		if each == 0 {
			want = exitAgain
		}
		if code != want || opened != 3 || strings.Count(stderr, "the device was lost: going on") != 2 {
			t.Fatalf("%d devices, exits with %d and says %s", opened, code, stderr)
		}
		if want == exitDone {
			sameFiles(t, args, dir, whole)
		}
	}
}

// elsewhere is a computer that is another device.
type elsewhere struct{ backend.Computer }

func (e elsewhere) Info() backend.Info {
	i := e.Computer.Info()
	i.Device = "another"
	return i
}
