package compute

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"losscape/cpu"
	"losscape/cpu/agree"
)

// lossAt is the tolerance for the float32 loss at given weights.
func lossAt(p *cpu.Problem) agree.Tolerance {
	tol := agree.Landscape(p.Clamp)
	tol.Name, tol.NMSE = "loss at weights", 0
	tol.Rel *= 2
	tol.Why = "As in a landscape, 2·2⁻²⁴ a sample in chunks of at most 112 samples and less by chance; and the weights are rounded to float32, " +
		"which changes the loss by 2⁻²⁴ times their product with the gradient."
	return tol
}

// normTolerance is the tolerance for the norm of a float32 gradient at given
// weights. size is the samples' meanSize.
func normTolerance(size float64) agree.Tolerance {
	return agree.Tolerance{
		Name: "gradient norm",
		Rel:  1e-5,
		Abs:  4e-6 * size,
		Why: "A gradient is a mean of terms of at most |(x, 1)|, off by about 32·2⁻²⁴ = 2e-6 of their mean size, and by as much again because the " +
			"margins are rounded. What l2 adds is relatively good.",
	}
}

// verifySweep compares what runs have come to. The final weights can be compared
// where a change of the start as large as the error of a step does not change how
// a run ends, as in verifyRuns; statuses, steps and periods have to be the same
// there. Losses, gradient norms and accuracies are held, for all runs, against
// what the CPU computes at the weights that the device returned.
func (e *Engine) verifySweep(ctx context.Context, c Case, p *cpu.Problem, s cpu.Sweep, set cpu.Settings, report func(Row)) error {
	start := time.Now()
	got, wrong := e.Sweep(ctx, p, s, set, nil)
	took := time.Since(start)
	if fatal(ctx, wrong) {
		return wrong
	}
	if wrong != nil {
		report(row(c.Op, c.Shape, c.Data, "", agree.Report{}, wrong, took, 0))
		return nil
	}
	start = time.Now()
	ref, err := p.Sweep(ctx, s, set, nil)
	if err != nil {
		return err
	}
	refTook := time.Since(start)
	size, dim := meanSize(p), p.Dim()
	step := s.Base.LR * size
	if s.Base.Epsilon > 0 {
		step = s.Base.LR // gradients are divided by their size
	}
	var moved [2]*cpu.Result
	for k := range moved {
		near := s
		near.Base.Start = slices.Clone(s.Base.Start)
		for j, w := range near.Base.Start {
			sign := float64(1 - 2*(j*k%2))
			near.Base.Start[j] = w + sign*2e-7*(math.Abs(w)+step)
		}
		if moved[k], err = p.Sweep(ctx, near, set, nil); err != nil {
			return err
		}
	}
	same := func(a, b *cpu.Result, i int) bool {
		return a.Status[i] == b.Status[i] && a.Period[i] == b.Period[i] && abs(a.Steps[i]-b.Steps[i]) <= 1
	}
	var weights, refWeights, best, refBest, loss, refLoss, norm, refNorm []float64
	late, kept := 0, 0 // runs that stopped a step sooner or later; those that can be compared
	grad := make([]float64, dim)
	for i := range got.N() {
		if w := got.At(i); !math.IsNaN(w[0]) {
			r := s.Run(i)
			_, l := p.LossGradient(grad, w, r.L2)
			var square float64
			for _, g := range grad {
				square += g * g
			}
			loss, refLoss = append(loss, got.Loss[i]), append(refLoss, l)
			norm, refNorm = append(norm, got.GradNorm[i]), append(refNorm, math.Sqrt(square))
			if a, unsure := p.Accuracy(w), borderline(p, w); wrong == nil && math.Abs(a-got.Accuracy[i]) > unsure+1e-9 {
				wrong = fmt.Errorf("compute: run %d: accuracy %v, reference %v", i, got.Accuracy[i], a)
			}
		}
		stable := true
		for _, m := range moved {
			d, size := 0.0, 0.0
			for j, w := range ref.At(i) {
				d, size = math.Hypot(d, w-m.At(i)[j]), math.Hypot(size, w)
			}
			stable = stable && same(ref, m, i) && (d <= agree.Trajectory.Rel/4*size || ref.Status[i] == cpu.Diverged)
		}
		if !stable {
			continue
		}
		kept++
		if !same(got, ref, i) {
			if wrong == nil {
				wrong = fmt.Errorf("compute: run %d: %v after %d steps, period %d; reference %v after %d, %d", i,
					got.Status[i], got.Steps[i], got.Period[i], ref.Status[i], ref.Steps[i], ref.Period[i])
			}
			continue
		}
		if got.Steps[i] != ref.Steps[i] {
			late++
			continue
		}
		best, refBest = append(best, got.BestLoss[i]), append(refBest, ref.BestLoss[i])
		if ref.Status[i] != cpu.Diverged { // where, beyond the limit, does not matter
			weights, refWeights = append(weights, got.At(i)...), append(refWeights, ref.At(i)...)
		}
	}
	if wrong == nil && (kept < got.N()/2 || late > 1+kept/20) {
		wrong = fmt.Errorf("compute: of %d runs %d can be compared, and %d stopped a step sooner or later", got.N(), kept, late)
	}
	kernel := e.variantOf(p, got.N(), s.Run(0), set).String()
	tell := func(op string, r agree.Report, err error) {
		if r.N > 0 || err != nil {
			report(row(op, c.Shape, c.Data, kernel, r, err, took, refTook))
		}
	}
	tell(OpSweep, agree.CompareVectors(weights, refWeights, dim, agree.Trajectory), wrong)
	tell(OpBest, agree.Compare(best, refBest, TrajectoryLoss(p.Clamp)), nil)
	tell(OpFinal, agree.Compare(loss, refLoss, lossAt(p)), nil)
	tell(OpNorm, agree.Compare(norm, refNorm, normTolerance(size)), nil)
	return nil
}

func abs(x int32) int32 { return max(x, -x) }

// borderline is the share of samples whose margin is too small, among the terms
// it is the sum of, for float32 to know its sign.
func borderline(p *cpu.Problem, w []float64) float64 {
	count := 0
	for i := range p.N() {
		z, size := w[len(w)-1], math.Abs(w[len(w)-1])
		for j, x := range p.X.RawRowView(i) {
			z += x * w[j]
			size += math.Abs(x * w[j])
		}
		if math.Abs(z) <= 1e-6*size {
			count++
		}
	}
	return float64(count) / float64(p.N())
}

// sweepCases are the cases of sweeps: every optimizer by full batches and by
// mini-batches, over numbers of runs and samples that fill invocations and that
// do not.
func sweepCases() []Case {
	var cases []Case
	sweep := func(d population, n, features int, base cpu.Run, set cpu.Settings, over ...cpu.Param) {
		runs := 1
		for _, a := range over {
			runs *= len(a.Values)
		}
		shape := fmt.Sprintf("n=%d D=%d %d runs of %d, %s", n, features, runs, base.Steps, base.Optimizer)
		if base.Batch > 0 {
			shape += fmt.Sprintf(" batch %d", base.Batch)
		}
		cases = append(cases, Case{
			Op: OpSweep, Shape: shape, Data: d.name,
			problem: func() *cpu.Problem { return d.make(n, features) },
			sweep: func(p *cpu.Problem) (cpu.Sweep, cpu.Settings) {
				s := cpu.Sweep{Base: base, Over: over}
				if base.Start == nil {
					s.Base.Start = make([]float64, p.Dim())
					for j := range s.Base.Start {
						s.Base.Start[j] = 0.8 - 1.3*float64(j%3)
					}
				}
				return s, set
			},
		})
	}
	axis := func(name string, v ...float64) cpu.Param { return cpu.Param{Name: name, Values: v} }
	lr := func(lo, hi float64, n int) cpu.Param {
		p := cpu.Param{Name: "lr", Values: make([]float64, n), Log: true}
		for i := range p.Values {
			p.Values[i] = lo * math.Pow(hi/lo, float64(i)/float64(max(n-1, 1)))
		}
		return p
	}
	for i, name := range cpu.Optimizers() {
		base := cpu.DefaultRun(name)
		base.LR, base.Steps = 0.1, 60
		own := lr(0.01, 0.2, 37)
		if base.Epsilon == 0 {
			own = lr(0.01, 1.5, 37)
		}
		set := cpu.Settings{GradTol: 1e-4}
		thinned := set
		thinned.Every = 7
		l2 := axis("l2", 0, 0.05)
		base.Seed = 1<<40 + 7
		sweep(ordinary, 100, 1, base, set, own, l2)
		sweep(ridged, 100, 1, base, thinned, own)
		sweep(separable, 53, 3, base, set, own)
		base.Batch = 13
		sweep(ordinary, 101, 1, base, set, own, l2)
		sweep(ridged, 99, 1, base, thinned, own)
		base.Batch = 1
		sweep(separable, 53, 1, base, set, own)
		base.Batch = 32
		sweep([]population{tinyClamps, bigClamps, separated}[i%3], 100, 1, base, set, own)
		base.Batch = 0
		sweep([]population{separated, tinyClamps, bigClamps}[i%3], 101, 2, base, set, own)
		base.Steps = 20 // as many runs as make full invocations
		switch name {
		case "momentum", "adam":
			sweep(ordinary, 40, 1, base, set, lr(0.01, 0.2, 521))
		case "rmsprop":
			base.Batch = 6
			sweep(ordinary, 41, 1, base, set, lr(0.01, 0.2, 173), axis("seed", 1, 2, 1<<33))
		}
		base.Batch, base.Steps = 0, 8
		sweep(ordinary, 4099, 1, base, cpu.Settings{}, lr(0.01, 0.2, 5))
		base.Batch, base.Steps = 1500, 8
		sweep(ordinary, 4099, 1, base, cpu.Settings{}, lr(0.01, 0.2, 5))
		base.Batch, base.Steps = 0, 300 // to convergence
		sweep(ridged, 64, 1, base, cpu.Settings{GradTol: 1e-4}, own)
		// Weights that undo the samples' size.
		base.Start, base.Steps = []float64{0, 0}, 40
		if base.Epsilon == 0 {
			base.LR = 1e-24
			sweep(far, 100, 1, base, cpu.Settings{}, lr(0.01e-24, 1e-24, 5))
			continue
		}
		base.LR, base.Start = 0.2e-12, []float64{0, 0.3} // where the bias has a gradient
		sweep(far, 100, 1, base, cpu.Settings{}, lr(0.01e-12, 0.2e-12, 5))
		base.LR, base.Epsilon, base.Start = 0.2, 1e-30, []float64{0, 50}
		sweep(tiny, 100, 1, base, cpu.Settings{GradTol: -1}, lr(0.01, 0.2, 5))
	}
	wide := cpu.DefaultRun("adamw")
	wide.LR, wide.Steps = 0.1, 8
	sweep(ordinary, 101, 31, wide, cpu.Settings{}, lr(0.01, 0.05, 3))
	gd := cpu.Run{Optimizer: "gd", LR: 1, Steps: 40}
	sweep(ordinary, 1, 1, gd, cpu.Settings{}, lr(0.1, 2, 3))
	sweep(ordinary, 100, 1, gd, cpu.Settings{}, lr(0.1, 2, 1021))
	sweep(ordinary, 100, 1, gd, cpu.Settings{}, axis("lr", 0.3, 0.7), axis("steps", 0, 1, 2, 3, 39, 40, 41, 100))
	sweep(ordinary, 100, 1, gd, cpu.Settings{}, axis("lr", 0.3, 0.7), axis("batch", 0, 1, 2, 4, 99, 100), axis("seed", 0, 1, 2, 1<<40))
	sweep(ordinary, 100, 1, gd, cpu.Settings{}, axis("lr", 0.5, 1e3, 1e6), axis("l2", 0, 0.1, 1, 100)) // some diverge
	sweep(ordinary, 100, 1, gd, cpu.Settings{}, axis("w1", -3, 0, 3), axis("w2", -3, 0, 3))
	adam := cpu.DefaultRun("adam")
	adam.LR, adam.Steps = 0.05, 50
	sweep(ordinary, 100, 1, adam, cpu.Settings{}, axis("beta1", 0, 0.5, 0.9, 0.99), axis("beta2", 0.9, 0.99, 0.9999), axis("epsilon", 1e-12, 1e-8, 1e-2))
	gd.Steps = 3
	sweep(ordinary, 100003, 1, gd, cpu.Settings{}, lr(0.1, 2, 67))
	gd.Batch = 1001
	sweep(ordinary, 100003, 1, gd, cpu.Settings{}, lr(0.1, 2, 11))
	return cases
}
