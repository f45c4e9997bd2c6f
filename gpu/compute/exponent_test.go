package compute

import (
	"math"
	"testing"

	"losscape/cpu"
)

// TestExponents holds the exponents of a sweep against the CPU's: of regular runs, of which
// some converge early and then are as they were. Package verify does so for each optimizer
// in both precisions.
func TestExponents(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	p := ordinary(101, 2)
	asked := cpu.Settings{Quantities: []string{cpu.ExponentName}, GradTol: 1e-3}
	for _, precision := range []Precision{Single, Double} {
		e := engine(t)
		tol := 1e-6
		if precision == Double {
			e, tol = doubles(t), 1e-13
		}
		for _, name := range []string{"nesterov", "adam"} {
			base := cpu.DefaultRun(name)
			if base.Epsilon > 0 {
				base.Epsilon = 0.1 // so that gradients at their rounding do not count
			}
			base.LR, base.L2, base.Steps, base.Start = 0.1, 0.02, 97, []float64{0.3, -0.2, 0.5}
			s := cpu.Sweep{Base: base, Over: []cpu.Param{{Name: "lr", Values: values(0.02, 0.4, 19)}}}
			got, err := e.Sweep(t.Context(), p, s, asked, nil)
			if err != nil {
				t.Fatal(err)
			}
			want, err := p.Sweep(t.Context(), s, asked, nil)
			if err != nil {
				t.Fatal(err)
			}
			worst := 0.0
			for i, x := range want.Derived[cpu.ExponentName] {
				if got.Growths[i].Steps != 88 {
					t.Errorf("%s run %d: %+v", name, i, got.Growths[i])
				}
				worst = max(worst, math.Abs(got.Derived[cpu.ExponentName][i]-x))
				if got.Status[i] != want.Status[i] || got.Steps[i] != want.Steps[i] || math.Abs(got.Loss[i]-want.Loss[i]) > 1e-5 {
					t.Errorf("%v %s run %d: %v after %d, loss %v; reference %v after %d, loss %v", precision, name, i,
						got.Status[i], got.Steps[i], got.Loss[i], want.Status[i], want.Steps[i], want.Loss[i])
				}
			}
			if t.Logf("%v %s: off by up to %.2g; %v", precision, name, worst, got.Stats.Runs); !(worst <= tol) {
				t.Errorf("%v %s: off by up to %.2g", precision, name, worst)
			}
		}
	}
}
