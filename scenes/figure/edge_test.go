package figure

import (
	"slices"
	"testing"

	"losscape/scenes"
)

// TestStabilityCurves lays out lr λ along a run of gd, one of momentum and one of Adam: the
// first two have a curve and a limit each, in their own colours, and the axis has room for all.
func TestStabilityCurves(t *testing.T) {
	s, err := scenes.Load("large-lr")
	if err != nil {
		t.Fatal(err)
	}
	s.Film.Panels, s.Film.Stability, s.Fixed = scenes.PanelsOf(scenes.LossPanel), true, true
	momentum, adam := s.Runs[0].WithOptimizer("momentum"), s.Runs[0].WithOptimizer("adam")
	s.Runs = append(s.Runs, momentum, adam)
	runs, err := s.Problem.DescendAll(t.Context(), s.Runs, nil)
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.Problem.Stabilities(t.Context(), runs, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, known := range [][][]float64{all, nil} {
		f, err := New(Content{Scene: s, View: s.Grid, Trajectories: runs, Stabilities: known}, 600, 400, Screen)
		if err != nil {
			t.Fatal(err)
		}
		h := f.views[0].(*history)
		if len(h.limits) != 2 || h.limits[0].at != 2 || h.limits[1].at != 3.8 || h.limits[1].colors[0] != f.runs[1].color {
			t.Fatalf("limits %v", h.limits)
		}
		for i, run := range h.runs {
			if has := len(h.thin[i].at) > 0; has != (known != nil && i < 2) {
				t.Errorf("run %d: a curve: %v", i, has)
			}
			if h.second[i] != nil && h.right.B < slices.Max(h.second[i][:run.n]) {
				t.Errorf("run %d leaves the axis to %v", i, h.right.B)
			}
		}
		if h.right.B < 3.8 {
			t.Errorf("the axis ends at %v", h.right.B)
		}
	}
}
