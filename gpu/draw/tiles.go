package draw

import (
	"losscape/gpu"
	"losscape/scenes/display"
	"losscape/shaders"
)

// What the tile shader reads besides pictures, in buffer textures.
const (
	readInstances = iota
	readCommands
	readSegments
	readKinds
)

// firstUnit is the texture unit of readInstances; the others follow, and those of
// the ensemble and of the map.
const (
	firstUnit    = 3
	ensembleUnit = firstUnit + readKinds
	cellsUnit    = ensembleUnit + 1
)

// instance is a command's part of a tile, as the shader reads it.
type instance struct{ Tile, Cmd, Seg, Segs uint32 }

// tiler draws binned display lists: over each tile the commands that reach it, in
// the list's order. Commands of one kind that follow each other are one draw.
type tiler struct {
	d     *gpu.Device
	progs [display.Kinds]*gpu.Program // nil until needed
	bufs  [readKinds]*gpu.Buffer
	texs  [readKinds]*gpu.BufferTexture
	none  *gpu.Texture // stands in for a layer that there is not

	batches   []batch
	batchOf   []int // by command
	instances []instance
}

// batch is a run of commands of one kind.
type batch struct {
	kind uint32
	is   []instance
}

func newTiler(d *gpu.Device) (*tiler, error) {
	t := &tiler{d: d}
	// Its sides are no powers of two, as most layers' are not: see gpu.Quirks.
	var err error
	t.none, err = d.NewTexture("no layer", 3, 3, 1, gpu.RGBA8)
	if err == nil {
		err = t.none.Write(0, 0, 3, 3, make([]byte, 4*3*3))
	}
	if err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

// program returns the shader of a kind.
func (t *tiler) program(kind uint32) (*gpu.Program, error) {
	if t.progs[kind] == nil {
		p, err := t.d.Graphics("draw_tile.vert", "draw_tile.frag", shaders.Defines{
			"KIND":          int(kind),
			"TILE":          tileSize,
			"KIND_RECT":     display.KindRect,
			"KIND_STROKE":   display.KindStroke,
			"KIND_LINE":     display.KindLine,
			"KIND_DISC":     display.KindDisc,
			"KIND_GLYPH":    display.KindGlyph,
			"KIND_POLYGON":  display.KindPolygon,
			"KIND_SPHERE":   display.KindSphere,
			"KIND_PATH":     display.KindPath,
			"KIND_LAYER":    display.KindLayer,
			"KIND_ENSEMBLE": display.KindEnsemble,
			"KIND_MAP":      display.KindMap,
		})
		if err != nil {
			return nil, err
		}
		t.progs[kind] = p
	}
	return t.progs[kind], nil
}

// layer is the resolved picture of the surface, with its place in the frame.
type layer struct {
	color, depth *gpu.Texture // color may be nil
	rect         display.Rectangle
}

// sources are the pictures that tiles are drawn from.
type sources struct {
	letters  *gpu.Texture
	ensemble *gpu.Texture // of the whole target; may be nil
	cells    *gpu.Texture // of the map; may be nil
	layers   []layer      // by panel
}

// draw draws the given tiles of b over what dst shows.
func (t *tiler) draw(dst *gpu.Framebuffer, from sources, l *display.List, b *bins, which []int) error {
	if len(which) == 0 {
		return nil
	}
	t.sort(l, b, which)
	t.instances = t.instances[:0]
	for _, x := range t.batches {
		t.instances = append(t.instances, x.is...)
	}
	if err := put(t, readInstances, "instances", t.instances); err != nil {
		return err
	}
	if err := put(t, readCommands, "commands", l.Cmds); err != nil {
		return err
	}
	if err := put(t, readSegments, "segments", b.segs); err != nil {
		return err
	}
	// Bound last: making or filling a texture disturbs what is bound.
	for i, tex := range t.texs {
		tex.Bind(firstUnit + i)
	}
	bind := func(unit int, tex *gpu.Texture) {
		if tex == nil {
			tex = t.none
		}
		tex.Bind(unit)
	}
	bind(0, from.letters)
	bind(1, nil)
	bind(2, nil)
	bind(ensembleUnit, from.ensemble)
	bind(cellsUnit, from.cells)
	w, h := dst.Size()
	dst.Bind()
	t.d.SetState(gpu.Premultiplied, gpu.NoDepth)
	done, bound := 0, -1
	for _, x := range t.batches {
		kind, panel := (&display.Command{Kind: x.kind}).What()
		if len(x.is) == 0 {
			continue
		}
		var ly layer
		if kind >= display.KindSphere {
			ly = from.layers[panel]
			if bound != panel {
				bind(1, ly.color)
				bind(2, ly.depth)
				bound = panel
			}
		}
		p, err := t.program(uint32(kind))
		if err != nil {
			return err
		}
		p.SetInt2("frameSize", w, h)
		p.SetInt2("origin", b.part.Min.X, b.part.Min.Y)
		p.SetInt("first", done)
		if ly.depth != nil {
			p.SetInt4("layerRect", int(ly.rect.X0)-b.part.Min.X, h+b.part.Min.Y-int(ly.rect.Y1), int(ly.rect.W()), int(ly.rect.H()))
		} else {
			p.SetInt4("layerRect", 0, 0, 0, 0)
		}
		p.SetFloat("softness", softness)
		p.Draw(gpu.TriangleStrip, 4, len(x.is))
		done += len(x.is)
	}
	t.d.SetState(gpu.Opaque, gpu.NoDepth)
	return nil
}

// sort makes the batches.
func (t *tiler) sort(l *display.List, b *bins, which []int) {
	n := 0
	add := func(kind uint32) {
		if n > len(t.batches) {
			t.batches = append(t.batches, batch{})
		}
		t.batches[n-1].kind, t.batches[n-1].is = kind, t.batches[n-1].is[:0]
	}
	t.batchOf = t.batchOf[:0]
	for i := range l.Cmds {
		c := &l.Cmds[i]
		if kind, _ := c.What(); kind == display.KindGround {
			t.batchOf = append(t.batchOf, -1) // background has drawn it
			continue
		}
		if n == 0 || c.Kind != t.batches[n-1].kind {
			n++
			add(c.Kind)
		}
		t.batchOf = append(t.batchOf, n-1)
	}
	t.batches = t.batches[:n]
	for _, i := range which {
		at := uint32(i%b.nx) | uint32(i/b.nx)<<16
		for _, e := range b.entries[i] {
			of := t.batchOf[e.cmd]
			if of < 0 {
				continue
			}
			x := &t.batches[of]
			x.is = append(x.is, instance{at, e.cmd, e.seg, e.segs})
		}
	}
}

// put uploads data to a buffer, which grows when it must. T is a multiple of 16
// bytes.
func put[T any](t *tiler, what int, label string, data []T) error {
	size := max(1, len(data)) * sizes[what]
	if b := t.bufs[what]; b == nil || b.Size < size {
		grown := max(size, 1<<16)
		if b != nil {
			grown = max(grown, 2*b.Size)
		}
		t.texs[what].Close()
		b.Close()
		var err error
		if t.bufs[what], err = t.d.NewBuffer("draw "+label, grown, gpu.Dynamic); err != nil {
			return err
		}
		if t.texs[what], err = t.d.NewBufferTexture("draw "+label, t.bufs[what], gpu.RGBA32UI); err != nil {
			return err
		}
	}
	return gpu.Upload(t.bufs[what], 0, data)
}

// sizes are the sizes in bytes of what the shader reads.
var sizes = [readKinds]int{readInstances: 16, readCommands: 64, readSegments: 32}

func (t *tiler) close() {
	for i := range t.bufs {
		t.texs[i].Close()
		t.bufs[i].Close()
	}
	t.none.Close()
}
