package cpu

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
