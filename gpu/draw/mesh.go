package draw

import (
	"losscape/gpu"
	"losscape/scenes/display"
	"losscape/scenes/figure"
)

// mesh is the triangles that the surface is drawn as, in square patches: only those
// that reach what is drawn at a time are.
type mesh struct {
	nx, ny  int          // vertices
	of      heightSource // of the heights
	heights *gpu.Buffer
	texture *gpu.BufferTexture // of heights
	indices *gpu.Buffer
	patches []patch
}

// patch is a part of a mesh.
type patch struct {
	lo, hi       figure.Vec3       // what it fills of the axis box
	seen         display.Rectangle // the pixels that it reaches
	first, count int               // of its indices
}

// patchSize is the side of a patch in cells of the mesh.
const patchSize = 16

// lay lays the mesh of a look over a heightField.
func (m *mesh) lay(d *gpu.Device, k look, heightField *gpu.Texture) (err error) {
	if m.nx != k.nx || m.ny != k.ny {
		m.close()
		m.nx, m.ny = k.nx, k.ny
		if m.heights, err = d.NewBuffer("surface heights", 4*m.nx*m.ny, gpu.Computed); err != nil {
			return err
		}
		if m.texture, err = d.NewBufferTexture("surface heights", m.heights, gpu.R32F); err != nil {
			return err
		}
		if m.indices, err = gpu.NewBufferOf(d, "surface indices", m.triangles(), gpu.Static); err != nil {
			return err
		}
	}
	if m.of == k.heightSource {
		return nil
	}
	prog, err := d.Compute("draw_mesh.comp", nil)
	if err != nil {
		return err
	}
	heightField.Bind(0)
	m.heights.BindStorage(0)
	prog.SetInt2("meshSize", m.nx, m.ny)
	prog.SetInt("reach", 2+max(heightField.Width/m.nx, heightField.Height/m.ny))
	prog.Cover(m.nx*m.ny, 1)
	d.Barrier(gpu.ForTextures | gpu.ForHost)
	z := make([]float32, m.nx*m.ny)
	if err := gpu.Download(m.heights, 0, z); err != nil {
		return err
	}
	for i := range m.patches {
		p := &m.patches[i]
		x0, y0 := m.corner(p.lo)
		x1, y1 := m.corner(p.hi)
		lo, hi := z[y0*m.nx+x0], z[y0*m.nx+x0]
		for y := y0; y <= y1; y++ {
			for _, v := range z[y*m.nx+x0 : y*m.nx+x1+1] {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
		p.lo[2], p.hi[2] = float64(lo), float64(hi)
	}
	m.of = k.heightSource
	return d.Check("mesh")
}

// triangles returns the corners of the triangles, patch by patch, and makes the
// patches, as yet without heights.
func (m *mesh) triangles() []uint32 {
	indices := make([]uint32, 0, (m.nx-1)*(m.ny-1)*6)
	for y := 0; y < m.ny-1; y += patchSize {
		for x := 0; x < m.nx-1; x += patchSize {
			x1, y1 := min(x+patchSize, m.nx-1), min(y+patchSize, m.ny-1)
			p := patch{first: len(indices)}
			for k, n := range [2]int{m.nx - 1, m.ny - 1} {
				p.lo[k] = float64([2]int{x, y}[k]) / float64(n)
				p.hi[k] = float64([2]int{x1, y1}[k]) / float64(n)
			}
			for j := y; j < y1; j++ {
				for i := x; i < x1; i++ {
					a := uint32(j*m.nx + i)
					b, c := a+1, a+uint32(m.nx)
					indices = append(indices, a, b, c, c, b, c+1)
				}
			}
			p.count = len(indices) - p.first
			m.patches = append(m.patches, p)
		}
	}
	return indices
}

// corner returns the vertex at a corner of a patch.
func (m *mesh) corner(at figure.Vec3) (x, y int) {
	return int(at[0]*float64(m.nx-1) + 0.5), int(at[1]*float64(m.ny-1) + 0.5)
}

// project finds where a camera sees the patches, and returns where it sees anything of
// them and of a floor plan.
func (m *mesh) project(cam figure.Camera, floor bool) display.Rectangle {
	all := display.Nowhere
	if floor {
		all = cam.Reach(figure.Vec3{0, 0, 0}, figure.Vec3{1, 1, 0})
	}
	for i := range m.patches {
		p := &m.patches[i]
		p.seen = cam.Reach(p.lo, p.hi)
		all = all.Union(p.seen)
	}
	return all.Around()
}

// draw draws the patches that reach a rectangle of pixels, and before them a floor
// plan.
func (m *mesh) draw(prog *gpu.Program, matrix [16]float32, r display.Rectangle, floor bool) {
	prog.SetMat4("toClip", matrix)
	if floor {
		prog.SetFloat("plan", 0, 0, 0, 1)
		prog.SetInt2("meshSize", 2, 2)
		prog.Draw(gpu.TriangleStrip, 4, 1)
	}
	prog.SetFloat("plan", 0, 0, 0, 0)
	prog.SetInt2("meshSize", m.nx, m.ny)
	first, count := 0, 0
	for i := range m.patches {
		p := &m.patches[i]
		if s := p.seen; s.X1 < r.X0 || s.X0 > r.X1 || s.Y1 < r.Y0 || s.Y0 > r.Y1 {
			continue
		}
		if first+count != p.first {
			prog.DrawIndexed(gpu.Triangles, m.indices, first, count)
			first, count = p.first, 0
		}
		count += p.count
	}
	prog.DrawIndexed(gpu.Triangles, m.indices, first, count)
}

// close frees the mesh.
func (m *mesh) close() {
	m.texture.Close()
	m.heights.Close()
	m.indices.Close()
	*m = mesh{}
}
