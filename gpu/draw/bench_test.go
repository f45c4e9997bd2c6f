package draw

import (
	"strconv"
	"testing"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/scenes"
	"losscape/scenes/figure"
)

// BenchmarkFilm draws the frames of a film under a still camera, at the
// notebook's size.
func BenchmarkFilm(b *testing.B) {
	d := device(b)
	film(b, d, pictureOf(b, d, builtin(b, "one-mode"), 5400, 1800, 400), 5400, 1800)
}

func film(b *testing.B, d *gpu.Device, p Picture, w, h int) {
	r := rendererOf(b, d, p, w, h)
	if _, _, err := r.Frame(0); err != nil {
		b.Fatal(err)
	}
	k := 0
	for b.Loop() {
		k = (k + 1) % p.Scene.Film.Frames
		if _, _, err := r.Frame(k); err != nil {
			b.Fatal(err)
		}
		d.Do(func() error { d.Finish(); return nil })
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
}

// BenchmarkOrbit draws the surface of landscapes of so many points a side under a
// turning camera.
func BenchmarkOrbit(b *testing.B) {
	for _, n := range []int{1024, 4096} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			d := device(b)
			s := builtin(b, "one-mode", scenes.SurfacePanel)
			s.Grid.X.N, s.Grid.Y.N = n, n
			s.Camera.Path = "orbit"
			const w, h = 1920, 1080
			p := pictureOf(b, d, s, w, h, 256)
			coarse := &figure.Heights{NX: p.View.X.N, NY: p.View.Y.N, Z: make([]float32, p.View.Size())}
			if err := d.Do(func() error { return gpu.Download(p.Field.Buffer, 0, coarse.Z) }); err != nil {
				b.Fatal(err)
			}
			p.View.X.N, p.View.Y.N = n, n
			loss := make([]float64, 0, n*n)
			for i := range n * n {
				loss = append(loss, coarse.At(float64(i%n)/float64(n-1), float64(i/n)/float64(n-1)))
			}
			p.Field = fieldOf(b, d, p.View, loss)
			film(b, d, p, w, h)
		})
	}
}

// BenchmarkStill measures what is drawn once.
func BenchmarkStill(b *testing.B) {
	d := device(b)
	s := builtin(b, "one-mode")
	p := pictureOf(b, d, s, 5400, 1800, 1400)
	for b.Loop() {
		r, err := New(d, p, 5400, 1800)
		if err != nil {
			b.Fatal(err)
		}
		d.Do(func() error { d.Finish(); return nil })
		r.Close()
	}
}

// Frames of 100,489 runs over the surface and the contours.
func BenchmarkEnsemble(b *testing.B) {
	d := device(b)
	for _, as := range []string{"points", "density"} {
		b.Run(as, func(b *testing.B) {
			s := builtin(b, "one-mode", scenes.SurfacePanel, scenes.ContourPanel)
			s.Ensemble = scenes.Ensemble{As: as, Size: 2, Opacity: 0.7, Color: "loss", Colormap: "plasma"}
			for _, text := range []string{"w1=-10:10:317", "w2=-10:10:317"} {
				p, err := cpu.ParseParam(text)
				if err != nil {
					b.Fatal(err)
				}
				s.Ensemble.Over = append(s.Ensemble.Over, p)
			}
			s.Runs[0].Steps = 1
			s.Film.Frames = 1
			p := pictureOf(b, d, s, 1280, 720, 512)
			w := ensembleOf(b, d, s)
			if _, err := w.At(0); err != nil {
				b.Fatal(err)
			}
			p.Ensemble = still{w.points}
			r := rendererOf(b, d, p, 1280, 720)
			k := 0
			for b.Loop() {
				s.Film.EaseIn = 1 + k%2 // another number of updates
				if _, _, err := r.Frame(0); err != nil {
					b.Fatal(err)
				}
				d.Do(func() error { d.Finish(); return nil })
				k++
			}
		})
	}
}

// still is an ensemble that does not move.
type still struct{ points gpu.Points }

func (s still) At(int) (gpu.Points, error) { return s.points, nil }
