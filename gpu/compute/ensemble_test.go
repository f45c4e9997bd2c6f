package compute

import (
	"context"
	"errors"
	"math"
	"testing"

	"losscape/cpu"
	"losscape/gpu"
)

// ensembleAt returns the weights, run by run, and the statuses of an ensemble after k
// updates.
func ensembleAt(t *testing.T, e *Engine, w *Ensemble, k int) (weights [][]float32, status []int32) {
	t.Helper()
	p, err := w.At(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	words := make([]float32, p.Stride*p.Dim)
	status = make([]int32, p.N)
	err = e.d.Do(func() error {
		if err := gpu.Download(p.Weights, p.Offset, words); err != nil {
			return err
		}
		return gpu.Download(p.Statuses, p.Offset+4*p.Status, status)
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.N {
		at := make([]float32, p.Dim)
		for j := range at {
			at[j] = words[j*p.Stride+i]
		}
		weights = append(weights, at)
	}
	return weights, status
}

// An ensemble is where the CPU's runs are, after any number of updates, forwards and
// backwards.
func TestEnsemble(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	e := engine(t)
	p := readNotebook(t, "one-mode").problem()
	start := []float64{-1, -1}
	base := cpu.Run{Optimizer: "gd", LR: 0.5, Start: start, Steps: 150}
	adam := cpu.DefaultRun("adam")
	adam.LR, adam.Start, adam.Steps, adam.Batch, adam.Seed = 0.2, start, 40, 12, 7
	for name, s := range map[string]cpu.Sweep{
		"starts": {Base: base, Over: []cpu.Param{{Name: "w1", Values: values(-8, 8, 23)}, {Name: "w2", Values: values(-6, 6, 17)}}},
		"rates":  {Base: base, Over: []cpu.Param{{Name: "lr", Values: values(0.1, 15, 301)}}},
		"steps":  {Base: base, Over: []cpu.Param{{Name: "steps", Values: []float64{0, 1, 50, 149, 200}}}},
		"seeds":  {Base: adam, Over: []cpu.Param{{Name: "seed", Values: values(0, 20, 21)}, {Name: "lr", Values: []float64{0.1, 0.3}}}},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := e.Ensemble(p, s, cpu.Settings{GradTol: -1, MaxPeriod: 1})
			if err != nil {
				t.Fatal(err)
			}
			w.every = 16 // states are kept, and thinned out
			defer func() {
				if err := w.Close(); err != nil {
					t.Error(err)
				}
			}()
			ts := make([]*cpu.Trajectory, w.N)
			for i := range ts {
				if ts[i], err = p.Descend(t.Context(), s.Run(i)); err != nil {
					t.Fatal(err)
				}
			}
			for _, k := range []int{0, 1, 7, 64, 40, 3, 0, 150, 1 << 30, 33} {
				got, status := ensembleAt(t, e, w, k)
				worst := 0.0
				for i, tr := range ts {
					at := min(k, tr.Run.Steps)
					for j, want := range tr.At(at) {
						worst = max(worst, math.Abs(float64(got[i][j])-want)/(1+math.Abs(want)))
					}
					if ended := k > tr.Run.Steps || k >= w.Steps; ended != (status[i] == int32(cpu.StepLimit)) {
						t.Errorf("after %d updates run %d has the status %d", k, i, status[i])
					}
				}
				if worst > 1e-4 {
					t.Errorf("after %d updates a weight is off by %.2g", k, worst)
				}
			}
		})
	}
}

func TestEnsembleStatus(t *testing.T) {
	e := engine(t)
	p := readNotebook(t, "one-mode").problem()
	s := cpu.Sweep{
		Base: cpu.Run{Optimizer: "gd", LR: 0.5, L2: 1, Start: []float64{-1, -1}, Steps: 300},
		Over: []cpu.Param{{Name: "lr", Values: []float64{0.001, 1, 2.05, 40}}},
	}
	w, err := e.Ensemble(p, s, cpu.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	want, err := p.Sweep(t.Context(), s, cpu.Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, status := ensembleAt(t, e, w, 300)
	for i, got := range status {
		if cpu.Status(got) != want.Status[i] {
			t.Errorf("lr %v: %v, want %v", s.Run(i).LR, cpu.Status(got), want.Status[i])
		}
	}
}

// TestEnsembleWeighted has the runs of an ensemble take weights of samples and leave the bias out of
// the L2 term, as those of a sweep do.
func TestEnsembleWeighted(t *testing.T) {
	e := engine(t)
	p := ordinary(40, 1)
	weights := make([]float64, p.N())
	for i := range weights {
		weights[i] = float64(1 + i%5)
	}
	if err := p.Weigh(weights); err != nil {
		t.Fatal(err)
	}
	p.Penalize = cpu.PenalizeWeights
	s := cpu.Sweep{Base: cpu.Run{Optimizer: "gd", LR: 0.5, L2: 0.5, Start: []float64{-1, -1}, Steps: 20}, Over: []cpu.Param{{Name: "lr", Values: values(0.1, 2, 9)}}}
	w, err := e.Ensemble(p, s, cpu.Settings{GradTol: -1, MaxPeriod: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	got, _ := ensembleAt(t, e, w, 20)
	for i, at := range got {
		want, err := p.Descend(t.Context(), s.Run(i))
		if err != nil {
			t.Fatal(err)
		}
		for j, x := range want.At(20) {
			if math.Abs(float64(at[j])-x) > 1e-5 {
				t.Errorf("run %d: %v, want %v", i, at, want.At(20))
			}
		}
	}
}

func TestEnsembleErrors(t *testing.T) {
	e := engine(t)
	p := readNotebook(t, "one-mode").problem()
	base := cpu.Run{Optimizer: "gd", LR: 0.5, Start: []float64{-1, -1}, Steps: 10}
	for name, s := range map[string]cpu.Sweep{
		"batch":    {Base: base, Over: []cpu.Param{{Name: "batch", Values: []float64{5, 10}}}},
		"too many": {Base: base, Over: []cpu.Param{{Name: "w1", Values: values(0, 1, 1<<12)}, {Name: "w2", Values: values(0, 1, 1<<13)}}},
	} {
		if _, err := e.Ensemble(p, s, cpu.Settings{}); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v, want ErrUnsupported", name, err)
		}
	}
	w, err := e.Ensemble(p, cpu.Sweep{Base: base}, cpu.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.At(ctx, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := w.At(t.Context(), -1); err == nil {
		t.Error("−1 updates are no error")
	}
	for range 2 {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := w.At(t.Context(), 3); err == nil {
		t.Error("a closed ensemble is no error")
	}
}
