package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/web/browser"
	"losscape/gpu"
	"losscape/gpu/draw"
	"losscape/gpu/gputest"
	"losscape/scenes"
	"losscape/scenes/figure"
)

// mostUnlike is which share of a surface's pixels may look different in a page: by it its
// ticks are others where letters are wider, and lines and edges are drawn in another way. A
// surface without its light differs in a third of them.
const mostUnlike = 0.05

// TestPageSurface holds the surface of a page to the renderer's picture of the same scene, of
// several heights, themes, floors, cameras and a minimum.
func TestPageSurface(t *testing.T) {
	serial(t)
	d := gputest.Device(t)
	for _, name := range []string{"one-mode", "valley", "penguins"} {
		t.Run(name, func(t *testing.T) {
			s := loadResolved(t, name)
			s.Film.Panels, s.Film.Layout, s.Title = scenes.PanelsOf(scenes.SurfacePanel), nil, ""
			p := openPage(t, writePage(t, s), browser.View{Width: 700, Height: 820})
			const surface = `canvas[data-kind="surface"]`
			p.Wait(`document.querySelector('canvas[data-kind="surface"]').dataset.box !== undefined`)
			p.Settle()
			page, box := p.Picture(surface), p.Box(surface)
			var there boxPlace
			text := browser.Eval[string](p, `document.querySelector('canvas[data-kind="surface"]').dataset.box`)
			if _, err := fmt.Sscan(text, &there.Scale, &there.CX, &there.CY); err != nil {
				t.Fatalf("data-box %q: %v", text, err)
			}
			want, here, area := renderedSurface(t, d, s, int(box.Width), int(box.Height))
			got := unlike(want, here, area, page, there)
			t.Logf("%.2f %% of the pixels of the surface look different", 100*got)
			if got > mostUnlike {
				t.Errorf("%.1f %% of the pixels look different from the renderer's, want at most %v %%: see %s", 100*got, 100*mostUnlike, kept(t, want, page))
			}
		})
	}
}

// renderedSurface returns the renderer's picture of the last frame of a scene with one panel,
// a surface, where that has its axis box, and the area that the box covers.
func renderedSurface(t *testing.T, d *gpu.Device, s *scenes.Scene, w, h int) (image.Image, boxPlace, image.Rectangle) {
	t.Helper()
	a := &app{stderr: io.Discard, quiet: true, backend: backend.CPU, device: backend.AnyDevice}
	c, err := a.pageContent(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	frame := s.Film.Frames - 1
	losses := make([]float32, len(c.Landscape.Loss))
	for i, v := range c.Landscape.Loss {
		losses[i] = float32(v)
	}
	var field *gpu.Field
	err = d.Do(func() (err error) {
		field, err = gpu.NewField(d, "landscape", c.View.X.N, c.View.Y.N, losses)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Do(field.Close)
	r, err := draw.New(d, draw.Picture{Scene: s, View: c.View, Field: field, Trajectories: c.Trajectories, Endings: c.Endings, Fine: true}, w, h)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fb, _, err := r.Frame(frame)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4*w*h)
	if err := d.Do(func() error { return fb.ReadPixels(0, 0, w, h, buf) }); err != nil {
		t.Fatal(err)
	}
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		copy(img.Pix[y*img.Stride:], buf[(h-1-y)*4*w:][:4*w])
	}
	content := c.Content
	content.Terrain = figure.NewTerrain(c.Landscape)
	f, err := figure.New(content, float64(w), float64(h), figure.Screen)
	if err != nil {
		t.Fatal(err)
	}
	cam := f.Surface(0).Camera(f, frame)
	seen := cam.Reach(figure.Vec3{}, figure.Vec3{1, 1, 1})
	return img, boxPlace{cam.Scale, cam.CX, cam.CY}, image.Rect(int(seen.X0), int(seen.Y0), int(seen.X1), int(seen.Y1))
}

// kept writes pictures into the test's artifacts, which -artifacts keeps, and returns their
// names.
func kept(t *testing.T, want, got image.Image) (names [2]string) {
	t.Helper()
	for i, m := range []image.Image{want, got} {
		names[i] = filepath.Join(t.ArtifactDir(), []string{"want.png", "got.png"}[i])
		f, err := os.Create(names[i])
		if err == nil {
			err = png.Encode(f, m)
			f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// yiq returns the distance of two colours, 0 to 1 (Kotsarenko and Ramos,
// "Measuring perceived color difference using YIQ", 2010).
func yiq(a, b color.NRGBA) float64 {
	r, g, bl := float64(a.R)-float64(b.R), float64(a.G)-float64(b.G), float64(a.B)-float64(b.B)
	y := 0.29889531*r + 0.58662247*g + 0.11448223*bl
	i := 0.59597799*r - 0.27417610*g - 0.32180189*bl
	q := 0.21147017*r - 0.52261711*g + 0.31114694*bl
	return math.Sqrt((0.5053*y*y + 0.299*i*i + 0.1957*q*q) / 35215)
}

// boxPlace says where a picture of a surface has its axis box: the scale of its camera, and
// where that sees the middle of the box, in pixels (figure.Camera). A page writes it into
// the attribute data-box of the surface's canvas, in CSS pixels.
type boxPlace struct{ Scale, CX, CY float64 }

// noticeable is the least distance of two colours that count as different.
const noticeable = 0.03

// unlike returns which share of the pixels in an area of a picture of a surface look
// different from those of another picture at the same points of the axis box. What is
// written around the box takes another room in other fonts, so that the box lies elsewhere
// in the other picture and is of another size: the way from one to the other is a shift
// and a factor, as both are seen from one pose. A pixel is the same if there is one like it
// within a pixel's distance: lines and edges may lie a little differently.
func unlike(a image.Image, at boxPlace, area image.Rectangle, b image.Image, bt boxPlace) float64 {
	area = area.Intersect(a.Bounds())
	k := bt.Scale / at.Scale
	differ := 0
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			want := color.NRGBAModel.Convert(a.At(x, y)).(color.NRGBA)
			u, v := bt.CX+k*(float64(x)+0.5-at.CX)-0.5, bt.CY+k*(float64(y)+0.5-at.CY)-0.5
			best := math.Inf(1)
			for dy := -1.0; dy <= 1 && best > noticeable; dy += 0.5 {
				for dx := -1.0; dx <= 1 && best > noticeable; dx += 0.5 {
					best = min(best, yiq(between(b, u+dx, v+dy), want))
				}
			}
			if best > noticeable {
				differ++
			}
		}
	}
	return float64(differ) / float64(max(1, area.Dx()*area.Dy()))
}

// between returns the colour of a picture between four pixels; beyond its edges, that of the
// nearest one.
func between(m image.Image, x, y float64) color.NRGBA {
	r := m.Bounds()
	x, y = min(max(x, float64(r.Min.X)), float64(r.Max.X-1)), min(max(y, float64(r.Min.Y)), float64(r.Max.Y-1))
	i, j := min(int(x), r.Max.X-2), min(int(y), r.Max.Y-2)
	tx, ty := x-float64(i), y-float64(j)
	var sum [3]float64
	for _, c := range [4]struct {
		x, y   int
		weight float64
	}{{i, j, (1 - tx) * (1 - ty)}, {i + 1, j, tx * (1 - ty)}, {i, j + 1, (1 - tx) * ty}, {i + 1, j + 1, tx * ty}} {
		p := color.NRGBAModel.Convert(m.At(c.x, c.y)).(color.NRGBA)
		for k, v := range [3]uint8{p.R, p.G, p.B} {
			sum[k] += c.weight * float64(v)
		}
	}
	return color.NRGBA{uint8(sum[0] + 0.5), uint8(sum[1] + 0.5), uint8(sum[2] + 0.5), 255}
}

func TestUnlike(t *testing.T) {
	// A disc, and the same one larger and elsewhere.
	disc := func(at boxPlace) image.Image {
		m := image.NewNRGBA(image.Rect(0, 0, 60, 60))
		for y := range 60 {
			for x := range 60 {
				c := color.NRGBA{40, 80, 120, 255}
				if math.Hypot(float64(x)+0.5-at.CX, float64(y)+0.5-at.CY) < at.Scale {
					c = color.NRGBA{220, 180, 40, 255}
				}
				m.SetNRGBA(x, y, c)
			}
		}
		return m
	}
	a, b := boxPlace{12, 30, 30}, boxPlace{18, 27, 31}
	area := image.Rect(12, 12, 48, 48)
	if got := unlike(disc(a), a, area, disc(b), b); got != 0 {
		t.Errorf("share of pixels unlike %v, want 0 of the same picture", got)
	}
	if got := unlike(disc(a), a, area, disc(a), b); got < 0.1 {
		t.Errorf("share of pixels unlike %v, want more of different pictures", got)
	}
}
