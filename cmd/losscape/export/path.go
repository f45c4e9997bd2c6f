package export

import (
	"math"

	"losscape/scenes/display"
)

// verb is what a path does next.
type verb uint8

const (
	moveTo  verb = iota // takes a point
	lineTo              // one
	cubicTo             // three, of a Bézier curve
	closed              // none
)

// path is an outline of areas.
type path struct {
	verbs []verb
	pts   []display.Point
}

func (p *path) move(q display.Point) { p.verbs, p.pts = append(p.verbs, moveTo), append(p.pts, q) }
func (p *path) line(q display.Point) { p.verbs, p.pts = append(p.verbs, lineTo), append(p.pts, q) }
func (p *path) cubic(a, b, q display.Point) {
	p.verbs, p.pts = append(p.verbs, cubicTo), append(p.pts, a, b, q)
}
func (p *path) close() { p.verbs = append(p.verbs, closed) }

// quad adds a quadratic Bézier curve, as a cubic one.
func (p *path) quad(b, q display.Point) {
	a := p.pts[len(p.pts)-1]
	p.cubic(toward(a, b, 2./3), toward(q, b, 2./3), q)
}

// toward returns the point at share t of the way from a to b.
func toward(a, b display.Point, t float64) display.Point {
	return display.Pt(a.X+t*(b.X-a.X), a.Y+t*(b.Y-a.Y))
}

// polygon adds a closed polygon.
func (p *path) polygon(pts []display.Point) {
	for i, q := range pts {
		if i == 0 {
			p.move(q)
		} else {
			p.line(q)
		}
	}
	p.close()
}

// quarter is how far the inner points of a cubic Bézier curve lie along the tangents of
// a quarter of a unit circle: the curve strays from it by less than 3e-4
// (Goldapp 1991).
const quarter = 0.5522847498

// arc adds a quarter of a circle around c, from the current point at c + r u to c + r v.
func (p *path) arc(c display.Point, r float64, u, v display.Point) {
	on := func(a, b float64) display.Point { return display.Pt(c.X+r*(a*u.X+b*v.X), c.Y+r*(a*u.Y+b*v.Y)) }
	p.cubic(on(1, quarter), on(quarter, 1), on(0, 1))
}

// capsule adds the area within r of the line from a to b, clockwise as seen.
func (p *path) capsule(a, b display.Point, r float64) {
	u := display.Pt(1, 0)
	if d := math.Hypot(b.X-a.X, b.Y-a.Y); d > 0 {
		u = display.Pt((b.X-a.X)/d, (b.Y-a.Y)/d)
	}
	v, back, w := display.Pt(-u.Y, u.X), display.Pt(-u.X, -u.Y), display.Pt(u.Y, -u.X)
	p.move(display.Pt(b.X+r*w.X, b.Y+r*w.Y))
	p.arc(b, r, w, u)
	p.arc(b, r, u, v)
	if a != b {
		p.line(display.Pt(a.X+r*v.X, a.Y+r*v.Y))
	}
	p.arc(a, r, v, back)
	p.arc(a, r, back, w)
	p.close()
}

// ring adds a disc, with a hole if inner > 0.
func (p *path) ring(x, y, radius, inner float64) {
	c := display.Pt(x, y)
	p.capsule(c, c, radius)
	if inner <= 0 {
		return
	}
	e, s, w, n := display.Pt(1, 0), display.Pt(0, 1), display.Pt(-1, 0), display.Pt(0, -1)
	p.move(display.Pt(x+inner, y))
	p.arc(c, inner, e, n)
	p.arc(c, inner, n, w)
	p.arc(c, inner, w, s)
	p.arc(c, inner, s, e)
	p.close()
}

// rounded adds a rectangle with rounded corners.
func (p *path) rounded(r display.Rectangle, radius float64) {
	radius = max(0, min(radius, r.W()/2, r.H()/2))
	e, s, w, n := display.Pt(1, 0), display.Pt(0, 1), display.Pt(-1, 0), display.Pt(0, -1)
	in := r.Inset(radius)
	p.move(display.Pt(in.X0, r.Y0))
	for _, c := range []struct{ at, from, to display.Point }{
		{display.Pt(in.X1, in.Y0), n, e}, {display.Pt(in.X1, in.Y1), e, s},
		{display.Pt(in.X0, in.Y1), s, w}, {display.Pt(in.X0, in.Y0), w, n},
	} {
		p.line(display.Pt(c.at.X+radius*c.from.X, c.at.Y+radius*c.from.Y))
		if radius > 0 {
			p.arc(c.at, radius, c.from, c.to)
		}
	}
	p.close()
}
