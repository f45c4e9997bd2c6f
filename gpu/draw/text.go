package draw

import (
	"image"
	"math"

	"losscape/gpu"
	"losscape/scenes/display"
	"losscape/scenes/letters"

	"golang.org/x/image/font/sfnt"
)

// glyphKey names a rasterised letter.
type glyphKey struct {
	font    *letters.Font
	glyph   sfnt.GlyphIndex
	px      float64
	dx, dy  uint8 // sub-pixel phase
	upwards bool  // turned a quarter to the left
}

// sprite is a rasterised letter in the atlas.
type sprite struct {
	at   image.Rectangle // in the atlas
	x, y int             // of its top left corner, from the pen
}

// typesetter puts text into display lists. Letters are rasterised at their
// exact size and sub-pixel position, once, into an atlas.
type typesetter struct {
	d     *gpu.Device
	atlas *image.Alpha
	tex   *gpu.Texture
	cache map[glyphKey]sprite

	penX, penY, shelf int             // of the atlas' next free place
	fresh             image.Rectangle // of the atlas, not on the device yet
}

func newTypesetter(d *gpu.Device) (*typesetter, error) {
	return &typesetter{
		d:     d,
		atlas: image.NewAlpha(image.Rect(0, 0, 1024, 256)),
		cache: map[glyphKey]sprite{},
	}, nil
}

// phases returns how many sub-pixel positions letters of a size are rasterised
// at: the larger they are, the less it shows.
func phases(px float64) float64 {
	switch {
	case px < 40:
		return 4
	case px < 120:
		return 2
	}
	return 1
}

// resolve gives the command of a letter its place in the atlas, and reports whether
// something of it is seen.
func (t *typesetter) resolve(l *display.List, c *display.Command) bool {
	p := &l.Letters[c.Segs]
	n := phases(p.Size)
	upwards, onLine := c.A[3] != 0, c.B[0] != 0
	x, y := math.Round(float64(c.A[0])*n)/n, math.Round(float64(c.A[1])*n)/n
	if onLine {
		y = math.Round(y)
	}
	ix, iy := math.Floor(x), math.Floor(y)
	key := glyphKey{p.Font, p.Glyph, p.Size, uint8((x - ix) * n), uint8((y - iy) * n), upwards}
	s, ok := t.cache[key]
	if !ok {
		s = t.rasterise(key)
		t.cache[key] = s
	}
	if s.at.Empty() {
		return false
	}
	c.A = [4]float32{f(ix) + float32(s.x), f(iy) + float32(s.y), float32(s.at.Dx()), float32(s.at.Dy())}
	c.B = [4]float32{float32(s.at.Min.X), float32(s.at.Min.Y)}
	c.Seg, c.Segs = 0, 0
	return clip(c, [4]float32{c.A[0], c.A[1], c.A[0] + c.A[2], c.A[1] + c.A[3]})
}

// rasterise draws a letter into the atlas.
func (t *typesetter) rasterise(k glyphKey) sprite {
	n := phases(k.px)
	mask, from := k.font.Coverage(k.glyph, k.px, float64(k.dx)/n, float64(k.dy)/n, k.upwards)
	if mask == nil {
		return sprite{}
	}
	w, h := mask.Rect.Dx(), mask.Rect.Dy()
	place := t.allocate(w, h)
	for y := range h {
		copy(t.atlas.Pix[t.atlas.PixOffset(place.Min.X, place.Min.Y+y):], mask.Pix[y*mask.Stride:][:w])
	}
	t.fresh = t.fresh.Union(place)
	return sprite{at: place, x: from.X, y: from.Y}
}

// allocate finds room for w by h texels, on shelves from the top down.
func (t *typesetter) allocate(w, h int) image.Rectangle {
	size := t.atlas.Rect.Size()
	if w+1 > size.X {
		t.grow(max(2*size.X, w+1), size.Y)
		size = t.atlas.Rect.Size()
	}
	if t.penX+w+1 > size.X {
		t.penX, t.penY, t.shelf = 0, t.penY+t.shelf, 0
	}
	for t.penY+h+1 > t.atlas.Rect.Dy() {
		if size = t.atlas.Rect.Size(); size.Y >= 2*size.X {
			t.grow(2*size.X, size.Y) // for later shelves: textures have a limit
		}
		t.grow(t.atlas.Rect.Dx(), 2*size.Y)
	}
	r := image.Rect(t.penX, t.penY, t.penX+w, t.penY+h)
	t.penX += w + 1
	t.shelf = max(t.shelf, h+1)
	return r
}

func (t *typesetter) grow(w, h int) {
	old := t.atlas
	t.atlas = image.NewAlpha(image.Rect(0, 0, w, h))
	for y := range old.Rect.Dy() {
		copy(t.atlas.Pix[y*t.atlas.Stride:], old.Pix[y*old.Stride:][:old.Rect.Dx()])
	}
}

// fullAtlas is how many texels of letters are kept from one size of pictures to the
// next.
const fullAtlas = 1 << 22

// tidy forgets all letters if they are many: those of other sizes are seldom
// needed again. What has been put refers to an atlas that is no more then.
func (t *typesetter) tidy() {
	if len(t.atlas.Pix) < fullAtlas {
		return
	}
	clear(t.cache)
	t.atlas = image.NewAlpha(image.Rect(0, 0, 1024, 256))
	t.penX, t.penY, t.shelf = 0, 0, 0
}

// upload brings the atlas on the device up to date.
func (t *typesetter) upload() error {
	size := t.atlas.Rect.Size()
	if t.tex == nil || t.tex.Width != size.X || t.tex.Height != size.Y {
		t.tex.Close()
		var err error
		if t.tex, err = t.d.NewTexture("letters", size.X, size.Y, 1, gpu.R8); err != nil {
			return err
		}
		t.fresh = t.atlas.Rect
	}
	if t.fresh.Empty() {
		return nil
	}
	// Whole rows are contiguous.
	y0, y1 := t.fresh.Min.Y, t.fresh.Max.Y
	t.fresh = image.Rectangle{}
	return t.tex.Write(0, y0, size.X, y1-y0, t.atlas.Pix[y0*t.atlas.Stride:y1*t.atlas.Stride])
}

func (t *typesetter) close() {
	t.tex.Close()
}
