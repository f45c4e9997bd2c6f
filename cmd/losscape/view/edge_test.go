package view_test

import (
	"fmt"
	"slices"
	"testing"

	"losscape/cmd/losscape/view"
	"losscape/cpu"

	"gonum.org/v1/gonum/mat"
)

// edges gives a window the edges that it computes.
func edges(s *view.State) *view.State {
	s.Edges = map[float64]view.Edge{}
	for _, r := range s.Scene.Runs {
		s.Edges[r.L2] = view.EdgeOf(s.Scene.Problem, r.L2)
	}
	return s
}

// Columns that say nothing new leave the edge where the other columns have it.
func TestEdgeOfUndetermined(t *testing.T) {
	p := load(t, "one-mode").Problem
	w, ok := p.Minimum()
	if !ok {
		t.Fatal("no minimum")
	}
	for _, c := range []struct {
		name   string
		column func(x float64) float64
	}{
		{"empty", func(float64) float64 { return 0 }},
		{"small and doubled", func(x float64) float64 { return 1e-9 * x }},
		{"doubled", func(x float64) float64 { return x }},
		{"constant", func(float64) float64 { return 1 }},
	} {
		q := &cpu.Problem{X: mat.NewDense(p.N(), 2, nil), Y: p.Y}
		for i := range p.N() {
			x := p.X.At(i, 0)
			q.X.SetRow(i, []float64{x, c.column(x)})
		}
		s := open(t, "one-mode")
		s.Edges = map[float64]view.Edge{0: view.EdgeOf(q, 0)}
		// The column's weight may be 0.
		want := fmt.Sprintf("2/λ = %.3g", 2/q.Sharpness([]float64{w[0], 0, w[1]}))
		if got := s.EdgeText(); got != want {
			t.Errorf("%s: %s, want %s", c.name, got, want)
		}
	}
}

// A run has the edge and the l2 of its own, wherever it comes from.
func TestEdgeOfRun(t *testing.T) {
	c := load(t, "one-mode")
	h := func(l2 float64) string {
		p := *c.Problem
		p.L2 = l2
		w, ok := p.Minimum()
		if !ok {
			t.Fatal("no minimum")
		}
		return fmt.Sprintf("2/λ = %.3g", 2/p.Sharpness(w))
	}
	// Beside one of the scene's l2, which is 0.
	c.Runs = append(c.Runs, c.Runs[0])
	c.Runs[1].L2 = 0.25
	s := edges(view.New(c))
	if got := s.EdgeText(); got != h(0) || s.Sliders()[1].Value != 0 {
		t.Errorf("%s, l2 %v", got, s.Sliders()[1].Value)
	}
	press(s, "n")
	if got := s.EdgeText(); got != h(0.25) || s.Sliders()[1].Value != 0.25 {
		t.Errorf("%s, l2 %v, want %s", got, s.Sliders()[1].Value, h(0.25))
	}
	// Its slider moves it, the landscape with it, and what had the landscape's.
	press(s, "tab", "up")
	if r := s.Scene.Runs; r[1].L2 != 0.281 || s.Scene.Problem.L2 != 0.281 || r[0].L2 != 0.281 {
		t.Errorf("l2 %v and %v, the landscape's %v, want 0.281", r[0].L2, r[1].L2, s.Scene.Problem.L2)
	}

	// A sweep made with --l2 10.
	c = load(t, "one-mode")
	c.Runs[0].L2 = 10
	s, err := view.NewSweep(load(t, "one-mode"), sweepOf(t, c, "lr=0.01:0.4:5", "w1=-1,1"))
	if err != nil {
		t.Fatal(err)
	}
	if got := edges(s).EdgeText(); got != h(10) || s.Sliders()[1].Value != 10 || s.Scene.Problem.L2 != 10 {
		t.Errorf("%s, l2 %v, the landscape's %v, want %s", got, s.Sliders()[1].Value, s.Scene.Problem.L2, h(10))
	}
	if s.MapStale(s.Map) {
		t.Error("the map is said to be of other runs")
	}
}

// The mark is where the run's optimizer stops being stable.
func TestEdgeOfOptimizer(t *testing.T) {
	for _, c := range []struct {
		change func(r *cpu.Run)
		marks  []string
		text   string
	}{
		{func(r *cpu.Run) {}, []string{"1/λ", "2/λ"}, "2/λ = 19.2"},
		{func(r *cpu.Run) { *r = r.WithOptimizer("momentum") }, []string{"3.8/λ"}, "3.8/λ = 36.4"},
		{func(r *cpu.Run) { *r = r.WithOptimizer("nesterov") }, []string{"1.36/λ"}, "1.36/λ = 13"},
		{func(r *cpu.Run) { *r = r.WithOptimizer("adagrad") }, nil, "no rule for adagrad"},
		{func(r *cpu.Run) { r.Batch = 8 }, nil, "no rule for mini-batches"},
	} {
		s := open(t, "one-mode")
		c.change(&s.Scene.Runs[0])
		var labels []string
		for _, m := range edges(s).Sliders()[0].Marks {
			labels = append(labels, m.Label)
		}
		if got := s.EdgeText(); !slices.Equal(labels, c.marks) || got != c.text {
			t.Errorf("marks %q and %q, want %q and %q", labels, got, c.marks, c.text)
		}
	}
}
