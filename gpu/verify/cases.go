package verify

import (
	"fmt"
	"math"
	"math/rand/v2"

	"losscape/cpu"
	"losscape/gpu/compute"

	"gonum.org/v1/gonum/mat"
)

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

// weighted gives samples weights.
func weighted(weight func(r *rand.Rand) float64) func(p *cpu.Problem) {
	return func(p *cpu.Problem) {
		r := rand.New(rand.NewPCG(uint64(p.N()), 3))
		weights := make([]float64, p.N())
		for i := range weights {
			weights[i] = weight(r)
		}
		if err := p.Weigh(weights); err != nil {
			panic(err) // they are above 0
		}
	}
}

func clamped(c float64) func(p *cpu.Problem) { return func(p *cpu.Problem) { p.Eps = c } }

var (
	ordinary  = population{"ordinary", blobs(1, 1)}
	separable = population{"separable", blobs(1, 0.1)}
	oneClass  = population{"one class", with(func(p *cpu.Problem) {
		for i := range p.Y {
			p.Y[i] = 1
		}
	}, blobs(1, 1))}
	hasL2     = population{"l2=0.1", with(func(p *cpu.Problem) { p.L2 = 0.1 }, blobs(1, 1))}
	tinyEps   = population{"eps=1e-15", with(clamped(1e-15), blobs(1, 1))}
	separated = population{"separable eps=1e-15", with(clamped(1e-15), blobs(1, 0.1))}
	bigEps    = population{"eps=1e-3 l2=0.01", with(func(p *cpu.Problem) { p.Eps, p.L2 = 1e-3, 0.01 }, blobs(1, 1))}
	subnormal = population{"eps=1e-40", with(clamped(1e-40), blobs(1, 1))}
	outliers  = population{"outliers", with(func(p *cpu.Problem) {
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

	// counted samples are there one to five times, weighted ones have weights over nine powers of 10.
	counted     = population{"counts", with(weighted(func(r *rand.Rand) float64 { return 1 + float64(r.IntN(5)) }), blobs(1, 1))}
	uneven      = population{"weights to 1e9", with(weighted(func(r *rand.Rand) float64 { return math.Pow(10, 9*r.Float64()) }), blobs(1, 1))}
	countedEps  = population{"counts eps=1e-15", with(clamped(1e-15), with(weighted(func(r *rand.Rand) float64 { return 1 + float64(r.IntN(5)) }), blobs(1, 0.1)))}
	countedBig  = population{"counts eps=1e-3 l2=0.01", with(func(p *cpu.Problem) { p.Eps, p.L2 = 1e-3, 0.01 }, counted.make)}
	biasFree    = population{"l2=0.1 but the bias", with(func(p *cpu.Problem) { p.L2, p.Penalize = 0.1, cpu.PenalizeWeights }, blobs(1, 1))}
	strongFree  = population{"l2=10 but the bias", with(func(p *cpu.Problem) { p.L2, p.Penalize = 10, cpu.PenalizeWeights }, blobs(1, 1))}
	countedFree = population{"counts l2=0.1 but the bias", with(func(p *cpu.Problem) { p.L2, p.Penalize = 0.1, cpu.PenalizeWeights }, counted.make)}

	strongL2    = population{"l2=10", with(func(p *cpu.Problem) { p.L2 = 10 }, blobs(1, 1))}
	epsOutliers = population{"outliers eps=1e-15", with(clamped(1e-15), outliers.make)}
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

// table is cases as they are added, in a precision.
type table struct {
	cases     []Case
	precision compute.Precision
}

func (t *table) add(op, shape, data string, check checker) {
	t.cases = append(t.cases, Case{op, shape, data, t.precision, check})
}

// Cases returns the table of what is verified on every device: operations, by
// shapes, friendly ones and primes, by kinds of data. go test runs it, and losscape
// verify; Core is a part of it.
func Cases() []Case {
	var t table
	t.landscapes()
	t.expansions()
	t.moments()
	t.weights()
	t.gradientsOfAll()
	t.doubles()
	for _, t.precision = range []compute.Precision{compute.Single, compute.Double} {
		t.runs()
		t.wide()
		for i, name := range cpu.Optimizers() {
			t.sweepsBy(i, name)
		}
		t.sweeps()
		t.sweepsByPoints()
	}
	return t.cases
}

// grid is nx by ny points, of which single ones are no middles.
func grid(half float64, nx, ny int) cpu.Grid {
	axis := func(n int) cpu.Axis {
		if n == 1 {
			return cpu.Axis{Min: half / 3, Max: half / 3, N: 1}
		}
		return cpu.Axis{Min: -half, Max: half * 0.99, N: n}
	}
	return cpu.Grid{X: axis(nx), Y: axis(ny)}
}

func (t *table) landscape(op string, d population, n, features int, pl func(int) cpu.Plane, half float64, nx, ny int, ch compute.Choices) {
	shape := fmt.Sprintf("n=%d D=%d %dx%d ±%g", n, features, nx, ny, half)
	if ch.TileRows > 0 {
		shape += fmt.Sprintf(" by %d", ch.TileRows)
	}
	make := func() *cpu.Problem { return d.make(n, features) }
	t.add(op, shape, d.name, landscape{make, pl(features + 1), grid(half, nx, ny), ch})
}

func (t *table) gradients(d population, n, features int, pl func(int) cpu.Plane, half float64, nx, ny int) {
	shape := fmt.Sprintf("n=%d D=%d %dx%d ±%g", n, features, nx, ny, half)
	make := func() *cpu.Problem { return d.make(n, features) }
	t.add(OpGradient, shape, d.name, gradients{make, pl(features + 1), grid(half, nx, ny), compute.Gradient | compute.Accuracy})
}

// slopes adds gradients without accuracies, which are the samples' alone.
func (t *table) slopes(d population, n, features int, pl func(int) cpu.Plane, half float64, nx, ny int) {
	shape := fmt.Sprintf("n=%d D=%d %dx%d ±%g", n, features, nx, ny, half)
	make := func() *cpu.Problem { return d.make(n, features) }
	t.add(OpGradient, shape, d.name, gradients{make, pl(features + 1), grid(half, nx, ny), compute.Gradient})
}

// descend adds runs of gradient descent from starts around 0, with learning rates
// up to lr and a bit more.
func (t *table) descend(d population, n, features, count, steps int, lr float64) {
	list := func(p *cpu.Problem) []cpu.Run {
		r := rand.New(rand.NewPCG(uint64(count), uint64(steps)))
		out := make([]cpu.Run, count)
		for i := range out {
			start := make([]float64, p.Dim())
			for j := range start {
				start[j] = 2*r.Float64() - 1.5
			}
			out[i] = cpu.Run{Optimizer: "gd", LR: lr * (0.1 + float64(i+1)/float64(count)), L2: p.L2, Start: start, Steps: steps}
			if i%7 == 3 { // unequal lengths
				out[i].Steps = steps / 2
			}
		}
		return out
	}
	shape := fmt.Sprintf("n=%d D=%d %d runs of %d", n, features, count, steps)
	t.add(OpWeights, shape, d.name, runs{func() *cpu.Problem { return d.make(n, features) }, list})
}

func (t *table) sweep(d population, n, features int, base cpu.Run, set cpu.Settings, over ...cpu.Param) {
	t.sweepBy(d, n, features, compute.Choices{Exact: true}, base, set, over...)
}

// sweepBy is sweep with choices: of many samples of one feature, points stand for them unless they are exact.
func (t *table) sweepBy(d population, n, features int, ch compute.Choices, base cpu.Run, set cpu.Settings, over ...cpu.Param) {
	count := 1
	for _, a := range over {
		count *= len(a.Values)
	}
	shape := fmt.Sprintf("n=%d D=%d %d runs of %d, %s", n, features, count, base.Steps, base.Optimizer)
	if base.Batch > 0 {
		shape += fmt.Sprintf(" batch %d", base.Batch)
	}
	if len(set.Quantities) > 0 {
		shape += " " + set.Quantities[0]
	}
	if !ch.Exact {
		shape += " by points"
	}
	whole := func(p *cpu.Problem) (cpu.Sweep, cpu.Settings) {
		s := cpu.Sweep{Base: base, Over: over}
		if base.Start == nil {
			s.Base.Start = make([]float64, p.Dim())
			for j := range s.Base.Start {
				s.Base.Start[j] = 0.8 - 1.3*float64(j%3)
			}
		}
		return s, set
	}
	t.add(OpSweep, shape, d.name, sweep{func() *cpu.Problem { return d.make(n, features) }, whole, ch})
}

// landscapes adds landscapes, most of them by the recurrence.
func (t *table) landscapes() {
	whole := compute.Choices{}
	// numbers of samples: one, around the sizes of chunks, of a uniform block and
	// of a dispatch's part
	for _, n := range []int{1, 2, 31, 32, 33, 97, 100, 1000, 1365, 1366, 10007} {
		t.landscape(OpLandscape, ordinary, n, 1, slopeAndBias, 10, 31, 17, compute.Choices{Exact: true})
	}
	for _, d := range []population{ordinary, separable, bigEps} {
		t.landscape(OpLandscape, d, 100000, 1, slopeAndBias, 3, 13, 3, compute.Choices{Exact: true})
		t.landscape(OpRows, d, 50000, 1, slopeAndBias, 0.2, 67, 3, compute.Choices{TileRows: 2, Exact: true})
	}
	// shapes
	for _, s := range [][2]int{{1, 1}, {1, 101}, {101, 1}, {2, 3}, {64, 64}, {128, 65}, {97, 61}, {257, 127}} {
		for _, half := range []float64{0.5, 10} {
			t.landscape(OpLandscape, ordinary, 50, 1, slopeAndBias, half, s[0], s[1], whole)
			t.landscape(OpRows, separable, 53, 1, slopeAndBias, half, s[0], s[1], compute.Choices{TileRows: 10})
		}
	}
	// kinds of data, from fine grids to ones whose columns are far apart
	for _, d := range []population{ordinary, separable, oneClass, hasL2, tinyEps, separated, bigEps, subnormal, outliers, epsOutliers} {
		for _, half := range []float64{0.3, 3, 30, 300, 1e4} {
			t.landscape(OpLandscape, d, 100, 1, slopeAndBias, half, 97, 70, whole)
			t.landscape(OpRows, d, 61, 3, tilted, half, 199, 67, compute.Choices{TileRows: 13})
		}
	}
	// every width of tiles, in both forms, with and without eps
	for _, k := range compute.TileWidths() {
		for _, d := range []population{ordinary, separable, tinyEps, separated, bigEps, outliers, epsOutliers} {
			t.landscape(OpLandscape, d, 40, 1, slopeAndBias, 2, 193, 70, compute.Choices{Width: k})
			t.landscape(OpRows, d, 40, 1, slopeAndBias, 60, 193, 70, compute.Choices{Width: k})
		}
	}
}

// expansions adds those by the expansion, and the extremes of both.
func (t *table) expansions() {
	whole := compute.Choices{}
	// every side of the tiles of an expansion, as coarse as it may be, where the
	// classes are wrong, on either side of eps, mixed and right
	for i, half := range []float64{0.6, 0.3, 0.15} {
		for _, slope := range []float64{-300, -35, -12, 0.5, 12, 40} {
			for _, d := range []population{ordinary, separable, hasL2, tinyEps, separated} {
				t.landscape(OpLandscape, d, 100, 1, slopeAround(slope), half, 73, 67, whole)
			}
		}
		t.landscape(OpRows, tinyEps, 40, 3, tilted, half*2/3, 197, 83, compute.Choices{TileRows: 13})
		n := []int{30011, 1009, 1009}[i] // in two dispatches, and in one
		t.landscape(OpRows, separable, n, 1, slopeAndBias, half/7.5, 37, 33, compute.Choices{TileRows: 5, Exact: true})
	}
	for _, features := range []int{2, 7, 31} {
		for _, d := range []population{ordinary, hasL2, separated} {
			t.landscape(OpLandscape, d, 100, features, tilted, 2, 150, 101, whole)
		}
	}
	// margins that change much between columns, tiny and huge ranges, an L2 term
	// that is most of the loss, and a million samples
	for _, d := range []population{steep, strongL2} {
		for _, half := range []float64{1e-3, 1, 1e3} {
			t.landscape(OpLandscape, d, 100, 1, slopeAndBias, half, 131, 67, whole)
			t.landscape(OpRows, d, 101, 3, tilted, half, 67, 31, compute.Choices{TileRows: 13})
		}
	}
	for _, d := range []population{ordinary, separable, tinyEps} {
		for _, half := range []float64{1e-3, 1e3} {
			t.landscape(OpLandscape, d, 1, 1, slopeAndBias, half, 67, 31, whole)
			t.landscape(OpLandscape, d, 100, 2, tilted, half, 67, 31, whole)
		}
	}
	t.landscape(OpLandscape, ordinary, 1000000, 1, slopeAndBias, 3, 7, 2, whole)
}

// inARow is a plane of one feature in which a sample's place on its line is in a, u and v,
// and whose directions differ in the bias: without it they are in line.
func inARow(int) cpu.Plane {
	return cpu.Plane{Origin: []float64{0.7, -0.2}, D1: []float64{1.3, 0.4}, D2: []float64{-0.5, 0.9}}
}

// moments adds landscapes and gradients by the moments of cells of samples.
func (t *table) moments() {
	whole := compute.Choices{}
	// From one cell to hundreds, by either expansion and, where the columns are far apart
	// or eps is large, point by point.
	for _, d := range []population{ordinary, separable, oneClass, hasL2, tinyEps, separated, bigEps, outliers} {
		for _, half := range []float64{0.01, 1, 30} {
			t.landscape(OpLandscape, d, 1201, 1, slopeAndBias, half, 41, 23, whole)
		}
		t.landscape(OpRows, d, 1201, 1, inARow, 3, 41, 23, compute.Choices{TileRows: 13})
	}
	t.landscape(OpLandscape, steep, 8009, 1, slopeAndBias, 1, 31, 17, whole)
	t.landscape(OpLandscape, ordinary, 100003, 1, slopeAndBias, 10, 41, 3, whole)
	for _, half := range []float64{1e-3, 3, 30} {
		t.slopes(hasL2, 1201, 1, slopeAndBias, half, 31, 17)
		t.slopes(separable, 1201, 1, inARow, half, 31, 17)
	}
}

// weights adds landscapes and gradients of samples with weights, and of L2 terms without the bias.
func (t *table) weights() {
	whole := compute.Choices{}
	level := func(dim int) cpu.Plane { // the second direction is the bias
		pl := tilted(dim)
		pl.D2 = make([]float64, dim)
		pl.D2[dim-1] = 1
		return pl
	}
	for _, half := range []float64{0.1, 3, 300} {
		for _, d := range []population{uneven, countedEps, countedBig, countedFree, biasFree, strongFree} {
			t.landscape(OpLandscape, d, 100, 1, slopeAndBias, half, 73, 67, whole)
			t.landscape(OpRows, d, 61, 3, tilted, half, 67, 31, compute.Choices{TileRows: 13})
		}
		for _, d := range []population{countedFree, strongFree} {
			t.landscape(OpRows, d, 61, 1, inARow, half, 67, 67, compute.Choices{TileRows: 13})
			t.landscape(OpRows, d, 61, 3, level, half, 67, 31, compute.Choices{TileRows: 13})
		}
		for _, d := range []population{uneven, countedFree, strongFree} {
			t.gradients(d, 100, 1, slopeAndBias, half, 67, 31)
			t.gradients(d, 61, 3, tilted, half, 31, 17)
			t.gradients(d, 61, 1, inARow, half, 31, 17)
		}
		for _, d := range []population{uneven, countedFree} { // by moments
			t.landscape(OpLandscape, d, 1201, 1, slopeAndBias, half, 41, 23, whole)
			t.slopes(d, 1201, 1, inARow, half, 31, 17)
		}
	}
	t.landscape(OpLandscape, uneven, 30011, 1, slopeAndBias, 3, 13, 3, compute.Choices{Exact: true})
	t.gradients(uneven, 30011, 1, slopeAndBias, 3, 13, 3)
}

// gradientsOfAll adds gradients and accuracies.
func (t *table) gradientsOfAll() {
	for _, d := range []population{ordinary, separable, hasL2, strongL2, steep} {
		for _, half := range []float64{1e-3, 3, 1e3} {
			t.gradients(d, 100, 1, slopeAndBias, half, 131, 67)
			t.gradients(d, 61, 3, tilted, half, 67, 31)
		}
	}
	for _, s := range [][2]int{{1, 1}, {1, 101}, {256, 1}, {257, 3}} {
		t.gradients(ordinary, 33, 1, slopeAndBias, 3, s[0], s[1])
	}
	t.gradients(ordinary, 1, 1, slopeAndBias, 3, 31, 17)
	t.gradients(ordinary, 100003, 1, slopeAndBias, 3, 13, 3)
}

// doubles adds losses, gradients and accuracies in double precision.
func (t *table) doubles() {
	t.precision = compute.Double
	add := func(d population, n, features int, pl func(int) cpu.Plane, half float64, nx, ny int) {
		shape := fmt.Sprintf("n=%d D=%d %dx%d ±%g", n, features, nx, ny, half)
		make := func() *cpu.Problem { return d.make(n, features) }
		t.add(OpRows, shape, d.name, direct{make, pl(features + 1), grid(half, nx, ny)})
	}
	for _, d := range []population{ordinary, separable, oneClass, hasL2, strongL2, tinyEps, separated, bigEps, outliers, epsOutliers, steep, uneven, countedEps, countedBig, countedFree, strongFree} {
		for _, half := range []float64{1e-3, 3, 300, 1e4} {
			add(d, 100, 1, slopeAndBias, half, 67, 31)
			add(d, 61, 3, tilted, half, 31, 13)
		}
	}
	for _, s := range [][2]int{{1, 1}, {1, 101}, {256, 1}, {257, 3}} {
		add(ordinary, 33, 1, slopeAndBias, 3, s[0], s[1])
	}
	for _, n := range []int{1, 2, 31, 32, 33, 100003} {
		add(ordinary, n, 1, slopeAndBias, 3, 13, 3)
	}
}

// runs adds runs whose every step is compared.
func (t *table) runs() {
	for _, n := range []int{1, 2, 32, 33, 97, 100, 1000, 4099} {
		t.descend(ordinary, n, 1, 5, 200, 0.5)
		t.descend(separable, n, 1, 40, max(50/(1+n/500), 6), 0.5)
	}
	t.descend(ordinary, 100000, 1, 2, 5, 0.5)
	t.descend(tinyEps, 45000, 1, 19, 2, 0.5)
	for _, runs := range []int{1, 3, 8, 9, 33, 257, 1021} {
		t.descend(ordinary, 50, 1, runs, 60, 0.5)
	}
	for _, d := range []population{ordinary, separable, oneClass, hasL2, tinyEps, separated, bigEps, subnormal} {
		for _, runs := range []int{2, 37} {
			t.descend(d, 100, 1, runs, 200, 1)
			t.descend(d, 100, 1, runs, 0, 1)
		}
	}
	for _, d := range []population{counted, uneven, countedEps, countedBig, biasFree} {
		t.descend(d, 100, 1, 37, 200, 1)
	}
	t.descend(countedFree, 100, 7, 3, 50, 0.1) // a word more than two vectors of four
	if t.precision == compute.Single {
		t.descend(countedFree, 45000, 1, 2, 4, 0.5)
	}
	for _, features := range []int{2, 3, 4, 7, 8, 15, 31} {
		t.descend(ordinary, 100, features, 3, 100, 0.1)
		t.descend(hasL2, 61, features, 40, 100, 0.1)
	}
	t.descend(ordinary, 100, 1, 37, 100, 60) // past the edge of stability, and chaotic
	t.descend(bigEps, 100, 1, 3, 100, 40)
}

// wide adds runs of many weights, by the kernels that work in blocks: numbers of weights
// around whole blocks, samples in several windows and slabs, sweeps by all optimizers, by
// full batches and by mini-batches of several seeds.
func (t *table) wide() {
	for i, features := range []int{32, 33, 64, 257, 784, 1024} {
		lr := 1 / float64(features)
		t.descend([]population{ordinary, hasL2, tinyEps, bigEps}[i%4], 61, features, 3, 12, lr)
		set := cpu.Settings{GradTol: 1e-2}
		names := cpu.Optimizers()
		data := []population{hasL2, ordinary, separable}[i%3]
		l2 := axis("l2", 0, 0.05)
		if features > 100 {
			l2.Values[0] = 0.02 // or the CPU takes a second to see that the classes are separable
		}
		base := cpu.DefaultRun(names[2*i%len(names)])
		base.LR, base.Steps = lr, 10
		t.sweep(data, 37, features, base, set, rates(lr/20, lr, 5), l2)
		base = cpu.DefaultRun(names[(2*i+1)%len(names)])
		base.LR, base.Steps, base.Batch, base.L2 = lr, 10, 13, 0.05
		t.sweep(data, 37, features, base, set, rates(lr/20, lr, 5), axis("seed", 1, 1<<40))
	}
	gd := cpu.Run{Optimizer: "gd", LR: 0.02, Steps: 3}
	t.sweep(ordinary, 2099, 40, gd, cpu.Settings{Every: 2}, rates(0.001, 0.02, 131))
	t.sweep(hasL2, 53, 12, gd, cpu.Settings{Quantities: []string{cpu.ExponentName}}, rates(0.001, 0.02, 5)) // not in blocks
	t.sweep(hasL2, 1607, 31, gd, cpu.Settings{}, rates(0.001, 0.02, 5))                                     // one block, of samples that are no uniform block
	adamw := cpu.DefaultRun("adamw")
	adamw.LR, adamw.Steps, adamw.L2 = 0.02, 8, 0.1
	t.descend(countedFree, 61, 33, 3, 12, 0.03)
	t.sweep(countedFree, 61, 33, adamw, cpu.Settings{}, rates(0.001, 0.02, 3))
	t.sweep(countedEps, 61, 33, gd, cpu.Settings{}, rates(0.001, 0.02, 3))
	adamw.Batch = 7
	t.sweep(countedFree, 61, 33, adamw, cpu.Settings{}, rates(0.001, 0.02, 3))
	gd.Batch = 1001
	t.sweep(ordinary, 4099, 40, gd, cpu.Settings{}, rates(0.001, 0.02, 9))
}

// axis is a parameter's values.
func axis(name string, v ...float64) cpu.Param { return cpu.Param{Name: name, Values: v} }

// rates are n learning rates, evenly spaced by their logarithms.
func rates(lo, hi float64, n int) cpu.Param {
	p := cpu.Param{Name: "lr", Values: make([]float64, n), Log: true}
	for i := range p.Values {
		p.Values[i] = lo * math.Pow(hi/lo, float64(i)/float64(max(n-1, 1)))
	}
	return p
}

// sweepsBy adds sweeps by optimizer i: by full batches and by mini-batches, over
// numbers of runs and samples that fill invocations and that do not.
func (t *table) sweepsBy(i int, name string) {
	base := cpu.DefaultRun(name)
	base.LR, base.Steps = 0.1, 60
	own := rates(0.01, 0.2, 37)
	if base.Epsilon == 0 {
		own = rates(0.01, 1.5, 37)
	}
	set := cpu.Settings{GradTol: 1e-4}
	thinned := set
	thinned.Every = 7
	l2 := axis("l2", 0, 0.05)
	base.Seed = 1<<40 + 7
	t.sweep(ordinary, 100, 1, base, set, own, l2)
	t.sweep(hasL2, 100, 1, base, thinned, own)
	t.sweep(separable, 53, 3, base, set, own)
	base.Batch = 13
	t.sweep(ordinary, 101, 1, base, set, own, l2)
	t.sweep(hasL2, 99, 1, base, thinned, own)
	base.Batch = 1
	t.sweep(separable, 53, 1, base, set, own)
	base.Batch = 32
	t.sweep([]population{tinyEps, bigEps, separated}[i%3], 100, 1, base, set, own)
	base.Batch = 0
	t.sweep([]population{separated, tinyEps, bigEps}[i%3], 101, 2, base, set, own)
	if name == "adamw" {
		t.sweep(countedFree, 101, 2, base, set, own)
		base.Batch = 13
		t.sweep(countedFree, 101, 1, base, set, own)
		base.Batch = 0
	}
	turned := base // with the tangent, also of runs that converge before they end
	if turned.Epsilon > 0 {
		turned.Epsilon = 0.1 // so that gradients at their rounding do not count
	}
	t.sweep(hasL2, 53, 2, turned, cpu.Settings{GradTol: 1e-2, Quantities: []string{cpu.ExponentName}}, own)
	if name == "adamw" {
		t.sweep(countedFree, 53, 2, turned, cpu.Settings{GradTol: 1e-2, Quantities: []string{cpu.ExponentName}}, own)
	}
	base.Steps = 20 // as many runs as make full invocations
	switch name {
	case "momentum", "adam":
		t.sweep(ordinary, 40, 1, base, set, rates(0.01, 0.2, 521))
	case "rmsprop":
		base.Batch = 6
		t.sweep(ordinary, 41, 1, base, set, rates(0.01, 0.2, 173), axis("seed", 1, 2, 1<<33))
	}
	base.Batch, base.Steps = 0, 8
	t.sweep(ordinary, 4099, 1, base, cpu.Settings{}, rates(0.01, 0.2, 5))
	base.Batch, base.Steps = 1500, 8
	t.sweep(ordinary, 4099, 1, base, cpu.Settings{}, rates(0.01, 0.2, 5))
	base.Batch, base.Steps = 0, 300 // to convergence
	t.sweep(hasL2, 64, 1, base, cpu.Settings{GradTol: 1e-4}, own)
	// Weights that undo the samples' size.
	base.Start, base.Steps = []float64{0, 0}, 40
	if base.Epsilon == 0 {
		base.LR = 1e-24
		t.sweep(far, 100, 1, base, cpu.Settings{}, rates(0.01e-24, 1e-24, 5))
		return
	}
	base.LR, base.Start = 0.2e-12, []float64{0, 0.3} // where the bias has a gradient
	t.sweep(far, 100, 1, base, cpu.Settings{}, rates(0.01e-12, 0.2e-12, 5))
	base.LR, base.Epsilon, base.Start = 0.2, 1e-30, []float64{0, 50}
	t.sweep(tiny, 100, 1, base, cpu.Settings{GradTol: -1}, rates(0.01, 0.2, 5))
}

// sweepsByPoints adds sweeps of one feature whose samples are cells with moments: runs that stay in the
// first box of weights, that leave it for the next one, or, as they grow without bound, for all samples.
func (t *table) sweepsByPoints() {
	points := compute.Choices{}
	base := cpu.Run{Optimizer: "gd", LR: 1, Steps: 60}
	t.sweepBy(separable, 1201, 1, points, base, cpu.Settings{GradTol: 1e-4}, rates(0.1, 3, 37))
	t.sweepBy(ordinary, 30011, 1, points, base, cpu.Settings{GradTol: 1e-4}, rates(0.1, 3, 5))
	if t.precision == compute.Double {
		return // the others have too few samples for its points
	}
	for _, d := range []population{ordinary, uneven, countedFree} {
		t.sweepBy(d, 1201, 1, points, base, cpu.Settings{GradTol: 1e-4}, rates(0.1, 3, 37))
	}
	t.sweepBy(outliers, 1201, 1, points, base, cpu.Settings{GradTol: 1e-4}, rates(0.001, 0.02, 37))
	t.sweepBy(bigEps, 1201, 1, points, base, cpu.Settings{GradTol: 1e-4, Every: 7}, rates(0.1, 3, 5))
	base.Steps = 12
	t.sweepBy(ordinary, 1201, 1, points, base, cpu.Settings{}, axis("lr", 0.5, 30, 1e3, 1e6), axis("w1", -1, 1, 200, 3e4))
	adam := cpu.DefaultRun("adam")
	adam.LR, adam.Steps = 0.1, 40
	t.sweepBy(hasL2, 1201, 1, points, adam, cpu.Settings{GradTol: 1e-4}, rates(0.01, 0.2, 5), axis("l2", 0, 0.1))
}

// sweeps adds sweeps over other parameters, of many weights, runs and samples.
func (t *table) sweeps() {
	wide := cpu.DefaultRun("adamw")
	wide.LR, wide.Steps = 0.1, 8
	t.sweep(ordinary, 101, 31, wide, cpu.Settings{}, rates(0.01, 0.05, 3))
	gd := cpu.Run{Optimizer: "gd", LR: 1, Steps: 40}
	t.sweep(ordinary, 1, 1, gd, cpu.Settings{}, rates(0.1, 2, 3))
	t.sweep(ordinary, 100, 1, gd, cpu.Settings{}, rates(0.1, 2, 1021))
	t.sweep(ordinary, 100, 1, gd, cpu.Settings{}, axis("lr", 0.3, 0.7), axis("steps", 0, 1, 2, 3, 39, 40, 41, 100))
	t.sweep(ordinary, 100, 1, gd, cpu.Settings{}, axis("lr", 0.3, 0.7), axis("batch", 0, 1, 2, 4, 99, 100), axis("seed", 0, 1, 2, 1<<40))
	t.sweep(ordinary, 100, 1, gd, cpu.Settings{}, axis("lr", 0.5, 1e3, 1e6), axis("l2", 0, 0.1, 1, 100)) // some diverge
	t.sweep(ordinary, 100, 1, gd, cpu.Settings{}, axis("w1", -3, 0, 3), axis("w2", -3, 0, 3))
	adam := cpu.DefaultRun("adam")
	adam.LR, adam.Steps = 0.05, 50
	t.sweep(ordinary, 100, 1, adam, cpu.Settings{}, axis("beta1", 0, 0.5, 0.9, 0.99), axis("beta2", 0.9, 0.99, 0.9999), axis("epsilon", 1e-12, 1e-8, 1e-2))
	gd.Steps = 3
	t.sweep(ordinary, 100003, 1, gd, cpu.Settings{}, rates(0.1, 2, 19))
	gd.Batch = 1001
	t.sweep(ordinary, 100003, 1, gd, cpu.Settings{}, rates(0.1, 2, 11))
}
