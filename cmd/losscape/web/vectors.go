package web

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"losscape/cpu"
	"losscape/scenes"
)

// Vectors are numbers of package cpu that the page's self-test computes once more: see
// page/selftest.js. All are of the page's own samples.
//
// A vector of weights or of a gradient is written as its components at Index, and, where these
// are not all, its product with cpu.StartDirection, so that the vectors of many features stay
// small and no component goes untested.
type Vectors struct {
	Index  []int           `json:"index"`
	L2     [2]number       `json:"l2"` // of the points: the problem's, and another
	Points []pointVector   `json:"points"`
	Start  [2]number       `json:"start"` // plane coordinates at which Steps start
	Seed   string          `json:"seed"`  // of the batches of Steps, which float64 would not hold
	Decay  number          `json:"decay"` // l2 of Steps
	Steps  []stepsVector   `json:"steps"`
	Runs   []runVector     `json:"runs"`
	Minima []minimumVector `json:"minima"`
}

// A pointVector is the loss and the gradient at Scale times the weights of a point of the plane.
type pointVector struct {
	At    [2]number   `json:"at"`
	Scale number      `json:"scale"`
	Loss  [2]number   `json:"loss"` // for each L2
	Grad  [2][]number `json:"grad"`
	// Terms are the sums of the absolute values of the terms of Grad, of the larger L2, to two
	// digits: the rounding of a gradient is relative to them, not to what they cancel to.
	Terms []number `json:"terms"`
}

// A stepsVector is a run of a few steps of an optimizer with its default parameters: after the first
// its state is not zero, and a few steps do not amplify rounding, whatever the learning rate.
type stepsVector struct {
	Optimizer string        `json:"optimizer"`
	LR        number        `json:"lr"`
	Batch     int           `json:"batch"`
	States    []stateVector `json:"states"`
	Size      []number      `json:"size"`
}

// A runVector is a run of the scene: its number, states, and how it ends.
type runVector struct {
	Run    int           `json:"run"`
	Steps  int           `json:"steps"` // that are taken: all, unless that takes long
	States []stateVector `json:"states"`
	// Size is what differences are relative to, to two digits: the weights that move margins as
	// much as the largest one of the states does. A weight beside it may be 0 but for rounding.
	Size []number `json:"size"`
	// Ending is by the states alone, Finally by the exponent besides; nil where rounding decides.
	Ending  *endingVector `json:"ending"`
	Finally *endingVector `json:"finally"`
}

// A stateVector is a state of a run whose rounding is not amplified: see growth. Loss is NaN where
// that of the loss is.
type stateVector struct {
	K    int      `json:"k"`
	W    []number `json:"w"`
	Loss number   `json:"loss"`
}

type endingVector struct {
	Status string `json:"status"`
	Period int    `json:"period"`
	End    int    `json:"end"` // updates taken; -1 where rounding decides
}

// A minimumVector is the minimum for an L2 weight; W is nil if there is none.
type minimumVector struct {
	L2        number   `json:"l2"`
	W         []number `json:"w"`
	Tolerance []number `json:"tolerance"` // of W: what the rounding of a gradient moves it by
	Loss      number   `json:"loss"`
	Sharpness number   `json:"sharpness"`
}

// number is a float64 in JSON: all its digits, and null where it is not finite.
type number float64

// MarshalJSON never fails.
func (x number) MarshalJSON() ([]byte, error) {
	if v := float64(x); !math.IsNaN(v) && !math.IsInf(v, 0) {
		return strconv.AppendFloat(nil, v, 'g', -1, 64), nil
	}
	return []byte("null"), nil
}

// roughly rounds up to two digits, for what scales a tolerance.
func roughly(x float64) number {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(1.05*x, 'g', 2, 64), 64)
	return number(v)
}

const (
	// tolerance is how far the page's numbers may be from cpu's, relatively. Their libraries' exp
	// and log1p differ by a unit of rounding or so, 1e-16; margins of 700, by the rounding
	// of one product, 1e-13.
	tolerance = 1e-12
	// localError bounds what a step adds to the difference of two computations, relative to the
	// largest state: a few units of rounding, and four times that, as copies need not be off in the
	// directions that are amplified most.
	localError = 0x1p-48
	// perturbation is how far copies are off: much above rounding, and small enough for its
	// growth to be linear until it is too large to be compared.
	perturbation = 0x1p-30
	// copies is how many of a run or a problem are off, each in its own way.
	copies = 2

	// vectorRuns is how many of a scene's runs are tested, and vectorStates at how many states.
	vectorRuns, vectorStates = 8, 5
	// vectorWork bounds the multiplications of a run that is tested: some tenths of a second.
	vectorWork = 1e7
	// minimumWork bounds N (D+1)² of minima, as page/math.js has it.
	minimumWork = 5e6
	// otherL2 is an L2 weight that no built-in scene has.
	otherL2 = 0.0137
	// vectorSeed has digits in both of its words.
	vectorSeed = 5<<40 + 12345
)

// newVectors returns the vectors of a resolved scene, whose page shows the problem p: the
// scene's own, or a sample of it. The error is ctx's, or that of a run which is none of p's.
func newVectors(ctx context.Context, s *scenes.Scene, p *cpu.Problem, pl cpu.Plane) (*Vectors, error) {
	m := &vectorMaker{ctx: ctx, s: s, p: p, pl: pl, dim: p.Dim()}
	m.v.Seed = strconv.Itoa(vectorSeed)
	m.v.Minima = []minimumVector{} // none where it takes long to find them
	m.choose()
	m.v.L2 = [2]number{number(p.L2), otherL2}
	m.points()
	m.v.Decay = otherL2
	if err := m.disturb(); err != nil {
		return nil, err
	}
	if err := m.steps(); err != nil {
		return nil, err
	}
	if err := m.runs(); err != nil {
		return nil, err
	}
	m.minima()
	return &m.v, ctx.Err()
}

type vectorMaker struct {
	ctx   context.Context
	s     *scenes.Scene
	p     *cpu.Problem
	pl    cpu.Plane
	dim   int
	off   []*cpu.Problem // copies of p whose features are off by perturbation
	scale []float64      // of features: root of the mean square, 1 of the bias and of those that are 0
	dir   []float64
	v     Vectors
	full  bool // Index has all components
}

// choose chooses the components that vectors are written by, and measures the features.
func (m *vectorMaker) choose() {
	const few = 8
	m.full = m.dim <= few
	m.scale = make([]float64, m.dim)
	for i := range m.p.N() {
		for j, x := range m.p.X.RawRowView(i) {
			m.scale[j] = math.Hypot(m.scale[j], x/math.Sqrt(float64(m.p.N())))
		}
	}
	for j, size := range m.scale {
		m.scale[j] = cmp.Or(size, 1)
	}
	m.dir = cpu.StartDirection(m.dim)
	for i := range min(m.dim, few) {
		at := i
		if !m.full {
			at = i * (m.dim - 1) / (few - 1)
		}
		m.v.Index = append(m.v.Index, at)
	}
}

// digest writes a vector.
func (m *vectorMaker) digest(w []float64) []number {
	var out []number
	for _, j := range m.v.Index {
		out = append(out, number(w[j]))
	}
	if m.full {
		return out
	}
	var sum float64
	for j, x := range w {
		sum += m.dir[j] * x
	}
	return append(out, number(sum))
}

// digestSize writes the sizes that belong to a digest of components of these sizes.
func (m *vectorMaker) digestSize(size []float64) []number {
	var out []number
	for _, j := range m.v.Index {
		out = append(out, roughly(size[j]))
	}
	if m.full {
		return out
	}
	var sum float64
	for j, x := range size {
		sum += math.Abs(m.dir[j]) * x
	}
	return append(out, roughly(sum))
}

// spread returns point i of a sequence that fills the view evenly: M. Roberts, The unreasonable
// effectiveness of quasirandom sequences, 2018 (R2, from the plastic number).
func (m *vectorMaker) spread(i int) (alpha, beta float64) {
	const plastic = 1.32471795724474602596
	at := func(a cpu.Axis, step float64) float64 {
		_, t := math.Modf(0.5 + step*float64(i))
		return a.Min + t*(a.Max-a.Min)
	}
	return at(m.s.Grid.X, 1/plastic), at(m.s.Grid.Y, 1/(plastic*plastic))
}

// points are spread over the view, and far beyond it: there, margins are sums of terms of up to 30,
// 200 and 700 in all, near where e^−z underflows.
func (m *vectorMaker) points() {
	far := []float64{0, 0, 0, 0, 30, 200, 700, 700}
	for i, size := range far {
		alpha, beta := m.spread(i)
		w := m.pl.At(nil, alpha, beta)
		scale := 1.0
		if most := m.margin(w); size > 0 && most > 0 {
			scale = size / most
		}
		for j := range w {
			w[j] *= scale
		}
		v := pointVector{At: [2]number{number(alpha), number(beta)}, Scale: number(scale)}
		for k, l2 := range m.v.L2 {
			grad, loss := m.p.LossGradient(nil, w, float64(l2))
			v.Loss[k], v.Grad[k] = number(loss), m.digest(grad)
		}
		v.Terms = m.digestSize(m.terms(w, max(m.p.L2, otherL2)))
		m.v.Points = append(m.v.Points, v)
	}
}

// margin returns the greatest Σ |x_j w_j| of a sample, the bias included.
func (m *vectorMaker) margin(w []float64) float64 {
	var most float64
	for i := range m.p.N() {
		sum := math.Abs(w[m.dim-1])
		for j, x := range m.p.X.RawRowView(i) {
			sum += math.Abs(x * w[j])
		}
		most = max(most, sum)
	}
	return most
}

// terms returns the sums of the absolute values of what the gradient's components at w sum.
func (m *vectorMaker) terms(w []float64, l2 float64) []float64 {
	sums := make([]float64, m.dim)
	n := float64(m.p.N())
	for i, y := range m.p.Y {
		x := m.p.X.RawRowView(i)
		z := w[m.dim-1]
		for j, v := range x {
			z += v * w[j]
		}
		g := cpu.Sigmoid(-(2*y-1)*z) / n
		if m.p.SampleWeight != nil {
			g *= m.p.SampleWeight[i]
		}
		for j, v := range x {
			sums[j] += g * math.Abs(v)
		}
		sums[m.dim-1] += g
	}
	for j, v := range m.p.Penalized(w) {
		sums[j] += l2 * math.Abs(v)
	}
	return sums
}

// disturb makes copies of the problem in which every feature is off by perturbation, one way or
// the other.
func (m *vectorMaker) disturb() error {
	n, d := m.p.X.Dims()
	for c := range uint32(copies) {
		x := mat.NewDense(n, d, nil)
		for i := range n {
			for j, v := range m.p.X.RawRowView(i) {
				x.Set(i, j, v+sign(uint32(i), uint32(j), c)*perturbation*v)
			}
		}
		off := *m.p
		off.X = x
		if err := off.Freeze(); err != nil {
			return err
		}
		m.off = append(m.off, &off)
	}
	return nil
}

// sign returns 1 or -1, at random for a place.
func sign(i, j, c uint32) float64 {
	if cpu.Philox([4]uint32{i, j, c}, [2]uint32{})[0]&1 == 0 {
		return 1
	}
	return -1
}

// compared is a trajectory and what may be compared of it.
type compared struct {
	t         *cpu.Trajectory
	size      []float64 // of weights that move margins as much as the largest one of its states
	grows     []float64 // by state: what errors of the steps, in units of size, come to in these units
	lossGrows []float64 // the same in units of the loss
}

// growth runs r and, beside it, copies to whose states every step adds perturbation times size, one way
// or the other. What these differ by from r's, divided by perturbation, is what becomes of errors
// of the steps before, in the directions that the run amplifies. A state is compared
// where that, times localError, is below the tolerance.
func (m *vectorMaker) growth(r cpu.Run) (*compared, error) {
	t, err := m.p.Descend(m.ctx, r)
	if err != nil {
		return nil, err
	}
	c := &compared{t: t, size: make([]float64, m.dim), grows: make([]float64, r.Steps+1), lossGrows: make([]float64, r.Steps+1)}
	var most float64
	for k := range r.Steps + 1 {
		for j, v := range t.At(k) {
			if !math.IsNaN(v) {
				most = max(most, math.Abs(v)*m.scale[j])
			}
		}
	}
	for j := range c.size {
		c.size[j] = most / m.scale[j]
	}
	for copied := range uint32(copies) {
		disturb := func(k int, w []float64) {
			for j := range w {
				w[j] += sign(uint32(k), uint32(j), copied) * perturbation * c.size[j]
			}
		}
		near := r
		near.Start = slices.Clone(r.Start)
		disturb(0, near.Start)
		u, err := m.p.DescendDisturbed(m.ctx, near, disturb)
		if err != nil {
			return nil, err
		}
		for k := range r.Steps + 1 {
			for j, v := range t.At(k) {
				if d := math.Abs(u.At(k)[j] - v); d != 0 {
					c.grows[k] = max(c.grows[k], d/(perturbation*c.size[j]))
				}
			}
			if d := math.Abs(u.Loss[k] - t.Loss[k]); d != 0 {
				c.lossGrows[k] = max(c.lossGrows[k], d/(perturbation*(math.Abs(t.Loss[k])+m.p.Eps)))
			}
		}
	}
	return c, nil
}

// comparable reports whether state k may be compared. Where all is NaN it may.
func (c *compared) comparable(k int) bool { return c.grows[k]*localError <= tolerance }

// states are those that may be compared, some of them if they are many: the first ones, and
// the last.
func (m *vectorMaker) states(c *compared) []stateVector {
	var at []int
	for k := 1; k < len(c.t.Loss); k = max(k+1, k*3/2) {
		if c.comparable(k) {
			at = append(at, k)
		}
	}
	for k := len(c.t.Loss) - 1; k > 0; k-- {
		if c.comparable(k) {
			at = append(at, k)
			break
		}
	}
	slices.Sort(at)
	at = slices.Compact(at)
	out := []stateVector{}
	for i := range min(vectorStates, len(at)) {
		k := at[i*(len(at)-1)/max(1, min(vectorStates, len(at))-1)]
		v := stateVector{K: k, W: m.digest(c.t.At(k)), Loss: number(c.t.Loss[k])}
		if !(c.lossGrows[k]*localError <= tolerance) {
			v.Loss = number(math.NaN())
		}
		out = append(out, v)
	}
	return out
}

// steps are a few of every optimizer, with all samples and with batches. Learning rates suit the
// data: 1/λ or less for steps that are multiples of gradients, λ being at most a quarter of the mean
// |[x, 1]|², and a fiftieth of the view for steps that have their own length.
func (m *vectorMaker) steps() error {
	alpha, beta := m.spread(1)
	m.v.Start = [2]number{number(alpha), number(beta)}
	var square float64
	for _, size := range m.scale {
		square += size * size
	}
	length := max(m.s.Grid.X.Max-m.s.Grid.X.Min, m.s.Grid.Y.Max-m.s.Grid.Y.Min) / 50
	for _, name := range cpu.Optimizers() {
		o, err := cpu.LookupOptimizer(name)
		if err != nil {
			return err
		}
		for _, batch := range []int{0, min(7, m.p.N())} {
			r := cpu.DefaultRun(name)
			r.LR = 2 / square
			if o.Has("epsilon") {
				r.LR = length
			}
			r.L2, r.Batch, r.Seed, r.Steps = otherL2, batch, vectorSeed, 4
			r.Start = m.pl.At(nil, alpha, beta)
			c, err := m.growth(r)
			if err != nil {
				return err
			}
			m.v.Steps = append(m.v.Steps, stepsVector{
				Optimizer: name, LR: number(r.LR), Batch: batch,
				States: m.states(c), Size: m.digestSize(c.size),
			})
		}
	}
	return nil
}

// runs are those of the scene.
func (m *vectorMaker) runs() error {
	for i, r := range m.s.Runs {
		if i == vectorRuns {
			break
		}
		all := r.Steps
		r.Steps = min(r.Steps, int(vectorWork/float64(m.p.N()*m.dim)))
		c, err := m.growth(r)
		if err != nil {
			return err
		}
		v := runVector{Run: i, Steps: r.Steps, States: m.states(c), Size: m.digestSize(c.size)}
		if r.Steps == all {
			if err := m.endings(&v, c.t); err != nil {
				return err
			}
		}
		m.v.Runs = append(m.v.Runs, v)
	}
	return nil
}

// endings fills in how a run ends.
func (m *vectorMaker) endings(v *runVector, t *cpu.Trajectory) error {
	var others []*cpu.Trajectory
	for _, off := range m.off {
		u, err := off.Descend(m.ctx, t.Run)
		if err != nil {
			return err
		}
		others = append(others, u)
	}
	var err error
	if v.Ending, err = m.ending(t, others, cpu.Settings{}); err != nil {
		return err
	}
	v.Finally, err = m.ending(t, others, cpu.Settings{Quantities: []string{cpu.ExponentName}})
	return err
}

// ending returns how a run ends; nil if it ends in another way on a copy of the problem.
func (m *vectorMaker) ending(t *cpu.Trajectory, others []*cpu.Trajectory, set cpu.Settings) (*endingVector, error) {
	ends, err := m.p.Endings(m.ctx, []*cpu.Trajectory{t}, set)
	if err != nil {
		return nil, err
	}
	e := ends[0]
	v := &endingVector{Status: e.Status.String(), Period: e.Period, End: e.Steps}
	for i, u := range others {
		ends, err := m.off[i].Endings(m.ctx, []*cpu.Trajectory{u}, set)
		if err != nil {
			return nil, err
		}
		switch other := ends[0]; {
		case other.Status != e.Status || other.Period != e.Period:
			return nil, nil
		case other.Steps != e.Steps:
			v.End = -1
		}
	}
	return v, nil
}

// minima are those for the L2 weights of the problem and of the runs, and for another.
func (m *vectorMaker) minima() {
	if float64(m.p.N()*m.dim*m.dim) > minimumWork {
		return
	}
	const most = 4
	l2s := []float64{m.p.L2, otherL2}
	for _, r := range m.s.Runs {
		if !slices.Contains(l2s, r.L2) && len(l2s) < most {
			l2s = append(l2s, r.L2)
		}
	}
	for _, l2 := range l2s {
		p := *m.p
		p.L2 = l2
		v := minimumVector{L2: number(l2)}
		if w, ok := p.Minimum(); ok {
			v.W = m.digest(w)
			v.Tolerance = m.digestSize(m.moves(&p, w))
			v.Loss, v.Sharpness = number(p.Loss(w)), number(p.Sharpness(w))
		}
		m.v.Minima = append(m.v.Minima, v)
	}
}

// moves returns how far the rounding of a gradient moves its zero, the minimum w: |H⁻¹| times
// the gradient's terms times some units of rounding, and no less than the tolerance of numbers. Where the
// samples leave weights undetermined, H has no inverse, and 1e-9 of the weights is taken.
func (m *vectorMaker) moves(p *cpu.Problem, w []float64) []float64 {
	out := make([]float64, m.dim)
	var largest float64
	for _, v := range w {
		largest = max(largest, math.Abs(v))
	}
	var inverse mat.Dense
	err := inverse.Inverse(p.Hessian(w))
	terms := m.terms(w, p.L2)
	for j := range out {
		if err != nil {
			out[j] = 1e-9 * largest
			continue
		}
		var sum float64
		for k, t := range terms {
			sum += math.Abs(inverse.At(j, k)) * t
		}
		out[j] = max(tolerance*cmp.Or(math.Abs(w[j]), largest), 0x1p-48*sum)
	}
	return out
}
