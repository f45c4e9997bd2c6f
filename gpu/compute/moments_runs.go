package compute

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sort"

	"losscape/cpu"

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
	labels *labels
}

// moments makes points.
type moments struct {
	e     *Engine
	from  source
	where *spread
	box   float64 // of the next ones
	// labels are of the samples: no point has an accuracy.
	labels *labels
}

// momentsOf returns nil where all samples of a sweep have to be taken: where there are
// few of them or several features, of mini-batches, and of exponents, since the points'
// error is of losses and gradients.
func (e *Engine) momentsOf(p *cpu.Problem, s cpu.Sweep, set cpu.Settings) *moments {
	batches := s.Base.Batch > 0 || slices.ContainsFunc(s.Over, func(a cpu.Param) bool { return a.Name == "batch" })
	if e.tuning.exact || p.Features() != 1 || p.N() < fewSamples || batches || slices.Contains(set.Quantities, cpu.ExponentName) {
		return nil
	}
	m := &moments{e: e, from: source{p, cpu.CoordinatePlane(2, 0, 1)}}
	mean, square := 0.0, 0.0 // by the samples' weights, which have a mean of 1
	first := p.X.At(0, 0)
	for i := range p.N() {
		x := p.Count(i) / p.Total() * (p.X.At(i, 0) - first)
		mean += x
		square += x * (p.X.At(i, 0) - first)
	}
	deviation := math.Sqrt(max(square-mean*mean, 0))
	if deviation == 0 {
		deviation = max(math.Abs(first), 1)
	}
	m.box = firstBox / deviation
	var err error
	if m.where, err = m.from.spread(0, 0); err != nil {
		return nil
	}
	return m
}

// next returns the points for the next box, or nil where they are no fewer than the
// samples by far, or not good enough.
func (m *moments) next() *points {
	p, box := m.from.p, m.box
	m.box *= moreBox
	g := cpu.Grid{X: cpu.Axis{Min: -box, Max: box, N: 2}, Y: cpu.Axis{Min: -1, Max: 1, N: 2}}
	fine := ofRuns[m.e.format.precision]
	c := m.from.cells(m.where, g, fine, p.N()/fewerPoints)
	if c == nil || !(c.gradient <= fine.error) {
		return nil
	}
	q, err := c.problem(p)
	if err != nil {
		return nil
	}
	if _, err := m.e.checkProblem(q); err != nil {
		return nil
	}
	if m.labels == nil {
		m.labels = newLabels(p)
	}
	return &points{q, box, m.labels}
}

// trainSweep computes all runs of a job, which are of a sweep with that result, by points as
// far as they go.
func (e *Engine) trainSweep(ctx context.Context, j *job, res *cpu.Result) error {
	m := e.momentsOf(j.p, res.Sweep, j.set)
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
		sub.left = func(i int) { outside = append(outside, left[i]) }
		if err := e.train(ctx, sub); err != nil {
			return err
		}
		slices.Sort(outside)
		left = outside
	}
	return ctx.Err()
}

// problem returns the points as samples with weights of one feature, in the plane of its weight
// and the bias.
func (c *cells) problem(p *cpu.Problem) (*cpu.Problem, error) {
	q := &cpu.Problem{Eps: p.Eps, L2: p.L2, Penalize: p.Penalize}
	var x, weights []float64
	for i, w := range c.w {
		x = append(x, c.u[i]*c.v[i])
		q.Y = append(q.Y, float64(classOf(c.v[i])))
		weights = append(weights, w)
	}
	q.X = mat.NewDense(len(x), 1, x)
	return q, q.Weigh(weights)
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
