package cpu

import (
	"fmt"
	"slices"
)

// Penalty says which weights the L2 term takes in, of the loss and of adamw's decay.
type Penalty uint8

// The penalties. PenalizeWeights is what scikit-learn, glmnet and statsmodels do;
// scikit-learn's C is then 1/(N l2).
const (
	PenalizeAll     Penalty = iota // all weights, the bias included
	PenalizeWeights                // all weights but the bias

	penaltyCount
)

var penaltyNames = [penaltyCount]string{PenalizeAll: "all", PenalizeWeights: "weights"}

// Penalties returns the names of the penalties there are.
func Penalties() []string { return slices.Clone(penaltyNames[:]) }

// ParsePenalty returns the penalty of that name; ok is false if there is none.
func ParsePenalty(name string) (p Penalty, ok bool) {
	i := slices.Index(penaltyNames[:], name)
	return Penalty(max(i, 0)), i >= 0
}

// String returns the name, as scenes spell it.
func (p Penalty) String() string {
	if p < penaltyCount {
		return penaltyNames[p]
	}
	return fmt.Sprintf("penalty(%d)", uint8(p))
}

// checkPenalty returns an error unless the problem's penalty is one that its model has.
func (p *Problem) checkPenalty() error {
	switch {
	case p.Penalize >= penaltyCount:
		return fmt.Errorf("the L2 term penalizes %v, want one of: %v", p.Penalize, Penalties())
	case p.Penalize != PenalizeAll && !p.Linear():
		return fmt.Errorf("the L2 term penalizes %v, want all: only the linear model has a bias that can be left out", p.Penalize)
	}
	return nil
}

// Penalized returns the part of a vector of weights that the L2 term takes in: all of
// it, or all but the last, the bias. It aliases w, which may be nil.
func (p *Problem) Penalized(w []float64) []float64 {
	if p.Penalize == PenalizeWeights && len(w) > 0 {
		return w[:len(w)-1]
	}
	return w
}
