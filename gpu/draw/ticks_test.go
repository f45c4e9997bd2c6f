package draw

import (
	"math"
	"slices"
	"strings"
	"testing"

	"losscape/scenes"

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
		got := contourLevels(c.lo, c.hi, c.n)
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
		if got := contourLevels(r[0], r[1], 10); got != nil {
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
		{[]float64{0, 500000, 1000000}, []string{"0", "5e5", "1e6"}},
		{[]float64{-1e-7, 0, 1.25e-7}, []string{"−1e−7", "0", "1.25e−7"}},
	} {
		if got := tickLabels(c.ticks); !slices.Equal(got, c.want) {
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
		if _, got := logarithmic(c.lo, c.hi).ticks(c.bins); !slices.Equal(got, c.want) {
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
		linearScale: "2 4 6 8 10 12",
		logScale:    "0.5 1 2 5 10",
		symlogScale: "0.5 1 2 5 10",
		rankScale:   "0.25 0.3 0.5 1.2 2.5 5 8 12",
		autoScale:   "2 4 6 8 10 12",
	} {
		s := newScale(kind, loss)
		if kind != autoScale && s.kind != kind {
			t.Errorf("%s: made a scale of %s", kind, s.kind)
		}
		if lo, hi := s.unit(loss[0]), s.unit(loss[2000]); math.Abs(lo) > 1e-9 || math.Abs(hi-1) > 1e-9 {
			t.Errorf("%s: from %v to %v", kind, lo, hi)
		}
		last := -1.0
		for _, v := range loss {
			u := s.unit(v)
			if u < last {
				t.Errorf("%s: falls at %v", kind, v)
			}
			if back := s.from(s.to(v)); math.Abs(back-v) > 1e-9*(1+v) {
				t.Errorf("%s: %v comes back as %v", kind, v, back)
			}
			last = u
		}
		if kind == rankScale {
			if u := s.unit(loss[1000]); math.Abs(u-0.5) > 0.01 {
				t.Errorf("rank of the median is %v", u)
			}
		}
		ticks, labels := s.ticks(7)
		if got := strings.Join(labels, " "); got != want {
			t.Errorf("%s: ticks %v, labels %q, want %q", kind, ticks, got, want)
		}
	}
	// Needles choose a scale of powers, and without a loss above 0 there is none.
	needle := make([]float64, 1000)
	for i := range needle {
		needle[i] = 1 + math.Pow(10, float64(i)/250)
	}
	if s := newScale(autoScale, needle); s.kind != logScale {
		t.Errorf("auto chose %s for needles", s.kind)
	}
	needle[0] = 0
	if s := newScale(autoScale, needle); s.kind != symlogScale {
		t.Errorf("auto chose %s for needles from 0", s.kind)
	}
	if s := newScale(logScale, []float64{-2, -1, 0}); s.kind != linearScale {
		t.Errorf("%s for losses below 0", s.kind)
	}
	var odd []float64
	for i := -100; i <= 100; i++ {
		odd = append(odd, float64(i*i*i)/1000)
	}
	if s := newScale(symlogScale, odd); s.unit(0) != 0.5 {
		t.Errorf("0 lies at %v", s.unit(0))
	} else if _, got := s.ticks(9); strings.Join(got, " ") != "−1000 −100 −10 −1 0 1 10 100 1000" {
		t.Errorf("ticks %q", got)
	}
	for _, same := range [][]float64{nil, {3}, {3, 3, 3}} {
		for _, kind := range []string{linearScale, logScale, symlogScale, rankScale, autoScale} {
			newScale(kind, same)
		}
	}
}

// TestTables checks the colours at both ends of the published maps.
func TestTables(t *testing.T) {
	for name, want := range map[string][2][3]byte{
		"magma":   {{0, 0, 4}, {252, 253, 191}},
		"inferno": {{0, 0, 4}, {252, 255, 164}},
		"plasma":  {{13, 8, 135}, {240, 249, 33}},
		"cividis": {{0, 34, 78}, {254, 232, 56}},
		"turbo":   {{48, 18, 59}, {122, 4, 3}},
		"viridis": {{68, 1, 84}, {253, 231, 37}},
	} {
		m := colormap(name)
		if len(m) != 1024 || [3]byte(m[:3]) != want[0] || [3]byte(m[1020:1023]) != want[1] {
			t.Errorf("%s: %d bytes from %v to %v", name, len(m), m[:3], m[max(0, len(m)-4):])
		}
	}
	for _, name := range scenes.Colormaps {
		if len(colormap(name)) != 1024 {
			t.Errorf("no colour map %q", name)
		}
	}
}

// The wanted colours are matplotlib's, which rounds 8-bit values down.
func TestColorMaps(t *testing.T) {
	v, b := colormap("viridis"), rdbuReversed()
	if len(v) != 1024 || len(b) != 1024 {
		t.Fatalf("%d and %d bytes, want 1024", len(v), len(b))
	}
	for _, c := range []struct {
		i       int
		rdbu, v [3]byte
	}{
		{0, [3]byte{0x05, 0x30, 0x61}, [3]byte{0x44, 0x01, 0x54}},
		{25, [3]byte{0x20, 0x64, 0xaa}, [3]byte{0x48, 0x23, 0x74}},
		{77, [3]byte{0x93, 0xc5, 0xde}, [3]byte{0x34, 0x5f, 0x8d}},
		{128, [3]byte{0xf7, 0xf6, 0xf6}, [3]byte{0x20, 0x90, 0x8c}},
		{200, [3]byte{0xda, 0x6a, 0x55}, [3]byte{0x70, 0xce, 0x56}},
		{255, [3]byte{0x67, 0x00, 0x1f}, [3]byte{0xfd, 0xe7, 0x24}},
	} {
		for k := range 3 {
			if d := int(b[4*c.i+k]) - int(c.rdbu[k]); d < 0 || d > 1 {
				t.Errorf("RdBu_r[%d] = %v, matplotlib has %v", c.i, b[4*c.i:4*c.i+3], c.rdbu)
			}
			if d := int(v[4*c.i+k]) - int(c.v[k]); d < 0 || d > 1 {
				t.Errorf("viridis[%d] = %v, matplotlib has %v", c.i, v[4*c.i:4*c.i+3], c.v)
			}
		}
	}
}
