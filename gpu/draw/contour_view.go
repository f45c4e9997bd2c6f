package draw

import (
	"math"

	"losscape/scenes/figure"
	"losscape/scenes/palette"
	"losscape/scenes/scale"

	"github.com/go-gl/mathgl/mgl64"
)

// contourTitle is the notebook's.
const contourTitle = "Loss Function"

// contourView is the panel of the filled contours.
type contourView struct {
	*axes
	plane plane
	where *readout
	scale *scale.Scale // of the losses

	trail []mgl64.Vec4
	beads []mgl64.Vec4
	line  []vertex
	marks []vertex
}

func openContour(r *Renderer, p figure.Panel) (panelView, error) {
	t, err := r.cache.terrain(r.p.Scene.Contour.Scale)
	if err != nil {
		return nil, err
	}
	x, y := figure.AxisNames(r.p.Scene.Plane)
	v := r.p.View
	c := &contourView{
		axes:  newAxes(p, contourTitle, x, y, scale.NewLinear(v.X.Min, v.X.Max), scale.NewLinear(v.Y.Min, v.Y.Max), r.text, &r.ly),
		plane: plane{v, p.Plot},
		scale: t.scale,
	}
	for _, run := range r.runs {
		at := make([]mgl64.Vec3, run.n)
		for k, q := range run.plane {
			at[k] = mgl64.Vec3{c.plane.x(q[0]), c.plane.y(q[1]), 0}
		}
		run.flat = newTrail(at, 0.2, 7*r.ly.Pt, r.p.Scene.Path.Markers, nil)
	}
	r.contour = c
	return c, nil
}

func (c *contourView) static(l *list, r *Renderer) error {
	r.contours.put(l)
	if r.p.Scene.Contour.Colorbar {
		colorbar(l, r.text, &r.ly, c.plot, c.scale, r.p.Scene.Contour)
	}
	c.draw(l, r.text, &r.ly)
	c.where = newReadout(r, c.plot)
	return nil
}

// frame draws the paths so far, the current points, and what they are.
func (c *contourView) frame(l *list, r *Renderer, k int) error {
	ly := &r.ly
	if err := r.ensemble.draw(l, r, overContours, c.plot, r.p.Scene.Film.Updates(k), camera{}); err != nil {
		return err
	}
	width, tail := ly.PathWidth(), r.p.Scene.Path.Trail
	casing := max(figure.PathCasing*ly.Pt, 0.8)
	l.within(c.plot, func() {
		for i := len(r.runs) - 1; i >= 0; i-- {
			run := r.runs[i]
			n := run.at(k)
			c.trail = run.flat.upTo(n, tail, c.trail)
			c.beads = run.flat.beadsUpTo(n, tail, c.beads)
			c.line = c.line[:0]
			for _, p := range c.trail {
				c.line = append(c.line, vertex{x: p[0], y: p[1], faded: p[3]})
			}
			c.marks = c.marks[:0]
			for _, p := range c.beads {
				c.marks = append(c.marks, vertex{x: p[0], y: p[1], faded: p[3]})
			}
			bead := ly.BeadWidth()
			l.polyline(command{Kind: kindStroke}, c.line, c.marks, width+2*casing, bead+2*casing, palette.WithAlpha(ly.Theme.Casing, 0.55))
			l.polyline(command{Kind: kindStroke}, c.line, c.marks, width, bead, run.color)
		}
	})
	c.where.draw(l, r.text, ly, k)
	for i := len(r.runs) - 1; i >= 0; i-- {
		run := r.runs[i]
		p := run.flat.place(run.at(k))
		radius := max(figure.DotSize*ly.Pt, 4) / 2
		rim := max(1.1*ly.Pt, 1)
		x, y := float64(snap(p[0])), float64(snap(p[1]))
		if c.plot.Inset(-0.5).Contains(figure.Pt(x, y)) {
			l.disc(x, y, radius+rim, 0, ly.Theme.Casing)
			l.disc(x, y, radius, 0, run.color)
			continue
		}
		// Outside: a ring at the edge, where it left.
		x, y = min(max(x, c.plot.X0+radius), c.plot.X1-radius), min(max(y, c.plot.Y0+radius), c.plot.Y1-radius)
		l.ring(x, y, radius, rim, run.color, ly.Theme.Casing)
	}
	return nil
}

func (c *contourView) pick(h *Hit, r *Renderer, q figure.Point) {
	v := c.plane.view
	h.View = v
	h.UnitX, h.UnitY = (v.X.Max-v.X.Min)/c.plot.W(), (v.Y.Max-v.Y.Min)/c.plot.H()
	if !c.plot.Contains(q) {
		return
	}
	h.OnPlane = true
	h.Alpha, h.Beta = v.X.Min+(q.X-c.plot.X0)*h.UnitX, v.Y.Min+(c.plot.Y1-q.Y)*h.UnitY
	nearest := 9 * r.ly.Pt
	for i := range r.p.Trajectories {
		if s, ok := r.startAt(i); ok {
			if d := math.Hypot(s.X-q.X, s.Y-q.Y); d <= nearest {
				h.Run, nearest = i, d
			}
		}
	}
}

func (c *contourView) probe(l *list, r *Renderer, q *Reading) {
	x, y := c.plane.x(q.Alpha), c.plane.y(q.Beta)
	l.within(c.plot, func() { r.mark(l, x, y) })
}
