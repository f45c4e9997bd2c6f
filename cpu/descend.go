package cpu

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// Validate returns an error unless r is a run of a problem of dim weights: a
// known optimizer, parameters in the ranges that Run states, 0 where the
// optimizer has none, dim finite start weights and a number of steps whose
// trajectory can be indexed. An unknown optimizer is an
// *UnknownOptimizerError, a parameter it does not have an
// *OptimizerParamError, one beyond its range a *RangeError, and weights that are no
// start a *WeightsError. How many samples a batch may have is the problem's to
// say: see ValidateRun.
func (r Run) Validate(dim int) error {
	o := lookup(r.Optimizer)
	if o == nil {
		return &UnknownOptimizerError{Name: r.Optimizer, Known: Optimizers()}
	}
	for i := range hyperParameters {
		h := &hyperParameters[i]
		if !o.Has(h.Name) && h.Get(&r) != 0 {
			return &OptimizerParamError{Optimizer: o.Name, Param: h.Name, Has: o.has()}
		}
	}
	for i := range hyperParameters {
		if h := &hyperParameters[i]; o.Has(h.Name) {
			if err := h.check(&r, o); err != nil {
				return err
			}
		}
	}
	if err := checkWeights("start", r.Start, dim); err != nil {
		return err
	}
	if r.Steps >= math.MaxInt/8/dim {
		return lookupParam("steps").rangeError(&r)
	}
	return nil
}

// ValidateRun returns an error unless r is a run of p: as Run.Validate, and no
// batch is larger than the data.
func (p *Problem) ValidateRun(r Run) error {
	if err := r.Validate(p.Dim()); err != nil {
		return err
	}
	if n := p.N(); r.Batch > n {
		e := lookupParam("batch").rangeError(&r)
		e.Want = fmt.Sprintf("at most the %d samples there are, or 0 for all", n)
		return e
	}
	if o := lookup(r.Optimizer); o.Has("epsilon") { // it divides by the root of squares
		if x := p.largest(); !(x <= maxSquared && r.L2 <= maxSquared) {
			return fmt.Errorf("%s squares gradients of features up to %.3g and l2 %.3g, want at most %g: scale the data", o.Name, x, r.L2, maxSquared)
		}
	}
	return nil
}

// maxSquared bounds features and l2 of the optimizers that square gradients: the
// squares stay finite in float64 for weights of up to 1e9.
const maxSquared = 1e140

// largest returns the largest |x| of the features.
func (p *Problem) largest() float64 {
	if p.frozen != nil && p.frozen.of(p) {
		return p.frozen.largest
	}
	var most float64
	for i := range p.N() {
		for _, x := range p.X.RawRowView(i) {
			most = max(most, math.Abs(x))
		}
	}
	return most
}

// At returns the weights after k updates, 0 ≤ k ≤ Run.Steps. It aliases
// Weights.
func (t *Trajectory) At(k int) []float64 {
	return t.Weights[k*t.Dim : (k+1)*t.Dim : (k+1)*t.Dim]
}

// Descend runs r on the problem from its start and records every step. The
// optimizer is given the gradient over all samples, or over a mini-batch drawn
// for the step, without eps, and with the run's own L2, not the problem's;
// the losses are always those of all samples. Divergence is a Status, not an
// error; the errors are those of Validate and ctx's.
func (p *Problem) Descend(ctx context.Context, r Run) (*Trajectory, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if err := p.ValidateRun(r); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return p.descend(ctx, r)
}

// DescendDisturbed is Descend for a valid problem and run that calls disturb after each update k ≥ 1 with
// the weights, which it may change. What becomes of small changes is what becomes of the
// rounding of the steps.
func (p *Problem) DescendDisturbed(ctx context.Context, r Run, disturb func(k int, w []float64)) (*Trajectory, error) {
	return p.descendWith(ctx, r, disturb)
}

// DescendAll runs every one of runs on the problem, GOMAXPROCS at a time, and
// returns their trajectories in the same order. If progress is not nil it is
// called after each run with the number of runs done and in all, never by two
// goroutines at once.
func (p *Problem) DescendAll(ctx context.Context, runs []Run, progress func(done, total int)) ([]*Trajectory, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	for i, r := range runs {
		if err := p.ValidateRun(r); err != nil {
			return nil, fmt.Errorf("run %d: %w", i, err)
		}
	}
	out := make([]*Trajectory, len(runs))
	err := parallel(ctx, len(runs), 1, progress, func(ctx context.Context) func(int) error {
		return func(i int) (err error) {
			out[i], err = p.descend(ctx, runs[i])
			return err
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// descend is Descend for a valid problem and run.
func (p *Problem) descend(ctx context.Context, r Run) (*Trajectory, error) {
	return p.descendWith(ctx, r, nil)
}

// descendWith is DescendDisturbed; disturb may be nil.
func (p *Problem) descendWith(ctx context.Context, r Run, disturb func(k int, w []float64)) (*Trajectory, error) {
	dim := p.Dim()
	t := &Trajectory{
		Run:     r,
		Dim:     dim,
		Weights: make([]float64, (r.Steps+1)*dim),
		Loss:    make([]float64, r.Steps+1),
	}
	t.Run.Start = slices.Clone(r.Start)
	d := newDescent(ctx, p)
	d.start(&t.Run)
	for {
		copy(t.At(d.k), d.w)
		t.Loss[d.k] = d.look()
		if d.k == r.Steps {
			return t, nil
		}
		if err := d.step(); err != nil {
			return nil, err
		}
		if disturb != nil {
			disturb(d.k, d.w)
		}
		if !allFinite(d.w) {
			t.Status = Diverged
			fillNaN(t.Weights[d.k*dim:])
			fillNaN(t.Loss[d.k:])
			return t, nil
		}
	}
}

// descent is a run under way.
type descent struct {
	p     *Problem
	ctx   context.Context
	r     *Run
	opt   *Optimizer
	k     int       // updates so far
	w     []float64 // weights after them
	state []float64 // the optimizer's
	rows  []int32   // of a mini-batch; nil for the full batch

	grad    []float64 // of the data, without L2 term, where look or step left it
	scratch []float64
	evals   uint64 // samples evaluated, over all runs
	checked uint64 // evals at the last look at ctx
}

func newDescent(ctx context.Context, p *Problem) *descent {
	dim := p.Dim()
	return &descent{p: p, ctx: ctx, w: make([]float64, dim), grad: make([]float64, dim), scratch: make([]float64, dim)}
}

// start puts d at the start of a valid run.
func (d *descent) start(r *Run) {
	d.r, d.opt, d.k = r, lookup(r.Optimizer), 0
	copy(d.w, r.Start)
	d.state = slices.Grow(d.state[:0], d.opt.State*len(d.w))[:d.opt.State*len(d.w)]
	clear(d.state)
	d.rows = nil
	if r.Batch > 0 {
		d.rows = make([]int32, r.Batch)
	}
}

// look returns the loss at d.w over all samples and leaves the gradient of
// the data in d.grad.
func (d *descent) look() float64 {
	d.evals += uint64(d.p.N())
	return d.p.pass(d.grad, d.scratch, d.w, nil) + l2Term(d.p.Penalized(d.w), d.r.L2)
}

// gradNorm returns the norm of the gradient at d.w, after look.
func (d *descent) gradNorm() float64 {
	copy(d.scratch, d.grad)
	addL2(d.p.Penalized(d.scratch), d.w, d.r.L2)
	return norm(d.scratch)
}

// step takes the next update. A full batch's gradient is the one that look
// left. The error is ctx's.
func (d *descent) step() error {
	if d.evals-d.checked >= 1<<16 {
		d.checked = d.evals
		if err := d.ctx.Err(); err != nil {
			return err
		}
	}
	if d.rows != nil {
		Batch(d.rows, d.r.Seed, uint32(d.k), d.p.N())
		d.evals += uint64(len(d.rows))
		d.p.pass(d.grad, d.scratch, d.w, d.rows)
	}
	if d.opt.Decoupled {
		decay(d.p.Penalized(d.w), d.r)
	} else {
		addL2(d.p.Penalized(d.grad), d.w, d.r.L2)
	}
	d.k++
	d.opt.step(d.r, d.k, d.w, d.grad, d.state)
	return nil
}

func fillNaN(s []float64) {
	for i := range s {
		s[i] = math.NaN()
	}
}
