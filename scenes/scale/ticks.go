package scale

import (
	"math"
	"strconv"
	"strings"
)

// Steps between ticks, in units of a power of ten: axisSteps for axes, as
// matplotlib's AutoLocator has them, levelSteps for contour levels, as its
// MaxNLocator has them.
var (
	axisSteps  = []float64{1, 2, 2.5, 5, 10}
	levelSteps = []float64{1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10}
)

// niceTicks returns multiples of a nice step that cover lo..hi, the first at or
// below lo and the last at or above hi, with at most bins steps inside; fewer
// than minTicks inside make the step smaller. It chooses as matplotlib's
// MaxNLocator does. lo < hi, both finite.
func niceTicks(lo, hi float64, bins, minTicks int, steps []float64) []float64 {
	span := hi - lo
	mid := (lo + hi) / 2
	var offset float64
	if math.Abs(mid)/span >= 100 {
		// Far from zero: count from a round number nearby, for its digits.
		offset = math.Copysign(math.Pow(10, math.Floor(math.Log10(math.Abs(mid)))), mid)
	}
	scale := math.Pow(10, math.Floor(math.Log10(span/float64(bins))))
	a, b := lo-offset, hi-offset

	// The steps of the decade below, of this one, and the first of the next.
	var all []float64
	for _, s := range steps[:len(steps)-1] {
		all = append(all, 0.1*s*scale)
	}
	for _, s := range steps {
		all = append(all, s*scale)
	}
	all = append(all, 10*steps[1]*scale)

	i := len(all) - 1
	for k, s := range all {
		if s >= span/float64(bins) {
			i = k
			break
		}
	}
	var ticks []float64
	for ; i >= 0; i-- {
		step := all[i]
		base := math.Floor(a/step) * step
		low := edgeBelow((a-base)/step, step, offset)
		high := edgeAbove((b-base)/step, step, offset)
		ticks = ticks[:0]
		inside := 0
		for n := low; n <= high; n++ {
			t := n*step + base
			if t >= a && t <= b {
				inside++
			}
			ticks = append(ticks, t+offset)
		}
		if inside >= minTicks {
			break
		}
	}
	return ticks
}

// edgeBelow and edgeAbove round x down and up to an integer, where x counts
// steps and may be off an integer by rounding, the more the larger offset is.
func edgeBelow(x, step, offset float64) float64 {
	d := math.Floor(x)
	if closeTo(x-d, 1, step, offset) {
		return d + 1
	}
	return d
}

func edgeAbove(x, step, offset float64) float64 {
	d := math.Floor(x)
	if closeTo(x-d, 0, step, offset) {
		return d
	}
	return d + 1
}

func closeTo(x, edge, step, offset float64) bool {
	tol := 1e-10
	if offset != 0 {
		digits := math.Log10(math.Abs(offset) / step)
		tol = min(0.4999, max(1e-10, math.Pow(10, digits-12)))
	}
	return math.Abs(x-edge) < tol
}

// Ticks returns the ticks of an axis inside lo..hi, at most bins+1 round numbers.
func Ticks(lo, hi float64, bins int) []float64 {
	if !(hi > lo) {
		return nil
	}
	var out []float64
	slack := 1e-10 * (hi - lo)
	for _, t := range niceTicks(lo, hi, max(1, bins), 2, axisSteps) {
		if t >= lo-slack && t <= hi+slack {
			out = append(out, t)
		}
	}
	return out
}

// Levels returns the coordinates, evenly spaced, of the levels that n bands or lines
// of a scale get: the first is at or below A, the last at or above B. A scale of no
// width has none.
func (s *Scale) Levels(n int) []float64 {
	lo, hi := s.A, s.B
	if !(hi > lo) || math.IsInf(hi-lo, 0) {
		return nil
	}
	all := niceTicks(lo, hi, n+1, 1, levelSteps)
	first, last := 0, len(all)
	for i, l := range all {
		if l < lo {
			first = i
		}
		if l > hi {
			last = i + 1
			break
		}
	}
	if last-first < 3 {
		return all
	}
	return all[first:last]
}

// Labels writes ticks with as many decimals as tell them apart, all alike, and with a
// typographic minus sign.
func Labels(ticks []float64) []string {
	if len(ticks) == 0 {
		return nil
	}
	var top float64
	for _, t := range ticks {
		top = max(top, math.Abs(t))
	}
	step := top
	if len(ticks) > 1 {
		step = math.Abs(ticks[1] - ticks[0])
	}
	out := make([]string, len(ticks))
	if top >= 1e5 || step > 0 && step < 1e-4 {
		for i, t := range ticks {
			out[i] = scientific(t, step)
		}
		return out
	}
	decimals := 0
	for ; decimals < 8; decimals++ {
		p := math.Pow(10, float64(decimals))
		exact := true
		for _, t := range ticks {
			exact = exact && math.Abs(math.Round(t*p)/p-t) <= 1e-3*step
		}
		if exact {
			break
		}
	}
	for i, t := range ticks {
		s := strconv.FormatFloat(t, 'f', decimals, 64)
		if zero := strings.Trim(s, "-0.") == ""; zero {
			s = strings.TrimPrefix(s, "-")
		}
		out[i] = strings.Replace(s, "-", Minus, 1)
	}
	return out
}

// scientific writes t as 1.25e6, with the digits that a step needs.
func scientific(t, step float64) string {
	if math.Abs(t) < 1e-6*step {
		return "0"
	}
	digits := 0
	for ; digits < 6; digits++ {
		s, _ := strconv.ParseFloat(strconv.FormatFloat(t, 'e', digits, 64), 64)
		if math.Abs(s-t) < 1e-3*step {
			break
		}
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(t, 'e', digits, 64), "e")
	e, _ := strconv.Atoi(exponent)
	return strings.ReplaceAll(mantissa+"e"+strconv.Itoa(e), "-", Minus)
}
