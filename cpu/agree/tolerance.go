package agree

import "fmt"

// Tolerance is how far a result may be from its reference. The zero Tolerance
// asks for equal values.
type Tolerance struct {
	Name string  // for messages
	Rel  float64 // |got − ref| ≤ Abs + Rel |ref|, for each element
	Abs  float64
	NMSE float64 // greatest normalised mean squared error; 0 does not ask
	ULP  float64 // greatest error in float32 ULP; 0 does not ask
	Why  string  // the derivation
}

// String returns the tolerance's name and numbers, such as
// "landscape (rel 1e-05, nmse 1e-10)".
func (t Tolerance) String() string {
	s := fmt.Sprintf("rel %.3g", t.Rel)
	if t.Abs != 0 {
		s += fmt.Sprintf(", abs %.3g", t.Abs)
	}
	if t.NMSE != 0 {
		s += fmt.Sprintf(", nmse %.3g", t.NMSE)
	}
	if t.ULP != 0 {
		s += fmt.Sprintf(", ulp %g", t.ULP)
	}
	if t.Name == "" {
		return s
	}
	return fmt.Sprintf("%s (%s)", t.Name, s)
}

// CPUReference is for float64 results against the same formula in extended
// precision.
var CPUReference = Tolerance{
	Name: "cpu reference",
	Rel:  1e-12,
	Why: "A margin z carries a few rounding errors of 2⁻⁵³ relative to its terms, some 1e-14 absolute for |z| ≤ 60; " +
		"a loss term changes by at most that, relatively, and a blocked mean adds at most some 2000·2⁻⁵³ = 2e-13.",
}

// Notebook is for exact losses against those of the notebook's own formula
// over its own grids.
var Notebook = Tolerance{
	Name: "notebook",
	Rel:  4e-4,
	Why: "The notebook's log(1 − p + 1e-15) loses digits where p is near 1: 1 − p is a multiple of 2⁻⁵³ there, so a term is off " +
		"by up to log(1 + 2⁻⁵⁴/1e-15) = 0.05. Averaged over the samples of its two data sets this stays below 4e-4 of the loss.",
}

// Trajectory is for float32 weights, compared vector by vector with
// CompareVectors, of a run of a few hundred steps that converges.
var Trajectory = Tolerance{
	Name: "trajectory",
	Rel:  1e-4,
	Why: "A step adds an error of some 1e-7 of the weights and of the learning rate times the gradient. Where gradient descent converges " +
		"it contracts earlier errors, so that at most their number of steps accumulates: 200 steps of 5e-7. Norm-wise, because a weight " +
		"that passes through zero keeps the absolute error of its vector. Where a run oscillates or diverges errors grow without bound " +
		"and no such tolerance holds.",
}

// TrajectoryLoss is the tolerance for the float32 losses of a run of a few
// hundred steps that converges.
func TrajectoryLoss(eps float64) Tolerance {
	return Tolerance{
		Name: "trajectory loss",
		Rel:  1e-4,
		Abs:  2e-5*eps + 0x1p-126,
		Why: "The weights are within 1e-4 (see trajectory) in the worst case and some 1e-6 in practice. A loss changes by the gradient times " +
			"their change: by less than that relatively while the gradient's product with the weights is no larger than the loss, and by a " +
			"second-order term at a minimum. The loss at given weights is within 1e-5 as in a landscape, and so is the part of eps.",
	}
}

// Landscape returns the tolerance for a float32 landscape of a problem with
// the given eps.
func Landscape(eps float64) Tolerance {
	return Tolerance{
		Name: "landscape",
		Rel:  1e-5,
		Abs:  2e-5*eps + 0x1p-126,
		NMSE: 1e-10,
		Why: "In float32 a margin is off by some 2⁻²⁴ of its terms, 2e-6 for |z| of 30, and a loss term by that relatively; exponentials by " +
			"recurrence and logs of products add as much again, which 1e-5 covers. Eps c lowers a loss by up to c, a subtraction of two " +
			"numbers near c where every sample is on its right side, each good to 1e-5: hence 2e-5 c absolute. Below the least normal " +
			"float32, 2⁻¹²⁶, a device may flush to zero. NMSE bounds the typical error, far below the worst.",
	}
}
