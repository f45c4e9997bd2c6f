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
)

// Evaluated is a row of values, as in cpu.Evaluation; what was not asked for is
// nil.
type Evaluated struct {
	DAlpha, DBeta []float32
	Accuracy      []float32
}

const evaluatedColumns = 4 // COLUMNS in evaluate.comp

// Evaluate computes, at the points of the grid g of the plane pl, what
// cpu.Problem.Evaluate does, in float32: sink gets the rows in order, each with
// its values, which are valid during the call only. An error of sink ends the
// computation and is returned. sink and progress are called on the caller's
// goroutine.
//
// Every point is computed directly, margins in two parts as for landscapes, off
// by 2⁻³³ of their largest term, so that a sample is on the wrong side of an
// accuracy only if it is that near to the border. Gradients are sums of 32
// samples, compensated beyond: off by some 32·2⁻²⁴ of the mean size of u and v,
// and of what l2 adds.
func (e *Engine) Evaluate(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, what Outputs, sink func(row int, v Evaluated) error, progress func(done, total int)) (err error) {
	if what == 0 || what&^(Gradient|Accuracy) != 0 {
		return errors.New("Evaluate wants Gradient, Accuracy, or both")
	}
	q, err := e.With(Choices{Width: 1}).prepare(p, pl, g) // every sample direct, in their order
	if err != nil {
		return err
	}
	for i, y := range p.Y {
		q.records[12*i+11] = float32(2*y - 1)
	}
	l2 := p.L2
	alpha0, beta0, _ := pl.Coordinates(make([]float64, len(pl.Origin)))
	for i := range g.X.N {
		q.columns[4*i+2] = float32(g.X.At(i) - alpha0)
	}
	for j := range g.Y.N {
		q.rows[4*j+2] = float32(g.Y.At(j) - beta0)
	}
	var d11, d12, d22 float64
	for i := range pl.D1 {
		d11 += pl.D1[i] * pl.D1[i]
		d12 += pl.D1[i] * pl.D2[i]
		d22 += pl.D2[i] * pl.D2[i]
	}
	if l2 == 0 { // an overflowing product with 0 would be NaN
		d11, d12, d22 = 0, 0, 0
	}

	nx, ny := g.X.N, g.Y.N
	limit := tileLimit(e.d.Caps.MaxStorageBytes)/4 - 2*guard
	tileRows := min(max(min(tileBytes/4, limit)/3/nx, 1), ny, maxTiles)
	if 3*nx > limit {
		return unsupported("%d columns, this device can hold %d", nx, limit/3)
	}
	var samples, columns, rows, out *gpu.Buffer
	var program *gpu.Program
	pace := e.pace("evaluate")
	defer func() {
		e.d.Do(func() error {
			if c := pace.close(); err == nil {
				err = c
			}
			samples.Close()
			columns.Close()
			rows.Close()
			out.Close()
			return nil
		})
	}()
	err = e.d.Do(func() (err error) {
		if samples, err = gpu.NewBufferOf(e.d, "samples", q.records, gpu.Static); err != nil {
			return err
		}
		if columns, err = gpu.NewBufferOf(e.d, "columns", q.columns, gpu.Static); err != nil {
			return err
		}
		if rows, err = gpu.NewBufferOf(e.d, "rows", q.rows, gpu.Static); err != nil {
			return err
		}
		if out, err = e.newGuarded("gradients and accuracies", 3*tileRows*nx); err != nil {
			return err
		}
		program, err = e.d.Compute("evaluate.comp", shaders.Defines{
			"ROWS": groupRows, "COLUMNS": evaluatedColumns,
			"GRADIENT": what&Gradient != 0, "ACCURACY": what&Accuracy != 0,
		})
		return err
	})
	if err != nil {
		return err
	}
	plane := tileRows * nx
	host := make([]float32, 3*plane)
	dispatch := func(origin, row, count, from, to int) {
		samples.BindStorage(0)
		columns.BindStorage(1)
		rows.BindStorage(2)
		out.BindStorage(3)
		program.SetInt("width", nx)
		program.SetInt("row", row)
		program.SetInt("base", guard)
		program.SetInt("origin", origin)
		program.SetInt("plane", plane)
		program.SetInt2("part", from, to)
		program.SetInt("further", flag(from > 0))
		program.SetFloat("scale", float32(1/float64(q.n)))
		program.SetFloat("l2", float32(l2*d11), float32(l2*d12), float32(l2*d22))
		e.d.Barrier(gpu.ForShaders)
		program.Dispatch((nx+groupRows*evaluatedColumns-1)/(groupRows*evaluatedColumns), count, 1)
	}
	for origin := 0; origin < ny; origin += tileRows {
		end := min(origin+tileRows, ny)
		for row := origin; row < end; {
			count := 0
			for from := 0; from < q.n; {
				if err := ctx.Err(); err != nil {
					return err
				}
				err := e.d.Do(func() error {
					budget := pace.budget() / float64(nx)
					if from == 0 {
						count = min(max(int(budget/float64(min(q.n, partSamples))), 1), end-row)
					}
					to := min(from+min(max(int(budget/float64(count)), 64), partSamples), q.n)
					err := pace.submit(float64(nx)*float64(count)*float64(to-from), func() { dispatch(origin, row, count, from, to) })
					from = to
					return err
				})
				if err != nil {
					return err
				}
			}
			row += count
			if progress != nil {
				progress(row*nx, g.Size())
			}
		}
		err := e.d.Do(func() error {
			if err := checkGuards(out, 3*plane); err != nil {
				return err
			}
			return gpu.Download(out, 4*guard, host)
		})
		if err != nil {
			return err
		}
		for row := origin; row < end; row++ {
			var v Evaluated
			of := func(k int) []float32 { return host[k*plane+(row-origin)*nx:][:nx:nx] }
			if what&Gradient != 0 {
				v.DAlpha, v.DBeta = of(0), of(1)
			}
			if what&Accuracy != 0 {
				v.Accuracy = of(2)
				for i, right := range v.Accuracy {
					v.Accuracy[i] = float32(math.Round(float64(right)) / float64(q.n))
				}
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := sink(row, v); err != nil {
				return err
			}
		}
	}
	return nil
}
