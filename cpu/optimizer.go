package cpu

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"losscape/cpu/quote"
)

// Optimizer describes how weights are updated from gradients. With g the
// gradient, μ = Momentum, β1 and β2 = Beta1 and Beta2, ε = Epsilon, and all
// state 0 before the first update, k = 1, they are, per weight,
//
//	gd        w ← w − lr g
//	momentum  v ← μ v + g;  w ← w − lr v
//	nesterov  v ← μ v + g;  w ← w − lr (g + μ v)
//	adagrad   s ← s + g²;  w ← w − lr g / (√s + ε)
//	rmsprop   s ← β2 s + (1 − β2) g²;  w ← w − lr g / (√s + ε)
//	adam      m ← β1 m + (1 − β1) g;  s ← β2 s + (1 − β2) g²
//	          w ← w − lr m / (1 − β1^k) / (√s / √(1 − β2^k) + ε)
//	adamw     w ← (1 − lr l2) w;  then as adam
//
// and g contains l2 w, except in adamw, whose decay is decoupled from it; a bias that
// Problem.Penalize leaves out has neither. The
// loss and the gradient norm that a run of adamw reports still contain l2.
//
// These are the formulas that the documentation of PyTorch gives for
// torch.optim.SGD (momentum without dampening, nesterov), Adagrad (no rate
// decay), RMSprop (neither centered nor with momentum; its alpha is Beta2
// here), Adam and AdamW (no AMSGrad):
// https://docs.pytorch.org/docs/stable/optim.html.
type Optimizer struct {
	Name   string
	State  int      // vectors of D+1 numbers kept beside the weights
	Params []string // the parameters it has besides those of every run

	Decoupled bool // l2 is no part of the gradient: see decay

	defaults Run
	// step takes update k ≥ 1 with gradient g. Vector v of the state is
	// s[v*len(w) : (v+1)*len(w)], in the order of the formulas.
	step func(r *Run, k int, w, g, s []float64)
	// tangent takes the derivative of update k in a direction: dw of the weights, ds of
	// the state before it, dg of the gradient. g is that gradient and s the state after
	// the update. nil is step itself, of an update that is linear in all of them.
	tangent func(r *Run, k int, g, s, dw, dg, ds []float64)
}

// The defaults are those that PyTorch documents. Its momentum is 0, which is
// gd: 0.9 is what its examples and the literature use.
var optimizers = []Optimizer{
	{
		Name: "gd", State: 0,
		defaults: Run{LR: 1e-3},
		step: func(r *Run, _ int, w, g, _ []float64) {
			for j := range w {
				w[j] -= r.LR * g[j]
			}
		},
	},
	{
		Name: "momentum", State: 1, Params: []string{"momentum"},
		defaults: Run{LR: 1e-3, Momentum: 0.9},
		step: func(r *Run, _ int, w, g, v []float64) {
			for j := range w {
				v[j] = r.Momentum*v[j] + g[j]
				w[j] -= r.LR * v[j]
			}
		},
	},
	{
		Name: "nesterov", State: 1, Params: []string{"momentum"},
		defaults: Run{LR: 1e-3, Momentum: 0.9},
		step: func(r *Run, _ int, w, g, v []float64) {
			for j := range w {
				v[j] = r.Momentum*v[j] + g[j]
				w[j] -= r.LR * (g[j] + r.Momentum*v[j])
			}
		},
	},
	{
		Name: "adagrad", State: 1, Params: []string{"epsilon"},
		defaults: Run{LR: 1e-2, Epsilon: 1e-10},
		step: func(r *Run, _ int, w, g, s []float64) {
			for j := range w {
				s[j] += g[j] * g[j]
				w[j] -= r.LR * g[j] / (math.Sqrt(s[j]) + r.Epsilon)
			}
		},
		tangent: func(r *Run, _ int, g, s, dw, dg, ds []float64) {
			for j := range dw {
				ds[j] += 2 * g[j] * dg[j]
				dw[j] -= r.LR * (dg[j]*inverse(s[j], r.Epsilon) + g[j]*inverseSlope(s[j], r.Epsilon)*ds[j])
			}
		},
	},
	{
		Name: "rmsprop", State: 1, Params: []string{"beta2", "epsilon"},
		defaults: Run{LR: 1e-2, Beta2: 0.99, Epsilon: 1e-8},
		step: func(r *Run, _ int, w, g, s []float64) {
			for j := range w {
				s[j] = r.Beta2*s[j] + (1-r.Beta2)*g[j]*g[j]
				w[j] -= r.LR * g[j] / (math.Sqrt(s[j]) + r.Epsilon)
			}
		},
		tangent: func(r *Run, _ int, g, s, dw, dg, ds []float64) {
			for j := range dw {
				ds[j] = r.Beta2*ds[j] + 2*(1-r.Beta2)*g[j]*dg[j]
				dw[j] -= r.LR * (dg[j]*inverse(s[j], r.Epsilon) + g[j]*inverseSlope(s[j], r.Epsilon)*ds[j])
			}
		},
	},
	{
		Name: "adam", State: 2, Params: []string{"beta1", "beta2", "epsilon"},
		defaults: Run{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8},
		step:     adam,
		tangent:  adamTangent,
	},
	{
		Name: "adamw", State: 2, Params: []string{"beta1", "beta2", "epsilon"},
		defaults:  Run{LR: 1e-3, L2: 1e-2, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8},
		Decoupled: true,
		step:      adam,
		tangent:   adamTangent,
	},
}

// decay takes the decoupled decay of a step, before it: w ← (1 − lr l2) w, of penalized
// weights, and of their tangent.
func decay(w []float64, r *Run) {
	for j := range w {
		w[j] *= 1 - r.LR*r.L2
	}
}

func adam(r *Run, k int, w, g, ms []float64) {
	m, s := ms[:len(w)], ms[len(w):]
	c1, c2 := unbias(r.Beta1, k), unbias(r.Beta2, k)
	for j := range w {
		m[j] = r.Beta1*m[j] + (1-r.Beta1)*g[j]
		s[j] = r.Beta2*s[j] + (1-r.Beta2)*g[j]*g[j]
		w[j] -= r.LR / c1 * m[j] / (math.Sqrt(s[j])/math.Sqrt(c2) + r.Epsilon)
	}
}

func adamTangent(r *Run, k int, g, ms, dw, dg, dms []float64) {
	m, s := ms[:len(dw)], ms[len(dw):]
	dm, ds := dms[:len(dw)], dms[len(dw):]
	c1, c2 := unbias(r.Beta1, k), unbias(r.Beta2, k)
	for j := range dw {
		dm[j] = r.Beta1*dm[j] + (1-r.Beta1)*dg[j]
		ds[j] = r.Beta2*ds[j] + 2*(1-r.Beta2)*g[j]*dg[j]
		dw[j] -= r.LR / c1 * (dm[j]*inverse(s[j]/c2, r.Epsilon) + m[j]*inverseSlope(s[j]/c2, r.Epsilon)*ds[j]/c2)
	}
}

// inverse returns 1/(√s + epsilon), which updates take their steps times.
func inverse(s, epsilon float64) float64 { return 1 / (math.Sqrt(s) + epsilon) }

// inverseSlope returns its derivative in s. At 0 it has none and 0 stands for it: no
// gradient has been felt there, so nothing is multiplied by it.
func inverseSlope(s, epsilon float64) float64 {
	if s == 0 {
		return 0
	}
	root := math.Sqrt(s)
	return -0.5 / (root * (root + epsilon) * (root + epsilon))
}

// unbias returns 1 − β^k without the cancellation of the subtraction.
func unbias(beta float64, k int) float64 {
	return -math.Expm1(float64(k) * math.Log(beta))
}

// Optimizers returns the names of the optimizers there are.
func Optimizers() []string {
	names := make([]string, len(optimizers))
	for i, o := range optimizers {
		names[i] = o.Name
	}
	return names
}

// LookupOptimizer returns the optimizer of that name. If there is none, the
// error is an *UnknownOptimizerError.
func LookupOptimizer(name string) (Optimizer, error) {
	o := lookup(name)
	if o == nil {
		return Optimizer{}, &UnknownOptimizerError{Name: name, Known: Optimizers()}
	}
	c := *o
	c.Params = slices.Clone(c.Params)
	return c, nil
}

func lookup(name string) *Optimizer {
	for i := range optimizers {
		if optimizers[i].Name == name {
			return &optimizers[i]
		}
	}
	return nil
}

// Has reports whether a run of o has that parameter: one of those of every
// run, a start weight, or one of o's own.
func (o Optimizer) Has(param string) bool {
	f := lookupParam(param)
	return f != nil && (!f.Own || slices.Contains(o.Params, param))
}

// has lists the parameters of a run of o, in the order of the table.
func (o Optimizer) has() []string {
	var names []string
	for _, h := range hyperParameters {
		if o.Has(h.Name) {
			names = append(names, h.Name)
		}
	}
	return names
}

// DefaultRun returns a run with an optimizer's default parameters: those that
// PyTorch documents, and a momentum of 0.9 (PyTorch has none). Start and Steps
// are the caller's to set, and a learning rate that suits the problem: the
// documented ones suit networks.
func DefaultRun(optimizer string) Run {
	var r Run
	if o := lookup(optimizer); o != nil {
		r = o.defaults
	}
	r.Optimizer = optimizer
	return r
}

// WithOptimizer returns r with another optimizer and the defaults of the parameters
// that only some optimizers have; all else, LR and L2 included, stays r's. If r has
// that optimizer already it is returned as it is.
func (r Run) WithOptimizer(name string) Run {
	if r.Optimizer == name {
		return r
	}
	d := DefaultRun(name)
	r.Optimizer = name
	for _, h := range hyperParameters {
		if h.Own {
			h.Copy(&r, &d)
		}
	}
	return r
}

// An UnknownOptimizerError names an optimizer that does not exist.
type UnknownOptimizerError struct {
	Name  string
	Known []string // those that exist
}

func (e *UnknownOptimizerError) Error() string {
	return fmt.Sprintf("unknown optimizer %s, want one of: %s", quote.Text(e.Name), strings.Join(e.Known, ", "))
}
