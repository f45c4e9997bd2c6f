package compute

import (
	"fmt"
	"slices"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/shaders"
)

// runVariant is what descend.comp is specialised by.
type runVariant struct {
	*format
	dim, runs, rows, records, eps int
	group                         int // samples
	cooperate, tail               bool
	optimizer                     string
	state                         int  // vectors that the optimizer keeps, each of which has another one of its errors
	decoupled                     bool // its l2 is no part of the gradient
	batches                       bool
	words                         int // of a sample
	penalized                     int // weights that the L2 term takes in
	boxed                         bool
	observed                      observed
	wide                          bool // the kernels of many weights: see wide.go
}

// variantOf chooses the kernel for so many runs like r.
func (e *Engine) variantOf(p *cpu.Problem, runs int, r cpu.Run, set cpu.Settings) runVariant {
	n, dim, t := p.N(), p.Dim(), e.tuning
	o, err := cpu.LookupOptimizer(r.Optimizer)
	if err != nil {
		panic(err) // the run is valid
	}
	f := e.format
	v := runVariant{format: f, dim: dim, runs: 1, optimizer: o.Name, state: o.State, decoupled: o.Decoupled, batches: r.Batch > 0, observed: observedIn(r, set)}
	v.words, v.penalized = sampleWords(p), dim
	if p.Penalize == cpu.PenalizeWeights {
		v.penalized = dim - 1
	}
	if e.isWide(p, set) {
		v.wide, v.rows = true, t.rows
		if e.d.Caps.FewInvocations {
			v.rows = 8 // a vector
		}
		return v
	}
	v.group = 4
	if v.tail = n%4 > 0 || r.Batch%4 > 0; !v.batches {
		ones := 0
		for _, y := range p.Y {
			ones += int(y)
		}
		v.group = groupSize(ones, n-ones)
		v.tail = ones%v.group > 0 || (n-ones)%v.group > 0
	}
	// As many runs to an invocation as registers allow, while there are enough
	// of them for all invocations.
	carry := t.carry
	switch {
	case dim > 8:
		carry = 1
	case dim > 4:
		carry /= 2
	}
	if v.observes("exponent") { // or compilers take 12 s
		carry = max(carry/2, 1)
	}
	if f.precision == Double { // which takes twice the registers
		carry = max(carry/2, 1)
	}
	pass := n // samples of a step
	if v.batches {
		pass = r.Batch
	}
	v.cooperate = n > stepSamples || runs <= t.fewRuns && pass >= 2*groupRows || runs < carry*t.fill && pass >= 16*groupRows
	if v.cooperate {
		v.rows = groupRows
		for v.runs = carry; v.runs > 1 && runs < v.runs*t.groups; v.runs /= 2 {
		}
	} else {
		v.rows = t.rows
		for v.runs = carry; v.runs > 1 && runs < v.runs*t.fill; v.runs /= 2 {
		}
	}
	switch c := p.Eps; {
	case c == 0:
	case c <= smallEps && c >= tinyEps && f.precision == Single:
		v.eps = epsSmall
	default:
		v.eps = epsAny
	}
	// Invocations that read different samples are slow with a uniform block.
	if !v.cooperate && !v.batches && e.fitsBlock(p) {
		v.records = e.blockBytes() / (4 * f.bytes)
	}
	return v
}

// blockBytes is the size of a uniform block of samples.
func (e *Engine) blockBytes() int { return min(e.d.Caps.MaxUniformBytes, uniformBytes) &^ 15 }

// fitsBlock reports whether all samples of a problem fit into a uniform block.
func (e *Engine) fitsBlock(p *cpu.Problem) bool {
	return 4*e.format.bytes*vectors(sampleWords(p))*p.N() <= e.blockBytes()
}

// String names a variant of the kernel, such as "4 runs".
func (v runVariant) String() string {
	s := fmt.Sprintf("%d runs", v.runs)
	if v.runs == 1 {
		s = "1 run"
	}
	if v.cooperate {
		s += " shared"
	}
	if v.wide {
		s = "blocks"
	}
	if v.batches {
		s += " batches"
	}
	if v.optimizer != "gd" {
		s += " " + v.optimizer
	}
	if v.words > v.dim {
		s += " weighted"
	}
	if v.precision == Double {
		s += " double"
	}
	return s
}

// optimizerNumber is the optimizer as kernels have it.
func (v runVariant) optimizerNumber() int { return slices.Index(cpu.Optimizers(), v.optimizer) }

func (e *Engine) runProgram(v runVariant) (*gpu.Program, error) {
	d := shaders.Defines{
		"DIM": v.dim, "VECTORS": vectors(v.words), "WEIGHTED": v.words > v.dim, "PENALIZED": v.penalized, "BOXED": v.boxed, "RUNS": v.runs, "ROWS": v.rows,
		"RECORDS": v.records, "COOPERATE": v.cooperate, "EPS": v.eps, "TAIL": v.tail, "GROUP": v.group,
		"OPTIMIZER": v.optimizerNumber(), "DECOUPLED": v.decoupled, "VECTORS_OF_STATE": v.state,
		"BATCHES": v.batches,
	}
	v.define(d)
	return e.d.Compute("descend.comp", d)
}
