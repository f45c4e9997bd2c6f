package draw

import (
	"image/color"
	"math"

	"losscape/scenes"
	"losscape/scenes/scale"
)

// Sizes of a colour bar in points.
const (
	barWidth  = 11.0
	barGap    = 9.0
	barLabels = 4.5 // letters of its labels
)

// barRoom is how much a colour bar takes of the width of its panel, in points.
const barRoom = barGap + barWidth + tickLength + tickGap + barLabels*0.6*tickSize

// colorbar draws beside a plot which loss has which colour.
func colorbar(l *list, t *typesetter, ly *layout, plot rect, s *scale.Scale, look scenes.Contour) {
	if !(s.B > s.A) {
		return
	}
	x0 := math.Round(plot.x1 + barGap*ly.pt)
	bar := rect{x0, plot.y0, x0 + math.Round(barWidth*ly.pt), plot.y1}
	bands, colors := contourBands(s, look)
	y := func(x float64) float64 { return bar.y1 - math.Round((x-s.A)/(s.B-s.A)*bar.h()) }
	for i := range bands.n {
		lo, hi := bands.first+float64(i)*bands.step, bands.first+float64(i+1)*bands.step
		l.rect(rect{bar.x0, y(min(hi, s.B)), bar.x1, y(max(lo, s.A))}, 0, color.NRGBA(colors[i]))
	}
	w := ly.line(axisWidth)
	l.frame(bar.inset(-math.Floor(w/2)), w, ly.theme.Ink)
	st := style{regular, ly.px(tickSize), ly.theme.Ink}
	tick := math.Round(tickLength * ly.pt)
	ticks, labels := s.Ticks(int(min(9, max(1, bar.h()/(2.2*st.px)))))
	last := math.Inf(1)
	for i, v := range ticks {
		at := bar.y1 - s.Unit(v)*bar.h()
		lo, hi := hairline(at, w)
		l.rect(rect{bar.x1, lo, bar.x1 + tick, hi}, 0, ly.theme.Ink)
		if last-at > 1.1*st.px {
			t.put(l, labels[i], st, bar.x1+tick+tickGap*ly.pt, at, align{0, true}, false)
			last = at
		}
	}
}
