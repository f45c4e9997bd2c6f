package compute

import (
	"errors"
	"math"
	"slices"
	"testing"

	"losscape/cpu"
)

// Runs that a double engine computes again come to what they come to in a sweep of it,
// to the last bit, with their trajectories; all others stay as they were.
func TestAgain(t *testing.T) {
	e, in := engine(t), doubles(t)
	p := ordinary(40, 1)
	base := cpu.DefaultRun("momentum")
	base.LR, base.Steps, base.Start = 0.1, 40, make([]float64, p.Dim())
	for _, c := range []struct {
		name string
		over []cpu.Param
	}{
		{"learning rates", []cpu.Param{{Name: "lr", Values: values(0.01, 9, 7)}, {Name: "l2", Values: []float64{0, 0.5}}}},
		{"batches", []cpu.Param{{Name: "batch", Values: []float64{0, 8}}, {Name: "steps", Values: []float64{9, 40}}, {Name: "seed", Values: []float64{1, 2, 3}}}},
	} {
		s := cpu.Sweep{Base: base, Over: c.over}
		for _, recorded := range [][]int{nil, {0, 3, 5, 10}} {
			set := cpu.Settings{Every: 5, Recorded: recorded}
			single, err := e.Sweep(t.Context(), p, s, set, nil)
			if err != nil {
				t.Fatal(err)
			}
			want, err := in.Sweep(t.Context(), p, s, set, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := e.Sweep(t.Context(), p, s, set, nil)
			if err != nil {
				t.Fatal(err)
			}
			which := []int{1, 3, 4, 10}
			if err := in.Again(t.Context(), p, got, set, which, func(done, total int) {
				if done > total || total != len(which) {
					t.Errorf("%d of %d runs", done, total)
				}
			}); err != nil {
				t.Fatal(err)
			}
			for i := range got.N() {
				from, precision := single, cpu.Float32
				if slices.Contains(which, i) {
					from, precision = want, cpu.Float64
				}
				ok := slices.Equal(got.At(i), from.At(i)) && got.Loss[i] == from.Loss[i] && got.BestLoss[i] == from.BestLoss[i] && got.GradNorm[i] == from.GradNorm[i] &&
					got.Steps[i] == from.Steps[i] && got.Status[i] == from.Status[i] && got.Period[i] == from.Period[i] && got.Precision[i] == precision
				if tr := got.Trajectories; tr.Row(i) >= 0 {
					at := tr.Row(i) * tr.States
					same := func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) }
					ok = ok && slices.EqualFunc(tr.Loss[at:at+tr.States], from.Trajectories.Loss[at:at+tr.States], same)
				}
				if !ok {
					t.Errorf("%s, recorded %v: run %d is not that of a sweep in its precision", c.name, recorded, i)
				}
			}
		}
	}
	s := cpu.Sweep{Base: base}
	s.Base.LR = 1e-300
	res, err := cpu.NewResult(s, p.Dim(), cpu.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Again(t.Context(), p, res, cpu.Settings{}, []int{0}, nil); !errors.Is(err, ErrUnsupported) {
		t.Errorf("what float32 does not hold: %v", err)
	}
}
