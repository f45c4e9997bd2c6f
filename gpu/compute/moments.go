package compute

import (
	"cmp"
	"math"
	"runtime"
	"slices"
	"sync"

	"losscape/cpu"

	"gonum.org/v1/gonum/mat"
)

// Moments of samples: where samples lie on a line in (a, u, v), as those of one feature do
// by class, a stretch of the line is a cell, and a few points of it with weights stand for
// its samples. They have the samples' moments, so that a sum over the samples of any
// polynomial in the margin is theirs, too. See doc.go for what is left.
const (
	// maxNodes is the most points of a cell, K: their first 2K moments are the samples'.
	maxNodes = 5
	// maxPast is how far a point may be past the end of its cell, as a part of h. Where a cell's
	// samples are near its end and near one another, the rounding of their moments moves points by
	// more than they are apart; were they held in the cell, their mean would not be the samples'.
	maxPast = 0.01
	// maxOffLine is how far a margin may be off the line, as an absolute part of a loss: its
	// logarithm changes by at most as much as the margin does.
	maxOffLine = 1e-7
	// fewSamples are not worth cells.
	fewSamples = 1000
)

// fineness is how good points have to be.
type fineness struct {
	// error bounds what points may change a cell's loss by, as a part of it, and a
	// gradient, as a part of the mean size of u and v.
	error float64
	// cell is the greatest h, half of the range of the margins in a cell at any point of
	// the grid, with which maxNodes points are good enough whatever the samples are.
	cell float64
}

// The fineness of landscapes, and that of runs by precision, in which points move a step by less
// than the rounding of a gradient's sum of 32 samples, 32 ε. momentBound(5, h, 2⁻⁸) is their error
// at 1.102, 0.879 and 0.184.
var (
	ofLandscapes = fineness{1.5e-6, 1.10}
	ofRuns       = map[Precision]fineness{Single: {1e-7, 0.87}, Double: {4e-15, 0.18}}
)

// momentRatio[k] is the largest |σ⁽²ᵏ⁾|/σ there is, rounded up; momentSup[n] is the
// largest |σ⁽ⁿ⁾|.
var (
	momentRatio = [maxNodes + 1]float64{1, 1, 1, 1.23, 6.47, 56.8}
	momentSup   = [2*maxNodes + 1]float64{1, 0.25, 0.0963, 0.125, 0.128, 0.25, 0.409, 1.07, 2.40, 7.76, 22.3}
)

// sampleSet is samples in a plane, s in a, u and v, with their weights; nil weights are 1.
type sampleSet struct{ a, u, v, w []float64 }

func (s *sampleSet) len() int { return len(s.a) }

// momentBound bounds what k points change the loss of a cell by, as a part of it: the
// error of Gauss's rule is F⁽²ᵏ⁾ h²ᵏ/(2k)! times the mean square of the samples' polynomial
// with zeros at the points, |F⁽²ᵏ⁾| is at most momentRatio[k] F, and F grows by e²ʰ at most
// from its least value in the cell, and a little past it.
func momentBound(k int, h, square float64) float64 {
	return momentRatio[k] * math.Exp(2*h*(1+maxPast)) * math.Pow(h, float64(2*k)) / math.Gamma(float64(2*k+1)) * square
}

// gradientBound is the like for a cell's mean of σ x, with x up to most in size and
// within half of reach: the derivative of order 2k of a product with a linear function.
func gradientBound(k int, h, square, most, reach float64) float64 {
	n := float64(2 * k)
	return (momentSup[2*k]*math.Pow(h, n)*most + n*momentSup[2*k-1]*math.Pow(h, n-1)*reach) / math.Gamma(n+1) * square
}

// source is samples in a plane, which passes go over without keeping them.
type source struct {
	p  *cpu.Problem
	pl cpu.Plane
}

// Passes are in a fixed number of parts, side by side, so that sums do not depend on the
// machine, and each block by block.
const (
	passParts = 8
	passBlock = 1024
)

// sampleBlock is some samples of a source: s times a, u and v, s, and their weights if they have
// some, from sample first on.
type sampleBlock struct {
	first         int
	a, u, v, sign []float64
	weight        []float64
}

// weightOf is the weight of a sample of the block.
func (b *sampleBlock) weightOf(i int) float64 {
	if b.weight == nil {
		return 1
	}
	return b.weight[i]
}

// pass calls f for the blocks of each part, until it returns false for one.
func (s source) pass(f func(part int, b *sampleBlock) bool) {
	n := s.p.N()
	inParallel(passParts, func(part int) {
		var buffer [4 * passBlock]float64
		for from, to := n*part/passParts, n*(part+1)/passParts; from < to; from += passBlock {
			k := min(passBlock, to-from)
			b := sampleBlock{first: from, a: buffer[:k], u: buffer[passBlock:][:k], v: buffer[2*passBlock:][:k], sign: buffer[3*passBlock:][:k]}
			if s.p.SampleWeight != nil {
				b.weight = s.p.SampleWeight[from : from+k]
			}
			s.p.ProjectPart(s.pl, from, b.a, b.u, b.v, b.sign)
			for i, si := range b.sign {
				b.a[i] *= si
				b.u[i] *= si
				b.v[i] *= si
			}
			if !f(part, &b) {
				return
			}
		}
	})
}

// all returns the samples.
func (s source) all() sampleSet {
	n := s.p.N()
	set := sampleSet{a: make([]float64, n), u: make([]float64, n), v: make([]float64, n), w: s.p.SampleWeight}
	s.pass(func(_ int, b *sampleBlock) bool {
		copy(set.a[b.first:], b.a)
		copy(set.u[b.first:], b.u)
		copy(set.v[b.first:], b.v)
		return true
	})
	return set
}

// spread is where samples lie.
type spread struct {
	class [2]classSpread // labels 0 and 1
	size  float64        // the sum of the larger of |u| and |v|, by the samples' weights
}

// classSpread is the samples of a class that (a, u, v) are least and largest of.
type classSpread struct {
	n              int
	least, largest [3]extreme
}

// extreme is a coordinate and the sample that it is of.
type extreme struct {
	x  float64
	of [3]float64
}

var noSpread = func() (c classSpread) {
	for k := range c.least {
		c.least[k].x, c.largest[k].x = math.Inf(1), math.Inf(-1)
	}
	return c
}()

func (c *classSpread) extend(k int, least, largest extreme) {
	if least.x < c.least[k].x {
		c.least[k] = least
	}
	if largest.x > c.largest[k].x {
		c.largest[k] = largest
	}
}

// add adds a sample.
func (c *classSpread) add(a, u, v float64) {
	c.n++
	if a < c.least[0].x || u < c.least[1].x || v < c.least[2].x || a > c.largest[0].x || u > c.largest[1].x || v > c.largest[2].x {
		of := [3]float64{a, u, v}
		for k, x := range of {
			c.extend(k, extreme{x, of}, extreme{x, of})
		}
	}
}

// spread returns where the samples lie, or an error unless float32 holds them, and their
// margins where α and β are up to right and top.
func (s source) spread(right, top float64) (*spread, error) {
	var parts [passParts]spread
	var errs [passParts]error
	for part := range parts {
		parts[part].class = [2]classSpread{noSpread, noSpread}
	}
	most := math.MaxFloat32 / 256 / float64(s.p.N()) // so that the sum of all margins fits, a little beyond the grid, too
	s.pass(func(part int, b *sampleBlock) bool {
		p := &parts[part]
		for i, a := range b.a {
			u, v := b.u[i], b.v[i]
			x := max(math.Abs(u), math.Abs(v))
			if x > mostCoordinate {
				errs[part] = unsupported("sample %d is %.3g in this plane, float32 computes with up to %.2g; scale the data", b.first+i, x, mostCoordinate)
				return false
			}
			if m := math.Abs(a) + right*math.Abs(u) + top*math.Abs(v); !(m < most) {
				errs[part] = unsupported("sample %d has margins of up to %.3g on this grid, which float32 cannot sum up", b.first+i, m)
				return false
			}
			p.size += b.weightOf(i) * x
			p.class[classOf(b.sign[i])].add(a, u, v)
		}
		return true
	})
	all := &parts[0]
	for _, p := range parts[1:] {
		all.size += p.size
		for k, c := range p.class {
			all.class[k].n += c.n
			for j := range c.least {
				all.class[k].extend(j, c.least[j], c.largest[j])
			}
		}
	}
	return all, cmp.Or(errs[:]...)
}

func classOf(sign float64) int {
	if sign > 0 {
		return 1
	}
	return 0
}

// cells is points that stand for samples.
type cells struct {
	sampleSet
	size     float64 // the mean size of the samples' (u, v) is this at least
	gradient float64 // bounds the error of a mean of σ (u, v), as a part of size
}

// cells returns the cells of samples, which lie so, over a grid. It returns nil where the
// samples of a class do not lie on a line, or no fewer points come out than most.
func (s source) cells(where *spread, g cpu.Grid, fine fineness, most int) *cells {
	n := float64(s.p.N())
	c := cells{size: where.size / n}
	var lines [2]*line
	for k := range lines {
		if where.class[k].n > 0 {
			lines[k] = newLine(&where.class[k], g, fine)
		}
	}
	var lost float64
	for k, own := range s.cellSums(&lines, most) {
		for i := range own {
			if own[i].moments[0] == 0 {
				continue
			}
			bound, ok := c.addCell(lines[k], &own[i])
			if !ok || c.len() > most {
				return nil
			}
			lost += bound
		}
	}
	if c.len() == 0 {
		return nil
	}
	if lost > 0 {
		c.gradient = lost / (c.size * n)
	}
	return &c
}

// line is where samples of a class lie: p(x) = at + x along, x being their coordinate k of
// (a, u, v), from lo to hi.
type line struct {
	fine      fineness
	n         int // samples
	k         int
	lo, hi    float64
	at, along [3]float64
	slope     float64    // of a margin along the line, the largest on the grid
	far       [3]float64 // what a, u and v are multiplied by at most on the grid
}

// newLine returns the line that samples of a class lie on if they lie on any.
func newLine(c *classSpread, g cpu.Grid, fine fineness) *line {
	l := &line{fine: fine, n: c.n, far: [3]float64{1, max(math.Abs(g.X.Min), math.Abs(g.X.Max)), max(math.Abs(g.Y.Min), math.Abs(g.Y.Max))}}
	widest := -1.0
	for k := range c.least {
		if w := (c.largest[k].x - c.least[k].x) * l.far[k]; w > widest {
			widest, l.k = w, k
		}
	}
	from, to := c.least[l.k], c.largest[l.k]
	l.lo, l.hi = from.x, to.x
	for k := range l.at {
		if l.hi > l.lo {
			l.along[k] = (to.of[k] - from.of[k]) / (l.hi - l.lo)
		}
		l.at[k] = from.of[k] - l.along[k]*l.lo
	}
	l.at[l.k], l.along[l.k] = 0, 1
	for _, x := range []float64{g.X.Min, g.X.Max} {
		for _, y := range []float64{g.Y.Min, g.Y.Max} {
			l.slope = max(l.slope, math.Abs(l.along[0]+x*l.along[1]+y*l.along[2]))
		}
	}
	return l
}

// off is how far the margin of a sample, whose coordinate k is x, may be from the line's.
func (l *line) off(x, a, u, v float64) float64 {
	return math.Abs(a-l.at[0]-x*l.along[0])*l.far[0] + math.Abs(u-l.at[1]-x*l.along[1])*l.far[1] + math.Abs(v-l.at[2]-x*l.along[2])*l.far[2]
}

// cellSums is the moments of the samples of a cell of a line: the sums, by their weights, of the monic
// Chebyshev polynomials of (x − middle)/half.
type cellSums struct {
	middle, half, perHalf float64 // 1/half, or 0 if that is 0
	moments               [2*maxNodes + 1]float64
}

func newCellSums(middle, half float64) cellSums {
	c := cellSums{middle: middle, half: half}
	if half > 0 && 1/half <= math.MaxFloat64 {
		c.perHalf = 1 / half
	}
	return c
}

// add adds a sample at x with a weight.
func (c *cellSums) add(x, w float64) {
	t := min(max((x-c.middle)*c.perHalf, -1), 1)
	m := &c.moments
	t2 := t*t - 0.5
	t3 := t*t2 - 0.25*t
	t4 := t*t3 - 0.25*t2
	t5 := t*t4 - 0.25*t3
	t6 := t*t5 - 0.25*t4
	t7 := t*t6 - 0.25*t5
	t8 := t*t7 - 0.25*t6
	t9 := t*t8 - 0.25*t7
	t10 := t*t9 - 0.25*t8
	m[0] += w
	m[1] += w * t
	m[2] += w * t2
	m[3] += w * t3
	m[4] += w * t4
	m[5] += w * t5
	m[6] += w * t6
	m[7] += w * t7
	m[8] += w * t8
	m[9] += w * t9
	m[10] += w * t10
}

// lineCells is cells of equal width of a line, from lo on.
type lineCells struct {
	count             int
	lo, step, perUnit float64
}

// equal returns the cells of equal width that a line takes; their count is 0 where most of
// them would be empty.
func (l *line) equal() lineCells {
	count := 1.0
	if l.slope > 0 {
		count = max(math.Ceil((l.hi-l.lo)*l.slope/(2*l.fine.cell)), 1)
	}
	if !(count <= float64(l.n)/8) && count > 1 {
		return lineCells{}
	}
	c := lineCells{count: int(count), lo: l.lo, step: (l.hi - l.lo) / count}
	if c.step > 0 {
		c.perUnit = 1 / c.step
	}
	return c
}

// empty returns the cells without samples.
func (c *lineCells) empty() []cellSums {
	cells := make([]cellSums, c.count)
	for i := range cells {
		cells[i] = newCellSums(c.lo+(float64(i)+0.5)*c.step, c.step/2)
	}
	return cells
}

// cellSums returns the moments of the cells of each class, whose line may be nil if there
// is no sample of it: equal cells, or where most of them would be empty, one after the other
// from sample to sample. It returns none where a sample is off its line or there are more
// cells than most.
func (s source) cellSums(lines *[2]*line, most int) (all [2][]cellSums) {
	var equal [2]lineCells
	var sums [passParts][2][]cellSums
	for k, l := range lines {
		if l != nil {
			equal[k] = l.equal()
		}
		for part := range sums {
			sums[part][k] = equal[k].empty()
		}
	}
	var off [passParts]bool
	var far [passParts][2][]placed
	s.pass(func(part int, b *sampleBlock) bool {
		for i, sign := range b.sign {
			k := classOf(sign)
			l, p := lines[k], [3]float64{b.a[i], b.u[i], b.v[i]}
			x := p[l.k]
			if !(l.off(x, p[0], p[1], p[2]) <= maxOffLine) { // not a NaN either
				off[part] = true
				return false
			}
			if e := &equal[k]; e.count > 0 {
				sums[part][k][min(max(int((x-e.lo)*e.perUnit), 0), e.count-1)].add(x, b.weightOf(i))
			} else {
				far[part][k] = append(far[part][k], placed{x, b.weightOf(i)})
			}
		}
		return true
	})
	if slices.Contains(off[:], true) {
		return all
	}
	for k, l := range lines {
		if l == nil {
			continue
		}
		if equal[k].count == 0 {
			var x []placed
			for part := range far {
				x = append(x, far[part][k]...)
			}
			if all[k] = l.greedy(x, most); all[k] == nil {
				return [2][]cellSums{}
			}
			continue
		}
		all[k] = sums[0][k]
		for _, own := range sums[1:] {
			for i := range own[k] {
				for n, m := range own[k][i].moments {
					all[k][i].moments[n] += m
				}
			}
		}
	}
	return all
}

// placed is a sample on a line, with its weight.
type placed struct{ x, weight float64 }

// greedy returns cells of samples that each begin at a sample and are as wide as they
// may be, or nil where there are more than most.
func (l *line) greedy(list []placed, most int) []cellSums {
	slices.SortFunc(list, func(a, b placed) int { return cmp.Compare(a.x, b.x) })
	width := math.Inf(1)
	if l.slope > 0 {
		width = 2 * l.fine.cell / l.slope
	}
	var cells []cellSums
	for from := 0; from < len(list); {
		first, to := list[from].x, from+1
		for to < len(list) && list[to].x-first <= width {
			to++
		}
		half := (list[to-1].x - first) / 2
		c := newCellSums(first+half, half)
		for _, at := range list[from:to] {
			c.add(at.x, at.weight)
		}
		if cells = append(cells, c); len(cells) > most {
			return nil
		}
		from = to
	}
	return cells
}

// addCell adds the fewest points that are good enough for a cell, for the gradient, too, if
// any are, and returns what a sum of σ (u, v) over its samples is off by at most. It reports
// false where no number is good enough.
func (c *cells) addCell(l *line, m *cellSums) (lost float64, ok bool) {
	h := m.half * l.slope
	var most, reach float64
	for _, j := range []int{1, 2} {
		reach += math.Abs(l.along[j]) * m.half
		most += math.Abs(l.at[j]+l.along[j]*m.middle) + math.Abs(l.along[j])*m.half
	}
	diagonal, below, squares := recurrenceOf(m)
	k, best := 1, 0
	for ; k <= maxNodes; k++ {
		square := max(squares[k], 0) + 1e-14 // with what it is rounded by
		if !(momentBound(k, h, square) <= l.fine.error) {
			if best > 0 {
				break // what follows is no number
			}
			continue
		}
		best, lost = k, gradientBound(k, h, square, most, reach)
		if lost <= l.fine.error*c.size || square < 1e-12 {
			break
		}
	}
	if best == 0 {
		return 0, false
	}
	nodes, weights, ok := gauss(diagonal[:best], below[1:best])
	if !ok {
		return 0, false
	}
	for i, t := range nodes {
		if weights[i] < 0x1p-60 { // a part of the cell that no sum keeps
			continue
		}
		if math.Abs(t) > 1+maxPast {
			return 0, false
		}
		x := m.middle + m.half*t
		c.a = append(c.a, l.at[0]+x*l.along[0])
		c.u = append(c.u, l.at[1]+x*l.along[1])
		c.v = append(c.v, l.at[2]+x*l.along[2])
		c.w = append(c.w, m.moments[0]*weights[i])
	}
	return m.moments[0] * lost, true
}

// recurrenceOf returns the recurrence of the monic polynomials that are orthogonal on a
// cell's samples, πₙ₊₁ = (t − diagonal[n]) πₙ − below[n] πₙ₋₁, and the mean squares of them,
// from the moments: Chebyshev's algorithm as modified by Sack and Donovan, after Gautschi,
// Orthogonal Polynomials (2004), section 2.1.7. What follows a square of 0 is no number.
func recurrenceOf(m *cellSums) (diagonal, below [maxNodes]float64, squares [maxNodes + 1]float64) {
	const n = len(m.moments)
	own := func(l int) float64 { // of the monic Chebyshev polynomials
		switch l {
		case 0:
			return 0
		case 1:
			return 0.5
		}
		return 0.25
	}
	var before, now [n]float64
	for l := range now {
		now[l] = m.moments[l] / m.moments[0]
	}
	squares[0] = 1
	diagonal[0] = now[1]
	for k := 1; k <= maxNodes; k++ {
		var next [n]float64
		for l := k; l < n-k; l++ {
			next[l] = now[l+1] - diagonal[k-1]*now[l] + own(l)*now[l-1]
			if k > 1 {
				next[l] -= below[k-1] * before[l]
			}
		}
		squares[k] = next[k]
		if k < maxNodes {
			diagonal[k] = next[k+1]/next[k] - now[k]/now[k-1]
			below[k] = next[k] / now[k-1]
		}
		before, now = now, next
	}
	return diagonal, below, squares
}

// gauss returns the points of a recurrence and their weights, whose sum is 1, by Golub and
// Welsch, Math. Comp. 23 (1969).
func gauss(diagonal, below []float64) (nodes, weights []float64, ok bool) {
	k := len(diagonal)
	if k == 1 {
		return diagonal, []float64{1}, true
	}
	j := mat.NewSymDense(k, nil)
	for i, d := range diagonal {
		j.SetSym(i, i, d)
	}
	for i, b := range below {
		if !(b > 0) {
			return nil, nil, false
		}
		j.SetSym(i, i+1, math.Sqrt(b))
	}
	var e mat.EigenSym
	if !e.Factorize(j, true) {
		return nil, nil, false
	}
	var vectors mat.Dense
	e.VectorsTo(&vectors)
	weights = make([]float64, k)
	for i := range weights {
		weights[i] = vectors.At(0, i) * vectors.At(0, i)
	}
	return e.Values(nil), weights, true
}

// inParallel calls f for 0 to n-1, on as many goroutines as there are processors.
func inParallel(n int, f func(i int)) {
	var wg sync.WaitGroup
	limit := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range n {
		limit <- struct{}{}
		wg.Go(func() {
			f(i)
			<-limit
		})
	}
	wg.Wait()
}
