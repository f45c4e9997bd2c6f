package figure

import (
	"image/color"
	"strconv"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/letters"
)

// legendEntry is a line of a legend.
type legendEntry struct {
	text   string
	dot    bool
	col    color.NRGBA
	status string  // how a run ended, behind the text; empty if it took all of its steps
	ended  float64 // after so many updates
}

// mostEntries is how many lines a legend has room for.
const mostEntries = 9

// runEntries returns a line for each run, at most most; the last of them then
// says how many are left out.
func runEntries(runs []*run, most int, prefix string, ly *Layout) []legendEntry {
	var out []legendEntry
	for i, r := range runs {
		if len(out) == most-1 && i < len(runs)-1 {
			more := scenes.Fill(ly.Labels.Legend.More, "n", strconv.Itoa(len(runs)-i))
			return append(out, legendEntry{text: more})
		}
		out = append(out, legendEntry{text: prefix + r.name, col: r.color})
	}
	return out
}

// withStatus has the lines of runs say how those ended that did not take all of their
// steps.
func (f *Figure) withStatus(entries []legendEntry, runs []*run) []legendEntry {
	for i := range entries {
		r := runs[i]
		if entries[i].col.A == 0 || r.index >= len(f.Endings) || f.Endings[r.index].Status == cpu.StepLimit {
			continue
		}
		e := f.Endings[r.index]
		entries[i].status, entries[i].ended = ", "+f.Labels.StatusText(e.Status), float64(e.Steps)
	}
	return entries
}

// legend is a table of what is what on a plate.
type legend struct {
	entries     []legendEntry
	style       display.Style
	pad, swatch float64
	w, h        float64
	at          display.Rectangle // where it is, of that size
	over        bool              // lines come into it: it is drawn over them, in each frame
}

// lineStep is the distance of the lines of a legend, in ems.
const lineStep = 1.35

// newLegend lays a legend out in letters of about px pixels.
func newLegend(entries []legendEntry, px float64, ly *Layout) *legend {
	g := &legend{entries: entries, style: display.Style{Weight: letters.Regular, Size: ly.quarter(px), Color: ly.Theme.Ink}}
	widest := 0.0
	for _, e := range entries {
		widest = max(widest, ly.Width(e.text+e.status, g.style))
	}
	g.pad, g.swatch = 0.55*g.style.Size, 1.9*g.style.Size
	g.w = widest + g.swatch + 3*g.pad
	g.h = (float64(len(entries))*lineStep + 0.5) * g.style.Size
	return g
}

// narrow makes a legend that is wider than some width fit into it: if a text would lose
// much for what stands behind it, that is left out, and texts are cut.
func (g *legend) narrow(width float64, ly *Layout) {
	if g.w <= width {
		return
	}
	room, widest := width-g.swatch-3*g.pad, 0.0
	for i := range g.entries {
		e := &g.entries[i]
		left := room - ly.Width(e.status, g.style)
		if text := ly.Width(e.text, g.style); text > left && left < 0.7*min(text, room) {
			e.status, left = "", room
		}
		e.text = ly.cut(e.text, g.style, left)
		widest = max(widest, ly.Width(e.text+e.status, g.style))
	}
	g.w = widest + g.swatch + 3*g.pad
}

// stand puts the legend where the fewest lines come into it.
func (g *legend) stand(plot display.Rectangle, lines []trail, ly *Layout) {
	g.at = freeCorner(ly, plot, g.w, g.h, lines)
	g.over = hits(lines, g.at) > 0
}

// draw lists the legend, without how runs end.
func (g *legend) draw(l *display.List, ly *Layout) {
	w, r := ly.Line(0.7), g.at
	l.Rect(r, 3*ly.Pt, ly.Theme.Rim)
	l.Rect(r.Inset(w), 3*ly.Pt-w, ly.Theme.Plate)
	for i, e := range g.entries {
		x, y := g.place(i)
		if e.dot {
			l.Disc(x+g.swatch/2, y, ly.AtLeast(SampleSize*1.15, 2)/2, 0, e.col)
		} else {
			lo, hi := ly.hairline(y, ly.Line(CurveWidth))
			l.Rect(display.Rect(x, lo, x+g.swatch, hi), 0, e.col)
		}
		l.Text(e.text, g.style, x+g.swatch+g.pad, y, display.MiddleLeft, false)
	}
}

// statuses lists how the runs ended that have after some updates.
func (g *legend) statuses(l *display.List, ly *Layout, updates float64) {
	for i, e := range g.entries {
		if e.status != "" && updates >= e.ended {
			x, y := g.place(i)
			l.Text(e.status, g.style, x+g.swatch+g.pad+ly.Width(e.text, g.style), y, display.MiddleLeft, false)
		}
	}
}

// place returns where line i begins, half the height of a capital above its baseline.
func (g *legend) place(i int) (x, y float64) {
	return g.at.X0 + g.pad, g.at.Y0 + (0.25+(float64(i)+0.5)*lineStep)*g.style.Size
}
