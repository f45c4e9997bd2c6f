package export

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"losscape/scenes/figure"
	"losscape/scenes/palette"
	"losscape/scenes/scale"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"
)

const (
	regular = iota
	medium
)

// page draws on a canvas, in points from the lower left corner. Text becomes
// outlines: it looks the same everywhere, with every sign that it needs, whatever
// fonts a reader has.
type page struct {
	*palette.Theme
	c   vg.CanvasWriterTo
	w   float64
	h   float64
	buf sfnt.Buffer
}

// format is a kind of file, which gonum's canvas of it writes.
type format struct {
	extension string
	canvas    func(w, h vg.Length) vg.CanvasWriterTo
}

var formats = []format{
	{".svg", func(w, h vg.Length) vg.CanvasWriterTo { return vgsvg.New(w, h) }},
	{".pdf", func(w, h vg.Length) vg.CanvasWriterTo {
		undated()
		return vgpdf.New(w, h)
	}},
}

// Extensions returns the endings of the names of the files that Vector writes.
func Extensions() []string {
	var list []string
	for _, f := range formats {
		list = append(list, f.extension)
	}
	return list
}

// newPage makes a page of a kind of file, one of Extensions.
func newPage(kind string, th *palette.Theme, w, h float64) (*page, error) {
	i := slices.IndexFunc(formats, func(f format) bool { return f.extension == kind })
	if i < 0 {
		return nil, fmt.Errorf("%q is no vector format, want one of: %s", kind, strings.Join(Extensions(), ", "))
	}
	p := &page{Theme: th, c: formats[i].canvas(vg.Length(w), vg.Length(h)), w: w, h: h}
	p.fill([][]point{corners(box{0, 0, w, h})}, th.Paper)
	return p, nil
}

// undated has the same page make the same bytes: its date is that of SOURCE_DATE_EPOCH
// (https://reproducible-builds.org/specs/source-date-epoch/), else 1970, and its lists
// are in order.
var undated = sync.OnceFunc(func() {
	epoch, _ := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	at := time.Unix(epoch, 0).UTC()
	fpdf.SetDefaultCreationDate(at)
	fpdf.SetDefaultModificationDate(at)
	fpdf.SetDefaultCatalogSort(true)
})

func (p *page) write(w io.Writer) error {
	var b bytes.Buffer // the canvas reports errors of the writer badly
	if _, err := p.c.WriteTo(&b); err != nil {
		return err
	}
	if b.Len() == 0 {
		return errors.New("the page is empty")
	}
	_, err := w.Write(b.Bytes())
	return err
}

func corners(b box) []point { return []point{{b.x0, b.y0}, {b.x1, b.y0}, {b.x1, b.y1}, {b.x0, b.y1}} }

func at(q point) vg.Point { return vg.Point{X: vg.Length(q.x), Y: vg.Length(q.y)} }

// fill fills what polygons surround.
func (p *page) fill(polygons [][]point, c color.Color) {
	var path vg.Path
	for _, poly := range polygons {
		for k, q := range poly {
			if k == 0 {
				path.Move(at(q))
			} else {
				path.Line(at(q))
			}
		}
		path.Close()
	}
	if len(path) > 0 {
		p.c.SetColor(c)
		p.c.Fill(path)
	}
}

// stroke draws lines, by one path.
func (p *page) stroke(lines [][]point, width float64, c color.Color) {
	var path vg.Path
	for _, l := range lines {
		for k, q := range l {
			if k == 0 {
				path.Move(at(q))
			} else {
				path.Line(at(q))
			}
		}
	}
	if len(path) > 0 {
		p.c.SetColor(c)
		p.c.SetLineWidth(vg.Length(width))
		p.c.Stroke(path)
	}
}

// disc fills circles.
func (p *page) disc(centres []point, radius float64, c color.Color) {
	const k = 0.5522847498 // of a quarter circle's Bézier curve
	var path vg.Path
	for _, q := range centres {
		to := func(x, y float64) vg.Point { return at(point{q.x + x*radius, q.y + y*radius}) }
		path.Move(to(1, 0))
		for _, d := range [4][2]float64{{1, 0}, {0, 1}, {-1, 0}, {0, -1}} {
			ex, ey := -d[1], d[0] // a quarter on
			path.CubeTo(to(d[0]+k*ex, d[1]+k*ey), to(ex+k*d[0], ey+k*d[1]), to(ex, ey))
		}
		path.Close()
	}
	if len(path) > 0 {
		p.c.SetColor(c)
		p.c.Fill(path)
	}
}

// glyphs calls f for each glyph of a text with its place from the text's start,
// and returns the text's width. Digits of subscripts are small ones, set low, and
// those of exponents are set high.
func (p *page) glyphs(s string, weight int, size float64, f func(i sfnt.GlyphIndex, font *sfnt.Font, size, x, y float64)) float64 {
	font := figure.Fonts()[weight]
	x := 0.0
	var before sfnt.GlyphIndex
	for _, r := range s {
		em, y := size, 0.0
		if r >= '₀' && r <= '₉' {
			r, em, y, before = '0'+r-'₀', 0.7*size, -0.16*size, 0
		} else if i := strings.IndexRune(scale.Superscripts, r); i >= 0 {
			r, em, y, before = []rune("0123456789−")[utf8.RuneCountInString(scale.Superscripts[:i])], 0.7*size, 0.36*size, 0
		}
		i, err := font.GlyphIndex(&p.buf, r)
		if err != nil {
			continue
		}
		units := fixed.I(1000)
		if before != 0 {
			if k, err := font.Kern(&p.buf, before, i, units, 0); err == nil {
				x += float64(k) / 64000 * em
			}
		}
		if f != nil {
			f(i, font, em, x, y)
		}
		if a, err := font.GlyphAdvance(&p.buf, i, units, 0); err == nil {
			x += float64(a) / 64000 * em
		}
		before = i
	}
	return x
}

func (p *page) width(s string, weight int, size float64) float64 {
	return p.glyphs(s, weight, size, nil)
}

// text puts a text's baseline at q; align is 0 where q is its start, 0.5 where
// it is its middle, 1 where it is its end. Turned, it runs upwards.
func (p *page) text(s string, weight int, size float64, q point, align float64, turned bool) {
	shift := -align * p.width(s, weight, size)
	var path vg.Path
	p.glyphs(s, weight, size, func(i sfnt.GlyphIndex, font *sfnt.Font, em, x, y float64) {
		segments, err := font.LoadGlyph(&p.buf, i, fixed.I(1000), nil)
		if err != nil {
			return
		}
		to := func(v fixed.Point26_6) vg.Point {
			gx, gy := shift+x+float64(v.X)/64000*em, y-float64(v.Y)/64000*em
			if turned {
				gx, gy = -gy, gx
			}
			return at(point{q.x + gx, q.y + gy})
		}
		for k, s := range segments {
			switch s.Op {
			case sfnt.SegmentOpMoveTo:
				if k > 0 {
					path.Close()
				}
				path.Move(to(s.Args[0]))
			case sfnt.SegmentOpLineTo:
				path.Line(to(s.Args[0]))
			case sfnt.SegmentOpQuadTo:
				path.QuadTo(to(s.Args[0]), to(s.Args[1]))
			case sfnt.SegmentOpCubeTo:
				path.CubeTo(to(s.Args[0]), to(s.Args[1]), to(s.Args[2]))
			}
		}
		if len(segments) > 0 {
			path.Close()
		}
	})
	if len(path) > 0 {
		p.c.SetColor(p.Ink)
		p.c.Fill(path)
	}
}

// outline returns a box's border as a line.
func outline(b box) []point { c := corners(b); return append(c, c[0], c[1]) }

// between returns the value at share t of the way from a to b, without
// overflow.
func between(a, b, t float64) float64 { return a*(1-t) + b*t }

func roundTo(x, step float64) float64 { return math.Round(x/step) * step }
