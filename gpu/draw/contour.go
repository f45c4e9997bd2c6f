package draw

import (
	"image/color"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/scenes"
	"losscape/scenes/figure"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
	"losscape/shaders"
)

// contourBands returns the bands of a scale, of which n are as many as there are,
// and their colours; a smooth picture mixes those of 256.
func contourBands(s *scale.Scale, look scenes.Contour) (levels, []color.RGBA) {
	colors := palette.Colormap(look.Colormap)
	bands := levels{first: s.A, step: (s.B - s.A) / 256, n: 256}
	if look.Bands > 0 {
		bands = newLevels(s.Levels(look.Bands))
		bands.n = max(1, bands.n-1)
	}
	if !(bands.step > 0) {
		bands.step = 1
	}
	return bands, colors.Bands(bands.n)
}

// contours is the picture of the filled contours, kept until something that it is
// made from changes.
type contours struct {
	fb   *gpu.Framebuffer
	is   contourLook
	at   figure.Rectangle // of the picture, that fb shows
	made int              // how often
}

// contourLook is what a picture of the contours is made from.
type contourLook struct {
	of            fieldVersion
	scene         scenes.Contour
	mask          color.NRGBA      // where the loss is not finite
	width, height int              // of the plot
	seen          figure.Rectangle // of it, from its top left corner
	lineWidth     float64          // pixels
}

// same reports whether both make the same picture.
func (is *contourLook) same(other *contourLook) bool {
	return is.scene.Equal(other.scene) && is.of == other.of && is.mask == other.mask && is.width == other.width &&
		is.height == other.height && is.seen == other.seen && is.lineWidth == other.lineWidth
}

// startContour draws the colours and iso-lines of the landscape.
func startContour(r *Renderer, p figure.Panel) error {
	plot := p.Plot
	t, err := r.cache.terrain(r.p.Scene.Contour.Scale)
	if err != nil {
		return err
	}
	c := &r.contours
	part := plot.Intersect(figure.RectOf(r.part))
	c.at = part
	if part.Empty() {
		return nil
	}
	return c.draw(r.d, contourLook{
		r.cache.is, r.p.Scene.Contour, r.ly.Theme.Masked, int(plot.W()), int(plot.H()),
		figure.Rect(part.X0-plot.X0, part.Y0-plot.Y0, part.X1-plot.X0, part.Y1-plot.Y0), max(figure.IsoWidth*r.ly.Pt, 0.7),
	}, t)
}

// holes returns the constants for the shaders of a landscape that may have holes.
func holes(f *gpu.Field) shaders.Defines {
	if f.Masked > 0 {
		return shaders.Defines{"HOLES": 1}
	}
	return nil
}

// put puts the picture into a list.
func (c *contours) put(l *list) {
	if !c.at.Empty() {
		l.add(command{Kind: kindGround, A: f32(c.at), B: [4]float32{float32(c.made)}}, white)
	}
}

// draw brings the picture up to date.
func (c *contours) draw(d *gpu.Device, is contourLook, t *terrain) (err error) {
	if is.same(&c.is) {
		return nil
	}
	words, err := t.words()
	if err != nil {
		return err
	}
	p, err := d.Graphics("draw_rect.vert", "draw_contour.frag", holes(is.of.field))
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
	bands, shades := contourBands(t.scale, look)
	colors, err := d.NewTexture("bands", bands.n, 1, 1, gpu.RGBA8)
	if err != nil {
		return err
	}
	defer colors.Close()
	if err := colors.Write(0, 0, bands.n, 1, palette.Bytes(shades)); err != nil {
		return err
	}
	iso := newLevels(t.scale.Levels(figure.IsoLines))

	c.fb.Bind()
	d.SetState(gpu.Opaque, gpu.NoDepth)
	colors.Bind(0)
	words.Bind(1)
	p.SetInt2("fieldSize", t.nx, t.ny)
	p.SetFloat("size", float32(is.width), float32(is.height))
	p.SetFloat("origin", f(is.seen.X0), float32(is.height)-f(is.seen.Y1))
	p.SetFloat("lowest", f(bands.first))
	p.SetFloat("bandStep", f(bands.step))
	p.SetInt("bandCount", bands.n)
	p.SetInt("banded", min(look.Bands, 1))
	p.SetFloat("lineFirst", f(iso.first))
	p.SetFloat("lineStep", f(iso.step))
	p.SetInt("lineCount", iso.n)
	p.SetInt("evaluations", 3)
	brighten := 0.3
	if look.Colormap == "RdBu_r" {
		brighten = 0 // dark at both ends, but nowhere as dark as a line
	}
	p.SetFloat("brighten", f(brighten))
	p.SetFloat("lineWidth", f(is.lineWidth))
	p.SetFloat("maskColor", float32(is.mask.R)/255, float32(is.mask.G)/255, float32(is.mask.B)/255)
	p.Draw(gpu.Triangles, 3, 1)
	c.is = is
	c.made++
	return d.Check("contours")
}

// close frees the picture; it is drawn again when it is asked for.
func (c *contours) close() {
	c.fb.Close()
	*c = contours{made: c.made}
}

// plane maps plane coordinates to pixels of a plot.
type plane struct {
	view cpu.Grid
	plot figure.Rectangle
}

func (p plane) x(alpha float64) float64 {
	return p.plot.X0 + (alpha-p.view.X.Min)/(p.view.X.Max-p.view.X.Min)*p.plot.W()
}

func (p plane) y(beta float64) float64 {
	return p.plot.Y1 - (beta-p.view.Y.Min)/(p.view.Y.Max-p.view.Y.Min)*p.plot.H()
}
