package export

import (
	"fmt"
	"math"
	"strings"

	"losscape/scenes/display"
	"losscape/scenes/letters"
	"losscape/scenes/scale"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// letter is a letter of a line of text, with what its font has of it.
type letter struct {
	letters.Letter
	face    *face
	char    rune    // whose glyph it is in its font; 0 if there is no such one
	advance float64 // to the next letter's place, before kerning
}

// face is a font file in use.
type face struct {
	*letters.Font
	sfnt *sfnt.Font
	em   float64 // in the font's units
}

// outliner reads fonts.
type outliner struct {
	faces map[*letters.Font]*face
	buf   sfnt.Buffer
}

func (o *outliner) face(f *letters.Font) (*face, error) {
	if got := o.faces[f]; got != nil {
		return got, nil
	}
	s, err := sfnt.Parse(f.Data)
	if err != nil {
		return nil, fmt.Errorf("the font %s cannot be read: %w", f.Name, err)
	}
	if o.faces == nil {
		o.faces = map[*letters.Font]*face{}
	}
	got := &face{f, s, float64(s.UnitsPerEm())}
	o.faces[f] = got
	return got, nil
}

// of returns the letters of a line of text.
func (o *outliner) of(l *display.List, t *display.Text) ([]letter, error) {
	var out []letter
	for _, g := range l.Letters[t.Letters : t.Letters+t.NLetters] {
		f, err := o.face(g.Font)
		if err != nil {
			return nil, err
		}
		c := letter{Letter: g, face: f}
		if a, err := f.sfnt.GlyphAdvance(&o.buf, g.Glyph, fixed.I(int(f.em)), font.HintingNone); err == nil {
			c.advance = float64(a) / 64 / f.em * g.Size
		}
		if g.First < g.Last && g.Last <= len(t.Line) {
			c.char = o.char(f, t.Line[g.First:g.Last], g.Glyph)
		}
		out = append(out, c)
	}
	return out, nil
}

// char returns the character that a font has a glyph for, of a part of a line: the
// character itself, or the digit of a superscript or subscript; 0 if the glyph is
// another one's, or several characters'.
func (o *outliner) char(f *face, part string, g sfnt.GlyphIndex) rune {
	r := []rune(norm.NFC.String(part))
	if len(r) != 1 {
		return 0
	}
	for _, c := range []rune{r[0], plain(r[0])} {
		if i, err := f.sfnt.GlyphIndex(&o.buf, c); err == nil && i == g && g != 0 {
			return c
		}
	}
	return 0
}

// plain returns the digit or sign that a superscript or subscript is a small one of.
func plain(r rune) rune {
	if r >= '₀' && r <= '₉' {
		return r - '₀' + '0'
	}
	if i := strings.IndexRune(scale.Superscripts, r); i >= 0 {
		return []rune("0123456789" + scale.Minus)[len([]rune(scale.Superscripts[:i]))]
	}
	return r
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

// Gaps between letters in ems: a smaller one is a rounded place, and is left out.
const smallGap = 0.012

// runsOf divides a line into runs. It returns nil if a letter is not one character's, or
// they are not in the order of reading, or embedded says that a font is not one that
// text can be set in.
func runsOf(letters []letter, embedded func(*face) bool) []run {
	var out []run
	last := -1
	for _, l := range letters {
		if l.char == 0 || l.char > 0xFFFF || l.First <= last || !embedded(l.face) {
			return nil
		}
		last = l.First
		n := len(out) - 1
		if n < 0 || out[n].face != l.face || out[n].size != l.Size || out[n].up != l.Up || math.Abs(l.X-out[n].end) > smallGap*l.Size {
			out = append(out, run{face: l.face, x: l.X, up: l.Up, size: l.Size, end: l.X})
			n++
		}
		out[n].text += string(l.char)
		out[n].end += l.advance
	}
	return out
}

// outline returns a line of text as a path.
func outline(t *display.Text, letters []letter) (*path, error) {
	var buf sfnt.Buffer
	var p path
	for _, l := range letters {
		segs, err := l.face.sfnt.LoadGlyph(&buf, l.Glyph, fixed.I(int(l.face.em)), nil)
		if err != nil {
			return nil, fmt.Errorf("a letter of %q cannot be read from the font %s: %w", t.Line, l.face.Name, err)
		}
		to := func(q fixed.Point26_6) display.Point {
			x, y := l.X+float64(q.X)/64/l.face.em*l.Size, float64(q.Y)/64/l.face.em*l.Size-l.Up
			if t.Upwards {
				return display.Pt(t.Pen.X+y, t.Pen.Y-x)
			}
			return display.Pt(t.Pen.X+x, t.Pen.Y+y)
		}
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
	return &p, nil
}
