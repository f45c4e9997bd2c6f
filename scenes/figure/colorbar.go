package figure

import (
	"image/color"
	"strings"

	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/letters"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// colorbar draws beside a plot which value of a scale has which colour, and of what the
// values are, which may be empty.
func colorbar(l *display.List, ly *Layout, plot display.Rectangle, s *scale.Scale, look scenes.Contour, name string) {
	bands, colors := ContourBands(s, look)
	drawBar(l, ly, plot, s, bands, colors, name)
}

// drawBar draws a colour bar of bands of colours; none of a scale without a width.
func drawBar(l *display.List, ly *Layout, plot display.Rectangle, s *scale.Scale, bands Levels, colors []color.RGBA, name string) {
	if !(s.B > s.A) {
		return
	}
	x0 := ly.Round(plot.X1 + BarGap*ly.Pt)
	bar := display.Rect(x0, plot.Y0, x0+ly.Round(BarWidth*ly.Pt), plot.Y1)
	y := func(x float64) float64 { return bar.Y1 - ly.Round((x-s.A)/(s.B-s.A)*bar.H()) }
	for i := range bands.N {
		lo, hi := bands.First+float64(i)*bands.Step, bands.First+float64(i+1)*bands.Step
		top := y(min(hi, s.B))
		if !ly.Medium.Pixels {
			top = bar.Y0 // under all bands above, so that no gap shows between two
		}
		l.Rect(display.Rect(bar.X0, top, bar.X1, y(max(lo, s.A))), 0, color.NRGBA(colors[i]))
	}
	w := ly.Line(AxisWidth)
	if s.Kind == scale.Signed {
		lo, hi := ly.hairline(y(0), 2*w)
		l.Rect(display.Rect(bar.X0, max(lo, bar.Y0), bar.X1, min(hi, bar.Y1)), 0, color.NRGBA(palette.MarkusZero))
	}
	l.Frame(ly.around(bar, w), w, ly.Theme.Ink)
	rightAxis(l, ly, bar, plot, s, name)
}

// rightAxis draws the ticks of a scale and its name right of an area beside a plot, or of
// the plot itself.
func rightAxis(l *display.List, ly *Layout, bar, plot display.Rectangle, s *scale.Scale, name string) {
	w := ly.Line(AxisWidth)
	m, st := barMarks(ly, plot, s, name)
	tick, minor := ly.Round(TickLength*ly.Pt), ly.Round(MinorLength*ly.Pt)
	at := func(v float64) float64 { return bar.Y1 - s.Unit(v)*bar.H() }
	for _, v := range apart(m.Minor, at, w) {
		lo, hi := ly.hairline(at(v), w)
		l.Rect(display.Rect(bar.X1, lo, bar.X1+minor, hi), 0, ly.Theme.Ink)
	}
	from := bar.X1 + tick + TickGap*ly.Pt
	for i, v := range m.Values {
		lo, hi := ly.hairline(at(v), w)
		l.Rect(display.Rect(bar.X1, lo, bar.X1+tick, hi), 0, ly.Theme.Ink)
		l.Text(m.Labels[i], st, from, at(v), display.MiddleLeft, false)
	}
	if !empty(name) {
		text, style, middle := ly.fitLine(m.Name(name), ly.nameStyle(), bar.CY(), bar.Y0, bar.Y1)
		l.Upwards(text, style, from+widest(m.Labels, st, ly)+(LabelGap+LabelSize*letters.CapHeight/2)*ly.Pt, middle)
	}
}

// empty reports whether a label writes nothing.
func empty(label string) bool { return strings.TrimSpace(label) == "" }

// barMarks returns the ticks of a colour bar beside a plot and the style of their labels,
// which are empty where there is no room for them. Where the bar has a name, that can say
// what the labels leave out.
func barMarks(ly *Layout, plot display.Rectangle, s *scale.Scale, name string) (m scale.Marks, st display.Style) {
	st = ly.tickStyle()
	bins := verticalBins(plot.H(), st)
	m = s.Marks(bins)
	if empty(name) {
		m.Values, m.Labels = s.Ticks(bins)
		m.Offset, m.Unit = "", ""
	}
	m.Labels, m.Offset = ly.numbers(m.Labels), ly.Labels.Decimal(m.Offset)
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

// barWide returns how wide a colour bar beside a plot is, with its gap and its name.
func barWide(ly *Layout, plot display.Rectangle, s *scale.Scale, name string) float64 {
	return (BarGap+BarWidth)*ly.Pt + rightWide(ly, plot, s, name)
}

// rightWide returns how wide the axis is that rightAxis draws.
func rightWide(ly *Layout, plot display.Rectangle, s *scale.Scale, name string) float64 {
	m, st := barMarks(ly, plot, s, name)
	return (barSpace-BarGap-BarWidth+barNameRoom(name))*ly.Pt + ly.wholeLetters(widest(m.Labels, st, ly))
}

// barNameRoom returns what the name beside a colour bar takes of the width of its panel,
// in points.
func barNameRoom(name string) float64 {
	if empty(name) {
		return 0
	}
	return LabelGap + 0.95*LabelSize // from descenders to the height of a capital
}
