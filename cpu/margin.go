package cpu

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// A Margin is how separable samples are told apart best. The least of the margins s z of
// all samples is at most Gamma for weights of length 1, bias included, and W/|W| has it.
//
// The weights of gradient descent without an L2 term turn towards W, and lr t times the
// loss after t steps rises or falls to 1/Gamma² (Soudry, Hoffer, Nacson, Gunasekar,
// Srebro, The implicit bias of gradient descent on separable data, 2018).
type Margin struct {
	W     []float64 // the shortest weights with all margins at least 1
	Gamma float64   // 1/|W|
}

// LossLimit returns 1/Gamma², the limit of lr t loss.
func (m *Margin) LossLimit() float64 { return 1 / (m.Gamma * m.Gamma) }

// Margin returns the greatest margin of the samples. ok is false if none is proved to be
// there: if the weights that are found do not tell all labels right with margins above
// their rounding, if float64 does not come within 1e-9 of the greatest margin, as of features
// of very unequal sizes, and for models other than Linear. The error is ctx's.
//
// W is x/|x|², x being the point of least length in the convex hull of the vectors
// s [features, 1] of the samples, which Wolfe's algorithm finds by finitely many of
// them (Wolfe, Finding the nearest point in a polytope, 1976).
func (p *Problem) Margin(ctx context.Context) (m *Margin, ok bool, err error) {
	if !p.Linear() {
		return nil, false, nil
	}
	h := newHull(p.N(), p.Dim(), p.signed)
	if err := h.search(ctx, 0); err != nil {
		return nil, false, err
	}
	m = h.margin()
	return m, m != nil && h.above(m.W) && h.tight(), nil
}

// signed stores s [features, 1] of a sample.
func (p *Problem) signed(i int, dst []float64) {
	s := 2*p.Y[i] - 1
	for j, v := range p.X.RawRowView(i) {
		dst[j] = s * v
	}
	dst[len(dst)-1] = s
}

// hull is a search for the point of least length in a convex hull.
type hull struct {
	n       int // vectors
	fill    func(i int, dst []float64)
	x       []float64   // the least so far: Σ share corner
	corners [][]float64 // affinely independent vectors of the hull
	index   []int       // which ones these are
	share   []float64   // above 0, 1 in all
	size    float64     // the greatest length² of a vector
	least   float64     // the least length² of x so far
	next    []float64   // scratch
}

func newHull(n, dim int, fill func(i int, dst []float64)) *hull {
	h := &hull{n: n, fill: fill, next: make([]float64, dim), least: math.Inf(1)}
	first, least := 0, math.Inf(1)
	for i := range n {
		size := floats.Dot(h.vector(i), h.next)
		h.size = max(h.size, size)
		if size < least {
			first, least = i, size
		}
	}
	h.corners, h.index, h.share = [][]float64{append([]float64(nil), h.vector(first)...)}, []int{first}, []float64{1}
	h.x = append([]float64(nil), h.corners[0]...)
	return h
}

// vector stores a vector in next, and returns it.
func (h *hull) vector(i int) []float64 {
	h.fill(i, h.next)
	return h.next
}

// search extends the hull until x is the least point, or shorter than stop. The error is
// ctx's.
func (h *hull) search(ctx context.Context, stop float64) error {
	for floats.Norm(h.x, 2) > stop && h.extend() {
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// margin returns the margin that x stands for, nil if x is 0.
func (h *hull) margin() *Margin {
	square := floats.Dot(h.x, h.x)
	if !(square > 0) {
		return nil
	}
	m := &Margin{W: make([]float64, len(h.x)), Gamma: math.Sqrt(square)}
	floats.AddScaled(m.W, 1/square, h.x)
	return m
}

// extend adds the vector that lies farthest back along x as a corner, and moves x to the
// least point of the hull of the corners. It is false if no vector lies back by more than
// rounding, so that x is the least of all, or if x gets no shorter.
func (h *hull) extend() bool {
	farthest, least := 0, math.Inf(1)
	for i := range h.n {
		if along := floats.Dot(h.vector(i), h.x); along < least {
			farthest, least = i, along
		}
	}
	square := floats.Dot(h.x, h.x)
	if !(square < h.least) || least >= square-1e-15*math.Sqrt(square*h.size) {
		return false
	}
	h.least = square
	h.corners = append(h.corners, append([]float64(nil), h.vector(farthest)...))
	h.index, h.share = append(h.index, farthest), append(h.share, 0)
	for !h.inside() {
	}
	clear(h.x)
	for k, c := range h.corners {
		floats.AddScaled(h.x, h.share[k], c)
	}
	return true
}

// inside moves the shares to those of the least point of the plane through the corners.
// If this lies outside of their hull it goes as far as its border, drops the corners that
// then have no share, and is false.
func (h *hull) inside() bool {
	aim, ok := h.affine()
	if !ok { // the newest corner is in the plane of the others, to rounding
		h.drop(len(h.corners) - 1)
		return true
	}
	way, first := 1.0, -1
	for k, a := range aim {
		if a <= 0 && h.share[k]-a > 0 {
			if t := h.share[k] / (h.share[k] - a); t < way {
				way, first = t, k
			}
		}
	}
	for k, a := range aim {
		h.share[k] += way * (a - h.share[k])
	}
	if first < 0 {
		return true
	}
	h.drop(first)
	return false
}

// drop takes away a corner, and shares out its share.
func (h *hull) drop(k int) {
	h.corners = append(h.corners[:k], h.corners[k+1:]...)
	h.index = append(h.index[:k], h.index[k+1:]...)
	h.share = append(h.share[:k], h.share[k+1:]...)
	floats.Scale(1/floats.Sum(h.share), h.share)
}

// affine returns the shares, 1 in all, of the least point of the plane through the
// corners: the first one and its differences to the others, by least squares.
func (h *hull) affine() (shares []float64, ok bool) {
	n := len(h.corners)
	if n == 1 {
		return []float64{1}, true
	}
	if n > len(h.x)+1 {
		return nil, false
	}
	first := h.corners[0]
	a, b := mat.NewDense(len(h.x), n-1, nil), mat.NewVecDense(len(h.x), nil)
	for j, v := range first {
		b.SetVec(j, -v)
		for k, c := range h.corners[1:] {
			a.Set(j, k, c[j]-v)
		}
	}
	var svd mat.SVD
	if !svd.Factorize(a, mat.SVDThin) {
		return nil, false
	}
	values := svd.Values(nil)
	rank := n - 1
	if len(values) < rank || values[rank-1] < 1e-14*values[0] {
		return nil, false
	}
	var solved mat.VecDense
	svd.SolveVecTo(&solved, b, rank)
	shares = make([]float64, n)
	shares[0] = 1
	for k := range n - 1 {
		shares[k+1] = solved.AtVec(k)
		shares[0] -= shares[k+1]
	}
	return shares, true
}

// above reports whether all margins at w are above their rounding.
func (h *hull) above(w []float64) bool {
	for i := range h.n {
		var z, size float64
		for j, v := range h.vector(i) {
			z += v * w[j]
			size += math.Abs(v * w[j])
		}
		if !(z > float64(len(w)+1)*0x1p-52*size) {
			return false
		}
	}
	return true
}
