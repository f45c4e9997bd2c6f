package draw

import (
	"image/color"
	"math"
	"strconv"
	"strings"

	"losscape/gpu"

	"github.com/go-gl/mathgl/mgl64"
)

// Titles of the panels of the landscape, as in the notebook.
const (
	surfaceTitle = "Loss Function Landscape"
	contourTitle = "Loss Function"
)

// contourPanelState is the panel of the filled contours.
type contourPanelState struct {
	*axes
	plane  plane
	corner align2 // where the loss is written
	trail  []mgl64.Vec3
	beads  []mgl64.Vec3
	line   []vertex
}

// align2 is a corner of a plot: 0 or 1 along each axis.
type align2 struct{ x, y float64 }

func newContourPanel(r *Renderer, p panel) *contourPanelState {
	x, y := axisNames(r.p.Scene.Plane)
	v := r.p.View
	c := &contourPanelState{
		axes:  newAxes(p, contourTitle, x, y, v.X.Min, v.X.Max, v.Y.Min, v.Y.Max, r.text, &r.ly),
		plane: plane{v, p.plot},
	}
	for _, run := range r.runs {
		at := make([]mgl64.Vec3, run.n)
		for k, q := range run.plane {
			at[k] = mgl64.Vec3{c.plane.x(q[0]), c.plane.y(q[1]), 0}
		}
		run.flat = newTrail(at, 0.2, 7*r.ly.pt, nil)
	}
	c.corner = c.freeCorner(r)
	return c
}

// readout returns the lines that say where the runs are at frame k, the style
// they are in and the room they take.
func (c *contourPanelState) readout(r *Renderer, k int) (lines []string, st style, w, h float64) {
	st = style{regular, r.ly.px(labelSize), ink}
	if len(r.runs) == 1 {
		lines = []string{"Iter: " + digits(k) + "  Loss: " + lossText(r.runs[0], k)}
	} else {
		lines = []string{"Iter: " + digits(k)}
		for i, run := range r.runs {
			if i == mostEntries-2 && i < len(r.runs)-1 {
				lines = append(lines, "and "+digits(len(r.runs)-i)+" more")
				break
			}
			lines = append(lines, run.name+"  Loss: "+lossText(run, k))
		}
		if most := c.plot.h() * 0.45 / float64(len(lines)) / lineStep; st.px > most {
			st.px = quarter(max(most, min(smallestText, labelSize*r.ly.pt)))
		}
	}
	for i, s := range lines {
		lw := r.text.width(s, st)
		if i > 0 {
			lw += st.px * 1.3
		}
		w = max(w, lw)
	}
	return lines, st, w + st.px, (float64(len(lines)-1)*lineStep + 1.75) * st.px
}

// lossText writes the loss of a run at frame k as the notebook does.
func lossText(r *run, k int) string {
	if r.diverged(k) {
		return "diverged"
	}
	l := r.t.Loss[r.index(k)]
	if l != 0 && (math.Abs(l) >= 1e5 || math.Abs(l) < 5e-5) {
		m, e, _ := strings.Cut(strconv.FormatFloat(l, 'e', 3, 64), "e")
		n, _ := strconv.Atoi(e)
		return strings.ReplaceAll(m+"e"+strconv.Itoa(n), "-", minus)
	}
	return strings.ReplaceAll(strconv.FormatFloat(l, 'f', 4, 64), "-", minus)
}

// place returns the plate of the readout in a corner.
func (c *contourPanelState) place(at align2, w, h float64, ly *layout) rect {
	gap := 6 * ly.pt
	x := c.plot.x0 + gap + at.x*(c.plot.w()-2*gap-w)
	y := c.plot.y0 + gap + at.y*(c.plot.h()-2*gap-h)
	return rect{x, y, x + w, y + h}.whole()
}

// freeCorner returns the corner that the runs come least into: bottom right, as
// in the notebook, if it is free.
func (c *contourPanelState) freeCorner(r *Renderer) align2 {
	_, _, w, h := c.readout(r, 9999)
	best, least := align2{1, 1}, math.MaxInt
	for _, at := range []align2{{1, 1}, {0, 1}, {1, 0}, {0, 0}} {
		area := c.place(at, w, h, &r.ly).inset(-dotSize * r.ly.pt)
		hits := 0
		for _, run := range r.runs {
			for i, p := range run.flat.points {
				q := run.flat.points[max(i-1, 0)]
				for s := range 17 {
					m := q.Add(p.Sub(q).Mul(float64(s) / 16))
					if area.contains(point{m[0], m[1]}) {
						hits++
						break
					}
				}
			}
		}
		if hits < least {
			best, least = at, hits
		}
	}
	return best
}

// frame draws the paths so far, the current points, and what they are.
func (c *contourPanelState) frame(l *list, r *Renderer, k int) {
	ly := &r.ly
	width := max(pathWidth*ly.pt, 1.2)
	casing := max(pathCasing*ly.pt, 0.8)
	l.within(c.plot, func() {
		for i := len(r.runs) - 1; i >= 0; i-- {
			run := r.runs[i]
			n := run.index(k)
			c.trail = run.flat.upTo(n, c.trail)
			c.beads = run.flat.beadsUpTo(n, c.beads)
			c.line = c.line[:0]
			for _, p := range c.trail {
				c.line = append(c.line, vertex{x: p[0], y: p[1]})
			}
			marks := make([]vertex, 0, len(c.beads))
			for _, p := range c.beads {
				marks = append(marks, vertex{x: p[0], y: p[1]})
			}
			bead := max(beadSize*ly.pt, width)
			l.polyline(command{Kind: kindStroke}, c.line, marks, width+2*casing, bead+2*casing, withAlpha(white, 0.55))
			l.polyline(command{Kind: kindStroke}, c.line, marks, width, bead, run.color)
		}
	})
	lines, st, w, h := c.readout(r, k)
	plateAt := c.place(c.corner, w, h, ly)
	l.rect(plateAt, 3*ly.pt, color.NRGBA{255, 255, 255, 225})
	x, y := plateAt.x0+st.px/2, plateAt.y0+0.875*st.px
	for i, s := range lines {
		at := x
		if i > 0 && i-1 < len(r.runs) && !strings.HasPrefix(s, "and ") {
			l.disc(x+0.45*st.px, y, 0.36*st.px, 0, r.runs[i-1].color)
			at += st.px * 1.3
		}
		t := st
		r.text.put(l, s, t, at, y, align{0, true}, false)
		y += lineStep * st.px
	}
	for i := len(r.runs) - 1; i >= 0; i-- {
		run := r.runs[i]
		p := run.flat.at[run.index(k)]
		radius := max(dotSize*ly.pt, 4) / 2
		rim := max(1.1*ly.pt, 1)
		x, y := float64(snap(p[0])), float64(snap(p[1]))
		if c.plot.inset(-0.5).contains(point{x, y}) {
			l.disc(x, y, radius+rim, 0, white)
			l.disc(x, y, radius, 0, run.color)
			continue
		}
		// Outside: a ring at the edge, where it left.
		x, y = min(max(x, c.plot.x0+radius), c.plot.x1-radius), min(max(y, c.plot.y0+radius), c.plot.y1-radius)
		l.ring(x, y, radius, rim, run.color)
	}
}

// surfacePanelState is the panel of the lit surface.
type surfacePanelState struct {
	panel panel
	box   *box
	space boxSpace
	cam   camera // of a still camera, and of frame 0
	turns bool

	azim  float64 // that the layer was last drawn at
	drawn bool
	trail []mgl64.Vec3
	beads []mgl64.Vec3
	line  []vertex
	marks []vertex
}

func newSurfacePanel(r *Renderer, p panel, words *gpu.Texture) (*surfacePanelState, error) {
	s := &surfacePanelState{panel: p, turns: r.p.Scene.Camera.Path == "orbit"}
	lo, hi := r.lossRange()
	x, y := axisNames(r.p.Scene.Plane)
	v := r.p.View
	s.space = boxSpace{v, lo, hi}
	s.box = newBox([3]float64{v.X.Min, v.Y.Min, lo}, [3]float64{v.X.Max, v.Y.Max, hi}, [3]string{x, y, "Loss"})

	cam := r.p.Scene.Camera
	azims := []float64{cam.Azim}
	if s.turns {
		azims = azims[:0]
		for a := 0.0; a < 360; a += 7.5 {
			azims = append(azims, cam.Azim+a)
		}
	}
	scale, cx, cy := s.box.fit(cam.Elev, azims, p.plot, r.text, &r.ly, s.turns)
	s.cam = newCamera(cam.Elev, cam.Azim)
	s.cam.scale, s.cam.cx, s.cam.cy = scale, cx, cy
	land, err := r.land()
	if err != nil {
		return nil, err
	}
	pixel := distance / scale / (2 * half[0]) // in box coordinates
	for _, run := range r.runs {
		run.drape(s.space, land, 0.2*pixel, 7*r.ly.pt*pixel)
	}
	// Triangles of some ten pixels: heights and slopes within them come from the
	// relief.
	mesh := int(min(256, max(64, p.plot.w()/8)))
	if s.turns {
		mesh = int(min(192, max(64, p.plot.w()/10)))
	}
	if r.surface, err = newSurface(r.d, p.plot, r.p.Field, words, lo, hi, mesh); err != nil {
		return nil, err
	}
	r.surface.isoWidth = max(isoWidth*r.ly.pt, 0.7)
	return s, nil
}

// backdrop draws the surface into its layer, and the box around it into l.
func (s *surfacePanelState) backdrop(r *Renderer, l *list, c camera) error {
	if err := r.surface.draw(c); err != nil {
		return err
	}
	s.box.back(l, c, &r.ly)
	l.add(command{Kind: kindLayer, A: s.panel.plot.f32(), B: [4]float32{f(c.toEye[0]), f(c.toEye[1]), f(c.toEye[2])}}, white)
	s.box.front(l, c, r.text, &r.ly, s.box.place(c, r.text, &r.ly, s.turns), s.turns)
	return nil
}

// frame draws the paths so far and the current points, and under a moving camera
// all the rest of the panel.
func (s *surfacePanelState) frame(l *list, r *Renderer, k int) error {
	ly := &r.ly
	c := s.cam
	if s.turns {
		c = newCamera(r.p.Scene.Camera.Elev, r.p.Scene.Camera.Azim+360*float64(k)/float64(max(1, r.p.Scene.Film.Frames)))
		c.scale, c.cx, c.cy = s.cam.scale, s.cam.cx, s.cam.cy
		if err := s.backdrop(r, l, c); err != nil {
			return err
		}
	}
	width := max(pathWidth*ly.pt, 1.2)
	casing := max(pathCasing*ly.pt, 0.8)
	radius := max(dotSize*ly.pt, 4) / 2 * 1.25
	for i := len(r.runs) - 1; i >= 0; i-- {
		run := r.runs[i]
		n := run.index(k)
		s.trail = run.solid.upTo(n, s.trail)
		s.beads = run.solid.beadsUpTo(n, s.beads)
		s.line = s.line[:0]
		gap := vertex{x: math.NaN()}
		for j, p := range s.trail {
			if j == 0 {
				if inBox(p) {
					s.line = append(s.line, c.project(p))
				}
				continue
			}
			q := s.trail[j-1]
			a, b, ok := clipLine(q, p)
			if !ok {
				s.line = append(s.line, gap)
				continue
			}
			if a != q {
				s.line = append(s.line, gap, c.project(a))
			}
			s.line = append(s.line, c.project(b))
		}
		s.marks = s.marks[:0]
		for _, p := range s.beads {
			if inBox(p) {
				s.marks = append(s.marks, c.project(p))
			}
		}
		at := run.solid.at[n]
		// The lift is towards the eye, by as much as the path is thick and a
		// little for the surface's curvature.
		z := c.distanceOf(at)
		perUnit := c.depth(z+0.5) - c.depth(z-0.5)
		lift := perUnit * (2.5*width*c.pixel(z) + 0.012)
		bead := max(beadSize*ly.pt, width)
		l.path(s.line, s.marks, width+2*casing, bead+2*casing, lift, 0.15, withAlpha(white, 0.55))
		l.path(s.line, s.marks, width, bead, lift, 0.3, run.color)
		v := c.project(at)
		x, y := snap(v.x), snap(v.y)
		if inBox(at) {
			l.add(command{
				Kind: kindSphere,
				A:    [4]float32{x, y, f(radius), f(v.depth)},
				B:    [4]float32{f(perUnit * radius * c.pixel(z)), f(perUnit * (1.5*radius*c.pixel(z) + 0.012)), 0.45},
			}, run.color)
			continue
		}
		// Outside the box: a ring at its nearest side.
		for j := range at {
			at[j] = min(max(at[j], 0), 1)
		}
		v = c.project(at)
		l.ring(v.x, v.y, max(dotSize*ly.pt, 4)/2, max(1.1*ly.pt, 1), run.color)
	}
	return nil
}
