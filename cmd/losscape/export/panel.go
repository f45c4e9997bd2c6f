// Package export draws panels of a scene as vector graphics, for papers.
package export

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strings"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/figure"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

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
	pathScale  = 0.72 // of the widths of the films' paths
	beadScale  = 0.92 // radius of an iterate's mark, in widths of its path
	curveWidth = 1.5
	dot        = 2.7 // radius
	barGap     = 8.0 // of the colour bar from the plot
	barWidth   = 8.0
)

// flowing is how many bands there are where the scene's colours flow: as many as
// a colour map has colours.
const flowing = 256

// panel is a panel as a page shows it.
type panel struct {
	name      string
	landscape bool // shows something of the landscape
	draw      func(kind string, p figure.Picture) (*page, error)
}

// panels are those of scenes.Panels that there are pages of.
var panels = []panel{
	{scenes.ContourPanel, true, contour},
	{scenes.CurvePanel, false, curve},
	{scenes.LossPanel, true, history},
}

// Panels returns the names of the panels that Vector draws.
func Panels() []string {
	names := make([]string, len(panels))
	for i, p := range panels {
		names[i] = p.name
	}
	return names
}

func panelOf(name string) *panel {
	for i := range panels {
		if panels[i].name == name {
			return &panels[i]
		}
	}
	return nil
}

// ShowsLandscape reports whether the panel of a name shows something of the landscape.
func ShowsLandscape(name string) bool {
	p := panelOf(name)
	return p != nil && p.landscape
}

// Vector draws a panel, one of Panels, as vector graphics of a kind of
// Extensions, in the scene's theme, with its colour map, scale and paths, and always
// with a colour bar. Everything is a path, bands, letters and marks included, so
// that nothing blurs at any size and no font can be missing.
func Vector(w io.Writer, kind, name string, p figure.Picture) error {
	view := panelOf(name)
	if view == nil {
		return fmt.Errorf("panel %q, want one of: %s", name, strings.Join(Panels(), ", "))
	}
	is, _ := scenes.PanelOf(name)
	if err := p.Check(is.Landscape); err != nil {
		return err
	}
	if !is.Fits(p.Scene.Problem) {
		return fmt.Errorf("panel %q needs data of one feature, here are %d", name, p.Scene.Problem.Features())
	}
	pg, err := view.draw(kind, p)
	if err != nil {
		return err
	}
	return pg.write(w)
}

// axes are a plot's.
type axes struct {
	p       *page
	plot    box
	x0, x1  float64
	y       *scale.Scale
	yTicks  []float64
	yLabels []string
}

func (a *axes) at(x, y float64) point {
	// Halves, as the difference of two finite numbers may not be finite.
	u := (x/2 - a.x0/2) / (a.x1/2 - a.x0/2)
	return point{between(a.plot.x0, a.plot.x1, u), between(a.plot.y0, a.plot.y1, a.y.Unit(y))}
}

// newAxes makes a page around a plot, with room on its right. The left margin
// is as wide as the labels of the y axis.
func newAxes(kind string, s *scenes.Scene, xName, yName string, x0, x1 float64, y *scale.Scale, room float64) (*axes, error) {
	th := palette.ThemeOf(s.Film.Theme)
	p, err := newPage(kind, th, 1, 1) // to measure
	if err != nil {
		return nil, err
	}
	wide := func(labels []string) float64 {
		w := 0.0
		for _, l := range labels {
			w = max(w, p.width(l, regular, tickSize))
		}
		return w
	}
	const below = tick + 2 + tickSize + 3 + labelSize
	yTicks, yLabels := y.Ticks(8)
	left := margin + labelSize + 4 + wide(yLabels) + 2 + tick
	right := max(room, wide(scale.Labels(p.across(x0, x1)))/2) + margin
	bottom, top := margin+below, margin+titleSize+5
	// A long title is set smaller, down to what can be read, and then cut.
	w, h := roundTo(left+plotSide+right, 1), roundTo(bottom+plotSide+top, 1)
	title, size := s.Title, titleSize
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
	if p, err = newPage(kind, th, w, h); err != nil {
		return nil, err
	}
	a := &axes{p: p, plot: box{left, bottom, left + plotSide, bottom + plotSide}, x0: x0, x1: x1, y: y, yTicks: yTicks, yLabels: yLabels}
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
		ticks = scale.Ticks(lo, hi, bins)
		widest := 0.0
		for _, l := range scale.Labels(ticks) {
			widest = max(widest, p.width(l, regular, tickSize))
		}
		if len(ticks) < 2 || (ticks[1]-ticks[0])/(hi-lo)*plotSide > widest+0.8*tickSize {
			break
		}
	}
	return ticks
}

// grid draws lines at the ticks, under what is in the plot.
func (a *axes) grid() {
	var grid [][]point
	for _, x := range a.p.across(a.x0, a.x1) {
		q := a.at(x, 0)
		grid = append(grid, []point{{q.x, a.plot.y0}, {q.x, a.plot.y1}})
	}
	for _, y := range a.yTicks {
		q := a.at(a.x0, y)
		grid = append(grid, []point{{a.plot.x0, q.y}, {a.plot.x1, q.y}})
	}
	a.p.stroke(grid, 0.5, a.p.Grid)
}

// frame draws the axes' frame and ticks, over what is in the plot.
func (a *axes) frame() {
	lines := [][]point{outline(a.plot)}
	xTicks := a.p.across(a.x0, a.x1)
	for i, l := range scale.Labels(xTicks) {
		q := point{a.at(xTicks[i], 0).x, a.plot.y0}
		lines = append(lines, []point{q, {q.x, q.y - tick}})
		a.p.text(l, regular, tickSize, point{q.x, q.y - tick - 2 - 0.72*tickSize}, 0.5, false)
	}
	for i, l := range a.yLabels {
		q := a.at(a.x0, a.yTicks[i])
		lines = append(lines, []point{q, {q.x - tick, q.y}})
		a.p.text(l, regular, tickSize, point{q.x - tick - 2, q.y - 0.35*tickSize}, 1, false)
	}
	a.p.stroke(lines, hair, a.p.Ink)
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
	a.p.fill([][]point{corners(best)}, a.p.Plate)
	a.p.stroke([][]point{outline(best)}, 0.5, a.p.Rim)
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
func contour(kind string, p figure.Picture) (*page, error) {
	look, g := p.Scene.Contour, p.Landscape.Grid
	losses := scale.Of(look.Scale, p.Landscape.Loss)
	heights, ok := losses.Units(p.Landscape.Loss)
	if !ok {
		return nil, fmt.Errorf("no loss of the landscape is finite, so there are no contours to draw")
	}
	colors := palette.Colormap(look.Colormap)
	// The borders between bands, from the lowest up.
	iso := levelsOf(losses, figure.IsoLines)
	var levels []float64
	switch all := levelsOf(losses, look.Bands); {
	case len(iso) < 2: // flat
	case look.Bands > 0 && len(all) > 1:
		levels = all[1 : len(all)-1]
	default:
		for i := 1; i < flowing; i++ {
			levels = append(levels, float64(i)/flowing)
		}
	}
	n := float64(len(levels) + 1)
	band := func(i int) color.RGBA { return colors.At((float64(i) + 0.5) / n) }

	ticks, labels := losses.Ticks(figure.IsoLines)
	room := 0.0
	if levels != nil {
		measure, err := newPage(kind, new(palette.Theme), 1, 1)
		if err != nil {
			return nil, err
		}
		for _, l := range labels {
			room = max(room, measure.width(l, regular, tickSize-1))
		}
		room += barGap + barWidth + 3.5 + 4 + tickSize
	}
	x, y := figure.AxisNames(p.Scene.Plane)
	a, err := newAxes(kind, p.Scene, x, y, g.X.Min, g.X.Max, scale.NewLinear(g.Y.Min, g.Y.Max), room)
	if err != nil {
		return nil, err
	}
	pg := a.p
	f := &field{g.X.N, g.Y.N, heights, a.plot.x0, a.plot.y0, a.plot.x1, a.plot.y1}
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
	pg.fill([][]point{corners(a.plot)}, pg.Masked)
	pg.fill(area(math.Inf(-1)), band(0))
	for i, l := range levels {
		pg.fill(area(l), band(i+1))
	}
	for _, l := range iso {
		if l <= 0 || l >= 1 {
			continue
		}
		var way [][]point
		for _, ring := range f.rings(l) {
			for _, line := range lines(ring) {
				way = append(way, simplify(line, 0.02))
			}
		}
		pg.stroke(way, isoWidth, lineOn(colors.At(l), look.Colormap))
	}
	runs := p.Runs(pg.Theme)
	var busy []point
	for i := len(runs) - 1; i >= 0; i-- {
		busy = append(busy, a.path(runs[i], p.Scene.Path)...)
	}
	for i := len(runs) - 1; i >= 0; i-- {
		r := runs[i]
		q := a.at(r.At[len(r.At)-1][0], r.At[len(r.At)-1][1])
		if a.plot.holds(q) {
			pg.disc([]point{q}, dot+0.8, pg.Casing)
			pg.disc([]point{q}, dot, r.Color)
		}
	}
	a.frame()
	if levels != nil {
		a.colorbar(losses, levels, band, ticks, labels)
	}
	var entries []entry
	for _, r := range runs {
		text := fmt.Sprintf("iteration %d, loss %s", max(r.Index-1, 0), scale.Number(r.Loss[r.Index]))
		if len(runs) > 1 {
			text = fmt.Sprintf("%s: loss %s", r.Name, scale.Number(r.Loss[r.Index]))
		}
		entries = append(entries, entry{text: text, col: r.Color})
	}
	a.legend(entries, busy)
	return pg, nil
}

// levelsOf returns where evenly spaced levels lie on a scale, 0 to 1 between its ends,
// that n bands or lines of equal loss get: the first at 0 or below, the last at 1 or
// above. A scale of no width has none.
func levelsOf(s *scale.Scale, n int) []float64 {
	all := s.Levels(n)
	for i, x := range all {
		all[i] = s.Fraction(x)
	}
	return all
}

// lineOn returns the colour of a line of equal loss over a colour: dark on light
// and light on dark, but always black on RdBu_r, which is dark at both ends and
// nowhere as dark as a line.
func lineOn(c color.RGBA, colormap string) color.Color {
	if luma := 0.3*float64(c.R) + 0.59*float64(c.G) + 0.11*float64(c.B); luma > 0.23*255 || colormap == "RdBu_r" {
		return color.NRGBA{A: 255}
	}
	light := func(v uint8) uint8 { return uint8(min(int(v)+77, 255)) }
	return color.NRGBA{light(c.R), light(c.G), light(c.B), 255}
}

// path draws a run's way with a border, and marks at its iterates that stand
// apart. It returns the points that it passes.
func (a *axes) path(r figure.Run, look scenes.Path) (busy []point) {
	const apart = 5
	width := pathScale * look.Width
	// way draws lines and the marks on them, the older the fainter.
	way := func(pieces [][]point, joints, marks []point, left float64) {
		soft, ink := palette.WithAlpha(a.p.Casing, left), palette.WithAlpha(r.Color, left)
		a.p.stroke(pieces, width+1.2, soft)
		a.p.disc(joints, width/2+0.6, soft)
		a.p.disc(marks, max(beadScale*width, width/2)+0.6, soft)
		a.p.stroke(pieces, width, ink)
		a.p.disc(joints, width/2, ink)
		a.p.disc(marks, max(beadScale*width, width/2), ink)
	}
	var last point
	marked := func(k int) []point {
		q := a.at(r.At[k][0], r.At[k][1])
		if look.Markers == 0 || r.When[k] != math.Trunc(r.When[k]) || int(r.When[k])%look.Markers != 0 ||
			!a.plot.holds(q) || k > r.First && math.Hypot(q.x-last.x, q.y-last.y) <= apart {
			return nil
		}
		last = q
		return []point{q}
	}
	see := func(pieces [][]point) {
		for _, l := range pieces {
			for t := 0.0; t <= 1; t += 0.1 {
				busy = append(busy, point{between(l[0].x, l[1].x, t), between(l[0].y, l[1].y, t)})
			}
		}
	}
	if look.Trail > 0 {
		// Step by step, as each has faded by its own age. Where two meet, joints
		// would show through each other.
		for k := r.First + 1; k < len(r.At); k++ {
			pieces := a.plot.clip([]point{a.at(r.At[k-1][0], r.At[k-1][1]), a.at(r.At[k][0], r.At[k][1])})
			see(pieces)
			way(pieces, nil, marked(k), 1-r.Faded(k, look.Trail))
		}
		return busy
	}
	var all, marks []point
	for k, q := range r.At {
		pt := a.at(q[0], q[1])
		if n := len(all); n == 0 || math.Hypot(pt.x-all[n-1].x, pt.y-all[n-1].y) > 0.05 {
			all = append(all, pt)
		}
		marks = append(marks, marked(k)...)
	}
	// Pieces one by one, and a disc at each joint: round joints in any reader.
	var pieces [][]point
	var joints []point
	for _, part := range a.plot.clip(simplify(all, 0.05)) {
		joints = append(joints, part...)
		for k := 1; k < len(part); k++ {
			pieces = append(pieces, part[k-1:k+1])
		}
	}
	see(pieces)
	way(pieces, joints, marks, 1)
	return append(busy, marks...)
}

// colorbar says beside the plot which colour is which loss.
func (a *axes) colorbar(s *scale.Scale, levels []float64, band func(i int) color.RGBA, ticks []float64, labels []string) {
	b := box{a.plot.x1 + barGap, a.plot.y0, a.plot.x1 + barGap + barWidth, a.plot.y1}
	y := func(unit float64) float64 { return between(b.y0, b.y1, unit) }
	a.p.fill([][]point{corners(b)}, band(0))
	for i, l := range levels {
		if l < 1 {
			a.p.fill([][]point{corners(box{b.x0, y(max(l, 0)), b.x1, b.y1})}, band(i+1))
		}
	}
	marks := [][]point{outline(b)}
	last := math.Inf(-1)
	for i, l := range labels {
		q := point{b.x1, y(s.Unit(ticks[i]))}
		marks = append(marks, []point{q, {q.x + 2, q.y}})
		if q.y-last > 1.05*tickSize {
			a.p.text(l, regular, tickSize-1, point{q.x + 3.5, q.y - 0.35*(tickSize-1)}, 0, false)
			last = q.y
		}
	}
	a.p.stroke(marks, hair, a.p.Ink)
	a.p.text("Loss", regular, tickSize, point{a.p.w - margin - 0.22*tickSize, (b.y0 + b.y1) / 2}, 0.5, true)
}

// curve draws the samples and the probabilities that the runs' weights give
// them.
func curve(kind string, p figure.Picture) (*page, error) {
	s := p.Scene
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
	a, err := newAxes(kind, s, name, "Prediction", lo-room, hi+room, scale.NewLinear(-1.1, 1.1), 0)
	if err != nil {
		return nil, err
	}
	pg := a.p
	a.grid()
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
	pg.disc(samples[0], 1.5, pg.Positive)
	pg.disc(samples[1], 1.5, pg.Negative)
	entries := []entry{{s.Classes[0], pg.Positive, true}, {s.Classes[1], pg.Negative, true}}
	runs := p.Runs(pg.Theme)
	for i := len(runs) - 1; i >= 0; i-- {
		w := runs[i].W
		shown := []struct {
			sign float64
			col  color.Color
		}{{1, runs[i].Color}}
		if len(runs) == 1 {
			shown[0].col = pg.Curves[0]
			shown = append(shown, struct {
				sign float64
				col  color.Color
			}{-1, pg.Curves[1]})
		}
		for _, c := range shown {
			line := a.sigmoid(w, c.sign)
			busy = append(busy, line...)
			pg.stroke([][]point{simplify(line, 0.01)}, curveWidth, c.col)
		}
	}
	if len(runs) == 1 {
		entries = append(entries, entry{"p(y=1|x; w)", pg.Curves[0], false}, entry{"p(y=−1|x; w)", pg.Curves[1], false})
	} else {
		for _, r := range runs {
			entries = append(entries, entry{"p(y=1|x), " + r.Name, r.Color, false})
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

// history draws the runs' losses by the number of updates.
func history(kind string, p figure.Picture) (*page, error) {
	th := palette.ThemeOf(p.Scene.Film.Theme)
	runs := p.Runs(th)
	last, highest := 1, 0.0
	if p.Landscape != nil {
		for _, v := range p.Landscape.Loss {
			if scale.Finite(v) {
				highest = max(highest, v)
			}
		}
	}
	var losses [][]float64
	for _, r := range runs {
		last = max(last, r.Last)
		losses = append(losses, r.Loss)
	}
	vertical := scale.History(p.Scene.Film.LossScale, highest, losses)
	a, err := newAxes(kind, p.Scene, "Updates", "Loss", 0, float64(last), vertical, 0)
	if err != nil {
		return nil, err
	}
	a.grid()
	var busy []point
	var entries []entry
	for i := len(runs) - 1; i >= 0; i-- {
		r := runs[i]
		way := make([]point, len(r.Loss))
		for k, v := range r.Loss {
			way[k] = a.at(r.When[k], v)
		}
		way = simplify(way, 0.02)
		busy = append(busy, way...)
		a.p.stroke(a.plot.clip(way), curveWidth, r.Color)
	}
	for _, r := range runs {
		text := r.Name
		if r.Status != "" {
			text += ", " + r.Status
		}
		entries = append(entries, entry{text: text, col: r.Color})
	}
	a.frame()
	for i := len(runs) - 1; i >= 0; i-- {
		r := runs[i]
		if q := a.at(r.When[len(r.When)-1], r.Loss[len(r.Loss)-1]); a.plot.holds(q) {
			a.p.disc([]point{q}, dot+0.5, a.p.Casing)
			a.p.disc([]point{q}, dot-0.3, r.Color)
		}
	}
	if len(runs) > 1 {
		a.legend(entries, busy)
	}
	return a.p, nil
}
