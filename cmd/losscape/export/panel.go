// Package export draws panels of a scene as vector graphics, for papers.
package export

import (
	"fmt"
	"io"
	"strings"

	"losscape/scenes"
	"losscape/scenes/figure"
)

// Sizes in points: a panel fits a column of a paper.
const (
	plotSide   = 200.0
	tickSize   = 8.0
	labelSize  = 9.0
	titleSize  = 10.0
	legendSize = 7.5
	margin     = 6.0
	tick       = 3.0
	hair       = 0.6
	isoWidth   = 0.4
	pathScale  = 0.72 // of the widths of the films' paths
	beadScale  = 0.92 // radius of an iterate's mark, in widths of its path
	curveWidth = 1.5
	dot        = 2.7 // radius
	barGap     = 8.0 // of the colour bar from the plot
	barWidth   = 8.0
)

// panel is a panel as a page shows it.
type panel struct {
	name      string
	landscape bool // shows something of the landscape
	draw      func(kind string, p figure.Picture) (*page, error)
}

// panels are those of scenes.PanelKinds that there are pages of.
var panels = []panel{
	{scenes.ContourPanel, true, contour},
	{scenes.CurvePanel, false, curve},
	{scenes.LossPanel, true, history},
}

// Panels returns the names of the panels that Vector draws.
func Panels() []string {
	names := make([]string, len(panels))
	for i, p := range panels {
		names[i] = p.name
	}
	return names
}

func panelOf(name string) *panel {
	for i := range panels {
		if panels[i].name == name {
			return &panels[i]
		}
	}
	return nil
}

// ShowsLandscape reports whether the panel of a name shows something of the landscape.
func ShowsLandscape(name string) bool {
	p := panelOf(name)
	return p != nil && p.landscape
}

// Vector draws a panel, one of Panels, as vector graphics of a kind of
// Extensions, in the scene's theme, with its colour map, scale and paths, and always
// with a colour bar. Everything is a path, bands, letters and marks included, so
// that nothing blurs at any size and no font can be missing.
func Vector(w io.Writer, kind, name string, p figure.Picture) error {
	view := panelOf(name)
	if view == nil {
		return fmt.Errorf("panel %q, want one of: %s", name, strings.Join(Panels(), ", "))
	}
	is, _ := scenes.PanelKindOf(name)
	if err := p.Check(is.Landscape); err != nil {
		return err
	}
	if !is.Fits(p.Scene.Problem) {
		return fmt.Errorf("panel %q needs data of one feature, here are %d", name, p.Scene.Problem.Features())
	}
	pg, err := view.draw(kind, p)
	if err != nil {
		return err
	}
	return pg.write(w)
}
