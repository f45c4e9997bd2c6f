package cpu

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Separability says whether weights tell the labels of samples apart, so that the loss
// without an L2 term has no minimum.
type Separability uint8

// The kinds, by the terms of Albert and Anderson, On the existence of maximum likelihood
// estimates in logistic regression models, 1984.
const (
	Undecided      Separability = iota // float64 cannot tell
	NotSeparable                       // there is a minimum
	Complete                           // weights have all margins above 0
	QuasiComplete                      // weights have no margin below 0, and some above, and none have all above
	separabilities                     // their number
)

var separabilityNames = [separabilities]string{"undecided", "no", "complete", "quasi-complete"}

// String returns what fits and tables call it.
func (s Separability) String() string {
	if s < separabilities {
		return separabilityNames[s]
	}
	return fmt.Sprintf("separability(%d)", uint8(s))
}

// Separation is how the samples can be told apart, with what proves it.
type Separation struct {
	Kind Separability
	// Direction has length 1. Along it no margin falls, and those of Won rise for ever. nil
	// where there is none. Where Greatest, the least margin of Won along it, Gamma, is the
	// greatest that there is: gradient descent, and the minimum under an L2 term of all
	// weights that goes to 0, turn into that direction (Ji and Telgarsky, The implicit bias
	// of gradient descent on nonseparable data, 2019).
	Direction []float64
	Gamma     float64
	Greatest  bool
	// Sign is to which infinity a weight goes along Direction, −1 or 1, or 0 if it stays.
	Sign []int
	// Won are the samples whose loss falls to 0; the margins of the others are 0 in all
	// directions in which none falls.
	Won []int
	// Exact says that it was proved in whole numbers, by the shortest decimals of the
	// features; else it was by float64s with bounds of their rounding.
	Exact bool
}

// Separation decides whether the samples are separable, and proves it. For models other
// than Linear it is Undecided. The error is ctx's.
//
// A stationary point of the loss that is proved to be its minimum, see Minimum, proves that they
// are not: there the vectors x_i = s [features, 1] of the samples have a sum
// Σ σ(−m_i) x_i = 0 with weights above 0, so that no direction has only margins of at
// least 0 (Stiemke). Weights with all margins above their rounding prove that they are
// completely separable. What is left is decided in faces: if 0 is in the convex hull of the
// x_i, see Margin, it is a sum of some of them with shares above 0. In a direction in which
// no margin falls all of these stay 0. The others are looked at orthogonally to them, until
// some direction has all margins above 0, or none is left. These sums and margins are then
// taken in whole numbers.
func (p *Problem) Separation(ctx context.Context) (*Separation, error) {
	if !p.Linear() {
		return &Separation{}, ctx.Err()
	}
	d := p.determined()
	d.l2 = 0
	return p.separation(ctx, d, d.newton(ctx))
}

// separation is Separation, where Newton's steps of the loss without L2 term have ended.
func (p *Problem) separation(ctx context.Context, d *determined, end *stationary) (*Separation, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if end != nil && end.minimum {
		return &Separation{Kind: NotSeparable}, nil
	}
	if d.apart == nil {
		f := newFaces(p, d)
		s, err := f.separation(ctx)
		if err != nil || s.Kind != Complete {
			return s, err
		}
		return p.complete(ctx, s.Direction, s.Exact)
	}
	return p.complete(ctx, d.weights(d.apart), false)
}

// complete returns the separation of samples whose margins are all above 0 at w, along
// the direction of the greatest margin if it is found.
func (p *Problem) complete(ctx context.Context, w []float64, exact bool) (*Separation, error) {
	s := &Separation{Kind: Complete, Direction: directionOf(w), Exact: exact, Won: make([]int, p.N())}
	for i := range s.Won {
		s.Won[i] = i
	}
	h := newHull(p.N(), p.Dim(), p.signed)
	if err := h.search(ctx, 0); err != nil {
		return nil, err
	}
	if m := h.margin(); m != nil && h.above(m.W) {
		s.Direction, s.Greatest, s.Exact = directionOf(m.W), h.tight(), false
	}
	s.measure(p, nil)
	return s, nil
}

// tight reports whether x, within 1e-9, is the least point: no vector lies farther back
// along it than x itself, by more.
func (h *hull) tight() bool {
	square := floats.Dot(h.x, h.x)
	for i := range h.n {
		if floats.Dot(h.vector(i), h.x) < (1-1e-9)*square {
			return false
		}
	}
	return true
}

// directionOf returns a vector that is not 0 with length 1.
func directionOf(w []float64) []float64 {
	u, _ := unit(w)
	return u
}

// measure fills in Gamma and Sign. stays lists the weights that are 0 in all directions in
// which no margin falls. A weight that moves no margin by more than 1e-9 of what the others
// do stays, too.
func (s *Separation) measure(p *Problem, stays []bool) {
	dim := p.Dim()
	x, size := make([]float64, dim), make([]float64, dim)
	s.Gamma = math.Inf(1)
	for _, i := range s.Won {
		p.signed(i, x)
		s.Gamma = min(s.Gamma, dot(x, s.Direction))
		for j, v := range x {
			size[j] = max(size[j], math.Abs(v))
		}
	}
	for j, v := range s.Direction {
		size[j] *= math.Abs(v)
	}
	s.Sign = make([]int, dim)
	for j, v := range s.Direction {
		switch {
		case stays != nil && stays[j], size[j] <= 1e-9*slices.Max(size):
		case v > 0:
			s.Sign[j] = 1
		default:
			s.Sign[j] = -1
		}
	}
}

// faces goes from face to face of the cone of the directions in which no margin falls.
type faces struct {
	p     *Problem
	white *mat.Dense // the x_i as coordinates in which they are spread evenly, N x r
	base  *mat.Dense // r x m, orthonormal: orthogonal to all samples that are proved to stay

	exact *exact
	stay  echelon // the exact x_i of those
}

func newFaces(p *Problem, d *determined) *faces {
	n, r := d.a.Dims()
	f := &faces{p: p, white: mat.NewDense(n, r, nil), base: mat.NewDense(r, r, nil), exact: newExact(p)}
	for j := range r {
		f.base.Set(j, j, 1)
	}
	g := newGram(r)
	for i := range n {
		g.add(1, d.a.RawRowView(i))
	}
	g.flush()
	var chol mat.Cholesky
	var inverse mat.TriDense
	spread := chol.Factorize(mat.NewSymDense(r, g.h))
	if spread {
		chol.UTo(&inverse)
		spread = inverse.InverseTri(&inverse) == nil
	}
	if spread {
		f.white.Mul(d.a, &inverse)
	} else {
		f.white.Copy(d.a)
	}
	for i, s := range d.s {
		floats.Scale(s, f.white.RawRowView(i))
	}
	return f
}

// inFace is below which a vector of length 1 is taken for 0, until whole numbers tell.
const inFace = 1e-10

func (f *faces) separation(ctx context.Context) (*Separation, error) {
	for {
		_, m := f.base.Dims()
		active, hull := f.project(m)
		if len(active) == 0 {
			return f.none(), ctx.Err()
		}
		if err := hull.search(ctx, inFace); err != nil {
			return nil, err
		}
		if floats.Norm(hull.x, 2) > inFace && hull.above(hull.x) {
			return f.apart(ctx)
		}
		// A share of rounding is of a corner that 0 does without.
		var corners [][]float64
		var samples []int
		var shares []float64
		for k, share := range hull.share {
			if share > inFace {
				corners, samples, shares = append(corners, hull.corners[k]), append(samples, active[hull.index[k]]), append(shares, share)
			}
		}
		if !f.stays(samples, shares) {
			return &Separation{}, nil
		}
		if !f.narrow(corners) {
			return f.none(), nil
		}
	}
}

// project returns the samples that are not in the face, and the hull of their projections,
// made of length 1.
func (f *faces) project(m int) (active []int, h *hull) {
	n, _ := f.white.Dims()
	if m == 0 {
		return nil, nil
	}
	var z mat.Dense
	z.Mul(f.white, f.base)
	for i := range n {
		length := floats.Norm(z.RawRowView(i), 2)
		if length > inFace*floats.Norm(f.white.RawRowView(i), 2) {
			floats.Scale(1/length, z.RawRowView(i))
			active = append(active, i)
		}
	}
	if len(active) > 0 {
		h = newHull(len(active), m, func(k int, dst []float64) { copy(dst, z.RawRowView(active[k])) })
	}
	return active, h
}

// narrow makes the base orthogonal to the corners of a hull. It is false if nothing is left.
func (f *faces) narrow(corners [][]float64) bool {
	m := len(corners[0])
	a := mat.NewDense(len(corners), m, nil)
	for k, c := range corners {
		a.SetRow(k, c)
	}
	var svd mat.SVD
	if !svd.Factorize(a, mat.SVDFullV) {
		return false
	}
	rank := 0
	for _, v := range svd.Values(nil) {
		if v > 1e-9 {
			rank++
		}
	}
	if rank >= m {
		return false
	}
	var v, base mat.Dense
	svd.VTo(&v)
	base.Mul(f.base, v.Slice(0, m, rank, m))
	f.base = &base
	return true
}

// stays proves in whole numbers that samples have a sum with weights above 0, near shares,
// that is one of those that stay, and adds them to these.
func (f *faces) stays(samples []int, shares []float64) bool {
	left := make([][]*big.Int, len(samples)) // times a number above 0, less what stays
	for k, i := range samples {
		left[k], _ = f.stay.reduce(f.exact.vector(i))
	}
	var columns echelon
	scale := make([]float64, len(samples))
	for j := range f.p.Dim() {
		row := make([]*big.Int, len(samples))
		for k := range row {
			row[k] = left[k][j]
		}
		columns.add(row)
	}
	for k := range scale {
		scale[k] = 1
	}
	null := columns.null(len(samples))
	if len(null) == 0 {
		return false
	}
	weights := combine(null, shares, scale)
	for _, w := range weights {
		if w.Sign() <= 0 {
			return false
		}
	}
	for _, i := range samples {
		f.stay.add(f.exact.vector(i))
	}
	return true
}

// none is the separation where no direction is left: all samples are proved to stay, or
// it is undecided.
func (f *faces) none() *Separation {
	directions := f.stay.null(f.p.Dim())
	for i := range f.p.N() {
		if !orthogonal(f.exact.vector(i), directions) {
			return &Separation{}
		}
	}
	return &Separation{Kind: NotSeparable, Exact: true}
}

func orthogonal(x []*big.Int, to [][]*big.Int) bool {
	for _, v := range to {
		if dotExact(x, v).Sign() != 0 {
			return false
		}
	}
	return true
}

// apart is the separation where a direction orthogonal to what stays has all other margins
// above 0. It looks for that of the greatest margin, in the weights as they are.
func (f *faces) apart(ctx context.Context) (*Separation, error) {
	p, dim := f.p, f.p.Dim()
	null := f.stay.null(dim)
	directions := mat.NewDense(dim, len(null), nil)
	stretch := make([]float64, dim)
	stays := make([]bool, dim)
	for j := range dim {
		stretch[j], _ = new(big.Float).SetInt(f.exact.stretch(j)).Float64()
		stays[j] = true
	}
	for k, v := range null {
		column := approximate(v)
		for j, x := range column {
			stays[j] = stays[j] && v[j].Sign() == 0
			column[j] = x * stretch[j]
		}
		directions.SetCol(k, directionOf(column))
	}
	var qr mat.QR
	var q mat.Dense
	qr.Factorize(directions)
	qr.QTo(&q)
	base := q.Slice(0, dim, 0, len(null))
	var won []int
	for i := range p.N() {
		if !orthogonal(f.exact.vector(i), null) {
			won = append(won, i)
		}
	}
	x := make([]float64, dim)
	h := newHull(len(won), len(null), func(k int, dst []float64) {
		p.signed(won[k], x)
		mat.NewVecDense(len(dst), dst).MulVec(base.T(), mat.NewVecDense(dim, x))
	})
	if err := h.search(ctx, 0); err != nil {
		return nil, err
	}
	direction := mat.NewVecDense(dim, nil)
	direction.MulVec(base, mat.NewVecDense(len(null), h.x))
	s := &Separation{Direction: directionOf(direction.RawVector().Data), Greatest: h.tight(), Won: won, Exact: true}
	aim := slices.Clone(s.Direction)
	size := make([]float64, dim)
	for j := range aim {
		aim[j] /= stretch[j]
		size[j] = stretch[j]
	}
	v := combine(null, aim, size)
	for _, i := range won {
		if dotExact(f.exact.vector(i), v).Sign() <= 0 {
			return &Separation{}, nil
		}
	}
	s.Kind = QuasiComplete
	if len(won) == p.N() {
		s.Kind = Complete
	}
	s.measure(p, stays)
	return s, nil
}

// approximate returns a vector of whole numbers as float64s, times a power of 2 that has the
// greatest near 1.
func approximate(v []*big.Int) []float64 {
	most := 0
	for _, x := range v {
		most = max(most, x.BitLen())
	}
	out := make([]float64, len(v))
	for j, x := range v {
		out[j], _ = new(big.Float).SetMantExp(new(big.Float).SetInt(x), -most).Float64()
	}
	return out
}

// combine returns a sum of vectors in whole numbers that points nearly where aim does:
// nearest by numbers that count times scale.
func combine(vectors [][]*big.Int, aim, scale []float64) []*big.Int {
	a, b := mat.NewDense(len(aim), len(vectors), nil), mat.NewVecDense(len(aim), nil)
	for j, x := range aim {
		b.SetVec(j, x*scale[j])
	}
	sizes := make([]int, len(vectors))
	for k, v := range vectors {
		for j, x := range approximate(v) {
			a.Set(j, k, x*scale[j])
		}
		for _, x := range v {
			sizes[k] = max(sizes[k], x.BitLen())
		}
	}
	// The columns are made of length 1, so that none is taken for 0.
	lengths := make([]float64, len(vectors))
	for k := range vectors {
		lengths[k] = mat.Norm(a.ColView(k), 2)
		for j := range aim {
			a.Set(j, k, a.At(j, k)/lengths[k])
		}
	}
	var t mat.VecDense
	out := make([]*big.Int, len(aim))
	for j := range out {
		out[j] = new(big.Int)
	}
	if err := t.SolveVec(a, b); err != nil || !allFinite(t.RawVector().Data) || !allFinite(lengths) {
		return out // 0: it proves nothing
	}
	// Each factor t/length, times a power of 2 that leaves 60 bits of the sum, and more.
	var most float64
	for k := range vectors {
		most = max(most, math.Abs(t.AtVec(k)/lengths[k]))
	}
	_, exponent := math.Frexp(most)
	shift := slices.Max(sizes) + 128 - exponent
	for k, v := range vectors {
		c := new(big.Float).SetMantExp(big.NewFloat(t.AtVec(k)/lengths[k]), shift-sizes[k])
		whole, _ := c.Int(nil)
		for j, x := range v {
			out[j].Add(out[j], new(big.Int).Mul(whole, x))
		}
	}
	return out
}
