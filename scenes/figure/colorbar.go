package figure

import (
	"image/color"
	"strings"

	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/letters"
	"losscape/scenes/scale"
)

// barNameRoom returns the points that the name beside a colour bar takes of its width.
func barNameRoom(name string) float64 {
	if strings.TrimSpace(name) == "" {
		return 0
	}
	return LabelGap + 0.95*LabelSize // from descenders to the height of a capital
}

// colorbar draws beside a plot which value of a scale has which colour, and what the
// values are. It reaches as far as right: where that is too narrow the numbers are
// smaller, and the name is left out.
func colorbar(l *display.List, ly *Layout, plot display.Rectangle, right float64, s *scale.Scale, look scenes.Contour, name string) {
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

	tick, minor := ly.Round(TickLength*ly.Pt), ly.Round(MinorLength*ly.Pt)
	from := bar.X1 + tick + TickGap*ly.Pt
	marks, st, name := ly.barText(s, name, right-from, bar.H())
	at := func(v float64) float64 { return bar.Y1 - s.Unit(v)*bar.H() }
	for _, v := range apart(marks.Minor, at, w) {
		lo, hi := ly.hairline(at(v), w)
		l.Rect(display.Rect(bar.X1, lo, bar.X1+minor, hi), 0, ly.Theme.Ink)
	}
	for i, v := range marks.Values {
		lo, hi := ly.hairline(at(v), w)
		l.Rect(display.Rect(bar.X1, lo, bar.X1+tick, hi), 0, ly.Theme.Ink)
		l.Text(marks.Labels[i], st, from, at(v), display.MiddleLeft, false)
	}
	if name != "" {
		text, style, y := ly.fitLine(name, ly.nameStyle(), bar.CY(), bar.Y0, bar.Y1)
		l.Upwards(text, style, from+widest(marks.Labels, st, ly)+(LabelGap+LabelSize*letters.CapHeight/2)*ly.Pt, y)
	}
}

// barText returns the ticks of a colour bar of a height with room for text beside it: how
// their numbers are set, and the name, which is empty where it has no room.
func (l *Layout) barText(s *scale.Scale, name string, room, high float64) (scale.Marks, display.Style, string) {
	st := l.tickStyle()
	bins := verticalBins(high, st)
	m := s.Marks(bins)
	m.Labels, m.Offset = l.numbers(m.Labels), l.Labels.Decimal(m.Offset)
	if name = strings.TrimSpace(name); name != "" {
		name = m.Name(name)
	} else {
		name = m.Offset
	}
	besides := barNameRoom(name) * l.Pt
	if st.Size*(room-besides) < min(l.Medium.Text, st.Size)*widest(m.Labels, st, l) {
		name, besides = "", 0
		if m.Offset != "" {
			m.Values, m.Labels = s.Ticks(bins)
			m.Labels = l.numbers(m.Labels)
		}
	}
	thin(m.Labels, func(i int) float64 { return (1 - s.Unit(m.Values[i])) * high }, labelStep*st.Size)
	st.Size = fitting(widest(m.Labels, st, l), room-besides, st, l)
	return m, st, name
}

// barSpace is what a colour bar takes of the width of its panel besides its texts, in
// points.
const barSpace = BarGap + BarWidth + TickLength + TickGap

// barShare is how much of its plot's width the numbers of a colour bar take at most,
// before they become smaller.
const barShare = 0.4

// barWide returns how wide a colour bar beside a plot is, with its gap and its texts.
func (l *Layout) barWide(plot display.Rectangle, s *scale.Scale, name string) float64 {
	m, st, name := l.barText(s, name, barShare*plot.W()+barNameRoom(name)*l.Pt, plot.H())
	return (barSpace+barNameRoom(name))*l.Pt + l.wholeLetters(widest(m.Labels, st, l))
}
