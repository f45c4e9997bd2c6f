package cpu_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"losscape/cpu"
)

// counted returns a problem whose samples have counts as weights, and the one in which each is
// there as often.
func counted(t *testing.T, n, features int) (weighted, expanded *cpu.Problem) {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(n), uint64(features)))
	weighted, expanded = &cpu.Problem{L2: 0.01}, &cpu.Problem{L2: 0.01}
	var x, many, counts []float64
	for range n {
		y := float64(r.IntN(2))
		row := make([]float64, features)
		for j := range row {
			row[j] = (y - 0.5) + 1.5*r.NormFloat64()
		}
		count := 1 + r.IntN(5)
		x, counts = append(x, row...), append(counts, float64(count))
		weighted.Y = append(weighted.Y, y)
		for range count {
			many = append(many, row...)
			expanded.Y = append(expanded.Y, y)
		}
	}
	weighted.X, expanded.X = mat.NewDense(n, features, x), mat.NewDense(len(expanded.Y), features, many)
	if err := weighted.Weigh(counts); err != nil {
		t.Fatal(err)
	}
	return weighted, expanded
}

// TestCounts has a problem with counts be the one with as many samples.
func TestCounts(t *testing.T) {
	for _, d := range []int{1, 3} {
		p, q := counted(t, 57, d)
		near := func(what string, got, want float64) {
			t.Helper()
			if math.IsNaN(got) != math.IsNaN(want) || math.Abs(got-want) > 1e-12*(1+math.Abs(want)) {
				t.Errorf("D=%d: %s is %v, of the samples one by one %v", d, what, got, want)
			}
		}
		all := func(what string, got, want []float64) {
			t.Helper()
			if len(got) != len(want) {
				t.Fatalf("D=%d: %s has %d values, want %d", d, what, len(got), len(want))
			}
			for i := range got {
				near(what, got[i], want[i])
			}
		}
		near("the total", p.Total(), float64(q.N()))
		w := make([]float64, d+1)
		for j := range w {
			w[j] = 0.7 - 0.4*float64(j)
		}
		for _, eps := range []float64{0, 1e-3} {
			p.Eps, q.Eps = eps, eps
			near("the loss", p.Loss(w), q.Loss(w))
		}
		all("the gradient", p.Gradient(nil, w), q.Gradient(nil, w))
		near("the accuracy", p.Accuracy(w), q.Accuracy(w))
		all("the Hessian", p.Hessian(w).RawSymmetric().Data, q.Hessian(w).RawSymmetric().Data)
		rows := make([]int32, p.N())
		for i := range rows {
			rows[i] = int32(i)
		}
		all("the mean gradient of batches", p.BatchGradient(w, rows), p.BatchGradient(w, nil))

		pl := cpu.CoordinatePlane(d+1, 0, d)
		g := cpu.Grid{X: cpu.Axis{Min: -2, Max: 3, N: 5}, Y: cpu.Axis{Min: -1, Max: 1, N: 3}}
		for _, of := range []*cpu.Problem{p, q} {
			of.Penalize = cpu.PenalizeWeights
		}
		l, err := p.Landscape(t.Context(), pl, g, nil)
		m, err2 := q.Landscape(t.Context(), pl, g, nil)
		e, err3 := p.Evaluate(t.Context(), pl, g, nil)
		f, err4 := q.Evaluate(t.Context(), pl, g, nil)
		for _, err := range []error{err, err2, err3, err4} {
			if err != nil {
				t.Fatal(err)
			}
		}
		all("the landscape", l.Loss, m.Loss)
		all("∂α", e.DAlpha, f.DAlpha)
		all("∂β", e.DBeta, f.DBeta)
		all("accuracies", e.Accuracy, f.Accuracy)

		run := cpu.DefaultRun("momentum")
		run.LR, run.L2, run.Steps, run.Start = 0.2, 0.01, 30, make([]float64, d+1)
		a, err := p.Descend(t.Context(), run)
		b, err2 := q.Descend(t.Context(), run)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		all("a run", append(a.Weights, a.Loss...), append(b.Weights, b.Loss...))
		s := cpu.Sweep{Base: run, Over: []cpu.Param{{Name: "lr", Values: []float64{0.1, 2}}}}
		set := cpu.Settings{Quantities: []string{cpu.ExponentName}}
		x, err := p.Sweep(t.Context(), s, set, nil)
		y, err2 := q.Sweep(t.Context(), s, set, nil)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		for _, name := range []string{cpu.ExponentName, "accuracy"} {
			all(name, quantity(t, x, name), quantity(t, y, name))
		}
	}
}

func quantity(t *testing.T, r *cpu.Result, name string) []float64 {
	t.Helper()
	q, err := cpu.LookupQuantity(name)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float64, r.N())
	of := q.Of(r)
	for i := range out {
		out[i] = of(i)
	}
	return out
}

// TestFitCounts has the fit of counts be that of as many samples, errors and confusion included.
func TestFitCounts(t *testing.T) {
	for _, l2 := range []float64{0, 0.05} {
		p, q := counted(t, 60, 2)
		p.L2, q.L2 = l2, l2
		f, err := p.Fit(t.Context())
		g, err2 := q.Fit(t.Context())
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		for _, k := range []struct {
			what      string
			got, want []float64
		}{
			{"weights", f.W, g.W}, {"standardized", f.Standardized, g.Standardized}, {"errors", f.StdErr, g.StdErr}, {"z", f.Z, g.Z}, {"p", f.P, g.P},
			{"numbers", []float64{f.Loss, f.LogLikelihood, f.Accuracy, f.LambdaMax, f.LambdaMin}, []float64{g.Loss, g.LogLikelihood, g.Accuracy, g.LambdaMax, g.LambdaMin}},
		} {
			if len(k.got) == 0 || len(k.got) != len(k.want) {
				t.Fatalf("%s: %v, want %v", k.what, k.got, k.want)
			}
			for i := range k.got {
				if !(relative(k.got[i], k.want[i]) <= 1e-12) && !(math.IsNaN(k.got[i]) && math.IsNaN(k.want[i])) {
					t.Errorf("l2 %g: %s: %v, want %v", l2, k.what, k.got, k.want)
				}
			}
		}
		if f.Confusion != g.Confusion || f.Separation.Kind != g.Separation.Kind {
			t.Errorf("l2 %g: %v %v, want %v %v", l2, f.Confusion, f.Separation.Kind, g.Confusion, g.Separation.Kind)
		}
	}
}

// TestWeigh has weights in any unit, and refuses those that are none.
func TestWeigh(t *testing.T) {
	p, _ := counted(t, 40, 1)
	loss, total := p.Loss([]float64{1, 2}), p.Total()
	counts := make([]float64, p.N())
	for i := range counts {
		if counts[i] = p.Count(i); counts[i] != math.Round(counts[i]) {
			t.Errorf("count %v", counts[i])
		}
	}
	for _, unit := range []float64{1e-290, 1e300} {
		scaled := append([]float64(nil), counts...)
		floats.Scale(unit, scaled)
		if err := p.Weigh(scaled); err != nil {
			t.Fatal(err)
		}
		if got := p.Loss([]float64{1, 2}); relative(got, loss) > 1e-14 || relative(p.Total(), unit*total) > 1e-14 || p.Validate() != nil {
			t.Errorf("in units of %g: loss %v, want %v; total %v; %v", unit, got, loss, p.Total(), p.Validate())
		}
	}
	for text, bad := range map[string]float64{"is -1": -1, "is 0": 0, "is NaN": math.NaN(), "is +Inf": math.Inf(1), "too small": 1e-320, "beyond float64": math.MaxFloat64} {
		counts[3], counts[4] = bad, math.MaxFloat64/2
		if err := p.Weigh(counts); err == nil || !strings.Contains(err.Error(), text) || p.SampleWeight != nil {
			t.Errorf("weight %v: %v", bad, err)
		}
	}
	p.SampleWeight, p.SampleTotal = []float64{1}, 1
	if err := p.Validate(); err == nil {
		t.Error("one weight for 40 samples")
	}
	p.SampleWeight, p.SampleTotal = make([]float64, p.N()), 1
	floats.AddConst(2, p.SampleWeight)
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "mean 2") {
		t.Errorf("a mean of 2: %v", err)
	}
}

// TestSeparableAtOnce has samples of one feature apart only where a value is between the labels.
func TestSeparableAtOnce(t *testing.T) {
	for _, c := range []struct {
		zeros, ones []float64
		apart       bool
	}{
		{[]float64{1, 2}, []float64{2.5, 9}, true}, {[]float64{2.5, 9}, []float64{1, 2}, true}, {[]float64{1, 2}, []float64{2, 3}, false},
		{[]float64{1, 3}, []float64{2}, false}, {nil, []float64{1, 2}, true}, {[]float64{0, 0}, []float64{0, 0}, false},
	} {
		p := &cpu.Problem{X: mat.NewDense(len(c.zeros)+len(c.ones), 1, append(append([]float64(nil), c.zeros...), c.ones...))}
		p.Y = append(make([]float64, len(c.zeros)), 1, 1)[:len(c.zeros)+len(c.ones)]
		if got := p.Separable(t.Context()); got != c.apart {
			t.Errorf("%v and %v: separable %v", c.zeros, c.ones, got)
		}
	}
}
