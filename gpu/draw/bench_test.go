package draw

import "testing"

// BenchmarkFilm draws the frames of a film under a still camera, at the
// notebook's size.
func BenchmarkFilm(b *testing.B) { benchmark(b, "one-mode", "still", 5400, 1800) }

// BenchmarkOrbit draws frames under a turning camera.
func BenchmarkOrbit(b *testing.B) { benchmark(b, "one-mode", "orbit", 1920, 1080) }

func benchmark(b *testing.B, name, path string, w, h int) {
	d := device(b)
	s := builtin(b, name)
	s.Camera.Path = path
	p := pictureOf(b, d, s, w, h, 400)
	r := rendererOf(b, d, p, w, h)
	if _, _, err := r.Frame(0); err != nil {
		b.Fatal(err)
	}
	k := 0
	for b.Loop() {
		k = (k + 1) % s.Film.Frames
		if _, _, err := r.Frame(k); err != nil {
			b.Fatal(err)
		}
		d.Do(func() error { d.Finish(); return nil })
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
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
