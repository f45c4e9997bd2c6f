package verify

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"losscape/cpu"
	"losscape/cpu/agree"
	"losscape/gpu/compute"
)

// lossAt is the tolerance for the float32 loss at given weights.
func lossAt(p *cpu.Problem) agree.Tolerance {
	tol := agree.Landscape(p.Eps)
	tol.Name, tol.NMSE = "loss at weights", 0
	tol.Rel *= 2
	if p.Dim() > 32 {
		margin := float64(32+p.Dim()/32) * 0x1p-24
		tol.Rel += margin
		tol.Abs += 0.28 * margin
	}
	tol.Why = "As in a landscape, 2·2⁻²⁴ a sample in chunks of at most 112 samples and less by chance; and the weights are rounded to float32, " +
		"which changes the loss by 2⁻²⁴ times their product with the gradient. A margin t of many weights is a sum of D + 1 products, by blocks of 32: off by " +
		"(32 + D/32)·2⁻²⁴ of their size at most, which changes a sample's loss by as much of |t| σ(−t), that is of the loss, or of 0.28 where t > 0."
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
			"margins are rounded: of many weights by (32 + D/32)·2⁻²⁴ of their terms, which changes σ(t) by 0.28 times that at most where these do not cancel " +
			"(|t| σ′(t) ≤ 0.28), 18·2⁻²⁴ for D = 1024; there sums are of 32 samples, and 16 of these. What l2 adds is relatively good.",
	}
}

// exponentTolerance is the tolerance for a float32 exponent of a run that agrees.
var exponentTolerance = agree.Tolerance{
	Name: "exponent",
	Abs:  1e-6,
	Why: "The logarithm of |J u| is off by what J = I − lr H is, some 2⁻²⁴ (1 + lr |H|) over |J u|, which for learning rates around 1 is 2e-7 at most, " +
		"and by what H changes with weights whose own errors of some 2⁻²⁴ a step the descent contracts. It is a mean of such errors, of either sign.",
}

// sweep is what the runs of a sweep come to. The final weights can be compared
// where a change of the start as large as the error of a step does not change how
// a run ends, as in runs; statuses, steps and periods have to be the same
// there. Losses, gradient norms and accuracies are held, for all runs, against
// what the CPU computes at the weights that the device returned.
type sweep struct {
	problem func() *cpu.Problem
	sweep   func(p *cpu.Problem) (cpu.Sweep, cpu.Settings)
	choices compute.Choices
}

func (x sweep) check(ctx context.Context, e *compute.Engine, c Case, report func(Row)) error {
	p := x.problem()
	s, set := x.sweep(p)
	e = e.With(x.choices)
	start := time.Now()
	got, wrong := e.Sweep(ctx, p, s, set, nil)
	took := time.Since(start)
	if fatal(ctx, wrong) {
		return wrong
	}
	if wrong != nil {
		report(row(c, c.Op, "", agree.Report{}, wrong, took, 0))
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
	trajectory := in(c.Precision, agree.Trajectory)
	nudge := trajectory.Rel / 500 // the error of a step, 2e-7 in float32
	var moved [2]*cpu.Result
	for k := range moved {
		near := s
		near.Base.Start = slices.Clone(s.Base.Start)
		for j, w := range near.Base.Start {
			sign := float64(1 - 2*(j*k%2))
			near.Base.Start[j] = w + sign*nudge*(math.Abs(w)+step)
		}
		if moved[k], err = p.Sweep(ctx, near, set, nil); err != nil {
			return err
		}
	}
	same := func(a, b *cpu.Result, i int) bool {
		return a.Status[i] == b.Status[i] && a.Period[i] == b.Period[i] && abs(a.Steps[i]-b.Steps[i]) <= 1
	}
	var weights, refWeights, best, refBest, loss, refLoss, norm, refNorm, exponent, refExponent []float64
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
				wrong = fmt.Errorf("run %d: accuracy %v, reference %v", i, got.Accuracy[i], a)
			}
		}
		stable := true
		for _, m := range moved {
			d, size := 0.0, 0.0
			for j, w := range ref.At(i) {
				d, size = math.Hypot(d, w-m.At(i)[j]), math.Hypot(size, w)
			}
			stable = stable && same(ref, m, i) && (d <= trajectory.Rel/4*size || ref.Status[i] == cpu.Diverged)
		}
		if !stable {
			continue
		}
		if of := ref.Derived[cpu.ExponentName]; of != nil {
			exponent, refExponent = append(exponent, got.Derived[cpu.ExponentName][i]), append(refExponent, of[i])
		}
		kept++
		if !same(got, ref, i) {
			if wrong == nil {
				wrong = fmt.Errorf("run %d: %v after %d steps, period %d; reference %v after %d, %d", i,
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
		wrong = fmt.Errorf("of %d runs %d can be compared, and %d stopped a step sooner or later", got.N(), kept, late)
	}
	kernel := e.SweepKernel(p, s, set)
	tell := func(op string, r agree.Report, err error) {
		if r.N > 0 || err != nil {
			report(row(c, op, kernel, r, err, took, refTook))
		}
	}
	tell(OpSweep, agree.CompareVectors(weights, refWeights, dim, trajectory), wrong)
	tell(OpBest, agree.Compare(best, refBest, in(c.Precision, agree.TrajectoryLoss(p.Eps))), nil)
	tell(OpFinal, agree.Compare(loss, refLoss, in(c.Precision, lossAt(p))), nil)
	tell(OpNorm, agree.Compare(norm, refNorm, in(c.Precision, normTolerance(size))), nil)
	tell(OpExponent, agree.Compare(exponent, refExponent, in(c.Precision, exponentTolerance)), nil)
	return nil
}

func abs(x int32) int32 { return max(x, -x) }

// borderline is the fraction of samples, by their weights, whose margin is too small, among the terms
// it is the sum of, for float32 to know its sign.
func borderline(p *cpu.Problem, w []float64) float64 {
	var count float64
	for i := range p.N() {
		z, size := w[len(w)-1], math.Abs(w[len(w)-1])
		for j, x := range p.X.RawRowView(i) {
			z += x * w[j]
			size += math.Abs(x * w[j])
		}
		if math.Abs(z) <= 1e-6*size {
			count += p.Count(i)
		}
	}
	return count / p.Total()
}
