package draw

import (
	"image/color"
	"math"

	"losscape/scenes"
	"losscape/scenes/figure"
	"losscape/scenes/scale"
)

// colorbar draws beside a plot which loss has which colour.
func colorbar(l *list, t *typesetter, ly *figure.Layout, plot figure.Rectangle, s *scale.Scale, look scenes.Contour) {
	if !(s.B > s.A) {
		return
	}
	x0 := math.Round(plot.X1 + figure.BarGap*ly.Pt)
	bar := figure.Rect(x0, plot.Y0, x0+math.Round(figure.BarWidth*ly.Pt), plot.Y1)
	bands, colors := contourBands(s, look)
	y := func(x float64) float64 { return bar.Y1 - math.Round((x-s.A)/(s.B-s.A)*bar.H()) }
	for i := range bands.n {
		lo, hi := bands.first+float64(i)*bands.step, bands.first+float64(i+1)*bands.step
		l.rect(figure.Rect(bar.X0, y(min(hi, s.B)), bar.X1, y(max(lo, s.A))), 0, color.NRGBA(colors[i]))
	}
	w := ly.Line(figure.AxisWidth)
	l.frame(bar.Inset(-math.Floor(w/2)), w, ly.Theme.Ink)
	st := style{regular, ly.Px(figure.TickSize), ly.Theme.Ink}
	tick := math.Round(figure.TickLength * ly.Pt)
	ticks, labels := s.Ticks(int(min(9, max(1, bar.H()/(2.2*st.px)))))
	last := math.Inf(1)
	for i, v := range ticks {
		at := bar.Y1 - s.Unit(v)*bar.H()
		lo, hi := hairline(at, w)
		l.rect(figure.Rect(bar.X1, lo, bar.X1+tick, hi), 0, ly.Theme.Ink)
		if last-at > 1.1*st.px {
			t.put(l, labels[i], st, bar.X1+tick+figure.TickGap*ly.Pt, at, align{0, true}, false)
			last = at
		}
	}
}
