package compute

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"losscape/cpu"

	"gonum.org/v1/gonum/mat"
)

// pair is the two samples at ±x, on their right sides for w1 > 0.
func pair(x float64) *cpu.Problem {
	return &cpu.Problem{X: mat.NewDense(2, 1, []float64{x, -x}), Y: []float64{1, 0}}
}

func near(a, b, rel float64) bool { return math.Abs(a-b) <= rel*math.Abs(b) }

// Samples, gradients and squares far from 1, in sizes that the device takes.
func TestScales(t *testing.T) {
	e := engine(t)
	for _, c := range []struct {
		x       float64
		run     cpu.Run
		w, norm float64 // 0: the CPU's
	}{
		{x: 1e-24, run: cpu.Run{Optimizer: "adam", LR: 0.1, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-30, Steps: 3}, w: 0.2999994},
		{x: 1e-24, run: cpu.Run{Optimizer: "rmsprop", LR: 0.1, Beta2: 0.99, Epsilon: 1e-30, Steps: 3}},
		{x: 1e-24, run: cpu.Run{Optimizer: "adagrad", LR: 0.1, Epsilon: 1e-30, Steps: 3}},
		{x: 1e12, run: cpu.Run{Optimizer: "adam", LR: 0.1, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, Steps: 3}},
		{x: 1e21, run: cpu.Run{Optimizer: "adam", LR: 0.1, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e10, Steps: 3}, w: 0.218801523},
		{x: 1e21, run: cpu.Run{Optimizer: "adagrad", LR: 0.1, Epsilon: 1e10, Steps: 3}, w: 0.1},
		{x: 1e21, run: cpu.Run{Optimizer: "gd", LR: 1e-25, Steps: 0}, norm: 5e20},
		{x: 1, run: cpu.Run{Optimizer: "adam", LR: 0.1, L2: 1e20, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, Steps: 30, Start: []float64{1, 2}}},
		{x: 1, run: cpu.Run{Optimizer: "adagrad", LR: 0.1, L2: 1e20, Epsilon: 1e-8, Steps: 30, Start: []float64{1, 2}}},
		{x: 1, run: cpu.Run{Optimizer: "gd", LR: 1e-21, L2: 1e20, Steps: 30, Start: []float64{1, 2}}},
	} {
		name := fmt.Sprintf("x %g, %s, l2 %g", c.x, c.run.Optimizer, c.run.L2)
		p := pair(c.x)
		if c.run.Start == nil {
			c.run.Start = []float64{0, 0}
		}
		s, set := cpu.Sweep{Base: c.run}, cpu.Settings{GradTol: -1}
		got, err := e.Sweep(t.Context(), p, s, set, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want, err := p.Sweep(t.Context(), s, set, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.w != 0 && !near(want.W[0], c.w, 1e-6) || c.norm != 0 && !near(want.GradNorm[0], c.norm, 1e-6) {
			t.Errorf("%s: the CPU's w1 is %v, its gradient's norm %v", name, want.W[0], want.GradNorm[0])
		}
		if !near(got.W[0], want.W[0], 1e-5) || !near(got.GradNorm[0], want.GradNorm[0], 1e-4) || !near(got.Loss[0], want.Loss[0], 1e-4) ||
			got.Status[0] != want.Status[0] || got.Steps[0] != want.Steps[0] {
			t.Errorf("%s: w1 %v, norm %v, loss %v, %v after %d; want %v, %v, %v, %v after %d", name,
				got.W[0], got.GradNorm[0], got.Loss[0], got.Status[0], got.Steps[0],
				want.W[0], want.GradNorm[0], want.Loss[0], want.Status[0], want.Steps[0])
		}
	}
}

// Sums that grow by ever smaller parts, and means that follow slowly, keep up.
func TestSlowSums(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	e := engine(t)
	p := readNotebook(t, "one-mode").problem()
	p.Eps = 0
	for _, r := range []cpu.Run{
		{Optimizer: "rmsprop", LR: 1e-5, Beta2: 1 - 1e-8, Epsilon: 1e-8, Steps: 30000},
		{Optimizer: "adam", LR: 1e-4, Beta1: 1 - 1e-6, Beta2: 1 - 1e-8, Epsilon: 1e-8, Steps: 30000},
		{Optimizer: "momentum", LR: 1e-8, Momentum: 1 - 1e-6, Steps: 30000},
		{Optimizer: "nesterov", LR: 1e-8, Momentum: 1 - 1e-6, Steps: 30000},
	} {
		r.Start = []float64{1000, 0}
		s := cpu.Sweep{Base: r}
		got, err := e.Sweep(t.Context(), p, s, cpu.Settings{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		want, err := p.Sweep(t.Context(), s, cpu.Settings{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		moved, ref := r.Start[0]-got.W[0], r.Start[0]-want.W[0]
		t.Logf("%s: moved by %v, want %v", r.Optimizer, moved, ref)
		if !near(moved, ref, 1e-4) {
			t.Errorf("%s: moved by %v, want %v", r.Optimizer, moved, ref)
		}
	}
	// On the wrong side of all samples adagrad's step k is lr/√k, whatever these are,
	// and the sum of these is lr (2√n + ζ(1/2)).
	r := cpu.Run{Optimizer: "adagrad", LR: 0.01, Epsilon: 1e-10, Start: []float64{-1000, 0}, Steps: 2e6}
	got, err := e.Sweep(t.Context(), pair(0.6), cpu.Sweep{Base: r}, cpu.Settings{MaxPeriod: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if moved, want := got.W[0]-r.Start[0], r.LR*(2*math.Sqrt(float64(r.Steps))-1.4603545); !near(moved, want, 1e-6) {
		t.Errorf("adagrad: moved by %v, want %v", moved, want)
	}
}

// Losses below float32's normal numbers are told apart, and so are those beyond its
// largest.
func TestLossesBeyondFloat32(t *testing.T) {
	e := engine(t)
	p := pair(1) // separable: the first step takes w1 to −1 + 0.73 lr
	s := cpu.Sweep{
		Base: cpu.Run{Optimizer: "gd", LR: 1, Start: []float64{-1, -1}, Steps: 100},
		Over: []cpu.Param{{Name: "lr", Values: values(1, 900, 35)}},
	}
	for _, set := range []cpu.Settings{{}, {GradTol: -1, Every: 10}} {
		got, err := e.Sweep(t.Context(), p, s, set, nil)
		if err != nil {
			t.Fatal(err)
		}
		want, err := p.Sweep(t.Context(), s, set, nil)
		if err != nil {
			t.Fatal(err)
		}
		tiny := 0
		for i, l := range want.Loss {
			if l < 1e-38 {
				tiny++
			}
			// A loss changes by its margin's change relatively.
			tol := 1e-4 * max(1, -math.Log(l))
			if !near(got.Loss[i], l, tol) || !near(got.GradNorm[i], want.GradNorm[i], tol) || got.Status[i] != want.Status[i] {
				t.Errorf("lr %v: loss %v, norm %v, %v; want %v, %v, %v", s.Over[0].Values[i],
					got.Loss[i], got.GradNorm[i], got.Status[i], l, want.GradNorm[i], want.Status[i])
			}
			if set.GradTol == 0 && !near(got.BestLoss[i], want.BestLoss[i], tol) {
				t.Errorf("lr %v: best loss %v, want %v", s.Over[0].Values[i], got.BestLoss[i], want.BestLoss[i])
			}
		}
		if unsure := got.UnsureBest(); tiny == 0 || (unsure == 0) != (set.GradTol == 0) || unsure > 0 && unsure < tiny {
			t.Errorf("%d losses below 1e-38, %d best ones unsure", tiny, unsure)
		}
		if tr := want.Trajectories; tr != nil {
			for k, l := range tr.Loss {
				if !near(got.Trajectories.Loss[k], l, 1e-4*max(1, -math.Log(l))) {
					t.Errorf("recorded loss %d is %v, want %v", k, got.Trajectories.Loss[k], l)
				}
			}
		}
	}
	// Descending onto a loss beyond float32 and away from it.
	big := pair(1e20)
	run := cpu.Run{Optimizer: "gd", LR: 1e-20, Start: []float64{-1e21, 0}, Steps: 2}
	got, err := e.Descend(t.Context(), big, []cpu.Run{run}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := big.Descend(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	for k, l := range want.Loss {
		if !near(got[0].Loss[k], l, 1e-6) {
			t.Errorf("loss %d is %v, want %v", k, got[0].Loss[k], l)
		}
	}
}

// What float32 cannot hold is refused wherever it enters, before any work.
func TestBeyondFloat32(t *testing.T) {
	e := engine(t)
	ctx := t.Context()
	adam := cpu.Run{Optimizer: "adam", LR: 0.1, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, Start: []float64{0, 0}, Steps: 3}
	gd := cpu.Run{Optimizer: "gd", LR: 0.1, Start: []float64{0, 0}, Steps: 3}
	with := func(r cpu.Run, change func(*cpu.Run)) cpu.Run {
		r.Start = []float64{0, 0}
		change(&r)
		return r
	}
	refused := func(name string, err error) {
		t.Helper()
		if !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v, want ErrUnsupported", name, err)
		}
	}
	runs := map[string]cpu.Run{
		"epsilon 0":      with(adam, func(r *cpu.Run) { r.Epsilon = 1e-46 }),
		"epsilon subn":   with(adam, func(r *cpu.Run) { r.Epsilon = 1e-40 }),
		"epsilon inf":    with(adam, func(r *cpu.Run) { r.Epsilon = 1e39 }),
		"lr 0":           with(gd, func(r *cpu.Run) { r.LR = 1e-46 }),
		"lr subn":        with(gd, func(r *cpu.Run) { r.LR = 1e-45 }),
		"lr steps":       with(gd, func(r *cpu.Run) { r.LR = 1e-35 }),
		"lr inf":         with(gd, func(r *cpu.Run) { r.LR = 1e39 }),
		"lr and epsilon": with(adam, func(r *cpu.Run) { r.LR, r.Epsilon = 1e-20, 1e20 }),
		"lr and missed":  with(gd, func(r *cpu.Run) { r.LR = 1e36 }),
		"l2 0":           with(gd, func(r *cpu.Run) { r.L2 = 1e-46 }),
		"l2 inf":         with(gd, func(r *cpu.Run) { r.L2 = 1e39 }),
		"start 0":        with(gd, func(r *cpu.Run) { r.Start[1] = 1e-46 }),
		"start inf":      with(gd, func(r *cpu.Run) { r.Start[1] = -1e39 }),
		"momentum 0":     with(gd, func(r *cpu.Run) { r.Optimizer, r.Momentum = "momentum", 1e-46 }),
		"decay 0":        with(adam, func(r *cpu.Run) { r.Optimizer, r.LR, r.L2 = "adamw", 1e-20, 1e-20 }),
	}
	ordinary := pair(1)
	for name, r := range runs {
		_, err := e.Descend(ctx, ordinary, []cpu.Run{r}, nil)
		refused(name, err)
		_, err = e.Sweep(ctx, ordinary, cpu.Sweep{Base: r}, cpu.Settings{}, nil)
		refused(name+", swept", err)
		w, err := e.Ensemble(ordinary, cpu.Sweep{Base: r}, cpu.Settings{})
		refused(name+", ensemble", err)
		w.Close()
	}
	over := func(r cpu.Run, name string, v ...float64) cpu.Sweep {
		return cpu.Sweep{Base: r, Over: []cpu.Param{{Name: name, Values: v}}}
	}
	for name, s := range map[string]cpu.Sweep{
		"epsilon": over(adam, "epsilon", 1e-8, 1e-46, 1e-2),
		"l2":      over(gd, "l2", 0, 1, 1e-46, 2),
		"lr":      over(gd, "lr", 1, 1e-46, 2),
		"w2":      over(gd, "w2", -1, 1e-46, 2),
		"product": {Base: with(adam, func(r *cpu.Run) { r.Optimizer = "adamw" }), Over: []cpu.Param{
			{Name: "lr", Values: []float64{1e-20, 1, 2}}, {Name: "l2", Values: []float64{0, 1e-20, 1}}}},
	} {
		_, err := e.Sweep(ctx, ordinary, s, cpu.Settings{}, nil)
		refused("over "+name, err)
	}
	for name, set := range map[string]cpu.Settings{"grad-tol": {GradTol: 5e-324}, "period-tol": {PeriodTol: 1e-46}, "limit": {Limit: 1e-46}, "grad-tol inf": {GradTol: 1e39}} {
		_, err := e.Sweep(ctx, ordinary, cpu.Sweep{Base: gd}, set, nil)
		refused(name, err)
	}
	for _, x := range []float64{1e-46, 1e-40, 1e-35, 1e37, 1e39} {
		_, err := e.Descend(ctx, pair(x), []cpu.Run{gd}, nil)
		refused(fmt.Sprint("samples ", x), err)
	}
	_, err := e.Sweep(ctx, pair(1e21), cpu.Sweep{Base: with(adam, func(*cpu.Run) {})}, cpu.Settings{}, nil)
	refused("far samples", err) // of which gradients below float32 matter
	_, err = e.Sweep(ctx, pair(1e32), cpu.Sweep{Base: with(gd, func(r *cpu.Run) { r.LR = 1e-60 })}, cpu.Settings{}, nil)
	refused("margins", err)
	clamped := pair(1)
	clamped.Eps = 1e7
	_, err = e.Descend(ctx, clamped, []cpu.Run{gd}, nil)
	refused("eps", err)
	_, err = e.Landscape(ctx, clamped, cpu.CoordinatePlane(2, 0, 1), square(1, 9), nil)
	refused("landscape, eps", err)
	flat := func(r float64) cpu.Grid { return square(r, 9) }
	for name, c := range map[string]struct {
		x, l2 float64
		g     cpu.Grid
	}{"l2 0": {1, 1e-46, flat(1)}, "l2 inf": {1, 1e39, flat(1)}, "coordinates": {1e-30, 0, flat(1e30)},
		"samples": {1e30, 0, flat(1e-30)}, "gradient": {1, 1e20, flat(1e20)}} {
		p := pair(c.x)
		p.L2 = c.l2
		pl := cpu.CoordinatePlane(2, 0, 1)
		_, err := e.Landscape(ctx, p, pl, c.g, nil)
		refused(name, err)
		err = e.LandscapeRows(ctx, p, pl, c.g, c.g.Rows(), func(int, []float32) error { return nil }, nil)
		refused(name+", rows", err)
		err = e.Evaluate(ctx, p, pl, c.g, c.g.Rows(), Gradient|Accuracy, func(int, Evaluated) error { return nil }, nil)
		refused(name+", gradient", err)
	}
}

// A run whose numbers leave float32 though its weights do not is refused.
func TestLost(t *testing.T) {
	e := engine(t)
	wide := &cpu.Problem{X: mat.NewDense(2, 2, []float64{1e20, 1e20, -1e20, -1e20}), Y: []float64{1, 0}}
	_, err := e.Descend(t.Context(), wide, []cpu.Run{{Optimizer: "gd", LR: 1e-20, Start: []float64{1e20, -1e20, 0}, Steps: 3}}, nil)
	if !errors.Is(err, ErrUnsupported) {
		t.Errorf("margins that cancel: %v", err)
	}
	_, err = e.Descend(t.Context(), pair(1), []cpu.Run{{Optimizer: "momentum", LR: 1e-25, Momentum: 10, Start: []float64{0, 0}, Steps: 60}}, nil)
	if !errors.Is(err, ErrUnsupported) {
		t.Errorf("a velocity beyond float32: %v", err)
	}
}
