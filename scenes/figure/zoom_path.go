package figure

import (
	"math"

	"losscape/scenes"
)

// zoomView is what a frame of a film that zooms shows of the map: in the coordinates of its
// axes, see scenes.MapAxis, relative to an anchor, so that a place near that is known to
// more digits than its coordinate has.
type zoomView struct {
	off  [2]float64 // of the middle from the anchor
	span [2]float64 // from edge to edge, negative along axes that descend
}

// zoomPath is the way of a film from key to key of a map. Between two it is the one that
// looks shortest and moves evenly for the eye (van Wijk and Nuij, "Smooth and efficient
// zooming and panning", 2003): the width falls or grows by about the same factor in each
// frame, far ways go by a wider view, and a target that is in view stays there. The film
// starts from rest and comes to rest, and its pace does not jump at a key.
type zoomPath struct {
	axes   [2]scenes.MapAxis
	anchor [2]float64 // coordinates of the key with the least width
	aspect float64    // spans along the second axis to those along the first, signed
	sign   float64    // of spans along the first axis
	frames []int      // of the keys
	so     []float64  // length of the way up to each key
	legs   []zoomLeg
}

func newZoomPath(m *scenes.Map) *zoomPath {
	p := &zoomPath{axes: [2]scenes.MapAxis{scenes.MapAxisOf(&m.Over[0]), scenes.MapAxisOf(&m.Over[1])}}
	x, y := p.axes[0], p.axes[1]
	p.aspect = (y.Hi - y.Lo) / math.Abs(x.Hi-x.Lo)
	p.sign = math.Copysign(1, x.Hi-x.Lo)
	deepest := 0
	for i, k := range m.Keys {
		if k.Width < m.Keys[deepest].Width {
			deepest = i
		}
	}
	for j, c := range m.Keys[deepest].Centre {
		p.anchor[j] = p.axes[j].At(c)
	}
	at := func(k scenes.MapKey) (c [2]float64) {
		for j := range c {
			c[j] = p.axes[j].At(k.Centre[j]) - p.anchor[j]
		}
		c[1] /= p.aspect // the view is a square in these units
		return c
	}
	p.so = []float64{0}
	for i, k := range m.Keys {
		p.frames = append(p.frames, k.Frame)
		if i > 0 {
			before := m.Keys[i-1]
			leg := newZoomLeg(at(before), at(k), before.Width, k.Width)
			p.legs = append(p.legs, leg)
			p.so = append(p.so, p.so[i-1]+leg.length)
		}
	}
	return p
}

// at returns what frame k shows.
func (p *zoomPath) at(k int) zoomView {
	s := monotone(p.frames, p.so, float64(k))
	i := 0
	for i < len(p.legs)-1 && s > p.so[i+1] {
		i++
	}
	c, w := p.legs[i].at(min(max(s-p.so[i], 0), p.legs[i].length))
	return zoomView{off: [2]float64{c[0], c[1] * p.aspect}, span: [2]float64{p.sign * w, p.aspect * w}}
}

// zoomLeg is the way from one view to another, of squares with a centre and a width.
type zoomLeg struct {
	from, to [2]float64
	w0, w1   float64
	apart    float64 // distance of the centres
	r0       float64
	length   float64
}

// zoomRho weighs panning against zooming: ρ, for which people chose 1.42 on average.
const zoomRho = math.Sqrt2

func newZoomLeg(from, to [2]float64, w0, w1 float64) zoomLeg {
	g := zoomLeg{from: from, to: to, w0: w0, w1: w1, apart: math.Hypot(to[0]-from[0], to[1]-from[1])}
	const r2 = zoomRho * zoomRho
	// Nearer ones, whose formula would overflow, are in one place for every frame's pixels.
	if g.apart <= 1e-30*min(w0, w1) {
		g.apart = 0
		g.length = math.Abs(math.Log(w1/w0)) / zoomRho
		return g
	}
	b := func(w, sign float64) float64 {
		return ((w1-w0)*(w1+w0) + sign*r2*r2*g.apart*g.apart) / (2 * w * r2 * g.apart)
	}
	g.r0 = -math.Asinh(b(w0, 1))
	g.length = (-math.Asinh(b(w1, -1)) - g.r0) / zoomRho
	return g
}

// at returns the view at a length of the way. The centre is reckoned from the end at which
// the view is narrower, where it has to be known best.
func (g *zoomLeg) at(s float64) (c [2]float64, w float64) {
	if g.apart == 0 {
		t := 0.0
		if g.length > 0 {
			t = s / g.length
		}
		return g.to, g.w0 * math.Pow(g.w1/g.w0, t)
	}
	now := math.Cosh(zoomRho*s + g.r0)
	w = g.w0 * math.Cosh(g.r0) / now
	// From u(s) of the paper by tanh a − tanh b = sinh(a − b)/(cosh a cosh b).
	const r2 = zoomRho * zoomRho
	end, wide, way := g.to, g.w1, -math.Sinh(zoomRho*(g.length-s))
	if g.w0 < g.w1 {
		end, wide, way = g.from, g.w0, math.Sinh(zoomRho*s)
	}
	way *= wide / r2 / now / g.apart
	for j := range c {
		c[j] = end[j] + way*(g.to[j]-g.from[j])
	}
	return c, w
}
