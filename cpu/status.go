package cpu

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// statusNames are the statuses there are, by their codes. What shows, counts or stores
// statuses goes by it, by StatusCount and by Statuses.
var statusNames = [StatusCount]string{
	StepLimit:     "step-limit",
	Diverged:      "diverged",
	Converged:     "converged",
	Periodic:      "periodic",
	QuasiPeriodic: "quasi-periodic",
	Chaotic:       "chaotic",
	Drifting:      "drifting",
}

// statusOrder has the statuses from those that end well to those that do not.
var statusOrder = []Status{Converged, Drifting, Periodic, QuasiPeriodic, Chaotic, StepLimit, Diverged}

// Statuses returns the statuses there are, in the order in which legends and reports
// list them.
func Statuses() []Status { return slices.Clone(statusOrder) }

// String returns the status as tables show it, such as "step-limit".
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("status(%d)", uint8(s))
}

// Of a run that has taken all of its steps, and is not periodic, two more things can be
// told.
//
// It is drifting if its loss has no minimum, which without an L2 term is so if a w tells
// all labels right, see Problem.Separable, and its last loss is the least that it had.
// On such data no other run stays anywhere: it is in a step-limit or has diverged.
//
// Its exponent, if Settings.Quantities asks for it, tells it quasi-periodic or chaotic.
// Let n steps stretch a vector of length 1 to e^S. A state that is as near to an unstable
// cycle as float64 can tell them apart leaves it while S grows by log 1/ε at most, ε =
// 2⁻⁵². A run whose S is above that, and above half of it in the last half of the steps,
// goes on stretching: it is chaotic. That the chaos lasts does not follow: on the
// notebook's one-mode data, learning rates from 30 to 33, 5 of 44 runs that are chaotic
// after 1000 steps have found a cycle after 12,000. On a torus S stays bounded by the logarithm of the
// ratio in which the torus is stretched here and there. A run that settles to a cycle
// has to fall by log 1/√ε = 18 before a period is found, Settings.PeriodTol being √ε. So
// if |S| is at most 1, a run that settles, and is no torus, would be seen to do so after
// more than 18 n steps: it is quasi-periodic, if it comes back. That it does if in
// the last half of the steps it comes as near to where it was before them as in the
// first half, but for a factor of 4: what drifts comes back after one step, or after a
// cycle of them, and never as near again.
const (
	chaosStretch = 52 * math.Ln2
	torusStretch = 1
	comesBack    = 4
)

// Growth is what the steps of a run after its transient make of a tangent, see exponents.
type Growth struct {
	Steps     int        // they; 0 if this is not known
	Sum, Last float64    // logarithm of the length: of all steps, of the last half
	Nearest   [2]float64 // distance to where the steps began, in their first half and in their last
}

// Exponent returns the mean of the logarithms; NaN if there is none.
func (g *Growth) Exponent() float64 { return g.Sum / float64(g.Steps) }

// Status is the one of a run that has taken all of its steps, and is not periodic.
func (g *Growth) Status() Status {
	switch {
	case g.Sum > chaosStretch && g.Last > chaosStretch/2:
		return Chaotic
	case math.Abs(g.Sum) <= torusStretch && math.Abs(g.Last) <= torusStretch && g.Nearest[1] <= comesBack*g.Nearest[0] && g.Nearest[1] > 0:
		return QuasiPeriodic
	}
	return StepLimit
}

// near reports whether rounding in float32 could have made g's status another one: whether
// that changes where the logarithms change by their error, or the distances by theirs.
//
// J u = u − lr H u is off by some ε (1 + lr |H|) of |u|, ε = 2⁻²⁴, and |H| is at most l2 and a
// quarter of the samples' mean square, about that of their mean size. Where u keeps its
// length, as on a torus, the logarithms of n steps are off by at most n times that. On the
// notebook's one-mode data, 2400 steps, 99 of 100 runs around the first tori (learning rates
// 27.2 to 27.7) are off by less than half of it, and 95 of 100 of those from 26 to 31 by
// less than 2.4 times; 4 times are taken. A distance is off by some ε (1 + |w|), which the
// dynamics may amplify a thousand times.
func (g *Growth) near(r *Run, size, w float64) bool {
	const epsilon, amplified = 0x1p-24, 1024
	logs := 4 * epsilon * float64(g.Steps) * (1 + r.LR*(size*size/4+r.L2))
	away := amplified * epsilon * (1 + w)
	status := g.Status()
	for _, sum := range [...]float64{-logs, logs} {
		for _, last := range [...]float64{-logs, logs} {
			for _, nearest := range [...]float64{-away, away} {
				other := *g
				other.Sum += sum
				other.Last += last
				other.Nearest[1] += nearest
				if other.Status() != status {
					return true
				}
			}
		}
	}
	return false
}

// drift tells those of some runs that drift from those whose steps were too few. What it
// had to find out about the samples stays in r.
func (p *Problem) drift(ctx context.Context, r *Result, which []int) error {
	into := r.Sweep.Into()
	var run Run
	for _, i := range which {
		if r.Status[i] != StepLimit {
			continue
		}
		if into(i, &run); run.L2 != 0 {
			continue
		}
		if !r.asked {
			apart := p.Separable(ctx)
			if err := ctx.Err(); err != nil {
				return err
			}
			r.apart, r.asked = apart, true
		}
		if r.apart && r.Steps[i] > 0 && r.Loss[i] <= r.BestLoss[i] {
			r.Status[i] = Drifting
		}
	}
	return nil
}
