package cpu_test

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"

	"losscape/cpu"
)

// windows of the one-mode data in which labels are hard to tell: slow spirals onto a
// cycle of two and the first tori, the edge of stability, and two cascades.
var windows = []struct {
	lr, l2 string
	steps  int
}{
	{"lr=27.2:27.7:9", "l2=0:1e-4:2", 1000},
	{"lr=19:19.4:9", "l2=0:1e-4:2", 1000},
	{"lr=30:33:9", "l2=0:1e-3:2", 1000},
	{"lr=30.875:31.275:9", "l2=0:1e-4:2", 2000},
}

// TestPeriodsAreTrue holds what a sweep says of runs against the same runs of 12,000
// steps, of which it says nothing.
func TestPeriodsAreTrue(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	p := readNotebook(t, "one-mode").problem()
	p.Eps = 0
	said := map[cpu.Status]int{}
	for _, w := range windows {
		s := cpu.Sweep{Base: cpu.Run{Optimizer: "gd", Start: []float64{-1, -1}, Steps: w.steps}, Over: []cpu.Param{param(t, w.lr), param(t, w.l2)}}
		res, err := p.Sweep(t.Context(), s, cpu.Settings{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, status := range res.Status {
			said[status]++
			if status == cpu.StepLimit {
				continue
			}
			r := s.Run(i)
			r.Steps = 12000
			long, err := p.Descend(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprintf("lr %v, l2 %v: %v, period %d after %d steps", r.LR, r.L2, status, res.Period[i], res.Steps[i])
			if status == cpu.Converged {
				q := *p
				q.L2 = r.L2
				if g := floats.Norm(q.Gradient(nil, long.At(r.Steps)), 2); g > 1e-6 {
					t.Errorf("%s: the gradient is %v later on", name, g)
				}
				continue
			}
			for j := 1; j <= int(res.Period[i]); j++ {
				d := floats.Distance(long.At(r.Steps), long.At(r.Steps-j), 2)
				if again := j == int(res.Period[i]); again && d > 1e-10 || !again && d < 1e-4 {
					t.Errorf("%s: %v from where it was %d steps before, later on", name, d, j)
				}
			}
		}
	}
	if said[cpu.Converged] < 4 || said[cpu.Periodic] < 24 {
		t.Errorf("only %v", said)
	}
}

// TestPeriodRule sees states of which the limit is known.
func TestPeriodRule(t *testing.T) {
	const steps = 1000
	turn := func(k int, angle, radius float64) []float64 {
		return []float64{radius * math.Cos(angle*float64(k)), radius * math.Sin(angle*float64(k))}
	}
	noise := func(k int) float64 { return 1e-14 * math.Sin(float64(k*k)) }
	for name, c := range map[string]struct {
		w    func(k int) []float64
		want int
	}{
		"a settled cycle": {func(k int) []float64 { return []float64{float64(k % 7), noise(k)} }, 7},
		"the longest":     {func(k int) []float64 { return []float64{float64(k % 64), noise(k)} }, 64},
		"a longer one":    {func(k int) []float64 { return []float64{float64(k % 65), noise(k)} }, 0},
		"a point":         {func(k int) []float64 { return []float64{1, noise(k)} }, 0},
		"approached":      {func(k int) []float64 { return []float64{float64(k % 2), math.Pow(0.98, float64(k))} }, 2},
		"from both sides": {func(k int) []float64 { return []float64{float64(k % 3), math.Pow(-0.98, float64(k))} }, 3},
		"a point from both sides": {func(k int) []float64 {
			return []float64{math.Pow(-0.9999, float64(k)), 0}
		}, 0},
		"the end of a cascade": {func(k int) []float64 { // algebraically onto a point, hopping over it
			return []float64{math.Pow(-1, float64(k)) / math.Sqrt(1+2*float64(k)), 0}
		}, 0},
		"a torus":         {func(k int) []float64 { return turn(k, 2*math.Pi*(math.Sqrt(5)-1)/2, 1) }, 0},
		"nearly a period": {func(k int) []float64 { return turn(k, 2*math.Pi/10+1e-9, 1) }, 0},
		"a slow spiral onto two points": {func(k int) []float64 {
			w := turn(k, 2*math.Pi/10+1e-10, math.Pow(1-1e-9, float64(k)))
			w[0] += 5 * float64(k%2)
			return w
		}, 0},
		"a fast spiral onto two points": {func(k int) []float64 {
			w := turn(k, 2*math.Pi/10+1e-6, math.Pow(0.98, float64(k)))
			w[0] += 5 * float64(k%2)
			return w
		}, 2},
		"outwards": {func(k int) []float64 { return []float64{float64(k % 2), 1e-9 * math.Exp(float64(k-steps)/100)} }, 0},
	} {
		if got := cpu.PeriodOf(steps, c.w); got != c.want {
			t.Errorf("%s: period %d, want %d", name, got, c.want)
		}
	}
}
