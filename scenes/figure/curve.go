package figure

import (
	"math"
	"slices"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// curve is the panel of the data and the probabilities that the weights give
// them.
type curve struct {
	*axes
	runs    []*run
	x0, x1  float64   // of the data at the plot's edges
	xs      []float64 // where the curves are always evaluated
	scratch []display.Vertex
	at      []float64
}

func openCurve(f *Figure, i int, p Panel) (view, error) {
	lo, hi := FeatureRange(f.Scene)
	least := min(0, f.Scene.Curve.Negative)
	c := &curve{
		axes: newAxes(p, f.titleOf(i), f.Scene.FeatureName(), f.Scene.Labels.Axis.Prediction, scale.NewLinear(lo, hi), scale.NewLinear(least-0.1, 1.1), &f.Layout),
		runs: f.runsOf(i), x0: lo, x1: hi,
	}
	return c, nil
}

func (c *curve) lay(f *Figure, i int, left float64) {
	c.axes.lay(f, i, left)
	n := int(max(8, math.Ceil(c.plot.W()/f.AtLeast(3, 4))))
	for i := range n + 1 {
		c.xs = append(c.xs, c.x0+(c.x1-c.x0)*float64(i)/float64(n))
	}
}

// static lists axes, samples and legend.
func (c *curve) static(l *display.List, f *Figure) {
	s := f.Scene
	c.grid(l, &f.Layout)
	l.Within(c.plot, func() {
		type dot struct {
			x int
			y float64
		}
		seen := map[dot]bool{} // dots nearer than a quarter of a hair are one
		fine := 4 / f.Medium.Hair
		for i := range s.Problem.N() {
			y, col := 1.0, f.Theme.Positive
			if s.Problem.Y[i] == 0 {
				y, col = s.Curve.Negative, f.Theme.Negative
			}
			x := c.x(s.Problem.X.At(i, 0))
			key := dot{int(math.Round(x * fine)), y}
			if seen[key] {
				continue
			}
			seen[key] = true
			l.Disc(float64(key.x)/fine, c.y(y), f.AtLeast(SampleSize, 2)/2, 0, palette.WithAlpha(col, 0.75))
		}
	})
	c.draw(l, &f.Layout)
	c.legend(l, s, &f.Layout)
}

// legend says what is what, in the free space between the lower samples and the
// curves.
func (c *curve) legend(l *display.List, s *scenes.Scene, ly *Layout) {
	th, runs := ly.Theme, c.runs
	entries := []legendEntry{{text: s.Classes[0], dot: true, col: th.Positive}, {text: s.Classes[1], dot: true, col: th.Negative}}
	if len(runs) == 1 {
		entries = append(entries,
			legendEntry{text: s.Labels.Legend.Positive, col: th.Curves[0]},
			legendEntry{text: s.NegativeText(), col: th.Curves[1]})
	} else {
		entries = append(entries, runEntries(runs, mostEntries-2, s.Labels.Legend.Probability+", ", ly)...)
	}
	// With the samples of label 0 at −1 the space below the curves is free.
	low := s.Curve.Negative
	room := c.y(low+0.06) - c.y(low+0.96)
	size := min(TickSize*ly.Pt, room/(float64(len(entries))*lineStep+0.9))
	g := newLegend(entries, max(size, min(ly.Medium.Text, TickSize*ly.Pt)), ly)
	gap := 6 * ly.Pt
	g.narrow(0.8*c.plot.W()-gap, ly)
	if g.h > 1.3*room {
		return // a thumbnail
	}
	x1 := c.plot.X1 - gap
	mid := (c.y(low+0.04) + c.y(low+0.98)) / 2
	g.at = ly.Whole(display.Rect(x1-g.w, mid-g.h/2, x1, mid+g.h/2))
	g.draw(l, ly)
}

// frame lists the curves of the runs as frame k shows them.
func (c *curve) frame(l *display.List, f *Figure, k int) {
	width := f.AtLeast(CurveWidth, 1.2)
	l.Within(c.plot, func() {
		for i := len(c.runs) - 1; i >= 0; i-- {
			run := c.runs[i]
			w := run.weights(k)
			if len(c.runs) > 1 {
				l.Line(c.points(w[0], w[1], 1), width, run.color)
				continue
			}
			l.Line(c.points(w[0], w[1], 1), width, f.Theme.Curves[0])
			l.Line(c.points(w[0], w[1], -1), width, f.Theme.Curves[1])
		}
	})
}

func (c *curve) pick(*Hit, *Figure, display.Point) {}

// probe lists the curve of the weights that are read.
func (c *curve) probe(l *display.List, f *Figure, q *Reading) {
	if len(q.W) != 2 {
		return
	}
	th := f.Theme
	l.Within(c.plot, func() {
		l.Line(c.points(q.W[0], q.W[1], 1), f.AtLeast(1.4, 1.2), mix(th.Paper, th.Ink, 0.75))
	})
}

// points returns the curve of σ(s (w x + b)), denser where it bends.
func (c *curve) points(w, b, s float64) []display.Vertex {
	c.at = append(c.at[:0], c.xs...)
	for z := -9.0; z <= 9; z += 0.25 {
		if x := (z - b) / w; x > c.x0 && x < c.x1 {
			c.at = append(c.at, x)
		}
	}
	slices.Sort(c.at)
	c.scratch = c.scratch[:0]
	for _, x := range c.at {
		c.scratch = append(c.scratch, display.Vertex{X: c.x(x), Y: c.y(cpu.Sigmoid(s * (w*x + b)))})
	}
	return c.scratch
}
