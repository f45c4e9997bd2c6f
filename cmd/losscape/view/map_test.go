package view_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"losscape/cmd/losscape/view"
	"losscape/cpu"
	"losscape/scenes"
)

// sweepOf runs a sweep of a scene's first run.
func sweepOf(t testing.TB, s *scenes.Scene, over ...string) *cpu.Result {
	t.Helper()
	w := cpu.Sweep{Base: s.Runs[0]}
	for _, text := range over {
		p, err := cpu.ParseParam(text)
		if err != nil {
			t.Fatal(err)
		}
		w.Over = append(w.Over, p)
	}
	r, err := s.Problem.Sweep(t.Context(), w, cpu.Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func openMap(t testing.TB) *view.State {
	t.Helper()
	c := load(t, "one-mode")
	s, err := view.NewSweep(c, sweepOf(t, c, "lr=0.5:40:8:log", "l2=0,0.5,3"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func cell(i, j int) view.Hit {
	return view.Hit{Panel: "map", Run: -1, OnMap: true, CellX: i, CellY: j, ShareX: 0.5, ShareY: 0.5, Wide: 300, High: 200}
}

func TestMap(t *testing.T) {
	s := openMap(t)
	if f := s.Scene.Film; !slices.Equal(f.Kinds(), []string{"map", "contour", "loss"}) || f.Frames != 100 || f.FPS < 10 {
		t.Errorf("film %+v", f)
	}
	e := at(10, 10, cell(3, 2))
	e.Kind = view.Move
	// Another L2 term: the landscape is another one, too.
	if w := s.Handle(e); w != view.Runs|view.Landscape {
		t.Errorf("work %b", w)
	}
	want := s.Map.Sweep.Run(3*3 + 2)
	if r := s.Scene.Runs[0]; r.LR != want.LR || r.L2 != 3 || s.Scene.Problem.L2 != 3 || !s.Playing || s.Frame != 0 {
		t.Errorf("run %+v, want %+v", r, want)
	}
	if w := s.Handle(e); w != 0 {
		t.Errorf("the same run: work %b", w)
	}
	lines := strings.Join(s.CellLines(), "\n")
	if !strings.HasPrefix(lines, "lr ") || !strings.Contains(lines, "l2 3") || !strings.Contains(lines, "loss") {
		t.Error(lines)
	}
	e.Hit = cell(4, 2)
	if w := s.Handle(e); w != view.Runs {
		t.Errorf("work %b", w)
	}
	// A click keeps the run.
	e.Kind = view.Press
	if w := s.Handle(e); w != view.Runs || len(s.Scene.Runs) != 2 || s.Scene.Runs[1].LR != s.Map.Sweep.Run(4*3+2).LR {
		t.Errorf("work %b, runs %+v", w, s.Scene.Runs)
	}
	e.Kind, e.Hit = view.Move, view.Hit{Run: -1}
	if w := s.Handle(e); w != view.Show || s.Cell != -1 || s.CellLines() != nil {
		t.Errorf("work %b, cell %d", w, s.Cell)
	}
	if s.MapStale(s.Map) {
		t.Error("the map is of the same runs")
	}
	press(s, "o")
	if !s.MapStale(s.Map) {
		t.Error("the map is of another optimizer")
	}
	for n, want := range map[string][]string{"2": {"map"}, "3": {"map", "contour"}, "4": {"map", "surface"}, "5": {"map", "surface", "contour", "loss"}, "1": {"map", "contour", "loss"}} {
		if press(s, n); !slices.Equal(s.Scene.Film.Kinds(), want) {
			t.Errorf("%s: %v", n, s.Scene.Film.Panels)
		}
		if err := s.Scene.Validate(); err != nil {
			t.Errorf("%s: %v", n, err)
		}
	}
	if w := press(s, "r"); !w.Has(view.Map) || len(s.Scene.Runs) != 1 || s.MapStale(s.Map) {
		t.Errorf("work %b", w)
	}
	text, err := scenes.Encode(s.Written(640, 480))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := scenes.Decode("map.toml", text); err != nil || len(again.Map.Over) != 2 || !slices.Equal(again.Map.Over[0].Values, s.Scene.Map.Over[0].Values) {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestMapZoom(t *testing.T) {
	s := openMap(t)
	over := s.Scene.Map.Over
	lo, hi := over[0].Values[0], over[0].Values[7]
	e := at(10, 10, cell(3, 1))
	e.Kind, e.Notches = view.Scroll, 1
	if w := s.Handle(e); w != view.Map {
		t.Fatalf("work %b, %s", w, s.Message)
	}
	w := s.MapSweep()
	lr := w.Over[0].Values
	if len(lr) != 300 || len(w.Over[1].Values) != 200 || !w.Over[0].Log || w.Over[1].Log {
		t.Errorf("%d by %d runs", len(lr), len(w.Over[1].Values))
	}
	mid := math.Sqrt(lo * hi)
	if got := math.Sqrt(lr[0] * lr[299]); math.Abs(got/mid-1) > 1e-6 || math.Abs(math.Log(lr[299]/lr[0])/math.Log(hi/lo)-8./7/1.25*299/300) > 1e-6 { // from edge to edge
		t.Errorf("from %v to %v, want a zoom into %v to %v", lr[0], lr[299], lo, hi)
	}
	if l2 := w.Over[1].Values; math.Abs(l2[0]-0.306) > 1e-12 || math.Abs(l2[199]-2.694) > 1e-12 {
		t.Errorf("l2 from %v to %v", l2[0], l2[199])
	}
	if err := w.Validate(s.Scene.Problem); err != nil {
		t.Error(err)
	}
	// What is shown changes only when it has been computed.
	if &s.Scene.Map.Over[0].Values[0] != &over[0].Values[0] || s.ZoomedOut() {
		t.Error("the map has changed before it is there")
	}
	r, err := cpu.NewResult(w, 2, cpu.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	s.ShowMap(r)
	if len(s.Scene.Map.Over[0].Values) != 300 || s.Cell != -1 {
		t.Error("the map that was computed is not shown")
	}
	// In a window of another size it is computed anew there, once.
	wide := cell(3, 1)
	wide.Wide = 600
	m := at(10, 10, wide)
	m.Kind = view.Move
	if w := s.Handle(m); !w.Has(view.Map) || len(s.MapSweep().Over[0].Values) != 600 || len(s.MapSweep().Over[1].Values) != 200 {
		t.Errorf("work %b, %d runs in a row", w, len(s.MapSweep().Over[0].Values))
	}
	wide.Wide = 605
	m = at(11, 10, wide)
	m.Kind = view.Move
	if w := s.Handle(m); w.Has(view.Map) {
		t.Errorf("work %b", w)
	}
	wide.Wide = 300
	m = at(12, 10, wide)
	m.Kind = view.Move
	s.Handle(m)
	// Beyond what a run can have there is nothing.
	e.Notches = -20
	if w := s.Handle(e); w != view.Show || s.Message == "" {
		t.Errorf("work %b, %s", w, s.Message)
	}
	// A drag with the other button shifts it.
	e = at(100, 100, cell(3, 1))
	e.Kind, e.Button = view.Press, view.Secondary
	s.Handle(e)
	before := s.MapSweep().Over[0].Values[0]
	e.Kind, e.X = view.Move, 70
	if w := s.Handle(e); w != view.Map {
		t.Errorf("work %b, %s", w, s.Message)
	}
	if got := s.MapSweep().Over[0].Values; !(got[0] > before) || math.Abs(math.Log(got[299]/got[0])/math.Log(lr[299]/lr[0])-1) > 1e-6 {
		t.Errorf("from %v", got[0])
	}
	e.Kind = view.Release
	s.Handle(e)
	// A double click is the map that was opened.
	for range 2 {
		e.Kind, e.Button = view.Press, view.Primary
		s.Handle(e)
		e.Kind = view.Release
		s.Handle(e)
	}
	if !s.ZoomedOut() || len(s.MapSweep().Over[0].Values) != 8 {
		t.Error("it is still zoomed in")
	}
}

// Whole numbers have nothing between them.
func TestMapOfSteps(t *testing.T) {
	c := load(t, "one-mode")
	s, err := view.NewSweep(c, sweepOf(t, c, "steps=1:40:40", "w1=-5:5:4"))
	if err != nil {
		t.Fatal(err)
	}
	e := at(10, 10, cell(3, 1))
	e.Kind, e.Notches = view.Scroll, 2
	if w := s.Handle(e); w != view.Map || len(s.MapSweep().Over[0].Values) != 40 || len(s.MapSweep().Over[1].Values) != 200 {
		t.Errorf("work %b, %s", w, s.Message)
	}
	e.Kind = view.Move
	s.Handle(e)
	if got := s.Scene.Runs[0].Steps; got != 4 {
		t.Errorf("%d steps", got)
	}
	if err := s.Scene.Validate(); err != nil {
		t.Error(err)
	}
	if _, err := view.NewSweep(c, sweepOf(t, c, "lr=1,2")); err == nil || !strings.Contains(err.Error(), "--over twice") {
		t.Error(err)
	}
}

// TestMapQuantity goes through the quantities that the map's runs have, and round.
func TestMapQuantity(t *testing.T) {
	s := openMap(t)
	for i := range len(cpu.Quantities()) - len(cpu.DerivedNames()) + 1 {
		if _, lacking := s.Map.Derived["distance"]; lacking {
			t.Fatal("nobody asked for the distance")
		}
		if w := press(s, "m"); w != view.Look {
			t.Errorf("press %d: work %b", i, w)
		}
		if err := s.Scene.Validate(); err != nil || s.Scene.Map.Of == "distance" {
			t.Errorf("%s: %v", s.Scene.Map.Of, err)
		}
	}
	if s.Scene.Map.Of != "best" { // one more than there are
		t.Errorf("the map shows %s", s.Scene.Map.Of)
	}
	c := load(t, "one-mode")
	w := s.Map.Sweep
	r, err := c.Problem.Sweep(t.Context(), w, cpu.Settings{Quantities: []string{"distance"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s, err = view.NewSweep(c, r); err != nil {
		t.Fatal(err)
	}
	s.Scene.Map.Of = "accuracy"
	press(s, "m")
	s.Handle(view.Event{Kind: view.Move, X: 10, Y: 10, Hit: cell(2, 1)})
	if lines := s.CellLines(); s.Scene.Map.Of != "distance" || len(lines) != 3 || !strings.Contains(lines[2], "distance") {
		t.Errorf("%s, %q", s.Scene.Map.Of, lines)
	}
}

// under returns the parameters at a share of the map that is wanted, from the edges of its
// outer runs.
func under(s *view.State, x, y float64) (v [2]float64) {
	for i, share := range []float64{x, y} {
		p := s.MapSweep().Over[i]
		n := len(p.Values)
		a := scenes.MapAxisOf(&p)
		step := (a.Hi - a.Lo) / float64(n-1)
		v[i] = a.Value(a.Lo - step/2 + share*(a.Hi-a.Lo+step))
	}
	return v
}

// TestMapZoomStays expects the parameters under the cursor to be the same after each notch,
// inwards and back, to 1e-9 of what the map shows, and to what float64 tells apart.
func TestMapZoomStays(t *testing.T) {
	c := load(t, "one-mode")
	for _, over := range [][]string{{"lr=0.5:40:8:log", "l2=0.01:3:5"}, {"lr=30:31:17", "w1=-5:5:4"}, {"w2=5:-5:30", "l2=1e-4:1:9:log"}} {
		s, err := view.NewSweep(c, sweepOf(t, c, over...))
		if err != nil {
			t.Fatal(err)
		}
		e := at(10, 10, cell(1, 1))
		e.Kind, e.Hit.ShareX, e.Hit.ShareY = view.Scroll, 0.31, 0.87
		e.Hit.Wide, e.Hit.High = 30, 20
		want := under(s, e.Hit.ShareX, e.Hit.ShareY)
		deepest := math.Inf(1)
		for notch := range 240 {
			e.Notches = 1
			if notch >= 120 {
				e.Notches = -1
			}
			if w := s.Handle(e); w != view.Map {
				if notch < 120 || !strings.HasPrefix(s.Message, "There is nothing beyond") {
					t.Fatalf("%v, notch %d: %s", over, notch, s.Message)
				}
				break // what was trimmed at 0 is so still
			}
			got := under(s, e.Hit.ShareX, e.Hit.ShareY)
			for i, p := range s.MapSweep().Over {
				span := math.Abs(p.Values[len(p.Values)-1] - p.Values[0])
				ulp := math.Nextafter(math.Abs(want[i]), 99) - math.Abs(want[i])
				deepest = min(deepest, span)
				if d := math.Abs(got[i] - want[i]); !(d <= 1e-9*span+40*ulp) {
					t.Fatalf("%v, notch %d: %s at the cursor is %v, was %v: off by %.2g of the map", over, notch, p.Name, got[i], want[i], d/span)
				}
			}
		}
		if deepest > 1e-10 {
			t.Errorf("%v: not deeper than %v", over, deepest)
		}
	}
}

// TestMapZoomEnds zooms in until float64 has no more values, which the window says, and
// expects all runs up to there to be different ones.
func TestMapZoomEnds(t *testing.T) {
	c := load(t, "one-mode")
	s, err := view.NewSweep(c, sweepOf(t, c, "lr=0.1:40:9", "w1=-5:5:4"))
	if err != nil {
		t.Fatal(err)
	}
	e := at(10, 10, cell(1, 1))
	e.Kind, e.Notches, e.Hit.ShareX, e.Hit.ShareY = view.Scroll, 1, 0.7, 0.4
	e.Hit.Wide, e.Hit.High = 700, 500
	for range 400 {
		if w := s.Handle(e); w != view.Map {
			break
		}
	}
	if !strings.HasPrefix(s.Message, view.FloatEnd+": lr has ") {
		t.Error(s.Message)
	}
	for _, p := range s.MapSweep().Over {
		wide := p.Values[len(p.Values)-1] - p.Values[0]
		if v := slices.Clone(p.Values); len(slices.Compact(v)) != len(p.Values) {
			t.Errorf("%s: %d different values of %d", p.Name, len(v), len(p.Values))
		}
		if p.Name == "lr" && wide > 1e-13*40*1.3 {
			t.Errorf("it ends %v wide", wide)
		}
	}
}
