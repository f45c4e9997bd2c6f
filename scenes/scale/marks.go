package scale

import (
	"math"
	"slices"
	"strings"
)

// Marks are the ticks of an axis. The value of a tick is its label, times Unit, plus
// Offset.
type Marks struct {
	Values []float64 // of the major ticks, ascending
	Labels []string  // of the major ticks, each another text
	Minor  []float64 // ticks without a label, ascending

	// What long labels leave out, to be written once beside the axis: a number with its
	// sign, such as "+3.14159" or "−2", and a power of ten, such as "10⁻⁷". Both are empty
	// on most axes. See Name and Besides.
	Offset, Unit string
}

// Name returns the words beside an axis with these labels: its name, and what its labels
// are of it, as in "w₁ − 3.14159" or "(w₁ − 3.14159) / 10⁻⁷".
func (m Marks) Name(name string) string {
	switch offset, negative := strings.CutPrefix(m.Offset, Minus); {
	case m.Offset == "":
	case negative:
		name += " + " + offset
	default:
		name += " " + Minus + " " + strings.TrimPrefix(offset, "+")
	}
	switch {
	case m.Unit == "":
		return name
	case m.Offset != "":
		return "(" + name + ") / " + m.Unit
	}
	return name + " / " + m.Unit
}

// Besides returns what the labels leave out, where the axis has no name: as in
// "·10⁻⁷ +3.14159".
func (m Marks) Besides() string {
	if m.Unit == "" {
		return m.Offset
	}
	return strings.TrimSpace("·" + m.Unit + " " + m.Offset)
}

// Marks returns the ticks between the ends that are good to read: two at least, or none
// if the scale has no width, and at most bins+1 with a label. A logarithmic axis has
// minor ticks where there is room for those of each decade.
func (s *Scale) Marks(bins int) Marks {
	m, full := s.marks(bins)
	return m.shortened(full)
}

// Ticks returns the values of the ticks that Marks returns, with labels in full.
func (s *Scale) Ticks(bins int) ([]float64, []string) {
	m, _ := s.marks(bins)
	return m.Values, m.Labels
}

// Minor returns the ticks between those of Ticks that have no label.
func (s *Scale) Minor(bins int) []float64 {
	m, _ := s.marks(bins)
	return m.Minor
}

// marks returns the ticks with labels in full; even says that their values are evenly
// spaced, so that an offset can make the labels shorter.
func (s *Scale) marks(bins int) (m Marks, even bool) {
	bins = max(bins, 1)
	lo, hi := s.Ends()
	if lo > hi {
		lo, hi = hi, lo
	}
	if !(hi > lo) {
		return Marks{}, false
	}
	switch s.Kind {
	case Log:
		if t, minor := logTicks(lo, hi, bins); len(t) > 1 {
			return Marks{Values: t, Labels: logLabels(t), Minor: minor}, false
		}
	case Asinh:
		if t, minor := asinhTicks(lo, hi, s.Bend, bins); len(t) > 1 {
			return Marks{Values: t, Labels: logLabels(t), Minor: minor}, false
		}
	case Signed:
		t := s.signedTicks(bins)
		return Marks{Values: t, Labels: Labels(t)}, false
	case Rank:
		t, labels := s.rankTicks(bins)
		return Marks{Values: t, Labels: labels}, false
	}
	t := Ticks(lo, hi, bins)
	return Marks{Values: t, Labels: Labels(t)}, true
}

// Where labels are shortened: if they are longer than longLabel, by an offset if all
// ticks are alike in four digits at least, matplotlib's axes.formatter.offset_threshold,
// and by a unit if they have powers of ten.
const (
	longLabel   = 6
	offsetRatio = 1e4
)

// shortened returns marks with labels that leave out what they have in common, where that
// makes long ones of evenly spaced ticks shorter.
func (m Marks) shortened(even bool) Marks {
	n := len(m.Values)
	if !even || n < 2 || longest(m.Labels) <= longLabel {
		return m
	}
	first, last := m.Values[0], m.Values[n-1]
	top := max(math.Abs(first), math.Abs(last))
	if !Finite(last-first) || smallestGap(m.Values) < fineGap*ulp(top) {
		return m
	}
	offset := 0.0
	if top >= offsetRatio*(last-first) {
		offset = among(first, last)
	}
	rest, most := make([]float64, n), 0.0
	for i, v := range m.Values {
		rest[i] = v - offset
		most = max(most, math.Abs(rest[i]))
	}
	out, tol := m, tolerance(m.Values)
	if out.Labels = labelsWithin(rest, tol); slices.ContainsFunc(out.Labels, func(l string) bool { return strings.Contains(l, "10") && strings.ContainsAny(l, Superscripts) }) {
		e := int(math.Floor(math.Log10(most)))
		unit := decimal(1, float64(e))
		for i := range rest {
			rest[i] /= unit
		}
		out.Labels, out.Unit = plainLabels(rest, tol/unit), "10"+superscript(e)
	}
	if offset != 0 {
		if out.Offset = labelsWithin([]float64{offset}, 0)[0]; offset > 0 {
			out.Offset = "+" + out.Offset
		}
	}
	if longest(out.Labels) >= longest(m.Labels) {
		return m
	}
	return out
}

// among returns the number with the fewest digits that is among ticks from first to last.
func among(first, last float64) float64 {
	mid := first + (last-first)/2
	for e := math.Floor(math.Log10(max(math.Abs(first), math.Abs(last)))); ; e-- {
		if v := roundTo(mid, int(-e)); math.Abs(v-mid) <= 0.51*(last-first) {
			return v
		}
	}
}

// fineGap is how many float64 apart ticks are at least that are taken for decimal
// numbers; nearer ones are written to the last digit.
const fineGap = 16

// ulp returns the distance from x to the next float64.
func ulp(x float64) float64 { return math.Nextafter(math.Abs(x), math.Inf(1)) - math.Abs(x) }

// smallestGap returns the least distance of neighbours in ascending ticks; for a single
// one its size.
func smallestGap(ticks []float64) float64 {
	if len(ticks) == 1 {
		return math.Abs(ticks[0])
	}
	gap := math.MaxFloat64
	for i := 1; i < len(ticks); i++ {
		gap = min(gap, math.Abs(ticks[i]-ticks[i-1]))
	}
	return gap
}

// tolerance returns how far a label may be from its tick: a thousandth of a step, but
// not less than the error of a decimal number in float64.
func tolerance(ticks []float64) float64 {
	top := 0.0
	for _, t := range ticks {
		top = max(top, math.Abs(t))
	}
	gap := smallestGap(ticks)
	if gap < fineGap*ulp(top) {
		return 0
	}
	return max(1e-3*gap, 0.75*ulp(top))
}

// distinct writes values with at most so many digits, or as many more as tell neighbours
// well apart.
func distinct(values []float64, digits int) []string {
	out := make([]string, len(values))
	far := 0.01 * smallestGap(values)
	for ; ; digits++ {
		told := true
		for i, v := range values {
			out[i] = Rounded(v, digits)
			r := rounded(v, digits)
			told = told && (math.Abs(r-v) <= far || r == v)
		}
		if told || digits >= 17 {
			return out
		}
	}
}

// merge puts the ascending ticks of both signs and 0 into one list.
func merge(negative []float64, zero bool, positive []float64) []float64 {
	var out []float64
	for _, v := range slices.Backward(negative) {
		out = append(out, -v)
	}
	if zero {
		out = append(out, 0)
	}
	return append(out, positive...)
}
