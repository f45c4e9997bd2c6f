package verify

import (
	"context"
	"fmt"
	"math"
	"time"

	"losscape/cpu"
	"losscape/cpu/agree"
	"losscape/gpu/compute"
)

// meanSlope is the mean size of the samples' (u, v) in a plane, by their weights.
func meanSlope(p *cpu.Problem, pl cpu.Plane) (size float64) {
	_, u, v, _ := p.Project(pl)
	for i := range u {
		size += p.Count(i) * math.Hypot(u[i], v[i]) / p.Total()
	}
	return size
}

// accuracyTolerance is the tolerance for accuracies over a grid, in a precision whose rounding error
// is epsilon.
func accuracyTolerance(p *cpu.Problem, epsilon float64) agree.Tolerance {
	t := agree.Tolerance{Name: "accuracy", Abs: epsilon, Why: "The number of samples is exact, its share is rounded."}
	if p.SampleWeight != nil {
		const part = 16384 // samples of a dispatch, or more
		t.Abs *= 34 + float64(p.N()/part)
		t.Why = "Weights are rounded, sums of 32 of them, too, compensated beyond in a dispatch, and so is the sum of those of all dispatches: 1 + 32 + 1 times " +
			"the rounding error of the whole at most, and one for each dispatch."
	}
	return t
}

// gradientTolerance is the tolerance for float32 gradients in a plane over a grid.
func gradientTolerance(p *cpu.Problem, pl cpu.Plane, g cpu.Grid) agree.Tolerance {
	size := meanSlope(p, pl)
	var far float64
	w := make([]float64, p.Dim())
	var d float64 // the longer axis
	for _, axis := range [][]float64{pl.D1, pl.D2} {
		var square float64
		for _, x := range axis {
			square += x * x
		}
		d = max(d, math.Sqrt(square))
	}
	for _, x := range []float64{g.X.Min, g.X.Max} {
		for _, y := range []float64{g.Y.Min, g.Y.Max} {
			pl.At(w, x, y)
			for _, c := range w {
				far = max(far, math.Abs(c))
			}
		}
	}
	return agree.Tolerance{
		Name: "plane gradient",
		Rel:  1e-6,
		Abs:  4e-6*size + 1e-6*p.L2*d*far*math.Sqrt(float64(len(w))) + 0x1p-126,
		Why: "A mean of terms σ(−m) (u, v): sums of 32 samples in float32, compensated beyond, are off by 32·2⁻²⁴ = 2e-6 of the mean size of the terms, " +
			"exponential and quotient by some 4·2⁻²⁴ of each. The L2 term's part is a sum of two products, each rounded a few times.",
	}
}

// gradients is the gradients in a plane and, if they are asked for, the accuracies on a grid. An accuracy may
// be off by the float32 that it is stored as only: no margin of the cases is that
// near to 0 without being 0.
type gradients struct {
	problem func() *cpu.Problem
	plane   cpu.Plane
	grid    cpu.Grid
	what    compute.Outputs
}

func (x gradients) check(ctx context.Context, e *compute.Engine, c Case, report func(Row)) error {
	p, pl, g := x.problem(), x.plane, x.grid
	start := time.Now()
	n := g.Size()
	gradients := make([]float32, 0, 2*n)
	accuracies := make([]float32, 0, n)
	next := 0
	wrong := e.Evaluate(ctx, p, pl, g, g.Rows(), x.what, func(row int, v compute.Evaluated) error {
		if row != next {
			return fmt.Errorf("row %d came instead of row %d", row, next)
		}
		next++
		for i := range v.DAlpha {
			gradients = append(gradients, v.DAlpha[i], v.DBeta[i])
		}
		accuracies = append(accuracies, v.Accuracy...)
		return nil
	}, nil)
	took := time.Since(start)
	if fatal(ctx, wrong) {
		return wrong
	}
	start = time.Now()
	ref, err := p.Evaluate(ctx, pl, g, nil)
	if err != nil {
		return err
	}
	refTook := time.Since(start)
	refGradients := make([]float64, 0, 2*n)
	for i := range ref.DAlpha {
		refGradients = append(refGradients, ref.DAlpha[i], ref.DBeta[i])
	}
	kernel := "direct"
	if k, err := e.EvaluateKernel(p, pl, g, x.what); err == nil {
		kernel = k
	}
	report(row(c, OpGradient, kernel, agree.CompareVectors(gradients, refGradients, 2, gradientTolerance(p, pl, g)), wrong, took, refTook))
	if x.what&compute.Accuracy == 0 {
		return nil
	}
	report(row(c, OpAccuracy, "direct", agree.Compare(accuracies, ref.Accuracy, accuracyTolerance(p, 0x1p-24)), wrong, took, refTook))
	return nil
}
