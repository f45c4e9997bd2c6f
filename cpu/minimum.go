package cpu

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Minimum returns the weights of the least loss without eps, found by damped
// Newton steps. Where the samples leave weights undetermined, as a constant, doubled or
// empty feature does, it is the minimum with the least |w|, w without the bias if Penalize leaves it out.
//
// ok is true only if a minimum is proved to exist, by an L2 term or by the samples:
// see coercive and bounded. It is false where the weights separate the two labels, so that there is
// none, where float64 cannot tell, and for models other than Linear.
func (p *Problem) Minimum() (w []float64, ok bool) {
	if !p.Linear() {
		return nil, false
	}
	return p.determined().minimum(context.Background())
}

// Separable reports whether there are weights that are proved to tell all labels right,
// with margins above their rounding: then the loss without an L2 term has no minimum. It
// is false where float64 cannot tell, soon after ctx is cancelled, and for models other
// than Linear.
func (p *Problem) Separable(ctx context.Context) bool {
	if !p.Linear() || p.overlap() {
		return false
	}
	d, _ := p.determinedColumns()
	d.l2 = 0
	d.newton(ctx)
	return d.apart != nil
}

// overlap reports whether there is one feature, and no value of it has the samples of one label on one
// side and those of the other on the other: then they are not separable, which is known at once.
func (p *Problem) overlap() bool {
	if p.Features() != 1 {
		return false
	}
	inf := math.Inf(1)
	least, largest := [2]float64{inf, inf}, [2]float64{-inf, -inf}
	for i, y := range p.Y {
		k, x := int(y), p.X.RawRowView(i)[0]
		least[k], largest[k] = min(least[k], x), max(largest[k], x)
	}
	return largest[0] >= least[1] && largest[1] >= least[0]
}

// minimum is Minimum. It returns false soon after ctx is cancelled, too.
func (d *determined) minimum(ctx context.Context) (w []float64, ok bool) {
	s := d.newton(ctx)
	if s == nil || !s.minimum {
		return nil, false
	}
	return d.weights(s.c), true
}

// stationary is a point where Newton's steps end.
type stationary struct {
	c       []float64
	chol    *mat.Cholesky // of the Hessian there
	slope   float64       // gᵀH⁻¹g of the gradient g
	minimum bool          // it is proved to be one
}

// newton takes damped Newton steps from 0. It returns nil if they end nowhere, if all
// labels are told right on the way, which it leaves in apart, and soon after ctx is
// cancelled.
func (d *determined) newton(ctx context.Context) *stationary {
	_, r := d.a.Dims()
	c, next, grad := make([]float64, r), make([]float64, r), make([]float64, r)
	hessian := mat.NewSymDense(r, nil)
	chol := new(mat.Cholesky)
	var step mat.VecDense
	loss := d.look(c, grad, hessian)
	before := math.Inf(1)
	const rounds = 200
	for range rounds {
		if ctx.Err() != nil {
			return nil
		}
		if d.l2 == 0 && d.separated(c) {
			d.apart = c
			return nil // any multiple has a lesser loss
		}
		if !chol.Factorize(hessian) {
			return nil
		}
		if err := chol.SolveVecTo(&step, mat.NewVecDense(r, grad)); err != nil {
			return nil
		}
		slope := mat.Dot(&step, mat.NewVecDense(r, grad))
		// Near the minimum a step is right as it is, and losses differ by their
		// rounding only; so do gradients, once they no longer fall.
		near := slope < 1e-8*(1+loss)
		if near && !(slope < before/2) {
			return &stationary{c, chol, slope, d.coercive() || d.bounded(chol, c, slope)}
		}
		before = slope
		for share := 1.0; ; share /= 2 {
			for j := range next {
				next[j] = c[j] - share*step.AtVec(j)
			}
			if near || d.look(next, nil, nil) <= loss-1e-4*share*slope {
				break
			}
			if share < 1e-9 {
				return nil
			}
		}
		copy(c, next)
		loss = d.look(c, grad, hessian)
	}
	return nil
}

// coercive reports whether the L2 term alone is why there is a minimum: it takes in all
// weights, or it leaves out the bias and there are both labels, so that the loss rises
// along the bias either way.
func (d *determined) coercive() bool {
	if d.l2 == 0 {
		return false
	}
	return d.penalize == PenalizeAll || slices.Contains(d.s, 1) && slices.Contains(d.s, -1)
}

// determined is a problem without the columns that the others make up: r weights c,
// which stand for all weights w with the same margins. It takes the shortest of them, by
// the weights that an L2 term takes in.
type determined struct {
	a      *mat.Dense // the columns that are left, N x r, as c counts them
	s      []float64  // labels as ±1
	p      *Problem   // has the samples' weights
	l2     float64
	w      *mat.Dense    // w is w c, (D+1) x r
	gramL2 *mat.SymDense // |w|² of what is penalized is cᵀ gramL2 c
	apart  []float64     // c with all margins above 0, if newton has found one

	penalize  Penalty
	redundant []Redundant
}

// determined finds the columns that are, to rounding, made up of that of ones and of
// those before them.
func (p *Problem) determined() *determined {
	d, takeWeights := p.determinedColumns()
	takeWeights()
	return d
}

// determinedColumns is determined without weights, which takeWeights finds: of samples
// that are fewer than features it takes most of the time.
func (p *Problem) determinedColumns() (d *determined, takeWeights func()) {
	n, dim := p.N(), p.Dim()
	bias := dim - 1
	d = &determined{p: p, s: make([]float64, n), l2: p.L2, penalize: p.Penalize}
	for i, y := range p.Y {
		d.s[i] = 2*y - 1
	}
	// The columns are counted from their first value, so that of a constant one nothing
	// is left and of a nearly constant one what there is, exactly; and by powers of 2
	// that bring them near a length of 1.
	columns := make([][]float64, dim)
	for j := range dim {
		columns[j] = make([]float64, n)
	}
	first := p.X.RawRowView(0)
	for i := range n {
		for j, x := range p.X.RawRowView(i) {
			columns[j][i] = x - first[j]
		}
		columns[bias][i] = 1
	}
	scale := make([]float64, dim)
	for j, v := range columns {
		scale[j] = 1
		if most := floats.Norm(v, math.Inf(1)); most > 0 {
			_, e := math.Frexp(most * math.Sqrt(float64(n)))
			scale[j] = math.Ldexp(1, max(1-e, -1000))
			floats.Scale(scale[j], v)
		}
	}
	of := func(list []int) *mat.Dense {
		m := mat.NewDense(n, len(list), nil)
		for i := range n {
			row := m.RawRowView(i)
			for k, j := range list {
				row[k] = columns[j][i]
			}
		}
		return m
	}
	// add adds to a column of m the weights that x of column j of the data is.
	add := func(m *mat.Dense, col, j int, x float64) {
		x *= scale[j]
		m.Set(j, col, m.At(j, col)+x)
		if j != bias {
			m.Set(bias, col, m.At(bias, col)-x*p.X.At(0, j))
		}
	}
	kept := make([]int, dim)
	for k := range kept {
		kept[k] = (k + bias) % dim // the bias first
	}
	var other []int
	if d.a = of(kept); !independent(d.a) {
		kept, other = independentColumns(columns, kept)
		d.a = of(kept)
	}
	return d, func() {
		r := len(kept)
		d.w = mat.NewDense(dim, r, nil)
		for k, j := range kept {
			add(d.w, k, j, 1)
		}
		penalized := d.w.Slice(0, len(p.Penalized(make([]float64, dim))), 0, r).(*mat.Dense)
		if other != nil {
			// Weights that change no margin, of which the shortest have none.
			var made mat.Dense
			made.Solve(d.a, of(other)) // whose columns are independent
			none := mat.NewDense(dim, len(other), nil)
			for l, o := range other {
				add(none, l, o, 1)
				for k, j := range kept {
					add(none, l, j, -made.At(k, l))
				}
			}
			d.redundant = redundantColumns(&made, kept, other, bias)
			rows, _ := penalized.Dims()
			var qr mat.QR
			qr.Factorize(none.Slice(0, rows, 0, len(other)))
			var q, along, out mat.Dense
			qr.QTo(&q)
			basis := q.Slice(0, rows, 0, len(other))
			along.Mul(basis.T(), penalized)
			out.Mul(basis, &along)
			penalized.Sub(penalized, &out)
			if rows < dim { // the bias follows: no margin changes, that of the first sample neither
				for k := range r {
					d.w.Set(bias, k, d.w.At(bias, k)+mat.Dot(p.X.RowView(0), out.ColView(k)))
				}
			}
		}
		d.gramL2 = mat.NewSymDense(r, nil)
		d.gramL2.SymOuterK(1, penalized.T())
	}
}

// independentColumns returns which of the columns in an order those before do not make up,
// and the others. What is left of a column without the directions of those before it, taken
// out twice for the rounding of the first time, is, of one that they make up, the rounding
// of sums of n numbers, some √n ε.
func independentColumns(columns [][]float64, order []int) (kept, other []int) {
	n := len(columns[0])
	least := 8 * math.Sqrt(float64(n)) * 0x1p-52
	var base [][]float64
	for _, j := range order {
		if len(base) == n {
			other = append(other, j)
			continue
		}
		v := slices.Clone(columns[j])
		size := floats.Norm(v, 2)
		for range 2 {
			for _, b := range base {
				floats.AddScaled(v, -floats.Dot(b, v), b)
			}
		}
		left := floats.Norm(v, 2)
		if !(left > least*size) {
			other = append(other, j)
			continue
		}
		floats.Scale(1/left, v)
		base = append(base, v)
		kept = append(kept, j)
	}
	return kept, other
}

// independent reports whether the columns of a are far from making up one another, as they
// mostly are: it costs a twentieth of independentColumns, which then would keep all. The least
// eigenvalue of AᵀA, of columns of length 1, is the square at least of how near a column comes
// to the others. It is above 100 times what rounding changes in it: n ε in each of the products,
// r n ε as a norm.
func independent(a *mat.Dense) bool {
	n, r := a.Dims()
	if n < r {
		return false
	}
	blocks := blocksOf(n, r)
	sums := make([]*gram, len(blocks))
	eachBlock(blocks, n, func(b, lo, hi int) {
		sums[b] = newGram(r)
		for i := lo; i < hi; i++ {
			sums[b].add(1, a.RawRowView(i))
		}
		sums[b].flush()
	})
	h := mat.NewSymDense(r, sums[0].h)
	for _, s := range sums[1:] {
		floats.Add(sums[0].h, s.h)
	}
	size := make([]float64, r)
	for j := range size {
		if size[j] = math.Sqrt(h.At(j, j)); !(size[j] > 0) {
			return false
		}
	}
	for j := range r {
		for k := j; k < r; k++ {
			h.SetSym(j, k, h.At(j, k)/size[j]/size[k])
		}
	}
	var chol mat.Cholesky
	return chol.Factorize(h) && chol.Cond()*float64(r)*float64(n)*0x1p-53 < 1e-2
}

// weights returns the shortest weights with the margins of c.
func (d *determined) weights(c []float64) []float64 {
	w := mat.NewVecDense(d.w.RawMatrix().Rows, nil)
	w.MulVec(d.w, mat.NewVecDense(len(c), c))
	return w.RawVector().Data
}

// look returns the loss at c and, unless they are nil, its first and second
// derivatives. Blocks of samples are summed by GOMAXPROCS goroutines, and the blocks in
// their order, so that the sums depend on nothing else.
func (d *determined) look(c, grad []float64, hessian *mat.SymDense) float64 {
	n, r := d.a.Dims()
	blocks := blocksOf(n, r)
	sums := make([]sums, len(blocks))
	eachBlock(blocks, n, func(b, lo, hi int) { sums[b] = d.sums(c, lo, hi, grad != nil) })
	var loss float64
	clear(grad)
	var h []float64
	if hessian != nil {
		h = hessian.RawSymmetric().Data // its upper triangle counts
		clear(h)
	}
	for _, s := range sums {
		loss += s.loss / float64(n)
		if grad != nil {
			floats.AddScaled(grad, 1/float64(n), s.grad)
			floats.AddScaled(h, 1/float64(n), s.gram.h)
		}
	}
	if d.l2 == 0 {
		return loss
	}
	v := mat.NewVecDense(r, nil)
	v.MulVec(d.gramL2, mat.NewVecDense(r, c))
	for j := range grad {
		grad[j] += d.l2 * v.AtVec(j)
		for k := j; k < r; k++ {
			h[j*r+k] += d.l2 * d.gramL2.At(j, k)
		}
	}
	return loss + d.l2/2*mat.Dot(v, mat.NewVecDense(r, c))
}

// sums are those of a block of samples, with derivatives if they are asked for.
type sums struct {
	loss float64
	grad []float64
	gram *gram
}

func (d *determined) sums(c []float64, lo, hi int, derivatives bool) (sum sums) {
	if derivatives {
		sum.grad, sum.gram = make([]float64, len(c)), newGram(len(c))
	}
	for i := lo; i < hi; i++ {
		s := d.s[i]
		x := d.a.RawRowView(i)
		t := s * dot(x, c)
		e := math.Exp(-math.Abs(t))
		weight := d.p.weightOf(i)
		sum.loss += weight * logLoss(t, e, 0)
		if !derivatives {
			continue
		}
		slope := weight * marginSlope(s, t, e)
		for j, xj := range x {
			sum.grad[j] += slope * xj
		}
		sum.gram.add(weight*(e/(1+e)/(1+e)), x)
	}
	if derivatives {
		sum.gram.flush()
	}
	return sum
}

// separated reports whether c is proved to tell all labels right: its margins are
// above their rounding.
func (d *determined) separated(c []float64) bool {
	for i, s := range d.s {
		var z, size float64
		for j, x := range d.a.RawRowView(i) {
			z += x * c[j]
			size += math.Abs(x * c[j])
		}
		if !(s*z > float64(len(c)+1)*0x1p-52*size) {
			return false
		}
	}
	return true
}

// bounded reports whether the loss without L2 term has a minimum, from a point c
// where chol is its Hessian H and gᵀH⁻¹g of the gradient is slope. Along a direction
// of length 1 by H the loss's slope starts at −√slope at least, and its curvature falls
// no faster than e^(−Rt), R² being the greatest xᵀH⁻¹x of a sample, since |φ‴| ≤ φ″
// for softplus. So it rises in the end in every direction if R √slope < 1 (Bach,
// Self-concordant analysis for logistic regression, 2010). On the way to infinity that
// is never so: a step moves the margins of what it separates by 1. The rounding of the
// gradient counts as slope.
func (d *determined) bounded(chol *mat.Cholesky, c []float64, slope float64) bool {
	n, r := d.a.Dims()
	var inverse mat.TriDense // of the factor U of H = UᵀU: xᵀH⁻¹x is |U⁻ᵀx|²
	chol.UTo(&inverse)
	if err := inverse.InverseTri(&inverse); err != nil {
		return false
	}
	blocks := blocksOf(n, r)
	reaches, sizes := make([]float64, len(blocks)), make([]float64, len(blocks))
	eachBlock(blocks, n, func(b, lo, hi int) {
		solved := mat.NewVecDense(r, nil)
		for i := lo; i < hi; i++ {
			x := d.a.RawRowView(i)
			solved.MulVec(inverse.T(), mat.NewVecDense(r, x))
			reaches[b] = max(reaches[b], mat.Dot(solved, solved))
			sizes[b] += d.p.weightOf(i) * Sigmoid(-d.s[i]*dot(x, c))
		}
	})
	reach, size := slices.Max(reaches), floats.Sum(sizes)
	// The exponential of a margin of up to 64 is off by 64 of its last bits.
	rounding := 64 * 0x1p-52 * reach * size / float64(n)
	return math.Sqrt(max(slope, 0)*reach)+rounding < 0.5
}

// Sharpness returns the largest eigenvalue of the Hessian at w: at a minimum,
// gradient descent is stable below a learning rate of 2 over it, and does not
// overshoot below 1 over it. It is NaN for models other than Linear.
func (p *Problem) Sharpness(w []float64) float64 {
	if !p.Linear() || !allFinite(w) {
		return math.NaN()
	}
	h, more := p.Hessian, 0.0
	if p.N() < p.Dim() && (p.L2 == 0 || p.Penalize == PenalizeAll) {
		h, more = p.dual, p.L2
	}
	var e mat.EigenSym
	if !e.Factorize(h(w), false) {
		return math.NaN()
	}
	values := e.Values(nil)
	return values[len(values)-1] + more
}

// dual returns A Aᵀ, N x N, where the Hessian at w without L2 term is Aᵀ A: both have the
// same eigenvalues but for zeros. Row i of A is [x, 1] of a sample times the root of
// c σ(z) σ(−z)/N.
func (p *Problem) dual(w []float64) *mat.SymDense {
	n, d := p.N(), p.Features()
	a := mat.NewDense(n, d+1, nil)
	for i := range n {
		x := p.X.RawRowView(i)
		z := dot(x, w) + w[d]
		root := math.Sqrt(p.weightOf(i) * (Sigmoid(z) * Sigmoid(-z)) / float64(n))
		row := a.RawRowView(i)
		for j, v := range x {
			row[j] = root * v
		}
		row[d] = root
	}
	out := mat.NewSymDense(n, nil)
	out.SymOuterK(1, a)
	return out
}
