package draw

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"math"
	"testing"

	"losscape/gpu"
	"losscape/scenes"
	"losscape/scenes/figure"
)

// page lays a picture out on paper, in points.
func page(t testing.TB, p Picture, w, h float64) *figure.Figure {
	t.Helper()
	l, err := p.Scene.Problem.Landscape(t.Context(), p.Scene.Plane, p.View, nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := figure.New(p.content(figure.NewTerrain(l)), w, h, figure.Paper(72, false))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// depthOf makes a depth that the test closes.
func depthOf(t testing.TB, d *gpu.Device, p Picture, f *figure.Figure, perUnit float64) *Depth {
	t.Helper()
	x, err := NewDepth(d, p, f, perUnit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

// depthImage draws what a panel has of depth.
func depthImage(t testing.TB, x *Depth, k, panel int) *image.NRGBA {
	t.Helper()
	area := x.Reach(k, panel)
	img, err := x.Image(k, panel, area)
	if err != nil {
		t.Fatal(err)
	}
	if w, h := x.Size(); img.Rect != area || area.Empty() || !area.In(image.Rect(0, 0, w, h)) {
		t.Fatalf("an image of %v for %v of a figure of %d x %d", img.Rect, area, w, h)
	}
	return img
}

// panelOf returns the first panel of a kind.
func panelOf(f *figure.Figure, kind string) int {
	for i, p := range f.Panels {
		if p.Kind == kind {
			return i
		}
	}
	return -1
}

// depthCases are scenes on pages of so many points, whose pixels are whole or not.
var depthCases = []struct {
	name      string
	dpi, w, h float64
	change    func(s *scenes.Scene)
}{
	{"whole", 150, 504, 216, func(*scenes.Scene) {}},
	{"fractions", 131, 301.7, 143.3, func(s *scenes.Scene) { s.Film.Panels = scenes.PanelsOf(scenes.ContourPanel, scenes.SurfacePanel) }},
	{"orbit", 97, 333.3, 200.1, func(s *scenes.Scene) { s.Camera.Path = "orbit" }},
	{"near", 120, 300, 200, func(s *scenes.Scene) {
		s.Camera.Zoom, s.Camera.Pan = 1.3, [2]float64{0.05, -0.04}
		s.Film.Panels = scenes.PanelsOf(scenes.SurfacePanel)
	}},
	{"orthographic", 110, 300, 200, func(s *scenes.Scene) {
		s.Camera.Projection, s.Film.Panels = "orthographic", scenes.PanelsOf(scenes.SurfacePanel)
	}},
}

// TestDepthRegisters checks that what has depth lies in its image where the figure has it,
// to a fraction of a pixel, and that a figure laid out on whole pixels has it nearly there:
// not near enough for the two to be mixed.
func TestDepthRegisters(t *testing.T) {
	d := device(t)
	for _, c := range depthCases {
		t.Run(c.name, func(t *testing.T) {
			s := builtin(t, "two-mode")
			c.change(s)
			s.Camera.Elev, s.Film.Count = 60, "updates"
			s.Path.Colors = []color.NRGBA{{255, 0, 0, 255}}
			perUnit := c.dpi / 72
			w, h := int(math.Ceil(c.w*perUnit)), int(math.Ceil(c.h*perUnit))
			p := pictureOf(t, d, s, w, h, 96)
			f := page(t, p, c.w, c.h)
			panel := panelOf(f, scenes.SurfacePanel)
			x := depthOf(t, d, p, f, perUnit)

			// The ball of the start, which has no path yet.
			img := depthImage(t, x, 0, panel)
			run := p.Trajectories[0]
			a, b, _ := s.Plane.Coordinates(run.At(0))
			v, _ := f.Project(panel, a, b, run.Loss[0])
			var sum, sumX, sumY float64
			for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
				first, last := img.Rect.Max.X, img.Rect.Min.X
				for x := img.Rect.Min.X; x < img.Rect.Max.X; x++ {
					if reddish(img.NRGBAAt(x, y)) {
						first, last = min(first, x), max(last, x)
					}
				}
				if n := float64(last - first + 1); n > 0 {
					sum, sumX, sumY = sum+n, sumX+n*float64(first+last+1)/2, sumY+n*(float64(y)+0.5)
				}
			}
			if dx, dy := sumX/sum-v.X*perUnit, sumY/sum-v.Y*perUnit; !(math.Hypot(dx, dy) < 0.3) {
				t.Errorf("a ball lies (%.2f, %.2f) pixels beside its place", dx, dy)
			}

			// The same at twice as many pixels.
			k := 30
			x1, y1 := middle(depthImage(t, x, k, panel))
			x2, y2 := middle(depthImage(t, depthOf(t, d, p, f, 2*perUnit), k, panel))
			if dx, dy := x2/2-x1, y2/2-y1; !(math.Hypot(dx, dy) < 0.2) { // a panel cut off ends at a whole pixel
				t.Errorf("of twice as many pixels the middle lies (%.2f, %.2f) pixels beside", dx, dy)
			}

			p.Medium = figure.Paper(c.dpi, true)
			r := rendererOf(t, d, p, w, h)
			if _, _, err := r.Frame(k); err != nil {
				t.Fatal(err)
			}
			depthImage(t, x, k, panel) // the figure listed this frame
			farthest := 0.0
			for i := range 81 {
				g := p.View
				a, b := g.X.Min+(g.X.Max-g.X.Min)*float64(i%9)/8, g.Y.Min+(g.Y.Max-g.Y.Min)*float64(i/9)/8
				for j := range f.Panels {
					u, ok := f.Project(j, a, b, run.Loss[0])
					v, _ := r.figure.Project(j, a, b, run.Loss[0])
					if ok {
						farthest = max(farthest, math.Abs(u.X*perUnit-v.X), math.Abs(u.Y*perUnit-v.Y))
					}
				}
			}
			if farthest > 2 {
				t.Errorf("a figure laid out in pixels has places up to %.2f pixels beside", farthest)
			}
		})
	}
}

// middle returns the middle of what an image shows.
func middle(img *image.NRGBA) (x, y float64) {
	var sum, sx, sy float64
	for j := img.Rect.Min.Y; j < img.Rect.Max.Y; j++ {
		for i := img.Rect.Min.X; i < img.Rect.Max.X; i++ {
			a := float64(img.NRGBAAt(i, j).A)
			sum, sx, sy = sum+a, sx+a*(float64(i)+0.5), sy+a*(float64(j)+0.5)
		}
	}
	return sx / sum, sy / sum
}

// TestDepthIsTheFrame lays a depth over nothing but what lies below it: where it hides
// that, it has the frame's pixels.
func TestDepthIsTheFrame(t *testing.T) {
	d := device(t)
	const w, h = 480, 240
	for name, p := range map[string]Picture{
		"runs":     pictureOf(t, d, several(t, "one-mode", 1, 10, 29), w, h, 160),
		"ensemble": withEnsemble(t, d, w, h, "dark", scenes.Ensemble{As: "points", Size: 9, Opacity: 1, Color: "loss", Colormap: "plasma"}),
	} {
		p.Scene.Camera.Elev = 50
		if p.Ensemble != nil {
			p.Trajectories = nil // which are drawn over it on the contours
		}
		r := rendererOf(t, d, p, w, h)
		frame, _ := shot(t, d, r, 21)
		x := depthOf(t, d, p, r.figure, 1)
		for i, panel := range r.figure.Panels {
			if x.Reach(21, i).Empty() {
				continue
			}
			img := depthImage(t, x, 21, i)
			opaque, differ := 0, 0
			for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
				for x := img.Rect.Min.X; x < img.Rect.Max.X; x++ {
					if c := img.NRGBAAt(x, y); c.A == 255 {
						opaque++
						if yiq(c, frame.NRGBAAt(x, y)) > 0.01 {
							differ++
						}
					}
				}
			}
			if opaque < 1000 || differ > 0 {
				t.Errorf("%s, %s: %d of %d pixels are not those of the frame", name, panel.Kind, differ, opaque)
			}
		}
	}
}

// TestDepthParts draws images whole, in parts, and parts of them alone: not a byte may
// differ.
func TestDepthParts(t *testing.T) {
	d := device(t)
	p := withEnsemble(t, d, 500, 250, "light", scenes.Ensemble{As: "points", Size: 5, Opacity: 0.7, Color: "loss", Colormap: "plasma"})
	// The contours, whose ensemble has the colours of the surface's heights, come first.
	p.Scene.Film.Panels = scenes.PanelsOf(scenes.ContourPanel, scenes.SurfacePanel)
	f := page(t, p, 240.4, 120.3)
	for panel := range f.Panels {
		whole := depthImage(t, depthOf(t, d, p, f, 2.1), 21, panel)
		x := depthOf(t, d, p, f, 2.1)
		x.side = 128
		parted := depthImage(t, x, 21, panel)
		if !bytes.Equal(parted.Pix, whole.Pix) {
			t.Errorf("panel %d: the image differs when it is drawn in parts", panel)
		}
		area := image.Rect(41, 57, 190, 171).Add(whole.Rect.Min)
		x = depthOf(t, d, p, f, 2.1)
		alone, err := x.Image(21, panel, area)
		if err != nil {
			t.Fatal(err)
		}
		for y := area.Min.Y; y < area.Max.Y; y++ {
			if !bytes.Equal(alone.Pix[alone.PixOffset(area.Min.X, y):][:4*area.Dx()], whole.Pix[whole.PixOffset(area.Min.X, y):][:4*area.Dx()]) {
				t.Fatalf("panel %d: row %d of a part of the image differs", panel, y)
			}
		}
	}
}

// TestDepthGolden compares images, laid over a colour, with those looked at before.
func TestDepthGolden(t *testing.T) {
	d := device(t)
	over := func(img *image.NRGBA) *image.NRGBA {
		out := image.NewNRGBA(image.Rectangle{Max: img.Rect.Size()})
		draw.Draw(out, out.Rect, image.NewUniform(color.NRGBA{120, 190, 255, 255}), image.Point{}, draw.Src)
		draw.Draw(out, out.Rect, img, img.Rect.Min, draw.Over)
		return out
	}
	s := several(t, "two-mode", 1, 10, 29)
	s.Film.Panels = scenes.PanelsOf(scenes.SurfacePanel)
	s.Surface.Floor = true
	p := pictureOf(t, d, s, 256, 192, 160)
	compare(t, "depth-surface", over(depthImage(t, depthOf(t, d, p, page(t, p, 128.2, 96.1), 2), 30, 0)))
	p = withEnsemble(t, d, 256, 128, "light", scenes.Ensemble{As: "points", Size: 5, Opacity: 0.8, Color: "w2", Colormap: "turbo"})
	p.Scene.Film.Panels = scenes.PanelsOf(scenes.ContourPanel)
	compare(t, "depth-contour", over(depthImage(t, depthOf(t, d, p, page(t, p, 128.2, 96.1), 2), 9, 0)))
}

func TestDepthErrors(t *testing.T) {
	d := device(t)
	p := pictureOf(t, d, builtin(t, "one-mode"), 90, 30, 16)
	f := page(t, p, 180, 60)
	for _, perUnit := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if _, err := NewDepth(d, p, f, perUnit); err == nil {
			t.Errorf("no error for %v pixels to a point", perUnit)
		}
	}
	bare := p
	bare.Field = nil
	if _, err := NewDepth(d, bare, f, 1); err == nil {
		t.Error("no error without a field")
	}
	x := depthOf(t, d, p, f, 1)
	for _, c := range []struct {
		k, panel int
		area     image.Rectangle
	}{{-1, 0, image.Rect(0, 0, 1, 1)}, {0, -1, image.Rect(0, 0, 1, 1)}, {0, 3, image.Rect(0, 0, 1, 1)}, {0, 1, image.Rect(0, 0, 16385, 1)}, {0, 1, image.Rect(0, 0, 1, 16385)}} {
		if _, err := x.Image(c.k, c.panel, c.area); err == nil {
			t.Errorf("no error for %+v", c)
		}
	}
	if !x.Reach(0, panelOf(f, scenes.CurvePanel)).Empty() {
		t.Error("the curve has depth")
	}
	if img, err := x.Image(0, 1, image.Rectangle{}); err != nil || !img.Rect.Empty() {
		t.Errorf("nothing is %v, %v", img.Rect, err)
	}
	for range 2 {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := x.Image(0, 1, image.Rect(0, 0, 9, 9)); err == nil {
		t.Error("no error from a closed depth")
	}
}
