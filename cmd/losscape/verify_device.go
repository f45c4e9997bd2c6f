//go:build cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"losscape/cmd/losscape/backend"
	"losscape/gpu/compute"
	"losscape/gpu/verify"
	"losscape/scenes"
)

// verify verifies scenes; nil stands for the table of cases.
func (a *app) verify(ctx context.Context, list []*scenes.Scene) error {
	a.backend = backend.GPU // there is nothing to fall back to
	b, _, err := a.open("", nil)
	if err != nil {
		return err
	}
	defer b.Close()
	d, e := b.Engine()
	report := verifyReport{Device: d.Info.String(), Rows: []verifyRow{}}
	if !a.json {
		fmt.Fprintf(a.stdout, verifyLine, "", "what", "shape", "data", "kernel", "max rel", "of tolerance", "time")
	}
	row := func(r verify.Row) {
		report.add(r)
		if !a.json {
			a.printVerified(r)
		}
	}
	for _, s := range list {
		if s == nil {
			_, err = verify.Run(ctx, e, verify.Cases(), row)
		} else {
			err = verifyScene(ctx, e, s, row)
		}
		if err != nil {
			return err
		}
	}
	if a.json {
		err = a.writeReport("verify", &report)
	} else {
		err = a.printVerdict(report)
	}
	if err == nil && !report.OK {
		err = errReported
	}
	return err
}

// add adds a row. The report is ok if there is something to compare, and all agrees.
func (r *verifyReport) add(row verify.Row) {
	r.Rows = append(r.Rows, newVerifyRow(row))
	switch {
	case errors.Is(row.Err, compute.ErrUnsupported):
		r.Refused++
	case !row.OK:
		r.bad++
	}
	r.OK = r.bad == 0 && len(r.Rows) > r.Refused
}

// newVerifyRow returns what a report says of a row.
func newVerifyRow(r verify.Row) verifyRow {
	g := r.Report
	row := verifyRow{Op: r.Op, Shape: r.Shape, Data: r.Data, Precision: r.Precision.String(), Kernel: r.Kernel, OK: r.OK,
		N: g.N, NaN: g.NaN, Inf: g.Inf, Over: g.Over, MaxAbs: number(g.MaxAbs), MaxRel: number(g.MaxRel), MaxULP: number(g.MaxULP), NMSE: number(g.NMSE),
		Ratio: number(g.Ratio), Worst: g.Worst, Got: number(g.Got), Ref: number(g.Ref), Tolerance: g.Tolerance.String(), Why: g.Tolerance.Why,
		Seconds: number(r.Duration.Seconds()), Reference: number(r.Reference.Seconds())}
	if r.Err != nil {
		row.Error = r.Err.Error()
	}
	return row
}

// verifyLine is the format of a line of the table.
const verifyLine = "%-4s  %-12s  %-28s  %-22s  %-26s  %9s  %12s  %9s\n"

func (a *app) printVerified(r verify.Row) {
	if errors.Is(r.Err, compute.ErrUnsupported) {
		fmt.Fprintf(a.stdout, "%-4s  %-12s  %-28s  %-22s  not on this device: %s\n", "-", r.Op, r.Shape, r.Data, reason(r.Err))
		return
	}
	verdict := "ok"
	if !r.OK {
		verdict = "BAD"
	}
	fmt.Fprintf(a.stdout, verifyLine, verdict, r.Op, r.Shape, r.Data, r.Kernel, fmt.Sprintf("%.2g", r.Report.MaxRel),
		fmt.Sprintf("%.2g", r.Report.Ratio), r.Duration.Round(10*time.Microsecond))
	if r.Err != nil {
		fmt.Fprintf(a.stdout, "      %s\n", strings.ReplaceAll(message(r.Err), "\n", "\n      "))
	}
}

func (a *app) printVerdict(r verifyReport) (err error) {
	refused := ""
	if r.Refused > 0 {
		refused = fmt.Sprintf("; %d are not on this device, where the CPU computes them", r.Refused)
	}
	switch compared := len(r.Rows) - r.Refused; {
	case compared == 0:
		_, err = fmt.Fprintf(a.stdout, "\nnothing to compare%s\n", refused)
	case r.OK:
		_, err = fmt.Fprintf(a.stdout, "\nall %d agree with the float64 reference on %s%s\n", compared, r.Device, refused)
	default:
		_, err = fmt.Fprintf(a.stdout, "\n%d of %d do not agree with the float64 reference on %s%s\n", r.bad, compared, r.Device, refused)
	}
	return err
}

// verifyScene verifies a scene. What the device refuses is a row that says so, for
// which no reference is computed.
func verifyScene(ctx context.Context, e *compute.Engine, s *scenes.Scene, row func(verify.Row)) error {
	landscape, runs := e.CanLandscape(s.Problem, s.Plane, s.Grid), e.CanDescend(s.Problem, s.Runs)
	for _, r := range []struct {
		op  string
		err error
	}{{verify.OpLandscape, landscape}, {verify.OpWeights, runs}} {
		if r.err != nil {
			row(verify.Row{Op: r.op, Shape: fmt.Sprintf("n=%d", s.Problem.N()), Data: s.Name, Err: r.err})
		}
	}
	var cases []verify.Case
	if landscape == nil {
		cases = verify.OfLandscape(e, s.Name, s.Problem, s.Plane, s.Grid)
	}
	if runs == nil && len(s.Runs) > 0 {
		cases = append(cases, verify.OfRuns(s.Name, s.Problem, s.Runs))
	}
	_, err := verify.Run(ctx, e, cases, row)
	return err
}
