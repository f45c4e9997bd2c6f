package figure

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/scale"
)

// subject is a scene with all that its panels show, computed once.
type subject struct {
	scene *scenes.Scene
	runs  []*cpu.Trajectory
	ends  []cpu.Ending
	over  *HostTerrain
	cells *cpu.Result
	rates *cpu.StableRates
	orbit *cpu.Result
}

// newSubject computes what a scene shows, coarsely, with a map of its own if there are two
// axes.
func newSubject(t *testing.T, s *scenes.Scene, over ...string) *subject {
	t.Helper()
	if len(over) == 0 {
		over = []string{"lr=1:100:24:log", "l2=1e-4:1:16:log"}
	}
	s.Map.Over = nil
	for _, text := range over {
		p, err := cpu.ParseParam(text)
		if err != nil {
			t.Fatal(err)
		}
		s.Map.Over = append(s.Map.Over, p)
	}
	s.Map.Steps = 20
	if s.Map.Of == "" {
		s.Map.Of, s.Map.Scale, s.Map.Colormap = "loss", scale.Auto, "viridis"
	}
	out := &subject{scene: s}
	err := s.Resolve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if out.runs, err = s.Problem.DescendAll(t.Context(), s.Runs, nil); err != nil {
		t.Fatal(err)
	}
	if out.ends, err = s.Problem.Endings(t.Context(), out.runs, cpu.Settings{}); err != nil {
		t.Fatal(err)
	}
	g := ViewGrid(s, out.runs, 600, 300)
	g.X.N, g.Y.N = 48, 48
	l, err := s.Problem.Landscape(t.Context(), s.Plane, g, nil)
	if err != nil {
		t.Fatal(err)
	}
	out.over = NewTerrain(l)
	if out.cells, err = s.Problem.Sweep(t.Context(), s.MapSweep(), s.MapSettings(cpu.Settings{}), nil); err != nil {
		t.Fatal(err)
	}
	lr, err := cpu.ParseParam("lr=12:34:30")
	if err != nil {
		t.Fatal(err)
	}
	s.Orbit = scenes.DefaultOrbit()
	s.Orbit.Over, s.Orbit.Steps, s.Orbit.Last = []cpu.Param{lr}, 30, 20
	if out.orbit, err = s.Problem.Sweep(t.Context(), s.OrbitSweep(), s.Orbit.Settings(30), nil); err != nil {
		t.Fatal(err)
	}
	s.Map.Stability = true
	if out.rates, err = s.Problem.StableRates(t.Context(), s.MapSweep()); err != nil {
		t.Fatal(err)
	}
	return out
}

// figure lays the subject out with the panels of an arrangement.
func (s *subject) figure(a arrangement, w, h, strip float64, m Medium) (*Figure, error) {
	scene := *s.scene
	if len(a.kinds) > 0 {
		scene.Film.Panels, scene.Film.Layout = scenes.PanelsOf(a.kinds...), a.layout
		scene.Film.Stability = len(a.kinds) == 2 // the right axis of a loss panel
	}
	return NewWithStrip(Content{
		Scene: &scene, View: s.over.Landscape.Grid, Terrain: s.over, Trajectories: s.runs,
		Ensemble: len(scene.Ensemble.Over) > 0, Map: s.cells, Stable: s.rates, Orbit: s.orbit, Endings: s.ends,
	}, w, h, strip, m)
}

// arrangement is a choice of panels; without kinds it is the scene's own.
type arrangement struct {
	name   string
	kinds  []string
	layout [][]string
}

// arrangements are all that the panels of a scene of one feature are tried in.
func arrangements() []arrangement {
	out := []arrangement{{name: "own"}}
	var all []string
	for _, k := range scenes.PanelKinds {
		if k.Features <= 1 {
			all = append(all, k.Name)
		}
	}
	for i, k := range all {
		out = append(out, arrangement{name: k, kinds: []string{k}})
		for _, o := range all[i+1:] {
			if o == scenes.OrbitPanel && k != scenes.MapPanel {
				continue // laid out as a map is
			}
			out = append(out, arrangement{name: k + " " + o, kinds: []string{k, o}})
		}
	}
	var column [][]string
	for _, k := range all {
		column = append(column, []string{k})
	}
	return append(out,
		arrangement{name: "all", kinds: all},
		arrangement{"two by three", all[:5], [][]string{{all[0], all[1], all[2]}, {all[3], all[4], all[4]}}},
		arrangement{"column", all, column},
	)
}

// page is a size of a picture on a medium.
type page struct {
	w, h   float64
	medium Medium
}

func (p page) String() string {
	if p.medium.Pixels {
		return fmt.Sprintf("%vx%v", p.w, p.h)
	}
	return fmt.Sprintf("%vx%vin", p.w/72, p.h/72)
}

func screens() []page {
	return []page{{600, 300, Screen}, {1280, 720, Screen}, {5400, 1800, Screen}}
}

func papers() []page {
	p := Paper(72, false)
	return []page{{3.5 * 72, 2.5 * 72, p}, {7 * 72, 3 * 72, p}, {7 * 72, 7 * 72, p}}
}

// frames are the first, the middle and the last frame of a subject's film.
func (s *subject) frames() []int {
	last := max(s.scene.Film.Frames-1, 0)
	return slices.Compact([]int{0, last / 2, last})
}

// placed is a line of text, and the panel that it belongs to: −1 for the figure's own.
type placed struct {
	display.Text
	panel int
}

// texts returns all text of a frame that is seen.
func texts(f *Figure, k int) []placed {
	var l display.List
	l.Reset(display.Rect(0, 0, f.W, f.H))
	l.Pixels = f.Medium.Pixels
	var out []placed
	take := func(panel int, list func()) {
		first := len(l.Texts)
		list()
		for _, t := range l.Texts[first:] {
			if strings.TrimSpace(t.Line) != "" && t.Style.Color.A > 0 {
				out = append(out, placed{t, panel})
			}
		}
	}
	f.at = k
	for i, v := range f.views {
		take(i, func() { v.static(&l, f); v.frame(&l, f, k) })
	}
	take(-1, func() { f.heading(&l) })
	return out
}

// checkTexts returns what is wrong with where texts are: one that leaves the picture or
// its panel, one over another, one over another panel's plot.
func checkTexts(f *Figure, all []placed) (wrong []string) {
	picture := display.Rect(0, 0, f.W, f.H).Inset(-0.01)
	for i, t := range all {
		say := func(format string, a ...any) {
			wrong = append(wrong, fmt.Sprintf("panel %d, %q: ", t.panel, t.Line)+fmt.Sprintf(format, a...))
		}
		slack := 0.1 * t.Style.Size
		if t.Clipped || picture.Union(t.Box) != picture {
			say("%v leaves the picture, or is clipped", t.Box)
		}
		for j, p := range f.Panels {
			switch {
			case j == t.panel:
				if cell := p.Cell.Inset(-slack); cell.Union(t.Box) != cell {
					say("%v leaves its cell %v", t.Box, p.Cell)
				}
			case t.Box.Inset(slack).Overlaps(p.Plot):
				say("%v lies over the plot of panel %d, %v", t.Box, j, p.Plot)
			}
		}
		for _, o := range all[:i] {
			both := t.Box.Intersect(o.Box)
			if touch := 0.1 * max(t.Style.Size, o.Style.Size); both.W() > touch && both.H() > touch {
				say("%v lies over %q of panel %d, %v", t.Box, o.Line, o.panel, o.Box)
			}
		}
	}
	return wrong
}

// try checks all frames of a figure, and reports what is wrong with it once.
func (s *subject) try(t *testing.T, what string, a arrangement, p page) {
	t.Helper()
	f, err := s.figure(a, p.w, p.h, 0, p.medium)
	if err != nil {
		t.Errorf("%s, %s, %v: %v", what, a.name, p, err)
		return
	}
	for _, k := range s.frames() {
		all := texts(f, k)
		if wrong := checkTexts(f, all); len(wrong) > 0 {
			t.Errorf("%s, %s, %v, frame %d: %s", what, a.name, p, k, strings.Join(wrong[:min(3, len(wrong))], "\n\t"))
			return
		}
	}
}

// TestBoxes measures the boxes of all text of every built-in scene, in every arrangement
// of panels, on a screen or on paper, of all sizes in turn, and with LONG=1 on all.
func TestBoxes(t *testing.T) {
	for _, name := range scenes.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSubject(t, builtin(t, name))
			for i, a := range arrangements() {
				pages := []page{slices.Concat(screens(), papers())[i%6]}
				if os.Getenv("LONG") == "1" {
					pages = slices.Concat(screens(), papers())
				}
				for _, p := range pages {
					s.try(t, name, a, p)
				}
			}
		})
	}
}

// TestBoxesOfLongWords does so where words are long and runs are many, at the least sizes
// in turn, and with LONG=1 at twice as many.
func TestBoxesOfLongWords(t *testing.T) {
	small := slices.Concat(screens()[:1], papers()[:1])
	const long = "a name that somebody has made longer than any panel is wide, and who would blame them for it"
	for _, c := range []struct {
		name string
		of   string
		edit func(s *scenes.Scene)
		over []string // of the map
	}{
		{"title", "one-mode", func(s *scenes.Scene) { s.Title = "A title: " + long + ", " + long }, nil},
		{"classes", "one-mode", func(s *scenes.Scene) { s.Classes = [2]string{"first, " + long, "second, " + long} }, nil},
		{"runs", "period-two", func(s *scenes.Scene) {
			for i := range s.Runs {
				s.Runs[i].Name = long + fmt.Sprint(i)
			}
		}, nil},
		{"many runs", "optimizers", func(s *scenes.Scene) {
			for i := range 7 {
				r := s.Runs[i%5]
				r.LR, r.Name = r.LR/3, ""
				s.Runs = append(s.Runs, r)
			}
		}, nil},
		{"axes", "one-mode", func(s *scenes.Scene) {
			s.Features = []string{"feature, " + long}
			s.Contour.Colorbar = true
			s.Film.LossScale = scale.Log
		}, nil},
		{"narrow range", "period-two", func(s *scenes.Scene) {
			s.Grid.X.Min, s.Grid.X.Max = 2.4999999, 2.5000001
			s.Grid.Y.Min, s.Grid.Y.Max = 1e5, 1e5+1e-3
			s.Contour.Colorbar, s.Fixed = true, true
		}, nil},
		{"wide range", "two-mode", func(s *scenes.Scene) {
			s.Grid.X.Min, s.Grid.X.Max = -1e9, 3e9
			s.Grid.Y.Min, s.Grid.Y.Max = -1e-12, 1e-12
			s.Contour.Colorbar, s.Contour.Scale, s.Surface.Scale = true, scale.Log, scale.Asinh
		}, nil},
		{"labelled lines to scale", "two-mode", func(s *scenes.Scene) {
			s.Contour.Labels, s.Contour.Aspect, s.Contour.Colorbar = true, scenes.AspectEqual, true
			s.Plane.Origin, s.Plane.D1, s.Plane.D2 = []float64{-12345, 0.001}, []float64{1, 1}, []float64{1, -1}
			s.Grid.X, s.Fixed = cpu.Axis{Min: 12300, Max: 12350, N: 9}, true
		}, nil},
		{"statuses", "map", func(s *scenes.Scene) { s.Map.Of, s.Contour.Colorbar = "status", true }, nil},
		{"losses of a map", "map", func(s *scenes.Scene) { s.Map.Of, s.Contour.Scale, s.Contour.Colorbar = "loss", scale.Rank, true }, nil},
		{"orbit", "one-mode", func(s *scenes.Scene) { s.Camera.Path, s.Surface.Floor = "orbit", true }, nil},
		{"zoomed map", "map", func(s *scenes.Scene) { s.Map.Of, s.Map.Scale = "loss", scale.Linear }, []string{"lr=21.99999:22.00001:24", "l2=0.001:0.00100001:16:log"}},
		{"decimal comma", "optimizers", func(s *scenes.Scene) { s.Labels.Mark = "," }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			scene := builtin(t, c.of)
			c.edit(scene)
			s := newSubject(t, scene, c.over...)
			for i, a := range arrangements() {
				pages := small[i%2:][:1]
				if os.Getenv("LONG") == "1" {
					pages = slices.Concat(screens()[:2], papers()[:2])
				}
				for _, p := range pages {
					s.try(t, c.name, a, p)
				}
			}
		})
	}
}

// planar is a scene of n features, whose runs leave the plane.
func planar(t *testing.T, n int, keys string) *scenes.Scene {
	t.Helper()
	list := func(x string) string { return "[" + strings.Repeat(x+", ", n-1) + x + "]" }
	part := "{ label = %d, name = \"class %d\", parts = [{ mean = " + list("%v") + ", std = 1.5, n = 40 }] },"
	text := "title = \"Off the plane\"\n[data]\ngenerate = \"gaussian\"\nclasses = ["
	for label := range 2 {
		args := []any{label, label}
		for range n {
			args = append(args, 2*label)
		}
		text += fmt.Sprintf(part, args...)
	}
	text += "]\n[loss]\nl2 = 0.01\n[landscape]\n" + keys + "\n[[run]]\nsteps = 40\n[[run]]\noptimizer = \"adam\"\nlr = 0.2\nsteps = 30\n"
	s, err := scenes.Decode("planar.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestBoxesOfPlanes checks the text of panels of more than one feature, of runs that leave
// the plane.
func TestBoxesOfPlanes(t *testing.T) {
	const long = "whose name is longer than any panel is wide, and who would blame them for it"
	four := []string{"data", "contour", "loss", "curve"}
	for name, c := range map[string]struct {
		scene *scenes.Scene
		kinds []string
	}{
		"two features":  {planar(t, 2, `plane = "pca"`), four},
		"four features": {planar(t, 4, `plane = "hessian"`), append([]string{"surface"}, four[1:]...)},
		"one run":       {planar(t, 2, `plane = "random"`), four},
		"long names":    {planar(t, 2, `plane = "axes"`+"\n"+`axes = ["w1", "bias"]`), four},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := c.scene
			switch name {
			case "one run":
				s.KeepRuns(0)
			case "long names":
				s.Features = []string{"feature, " + long, "another, " + long}
				s.Classes = [2]string{"first, " + long, "second, " + long}
				s.Runs[1].Name = "run, " + long
			}
			all := newSubject(t, s)
			list := []arrangement{{name: "row", kinds: c.kinds}}
			for _, k := range c.kinds {
				list = append(list, arrangement{name: k, kinds: []string{k}})
			}
			for _, a := range list {
				for _, p := range slices.Concat(screens()[:2], papers()[:2]) {
					all.try(t, name, a, p)
				}
			}
		})
	}
}

// TestBoxesOfControls checks the text of a window with its controls, and what lies over
// the panels.
func TestBoxesOfControls(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"map", "optimizers"} {
		s := newSubject(t, builtin(t, name))
		for _, p := range []page{{700, 500, Screen}, {1280, 720, Screen}} {
			for _, c := range windows(name) {
				checkControls(t, s, p, c)
			}
		}
	}
}

// windows are controls as a window has them.
func windows(title string) []*Controls {
	full := &Controls{
		Scale: 1, At: 0.4, Clock: "Iter: 117 of 120", Note: "0:34, 1.2 MB", Red: true,
		Sliders: []Slider{
			{Name: "lr", Label: "learning rate", Value: "0.5", At: 0.4, Marks: []Mark{{0.6, "1/λ"}, {0.65, "2/λ"}, {0.98, "twice that"}}},
			{Name: "l2", Label: "L2 weight", Value: "1.234×10⁻⁴", At: 0, Hint: "nothing to penalise here, as it seems"},
			{Name: "momentum", Label: "momentum", Value: "0.9", At: 1, Off: true},
		},
		Grip: -1, Message: "Wrote " + title + "-with-a-very-long-name-that-goes-on.toml to the folder /home/somebody/somewhere/else",
	}
	for _, n := range cpu.Optimizers() {
		full.Choices = append(full.Choices, Choice{Name: "optimizer:" + n, Label: n, On: n == "adam"})
	}
	for i := range 7 {
		full.Lines = append(full.Lines, RunLine{Name: fmt.Sprint("run:", i), Run: i, Text: "nesterov, lr 0.25, from (−8, 6), batches of 32", Status: "cycle of 128 after 117 steps", Selected: i == 4})
	}
	plain := *full
	plain.Sliders, plain.Message = full.Sliders[:2], ""
	plain.Reading = &Reading{X: 690, Y: 300, Lines: []string{"w₁ = 2.34567, w₂ = −1.2345", "Loss = 0.123456", "∇ = (0.0001234, 0.123)"}}
	help := plain
	help.Reading = nil
	for i := range 24 {
		help.Help = append(help.Help, [2]string{fmt.Sprint("Ctrl + ", i), "does what a line of help says about it, and now and then a little more"})
	}
	return []*Controls{full, &plain, &help}
}

func checkControls(t *testing.T, s *subject, p page, c *Controls) {
	t.Helper()
	w, h := int(p.w), int(p.h)
	f, err := s.figure(arrangement{name: "own"}, p.w, p.h, float64(c.Height(w, h)), p.medium)
	if err != nil {
		t.Fatal(err)
	}
	panels := texts(f, 20)
	var l display.List
	l.Reset(display.Rect(0, 0, f.W, f.H))
	l.Pixels = true
	c.Draw(&l, f)
	strip := p.h - float64(c.Height(w, h))
	var below, over []placed
	help := slices.IndexFunc(l.Texts, func(t display.Text) bool { return t.Line == "Keys and mouse" })
	for i, text := range l.Texts {
		switch {
		case strings.TrimSpace(text.Line) == "" || i < help: // the sheet covers what came before
		case len(c.Help) == 0 && text.Box.Y0 >= strip:
			below = append(below, placed{text, -1})
		default:
			over = append(over, placed{text, -1})
		}
	}
	at := fmt.Sprintf("%v, %d panels", p, len(f.Panels))
	if wrong := checkTexts(f, append(panels, below...)); len(wrong) > 0 && len(c.Help) == 0 {
		t.Errorf("%s: %s", at, strings.Join(wrong[:min(4, len(wrong))], "\n\t"))
	}
	f.Panels = nil // what lies over them may do so
	if wrong := checkTexts(f, over); len(wrong) > 0 {
		t.Errorf("%s: %s", at, strings.Join(wrong[:min(4, len(wrong))], "\n\t"))
	}
	if len(below)+len(over) < 10 || math.IsNaN(strip) {
		t.Errorf("%s: only %d lines of text", at, len(below)+len(over))
	}
}
