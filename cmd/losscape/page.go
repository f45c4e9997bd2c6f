package main

import (
	"slices"
	"strings"

	"losscape/cmd/losscape/export"
	"losscape/cpu/quote"
	"losscape/scenes"
	"losscape/scenes/figure"

	"github.com/spf13/cobra"
)

// Values of --text.
const (
	textAsText   = "text"     // with an embedded font
	textOutlines = "outlines" // as paths
)

// Limits of --dpi.
const (
	leastDPI = 10
	mostDPI  = 2400
)

// checkPage finds contradictions in the flags of pages: --panel is checked with the
// scene.
func (f *renderFlags) checkPage(c *cobra.Command) (err error) {
	switch {
	case f.text != textAsText && f.text != textOutlines:
		return usagef("--text %s, want %s or %s", quote.Text(f.text), textAsText, textOutlines)
	case !(f.dpi >= leastDPI && f.dpi <= mostDPI):
		return usagef("--dpi %v, want pixels an inch from %d to %d", f.dpi, leastDPI, mostDPI)
	case f.size == "":
		f.dense = c.Flags().Changed("dpi")
		return nil
	}
	f.page, err = parsePageSize("size", f.size)
	f.dense = c.Flags().Changed("dpi") || !f.page.inPixels()
	return err
}

// density returns how many pixels an inch of a file has, 0 for a PNG whose size is in
// pixels.
func (f *renderFlags) density() float64 {
	if !f.dense && f.to.ending == ".png" {
		return 0
	}
	return f.dpi
}

// medium returns what a still is drawn on: a screen, or a page where it has a density.
func (f *renderFlags) medium() figure.Medium {
	if f.dense {
		return figure.Paper(f.dpi, true)
	}
	return figure.Screen
}

// Sizes of a page that no flag gives, in points: as wide as the text of a paper, or a
// column of it for a single panel.
const (
	textWidth    = 7 * export.PointsPerInch
	columnWidth  = 3.5 * export.PointsPerInch
	figureHeight = 3 * export.PointsPerInch
)

// pagePoints returns the size of a page in points.
func (f *renderFlags) pagePoints(s *scenes.Scene) (w, h float64, err error) {
	switch {
	case f.size != "":
		return f.page.points(f.dpi)
	case len(s.Film.Panels) == 1:
		return columnWidth, figureHeight, nil
	case len(f.panels) > 0:
		return textWidth, figureHeight, nil
	}
	shape := float64(s.Film.Height) / float64(s.Film.Width)
	return textWidth, min(max(textWidth*shape, smallestPage), largestPage), nil
}

// pick leaves a scene with the panels of --panel, in that order: those of the scene by
// their names, or by their kind those that it has not.
func (f *renderFlags) pick(s *scenes.Scene) error {
	if len(f.panels) == 0 {
		return nil
	}
	var picked []scenes.Panel
	for _, name := range f.panels {
		n := len(picked)
		for _, p := range s.Film.Panels {
			if p.Name == name {
				picked = append(picked, p)
			}
		}
		if kind, ok := scenes.PanelKindOf(name); ok && len(picked) == n {
			picked = append(picked, scenes.PanelsOf(kind.Name)...)
		}
		if len(picked) == n {
			return usagef("--panel %s, want one of: %s", quote.Text(name), strings.Join(panelNames(s), ", "))
		}
	}
	s.Film.Panels, s.Film.Layout = picked, nil
	return nil
}

// panelNames returns the names of a scene's panels, and of the kinds that it has none of
// but can show; of all kinds without a scene.
func panelNames(s *scenes.Scene) (names []string) {
	if s != nil {
		for _, p := range s.Film.Panels {
			names = append(names, p.Name)
		}
	}
	for _, k := range scenes.PanelKinds {
		if s == nil || k.Fits(s.Problem) && !(k.Map && len(s.Map.Over) == 0) && !(k.Orbit && len(s.Orbit.Over) == 0) && !slices.Contains(names, k.Name) {
			names = append(names, k.Name)
		}
	}
	return slices.Compact(names)
}
