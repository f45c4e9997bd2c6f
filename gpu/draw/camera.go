package draw

import (
	"math"

	"losscape/scenes/figure"

	"github.com/go-gl/mathgl/mgl64"
)

// half is half the size of the axis box: 4 : 4 : 3, scaled and seen from a
// distance of 10 as mplot3d does.
var half = mgl64.Vec3{4, 4, 3}.Mul(1.8294640721620434 * 25 / 24 / 6.4031242374328485 / 2)

const distance = 10

// camera looks at the centre of the axis box. Box coordinates run from 0 to 1
// along each axis.
type camera struct {
	right, up, toEye mgl64.Vec3
	scale            float64 // pixels at a distance of 1
	cx, cy           float64 // where the centre of the box is seen
	dist             float64 // of the eye from the centre of the box
	flat             bool    // orthographic, of the size that dist has in perspective
	near, far        float64
}

// pose is where a camera looks from.
type pose struct {
	elev, azim float64 // degrees, matplotlib's
	zoom       float64 // how much nearer than usual
}

// view returns a camera at a pose.
func view(p pose, flat bool) camera {
	c := newCamera(p.elev, p.azim)
	c.flat = flat
	if p.zoom != 1 {
		r := c.far - c.dist
		c.dist /= p.zoom
		c.near, c.far = c.dist-r, c.dist+r
	}
	return c
}

// newCamera returns a camera at matplotlib's elev and azim, in degrees.
func newCamera(elev, azim float64) camera {
	se, ce := math.Sincos(elev * math.Pi / 180)
	sa, ca := math.Sincos(azim * math.Pi / 180)
	r := half.Len() * 1.1
	return camera{
		right: mgl64.Vec3{-sa, ca, 0},
		up:    mgl64.Vec3{-se * ca, -se * sa, ce},
		toEye: mgl64.Vec3{ce * ca, ce * sa, se},
		scale: 1,
		dist:  distance,
		near:  distance - r,
		far:   distance + r,
	}
}

// centred returns a box coordinate from the box's centre.
func centred(b mgl64.Vec3) mgl64.Vec3 {
	return mgl64.Vec3{(2*b[0] - 1) * half[0], (2*b[1] - 1) * half[1], (2*b[2] - 1) * half[2]}
}

// project returns where a point of the box is seen, and its depth from 0 to 1.
func (c *camera) project(b mgl64.Vec3) vertex {
	p := centred(b)
	z := c.dist - c.toEye.Dot(p)
	w := z
	if c.flat {
		w = c.dist
	}
	return vertex{
		x:     c.cx + c.scale*c.right.Dot(p)/w,
		y:     c.cy - c.scale*c.up.Dot(p)/w,
		depth: c.depth(z),
	}
}

// depth returns the depth of what is at distance z along the view.
func (c *camera) depth(z float64) float64 {
	if c.flat {
		return (z - c.near) / (c.far - c.near)
	}
	return c.far / (c.far - c.near) * (1 - c.near/z)
}

// perUnit returns how much depth there is to a unit along the view, at the centre of
// the box.
func (c *camera) perUnit() float64 { return c.depth(c.dist+0.5) - c.depth(c.dist-0.5) }

// bulge is how far marks are lifted off the surface for its curvature, along the view.
const bulge = 0.012

// lift returns the depth by which a line of some width in pixels is lifted off the
// surface: about as much as it is thick.
func (c *camera) lift(width float64) float64 {
	return c.perUnit() * (2.5*width*c.pixel(c.dist) + bulge)
}

// pixel returns the size of a pixel at distance z.
func (c *camera) pixel(z float64) float64 { return z / c.scale }

// matrix returns the transform from box coordinates to clip coordinates of the
// rectangle r of the frame.
func (c *camera) matrix(r figure.Rectangle) [16]float32 {
	var m [16]float32
	// Clip x = w · (2 (x − r.x0)/r.w − 1), with w the distance along the view.
	sx, sy := 2*c.scale/r.W(), 2*c.scale/r.H()
	ox, oy := 2*(c.cx-r.X0)/r.W()-1, 1-2*(c.cy-r.Y0)/r.H()
	a := (c.far + c.near) / (c.far - c.near)
	b := -2 * c.far * c.near / (c.far - c.near)
	if c.flat {
		a, b = 2/(c.far-c.near), -(c.far+c.near)/(c.far-c.near)
		sx, sy = sx/c.dist, sy/c.dist
	}
	for k := range 3 {
		s := 2 * half[k]
		if c.flat {
			m[4*k+0] = f(sx * c.right[k] * s)
			m[4*k+1] = f(sy * c.up[k] * s)
			m[4*k+2] = f(-a * c.toEye[k] * s)
			continue
		}
		w := -c.toEye[k] * s
		m[4*k+0] = f(sx*c.right[k]*s + ox*w)
		m[4*k+1] = f(sy*c.up[k]*s + oy*w)
		m[4*k+2] = f(a * w)
		m[4*k+3] = f(w)
	}
	origin := mgl64.Vec3{-half[0], -half[1], -half[2]}
	w := c.dist - c.toEye.Dot(origin)
	if c.flat {
		m[12] = f(sx*c.right.Dot(origin) + ox)
		m[13] = f(sy*c.up.Dot(origin) + oy)
		m[14] = f(a*w + b)
		m[15] = 1
		return m
	}
	m[12] = f(sx*c.right.Dot(origin) + ox*w)
	m[13] = f(sy*c.up.Dot(origin) + oy*w)
	m[14] = f(a*w + b)
	m[15] = f(w)
	return m
}

// eye returns the eye's place relative to the box's centre.
func (c *camera) eye() mgl64.Vec3 {
	if c.flat {
		return c.toEye.Mul(1e4)
	}
	return c.toEye.Mul(c.dist)
}
