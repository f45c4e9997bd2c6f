package compute

import (
	"context"
	"fmt"
	"math"
	"slices"

	"losscape/cpu"
)

// Descend runs every one of runs on the problem, as cpu.Problem.DescendAll does,
// in the engine's precision with compensated sums: weights and losses of every step, in
// the order of runs. Index 0 of a trajectory is its start, exactly. A run that leaves
// the range of the format has Diverged, and is NaN from there on; in single precision
// float64 may carry it further. A run has at most MaxFeatures features.
//
// If progress is not nil it is called after each dispatch with the number of
// steps done and in all, over all runs. Cancelling ctx makes Descend return
// ctx's error within two dispatches.
func (e *Engine) Descend(ctx context.Context, p *cpu.Problem, runs []cpu.Run, progress func(done, total int)) ([]*cpu.Trajectory, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	x, err := e.checkProblem(p)
	if err != nil {
		return nil, err
	}
	if err := e.checkSamples(p); err != nil {
		return nil, err
	}
	set := cpu.Settings{GradTol: -1, Limit: math.Inf(1), MaxPeriod: 1, Every: 1}
	total := 0
	for i, r := range runs {
		err := p.ValidateRun(r)
		if err == nil {
			err = checkRun(r, x, set.Limit)
		}
		if err != nil {
			return nil, fmt.Errorf("run %d: %w", i, err)
		}
		total += r.Steps + 1
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	dim := p.Dim()
	out := make([]*cpu.Trajectory, len(runs))
	for i, r := range runs {
		t := &cpu.Trajectory{
			Run:     r,
			Dim:     dim,
			Weights: make([]float64, (r.Steps+1)*dim),
			Loss:    make([]float64, r.Steps+1),
		}
		t.Run.Start = slices.Clone(r.Start)
		out[i] = t
	}
	done := 0
	j := &job{
		p: p, x: x, n: len(runs), run: func(i int, r *cpu.Run) { *r = runs[i] },
		set: set,
		record: func(i, k int, w []float64, loss float64) {
			copy(out[i].At(k), w)
			out[i].Loss[k] = loss
		},
		finish: func(i int, _ *cpu.Run, o outcome) {
			t := out[i]
			if t.Status = o.status; o.status == cpu.Diverged {
				for k := o.steps * dim; k < len(t.Weights); k++ {
					t.Weights[k] = math.NaN()
				}
				for k := o.steps; k < len(t.Loss); k++ {
					t.Loss[k] = math.NaN()
				}
			}
		},
		moved: func(batch []cpu.Run, first, steps int, _ float64) {
			for _, r := range batch {
				done += max(0, min(first+steps, r.Steps+1)-first)
			}
			if progress != nil {
				progress(done, total)
			}
		},
	}
	j.arrange()
	if err := e.train(ctx, j); err != nil {
		return nil, err
	}
	return out, nil
}
