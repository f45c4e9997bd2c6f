package draw

import (
	"image"
	"image/color"
	"math"

	"losscape/scenes/figure"
)

// Kinds of commands.
const (
	kindRect     = iota // a: x0 y0 x1 y1; b: corner radius
	kindStroke          // the union of capsules: segments
	kindLine            // a stroke of one thickness that has not faded anywhere; a: its radius
	kindDisc            // a: centre, outer radius, inner radius
	kindGlyph           // a: x y of its top left texel, width, height; b: its place in the atlas
	kindPolygon         // a, b: four corners of a convex polygon, clockwise as seen
	kindSphere          // a: centre, radius, depth of the centre; b: depth of a radius, how much shows when hidden
	kindPath            // stroke with depths; b: how much shows where hidden
	kindLayer           // the surface layer; b: a number that differs when its contents do
	kindEnsemble        // the picture of the ensemble over the rectangle a; b: as of a layer
	kindMap             // the runs of a map over the rectangle a; b: as of a layer
	kindGround          // what lies under a list over the rectangle a, not drawn with it; b: as of a layer
	kinds               // how many there are
)

// command is one thing to draw, as the shader reads it.
type command struct {
	Kind, Color uint32
	Seg, Segs   uint32 // of strokes, in list.segs
	A, B        [4]float32
	Bounds      [4]float32 // x0 y0 x1 y1: whole pixels that it may change
}

// segment is a capsule of a stroke: a line between two points, thickened.
type segment struct {
	P [4]float32 // x0 y0 x1 y1
	D [4]float32 // depth at both ends, radius, how far it has faded
}

// list is a display list: commands in the order of drawing, in pixels with the
// origin in the frame's top left corner and y down.
type list struct {
	cmds []command
	segs []segment
	clip [4]float32
}

// reset empties the list for a part of a frame.
func (l *list) reset(part image.Rectangle) {
	l.cmds, l.segs = l.cmds[:0], l.segs[:0]
	l.clip = f32(figure.RectOf(part))
}

// within clips what f adds to r.
func (l *list) within(r figure.Rectangle, f func()) {
	old := l.clip
	l.clip = [4]float32{
		max(old[0], float32(r.X0)), max(old[1], float32(r.Y0)),
		min(old[2], float32(r.X1)), min(old[3], float32(r.Y1)),
	}
	f()
	l.clip = old
}

func pack(c color.NRGBA) uint32 {
	return uint32(c.R) | uint32(c.G)<<8 | uint32(c.B)<<16 | uint32(c.A)<<24
}

func (l *list) add(c command, col color.NRGBA) {
	c.Color = pack(col)
	b := c.extent(l.segs)
	for i := range 2 {
		c.Bounds[i] = max(floor(b[i]), l.clip[i])
		c.Bounds[i+2] = min(-floor(-b[i+2]), l.clip[i+2])
		if col.A == 0 || !(c.Bounds[i] < c.Bounds[i+2]) {
			return
		}
	}
	l.cmds = append(l.cmds, c)
}

// rect fills a rectangle, with rounded corners if radius > 0.
func (l *list) rect(r figure.Rectangle, radius float64, c color.NRGBA) {
	l.add(command{Kind: kindRect, A: f32(r), B: [4]float32{float32(radius)}}, c)
}

// frame draws the outline of r, w wide, inside it.
func (l *list) frame(r figure.Rectangle, w float64, c color.NRGBA) {
	l.rect(figure.Rect(r.X0, r.Y0, r.X1, r.Y0+w), 0, c)
	l.rect(figure.Rect(r.X0, r.Y1-w, r.X1, r.Y1), 0, c)
	l.rect(figure.Rect(r.X0, r.Y0+w, r.X0+w, r.Y1-w), 0, c)
	l.rect(figure.Rect(r.X1-w, r.Y0+w, r.X1, r.Y1-w), 0, c)
}

// disc fills a disc, or a ring if inner > 0.
func (l *list) disc(x, y, radius, inner float64, c color.NRGBA) {
	l.add(command{Kind: kindDisc, A: [4]float32{f(x), f(y), f(radius), f(inner)}}, c)
}

// ring marks a point that lies outside what is shown: a ring with a rim.
func (l *list) ring(x, y, radius, rim float64, c, around color.NRGBA) {
	l.disc(x, y, radius+rim, 0.45*radius-rim/2, around)
	l.disc(x, y, radius, 0.45*radius, c)
}

// polygon fills a convex polygon of four corners. The command is followed by one
// that fills its bounds, for tiles that lie inside it.
func (l *list) polygon(p [4]figure.Point, c color.NRGBA) {
	if area(p) < 0 {
		p[1], p[3] = p[3], p[1]
	}
	n := len(l.cmds)
	l.add(command{Kind: kindPolygon,
		A: [4]float32{f(p[0].X), f(p[0].Y), f(p[1].X), f(p[1].Y)},
		B: [4]float32{f(p[2].X), f(p[2].Y), f(p[3].X), f(p[3].Y)}}, c)
	if len(l.cmds) > n {
		l.add(command{Kind: kindRect, A: l.cmds[n].Bounds}, c)
	}
}

func area(p [4]figure.Point) float64 {
	var s float64
	for i := range p {
		q := p[(i+1)%4]
		s += p[i].X*q.Y - q.X*p[i].Y
	}
	return s
}

// vertex is a corner of a stroke; x is NaN for a gap.
type vertex struct {
	x, y, depth float64
	faded       float64 // how far the line to it has faded, 0 to 1
}

// snap rounds to 1/64 pixel, so that what moves less than can be seen is not
// drawn again.
func snap(x float64) float32 { return float32(math.Round(x*64) / 64) }

// stroke draws a line of the given width through points, as one shape: where it
// crosses itself it is not denser.
func (l *list) stroke(pts []vertex, width float64, c color.NRGBA) {
	l.polyline(command{Kind: kindLine, A: [4]float32{f(width / 2)}}, pts, nil, width, 0, c)
}

// path is stroke at a depth: what the surface hides is drawn fainter. Beads are
// thicker points of it.
func (l *list) path(pts, beads []vertex, width, beadWidth, xray float64, c color.NRGBA) {
	l.polyline(command{Kind: kindPath, B: [4]float32{f(xray)}}, pts, beads, width, beadWidth, c)
}

func (l *list) polyline(cmd command, pts, beads []vertex, width, beadWidth float64, c color.NRGBA) {
	cmd.Seg = uint32(len(l.segs))
	for i := range pts {
		a := pts[max(i-1, 0)]
		b := pts[i]
		if i == 0 && len(pts) > 1 || math.IsNaN(a.x) || math.IsNaN(b.x) {
			continue
		}
		a, b, ok := near(a, b)
		if !ok {
			continue
		}
		l.segs = append(l.segs, segment{
			P: [4]float32{snap(a.x), snap(a.y), snap(b.x), snap(b.y)},
			D: [4]float32{f(a.depth), f(b.depth), f(width / 2), f(b.faded)},
		})
	}
	for _, b := range beads {
		if _, _, ok := near(b, b); !ok {
			continue
		}
		l.segs = append(l.segs, segment{
			P: [4]float32{snap(b.x), snap(b.y), snap(b.x), snap(b.y)},
			D: [4]float32{f(b.depth), f(b.depth), f(beadWidth / 2), f(b.faded)},
		})
	}
	cmd.Segs = uint32(len(l.segs)) - cmd.Seg
	if cmd.Segs > 0 {
		l.add(cmd, c)
	}
}

// How far out of a frame a line is drawn, in pixels: float32 has a hundredth of one
// there; and how far out both ends of a line may lie, for float64 to know where it
// crosses the frame.
const (
	farthest = 1 << 16
	vaguest  = 1e12
)

// near cuts a line to what is not farther out than that; ok is false if nothing is
// left.
func near(a, b vertex) (_, _ vertex, ok bool) {
	size := func(v vertex) float64 { return max(math.Abs(v.x), math.Abs(v.y)) }
	switch la, lb := size(a), size(b); {
	case la <= farthest && lb <= farthest:
		return a, b, true
	case min(la, lb) > vaguest:
		return a, b, false
	case la < lb: // measured from the nearer end
		b, a, ok = near(b, a)
		return a, b, ok
	}
	// b + t (a − b)
	dx, dy := a.x-b.x, a.y-b.y
	t0, t1 := 0.0, 1.0
	for _, c := range [4][2]float64{{dx, farthest - b.x}, {-dx, farthest + b.x}, {dy, farthest - b.y}, {-dy, farthest + b.y}} {
		// Inside while t·c[0] ≤ c[1].
		switch t := c[1] / c[0]; {
		case c[0] > 0:
			t1 = min(t1, t)
		case c[0] < 0:
			t0 = max(t0, t)
		case c[1] < 0:
			return a, b, false
		}
	}
	if !(t0 < t1) {
		return a, b, false
	}
	at := func(t float64) vertex {
		return vertex{
			x: b.x + t*dx, y: b.y + t*dy,
			depth: b.depth + t*(a.depth-b.depth), faded: b.faded + t*(a.faded-b.faded),
		}
	}
	return at(t1), at(t0), true
}

// extent returns the rectangle that a command may change, not clipped.
func (c *command) extent(segs []segment) [4]float32 {
	switch c.Kind {
	case kindDisc, kindSphere:
		r := c.A[2] + 1
		return [4]float32{c.A[0] - r, c.A[1] - r, c.A[0] + r, c.A[1] + r}
	case kindGlyph:
		return [4]float32{c.A[0], c.A[1], c.A[0] + c.A[2], c.A[1] + c.A[3]}
	case kindPolygon:
		return [4]float32{
			min(c.A[0], c.A[2], c.B[0], c.B[2]) - 1, min(c.A[1], c.A[3], c.B[1], c.B[3]) - 1,
			max(c.A[0], c.A[2], c.B[0], c.B[2]) + 1, max(c.A[1], c.A[3], c.B[1], c.B[3]) + 1,
		}
	case kindStroke, kindLine, kindPath:
		inf := float32(math.Inf(1))
		b := [4]float32{inf, inf, -inf, -inf}
		for _, s := range segs[c.Seg : c.Seg+c.Segs] {
			r := s.D[2] + 1
			b[0], b[1] = min(b[0], s.P[0]-r, s.P[2]-r), min(b[1], s.P[1]-r, s.P[3]-r)
			b[2], b[3] = max(b[2], s.P[0]+r, s.P[2]+r), max(b[3], s.P[1]+r, s.P[3]+r)
		}
		return b
	}
	return c.A
}

func f(x float64) float32 { return float32(x) }

func f32(r figure.Rectangle) [4]float32 { return [4]float32{f(r.X0), f(r.Y0), f(r.X1), f(r.Y1)} }

func floor(x float32) float32 { return float32(math.Floor(float64(x))) }
