package draw

import (
	"errors"
	"fmt"
	"image"
	"math"

	"losscape/gpu"
	"losscape/scenes/display"
	"losscape/scenes/figure"
)

// MaxDepth is how many pixels an image of a Depth has a side at most.
const MaxDepth = 16384

// Depth draws what has depth of a figure: of each panel its surface, the paths and the
// points that it may hide, and its ensemble. It is for printers that draw all else
// themselves, as vectors. They and Depth print one figure, which is laid out once: so
// both agree where a thing is to the last digit.
type Depth struct {
	r    *Renderer
	list display.List
	fb   *gpu.Framebuffer
	k    int // the frame in list; −1 for none
	side int // pixels of a part of an image, at most
}

// NewDepth makes a Depth of a figure, with so many pixels to a unit of the figure: of one
// in points dpi/72. The figure shows p, whose Medium and Controls do not matter here. Its
// methods may be called from any goroutine, one at a time, and not while the figure is
// used by others.
func NewDepth(d *gpu.Device, p Picture, f *figure.Figure, perUnit float64) (*Depth, error) {
	w, h := math.Ceil(f.W*perUnit), math.Ceil(f.H*perUnit)
	if !(perUnit > 0) || !(w >= 1 && w < math.MaxInt32) || !(h >= 1 && h < math.MaxInt32) {
		return nil, fmt.Errorf("%v pixels to a unit of a figure of %v x %v", perUnit, f.W, f.H)
	}
	r := &Renderer{d: d, p: p, figure: f, perUnit: perUnit, w: int(w), h: int(h), lasting: true}
	if err := p.check(r.w, r.h, image.Rect(0, 0, r.w, r.h)); err != nil {
		return nil, err
	}
	x := &Depth{r: r, k: -1, side: min(d.Caps.MaxTextureSize, d.Caps.MaxViewport[0], d.Caps.MaxViewport[1])}
	err := d.Do(func() (err error) {
		r.cache.show(d, p.Field, p.Version)
		r.slots(f.Panels)
		r.tiles, err = newTiler(d)
		return err
	})
	if err != nil {
		return nil, err
	}
	return x, nil
}

// Size returns the figure's size in pixels.
func (x *Depth) Size() (width, height int) { return x.r.w, x.r.h }

// Reach returns what of the figure the image of a panel in frame k ≥ 0 may cover, in
// pixels from the figure's top left corner; it is empty if the panel has nothing with
// depth.
func (x *Depth) Reach(k, panel int) image.Rectangle {
	if k < 0 {
		return image.Rectangle{}
	}
	x.show(k)
	all := display.Nowhere
	for i := range x.list.Cmds {
		if c := &x.list.Cmds[i]; hasDepth(c, panel) {
			b := c.Bounds
			all = all.Union(display.Rect(float64(b[0]), float64(b[1]), float64(b[2]), float64(b[3])))
		}
	}
	if all.Empty() {
		return image.Rectangle{}
	}
	all = times(all, x.r.perUnit).Around().Intersect(display.Rect(0, 0, float64(x.r.w), float64(x.r.h)))
	return image.Rect(int(all.X0), int(all.Y0), int(all.X1), int(all.Y1))
}

// Image draws what has depth of a panel in frame k ≥ 0 over nothing: what lies below shows
// through. The image's rectangle is area, in pixels from the figure's top left corner,
// such as Reach returns.
func (x *Depth) Image(k, panel int, area image.Rectangle) (*image.NRGBA, error) {
	r := x.r
	switch {
	case k < 0:
		return nil, fmt.Errorf("frame %d, want at least 0", k)
	case panel < 0 || panel >= len(r.figure.Panels):
		return nil, fmt.Errorf("panel %d of %d", panel, len(r.figure.Panels))
	case area.Dx() > MaxDepth || area.Dy() > MaxDepth:
		return nil, fmt.Errorf("an image of %d x %d pixels of a panel with depth, at most %d x %d can be drawn; choose fewer pixels to the inch, or a smaller figure",
			area.Dx(), area.Dy(), MaxDepth, MaxDepth)
	}
	img := image.NewNRGBA(area)
	if area.Empty() {
		return img, nil
	}
	x.show(k)
	err := r.d.Do(func() error {
		if r.tiles == nil {
			return errors.New("the depth is closed")
		}
		// From where tiles begin.
		at := image.Pt(down(area.Min.X), down(area.Min.Y))
		for _, part := range Parts(area.Max.X-at.X, area.Max.Y-at.Y, x.side) {
			if err := x.draw(img, part.Add(at), k, panel); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return img, nil
}

// down returns the next lower multiple of PartStep.
func down(v int) int { return v - (v%PartStep+PartStep)%PartStep }

// show lists a frame.
func (x *Depth) show(k int) {
	if k == x.k {
		return
	}
	f := x.r.figure
	x.list.Reset(display.Rect(0, 0, f.W, f.H))
	f.Static(&x.list)
	f.Frame(&x.list, k)
	x.k = k
}

// hasDepth reports whether a command is of a kind that a Depth draws, and of a panel.
func hasDepth(c *display.Command, panel int) bool {
	kind, of := c.What()
	switch kind {
	case display.KindLayer, display.KindEnsemble, display.KindPath, display.KindSphere:
		return of == panel
	}
	return false
}

// draw draws a part of the figure, and copies to img what that shows of it.
func (x *Depth) draw(img *image.NRGBA, part image.Rectangle, k, panel int) error {
	r := x.r
	r.part, r.bins = part, newBins(part)
	if err := r.openSurfaces(); err != nil {
		return err
	}
	if err := r.ensemble.prepare(r); err != nil {
		return err
	}
	l := &r.list
	l.Reset(display.RectOf(part))
	x.enlarge(l, panel)
	if err := r.fill(l, k); err != nil {
		return err
	}
	r.bins.sort(l)
	w, h := part.Dx(), part.Dy()
	if x.fb == nil || x.fb.Color.Width != w || x.fb.Color.Height != h {
		x.fb.Close()
		var err error
		if x.fb, err = r.d.NewFramebuffer("depth", w, h, 1, false); err != nil {
			return err
		}
	}
	x.fb.Bind()
	x.fb.Clear(0, 0, 0, 0)
	if err := r.tiles.draw(x.fb, r.sources(), l, r.bins, r.bins.touched); err != nil {
		return err
	}
	return x.read(img, part)
}

// enlarge adds to l what the figure's list has of a panel with depth, in pixels.
func (x *Depth) enlarge(l *display.List, panel int) {
	s := float32(x.r.perUnit)
	for _, c := range x.list.Cmds {
		if !hasDepth(&c, panel) {
			continue
		}
		kind, _ := c.What()
		switch kind {
		case display.KindSphere:
			c.A[0], c.A[1], c.A[2] = s*c.A[0], s*c.A[1], s*c.A[2]
		case display.KindPath:
			first := uint32(len(l.Segs))
			for _, g := range x.list.Segs[c.Seg : c.Seg+c.Segs] {
				for i := range g.P {
					g.P[i] *= s
				}
				g.D[2] *= s // its radius
				l.Segs = append(l.Segs, g)
			}
			c.Seg = first
		}
		for i := range c.Bounds {
			c.Bounds[i] *= s
		}
		l.Cmds = append(l.Cmds, c)
	}
}

// read copies a part that has been drawn to where img shows it, its colours no longer
// multiplied by their alpha.
func (x *Depth) read(img *image.NRGBA, part image.Rectangle) error {
	seen := part.Intersect(img.Rect)
	w, h := seen.Dx(), seen.Dy()
	if w == 0 || h == 0 {
		return nil
	}
	buf := make([]byte, 4*w*h)
	if err := x.fb.ReadPixels(seen.Min.X-part.Min.X, part.Max.Y-seen.Max.Y, w, h, buf); err != nil {
		return err
	}
	for y := range h {
		from := buf[(h-1-y)*4*w:][:4*w]
		to := img.Pix[img.PixOffset(seen.Min.X, seen.Min.Y+y):][:4*w]
		for i := 0; i < 4*w; i += 4 {
			a := uint32(from[i+3])
			if a == 0 {
				continue
			}
			for j := range 3 {
				to[i+j] = byte(min((uint32(from[i+j])*255+a/2)/a, 255))
			}
			to[i+3] = byte(a)
		}
	}
	return nil
}

// Close frees what the depth holds on the device. It may be called more than once.
func (x *Depth) Close() error {
	if x == nil {
		return nil
	}
	err := x.r.d.Do(func() error {
		x.fb.Close()
		x.fb = nil
		x.r.free()
		return nil
	})
	if errors.Is(err, gpu.ErrClosed) {
		return nil // all of it went with the device
	}
	return err
}
