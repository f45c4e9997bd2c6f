package cpu

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
)

// optimizers lists the names a Run may give.
var optimizers = []string{"gd"}

// Optimizers returns the names of the optimizers there are.
func Optimizers() []string { return slices.Clone(optimizers) }

// An UnknownOptimizerError names an optimizer that does not exist.
type UnknownOptimizerError struct {
	Name  string
	Known []string // those that exist
}

func (e *UnknownOptimizerError) Error() string {
	return fmt.Sprintf("cpu: unknown optimizer %q, want one of: %s", e.Name, strings.Join(e.Known, ", "))
}

var statusNames = [...]string{
	StepLimit: "step-limit",
	Diverged:  "diverged",
}

// String returns the status as tables show it, such as "step-limit".
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("status(%d)", uint8(s))
}

// Validate returns an error unless r is a run of a problem of dim weights: a
// known optimizer, a finite learning rate above 0, a finite L2 of at least 0,
// dim finite start weights and a number of steps whose trajectory can be
// indexed. An unknown optimizer is an *UnknownOptimizerError.
func (r Run) Validate(dim int) error {
	switch {
	case !slices.Contains(optimizers, r.Optimizer):
		return &UnknownOptimizerError{Name: r.Optimizer, Known: Optimizers()}
	case !finite(r.LR) || r.LR <= 0:
		return fmt.Errorf("cpu: learning rate is %v, want a finite number above 0", r.LR)
	case !finite(r.L2) || r.L2 < 0:
		return fmt.Errorf("cpu: l2 is %v, want a finite number of at least 0", r.L2)
	case len(r.Start) != dim:
		return fmt.Errorf("cpu: start has %d weights, want %d (one for each feature and the bias)", len(r.Start), dim)
	case !allFinite(r.Start):
		return fmt.Errorf("cpu: start is %v, want finite weights", r.Start)
	case r.Steps < 0 || r.Steps >= math.MaxInt/8/dim:
		return fmt.Errorf("cpu: %d steps, want at least 0 and a trajectory that fits into memory", r.Steps)
	}
	return nil
}

// At returns the weights after k updates, 0 ≤ k ≤ Run.Steps. It aliases
// Weights.
func (t *Trajectory) At(k int) []float64 {
	return t.Weights[k*t.Dim : (k+1)*t.Dim : (k+1)*t.Dim]
}

// Descend runs r on the problem from its start: w ← w − LR ∇loss(w), the
// gradient over all samples and without clamp. The ridge weight is the run's
// own L2, not the problem's. Divergence is a Status, not an error; the errors
// are those of Validate and ctx's.
func (p *Problem) Descend(ctx context.Context, r Run) (*Trajectory, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if err := r.Validate(p.Dim()); err != nil {
		return nil, err
	}
	return p.descend(ctx, r)
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
		if err := r.Validate(p.Dim()); err != nil {
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
	dim := p.Dim()
	t := &Trajectory{
		Run:     r,
		Dim:     dim,
		Weights: make([]float64, (r.Steps+1)*dim),
		Loss:    make([]float64, r.Steps+1),
	}
	t.Run.Start = slices.Clone(r.Start)
	grad, scratch := make([]float64, dim), make([]float64, dim)
	check := max(1, (1<<16)/p.N()) // steps between two looks at ctx
	copy(t.At(0), r.Start)
	for k := range r.Steps {
		if k%check == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		w, next := t.At(k), t.At(k+1)
		t.Loss[k] = p.evaluate(grad, scratch, w, r.L2)
		for j := range next {
			next[j] = w[j] - r.LR*grad[j]
		}
		if !allFinite(next) {
			t.Status = Diverged
			fillNaN(t.Weights[(k+1)*dim:])
			fillNaN(t.Loss[k+1:])
			return t, nil
		}
	}
	t.Loss[r.Steps] = p.LossL2(t.At(r.Steps), r.L2)
	return t, nil
}

func fillNaN(s []float64) {
	for i := range s {
		s[i] = math.NaN()
	}
}
