package compute

import (
	"context"
	"errors"
	"math"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/shaders"
)

// Outputs says what Evaluate computes.
type Outputs uint8

// The outputs there are.
const (
	Gradient Outputs = 1 << iota // the gradient in the plane
	Accuracy                     // the fraction of samples classified right
	Loss                         // the loss, of EvaluateDouble only: LandscapeRows has it in single precision
)

// Evaluated is a row of values, as in cpu.Evaluation; what was not asked for is
// nil.
type Evaluated struct {
	DAlpha, DBeta []float32
	Accuracy      []float32
}

const evaluatedColumns = 4 // COLUMNS in evaluate.comp

// Evaluate computes, at the points of some rows of the grid g of the plane pl, what
// cpu.Problem.Evaluate does, in float32: sink gets the rows in order, each with
// its number in the grid and its values, which are valid during the call only. They have the
// same bits whichever rows are asked for. An error of sink ends the
// computation and is returned. sink and progress are called on the caller's
// goroutine.
//
// Every point is computed directly, margins in two parts as for landscapes, off
// by 2⁻³³ of their largest term, so that a sample is on the wrong side of an
// accuracy only if it is that near to the border. Gradients are sums of 32
// samples, compensated beyond: off by some 32·2⁻²⁴ of the mean size of u and v,
// and of what l2 adds. Without accuracies, points may stand for samples: see Moments of
// samples.
func (e *Engine) Evaluate(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, rows cpu.Rows, what Outputs, sink func(row int, v Evaluated) error, progress func(done, total int)) error {
	if what == 0 || what&^(Gradient|Accuracy) != 0 {
		return errors.New("Evaluate wants Gradient, Accuracy, or both")
	}
	q, err := e.prepareDirectly(p, pl, g, what)
	if err != nil {
		return err
	}
	if q.n == q.samples { // the samples, in their order
		for i, y := range p.Y {
			r := &q.records[12*i+11]
			if !q.weighted {
				*r = 1
			}
			*r *= float32(2*y - 1)
		}
	}
	l2 := newL2Term(p, pl)
	for i := range g.X.N {
		q.columns[4*i+2] = float32(g.X.At(i) - l2.alpha0)
	}
	for j := range g.Y.N {
		q.rows[4*j+2] = float32(g.Y.At(j) - l2.beta0)
	}
	w := &pointwise{
		kind: "evaluate", file: "evaluate.comp", format: single, kinds: 3, columns: evaluatedColumns,
		defines: shaders.Defines{"GRADIENT": what&Gradient != 0, "ACCURACY": what&Accuracy != 0, "WEIGHTED": q.weighted},
		grid:    g, rows: rows, n: q.n, samples: q.samples, sampleBytes: recordBytes,
		tables: func() (t [3]*gpu.Buffer, err error) {
			for k, data := range [][]float32{q.records, q.columns, q.rows} {
				if t[k], err = gpu.NewBufferOf(e.d, tableNames[k], data, gpu.Static); err != nil {
					break
				}
			}
			return t, err
		},
		uniforms: func(p *gpu.Program) {
			p.SetFloat("l2", float32(l2.d11), float32(l2.d12), float32(l2.d22))
		},
	}
	return evaluatePoints(ctx, e, w, func(row int, of func(k int) []float32) error {
		var v Evaluated
		if what&Gradient != 0 {
			v.DAlpha, v.DBeta = of(0), of(1)
		}
		if what&Accuracy != 0 {
			v.Accuracy = of(2)
			for i, right := range v.Accuracy {
				if !q.weighted {
					right = float32(math.Round(float64(right)))
				}
				v.Accuracy[i] = float32(min(float64(right)/float64(q.samples), 1))
			}
		}
		return sink(row, v)
	}, progress)
}

// prepareDirectly is prepare for a kernel that takes every sample at every point, in their
// order. Points of cells have no accuracy.
func (e *Engine) prepareDirectly(p *cpu.Problem, pl cpu.Plane, g cpu.Grid, what Outputs) (*plan, error) {
	with := *e
	with.tuning.direct = true
	with.tuning.exact = e.tuning.exact || what&Accuracy != 0
	return with.prepare(p, pl, g)
}
