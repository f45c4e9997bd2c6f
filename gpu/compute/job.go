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
