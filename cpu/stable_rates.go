package cpu

import (
	"context"
	"math"
)

// StableRates says where, in a sweep over the learning rate, runs become unstable at the
// minimum of their loss.
type StableRates struct {
	Rate int // index in Sweep.Over of the learning rate
	// At are numbers of values of the sweep's other parameter, ascending; 0 if there is
	// none. LR is below which learning rate runs with this value are stable, see
	// Run.StableBelow, NaN where that is not known: for values without a minimum, say.
	At []int
	LR []float64
}

// stableKnots is at how many values of a parameter learning rates are looked for, at most:
// each takes the Newton steps of a minimum, and a line through so many is smooth.
const stableKnots = 65

// StableRates returns where the runs of a valid sweep over the learning rate, and at most
// one other parameter, become unstable at their minimum; nil if it is not such a sweep, or
// nothing is known of any. The error is ctx's.
func (p *Problem) StableRates(ctx context.Context, s Sweep) (*StableRates, error) {
	out := &StableRates{Rate: -1}
	n, stride := 1, 0
	for i, a := range s.Over {
		if a.Name == "lr" {
			out.Rate = i
			continue
		}
		n = a.Len()
		if stride = 1; i == 0 && len(s.Over) > 1 {
			stride = s.Over[1].Len()
		}
	}
	if out.Rate < 0 || len(s.Over) > 2 || !p.Linear() {
		return nil, nil
	}
	knots := min(n, stableKnots)
	runs := make([]Run, knots)
	sharpness := map[float64]float64{} // by L2
	for k := range knots {
		at := k * (n - 1) / max(knots-1, 1)
		out.At = append(out.At, at)
		runs[k] = s.Run(at * stride)
		if r := &runs[k]; r.stableAnywhere() {
			sharpness[r.L2] = math.NaN()
		}
	}
	if err := p.minimaSharpness(ctx, sharpness); err != nil {
		return nil, err
	}
	known := false
	for k := range runs {
		lr, ok := runs[k].StableBelow(sharpness[runs[k].L2])
		if !ok {
			lr = math.NaN()
		}
		known = known || ok
		out.LR = append(out.LR, lr)
	}
	if !known {
		return nil, nil
	}
	return out, nil
}

// stableAnywhere reports whether StableBelow knows the run's optimizer.
func (r *Run) stableAnywhere() bool {
	_, ok := r.StableBelow(1)
	return ok
}

// minimaSharpness fills in the largest eigenvalues of the Hessian at the minima of L2
// weights; those without a minimum stay as they are.
func (p *Problem) minimaSharpness(ctx context.Context, of map[float64]float64) error {
	values := make([]float64, 0, len(of))
	for l2 := range of {
		values = append(values, l2)
	}
	found := make([]float64, len(values))
	err := parallel(ctx, len(values), 1, nil, func(ctx context.Context) func(int) error {
		return func(k int) error {
			found[k] = math.NaN()
			if lambda, ok := p.MinimumSharpness(values[k]); ok {
				found[k] = lambda
			}
			return ctx.Err()
		}
	})
	for k, l2 := range values {
		of[l2] = found[k]
	}
	return err
}
