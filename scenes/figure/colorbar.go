package figure

import (
	"image/color"

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
		l.Rect(display.Rect(bar.X0, y(min(hi, s.B)), bar.X1, y(max(lo, s.A))), 0, color.NRGBA(colors[i]))
	}
	w := ly.Line(AxisWidth)
	l.Frame(ly.around(bar, w), w, ly.Theme.Ink)
	m, st := barMarks(ly, plot, s)
	tick, minor := ly.Round(TickLength*ly.Pt), ly.Round(MinorLength*ly.Pt)
	at := func(v float64) float64 { return bar.Y1 - s.Unit(v)*bar.H() }
	for _, v := range apart(m.Minor, at, w) {
		lo, hi := ly.hairline(at(v), w)
		l.Rect(display.Rect(bar.X1, lo, bar.X1+minor, hi), 0, ly.Theme.Ink)
	}
	for i, v := range m.Values {
		lo, hi := ly.hairline(at(v), w)
		l.Rect(display.Rect(bar.X1, lo, bar.X1+tick, hi), 0, ly.Theme.Ink)
		l.Text(m.Labels[i], st, bar.X1+tick+TickGap*ly.Pt, at(v), display.MiddleLeft, false)
	}
}

// barMarks returns the ticks of a colour bar beside a plot and the style of their labels,
// which are empty where there is no room for them.
func barMarks(ly *Layout, plot display.Rectangle, s *scale.Scale) (m scale.Marks, st display.Style) {
	st = ly.tickStyle()
	m.Values, m.Labels = s.Ticks(verticalBins(plot, st))
	m.Minor, m.Labels = s.Minor(verticalBins(plot, st)), ly.numbers(m.Labels)
	thin(m.Labels, func(i int) float64 { return plot.Y1 - s.Unit(m.Values[i])*plot.H() }, labelStep*st.Size)
	st.Size = fitting(widest(m.Labels, st, ly), barShare*plot.W(), st, ly)
	return m, st
}

// barShare is how much of its plot's width the labels of a colour bar take at most, before
// their letters become smaller.
const barShare = 0.4

// barSpace is what a colour bar takes of the width of its panel besides its labels, in
// points.
const barSpace = BarGap + BarWidth + TickLength + TickGap

// barWide returns how wide a colour bar beside a plot is, with its gap.
func barWide(ly *Layout, plot display.Rectangle, s *scale.Scale) float64 {
	m, st := barMarks(ly, plot, s)
	return barSpace*ly.Pt + ly.wholeLetters(widest(m.Labels, st, ly))
}
