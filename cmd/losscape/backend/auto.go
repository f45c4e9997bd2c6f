//go:build cgo

package backend

import (
	"context"
	"fmt"
	"sync"

	"losscape/cpu"
	"losscape/gpu/compute"
)

// auto is a device with AutoPrecision: in single precision as far as that decides.
type auto struct {
	device // in single precision
	b      *Backend
	double func() (device, error) // in double precision; an Unsupported error where it has none
}

func newAuto(b *Backend, e *compute.Engine) auto {
	return auto{device{e, b.d}, b, sync.OnceValues(func() (device, error) {
		in, err := e.In(compute.Double)
		return device{in, b.d}, err
	})}
}

func (a auto) Info() Info {
	i := a.device.Info()
	i.Precision, i.PeriodTol = string(AutoPrecision), 0
	return i
}

// orDouble has the device do in double precision what it refuses in single; refusal
// remains where it refuses both.
func (a auto) orDouble(refusal error, do func(c device) error) error {
	c, err := a.double()
	if err == nil {
		err = do(c)
	}
	if Unsupported(err) {
		return refusal
	}
	return err
}

// notInSingle returns why a grid is computed in double precision, nil if it is not.
func (a auto) notInSingle(p *cpu.Problem, pl cpu.Plane, g cpu.Grid, what Values) error {
	if Fine(pl, g) {
		return errFine
	}
	return a.device.CanEvaluate(p, pl, g, what)
}

func (a auto) CanEvaluate(p *cpu.Problem, pl cpu.Plane, g cpu.Grid, what Values) error {
	if Fine(pl, g) {
		c, err := a.double()
		if err != nil {
			return err
		}
		return c.CanEvaluate(p, pl, g, what)
	}
	err := a.device.CanEvaluate(p, pl, g, what)
	if Unsupported(err) {
		err = a.orDouble(err, func(c device) error { return c.CanEvaluate(p, pl, g, what) })
	}
	return err
}

func (a auto) Landscape(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, progress func(done, total int)) (*cpu.Landscape, error) {
	return landscapeOf(ctx, a, p, pl, g, progress)
}

func (a auto) Evaluate(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, rows cpu.Rows, what Values, sink func(row int, values Row) error, progress func(done, total int)) error {
	if err := a.CanEvaluate(p, pl, g, what); err != nil {
		return err
	}
	if a.notInSingle(p, pl, g, what) == nil {
		return a.device.Evaluate(ctx, p, pl, g, rows, what, sink, progress)
	}
	c, err := a.double()
	if err != nil {
		return err
	}
	return c.Evaluate(ctx, p, pl, g, rows, what, sink, progress)
}

// CanSweep and CanDescend let runs pass that either precision takes. Runs that float32
// does not tell apart need double.
func (a auto) CanSweep(p *cpu.Problem, s cpu.Sweep, set cpu.Settings) error {
	return a.either(s.Indistinct(), func(c device) error { return c.CanSweep(p, s, set) })
}

func (a auto) CanDescend(p *cpu.Problem, runs []cpu.Run) error {
	return a.either(cpu.Indistinct(runs), func(c device) error { return c.CanDescend(p, runs) })
}

// either has work done in single precision, or in double where that is needed or single
// refuses it.
func (a auto) either(needed bool, do func(c device) error) error {
	if needed {
		c, err := a.double()
		if err != nil {
			return err
		}
		return do(c)
	}
	err := do(a.device)
	if Unsupported(err) {
		err = a.orDouble(err, do)
	}
	return err
}

// Sweep computes all runs in single precision, and those again in double that this
// leaves in doubt: see cpu.Doubt. It starts in double where float32 does not tell the
// runs apart, or does not hold them. Of a block of a sweep, the whole sweep decides that,
// and neighbours in other blocks are not looked at.
func (a auto) Sweep(ctx context.Context, p *cpu.Problem, s cpu.Sweep, set cpu.Settings, progress func(done, total int)) (res *cpu.Result, err error) {
	pass := passes{report: progress}
	near := s.Indistinct()
	err = a.either(near, func(c device) (err error) {
		count, _ := s.Count()
		pass.begin(int(count), c.double())
		res, err = c.Sweep(ctx, p, s, set, pass.update)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case len(res.Precision) == 0 || res.Precision[0] == cpu.Float32:
		return res, a.decide(ctx, p, res, set, &pass)
	}
	res.Doubt = make([]cpu.Doubt, res.N())
	for i := range res.Doubt {
		if res.Doubt[i] = cpu.Unheld; near {
			res.Doubt[i] = cpu.Close
		}
	}
	return res, nil
}

// decide computes runs of a result in single precision again, in double: at first those in
// doubt, then their neighbours that end otherwise, until there are none. What is computed
// again may disagree with a neighbour that did not have to be; a wider strip of neighbours
// each time keeps the rounds few.
func (a auto) decide(ctx context.Context, p *cpu.Problem, res *cpu.Result, set cpu.Settings, pass *passes) error {
	which := res.Doubtful()
	for reach := 0; ; reach = 2*reach + 1 {
		if len(which) > 0 {
			pass.begin(len(which), true)
			err := a.precise(func(c repeater) error { return c.Again(ctx, p, res, set, which, pass.update) })
			if err != nil {
				return err
			}
		}
		if which = res.DoubtNeighbours(reach); len(which) == 0 {
			pass.end()
			return nil
		}
	}
}

// repeater is a computer that can compute runs of a sweep again.
type repeater interface {
	Again(ctx context.Context, p *cpu.Problem, res *cpu.Result, set cpu.Settings, which []int, progress func(done, total int)) error
	Descend(ctx context.Context, p *cpu.Problem, runs []cpu.Run, progress func(done, total int)) ([]*cpu.Trajectory, error)
}

// precise has what float32 cannot tell done in double precision: by the device, or, if
// it refuses, by the CPU, which is reported.
func (a auto) precise(do func(c repeater) error) error {
	c, err := a.double()
	if err == nil {
		err = do(c)
	}
	switch {
	case !Unsupported(err):
		return err
	case a.b.o.Kind != Auto:
		return fmt.Errorf("%w: %w", ErrUndecided, err)
	}
	a.b.fallBack(ErrUndecided.Error(), err)
	return do(reference{})
}

// Descend computes all runs in single precision, and those again in double whose ending
// that cannot tell: see cpu.Problem.DoubtOf. It starts in double as Sweep does.
func (a auto) Descend(ctx context.Context, p *cpu.Problem, runs []cpu.Run, progress func(done, total int)) (ts []*cpu.Trajectory, err error) {
	near := cpu.Indistinct(runs)
	err = a.either(near, func(c device) (err error) {
		ts, err = c.Descend(ctx, p, runs, progress)
		return err
	})
	if err != nil || len(ts) == 0 || ts[0].Precision == cpu.Float64 {
		return ts, err
	}
	var which []int
	var again []cpu.Run
	for i, t := range ts {
		if p.DoubtOf(t) != cpu.NoDoubt {
			which, again = append(which, i), append(again, runs[i])
		}
	}
	if len(which) == 0 {
		return ts, nil
	}
	err = a.precise(func(c repeater) error {
		of, err := c.Descend(ctx, p, again, nil)
		for k, t := range of {
			ts[which[k]] = t
		}
		return err
	})
	return ts, err
}

// passes is the progress of runs that are computed once or more often.
type passes struct {
	report func(done, total int)
	before int // runs of the passes before this one
	now    int // runs of this one
	more   int // that are thought to follow
}

// begin begins a pass of so many runs. Until it is known how many runs of the first pass
// are in doubt, an eighth is taken to be, so that the time left is about right.
func (p *passes) begin(runs int, last bool) {
	p.before += p.now
	p.now, p.more = runs, runs/8
	if last {
		p.more = 0
	}
}

// end tells that there were no more runs.
func (p *passes) end() {
	p.more = 0
	p.update(p.now, p.now)
}

func (p *passes) update(done, _ int) {
	if p.report != nil {
		p.report(p.before+min(done, p.now), p.before+p.now+p.more)
	}
}
