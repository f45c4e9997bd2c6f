package compute

import (
	"context"
	"math"
	"slices"
	"time"

	"losscape/cpu"
)

// Again computes some runs of a sweep once more, in the engine's precision, and puts what
// they come to in place of what res has of them: an engine of double precision tells how
// those runs end of which single precision leaves a doubt. res is the result of another
// engine with the settings set; a double engine leaves its Doubt as it is. The
// runs in which take the kernels that all runs of the sweep would take, so that they end
// as in a sweep in this precision.
//
// progress is told of the runs done and of len(which). The errors are those of Sweep;
// after one, some of the runs may have been replaced.
func (e *Engine) Again(ctx context.Context, p *cpu.Problem, res *cpu.Result, set cpu.Settings, which []int, progress func(done, total int)) error {
	began := time.Now()
	s := res.Sweep
	set, x, err := e.checkSweep(p, s, set)
	if err != nil {
		return err
	}
	for _, i := range which {
		res.Forget(i)
	}
	last, every := 0, set.Every
	if set.Recorded != nil {
		set.Every = 0 // the recorded ones run once more, as in Sweep
	}
	j := some(p, x, res, set, which)
	j.finish = func(i int, r *cpu.Run, o outcome) {
		e.store(res, which[i], o)
		res.Stats.SampleEvals += sampleEvals(*r, o.steps, p.N(), set.Every)
	}
	j.moved = func(_ []cpu.Run, _, _ int, done float64) {
		if progress != nil {
			last = max(last, int(done))
			progress(last, len(which))
		}
	}
	if err := e.trainSweep(ctx, j, s, func(i int) { res.ForgetStates(which[i]) }); err != nil {
		return err
	}
	if every > 0 && set.Recorded != nil {
		set.Every, set.Quantities = every, nil
		recorded := slices.DeleteFunc(slices.Clone(which), func(i int) bool { return res.Trajectories.Row(i) < 0 })
		if err := e.trainSweep(ctx, some(p, x, res, set, recorded), s, func(i int) { res.ForgetStates(recorded[i]) }); err != nil {
			return err
		}
	}
	return res.Replaced(ctx, p, which, began)
}

// some is a job of some runs of a result, by the kernels that a sweep of all of them
// takes. It records their states, and does nothing else yet.
func some(p *cpu.Problem, x *extent, res *cpu.Result, set cpu.Settings, which []int) *job {
	s, n := res.Sweep, res.N()
	into := s.Into()
	j := &job{
		p: p, x: x, n: len(which), set: set,
		run:   func(i int, r *cpu.Run) { into(which[i], r) },
		among: func(r cpu.Run) int { return alike(s, n, r) },
		record: func(i, c int, w []float64, loss float64) {
			record(res, which[i], c, w, loss)
		},
		finish: func(int, *cpu.Run, outcome) {},
		moved:  func([]cpu.Run, int, int, float64) {},
	}
	if mixed(s) {
		j.arrange()
	}
	return j
}

// mixed reports whether the runs of a sweep are not all alike for a kernel: see arrange.
func mixed(s cpu.Sweep) bool {
	return slices.ContainsFunc(s.Over, func(a cpu.Param) bool { return a.Name == "batch" || a.Name == "seed" || a.Name == "steps" })
}

// record stores recorded state c of run i, if the result is to have it: the device
// records all from the start on.
func record(res *cpu.Result, i, c int, w []float64, loss float64) {
	t := res.Trajectories
	if t == nil || c < t.From/t.Every {
		return
	}
	at := t.Row(i)*t.States + c - t.From/t.Every
	copy(t.W[at*res.Dim:(at+1)*res.Dim], w)
	t.Loss[at] = loss
}

// store puts what run i has come to into a result.
func (e *Engine) store(res *cpu.Result, i int, o outcome) {
	copy(res.At(i), o.w)
	res.Loss[i], res.BestLoss[i], res.GradNorm[i], res.Accuracy[i] = o.loss, o.best, o.gradNorm, o.accuracy
	res.Steps[i], res.Status[i], res.Period[i] = int32(o.steps), o.status, int32(o.period)
	if res.Unsure != nil {
		res.Unsure[i] = o.unsure && !math.IsNaN(o.best)
	}
	if res.Growths != nil {
		res.Growths[i] = o.growth
	}
	res.Precision[i] = cpu.Float64
	if e.format.precision == Single {
		res.Precision[i] = cpu.Float32
		if res.Doubt != nil {
			res.Doubt[i] = o.doubt
		}
	}
}
