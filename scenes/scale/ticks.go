package scale

import (
	"math"
	"strconv"
)

// Steps between ticks, in units of a power of ten: axisSteps for axes, as
// matplotlib's AutoLocator has them, wholeSteps for axes of whole numbers, levelSteps
// for contour levels, as its MaxNLocator has them.
var (
	axisSteps  = []float64{1, 2, 2.5, 5, 10}
	wholeSteps = []float64{1, 2, 5, 10}
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

// Ticks returns the ticks of an axis inside lo..hi: round numbers, two at least and at
// most bins+1. Where float64 has no round ones, they are the ends.
func Ticks(lo, hi float64, bins int) []float64 { return evenTicks(lo, hi, bins, axisSteps) }

// signedTicks returns the ticks of a scale to either side of 0, which is one of them: each
// side has half of the room.
func (s *Scale) signedTicks(bins int) []float64 {
	lo, hi := s.Ends()
	if !(lo < 0 && hi > 0) {
		return Ticks(lo, hi, bins)
	}
	side := func(end float64) (out []float64) {
		for _, t := range Ticks(0, end, max(bins/2, 1)) {
			if t > 0 && bins > 1 {
				out = append(out, t)
			}
		}
		return out
	}
	t := merge(side(-lo), true, side(hi))
	if len(t) < 2 {
		return []float64{lo, hi}
	}
	return t
}

func evenTicks(lo, hi float64, bins int, steps []float64) []float64 {
	if !(hi > lo) || !Finite(lo) || !Finite(hi) {
		return nil
	}
	bins = max(bins, 1)
	if max(-lo, hi) > math.MaxFloat64/100 { // steps beyond the ends would be infinite
		out := evenTicks(lo/10, hi/10, bins, steps)
		for i, t := range out {
			out[i] = min(max(10*t, lo), hi)
		}
		return out
	}
	var out []float64
	slack := 1e-10 * (hi - lo)
	all := niceTicks(lo, hi, bins, 2, steps)
	for _, t := range all {
		if t = onGrid(t, all); t >= lo-slack && t <= hi+slack && (len(out) == 0 || t > out[len(out)-1]) {
			out = append(out, t)
		}
	}
	switch n := len(out); {
	case n == 0 || n > bins+1:
		return []float64{lo, hi}
	case n == 1 && out[0]-lo > hi-out[0]:
		return []float64{lo, out[0]}
	case n == 1:
		return []float64{out[0], hi}
	}
	return out
}

// onGrid returns the float64 nearest to the decimal number that a tick is meant to be:
// its sum of products is off by a few units in the last place.
func onGrid(t float64, ticks []float64) float64 {
	if len(ticks) < 2 {
		return t
	}
	step := ticks[1] - ticks[0]
	if step < fineGap*ulp(t) {
		return t
	}
	return roundTo(t, 2-int(math.Floor(math.Log10(step))))
}

// roundTo rounds x to so many decimals, before the point if it is negative.
func roundTo(x float64, decimals int) float64 {
	if x == 0 {
		return 0
	}
	digits := int(math.Floor(math.Log10(math.Abs(x)))) + decimals
	switch unit := decimal(1, float64(-decimals)); {
	case digits >= 0:
		return rounded(x, digits+1)
	case math.Abs(x) > unit/2:
		return math.Copysign(unit, x)
	}
	return 0
}

// rounded returns x with so many significant digits; x itself if that is beyond float64.
func rounded(x float64, digits int) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', max(digits, 1)-1, 64), 64)
	if err != nil {
		return x
	}
	return r
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

// Labels writes ticks with as many digits as tell them apart, all with as many decimals
// or all with powers of ten, and with a typographic minus sign.
func Labels(ticks []float64) []string {
	if len(ticks) == 0 {
		return nil
	}
	return labelsWithin(ticks, tolerance(ticks))
}

// labelsWithin is Labels of at least one tick; each label is within tol of its tick.
func labelsWithin(ticks []float64, tol float64) []string {
	var top float64
	for _, t := range ticks {
		top = max(top, math.Abs(t))
	}
	if top == 0 || top >= 1e-3 && top < plainTo {
		return plainLabels(ticks, tol)
	}
	out := make([]string, len(ticks))
	for i, t := range ticks {
		out[i] = powerLabel(t, tol)
	}
	if size := math.Log10(top); size < -20 || size > 20 {
		return out
	}
	if p := plainLabels(ticks, tol); longest(p) < longest(out) {
		return p
	}
	return out
}

// plainLabels writes ticks with as many decimals as they need, all alike.
func plainLabels(ticks []float64, tol float64) []string {
	out := make([]string, len(ticks))
	for decimals := 0; ; decimals++ {
		exact := true
		for i, t := range ticks {
			text := strconv.FormatFloat(t, 'f', decimals, 64)
			v, _ := strconv.ParseFloat(text, 64)
			exact = exact && math.Abs(v-t) <= tol
			out[i] = plain(t, decimals)
		}
		if exact || decimals == 40 {
			return out
		}
	}
}

// powerLabel writes t as 1.25·10⁶, with the digits that it needs.
func powerLabel(t, tol float64) string {
	if math.Abs(t) <= tol {
		return "0"
	}
	for digits := 1; digits < 17; digits++ {
		if r := rounded(t, digits); math.Abs(r-t) <= tol {
			return power(r, -1)
		}
	}
	return power(t, -1)
}
