package cpu

import (
	"context"
	"math"
	"slices"
	"sync/atomic"
	"time"
)

// Again computes some runs of a sweep once more, in float64, and puts what they come to
// in place of what r has of them. r is the result of another engine with the settings
// set; Doubt stays as it is there. progress is told of the runs done and of len(which).
// After an error some of the runs may have been replaced.
func (p *Problem) Again(ctx context.Context, r *Result, set Settings, which []int, progress func(done, total int)) error {
	began := time.Now()
	set, err := set.WithDefaults()
	if err != nil {
		return err
	}
	var evals atomic.Uint64
	err = parallel(ctx, len(which), 1, progress, func(ctx context.Context) func(int) error {
		d := newDescent(ctx, p)
		last := new(tail)
		return func(k int) error {
			before := d.evals
			r.Forget(which[k])
			r.Precision[which[k]] = Float64
			err := d.sweep(r, which[k], set, last)
			evals.Add(d.evals - before)
			return err
		}
	})
	if err != nil {
		return err
	}
	r.Stats.SampleEvals += evals.Load()
	return r.Replaced(ctx, p, which, began)
}

// Forget takes the period, the doubt about the best loss, the growth and the recorded states of run i out of a result,
// before an engine computes it again.
func (r *Result) Forget(i int) {
	r.Period[i] = 0
	if r.Unsure != nil {
		r.Unsure[i] = false
	}
	if r.Growths != nil {
		r.Growths[i] = Growth{}
	}
	r.ForgetStates(i)
}

// ForgetStates takes the recorded states of run i out of a result, if it has some.
func (r *Result) ForgetStates(i int) {
	t := r.Trajectories
	if t == nil {
		return
	}
	if row := t.Row(i); row >= 0 {
		fillNaN(t.W[row*t.States*r.Dim : (row+1)*t.States*r.Dim])
		fillNaN(t.Loss[row*t.States : (row+1)*t.States])
	}
}

// Replaced is what an engine calls when it has computed some runs of a result of p
// again, from began on: as Derive, but of these runs.
func (r *Result) Replaced(ctx context.Context, p *Problem, which []int, began time.Time) error {
	err := p.deriveRuns(ctx, r, which)
	r.Stats.Elapsed += time.Since(began)
	return err
}

// Doubtful returns the runs in doubt that are still of float32, ascending.
func (r *Result) Doubtful() []int {
	var which []int
	for i, d := range r.Doubt {
		if d != NoDoubt && r.Precision[i] == Float32 {
			which = append(which, i)
		}
	}
	return which
}

// Indistinct reports whether two values of an axis of s follow one another by less than
// 8 units in the last place of float32: rounded to float32, each may be off by half a
// unit, and so by a sixteenth of the way to the next one or more. Values that are alike
// are so on purpose. The values are those of the whole sweep if s is a block of one.
func (s Sweep) Indistinct() bool {
	return slices.ContainsFunc(s.Whole().Over, func(p Param) bool {
		if n := p.Len(); p.Range != nil { // whose values are closest to one another, for their size, at an end
			return tooNear(p.Value(0), p.Value(1)) || tooNear(p.Value(n-2), p.Value(n-1))
		}
		for i := 1; i < len(p.Values); i++ {
			if tooNear(p.Values[i-1], p.Values[i]) {
				return true
			}
		}
		return false
	})
}

// Indistinct reports whether two of runs of one optimizer differ, but in no parameter by as
// much as 8 units in the last place of float32: see Sweep.Indistinct.
func Indistinct(runs []Run) bool {
	for i := range runs {
		for j := range i {
			if almostAlike(&runs[i], &runs[j]) {
				return true
			}
		}
	}
	return false
}

func almostAlike(a, b *Run) bool {
	if a.Optimizer != b.Optimizer || len(a.Start) != len(b.Start) {
		return false
	}
	differ, near := false, true
	compare := func(x, y float64) {
		differ = differ || x != y
		near = near && (x == y || tooNear(x, y))
	}
	for k := range hyperParameters {
		compare(hyperParameters[k].Get(a), hyperParameters[k].Get(b))
	}
	for j, x := range a.Start {
		compare(x, b.Start[j])
	}
	return differ && near
}

// tooNear reports whether a and b differ, but by less than 8 units in the last place of
// float32.
func tooNear(a, b float64) bool {
	return a != b && math.Abs(a-b) < 8*float32Unit(max(math.Abs(a), math.Abs(b)))
}

// float32Unit is the distance of float32's numbers around x ≥ 0.
func float32Unit(x float64) float64 {
	_, e := math.Frexp(x)
	return math.Ldexp(1, max(e-24, -149))
}

// DoubtNeighbours puts runs of float32 without a doubt into one, Disagreeing, that end
// with another status or period than a neighbour along an axis of real values, and those
// within reach neighbours of one that does, and returns all that are in it and still of
// float32, ascending. Where both are of float64 nothing is in doubt.
func (r *Result) DoubtNeighbours(reach int) []int {
	apart := make([]bool, r.N())
	r.neighbours(func(i, j int) {
		if (r.Status[i] != r.Status[j] || r.Period[i] != r.Period[j]) && (r.Precision[i] == Float32 || r.Precision[j] == Float32) {
			apart[i], apart[j] = true, true
		}
	})
	for range reach {
		near := slices.Clone(apart)
		r.neighbours(func(i, j int) {
			near[i] = near[i] || apart[j]
			near[j] = near[j] || apart[i]
		})
		apart = near
	}
	doubted := r.single(apart)
	if r.Doubt == nil {
		r.Doubt = make([]Doubt, r.N())
	}
	for _, i := range doubted {
		if r.Doubt[i] == NoDoubt {
			r.Doubt[i] = Disagreeing
		}
	}
	return doubted
}

// single returns the runs of float32 among those that are marked.
func (r *Result) single(marked []bool) []int {
	var which []int
	for i, m := range marked {
		if m && r.Precision[i] == Float32 {
			which = append(which, i)
		}
	}
	return which
}

// neighbours calls f for all pairs of runs that follow one another along an axis of real
// values. Batches, seeds and numbers of steps are whole: what they change jumps.
func (r *Result) neighbours(f func(i, j int)) {
	stride := 1
	for a := len(r.Sweep.Over) - 1; a >= 0; a-- {
		p := &r.Sweep.Over[a]
		count := p.Len()
		if !lookupParam(p.Name).Whole() {
			for i := range r.N() - stride {
				if i/stride%count < count-1 {
					f(i, i+stride)
				}
			}
		}
		stride *= count
	}
}
