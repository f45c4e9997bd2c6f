package draw

import (
	"math"

	"losscape/scenes/figure"
)

// axes are the axes of a flat panel.
type axes struct {
	plot           figure.Rectangle
	horizontal     ruler
	vertical       ruler
	xTicks, yTicks []float64
	xText, yText   []string
	xName, yName   string
	title          string
	base           float64
}

// ruler says where values lie along an axis, 0 to 1, and where its ticks are.
type ruler interface {
	Unit(v float64) float64
	Ticks(bins int) (values []float64, labels []string)
}

func newAxes(p figure.Panel, title, xName, yName string, horizontal, vertical ruler, t *typesetter, ly *figure.Layout) *axes {
	a := &axes{plot: p.Plot, horizontal: horizontal, vertical: vertical, xName: xName, yName: yName, title: title, base: p.Base}
	st := style{regular, ly.Px(figure.TickSize), ly.Theme.Ink}
	// As many ticks as there is room for, at most ten.
	for bins := 9; bins >= 1; bins-- {
		a.xTicks, a.xText = horizontal.Ticks(bins)
		need, room := 0.0, math.Inf(1)
		for i, s := range a.xText {
			need = max(need, t.width(s, st))
			if i > 0 {
				room = min(room, math.Abs(a.x(a.xTicks[i])-a.x(a.xTicks[i-1])))
			}
		}
		if need+0.8*st.px < room {
			break
		}
	}
	bins := int(min(9, max(1, a.plot.H()/(2.2*st.px))))
	a.yTicks, a.yText = vertical.Ticks(bins)
	return a
}

func (a *axes) x(v float64) float64 { return a.plot.X0 + a.horizontal.Unit(v)*a.plot.W() }
func (a *axes) y(v float64) float64 { return a.plot.Y1 - a.vertical.Unit(v)*a.plot.H() }

// hairline returns the edges of a straight line of whole width around v.
func hairline(v, width float64) (lo, hi float64) {
	lo = math.Round(v - width/2)
	return lo, lo + width
}

// grid draws lines at the ticks.
func (a *axes) grid(l *list, ly *figure.Layout) {
	w := ly.Line(figure.GridWidth)
	l.within(a.plot, func() {
		for _, v := range a.xTicks {
			lo, hi := hairline(a.x(v), w)
			l.rect(figure.Rect(lo, a.plot.Y0, hi, a.plot.Y1), 0, ly.Theme.Grid)
		}
		for _, v := range a.yTicks {
			lo, hi := hairline(a.y(v), w)
			l.rect(figure.Rect(a.plot.X0, lo, a.plot.X1, hi), 0, ly.Theme.Grid)
		}
	})
}

// draw draws the frame of the plot, ticks, their labels, names and the title.
func (a *axes) draw(l *list, t *typesetter, ly *figure.Layout) {
	w := ly.Line(figure.AxisWidth)
	l.frame(a.plot.Inset(-math.Floor(w/2)), w, ly.Theme.Ink)
	st := style{regular, ly.Px(figure.TickSize), ly.Theme.Ink}
	tick := math.Round(figure.TickLength * ly.Pt)
	below := a.plot.Y1 + tick + (figure.TickGap+figure.TickSize*figure.CapHeight)*ly.Pt
	for i, v := range a.xTicks {
		lo, hi := hairline(a.x(v), w)
		l.rect(figure.Rect(lo, a.plot.Y1, hi, a.plot.Y1+tick), 0, ly.Theme.Ink)
		t.put(l, a.xText[i], st, a.x(v), below, align{0.5, false}, false)
	}
	widest := 0.0
	for i, v := range a.yTicks {
		lo, hi := hairline(a.y(v), w)
		l.rect(figure.Rect(a.plot.X0-tick, lo, a.plot.X0, hi), 0, ly.Theme.Ink)
		t.put(l, a.yText[i], st, a.plot.X0-tick-figure.TickGap*ly.Pt, a.y(v), align{1, true}, false)
		widest = max(widest, t.width(a.yText[i], st))
	}
	name := style{regular, ly.Px(figure.LabelSize), ly.Theme.Ink}
	t.put(l, a.xName, name, a.plot.CX(), below+(figure.LabelGap+figure.LabelSize*0.95)*ly.Pt, align{0.5, false}, false)
	t.sideways(l, a.yName, name, a.plot.X0-tick-(figure.TickGap+figure.LabelGap+figure.LabelSize*figure.CapHeight/2)*ly.Pt-widest, a.plot.CY())
	t.put(l, a.title, style{medium, ly.Px(figure.TitleSize), ly.Theme.Ink}, a.plot.CX(), a.base, align{0.5, false}, false)
}
