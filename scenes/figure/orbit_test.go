package figure

import (
	"image/color"
	"math"
	"slices"
	"testing"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/scale"
)

// orbitOf returns a scene with an orbit diagram of w1 in the last four of ten steps of four
// runs: one that hops between 1 and 3, one that has converged at 2, one that has diverged
// and one that goes from 0 to 3.
func orbitOf(t *testing.T) (*scenes.Scene, *cpu.Result) {
	t.Helper()
	s := builtin(t, "one-mode")
	p, err := cpu.ParseParam("lr=1:4:4")
	if err != nil {
		t.Fatal(err)
	}
	s.Orbit = scenes.DefaultOrbit()
	s.Orbit.Over, s.Orbit.Steps, s.Orbit.Last = []cpu.Param{p}, 10, 4
	r, err := cpu.NewResult(s.OrbitSweep(), 2, s.Orbit.Settings(10))
	if err != nil {
		t.Fatal(err)
	}
	r.Status = []cpu.Status{cpu.Periodic, cpu.Converged, cpu.Diverged, cpu.StepLimit}
	nan := math.NaN()
	for i, row := range [][]float64{{1, 3, 1, 3}, {2.5, nan, nan, nan}, {7, 1e200, nan, nan}, {0, 1, 2, 3}} {
		for c, v := range row {
			r.Trajectories.W[(i*4+c)*2], r.Trajectories.Loss[i*4+c] = v, v+10
		}
		r.W[2*i], r.Loss[i] = 2, 12
	}
	return s, r
}

// TestOrbitCells checks where the states of an orbit diagram are and how many share a
// place, in columns of a run and of several.
func TestOrbitCells(t *testing.T) {
	s, r := orbitOf(t)
	o := &s.Orbit
	states := newOrbits(r, o)
	if v := states.scale(); v.A != -orbitRoom*3 || v.B != 3+orbitRoom*3 {
		t.Errorf("a scale from %v to %v, want 0 to 3 with some room", v.A, v.B)
	}
	vertical := scale.NewLinear(-0.5, 3.5) // a row for each whole number
	for _, theme := range []string{"light", "dark"} {
		s.Film.Theme = theme
		l := NewLayout(s, 400, 300, Screen)
		colors := orbitShades(o, isLight(l.Theme))
		for _, c := range []struct {
			nx     int
			states [4][]float64 // by row from below: the states in each column
		}{
			{4, [4][]float64{{0, 0, 0, 1}, {2, 0, 0, 1}, {0, 3, 0, 1}, {2, 1, 0, 1}}}, // 2.5 counts as 3
			{2, [4][]float64{{0, 0.5}, {1, 0.5}, {1.5, 0.5}, {1.5, 0.5}}},
			{900, [4][]float64{{0, 0, 0, 1}, {2, 0, 0, 1}, {0, 3, 0, 1}, {2, 1, 0, 1}}},
		} {
			cells := PaintOrbit(r, o, vertical, c.nx, 4, l.Theme, nil)
			if cells.NX != min(c.nx, 4) || cells.NY != 4 {
				t.Fatalf("%d columns of %d", cells.NX, cells.NY)
			}
			for y, row := range c.states {
				for x, n := range row {
					want := color.RGBA(l.Theme.Paper)
					if n > 0 {
						want = colors.at(math.Log10(max(n/4, 0.25)))
					}
					if p := cells.Pix[4*(y*cells.NX+x):]; (color.RGBA{p[0], p[1], p[2], p[3]}) != want {
						t.Errorf("%s, %d columns: row %d of column %d is %v, want %v", theme, c.nx, y, x, p[:4], want)
					}
				}
			}
			if PaintOrbit(r, o, vertical, c.nx, 4, l.Theme, cells) != cells {
				t.Error("painted once more")
			}
		}
	}
	o.Of = scenes.OrbitLoss
	if v := newOrbits(r, o).scale(); math.Abs(v.A-10+orbitRoom*3) > 1e-12 {
		t.Errorf("losses from %v on, want 10 with some room", v.A)
	}
	for i := range r.Status { // nothing to show
		r.Status[i] = cpu.Diverged
	}
	if v := newOrbits(r, o).scale(); !(v.B > v.A) {
		t.Errorf("a scale from %v to %v", v.A, v.B)
	}
}

// TestOrbitSheet checks the words of an orbit diagram alone, and that none lies over
// another.
func TestOrbitSheet(t *testing.T) {
	for _, m := range []Medium{Screen, sheetPage} {
		s, r := orbitOf(t)
		sh, err := NewOrbitSheet(s, r, "what the runs share", m)
		if err != nil {
			t.Fatal(err)
		}
		l := new(display.List)
		sh.List(l)
		checkSheetTexts(t, "orbit", l, display.Rect(0, 0, sh.W, sh.H), sh.Plot)
		for _, want := range []string{"One-mode example: orbit diagram", "w₁", "Learning rate", "Share of 4 states", "diverged: 1 (25 %)"} {
			if !slices.Contains(lines(l), want) {
				t.Errorf("no %q in %q", want, lines(l))
			}
		}
		r.Trajectories = nil
		if _, err := NewOrbitSheet(s, r, "", m); err == nil {
			t.Error("a diagram of states that are not recorded")
		}
	}
}

// TestOrbitRuns checks that a scene's run is drawn in the column of its learning rate, where
// its weight is.
func TestOrbitRuns(t *testing.T) {
	s, r := orbitOf(t)
	s.Film.Panels = scenes.PanelsOf(scenes.OrbitPanel)
	s.Runs[0].LR, s.Runs[0].Steps = 3, 10
	ts, err := s.Problem.DescendAll(t.Context(), s.Runs, nil)
	if err != nil {
		t.Fatal(err)
	}
	fig, err := New(Content{Scene: s, Trajectories: ts, Orbit: r}, 600, 400, Screen)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []int{0, 3, 10} {
		var l display.List
		l.Reset(display.Rect(0, 0, 600, 400))
		fig.Frame(&l, k)
		plot, v := fig.Panels[0].Plot, fig.views[0].(*orbitView).vertical
		w := ts[0].At(min(int(s.Film.Updates(k)), 10))[0]
		x, y := plot.X0+2.5/4*plot.W(), plot.Y1-v.Unit(w)*plot.H()
		y = min(max(y, plot.Y0), plot.Y1)
		last := l.Cmds[len(l.Cmds)-1]
		if math.Hypot(float64(last.A[0])-x, float64(last.A[1])-y) > 5 {
			t.Errorf("frame %d: the run is at %v, want %v, %v", k, last.A[:2], x, y)
		}
	}
}
