package scale

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// All numbers in pictures are written in one style: plain from plainFrom up to plainTo,
// as 0.25, and else with a power of ten, as 2.5·10⁻⁷, and with a typographic minus sign.
const (
	plainFrom = 1e-4
	plainTo   = 1e5
)

// Minus is the typographic minus sign.
const Minus = "−"

// Superscripts are the digits and the minus sign of exponents.
const Superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"

// Number writes a value with four decimals, or with a power of ten if those say
// little.
func Number(l float64) string {
	switch size := math.Abs(l); {
	case !Finite(l):
		return notFinite(l)
	case l != 0 && (size >= plainTo || size < plainFrom/2):
		return power(l, 3)
	}
	return plain(l, 4)
}

// Parameter writes a parameter with at most six digits.
func Parameter(x float64) string { return Rounded(x, 6) }

// Rounded writes x with at most so many significant digits, and no zeros behind them.
func Rounded(x float64, digits int) string {
	if !Finite(x) {
		return notFinite(x)
	}
	return Short(rounded(x, digits))
}

// Significant writes x with so many significant digits, zeros behind them included: what
// changes from frame to frame keeps its width.
func Significant(x float64, digits int) string {
	switch {
	case !Finite(x):
		return notFinite(x)
	case x == 0:
		return "0"
	}
	digits = max(digits, 1)
	_, e, _ := strings.Cut(strconv.FormatFloat(x, 'e', digits-1, 64), "e")
	n, _ := strconv.Atoi(e)
	if n < -4 || n >= 5 {
		return power(x, digits-1)
	}
	return plain(x, max(digits-1-n, 0))
}

// Short writes a value with the digits it has.
func Short(v float64) string {
	switch size := math.Abs(v); {
	case !Finite(v):
		return notFinite(v)
	case v != 0 && (size < plainFrom || size >= plainTo):
		return power(v, -1)
	}
	return plain(v, -1)
}

// plain writes v with so many decimals, or with those that it has if that is -1. Zero
// has no sign.
func plain(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-")
	}
	return strings.Replace(s, "-", Minus, 1)
}

// power writes v as a product with a power of ten, such as 2.5·10⁻³, with so many
// decimals, or with those that it has if that is -1; 1·10⁵ is 10⁵.
func power(v float64, decimals int) string {
	m, e, _ := strings.Cut(strconv.FormatFloat(v, 'e', decimals, 64), "e")
	n, _ := strconv.Atoi(e)
	ten := "10" + superscript(n)
	switch m {
	case "1":
		return ten
	case "-1":
		return Minus + ten
	}
	return strings.Replace(m, "-", Minus, 1) + "·" + ten
}

func superscript(n int) string {
	digits := []rune(Superscripts)
	var s []rune
	for _, c := range strconv.Itoa(n) {
		if c == '-' {
			s = append(s, digits[10])
		} else {
			s = append(s, digits[c-'0'])
		}
	}
	return string(s)
}

func notFinite(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return Minus + "∞"
	}
	return "NaN"
}

// longest returns the number of characters of the longest text.
func longest(texts []string) int {
	n := 0
	for _, t := range texts {
		n = max(n, utf8.RuneCountInString(t))
	}
	return n
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
