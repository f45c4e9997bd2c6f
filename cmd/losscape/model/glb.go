// Package model writes the landscape of a scene and its runs as a three-dimensional
// model for other programs.
package model

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"strings"

	"losscape/scenes/figure"
	"losscape/scenes/palette"
	"losscape/scenes/scale"

	"github.com/go-gl/mathgl/mgl64"
	"github.com/qmuntal/gltf"
	"github.com/qmuntal/gltf/modeler"
)

// The model's size, in metres: the plane is a square around the origin, y
// points up, and the lowest loss lies at y = 0.
const (
	side = 2.0
	top  = 1.2
)

// MeshSide is the most points along a side of a model's surface: as many as
// 16-bit indices can tell apart.
const MeshSide = 255

// Sizes of marks, in metres.
const (
	tubeRadius = 0.006
	dotRadius  = 0.024
	tubeSides  = 8
	nearest    = 0.004 // between two points of a tube
	finest     = 0.02  // of a tube that follows the surface
	mostPoints = 20000 // of one tube
)

// GLB writes the landscape as a binary glTF model: the surface, coloured by its
// loss, with normals, and a tube and a ball for each run. α grows along x, β
// along −z, and the loss, on the scale of the scene's surface, along y; so in
// Blender, which turns models to its z axis, they are x, y and z. The extras of
// the root node name the scale and tell how to get from metres back to numbers.
// Points whose loss is not finite are holes. A landscape of more than MeshSide points
// along a side is thinned.
//
// With axes, which may be nil, the box around the surface is there, too, as geometry: the
// three axes with their ticks, labels and titles, and a floor below them. Each is a node
// that is named by what it shows, such as "axis x: w₁", "x tick 0.5", "x label 0.5", "x
// title" and "floor".
func GLB(w io.Writer, p figure.Picture, axes *Axes) error {
	if err := p.Check(true); err != nil {
		return err
	}
	t, ok := newHeightField(p)
	if !ok {
		return errors.New("no loss of the landscape is finite, so there is no surface to write")
	}
	doc := gltf.NewDocument()
	doc.Asset.Generator, doc.Asset.Copyright = "losscape", ""
	doc.Scenes[0].Name = p.Scene.Title

	m := t.surface()
	if len(m.indices) == 0 {
		return errors.New("no two neighbouring losses of the landscape are finite, so there is no surface to write")
	}
	surface := m.add(doc, "surface", material(doc, "surface", white, 0.55, true))
	x, y := figure.PlaneAxes(p.Scene)
	g := p.Landscape.Grid
	root := &gltf.Node{Name: p.Scene.Title, Children: []int{surface}, Extras: map[string]any{
		"x": axisNote(x.Name, x.Offset+g.X.Min, x.Offset+g.X.Max, -side/2, side/2),
		"y": t.lossNote(),
		"z": axisNote(y.Name, y.Offset+g.Y.Min, y.Offset+g.Y.Max, side/2, -side/2),
	}}
	th := palette.ThemeOf(p.Scene.Film.Theme)
	for _, r := range p.Runs(th) {
		mat := material(doc, r.Name, r.Color, 0.35, false)
		for i, line := range t.lines(r) {
			name := r.Name
			if i > 0 {
				name = fmt.Sprintf("%s, part %d", r.Name, i+1)
			}
			if m := tube(line); len(m.indices) > 0 {
				root.Children = append(root.Children, m.add(doc, name, mat))
			}
		}
		if end := len(r.At) - 1; t.holds(r.At[end]) {
			m := ball(t.place(r.At[end], r.Loss[end]))
			root.Children = append(root.Children, m.add(doc, r.Name+", at the end", mat))
		}
	}
	if axes != nil {
		nodes, err := axes.add(doc, t)
		if err != nil {
			return err
		}
		root.Children = append(root.Children, nodes...)
	}
	doc.Nodes = append(doc.Nodes, root)
	doc.Scenes[0].Nodes = []int{len(doc.Nodes) - 1}
	return gltf.NewEncoder(w).Encode(doc)
}

var white = color.NRGBA{255, 255, 255, 255}

// axisNote tells of an axis, whose name it writes as programs do: w1, not w₁.
func axisNote(name string, from, to, metresFrom, metresTo float64) map[string]any {
	name = strings.Map(func(r rune) rune {
		if r >= '₀' && r <= '₉' {
			return r - '₀' + '0'
		}
		return r
	}, name)
	return map[string]any{"name": name, "range": []float64{from, to}, "metres": []float64{metresFrom, metresTo}}
}

// material adds a material without a metal's shine.
func material(doc *gltf.Document, name string, c color.NRGBA, rough float64, thin bool) int {
	doc.Materials = append(doc.Materials, &gltf.Material{
		Name: name, DoubleSided: thin,
		PBRMetallicRoughness: &gltf.PBRMetallicRoughness{
			BaseColorFactor: &[4]float64{light(c.R), light(c.G), light(c.B), 1},
			MetallicFactor:  gltf.Float(0), RoughnessFactor: gltf.Float(rough),
		},
	})
	return len(doc.Materials) - 1
}

// light undoes sRGB's curve: glTF's colours are in proportion to light.
func light(c uint8) float64 {
	v := float64(c) / 255
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

// mesh is triangles in the making, counterclockwise seen from outside.
type mesh struct {
	at, normals [][3]float32
	colors      [][4]uint16  // of each vertex, or none
	uv          [][2]float32 // places in a texture of each vertex, or none
	indices     []uint32
}

// add adds the mesh and a node that shows it, and returns the node's index.
func (m *mesh) add(doc *gltf.Document, name string, material int) int {
	attributes := gltf.PrimitiveAttributes{
		gltf.POSITION: modeler.WritePosition(doc, m.at),
		gltf.NORMAL:   modeler.WriteNormal(doc, m.normals),
	}
	if m.colors != nil {
		attributes[gltf.COLOR_0] = modeler.WriteColor(doc, m.colors)
	}
	if m.uv != nil {
		attributes[gltf.TEXCOORD_0] = modeler.WriteTextureCoord(doc, m.uv)
	}
	p := &gltf.Primitive{Attributes: attributes, Material: gltf.Index(material)}
	if len(m.at) < 1<<16 {
		short := make([]uint16, len(m.indices))
		for i, v := range m.indices {
			short[i] = uint16(v)
		}
		p.Indices = gltf.Index(modeler.WriteIndices(doc, short))
	} else {
		p.Indices = gltf.Index(modeler.WriteIndices(doc, m.indices))
	}
	doc.Meshes = append(doc.Meshes, &gltf.Mesh{Name: name, Primitives: []*gltf.Primitive{p}})
	doc.Nodes = append(doc.Nodes, &gltf.Node{Name: name, Mesh: gltf.Index(len(doc.Meshes) - 1)})
	return len(doc.Nodes) - 1
}

func (m *mesh) vertex(at, normal mgl64.Vec3) {
	m.at = append(m.at, single(at))
	m.normals = append(m.normals, single(normal))
}

func single(v mgl64.Vec3) [3]float32 {
	return [3]float32{float32(v[0]), float32(v[1]), float32(v[2])}
}

// lossNote tells of the heights: on a scale other than the linear one the losses
// at some of them, too.
func (t *heightField) lossNote() map[string]any {
	lo, hi := t.scale.Ends()
	note := axisNote("loss", lo, hi, 0, top)
	note["scale"] = t.scale.Kind
	if t.scale.Kind == scale.Asinh {
		note["bend"] = t.scale.Bend // metres go with asinh(loss/bend)
	}
	losses, metres := []float64{}, []float64{}
	ticks, _ := t.scale.Ticks(figure.IsoLines)
	for _, v := range ticks {
		if scale.Finite(v) && scale.Finite(t.up(v)) {
			losses, metres = append(losses, v), append(metres, t.up(v))
		}
	}
	note["marks"] = map[string]any{"loss": losses, "metres": metres}
	return note
}

// heightField is the landscape as heights in metres.
type heightField struct {
	p        figure.Picture
	scale    *scale.Scale // from the floor to the top
	nx, ny   int
	y        []float64 // nx by ny, NaN where there is none
	overhang float64   // how far above the top a run may be
}

func newHeightField(p figure.Picture) (t *heightField, ok bool) {
	g := p.Landscape.Grid
	t = &heightField{
		p: p, scale: scale.Of(p.Scene.Surface.Scale, p.Landscape.Loss),
		nx: min(g.X.N, MeshSide), ny: min(g.Y.N, MeshSide), overhang: top / 4,
	}
	units, ok := t.scale.Units(p.Landscape.Loss)
	if lo, hi := t.scale.Ends(); t.scale.Kind == scale.Linear && hi-lo <= 1e-9*max(math.Abs(lo), math.Abs(hi)) {
		// Flat, on the floor unless there is nothing above it.
		if hi = lo + max(math.Abs(lo), 1); !scale.Finite(hi) {
			lo, hi = 0, lo
		}
		t.scale = scale.NewLinear(lo, hi)
		units, _ = t.scale.Units(p.Landscape.Loss)
	}
	for j := range t.ny {
		for i := range t.nx {
			// A thinned grid's points lie between those of the landscape.
			fi, fj := float64(i)*float64(g.X.N-1)/float64(t.nx-1), float64(j)*float64(g.Y.N-1)/float64(t.ny-1)
			t.y = append(t.y, top*bilinear(g.X.N, g.Y.N, fi, fj, func(i, j int) float64 { return units[j*g.X.N+i] }))
		}
	}
	return t, ok
}

// up returns the height of a finite loss.
func (t *heightField) up(loss float64) float64 { return top * t.scale.Unit(loss) }

// bilinear interpolates values at the points of a grid, NaN if one is needed
// that is not finite.
func bilinear(nx, ny int, x, y float64, at func(i, j int) float64) float64 {
	i, j := min(max(int(x), 0), nx-2), min(max(int(y), 0), ny-2)
	u, v := x-float64(i), y-float64(j)
	sum := 0.0
	for _, c := range [4]struct {
		i, j int
		w    float64
	}{{i, j, (1 - u) * (1 - v)}, {i + 1, j, u * (1 - v)}, {i, j + 1, (1 - u) * v}, {i + 1, j + 1, u * v}} {
		if c.w != 0 {
			sum += c.w * at(c.i, c.j)
		}
	}
	return sum
}

// surface returns the triangles of the height field.
func (t *heightField) surface() *mesh {
	m := &mesh{}
	index := make([]uint32, t.nx*t.ny)
	table := palette.Colormap(t.p.Scene.Surface.Colormap)
	h := func(i, j int) float64 { return t.y[min(max(j, 0), t.ny-1)*t.nx+min(max(i, 0), t.nx-1)] }
	dx, dz := side/float64(t.nx-1), side/float64(t.ny-1)
	for j := range t.ny {
		for i := range t.nx {
			y := h(i, j)
			if !scale.Finite(y) {
				continue
			}
			index[j*t.nx+i] = uint32(len(m.at))
			slope := func(before, after, step float64) float64 {
				switch b, a := scale.Finite(before), scale.Finite(after); {
				case a && b:
					return (after - before) / (2 * step)
				case a:
					return (after - y) / step
				case b:
					return (y - before) / step
				}
				return 0
			}
			// At the rim one neighbour is the point itself.
			before := func(ok bool, v float64) float64 {
				if !ok {
					return math.NaN()
				}
				return v
			}
			sx := slope(before(i > 0, h(i-1, j)), before(i < t.nx-1, h(i+1, j)), dx)
			sz := slope(before(j > 0, h(i, j-1)), before(j < t.ny-1, h(i, j+1)), dz)
			m.vertex(mgl64.Vec3{-side/2 + float64(i)*dx, y, side/2 - float64(j)*dz}, mgl64.Vec3{-sx, 1, sz}.Normalize())
			c := table[min(max(int(y/top*256), 0), 255)]
			m.colors = append(m.colors, [4]uint16{deep(c.R), deep(c.G), deep(c.B), 65535})
		}
	}
	for j := range t.ny - 1 {
		for i := range t.nx - 1 {
			a, b, c, d := j*t.nx+i, j*t.nx+i+1, (j+1)*t.nx+i+1, (j+1)*t.nx+i
			for _, tri := range [2][3]int{{a, b, c}, {a, c, d}} {
				if scale.Finite(t.y[tri[0]]) && scale.Finite(t.y[tri[1]]) && scale.Finite(t.y[tri[2]]) {
					m.indices = append(m.indices, index[tri[0]], index[tri[1]], index[tri[2]])
				}
			}
		}
	}
	return m
}

func deep(c uint8) uint16 { return uint16(math.Round(65535 * light(c))) }

// unit returns a place of the plane in shares of the landscape's range.
func (t *heightField) unit(at [2]float64) (u, v float64) {
	g := t.p.Landscape.Grid
	return (at[0] - g.X.Min) / (g.X.Max - g.X.Min), (at[1] - g.Y.Min) / (g.Y.Max - g.Y.Min)
}

func (t *heightField) holds(at [2]float64) bool {
	u, v := t.unit(at)
	const slack = 1e-9
	return u >= -slack && u <= 1+slack && v >= -slack && v <= 1+slack
}

// place returns where a loss lies above a place of the plane. It goes no higher
// than the overhang.
func (t *heightField) place(at [2]float64, loss float64) mgl64.Vec3 {
	u, v := t.unit(at)
	return mgl64.Vec3{(u - 0.5) * side, min(max(t.up(loss), -t.overhang), top+t.overhang), (0.5 - v) * side}
}

// height returns the field's height at a place of the plane.
func (t *heightField) height(at [2]float64) float64 {
	u, v := t.unit(at)
	return bilinear(t.nx, t.ny, u*float64(t.nx-1), v*float64(t.ny-1), func(i, j int) float64 { return t.y[j*t.nx+i] })
}

// lines returns the ways of a run that lie within the landscape's range. At an
// iterate the height is the run's own loss; between two it follows the surface,
// shifted by what the losses at both ends differ from it.
func (t *heightField) lines(r figure.Run) [][]mgl64.Vec3 {
	var out [][]mgl64.Vec3
	var line []mgl64.Vec3
	end := func() {
		if len(line) > 1 {
			out = append(out, line)
		}
		line = nil
	}
	put := func(p mgl64.Vec3) {
		if n := len(line); n < mostPoints && (n == 0 || line[n-1].Sub(p).Len() >= nearest) {
			line = append(line, p)
		}
	}
	for k := r.First; k < len(r.At); k++ {
		q := r.At[k]
		if k > r.First {
			p := r.At[k-1]
			a, b := t.place(p, r.Loss[k-1]), t.place(q, r.Loss[k])
			da, db := a[1]-t.height(p), b[1]-t.height(q)
			if !t.holds(p) || !scale.Finite(da) {
				da = 0
			}
			if !t.holds(q) || !scale.Finite(db) {
				db = 0
			}
			n := min(int(math.Ceil(math.Hypot(b[0]-a[0], b[2]-a[2])/finest)), 400)
			for i := 1; i < n; i++ {
				f := float64(i) / float64(n)
				at := [2]float64{p[0] + f*(q[0]-p[0]), p[1] + f*(q[1]-p[1])}
				if !t.holds(at) {
					end()
					continue
				}
				if y := t.height(at) + (1-f)*da + f*db; scale.Finite(y) {
					m := a.Mul(1 - f).Add(b.Mul(f))
					m[1] = y
					put(m)
				}
			}
		}
		if t.holds(q) {
			put(t.place(q, r.Loss[k]))
		} else {
			end()
		}
	}
	end()
	return out
}

// tube returns a tube around a line. Where the line turns on its heel the tube
// ends, and another begins: around such a bend it would fold.
func tube(line []mgl64.Vec3) *mesh {
	m := &mesh{}
	for start := 0; start+1 < len(line); {
		end := start + 1
		for end+1 < len(line) && line[end].Sub(line[end-1]).Dot(line[end+1].Sub(line[end])) >= 0 {
			end++
		}
		m.tube(line[start:end+1], tubeRadius)
		start = end
	}
	return m
}

// tube adds a tube of a radius around a line of at least two points, closed at both ends.
// Its ring is carried along without twisting.
func (m *mesh) tube(line []mgl64.Vec3, radius float64) {
	first := uint32(len(m.at))
	along := func(k int) mgl64.Vec3 {
		return line[min(k+1, len(line)-1)].Sub(line[max(k-1, 0)])
	}
	direction := line[1].Sub(line[0]).Normalize()
	across := direction.Cross(mgl64.Vec3{0, 1, 0})
	if across.Len() < 1e-3 {
		across = mgl64.Vec3{1, 0, 0}
	}
	across = across.Normalize()
	for k, p := range line {
		if d := along(k); d.Len() > 1e-9 { // else it turns on its heel
			direction = d.Normalize()
		}
		if a := across.Sub(direction.Mul(across.Dot(direction))); a.Len() > 1e-6 {
			across = a.Normalize()
		} else {
			across = direction.Cross(mgl64.Vec3{direction[1], direction[2], direction[0]}).Normalize()
		}
		up := across.Cross(direction)
		for s := range tubeSides {
			sin, cos := math.Sincos(2 * math.Pi * float64(s) / tubeSides)
			n := across.Mul(cos).Add(up.Mul(sin))
			m.vertex(p.Add(n.Mul(radius)), n)
		}
	}
	for k := range len(line) - 1 {
		for s := range tubeSides {
			a, b := first+uint32(k*tubeSides+s), first+uint32(k*tubeSides+(s+1)%tubeSides)
			c, d := b+tubeSides, a+tubeSides
			m.indices = append(m.indices, a, c, b, a, d, c)
		}
	}
	for i, end := range [2]int{0, len(line) - 1} {
		n := line[1].Sub(line[0]).Normalize().Mul(-1)
		if i == 1 {
			n = line[end].Sub(line[end-1]).Normalize()
		}
		lid := uint32(len(m.at))
		for s := range tubeSides {
			m.at = append(m.at, m.at[int(first)+end*tubeSides+s])
			m.normals = append(m.normals, single(n))
		}
		for s := uint32(1); s < tubeSides-1; s++ {
			if i == 0 {
				m.indices = append(m.indices, lid, lid+s, lid+s+1)
			} else {
				m.indices = append(m.indices, lid, lid+s+1, lid+s)
			}
		}
	}
}

// ball returns a sphere for the place where a run is.
func ball(at mgl64.Vec3) *mesh {
	const rings, sectors = 12, 24
	m := &mesh{}
	for r := range rings + 1 {
		sr, cr := math.Sincos(math.Pi * float64(r) / rings)
		for s := range sectors + 1 {
			ss, cs := math.Sincos(2 * math.Pi * float64(s) / sectors)
			n := mgl64.Vec3{sr * cs, cr, -sr * ss}
			m.vertex(at.Add(n.Mul(dotRadius)), n)
		}
	}
	for r := range rings {
		for s := range sectors {
			a := uint32(r*(sectors+1) + s)
			b, c, d := a+sectors+1, a+sectors+2, a+1
			if r < rings-1 {
				m.indices = append(m.indices, a, b, c)
			}
			if r > 0 {
				m.indices = append(m.indices, a, c, d)
			}
		}
	}
	return m
}
