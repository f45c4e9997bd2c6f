package figure

import (
	"image/color"
	"math"

	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/scale"
)

// colorbar draws beside a plot which loss has which colour.
func colorbar(l *display.List, ly *Layout, plot display.Rectangle, s *scale.Scale, look scenes.Contour) {
	if !(s.B > s.A) {
		return
	}
	x0 := ly.Round(plot.X1 + BarGap*ly.Pt)
	bar := display.Rect(x0, plot.Y0, x0+ly.Round(BarWidth*ly.Pt), plot.Y1)
	bands, colors := ContourBands(s, look)
	y := func(x float64) float64 { return bar.Y1 - ly.Round((x-s.A)/(s.B-s.A)*bar.H()) }
	for i := range bands.N {
		lo, hi := bands.First+float64(i)*bands.Step, bands.First+float64(i+1)*bands.Step
		top := y(min(hi, s.B))
		if !ly.Medium.Pixels {
			top = bar.Y0 // under the bands above, so that no gap shows between two
		}
		l.Rect(display.Rect(bar.X0, top, bar.X1, y(max(lo, s.A))), 0, color.NRGBA(colors[i]))
	}
	w := ly.Line(AxisWidth)
	l.Frame(ly.around(bar, w), w, ly.Theme.Ink)
	st := ly.tickStyle()
	tick := ly.Round(TickLength * ly.Pt)
	marks := barMarks(ly, bar.H(), s)
	minor := ly.Round(MinorLength * ly.Pt)
	for _, v := range marks.Minor {
		lo, hi := ly.hairline(bar.Y1-s.Unit(v)*bar.H(), w)
		l.Rect(display.Rect(bar.X1, lo, bar.X1+minor, hi), 0, ly.Theme.Ink)
	}
	if marks.Offset != "" {
		l.Text(marks.Offset, st, bar.X0, bar.Y0-TickGap*ly.Pt, display.Left, false)
	}
	last := math.Inf(1)
	for i, v := range marks.Values {
		at := bar.Y1 - s.Unit(v)*bar.H()
		lo, hi := ly.hairline(at, w)
		l.Rect(display.Rect(bar.X1, lo, bar.X1+tick, hi), 0, ly.Theme.Ink)
		if last-at > 1.1*st.Size {
			l.Text(marks.Labels[i], st, bar.X1+tick+TickGap*ly.Pt, at, display.MiddleLeft, false)
			last = at
		}
	}
}

// barMarks returns the ticks of a colour bar of some height, as they are written.
func barMarks(ly *Layout, height float64, s *scale.Scale) scale.Marks {
	m := s.Marks(int(min(9, max(1, height/(2.2*ly.tickStyle().Size)))))
	m.Labels, m.Offset = ly.numbers(m.Labels), ly.Labels.Decimal(m.Offset)
	return m
}
