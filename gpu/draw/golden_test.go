package draw

import (
	"bytes"
	"context"
	"flag"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/scenes"
	"losscape/scenes/figure"
	"losscape/scenes/scale"
)

var update = flag.Bool("update", false, "rewrite the golden images")

// Golden pictures are compared as people see them: a pixel differs if it is
// farther than a noticeable distance in YIQ, and a picture if too many do. Other
// drivers rasterise edges a little differently.
const (
	pixelTolerance   = 0.03  // of the largest distance
	pictureTolerance = 0.004 // of the pixels
)

// yiq returns the distance of two colours, 0 to 1 (Kotsarenko and Ramos,
// "Measuring perceived color difference using YIQ", 2010).
func yiq(a, b color.NRGBA) float64 {
	r, g, bl := float64(a.R)-float64(b.R), float64(a.G)-float64(b.G), float64(a.B)-float64(b.B)
	y := 0.29889531*r + 0.58662247*g + 0.11448223*bl
	i := 0.59597799*r - 0.27417610*g - 0.32180189*bl
	q := 0.21147017*r - 0.52261711*g + 0.31114694*bl
	return math.Sqrt((0.5053*y*y + 0.299*i*i + 0.1957*q*q) / 35215)
}

func TestGolden(t *testing.T) {
	d := device(t)
	for _, c := range []struct {
		name string
		w, h int
		k    int
		p    func(w, h int) Picture
	}{
		{"one-mode", 768, 256, 10, func(w, h int) Picture {
			return pictureOf(t, d, builtin(t, "one-mode"), w, h, 200)
		}},
		{"large-lr", 768, 256, 10, func(w, h int) Picture {
			return pictureOf(t, d, builtin(t, "large-lr"), w, h, 200)
		}},
		{"two-mode", 768, 256, 99, func(w, h int) Picture {
			return pictureOf(t, d, builtin(t, "two-mode"), w, h, 200)
		}},
		{"orbit", 256, 256, 31, func(w, h int) Picture {
			s := builtin(t, "two-mode", scenes.SurfacePanel)
			s.Camera.Path = "orbit"
			return pictureOf(t, d, s, w, h, 200)
		}},
		{"runs", 768, 256, 40, func(w, h int) Picture {
			return pictureOf(t, d, several(t, "one-mode", 1, 10, 29), w, h, 200)
		}},
		{"panels", 256, 256, 40, func(w, h int) Picture {
			s := several(t, "one-mode", 1, 10, 29)
			s.Film.Layout = [][]string{{scenes.CurvePanel, scenes.SurfacePanel}, {scenes.LossPanel, scenes.SurfacePanel}, {scenes.ContourPanel, scenes.ContourPanel}}
			s.Film.Panels = scenes.PanelsOf(scenes.CurvePanel, scenes.SurfacePanel, scenes.LossPanel, scenes.ContourPanel)
			s.Film.Theme, s.Film.LossScale = "dark", "log"
			s.Surface.Colormap, s.Contour.Colormap, s.Contour.Bands = "magma", "cividis", 0
			return pictureOf(t, d, s, w, h, 100)
		}},
		{"loss", 256, 192, 40, func(w, h int) Picture {
			s := several(t, "one-mode", 1, 10, 29)
			s.Film.Panels = scenes.PanelsOf(scenes.LossPanel)
			return pictureOf(t, d, s, w, h, 100)
		}},
		{"log", 256, 128, 40, scaled(t, d, scale.Log)},
		{"asinh", 256, 128, 40, scaled(t, d, scale.Asinh)},
		{"rank", 256, 128, 40, scaled(t, d, scale.Rank)},
		{"levels", 320, 288, 40, func(w, h int) Picture {
			s := builtin(t, "one-mode", scenes.ContourPanel)
			s.Plane.Origin = []float64{3, -4}
			s.Runs[0].Start = []float64{-5, -1}
			s.Contour = scenes.Contour{
				Scale: scale.Log, Colormap: "viridis", Bands: 12, Colorbar: true,
				Levels: []float64{0.35, 0.5, 1, 2.5, 5, 12}, Labels: true, Aspect: scenes.AspectEqual,
			}
			return pictureOf(t, d, s, w, h, 128)
		}},
		{"trails", 256, 256, 25, func(w, h int) Picture {
			s := several(t, "one-mode", 5, 29)
			s.Runs[1] = s.Runs[1].WithOptimizer("adam")
			s.Film.Layout = [][]string{{scenes.SurfacePanel}, {scenes.ContourPanel}}
			s.Film.Panels = scenes.PanelsOf(scenes.SurfacePanel, scenes.ContourPanel)
			s.Path = scenes.Path{Width: 4, Trail: 16, Markers: 4, Colors: []color.NRGBA{{200, 0, 120, 255}}}
			return pictureOf(t, d, s, w, h, 100)
		}},
		{"floor", 256, 256, 25, func(w, h int) Picture {
			s := builtin(t, "two-mode", scenes.SurfacePanel)
			s.Film.Theme = "dark"
			s.Surface.Scale, s.Surface.Floor, s.Surface.Grid = scale.Log, true, true
			return pictureOf(t, d, s, w, h, 128)
		}},
		{"wireframe", 256, 256, 25, func(w, h int) Picture {
			s := builtin(t, "one-mode", scenes.SurfacePanel)
			s.Surface.Contours, s.Surface.Wireframe = false, 16
			return pictureOf(t, d, s, w, h, 128)
		}},
		{"keys", 256, 192, 31, func(w, h int) Picture {
			s := builtin(t, "one-mode", scenes.SurfacePanel)
			s.Camera.Path = "keys"
			s.Camera.Keys = []scenes.Key{{Frame: 0, Elev: 30, Azim: -60, Zoom: 1}, {Frame: 30, Elev: 50, Azim: 20, Zoom: 1.5}, {Frame: 45, Elev: 50, Azim: 60, Zoom: 1}}
			return pictureOf(t, d, s, w, h, 128)
		}},
		{"orthographic", 256, 192, 30, func(w, h int) Picture {
			s := builtin(t, "two-mode", scenes.SurfacePanel)
			s.Camera.Projection, s.Camera.Azim, s.Surface.Floor = "orthographic", -45, true
			return pictureOf(t, d, s, w, h, 128)
		}},
		{"between", 512, 160, 6, func(w, h int) Picture {
			s := builtin(t, "large-lr", scenes.CurvePanel, scenes.SurfacePanel, scenes.ContourPanel, scenes.LossPanel)
			s.Film.FramesPerIteration, s.Film.EaseIn = 4, 2
			return pictureOf(t, d, s, w, h, 128)
		}},
		{"ensemble", 256, 128, 9, func(w, h int) Picture {
			return withEnsemble(t, d, w, h, "light", scenes.Ensemble{As: "points", Size: 5, Opacity: 0.8, Color: "w2", Colormap: "turbo"})
		}},
		{"ensemble-dark", 256, 128, 14, func(w, h int) Picture {
			return withEnsemble(t, d, w, h, "dark", scenes.Ensemble{As: "points", Size: 4, Opacity: 1, Color: "status", Colormap: "plasma"})
		}},
		{"density", 256, 128, 14, func(w, h int) Picture {
			return withEnsemble(t, d, w, h, "light", scenes.Ensemble{As: "density", Size: 8, Opacity: 0.9, Color: "loss", Colormap: "plasma"})
		}},
		{"density-dark", 256, 128, 14, func(w, h int) Picture {
			return withEnsemble(t, d, w, h, "dark", scenes.Ensemble{As: "density", Size: 8, Opacity: 1, Color: "density", Colormap: "inferno"})
		}},
		{"density-contour", 160, 128, 8, func(w, h int) Picture {
			p := withEnsemble(t, d, w, h, "light", scenes.Ensemble{As: "points", Size: 5, Opacity: 0.8, Color: "loss", Colormap: "viridis"})
			p.Scene.Film.Panels = scenes.PanelsOf(scenes.ContourPanel)
			return p
		}},
		{"map", 256, 192, 20, func(w, h int) Picture {
			return mapped(t, d, w, h, scenes.Map{Of: "loss", Scale: "auto", Colormap: "viridis"}, "light", scenes.MapPanel)
		}},
		{"map-dark", 256, 128, 20, func(w, h int) Picture {
			return mapped(t, d, w, h, scenes.Map{Of: "period", Scale: "auto", Colormap: "viridis"}, "dark", scenes.MapPanel, scenes.ContourPanel)
		}},
		{"twice", 512, 320, 25, func(w, h int) Picture {
			s := several(t, "two-mode", 1, 10, 29)
			s.Film.Panels = twice
			return pictureOf(t, d, s, w, h, 128)
		}},
		{"orbit-twice", 512, 192, 31, func(w, h int) Picture {
			s := several(t, "two-mode", 1, 29)
			s.Film.Panels = []scenes.Panel{{Kind: scenes.SurfacePanel, Runs: []int{1}, Title: "lr 29"}, {Kind: scenes.SurfacePanel, Runs: []int{0}, Title: "lr 1"}}
			s.Camera.Path, s.Film.Theme = "orbit", "dark"
			return pictureOf(t, d, s, w, h, 128)
		}},
		{"ensemble-twice", 512, 256, 9, func(w, h int) Picture {
			p := withEnsemble(t, d, w, h, "light", scenes.Ensemble{As: "points", Size: 5, Opacity: 0.8, Color: "loss", Colormap: "turbo"})
			p.Scene.Film.Panels = append(p.Scene.Film.Panels, p.Scene.Film.Panels...)
			return p
		}},
		{"names", 256, 256, 25, func(w, h int) Picture {
			s := several(t, "one-mode", 1, 10)
			s.Film.Panels = scenes.PanelsOf(scenes.SurfacePanel)
			return pictureOf(t, d, s, w, h, 100)
		}},
		{"masked", 512, 256, 10, func(w, h int) Picture {
			s := builtin(t, "one-mode", scenes.SurfacePanel, scenes.ContourPanel)
			p := pictureOf(t, d, s, w, h, 200)
			land, err := s.Problem.Landscape(context.Background(), s.Plane, p.View, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i := range land.Loss {
				x, y := i%p.View.X.N, i/p.View.X.N
				if math.Hypot(float64(x)/float64(p.View.X.N)-0.35, float64(y)/float64(p.View.Y.N)-0.6) < 0.15 {
					land.Loss[i] = math.NaN()
				}
			}
			p.Field = fieldOf(t, d, p.View, land.Loss)
			return p
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rendererOf(t, d, c.p(c.w, c.h), c.w, c.h)
			first, changed := shot(t, d, r, c.k)
			if changed != nil {
				t.Errorf("the first frame says that only %v changed", changed)
			}
			again, changed := shot(t, d, r, c.k)
			if len(changed) != 0 || changed == nil {
				t.Errorf("the same frame again says that %v changed", changed)
			}
			// Out of order: the frame must not depend on what came before.
			shot(t, d, r, c.k/2)
			shot(t, d, r, c.k+1)
			shot(t, d, r, 0)
			third, _ := shot(t, d, r, c.k)
			if !bytes.Equal(first.Pix, again.Pix) || !bytes.Equal(first.Pix, third.Pix) {
				t.Error("the same frame drawn again differs")
			}
			compare(t, c.name, first)
		})
	}
}

// Lines at stated losses are drawn as those that the scale chooses, where they are the
// same ones.
func TestStatedLevels(t *testing.T) {
	d := device(t)
	for _, kind := range []string{scale.Linear, scale.Log, scale.Rank} {
		s := builtin(t, "two-mode", scenes.ContourPanel)
		s.Contour.Scale, s.Contour.Colormap = kind, "viridis"
		p := pictureOf(t, d, s, 256, 256, 100)
		even := rendererOf(t, d, p, 256, 256)
		want, _ := shot(t, d, even, 0)
		stated := *s
		is := even.figure.Contour(0)
		for _, x := range is.Lines {
			stated.Contour.Levels = append(stated.Contour.Levels, is.Scale.From(x))
		}
		if len(stated.Contour.Levels) < 5 {
			t.Fatalf("%s: lines at %v", kind, stated.Contour.Levels)
		}
		p.Scene = &stated
		got, _ := shot(t, d, rendererOf(t, d, p, 256, 256), 0)
		if n := differing(got, want, 0.01); n > 40 { // levels differ by float32's rounding, and none is drawn at the ends
			t.Errorf("%s: %d pixels differ with the same levels, stated", kind, n)
		}
		stated.Contour.Levels = slices.Delete(slices.Clone(stated.Contour.Levels), 3, 4)
		got, _ = shot(t, d, rendererOf(t, d, p, 256, 256), 0)
		if n := differing(got, want, 0.01); n < 100 {
			t.Errorf("%s: only %d pixels differ without one of the levels", kind, n)
		}
	}
}

// differing returns how many pixels of two pictures are farther apart than a distance.
func differing(a, b *image.NRGBA, distance float64) (n int) {
	for y := range a.Rect.Dy() {
		for x := range a.Rect.Dx() {
			if yiq(a.NRGBAAt(x, y), b.NRGBAAt(x, y)) > distance {
				n++
			}
		}
	}
	return n
}

// A line on GL has the colour that printers of vectors get.
func TestLineColorOnGL(t *testing.T) {
	d := device(t)
	for _, name := range []string{"RdBu_r", "viridis", "magma"} {
		s := builtin(t, "one-mode", scenes.ContourPanel)
		s.Contour.Colormap, s.Contour.Bands, s.Runs[0].Start = name, 0, []float64{9, 9}
		s.Contour.Levels = []float64{0.9, 4, 10}
		r := rendererOf(t, d, pictureOf(t, d, s, 1600, 1600, 200), 1600, 1600) // lines of 2 pixels
		img, _ := shot(t, d, r, 0)
		c := r.figure.Contour(0)
		var h *figure.Heights
		err := d.Do(func() (err error) {
			h, err = c.Heights()
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		row := int(c.Plot.Y0 + 0.3*c.Plot.H())
		for _, level := range c.Lines {
			want, best := c.LineColor(level), 1.0
			for x := int(c.Plot.X0) + 2; x < int(c.Plot.X1)-2; x++ {
				at := func(x int) float64 {
					return h.At((float64(x)-c.Plot.X0)/c.Plot.W(), (c.Plot.Y1-float64(row)-0.5)/c.Plot.H())
				}
				if (at(x-1)-level)*(at(x+2)-level) < 0 {
					best = min(best, yiq(img.NRGBAAt(x, row), want))
				}
			}
			if best > 0.03 {
				t.Errorf("%s: no pixel of the line at %v has the colour %v: the nearest is off by %.3f", name, level, want, best)
			}
		}
	}
}

// withEnsemble is a picture of the surface and the contours with an ensemble of 900 runs, at
// two frames an iteration.
func withEnsemble(t testing.TB, d *gpu.Device, w, h int, theme string, look scenes.Ensemble) Picture {
	s := builtin(t, "one-mode", scenes.SurfacePanel, scenes.ContourPanel)
	s.Runs = []cpu.Run{{Optimizer: "momentum", LR: 0.3, Momentum: 0.9, Start: []float64{-8, 5}, Steps: 60}}
	s.Film.Theme, s.Film.FramesPerIteration = theme, 2
	s.Film.Frames = s.MaxFrames()
	for _, text := range []string{"w1=-10:10:30", "w2=-10:10:30"} {
		p, err := cpu.ParseParam(text)
		if err != nil {
			t.Fatal(err)
		}
		look.Over = append(look.Over, p)
	}
	s.Ensemble = look
	p := pictureOf(t, d, s, w, h, 128)
	p.Ensemble = ensembleOf(t, d, s)
	return p
}

// mapped is a picture of a map of 20 x 16 runs.
func mapped(t testing.TB, d *gpu.Device, w, h int, m scenes.Map, theme string, panels ...string) Picture {
	t.Helper()
	s := builtin(t, "one-mode", panels...)
	s.Film.Theme = theme
	s.Runs = []cpu.Run{
		{Optimizer: "gd", LR: 1, L2: 0.02, Start: []float64{-1, -1}, Steps: 100},
		{Optimizer: "gd", LR: 25, L2: 0.01, Start: []float64{-1, -1}, Steps: 100},
	}
	for _, text := range []string{"lr=0.1:100:20:log", "l2=0.001:1:16:log"} {
		p, err := cpu.ParseParam(text)
		if err != nil {
			t.Fatal(err)
		}
		m.Over = append(m.Over, p)
	}
	m.Steps = 200
	s.Map = m
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	p := pictureOf(t, d, s, w, h, 64)
	var err error
	if p.Map, err = s.Problem.Sweep(t.Context(), s.MapSweep(), cpu.Settings{}, nil); err != nil {
		t.Fatal(err)
	}
	return p
}

// scaled is a picture with the surface and the contours on a scale.
func scaled(t *testing.T, d *gpu.Device, kind string) func(w, h int) Picture {
	return func(w, h int) Picture {
		s := several(t, "two-mode", 5)
		s.Film.Panels = scenes.PanelsOf(scenes.SurfacePanel, scenes.ContourPanel)
		s.Surface.Scale, s.Contour.Scale, s.Contour.Colorbar = kind, kind, true
		return pictureOf(t, d, s, w, h, 128)
	}
}

func compare(t *testing.T, name string, got *image.NRGBA) {
	t.Helper()
	path := filepath.Join("testdata", name+".png")
	if *update {
		write(t, path, got)
		return
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatalf("%v; run the test with -update", err)
	}
	defer file.Close()
	img, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds() != got.Bounds() {
		t.Fatalf("picture of %v, want %v", got.Bounds(), img.Bounds())
	}
	diff := image.NewNRGBA(got.Rect)
	wrong := 0
	for y := range got.Rect.Dy() {
		for x := range got.Rect.Dx() {
			want := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			e := yiq(got.NRGBAAt(x, y), want)
			if e > pixelTolerance {
				wrong++
			}
			v := byte(255 - min(255, 255*e/pixelTolerance/4))
			diff.SetNRGBA(x, y, color.NRGBA{255, v, v, 255})
		}
	}
	if n := len(got.Pix) / 4; float64(wrong) > pictureTolerance*float64(n) {
		write(t, filepath.Join("testdata", "failed", name+"-got.png"), got)
		write(t, filepath.Join("testdata", "failed", name+"-diff.png"), diff)
		t.Errorf("%d of %d pixels differ from %s: see testdata/failed", wrong, n, path)
	}
}

func write(t *testing.T, path string, img image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	if err := enc.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
