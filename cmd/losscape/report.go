package main

import (
	"context"
	"fmt"
	"math"
	"strings"

	"losscape/cmd/losscape/npfmt"
	"losscape/cpu"
	"losscape/scenes"

	"gonum.org/v1/gonum/floats"
)

// runReports are what --report says of runs.
type runReports struct {
	margin *marginReport // nil unless the samples are separable
	runs   []runReport
}

// reportRuns finds out what --report says. The error is ctx's.
func reportRuns(ctx context.Context, p *cpu.Problem, runs []*cpu.Trajectory, endings []cpu.Ending) (*runReports, error) {
	r := &runReports{}
	lambdas := map[float64]*number{} // by L2 weight
	var margin *cpu.Margin
	for i, t := range runs {
		l2 := descendedL2(&t.Run)
		if _, known := lambdas[l2]; !known {
			lambdas[l2] = nil
			if lambda, ok := p.MinimumSharpness(l2); ok {
				lambdas[l2] = asNumber(lambda)
			} else if m, ok, err := p.Margin(ctx); err != nil {
				return nil, err
			} else if ok {
				margin = m
				r.margin = &marginReport{numbers(m.W), number(m.Gamma), number(m.LossLimit())}
			}
		}
		r.runs = append(r.runs, reportRun(p, t, endings[i], lambdas[l2], margin))
	}
	return r, ctx.Err()
}

// descendedL2 is the L2 weight of the loss that a run goes down: a decay that is decoupled
// from the gradient is no part of it.
func descendedL2(r *cpu.Run) float64 {
	if o, err := cpu.LookupOptimizer(r.Optimizer); err == nil && o.Decoupled {
		return 0
	}
	return r.L2
}

// reportRun reports a run; lambda is nil, and so is m, where there is none.
func reportRun(p *cpu.Problem, t *cpu.Trajectory, e cpu.Ending, lambda *number, m *cpu.Margin) runReport {
	steps := t.Run.Steps
	if e.Status == cpu.Converged || e.Status == cpu.Diverged {
		steps = e.Steps
	}
	w := t.At(steps)
	grad, _ := p.LossGradient(make([]float64, len(w)), w, t.Run.L2)
	r := runReport{W: numbers(w), Loss: number(t.Loss[steps]), GradNorm: number(floats.Norm(grad, 2)), Lambda: lambda, steps: steps}
	if lambda != nil {
		if lr, ok := t.Run.StableBelow(float64(*lambda)); ok {
			r.StableBelow = asNumber(lr)
		}
	}
	size := floats.Norm(w, 2)
	if m == nil || t.Run.L2 != 0 || !(size > 0) {
		return r
	}
	r.MarginCosine = asNumber(floats.Dot(w, m.W) / size * m.Gamma)
	if t.Run.Optimizer == "gd" && t.Run.Batch == 0 {
		r.LRTLoss = asNumber(t.Run.LR * float64(steps) * t.Loss[steps])
	}
	return r
}

func asNumber(x float64) *number {
	n := number(x)
	return &n
}

// printReports prints what --report says as text.
func (a *app) printReports(s *scenes.Scene, runs []*cpu.Trajectory, endings []cpu.Ending, r *runReports) error {
	var b strings.Builder
	line := func(what, format string, args ...any) {
		fmt.Fprintf(&b, "  %-9s %s\n", what, fmt.Sprintf(format, args...))
	}
	for i, t := range runs {
		e, of := endings[i], &r.runs[i]
		fmt.Fprintf(&b, "Run %d: %s\n", i, runTitle(t.Run))
		line("ends", "%s, in %s", endText(e), map[cpu.Precision]string{cpu.Float32: "float32", cpu.Float64: "float64"}[e.Precision])
		line("weights", "%s of %s, after %d steps", npfmt.Format(t.At(of.steps)), strings.Join(s.WeightNames(), ", "), of.steps)
		line("loss", "%.9g, gradient norm %.3g", float64(of.Loss), float64(of.GradNorm))
		if e.Growth.Steps > 0 {
			line("exponent", "%.6f, over the last %d steps", e.Growth.Exponent(), e.Growth.Steps)
		}
		line("stable", "%s", stableText(&t.Run, of, r.margin != nil && t.Run.L2 == 0))
		if of.MarginCosine != nil {
			line("margin", "%s", marginText(of, r.margin))
		}
	}
	_, err := a.stdout.Write([]byte(b.String()))
	return err
}

// endText says how a run ends.
func endText(e cpu.Ending) string {
	switch e.Status {
	case cpu.Converged, cpu.Diverged:
		return fmt.Sprintf("%s after %d steps", e.Status, e.Steps)
	case cpu.Periodic:
		return fmt.Sprintf("periodic, with period %d", e.Period)
	case cpu.StepLimit:
		return fmt.Sprintf("step-limit: undecided after %d steps", e.Steps)
	}
	return e.Status.String()
}

// stableText says below which learning rate a run is stable, and where its own is; apart
// is whether its loss has no minimum as the samples are separable.
func stableText(r *cpu.Run, of *runReport, apart bool) string {
	switch {
	case of.Lambda == nil && apart:
		return "there is no minimum: the samples are separable"
	case of.Lambda == nil:
		return "nowhere known: no minimum is proved to exist"
	case of.StableBelow == nil && r.Batch > 0:
		return "nowhere known: there is no rule for mini-batches"
	case of.StableBelow == nil:
		return fmt.Sprintf("nowhere known: there is no rule for %s", r.Optimizer)
	}
	edge := float64(*of.StableBelow)
	rule, _ := r.StableBelow(1)
	where := "below"
	if r.LR >= edge {
		where = "above"
	}
	return fmt.Sprintf("below lr %.8g = %.4g/λ, λ = %.8g the greatest curvature at the minimum; lr %v is %s it", edge, rule, float64(*of.Lambda), r.LR, where)
}

// marginText says how far a run has turned to the greatest margin.
func marginText(of *runReport, m *marginReport) string {
	angle := math.Acos(min(float64(*of.MarginCosine), 1)) * 180 / math.Pi
	text := fmt.Sprintf("%.3g° from the weights of the greatest margin, which is %.9g at length 1", angle, float64(m.Gamma))
	if of.LRTLoss != nil {
		text += fmt.Sprintf("; lr t loss = %.6g, its limit 1/γ² = %.9g", float64(*of.LRTLoss), float64(m.LossLimit))
	}
	return text
}
