package cpu_test

import (
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"losscape/cpu"
)

// TestMarginKnown has what is known of the two-mode data.
func TestMarginKnown(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	p := readNotebook(t, "two-mode").problem()
	p.Eps = 0
	m, ok, err := p.Margin(t.Context())
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	for _, c := range [][2]float64{{m.W[0], 11.7522513573}, {m.W[1], -3.25140685021}, {m.Gamma, 0.0820093585746}, {m.LossLimit(), 148.687058}} {
		if relative(c[0], c[1]) > 1e-8 {
			t.Errorf("%v, want %v", c[0], c[1])
		}
	}
	// lr t loss rises to its limit, slowly, and the weights turn to W.
	const steps = 20000
	tr, err := p.Descend(t.Context(), cpu.Run{Optimizer: "gd", LR: 10, Start: []float64{-1, -1}, Steps: steps})
	if err != nil {
		t.Fatal(err)
	}
	before, last := 10*steps/10*tr.Loss[steps/10], 10*steps*tr.Loss[steps]
	if !(before < 50 && last > 100 && last < m.LossLimit()) {
		t.Errorf("lr t loss is %v, then %v, its limit %v", before, last, m.LossLimit())
	}
	w := tr.At(steps)
	if cos := floats.Dot(w, m.W) / floats.Norm(w, 2) * m.Gamma; cos < 1-1e-6 {
		t.Errorf("%v of %v", cos, w)
	}
}

// TestMarginIsGreatest checks, in some dimensions, the conditions of a greatest margin:
// no margin is below 1, and W is a sum of those samples that have 1, none with a share
// below 0.
func TestMarginIsGreatest(t *testing.T) {
	for seed := range uint64(20) {
		for _, d := range []int{1, 2, 5} {
			p := random(seed, 60, d)
			p.Eps = 0
			for i := range p.N() { // pulled apart
				p.X.Set(i, 0, p.X.At(i, 0)+(2*p.Y[i]-1)*8)
			}
			m, ok, err := p.Margin(t.Context())
			if err != nil || !ok || !p.Separable(t.Context()) {
				t.Fatal(seed, d, ok, err)
			}
			var touching []float64
			n := 0
			for i := range p.N() {
				s := 2*p.Y[i] - 1
				x := append(append([]float64(nil), p.X.RawRowView(i)...), 1)
				floats.Scale(s, x)
				switch z := floats.Dot(x, m.W); {
				case z < 1-1e-9:
					t.Errorf("seed %d, %d features: a margin of %v", seed, d, z)
				case z < 1+1e-9:
					touching = append(touching, x...)
					n++
				}
			}
			a := mat.DenseCopyOf(mat.NewDense(n, d+1, touching).T())
			var share mat.VecDense
			if err := share.SolveVec(a, mat.NewVecDense(d+1, m.W)); err != nil && n <= d+1 {
				t.Error(err)
			}
			var sum mat.VecDense
			sum.MulVec(a, &share)
			sum.SubVec(&sum, mat.NewVecDense(d+1, m.W))
			if rest := mat.Norm(&sum, 2); rest > 1e-9 || mat.Min(&share) < -1e-9 {
				t.Errorf("seed %d, %d features: shares %v, %v is left", seed, d, share.RawVector().Data, rest)
			}
		}
	}
	for name, p := range map[string]*cpu.Problem{
		"overlapping": readNotebook(t, "one-mode").problem(),
		"touching":    {X: mat.NewDense(3, 1, []float64{0, 1, 1}), Y: []float64{0, 0, 1}},
		"twice":       {X: mat.NewDense(2, 1, []float64{1, 1}), Y: []float64{0, 1}},
	} {
		if m, ok, err := p.Margin(t.Context()); ok || err != nil || p.Separable(t.Context()) {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
	one := &cpu.Problem{X: mat.NewDense(2, 1, []float64{1, 1}), Y: []float64{1, 1}}
	if m, ok, _ := one.Margin(t.Context()); !ok || relative(m.W[0], 0.5) > 1e-12 || relative(m.W[1], 0.5) > 1e-12 {
		t.Errorf("one label: %v", m)
	}
}
