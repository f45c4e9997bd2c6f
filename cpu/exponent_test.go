package cpu_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"losscape/cpu"
)

func long() bool { return os.Getenv("LONG") == "1" }

// knownExponents are of gradient descent on the one-mode data, from Start.
type knownExponents struct {
	Start  []float64
	Single struct {
		Skip, Steps int
		Rows        []struct{ LR, L2, Exponent float64 }
	}
	Map struct {
		LR, L2      [3]float64 // from, to, count
		Skip, Steps int
		Exponent    [][]float64 // row l2, column lr
	}
}

func readExponents(t testing.TB) *knownExponents {
	t.Helper()
	b, err := os.ReadFile("testdata/exponents.json")
	if err != nil {
		t.Fatal(err)
	}
	known := new(knownExponents)
	if err := json.Unmarshal(b, known); err != nil {
		t.Fatal(err)
	}
	return known
}

func exponents(t testing.TB, p *cpu.Problem, s cpu.Sweep, transient int) []float64 {
	t.Helper()
	res, err := p.Sweep(t.Context(), s, cpu.Settings{Quantities: []string{"exponent"}, Transient: transient, GradTol: 1e9}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return res.Derived["exponent"]
}

// TestKnownExponents takes some of the single runs, and with LONG=1 all of them. In
// chaos rounding is enough to make another run, and the known exponents are of one run,
// too: at lr 50 runs that start 1e-9 apart deviate by 8e-4 from their mean, so that two
// of them differ by less than 3 √2 times that.
func TestKnownExponents(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	known := readExponents(t)
	p := readNotebook(t, "one-mode").problem()
	p.Eps = 0
	at := known.Single
	for i, row := range at.Rows {
		if !long() && i%8 != 3 {
			continue
		}
		r := cpu.Run{Optimizer: "gd", LR: row.LR, L2: row.L2, Start: known.Start, Steps: at.Skip + at.Steps}
		tol := 2e-3
		if row.Exponent > 0.01 {
			tol = 3 * math.Sqrt2 * 8e-4
		}
		got := exponents(t, p, cpu.Sweep{Base: r}, at.Skip)[0]
		if t.Logf("lr %v: %v, known %v", row.LR, got, row.Exponent); !(math.Abs(got-row.Exponent) <= tol) {
			t.Errorf("lr %v: %v, want %v", row.LR, got, row.Exponent)
		}
	}
}

// TestKnownSigns takes the columns of the map one by one, some of them without LONG=1.
func TestKnownSigns(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	m := readExponents(t).Map
	p := readNotebook(t, "one-mode").problem()
	p.Eps = 0
	lr, l2 := param(t, fmt.Sprintf("lr=%v:%v:%v", m.LR[0], m.LR[1], m.LR[2])), param(t, fmt.Sprintf("l2=%v:%v:%v", m.L2[0], m.L2[1], m.L2[2]))
	clear, right := 0, 0
	for i, x := range lr.Values {
		if !long() && i%30 != 7 {
			continue
		}
		base := cpu.Run{Optimizer: "gd", LR: x, Start: []float64{-1, -1}, Steps: m.Skip + m.Steps}
		for j, got := range exponents(t, p, cpu.Sweep{Base: base, Over: []cpu.Param{l2}}, m.Skip) {
			if want := m.Exponent[j][i]; math.Abs(want) > 0.01 {
				clear++
				if math.Signbit(got) == math.Signbit(want) {
					right++
				}
			}
		}
	}
	if t.Log(right, "of", clear); clear < 50 || float64(right) < 0.98*float64(clear) {
		t.Errorf("%d of %d have the sign that is known", right, clear)
	}
}

// TestTangents holds the tangent of every optimizer against differences of runs.
func TestTangents(t *testing.T) {
	for _, linear := range []bool{true, false} {
		p := random(6, 40, 2)
		if !linear {
			p.Model = bent{}
		}
		for _, name := range cpu.Optimizers() {
			r := cpu.DefaultRun(name)
			r.LR, r.L2, r.Start, r.Steps = 0.3, 0.02, []float64{0.5, -0.4, 0.3}, 12
			got := p.TangentOf(t.Context(), r)
			want := make([]float64, 3)
			const h = 1e-5
			for _, side := range []float64{h, -h} {
				moved := r
				moved.Start = make([]float64, 3)
				for j := range moved.Start {
					moved.Start[j] = r.Start[j] + side*cpu.AimOf(3)[j]
				}
				tr, err := p.Descend(t.Context(), moved)
				if err != nil {
					t.Fatal(err)
				}
				floats.AddScaled(want, 1/(2*side), tr.At(r.Steps))
			}
			if d := floats.Distance(got, want, 2); !(d <= 1e-6*floats.Norm(want, 2)) {
				t.Errorf("%s, linear %v: %v, differences say %v", name, linear, got, want)
			}
		}
	}
}

// bent is a model with margins that are no linear function of the weights.
type bent struct{ cpu.Linear }

func (bent) Forward(z []float64, x *mat.Dense, w []float64) {
	cpu.Linear{}.Forward(z, x, w)
	for i := range z {
		z[i] = math.Sinh(z[i])
	}
}

func (bent) Backward(grad []float64, x *mat.Dense, w, d []float64) {
	z := make([]float64, len(d))
	cpu.Linear{}.Forward(z, x, w)
	for i := range z {
		z[i] = d[i] * math.Cosh(z[i])
	}
	cpu.Linear{}.Backward(grad, x, w, z)
}

// TestExponentLimits has runs whose exponents follow from the Hessian at the minimum.
func TestExponentLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	p := readNotebook(t, "one-mode").problem()
	p.Eps = 0
	w, ok := p.Minimum()
	if !ok {
		t.Fatal("no minimum")
	}
	var e mat.EigenSym
	e.Factorize(p.Hessian(w), false)
	for _, c := range []struct {
		optimizer string
		lr, beta  float64
		want      func(lambda float64) float64 // of a direction with that eigenvalue
	}{
		{"gd", 5, 0, func(l float64) float64 { return math.Log(math.Abs(1 - 5*l)) }},
		// Its roots are complex for both: their product is β.
		{"momentum", 30, 0.9, func(float64) float64 { return math.Log(0.9) / 2 }},
	} {
		r := cpu.DefaultRun(c.optimizer)
		r.LR, r.Momentum, r.Start, r.Steps = c.lr, c.beta, []float64{1, 0}, 20000
		want := math.Inf(-1)
		for _, l := range e.Values(nil) {
			want = max(want, c.want(l))
		}
		if got := exponents(t, p, cpu.Sweep{Base: r}, 10000)[0]; math.Abs(got-want) > 1e-3 {
			t.Errorf("%s: %v, want %v", c.optimizer, got, want)
		}
	}

	// No mini-batches, no divergence, no steps.
	r := cpu.Run{Optimizer: "gd", LR: 10, L2: 1, Start: []float64{1, 1}, Steps: 1000}
	if got := exponents(t, p, cpu.Sweep{Base: r, Over: []cpu.Param{param(t, "batch=0,5"), param(t, "steps=0,8,1000")}}, 5); !math.IsNaN(got[0]) ||
		math.Abs(got[1]-math.Log(9)) > 0.1 || !math.IsNaN(got[2]+got[3]) || !math.IsNaN(got[4]) || !math.IsNaN(got[5]) {
		t.Errorf("%v", got)
	}
}
