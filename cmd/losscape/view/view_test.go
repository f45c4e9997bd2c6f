package view_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"losscape/cmd/losscape/view"
	"losscape/cpu"
	"losscape/scenes"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gonum.org/v1/gonum/mat"
)

func load(t testing.TB, name string) *scenes.Scene {
	t.Helper()
	s, err := scenes.Load(name)
	if err == nil {
		err = s.Resolve(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t testing.TB, name string) *view.State {
	t.Helper()
	return view.New(load(t, name))
}

// press presses keys, such as "t" or "shift+l", and returns the work of the last.
func press(s *view.State, keys ...string) (w view.Work) {
	for _, k := range keys {
		name, shift := strings.CutPrefix(k, "shift+")
		w = s.Handle(view.Event{Kind: view.Key, Key: name, Shift: shift})
	}
	return w
}

var matrices = cmp.Options{
	cmp.Comparer(func(a, b *mat.Dense) bool { return mat.Equal(a, b) }),
	cmpopts.IgnoreUnexported(cpu.Problem{}, scenes.Scene{}),
}

// TestKeys presses every key and looks at what it changes.
func TestKeys(t *testing.T) {
	all := func(s *view.State) string {
		f := s.Scene.Film
		return fmt.Sprintf("frame %d playing %t run %d of %d focus %s help %t rec %t full %t rate %t theme %s scales %s %s panels %v",
			s.Frame, s.Playing, s.Selected, len(s.Scene.Runs), s.Focus, s.Help, s.Recording, s.Fullscreen, s.Rate, f.Theme, s.Scene.Surface.Scale, s.Scene.Contour.Scale, f.Panels)
	}
	run := func(s *view.State) cpu.Run { return *s.First() }
	for _, tt := range []struct {
		keys string
		work view.Work
		ok   func(s *view.State) bool
	}{
		{"space", view.Show, func(s *view.State) bool { return s.Playing }},
		{"space space", view.Show, func(s *view.State) bool { return !s.Playing }},
		{"right", view.Show, func(s *view.State) bool { return s.Frame == 1 }},
		{"shift+right", view.Show, func(s *view.State) bool { return s.Frame == 10 }},
		{"right right left", view.Show, func(s *view.State) bool { return s.Frame == 1 }},
		{"left", 0, func(s *view.State) bool { return s.Frame == 0 }},
		{"space right", view.Show, func(s *view.State) bool { return !s.Playing && s.Frame == 1 }},
		{"end", view.Show, func(s *view.State) bool { return s.Frame == 49 }},
		{"end right", 0, func(s *view.State) bool { return s.Frame == 49 }},
		{"end home", view.Show, func(s *view.State) bool { return s.Frame == 0 }},
		{"end space", view.Show, func(s *view.State) bool { return s.Frame == 0 && s.Playing }},
		{"up", view.Runs, func(s *view.State) bool { return run(s).LR == 0.524 }},
		{"down", view.Runs, func(s *view.State) bool { return run(s).LR == 0.477 }},
		{"shift+up", view.Runs, func(s *view.State) bool { return run(s).LR == 0.792 }},
		{"tab", view.Show, func(s *view.State) bool { return s.Focus == view.L2 }},
		{"tab tab tab tab", view.Show, func(s *view.State) bool { return s.Focus == view.LR }},
		{"shift+tab", view.Show, func(s *view.State) bool { return s.Focus == view.Optimizer }},
		{"tab up", view.Runs | view.Landscape, func(s *view.State) bool { return s.Scene.Problem.L2 == 1e-6 && run(s).L2 == 1e-6 }},
		{"tab up down", view.Runs | view.Landscape, func(s *view.State) bool { return s.Scene.Problem.L2 == 0 && run(s).L2 == 0 }},
		{"tab down", 0, func(s *view.State) bool { return s.Scene.Problem.L2 == 0 }},
		{"tab tab up", 0, func(s *view.State) bool { return run(s).Momentum == 0 }}, // gd has none
		{"o tab tab up", view.Runs, func(s *view.State) bool { return run(s).Momentum == 0.91 }},
		{"o tab tab down", view.Runs, func(s *view.State) bool { return run(s).Momentum == 0.89 }},
		{"shift+tab down", view.Runs, func(s *view.State) bool { return run(s).Optimizer == "momentum" }},
		{"shift+tab up", view.Runs, func(s *view.State) bool { return run(s).Optimizer == "adamw" }},
		{"o", view.Runs, func(s *view.State) bool { return run(s).Optimizer == "momentum" && run(s).Momentum == 0.9 }},
		{"shift+o", view.Runs, func(s *view.State) bool { return run(s).Optimizer == "adamw" && run(s).Beta1 == 0.9 }},
		{"n", view.Show, func(s *view.State) bool { return s.Selected == 0 }},
		{"a", view.Show, func(s *view.State) bool { return s.Selected == view.All }},
		{"a a", view.Show, func(s *view.State) bool { return s.Selected == 0 }},
		{"backspace", view.Show, func(s *view.State) bool { return len(s.Scene.Runs) == 1 && s.Message != "" }},
		{"1", view.Look, func(s *view.State) bool {
			return slices.Equal(s.Scene.Film.Kinds(), []string{"curve", "surface", "contour"})
		}},
		{"2", view.Look, func(s *view.State) bool { return slices.Equal(s.Scene.Film.Kinds(), []string{"surface"}) }},
		{"3", view.Look, func(s *view.State) bool { return slices.Equal(s.Scene.Film.Kinds(), []string{"contour"}) }},
		{"4", view.Look, func(s *view.State) bool { return slices.Equal(s.Scene.Film.Kinds(), []string{"surface", "contour"}) }},
		{"5", view.Look, func(s *view.State) bool { return len(s.Scene.Film.Panels) == 4 }},
		{"5 1", view.Look, func(s *view.State) bool { return len(s.Scene.Film.Panels) == 3 }},
		{"6", 0, func(*view.State) bool { return true }},
		{"t", view.Look, func(s *view.State) bool { return s.Scene.Film.Theme == "dark" }},
		{"t t", view.Look, func(s *view.State) bool { return s.Scene.Film.Theme == "light" }},
		{"l", view.Look, func(s *view.State) bool { return s.Scene.Surface.Scale == "log" && s.Scene.Contour.Scale == "linear" }},
		{"l l l l", view.Look, func(s *view.State) bool { return s.Scene.Surface.Scale == "linear" }},
		{"shift+l", view.Look, func(s *view.State) bool { return s.Scene.Contour.Scale == "log" && s.Scene.Surface.Scale == "linear" }},
		{"f", view.Fullscreen, func(s *view.State) bool { return s.Fullscreen }},
		{"f f", view.Fullscreen, func(s *view.State) bool { return !s.Fullscreen }},
		{"f escape", view.Fullscreen, func(s *view.State) bool { return !s.Fullscreen }},
		{"escape", 0, func(*view.State) bool { return true }},
		{"h", view.Show, func(s *view.State) bool { return s.Help }},
		{"h h", view.Show, func(s *view.State) bool { return !s.Help }},
		{"h escape", view.Show, func(s *view.State) bool { return !s.Help }},
		{"h t", view.Look, func(s *view.State) bool { return !s.Help && s.Scene.Film.Theme == "dark" }},
		{"f h escape", view.Show, func(s *view.State) bool { return !s.Help && s.Fullscreen }},
		{"i", view.Show, func(s *view.State) bool { return s.Rate }},
		{"p", view.SavePNG, func(*view.State) bool { return true }},
		{"v", view.Record | view.Show, func(s *view.State) bool { return s.Recording }},
		{"v v", view.Record | view.Show, func(s *view.State) bool { return !s.Recording }},
		{"w", view.WriteScene, func(*view.State) bool { return true }},
		{"q", view.Quit, func(*view.State) bool { return true }},
		{"up t l 5 end s r", view.Look | view.Camera | view.Landscape | view.Runs | view.Ensemble, func(s *view.State) bool {
			return run(s).LR == 0.5 && s.Scene.Film.Theme == "light" && s.Frame == 0 && len(s.Scene.Film.Panels) == 3
		}},
		{"end s", view.Ensemble, func(s *view.State) bool {
			n, err := s.Scene.EnsembleSweep().Count()
			return err == nil && n == 10_000 && s.HasEnsemble() && s.Playing && s.Frame == 0
		}},
		{"s s", view.Ensemble, func(s *view.State) bool { return !s.HasEnsemble() }},
		{"x", 0, func(*view.State) bool { return true }},
	} {
		s := open(t, "one-mode")
		before := all(s)
		if w := press(s, strings.Fields(tt.keys)...); w != tt.work {
			t.Errorf("%s: work %b, want %b", tt.keys, w, tt.work)
		}
		if !tt.ok(s) {
			t.Errorf("%s: before: %s\nafter: %s, %+v", tt.keys, before, all(s), *s.First())
		}
		if err := s.Scene.Validate(); err != nil {
			t.Errorf("%s: %v", tt.keys, err)
		}
	}
}

// Keys that are held go on only where that makes sense; with Control they are others'.
func TestHeldKeys(t *testing.T) {
	s := open(t, "one-mode")
	for _, k := range []string{"t", "space", "v", "f", "h", "s", "q", "backspace"} {
		if w := s.Handle(view.Event{Kind: view.Key, Key: k, Repeat: true}); w != 0 {
			t.Errorf("%s held: work %b", k, w)
		}
	}
	for range 5 {
		s.Handle(view.Event{Kind: view.Key, Key: "right", Repeat: true})
	}
	if s.Frame != 5 {
		t.Errorf("frame %d", s.Frame)
	}
	if w := s.Handle(view.Event{Kind: view.Key, Key: "w", Control: true}); w != 0 {
		t.Errorf("work %b", w)
	}
	if w := s.Handle(view.Event{Kind: view.Key, Key: "q", Control: true}); w != view.Quit {
		t.Errorf("work %b", w)
	}
}

// The wheel moves the sliders, too.
func TestScrollControls(t *testing.T) {
	s := open(t, "one-mode")
	for _, tt := range []struct {
		control string
		notches float64
		work    view.Work
		ok      func() bool
	}{
		{view.LR, 1, view.Runs | view.Show, func() bool { return s.First().LR == 0.524 && s.Focus == view.LR }},
		{view.L2, 1, view.Runs | view.Landscape | view.Show, func() bool { return s.Scene.Problem.L2 == 1e-6 && s.Focus == view.L2 }},
		{view.Time, 3, view.Show, func() bool { return s.Frame == 3 }},
		{view.Time, -1, view.Show, func() bool { return s.Frame == 2 }},
		{view.Play, 1, 0, func() bool { return !s.Playing }},
	} {
		e := at(0, 0, slider(tt.control, 0.5))
		e.Kind, e.Notches = view.Scroll, tt.notches
		if w := s.Handle(e); w != tt.work || !tt.ok() {
			t.Errorf("%s by %v: work %b", tt.control, tt.notches, w)
		}
	}
}

// TestHelp looks for every key in the help.
func TestHelp(t *testing.T) {
	var text string
	for _, row := range view.Help {
		if row[0] == "" || row[1] == "" {
			t.Errorf("an empty row: %q", row)
		}
		text += " " + row[0]
	}
	for _, key := range strings.Fields("Space ← → Home End ↑ ↓ Tab O N A Backspace T L F Esc P V W R I H Q S 1 5") {
		if !slices.Contains(strings.Fields(text), key) {
			t.Errorf("the help lacks %s", key)
		}
	}
}

// clock goes on by a second from event to event, so that no two presses are a
// double click.
var clock = time.Unix(1000, 0)

func at(x, y float64, h view.Hit) view.Event {
	clock = clock.Add(time.Second)
	return view.Event{X: x, Y: y, Hit: h, Time: clock}
}

func (d dragOf) through(s *view.State, points ...[2]float64) (w view.Work) {
	e := at(points[0][0], points[0][1], d.hit)
	e.Kind, e.Button = view.Press, d.button
	w |= s.Handle(e)
	for _, p := range points[1:] {
		e = at(p[0], p[1], d.hit)
		e.Kind = view.Move
		w |= s.Handle(e)
	}
	e.Kind = view.Release
	return w | s.Handle(e)
}

type dragOf struct {
	hit    view.Hit
	button view.Button
}

var surface = view.Hit{Panel: "surface", Span: 360, Run: -1}

func TestOrbit(t *testing.T) {
	s := open(t, "one-mode")
	if w := (dragOf{hit: surface}).through(s, [2]float64{100, 100}, [2]float64{120, 110}); !w.Has(view.Camera) || w.Has(view.Runs|view.Landscape|view.Look) {
		t.Errorf("work %b", w)
	}
	if c := s.Scene.Camera; c.Azim != -70 || c.Elev != 35 {
		t.Errorf("camera at %v, %v, want -70, 35", c.Azim, c.Elev)
	}
	for range 5 {
		(dragOf{hit: surface}).through(s, [2]float64{0, 0}, [2]float64{300, 300})
	}
	if c := s.Scene.Camera; c.Elev != 90 || math.Abs(c.Azim) > 180 {
		t.Errorf("camera at %v, %v, want an elevation of 90", c.Azim, c.Elev)
	}
	if s.Dragging() {
		t.Error("the button is released")
	}
	// A double click is the camera as it was.
	e := at(50, 50, surface)
	e.Kind = view.Press
	s.Handle(e)
	e.Kind = view.Release
	s.Handle(e)
	e.Kind, e.Time = view.Press, e.Time.Add(200*time.Millisecond)
	if w := s.Handle(e); !w.Has(view.Camera) {
		t.Errorf("double click: work %b", w)
	}
	if d := cmp.Diff(load(t, "one-mode").Camera, s.Scene.Camera); d != "" {
		t.Error(d)
	}
}

func TestPanAndZoom(t *testing.T) {
	s := open(t, "one-mode")
	w := (dragOf{hit: surface, button: view.Secondary}).through(s, [2]float64{100, 100}, [2]float64{136, 82})
	if c := s.Scene.Camera; !w.Has(view.Camera) || c.Pan != [2]float64{0.1, 0.05} || c.Azim != -60 {
		t.Errorf("work %b, camera %+v", w, c)
	}
	e := at(0, 0, surface)
	e.Kind, e.Notches = view.Scroll, 1
	for range 100 {
		if w := s.Handle(e); w != view.Camera {
			t.Fatalf("work %b", w)
		}
	}
	if z := s.Scene.Camera.Zoom; z != scenes.MaxZoom {
		t.Errorf("zoom %v, want the most", z)
	}
	e.Notches = -1
	for range 100 {
		s.Handle(e)
	}
	if z := s.Scene.Camera.Zoom; z != scenes.MinZoom {
		t.Errorf("zoom %v, want the least", z)
	}
	if err := s.Scene.Validate(); err != nil {
		t.Error(err)
	}
}

// A camera that moves by itself stays where it is when a person takes it.
func TestOrbitStops(t *testing.T) {
	c := load(t, "one-mode")
	c.Camera.Path = "orbit"
	s := view.New(c)
	press(s, "end")
	(dragOf{hit: surface}).through(s, [2]float64{0, 0}, [2]float64{0, 2})
	if got := s.Scene.Camera; got.Path != "still" || got.Azim != -67.2 {
		t.Errorf("camera %+v", got)
	}
	if err := s.Scene.Validate(); err != nil {
		t.Error(err)
	}
}

func contour(a, b float64, run int) view.Hit {
	return view.Hit{Panel: "contour", Span: 400, OnPlane: true, Alpha: a, Beta: b, UnitX: 0.05, UnitY: 0.05, Run: run}
}

func TestRunsByMouse(t *testing.T) {
	s := open(t, "one-mode")
	s.Endings = []cpu.Ending{{}}
	// A click on the contours is a run from there, which the drag takes along.
	w := dragOf{hit: contour(2.0049, -3, -1)}.through(s, [2]float64{10, 10}, [2]float64{10, 10})
	if !w.Has(view.Runs) || w.Has(view.Landscape) || len(s.Scene.Runs) != 2 || s.Selected != 1 || s.Endings != nil {
		t.Fatalf("work %b, runs %d, selected %d", w, len(s.Scene.Runs), s.Selected)
	}
	if got := s.Scene.Runs[1]; !slices.Equal(got.Start, []float64{2, -3}) || got.LR != 0.5 || got.Steps != 100 {
		t.Errorf("run %+v", got)
	}
	w = dragOf{hit: contour(2, -3, 1)}.through(s, [2]float64{100, 100}, [2]float64{120, 90})
	if !w.Has(view.Runs) || len(s.Scene.Runs) != 2 || !slices.Equal(s.Scene.Runs[1].Start, []float64{3, -2.5}) {
		t.Errorf("work %b, runs %+v", w, s.Scene.Runs)
	}
	// The first run's start was not touched, and neither was the scene that was
	// opened.
	if !slices.Equal(s.Scene.Runs[0].Start, []float64{-1, -1}) {
		t.Errorf("start %v", s.Scene.Runs[0].Start)
	}
	dragOf{hit: contour(-1, -1, 0)}.through(s, [2]float64{0, 0}, [2]float64{0, -20})
	if s.Selected != 0 || !slices.Equal(s.Scene.Runs[0].Start, []float64{-1, 0}) {
		t.Errorf("start %v", s.Scene.Runs[0].Start)
	}
	// All runs at once.
	press(s, "a")
	if w := press(s, "up"); w != view.Runs || s.Scene.Runs[0].LR != 0.524 || s.Scene.Runs[1].LR != 0.524 {
		t.Errorf("work %b, runs %+v", w, s.Scene.Runs)
	}
	press(s, "a", "n")
	if s.Selected != 1 {
		t.Errorf("selected %d", s.Selected)
	}
	if w := press(s, "backspace"); w != view.Runs || len(s.Scene.Runs) != 1 || s.Selected != 0 {
		t.Errorf("work %b, runs %d", w, len(s.Scene.Runs))
	}
	press(s, "r")
	if d := cmp.Diff(load(t, "one-mode"), s.Scene, matrices); d != "" {
		t.Error(d)
	}
	for range view.MaxRuns + 5 {
		dragOf{hit: contour(1, 1, -1)}.through(s, [2]float64{0, 0})
	}
	if len(s.Scene.Runs) != view.MaxRuns || s.Message == "" {
		t.Errorf("%d runs", len(s.Scene.Runs))
	}
	if s.Dragging() {
		t.Error("dragging")
	}
	press(s, "a", "backspace")
	if len(s.Scene.Runs) != 1 {
		t.Errorf("%d runs", len(s.Scene.Runs))
	}
}

func slider(name string, at float64) view.Hit {
	return view.Hit{Control: name, At: at, Span: 200, Run: -1}
}

func TestSliders(t *testing.T) {
	s := open(t, "one-mode")
	s.Edges = map[float64]view.Edge{0: view.EdgeOf(s.Scene.Problem, 0)}
	w := dragOf{hit: slider(view.LR, 0.5)}.through(s, [2]float64{100, 0}, [2]float64{150, 0})
	if got := s.First().LR; !w.Has(view.Runs) || got != 10 { // three quarters of 0.01 to 100
		t.Errorf("work %b, learning rate %v, want 10", w, got)
	}
	dragOf{hit: slider(view.LR, 0.5)}.through(s, [2]float64{100, 0}, [2]float64{900, 0})
	if got := s.First().LR; got != 100 {
		t.Errorf("learning rate %v, want 100", got)
	}
	sl := s.Sliders()
	if len(sl[0].Marks) != 2 || sl[0].Marks[0].Label != "1/λ" || sl[0].Marks[1].Label != "2/λ" {
		t.Fatalf("marks %v", sl[0].Marks)
	}
	// A slider at its mark has the value of the mark: 19.165 for this data.
	dragOf{hit: slider(view.LR, sl[0].Marks[1].At)}.through(s, [2]float64{0, 0})
	if got := s.First().LR; got != 19.2 {
		t.Errorf("learning rate %v, want 19.2", got)
	}
	if !strings.Contains(s.EdgeText(), "19.2") {
		t.Error(s.EdgeText())
	}
	s.Scene.Minimum = []float64{1, 2}
	w = dragOf{hit: slider(view.L2, 0)}.through(s, [2]float64{0, 0}, [2]float64{200, 0})
	if got := s.Scene.Problem.L2; !w.Has(view.Landscape) || got != 10 || s.First().L2 != 10 {
		t.Errorf("work %b, l2 %v", w, got)
	}
	if s.Scene.Minimum != nil {
		t.Error("the star is at the minimum of another l2")
	}
	dragOf{hit: slider(view.L2, 1)}.through(s, [2]float64{200, 0}, [2]float64{2, 0})
	if got := s.Scene.Problem.L2; got != 0 {
		t.Errorf("l2 %v", got)
	}
	if (dragOf{hit: slider(view.Momentum, 0.5)}).through(s, [2]float64{0, 0}).Has(view.Runs) || !s.Sliders()[2].Off {
		t.Error("gd has no momentum")
	}
	w = dragOf{hit: view.Hit{Control: view.Optimizer + ":nesterov", Run: -1}}.through(s, [2]float64{0, 0})
	if s.First().Optimizer != "nesterov" || !w.Has(view.Runs) || s.Sliders()[2].Off || s.Focus != view.Optimizer {
		t.Errorf("work %b, run %+v", w, s.First())
	}
	dragOf{hit: slider(view.Momentum, 0.5)}.through(s, [2]float64{0, 0})
	if got := s.First().Momentum; got != 0.5 || s.Focus != view.Momentum {
		t.Errorf("momentum %v", got)
	}
	w = dragOf{hit: slider(view.Time, 0.5)}.through(s, [2]float64{0, 0}, [2]float64{50, 0})
	if s.Frame != 37 || w != view.Show || s.Focus != view.Momentum {
		t.Errorf("work %b, frame %d, want 37", w, s.Frame)
	}
	if (dragOf{hit: view.Hit{Control: view.Play, Run: -1}}).through(s, [2]float64{0, 0}); !s.Playing {
		t.Error("not playing")
	}
	for _, sl := range s.Sliders() {
		if sl.At < 0 || sl.At > 1 {
			t.Errorf("%+v", sl)
		}
	}
	// A double click is the value of the scene.
	e := at(10, 10, slider(view.LR, 0.9))
	for range 2 {
		e.Kind = view.Press
		s.Handle(e)
		e.Kind = view.Release
		s.Handle(e)
	}
	if got := s.First().LR; got != 0.5 {
		t.Errorf("learning rate %v, want the scene's", got)
	}
	if err := s.Scene.Validate(); err != nil {
		t.Error(err)
	}
}

// A run with an L2 term of its own keeps it.
func TestL2OfRuns(t *testing.T) {
	c := load(t, "one-mode")
	own := c.Runs[0]
	own.L2 = 0.5
	c.Runs = append(c.Runs, own)
	s := view.New(c)
	dragOf{hit: slider(view.L2, 1)}.through(s, [2]float64{0, 0})
	if s.Scene.Runs[0].L2 != 10 || s.Scene.Runs[1].L2 != 0.5 {
		t.Errorf("l2 of %v and %v", s.Scene.Runs[0].L2, s.Scene.Runs[1].L2)
	}
	if c.Problem.L2 != 0 {
		t.Error("the caller's scene has changed")
	}
}

// The slider of the learning rate reaches the rates of the scene.
func TestRates(t *testing.T) {
	c := load(t, "one-mode")
	c.Runs[0].LR = 2e-5
	s := view.New(c)
	if at := s.Sliders()[0].At; at <= 0 || at >= 1 {
		t.Errorf("slider at %v", at)
	}
	press(s, "up")
	if got := s.First().LR; got != 2.09e-5 {
		t.Errorf("learning rate %v", got)
	}
}

func TestEdgeOfSeparable(t *testing.T) {
	s := open(t, "two-mode")
	s.Edges = map[float64]view.Edge{0: view.EdgeOf(s.Scene.Problem, 0)}
	if s.Edges[0].Sharpness != 0 || len(s.Sliders()[0].Marks) != 0 || !strings.Contains(s.EdgeText(), "no minimum") {
		t.Errorf("edge %v, %s", s.Edges, s.EdgeText())
	}
}

func TestStatus(t *testing.T) {
	s := open(t, "one-mode")
	if s.Status(0) != "…" {
		t.Error(s.Status(0))
	}
	s.Endings = []cpu.Ending{{Status: cpu.Converged, Steps: 57}, {Status: cpu.Periodic, Steps: 100, Period: 2}, {Status: cpu.Diverged, Steps: 31}, {Status: cpu.StepLimit, Steps: 100}}
	for i, want := range []string{"converges at step 57", "period 2", "diverges at step 31", "not converged after 100 steps"} {
		if got := s.Status(i); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if s.Clock() != "Iter 0 of 49" {
		t.Error(s.Clock())
	}
	press(s, "end")
	if s.Clock() != "Iter 49 of 49" || s.At() != 1 {
		t.Error(s.Clock(), s.At())
	}
}

func TestReading(t *testing.T) {
	s := open(t, "one-mode")
	e := at(10, 10, contour(1, -2, -1))
	e.Kind = view.Move
	if w := s.Handle(e); w != view.Show || s.Reading == nil {
		t.Fatalf("work %b", w)
	}
	p, w := s.Scene.Problem, []float64{1, -2}
	if r := s.Reading; !slices.Equal(r.W, w) || r.Loss != p.Loss(w) || !slices.Equal(r.Gradient, p.Gradient(nil, w)) {
		t.Errorf("%+v", r)
	}
	if got := strings.Join(s.Reading.Lines(), "\n"); !strings.HasPrefix(got, "w  (1.000, −2.000)\nloss  0.7009") || !strings.Contains(got, "norm") {
		t.Errorf("%s", got)
	}
	if w := s.Handle(e); w != 0 {
		t.Errorf("again: work %b", w)
	}
	e.Hit = view.Hit{Run: -1}
	if w := s.Handle(e); w != view.Show || s.Reading != nil {
		t.Errorf("work %b", w)
	}
	e.Hit = surface
	e.Hit.OnPlane, e.Hit.Alpha = true, 3
	s.Handle(e)
	if w := s.Handle(view.Event{Kind: view.Leave}); w != view.Show || s.Reading != nil {
		t.Errorf("work %b", w)
	}
}

// Read-outs and starts agree with the axes: they are of weights where the axes are, and
// the coordinates are read where they are not.
func TestReadingOfPlanes(t *testing.T) {
	s := open(t, "one-mode")
	pl := &s.Scene.Plane
	pl.Origin = []float64{0.123456, -7.654321}
	move := at(10, 10, contour(1, -2, -1))
	move.Kind = view.Move
	s.Handle(move)
	if got := s.Reading.Lines()[0]; got != "w  (1.123, −9.654)" {
		t.Errorf("%q of a plane of two weights", got)
	}
	press := at(10, 10, contour(1, -2, -1))
	press.Kind = view.Press
	s.Handle(press)
	if n := len(s.Scene.Runs); n != 2 || !slices.Equal(s.Scene.Runs[1].Start, []float64{1.12, -9.65}) {
		t.Errorf("runs %+v, want a second one from weights of as many digits as there are pixels", s.Scene.Runs)
	}

	s = open(t, "one-mode")
	pl = &s.Scene.Plane
	pl.Origin, pl.D1, pl.D2 = []float64{0.5, 0.25}, []float64{1, 1}, []float64{1, -1}
	s.Handle(move)
	if got := s.Reading.Lines(); got[0] != "α  1.000,  β  −2.000" || got[1] != "w  (−0.5000, 3.250)" {
		t.Errorf("%q of an oblique plane", got[:2])
	}
	press.Hit = contour(1.00012, -2.00049, -1)
	s.Handle(press)
	if n := len(s.Scene.Runs); n != 2 || !slices.Equal(s.Scene.Runs[1].Start, []float64{-0.5, 3.25}) {
		t.Errorf("runs %+v, want a second one from rounded coordinates", s.Scene.Runs)
	}
}

func TestAdvance(t *testing.T) {
	s := open(t, "one-mode") // 5 frames a second
	if w := s.Advance(time.Second); w != 0 || s.Frame != 0 {
		t.Errorf("work %b, frame %d without playing", w, s.Frame)
	}
	press(s, "space")
	for range 10 {
		s.Advance(50 * time.Millisecond)
	}
	if s.Frame != 2 {
		t.Errorf("frame %d after half a second, want 2", s.Frame)
	}
	if w := s.Advance(time.Hour); w != view.Show || s.Frame != 49 || s.Playing {
		t.Errorf("work %b, frame %d, playing %t", w, s.Frame, s.Playing)
	}
}

// TestWritten writes what is shown and opens it again.
func TestWritten(t *testing.T) {
	for _, name := range scenes.Names() {
		s := open(t, name)
		press(s, "t", "l", "shift+l", "5", "up", "tab", "shift+up", "o", "shift+right")
		(dragOf{hit: surface}).through(s, [2]float64{0, 0}, [2]float64{13, 7})
		(dragOf{hit: surface, button: view.Secondary}).through(s, [2]float64{0, 0}, [2]float64{13, 7})
		dragOf{hit: contour(-3.25, 4, -1)}.through(s, [2]float64{0, 0})
		text, err := scenes.Encode(s.Written(1000, 500))
		if err != nil {
			t.Fatal(err)
		}
		got, err := scenes.Decode(name+".toml", text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if err := got.Resolve(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := s.Scene
		want.Film.Width, want.Film.Height = 1000, 500
		want.Landscape.Origin = got.Landscape.Origin // written as the weights that it is
		want.Minimum = got.Minimum                   // of another L2 weight, which a window finds by and by
		got.Source = want.Source
		if d := cmp.Diff(want, got, matrices); d != "" {
			t.Errorf("%s (-want +got):\n%s\n%s", name, d, text)
		}
	}
}

// An ensemble that the scene has goes and comes again; one in a plane that is not of two
// weights cannot be.
func TestEnsemble(t *testing.T) {
	c := load(t, "one-mode")
	own := open(t, "one-mode")
	press(own, "s")
	c.Ensemble = own.Scene.Ensemble
	c.Ensemble.Color = "status"
	s := view.New(c)
	if press(s, "s"); s.HasEnsemble() {
		t.Error("the scene's ensemble has not gone")
	}
	if press(s, "s"); !s.HasEnsemble() || s.Scene.Ensemble.Color != "status" {
		t.Errorf("ensemble %+v", s.Scene.Ensemble)
	}
	c = load(t, "one-mode")
	c.Plane.D1 = []float64{1, 0.5}
	s = view.New(c)
	if w := press(s, "s"); w != view.Show || s.HasEnsemble() || !strings.Contains(s.Message, "two weights") {
		t.Errorf("work %b, %s", w, s.Message)
	}
}

// Of two features there is no curve to show.
func TestArrangementOfTwoFeatures(t *testing.T) {
	c := load(t, "one-mode")
	c.Problem.X = mat.NewDense(2, 2, []float64{1, 2, 3, 4})
	c.Problem.Y = []float64{0, 1}
	for n := 1; n <= 5; n++ {
		panels, _ := view.Arrangement(c, n)
		if n > 1 && slices.ContainsFunc(panels, func(p scenes.Panel) bool { return p.Kind == "curve" }) {
			t.Errorf("arrangement %d: %v", n, panels)
		}
	}
}

// TestRange zooms and pans the contours.
func TestRange(t *testing.T) {
	s := open(t, "one-mode")
	h := contour(2, -4, -1)
	h.View = s.Scene.Grid
	e := at(10, 10, h)
	e.Kind, e.Notches = view.Scroll, 1
	if w := s.Handle(e); w != view.Landscape || !s.Scene.Fixed {
		t.Errorf("work %b", w)
	}
	g := s.Scene.Grid
	if span := g.X.Max - g.X.Min; math.Abs(span-20/1.15) > 1e-12 || math.Abs((2-g.X.Min)/span-12.0/20) > 1e-12 || math.Abs((-4-g.Y.Min)/span-6.0/20) > 1e-12 {
		t.Errorf("range %+v", g)
	}
	e.Notches = -1000
	if w := s.Handle(e); w != 0 {
		t.Errorf("zoomed out to %+v", s.Scene.Grid)
	}
	e.Notches = 1000
	if w := s.Handle(e); w != 0 {
		t.Errorf("zoomed in to %+v", s.Scene.Grid)
	}
	h.View = s.Scene.Grid
	if w := (dragOf{hit: h, button: view.Secondary}).through(s, [2]float64{0, 0}, [2]float64{20, 10}); !w.Has(view.Landscape) || w.Has(view.Runs) {
		t.Errorf("work %b", w)
	}
	if got := s.Scene.Grid; math.Abs(got.X.Min-(g.X.Min-1)) > 1e-12 || math.Abs(got.Y.Min-(g.Y.Min+0.5)) > 1e-12 || len(s.Scene.Runs) != 1 {
		t.Errorf("range %+v, %+v before", got, g)
	}
	text, err := scenes.Encode(s.Written(300, 200))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := scenes.Decode("one-mode.toml", text); err != nil || !again.Fixed || again.Grid != s.Scene.Grid {
		t.Errorf("%v\n%s", err, text)
	}
	// A double click is the range of the scene, and no run.
	e = at(10, 10, h)
	var w view.Work
	for range 2 {
		e.Kind = view.Press
		w = s.Handle(e)
		e.Kind = view.Release
		s.Handle(e)
		e.Hit.Run = 1 // the run that the first press has added
	}
	if !w.Has(view.Landscape) || s.Scene.Grid != load(t, "one-mode").Grid || s.Scene.Fixed || len(s.Scene.Runs) != 1 || s.Selected != 0 {
		t.Errorf("work %b, range %+v, %d runs", w, s.Scene.Grid, len(s.Scene.Runs))
	}
}
