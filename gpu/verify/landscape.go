package verify

import (
	"context"
	"fmt"
	"time"

	"losscape/cpu"
	"losscape/cpu/agree"
	"losscape/gpu/compute"
)

// landscape is the losses on a grid.
type landscape struct {
	problem func() *cpu.Problem
	plane   cpu.Plane
	grid    cpu.Grid
	choices compute.Choices
}

// OfLandscape returns the cases of one problem's landscape: by rows, and resident if
// the engine can hold it. Of a large grid some rows are compared.
func OfLandscape(e *compute.Engine, name string, p *cpu.Problem, pl cpu.Plane, g cpu.Grid) []Case {
	c := Case{
		Op: OpRows, Shape: fmt.Sprintf("n=%d %dx%d", p.N(), g.X.N, g.Y.N), Data: name,
		check: landscape{problem: func() *cpu.Problem { return p }, plane: pl, grid: g},
	}
	if e.CanHold(p, pl, g) != nil {
		return []Case{c}
	}
	resident := c
	resident.Op = OpLandscape
	return []Case{resident, c}
}

func (l landscape) check(ctx context.Context, e *compute.Engine, c Case, report func(Row)) error {
	p := l.problem()
	e = e.With(l.choices)
	kernel, _, err := e.LandscapeOps(p, l.plane, l.grid)
	if err != nil {
		kernel = "?" // and computing it fails
	}
	rows := sampleRows(p.N(), l.grid)
	start := time.Now()
	var got []float32
	var wrong error
	if c.Op == OpLandscape {
		got, wrong = resident(ctx, e, p, l.plane, l.grid, rows)
	} else {
		got, wrong = collect(ctx, e, p, l.plane, l.grid, rows)
	}
	took := time.Since(start)
	if fatal(ctx, wrong) {
		return wrong
	}
	start = time.Now()
	ref, err := reference(ctx, p, l.plane, l.grid, rows)
	if err != nil {
		return err
	}
	report(row(c, c.Op, kernel, agree.Compare(got, ref, agree.Landscape(p.Eps)), wrong, took, time.Since(start)))
	return nil
}

// sampleRows are the rows of a grid to compare: all, or evenly spread ones where
// the reference would take too long.
func sampleRows(n int, g cpu.Grid) []int {
	const most = 1e8 // sample evaluations
	count := int(min(float64(g.Y.N), max(most/float64(n)/float64(g.X.N), 3)))
	rows := make([]int, count)
	for i := range rows {
		rows[i] = i
		if count > 1 {
			rows[i] = i * (g.Y.N - 1) / (count - 1)
		}
	}
	return rows
}

// reference computes rows of a grid on the CPU.
func reference(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, rows []int) ([]float64, error) {
	if len(rows) == g.Y.N {
		l, err := p.Landscape(ctx, pl, g, nil)
		if err != nil {
			return nil, err
		}
		return l.Loss, nil
	}
	var ref []float64
	for _, j := range rows {
		beta := g.Y.At(j)
		l, err := p.Landscape(ctx, pl, cpu.Grid{X: g.X, Y: cpu.Axis{Min: beta, Max: beta, N: 1}}, nil)
		if err != nil {
			return nil, err
		}
		ref = append(ref, l.Loss...)
	}
	return ref, nil
}

// resident computes rows of a resident landscape.
func resident(ctx context.Context, e *compute.Engine, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, rows []int) ([]float32, error) {
	all, err := e.CheckedLandscape(ctx, p, pl, g)
	if err != nil {
		return nil, err
	}
	var got []float32
	for _, j := range rows {
		got = append(got, all[j*g.X.N:(j+1)*g.X.N]...)
	}
	return got, nil
}

// collect computes rows of a landscape in tiles. The buffers of tiles always
// have sentinels.
func collect(ctx context.Context, e *compute.Engine, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, rows []int) ([]float32, error) {
	var got []float32
	next := 0
	err := e.LandscapeRows(ctx, p, pl, g, g.Rows(), func(row int, values []float32) error {
		if row != next {
			return fmt.Errorf("row %d came instead of row %d", row, next)
		}
		next++
		if len(rows) > 0 && rows[0] == row {
			got = append(got, values...)
			rows = rows[1:]
		}
		return nil
	}, nil)
	if err == nil && next != g.Y.N {
		err = fmt.Errorf("%d rows came, want %d", next, g.Y.N)
	}
	return got, err
}
