package dataset

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// sameFloat checks that parseDecimal and strconv.ParseFloat agree on a text that the first
// knows.
func sameFloat(t *testing.T, text string) (known bool) {
	t.Helper()
	got, ok := parseDecimal([]byte(text))
	if !ok {
		return false
	}
	want, err := strconv.ParseFloat(text, 64)
	if err != nil || math.Float64bits(got) != math.Float64bits(want) {
		t.Errorf("%q is %v, want %v, %v", text, got, want, err)
	}
	return true
}

func TestParseDecimal(t *testing.T) {
	for text, known := range map[string]bool{
		"0": true, "-0": true, "+1": true, "1.": true, ".5": true, "-.5e1": true, "00.10": true, "1e-27": true, "9999999999999999999": true,
		"9007199254740993": true, "9007199254740993.0": true, "9007199254740995e-3": true, "1e2": false, "12345.5e2": false, "1.25e+02": true,
		"": false, "-": false, ".": false, "e1": false, "1e": false, "1e+": false, "1e100": false, "12345678901234567890": false, "1_0": false,
		"1,5": false, "0x1": false, "nan": false, "inf": false, "1.5 ": false, "--1": false, "1.5.5": false, "1e1e1": false, "1e-28": false,
	} {
		if got := sameFloat(t, text); got != known {
			t.Errorf("%q is known: %t", text, got)
		}
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 10_000 {
		text := strconv.FormatUint(r.Uint64()>>r.IntN(64), 10)
		if at := r.IntN(len(text) + 1); at < len(text) {
			text = text[:at] + "." + text[at:]
		}
		sameFloat(t, text)
		sameFloat(t, text+"e-0"+strconv.Itoa(r.IntN(10)))
		sameFloat(t, strconv.FormatFloat(math.Ldexp(r.NormFloat64(), r.IntN(40)-30), 'g', -1, 64))
		// Half way between two float64, and next to it.
		m := uint64(1)<<53 | r.Uint64()>>11
		for _, n := range []uint64{2*m - 1, 2 * m, 2*m + 1} {
			text := strconv.FormatUint(n, 10)
			sameFloat(t, text)
			sameFloat(t, strings.Replace(text, text[3:], "."+text[3:], 1))
		}
	}
}

// FuzzParseDecimal checks that what parseDecimal knows is what strconv makes of it.
func FuzzParseDecimal(f *testing.F) {
	for _, text := range []string{"1.5", "-12345678901234567.89e-7", "9007199254740993", "0.1", "1e-27"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { sameFloat(t, text) })
}
