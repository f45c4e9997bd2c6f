package scale

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var close12 = cmpopts.EquateApprox(1e-12, 1e-15)

// The wanted values of this file are what matplotlib 3.6.3 gives: MaxNLocator
// with AutoLocator's steps and nbins, and the levels of contourf.

func TestNiceTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   []float64
	}{
		{-10, 10, []float64{-10, -7.5, -5, -2.5, 0, 2.5, 5, 7.5, 10}},
		{-10, 13.52, []float64{-10, -5, 0, 5, 10, 15}},
		{0.329, 12.9, []float64{0, 2, 4, 6, 8, 10, 12, 14}},
		{-3.05, 3.57, []float64{-4, -3, -2, -1, 0, 1, 2, 3, 4}},
		{0.0377, 19.7, []float64{0, 2.5, 5, 7.5, 10, 12.5, 15, 17.5, 20}},
		{1e-07, 3e-07, []float64{1e-07, 1.25e-07, 1.5e-07, 1.75e-07, 2e-07, 2.25e-07, 2.5e-07, 2.75e-07, 3e-07}},
		{1000, 1003, []float64{1000, 1000.5, 1001, 1001.5, 1002, 1002.5, 1003}},
		{-1.1, 1.1, []float64{-1.25, -1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 1.25}},
		{0, 1, []float64{0, 0.2, 0.4, 0.6, 0.8, 1}},
		{123456, 123457, []float64{123456, 123456.2, 123456.4, 123456.6, 123456.8, 123457}},
		{-2.5e6, 9e5, []float64{-2500000, -2000000, -1500000, -1000000, -500000, 0, 500000, 1000000}},
		{5, 5.001, []float64{5, 5.0002, 5.0004, 5.0006, 5.0008, 5.001}},
	} {
		got := niceTicks(c.lo, c.hi, 9, 2, axisSteps)
		if d := cmp.Diff(c.want, got, close12); d != "" {
			t.Errorf("%v to %v (-matplotlib +got):\n%s", c.lo, c.hi, d)
		}
	}
}

func TestContourLevels(t *testing.T) {
	for _, c := range []struct {
		lo, hi      float64
		n, levels   int
		first, last float64
	}{
		{0.329, 12.9, 10, 10, 0, 13.5},
		{0.329, 12.9, 50, 52, 0.25, 13},
		{0.0377, 19.7, 10, 11, 0, 20},
		{0.0377, 19.7, 50, 51, 0, 20},
		{0.33, 0.34, 10, 11, 0.33, 0.34},
		{0.33, 0.34, 50, 51, 0.33, 0.34},
		{-1, 1, 10, 11, -1, 1},
		{-1, 1, 50, 51, -1, 1},
		{1e-3, 1e3, 10, 11, 0, 1000},
		{1e-3, 1e3, 50, 51, 0, 1000},
	} {
		got := NewLinear(c.lo, c.hi).Levels(c.n)
		if len(got) != c.levels {
			t.Errorf("%v to %v, %d: %d levels, matplotlib has %d", c.lo, c.hi, c.n, len(got), c.levels)
			continue
		}
		ends := []float64{got[0], got[len(got)-1]}
		if d := cmp.Diff([]float64{c.first, c.last}, ends, close12); d != "" {
			t.Errorf("%v to %v, %d: ends (-matplotlib +got):\n%s", c.lo, c.hi, c.n, d)
		}
	}
	for _, r := range [][2]float64{{1, 1}, {2, 1}, {math.NaN(), 1}, {-math.MaxFloat64, math.MaxFloat64}} {
		if got := NewLinear(r[0], r[1]).Levels(10); got != nil {
			t.Errorf("%v to %v: %v, want none", r[0], r[1], got)
		}
	}
}

func TestTickLabels(t *testing.T) {
	for _, c := range []struct {
		ticks []float64
		want  []string
	}{
		{nil, nil},
		{[]float64{0}, []string{"0"}},
		{[]float64{-10, -7.5, -5}, []string{"−10.0", "−7.5", "−5.0"}},
		{[]float64{-5, 0, 5}, []string{"−5", "0", "5"}},
		{[]float64{-0.25, -1e-17, 0.25}, []string{"−0.25", "0.00", "0.25"}},
		{[]float64{0.1, 0.2, 0.30000000000000004}, []string{"0.1", "0.2", "0.3"}},
		{[]float64{0, 500000, 1000000}, []string{"0", "5·10⁵", "10⁶"}},
		{[]float64{-1e-7, 0, 1.25e-7}, []string{"−10⁻⁷", "0", "1.25·10⁻⁷"}},
	} {
		if got := Labels(c.ticks); !slices.Equal(got, c.want) {
			t.Errorf("%v: %q, want %q", c.ticks, got, c.want)
		}
	}
}

func TestLogTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		bins   int
		want   []string
	}{
		{0.003, 2, 6, []string{"0.01", "0.1", "1"}},
		{0.3, 12, 8, []string{"0.5", "1", "2", "5", "10"}},
		{1e-9, 1, 4, []string{"10⁻⁹", "10⁻⁶", "10⁻³", "10⁰"}},
		{2e-6, 3e-5, 6, []string{"2·10⁻⁶", "5·10⁻⁶", "10⁻⁵", "2·10⁻⁵"}},
		{0.61, 0.62, 4, []string{"0.610", "0.615", "0.620"}},
	} {
		if _, got := NewLog(c.lo, c.hi).Ticks(c.bins); !slices.Equal(got, c.want) {
			t.Errorf("%v to %v, %d bins: %q, want %q", c.lo, c.hi, c.bins, got, c.want)
		}
	}
}

// TestScales checks that scales run from 0 to 1, can be turned around, put half of
// the landscape below the middle if they are of ranks, and have true ticks.
func TestScales(t *testing.T) {
	var loss []float64
	for i := range 2001 {
		x := float64(i) / 2000
		loss = append(loss, 0.25+12*x*x*x)
	}
	for kind, want := range map[string]string{
		Linear: "2 4 6 8 10 12",
		Log:    "0.5 1 2 5 10",
		Asinh:  "0.5 1 2 5 10",
		Rank:   "0.25 0.3 0.5 1.2 2.5 5 8 12",
		Auto:   "2 4 6 8 10 12",
	} {
		s := New(kind, loss)
		if kind != Auto && s.Kind != kind {
			t.Errorf("%s: made a scale of %s", kind, s.Kind)
		}
		if lo, hi := s.Unit(loss[0]), s.Unit(loss[2000]); math.Abs(lo) > 1e-9 || math.Abs(hi-1) > 1e-9 {
			t.Errorf("%s: from %v to %v", kind, lo, hi)
		}
		last := -1.0
		for _, v := range loss {
			u := s.Unit(v)
			if u < last {
				t.Errorf("%s: falls at %v", kind, v)
			}
			if back := s.From(s.To(v)); math.Abs(back-v) > 1e-9*(1+v) {
				t.Errorf("%s: %v comes back as %v", kind, v, back)
			}
			last = u
		}
		if kind == Rank {
			if u := s.Unit(loss[1000]); math.Abs(u-0.5) > 0.01 {
				t.Errorf("rank of the median is %v", u)
			}
		}
		ticks, labels := s.Ticks(7)
		if got := strings.Join(labels, " "); got != want {
			t.Errorf("%s: ticks %v, labels %q, want %q", kind, ticks, got, want)
		}
	}
	// Needles choose a scale of powers, and without a loss above 0 there is none.
	needle := make([]float64, 1000)
	for i := range needle {
		needle[i] = 1 + math.Pow(10, float64(i)/250)
	}
	if s := New(Auto, needle); s.Kind != Log {
		t.Errorf("auto chose %s for needles", s.Kind)
	}
	needle[0] = 0
	if s := New(Auto, needle); s.Kind != Asinh {
		t.Errorf("auto chose %s for needles from 0", s.Kind)
	}
	if s := New(Log, []float64{-2, -1, 0}); s.Kind != Linear {
		t.Errorf("%s for losses below 0", s.Kind)
	}
	var odd []float64
	for i := -100; i <= 100; i++ {
		odd = append(odd, float64(i*i*i)/1000)
	}
	if s := New(Asinh, odd); s.Unit(0) != 0.5 {
		t.Errorf("0 lies at %v", s.Unit(0))
	} else if _, got := s.Ticks(9); strings.Join(got, " ") != "−1000 −100 −10 −1 0 1 10 100 1000" {
		t.Errorf("ticks %q", got)
	}
	for _, same := range [][]float64{nil, {3}, {3, 3, 3}} {
		for _, kind := range []string{Linear, Log, Asinh, Rank, Auto} {
			New(kind, same)
		}
	}
}
