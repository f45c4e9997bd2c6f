package compute

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"losscape/cpu"
	"losscape/cpu/agree"
	"losscape/gpu"
	"losscape/gpu/gputest"

	"gonum.org/v1/gonum/mat"
)

func engine(t testing.TB) *Engine {
	t.Helper()
	d := gputest.Device(t)
	e, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// twoBlobs are n samples of one feature around 1 and −1.
func twoBlobs(n int, std float64) *cpu.Problem {
	r := rand.New(rand.NewPCG(1, 2))
	p := &cpu.Problem{X: mat.NewDense(n, 1, nil), Y: make([]float64, n)}
	for i := range n {
		y := float64(i % 2)
		p.Y[i] = y
		p.X.Set(i, 0, 2*y-1+std*r.NormFloat64())
	}
	return p
}

func square(half float64, n int) cpu.Grid {
	return cpu.Grid{X: cpu.Axis{Min: -half, Max: half, N: n}, Y: cpu.Axis{Min: -half, Max: half, N: n}}
}

func BenchmarkLandscape(b *testing.B) {
	e := engine(b)
	for _, c := range []struct {
		name string
		n    int
		std  float64
		size int
	}{
		{"n=100/2048", 100, 1, 2048},
		{"n=100/4096", 100, 1, 4096},
		{"n=100/2048/separable", 100, 0.1, 2048},
		{"n=10000/512", 10000, 1, 512},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := twoBlobs(c.n, c.std)
			g := square(10, c.size)
			for i := 0; i <= b.N; i++ {
				if i == 1 {
					b.ResetTimer()
				}
				f, err := e.Landscape(context.Background(), p, cpu.CoordinatePlane(2, 0, 1), g, nil)
				if err != nil {
					b.Fatal(err)
				}
				e.d.Do(f.Close)
			}
			b.ReportMetric(float64(c.n)*float64(g.Size())*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gsample-evals/s")
		})
	}
}

func TestFirst(t *testing.T) {
	e := engine(t)
	for _, c := range []struct {
		std, half, clamp, l2 float64
		n, size              int
	}{
		{1, 10, 0, 0, 100, 100}, {1, 10, 0, 0, 100, 1000}, {0.1, 10, 0, 0, 100, 500}, {0.1, 1000, 0, 0, 100, 1000}, {1, 10, 1e-15, 0.1, 100, 500}, {1, 100, 1e-15, 0, 100, 500},
		{.1, 100, 1e-15, 0, 100, 500},
		{.1, 3, 1e-3, 0, 100, 500},
	} {
		p := twoBlobs(c.n, c.std)
		p.Clamp, p.L2 = c.clamp, c.l2
		g := square(c.half, c.size)
		q, err := e.prepare(p, cpu.CoordinatePlane(2, 0, 1), g)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v %+v %d chunks %d", c, q.variant, q.recurrent, len(q.chunks))
		f, err := e.Landscape(context.Background(), p, cpu.CoordinatePlane(2, 0, 1), g, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, g.Size())
		e.d.Do(func() error { defer f.Close(); return gpu.Download(f.Buffer, 0, got) })
		l, _ := p.Landscape(context.Background(), cpu.CoordinatePlane(2, 0, 1), g, nil)
		r := agree.Compare(got, l.Loss, agree.Landscape(p.Clamp))
		lo, hi, _ := l.Range()
		t.Log(r, r.Err(), f.Min, f.Max, lo, hi, math.Abs(lo))
	}
}
