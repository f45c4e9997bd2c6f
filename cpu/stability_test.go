package cpu_test

import (
	"fmt"
	"math"
	"testing"

	"losscape/cpu"
)

// A run is stable just below its learning rate and leaves the minimum just above it.
func TestStableBelow(t *testing.T) {
	p := readNotebook(t, "one-mode").problem()
	w, ok := p.Minimum()
	lambda, also := p.MinimumSharpness(0)
	if !ok || !also {
		t.Fatal("no minimum")
	}
	known := map[string]float64{"gd": 19.165051, "momentum": 36.4136, "nesterov": 13.0049}
	for _, name := range []string{"gd", "momentum", "nesterov", "rmsprop", "adam", "adamw"} {
		r := cpu.DefaultRun(name)
		r.L2 = 0
		if r.Epsilon > 0 {
			r.Epsilon = 1                             // which the gradients stay far below
			r.Beta1, r.Beta2 = min(r.Beta1, 0.3), 0.9 // so that the first steps, which are longer, are few
		}
		edge, ok := r.StableBelow(lambda)
		if want := known[name]; !ok || want > 0 && math.Abs(edge-want) > 1e-5*want {
			t.Fatalf("%s: %v, %v, want %v", name, edge, ok, want)
		}
		var grew [2]float64
		for i, factor := range []float64{0.99, 1.01} {
			r.LR, r.Steps = factor*edge, 1000
			r.Start = []float64{w[0] + 1e-7, w[1]}
			ts, err := p.Descend(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			end := ts.At(r.Steps)
			grew[i] = math.Hypot(end[0]-w[0], end[1]-w[1]) / 1e-7
		}
		if !(grew[0] < 1 && grew[1] > 10) {
			t.Errorf("%s: below the edge a distance grows by %v, above it by %v", name, grew[0], grew[1])
		}
	}
}

// Where no learning rate is known, none is said.
func TestStableNowhere(t *testing.T) {
	for _, c := range []struct {
		change func(r *cpu.Run)
		lr     float64
		ok     bool
	}{
		{func(r *cpu.Run) { *r = r.WithOptimizer("adagrad") }, 0, false},
		{func(r *cpu.Run) { *r = r.WithOptimizer("adamw"); r.L2 = 0.01 }, 0, false},
		{func(r *cpu.Run) { r.Batch = 10 }, 0, false},
		{func(r *cpu.Run) { *r = r.WithOptimizer("momentum"); r.Momentum = 1 }, 0, true},
		{func(r *cpu.Run) { *r = r.WithOptimizer("nesterov"); r.Momentum = 1 }, 4. / 3, true},
		{func(r *cpu.Run) { *r = r.WithOptimizer("nesterov"); r.Momentum = 1.1 }, 0, true},
	} {
		r := cpu.DefaultRun("gd")
		c.change(&r)
		if lr, ok := r.StableBelow(1); lr != c.lr || ok != c.ok {
			t.Errorf("%+v: %v, %v, want %v, %v", r, lr, ok, c.lr, c.ok)
		}
		if _, ok := r.StableBelow(0); ok {
			t.Errorf("%s is stable where nothing curves", r.Optimizer)
		}
	}
	two := readNotebook(t, "two-mode").problem()
	if _, ok := two.MinimumSharpness(0); ok {
		t.Error("separable samples have a minimum")
	}
	if lambda, ok := two.MinimumSharpness(0.1); !ok || !(lambda > 0.1) {
		t.Error("l2 gives no minimum", lambda)
	}
}

func ExampleRun_StableBelow() {
	r := cpu.DefaultRun("momentum") // of 0.9
	lr, _ := r.StableBelow(0.1)
	fmt.Printf("%.4g", lr)
	// Output: 38
}
