// Package agree says whether two float results agree: a computed one in
// float32 or float64 against a float64 reference, under a named tolerance that
// carries its own derivation.
//
// Compare measures element by element, CompareVectors vector by vector. Both
// return a Report; its Err is nil if the two agree.
package agree

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// Float is a type of element that can be compared with a float64 reference.
type Float interface{ ~float32 | ~float64 }

// Report is how a result compares with its reference.
//
// Elements agree if |got − ref| ≤ Abs + Rel |ref|, with the tolerance's Abs
// and Rel. Where either is NaN or infinite they agree only if both are NaN or
// both are the same infinity, whatever the tolerance is; such elements count
// in NaN, Inf and Over and are left out of the other measures.
type Report struct {
	Tolerance Tolerance

	N    int // elements compared (vectors, for CompareVectors)
	NaN  int // elements of which either side is NaN
	Inf  int // elements of which either side is infinite and neither NaN
	Over int // elements that do not agree

	MaxAbs float64 // greatest |got − ref|
	MaxRel float64 // greatest |got − ref| / |ref|; +Inf where only ref is 0
	MaxULP float64 // greatest |got − ref| in units of float32 spacing at |ref|
	NMSE   float64 // Σ (got − ref)² / Σ ref²

	// Ratio is the greatest |got − ref| / (Abs + Rel |ref|): at most 1 if all
	// elements agree, +Inf if a NaN or an infinity does not. Worst is the
	// index where it occurs first, Got and Ref the values there (their
	// Euclidean norms, for CompareVectors), −1 if nothing was compared.
	Ratio    float64
	Worst    int
	Got, Ref float64

	// LenGot and LenRef are the numbers of values given; if they differ
	// nothing was compared.
	LenGot, LenRef int
}

// Compare compares got with ref, element by element.
func Compare[F Float](got []F, ref []float64, tol Tolerance) Report {
	return CompareVectors(got, ref, 1, tol)
}

// CompareVectors compares got with ref in vectors of dim consecutive values,
// such as the rows of a trajectory: the criterion and every measure then take
// the Euclidean norm of the difference and of the reference vector for
// |got − ref| and |ref|. A component that passes through zero, where its own
// relative error means nothing, is thus held to the size of its vector. A
// vector is NaN if a component is, else infinite if a component is; it agrees
// if all its non-finite components do. CompareVectors panics if dim < 1.
func CompareVectors[F Float](got []F, ref []float64, dim int, tol Tolerance) Report {
	if dim < 1 {
		panic(fmt.Sprintf("agree: vectors of %d components", dim))
	}
	r := Report{Tolerance: tol, Worst: -1, LenGot: len(got), LenRef: len(ref)}
	if len(got) != len(ref) || len(ref)%dim != 0 {
		return r
	}
	r.N = len(ref) / dim
	var errSum, refSum float64
	for i := range r.N {
		v := measure(got[i*dim:(i+1)*dim], ref[i*dim:(i+1)*dim])
		if v.nan {
			r.NaN++
		} else if v.inf {
			r.Inf++
		}
		var ratio float64
		switch {
		case v.nan || v.inf:
			if v.differs {
				ratio = math.Inf(1)
			}
		default:
			ratio = quotient(v.abs, tol.Abs+tol.Rel*v.ref)
			r.MaxAbs = max(r.MaxAbs, v.abs)
			r.MaxRel = max(r.MaxRel, quotient(v.abs, v.ref))
			r.MaxULP = max(r.MaxULP, v.abs/ulp32(v.ref))
			errSum += v.abs * v.abs
			refSum += v.ref * v.ref
		}
		if ratio > 1 {
			r.Over++
		}
		if r.Worst < 0 || ratio > r.Ratio {
			r.Ratio, r.Worst = ratio, i
			r.Got, r.Ref = v.got, v.ref
			if dim == 1 { // with its sign
				r.Got, r.Ref = float64(got[i]), ref[i]
			}
		}
	}
	r.NMSE = quotient(errSum, refSum)
	return r
}

// vector is what one vector of two results measures.
type vector struct {
	nan, inf, differs bool    // holds a NaN, an infinity, one that does not match
	abs, got, ref     float64 // norms of the difference, of got, of ref
}

func measure[F Float](got []F, ref []float64) (v vector) {
	if len(ref) == 1 { // the norm of one value must not overflow or underflow
		g := float64(got[0])
		v.abs, v.got, v.ref = math.Abs(g-ref[0]), math.Abs(g), math.Abs(ref[0])
	}
	for k, x := range ref {
		g := float64(got[k])
		nan := math.IsNaN(g) || math.IsNaN(x)
		inf := math.IsInf(g, 0) || math.IsInf(x, 0)
		switch {
		case nan:
			v.nan = true
			v.differs = v.differs || !math.IsNaN(g) || !math.IsNaN(x)
		case inf:
			v.inf = true
			v.differs = v.differs || g != x
		}
		if len(ref) > 1 {
			v.abs = math.Hypot(v.abs, g-x)
			v.got = math.Hypot(v.got, g)
			v.ref = math.Hypot(v.ref, x)
		}
	}
	return v
}

// quotient is a/b with 0/0 = 0.
func quotient(a, b float64) float64 {
	if a == 0 {
		return 0
	}
	return a / b
}

// ulp32 returns the distance between neighbouring float32 values at x ≥ 0, as
// if float32 had no greatest exponent.
func ulp32(x float64) float64 {
	const minNormal, subnormal = 0x1p-126, 0x1p-149
	if x < minNormal {
		return subnormal
	}
	_, exp := math.Frexp(x) // x = m 2^exp, 1/2 ≤ m < 1
	return math.Ldexp(1, exp-24)
}

// OK reports whether the two results agree.
func (r Report) OK() bool { return r.Err() == nil }

// Err returns nil if the two results agree, or an error of one line that says
// what does not.
func (r Report) Err() error {
	if r.LenGot != r.LenRef {
		return fmt.Errorf("%d values against %d of the reference", r.LenGot, r.LenRef)
	}
	if r.N == 0 {
		if r.LenRef > 0 {
			return fmt.Errorf("%d values are no whole number of vectors", r.LenRef)
		}
		return errors.New("nothing to compare")
	}
	var faults []string
	if r.Over > 0 {
		faults = append(faults, fmt.Sprintf("%d of %d differ, worst at %d: got %.9g, reference %.9g, %.3g times the tolerance",
			r.Over, r.N, r.Worst, r.Got, r.Ref, r.Ratio))
	}
	if t := r.Tolerance; t.NMSE > 0 && !(r.NMSE <= t.NMSE) {
		faults = append(faults, fmt.Sprintf("NMSE %.3g is above %.3g", r.NMSE, t.NMSE))
	}
	if t := r.Tolerance; t.ULP > 0 && r.MaxULP > t.ULP {
		faults = append(faults, fmt.Sprintf("%.3g float32 ULP is above %g", r.MaxULP, t.ULP))
	}
	if faults == nil {
		return nil
	}
	return fmt.Errorf("%s: %s", r.Tolerance, strings.Join(faults, "; "))
}

// String returns the measures in one line, for logs and tables.
func (r Report) String() string {
	s := fmt.Sprintf("n=%d abs=%.2e rel=%.2e ulp=%.3g nmse=%.2e ratio=%.2g", r.N, r.MaxAbs, r.MaxRel, r.MaxULP, r.NMSE, r.Ratio)
	if r.NaN > 0 || r.Inf > 0 {
		s += fmt.Sprintf(" nan=%d inf=%d", r.NaN, r.Inf)
	}
	if r.Over > 0 {
		s += fmt.Sprintf(" over=%d", r.Over)
	}
	return s
}
