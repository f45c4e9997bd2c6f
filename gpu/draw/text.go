package draw

import (
	"image"
	"image/color"
	"math"
	"strings"

	"losscape/gpu"
	"losscape/scenes/figure"
	"losscape/scenes/scale"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// weight is a weight of the typeface, Go.
type weight int

const (
	regular weight = iota
	medium
)

// style is how text is set: weight, size in pixels, colour.
type style struct {
	weight weight
	px     float64
	color  color.NRGBA
}

// Where text is put relative to its anchor: left, centre or right horizontally;
// vertically the anchor is the baseline or half the height of a capital above it.
type align struct {
	x      float64 // 0 left, 0.5 centre, 1 right
	middle bool    // anchor is at half cap height, else on the baseline
}

// Proportions of the Go typeface, in ems.
const (
	descender = 0.21
	lineStep  = 1.35
)

// glyphKey names a rasterised letter.
type glyphKey struct {
	r        rune
	weight   weight
	px       float64
	dx, dy   uint8 // sub-pixel phase
	sideways bool  // turned a quarter to the left
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
	fonts [2]*opentype.Font
	faces map[style]font.Face // colour unset
	atlas *image.Alpha
	tex   *gpu.Texture
	cache map[glyphKey]sprite

	penX, penY, shelf int             // of the atlas' next free place
	fresh             image.Rectangle // of the atlas, not on the device yet
}

func newTypesetter(d *gpu.Device) (*typesetter, error) {
	return &typesetter{
		d:     d,
		fonts: figure.Fonts(),
		faces: map[style]font.Face{},
		atlas: image.NewAlpha(image.Rect(0, 0, 1024, 256)),
		cache: map[glyphKey]sprite{},
	}, nil
}

func (t *typesetter) face(w weight, px float64) font.Face {
	key := style{weight: w, px: px}
	if f, ok := t.faces[key]; ok {
		return f
	}
	f, err := opentype.NewFace(t.fonts[w], &opentype.FaceOptions{Size: px, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		panic(err) // the options are right
	}
	t.faces[key] = f
	return f
}

// placed is a letter on a line of text that starts at 0 on the baseline.
type placed struct {
	r     rune
	x, up float64 // up above the baseline
	px    float64
}

// layout sets a line of text: subscript digits (₀ to ₉) are small digits below
// the line, those of superscripts above it. It returns the letters and the line's width.
func (t *typesetter) layout(s string, st style) ([]placed, float64) {
	var out []placed
	var x float64
	prev, prevPx := rune(-1), 0.0
	for _, r := range s {
		px, up := st.px, 0.0
		if r >= '₀' && r <= '₉' {
			r, px, up = r-'₀'+'0', figure.Quarter(0.68*st.px), -0.2*st.px
		} else if i := strings.IndexRune(scale.Superscripts, r); i >= 0 {
			r, px, up = []rune("0123456789" + scale.Minus)[len([]rune(scale.Superscripts[:i]))], figure.Quarter(0.68*st.px), 0.38*st.px
		}
		face := t.face(st.weight, px)
		if px == prevPx {
			x += float64(face.Kern(prev, r)) / 64
		}
		out = append(out, placed{r, x, up, px})
		adv, _ := face.GlyphAdvance(r)
		x += float64(adv) / 64
		prev, prevPx = r, px
	}
	return out, x
}

// width returns the width of a line of text.
func (t *typesetter) width(s string, st style) float64 {
	_, w := t.layout(s, st)
	return w
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

// put adds a line of text to l, its anchor at (x, y). A still line sits on
// whole pixels vertically, a moving one anywhere.
func (t *typesetter) put(l *list, s string, st style, x, y float64, a align, moving bool) {
	letters, w := t.layout(s, st)
	x -= a.x * w
	if a.middle {
		y += figure.CapHeight / 2 * st.px
	}
	if !moving {
		y = math.Round(y)
	}
	for _, p := range letters {
		t.glyph(l, p, st, x+p.x, y-p.up, !moving, false)
	}
}

// sideways adds a line of text that reads upwards. Its anchor is the middle of
// the line, half cap height above the baseline.
func (t *typesetter) sideways(l *list, s string, st style, x, y float64) {
	letters, w := t.layout(s, st)
	x = math.Round(x + figure.CapHeight/2*st.px)
	y += w / 2
	for _, p := range letters {
		t.glyph(l, p, st, x-p.up, y-p.x, false, true)
	}
}

// glyph adds one letter with its pen at (x, y).
func (t *typesetter) glyph(l *list, p placed, st style, x, y float64, onLine, sideways bool) {
	n := phases(p.px)
	x, y = math.Round(x*n)/n, math.Round(y*n)/n
	if onLine {
		y = math.Round(y)
	}
	if reach := float32(2 * p.px); f(x) < l.clip[0]-reach || f(x) > l.clip[2]+reach || f(y) < l.clip[1]-reach || f(y) > l.clip[3]+reach {
		return // far from what is drawn: not worth a place in the atlas
	}
	ix, iy := math.Floor(x), math.Floor(y)
	key := glyphKey{p.r, st.weight, p.px, uint8((x - ix) * n), uint8((y - iy) * n), sideways}
	s, ok := t.cache[key]
	if !ok {
		s = t.rasterise(key)
		t.cache[key] = s
	}
	if s.at.Empty() {
		return
	}
	l.add(command{
		Kind: kindGlyph,
		A:    [4]float32{f(ix) + float32(s.x), f(iy) + float32(s.y), float32(s.at.Dx()), float32(s.at.Dy())},
		B:    [4]float32{float32(s.at.Min.X), float32(s.at.Min.Y)},
	}, st.color)
}

// rasterise draws a letter into the atlas.
func (t *typesetter) rasterise(k glyphKey) sprite {
	face := t.face(k.weight, k.px)
	n := phases(k.px)
	fx, fy := float64(k.dx)/n, float64(k.dy)/n
	if k.sideways { // the device's (x, y) is the letter's (−y, x)
		fx, fy = -fy, fx
	}
	dot := fixed.Point26_6{X: fixed.Int26_6(math.Round(fx * 64)), Y: fixed.Int26_6(math.Round(fy * 64))}
	dr, mask, mp, _, ok := face.Glyph(dot, k.r)
	if !ok || dr.Empty() {
		return sprite{}
	}
	w, h := dr.Dx(), dr.Dy()
	at := func(x, y int) color.Color { return mask.At(mp.X+x, mp.Y+y) }
	x, y := dr.Min.X, dr.Min.Y
	if k.sideways {
		last := w - 1
		at = func(x, y int) color.Color { return mask.At(mp.X+last-y, mp.Y+x) }
		x, y, w, h = dr.Min.Y, -dr.Max.X, h, w
	}
	place := t.allocate(w, h)
	for j := range h {
		for i := range w {
			_, _, _, a := at(i, j).RGBA()
			t.atlas.Pix[t.atlas.PixOffset(place.Min.X+i, place.Min.Y+j)] = byte(a >> 8)
		}
	}
	t.fresh = t.fresh.Union(place)
	return sprite{at: place, x: x, y: y}
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
	for _, f := range t.faces {
		f.Close()
	}
	clear(t.faces)
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
	for _, f := range t.faces {
		f.Close()
	}
}
