package draw

import (
	"math"
	"slices"

	"losscape/scenes/figure"
	"losscape/scenes/palette"
	"losscape/scenes/scale"

	"github.com/go-gl/mathgl/mgl64"
)

// surfaceTitle is the notebook's.
const surfaceTitle = "Loss Function Landscape"

// How much shows of what the surface hides.
const (
	xrayPath = 0.4
	xrayDot  = 0.5
)

// surfaceView is the panel of the lit surface.
type surfaceView struct {
	panel   figure.Panel
	box     *box
	space   boxSpace
	heights *heightField
	cam     camera // of a fixed camera, and of frame 0
	pan     [2]float64
	turns   bool
	flat    bool // orthographic

	trail []mgl64.Vec4
	beads []mgl64.Vec4
	names *legend // nil unless this panel has to tell the runs apart
	line  []vertex
	marks []vertex
}

func openSurface(r *Renderer, p figure.Panel) (panelView, error) {
	s := &surfaceView{panel: p, turns: r.p.Scene.Camera.Path != "still"}
	t, err := r.cache.terrain(r.p.Scene.Surface.Scale)
	if err != nil {
		return nil, err
	}
	heights := r.lossRange(t)
	x, y := figure.AxisNames(r.p.Scene.Plane)
	v := r.p.View
	s.space = boxSpace{v, heights}
	s.box = newBox([2]float64{v.X.Min, v.Y.Min}, [2]float64{v.X.Max, v.Y.Max}, heights, [3]string{x, y, "Loss"})

	s.flat = r.p.Scene.Camera.Projection == "orthographic"
	room := p.Plot
	if len(r.runs) > 1 && len(r.p.Scene.Film.Panels) == 1 {
		room = s.legend(r, p.Plot)
	}
	zoom, cx, cy := s.box.fit(poses(r.p.Scene), s.flat, room, r.text, &r.ly, s.turns)
	s.cam = view(poseAt(r.p.Scene, 0), s.flat)
	s.pan = r.p.Scene.Camera.Pan
	s.cam.scale, s.cam.cx, s.cam.cy = zoom, cx+s.pan[0]*p.Plot.H(), cy-s.pan[1]*p.Plot.H()
	if s.heights, err = r.cache.heightFieldOn(heights); err != nil {
		return nil, err
	}
	pixel := distance / zoom / (2 * half[0]) // in box coordinates
	for _, run := range r.runs {
		run.drape(s.space, s.heights, 0.2*pixel, 7*r.ly.Pt*pixel, r.p.Scene.Path.Markers)
	}
	// Triangles of some ten pixels: heights and slopes within them come from the
	// heightField.
	fine := 10.0
	if heights.Kind != scale.Linear {
		fine = 4 // walls are steeper
	}
	mesh := int(min(256, max(64, p.Plot.W()/fine)))
	if s.turns {
		mesh = int(min(192, max(64, p.Plot.W()/10)))
	}
	if r.p.Draft {
		mesh = int(min(96, max(48, p.Plot.W()/12)))
	}
	seen := p.Plot.Intersect(figure.RectOf(r.part))
	if !s.turns && !r.lasting && r.p.Ensemble == nil {
		// Where this one camera sees the box there is all of the surface. An ensemble looks
		// for its depth all over the panel.
		seen = seen.Intersect(s.cam.reach(mgl64.Vec3{}, mgl64.Vec3{1, 1, 1}).Around())
	}
	k := newLook(p.Plot, seen, t, heights, mesh)
	k.draft, k.fine, k.colormap = r.p.Draft, r.p.Fine, r.p.Scene.Surface.Colormap
	u := r.p.Scene.Surface
	if !u.Contours {
		k.iso.n = 0
	}
	if u.Grid {
		for axis := range 2 {
			if t := s.box.ticks[axis]; len(t) > 1 {
				k.grid[2*axis] = s.box.unit(axis, t[0])
				k.grid[2*axis+1] = (s.box.unit(axis, t[len(t)-1]) - s.box.unit(axis, t[0])) / float64(len(t)-1)
			}
		}
	}
	k.mesh, k.floor = u.Wireframe, u.Floor
	if u.Floor {
		k.pane = r.ly.Theme.Pane[2]
	}
	k.isoWidth = max(figure.IsoWidth*r.ly.Pt, 0.7)
	r.solid = s
	return s, r.surface.prepare(r.d, k, t)
}

// legend makes a legend for the top left corner of the plot, if it has room for
// one, and returns what that leaves for the box.
func (s *surfaceView) legend(r *Renderer, plot figure.Rectangle) figure.Rectangle {
	g := newLegend(runEntries(r.runs, mostEntries, "", true), figure.TickSize*r.ly.Pt, r.text, &r.ly)
	if g.w > 0.45*plot.W() || g.h > 0.4*plot.H() {
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

// static draws the title and, under a fixed camera, the
// surface in its box.
func (s *surfaceView) static(l *list, r *Renderer) (err error) {
	ly := &r.ly
	r.text.put(l, surfaceTitle, style{medium, ly.Px(figure.TitleSize), ly.Theme.Ink}, s.panel.Cell.CX(), s.panel.Base, align{0.5, false}, false)
	if !s.turns {
		l.within(s.clip(s.cam), func() { err = s.backdrop(r, l, s.cam) })
	}
	return err
}

// clip returns what a camera's picture is clipped to: from near, or moved aside,
// the box reaches beyond the panel.
func (s *surfaceView) clip(c camera) figure.Rectangle {
	if s.beyond(c) {
		return s.panel.Plot
	}
	return s.panel.Cell
}

func (s *surfaceView) beyond(c camera) bool { return c.dist < distance || s.pan != [2]float64{} }

// backdrop draws the surface into its layer, and the box around it into l.
func (s *surfaceView) backdrop(r *Renderer, l *list, c camera) error {
	if err := r.surface.draw(r.d, c); err != nil {
		return err
	}
	s.box.back(l, c, &r.ly)
	l.add(command{Kind: kindLayer, A: f32(r.surface.reach), B: [4]float32{float32(r.surface.made)}}, white)
	p := s.box.place(c, r.text, &r.ly, s.turns)
	if s.beyond(c) {
		// A label that is cut off says nothing.
		p.labels = slices.DeleteFunc(p.labels, func(lb label) bool { return s.panel.Plot.Union(lb.box) != s.panel.Plot })
	}
	s.box.front(l, c, r.text, &r.ly, p, s.turns)
	return nil
}

// frame draws the paths so far and the current points, and under a moving camera
// all the rest of the panel.
func (s *surfaceView) frame(l *list, r *Renderer, k int) (err error) {
	c := s.camera(r, k)
	l.within(s.clip(c), func() { err = s.seen(l, r, c, k) })
	return err
}

// camera returns the camera at frame k.
func (s *surfaceView) camera(r *Renderer, k int) camera {
	c := s.cam
	if s.turns {
		c = view(poseAt(r.p.Scene, k), s.flat)
		c.scale, c.cx, c.cy = s.cam.scale, s.cam.cx, s.cam.cy
	}
	return c
}

// seen draws what a camera sees at frame k.
func (s *surfaceView) seen(l *list, r *Renderer, c camera, k int) error {
	ly := &r.ly
	if s.turns {
		if err := s.backdrop(r, l, c); err != nil {
			return err
		}
	}
	if err := r.ensemble.draw(l, r, overSurface, s.panel.Plot, r.p.Scene.Film.Updates(k), c); err != nil {
		return err
	}
	width, tail := ly.PathWidth(), r.p.Scene.Path.Trail
	casing := max(figure.PathCasing*ly.Pt, 0.8)
	radius := max(figure.DotSize*ly.Pt, 4) / 2 * 1.25
	perUnit, pixel, lift := c.perUnit(), c.pixel(c.dist), c.lift(width)
	for i := len(r.runs) - 1; i >= 0; i-- {
		run := r.runs[i]
		n := run.at(k)
		s.trail = run.solid.upTo(n, tail, s.trail)
		s.line = s.project(c, s.trail, lift, s.line[:0])
		s.marks = s.marks[:0]
		s.beads = run.solid.beadsUpTo(n, tail, s.beads)
		for _, q := range s.beads {
			if p := q.Vec3(); inBox(p) {
				v := s.lifted(c, p, lift)
				v.faded = q[3]
				s.marks = append(s.marks, v)
			}
		}
		bead := ly.BeadWidth()
		l.path(s.line, s.marks, width+2*casing, bead+2*casing, xrayPath/2, palette.WithAlpha(ly.Theme.Casing, 0.55))
		l.path(s.line, s.marks, width, bead, xrayPath, run.color)

		at := run.solid.place(n)
		if inBox(at) {
			v := s.lifted(c, at, perUnit*(1.5*radius*pixel+bulge))
			l.add(command{
				Kind: kindSphere,
				A:    [4]float32{snap(v.x), snap(v.y), f(radius), f(v.depth)},
				B:    [4]float32{f(perUnit * radius * pixel), xrayDot},
			}, run.color)
			continue
		}
		// Outside the box: a ring at its nearest side.
		for j := range at {
			at[j] = min(max(at[j], 0), 1)
		}
		v := c.project(at)
		l.ring(v.x, v.y, max(figure.DotSize*ly.Pt, 4)/2, max(1.1*ly.Pt, 1), run.color, ly.Theme.Casing)
	}
	if g := s.names; g != nil {
		at := s.panel.Plot.Inset(4 * ly.Pt)
		g.draw(l, figure.Rect(at.X0, at.Y0, at.X0+g.w, at.Y0+g.h).Whole(), r.text, ly)
	}
	return nil
}

// project returns a trail as the camera sees it, clipped to the box and lifted.
func (s *surfaceView) project(c camera, trail []mgl64.Vec4, lift float64, dst []vertex) []vertex {
	gap := vertex{x: math.NaN()}
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
		v.faded = trail[j][3]
		dst = append(dst, v)
	}
	return dst
}

// lifted projects a point, nearer to the eye by the depth lift. What lies on the
// surface lies on its upper side: seen from below it is pushed away instead, so
// that the surface hides it.
func (s *surfaceView) lifted(c camera, p mgl64.Vec3, lift float64) vertex {
	v := c.project(p)
	v.depth -= lift * s.facing(c, p)
	return v
}

// facing says whether the upper side of the surface at p faces the camera: 1 if it
// does or if p does not lie on the surface, −1 if it is turned away, and between
// the two where it is seen edge on.
func (s *surfaceView) facing(c camera, p mgl64.Vec3) float64 {
	const d = 1.0 / 256
	z := func(u, v float64) float64 {
		return s.space.height(s.heights, min(max(u, 0), 1), min(max(v, 0), 1))
	}
	if !(math.Abs(z(p[0], p[1])-p[2]) < 0.02) {
		return 1
	}
	n := mgl64.Vec3{
		(z(p[0]-d, p[1]) - z(p[0]+d, p[1])) / (2 * d) * half[2] / half[0],
		(z(p[0], p[1]-d) - z(p[0], p[1]+d)) / (2 * d) * half[2] / half[1],
		1,
	}.Normalize()
	e := n.Dot(c.eye().Sub(centred(p)).Normalize())
	if math.IsNaN(e) {
		return 1
	}
	return min(max(20*e, -1), 1)
}

func (s *surfaceView) pick(h *Hit, r *Renderer, q figure.Point) {
	u, w, ok := s.meets(s.camera(r, r.at), q.X, q.Y)
	if !ok {
		return
	}
	v := r.p.View
	h.OnPlane = true
	h.Alpha, h.Beta = v.X.Min+u*(v.X.Max-v.X.Min), v.Y.Min+w*(v.Y.Max-v.Y.Min)
}

func (s *surfaceView) probe(l *list, r *Renderer, q *Reading) {
	c := s.camera(r, r.at)
	if at := s.space.of(q.Alpha, q.Beta, q.Loss); inBox(at) {
		v := c.project(at)
		l.within(s.clip(c), func() { r.mark(l, v.x, v.y) })
	}
}

// meets returns where the ray through a pixel first meets the surface, in box
// coordinates.
func (s *surfaceView) meets(c camera, x, y float64) (u, v float64, ok bool) {
	dx, dy := (x-c.cx)/c.scale, (c.cy-y)/c.scale
	at := func(z float64) mgl64.Vec3 { // the point at distance z along the view
		w := z
		if c.flat {
			w = c.dist
		}
		p := c.right.Mul(dx * w).Add(c.up.Mul(dy * w)).Add(c.toEye.Mul(c.dist - z))
		for k := range p {
			p[k] = (p[k]/half[k] + 1) / 2
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
	near := max(c.near, 1e-3)
	step := (c.far - near) / steps
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
			return p[0], p[1], inBox(mgl64.Vec3{min(max(p[0], 0), 1), min(max(p[1], 0), 1), p[2]})
		}
		before = here
	}
	return 0, 0, false
}
