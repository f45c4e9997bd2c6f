package draw

import (
	"math"

	"losscape/scenes/figure"
	"losscape/scenes/scale"

	"github.com/go-gl/mathgl/mgl64"
)

// historyTitle names the panel of the losses.
const historyTitle = "Loss by Iteration"

// history is the panel of the runs' losses against the number of updates.
type history struct {
	*axes
	trail []mgl64.Vec4
	line  []vertex
}

func openHistory(r *Renderer, p figure.Panel) (panelView, error) {
	last, highest := 1, 0.0
	if r.p.Field != nil {
		highest = float64(r.p.Field.Max)
	}
	var losses [][]float64
	for _, run := range r.runs {
		last = max(last, run.n-1)
		losses = append(losses, run.t.Loss[:run.n])
	}
	vertical := scale.History(r.p.Scene.Film.LossScale, highest, losses)
	h := &history{axes: newAxes(p, historyTitle, "Updates", "Loss", scale.NewLinear(0, float64(last)), vertical, r.text, &r.ly)}
	for _, run := range r.runs {
		run.fall = h.fall(run)
	}
	return h, nil
}

// fall returns the way of a run's losses over the plot. Of the points in half a
// pixel's width only the first, the last, the lowest and the highest are kept.
func (h *history) fall(run *run) trail {
	at := make([]mgl64.Vec3, run.n)
	far := 4 * h.plot.H()
	for k := range at {
		y := h.y(run.t.Loss[k])
		at[k] = mgl64.Vec3{h.x(float64(k)), min(max(y, h.plot.Y0-far), h.plot.Y1+far), 0}
	}
	t := trail{at: at}
	for k := 0; k < run.n; {
		end, low, high := k, k, k
		column := math.Floor(2 * at[k][0])
		for end+1 < run.n && math.Floor(2*at[end+1][0]) == column {
			end++
			if at[end][1] < at[low][1] {
				low = end
			}
			if at[end][1] > at[high][1] {
				high = end
			}
		}
		for _, i := range [4]int{k, min(low, high), max(low, high), end} {
			if n := len(t.when); n == 0 || t.when[n-1] < float64(i) {
				t.points, t.when = append(t.points, at[i]), append(t.when, float64(i))
			}
		}
		k = end + 1
	}
	return t
}

// static draws axes and, if there are several runs, their names.
func (h *history) static(l *list, r *Renderer) error {
	h.grid(l, &r.ly)
	h.draw(l, r.text, &r.ly)
	g := historyLegend(r, h.plot)
	if g != nil {
		g.draw(l, freeCorner(r, h.plot, g.w, g.h, func(run *run) *trail { return &run.fall }), r.text, &r.ly)
	}
	return nil
}

// namesRuns reports whether the panel has a legend.
func (h *history) namesRuns(r *Renderer) bool { return historyLegend(r, h.plot) != nil }

func (h *history) pick(*Hit, *Renderer, figure.Point) {}

func (h *history) probe(*list, *Renderer, *Reading) {}

// historyLegend returns the legend of a plot of losses, nil if there is none: of a
// single run, and of a thumbnail.
func historyLegend(r *Renderer, plot figure.Rectangle) *legend {
	if len(r.runs) < 2 {
		return nil
	}
	most := int(max(2, min(mostEntries, plot.H()*0.5/(lineStep*figure.TickSize*r.ly.Pt))))
	g := newLegend(runEntries(r.runs, most, "", true), figure.TickSize*r.ly.Pt, r.text, &r.ly)
	if g.w > 0.7*plot.W() || g.h > 0.7*plot.H() {
		return nil
	}
	return g
}

// frame draws the losses so far and the current ones.
func (h *history) frame(l *list, r *Renderer, k int) error {
	ly := &r.ly
	width := ly.PathWidth()
	radius := max(figure.DotSize*ly.Pt, 4) / 2 * 0.85
	l.within(h.plot, func() {
		for i := len(r.runs) - 1; i >= 0; i-- {
			run := r.runs[i]
			h.trail = run.fall.upTo(run.at(k), 0, h.trail)
			h.line = h.line[:0]
			for _, p := range h.trail {
				h.line = append(h.line, vertex{x: p[0], y: p[1]})
			}
			l.stroke(h.line, width, run.color)
		}
	})
	for i := len(r.runs) - 1; i >= 0; i-- {
		run := r.runs[i]
		p := run.fall.place(run.at(k))
		rim := max(1.1*ly.Pt, 1)
		x, y := float64(snap(p[0])), float64(snap(p[1]))
		if h.plot.Inset(-0.5).Contains(figure.Pt(x, y)) {
			l.disc(x, y, radius+rim, 0, ly.Theme.Casing)
			l.disc(x, y, radius, 0, run.color)
			continue
		}
		// Outside: a ring at the edge, where it left.
		l.ring(x, min(max(y, h.plot.Y0+radius), h.plot.Y1-radius), radius, rim, run.color, ly.Theme.Casing)
	}
	return nil
}
