package main

import (
	"image"
	"image/color"
	"math"

	"losscape/cmd/losscape/export"
	"losscape/cpu"
	"losscape/scenes/display"
	"losscape/scenes/figure"
)

// depth draws what a panel shows by depth: see export.Slots.
type depth func(panel int, r display.Rectangle, scale float64) (image.Image, display.Rectangle, error)

// slots supplies what a printed figure cannot say by commands.
type slots struct {
	fig       *figure.Figure
	landscape *cpu.Landscape // may be nil where no panel shows it
	depth     depth
}

// Ground returns the landscape's bands and lines of equal loss.
func (s *slots) Ground(int) (*export.Ground, error) {
	look, pt := s.fig.Scene.Contour, s.fig.Pt
	losses, err := s.fig.Terrain.Scale(look.Scale)
	if err != nil {
		return nil, err
	}
	n := s.landscape.Grid
	g := &export.Ground{
		NX: n.X.N, NY: n.Y.N, Heights: make([]float64, len(s.landscape.Loss)),
		Width: max(figure.IsoWidth*pt, s.fig.Medium.Hair), Hole: s.fig.Theme.Masked,
	}
	for i, v := range s.landscape.Loss {
		g.Heights[i] = losses.To(v)
	}
	bands, colors := figure.ContourBands(losses, look)
	for i, c := range colors {
		g.Bands = append(g.Bands, color.NRGBA(c)) // opaque
		if i > 0 {
			g.Levels = append(g.Levels, bands.First+float64(i)*bands.Step)
		}
	}
	iso := figure.NewLevels(losses.Levels(figure.IsoLines))
	for i := range iso.N {
		at := iso.First + float64(i)*iso.Step
		k := min(max(int(math.Floor((at-bands.First)/bands.Step)), 0), len(colors)-1)
		g.Lines = append(g.Lines, export.Iso{Level: at, Color: lineOn(colors[k], look.Colormap)})
	}
	return g, nil
}

// lineOn returns the colour of a line of equal loss over a colour: dark on light
// and light on dark, but always black on RdBu_r, which is dark at both ends and
// nowhere as dark as a line.
func lineOn(c color.RGBA, colormap string) color.NRGBA {
	if luma := 0.3*float64(c.R) + 0.59*float64(c.G) + 0.11*float64(c.B); luma > 0.23*255 || colormap == "RdBu_r" {
		return color.NRGBA{A: 255}
	}
	light := func(v uint8) uint8 { return uint8(min(int(v)+77, 255)) }
	return color.NRGBA{light(c.R), light(c.G), light(c.B), 255}
}

// Cells returns the map, whose first row is the lowest one.
func (s *slots) Cells(int) (image.Image, error) {
	c := s.fig.Cells
	m := &image.NRGBA{Pix: make([]byte, 0, len(c.Pix)), Stride: 4 * c.NX, Rect: image.Rect(0, 0, c.NX, c.NY)}
	for y := c.NY - 1; y >= 0; y-- {
		m.Pix = append(m.Pix, c.Pix[y*m.Stride:][:m.Stride]...)
	}
	return m, nil
}

// Depth draws what a panel shows by depth.
func (s *slots) Depth(panel int, r display.Rectangle, scale float64) (image.Image, display.Rectangle, error) {
	return s.depth(panel, r, scale)
}
