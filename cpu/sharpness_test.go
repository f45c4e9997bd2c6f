package cpu_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"losscape/cpu"
)

// TestStabilities checks lr λ along runs: where they converge it is that of the minimum, at
// 0 the known largest eigenvalue of Xᵀ X/4N and the run's L2.
func TestStabilities(t *testing.T) {
	p := readNotebook(t, "one-mode").problem()
	gd, momentum, adam := cpu.DefaultRun("gd"), cpu.DefaultRun("momentum"), cpu.DefaultRun("adam")
	runs := []cpu.Run{gd, momentum, adam}
	for i := range runs {
		runs[i].LR, runs[i].L2, runs[i].Start, runs[i].Steps = 2, 0.01*float64(i), []float64{0, 0}, 300
	}
	ts, err := p.DescendAll(t.Context(), runs, nil)
	if err != nil {
		t.Fatal(err)
	}
	all, err := p.Stabilities(t.Context(), ts, nil)
	if err != nil {
		t.Fatal(err)
	}
	if all[2] != nil {
		t.Error("a stability of adam")
	}
	var xx, x float64
	for i := range p.N() {
		v := p.X.At(i, 0)
		xx, x = xx+v*v, x+v
	}
	a, b := xx/float64(p.N()), x/float64(p.N())
	half := (a + 1) / 2
	top := (half + math.Sqrt(half*half-a+b*b)) / 4
	for i := range 2 {
		if len(all[i]) != 301 {
			t.Fatalf("%d states", len(all[i]))
		}
		if want := 2 * (top + runs[i].L2); math.Abs(all[i][0]-want) > 1e-12 {
			t.Errorf("run %d: %v at 0, want %v", i, all[i][0], want)
		}
		if lambda, _ := p.MinimumSharpness(runs[i].L2); math.Abs(all[i][300]-2*lambda) > 1e-6 {
			t.Errorf("run %d: %v at the end, want %v", i, all[i][300], 2*lambda)
		}
	}
	for i, want := range []float64{2, 3.8} {
		if limit, ok := runs[i].StabilityLimit(); !ok || math.Abs(limit-want) > 1e-12 {
			t.Errorf("limit %v, want %v", limit, want)
		}
	}
}

// TestSharpnessOfFewSamples holds the largest eigenvalue, which of samples that are fewer than
// weights comes from a matrix of their number, against that of the Hessian.
func TestSharpnessOfFewSamples(t *testing.T) {
	for _, penalize := range []cpu.Penalty{cpu.PenalizeAll, cpu.PenalizeWeights} {
		p := random(3, 5, 9)
		p.L2, p.Penalize = 0.3, penalize
		if err := p.Weigh([]float64{1, 2, 0.5, 3, 1}); err != nil {
			t.Fatal(err)
		}
		w := make([]float64, p.Dim())
		for j := range w {
			w[j] = math.Sin(float64(j))
		}
		var e mat.EigenSym
		if !e.Factorize(p.Hessian(w), false) {
			t.Fatal("no eigenvalues")
		}
		values := e.Values(nil)
		if got, want := p.Sharpness(w), values[len(values)-1]; !(math.Abs(got-want) <= 1e-14*want) {
			t.Errorf("%v: %v, want %v", penalize, got, want)
		}
	}
}
