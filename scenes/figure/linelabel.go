package figure

import (
	"cmp"
	"image/color"
	"math"
	"slices"

	"losscape/cpu/isoline"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/letters"
	"losscape/scenes/scale"
)

// Sizes of the labels of lines, in points.
const (
	lineLabelSize = 9.5  // of letters
	lineLabelPad  = 2.0  // between the number and the edge of its plate
	lineLabelGap  = 10.0 // between two plates
	lineLabelCell = 1.5  // side of a cell of lineMap
	lineLabelEdge = 24.0 // nearer to the plot's edge is worse
	lineLabelPath = 4.0  // from a plate to the way of a run
	lineLabelStep = 4.0  // from one place to the next that is tried
)

// maxTraced is at how many points a side lines are traced for their labels: in a window
// that is done for each frame of a drag.
const maxTraced = 200

// lineLabel is the loss of a line, written on it.
type lineLabel struct {
	text  string
	style display.Style
	plate display.Rectangle
	color color.NRGBA // of the plate
}

// draw lists the label.
func (b *lineLabel) draw(l *display.List, f *Figure) {
	l.Rect(b.plate, 0.25*b.plate.H(), b.color)
	l.Text(b.text, b.style, b.plate.CX(), b.plate.CY(), display.MiddleCentre, false)
}

// labelLines returns the labels of a panel's lines: at most one on each, where it is long
// and straight, far from the edges, from where runs pass and from other lines, and none
// where there is no such place.
func labelLines(f *Figure, c *contour) ([]lineLabel, error) {
	view := f.Contour(c.index)
	heights, err := view.Heights()
	if err != nil {
		return nil, err
	}
	heights = heights.coarse(maxTraced)
	grid, err := heights.grid(c.plot)
	if err != nil {
		return nil, err
	}
	texts := levelTexts(view, f.Scene.Contour.Levels != nil, &f.Scene.Labels)
	var lines []tracedLine
	for i, level := range view.Lines {
		for _, points := range grid.Lines(level, 0.5*f.tiny()) {
			lines = append(lines, newTracedLine(points, i))
		}
	}
	m := newLineMap(f, c, heights, lines)
	// The longest have their choice first.
	order := make([]int, len(lines))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(lines[j].length(), lines[i].length()) })
	var out []lineLabel
	for _, i := range order {
		level := view.Lines[lines[i].level]
		b := lineLabel{
			text: texts[lines[i].level], color: color.NRGBA(view.colorAt(level)),
			style: display.Style{Weight: letters.Regular, Size: f.quarter(max(lineLabelSize*f.Pt, min(f.Medium.Text, TickSize*f.Pt)))},
		}
		b.style.Color = inkOn(b.color)
		w := f.Width(b.text, b.style) + 2*lineLabelPad*f.Pt
		h := letters.CapHeight*b.style.Size + 2*lineLabelPad*f.Pt
		if plate, ok := m.place(i, w, h); ok {
			b.plate = f.Whole(plate)
			out = append(out, b)
		}
	}
	return out, nil
}

// inkOn returns black or white, which of the two differs more from a colour (relative
// luminance and contrast ratio of WCAG 2.1: both are equal at 0.179).
func inkOn(c color.NRGBA) color.NRGBA {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	if 0.2126*linear(c.R)+0.7152*linear(c.G)+0.0722*linear(c.B) > 0.179 {
		return color.NRGBA{A: 255}
	}
	return color.NRGBA{255, 255, 255, 255}
}

// levelTexts writes the losses of lines: those that the scene states as they are, and of
// others as many digits as tell them apart, on scales of powers and ranks at least three.
func levelTexts(c *Contour, stated bool, labels *scenes.Labels) []string {
	losses := make([]float64, len(c.Lines))
	for i, x := range c.Lines {
		losses[i] = c.Scale.From(x)
	}
	var texts []string
	switch {
	case stated:
		for _, v := range losses {
			texts = append(texts, scale.Rounded(v, 12)) // the scale's rounding errors are smaller
		}
	case c.Scale.Kind == scale.Linear:
		texts = scale.Labels(losses)
	default:
		for digits := 3; digits < 17; digits++ {
			texts = texts[:0]
			for _, v := range losses {
				texts = append(texts, scale.Rounded(v, digits))
			}
			if len(slices.Compact(slices.Clone(texts))) == len(texts) {
				break
			}
		}
	}
	for i := range texts {
		texts[i] = labels.Decimal(texts[i])
	}
	return texts
}

// tracedLine is a line of equal loss in a plot.
type tracedLine struct {
	level  int // index in Contour.Lines
	points []isoline.Point
	way    []float64 // from the line's start to each point
	closed bool
}

func newTracedLine(points []isoline.Point, level int) tracedLine {
	t := tracedLine{level: level, points: points, way: make([]float64, len(points)), closed: points[0] == points[len(points)-1]}
	for k := 1; k < len(points); k++ {
		t.way[k] = t.way[k-1] + math.Hypot(points[k].X-points[k-1].X, points[k].Y-points[k-1].Y)
	}
	return t
}

func (t *tracedLine) length() float64 { return t.way[len(t.way)-1] }

// at returns the point after some way from the start. A closed line goes round.
func (t *tracedLine) at(way float64) isoline.Point {
	if t.closed {
		way -= math.Floor(way/t.length()) * t.length()
	}
	k, _ := slices.BinarySearch(t.way, way)
	k = min(max(k, 1), len(t.way)-1)
	p, q := t.points[k-1], t.points[k]
	share := 0.0
	if d := t.way[k] - t.way[k-1]; d > 0 {
		share = min(max((way-t.way[k-1])/d, 0), 1)
	}
	return isoline.Point{X: p.X + share*(q.X-p.X), Y: p.Y + share*(q.Y-p.Y)}
}

// apart returns how far two places of a line are from each other along it.
func (t *tracedLine) apart(a, b float64) float64 {
	d := math.Abs(a - b)
	if t.closed {
		d = min(d, t.length()-d)
	}
	return d
}

// lineMap says what lies where in a plot, in small square cells.
type lineMap struct {
	plot    display.Rectangle
	pt      float64 // units in a point
	heights *Heights
	lines   []tracedLine
	taken   []display.Rectangle // where no label may be

	side   float64 // of a cell
	nx, ny int
	line   []int32   // by cell: 1 + index of the line that passes, or severalLines
	way    []float64 // along that line
	path   []bool    // a run passes
}

// severalLines stands in lineMap.line for more than one.
const severalLines = -1

func newLineMap(f *Figure, c *contour, heights *Heights, lines []tracedLine) *lineMap {
	m := &lineMap{plot: c.plot, pt: f.Pt, heights: heights, lines: lines, side: lineLabelCell * f.Pt}
	m.nx, m.ny = int(math.Ceil(c.plot.W()/m.side)), int(math.Ceil(c.plot.H()/m.side))
	n := m.nx * m.ny
	m.line, m.way, m.path = make([]int32, n), make([]float64, n), make([]bool, n)
	for i := range lines {
		t := &lines[i]
		for way := 0.0; way < t.length(); way += m.side / 2 {
			p := t.at(way)
			k := m.cell(p.X, p.Y)
			switch own := int32(i + 1); {
			case m.line[k] == 0:
				m.line[k], m.way[k] = own, way
			case m.line[k] != own:
				m.line[k] = severalLines
			}
		}
	}
	m.taken = append(m.taken, c.where.plate.Inset(-4*f.Pt))
	around := (DotSize/2 + 3) * f.Pt
	for i := range c.trails {
		t := &c.trails[i]
		for k := 1; k < len(t.points); k++ {
			m.pass(t.points[k-1], t.points[k])
		}
		for _, p := range []Vec3{t.at[0], t.at[len(t.at)-1]} {
			m.taken = append(m.taken, display.Rect(p[0], p[1], p[0], p[1]).Inset(-around))
		}
	}
	return m
}

// cell returns the index of the cell of a place, the nearest one for places outside.
func (m *lineMap) cell(x, y float64) int {
	i, j := int((x-m.plot.X0)/m.side), int((y-m.plot.Y0)/m.side)
	return min(max(j, 0), m.ny-1)*m.nx + min(max(i, 0), m.nx-1)
}

// pass notes that a run goes straight from p to q.
func (m *lineMap) pass(p, q Vec3) {
	unit := func(v Vec3) Vec3 {
		return Vec3{(v[0] - m.plot.X0) / m.plot.W(), (v[1] - m.plot.Y0) / m.plot.H(), 0.5}
	}
	a, b, ok := clipLine(unit(p), unit(q))
	if !ok {
		return
	}
	n := 1 + math.Ceil(2*math.Hypot((b[0]-a[0])*m.plot.W(), (b[1]-a[1])*m.plot.H())/m.side)
	for i := range int(n) + 1 {
		at := a.Add(b.Sub(a).Mul(float64(i) / n))
		m.path[m.cell(m.plot.X0+at[0]*m.plot.W(), m.plot.Y0+at[1]*m.plot.H())] = true
	}
}

// any reports whether a cell in an area has a property.
func (m *lineMap) any(area display.Rectangle, has func(k int) bool) bool {
	for y := area.Y0; y < area.Y1+m.side; y += m.side {
		for x := area.X0; x < area.X1+m.side; x += m.side {
			if has(m.cell(min(x, area.X1), min(y, area.Y1))) {
				return true
			}
		}
	}
	return false
}

// place returns the best place of a plate of w by h on line i, and takes it.
func (m *lineMap) place(i int, w, h float64) (plate display.Rectangle, ok bool) {
	t := &m.lines[i]
	least := math.Inf(1)
	for way := 0.0; way < t.length(); way += lineLabelStep * m.pt {
		p := t.at(way)
		at := display.Rect(p.X-w/2, p.Y-h/2, p.X+w/2, p.Y+h/2)
		if cost := m.cost(i, way, at); cost < least {
			plate, least = at, cost
		}
	}
	if math.IsInf(least, 1) {
		return plate, false
	}
	m.taken = append(m.taken, plate.Inset(-lineLabelGap*m.pt))
	return plate, true
}

// cost returns what speaks against a plate on line i, infinity where it cannot be.
func (m *lineMap) cost(i int, way float64, plate display.Rectangle) float64 {
	never := math.Inf(1)
	edge := min(plate.X0-m.plot.X0, plate.Y0-m.plot.Y0, m.plot.X1-plate.X1, m.plot.Y1-plate.Y1) / m.pt
	if edge < lineLabelPad {
		return never
	}
	for _, r := range m.taken {
		if r.Overlaps(plate) {
			return never
		}
	}
	// The line under the plate, and as much on either side as shows that it goes on.
	t := &m.lines[i]
	a, b := t.at(way-plate.H()/2), t.at(way+plate.H()/2)
	along := math.Hypot(b.X-a.X, b.Y-a.Y)
	if along == 0 {
		return never
	}
	cos, sin := math.Abs(b.X-a.X)/along, math.Abs(b.Y-a.Y)/along
	half := min(plate.W()/2/max(cos, 1e-9), plate.H()/2/max(sin, 1e-9)) + 4*m.pt
	if !t.closed && (way < half || way > t.length()-half) || 4*half > t.length() {
		return never
	}
	a, b = t.at(way-half), t.at(way+half)
	straight := math.Hypot(b.X-a.X, b.Y-a.Y) / (2 * half)
	if straight < 0.92 || !m.free(i, way, half, plate) {
		return never
	}
	cost := 6*(1-straight) + 0.3*sin + 0.15*math.Abs(way/t.length()-0.5)
	if edge < lineLabelEdge {
		cost += 0.5 * (1 - edge/lineLabelEdge)
	}
	return cost
}

// free reports whether nothing but line i passes under a plate, within half of way, no
// run comes near, and all losses there are finite.
func (m *lineMap) free(i int, way, half float64, plate display.Rectangle) bool {
	if m.any(plate.Inset(-lineLabelPath*m.pt), func(k int) bool { return m.path[k] }) {
		return false
	}
	plate = plate.Inset(-m.pt)
	other := func(k int) bool {
		return m.line[k] != 0 && (m.line[k] != int32(i+1) || m.lines[i].apart(m.way[k], way) > half+2*m.side)
	}
	if m.any(plate, other) {
		return false
	}
	for _, p := range [4]display.Point{{X: plate.X0, Y: plate.Y0}, {X: plate.X1, Y: plate.Y0}, {X: plate.X0, Y: plate.Y1}, {X: plate.X1, Y: plate.Y1}} {
		if !scale.Finite(m.heights.At((p.X-m.plot.X0)/m.plot.W(), (m.plot.Y1-p.Y)/m.plot.H())) {
			return false
		}
	}
	return true
}
