package cpu_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"losscape/cpu"
)

// TestDistance takes runs of several l2 to where they end: with l2 the loss curves by
// at least that much everywhere, so that its minimum is within |gradient|/l2.
func TestDistance(t *testing.T) {
	p := example()
	set := cpu.Settings{Quantities: []string{"distance"}}
	s := cpu.Sweep{
		Base: cpu.Run{Optimizer: "gd", Start: []float64{-1, 2}, Steps: 300},
		Over: []cpu.Param{param(t, "l2=0,0.01,0.5"), param(t, "lr=0.01,1,1e12")},
	}
	r, err := p.Sweep(t.Context(), s, set, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := r.Derived["distance"]
	for i, d := range got {
		run := s.Run(i)
		q := *p
		q.L2 = run.L2
		w, ok := q.Minimum()
		want := math.NaN()
		if ok {
			want = floats.Distance(r.At(i), w, 2)
		}
		if !(math.Abs(d-want) <= 1e-12*(1+math.Abs(want))) && !(math.IsNaN(d) && math.IsNaN(want)) {
			t.Errorf("l2 %v, lr %v: %v, want %v", run.L2, run.LR, d, want)
		}
		if run.L2 > 0 && r.Status[i] != cpu.Diverged && !(d <= r.GradNorm[i]/run.L2) {
			t.Errorf("l2 %v, lr %v: %v, but the gradient is %v", run.L2, run.LR, d, r.GradNorm[i])
		}
	}
	if math.IsNaN(got[0]) || !(got[4] < 1e-3) {
		t.Errorf("distances %v", got)
	}

	// Separable samples have a minimum only with l2; weights that are not finite are
	// nowhere.
	p = &cpu.Problem{X: mat.NewDense(2, 1, []float64{-1, 1}), Y: []float64{0, 1}}
	set.Limit = math.Inf(1)
	s.Over = []cpu.Param{param(t, "l2=0,1"), param(t, "lr=1,1e300")}
	if r, err = p.Sweep(t.Context(), s, set, nil); err != nil {
		t.Fatal(err)
	}
	for i, d := range r.Derived["distance"] {
		if math.IsNaN(d) != (i != 2) {
			t.Errorf("run %d, %v: distance %v", i, r.At(i), d)
		}
	}

	// It costs nothing where nobody asks.
	if r, err = p.Sweep(t.Context(), s, cpu.Settings{}, nil); err != nil || len(r.Derived) != 0 {
		t.Errorf("%v, %v", r.Derived, err)
	}
	var unknown *cpu.UnknownQuantityError
	if _, err := p.Sweep(t.Context(), s, cpu.Settings{Quantities: []string{"distanse"}}, nil); !errors.As(err, &unknown) || unknown.Name != "distanse" {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Derive(ctx, &cpu.Result{Sweep: s, Dim: 2, W: make([]float64, 8), Derived: map[string][]float64{"distance": make([]float64, 4)}}); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}
