package draw

import (
	"bytes"
	"image"
	"slices"
	"testing"

	"losscape/scenes"
	"losscape/scenes/scale"
)

// TestPart draws pictures whole and part by part: not a byte may differ.
func TestPart(t *testing.T) {
	d := device(t)
	dark := func(s *scenes.Scene) *scenes.Scene {
		s.Film.Theme, s.Surface.Scale, s.Contour.Scale = "dark", scale.Log, scale.Rank
		s.Surface.Floor, s.Surface.Grid, s.Surface.Wireframe = true, true, 20
		s.Contour.Bands, s.Contour.Colorbar = 0, true
		return s
	}
	flat := func(s *scenes.Scene) *scenes.Scene {
		s.Camera.Projection, s.Camera.Elev, s.Path.Trail = "orthographic", 55, 9
		return s
	}
	near := func(s *scenes.Scene) *scenes.Scene {
		s.Camera.Zoom, s.Camera.Pan, s.Film.Theme = 1.7, [2]float64{0.1, -0.1}, "dark"
		return s
	}
	flipped := func(s *scenes.Scene) *scenes.Scene { slices.Reverse(s.Film.Panels); return s }
	orbit := func(s *scenes.Scene) *scenes.Scene { s.Camera.Path = "orbit"; return s }
	for _, c := range []struct {
		name       string
		scene      *scenes.Scene
		w, h, side int
		frame      int
	}{
		{"notebook", builtin(t, "one-mode"), 600, 200, 96, 20},
		{"dark", dark(builtin(t, "two-mode")), 601, 203, 128, 70},
		{"optimizers", builtin(t, "optimizers"), 480, 243, 160, 300},
		{"period-two", builtin(t, "period-two"), 500, 181, 64, 60},
		{"orthographic", flat(builtin(t, "two-mode", scenes.SurfacePanel)), 333, 300, 128, 30},
		{"near", near(several(t, "two-mode", 0.5, 5)), 640, 200, 160, 30},
		{"orbit", orbit(builtin(t, "one-mode", scenes.SurfacePanel, scenes.LossPanel)), 400, 200, 96, 21},
		{"ensemble", withEnsemble(t, d, 400, 200, "light", scenes.Ensemble{As: "points", Size: 9, Opacity: 0.6, Color: "loss", Colormap: "plasma"}).Scene, 400, 200, 96, 21},
		{"contours first", flipped(withEnsemble(t, d, 400, 200, "light", scenes.Ensemble{As: "points", Size: 9, Opacity: 0.6, Color: "loss", Colormap: "plasma"}).Scene), 400, 200, 64, 21},
		{"density", withEnsemble(t, d, 400, 200, "dark", scenes.Ensemble{As: "density", Size: 14, Opacity: 1, Color: "density", Colormap: "plasma"}).Scene, 400, 200, 64, 16},
		{"cells", flat(dark(builtin(t, "one-mode", scenes.SurfacePanel))), 4300, 900, 1024, 10},
		{"fine", dark(builtin(t, "two-mode", scenes.SurfacePanel)), 1200, 500, 160, 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() && c.name == "cells" {
				t.Skip("a large picture")
			}
			p := pictureOf(t, d, c.scene, c.w, c.h, 160)
			p.Fine = c.name == "fine"
			if len(c.scene.Ensemble.Over) > 0 {
				p.Ensemble = ensembleOf(t, d, c.scene)
			}
			want, _ := shot(t, d, rendererOf(t, d, p, c.w, c.h), c.frame)
			parts := Parts(c.w, c.h, c.side)
			got := image.NewNRGBA(want.Rect)
			var r *Renderer
			for i, part := range parts {
				var err error
				if i == 0 {
					r, err = NewPart(d, p, c.w, c.h, part)
					t.Cleanup(func() { r.Close() })
				} else {
					err = r.Part(part)
				}
				if err != nil {
					t.Fatal(part, err)
				}
				img, changed := shot(t, d, r, c.frame)
				if img.Rect.Size() != part.Size() || changed != nil {
					t.Fatalf("part %v has %v, of which %v changed", part, img.Rect, changed)
				}
				for y := range part.Dy() {
					copy(got.Pix[got.PixOffset(part.Min.X, part.Min.Y+y):], img.Pix[y*img.Stride:][:img.Stride])
				}
			}
			if bytes.Equal(want.Pix, got.Pix) {
				return
			}
			n, worst := 0, 0
			var at []image.Point
			for i := range want.Pix {
				if d := int(want.Pix[i]) - int(got.Pix[i]); d != 0 {
					if n++; n < 8 {
						at = append(at, image.Pt(i%want.Stride/4, i/want.Stride))
					}
					worst = max(worst, d, -d)
				}
			}
			t.Errorf("%d bytes differ, by up to %d, at %v, in %d parts", n, worst, at, len(parts))
		})
	}
}

func TestParts(t *testing.T) {
	for _, c := range []struct{ w, h, side, rows int }{{16384, 8192, 16384, 32}, {16384, 16384, 4096, 16}, {5, 3, 4096, 1}, {4097, 100, 4096, 1}, {100, 5000, 4096, 2}} {
		parts := Parts(c.w, c.h, c.side)
		area, rows := 0, 0
		for i, p := range parts {
			area += p.Dx() * p.Dy()
			if p.Dx() > c.side || p.Dy() > c.side || p.Min.X%PartStep != 0 || p.Min.Y%PartStep != 0 || p.Empty() {
				t.Errorf("%+v: part %v", c, p)
			}
			if p.Min.X == 0 {
				rows++
			} else if q := parts[i-1]; q.Min.Y != p.Min.Y || q.Max.X != p.Min.X || q.Max.Y != p.Max.Y {
				t.Errorf("%+v: part %v beside %v", c, p, q)
			}
		}
		if area != c.w*c.h || rows != c.rows {
			t.Errorf("%+v: %d rows of parts of %d pixels in all", c, rows, area)
		}
	}
}

func TestPartErrors(t *testing.T) {
	d := device(t)
	p := pictureOf(t, d, builtin(t, "one-mode"), 90, 60, 16)
	for _, part := range []image.Rectangle{{}, image.Rect(0, 0, 91, 60), image.Rect(16, 0, 90, 60), image.Rect(0, 64, 90, 70)} {
		if _, err := NewPart(d, p, 90, 60, part); err == nil {
			t.Errorf("no error for %v", part)
		}
	}
}
