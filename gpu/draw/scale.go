package draw

import (
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Scales of losses.
const (
	linearScale = "linear"
	logScale    = "log"
	symlogScale = "symlog"
	rankScale   = "rank"
	autoScale   = "auto" // picks one of the others
)

// scale is how losses become heights, colours and places on an axis: even steps
// of the coordinate to(loss), from a to b.
type scale struct {
	kind string
	a, b float64

	least float64   // log: the losses below count as this
	bend  float64   // symlog: about linear up to this, logarithmic beyond
	knots []float64 // rank: ascending losses at even shares of the landscape
}

// linear returns the plain scale from lo to hi.
func linear(lo, hi float64) *scale { return &scale{kind: linearScale, a: lo, b: hi} }

// logarithmic returns the scale of powers from lo to hi, both above 0.
func logarithmic(lo, hi float64) *scale {
	return &scale{kind: logScale, a: math.Log10(lo), b: math.Log10(hi), least: lo}
}

// newScale returns a scale that spans a landscape from its sorted losses, all
// finite.
func newScale(kind string, sorted []float64) *scale {
	n := len(sorted)
	if n == 0 || sorted[0] == sorted[n-1] {
		lo := 0.0
		if n > 0 {
			lo = sorted[0]
		}
		return linear(lo, lo)
	}
	lo, hi := sorted[0], sorted[n-1]
	if kind == autoScale {
		// Needles: half of the landscape in the lowest twentieth of the heights.
		switch flat := sorted[n/2]-lo < 0.05*(hi-lo); {
		case flat && lo > 0:
			kind = logScale
		case flat:
			kind = symlogScale
		default:
			kind = linearScale
		}
	}
	s := &scale{kind: kind}
	switch kind {
	case logScale:
		i := sort.SearchFloat64s(sorted, math.SmallestNonzeroFloat64)
		if i == n {
			return linear(lo, hi) // nothing above 0
		}
		s.least = sorted[i]
	case symlogScale:
		size := make([]float64, n)
		for i, v := range sorted {
			size[i] = math.Abs(v)
		}
		slices.Sort(size)
		s.bend = max(size[n/20], 1e-6*size[n-1])
	case rankScale:
		for i := range rankKnots {
			v := sorted[i*(n-1)/(rankKnots-1)]
			if m := len(s.knots); m > 0 && v <= s.knots[m-1] {
				v = math.Nextafter(s.knots[m-1], math.Inf(1))
			}
			s.knots = append(s.knots, v)
		}
	}
	s.a, s.b = s.to(lo), s.to(hi)
	return s
}

// rankKnots is how many losses a scale of ranks keeps.
const rankKnots = 257

// to returns the coordinate of a loss along which the scale is even.
func (s *scale) to(v float64) float64 {
	switch s.kind {
	case logScale:
		return math.Log10(max(v, s.least))
	case symlogScale:
		return math.Asinh(v / s.bend)
	case rankScale:
		last := len(s.knots) - 1
		i := min(max(sort.SearchFloat64s(s.knots, v)-1, 0), last-1)
		t := (v - s.knots[i]) / (s.knots[i+1] - s.knots[i])
		return (float64(i) + min(max(t, 0), 1)) / float64(last)
	}
	return v
}

// from returns the loss at a coordinate.
func (s *scale) from(x float64) float64 {
	switch s.kind {
	case logScale:
		return math.Pow(10, x)
	case symlogScale:
		return s.bend * math.Sinh(x)
	case rankScale:
		last := len(s.knots) - 1
		x = min(max(x, 0), 1) * float64(last)
		i := min(int(x), last-1)
		return s.knots[i] + (x-float64(i))*(s.knots[i+1]-s.knots[i])
	}
	return x
}

// unit returns where a loss lies between the ends, 0 to 1.
func (s *scale) unit(v float64) float64 { return (s.to(v) - s.a) / (s.b - s.a) }

// between returns the scale with other ends, two coordinates.
func (s *scale) between(a, b float64) *scale {
	out := *s
	out.a, out.b = a, b
	if out.kind == logScale {
		out.least = min(out.least, math.Pow(10, a))
	}
	return &out
}

// ticks returns at most bins+1 losses between the ends that are good to read,
// with their labels.
func (s *scale) ticks(bins int) ([]float64, []string) {
	lo, hi := s.from(s.a), s.from(s.b)
	switch s.kind {
	case logScale:
		if t := logTicks(lo, hi, bins); len(t) > 1 {
			return t, logLabels(t)
		}
	case symlogScale:
		if t := symlogTicks(lo, hi, s.bend, bins); len(t) > 1 {
			return t, logLabels(t)
		}
	case rankScale:
		return s.rankTicks(bins)
	}
	t := axisTicks(lo, hi, bins)
	return t, tickLabels(t)
}

// symlogTicks returns 0 and powers of ten of either sign beyond bend.
func symlogTicks(lo, hi, bend float64, bins int) []float64 {
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
func (s *scale) rankTicks(bins int) (ticks []float64, labels []string) {
	lo, hi := s.knots[0], s.knots[len(s.knots)-1]
	for i := range bins + 1 {
		x := float64(i) / float64(bins)
		v := s.from(x)
		round, best := v, math.Inf(1)
		for digits := 0; digits < 5 && best > 0.2/float64(bins); digits++ {
			unit := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-float64(digits))
			for _, step := range [3]float64{-1, 0, 1} {
				text := strconv.FormatFloat((math.Round(v/unit)+step)*unit, 'e', digits, 64)
				r, err := strconv.ParseFloat(text, 64)
				if d := math.Abs(s.to(r) - x); err == nil && d < best && r >= lo && r <= hi {
					round, best = r, d
				}
			}
		}
		if n := len(ticks); n == 0 || round > ticks[n-1] {
			ticks, labels = append(ticks, round), append(labels, short(round))
		}
	}
	return ticks, labels
}

// short writes a loss with the digits it has.
func short(v float64) string {
	if size := math.Abs(v); v != 0 && (size < 1e-3 || size >= 1e5) {
		m, e, _ := strings.Cut(strconv.FormatFloat(v, 'e', -1, 64), "e")
		n, _ := strconv.Atoi(e)
		return strings.ReplaceAll(m+"e"+strconv.Itoa(n), "-", minus)
	}
	return strings.Replace(strconv.FormatFloat(v, 'f', -1, 64), "-", minus, 1)
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
			out[i] = strings.Replace(strconv.FormatFloat(v, 'f', -1, 64), "-", minus, 1)
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
		s = minus + s
	}
	for _, c := range strconv.Itoa(n) {
		if c == '-' {
			s += "⁻"
			continue
		}
		s += string([]rune(superscripts)[c-'0'])
	}
	return s
}
