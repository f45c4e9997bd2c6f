package draw

import (
	"image/color"
	"math"
	"slices"

	"losscape/cpu"
	"losscape/scenes"
)

// curve is the panel of the data and the probabilities that the weights give
// them.
type curve struct {
	*axes
	xs      []float64 // where the curves are always evaluated
	scratch []vertex
	at      []float64
}

func newCurve(s *scenes.Scene, p panel, t *typesetter, ly *layout) *curve {
	lo, hi := math.Inf(1), math.Inf(-1)
	for i := range s.Problem.N() {
		x := s.Problem.X.At(i, 0)
		lo, hi = min(lo, x), max(hi, x)
	}
	margin := 0.05 * (hi - lo)
	if margin == 0 {
		margin = max(0.5, math.Abs(lo)/2)
	}
	name := "x"
	if len(s.Features) > 0 && s.Features[0] != "" {
		name = s.Features[0]
	}
	c := &curve{axes: newAxes(p, "Probability Curve", name, "Prediction", lo-margin, hi+margin, -1.1, 1.1, t, ly)}
	n := int(max(8, math.Ceil(c.plot.w()/max(4, 3*ly.pt))))
	for i := range n + 1 {
		c.xs = append(c.xs, c.x0+(c.x1-c.x0)*float64(i)/float64(n))
	}
	return c
}

// still draws what does not move: axes, samples, legend.
func (c *curve) still(l *list, s *scenes.Scene, runs []*run, t *typesetter, ly *layout) {
	c.grid(l, ly)
	l.within(c.plot, func() {
		type dot struct {
			x int
			y float64
		}
		seen := map[dot]bool{} // dots nearer than a quarter of a pixel are one
		for i := range s.Problem.N() {
			y, col := 1.0, positive
			if s.Problem.Y[i] == 0 {
				y, col = -1, negative
			}
			x := c.x(s.Problem.X.At(i, 0))
			key := dot{int(math.Round(x * 4)), y}
			if seen[key] {
				continue
			}
			seen[key] = true
			l.disc(float64(key.x)/4, c.y(y), max(sampleSize*ly.pt, 2)/2, 0, withAlpha(col, 0.75))
		}
	})
	c.draw(l, t, ly)
	c.legend(l, s, runs, t, ly)
}

// legendEntry is a line of a legend.
type legendEntry struct {
	text string
	dot  bool
	col  color.NRGBA
}

// mostEntries is how many lines a legend has room for.
const mostEntries = 9

// legend says what is what, in the free space between the lower samples and the
// curves.
func (c *curve) legend(l *list, s *scenes.Scene, runs []*run, t *typesetter, ly *layout) {
	entries := []legendEntry{{s.Classes[0], true, positive}, {s.Classes[1], true, negative}}
	if len(runs) == 1 {
		entries = append(entries,
			legendEntry{"p(y=1|x; w)", false, curveRed},
			legendEntry{"p(y=" + minus + "1|x; w)", false, curveBlue})
	} else {
		for i, r := range runs {
			if len(entries) == mostEntries-1 && i < len(runs)-1 {
				entries = append(entries, legendEntry{"and " + digits(len(runs)-i) + " more", false, color.NRGBA{}})
				break
			}
			entries = append(entries, legendEntry{"p(y=1|x), " + r.name, false, r.color})
		}
	}
	room := c.y(-0.94) - c.y(-0.04)
	size := min(tickSize*ly.pt, room/(float64(len(entries))*lineStep+0.9))
	st := style{regular, quarter(max(size, min(smallestText, tickSize*ly.pt))), ink}
	widest := 0.0
	for _, e := range entries {
		widest = max(widest, t.width(e.text, st))
	}
	pad, swatch := 0.55*st.px, 1.9*st.px
	w := widest + swatch + 3*pad
	h := (float64(len(entries))*lineStep + 0.5) * st.px
	gap := 6 * ly.pt
	if w+gap > 0.8*c.plot.w() || h > 1.3*room {
		return // a thumbnail
	}
	x1 := c.plot.x1 - gap
	mid := (c.y(-0.96) + c.y(-0.02)) / 2
	r := rect{x1 - w, mid - h/2, x1, mid + h/2}.whole()
	plate(l, r, ly)
	for i, e := range entries {
		y := r.y0 + (0.25+(float64(i)+0.5)*lineStep)*st.px
		sx := r.x0 + pad
		if e.dot {
			l.disc(sx+swatch/2, y, max(sampleSize*ly.pt*1.15, 2)/2, 0, e.col)
		} else {
			lo, hi := hairline(y, ly.line(curveWidth))
			l.rect(rect{sx, lo, sx + swatch, hi}, 0, e.col)
		}
		t.put(l, e.text, st, sx+swatch+pad, y, align{0, true}, false)
	}
}

// plate is the light ground of a legend.
func plate(l *list, r rect, ly *layout) {
	w := ly.line(0.7)
	l.rect(r, 3*ly.pt, color.NRGBA{190, 190, 190, 255})
	l.rect(r.inset(w), 3*ly.pt-w, color.NRGBA{255, 255, 255, 255})
}

// frame draws the curves of the runs as frame k shows them.
func (c *curve) frame(l *list, runs []*run, k int, ly *layout) {
	width := max(curveWidth*ly.pt, 1.2)
	l.within(c.plot, func() {
		for i := len(runs) - 1; i >= 0; i-- {
			r := runs[i]
			w := r.t.At(r.index(k))
			if len(runs) > 1 {
				l.stroke(c.points(w[0], w[1], 1), width, r.color)
				continue
			}
			l.stroke(c.points(w[0], w[1], 1), width, curveRed)
			l.stroke(c.points(w[0], w[1], -1), width, curveBlue)
		}
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
