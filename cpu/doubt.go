package cpu

import "math"

// Precision is what the numbers of a run were computed in.
type Precision uint8

// The precisions there are.
const (
	Float64 Precision = iota
	Float32
)

// String returns the precision as the command line has it: "double" or "single".
func (p Precision) String() string { return [...]string{"double", "single"}[p] }

// Doubt is why float32 cannot tell how a run ends; 0 if it can.
type Doubt uint8

// The doubts there are.
const (
	NoDoubt       Doubt = iota
	Stalled             // the gradient's norm is near its rounding error, or near the tolerance
	Returning           // the states come back, and rounding may hide a drift
	NearThreshold       // the exponent is within its error of one that decides the status
	Close               // a neighbour in the sweep is a few units in the last place of float32 away
	Disagreeing         // a neighbour on the map ends otherwise
	Unheld              // the sweep, or what becomes of a run of it, leaves float32's range
	DoubtCount
)

var doubtNames = [DoubtCount]string{"", "gradients near rounding", "returns within rounding", "exponents near a threshold", "values closer than float32 tells apart", "neighbours that end otherwise", "numbers beyond float32's range"}

// String says the doubt, for a count of runs, such as "gradients near rounding".
func (d Doubt) String() string { return doubtNames[d] }

// DoubtOf returns why a trajectory of float32 does not show how its run ends; NoDoubt if it
// does, and of float64.
//
// Rounding moves a state by some ε (1 + |w|) a step, ε = 2⁻²⁴, and a gradient of the
// samples x by some ε (1 + |w|) times the mean |x|; the dynamics may amplify either a
// thousand times before it shows. So a run may have stalled whose last step, or last
// gradient, is at most 1024 times that. It may be returning if one of its last states is
// within √ε (1 + |w|) of the last one, and half as near as the one before that: a run
// that moves on slowly is nearest to that one. Runs of mini-batches never settle.
func (p *Problem) DoubtOf(t *Trajectory) Doubt {
	const epsilon, amplified = 0x1p-24, 1024
	k := t.Run.Steps
	if t.Precision == Float64 || t.Run.Batch > 0 || k == 0 || !allFinite(t.At(k)) {
		return NoDoubt
	}
	w := t.At(k)
	scale := epsilon * (1 + norm(w))
	step := distance(w, t.At(k-1))
	if step <= amplified*scale || p.gradientNorm(w, t.Run.L2) <= amplified*scale*p.meanSize() {
		return Stalled
	}
	for back := 2; back <= min(MaxPeriod, k); back++ {
		if d := distance(w, t.At(k-back)); d <= scale/math.Sqrt(epsilon) && d <= step/2 {
			return Returning
		}
	}
	return NoDoubt
}

// gradientNorm returns the norm of the gradient at w over all samples, with another L2
// weight.
func (p *Problem) gradientNorm(w []float64, l2 float64) float64 {
	grad := make([]float64, len(w))
	p.LossGradient(grad, w, l2)
	return norm(grad)
}

// meanSize returns the mean |[x, 1]| of the samples, by their weights.
func (p *Problem) meanSize() float64 {
	var sum float64
	for i := range p.N() {
		square := 1.0
		for _, x := range p.X.RawRowView(i) {
			square += x * x
		}
		sum += p.weightOf(i) * math.Sqrt(square)
	}
	return sum / float64(p.N())
}
