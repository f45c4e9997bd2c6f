package cpu

import (
	"context"
	"math"
	"slices"
	"sync"
)

// Ending says how a run ended.
type Ending struct {
	Status Status
	Steps  int // updates taken: all, or as many as it took to converge or diverge
	Period int // of a run that is Periodic, else 0

	Precision Precision // that the run was computed in
	Growth    Growth    // what its exponent follows from, if Settings.Quantities has that; computed in float64
}

// Endings returns how a sweep would say that the runs of trajectories ended: by
// the same rules, though the trajectories go on. Its cost is that of the runs,
// without their updates, GOMAXPROCS at a time. The errors are those of
// set.WithDefaults and ctx's.
func (p *Problem) Endings(ctx context.Context, ts []*Trajectory, set Settings) ([]Ending, error) {
	set, err := set.WithDefaults()
	if err != nil {
		return nil, err
	}
	out := make([]Ending, len(ts))
	apart := sync.OnceValue(func() bool { return p.Separable(ctx) })
	err = parallel(ctx, len(ts), 1, nil, func(ctx context.Context) func(int) error {
		return func(i int) (err error) {
			out[i], err = p.ending(ctx, ts[i], set, apart)
			out[i].Precision = ts[i].Precision
			return err
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// ending is Endings for one trajectory and settings with their defaults; apart is
// Separable.
func (p *Problem) ending(ctx context.Context, t *Trajectory, set Settings, apart func() bool) (Ending, error) {
	e, best, err := p.observe(ctx, t, set)
	if err != nil {
		return Ending{}, err
	}
	limit := e.Status == StepLimit
	drifts := limit && t.Run.L2 == 0 && apart()
	if drifts && t.Run.Steps > 0 && t.Loss[t.Run.Steps] <= best {
		e.Status = Drifting
	}
	if slices.Contains(set.Quantities, ExponentName) && e.Status != Diverged {
		if e.Growth, err = newTangent(ctx, p).grow(&t.Run, set.TransientOf(&t.Run)); err != nil {
			return Ending{}, err
		}
		if limit && !drifts {
			e.Status = e.Growth.Status()
		}
	}
	return e, ctx.Err()
}

// observe looks at the states of a trajectory as a sweep does, and returns how it ends by
// these, and the least of its losses.
func (p *Problem) observe(ctx context.Context, t *Trajectory, set Settings) (e Ending, best float64, err error) {
	d := newDescent(ctx, p)
	d.start(&t.Run)
	epoch := t.Run.Epoch(p.N())
	var last tail
	last.start(set, &t.Run, t.Dim)
	best = math.Inf(1)
	for k := range t.Run.Steps + 1 {
		copy(d.w, t.At(k))
		if !(norm(d.w) <= set.Limit) {
			return Ending{Status: Diverged, Steps: k}, best, nil
		}
		if k%epoch == 0 || k == t.Run.Steps {
			best = min(best, t.Loss[k])
			if d.look(); d.gradNorm() <= set.GradTol {
				return Ending{Status: Converged, Steps: k}, best, nil
			}
		}
		if k%1024 == 0 {
			if err := ctx.Err(); err != nil {
				return Ending{}, best, err
			}
		}
		last.see(k, d.w)
	}
	if period := last.period(); period > 0 {
		return Ending{Status: Periodic, Steps: t.Run.Steps, Period: period}, best, nil
	}
	return Ending{Status: StepLimit, Steps: t.Run.Steps}, best, nil
}
