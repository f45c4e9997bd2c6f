package compute

import (
	"math"

	"losscape/cpu"
)

// floorAbove reports whether the mean of softplus(−(a + αu + βv)) is proven to
// be at least bound on the whole rectangle of g. The mean is convex, so its
// tangent plane at any point is below it everywhere: a damped Newton iteration
// within the rectangle looks for a point whose tangent plane is at least bound
// at all corners. It gives up where the value itself falls below bound, or after
// some twenty passes over the samples.
func floorAbove(bound float64, a, u, v []float64, g cpu.Grid) bool {
	const passes = 24
	lo := [2]float64{min(g.X.Min, g.X.Max), min(g.Y.Min, g.Y.Max)}
	hi := [2]float64{max(g.X.Min, g.X.Max), max(g.Y.Min, g.Y.Max)}
	if g.X.N == 1 {
		hi[0] = lo[0]
	}
	if g.Y.N == 1 {
		hi[1] = lo[1]
	}
	var at, last, step [2]float64
	for k := range at {
		at[k] = min(max(0, lo[k]), hi[k])
	}
	best := math.Inf(1)
	for range passes {
		f, d, h := secondOrder(a, u, v, at)
		if !(f >= bound) { // NaN too
			return false
		}
		tangent := f
		for k := range at {
			tangent += min(d[k]*(lo[k]-at[k]), d[k]*(hi[k]-at[k]))
		}
		if tangent >= bound {
			return true
		}
		if f > best { // overshot: halve the step
			for k := range at {
				step[k] /= 2
				at[k] = last[k] + step[k]
			}
			continue
		}
		best, last = f, at
		// Newton, with coordinates that the rectangle stops held fixed.
		var fixed [2]bool
		for k := range at {
			fixed[k] = at[k] <= lo[k] && d[k] >= 0 || at[k] >= hi[k] && d[k] <= 0
		}
		const damping = 1e-9
		switch det := (h[0]+damping)*(h[2]+damping) - h[1]*h[1]; {
		case fixed[0] && fixed[1]:
			step = [2]float64{}
		case fixed[0]:
			step = [2]float64{0, -d[1] / (h[2] + damping)}
		case fixed[1]:
			step = [2]float64{-d[0] / (h[0] + damping), 0}
		default:
			step = [2]float64{-((h[2]+damping)*d[0] - h[1]*d[1]) / det, -((h[0]+damping)*d[1] - h[1]*d[0]) / det}
		}
		for k := range at {
			at[k] = min(max(at[k]+step[k], lo[k]), hi[k])
			step[k] = at[k] - last[k]
		}
	}
	return false
}

// secondOrder returns the mean of softplus(−m) at a point of the plane with its
// gradient and its Hessian (aa, ab, bb).
func secondOrder(a, u, v []float64, at [2]float64) (f float64, d [2]float64, h [3]float64) {
	for i, ai := range a {
		m := ai + at[0]*u[i] + at[1]*v[i]
		e := math.Exp(-math.Abs(m))
		w := 1 / (1 + e)
		f += math.Log1p(e) + max(-m, 0)
		p := w // σ(−m)
		if m > 0 {
			p = e * w
		}
		d[0] -= p * u[i]
		d[1] -= p * v[i]
		c := e * w * w
		h[0] += c * u[i] * u[i]
		h[1] += c * u[i] * v[i]
		h[2] += c * v[i] * v[i]
	}
	n := float64(len(a))
	return f / n, [2]float64{d[0] / n, d[1] / n}, [3]float64{h[0] / n, h[1] / n, h[2] / n}
}
