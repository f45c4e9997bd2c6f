package compute

import (
	"losscape/cpu"
)

// doubt returns why single precision cannot tell how a run ends. Where it has no doubt, the
// label is the one of double precision, but for chaos, in which rounding makes another run.
//
//   - Stalled: a run that has not converged though its gradient's norm is at most 16 times
//     the tolerance, or that stays near a point.
//   - Returning: a run that comes back within the period's tolerance, √ε, whether it has a
//     period or not: by 4096 ε rounding hides whether the returns drift.
func (b *runBatch) doubt(o *outcome) cpu.Doubt {
	if b.v.precision == Double {
		return cpu.NoDoubt
	}
	switch o.status {
	case cpu.StepLimit:
		if o.returns.After == 1 || o.gradNorm <= 16*b.j.set.GradTol {
			return cpu.Stalled
		}
		if o.returns.After > 1 {
			return cpu.Returning
		}
	case cpu.Periodic:
		return cpu.Returning
	}
	return cpu.NoDoubt
}
