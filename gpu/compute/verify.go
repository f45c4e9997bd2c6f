package compute

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"losscape/cpu"
	"losscape/cpu/agree"
	"losscape/gpu"

	"gonum.org/v1/gonum/mat"
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
)

// A Case is an operation on one shape and one kind of data.
type Case struct {
	Op    string // OpLandscape, OpRows, or OpGradient, OpWeights or OpSweep, which have rows for those below them
	Shape string
	Data  string

	problem func() *cpu.Problem
	plane   func(dim int) cpu.Plane
	grid    cpu.Grid
	options options
	runs    func(p *cpu.Problem) []cpu.Run
	sweep   func(p *cpu.Problem) (cpu.Sweep, cpu.Settings)
}

// A Row is what a case, or one of the results of a case, has come to.
type Row struct {
	Op, Shape, Data string
	Kernel          string // the variant of the kernel that was used
	Report          agree.Report
	OK              bool
	Err             error // what is wrong; nil if OK
	Duration        time.Duration
	Reference       time.Duration // that the CPU took
}

// MarshalJSON writes numbers that JSON does not know, such as infinities, as
// strings.
func (r Row) MarshalJSON() ([]byte, error) {
	number := func(x float64) any {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Sprint(x)
		}
		return x
	}
	message := ""
	if r.Err != nil {
		message = r.Err.Error()
	}
	g, t := r.Report, r.Report.Tolerance
	return json.Marshal(struct {
		Op        string  `json:"op"`
		Shape     string  `json:"shape"`
		Data      string  `json:"data"`
		Kernel    string  `json:"kernel"`
		OK        bool    `json:"ok"`
		Error     string  `json:"error,omitempty"`
		N         int     `json:"n"`
		NaN       int     `json:"nan"`
		Inf       int     `json:"inf"`
		Over      int     `json:"over"`
		MaxAbs    any     `json:"max_abs"`
		MaxRel    any     `json:"max_rel"`
		MaxULP    any     `json:"max_ulp"`
		NMSE      any     `json:"nmse"`
		Ratio     any     `json:"ratio"`
		Worst     int     `json:"worst"`
		Got       any     `json:"got"`
		Ref       any     `json:"ref"`
		Tolerance string  `json:"tolerance"`
		Why       string  `json:"why"`
		Seconds   float64 `json:"seconds"`
		Reference float64 `json:"reference_seconds"`
	}{r.Op, r.Shape, r.Data, r.Kernel, r.OK, message, g.N, g.NaN, g.Inf, g.Over,
		number(g.MaxAbs), number(g.MaxRel), number(g.MaxULP), number(g.NMSE), number(g.Ratio),
		g.Worst, number(g.Got), number(g.Ref), t.String(), t.Why, r.Duration.Seconds(), r.Reference.Seconds()})
}

// row makes a row of a report; err is what went wrong besides.
func row(op, shape, data, kernel string, r agree.Report, err error, took, ref time.Duration) Row {
	if err == nil {
		err = r.Err()
	}
	return Row{op, shape, data, kernel, r, err == nil, err, took, ref}
}

// TrajectoryLoss is the tolerance for the float32 losses of a run of a few
// hundred steps that converges.
func TrajectoryLoss(clamp float64) agree.Tolerance {
	return agree.Tolerance{
		Name: "trajectory loss",
		Rel:  1e-4,
		Abs:  2e-5*clamp + 0x1p-126,
		Why: "The weights are within 1e-4 (see trajectory) in the worst case and some 1e-6 in practice. A loss changes by the gradient times " +
			"their change: by less than that relatively while the gradient's product with the weights is no larger than the loss, and by a " +
			"second-order term at a minimum. The loss at given weights is within 1e-5 as in a landscape, and so is the clamp's part.",
	}
}

// meanSize returns the mean of |(x, 1)| over the samples.
func meanSize(p *cpu.Problem) float64 {
	var size float64
	for i := range p.N() {
		s := 1.0
		for _, x := range p.X.RawRowView(i) {
			s += x * x
		}
		size += math.Sqrt(s)
	}
	return size / float64(p.N())
}

// stepTolerance is the tolerance for one float32 step of run r: the weights
// after it against the reference's step from the recorded weights before it.
// size is the samples' meanSize.
func stepTolerance(r cpu.Run, size float64) agree.Tolerance {
	return agree.Tolerance{
		Name: "step",
		Rel:  4e-6,
		Abs:  4e-6 * r.LR * size,
		Why: "The recorded weights are rounded, and the margins with them: by some 2⁻²⁴ of the weights, which changes the gradient by that times " +
			"the Hessian; for learning rates up to some tens this is a few 2⁻²⁴ of the weights. The gradient, a mean of terms of at most |(x, 1)|, " +
			"is off by about 32·2⁻²⁴ = 2e-6 of their mean size (chunks of 32 samples in float32, compensated beyond), times the learning rate.",
	}
}

// Verify runs the cases, each against the CPU, and hands over the rows as they
// come. ok is whether all agree. err is for what keeps it from going on: ctx's
// error, or a lost device; a case that fails on its own is a row.
func (e *Engine) Verify(ctx context.Context, cases []Case, report func(Row)) (ok bool, err error) {
	ok = true
	for _, c := range cases {
		err := e.verify(ctx, c, func(r Row) {
			ok = ok && r.OK
			report(r)
		})
		if err != nil {
			return false, err
		}
	}
	return ok, nil
}

// VerifyProblem holds one problem's landscape, resident and by rows, and its
// runs against the CPU, as Verify does. Of a large grid some rows are compared.
func (e *Engine) VerifyProblem(ctx context.Context, name string, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, runs []cpu.Run, report func(Row)) (ok bool, err error) {
	c := Case{
		Shape:   fmt.Sprintf("n=%d %dx%d", p.N(), g.X.N, g.Y.N),
		Data:    name,
		problem: func() *cpu.Problem { return p },
		plane:   func(int) cpu.Plane { return pl },
		grid:    g,
		runs:    func(*cpu.Problem) []cpu.Run { return runs },
	}
	var cases []Case
	if limit := tileLimit(e.d.Caps.MaxStorageBytes)/4 - 2*guard; g.X.N <= limit/g.Y.N {
		c.Op = OpLandscape
		cases = append(cases, c)
	}
	c.Op = OpRows
	cases = append(cases, c)
	if len(runs) > 0 {
		c.Op = OpWeights
		c.Shape = fmt.Sprintf("n=%d %d runs", p.N(), len(runs))
		cases = append(cases, c)
	}
	return e.Verify(ctx, cases, report)
}

// fatal reports whether an error ends a verification.
func fatal(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || errors.Is(err, gpu.ErrLost) || errors.Is(err, gpu.ErrClosed))
}

func (e *Engine) verify(ctx context.Context, c Case, report func(Row)) error {
	p := c.problem()
	switch c.Op {
	case OpWeights:
		return e.verifyRuns(ctx, c, p, c.runs(p), report)
	case OpSweep:
		s, set := c.sweep(p)
		return e.verifySweep(ctx, c, p, s, set, report)
	}
	pl := c.plane(p.Dim())
	if c.Op == OpGradient {
		return e.verifyEvaluate(ctx, c, p, pl, report)
	}
	kernel := "?"
	if q, err := e.prepare(p, pl, c.grid, c.options); err == nil {
		kernel = q.String()
	}
	rows := sampleRows(p.N(), c.grid)
	start := time.Now()
	var got []float32
	var wrong error
	if c.Op == OpLandscape {
		got, wrong = e.guarded(ctx, p, pl, c.grid, c.options, rows)
	} else {
		got, wrong = e.collect(ctx, p, pl, c.grid, c.options, rows)
	}
	took := time.Since(start)
	if fatal(ctx, wrong) {
		return wrong
	}
	start = time.Now()
	ref, err := reference(ctx, p, pl, c.grid, rows)
	if err != nil {
		return err
	}
	tol := agree.Landscape(p.Clamp)
	report(row(c.Op, c.Shape, c.Data, kernel, agree.Compare(got, ref, tol), wrong, took, time.Since(start)))
	return nil
}

// String names the kernel that a plan uses, such as "K=64 product".
func (q *plan) String() string {
	s := fmt.Sprintf("K=%d product", q.k)
	if q.expansion {
		s = fmt.Sprintf("T=%d expansion", q.k)
	} else if q.excess {
		s = fmt.Sprintf("K=%d excess", q.k)
	}
	for _, f := range []struct {
		on   bool
		name string
	}{{q.recurrent < q.n, " direct"}, {q.variant.clamp, " clamp"}, {q.ridged, " ridge"}} {
		if f.on {
			s += f.name
		}
	}
	return s
}

// sampleRows are the rows of a grid to compare: all, or evenly spread ones where
// the reference would take too long.
func sampleRows(n int, g cpu.Grid) []int {
	const most = 1e8 // sample evaluations
	count := int(min(float64(g.Y.N), max(most/float64(n)/float64(g.X.N), 3)))
	rows := make([]int, count)
	for i := range rows {
		rows[i] = i
		if count > 1 {
			rows[i] = i * (g.Y.N - 1) / (count - 1)
		}
	}
	return rows
}

// reference computes rows of a grid on the CPU.
func reference(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, rows []int) ([]float64, error) {
	if len(rows) == g.Y.N {
		l, err := p.Landscape(ctx, pl, g, nil)
		if err != nil {
			return nil, err
		}
		return l.Loss, nil
	}
	var ref []float64
	for _, j := range rows {
		beta := g.Y.At(j)
		l, err := p.Landscape(ctx, pl, cpu.Grid{X: g.X, Y: cpu.Axis{Min: beta, Max: beta, N: 1}}, nil)
		if err != nil {
			return nil, err
		}
		ref = append(ref, l.Loss...)
	}
	return ref, nil
}

// guarded computes a resident landscape between sentinels and checks these; and
// once more as it is for users, whose field must have the same bytes and the
// range of its values.
func (e *Engine) guarded(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, opt options, rows []int) ([]float32, error) {
	all := make([]float32, g.Size())
	again := make([]float32, g.Size())
	for i, dst := range [][]float32{all, again} {
		around := guard * (1 - i)
		opt.around = around
		f, err := e.landscape(ctx, p, pl, g, opt, nil)
		if err != nil {
			return nil, err
		}
		err = e.d.Do(func() error {
			defer f.Close()
			if around > 0 {
				if err := checkGuards(f.Buffer, g.Size()); err != nil {
					return err
				}
			}
			return gpu.Download(f.Buffer, 4*around, dst)
		})
		if err != nil {
			return nil, err
		}
		if around > 0 {
			continue
		}
		want := *f
		want.SetRange(dst)
		if f.Min != want.Min || f.Max != want.Max || f.Masked != want.Masked {
			return nil, fmt.Errorf("compute: the field says %v to %v, %d masked; its values are %v to %v, %d masked",
				f.Min, f.Max, f.Masked, want.Min, want.Max, want.Masked)
		}
	}
	for i, v := range all {
		if math.Float32bits(v) != math.Float32bits(again[i]) {
			return nil, fmt.Errorf("compute: value %d is %v the first time, %v the second", i, v, again[i])
		}
	}
	var got []float32
	for _, j := range rows {
		got = append(got, all[j*g.X.N:(j+1)*g.X.N]...)
	}
	return got, nil
}

// collect computes rows of a landscape in tiles. The buffers of tiles always
// have sentinels.
func (e *Engine) collect(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, opt options, rows []int) ([]float32, error) {
	var got []float32
	next := 0
	err := e.landscapeRows(ctx, p, pl, g, opt, func(row int, values []float32) error {
		if row != next {
			return fmt.Errorf("compute: row %d came instead of row %d", row, next)
		}
		next++
		if len(rows) > 0 && rows[0] == row {
			got = append(got, values...)
			rows = rows[1:]
		}
		return nil
	}, nil)
	if err == nil && next != g.Y.N {
		err = fmt.Errorf("compute: %d rows came, want %d", next, g.Y.N)
	}
	return got, err
}

// verifyRuns compares the trajectories as far as they can be compared: where a
// run is chaotic, as it is with a large learning rate, an error grows from step to
// step until nothing agrees. So weights and losses are held against the
// reference up to the step where a change of the start, as large as the error of a
// step may be, has grown to a quarter of the tolerance. The steps row holds every
// step of every run of plain gradient descent against the reference's step from
// the same weights, whatever came before; other runs' steps depend on more than
// their weights.
func (e *Engine) verifyRuns(ctx context.Context, c Case, p *cpu.Problem, runs []cpu.Run, report func(Row)) error {
	start := time.Now()
	got, wrong := e.Descend(ctx, p, runs, nil)
	took := time.Since(start)
	if fatal(ctx, wrong) {
		return wrong
	}
	if wrong != nil {
		report(row(c.Op, c.Shape, c.Data, "", agree.Report{}, wrong, took, 0))
		return nil
	}
	start = time.Now()
	ref, err := p.DescendAll(ctx, runs, nil)
	if err != nil {
		return err
	}
	refTook := time.Since(start)
	size := meanSize(p)
	var sensitive [2][]*cpu.Trajectory
	for k := range sensitive {
		moved := make([]cpu.Run, len(runs))
		for i, r := range runs {
			moved[i] = r
			moved[i].Start = make([]float64, len(r.Start))
			for j, w := range r.Start {
				sign := float64(1 - 2*(j*k%2))
				moved[i].Start[j] = w + sign*2e-7*(math.Abs(w)+r.LR*size)
			}
		}
		if sensitive[k], err = p.DescendAll(ctx, moved, nil); err != nil {
			return err
		}
	}
	var weights, refWeights, losses, refLosses []float64
	var steps agree.Report
	dim := p.Dim()
	next := make([]float64, dim)
	for i, t := range got {
		n := min(horizon(ref[i], sensitive[0][i], agree.Trajectory.Rel/4), horizon(ref[i], sensitive[1][i], agree.Trajectory.Rel/4))
		weights = append(weights, t.Weights[:n*dim]...)
		refWeights = append(refWeights, ref[i].Weights[:n*dim]...)
		losses = append(losses, t.Loss[:n]...)
		refLosses = append(refLosses, ref[i].Loss[:n]...)

		if o, err := cpu.LookupOptimizer(runs[i].Optimizer); err != nil || o.Name != "gd" || runs[i].Batch > 0 {
			continue
		}
		var after, want []float64
		for k := 0; k < runs[i].Steps && !math.IsNaN(t.At(k + 1)[0]); k++ {
			w := t.At(k)
			grad, _ := p.LossGradient(next, w, runs[i].L2)
			after = append(after, t.At(k+1)...)
			for j := range grad {
				want = append(want, w[j]-runs[i].LR*grad[j])
			}
		}
		if len(after) > 0 {
			steps = worse(steps, agree.CompareVectors(after, want, dim, stepTolerance(runs[i], size)))
		}
	}
	for i := range got {
		if wrong == nil && got[i].Status != ref[i].Status {
			wrong = fmt.Errorf("compute: run %d: %v, reference %v", i, got[i].Status, ref[i].Status)
		}
	}
	kernel := e.variantOf(p, len(runs), runs[0], cpu.Settings{}).String()
	report(row(OpWeights, c.Shape, c.Data, kernel, agree.CompareVectors(weights, refWeights, dim, agree.Trajectory), wrong, took, refTook))
	report(row(OpLoss, c.Shape, c.Data, kernel, agree.Compare(losses, refLosses, TrajectoryLoss(p.Clamp)), wrong, took, refTook))
	if steps.N > 0 {
		report(row(OpStep, c.Shape, c.Data, kernel, steps, nil, took, refTook))
	}
	return nil
}

// horizon is the number of steps of a run that can be compared: those before
// its weights differ from those of a slightly different start by more than rel.
func horizon(a, b *cpu.Trajectory, rel float64) int {
	for k := range a.Loss {
		var diff, size float64
		for j, w := range a.At(k) {
			diff = math.Hypot(diff, w-b.At(k)[j])
			size = math.Hypot(size, w)
		}
		if !(diff <= rel*size) {
			return max(k, 1)
		}
	}
	return len(a.Loss)
}

// worse joins two reports: the counts of both, the measures of the worse.
func worse(a, b agree.Report) agree.Report {
	if a.N == 0 {
		return b
	}
	w := a
	if b.Ratio > a.Ratio {
		w = b
	}
	w.N, w.NaN, w.Inf, w.Over = a.N+b.N, a.NaN+b.NaN, a.Inf+b.Inf, a.Over+b.Over
	w.MaxAbs, w.MaxRel, w.MaxULP = max(a.MaxAbs, b.MaxAbs), max(a.MaxRel, b.MaxRel), max(a.MaxULP, b.MaxULP)
	w.NMSE = max(a.NMSE, b.NMSE)
	w.LenGot, w.LenRef = a.LenGot+b.LenGot, a.LenRef+b.LenRef
	return w
}

// A population is a kind of data.
type population struct {
	name string
	make func(n, features int) *cpu.Problem
}

// blobs are two Gaussian clouds of samples around ±centre along every feature.
func blobs(centre, std float64) func(n, features int) *cpu.Problem {
	return func(n, features int) *cpu.Problem {
		r := rand.New(rand.NewPCG(uint64(n), uint64(features)))
		p := &cpu.Problem{X: mat.NewDense(n, features, nil), Y: make([]float64, n)}
		for i := range n {
			y := float64(i % 2)
			p.Y[i] = y
			for j := range features {
				p.X.Set(i, j, centre*(2*y-1)+std*r.NormFloat64())
			}
		}
		return p
	}
}

func with(change func(p *cpu.Problem), base func(n, features int) *cpu.Problem) func(n, features int) *cpu.Problem {
	return func(n, features int) *cpu.Problem {
		p := base(n, features)
		change(p)
		return p
	}
}

func scaled(c float64) func(p *cpu.Problem) { return func(p *cpu.Problem) { p.X.Scale(c, p.X) } }

func clamped(c float64) func(p *cpu.Problem) { return func(p *cpu.Problem) { p.Clamp = c } }

var (
	ordinary  = population{"ordinary", blobs(1, 1)}
	separable = population{"separable", blobs(1, 0.1)}
	oneClass  = population{"one class", with(func(p *cpu.Problem) {
		for i := range p.Y {
			p.Y[i] = 1
		}
	}, blobs(1, 1))}
	ridged     = population{"l2=0.1", with(func(p *cpu.Problem) { p.L2 = 0.1 }, blobs(1, 1))}
	tinyClamps = population{"clamp=1e-15", with(clamped(1e-15), blobs(1, 1))}
	separated  = population{"separable clamp=1e-15", with(clamped(1e-15), blobs(1, 0.1))}
	bigClamps  = population{"clamp=1e-3 l2=0.01", with(func(p *cpu.Problem) { p.Clamp, p.L2 = 1e-3, 0.01 }, blobs(1, 1))}
	subnormal  = population{"clamp=1e-40", with(clamped(1e-40), blobs(1, 1))}
	outliers   = population{"outliers", with(func(p *cpu.Problem) {
		for i := 0; i < p.N(); i += 10 {
			p.X.Set(i, 0, 50*p.X.At(i, 0))
		}
	}, blobs(1, 1))}
	steep = population{"features to 1e4", with(func(p *cpu.Problem) {
		for i := 0; i < p.N(); i += 3 {
			p.X.Set(i, 0, 3e3*p.X.At(i, 0))
		}
	}, blobs(1, 1))}
	far  = population{"features to 1e12", with(scaled(1e12), blobs(1, 1))}
	tiny = population{"features of 1e-24", with(scaled(1e-24), blobs(1, 1))}

	strongRidge     = population{"l2=10", with(func(p *cpu.Problem) { p.L2 = 10 }, blobs(1, 1))}
	clampedOutliers = population{"outliers clamp=1e-15", with(clamped(1e-15), outliers.make)}
)

// slopeAndBias is the plane of the first feature's weight and the bias.
func slopeAndBias(dim int) cpu.Plane { return cpu.CoordinatePlane(dim, 0, dim-1) }

// slopeAround is slopeAndBias with the first feature's weight counted from x.
func slopeAround(x float64) func(dim int) cpu.Plane {
	return func(dim int) cpu.Plane {
		pl := slopeAndBias(dim)
		pl.Origin[0] = x
		return pl
	}
}

// tilted is a plane that goes through no origin and along no axis.
func tilted(dim int) cpu.Plane {
	r := rand.New(rand.NewPCG(uint64(dim), 7))
	pl := cpu.Plane{Origin: make([]float64, dim), D1: make([]float64, dim), D2: make([]float64, dim)}
	for i := range dim {
		pl.Origin[i], pl.D1[i], pl.D2[i] = 2*r.NormFloat64(), r.NormFloat64(), r.NormFloat64()
	}
	return pl
}

// Cases returns the table of what is verified on every device: operations, by
// shapes, friendly ones and primes, by kinds of data. go test runs it, and
// losscape verify.
func Cases() []Case {
	var cases []Case
	grid := func(half float64, nx, ny int) cpu.Grid {
		axis := func(n int) cpu.Axis {
			if n == 1 {
				return cpu.Axis{Min: half / 3, Max: half / 3, N: 1}
			}
			return cpu.Axis{Min: -half, Max: half * 0.99, N: n}
		}
		return cpu.Grid{X: axis(nx), Y: axis(ny)}
	}
	landscape := func(op string, d population, n, features int, pl func(int) cpu.Plane, half float64, nx, ny int, opt options) {
		shape := fmt.Sprintf("n=%d D=%d %dx%d ±%g", n, features, nx, ny, half)
		if opt.tileRows > 0 {
			shape += fmt.Sprintf(" by %d", opt.tileRows)
		}
		cases = append(cases, Case{
			Op: op, Shape: shape, Data: d.name,
			problem: func() *cpu.Problem { return d.make(n, features) },
			plane:   pl, grid: grid(half, nx, ny), options: opt,
		})
	}
	// numbers of samples: one, around the sizes of chunks, of a uniform block and
	// of a dispatch's part
	for _, n := range []int{1, 2, 31, 32, 33, 97, 100, 1000, 1365, 1366, 10007} {
		landscape(OpLandscape, ordinary, n, 1, slopeAndBias, 10, 31, 17, options{})
	}
	for _, d := range []population{ordinary, separable, bigClamps} {
		landscape(OpLandscape, d, 100000, 1, slopeAndBias, 3, 13, 3, options{})
		landscape(OpRows, d, 50000, 1, slopeAndBias, 0.2, 67, 3, options{tileRows: 2})
	}
	// shapes
	for _, s := range [][2]int{{1, 1}, {1, 101}, {101, 1}, {2, 3}, {64, 64}, {128, 65}, {97, 61}, {257, 127}} {
		for _, half := range []float64{0.5, 10} {
			landscape(OpLandscape, ordinary, 50, 1, slopeAndBias, half, s[0], s[1], options{})
			landscape(OpRows, separable, 53, 1, slopeAndBias, half, s[0], s[1], options{tileRows: 10})
		}
	}
	// kinds of data, from fine grids to ones whose columns are far apart
	for _, d := range []population{ordinary, separable, oneClass, ridged, tinyClamps, separated, bigClamps, subnormal, outliers, clampedOutliers} {
		for _, half := range []float64{0.3, 3, 30, 300, 1e4} {
			landscape(OpLandscape, d, 100, 1, slopeAndBias, half, 160, 150, options{})
			landscape(OpRows, d, 61, 3, tilted, half, 199, 67, options{tileRows: 13})
		}
	}
	// every width of tiles, in both forms, with and without a clamp
	for _, k := range tileWidths {
		for _, d := range []population{ordinary, separable, tinyClamps, separated, bigClamps, outliers, clampedOutliers} {
			landscape(OpLandscape, d, 40, 1, slopeAndBias, 2, 193, 70, options{width: k})
			landscape(OpRows, d, 40, 1, slopeAndBias, 60, 193, 70, options{width: k})
		}
	}
	// every side of the tiles of an expansion, as coarse as it may be, where the
	// classes are wrong, on either side of a clamp, mixed and right
	for _, half := range []float64{1.6, 0.8, 0.4} {
		for _, slope := range []float64{-300, -35, -12, 0.5, 12, 40} {
			for _, d := range []population{ordinary, separable, ridged, tinyClamps, separated} {
				landscape(OpLandscape, d, 100, 1, slopeAround(slope), half, 193, 191, options{})
			}
		}
		landscape(OpRows, tinyClamps, 40, 3, tilted, half/4, 197, 83, options{tileRows: 13})
		landscape(OpRows, separable, 30011, 1, slopeAndBias, half/20, 37, 33, options{tileRows: 5})
	}
	for _, features := range []int{2, 7, 31} {
		for _, d := range []population{ordinary, ridged, separated} {
			landscape(OpLandscape, d, 100, features, tilted, 2, 150, 101, options{})
		}
	}
	// margins that change much between columns, tiny and huge ranges, a ridge
	// that is most of the loss, and a million samples
	for _, d := range []population{steep, strongRidge} {
		for _, half := range []float64{1e-3, 1, 1e3} {
			landscape(OpLandscape, d, 100, 1, slopeAndBias, half, 131, 67, options{})
			landscape(OpRows, d, 101, 3, tilted, half, 67, 31, options{tileRows: 13})
		}
	}
	for _, d := range []population{ordinary, separable, tinyClamps} {
		for _, half := range []float64{1e-3, 1e3} {
			landscape(OpLandscape, d, 1, 1, slopeAndBias, half, 67, 31, options{})
			landscape(OpLandscape, d, 100, 2, tilted, half, 67, 31, options{})
		}
	}
	landscape(OpLandscape, ordinary, 1000000, 1, slopeAndBias, 3, 7, 2, options{})
	// gradients and accuracies
	for _, d := range []population{ordinary, separable, ridged, strongRidge, steep} {
		for _, half := range []float64{1e-3, 3, 1e3} {
			landscape(OpGradient, d, 100, 1, slopeAndBias, half, 131, 67, options{})
			landscape(OpGradient, d, 61, 3, tilted, half, 67, 31, options{})
		}
	}
	for _, s := range [][2]int{{1, 1}, {1, 101}, {256, 1}, {257, 3}} {
		landscape(OpGradient, ordinary, 33, 1, slopeAndBias, 3, s[0], s[1], options{})
	}
	landscape(OpGradient, ordinary, 1, 1, slopeAndBias, 3, 31, 17, options{})
	landscape(OpGradient, ordinary, 100003, 1, slopeAndBias, 3, 13, 3, options{})

	descend := func(d population, n, features, runs, steps int, lr float64) {
		cases = append(cases, Case{
			Op: OpWeights, Shape: fmt.Sprintf("n=%d D=%d %d runs of %d", n, features, runs, steps), Data: d.name,
			problem: func() *cpu.Problem { return d.make(n, features) },
			runs: func(p *cpu.Problem) []cpu.Run {
				r := rand.New(rand.NewPCG(uint64(runs), uint64(steps)))
				out := make([]cpu.Run, runs)
				for i := range out {
					start := make([]float64, p.Dim())
					for j := range start {
						start[j] = 2*r.Float64() - 1.5
					}
					out[i] = cpu.Run{Optimizer: "gd", LR: lr * (0.1 + float64(i+1)/float64(runs)), L2: p.L2, Start: start, Steps: steps}
					if i%7 == 3 { // unequal lengths
						out[i].Steps = steps / 2
					}
				}
				return out
			},
		})
	}
	for _, n := range []int{1, 2, 32, 33, 97, 100, 1000, 4099} {
		descend(ordinary, n, 1, 5, 200, 0.5)
		descend(separable, n, 1, 40, 50, 0.5)
	}
	descend(ordinary, 100000, 1, 2, 5, 0.5)
	descend(tinyClamps, 45000, 1, 67, 2, 0.5)
	for _, runs := range []int{1, 3, 8, 9, 33, 257, 1021} {
		descend(ordinary, 50, 1, runs, 60, 0.5)
	}
	for _, d := range []population{ordinary, separable, oneClass, ridged, tinyClamps, separated, bigClamps, subnormal} {
		for _, runs := range []int{2, 37} {
			descend(d, 100, 1, runs, 200, 1)
			descend(d, 100, 1, runs, 0, 1)
		}
	}
	for _, features := range []int{2, 3, 4, 7, 8, 15, 31} {
		descend(ordinary, 100, features, 3, 100, 0.1)
		descend(ridged, 61, features, 40, 100, 0.1)
	}
	descend(ordinary, 100, 1, 37, 100, 60) // past the edge of stability, and chaotic
	descend(bigClamps, 100, 1, 3, 100, 40)
	return append(cases, sweepCases()...)
}
