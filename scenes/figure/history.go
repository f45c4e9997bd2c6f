package figure

import (
	"math"

	"losscape/scenes/display"
	"losscape/scenes/scale"
)

// history is the panel of the runs' losses against the number of updates.
type history struct {
	*axes
	runs   []*run
	trails []trail // of runs
	names  *legend // nil of a single run, and in a thumbnail

	trail []Vec4
	line  []display.Vertex
}

func openHistory(f *Figure, i int, p Panel) (view, error) {
	h := &history{runs: f.runsOf(i)}
	last, highest := 1, 0.0
	if f.Terrain != nil {
		_, highest = f.Terrain.Range()
	}
	var losses [][]float64
	for _, run := range h.runs {
		last = max(last, run.n-1)
		losses = append(losses, run.t.Loss[:run.n])
	}
	vertical := scale.History(f.Scene.Film.LossScale, highest, losses)
	h.axes = newAxes(p, f.titleOf(i), f.Scene.Labels.Axis.Updates, f.Scene.Labels.Axis.Loss, scale.NewLinear(0, float64(last)), vertical, &f.Layout)
	return h, nil
}

func (h *history) lay(f *Figure, i int, left float64) {
	h.axes.lay(f, i, left)
	for _, run := range h.runs {
		h.trails = append(h.trails, h.fall(run))
	}
	h.names = h.legend(f)
}

// fall returns the way of a run's losses over the plot. Of the points in half a
// pixel's width only the first, the last, the lowest and the highest are kept.
func (h *history) fall(run *run) trail {
	at := make([]Vec3, run.n)
	far := 4 * h.plot.H()
	for k := range at {
		y := h.y(run.t.Loss[k])
		at[k] = Vec3{h.x(float64(k)), min(max(y, h.plot.Y0-far), h.plot.Y1+far), 0}
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

// legend returns the legend of the plot, nil if there is none: of a single run, and of a
// thumbnail.
func (h *history) legend(f *Figure) *legend {
	if len(h.runs) < 2 {
		return nil
	}
	most := int(max(2, min(mostEntries, h.plot.H()*0.62/(lineStep*TickSize*f.Pt))))
	g := newLegend(f.withStatus(runEntries(h.runs, most, "", &f.Layout), h.runs), TickSize*f.Pt, &f.Layout)
	g.narrow(0.85*h.plot.W(), &f.Layout)
	if g.h > 0.7*h.plot.H() {
		return nil
	}
	g.stand(h.plot, h.trails, &f.Layout)
	return g
}

// static lists axes and, if there are several runs, their names.
func (h *history) static(l *display.List, f *Figure) {
	h.grid(l, &f.Layout)
	h.draw(l, &f.Layout)
	if g := h.names; g != nil && !g.over {
		g.draw(l, &f.Layout)
	}
}

// named returns the runs that the panel names.
func (h *history) named() []*run {
	if h.names == nil {
		return nil
	}
	if n := len(h.names.entries); n < len(h.runs) {
		return h.runs[:n-1] // the last line says how many have none
	}
	return h.runs
}

func (h *history) pick(*Hit, *Figure, display.Point) {}

func (h *history) probe(*display.List, *Figure, *Reading) {}

// frame lists the losses so far and the current ones.
func (h *history) frame(l *display.List, f *Figure, k int) {
	width := f.PathWidth()
	radius := f.AtLeast(DotSize, 4) / 2 * 0.85
	l.Within(h.plot, func() {
		for i := len(h.runs) - 1; i >= 0; i-- {
			h.trail = h.trails[i].upTo(h.runs[i].at(k), 0, h.trail)
			h.line = h.line[:0]
			for _, p := range h.trail {
				h.line = append(h.line, display.Vertex{X: p[0], Y: p[1]})
			}
			l.Line(h.line, width, h.runs[i].color)
		}
	})
	if g := h.names; g != nil && g.over {
		g.draw(l, &f.Layout)
	}
	for i := len(h.runs) - 1; i >= 0; i-- {
		p := h.trails[i].place(h.runs[i].at(k))
		f.dot(l, h.plot, p[0], p[1], radius, h.runs[i].color)
	}
	if h.names != nil {
		h.names.statuses(l, &f.Layout, f.Scene.Film.Updates(k))
	}
}
