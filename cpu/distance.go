package cpu

import (
	"context"
	"math"
)

// distances stores |w − w*| of the final weights w, w* being the minimum of the run's
// own loss, with its l2 and without eps: see Minimum. It is NaN where there is none,
// and where the weights are not finite. Runs of another l2 have another minimum, and
// each takes some ten Newton steps, of N (D+1)² operations: those of a million samples
// or of thousands of values of l2 take longer than the runs.
func distances(ctx context.Context, p *Problem, r *Result, which []int, dst []float64) error {
	var values []float64 // of l2
	index := map[float64]int{}
	of := make([]int32, len(which)) // which of them a run has
	into := r.Sweep.Into()
	var run Run
	for j, i := range which {
		into(i, &run)
		k, known := index[run.L2]
		if !known {
			k = len(values)
			index[run.L2] = k
			values = append(values, run.L2)
		}
		of[j] = int32(k)
	}
	minima := make([][]float64, len(values))
	var d *determined
	if p.Linear() {
		d = p.determined()
	} else {
		values = nil
	}
	err := parallel(ctx, len(values), 1, nil, func(ctx context.Context) func(int) error {
		return func(k int) error {
			own := *d
			own.l2 = values[k]
			if w, ok := own.minimum(ctx); ok {
				minima[k] = w
			}
			return ctx.Err()
		}
	})
	if err != nil {
		return err
	}
	for j, i := range which {
		dst[i] = math.NaN()
		if w := minima[of[j]]; w != nil {
			dst[i] = distance(r.At(i), w)
		}
	}
	return nil
}
