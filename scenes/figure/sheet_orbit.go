package figure

import (
	"image/color"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/scale"
)

// Width of the orbit diagram on a sheet, in pixels: each value has as many, if so many
// values have room.
const (
	orbitWide   = 1280
	orbitWidest = 2560
	orbitHigh   = 720
)

// OrbitSize returns how many pixels the orbit diagram of n values covers on a sheet.
func OrbitSize(n int) (w, h int) {
	switch {
	case n <= orbitWide:
		return n * (orbitWide / n), orbitHigh
	case n <= orbitWidest:
		return n, orbitHigh
	}
	return orbitWidest, orbitHigh
}

// NewOrbitSheet lays out what the runs of a sweep of a scene over one parameter came to as
// an orbit diagram, as its Orbit says. The subtitle says what the runs share.
func NewOrbitSheet(s *scenes.Scene, r *cpu.Result, subtitle string, m Medium) (*Sheet, error) {
	if err := checkOrbit(r, &s.Orbit); err != nil {
		return nil, err
	}
	kind, _ := scenes.PanelKindOf(scenes.OrbitPanel)
	sh := newSheet(s, &r.Sweep, m, lower(s.Labels.Title[kind.Name], kind.Title))
	over := &r.Sweep.Over[0]
	w, h := OrbitSize(len(over.Values))
	sh.size(float64(w), float64(h), plotEm, paperPlot)
	vertical := newOrbits(r, &s.Orbit).scale()
	sh.axes = newAxes(sh.panel(), "", s.ParamTitle(over.Name), s.OrbitTitle(), scale.NewParamCells(over), vertical, &sh.Layout)
	nx, ny := orbitPixels(m, sh.Plot)
	sh.Cells = PaintOrbit(r, &s.Orbit, vertical, nx, ny, sh.Theme, nil)
	sh.shades = orbitShades(&s.Orbit, isLight(sh.Theme))
	sh.scale, sh.bar = sh.shades.Scale, orbitBarName(s)
	entries := endSwatches(r, sh.Labels, true)
	for i := range entries {
		entries[i].Color = color.NRGBA{} // the colours are of states
		entries[i].Text += ": " + share(entries[i].Runs, r.N(), sh.Labels)
	}
	sh.place(sh.Title(), subtitle, entries)
	return sh, nil
}
