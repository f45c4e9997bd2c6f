package cpu_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"losscape/cpu"
	"losscape/scenes/known"
)

// knownMinimum is a minimum that was computed apart from this code.
type knownMinimum struct{ known.Minimum }

func (k *knownMinimum) problem(t *testing.T) *cpu.Problem {
	t.Helper()
	p, err := k.Problem()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// with returns the problem with a column more, made of a row's features.
func with(p *cpu.Problem, column func(row []float64) float64) *cpu.Problem {
	n, d := p.X.Dims()
	q := *p
	q.X = mat.NewDense(n, d+1, nil)
	for i := range n {
		row := q.X.RawRowView(i)
		copy(row, p.X.RawRowView(i))
		row[d] = column(row[:d])
	}
	return &q
}

// near says whether two numbers agree to some parts of the larger.
func near(a, b, rel float64) bool {
	return math.Abs(a-b) <= rel*max(math.Abs(a), math.Abs(b))
}

// knownMinima returns all of them.
func knownMinima(t *testing.T) (list []knownMinimum) {
	t.Helper()
	minima, err := known.Minima()
	if err != nil || len(minima) < 12 {
		t.Fatal(minima, err)
	}
	for _, m := range minima {
		list = append(list, knownMinimum{m})
	}
	return list
}

func TestKnownMinima(t *testing.T) {
	for _, k := range knownMinima(t) {
		p := k.problem(t)
		name := fmt.Sprintf("%s %v l2 %g %s", k.Data, k.Features, k.L2, k.Penalize)
		w, ok := p.Minimum()
		if !ok {
			t.Errorf("%s: no minimum", name)
			continue
		}
		want := append(slices.Clone(k.Weights), k.Bias)
		for j := range w {
			if !near(w[j], want[j], 1e-9) {
				t.Errorf("%s: %v, want %v", name, w, want)
			}
		}
		if got := p.Sharpness(w); !near(p.Loss(w), k.Loss, 1e-13) || !near(got, k.LambdaMax, 1e-10) {
			t.Errorf("%s: loss %v and λ %v, want %v and %v", name, p.Loss(w), got, k.Loss, k.LambdaMax)
		}

		// A column that says nothing new leaves the margins, and so the loss and what λ
		// is there. The shortest weights share out what two columns do alike.
		if k.L2 > 0 {
			continue
		}
		d := len(k.Features)
		for _, c := range []struct {
			name   string
			column func(row []float64) float64
			shares func(w []float64) bool
		}{
			{"empty", func([]float64) float64 { return 0 }, func(w []float64) bool { return w[d] == 0 && near(w[0], want[0], 1e-9) }},
			{"constant", func([]float64) float64 { return 3 }, func(w []float64) bool { return near(w[d], 3*w[d+1], 1e-9) && near(w[d+1], k.Bias/10, 1e-9) }},
			{"doubled", func(row []float64) float64 { return row[0] }, func(w []float64) bool { return near(w[d], w[0], 1e-9) && near(w[d], want[0]/2, 1e-9) }},
			{"scaled", func(row []float64) float64 { return -1e12 * row[0] }, func(w []float64) bool { return near(w[d], -want[0]/1e12, 1e-9) }},
			{"summed", func(row []float64) float64 { return row[0] + row[d-1] - 7 }, func([]float64) bool { return true }},
		} {
			q := with(p, c.column)
			w, ok := q.Minimum()
			if !ok {
				t.Errorf("%s, %s: no minimum", name, c.name)
				continue
			}
			same := append(append(slices.Clone(k.Weights), 0), k.Bias)
			if got, want := q.Sharpness(w), q.Sharpness(same); !near(q.Loss(w), k.Loss, 1e-12) || !near(got, want, 1e-9) || !c.shares(w) {
				t.Errorf("%s, %s: loss %v at %v, λ %v, want %v and %v", name, c.name, q.Loss(w), w, got, k.Loss, want)
			}
			if norm(w) > norm(same)*(1+1e-9) {
				t.Errorf("%s, %s: |w| is %v, of %v it is %v", name, c.name, norm(w), same, norm(same))
			}
			// With an L2 term there is one minimum, where the gradient is 0.
			if q.L2 = 0.1; c.name == "scaled" {
				continue
			}
			for _, q.Penalize = range []cpu.Penalty{cpu.PenalizeAll, cpu.PenalizeWeights} {
				if w, ok = q.Minimum(); !ok || norm(q.Gradient(nil, w)) > 1e-11*(1+q.Sharpness(w)) {
					t.Errorf("%s, %s, l2 0.1 of %v: %v, %t, gradient %v", name, c.name, q.Penalize, w, ok, q.Gradient(nil, w))
				}
			}
		}
	}
}

func norm(w []float64) float64 { return mat.Norm(mat.NewVecDense(len(w), w), 2) }

// A minimum is said to exist only where it does.
func TestMinimumExists(t *testing.T) {
	problem := func(dim int, x []float64, y ...float64) *cpu.Problem {
		return &cpu.Problem{X: mat.NewDense(len(y), dim, x), Y: y}
	}
	far := []float64{1e15, 1e15 + 1, 1e15 + 2, 1e15 + 3}
	for _, c := range []struct {
		name string
		p    *cpu.Problem
		loss float64 // of the minimum, 0 if there is none
	}{
		{"separable", problem(1, []float64{-2, -1, 1, 2}, 0, 0, 1, 1), 0},
		{"one class", problem(1, []float64{-2, -1, 1, 2}, 1, 1, 1, 1), 0},
		{"one sample", problem(1, []float64{5}, 1), 0},
		{"quasi-separable", problem(1, []float64{-1, 0, 0, 1}, 0, 0, 1, 1), 0},
		{"quasi-separable in a plane", problem(2, []float64{-1, 0, 0, 1, 0, 2, 0, 1, 0, 2, 3, 0}, 0, 0, 1, 1, 0, 1), 0},
		{"quasi-separable, doubled", problem(2, []float64{-1, -1, 0, 0, 0, 0, 1, 1}, 0, 0, 1, 1), 0},
		{"more weights than samples", problem(3, []float64{1, 2, 3, 3, 1, 4}, 0, 1), 0},
		{"nearly constant, separable", problem(1, slices.Clone(far), 0, 0, 1, 1), 0},
		// Labels that say nothing: w is 0.
		{"constant", problem(1, []float64{4, 4, 4, 4}, 0, 1, 0, 1), math.Ln2},
		{"empty", problem(2, make([]float64, 8), 0, 1, 0, 1), math.Ln2},
		{"alternating", problem(1, []float64{-1, -1, 1, 1}, 0, 1, 0, 1), math.Ln2},
		{"twice each, more weights than rank", problem(3, []float64{1, 2, 3, 1, 2, 3, 3, 1, 4, 3, 1, 4}, 0, 1, 0, 1), math.Ln2},
		{"large and small", problem(2, []float64{1e150, 1e-150, -1e150, 1e-150, 1e150, -1e-150, -1e150, -1e-150}, 0, 1, 1, 0), math.Ln2},
		// One sample on the wrong side, far from the others: by -1 and 1 in turn.
		{"nearly separable", problem(1, []float64{-30, -20, 20, 30, 21}, 0, 0, 1, 1, 0), minimum(t, problem(1, []float64{-3, -2, 2, 3, 2.1}, 0, 0, 1, 1, 0))},
	} {
		w, ok := c.p.Minimum()
		if ok != (c.loss > 0) || ok && !near(c.p.Loss(w), c.loss, 1e-9) {
			t.Errorf("%s: %v, %t, want the loss %v", c.name, w, ok, c.loss)
		}
		c.p.L2 = 1e-3
		if w, ok := c.p.Minimum(); !ok && c.p.X.At(0, 0) < 1e9 {
			t.Errorf("%s with an L2 term: %v, %t", c.name, w, ok)
		}
	}
}

// A slope far from 0 is as it is near.
func TestMinimumFar(t *testing.T) {
	y := []float64{0, 1, 0, 1}
	w, ok := (&cpu.Problem{X: mat.NewDense(4, 1, []float64{1e15, 1e15 + 1, 1e15 + 2, 1e15 + 3}), Y: y}).Minimum()
	want, wantOK := (&cpu.Problem{X: mat.NewDense(4, 1, []float64{0, 1, 2, 3}), Y: y}).Minimum()
	if !ok || !wantOK || !near(w[0], want[0], 1e-9) {
		t.Errorf("%v, %t, want a slope of %v, %t", w, ok, want[0], wantOK)
	}
}

func minimum(t *testing.T, p *cpu.Problem) float64 {
	t.Helper()
	w, ok := p.Minimum()
	if !ok {
		t.Fatal("no minimum")
	}
	return p.Loss(w)
}
