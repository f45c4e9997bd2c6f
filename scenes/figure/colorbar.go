package figure

import (
	"image/color"
	"math"
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
		top := y(min(hi, s.B))
		if !ly.Medium.Pixels {
			top = bar.Y0 // under the bands above, so that no gap shows between two
		}
		l.Rect(display.Rect(bar.X0, top, bar.X1, y(max(lo, s.A))), 0, color.NRGBA(colors[i]))
	}
	w := ly.Line(AxisWidth)
	l.Frame(ly.around(bar, w), w, ly.Theme.Ink)

	tick, minor := ly.Round(TickLength*ly.Pt), ly.Round(MinorLength*ly.Pt)
	from := bar.X1 + tick + TickGap*ly.Pt
	marks, st, name := ly.barText(s, name, right-from, bar.H())
	at := func(v float64) float64 { return bar.Y1 - s.Unit(v)*bar.H() }
	for _, v := range marks.Minor {
		lo, hi := ly.hairline(at(v), w)
		l.Rect(display.Rect(bar.X1, lo, bar.X1+minor, hi), 0, ly.Theme.Ink)
	}
	widest, last := 0.0, math.Inf(1)
	for i, v := range marks.Values {
		lo, hi := ly.hairline(at(v), w)
		l.Rect(display.Rect(bar.X1, lo, bar.X1+tick, hi), 0, ly.Theme.Ink)
		if last-at(v) > 1.1*st.Size {
			l.Text(marks.Labels[i], st, from, at(v), display.MiddleLeft, false)
			last = at(v)
			widest = max(widest, ly.Width(marks.Labels[i], st))
		}
	}
	if name != "" {
		l.Upwards(name, ly.nameStyle(), from+widest+(LabelGap+LabelSize*letters.CapHeight/2)*ly.Pt, bar.CY())
	}
}

// barText returns the ticks of a colour bar of a height with room for text beside it: how
// their numbers are set, and the name, which is empty where it has no room.
func (l *Layout) barText(s *scale.Scale, name string, room, high float64) (scale.Marks, display.Style, string) {
	st := l.tickStyle()
	bins := int(min(9, max(1, high/(2.2*st.Size))))
	m := s.Marks(bins)
	m.Labels, m.Offset = l.numbers(m.Labels), l.Labels.Decimal(m.Offset)
	if name = strings.TrimSpace(name); name != "" {
		name = m.Name(name)
	} else {
		name = m.Besides()
	}
	besides := barNameRoom(name) * l.Pt
	widest := func(m scale.Marks) (w float64) {
		for _, text := range m.Labels {
			w = max(w, l.Width(text, st))
		}
		return w
	}
	if l.Width(name, l.nameStyle()) > high || st.Size*(room-besides) < min(l.Medium.Text, st.Size)*widest(m) {
		name, besides = "", 0
		if m.Besides() != "" {
			m.Values, m.Labels = s.Ticks(bins)
			m.Labels = l.numbers(m.Labels)
		}
	}
	if w := widest(m); w > room-besides {
		st.Size = l.quarter(max(st.Size*(room-besides)/w, min(l.Medium.Text, st.Size)))
	}
	return m, st, name
}

// barMarks returns the ticks of a colour bar of some height, as they are written.
func barMarks(ly *Layout, height float64, s *scale.Scale) scale.Marks {
	m := s.Marks(int(min(9, max(1, height/(2.2*ly.tickStyle().Size)))))
	m.Labels, m.Offset = ly.numbers(m.Labels), ly.Labels.Decimal(m.Offset)
	return m
}
