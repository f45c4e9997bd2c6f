package draw

import (
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
	"strconv"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/scenes"
)

// Picture is what is shown of a scene.
type Picture struct {
	Scene        *scenes.Scene
	View         cpu.Grid          // the grid that Field covers, from ViewGrid
	Field        *gpu.Field        // the landscape on the device; must live as long as the Renderer
	Trajectories []*cpu.Trajectory // index 0 is the start point; frame k shows index k+1
}

// Renderer draws the frames of a picture at one size.
type Renderer struct {
	d    *gpu.Device
	p    Picture
	w, h int

	ly      layout
	text    *typesetter
	tiles   *tiler
	runs    []*run
	surface *surface
	curve   *curve
	contour *contourView
	history *history
	solid   *surfaceView

	still *gpu.Framebuffer // what does not move
	frame *gpu.Framebuffer

	list  list
	bins  *bins
	shown []uint64 // hash of each tile of frame; 0 where it shows what does not move
	lit   []int    // tiles of frame that are not 0
	drawn bool     // a frame has been drawn
	dirty []int

	// While what stands still is drawn.
	words   *gpu.Texture // of the terrain made last
	wordsOn string       // its scale
	raw     *relief
	sorted  []float64
}

// New makes a renderer of width by height pixels. It may be called from any
// goroutine, as all of Renderer's methods, one at a time.
func New(d *gpu.Device, p Picture, width, height int) (*Renderer, error) {
	if err := p.check(width, height); err != nil {
		return nil, err
	}
	r := &Renderer{d: d, p: p, w: width, h: height}
	err := d.Do(func() error {
		err := r.init()
		if err != nil {
			r.free()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (p Picture) check(width, height int) error {
	switch {
	case width < 1 || height < 1:
		return fmt.Errorf("draw: picture of %d x %d pixels, want at least 1 x 1", width, height)
	case p.Scene == nil || p.Scene.Problem == nil:
		return errors.New("draw: picture without a scene")
	case len(p.Scene.Film.Panels) == 0:
		return errors.New("draw: scene without panels")
	}
	switch {
	case themes[p.Scene.Film.Theme] == nil:
		return fmt.Errorf("draw: unknown theme %q", p.Scene.Film.Theme)
	case colormap(p.Scene.Surface.Colormap) == nil:
		return fmt.Errorf("draw: unknown colormap %q", p.Scene.Surface.Colormap)
	case colormap(p.Scene.Contour.Colormap) == nil:
		return fmt.Errorf("draw: unknown colormap %q", p.Scene.Contour.Colormap)
	}
	landscape := false
	for _, k := range p.Scene.Film.Panels {
		switch k {
		case curvePanel:
			if p.Scene.Problem.Dim() != 2 {
				return fmt.Errorf("draw: panel %q needs data of one feature, here are %d", k, p.Scene.Problem.Dim()-1)
			}
		case surfacePanel, contourPanel:
			landscape = true
		case lossPanel:
		default:
			return fmt.Errorf("draw: unknown panel %q", k)
		}
	}
	if landscape {
		if p.Field == nil {
			return errors.New("draw: picture without a field")
		}
		if p.Field.NX != p.View.X.N || p.Field.NY != p.View.Y.N {
			return fmt.Errorf("draw: field of %d x %d points, the view has %d x %d", p.Field.NX, p.Field.NY, p.View.X.N, p.View.Y.N)
		}
		if p.View.X.N < 2 || p.View.Y.N < 2 {
			return fmt.Errorf("draw: field of %d x %d points, want at least 2 x 2", p.View.X.N, p.View.Y.N)
		}
	}
	return nil
}

func (r *Renderer) init() (err error) {
	r.ly = newLayout(r.p.Scene, r.w, r.h)
	r.bins = newBins(r.w, r.h)
	r.shown = make([]uint64, r.bins.nx*r.bins.ny)
	r.runs = newRuns(r.p.Scene, r.p.Trajectories, r.ly.theme)
	if r.text, err = newTypesetter(r.d); err != nil {
		return err
	}
	if r.tiles, err = newTiler(r.d); err != nil {
		return err
	}
	if r.frame, err = r.d.NewFramebuffer("frame", r.w, r.h, 1, false); err != nil {
		return err
	}
	if r.still, err = r.d.NewFramebuffer("still", r.w, r.h, 1, false); err != nil {
		return err
	}
	return r.drawStill()
}

// drawStill draws what does not move, first into frame, then with the marks over
// it into still, and from there back into frame.
func (r *Renderer) drawStill() error {
	if fd := r.p.Field; fd != nil {
		var err error
		if r.words, err = r.d.NewTexture("landscape", fd.NX, fd.NY, 1, gpu.R32UI); err != nil {
			return err
		}
		defer func() {
			r.words.Close()
			r.words, r.raw, r.sorted = nil, nil, nil
		}()
	}
	r.list.reset(r.w, r.h)
	l := &r.list
	r.frame.Bind()
	paper := r.ly.theme.paper
	r.frame.Clear(float32(paper.R)/255, float32(paper.G)/255, float32(paper.B)/255, 1)
	if r.ly.heading > 0 {
		st := style{medium, r.ly.px(headingSize), r.ly.theme.ink}
		r.text.put(l, r.p.Scene.Title, st, float64(r.w)/2, r.ly.heading, align{0.5, false}, false)
	}
	for _, p := range r.ly.panels {
		switch p.kind {
		case curvePanel:
			r.curve = newCurve(r.p.Scene, p, r.text, &r.ly)
			r.curve.still(l, r.p.Scene, r.runs, r.text, &r.ly)
		case contourPanel:
			t, err := r.terrainOf(r.p.Scene.Contour.Scale)
			if err != nil {
				return err
			}
			if err := drawContour(r.d, r.frame, p.plot, t, r.p.Scene.Contour, r.ly.theme.masked, isoWidth*r.ly.pt); err != nil {
				return err
			}
			r.contour = newContourView(r, p)
			if r.p.Scene.Contour.Colorbar {
				colorbar(l, r.text, &r.ly, p.plot, t.scale, r.p.Scene.Contour)
			}
			r.contour.draw(l, r.text, &r.ly)
		case lossPanel:
			r.history = newHistory(r, p)
			r.history.still(l, r)
		case surfacePanel:
			var err error
			if r.solid, err = newSurfaceView(r, p); err != nil {
				return err
			}
			r.text.put(l, surfaceTitle, style{medium, r.ly.px(titleSize), r.ly.theme.ink}, p.cell.cx(), p.base, align{0.5, false}, false)
			if !r.solid.turns {
				if err := r.solid.backdrop(r, l, r.solid.cam); err != nil {
					return err
				}
			}
		}
	}
	r.bins.sort(l)
	if err := r.text.upload(); err != nil {
		return err
	}
	r.frame.CopyTo(r.still, 0, 0, r.w, r.h, 0, 0, false)
	if err := r.tiles.draw(r.still, r.frame.Color, r.text.tex, r.layer(), l, r.bins, r.bins.touched); err != nil {
		return err
	}
	r.still.CopyTo(r.frame, 0, 0, r.w, r.h, 0, 0, false)
	if r.solid != nil && !r.solid.turns {
		r.d.Finish()
		r.surface.keepDepth()
	}
	return r.d.Check("draw what does not move")
}

// layer returns the surface's picture, as far as there is one.
func (r *Renderer) layer() layer {
	if r.surface == nil {
		return layer{}
	}
	return r.surface.layer()
}

// Frame draws frame k ≥ 0, in any order, and returns the framebuffer that holds
// it: single-sampled RGBA8, its bottom row first. It is the same one every time
// and must not be written to.
//
// changed are the rectangles outside which the frame equals the one that was
// drawn before it, in pixels from the top left corner with y down, as in package
// image; nil means that all may differ, an empty slice that nothing does.
func (r *Renderer) Frame(k int) (fb *gpu.Framebuffer, changed []image.Rectangle, err error) {
	if k < 0 {
		return nil, nil, fmt.Errorf("draw: frame %d, want at least 0", k)
	}
	err = r.d.Do(func() error {
		if r.frame == nil {
			return errors.New("draw: the renderer is closed")
		}
		changed, err = r.draw(k)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return r.frame, changed, nil
}

func (r *Renderer) draw(k int) ([]image.Rectangle, error) {
	r.list.reset(r.w, r.h)
	for _, p := range r.ly.panels {
		switch p.kind {
		case curvePanel:
			r.curve.frame(&r.list, r.runs, k, &r.ly)
		case contourPanel:
			r.contour.frame(&r.list, r, k)
		case lossPanel:
			r.history.frame(&r.list, r, k)
		case surfacePanel:
			if err := r.solid.frame(&r.list, r, k); err != nil {
				return nil, err
			}
		}
	}
	r.bins.sort(&r.list)
	if err := r.text.upload(); err != nil {
		return nil, err
	}
	// What is new, and what the frame before leaves behind.
	r.dirty = r.dirty[:0]
	for _, t := range r.bins.touched {
		if h := r.bins.hash(&r.list, t); h != r.shown[t] {
			r.shown[t] = h
			r.dirty = append(r.dirty, t)
		}
	}
	for _, t := range r.lit {
		if len(r.bins.entries[t]) == 0 {
			r.shown[t] = 0
			r.dirty = append(r.dirty, t)
		}
	}
	r.lit = append(r.lit[:0], r.bins.touched...)
	slices.Sort(r.dirty)
	if err := r.tiles.draw(r.frame, r.still.Color, r.text.tex, r.layer(), &r.list, r.bins, r.dirty); err != nil {
		return nil, err
	}
	if err := r.d.Check("frame"); err != nil {
		return nil, err
	}
	if !r.drawn {
		r.drawn = true
		return nil, nil
	}
	return r.bins.rects(r.dirty), nil
}

// Close frees what the renderer holds on the device, its framebuffer included,
// but not the field. It may be called more than once.
func (r *Renderer) Close() error {
	if r == nil {
		return nil
	}
	err := r.d.Do(func() error {
		r.free()
		return nil
	})
	if errors.Is(err, gpu.ErrClosed) {
		return nil // all of it went with the device
	}
	return err
}

func (r *Renderer) free() {
	r.surface.close()
	r.still.Close()
	r.frame.Close()
	if r.tiles != nil {
		r.tiles.close()
	}
	if r.text != nil {
		r.text.close()
	}
	r.surface, r.still, r.frame, r.tiles, r.text = nil, nil, nil, nil, nil
}

func digits(n int) string { return strconv.Itoa(n) }

// axisNames returns the names of the plane's directions: the weight, where a
// direction is one of them, else α and β.
func axisNames(p cpu.Plane) (x, y string) {
	return weightName(p.D1, "α"), weightName(p.D2, "β")
}

func weightName(d []float64, other string) string {
	at := cpu.CoordinateOf(d)
	if at < 0 {
		return other
	}
	s := []rune("w")
	for _, c := range digits(at + 1) {
		s = append(s, '₀'+(c-'0'))
	}
	return string(s)
}

// lossRange returns the scale of the axis box: the terrain's, and the losses of
// the runs where they leave the plane, with some room.
func (r *Renderer) lossRange(t *terrain) *scale {
	least, most := t.scale.a, t.scale.b
	lo, hi := least, most
	span := hi - lo
	for _, run := range r.runs {
		for k := range run.n {
			p := run.plane[k]
			v := r.p.View
			if p[0] < v.X.Min || p[0] > v.X.Max || p[1] < v.Y.Min || p[1] > v.Y.Max {
				continue
			}
			if l := t.scale.to(run.t.Loss[k]); l < most+0.5*span && l > least-0.5*span {
				lo, hi = min(lo, l), max(hi, l)
			}
		}
	}
	span = hi - lo
	if span <= 1e-6*max(math.Abs(lo), math.Abs(hi), 1e-6) {
		span = max(math.Abs(hi), 1)
		return t.scale.between(lo-span/2, hi+span/2)
	}
	return t.scale.between(lo-0.03*span, hi+0.03*span)
}

// land copies the field's heights to the host, thinned to at most 512 a side.
func (r *Renderer) land() (*relief, error) {
	if r.raw != nil {
		return r.raw, nil
	}
	fd := r.p.Field
	all := make([]float32, fd.NX*fd.NY)
	if err := gpu.Download(fd.Buffer, 0, all); err != nil {
		return nil, err
	}
	const most = 512
	if fd.NX <= most && fd.NY <= most {
		r.raw = &relief{fd.NX, fd.NY, all}
		return r.raw, nil
	}
	full := &relief{fd.NX, fd.NY, all}
	thin := &relief{nx: min(fd.NX, most), ny: min(fd.NY, most)}
	thin.z = make([]float32, 0, thin.nx*thin.ny)
	for j := range thin.ny {
		for i := range thin.nx {
			thin.z = append(thin.z, float32(full.at(float64(i)/float64(thin.nx-1), float64(j)/float64(thin.ny-1))))
		}
	}
	r.raw = thin
	return thin, nil
}
