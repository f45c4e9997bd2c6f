package dataset

import (
	"math"
	"math/bits"
)

// fives are the powers of 5 below 2⁶⁴.
var fives = func() (p [28]uint64) {
	p[0] = 1
	for k := 1; k < len(p); k++ {
		p[k] = 5 * p[k-1]
	}
	return p
}()

// maxDigits is how many decimal digits any uint64 holds.
const maxDigits = 19

// parseDecimal returns the float64 nearest to a decimal number, as strconv.ParseFloat does,
// several times as fast: reading text is little else. It knows the usual numbers, up to 19
// digits w and a value of w/10ᵏ with k from 0 to 27, and is false of all others.
func parseDecimal(b []byte) (float64, bool) {
	i, negative := 0, false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		i, negative = 1, b[0] == '-'
	}
	w, k := uint64(0), 0
	first, leading := i, 0 // zeros before all other digits
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		if w = 10*w + uint64(b[i]-'0'); w == 0 {
			leading++
		}
	}
	digits := i - first
	if i < len(b) && b[i] == '.' {
		i++
		first = i
		for ; i < len(b) && b[i]-'0' <= 9; i++ {
			if w = 10*w + uint64(b[i]-'0'); w == 0 {
				leading++
			}
		}
		k = i - first
		digits += k
	}
	if digits == 0 || digits-leading > maxDigits || leading > maxDigits {
		return 0, false
	}
	if i < len(b) {
		e, ok := exponent(b[i:])
		if !ok {
			return 0, false
		}
		k -= e
	}
	if k < 0 || k >= len(fives) {
		return 0, false
	}
	v := quotient(w, k)
	if negative {
		v = -v
	}
	return v, true
}

// exponent reads e and a whole number of one or two digits.
func exponent(b []byte) (e int, ok bool) {
	if b[0] != 'e' && b[0] != 'E' {
		return 0, false
	}
	i, negative := 1, false
	if len(b) > 1 && (b[1] == '-' || b[1] == '+') {
		i, negative = 2, b[1] == '-'
	}
	if n := len(b) - i; n < 1 || n > 2 {
		return 0, false
	}
	for ; i < len(b); i++ {
		if b[i]-'0' > 9 {
			return 0, false
		}
		e = 10*e + int(b[i]-'0')
	}
	if negative {
		e = -e
	}
	return e, true
}

// quotient returns w/10ᵏ, rounded to nearest, to even where two are as near; k is from 0 to
// 27. The quotient w/5ᵏ of whole numbers has 62 bits or more, and its remainder says
// whether there is anything behind them, so that it is rounded once.
func quotient(w uint64, k int) float64 {
	if w == 0 {
		return 0
	}
	d := fives[k]
	sw, sd := bits.LeadingZeros64(w), bits.LeadingZeros64(d)
	w, d = w<<sw, d<<sd
	q, rest := bits.Div64(w>>1, w<<63, d) // w/d 2⁶³, from 2⁶² up to 2⁶⁴
	drop := 11 - bits.LeadingZeros64(q)   // bits beyond 53
	low := q & (1<<drop - 1)
	m := q >> drop
	half := uint64(1) << (drop - 1)
	if low > half || low == half && (rest != 0 || m&1 == 1) {
		m++ // up to 2⁵³, which is a float64, too
	}
	return math.Float64frombits(uint64(1023+drop-63+sd-sw-k)<<52) * float64(m)
}
