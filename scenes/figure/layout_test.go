package figure

import (
	"math"
	"slices"
	"testing"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/palette"
)

// builtin loads a built-in scene.
func builtin(t *testing.T, name string) *scenes.Scene {
	t.Helper()
	s, err := scenes.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A fixed range does not grow with the runs.
func TestFixedRange(t *testing.T) {
	s := builtin(t, "one-mode")
	s.Runs = []cpu.Run{{Optimizer: "gd", LR: 60, Start: []float64{-8, 5}, Steps: 100}}
	ts, err := s.Problem.DescendAll(t.Context(), s.Runs, nil)
	if err != nil {
		t.Fatal(err)
	}
	if g := ViewGrid(s, ts, 600, 400); g.X.Max <= s.Grid.X.Max {
		t.Errorf("range %+v, want one that holds the run", g)
	}
	s.Fixed = true
	if g := ViewGrid(s, ts, 600, 400); g.X.Min != s.Grid.X.Min || g.X.Max != s.Grid.X.Max || g.Y.Max != s.Grid.Y.Max {
		t.Errorf("range %+v, want the scene's", g)
	}
}

func TestViewGrid(t *testing.T) {
	s := builtin(t, "one-mode")
	at := func(points ...float64) []*cpu.Trajectory {
		return []*cpu.Trajectory{{Dim: 2, Weights: points, Loss: make([]float64, len(points)/2)}}
	}
	for _, c := range []struct {
		name           string
		points         []float64
		x0, x1, y0, y1 float64
	}{
		{"inside", []float64{0, 0, 3, -10}, -10, 10, -10, 10},
		{"right", []float64{0, 0, 12, 0}, -10, 13, -10, 10},
		{"far right", []float64{0, 0, 1000, 0}, -10, 30, -10, 10},
		{"far both", []float64{-1000, 0, 1000, 0}, -20, 20, -10, 10},
		{"near left, far right", []float64{-12, 0, 1000, 0}, -13, 27, -10, 10},
		{"below", []float64{0, -15, 0, 0}, -10, 10, -16, 10},
		{"not finite", []float64{0, 0, math.Inf(1), 0, 12, 0}, -10, 10, -10, 10},
	} {
		g := ViewGrid(s, at(c.points...), 1800, 600)
		want := cpu.Grid{X: cpu.Axis{Min: c.x0, Max: c.x1, N: g.X.N}, Y: cpu.Axis{Min: c.y0, Max: c.y1, N: g.Y.N}}
		if g != want {
			t.Errorf("%s: %+v, want %+v", c.name, g, want)
		}
	}
	// Density.
	g := ViewGrid(s, nil, 1800, 600)
	if g.X.N < 450 || g.X.N > 600 || g.Y.N < 400 || g.Y.N > 600 {
		t.Errorf("grid of %d x %d for panels of some 480 x 460 pixels", g.X.N, g.Y.N)
	}
	g = ViewGrid(s, nil, 5400, 1800) // nine times as many pixels, and a point for every second one along an axis
	if g.X.N < 650 || g.X.N > 900 || g.Y.N < 600 || g.Y.N > 900 {
		t.Errorf("grid of %d x %d for panels of some 1440 x 1380 pixels", g.X.N, g.Y.N)
	}
	if g := ViewGrid(s, nil, 16000, 5000); g.X.N != maxDense || g.Y.N != maxDense {
		t.Errorf("grid of %d x %d, want at most %d", g.X.N, g.Y.N, maxDense)
	}
	s.Grid.X.N, s.Grid.Y.N = 3000, 5000
	if g := ViewGrid(s, nil, 900, 300); g.X.N != 3000 || g.Y.N != maxGrid {
		t.Errorf("grid of %d x %d, want the scene's 3000 x %d", g.X.N, g.Y.N, maxGrid)
	}
	// Only what the film shows counts.
	s = builtin(t, "one-mode")
	s.Film.Frames = 1
	if g := ViewGrid(s, at(0, 0, 1, 1, 50, 0), 900, 300); g.X.Max != 10 {
		t.Errorf("widened to %v for a point that is not shown", g.X.Max)
	}
}

func TestRunNames(t *testing.T) {
	run := func(name, optimizer string, lr, x float64) *cpu.Trajectory {
		return &cpu.Trajectory{Run: cpu.Run{Name: name, Optimizer: optimizer, LR: lr, Start: []float64{x, -1}}}
	}
	labels := scenes.DefaultLabels()
	for _, c := range []struct {
		runs []*cpu.Trajectory
		want []string
	}{
		{[]*cpu.Trajectory{run("", "gd", 1, 0)}, []string{""}},
		{[]*cpu.Trajectory{run("", "gd", 1, 0), run("", "gd", 0.25, 0)}, []string{"lr 1", "lr 0.25"}},
		{[]*cpu.Trajectory{run("", "gd", 1, 0), run("", "adam", 1, 0)}, []string{"gd", "adam"}},
		{[]*cpu.Trajectory{run("slow", "gd", 1e-7, 0), run("", "adam", 1, 0)}, []string{"slow, lr 10⁻⁷", "adam, lr 1"}},
		{[]*cpu.Trajectory{run("lr 1", "gd", 1, 0), run("lr 2", "gd", 2, 0)}, []string{"lr 1", "lr 2"}},
		{[]*cpu.Trajectory{run("", "gd", 1, -2), run("", "gd", 1, 3)}, []string{"from (−2, −1)", "from (3, −1)"}},
		{[]*cpu.Trajectory{run("", "gd", 1, 0), run("", "gd", 1, 0)}, []string{"run 1", "run 2"}},
		{[]*cpu.Trajectory{run("", "gd", 1, 0), run("", "gd", 2, 0), run("", "gd", 1, 0)}, []string{"lr 1, run 1", "lr 2", "lr 1, run 3"}},
		{[]*cpu.Trajectory{run("a", "gd", 1, 0), run("a", "gd", 1, 0)}, []string{"a", "a"}},
	} {
		if got := RunNames(c.runs, &labels); !slices.Equal(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestRunsFollowTheClock looks at a film in which a frame shows a quarter of an
// update.
func TestRunsFollowTheClock(t *testing.T) {
	s := builtin(t, "one-mode")
	runs, err := s.Problem.DescendAll(t.Context(), s.Runs, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Film.FramesPerIteration, s.Film.Frames = 4, 40
	p := Picture{Scene: s, Trajectories: runs, Frame: 9} // 2.5 updates
	th := palette.ThemeOf(s.Film.Theme)
	r := p.Runs(th)[0]
	tr := p.Trajectories[0]
	if len(r.At) != 4 || r.Index != 2 || r.When[3] != 2.5 || r.Last != 10 {
		t.Fatalf("%+v", r)
	}
	for j := range r.W {
		if want := (tr.At(2)[j] + tr.At(3)[j]) / 2; math.Abs(r.W[j]-want) > 1e-12 {
			t.Errorf("weight %d is %v, want %v", j, r.W[j], want)
		}
	}
	if !(r.Loss[3] < tr.Loss[2] && r.Loss[3] > tr.Loss[3]) {
		t.Errorf("losses %v", r.Loss)
	}
}
