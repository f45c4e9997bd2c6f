package cpu_test

import (
	"math"
	"slices"
	"testing"

	"losscape/cpu"
)

// An L2 term that leaves the bias out is that of all weights less (l2/2) bias²,
// everywhere.
func TestPenalizeWeights(t *testing.T) {
	all := random(3, 50, 2)
	all.L2 = 0.3
	some := *all
	some.Penalize = cpu.PenalizeWeights
	w := []float64{0.5, -1, 3}
	const bias = 2
	if got, want := some.Loss(w), all.Loss(w)-0.3/2*w[bias]*w[bias]; relative(got, want) > 1e-14 {
		t.Errorf("loss %v, want %v", got, want)
	}
	got, want := some.Gradient(nil, w), all.Gradient(nil, w)
	want[bias] -= 0.3 * w[bias]
	for j := range got {
		if relative(got[j], want[j]) > 1e-13 {
			t.Errorf("gradient %v, want %v", got, want)
		}
	}
	h, ha := some.Hessian(w), all.Hessian(w)
	if h.At(0, 0) != ha.At(0, 0) || math.Abs(ha.At(bias, bias)-h.At(bias, bias)-0.3) > 1e-15 {
		t.Errorf("of the bias the Hessian has %v, with it penalized %v", h.At(bias, bias), ha.At(bias, bias))
	}
	pl := cpu.CoordinatePlane(3, 1, 2)
	g := cpu.Grid{X: cpu.Axis{Min: -1, Max: 1, N: 2}, Y: cpu.Axis{Min: -2, Max: 3, N: 2}}
	l, err := some.Landscape(t.Context(), pl, g, nil)
	if err != nil || relative(l.Loss[1], some.Loss([]float64{0, 1, -2})) > 1e-14 {
		t.Error(l, err)
	}
	e, err := some.Evaluate(t.Context(), pl, g, nil)
	if grad := some.Gradient(nil, []float64{0, 1, -2}); err != nil || relative(e.DAlpha[1], grad[1]) > 1e-13 || relative(e.DBeta[1], grad[2]) > 1e-13 {
		t.Error(e, grad, err)
	}
}

// Every optimizer steps by the gradient of that loss, and adamw decays all weights but
// the bias.
func TestPenalizeRuns(t *testing.T) {
	p := random(3, 50, 2)
	p.Penalize = cpu.PenalizeWeights
	r := cpu.DefaultRun("gd")
	r.LR, r.L2, r.Start, r.Steps = 0.1, 0.5, []float64{1, -2, 3}, 1
	ts, err := p.Descend(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	grad, loss := p.LossGradient(nil, r.Start, r.L2)
	if ts.Loss[0] != loss {
		t.Errorf("loss %v, want %v", ts.Loss[0], loss)
	}
	for j, w := range ts.At(1) {
		if want := r.Start[j] - r.LR*grad[j]; relative(w, want) > 1e-15 {
			t.Errorf("after a step %v, want %v", w, want)
		}
	}
	r = cpu.DefaultRun("adamw")
	r.LR, r.L2, r.Start, r.Steps = 0.1, 0, []float64{1, -2, 3}, 1
	plain, _ := p.Descend(t.Context(), r)
	r.L2 = 0.5
	decayed, err := p.Descend(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(plain.At(1))
	for j := range 2 {
		want[j] -= r.LR * r.L2 * r.Start[j]
	}
	for j, w := range decayed.At(1) {
		if math.Abs(w-want[j]) > 1e-15 {
			t.Errorf("adamw: %v, want %v", decayed.At(1), want)
		}
	}
}

// Of one label only, an L2 term gives a minimum if it takes in the bias.
func TestPenalizeOneLabel(t *testing.T) {
	p := random(3, 20, 1)
	for i := range p.Y {
		p.Y[i] = 1
	}
	p.L2 = 0.1
	if _, ok := p.Minimum(); !ok {
		t.Error("no minimum")
	}
	p.Penalize = cpu.PenalizeWeights
	if w, ok := p.Minimum(); ok {
		t.Errorf("a minimum at %v", w)
	}
	p.Model = cpu.Linear{}
	p.Penalize = 7
	if err := p.Validate(); err == nil {
		t.Error("an unknown penalty is valid")
	}
}
