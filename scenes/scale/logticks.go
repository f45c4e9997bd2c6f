package scale

import (
	"math"
	"slices"
	"strconv"
)

// slack is how far beyond an end, relatively, a tick of a logarithmic axis may be: ends
// that are powers of ten are not exact.
const slack = 1e-9

// logTicks returns the ticks of a logarithmic axis from lo to hi, at most bins+1 major
// ones: powers of ten, of which every second, third, ... where they are many, and where
// they are few also twice and five times them. The minor ones are all else of 1 to 9
// times a power, if each power is a major one; else the powers left out. There may be
// fewer than two major ones.
func logTicks(lo, hi float64, bins int) (major, minor []float64) {
	if !(lo > 0 && hi > lo) {
		return nil, nil
	}
	first, last := math.Ceil(math.Log10(lo)-slack), math.Floor(math.Log10(hi)+slack)
	inside := func(v float64) bool { return v >= lo*(1-slack) && v <= hi*(1+slack) && Finite(v) }
	multiples := func(of ...float64) (out []float64) {
		for e := first - 1; e <= last; e++ {
			for _, m := range of {
				if v := decimal(m, e); inside(v) {
					out = append(out, v)
				}
			}
		}
		return out
	}
	stride := 1.0
	if last-first < 2 {
		major = multiples(1, 2, 5)
	}
	if n := len(major); n < 2 || n > bins+1 {
		stride = max(1, math.Ceil((last-first)/float64(bins)))
		from := math.Ceil(first/stride) * stride
		if from+stride > last {
			from = first // else there would be one alone
		}
		major = major[:0]
		for e := from; e <= last; e += stride {
			major = append(major, decimal(1, e))
		}
	}
	if stride > 1 {
		minor = multiples(1)
	} else {
		minor = multiples(1, 2, 3, 4, 5, 6, 7, 8, 9)
	}
	return major, slices.DeleteFunc(minor, func(v float64) bool { return slices.Contains(major, v) })
}

// asinhTicks returns 0 and the ticks of logarithmic axes of either sign beyond bend. There
// may be fewer than two.
func asinhTicks(lo, hi, bend float64, bins int) (major, minor []float64) {
	zero := lo <= 0 && hi >= 0
	left := bins + 1
	if zero {
		left--
	}
	below, above := max(0, -lo), max(0, hi) // the greatest size on either side
	side := func(from, to, share float64) (major, minor []float64) {
		n := int(float64(left) * share)
		if from = max(from, bend); n < 1 || !(to > from) {
			return nil, nil
		}
		if major, minor = logTicks(from, to, max(1, n-1)); len(major) > n {
			// One alone: the greatest.
			major, minor = major[len(major)-1:], append(major[:len(major)-1:len(major)-1], minor...)
			slices.Sort(minor)
		}
		return major, minor
	}
	a, b := math.Asinh(below/bend), math.Asinh(above/bend)
	n, nMinor := side(-hi, below, a/(a+b))
	p, pMinor := side(lo, above, b/(a+b))
	return merge(n, zero, p), merge(nMinor, false, pMinor)
}

// decimal returns m·10^e, rounded once.
func decimal(m, e float64) float64 {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(m, 'f', 0, 64)+"e"+strconv.FormatFloat(e, 'f', 0, 64), 64)
	return v
}

// logLabels writes ticks of a logarithmic axis each with its own digits, or all with
// powers of ten if some are far from one.
func logLabels(ticks []float64) []string {
	near := true
	for _, v := range ticks {
		near = near && (v == 0 || math.Abs(v) > 0.9e-3 && math.Abs(v) < 1.1e4)
	}
	out := make([]string, len(ticks))
	for i, v := range ticks {
		if near || v == 0 {
			out[i] = plain(v, -1)
		} else {
			out[i] = power(v, 0)
		}
	}
	return out
}
