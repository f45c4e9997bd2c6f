package figure

import (
	"image/color"
	"strconv"

	"losscape/cpu"
	"losscape/scenes/display"
	"losscape/scenes/letters"
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
			return append(out, legendEntry{"and " + strconv.Itoa(len(runs)-i) + " more", false, color.NRGBA{}})
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
	style       display.Style
	pad, swatch float64
	w, h        float64
}

// lineStep is the distance of the lines of a legend, in ems.
const lineStep = 1.35

// newLegend lays a legend out in letters of about px pixels.
func newLegend(entries []legendEntry, px float64, ly *Layout) *legend {
	g := &legend{entries: entries, style: display.Style{Weight: letters.Regular, Size: ly.quarter(px), Color: ly.Theme.Ink}}
	widest := 0.0
	for _, e := range entries {
		widest = max(widest, ly.Width(e.text, g.style))
	}
	g.pad, g.swatch = 0.55*g.style.Size, 1.9*g.style.Size
	g.w = widest + g.swatch + 3*g.pad
	g.h = (float64(len(entries))*lineStep + 0.5) * g.style.Size
	return g
}

// draw draws the legend into r, which is of its size.
func (g *legend) draw(l *display.List, r display.Rectangle, ly *Layout) {
	w := ly.Line(0.7)
	l.Rect(r, 3*ly.Pt, ly.Theme.Rim)
	l.Rect(r.Inset(w), 3*ly.Pt-w, ly.Theme.Plate)
	for i, e := range g.entries {
		y := r.Y0 + (0.25+(float64(i)+0.5)*lineStep)*g.style.Size
		sx := r.X0 + g.pad
		if e.dot {
			l.Disc(sx+g.swatch/2, y, ly.AtLeast(SampleSize*1.15, 2)/2, 0, e.col)
		} else {
			lo, hi := ly.hairline(y, ly.Line(CurveWidth))
			l.Rect(display.Rect(sx, lo, sx+g.swatch, hi), 0, e.col)
		}
		l.Text(e.text, g.style, sx+g.swatch+g.pad, y, display.MiddleLeft, false)
	}
}
