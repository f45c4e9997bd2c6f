package draw

import (
	"image/color"

	"losscape/gpu"
	"losscape/scenes/display"
	"losscape/scenes/figure"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
	"losscape/shaders"
)

// softness is the difference of depth over which the surface hides a mark.
const softness = 4e-4

// A panel is drawn in cells, of at most cellWidth pixels and of as many rows as
// the multisampled target, of stripBytes, has room for. They lie the same
// whatever part of the panel is drawn, so that every pixel comes out the same.
const (
	stripBytes = 8 << 20
	cellWidth  = 2048
)

// surface draws the lit landscape. What it holds is made when it is needed, and
// again when something that it is made from changes.
type surface struct {
	look  look
	is    look // that it was drawn as
	cam   figure.Camera
	made  int               // number of the picture
	reach display.Rectangle // outside of it nothing was drawn

	prog        *gpu.Program // of the mesh
	resolve     *gpu.Program // of the depths that it leaves in the strip
	shade       *gpu.Program // of the places that it leaves there
	halve       *gpu.Program // of a strip shaded, which it makes one of half its size
	samples     int          // of a pixel of the strip
	heightField *gpu.Texture // height and slopes
	occlusion   *gpu.Texture // how much of it each place sees
	of          heightSource // of both
	colors      *gpu.Texture
	colored     string // the map in colors
	mesh        mesh
	strip       *gpu.Framebuffer // places on the surface, multisampled unless for a draft
	large       *gpu.Framebuffer // a strip shaded, of a fine picture
	out         *gpu.Framebuffer
}

// look is all that the surface's picture depends on but the camera.
type look struct {
	heightSource
	rect     display.Rectangle // of the panel, in whole pixels
	seen     display.Rectangle // of it
	colormap string            // its name
	nx, ny   int               // vertices of the mesh
	draft    bool              // not multisampled
	fine     bool              // drawn twice as large and made smaller

	colorLow  float64 // heights at the ends of the colour map
	colorHigh float64
	iso       figure.Levels // heights
	isoWidth  float64
	grid      [4]float64 // lines on the surface: first and step along x and y, 0 for none
	mesh      int        // more lines: parts of each side, 0 for none
	floor     bool       // a plan of the losses on the box's floor
	pane      color.NRGBA
}

// heightSource is what the heightField is made from.
type heightSource struct {
	of        fieldVersion
	kind      string  // of the scale
	low, high float64 // coordinates of the scale at the box's floor and ceiling
}

// unit returns the height in the box of a coordinate of the scale.
func (g heightSource) unit(x float64) float64 { return (x - g.low) / (g.high - g.low) }

// newLook returns how the surface of a terrain looks in what is seen of the panel
// r, in an axis box of the scale s, with at most mesh vertices a side.
func newLook(r, seen display.Rectangle, t *terrain, s *scale.Scale, mesh int) look {
	k := look{
		heightSource: heightSource{t.cache.is, t.scale.Kind, s.A, s.B},
		rect:         r,
		seen:         seen,
		nx:           min(mesh, t.nx), ny: min(mesh, t.ny),
	}
	iso := figure.NewLevels(t.scale.Levels(figure.IsoLines))
	k.iso = figure.Levels{First: k.unit(iso.First), Step: iso.Step / (k.high - k.low), N: iso.N}
	k.colorLow, k.colorHigh = k.unit(t.scale.A), k.unit(t.scale.B)
	if k.colorHigh-k.colorLow < 1e-6 {
		k.colorHigh = k.colorLow + 1
	}
	return k
}

// open makes ready for drawing the surface of a panel.
func (s *surface) open(r *Renderer, panel int, v *figure.Surface) error {
	t, err := r.cache.terrain(r.p.Scene.Surface.Scale)
	if err != nil {
		return err
	}
	plot := r.plot(panel).Around()
	// Triangles of some ten pixels: heights and slopes within them come from the
	// heightField.
	fine := 10.0
	if v.Heights.Kind != scale.Linear {
		fine = 4 // walls are steeper
	}
	mesh := int(min(256, max(64, plot.W()/fine)))
	if v.Turns {
		mesh = int(min(192, max(64, plot.W()/10)))
	}
	if r.p.Draft {
		mesh = int(min(96, max(48, plot.W()/12)))
	}
	seen := plot.Intersect(display.RectOf(r.part))
	if !v.Turns && !r.lasting && r.p.Ensemble == nil {
		// Where this one camera sees the box there is all of the surface. An ensemble looks
		// for its depth all over the panel.
		cam := r.camera(panel, 0)
		seen = seen.Intersect(cam.Reach(figure.Vec3{}, figure.Vec3{1, 1, 1}).Around())
	}
	u := r.p.Scene.Surface
	k := newLook(plot, seen, t, v.Heights, mesh)
	k.draft, k.fine, k.colormap = r.p.Draft, r.p.Fine, u.Colormap
	if !u.Contours {
		k.iso.N = 0
	}
	if u.Grid {
		k.grid = v.Ticks
	}
	k.mesh, k.floor = u.Wireframe, u.Floor
	if u.Floor {
		k.pane = r.figure.Theme.Pane[2]
	}
	k.isoWidth = r.perUnit * r.figure.AtLeast(figure.IsoWidth, 0.7)
	return s.prepare(r.d, k, t)
}

// heightFieldSize is the most texels of a heightField along a side.
const heightFieldSize = 1024

// prepare makes what drawing a terrain in a look needs.
func (s *surface) prepare(d *gpu.Device, k look, t *terrain) (err error) {
	if s.look = k; k.seen.Empty() {
		return nil
	}
	samples, times := min(4, d.Caps.MaxSamples), k.times()
	if k.draft {
		samples = 1
	}
	s.samples = samples
	if err = s.compile(d); err != nil {
		return err
	}
	if s.colors == nil {
		if s.colors, err = d.NewTexture("surface colours", 256, 1, 1, gpu.RGBA8); err != nil {
			return err
		}
	}
	if s.colored != k.colormap {
		if err = s.colors.Write(0, 0, 256, 1, palette.Bytes(palette.Colormap(k.colormap)[:])); err != nil {
			return err
		}
		s.colored = k.colormap
	}
	if s.of != k.heightSource {
		if err = s.carve(d, t); err != nil {
			return err
		}
		s.of = k.heightSource
	}
	if err = s.mesh.lay(d, k, s.heightField); err != nil {
		return err
	}
	w, h := int(k.seen.W()), int(k.seen.H())
	if s.out == nil || s.out.Color.Name == 0 || s.out.Color.Width != w || s.out.Color.Height != h {
		s.out.Close()
		if s.out, err = d.NewFramebuffer("surface", w, h, 1, true); err != nil {
			return err
		}
	}
	w = min(int(k.rect.W()), cellWidth/times)
	h = min(int(k.rect.H()), max(64, stripBytes/(times*times*w*samples*12)))
	w, h = times*w, times*h
	if s.strip == nil || s.strip.Color.Width != w || s.strip.Color.Height != h || s.strip.Color.Samples != samples {
		s.strip.Close()
		if s.strip, err = d.NewFramebufferOf("surface strip", w, h, samples, gpu.RG32F, true); err != nil {
			return err
		}
	}
	if times == 1 || s.large != nil && s.large.Color.Width == w && s.large.Color.Height == h {
		return nil
	}
	s.large.Close()
	s.large, err = d.NewFramebuffer("large surface strip", w, h, 1, true)
	return err
}

// compile gets the shaders of the look.
func (s *surface) compile(d *gpu.Device) (err error) {
	if s.prog, err = d.Graphics("draw_surface.vert", "draw_surface.frag", holes(s.look.of.field)); err != nil {
		return err
	}
	defines := shaders.Defines{"SAMPLES": s.samples}
	if s.resolve, err = d.Graphics("draw_rect.vert", "draw_resolve.frag", defines); err != nil {
		return err
	}
	if s.shade, err = d.Graphics("draw_rect.vert", "draw_shade.frag", defines); err != nil {
		return err
	}
	if s.look.times() > 1 {
		s.halve, err = d.Graphics("draw_rect.vert", "draw_half.frag", nil)
	}
	return err
}

// times returns how many times as large the surface is drawn as it is shown.
func (k *look) times() int {
	if k.fine && !k.draft {
		return 2
	}
	return 1
}

// occlusionSize is the most texels of the ambient occlusion along a side: what is seen of the sky
// changes slowly.
const occlusionSize = 128

// carve computes the heightField, and how much of the sky each place of it sees.
func (s *surface) carve(d *gpu.Device, t *terrain) error {
	words, err := t.words()
	if err != nil {
		return err
	}
	nx, ny := min(t.nx, heightFieldSize), min(t.ny, heightFieldSize)
	heights, err := d.NewTexture("heights", nx, ny, 1, gpu.R32F)
	if err != nil {
		return err
	}
	defer heights.Close()
	for _, out := range []struct {
		file   string
		from   *gpu.Texture
		unit   int
		to     **gpu.Texture
		label  string
		nx, ny int
		format gpu.Format
	}{
		{"draw_heights.comp", words, 1, &heights, "heights", nx, ny, gpu.R32F},
		{"draw_height_field.comp", heights, 0, &s.heightField, "heightField", nx, ny, gpu.RGBA32F},
		{"draw_occlusion.comp", heights, 0, &s.occlusion, "ambient occlusion", min(nx, occlusionSize), min(ny, occlusionSize), gpu.R32F},
	} {
		if x := *out.to; x == nil || x.Width != out.nx || x.Height != out.ny {
			x.Close()
			if *out.to, err = d.NewTexture(out.label, out.nx, out.ny, 1, out.format); err != nil {
				return err
			}
		}
		prog, err := d.Compute(out.file, nil)
		if err != nil {
			return err
		}
		out.from.Bind(out.unit)
		(*out.to).BindImage(0)
		prog.SetInt2("fieldSize", t.nx, t.ny)
		prog.SetFloat("low", f(s.look.low))
		prog.SetFloat("high", f(s.look.high))
		prog.SetFloat("steepness", f(figure.BoxHalf[2]/figure.BoxHalf[0]))
		prog.SetInt("directions", 12)
		prog.SetInt("steps", 10)
		prog.Cover(out.nx, out.ny)
		d.Barrier(gpu.ForTextures)
	}
	return d.Check("heightField")
}

// draw renders the surface as a camera sees it, unless it is there.
func (s *surface) draw(r *Renderer, cam figure.Camera) error {
	d, k := r.d, &s.look
	if k.seen.Empty() {
		s.reach = display.Rectangle{}
		return nil
	}
	if s.is == *k && s.cam == cam {
		return nil
	}
	p := s.shade
	p.SetInt("samples", s.samples)
	p.SetFloat("colorRange", f(k.colorLow), f(k.colorHigh))
	p.SetFloat("boxHalf", f(figure.BoxHalf[0]), f(figure.BoxHalf[1]), f(figure.BoxHalf[2]))
	eye := cam.Eye()
	p.SetFloat("eye", f(eye[0]), f(eye[1]), f(eye[2]))
	light := sun(cam)
	p.SetFloat("light", f(light[0]), f(light[1]), f(light[2]))
	p.SetFloat("lineFirst", f(k.iso.First))
	p.SetFloat("lineStep", f(k.iso.Step))
	p.SetInt("lineCount", k.iso.N)
	times := k.times()
	p.SetFloat("lineWidth", f(k.isoWidth*float64(times)))
	p.SetFloat("gridLines", f(k.grid[0]), f(k.grid[1]), f(k.grid[2]), f(k.grid[3]))
	part := 0.0
	if k.mesh > 0 {
		part = 1 / float64(k.mesh)
	}
	p.SetFloat("mesh", f(part), f(part))
	p.SetFloat("floorColor", float32(k.pane.R)/255, float32(k.pane.G)/255, float32(k.pane.B)/255)
	floor := k.floor && cam.ToEye[2] > 0
	s.reach = s.mesh.project(cam, floor).Intersect(k.seen)
	s.out.Bind()
	s.out.Clear(0, 0, 0, 0)
	w, h := s.strip.Size()
	w, h = w/times, h/times
	for y1 := k.rect.Y1; y1 > k.rect.Y0; y1 -= float64(h) {
		for x0 := k.rect.X0; x0 < k.rect.X1; x0 += float64(w) {
			cell := display.Rect(x0, y1-float64(h), x0+float64(w), y1).Intersect(k.rect)
			if seen := cell.Intersect(s.reach); !seen.Empty() {
				s.drawCell(d, cam, cell, seen, floor)
			}
		}
	}
	d.SetState(gpu.Opaque, gpu.NoDepth)
	s.is, s.cam = *k, cam
	s.made = r.number()
	return d.Check("surface")
}

// drawCell draws what is seen of a cell: where the surface is, by the mesh, at every
// sample into the strip; and from there what it looks like, once for a pixel where
// that will do, into out.
func (s *surface) drawCell(d *gpu.Device, cam figure.Camera, cell, seen display.Rectangle, floor bool) {
	times := s.look.times()
	x, y, w, h := int(seen.X0-cell.X0), int(cell.Y1-seen.Y1), int(seen.W()), int(seen.H()) // in the cell
	ox, oy := int(seen.X0-s.look.seen.X0), int(s.look.seen.Y1-seen.Y1)                     // in out
	matrix := cam.Matrix(cell)
	s.strip.BindRect(0, 0, times*int(cell.W()), times*int(cell.H()))
	s.strip.Scissor(times*x, times*y, times*w, times*h)
	d.SetState(gpu.Opaque, gpu.TestAndWrite)
	s.strip.Clear(-8, -8, 0, 0)
	s.heightField.Bind(0)
	s.mesh.texture.Bind(3)
	s.mesh.draw(s.prog, matrix, seen, floor)

	target, tx, ty := s.out, ox, oy
	if times > 1 {
		target, tx, ty = s.large, times*x, times*y
	}
	target.BindRect(tx, ty, times*w, times*h)
	if times > 1 {
		target.Clear(0, 0, 0, 0)
	}
	s.strip.Color.Bind(4)
	s.strip.Depth.Bind(5)
	s.resolve.SetInt2("shift", times*x-tx, times*y-ty)
	s.resolve.Draw(gpu.Triangles, 3, 1)
	s.colors.Bind(1)
	s.occlusion.Bind(2)
	s.shade.SetMat4("toClip", matrix)
	s.shade.SetFloat("viewport", float32(times)*f(cell.W()), float32(times)*f(cell.H()))
	s.shade.SetInt2("shift", times*x-tx, times*y-ty)
	d.SetState(gpu.Opaque, gpu.TestHiddenOnly)
	s.shade.Draw(gpu.Triangles, 3, 1)
	if times > 1 {
		s.large.Color.Bind(0)
		s.large.Depth.Bind(1)
		s.out.BindRect(ox, oy, w, h)
		d.SetState(gpu.Opaque, gpu.TestAndWrite)
		s.halve.SetInt2("shift", x-ox, y-oy)
		s.halve.Draw(gpu.Triangles, 3, 1)
	}
}

// sun returns the direction of the light: from above the viewer's left shoulder.
func sun(c figure.Camera) figure.Vec3 {
	v := c.ToEye.Mul(0.55).Sub(c.Right.Mul(0.6)).Add(c.Up.Mul(0.35))
	v[2] += 0.55
	return v.Normalize()
}

// layer returns the picture that draw made.
func (s *surface) layer() layer {
	if s.look.seen.Empty() {
		return layer{}
	}
	l := layer{s.out.Color, s.out.Depth, s.look.seen}
	if l.color.Name == 0 {
		l.color = nil
	}
	return l
}

// keepDepth frees all but the depth of a surface that is not drawn again soon, and
// its heightField if that is wanted.
func (s *surface) keepDepth(andRelief bool) {
	if s.out == nil {
		return
	}
	out, heightField := s.out, s.heightField
	s.out = nil
	if andRelief {
		s.heightField = nil
	}
	out.Color.Close()
	s.close()
	s.out = out
	if andRelief {
		s.heightField = heightField
	}
}

// close frees what the surface holds; it is made again when it is needed.
func (s *surface) close() {
	if s == nil {
		return
	}
	s.strip.Close()
	s.large.Close()
	s.out.Close()
	s.mesh.close()
	s.colors.Close()
	s.occlusion.Close()
	s.heightField.Close()
	*s = surface{look: s.look}
}
