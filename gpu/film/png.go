//go:build cgo

package film

import (
	"image"
	"image/png"
	"io"

	"losscape/gpu"
	"losscape/gpu/film/atomicfile"
	"losscape/gpu/film/pngdpi"
)

// Image copies a framebuffer's colours to the host, the top row first. They
// count as opaque.
func Image(d *gpu.Device, fb *gpu.Framebuffer) (*image.RGBA, error) {
	w, h := fb.Size()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	err := d.Do(func() error { return fb.ReadPixels(0, 0, w, h, img.Pix) })
	if err != nil {
		return nil, err
	}
	row := make([]byte, img.Stride)
	for y := range h / 2 {
		upper, lower := img.Pix[y*img.Stride:][:img.Stride], img.Pix[(h-1-y)*img.Stride:][:img.Stride]
		copy(row, upper)
		copy(upper, lower)
		copy(lower, row)
	}
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
	return img, nil
}

// WritePNG writes a framebuffer's colours to a PNG file, whole or not at all, with its
// density in pixels an inch unless that is 0.
func WritePNG(d *gpu.Device, fb *gpu.Framebuffer, path string, dpi float64) error {
	f, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer f.Discard()
	if err := EncodePNG(d, fb, f, dpi); err != nil {
		return err
	}
	return f.Commit()
}

// EncodePNG writes a framebuffer's colours as a PNG, with its density in pixels an inch
// unless that is 0.
func EncodePNG(d *gpu.Device, fb *gpu.Framebuffer, w io.Writer, dpi float64) error {
	img, err := Image(d, fb)
	if err != nil {
		return err
	}
	return png.Encode(pngdpi.Writer(w, dpi), img)
}
