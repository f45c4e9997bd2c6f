// Package verify holds the kernels of package compute against package cpu, which
// specifies them: operation by shape by kind of data, each by a tolerance that says
// where it comes from. Go's tests run it, and losscape verify on any machine.
package verify

import (
	"context"
	"errors"
	"time"

	"losscape/cpu/agree"
	"losscape/gpu"
	"losscape/gpu/compute"
)

// The operations that are verified.
const (
	OpLandscape = "landscape"    // Engine.Landscape, and the range of the field
	OpRows      = "rows"         // Engine.LandscapeRows
	OpGradient  = "gradient"     // Engine.Evaluate: gradients in the plane
	OpAccuracy  = "accuracy"     // Engine.Evaluate: accuracies
	OpWeights   = "descend"      // Engine.Descend: weights
	OpLoss      = "descend-loss" // Engine.Descend: losses
	OpStep      = "descend-step" // Engine.Descend: each step from the one before it
	OpSweep     = "sweep"        // Engine.Sweep: final weights, statuses, steps and periods
	OpBest      = "sweep-best"   // Engine.Sweep: best losses
	OpFinal     = "sweep-final"  // Engine.Sweep: losses of the final weights, accuracies
	OpNorm      = "sweep-norm"   // Engine.Sweep: gradient norms of the final weights
	OpExponent  = "exponent"     // Engine.Sweep: exponents
)

// A Case is an operation on one shape and one kind of data.
type Case struct {
	Op    string // OpLandscape, OpRows, or OpGradient, OpWeights or OpSweep, which have rows for those below them
	Shape string
	Data  string

	Precision compute.Precision

	check checker
}

// A checker computes a case on the device and on the CPU, and reports its rows. Its
// error is what Run's is.
type checker interface {
	check(ctx context.Context, e *compute.Engine, c Case, report func(Row)) error
}

// A Row is what a case, or one of the results of a case, has come to.
type Row struct {
	Op, Shape, Data string
	Precision       compute.Precision
	Kernel          string // the variant of the kernel that was used
	Report          agree.Report
	OK              bool
	Err             error // what is wrong; nil if OK
	Duration        time.Duration
	Reference       time.Duration // that the CPU took
}

// in is a tolerance that is derived for float32, in a precision.
func in(p compute.Precision, t agree.Tolerance) agree.Tolerance {
	if p == compute.Single {
		return t
	}
	const (
		finer       = 2 * 0x1p-53 / 0x1p-24
		leastSingle = 0x1p-126
		leastDouble = 0x1p-1020
	)
	t.Name += " in double"
	t.Rel *= finer
	t.Abs = max(t.Abs-leastSingle, 0) * finer
	if t.Abs == 0 {
		t.Abs = leastDouble
	}
	t.NMSE *= finer * finer
	t.Why = "As in float32, with 2⁻⁵³ in place of its 2⁻²⁴, and 2⁻¹⁰²⁰ in place of its least normal number; twice as much, since the reference " +
		"is rounded, too. In float32: " + t.Why
	return t
}

// row makes a row of a case's operation; err is what went wrong besides.
func row(c Case, op, kernel string, r agree.Report, err error, took, ref time.Duration) Row {
	if err == nil {
		err = r.Err()
	}
	return Row{op, c.Shape, c.Data, c.Precision, kernel, r, err == nil, err, took, ref}
}

// Run runs the cases, each against the CPU, and hands over the rows as they come. ok
// is whether all agree. err is for what keeps it from going on: ctx's error, or a
// lost device; a case that fails on its own is a row.
func Run(ctx context.Context, e *compute.Engine, cases []Case, report func(Row)) (ok bool, err error) {
	ok = true
	for _, c := range cases {
		tell := func(r Row) {
			ok = ok && r.OK
			report(r)
		}
		in, err := e.In(c.Precision)
		if errors.Is(err, compute.ErrUnsupported) {
			tell(row(c, c.Op, "", agree.Report{}, err, 0, 0))
			continue
		}
		if err == nil {
			err = c.check.check(ctx, in, c, tell)
		}
		if err != nil {
			return false, err
		}
	}
	return ok, nil
}

// fatal reports whether an error ends a verification.
func fatal(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || errors.Is(err, gpu.ErrLost) || errors.Is(err, gpu.ErrClosed))
}
