package compute

import (
	"slices"

	"losscape/cpu"

	"gonum.org/v1/gonum/floats"
)

// What rounding comes to, in units of ε = 2⁻²⁴: of a gradient by the size of the samples,
// and of a state on a cycle that attracts well by 1 + |w|. On the notebook's one-mode data
// gradients stall at up to 6e-6 just below 2/λ, where an error grows most, three quarters of
// 32 ε times the size: of 12,288 runs there (learning rates 19 to 19.3, L2 weights 0 to
// 1e-4) none has another status in double precision without a doubt here. Of 65,536 runs
// (learning rates 0.1 to 40, L2 weights 1e-4 to 1, 200 steps) 2 have a period without a
// doubt that double precision does not see yet; with 16 in place of 6 they are 19, and a
// hundredth fewer are in doubt.
const (
	gradientRounding = 32
	cycleRounding    = 6
)

// doubt returns why single precision cannot tell how a run ends. Where it has no doubt, the
// label is the one of double precision, but for chaos, in which rounding makes another run.
//
//   - Stalled: a run that has not converged though its gradient's norm is above the
//     tolerance by its rounding at most.
//   - Returning: a run that comes back within the period's tolerance, √ε, without a period;
//     or with one, unless it was on its cycle, to rounding, from half of its steps on.
//     By 4096 ε rounding hides whether returns drift. Of a run that fell to a distance d of
//     its cycle in half of its steps, double precision is left with some d² at the end, as a
//     cycle attracts by a factor a step: far below its tolerance of 2⁻²⁶.
func (b *runBatch) doubt(o *outcome) cpu.Doubt {
	const epsilon = 0x1p-24
	if b.v.precision == Double {
		return cpu.NoDoubt
	}
	switch o.status {
	case cpu.StepLimit:
		if o.gradNorm <= b.j.set.GradTol+gradientRounding*epsilon*b.j.x.sum {
			return cpu.Stalled
		}
		if o.returns.After > 1 {
			return cpu.Returning
		}
	case cpu.Periodic:
		if rounding := cycleRounding * epsilon * (1 + floats.Norm(o.w, 2)); !(max(o.away, slices.Max(o.returns.Moved[:])) <= rounding) {
			return cpu.Returning
		}
	}
	return cpu.NoDoubt
}
