package export

import (
	"fmt"
	"image/color"
	"math"

	"losscape/scenes"
	"losscape/scenes/figure"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// ContourSide is the number of points along each side of a landscape that the
// contour panel wants: its lines are smooth then, and its file small.
const ContourSide = 241

// flowing is how many bands there are where the scene's colours flow: as many as
// a colour map has colours.
const flowing = 256

// contour draws the landscape as bands and lines of equal loss, and the runs.
func contour(kind string, p figure.Picture) (*page, error) {
	look, g := p.Scene.Contour, p.Landscape.Grid
	losses := scale.Of(look.Scale, p.Landscape.Loss)
	heights, ok := losses.Units(p.Landscape.Loss)
	if !ok {
		return nil, fmt.Errorf("no loss of the landscape is finite, so there are no contours to draw")
	}
	b := newBands(losses, look)
	ticks, labels := losses.Ticks(figure.IsoLines)
	room := 0.0
	if b.levels != nil {
		measure, err := newPage(kind, new(palette.Theme), 1, 1)
		if err != nil {
			return nil, err
		}
		for _, l := range labels {
			room = max(room, measure.width(l, regular, tickSize-1))
		}
		room += barGap + barWidth + 3.5 + 4 + tickSize
	}
	x, y := p.Scene.PlaneNames()
	a, err := newAxes(kind, p.Scene, x, y, g.X.Min, g.X.Max, scale.NewLinear(g.Y.Min, g.Y.Max), room)
	if err != nil {
		return nil, err
	}
	b.draw(a, &field{g.X.N, g.Y.N, heights, a.plot.x0, a.plot.y0, a.plot.x1, a.plot.y1})
	runs := p.Runs(a.p.Theme)
	busy := a.paths(runs, p.Scene.Path)
	a.frame()
	if b.levels != nil {
		a.colorbar(losses, b, ticks, labels)
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
	return a.p, nil
}

// bands are the areas and lines of equal loss of a landscape. Levels lie between 0 and
// 1, the ends of the scale.
type bands struct {
	colormap string
	colors   *palette.Colors
	levels   []float64 // borders between bands, from the lowest up; nil if it is flat
	lines    []float64
}

func newBands(losses *scale.Scale, look scenes.Contour) bands {
	b := bands{colormap: look.Colormap, colors: palette.Colormap(look.Colormap), lines: levelsOf(losses, figure.IsoLines)}
	switch all := levelsOf(losses, look.Bands); {
	case len(b.lines) < 2: // flat
	case look.Bands > 0 && len(all) > 1:
		b.levels = all[1 : len(all)-1]
	default:
		for i := 1; i < flowing; i++ {
			b.levels = append(b.levels, float64(i)/flowing)
		}
	}
	return b
}

// color returns the colour of band i, 0 below the first level.
func (b bands) color(i int) color.RGBA {
	return b.colors.At((float64(i) + 0.5) / float64(len(b.levels)+1))
}

// draw draws the bands of a field, each over the lower ones, so that no gap shows
// between two, and the lines over them.
func (b bands) draw(a *axes, f *field) {
	a.p.fill([][]point{corners(a.plot)}, a.p.Masked)
	a.p.fill(f.area(math.Inf(-1)), b.color(0))
	for i, l := range b.levels {
		a.p.fill(f.area(l), b.color(i+1))
	}
	for _, l := range b.lines {
		if l <= 0 || l >= 1 {
			continue
		}
		var way [][]point
		for _, ring := range f.rings(l) {
			for _, line := range lines(ring) {
				way = append(way, simplify(line, 0.02))
			}
		}
		a.p.stroke(way, isoWidth, lineOn(b.colors.At(l), b.colormap))
	}
}

// area returns the polygons around what is at a level or above.
func (f *field) area(level float64) (polygons [][]point) {
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

// paths draws the ways of runs and where they are, the first run on top. It returns
// the points that they pass.
func (a *axes) paths(runs []figure.Run, look scenes.Path) (busy []point) {
	for i := len(runs) - 1; i >= 0; i-- {
		busy = append(busy, a.path(runs[i], look)...)
	}
	for i := len(runs) - 1; i >= 0; i-- {
		r := runs[i]
		q := a.at(r.At[len(r.At)-1][0], r.At[len(r.At)-1][1])
		if a.plot.holds(q) {
			a.p.disc([]point{q}, dot+0.8, a.p.Casing)
			a.p.disc([]point{q}, dot, r.Color)
		}
	}
	return busy
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
func (a *axes) colorbar(s *scale.Scale, of bands, ticks []float64, labels []string) {
	b := box{a.plot.x1 + barGap, a.plot.y0, a.plot.x1 + barGap + barWidth, a.plot.y1}
	y := func(unit float64) float64 { return between(b.y0, b.y1, unit) }
	a.p.fill([][]point{corners(b)}, of.color(0))
	for i, l := range of.levels {
		if l < 1 {
			a.p.fill([][]point{corners(box{b.x0, y(max(l, 0)), b.x1, b.y1})}, of.color(i+1))
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
