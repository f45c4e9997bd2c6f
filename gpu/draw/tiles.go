package draw

import (
	"losscape/gpu"
	"losscape/shaders"
)

// Binding points of the tile shader.
const (
	bindTiles = iota
	bindEntries
	bindCommands
	bindSegments
	bindField
)

// tiler draws binned display lists.
type tiler struct {
	d    *gpu.Device
	prog *gpu.Program
	bufs [4]*gpu.Buffer
	none *gpu.Texture // stands in for a layer that there is not

	tiles   []tile
	entries []entry
}

func newTiler(d *gpu.Device) (*tiler, error) {
	t := &tiler{d: d}
	var err error
	t.prog, err = d.NewGraphics("draw_tile.vert", "draw_tile.frag", shaders.Defines{
		"TILE":         tileSize,
		"KIND_RECT":    kindRect,
		"KIND_STROKE":  kindStroke,
		"KIND_DISC":    kindDisc,
		"KIND_GLYPH":   kindGlyph,
		"KIND_POLYGON": kindPolygon,
		"KIND_SPHERE":  kindSphere,
		"KIND_PATH":    kindPath,
		"KIND_LAYER":   kindLayer,
	})
	if err == nil {
		t.none, err = d.NewTexture("no layer", 1, 1, 1, gpu.RGBA8)
	}
	if err == nil {
		err = t.none.Write(0, 0, 1, 1, make([]byte, 4))
	}
	if err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

// layer is the resolved picture of the surface, with its place in the frame.
type layer struct {
	color, depth *gpu.Texture // color may be nil
	rect         rect
}

// draw draws the given tiles of b into dst, over what base shows. A tile without
// entries becomes a copy of base.
func (t *tiler) draw(dst *gpu.Framebuffer, base *gpu.Texture, letters *gpu.Texture, ly layer, l *list, b *bins, which []int) error {
	if len(which) == 0 {
		return nil
	}
	t.tiles, t.entries = t.tiles[:0], t.entries[:0]
	for _, i := range which {
		es := b.entries[i]
		t.tiles = append(t.tiles, tile{uint32(i % b.nx), uint32(i / b.nx), uint32(len(t.entries)), uint32(len(es))})
		t.entries = append(t.entries, es...)
	}
	if err := put(t, bindTiles, "tiles", t.tiles); err != nil {
		return err
	}
	if err := put(t, bindEntries, "entries", t.entries); err != nil {
		return err
	}
	if err := put(t, bindCommands, "commands", l.cmds); err != nil {
		return err
	}
	if err := put(t, bindSegments, "segments", b.segs); err != nil {
		return err
	}
	w, h := dst.Size()
	dst.Bind()
	t.d.SetState(gpu.Opaque, gpu.NoDepth)
	t.prog.SetInt2("frameSize", w, h)
	or := func(tex *gpu.Texture) *gpu.Texture {
		if tex == nil {
			return t.none
		}
		return tex
	}
	if ly.depth != nil {
		t.prog.SetInt4("layerRect", int(ly.rect.x0), h-int(ly.rect.y1), int(ly.rect.w()), int(ly.rect.h()))
	} else {
		t.prog.SetInt4("layerRect", 0, 0, 0, 0)
	}
	t.prog.SetFloat("softness", softness)
	base.Bind(0)
	or(letters).Bind(1)
	or(ly.color).Bind(2)
	or(ly.depth).Bind(3)
	t.prog.Draw(gpu.TriangleStrip, 4, len(t.tiles))
	return nil
}

// put uploads data to a storage buffer, which grows when it must, and binds it.
func put[T any](t *tiler, point int, label string, data []T) error {
	size := max(1, len(data)) * sizes[point]
	if t.bufs[point] == nil || t.bufs[point].Size < size {
		old := t.bufs[point]
		grown := max(size, 1<<16)
		if old != nil {
			grown = max(grown, 2*old.Size)
		}
		old.Close()
		var err error
		if t.bufs[point], err = t.d.NewBuffer("draw "+label, grown, gpu.Dynamic); err != nil {
			return err
		}
	}
	if len(data) > 0 {
		if err := gpu.Upload(t.bufs[point], 0, data); err != nil {
			return err
		}
	}
	t.bufs[point].BindStorage(point)
	return nil
}

// sizes are the sizes in bytes of what the shader reads, by binding point.
var sizes = [...]int{bindTiles: 16, bindEntries: 16, bindCommands: 64, bindSegments: 32}

func (t *tiler) close() {
	for _, b := range t.bufs {
		b.Close()
	}
	t.none.Close()
	t.prog.Close()
}
