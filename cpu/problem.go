package cpu

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// sumBlock is how many samples are summed before the partial sum joins the
// total. Two-level sums keep the rounding error of a mean over 10⁶ samples
// near that of one over 10³, and, unlike a compensated sum, let an infinite
// term through as an infinity.
const sumBlock = 1024

// Sigmoid returns 1/(1+e^−z), accurate to a few ULP for every z. It is
// computed from e^−|z|, so 1−σ(z) is Sigmoid(−z), never a subtraction.
func Sigmoid(z float64) float64 {
	e := math.Exp(-math.Abs(z))
	if z < 0 {
		return e / (1 + e)
	}
	return 1 / (1 + e)
}

// LogLoss returns −log(σ(t)+eps), the loss of one sample whose margin is
// t = s z. With eps 0 it is softplus(−t), exact binary cross-entropy.
func LogLoss(t, eps float64) float64 {
	return logLoss(t, math.Exp(-math.Abs(t)), eps)
}

// logLoss is LogLoss with e = e^−|t| at hand.
func logLoss(t, e, eps float64) float64 {
	if eps == 0 {
		if t < 0 {
			return math.Log1p(e) - t
		}
		return math.Log1p(e)
	}
	if t < 0 {
		// σ(t) is small: add to it and take the log. Only eps that is no
		// longer small can bring the sum near 1, where log1p takes over.
		if p := e/(1+e) + eps; p < 0.5 {
			return -math.Log(p)
		}
		return -math.Log1p(eps - 1/(1+e))
	}
	// σ(t) + eps = 1 + (eps − σ(−t)), which is near 1 where it matters.
	return -math.Log1p(eps - e/(1+e))
}

// N returns the number of samples.
func (p *Problem) N() int {
	n, _ := p.X.Dims()
	return n
}

// Features returns the number of features, D.
func (p *Problem) Features() int {
	_, d := p.X.Dims()
	return d
}

// Dim returns the number of weights, of Linear D+1: one for each feature and the bias.
func (p *Problem) Dim() int {
	if p.Model == nil {
		return p.Features() + 1
	}
	return p.Model.Weights(p.Features())
}

// Validate returns an error unless p is a problem that can be computed with:
// at least one sample, as many labels as samples, labels of 0 or 1, finite
// features, weights of samples as Weigh makes them, if any, and a finite Eps and L2 that are not negative, which are *RangeErrors.
//
// Engines and the methods that take a context validate what they are given; all other
// methods of Problem assume a valid one. See Freeze for what that costs.
func (p *Problem) Validate() error {
	if p.frozen == nil || !p.frozen.of(p) {
		if err := p.validateSamples(); err != nil {
			return err
		}
	}
	switch {
	case p.Dim() < 1:
		return fmt.Errorf("the model has %d weights for %d features, want some", p.Dim(), p.Features())
	case !notNegative.Contains(p.Eps):
		return &RangeError{Param: "eps", Value: p.Eps, Want: notNegative.String() + " (0 is exact cross-entropy)"}
	case !notNegative.Contains(p.L2):
		return &RangeError{Param: "l2", Value: p.L2, Want: notNegative.String()}
	}
	return p.checkPenalty()
}

// frozen are samples that have been validated.
type frozen struct {
	x       *mat.Dense
	y       *float64 // the first label
	n       int
	weight  *float64 // the first weight of a sample; nil if there are none
	largest float64  // |feature|
}

func (f *frozen) of(p *Problem) bool {
	return p.X == f.x && len(p.Y) == f.n && &p.Y[0] == f.y && firstOf(p.SampleWeight) == f.weight
}

func firstOf(s []float64) *float64 {
	if len(s) == 0 {
		return nil
	}
	return &s[0]
}

// Freeze validates p, all of it, and has the caller promise not to change the numbers in
// X, Y and SampleWeight any more, unless it is called again. As long as p, or a copy of it, has
// these, Validate takes them for valid without another look, at every call of an
// engine.
func (p *Problem) Freeze() error {
	p.frozen = nil
	if err := p.Validate(); err != nil {
		return err
	}
	p.frozen = &frozen{p.X, &p.Y[0], len(p.Y), firstOf(p.SampleWeight), p.largest()}
	return nil
}

// Frozen returns what is equal for all copies of p that have its samples, and for no other problem,
// so that what follows from samples alone may be kept. It is nil unless p is frozen.
func (p *Problem) Frozen() any {
	if p.frozen == nil || !p.frozen.of(p) {
		return nil
	}
	return p.frozen
}

func (p *Problem) validateSamples() error {
	if p.X == nil || p.X.IsEmpty() {
		return errors.New("problem has no samples")
	}
	n, d := p.X.Dims()
	if len(p.Y) != n {
		return fmt.Errorf("problem has %d samples but %d labels", n, len(p.Y))
	}
	for i, y := range p.Y {
		if y != 0 && y != 1 {
			return fmt.Errorf("label of sample %d is %v, want 0 or 1", i, y)
		}
		for j := range d {
			if x := p.X.At(i, j); !finite(x) {
				return fmt.Errorf("feature %d of sample %d is %v, want a finite number", j, i, x)
			}
		}
	}
	return p.validateSampleWeight()
}

// Loss returns the loss at the D+1 weights w, with the problem's own L2.
func (p *Problem) Loss(w []float64) float64 { return p.LossL2(w, p.L2) }

// LossL2 returns the loss at the D+1 weights w with the L2 weight l2 in
// place of the problem's.
func (p *Problem) LossL2(w []float64, l2 float64) float64 {
	return p.evaluate(nil, nil, w, l2)
}

// Gradient stores in dst the D+1 partial derivatives at w of the loss without
// eps, (1/N) Xᵀc(σ(z) − y) + L2 w, c being the samples' weights, and returns dst. A nil dst is allocated.
func (p *Problem) Gradient(dst, w []float64) []float64 {
	dst, _ = p.LossGradient(dst, w, p.L2)
	return dst
}

// LossGradient returns the gradient, stored in dst as Gradient does, together
// with the loss, both with the L2 weight l2. It takes one pass over the
// samples.
func (p *Problem) LossGradient(dst, w []float64, l2 float64) ([]float64, float64) {
	if dst == nil {
		dst = make([]float64, len(w))
	}
	return dst, p.evaluate(dst, make([]float64, len(w)), w, l2)
}

// evaluate returns the loss at w and, unless grad is nil, stores the gradient
// in grad; scratch is as long as grad. It panics if a length is wrong.
func (p *Problem) evaluate(grad, scratch, w []float64, l2 float64) float64 {
	loss := p.pass(grad, scratch, w, nil)
	addL2(p.Penalized(grad), w, l2)
	return loss + l2Term(p.Penalized(w), l2)
}

// pass is evaluate without L2 term. Unless rows is nil, it takes the
// samples that rows lists in place of all, and leaves out the loss: the gradient is then the mean of
// theirs, each times its weight, and over all ways to draw them its mean is that of all samples.
func (p *Problem) pass(grad, scratch, w []float64, rows []int32) float64 {
	raw := p.X.RawMatrix()
	n, d, dim := raw.Rows, raw.Cols, p.Dim()
	if len(w) != dim {
		panic(fmt.Sprintf("cpu: %d weights for a problem of %d", len(w), dim))
	}
	if grad != nil && (len(grad) != dim || len(scratch) != dim) {
		panic(fmt.Sprintf("cpu: gradient of length %d for a problem of %d weights", len(grad), dim))
	}
	if !p.Linear() {
		return p.passModel(grad, scratch, w, rows)
	}
	if rows != nil {
		n = len(rows)
	}
	clear(grad)
	var total float64
	for lo := 0; lo < n; lo += sumBlock {
		clear(scratch)
		var sum float64
		for i := lo; i < min(lo+sumBlock, n); i++ {
			row := i
			if rows != nil {
				row = int(rows[i])
			}
			x := raw.Data[row*raw.Stride : row*raw.Stride+d]
			var z float64
			for j, xj := range x {
				z += xj * w[j]
			}
			z += w[d]
			s := 2*p.Y[row] - 1
			t := s * z
			e := math.Exp(-math.Abs(t))
			if rows == nil {
				l := logLoss(t, e, p.Eps)
				if p.SampleWeight != nil {
					l *= p.SampleWeight[row]
				}
				sum += l
			}
			if grad == nil {
				continue
			}
			g := marginSlope(s, t, e)
			if p.SampleWeight != nil {
				g *= p.SampleWeight[row]
			}
			for j, xj := range x {
				scratch[j] += g * xj
			}
			scratch[d] += g
		}
		total += sum
		for j := range grad {
			grad[j] += scratch[j]
		}
	}
	for j := range grad {
		grad[j] /= float64(n)
	}
	return total / float64(n)
}

// l2Term returns (l2/2) |w|² of penalized weights.
func l2Term(w []float64, l2 float64) float64 {
	if l2 == 0 { // 0·|w|² would be NaN once |w|² overflows
		return 0
	}
	return l2 / 2 * squaredNorm(w)
}

// addL2 adds l2 w to the penalized part of a gradient, which may be nil; w may be longer.
func addL2(grad, w []float64, l2 float64) {
	if l2 == 0 {
		return
	}
	for j := range grad {
		grad[j] += l2 * w[j]
	}
}

// Accuracy returns the fraction of samples, each counted by its weight, whose label the weights w
// predict: 1 where z > 0, else 0. It is NaN if a weight is not finite.
func (p *Problem) Accuracy(w []float64) float64 {
	if !allFinite(w) {
		return math.NaN()
	}
	model := p.Model
	if model == nil {
		model = Linear{}
	}
	var right, wrong float64
	z := make([]float64, min(len(p.Y), sumBlock))
	for lo := 0; lo < len(p.Y); lo += sumBlock {
		x, y := p.block(lo, min(lo+sumBlock, len(p.Y)), nil)
		model.Forward(z[:len(y)], x, w)
		for i, label := range y {
			if (z[i] > 0) == (label == 1) {
				right += p.weightOf(lo + i)
			} else {
				wrong += p.weightOf(lo + i)
			}
		}
	}
	return right / (right + wrong)
}

// Hessian returns the (D+1) x (D+1) matrix of second derivatives at w of the
// loss without eps, (1/N) Xᵀ diag(c σ(z) σ(−z)) X + L2 I, X with its column
// of ones, c the samples' weights, I without the bias where Penalize leaves it out. Gradient descent with a constant learning rate is stable at a
// minimum only below 2/λ, λ being the Hessian's largest eigenvalue there. It panics
// unless the model is Linear.
func (p *Problem) Hessian(w []float64) *mat.SymDense {
	p.needLinear("the Hessian")
	n, dim := p.N(), p.Dim()
	blocks := blocksOf(n, dim)
	grams := make([]*gram, len(blocks))
	eachBlock(blocks, n, func(b, lo, hi int) {
		g := newGram(dim)
		x := make([]float64, dim)
		x[dim-1] = 1
		for i := lo; i < hi; i++ {
			copy(x, p.X.RawRowView(i))
			z := dot(x, w)
			g.add(p.weightOf(i)*(Sigmoid(z)*Sigmoid(-z)), x)
		}
		g.flush()
		grams[b] = g
	})
	h := mat.NewSymDense(dim, nil)
	for _, g := range grams {
		floats.AddScaled(h.RawSymmetric().Data, 1/float64(n), g.h)
	}
	for j := range p.Penalized(w) {
		h.SetSym(j, j, h.At(j, j)+p.L2)
	}
	return h
}

func squaredNorm(w []float64) float64 {
	var s float64
	for _, v := range w {
		s += v * v
	}
	return s
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func allFinite(w []float64) bool {
	for _, v := range w {
		if !finite(v) {
			return false
		}
	}
	return true
}
