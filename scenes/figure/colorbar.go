package figure

import (
	"image/color"
	"math"

	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/letters"
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
		l.Rect(display.Rect(bar.X0, y(min(hi, s.B)), bar.X1, y(max(lo, s.A))), 0, color.NRGBA(colors[i]))
	}
	w := ly.Line(AxisWidth)
	l.Frame(ly.around(bar, w), w, ly.Theme.Ink)
	st := display.Style{Weight: letters.Regular, Size: ly.Px(TickSize), Color: ly.Theme.Ink}
	tick := ly.Round(TickLength * ly.Pt)
	ticks, labels := s.Ticks(int(min(9, max(1, bar.H()/(2.2*st.Size)))))
	last := math.Inf(1)
	for i, v := range ticks {
		at := bar.Y1 - s.Unit(v)*bar.H()
		lo, hi := ly.hairline(at, w)
		l.Rect(display.Rect(bar.X1, lo, bar.X1+tick, hi), 0, ly.Theme.Ink)
		if last-at > 1.1*st.Size {
			l.Text(ly.Labels.Decimal(labels[i]), st, bar.X1+tick+TickGap*ly.Pt, at, display.MiddleLeft, false)
			last = at
		}
	}
}
