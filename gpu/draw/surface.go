package draw

import (
	"image/color"

	"losscape/gpu"

	"github.com/go-gl/mathgl/mgl64"
)

// softness is the difference of depth over which the surface hides a mark.
const softness = 4e-4

// stripBytes bounds the multisampled target: a panel is drawn in strips.
const stripBytes = 40 << 20

// surface draws the lit landscape.
type surface struct {
	d       *gpu.Device
	prog    *gpu.Program
	relief  *gpu.Texture // height and slopes
	colors  *gpu.Texture
	sky     *gpu.Texture // how much of it each place sees
	indices *gpu.Buffer
	nx, ny  int // vertices
	count   int // indices

	rect  rect             // of the panel, in whole pixels
	strip *gpu.Framebuffer // multisampled
	out   *gpu.Framebuffer // resolved

	low, high float64 // coordinates of the scale at the box's floor and ceiling
	colorLow  float64 // heights at the ends of the colour map
	colorHigh float64
	iso       levels // heights
	isoWidth  float64
	grid      [4]float64 // lines on the surface: first and step along x and y, 0 for none
	mesh      int        // more lines: parts of each side, 0 for none
	floor     bool       // a plan of the losses on the box's floor
	ground    color.NRGBA
}

// reliefSize is the most texels of a relief along a side.
const reliefSize = 1024

// newSurface makes what drawing the surface of a terrain into r needs, in the
// 256 colours of a map, in an axis box of the scale s, with at most mesh vertices a side.
func newSurface(d *gpu.Device, r rect, t *terrain, colors []byte, box *scale, mesh int) (*surface, error) {
	s := &surface{d: d, rect: r, low: box.a, high: box.b}
	s.nx, s.ny = min(mesh, t.nx), min(mesh, t.ny)
	iso := newLevels(contourLevels(t.scale.a, t.scale.b, lineTarget))
	s.iso = levels{s.unit(iso.first), iso.step / (s.high - s.low), iso.n}
	s.colorLow, s.colorHigh = s.unit(t.scale.a), s.unit(t.scale.b)
	if s.colorHigh-s.colorLow < 1e-6 {
		s.colorHigh = s.colorLow + 1
	}
	if err := s.init(t, colors); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// unit returns the height in the box of a coordinate of the scale.
func (s *surface) unit(x float64) float64 { return (x - s.low) / (s.high - s.low) }

func (s *surface) init(t *terrain, colors []byte) (err error) {
	if s.prog, err = s.d.NewGraphics("draw_surface.vert", "draw_surface.frag", nil); err != nil {
		return err
	}
	if s.colors, err = s.d.NewTexture("surface colours", 256, 1, 1, gpu.RGBA8); err != nil {
		return err
	}
	if err = s.colors.Write(0, 0, 256, 1, colors); err != nil {
		return err
	}
	if err = s.carve(t); err != nil {
		return err
	}
	if err = s.look(); err != nil {
		return err
	}
	indices := make([]uint32, 0, (s.nx-1)*(s.ny-1)*6)
	for j := range s.ny - 1 {
		for i := range s.nx - 1 {
			a := uint32(j*s.nx + i)
			b, c := a+1, a+uint32(s.nx)
			indices = append(indices, a, b, c, c, b, c+1)
		}
	}
	s.count = len(indices)
	if s.indices, err = gpu.NewBufferOf(s.d, "surface indices", indices, gpu.Static); err != nil {
		return err
	}
	w, h := int(s.rect.w()), int(s.rect.h())
	samples := min(4, s.d.Caps.MaxSamples)
	rows := min(h, max(64, stripBytes/(w*samples*8)))
	if s.strip, err = s.d.NewFramebuffer("surface strip", w, rows, samples, true); err != nil {
		return err
	}
	s.out, err = s.d.NewFramebuffer("surface", w, h, 1, true)
	return err
}

// skySize is the most texels of a sky along a side: what is seen of the sky
// changes slowly.
const skySize = 192

// look computes how much of the sky each place sees.
func (s *surface) look() error {
	prog, err := s.d.NewCompute("draw_sky.comp", nil)
	if err != nil {
		return err
	}
	defer prog.Close()
	nx, ny := max(2, min(s.relief.Width, skySize)), max(2, min(s.relief.Height, skySize))
	if s.sky, err = s.d.NewTexture("sky", nx, ny, 1, gpu.R32F); err != nil {
		return err
	}
	s.relief.Bind(0)
	s.sky.BindImage(0)
	prog.SetFloat("steepness", f(half[2]/half[0]))
	prog.Dispatch((nx+7)/8, (ny+7)/8, 1)
	s.d.Barrier(gpu.ForTextures)
	return s.d.Check("sky")
}

// carve computes the relief.
func (s *surface) carve(t *terrain) error {
	prog, err := s.d.NewCompute("draw_relief.comp", nil)
	if err != nil {
		return err
	}
	defer prog.Close()
	nx, ny := min(t.nx, reliefSize), min(t.ny, reliefSize)
	if s.relief, err = s.d.NewTexture("relief", nx, ny, 1, gpu.RGBA32F); err != nil {
		return err
	}
	t.words.Bind(1)
	s.relief.BindImage(0)
	prog.SetInt2("fieldSize", t.nx, t.ny)
	prog.SetFloat("low", f(s.low))
	prog.SetFloat("high", f(s.high))
	prog.Dispatch((nx+7)/8, (ny+7)/8, 1)
	s.d.Barrier(gpu.ForTextures)
	return s.d.Check("relief")
}

// levels are evenly spaced.
type levels struct {
	first, step float64
	n           int
}

func newLevels(all []float64) levels {
	if len(all) < 2 {
		return levels{step: 1}
	}
	return levels{all[0], (all[len(all)-1] - all[0]) / float64(len(all)-1), len(all)}
}

// draw renders the surface as a camera sees it.
func (s *surface) draw(cam camera) error {
	p := s.prog
	p.SetInt("reach", 2+max(s.relief.Width/s.nx, s.relief.Height/s.ny))
	p.SetFloat("colorRange", f(s.colorLow), f(s.colorHigh))
	p.SetFloat("boxHalf", f(half[0]), f(half[1]), f(half[2]))
	eye := cam.eye()
	p.SetFloat("eye", f(eye[0]), f(eye[1]), f(eye[2]))
	light := sun(cam)
	p.SetFloat("light", f(light[0]), f(light[1]), f(light[2]))
	p.SetFloat("lineFirst", f(s.iso.first))
	p.SetFloat("lineStep", f(s.iso.step))
	p.SetInt("lineCount", s.iso.n)
	p.SetFloat("lineWidth", f(s.isoWidth))
	p.SetFloat("gridLines", f(s.grid[0]), f(s.grid[1]), f(s.grid[2]), f(s.grid[3]))
	part := 0.0
	if s.mesh > 0 {
		part = 1 / float64(s.mesh)
	}
	p.SetFloat("mesh", f(part), f(part))
	s.relief.Bind(0)
	s.colors.Bind(1)
	s.sky.Bind(2)
	s.d.SetState(gpu.Opaque, gpu.TestAndWrite)
	w, h := int(s.rect.w()), int(s.rect.h())
	_, rows := s.strip.Size()
	for y := 0; y < h; y += rows { // strips from the bottom up
		n := min(rows, h-y)
		part := rect{s.rect.x0, s.rect.y1 - float64(y+n), s.rect.x1, s.rect.y1 - float64(y)}
		s.strip.BindRect(0, 0, w, n)
		s.strip.Clear(0, 0, 0, 0)
		p.SetMat4("toClip", cam.matrix(part))
		if s.floor && cam.toEye[2] > 0 {
			p.SetFloat("ground", float32(s.ground.R)/255, float32(s.ground.G)/255, float32(s.ground.B)/255, 1)
			p.SetInt2("meshSize", 2, 2)
			p.Draw(gpu.TriangleStrip, 4, 1)
		}
		p.SetFloat("ground", 0, 0, 0, 0)
		p.SetInt2("meshSize", s.nx, s.ny)
		p.DrawIndexed(gpu.Triangles, s.indices, s.count, 1)
		s.strip.CopyTo(s.out, 0, 0, w, n, 0, y, true)
	}
	s.d.SetState(gpu.Opaque, gpu.NoDepth)
	return s.d.Check("surface")
}

// sun returns the direction of the light: from above the viewer's left shoulder.
func sun(c camera) mgl64.Vec3 {
	v := c.toEye.Mul(0.55).Sub(c.right.Mul(0.6)).Add(c.up.Mul(0.35))
	v[2] += 0.55
	return v.Normalize()
}

// layer returns the picture that draw made.
func (s *surface) layer() layer {
	l := layer{s.out.Color, s.out.Depth, s.rect}
	if l.color.Name == 0 {
		l.color = nil
	}
	return l
}

// keepDepth frees all but the depth of a surface that is not drawn again.
func (s *surface) keepDepth() {
	s.strip.Close()
	s.out.Color.Close()
	s.indices.Close()
	s.colors.Close()
	s.sky.Close()
	s.relief.Close()
	s.prog.Close()
}

func (s *surface) close() {
	if s == nil {
		return
	}
	s.strip.Close()
	s.out.Close()
	s.indices.Close()
	s.colors.Close()
	s.sky.Close()
	s.relief.Close()
	s.prog.Close()
}
