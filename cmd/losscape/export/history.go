package export

import (
	"losscape/scenes/figure"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// history draws the runs' losses by the number of updates.
func history(kind string, p figure.Picture) (*page, error) {
	th := palette.ThemeOf(p.Scene.Film.Theme)
	runs := p.Runs(th)
	last, highest := 1, 0.0
	if p.Landscape != nil {
		for _, v := range p.Landscape.Loss {
			if scale.Finite(v) {
				highest = max(highest, v)
			}
		}
	}
	var losses [][]float64
	for _, r := range runs {
		last = max(last, r.Last)
		losses = append(losses, r.Loss)
	}
	vertical := scale.History(p.Scene.Film.LossScale, highest, losses)
	a, err := newAxes(kind, p.Scene, "Updates", "Loss", 0, float64(last), vertical, 0)
	if err != nil {
		return nil, err
	}
	a.grid()
	var busy []point
	var entries []entry
	for i := len(runs) - 1; i >= 0; i-- {
		r := runs[i]
		way := make([]point, len(r.Loss))
		for k, v := range r.Loss {
			way[k] = a.at(r.When[k], v)
		}
		way = simplify(way, 0.02)
		busy = append(busy, way...)
		a.p.stroke(a.plot.clip(way), curveWidth, r.Color)
	}
	for _, r := range runs {
		text := r.Name
		if r.Status != "" {
			text += ", " + r.Status
		}
		entries = append(entries, entry{text: text, col: r.Color})
	}
	a.frame()
	for i := len(runs) - 1; i >= 0; i-- {
		r := runs[i]
		if q := a.at(r.When[len(r.When)-1], r.Loss[len(r.Loss)-1]); a.plot.holds(q) {
			a.p.disc([]point{q}, dot+0.5, a.p.Casing)
			a.p.disc([]point{q}, dot-0.3, r.Color)
		}
	}
	if len(runs) > 1 {
		a.legend(entries, busy)
	}
	return a.p, nil
}
