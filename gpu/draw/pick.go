package draw

import (
	"losscape/cpu"
	"losscape/scenes/figure"
)

// Hit is what a picture has at a pixel.
type Hit struct {
	Panel   string  // name of the panel, empty outside of all
	Control string  // name of a control, "time", "play" or as Controls has it
	At      float64 // fraction of the way along a slider or the time bar, 0 to 1
	Span    float64 // pixels of that way; of a panel, its height

	OnPlane      bool // Alpha and Beta are those of the plane there
	Alpha, Beta  float64
	UnitX, UnitY float64  // of α and β for a pixel to the right and upwards, on the contours
	View         cpu.Grid // range of the plane that is shown, on the contours
	Run          int      // index of the trajectory whose start point is there, else −1

	OnMap          bool    // a run of the map is there
	CellX, CellY   int     // its place in the map, to the right and upwards
	ShareX, ShareY float64 // of the map's width and height, likewise
	Wide, High     int     // pixels of the map
}

// Pick returns what the frame drawn last has at (x, y), in pixels from the top
// left corner, y down. On the surface it is the point that is seen there.
func (r *Renderer) Pick(x, y float64) Hit {
	h := Hit{Run: -1}
	p := figure.Pt(x, y)
	if c := r.p.Controls; c != nil && !c.Bare {
		o := c.places(r.ly.W, r.ly.H, r.text)
		if o.strip.Contains(p) {
			if q, ok := o.at(p); ok {
				h.Control, h.Span = q.name, q.track.W()
				if h.Span > 0 {
					h.At = min(max((x-q.track.X0)/h.Span, 0), 1)
				}
			}
			return h
		}
	}
	for i, q := range r.ly.Panels {
		if q.Cell.Contains(p) {
			h.Panel, h.Span = q.Kind, q.Plot.H()
			r.views[i].pick(&h, r, p)
			break
		}
	}
	return h
}
