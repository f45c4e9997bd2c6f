package compute

import (
	"cmp"
	"slices"

	"losscape/cpu"
)

// job is a set of runs of a problem, and where what they come to goes. The runs
// are numbered 0..n-1.
type job struct {
	p   *cpu.Problem
	x   *extent // of p
	n   int
	run func(i int, r *cpu.Run) // writes run i into r, whose Start it may use
	// among is of how many runs like r these are some, whose kernel they take; nil:
	// they are all.
	among func(r cpu.Run) int
	order []int32 // in which they are taken, similar ones together; nil: as they are numbered
	set   cpu.Settings

	// points stand for the samples if they are not nil. A run that leaves where they do is given to
	// left, and no more to finish; what was recorded of it does not count.
	points *points
	left   func(i int)

	// record takes recorded state c of run i. It may be nil if set.Every is 0.
	record func(i, c int, w []float64, loss float64)
	// finish takes a run that has ended.
	finish func(i int, r *cpu.Run, o outcome)
	// moved is told after each dispatch which states of runs it has gone through,
	// and how many runs are done in all, those under way in proportion.
	moved func(runs []cpu.Run, first, steps int, done float64)

	done int // runs, in the batches before
}

// outcome is what a run has come to.
type outcome struct {
	w                    []float64 // valid during the call
	loss, best, gradNorm float64
	unsure               bool // a loss below best may have been missed
	accuracy             float64
	steps, period        int
	returns              cpu.Returns // of a run that has taken all of its steps
	away                 float64     // from where it was at half of them, if it has returned
	growth               cpu.Growth  // of a run whose exponent is asked for, if it is known
	doubt                cpu.Doubt   // in single precision
	status               cpu.Status
}

func (j *job) at(k int) int {
	if j.order == nil {
		return k
	}
	return int(j.order[k])
}

// samples is the problem whose samples the device takes.
func (j *job) samples() *cpu.Problem {
	if j.points != nil {
		return j.points.p
	}
	return j.p
}

// of is the job of some of the runs, by the kernel that all of them take.
func (j *job) of(which []int) *job {
	sub, before, all := *j, float64(j.n-len(which)), j.n
	sub.n, sub.order, sub.done = len(which), nil, 0
	sub.run = func(i int, r *cpu.Run) { j.run(which[i], r) }
	sub.record = func(i, c int, w []float64, loss float64) { j.record(which[i], c, w, loss) }
	sub.finish = func(i int, r *cpu.Run, o outcome) { j.finish(which[i], r, o) }
	sub.moved = func(runs []cpu.Run, first, steps int, done float64) { j.moved(runs, first, steps, before+done) }
	if sub.among == nil {
		sub.among = func(cpu.Run) int { return all }
	}
	if j.order != nil {
		sub.arrange()
	}
	return &sub
}

// arrange sorts the runs such that neighbours have the same kernel, batch and seed
// and similar numbers of steps.
func (j *job) arrange() {
	type key struct {
		optimizer   string
		batch       int
		seed        uint64
		steps, from int
	}
	keys := make([]key, j.n)
	var r cpu.Run
	for i := range keys {
		j.run(i, &r)
		keys[i] = key{r.Optimizer, r.Batch, 0, r.Steps, i}
		if r.Batch > 0 {
			keys[i].seed = r.Seed
		}
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.optimizer, b.optimizer), cmp.Compare(a.batch, b.batch), cmp.Compare(a.seed, b.seed),
			cmp.Compare(a.steps, b.steps), cmp.Compare(a.from, b.from))
	})
	j.order = make([]int32, j.n)
	for k, x := range keys {
		j.order[k] = int32(x.from)
	}
}
