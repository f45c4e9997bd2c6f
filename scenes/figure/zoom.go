package figure

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/scale"
)

// Zoom is a map that a film zooms into, by its keys. What the frames show is taken from
// levels: grids of runs around one point, each with twice the spacing of the one below it.
// A level serves the frames of an octave, whose widths differ by less than a factor of 2,
// and has a run for each pixel of the narrowest. A frame is its level on the way to every
// second run of it, which is what the next wider octave begins with: so nothing jumps where
// octaves meet. What is mixed, between runs and between those two, are colours, which
// people see: neither how runs end nor ranks have a mean.
//
// A level is computed once, but for the runs that one below it has: every second of theirs
// is the same run, to the last bit of its parameters.
//
// Learn comes first, then Put for all Parts of the levels that Frames needs, the lowest
// level first, then Paint, of one frame at a time.
type Zoom struct {
	scene   *scenes.Scene
	path    *zoomPath
	w, h    int // pixels of the panel
	frames  int
	levels  []zoomLevel // from the lowest: the least spacing first
	levelOf []int       // of each frame

	q        cpu.Quantity
	look     *cpu.Result // a sample of all levels, that says which colours there are
	scale    *scale.Scale
	swatches []Swatch

	rows [2][]float32 // of Paint: the full grid's and the thinned one's
}

// zoomLevel is a grid of runs: run (i, j) is at (i dx, j dy) from the anchor.
type zoomLevel struct {
	octave int // the spacing is 2^octave times the least
	d      [2]float64
	lo, hi [2]int64 // the first indices, and those behind the last
	pix    []uint8  // RGB, row by row from the lowest; nil before any Put
	parts  [][2][2]int64
}

// margin is how many runs a level has beyond the views of its frames: the filter of the
// thinned grid reaches two of its runs, each four of the level's.
const zoomMargin = 5

// Limits of a zoom.
const (
	maxLevelRuns = 1 << 23 // of a level: more are two levels
	maxZoomRuns  = 1 << 31 // of all levels
	probeSide    = 64      // runs of a level along each side that say which colours there are
	leastApart   = 4       // units in the last place that runs are apart at least
)

// NewZoom plans the film of a scene whose map has keys, for pictures of width by height
// pixels. Its error says how deep a film can go if a key is deeper.
func NewZoom(s *scenes.Scene, width, height int) (*Zoom, error) {
	q, err := cpu.LookupQuantity(s.Map.Of)
	if err != nil {
		return nil, err
	}
	z := &Zoom{scene: s, path: newZoomPath(&s.Map), frames: max(s.Film.Frames, 1), q: q}
	l := NewLayout(s, float64(width), float64(height), Screen)
	for _, p := range l.Panels {
		if p.Kind == scenes.MapPanel {
			z.w, z.h = max(z.w, int(p.Plot.W())), max(z.h, int(p.Plot.H()))
		}
	}
	if z.w == 0 {
		return nil, errors.New(`a film that zooms into a map without a panel "map"`)
	}
	if err := z.checkDepth(); err != nil {
		return nil, err
	}
	return z, z.plan()
}

// checkDepth checks that float64 tells apart the runs of neighbouring pixels at each key.
func (z *Zoom) checkDepth() error {
	m := &z.scene.Map
	for i, k := range m.Keys {
		for j, pixels := range []int{z.w, z.h} {
			a := z.path.axes[j]
			share := 1.0
			if j == 1 {
				share = math.Abs(z.path.aspect)
			}
			// Of a value v on a logarithmic axis, a step is v times that of the logarithm.
			step := k.Width * share / float64(pixels)
			told := z.scene.Told(j, k.Centre)
			if a.Log {
				told /= k.Centre[j]
				// The coordinate, a logarithm, has a last place of its own.
				told = max(told, math.Nextafter(math.Abs(a.At(k.Centre[j])), math.Inf(1))-math.Abs(a.At(k.Centre[j])))
			}
			if least := leastApart * told; step < least {
				return &scenes.Error{Key: fmt.Sprintf("map.key[%d].width", i), Msg: fmt.Sprintf(
					"%v is deeper than float64 goes: the runs of neighbouring pixels would be %.2g units in the last place of %s apart, want at least %d; a width of %.2g is the least there, with %d x %d pixels",
					k.Width, step/told, z.scene.ParamName(a.Name), leastApart, least*float64(pixels)/share*1.001, z.w, z.h)}
			}
		}
	}
	return nil
}

// plan finds the levels: frames one after the other that are of one octave share one, as
// long as the grid over all that they show has no more runs than a level may have.
func (z *Zoom) plan() error {
	views := make([]zoomView, z.frames)
	least := math.Inf(1)
	for k := range views {
		views[k] = z.path.at(k)
		least = min(least, math.Abs(views[k].span[0]))
	}
	type run struct {
		zoomLevel
		frames []int
	}
	var all []run
	var total float64
	for k, v := range views {
		octave := zoomOctave(v, least)
		unit := math.Ldexp(least, octave)
		l := zoomLevel{octave: octave, d: [2]float64{unit / float64(z.w), unit * math.Abs(z.path.aspect) / float64(z.h)}}
		for j := range l.d {
			half := math.Abs(v.span[j]) / 2
			l.lo[j] = int64(math.Floor((v.off[j]-half)/l.d[j])) - zoomMargin
			l.hi[j] = int64(math.Ceil((v.off[j]+half)/l.d[j])) + zoomMargin + 1
		}
		if n := len(all); n > 0 && all[n-1].octave == octave {
			if joined := all[n-1].joined(l); joined.size() <= maxLevelRuns {
				total += joined.size() - all[n-1].size()
				all[n-1].zoomLevel = joined
				all[n-1].frames = append(all[n-1].frames, k)
				continue
			}
		}
		total += l.size()
		all = append(all, run{l, []int{k}})
	}
	if total > maxZoomRuns {
		return &scenes.Error{Key: "map.key", Msg: fmt.Sprintf("a film of %.2g runs, want at most %d: fewer pixels, or shorter ways beside the zoom", total, maxZoomRuns)}
	}
	slices.SortStableFunc(all, func(a, b run) int { return a.octave - b.octave })
	z.levelOf = make([]int, z.frames)
	for i, r := range all {
		for _, k := range r.frames {
			z.levelOf[k] = i
		}
		z.levels = append(z.levels, r.zoomLevel)
	}
	return nil
}

// zoomOctave returns the octave of a view, from that of the least width.
func zoomOctave(v zoomView, least float64) int {
	return max(0, int(math.Floor(math.Log2(math.Abs(v.span[0])/least))))
}

func (l *zoomLevel) size() float64 {
	return float64(l.hi[0]-l.lo[0]) * float64(l.hi[1]-l.lo[1])
}

// joined returns the level that holds two of one octave.
func (l zoomLevel) joined(m zoomLevel) zoomLevel {
	for j := range l.lo {
		l.lo[j], l.hi[j] = min(l.lo[j], m.lo[j]), max(l.hi[j], m.hi[j])
	}
	return l
}

// Levels returns how many levels there are, and Bytes what their colours take of memory.
func (z *Zoom) Levels() int { return len(z.levels) }

// Bytes returns how much memory the colours of some levels take.
func (z *Zoom) Bytes(levels []int) (n uint64) {
	for _, i := range levels {
		n += 3 * uint64(z.levels[i].size())
	}
	return n
}

// Frames returns the levels that frames from first to last need, the lowest first.
func (z *Zoom) Frames(first, last int) (levels []int) {
	for k := max(first, 0); k <= min(last, z.frames-1); k++ {
		levels = append(levels, z.levelOf[k])
	}
	slices.Sort(levels)
	return slices.Compact(levels)
}

// Apart returns the least distance of neighbouring runs along either axis, and the largest
// values there, in the parameters: what decides which precision tells them apart.
func (z *Zoom) Apart() (apart, size [2]float64) {
	for j := range apart {
		apart[j] = math.Inf(1)
		for i := range z.levels {
			l := &z.levels[i]
			a, b := z.value(j, l.d[j]*float64(l.lo[j])), z.value(j, l.d[j]*float64(l.hi[j]))
			size[j] = max(size[j], math.Abs(a), math.Abs(b))
			apart[j] = min(apart[j], math.Abs(b-a)/float64(l.hi[j]-l.lo[j]))
		}
	}
	return apart, size
}

// value returns the parameter of an axis at a coordinate from the anchor.
func (z *Zoom) value(axis int, off float64) float64 {
	return z.path.axes[axis].Value(z.path.anchor[axis] + off)
}

// sweep returns the runs of a level from lo to hi in steps.
func (z *Zoom) sweep(l *zoomLevel, lo, hi, step [2]int64) cpu.Sweep {
	w := z.scene.MapSweep()
	w.Over = make([]cpu.Param, 2)
	for j := range w.Over {
		p := cpu.Param{Name: z.path.axes[j].Name, Log: z.path.axes[j].Log}
		for i := lo[j]; i < hi[j]; i += step[j] {
			p.Values = append(p.Values, z.value(j, float64(i)*l.d[j]))
		}
		w.Over[j] = p
	}
	return w
}

// Probe returns a sample of the runs of each level.
func (z *Zoom) Probe() (all []cpu.Sweep) {
	for i := range z.levels {
		l := &z.levels[i]
		var step [2]int64
		for j := range step {
			step[j] = max(1, (l.hi[j]-l.lo[j])/probeSide)
		}
		all = append(all, z.sweep(l, l.lo, l.hi, step))
	}
	return all
}

// Learn takes what the runs of Probe came to: it is the same scale of colours in all frames
// that suits the sample.
func (z *Zoom) Learn(probe []*cpu.Result) error {
	if len(probe) != len(z.levels) {
		return fmt.Errorf("samples of %d levels, there are %d", len(probe), len(z.levels))
	}
	z.look = joinResults(probe)
	if z.q.Of(z.look) == nil {
		return fmt.Errorf("a map of %s whose results have none", z.scene.Map.Of)
	}
	_, z.scale, z.swatches = painter(z.look, &z.scene.Map, &z.scene.Labels, z.q, nil)
	return nil
}

// joinResults returns the runs of some results as those of one, as far as their colours and
// their key need them.
func joinResults(all []*cpu.Result) *cpu.Result {
	r := &cpu.Result{Sweep: all[0].Sweep, Dim: all[0].Dim, Derived: map[string][]float64{}}
	for _, a := range all {
		r.W = append(r.W, a.W...)
		r.Loss, r.BestLoss = append(r.Loss, a.Loss...), append(r.BestLoss, a.BestLoss...)
		r.GradNorm, r.Accuracy = append(r.GradNorm, a.GradNorm...), append(r.Accuracy, a.Accuracy...)
		r.Steps, r.Status, r.Period = append(r.Steps, a.Steps...), append(r.Status, a.Status...), append(r.Period, a.Period...)
		r.Precision = append(r.Precision, a.Precision...)
		for name, v := range a.Derived {
			r.Derived[name] = append(r.Derived[name], v...)
		}
	}
	return r
}

// Runs returns how many runs have to be computed for some levels, in ascending order.
func (z *Zoom) Runs(levels []int) (n int) {
	for _, i := range levels {
		l := &z.levels[i]
		_, hole := z.donor(l, func(m int) bool { return slices.Contains(levels, m) })
		n += int(l.size()) - int(hole[1][0]-hole[0][0])*int(hole[1][1]-hole[0][1])
	}
	return n
}

// Parts returns the runs of a level that have to be computed, in parts: those that no lower
// level has, whose colours it takes.
func (z *Zoom) Parts(level int) (parts []cpu.Sweep) {
	l := &z.levels[level]
	l.pix = make([]uint8, 3*int(l.size()))
	from, hole := z.donor(l, func(m int) bool { return z.levels[m].pix != nil })
	for j := hole[0][1]; j < hole[1][1]; j++ {
		for i := hole[0][0]; i < hole[1][0]; i++ {
			copy(l.at(i, j), from.at(2*i, 2*j))
		}
	}
	l.parts = around(l.lo, l.hi, hole[0], hole[1])
	for _, r := range l.parts {
		parts = append(parts, z.sweep(l, r[0], r[1], [2]int64{1, 1}))
	}
	return parts
}

// donor returns the level one octave below l that has most of the runs of l, among those
// that are there, and the first indices and those behind the last of these in l.
func (z *Zoom) donor(l *zoomLevel, there func(level int) bool) (from *zoomLevel, hole [2][2]int64) {
	most := 0.0
	for i := range z.levels {
		m := &z.levels[i]
		if m.octave != l.octave-1 || !there(i) {
			continue
		}
		var lo, hi [2]int64
		for j := range lo {
			lo[j] = max(l.lo[j], ceilHalf(m.lo[j]))
			hi[j] = max(lo[j], min(l.hi[j], ceilHalf(m.hi[j])))
		}
		if n := float64(hi[0]-lo[0]) * float64(hi[1]-lo[1]); n > most {
			from, most, hole = m, n, [2][2]int64{lo, hi}
		}
	}
	return from, hole
}

// ceilHalf returns the least i with 2 i ≥ n.
func ceilHalf(n int64) int64 { return (n + 1) >> 1 }

// at returns the colour of a run of a level.
func (l *zoomLevel) at(i, j int64) []uint8 {
	k := 3 * ((j-l.lo[1])*(l.hi[0]-l.lo[0]) + i - l.lo[0])
	return l.pix[k : k+3]
}

// around returns the rectangles that are left of lo to hi without a hole in it, which may be
// empty.
func around(lo, hi, hole0, hole1 [2]int64) (out [][2][2]int64) {
	if hole0[0] >= hole1[0] || hole0[1] >= hole1[1] {
		return [][2][2]int64{{lo, hi}}
	}
	for _, r := range [][2][2]int64{
		{lo, {hi[0], hole0[1]}},
		{{lo[0], hole1[1]}, hi},
		{{lo[0], hole0[1]}, {hole0[0], hole1[1]}},
		{{hole1[0], hole0[1]}, {hi[0], hole1[1]}},
	} {
		if r[0][0] < r[1][0] && r[0][1] < r[1][1] {
			out = append(out, r)
		}
	}
	return out
}

// Put takes what the runs of a part of a level came to.
func (z *Zoom) Put(level, part int, r *cpu.Result) error {
	l := &z.levels[level]
	p := l.parts[part]
	nx, ny := p[1][0]-p[0][0], p[1][1]-p[0][1]
	if int64(r.N()) != nx*ny {
		return fmt.Errorf("a part of %d x %d runs, its result has %d", nx, ny, r.N())
	}
	paint, _, more := painter(r, &z.scene.Map, &z.scene.Labels, z.q, z.scale)
	for i := range nx {
		for j := range ny {
			c := paint(int(i*ny + j))
			at := l.at(p[0][0]+i, p[0][1]+j)
			at[0], at[1], at[2] = c.R, c.G, c.B
		}
	}
	z.swatches = withSwatches(z.swatches, more)
	return nil
}

// withSwatches returns a key with what another has besides, each behind what it is behind
// there.
func withSwatches(have, more []Swatch) []Swatch {
	known := func(s Swatch) bool {
		return slices.ContainsFunc(have, func(h Swatch) bool { return h.Text == s.Text && h.Color == s.Color })
	}
	for i, s := range more {
		if known(s) {
			continue
		}
		at := len(have)
		if i > 0 {
			at = 1 + slices.IndexFunc(have, func(h Swatch) bool { return h.Text == more[i-1].Text })
		} else if len(more) > 1 {
			at = max(0, slices.IndexFunc(have, func(h Swatch) bool { return h.Text == more[1].Text }))
		}
		have = slices.Insert(slices.Clone(have), at, s)
	}
	return have
}

// Over returns the axes of what frame k shows, by the values at its edges.
func (z *Zoom) Over(k int) [2]zoomAxis {
	v := z.path.at(k)
	var out [2]zoomAxis
	for j := range out {
		a := z.path.axes[j]
		mid := z.path.anchor[j] + v.off[j]
		out[j] = zoomAxis{lo: a.Value(mid - v.span[j]/2), hi: a.Value(mid + v.span[j]/2), log: a.Log}
	}
	return out
}

// zoomAxis is an axis of a frame, from edge to edge.
type zoomAxis struct {
	lo, hi float64
	log    bool
}

// scale returns where values lie along the axis.
func (a zoomAxis) scale() *scale.Scale {
	if a.log {
		s := scale.NewLog(a.lo, a.hi)
		s.Least = 0
		return s
	}
	return scale.NewLinear(a.lo, a.hi)
}

// Paint returns what frame k shows, w by h pixels.
func (z *Zoom) Paint(k, w, h int) *Cells {
	k = min(max(k, 0), z.frames-1)
	v, l := z.path.at(k), &z.levels[z.levelOf[k]]
	c := &Cells{NX: w, NY: h, Pix: make([]byte, 4*w*h), scale: z.scale, swatches: z.swatches}
	// How far the frame is from the narrowest of its octave to the widest.
	t := min(max(math.Log2(math.Abs(v.span[0])/(l.d[0]*float64(z.w))), 0), 1)
	full := l.sampler(v, w, h, 1)
	thin := l.sampler(v, w, h, 2)
	z.rows[0] = full.across(z.rows[0])
	z.rows[1] = thin.across(z.rows[1])
	inRows(h, func(y int) {
		line := make([]float32, 3*w)
		full.up(line, z.rows[0], y, float32(1-t))
		thin.up(line, z.rows[1], y, float32(t))
		for x := range w {
			o := 4 * (y*w + x)
			for i := range 3 {
				c.Pix[o+i] = uint8(min(max(line[3*x+i]+0.5, 0), 255))
			}
			c.Pix[o+3] = 255
		}
	})
	return c
}

// inRows does work for each of n rows, on all processors.
func inRows(n int, work func(y int)) {
	procs := min(runtime.GOMAXPROCS(0), n)
	var wg sync.WaitGroup
	for p := range procs {
		wg.Go(func() {
			for y := n * p / procs; y < n*(p+1)/procs; y++ {
				work(y)
			}
		})
	}
	wg.Wait()
}

// sampler takes the colours of a level's grid, or of every second run of it, at pixels.
type sampler struct {
	l     *zoomLevel
	every int64
	taps  [2][]tap // of each column, and of each row
	first int64    // row of the grid, in units of every, that across begins with
	rows  int
}

// tap is where the filter for a pixel begins in a grid, and its weights: those of the cubic
// B-spline. It blurs a little, and noise comes out as strong wherever pixels lie between
// runs, to 8 %; linear interpolation would lose half of it midway along each axis, which
// is seen as a pattern of beats that swims through the film.
type tap struct {
	at int64
	k  [4]float32
}

func (l *zoomLevel) sampler(v zoomView, w, h int, every int64) sampler {
	s := sampler{l: l, every: every}
	for j, n := range []int{w, h} {
		s.taps[j] = make([]tap, n)
		d := l.d[j] * float64(every)
		// The first index of the grid is taken off before what is near it is divided, so
		// that far from the anchor no digits are lost.
		base := floorDiv(l.lo[j], every)
		origin := v.off[j] - float64(base)*d
		for p := range n {
			share := (float64(p)+0.5)/float64(n) - 0.5
			x := (origin + share*v.span[j]) / d
			f := math.Floor(x)
			s.taps[j][p] = tap{base + int64(f) - 1, spline(x - f)}
		}
	}
	first, last := s.taps[1][0].at, s.taps[1][h-1].at
	s.first, s.rows = min(first, last), int(max(first, last)-min(first, last))+4
	return s
}

// floorDiv returns ⌊a/b⌋ of b > 0.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// spline returns the weights of the cubic B-spline at runs −1, 0, 1 and 2 for a place t
// between 0 and 1.
func spline(t float64) [4]float32 {
	u := 1 - t
	return [4]float32{
		float32(u * u * u / 6), float32((4 - 6*t*t + 3*t*t*t) / 6),
		float32((4 - 6*u*u + 3*u*u*u) / 6), float32(t * t * t / 6),
	}
}

// across filters each row of the grid that the pixels need along it, into dst, which may be
// too short.
func (s *sampler) across(dst []float32) []float32 {
	w := len(s.taps[0])
	if n := 3 * w * s.rows; len(dst) < n {
		dst = make([]float32, n)
	}
	inRows(s.rows, func(y int) {
		j := min(max((s.first+int64(y))*s.every, s.l.lo[1]), s.l.hi[1]-1)
		row, lo, hi := s.l.pix[3*(j-s.l.lo[1])*(s.l.hi[0]-s.l.lo[0]):], s.l.lo[0], s.l.hi[0]-1
		out := dst[3*w*y : 3*w*(y+1)]
		for x, t := range s.taps[0] {
			var r, g, b float32
			for i, k := range t.k {
				p := row[3*(min(max((t.at+int64(i))*s.every, lo), hi)-lo):]
				r, g, b = r+k*float32(p[0]), g+k*float32(p[1]), b+k*float32(p[2])
			}
			out[3*x], out[3*x+1], out[3*x+2] = r, g, b
		}
	})
	return dst
}

// up adds row y of pixels, from below, to a line with a weight.
func (s *sampler) up(line, rows []float32, y int, weight float32) {
	if weight == 0 {
		return
	}
	t := s.taps[1][y]
	n := len(line)
	for i, k := range t.k {
		row := rows[n*(int(t.at-s.first)+i):][:n]
		k *= weight
		for x, v := range row {
			line[x] += k * v
		}
	}
}
