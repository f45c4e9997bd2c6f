package verify

import (
	"context"
	"fmt"
	"math"
	"time"

	"losscape/cpu"
	"losscape/cpu/agree"
	"losscape/gpu/compute"
)

// meanSize returns the mean of |(x, 1)| over the samples, by their weights.
func meanSize(p *cpu.Problem) float64 {
	var size float64
	for i := range p.N() {
		s := 1.0
		for _, x := range p.X.RawRowView(i) {
			s += x * x
		}
		size += p.Count(i) * math.Sqrt(s)
	}
	return size / p.Total()
}

// stepTolerance is the tolerance for one float32 step of run r: the weights
// after it against the reference's step from the recorded weights before it.
// size is the samples' meanSize.
func stepTolerance(r cpu.Run, size float64) agree.Tolerance {
	return agree.Tolerance{
		Name: "step",
		Rel:  4e-6,
		Abs:  4e-6 * r.LR * size,
		Why: "The recorded weights are rounded, and the margins with them: by some 2⁻²⁴ of the weights, which changes the gradient by that times " +
			"the Hessian; for learning rates up to some tens this is a few 2⁻²⁴ of the weights. The gradient, a mean of terms of at most |(x, 1)|, " +
			"is off by about 32·2⁻²⁴ = 2e-6 of their mean size (chunks of 32 samples in float32, compensated beyond), times the learning rate.",
	}
}

// runs is trajectories, which are compared as far as they can be compared: where a
// run is chaotic, as it is with a large learning rate, an error grows from step to
// step until nothing agrees. So weights and losses are held against the
// reference up to the step where a change of the start, as large as the error of a
// step may be, has grown to a quarter of the tolerance. The steps row holds every
// step of every run of plain gradient descent against the reference's step from
// the same weights, whatever came before; other runs' steps depend on more than
// their weights.
type runs struct {
	problem func() *cpu.Problem
	runs    func(p *cpu.Problem) []cpu.Run
}

// OfRuns returns the case of one problem's runs.
func OfRuns(name string, p *cpu.Problem, list []cpu.Run) Case {
	return Case{
		Op: OpWeights, Shape: fmt.Sprintf("n=%d %d runs", p.N(), len(list)), Data: name,
		check: runs{func() *cpu.Problem { return p }, func(*cpu.Problem) []cpu.Run { return list }},
	}
}

func (x runs) check(ctx context.Context, e *compute.Engine, c Case, report func(Row)) error {
	p := x.problem()
	runs := x.runs(p)
	start := time.Now()
	got, wrong := e.Descend(ctx, p, runs, nil)
	took := time.Since(start)
	if fatal(ctx, wrong) {
		return wrong
	}
	if wrong != nil {
		report(row(c, c.Op, "", agree.Report{}, wrong, took, 0))
		return nil
	}
	start = time.Now()
	ref, err := p.DescendAll(ctx, runs, nil)
	if err != nil {
		return err
	}
	refTook := time.Since(start)
	size := meanSize(p)
	trajectory := in(c.Precision, agree.Trajectory)
	nudge := trajectory.Rel / 500 // the error of a step, 2e-7 in float32
	var sensitive [2][]*cpu.Trajectory
	for k := range sensitive {
		moved := make([]cpu.Run, len(runs))
		for i, r := range runs {
			moved[i] = r
			moved[i].Start = make([]float64, len(r.Start))
			for j, w := range r.Start {
				sign := float64(1 - 2*(j*k%2))
				moved[i].Start[j] = w + sign*nudge*(math.Abs(w)+r.LR*size)
			}
		}
		if sensitive[k], err = p.DescendAll(ctx, moved, nil); err != nil {
			return err
		}
	}
	var weights, refWeights, losses, refLosses []float64
	var steps agree.Report
	dim := p.Dim()
	next := make([]float64, dim)
	for i, t := range got {
		n := min(horizon(ref[i], sensitive[0][i], trajectory.Rel/4), horizon(ref[i], sensitive[1][i], trajectory.Rel/4))
		weights = append(weights, t.Weights[:n*dim]...)
		refWeights = append(refWeights, ref[i].Weights[:n*dim]...)
		losses = append(losses, t.Loss[:n]...)
		refLosses = append(refLosses, ref[i].Loss[:n]...)

		if o, err := cpu.LookupOptimizer(runs[i].Optimizer); err != nil || o.Name != "gd" || runs[i].Batch > 0 {
			continue
		}
		var after, want []float64
		for k := 0; k < runs[i].Steps && !math.IsNaN(t.At(k + 1)[0]); k++ {
			w := t.At(k)
			grad, _ := p.LossGradient(next, w, runs[i].L2)
			after = append(after, t.At(k+1)...)
			for j := range grad {
				want = append(want, w[j]-runs[i].LR*grad[j])
			}
		}
		if len(after) > 0 {
			steps = worse(steps, agree.CompareVectors(after, want, dim, in(c.Precision, stepTolerance(runs[i], size))))
		}
	}
	for i := range got {
		if wrong == nil && got[i].Status != ref[i].Status {
			wrong = fmt.Errorf("run %d: %v, reference %v", i, got[i].Status, ref[i].Status)
		}
	}
	kernel := e.RunKernel(p, len(runs), runs[0], cpu.Settings{})
	report(row(c, OpWeights, kernel, agree.CompareVectors(weights, refWeights, dim, trajectory), wrong, took, refTook))
	report(row(c, OpLoss, kernel, agree.Compare(losses, refLosses, in(c.Precision, agree.TrajectoryLoss(p.Eps))), wrong, took, refTook))
	if steps.N > 0 {
		report(row(c, OpStep, kernel, steps, nil, took, refTook))
	}
	return nil
}

// horizon is the number of steps of a run that can be compared: those before
// its weights differ from those of a slightly different start by more than rel.
func horizon(a, b *cpu.Trajectory, rel float64) int {
	for k := range a.Loss {
		var diff, size float64
		for j, w := range a.At(k) {
			diff = math.Hypot(diff, w-b.At(k)[j])
			size = math.Hypot(size, w)
		}
		if !(diff <= rel*size) {
			return max(k, 1)
		}
	}
	return len(a.Loss)
}

// worse joins two reports: the counts of both, the measures of the worse.
func worse(a, b agree.Report) agree.Report {
	if a.N == 0 {
		return b
	}
	w := a
	if b.Ratio > a.Ratio {
		w = b
	}
	w.N, w.NaN, w.Inf, w.Over = a.N+b.N, a.NaN+b.NaN, a.Inf+b.Inf, a.Over+b.Over
	w.MaxAbs, w.MaxRel, w.MaxULP = max(a.MaxAbs, b.MaxAbs), max(a.MaxRel, b.MaxRel), max(a.MaxULP, b.MaxULP)
	w.NMSE = max(a.NMSE, b.NMSE)
	w.LenGot, w.LenRef = a.LenGot+b.LenGot, a.LenRef+b.LenRef
	return w
}
