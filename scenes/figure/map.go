package figure

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"runtime/debug"
	"slices"
	"strconv"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// checkMap returns an error unless the map can be drawn.
func (p *Content) checkMap() error {
	m := &p.Scene.Map
	q, unknown := cpu.LookupQuantity(m.Of)
	switch {
	case p.Zoom != nil:
		return nil
	case p.Map == nil:
		return errors.New(`panel "map" of a picture without a map`)
	case len(p.Map.Sweep.Over) != 2:
		return fmt.Errorf("a map of %d axes, want 2", len(p.Map.Sweep.Over))
	case palette.Colormap(m.Palette()) == nil:
		return fmt.Errorf("unknown colormap %q", m.Colormap)
	case unknown != nil:
		return unknown
	case q.Of(p.Map) == nil:
		return fmt.Errorf("a map of %s whose result has none", m.Of)
	}
	nx, ny := len(p.Map.Sweep.Over[0].Values), len(p.Map.Sweep.Over[1].Values)
	if n := p.Map.N(); nx*ny != n || n == 0 {
		return fmt.Errorf("a map of %d x %d runs, its result has %d", nx, ny, n)
	}
	return nil
}

// Cells are the colours of a map's runs.
type Cells struct {
	NX, NY int
	Pix    []byte // RGBA, row by row from the lower left run

	of       *cpu.Result
	look     [4]string    // quantity, scale, colour map and words
	scale    *scale.Scale // of the quantity; nil if it has a colour for each value
	swatches []Swatch
}

// Swatch is a colour of a map that no scale has, and what it means.
type Swatch struct {
	Text  string
	Color color.NRGBA
	Runs  int // that have it
}

// Scale returns the scale of the colours; nil if each value has one of its own.
func (c *Cells) Scale() *scale.Scale { return c.scale }

// Swatches returns what there is to explain besides the scale, in the order of a key.
func (c *Cells) Swatches() []Swatch { return slices.Clone(c.swatches) }

// Image returns the runs as an image of a pixel for each, the uppermost row first. Its pixels are c's.
func (c *Cells) Image() image.Image { return upright{c} }

// upright is cells as an image: a copy of those of a large map would take as much memory as they do.
type upright struct{ *Cells }

func (m upright) ColorModel() color.Model { return color.NRGBAModel }
func (m upright) Bounds() image.Rectangle { return image.Rect(0, 0, m.NX, m.NY) }

func (m upright) At(x, y int) color.Color { return m.NRGBAAt(x, y) }

// NRGBAAt is as of image.NRGBA: a color.Color for each run would be as much garbage as the runs take.
func (m upright) NRGBAAt(x, y int) color.NRGBA {
	p := m.Pix[4*((m.NY-1-y)*m.NX+x):][:4]
	return color.NRGBA{p[0], p[1], p[2], p[3]}
}

// Runs are the runs of a sweep, by their numbers from 0, wherever it is kept what they came to. Its
// functions of a run's number need only be fast where numbers rise. A *cpu.Result has all of it in memory.
type Runs interface {
	N() int
	Quantity(q cpu.Quantity) func(i int) float64 // nil if they do not have it
	ExponentError() func(i int) float64          // see cpu.ExponentError
}

// endOf returns how each run ends, and the period of those that are periodic.
func endOf(r Runs) (status func(i int) cpu.Status, period func(i int) int32) {
	of := func(name string) func(i int) float64 {
		q, _ := cpu.LookupQuantity(name) // all sweeps have these two
		return r.Quantity(q)
	}
	s, p := of("status"), of("period")
	return func(i int) cpu.Status { return cpu.Status(s(i)) }, func(i int) int32 { return int32(p(i)) }
}

// PaintCells paints the runs of a map as a scene says. It returns before if that is what
// that shows; before may be nil.
func PaintCells(r *cpu.Result, s *scenes.Scene, before *Cells) (*Cells, error) {
	m := &s.Map
	look := [4]string{m.Of, m.Scale, m.Palette(), fmt.Sprint(s.Labels.Status, s.Labels.Legend)}
	if before != nil && before.of == r && before.look == look {
		return before, nil
	}
	c, err := paintCells(r, &r.Sweep, s)
	if err == nil {
		c.of, c.look = r, look
	}
	return c, err
}

// manyRuns is from how many runs on memory counts more than the milliseconds that it takes to give it back.
const manyRuns = 1 << 20

// paintCells paints the runs of a map of a sweep.
func paintCells(r Runs, of *cpu.Sweep, s *scenes.Scene) (*Cells, error) {
	q, err := cpu.LookupQuantity(s.Map.Of)
	if err != nil {
		return nil, err
	}
	c := &Cells{NX: len(of.Over[0].Values), NY: len(of.Over[1].Values)}
	var paint func(i int) color.RGBA
	paint, c.scale, c.swatches = painter(r, &s.Map, &s.Labels, q, nil)
	if r.N() > manyRuns {
		debug.FreeOSMemory() // the values that the scale was found by take as much as the colours and a page of them
	}
	c.Pix = make([]byte, 4*c.NX*c.NY)
	for i := range c.NX {
		for j := range c.NY {
			p := paint(i*c.NY + j)
			copy(c.Pix[4*(j*c.NX+i):], []byte{p.R, p.G, p.B, 255})
		}
	}
	return c, nil
}

// painter returns the colour of each run of a map, its scale where it has one, and
// what else there is to explain. The scale is by, or that of the runs if by is nil.
func painter(r Runs, m *scenes.Map, labels *scenes.Labels, q cpu.Quantity, by *scale.Scale) (paint func(i int) color.RGBA, s *scale.Scale, swatches []Swatch) {
	status, period := endOf(r)
	if q.Spread == cpu.Apart {
		byPeriod := q.Kind == cpu.Whole
		swatches = endSwatches(r, labels, byPeriod)
		if !byPeriod {
			return func(i int) color.RGBA { return palette.StatusColors[status(i)] }, nil, swatches
		}
		return func(i int) color.RGBA { return palette.PeriodColor(status(i), period(i)) }, nil, swatches
	}
	value := valueOf(r, q)
	finite := 0
	if s = by; s == nil {
		sorted := sortedValues(r.N(), value)
		s, finite = scaleOf(m, q, sorted), len(sorted)
	} else {
		for i := range r.N() {
			if scale.Finite(value(i)) {
				finite++
			}
		}
	}
	goneColor, noneColor := palette.NoValue(m.Palette())
	diverged := statusCounts(r)[cpu.Diverged]
	if diverged > 0 {
		swatches = append(swatches, Swatch{labels.StatusText(cpu.Diverged), color.NRGBA(goneColor), diverged})
	}
	rest := r.N() - diverged - finite
	if s.Kind == scale.Signed {
		rest -= least(r, value)
	}
	if rest > 0 {
		swatches = append(swatches, Swatch{labels.Legend.NotFinite, color.NRGBA(noneColor), rest})
	}
	colors := newShades(s, m.Palette())
	zero := func(int) float64 { return -1 }
	if s.Kind == scale.Signed {
		zero = r.ExponentError()
	}
	return func(i int) color.RGBA {
		v := value(i)
		switch {
		case status(i) == cpu.Diverged:
			return goneColor
		case math.Abs(v) <= zero(i):
			return palette.MarkusZero
		case !scale.Finite(v) && !(s.Kind == scale.Signed && math.IsInf(v, -1)):
			return noneColor
		}
		return colors.at(s.To(v))
	}, s, swatches
}

// scaleOf returns the scale of a map's colours for a quantity's finite values in ascending
// order.
func scaleOf(m *scenes.Map, q cpu.Quantity, sorted []float64) *scale.Scale {
	if m.Palette() == scenes.MarkusColormap {
		return scale.NewSigned(sorted)
	}
	return scale.OfQuantity(m.Scale, q.Spread, sorted)
}

// least counts the runs whose value is −∞: an exponent where nothing is left of a
// tangent. They have the colour of the least.
func least(r Runs, value func(i int) float64) (n int) {
	for i := range r.N() {
		if math.IsInf(value(i), -1) {
			n++
		}
	}
	return n
}

// valueOf returns a quantity of each run, NaN of those that have diverged.
func valueOf(r Runs, q cpu.Quantity) func(i int) float64 {
	of := r.Quantity(q)
	status, _ := endOf(r)
	return func(i int) float64 {
		if status(i) == cpu.Diverged {
			return math.NaN()
		}
		return of(i)
	}
}

// sortedValues returns the finite ones of n values in ascending order.
func sortedValues(n int, value func(i int) float64) []float64 {
	sorted := make([]float64, 0, n)
	for i := range n {
		if v := value(i); scale.Finite(v) {
			sorted = append(sorted, v)
		}
	}
	slices.Sort(sorted)
	return sorted
}

// statusCounts counts the runs by status.
func statusCounts(r Runs) (n [cpu.StatusCount]int) {
	status, _ := endOf(r)
	for i := range r.N() {
		n[status(i)]++
	}
	return n
}

// endSwatches explains the colours of how runs end, by their periods in place of the
// periodic status's colour or not.
func endSwatches(r Runs, labels *scenes.Labels, byPeriod bool) (out []Swatch) {
	n := statusCounts(r)
	for _, st := range cpu.Statuses() {
		switch {
		case n[st] == 0:
		case st == cpu.Periodic && byPeriod:
			out = append(out, periodSwatches(r, labels)...)
		default:
			out = append(out, Swatch{labels.StatusText(st), color.NRGBA(palette.StatusColors[st]), n[st]})
		}
	}
	return out
}

// periodSwatches explains the colours of all periods that runs have.
func periodSwatches(r Runs, labels *scenes.Labels) (out []Swatch) {
	var n [cpu.MaxPeriod + 1]int
	status, period := endOf(r)
	for i := range r.N() {
		if status(i) == cpu.Periodic {
			n[period(i)]++
		}
	}
	others := 0
	for p, runs := range n {
		c, known := palette.PeriodColors[int32(p)]
		switch {
		case runs == 0:
		case known:
			out = append(out, Swatch{scenes.Fill(labels.Legend.Period, "n", strconv.Itoa(p)), color.NRGBA(c), runs})
		default:
			others += runs
		}
	}
	if others > 0 {
		out = append(out, Swatch{labels.Legend.Others, color.NRGBA(palette.OtherPeriodColor), others})
	}
	return out
}

// mapView is the panel of a map: a run is one pixel, or a block of them, and never
// mixed with another. The scene's runs are rings at their parameters.
type mapView struct {
	*axes
	runs              []*run
	cells             *Cells
	over              []cpu.Param
	rightward, upward scale.ParamCells
	barName           string
	steady            bool // the plot stays in its place from one map to another
	stable            *stableLine
}

// mapBarName returns what stands beside the colour bar of a map's panel: its quantity,
// unless the title says that already.
func mapBarName(s *scenes.Scene, p scenes.Panel) string {
	q := s.Labels.Quantity[s.Map.Of]
	if s.PanelTitle(p) == q {
		return ""
	}
	return q
}

func openMap(f *Figure, i int, p Panel) (view, error) {
	if f.Zoom != nil {
		return openZoom(f, i, p)
	}
	var err error
	if f.Cells, err = PaintCells(f.Map, f.Scene, f.Cells); err != nil {
		return nil, err
	}
	over := f.Map.Sweep.Over
	x, y := scale.NewParamCells(&over[0]), scale.NewParamCells(&over[1])
	a := newAxes(p, f.titleOf(i), f.Scene.ParamTitle(over[0].Name), f.Scene.ParamTitle(over[1].Name), x, y, &f.Layout)
	m := &mapView{
		axes: a, runs: f.runsOf(i), cells: f.Cells, over: over, rightward: x, upward: y,
		barName: mapBarName(f.Scene, f.Scene.Film.Panels[i]),
	}
	if f.Scene.Map.Stability {
		m.stable = newStableLine(f.Stable, f.Scene, &f.Map.Sweep)
	}
	m.beside = func(plot display.Rectangle) float64 { return m.keyWide(&f.Layout, plot) }
	if f.Medium.Pixels {
		cells := [2]int{len(over[0].Values), len(over[1].Values)}
		if f.Steady != [2]int{} {
			m.steady, cells = true, f.Steady
		}
		m.part = func(room display.Rectangle) display.Rectangle { return wholeCells(room, cells[0], cells[1]) }
	}
	return m, nil
}

// left returns the room left of the plot. Where a person zooms it is the same for all labels
// that axes are likely to have, so that the plot stays where it is.
func (m *mapView) left(ly *Layout) float64 {
	need := m.axes.left(ly)
	if m.steady {
		need = max(need, m.nameRoom(ly)+ly.wholeLetters(steadyLabel*digitWidth*TickSize*ly.Pt))
	}
	return need
}

// steadyLabel is the number of characters of labels that do not move a plot: scale.Marks
// shortens longer ones, but for a sign.
const steadyLabel = 7

// wholeCells returns what a map of nx by ny runs takes of its room: if it may be so, so
// much that every run has the same number of whole pixels.
func wholeCells(room display.Rectangle, nx, ny int) display.Rectangle {
	fit := func(pixels float64, n int) float64 {
		whole := math.Floor(pixels/float64(n)) * float64(n)
		if whole < 0.8*pixels {
			return pixels
		}
		return whole
	}
	room.X1 = room.X0 + fit(room.W(), nx)
	room.Y0 = room.Y1 - fit(room.H(), ny)
	return room
}

func (m *mapView) static(l *display.List, f *Figure) {
	l.Slot(display.KindMap, m.plot, 0)
	if m.stable != nil {
		m.stable.draw(l, &f.Layout, m.plot, m.stable.lr.Unit)
	}
	m.draw(l, &f.Layout)
	m.key(l, f)
	radius := f.AtLeast(DotSize, 4) / 2 * 1.15
	for i := len(m.runs) - 1; i >= 0; i-- {
		run := m.runs[i]
		vx, okx := run.t.Run.Param(m.over[0].Name)
		vy, oky := run.t.Run.Param(m.over[1].Name)
		if !okx || !oky {
			continue
		}
		ux, okx := m.rightward.Find(vx)
		uy, oky := m.upward.Find(vy)
		if okx && oky {
			l.Ring(m.plot.X0+ux*m.plot.W(), m.plot.Y1-uy*m.plot.H(), radius, f.AtLeast(1.1, 1), run.color, f.Theme.Casing)
		}
	}
}

func (m *mapView) frame(*display.List, *Figure, int) {}

func (m *mapView) pick(h *Hit, _ *Figure, q display.Point) {
	if !m.plot.Contains(q) {
		return
	}
	nx, ny := len(m.over[0].Values), len(m.over[1].Values)
	h.OnMap = true
	h.ShareX, h.ShareY = (q.X-m.plot.X0)/m.plot.W(), (m.plot.Y1-q.Y)/m.plot.H()
	h.CellX, h.CellY = min(int(h.ShareX*float64(nx)), nx-1), min(int(h.ShareY*float64(ny)), ny-1)
	h.Wide, h.High = int(m.plot.W()), int(m.plot.H())
}

func (m *mapView) probe(*display.List, *Figure, *Reading) {}

// keyLine is the distance of the lines of a map's key, in ems, where there is room.
const keyLine = 1.5

// keyStyle returns the style of the texts of a map's key that explain single colours,
// and the distance of their lines: all have room beside a plot, and half of it where
// there is a colour bar, too.
func (m *mapView) keyStyle(ly *Layout, plot display.Rectangle) (st display.Style, step float64) {
	st = ly.tickStyle()
	n := float64(len(m.cells.swatches))
	room := plot.H()
	if m.cells.scale != nil {
		room /= 2
	}
	step = min(keyLine*st.Size, room/max(1, n))
	st.Size = ly.quarter(min(st.Size, step/labelStep))
	return st, step
}

// keyWide returns how wide the key of a map is beside a plot, with its gap.
func (m *mapView) keyWide(ly *Layout, plot display.Rectangle) float64 {
	st, _ := m.keyStyle(ly, plot)
	wide := 0.0
	for _, e := range m.cells.swatches {
		wide = max(wide, ly.Width(e.Text, st))
	}
	wide = min(wide, labelShare*m.cell.W())
	wide = ly.wholeLetters(wide) + barSpace*ly.Pt
	if m.cells.scale != nil {
		wide = max(wide, barWide(ly, m.bar(ly, plot), m.cells.scale, m.barName))
	}
	return wide
}

// bar returns the plot without the height that the rest of the key takes below a colour
// bar.
func (m *mapView) bar(ly *Layout, plot display.Rectangle) display.Rectangle {
	if n := float64(len(m.cells.swatches)); n > 0 {
		st, step := m.keyStyle(ly, plot)
		plot.Y1 = ly.Round(plot.Y1 - n*step - 0.35*st.Size)
	}
	return plot
}

// key explains the colours of a map, to the right of its plot.
func (m *mapView) key(l *display.List, f *Figure) {
	ly, c, plot := &f.Layout, m.cells, m.plot
	st, step := m.keyStyle(ly, plot)
	x0 := ly.Round(plot.X1 + BarGap*ly.Pt)
	side := ly.Round(BarWidth * ly.Pt * st.Size / ly.tickStyle().Size)
	y := plot.Y0
	if c.scale != nil {
		newShades(c.scale, f.Scene.Map.Palette()).bar(l, ly, m.bar(ly, plot), m.barName)
		y = plot.Y1 - float64(len(c.swatches))*step
	}
	w := ly.Line(AxisWidth)
	right := m.cell.X1 - cellGap*ly.Pt
	for _, e := range c.swatches {
		at := ly.Whole(display.Rect(x0, y+step-side, x0+side, y+step))
		l.Rect(at, 0, e.Color)
		l.Frame(ly.around(at, w), w, ly.Theme.Ink)
		x := at.X1 + (TickLength+TickGap)*ly.Pt
		l.Text(ly.cut(e.Text, st, right-x), st, x, at.CY(), display.MiddleLeft, false)
		y += step
	}
}
