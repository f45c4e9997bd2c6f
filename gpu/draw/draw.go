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
	"losscape/scenes/figure"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// Picture is what is shown of a scene.
type Picture struct {
	Scene        *scenes.Scene
	View         cpu.Grid          // the grid that Field covers, from ViewGrid
	Field        *gpu.Field        // the landscape on the device; must live as long as it is shown
	Version      int               // to be changed when the field's contents change
	Trajectories []*cpu.Trajectory // index 0 is the start point; frame k shows index k+1
	Ensemble     Ensemble          // the runs of Scene.EnsembleSweep on the device; nil for none
	Map          *cpu.Result       // what the runs of Scene.MapSweep came to, for a panel "map"
	Draft        bool              // coarser but faster, while a hand moves the camera
	Fine         bool              // of stills: smoother edges of the surface, which takes longer
	Controls     *Controls         // of a live window; nil for films
}

// Renderer draws the frames of a picture. What it makes on the way depends on
// the device alone, on the size, on the field or on the scene, and is made again
// only when that changes.
type Renderer struct {
	d *gpu.Device

	// By the device.
	text  *typesetter
	tiles *tiler

	// By the size.
	part   image.Rectangle  // of the picture that is drawn, in its pixels
	static *gpu.Framebuffer // the static layer
	frame  *gpu.Framebuffer
	bins   *bins

	// By the field, and by how the panels show it.
	cache    fieldCache
	surface  surface
	contours contours

	// By the map, and by how its panel shows it.
	cells cells

	// By the scene and the runs.
	p        Picture
	ly       figure.Layout
	runs     []*run
	views    []panelView  // of ly.Panels
	contour  *contourView // nil without that panel
	solid    *surfaceView // likewise
	ensemble ensembleView

	at         int // the frame drawn last
	list       list
	staticHash []uint64 // hash of each tile of the static layer
	frameHash  []uint64 // hash of each tile of frame; 0 where it shows the static layer
	nonEmpty   []int    // tiles of frame that are not 0
	drawn      bool     // a frame has been drawn that the next one can be compared with
	dirty      []int
	lasting    bool // there was an Update or a Part: keep what the next one may need
}

// stale is the hash of a tile that shows nothing of use.
const stale = math.MaxUint64

// New makes a renderer of width by height pixels. It may be called from any
// goroutine, as all of Renderer's methods, one at a time.
func New(d *gpu.Device, p Picture, width, height int) (*Renderer, error) {
	return newRenderer(d, p, width, height, image.Rect(0, 0, width, height), false)
}

func newRenderer(d *gpu.Device, p Picture, width, height int, part image.Rectangle, lasting bool) (*Renderer, error) {
	if err := p.check(width, height, part); err != nil {
		return nil, err
	}
	r := &Renderer{d: d, lasting: lasting}
	err := d.Do(func() (err error) {
		if r.text, err = newTypesetter(d); err == nil {
			r.tiles, err = newTiler(d)
		}
		if err == nil {
			err = r.show(p, width, height, part)
		}
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

// Update makes the renderer show p at width by height pixels, redoing only what
// differs from what it shows: Frame then draws the same as that of a new renderer.
// The scene may be the same one, changed; of a field with new contents the
// Version tells. The framebuffer that Frame returned before is gone if the size
// differs. The first Update takes about as long as New; from it on the renderer
// keeps more on the device. After an error the renderer can only be closed,
// unless the error is about p or the size, which leaves it as it was.
func (r *Renderer) Update(p Picture, width, height int) error {
	return r.update(p, width, height, image.Rect(0, 0, width, height))
}

func (r *Renderer) update(p Picture, width, height int, part image.Rectangle) error {
	if err := p.check(width, height, part); err != nil {
		return err
	}
	return r.d.Do(func() error {
		if r.frame == nil {
			return errors.New("the renderer is closed")
		}
		r.lasting = true
		err := r.show(p, width, height, part)
		if err != nil {
			r.free()
		}
		return err
	})
}

func (p Picture) check(width, height int, part image.Rectangle) error {
	switch {
	case width < 1 || height < 1:
		return fmt.Errorf("picture of %d x %d pixels, want at least 1 x 1", width, height)
	case part.Empty() || !part.In(image.Rect(0, 0, width, height)):
		return fmt.Errorf("part %v of a picture of %d x %d pixels, want one that lies in it", part, width, height)
	case part.Min.X%PartStep != 0 || part.Min.Y%PartStep != 0:
		return fmt.Errorf("part %v, want one that begins at multiples of %d", part, PartStep)
	case p.Scene == nil || p.Scene.Problem == nil:
		return errors.New("picture without a scene")
	case len(p.Scene.Film.Panels) == 0:
		return errors.New("scene without panels")
	}
	switch {
	case palette.ThemeOf(p.Scene.Film.Theme) == nil:
		return fmt.Errorf("unknown theme %q", p.Scene.Film.Theme)
	case palette.Colormap(p.Scene.Surface.Colormap) == nil:
		return fmt.Errorf("unknown colormap %q", p.Scene.Surface.Colormap)
	case palette.Colormap(p.Scene.Contour.Colormap) == nil:
		return fmt.Errorf("unknown colormap %q", p.Scene.Contour.Colormap)
	}
	if err := p.checkEnsemble(); err != nil {
		return err
	}
	landscape := false
	for _, name := range p.Scene.Film.Kinds() {
		kind, ok := scenes.PanelKindOf(name)
		switch {
		case !ok:
			return fmt.Errorf("unknown panel %q", name)
		case !kind.Fits(p.Scene.Problem):
			return fmt.Errorf("panel %q needs data of one feature, here are %d", name, p.Scene.Problem.Features())
		case kind.Map:
			if err := p.checkMap(); err != nil {
				return err
			}
		}
		landscape = landscape || kind.Landscape
	}
	if landscape {
		if p.Field == nil {
			return errors.New("picture without a field")
		}
		if p.Field.NX != p.View.X.N || p.Field.NY != p.View.Y.N {
			return fmt.Errorf("field of %d x %d points, the view has %d x %d", p.Field.NX, p.Field.NY, p.View.X.N, p.View.Y.N)
		}
		if p.View.X.N < 2 || p.View.Y.N < 2 {
			return fmt.Errorf("field of %d x %d points, want at least 2 x 2", p.View.X.N, p.View.Y.N)
		}
	}
	return nil
}

// show draws the static layer of a part of a picture.
func (r *Renderer) show(p Picture, w, h int, part image.Rectangle) error {
	theme := r.ly.Theme
	resized := w != r.ly.W || h != r.ly.H || part != r.part
	r.p = p
	r.ly = figure.NewLayout(p.Scene, w, h-p.Controls.Height(w, h))
	r.ly.H = h
	r.runs = newRuns(p.Scene, p.Trajectories, r.ly.Theme)
	r.cache.show(r.d, p.Field, p.Version)
	if resized {
		r.resize(part)
	}
	if theme != r.ly.Theme {
		fill(r.staticHash, stale)
	}
	if err := r.drawStatic(); err != nil {
		return err
	}
	if !r.lasting {
		r.d.Finish()
		r.cache.free()
		r.contours.close()
		if r.solid != nil && !r.solid.turns {
			r.surface.keepDepth(r.p.Ensemble != nil)
		}
	}
	return r.d.Check("draw the static layer")
}

// resize forgets what was drawn of another part.
func (r *Renderer) resize(part image.Rectangle) {
	r.part = part
	r.drawn = false
	r.bins = newBins(part)
	r.staticHash = make([]uint64, r.bins.nx*r.bins.ny)
	r.frameHash = make([]uint64, len(r.staticHash))
	fill(r.staticHash, stale)
	r.nonEmpty = r.nonEmpty[:0]
	r.text.tidy()
}

// target makes the framebuffers of the part, unless they are there.
func (r *Renderer) target() (err error) {
	w, h := r.part.Dx(), r.part.Dy()
	if r.frame != nil {
		if fw, fh := r.frame.Size(); fw == w && fh == h {
			return nil
		}
	}
	r.static.Close()
	r.frame.Close()
	if r.frame, err = r.d.NewFramebuffer("frame", w, h, 1, false); err != nil {
		return err
	}
	r.static, err = r.d.NewFramebuffer("static layer", w, h, 1, false)
	return err
}

func fill(hashes []uint64, with uint64) {
	for i := range hashes {
		hashes[i] = with
	}
}

// drawStatic draws the static layer, and has frame show it.
func (r *Renderer) drawStatic() error {
	r.list.reset(r.part)
	l := &r.list
	if r.ly.Heading > 0 {
		st := style{medium, r.ly.Px(figure.HeadingSize), r.ly.Theme.Ink}
		r.text.put(l, r.p.Scene.Title, st, float64(r.ly.W)/2, r.ly.Heading, align{0.5, false}, false)
	}
	r.views, r.contour, r.solid = r.views[:0], nil, nil
	// The device draws the contours while the surface gets ready, and the surface while
	// the framebuffers are made, which takes a while in the host's memory.
	for _, p := range r.ly.Panels {
		if start := panelKinds[p.Kind].start; start != nil {
			if err := start(r, p); err != nil {
				return err
			}
		}
	}
	r.d.Flush()
	for _, p := range r.ly.Panels {
		v, err := panelKinds[p.Kind].open(r, p)
		if err != nil {
			return err
		}
		r.views = append(r.views, v)
	}
	for _, v := range r.views {
		if err := v.static(l, r); err != nil {
			return err
		}
	}
	r.d.Flush()
	if err := r.target(); err != nil {
		return err
	}
	if err := r.ensemble.prepare(r); err != nil {
		return err
	}
	r.ensembleKey(l)
	r.bins.sort(l)
	if err := r.text.upload(); err != nil {
		return err
	}
	r.dirty = r.dirty[:0]
	for t := range r.staticHash {
		if h := r.bins.hash(l, t); h != r.staticHash[t] {
			r.staticHash[t] = h
			r.dirty = append(r.dirty, t)
		}
	}
	r.background(r.dirty)
	if err := r.tiles.draw(r.static, r.sources(), l, r.bins, r.dirty); err != nil {
		return err
	}
	if 2*len(r.dirty) > len(r.staticHash) {
		r.static.CopyTo(r.frame, 0, 0, r.part.Dx(), r.part.Dy(), 0, 0, false)
		fill(r.frameHash, 0)
		r.nonEmpty = r.nonEmpty[:0]
		r.drawn = false
		return nil
	}
	for _, t := range r.dirty {
		if r.frameHash[t] == 0 {
			r.nonEmpty = append(r.nonEmpty, t)
		}
		r.frameHash[t] = stale
	}
	return nil
}

// background makes some tiles of the static layer show what lies under all commands: paper, and
// the contours.
func (r *Renderer) background(tiles []int) {
	paper := r.ly.Theme.Paper
	_, h := r.static.Size()
	at := r.contours.at
	plot := image.Rect(int(at.X0), int(at.Y0), int(at.X1), int(at.Y1)).Sub(r.part.Min)
	for _, q := range r.bins.join(tiles) {
		r.static.BindRect(q.Min.X, h-q.Max.Y, q.Dx(), q.Dy())
		r.static.Clear(float32(paper.R)/255, float32(paper.G)/255, float32(paper.B)/255, 1)
		if q = q.Intersect(plot); r.contour != nil && !q.Empty() {
			r.contours.fb.CopyTo(r.static, q.Min.X-plot.Min.X, plot.Max.Y-q.Max.Y, q.Dx(), q.Dy(), q.Min.X, h-q.Max.Y, false)
		}
	}
}

// restore makes some tiles of frame show the static layer.
func (r *Renderer) restore(tiles []int) {
	_, h := r.static.Size()
	for _, q := range r.bins.join(tiles) {
		r.static.CopyTo(r.frame, q.Min.X, h-q.Max.Y, q.Dx(), q.Dy(), q.Min.X, h-q.Max.Y, false)
	}
}

// sources returns the pictures to draw tiles from.
func (r *Renderer) sources() sources {
	s := sources{letters: r.text.tex}
	if r.solid != nil {
		s.layer = r.surface.layer()
	}
	s.ensemble, s.cells = r.ensemble.picture, r.cells.texture
	return s
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
		return nil, nil, fmt.Errorf("frame %d, want at least 0", k)
	}
	err = r.d.Do(func() error {
		if r.frame == nil {
			return errors.New("the renderer is closed")
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
	r.at = k
	r.list.reset(r.part)
	for _, v := range r.views {
		if err := v.frame(&r.list, r, k); err != nil {
			return nil, err
		}
	}
	r.p.Controls.draw(&r.list, r)
	r.bins.sort(&r.list)
	if err := r.text.upload(); err != nil {
		return nil, err
	}
	// What is new, and what the frame before leaves behind.
	r.dirty = r.dirty[:0]
	for _, t := range r.bins.touched {
		if h := r.bins.hash(&r.list, t); h != r.frameHash[t] {
			r.frameHash[t] = h
			r.dirty = append(r.dirty, t)
		}
	}
	for _, t := range r.nonEmpty {
		if len(r.bins.entries[t]) == 0 {
			r.frameHash[t] = 0
			r.dirty = append(r.dirty, t)
		}
	}
	r.nonEmpty = append(r.nonEmpty[:0], r.bins.touched...)
	slices.Sort(r.dirty)
	r.restore(r.dirty)
	if err := r.tiles.draw(r.frame, r.sources(), &r.list, r.bins, r.dirty); err != nil {
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
	r.ensemble.close()
	r.cells.close()
	r.surface.close()
	r.contours.close()
	r.cache.free()
	r.static.Close()
	r.frame.Close()
	if r.tiles != nil {
		r.tiles.close()
	}
	if r.text != nil {
		r.text.close()
	}
	r.static, r.frame, r.tiles, r.text = nil, nil, nil, nil
}

func digits(n int) string { return strconv.Itoa(n) }

// lossRange returns the scale of the axis box: the terrain's with some room, and
// more for the losses of runs that leave the landscape by more than most of that:
// so the box, and the surface in it, seldom differ between one set of runs and
// another.
func (r *Renderer) lossRange(t *terrain) *scale.Scale {
	least, most := t.scale.A, t.scale.B
	lo, hi := least, most
	span := hi - lo
	for _, run := range r.runs {
		for k := range run.n {
			p := run.plane[k]
			v := r.p.View
			if p[0] < v.X.Min || p[0] > v.X.Max || p[1] < v.Y.Min || p[1] > v.Y.Max {
				continue
			}
			switch l := t.scale.To(run.t.Loss[k]); {
			case l < least-0.02*span && l > least-0.5*span:
				lo = min(lo, l)
			case l > most+0.02*span && l < most+0.5*span:
				hi = max(hi, l)
			}
		}
	}
	span = hi - lo
	if span <= 1e-6*max(math.Abs(lo), math.Abs(hi), 1e-6) {
		span = max(math.Abs(hi), 1)
		return t.scale.Between(lo-span/2, hi+span/2)
	}
	return t.scale.Between(lo-0.03*span, hi+0.03*span)
}
