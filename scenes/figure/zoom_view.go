package figure

import (
	"losscape/scenes/display"
	"losscape/scenes/scale"
)

// zoomMap is the panel of a map that a film zooms into: axes and cells are those of each
// frame, the plot and the key those of all.
type zoomMap struct {
	*mapView
	zoom   *Zoom
	names  [2]string // of the axes, without what labels leave out
	listed int       // the frame that Figure.Cells shows, −1 before any
}

func openZoom(f *Figure, i int, p Panel) (view, error) {
	z := f.Zoom
	over := f.Scene.Map.Over
	m := &zoomMap{
		zoom: z, listed: -1, names: [2]string{f.Scene.ParamTitle(over[0].Name), f.Scene.ParamTitle(over[1].Name)},
	}
	f.Cells = &Cells{NX: 1, NY: 1, Pix: []byte{0, 0, 0, 255}, scale: z.scale, swatches: z.swatches} // until a frame is listed
	x, y := m.rulers(0)
	m.mapView = &mapView{
		axes: newAxes(p, f.titleOf(i), m.names[0], m.names[1], x, y, &f.Layout), runs: f.runsOf(i), cells: f.Cells,
		barName: mapBarName(f.Scene, f.Scene.Film.Panels[i]),
	}
	m.beside = func(plot display.Rectangle) float64 { return m.keyWide(&f.Layout, plot) }
	return m, nil
}

// rulers returns the axes of frame k.
func (m *zoomMap) rulers(k int) (x, y *scale.Scale) {
	over := m.zoom.Over(k)
	return over[0].scale(), over[1].scale()
}

// axesAt returns the axes of frame k around the plot that all frames have.
func (m *zoomMap) axesAt(k int, ly *Layout) *axes {
	a := *m.axes
	a.horizontal, a.vertical = m.rulers(k)
	a.chooseUp(ly)
	a.chooseAcross(ly)
	a.keepInside(ly)
	a.xName, a.yName = a.across.Name(m.names[0]), a.up.Name(m.names[1])
	return &a
}

// left returns what the frame needs whose labels are the widest; in all others the name of
// the axis stays where it is there.
func (m *zoomMap) left(ly *Layout) (most float64) {
	for k := range m.zoom.frames {
		a := *m.axes
		_, a.vertical = m.rulers(k)
		a.chooseUp(ly)
		most = max(most, a.left(ly))
		st := ly.tickStyle()
		st.Size = a.upSize
		m.reach = max(m.reach, ly.Round(TickLength*ly.Pt)+TickGap*ly.Pt+widest(a.up.Labels, st, ly))
	}
	return most
}

func (m *zoomMap) static(l *display.List, f *Figure) { m.key(l, f) }

func (m *zoomMap) frame(l *display.List, f *Figure, k int) {
	k = min(k, m.zoom.frames-1)
	w, h := m.zoom.w, m.zoom.h
	if f.Medium.Pixels {
		w, h = int(m.plot.W()), int(m.plot.H())
	}
	if m.listed != k || f.Cells.NX != w || f.Cells.NY != h {
		f.Cells, m.listed = m.zoom.Paint(k, w, h), k
	}
	l.Slot(display.KindMap, m.plot, 0)
	a := m.axesAt(k, &f.Layout)
	a.draw(l, &f.Layout)
	over := f.Scene.Map.Over
	radius := f.AtLeast(DotSize, 4) / 2 * 1.15
	for i := len(m.runs) - 1; i >= 0; i-- {
		run := m.runs[i]
		vx, okx := run.t.Run.Param(over[0].Name)
		vy, oky := run.t.Run.Param(over[1].Name)
		if !okx || !oky {
			continue
		}
		ux, uy := a.horizontal.Unit(vx), a.vertical.Unit(vy)
		if ux >= 0 && ux <= 1 && uy >= 0 && uy <= 1 {
			l.Ring(m.plot.X0+ux*m.plot.W(), m.plot.Y1-uy*m.plot.H(), radius, f.AtLeast(1.1, 1), run.color, f.Theme.Casing)
		}
	}
}

// pick finds no run: a film's picture has them mixed.
func (m *zoomMap) pick(*Hit, *Figure, display.Point) {}
