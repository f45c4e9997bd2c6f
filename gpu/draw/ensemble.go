package draw

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/figure"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
	"losscape/shaders"
)

// Ensemble is where the runs of the scene's ensemble are on the device. A picture asks for
// the updates that its frames show, going on as a rule. Two are the same if they are
// equal, as pointers to the same one are.
type Ensemble interface {
	// At returns where the runs are after k updates. It is called on the device's
	// thread, and what it returns is used before it is called again.
	At(k int) (gpu.Points, error)
}

// ensembleView draws the runs of an ensemble: it places them on the plane, adds them up,
// pixel by pixel, and turns the sums into a picture that lies over the panels. What it
// holds is made when it is needed, and again when what it is made from changes.
type ensembleView struct {
	look ensembleLook

	of     ensembleSource
	over   []cpu.Param       // that the shades were made from
	n      int               // runs; 0 until they are known
	shades *gpu.Buffer       // of an axis of the sweep; else a stand-in
	slots  [2]ensemblePlaces // after two numbers of updates
	placed int               // how often there were new places

	colors  *gpu.Texture
	colored [3]string // what they were made from
	heights surface   // its heightField alone, where the picture has no surface
	sums    *gpu.Buffer
	picture *gpu.Texture // of the part of the frame that is drawn

	shown []ensembleShown // over each panel
	made  int             // how often it was drawn
}

// ensemblePlaces is where the runs are after k updates.
type ensemblePlaces struct {
	buffer *gpu.Buffer
	k      int
}

// ensembleLook is how an ensemble looks.
type ensembleLook struct {
	as, color, colormap string
	size, opacity, pt   float64
	theme               string
	tells, planes       int // as in draw_ensemble_splat.comp
}

// ensembleSource is what places are made from.
type ensembleSource struct {
	ensemble Ensemble
	dim      int
	affine   [2][1 + mostWeights]float64 // place of weights 0 along x and y, and what each weight adds
	tells    int
	color    string
}

// ensembleShown is what the picture of an ensemble over a panel depends on.
type ensembleShown struct {
	look    ensembleLook
	placed  int
	updates float64
	cam     figure.Camera
	plot    display.Rectangle
	part    image.Rectangle
	surface int // how often that was drawn
	field   fieldVersion
	lows    [2]float64
	made    int // the number of the picture
}

const (
	overContours = iota
	overSurface
)

// What colours tell.
const (
	tellNothing = iota
	tellShade
	tellHeight
	tellClass
)

const (
	mostWeights = 256
	sumsBytes   = 32 << 20 // of the sums of some rows of a panel
	mostGroups  = 65535    // that every device can dispatch
	mostRadius  = 96.0     // pixels: a disc has fewer than gpu.MaxLoopIterations
	mostOpacity = 0.996    // of a point in a sum: an optical depth of 5.5
	mostDepth   = 5.6
	densest     = 300 // densities from so many times the mean on look alike
	// ensembleSoftness is of a point's depth: the surface is drawn as triangles.
	ensembleSoftness = 2 * softness
)

// defines are the constants of the shaders that draw it over a panel.
func (k *ensembleLook) defines(panel int) shaders.Defines {
	return shaders.Defines{
		"SURFACE": panel == overSurface, "DENSITY": k.density(), "PLANES": k.planes, "TELLS": k.tells,
		"TELLS_NOTHING": tellNothing, "TELLS_SHADE": tellShade, "TELLS_HEIGHT": tellHeight, "TELLS_CLASS": tellClass,
	}
}

// newEnsembleLook returns how a scene's ensemble looks.
func newEnsembleLook(s *scenes.Scene, pt float64) ensembleLook {
	w := &s.Ensemble
	k := ensembleLook{
		as: w.As, color: w.Color, colormap: w.Colormap,
		size: w.Size, opacity: w.Opacity, pt: pt, theme: s.Film.Theme, planes: 1,
	}
	switch _, single := scenes.ParseColor(w.Color); {
	case single || w.Color == "density":
	case w.Color == "loss":
		k.tells, k.planes = tellHeight, 2
	case w.Color == "status":
		k.tells, k.planes = tellClass, len(figure.ClassColors[k.theme])
	default:
		k.tells, k.planes = tellShade, 2
	}
	return k
}

func (k *ensembleLook) density() bool { return k.as == "density" }

// checkEnsemble returns an error unless the picture's ensemble can be drawn.
func (p Picture) checkEnsemble() error {
	w := &p.Scene.Ensemble
	switch {
	case p.Ensemble == nil:
		return nil
	case len(w.Over) == 0:
		return errors.New("picture with an ensemble of a scene without one")
	case palette.Colormap(w.Colormap) == nil:
		return fmt.Errorf("unknown colormap %q", w.Colormap)
	case p.Scene.Problem.Dim() > mostWeights:
		return fmt.Errorf("ensemble of runs of %d weights, want at most %d", p.Scene.Problem.Dim(), mostWeights)
	}
	return nil
}

// prepare makes ready for the ensemble of the renderer's picture.
func (v *ensembleView) prepare(r *Renderer) (err error) {
	s := r.p.Scene
	if r.p.Ensemble == nil || !slices.ContainsFunc(r.figure.Panels, func(p figure.Panel) bool { return p.Kind == scenes.ContourPanel || p.Kind == scenes.SurfacePanel }) {
		v.close()
		return nil
	}
	k := newEnsembleLook(s, r.perUnit*r.figure.Pt)
	of := ensembleSource{ensemble: r.p.Ensemble, dim: s.Problem.Dim(), affine: affine(s.Plane, r.p.View), tells: k.tells, color: k.color}
	if of.tells != tellShade {
		of.color = ""
	}
	same := slices.EqualFunc(v.over, s.Ensemble.Over, func(a, b cpu.Param) bool {
		return a.Name == b.Name && a.Log == b.Log && slices.Equal(a.Values, b.Values)
	})
	if of != v.of || !same {
		v.forget()
		v.of, v.over = of, slices.Clone(s.Ensemble.Over)
	}
	v.look = k
	if is := [3]string{k.color, k.colormap, k.theme}; v.colors == nil || is != v.colored {
		table := ensembleColors(&k)
		v.colors.Close()
		if v.colors, err = r.d.NewTexture("ensemble colours", len(table)/4, 1, 1, gpu.RGBA8); err != nil {
			return err
		}
		if err = v.colors.Write(0, 0, len(table)/4, 1, table); err != nil {
			return err
		}
		v.colored = is
	}
	if v.picture == nil || v.picture.Width != r.part.Dx() || v.picture.Height != r.part.Dy() {
		v.picture.Close()
		if v.picture, err = r.d.NewTexture("ensemble", r.part.Dx(), r.part.Dy(), 1, gpu.RGBA8); err != nil {
			return err
		}
		v.shown = nil
	}
	// Where panels have moved, one may have drawn over what another has.
	moved := len(v.shown) != len(r.figure.Panels)
	for i := range r.figure.Panels {
		moved = moved || v.shown[i].plot != r.plot(i)
	}
	if moved {
		v.shown = make([]ensembleShown, len(r.figure.Panels))
		for i := range v.shown {
			v.shown[i].plot = r.plot(i)
		}
	}
	if k.tells != tellHeight {
		return nil
	}
	return v.carve(r)
}

// carve sees to the heights that colours over the contours tell, though the surface that
// has them may lie outside what is drawn.
func (v *ensembleView) carve(r *Renderer) error {
	h, kind := r.solid(), r.p.Scene.Surface.Scale
	if h == nil {
		h, kind = &v.heights, r.p.Scene.Contour.Scale
	}
	t, err := r.cache.terrain(kind)
	if err != nil {
		return err
	}
	if h == &v.heights {
		h.look.heightSource = heightSource{t.cache.is, t.scale.Kind, t.scale.A, t.scale.B}
	}
	if h.of == h.look.heightSource {
		return nil
	}
	if err := h.carve(r.d, t); err != nil {
		return err
	}
	h.of = h.look.heightSource
	return nil
}

// ensembleColors returns the colours of an ensemble: 256, or one for each class.
func ensembleColors(k *ensembleLook) []byte {
	if k.tells == tellClass {
		var table []byte
		for _, c := range figure.ClassColors[k.theme] {
			table = append(table, c.R, c.G, c.B, 255)
		}
		return table
	}
	colors := palette.Colormap(k.colormap)
	if c, ok := scenes.ParseColor(k.color); ok {
		for i := range colors {
			colors[i] = color.RGBA{c.R, c.G, c.B, 255}
		}
	}
	return palette.Bytes(colors[:])
}

// affine returns the place on the unit square of a view of weights 0, and what each
// weight adds to it: along x, then along y.
func affine(pl cpu.Plane, view cpu.Grid) (out [2][1 + mostWeights]float64) {
	w := make([]float64, len(pl.Origin))
	at := func() [2]float64 {
		a, b, _ := pl.Coordinates(w)
		return [2]float64{(a - view.X.Min) / (view.X.Max - view.X.Min), (b - view.Y.Min) / (view.Y.Max - view.Y.Min)}
	}
	zero := at()
	for axis := range out {
		out[axis][0] = zero[axis]
	}
	for j := range w {
		w[j] = 1
		one := at()
		for axis := range out {
			out[axis][1+j] = one[axis] - zero[axis]
		}
		w[j] = 0
	}
	return out
}

// at makes the places after k updates and returns their slot. The other slot stays
// what it is if it is that of beside.
func (v *ensembleView) at(d *gpu.Device, k, beside int) (int, error) {
	for i := range v.slots {
		if v.n > 0 && v.slots[i].k == k {
			return i, nil
		}
	}
	p, err := v.of.ensemble.At(k)
	if err != nil {
		return 0, err
	}
	if v.n == 0 {
		if err := v.allocate(d, p); err != nil {
			return 0, err
		}
	}
	if p.N != v.n || p.Dim != v.of.dim {
		return 0, fmt.Errorf("an ensemble of %d runs of %d weights, want %d of %d", p.N, p.Dim, v.n, v.of.dim)
	}
	q, err := d.Compute("draw_ensemble_place.comp", shaders.Defines{
		"DIM": p.Dim, "STATUS_CONVERGED": int(cpu.Converged), "STATUS_PERIODIC": int(cpu.Periodic),
	})
	if err != nil {
		return 0, err
	}
	i := 0
	if v.slots[0].k == beside {
		i = 1
	}
	slot := &v.slots[i]
	slot.k = -1
	p.Weights.BindStorageRange(0, p.Offset, p.Weights.Size-p.Offset)
	slot.buffer.BindStorage(1)
	v.shades.BindStorage(2)
	q.SetInt("n", p.N)
	q.SetInt("stride", p.Stride)
	q.SetInt("classed", 0)
	if v.of.tells == tellClass {
		p.Statuses.BindStorageRange(3, p.Offset, p.Statuses.Size-p.Offset)
		q.SetInt("classed", 1)
		q.SetInt("status", p.Status)
	}
	q.SetInt("shaded", 0)
	if v.of.tells == tellShade {
		q.SetInt("shaded", 1)
	}
	q.SetFloat("origin", f(v.of.affine[0][0]), f(v.of.affine[1][0]))
	for axis, name := range [2]string{"alongX", "alongY"} {
		var along [mostWeights]float32
		for j := range p.Dim {
			along[j] = f(v.of.affine[axis][1+j])
		}
		q.SetFloats(name, along[:p.Dim])
	}
	d.Barrier(gpu.ForShaders)
	q.Cover(p.N, 1)
	slot.k = k
	v.placed++
	return i, d.Check("places of an ensemble")
}

// allocate makes what depends on the number of runs.
func (v *ensembleView) allocate(d *gpu.Device, p gpu.Points) (err error) {
	if p.N < 1 {
		return fmt.Errorf("an ensemble of %d runs, want at least 1", p.N)
	}
	shades := []float32{0}
	if v.of.tells == tellShade {
		if shades, err = ensembleShades(v.over, v.of.color, p.N); err != nil {
			return err
		}
	}
	if v.shades, err = gpu.NewBufferOf(d, "ensemble shades", shades, gpu.Static); err != nil {
		return err
	}
	for i := range v.slots {
		if v.slots[i].buffer, err = d.NewBuffer("ensemble places", 3*4*p.N, gpu.Computed); err != nil {
			return err
		}
		v.slots[i].k = -1
	}
	v.n = p.N
	return nil
}

// ensembleShades returns where each of n runs is along the axis of a sweep that the
// colours tell, 0 to 1.
func ensembleShades(over []cpu.Param, color string, n int) ([]float32, error) {
	count, stride := 1, 1
	var axis *cpu.Param
	for i := range over {
		p := &over[i]
		if axis != nil {
			stride *= len(p.Values)
		}
		if p.Name == color {
			axis = p
		}
		count *= len(p.Values)
	}
	switch {
	case axis == nil:
		return nil, fmt.Errorf("unknown colour %q of an ensemble", color)
	case count != n:
		return nil, fmt.Errorf("an ensemble of %d runs, the scene's has %d", n, count)
	}
	a := scale.NewParamAxis(axis)
	out := make([]float32, n)
	for i := range out {
		k := i / stride % len(axis.Values)
		out[i] = f(a.Scale.Unit(a.At(k)))
	}
	return out, nil
}

// solid returns the first surface that the renderer shows, nil without one.
func (r *Renderer) solid() *surface {
	for _, s := range r.surfaces {
		if s != nil {
			return s
		}
	}
	return nil
}

// draw has a command stand for the picture of the ensemble over a panel in frame k, and
// makes that unless it is there. It reports whether something of it is seen.
func (v *ensembleView) draw(r *Renderer, cmd *display.Command, panel, frame int) (visible bool, err error) {
	plot := r.plot(panel)
	seen := plot.Around().Intersect(display.RectOf(r.part))
	if seen.Empty() {
		return false, nil
	}
	updates := r.p.Scene.Film.Updates(frame)
	k := int(updates)
	share := updates - float64(k)
	beside := -1
	if share > 0 {
		beside = k + 1
	}
	from, err := v.at(r.d, k, beside)
	if err != nil {
		return false, err
	}
	to := from
	if share > 0 {
		if to, err = v.at(r.d, k+1, k); err != nil {
			return false, err
		}
	}
	is := ensembleShown{look: v.look, placed: v.placed, updates: updates, plot: plot, part: r.part, field: r.cache.is, lows: [2]float64{0, 1}}
	over := r.surfaces[panel]
	if over != nil {
		is.cam, is.surface = r.camera(panel, frame), over.made
	} else {
		over = r.solid()
	}
	if over != nil {
		is.lows = [2]float64{over.look.colorLow, over.look.colorHigh}
	}
	was := &v.shown[panel]
	if is.made = was.made; is != *was {
		v.made++
		is.made = v.made
		was.made = 0 // nothing, until it is drawn
		if err := v.render(r, panel, &is, seen, from, to, share); err != nil {
			return false, err
		}
		*was = is
	}
	cmd.A, cmd.B[0] = f32(seen), float32(is.made%(1<<24))
	return true, nil
}

// render makes the picture of runs on their way between two places over what is seen
// of a panel.
func (v *ensembleView) render(r *Renderer, at int, is *ensembleShown, seen display.Rectangle, from, to int, share float64) error {
	d, k, plot := r.d, &v.look, is.plot.Around()
	panel, own := overContours, r.surfaces[at]
	if own != nil {
		panel = overSurface
	}
	splat, err := d.Compute("draw_ensemble_splat.comp", k.defines(panel))
	if err != nil {
		return err
	}
	tone, err := d.Compute("draw_ensemble_tone.comp", k.defines(panel))
	if err != nil {
		return err
	}
	w, h := int(seen.W()), int(seen.H())
	strip := min(h, max(1, min(sumsBytes/(4*k.planes), mostGroups*64)/w))
	if need := 4 * k.planes * w * strip; v.sums == nil || v.sums.Size < need {
		v.sums.Close()
		if v.sums, err = d.NewBuffer("ensemble sums", need, gpu.Computed); err != nil {
			return err
		}
		v.sums.Fill(0)
	}
	// All runs may be in one pixel.
	full := min(k.opacity, mostOpacity)
	unit := min(math.Exp2(31)/mostDepth/float64(v.n), 1<<16)
	if k.density() {
		full, unit = 1, min(math.Exp2(31)/float64(v.n), 1<<20)
	}
	radius := min(k.size*k.pt/2, mostRadius)
	splat.SetInt("n", v.n)
	splat.SetFloat("share", f(share))
	if panel == overSurface {
		splat.SetFloat("size", f(plot.W()), f(plot.H()))
	} else {
		p := is.plot // may begin and end within a pixel
		splat.SetFloat("origin", f(p.X0-plot.X0), f(plot.Y1-p.Y1))
		splat.SetFloat("size", f(p.W()), f(p.H()))
	}
	left, below := int(seen.X0-plot.X0), int(plot.Y1-seen.Y1)
	splat.SetInt("seen", below)
	splat.SetFloat("radius", f(radius))
	splat.SetFloat("full", f(full))
	splat.SetFloat("unit", f(unit))
	splat.SetFloat("colorRange", f(is.lows[0]), f(is.lows[1]))
	if panel == overSurface {
		c := is.cam
		perUnit := c.PerUnit()
		eye := c.Eye()
		splat.SetMat4("toClip", c.Matrix(plot))
		splat.SetFloat("boxHalf", f(figure.BoxHalf[0]), f(figure.BoxHalf[1]), f(figure.BoxHalf[2]))
		splat.SetFloat("eye", f(eye[0]), f(eye[1]), f(eye[2]))
		splat.SetFloat("lift", f(perUnit*((1.5*radius+1)*c.Pixel(c.Dist)+figure.Bulge)))
		splat.SetFloat("softness", ensembleSoftness)
	}
	tone.SetFloat("unit", f(unit))
	room := plot.W() * plot.H() // that runs spread evenly have
	if panel == overSurface {
		// A level of the box, unless that is seen edge on.
		var level [4]display.Point
		for i, corner := range [4]figure.Vec3{{0, 0, 0.5}, {1, 0, 0.5}, {1, 1, 0.5}, {0, 1, 0.5}} {
			at := is.cam.Project(corner)
			level[i] = display.Pt(at.X, at.Y)
		}
		room = max(math.Abs(display.Area(level)), 0.1*room)
	}
	tone.SetFloat("mean", f(float64(v.n)/room))
	tone.SetFloat("top", densest)
	tone.SetFloat("opacity", f(k.opacity))
	heightField := v.heights.heightField
	if own != nil {
		heightField = own.heightField
	} else if s := r.solid(); s != nil {
		heightField = s.heightField
	}
	for y := 0; y < h; y += strip { // from below
		n := min(strip, h-y)
		v.slots[from].buffer.BindStorage(0)
		v.slots[to].buffer.BindStorage(1)
		v.sums.BindStorage(2)
		if heightField != nil {
			heightField.Bind(0)
		}
		if panel == overSurface {
			own.out.Depth.Bind(1)
		}
		splat.SetInt4("window", left, below+y, left+w, below+y+n)
		d.Barrier(gpu.ForShaders | gpu.ForTextures)
		splat.Cover(v.n, 1)
		v.colors.Bind(0)
		v.picture.BindImage(0)
		tone.SetInt4("area", int(seen.X0)-r.part.Min.X, r.part.Max.Y-int(seen.Y1)+y, w, n)
		d.Barrier(gpu.ForShaders)
		tone.Cover(w*n, 1)
	}
	d.Barrier(gpu.ForTextures)
	return d.Check("ensemble")
}

// forget frees what was made of another ensemble.
func (v *ensembleView) forget() {
	v.shades.Close()
	for i := range v.slots {
		v.slots[i].buffer.Close()
	}
	v.shades, v.slots, v.n = nil, [2]ensemblePlaces{}, 0
	v.of, v.over = ensembleSource{}, nil
}

// close frees what the ensemble's view holds; it is made again when it is needed.
func (v *ensembleView) close() {
	v.forget()
	v.colors.Close()
	v.heights.close()
	v.sums.Close()
	v.picture.Close()
	*v = ensembleView{made: v.made}
}
