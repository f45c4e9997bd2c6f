package draw

import (
	"image"
	"math"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/palette"
)

// point is a place in pixels, from the frame's top left corner, y down.
type point struct{ x, y float64 }

// rect is a rectangle in pixels.
type rect struct{ x0, y0, x1, y1 float64 }

func (r rect) w() float64      { return r.x1 - r.x0 }
func (r rect) h() float64      { return r.y1 - r.y0 }
func (r rect) cx() float64     { return (r.x0 + r.x1) / 2 }
func (r rect) cy() float64     { return (r.y0 + r.y1) / 2 }
func (r rect) f32() [4]float32 { return [4]float32{f(r.x0), f(r.y0), f(r.x1), f(r.y1)} }
func (r rect) inset(d float64) rect {
	return rect{r.x0 + d, r.y0 + d, r.x1 - d, r.y1 - d}
}
func (r rect) contains(p point) bool {
	return p.x >= r.x0 && p.x <= r.x1 && p.y >= r.y0 && p.y <= r.y1
}
func (r rect) overlaps(o rect) bool {
	return r.x0 < o.x1 && o.x0 < r.x1 && r.y0 < o.y1 && o.y0 < r.y1
}
func (r rect) union(o rect) rect {
	return rect{min(r.x0, o.x0), min(r.y0, o.y0), max(r.x1, o.x1), max(r.y1, o.y1)}
}

func (r rect) intersect(o rect) rect {
	return rect{max(r.x0, o.x0), max(r.y0, o.y0), min(r.x1, o.x1), min(r.y1, o.y1)}
}
func (r rect) empty() bool { return !(r.x1 > r.x0 && r.y1 > r.y0) }

func rectOf(r image.Rectangle) rect {
	return rect{float64(r.Min.X), float64(r.Min.Y), float64(r.Max.X), float64(r.Max.Y)}
}

// nowhere is what the union with another rectangle is that one.
var nowhere = rect{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}

// whole rounds to whole pixels.
func (r rect) whole() rect {
	return rect{math.Round(r.x0), math.Round(r.y0), math.Round(r.x1), math.Round(r.y1)}
}

// around returns the whole pixels that a rectangle touches.
func (r rect) around() rect {
	return rect{math.Floor(r.x0), math.Floor(r.y0), math.Ceil(r.x1), math.Ceil(r.y1)}
}

// Sizes in points.
const (
	tickSize     = 11.0 // letters of tick labels and legends
	labelSize    = 12.0 // of axis labels and the loss
	titleSize    = 13.5 // of panels
	headingSize  = 15.0 // of the scene's title
	marginSize   = 9.0  // around the picture
	tickLength   = 3.5
	tickGap      = 3.5
	labelGap     = 5.0
	titleGap     = 7.0
	axisWidth    = 0.8
	gridWidth    = 0.8
	curveWidth   = 2.0
	isoWidth     = 0.55
	pathCasing   = 1.0      // light border on either side of a path
	beadSize     = 11.0 / 6 // diameter of an iterate's mark, in widths of its path
	dotSize      = 8.5      // diameter of the current point
	sampleSize   = 4.0      // diameter of a sample
	smallestText = 8.5      // pixels; below it little can be read
)

// Panels.
const (
	curvePanel   = "curve"
	surfacePanel = "surface"
	contourPanel = "contour"
	lossPanel    = "loss"
	mapPanel     = "map"
)

// panel is a panel's place in the frame.
type panel struct {
	kind string
	cell rect    // all of it
	plot rect    // between its axes; of the surface, where its box may be
	base float64 // baseline of its title
}

// layout is where everything goes.
type layout struct {
	w, h    int
	pt      float64 // pixels in a point
	heading float64 // baseline of the scene's title; 0 without one
	theme   *palette.Theme
	path    float64 // width of paths in points
	panels  []panel
}

// px returns a size of letters in pixels.
func (l *layout) px(points float64) float64 { return quarter(points * l.pt) }

// pathWidth and beadWidth return the widths of paths and of the marks on them.
func (l *layout) pathWidth() float64 { return max(l.path*l.pt, 1.2) }
func (l *layout) beadWidth() float64 { return max(beadSize*l.path*l.pt, l.pathWidth()) }

// line returns the width of a straight line in whole pixels, at least one.
func (l *layout) line(points float64) float64 { return max(1, math.Round(points*l.pt)) }

func newLayout(s *scenes.Scene, w, h int) layout {
	l := layout{w: w, h: h, theme: palette.ThemeOf(s.Film.Theme), path: s.Path.Width}
	W, H := float64(w), float64(h)
	cells := arrange(&s.Film, 0, 0, W, H)
	l.pt = H / 432
	least := smallestText / tickSize
	for _, c := range cells {
		l.pt = min(l.pt, c.w()/330, c.h()/250)
		least = min(least, c.w()/220, c.h()/170) // a thumbnail need not be read
	}
	l.pt = max(l.pt, least)
	top := 0.0
	if s.Title != "" && H > 270*l.pt {
		l.heading = math.Round((marginSize + headingSize) * l.pt)
		top = l.heading + 4*l.pt
	}
	cells = arrange(&s.Film, 0, top, W, H)
	for i, c := range cells {
		p := l.place(s.Film.Panels[i], c)
		if p.kind == contourPanel && s.Contour.Colorbar {
			p.plot.x1 = max(p.plot.x0+8, math.Round(p.plot.x1+(9-barRoom)*l.pt))
		}
		if p.kind == mapPanel {
			p.plot = mapPlot(p.plot, s, l.pt)
		}
		l.panels = append(l.panels, p)
	}
	return l
}

// arrange divides an area into cells for panels, as the film's layout says.
// Without one they are a row if it is wide and a column if it is tall; in
// between, three are a large cell and two small ones, four are two rows.
func arrange(film *scenes.Film, x0, y0, x1, y1 float64) []rect {
	kinds := film.Panels
	n := len(kinds)
	cells := make([]rect, n)
	if film.Layout != nil {
		for i, k := range kinds {
			cells[i] = span(film.Layout, k, rect{x0, y0, x1, y1})
		}
		return cells
	}
	aspect := (x1 - x0) / (y1 - y0)
	switch {
	case n == 3 && aspect > 0.75 && aspect < 2.1:
		large := 2
		for i, k := range kinds {
			if k == surfacePanel {
				large = i
			}
		}
		small := 0
		for i := range cells {
			c := rect{x0, y0, x1, y1}
			if aspect > 1.15 {
				c.x1 = x0 + 0.58*(x1-x0)
				if i != large {
					c.x0, c.x1 = c.x1, x1
					mid := (y0 + y1) / 2
					if small == 0 {
						c.y1 = mid
					} else {
						c.y0 = mid
					}
					small++
				}
			} else {
				c.y1 = y0 + 0.56*(y1-y0)
				if i != large {
					c.y0, c.y1 = c.y1, y1
					mid := (x0 + x1) / 2
					if small == 0 {
						c.x1 = mid
					} else {
						c.x0 = mid
					}
					small++
				}
			}
			cells[i] = c
		}
	case n == 4 && aspect > 0.6 && aspect < 2.6:
		mx, my := (x0+x1)/2, (y0+y1)/2
		return []rect{{x0, y0, mx, my}, {mx, y0, x1, my}, {x0, my, mx, y1}, {mx, my, x1, y1}}
	case aspect >= 0.75*math.Sqrt(float64(n)) || n == 1:
		d := (x1 - x0) / float64(n)
		for i := range cells {
			cells[i] = rect{x0 + float64(i)*d, y0, x0 + float64(i+1)*d, y1}
		}
	default:
		d := (y1 - y0) / float64(n)
		for i := range cells {
			cells[i] = rect{x0, y0 + float64(i)*d, x1, y0 + float64(i+1)*d}
		}
	}
	return cells
}

// span returns what the cells of a name cover of an area that rows of equal
// cells divide.
func span(rows [][]string, name string, area rect) rect {
	out := nowhere
	h := area.h() / float64(len(rows))
	for j, row := range rows {
		w := area.w() / float64(len(row))
		for i, k := range row {
			if k == name {
				x, y := area.x0+float64(i)*w, area.y0+float64(j)*h
				out = out.union(rect{x, y, x + w, y + h})
			}
		}
	}
	return out
}

// place puts a panel into its cell. The margins hold tick labels of five
// characters.
func (l *layout) place(kind string, cell rect) panel {
	p := panel{kind: kind, cell: cell}
	m := marginSize * l.pt
	p.base = math.Round(cell.y0 + m + titleSize*l.pt*capHeight)
	plot := rect{cell.x0 + m, p.base + titleGap*l.pt, cell.x1 - m, cell.y1 - m}
	if kind != surfacePanel {
		below := (tickLength + tickGap + tickSize + labelGap + labelSize*0.95) * l.pt
		left := (tickLength + tickGap + 5*0.6*tickSize + labelGap + labelSize) * l.pt
		plot.x0 += left
		plot.x1 -= 9 * l.pt // half a tick label
		plot.y1 -= below
	}
	p.plot = plot.whole()
	p.plot.x1 = max(p.plot.x1, p.plot.x0+8)
	p.plot.y1 = max(p.plot.y1, p.plot.y0+8)
	return p
}

// Limits of a picture's grid, in points along an axis.
const (
	oneToOne = 512  // a point for each pixel so far
	maxDense = 2048 // that pixels alone ask for
	maxGrid  = 4096 // that a scene's size asks for: 64 MiB of losses
)

// ViewGrid returns the grid to compute for a picture of width by height pixels:
// the scene's range, widened so that the points of the trajectories that the
// film shows lie inside it, to at most twice its span along each axis (a path
// that goes farther leaves the panel at its edge), unless that range is fixed. It
// has a point for every second pixel of the largest panel that shows it, as panels
// draw it with continuous slopes, but 512 an axis if there are as many pixels, and at
// most 2048. It is never coarser than the scene's own grid, of up to 4096 points an
// axis.
func ViewGrid(s *scenes.Scene, t []*cpu.Trajectory, width, height int) cpu.Grid {
	x0, x1 := math.Inf(1), math.Inf(-1)
	y0, y1 := x0, x1
	if s.Fixed {
		t = nil
	}
	for _, tr := range t {
		for k := 0; k <= lastShown(s, tr); k++ {
			a, b, _ := s.Plane.Coordinates(tr.At(k))
			if math.IsNaN(a-a) || math.IsNaN(b-b) {
				break
			}
			x0, x1 = min(x0, a), max(x1, a)
			y0, y1 = min(y0, b), max(y1, b)
		}
	}
	l := newLayout(s, width, height)
	nx, ny := 0.0, 0.0
	for _, p := range l.panels {
		if p.kind == surfacePanel || p.kind == contourPanel {
			nx, ny = max(nx, p.plot.w()), max(ny, p.plot.h())
		}
	}
	return cpu.Grid{X: widen(s.Grid.X, x0, x1, nx), Y: widen(s.Grid.Y, y0, y1, ny)}
}

// lastShown returns the last index of a trajectory that a film shows.
func lastShown(s *scenes.Scene, t *cpu.Trajectory) int {
	n := len(t.Loss) - 1
	if s.Film.Frames > 0 {
		n = min(n, int(math.Ceil(s.Film.Updates(s.Film.Frames-1))))
	}
	return n
}

// widen extends an axis to hold lo..hi with a margin, to at most twice its
// span, at a density for pixels.
func widen(a cpu.Axis, lo, hi, pixels float64) cpu.Axis {
	span := a.Max - a.Min
	margin := 0.05 * span
	out := a
	below, above := 0.0, 0.0
	if lo < a.Min {
		below = a.Min - lo + margin
	}
	if hi > a.Max {
		above = hi - a.Max + margin
	}
	if below+above > span {
		// Not all fits: the lesser excess first, up to half of the room.
		switch {
		case below <= span/2:
			above = span - below
		case above <= span/2:
			below = span - above
		default:
			below, above = span/2, span/2
		}
	}
	out.Min, out.Max = a.Min-below, a.Max+above
	own := math.Ceil(float64(a.N-1)*(out.Max-out.Min)/span) + 1
	dense := min(maxDense, max(math.Ceil(pixels/2), min(oneToOne, pixels)))
	out.N = int(max(2, dense, min(maxGrid, own)))
	return out
}
