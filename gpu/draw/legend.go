package draw

import (
	"image/color"

	"losscape/cpu"
	"losscape/scenes/figure"
)

// legendEntry is a line of a legend.
type legendEntry struct {
	text string
	dot  bool
	col  color.NRGBA
}

// mostEntries is how many lines a legend has room for.
const mostEntries = 9

// runEntries returns a line for each run, at most most; the last of them then
// says how many are left out. Status says of runs that did not take all of their
// steps how they ended.
func runEntries(runs []*run, most int, prefix string, status bool) []legendEntry {
	var out []legendEntry
	for i, r := range runs {
		if len(out) == most-1 && i < len(runs)-1 {
			return append(out, legendEntry{"and " + digits(len(runs)-i) + " more", false, color.NRGBA{}})
		}
		text := prefix + r.name
		if status && r.t.Status != cpu.StepLimit {
			text += ", " + r.t.Status.String()
		}
		out = append(out, legendEntry{text, false, r.color})
	}
	return out
}

// legend is a table of what is what on a plate.
type legend struct {
	entries     []legendEntry
	style       style
	pad, swatch float64
	w, h        float64
}

// newLegend lays a legend out in letters of about px pixels.
func newLegend(entries []legendEntry, px float64, t *typesetter, ly *figure.Layout) *legend {
	g := &legend{entries: entries, style: style{regular, figure.Quarter(px), ly.Theme.Ink}}
	widest := 0.0
	for _, e := range entries {
		widest = max(widest, t.width(e.text, g.style))
	}
	g.pad, g.swatch = 0.55*g.style.px, 1.9*g.style.px
	g.w = widest + g.swatch + 3*g.pad
	g.h = (float64(len(entries))*lineStep + 0.5) * g.style.px
	return g
}

// draw draws the legend into r, which is of its size.
func (g *legend) draw(l *list, r figure.Rectangle, t *typesetter, ly *figure.Layout) {
	w := ly.Line(0.7)
	l.rect(r, 3*ly.Pt, ly.Theme.Rim)
	l.rect(r.Inset(w), 3*ly.Pt-w, ly.Theme.Plate)
	for i, e := range g.entries {
		y := r.Y0 + (0.25+(float64(i)+0.5)*lineStep)*g.style.px
		sx := r.X0 + g.pad
		if e.dot {
			l.disc(sx+g.swatch/2, y, max(figure.SampleSize*ly.Pt*1.15, 2)/2, 0, e.col)
		} else {
			lo, hi := hairline(y, ly.Line(figure.CurveWidth))
			l.rect(figure.Rect(sx, lo, sx+g.swatch, hi), 0, e.col)
		}
		t.put(l, e.text, g.style, sx+g.swatch+g.pad, y, align{0, true}, false)
	}
}
