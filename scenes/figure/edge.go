package figure

import (
	"image/color"
	"slices"

	"losscape/scenes/display"
	"losscape/scenes/scale"
)

// limit is a value of lr λ above which the runs of some colours are unstable.
type limit struct {
	at     float64
	colors []color.NRGBA
}

// openStability makes the axis of lr λ along the runs, with the limits of those that have
// one. Before the values are known there is the axis alone.
func (h *history) openStability(f *Figure) {
	most := 0.0
	h.second = make([][]float64, len(h.runs))
	for i, run := range h.runs {
		at, ok := run.t.Run.StabilityLimit()
		if !ok {
			continue
		}
		most = max(most, at)
		k := slices.IndexFunc(h.limits, func(l limit) bool { return l.at == at })
		if k < 0 {
			k = len(h.limits)
			h.limits = append(h.limits, limit{at: at})
		}
		h.limits[k].colors = append(h.limits[k].colors, run.color)
		if run.index < len(f.Stabilities) && len(f.Stabilities[run.index]) >= run.n {
			h.second[i] = f.Stabilities[run.index]
			most = max(most, slices.Max(h.second[i][:run.n]))
		}
	}
	if most > 0 { // else this panel has no run with a limit
		h.right, h.rightName = scale.NewLinear(0, 1.05*most), f.Scene.Labels.Axis.Stability
	}
}

// Sizes of the dashes of a limit, in points.
const (
	dashLength = 5.0
	dashGap    = 3.5
	dashWidth  = 1.0
)

// drawLimits draws the limits, dashed: a single one in the colour of the axes, of several
// each in the colours of its runs in turn.
func (h *history) drawLimits(l *display.List, f *Figure) {
	w := f.Line(dashWidth)
	for _, limit := range h.limits {
		colors := limit.colors
		if len(h.limits) == 1 {
			colors = []color.NRGBA{f.Theme.Ink}
		}
		lo, hi := f.hairline(h.rightY(limit.at), w)
		k := 0
		for x := h.plot.X0; x < h.plot.X1; x += (dashLength + dashGap) * f.Pt {
			l.Rect(display.Rect(x, lo, min(x+dashLength*f.Pt, h.plot.X1), hi), 0, colors[k%len(colors)])
			k++
		}
	}
}
