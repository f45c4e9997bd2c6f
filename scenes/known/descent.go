package known

import (
	"errors"
	"math"

	"losscape/cpu"

	"gonum.org/v1/gonum/mat"
)

// Descent is a training run that ends at a minimum that is known, within what rounding
// leaves.
type Descent struct {
	Problem *cpu.Problem
	Run     cpu.Run
	W       []float64 // of the minimum
	// Rounding is how far from W, by |w − W|, the run may end per unit of the rounding of
	// its numbers, 2⁻²⁴ in float32 and 2⁻⁵³ in float64. Where a gradient is rounded by δ, it is
	// 0 at up to δ/μ from the minimum, μ being the least curvature. A sample's part of the
	// gradient, σ(−m) |x|, is off by its own rounding and by its slope σ(m) σ(−m) |x| times that
	// of the margin, Σ |x_j w_j|; each of these is a sum of as many roundings as there are
	// weights, and 8 for the exponential, the quotient, and sums of samples.
	Rounding float64
}

// Descent returns a run to the minimum, by Nesterov's method with the momentum and the
// learning rate that are best for the curvatures between the one at the minimum and the
// greatest of all (Nesterov, Introductory lectures on convex optimization, 2004, 2.2).
//
// Without an L2 term the features are first changed linearly so that all curvatures at the
// minimum are alike: other features, but the same margins and the same loss.
func (m *Minimum) Descent() (*Descent, error) {
	p, err := m.Problem()
	if err != nil {
		return nil, err
	}
	d := &Descent{Problem: p, W: m.W()}
	if m.L2 == 0 {
		if err := d.whiten(); err != nil {
			return nil, err
		}
	}
	var least mat.EigenSym
	if !least.Factorize(d.Problem.Hessian(d.W), false) {
		return nil, errors.New("the Hessian has no eigenvalues")
	}
	// At weights of 0 all curvatures σ(z) σ(−z) are 1/4, the greatest there are.
	mu, most := least.Values(nil)[0], d.Problem.Sharpness(make([]float64, len(d.W)))
	root := math.Sqrt(most / mu)
	d.Run = cpu.DefaultRun("nesterov")
	d.Run.LR, d.Run.Momentum, d.Run.L2 = 1/most, (root-1)/(root+1), m.L2
	// The loss falls by 1 − 1/root a step: by 2⁻⁹⁰, for weights within 2⁻⁴⁵.
	d.Run.Steps = int(root*90*math.Ln2) + 10
	d.Run.Start = make([]float64, len(d.W))
	d.Rounding = d.rounding() / mu
	return d, nil
}

// rounding returns by how much the gradient at W may be off, in units of rounding.
func (d *Descent) rounding() float64 {
	p := d.Problem
	last := len(d.W) - 1
	var sum float64
	for i, y := range p.Y {
		z, size, length := d.W[last], math.Abs(d.W[last]), 1.0
		for j, x := range p.X.RawRowView(i) {
			z += x * d.W[j]
			size += math.Abs(x * d.W[j])
			length = math.Hypot(length, x)
		}
		sum += cpu.Sigmoid(-(2*y-1)*z)*length + cpu.Sigmoid(z)*cpu.Sigmoid(-z)*length*size
	}
	return float64(len(d.W)+8) * (sum/float64(p.N()) + p.L2*mat.Norm(mat.NewVecDense(len(d.W), d.W), 2))
}

// whiten changes the features, x' = T (x − mean), and the weights with them, so that the
// Hessian at the minimum is a multiple of I.
func (d *Descent) whiten() error {
	p := d.Problem
	n, features := p.X.Dims()
	curve := make([]float64, n)
	mean := make([]float64, features)
	var total float64
	for i := range n {
		z := d.W[features]
		for j, x := range p.X.RawRowView(i) {
			z += x * d.W[j]
		}
		curve[i] = cpu.Sigmoid(z) * cpu.Sigmoid(-z)
		total += curve[i]
		for j, x := range p.X.RawRowView(i) {
			mean[j] += curve[i] * x
		}
	}
	for j := range mean {
		mean[j] /= total
	}
	centred := mat.NewDense(n, features, nil)
	spread := mat.NewSymDense(features, nil)
	for i := range n {
		for j, x := range p.X.RawRowView(i) {
			centred.Set(i, j, x-mean[j])
		}
		spread.SymRankOne(spread, curve[i]/total, centred.RowView(i))
	}
	var chol mat.Cholesky
	if !chol.Factorize(spread) {
		return errors.New("features that depend on one another")
	}
	// spread is UᵀU: rows x U⁻¹ have I, and the weights U w their margins.
	var u, inverse mat.TriDense
	chol.UTo(&u)
	if err := inverse.InverseTri(&u); err != nil {
		return err
	}
	x := mat.NewDense(n, features, nil)
	x.Mul(centred, &inverse)
	w := mat.NewVecDense(features, nil)
	w.MulVec(&u, mat.NewVecDense(features, d.W[:features]))
	bias := d.W[features]
	for j, m := range mean {
		bias += m * d.W[j]
	}
	q := *p
	q.X = x
	d.Problem, d.W = &q, append(append([]float64{}, w.RawVector().Data...), bias)
	return d.Problem.Validate()
}
