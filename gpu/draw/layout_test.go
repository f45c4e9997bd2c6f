package draw

import "testing"

// A fixed range does not grow with the runs.
func TestFixedRange(t *testing.T) {
	s := several(t, "one-mode", 60)
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
