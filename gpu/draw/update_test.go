package draw

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"slices"
	"testing"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/scenes"
	"losscape/scenes/scale"
)

// revision is a change to what a renderer shows.
type revision struct {
	name string
	to   func(t testing.TB, d *gpu.Device, p *Picture, w, h *int)
}

// revised returns p with a scene of its own, changed by f.
func revised(f func(s *scenes.Scene)) func(testing.TB, *gpu.Device, *Picture, *int, *int) {
	return func(_ testing.TB, _ *gpu.Device, p *Picture, _, _ *int) {
		s := *p.Scene
		f(&s)
		p.Scene = &s
	}
}

// from starts the runs of a picture elsewhere.
func from(x, y float64) func(testing.TB, *gpu.Device, *Picture, *int, *int) {
	return func(t testing.TB, _ *gpu.Device, p *Picture, _, _ *int) {
		s := *p.Scene
		s.Runs = append([]cpu.Run(nil), s.Runs...)
		for i := range s.Runs {
			s.Runs[i].Start = []float64{x, y}
		}
		ts, err := s.Problem.DescendAll(context.Background(), s.Runs, nil)
		if err != nil {
			t.Fatal(err)
		}
		p.Scene, p.Trajectories = &s, ts
	}
}

// givenEnsemble gives a picture an ensemble of n by n runs.
func givenEnsemble(look scenes.Ensemble, n int) func(testing.TB, *gpu.Device, *Picture, *int, *int) {
	return func(t testing.TB, d *gpu.Device, p *Picture, _, _ *int) {
		s := *p.Scene
		s.Ensemble = look
		for _, name := range []string{"w1", "w2"} {
			over, err := cpu.ParseParam(fmt.Sprintf("%s=-8:8:%d", name, n))
			if err != nil {
				t.Fatal(err)
			}
			s.Ensemble.Over = append(s.Ensemble.Over, over)
		}
		p.Scene, p.Ensemble = &s, ensembleOf(t, d, &s)
	}
}

// poured gives the field of a picture other contents.
func poured(scale float32) func(testing.TB, *gpu.Device, *Picture, *int, *int) {
	return func(t testing.TB, d *gpu.Device, p *Picture, _, _ *int) {
		values := make([]float32, p.Field.NX*p.Field.NY)
		err := d.Do(func() error {
			if err := gpu.Download(p.Field.Buffer, 0, values); err != nil {
				return err
			}
			for i := range values {
				values[i] *= scale
			}
			p.Field.SetRange(values)
			return gpu.Upload(p.Field.Buffer, 0, values)
		})
		if err != nil {
			t.Fatal(err)
		}
		p.Version++
	}
}

func sized(width, height int) func(testing.TB, *gpu.Device, *Picture, *int, *int) {
	return func(_ testing.TB, _ *gpu.Device, _ *Picture, w, h *int) { *w, *h = width, height }
}

var revisions = []revision{
	{"nothing", func(testing.TB, *gpu.Device, *Picture, *int, *int) {}},
	{"camera", revised(func(s *scenes.Scene) { s.Camera.Azim += 20 })},
	{"zoom and pan", revised(func(s *scenes.Scene) { s.Camera.Zoom, s.Camera.Pan = 1.5, [2]float64{0.2, -0.1} })},
	{"draft", func(_ testing.TB, _ *gpu.Device, p *Picture, _, _ *int) { p.Draft = true }},
	{"draft of another camera", revised(func(s *scenes.Scene) { s.Camera.Elev = 50 })},
	{"fine", func(_ testing.TB, _ *gpu.Device, p *Picture, _, _ *int) { p.Draft, p.Fine = false, true }},
	{"not fine", func(_ testing.TB, _ *gpu.Device, p *Picture, _, _ *int) { p.Draft, p.Fine = true, false }},
	{"no draft", func(_ testing.TB, _ *gpu.Device, p *Picture, _, _ *int) { p.Draft = false }},
	{"runs", from(5, 5)},
	{"field", poured(1.25)},
	{"theme", revised(func(s *scenes.Scene) { s.Film.Theme = "dark" })},
	{"scales", revised(func(s *scenes.Scene) { s.Surface.Scale, s.Contour.Scale = scale.Log, scale.Rank })},
	{"field on scales", poured(0.5)},
	{"contours", revised(func(s *scenes.Scene) { s.Contour.Bands, s.Contour.Colorbar = 0, true })},
	{"levels", revised(func(s *scenes.Scene) { s.Contour.Levels, s.Contour.Labels = []float64{0.5, 1, 2, 5}, true })},
	{"other levels", revised(func(s *scenes.Scene) { s.Contour.Levels = []float64{0.7, 1, 2, 5} })},
	{"aspect", revised(func(s *scenes.Scene) { s.Contour.Aspect = scenes.AspectEqual })},
	{"even levels", revised(func(s *scenes.Scene) {
		s.Contour.Levels, s.Contour.Labels, s.Contour.Aspect = nil, false, scenes.AspectFill
	})},
	{"surface", revised(func(s *scenes.Scene) { s.Surface.Floor, s.Surface.Wireframe, s.Surface.Colormap = true, 8, "magma" })},
	{"path", revised(func(s *scenes.Scene) { s.Path.Width, s.Path.Trail = 4, 5 })},
	{"panels", revised(func(s *scenes.Scene) { s.Film.Panels = scenes.PanelsOf(scenes.ContourPanel, scenes.LossPanel) })},
	{"panels again", revised(func(s *scenes.Scene) {
		s.Film.Panels = scenes.PanelsOf(scenes.SurfacePanel, scenes.CurvePanel, scenes.ContourPanel)
	})},
	{"size", sized(512, 288)},
	{"orbit", revised(func(s *scenes.Scene) { s.Camera.Path = "orbit" })},
	{"runs of an orbit", from(-5, 7)},
	{"field of an orbit", poured(1.5)},
	{"ensemble", givenEnsemble(scenes.Ensemble{As: "points", Size: 4, Opacity: 0.6, Color: "loss", Colormap: "plasma"}, 9)},
	{"camera over an ensemble", revised(func(s *scenes.Scene) { s.Camera.Azim += 30 })},
	{"nothing of an ensemble", func(testing.TB, *gpu.Device, *Picture, *int, *int) {}},
	{"field of an ensemble", poured(0.75)},
	{"look of an ensemble", revised(func(s *scenes.Scene) { s.Ensemble.As, s.Ensemble.Size, s.Ensemble.Color = "density", 8, "density" })},
	{"other ensemble", givenEnsemble(scenes.Ensemble{As: "points", Size: 3, Opacity: 1, Color: "w2", Colormap: "turbo"}, 12)},
	{"ensemble on a scale", revised(func(s *scenes.Scene) { s.Surface.Scale, s.Ensemble.Color = scale.Linear, "status" })},
	{"ensemble on contours", revised(func(s *scenes.Scene) { s.Film.Panels, s.Ensemble.Color = scenes.PanelsOf(scenes.ContourPanel), "loss" })},
	{"size of an ensemble", sized(320, 240)},
	{"ensemble on both", revised(func(s *scenes.Scene) { s.Film.Panels = scenes.PanelsOf(scenes.SurfacePanel, scenes.ContourPanel) })},
	{"no ensemble", func(_ testing.TB, _ *gpu.Device, p *Picture, _, _ *int) { p.Ensemble = nil }},
	{"ensemble twice", func(t testing.TB, d *gpu.Device, p *Picture, w, h *int) {
		givenEnsemble(scenes.Ensemble{As: "points", Size: 4, Opacity: 0.6, Color: "loss", Colormap: "plasma"}, 9)(t, d, p, w, h)
		p.Scene.Film.Panels = append(scenes.PanelsOf(scenes.ContourPanel, scenes.SurfacePanel), p.Scene.Film.Panels...)
	}},
	{"large surface of an ensemble", revised(func(s *scenes.Scene) { s.Film.Panels = scenes.PanelsOf(scenes.SurfacePanel) })},
	{"contours and surface of an ensemble", revised(func(s *scenes.Scene) { s.Film.Panels = scenes.PanelsOf(scenes.SurfacePanel, scenes.ContourPanel) })},
	{"large contours of an ensemble", revised(func(s *scenes.Scene) { s.Film.Panels = scenes.PanelsOf(scenes.ContourPanel) })},
	{"contours and surface again", revised(func(s *scenes.Scene) { s.Film.Panels = scenes.PanelsOf(scenes.SurfacePanel, scenes.ContourPanel) })},
	{"no ensemble, twice", func(t testing.TB, d *gpu.Device, p *Picture, w, h *int) {
		*p = pictureOf(t, d, several(t, "two-mode", 1, 10, 29), *w, *h, 64)
		p.Scene.Film.Panels = twice
	}},
	{"camera of two surfaces", revised(func(s *scenes.Scene) { s.Camera.Azim += 25 })},
	{"field of two surfaces", poured(1.5)},
	{"runs of two contours", revised(func(s *scenes.Scene) {
		s.Film.Panels = slices.Clone(s.Film.Panels)
		s.Film.Panels[0].Runs, s.Film.Panels[1].Runs = s.Film.Panels[1].Runs, s.Film.Panels[0].Runs
	})},
	{"panels in another order", revised(func(s *scenes.Scene) { slices.Reverse(s.Film.Panels) })},
	{"one panel less", revised(func(s *scenes.Scene) { s.Film.Panels = s.Film.Panels[1:] })},
	{"size of two contours", sized(333, 240)},
	{"orbit of two surfaces", revised(func(s *scenes.Scene) { s.Film.Panels, s.Camera.Path = twice, "orbit" })},
	{"map", func(t testing.TB, d *gpu.Device, p *Picture, w, h *int) {
		*p = mapped(t, d, *w, *h, scenes.Map{Of: "loss", Scale: "auto", Colormap: "viridis"}, "light", scenes.MapPanel, scenes.ContourPanel)
	}},
	{"look of a map", revised(func(s *scenes.Scene) { s.Map.Of = "status" })},
	{"no map", revised(func(s *scenes.Scene) { s.Film.Panels = scenes.PanelsOf(scenes.SurfacePanel, scenes.ContourPanel) })},
	{"size of an orbit", sized(400, 225)},
	{"still", revised(func(s *scenes.Scene) { s.Camera.Path = "still" })},
	{"scene alone", func(t testing.TB, _ *gpu.Device, p *Picture, _, _ *int) {
		p.Scene = builtin(t, "one-mode", scenes.LossPanel)
	}},
}

// TestUpdate makes a renderer show one change after another: each time it must
// draw what a new renderer draws, and tell truly what differs from before.
func TestUpdate(t *testing.T) {
	d := device(t)
	w, h := 480, 270
	p := pictureOf(t, d, builtin(t, "one-mode"), w, h, 100)
	r := rendererOf(t, d, p, w, h)
	before, _ := shot(t, d, r, 7)
	for _, v := range revisions {
		v.to(t, d, &p, &w, &h)
		if err := r.Update(p, w, h); err != nil {
			t.Fatalf("%s: %v", v.name, err)
		}
		for _, k := range []int{7, 20} {
			fresh := rendererOf(t, d, p, w, h)
			want, _ := shot(t, d, fresh, k)
			fresh.Close()
			got, changed := shot(t, d, r, k)
			if !bytes.Equal(want.Pix, got.Pix) {
				t.Errorf("%s: frame %d differs from that of a new renderer", v.name, k)
			}
			if changed != nil {
				if n := unseen(before, got, changed); n > 0 {
					t.Errorf("%s: %d pixels of frame %d changed outside %v", v.name, n, k, changed)
				}
				if v.name == "nothing" && k == 7 && len(changed) > 0 {
					t.Errorf("an update by nothing changed %v", changed)
				}
			}
			before = got
		}
	}
}

// TestUpdateMovesEnsembles shows an ensemble in one frame, over panels that move and come
// back: where one lay over another in between, it is drawn again.
func TestUpdateMovesEnsembles(t *testing.T) {
	d := device(t)
	const w, h = 320, 160
	p := withEnsemble(t, d, w, h, "light", scenes.Ensemble{As: "points", Size: 4, Opacity: 1, Color: "loss", Colormap: "plasma"})
	panels := [][]scenes.Panel{
		scenes.PanelsOf(scenes.SurfacePanel, scenes.ContourPanel),
		scenes.PanelsOf(scenes.SurfacePanel, scenes.LossPanel),
	}
	layouts := [][][]string{nil, {{scenes.LossPanel, scenes.SurfacePanel, scenes.SurfacePanel}}}
	r := rendererOf(t, d, p, w, h)
	want, _ := shot(t, d, r, 8)
	for _, i := range []int{1, 0} {
		revised(func(s *scenes.Scene) { s.Film.Panels, s.Film.Layout = panels[i], layouts[i] })(t, d, &p, nil, nil)
		if err := r.Update(p, w, h); err != nil {
			t.Fatal(err)
		}
		got, _ := shot(t, d, r, 8)
		if bytes.Equal(got.Pix, want.Pix) != (i == 0) {
			t.Errorf("with panels %v the frame is as in the beginning: %v", p.Scene.Film.Kinds(), i != 0)
		}
	}
}

// TestUpdateErrors checks that what cannot be shown leaves a renderer as it was.
func TestUpdateErrors(t *testing.T) {
	d := device(t)
	p := pictureOf(t, d, builtin(t, "one-mode"), 90, 30, 16)
	r := rendererOf(t, d, p, 90, 30)
	want, _ := shot(t, d, r, 3)
	if err := r.Update(p, 0, 30); err == nil {
		t.Error("no error for an empty frame")
	}
	if err := r.Update(Picture{}, 90, 30); err == nil {
		t.Error("no error without a scene")
	}
	if got, _ := shot(t, d, r, 3); !bytes.Equal(want.Pix, got.Pix) {
		t.Error("the frame is another one after an error")
	}
	r.Close()
	if err := r.Update(p, 90, 30); err == nil {
		t.Error("no error from a closed renderer")
	}
}

// unseen counts the pixels outside some rectangles in which two frames differ.
func unseen(a, b *image.NRGBA, changed []image.Rectangle) int {
	inside := image.NewAlpha(b.Rect)
	for _, c := range changed {
		for y := c.Min.Y; y < c.Max.Y; y++ {
			for x := c.Min.X; x < c.Max.X; x++ {
				inside.Pix[inside.PixOffset(x, y)] = 255
			}
		}
	}
	n := 0
	for i, in := range inside.Pix {
		if in == 0 && !bytes.Equal(a.Pix[4*i:4*i+4], b.Pix[4*i:4*i+4]) {
			n++
		}
	}
	return n
}

// BenchmarkUpdate measures how long a window waits for the next frame after a
// change, at 1280 x 720 pixels, three panels and a field of 512 x 512 points.
func BenchmarkUpdate(b *testing.B) {
	themes := [2]string{"dark", "light"}
	panels := [2][]string{{scenes.SurfacePanel, scenes.ContourPanel, scenes.LossPanel}, {scenes.CurvePanel, scenes.SurfacePanel, scenes.ContourPanel}}
	turn := revised(func(s *scenes.Scene) { s.Camera.Azim++ })
	var starts [2]Picture
	for _, c := range []struct {
		name string
		to   func(i int, p *Picture, w, h *int)
	}{
		{"camera", func(_ int, p *Picture, w, h *int) { turn(b, nil, p, w, h) }},
		{"draft", func(_ int, p *Picture, w, h *int) { p.Draft = true; turn(b, nil, p, w, h) }},
		{"runs", func(i int, p *Picture, _, _ *int) { *p = starts[i&1] }},
		{"theme", func(i int, p *Picture, w, h *int) {
			revised(func(s *scenes.Scene) { s.Film.Theme = themes[i&1] })(b, nil, p, w, h)
		}},
		{"panels", func(i int, p *Picture, w, h *int) {
			revised(func(s *scenes.Scene) { s.Film.Panels = scenes.PanelsOf(panels[i&1]...) })(b, nil, p, w, h)
		}},
		{"field", func(_ int, p *Picture, _, _ *int) { p.Version++ }},
		{"size", func(i int, _ *Picture, w, _ *int) { *w = 1280 - 8*(i&1) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			d := device(b)
			w, h := 1280, 720
			p := pictureOf(b, d, builtin(b, "one-mode"), w, h, 512)
			r := rendererOf(b, d, p, w, h)
			starts = [2]Picture{p, p}
			from(5, 5)(b, d, &starts[1], &w, &h)
			i := 0
			next := func() {
				c.to(i, &p, &w, &h)
				i++
				if err := r.Update(p, w, h); err != nil {
					b.Fatal(err)
				}
				if _, _, err := r.Frame(30); err != nil {
					b.Fatal(err)
				}
				d.Do(func() error { d.Finish(); return nil })
			}
			next()
			next()
			for b.Loop() {
				next()
			}
		})
	}
}
