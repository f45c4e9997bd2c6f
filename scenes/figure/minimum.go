package figure

import (
	"image/color"
	"math"

	"losscape/scenes/display"
	"losscape/scenes/scale"
)

// StarSize is the diameter of the star at the minimum, in points.
const StarSize = 2.2 * DotSize

// minimumAt is the minimum as panels of the landscape show it.
type minimumAt struct {
	alpha, beta float64 // of the nearest point of the plane
	off         bool    // the minimum is not in the plane: the star is hollow
}

// offPlane is the least distance from the plane, in shares of 1 + the distance from its
// origin, that is not rounding.
const offPlane = 1e-6

// minimum returns where the scene's minimum is; ok is false if it shows none.
func (f *Figure) minimum() (m minimumAt, ok bool) {
	s := f.Scene
	if s.Minimum == nil {
		return m, false
	}
	a, b, off := s.Plane.Coordinates(s.Minimum)
	return minimumAt{a, b, off > offPlane*(1+math.Hypot(a, b))}, scale.Finite(a) && scale.Finite(b)
}

// star draws a star around a point by a function that strokes a line. Its depth is that
// of the point.
func (f *Figure) star(at display.Vertex, hollow bool, stroke func(pts []display.Vertex, width float64, c color.NRGBA)) {
	radius, rim := f.AtLeast(StarSize, 7)/2, f.AtLeast(1.1, 1)
	th := f.Theme
	if !hollow {
		// One within the other, so near that nothing shows between them.
		var fill []display.Vertex
		for _, size := range []float64{0.9, 0.7, 0.5, 0.3, 0.1} {
			fill = append(fill, tips(at, size*radius)...)
			fill = append(fill, display.Vertex{X: math.NaN()})
		}
		stroke(fill, 0.16*radius, starFill)
	} else {
		stroke(tips(at, radius), 2.6*rim, th.Casing)
	}
	stroke(tips(at, radius), rim, starRim)
}

// The star's colours, which stand out from all colour maps in all themes.
var (
	starFill = color.NRGBA{255, 255, 255, 255}
	starRim  = color.NRGBA{0, 0, 0, 255}
)

// tips returns the outline of a star of five tips.
func tips(at display.Vertex, radius float64) []display.Vertex {
	// The inner corners lie where lines from tip to tip cross.
	inner := math.Cos(2*math.Pi/5) / math.Cos(math.Pi/5)
	pts := make([]display.Vertex, 11)
	for i := range pts {
		r := radius
		if i%2 == 1 {
			r *= inner
		}
		sin, cos := math.Sincos(math.Pi * float64(i) / 5)
		pts[i] = display.Vertex{X: at.X + r*sin, Y: at.Y - r*cos, Depth: at.Depth}
	}
	return pts
}

// star draws the minimum on the contours.
func (c *contour) star(l *display.List, f *Figure) {
	m, ok := f.minimum()
	at := display.Vertex{X: c.plane.x(m.alpha), Y: c.plane.y(m.beta)}
	if !ok || !c.plot.Contains(display.Pt(at.X, at.Y)) {
		return
	}
	l.Within(c.plot, func() { f.star(at, m.off, l.Line) })
}

// star draws the minimum on the surface: in the plane, at the height that the surface has
// there.
func (s *Surface) star(l *display.List, f *Figure, c Camera) {
	m, ok := f.minimum()
	if !ok {
		return
	}
	at := s.space.of(m.alpha, m.beta, 0)
	if at[2] = s.space.height(s.heights, at[0], at[1]); !inBox(at) {
		return
	}
	radius := f.AtLeast(StarSize, 7) / 2
	v := s.lifted(c, at, c.PerUnit()*(1.5*radius*c.Pixel(c.Dist)+Bulge))
	f.star(v, m.off, func(pts []display.Vertex, width float64, col color.NRGBA) { l.Path(pts, nil, width, 0, xrayDot, col) })
}
