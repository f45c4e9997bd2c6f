// Package isoline has level sets of a grid by marching squares: the areas at a level or
// above it as polygons, and their borders as lines.
//
// Between grid points the values are taken to be linear along each edge of a cell
// (Lorensen and Cline 1987, in two dimensions). A cell whose two diagonal corners are
// above the level and the others below it, a saddle, is decided by the mean of its
// corners.
package isoline

import (
	"fmt"
	"math"
)

// Point is a place in the plane of a grid.
type Point struct{ X, Y float64 }

// Node is a point of a ring.
type Node struct {
	Point
	Rim bool // from here to the next node the ring runs along the edge of what is finite
}

// Ring is the closed border of an area; its last node is followed by its first. The area
// lies to its left where y is upwards, so that borders of holes run the other way.
type Ring []Node

// Grid has values at the points of a rectangular grid, from New.
type Grid struct {
	nx, ny         int
	v              []float64
	x0, y0, x1, y1 float64
	lo, hi         []float64 // of the corners of each cell, row by row from (−1, −1)
}

// New returns a grid of nx by ny ≥ 2 values, row by row. The first value lies at
// (x0, y0) and the last one at (x1, y1). Values that are not finite, and what lies
// outside the grid, are below every level. The values are kept, not copied.
func New(nx, ny int, values []float64, x0, y0, x1, y1 float64) (*Grid, error) {
	if nx < 2 || ny < 2 || len(values) != nx*ny {
		return nil, fmt.Errorf("%d values on a grid of %d x %d points, want at least 2 x 2, and a value for each", len(values), nx, ny)
	}
	g := &Grid{nx: nx, ny: ny, v: values, x0: x0, y0: y0, x1: x1, y1: y1}
	n := (nx + 1) * (ny + 1)
	g.lo, g.hi = make([]float64, 0, n), make([]float64, 0, n)
	for j := -1; j < ny; j++ {
		for i := -1; i < nx; i++ {
			lo, hi := math.Inf(1), math.Inf(-1)
			for _, c := range cellCorners(i, j) {
				v := g.at(c[0], c[1])
				if !finite(v) {
					v = math.Inf(-1)
				}
				lo, hi = min(lo, v), max(hi, v)
			}
			g.lo, g.hi = append(g.lo, lo), append(g.hi, hi)
		}
	}
	return g, nil
}

func finite(x float64) bool { return !math.IsNaN(x - x) }

// cellCorners returns the grid points around a cell, counterclockwise from (i, j).
func cellCorners(i, j int) [4][2]int {
	return [4][2]int{{i, j}, {i + 1, j}, {i + 1, j + 1}, {i, j + 1}}
}

func (g *Grid) at(i, j int) float64 {
	if i < 0 || j < 0 || i >= g.nx || j >= g.ny {
		return math.NaN()
	}
	return g.v[j*g.nx+i]
}

func (g *Grid) place(i, j float64) Point {
	return Point{g.x0 + i/float64(g.nx-1)*(g.x1-g.x0), g.y0 + j/float64(g.ny-1)*(g.y1-g.y0)}
}

// walk gathers the borders of one level, cell by cell. Borders lead from an edge of the
// grid to another one.
type walk struct {
	*Grid
	level float64
	next  map[int]int // by edge
	where map[int]Point
	rim   map[int]bool
	order []int
}

// edge returns a number for the edge from a grid point to the right, or upwards.
func (w *walk) edge(i, j int, up bool) int {
	e := 2 * ((j+1)*(w.nx+2) + i + 1) // cells reach from −1, so that every ring closes
	if up {
		e++
	}
	return e
}

// cross notes where the level lies on edge e from grid point a to b.
func (w *walk) cross(e int, a, b [2]int) int {
	if _, ok := w.where[e]; ok {
		return e
	}
	u, v := w.at(a[0], a[1]), w.at(b[0], b[1])
	t := 0.0
	switch {
	case !finite(u):
		t = 1
	case finite(v):
		// Halves, as the difference of finite numbers may not be finite.
		t = (w.level/2 - u/2) / (v/2 - u/2)
	}
	w.where[e] = w.place(float64(a[0])+t*float64(b[0]-a[0]), float64(a[1])+t*float64(b[1]-a[1]))
	return e
}

// cell adds the borders in a cell.
func (w *walk) cell(i, j int) {
	corners := cellCorners(i, j)
	var in [4]bool
	n, sum := 0, 0.0
	for k, c := range corners {
		v := w.at(c[0], c[1])
		sum += v / 4
		if in[k] = finite(v) && v >= w.level; in[k] {
			n++
		}
	}
	if n == 0 || n == 4 {
		return
	}
	edges := [4]int{w.edge(i, j, false), w.edge(i+1, j, true), w.edge(i, j+1, false), w.edge(i, j, true)}
	for k := range 4 {
		l := (k + 1) % 4
		if !in[k] || in[l] {
			continue
		}
		// The border leaves the cell here. It enters it where this run of inner corners
		// begins, or, over a saddle as high as the level, where the next one does.
		s := k
		for in[(s+3)%4] {
			s = (s + 3) % 4
		}
		if saddle := n == 2 && in[(k+2)%4] && sum >= w.level; saddle {
			s = (k + 2) % 4
		}
		entry := (s + 3) % 4
		from := w.cross(edges[k], corners[k], corners[l])
		w.next[from] = w.cross(edges[entry], corners[entry], corners[s])
		w.rim[from] = !finite(sum)
		w.order = append(w.order, from)
	}
}

// Rings returns the borders of the area where the values are level or more. The border
// of what is not finite goes through the last finite points.
func (g *Grid) Rings(level float64) []Ring {
	w := walk{Grid: g, level: level, next: map[int]int{}, where: map[int]Point{}, rim: map[int]bool{}}
	at := 0
	for j := -1; j < g.ny; j++ {
		for i := -1; i < g.nx; i++ {
			if g.lo[at] < level && g.hi[at] >= level || math.IsInf(g.lo[at], -1) && g.hi[at] > math.Inf(-1) {
				w.cell(i, j)
			}
			at++
		}
	}
	var out []Ring
	for _, e := range w.order {
		var ring Ring
		for {
			to, ok := w.next[e]
			if !ok {
				break
			}
			delete(w.next, e)
			ring = append(ring, Node{w.where[e], w.rim[e]})
			e = to
		}
		if len(ring) > 2 {
			out = append(out, ring)
		}
	}
	return out
}

// Area returns polygons, closed by their first points, around what is at a level or
// above. To be filled by the nonzero rule or the even-odd one. Points that lie within a
// tolerance of the border without them are left out.
func (g *Grid) Area(level, tolerance float64) (polygons [][]Point) {
	for _, ring := range g.Rings(level) {
		poly := make([]Point, 0, len(ring)+1)
		for _, n := range ring {
			poly = append(poly, n.Point)
		}
		// In two halves, as a line that ends where it starts has no direction.
		half := len(poly) / 2
		poly = append(poly, poly[0])
		poly = append(Simplify(poly[:half+1], tolerance), Simplify(poly[half:], tolerance)[1:]...)
		if poly = poly[:len(poly)-1]; len(poly) > 2 {
			polygons = append(polygons, poly)
		}
	}
	return polygons
}

// Lines returns where the values pass a level: lines that end where they leave the grid
// or what is finite, and closed ones, which end where they start. Points within a
// tolerance of the line without them are left out.
func (g *Grid) Lines(level, tolerance float64) (lines [][]Point) {
	for _, ring := range g.Rings(level) {
		for _, line := range ring.Lines() {
			if half := len(line) / 2; line[0] == line[len(line)-1] {
				line = append(Simplify(line[:half+1], tolerance), Simplify(line[half:], tolerance)[1:]...)
			} else {
				line = Simplify(line, tolerance)
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// Lines returns the parts of a ring that do not run along the rim.
func (r Ring) Lines() (lines [][]Point) {
	n := len(r)
	first := -1 // a stretch along the rim, to begin behind
	for k := range n {
		if r[k].Rim {
			first = k
			break
		}
	}
	if first < 0 {
		closed := make([]Point, 0, n+1)
		for k := range n + 1 {
			closed = append(closed, r[k%n].Point)
		}
		return [][]Point{closed}
	}
	var line []Point
	end := func() {
		if len(line) > 1 {
			lines = append(lines, line)
		}
		line = nil
	}
	for k := 1; k <= n; k++ {
		a, b := r[(first+k)%n], r[(first+k+1)%n]
		if a.Rim {
			end()
			continue
		}
		if line == nil {
			line = []Point{a.Point}
		}
		line = append(line, b.Point)
	}
	end()
	return lines
}

// Simplify leaves out points of a line that lie within a tolerance of the line without
// them (Douglas and Peucker 1973). The ends stay.
func Simplify(line []Point, tolerance float64) []Point {
	if len(line) < 3 {
		return line
	}
	keep := make([]bool, len(line))
	keep[0], keep[len(line)-1] = true, true
	stack := [][2]int{{0, len(line) - 1}}
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		a, b := line[s[0]], line[s[1]]
		far, worst := -1, tolerance
		for k := s[0] + 1; k < s[1]; k++ {
			if d := distance(line[k], a, b); d > worst {
				far, worst = k, d
			}
		}
		if far >= 0 {
			keep[far] = true
			stack = append(stack, [2]int{s[0], far}, [2]int{far, s[1]})
		}
	}
	var out []Point
	for k, p := range line {
		if keep[k] {
			out = append(out, p)
		}
	}
	return out
}

// distance returns how far p is from the segment from a to b.
func distance(p, a, b Point) float64 {
	dx, dy := b.X-a.X, b.Y-a.Y
	t := 0.0
	if n := dx*dx + dy*dy; n > 0 {
		t = min(max(((p.X-a.X)*dx+(p.Y-a.Y)*dy)/n, 0), 1)
	}
	return math.Hypot(p.X-a.X-t*dx, p.Y-a.Y-t*dy)
}
