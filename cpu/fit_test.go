package cpu_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"losscape/cpu"
)

func TestFitKnown(t *testing.T) {
	for _, k := range knownMinima(t) {
		name := fmt.Sprintf("%s %v l2 %g %s", k.Data, k.Features, k.L2, k.Penalize)
		f, err := k.problem(t).Fit(t.Context())
		if err != nil || f.W == nil {
			t.Fatal(name, f, err)
		}
		for j, want := range append(slices.Clone(k.Weights), k.Bias) {
			if relative(f.W[j], want) > 1e-9 {
				t.Errorf("%s: %v, want %v, %v", name, f.W, k.Weights, k.Bias)
			}
		}
		if relative(f.Loss, k.Loss) > 1e-12 || relative(f.LambdaMax, k.LambdaMax) > 1e-9 || relative(f.LambdaMin, k.LambdaMin) > 1e-5 {
			t.Errorf("%s: loss %v, λ %v to %v, want %v, %v to %v", name, f.Loss, f.LambdaMin, f.LambdaMax, k.Loss, k.LambdaMin, k.LambdaMax)
		}
		if f.Separation.Kind != cpu.NotSeparable && k.L2 == 0 {
			t.Errorf("%s: separable: %v", name, f.Separation.Kind)
		}
	}
}

// TestFitErrors has the standard errors that R's glm prints of am ~ wt and am ~ hp + wt
// of mtcars, which are much cited; its Hessian is that of the weights before its last step.
func TestFitErrors(t *testing.T) {
	for _, k := range knownMinima(t) {
		if k.Data != "mtcars.csv" || k.L2 != 0 {
			continue
		}
		f, err := k.problem(t).Fit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := []float64{1.436, 4.510}
		if len(k.Features) == 2 {
			want = []float64{0.01773, 3.06868, 7.44356}
		}
		for j, se := range f.StdErr {
			if relative(se, want[j]) > 4e-4 {
				t.Errorf("%v: %v, want %v", k.Features, f.StdErr, want)
			}
		}
		if z := f.W[0] / f.StdErr[0]; f.Z[0] != z || relative(f.P[0], math.Erfc(math.Abs(z)/math.Sqrt2)) > 1e-14 {
			t.Errorf("z %v, p %v", f.Z, f.P)
		}
		if relative(f.LogLikelihood, -32*f.Loss) > 1e-14 || f.Confusion[0][0]+f.Confusion[1][1] != math.Round(f.Accuracy*32) {
			t.Errorf("%+v", f)
		}
	}
}

func problem(dim int, x []float64, y ...float64) *cpu.Problem {
	return &cpu.Problem{X: mat.NewDense(len(y), dim, x), Y: y}
}

// checkDirection wants no margin to fall along a separation's direction, and those of Won
// to rise.
func checkDirection(t *testing.T, name string, p *cpu.Problem, s *cpu.Separation) {
	t.Helper()
	for i, y := range p.Y {
		z := s.Direction[p.Features()]
		for j, x := range p.X.RawRowView(i) {
			z += x * s.Direction[j]
		}
		if z *= 2*y - 1; slices.Contains(s.Won, i) && !(z > 0) || !slices.Contains(s.Won, i) && math.Abs(z) > 1e-12 {
			t.Errorf("%s: a margin of %v of sample %d along %v", name, z, i, s.Direction)
		}
	}
	if n := floats.Norm(s.Direction, 2); math.Abs(n-1) > 1e-12 {
		t.Errorf("%s: a direction of length %v", name, n)
	}
}

func TestSeparation(t *testing.T) {
	// Endometrial-like: a binary column that is 1 only for one class.
	binary := random(5, 60, 2)
	for i := range 60 {
		binary.X.Set(i, 0, 0)
		if i%2 == 1 && i > 40 {
			binary.X.Set(i, 0, 1)
		}
		binary.X.Set(i, 1, math.Round(100*(binary.X.At(i, 1)-0.7*(2*binary.Y[i]-1)))/100)
	}
	quasi, complete, no := cpu.QuasiComplete, cpu.Complete, cpu.NotSeparable
	for _, c := range []struct {
		name string
		p    *cpu.Problem
		kind cpu.Separability
		won  int
		sign []int
	}{
		{"apart", problem(1, []float64{-2, -1, 1, 2}, 0, 0, 1, 1), complete, 4, []int{1, 0}},
		{"one label", problem(1, []float64{-2, -1, 1, 2}, 0, 0, 0, 0), complete, 4, nil},
		{"touching", problem(1, []float64{-1, 0, 0, 1}, 0, 0, 1, 1), quasi, 2, []int{1, 0}},
		{"touching, far", problem(1, []float64{0.1, 0.3, 0.3, 0.7}, 0, 0, 1, 1), quasi, 2, []int{1, -1}},
		{"in a plane", problem(2, []float64{-1, 0, 0, 1, 0, 2, 0, 1, 0, 2, 3, 0}, 0, 0, 1, 1, 0, 1), quasi, 2, []int{1, 0, 0}},
		{"doubled", problem(2, []float64{-1, -1, 0, 0, 0, 0, 1, 1}, 0, 0, 1, 1), quasi, 2, []int{1, 1, 0}},
		// In decimals the last two lie on the line of the others, in float64s they do not.
		{"on a line in decimals", problem(2, []float64{0.1, 0.3, 0.2, 0.6, 0.3, 0.9, 0.7, 2.1, 0.5, 1.4, 0.5, 1.6}, 1, 0, 1, 0, 0, 1), quasi, 2, []int{-1, 1, 0}},
		{"two faces", problem(2, []float64{0, 0, 0, 0, 0, 1, 0, 2, 1, 5, 2, -3}, 0, 1, 1, 1, 1, 1), quasi, 4, nil},
		{"binary column", binary, quasi, 10, []int{1, 0, 0}},
		{"overlapping", problem(1, []float64{0, 2, 1, 3}, 0, 0, 1, 1), no, 0, nil},
		{"twice each", problem(2, []float64{1, 2, 1, 2, 3, 1, 3, 1}, 0, 1, 0, 1), no, 0, nil},
	} {
		s, err := c.p.Separation(t.Context())
		if err != nil || s.Kind != c.kind || len(s.Won) != c.won || c.sign != nil && !slices.Equal(s.Sign, c.sign) {
			t.Errorf("%s: %+v, %v, want %v, %d won, signs %v", c.name, s, err, c.kind, c.won, c.sign)
			continue
		}
		if c.kind != no {
			checkDirection(t, c.name, c.p, s)
		}
		f, err := c.p.Fit(t.Context())
		if err != nil || (f.W == nil) != (c.kind != no) {
			t.Errorf("%s: %+v, %v", c.name, f, err)
		}
		c.p.L2 = 0.1
		if f, err := c.p.Fit(t.Context()); err != nil || f.W == nil || f.Separation.Kind != c.kind || !math.IsNaN(f.StdErr[0]) {
			t.Errorf("%s with an L2 term: %+v, %v", c.name, f, err)
		}
	}
}

// The 30 features of breast cancer tell the diagnoses apart, as they are; setosa from the
// other irises, but not versicolor from virginica.
func TestSeparationOfData(t *testing.T) {
	for _, k := range knownMinima(t) {
		want := cpu.NotSeparable
		switch {
		case len(k.Features) == 30:
			k.Data = "breast_cancer.csv" // not standardised
			want = cpu.Complete
		case k.Positive == "setosa":
			want = cpu.Complete
		}
		p := k.problem(t)
		p.L2 = 0
		s, err := p.Separation(t.Context())
		if err != nil || s.Kind != want {
			t.Errorf("%s %s: %v, %v, want %v", k.Data, k.Positive, s, err, want)
			continue
		}
		if want == cpu.Complete {
			checkDirection(t, k.Data, p, s)
			t.Log(k.Data, s.Gamma, s.Greatest)
		}
	}
}

// Redundant features are named, and their weights have no error of their own.
func TestFitRedundant(t *testing.T) {
	p := knownMinima(t)[10].problem(t)
	want, err := p.Fit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name       string
		column     func(row []float64) float64
		redundant  cpu.Redundant
		determined []bool
	}{
		{"constant", func([]float64) float64 { return 3 }, cpu.Redundant{Feature: 2}, []bool{true, true, false, false}},
		{"empty", func([]float64) float64 { return 0 }, cpu.Redundant{Feature: 2}, []bool{true, true, false, true}},
		{"doubled", func(row []float64) float64 { return 2 * row[1] }, cpu.Redundant{Feature: 2, Of: []int{1}}, []bool{true, false, false, true}},
		{"moved", func(row []float64) float64 { return row[0] + 7 }, cpu.Redundant{Feature: 2, Of: []int{0}}, []bool{false, true, false, false}},
	} {
		q := with(p, c.column)
		f, err := q.Fit(t.Context())
		if err != nil || len(f.Redundant) != 1 || f.Redundant[0].Feature != 2 || !slices.Equal(f.Redundant[0].Of, c.redundant.Of) || f.Rank != 3 {
			t.Errorf("%s: %+v, %v", c.name, f, err)
			continue
		}
		if !slices.Equal(f.Determined, c.determined) {
			t.Errorf("%s: determined are %v, want %v", c.name, f.Determined, c.determined)
		}
		for j, of := range []int{0, 1, -1, 2} {
			switch {
			case !c.determined[j]:
				if !math.IsNaN(f.StdErr[j]) {
					t.Errorf("%s: the error of weight %d is %v", c.name, j, f.StdErr[j])
				}
			case of >= 0 && relative(f.StdErr[j], want.StdErr[of]) > 1e-8:
				t.Errorf("%s: the error of weight %d is %v, want %v", c.name, j, f.StdErr[j], want.StdErr[of])
			}
		}
		if !(f.LambdaMin > 0) {
			t.Errorf("%s: λ is from %v to %v", c.name, f.LambdaMin, f.LambdaMax)
		}
		q.L2 = 0.01
		if f, err = q.Fit(t.Context()); err != nil || relative(f.LambdaMin, 0.01) > 1e-5 {
			t.Errorf("%s with an L2 term: λ from %v, %v", c.name, f.LambdaMin, err)
		}
	}
}

// A fit of standardized features, in their own units, is that of the features.
func TestFitInUnits(t *testing.T) {
	p := knownMinima(t)[6].problem(t) // two features of breast cancer
	want, err := p.Fit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	q := *p
	q.X = mat.DenseCopyOf(p.X)
	var mean, deviation []float64
	for j := range p.Features() {
		column := mat.Col(nil, j, p.X)
		m, sd := stat.PopMeanStdDev(column, nil)
		mean, deviation = append(mean, m), append(deviation, sd)
		for i, x := range column {
			q.X.Set(i, j, (x-m)/sd)
		}
	}
	f, err := q.Fit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := f.InUnits(mean, deviation)
	for j := range got.W {
		if relative(got.W[j], want.W[j]) > 1e-10 || relative(got.StdErr[j], want.StdErr[j]) > 1e-9 || relative(got.Z[j], want.Z[j]) > 1e-9 ||
			relative(f.W[j], want.Standardized[j]) > 1e-9 || relative(f.Standardized[j], f.W[j]) > 1e-9 {
			t.Errorf("weight %d: %v of error %v, want %v of %v; standardized %v, want %v", j, got.W[j], got.StdErr[j], want.W[j], want.StdErr[j], f.W[j], want.Standardized[j])
		}
	}
	if want.LambdaMin >= f.LambdaMin || f.LambdaMin != got.LambdaMin {
		t.Errorf("λ from %v, of standardized features %v", want.LambdaMin, got.LambdaMin)
	}
}
