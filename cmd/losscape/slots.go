package main

import (
	"image"
	"image/color"

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
func (s *slots) Ground(panel int) (*export.Ground, error) {
	c, n := s.fig.Contour(panel), s.landscape.Grid
	g := &export.Ground{
		NX: n.X.N, NY: n.Y.N, Heights: make([]float64, len(s.landscape.Loss)),
		Levels: c.Borders, Width: c.LineWidth, Hole: c.Masked,
	}
	for i, v := range s.landscape.Loss {
		g.Heights[i] = c.Scale.To(v)
	}
	for _, col := range c.Colors {
		g.Bands = append(g.Bands, color.NRGBA(col)) // opaque
	}
	for _, level := range c.Lines {
		g.Lines = append(g.Lines, export.Iso{Level: level, Color: c.LineColor(level)})
	}
	return g, nil
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
