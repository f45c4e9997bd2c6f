package backend

import (
	"context"
	"runtime"
	"sync"

	"losscape/cpu"
)

// Reference is the CPU: package cpu in float64. It can do all that is valid.
var Reference Computer = reference{}

type reference struct{}

func (reference) Info() Info {
	return Info{Kind: CPU, Name: "the CPU", Precision: "float64", Device: "CPU", Unit: "runs"}
}

func (reference) CanEvaluate(*cpu.Problem, cpu.Plane, cpu.Grid, Values) error { return nil }

func (reference) CanDescend(*cpu.Problem, []cpu.Run) error { return nil }

func (reference) CanSweep(*cpu.Problem, cpu.Sweep, cpu.Settings) error { return nil }

func (reference) Landscape(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, progress func(done, total int)) (*cpu.Landscape, error) {
	return p.Landscape(ctx, pl, g, progress)
}

func (reference) Descend(ctx context.Context, p *cpu.Problem, runs []cpu.Run, progress func(done, total int)) ([]*cpu.Trajectory, error) {
	return p.DescendAll(ctx, runs, progress)
}

func (reference) Sweep(ctx context.Context, p *cpu.Problem, s cpu.Sweep, set cpu.Settings, progress func(done, total int)) (*cpu.Result, error) {
	return p.Sweep(ctx, s, set, progress)
}

// Again computes runs of a sweep again: see cpu.Problem.Again.
func (reference) Again(ctx context.Context, p *cpu.Problem, r *cpu.Result, set cpu.Settings, which []int, progress func(done, total int)) error {
	return p.Again(ctx, r, set, which, progress)
}

// Evaluate computes bands of rows on all processors, and never holds more than one.
func (reference) Evaluate(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, rows cpu.Rows, what Values, sink func(row int, values Row) error, progress func(done, total int)) error {
	if err := rows.Validate(g); err != nil {
		return err
	}
	band := make([][]float64, 4*runtime.GOMAXPROCS(0))
	for i := range band {
		band[i] = make([]float64, g.X.N*what.Depth())
	}
	errs := make([]error, len(band))
	for first := rows.First; first < rows.End; first += len(band) {
		count := min(len(band), rows.End-first)
		var wg sync.WaitGroup
		next := make(chan int, count)
		for i := range count {
			next <- i
		}
		close(next)
		for range min(count, runtime.GOMAXPROCS(0)) {
			wg.Go(func() {
				for i := range next {
					beta := g.Y.At(first + i)
					row := cpu.Grid{X: g.X, Y: cpu.Axis{Min: beta, Max: beta, N: 1}}
					if errs[i] = evaluateRow(ctx, p, pl, row, what, band[i]); errs[i] != nil {
						return
					}
				}
			})
		}
		wg.Wait()
		for i := range count {
			if errs[i] != nil {
				return errs[i]
			}
			if err := sink(first+i, Row{Double: band[i]}); err != nil {
				return err
			}
		}
		if progress != nil {
			progress((first-rows.First+count)*g.X.N, rows.Len()*g.X.N)
		}
	}
	return nil
}

// evaluateRow computes one row into dst.
func evaluateRow(ctx context.Context, p *cpu.Problem, pl cpu.Plane, row cpu.Grid, what Values, dst []float64) error {
	if what == Loss {
		l, err := p.Landscape(ctx, pl, row, nil)
		if err != nil {
			return err
		}
		copy(dst, l.Loss)
		return nil
	}
	v, err := p.Evaluate(ctx, pl, row, nil)
	if err != nil {
		return err
	}
	if what == Gradient {
		for k, d := range v.DAlpha {
			dst[2*k], dst[2*k+1] = d, v.DBeta[k]
		}
		return nil
	}
	copy(dst, v.Accuracy)
	return nil
}
