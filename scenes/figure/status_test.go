package figure

import (
	"slices"
	"testing"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/display"
)

// TestStatus counts runs that end in all ways, whose film has eleven frames.
func TestStatus(t *testing.T) {
	s := builtin(t, "two-mode")
	s.Film.Panels, s.Film.Layout = scenes.PanelsOf(scenes.StatusPanel), nil
	s.Film.Count, s.Film.Frames = scenes.CountUpdates, 11
	c := Content{Scene: s, Counted: []cpu.Ending{
		{Status: cpu.Converged, Steps: 3}, {Status: cpu.Converged, Steps: 10}, {Status: cpu.Diverged, Steps: 0},
		{Status: cpu.Periodic, Steps: 10, Period: 2}, {Status: cpu.StepLimit, Steps: 10},
	}}
	f, err := New(c, 600, 400, Screen)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range map[int][]string{
		0:  {"under way: 4", "converged: 0", "periodic: 0", "diverged: 1"},
		3:  {"under way: 3", "converged: 1", "periodic: 0", "diverged: 1"},
		10: {"under way: 1", "converged: 2", "periodic: 1", "diverged: 1"},
	} {
		var l display.List
		l.Reset(display.Rect(0, 0, 600, 400))
		f.Static(&l)
		var got []string
		n := len(l.Texts)
		f.Frame(&l, k)
		for _, number := range l.Texts[n:] {
			word := slices.IndexFunc(l.Texts[:n], func(w display.Text) bool {
				return w.Pen.Y == number.Pen.Y && w.Pen.X+w.Width-number.Pen.X < 1 && number.Pen.X-w.Pen.X-w.Width < 1
			})
			if word >= 0 {
				got = append(got, l.Texts[word].Line+number.Line)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("frame %d: %q, want %q", k, got, want)
		}
	}
}
