package web

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
	"testing"

	"losscape/cmd/losscape/web/browser"
	"losscape/gpu"
	"losscape/gpu/draw"
	"losscape/gpu/gputest"
	"losscape/scenes"
	"losscape/scenes/figure"
)

// TestSurfacePicture holds the surface that a page draws, and the paths and lines on it, to the
// renderer's frame of the same scene at the same size.
func TestSurfacePicture(t *testing.T) {
	for _, tt := range []struct {
		name string
		most float64 // share of pixels that may look different: edges of lines, and shadows of floating points
	}{
		{"one-mode", 0.02},
		{"optimizers", 0.02},
		{"valley", 0.02},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := content(t, tt.name)
			s := c.Scene
			s.Title = ""
			s.Film.Panels, s.Film.Layout = []scenes.Panel{{Kind: "surface", Name: "surface"}}, nil
			c.View.X.N, c.View.Y.N = Side, Side
			var err error
			if c.Landscape, err = s.Problem.Landscape(t.Context(), s.Plane, c.View, nil); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "page.html")
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := Write(t.Context(), f, c); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}

			p := browser.Open(t, browser.FileURL(path), browser.View{Width: 560, Height: 620})
			p.Wait(`document.documentElement.dataset.ready && document.querySelector("canvas[data-box]")`)
			// At rest it is drawn finer than on the way there.
			p.Wait(`document.documentElement.dataset.resting !== "0"`)
			p.Settle()
			page := p.Picture("canvas[data-box]")
			var there boxPlace
			if _, err := fmt.Sscan(browser.Eval[string](p, `document.querySelector("canvas[data-box]").dataset.box`), &there.Scale, &there.CX, &there.CY); err != nil {
				t.Fatal(err)
			}
			frame, here, area := rendered(t, c, page.Rect.Dx(), page.Rect.Dy())
			got := unlike(frame, here, area, page, there)
			t.Logf("%.2f %% of the pixels differ", 100*got)
			if got > tt.most {
				t.Errorf("%.2f %% of the pixels differ from the renderer's, want at most %g %%", 100*got, 100*tt.most)
			}
		})
	}
}

// rendered returns the renderer's last frame of a page's scene, where it has the axis box, and the
// area that this takes.
func rendered(t *testing.T, c *Content, w, h int) (m *image.NRGBA, at boxPlace, area image.Rectangle) {
	t.Helper()
	d := gputest.Device(t)
	values := make([]float32, len(c.Landscape.Loss))
	for i, v := range c.Landscape.Loss {
		values[i] = float32(v)
	}
	p := draw.Picture{Scene: c.Scene, View: c.View, Trajectories: c.Trajectories, Fine: true}
	if err := d.Do(func() (err error) {
		p.Field, err = gpu.NewField(d, "landscape", c.View.X.N, c.View.Y.N, values)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	r, err := draw.New(d, p, w, h)
	if err != nil {
		t.Fatal(err)
	}
	k := c.Scene.Film.Frames - 1
	buf := make([]byte, 4*w*h)
	fb, _, err := r.Frame(k)
	if err == nil {
		err = d.Do(func() error { return fb.ReadPixels(0, 0, w, h, buf) })
	}
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	if err := d.Do(p.Field.Close); err != nil {
		t.Fatal(err)
	}
	m = image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		copy(m.Pix[y*m.Stride:], buf[(h-1-y)*4*w:][:4*w])
	}
	fig, err := figure.New(figure.Content{Scene: c.Scene, View: c.View, Terrain: figure.NewTerrain(c.Landscape), Trajectories: c.Trajectories}, float64(w), float64(h), figure.Screen)
	if err != nil {
		t.Fatal(err)
	}
	camera := fig.Surface(0).Camera(fig, k)
	reach := camera.Reach(figure.Vec3{}, figure.Vec3{1, 1, 1})
	return m, boxPlace{camera.Scale, camera.CX, camera.CY}, image.Rect(int(reach.X0), int(reach.Y0), int(reach.X1), int(reach.Y1))
}
