// Package letters lays out lines of text, for all printers: which glyph of which font
// stands where on the line. It imports no OpenGL.
//
// The typeface is Go (https://go.dev/blog/go-fonts). What it lacks is taken from DejaVu
// Sans, and what that lacks from the fonts of the system, if there are any. Lines are
// brought to Unicode's normal form C first. Writing that needs shaping (combining accents,
// Arabic, Devanagari) goes through HarfBuzz, and writing from right to left is put in the
// order in which it is seen; plain lines of Latin, Greek, Cyrillic and mathematics need
// neither, and take a fast path that does not allocate.
//
// All functions may be called by several goroutines at once.
package letters

import (
	"math"
	"sync"
	"unicode/utf8"

	"golang.org/x/image/font/sfnt"
)

// Weight is a weight of the typeface.
type Weight int

const (
	Regular Weight = iota
	Medium         // fonts that have none are bold here
	weights        // how many there are
)

// Proportions of the typeface, in ems.
const (
	CapHeight = 0.723 // of a capital above the baseline
	Descender = 0.21  // how far letters reach below the baseline
)

// Small digits: their size, and where their baseline lies above the line's, in ems.
const (
	smallSize   = 0.68
	superscript = 0.38
	subscript   = -0.2
)

// Letter is a glyph on a line that starts at 0 on its baseline. Lengths are in the unit
// of the size that the line was laid out with.
type Letter struct {
	Font  *Font
	Glyph sfnt.GlyphIndex
	// Rune is the character by which Font has Glyph: the digit 2 for a small one of "x²".
	// It is 0 if there is none, as for a ligature, a letter of several characters, or the
	// box of a character that is missing.
	Rune  rune
	X, Up float64 // of the glyph's origin; Up is above the baseline
	Size  float64 // of an em
	// The letter stands for the bytes from First up to Last of the line. Letters of one
	// cluster, such as a base and its accents, have the same ones.
	First, Last int
}

// mu guards what is learnt while lines are laid out: characters, advances, fonts.
var mu sync.Mutex

// Layout appends the letters of a line to dst, from left to right, and returns them with
// the width of the line. Size is that of an em. On a grid of pixels sizes of small digits
// are rounded to quarters and advances to 1/64, so that few sizes have to be rasterised
// and letters are as far apart as golang.org/x/image/font/opentype puts them; elsewhere
// nothing is rounded.
//
// A character that no font has becomes an empty box, and Missed names it then.
func Layout(dst []Letter, line string, w Weight, size float64, pixels bool) (letters []Letter, width float64) {
	mu.Lock()
	defer mu.Unlock()
	return layout(dst, line, w, size, pixels)
}

// Width returns the width of a line, as Layout does.
func Width(line string, w Weight, size float64, pixels bool) float64 {
	mu.Lock()
	defer mu.Unlock()
	var width float64
	scratch, width = layout(scratch[:0], line, w, size, pixels)
	return width
}

// scratch are the letters of a line whose width alone is wanted. It needs mu.
var scratch []Letter

// layout does what Layout does. It needs mu.
func layout(dst []Letter, line string, w Weight, size float64, pixels bool) ([]Letter, float64) {
	n := len(dst)
	p := newPen(w, size, pixels)
	for at := 0; at < len(line); {
		r, bytes := utf8.DecodeRuneInString(line[at:])
		k := lookup(r, w)
		if !k.plain || k.strange {
			return shaped(dst[:n], line, w, size, pixels)
		}
		dst = p.put(dst, r, k, at, at+bytes)
		at += bytes
	}
	return dst, p.x
}

// Simple reports whether each letter stands for one character of its font, in the order of
// the line: a printer can write those as text then.
func Simple(letters []Letter) bool {
	last := 0
	for i := range letters {
		l := &letters[i]
		if l.Rune == 0 || l.First < last {
			return false
		}
		last = l.Last
	}
	return true
}

// pen puts plain letters side by side.
type pen struct {
	weight Weight
	size   float64
	small  float64 // size of small digits
	pixels bool

	x        float64
	previous *Font // of the letter before
	glyph    sfnt.GlyphIndex
	em       float64 // its size
}

func newPen(w Weight, size float64, pixels bool) pen {
	p := pen{weight: w, size: size, small: smallSize * size, pixels: pixels}
	if pixels {
		p.small = math.Round(4*p.small) / 4
	}
	return p
}

// put appends the letter of character r, which is known as k and stands for the bytes from
// first up to last.
func (p *pen) put(dst []Letter, r rune, k known, first, last int) []Letter {
	if k.ignored {
		return dst
	}
	if k.missing {
		missed[r] = true
	}
	em, up := p.size, 0.0
	if k.raised != 0 {
		em, up = p.small, k.raised*p.size
	}
	if p.previous == k.font && p.em == em {
		p.x += p.length(k.font.kern(p.glyph, k.glyph), k.font, em)
	}
	dst = append(dst, Letter{
		Font: k.font, Glyph: k.glyph, Rune: k.as, X: p.x, Up: up, Size: em, First: first, Last: last,
	})
	p.x += p.length(k.advance, k.font, em)
	p.previous, p.glyph, p.em = k.font, k.glyph, em
	return dst
}

// length returns what a number of a font's units is at a size.
func (p *pen) length(units int, f *Font, em float64) float64 {
	if units == 0 {
		return 0
	}
	if !p.pixels {
		return float64(units) * em / float64(f.upem)
	}
	// As sfnt scales: to 1/64, halves away from 0.
	v := units * int(ppem(em))
	if v >= 0 {
		v += f.upem / 2
	} else {
		v -= f.upem / 2
	}
	return float64(v/f.upem) / 64
}
