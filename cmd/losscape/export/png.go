package export

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"

	"losscape/gpu/film/pngdpi"
	"losscape/scenes/display"
	"losscape/scenes/letters"

	"golang.org/x/image/vector"
)

// raster is a page of pixels. A pixel's coverage is what gpu/draw's printer has it: of
// discs and strokes by the distance of its middle, of rectangles by area.
type raster struct {
	*Page
	m   *image.RGBA
	to  image.Rectangle // what may be drawn on
	ras vector.Rasterizer
	cov []float32
}

// mostPixels is how many pixels a side of a PNG has at most.
const mostPixels = 16384

func newPNG(p *Page) (canvas, error) {
	w, h := math.Round(p.W*p.scale()), math.Round(p.H*p.scale())
	if w < 1 || h < 1 || w > mostPixels || h > mostPixels {
		return nil, fmt.Errorf("a PNG of %.0f x %.0f pixels, want 1 to %d along each side", w, h, mostPixels)
	}
	m := image.NewRGBA(image.Rect(0, 0, int(w), int(h)))
	c := &raster{Page: p, m: m}
	c.clip(nil)
	return c, nil
}

// px returns a rectangle in pixels.
func (c *raster) px(r display.Rectangle) display.Rectangle {
	s := c.scale()
	return display.Rect(r.X0*s, r.Y0*s, r.X1*s, r.Y1*s)
}

// around returns the pixels that a rectangle touches, of those that may be drawn on.
func (c *raster) around(r display.Rectangle) image.Rectangle {
	r = r.Intersect(display.RectOf(c.to)).Around()
	if r.Empty() {
		return image.Rectangle{}
	}
	return image.Rect(int(r.X0), int(r.Y0), int(r.X1), int(r.Y1))
}

// clip cuts to whole pixels: those of which the rectangle has the middle.
func (c *raster) clip(r *display.Rectangle) {
	c.to = c.m.Rect
	if r != nil {
		q := c.px(*r).Whole()
		c.to = image.Rect(int(q.X0), int(q.Y0), int(q.X1), int(q.Y1)).Intersect(c.m.Rect)
	}
}

// uniform returns a colour as an image.
func uniform(c ink) *image.Uniform {
	a := func(v uint8) uint16 { return uint16(math.Round(float64(v) / 255 * c.a * 0xffff)) }
	return image.NewUniform(color.RGBA64{a(c.r), a(c.g), a(c.b), uint16(math.Round(c.a * 0xffff))})
}

// blend lays a colour over a pixel.
func (c *raster) blend(x, y int, k ink, coverage float64) {
	a := k.a * coverage
	if a <= 0 {
		return
	}
	p := c.m.Pix[c.m.PixOffset(x, y):][:4]
	for i, v := range [4]float64{float64(k.r), float64(k.g), float64(k.b), 255} {
		p[i] = uint8(v*a + float64(p[i])*(1-a) + 0.5)
	}
}

// shape blends a colour over the pixels of a rectangle by their coverage, which is a
// function of their middles.
func (c *raster) shape(r display.Rectangle, k ink, coverage func(x, y float64) float64) {
	b := c.around(r)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c.blend(x, y, k, coverage(float64(x)+0.5, float64(y)+0.5))
		}
	}
}

// covers returns the coverage of a pixel by what is d pixels away, negative inside.
func covers(d float64) float64 { return min(max(0.5-d, 0), 1) }

func (c *raster) rect(r display.Rectangle, radius float64, k ink) {
	r = c.px(r)
	if radius = min(radius*c.scale(), r.W()/2, r.H()/2); radius > 0 {
		c.shape(r, k, func(x, y float64) float64 {
			dx, dy := math.Abs(x-r.CX())-r.W()/2+radius, math.Abs(y-r.CY())-r.H()/2+radius
			return covers(math.Hypot(max(dx, 0), max(dy, 0)) + min(max(dx, dy), 0) - radius)
		})
		return
	}
	if r == r.Whole() && k.a == 1 {
		draw.Draw(c.m, c.around(r), uniform(k), image.Point{}, draw.Src)
		return
	}
	c.shape(r, k, func(x, y float64) float64 {
		return max(min(r.X1, x+0.5)-max(r.X0, x-0.5), 0) * max(min(r.Y1, y+0.5)-max(r.Y0, y-0.5), 0)
	})
}

func (c *raster) disc(x, y, radius, inner float64, k ink) {
	s := c.scale()
	x, y, radius, inner = x*s, y*s, radius*s, inner*s
	c.shape(display.Rect(x-radius-1, y-radius-1, x+radius+1, y+radius+1), k, func(u, v float64) float64 {
		d := math.Hypot(u-x, v-y)
		if inner > 0 {
			return covers(d-radius) * covers(inner-d)
		}
		return covers(d - radius)
	})
}

func (c *raster) fill(p *path, k ink) {
	s := c.scale()
	r := display.Nowhere
	for _, q := range p.pts {
		r = r.Union(display.Rect(q.X*s, q.Y*s, q.X*s, q.Y*s))
	}
	b := c.around(display.Rect(r.X0-1, r.Y0-1, r.X1+1, r.Y1+1))
	if b.Empty() {
		return
	}
	c.ras.Reset(b.Dx(), b.Dy())
	pts := p.pts
	next := func() (x, y float32) {
		q := pts[0]
		pts = pts[1:]
		return float32(q.X*s - float64(b.Min.X)), float32(q.Y*s - float64(b.Min.Y))
	}
	for _, v := range p.verbs {
		switch v {
		case moveTo:
			c.ras.MoveTo(next())
		case lineTo:
			c.ras.LineTo(next())
		case cubicTo:
			x0, y0 := next()
			x1, y1 := next()
			x2, y2 := next()
			c.ras.CubeTo(x0, y0, x1, y1, x2, y2)
		case closed:
			c.ras.ClosePath()
		}
	}
	c.ras.Draw(c.m, b, uniform(k), image.Point{})
}

// bandPixels is of how many pixels a stroke keeps the coverage at a time, or of one row.
const bandPixels = 1 << 22

// stroke has each pixel covered by the capsule that shows most there.
func (c *raster) stroke(segs []display.Segment, k ink) {
	s := c.scale()
	all := display.Nowhere
	reach := func(g display.Segment) display.Rectangle {
		a, b, r := at(g.P[0], g.P[1]), at(g.P[2], g.P[3]), float64(g.D[2])*s+1
		return display.Rect(min(a.X, b.X)*s-r, min(a.Y, b.Y)*s-r, max(a.X, b.X)*s+r, max(a.Y, b.Y)*s+r)
	}
	for _, g := range segs {
		all = all.Union(reach(g))
	}
	box := c.around(all)
	if box.Empty() {
		return
	}
	rows := max(bandPixels/box.Dx(), 1)
	for y := box.Min.Y; y < box.Max.Y; y += rows {
		c.strokeBand(segs, k, image.Rect(box.Min.X, y, box.Max.X, min(y+rows, box.Max.Y)), reach)
	}
}

// strokeBand is stroke within a box of pixels; reach returns where a segment may be.
func (c *raster) strokeBand(segs []display.Segment, k ink, box image.Rectangle, reach func(g display.Segment) display.Rectangle) {
	s := c.scale()
	n := box.Dx() * box.Dy()
	if cap(c.cov) < n {
		c.cov = make([]float32, n)
	}
	cov := c.cov[:n]
	clear(cov)
	for _, g := range segs {
		b := c.around(reach(g)).Intersect(box)
		shows := 1 - float64(g.D[3])
		px, py := float64(g.P[0])*s, float64(g.P[1])*s
		dx, dy := float64(g.P[2])*s-px, float64(g.P[3])*s-py
		square, radius := max(dx*dx+dy*dy, 1e-12), float64(g.D[2])*s
		for y := b.Min.Y; y < b.Max.Y; y++ {
			row := cov[(y-box.Min.Y)*box.Dx():]
			for x := b.Min.X; x < b.Max.X; x++ {
				u, v := float64(x)+0.5-px, float64(y)+0.5-py
				t := min(max((u*dx+v*dy)/square, 0), 1)
				i := x - box.Min.X
				row[i] = max(row[i], float32(shows*covers(math.Hypot(u-t*dx, v-t*dy)-radius)))
			}
		}
	}
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			c.blend(x, y, k, float64(cov[(y-box.Min.Y)*box.Dx()+x-box.Min.X]))
		}
	}
}

func (c *raster) text(t *display.Text, line []letters.Letter, k ink) { c.fill(outline(t, line), k) }

func (c *raster) image(m image.Image, r display.Rectangle, cells bool) error {
	r = c.px(r)
	b, size := c.around(r.Whole()), m.Bounds()
	if r = r.Whole(); !cells && int(r.W()) == size.Dx() && int(r.H()) == size.Dy() {
		draw.Draw(c.m, b, m, size.Min.Add(b.Min).Sub(image.Pt(int(r.X0), int(r.Y0))), draw.Over)
		return nil
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		j := min(max(int((float64(y)+0.5-r.Y0)/r.H()*float64(size.Dy())), 0), size.Dy()-1)
		for x := b.Min.X; x < b.Max.X; x++ {
			i := min(max(int((float64(x)+0.5-r.X0)/r.W()*float64(size.Dx())), 0), size.Dx()-1)
			k := nrgba(m, size.Min.X+i, size.Min.Y+j)
			c.blend(x, y, inkOf(k), 1)
		}
	}
	return nil
}

func (c *raster) write(w io.Writer) error { return png.Encode(pngdpi.Writer(w, c.DPI), c.m) }
