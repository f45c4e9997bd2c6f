package figure

import (
	"math"
	"slices"

	"losscape/scenes/display"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// How much shows of what the surface hides.
const (
	xrayPath = 0.4
	xrayDot  = 0.5
)

// Surface is the panel of the lit surface.
type Surface struct {
	Panel   Panel
	Heights *scale.Scale // of the box's vertical axis, on which the surface stands
	Turns   bool         // the camera moves
	Ticks   [4]float64   // places of the first tick in the box, and from one to the next: along x, then along y; 0 for none

	box     *box
	runs    []*run
	trails  []trail // of runs, in the box
	space   boxSpace
	heights *Heights
	cam     Camera // of a fixed camera, and of frame 0
	pan     [2]float64
	flat    bool // orthographic

	trail []Vec4
	beads []Vec4
	names *legend // nil unless this panel has to tell the runs apart
	line  []display.Vertex
	marks []display.Vertex
}

// BoxAxis is what is written on an axis of the box around a surface: its name, with what
// its labels leave out, and the ticks that have room, with their labels.
type BoxAxis struct {
	Name   string
	Values []float64
	Labels []string
}

// Axes returns the box's axes: those of the plane, and that of the losses.
func (s *Surface) Axes() (axes [3]BoxAxis) {
	b := s.box
	for k := range axes {
		axes[k] = BoxAxis{b.ly.Labels.Decimal(b.offset[k].Name(b.names[k])), b.ticks[k], b.labels[k]}
	}
	return axes
}

// Surface returns panel i, nil if it is another one.
func (f *Figure) Surface(i int) *Surface {
	s, _ := f.views[i].(*Surface)
	return s
}

func openSurface(f *Figure, i int, p Panel) (view, error) {
	s := &Surface{Panel: p, Turns: f.Scene.Camera.Path != "still", runs: f.runsOf(i)}
	losses, err := f.Terrain.Scale(f.Scene.Surface.Scale)
	if err != nil {
		return nil, err
	}
	s.Heights = f.lossRange(losses, s.runs)
	x, y := PlaneAxes(f.Scene)
	v := f.View
	s.space = boxSpace{v, s.Heights}
	s.box = newBox([3]*scale.Scale{x.Scale(v.X), y.Scale(v.Y), s.Heights}, [3]string{x.Name, y.Name, f.Scene.Labels.Axis.Loss}, p.Plot, &f.Layout)

	s.flat = f.Scene.Camera.Projection == "orthographic"
	room := p.Plot
	if len(s.runs) > 1 && len(f.Scene.Film.Panels) == 1 {
		room = s.legend(f, p.Plot)
	}
	zoom, cx, cy := s.box.fit(poses(f.Scene), s.flat, room, &f.Layout, s.Turns)
	s.cam = viewFrom(poseAt(f.Scene, 0), s.flat)
	s.pan = f.Scene.Camera.Pan
	s.cam.Scale, s.cam.CX, s.cam.CY = zoom, cx+s.pan[0]*p.Plot.H(), cy-s.pan[1]*p.Plot.H()
	if s.heights, err = f.Terrain.Heights(s.Heights); err != nil {
		return nil, err
	}
	hair := f.Medium.Hair * distance / zoom / (2 * BoxHalf[0]) // in box coordinates
	for _, run := range s.runs {
		s.trails = append(s.trails, run.drape(s.space, s.heights, 0.2*hair, 7*f.Pt*hair/f.Medium.Hair, f.Scene.Path.Markers))
	}
	for axis := range 2 {
		if t := s.box.ticks[axis]; len(t) > 1 {
			first, last := s.box.unit(axis, t[0]), s.box.unit(axis, t[len(t)-1])
			s.Ticks[2*axis], s.Ticks[2*axis+1] = first, (last-first)/float64(len(t)-1)
		}
	}
	return s, nil
}

// legend makes a legend for the top left corner of the plot, if it has room for
// one, and returns what that leaves for the box.
func (s *Surface) legend(f *Figure, plot display.Rectangle) display.Rectangle {
	size := TickSize * f.Layout.Pt
	most := int(max(2, min(mostEntries, (0.4*plot.H()/size-0.5)/lineStep)))
	g := newLegend(f.withStatus(runEntries(s.runs, most, "", &f.Layout), s.runs), size, &f.Layout)
	g.narrow(0.45*plot.W(), &f.Layout)
	if g.h > 0.4*plot.H() {
		return plot // a thumbnail
	}
	s.names = g
	beside, below := plot, plot
	beside.X0 += g.w
	below.Y0 += g.h
	if min(beside.W(), 1.2*beside.H()) > min(below.W(), 1.2*below.H()) {
		return beside
	}
	return below
}

// static lists the title and, under a fixed camera, the surface in its box.
func (s *Surface) static(l *display.List, f *Figure) {
	i := slices.Index(f.views, view(s))
	cell, margin := s.Panel.Cell, MarginSize*f.Layout.Pt
	line(l, &f.Layout, f.titleOf(i), f.titleStyle(), cell.CX(), s.Panel.Base, cell.X0+margin, cell.X1-margin)
	if !s.Turns {
		l.Within(s.clip(s.cam), func() { s.backdrop(l, f, s.cam) })
	}
}

// clip returns what a camera's picture is clipped to: from near, or moved aside,
// the box reaches beyond the panel.
func (s *Surface) clip(c Camera) display.Rectangle {
	if s.beyond(c) {
		return s.Panel.Plot
	}
	return s.Panel.Cell
}

func (s *Surface) beyond(c Camera) bool { return c.Dist < distance || s.pan != [2]float64{} }

// backdrop lists the slot of the surface, and the box around it.
func (s *Surface) backdrop(l *display.List, f *Figure, c Camera) {
	s.box.back(l, c, &f.Layout)
	l.Slot(display.KindLayer, s.Panel.Plot, 0)
	p := s.box.place(c, &f.Layout, s.Turns)
	if s.beyond(c) {
		// A label that is cut off says nothing.
		p.labels = slices.DeleteFunc(p.labels, func(lb label) bool { return s.Panel.Plot.Union(lb.box) != s.Panel.Plot })
	}
	s.box.front(l, c, &f.Layout, p, s.Turns)
}

// frame lists the paths so far and the current points, and under a moving camera
// all the rest of the panel.
func (s *Surface) frame(l *display.List, f *Figure, k int) {
	c := s.Camera(f, k)
	l.Within(s.clip(c), func() { s.seen(l, f, c, k) })
}

// Camera returns the camera at frame k.
func (s *Surface) Camera(f *Figure, k int) Camera {
	c := s.cam
	if s.Turns {
		c = viewFrom(poseAt(f.Scene, k), s.flat)
		c.Scale, c.CX, c.CY = s.cam.Scale, s.cam.CX, s.cam.CY
	}
	return c
}

// seen lists what a camera sees at frame k.
func (s *Surface) seen(l *display.List, f *Figure, c Camera, k int) {
	if s.Turns {
		s.backdrop(l, f, c)
	}
	if f.Ensemble {
		l.Slot(display.KindEnsemble, s.Panel.Plot, 0)
	}
	s.star(l, f, c)
	for i := len(s.runs) - 1; i >= 0; i-- {
		s.run(l, f, c, s.runs[i], &s.trails[i], k)
	}
	if g := s.names; g != nil {
		at := s.Panel.Plot.Inset(4 * f.Pt)
		g.at = f.Whole(display.Rect(at.X0, at.Y0, at.X0+g.w, at.Y0+g.h))
		g.draw(l, &f.Layout)
		g.statuses(l, &f.Layout, f.Scene.Film.Updates(k))
	}
}

// run lists the way of a run up to frame k, and where it is.
func (s *Surface) run(l *display.List, f *Figure, c Camera, run *run, t *trail, k int) {
	width, tail := f.PathWidth(), f.Scene.Path.Trail
	casing := f.AtLeast(PathCasing, 0.8)
	radius := f.AtLeast(DotSize, 4) / 2 * 1.25
	perUnit, pixel, lift := c.PerUnit(), c.Pixel(c.Dist), c.Lift(width)
	n := run.at(k)
	s.trail = t.upTo(n, tail, s.trail)
	s.line = s.project(c, s.trail, lift, s.line[:0])
	s.marks = s.marks[:0]
	s.beads = t.beadsUpTo(n, tail, s.beads)
	for _, q := range s.beads {
		if p := q.Vec3(); inBox(p) {
			v := s.lifted(c, p, lift)
			v.Faded = q[3]
			s.marks = append(s.marks, v)
		}
	}
	bead := f.BeadWidth()
	l.Path(s.line, s.marks, width+2*casing, bead+2*casing, xrayPath/2, palette.WithAlpha(f.Theme.Casing, 0.55))
	l.Path(s.line, s.marks, width, bead, xrayPath, run.color)

	at := t.place(n)
	if inBox(at) {
		v := s.lifted(c, at, perUnit*(1.5*radius*pixel+Bulge))
		l.Sphere(v, radius, perUnit*radius*pixel, xrayDot, run.color)
		return
	}
	// Outside the box: a ring at its nearest side.
	for j := range at {
		at[j] = min(max(at[j], 0), 1)
	}
	v := c.Project(at)
	l.Ring(v.X, v.Y, f.AtLeast(DotSize, 4)/2, f.AtLeast(1.1, 1), run.color, f.Theme.Casing)
}

// project returns a trail as the camera sees it, clipped to the box and lifted.
func (s *Surface) project(c Camera, trail []Vec4, lift float64, dst []display.Vertex) []display.Vertex {
	gap := display.Vertex{X: math.NaN()}
	for j := range trail {
		p := trail[j].Vec3()
		if j == 0 {
			if inBox(p) {
				dst = append(dst, s.lifted(c, p, lift))
			}
			continue
		}
		before := trail[j-1].Vec3()
		a, b, ok := clipLine(before, p)
		if !ok {
			dst = append(dst, gap)
			continue
		}
		if a != before {
			dst = append(dst, gap, s.lifted(c, a, lift))
		}
		v := s.lifted(c, b, lift)
		v.Faded = trail[j][3]
		dst = append(dst, v)
	}
	return dst
}

// lifted projects a point, nearer to the eye by the depth lift. What lies on the
// surface lies on its upper side: seen from below it is pushed away instead, so
// that the surface hides it.
func (s *Surface) lifted(c Camera, p Vec3, lift float64) display.Vertex {
	v := c.Project(p)
	v.Depth -= lift * s.facing(c, p)
	return v
}

// facing says whether the upper side of the surface at p faces the camera: 1 if it
// does or if p does not lie on the surface, −1 if it is turned away, and between
// the two where it is seen edge on.
func (s *Surface) facing(c Camera, p Vec3) float64 {
	const d = 1.0 / 256
	z := func(u, v float64) float64 {
		return s.space.height(s.heights, min(max(u, 0), 1), min(max(v, 0), 1))
	}
	if !(math.Abs(z(p[0], p[1])-p[2]) < 0.02) {
		return 1
	}
	n := Vec3{
		(z(p[0]-d, p[1]) - z(p[0]+d, p[1])) / (2 * d) * BoxHalf[2] / BoxHalf[0],
		(z(p[0], p[1]-d) - z(p[0], p[1]+d)) / (2 * d) * BoxHalf[2] / BoxHalf[1],
		1,
	}.Normalize()
	e := n.Dot(c.Eye().Sub(centred(p)).Normalize())
	if math.IsNaN(e) {
		return 1
	}
	return min(max(20*e, -1), 1)
}

func (s *Surface) pick(h *Hit, f *Figure, q display.Point) {
	u, w, ok := s.meets(s.Camera(f, f.at), q.X, q.Y)
	if !ok {
		return
	}
	v := f.View
	h.OnPlane = true
	h.Alpha, h.Beta = v.X.Min+u*(v.X.Max-v.X.Min), v.Y.Min+w*(v.Y.Max-v.Y.Min)
}

func (s *Surface) probe(l *display.List, f *Figure, q *Reading) {
	c := s.Camera(f, f.at)
	if at := s.space.of(q.Alpha, q.Beta, q.Loss); inBox(at) {
		v := c.Project(at)
		l.Within(s.clip(c), func() { f.mark(l, v.X, v.Y) })
	}
}

// meets returns where the ray through a pixel first meets the surface, in box
// coordinates.
func (s *Surface) meets(c Camera, x, y float64) (u, v float64, ok bool) {
	dx, dy := (x-c.CX)/c.Scale, (c.CY-y)/c.Scale
	at := func(z float64) Vec3 { // the point at distance z along the view
		w := z
		if c.Flat {
			w = c.Dist
		}
		p := c.Right.Mul(dx * w).Add(c.Up.Mul(dy * w)).Add(c.ToEye.Mul(c.Dist - z))
		for k := range p {
			p[k] = (p[k]/BoxHalf[k] + 1) / 2
		}
		return p
	}
	above := func(z float64) float64 {
		p := at(z)
		if p[0] < 0 || p[0] > 1 || p[1] < 0 || p[1] > 1 {
			return math.NaN()
		}
		return p[2] - s.space.height(s.heights, p[0], p[1])
	}
	const steps = 600
	before := math.NaN()
	near := max(c.Near, 1e-3)
	step := (c.Far - near) / steps
	for i := range steps + 1 {
		z := near + float64(i)*step
		here := above(z)
		if before*here <= 0 {
			lo, hi := z-step, z
			for range 30 {
				if mid := (lo + hi) / 2; before*above(mid) <= 0 {
					hi = mid
				} else {
					lo = mid
				}
			}
			p := at(hi)
			return p[0], p[1], inBox(Vec3{min(max(p[0], 0), 1), min(max(p[1], 0), 1), p[2]})
		}
		before = here
	}
	return 0, 0, false
}
