package draw

import (
	"encoding/binary"
	"fmt"
	"image/color"
	"maps"
	"math"

	"losscape/gpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/figure"
	"losscape/scenes/palette"
	"losscape/shaders"
)

// contours is the picture of the filled contours, kept until something that it is
// made from changes.
type contours struct {
	fb   *gpu.Framebuffer
	is   contourLook
	at   display.Rectangle // of the picture, that fb shows
	made int               // number of the picture
}

// contourLook is what a picture of the contours is made from.
type contourLook struct {
	of            fieldVersion
	scene         scenes.Contour
	mask          color.NRGBA       // where the loss is not finite
	width, height int               // of the plot
	seen          display.Rectangle // of it, from its top left corner
	lineWidth     float64           // pixels
}

// same reports whether both make the same picture.
func (is *contourLook) same(other *contourLook) bool {
	return is.scene.Equal(other.scene) && is.of == other.of && is.mask == other.mask && is.width == other.width &&
		is.height == other.height && is.seen == other.seen && is.lineWidth == other.lineWidth
}

// contourDefines returns the constants for the shader of contours.
func contourDefines(fd *gpu.Field, look scenes.Contour) shaders.Defines {
	defines := shaders.Defines{
		"DARK_TO": float32(figure.DarkTo), "LIGHT_FROM": float32(figure.LightFrom),
		"LUMA": fmt.Sprintf("vec3(%v, %v, %v)", figure.LumaRed, figure.LumaGreen, figure.LumaBlue),
	}
	maps.Copy(defines, holes(fd))
	if look.Levels != nil {
		defines["LEVELS"] = 1
	}
	return defines
}

// levelTexture returns a texture of the levels of lines that a scene states, nil where it
// states none.
func levelTexture(d *gpu.Device, look scenes.Contour, lines []float64) (*gpu.Texture, error) {
	if look.Levels == nil {
		return nil, nil
	}
	levels, err := d.NewTexture("levels", max(1, len(lines)), 1, 1, gpu.R32F)
	if err != nil || len(lines) == 0 {
		return levels, err
	}
	data := make([]byte, 0, 4*len(lines))
	for _, x := range lines {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(f(x)))
	}
	if err := levels.Write(0, 0, len(lines), 1, data); err != nil {
		levels.Close()
		return nil, err
	}
	return levels, nil
}

// start draws the colours and iso-lines of the landscape for a plot.
func (c *contours) start(r *Renderer, ly *figure.Layout, plot display.Rectangle) error {
	t, err := r.cache.terrain(r.p.Scene.Contour.Scale)
	if err != nil {
		return err
	}
	part := plot.Intersect(display.RectOf(r.part))
	c.at = part
	if part.Empty() {
		return nil
	}
	return c.draw(r, contourLook{
		r.cache.is, r.p.Scene.Contour, ly.Theme.Masked, int(plot.W()), int(plot.H()),
		display.Rect(part.X0-plot.X0, part.Y0-plot.Y0, part.X1-plot.X0, part.Y1-plot.Y0), ly.AtLeast(figure.IsoWidth, 0.7),
	}, t)
}

// holes returns the constants for the shaders of a landscape that may have holes.
func holes(f *gpu.Field) shaders.Defines {
	if f.Masked > 0 {
		return shaders.Defines{"HOLES": 1}
	}
	return nil
}

// put has a command stand for the picture, and reports whether something of it is seen.
func (c *contours) put(cmd *display.Command) bool {
	cmd.A, cmd.B[0] = f32(c.at), float32(c.made)
	return !c.at.Empty() && clip(cmd, cmd.A)
}

// draw brings the picture up to date.
func (c *contours) draw(r *Renderer, is contourLook, t *terrain) (err error) {
	d := r.d
	if is.same(&c.is) {
		return nil
	}
	words, err := t.words()
	if err != nil {
		return err
	}
	p, err := d.Graphics("draw_rect.vert", "draw_contour.frag", contourDefines(is.of.field, is.scene))
	if err != nil {
		return err
	}
	if w, h := int(is.seen.W()), int(is.seen.H()); c.fb == nil || w != c.fb.Color.Width || h != c.fb.Color.Height {
		c.fb.Close()
		if c.fb, err = d.NewFramebuffer("contours", w, h, 1, false); err != nil {
			return err
		}
	}
	look := is.scene
	bands, shades := figure.ContourBands(t.scale, look)
	colors, err := d.NewTexture("bands", bands.N, 1, 1, gpu.RGBA8)
	if err != nil {
		return err
	}
	defer colors.Close()
	if err := colors.Write(0, 0, bands.N, 1, palette.Bytes(shades)); err != nil {
		return err
	}
	lines := figure.ContourLines(t.scale, look)
	levels, err := levelTexture(d, look, lines)
	if err != nil {
		return err
	}
	defer levels.Close()

	c.fb.Bind()
	d.SetState(gpu.Opaque, gpu.NoDepth)
	colors.Bind(0)
	words.Bind(1)
	if levels != nil {
		levels.Bind(2)
		p.SetFloat("lineStep", f((t.scale.B-t.scale.A)/figure.IsoLines)) // on the average
	} else {
		even := figure.NewLevels(lines)
		p.SetFloat("lineFirst", f(even.First))
		p.SetFloat("lineStep", f(even.Step))
	}
	p.SetInt("lineCount", len(lines))
	p.SetInt2("fieldSize", t.nx, t.ny)
	p.SetFloat("size", float32(is.width), float32(is.height))
	p.SetFloat("origin", f(is.seen.X0), float32(is.height)-f(is.seen.Y1))
	p.SetFloat("lowest", f(bands.First))
	p.SetFloat("bandStep", f(bands.Step))
	p.SetInt("bandCount", bands.N)
	p.SetInt("banded", min(look.Bands, 1))
	p.SetInt("evaluations", 3)
	p.SetFloat("brighten", f(figure.LineLift(look.Colormap)))
	p.SetFloat("lineWidth", f(is.lineWidth))
	p.SetFloat("maskColor", float32(is.mask.R)/255, float32(is.mask.G)/255, float32(is.mask.B)/255)
	p.Draw(gpu.Triangles, 3, 1)
	c.is = is
	c.made = r.number()
	return d.Check("contours")
}

// close frees the picture; it is drawn again when it is asked for.
func (c *contours) close() {
	if c == nil {
		return
	}
	c.fb.Close()
	*c = contours{}
}
