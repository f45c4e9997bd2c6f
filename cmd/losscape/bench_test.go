package main

import (
	"context"
	"io"
	"path/filepath"
	"slices"
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

// BenchmarkFilm times the notebook's films as render makes them, from the numbers
// to the file, and in the same run ffmpeg alone on the same frames from memory:
// x-ffmpeg is how much longer the whole takes. The figures are medians.
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
	a := &app{stderr: io.Discard, quiet: true, backend: backendAuto, device: anyDevice}
	w, h, n := s.Film.Width, s.Film.Height, s.Film.Frames
	o := film.Options{Path: filepath.Join(b.TempDir(), "film.mp4"), Width: w, Height: h, FPS: s.Film.FPS}

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

	var whole, recorded, alone []time.Duration
	var stats film.Stats
	for b.Loop() {
		start := time.Now()
		fm, err := film.Open(ctx, o)
		if err != nil {
			b.Fatal(err)
		}
		r, closeAll, err := a.prepare(ctx, d, s, false, nil)
		if err != nil {
			b.Fatal(err)
		}
		prepared := time.Now()
		stats, err = fm.Record(ctx, d, n, r.Frame, nil)
		if err != nil {
			b.Fatal(err)
		}
		fm.Close()
		whole = append(whole, time.Since(start))
		recorded = append(recorded, time.Since(prepared))
		closeAll()

		b.StopTimer()
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
	b.Logf("%+v", stats)
	b.ReportMetric(float64(n)/median(whole), "frames/s")
	b.ReportMetric(float64(n)/median(alone), "ffmpeg-frames/s")
	b.ReportMetric(median(whole)/median(alone), "x-ffmpeg")
	b.ReportMetric(median(recorded)/median(alone), "recording-x-ffmpeg")
}
