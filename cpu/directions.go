package cpu

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// PlaneAlong returns the plane through origin that two vectors span, with orthonormal
// directions: D1 along a, and D2 along what of b is orthogonal to it. It is an error if
// the vectors span none, the sine of their angle being below 1e-8.
func PlaneAlong(origin, a, b []float64) (Plane, error) {
	d1, n := unit(a)
	if n == 0 {
		return Plane{}, errors.New("the first direction is zero, want one with a length")
	}
	d2, n := unit(b)
	if n == 0 {
		return Plane{}, errors.New("the second direction is zero, want one with a length")
	}
	// Twice, for the rounding of the first time.
	length := 1.0
	for range 2 {
		floats.AddScaled(d2, -dot(d1, d2), d1)
		d2, n = unit(d2)
		if length *= n; length < minSine {
			return Plane{}, errors.New("both directions are along one line, want two that span a plane")
		}
	}
	return Plane{Origin: append([]float64(nil), origin...), D1: d1, D2: d2}, nil
}

// leastAngle is how well a computed plane of directions is known, in radians: a picture
// of 10,000 pixels does not tell it from the true one by more than a hundredth of one.
const leastAngle = 1e-6

// ErrUndetermined says that the numbers do not determine two leading directions: there
// are fewer, or the second is no more leading than the third.
var ErrUndetermined = errors.New("two leading directions are not determined")

// Curvatures returns the two largest eigenvalues of the Hessian at w, the larger one
// first, and orthonormal eigenvectors of them, whose component of the greatest magnitude
// is positive.
//
// The error wraps ErrUndetermined if rounding turns the plane of both by more than
// 1e-6: that is at most ‖E‖ over the distance to the third eigenvalue (Davis and Kahan,
// 1970), E being the eigenvalues' rounding, dim ε λ_max. It panics unless the model is Linear.
func (p *Problem) Curvatures(w []float64) (values [2]float64, vectors [2][]float64, err error) {
	var e mat.EigenSym
	if !allFinite(w) || !e.Factorize(p.Hessian(w), true) {
		return values, vectors, errors.New("the Hessian has no finite eigenvalues")
	}
	all := e.Values(nil)
	n := len(all)
	third := 0.0
	if n > 2 {
		third = all[n-3]
	}
	if bad := float64(n) * epsilon * all[n-1]; n < 2 || !(all[n-2] > 0) || n > 2 && !(all[n-2]-third > bad/leastAngle) {
		return values, vectors, fmt.Errorf("%w: the Hessian's largest eigenvalues are %.6g, %.6g and %.6g", ErrUndetermined, all[n-1], all[max(n-2, 0)], third)
	}
	var q mat.Dense
	e.VectorsTo(&q)
	for i := range vectors {
		values[i] = all[n-1-i]
		vectors[i] = mat.Col(nil, n-1-i, &q)
		turn(vectors[i])
	}
	return values, vectors, nil
}

// epsilon is the distance from 1 to the next float64.
const epsilon = 0x1p-52

// turn gives a direction the sign with which its component of the greatest magnitude, the
// first of them, is positive.
func turn(d []float64) {
	most := 0
	for i, x := range d {
		if math.Abs(x) > math.Abs(d[most]) {
			most = i
		}
	}
	if d[most] < 0 {
		floats.Scale(-1, d)
	}
}

// Principal returns the two principal components of a run's states, of all of its steps
// and the start: the orthonormal directions along which they vary most around their
// mean, with the shares of the variance that they explain. Each has the sign with which
// its component of the greatest magnitude is positive.
//
// The error wraps ErrUndetermined if rounding, of the states and of the singular values,
// turns the plane of both by more than 1e-6; so it is for a path along a straight line.
// States that are not finite are an error.
func (t *Trajectory) Principal() (shares [2]float64, directions [2][]float64, err error) {
	n := len(t.Loss)
	if !allFinite(t.Weights) {
		return shares, directions, errors.New("the run leaves the finite numbers")
	}
	// By a power of 2 that brings them near 1, so that no square overflows.
	most := floats.Norm(t.Weights, math.Inf(1))
	if most == 0 {
		return shares, directions, fmt.Errorf("%w: the run stays at zero", ErrUndetermined)
	}
	_, exponent := math.Frexp(most)
	a := mat.NewDense(n, t.Dim, nil)
	for j := range t.Dim {
		column := make([]float64, n)
		for k := range column {
			column[k] = math.Ldexp(t.At(k)[j], -exponent)
		}
		floats.AddConst(-column[0], column) // so that the mean rounds by what varies
		floats.AddConst(-floats.Sum(column)/float64(n), column)
		a.SetCol(j, column)
	}
	var svd mat.SVD
	if !svd.Factorize(a, mat.SVDThinV) {
		return shares, directions, errors.New("the run's states have no singular values")
	}
	s := append(svd.Values(nil), 0, 0, 0)
	rounding := epsilon * math.Sqrt(float64(t.Dim)) * (s[0] + math.Sqrt(float64(n)))
	if !(s[1]-s[2] > rounding/leastAngle) {
		return shares, directions, fmt.Errorf("%w: the run's states vary by %.3g, %.3g and %.3g along its first three", ErrUndetermined,
			math.Ldexp(s[0], exponent), math.Ldexp(s[1], exponent), math.Ldexp(s[2], exponent))
	}
	var v mat.Dense
	svd.VTo(&v)
	total := floats.Dot(s, s)
	for i := range directions {
		shares[i] = s[i] * s[i] / total
		directions[i] = mat.Col(nil, i, &v)
		turn(directions[i])
	}
	return shares, directions, nil
}

// Bowl returns how far the bowl around a minimum w reaches along the directions of a
// plane, in its coordinates either way: to where the loss's quadratic model, in the plane,
// is by rise above its least value. An extent is +Inf where the plane has no curvature
// there. It panics unless the model is Linear.
func (p *Problem) Bowl(pl Plane, w []float64, rise float64) (alpha, beta float64) {
	h := p.Hessian(w)
	inner := func(a, b []float64) float64 {
		return mat.Inner(mat.NewVecDense(len(a), a), h, mat.NewVecDense(len(b), b))
	}
	a, b, c := inner(pl.D1, pl.D1), inner(pl.D1, pl.D2), inner(pl.D2, pl.D2)
	// The ellipse ½ xᵀHx = rise has half extents √(2 rise (H⁻¹)ᵢᵢ).
	det := a*c - b*b
	if !(det > 4*epsilon*a*c) {
		return math.Inf(1), math.Inf(1)
	}
	return math.Sqrt(2 * rise * c / det), math.Sqrt(2 * rise * a / det)
}
