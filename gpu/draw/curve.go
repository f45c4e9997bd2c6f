package draw

import (
	"math"
	"slices"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/figure"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// curve is the panel of the data and the probabilities that the weights give
// them.
type curve struct {
	*axes
	x0, x1  float64   // of the data at the plot's edges
	xs      []float64 // where the curves are always evaluated
	scratch []vertex
	at      []float64
}

func openCurve(r *Renderer, p figure.Panel) (panelView, error) {
	s, ly := r.p.Scene, &r.ly
	name, lo, hi := figure.FeatureAxis(s)
	c := &curve{x0: lo, x1: hi, axes: newAxes(p, "Probability Curve", name, "Prediction", scale.NewLinear(lo, hi), scale.NewLinear(-1.1, 1.1), r.text, ly)}
	n := int(max(8, math.Ceil(c.plot.W()/max(4, 3*ly.Pt))))
	for i := range n + 1 {
		c.xs = append(c.xs, c.x0+(c.x1-c.x0)*float64(i)/float64(n))
	}
	return c, nil
}

// static draws axes, samples and legend.
func (c *curve) static(l *list, r *Renderer) error {
	s, ly := r.p.Scene, &r.ly
	c.grid(l, ly)
	l.within(c.plot, func() {
		type dot struct {
			x int
			y float64
		}
		seen := map[dot]bool{} // dots nearer than a quarter of a pixel are one
		for i := range s.Problem.N() {
			y, col := 1.0, ly.Theme.Positive
			if s.Problem.Y[i] == 0 {
				y, col = -1, ly.Theme.Negative
			}
			x := c.x(s.Problem.X.At(i, 0))
			key := dot{int(math.Round(x * 4)), y}
			if seen[key] {
				continue
			}
			seen[key] = true
			l.disc(float64(key.x)/4, c.y(y), max(figure.SampleSize*ly.Pt, 2)/2, 0, palette.WithAlpha(col, 0.75))
		}
	})
	c.draw(l, r.text, ly)
	c.legend(l, s, r.runs, r.text, ly)
	return nil
}

// legend says what is what, in the free space between the lower samples and the
// curves.
func (c *curve) legend(l *list, s *scenes.Scene, runs []*run, t *typesetter, ly *figure.Layout) {
	th := ly.Theme
	entries := []legendEntry{{s.Classes[0], true, th.Positive}, {s.Classes[1], true, th.Negative}}
	if len(runs) == 1 {
		entries = append(entries,
			legendEntry{"p(y=1|x; w)", false, th.Curves[0]},
			legendEntry{"p(y=" + scale.Minus + "1|x; w)", false, th.Curves[1]})
	} else {
		entries = append(entries, runEntries(runs, mostEntries-2, "p(y=1|x), ", false)...)
	}
	room := c.y(-0.94) - c.y(-0.04)
	size := min(figure.TickSize*ly.Pt, room/(float64(len(entries))*lineStep+0.9))
	g := newLegend(entries, max(size, min(figure.SmallestText, figure.TickSize*ly.Pt)), t, ly)
	gap := 6 * ly.Pt
	if g.w+gap > 0.8*c.plot.W() || g.h > 1.3*room {
		return // a thumbnail
	}
	x1 := c.plot.X1 - gap
	mid := (c.y(-0.96) + c.y(-0.02)) / 2
	g.draw(l, figure.Rect(x1-g.w, mid-g.h/2, x1, mid+g.h/2).Whole(), t, ly)
}

// frame draws the curves of the runs as frame k shows them.
func (c *curve) frame(l *list, r *Renderer, k int) error {
	runs, ly := r.runs, &r.ly
	width := max(figure.CurveWidth*ly.Pt, 1.2)
	l.within(c.plot, func() {
		for i := len(runs) - 1; i >= 0; i-- {
			run := runs[i]
			w := run.weights(k)
			if len(runs) > 1 {
				l.stroke(c.points(w[0], w[1], 1), width, run.color)
				continue
			}
			l.stroke(c.points(w[0], w[1], 1), width, ly.Theme.Curves[0])
			l.stroke(c.points(w[0], w[1], -1), width, ly.Theme.Curves[1])
		}
	})
	return nil
}

func (c *curve) pick(*Hit, *Renderer, figure.Point) {}

// probe draws the curve of the weights that are read.
func (c *curve) probe(l *list, r *Renderer, q *Reading) {
	if len(q.W) != 2 {
		return
	}
	th := r.ly.Theme
	l.within(c.plot, func() {
		l.stroke(c.points(q.W[0], q.W[1], 1), max(1.4*r.ly.Pt, 1.2), mix(th.Paper, th.Ink, 0.75))
	})
}

// points returns the curve of σ(s (w x + b)), denser where it bends.
func (c *curve) points(w, b, s float64) []vertex {
	c.at = append(c.at[:0], c.xs...)
	for z := -9.0; z <= 9; z += 0.25 {
		if x := (z - b) / w; x > c.x0 && x < c.x1 {
			c.at = append(c.at, x)
		}
	}
	slices.Sort(c.at)
	c.scratch = c.scratch[:0]
	for _, x := range c.at {
		c.scratch = append(c.scratch, vertex{x: c.x(x), y: c.y(cpu.Sigmoid(s * (w*x + b)))})
	}
	return c.scratch
}
