// Package scale says where losses and parameters lie along an axis or a colour map,
// which ticks and levels are good to read there, and how numbers are written beside
// them.
package scale

import (
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Kinds of scales of losses.
const (
	Linear = "linear"
	Log    = "log"
	Asinh  = "asinh"
	Rank   = "rank"
	Auto   = "auto" // picks one of the others
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
	Kind string  // Linear, Log, Asinh or Rank
	A, B float64 // coordinates at the ends

	Least float64   // Log: losses below it count as this
	Bend  float64   // Asinh: about linear up to this, logarithmic beyond
	Knots []float64 // Rank: ascending losses at even fractions of the landscape
}

// NewLinear returns the plain scale from lo to hi.
func NewLinear(lo, hi float64) *Scale { return &Scale{Kind: Linear, A: lo, B: hi} }

// NewLog returns the scale of powers from lo to hi, both above 0.
func NewLog(lo, hi float64) *Scale {
	return &Scale{Kind: Log, A: math.Log10(lo), B: math.Log10(hi), Least: lo}
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

// Ticks returns at most bins+1 losses between the ends that are good to read,
// with their labels.
func (s *Scale) Ticks(bins int) ([]float64, []string) {
	if !(s.B > s.A) || math.IsInf(s.B-s.A, 0) {
		return nil, nil
	}
	lo, hi := s.Ends()
	switch s.Kind {
	case Log:
		if t := logTicks(lo, hi, bins); len(t) > 1 {
			return t, logLabels(t)
		}
	case Asinh:
		if t := asinhTicks(lo, hi, s.Bend, bins); len(t) > 1 {
			return t, logLabels(t)
		}
	case Rank:
		return s.rankTicks(bins)
	}
	t := Ticks(lo, hi, bins)
	return t, Labels(t)
}

// asinhTicks returns 0 and powers of ten of either sign beyond bend.
func asinhTicks(lo, hi, bend float64, bins int) []float64 {
	var out []float64
	if lo < -bend && hi > bend {
		bins /= 2
	}
	if lo < -bend {
		for _, v := range logTicks(max(bend, -hi), -lo, max(1, bins-1)) {
			out = append(out, -v)
		}
		slices.Reverse(out)
	}
	if lo <= 0 && hi >= 0 {
		out = append(out, 0)
	}
	if hi > bend {
		out = append(out, logTicks(max(bend, lo), hi, max(1, bins-1))...)
	}
	return out
}

// rankTicks returns losses at about even ranks, of as few digits as place them
// well.
func (s *Scale) rankTicks(bins int) (ticks []float64, labels []string) {
	lo, hi := s.Knots[0], s.Knots[len(s.Knots)-1]
	for i := range bins + 1 {
		x := float64(i) / float64(bins)
		v := s.From(x)
		round, best := v, math.Inf(1)
		for digits := 0; digits < 5 && best > 0.2/float64(bins); digits++ {
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

// Short writes a loss with the digits it has.
func Short(v float64) string {
	if size := math.Abs(v); v != 0 && (size < 1e-3 || size >= 1e5) {
		m, e, _ := strings.Cut(strconv.FormatFloat(v, 'e', -1, 64), "e")
		n, _ := strconv.Atoi(e)
		return strings.ReplaceAll(m+"e"+strconv.Itoa(n), "-", Minus)
	}
	return strings.Replace(strconv.FormatFloat(v, 'f', -1, 64), "-", Minus, 1)
}

// logTicks returns powers of ten from lo to hi; if those are few, also twice and
// five times them.
func logTicks(lo, hi float64, bins int) []float64 {
	if !(lo > 0 && hi > lo) {
		return nil
	}
	const slack = 1e-9
	first, last := math.Ceil(math.Log10(lo)-slack), math.Floor(math.Log10(hi)+slack)
	var out []float64
	if last-first < 2 && bins >= 3 {
		for e := first - 1; e <= last; e++ {
			for _, m := range [3]float64{1, 2, 5} {
				if v := decimal(m, e); v >= lo*(1-slack) && v <= hi*(1+slack) {
					out = append(out, v)
				}
			}
		}
		if len(out) <= bins+1 {
			return out
		}
		out = out[:0]
	}
	stride := max(1, math.Ceil((last-first)/float64(max(1, bins))))
	for e := math.Ceil(first/stride) * stride; e <= last; e += stride {
		out = append(out, decimal(1, e))
	}
	return out
}

// decimal returns m·10^e, rounded once.
func decimal(m, e float64) float64 {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(m, 'f', 0, 64)+"e"+strconv.FormatFloat(e, 'f', 0, 64), 64)
	return v
}

// logLabels writes ticks each with its own digits, or as powers of ten if they
// are far from one.
func logLabels(ticks []float64) []string {
	plain := true
	for _, v := range ticks {
		plain = plain && (v == 0 || math.Abs(v) > 0.9e-3 && math.Abs(v) < 1.1e4)
	}
	out := make([]string, len(ticks))
	for i, v := range ticks {
		switch {
		case v == 0:
			out[i] = "0"
		case plain:
			out[i] = strings.Replace(strconv.FormatFloat(v, 'f', -1, 64), "-", Minus, 1)
		default:
			out[i] = power(v)
		}
	}
	return out
}

// power writes a loss in powers of ten, such as 2·10⁻³.
func power(v float64) string {
	m, e, _ := strings.Cut(strconv.FormatFloat(math.Abs(v), 'e', 0, 64), "e")
	n, _ := strconv.Atoi(e)
	s := "10"
	if m != "1" {
		s = m + "·10"
	}
	if v < 0 {
		s = Minus + s
	}
	for _, c := range strconv.Itoa(n) {
		if c == '-' {
			s += "⁻"
			continue
		}
		s += string([]rune(Superscripts)[c-'0'])
	}
	return s
}
