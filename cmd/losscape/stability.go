package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"losscape/cpu"
	"losscape/cpu/quote"
	"losscape/scenes"
)

// stabilityWork is how many multiplications the minima may take that warnings of
// stability need: some tenths of a second. Beyond, there are none.
const stabilityWork = 3e8

// stabilityRuns is how many runs of a sweep are looked at for the same reason: a million
// takes a quarter of a second.
const stabilityRuns = 1 << 20

// newtonSteps is about how many steps a minimum takes.
const newtonSteps = 10

// edges knows where runs of a problem are stable at their minimum.
type edges struct {
	p       *cpu.Problem
	lambdas map[float64]float64 // by L2; 0 where there is no minimum
	work    float64
}

// limit returns the learning rate above which a run of gd, momentum or nesterov leaves every
// neighbourhood of its minimum. ok is false of other runs, where there is no minimum, and
// once it would take too long to find one.
func (e *edges) limit(r *cpu.Run) (lr float64, ok bool) {
	if _, known := r.StabilityLimit(); !known || !e.p.Linear() {
		return 0, false
	}
	lambda, known := e.lambdas[r.L2]
	if !known {
		dim := float64(e.p.Dim())
		if e.work += newtonSteps * float64(e.p.N()) * dim * dim; e.work > stabilityWork {
			return 0, false
		}
		lambda, _ = e.p.MinimumSharpness(r.L2)
		e.lambdas[r.L2] = lambda
	}
	return r.StableBelow(lambda)
}

// warnUnstable says which of a scene's runs have a learning rate past the limit at which
// they are stable at their minimum, and how many of its ensemble's. Scenes that are built
// in show that on purpose, so that it is said only where flags have changed them.
func (a *app) warnUnstable(ctx context.Context, name string, changed bool, s *scenes.Scene) {
	if a.quiet || slices.Contains(scenes.Names(), name) && !changed {
		return
	}
	e := &edges{p: s.Problem, lambdas: map[float64]float64{}}
	var past []string
	for i := range s.Runs {
		r := &s.Runs[i]
		if edge, ok := e.limit(r); ok && r.LR > edge {
			past = append(past, fmt.Sprintf("run %d (%s: stable below %.4g)", i, quote.Cut(runTitle(*r), quote.Chars), edge))
		}
	}
	if n := len(past); n > 0 {
		if n > quote.Items {
			past = append(past[:quote.Items-1], fmt.Sprintf("and %d more", n-quote.Items+1))
		}
		a.warnf("%d of %d runs do not stay at the minimum, as their learning rates are past the limit of stability there: %s", n, len(s.Runs), strings.Join(past, ", "))
	}
	if len(s.Ensemble.Over) > 0 {
		a.warnUnstableSweep(ctx, e, s.EnsembleSweep(), "of the ensemble")
	}
}

// warnUnstableSweep says how many runs of a sweep are past their limit.
func (a *app) warnUnstableSweep(ctx context.Context, e *edges, w cpu.Sweep, of string) {
	n, err := w.Count()
	if err != nil || n > stabilityRuns {
		return
	}
	past := 0
	var r cpu.Run
	into := w.Into()
	for i := range int(n) {
		if into(i, &r); i%1024 == 0 && ctx.Err() != nil {
			return
		}
		edge, ok := e.limit(&r)
		if !ok && e.work > stabilityWork {
			return // a count of some is none
		}
		if ok && r.LR > edge {
			past++
		}
	}
	if past > 0 {
		a.warnf("%d of %d runs %s do not stay at the minimum, as their learning rates are past the limit of stability there", past, n, of)
	}
}

// changesRuns reports whether flags of a verb have changed the scene's runs.
func changesRuns(given func(flag string) bool) bool {
	return slices.ContainsFunc(strings.Fields("optimizer lr l2 momentum batch"), given)
}
