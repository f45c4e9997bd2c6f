package cpu

import (
	"context"
	"math"
)

// StabilityLimit returns the value of lr λ up to which a run of gd, momentum or nesterov is
// stable near a point of curvature λ: 2, 2 + 2β or (2 + 2β)/(1 + 2β), see StableBelow. ok is
// false of other optimizers, whose steps are no multiples of gradients, and of
// mini-batches.
func (r *Run) StabilityLimit() (limit float64, ok bool) {
	switch r.Optimizer {
	case "gd", "momentum", "nesterov":
		return r.StableBelow(1)
	}
	return 0, false
}

// Stabilities returns, for each run, lr λ of each of its states, λ being the largest
// eigenvalue of the Hessian of the run's own loss there: beside StabilityLimit it says
// whether the next steps leave that neighbourhood. It is NaN at weights that are not
// finite, and nil of a run without a limit, and of all for models other than Linear.
// progress, if not nil, is as of Sweep, in states. The error is ctx's.
func (p *Problem) Stabilities(ctx context.Context, runs []*Trajectory, progress func(done, total int)) ([][]float64, error) {
	out := make([][]float64, len(runs))
	type state struct{ run, k int }
	var states []state
	for i, t := range runs {
		if _, ok := t.Run.StabilityLimit(); !ok || !p.Linear() {
			continue
		}
		out[i] = make([]float64, len(t.Loss))
		for k := range out[i] {
			states = append(states, state{i, k})
		}
	}
	err := parallel(ctx, len(states), 1, progress, func(ctx context.Context) func(int) error {
		own := *p
		return func(j int) error {
			s := states[j]
			t := runs[s.run]
			own.L2 = t.Run.L2
			out[s.run][s.k] = math.NaN()
			if w := t.At(s.k); allFinite(w) {
				out[s.run][s.k] = t.Run.LR * own.Sharpness(w)
			}
			return ctx.Err()
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
