package cpu

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Minimum returns the weights of the least loss without clamp, found by damped
// Newton steps. ok is false if there are none: without a ridge term, where the
// weights separate the two labels, or a feature says nothing that others do not.
func (p *Problem) Minimum() (w []float64, ok bool) {
	q := *p
	q.Clamp = 0
	dim := q.Dim()
	w = make([]float64, dim)
	next, grad := make([]float64, dim), make([]float64, dim)
	var chol mat.Cholesky
	var step mat.VecDense
	_, loss := q.LossGradient(grad, w, q.L2)
	before := math.Inf(1)
	const rounds = 200
	for range rounds {
		if q.L2 == 0 && q.separated(w) {
			return nil, false // any multiple of w has a lesser loss
		}
		if !chol.Factorize(q.Hessian(w)) {
			return nil, false
		}
		if err := chol.SolveVecTo(&step, mat.NewVecDense(dim, grad)); err != nil {
			return nil, false
		}
		slope := mat.Dot(&step, mat.NewVecDense(dim, grad))
		// Near the minimum a step is right as it is, and losses differ by their
		// rounding only; so do gradients, once they no longer fall.
		near := slope < 1e-8*(1+loss)
		if near && !(slope < before/2) {
			return w, true
		}
		before = slope
		for share := 1.0; ; share /= 2 {
			for j := range next {
				next[j] = w[j] - share*step.AtVec(j)
			}
			if near || q.Loss(next) <= loss-1e-4*share*slope {
				break
			}
			if share < 1e-9 {
				return nil, false
			}
		}
		copy(w, next)
		_, loss = q.LossGradient(grad, w, q.L2)
	}
	return nil, false
}

// separated says whether the weights tell all labels right.
func (p *Problem) separated(w []float64) bool {
	d := p.Dim() - 1
	for i, y := range p.Y {
		if z := dot(p.X.RawRowView(i), w[:d]) + w[d]; !((2*y-1)*z > 0) {
			return false
		}
	}
	return true
}

// Sharpness returns the largest eigenvalue of the Hessian at w: at a minimum,
// gradient descent is stable below a learning rate of 2 over it, and does not
// overshoot below 1 over it.
func (p *Problem) Sharpness(w []float64) float64 {
	var e mat.EigenSym
	if !allFinite(w) || !e.Factorize(p.Hessian(w), false) {
		return math.NaN()
	}
	values := e.Values(nil)
	return values[len(values)-1]
}
