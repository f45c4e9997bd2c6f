package cpu

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Redundant is a feature that, to rounding, the bias and other features make up: it says
// nothing that they do not, and its weight and theirs are determined together only.
type Redundant struct {
	Feature int
	Of      []int // the other features, none of a constant one
}

// redundantColumns names the columns that the others make up, from their coordinates in
// those that are kept, all of which have a length near 1: below 1e-10 one is rounding.
func redundantColumns(made *mat.Dense, kept, other []int, bias int) []Redundant {
	list := make([]Redundant, len(other))
	for l, j := range other {
		list[l].Feature = j
		for k, of := range kept {
			if of != bias && math.Abs(made.At(k, l)) > 1e-10 {
				list[l].Of = append(list[l].Of, of)
			}
		}
		slices.Sort(list[l].Of)
	}
	return list
}
