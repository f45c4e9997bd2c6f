package model

import (
	"bytes"
	"fmt"

	"losscape/scenes/figure"
	"losscape/scenes/letters"
	"losscape/scenes/palette"

	"github.com/go-gl/mathgl/mgl64"
	"github.com/qmuntal/gltf"
	"github.com/qmuntal/gltf/ext/unlit"
	"github.com/qmuntal/gltf/modeler"
)

// Axes is what stands around the surface of a model: the axes of the figure's box with
// their ticks and words, and a floor.
type Axes struct {
	Box [3]figure.BoxAxis // along x, along −z, and upwards

	// Floor is a PNG of the plane that the floor shows, β upwards.
	Floor []byte
}

// Sizes of the axes, in metres.
const (
	floorDrop  = 0.3 // of the floor below the least loss: from above one sees between them
	axisRadius = 0.004
	tickRadius = 0.003
	tickLength = 0.04
	labelGap   = 0.03  // between a tick and its label, and between labels and a title
	labelSize  = 0.085 // of an em
	titleSize  = 0.1
	beyond     = 0.04 // how far out of the range of the surface's losses a tick may lie, in shares of it
)

// boxAxis is an axis in the model.
type boxAxis struct {
	short      string // x, y or loss
	of         int    // number in Axes.Box
	from, to   mgl64.Vec3
	out        mgl64.Vec3                   // where its ticks point to
	along, up  mgl64.Vec3                   // of its labels
	title      mgl64.Vec3                   // the direction of its title
	at         func(v float64) float64      // share of the way from from to to
	anchor     func(l *line) (x, y float64) // how far the beginning of a label's baseline lies from the tick's place, along and up
	reach      func(widest float64) float64 // how far labels reach outwards
	titleAbove bool                         // the title's letters stand with their feet outwards
}

// add adds the axes, the floor and what is written beside them to a document, and returns
// the nodes, which are named by what they show.
func (a *Axes) add(doc *gltf.Document, t *heightField) (nodes []int, err error) {
	th := palette.ThemeOf(t.p.Scene.Film.Theme)
	ink := material(doc, "axes", th.Ink, 0.6, false)
	text := material(doc, "labels", th.Ink, 1, false) // from behind they would be mirrored
	flat(doc, text)
	floor, err := a.floor(doc)
	if err != nil {
		return nil, err
	}
	nodes = append(nodes, floor)
	for _, x := range t.boxAxes() {
		name := fmt.Sprintf("axis %s: %s", x.short, a.Box[x.of].Name)
		m := &mesh{}
		m.tube([]mgl64.Vec3{x.from, x.to}, axisRadius)
		nodes = append(nodes, m.add(doc, name, ink))
		nodes = append(nodes, a.marks(doc, x, ink, text)...)
	}
	// The floor's other edges.
	const f = -floorDrop
	m := &mesh{}
	m.tube([]mgl64.Vec3{{-side / 2, f, side / 2}, {-side / 2, f, -side / 2}}, tickRadius)
	m.tube([]mgl64.Vec3{{-side / 2, f, -side / 2}, {side / 2, f, -side / 2}}, tickRadius)
	return append(nodes, m.add(doc, "floor, edges", ink)), nil
}

// boxAxes returns the axes of the box, its front being at the greatest z. That of the loss, whose labels stand upright, is
// there twice: at the left of the front, and at what is the left from behind.
func (t *heightField) boxAxes() []boxAxis {
	const f, half = -floorDrop, side / 2
	right, up, back := mgl64.Vec3{1, 0, 0}, mgl64.Vec3{0, 1, 0}, mgl64.Vec3{0, 0, -1}
	cap := letters.CapHeight * labelSize
	x, y := figure.PlaneAxes(t.p.Scene)
	g := t.p.Landscape.Grid
	share := func(v, from, to float64) float64 { return (v - from) / (to - from) }
	outward := tickLength + labelGap
	loss := boxAxis{
		short: "loss", of: 2, from: mgl64.Vec3{-half, f, half}, to: mgl64.Vec3{-half, top, half},
		out: right.Mul(-1), along: right, up: up, title: up,
		at:     func(v float64) float64 { return share(t.up(v), f, top) },
		anchor: func(l *line) (float64, float64) { return -outward - l.width, -cap / 2 },
		reach:  func(widest float64) float64 { return outward + widest },
	}
	behind := loss
	behind.short = "loss behind"
	behind.from, behind.to = mgl64.Vec3{half, f, -half}, mgl64.Vec3{half, top, -half}
	behind.out, behind.along = right, right.Mul(-1)
	return []boxAxis{{
		short: "x", of: 0, from: mgl64.Vec3{-half, f, half}, to: mgl64.Vec3{half, f, half},
		out: back.Mul(-1), along: right, up: back, title: right,
		at:         func(v float64) float64 { return share(v, x.Offset+g.X.Min, x.Offset+g.X.Max) },
		anchor:     func(l *line) (float64, float64) { return -l.width / 2, -outward - cap },
		reach:      func(float64) float64 { return outward + cap },
		titleAbove: true,
	}, {
		short: "y", of: 1, from: mgl64.Vec3{half, f, half}, to: mgl64.Vec3{half, f, -half},
		out: right, along: right, up: back, title: back,
		at:         func(v float64) float64 { return share(v, y.Offset+g.Y.Min, y.Offset+g.Y.Max) },
		anchor:     func(*line) (float64, float64) { return outward, -cap / 2 },
		reach:      func(widest float64) float64 { return outward + widest },
		titleAbove: true,
	}, loss, behind}
}

// marks adds the ticks of an axis, their labels where these have room, and its title.
func (a *Axes) marks(doc *gltf.Document, x boxAxis, ink, text int) (nodes []int) {
	axis := a.Box[x.of]
	way := x.to.Sub(x.from)
	length := way.Len()
	least := 0.0 // share of the axis that ticks may have
	if x.of == 2 {
		least = (floorDrop - beyond*top) / length
	}
	var places []float64
	var lines []*line
	var names []string
	widest := 0.0
	for i, v := range axis.Values {
		share := x.at(v)
		if !(share >= least-1e-9 && share <= 1+beyond) {
			continue
		}
		l := newLine(axis.Labels[i], labelSize)
		places, lines, names, widest = append(places, share*length), append(lines, l), append(names, axis.Labels[i]), max(widest, l.width)
	}
	need := letters.CapHeight*labelSize + labelGap // of a label along the axis
	if x.of == 0 {
		need = widest + labelGap
	}
	every := 1
	for ; every < len(places); every++ {
		tight := false
		for i := every; i < len(places); i += every {
			tight = tight || places[i]-places[i-every] < need
		}
		if !tight {
			break
		}
	}
	for i, at := range places {
		from := x.from.Add(way.Mul(at / length))
		m := &mesh{}
		m.tube([]mgl64.Vec3{from, from.Add(x.out.Mul(tickLength))}, tickRadius)
		nodes = append(nodes, m.add(doc, fmt.Sprintf("%s tick %s", x.short, names[i]), ink))
		if i%every != 0 {
			continue
		}
		dx, dy := x.anchor(lines[i])
		if m := lines[i].mesh(from.Add(x.along.Mul(dx)).Add(x.up.Mul(dy)), x.along, x.up); len(m.indices) > 0 {
			nodes = append(nodes, m.add(doc, fmt.Sprintf("%s label %s", x.short, names[i]), text))
		}
	}
	// The title stands along the axis, as long as that at most.
	size := titleSize
	title := newLine(axis.Name, size)
	if title.width > length {
		size *= length / title.width
		title = newLine(axis.Name, size)
	}
	out := x.reach(widest) + labelGap
	if x.titleAbove {
		out += letters.CapHeight * size
	} else {
		out += letters.Descender * size
	}
	head := x.out // up for the title's letters
	if x.titleAbove {
		head = head.Mul(-1)
	}
	middle := (1 + max(least, 0)) / 2 // of what has ticks
	begin := x.from.Add(way.Mul(middle)).Add(x.out.Mul(out)).Sub(x.title.Mul(title.width / 2))
	if m := title.mesh(begin, x.title, head); len(m.indices) > 0 {
		nodes = append(nodes, m.add(doc, fmt.Sprintf("%s title", x.short), text))
	}
	return nodes
}

// floor adds the floor and returns its node.
func (a *Axes) floor(doc *gltf.Document) (int, error) {
	image, err := modeler.WriteImage(doc, "floor", "image/png", bytes.NewReader(a.Floor))
	if err != nil {
		return 0, err
	}
	doc.Samplers = append(doc.Samplers, &gltf.Sampler{MagFilter: gltf.MagLinear, MinFilter: gltf.MinLinearMipMapLinear, WrapS: gltf.WrapClampToEdge, WrapT: gltf.WrapClampToEdge})
	doc.Textures = append(doc.Textures, &gltf.Texture{Name: "floor", Source: gltf.Index(image), Sampler: gltf.Index(len(doc.Samplers) - 1)})
	mat := material(doc, "floor", white, 1, true)
	doc.Materials[mat].PBRMetallicRoughness.BaseColorTexture = &gltf.TextureInfo{Index: len(doc.Textures) - 1}
	flat(doc, mat)
	m := &mesh{indices: []uint32{0, 1, 2, 0, 2, 3}}
	for _, corner := range [4][2]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}} { // shares of α and β
		m.vertex(mgl64.Vec3{(corner[0] - 0.5) * side, -floorDrop, (0.5 - corner[1]) * side}, mgl64.Vec3{0, 1, 0})
		m.uv = append(m.uv, [2]float32{float32(corner[0]), float32(1 - corner[1])})
	}
	return m.add(doc, "floor", mat), nil
}

// flat has a material show its colours as they are, whatever the light.
func flat(doc *gltf.Document, mat int) {
	doc.Materials[mat].Extensions = gltf.Extensions{unlit.ExtensionName: unlit.Unlit{}}
	for _, used := range doc.ExtensionsUsed {
		if used == unlit.ExtensionName {
			return
		}
	}
	doc.ExtensionsUsed = append(doc.ExtensionsUsed, unlit.ExtensionName)
}
