package cpu

import (
	"context"
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Fit is the answer that a problem has: the minimum of its loss without eps, or why there
// is none.
type Fit struct {
	// Separation is of the samples, whatever L2 is: without an L2 term, a separable problem
	// has no minimum.
	Separation *Separation

	// W are the weights of the minimum, the shortest ones where several have it; nil if there
	// is none or none was found.
	W []float64
	// Standardized are what W would be if the features had a mean of 0 and a population
	// standard deviation of 1, by the means and deviations that they have.
	Standardized []float64
	// StdErr are the standard errors of W, the roots of the diagonal of (N H)⁻¹, H the
	// Hessian of the loss at W and N the samples' Total, and Z and P the Wald statistic W/StdErr and the probability
	// of at least |Z| under a normal distribution. They are NaN with an L2 term, which pulls
	// the weights to 0 by an amount that they do not count, and for weights that are not
	// Determined.
	StdErr, Z, P []float64

	Loss          float64 // L2 term included
	LogLikelihood float64 // of all samples, natural logarithm, each times its Count; without the L2 term
	Accuracy      float64 // fraction of samples whose label W predicts
	// Confusion counts samples, each by its Count, by their label and by the one that W predicts: Confusion[1][0]
	// has the label 1, and 0 is predicted.
	Confusion [2][2]float64
	Gradient  float64 // norm of the gradient at W, which rounding leaves

	// LambdaMax and LambdaMin are the greatest and the least eigenvalue of the Hessian at W,
	// L2 term included. Without an L2 term they are of the Rank directions that the samples
	// determine: in the others the loss is constant. LambdaMin is NaN where float64 cannot
	// tell it from 0.
	LambdaMax, LambdaMin float64
	Rank                 int
	// Redundant are the features that say nothing new, and Determined says which weights the
	// samples alone determine: none that such a feature shares.
	Redundant  []Redundant
	Determined []bool

	half  *mat.Dense // its square is the inverse of the Hessian, of determined weights
	total float64    // of samples
}

// Fit finds the minimum of the loss without eps, by Newton's steps, and proves that it is
// one, or proves that there is none: see Separation. The errors are those of Validate and
// ctx's, and that of a model other than Linear.
func (p *Problem) Fit(ctx context.Context) (*Fit, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if !p.Linear() {
		return nil, errors.New("a fit needs the linear model")
	}
	d := p.determined()
	end := d.newton(ctx)
	f := &Fit{Redundant: d.redundant}
	_, f.Rank = d.w.Dims()
	f.Determined = p.determines(d.redundant)
	free, last := *d, end // without L2 term
	if p.L2 > 0 {
		free.l2, free.apart = 0, nil
		last = free.newton(ctx)
	}
	var err error
	if f.Separation, err = p.separation(ctx, &free, last); err != nil {
		return nil, err
	}
	if end == nil || !end.minimum {
		return f, nil
	}
	f.W = d.weights(end.c)
	p.score(f)
	p.curve(f, d, end)
	return f, nil
}

// determines says which weights redundant features leave to the others.
func (p *Problem) determines(redundant []Redundant) []bool {
	is := make([]bool, p.Dim())
	for j := range is {
		is[j] = true
	}
	for _, r := range redundant {
		is[r.Feature] = false
		for _, j := range r.Of {
			is[j] = false
		}
		// The bias has a share, too, unless the feature is 0 where the others are.
		is[p.Dim()-1] = is[p.Dim()-1] && p.throughZero(r)
	}
	return is
}

// throughZero reports whether a redundant feature is made up of others without the bias:
// one that is 0, or the same multiple of one other in all samples.
func (p *Problem) throughZero(r Redundant) bool {
	if len(r.Of) > 1 {
		return false
	}
	var ratio float64
	for i := range p.N() {
		x := p.X.At(i, r.Feature)
		switch {
		case len(r.Of) == 0 && x != 0:
			return false
		case len(r.Of) == 0:
			continue
		}
		of := p.X.At(i, r.Of[0])
		if (of == 0) != (x == 0) {
			return false
		}
		if of == 0 {
			continue
		}
		if ratio == 0 {
			ratio = x / of
		}
		if math.Abs(x/of-ratio) > 1e-10*math.Abs(ratio) {
			return false
		}
	}
	return true
}

// score fills in what W makes of the samples.
func (p *Problem) score(f *Fit) {
	exact := *p
	exact.Eps = 0
	var gradient []float64
	gradient, f.Loss = exact.LossGradient(nil, f.W, p.L2)
	f.Gradient = norm(gradient)
	f.LogLikelihood = -p.Total() * exact.LossL2(f.W, 0)
	d := p.Features()
	for i, y := range p.Y {
		predicted := 0
		if dot(p.X.RawRowView(i), f.W[:d])+f.W[d] > 0 {
			predicted = 1
		}
		f.Confusion[int(y)][predicted] += p.Count(i)
	}
	f.Accuracy = p.Accuracy(f.W)
	f.Standardized = p.standardize(f.W)
}

// standardize returns the weights of standardized features that have w's margins.
func (p *Problem) standardize(w []float64) []float64 {
	n, d := p.X.Dims()
	// The columns are counted from their first value: of one far from 0, the digits of the
	// deviations count.
	first := p.X.RawRowView(0)
	mean, square := make([]float64, d), make([]float64, d)
	for i := range n {
		for j, x := range p.X.RawRowView(i) {
			mean[j] += p.weightOf(i) * (x - first[j]) / float64(n)
		}
	}
	for i := range n {
		for j, x := range p.X.RawRowView(i) {
			x -= first[j] + mean[j]
			square[j] += p.weightOf(i) * (x * x)
		}
	}
	out := append([]float64(nil), w...)
	for j := range d {
		out[j] = w[j] * math.Sqrt(square[j]/float64(n))
		out[d] += w[j] * (first[j] + mean[j])
	}
	return out
}

// curve fills in what follows from the Hessian at the minimum: in the determined weights it
// is well scaled, and chol knows its inverse, W H⁻¹ Wᵀ in the weights as they are.
func (p *Problem) curve(f *Fit, d *determined, end *stationary) {
	dim, r := d.w.Dims()
	f.LambdaMax, f.LambdaMin = p.Sharpness(f.W), math.NaN()
	f.StdErr, f.Z, f.P = make([]float64, dim), make([]float64, dim), make([]float64, dim)
	fillNaN(f.StdErr)
	fillNaN(f.Z)
	fillNaN(f.P)
	var half mat.Dense // U⁻ᵀ Wᵀ of H = UᵀU: its square is the inverse
	var u mat.TriDense
	end.chol.UTo(&u)
	if err := u.InverseTri(&u); err != nil {
		return
	}
	half.Mul(u.T(), d.w.T())
	if p.L2 == 0 {
		f.half, f.total = &half, p.Total()
		f.wald()
	}
	// The inverse's greatest eigenvalue has the digits that the Hessian's least one
	// has lost; those that the inverse has lost, by its own condition, are told.
	if !(end.chol.Cond()*0x1p-52 < 1e-8) {
		return
	}
	if p.L2 > 0 && r < dim {
		f.LambdaMin = p.leastOfAll(f)
		return
	}
	var svd mat.SVD
	if svd.Factorize(&half, mat.SVDNone) {
		most := svd.Values(nil)[0]
		f.LambdaMin = 1 / (most * most)
	}
}

// wald fills in the standard errors of W, and what follows from them.
func (f *Fit) wald() {
	for j, determined := range f.Determined {
		if determined {
			f.StdErr[j] = mat.Norm(f.half.ColView(j), 2) / math.Sqrt(f.total)
			f.Z[j] = f.W[j] / f.StdErr[j]
			f.P[j] = math.Erfc(math.Abs(f.Z[j]) / math.Sqrt2)
		}
	}
}

// InUnits returns a fit of features x' = (x − mean)/deviation with W, StdErr, Z and P of
// the features x themselves: w = w'/deviation, and the bias less Σ w mean, an error
// of which follows from the covariance of all. All else stays that of x'.
func (f *Fit) InUnits(mean, deviation []float64) *Fit {
	if f.W == nil {
		return f
	}
	g := *f
	bias := len(mean)
	g.W = append([]float64(nil), f.W...)
	g.StdErr, g.Z, g.P = append([]float64(nil), f.StdErr...), append([]float64(nil), f.Z...), append([]float64(nil), f.P...)
	for j := range mean {
		g.W[j] /= deviation[j]
		g.W[bias] -= g.W[j] * mean[j]
	}
	if f.half == nil {
		return &g
	}
	g.half = mat.DenseCopyOf(f.half)
	r, _ := g.half.Dims()
	for k := range r {
		row := g.half.RawRowView(k)
		for j := range mean {
			row[j] /= deviation[j]
			row[bias] -= row[j] * mean[j]
		}
	}
	g.wald()
	return &g
}

// leastOfAll returns the least eigenvalue of the Hessian where an L2 term alone determines
// some weights. NaN if that is lost in the greatest one's rounding.
func (p *Problem) leastOfAll(f *Fit) float64 {
	var e mat.EigenSym
	if !e.Factorize(p.Hessian(f.W), false) {
		return math.NaN()
	}
	values := e.Values(nil)
	if least := values[0]; least*1e-8 > values[len(values)-1]*0x1p-52*float64(len(values)) {
		return least
	}
	return math.NaN()
}

// Condition returns LambdaMax/LambdaMin.
func (f *Fit) Condition() float64 { return f.LambdaMax / f.LambdaMin }
