package film_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"slices"
	"testing"

	"losscape/gpu"
	"losscape/gpu/film"
)

// grid divides a picture into parts of w by h pixels.
func grid(width, height, w, h int) (parts []image.Rectangle) {
	for y := 0; y < height; y += h {
		for x := 0; x < width; x += w {
			parts = append(parts, image.Rect(x, y, min(x+w, width), min(y+h, height)))
		}
	}
	return parts
}

// failing is a writer that fails.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// pieces draws the parts of a picture, each into a framebuffer of its own.
func pieces(t *testing.T, gen func(x, y int) color.RGBA) func(image.Rectangle) (*gpu.Framebuffer, error) {
	return func(part image.Rectangle) (*gpu.Framebuffer, error) {
		c := newCanvas(t, part.Dx(), part.Dy())
		return c.fb, c.paint(c.bounds(), func(x, y int) color.RGBA { return gen(x+part.Min.X, y+part.Min.Y) })
	}
}

func TestWriteParts(t *testing.T) {
	d := newCanvas(t, 1, 1).d
	gen := func(x, y int) color.RGBA { return color.RGBA{byte(7 * x), byte(11 * y), byte(x * y), 0} }
	const width, height = 101, 67
	for _, size := range [][2]int{{101, 67}, {101, 10}, {32, 67}, {13, 9}, {1, 50}} {
		var file bytes.Buffer
		var rows []int
		err := film.EncodeParts(t.Context(), d, &file, width, height, 0, grid(width, height, size[0], size[1]), pieces(t, gen), func(done, total int) {
			rows = append(rows, done)
			if total != height {
				t.Errorf("%d rows in all", total)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSorted(rows) || rows[len(rows)-1] != height {
			t.Errorf("progress %v", rows)
		}
		img, err := png.Decode(&file)
		if err != nil {
			t.Fatal(err)
		}
		for y := range height {
			for x := range width {
				want := gen(x, y)
				want.A = 255
				if got := color.RGBAModel.Convert(img.At(x, y)); got != want {
					t.Fatalf("parts of %v: pixel %d,%d is %v, want %v", size, x, y, got, want)
				}
			}
		}
	}
}

func TestWritePartsErrors(t *testing.T) {
	d := newCanvas(t, 1, 1).d
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	draw := pieces(t, plain(color.RGBA{1, 2, 3, 255}))
	broken := errors.New("broken")
	parts := grid(640, 500, 320, 100)
	for name, c := range map[string]struct {
		parts []image.Rectangle
		draw  func(image.Rectangle) (*gpu.Framebuffer, error)
		want  error
	}{
		"a part fails": {parts, func(p image.Rectangle) (*gpu.Framebuffer, error) {
			if p.Min.Y == 200 {
				return nil, broken
			}
			return draw(p)
		}, broken},
		"parts are missing":  {parts[:6], draw, nil},
		"a part is too wide": {grid(700, 500, 700, 100), draw, nil},
		"a part is small": {parts, func(p image.Rectangle) (*gpu.Framebuffer, error) {
			p.Max.Y--
			return draw(p)
		}, nil},
		"interrupted": {parts, func(p image.Rectangle) (*gpu.Framebuffer, error) {
			if p.Min.Y == 300 {
				cancel()
			}
			return draw(p)
		}, context.Canceled},
	} {
		with := t.Context()
		if name == "interrupted" {
			with = ctx
		}
		err := film.EncodeParts(with, d, io.Discard, 640, 500, 0, c.parts, c.draw, nil)
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	full := errors.New("full")
	if err := film.EncodeParts(t.Context(), d, failing{full}, 640, 500, 0, parts, draw, nil); !errors.Is(err, full) {
		t.Errorf("a writer that fails: %v", err)
	}
}
