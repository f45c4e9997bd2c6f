package export

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"losscape/cpu"
	"losscape/gpu/draw"
)

// Panels are the panels that Vector draws.
var Panels = []string{"contour", "curve"}

// ContourSide is the number of points along each side of a landscape that the
// contour panel wants: its lines are smooth then, and its file small.
const ContourSide = 241

// Sizes in points: a panel fits a column of a paper.
const (
	plotSide   = 200.0
	tickSize   = 8.0
	labelSize  = 9.0
	titleSize  = 10.0
	legendSize = 7.5
	margin     = 6.0
	tick       = 3.0
	hair       = 0.6
	isoWidth   = 0.4
	pathWidth  = 1.3
	curveWidth = 1.5
	dot        = 2.7 // radius
	barGap     = 8.0 // of the colour bar from the plot
	barWidth   = 8.0
)

// lineTarget is about how many lines of equal loss there are.
const lineTarget = 10

// flowing is how many bands there are, about, where the scene's colours flow.
const flowing = 160

// Vector draws a panel, one of Panels, as vector graphics: a kind of ".svg" or
// ".pdf". Everything is a path, bands, letters and marks included, so that
// nothing blurs and no font can be missing.
func Vector(w io.Writer, kind, panel string, p Picture) error {
	var err error
	var pg *page
	switch panel {
	case "contour":
		if err = p.check(true); err == nil {
			pg, err = contour(kind, p)
		}
	case "curve":
		if err = p.check(false); err == nil {
			pg, err = curve(kind, p)
		}
	default:
		err = fmt.Errorf("export: panel %q, want one of: %s", panel, strings.Join(Panels, ", "))
	}
	if err != nil {
		return err
	}
	return pg.write(w)
}

// axes are a plot's.
type axes struct {
	p              *page
	plot           box
	x0, x1, y0, y1 float64
}

func (a *axes) at(x, y float64) point {
	share := func(v, lo, hi float64) float64 { return (v/2 - lo/2) / (hi/2 - lo/2) }
	return point{a.plot.x0 + share(x, a.x0, a.x1)*(a.plot.x1-a.plot.x0), a.plot.y0 + share(y, a.y0, a.y1)*(a.plot.y1-a.plot.y0)}
}

// newAxes makes a page around a plot, with room on its right. The left margin
// is as wide as the labels of the y axis.
func newAxes(kind, title, xName, yName string, x0, x1, y0, y1, room float64) (*axes, error) {
	p, err := newPage(kind, 1, 1) // to measure
	if err != nil {
		return nil, err
	}
	wide := func(ticks []float64) float64 {
		w := 0.0
		for _, l := range draw.TickLabels(ticks) {
			w = max(w, p.width(l, regular, tickSize))
		}
		return w
	}
	const below = tick + 2 + tickSize + 3 + labelSize
	xTicks, yTicks := p.across(x0, x1), draw.Ticks(y0, y1, 8)
	left := margin + labelSize + 4 + wide(yTicks) + 2 + tick
	right := max(room, wide(xTicks)/2) + margin
	bottom, top := margin+below, margin+titleSize+5
	// A long title is set smaller, down to what can be read, and then cut.
	w, h := roundTo(left+plotSide+right, 1), roundTo(bottom+plotSide+top, 1)
	size := titleSize
	for width := p.width(title, medium, size); width > w-2*margin && size > 6; width = p.width(title, medium, size) {
		size -= 0.25
	}
	if p.width(title, medium, size) > w-2*margin {
		r := []rune(title)
		for len(r) > 0 && p.width(string(r)+"…", medium, size) > w-2*margin {
			r = r[:len(r)-1]
		}
		title = string(r) + "…"
	}
	if p, err = newPage(kind, w, h); err != nil {
		return nil, err
	}
	a := &axes{p: p, plot: box{left, bottom, left + plotSide, bottom + plotSide}, x0: x0, x1: x1, y0: y0, y1: y1}
	middle := left + plotSide/2
	half := p.width(title, medium, size) / 2
	middle = min(max(middle, margin+half), w-margin-half)
	p.text(title, medium, size, point{middle, bottom + plotSide + 6}, 0.5, false)
	p.text(xName, regular, labelSize, point{left + plotSide/2, margin + 2.2}, 0.5, false)
	p.text(yName, regular, labelSize, point{margin + 0.72*labelSize, bottom + plotSide/2}, 0.5, true)
	return a, nil
}

// across returns the ticks of the x axis: as many as have room for their labels.
func (p *page) across(lo, hi float64) (ticks []float64) {
	for bins := 8; bins > 1; bins-- {
		ticks = draw.Ticks(lo, hi, bins)
		widest := 0.0
		for _, l := range draw.TickLabels(ticks) {
			widest = max(widest, p.width(l, regular, tickSize))
		}
		if len(ticks) < 2 || (ticks[1]-ticks[0])/(hi-lo)*plotSide > widest+0.8*tickSize {
			break
		}
	}
	return ticks
}

// frame draws the axes' frame and ticks, over what is in the plot.
func (a *axes) frame() {
	lines := [][]point{outline(a.plot)}
	xTicks, yTicks := a.p.across(a.x0, a.x1), draw.Ticks(a.y0, a.y1, 8)
	for i, l := range draw.TickLabels(xTicks) {
		q := a.at(xTicks[i], a.y0)
		lines = append(lines, []point{q, {q.x, q.y - tick}})
		a.p.text(l, regular, tickSize, point{q.x, q.y - tick - 2 - 0.72*tickSize}, 0.5, false)
	}
	for i, l := range draw.TickLabels(yTicks) {
		q := a.at(a.x0, yTicks[i])
		lines = append(lines, []point{q, {q.x - tick, q.y}})
		a.p.text(l, regular, tickSize, point{q.x - tick - 2, q.y - 0.35*tickSize}, 1, false)
	}
	a.p.stroke(lines, hair, ink)
}

// entry is a line of a legend.
type entry struct {
	text string
	col  color.Color
	dot  bool
}

// mostEntries is how many lines a legend has room for.
const mostEntries = 9

// legend draws a legend into the corner, or along the side, of the plot that
// covers the fewest of the points that matter.
func (a *axes) legend(entries []entry, points []point) {
	if len(entries) == 0 {
		return
	}
	if n := len(entries); n > mostEntries {
		entries = append(slices.Clone(entries[:mostEntries-1]), entry{text: fmt.Sprintf("and %d more", n-mostEntries+1)})
	}
	const line, pad, swatch = 1.35 * legendSize, 0.6 * legendSize, 1.7 * legendSize
	width := 0.0
	for _, e := range entries {
		width = max(width, a.p.width(e.text, regular, legendSize))
	}
	w, h := width+swatch+3*pad, float64(len(entries))*line+pad
	if w > plotSide-12 {
		return
	}
	const gap = 6
	b := a.plot
	best, fewest := box{}, math.MaxInt
	for _, x := range []float64{b.x1 - gap - w, b.x0 + gap} {
		for _, y := range []float64{b.y0 + gap, b.y1 - gap - h, (b.y0 + b.y1 - h) / 2, b.y0 + 0.26*plotSide - h/2} {
			r := box{x, y, x + w, y + h}
			n := 0
			for _, q := range points {
				if (box{r.x0 - 3, r.y0 - 3, r.x1 + 3, r.y1 + 3}).holds(q) {
					n++
				}
			}
			if n < fewest && r.y0 >= b.y0 && r.y1 <= b.y1 {
				best, fewest = r, n
			}
		}
	}
	a.p.fill([][]point{corners(best)}, white)
	a.p.stroke([][]point{outline(best)}, 0.5, rim)
	for i, e := range entries {
		y := best.y1 - pad/2 - (float64(i)+0.5)*line
		x := best.x0 + pad
		switch {
		case e.col == nil:
		case e.dot:
			a.p.disc([]point{{x + swatch/2, y}}, 1.6, e.col)
		default:
			a.p.stroke([][]point{{{x, y}, {x + swatch, y}}}, curveWidth, e.col)
		}
		a.p.text(e.text, regular, legendSize, point{x + swatch + pad, y - 0.35*legendSize}, 0, false)
	}
}

// contour draws the landscape as bands and lines of equal loss, and the runs.
func contour(kind string, p Picture) (*page, error) {
	if k := p.Scene.Contour.Scale; k != "linear" && k != "" {
		return nil, fmt.Errorf("export: contour.scale %q is not one that vector files have, want linear", k)
	}
	paint, err := colormap(p.Scene.Contour.Colormap)
	if err != nil {
		return nil, err
	}
	g := p.Landscape.Grid
	lo, hi, ok := span(p.Landscape)
	if !ok {
		return nil, fmt.Errorf("export: no loss of the landscape is finite, so there are no contours to draw")
	}
	bands := p.Scene.Contour.Bands
	if bands <= 0 {
		bands = flowing
	}
	levels := draw.Ticks(lo, hi, bands)
	if hi <= lo || math.IsInf(hi-lo, 0) {
		levels = nil
	}
	barTicks := draw.Ticks(lo, hi, lineTarget)
	if levels == nil {
		barTicks = nil
	}
	barLabels := draw.TickLabels(barTicks)
	room := 0.0
	if levels != nil {
		measure, err := newPage(kind, 1, 1)
		if err != nil {
			return nil, err
		}
		for _, l := range barLabels {
			room = max(room, measure.width(l, regular, tickSize-1))
		}
		room += barGap + barWidth + 3.5 + 4 + tickSize
	}
	x, y := axisNames(p.Scene.Plane)
	a, err := newAxes(kind, p.Scene.Title, subscripts(x), subscripts(y), g.X.Min, g.X.Max, g.Y.Min, g.Y.Max, room)
	if err != nil {
		return nil, err
	}
	pg := a.p
	f := &field{g.X.N, g.Y.N, p.Landscape.Loss, a.plot.x0, a.plot.y0, a.plot.x1, a.plot.y1}
	area := func(level float64) (polygons [][]point) {
		for _, ring := range f.rings(level) {
			poly := make([]point, 0, len(ring)+1)
			for _, n := range ring {
				poly = append(poly, n.point)
			}
			// Corners of the plot are on the way and must stay: they are farther
			// from any shorter line than the tolerance.
			half := len(poly) / 2
			poly = append(poly, poly[0])
			poly = append(simplify(poly[:half+1], 0.02), simplify(poly[half:], 0.02)[1:]...)
			if poly = poly[:len(poly)-1]; len(poly) > 2 {
				polygons = append(polygons, poly)
			}
		}
		return polygons
	}
	// Each band lies over the lower ones, so that no gap shows between two.
	pg.fill([][]point{corners(a.plot)}, masked)
	n := len(levels) + 1
	pg.fill(area(lo), paint(0.5/float64(n)))
	for i, l := range levels {
		pg.fill(area(l), paint((float64(i)+1.5)/float64(n)))
	}
	var iso [][]point
	for _, l := range barTicks {
		if l <= lo || l >= hi {
			continue
		}
		for _, ring := range f.rings(l) {
			for _, line := range lines(ring) {
				iso = append(iso, simplify(line, 0.02))
			}
		}
	}
	pg.stroke(iso, isoWidth, color.NRGBA{0, 0, 0, 255})
	runs := p.runs()
	var busy []point
	for i := len(runs) - 1; i >= 0; i-- {
		busy = append(busy, a.path(runs[i])...)
	}
	for i := len(runs) - 1; i >= 0; i-- {
		r := runs[i]
		q := a.at(r.at[len(r.at)-1][0], r.at[len(r.at)-1][1])
		if a.plot.holds(q) {
			pg.disc([]point{q}, dot+0.8, white)
			pg.disc([]point{q}, dot, r.color)
		}
	}
	a.frame()
	if levels != nil {
		a.colorbar(levels, barTicks, barLabels, lo, hi, paint)
	}
	var entries []entry
	for _, r := range runs {
		text := fmt.Sprintf("iteration %d, loss %s", max(r.last-1, 0), number(r.loss[r.last]))
		if len(runs) > 1 {
			text = fmt.Sprintf("%s: loss %s", r.name, number(r.loss[r.last]))
		}
		entries = append(entries, entry{text: text, col: r.color})
	}
	a.legend(entries, busy)
	return pg, nil
}

// path draws a run's way with a light border, and a mark at every iterate that
// stands apart from the one before. It returns the points that it passes.
func (a *axes) path(r run) []point {
	const apart = 5
	var way, marks []point
	for _, q := range r.at {
		pt := a.at(q[0], q[1])
		if n := len(way); n == 0 || math.Hypot(pt.x-way[n-1].x, pt.y-way[n-1].y) > 0.05 {
			way = append(way, pt)
		}
		if n := len(marks); a.plot.holds(pt) && (n == 0 || math.Hypot(pt.x-marks[n-1].x, pt.y-marks[n-1].y) > apart) {
			marks = append(marks, pt)
		}
	}
	parts := a.plot.clip(simplify(way, 0.05))
	// Pieces one by one, and a disc at each joint: round joints in any reader.
	var pieces [][]point
	var joints, busy []point
	for _, part := range parts {
		joints = append(joints, part...)
		for k := 1; k < len(part); k++ {
			pieces = append(pieces, part[k-1:k+1])
			for t := 0.0; t <= 1; t += 0.1 {
				busy = append(busy, point{between(part[k-1].x, part[k].x, t), between(part[k-1].y, part[k].y, t)})
			}
		}
	}
	soft := color.NRGBA{255, 255, 255, 255}
	a.p.stroke(pieces, pathWidth+1.2, soft)
	a.p.disc(joints, pathWidth/2+0.6, soft)
	a.p.disc(marks, 1.8, soft)
	a.p.stroke(pieces, pathWidth, r.color)
	a.p.disc(joints, pathWidth/2, r.color)
	a.p.disc(marks, 1.2, r.color)
	return append(busy, marks...)
}

// colorbar says beside the plot which colour is which loss.
func (a *axes) colorbar(levels, ticks []float64, labels []string, lo, hi float64, paint func(float64) color.NRGBA) {
	b := box{a.plot.x1 + barGap, a.plot.y0, a.plot.x1 + barGap + barWidth, a.plot.y1}
	y := func(v float64) float64 { return b.y0 + (v-lo)/(hi-lo)*(b.y1-b.y0) }
	n := len(levels) + 1
	a.p.fill([][]point{corners(b)}, paint(0.5/float64(n)))
	for i, l := range levels {
		if l < hi {
			a.p.fill([][]point{corners(box{b.x0, y(max(l, lo)), b.x1, b.y1})}, paint((float64(i)+1.5)/float64(n)))
		}
	}
	marks := [][]point{outline(b)}
	for i, l := range labels {
		q := point{b.x1, y(ticks[i])}
		marks = append(marks, []point{q, {q.x + 2, q.y}})
		a.p.text(l, regular, tickSize-1, point{q.x + 3.5, q.y - 0.35*(tickSize-1)}, 0, false)
	}
	a.p.stroke(marks, hair, ink)
	a.p.text("Loss", regular, tickSize, point{a.p.w - margin - 0.22*tickSize, (b.y0 + b.y1) / 2}, 0.5, true)
}

// curve draws the samples and the probabilities that the runs' weights give
// them.
func curve(kind string, p Picture) (*page, error) {
	s := p.Scene
	if s.Problem.Dim() != 2 {
		return nil, fmt.Errorf("export: panel \"curve\" needs data of one feature, here are %d", s.Problem.Dim()-1)
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for i := range s.Problem.N() {
		x := s.Problem.X.At(i, 0)
		lo, hi = min(lo, x), max(hi, x)
	}
	room := 0.05 * (hi - lo)
	if room == 0 {
		room = max(0.5, math.Abs(lo)/2)
	}
	name := "x"
	if len(s.Features) > 0 && s.Features[0] != "" {
		name = s.Features[0]
	}
	a, err := newAxes(kind, s.Title, name, "Prediction", lo-room, hi+room, -1.1, 1.1, 0)
	if err != nil {
		return nil, err
	}
	pg := a.p
	var grid [][]point
	for _, x := range pg.across(a.x0, a.x1) {
		grid = append(grid, []point{a.at(x, a.y0), a.at(x, a.y1)})
	}
	for _, y := range draw.Ticks(a.y0, a.y1, 8) {
		grid = append(grid, []point{a.at(a.x0, y), a.at(a.x1, y)})
	}
	pg.stroke(grid, 0.5, grey)
	var samples [2][]point
	var busy []point
	seen := map[point]bool{} // marks nearer than a twentieth of a point are one
	for i := range s.Problem.N() {
		class, y := 0, 1.0
		if s.Problem.Y[i] == 0 {
			class, y = 1, -1
		}
		q := a.at(s.Problem.X.At(i, 0), y)
		if q.x = roundTo(q.x, 0.05); !seen[q] {
			seen[q] = true
			samples[class] = append(samples[class], q)
			busy = append(busy, q)
		}
	}
	pg.disc(samples[0], 1.5, positive)
	pg.disc(samples[1], 1.5, negative)
	entries := []entry{{s.Classes[0], positive, true}, {s.Classes[1], negative, true}}
	runs := p.runs()
	for i := len(runs) - 1; i >= 0; i-- {
		w := runs[i].w
		shown := []struct {
			sign float64
			col  color.Color
		}{{1, runs[i].color}}
		if len(runs) == 1 {
			shown[0].col = red
			shown = append(shown, struct {
				sign float64
				col  color.Color
			}{-1, blue})
		}
		for _, c := range shown {
			line := a.sigmoid(w, c.sign)
			busy = append(busy, line...)
			pg.stroke([][]point{simplify(line, 0.01)}, curveWidth, c.col)
		}
	}
	if len(runs) == 1 {
		entries = append(entries, entry{"p(y=1|x; w)", red, false}, entry{"p(y=−1|x; w)", blue, false})
	} else {
		for _, r := range runs {
			entries = append(entries, entry{"p(y=1|x), " + r.name, r.color, false})
		}
	}
	a.frame()
	a.legend(entries, busy)
	return pg, nil
}

// sigmoid returns the curve of σ(s (w x + b)), denser where it bends.
func (a *axes) sigmoid(w []float64, s float64) []point {
	var xs []float64
	const n = 400
	for i := range n + 1 {
		xs = append(xs, between(a.x0, a.x1, float64(i)/n))
	}
	for z := -9.0; z <= 9; z += 0.25 {
		if x := (z - w[1]) / w[0]; x > a.x0 && x < a.x1 {
			xs = append(xs, x)
		}
	}
	slices.Sort(xs)
	var out []point
	for _, x := range xs {
		out = append(out, a.at(x, cpu.Sigmoid(s*(w[0]*x+w[1]))))
	}
	return out
}

// rdbu are the classes of ColorBrewer's RdBu, from blue to red (Cynthia Brewer,
// Mark Harrower and The Pennsylvania State University, Apache 2.0).
var rdbu = [11][3]float64{
	{5, 48, 97}, {33, 102, 172}, {67, 147, 195}, {146, 197, 222}, {209, 229, 240}, {247, 247, 247},
	{253, 219, 199}, {244, 165, 130}, {214, 96, 77}, {178, 24, 43}, {103, 0, 31},
}

// colormap returns the colours of 0 to 1.
func colormap(name string) (func(t float64) color.NRGBA, error) {
	switch name {
	case "RdBu_r", "":
		return func(t float64) color.NRGBA {
			x := min(max(t, 0), 1) * 10
			k := min(int(x), 9)
			c := [3]uint8{}
			for i := range c {
				c[i] = uint8(math.Round(between(rdbu[k][i], rdbu[k+1][i], x-float64(k))))
			}
			return color.NRGBA{c[0], c[1], c[2], 255}
		}, nil
	case "viridis":
		table := draw.Viridis()
		return func(t float64) color.NRGBA {
			c := table[min(max(int(t*256), 0), 255)]
			return color.NRGBA{c.R, c.G, c.B, 255}
		}, nil
	}
	return nil, fmt.Errorf("export: contour.colormap %q is not one that vector files have, want RdBu_r or viridis", name)
}

// subscripts sets the digits of a weight's name low.
func subscripts(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '₀' + r - '0'
		}
		return r
	}, name)
}

// number writes a loss as the films do.
func number(l float64) string {
	if l != 0 && (math.Abs(l) < 1e-3 || math.Abs(l) >= 1e4) {
		return strings.ReplaceAll(strconv.FormatFloat(l, 'e', 2, 64), "-", "−")
	}
	return strconv.FormatFloat(l, 'f', 4, 64)
}
