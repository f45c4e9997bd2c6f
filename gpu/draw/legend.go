package draw

import (
	"image/color"
	"slices"
	"strconv"
	"strings"

	"losscape/cpu"
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

// runNames returns the names of runs for legends: their own, and what tells them
// apart. A single run needs none.
func runNames(ts []*cpu.Trajectory) []string {
	names := make([]string, len(ts))
	if len(ts) < 2 {
		if len(ts) == 1 {
			names[0] = ts[0].Run.Name
		}
		return names
	}
	differ := func(of func(r cpu.Run) string) bool {
		return slices.ContainsFunc(ts, func(t *cpu.Trajectory) bool { return of(t.Run) != of(ts[0].Run) })
	}
	method := func(r cpu.Run) string { return r.Optimizer }
	rate := func(r cpu.Run) string { return "lr " + number6(r.LR) }
	start := func(r cpu.Run) string {
		s := make([]string, len(r.Start))
		for i, x := range r.Start {
			s[i] = number6(x)
		}
		return "from (" + strings.Join(s, ", ") + ")"
	}
	batch := func(r cpu.Run) string {
		if r.Batch == 0 {
			return "all samples"
		}
		return "batches of " + digits(r.Batch)
	}
	for i, t := range ts {
		var parts []string
		if t.Run.Name != "" {
			parts = append(parts, t.Run.Name)
		} else if differ(method) {
			parts = append(parts, method(t.Run))
		}
		if r := rate(t.Run); differ(rate) && !strings.Contains(t.Run.Name, r) {
			parts = append(parts, r)
		}
		if t.Run.Name == "" && differ(batch) {
			parts = append(parts, batch(t.Run))
		}
		if t.Run.Name == "" && len(t.Run.Start) <= 2 && differ(start) {
			parts = append(parts, start(t.Run))
		}
		names[i] = strings.Join(parts, ", ")
	}
	for i, n := range names {
		if slices.Index(names, n) != i || slices.Index(names[i+1:], n) >= 0 || n == "" {
			// Alike in all of that.
			for j := range names {
				if names[j] == n && ts[j].Run.Name == "" {
					names[j] = strings.TrimPrefix(n+", run "+digits(j+1), ", ")
				}
			}
		}
	}
	return names
}

// number6 writes a parameter with at most six digits.
func number6(x float64) string {
	return strings.ReplaceAll(strconv.FormatFloat(x, 'g', 6, 64), "-", minus)
}

// legend is a table of what is what on a plate.
type legend struct {
	entries     []legendEntry
	style       style
	pad, swatch float64
	w, h        float64
}

// newLegend lays a legend out in letters of about px pixels.
func newLegend(entries []legendEntry, px float64, t *typesetter, ly *layout) *legend {
	g := &legend{entries: entries, style: style{regular, quarter(px), ly.theme.ink}}
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
func (g *legend) draw(l *list, r rect, t *typesetter, ly *layout) {
	w := ly.line(0.7)
	l.rect(r, 3*ly.pt, ly.theme.rim)
	l.rect(r.inset(w), 3*ly.pt-w, ly.theme.plate)
	for i, e := range g.entries {
		y := r.y0 + (0.25+(float64(i)+0.5)*lineStep)*g.style.px
		sx := r.x0 + g.pad
		if e.dot {
			l.disc(sx+g.swatch/2, y, max(sampleSize*ly.pt*1.15, 2)/2, 0, e.col)
		} else {
			lo, hi := hairline(y, ly.line(curveWidth))
			l.rect(rect{sx, lo, sx + g.swatch, hi}, 0, e.col)
		}
		t.put(l, e.text, g.style, sx+g.swatch+g.pad, y, align{0, true}, false)
	}
}
