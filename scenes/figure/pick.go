package figure

import (
	"losscape/cpu"
	"losscape/scenes/display"
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

// Pick returns what the frame listed last has at (x, y), in units from the top left
// corner, y down. On the surface it is the point that is seen there.
func (f *Figure) Pick(x, y float64) Hit {
	h := Hit{Run: -1}
	p := display.Pt(x, y)
	for i, q := range f.Panels {
		if q.Cell.Contains(p) {
			h.Panel, h.Span = q.Kind, q.Plot.H()
			f.views[i].pick(&h, f, p)
			break
		}
	}
	return h
}

// Project returns where panel i shows a point of the plane, of a surface at the height of
// its loss, in the frame listed last; ok is false of panels that show no plane.
func (f *Figure) Project(i int, alpha, beta, loss float64) (v display.Vertex, ok bool) {
	switch p := f.views[i].(type) {
	case *contour:
		return display.Vertex{X: p.plane.x(alpha), Y: p.plane.y(beta)}, true
	case *Surface:
		c := p.Camera(f, f.at)
		return c.Project(p.space.of(alpha, beta, loss)), true
	}
	return v, false
}
