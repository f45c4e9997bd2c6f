package figure

import (
	"math"
	"testing"

	"losscape/cpu"
	"losscape/scenes/display"
)

// TestStableLine checks that the line where runs become unstable passes through the
// learning rates that are stated, on either side of a map and on a plot, and that its
// label lies on the plot and not on it.
func TestStableLine(t *testing.T) {
	for _, c := range []struct {
		over  []string
		rates *cpu.StableRates
		text  bool
	}{
		{[]string{"lr=1:100:101:log", "l2=0:1:3"}, &cpu.StableRates{Rate: 0, At: []int{0, 1, 2}, LR: []float64{50, 20, 10}}, true},
		{[]string{"l2=0:1:3", "lr=1:100:101:log"}, &cpu.StableRates{Rate: 1, At: []int{0, 1, 2}, LR: []float64{50, math.NaN(), 10}}, true},
		{[]string{"lr=1:30:30"}, &cpu.StableRates{Rate: 0, At: []int{0}, LR: []float64{19}}, true},
		{[]string{"lr=1:30:30"}, &cpu.StableRates{Rate: 0, At: []int{0}, LR: []float64{40}}, false},
		{[]string{"lr=1:30:30"}, &cpu.StableRates{Rate: 0, At: []int{0}, LR: []float64{0}}, false},
		{[]string{"lr=1,3,2", "l2=0:1:3"}, &cpu.StableRates{Rate: 0, At: []int{0}, LR: []float64{2}}, false},
	} {
		s, r := sweepOf(t, c.over, func(r *cpu.Result, i int) { r.Loss[i] = float64(i) })
		for _, m := range []Medium{Screen, sheetPage} {
			sh, before := sheet(t, s, r, m)
			s.Map.Stability, sh.Stable = true, c.rates
			l := new(display.List)
			sh.List(l)
			s.Map.Stability = false
			added := len(l.Texts) - len(before.Texts)
			if c.text != (added == 1) {
				t.Fatalf("%v: %d labels", c.over, added)
			}
			var label display.Text
			for _, x := range l.Texts {
				if x.Line == "2/λ" {
					label = x
				}
			}
			if !c.text {
				continue
			}
			if label.Box.Union(sh.Plot) != sh.Plot {
				t.Errorf("%v: a label at %v, outside %v", c.over, label.Box, sh.Plot)
			}
			for _, g := range l.Segs[len(before.Segs):] {
				for k := range 101 {
					u := float64(k) / 100
					if p := display.Pt(float64(g.P[0])*(1-u)+float64(g.P[2])*u, float64(g.P[1])*(1-u)+float64(g.P[3])*u); label.Box.Contains(p) {
						t.Fatalf("%v: the line passes through its label at %v", c.over, p)
					}
				}
			}
			// The line at the middle of the first value's cells, or all along.
			x, y := 0.5/3, math.Log(50)/math.Log(100)*100/101+0.5/101
			if len(c.over) == 1 {
				x, y = 0.5, (18*29./29+0.5)/30
				x, y = y, x
				em := sh.tickStyle().Size / sh.Plot.W() * plotInset
				x = em + x*(1-2*em)
			} else if c.rates.Rate == 0 {
				x, y = y, x
			}
			at := display.Pt(sh.Plot.X0+x*sh.Plot.W(), sh.Plot.Y1-y*sh.Plot.H())
			near := math.Inf(1)
			for _, g := range l.Segs[len(before.Segs):] {
				for k := range 1001 {
					u := float64(k) / 1000
					near = min(near, math.Hypot(float64(g.P[0])*(1-u)+float64(g.P[2])*u-at.X, float64(g.P[1])*(1-u)+float64(g.P[3])*u-at.Y))
				}
			}
			if near > 0.01*sh.Plot.W() {
				t.Errorf("%v: the line passes %v at %v", c.over, at, near)
			}
		}
	}
}
