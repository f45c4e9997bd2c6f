package cpu_test

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"losscape/cpu"
)

// other is Linear by the way of any model.
type other struct{ cpu.Linear }

// bend is a model that is not convex: z = w₃ + w₂ tanh(w₁ + w₀ x).
type bend struct{}

func (bend) Weights(int) int { return 4 }
func (bend) Convex() bool    { return false }
func (bend) Forward(z []float64, x *mat.Dense, w []float64) {
	for i := range z {
		z[i] = w[3] + w[2]*math.Tanh(w[1]+w[0]*x.At(i, 0))
	}
}
func (bend) Backward(grad []float64, x *mat.Dense, w, d []float64) {
	for i, g := range d {
		h := math.Tanh(w[1] + w[0]*x.At(i, 0))
		inner := g * w[2] * (1 - h*h)
		floats.Add(grad, []float64{inner * x.At(i, 0), inner, g * h, g})
	}
}

// TestModel holds what goes through the interface against the fast paths of Linear.
func TestModel(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	p := random(1, 2500, 2)
	testModel(t, p)
	weights := make([]float64, p.N())
	for i := range weights {
		weights[i] = 0.1 + float64(i%7)
	}
	if err := p.Weigh(weights); err != nil {
		t.Fatal(err)
	}
	testModel(t, p)
}

func testModel(t *testing.T, p *cpu.Problem) {
	p.L2, p.Eps = 0.1, 1e-3
	q, named := *p, *p
	q.Model, named.Model = other{}, cpu.Linear{}
	if !p.Linear() || !named.Linear() || q.Linear() || q.Dim() != 3 {
		t.Fatal(p.Linear(), named.Linear(), q.Linear(), q.Dim())
	}
	near := func(what string, a, b []float64) {
		t.Helper()
		for i, x := range a {
			if !(math.Abs(x-b[i]) <= 1e-12*(1+math.Abs(x))) {
				t.Fatalf("%s %d: %v, want %v", what, i, b[i], x)
			}
		}
	}
	runs := []cpu.Run{
		{Optimizer: "gd", LR: 1, L2: 0.2, Start: []float64{1, -1, 2}, Steps: 9},
		{Optimizer: "gd", LR: 1, Batch: 1300, Seed: 7, Start: []float64{1, -1, 2}, Steps: 9},
	}
	pl := cpu.Plane{Origin: []float64{0.1, 0.2, 0.3}, D1: []float64{1, 0, 1}, D2: []float64{0, 1, -1}}
	g := cpu.Grid{X: cpu.Axis{Min: -2, Max: 2, N: 5}, Y: cpu.Axis{Min: -1, Max: 3, N: 4}}
	results := func(p *cpu.Problem) (out [5][]float64) {
		ts, err := p.DescendAll(t.Context(), runs, nil)
		if err != nil {
			t.Fatal(err)
		}
		l, err := p.Landscape(t.Context(), pl, g, nil)
		if err != nil {
			t.Fatal(err)
		}
		e, err := p.Evaluate(t.Context(), pl, g, nil)
		if err != nil {
			t.Fatal(err)
		}
		return [5][]float64{slices.Concat(ts[0].Weights, ts[1].Weights, ts[0].Loss, ts[1].Loss), l.Loss, e.DAlpha, e.DBeta, e.Accuracy}
	}
	want := results(p)
	for k, what := range []string{"run", "loss", "∂/∂α", "∂/∂β", "accuracy"} {
		near(what, want[k], results(&q)[k])
		if got := results(&named)[k]; !slices.Equal(got, want[k]) {
			t.Errorf("%s of Linear{} is another", what)
		}
	}
}

func TestModelOfAnotherKind(t *testing.T) {
	p := random(3, 50, 1)
	p.Model, p.L2 = bend{}, 0.01
	w := []float64{0.7, -0.3, 1.5, 0.2}
	grad := p.Gradient(nil, w)
	for j := range w {
		const h = 1e-5
		up, down := slices.Clone(w), slices.Clone(w)
		up[j] += h
		down[j] -= h
		if d := (p.Loss(up) - p.Loss(down)) / (2 * h); math.Abs(d-grad[j]) > 1e-8 {
			t.Errorf("∂loss/∂w%d is %v, want %v", j+1, grad[j], d)
		}
	}
	s := cpu.Sweep{Base: cpu.Run{Optimizer: "gd", L2: 0.01, Start: w, Steps: 500}, Over: []cpu.Param{param(t, "lr=0.1,1")}}
	r, err := p.Sweep(t.Context(), s, cpu.Settings{Quantities: []string{"distance"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !(r.Loss[1] < r.Loss[0] && r.Loss[0] < p.Loss(w)) || !math.IsNaN(r.Derived["distance"][0]) {
		t.Errorf("losses %v, distances %v", r.Loss, r.Derived)
	}
	if _, ok := p.Minimum(); ok || !math.IsNaN(p.Sharpness(w)) {
		t.Error("a minimum of a loss that is not convex")
	}
	s.Base.Start = w[:2]
	if err := s.Validate(p); err == nil {
		t.Error("a run of two weights is one of four")
	}
}
