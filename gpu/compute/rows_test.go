package compute

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"losscape/cpu"
)

// cuts are the rows of a grid, and the same in bands that are no multiples of a tile of any
// kernel.
func cuts(g cpu.Grid) (whole, bands []cpu.Rows) {
	ends := []int{1, g.Y.N / 7, g.Y.N/7 + 1, min(g.Y.N/2+3, g.Y.N), g.Y.N}
	first := 0
	for _, end := range ends {
		if end > first {
			bands = append(bands, cpu.Rows{First: first, End: end})
			first = end
		}
	}
	return []cpu.Rows{g.Rows()}, bands
}

// bitsOf calls do for each of the rows, with a sink that wants them in order, and returns the
// bits of all values.
func bitsOf[T float32 | float64](t *testing.T, of []cpu.Rows, do func(rows cpu.Rows, sink func(row int, values ...[]T) error) error) (all []uint64) {
	t.Helper()
	next := 0
	for _, rows := range of {
		err := do(rows, func(row int, values ...[]T) error {
			if row != next {
				return fmt.Errorf("row %d, want %d", row, next)
			}
			next++
			for _, v := range slices.Concat(values...) {
				all = append(all, math.Float64bits(float64(v)))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if want := of[len(of)-1].End; next != want {
		t.Fatalf("%d rows, want %d", next, want)
	}
	return all
}

// TestBandsOfALandscape wants rows to have the bits that they have in the whole grid, by every
// kind of kernel, and whatever the device's pace.
func TestBandsOfALandscape(t *testing.T) {
	e := engine(t)
	regular := func(p *cpu.Problem) *cpu.Problem { p.L2 = 0.01; return p }
	for _, c := range []struct {
		kernel string // what its name has
		p      *cpu.Problem
		g      cpu.Grid
		with   Choices
	}{
		{"expansion 5", regular(ordinary(20, 1)), cpu.Grid{X: cpu.Axis{Min: -0.5, Max: 0.5, N: 701}, Y: cpu.Axis{Min: -0.5, Max: 0.6, N: 603}}, Choices{}},
		{"expansion 9", ordinary(100, 1), square(4, 401), Choices{}},
		{"K=16 product", ordinary(20, 1), square(3, 99), Choices{Width: 16}},
		{"K=8 excess", separable(20, 1), square(30, 71), Choices{Width: 8, TileRows: 5}},
		{"eps", clamped(20, 1), square(9, 70), Choices{Width: 4}},
		{"points of", regular(ordinary(3000, 1)), square(2, 40), Choices{}},
		{"direct", ordinary(30000, 2), square(3, 7), Choices{Width: 64}}, // in several parts
	} {
		by := e.With(c.with)
		pl := slopeAndBias(c.p.Dim())
		q, err := by.prepare(c.p, pl, c.g)
		if err != nil {
			t.Fatal(err)
		}
		if name := strings.TrimSpace(q.String()); !strings.Contains(name, c.kernel) && !(c.kernel == "points of" && q.n < q.samples) {
			t.Errorf("the kernel is %q, want one of %q", name, c.kernel)
		}
		whole, bands := cuts(c.g)
		get := func(of []cpu.Rows) []uint64 {
			return bitsOf(t, of, func(rows cpu.Rows, sink func(int, ...[]float32) error) error {
				return by.LandscapeRows(context.Background(), c.p, pl, c.g, rows, func(row int, v []float32) error { return sink(row, v) }, nil)
			})
		}
		want := get(whole)
		by.rates["landscape"] = 1e5
		if !slices.Equal(get(bands), want) {
			t.Errorf("%s: bands differ from the whole", q)
		}
	}
}

// TestBandsOfValues is TestBandsOfALandscape for gradients and accuracies, and in double precision.
func TestBandsOfValues(t *testing.T) {
	e := engine(t)
	in, err := e.In(Double)
	if err != nil {
		t.Fatal(err)
	}
	few, many := ordinary(50, 2), ordinary(9000, 1)
	few.L2 = 0.1
	for _, p := range []*cpu.Problem{few, many} {
		pl := slopeAndBias(p.Dim())
		g := cpu.Grid{X: cpu.Axis{Min: -3, Max: 3, N: 1030}, Y: cpu.Axis{Min: -3, Max: 2, N: 11}}
		if p == many {
			g.Y.N = 2 // in several parts
		}
		whole, bands := cuts(g)
		for _, what := range []Outputs{Gradient, Accuracy, Gradient | Accuracy} {
			get := func(of []cpu.Rows) []uint64 {
				return bitsOf(t, of, func(rows cpu.Rows, sink func(int, ...[]float32) error) error {
					return e.Evaluate(t.Context(), p, pl, g, rows, what, func(row int, v Evaluated) error {
						return sink(row, v.DAlpha, v.DBeta, v.Accuracy)
					}, nil)
				})
			}
			e.rates["evaluate"] = 1e12
			want := get(whole)
			e.rates["evaluate"] = 1e4
			if !slices.Equal(get(bands), want) {
				t.Errorf("%d samples, %b: bands differ from the whole", p.N(), what)
			}
		}
		get := func(of []cpu.Rows) []uint64 {
			return bitsOf(t, of, func(rows cpu.Rows, sink func(int, ...[]float64) error) error {
				return in.EvaluateDouble(t.Context(), p, pl, g, rows, Loss|Gradient|Accuracy, func(row int, v EvaluatedDouble) error {
					return sink(row, v.Loss, v.DAlpha, v.DBeta, v.Accuracy)
				}, nil)
			})
		}
		in.rates["evaluate in double"] = 1e12
		want := get(whole)
		in.rates["evaluate in double"] = 1e4
		if !slices.Equal(get(bands), want) {
			t.Errorf("%d samples in double: bands differ from the whole", p.N())
		}
	}
	g := square(1, 9)
	for _, rows := range []cpu.Rows{{First: 0, End: 0}, {First: -1, End: 3}, {First: 3, End: 10}} {
		if err := e.LandscapeRows(t.Context(), few, slopeAndBias(3), g, rows, nil, nil); err == nil {
			t.Errorf("rows %v are computed", rows)
		}
		if err := e.Evaluate(t.Context(), few, slopeAndBias(3), g, rows, Gradient, nil, nil); err == nil {
			t.Errorf("values of rows %v are computed", rows)
		}
	}
}
