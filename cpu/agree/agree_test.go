package agree_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"losscape/cpu/agree"
)

var (
	nan = math.NaN()
	inf = math.Inf(1)
)

func ExampleCompare() {
	reference := []float64{0.5, 2, 1e-7}
	got := []float32{0.5, 2.0001, 1e-7} // as a kernel computes it
	r := agree.Compare(got, reference, agree.Landscape(0))
	fmt.Println(r.Over, "over, worst at", r.Worst)
	fmt.Println(r.Err())
	// Output:
	// 1 over, worst at 1
	// landscape (rel 1e-05, abs 1.18e-38, nmse 1e-10): 1 of 3 differ, worst at 1: got 2.0000999, reference 2, 4.99 times the tolerance; NMSE 2.35e-09 is above 1e-10
}

func ExampleCompareVectors() {
	// The second weight passes through zero: alone it is off by 20 %.
	reference := []float64{1, 0.5, 1.2, 1e-6}
	got := []float32{1, 0.5, 1.2, 1.2e-6}
	fmt.Println(agree.Compare(got, reference, agree.Trajectory).OK())
	fmt.Println(agree.CompareVectors(got, reference, 2, agree.Trajectory).OK())
	// Output:
	// false
	// true
}

func TestMeasures(t *testing.T) {
	r := agree.Compare([]float32{1, -2, 4.5, 0}, []float64{1, -2.5, 4, 0}, agree.Tolerance{Name: "x", Rel: 0.1, Abs: 0.25})
	if r.N != 4 || r.NaN != 0 || r.Inf != 0 || r.Over != 0 || r.LenGot != 4 || r.LenRef != 4 {
		t.Errorf("counts: %+v", r)
	}
	if r.MaxAbs != 0.5 || r.MaxRel != 0.2 || r.NMSE != 0.5/(1+6.25+16) {
		t.Errorf("abs %v, rel %v, nmse %v", r.MaxAbs, r.MaxRel, r.NMSE)
	}
	if r.MaxULP != 0.5*(1<<22) { // of 2.5, whose spacing is 2⁻²²
		t.Errorf("ulp %v", r.MaxULP)
	}
	if r.Ratio != 1 || r.Worst != 1 || r.Got != -2 || r.Ref != -2.5 {
		t.Errorf("worst: %+v", r)
	}
	if err := r.Err(); err != nil {
		t.Error(err)
	}
}

func TestULP(t *testing.T) {
	for _, x := range []float32{0, 1, 1.5, math.Nextafter32(2, 0), 2, -3, 1e-38, 0x1p-126, 0x1p-149, 1e38} {
		up := math.Nextafter32(x, float32(math.Copysign(inf, float64(x))))
		r := agree.Compare([]float32{up}, []float64{float64(x)}, agree.Tolerance{ULP: 1, Abs: inf})
		if r.MaxULP != 1 {
			t.Errorf("%v and its neighbour: %v ULP", x, r.MaxULP)
		}
		if err := r.Err(); err != nil {
			t.Errorf("%v: %v", x, err)
		}
	}
	r := agree.Compare([]float64{1 + 0x1p-22}, []float64{1}, agree.Tolerance{ULP: 1, Abs: 1})
	if err := r.Err(); err == nil || !strings.Contains(err.Error(), "2 float32 ULP is above 1") {
		t.Errorf("error %v", err)
	}
}

// TestNonFinite checks that no tolerance forgives a NaN or an infinity that
// the reference does not have.
func TestNonFinite(t *testing.T) {
	anything := agree.Tolerance{Abs: inf}
	tests := []struct {
		got, ref float64
		ok       bool
		nan, inf int
	}{
		{nan, nan, true, 1, 0},
		{nan, 1, false, 1, 0},
		{1, nan, false, 1, 0},
		{nan, inf, false, 1, 0},
		{inf, inf, true, 0, 1},
		{-inf, -inf, true, 0, 1},
		{inf, -inf, false, 0, 1},
		{inf, 1e300, false, 0, 1},
		{1e300, inf, false, 0, 1},
		{1, 1e300, true, 0, 0},
	}
	for _, tt := range tests {
		// Among others, and first, so that the worst index is tested too.
		for at, pair := range [][2][]float64{
			{{tt.got, 1}, {tt.ref, 1}},
			{{1, tt.got}, {1, tt.ref}},
		} {
			r := agree.Compare(pair[0], pair[1], anything)
			if r.OK() != tt.ok || r.NaN != tt.nan || r.Inf != tt.inf {
				t.Errorf("%v against %v: OK %v, %v", tt.got, tt.ref, r.OK(), r)
			}
			if !tt.ok && (r.Worst != at || r.Over != 1 || !math.IsInf(r.Ratio, 1)) {
				t.Errorf("%v against %v at %d: worst %d, over %d, ratio %v", tt.got, tt.ref, at, r.Worst, r.Over, r.Ratio)
			}
			v := agree.CompareVectors(pair[0], pair[1], 2, anything)
			if v.OK() != tt.ok || v.N != 1 || v.NaN != tt.nan || v.Inf != tt.inf {
				t.Errorf("%v against %v in a vector: OK %v, %v", tt.got, tt.ref, v.OK(), v)
			}
		}
	}
}

func TestZeroTolerance(t *testing.T) {
	if r := agree.Compare([]float64{0, 1, -2}, []float64{0, 1, -2}, agree.Tolerance{}); !r.OK() || r.Ratio != 0 || r.Worst != 0 {
		t.Errorf("equal values: %v", r)
	}
	r := agree.Compare([]float64{0, 1, -2}, []float64{0, 1, math.Nextafter(-2, 0)}, agree.Tolerance{})
	if r.OK() || r.Worst != 2 || !math.IsInf(r.Ratio, 1) {
		t.Errorf("neighbours: %v", r)
	}
	if r := agree.Compare([]float64{1e-9}, []float64{0}, agree.Tolerance{Abs: 1e-8}); !r.OK() || !math.IsInf(r.MaxRel, 1) || !math.IsInf(r.NMSE, 1) {
		t.Errorf("near zero: %v", r)
	}
}

func TestLengths(t *testing.T) {
	for _, tt := range []struct {
		got, ref []float64
		dim      int
		want     string
	}{
		{make([]float64, 3), make([]float64, 4), 1, "3 values against 4"},
		{nil, make([]float64, 4), 2, "0 values against 4"},
		{make([]float64, 3), make([]float64, 3), 2, "no whole number of vectors"},
		{nil, nil, 1, "nothing to compare"},
	} {
		r := agree.CompareVectors(tt.got, tt.ref, tt.dim, agree.CPUReference)
		if err := r.Err(); err == nil || !strings.Contains(err.Error(), tt.want) || r.OK() || r.Worst != -1 {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
}

func TestVectors(t *testing.T) {
	r := agree.CompareVectors([]float64{3, 4, 6, 8.5}, []float64{3, 4, 6, 8}, 2, agree.Tolerance{Rel: 0.01})
	if r.N != 2 || r.Over != 1 || r.Worst != 1 || r.MaxAbs != 0.5 || r.MaxRel != 0.05 || r.Ref != 10 || math.Abs(r.Ratio-5) > 1e-12 {
		t.Errorf("%+v", r)
	}
	if want := "n=2 abs=5.00e-01 rel=5.00e-02 ulp=5.24e+05 nmse=2.00e-03 ratio=5 over=1"; r.String() != want {
		t.Errorf("got  %s\nwant %s", r, want)
	}
}

// TestTolerances checks that every named tolerance says why.
func TestTolerances(t *testing.T) {
	for _, tol := range []agree.Tolerance{agree.CPUReference, agree.Notebook, agree.Trajectory, agree.Landscape(1e-15)} {
		if tol.Name == "" || tol.Why == "" || tol.Rel <= 0 {
			t.Errorf("%+v", tol)
		}
	}
	if got, want := agree.Landscape(1e-3).Abs, 2e-8; math.Abs(got-want) > 1e-20 {
		t.Errorf("absolute term %v, want %v", got, want)
	}
}

func BenchmarkCompare(b *testing.B) {
	got, ref := make([]float32, 1<<20), make([]float64, 1<<20)
	for i := range ref {
		ref[i] = float64(i + 1)
		got[i] = float32(ref[i])
	}
	for b.Loop() {
		agree.Compare(got, ref, agree.Landscape(0))
	}
	b.ReportMetric(float64(b.N)*float64(len(ref))/b.Elapsed().Seconds(), "elements/s")
}
