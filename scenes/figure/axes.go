package figure

import (
	"math"

	"losscape/scenes/display"
	"losscape/scenes/letters"
	"losscape/scenes/scale"
)

// axes are the axes of a flat panel. They are made for the plot that Layout.place
// guesses; lay then puts them around the plot that their labels leave.
type axes struct {
	cell         display.Rectangle
	plot         display.Rectangle
	horizontal   ruler
	vertical     ruler
	across, up   scale.Marks // of either; labels as they are written, empty where there is no room
	upSize       float64     // of the letters of up
	xName, yName string
	title        string
	base         float64
	reach        float64 // how far left of the plot its name is at least

	// beside returns how wide is what stands right of a plot, with its gap; nil for
	// nothing.
	beside func(plot display.Rectangle) float64
	// part returns what of its room the plot takes; nil for all of it.
	part func(room display.Rectangle) display.Rectangle
}

// ruler says where values lie along an axis, 0 to 1, and where its ticks are.
type ruler interface {
	Unit(v float64) float64
	Marks(bins int) scale.Marks
}

func newAxes(p Panel, title, xName, yName string, horizontal, vertical ruler, ly *Layout) *axes {
	a := &axes{
		cell: p.Cell, plot: p.Plot, base: p.Base, title: title, xName: xName, yName: yName,
		horizontal: horizontal, vertical: vertical,
	}
	a.chooseUp(ly)
	a.chooseAcross(ly)
	return a
}

// marks returns the ticks of an axis with labels as they are written.
func marks(r ruler, bins int, ly *Layout) scale.Marks {
	m := r.Marks(bins)
	m.Labels, m.Offset = ly.numbers(m.Labels), ly.Labels.Decimal(m.Offset)
	return m
}

// chooseAcross chooses the ticks of the horizontal axis: as many as there is room for,
// at most ten.
func (a *axes) chooseAcross(ly *Layout) {
	st := ly.tickStyle()
	for bins := 9; bins >= 1; bins-- {
		a.across = marks(a.horizontal, bins, ly)
		need, room := 0.0, math.Inf(1)
		for i, s := range a.across.Labels {
			need = max(need, ly.Width(s, st))
			if i > 0 {
				room = min(room, math.Abs(a.x(a.across.Values[i])-a.x(a.across.Values[i-1])))
			}
		}
		if need+0.8*st.Size < room {
			return
		}
	}
	// Not even the fewest have room: those that have it keep their labels.
	end := math.Inf(-1)
	for i, s := range a.across.Labels {
		w, x := ly.Width(s, st), a.x(a.across.Values[i])
		if x-w/2 < end+0.4*st.Size {
			a.across.Labels[i] = ""
			continue
		}
		end = x + w/2
	}
}

// labelStep is the least distance of tick labels above each other, in ems.
const labelStep = 1.1

// chooseUp chooses the ticks of the vertical axis, and letters that leave most of the
// cell's width to the plot.
func (a *axes) chooseUp(ly *Layout) {
	st := ly.tickStyle()
	a.up = marks(a.vertical, verticalBins(a.plot.H(), st), ly)
	thin(a.up.Labels, func(i int) float64 { return a.y(a.up.Values[i]) }, labelStep*st.Size)
	a.upSize = fitting(widest(a.up.Labels, st, ly), labelShare*a.cell.W(), st, ly)
}

// labelShare is how much of the width of its cell the labels on one side of a plot take
// at most, before their letters become smaller.
const labelShare = 0.28

// smallestShare is how much smaller letters become to fit: less is not read, even
// in a thumbnail.
const smallestShare = 0.6

// fitting returns a size of letters in which text of a width in a style has room.
func fitting(width, room float64, st display.Style, ly *Layout) float64 {
	if width <= room {
		return st.Size
	}
	return ly.quarter(st.Size * max(smallestShare, room/width))
}

// verticalBins returns how many steps between its ticks an axis of a height has room for.
func verticalBins(high float64, st display.Style) int {
	return int(min(9, max(1, high/(2.2*st.Size))))
}

// thin empties labels that are nearer to the last one that stays than a step.
func thin(labels []string, at func(i int) float64, step float64) {
	last := math.Inf(1)
	for i := range labels {
		if math.Abs(last-at(i)) < step {
			labels[i] = ""
		} else {
			last = at(i)
		}
	}
}

// apart returns minor ticks that have room, a line's width and as much between them: all
// of them, else those of 2 and 5, else none.
func apart(minor []float64, at func(v float64) float64, line float64) []float64 {
	room := func(ticks []float64) bool {
		for i := 1; i < len(ticks); i++ {
			if math.Abs(at(ticks[i])-at(ticks[i-1])) < 2*line {
				return false
			}
		}
		return true
	}
	if room(minor) {
		return minor
	}
	var some []float64
	for _, v := range minor {
		a := math.Abs(v)
		if digit := math.Round(a / math.Pow(10, math.Floor(math.Log10(a)+1e-9))); digit == 2 || digit == 5 {
			some = append(some, v)
		}
	}
	if room(some) {
		return some
	}
	return nil
}

// widest returns the width of the widest of some labels.
func widest(labels []string, st display.Style, ly *Layout) (w float64) {
	for _, s := range labels {
		w = max(w, ly.Width(s, st))
	}
	return w
}

// tickStyle returns the style of tick labels and legends.
func (l *Layout) tickStyle() display.Style {
	return display.Style{Weight: letters.Regular, Size: l.Px(TickSize), Color: l.Theme.Ink}
}

// nameStyle returns the style of the names of axes.
func (l *Layout) nameStyle() display.Style {
	return display.Style{Weight: letters.Regular, Size: l.Px(LabelSize), Color: l.Theme.Ink}
}

// wholeLetters rounds a width up to whole digits: labels that change while one zooms
// seldom move the plot.
func (l *Layout) wholeLetters(width float64) float64 {
	digit := digitWidth * TickSize * l.Pt
	return math.Ceil(width/digit-1e-6) * digit
}

// digitWidth is about the width of a digit, in ems.
const digitWidth = 0.6

// left returns the room that the vertical axis needs to the left of the plot, from the
// edge of the cell.
func (a *axes) left(ly *Layout) float64 {
	st := ly.tickStyle()
	st.Size = a.upSize
	return a.nameRoom(ly) + ly.wholeLetters(widest(a.up.Labels, st, ly))
}

// nameRoom returns what left has besides the labels of the ticks.
func (a *axes) nameRoom(ly *Layout) float64 {
	return (MarginSize + LabelSize + LabelGap + TickGap + TickLength) * ly.Pt
}

// lay puts the axes around the plot that their labels leave, with at least so much room
// to the left of it, and tells panel i.
func (a *axes) lay(f *Figure, i int, left float64) {
	ly, room := &f.Layout, a.plot
	room.X0 = max(room.X0, ly.Round(a.cell.X0+left))
	if a.beside != nil {
		room.X1 = min(room.X1, ly.Round(a.cell.X1-MarginSize*ly.Pt-a.beside(room)))
	}
	room.X1 = max(room.X1, room.X0+8)
	for range 3 {
		a.plot = room
		if a.part != nil {
			a.plot = a.part(room)
			a.base = f.Panels[i].Base + a.plot.Y0 - room.Y0 // the title stays near the plot
		}
		a.chooseUp(ly)
		a.chooseAcross(ly)
		over := a.overhang(ly)
		if over <= 0 || over > 0.2*room.W() {
			break
		}
		room.X1 = ly.Round(room.X1 - over - 0.5*ly.Medium.Hair)
	}
	a.keepInside(ly)
	a.xName, a.yName = a.across.Name(a.xName), a.up.Name(a.yName)
	f.Panels[i].Plot, f.Panels[i].Base = a.plot, a.base
}

// overhang returns how far the last label below the plot reaches out of the cell.
func (a *axes) overhang(ly *Layout) float64 {
	over := 0.0
	for i, s := range a.across.Labels {
		over = max(over, a.x(a.across.Values[i])+ly.Width(s, ly.tickStyle())/2-a.cell.X1+cellGap*ly.Pt)
	}
	return over
}

// cellGap is how near text comes to the edge of its cell, in points.
const cellGap = 2.0

// keepInside empties labels below the plot that reach out of the cell.
func (a *axes) keepInside(ly *Layout) {
	inside := a.cell.Inset(cellGap / 2 * ly.Pt)
	for i, s := range a.across.Labels {
		x, w := a.x(a.across.Values[i]), ly.Width(s, ly.tickStyle())
		if x-w/2 < inside.X0 || x+w/2 > inside.X1 {
			a.across.Labels[i] = ""
		}
	}
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
	below := a.drawAcross(l, ly, w)
	beyond := max(a.drawUp(l, ly, w), a.reach)

	margin := MarginSize * ly.Pt
	name := ly.nameStyle()
	text, st, at := ly.fitLine(a.xName, name, a.plot.CX(), a.cell.X0+margin, a.cell.X1-margin)
	l.Text(text, st, at, below+(LabelGap+LabelSize*0.95)*ly.Pt, display.Centre, false)

	// The name upwards stays below the title, whose line may be as long as the cell, and
	// above the other name, where that reaches below it.
	top, bottom := a.base+0.35*TitleSize*ly.Pt, a.cell.Y1-margin
	x := max(a.plot.X0-beyond-(LabelGap+LabelSize*letters.CapHeight/2)*ly.Pt, a.cell.X0+cellGap*ly.Pt+letters.CapHeight/2*name.Size)
	if at-ly.Width(text, st)/2 < x+name.Size {
		bottom = below + LabelGap/2*ly.Pt
	}
	text, st, at = ly.fitLine(a.yName, name, a.plot.CY(), top, bottom)
	l.Upwards(text, st, x, at)

	a.drawTitle(l, ly)
}

// drawTitle writes the title over the plot: beside the top label, not above it, if it
// has room there.
func (a *axes) drawTitle(l *display.List, ly *Layout) {
	st, base, margin := ly.titleStyle(), a.base, MarginSize*ly.Pt
	lo, hi := a.cell.X0+margin, a.cell.X1-margin
	if a.labelNear(base+titleClear*ly.Pt, ly) {
		right := a.plot.X1
		if a.beside != nil {
			right += (BarGap + BarWidth) * ly.Pt
		}
		right = min(right, hi)
		if small := ly.smaller(st); ly.Width(a.title, small) > right-a.plot.X0 {
			st, base = small, base-titleRise*ly.Pt
		} else {
			lo, hi = a.plot.X0, right
		}
	}
	line(l, ly, a.title, st, a.plot.CX(), base, lo, hi)
}

// Of titles above a label: how far below their baselines it begins at least, if it is not
// near, and how much higher they are where it is, in points.
const (
	titleClear = 5.0
	titleRise  = 2.0
)

// drawAcross draws the ticks below the plot, and returns the baseline of their labels.
func (a *axes) drawAcross(l *display.List, ly *Layout, w float64) (below float64) {
	st := ly.tickStyle()
	tick, minor := ly.Round(TickLength*ly.Pt), ly.Round(MinorLength*ly.Pt)
	below = a.plot.Y1 + tick + (TickGap+TickSize*letters.CapHeight)*ly.Pt
	for i, v := range a.across.Values {
		lo, hi := ly.hairline(a.x(v), w)
		l.Rect(display.Rect(lo, a.plot.Y1, hi, a.plot.Y1+tick), 0, ly.Theme.Ink)
		l.Text(a.across.Labels[i], st, a.x(v), below, display.Centre, false)
	}
	for _, v := range apart(a.across.Minor, a.x, w) {
		lo, hi := ly.hairline(a.x(v), w)
		l.Rect(display.Rect(lo, a.plot.Y1, hi, a.plot.Y1+minor), 0, ly.Theme.Ink)
	}
	return below
}

// drawUp draws the ticks left of the plot, and returns how far their labels reach.
func (a *axes) drawUp(l *display.List, ly *Layout, w float64) (beyond float64) {
	st := ly.tickStyle()
	st.Size = a.upSize
	tick, minor := ly.Round(TickLength*ly.Pt), ly.Round(MinorLength*ly.Pt)
	for _, v := range apart(a.up.Minor, a.y, w) {
		lo, hi := ly.hairline(a.y(v), w)
		l.Rect(display.Rect(a.plot.X0-minor, lo, a.plot.X0, hi), 0, ly.Theme.Ink)
	}
	for i, v := range a.up.Values {
		lo, hi := ly.hairline(a.y(v), w)
		l.Rect(display.Rect(a.plot.X0-tick, lo, a.plot.X0, hi), 0, ly.Theme.Ink)
		l.Text(a.up.Labels[i], st, a.plot.X0-tick-TickGap*ly.Pt, a.y(v), display.MiddleRight, false)
	}
	return tick + TickGap*ly.Pt + widest(a.up.Labels, st, ly)
}

// labelNear reports whether a label of the vertical axis reaches above the height y.
func (a *axes) labelNear(y float64, ly *Layout) bool {
	for i, v := range a.up.Values {
		if a.up.Labels[i] != "" && a.y(v)-letters.CapHeight/2*a.upSize < y {
			return true
		}
	}
	return false
}
