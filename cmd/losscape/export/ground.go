package export

import (
	"fmt"
	"image/color"
	"math"

	"losscape/cpu/isoline"
	"losscape/scenes/display"
)

// Ground is a landscape as filled contours.
type Ground struct {
	NX, NY  int
	Heights []float64     // at NX by NY points that span the slot, row by row from below; not finite where there is none
	Levels  []float64     // borders of bands, ascending
	Bands   []color.NRGBA // their colours, one more than Levels: the first lies below all of them
	Lines   []Iso
	Width   float64     // of the lines, in the list's units
	Hole    color.NRGBA // where heights are not finite
}

// Iso is a line of equal height.
type Iso struct {
	Level float64
	Color color.NRGBA
}

// tolerance is how far contours may stray from those of the grid, in points: a printer
// of 1200 dots an inch has one in 0.06 points.
const tolerance = 0.02

// ground draws filled contours: the bands, each over all lower ones, so that no gap
// shows between two, and the lines over them.
func (p *printer) ground(c *display.Command, panel int) error {
	if err := p.supplied(panel); err != nil {
		return err
	}
	g, err := p.Slots.Ground(panel)
	if err != nil {
		return err
	}
	if len(g.Bands) != len(g.Levels)+1 {
		return fmt.Errorf("contours of %d levels and %d bands, want one band more", len(g.Levels), len(g.Bands))
	}
	r := rectOf(c.A)
	clip := r.Intersect(rectOf(c.Bounds))
	p.within(&clip)
	p.rect(r, 0, inkOf(g.Hole))
	grid, err := isoline.New(g.NX, g.NY, g.Heights, r.X0, r.Y1, r.X1, r.Y0)
	if err != nil {
		return err
	}
	far := tolerance / p.Unit
	for i, band := range g.Bands {
		level := math.Inf(-1)
		if i > 0 {
			level = g.Levels[i-1]
		}
		var o path
		for _, poly := range grid.Area(level, far) {
			o.polygon(points(poly))
		}
		if len(o.verbs) > 0 {
			p.fill(&o, inkOf(band))
		}
	}
	for _, iso := range g.Lines {
		var segs []display.Segment
		for _, line := range grid.Lines(iso.Level, far) {
			for k := 1; k < len(line); k++ {
				a, b := line[k-1], line[k]
				segs = append(segs, display.Segment{
					P: [4]float32{float32(a.X), float32(a.Y), float32(b.X), float32(b.Y)},
					D: [4]float32{2: float32(g.Width / 2)},
				})
			}
		}
		if len(segs) > 0 {
			p.stroke(segs, inkOf(iso.Color))
		}
	}
	return nil
}

func points(line []isoline.Point) []display.Point {
	out := make([]display.Point, len(line))
	for i, q := range line {
		out[i] = display.Pt(q.X, q.Y)
	}
	return out
}
