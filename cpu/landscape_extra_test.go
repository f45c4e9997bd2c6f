package cpu

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// The gradient in the plane is the gradient's products with the plane's axes and
// the slope of the loss; the accuracy is that of the weights there.
func TestEvaluate(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	p := &Problem{X: mat.NewDense(1500, 3, nil), Y: make([]float64, 1500), L2: 0.3}
	for i := range p.Y {
		p.Y[i] = float64(i % 2)
		for j := range 3 {
			p.X.Set(i, j, 2*p.Y[i]-1+r.NormFloat64())
		}
	}
	pl := Plane{Origin: []float64{0.1, -0.2, 0.3, 0}, D1: []float64{1, 0.5, 0, -1}, D2: []float64{0, 2, 1, 0.3}}
	g := Grid{X: Axis{-3, 2, 7}, Y: Axis{-1, 2, 5}}
	calls := 0
	e, err := p.Evaluate(t.Context(), pl, g, func(done, total int) {
		if calls++; done != 7*calls || total != 35 {
			t.Errorf("progress %d of %d", done, total)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for j := range g.Y.N {
		for i := range g.X.N {
			at := j*g.X.N + i
			alpha, beta := g.X.At(i), g.Y.At(j)
			w := pl.At(make([]float64, 4), alpha, beta)
			grad := p.Gradient(nil, w)
			near := func(what string, got, want, tol float64) {
				if !(math.Abs(got-want) <= tol) {
					t.Errorf("%s at %v, %v: %v, want %v", what, alpha, beta, got, want)
				}
			}
			near("∂/∂α", e.DAlpha[at], dot(grad, pl.D1), 1e-12)
			near("∂/∂β", e.DBeta[at], dot(grad, pl.D2), 1e-12)
			const h = 1e-5
			loss := func(a, b float64) float64 { return p.Loss(pl.At(w, a, b)) }
			near("slope along α", e.DAlpha[at], (loss(alpha+h, beta)-loss(alpha-h, beta))/(2*h), 1e-7)
			near("slope along β", e.DBeta[at], (loss(alpha, beta+h)-loss(alpha, beta-h))/(2*h), 1e-7)
			near("accuracy", e.Accuracy[at], p.Accuracy(pl.At(w, alpha, beta)), 0)
		}
	}
	// At weights of 0 every sample counts as label 0.
	e, err = p.Evaluate(t.Context(), CoordinatePlane(4, 0, 3), Grid{X: Axis{0, 0, 1}, Y: Axis{0, 0, 1}}, nil)
	if err != nil || e.Accuracy[0] != 0.5 {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestEvaluateErrors(t *testing.T) {
	p := &Problem{X: mat.NewDense(1, 1, []float64{1}), Y: []float64{1}}
	pl, g := CoordinatePlane(2, 0, 1), Grid{X: Axis{0, 1, 2}, Y: Axis{0, 1, 2}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Evaluate(ctx, pl, g, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := (&Problem{}).Evaluate(t.Context(), pl, g, nil); err == nil {
		t.Error("no error for no problem")
	}
	if _, err := p.Evaluate(t.Context(), Plane{}, g, nil); err == nil {
		t.Error("no error for no plane")
	}
	if _, err := p.Evaluate(t.Context(), pl, Grid{}, nil); err == nil {
		t.Error("no error for no grid")
	}
}
