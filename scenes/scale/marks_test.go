package scale

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"losscape/cpu"
)

// value reads a number back as it is written in pictures, exactly.
func value(t *testing.T, text string) *big.Rat {
	t.Helper()
	exponent := text[len(strings.TrimRight(text, Superscripts)):]
	if exponent == "" {
		return rational(t, text)
	}
	mantissa := strings.TrimSuffix(text, "10"+exponent)
	digits := []rune(Superscripts)
	e := ""
	for _, c := range exponent {
		e += string("0123456789-"[slices.Index(digits, c)])
	}
	switch mantissa = strings.TrimSuffix(mantissa, "·"); mantissa {
	case "", "+", Minus:
		mantissa += "1"
	}
	return rational(t, mantissa+"e"+e)
}

func rational(t *testing.T, text string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(strings.ReplaceAll(text, Minus, "-"))
	if !ok {
		t.Fatalf("%q is no number", text)
	}
	return r
}

// checkMarks checks what all axes promise: labels that differ, each of which says where
// its tick is, two at least, at most bins+1, and minor ticks apart from these.
func checkMarks(t *testing.T, name string, s *Scale, bins int) {
	t.Helper()
	lo, hi := s.Ends()
	lo, hi = min(lo, hi), max(lo, hi)
	slack := 1e-8 * max(math.Abs(lo), math.Abs(hi))
	values, full := s.Ticks(bins)
	m := s.Marks(bins)
	if !slices.Equal(m.Values, values) || !slices.Equal(m.Minor, s.Minor(bins)) {
		t.Errorf("%s: Ticks, Minor and Marks differ", name)
	}
	if n := len(values); n < 2 || n > bins+1 || len(full) != n || len(m.Labels) != n {
		t.Errorf("%s: %d ticks, labels %q", name, n, full)
		return
	}
	offset := new(big.Rat)
	if m.Offset != "" {
		offset = value(t, m.Offset)
	}
	unit := big.NewRat(1, 1)
	if m.Unit != "" {
		unit = value(t, m.Unit)
	}
	gap := smallestGap(values)
	for i, v := range values {
		if v < lo-slack || v > hi+slack || i > 0 && v <= values[i-1] {
			t.Errorf("%s: a tick at %v in %v", name, v, values)
		}
		read := value(t, m.Labels[i])
		read.Mul(read, unit)
		for _, r := range []*big.Rat{value(t, full[i]), read.Add(read, offset)} {
			nearest, _ := r.Float64()
			off, _ := r.Sub(r, new(big.Rat).SetFloat64(v)).Float64()
			if math.Abs(off) > 0.1*gap && nearest != v {
				t.Errorf("%s: %q (%q, %q) is at %v, %v steps away", name, full[i], m.Labels[i], m.Besides(), v, off/gap)
			}
		}
	}
	for _, labels := range [][]string{full, m.Labels} {
		if sorted := slices.Sorted(slices.Values(labels)); len(slices.Compact(sorted)) != len(labels) {
			t.Errorf("%s: labels %q", name, labels)
		}
	}
	for i, v := range m.Minor {
		if v < lo-slack || v > hi+slack || i > 0 && v <= m.Minor[i-1] || slices.Contains(values, v) {
			t.Errorf("%s: a minor tick at %v of %v, major ones %v", name, v, m.Minor, values)
		}
	}
}

// TestMarks checks axes of ranges of all sizes and places: around 0 and far from it, of
// many decades and of a few float64.
func TestMarks(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	size := func(least, most float64) float64 {
		return math.Pow(10, least+(most-least)*random.Float64())
	}
	ranges := [][2]float64{
		{0.4999999, 0.5000001}, {3, 3 + 1e-12}, {3 - 5e-13, 3 + 5e-13}, {math.Pi, math.Pi + 1e-6}, {3, math.Nextafter(3, 4)},
		{3, 3 + 4e-15}, {-1e-12 - 7, -7}, {123456, 123457}, {1e9, 1e9 + 3}, {0, 5e-324}, {-1e308, 1e308}, {1e-300, 2e-300},
		{99999, 100001}, {0.99999999, 1.00000001}, {-math.MaxFloat64, math.MaxFloat64}, {0, math.MaxFloat64}, {1e-320, 1e300},
		{1, 9.99}, {9.9, 10.1}, {0.999, 1000.1}, {1, 10}, {1, 100}, {5e-5, 2e-4},
	}
	for range 150 {
		lo := size(-20, 20)
		if random.IntN(2) > 0 {
			lo = -lo
		}
		if hi := lo + math.Abs(lo)*size(-15, 6); hi > lo {
			ranges = append(ranges, [2]float64{lo, hi})
		}
	}
	for i, r := range ranges {
		lo, hi := r[0], r[1]
		for _, bins := range []int{1, 2, 3, 5, 9, 1 + i%12} {
			name := func(kind string) string { return fmt.Sprintf("%s %v to %v, %d bins", kind, lo, hi, bins) }
			checkMarks(t, name(Linear), NewLinear(lo, hi), bins)
			checkMarks(t, name("turned"), NewLinear(hi, lo), bins)
			if lo > 0 {
				if s := NewLog(lo, hi); s.B > s.A {
					checkMarks(t, name(Log), s, bins)
				}
			}
			if math.IsInf(hi-lo, 0) || max(math.Abs(lo), math.Abs(hi)) < 1e-300 {
				continue
			}
			s := &Scale{Kind: Asinh, Bend: max(math.Abs(lo), math.Abs(hi)) * math.Pow(10, -float64(i%7))}
			if s.A, s.B = s.To(lo), s.To(hi); s.From(s.B) > s.From(s.A) {
				checkMarks(t, name(Asinh), s, bins)
			}
			losses := make([]float64, 300)
			for k := range losses {
				x := float64(k) / 299
				losses[k] = lo + (hi-lo)*x*x*x
			}
			if slices.Sort(losses); losses[0] < losses[299] {
				checkMarks(t, name(Rank), New(Rank, losses), bins)
			}
		}
	}
}

// TestShort checks labels that leave out what is written once.
func TestShort(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   string
		name   string
		alone  string
	}{
		{0.4999999, 0.5000001, "−1.0 −0.5 0.0 0.5 1.0", "(w − 0.5) / 10⁻⁷", "·10⁻⁷ +0.5"},
		{-3, -3 + 1e-12, "0.0 0.5 1.0", "(w + 3) / 10⁻¹²", "·10⁻¹² −3"},
		{3.1415926, 3.14159262, "0.0 0.5 1.0 1.5 2.0", "(w − 3.1415926) / 10⁻⁸", "·10⁻⁸ +3.1415926"},
		{1e9, 1e9 + 8, "0 2 4 6 8", "w − 10⁹", "+10⁹"},
		{123456, 123457, "0.00 0.25 0.50 0.75 1.00", "w − 123456", "+123456"},
		{0, 2e-7, "0.0 0.5 1.0 1.5 2.0", "w / 10⁻⁷", "·10⁻⁷"},
		{-1e6, 1e6, "−10⁶ −5·10⁵ 0 5·10⁵ 10⁶", "w", ""},
		{5, 5.001, "5.0000 5.0005 5.0010", "w", ""},
		{0, 1, "0.00 0.25 0.50 0.75 1.00", "w", ""},
	} {
		m := NewLinear(c.lo, c.hi).Marks(4)
		if got := strings.Join(m.Labels, " "); got != c.want || m.Name("w") != c.name || m.Besides() != c.alone {
			t.Errorf("%v to %v: %q of %q, %q, want %q of %q, %q", c.lo, c.hi, got, m.Name("w"), m.Besides(), c.want, c.name, c.alone)
		}
	}
}

func TestMinor(t *testing.T) {
	for _, c := range []struct {
		s    *Scale
		bins int
		want string
	}{
		{NewLog(0.5, 20), 3, "0.5 0.6 0.7 0.8 0.9 2 3 4 5 6 7 8 9 20"},
		{NewLog(0.5, 20), 8, "0.6 0.7 0.8 0.9 3 4 6 7 8 9"},
		{NewLog(1e-4, 1e2), 3, "0.001 0.1 10"},
		{NewLog(0.61, 0.62), 8, ""},
		{NewLinear(0, 1), 8, ""},
		{&Scale{Kind: Asinh, Bend: 1, A: math.Asinh(-20), B: math.Asinh(20)}, 8, "-20 -9 -8 -7 -6 -5 -4 -3 -2 2 3 4 5 6 7 8 9 20"},
	} {
		var got []string
		for _, v := range c.s.Minor(c.bins) {
			got = append(got, strconv.FormatFloat(v, 'g', -1, 64))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: %q, want %q", *c.s, got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Number(0.5), "0.5000"}, {Number(-1.25e-7), "−1.250·10⁻⁷"}, {Number(0), "0.0000"}, {Number(3e12), "3.000·10¹²"},
		{Number(math.Inf(1)), "∞"}, {Number(math.Inf(-1)), "−∞"}, {Number(math.NaN()), "NaN"},
		{Parameter(0.1), "0.1"}, {Parameter(1e-5), "10⁻⁵"}, {Parameter(-2.5e-8), "−2.5·10⁻⁸"}, {Parameter(1e-4), "0.0001"},
		{Parameter(1.0 / 3), "0.333333"}, {Parameter(25000), "25000"}, {Parameter(123456), "1.23456·10⁵"}, {Parameter(math.MaxFloat64), "1.79769·10³⁰⁸"},
		{Significant(0.25, 4), "0.2500"}, {Significant(12345.6, 4), "12346"}, {Significant(9.9999, 4), "10.00"}, {Significant(-1.5e-9, 4), "−1.500·10⁻⁹"}, {Significant(0, 4), "0"},
		{Short(0.0005), "0.0005"}, {Short(-3e-9), "−3·10⁻⁹"}, {Short(math.Copysign(0, -1)), "0"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// TestParamAxis checks the ticks of swept parameters, as label@place.
func TestParamAxis(t *testing.T) {
	for _, c := range []struct{ param, want string }{
		{"lr=1:1000:4:log", "1@1 10@10 100@100 1000@1000"},
		{"lr=1000:1:4:log", "1@1 10@10 100@100 1000@1000"},
		{"lr=1:1000:400:log", "1@1 10@10 100@100 1000@1000"},
		{"lr=1e-6:1e6:13:log", "10⁻⁶@1e-06 10⁻⁴@0.0001 10⁻²@0.01 10⁰@1 10²@100 10⁴@10000 10⁶@1e+06"},
		{"l2=0:10:11", "0@0 2@2 4@4 6@6 8@8 10@10"},
		{"l2=0:1:3", "0@0 0.5@0.5 1@1"},
		{"lr=0.5:15:6", "0.5@0.5 3.4@3.4 6.3@6.3 9.2@9.2 12.1@12.1 15@15"},
		{"lr=15:0.5:30", "2.5@2.5 5.0@5 7.5@7.5 10.0@10 12.5@12.5 15.0@15"},
		{"seed=0:3:4", "0@0 1@1 2@2 3@3"},
		{"steps=1:30:30", "5@5 10@10 15@15 20@20 25@25 30@30"},
		{"steps=7:8:2", "7@7 8@8"},
		{"lr=0.5,3,15", "0.5@0 3@1 15@2"},
		{"lr=7", "7@0"},
		{"lr=1.00001,1.00002,1.1,2,3,4,5,6,7", "1.00001@0 1.1@2 3@4 5@6 7@8"},
		{"w1=-3:3:7", "−3@-3 −2@-2 −1@-1 0@0 1@1 2@2 3@3"},
	} {
		p, err := cpu.ParseParam(c.param)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		values, labels := NewParamAxis(&p).Ticks(7)
		for i, v := range values {
			got = append(got, fmt.Sprintf("%s@%v", labels[i], v))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q", c.param, got, c.want)
		}
	}
	for _, text := range []string{"steps=1:7:7", "batch=1:1024:11:log", "steps=100:107:8", "seed=0:123456:9", "lr=0.4999999:0.5000001:400", "lr=1:1.0001:400:log", "w1=3.1:3.100000001:100"} {
		p, err := cpu.ParseParam(text)
		if err != nil {
			t.Fatal(err)
		}
		a := NewParamCells(&p)
		for bins := 1; bins < 10; bins++ {
			m := a.Marks(bins)
			sorted := slices.Sorted(slices.Values(m.Labels))
			if n := len(m.Labels); n < 2 || n > bins+1 || len(slices.Compact(sorted)) != n {
				t.Errorf("%s, %d bins: %q", text, bins, m.Labels)
			}
			for _, v := range append(slices.Clone(m.Values), m.Minor...) {
				if u := a.Unit(v); u < 0 || u > 1 {
					t.Errorf("%s: a tick %v at %v", text, v, u)
				}
				if h, _ := cpu.LookupHyperParameter(p.Name); h.Whole() && v != math.Trunc(v) {
					t.Errorf("%s: a tick %v", text, v)
				}
			}
		}
	}
}

// TestSigned checks scales to either side of 0: where 0 and the ends are, and their ticks.
func TestSigned(t *testing.T) {
	for _, c := range []struct {
		values []float64
		a, b   float64
	}{
		{[]float64{-0.7, -0.1, 0, 0.34}, -1, 1},
		{[]float64{-3e-7, 2}, -1, 1},
		{[]float64{-0.3, -0.2}, -1, 0},
		{[]float64{0.01, 0.2}, 0, 1},
		{[]float64{0, 0}, 0, 0},
		{nil, 0, 0},
	} {
		s := NewSigned(c.values)
		if s.A != c.a || s.B != c.b || s.To(0) != 0 {
			t.Errorf("%v: from %v to %v, 0 at %v", c.values, s.A, s.B, s.To(0))
		}
		for _, v := range c.values {
			if x := s.To(v); x*v < 0 || math.Abs(x) > 1 || math.Abs(s.From(x)-v) > 1e-12 {
				t.Errorf("%v is at %v of %v", v, x, c.values)
			}
		}
		for bins := 1; bins < 10 && c.b > c.a; bins++ {
			checkMarks(t, fmt.Sprint(c.values, bins), s, bins)
		}
	}
	// One that is far from all others is beyond the end.
	values := []float64{-40}
	for i := range 300 {
		values = append(values, -1+float64(i)/300)
	}
	if s := NewSigned(values); s.Low < -1 || s.To(-40) > -1 {
		t.Errorf("from %v, −40 at %v", s.Low, s.To(-40))
	}
}
