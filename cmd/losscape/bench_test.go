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

	"losscape/gpu"
	"losscape/gpu/film"
	"losscape/gpu/gputest"
	"losscape/scenes"
)

// frames holds on to the frames written to it.
type frames [][]byte

func (f *frames) Write(p []byte) (int, error) {
	*f = append(*f, slices.Clone(p))
	return len(p), nil
}

// BenchmarkFilm times render, a process of its own, on the notebook's films, and in
// the same run ffmpeg alone on the same frames from memory: x-ffmpeg is how much longer
// render takes. The figures are medians; best-x-ffmpeg is that of the fastest of each.
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

	a := &app{stderr: io.Discard, quiet: true, backend: backendAuto, device: anyDevice}
	r, closeAll, err := a.prepare(ctx, d, s, false, nil)
	if err != nil {
		b.Fatal(err)
	}
	var kept frames
	_, err = film.Stream(ctx, d, w, h, n, r.Frame, &kept, nil)
	closeAll()
	if err != nil {
		b.Fatal(err)
	}

	var whole, alone []time.Duration // in the end in order
	for b.Loop() {
		b.StopTimer()
		touchMemory(b)
		b.StartTimer()
		start := time.Now()
		if out, err := process("render", name, "-o", o.Path, "--quiet").CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		whole = append(whole, time.Since(start))

		b.StopTimer()
		touchMemory(b)
		start = time.Now()
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
		alone = append(alone, time.Since(start))
		b.StartTimer()
	}
	median := func(t []time.Duration) float64 {
		slices.Sort(t)
		return t[len(t)/2].Seconds()
	}
	b.ReportMetric(float64(n)/median(whole), "frames/s")
	b.ReportMetric(float64(n)/median(alone), "ffmpeg-frames/s")
	b.ReportMetric(median(whole)/median(alone), "x-ffmpeg")
	b.ReportMetric(whole[0].Seconds()/alone[0].Seconds(), "best-x-ffmpeg")
}

// touchMemory has memory at hand for what comes next. The host of a virtual machine
// takes back what lies idle, and whoever touches it then waits for it, up to seconds for
// ffmpeg's gigabyte.
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
