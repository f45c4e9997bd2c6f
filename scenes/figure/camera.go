package figure

import (
	"math"

	"losscape/scenes/display"
)

// BoxHalf is half the size of the axis box: 4 : 4 : 3, scaled and seen from a
// distance of 10 as mplot3d does.
var BoxHalf = Vec3{4, 4, 3}.Mul(1.8294640721620434 * 25 / 24 / 6.4031242374328485 / 2)

const distance = 10

// Camera looks at the centre of the axis box. Box coordinates run from 0 to 1
// along each axis.
type Camera struct {
	Right, Up, ToEye Vec3
	Scale            float64 // units at a distance of 1
	CX, CY           float64 // where the centre of the box is seen
	Dist             float64 // of the eye from the centre of the box
	Flat             bool    // orthographic, of the size that Dist has in perspective
	Near, Far        float64
}

// pose is where a camera looks from.
type pose struct {
	elev, azim float64 // degrees, matplotlib's
	zoom       float64 // how much nearer than usual
}

// viewFrom returns a camera at a pose.
func viewFrom(p pose, flat bool) Camera {
	c := newCamera(p.elev, p.azim)
	c.Flat = flat
	if p.zoom != 1 {
		r := c.Far - c.Dist
		c.Dist /= p.zoom
		c.Near, c.Far = c.Dist-r, c.Dist+r
	}
	return c
}

// newCamera returns a camera at matplotlib's elev and azim, in degrees.
func newCamera(elev, azim float64) Camera {
	se, ce := math.Sincos(elev * math.Pi / 180)
	sa, ca := math.Sincos(azim * math.Pi / 180)
	r := BoxHalf.Len() * 1.1
	return Camera{
		Right: Vec3{-sa, ca, 0},
		Up:    Vec3{-se * ca, -se * sa, ce},
		ToEye: Vec3{ce * ca, ce * sa, se},
		Scale: 1,
		Dist:  distance,
		Near:  distance - r,
		Far:   distance + r,
	}
}

// centred returns a box coordinate from the box's centre.
func centred(b Vec3) Vec3 {
	return Vec3{(2*b[0] - 1) * BoxHalf[0], (2*b[1] - 1) * BoxHalf[1], (2*b[2] - 1) * BoxHalf[2]}
}

// Project returns where a point of the box is seen, and its depth from 0 to 1.
func (c *Camera) Project(b Vec3) display.Vertex {
	p := centred(b)
	z := c.Dist - c.ToEye.Dot(p)
	w := z
	if c.Flat {
		w = c.Dist
	}
	return display.Vertex{
		X:     c.CX + c.Scale*c.Right.Dot(p)/w,
		Y:     c.CY - c.Scale*c.Up.Dot(p)/w,
		Depth: c.Depth(z),
	}
}

// Depth returns the depth of what is at distance z along the view.
func (c *Camera) Depth(z float64) float64 {
	if c.Flat {
		return (z - c.Near) / (c.Far - c.Near)
	}
	return c.Far / (c.Far - c.Near) * (1 - c.Near/z)
}

// PerUnit returns how much depth there is to a unit along the view, at the centre of
// the box.
func (c *Camera) PerUnit() float64 { return c.Depth(c.Dist+0.5) - c.Depth(c.Dist-0.5) }

// Bulge is how far marks are lifted off the surface for its curvature, along the view.
const Bulge = 0.012

// Lift returns the depth by which a line of some width in pixels is lifted off the
// surface: about as much as it is thick.
func (c *Camera) Lift(width float64) float64 {
	return c.PerUnit() * (2.5*width*c.Pixel(c.Dist) + Bulge)
}

// Pixel returns the size of a pixel at distance z.
func (c *Camera) Pixel(z float64) float64 { return z / c.Scale }

// Matrix returns the transform from box coordinates to clip coordinates of the
// rectangle r of the frame.
func (c *Camera) Matrix(r display.Rectangle) [16]float32 {
	var m [16]float32
	// Clip x = w · (2 (x − r.x0)/r.w − 1), with w the distance along the view.
	sx, sy := 2*c.Scale/r.W(), 2*c.Scale/r.H()
	ox, oy := 2*(c.CX-r.X0)/r.W()-1, 1-2*(c.CY-r.Y0)/r.H()
	a := (c.Far + c.Near) / (c.Far - c.Near)
	b := -2 * c.Far * c.Near / (c.Far - c.Near)
	if c.Flat {
		a, b = 2/(c.Far-c.Near), -(c.Far+c.Near)/(c.Far-c.Near)
		sx, sy = sx/c.Dist, sy/c.Dist
	}
	for k := range 3 {
		s := 2 * BoxHalf[k]
		if c.Flat {
			m[4*k+0] = float32(sx * c.Right[k] * s)
			m[4*k+1] = float32(sy * c.Up[k] * s)
			m[4*k+2] = float32(-a * c.ToEye[k] * s)
			continue
		}
		w := -c.ToEye[k] * s
		m[4*k+0] = float32(sx*c.Right[k]*s + ox*w)
		m[4*k+1] = float32(sy*c.Up[k]*s + oy*w)
		m[4*k+2] = float32(a * w)
		m[4*k+3] = float32(w)
	}
	origin := Vec3{-BoxHalf[0], -BoxHalf[1], -BoxHalf[2]}
	w := c.Dist - c.ToEye.Dot(origin)
	if c.Flat {
		m[12] = float32(sx*c.Right.Dot(origin) + ox)
		m[13] = float32(sy*c.Up.Dot(origin) + oy)
		m[14] = float32(a*w + b)
		m[15] = 1
		return m
	}
	m[12] = float32(sx*c.Right.Dot(origin) + ox*w)
	m[13] = float32(sy*c.Up.Dot(origin) + oy*w)
	m[14] = float32(a*w + b)
	m[15] = float32(w)
	return m
}

// Eye returns the eye's place relative to the box's centre.
func (c *Camera) Eye() Vec3 {
	if c.Flat {
		return c.ToEye.Mul(1e4)
	}
	return c.ToEye.Mul(c.Dist)
}

// Reach returns the rectangle that a part of the axis box may reach.
func (c *Camera) Reach(lo, hi Vec3) display.Rectangle {
	out := display.Nowhere
	for k := range 8 {
		at := lo
		for axis := range 3 {
			if k>>axis&1 == 1 {
				at[axis] = hi[axis]
			}
		}
		v := c.Project(at)
		out = out.Union(display.Rect(v.X, v.Y, v.X, v.Y))
	}
	return out.Inset(-1)
}
