package figure

import (
	"cmp"
	"image/color"
	"math"
	"slices"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/scale"
)

// stableLine is where runs become unstable at their minimum, on a plot one of whose sides
// is the learning rate.
type stableLine struct {
	rates  *cpu.StableRates
	across bool // the learning rate is the horizontal side
	lr     scale.ParamCells
	other  scale.ParamCells // of two parameters
	alone  bool             // there is no other
	edge   string           // what is on the line: "2/λ"
}

// Sizes of the line and its label, in points.
const (
	stableWidth = 1.0
	stableGap   = 4.0 // from the line to the letters
	stablePad   = 2.0 // around them on their plate
)

// Over a map the line lies over any colours: it is dark with light rims. Over a plot of its
// own it has the colour of the axes.
var (
	stableInk = color.NRGBA{0, 0, 0, 255}
	stableRim = color.NRGBA{255, 255, 255, 235}
)

// newStableLine returns the line of a sweep's runs; nil if there is none.
func newStableLine(rates *cpu.StableRates, s *scenes.Scene, w *cpu.Sweep) *stableLine {
	if rates == nil {
		return nil
	}
	m := &stableLine{rates: rates, lr: scale.NewParamCells(&w.Over[rates.Rate]), across: rates.Rate == 0, alone: len(w.Over) == 1, edge: s.Labels.Edge(w.Base.Optimizer)}
	if m.lr.List {
		return nil // its values have places, and those between have none
	}
	if !m.alone {
		m.other = scale.NewParamCells(&w.Over[1-rates.Rate])
	}
	return m
}

// points returns the line over a plot; place returns where a learning rate lies along its
// side, 0 to 1.
func (m *stableLine) points(plot display.Rectangle, place func(lr float64) float64) []display.Vertex {
	var line []display.Vertex
	put := func(u, lr float64) {
		x := math.NaN()
		if lr > 0 {
			x = place(lr)
		}
		v := display.Vertex{X: plot.X0 + x*plot.W(), Y: plot.Y1 - u*plot.H()}
		if !m.across {
			v = display.Vertex{X: plot.X0 + u*plot.W(), Y: plot.Y1 - x*plot.H()}
		}
		line = append(line, v)
	}
	n := len(m.rates.LR)
	if m.alone {
		put(0, m.rates.LR[0])
		put(1, m.rates.LR[0])
		return line
	}
	ends := [2]float64{0, 1}
	first, last := m.other.Unit(m.other.At(m.rates.At[0])), m.other.Unit(m.other.At(m.rates.At[n-1]))
	if first > last {
		ends[0], ends[1] = 1, 0
	}
	put(ends[0], m.rates.LR[0])
	for k, at := range m.rates.At {
		put(m.other.Unit(m.other.At(at)), m.rates.LR[k])
	}
	put(ends[1], m.rates.LR[n-1])
	return line
}

// draw draws the line and its label.
func (m *stableLine) draw(l *display.List, ly *Layout, plot display.Rectangle, place func(lr float64) float64) {
	line := m.points(plot, place)
	width := ly.AtLeast(stableWidth, 1)
	l.Within(plot, func() {
		if m.alone {
			l.Line(line, 1.2*width, ly.Theme.Ink)
			return
		}
		l.Line(line, 2.4*width, stableRim)
		l.Line(line, width, stableInk)
	})
	m.label(l, ly, plot, seen(line, plot))
}

// seen returns places on a line that a plot shows, near one another.
func seen(line []display.Vertex, plot display.Rectangle) (places []display.Point) {
	const parts = 48
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		for k := range parts {
			t := (float64(k) + 0.5) / parts
			if p := display.Pt(a.X+t*(b.X-a.X), a.Y+t*(b.Y-a.Y)); plot.Contains(p) {
				places = append(places, p)
			}
		}
	}
	return places
}

// label writes what the line is beside it, clear of it, as near as can be to its end
// upwards or to the right; nowhere where there is no such place, as in a thumbnail.
func (m *stableLine) label(l *display.List, ly *Layout, plot display.Rectangle, places []display.Point) {
	if empty(m.edge) {
		return
	}
	st := ly.tickStyle()
	st.Size, st.Color = ly.quarter(0.9*st.Size), stableInk
	pad, gap := stablePad*ly.Pt, stableGap*ly.Pt
	w, h := ly.Width(m.edge, st)+4*pad, 1.15*st.Size+pad
	slices.SortStableFunc(places, func(a, b display.Point) int {
		if m.across {
			return cmp.Compare(a.Y, b.Y)
		}
		return cmp.Compare(b.X, a.X)
	})
	room := plot.Inset(gap)
	for _, at := range places {
		sides := [2]display.Rectangle{
			display.Rect(at.X+gap, at.Y, at.X+gap+w, at.Y+h), display.Rect(at.X-gap-w, at.Y, at.X-gap, at.Y+h),
		}
		if !m.across {
			sides = [2]display.Rectangle{
				display.Rect(at.X-w, at.Y-gap-h, at.X, at.Y-gap), display.Rect(at.X-w, at.Y+gap, at.X, at.Y+gap+h),
			}
		}
		for _, box := range sides {
			near := box.Inset(-gap / 2)
			if box.Union(room) != room || slices.ContainsFunc(places, near.Contains) {
				continue
			}
			l.Rect(box, pad, stableRim)
			l.Text(m.edge, st, box.CX(), box.CY(), display.MiddleCentre, false)
			return
		}
	}
}
