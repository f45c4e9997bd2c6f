package draw

import (
	"image/color"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/scenes"
)

// lineTarget is the number of iso-lines that are aimed at.
const lineTarget = 10

// contourBands returns the bands of a scale, of which n are as many as there are,
// and their colours; a smooth picture mixes those of 256.
func contourBands(s *scale, look scenes.Contour) (levels, []byte) {
	table := colormap(look.Colormap)
	bands := levels{first: s.a, step: (s.b - s.a) / 256, n: 256}
	if look.Bands > 0 {
		bands = newLevels(contourLevels(s.a, s.b, look.Bands))
		bands.n = max(1, bands.n-1)
		table = bandColors(table, bands.n)
	}
	if !(bands.step > 0) {
		bands.step = 1
	}
	return bands, table
}

// drawContour fills r of fb with the colours and iso-lines of a terrain.
func drawContour(d *gpu.Device, fb *gpu.Framebuffer, r rect, t *terrain, look scenes.Contour, mask color.NRGBA, lineWidth float64) error {
	prog, err := d.NewGraphics("draw_rect.vert", "draw_contour.frag", nil)
	if err != nil {
		return err
	}
	defer prog.Close()
	bands, table := contourBands(t.scale, look)
	n := bands.n
	colors, err := d.NewTexture("bands", n, 1, 1, gpu.RGBA8)
	if err != nil {
		return err
	}
	defer colors.Close()
	if err := colors.Write(0, 0, n, 1, table); err != nil {
		return err
	}
	iso := newLevels(contourLevels(t.scale.a, t.scale.b, lineTarget))

	_, h := fb.Size()
	x, y := int(r.x0), h-int(r.y1)
	fb.BindRect(x, y, int(r.w()), int(r.h()))
	d.SetState(gpu.Opaque, gpu.NoDepth)
	colors.Bind(0)
	t.words.Bind(1)
	prog.SetInt2("fieldSize", t.nx, t.ny)
	prog.SetFloat("rect", f(float64(x)), f(float64(y)), f(r.w()), f(r.h()))
	prog.SetFloat("lowest", f(bands.first))
	prog.SetFloat("bandStep", f(bands.step))
	prog.SetInt("bandCount", n)
	prog.SetInt("banded", min(look.Bands, 1))
	prog.SetFloat("lineFirst", f(iso.first))
	prog.SetFloat("lineStep", f(iso.step))
	prog.SetInt("lineCount", iso.n)
	brighten := 0.3
	if look.Colormap == "RdBu_r" {
		brighten = 0 // dark at both ends, but nowhere as dark as a line
	}
	prog.SetFloat("brighten", f(brighten))
	prog.SetFloat("lineWidth", f(max(lineWidth, 0.7)))
	prog.SetFloat("maskColor", float32(mask.R)/255, float32(mask.G)/255, float32(mask.B)/255)
	prog.Draw(gpu.Triangles, 3, 1)
	return d.Check("contours")
}

// plane maps plane coordinates to pixels of a plot.
type plane struct {
	view cpu.Grid
	plot rect
}

func (p plane) x(alpha float64) float64 {
	return p.plot.x0 + (alpha-p.view.X.Min)/(p.view.X.Max-p.view.X.Min)*p.plot.w()
}

func (p plane) y(beta float64) float64 {
	return p.plot.y1 - (beta-p.view.Y.Min)/(p.view.Y.Max-p.view.Y.Min)*p.plot.h()
}
