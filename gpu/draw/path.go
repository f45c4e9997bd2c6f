package draw

import (
	"image/color"
	"math"
	"slices"

	"losscape/cpu"
	"losscape/scenes"

	"github.com/go-gl/mathgl/mgl64"
)

// run is a trajectory as the panels show it.
type run struct {
	name  string
	color color.NRGBA
	t     *cpu.Trajectory
	n     int          // points that can be shown, index 0 the start
	plane [][2]float64 // plane coordinates of each
	off   []float64    // distance of each from the plane; nil if all are in it

	flat  trail // in the contour panel
	solid trail // in the box of the surface panel
	fall  trail // in the loss panel
}

// index returns which point of the run frame k shows.
func (r *run) index(k int) int { return min(k+1, r.n-1) }

// diverged says whether frame k lies past the run's last finite point.
func (r *run) diverged(k int) bool { return r.t.Status == cpu.Diverged && k+1 >= r.n }

func newRuns(s *scenes.Scene, ts []*cpu.Trajectory, th *theme) []*run {
	var out []*run
	names := runNames(ts)
	for i, t := range ts {
		r := &run{name: names[i], color: th.run(i), t: t}
		if colors := s.Path.Colors; len(colors) > 0 {
			r.color = colors[i%len(colors)]
		}
		farthest := 0.0
		for k := 0; k <= lastShown(s, t); k++ {
			a, b, off := s.Plane.Coordinates(t.At(k))
			if !finite(a) || !finite(b) || !finite(t.Loss[k]) {
				break
			}
			r.plane = append(r.plane, [2]float64{a, b})
			r.off = append(r.off, off)
			farthest = max(farthest, off/(1+math.Hypot(a, b)))
		}
		if farthest < 1e-6 {
			r.off = nil // rounding
		}
		r.n = len(r.plane)
		if r.n > 0 {
			out = append(out, r)
		}
	}
	return out
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// trail is a run's way through some space, thinned to what can be seen. A point
// of NaN is a gap.
type trail struct {
	points []mgl64.Vec3
	index  []int // run index that each point belongs to
	beads  []int // run indices that get a mark
	at     []mgl64.Vec3
}

// upTo returns the points of the trail as it is at run index k, its end included,
// each with how far it has faded, 0 to 1: of a tail of so many steps what is
// older is gone; 0 keeps all.
func (t *trail) upTo(k, tail int, dst []mgl64.Vec4) []mgl64.Vec4 {
	n, _ := slices.BinarySearch(t.index, k+1)
	first := 0
	dst = dst[:0]
	if tail > 0 && k > tail {
		// The first point of those that are left is where the tail begins.
		first, _ = slices.BinarySearch(t.index, k-tail+1)
		dst = append(dst, t.at[k-tail].Vec4(1))
	}
	for i := first; i < n; i++ {
		dst = append(dst, t.points[i].Vec4(faded(k-t.index[i], tail)))
	}
	return append(dst, t.at[k].Vec4(0))
}

// beadsUpTo returns the marks of the trail at run index k, as upTo does.
func (t *trail) beadsUpTo(k, tail int, dst []mgl64.Vec4) []mgl64.Vec4 {
	n, _ := slices.BinarySearch(t.beads, k+1)
	first := 0
	if tail > 0 {
		first, _ = slices.BinarySearch(t.beads, k-tail+1)
	}
	dst = dst[:0]
	for _, i := range t.beads[min(first, n):n] {
		dst = append(dst, t.at[i].Vec4(faded(k-i, tail)))
	}
	return dst
}

// faded returns how far a point of some age has faded in a tail.
func faded(age, tail int) float64 {
	if tail == 0 {
		return 0
	}
	return min(float64(age)/float64(tail), 1)
}

// newTrail thins a way through points at. between gives the points on the way
// from index k−1 to k, without both; points nearer than tiny to the last one
// kept are left out. Every every-th index has a mark, none if that is 0, but marks
// nearer than apart to the last one are left out too.
func newTrail(at []mgl64.Vec3, tiny, apart float64, every int, between func(k int) []mgl64.Vec3) trail {
	t := trail{at: at}
	keep := func(p mgl64.Vec3, k int) {
		if n := len(t.points); n > 0 && t.points[n-1].Sub(p).Len() < tiny {
			return
		}
		t.points, t.index = append(t.points, p), append(t.index, k)
	}
	for k, p := range at {
		if k > 0 && between != nil {
			for _, q := range between(k) {
				keep(q, k)
			}
		}
		keep(p, k)
		if every == 0 || k%every != 0 {
			continue
		}
		if n := len(t.beads); n == 0 || at[t.beads[n-1]].Sub(p).Len() >= apart {
			t.beads = append(t.beads, k)
		}
	}
	return t
}

// relief is the field's heights on the host, thinned out, for draping.
type relief struct {
	nx, ny int
	z      []float32
}

// at returns the loss at (u, v) of the unit square; NaN outside and in holes.
func (r *relief) at(u, v float64) float64 {
	if !(u >= 0 && u <= 1 && v >= 0 && v <= 1) {
		return math.NaN()
	}
	x, y := u*float64(r.nx-1), v*float64(r.ny-1)
	i, j := min(int(x), max(r.nx-2, 0)), min(int(y), max(r.ny-2, 0))
	i1, j1 := min(i+1, r.nx-1), min(j+1, r.ny-1)
	fx, fy := x-float64(i), y-float64(j)
	z := func(i, j int) float64 { return float64(r.z[j*r.nx+i]) }
	return (z(i, j)*(1-fx)+z(i1, j)*fx)*(1-fy) + (z(i, j1)*(1-fx)+z(i1, j1)*fx)*fy
}

// boxSpace maps plane coordinates and losses to the axis box.
type boxSpace struct {
	view  cpu.Grid
	scale *scale
}

func (b boxSpace) of(alpha, beta, loss float64) mgl64.Vec3 {
	return mgl64.Vec3{
		(alpha - b.view.X.Min) / (b.view.X.Max - b.view.X.Min),
		(beta - b.view.Y.Min) / (b.view.Y.Max - b.view.Y.Min),
		b.scale.unit(loss),
	}
}

// height returns the height of the land at (u, v) of the unit square.
func (b boxSpace) height(land *relief, u, v float64) float64 {
	return (land.at(u, v) - b.scale.a) / (b.scale.b - b.scale.a)
}

// on returns the relief on a scale.
func (r *relief) on(s *scale) *relief {
	if s.kind == linearScale {
		return r
	}
	out := &relief{r.nx, r.ny, make([]float32, len(r.z))}
	for i, v := range r.z {
		out.z[i] = v
		if x := float64(v); finite(x) {
			out.z[i] = float32(s.to(x))
		}
	}
	return out
}

// drape lays the runs over the relief: at an iterate the height is the run's own
// loss, between two it follows the surface, shifted by what the losses at both
// ends differ from it.
func (r *run) drape(b boxSpace, land *relief, tiny, apart float64, every int) {
	at := make([]mgl64.Vec3, r.n)
	for k, p := range r.plane {
		at[k] = b.of(p[0], p[1], r.t.Loss[k])
	}
	const finest = 1.0 / 96
	height := func(p mgl64.Vec3) float64 { return b.height(land, p[0], p[1]) }
	r.solid = newTrail(at, tiny, apart, every, func(k int) []mgl64.Vec3 {
		p, q := at[k-1], at[k]
		n := int(min(math.Ceil(math.Hypot(q[0]-p[0], q[1]-p[1])/finest), 200))
		dp, dq := p[2]-height(p), q[2]-height(q)
		if !finite(dp) || !finite(dq) {
			dp, dq = math.NaN(), math.NaN()
		}
		var out []mgl64.Vec3
		for i := 1; i < n; i++ {
			t := float64(i) / float64(n)
			m := p.Mul(1 - t).Add(q.Mul(t))
			if z := height(m) + dp*(1-t) + dq*t; finite(z) {
				m[2] = z
			}
			out = append(out, m)
		}
		return out
	})
}

// clipLine cuts the segment from p to q to the unit box; ok is false if
// nothing is left.
func clipLine(p, q mgl64.Vec3) (a, b mgl64.Vec3, ok bool) {
	t0, t1 := 0.0, 1.0
	d := q.Sub(p)
	for k := range 3 {
		for _, side := range [2]float64{-1, 1} {
			edge := (side + 1) / 2
			num, den := side*(edge-p[k]), side*d[k] // inside while t·den ≤ num
			switch {
			case den == 0:
				if num < 0 {
					return p, q, false
				}
			case den > 0:
				t1 = min(t1, num/den)
			default:
				t0 = max(t0, num/den)
			}
		}
	}
	if t0 > t1 {
		return p, q, false
	}
	return p.Add(d.Mul(t0)), p.Add(d.Mul(t1)), true
}

// inBox says whether p lies in the unit box.
func inBox(p mgl64.Vec3) bool {
	for _, x := range p {
		if !(x >= -1e-9 && x <= 1+1e-9) {
			return false
		}
	}
	return true
}
