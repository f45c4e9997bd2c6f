package scale

import (
	"math"
	"strconv"
	"strings"
)

// Minus is the typographic minus sign.
const Minus = "−"

// Superscripts are the digits and the minus sign of exponents.
const Superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"

// Number writes a value with four decimals, or as a power of ten if those say
// little.
func Number(l float64) string {
	if l != 0 && (math.Abs(l) >= 1e5 || math.Abs(l) < 5e-5) {
		m, e, _ := strings.Cut(strconv.FormatFloat(l, 'e', 3, 64), "e")
		n, _ := strconv.Atoi(e)
		return strings.ReplaceAll(m+"e"+strconv.Itoa(n), "-", Minus)
	}
	return strings.ReplaceAll(strconv.FormatFloat(l, 'f', 4, 64), "-", Minus)
}

// Parameter writes a parameter with at most six digits.
func Parameter(x float64) string {
	return strings.ReplaceAll(strconv.FormatFloat(x, 'g', 6, 64), "-", Minus)
}

// Subscript writes digits below the line.
func Subscript(digits string) string {
	var s []rune
	for _, c := range digits {
		s = append(s, '₀'+(c-'0'))
	}
	return string(s)
}

// Finite reports whether x is neither infinite nor NaN.
func Finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
