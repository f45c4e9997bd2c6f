package draw

import (
	"image"

	"losscape/gpu"
)

// PartStep is what the top left corner of a part of a picture lies at multiples of.
const PartStep = tileSize

// partPixels bounds the parts that Parts returns: some 150 MB on the device at
// most.
const partPixels = 1 << 22

// NewPart is New for a part of the picture, in pixels from its top left corner,
// where a device cannot hold all of it, or memory should not. The framebuffer of
// Frame then shows the part alone, its pixels the same as those of the whole
// picture.
func NewPart(d *gpu.Device, p Picture, width, height int, part image.Rectangle) (*Renderer, error) {
	return newRenderer(d, p, width, height, part, true)
}

// Part makes the renderer draw another part of its picture.
func (r *Renderer) Part(part image.Rectangle) error {
	return r.update(r.p, r.w, r.h, part)
}

// Parts divides a picture into parts of at most side pixels a side, as a device
// allows, and of a size that is good to draw: rows of parts from the top down,
// each as high as the others of its row.
func Parts(width, height, side int) []image.Rectangle {
	side = max(side/PartStep, 1) * PartStep
	nx := (width + side - 1) / side
	w := (width + nx - 1) / nx
	w = (w + PartStep - 1) / PartStep * PartStep
	h := min(max(partPixels/w/PartStep, 1)*PartStep, side)
	var out []image.Rectangle
	for y := 0; y < height; y += h {
		for x := 0; x < width; x += w {
			out = append(out, image.Rect(x, y, min(x+w, width), min(y+h, height)))
		}
	}
	return out
}
