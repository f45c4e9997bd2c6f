package cpu

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Model is what makes a margin z of a sample's features and the weights. Its methods
// are called for blocks of samples, by several goroutines at once.
type Model interface {
	// Weights returns the number of weights for samples of so many features.
	Weights(features int) int
	// Forward stores in z the margins at w of the samples in the rows of x.
	Forward(z []float64, x *mat.Dense, w []float64)
	// Backward adds Σ d_i ∂z_i/∂w at w, over the samples in the rows of x, to grad.
	Backward(grad []float64, x *mat.Dense, w, d []float64)
	// Convex reports whether the loss is a convex function of the weights.
	Convex() bool
}

// Linear is the model of a Problem that states none: z = w · [x, 1], the bias last. It
// alone has what follows from margins being linear in the weights: the projection of
// samples onto a plane, Hessian, Minimum, and kernels on the device.
type Linear struct{}

// Weights returns one for each feature and one for the bias.
func (Linear) Weights(features int) int { return features + 1 }

// Forward stores the margins.
func (Linear) Forward(z []float64, x *mat.Dense, w []float64) {
	d := len(w) - 1
	for i := range z {
		z[i] = dot(x.RawRowView(i), w[:d]) + w[d]
	}
}

// Backward adds Xᵀd, X with its column of ones.
func (Linear) Backward(grad []float64, x *mat.Dense, _, d []float64) {
	for i, g := range d {
		for j, v := range x.RawRowView(i) {
			grad[j] += g * v
		}
		grad[len(grad)-1] += g
	}
}

// Convex returns true.
func (Linear) Convex() bool { return true }

// Linear reports whether the problem's model is Linear.
func (p *Problem) Linear() bool {
	if p.Model == nil {
		return true
	}
	_, ok := p.Model.(Linear)
	return ok
}

// needLinear panics unless the problem's model is Linear.
func (p *Problem) needLinear(what string) {
	if !p.Linear() {
		panic("cpu: " + what + " needs the Linear model")
	}
}

// passModel is pass for any model, by blocks of samples.
func (p *Problem) passModel(grad, scratch, w []float64, rows []int32) float64 {
	n := p.N()
	if rows != nil {
		n = len(rows)
	}
	clear(grad)
	z := make([]float64, min(n, sumBlock))
	var total float64
	for lo := 0; lo < n; lo += sumBlock {
		x, y := p.block(lo, min(lo+sumBlock, n), rows)
		z := z[:len(y)]
		p.Model.Forward(z, x, w)
		var sum float64
		for i, label := range y {
			s := 2*label - 1
			t := s * z[i]
			e := math.Exp(-math.Abs(t))
			weight := 1.0
			switch {
			case p.SampleWeight == nil:
			case rows == nil:
				weight = p.SampleWeight[lo+i]
			default:
				weight = p.SampleWeight[rows[lo+i]]
			}
			if rows == nil {
				sum += weight * logLoss(t, e, p.Eps)
			}
			z[i] = weight * marginSlope(s, t, e)
		}
		total += sum
		if grad == nil {
			continue
		}
		clear(scratch)
		p.Model.Backward(scratch, x, w, z)
		for j := range grad {
			grad[j] += scratch[j]
		}
	}
	for j := range grad {
		grad[j] /= float64(n)
	}
	return total / float64(n)
}

// block returns samples lo..hi-1, or those that rows lists there, and their labels.
func (p *Problem) block(lo, hi int, rows []int32) (x *mat.Dense, y []float64) {
	d := p.Features()
	if rows == nil {
		return p.X.Slice(lo, hi, 0, d).(*mat.Dense), p.Y[lo:hi]
	}
	x, y = mat.NewDense(hi-lo, d, nil), make([]float64, hi-lo)
	for i, row := range rows[lo:hi] {
		x.SetRow(i, p.X.RawRowView(int(row)))
		y[i] = p.Y[row]
	}
	return x, y
}

// marginSlope returns σ(z) − y = −s σ(−t), the slope in the margin z of a sample's loss
// without eps, from t = s z and e = e^−|t|.
func marginSlope(s, t, e float64) float64 {
	g := -s / (1 + e)
	if t >= 0 {
		g *= e
	}
	return g
}
