package cpu

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// spread returns a problem of n samples of d features whose deviations are 1, 2, 4, ...
func spread(n, d int) *Problem {
	r := rand.New(rand.NewPCG(1, 2))
	p := &Problem{X: mat.NewDense(n, d, nil), Y: make([]float64, n), L2: 0.01}
	for i := range n {
		p.Y[i] = float64(i % 2)
		for j := range d {
			p.X.Set(i, j, math.Ldexp(r.NormFloat64(), j)+p.Y[i])
		}
	}
	return p
}

func orthonormal(t *testing.T, a, b []float64) {
	t.Helper()
	for _, x := range []struct{ have, want float64 }{{dot(a, a), 1}, {dot(b, b), 1}, {dot(a, b), 0}} {
		if math.Abs(x.have-x.want) > 1e-14 {
			t.Errorf("inner product %v, want %v", x.have, x.want)
		}
	}
}

func TestPlaneAlong(t *testing.T) {
	// Nearly parallel: one pass of Gram-Schmidt would leave 1e-9.
	pl, err := PlaneAlong([]float64{1, 2, 3}, []float64{3, 4, 0}, []float64{3, 4, 1e-7})
	if err != nil {
		t.Fatal(err)
	}
	orthonormal(t, pl.D1, pl.D2)
	if !floats.EqualApprox(pl.D1, []float64{0.6, 0.8, 0}, 1e-15) || math.Abs(pl.D2[2]-1) > 1e-8 {
		t.Errorf("directions %v and %v", pl.D1, pl.D2)
	}
	for name, d := range map[string][2][]float64{
		"zero":     {{0, 0, 0}, {1, 0, 0}},
		"zero 2":   {{1, 0, 0}, {0, 0, 0}},
		"parallel": {{1, 2, 3}, {-2, -4, -6}},
	} {
		if pl, err := PlaneAlong(make([]float64, 3), d[0], d[1]); err == nil {
			t.Errorf("%s: %v", name, pl)
		}
	}
}

func TestCurvatures(t *testing.T) {
	p := spread(50, 4)
	w := []float64{0.1, -0.2, 0.3, 0, 0.2}
	values, d, err := p.Curvatures(w)
	if err != nil {
		t.Fatal(err)
	}
	orthonormal(t, d[0], d[1])
	if math.Abs(values[0]-p.Sharpness(w)) > 1e-13*values[0] || !(values[0] > values[1]) {
		t.Errorf("eigenvalues %v, want the first %v", values, p.Sharpness(w))
	}
	var h mat.VecDense
	for i := range d {
		h.MulVec(p.Hessian(w), mat.NewVecDense(5, d[i]))
		for k, x := range h.RawVector().Data {
			if math.Abs(x-values[i]*d[i][k]) > 1e-13*values[0] {
				t.Errorf("Hessian times direction %d has %v, want %v", i, x, values[i]*d[i][k])
			}
		}
	}
	// Of second and third neither leads: the samples are as wide along both features.
	alike := &Problem{X: mat.NewDense(4, 3, []float64{9, 2, 2, 9, -2, -2, -9, 2, -2, -9, -2, 2}), Y: []float64{1, 0, 1, 0}, L2: 1}
	if values, _, err := alike.Curvatures(make([]float64, 4)); !errors.Is(err, ErrUndetermined) {
		t.Errorf("degenerate: %v, %v", values, err)
	}
	if _, _, err := p.Curvatures([]float64{0, 0, math.NaN(), 0, 0}); err == nil {
		t.Error("no error at NaN")
	}
}

// TestPrincipal has states on an ellipse in a plane, with a little of a third direction,
// far from zero.
func TestPrincipal(t *testing.T) {
	const n = 64
	tr := &Trajectory{Dim: 3, Loss: make([]float64, n)}
	for k := range n {
		a := 2 * math.Pi * float64(k) / n
		x, y, z := 3*math.Cos(a), math.Sin(a), 0.1*math.Cos(2*a)
		tr.Weights = append(tr.Weights, 100+0.6*x-0.8*y, -50+0.8*x+0.6*y, z)
	}
	shares, d, err := tr.Principal()
	if err != nil {
		t.Fatal(err)
	}
	total := 9 + 1 + 0.01
	for i, want := range []struct {
		share float64
		d     []float64
	}{{9 / total, []float64{0.6, 0.8, 0}}, {1 / total, []float64{0.8, -0.6, 0}}} {
		if math.Abs(shares[i]-want.share) > 1e-12 || !floats.EqualApprox(d[i], want.d, 1e-12) {
			t.Errorf("component %d: share %v, direction %v, want %v", i, shares[i], d[i], want)
		}
	}
	line := &Trajectory{Dim: 3, Loss: make([]float64, 5)}
	for k := range 5 {
		line.Weights = append(line.Weights, 0.1*float64(k), 0.3*float64(k), 1e6)
	}
	if _, _, err := line.Principal(); !errors.Is(err, ErrUndetermined) {
		t.Errorf("a straight line: %v", err)
	}
	if _, _, err := (&Trajectory{Dim: 2, Loss: []float64{0}, Weights: []float64{1, 2}}).Principal(); !errors.Is(err, ErrUndetermined) {
		t.Errorf("one state: %v", err)
	}
}

func TestBowl(t *testing.T) {
	p := spread(50, 2)
	w, ok := p.Minimum()
	if !ok {
		t.Fatal("no minimum")
	}
	const rise = 1e-6 // where the quadratic model is good to some √rise
	alpha, beta := p.Bowl(CoordinatePlane(3, 0, 2), w, rise)
	h := p.Hessian(w)
	// The ellipse touches α = alpha where the slope along β is 0.
	at := append([]float64(nil), w...)
	at[0] += alpha
	at[2] -= alpha * h.At(0, 2) / h.At(2, 2)
	if got := p.Loss(at) - p.Loss(w); math.Abs(got-rise) > 1e-2*rise {
		t.Errorf("rise at the ellipse's end %v, want %v (extents %v, %v)", got, rise, alpha, beta)
	}
}
