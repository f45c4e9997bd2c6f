package figure

import (
	"math"

	"losscape/scenes/display"
	"losscape/scenes/letters"
	"losscape/scenes/scale"
)

// axes are the axes of a flat panel.
type axes struct {
	plot         display.Rectangle
	horizontal   ruler
	vertical     ruler
	across, up   scale.Marks // of either; labels as they are written
	xName, yName string
	title        string
	base         float64
}

// ruler says where values lie along an axis, 0 to 1, and where its ticks are.
type ruler interface {
	Unit(v float64) float64
	Marks(bins int) scale.Marks
}

func newAxes(p Panel, title, xName, yName string, horizontal, vertical ruler, ly *Layout) *axes {
	a := &axes{plot: p.Plot, horizontal: horizontal, vertical: vertical, title: title, base: p.Base}
	st := ly.tickStyle()
	marks := func(r ruler, bins int) scale.Marks {
		m := r.Marks(bins)
		m.Labels, m.Offset = ly.numbers(m.Labels), ly.Labels.Decimal(m.Offset)
		return m
	}
	// As many ticks as there is room for, at most ten.
	for bins := 9; bins >= 1; bins-- {
		a.across = marks(horizontal, bins)
		need, room := 0.0, math.Inf(1)
		for i, s := range a.across.Labels {
			need = max(need, ly.Width(s, st))
			if i > 0 {
				room = min(room, math.Abs(a.x(a.across.Values[i])-a.x(a.across.Values[i-1])))
			}
		}
		if need+0.8*st.Size < room {
			break
		}
	}
	a.up = marks(vertical, int(min(9, max(1, a.plot.H()/(2.2*st.Size)))))
	a.xName, a.yName = a.across.Name(xName), a.up.Name(yName)
	return a
}

// tickStyle returns the style of tick labels and legends.
func (l *Layout) tickStyle() display.Style {
	return display.Style{Weight: letters.Regular, Size: l.Px(TickSize), Color: l.Theme.Ink}
}

// nameStyle returns the style of the names of axes.
func (l *Layout) nameStyle() display.Style {
	return display.Style{Weight: letters.Regular, Size: l.Px(LabelSize), Color: l.Theme.Ink}
}

func (a *axes) x(v float64) float64 { return a.plot.X0 + a.horizontal.Unit(v)*a.plot.W() }
func (a *axes) y(v float64) float64 { return a.plot.Y1 - a.vertical.Unit(v)*a.plot.H() }

// grid draws lines at the ticks.
func (a *axes) grid(l *display.List, ly *Layout) {
	w := ly.Line(GridWidth)
	l.Within(a.plot, func() {
		for _, v := range a.across.Values {
			lo, hi := ly.hairline(a.x(v), w)
			l.Rect(display.Rect(lo, a.plot.Y0, hi, a.plot.Y1), 0, ly.Theme.Grid)
		}
		for _, v := range a.up.Values {
			lo, hi := ly.hairline(a.y(v), w)
			l.Rect(display.Rect(a.plot.X0, lo, a.plot.X1, hi), 0, ly.Theme.Grid)
		}
	})
}

// draw draws the frame of the plot, ticks, their labels, names and the title.
func (a *axes) draw(l *display.List, ly *Layout) {
	w := ly.Line(AxisWidth)
	l.Frame(ly.around(a.plot, w), w, ly.Theme.Ink)
	st := ly.tickStyle()
	tick := ly.Round(TickLength * ly.Pt)
	below := a.plot.Y1 + tick + (TickGap+TickSize*letters.CapHeight)*ly.Pt
	for i, v := range a.across.Values {
		lo, hi := ly.hairline(a.x(v), w)
		l.Rect(display.Rect(lo, a.plot.Y1, hi, a.plot.Y1+tick), 0, ly.Theme.Ink)
		l.Text(a.across.Labels[i], st, a.x(v), below, display.Centre, false)
	}
	minor := ly.Round(MinorLength * ly.Pt)
	for _, v := range a.across.Minor {
		lo, hi := ly.hairline(a.x(v), w)
		l.Rect(display.Rect(lo, a.plot.Y1, hi, a.plot.Y1+minor), 0, ly.Theme.Ink)
	}
	for _, v := range a.up.Minor {
		lo, hi := ly.hairline(a.y(v), w)
		l.Rect(display.Rect(a.plot.X0-minor, lo, a.plot.X0, hi), 0, ly.Theme.Ink)
	}
	widest := 0.0
	for i, v := range a.up.Values {
		lo, hi := ly.hairline(a.y(v), w)
		l.Rect(display.Rect(a.plot.X0-tick, lo, a.plot.X0, hi), 0, ly.Theme.Ink)
		l.Text(a.up.Labels[i], st, a.plot.X0-tick-TickGap*ly.Pt, a.y(v), display.MiddleRight, false)
		widest = max(widest, ly.Width(a.up.Labels[i], st))
	}
	name := ly.nameStyle()
	l.Text(a.xName, name, a.plot.CX(), below+(LabelGap+LabelSize*0.95)*ly.Pt, display.Centre, false)
	l.Upwards(a.yName, name, a.plot.X0-tick-(TickGap+LabelGap+LabelSize*letters.CapHeight/2)*ly.Pt-widest, a.plot.CY())
	if a.title == "" {
		return
	}
	l.Text(a.title, display.Style{Weight: letters.Medium, Size: ly.Px(TitleSize), Color: ly.Theme.Ink}, a.plot.CX(), a.base, display.Centre, false)
}

// left returns how far labels and name reach from the left side of the plot, under how
// far from its lower side, and beyond how far a label reaches over its right end.
func (a *axes) left(ly *Layout) float64 {
	st, widest := ly.tickStyle(), 0.0
	for _, t := range a.up.Labels {
		widest = max(widest, ly.Width(t, st))
	}
	return ly.Round(TickLength*ly.Pt) + widest + (TickGap+LabelGap+LabelSize*letters.CapHeight)*ly.Pt
}

func (a *axes) under(ly *Layout) float64 {
	return ly.Round(TickLength*ly.Pt) + (TickGap+TickSize*letters.CapHeight+LabelGap+LabelSize*(0.95+letters.Descender))*ly.Pt
}

func (a *axes) beyond(ly *Layout) (right float64) {
	st := ly.tickStyle()
	for i, t := range a.across.Labels {
		right = max(right, a.x(a.across.Values[i])+ly.Width(t, st)/2-a.plot.X1)
	}
	return right
}
