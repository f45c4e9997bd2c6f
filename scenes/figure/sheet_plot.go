package figure

import (
	"image/color"
	"math"
	"slices"

	"losscape/cpu"
	"losscape/scenes/display"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// points are the runs of a sweep over one parameter: a quantity of each, coloured by how
// they end.
type points struct {
	r     Runs
	param scale.ParamCells
	value func(i int) float64 // NaN of runs without one
	strip bool                // they are there, in a strip at the top
	zero  bool                // the side of 0 tells two kinds of runs apart
}

// inset is a ruler whose ends lie off those of the plot.
type inset struct {
	ruler
	from, to float64
}

func (a inset) Unit(v float64) float64 { return a.from + a.ruler.Unit(v)*(a.to-a.from) }

// Sizes of a plot in ems.
const (
	plotInset = 0.9 // between its frame and the runs
	plotStrip = 2.0 // of runs without a value
)

func (sh *Sheet) openPlot(r Runs, q cpu.Quantity) error {
	sh.size(plotWidth, plotHeight, plotEm, paperPlot)
	value := valueOf(r, q)
	sorted := sortedValues(r.N(), value)
	kind := sh.scene.Map.Scale
	if kind == scale.Auto {
		if kind = scale.OfQuantity(kind, q.Spread, sorted).Kind; kind == scale.Rank {
			kind = scale.Log
		}
	}
	sh.scale = widened(scale.New(kind, sorted))
	over := &sh.sweep.Over[0]
	sh.points = &points{r, scale.NewParamCells(over), value, len(sorted) < r.N(), q.Spread == cpu.Signed}

	em := sh.tickStyle().Size
	dx, dy, above := plotInset*em/sh.Plot.W(), plotInset*em/sh.Plot.H(), 0.0
	if sh.points.strip {
		above = plotStrip * em / sh.Plot.H()
	}
	x, y := inset{sh.points.param, dx, 1 - dx}, inset{sh.scale, dy, 1 - dy - above}
	sh.axes = newAxes(sh.panel(), "", sh.scene.ParamTitle(over.Name), sh.Labels.Quantity[q.Name], x, y, &sh.Layout)
	return nil
}

// widened returns a scale with some room around a single value.
func widened(s *scale.Scale) *scale.Scale {
	if s.B > s.A {
		return s
	}
	room := max(math.Abs(s.A)/2, 0.5)
	return scale.NewLinear(s.A-room, s.A+room)
}

// radius returns the radius of a point, in ems of the plot.
func (p *points) radius() float64 {
	switch n := p.r.N(); {
	case n <= 64:
		return 0.27
	case n <= 300:
		return 0.18
	case n <= 2000:
		return 0.14
	}
	return 0.09
}

// draw draws the runs, those of the rarest statuses last. One that would cover another of
// its colour to a fraction of its size is left out.
func (p *points) draw(l *display.List, sh *Sheet) {
	em := sh.tickStyle().Size
	radius := max(p.radius()*em, sh.Medium.Hair*0.7)
	n := statusCounts(p.r)
	order := cpu.Statuses()
	slices.SortStableFunc(order, func(a, b cpu.Status) int { return n[b] - n[a] })
	type place struct {
		x, y  int
		color color.RGBA
	}
	status, period := endOf(p.r)
	drawn := map[place]bool{}
	if y := sh.axes.y(0); p.zero && y > sh.Plot.Y0 && y < sh.Plot.Y1 {
		lo, hi := sh.hairline(y, sh.Line(AxisWidth))
		l.Rect(display.Rect(sh.Plot.X0, lo, sh.Plot.X1, hi), 0, sh.Theme.Ink)
	}
	for _, st := range order {
		for i := range p.r.N() {
			if status(i) != st {
				continue
			}
			v := p.value(i)
			x, y, c := sh.axes.x(p.param.At(i)), 0.0, palette.PeriodColor(st, period(i))
			if scale.Finite(v) {
				y = sh.axes.y(v)
			} else if st != cpu.Diverged {
				c = palette.NotFiniteColor
			}
			at := place{int(math.Floor(8 * x / radius)), int(math.Floor(8 * y / radius)), c}
			switch {
			case drawn[at]:
			case scale.Finite(v):
				l.Disc(x, y, radius, 0, color.NRGBA(c))
			default:
				l.Rect(display.Rect(x-radius/2, sh.Plot.Y0+0.5*em, x+radius/2, sh.Plot.Y0+1.5*em), 0, color.NRGBA(c))
			}
			drawn[at] = true
		}
	}
}
