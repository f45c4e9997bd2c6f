package figure

import (
	"losscape/scenes"
	"losscape/scenes/display"
)

// view is a panel of a figure.
type view interface {
	// static lists what all frames have in common.
	static(l *display.List, f *Figure)

	// frame lists what frame k has besides.
	frame(l *display.List, f *Figure, k int)

	// pick writes into h what the frame listed last has at q, a place in the panel's
	// cell.
	pick(h *Hit, f *Figure, q display.Point)

	// probe marks in a frame what is read of the plane.
	probe(l *display.List, f *Figure, q *Reading)
}

// panels make the views of the kinds of scenes.PanelKinds: of panel i, which p places.
var panels = map[string]func(f *Figure, i int, p Panel) (view, error){
	scenes.CurvePanel:   openCurve,
	scenes.SurfacePanel: openSurface,
	scenes.ContourPanel: openContour,
	scenes.LossPanel:    openHistory,
	scenes.MapPanel:     openMap,
	scenes.OrbitPanel:   openOrbit,
	scenes.StatusPanel:  openStatus,
	scenes.DataPanel:    openData,
}
