package draw

import (
	"image"
	"math"
	"os"
	"slices"
	"testing"

	"losscape/gpu/gputest"
	"losscape/scenes"
	"losscape/scenes/figure"

	"github.com/go-gl/gl/v4.3-core/gl"
)

func controls() *figure.Controls {
	c := &figure.Controls{Scale: 1, Clock: "Iter 3 of 9", At: 0.4, Focus: "lr", Grip: 0}
	for _, name := range []string{"lr", "l2", "momentum"} {
		c.Sliders = append(c.Sliders, figure.Slider{Name: name, Label: name, Value: "0.5", At: 0.5, Marks: []figure.Mark{{At: 0.7, Label: "2/λ"}}})
	}
	for _, name := range []string{"gd", "adam"} {
		c.Choices = append(c.Choices, figure.Choice{Name: "optimizer:" + name, Label: name, On: name == "gd"})
	}
	for i, name := range []string{"run:0", "run:1"} {
		c.Lines = append(c.Lines, figure.RunLine{Name: name, Run: i, Text: "gd", Status: "period 2", Selected: i == 0})
	}
	return c
}

// TestControlsLeavePanels wants the panels above a strip to be those of a smaller
// picture, to the pixel.
func TestControlsLeavePanels(t *testing.T) {
	d := gputest.Device(t)
	const w, h = 700, 500
	c := controls()
	strip := c.Height(w, h)
	if strip < 90 || strip > 110 {
		t.Fatalf("strip of %d pixels", strip)
	}
	s := several(t, "one-mode", 0.5, 5)
	p := pictureOf(t, d, s, w, h-strip, 200)
	want, _ := shot(t, d, rendererOf(t, d, p, w, h-strip), 3)
	p.Controls = c
	c.Bare = true
	r := rendererOf(t, d, p, w, h)
	got, _ := shot(t, d, r, 3)
	same := func(rect image.Rectangle) bool {
		for y := rect.Min.Y; y < rect.Max.Y; y++ {
			for x := rect.Min.X; x < rect.Max.X; x++ {
				if got.NRGBAAt(x, y) != want.NRGBAAt(x, y) {
					return false
				}
			}
		}
		return true
	}
	if !same(image.Rect(0, 0, w, h-strip)) {
		t.Error("the panels differ from those of a picture without controls")
	}
	for x := range w {
		if got.NRGBAAt(x, h-strip/2) != got.NRGBAAt(0, h-1) {
			t.Fatal("a bare strip is not empty")
		}
	}
	// Its controls come and go with a frame.
	c.Bare = false
	drawn, _ := shot(t, d, r, 3)
	colours := map[[3]byte]bool{}
	for i := 4 * w * (h - strip); i < len(drawn.Pix); i += 4 {
		colours[[3]byte(drawn.Pix[i:i+3])] = true
	}
	if len(colours) < 10 {
		t.Errorf("a strip of %d colours", len(colours))
	}
	c.Bare = true
	if got, _ = shot(t, d, r, 3); !same(image.Rect(0, 0, w, h-strip)) {
		t.Error("the controls leave something behind")
	}
	if (*figure.Controls)(nil).Height(w, h) != 0 || c.Height(60, 60) != 0 {
		t.Error("no room for a strip, but it has a height")
	}
}

// TestPickControls finds every control where it is drawn.
func TestPickControls(t *testing.T) {
	d := gputest.Device(t)
	for _, size := range [][2]int{{1280, 720}, {700, 500}, {400, 300}, {3840, 2160}} {
		w, h := size[0], size[1]
		p := pictureOf(t, d, several(t, "one-mode", 0.5, 5), 300, 300, 40)
		p.Controls = controls()
		r := rendererOf(t, d, p, w, h)
		seen := map[string]figure.Hit{}
		for y := h - p.Controls.Height(w, h); y < h; y += 2 {
			for x := 0; x < w; x += 2 {
				if hit := r.Pick(float64(x), float64(y)); hit.Control != "" {
					if hit.Panel != "" || hit.OnPlane || hit.Run != -1 {
						t.Fatalf("%+v", hit)
					}
					if _, there := seen[hit.Control]; !there || hit.At > seen[hit.Control].At {
						seen[hit.Control] = hit
					}
				}
			}
		}
		for _, name := range []string{"play", "time", "lr", "l2", "momentum", "optimizer:gd", "optimizer:adam", "run:0", "run:1"} {
			if _, ok := seen[name]; !ok {
				t.Errorf("%dx%d: no %s", w, h, name)
			}
		}
		for _, name := range []string{"time", "lr", "l2", "momentum"} {
			if hit := seen[name]; hit.At != 1 || hit.Span < 20 {
				t.Errorf("%dx%d: %s ends at %+v", w, h, name, hit)
			}
		}
	}
}

// TestPickPlane holds what is picked against where a point of the plane is drawn.
func TestPickPlane(t *testing.T) {
	d := gputest.Device(t)
	for _, path := range []string{"still", "orbit"} {
		for _, projection := range []string{"perspective", "orthographic"} {
			s := builtin(t, "one-mode", "surface", "contour", "loss")
			s.Camera.Path, s.Camera.Projection, s.Camera.Pan = path, projection, [2]float64{0.05, -0.1}
			p := pictureOf(t, d, s, 900, 500, 256)
			r := rendererOf(t, d, p, 900, 500)
			if _, _, err := r.Frame(7); err != nil {
				t.Fatal(err)
			}
			found, all := 0, 0
			for i := range 9 {
				for j := range 9 {
					a, b := -8+2*float64(i), -8+2*float64(j)
					flat, _ := r.figure.Project(1, a, b, 0)
					x, y := flat.X, flat.Y
					if h := r.Pick(x, y); h.Panel != scenes.ContourPanel || !h.OnPlane || math.Hypot(h.Alpha-a, h.Beta-b) > 1e-9 {
						t.Fatalf("contours at (%v, %v): %+v", a, b, h)
					}
					at, _ := r.figure.Project(0, a, b, s.Problem.Loss([]float64{a, b}))
					h := r.Pick(at.X, at.Y)
					all++
					switch off := math.Hypot(h.Alpha-a, h.Beta-b); {
					case h.OnPlane && off < 0.15:
						found++
					case h.OnPlane:
						// Hidden: what is picked is nearer.
						q, _ := r.figure.Project(0, h.Alpha, h.Beta, s.Problem.Loss([]float64{h.Alpha, h.Beta}))
						if q.Depth > at.Depth+1e-3 || math.Hypot(q.X-at.X, q.Y-at.Y) > 2 {
							t.Errorf("%s, %s: surface at (%v, %v): %+v", path, projection, a, b, h)
						}
					default:
						t.Errorf("%s, %s: nothing at (%v, %v)", path, projection, a, b)
					}
				}
			}
			if found < all/2 {
				t.Errorf("%s, %s: %d of %d points were found", path, projection, found, all)
			}
			// A start point, and what lies beside all panels' plots.
			start, _ := r.figure.Project(1, -1, -1, 0)
			x, y := start.X, start.Y
			if h := r.Pick(x+2, y); h.Run != 0 {
				t.Errorf("at the start: %+v", h)
			}
			if h := r.Pick(x+40, y); h.Run != -1 {
				t.Errorf("beside the start: %+v", h)
			}
			if h := r.Pick(-5, -5); h.Panel != "" || h.OnPlane {
				t.Errorf("outside: %+v", h)
			}
			loss := r.figure.Panels[slices.Index(s.Film.Kinds(), scenes.LossPanel)].Plot
			if h := r.Pick(loss.CX(), loss.CY()); h.Panel != scenes.LossPanel || h.OnPlane {
				t.Errorf("losses: %+v", h)
			}
		}
	}
}

// TestSizesFreeAll gives a renderer 1,000 sizes, and panels of which some come twice, and
// makes a depth of each: it holds as many objects on the device as in the beginning.
func TestSizesFreeAll(t *testing.T) {
	d := gputest.Device(t)
	p := pictureOf(t, d, builtin(t, "one-mode"), 200, 150, 32)
	p.Controls = controls()
	r := rendererOf(t, d, p, 200, 150)
	live := func() (n [4]int) {
		d.Do(func() error {
			// Names are not given again, and there are few of each size.
			for name := uint32(1); name < 200_000; name++ {
				for i, is := range []func(uint32) bool{gl.IsTexture, gl.IsBuffer, gl.IsFramebuffer, gl.IsProgram} {
					if is(name) {
						n[i]++
					}
				}
			}
			return nil
		})
		return n
	}
	sizes := 202 // the last one with the panels of the 21st
	if os.Getenv("LONG") == "1" {
		sizes = 1003
	}
	twoOfEach := append(scenes.PanelsOf(scenes.SurfacePanel, scenes.ContourPanel), scenes.PanelsOf(scenes.ContourPanel, scenes.SurfacePanel)...)
	var before [4]int
	for i := range sizes {
		w, h := 100+(i*37)%120, 90+(i*53)%80
		s := *p.Scene
		s.Film.Panels = [][]scenes.Panel{twoOfEach, scenes.PanelsOf(scenes.ContourPanel, scenes.SurfacePanel), scenes.PanelsOf(scenes.LossPanel)}[i%3]
		p.Scene = &s
		if err := r.Update(p, w, h); err != nil {
			t.Fatal(err)
		}
		if _, _, err := r.Frame(i % 50); err != nil {
			t.Fatal(err)
		}
		if i%10 == 0 {
			x := depthOf(t, d, p, r.figure, 1.5)
			for k := range s.Film.Panels {
				if _, err := x.Image(1, k, x.Reach(1, k)); err != nil {
					t.Fatal(err)
				}
			}
			x.Close()
		}
		if i == 21 {
			before = live()
		}
	}
	if after := live(); after != before || after[0] == 0 {
		t.Errorf("textures, buffers, framebuffers and programs: %v after 21 sizes, %v after %d", before, after, sizes)
	}
}
