package figure

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// laidOut returns a figure of a scene on a screen of w by h pixels, with a landscape of n
// by n points.
func laidOut(t *testing.T, s *scenes.Scene, w, h float64, n int) *Figure {
	t.Helper()
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	ts, err := s.Problem.DescendAll(t.Context(), s.Runs, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := Content{Scene: s, View: ViewGrid(s, ts, int(w), int(h)), Trajectories: ts}
	c.View.X.N, c.View.Y.N = n, n
	land, err := s.Problem.Landscape(t.Context(), s.Plane, c.View, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Terrain = NewTerrain(land)
	f, err := New(c, w, h, Screen)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// listed returns what a figure's static layer lists.
func listed(f *Figure) *display.List {
	l := new(display.List)
	l.Reset(display.Rect(0, 0, f.W, f.H))
	f.Static(l)
	return l
}

// contours returns a built-in scene with nothing but its contours.
func contours(t *testing.T, name string) *scenes.Scene {
	s := builtin(t, name)
	s.Film.Panels, s.Film.Layout = scenes.PanelsOf(scenes.ContourPanel), nil
	return s
}

func TestContourLines(t *testing.T) {
	losses := []float64{0.01, 0.02, 0.05, 0.1, 0.3, 0.7, 1, 2, 3, 5, 8, 20}
	for _, kind := range []string{scale.Linear, scale.Log, scale.Asinh, scale.Rank} {
		s := scale.New(kind, losses)
		if got := ContourLines(s, scenes.Contour{}); !slices.Equal(got, s.Levels(IsoLines)) {
			t.Errorf("%s: lines at %v without levels", kind, got)
		}
		got := ContourLines(s, scenes.Contour{Levels: []float64{-1, 0, 0.01, 0.02, 0.5, 19, 20, 1e9}})
		want := []float64{s.To(0.02), s.To(0.5), s.To(19)}
		if !slices.Equal(got, want) {
			t.Errorf("%s: lines at %v, want %v", kind, got, want)
		}
	}
	if got := ContourLines(scale.NewLinear(1, 1), scenes.Contour{Levels: []float64{1}}); len(got) > 0 {
		t.Errorf("lines at %v of a flat landscape", got)
	}
}

// Bands and lines as printers get them are those of the shader of contours.
func TestContourOfFigure(t *testing.T) {
	for _, look := range []scenes.Contour{
		{Scale: scale.Linear, Colormap: "RdBu_r", Bands: 50},
		{Scale: scale.Log, Colormap: "viridis", Bands: 7},
		{Scale: scale.Rank, Colormap: "magma", Bands: 0, Levels: []float64{0.5, 1, 4}},
		{Scale: scale.Asinh, Colormap: "plasma", Bands: 2},
	} {
		s := contours(t, "one-mode")
		look.Aspect = scenes.AspectFill
		s.Contour = look
		f := laidOut(t, s, 400, 400, 33)
		c := f.Contour(0)
		if len(c.Colors) != len(c.Borders)+1 || !slices.IsSorted(c.Borders) || !slices.IsSorted(c.Lines) {
			t.Fatalf("%+v: %d colours of %d borders %v, lines %v", look, len(c.Colors), len(c.Borders), c.Borders, c.Lines)
		}
		for _, x := range append(slices.Clone(c.Borders), c.Lines...) {
			if x <= c.Scale.A || x >= c.Scale.B {
				t.Errorf("%+v: level %v, the scale is from %v to %v", look, x, c.Scale.A, c.Scale.B)
			}
		}
		bands, colors := ContourBands(c.Scale, look)
		for i := range 997 {
			x := c.Scale.A + (float64(i)+0.37)/997*(c.Scale.B-c.Scale.A)
			k := int(math.Floor((x - bands.First) / bands.Step))
			at, _ := slices.BinarySearch(c.Borders, x)
			if got, want := c.Colors[at], colors[min(max(k, 0), bands.N-1)]; got != want {
				t.Errorf("%+v: %v has the colour %v, want %v", look, x, got, want)
				break
			}
		}
		if n := len(look.Levels); n > 0 && len(c.Lines) != n {
			t.Errorf("%+v: lines at %v", look, c.Lines)
		}
		if h, err := c.Heights(); err != nil || h.NX != 33 || h.NY != 33 {
			t.Errorf("%+v: heights %+v, %v", look, h, err)
		}
	}
	f := laidOut(t, builtin(t, "one-mode"), 900, 300, 9)
	if f.Contour(0) != nil || f.Contour(1) != nil || f.Contour(2) == nil {
		t.Error("contours of other panels")
	}
}

// A line must differ from the colours that it runs over.
func TestLineColors(t *testing.T) {
	luma := func(c color.NRGBA) float64 {
		return (LumaRed*float64(c.R) + LumaGreen*float64(c.G) + LumaBlue*float64(c.B)) / 255
	}
	for _, name := range scenes.Colormaps {
		black := color.NRGBA{A: 255}
		for i := range 256 {
			c := palette.Colormap(name).At((float64(i) + 0.5) / 256)
			line := lineOn(c, name)
			if LineLift(name) == 0 && line != black {
				t.Errorf("%s: line %v on %v, want black", name, line, c)
			}
			// Between the darks and the lights a line may be near its ground.
			if d := math.Abs(luma(line) - luma(color.NRGBA(c))); d < 0.1 && (luma(color.NRGBA(c)) <= DarkTo || luma(color.NRGBA(c)) >= LightFrom) {
				t.Errorf("%s: line %v on %v, which is as light", name, line, c)
			}
		}
	}
}

// TestLineLabels checks where the labels of lines are, in several scenes and sizes.
func TestLineLabels(t *testing.T) {
	least := map[string]int{"one-mode 600x600": 6, "one-mode 300x300": 4, "valley 900x600": 6, "optimizers 600x600": 3}
	for _, name := range []string{"one-mode", "two-mode", "large-lr", "valley", "optimizers"} {
		s := contours(t, name)
		s.Contour.Labels, s.Contour.Colorbar = true, true
		if name == "valley" {
			s.Contour.Scale = scale.Log
		}
		content := laidOut(t, s, 600, 600, 161).Content
		for _, size := range [][2]float64{{600, 600}, {900, 600}, {300, 300}, {120, 90}} {
			at := fmt.Sprintf("%s %vx%v", name, size[0], size[1])
			var first []lineLabel
			for range 2 {
				f, err := New(content, size[0], size[1], Screen)
				if err != nil {
					t.Fatal(err)
				}
				c := f.views[0].(*contour)
				checkLineLabels(t, at, f, c)
				if len(c.labels) < least[at] {
					t.Errorf("%s: %d labels, want at least %d", at, len(c.labels), least[at])
				}
				if first != nil && !slices.Equal(c.labels, first) {
					t.Errorf("%s: other labels the second time", at)
				}
				first = c.labels
			}
		}
	}
}

func checkLineLabels(t *testing.T, name string, f *Figure, c *contour) {
	t.Helper()
	heights, err := f.Contour(0).Heights()
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range c.labels {
		r := b.plate
		if r.Intersect(c.plot) != r {
			t.Errorf("%s: %q at %v leaves the plot %v", name, b.text, r, c.plot)
		}
		if r.Overlaps(c.where.plate) {
			t.Errorf("%s: %q at %v lies under the read-out", name, b.text, r)
		}
		for _, o := range c.labels[i+1:] {
			if r.Overlaps(o.plate) {
				t.Errorf("%s: %q at %v lies over %q at %v", name, b.text, r, o.text, o.plate)
			}
		}
		if n := hits(c.trails, r); n > 0 {
			t.Errorf("%s: %q at %v lies on the way of a run", name, b.text, r)
		}
		for _, run := range c.runs {
			if p, ok := c.startOf(f, run.index); ok && r.Contains(p) {
				t.Errorf("%s: %q at %v lies on the start of run %d", name, b.text, r, run.index)
			}
		}
		// The number is the loss there.
		var v float64
		if _, err := fmt.Sscan(b.text, &v); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, d := range [5][2]float64{{0, 0}, {-2, 0}, {2, 0}, {0, -2}, {0, 2}} {
			x := heights.At((r.CX()+d[0]-c.plot.X0)/c.plot.W(), (c.plot.Y1-r.CY()-d[1])/c.plot.H())
			lo, hi = min(lo, x), max(hi, x)
		}
		if x := c.scale.To(v); x < lo || x > hi {
			t.Errorf("%s: %q where the losses are from %v to %v", name, b.text, c.scale.From(lo), c.scale.From(hi))
		}
	}
}

// Labels keep away from where no loss is finite, and say stated levels as they are stated.
func TestLabelsOfStatedLines(t *testing.T) {
	s := contours(t, "one-mode")
	s.Contour.Labels, s.Contour.Levels = true, []float64{0.5, 1, 2.25, 5, 100}
	s.Labels.Mark = ","
	f := laidOut(t, s, 600, 600, 161)
	var got []string
	for _, b := range f.views[0].(*contour).labels {
		got = append(got, b.text)
	}
	slices.Sort(got)
	if want := []string{"0,5", "1", "2,25", "5"}; !slices.Equal(got, want) {
		t.Errorf("labels %q, want %q", got, want)
	}

	land := f.Terrain.(*HostTerrain).Landscape
	for i := range land.Loss {
		if i%161 > 60 {
			land.Loss[i] = math.NaN()
		}
	}
	f.Content.Terrain = NewTerrain(land)
	f, err := New(f.Content, 600, 600, Screen)
	if err != nil {
		t.Fatal(err)
	}
	c := f.views[0].(*contour)
	if len(c.labels) == 0 {
		t.Error("no labels beside what is not finite")
	}
	for _, b := range c.labels {
		if edge := c.plot.X0 + 60.0/160*c.plot.W(); b.plate.X1 > edge+1 {
			t.Errorf("%q at %v, where the losses are not finite from %v on", b.text, b.plate, edge)
		}
	}
}

// TestAspectEqual wants as many pixels to a unit along both axes, in the middle of what
// the plot had, and places that are picked where they are drawn.
func TestAspectEqual(t *testing.T) {
	for _, x := range []cpu.Axis{{Min: -10, Max: 10, N: 9}, {Min: -40, Max: 40, N: 9}, {Min: -1, Max: 2, N: 9}} {
		for _, size := range [][2]float64{{600, 400}, {400, 600}, {301, 299}} {
			s := contours(t, "one-mode")
			s.Grid.X, s.Fixed, s.Contour.Colorbar = x, true, true
			before := laidOut(t, s, size[0], size[1], 9).Panels[0]
			s.Contour.Aspect = scenes.AspectEqual
			f := laidOut(t, s, size[0], size[1], 9)
			p := f.Panels[0].Plot
			ux, uy := p.W()/(x.Max-x.Min), p.H()/(f.View.Y.Max-f.View.Y.Min)
			if math.Abs(ux/uy-1) > 1/min(p.W(), p.H()) {
				t.Errorf("%v at %v: %v pixels to α, %v to β", x, size, ux, uy)
			}
			if p.Intersect(before.Plot) != p || p.W() != before.Plot.W() && p.H() != before.Plot.H() {
				t.Errorf("%v at %v: the plot is %v in a place of %v", x, size, p, before.Plot)
			}
			if math.Abs(p.CX()-before.Plot.CX()) > 1 || math.Abs(p.CY()-before.Plot.CY()) > 1 {
				t.Errorf("%v at %v: the plot %v is not in the middle of %v", x, size, p, before.Plot)
			}
			if got, want := p.Y0-f.Panels[0].Base, before.Plot.Y0-before.Base; got != want {
				t.Errorf("%v at %v: the title is %v above the plot, want %v", x, size, got, want)
			}
			listed(f)
			alpha, beta := x.Min+0.3*(x.Max-x.Min), f.View.Y.Min+0.8*(f.View.Y.Max-f.View.Y.Min)
			v, _ := f.Project(0, alpha, beta, 0)
			if h := f.Pick(v.X, v.Y); !h.OnPlane || math.Abs(h.Alpha-alpha) > 1e-9 || math.Abs(h.Beta-beta) > 1e-9 {
				t.Errorf("%v at %v: picked %v, %v, want %v, %v", x, size, h.Alpha, h.Beta, alpha, beta)
			}
		}
	}
}

// TestPlaneAxes checks that axes show weights where they can, and else say from where
// they count.
func TestPlaneAxes(t *testing.T) {
	for _, c := range []struct {
		origin, d1, d2 []float64
		change         func(s *scenes.Scene)
		alpha, beta    PlaneAxis
	}{
		{[]float64{0, 0}, []float64{1, 0}, []float64{0, 1}, nil, PlaneAxis{"w₁", 0}, PlaneAxis{"w₂", 0}},
		{[]float64{2, -7.5}, []float64{0, 1}, []float64{1, 0}, nil, PlaneAxis{"w₂", -7.5}, PlaneAxis{"w₁", 2}},
		{[]float64{2, 1}, []float64{1, 0}, []float64{0, 1}, func(s *scenes.Scene) { s.Labels.Axis.Alpha = "slope" }, PlaneAxis{"slope", 2}, PlaneAxis{"w₂", 1}},
		{[]float64{0, 0}, []float64{1, 1}, []float64{1, -1}, nil, PlaneAxis{"α", 0}, PlaneAxis{"β", 0}},
		{[]float64{0.25, -1234.5}, []float64{1, 1}, []float64{1, -1}, nil, PlaneAxis{"α, from (0.25, −1230)", 0}, PlaneAxis{"β, from (0.25, −1230)", 0}},
		{[]float64{0.25, -3}, []float64{1, 1}, []float64{1, -1}, func(s *scenes.Scene) {
			s.Labels.Mark, s.Labels.Legend.From, s.Labels.Axis.Beta = ",", "ab ({start})", "quer"
		}, PlaneAxis{"α, ab (0,25; −3)", 0}, PlaneAxis{"quer", 0}},
		// Along the second axis the first weight changes, too: the first cannot show it.
		{[]float64{1, 0}, []float64{1, 0}, []float64{1, 1}, nil, PlaneAxis{"α, from (1, 0)", 0}, PlaneAxis{"β, from (1, 0)", 0}},
		{[]float64{1, 2, 0, 4}, []float64{1, 1, 0, 0}, []float64{0, 0, 0, 1}, nil, PlaneAxis{"α, from (1, 2, 0, …)", 0}, PlaneAxis{"w₄", 4}},
	} {
		s := builtin(t, "one-mode")
		s.Plane = cpu.Plane{Origin: c.origin, D1: c.d1, D2: c.d2}
		if c.change != nil {
			c.change(s)
		}
		if a, b := PlaneAxes(s); a != c.alpha || b != c.beta {
			t.Errorf("axes %+v and %+v of origin %v, d1 %v and d2 %v, want %+v and %+v", a, b, c.origin, c.d1, c.d2, c.alpha, c.beta)
		}
	}
}

// The tick of a weight stands where the runs have that weight, on the contours and in the
// box of the surface.
func TestTicksOfWeights(t *testing.T) {
	s := builtin(t, "one-mode")
	s.Film.Panels = scenes.PanelsOf(scenes.SurfacePanel, scenes.ContourPanel)
	s.Plane.Origin = []float64{3, -20}
	s.Plane.D1, s.Plane.D2 = s.Plane.D2, s.Plane.D1 // to the right the bias
	s.Runs[0].Start = []float64{2, -18}
	f := laidOut(t, s, 800, 400, 33)
	c, surface := f.views[1].(*contour), f.Surface(0)
	if c.xName != "w₂" || c.yName != "w₁" || surface.box.names != [3]string{"w₂", "w₁", "Loss"} {
		t.Errorf("axes %q and %q, %q", c.xName, c.yName, surface.box.names)
	}
	for _, at := range [][2]float64{{-10, 0}, {0, 5}, {7.5, -10}} {
		w := s.Plane.At(nil, at[0], at[1])
		if x, y := c.x(w[1]), c.y(w[0]); math.Abs(x-c.plane.x(at[0])) > 1e-9 || math.Abs(y-c.plane.y(at[1])) > 1e-9 {
			t.Errorf("weights %v lie at %v, %v beside the axes, and at %v, %v in the plot", w, x, y, c.plane.x(at[0]), c.plane.y(at[1]))
		}
		in := surface.space.of(at[0], at[1], 1)
		if u, v := surface.box.unit(0, w[1]), surface.box.unit(1, w[0]); math.Abs(u-in[0]) > 1e-12 || math.Abs(v-in[1]) > 1e-12 {
			t.Errorf("weights %v lie at %v, %v beside the box, and at %v in it", w, u, v, in)
		}
	}
	if ticks := c.across.Values; ticks[0] < -30 || ticks[len(ticks)-1] > -9 {
		t.Errorf("ticks %v of a bias from −30 on", ticks)
	}
}

// TestColorbarName wants the words beside a colour bar in its panel and over no number.
func TestColorbarName(t *testing.T) {
	for _, c := range []struct {
		name, scale string
		w, h        float64
		want        bool
	}{
		{"Loss", scale.Linear, 600, 500, true},
		{"Loss", scale.Log, 300, 250, true},
		{"Loss", scale.Rank, 1200, 900, true},
		{"mean binary cross-entropy", scale.Linear, 600, 500, true},
		{strings.Repeat("cross-entropy ", 14), scale.Linear, 600, 500, true}, // cut
		{" ", scale.Linear, 600, 500, false},
	} {
		s := contours(t, "one-mode")
		s.Title, s.Contour.Colorbar, s.Contour.Scale, s.Labels.Axis.Loss = "", true, c.scale, c.name
		f := laidOut(t, s, c.w, c.h, 33)
		l := listed(f)
		found := false
		for _, text := range l.Texts {
			if text.Box.Union(f.Panels[0].Cell) != f.Panels[0].Cell {
				t.Errorf("%q on %s: %q at %v leaves its panel", c.name, c.scale, text.Line, text.Box)
			}
			if begin, _ := strings.CutSuffix(text.Line, "…"); !strings.HasPrefix(c.name, begin) || begin == "" || !text.Upwards {
				continue
			}
			found = true
			for _, o := range l.Texts {
				if o.Line != text.Line && o.Box.Overlaps(text.Box) {
					t.Errorf("%q on %s lies over %q", c.name, c.scale, o.Line)
				}
			}
		}
		if found != c.want {
			t.Errorf("%q on %s at %vx%v: found is %t", c.name, c.scale, c.w, c.h, found)
		}
	}
}

// A map's colour bar has its quantity beside it where the title is another.
func TestMapBarName(t *testing.T) {
	s := builtin(t, "map")
	s.Map.Of = "loss"
	for title, want := range map[string]string{"": "", "lr 1": s.Labels.Quantity["loss"]} {
		if got := mapBarName(s, scenes.Panel{Kind: scenes.MapPanel, Title: title}); got != want {
			t.Errorf("%q beside the bar of a panel called %q, want %q", got, title, want)
		}
	}
}
