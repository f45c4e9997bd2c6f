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

// direct is the losses, gradients and accuracies on a grid in double precision.
type direct struct {
	problem func() *cpu.Problem
	plane   cpu.Plane
	grid    cpu.Grid
}

// terms is the largest sum of a margin's terms on the grid, by their sizes.
func (x direct) terms(p *cpu.Problem) (most float64) {
	a, u, v, _ := p.Project(x.plane)
	right, top := max(math.Abs(x.grid.X.Min), math.Abs(x.grid.X.Max)), max(math.Abs(x.grid.Y.Min), math.Abs(x.grid.Y.Max))
	for i := range a {
		most = max(most, math.Abs(a[i])+right*math.Abs(u[i])+top*math.Abs(v[i]))
	}
	return most
}

// lossTolerance is the tolerance for losses in double precision of margins whose terms
// are so large in all.
func (x direct) lossTolerance(terms, eps float64) agree.Tolerance {
	return agree.Tolerance{
		Name: "loss in double",
		Rel:  0x1p-51*terms + 32*0x1p-52,
		Abs:  0x1p-52*8*eps + 0x1p-1020,
		Why: "A margin is off by 2⁻⁵² of its terms at most, here and in the reference, and a loss by that relatively; its exponential and logarithm " +
			"by a few 2⁻⁵³ and sums of 32 samples by 32·2⁻⁵³ at most, on either side. Eps c takes up to c off a loss, a difference of two numbers near c.",
	}
}

// gradientTolerance is that for gradients in the plane.
func (x direct) gradientTolerance(p *cpu.Problem, terms float64) agree.Tolerance {
	t := in(compute.Double, gradientTolerance(p, x.plane, x.grid))
	t.Abs += 0x1p-51 * terms * meanSlope(p, x.plane)
	t.Why += " And a margin is off by 2⁻⁵² of its terms, here and in the reference: in float32 it is in two parts."
	return t
}

func (x direct) check(ctx context.Context, e *compute.Engine, c Case, report func(Row)) error {
	p := x.problem()
	start := time.Now()
	var losses, gradients, accuracies []float64
	next := 0
	wrong := e.EvaluateDouble(ctx, p, x.plane, x.grid, x.grid.Rows(), compute.Loss|compute.Gradient|compute.Accuracy, func(row int, v compute.EvaluatedDouble) error {
		if row != next {
			return fmt.Errorf("row %d came instead of row %d", row, next)
		}
		next++
		losses, accuracies = append(losses, v.Loss...), append(accuracies, v.Accuracy...)
		for i := range v.DAlpha {
			gradients = append(gradients, v.DAlpha[i], v.DBeta[i])
		}
		return nil
	}, nil)
	took := time.Since(start)
	if fatal(ctx, wrong) {
		return wrong
	}
	start = time.Now()
	landscape, err := p.Landscape(ctx, x.plane, x.grid, nil)
	if err != nil {
		return err
	}
	ref, err := p.Evaluate(ctx, x.plane, x.grid, nil)
	if err != nil {
		return err
	}
	refTook := time.Since(start)
	var refGradients []float64
	for i := range ref.DAlpha {
		refGradients = append(refGradients, ref.DAlpha[i], ref.DBeta[i])
	}
	terms := x.terms(p)
	const kernel = "direct double"
	report(row(c, OpRows, kernel, agree.Compare(losses, landscape.Loss, x.lossTolerance(terms, p.Eps)), wrong, took, refTook))
	report(row(c, OpGradient, kernel, agree.CompareVectors(gradients, refGradients, 2, x.gradientTolerance(p, terms)), wrong, took, refTook))
	report(row(c, OpAccuracy, kernel, agree.Compare(accuracies, ref.Accuracy, accuracyTolerance(p, 0x1p-52)), wrong, took, refTook))
	return nil
}
