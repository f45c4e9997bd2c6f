package figure

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"strconv"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// checkOrbit returns an error unless r is what the runs of a scene's orbit diagram came to.
func checkOrbit(r *cpu.Result, o *scenes.Orbit) error {
	switch {
	case r == nil:
		return errors.New(`panel "orbit" of a picture without one`)
	case len(r.Sweep.Over) != 1 || r.N() == 0:
		return fmt.Errorf("an orbit diagram of %d parameters, want 1", len(r.Sweep.Over))
	case palette.Colormap(o.Colormap) == nil:
		return fmt.Errorf("unknown colormap %q", o.Colormap)
	case r.Trajectories == nil || r.Trajectories.Every != 1 || r.Trajectories.Runs != nil:
		return errors.New("an orbit diagram of runs whose last states are not recorded")
	case r.Trajectories.States > o.Last:
		return fmt.Errorf("an orbit diagram of %d states, its result has %d", o.Last, r.Trajectories.States)
	}
	if j, ok := o.Weight(); ok && j >= r.Dim {
		return fmt.Errorf("an orbit diagram of %s, the runs have %d weights", o.Of, r.Dim)
	}
	return nil
}

// orbits are the last states of the runs of an orbit diagram, of which it shows one number.
type orbits struct {
	r      *cpu.Result
	weight int // which one; −1 shows losses
	last   int
}

func newOrbits(r *cpu.Result, o *scenes.Orbit) orbits {
	out := orbits{r: r, weight: -1, last: o.Last}
	if j, ok := o.Weight(); ok {
		out.weight = j
	}
	return out
}

// each calls f for the values of the last states of run i, and how many of them have it. A
// run that has converged stays where it is; one that has diverged is nowhere.
func (o orbits) each(i int, f func(v float64, states int)) {
	if o.r.Status[i] == cpu.Diverged {
		return
	}
	t, dim := o.r.Trajectories, o.r.Dim
	left := o.last
	for c := range t.States {
		at := i*t.States + c
		v := t.Loss[at]
		if o.weight >= 0 {
			v = t.W[at*dim+o.weight]
		}
		if scale.Finite(v) {
			f(v, 1)
			left--
		}
	}
	if o.r.Status[i] != cpu.Converged || left <= 0 {
		return
	}
	v := o.r.Loss[i]
	if o.weight >= 0 {
		v = o.r.W[i*dim+o.weight]
	}
	if scale.Finite(v) {
		f(v, left)
	}
}

// orbitRoom is which share of the range of the values is left free above and below.
const orbitRoom = 0.03

// scale returns the vertical scale, which holds all values.
func (o orbits) scale() *scale.Scale {
	lo, hi := math.Inf(1), math.Inf(-1)
	for i := range o.r.N() {
		o.each(i, func(v float64, _ int) { lo, hi = min(lo, v), max(hi, v) })
	}
	if lo > hi {
		return scale.NewLinear(0, 1)
	}
	room := orbitRoom * (hi - lo)
	if room < 1e-9*max(math.Abs(lo), math.Abs(hi)) || room == 0 {
		room = max(0.1*math.Abs(hi), 0.1)
	}
	return scale.NewLinear(lo-room, hi+room)
}

// orbitShades returns the colours of shares of a run's states, on a theme's ground: what
// many states share is dark on a light ground and light on a dark one, and what one has
// stands out from it.
func orbitShades(o *scenes.Orbit, light bool) shades {
	s := shades{Scale: scale.NewLog(1/float64(o.Last), 1), colors: palette.Colormap(o.Colormap)}
	if s.from, s.to = 0.35, 1; light {
		s.from, s.to = 0.82, 0.05
	}
	return s
}

// isLight reports whether a theme has dark ink on a light ground.
func isLight(t *palette.Theme) bool { return t.Paper.G > t.Ink.G }

// mostOrbitRows is how many rows the picture of an orbit diagram has at most.
const mostOrbitRows = 4096

// PaintOrbit paints the runs of an orbit diagram over a plot of nx by ny pixels, of whose
// columns each is of one value or of several. It returns before if that is what it would
// paint; before may be nil.
func PaintOrbit(r *cpu.Result, o *scenes.Orbit, vertical *scale.Scale, nx, ny int, theme *palette.Theme, before *Cells) *Cells {
	nx, ny = min(max(nx, 1), r.N()), min(max(ny, 1), mostOrbitRows)
	look := [4]string{o.Of, o.Colormap, strconv.Itoa(o.Last), fmt.Sprint(theme.Paper)}
	if before != nil && before.of == r && before.look == look && before.NX == nx && before.NY == ny {
		return before
	}
	c := &Cells{of: r, look: look, NX: nx, NY: ny, Pix: make([]byte, 4*nx*ny)}
	colors := orbitShades(o, isLight(theme))
	c.scale = colors.Scale
	newOrbits(r, o).columns(vertical, nx, ny, func(x int, shares []float64) {
		for y, share := range shares {
			paint := color.RGBA(theme.Paper)
			if share > 0 {
				paint = colors.at(colors.To(share))
			}
			copy(c.Pix[4*(y*nx+x):], []byte{paint.R, paint.G, paint.B, 255})
		}
	})
	return c
}

// columns calls f for each column of a plot of nx by ny pixels with the shares of the last
// states of its runs that lie in its pixels, the lowest first.
func (o orbits) columns(vertical *scale.Scale, nx, ny int, f func(x int, shares []float64)) {
	shares := make([]float64, ny)
	for x := range nx {
		clear(shares)
		first, end := x*o.r.N()/nx, (x+1)*o.r.N()/nx
		for i := first; i < end; i++ {
			o.each(i, func(v float64, n int) {
				shares[min(max(int(vertical.Unit(v)*float64(ny)), 0), ny-1)] += float64(n)
			})
		}
		for y := range shares {
			shares[y] /= float64(o.last * (end - first))
		}
		f(x, shares)
	}
}

// OrbitPlot is an orbit diagram as numbers.
type OrbitPlot struct {
	Lo, Hi float64 // ends of the vertical axis, which holds all values
	NX, NY int
	Shares []float64 // of the last states of a column's runs, NY by NX, row by row from the lowest; 0: none is there

	Least float64               // share of a single state, whose colour is that of the scale's lower end
	Ends  map[string][2]float64 // by theme: places in the colour map of the ends of the scale, which is logarithmic
}

// PlotOrbit returns the orbit diagram of a scene whose runs came to r, in as many columns as
// there are runs, but nx at most, and ny rows.
func PlotOrbit(r *cpu.Result, o *scenes.Orbit, nx, ny int) (*OrbitPlot, error) {
	if err := checkOrbit(r, o); err != nil {
		return nil, err
	}
	states := newOrbits(r, o)
	vertical := states.scale()
	out := &OrbitPlot{NX: min(nx, r.N()), NY: ny, Least: 1 / float64(o.Last), Ends: map[string][2]float64{}}
	out.Lo, out.Hi = vertical.Ends()
	out.Shares = make([]float64, out.NX*out.NY)
	states.columns(vertical, out.NX, out.NY, func(x int, shares []float64) {
		for y, share := range shares {
			out.Shares[y*out.NX+x] = share
		}
	})
	for name, light := range map[string]bool{"light": true, "dark": false} {
		s := orbitShades(o, light)
		out.Ends[name] = [2]float64{s.from, s.to}
	}
	return out, nil
}

// orbitView is the panel of an orbit diagram. The scene's runs are points in the columns of
// their parameter.
type orbitView struct {
	*axes
	runs     []*run
	param    string
	weight   int // that it shows; −1 shows losses
	sideways scale.ParamCells
	vertical *scale.Scale
	share    shades
	barName  string
	stable   *stableLine
}

// orbitBarName returns what stands beside the colour bar of an orbit diagram.
func orbitBarName(s *scenes.Scene) string {
	return scenes.Fill(s.Labels.Legend.Share, "n", s.Labels.Whole(s.Orbit.Last))
}

func openOrbit(f *Figure, i int, p Panel) (view, error) {
	s, over := f.Scene, &f.Orbit.Sweep.Over[0]
	states := newOrbits(f.Orbit, &s.Orbit)
	o := &orbitView{
		runs: f.runsOf(i), param: over.Name, weight: states.weight, sideways: scale.NewParamCells(over), vertical: states.scale(),
		share: orbitShades(&s.Orbit, isLight(f.Theme)), barName: orbitBarName(s),
	}
	if s.Orbit.Stability {
		o.stable = newStableLine(f.OrbitStable, s, &f.Orbit.Sweep)
	}
	o.axes = newAxes(p, f.titleOf(i), s.ParamTitle(over.Name), s.OrbitTitle(), o.sideways, o.vertical, &f.Layout)
	o.beside = func(plot display.Rectangle) float64 { return barWide(&f.Layout, plot, o.share.Scale, o.barName) }
	if f.Medium.Pixels {
		n := len(over.Values)
		o.part = func(room display.Rectangle) display.Rectangle { return wholeCells(room, n, 1) }
	}
	return o, nil
}

// Rows of the picture of an orbit diagram that is printed on paper, and its columns at
// most.
const paperOrbit, paperOrbitColumns = 900, 1600

// orbitPixels returns how many pixels the picture of an orbit diagram has in a plot.
func orbitPixels(m Medium, plot display.Rectangle) (nx, ny int) {
	if m.Pixels {
		return int(plot.W()), int(plot.H())
	}
	return paperOrbitColumns, paperOrbit
}

func (o *orbitView) lay(f *Figure, i int, left float64) {
	o.axes.lay(f, i, left)
	nx, ny := orbitPixels(f.Medium, o.plot)
	f.OrbitCells = PaintOrbit(f.Orbit, &f.Scene.Orbit, o.vertical, nx, ny, f.Theme, f.OrbitCells)
}

func (o *orbitView) static(l *display.List, f *Figure) {
	l.Slot(display.KindMap, o.plot, 0)
	if o.stable != nil {
		o.stable.draw(l, &f.Layout, o.plot, o.stable.lr.Unit)
	}
	o.draw(l, &f.Layout)
	o.share.bar(l, &f.Layout, o.plot, o.barName)
}

// orbitTrail is how many states of a run are seen at most.
const orbitTrail = 400

// frame lists the runs: their last states as far as their trails are seen, and where they
// are.
func (o *orbitView) frame(l *display.List, f *Figure, k int) {
	radius := f.AtLeast(DotSize, 4) / 2 * 0.85
	for i := len(o.runs) - 1; i >= 0; i-- {
		run := o.runs[i]
		v, ok := run.t.Run.Param(o.param)
		if !ok {
			continue
		}
		u, ok := o.sideways.Find(v)
		if !ok {
			continue
		}
		x, now := o.plot.X0+u*o.plot.W(), run.reached(k)
		trail := orbitTrail
		if f.Scene.Path.Trail > 0 {
			trail = min(trail, f.Scene.Path.Trail)
		}
		l.Within(o.plot, func() {
			for j := max(0, now-trail+1); j < now; j++ {
				faded := 1 - 0.85*float64(now-j)/float64(trail)
				l.Disc(x, o.y(o.value(run, float64(j))), 0.45*radius, 0, palette.WithAlpha(run.color, faded))
			}
		})
		f.dot(l, o.plot, x, o.y(o.value(run, run.at(k))), radius, run.color)
	}
}

// value returns what the diagram shows of a run after some updates, on the way to the next
// if they are not whole.
func (o *orbitView) value(run *run, updates float64) float64 {
	of := func(k int) float64 {
		if j := o.weight; j >= 0 {
			return run.t.At(k)[j]
		}
		return run.t.Loss[k]
	}
	k := int(updates)
	v := of(k)
	if share := updates - float64(k); share > 0 {
		v += share * (of(k+1) - v)
	}
	return v
}

func (o *orbitView) pick(*Hit, *Figure, display.Point) {}

func (o *orbitView) probe(*display.List, *Figure, *Reading) {}
