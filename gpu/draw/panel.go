package draw

import (
	"losscape/scenes"
	"losscape/scenes/figure"
)

// panelView is a panel of a picture.
type panelView interface {
	// static draws what all frames have in common.
	static(l *list, r *Renderer) error

	// frame draws what frame k has besides.
	frame(l *list, r *Renderer, k int) error

	// pick writes into h what the frame drawn last has at q, a place in the panel's
	// cell.
	pick(h *Hit, r *Renderer, q figure.Point)

	// probe marks in a frame what is read of the plane.
	probe(l *list, r *Renderer, q *Reading)
}

// panelKind makes the views of a kind of panel.
type panelKind struct {
	// open makes the panel's view.
	open func(r *Renderer, p figure.Panel) (panelView, error)

	// start begins what the device can draw while the panels are opened; nil if there is
	// nothing.
	start func(r *Renderer, p figure.Panel) error
}

// panelKinds are the kinds of scenes.PanelKinds.
var panelKinds = map[string]panelKind{
	scenes.CurvePanel:   {open: openCurve},
	scenes.SurfacePanel: {open: openSurface},
	scenes.ContourPanel: {open: openContour, start: startContour},
	scenes.LossPanel:    {open: openHistory},
	scenes.MapPanel:     {open: openMap},
}
