// Package npfmt writes as NumPy does: arrays of float64 as text, the headers of NPY
// files, and NPZ archives.
package npfmt

import (
	"math"
	"strconv"
	"strings"
)

// NumPy's default print options.
const (
	precision = 8    // most digits after the point
	lineWidth = 75   // columns
	threshold = 1000 // longer arrays are abridged
	edgeItems = 3    // items shown at each end of an abridged array
)

// Format returns str(numpy.array(w)) of a one-dimensional float64 array under
// NumPy's default print options: at most 8 digits after the point, as few as
// tell the value from its neighbours, aligned columns, scientific notation
// where magnitudes ask for it, lines of at most 75 columns, and "..." in the
// middle of more than 1000 values.
//
// It follows NumPy's numpy/_core/arrayprint.py (FloatingFormat, _formatArray),
// version 1.21 and later.
func Format(w []float64) string {
	if len(w) == 0 {
		return "[]"
	}
	shown, gap := w, -1
	if len(w) > threshold {
		shown = append(append([]float64(nil), w[:edgeItems]...), w[len(w)-edgeItems:]...)
		gap = edgeItems
	}
	const indent = " "
	var out strings.Builder
	line := indent
	add := func(word string) {
		// A line's last column is kept for the closing bracket.
		if len(line) > len(indent) && len(line)+len(word) > lineWidth-1 {
			out.WriteString(strings.TrimRight(line, " ") + "\n")
			line = indent
		}
		line += word
	}
	for i, word := range columns(shown) {
		if i == gap {
			add("...")
			line += " "
		}
		add(word)
		if i < len(shown)-1 {
			line += " "
		}
	}
	out.WriteString(line)
	return "[" + out.String()[len(indent):] + "]"
}

// number is a finite value in text, in its parts.
type number struct {
	whole, frac string // with the sign; without the point
	exp         string // exponent's digits, of scientific notation
	expSign     string
}

// columns returns the values as words of equal width.
func columns(w []float64) []string {
	exponents := needsExponent(w)
	numbers := make([]number, len(w))
	var left, right, expDigits int
	odd, negInf := false, false
	for i, x := range w {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			odd = true
			negInf = negInf || math.IsInf(x, -1)
			continue
		}
		n := positional(x)
		if exponents {
			n = scientific(x)
		}
		numbers[i] = n
		left = max(left, len(n.whole))
		right = max(right, len(n.frac))
		expDigits = max(expDigits, len(n.exp))
	}
	fracDigits := right
	if exponents {
		right += len("e+") + expDigits
	}
	if odd { // room for "nan", "inf" and "-inf"
		need := len("nan")
		if negInf {
			need = len("-inf")
		}
		left = max(left, need-right-1)
	}

	words := make([]string, len(w))
	for i, x := range w {
		n := numbers[i]
		switch {
		case n.whole == "":
			words[i] = padLeft(nonFinite(x), left+1+right)
		case exponents:
			// Missing digits come from the exact value, not as zeros: it
			// matters to subnormals, which few digits identify.
			n = exponent(strconv.FormatFloat(x, 'e', fracDigits, 64))
			words[i] = padLeft(n.whole, left) + "." + n.frac +
				"e" + n.expSign + strings.Repeat("0", expDigits-len(n.exp)) + n.exp
		default:
			words[i] = padLeft(n.whole, left) + "." + n.frac + strings.Repeat(" ", right-len(n.frac))
		}
	}
	return words
}

// needsExponent reports whether NumPy writes the values in scientific
// notation: because of a great one, a small one, or a wide span.
func needsExponent(w []float64) bool {
	least, most := math.Inf(1), 0.0
	for _, x := range w {
		if a := math.Abs(x); a != 0 && !math.IsNaN(a) && !math.IsInf(a, 0) {
			least, most = min(least, a), max(most, a)
		}
	}
	return most > 0 && (most >= 1e8 || least < 1e-4 || most/least > 1000)
}

// positional splits x at the point. The digits are the fewest that tell x from
// its neighbours, or x rounded to the precision if those are more.
func positional(x float64) number {
	s := strconv.FormatFloat(x, 'f', -1, 64)
	whole, frac, _ := strings.Cut(s, ".")
	if len(frac) > precision {
		whole, frac, _ = strings.Cut(strconv.FormatFloat(x, 'f', precision, 64), ".")
	}
	return number{whole: whole, frac: strings.TrimRight(frac, "0")}
}

// scientific splits x in scientific notation, its digits chosen as positional
// does.
func scientific(x float64) number {
	n := exponent(strconv.FormatFloat(x, 'e', -1, 64))
	if len(n.frac) > precision {
		n = exponent(strconv.FormatFloat(x, 'e', precision, 64))
	}
	n.frac = strings.TrimRight(n.frac, "0")
	return n
}

// exponent splits text in scientific notation.
func exponent(s string) number {
	mantissa, exp, _ := strings.Cut(s, "e")
	whole, frac, _ := strings.Cut(mantissa, ".")
	return number{whole: whole, frac: frac, expSign: exp[:1], exp: exp[1:]}
}

func nonFinite(x float64) string {
	switch {
	case math.IsNaN(x):
		return "nan"
	case x < 0:
		return "-inf"
	}
	return "inf"
}

func padLeft(s string, width int) string {
	return strings.Repeat(" ", max(0, width-len(s))) + s
}
