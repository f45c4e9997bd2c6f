package letters

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"math"
	"sync"

	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-fonts/dejavu/dejavusansbold"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/harfbuzz"
	ximage "golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// Font is a font in use. Two letters are of one font if their pointers are equal.
type Font struct {
	Name string // in full, such as "DejaVu Sans Bold"
	Data []byte // a TrueType or OpenType file of this font alone; not to be changed
	// PostScript says that the outlines are PostScript's, in a table "CFF ", and not
	// TrueType's in "glyf".
	PostScript bool
	// Restricted says that the font's licence bits (fsType of table "OS/2") do not let a
	// document embed a part of it: draw its outlines.
	Restricted bool

	sfnt   *sfnt.Font
	upem   int  // units of an em
	kerned bool // has tables of kerning

	// Guarded by mu.
	kerns  map[[2]sfnt.GlyphIndex]int // in units
	shaper *harfbuzz.Font             // made when it is needed
	broken bool                       // no shaper can be made
}

// newFont reads a font of its own file. A broken file is an error.
func newFont(data []byte) (f *Font, err error) {
	defer recovered(&err)
	s, err := sfnt.Parse(data)
	if err != nil {
		return nil, err
	}
	d, err := readDirectory(bytes.NewReader(data), 0, int64(len(data)))
	if err != nil {
		return nil, err
	}
	name, err := s.Name(nil, sfnt.NameIDFull)
	if err != nil {
		if name, err = s.Name(nil, sfnt.NameIDFamily); err != nil {
			name = "unnamed"
		}
	}
	f = &Font{
		Name: name, Data: data, sfnt: s, upem: int(s.UnitsPerEm()),
		PostScript: d.has("CFF "), Restricted: d.restricted(),
		kerned: d.has("kern") || d.has("GPOS"), kerns: map[[2]sfnt.GlyphIndex]int{},
	}
	if f.upem <= 0 {
		return nil, fmt.Errorf("an em of %d units", f.upem)
	}
	return f, nil
}

// recovered makes an error of a panic: the libraries that read fonts are not hardened
// against broken ones.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("the font is broken: %v", r)
	}
}

// embedded returns the fonts that are part of the program, for each weight in the order in
// which a character is looked for. All weights have the same characters.
var embedded = sync.OnceValue(func() (chain [weights][]*Font) {
	parse := func(data []byte) *Font {
		f, err := newFont(data)
		if err != nil {
			panic(err) // they are part of the program
		}
		return f
	}
	sans, bold := parse(dejavusans.TTF), parse(dejavusansbold.TTF)
	chain[Regular] = []*Font{parse(goregular.TTF), sans, bold}
	chain[Medium] = []*Font{parse(gomedium.TTF), bold, sans}
	return chain
})

// ppem returns a size as sfnt wants it, in 1/64.
func ppem(size float64) fixed.Int26_6 { return fixed.Int26_6(0.5 + size*64) }

// glyphOf returns the glyph of a character, 0 if there is none.
func (f *Font) glyphOf(r rune) sfnt.GlyphIndex {
	var err error
	defer recovered(&err)
	g, err := f.sfnt.GlyphIndex(nil, r)
	if err != nil {
		return 0
	}
	return g
}

// advance returns how far a glyph moves the pen, in units.
func (f *Font) advance(g sfnt.GlyphIndex) int {
	var err error
	defer recovered(&err)
	a, err := f.sfnt.GlyphAdvance(nil, g, fixed.Int26_6(f.upem), ximage.HintingNone)
	if err != nil {
		return 0
	}
	return int(a)
}

// kern returns how far the second of two glyphs is moved, in units. It needs mu.
func (f *Font) kern(a, b sfnt.GlyphIndex) int {
	if !f.kerned {
		return 0
	}
	pair := [2]sfnt.GlyphIndex{a, b}
	units, ok := f.kerns[pair]
	if !ok {
		units = f.readKern(a, b)
		f.kerns[pair] = units
	}
	return units
}

func (f *Font) readKern(a, b sfnt.GlyphIndex) int {
	var err error
	defer recovered(&err)
	k, err := f.sfnt.Kern(nil, a, b, fixed.Int26_6(f.upem), ximage.HintingNone)
	if err != nil {
		return 0
	}
	return int(k)
}

// harfbuzz returns what shapes writing in the font, or nil. It needs mu.
func (f *Font) harfbuzz() *harfbuzz.Font {
	if f.shaper == nil && !f.broken {
		f.broken = true // unless all goes well
		var err error
		func() {
			defer recovered(&err)
			face, err := font.ParseTTF(bytes.NewReader(f.Data))
			if err != nil {
				return
			}
			f.shaper = harfbuzz.NewFont(face)
			f.shaper.XScale, f.shaper.YScale = shapedEm, shapedEm
			f.broken = false
		}()
	}
	return f.shaper
}

// draws reports whether a glyph has an outline that can be read: fonts of coloured
// pictures have glyphs that have none.
func (f *Font) draws(g sfnt.GlyphIndex) bool { return len(f.Outline(g)) > 0 }

// Point is a point in ems from a glyph's origin, Y up.
type Point struct{ X, Y float64 }

// Segment is a part of an outline, which a line or curve draws on from where the segment
// before ended. A contour begins by a SegmentOpMoveTo and is to be closed before the next.
type Segment struct {
	Op   sfnt.SegmentOp
	Args [3]Point // 1 of a move or line, 2 of a quadratic, 3 of a cubic curve
}

// outlineEm is the size at which outlines are read: any coordinate of a font fits into
// sfnt's 32 bits.
const outlineEm = 1000

// Outline returns the outline of a glyph; it is filled where its winding number is not 0.
// It is empty if the glyph shows nothing.
func (f *Font) Outline(g sfnt.GlyphIndex) (outline []Segment) {
	var err error
	defer recovered(&err)
	segments, err := f.sfnt.LoadGlyph(nil, g, fixed.I(outlineEm), nil)
	if err != nil {
		return nil
	}
	outline = make([]Segment, len(segments))
	for i, s := range segments {
		outline[i].Op = s.Op
		for k, p := range s.Args {
			outline[i].Args[k] = Point{float64(p.X) / (64 * outlineEm), -float64(p.Y) / (64 * outlineEm)}
		}
	}
	return outline
}

// maxCoverage is how many pixels a glyph may have: a broken font does not take all memory.
const maxCoverage = 1 << 26

// rasterizer is what Coverage needs, kept from call to call.
type rasterizer struct {
	buffer sfnt.Buffer
	vector vector.Rasterizer
}

var rasterizers = sync.Pool{New: func() any { return new(rasterizer) }}

// Coverage rasterises a glyph of a size in pixels whose pen stands at a fraction (fx, fy)
// of a pixel; upwards, it is turned a quarter to the left. It returns what part of each
// pixel the glyph covers, and where the image's top left corner lies from the pixel of
// the pen, x to the right and y down; nil if the glyph shows nothing. The coverage is that
// of golang.org/x/image/font/opentype without hinting.
func (f *Font) Coverage(g sfnt.GlyphIndex, size, fx, fy float64, upwards bool) (coverage *image.Alpha, at image.Point) {
	var err error
	defer recovered(&err)
	z := rasterizers.Get().(*rasterizer)
	defer rasterizers.Put(z)
	segments, err := f.sfnt.LoadGlyph(&z.buffer, g, ppem(size), nil)
	if err != nil || len(segments) == 0 {
		return nil, image.Point{}
	}
	if upwards { // the picture's (x, y) is the glyph's (−y, x)
		fx, fy = -fy, fx
	}
	dot := fixed.Point26_6{X: fixed.Int26_6(math.Round(fx * 64)), Y: fixed.Int26_6(math.Round(fy * 64))}
	b := segments.Bounds().Add(dot)
	r := image.Rect(b.Min.X.Floor(), b.Min.Y.Floor(), b.Max.X.Ceil(), b.Max.Y.Ceil())
	if r.Empty() || r.Dx() > maxCoverage/r.Dy() {
		return nil, image.Point{}
	}
	coverage = z.fill(segments, r, dot)
	if !upwards {
		return coverage, r.Min
	}
	turned := image.NewAlpha(image.Rect(0, 0, r.Dy(), r.Dx()))
	for y := range r.Dx() {
		for x := range r.Dy() {
			turned.Pix[y*turned.Stride+x] = coverage.Pix[x*coverage.Stride+r.Dx()-1-y]
		}
	}
	return turned, image.Pt(r.Min.Y, -r.Max.X)
}

// fill rasterises segments, whose origin is at dot, within r.
func (z *rasterizer) fill(segments sfnt.Segments, r image.Rectangle, dot fixed.Point26_6) *image.Alpha {
	bias := dot.Sub(fixed.P(r.Min.X, r.Min.Y))
	at := func(p fixed.Point26_6) (x, y float32) {
		return float32(p.X+bias.X) / 64, float32(p.Y+bias.Y) / 64
	}
	v := &z.vector
	v.Reset(r.Dx(), r.Dy())
	v.DrawOp = draw.Src
	for i := range segments {
		s := &segments[i]
		x, y := at(s.Args[0])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			v.MoveTo(x, y)
		case sfnt.SegmentOpLineTo:
			v.LineTo(x, y)
		case sfnt.SegmentOpQuadTo:
			x1, y1 := at(s.Args[1])
			v.QuadTo(x, y, x1, y1)
		case sfnt.SegmentOpCubeTo:
			x1, y1 := at(s.Args[1])
			x2, y2 := at(s.Args[2])
			v.CubeTo(x, y, x1, y1, x2, y2)
		}
	}
	m := image.NewAlpha(image.Rect(0, 0, r.Dx(), r.Dy()))
	v.Draw(m, m.Rect, image.Opaque, image.Point{})
	return m
}
