// Package letters lays out lines of text, for all printers.
package letters

import (
	"image"
	"image/draw"
	"math"
	"strings"
	"sync"

	"losscape/scenes/scale"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// Weight is a weight of the typeface.
type Weight int

const (
	Regular Weight = iota
	Medium
)

// CapHeight is the height of a capital of the typeface, in ems.
const CapHeight = 0.723

// Font is a font file in use.
type Font struct {
	Name string
	Data []byte
	sfnt *sfnt.Font
}

// Letter is a glyph on a line that starts at 0 on the baseline.
type Letter struct {
	Font        *Font
	Glyph       sfnt.GlyphIndex
	X, Up       float64
	Size        float64
	First, Last int // bytes of the line that it stands for
}

var fonts = sync.OnceValue(func() (f [2]*Font) {
	for i, ttf := range [][]byte{goregular.TTF, gomedium.TTF} {
		s, err := sfnt.Parse(ttf)
		if err != nil {
			panic(err)
		}
		f[i] = &Font{Name: []string{"Go", "Go Medium"}[i], Data: ttf, sfnt: s}
	}
	return f
})

// Layout lays out a line; on whole pixels the sizes of small digits are rounded to
// quarters.
func Layout(dst []Letter, line string, w Weight, size float64, pixels bool) ([]Letter, float64) {
	f := fonts()[w]
	var buf sfnt.Buffer
	x := 0.0
	var prev sfnt.GlyphIndex
	prevSize := 0.0
	quarter := func(v float64) float64 {
		if pixels {
			return math.Round(v*4) / 4
		}
		return v
	}
	for at, r := range line {
		px, up := size, 0.0
		if r >= '₀' && r <= '₉' {
			r, px, up = r-'₀'+'0', quarter(0.68*size), -0.2*size
		} else if i := strings.IndexRune(scale.Superscripts, r); i >= 0 {
			r, px, up = []rune("0123456789" + scale.Minus)[len([]rune(scale.Superscripts[:i]))], quarter(0.68*size), 0.38*size
		}
		g, _ := f.sfnt.GlyphIndex(&buf, r)
		ppem := fixed.Int26_6(0.5 + px*64)
		if px == prevSize {
			k, _ := f.sfnt.Kern(&buf, prev, g, ppem, font.HintingNone)
			x += float64(k) / 64
		}
		dst = append(dst, Letter{f, g, x, up, px, at, at + len(string(r))})
		adv, _ := f.sfnt.GlyphAdvance(&buf, g, ppem, font.HintingNone)
		x += float64(adv) / 64
		prev, prevSize = g, px
	}
	return dst, x
}

// Width returns the width of a line.
func Width(line string, w Weight, size float64, pixels bool) float64 {
	_, x := Layout(nil, line, w, size, pixels)
	return x
}

// Coverage rasterises a glyph with its pen at a fraction of a pixel.
func (f *Font) Coverage(g sfnt.GlyphIndex, size, fx, fy float64) (*image.Alpha, image.Point) {
	var buf sfnt.Buffer
	segs, err := f.sfnt.LoadGlyph(&buf, g, fixed.Int26_6(0.5+size*64), nil)
	if err != nil || len(segs) == 0 {
		return nil, image.Point{}
	}
	dot := fixed.Point26_6{X: fixed.Int26_6(math.Round(fx * 64)), Y: fixed.Int26_6(math.Round(fy * 64))}
	b := segs.Bounds().Add(dot)
	r := image.Rect(b.Min.X.Floor(), b.Min.Y.Floor(), b.Max.X.Ceil(), b.Max.Y.Ceil())
	if r.Empty() {
		return nil, image.Point{}
	}
	ox, oy := float32(dot.X-fixed.I(r.Min.X))/64, float32(dot.Y-fixed.I(r.Min.Y))/64
	ras := vector.NewRasterizer(r.Dx(), r.Dy())
	ras.DrawOp = draw.Src
	at := func(p fixed.Point26_6) (float32, float32) { return ox + float32(p.X)/64, oy + float32(p.Y)/64 }
	for _, s := range segs {
		x, y := at(s.Args[0])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			ras.ClosePath()
			ras.MoveTo(x, y)
		case sfnt.SegmentOpLineTo:
			ras.LineTo(x, y)
		case sfnt.SegmentOpQuadTo:
			x1, y1 := at(s.Args[1])
			ras.QuadTo(x, y, x1, y1)
		case sfnt.SegmentOpCubeTo:
			x1, y1 := at(s.Args[1])
			x2, y2 := at(s.Args[2])
			ras.CubeTo(x, y, x1, y1, x2, y2)
		}
	}
	ras.ClosePath()
	m := image.NewAlpha(image.Rect(0, 0, r.Dx(), r.Dy()))
	ras.Draw(m, m.Bounds(), image.Opaque, image.Point{})
	return m, r.Min
}
