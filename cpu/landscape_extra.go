package cpu

import (
	"context"
	"math"
)

// Evaluation is what a plane has besides its loss, over a grid, in the order of
// Landscape.Loss.
type Evaluation struct {
	Grid Grid
	// DAlpha and DBeta are the partial derivatives in the plane's coordinates of
	// the loss without eps, L2 included: the gradient's products with D1 and
	// D2.
	DAlpha, DBeta []float64
	// Accuracy is the fraction of samples classified right: see Problem.Accuracy.
	Accuracy []float64
}

// Evaluate returns, at every point of the grid g of the plane pl, the gradient in
// the plane,
//
//	∂/∂α = −(1/N) Σ c_i σ(−m_i) s_i u_i + L2 w·D1,  m_i = s_i (a_i + α u_i + β v_i)
//
// with the samples' weights c_i, and likewise ∂/∂β, and the accuracy of the classifier. It shares rows out,
// tells progress and stops as Landscape does.
func (p *Problem) Evaluate(ctx context.Context, pl Plane, g Grid, progress func(done, total int)) (*Evaluation, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if err := pl.Validate(p.Dim()); err != nil {
		return nil, err
	}
	if err := g.Validate(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n := g.Size()
	e := &Evaluation{Grid: g, DAlpha: make([]float64, n), DBeta: make([]float64, n), Accuracy: make([]float64, n)}
	linear := p.Linear()
	var a, u, v, s []float64
	if linear {
		a, u, v, s = p.Project(pl)
	}
	err := parallel(ctx, g.Y.N, g.X.N, progress, func(ctx context.Context) func(j int) error {
		w, grad := make([]float64, p.Dim()), make([]float64, p.Dim())
		check := max(1, (1<<16)/p.N()) // points between two looks at ctx
		return func(j int) error {
			for k := range g.X.N {
				if k%check == 0 {
					if err := ctx.Err(); err != nil {
						return err
					}
				}
				at := j*g.X.N + k
				alpha, beta := g.X.At(k), g.Y.At(j)
				pl.At(w, alpha, beta)
				if !linear {
					p.Gradient(grad, w)
					e.DAlpha[at], e.DBeta[at], e.Accuracy[at] = dot(grad, pl.D1), dot(grad, pl.D2), p.Accuracy(w)
					continue
				}
				e.DAlpha[at], e.DBeta[at], e.Accuracy[at] = p.evaluatePoint(a, u, v, s, alpha, beta)
				if p.L2 != 0 {
					e.DAlpha[at] += p.L2 * dot(p.Penalized(w), pl.D1)
					e.DBeta[at] += p.L2 * dot(p.Penalized(w), pl.D2)
				}
			}
			return nil
		}
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// evaluatePoint returns the mean gradient of the data at a point of a plane, and
// the fraction of samples that it classifies right.
func (p *Problem) evaluatePoint(a, u, v, s []float64, alpha, beta float64) (da, db, accuracy float64) {
	var right, wrong float64
	for lo := 0; lo < len(a); lo += sumBlock {
		var sa, sb float64
		for i := lo; i < min(lo+sumBlock, len(a)); i++ {
			z := a[i] + alpha*u[i] + beta*v[i]
			t := s[i] * z
			e := math.Exp(-math.Abs(t))
			weight := p.weightOf(i)
			d := weight * marginSlope(s[i], t, e)
			sa += d * u[i]
			sb += d * v[i]
			if (z > 0) == (s[i] > 0) {
				right += weight
			} else {
				wrong += weight
			}
		}
		da += sa
		db += sb
	}
	n := float64(len(a))
	return da / n, db / n, right / (right + wrong)
}
