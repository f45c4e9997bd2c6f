package main

import (
	"context"
	"fmt"
	"image"
	"image/color"

	"losscape/cmd/losscape/export"
	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/figure"
)

// deep draws by OpenGL what a figure shows by depth.
type deep interface {
	// content returns what the figure shows, on the host.
	content(ctx context.Context) (exported, error)

	// open has Depth draw a frame of a figure of that content, at so many pixels to a
	// unit of it.
	open(fig *figure.Figure, frame int, scale float64) error

	// Depth is as of export.Slots.
	Depth(panel int, r display.Rectangle, scale float64) (image.Image, display.Rectangle, error)

	Close()
}

// slots supplies what a printed figure cannot say by commands.
type slots struct {
	fig       *figure.Figure
	landscape *cpu.Landscape // may be nil where no panel shows it
	deep      deep           // may be nil where nothing has depth
}

// Ground returns the landscape's bands and lines of equal loss.
func (s *slots) Ground(panel int) (*export.Ground, error) {
	c := s.fig.Contour(panel)
	if c == nil || s.landscape == nil {
		return nil, fmt.Errorf("panel %d has no contours", panel)
	}
	n := s.landscape.Grid
	g := &export.Ground{
		NX: n.X.N, NY: n.Y.N, Heights: make([]float64, len(s.landscape.Loss)),
		Levels: c.Borders, Width: c.LineWidth, Hole: c.Masked,
	}
	for i, v := range s.landscape.Loss {
		g.Heights[i] = c.Scale.To(v)
	}
	for _, k := range c.Colors {
		g.Bands = append(g.Bands, color.NRGBA(k)) // opaque
	}
	for _, x := range c.Lines {
		g.Lines = append(g.Lines, export.Iso{Level: x, Color: c.LineColor(x)})
	}
	return g, nil
}

// Cells returns the map or the orbit diagram of a panel, whose first row is the lowest one.
func (s *slots) Cells(panel int) (image.Image, error) {
	c := s.fig.Cells
	if s.fig.Panels[panel].Kind == scenes.OrbitPanel {
		c = s.fig.OrbitCells
	}
	return c.Image(), nil
}

// Depth draws what a panel shows by depth.
func (s *slots) Depth(panel int, r display.Rectangle, scale float64) (image.Image, display.Rectangle, error) {
	if s.deep == nil {
		return nil, r, fmt.Errorf("panel %d shows what OpenGL draws", panel)
	}
	return s.deep.Depth(panel, r, scale)
}
