package figure

import (
	"math"
	"slices"

	"losscape/scenes/display"
	"losscape/scenes/scale"
)

// history is the panel of the runs' losses against the number of updates, and of a second
// quantity against an axis on the right: how near to their limit of stability they are, if
// the scene asks for that, else their distances from the plane, if they leave it.
type history struct {
	*axes
	runs   []*run
	trails []trail // of runs
	names  *legend // nil of a single run, and in a thumbnail

	right     *scale.Scale // of the second quantity; nil for none
	rightName string       // the axis's name
	second    [][]float64  // the second quantity, of runs; nil of one without it
	thin      []trail      // its curves, of runs; empty of one without it
	limits    []limit      // of the second quantity

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
	if f.Scene.Film.Stability {
		h.openStability(f)
	} else {
		h.openOff(f)
	}
	if h.right != nil {
		h.beside = func(plot display.Rectangle) float64 { return rightWide(&f.Layout, plot, h.right, h.rightName) }
	}
	return h, nil
}

// openOff makes the axis of the distances from the plane, unless all runs stay in it.
func (h *history) openOff(f *Figure) {
	farthest := 0.0
	for _, run := range h.runs {
		for _, x := range run.off {
			farthest = max(farthest, x)
		}
		h.second = append(h.second, run.off)
	}
	if farthest > 0 {
		h.right, h.rightName = scale.NewLinear(0, 1.05*farthest), f.Scene.Labels.Axis.Off
	}
}

// rightY returns the height of a value of the second quantity in the plot.
func (h *history) rightY(x float64) float64 { return h.plot.Y1 - h.right.Unit(x)*h.plot.H() }

func (h *history) lay(f *Figure, i int, left float64) {
	h.axes.lay(f, i, left)
	for _, run := range h.runs {
		h.trails = append(h.trails, h.fall(run.n, func(k int) float64 { return h.y(run.t.Loss[k]) }))
	}
	for i, run := range h.runs {
		var thin trail
		if x := h.second[i]; x != nil {
			thin = h.fall(run.n, func(k int) float64 { return h.rightY(x[k]) })
		}
		h.thin = append(h.thin, thin)
	}
	h.names = h.legend(f)
}

// fall returns the way of n values of a run over the plot, by their heights in it. Of the
// points in half a pixel's width only the first, the last, the lowest and the highest are
// kept.
func (h *history) fall(n int, height func(k int) float64) trail {
	at := make([]Vec3, n)
	far := 4 * h.plot.H()
	for k := range at {
		y := height(k)
		at[k] = Vec3{h.x(float64(k)), min(max(y, h.plot.Y0-far), h.plot.Y1+far), 0}
	}
	t := trail{at: at}
	for k := 0; k < n; {
		end, low, high := k, k, k
		column := math.Floor(2 * at[k][0])
		for end+1 < n && math.Floor(2*at[end+1][0]) == column {
			end++
			if at[end][1] < at[low][1] {
				low = end
			}
			if at[end][1] > at[high][1] {
				high = end
			}
		}
		for _, i := range [4]int{k, min(low, high), max(low, high), end} {
			if m := len(t.when); m == 0 || t.when[m-1] < float64(i) {
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
	g.stand(h.plot, append(slices.Clone(h.trails), h.thin...), &f.Layout)
	return g
}

// static lists axes and, if there are several runs, their names.
func (h *history) static(l *display.List, f *Figure) {
	h.grid(l, &f.Layout)
	h.draw(l, &f.Layout)
	if h.right != nil {
		rightAxis(l, &f.Layout, h.plot, h.plot, h.right, h.rightName)
		h.drawLimits(l, f)
	}
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

// thinWidth is the width of the curve of the second quantity, in points.
const thinWidth = 0.7

// upTo returns a curve as it is after some updates.
func (h *history) upTo(t *trail, updates float64) []display.Vertex {
	h.trail = t.upTo(updates, 0, h.trail)
	h.line = h.line[:0]
	for _, p := range h.trail {
		h.line = append(h.line, display.Vertex{X: p[0], Y: p[1]})
	}
	return h.line
}

// frame lists the losses and the second quantity so far, and the current losses.
func (h *history) frame(l *display.List, f *Figure, k int) {
	width := f.PathWidth()
	radius := f.AtLeast(DotSize, 4) / 2 * 0.85
	l.Within(h.plot, func() {
		for i := len(h.runs) - 1; i >= 0; i-- {
			if len(h.thin[i].at) > 0 {
				l.Line(h.upTo(&h.thin[i], h.runs[i].at(k)), f.AtLeast(thinWidth, 0.7), h.runs[i].color)
			}
		}
		for i := len(h.runs) - 1; i >= 0; i-- {
			l.Line(h.upTo(&h.trails[i], h.runs[i].at(k)), width, h.runs[i].color)
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
