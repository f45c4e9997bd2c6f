package draw

import (
	"math"

	"losscape/gpu"

	"github.com/go-gl/mathgl/mgl64"
)

// surfaceTitle is the notebook's.
const surfaceTitle = "Loss Function Landscape"

// surfaceView is the panel of the lit surface.
type surfaceView struct {
	panel panel
	box   *box
	space boxSpace
	cam   camera // of a still camera, and of frame 0
	turns bool

	trail []mgl64.Vec3
	beads []mgl64.Vec3
	line  []vertex
	marks []vertex
}

func newSurfaceView(r *Renderer, p panel, words *gpu.Texture) (*surfaceView, error) {
	s := &surfaceView{panel: p, turns: r.p.Scene.Camera.Path == "orbit"}
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
func (s *surfaceView) backdrop(r *Renderer, l *list, c camera) error {
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
func (s *surfaceView) frame(l *list, r *Renderer, k int) error {
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
