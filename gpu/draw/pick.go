package draw

import (
	"math"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/figure"
)

// Hit is what a picture has at a pixel.
type Hit struct {
	Panel   string  // name of the panel, empty outside of all
	Control string  // name of a control, "time", "play" or as Controls has it
	At      float64 // share of the way along a slider or the time bar, 0 to 1
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
	for _, q := range r.ly.Panels {
		if !q.Cell.Contains(p) {
			continue
		}
		h.Panel, h.Span = q.Kind, q.Plot.H()
		switch {
		case q.Kind == scenes.ContourPanel && r.contour != nil:
			c := r.contour
			v := c.plane.view
			h.View = v
			h.UnitX, h.UnitY = (v.X.Max-v.X.Min)/c.plot.W(), (v.Y.Max-v.Y.Min)/c.plot.H()
			if !c.plot.Contains(p) {
				break
			}
			h.OnPlane = true
			h.Alpha, h.Beta = v.X.Min+(x-c.plot.X0)*h.UnitX, v.Y.Min+(c.plot.Y1-y)*h.UnitY
			nearest := 9 * r.ly.Pt
			for i := range r.p.Trajectories {
				if s, ok := r.startAt(i); ok {
					if d := math.Hypot(s.X-x, s.Y-y); d <= nearest {
						h.Run, nearest = i, d
					}
				}
			}
		case q.Kind == scenes.MapPanel && r.p.Map != nil && q.Plot.Contains(p):
			over := r.p.Map.Sweep.Over
			nx, ny := len(over[0].Values), len(over[1].Values)
			h.OnMap = true
			h.ShareX, h.ShareY = (x-q.Plot.X0)/q.Plot.W(), (q.Plot.Y1-y)/q.Plot.H()
			h.CellX, h.CellY = min(int(h.ShareX*float64(nx)), nx-1), min(int(h.ShareY*float64(ny)), ny-1)
			h.Wide, h.High = int(q.Plot.W()), int(q.Plot.H())
		case q.Kind == scenes.SurfacePanel && r.solid != nil:
			s := r.solid
			if u, w, ok := s.meets(s.camera(r, r.at), x, y); ok {
				v := r.p.View
				h.OnPlane = true
				h.Alpha, h.Beta = v.X.Min+u*(v.X.Max-v.X.Min), v.Y.Min+w*(v.Y.Max-v.Y.Min)
			}
		}
		return h
	}
	return h
}
