package display

import (
	"math"

	"losscape/scenes/letters"
)

// Text adds a line of text with its anchor at (x, y). On pixels its baseline is a whole
// one, unless it moves.
func (l *List) Text(line string, st Style, x, y float64, a Align, moving bool) {
	if line == "" {
		return
	}
	first := len(l.Letters)
	w := 0.0
	l.Letters, w = letters.Layout(l.Letters, line, st.Weight, st.Size, l.Pixels)
	x -= a.X * w
	if a.Middle {
		y += letters.CapHeight / 2 * st.Size
	}
	if l.Pixels && !moving {
		y = math.Round(y)
	}
	l.text(Text{
		Line: line, Style: st, Pen: Pt(x, y), Width: w, Align: a.X, Letters: first,
		Box: Rect(x, y-letters.CapHeight*st.Size, x+w, y+letters.Descender*st.Size),
	}, moving)
}

// Upwards adds a line of text that reads upwards. Its anchor is the middle of the line,
// half the height of a capital above its baseline.
func (l *List) Upwards(line string, st Style, x, y float64) {
	if line == "" {
		return
	}
	first := len(l.Letters)
	w := 0.0
	l.Letters, w = letters.Layout(l.Letters, line, st.Weight, st.Size, l.Pixels)
	x += letters.CapHeight / 2 * st.Size
	if l.Pixels {
		x = math.Round(x)
	}
	y += w / 2
	l.text(Text{
		Line: line, Style: st, Pen: Pt(x, y), Width: w, Align: 0.5, Upwards: true, Letters: first,
		Box: Rect(x-letters.CapHeight*st.Size, y-w, x+letters.Descender*st.Size, y),
	}, true)
}

// text adds a line that has been laid out, and a command for each of its letters.
func (l *List) text(t Text, moving bool) {
	t.NLetters = len(l.Letters) - t.Letters
	c := Rect(float64(l.clip[0]), float64(l.clip[1]), float64(l.clip[2]), float64(l.clip[3]))
	t.Clipped = c.Union(t.Box) != c
	at := uint32(len(l.Texts))
	l.Texts = append(l.Texts, t)
	upwards, placed := float32(0), float32(0)
	if t.Upwards {
		upwards = 1
	}
	if !moving {
		placed = 1 // on a whole line of pixels
	}
	for i := t.Letters; i < len(l.Letters); i++ {
		p := &l.Letters[i]
		x, y := t.Pen.X+p.X, t.Pen.Y-p.Up
		if t.Upwards {
			x, y = t.Pen.X-p.Up, t.Pen.Y-p.X
		}
		l.Add(Command{
			Kind: KindGlyph, Seg: at, Segs: uint32(i),
			A: [4]float32{f(x), f(y), f(p.Size), upwards}, B: [4]float32{placed},
		}, t.Style.Color)
	}
}

// glyphExtent returns what the ink of a letter lies in, generously: a printer knows more
// of it.
func glyphExtent(c *Command) [4]float32 {
	reach := 2 * c.A[2]
	return [4]float32{c.A[0] - reach, c.A[1] - reach, c.A[0] + reach, c.A[1] + reach}
}
