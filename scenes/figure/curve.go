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

// curve is the panel of the data, of one feature, and the probabilities that the weights
// give them.
type curve struct {
	*axes
	runs    []*run
	x0, x1  float64   // of the data at the plot's edges
	xs      []float64 // where the curves are always evaluated
	names   *legend   // nil in a thumbnail
	scratch []display.Vertex
	at      []float64
}

func openCurve(f *Figure, i int, p Panel) (view, error) {
	if f.Scene.Problem.Features() != 1 {
		return openMargins(f, i, p)
	}
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
	if g := c.names; g != nil && !g.over {
		g.draw(l, &f.Layout)
	}
}

// settle makes the legend, once all panels are there: as many lines as have room. Where
// curves come into it, and it would hide much or another panel has the names of the runs,
// it is of the classes alone.
func (c *curve) settle(f *Figure) error {
	ly, low := &f.Layout, f.Scene.Curve.Negative
	room := c.y(low+0.06) - c.y(low+0.96)
	ways := c.ways(f)
	for most := mostEntries; most >= 2; most-- {
		entries := c.entries(f.Scene, most, ly)
		size := min(TickSize*ly.Pt, room/(float64(len(entries))*lineStep+0.9))
		g := newLegend(entries, max(size, min(ly.Medium.Text, TickSize*ly.Pt)), ly)
		if g.h > 1.3*room {
			continue // without any, a thumbnail
		}
		c.place(g, room, f, ways)
		c.names = g
		if len(entries) <= 2 || !g.over || g.h < 0.5*c.plot.H() && !told(f, c.runs) {
			return nil
		}
	}
	return nil
}

// place puts a legend below the curves, where the samples of label 0 lie at −1, else
// where the fewest curves come into it, between the samples.
func (c *curve) place(g *legend, room float64, f *Figure, ways []trail) {
	ly, low, gap := &f.Layout, f.Scene.Curve.Negative, 6*f.Pt
	g.narrow(0.8*c.plot.W()-gap, ly)
	if low < 0 {
		x1, mid := c.plot.X1-gap, (c.y(low+0.04)+c.y(low+0.98))/2
		g.at = ly.Whole(display.Rect(x1-g.w, mid-g.h/2, x1, mid+g.h/2))
		return
	}
	free := c.plot
	if over := g.h + 2*gap - room; over < 0 {
		free.Y0, free.Y1 = c.y(0.97), c.y(0.03)
	}
	g.stand(free, ways, ly)
}

// ways returns the curves at the first frame, the last one and one between, roughly.
func (c *curve) ways(f *Figure) (out []trail) {
	last := max(0, f.Scene.Film.Frames-1)
	signs := []float64{1}
	if len(c.runs) == 1 {
		signs = []float64{1, -1}
	}
	for _, run := range c.runs {
		for i := range 3 {
			w := run.weights(last * i / 2)
			for _, sign := range signs {
				var t trail
				for k, v := range c.points(w[0], w[1], sign) {
					if k%2 == 0 {
						t.points = append(t.points, Vec3{v.X, v.Y, 0})
					}
				}
				out = append(out, t)
			}
		}
	}
	return out
}

// entries returns at most so many lines of the legend: classes first, then curves.
func (c *curve) entries(s *scenes.Scene, most int, ly *Layout) []legendEntry {
	th := ly.Theme
	entries := []legendEntry{{text: s.Classes[0], dot: true, col: th.Positive}, {text: s.Classes[1], dot: true, col: th.Negative}}
	switch {
	case len(c.runs) != 1 && most > 3:
		entries = append(entries, runEntries(c.runs, most-2, s.Labels.Legend.Probability+", ", ly)...)
	case len(c.runs) == 1 && most > 3:
		entries = append(entries,
			legendEntry{text: s.Labels.Legend.Positive, col: th.Curves[0]},
			legendEntry{text: s.NegativeText(), col: th.Curves[1]})
	}
	return entries
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
	if g := c.names; g != nil && g.over {
		g.draw(l, &f.Layout)
	}
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
