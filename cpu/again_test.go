package cpu_test

import (
	"math"
	"slices"
	"testing"

	"losscape/cpu"
)

// Runs that are computed again come to what they came to at first.
func TestAgain(t *testing.T) {
	p := readNotebook(t, "one-mode").problem()
	s := cpu.Sweep{Base: cpu.Run{Optimizer: "gd", LR: 1, Start: []float64{-1, -1}, Steps: 60},
		Over: []cpu.Param{{Name: "lr", Values: []float64{0.5, 3, 25, 1e9}}, {Name: "l2", Values: []float64{0, 0.1}}}}
	set := cpu.Settings{Every: 7, Recorded: []int{1, 4, 6}}.With("exponent", "distance")
	want, err := p.Sweep(t.Context(), s, set, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Sweep(t.Context(), s, set, nil)
	if err != nil {
		t.Fatal(err)
	}
	which := []int{0, 1, 4, 7}
	for _, i := range which { // another engine has left this
		got.Loss[i], got.Status[i], got.Period[i], got.Precision[i] = -1, cpu.Periodic, 3, cpu.Float32
		got.Derived["exponent"][i] = 9
	}
	for i := range got.Trajectories.Loss {
		if i/got.Trajectories.States < 2 { // of runs 1 and 4
			got.Trajectories.Loss[i] = 7
		}
	}
	calls := 0
	if err := p.Again(t.Context(), got, set, which, func(done, total int) {
		if calls++; done != calls || total != len(which) {
			t.Errorf("%d of %d at call %d", done, total, calls)
		}
	}); err != nil {
		t.Fatal(err)
	}
	same := func(what string, a, b []float64) {
		t.Helper()
		if !slices.EqualFunc(a, b, func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) }) {
			t.Errorf("%s %v, want %v", what, a, b)
		}
	}
	same("losses", got.Loss, want.Loss)
	same("exponents", got.Derived["exponent"], want.Derived["exponent"])
	same("trajectories", got.Trajectories.Loss, want.Trajectories.Loss)
	if !slices.Equal(got.Status, want.Status) || !slices.Equal(got.Period, want.Period) || got.Stats.Runs != want.Stats.Runs || calls != len(which) {
		t.Errorf("%v %v, want %v %v", got.Status, got.Period, want.Status, want.Period)
	}
	if len(got.Doubtful()) != 0 || got.Precision[0] != cpu.Float64 {
		t.Error("a run is in doubt that is of float64")
	}
}

func TestIndistinct(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   bool
	}{
		{[]float64{1, 2, 3}, false},
		{[]float64{1, 1}, false}, // alike on purpose
		{[]float64{1, 1 + 0x1p-20}, false},
		{[]float64{1, 1 + 0x1p-21}, true},
		{[]float64{30.5, 30.5 + 1e-8}, true},
		{[]float64{0, 1e-44}, true},
		{[]float64{1e-40, 2e-40}, false},
		{[]float64{-1, -1 - 1e-9, 5}, true},
	} {
		s := cpu.Sweep{Over: []cpu.Param{{Name: "l2", Values: []float64{0, 1}}, {Name: "w1", Values: c.values}}}
		if got := s.Indistinct(); got != c.want {
			t.Errorf("%v: %v", c.values, got)
		}
	}
}

// Neighbours that end otherwise are in doubt, and with reach those beside them, along axes
// of real values; those of float64 are not.
func TestDoubtNeighbours(t *testing.T) {
	line := func(n int) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = float64(i)
		}
		return v
	}
	s := cpu.Sweep{Base: cpu.Run{Optimizer: "gd", Start: []float64{0, 0}}, Over: []cpu.Param{{Name: "seed", Values: line(2)}, {Name: "lr", Values: line(3)}, {Name: "l2", Values: line(4)}}}
	fresh := func() *cpu.Result {
		r, err := cpu.NewResult(s, 2, cpu.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.Precision {
			r.Precision[i] = cpu.Float32
		}
		for i := 12; i < 24; i++ {
			r.Status[i] = cpu.Converged // another seed
		}
		return r
	}
	r := fresh()
	if d := r.DoubtNeighbours(9); len(d) != 0 {
		t.Errorf("%v are in doubt, though only seeds differ", d)
	}
	r.Status[0], r.Status[11], r.Period[11] = cpu.Periodic, cpu.Periodic, 3
	r.Precision[10] = cpu.Float64
	if d := r.DoubtNeighbours(0); !slices.Equal(d, []int{0, 1, 4, 7, 11}) || r.Doubt[7] != cpu.Disagreeing || r.Doubt[10] != cpu.NoDoubt {
		t.Errorf("%v are in doubt", d)
	}
	if d := r.DoubtNeighbours(1); !slices.Equal(d, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11}) {
		t.Errorf("with those beside them: %v", d)
	}
	r = fresh()
	r.Status[3], r.Doubt = cpu.Periodic, make([]cpu.Doubt, 24)
	r.Doubt[3] = cpu.Returning
	if d := r.DoubtNeighbours(0); !slices.Equal(d, []int{2, 3, 7}) || r.Doubt[3] != cpu.Returning || !slices.Equal(r.Doubtful(), d) {
		t.Errorf("%v are in doubt, of them %v", d, r.Doubt)
	}
}
