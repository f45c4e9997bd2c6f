package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"losscape/cmd/losscape/backend"
	"losscape/cpu"
	"losscape/scenes/known"

	"gonum.org/v1/gonum/floats"
)

// What the tolerances of verify --known are.
const (
	fitTolerance     = "each weight and λ_max within 1e-9, the loss within 1e-12: they were computed in extended precision"
	descendTolerance = "the distance from the minimum within what the rounding of a gradient leaves: it over the least curvature"
)

// verifyKnown fits the data sets whose minima are known, by Newton's steps and by a run
// on the device, and compares.
func (a *app) verifyKnown(ctx context.Context) error {
	if a.precision == backend.AutoPrecision { // float32 is what there is to check
		a.precision = backend.Single
	}
	b, c, err := a.open("", nil)
	if err != nil {
		return err
	}
	defer b.Close()
	minima, err := known.Minima()
	if err != nil {
		return err
	}
	report := knownReport{Device: c.Info().Name, OK: true, Rows: []knownRow{}}
	if !a.json {
		fmt.Fprintf(a.stdout, knownLine, "", "what", "shape", "data", "by", "max rel", "of tolerance", "time")
	}
	for i := range minima {
		m := &minima[i]
		rows := []knownRow{fitKnown(ctx, m)}
		if c.Info().Kind == backend.GPU {
			rows = append(rows, descendKnown(ctx, c, m))
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, r := range rows {
			report.Rows = append(report.Rows, r)
			report.OK = report.OK && (r.OK || r.refused)
			if r.refused {
				report.Refused++
			}
			if !a.json {
				a.printKnown(r)
			}
		}
	}
	if a.json {
		err = a.writeReport("verify-known", &report)
	} else {
		err = a.printKnownVerdict(report)
	}
	if err == nil && !report.OK {
		err = errReported
	}
	return err
}

// knownLine is the format of a line of the table.
const knownLine = "%-4s  %-8s  %-28s  %-28s  %-4s  %9s  %12s  %9s\n"

func (a *app) printKnown(r knownRow) {
	verdict := "ok"
	switch {
	case r.refused:
		fmt.Fprintf(a.stdout, "%-4s  %-8s  %-28s  %-28s  not on this device: %s\n", "-", r.What, r.Shape, r.Data, r.Error)
		return
	case !r.OK:
		verdict = "BAD"
	}
	fmt.Fprintf(a.stdout, knownLine, verdict, r.What, r.Shape, r.Data, r.By, digits(r.MaxRel, 2), digits(r.Ratio, 2),
		time.Duration(float64(r.Time)*1e9).Round(10*time.Microsecond))
	if r.Error != "" {
		fmt.Fprintf(a.stdout, "      %s\n", r.Error)
	}
}

func (a *app) printKnownVerdict(r knownReport) (err error) {
	bad := 0
	for _, row := range r.Rows {
		if !row.OK && !row.refused {
			bad++
		}
	}
	refused := ""
	if r.Refused > 0 {
		refused = fmt.Sprintf("; %d are not on this device, where the CPU computes them", r.Refused)
	}
	if compared := len(r.Rows) - r.Refused; bad == 0 {
		_, err = fmt.Fprintf(a.stdout, "\nall %d reach the known minima, on %s%s\n", compared, r.Device, refused)
	} else {
		_, err = fmt.Fprintf(a.stdout, "\n%d of %d do not reach the known minima, on %s%s\n", bad, compared, r.Device, refused)
	}
	return err
}

func newKnownRow(what, by, why string, m *known.Minimum) knownRow {
	return knownRow{What: what, By: by, Why: why, Shape: m.Shape(), Data: m.Name(), MaxRel: nan, Ratio: nan}
}

// fitKnown fits by Newton's steps.
func fitKnown(ctx context.Context, m *known.Minimum) knownRow {
	r := newKnownRow("fit", "CPU", fitTolerance, m)
	p, err := m.Problem()
	if err != nil {
		r.Error = message(err)
		return r
	}
	start := time.Now()
	f, err := p.Fit(ctx)
	r.Time = number(time.Since(start).Seconds())
	if err != nil || f.W == nil {
		r.Error = "no minimum was found"
		return r
	}
	var most, ratio float64
	compare := func(got, want, tolerance float64) {
		rel := math.Abs(got-want) / math.Abs(want)
		most, ratio = max(most, rel), max(ratio, rel/tolerance)
	}
	for j, want := range m.W() {
		compare(f.W[j], want, 1e-9)
	}
	compare(f.LambdaMax, m.LambdaMax, 1e-9)
	compare(f.Loss, m.Loss, 1e-12)
	r.MaxRel, r.Ratio, r.OK = number(most), number(ratio), ratio <= 1
	return r
}

// descendKnown goes to the minimum by a run on the device.
func descendKnown(ctx context.Context, c backend.Computer, m *known.Minimum) knownRow {
	r := newKnownRow("descend", "GPU", descendTolerance, m)
	d, err := m.Descent()
	if err != nil {
		r.Error = message(err)
		return r
	}
	start := time.Now()
	runs, err := c.Descend(ctx, d.Problem, []cpu.Run{d.Run}, nil)
	r.Time = number(time.Since(start).Seconds())
	if err != nil {
		r.refused, r.Error = backend.Unsupported(err), reason(err)
		return r
	}
	epsilon := 0x1p-24
	if c.Info().Precision == "float64" {
		epsilon = 0x1p-53
	}
	far := floats.Distance(runs[0].At(d.Run.Steps), d.W, 2)
	r.MaxRel, r.Ratio = number(far/floats.Norm(d.W, 2)), number(far/(d.Rounding*epsilon))
	r.OK = r.Ratio <= 1
	return r
}
