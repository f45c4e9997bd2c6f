package export

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"losscape/scenes"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// axes are a plot's.
type axes struct {
	p       *page
	plot    box
	x0, x1  float64
	y       *scale.Scale
	yTicks  []float64
	yLabels []string
}

func (a *axes) at(x, y float64) point {
	// Halves, as the difference of two finite numbers may not be finite.
	u := (x/2 - a.x0/2) / (a.x1/2 - a.x0/2)
	return point{between(a.plot.x0, a.plot.x1, u), between(a.plot.y0, a.plot.y1, a.y.Unit(y))}
}

// newAxes makes a page around a plot, with room on its right. The left margin
// is as wide as the labels of the y axis.
func newAxes(kind string, s *scenes.Scene, xName, yName string, x0, x1 float64, y *scale.Scale, room float64) (*axes, error) {
	th := palette.ThemeOf(s.Film.Theme)
	p, err := newPage(kind, th, 1, 1) // to measure
	if err != nil {
		return nil, err
	}
	wide := func(labels []string) float64 {
		w := 0.0
		for _, l := range labels {
			w = max(w, p.width(l, regular, tickSize))
		}
		return w
	}
	const below = tick + 2 + tickSize + 3 + labelSize
	yTicks, yLabels := y.Ticks(8)
	left := margin + labelSize + 4 + wide(yLabels) + 2 + tick
	right := max(room, wide(scale.Labels(p.across(x0, x1)))/2) + margin
	bottom, top := margin+below, margin+titleSize+5
	// A long title is set smaller, down to what can be read, and then cut.
	w, h := roundTo(left+plotSide+right, 1), roundTo(bottom+plotSide+top, 1)
	title, size := s.Title, titleSize
	for width := p.width(title, medium, size); width > w-2*margin && size > 6; width = p.width(title, medium, size) {
		size -= 0.25
	}
	if p.width(title, medium, size) > w-2*margin {
		r := []rune(title)
		for len(r) > 0 && p.width(string(r)+"…", medium, size) > w-2*margin {
			r = r[:len(r)-1]
		}
		title = string(r) + "…"
	}
	if p, err = newPage(kind, th, w, h); err != nil {
		return nil, err
	}
	a := &axes{p: p, plot: box{left, bottom, left + plotSide, bottom + plotSide}, x0: x0, x1: x1, y: y, yTicks: yTicks, yLabels: yLabels}
	middle := left + plotSide/2
	half := p.width(title, medium, size) / 2
	middle = min(max(middle, margin+half), w-margin-half)
	p.text(title, medium, size, point{middle, bottom + plotSide + 6}, 0.5, false)
	p.text(xName, regular, labelSize, point{left + plotSide/2, margin + 2.2}, 0.5, false)
	p.text(yName, regular, labelSize, point{margin + 0.72*labelSize, bottom + plotSide/2}, 0.5, true)
	return a, nil
}

// across returns the ticks of the x axis: as many as have room for their labels.
func (p *page) across(lo, hi float64) (ticks []float64) {
	for bins := 8; bins > 1; bins-- {
		ticks = scale.Ticks(lo, hi, bins)
		widest := 0.0
		for _, l := range scale.Labels(ticks) {
			widest = max(widest, p.width(l, regular, tickSize))
		}
		if len(ticks) < 2 || (ticks[1]-ticks[0])/(hi-lo)*plotSide > widest+0.8*tickSize {
			break
		}
	}
	return ticks
}

// grid draws lines at the ticks, under what is in the plot.
func (a *axes) grid() {
	var grid [][]point
	for _, x := range a.p.across(a.x0, a.x1) {
		q := a.at(x, 0)
		grid = append(grid, []point{{q.x, a.plot.y0}, {q.x, a.plot.y1}})
	}
	for _, y := range a.yTicks {
		q := a.at(a.x0, y)
		grid = append(grid, []point{{a.plot.x0, q.y}, {a.plot.x1, q.y}})
	}
	a.p.stroke(grid, 0.5, a.p.Grid)
}

// frame draws the axes' frame and ticks, over what is in the plot.
func (a *axes) frame() {
	lines := [][]point{outline(a.plot)}
	xTicks := a.p.across(a.x0, a.x1)
	for i, l := range scale.Labels(xTicks) {
		q := point{a.at(xTicks[i], 0).x, a.plot.y0}
		lines = append(lines, []point{q, {q.x, q.y - tick}})
		a.p.text(l, regular, tickSize, point{q.x, q.y - tick - 2 - 0.72*tickSize}, 0.5, false)
	}
	for i, l := range a.yLabels {
		q := a.at(a.x0, a.yTicks[i])
		lines = append(lines, []point{q, {q.x - tick, q.y}})
		a.p.text(l, regular, tickSize, point{q.x - tick - 2, q.y - 0.35*tickSize}, 1, false)
	}
	a.p.stroke(lines, hair, a.p.Ink)
}

// entry is a line of a legend.
type entry struct {
	text string
	col  color.Color
	dot  bool
}

// mostEntries is how many lines a legend has room for.
const mostEntries = 9

// legend draws a legend into the corner, or along the side, of the plot that
// covers the fewest of the points that matter.
func (a *axes) legend(entries []entry, points []point) {
	if len(entries) == 0 {
		return
	}
	if n := len(entries); n > mostEntries {
		entries = append(slices.Clone(entries[:mostEntries-1]), entry{text: fmt.Sprintf("and %d more", n-mostEntries+1)})
	}
	const line, pad, swatch = 1.35 * legendSize, 0.6 * legendSize, 1.7 * legendSize
	width := 0.0
	for _, e := range entries {
		width = max(width, a.p.width(e.text, regular, legendSize))
	}
	w, h := width+swatch+3*pad, float64(len(entries))*line+pad
	if w > plotSide-12 {
		return
	}
	const gap = 6
	b := a.plot
	best, fewest := box{}, math.MaxInt
	for _, x := range []float64{b.x1 - gap - w, b.x0 + gap} {
		for _, y := range []float64{b.y0 + gap, b.y1 - gap - h, (b.y0 + b.y1 - h) / 2, b.y0 + 0.26*plotSide - h/2} {
			r := box{x, y, x + w, y + h}
			n := 0
			for _, q := range points {
				if (box{r.x0 - 3, r.y0 - 3, r.x1 + 3, r.y1 + 3}).holds(q) {
					n++
				}
			}
			if n < fewest && r.y0 >= b.y0 && r.y1 <= b.y1 {
				best, fewest = r, n
			}
		}
	}
	a.p.fill([][]point{corners(best)}, a.p.Plate)
	a.p.stroke([][]point{outline(best)}, 0.5, a.p.Rim)
	for i, e := range entries {
		y := best.y1 - pad/2 - (float64(i)+0.5)*line
		x := best.x0 + pad
		switch {
		case e.col == nil:
		case e.dot:
			a.p.disc([]point{{x + swatch/2, y}}, 1.6, e.col)
		default:
			a.p.stroke([][]point{{{x, y}, {x + swatch, y}}}, curveWidth, e.col)
		}
		a.p.text(e.text, regular, legendSize, point{x + swatch + pad, y - 0.35*legendSize}, 0, false)
	}
}
