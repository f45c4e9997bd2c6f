package draw

import "math"

// axes are the axes of a flat panel.
type axes struct {
	plot           rect
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

func newAxes(p panel, title, xName, yName string, horizontal, vertical ruler, t *typesetter, ly *layout) *axes {
	a := &axes{plot: p.plot, horizontal: horizontal, vertical: vertical, xName: xName, yName: yName, title: title, base: p.base}
	st := style{regular, ly.px(tickSize), ly.theme.Ink}
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
	bins := int(min(9, max(1, a.plot.h()/(2.2*st.px))))
	a.yTicks, a.yText = vertical.Ticks(bins)
	return a
}

func (a *axes) x(v float64) float64 { return a.plot.x0 + a.horizontal.Unit(v)*a.plot.w() }
func (a *axes) y(v float64) float64 { return a.plot.y1 - a.vertical.Unit(v)*a.plot.h() }

// hairline returns the edges of a straight line of whole width around v.
func hairline(v, width float64) (lo, hi float64) {
	lo = math.Round(v - width/2)
	return lo, lo + width
}

// grid draws lines at the ticks.
func (a *axes) grid(l *list, ly *layout) {
	w := ly.line(gridWidth)
	l.within(a.plot, func() {
		for _, v := range a.xTicks {
			lo, hi := hairline(a.x(v), w)
			l.rect(rect{lo, a.plot.y0, hi, a.plot.y1}, 0, ly.theme.Grid)
		}
		for _, v := range a.yTicks {
			lo, hi := hairline(a.y(v), w)
			l.rect(rect{a.plot.x0, lo, a.plot.x1, hi}, 0, ly.theme.Grid)
		}
	})
}

// draw draws the frame of the plot, ticks, their labels, names and the title.
func (a *axes) draw(l *list, t *typesetter, ly *layout) {
	w := ly.line(axisWidth)
	l.frame(a.plot.inset(-math.Floor(w/2)), w, ly.theme.Ink)
	st := style{regular, ly.px(tickSize), ly.theme.Ink}
	tick := math.Round(tickLength * ly.pt)
	below := a.plot.y1 + tick + (tickGap+tickSize*capHeight)*ly.pt
	for i, v := range a.xTicks {
		lo, hi := hairline(a.x(v), w)
		l.rect(rect{lo, a.plot.y1, hi, a.plot.y1 + tick}, 0, ly.theme.Ink)
		t.put(l, a.xText[i], st, a.x(v), below, align{0.5, false}, false)
	}
	widest := 0.0
	for i, v := range a.yTicks {
		lo, hi := hairline(a.y(v), w)
		l.rect(rect{a.plot.x0 - tick, lo, a.plot.x0, hi}, 0, ly.theme.Ink)
		t.put(l, a.yText[i], st, a.plot.x0-tick-tickGap*ly.pt, a.y(v), align{1, true}, false)
		widest = max(widest, t.width(a.yText[i], st))
	}
	name := style{regular, ly.px(labelSize), ly.theme.Ink}
	t.put(l, a.xName, name, a.plot.cx(), below+(labelGap+labelSize*0.95)*ly.pt, align{0.5, false}, false)
	t.sideways(l, a.yName, name, a.plot.x0-tick-(tickGap+labelGap+labelSize*capHeight/2)*ly.pt-widest, a.plot.cy())
	t.put(l, a.title, style{medium, ly.px(titleSize), ly.theme.Ink}, a.plot.cx(), a.base, align{0.5, false}, false)
}
