package compute

import (
	"context"
	"errors"
	"math"
	"testing"

	"losscape/cpu"
	"losscape/gpu"
)

// Past the edge of stability a run of many weights settles into a period of two, which
// period.comp finds though it takes more distances than loops have iterations.
func TestWidePeriods(t *testing.T) {
	e := engine(t)
	p := ordinary(3, MaxFeatures)
	s := cpu.Sweep{Base: cpu.Run{Optimizer: "gd", L2: 1, Start: make([]float64, p.Dim()), Steps: 300}, Over: []cpu.Param{{Name: "lr", Values: []float64{0.05, 1}}}}
	got, err := e.Sweep(t.Context(), p, s, cpu.Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := p.Sweep(t.Context(), s, cpu.Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want.N() {
		if got.Status[i] != want.Status[i] || got.Period[i] != want.Period[i] {
			t.Errorf("run %d: %v, period %d; the CPU's is %v, %d", i, got.Status[i], got.Period[i], want.Status[i], want.Period[i])
		}
	}
	if longest := cpu.Periods*cpu.MaxPeriod + 1 + cpu.MaxPeriod; longest*p.Dim() < gpu.MaxLoopIterations {
		t.Errorf("%d states of %d weights are few", longest, p.Dim())
	}
	if want.Period[1] < 2 {
		t.Errorf("the CPU finds %v, period %d", want.Status[1], want.Period[1])
	}
}

// An ensemble of many weights goes forwards and back, by mini-batches of several seeds.
func TestWideEnsemble(t *testing.T) {
	e := engine(t)
	p := ordinary(29, 40)
	base := cpu.Run{Optimizer: "gd", LR: 0.02, Start: make([]float64, p.Dim()), Steps: 9, Batch: 5}
	s := cpu.Sweep{Base: base, Over: []cpu.Param{{Name: "lr", Values: []float64{0.01, 0.02}}, {Name: "seed", Values: []float64{1, 2, 1 << 40}}}}
	w, err := e.Ensemble(p, s, cpu.Settings{GradTol: -1, MaxPeriod: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, k := range []int{3, 9, 1} {
		got, _ := ensembleAt(t, e, w, k)
		for i := range got {
			tr, err := p.Descend(t.Context(), s.Run(i))
			if err != nil {
				t.Fatal(err)
			}
			for j, want := range tr.At(k) {
				if math.Abs(float64(got[i][j])-want) > 1e-5*(1+math.Abs(want)) {
					t.Fatalf("after %d updates weight %d of run %d is %v, want %v", k, j, i, got[i][j], want)
				}
			}
		}
	}
}

// A step of many weights is left between its parts.
func TestWideStops(t *testing.T) {
	e := engine(t)
	p := ordinary(3000, 100)
	s := cpu.Sweep{Base: cpu.Run{Optimizer: "gd", LR: 0.01, Start: make([]float64, p.Dim()), Steps: 1 << 20}, Over: []cpu.Param{{Name: "l2", Values: []float64{0.1, 0.2}}}}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := e.Sweep(ctx, p, s, cpu.Settings{GradTol: -1}, func(int, int) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	s.Base.Steps = 1
	if _, err := e.Sweep(t.Context(), p, s, cpu.Settings{Quantities: []string{cpu.ExponentName}}, nil); !errors.Is(err, ErrUnsupported) {
		t.Errorf("exponents of 101 weights: %v", err)
	}
}
