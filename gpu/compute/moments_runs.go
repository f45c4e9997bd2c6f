package compute

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"sync"

	"losscape/cpu"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Moments of samples for runs. The margins of one feature and a bias, s (x w₁ + w₂), change by
// |w₁| over a unit of x whatever w₂ is: while |w₁| is at most W, stretches of x of a width of
// 2h/W are cells, and their points stand for the samples at every state of a run. See doc.go
// for what is left. The kernel ends a run where |w₁| is above W; it runs again from its start
// with a greater W, and with all samples where that takes too many points.
const (
	firstBox = 8 // W times the deviation of the feature, at first
	moreBox  = 8 // and by how much it grows
	// fewerPoints is how many samples there are for a point at least.
	fewerPoints = 4
)

// points stand for the samples of a problem while the first weight is at most box in size.
type points struct {
	p      *cpu.Problem // they, with weights
	box    float64
	labels func() *labels // of the samples: no point has an accuracy
}

// moments makes points for one sweep, for one box after the other.
type moments struct {
	e   *Engine
	p   *cpu.Problem
	l   *sampleLine
	box float64 // of the next ones
}

// momentsOf returns nil where all samples of a sweep have to be taken: where there are
// few of them or several features, of mini-batches, and of exponents, since the points'
// error is of losses and gradients.
func (e *Engine) momentsOf(p *cpu.Problem, s cpu.Sweep, set cpu.Settings) *moments {
	batches := s.Base.Batch > 0 || slices.ContainsFunc(s.Over, func(a cpu.Param) bool { return a.Name == "batch" })
	if e.tuning.exact || p.Features() != 1 || p.N() < fewSamples || batches || slices.Contains(set.Quantities, cpu.ExponentName) {
		return nil
	}
	l := e.lines.of(p)
	if l.where == nil {
		return nil
	}
	return &moments{e, p, l, firstBox / l.deviation}
}

// next returns the points for the next box, or nil where they are no fewer than the
// samples by far, or not good enough.
func (m *moments) next() *points {
	box := m.box
	m.box *= moreBox
	x := m.l.points(boxOf{m.e.format.precision, box})
	if x == nil {
		return nil
	}
	q := *x
	q.Eps, q.L2, q.Penalize = m.p.Eps, m.p.L2, m.p.Penalize
	if _, err := m.e.checkProblem(&q); err != nil || m.e.isWide(&q, cpu.Settings{}) { // where no run ends outside of the box
		return nil
	}
	return &points{&q, box, m.l.labels}
}

// lines keeps what follows from the samples of the last problem: a sweep is often followed by
// another one, or by some of its runs again in double precision. Engines of one device share it.
type lines struct {
	mu   sync.Mutex
	id   any // cpu.Problem.Frozen
	last *sampleLine
}

// of returns the line of a problem's samples.
func (k *lines) of(p *cpu.Problem) *sampleLine {
	id := p.Frozen()
	k.mu.Lock()
	defer k.mu.Unlock()
	if id == nil || id != k.id {
		k.id, k.last = id, newSampleLine(p)
	}
	return k.last
}

// sampleLine is the samples of a problem of one feature, in the plane of its weight and the bias.
type sampleLine struct {
	from      source
	where     *spread // nil if float32 does not hold them
	deviation float64 // of the feature, or what stands for it where that is 0
	labels    func() *labels

	mu   sync.Mutex
	made map[boxOf]*cpu.Problem // nil where there are none
}

// boxOf is what points are made for.
type boxOf struct {
	precision Precision
	box       float64
}

func newSampleLine(p *cpu.Problem) *sampleLine {
	own := *p // which no caller changes
	p = &own
	l := &sampleLine{from: source{p, cpu.CoordinatePlane(2, 0, 1)}, made: map[boxOf]*cpu.Problem{}}
	l.labels = sync.OnceValue(func() *labels { return newLabels(p) })
	var sum, square [passParts]float64 // by the samples' weights, from the first sample's value on
	first := p.X.At(0, 0)
	l.from.pass(func(part int, b *sampleBlock) bool {
		for i, sign := range b.sign {
			x := sign*b.u[i] - first
			sum[part] += b.weightOf(i) * x
			square[part] += b.weightOf(i) * x * x
		}
		return true
	})
	n := float64(p.N())
	mean := floats.Sum(sum[:]) / n
	l.deviation = math.Sqrt(max(floats.Sum(square[:])/n-mean*mean, 0))
	if !(l.deviation > 0) {
		l.deviation = max(math.Abs(first), 1)
	}
	l.where, _ = l.from.spread(0, 0)
	return l
}

// points returns points for a box, as samples with weights, or nil where there are none that are
// good enough and by far fewer than the samples.
func (l *sampleLine) points(of boxOf) *cpu.Problem {
	l.mu.Lock()
	defer l.mu.Unlock()
	q, ok := l.made[of]
	if !ok {
		g := cpu.Grid{X: cpu.Axis{Min: -of.box, Max: of.box, N: 2}, Y: cpu.Axis{Min: -1, Max: 1, N: 2}}
		fine := ofRuns[of.precision]
		if c := l.from.cells(l.where, g, fine, l.from.p.N()/fewerPoints); c != nil && c.gradient <= fine.error {
			q = c.problem()
		}
		l.made[of] = q
	}
	return q
}

// trainSweep computes all runs of a job, which are of a sweep, by points as far as they go.
// forget takes out of the result what was recorded of a run that is computed again.
func (e *Engine) trainSweep(ctx context.Context, j *job, s cpu.Sweep, forget func(i int)) error {
	m := e.momentsOf(j.p, s, j.set)
	if m == nil {
		return e.train(ctx, j)
	}
	left := make([]int, j.n)
	for i := range left {
		left[i] = i
	}
	for len(left) > 0 {
		points := m.next()
		if points == nil {
			if err := e.checkSamples(j.p); err != nil {
				return fmt.Errorf("%d of %d runs, in which the weight of the feature is too large for points to stand for the samples: %w", len(left), j.n, err)
			}
			return e.train(ctx, j.of(left))
		}
		var outside []int
		sub := j.of(left)
		sub.points = points
		sub.left = func(i int) {
			outside = append(outside, left[i])
			forget(left[i])
		}
		if err := e.train(ctx, sub); err != nil {
			return err
		}
		slices.Sort(outside)
		left = outside
	}
	return ctx.Err()
}

// problem returns the points as samples with weights of one feature, in the plane of its weight
// and the bias; nil if float64 has no weight for one.
func (c *cells) problem() *cpu.Problem {
	q := &cpu.Problem{X: mat.NewDense(c.len(), 1, nil), Y: make([]float64, c.len())}
	for i, sign := range c.v {
		q.X.Set(i, 0, sign*c.u[i])
		q.Y[i] = float64(classOf(sign))
	}
	if err := q.Weigh(c.w); err != nil {
		return nil
	}
	return q
}

// labels are the samples of one feature by their label, in the order of the feature, so that
// the accuracy of weights is found by bisection.
type labels [2]struct {
	x      []float64
	weight []float64 // of those before each, and of all; nil if samples have no weights
}

func newLabels(p *cpu.Problem) *labels {
	l := new(labels)
	inParallel(2, func(k int) {
		of := &l[k]
		var list []placed
		for i, y := range p.Y {
			switch x := p.X.RawRowView(i)[0]; {
			case int(y) != k:
			case p.SampleWeight == nil:
				of.x = append(of.x, x)
			default:
				list = append(list, placed{x, p.Count(i)})
			}
		}
		if p.SampleWeight == nil {
			slices.Sort(of.x)
			return
		}
		slices.SortFunc(list, func(a, b placed) int { return cmp.Compare(a.x, b.x) })
		sum := 0.0
		for _, s := range list {
			of.x, of.weight = append(of.x, s.x), append(of.weight, sum)
			sum += s.weight
		}
		of.weight = append(of.weight, sum)
	})
	return l
}

// before is the weight of the samples of label k before the i-th.
func (l *labels) before(k, i int) float64 {
	if l[k].weight == nil {
		return float64(i)
	}
	return l[k].weight[i]
}

// accuracy is cpu.Problem.Accuracy: the margin x w₁ + w₂ is monotonic in x, rounded as it is.
func (l *labels) accuracy(w []float64) float64 {
	positive := func(x float64) bool { return float64(x*w[0])+w[1] > 0 }
	var right, wrong float64
	for k := range l {
		x := l[k].x
		all := l.before(k, len(x))
		var above float64 // weight of those whose margin is above 0
		if w[0] >= 0 {
			above = all - l.before(k, sort.Search(len(x), func(i int) bool { return positive(x[i]) }))
		} else {
			above = l.before(k, sort.Search(len(x), func(i int) bool { return !positive(x[i]) }))
		}
		if k == 0 {
			above = all - above
		}
		right, wrong = right+above, wrong+(all-above)
	}
	return right / (right + wrong)
}
