package compute

import (
	"context"
	"errors"
	"math"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/shaders"
)

// EvaluatedDouble is a row of values in double precision, as in cpu.Landscape and
// cpu.Evaluation; what was not asked for is nil.
type EvaluatedDouble struct {
	Loss          []float64
	DAlpha, DBeta []float64
	Accuracy      []float64
}

// EvaluateDouble computes, at the points of some rows of the grid g of the plane pl, what
// cpu.Problem.Landscape and Evaluate do, in double precision, by an engine that is in it:
// sink gets the rows in order, each with its number in the grid and its values, which are valid
// during the call only. They have the same bits whichever rows are asked for. An error of sink ends the computation and is returned. sink and progress are
// called on the caller's goroutine.
//
// Every point is computed directly from all samples, as the CPU does: a margin is off by
// some 2⁻⁵² of its largest term, and what becomes of it by a few 2⁻⁵³; sums are of 32
// samples, compensated beyond. It is far slower than landscapes in single precision.
func (e *Engine) EvaluateDouble(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, rows cpu.Rows, what Outputs, sink func(row int, v EvaluatedDouble) error, progress func(done, total int)) error {
	kinds := 0
	for _, k := range []struct {
		of     Outputs
		values int
	}{{Loss, 1}, {Gradient, 2}, {Accuracy, 1}} {
		if what&k.of != 0 {
			kinds += k.values
		}
	}
	if kinds == 0 || what&^(Loss|Gradient|Accuracy) != 0 {
		return errors.New("EvaluateDouble wants Loss, Gradient, Accuracy, or some of them")
	}
	q, err := e.prepareDirect(p, pl, g)
	if err != nil {
		return err
	}
	w := &pointwise{
		kind: "evaluate in double", file: "direct.comp", format: double, kinds: kinds, columns: 1,
		defines: shaders.Defines{"EPS": p.Eps > 0, "LOSS": what&Loss != 0, "GRADIENT": what&Gradient != 0, "ACCURACY": what&Accuracy != 0, "WEIGHTED": p.SampleWeight != nil},
		grid:    g, rows: rows, n: p.N(), samples: p.N(), sampleBytes: 32,
		tables: func() (t [3]*gpu.Buffer, err error) {
			for k, data := range q.tables {
				if t[k], err = gpu.NewBufferOf(e.d, tableNames[k], data, gpu.Static); err != nil {
					break
				}
			}
			return t, err
		},
		uniforms: func(program *gpu.Program) {
			program.SetDouble("d11", q.l2.d11)
			program.SetDouble("d12", q.l2.d12)
			program.SetDouble("d22", q.l2.d22)
			if c := newEps(p.Eps); p.Eps > 0 {
				program.SetDouble("epsValue", c.value)
				program.SetDouble("logEps", c.log)
				program.SetDouble("ratio", math.Exp(c.logRatio))
			}
		},
	}
	return evaluatePoints(ctx, e, w, func(row int, of func(k int) []float64) error {
		var v EvaluatedDouble
		next := 0
		take := func() []float64 {
			next++
			return of(next - 1)
		}
		if what&Loss != 0 {
			v.Loss = take()
		}
		if what&Gradient != 0 {
			v.DAlpha, v.DBeta = take(), take()
		}
		if what&Accuracy != 0 {
			v.Accuracy = take()
			for i, right := range v.Accuracy {
				v.Accuracy[i] = min(right/float64(p.N()), 1) // a sum of weights is rounded
			}
		}
		return sink(row, v)
	}, progress)
}

// direct is what direct.comp takes: its tables of samples, columns and rows.
type direct struct {
	tables [3][]float64
	l2     l2Term
}

// prepareDirect validates the inputs and makes the tables.
func (e *Engine) prepareDirect(p *cpu.Problem, pl cpu.Plane, g cpu.Grid) (*direct, error) {
	if err := validate(p, pl, g); err != nil {
		return nil, err
	}
	most := e.d.Caps.MaxStorageBytes / 32
	switch {
	case e.format != double:
		return nil, errors.New("EvaluateDouble by an engine in single precision: see In")
	case !p.Linear():
		return nil, errModel
	case max(g.X.N, g.Y.N) > most:
		return nil, unsupported("a grid of %d x %d, this device can hold %d of each in double precision", g.X.N, g.Y.N, most)
	}
	if err := double.checkEps(p.Eps); err != nil {
		return nil, err
	}
	if err := double.checkWeights(p); err != nil {
		return nil, err
	}
	q := &direct{l2: newL2Term(p, pl)}
	right, top := max(math.Abs(g.X.Min), math.Abs(g.X.Max)), max(math.Abs(g.Y.Min), math.Abs(g.Y.Max))
	for _, d := range []float64{q.l2.d11, q.l2.d22} {
		if far := max(right, top); !double.holds(d) || !(d*far <= double.mostScale/far) {
			return nil, unsupported("l2 %g, whose term over this grid float64 cannot hold", p.L2)
		}
	}
	a, u, v, s := p.Project(pl)
	for i := range a {
		if m := math.Abs(a[i]) + right*math.Abs(u[i]) + top*math.Abs(v[i]); !(m*float64(len(a)) < double.mostScale) {
			return nil, unsupported("sample %d has margins of up to %.3g on this grid, which float64 cannot sum up", i, m)
		}
		weight := 1.0
		if p.SampleWeight != nil {
			weight = p.SampleWeight[i]
		}
		q.tables[0] = append(q.tables[0], s[i]*a[i], s[i]*u[i], s[i]*v[i], s[i]*weight)
	}
	for i := range g.X.N {
		x := g.X.At(i) - q.l2.alpha0
		q.tables[1] = append(q.tables[1], g.X.At(i), x, q.l2.p*x, 0)
	}
	for j := range g.Y.N {
		y := g.Y.At(j) - q.l2.beta0
		q.tables[2] = append(q.tables[2], g.Y.At(j), y, q.l2.r*y, q.l2.t*y*q.l2.t*y+q.l2.least)
	}
	return q, nil
}

// CanEvaluateDouble checks what EvaluateDouble is given.
func (e *Engine) CanEvaluateDouble(p *cpu.Problem, pl cpu.Plane, g cpu.Grid) error {
	if _, err := e.prepareDirect(p, pl, g); err != nil {
		return err
	}
	if limit := tileLimit(e.d.Caps.MaxStorageBytes)/double.bytes - 2*guard; 4*g.X.N > limit {
		return unsupported("%d columns, this device can hold %d in double precision", g.X.N, limit/4)
	}
	return nil
}
