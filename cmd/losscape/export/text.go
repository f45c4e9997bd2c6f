package export

import (
	"math"

	"losscape/scenes/display"
	"losscape/scenes/letters"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// face is a font that text is set in.
type face struct {
	*letters.Font
	name     string // by which the file knows it; "" where text cannot be set in it
	advances map[sfnt.GlyphIndex]float64
	glyphs   []uint16 // in use
}

// faces are the fonts of a file, in the order of their first use.
type faces []*face

// of returns what a file knows of a font; name names it if it is new.
func (all *faces) of(f *letters.Font, name func(*letters.Font) string) *face {
	for _, old := range *all {
		if old.Font == f {
			return old
		}
	}
	got := &face{Font: f, advances: map[sfnt.GlyphIndex]float64{}}
	*all = append(*all, got)
	if f.PostScript || f.Restricted {
		return got
	}
	if _, err := sfnt.Parse(f.Data); err != nil {
		return got
	}
	if _, err := subset(f.Data, nil); err == nil {
		got.name = name(f)
	}
	return got
}

// advance returns how far a glyph moves the pen, in ems.
func (f *face) advance(g sfnt.GlyphIndex) float64 {
	if a, ok := f.advances[g]; ok {
		return a
	}
	s, err := sfnt.Parse(f.Data)
	if err != nil {
		return 0
	}
	var buf sfnt.Buffer
	em := fixed.I(int(s.UnitsPerEm()))
	a, err := s.GlyphAdvance(&buf, g, em, font.HintingNone)
	if err != nil {
		return 0
	}
	f.advances[g] = float64(a) / float64(em)
	return f.advances[g]
}

// run is a part of a line that one font sets without a gap.
type run struct {
	face *face
	text string
	x    float64 // from the line's start
	up   float64
	size float64
	end  float64 // where the next letter would be
}

// smallGap is a gap between letters in ems that is a rounded place, and left out.
const smallGap = 0.012

// runsOf divides a line into runs. It returns nil where a printer has to draw outlines:
// if a letter is not one character's, or they are not in the order of reading, or a font
// cannot be embedded.
func runsOf(line []letters.Letter, of func(*letters.Font) *face) []run {
	if !letters.Simple(line) {
		return nil
	}
	var out []run
	for _, l := range line {
		f := of(l.Font)
		if f.name == "" || l.Rune > 0xFFFF {
			return nil
		}
		n := len(out) - 1
		if n < 0 || out[n].face != f || out[n].size != l.Size || out[n].up != l.Up || math.Abs(l.X-out[n].end) > smallGap*l.Size {
			out = append(out, run{face: f, x: l.X, up: l.Up, size: l.Size, end: l.X})
			n++
		}
		out[n].text += string(l.Rune)
		out[n].end += f.advance(l.Glyph) * l.Size
		f.glyphs = append(f.glyphs, uint16(l.Glyph))
	}
	return out
}

// outline returns a line of text as a path.
func outline(t *display.Text, line []letters.Letter) *path {
	var p path
	for _, l := range line {
		to := func(q letters.Point) display.Point {
			x, y := l.X+q.X*l.Size, -q.Y*l.Size-l.Up
			if t.Upwards {
				return display.Pt(t.Pen.X+y, t.Pen.Y-x)
			}
			return display.Pt(t.Pen.X+x, t.Pen.Y+y)
		}
		segs := l.Font.Outline(l.Glyph)
		for i, s := range segs {
			switch s.Op {
			case sfnt.SegmentOpMoveTo:
				if i > 0 {
					p.close()
				}
				p.move(to(s.Args[0]))
			case sfnt.SegmentOpLineTo:
				p.line(to(s.Args[0]))
			case sfnt.SegmentOpQuadTo:
				p.quad(to(s.Args[0]), to(s.Args[1]))
			case sfnt.SegmentOpCubeTo:
				p.cubic(to(s.Args[0]), to(s.Args[1]), to(s.Args[2]))
			}
		}
		if len(segs) > 0 {
			p.close()
		}
	}
	return &p
}
