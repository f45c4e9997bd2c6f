package cpu_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"losscape/cpu"
)

func param(t testing.TB, s string) cpu.Param {
	t.Helper()
	p, err := cpu.ParseParam(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestParseParam(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []float64
		log  bool
	}{
		{"lr=0.1,0.5,15", []float64{0.1, 0.5, 15}, false},
		{"lr=0.1:0.5:5", []float64{0.1, 0.2, 0.3, 0.4, 0.5}, false},
		{"l2=0.001:1:4:log", []float64{0.001, 0.01, 0.1, 1}, true},
		{"lr=1e-3:1e3:7:log", []float64{0.001, 0.01, 0.1, 1, 10, 100, 1000}, true},
		{"w2=5:-5:3", []float64{5, 0, -5}, false},
		{"momentum=0.9:0.9:1", []float64{0.9}, false},
		{"batch=1:64:7:log", []float64{1, 2, 4, 8, 16, 32, 64}, true},
		{" steps = 10 , 100", []float64{10, 100}, false},
		{"seed=1e3,7.0", []float64{1000, 7}, false},
		{"seed=9007199254740992:9007199254740988:3", []float64{1 << 53, 1<<53 - 2, 1<<53 - 4}, false},
		{"steps=27:64:4:log", []float64{27, 36, 48, 64}, true},
		{"w1=-9007199254740992:0:3", []float64{-1 << 53, -1 << 52, 0}, false},
	} {
		p := param(t, tt.text)
		if !slices.Equal(p.Values, tt.want) || p.Log != tt.log || !strings.Contains(tt.text, p.Name) {
			t.Errorf("%s: %+v, want %v", tt.text, p, tt.want)
		}
	}
	// Powers of two are exact, of numbers too.
	for _, text := range []string{"seed=1:281474976710656:49:log", "lr=281474976710656:1:49:log", "lr=1:281474976710656:97:log"} {
		p := param(t, text)
		n := len(p.Values) - 1
		for i, x := range p.Values {
			e := 48 * i / n
			if p.Values[0] > 1 {
				e = 48 - e
			}
			if want := math.Ldexp(1, e); i*48%n == 0 && x != want {
				t.Errorf("%s: value %d is %.17g, want %.17g", text, i, x, want)
			}
		}
	}
	// Below float64's normal numbers, which have few digits there.
	for i, x := range param(t, "epsilon=1e-320:1e-300:11:log").Values {
		if want := math.Pow(10, float64(2*i-320)); math.Abs(x/want-1) > 1e-3 {
			t.Errorf("value %d is %v, want %v", i, x, want)
		}
	}
	p := param(t, "lr=0.01:30:4096:log")
	if len(p.Values) != 4096 || p.Values[0] != 0.01 || p.Values[4095] != 30 || !slices.IsSorted(p.Values) {
		t.Errorf("%d values from %v to %v", len(p.Values), p.Values[0], p.Values[4095])
	}
	// A deep zoom keeps its values apart.
	p = param(t, "lr=19.165:19.1650000001:1000")
	for i := range 999 {
		if d := p.Values[i+1] - p.Values[i]; math.Abs(d-1e-10/999) > 1e-14 {
			t.Fatalf("values %d and %d are %v apart", i, i+1, d)
		}
	}

	for text, want := range map[string]string{
		"lr":                           "want a range parameter=from:to:count or",
		"rate=1":                       `unknown parameter "rate", want one of: lr, l2, momentum, beta1, beta2, epsilon, batch, seed, steps, w1, w2, ...`,
		"w0=1":                         `unknown parameter "w0"`,
		"w01=1":                        `unknown parameter "w01"`,
		"lr=":                          `lr: "", want a finite number`,
		"lr=1,,2":                      `lr: "", want a finite number`,
		"lr=a":                         `lr: "a", want a finite number`,
		"lr=nan":                       `"nan", want a finite number`,
		"lr=1:inf:3":                   `"inf", want a finite number`,
		"lr=1:2":                       "want from:to:count or from:to:count:log",
		"lr=1:2:3:log:4":               "want from:to:count or from:to:count:log",
		"lr=1:2:0":                     "count is 0, want at least 1",
		"lr=1:2:-4":                    "count is -4, want at least 1",
		"lr=1:2:2.5":                   `count is "2.5", want a whole number`,
		"lr=1:2:3:ln":                  `spacing is "ln", want log`,
		"lr=0:2:3:log":                 "from 0 to 2 on a logarithmic axis, want both above 0",
		"lr=1:-2:3:log":                "from 1 to -2 on a logarithmic axis",
		"lr=2:2:3":                     "3 values from 2 to 2, want two ends that differ",
		"lr=-1e308:1e308:3":            "too wide",
		"lr=1:2:99999999999999999":     "a sweep of 99999999999999999 runs, want at most 9007199254740992",
		"steps=1.5":                    "steps: 1.5, want whole numbers",
		"seed=-1":                      "seed: -1, want whole numbers of at least 0",
		"batch=1:10:4":                 "", // 1, 4, 7, 10
		"batch=1:10:3":                 "batch: 5.5, want whole numbers",
		"batch=1:2:3:log":              "batch: 1.4142135623731, want whole numbers",
		"seed=1e15:2e15:3:log":         "want whole numbers of at least 0 and at most 2^53",
		"seed=0:9007199254740991:3":    "want whole numbers",
		"seed=9007199254740993":        "seed: 9007199254740993, want whole numbers",
		"seed=1,9007199254740994":      "seed: 9.007199254740994e+15, want whole numbers of at least 0 and at most 2^53",
		"steps=0:9007199254740993:2":   "steps: 9007199254740993, want whole numbers",
		"steps=1.00000000000000000001": "steps: 1.00000000000000000001, want whole numbers",
	} {
		_, err := cpu.ParseParam(text)
		if want == "" && err == nil {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestSweepRuns(t *testing.T) {
	s := cpu.Sweep{
		Base: cpu.Run{Optimizer: "momentum", LR: 1, Start: []float64{5, 6}, Steps: 3},
		Over: []cpu.Param{param(t, "lr=1,2"), param(t, "w2=7,8,9"), param(t, "momentum=0.1,0.2")},
	}
	if n, err := s.Count(); n != 12 || err != nil {
		t.Fatalf("%d runs, %v", n, err)
	}
	i := 0
	for _, lr := range []float64{1, 2} {
		for _, w2 := range []float64{7, 8, 9} {
			for _, m := range []float64{0.1, 0.2} {
				r := s.Run(i)
				if r.LR != lr || r.Start[0] != 5 || r.Start[1] != w2 || r.Momentum != m || r.Steps != 3 {
					t.Errorf("run %d is %+v", i, r)
				}
				i++
			}
		}
	}
	if s.Base.Start[1] != 6 {
		t.Error("Run writes to the base")
	}
	if n, err := (cpu.Sweep{}).Count(); n != 1 || err != nil {
		t.Errorf("no axes: %d, %v", n, err)
	}
	big := make([]float64, 1<<13)
	_, err := cpu.Sweep{Over: []cpu.Param{{Values: big}, {Values: big}, {Values: big}, {Values: big}, {Values: big}}}.Count()
	var many *cpu.TooManyRunsError
	if !errors.As(err, &many) || err.Error() != "a sweep of 36893488147419103232 runs, want at most 9007199254740992" {
		t.Errorf("%v", err)
	}
	if b := s.Bytes(2, cpu.Settings{Every: 2}); b != 12*(2*8+4*8+9+3+2*(2*8+8)) {
		t.Errorf("%d bytes", b)
	}
}

func TestSweepValidate(t *testing.T) {
	p := random(1, 10, 1)
	base := cpu.Run{Optimizer: "gd", LR: 1, Start: []float64{0, 0}, Steps: 3}
	for _, tt := range []struct {
		over, want string
	}{
		{"lr=0,1", "learning rate is 0"},
		{"l2=-1", "l2 is -1"},
		{"momentum=0.5", "gd has no momentum, it has: lr, l2, batch, seed, steps"},
		{"w3=1", `unknown parameter "w3", want one of: lr, l2, momentum, beta1, beta2, epsilon, batch, seed, steps, w1, w2`},
		{"batch=5,11", "batch is 11, want at most the 10 samples there are"},
		{"seed=1,2", "seed is swept but runs take all samples"},
		{"steps=1e10", "10000000000 steps, want 0 to 2147483647"},
		{"lr=1 lr=2", "lr is swept twice"},
	} {
		s := cpu.Sweep{Base: base}
		for f := range strings.FieldsSeq(tt.over) {
			s.Over = append(s.Over, param(t, f))
		}
		_, err := p.Sweep(t.Context(), s, cpu.Settings{}, nil)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.over, err, tt.want)
		}
	}
	for want, s := range map[string]cpu.Sweep{
		`unknown optimizer "x"`: {Base: cpu.Run{Optimizer: "x"}},
		"start has 0 weights":   {Base: cpu.Run{Optimizer: "gd"}, Over: []cpu.Param{{Name: "w1", Values: []float64{1}}}},
		"no values":             {Base: base, Over: []cpu.Param{{Name: "lr"}}},
		"lr: NaN":               {Base: base, Over: []cpu.Param{{Name: "lr", Values: []float64{math.NaN()}}}},
		"logarithmic axis":      {Base: base, Over: []cpu.Param{{Name: "w1", Values: []float64{-1}, Log: true}}},
	} {
		if err := s.Validate(p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for want, set := range map[string]cpu.Settings{
		"gradient tolerance is NaN": {GradTol: math.NaN()},
		"limit of |w| is -1":        {Limit: -1},
		"period tolerance is -1":    {PeriodTol: -1},
		"longest period is 65":      {MaxPeriod: 65},
		"trajectories every -1":     {Every: -1},
		"from step 3":               {Every: 2, From: 3},
		"from step -2":              {Every: 2, From: -2},
	} {
		if _, err := p.Sweep(t.Context(), cpu.Sweep{Base: base}, set, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestSweepIsDescend checks the results of a sweep, of every optimizer, with
// and without batches, against the trajectories that Descend records.
func TestSweepIsDescend(t *testing.T) {
	p := random(6, 40, 2)
	p.Eps = 1e-3
	for _, name := range cpu.Optimizers() {
		for _, batch := range []int{0, 16} {
			base := cpu.DefaultRun(name)
			base.L2, base.Batch, base.Seed, base.Start, base.Steps = 0.01, batch, 1, []float64{1, 0, -1}, 50
			s := cpu.Sweep{Base: base, Over: []cpu.Param{param(t, "lr=0.05,0.1,0.2"), param(t, "w1=-1,1"), param(t, "steps=0,7,50")}}
			set := cpu.Settings{GradTol: -1, Every: 5}
			res, err := p.Sweep(t.Context(), s, set, nil)
			if err != nil {
				t.Fatal(err)
			}
			if res.N() != 18 || res.Trajectories.States != 11 {
				t.Fatalf("%d runs, %d states", res.N(), res.Trajectories.States)
			}
			for i := range res.N() {
				r := s.Run(i)
				traj, err := p.Descend(t.Context(), r)
				if err != nil {
					t.Fatal(err)
				}
				best := math.Inf(1)
				for k, loss := range traj.Loss {
					if k%r.Epoch(p.N()) == 0 || k == r.Steps {
						best = min(best, loss)
					}
				}
				w := traj.At(r.Steps)
				q := *p
				q.L2 = r.L2
				g := mat.Norm(mat.NewVecDense(3, q.Gradient(nil, w)), 2)
				if !slices.Equal(res.At(i), w) || res.Loss[i] != traj.Loss[r.Steps] || res.BestLoss[i] != best ||
					relative(res.GradNorm[i], g) > 1e-14 || res.Accuracy[i] != p.Accuracy(w) ||
					int(res.Steps[i]) != r.Steps || res.Status[i] != cpu.StepLimit || res.Period[i] != 0 {
					t.Errorf("%s, batch %d: run %d differs", name, batch, i)
				}
				for c := range res.Trajectories.States {
					at := i*res.Trajectories.States + c
					got, loss := res.Trajectories.W[3*at:3*at+3], res.Trajectories.Loss[at]
					if k := 5 * c; k > r.Steps {
						if !math.IsNaN(got[0]) || !math.IsNaN(loss) {
							t.Errorf("%s: run %d has a state after its last", name, i)
						}
					} else if !slices.Equal(got, traj.At(k)) || loss != traj.Loss[k] {
						t.Errorf("%s, batch %d: run %d, state %d differs", name, batch, i, c)
					}
				}
			}
			if res.Stats.Runs[cpu.StepLimit] != 18 || res.Stats.Elapsed <= 0 {
				t.Errorf("%+v", res.Stats)
			}
			// Of the two starts: 57 steps, and as many looks and three for the
			// last states, or a look every 3 steps.
			looks, draws, recorded := uint64(6*(57+3)*40), uint64(0), uint64(0)
			if batch > 0 {
				looks, draws, recorded = 6*(1+4+18)*40, 6*57*16, 6*(0+1+6)*40
			}
			if got := res.Stats.SampleEvals; got != looks+draws+recorded {
				t.Errorf("batch %d: %d sample evaluations, want %d", batch, got, looks+draws+recorded)
			}
		}
	}
}

// TestAllOptimizersConverge runs each on data that has a minimum.
func TestAllOptimizersConverge(t *testing.T) {
	p := readNotebook(t, "one-mode").problem()
	for name, lr := range map[string]float64{
		"gd": 5, "momentum": 1, "nesterov": 1, "adagrad": 1, "rmsprop": 1e-6, "adam": 0.1, "adamw": 0.1,
	} {
		r := cpu.DefaultRun(name)
		r.LR, r.L2, r.Start, r.Steps = lr, 0, []float64{2, 0}, 4000
		res, err := p.Sweep(t.Context(), cpu.Sweep{Base: r}, cpu.Settings{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		// RMSprop's steps do not shrink with the gradient: it stays as far away
		// as a step is long.
		want, loss := cpu.Converged, 0.3290188
		if name == "rmsprop" {
			want = cpu.StepLimit
		}
		if res.Status[0] != want || math.Abs(res.Loss[0]-loss) > 1e-3 || want == cpu.Converged && math.Abs(res.Loss[0]-loss) > 1e-7 {
			t.Errorf("%s: %v after %d steps, loss %v, gradient %v", name, res.Status[0], res.Steps[0], res.Loss[0], res.GradNorm[0])
		}
	}
}

// TestMiniBatches checks the mean gradient of a batch, and that batches cost
// no bias: the mean step is the full batch's.
func TestMiniBatches(t *testing.T) {
	p := random(9, 30, 1)
	r := cpu.Run{Optimizer: "gd", LR: 0.5, L2: 0.1, Batch: 4, Seed: 3, Start: []float64{0.5, -1}, Steps: 1}
	traj, err := p.Descend(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	sub := &cpu.Problem{X: mat.NewDense(4, 1, nil), Y: make([]float64, 4), L2: r.L2}
	for k, i := range cpu.Batch(make([]int32, 4), 3, 0, 30) {
		sub.X.Set(k, 0, p.X.At(int(i), 0))
		sub.Y[k] = p.Y[i]
	}
	g := sub.Gradient(nil, r.Start)
	for j, w := range traj.At(1) {
		if want := r.Start[j] - 0.5*g[j]; math.Abs(w-want) > 1e-15 {
			t.Errorf("weight %d is %v, want %v", j, w, want)
		}
	}
	if traj.Loss[1] != p.LossL2(traj.At(1), r.L2) {
		t.Errorf("loss %v is not that of all samples", traj.Loss[1])
	}

	const seeds = 4000
	res, err := p.Sweep(t.Context(), cpu.Sweep{Base: r, Over: []cpu.Param{param(t, "seed=0:3999:4000")}}, cpu.Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Batch = 0
	full, err := p.Descend(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for j, want := range full.At(1) {
		mean := 0.0
		for i := range seeds {
			mean += res.At(i)[j] / seeds
		}
		// A step of one batch deviates by about 0.1.
		if math.Abs(mean-want) > 5*0.1/math.Sqrt(seeds) {
			t.Errorf("weight %d is %v in the mean, %v of the full batch", j, mean, want)
		}
	}
}

// TestPeriodDoubling checks what theory says of gradient descent on logistic
// regression (arXiv 2406.05033): past 2/λ = 19.165 it cycles, with period 2
// first and with longer ones later. On the one-mode data no period up to 64 is
// found at 27.5, 28 and 29.
func TestPeriodDoubling(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	p := readNotebook(t, "one-mode").problem()
	p.Eps = 0
	s := cpu.Sweep{
		Base: cpu.Run{Optimizer: "gd", Start: []float64{-1, -1}, Steps: 4000},
		Over: []cpu.Param{param(t, "lr=0.5,1,5,10,15,18,19,19.1,19.2,19.3,20,21,22,23,24,25,26,27,27.5,28,29")},
	}
	res, err := p.Sweep(t.Context(), s, cpu.Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, lr := range s.Over[0].Values {
		want, period := cpu.Converged, int32(0)
		switch {
		case lr > 27:
			want = cpu.StepLimit
		case lr > 19.165:
			want, period = cpu.Periodic, 2
		}
		if res.Status[i] != want || res.Period[i] != period {
			t.Errorf("lr %v: %v, period %d after %d steps, want %v, period %d", lr, res.Status[i], res.Period[i], res.Steps[i], want, period)
		}
		if (res.Status[i] == cpu.Converged) != (res.GradNorm[i] <= 1e-6) || (int(res.Steps[i]) < 4000) != (want == cpu.Converged) {
			t.Errorf("lr %v: %v with gradient %v at step %d", lr, res.Status[i], res.GradNorm[i], res.Steps[i])
		}
		if res.BestLoss[i] > res.Loss[i] {
			t.Errorf("lr %v: best loss %v, last %v", lr, res.BestLoss[i], res.Loss[i])
		}
	}

	// Slow convergence has no period, not even near 2/λ where it oscillates, and
	// a fixed point that is reached to the last bit has none.
	s.Over = []cpu.Param{param(t, "lr=0.001,0.01,10,19.1,19.15,19.16")}
	if res, err = p.Sweep(t.Context(), s, cpu.Settings{GradTol: -1}, nil); err != nil {
		t.Fatal(err)
	}
	for i, lr := range s.Over[0].Values {
		if res.Status[i] != cpu.StepLimit {
			t.Errorf("lr %v: %v, period %d", lr, res.Status[i], res.Period[i])
		}
	}
}

// TestSeparable checks that where the loss has no minimum a run has converged
// only if its gradient says so, and drifts otherwise.
func TestSeparable(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	p := readNotebook(t, "two-mode").problem()
	p.Eps = 0
	s := cpu.Sweep{
		Base: cpu.Run{Optimizer: "gd", Start: []float64{-1, -1}, Steps: 1000},
		Over: []cpu.Param{param(t, "lr=0.01:1000:60:log")},
	}
	for _, tol := range []float64{1e-6, 1e-2} {
		res, err := p.Sweep(t.Context(), s, cpu.Settings{GradTol: tol}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, status := range res.Status {
			if (status == cpu.Converged) != (res.GradNorm[i] <= tol) || status != cpu.Converged && status != cpu.Drifting {
				t.Errorf("lr %v: %v, gradient %v", s.Run(i).LR, status, res.GradNorm[i])
			}
		}
		if tol == 1e-2 && res.Stats.Runs[cpu.Converged] == 0 || res.Stats.Runs[cpu.Drifting] == 0 {
			t.Errorf("tolerance %v: %v", tol, res.Stats.Runs)
		}
	}
}

func TestSweepDiverged(t *testing.T) {
	p := random(2, 10, 1)
	s := cpu.Sweep{
		Base: cpu.Run{Optimizer: "gd", LR: 10, Start: []float64{1, 1}, Steps: 40},
		Over: []cpu.Param{param(t, "l2=0.01,1,1e200")},
	}
	res, err := p.Sweep(t.Context(), s, cpu.Settings{Every: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	// |w| grows ninefold a step: 1.4, 13, ..., 9^10 = 3.5e9. A state of 1e201
	// is finite and beyond the limit.
	if res.Status[0] != cpu.Converged || res.Status[1] != cpu.Diverged || res.Status[2] != cpu.Diverged {
		t.Fatalf("%v", res.Status)
	}
	w := res.At(1)
	if k := res.Steps[1]; k < 8 || k > 11 || math.Hypot(w[0], w[1]) <= 1e9 || !(res.Loss[1] > 1e17) || !(res.BestLoss[1] < 10) || res.Accuracy[1] < 0 {
		t.Errorf("step %d, w %v, loss %v", k, w, res.Loss[1])
	}
	at := res.Trajectories.States + int(res.Steps[1])
	if !slices.Equal(res.Trajectories.W[2*at:2*at+2], w) || !math.IsNaN(res.Trajectories.Loss[at+1]) {
		t.Error("a diverged run's trajectory does not end where it diverged")
	}
	res, err = p.Sweep(t.Context(), s, cpu.Settings{Limit: math.Inf(1)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.Status[1] != cpu.StepLimit || res.Status[2] != cpu.Diverged || !math.IsNaN(res.At(2)[0]+res.Loss[2]+res.GradNorm[2]+res.Accuracy[2]) || math.IsNaN(res.BestLoss[2]) {
		t.Errorf("without limit: %v, %v", res.Status, res.At(2))
	}
}

func TestSweepCancel(t *testing.T) {
	p := random(1, 1000, 1)
	s := cpu.Sweep{
		Base: cpu.Run{Optimizer: "gd", LR: 1, Start: []float64{0, 0}, Steps: 1e9},
		Over: []cpu.Param{param(t, "steps=0,1000000000")},
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := p.Sweep(ctx, s, cpu.Settings{GradTol: -1}, func(int, int) { cancel() }); err != context.Canceled {
		t.Errorf("%v", err)
	}
}

func TestAccuracy(t *testing.T) {
	p := example()
	for _, tt := range []struct {
		w    []float64
		want float64
	}{
		{[]float64{1, 0}, 0.5},
		{[]float64{1, -1}, 0.75}, // only x = −0.5 of label 1 is below
		{[]float64{0, 0}, 0.5},   // z = 0 is label 0
		{[]float64{math.NaN(), 0}, math.NaN()},
	} {
		if got := p.Accuracy(tt.w); got != tt.want && !(math.IsNaN(got) && math.IsNaN(tt.want)) {
			t.Errorf("Accuracy(%v) = %v, want %v", tt.w, got, tt.want)
		}
	}
}

func BenchmarkSweep(b *testing.B) {
	p := readNotebook(b, "one-mode").problem()
	s := cpu.Sweep{
		Base: cpu.Run{Optimizer: "gd", Start: []float64{-1, -1}, Steps: 100},
		Over: []cpu.Param{param(b, "lr=0.01:30:64:log")},
	}
	var evals uint64
	for b.Loop() {
		res, err := p.Sweep(context.Background(), s, cpu.Settings{}, nil)
		if err != nil {
			b.Fatal(err)
		}
		evals += res.Stats.SampleEvals
	}
	b.ReportMetric(float64(evals)/b.Elapsed().Seconds(), "sample-evals/s")
}

func TestRunParam(t *testing.T) {
	r := cpu.Run{LR: 0.5, Batch: 3, Start: []float64{1, 2}}
	for name, want := range map[string]float64{"lr": 0.5, "batch": 3, "w2": 2, "l2": 0} {
		if v, ok := r.Param(name); v != want || !ok {
			t.Errorf("%s is %v, %v, want %v", name, v, ok, want)
		}
	}
	for _, name := range []string{"w3", "rate", ""} {
		if v, ok := r.Param(name); ok {
			t.Errorf("%q is %v, want none", name, v)
		}
	}
}

func TestParamString(t *testing.T) {
	for _, text := range []string{"lr=0.01:30:4096:log", "w1=-10:10:317", "l2=0,0.5,3", "steps=7", "batch=1,10", "lr=0.1:40:2:log", "w2=1e-300:1:9"} {
		p, err := cpu.ParseParam(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.String(); got != text {
			t.Errorf("%s is written as %s", text, got)
		}
	}
}
