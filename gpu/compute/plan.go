package compute

import (
	"fmt"
	"math"

	"losscape/cpu"

	"gonum.org/v1/gonum/floats"
)

const (
	groupRows = 64 // rows of a work group, ROWS in landscape.comp

	// Greatest K/2 |u h| of a sample in the recurrence, by form (see doc.go). In
	// the excess form an error of some 4 ULP is amplified by at most B e^B = 7;
	// in the product form errors are absolute, and the loss is productFloor at
	// least.
	maxDriftExcess  = 1.5
	maxDriftProduct = 2

	// Losses not below this everywhere may be computed by the product form.
	productFloor = 0.02

	// Bounds of a chunk: float32 ends at e^88.7, and a product starts a chunk
	// in [1, 2).
	maxChunkLog    = 80
	maxChunkExcess = 32
	maxChunk       = 96

	// A dispatch takes part of the samples where there are many, and adds to what
	// those before it have left: the loops of an invocation take at most
	// partIterations, below gpu.MaxLoopIterations. A sample takes up to 2.3, with a
	// eps, and a direct one some for each column.
	partIterations = 60000
	partSamples    = partIterations * 10 / 24

	// What eps takes off a sample's loss is not seen to vary by less.
	epsUnseen = 1e-6
	// Eps above this is felt at every point.
	smallEps = 1e-9
	// Below this e^m (1 + c) / c cannot be a product: its factors leave float32.
	tinyEps = 1e-29
	// Greatest h, the change of a margin from the anchor of an expansion to the end
	// of its tile: the remainder after degree 5 is at most e^h h⁶/720 of the loss,
	// 3e-6, because the sixth derivative of softplus is at most softplus, and that
	// grows by e^h at most (see doc.go). The tenth is at most 15.3 times softplus, so
	// that after degree 9 it is 15.3 e^h h¹⁰/10!.
	maxExpansion5 = 0.34
	maxExpansion9 = 0.88
	// An expansion takes the difference of two losses L = log((1 + c)/c) apart;
	// with eps below smallEps, L > 20 and nothing cancels.

	// Four factors of the product of eps must fit into a float32.
	maxEps = 1e6
)

// tileWidths are the values of K in landscape.comp.
var tileWidths = []int{64, 32, 16, 8, 4, 1}

// expansion is the tiles of expansion.comp.
type expansion struct {
	x, y   int // points of a tile
	degree int // 5 or 9; 0 is no expansion
}

// most is the greatest h.
func (x expansion) most() float64 {
	if x.degree == 5 {
		return maxExpansion5
	}
	return maxExpansion9
}

// cost is that of n samples in a tile, in products of one column: measured on a software
// device against the recurrence; a product is two operations there, too.
func (x expansion) cost(n int) float64 {
	sample, point := 64.0, 3.0
	if x.degree > 5 {
		sample, point = 88, 5
	}
	return float64(n)*sample + point*float64(x.x*x.y)
}

// ops is the multiply-adds of a sample in a tile: its margin 6, exponential 14, logarithm
// 16, and derivatives, powers and coefficients 14, 14 and 21 or 28, 52 and 55.
func (x expansion) ops() float64 {
	if x.degree == 5 {
		return 85
	}
	return 171
}

// expansions are the tiles there are, by the side of their halves: oblong ones suit a plane
// in whose axes margins change unequally.
var expansions = func() (all []expansion) {
	for _, side := range []int{32, 16, 8} {
		all = append(all, expansion{side, side, 5})
	}
	for _, s := range [][2]int{{16, 16}, {8, 16}, {16, 8}, {8, 8}, {4, 16}, {16, 4}, {2, 32}, {32, 2}, {4, 8}, {8, 4}, {4, 4}} {
		all = append(all, expansion{s[0], s[1], 9})
	}
	return all
}()

// A plan is a landscape prepared for the device.
type plan struct {
	grid    cpu.Grid
	samples int // of the problem
	n       int // that are computed with: points of cells, or all

	variant
	recurrent int       // samples that go by the recurrence; the rest is direct
	records   []float32 // 12 for each sample
	block     int       // samples that are bound at the same time
	cost      float64   // in products of one column
	chunks    []int32   // the sample after each chunk's last
	columns   []float32 // 4 for each column, padded to whole tiles
	rows      []float32 // 4 for each row

	hasL2 bool
	l2    l2Term
	eps   epsPlan
	parts []part
}

// part is the samples of one dispatch: chunks, and samples of a block, from first to end.
type part struct {
	block                     int
	chunks, recurrent, direct [2]int
}

func (p part) samples() int {
	return p.recurrent[1] - p.recurrent[0] + p.direct[1] - p.direct[0]
}

// variant is what landscape.comp is specialised by, or expansion.comp if there is one.
type variant struct {
	k           int // columns of a tile
	excess, eps bool
	expansion   expansion
	weighted    bool
}

type epsPlan struct {
	value, log, logRatio float64

	edge   float64 // log c, where the two forms of the clamped loss meet
	seen   float64 // at margins above it eps takes c off the loss, within epsUnseen
	always bool    // it does more at every margin
	chunk  int     // samples whose product fits into a float
}

// String names the kernel that a plan uses, such as "K=64 product".
func (q *plan) String() string {
	s := fmt.Sprintf("K=%d product", q.k)
	switch t := q.expansion; {
	case t.degree > 0 && t.x == t.y:
		s = fmt.Sprintf("T=%d expansion %d", t.x, t.degree)
	case t.degree > 0:
		s = fmt.Sprintf("T=%dx%d expansion %d", t.x, t.y, t.degree)
	case q.weighted && q.n == q.samples:
		s = "weighted"
	case q.weighted:
		s = "points"
	case q.excess:
		s = fmt.Sprintf("K=%d excess", q.k)
	}
	if q.n < q.samples {
		s += fmt.Sprintf(" of %d", q.n)
	}
	for _, f := range []struct {
		on   bool
		name string
	}{{q.recurrent < q.n && !q.weighted, " direct"}, {q.variant.eps, " eps"}, {q.hasL2, " l2"}} {
		if f.on {
			s += f.name
		}
	}
	return s
}

// tiles is the number of column tiles.
func (p *plan) tiles() int { return (p.grid.X.N + p.k - 1) / p.k }

// groups is the number of row groups of rows rows.
func groups(rows int) int { return (rows + groupRows - 1) / groupRows }

// tuning is what a device prefers.
type tuning struct {
	maxWidth int     // greatest K
	width    int     // the only K, if not 0
	tileRows int     // of LandscapeRows, if not 0
	capacity int     // invocations that it runs at the same time
	compile  float64 // cost of compiling a kernel for K columns, over K²
	block    int     // samples that are bound at the same time; 0 is all
	exact    bool    // every sample is taken, none by the moments of its cell
	direct   bool    // for a kernel that takes every sample at every point
	fewRuns  int     // so many runs or fewer have their invocations share samples
	carry    int     // runs of few weights that an invocation carries
	fill     int     // invocations of runs that keep it busy
	groups   int     // work groups of runs that keep it busy
	rows     int     // invocations of a work group of runs
	batch    int     // runs that it computes at the same time
	rounds   int     // of an invocation that measures its peak
	rate     float64 // work a second, at the low end
}

// newPlan prepares a landscape: p, pl and g are valid.
func newPlan(p *cpu.Problem, pl cpu.Plane, g cpu.Grid, t tuning) (*plan, error) {
	where, err := checkPlan(p, pl, g)
	if err != nil {
		return nil, err
	}
	from := source{p, pl}
	q := &plan{grid: g, samples: p.N(), hasL2: p.L2 > 0, eps: newEps(p.Eps)}
	set, order := q.chooseSamples(from, where, t)
	q.fill(&set, order)
	q.l2 = newL2Term(p, pl)
	q.axes()
	q.chunk(set.u, order)
	q.divide()
	return q, nil
}

// checkPlan returns where the samples of a plan lie, or the error that there is none for the
// device.
func checkPlan(p *cpu.Problem, pl cpu.Plane, g cpu.Grid) (*spread, error) {
	if err := single.checkEps(p.Eps); err != nil {
		return nil, err
	}
	right, top := max(math.Abs(g.X.Min), math.Abs(g.X.Max)), max(math.Abs(g.Y.Min), math.Abs(g.Y.Max))
	if err := checkPlane(p.L2, penalizedPlane(p, pl), max(right, top)); err != nil {
		return nil, err
	}
	if err := single.checkWeights(p); err != nil {
		return nil, err
	}
	return source{p, pl}.spread(right, top)
}

// chooseSamples sets the variant for points that stand for the samples, or for these, if there
// are no cells or points take longer, and returns them with their order.
func (q *plan) chooseSamples(from source, where *spread, t tuning) (set sampleSet, order []int) {
	eps := q.eps.value
	var c *cells
	if !t.exact && q.samples >= fewSamples {
		c = from.cells(where, q.grid, ofLandscapes, q.samples/2)
	}
	if c == nil || t.direct && c.gradient > ofLandscapes.error {
		set = from.all()
		return set, q.choose(&set, eps, t)
	}
	by := *q
	order = by.choose(&c.sampleSet, eps, t)
	// In an expansion a point takes what a sample does, else far longer.
	if by.expansion.degree == 0 && !t.direct {
		set = from.all()
		if all := q.choose(&set, eps, t); q.cost <= by.cost {
			return set, all
		}
	}
	*q = by
	return c.sampleSet, order
}

// choose sets the variant, for samples, and returns their order.
func (q *plan) choose(s *sampleSet, eps float64, t tuning) (order []int) {
	q.n = s.len()
	q.variant = variant{eps: eps > 0, weighted: s.w != nil}
	q.recurrent = 0
	if q.block = t.block; q.block == 0 {
		q.block = q.n
	}
	order = make([]int, q.n)
	for i := range order {
		order[i] = i
	}
	if t.direct {
		q.k, q.cost = 1, float64(q.n)
		return order
	}
	expanded := q.chooseExpansion(s, eps, t)
	if s.w != nil {
		if !expanded {
			q.k = 1
			q.cost = directCost * float64(q.n) * float64(max(q.tiles()*groups(q.grid.Y.N)*groupRows, t.capacity))
		}
		return order
	}
	if expanded {
		by := *q
		by.expansion = expansion{}
		if by.chooseWidth(s.u, t); q.cost <= by.cost { // at its best: by the product form
			return order
		}
		q.expansion = expansion{}
	}
	q.excess = eps > smallEps || !floorAbove(productFloor, s.a, s.u, s.v, q.grid)
	return q.chooseWidth(s.u, t)
}

// Costs of a sample in an invocation, in products of one column.
const (
	sampleCost = 30.0 // the exponential at the anchor and what goes with it
	directCost = 40.0 // of one column, directly
)

// chooseWidth sets K and the number of samples that can go by the recurrence
// with it, and returns the order of the samples: those first.
func (q *plan) chooseWidth(u []float64, t tuning) []int {
	h := q.grid.X.Step()
	limit := float64(maxDriftProduct)
	if q.excess {
		limit = maxDriftExcess
	}
	fits := func(u float64, k int) bool { return float64(k/2)*math.Abs(u*h) <= limit }
	best := math.Inf(1)
	for _, k := range tileWidths {
		if t.width == 0 && k > t.maxWidth || t.width != 0 && k != t.width {
			continue
		}
		recurrent := 0
		for _, ui := range u {
			if fits(ui, k) {
				recurrent++
			}
		}
		tiles := (q.grid.X.N + k - 1) / k
		each := float64(recurrent)*(sampleCost+float64(k)) + float64(len(u)-recurrent)*directCost*float64(k)
		cost := each*float64(max(tiles*groups(q.grid.Y.N)*groupRows, t.capacity)) + t.compile*float64(k*k)
		if cost < best {
			best, q.k, q.recurrent = cost, k, recurrent
		}
	}
	q.cost = best
	order := make([]int, 0, len(u))
	for i, ui := range u {
		if fits(ui, q.k) {
			order = append(order, i)
		}
	}
	q.recurrent = len(order)
	for i, ui := range u {
		if !fits(ui, q.k) {
			order = append(order, i)
		}
	}
	return order
}

// chooseExpansion sets the tiles that the loss can be expanded in at the least cost, and
// reports whether there are any.
func (q *plan) chooseExpansion(s *sampleSet, eps float64, t tuning) bool {
	if eps > smallEps || t.width != 0 {
		return false
	}
	q.cost = math.Inf(1)
	for _, x := range expansions {
		if x.x > q.grid.X.N || x.y > q.grid.Y.N {
			continue
		}
		across, down := (q.grid.X.N+x.x-1)/x.x, (q.grid.Y.N+x.y-1)/x.y
		across = (across + groupTiles - 1) / groupTiles * groupTiles
		cost := x.cost(s.len())*float64(max(across*down, t.capacity)) + t.compile*float64(40*x.degree*x.degree)
		if cost >= q.cost {
			continue
		}
		h, v := float64(x.x/2)*math.Abs(q.grid.X.Step()), float64(x.y/2)*math.Abs(q.grid.Y.Step())
		var change float64 // of a margin, from the anchor to the end of the tile
		for i, u := range s.u {
			change = max(change, math.Abs(u)*h+math.Abs(s.v[i])*v)
		}
		if change <= x.most() {
			q.expansion, q.k, q.recurrent, q.cost = x, x.x, s.len(), cost
		}
	}
	return q.expansion.degree > 0
}

// exponentOf returns e with |x| ≤ 2^e, or a very small number for 0.
func exponentOf(x float64) int {
	if x == 0 {
		return -1 << 20
	}
	_, e := math.Frexp(x)
	return e
}

// split returns x as hi + lo, hi being the nearest multiple of 2^e.
func split(x float64, e int) (hi, lo float64) {
	q := math.Ldexp(1, e)
	hi = math.Round(x/q) * q
	return hi, x - hi
}

// quanta returns the exponents of the quanta of α and β: 2^-11 of the greatest
// of each, so that their first parts have 12 bits.
func (q *plan) quanta() (alpha, beta int) {
	x, y := q.grid.X, q.grid.Y
	right := x.Min + float64(q.tiles()*q.k-1)*x.Step()
	alpha = exponentOf(max(math.Abs(x.Min), math.Abs(right), math.Abs(x.Max))) - 11
	beta = exponentOf(max(math.Abs(y.Min), math.Abs(y.Max))) - 11
	return alpha, beta
}

// fill writes the samples' records. A sample's quantum Q is the least power of
// two such that a/Q, and the first parts of αu/Q and βv/Q, are integers of at
// most 22 bits: their sum is exact in float32.
func (q *plan) fill(s *sampleSet, order []int) {
	a, u, v := s.a, s.u, s.v
	const none = -1 << 19
	qa, qb := q.quanta()
	h := q.grid.X.Step()
	q.records = make([]float32, 12*len(order))
	for k, i := range order {
		e := exponentOf(a[i]) - 22
		if qa > none {
			e = max(e, qa+exponentOf(u[i])-11)
		}
		if qb > none {
			e = max(e, qb+exponentOf(v[i])-11)
		}
		var a1, a2, u1, u2, v1, v2 float64
		if e > none {
			a1, a2 = split(a[i], e)
			if qa > none {
				u1, u2 = split(u[i], e-qa)
			}
			if qb > none {
				v1, v2 = split(v[i], e-qb)
			}
		}
		r := q.records[12*k : 12*k+12]
		for j, x := range []float64{a1, a2, u1, u2, u[i], v1, v2, v[i]} {
			r[j] = float32(x)
		}
		if s.w != nil {
			r[11] = float32(s.w[i])
		}
		if x := q.expansion; x.degree > 0 {
			r[8], r[9] = float32(-u[i]*h*float64(x.x/2)), float32(-v[i]*q.grid.Y.Step()*float64(x.y/2))
		} else if k < q.recurrent && q.k > 1 {
			r[8], r[9] = float32(math.Exp(u[i]*h)), float32(math.Exp(-u[i]*h))
			r[10] = float32(u[i] * h)
		}
	}
}

// l2Term is the L2 term in a plane,
//
//	(l2/2) |w(α, β)|² = (p α' + r β')² + (t β')² + least
//
// with α' and β' counted from the vertex of the quadratic, (alpha0, beta0), and l2 times
// the products of the plane's directions, whose sums with α' and β' are its gradient; all of them
// of the weights that the term takes in.
type l2Term struct {
	p, r, t, least, alpha0, beta0 float64
	d11, d12, d22                 float64
	// inLine: without the bias the directions are on one line, t is 0, and the term is 0, or as
	// little as it can be, along a line of the plane.
	inLine bool
}

// penalizedPlane is a plane without the bias if the problem's L2 term leaves it out.
func penalizedPlane(p *cpu.Problem, pl cpu.Plane) cpu.Plane {
	return cpu.Plane{Origin: p.Penalized(pl.Origin), D1: p.Penalized(pl.D1), D2: p.Penalized(pl.D2)}
}

func newL2Term(problem *cpu.Problem, plane cpu.Plane) (q l2Term) {
	l2, pl := problem.L2, penalizedPlane(problem, plane)
	if l2 == 0 {
		return q
	}
	s := math.Sqrt(l2 / 2)
	d11, d12, d22 := floats.Dot(pl.D1, pl.D1), floats.Dot(pl.D1, pl.D2), floats.Dot(pl.D2, pl.D2)
	q.d11, q.d12, q.d22 = l2*d11, l2*d12, l2*d22
	var distance float64
	q.alpha0, q.beta0, distance = pl.Coordinates(make([]float64, len(pl.Origin)))
	if q.inLine = math.IsNaN(q.alpha0); q.inLine {
		q.line(pl, s)
		return q
	}
	q.least = distance * distance * l2 / 2
	q.p = s * math.Sqrt(d11)
	q.r = s * d12 / math.Sqrt(d11)
	q.t = s * math.Sqrt(max(0, d22-d12*d12/d11))
	return q
}

// line sets the term of a plane whose directions are on one line: s² |o + (α n1 + β n2) e|², with
// the directions n1 e and n2 e.
func (q *l2Term) line(pl cpu.Plane, s float64) {
	longer := pl.D1
	if floats.Norm(pl.D2, 2) > floats.Norm(longer, 2) {
		longer = pl.D2
	}
	length := floats.Norm(longer, 2)
	along := func(v []float64) float64 { return floats.Dot(v, longer) / length }
	n1, n2, o := along(pl.D1), along(pl.D2), along(pl.Origin)
	q.p, q.r = s*n1, s*n2
	q.alpha0, q.beta0 = -o*n1/(n1*n1+n2*n2), -o*n2/(n1*n1+n2*n2)
	for i, x := range pl.Origin {
		x -= o * longer[i] / length
		q.least += s * x * s * x
	}
}

// axes writes what depends on the columns and the rows: the coordinates in two
// parts, and the L2 term as a sum of squares. If the directions are in line, there is one
// square, of a sum whose terms may cancel: both are in two parts then, the first ones multiples of
// one quantum whose sum is exact.
func (q *plan) axes() {
	l2 := &q.l2
	qa, qb := q.quanta()
	x, y := q.grid.X, q.grid.Y
	far := func(p, from float64, a cpu.Axis) float64 {
		return max(math.Abs(p*(a.Min-from)), math.Abs(p*(a.Max-from)))
	}
	quantum := exponentOf(max(far(l2.p, l2.alpha0, x), far(l2.r, l2.beta0, y))) - 22
	q.columns = make([]float32, 4*q.tiles()*q.k)
	for i := range len(q.columns) / 4 {
		alpha := x.Min + float64(i)*x.Step() // beyond the grid, too
		if i < x.N {
			alpha = x.At(i)
		}
		hi, lo := split(alpha, qa)
		term, rest := l2.p*(alpha-l2.alpha0), 0.0
		if l2.inLine {
			term, rest = split(term, quantum)
		}
		copy(q.columns[4*i:], []float32{float32(hi), float32(lo), float32(term), float32(rest)})
	}
	q.rows = make([]float32, 4*y.N)
	for j := range y.N {
		beta := y.At(j)
		hi, lo := split(beta, qb)
		b := beta - l2.beta0
		term, rest := l2.r*b, l2.t*b*l2.t*b+l2.least
		if l2.inLine {
			term, rest = split(term, quantum)
		}
		copy(q.rows[4*j:], []float32{float32(hi), float32(lo), float32(term), float32(rest)})
	}
}

// chunk divides the recurrent samples into chunks whose product cannot
// overflow, and which are of one block.
func (q *plan) chunk(u []float64, order []int) {
	h := math.Abs(q.grid.X.Step()) * float64(q.k/2)
	limit := maxChunk
	if q.excess {
		limit = maxChunkExcess
	}
	var size int
	var sum float64
	for k, i := range order[:q.recurrent] {
		bound := math.Ln2 + math.Abs(u[i])*h
		if k > 0 && (size == limit || sum+bound > maxChunkLog || k%q.block == 0) {
			q.chunks = append(q.chunks, int32(k))
			size, sum = 0, 0
		}
		size++
		sum += bound
	}
	q.chunks = append(q.chunks, int32(q.recurrent))
}

// divide makes the parts, and counts samples by the block that they are in.
func (q *plan) divide() {
	var t part
	for c, end := range q.chunks {
		block := (int(end) - 1) / q.block
		local := int(end) - block*q.block
		if q.recurrent > 0 && (block != t.block || local-t.recurrent[0] > partSamples) {
			q.parts = append(q.parts, t)
			at := t.recurrent[1]
			if block != t.block {
				at = 0
			}
			t = part{block: block, chunks: [2]int{c, c}, recurrent: [2]int{at, at}}
		}
		t.chunks[1], t.recurrent[1] = c+1, local
		q.chunks[c] = int32(local)
	}
	if q.recurrent > 0 {
		q.parts = append(q.parts, t)
	}
	directSamples := partIterations/q.k - 2
	for at := q.recurrent; at < q.n; {
		block := at / q.block
		end := min(at+directSamples, (block+1)*q.block, q.n)
		q.parts = append(q.parts, part{block: block, direct: [2]int{at - block*q.block, end - block*q.block}})
		at = end
	}
}

// newEps prepares eps c.
func newEps(c float64) epsPlan {
	if c == 0 {
		return epsPlan{}
	}
	p := epsPlan{
		value:    c,
		log:      math.Log(c),
		logRatio: math.Log1p(c) - math.Log(c),
		edge:     min(0, math.Log(c)),
		seen:     min(0, math.Log(c/epsUnseen)),
		always:   c > smallEps,
		chunk:    16, // a factor is at most 1 + 2 e^maxDrift < 2^4
	}
	if c > 1 {
		p.chunk = 4 // and here 1 + 2 c e^maxDrift < 2^24
	}
	return p
}
