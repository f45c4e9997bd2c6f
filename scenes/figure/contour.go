package figure

import (
	"image/color"
	"math"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// Levels are evenly spaced coordinates of a scale.
type Levels struct {
	First, Step float64
	N           int
}

// NewLevels returns levels that scale.Levels has returned.
func NewLevels(all []float64) Levels {
	if len(all) < 2 {
		return Levels{Step: 1}
	}
	return Levels{all[0], (all[len(all)-1] - all[0]) / float64(len(all)-1), len(all)}
}

// ContourBands returns the bands of a scale, of which N are as many as there are,
// and their colours; a smooth picture mixes those of 256.
func ContourBands(s *scale.Scale, look scenes.Contour) (Levels, []color.RGBA) {
	colors := palette.Colormap(look.Colormap)
	bands := Levels{First: s.A, Step: (s.B - s.A) / 256, N: 256}
	if look.Bands > 0 {
		bands = NewLevels(s.Levels(look.Bands))
		bands.N = max(1, bands.N-1)
	}
	if !(bands.Step > 0) {
		bands.Step = 1
	}
	return bands, colors.Bands(bands.N)
}

// plane maps plane coordinates to places in a plot.
type plane struct {
	view cpu.Grid
	plot display.Rectangle
}

func (p plane) x(alpha float64) float64 {
	return p.plot.X0 + (alpha-p.view.X.Min)/(p.view.X.Max-p.view.X.Min)*p.plot.W()
}

func (p plane) y(beta float64) float64 {
	return p.plot.Y1 - (beta-p.view.Y.Min)/(p.view.Y.Max-p.view.Y.Min)*p.plot.H()
}

// contour is the panel of the filled contours.
type contour struct {
	*axes
	plane  plane
	runs   []*run
	trails []trail // of runs
	where  *readout
	scale  *scale.Scale // of the losses

	trail []Vec4
	beads []Vec4
	line  []display.Vertex
	marks []display.Vertex
}

func openContour(f *Figure, i int, p Panel) (view, error) {
	s, err := f.Terrain.Scale(f.Scene.Contour.Scale)
	if err != nil {
		return nil, err
	}
	x, y := f.Scene.PlaneNames()
	v := f.View
	c := &contour{
		axes:  newAxes(p, f.titleOf(i), x, y, scale.NewLinear(v.X.Min, v.X.Max), scale.NewLinear(v.Y.Min, v.Y.Max), &f.Layout),
		runs:  f.runsOf(i),
		scale: s,
	}
	if f.Scene.Contour.Colorbar {
		c.beside = func(plot display.Rectangle) float64 { return barWide(&f.Layout, plot, s) }
	}
	return c, nil
}

func (c *contour) lay(f *Figure, i int, left float64) {
	c.axes.lay(f, i, left)
	c.plane = plane{f.View, c.plot}
	for _, run := range c.runs {
		at := make([]Vec3, run.n)
		for k, q := range run.plane {
			at[k] = Vec3{c.plane.x(q[0]), c.plane.y(q[1]), 0}
		}
		c.trails = append(c.trails, newTrail(at, f.tiny(), 7*f.Pt, f.Scene.Path.Markers, nil))
	}
}

// settle places the read-out, once all panels are there.
func (c *contour) settle(f *Figure) { c.where = newReadout(f, c) }

func (c *contour) static(l *display.List, f *Figure) {
	l.Slot(display.KindGround, c.plot, 0)
	if f.Scene.Contour.Colorbar {
		colorbar(l, &f.Layout, c.plot, c.scale, f.Scene.Contour)
	}
	c.draw(l, &f.Layout)
}

// frame lists the paths so far, the current points, and what they are.
func (c *contour) frame(l *display.List, f *Figure, k int) {
	if f.Ensemble {
		l.Slot(display.KindEnsemble, c.plot, 0)
	}
	width, tail := f.PathWidth(), f.Scene.Path.Trail
	casing := f.AtLeast(PathCasing, 0.8)
	l.Within(c.plot, func() {
		for i := len(c.runs) - 1; i >= 0; i-- {
			run := c.runs[i]
			n := run.at(k)
			c.trail = c.trails[i].upTo(n, tail, c.trail)
			c.beads = c.trails[i].beadsUpTo(n, tail, c.beads)
			c.line = c.line[:0]
			for _, p := range c.trail {
				c.line = append(c.line, display.Vertex{X: p[0], Y: p[1], Faded: p[3]})
			}
			c.marks = c.marks[:0]
			for _, p := range c.beads {
				c.marks = append(c.marks, display.Vertex{X: p[0], Y: p[1], Faded: p[3]})
			}
			bead := f.BeadWidth()
			l.Stroke(c.line, c.marks, width+2*casing, bead+2*casing, palette.WithAlpha(f.Theme.Casing, 0.55))
			l.Stroke(c.line, c.marks, width, bead, run.color)
		}
	})
	c.where.draw(l, &f.Layout, k)
	for i := len(c.runs) - 1; i >= 0; i-- {
		run := c.runs[i]
		p := c.trails[i].place(run.at(k))
		f.dot(l, c.plot, p[0], p[1], f.AtLeast(DotSize, 4)/2, run.color)
	}
}

// dot marks where a run is in a plot; outside of it, a ring at the edge, where it left.
func (f *Figure) dot(l *display.List, plot display.Rectangle, x, y, radius float64, c color.NRGBA) {
	rim := f.AtLeast(1.1, 1)
	if f.Medium.Pixels {
		x, y = float64(display.Snap(x)), float64(display.Snap(y))
	}
	if plot.Inset(-0.5 * f.Medium.Hair).Contains(display.Pt(x, y)) {
		l.Disc(x, y, radius+rim, 0, f.Theme.Casing)
		l.Disc(x, y, radius, 0, c)
		return
	}
	x, y = min(max(x, plot.X0+radius), plot.X1-radius), min(max(y, plot.Y0+radius), plot.Y1-radius)
	l.Ring(x, y, radius, rim, c, f.Theme.Casing)
}

func (c *contour) pick(h *Hit, f *Figure, q display.Point) {
	v := c.plane.view
	h.View = v
	h.UnitX, h.UnitY = (v.X.Max-v.X.Min)/c.plot.W(), (v.Y.Max-v.Y.Min)/c.plot.H()
	if !c.plot.Contains(q) {
		return
	}
	h.OnPlane = true
	h.Alpha, h.Beta = v.X.Min+(q.X-c.plot.X0)*h.UnitX, v.Y.Min+(c.plot.Y1-q.Y)*h.UnitY
	nearest := 9 * f.Pt
	for _, run := range c.runs {
		if s, ok := c.startOf(f, run.index); ok {
			if d := math.Hypot(s.X-q.X, s.Y-q.Y); d <= nearest {
				h.Run, nearest = run.index, d
			}
		}
	}
}

func (c *contour) probe(l *display.List, f *Figure, q *Reading) {
	x, y := c.plane.x(q.Alpha), c.plane.y(q.Beta)
	l.Within(c.plot, func() { f.mark(l, x, y) })
}

// startOf returns where the start of a run is on the contours.
func (c *contour) startOf(f *Figure, i int) (display.Point, bool) {
	a, b, _ := f.Scene.Plane.Coordinates(f.Trajectories[i].At(0))
	p := display.Pt(c.plane.x(a), c.plane.y(b))
	return p, scale.Finite(p.X) && scale.Finite(p.Y)
}
