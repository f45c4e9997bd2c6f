package film_test

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"io"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"losscape/gpu"
	"losscape/gpu/film"
)

// keep holds on to the frames written to it.
type keep struct{ frames [][]byte }

func (k *keep) Write(p []byte) (int, error) {
	k.frames = append(k.frames, append([]byte(nil), p...))
	return len(p), nil
}

// picture is a film like losscape's own: a smooth surface over a third of it,
// that stands still, and a mark that moves.
func picture(b *testing.B, c *canvas) film.DrawFunc {
	w, h := c.fb.Size()
	err := c.paint(c.bounds(), func(x, y int) color.RGBA {
		if x < w/3 {
			return color.RGBA{255, 255, 255, 255}
		}
		return color.RGBA{byte(255 * x / w), byte(255 * y / h), byte((x*x + y*y) >> 14), 255}
	})
	if err != nil {
		b.Fatal(err)
	}
	mark := func(k int) image.Rectangle {
		x, y := w/3+k*(w/2)/100, h/3+k*(h/3)/100
		return image.Rect(x, y, x+h/40, y+h/40)
	}
	return func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
		r := mark(k)
		return c.fb, []image.Rectangle{r}, c.paint(r, plain(color.RGBA{255, 0, 0, 255}))
	}
}

// BenchmarkRecord times a film and, in the same run, ffmpeg alone on the same
// frames from memory: x-ffmpeg is how much longer the film takes. All three
// figures are medians.
func BenchmarkRecord(b *testing.B) {
	tool(b, "ffmpeg")
	for _, size := range []image.Point{{1800, 600}, {5400, 1800}} {
		b.Run(fmt.Sprintf("%dx%d", size.X, size.Y), func(b *testing.B) {
			const frames = 50
			ctx := context.Background()
			c := newCanvas(b, size.X, size.Y)
			o := film.Options{Path: filepath.Join(b.TempDir(), "film.mp4"), Width: size.X, Height: size.Y, FPS: 5}
			var k keep
			if _, err := film.Stream(ctx, c.d, size.X, size.Y, frames, picture(b, c), &k, nil); err != nil {
				b.Fatal(err)
			}
			var ours, alone []time.Duration
			for b.Loop() {
				b.StopTimer()
				draw := picture(b, c)
				b.StartTimer()
				start := time.Now()
				if _, err := film.Record(ctx, c.d, o, frames, draw, nil); err != nil {
					b.Fatal(err)
				}
				ours = append(ours, time.Since(start))
				b.StopTimer()
				start = time.Now()
				e, err := film.Start(ctx, o)
				if err != nil {
					b.Fatal(err)
				}
				for _, f := range k.frames {
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
			slices.Sort(ours)
			slices.Sort(alone)
			mid := b.N / 2
			b.ReportMetric(frames/ours[mid].Seconds(), "frames/s")
			b.ReportMetric(frames/alone[mid].Seconds(), "ffmpeg-frames/s")
			b.ReportMetric(ours[mid].Seconds()/alone[mid].Seconds(), "x-ffmpeg")
		})
	}
}

// BenchmarkStream times the frames' way from the device to the host: whole
// frames that changed everywhere, and ones where only a mark did.
func BenchmarkStream(b *testing.B) {
	for _, whole := range []bool{true, false} {
		b.Run(map[bool]string{true: "whole", false: "mark"}[whole], func(b *testing.B) {
			c := newCanvas(b, 5400, 1800)
			draw := picture(b, c)
			const frames = 20
			for b.Loop() {
				_, err := film.Stream(context.Background(), c.d, 5400, 1800, frames, func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
					fb, changed, err := draw(k)
					if whole {
						changed = nil
					}
					return fb, changed, err
				}, io.Discard, nil)
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(frames*b.N), "ms/frame")
		})
	}
}
