// Package scale says where losses and parameters lie along an axis or a colour map,
// which ticks and levels are good to read there, and how numbers are written beside
// them.
package scale

import (
	"math"
	"slices"
	"sort"
	"strconv"

	"losscape/cpu"
)

// Kinds of scales of losses.
const (
	Linear = "linear"
	Log    = "log"
	Asinh  = "asinh"
	Rank   = "rank"
	Signed = "signed" // linear to either side of 0, which is at the coordinate 0; the ends are at −1 and 1
	Auto   = "auto"   // picks one of the others
)

// Where an automatic scale of a map's losses is not linear: how many times the least
// one above 0 the greatest is. A few runs on the brink of divergence would leave one
// colour for all others.
const (
	LogSpan  = 30
	RankSpan = 1e6
)

// Scale is how losses become heights, colours and places on an axis: even steps
// of the coordinate To(loss), from A to B.
type Scale struct {
	Kind string  // Linear, Log, Asinh, Rank or Signed
	A, B float64 // coordinates at the ends

	Least float64   // Log: losses below it count as this
	Bend  float64   // Asinh: about linear up to this, logarithmic beyond
	Knots []float64 // Rank: ascending losses at even fractions of the landscape

	Low, High float64 // Signed: values at the coordinates −1 and 1, below 0 and above
}

// NewLinear returns the plain scale from lo to hi.
func NewLinear(lo, hi float64) *Scale { return &Scale{Kind: Linear, A: lo, B: hi} }

// NewLog returns the scale of powers from lo to hi, both above 0.
func NewLog(lo, hi float64) *Scale {
	return &Scale{Kind: Log, A: math.Log10(lo), B: math.Log10(hi), Least: lo}
}

// outliers is which share of the values below 0 may lie beyond the lower end of a signed
// scale, if the least is outlying times as far from 0.
const (
	outliers = 0.01
	outlying = 2
)

// NewSigned returns the scale to either side of 0 of finite values in ascending order. It
// has no side that has no values; the least ones may lie beyond its lower end, as the
// exponents of the few runs do that find their cycle at once.
func NewSigned(sorted []float64) *Scale {
	s := &Scale{Kind: Signed, Low: -1, High: 1}
	n := len(sorted)
	if below := sort.SearchFloat64s(sorted, 0); below > 0 {
		s.A, s.Low = -1, sorted[0]
		if most := sorted[int(outliers*float64(below))]; s.Low < outlying*most {
			s.Low = most
		}
	}
	if n > 0 && sorted[n-1] > 0 {
		s.B, s.High = 1, sorted[n-1]
	}
	return s
}

// Of returns the scale of a kind that spans the finite ones of some losses. One of a
// single loss, and of none, is linear and has no width.
func Of(kind string, losses []float64) *Scale {
	sorted := slices.DeleteFunc(slices.Clone(losses), func(v float64) bool { return !Finite(v) })
	slices.Sort(sorted)
	return New(kind, sorted)
}

// New returns what Of does, from finite losses in ascending order.
func New(kind string, sorted []float64) *Scale {
	n := len(sorted)
	if n == 0 || sorted[0] == sorted[n-1] {
		lo := 0.0
		if n > 0 {
			lo = sorted[0]
		}
		return NewLinear(lo, lo)
	}
	lo, hi := sorted[0], sorted[n-1]
	if kind == Auto {
		// Needles: half of the landscape in the lowest twentieth of the heights.
		switch flat := sorted[n/2]-lo < 0.05*(hi-lo); {
		case flat && lo > 0:
			kind = Log
		case flat:
			kind = Asinh
		default:
			kind = Linear
		}
	}
	s := &Scale{Kind: kind}
	switch kind {
	case Log:
		i := sort.SearchFloat64s(sorted, math.SmallestNonzeroFloat64)
		if i == n {
			return NewLinear(lo, hi) // nothing above 0
		}
		s.Least = sorted[i]
	case Asinh:
		size := make([]float64, n)
		for i, v := range sorted {
			size[i] = math.Abs(v)
		}
		slices.Sort(size)
		s.Bend = max(size[n/20], 1e-6*size[n-1])
	case Rank:
		for i := range Knots {
			v := sorted[i*(n-1)/(Knots-1)]
			if m := len(s.Knots); m > 0 && v <= s.Knots[m-1] {
				v = math.Nextafter(s.Knots[m-1], math.Inf(1))
			}
			s.Knots = append(s.Knots, v)
		}
	}
	s.A, s.B = s.To(lo), s.To(hi)
	return s
}

// OfQuantity returns what New does for a quantity's values. Auto is Linear; of quantities
// that spread over decades it is Log or Rank where the values span much: see LogSpan and
// RankSpan.
func OfQuantity(kind string, spread cpu.Spread, sorted []float64) *Scale {
	if kind != Auto {
		return New(kind, sorted)
	}
	kind = Linear
	if i := sort.SearchFloat64s(sorted, math.SmallestNonzeroFloat64); spread == cpu.Decades && i < len(sorted) {
		switch span := sorted[len(sorted)-1] / sorted[i]; {
		case span > RankSpan:
			kind = Rank
		case span > LogSpan:
			kind = Log
		}
	}
	return New(kind, sorted)
}

// Knots is how many losses a scale of ranks keeps.
const Knots = 257

// To returns the coordinate of a loss along which the scale is even.
func (s *Scale) To(v float64) float64 {
	switch s.Kind {
	case Log:
		return math.Log10(max(v, s.Least))
	case Asinh:
		return math.Asinh(v / s.Bend)
	case Rank:
		last := len(s.Knots) - 1
		i := min(max(sort.SearchFloat64s(s.Knots, v)-1, 0), last-1)
		t := (v - s.Knots[i]) / (s.Knots[i+1] - s.Knots[i])
		return (float64(i) + min(max(t, 0), 1)) / float64(last)
	case Signed:
		if v < 0 {
			return v / -s.Low
		}
		return v / s.High
	}
	return v
}

// From returns the loss at a coordinate.
func (s *Scale) From(x float64) float64 {
	switch s.Kind {
	case Log:
		return math.Pow(10, x)
	case Asinh:
		return s.Bend * math.Sinh(x)
	case Rank:
		last := len(s.Knots) - 1
		x = min(max(x, 0), 1) * float64(last)
		i := min(int(x), last-1)
		return s.Knots[i] + (x-float64(i))*(s.Knots[i+1]-s.Knots[i])
	case Signed:
		if x < 0 {
			return -x * s.Low
		}
		return x * s.High
	}
	return x
}

// Ends returns the losses at the ends.
func (s *Scale) Ends() (lo, hi float64) { return s.From(s.A), s.From(s.B) }

// Unit returns where a loss lies: 0 at A, 1 at B, and beyond outside.
func (s *Scale) Unit(v float64) float64 { return s.Fraction(s.To(v)) }

// Fraction returns where a coordinate lies, as Unit does.
func (s *Scale) Fraction(x float64) float64 {
	// Halves, as the difference of two finite numbers may not be finite.
	return (x/2 - s.A/2) / (s.B/2 - s.A/2)
}

// Units returns where losses lie, as Unit does, one half on a scale of no width and NaN
// for those that are not finite; ok is false if none is.
func (s *Scale) Units(losses []float64) (units []float64, ok bool) {
	units = make([]float64, len(losses))
	for i, v := range losses {
		switch {
		case !Finite(v):
			units[i] = math.NaN()
		case s.B > s.A:
			units[i], ok = s.Unit(v), true
		default:
			units[i], ok = 0.5, true
		}
	}
	return units, ok
}

// Between returns the scale with other ends, two coordinates.
func (s *Scale) Between(a, b float64) *Scale {
	out := *s
	out.A, out.B = a, b
	if out.Kind == Log {
		out.Least = min(out.Least, math.Pow(10, a))
	}
	return &out
}

// rankTicks returns losses at about even ranks, of as few digits as place them
// well.
func (s *Scale) rankTicks(bins int) (ticks []float64, labels []string) {
	lo, hi := s.Knots[0], s.Knots[len(s.Knots)-1]
	for i := range bins + 1 {
		x := float64(i) / float64(bins)
		v := s.From(x)
		round, best := v, math.Inf(1)
		for digits := 0; digits < 17 && best > 0.2/float64(bins); digits++ {
			unit := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-float64(digits))
			for _, step := range [3]float64{-1, 0, 1} {
				text := strconv.FormatFloat((math.Round(v/unit)+step)*unit, 'e', digits, 64)
				r, err := strconv.ParseFloat(text, 64)
				if d := math.Abs(s.To(r) - x); err == nil && d < best && r >= lo && r <= hi {
					round, best = r, d
				}
			}
		}
		if n := len(ticks); n == 0 || round > ticks[n-1] {
			ticks, labels = append(ticks, round), append(labels, Short(round))
		}
	}
	return ticks, labels
}
