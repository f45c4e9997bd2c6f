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

// ContourLines returns the coordinates of a scale at which a contour panel has lines,
// ascending: those of the losses that the scene states and the scale spans, else about
// IsoLines that are evenly spaced, the first at the scale's lower end or below, the last
// at its upper end or above.
func ContourLines(s *scale.Scale, look scenes.Contour) []float64 {
	if look.Levels == nil {
		return s.Levels(IsoLines)
	}
	var lines []float64
	for _, loss := range look.Levels {
		if x := s.To(loss); x > s.A && x < s.B { // a scale may take what lies beyond for an end
			lines = append(lines, x)
		}
	}
	return lines
}

// How lines stand out from the colours under them. A colour's lightness is the sum of
// LumaRed, LumaGreen and LumaBlue of its parts, 0 to 1. Lines are black on colours of
// lightness LightFrom and more; on those of DarkTo and less they have the colour's parts
// and LineLift besides; and they are mixed between.
const (
	LumaRed, LumaGreen, LumaBlue = 0.3, 0.59, 0.11
	DarkTo, LightFrom            = 0.2, 0.26
	lineLift                     = 0.3
)

// LineLift returns by how much lines are lighter than dark colours of a colour map, 0 if
// they are black on all of them: RdBu_r is dark at both ends, but nowhere as dark as a
// line.
func LineLift(colormap string) float64 {
	if colormap == "RdBu_r" {
		return 0
	}
	return lineLift
}

// lineOn returns the colour of a line over a colour of a colour map. The shader of
// gpu/draw that draws contours does the same.
func lineOn(c color.RGBA, colormap string) color.NRGBA {
	lift := LineLift(colormap)
	r, g, b := float64(c.R)/255, float64(c.G)/255, float64(c.B)/255
	dark := 1 - smooth(LumaRed*r+LumaGreen*g+LumaBlue*b, DarkTo, LightFrom)
	if lift == 0 {
		dark = 0
	}
	part := func(v float64) uint8 { return uint8(math.Round(255 * dark * min(v+lift, 1))) }
	return color.NRGBA{part(r), part(g), part(b), 255}
}

// Contour is what fills the slot of a panel of filled contours: bands of one colour each,
// and lines of equal loss. Levels are coordinates of Scale, as are heights.
type Contour struct {
	Plot   display.Rectangle // of the slot, in the figure's units
	View   cpu.Grid          // the range of the plane that the plot spans
	Scale  *scale.Scale      // of losses; Scale.From returns the loss of a level
	Masked color.NRGBA       // where the loss is not finite

	// Borders are the levels between two bands, ascending, all within the scale's ends,
	// and Colors those of the bands, one more: Colors[i] lies below Borders[i]. Where the
	// scene lets the colours flow they are those of 256 bands.
	Borders []float64
	Colors  []color.RGBA

	Lines     []float64 // levels of the lines, ascending, all between the scale's ends
	LineWidth float64   // in the figure's units

	colormap string
	terrain  Terrain
}

// Contour returns the filled contours of panel i, nil if it is another one.
func (f *Figure) Contour(i int) *Contour {
	v, ok := f.views[i].(*contour)
	if !ok {
		return nil
	}
	look := f.Scene.Contour
	c := &Contour{
		Plot: v.plot, View: f.View, Scale: v.scale, Masked: f.Theme.Masked,
		LineWidth: f.AtLeast(IsoWidth, 0.7), colormap: look.Colormap, terrain: f.Terrain,
	}
	bands, colors := ContourBands(v.scale, look)
	for i, color := range colors {
		switch border := bands.First + float64(i)*bands.Step; {
		case i == 0 || border <= c.Scale.A:
			c.Colors = append(c.Colors[:0], color)
		case border < c.Scale.B:
			c.Borders, c.Colors = append(c.Borders, border), append(c.Colors, color)
		}
	}
	for _, x := range ContourLines(c.Scale, look) {
		if x > c.Scale.A && x < c.Scale.B {
			c.Lines = append(c.Lines, x)
		}
	}
	return c
}

// LineColor returns the colour of the line of a level.
func (c *Contour) LineColor(level float64) color.NRGBA {
	return lineOn(c.colorAt(level), c.colormap)
}

// colorAt returns the colour map's colour of a level.
func (c *Contour) colorAt(level float64) color.RGBA {
	return palette.Colormap(c.colormap).At(c.Scale.Fraction(level))
}

// Heights returns the coordinates of the scale over the plot, thinned out. Those of a
// landscape on a device have to be asked for where the device's work is done.
func (c *Contour) Heights() (*Heights, error) { return c.terrain.Heights(c.Scale) }

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
	index  int
	plane  plane
	runs   []*run
	trails []trail // of runs
	where  *readout
	scale  *scale.Scale // of the losses
	labels []lineLabel

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
	x, y := PlaneAxes(f.Scene)
	v := f.View
	c := &contour{
		index: i,
		axes:  newAxes(p, f.titleOf(i), x.Name, y.Name, x.Scale(v.X), y.Scale(v.Y), &f.Layout),
		runs:  f.runsOf(i),
		scale: s,
	}
	if f.Scene.Contour.Colorbar {
		c.beside = func(plot display.Rectangle) float64 { return barWide(&f.Layout, plot, s, f.Scene.Labels.Axis.Loss) }
	}
	if f.Scene.Contour.Aspect == scenes.AspectEqual {
		c.part = func(room display.Rectangle) display.Rectangle { return toScale(room, v, &f.Layout) }
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

// toScale returns what a plot of a view takes of its room, in the middle, if a unit of the
// plane is as long along both axes.
func toScale(room display.Rectangle, view cpu.Grid, ly *Layout) display.Rectangle {
	wide, high := view.X.Max-view.X.Min, view.Y.Max-view.Y.Min
	unit := min(room.W()/wide, room.H()/high)
	w, h := max(leastPlot, ly.Round(unit*wide)), max(leastPlot, ly.Round(unit*high))
	x, y := ly.Round(room.CX()-w/2), ly.Round(room.CY()-h/2)
	return display.Rect(x, y, x+w, y+h)
}

// settle places the read-out and the labels of the lines, once all panels are there.
func (c *contour) settle(f *Figure) (err error) {
	c.where = newReadout(f, c)
	if f.Scene.Contour.Labels {
		c.labels, err = labelLines(f, c)
	}
	return err
}

func (c *contour) static(l *display.List, f *Figure) {
	l.Slot(display.KindGround, c.plot, 0)
	if f.Scene.Contour.Colorbar {
		colorbar(l, &f.Layout, c.plot, c.scale, f.Scene.Contour, f.Scene.Labels.Axis.Loss)
	}
	for i := range c.labels {
		c.labels[i].draw(l, f)
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
	c.star(l, f)
	if !c.where.high {
		c.where.draw(l, &f.Layout, k)
	}
	for i := len(c.runs) - 1; i >= 0; i-- {
		run := c.runs[i]
		p := c.trails[i].place(run.at(k))
		f.dot(l, c.plot, p[0], p[1], f.AtLeast(DotSize, 4)/2, run.color)
	}
	if c.where.high {
		c.where.draw(l, &f.Layout, k)
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
