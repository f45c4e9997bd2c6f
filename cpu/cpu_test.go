package cpu_test

import (
	"context"
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"losscape/cpu"
)

// random returns a problem of n samples of d features with both labels.
func random(seed uint64, n, d int) *cpu.Problem {
	r := rand.New(rand.NewPCG(seed, 1))
	p := &cpu.Problem{X: mat.NewDense(n, d, nil), Y: make([]float64, n)}
	for i := range n {
		p.Y[i] = float64(i % 2)
		for j := range d {
			p.X.Set(i, j, r.NormFloat64()+2*p.Y[i]-1)
		}
	}
	return p
}

func relative(got, want float64) float64 {
	if got == want {
		return 0
	}
	return math.Abs(got-want) / math.Abs(want)
}

// bits is enough to tell 1 + e^−600 from 1, and its log from e^−600.
const bits = 1000

// bigExp returns e^x to nearly that many bits.
func bigExp(x float64) *big.Float {
	const halvings = 24
	t := new(big.Float).SetPrec(bits).SetFloat64(math.Ldexp(x, -halvings))
	sum := new(big.Float).SetPrec(bits).SetInt64(1)
	term := new(big.Float).SetPrec(bits).SetInt64(1)
	for k := int64(1); k < 60; k++ {
		term.Mul(term, t)
		term.Quo(term, new(big.Float).SetInt64(k))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

// bigLog returns log x of a float near 1 or not, by Newton's method.
func bigLog(x *big.Float) float64 {
	f, _ := x.Float64()
	y := math.Log(f)
	// log x = y + log(x e^−y), and x e^−y − 1 is tiny.
	r := new(big.Float).SetPrec(bits).Mul(x, bigExp(-y))
	r.Sub(r, big.NewFloat(1))
	d, _ := r.Float64()
	return y + math.Log1p(d)
}

// exactLoss returns −log(σ(t) + eps) from bits-wide arithmetic.
func exactLoss(t, eps float64) float64 {
	one := new(big.Float).SetPrec(bits).SetInt64(1)
	e := bigExp(-t)
	p := new(big.Float).SetPrec(bits).Quo(one, e.Add(e, one))
	p.Add(p, new(big.Float).SetFloat64(eps))
	return -bigLog(p)
}

func TestLogLoss(t *testing.T) {
	margins := []float64{0, 1e-300, 1e-9, 0.1, 0.5, 1, 2, 5, 10, 17, 30, 33, 34.5, 36, 37, 50, 100, 600}
	for _, eps := range []float64{0, 1e-15, 1e-6, 0.3, 1} {
		for _, m := range margins {
			for _, z := range []float64{m, -m} {
				want := exactLoss(z, eps)
				got := cpu.LogLoss(z, eps)
				// Where eps and σ(−z) cancel, the loss is their
				// difference and only as good as they are.
				abs := 1e-15 * math.Min(eps, 1)
				if math.Abs(got-want) > 4e-16*math.Abs(want)+abs {
					t.Errorf("LogLoss(%v, %v) = %v, want %v (relative %.2g)", z, eps, got, want, relative(got, want))
				}
			}
		}
	}
}

// TestExtremeMargins checks the limits: far on the wrong side the loss is the
// margin or −log eps, far on the right side it is e^−z − eps.
func TestExtremeMargins(t *testing.T) {
	inf := math.Inf(1)
	tests := []struct{ t, eps, want float64 }{
		{-1e4, 0, 1e4},
		{-1e300, 0, 1e300},
		{-inf, 0, inf},
		{700, 0, math.Exp(-700)},
		{1e4, 0, 0},
		{inf, 0, 0},
		{-1e4, 1e-15, -math.Log(1e-15)},
		{-inf, 1e-15, -math.Log(1e-15)},
		{1e4, 1e-15, -1e-15},
		{inf, 1e-15, -1e-15},
	}
	for _, tt := range tests {
		if got := cpu.LogLoss(tt.t, tt.eps); relative(got, tt.want) > 1e-15 {
			t.Errorf("LogLoss(%v, %v) = %v, want %v", tt.t, tt.eps, got, tt.want)
		}
	}
	if got := cpu.LogLoss(math.NaN(), 0); !math.IsNaN(got) {
		t.Errorf("LogLoss(NaN, 0) = %v", got)
	}
	for _, z := range []float64{0, 1, 20, 36, 40, 700, 745, 1e4, inf} {
		p, q := cpu.Sigmoid(z), cpu.Sigmoid(-z)
		if z <= 700 && relative(q, math.Exp(-z)*p) > 1e-15 {
			t.Errorf("σ(−%v) = %v, want e^−z σ(z) = %v", z, q, math.Exp(-z)*p)
		}
		if p < 0.5 || p > 1 || q < 0 || q > 0.5 || math.Abs(p+q-1) > 0x1p-53 {
			t.Errorf("σ(±%v) = %v, %v", z, p, q)
		}
	}
}

// TestGradient compares with central differences of the loss without eps.
func TestGradient(t *testing.T) {
	for _, d := range []int{1, 2, 5} {
		p := random(uint64(d), 2500, d) // more than two blocks of the sum
		p.L2 = 0.1
		w := make([]float64, d+1)
		for j := range w {
			w[j] = 0.7 - 0.4*float64(j)
		}
		got := p.Gradient(nil, w)
		const h = 1e-5
		for j := range w {
			v := slices.Clone(w)
			v[j] = w[j] + h
			up := p.Loss(v)
			v[j] = w[j] - h
			want := (up - p.Loss(v)) / (2 * h)
			if math.Abs(got[j]-want) > 1e-9 {
				t.Errorf("D=%d: derivative %d is %v, differences give %v", d, j, got[j], want)
			}
		}
		same, loss := p.LossGradient(make([]float64, d+1), w, p.L2)
		if !slices.Equal(same, got) || loss != p.Loss(w) {
			t.Errorf("D=%d: LossGradient differs from Gradient and Loss", d)
		}
		// The gradient leaves eps out.
		p.Eps = 1e-3
		if !slices.Equal(p.Gradient(nil, w), got) {
			t.Errorf("D=%d: eps moves the gradient", d)
		}
	}
}

// TestHessian compares with central differences of the gradient.
func TestHessian(t *testing.T) {
	p := random(3, 300, 3)
	p.L2 = 0.2
	w := []float64{0.3, -0.5, 1, 0.2}
	h := p.Hessian(w)
	const step = 1e-5
	for j := range w {
		v := slices.Clone(w)
		v[j] = w[j] + step
		up := p.Gradient(nil, v)
		v[j] = w[j] - step
		down := p.Gradient(nil, v)
		for i := range w {
			if want := (up[i] - down[i]) / (2 * step); math.Abs(h.At(i, j)-want) > 1e-9 {
				t.Errorf("Hessian[%d,%d] = %v, differences give %v", i, j, h.At(i, j), want)
			}
		}
	}
}

// TestStabilityLimit checks a known property of the notebook's first data
// set: gradient descent is stable at its minimum up to a learning rate of
// 2/λ = 19.165, and just above it is not.
func TestStabilityLimit(t *testing.T) {
	p := readNotebook(t, "one-mode").problem()
	p.Eps = 0
	run := cpu.Run{Optimizer: "gd", LR: 15, Start: []float64{-1, -1}, Steps: 400}
	traj, err := p.Descend(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	minimum := traj.At(run.Steps)
	if g := mat.Norm(mat.NewVecDense(2, p.Gradient(nil, minimum)), 2); g > 1e-14 {
		t.Fatalf("gradient %v at the end of the run", g)
	}
	var eig mat.EigenSym
	if !eig.Factorize(p.Hessian(minimum), false) {
		t.Fatal("no eigenvalues")
	}
	limit := 2 / slices.Max(eig.Values(nil))
	if math.Abs(limit-19.165) > 5e-4 {
		t.Errorf("2/λ = %v, want 19.165", limit)
	}
	for _, lr := range []float64{0.99 * limit, 1.01 * limit} {
		run := cpu.Run{Optimizer: "gd", LR: lr, Start: []float64{minimum[0] + 1e-3, minimum[1]}, Steps: 2000}
		traj, err := p.Descend(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		end := traj.At(run.Steps)
		far := math.Hypot(end[0]-minimum[0], end[1]-minimum[1])
		if stable := far < 1e-6; stable != (lr < limit) {
			t.Errorf("lr %v (limit %v) ends %v from the minimum", lr, limit, far)
		}
	}
}

// TestL2Term checks that L2 adds (L2/2)|w|², bias included, to a landscape and
// to a loss alike.
func TestL2Term(t *testing.T) {
	p := random(5, 40, 2)
	w := []float64{1, -2, 3}
	bare := p.Loss(w)
	if got, want := p.LossL2(w, 0.5), bare+0.25*14; relative(got, want) > 1e-15 {
		t.Errorf("loss with l2 is %v, want %v", got, want)
	}
	p.L2 = 0.5
	pl := cpu.Plane{Origin: []float64{0.5, 0, 3}, D1: []float64{1, 0.5, 0}, D2: []float64{0, 1, -1}}
	g := cpu.Grid{X: cpu.Axis{Min: -3, Max: 2, N: 7}, Y: cpu.Axis{Min: 0, Max: 1, N: 5}}
	l, err := p.Landscape(t.Context(), pl, g, nil)
	if err != nil {
		t.Fatal(err)
	}
	for j := range g.Y.N {
		for i := range g.X.N {
			want := p.Loss(pl.At(nil, g.X.At(i), g.Y.At(j)))
			if got := l.Loss[j*g.X.N+i]; relative(got, want) > 1e-14 {
				t.Errorf("landscape[%d,%d] = %v, want %v", j, i, got, want)
			}
		}
	}
}

func TestAxis(t *testing.T) {
	a := cpu.Axis{Min: -10, Max: 10, N: 100}
	if a.At(0) != -10 || a.At(99) != 10 {
		t.Errorf("ends %v, %v", a.At(0), a.At(99))
	}
	// numpy.linspace(-10, 10, 100)[[1, 50, 98]]
	for i, want := range map[int]float64{1: -9.797979797979798, 50: 0.10101010101010033, 98: 9.7979797979798} {
		if got := a.At(i); got != want {
			t.Errorf("At(%d) = %v, want %v", i, got, want)
		}
	}
	if one := (cpu.Axis{Min: 3, Max: 5, N: 1}); one.At(0) != 3 || one.Step() != 0 {
		t.Errorf("axis of one value: At(0) = %v, Step = %v", one.At(0), one.Step())
	}
	nan, inf := math.NaN(), math.Inf(1)
	for _, bad := range []cpu.Axis{
		{-1, 1, 0}, {-1, 1, -5}, {1, 1, 2}, {1, -1, 2}, {nan, 1, 2}, {0, nan, 2}, {-inf, 1, 2}, {0, inf, 1},
		{-math.MaxFloat64, math.MaxFloat64, 2},
	} {
		if bad.Validate() == nil {
			t.Errorf("%+v is valid", bad)
		}
	}
	for _, good := range []cpu.Axis{a, {3, 3, 1}, {3, 5, 1}, {0, 1, 2}} {
		if err := good.Validate(); err != nil {
			t.Errorf("%+v: %v", good, err)
		}
	}
	huge := cpu.Grid{X: cpu.Axis{Min: 0, Max: 1, N: math.MaxInt / 2}, Y: a}
	if huge.Validate() == nil {
		t.Error("a grid that cannot be indexed is valid")
	}
}

func TestPlane(t *testing.T) {
	pl := cpu.Plane{Origin: []float64{1, 2, 3, 4}, D1: []float64{1, 1, 0, 2}, D2: []float64{0, 3, -1, 1}}
	if err := pl.Validate(4); err != nil {
		t.Fatal(err)
	}
	w := pl.At(nil, 1.5, -2)
	if want := []float64{2.5, -2.5, 5, 5}; !slices.Equal(w, want) {
		t.Errorf("At = %v, want %v", w, want)
	}
	a, b, dist := pl.Coordinates(w)
	if math.Abs(a-1.5) > 1e-14 || math.Abs(b+2) > 1e-14 || dist > 1e-14 {
		t.Errorf("Coordinates = %v, %v, %v", a, b, dist)
	}
	// (1, −1, −3, 0) is orthogonal to both directions.
	for k, n := range []float64{1, -1, -3, 0} {
		w[k] += 2 * n
	}
	a, b, dist = pl.Coordinates(w)
	if math.Abs(a-1.5) > 1e-14 || math.Abs(b+2) > 1e-14 || relative(dist, 2*math.Sqrt(11)) > 1e-14 {
		t.Errorf("off the plane: Coordinates = %v, %v, %v, want 1.5, -2, %v", a, b, dist, 2*math.Sqrt(11))
	}

	zero := make([]float64, 4)
	for name, bad := range map[string]cpu.Plane{
		"short":    {Origin: zero[:3], D1: pl.D1, D2: pl.D2},
		"zero d1":  {Origin: zero, D1: zero, D2: pl.D2},
		"zero d2":  {Origin: zero, D1: pl.D1, D2: zero},
		"parallel": {Origin: zero, D1: pl.D1, D2: []float64{-3, -3, 0, -6}},
		"NaN":      {Origin: zero, D1: []float64{math.NaN(), 0, 0, 1}, D2: pl.D2},
	} {
		if bad.Validate(4) == nil {
			t.Errorf("%s: valid", name)
		}
	}
	if a, b, d := (cpu.Plane{Origin: zero, D1: pl.D1, D2: pl.D1}).Coordinates(w); !math.IsNaN(a + b + d) {
		t.Errorf("parallel directions: Coordinates = %v, %v, %v, want NaN", a, b, d)
	}
}

// TestProject checks that margins along a plane are those of its weights.
func TestProject(t *testing.T) {
	p := random(7, 30, 3)
	pl := cpu.Plane{Origin: []float64{1, 2, 3, 4}, D1: []float64{1, 1, 0, 2}, D2: []float64{0, 3, -1, 1}}
	a, u, v, s := p.Project(pl)
	w := pl.At(nil, 0.3, -0.8)
	for i := range p.N() {
		z := w[3]
		for j := range 3 {
			z += w[j] * p.X.At(i, j)
		}
		if got := a[i] + 0.3*u[i] - 0.8*v[i]; math.Abs(got-z) > 1e-13 {
			t.Errorf("sample %d: z = %v, want %v", i, got, z)
		}
		if s[i] != 2*p.Y[i]-1 {
			t.Errorf("sample %d: s = %v", i, s[i])
		}
	}
}

func TestProblemValidate(t *testing.T) {
	good := random(1, 4, 2)
	if err := good.Validate(); err != nil || good.N() != 4 || good.Dim() != 3 {
		t.Fatalf("N %d, Dim %d, %v", good.N(), good.Dim(), err)
	}
	tests := []struct {
		want string
		mess func(p *cpu.Problem)
	}{
		{"no samples", func(p *cpu.Problem) { p.X = nil }},
		{"no samples", func(p *cpu.Problem) { p.X = new(mat.Dense) }},
		{"4 samples but 3 labels", func(p *cpu.Problem) { p.Y = p.Y[:3] }},
		{"label of sample 2 is -1", func(p *cpu.Problem) { p.Y[2] = -1 }},
		{"label of sample 0 is NaN", func(p *cpu.Problem) { p.Y[0] = math.NaN() }},
		{"feature 1 of sample 3 is +Inf", func(p *cpu.Problem) { p.X.Set(3, 1, math.Inf(1)) }},
		{"eps is -1", func(p *cpu.Problem) { p.Eps = -1 }},
		{"eps is NaN", func(p *cpu.Problem) { p.Eps = math.NaN() }},
		{"l2 is -0.5", func(p *cpu.Problem) { p.L2 = -0.5 }},
		{"l2 is +Inf", func(p *cpu.Problem) { p.L2 = math.Inf(1) }},
	}
	for _, tt := range tests {
		p := random(1, 4, 2)
		tt.mess(p)
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
}

// TestFreeze wants frozen samples to be looked at once, and others every time.
func TestFreeze(t *testing.T) {
	p := random(1, 4, 2)
	if err := p.Freeze(); err != nil {
		t.Fatal(err)
	}
	q := *p
	x := p.X.At(0, 0)
	p.X.Set(0, 0, math.NaN()) // against the promise
	if err := q.Validate(); err != nil {
		t.Errorf("frozen samples are looked at again: %v", err)
	}
	r := q
	r.X, r.Y = mat.DenseCopyOf(p.X), slices.Clone(p.Y)
	if err := r.Validate(); err == nil {
		t.Error("other samples are taken for the frozen ones")
	}
	p.X.Set(0, 0, x)
	q.L2 = -1
	if err := q.Validate(); err == nil {
		t.Error("l2 is frozen")
	}
	p.Y[1] = 2
	if err := p.Freeze(); err == nil || p.Validate() == nil {
		t.Error("frozen again, it is not looked at")
	}
	bad := random(1, 4, 2)
	bad.Y[3] = 2
	if bad.Freeze() == nil || bad.Validate() == nil {
		t.Error("what is not valid is frozen")
	}
}

func TestLandscapeProgress(t *testing.T) {
	p := random(1, 3, 1)
	g := cpu.Grid{X: cpu.Axis{Min: -1, Max: 1, N: 6}, Y: cpu.Axis{Min: -1, Max: 1, N: 11}}
	var calls []int
	_, err := p.Landscape(t.Context(), cpu.CoordinatePlane(2, 0, 1), g, func(done, total int) {
		if total != 66 {
			t.Errorf("total %d, want 66", total)
		}
		calls = append(calls, done)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(calls) != 11 || !slices.IsSorted(calls) || calls[10] != 66 {
		t.Errorf("progress %v", calls)
	}
}

// TestCancel checks that a cancelled context ends the work with its error.
func TestCancel(t *testing.T) {
	p := random(1, 1000, 1)
	big := cpu.Axis{Min: -1, Max: 1, N: 100000}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := p.Landscape(ctx, cpu.CoordinatePlane(2, 0, 1), cpu.Grid{X: cpu.Axis{Min: -1, Max: 1, N: 10}, Y: big}, func(int, int) { cancel() })
	if err != context.Canceled {
		t.Errorf("Landscape: %v", err)
	}
	run := cpu.Run{Optimizer: "gd", LR: 1, Start: []float64{0, 0}, Steps: 1000}
	if _, err := p.Descend(ctx, run); err != context.Canceled {
		t.Errorf("Descend: %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	_, err = p.DescendAll(ctx, slices.Repeat([]cpu.Run{run}, 10000), func(int, int) { cancel() })
	if err != context.Canceled {
		t.Errorf("DescendAll: %v", err)
	}
}

func TestLandscapeRange(t *testing.T) {
	l := cpu.Landscape{Loss: []float64{3, math.NaN(), -1, math.Inf(1), 2}}
	if lo, hi, bad := l.Range(); lo != -1 || hi != 3 || bad != 2 {
		t.Errorf("Range = %v, %v, %d", lo, hi, bad)
	}
	l.Loss = l.Loss[1:2]
	if lo, hi, bad := l.Range(); !math.IsNaN(lo) || !math.IsNaN(hi) || bad != 1 {
		t.Errorf("no finite loss: Range = %v, %v, %d", lo, hi, bad)
	}
}

// Gradients whose squares leave float64 are refused where they are squared.
func TestSquaresBeyondFloat64(t *testing.T) {
	p := &cpu.Problem{X: mat.NewDense(2, 1, []float64{1e200, -1e200}), Y: []float64{1, 0}}
	for _, name := range cpu.Optimizers() {
		r := cpu.DefaultRun(name)
		r.Start, r.Steps = []float64{0, 0}, 3
		if err := p.ValidateRun(r); (err == nil) != (r.Epsilon == 0) {
			t.Errorf("%s on features of 1e200: %v", name, err)
		}
		q := &cpu.Problem{X: mat.NewDense(2, 1, []float64{1, -1}), Y: p.Y}
		r.L2 = 1e200
		if err := q.ValidateRun(r); (err == nil) != (r.Epsilon == 0) {
			t.Errorf("%s with l2 1e200: %v", name, err)
		}
	}
}

func TestRunValidate(t *testing.T) {
	good := cpu.Run{Optimizer: "gd", LR: 1, Start: []float64{0, 0}, Steps: 3}
	tests := []struct {
		want string
		mess func(r *cpu.Run)
	}{
		{"learning rate is 0", func(r *cpu.Run) { r.LR = 0 }},
		{"learning rate is NaN", func(r *cpu.Run) { r.LR = math.NaN() }},
		{"learning rate is +Inf", func(r *cpu.Run) { r.LR = math.Inf(1) }},
		{"l2 is -1", func(r *cpu.Run) { r.L2 = -1 }},
		{"start has 3 weights, want 2", func(r *cpu.Run) { r.Start = make([]float64, 3) }},
		{"want finite weights", func(r *cpu.Run) { r.Start = []float64{0, math.Inf(-1)} }},
		{"-1 steps", func(r *cpu.Run) { r.Steps = -1 }},
		{"fits into memory", func(r *cpu.Run) { r.Steps = math.MaxInt }},
		{`unknown optimizer "sgd", want one of: gd`, func(r *cpu.Run) { r.Optimizer = "sgd" }},
	}
	p := random(1, 4, 1)
	for _, tt := range tests {
		r := good
		tt.mess(&r)
		_, err := p.DescendAll(t.Context(), []cpu.Run{good, r}, nil)
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "run 1: ") {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
	r := good
	r.Optimizer = "adagard"
	_, err := p.Descend(t.Context(), r)
	var unknown *cpu.UnknownOptimizerError
	if !errors.As(err, &unknown) || unknown.Name != "adagard" || !slices.Equal(unknown.Known, cpu.Optimizers()) {
		t.Errorf("error %#v", err)
	}
}

// TestDiverged checks that a run whose weights overflow says so, and that
// what follows is NaN.
func TestDiverged(t *testing.T) {
	p := random(2, 10, 1)
	r := cpu.Run{Optimizer: "gd", LR: 10, L2: 1e100, Start: []float64{1, 1}, Steps: 20}
	traj, err := p.Descend(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if traj.Status != cpu.Diverged || traj.Status.String() != "diverged" {
		t.Fatalf("status %v", traj.Status)
	}
	for k := range r.Steps + 1 {
		w := traj.At(k)
		// |w| grows by 1e101 a step: step 4 overflows.
		if bad := math.IsNaN(w[0]) && math.IsNaN(w[1]); bad != (k >= 4) {
			t.Errorf("step %d: %v", k, w)
		}
		if k >= 4 && !math.IsNaN(traj.Loss[k]) {
			t.Errorf("step %d: loss %v", k, traj.Loss[k])
		}
	}
}

// TestDescendAll checks that runs come back in order and as Descend gives
// them, one step or none included.
func TestDescendAll(t *testing.T) {
	p := random(4, 50, 2)
	p.L2 = 9 // not the runs'
	var runs []cpu.Run
	for i := range 17 {
		runs = append(runs, cpu.Run{Optimizer: "gd", LR: 0.1 * float64(i+1), L2: 0.01 * float64(i), Start: []float64{1, 0, -1}, Steps: i})
	}
	last := 0
	all, err := p.DescendAll(t.Context(), runs, func(done, total int) {
		if done != last+1 || total != len(runs) {
			t.Errorf("progress %d of %d after %d", done, total, last)
		}
		last = done
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range runs {
		one, err := p.Descend(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(all[i].Weights, one.Weights) || !slices.Equal(all[i].Loss, one.Loss) {
			t.Errorf("run %d differs", i)
		}
		if got, want := one.Loss[r.Steps], p.LossL2(one.At(r.Steps), r.L2); got != want {
			t.Errorf("run %d: last loss %v, want %v", i, got, want)
		}
	}
	if none, err := p.DescendAll(t.Context(), nil, nil); err != nil || len(none) != 0 {
		t.Errorf("no runs: %v, %v", none, err)
	}
}

func TestCoordinateOf(t *testing.T) {
	for _, c := range []struct {
		d    []float64
		want int
	}{{[]float64{1, 0}, 0}, {[]float64{0, 0, 1}, 2}, {[]float64{0, 0}, -1}, {[]float64{1, 1}, -1}, {[]float64{0, 2}, -1}} {
		if got := cpu.CoordinateOf(c.d); got != c.want {
			t.Errorf("%v is along %d, want %d", c.d, got, c.want)
		}
	}
}

// TestDescendDisturbed holds a run that is not disturbed to Descend, and one whose every
// step is off to being so.
func TestDescendDisturbed(t *testing.T) {
	p := random(1, 60, 1)
	r := cpu.DefaultRun("adam")
	r.LR, r.Start, r.Steps = 0.1, []float64{-1, -1}, 20
	want, err := p.Descend(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	var steps []int
	same, err := p.DescendDisturbed(t.Context(), r, func(k int, w []float64) { steps = append(steps, k) })
	if err != nil || !slices.Equal(same.Weights, want.Weights) || !slices.Equal(same.Loss, want.Loss) {
		t.Errorf("a run that is left alone differs, or %v", err)
	}
	if len(steps) != 20 || steps[0] != 1 || steps[19] != 20 {
		t.Errorf("called after the updates %v, want 1 to 20", steps)
	}
	off, err := p.DescendDisturbed(t.Context(), r, func(_ int, w []float64) { w[0] += 1e-9 })
	if err != nil {
		t.Fatal(err)
	}
	for k := range r.Steps {
		if d := off.At(k + 1)[0] - want.At(k + 1)[0]; !(d > 0 && d < 1e-6) {
			t.Errorf("after %d updates the weight is off by %v", k+1, d)
		}
	}
	stop, err := p.DescendDisturbed(t.Context(), r, func(k int, w []float64) { w[0] = math.Inf(1) })
	if err != nil || stop.Status != cpu.Diverged {
		t.Errorf("weights that are not finite: %v, %v, want a run that diverged", stop.Status, err)
	}
}
