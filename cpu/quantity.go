package cpu

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"losscape/cpu/quote"
)

// Kind is what the values of a quantity are.
type Kind uint8

// The kinds.
const (
	Real  Kind = iota // float64
	Whole             // whole numbers from 0 to Quantity.Max
	Label             // the codes of statuses, 0 to Quantity.Max
)

// Spread is how a picture tells the values of a quantity apart where it is left to
// itself.
type Spread uint8

// The spreads.
const (
	Even    Spread = iota // linearly
	Decades               // linearly, or by powers of ten or ranks where the values span many
	Apart                 // by a colour for each value: there is no scale
	Signed                // linearly to either side of 0, which tells two kinds of runs apart
)

// Quantity is a number that a sweep returns for each run: a column of a table, and
// what a map or a plot can show. Quantities lists them.
type Quantity struct {
	Name   string // in scenes and on the command line
	Column string // in tables
	Title  string // in pictures
	Kind   Kind
	Max    int // of Whole and Label
	Spread Spread

	// stored returns where a result keeps it: a []float64, an []int32 or a []Status.
	stored func(r *Result) any
	// derive computes it of some runs of a result of p. A quantity that has it is in a
	// result only if Settings.Quantities asks for it.
	derive func(ctx context.Context, p *Problem, r *Result, which []int, dst []float64) error
}

// quantities are in the order of a table's columns.
var quantities = []Quantity{
	{Name: "loss", Column: "loss", Title: "Final Loss", Spread: Decades, stored: func(r *Result) any { return r.Loss }},
	{Name: "best", Column: "best_loss", Title: "Best Loss", Spread: Decades, stored: func(r *Result) any { return r.BestLoss }},
	{Name: "gradient", Column: "grad_norm", Title: "Gradient Norm", Spread: Decades, stored: func(r *Result) any { return r.GradNorm }},
	{Name: "steps", Column: "steps", Title: "Steps Taken", Kind: Whole, Max: math.MaxInt32, stored: func(r *Result) any { return r.Steps }},
	{Name: "status", Column: "status", Title: "How the Runs End", Kind: Label, Max: len(statusNames) - 1, Spread: Apart, stored: func(r *Result) any { return r.Status }},
	{Name: "period", Column: "period", Title: "Period of the Runs", Kind: Whole, Max: MaxPeriod, Spread: Apart, stored: func(r *Result) any { return r.Period }},
	{Name: "accuracy", Column: "accuracy", Title: "Accuracy", stored: func(r *Result) any { return r.Accuracy }},
	{Name: "distance", Column: "distance", Title: "Distance to the Minimum", Spread: Decades, derive: distances},
	{Name: ExponentName, Column: "exponent", Title: "Lyapunov Exponent", Spread: Signed, derive: exponents},
}

// Quantities returns the quantities there are, in the order of a table's columns.
func Quantities() []Quantity { return slices.Clone(quantities) }

// QuantityNames returns the names of the quantities.
func QuantityNames() []string {
	names := make([]string, len(quantities))
	for i, q := range quantities {
		names[i] = q.Name
	}
	return names
}

// DerivedNames returns the names of those that are derived: see Quantity.Derived.
func DerivedNames() []string {
	var names []string
	for _, q := range quantities {
		if q.Derived() {
			names = append(names, q.Name)
		}
	}
	return names
}

// LookupQuantity returns the quantity of that name. If there is none, the error is an
// *UnknownQuantityError.
func LookupQuantity(name string) (Quantity, error) {
	for _, q := range quantities {
		if q.Name == name {
			return q, nil
		}
	}
	return Quantity{}, &UnknownQuantityError{Name: name, Known: QuantityNames()}
}

// An UnknownQuantityError names a quantity that does not exist.
type UnknownQuantityError struct {
	Name  string
	Known []string // those that exist
}

func (e *UnknownQuantityError) Error() string {
	return fmt.Sprintf("unknown quantity %s, want one of: %s", quote.Text(e.Name), strings.Join(e.Known, ", "))
}

// Derived reports whether a result has the quantity only if Settings.Quantities asks
// for it: it is computed on the CPU from what the runs came to, but for exponents, which an
// engine may compute (Result.Growths).
func (q Quantity) Derived() bool { return q.derive != nil }

// Bytes returns how much memory a value takes.
func (q Quantity) Bytes() int { return [...]int{Real: 8, Whole: 4, Label: 1}[q.Kind] }

// Of returns a function of a run's number that returns its value; nil if r does not
// have the quantity.
func (q Quantity) Of(r *Result) func(i int) float64 {
	switch v := q.values(r).(type) {
	case []float64:
		if v == nil {
			return nil
		}
		return func(i int) float64 { return v[i] }
	case []int32:
		return func(i int) float64 { return float64(v[i]) }
	case []Status:
		return func(i int) float64 { return float64(v[i]) }
	}
	return nil
}

// Quantity returns what q.Of does.
func (r *Result) Quantity(q Quantity) func(i int) float64 { return q.Of(r) }

// Set stores the value of run i in a result that has the quantity. It must be one of
// its kind.
func (q Quantity) Set(r *Result, i int, x float64) {
	switch v := q.values(r).(type) {
	case []float64:
		v[i] = x
	case []int32:
		v[i] = int32(x)
	case []Status:
		v[i] = Status(x)
	}
}

func (q Quantity) values(r *Result) any {
	if q.Derived() {
		return r.Derived[q.Name]
	}
	return q.stored(r)
}

// Has reports whether a sweep with these settings returns the quantity.
func (set Settings) Has(q Quantity) bool {
	return !q.Derived() || slices.Contains(set.Quantities, q.Name)
}

// With returns the settings of a sweep that returns these quantities, too.
func (set Settings) With(names ...string) Settings {
	set.Quantities = append(slices.Clip(set.Quantities), names...)
	return set
}

// Derive computes the derived quantities that a result has, once all its runs have
// ended, and tells apart those that have taken all of their steps: see Status. A sweep
// does so by itself. The error is ctx's.
func (p *Problem) Derive(ctx context.Context, r *Result) error {
	all := make([]int, r.N())
	for i := range all {
		all[i] = i
	}
	return p.deriveRuns(ctx, r, all)
}

// deriveRuns is Derive of some runs.
func (p *Problem) deriveRuns(ctx context.Context, r *Result, which []int) error {
	if err := p.drift(ctx, r, which); err != nil {
		return err
	}
	for _, q := range quantities {
		if dst := r.Derived[q.Name]; dst != nil {
			if err := q.derive(ctx, p, r, which, dst); err != nil {
				return err
			}
		}
	}
	r.Stats.Runs = [StatusCount]int{}
	for _, status := range r.Status {
		r.Stats.Runs[status]++
	}
	return nil
}
