package compute

import (
	"context"
	"math"
	"slices"
	"time"

	"losscape/cpu"
)

// PeriodTol is the engine's default of cpu.Settings.PeriodTol in single precision: √ε = 2⁻¹² of
// float32, ε = 2⁻²⁴, for the same reasons as the CPU's √ε of float64. The
// rounding of a step is some ε (1 + |w|) although the weights are compensated: it
// comes from the margins and the gradient. What it is amplified to on a cycle that attracts
// weakly, by the measure of the CPU 4096 times, is as much as the tolerance: by its returns
// alone single precision cannot tell a cycle from a drift. Result.Doubt says of which runs.
// In double precision the default is the CPU's.
const PeriodTol = 0x1p-12

// Sweep runs all runs of s on the problem, as cpu.Problem.Sweep does, in the engine's
// precision with compensated sums, by the kernel of Descend: the runs of a sweep have the
// weights and losses that Descend has, but where points stand for the samples of one feature (Moments in
// sweeps), within their error. A gradient tolerance near the rounding of the
// gradient, some 1e-7 of the samples' size, is met or not by chance.
// Settings.PeriodTol is PeriodTol, or the CPU's in double precision, where it is 0. A run
// has at most MaxFeatures features, and 31 where its exponent is asked for.
//
// Parameters, samples and tolerances that the format does not hold, and sweeps in which
// numbers could leave its range and matter, are an ErrUnsupported. Final losses below
// 8e-31 (1e-289 in double precision) and beyond the format are the CPU's at the final
// weights; best losses there are Result.Unsure unless they are known to be those of the
// final weights.
//
// If progress is not nil it is called after each dispatch with the number of runs
// done and in all, those under way in proportion to their steps. Cancelling ctx
// makes Sweep return ctx's error within two dispatches.
func (e *Engine) Sweep(ctx context.Context, p *cpu.Problem, s cpu.Sweep, set cpu.Settings, progress func(done, total int)) (*cpu.Result, error) {
	began := time.Now()
	set, x, err := e.checkSweep(p, s, set)
	if err != nil {
		return nil, err
	}
	res, err := cpu.NewResult(s, p.Dim(), set)
	if err != nil {
		return nil, err
	}
	n := res.N()
	res.Unsure = make([]bool, n)
	if e.format.precision == Single {
		res.Doubt = make([]cpu.Doubt, n)
	}
	if slices.Contains(set.Quantities, cpu.ExponentName) {
		res.Growths = make([]cpu.Growth, n)
	}
	last := 0
	into, evals := s.Into(), set
	if set.Recorded != nil {
		evals.Every = 0 // the recorded ones run once more, see below
	}
	j := &job{
		p: p, x: x, n: n, run: into, set: evals,
		record: func(i, c int, w []float64, loss float64) { record(res, i, c, w, loss) },
		finish: func(i int, r *cpu.Run, o outcome) {
			e.store(res, i, o)
			res.Stats.Runs[o.status]++
			res.Stats.SampleEvals += sampleEvals(*r, o.steps, p.N(), evals.Every)
		},
		moved: func(_ []cpu.Run, _, _ int, done float64) {
			if progress != nil {
				last = max(last, int(done))
				progress(last, n)
			}
		},
	}
	if mixed(s) {
		j.arrange()
	}
	if err := e.trainSweep(ctx, j, s, res.ForgetStates); err != nil {
		return nil, err
	}
	if set.Every > 0 && len(set.Recorded) > 0 {
		bare := set
		bare.Quantities = nil
		if err := e.trainSweep(ctx, some(p, x, res, bare, set.Recorded), s, func(i int) { res.ForgetStates(set.Recorded[i]) }); err != nil {
			return nil, err
		}
	}
	if err := p.Derive(ctx, res); err != nil {
		return nil, err
	}
	res.Stats.Elapsed = time.Since(began)
	return res, nil
}

// checkSweep returns the settings with their defaults and the extent of the problem,
// or an error unless the device can run the sweep.
func (e *Engine) checkSweep(p *cpu.Problem, s cpu.Sweep, set cpu.Settings) (cpu.Settings, *extent, error) {
	if err := p.Validate(); err != nil {
		return set, nil, err
	}
	if err := s.Validate(p); err != nil {
		return set, nil, err
	}
	if set.PeriodTol == 0 {
		set.PeriodTol = e.format.periodTol
	}
	set, err := set.WithDefaults()
	if err != nil {
		return set, nil, err
	}
	if err := e.format.checkSettings(set); err != nil {
		return set, nil, err
	}
	x, err := e.checkProblem(p)
	if err != nil {
		return set, nil, err
	}
	if slices.Contains(set.Quantities, cpu.ExponentName) && e.isWide(p, set) {
		return set, nil, unsupported("exponents of runs of %d weights on %d samples, the device computes them of at most %d on %d", p.Dim(), p.N(), maxDim, e.maxSamples(min(sampleWords(p), maxDim)))
	}
	if err := checkRuns(s.Whole(), x, set.Limit); err != nil {
		return set, nil, err
	}
	if err := e.checkSamples(p); err != nil {
		if m := e.momentsOf(p, s, set); m == nil || m.next() == nil {
			return set, nil, err
		}
	}
	if count, err := s.Count(); err != nil {
		return set, nil, err
	} else if count > math.MaxInt32 {
		return set, nil, unsupported("%d runs, a sweep on the device has at most %d", count, math.MaxInt32)
	}
	return set, x, nil
}

// alike is how many of the n runs of s take the batches of r.
func alike(s cpu.Sweep, n int, r cpu.Run) int {
	for _, a := range s.Over {
		if a.Name == "batch" {
			same := 0
			for i := range a.Len() {
				if int(a.Value(i)) == r.Batch {
					same++
				}
			}
			return n / a.Len() * same
		}
	}
	return n
}

// sampleEvals is the number of samples whose loss or gradient a run of so many
// steps takes, as the CPU takes them.
func sampleEvals(r cpu.Run, steps, n, every int) uint64 {
	if r.Batch == 0 {
		return uint64(steps+1) * uint64(n)
	}
	epoch := r.Epoch(n)
	looks := steps/epoch + 1
	last := steps%epoch == 0
	if every > 0 {
		both := every / gcd(every, epoch) * epoch
		looks += steps/every + 1 - (steps/both + 1)
		last = last || steps%every == 0
	}
	if !last {
		looks++
	}
	return uint64(looks)*uint64(n) + uint64(steps)*uint64(r.Batch)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
