package figure

import (
	"image/color"
	"math"
	"sort"

	"losscape/cpu"
	"losscape/cpu/isoline"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/palette"
	"losscape/scenes/scale"

	"gonum.org/v1/gonum/floats"
)

// run is a trajectory as the panels show it.
type run struct {
	name  string
	index int // of the trajectory
	color color.NRGBA
	t     *cpu.Trajectory
	film  *scenes.Film
	n     int          // points that can be shown, index 0 the start
	plane [][2]float64 // plane coordinates of each
	off   []float64    // distance of each from the plane; nil if all are in it

}

// at returns how many updates of the run frame k shows, on the way to the next if
// it is not whole.
func (r *run) at(k int) float64 { return min(r.film.Updates(k), float64(r.n-1)) }

// reached returns the last point of the run that frame k has reached.
func (r *run) reached(k int) int { return int(r.at(k)) }

// weights returns a line's two weights at frame k.
func (r *run) weights(k int) [2]float64 {
	i := r.reached(k)
	share := r.at(k) - float64(i)
	w := [2]float64(r.t.At(i))
	if share > 0 {
		next := r.t.At(i + 1)
		for j := range w {
			w[j] += share * (next[j] - w[j])
		}
	}
	return w
}

// diverged says whether frame k lies past the run's last finite point.
func (r *run) diverged(k int) bool {
	return r.t.Status == cpu.Diverged && r.film.Updates(k) >= float64(r.n)
}

func newRuns(s *scenes.Scene, ts []*cpu.Trajectory, th *palette.Theme) []*run {
	var out []*run
	names := RunNames(ts, &s.Labels)
	for i, t := range ts {
		r := &run{name: names[i], index: i, color: th.Run(s.Path.Colors, i), t: t, film: &s.Film}
		farthest := 0.0
		for k := 0; k <= s.LastShown(t); k++ {
			w := t.At(k)
			a, b, off := s.Plane.Coordinates(w)
			if off <= 8*float64(len(w))*0x1p-52*floats.Norm(w, 2) {
				off = 0 // a few last digits of each weight are the rounding of a point in the plane
			}
			if !scale.Finite(a) || !scale.Finite(b) || !scale.Finite(t.Loss[k]) {
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

// trail is a run's way through some space, thinned to what can be seen. A point
// of NaN is a gap.
type trail struct {
	points []Vec3
	when   []float64 // updates at each point
	beads  []int     // run indices that get a mark
	at     []Vec3
	// way returns the point at a fraction of the way from index k−1 to k; nil if it
	// is straight.
	way func(k int, share float64) Vec3
}

// place returns where the trail is after some updates.
func (t *trail) place(updates float64) Vec3 {
	k := int(updates)
	share := updates - float64(k)
	if share == 0 || k+1 >= len(t.at) {
		return t.at[k]
	}
	if t.way != nil {
		return t.way(k+1, share)
	}
	return t.at[k].Mul(1 - share).Add(t.at[k+1].Mul(share))
}

// upTo returns the points of the trail as it is after some updates, its end
// included, each with how far it has faded, 0 to 1: of a tail of so many updates
// what is older is gone; 0 keeps all.
func (t *trail) upTo(updates float64, tail int, dst []Vec4) []Vec4 {
	first := 0
	dst = dst[:0]
	if begin := updates - float64(tail); tail > 0 && begin > 0 {
		first = sort.Search(len(t.when), func(i int) bool { return t.when[i] > begin })
		dst = append(dst, t.place(begin).Vec4(1))
	}
	for i := first; i < len(t.when) && t.when[i] <= updates; i++ {
		dst = append(dst, t.points[i].Vec4(faded(updates-t.when[i], tail)))
	}
	return append(dst, t.place(updates).Vec4(0))
}

// beadsUpTo returns the marks of the trail after some updates, as upTo does.
func (t *trail) beadsUpTo(updates float64, tail int, dst []Vec4) []Vec4 {
	dst = dst[:0]
	for _, k := range t.beads {
		age := updates - float64(k)
		if age < 0 {
			break
		}
		if tail == 0 || age < float64(tail) {
			dst = append(dst, t.at[k].Vec4(faded(age, tail)))
		}
	}
	return dst
}

// faded returns how far a point of some age has faded in a tail.
func faded(age float64, tail int) float64 {
	if tail == 0 {
		return 0
	}
	return min(age/float64(tail), 1)
}

// newTrail thins a way through points at. between gives the points on the way
// from index k−1 to k, without both; points nearer than tiny to the last one
// kept are left out. Every every-th index has a mark, none if that is 0, but marks
// nearer than apart to the last one are left out too.
func newTrail(at []Vec3, tiny, apart float64, every int, between func(k int) []Vec3) trail {
	t := trail{at: at}
	keep := func(p Vec3, when float64) {
		if n := len(t.points); n > 0 && t.points[n-1].Sub(p).Len() < tiny {
			return
		}
		t.points, t.when = append(t.points, p), append(t.when, when)
	}
	for k, p := range at {
		if k > 0 && between != nil {
			way := between(k)
			for i, q := range way {
				keep(q, float64(k-1)+float64(i+1)/float64(len(way)+1))
			}
		}
		keep(p, float64(k))
		if every == 0 || k%every != 0 {
			continue
		}
		if n := len(t.beads); n == 0 || at[t.beads[n-1]].Sub(p).Len() >= apart {
			t.beads = append(t.beads, k)
		}
	}
	return t
}

// Heights are the losses of a landscape on the host, thinned out, for draping.
type Heights struct {
	NX, NY int
	Z      []float32 // row by row, from the lowest y
}

// At returns the loss at (u, v) of the unit square; NaN outside and in holes.
func (r *Heights) At(u, v float64) float64 {
	if !(u >= 0 && u <= 1 && v >= 0 && v <= 1) {
		return math.NaN()
	}
	x, y := u*float64(r.NX-1), v*float64(r.NY-1)
	i, j := min(int(x), max(r.NX-2, 0)), min(int(y), max(r.NY-2, 0))
	i1, j1 := min(i+1, r.NX-1), min(j+1, r.NY-1)
	fx, fy := x-float64(i), y-float64(j)
	z := func(i, j int) float64 { return float64(r.Z[j*r.NX+i]) }
	return (z(i, j)*(1-fx)+z(i1, j)*fx)*(1-fy) + (z(i, j1)*(1-fx)+z(i1, j1)*fx)*fy
}

// coarse returns the heights at most at so many points a side.
func (r *Heights) coarse(most int) *Heights {
	out := &Heights{NX: min(r.NX, most), NY: min(r.NY, most)}
	if out.NX == r.NX && out.NY == r.NY {
		return r
	}
	for j := range out.NY {
		y := thinned(j, out.NY, r.NY)
		for i := range out.NX {
			out.Z = append(out.Z, r.Z[y*r.NX+thinned(i, out.NX, r.NX)])
		}
	}
	return out
}

// grid returns the heights as a grid over a plot.
func (r *Heights) grid(plot display.Rectangle) (*isoline.Grid, error) {
	z := make([]float64, len(r.Z))
	for i, v := range r.Z {
		z[i] = float64(v)
	}
	return isoline.New(r.NX, r.NY, z, plot.X0, plot.Y1, plot.X1, plot.Y0)
}

// boxSpace maps plane coordinates and losses to the axis box.
type boxSpace struct {
	view  cpu.Grid
	scale *scale.Scale
}

func (b boxSpace) of(alpha, beta, loss float64) Vec3 {
	return Vec3{
		(alpha - b.view.X.Min) / (b.view.X.Max - b.view.X.Min),
		(beta - b.view.Y.Min) / (b.view.Y.Max - b.view.Y.Min),
		b.scale.Unit(loss),
	}
}

// height returns the height of the surface at (u, v) of the unit square.
func (b boxSpace) height(heights *Heights, u, v float64) float64 {
	return (heights.At(u, v) - b.scale.A) / (b.scale.B - b.scale.A)
}

// On returns the heights on a scale.
func (r *Heights) On(s *scale.Scale) *Heights {
	if s.Kind == scale.Linear {
		return r
	}
	out := &Heights{r.NX, r.NY, make([]float32, len(r.Z))}
	for i, v := range r.Z {
		out.Z[i] = v
		if x := float64(v); scale.Finite(x) {
			out.Z[i] = float32(s.To(x))
		}
	}
	return out
}

// drape lays the runs over the heights: at an iterate the height is the run's own
// loss, between two it follows the surface, shifted by what the losses at both
// ends differ from it.
func (r *run) drape(b boxSpace, heights *Heights, tiny, apart float64, every int) trail {
	at := make([]Vec3, r.n)
	for k, p := range r.plane {
		at[k] = b.of(p[0], p[1], r.t.Loss[k])
	}
	const finest = 1.0 / 96
	height := func(p Vec3) float64 { return b.height(heights, p[0], p[1]) }
	way := func(k int, share float64) Vec3 {
		p, q := at[k-1], at[k]
		m := p.Mul(1 - share).Add(q.Mul(share))
		dp, dq := p[2]-height(p), q[2]-height(q)
		if z := height(m) + dp*(1-share) + dq*share; scale.Finite(z) {
			m[2] = z
		}
		return m
	}
	t := newTrail(at, tiny, apart, every, func(k int) []Vec3 {
		p, q := at[k-1], at[k]
		n := int(min(math.Ceil(math.Hypot(q[0]-p[0], q[1]-p[1])/finest), 200))
		var out []Vec3
		for i := 1; i < n; i++ {
			out = append(out, way(k, float64(i)/float64(n)))
		}
		return out
	})
	t.way = way
	return t
}

// clipLine cuts the segment from p to q to the unit box; ok is false if
// nothing is left.
func clipLine(p, q Vec3) (a, b Vec3, ok bool) {
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
func inBox(p Vec3) bool {
	for _, x := range p {
		if !(x >= -1e-9 && x <= 1+1e-9) {
			return false
		}
	}
	return true
}
