package draw

import (
	"math"

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
	colors  *gpu.Texture
	indices *gpu.Buffer
	nx, ny  int // vertices
	count   int // indices

	rect  rect             // of the panel, in whole pixels
	strip *gpu.Framebuffer // multisampled
	out   *gpu.Framebuffer // resolved
}

// newSurface makes what drawing the surface into r needs, with at most mesh
// vertices a side.
func newSurface(d *gpu.Device, r rect, field *gpu.Field, mesh int) (*surface, error) {
	s := &surface{d: d, rect: r}
	s.nx, s.ny = min(mesh, max(field.NX, 2)), min(mesh, max(field.NY, 2))
	if err := s.init(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *surface) init() (err error) {
	if s.prog, err = s.d.NewGraphics("draw_surface.vert", "draw_surface.frag", nil); err != nil {
		return err
	}
	if s.colors, err = s.d.NewTexture("viridis", 256, 1, 1, gpu.RGBA8); err != nil {
		return err
	}
	if err = s.colors.Write(0, 0, 256, 1, viridis()); err != nil {
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

// look is how a surface is shown.
type look struct {
	cam       camera
	low, high float64 // losses at the box's floor and ceiling
	iso       levels
	isoWidth  float64
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

// draw renders the surface of field into s.out.
func (s *surface) draw(field *gpu.Field, k look) error {
	p := s.prog
	p.SetInt2("fieldSize", field.NX, field.NY)
	p.SetInt2("meshSize", s.nx, s.ny)
	p.SetFloat("low", f(k.low))
	p.SetFloat("high", f(k.high))
	p.SetFloat("colorLow", field.Min)
	p.SetFloat("colorHigh", max(field.Max, math.Nextafter32(field.Min, field.Min+1)))
	p.SetFloat("boxHalf", f(half[0]), f(half[1]), f(half[2]))
	eye := k.cam.eye()
	p.SetFloat("eye", f(eye[0]), f(eye[1]), f(eye[2]))
	light := sun(k.cam)
	p.SetFloat("light", f(light[0]), f(light[1]), f(light[2]))
	p.SetFloat("lineFirst", f(k.iso.first))
	p.SetFloat("lineStep", f(k.iso.step))
	p.SetInt("lineCount", k.iso.n)
	p.SetFloat("lineWidth", f(k.isoWidth))
	// Differences over about a pixel: enough for a smooth normal.
	p.SetFloat("cell", f(max(1, float64(min(field.NX, field.NY))/s.rect.w())))
	field.Buffer.BindStorage(bindField)
	s.colors.Bind(0)
	s.d.SetState(gpu.Opaque, gpu.TestAndWrite)
	w, h := int(s.rect.w()), int(s.rect.h())
	_, rows := s.strip.Size()
	for y := 0; y < h; y += rows { // strips from the bottom up
		n := min(rows, h-y)
		part := rect{s.rect.x0, s.rect.y1 - float64(y+n), s.rect.x1, s.rect.y1 - float64(y)}
		s.strip.BindRect(0, 0, w, n)
		s.strip.Clear(0, 0, 0, 0)
		p.SetMat4("toClip", k.cam.matrix(part))
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
	s.prog.Close()
}
