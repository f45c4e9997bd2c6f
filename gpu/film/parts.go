//go:build cgo

package film

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"

	"losscape/gpu"
	"losscape/gpu/film/pngdpi"
)

// EncodeParts writes a PNG of width by height pixels of a picture that is drawn part by
// part, so that it need not fit into memory. The
// parts come in rows from the top down, each as high as the others of its row,
// and cover the picture; draw draws one of them, with the colours counted as
// opaque. dpi is the picture's density in pixels an inch, 0 for none. progress, unless it
// is nil, is told of the rows of pixels that were written. Parts are drawn while those
// before them are encoded.
func EncodeParts(ctx context.Context, d *gpu.Device, w io.Writer, width, height int, dpi float64, parts []image.Rectangle,
	draw func(part image.Rectangle) (*gpu.Framebuffer, error), progress func(done, total int)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	free, bands, failed := make(chan *image.RGBA, 2), make(chan *image.RGBA), make(chan error, 1)
	free <- new(image.RGBA)
	free <- new(image.RGBA)
	go func() {
		defer close(bands)
		failed <- func() error {
			var pix []byte
			for len(parts) > 0 {
				var band *image.RGBA
				select {
				case band = <-free:
				case <-ctx.Done():
					return ctx.Err()
				}
				y0, y1 := parts[0].Min.Y, parts[0].Max.Y
				band.Rect = image.Rect(0, y0, width, y1)
				band.Stride = 4 * width
				if n := band.Stride * (y1 - y0); cap(band.Pix) < n {
					band.Pix = make([]byte, n)
				}
				band.Pix = band.Pix[:band.Stride*(y1-y0)]
				for ; len(parts) > 0 && parts[0].Min.Y == y0; parts = parts[1:] {
					if err := ctx.Err(); err != nil {
						return err
					}
					fb, err := draw(parts[0])
					if err != nil {
						return err
					}
					if pix, err = readPart(d, fb, band, parts[0], pix); err != nil {
						return err
					}
				}
				select {
				case bands <- band:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		}()
	}()
	s := &scroll{bounds: image.Rect(0, 0, width, height), band: new(image.RGBA)}
	s.turn = func() error {
		if s.band.Pix != nil {
			free <- s.band
		}
		if progress != nil {
			progress(s.band.Rect.Max.Y, height)
		}
		var ok bool
		if s.band, ok = <-bands; !ok {
			s.band = new(image.RGBA)
			if err := <-failed; err != nil {
				return err
			}
			return errors.New("the parts of the picture end above its lower edge")
		}
		return nil
	}
	err := png.Encode(pngdpi.Writer(&untilError{w, &s.err}, dpi), s)
	cancel()
	for range bands { // until nothing is drawn any more
	}
	if s.err != nil {
		return s.err
	}
	if err != nil {
		return err
	}
	if progress != nil {
		progress(height, height)
	}
	return nil
}

// readPart copies a framebuffer to a part of an image, with pix for scratch.
func readPart(d *gpu.Device, fb *gpu.Framebuffer, img *image.RGBA, part image.Rectangle, pix []byte) ([]byte, error) {
	w, h := fb.Size()
	if part.Size() != image.Pt(w, h) || !part.In(img.Rect) {
		return pix, fmt.Errorf("picture %q is %dx%d, want part %v", fb.Label, w, h, part)
	}
	if cap(pix) < 4*w*h {
		pix = make([]byte, 4*w*h)
	}
	pix = pix[:4*w*h]
	if err := d.Do(func() error { return fb.ReadPixels(0, 0, w, h, pix) }); err != nil {
		return pix, err
	}
	for y := range h {
		copy(img.Pix[img.PixOffset(part.Min.X, part.Max.Y-1-y):], pix[4*w*y:][:4*w])
	}
	return pix, nil
}

// scroll is an image of which one band of rows is there at a time. It is read
// from the top down.
type scroll struct {
	bounds image.Rectangle
	band   *image.RGBA
	turn   func() error // brings the next band
	err    error        // of turn: from then on the image is black
}

func (s *scroll) ColorModel() color.Model { return color.RGBAModel }
func (s *scroll) Bounds() image.Rectangle { return s.bounds }
func (s *scroll) Opaque() bool            { return true }

func (s *scroll) At(x, y int) color.Color {
	if y >= s.band.Rect.Max.Y && s.err == nil {
		s.err = s.turn()
	}
	if s.err != nil {
		return color.Black
	}
	return (*opaque)(s.band.Pix[s.band.PixOffset(x, y):])
}

// opaque is a pixel whose alpha does not count.
type opaque [4]uint8

func (c *opaque) RGBA() (r, g, b, a uint32) {
	return uint32(c[0]) * 0x101, uint32(c[1]) * 0x101, uint32(c[2]) * 0x101, 0xffff
}

// untilError writes until there is an error elsewhere.
type untilError struct {
	io.Writer
	err *error
}

func (w *untilError) Write(p []byte) (int, error) {
	if *w.err != nil {
		return 0, *w.err
	}
	return w.Writer.Write(p)
}
