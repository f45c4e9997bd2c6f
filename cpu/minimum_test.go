package cpu_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"losscape/cpu"
	"losscape/scenes/dataset"
)

// gaussian returns the notebook's data: a class of label 1 around mean, one of
// label 0 around −mean.
func gaussian(t testing.TB, mean, std float64) *cpu.Problem {
	t.Helper()
	set, err := dataset.Gaussian(0, []dataset.Class{
		{Label: 1, Parts: []dataset.Part{{Mean: []float64{mean}, Std: []float64{std}, N: 50}}},
		{Label: 0, Parts: []dataset.Part{{Mean: []float64{-mean}, Std: []float64{std}, N: 50}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &cpu.Problem{X: set.X, Y: set.Y}
}

func TestMinimum(t *testing.T) {
	p := gaussian(t, 1, 1)
	for _, l2 := range []float64{0, 1e-6, 0.1, 10} {
		p.L2 = l2
		w, ok := p.Minimum()
		if !ok {
			t.Fatalf("l2 %v: no minimum", l2)
		}
		if g := mat.Norm(mat.NewVecDense(2, p.Gradient(nil, w)), 2); g > 1e-12 {
			t.Errorf("l2 %v: at %v the gradient is %v", l2, w, g)
		}
	}
	// The notebook's data: gradient descent is stable below 2/λ = 19.165.
	p.L2, p.Eps = 0, 1e-15
	w, _ := p.Minimum()
	if edge := 2 / p.Sharpness(w); math.Abs(edge-19.165) > 1e-3 {
		t.Errorf("2/λ is %v, want 19.165", edge)
	}

	apart := gaussian(t, 5, 0.1)
	if w, ok := apart.Minimum(); ok {
		t.Errorf("separable data have their minimum at %v", w)
	}
	apart.L2 = 1e-3
	if w, ok := apart.Minimum(); !ok || mat.Norm(mat.NewVecDense(2, apart.Gradient(nil, w)), 2) > 1e-12 {
		t.Errorf("with an L2 term: %v, %v", w, ok)
	}
	if got := apart.Sharpness([]float64{math.NaN(), 0}); !math.IsNaN(got) {
		t.Errorf("sharpness at NaN is %v", got)
	}
}

// TestEndings holds Endings against what a sweep of one run says.
func TestEndings(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	p := gaussian(t, 1, 1)
	ctx := context.Background()
	seen := map[cpu.Status]bool{}
	for _, optimizer := range cpu.Optimizers() {
		for _, lr := range []float64{0.01, 1, 19.1, 22, 40, 1e6} {
			for _, l2 := range []float64{0, 3} {
				for _, batch := range []int{0, 7} {
					r := cpu.DefaultRun(optimizer)
					r.LR, r.L2, r.Batch, r.Start, r.Steps = lr, l2, batch, []float64{-1, -1}, 400
					res, err := p.Sweep(ctx, cpu.Sweep{Base: r}, cpu.Settings{}, nil)
					if err != nil {
						t.Fatal(err)
					}
					tr, err := p.Descend(ctx, r)
					if err != nil {
						t.Fatal(err)
					}
					endings, err := p.Endings(ctx, []*cpu.Trajectory{tr}, cpu.Settings{})
					if err != nil {
						t.Fatal(err)
					}
					got := endings[0]
					want := cpu.Ending{Status: res.Status[0], Steps: int(res.Steps[0]), Period: int(res.Period[0])}
					if got != want {
						t.Errorf("%s: %+v, a sweep says %+v", fmt.Sprint(optimizer, " lr ", lr, " l2 ", l2, " batch ", batch), got, want)
					}
					seen[got.Status] = true
				}
			}
		}
	}
	if len(seen) != 4 {
		t.Errorf("only the statuses %v were seen", seen)
	}
	if _, err := p.Endings(ctx, nil, cpu.Settings{GradTol: math.NaN()}); err == nil {
		t.Error("a gradient tolerance of NaN is accepted")
	}
}
