package cpu

import (
	"errors"
	"fmt"
	"math"
	"sync"
)

// Step returns the distance between neighbouring values, 0 if there is one.
func (a Axis) Step() float64 {
	if a.N <= 1 {
		return 0
	}
	return (a.Max - a.Min) / float64(a.N-1)
}

// At returns the i-th value, 0 ≤ i < N, as numpy.linspace computes it: the
// ends are exact, and an axis of one value is at Min.
func (a Axis) At(i int) float64 {
	if i == a.N-1 && a.N > 1 {
		return a.Max
	}
	// The conversion keeps the product from being fused with the sum, which
	// would move the last bit on some architectures.
	return float64(float64(i)*a.Step()) + a.Min
}

// Validate returns an error unless the axis has at least one value and finite
// ends, Min below Max (an axis of one value may have them equal).
func (a Axis) Validate() error {
	switch {
	case a.N < 1:
		return fmt.Errorf("axis of %d values, want at least 1", a.N)
	case !finite(a.Min) || !finite(a.Max):
		return fmt.Errorf("axis from %v to %v, want finite ends", a.Min, a.Max)
	case a.N == 1 && a.Min <= a.Max:
		return nil
	case a.Min >= a.Max:
		return fmt.Errorf("axis from %v to %v is empty, want its first end below its second", a.Min, a.Max)
	case !finite(a.Max - a.Min):
		return fmt.Errorf("axis from %v to %v is too wide for float64", a.Min, a.Max)
	}
	return nil
}

// Validate returns an error unless both axes are valid and the grid can be
// indexed.
func (g Grid) Validate() error {
	if err := g.X.Validate(); err != nil {
		return fmt.Errorf("x: %w", err)
	}
	if err := g.Y.Validate(); err != nil {
		return fmt.Errorf("y: %w", err)
	}
	if g.X.N > math.MaxInt/8/g.Y.N {
		return fmt.Errorf("grid of %d x %d points is too large", g.X.N, g.Y.N)
	}
	return nil
}

// Size returns the number of points of the grid.
func (g Grid) Size() int { return g.X.N * g.Y.N }

// Rows returns all rows of the grid.
func (g Grid) Rows() Rows { return Rows{0, g.Y.N} }

// Len returns the number of rows.
func (r Rows) Len() int { return r.End - r.First }

// Validate returns an error unless there are rows, all of them in the grid.
func (r Rows) Validate(g Grid) error {
	if r.First < 0 || r.End <= r.First || r.End > g.Y.N {
		return fmt.Errorf("rows from %d to %d of a grid of %d, want at least one of 0 to %d", r.First, r.End-1, g.Y.N, g.Y.N-1)
	}
	return nil
}

// CoordinatePlane returns the plane of weights i and j of a problem of dim
// weights, the others being 0. The notebook's landscape is
// CoordinatePlane(2, 0, 1): the slope and the bias.
func CoordinatePlane(dim, i, j int) Plane {
	pl := Plane{
		Origin: make([]float64, dim),
		D1:     make([]float64, dim),
		D2:     make([]float64, dim),
	}
	pl.D1[i] = 1
	pl.D2[j] = 1
	return pl
}

// CoordinateOf returns the index of the weight that the direction d is along, d
// being 1 there and 0 elsewhere, or −1 if it is along none.
func CoordinateOf(d []float64) int {
	at := -1
	for i, v := range d {
		switch {
		case v == 0:
		case v == 1 && at < 0:
			at = i
		default:
			return -1
		}
	}
	return at
}

// At stores in dst the weights Origin + α D1 + β D2 and returns dst. A nil dst
// is allocated.
func (pl Plane) At(dst []float64, alpha, beta float64) []float64 {
	if dst == nil {
		dst = make([]float64, len(pl.Origin))
	}
	for k := range dst {
		dst[k] = pl.Origin[k] + alpha*pl.D1[k] + beta*pl.D2[k]
	}
	return dst
}

// minSine is the least sine of the angle between two directions that still
// span a plane: below it, a plane coordinate has lost half its digits.
const minSine = 1e-8

// Validate returns an error unless the plane's three vectors have dim finite
// components each, else a *WeightsError, and its directions span a plane.
func (pl Plane) Validate(dim int) error {
	for _, v := range []struct {
		name string
		w    []float64
	}{{"origin", pl.Origin}, {"d1", pl.D1}, {"d2", pl.D2}} {
		if err := checkWeights(v.name, v.w, dim); err != nil {
			return err
		}
	}
	e1, n1 := unit(pl.D1)
	if n1 == 0 {
		return errors.New("plane's d1 is zero, want a direction")
	}
	e2, n2 := unit(pl.D2)
	if n2 == 0 {
		return errors.New("plane's d2 is zero, want a direction")
	}
	c := dot(e1, e2)
	for k := range e2 {
		e2[k] -= c * e1[k]
	}
	if norm(e2) < minSine {
		return errors.New("plane's d1 and d2 are parallel, want two directions that span a plane")
	}
	return nil
}

// Coordinates returns the coordinates of the point of the plane that is
// nearest to the weights w, and its distance from w. For weights in the plane
// the distance is 0 up to rounding. The directions need not be orthogonal; a
// plane that Validate rejects has NaN coordinates.
func (pl Plane) Coordinates(w []float64) (alpha, beta, distance float64) {
	r := make([]float64, len(w))
	for k := range w {
		r[k] = w[k] - pl.Origin[k]
	}
	// Least squares by Gram-Schmidt: with D2 = c e1 + n2 e2, the coordinate
	// along e2 is β n2, and the one along e1 is α n1 + β c.
	e1, n1 := unit(pl.D1)
	c := dot(e1, pl.D2)
	q := make([]float64, len(w))
	for k := range q {
		q[k] = pl.D2[k] - c*e1[k]
	}
	e2, n2 := unit(q)
	if n1 == 0 || n2 < minSine*norm(pl.D2) {
		return math.NaN(), math.NaN(), math.NaN()
	}
	b := dot(e2, r)
	beta = b / n2
	alpha = (dot(e1, r) - beta*c) / n1
	for k := range r {
		r[k] -= alpha*pl.D1[k] + beta*pl.D2[k]
	}
	return alpha, beta, norm(r)
}

// Project returns the samples as the plane sees them: the margin of sample i
// at plane coordinates (α, β) is s_i z_i with z_i = a_i + α u_i + β v_i and
// s_i = ±1. All have length N, whatever the number of features is. It panics unless
// the model is Linear.
func (p *Problem) Project(pl Plane) (a, u, v, s []float64) {
	p.needLinear("a projection of samples")
	n := p.N()
	buf := make([]float64, 4*n)
	a, u, v, s = buf[:n:n], buf[n:2*n:2*n], buf[2*n:3*n:3*n], buf[3*n:]
	const block = 1 << 16 // samples of a goroutine
	var wg sync.WaitGroup
	for from := block; from < n; from += block {
		to := min(from+block, n)
		wg.Go(func() { p.ProjectPart(pl, from, a[from:to], u[from:to], v[from:to], s[from:to]) })
	}
	to := min(block, n)
	p.ProjectPart(pl, 0, a[:to], u[:to], v[:to], s[:to])
	wg.Wait()
	return a, u, v, s
}

// ProjectPart is Project of as many samples as fit into a, u, v and s, from one on.
func (p *Problem) ProjectPart(pl Plane, from int, a, u, v, s []float64) {
	p.needLinear("a projection of samples")
	_, d := p.X.Dims()
	u, v, s = u[:len(a)], v[:len(a)], s[:len(a)]
	for k, y := range p.Y[from : from+len(a)] {
		s[k] = 2*y - 1
	}
	x := p.X.RawMatrix()
	if d == 1 { // a loop of one turn takes longer than what is in it
		o, d1, d2 := pl.Origin, pl.D1, pl.D2
		for k := range a {
			x := x.Data[(from+k)*x.Stride]
			a[k] = float64(x*o[0]) + o[1]
			u[k] = float64(x*d1[0]) + d1[1]
			v[k] = float64(x*d2[0]) + d2[1]
		}
		return
	}
	for k := range a {
		x := x.Data[(from+k)*x.Stride:][:d]
		a[k] = dot(x, pl.Origin[:d]) + pl.Origin[d]
		u[k] = dot(x, pl.D1[:d]) + pl.D1[d]
		v[k] = dot(x, pl.D2[:d]) + pl.D2[d]
	}
}

func dot(a, b []float64) float64 {
	var s float64
	for k, x := range a {
		s += x * b[k]
	}
	return s
}

// norm returns the Euclidean length, without overflow on the way.
func norm(a []float64) float64 {
	var s float64
	for _, x := range a {
		s = math.Hypot(s, x)
	}
	return s
}

// distance returns |a − b|, without overflow on the way.
func distance(a, b []float64) float64 {
	var s float64
	for k, x := range a {
		s = math.Hypot(s, x-b[k])
	}
	return s
}

// unit returns a/|a| and |a|; a zero vector comes back as it is.
func unit(a []float64) ([]float64, float64) {
	n := norm(a)
	e := make([]float64, len(a))
	copy(e, a)
	if n == 0 {
		return e, 0
	}
	for k := range e {
		e[k] /= n
	}
	return e, n
}
