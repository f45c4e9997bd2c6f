package cpu

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestSteps takes steps on w²/2, whose gradient is w, from w = 1.
func TestSteps(t *testing.T) {
	tests := []struct {
		source string
		run    Run
		want   []float64
		tol    float64
	}{
		{"by hand", Run{Optimizer: "gd", LR: 0.1}, []float64{0.9, 0.81, 0.729}, 1e-15},
		// Keras documents steps of 0.1 and 0.18 for this.
		{"docstring of tf.keras.optimizers.SGD; by hand", Run{Optimizer: "momentum", LR: 0.1, Momentum: 0.9}, []float64{0.9, 0.72, 0.486}, 1e-15},
		// v = 1, 1.71, 2.1141.
		{"by hand", Run{Optimizer: "nesterov", LR: 0.1, Momentum: 0.9}, []float64{0.81, 0.5751, 0.327321}, 1e-15},
		// The others with 50 digits, from the formulas of PyTorch's
		// documentation of the class.
		{"torch.optim.Adagrad", Run{Optimizer: "adagrad", LR: 0.1, Epsilon: 1e-10},
			[]float64{0.90000000001, 0.83310352685231674751, 0.78045618136551621956}, 1e-15},
		{"torch.optim.RMSprop", Run{Optimizer: "rmsprop", LR: 0.05, Beta2: 0.99, Epsilon: 1e-8},
			[]float64{0.500000049999995, 0.27549342470349896752, 0.15484372645649609492}, 1e-14},
		{"torch.optim.Adam", Run{Optimizer: "adam", LR: 0.1, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8},
			[]float64{0.90000000099999999, 0.80041222971233739110, 0.70158627450441421423, 0.60393906268210659396}, 1e-15},
		{"torch.optim.AdamW", Run{Optimizer: "adamw", LR: 0.1, L2: 0.5, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8},
			[]float64{0.85000000099999999, 0.70824844436565167894, 0.57497393225324538762, 0.45051452036310749129}, 1e-15},
		// Beta1 of 0 and a Beta2 of 0 leave g/(|g| + ε).
		{"by hand", Run{Optimizer: "adam", LR: 0.25, Epsilon: 1}, []float64{0.875, 0.875 - 0.25*0.875/1.875}, 1e-15},
	}
	for _, tt := range tests {
		o := lookup(tt.run.Optimizer)
		// Two weights, the second the mirror image of the first.
		w := []float64{1, -1}
		s := make([]float64, o.State*len(w))
		for k, want := range tt.want {
			g := slices.Clone(w)
			if o.Decoupled {
				decay(w, &tt.run)
			}
			o.step(&tt.run, k+1, w, g, s)
			if math.Abs(w[0]-want) > tt.tol || w[1] != -w[0] {
				t.Errorf("%s (%s): step %d gives %v, want %v", o.Name, tt.source, k+1, w, want)
			}
		}
	}
}

// TestPublishedSteps takes first steps that Keras documents, on w²/2 from
// w = 10, in float32: of RMSprop (rho 0.9) and of Adam.
func TestPublishedSteps(t *testing.T) {
	for _, tt := range []struct {
		run  Run
		want float32
	}{
		{Run{Optimizer: "rmsprop", LR: 0.1, Beta2: 0.9, Epsilon: 1e-7}, 9.683772},
		{Run{Optimizer: "adam", LR: 0.1, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7}, 9.9},
	} {
		o := lookup(tt.run.Optimizer)
		w := []float64{10}
		o.step(&tt.run, 1, w, []float64{10}, make([]float64, o.State))
		if float32(w[0]) != tt.want {
			t.Errorf("%s: %v, want %v", o.Name, float32(w[0]), tt.want)
		}
	}
}

// TestUnbias compares 1 − β^k with a product that does not cancel: the mean
// of ones that decays with β.
func TestUnbias(t *testing.T) {
	for _, beta := range []float64{0, 0.5, 0.9, 0.999, 1 - 0x1p-30} {
		c := 0.0
		for k := 1; k <= 3000; k++ {
			c = beta*c + (1 - beta)
			if got := unbias(beta, k); math.Abs(got-c) > 1e-12*c {
				t.Fatalf("unbias(%v, %d) = %v, want %v", beta, k, got, c)
			}
		}
	}
}

// TestOptimizerTable checks that the defaults are runs, and that each
// optimizer has what it names and nothing else.
func TestOptimizerTable(t *testing.T) {
	for _, name := range Optimizers() {
		r := DefaultRun(name)
		r.Start = []float64{0, 0}
		if err := r.Validate(2); err != nil {
			t.Errorf("%s: default run: %v", name, err)
		}
		o, err := LookupOptimizer(name)
		if err != nil || o.Name != name {
			t.Fatalf("%v, %v", o, err)
		}
		for _, h := range HyperParameters() {
			if h.Own != slices.Contains([]string{"momentum", "beta1", "beta2", "epsilon"}, h.Name) {
				t.Errorf("%s", h.Name)
			}
			if want := !h.Own || slices.Contains(o.Params, h.Name); o.Has(h.Name) != want {
				t.Errorf("%s has %s: %v", name, h.Name, !want)
			}
			if h.Own && (h.Get(&r) != 0) != o.Has(h.Name) {
				t.Errorf("%s: default %s is %v", name, h.Name, h.Get(&r))
			}
		}
		if o.Has("w3") != true || o.Has("w0") || o.Has("alpha") {
			t.Errorf("%s: weights", name)
		}
		if again := r.WithOptimizer(name); again.Epsilon != r.Epsilon || again.Optimizer != name {
			t.Errorf("%s: WithOptimizer %v", name, again)
		}
	}
	r := Run{Optimizer: "momentum", LR: 3, L2: 0.1, Momentum: 0.5, Batch: 7, Steps: 9}.WithOptimizer("adam")
	if r.LR != 3 || r.L2 != 0.1 || r.Momentum != 0 || r.Beta2 != 0.999 || r.Batch != 7 || r.Steps != 9 {
		t.Errorf("%+v", r)
	}
	var unknown *UnknownOptimizerError
	if _, err := LookupOptimizer("sgd"); !errors.As(err, &unknown) {
		t.Errorf("%v", err)
	}
	err := Run{Optimizer: "gd", LR: 1, Momentum: 0.9, Start: []float64{0, 0}}.Validate(2)
	if want := "gd has no momentum, it has: lr, l2, batch, seed, steps"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	for want, r := range map[string]Run{
		"epsilon of adam is 0":       {Optimizer: "adam", LR: 1},
		"beta1 of adam is 1":         {Optimizer: "adam", LR: 1, Beta1: 1, Epsilon: 1},
		"beta2 of rmsprop is NaN":    {Optimizer: "rmsprop", LR: 1, Beta2: math.NaN(), Epsilon: 1},
		"momentum of nesterov is -1": {Optimizer: "nesterov", LR: 1, Momentum: -1},
		"batch is -1":                {Optimizer: "gd", LR: 1, Batch: -1},
	} {
		r.Start = []float64{0, 0}
		if err := r.Validate(2); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
