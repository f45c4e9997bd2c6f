package compute

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"losscape/cpu"
	"losscape/gpu"
)

// values are n values from lo to hi.
func values(lo, hi float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = lo + (hi-lo)*float64(i)/float64(max(n-1, 1))
	}
	return out
}

// The device draws the batches that the CPU draws.
func TestBatchesAreTheCPUs(t *testing.T) {
	e := engine(t)
	const updates = 7
	for _, c := range []struct {
		seed        uint64
		first       uint32
		size, count int
	}{{0, 0, 4, 1}, {1, 0, 32, 100}, {0xdeadbeefcafe, 12345, 100, 99991}, {math.MaxUint64, math.MaxInt32 - updates, 64, 1 << 30}} {
		got := make([]uint32, updates*c.size)
		err := e.d.Do(func() error {
			p, err := e.d.Compute("batch.comp", nil)
			if err != nil {
				return err
			}
			b, err := gpu.NewBufferOf(e.d, "batches", got, gpu.Computed)
			if err != nil {
				return err
			}
			defer b.Close()
			b.BindStorage(0)
			p.SetInt("size", c.size)
			p.SetInt("updates", updates)
			p.SetUint("first", c.first)
			p.SetUint("count", uint32(c.count))
			p.SetUint("seedLow", uint32(c.seed))
			p.SetUint("seedHigh", uint32(c.seed>>32))
			p.Dispatch((len(got)/4+63)/64, 1, 1)
			return gpu.Download(b, 0, got)
		})
		if err != nil {
			t.Fatal(err)
		}
		for k := range updates {
			want := cpu.Batch(make([]int32, c.size), c.seed, c.first+uint32(k), c.count)
			for i, w := range want {
				if g := got[k*c.size+i]; g != uint32(w) {
					t.Fatalf("%+v: draw %d of update %d is sample %d, want %d", c, i, k, g, w)
				}
			}
		}
	}
}

// Below 2/λ runs converge, above they go round, then they are chaotic: the
// device says so where the CPU does, but for values at the borders, of which it says that it
// is in doubt.
func TestSweepAgreesOnStatus(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	e := engine(t)
	p := readNotebook(t, "one-mode").problem()
	s := cpu.Sweep{
		Base: cpu.Run{Optimizer: "gd", LR: 1, Start: []float64{-1, -1}, Steps: 600},
		Over: []cpu.Param{{Name: "lr", Values: values(1, 26, 1000)}},
	}
	got, err := e.Sweep(t.Context(), p, s, cpu.Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := p.Sweep(t.Context(), s, cpu.Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	differ := 0
	for i, w := range want.Status {
		if g := got.Status[i]; (g != w || got.Period[i] != want.Period[i]) && got.Doubt[i] == cpu.NoDoubt {
			differ++
			t.Logf("lr %v: %v %d, want %v %d (%v, %v)", s.Over[0].Values[i], g, got.Period[i], w, want.Period[i], got.GradNorm[i], want.GradNorm[i])
		}
	}
	t.Log(got.Stats, want.Stats)
	if differ > 0 {
		t.Errorf("%d of 1000 differ", differ)
	}
}

// A thinned trajectory has the states of Descend's, and the final state is
// its last.
func TestSweepTrajectories(t *testing.T) {
	e := engine(t)
	e.tuning.batch = 64 // several batches
	e.rates["descend"] = 1e6
	p := ordinary(70, 2)
	p.L2 = 0.1
	const every = 4
	s := cpu.Sweep{
		Base: cpu.Run{Optimizer: "momentum", LR: 0.2, Momentum: 0.8, Start: []float64{-1, 0.1, 1}, Steps: 1},
		Over: []cpu.Param{{Name: "steps", Values: []float64{0, 3, 4, 5, 41}}, {Name: "lr", Values: values(0.1, 0.5, 30)}, {Name: "batch", Values: []float64{0, 7}}},
	}
	res, err := e.Sweep(t.Context(), p, s, cpu.Settings{GradTol: -1, Every: every}, nil)
	if err != nil {
		t.Fatal(err)
	}
	runs := make([]cpu.Run, res.N())
	for i := range runs {
		runs[i] = s.Run(i)
	}
	all, err := e.Descend(t.Context(), p, runs, nil)
	if err != nil {
		t.Fatal(err)
	}
	tr := res.Trajectories
	for i, d := range all {
		for c := range tr.States {
			at := i*tr.States + c
			for j := range 3 {
				got, want := tr.W[at*3+j], math.NaN()
				if c*every <= runs[i].Steps {
					want = d.At(c * every)[j]
				}
				if got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
					t.Fatalf("run %d, state %d: weight %d is %v, want %v", i, c, j, got, want)
				}
			}
			if got := tr.Loss[at]; c*every <= runs[i].Steps && math.Abs(got-d.Loss[c*every]) > 1e-6 {
				t.Fatalf("run %d, state %d: loss %v, want %v", i, c, got, d.Loss[c*every])
			}
		}
		for j, w := range d.At(runs[i].Steps) {
			if got := res.At(i)[j]; math.Abs(got-w) > 2e-7*(1+math.Abs(w)) {
				t.Fatalf("run %d ends at %v, want %v", i, got, w)
			}
		}
		if int(res.Steps[i]) != runs[i].Steps || res.Status[i] != cpu.StepLimit {
			t.Fatalf("run %d: %v after %d of %d steps", i, res.Status[i], res.Steps[i], runs[i].Steps)
		}
	}
	ref, err := p.Sweep(t.Context(), s, cpu.Settings{GradTol: -1, Every: every}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.Stats.SampleEvals != ref.Stats.SampleEvals || res.Stats.Runs != ref.Stats.Runs {
		t.Errorf("%+v, want %+v", res.Stats, ref.Stats)
	}
}

// Progress moves within a batch and ends with the last run; a cancelled sweep
// ends soon.
// Chosen runs have the trajectories that they have among all, to the bit, past the
// edge of stability and by mini-batches, too.
func TestSweepRecorded(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	e := engine(t)
	p := ordinary(100, 1)
	for _, base := range []cpu.Run{
		{Optimizer: "gd", LR: 1, Start: []float64{-1, -1}, Steps: 40},
		{Optimizer: "gd", LR: 1, Start: []float64{-1, -1}, Steps: 40, Batch: 8, Seed: 3},
	} {
		s := cpu.Sweep{Base: base, Over: []cpu.Param{{Name: "lr", Values: values(1, 60, 700)}}}
		if base.Batch > 0 {
			s.Over = append(s.Over, cpu.Param{Name: "batch", Values: []float64{4, 8, 4}})
		}
		sweep := map[string]func(set cpu.Settings) (*cpu.Result, error){
			"gpu": func(set cpu.Settings) (*cpu.Result, error) { return e.Sweep(t.Context(), p, s, set, nil) },
			"cpu": func(set cpu.Settings) (*cpu.Result, error) { return p.Sweep(t.Context(), s, set, nil) },
		}
		for name, sweep := range sweep {
			all, err := sweep(cpu.Settings{GradTol: -1, Every: 3})
			if err != nil {
				t.Fatal(err)
			}
			of := []int{0, 5, all.N() - 1}
			some, err := sweep(cpu.Settings{GradTol: -1, Every: 3, Recorded: of})
			if err != nil {
				t.Fatal(err)
			}
			last, err := sweep(cpu.Settings{GradTol: -1, Every: 3, From: 30, Recorded: of})
			if err != nil {
				t.Fatal(err)
			}
			for row := range of { // after 30, 33, 36 and 39 updates
				if c, d := some.Trajectories, last.Trajectories; d.From != 30 || d.States != 4 || !slices.Equal(d.Loss[4*row:4*row+4], c.Loss[c.States*row+10:c.States*row+14]) {
					t.Errorf("%s: the last states of a trajectory are others", name)
				}
			}
			if !slices.Equal(some.W, all.W) {
				t.Errorf("%s: other final weights", name)
			}
			a, b := all.Trajectories, some.Trajectories
			each := a.States * all.Dim
			for row, i := range of {
				if b.Row(i) != row || !slices.Equal(b.W[row*each:(row+1)*each], a.W[i*each:(i+1)*each]) ||
					!slices.Equal(b.Loss[row*b.States:(row+1)*b.States], a.Loss[i*a.States:(i+1)*a.States]) {
					t.Errorf("%s: run %d has another trajectory", name, i)
				}
			}
			if b.Row(1) != -1 || len(b.Loss) != len(of)*b.States {
				t.Errorf("%s: rows of what was not recorded", name)
			}
			if _, err := sweep(cpu.Settings{Every: 1, Recorded: []int{all.N()}}); err == nil {
				t.Errorf("%s: a run that is not there has a trajectory", name)
			}
		}
	}
}

func TestSweepProgressAndCancel(t *testing.T) {
	e := engine(t)
	e.tuning.batch = 64
	e.rates["descend"] = 1e7
	p := ordinary(50, 1)
	s := cpu.Sweep{
		Base: cpu.Run{Optimizer: "gd", LR: 1, Start: []float64{-1, -1}, Steps: 3000},
		Over: []cpu.Param{{Name: "lr", Values: values(0.001, 12, 200)}},
	}
	calls, last := 0, 0
	res, err := e.Sweep(t.Context(), p, s, cpu.Settings{}, func(done, total int) {
		calls++
		if done < last || done > total || total != 200 {
			t.Errorf("progress %d of %d after %d", done, total, last)
		}
		last = done
	})
	if err != nil || last != 200 || calls < 8 {
		t.Errorf("%d calls, the last with %d: %v", calls, last, err)
	}
	if res.Stats.Runs[cpu.Converged] == 0 || res.Stats.Runs[cpu.StepLimit] == 0 {
		t.Errorf("%+v", res.Stats)
	}
	ctx, cancel := context.WithCancel(t.Context())
	calls = 0
	_, err = e.Sweep(ctx, p, s, cpu.Settings{}, func(int, int) {
		if calls++; calls == 2 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || calls > 3 {
		t.Error(calls, err)
	}
}

// The same sweep has the same bits, however its dispatches and batches are cut.
func TestSweepIsDeterministic(t *testing.T) {
	e := engine(t)
	p := ordinary(64, 1)
	s := cpu.Sweep{
		Base: cpu.Run{Optimizer: "rmsprop", LR: 1, Beta2: 0.9, Epsilon: 1e-8, Start: []float64{-1, 3}, Steps: 100},
		Over: []cpu.Param{{Name: "lr", Values: values(0.01, 3, 700)}},
	}
	var first *cpu.Result
	for _, rate := range []float64{1e6, 3e8} {
		e.rates["descend"] = rate
		res, err := e.Sweep(t.Context(), p, s, cpu.Settings{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && (!slices.Equal(res.W, first.W) || !slices.Equal(res.BestLoss, first.BestLoss) || !slices.Equal(res.Status, first.Status)) {
			t.Error("the second time it is another")
		}
		first = res
	}
}

func TestSweepErrors(t *testing.T) {
	e := engine(t)
	p := ordinary(10, 1)
	good := cpu.Sweep{Base: cpu.Run{Optimizer: "gd", LR: 1, Start: []float64{0, 0}, Steps: 1}}
	far := good
	far.Base.Start = []float64{0, 1e300}
	unknown := good
	unknown.Over = []cpu.Param{{Name: "magic", Values: []float64{1}}}
	swept := good
	swept.Over = []cpu.Param{{Name: "w1", Values: []float64{1, 1e300}}}
	for name, c := range map[string]struct {
		p           *cpu.Problem
		s           cpu.Sweep
		set         cpu.Settings
		unsupported bool
	}{
		"no problem": {&cpu.Problem{}, good, cpu.Settings{}, false},
		"parameter":  {p, unknown, cpu.Settings{}, false},
		"settings":   {p, good, cpu.Settings{MaxPeriod: 1000}, false},
		"far":        {p, far, cpu.Settings{}, true},
		"swept far":  {p, swept, cpu.Settings{}, true},
		"wide":       {ordinary(3, MaxFeatures+1), cpu.Sweep{Base: cpu.Run{Optimizer: "gd", LR: 1, Start: make([]float64, MaxFeatures+2), Steps: 1}}, cpu.Settings{}, true},
	} {
		_, err := e.Sweep(t.Context(), c.p, c.s, c.set, nil)
		if err == nil || errors.Is(err, ErrUnsupported) != c.unsupported {
			t.Errorf("%s: %v", name, err)
		}
	}
	if res, err := e.Sweep(t.Context(), p, good, cpu.Settings{}, nil); err != nil || res.N() != 1 {
		t.Error(res, err)
	}
}

// An error of the sink ends an evaluation; nothing to evaluate is an error.
func TestEvaluateStops(t *testing.T) {
	e := engine(t)
	p := ordinary(10, 1)
	stop := errors.New("enough")
	rows := 0
	err := e.Evaluate(t.Context(), p, slopeAndBias(2), square(1, 9), square(1, 9).Rows(), Accuracy, func(row int, v Evaluated) error {
		if v.DAlpha != nil || len(v.Accuracy) != 9 {
			t.Errorf("%+v", v)
		}
		if rows++; rows == 3 {
			return stop
		}
		return nil
	}, nil)
	if err != stop || rows != 3 {
		t.Error(rows, err)
	}
	if err := e.Evaluate(t.Context(), p, slopeAndBias(2), square(1, 9), square(1, 9).Rows(), 0, nil, nil); err == nil {
		t.Error("no error for nothing")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Evaluate(ctx, p, slopeAndBias(2), square(1, 9), square(1, 9).Rows(), Gradient, nil, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
