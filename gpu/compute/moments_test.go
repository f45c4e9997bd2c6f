package compute

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"losscape/cpu"
	"losscape/cpu/agree"

	"gonum.org/v1/gonum/mat"
)

// cellsOf returns the cells of a problem's samples.
func cellsOf(t *testing.T, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, fine fineness) *cells {
	t.Helper()
	s := source{p, pl}
	where, err := s.spread(g.X.Max, g.Y.Max)
	if err != nil {
		t.Fatal(err)
	}
	return s.cells(where, g, fine, p.N())
}

// folded returns a problem's samples in a plane.
func folded(p *cpu.Problem, pl cpu.Plane) *sampleSet {
	a, u, v, s := p.Project(pl)
	for i, si := range s {
		a[i], u[i], v[i] = a[i]*si, u[i]*si, v[i]*si
	}
	return &sampleSet{a: a, u: u, v: v, w: p.SampleWeight}
}

// meanOf is the mean loss, and the mean gradient in the plane, of samples with weights.
func meanOf(s *sampleSet, alpha, beta, eps float64) (loss, du, dv float64) {
	var n float64
	for i := range s.a {
		m := s.a[i] + alpha*s.u[i] + beta*s.v[i]
		w := 1.0
		if s.w != nil {
			w = s.w[i]
		}
		n += w
		loss += w * cpu.LogLoss(m, eps)
		sigma := w * cpu.Sigmoid(-m)
		du += sigma * s.u[i]
		dv += sigma * s.v[i]
	}
	return loss / n, du / n, dv / n
}

// Points keep the loss within the bound everywhere on the grid, and the gradient, whatever
// the samples are like: dense, few values, outliers, far from 0.
func TestCellsKeepTheLoss(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	r := rand.New(rand.NewPCG(5, 6))
	tilt := cpu.Plane{Origin: []float64{0.7, -0.2}, D1: []float64{1.3, 0.4}, D2: []float64{-0.5, 0.9}}
	for name, x := range map[string]func(i int) float64{
		"gaussian": func(i int) float64 { return r.NormFloat64() + 2*float64(i%2) - 1 },
		"integers": func(i int) float64 { return float64(r.IntN(7)) - 2 },
		"outliers": func(i int) float64 {
			if i%300 == 0 {
				return 1e4 * r.NormFloat64()
			}
			return r.NormFloat64()
		},
		"one value": func(i int) float64 { return 0.3 },
		"close":     func(i int) float64 { return 1 + 1e-9*r.NormFloat64() },
		"edges":     func(i int) float64 { return math.Round(r.Float64()) * (1 + 1e-7*r.Float64()) },
		"separable": func(i int) float64 { return 3*(2*float64(i%2)-1) + 0.5*r.NormFloat64() },
		"weights":   func(i int) float64 { return r.NormFloat64() + 2*float64(i%2) - 1 },
	} {
		p := &cpu.Problem{X: mat.NewDense(1500, 1, nil), Y: make([]float64, 1500)}
		for i := range p.Y {
			p.Y[i] = float64(i % 2)
			p.X.Set(i, 0, x(i))
		}
		if name == "weights" {
			weights := make([]float64, p.N())
			for i := range weights {
				weights[i] = math.Pow(10, 6*r.Float64())
			}
			if err := p.Weigh(weights); err != nil {
				t.Fatal(err)
			}
		}
		keepTheRuns(t, name, p)
		for _, pl := range []cpu.Plane{slopeAndBias(2), tilt} {
			for _, half := range []float64{1e-3, 0.5, 8} {
				s := folded(p, pl)
				g := square(half, 5)
				c := cellsOf(t, p, pl, g, ofLandscapes)
				if c == nil {
					t.Errorf("%s ±%g: no cells", name, half)
					continue
				}
				var worst, worstGradient float64
				var size float64
				for i := range s.u {
					size += math.Hypot(s.u[i], s.v[i]) / float64(p.N())
				}
				for _, eps := range []float64{0, 1e-15, 1e-3} {
					for j := range g.Size() {
						alpha, beta := g.X.At(j%5), g.Y.At(j/5)
						want, du, dv := meanOf(s, alpha, beta, eps)
						got, gu, gv := meanOf(&c.sampleSet, alpha, beta, eps)
						worst = max(worst, math.Abs(got-want)/(math.Abs(want)+eps))
						worstGradient = max(worstGradient, math.Hypot(gu-du, gv-dv)/size)
					}
				}
				if worst > ofLandscapes.error+maxOffLine || c.len() > 1200 {
					t.Errorf("%s ±%g: %d points, off by %g", name, half, c.len(), worst)
				}
				if c.gradient > ofLandscapes.error || worstGradient > c.gradient+maxOffLine {
					t.Errorf("%s ±%g: gradient off by %g, bound %g", name, half, worstGradient, c.gradient)
				}
			}
		}
	}
}

// keepTheRuns is the like for the weights of runs. In double precision what rounding takes counts, too.
func keepTheRuns(t *testing.T, name string, p *cpu.Problem) {
	t.Helper()
	pl := slopeAndBias(2)
	s := folded(p, pl)
	for precision, fine := range ofRuns {
		for _, half := range []float64{0.5, 8} {
			g := square(half, 3)
			c := cellsOf(t, p, pl, g, fine)
			if c == nil && precision == Double {
				continue // as many points as samples
			}
			if c == nil {
				t.Errorf("%s ±%g %v: no cells", name, half, precision)
				continue
			}
			var worst, worstGradient float64
			for j := range g.Size() {
				for _, eps := range []float64{0, 1e-3} {
					alpha, beta := g.X.At(j%3), g.Y.At(j/3)
					want, du, dv := meanOf(s, alpha, beta, eps)
					got, gu, gv := meanOf(&c.sampleSet, alpha, beta, eps)
					worst = max(worst, math.Abs(got-want)/(math.Abs(want)+eps))
					worstGradient = max(worstGradient, math.Hypot(gu-du, gv-dv)/c.size)
				}
			}
			const rounding = 1500 * 0x1p-53 // of sums as they are here
			if worst > fine.error+rounding || worstGradient > c.gradient+rounding {
				t.Errorf("%s ±%g %v: %d points, loss off by %g, gradient by %g, bounds %g and %g", name, half, precision, c.len(), worst, worstGradient, fine.error, c.gradient)
			}
		}
	}
}

// TestPointsInSweeps has runs that stay in the first box, that leave it and come back, and that leave
// all boxes: what they come to is what they come to by all samples, accuracies to the last sample,
// recorded states included.
func TestPointsInSweeps(t *testing.T) {
	e := engine(t)
	p := ordinary(3001, 1)
	base := cpu.Run{Optimizer: "gd", LR: 1, Start: []float64{0, 0.3}, Steps: 12}
	s := cpu.Sweep{Base: base, Over: []cpu.Param{{Name: "lr", Values: []float64{0.5, 20, 1e6}}, {Name: "w1", Values: []float64{0, 30, 1e3}}}}
	set := cpu.Settings{Every: 5}
	m := e.momentsOf(p, s, set)
	first := m.next()
	if first == nil || first.p.N() > p.N()/fewerPoints || !(first.box > 1 && first.box < 30) {
		t.Fatalf("%+v", first)
	}
	got, err := e.Sweep(t.Context(), p, s, set, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := e.With(Choices{Exact: true}).Sweep(t.Context(), p, s, set, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got.N() {
		for j, w := range want.At(i) {
			if math.Abs(got.At(i)[j]-w) > 2e-4*(1+math.Abs(w)) {
				t.Errorf("run %d: %v, of all samples %v", i, got.At(i), want.At(i))
			}
		}
		if got.Accuracy[i] != p.Accuracy(got.At(i)) {
			t.Errorf("run %d: accuracy %v, want %v", i, got.Accuracy[i], p.Accuracy(got.At(i)))
		}
		if got.Status[i] != want.Status[i] || got.Steps[i] != want.Steps[i] {
			t.Errorf("run %d: %v after %d, of all samples %v after %d", i, got.Status[i], got.Steps[i], want.Status[i], want.Steps[i])
		}
	}
	for i, w := range want.Trajectories.W {
		if x := got.Trajectories.W[i]; math.IsNaN(x) != math.IsNaN(w) || math.Abs(x-w) > 2e-4*(1+math.Abs(w)) {
			t.Fatalf("recorded %v, of all samples %v", x, w)
		}
	}
	for what, none := range map[string]*moments{
		"exact":        e.With(Choices{Exact: true}).momentsOf(p, s, set),
		"few samples":  e.momentsOf(ordinary(999, 1), s, set),
		"two features": e.momentsOf(ordinary(3001, 2), s, set),
		"exponents":    e.momentsOf(p, s, cpu.Settings{Quantities: []string{cpu.ExponentName}}),
		"batches":      e.momentsOf(p, cpu.Sweep{Base: base, Over: []cpu.Param{{Name: "batch", Values: []float64{0, 10}}}}, set),
	} {
		if none != nil {
			t.Errorf("%s: points", what)
		}
	}
}

// TestLabels has the accuracy of weights of all signs, by weights of samples, too.
func TestLabels(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, weighted := range []bool{false, true} {
		p := ordinary(500, 1)
		for i := range p.N() { // some at the same place, and on the border
			p.X.Set(i, 0, math.Round(4*p.X.At(i, 0))/4)
		}
		if weighted {
			weights := make([]float64, p.N())
			for i := range weights {
				weights[i] = float64(1 + r.IntN(4))
			}
			if err := p.Weigh(weights); err != nil {
				t.Fatal(err)
			}
		}
		l := newLabels(p)
		for _, w := range [][]float64{{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {0, 0}, {2, 0.5}, {-2, 0.5}, {1e-3, 1}, {1e300, -1e300}, {-1e-300, 0}} {
			if got, want := l.accuracy(w), p.Accuracy(w); math.Abs(got-want) > 1e-14 || !weighted && got != want {
				t.Errorf("weighted %v: accuracy at %v is %v, want %v", weighted, w, got, want)
			}
		}
	}
}

// Samples are bound block by block, whose number no device limits.
func TestManyBlocksOfSamples(t *testing.T) {
	e := engine(t).With(Choices{Exact: true})
	for _, c := range []struct {
		n, features int
		pl          cpu.Plane
		half        float64
		kernel      string
	}{
		{300, 1, slopeAndBias(2), 10, "product"},
		{300, 3, cpu.CoordinatePlane(4, 0, 2), 0.1, "expansion"},
		{500, 1, slopeAndBias(2), 10, "direct"},
	} {
		e.tuning.block, e.tuning.compile, e.tuning.capacity = 37, 0, 1
		p, g := ordinary(c.n, c.features), square(c.half, 40)
		if c.kernel == "direct" {
			p.X.Set(3, 0, 70)
			p.X.Set(444, 0, -90)
		}
		kernel, _, err := e.LandscapeOps(p, c.pl, g)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(kernel, c.kernel) {
			t.Errorf("%s, want %s", kernel, c.kernel)
		}
		want, err := p.Landscape(t.Context(), c.pl, g, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := agree.Compare(download(t, e, p, c.pl, g), want.Loss, agree.Landscape(0)).Err(); err != nil {
			t.Errorf("%s: %v", kernel, err)
		}
	}
}

// Samples off a line have no cells.
func TestNoCellsOffALine(t *testing.T) {
	p := ordinary(4000, 2)
	if c := cellsOf(t, p, cpu.CoordinatePlane(3, 0, 1), square(1, 9), ofLandscapes); c != nil {
		t.Errorf("%d points", c.len())
	}
}
