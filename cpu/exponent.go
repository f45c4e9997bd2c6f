package cpu

import (
	"context"
	"fmt"
	"math"
)

// ExponentName is the name of the quantity that exponents stores.
const ExponentName = "exponent"

// exponents stores the largest Lyapunov exponents of the runs: the mean over the steps
// after the transient of log |J u|, u being of length 1 before each step, J the
// derivative of the step in the whole state of the run, which is its weights and its
// optimizer's vectors, and log the natural one. See Settings.Transient.
//
// It is of the run from its start to all of its steps, whether or not it has converged
// before; of runs of mini-batches, of runs that diverge and of those without a step after
// the transient it is NaN. Result.Growths has what an engine has computed of it; the rest is
// computed here, in float64. A vector of the optimizer counts times the learning rate, as a step applies it.
//
// J u follows from a Hessian-vector product, of the loss without eps, and the
// derivative of the optimizer's formula, without differences. The sum of adagrad never
// forgets: a run of it has no exponent below 0. Of models other than Linear the product is
// a central difference of gradients, see curvature. Against its limit the exponent of a
// run is off by some 1/n after n steps, for u has to turn first; in chaos by some
// σ/√n, σ being the spread of log |J u|: 2e-3 after 200,000 steps on the notebook's
// data.
func exponents(ctx context.Context, p *Problem, r *Result, which []int, dst []float64) error {
	into := r.Sweep.Into()
	size := p.meanSize()
	return parallel(ctx, len(which), 1, nil, func(ctx context.Context) func(int) error {
		t := newTangent(ctx, p)
		var run Run
		return func(k int) error {
			i := which[k]
			into(i, &run)
			g, err := r.growth(i, t, &run)
			if dst[i] = g.Exponent(); r.Status[i] == StepLimit && !(r.apart && run.L2 == 0) {
				r.Status[i] = g.Status()
				if r.Doubt != nil && r.Doubt[i] == NoDoubt && r.Precision[i] == Float32 && g.near(&run, size, norm(r.At(i))) {
					r.Doubt[i] = NearThreshold
				}
			}
			return err
		}
	})
}

// ExponentError returns what the function ExponentError does of the result's sweep.
func (r *Result) ExponentError() func(i int) float64 {
	return ExponentError(r.Sweep, Settings{Transient: r.transient})
}

// ExponentError returns a function of the number of a run of a sweep that returns how far from 0
// the exponent of the run may be that is 0: torusStretch over the steps after its transient, as
// the statuses have it.
func ExponentError(s Sweep, set Settings) func(i int) float64 {
	into := s.Into()
	var run Run
	return func(i int) float64 {
		into(i, &run)
		return torusStretch / float64(max(run.Steps-set.TransientOf(&run), 1))
	}
}

// growth returns the one of run i, which is run, by t where no engine has computed it.
func (r *Result) growth(i int, t *tangent, run *Run) (Growth, error) {
	switch {
	case r.Status[i] == Diverged:
		return Growth{Sum: math.NaN()}, nil
	case r.Growths != nil && r.Growths[i].Steps > 0:
		return r.Growths[i], nil
	}
	return t.grow(run, Settings{Transient: r.transient}.TransientOf(run))
}

// TransientOf returns the number of steps of a run that exponents leave out.
func (set Settings) TransientOf(r *Run) int {
	if set.Transient == 0 {
		return r.Steps / 10
	}
	return max(set.Transient, 0)
}

// tangent is a run under way with a vector of length 1 that its steps turn.
type tangent struct {
	descent
	u       []float64 // of the weights, then of the optimizer's vectors
	product []float64 // Hessian of the data times u's weights
	other   []float64 // scratch
	began   []float64 // weights after the transient
}

func newTangent(ctx context.Context, p *Problem) *tangent {
	dim := p.Dim()
	return &tangent{descent: *newDescent(ctx, p), product: make([]float64, dim), other: make([]float64, dim)}
}

// grow takes a run through all of its steps. The error is ctx's.
func (t *tangent) grow(r *Run, transient int) (Growth, error) {
	none := Growth{Sum: math.NaN()}
	if r.Batch > 0 || transient >= r.Steps {
		return none, nil
	}
	t.start(r)
	t.aim()
	g := Growth{Steps: r.Steps - transient, Nearest: [2]float64{math.Inf(1), math.Inf(1)}}
	for t.k < r.Steps {
		if t.k == transient {
			t.began = append(t.began[:0], t.w...)
		}
		grown, err := t.turn()
		if err != nil {
			return none, err
		}
		if !allFinite(t.w) || math.IsNaN(grown) {
			return none, nil
		}
		if t.k <= transient {
			continue
		}
		half := 0
		if 2*(t.k-transient) > g.Steps {
			half = 1
			g.Last += math.Log(grown)
		}
		g.Nearest[half] = min(g.Nearest[half], distance(t.w, t.began))
		if g.Sum += math.Log(grown); math.IsInf(g.Sum, -1) {
			return g, nil // nothing is left of u, nor would be of another
		}
	}
	return g, nil
}

// aim points u in a direction that no data single out.
func (t *tangent) aim() {
	n := len(t.w) + len(t.state)
	if cap(t.u) < n {
		t.u = make([]float64, n)
	}
	t.u = t.u[:n]
	clear(t.u)
	copy(t.u, StartDirection(len(t.w)))
}

// StartDirection returns the direction in which tangents of so many weights start: one
// that no data single out.
func StartDirection(dim int) []float64 {
	u := make([]float64, dim)
	for j := range u {
		u[j] = math.Cos(float64(j + 1))
	}
	u, _ = unit(u)
	return u
}

// unit makes u's length 1 and returns what it was.
func (t *tangent) unit() float64 {
	dim := len(t.w)
	length := math.Hypot(norm(t.u[:dim]), t.r.LR*norm(t.u[dim:]))
	if length > 0 {
		for j := range t.u {
			t.u[j] /= length
		}
	}
	return length
}

// turn takes a step of the run and of u, and returns by what u's length grew.
func (t *tangent) turn() (float64, error) {
	dim := len(t.w)
	u, state := t.u[:dim], t.u[dim:]
	t.evals += uint64(t.p.N())
	t.p.curvature(t.grad, t.product, t.scratch, t.other, t.w, u)
	if t.opt.Decoupled {
		decay(t.p.Penalized(u), t.r)
	} else {
		addL2(t.p.Penalized(t.product), u, t.r.L2)
	}
	if err := t.step(); err != nil {
		return 0, err
	}
	if t.opt.tangent == nil {
		t.opt.step(t.r, t.k, u, t.product, state)
	} else {
		t.opt.tangent(t.r, t.k, t.grad, t.state, u, t.product, state)
	}
	return t.unit(), nil
}

// curvature stores in grad the gradient of the data at w, as pass does, and in product
// the Hessian of the data times u; scratch and other are as long. Of a model other than
// Linear the product is a central difference of gradients h u to either side, with
// h |u| = ε^(1/3) (1 + |w|): its truncation is h²/6 times a third derivative of the
// gradient and its rounding ε/h of the gradient, ε^(2/3) = 4e-11 of the two.
func (p *Problem) curvature(grad, product, scratch, other, w, u []float64) {
	if len(u) != len(w) || len(product) != len(w) {
		panic(fmt.Sprintf("cpu: a direction of length %d for %d weights", len(u), len(w)))
	}
	if p.Linear() {
		p.passCurvature(grad, product, scratch, other, w, u)
		return
	}
	clear(product)
	size := norm(u)
	if size > 0 {
		h := math.Cbrt(0x1p-52) * (1 + norm(w)) / size
		for _, side := range [...]float64{h, -h} {
			for j := range other {
				other[j] = w[j] + side*u[j]
			}
			p.pass(grad, scratch, other, nil)
			for j, g := range grad {
				product[j] += g / (2 * side)
			}
		}
	}
	p.pass(grad, scratch, w, nil)
}

// passCurvature is curvature for the Linear model. Its gradient is pass's to the last
// bit: a chaotic run has the states that it has elsewhere.
func (p *Problem) passCurvature(grad, product, scratch, other, w, u []float64) {
	raw := p.X.RawMatrix()
	n, d := raw.Rows, raw.Cols
	clear(grad)
	clear(product)
	for lo := 0; lo < n; lo += sumBlock {
		clear(scratch)
		clear(other)
		for i := lo; i < min(lo+sumBlock, n); i++ {
			x := raw.Data[i*raw.Stride : i*raw.Stride+d]
			var z, moved float64
			for j, xj := range x {
				z += xj * w[j]
				moved += xj * u[j]
			}
			z += w[d]
			moved += u[d]
			s := 2*p.Y[i] - 1
			t := s * z
			e := math.Exp(-math.Abs(t))
			g := marginSlope(s, t, e)
			h := e / (1 + e) / (1 + e) * moved
			if p.SampleWeight != nil {
				g *= p.SampleWeight[i]
				h *= p.SampleWeight[i]
			}
			for j, xj := range x {
				scratch[j] += g * xj
				other[j] += h * xj
			}
			scratch[d] += g
			other[d] += h
		}
		for j := range grad {
			grad[j] += scratch[j]
			product[j] += other[j]
		}
	}
	for j := range grad {
		grad[j] /= float64(n)
		product[j] /= float64(n)
	}
}
