package draw

import (
	"errors"
	"fmt"
	"image"
	"math"
	"slices"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/figure"
	"losscape/scenes/palette"
)

// Picture is what is shown of a scene.
type Picture struct {
	Scene        *scenes.Scene
	View         cpu.Grid          // the grid that Field covers, from figure.ViewGrid
	Field        *gpu.Field        // the landscape on the device; must live as long as it is shown
	Version      int               // to be changed when the field's contents change
	Trajectories []*cpu.Trajectory // index 0 is the start point
	Ensemble     Ensemble          // the runs of Scene.EnsembleSweep on the device; nil for none
	Map          *cpu.Result       // what the runs of Scene.MapSweep came to, for panels "map"
	Stable       *cpu.StableRates  // of Map: see figure.Content; nil for none
	Steady       [2]int            // of a window's map: see figure.Content
	Zoom         *figure.Zoom      // in place of Map: see figure.Content; nil for none
	Orbit        *cpu.Result       // what the runs of Scene.OrbitSweep came to, for panels "orbit"
	OrbitStable  *cpu.StableRates  // of Orbit: see figure.Content; nil for none
	Endings      []cpu.Ending      // of Trajectories; nil where they are not known (yet)
	Stabilities  [][]float64       // of Trajectories: see figure.Content
	Counted      []cpu.Ending      // of the runs that panels "status" count; nil for Endings
	Medium       figure.Medium     // figure.Screen unless it is given
	Draft        bool              // coarser but faster, while a hand moves the camera
	Fine         bool              // of stills: smoother edges of the surface, which takes longer
	Controls     *figure.Controls  // of a live window; nil for films
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
	surfaces []*surface  // by panel; nil for others
	contours []*contours // likewise

	// By the map, and by how its panels show it.
	cells cells

	// By the scene and the runs.
	p        Picture
	figure   *figure.Figure
	perUnit  float64 // pixels to a unit of figure: 1 but for a Depth
	ensemble ensembleView
	pictures int // of surfaces and contours so far

	w, h       int
	list       display.List
	staticHash []uint64 // hash of each tile of the static layer
	frameHash  []uint64 // hash of each tile of frame; 0 where it shows the static layer
	nonEmpty   []int    // tiles of frame that are not 0
	drawn      bool     // a frame has been drawn that the next one can be compared with
	dirty      []int
	joined     []image.Rectangle // of restore and background
	layers     []layer           // of sources
	lasting    bool              // there was an Update or a Part: keep what the next one may need
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
	r := &Renderer{d: d, lasting: lasting, perUnit: 1}
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
	}
	if err := p.checkEnsemble(); err != nil {
		return err
	}
	c := p.content(nil)
	if err := c.Check(); err != nil {
		return err
	}
	if !slices.ContainsFunc(p.Scene.Film.Panels, func(p scenes.Panel) bool { k, _ := scenes.PanelKindOf(p.Kind); return k.Landscape }) {
		return nil
	}
	switch {
	case p.Field == nil:
		return errors.New("picture without a field")
	case p.Field.NX != p.View.X.N || p.Field.NY != p.View.Y.N:
		return fmt.Errorf("field of %d x %d points, the view has %d x %d", p.Field.NX, p.Field.NY, p.View.X.N, p.View.Y.N)
	case p.View.X.N < 2 || p.View.Y.N < 2:
		return fmt.Errorf("field of %d x %d points, want at least 2 x 2", p.View.X.N, p.View.Y.N)
	}
	return nil
}

// content returns what a figure shows of the picture, whose field a terrain describes.
func (p Picture) content(t figure.Terrain) figure.Content {
	return figure.Content{
		Scene: p.Scene, View: p.View, Terrain: t, Trajectories: p.Trajectories, Ensemble: p.Ensemble != nil, Endings: p.Endings, Counted: p.Counted, Map: p.Map, Stable: p.Stable, Zoom: p.Zoom, Steady: p.Steady,
		Orbit: p.Orbit, OrbitStable: p.OrbitStable, Stabilities: p.Stabilities,
	}
}

// show draws the static layer of a part of a picture.
func (r *Renderer) show(p Picture, w, h int, part image.Rectangle) error {
	if p.Medium == (figure.Medium{}) {
		p.Medium = figure.Screen
	}
	resized := w != r.w || h != r.h || part != r.part
	before := r.p.Scene
	recoloured := before != nil && r.figure != nil && r.figure.Theme != palette.ThemeOf(p.Scene.Film.Theme)
	r.p, r.w, r.h = p, w, h
	r.cache.show(r.d, p.Field, p.Version)
	if resized {
		r.resize(part)
	}
	if recoloured {
		fill(r.staticHash, stale)
	}
	if err := r.open(); err != nil {
		return err
	}
	if err := r.drawStatic(); err != nil {
		return err
	}
	if !r.lasting {
		r.d.Finish()
		r.cache.free()
		for i, s := range r.surfaces {
			r.contours[i].close()
			if s != nil && !r.figure.Surface(i).Turns {
				s.keepDepth(r.p.Ensemble != nil)
			}
		}
	}
	return r.d.Check("draw the static layer")
}

// open lays the picture out, and begins what the device draws of it.
func (r *Renderer) open() (err error) {
	var t figure.Terrain
	if r.p.Field != nil {
		t = &r.cache
	}
	c := r.p.content(t)
	c.Cells, c.OrbitCells = r.cells.painted[0], r.cells.painted[1]
	w, h, strip := float64(r.w), float64(r.h), float64(r.p.Controls.Height(r.w, r.h))
	if r.figure, err = figure.NewWithStrip(c, w, h, strip, r.p.Medium); err != nil {
		return err
	}
	r.slots(r.figure.Panels)
	// The device draws the contours while the surface gets ready, and the surface while
	// the framebuffers are made, which takes a while in the host's memory.
	for i, c := range r.contours {
		if c == nil {
			continue
		}
		if err := c.start(r, &r.figure.Layout, r.plot(i)); err != nil {
			return err
		}
	}
	r.d.Flush()
	if err := r.cells.prepare(r.d, r.figure.Cells, r.figure.OrbitCells); err != nil {
		return err
	}
	return r.openSurfaces()
}

// openSurfaces makes ready for drawing the surfaces of the panels that have one.
func (r *Renderer) openSurfaces() error {
	for i, s := range r.surfaces {
		if s == nil {
			continue
		}
		if err := s.open(r, i, r.figure.Surface(i)); err != nil {
			return err
		}
	}
	return nil
}

// number returns that of a new picture that fills a slot: no other one has it.
func (r *Renderer) number() int {
	r.pictures++
	return r.pictures
}

// plot returns where the plot of a panel is, in pixels: on whole ones but for a Depth.
func (r *Renderer) plot(panel int) display.Rectangle {
	return times(r.figure.Panels[panel].Plot, r.perUnit)
}

func times(r display.Rectangle, by float64) display.Rectangle {
	return display.Rect(r.X0*by, r.Y0*by, r.X1*by, r.Y1*by)
}

// camera returns the camera of a panel's surface in frame k, in pixels.
func (r *Renderer) camera(panel, k int) figure.Camera {
	c := r.figure.Surface(panel).Camera(r.figure, k)
	c.Scale, c.CX, c.CY = c.Scale*r.perUnit, c.CX*r.perUnit, c.CY*r.perUnit
	return c
}

// slots gives panels what fills their slots.
func (r *Renderer) slots(panels []figure.Panel) {
	r.surfaces = adopt(r.surfaces, panels, scenes.SurfacePanel)
	r.contours = adopt(r.contours, panels, scenes.ContourPanel)
}

// slot is what fills a slot of a panel of some kind.
type slot[T any] interface {
	*T
	close()
}

// adopt gives each panel of a kind what another had before, since most of that serves it
// too: its own if that was of the kind. What is left over is closed.
func adopt[T any, S slot[T]](old []S, panels []figure.Panel, kind string) []S {
	out := make([]S, len(panels))
	for i := range min(len(old), len(out)) {
		if panels[i].Kind == kind {
			out[i], old[i] = old[i], nil
		}
	}
	next := 0
	for i, p := range panels {
		if p.Kind != kind || out[i] != nil {
			continue
		}
		for next < len(old) && old[next] == nil {
			next++
		}
		if next < len(old) {
			out[i], old[next] = old[next], nil
		} else {
			out[i] = new(T)
		}
	}
	for _, s := range old {
		s.close()
	}
	return out
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
	l := &r.list
	l.Reset(display.RectOf(r.part))
	if err := r.ensemble.prepare(r); err != nil {
		return err
	}
	r.figure.Static(l)
	if err := r.fill(l, 0); err != nil {
		return err
	}
	r.d.Flush()
	if err := r.target(); err != nil {
		return err
	}
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
	paper := r.figure.Theme.Paper
	_, h := r.static.Size()
	r.joined = r.bins.join(r.joined[:0], tiles)
	for _, q := range r.joined {
		r.static.BindRect(q.Min.X, h-q.Max.Y, q.Dx(), q.Dy())
		r.static.Clear(float32(paper.R)/255, float32(paper.G)/255, float32(paper.B)/255, 1)
		for _, c := range r.contours {
			if c == nil || c.fb == nil {
				continue
			}
			plot := image.Rect(int(c.at.X0), int(c.at.Y0), int(c.at.X1), int(c.at.Y1)).Sub(r.part.Min)
			if q := q.Intersect(plot); !q.Empty() {
				c.fb.CopyTo(r.static, q.Min.X-plot.Min.X, plot.Max.Y-q.Max.Y, q.Dx(), q.Dy(), q.Min.X, h-q.Max.Y, false)
			}
		}
	}
}

// restore makes some tiles of frame show the static layer.
func (r *Renderer) restore(tiles []int) {
	_, h := r.static.Size()
	r.joined = r.bins.join(r.joined[:0], tiles)
	for _, q := range r.joined {
		r.static.CopyTo(r.frame, q.Min.X, h-q.Max.Y, q.Dx(), q.Dy(), q.Min.X, h-q.Max.Y, false)
	}
}

// sources returns the pictures to draw tiles from.
func (r *Renderer) sources() sources {
	s := sources{ensemble: r.ensemble.picture, cells: r.cells.texture, layers: r.layers[:0]}
	if r.text != nil {
		s.letters = r.text.tex
	}
	for _, x := range r.surfaces {
		var l layer
		if x != nil {
			l = x.layer()
		}
		s.layers = append(s.layers, l)
	}
	r.layers = s.layers
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
	r.list.Reset(display.RectOf(r.part))
	r.figure.Frame(&r.list, k)
	r.p.Controls.Draw(&r.list, r.figure)
	if r.p.Zoom != nil { // each frame has cells of its own
		if err := r.cells.prepare(r.d, r.figure.Cells, r.figure.OrbitCells); err != nil {
			return nil, err
		}
	}
	if err := r.fill(&r.list, k); err != nil {
		return nil, err
	}
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
	return merge(append(make([]image.Rectangle, 0, len(r.joined)), r.joined...), maxRects), nil
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
	r.slots(nil)
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
