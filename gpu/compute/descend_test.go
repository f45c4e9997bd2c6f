package compute

import (
	"context"
	"testing"

	"losscape/cpu"
	"losscape/cpu/agree"
)

func manyRuns(n, steps int) []cpu.Run {
	runs := make([]cpu.Run, n)
	for i := range runs {
		runs[i] = cpu.Run{Optimizer: "gd", LR: 0.1 + 3*float64(i)/float64(n), Start: []float64{-1, -1}, Steps: steps}
	}
	return runs
}

func BenchmarkDescend(b *testing.B) {
	e := engine(b)
	for _, c := range []struct {
		name           string
		n, runs, steps int
		clamp          float64
	}{
		{"n=100/runs=4096/steps=100", 100, 4096, 100, 0},
		{"n=100/runs=4096/steps=100/clamp", 100, 4096, 100, 1e-15},
		{"n=100/runs=1/steps=1000", 100, 1, 1000, 0},
		{"n=100000/runs=1/steps=10", 100000, 1, 10, 0},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := twoBlobs(c.n, 1)
			p.Clamp = c.clamp
			runs := manyRuns(c.runs, c.steps)
			for i := 0; i <= b.N; i++ {
				if i == 1 {
					b.ResetTimer()
				}
				if _, err := e.Descend(context.Background(), p, runs, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(c.n)*float64(c.runs)*float64(c.steps+1)*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gsample-evals/s")
		})
	}
}

func TestFirstDescend(t *testing.T) {
	e := engine(t)
	for _, c := range []struct {
		n, runs, steps int
		clamp, std     float64
	}{{100, 100, 200, 0, 1}, {100, 3, 200, 1e-15, 1}, {1000, 1, 20, 0, .1}, {77, 5, 200, 1e-3, 1}, {33, 33, 100, 0, .1}} {
		p := twoBlobs(c.n, c.std)
		p.Clamp = c.clamp
		runs := manyRuns(c.runs, c.steps)
		got, err := e.Descend(context.Background(), p, runs, nil)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := p.DescendAll(context.Background(), runs, nil)
		var gw, ww, gl, wl []float64
		for i := range got {
			gw = append(gw, got[i].Weights...)
			ww = append(ww, want[i].Weights...)
			gl = append(gl, got[i].Loss...)
			wl = append(wl, want[i].Loss...)
		}
		t.Log(c, agree.CompareVectors(gw, ww, 2, agree.Trajectory))
		t.Log(agree.Compare(gl, wl, agree.Trajectory))
	}
}
