package cpu

import "context"

// PeriodOf is the period of a run of two weights whose state after k updates is w(k).
func PeriodOf(steps int, w func(k int) []float64) int {
	set, _ := Settings{}.WithDefaults()
	var last tail
	last.start(set, &Run{Steps: steps}, 2)
	for k := range steps + 1 {
		last.see(k, w(k))
	}
	return last.period()
}

// AimOf is the direction that a tangent of dim weights starts in.
func AimOf(dim int) []float64 {
	t := &tangent{descent: descent{w: make([]float64, dim), r: &Run{}}}
	t.aim()
	return t.u
}

// TangentOf is the derivative of a run's last weights by its start in that direction.
func (p *Problem) TangentOf(ctx context.Context, r Run) []float64 {
	t := newTangent(ctx, p)
	t.start(&r)
	t.aim()
	grown := 1.0
	for range r.Steps {
		by, _ := t.turn()
		grown *= by
	}
	u := t.u[:len(t.w)]
	for j := range u {
		u[j] *= grown
	}
	return u
}

// NearOf reports whether a run of gd with that growth, of data of that mean size, is in doubt
// in float32.
func NearOf(g Growth, lr, size float64) bool { return g.near(&Run{LR: lr}, size, 1) }

// BatchGradient is the gradient of some samples, all of them if rows is nil, without L2 term.
func (p *Problem) BatchGradient(w []float64, rows []int32) []float64 {
	grad := make([]float64, len(w))
	p.pass(grad, make([]float64, len(w)), w, rows)
	return grad
}
