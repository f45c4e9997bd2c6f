package scale

import (
	"math"
	"slices"
	"strings"
)

// Marks are the ticks of an axis.
type Marks struct {
	Values []float64 // of the major ticks, ascending
	Labels []string  // of the major ticks, each another text
	Minor  []float64 // ticks without a label, ascending
	// Offset is what the labels leave out, such as "+3.14159" or "−2": the value of a
	// tick is its label plus the offset. It is empty on most axes. See Name.
	Offset string
}

// Name returns the words beside an axis with these labels: its name, and what its labels
// leave out of the values, as in "w₁ − 3.14159".
func (m Marks) Name(name string) string {
	switch offset, negative := strings.CutPrefix(m.Offset, Minus); {
	case m.Offset == "":
		return name
	case negative:
		return name + " + " + offset
	default:
		return name + " " + Minus + " " + strings.TrimPrefix(offset, "+")
	}
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
	case Rank:
		t, labels := s.rankTicks(bins)
		return Marks{Values: t, Labels: labels}, false
	}
	t := Ticks(lo, hi, bins)
	return Marks{Values: t, Labels: Labels(t)}, true
}

// Where labels are shortened: if they are longer than longLabel, and all ticks are alike
// in four digits at least, matplotlib's axes.formatter.offset_threshold.
const (
	longLabel   = 9
	offsetRatio = 1e4
)

// shortened returns marks with labels that are differences from an offset, where that
// makes long ones of evenly spaced ticks shorter.
func (m Marks) shortened(even bool) Marks {
	n := len(m.Values)
	if !even || n < 2 || longest(m.Labels) <= longLabel {
		return m
	}
	first, last := m.Values[0], m.Values[n-1]
	span, top := last-first, max(math.Abs(first), math.Abs(last))
	if top < offsetRatio*span || smallestGap(m.Values) < fineGap*ulp(top) {
		return m
	}
	// The number with the fewest digits that is among the ticks.
	offset, mid := 0.0, first+span/2
	for e := math.Floor(math.Log10(top)); ; e-- {
		if offset = roundTo(mid, int(-e)); math.Abs(offset-mid) <= 0.51*span {
			break
		}
	}
	rest := make([]float64, n)
	for i, v := range m.Values {
		rest[i] = v - offset
	}
	labels := labelsWithin(rest, tolerance(m.Values))
	if longest(labels) >= longest(m.Labels) {
		return m
	}
	m.Labels, m.Offset = labels, labelsWithin([]float64{offset}, 0)[0]
	if offset > 0 {
		m.Offset = "+" + m.Offset
	}
	return m
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
