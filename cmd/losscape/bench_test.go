//go:build unix

package main

import (
	"context"
	"io"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"losscape/cmd/losscape/backend"
	"losscape/gpu"
	"losscape/gpu/film"
	"losscape/gpu/gputest"
	"losscape/scenes"
	"losscape/scenes/figure"
)

// frames holds on to the frames written to it.
type frames [][]byte

func (f *frames) Write(p []byte) (int, error) {
	*f = append(*f, slices.Clone(p))
	return len(p), nil
}

// BenchmarkFilm times render, a process of its own, on the notebook's films, and in
// the same run ffmpeg alone on the same frames from memory: x-ffmpeg is how much longer
// render takes. The figures are medians of the quiet times, of which quiet and
// quiet-ffmpeg are the numbers.
func BenchmarkFilm(b *testing.B) {
	d := gputest.Device(b)
	for _, name := range []string{"one-mode", "large-lr", "two-mode"} {
		b.Run(name, func(b *testing.B) { benchmarkFilm(b, d, name) })
	}
}

func benchmarkFilm(b *testing.B, d *gpu.Device, name string) {
	if _, err := film.FindFFmpeg(); err != nil {
		b.Skip(err)
	}
	ctx := context.Background()
	s, err := scenes.Load(name)
	if err != nil {
		b.Fatal(err)
	}
	w, h, n := s.Film.Width, s.Film.Height, s.Film.Frames
	o := film.Options{Path: filepath.Join(b.TempDir(), "film.mp4"), Width: w, Height: h, FPS: s.Film.FPS}

	a := &app{stderr: io.Discard, quiet: true, backend: backend.Auto, device: backend.AnyDevice}
	p, err := a.prepare(ctx, d, s, figure.Screen, false, nil, frameSpan{0, s.Film.Frames - 1})
	if err != nil {
		b.Fatal(err)
	}
	var kept frames
	_, err = film.Stream(ctx, d, w, h, n, p.Frame, &kept, nil)
	p.Close()
	if err != nil {
		b.Fatal(err)
	}

	var whole, alone timings
	for b.Loop() {
		b.StopTimer()
		touchMemory(b)
		b.StartTimer()
		whole.begin()
		if out, err := process("render", name, "-o", o.Path, "--quiet").CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		whole.end()

		b.StopTimer()
		touchMemory(b)
		alone.begin()
		e, err := film.Start(ctx, o)
		if err != nil {
			b.Fatal(err)
		}
		for _, f := range kept {
			if _, err := e.Write(f); err != nil {
				b.Fatal(e.Abort(err))
			}
		}
		if err := e.Finish(); err != nil {
			b.Fatal(err)
		}
		alone.end()
		b.StartTimer()
	}
	ours, quiet := whole.median()
	theirs, quietAlone := alone.median()
	b.ReportMetric(float64(n)/ours.Seconds(), "frames/s")
	b.ReportMetric(float64(n)/theirs.Seconds(), "ffmpeg-frames/s")
	b.ReportMetric(ours.Seconds()/theirs.Seconds(), "x-ffmpeg")
	b.ReportMetric(float64(quiet), "quiet")
	b.ReportMetric(float64(quietAlone), "quiet-ffmpeg")
}

// timings are how long a command took, and how long that kept the kernel busy.
type timings struct {
	start       time.Time
	before      syscall.Rusage
	took, inner []time.Duration
}

func (t *timings) begin() {
	syscall.Getrusage(syscall.RUSAGE_CHILDREN, &t.before)
	t.start = time.Now()
}

func (t *timings) end() {
	t.took = append(t.took, time.Since(t.start))
	var after syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_CHILDREN, &after)
	t.inner = append(t.inner, time.Duration(after.Stime.Nano()-t.before.Stime.Nano()))
}

// median returns the median of the quiet times, and how many there are: those with at
// most 0.15 s more in the kernel than the least. In the others a virtual machine had to
// ask its host for memory that it had taken back, which is up to seconds for ffmpeg's
// gigabyte, and hits who waits longer before it takes its memory.
func (t *timings) median() (time.Duration, int) {
	limit := slices.Min(t.inner) + 150*time.Millisecond
	var quiet []time.Duration
	for i, d := range t.took {
		if t.inner[i] <= limit {
			quiet = append(quiet, d)
		}
	}
	slices.Sort(quiet)
	return quiet[len(quiet)/2], len(quiet)
}

// touchMemory has memory at hand for what comes next, for a while: see median.
func touchMemory(b *testing.B) {
	p, err := syscall.Mmap(-1, 0, 3<<29, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; i < len(p); i += 4096 {
		p[i] = 1
	}
	if err := syscall.Munmap(p); err != nil {
		b.Fatal(err)
	}
}
