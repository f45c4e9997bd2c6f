package export

import (
	"math"

	"losscape/scenes/scale"
)

// point is a place in points of 1/72 inch, y upwards.
type point struct{ x, y float64 }

// node is a point of a ring; it is on the rim if the ring runs from there along
// the edge of what is finite.
type node struct {
	point
	rim bool
}

// field is a grid of losses over a rectangle of the page.
type field struct {
	nx, ny         int
	v              []float64
	x0, y0, x1, y1 float64
}

func (f *field) at(i, j int) float64 {
	if i < 0 || j < 0 || i >= f.nx || j >= f.ny {
		return math.NaN()
	}
	return f.v[j*f.nx+i]
}

func (f *field) place(i, j float64) point {
	return point{f.x0 + i/float64(f.nx-1)*(f.x1-f.x0), f.y0 + j/float64(f.ny-1)*(f.y1-f.y0)}
}

// rings returns the borders of the area where the field is level or more, by
// marching squares: closed, with the area to their left, so that holes run the
// other way. What is not finite, and what lies outside the grid, is below every
// level, and its border goes through the last finite points.
func (f *field) rings(level float64) [][]node {
	// Cells reach from −1, so that every ring closes inside.
	w := f.nx + 2
	edge := func(i, j int, up bool) int { // from grid point i, j to the right or upwards
		e := 2 * ((j+1)*w + i + 1)
		if up {
			e++
		}
		return e
	}
	next := map[int]int{}
	where := map[int]point{}
	rim := map[int]bool{}
	cross := func(e, i0, j0, i1, j1 int) int {
		if _, ok := where[e]; !ok {
			a, b := f.at(i0, j0), f.at(i1, j1)
			t := 0.0
			switch {
			case !scale.Finite(a):
				t = 1
			case scale.Finite(b):
				// Halves, as the difference of finite numbers may not be.
				t = (level/2 - a/2) / (b/2 - a/2)
			}
			where[e] = f.place(float64(i0)+t*float64(i1-i0), float64(j0)+t*float64(j1-j0))
		}
		return e
	}
	var order []int
	for j := -1; j < f.ny; j++ {
		for i := -1; i < f.nx; i++ {
			corners := [4][2]int{{i, j}, {i + 1, j}, {i + 1, j + 1}, {i, j + 1}}
			var in [4]bool
			n, sum := 0, 0.0
			for k, c := range corners {
				v := f.at(c[0], c[1])
				sum += v / 4
				if in[k] = scale.Finite(v) && v >= level; in[k] {
					n++
				}
			}
			if n == 0 || n == 4 {
				continue
			}
			edges := [4]int{edge(i, j, false), edge(i+1, j, true), edge(i, j+1, false), edge(i, j, true)}
			for k := range 4 {
				l := (k + 1) % 4
				if !in[k] || in[l] {
					continue
				}
				// The area's border leaves the cell's rim here. It comes back where
				// this run of inner corners began, or, over a pass that is as
				// high as the level, where the next run does.
				s := k
				for in[(s+3)%4] {
					s = (s + 3) % 4
				}
				if saddle := n == 2 && in[(k+2)%4] && sum >= level; saddle {
					s = (k + 2) % 4
				}
				entry := (s + 3) % 4
				from := cross(edges[k], corners[k][0], corners[k][1], corners[l][0], corners[l][1])
				to := cross(edges[entry], corners[entry][0], corners[entry][1], corners[s][0], corners[s][1])
				next[from], rim[from] = to, !scale.Finite(sum)
				order = append(order, from)
			}
		}
	}
	var out [][]node
	for _, e := range order {
		var ring []node
		for {
			to, ok := next[e]
			if !ok {
				break
			}
			delete(next, e)
			ring = append(ring, node{where[e], rim[e]})
			e = to
		}
		if len(ring) > 2 {
			out = append(out, ring)
		}
	}
	return out
}

// lines returns the parts of a ring that do not run along the rim.
func lines(ring []node) [][]point {
	n := len(ring)
	first := -1 // a stretch along the rim, to begin behind
	for k := range n {
		if ring[k].rim {
			first = k
			break
		}
	}
	if first < 0 {
		closed := make([]point, 0, n+1)
		for k := range n + 1 {
			closed = append(closed, ring[k%n].point)
		}
		return [][]point{closed}
	}
	var out [][]point
	var line []point
	for k := 1; k <= n; k++ {
		a, b := ring[(first+k)%n], ring[(first+k+1)%n]
		if a.rim {
			if len(line) > 1 {
				out = append(out, line)
			}
			line = nil
			continue
		}
		if line == nil {
			line = []point{a.point}
		}
		line = append(line, b.point)
	}
	if len(line) > 1 {
		out = append(out, line)
	}
	return out
}

// simplify leaves out points that lie within tolerance of the line without
// them, by Douglas and Peucker's method.
func simplify(line []point, tolerance float64) []point {
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
	var out []point
	for k, p := range line {
		if keep[k] {
			out = append(out, p)
		}
	}
	return out
}

// distance returns how far p is from the segment from a to b.
func distance(p, a, b point) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	t := 0.0
	if n := dx*dx + dy*dy; n > 0 {
		t = min(max(((p.x-a.x)*dx+(p.y-a.y)*dy)/n, 0), 1)
	}
	return math.Hypot(p.x-a.x-t*dx, p.y-a.y-t*dy)
}

// box is a rectangle of the page.
type box struct{ x0, y0, x1, y1 float64 }

func (b box) holds(p point) bool { return p.x >= b.x0 && p.x <= b.x1 && p.y >= b.y0 && p.y <= b.y1 }

// clip returns the parts of a line that lie in the box.
func (b box) clip(line []point) [][]point {
	var out [][]point
	var part []point
	for k := 1; k < len(line); k++ {
		p, q := line[k-1], line[k]
		t0, t1 := 0.0, 1.0
		for _, e := range [4][2]float64{{p.x - b.x0, q.x - p.x}, {b.x1 - p.x, p.x - q.x}, {p.y - b.y0, q.y - p.y}, {b.y1 - p.y, p.y - q.y}} {
			// Inside while e[0] + t e[1] ≥ 0.
			switch {
			case e[1] > 0:
				t0 = max(t0, -e[0]/e[1])
			case e[1] < 0:
				t1 = min(t1, -e[0]/e[1])
			case e[0] < 0:
				t1 = -1
			}
		}
		if t0 > t1 {
			continue
		}
		along := func(t float64) point { return point{p.x + t*(q.x-p.x), p.y + t*(q.y-p.y)} }
		if len(part) == 0 || t0 > 0 {
			if len(part) > 1 {
				out = append(out, part)
			}
			part = []point{along(t0)}
		}
		part = append(part, along(t1))
		if t1 < 1 {
			out = append(out, part)
			part = nil
		}
	}
	if len(part) > 1 {
		out = append(out, part)
	}
	return out
}
