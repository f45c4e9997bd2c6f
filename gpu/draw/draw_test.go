package draw

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/figure"
	"losscape/scenes/scale"

	"gonum.org/v1/gonum/mat"
)

// reddish says whether c is the colour of the first run or its shade.
func reddish(c color.NRGBA) bool {
	return int(c.R) > 120 && int(c.R) > 3*int(c.G) && int(c.R) > 3*int(c.B)
}

// TestDotIsVisible looks for the current point at its place on every frame of the
// notebook's films, on the surface and on the contours.
func TestDotIsVisible(t *testing.T) {
	d := device(t)
	const w, h = 1200, 400
	for _, name := range []string{"one-mode", "large-lr", "two-mode"} {
		s := builtin(t, name)
		r := rendererOf(t, d, pictureOf(t, d, s, w, h, 200), w, h)
		for k := range s.Film.Frames {
			img, _ := shot(t, d, r, k)
			at := r.p.Trajectories[0]
			n := min(int(s.Film.Updates(k)), len(at.Loss)-1)
			a, b, _ := s.Plane.Coordinates(at.At(n))
			flat, _ := r.figure.Project(2, a, b, at.Loss[n])
			solid, _ := r.figure.Project(1, a, b, at.Loss[n])
			for _, spot := range []struct {
				panel string
				x, y  float64
			}{{"contour", flat.X, flat.Y}, {"surface", solid.X, solid.Y}} {
				found := 0
				for dy := -4; dy <= 4; dy++ {
					for dx := -4; dx <= 4; dx++ {
						if reddish(img.NRGBAAt(int(spot.x)+dx, int(spot.y)+dy)) {
							found++
						}
					}
				}
				if found < 30 {
					t.Errorf("%s, frame %d: %d red pixels of 81 around the point in the %s panel", name, k, found, spot.panel)
				}
			}
		}
	}
}

// TestDotBehindTheSurface looks at a valley from below its rim, where the surface
// hides the point: it must still be told from the surface.
func TestDotBehindTheSurface(t *testing.T) {
	d := device(t)
	s := builtin(t, "two-mode", scenes.SurfacePanel)
	s.Camera.Elev, s.Camera.Azim = 10, 180
	const w, h = 400, 400
	r := rendererOf(t, d, pictureOf(t, d, s, w, h, 200), w, h)
	img, _ := shot(t, d, r, 60)
	run := r.p.Trajectories[0]
	a, b, _ := s.Plane.Coordinates(run.At(61))
	v, _ := r.figure.Project(0, a, b, run.Loss[61])
	at := img.NRGBAAt(int(v.X), int(v.Y))
	off := img.NRGBAAt(int(v.X)+20, int(v.Y))
	if int(at.R) < int(at.G)+60 || int(at.R) < int(off.R)+60 {
		t.Errorf("the hidden point is %v on a surface of %v: not to be seen", at, off)
	}
	if reddish(at) && at.R > 230 {
		t.Errorf("the hidden point is as bright as one in front: %v", at)
	}
}

// TestChanged checks that pixels outside the rectangles that Frame tells are those
// of the frame before, in order and out of order, with both cameras.
func TestChanged(t *testing.T) {
	d := device(t)
	const w, h = 900, 300
	for _, path := range []string{"still", "orbit", "dolly"} {
		s := builtin(t, "large-lr")
		s.Camera.Path, s.Camera.Zoom = path, 2
		s.Path.Trail, s.Film.FramesPerIteration, s.Film.Frames = 7, 3, 50
		r := rendererOf(t, d, pictureOf(t, d, s, w, h, 150), w, h)
		before, _ := shot(t, d, r, 0)
		for _, k := range []int{1, 2, 3, 49, 48, 0, 20, 20, 21, 5} {
			after, changed := shot(t, d, r, k)
			if len(changed) > maxRects {
				t.Errorf("%s, frame %d: %d rectangles", path, k, len(changed))
			}
			for _, c := range changed {
				if !c.In(after.Rect) || c.Empty() {
					t.Errorf("%s, frame %d: rectangle %v in a frame of %v", path, k, c, after.Rect)
				}
			}
			if n := unseen(before, after, changed); n > 0 {
				t.Errorf("%s, frame %d: %d pixels changed outside %v", path, k, n, changed)
			}
			before = after
		}
	}
}

// TestRestart checks that a renderer of its own draws the same frame.
func TestRestart(t *testing.T) {
	d := device(t)
	const w, h = 600, 200
	for _, path := range []string{"still", "orbit"} {
		s := builtin(t, "one-mode")
		s.Camera.Path = path
		p := pictureOf(t, d, s, w, h, 150)
		a := rendererOf(t, d, p, w, h)
		for k := range 7 {
			shot(t, d, a, k)
		}
		want, _ := shot(t, d, a, 7)
		got, _ := shot(t, d, rendererOf(t, d, p, w, h), 7)
		if !bytes.Equal(want.Pix, got.Pix) {
			t.Errorf("%s: frame 7 alone differs from frame 7 of a film", path)
		}
	}
}

// TestSizes draws at odd sizes, with every choice of panels.
func TestSizes(t *testing.T) {
	d := device(t)
	s := builtin(t, "large-lr")
	p := pictureOf(t, d, s, 300, 100, 64)
	for _, panels := range [][]string{{scenes.CurvePanel}, {scenes.ContourPanel, scenes.SurfacePanel}, {scenes.SurfacePanel}, {scenes.CurvePanel, scenes.SurfacePanel, scenes.ContourPanel}, {scenes.LossPanel, scenes.SurfacePanel, scenes.ContourPanel, scenes.CurvePanel}} {
		s.Film.Panels = scenes.PanelsOf(panels...)
		for _, size := range [][2]int{{1, 1}, {7, 300}, {333, 111}, {640, 360}, {360, 640}} {
			r := rendererOf(t, d, p, size[0], size[1])
			for _, k := range []int{0, 30, 5000} {
				if _, _, err := r.Frame(k); err != nil {
					t.Errorf("%v at %v, frame %d: %v", panels, size, k, err)
				}
			}
			r.Close()
		}
	}
}

// TestDegenerate draws what has no range, no finite loss, or no point in view.
func TestDegenerate(t *testing.T) {
	d := device(t)
	const w, h = 300, 100
	s := builtin(t, "one-mode")
	p := pictureOf(t, d, s, w, h, 32)
	loss := make([]float64, p.View.Size())
	for _, v := range []float64{0, 0.7, math.NaN(), math.Inf(1), 1e30, -3e-30} {
		for i := range loss {
			loss[i] = v
		}
		p.Field = fieldOf(t, d, p.View, loss)
		for _, kind := range []string{scale.Linear, scale.Log, scale.Asinh, scale.Rank, scale.Auto} {
			s.Surface.Scale, s.Contour.Scale, s.Contour.Colorbar = kind, kind, true
			r := rendererOf(t, d, p, w, h)
			if _, _, err := r.Frame(3); err != nil {
				t.Errorf("losses of %v on a scale of %s: %v", v, kind, err)
			}
		}
	}

	// A run that diverges, on one sample value only.
	s = builtin(t, "one-mode")
	s.Problem = &cpu.Problem{X: mat.NewDense(2, 1, []float64{2, 2}), Y: []float64{0, 1}}
	tr := &cpu.Trajectory{Dim: 2, Weights: []float64{0, 0, 1e200, 5, math.NaN(), math.NaN()}, Loss: []float64{0.7, 1e200, math.NaN()}, Status: cpu.Diverged}
	tr.Run.Steps = 2
	none := &cpu.Trajectory{Dim: 2, Weights: []float64{math.NaN(), 0}, Loss: []float64{math.NaN()}, Status: cpu.Diverged}
	ts := []*cpu.Trajectory{tr, none}
	g := figure.ViewGrid(s, ts, w, h)
	if err := g.Validate(); err != nil {
		t.Fatal(err)
	}
	land, err := s.Problem.Landscape(context.Background(), s.Plane, g, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := rendererOf(t, d, Picture{Scene: s, View: g, Field: fieldOf(t, d, g, land.Loss), Trajectories: ts}, w, h)
	for k := range 3 {
		if _, _, err := r.Frame(k); err != nil {
			t.Error(err)
		}
	}
	if !slices.ContainsFunc(r.list.Texts, func(t display.Text) bool { return t.Line == "diverged" }) {
		t.Error("nothing says that the run diverged")
	}
	// Its losses alone, on both scales.
	for _, kind := range []string{scale.Linear, scale.Log} {
		s.Film.Panels, s.Film.LossScale = scenes.PanelsOf(scenes.LossPanel), kind
		r := rendererOf(t, d, Picture{Scene: s, Trajectories: ts}, w, h)
		if _, _, err := r.Frame(1); err != nil {
			t.Error(err)
		}
	}
	s.Film.Panels = scenes.PanelsOf(scenes.CurvePanel, scenes.LossPanel, scenes.SurfacePanel, scenes.ContourPanel)
	// No runs at all.
	r = rendererOf(t, d, Picture{Scene: s, View: g, Field: fieldOf(t, d, g, land.Loss)}, w, h)
	if _, _, err := r.Frame(0); err != nil {
		t.Error(err)
	}
}

func TestErrors(t *testing.T) {
	d := device(t)
	s := builtin(t, "one-mode")
	p := pictureOf(t, d, s, 90, 30, 16)
	if _, err := New(d, p, 0, 30); err == nil {
		t.Error("no error for an empty frame")
	}
	if _, err := New(d, Picture{}, 90, 30); err == nil {
		t.Error("no error without a scene")
	}
	q := p
	q.Field = nil
	if _, err := New(d, q, 90, 30); err == nil {
		t.Error("no error without a field")
	}
	q = p
	q.View.X.N++
	if _, err := New(d, q, 90, 30); err == nil {
		t.Error("no error for a field of another size")
	}
	r := rendererOf(t, d, p, 90, 30)
	if _, _, err := r.Frame(-1); err == nil {
		t.Error("no error for frame -1")
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := r.Frame(0); err == nil {
		t.Error("no error from a closed renderer")
	}
}

// Runs add up to the same bytes in whatever order a device takes them.
func TestEnsembleBytes(t *testing.T) {
	d := device(t)
	for _, as := range []string{"points", "density"} {
		p := withEnsemble(t, d, 256, 128, "dark", scenes.Ensemble{As: as, Size: 6, Opacity: 0.5, Color: "loss", Colormap: "plasma"})
		first, _ := shot(t, d, rendererOf(t, d, p, 256, 128), 21)
		again, _ := shot(t, d, rendererOf(t, d, p, 256, 128), 21)
		if !bytes.Equal(first.Pix, again.Pix) {
			t.Errorf("%s: two renderers draw different pictures", as)
		}
	}
}

// Points lie where their runs are, and the surface hides those behind it.
func TestEnsemblePlaces(t *testing.T) {
	d := device(t)
	red := color.NRGBA{255, 0, 0, 255}
	p := withEnsemble(t, d, 400, 300, "light", scenes.Ensemble{As: "points", Size: 6, Opacity: 1, Color: "#ff0000", Colormap: "plasma"})
	count := func(img *image.NRGBA) (n int) {
		for i := 0; i < len(img.Pix); i += 4 {
			if yiq(color.NRGBA{img.Pix[i], img.Pix[i+1], img.Pix[i+2], 255}, red) < 0.05 {
				n++
			}
		}
		return n
	}
	p.Trajectories = nil
	p.Scene.Film.Panels = scenes.PanelsOf(scenes.ContourPanel)
	r := rendererOf(t, d, p, 400, 300)
	img, _ := shot(t, d, r, 3) // after two updates
	w := p.Ensemble.(*cpuEnsemble)
	for i, tr := range w.runs {
		at := tr.At(2)
		v, _ := r.figure.Project(0, at[0], at[1], 0)
		x, y := v.X, v.Y
		if c := img.NRGBAAt(int(x), int(y)); r.figure.Panels[0].Plot.Inset(2).Contains(display.Pt(x, y)) && yiq(c, red) > 0.1 {
			t.Errorf("run %d at (%.0f, %.0f) is %v", i, x, y, c)
		}
	}
	// From below, the surface hides all points on its upper side.
	p.Scene.Film.Panels = scenes.PanelsOf(scenes.SurfacePanel)
	p.Scene.Camera.Elev = 40
	img, _ = shot(t, d, rendererOf(t, d, p, 400, 300), 3)
	above := count(img)
	p.Scene.Camera.Elev = -80
	img, _ = shot(t, d, rendererOf(t, d, p, 400, 300), 3)
	if below := count(img); above < 3000 || below > above/50 {
		t.Errorf("%d pixels of points from above, %d from below", above, below)
	}
}

// A picture says what is wrong with its ensemble.
func TestEnsembleErrors(t *testing.T) {
	d := device(t)
	for name, change := range map[string]func(p *Picture, w *cpuEnsemble){
		"900 runs, the scene's has 30": func(p *Picture, _ *cpuEnsemble) { p.Scene.Ensemble.Over = p.Scene.Ensemble.Over[:1] },
		"of 3 weights":                 func(_ *Picture, w *cpuEnsemble) { w.points.Dim = 3 },
		"0 runs, want at least 1":      func(_ *Picture, w *cpuEnsemble) { w.points.N = 0 },
	} {
		p := withEnsemble(t, d, 256, 128, "dark", scenes.Ensemble{As: "points", Size: 6, Opacity: 0.5, Color: "w1", Colormap: "plasma"})
		w := p.Ensemble.(*cpuEnsemble)
		change(&p, w)
		p.Ensemble = still{w.points}
		p.Scene.Ensemble.Color = p.Scene.Ensemble.Over[0].Name
		r := rendererOf(t, d, p, 256, 128)
		if _, _, err := r.Frame(0); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %q", err, name)
		}
	}
}

// Every run of a map has its pixels, and no others, and the scene's runs have a ring
// each.
func TestMap(t *testing.T) {
	d := device(t)
	for _, m := range []scenes.Map{
		{Of: "loss", Scale: "auto", Colormap: "viridis"}, {Of: "best", Scale: "log", Colormap: "magma"}, {Of: "steps", Scale: "linear", Colormap: "plasma"},
		{Of: "status", Scale: "auto", Colormap: "viridis"}, {Of: "period", Scale: "auto", Colormap: "viridis"}, {Of: "accuracy", Scale: "rank", Colormap: "viridis"},
	} {
		p := mapped(t, d, 400, 300, m, "light", scenes.MapPanel)
		ts := p.Trajectories
		p.Trajectories = nil
		r := rendererOf(t, d, p, 400, 300)
		img, _ := shot(t, d, r, 0)
		plot := r.figure.Panels[0].Plot
		pix := r.figure.Cells.Pix
		if math.Mod(plot.W(), 20) != 0 || math.Mod(plot.H(), 16) != 0 {
			t.Fatalf("%s: runs of %v by %v pixels", m.Of, plot.W()/20, plot.H()/16)
		}
		wrong := 0
		for y := int(plot.Y0) + 1; y < int(plot.Y1)-1; y++ {
			for x := int(plot.X0) + 1; x < int(plot.X1)-1; x++ {
				i := int((float64(x) - plot.X0) / plot.W() * 20)
				j := int((plot.Y1 - 1 - float64(y)) / plot.H() * 16)
				if want := pix[4*(j*20+i):]; img.NRGBAAt(x, y) != (color.NRGBA{want[0], want[1], want[2], want[3]}) {
					wrong++
				}
			}
		}
		if wrong > 0 {
			t.Errorf("%s: %d pixels are not of their run", m.Of, wrong)
		}
		p.Trajectories = ts
		marked, _ := shot(t, d, rendererOf(t, d, p, 400, 300), 0)
		// lr 25 is at log10(250)/3 of the way from the first value to the last, l2 0.01
		// at a third.
		x := plot.X0 + plot.W()*(math.Log10(250)/3*19+0.5)/20
		y := plot.Y1 - plot.H()*(1.0/3*15+0.5)/16
		ring := 0.75 * figure.DotSize * r.figure.Pt / 2 * 1.15
		if c := marked.NRGBAAt(int(x+ring), int(y)); yiq(c, r.figure.Theme.Run(nil, 1)) > 0.05 {
			t.Errorf("%s: no ring at (%.0f, %.0f): %v", m.Of, x, y, c)
		}
	}
}

// A map and an orbit diagram beside each other have each its own pixels.
func TestOrbit(t *testing.T) {
	d := device(t)
	p := mapped(t, d, 800, 300, scenes.Map{Of: "status", Scale: "auto", Colormap: "viridis"}, "dark", scenes.MapPanel)
	lr, err := cpu.ParseParam("lr=12:34:97")
	if err != nil {
		t.Fatal(err)
	}
	o := scenes.DefaultOrbit()
	o.Over, o.Steps, o.Last = []cpu.Param{lr}, 100, 20
	p.Scene.Orbit, p.Trajectories, p.Scene.Film.Panels = o, nil, scenes.PanelsOf(scenes.MapPanel, scenes.OrbitPanel)
	if p.Orbit, err = p.Scene.Problem.Sweep(t.Context(), p.Scene.OrbitSweep(), o.Settings(100), nil); err != nil {
		t.Fatal(err)
	}
	r := rendererOf(t, d, p, 800, 300)
	img, _ := shot(t, d, r, 0)
	for i, c := range []*figure.Cells{r.figure.Cells, r.figure.OrbitCells} {
		plot, wrong := r.figure.Panels[i].Plot, 0
		for y := int(plot.Y0) + 1; y < int(plot.Y1)-1; y++ {
			for x := int(plot.X0) + 1; x < int(plot.X1)-1; x++ {
				at := c.NX*int((plot.Y1-1-float64(y)+0.5)/plot.H()*float64(c.NY)) + int((float64(x)+0.5-plot.X0)/plot.W()*float64(c.NX))
				if want := c.Pix[4*at:]; img.NRGBAAt(x, y) != (color.NRGBA{want[0], want[1], want[2], want[3]}) {
					wrong++
				}
			}
		}
		if wrong > 0 {
			t.Errorf("%d pixels of panel %d are not of its cells", wrong, i)
		}
	}
}

// The line of the title explains what an ensemble's colours tell.
func TestEnsembleKey(t *testing.T) {
	d := device(t)
	for tells, want := range map[string]string{
		"loss": "Loss 0.329 12.7", "status": "under way converged periodic", "w2": "Start w₂ −10 10", "#ff0000": "", "density": "",
	} {
		as := "points"
		if tells == "density" {
			as = tells
		}
		p := withEnsemble(t, d, 640, 320, "dark", scenes.Ensemble{As: as, Size: 4, Opacity: 1, Color: tells, Colormap: "turbo"})
		p.Scene.Title = "Ensemble"
		r := rendererOf(t, d, p, 640, 320)
		var words []string
		var l display.List
		l.Reset(display.Rect(0, 0, 640, 320))
		r.figure.Static(&l)
		for _, text := range l.Texts {
			if text.Pen.Y < r.figure.Heading+4 && text.Line != "Ensemble" {
				words = append(words, text.Line)
			}
		}
		if got := strings.Join(words, " "); got != want {
			t.Errorf("%s: %q, want %q", tells, got, want)
		}
		// Something is drawn in the corner where there is something to explain.
		img, _ := shot(t, d, r, 5)
		paper, drawn := img.NRGBAAt(0, 0), false
		for y := range int(r.figure.Heading) {
			for x := 480; x < 640; x++ {
				drawn = drawn || img.NRGBAAt(x, y) != paper
			}
		}
		if drawn != (want != "") {
			t.Errorf("%s: a key is drawn: %v", tells, drawn)
		}
	}
}
