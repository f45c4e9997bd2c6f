package cpu_test

import (
	"math"
	"testing"

	"losscape/cpu"
)

// TestStableRates checks where runs of one-mode become unstable: the known learning rates
// of its minimum, and the formulas with the L2 weight and the momentum of each value.
func TestStableRates(t *testing.T) {
	p := readNotebook(t, "one-mode").problem()
	sweep := func(optimizer string, over ...string) cpu.Sweep {
		s := cpu.Sweep{Base: cpu.DefaultRun(optimizer)}
		s.Base.Start, s.Base.Steps = []float64{-1, -1}, 10
		for _, text := range over {
			a, err := cpu.ParseParam(text)
			if err != nil {
				t.Fatal(err)
			}
			s.Over = append(s.Over, a)
		}
		return s
	}
	for _, c := range []struct {
		s    cpu.Sweep
		want float64
	}{
		{sweep("gd", "lr=1:40:9"), 19.165051},
		{sweep("momentum", "lr=1:40:9"), 36.4136},
		{sweep("nesterov", "w1=-1:1:3", "lr=1:40:9"), 13.0049},
	} {
		r, err := p.StableRates(t.Context(), c.s)
		if err != nil || r == nil {
			t.Fatalf("%v, %v", r, err)
		}
		for _, lr := range r.LR {
			if math.Abs(lr-c.want) > 1e-4 {
				t.Errorf("%s over %v: stable below %v, want %v", c.s.Base.Optimizer, c.s.Over, lr, c.want)
			}
		}
	}
	s := sweep("momentum", "l2=1e-3:1:200:log", "lr=1:40:9")
	r, err := p.StableRates(t.Context(), s)
	if err != nil || r.Rate != 1 || len(r.At) != 65 || r.At[0] != 0 || r.At[65-1] != 199 {
		t.Fatalf("%+v, %v", r, err)
	}
	for k, at := range r.At {
		lambda, ok := p.MinimumSharpness(s.Over[0].Values[at])
		if want := 3.8 / lambda; !ok || math.Abs(r.LR[k]/want-1) > 1e-12 {
			t.Errorf("l2 %v: stable below %v, want %v", s.Over[0].Values[at], r.LR[k], want)
		}
	}
	for _, s := range []cpu.Sweep{sweep("gd", "l2=0:1:3"), sweep("adagrad", "lr=1:2:3"), sweep("gd", "l2=0:1:3", "lr=1:2:3", "w1=0:1:2")} {
		if r, err := p.StableRates(t.Context(), s); r != nil || err != nil {
			t.Errorf("%v: %+v, %v", s.Over, r, err)
		}
	}
}
