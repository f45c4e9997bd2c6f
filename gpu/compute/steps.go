package compute

import (
	"context"
	"errors"
	"math"
	"slices"

	"losscape/cpu"
	"losscape/gpu"
)

// compute takes the runs which of the job to their ends.
func (b *runBatch) compute(ctx context.Context, which []int32) error {
	most := b.begin(which)
	if err := b.e.d.Do(func() error { return b.allocate((b.dim+1)*b.stride(), most) }); err != nil {
		return err
	}
	alive, packed := len(which), len(which)
	for first := 0; alive > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		var steps, ended int
		if b.wide != nil {
			var err error
			if steps, err = b.wide.submit(ctx, first, most, alive); err != nil {
				return err
			}
		}
		err := b.e.d.Do(func() (err error) {
			if b.wide == nil {
				if steps, err = b.submit(first, most, alive); err != nil {
					return err
				}
			}
			if ended, err = b.findEnds(first, steps); err != nil {
				return err
			}
			return b.downloadPath(first, steps)
		})
		if err != nil {
			return err
		}
		b.recordPath(first, steps)
		alive -= ended
		b.j.moved(b.runs, first, steps, b.done(first+steps))
		first += steps
		// Keep those under way together, once they are few among those that
		// have ended.
		if alive <= packed/2 {
			if err := b.retire(ctx); err != nil {
				return err
			}
			packed = alive
		}
	}
	b.j.done += len(which)
	return nil
}

// begin puts the runs which of the job into the batch, at their starts, and returns
// the largest number of steps.
func (b *runBatch) begin(which []int32) (most int) {
	b.which = which
	b.runs, b.ended = make([]cpu.Run, len(which)), make([]int32, len(which))
	all := make([]int32, len(which))
	starts := make([]float64, len(which)*b.dim)
	b.w = make([]float64, b.dim)
	for k, i := range which {
		b.runs[k].Start = starts[k*b.dim : k*b.dim : (k+1)*b.dim]
		b.j.run(int(i), &b.runs[k])
		all[k], b.ended[k] = int32(k), -1
		most = max(most, b.runs[k].Steps)
	}
	b.lay(all)
	b.fill()
	return most
}

// stepsAtOnce is how many steps of the runs under way, so many, are dispatched at once, and
// the work of a step.
func (b *runBatch) stepsAtOnce(first, most, alive int) (steps int, work float64) {
	work = float64(alive) * b.stepWork()
	steps = min(max(int(b.pace.budget()/work), 1), b.maxSteps(), most+1-first)
	if every := b.j.set.Every; every > 0 {
		steps = min(steps, b.pathRows*every)
	}
	return steps, work
}

// submit dispatches some steps of the runs under way, so many, and returns how many.
func (b *runBatch) submit(first, most, alive int) (steps int, err error) {
	steps, work := b.stepsAtOnce(first, most, alive)
	failed := error(nil)
	err = b.pace.submit(work*float64(steps), func() { failed = b.dispatch(first, steps) })
	return steps, errors.Join(failed, err)
}

// findEnds notes which runs have ended in the last dispatch, and returns how many.
func (b *runBatch) findEnds(first, steps int) (ended int, err error) {
	status, end := make([]int32, b.stride()), make([]int32, b.stride())
	if err := b.ints.downloadField(b.intBuffer, "STATUS", status); err != nil {
		return 0, err
	}
	if err := b.ints.downloadField(b.intBuffer, "STEP", end); err != nil {
		return 0, err
	}
	work := 0.0
	each := b.stepWork()
	for s, k := range b.slots {
		switch {
		case k < 0 || b.ended[k] >= 0:
		case status[s] == running, status[s] == beyond:
			work += each * float64(steps)
		default:
			b.ended[k] = end[s]
			ended++
			last := int(end[s]) + 1
			if b.v.observes("exponent") && status[s] == int32(cpu.Converged) {
				last = min(first+steps, b.runs[k].Steps+1)
			}
			work += each * float64(last-first)
		}
	}
	if ended == 0 || b.wide != nil { // whose dispatches are of no whole steps
		return ended, nil
	}
	return ended, b.pace.correct(work)
}

// done is how many runs of the job are done after so many states of this batch, those
// under way in proportion.
func (b *runBatch) done(states int) float64 {
	done := float64(b.j.done)
	for k, end := range b.ended {
		if end >= 0 {
			done++
		} else {
			done += float64(states) / float64(b.runs[k].Steps+1)
		}
	}
	return done
}

// downloadPath copies the states that a dispatch has recorded from the device.
func (b *runBatch) downloadPath(first, steps int) error {
	every := b.j.set.Every
	if every == 0 {
		return nil
	}
	words := (b.dim + 1) * b.stride()
	// It is as large as the batch was when its runs were more.
	if err := checkGuards(b.path, b.path.Size/4-2*guard); err != nil {
		return err
	}
	rows := max((first+steps-1)/every+1-(first+every-1)/every, 0)
	b.host = slices.Grow(b.host[:0], rows*words)[:rows*words]
	return b.v.download(b.path, 4*guard, b.host)
}

// recordPath hands over the states that a dispatch has recorded.
func (b *runBatch) recordPath(first, steps int) {
	every, n := b.j.set.Every, b.stride()
	if every == 0 {
		return
	}
	from := (first + every - 1) / every
	for s, k := range b.slots {
		if k < 0 {
			continue
		}
		for c := from; c*every < first+steps && (b.ended[k] < 0 || c*every <= int(b.ended[k])); c++ {
			b.record(int(b.which[k]), c, &b.runs[k], b.host[(c-from)*(b.dim+1)*n+s:])
		}
	}
}

// record hands over recorded state c of run i, which is r, from values that are a
// stride apart.
func (b *runBatch) record(i, c int, r *cpu.Run, values []float64) {
	n := b.stride()
	finite := true
	for j := range b.w {
		x := values[j*n]
		finite = finite && x-x == 0
		b.w[j] = x
	}
	if c == 0 {
		copy(b.w, r.Start)
	}
	loss := values[b.dim*n]
	if finite && !b.exact(loss) {
		loss = b.j.p.LossL2(b.w, r.L2)
	}
	b.j.record(i, c, b.w, loss)
}

// stepWork is what a step of a run costs, in samples.
func (b *runBatch) stepWork() float64 {
	of := 1.0
	if b.v.wide { // in sixteens of multiply-adds
		of = float64(b.dim) / 8
	}
	if !b.v.batches {
		return float64(b.n) * of
	}
	return (float64(b.like.Batch) + float64(b.n)/float64(b.like.Epoch(b.n))) * of
}

// maxSteps is the number of steps that one dispatch may take.
func (b *runBatch) maxSteps() int {
	if b.v.wide {
		return math.MaxInt32
	}
	lanes := 1
	if b.v.cooperate {
		lanes = b.v.rows
	}
	n := b.n/lanes + 2*32 // the ends of blocks
	if b.v.batches {
		n += b.like.Batch/lanes + 2*32
	}
	return max(stepSamples/n, 1)
}

// dispatch computes steps of the runs, from the states after first updates on.
func (b *runBatch) dispatch(first, steps int) error {
	if b.v.wide {
		for _, do := range b.wide.tasks(first, steps) {
			if err := do(); err != nil {
				return err
			}
		}
		return nil
	}
	p, n := b.program, b.bind()
	switch {
	case b.v.records > 0:
		b.block.BindUniform(0)
	case b.v.batches:
		b.samples.BindStorage(bindingSamples)
	default:
		b.sorted.BindStorage(bindingSamples)
	}
	b.bindPath()
	b.bindLast(p)
	b.setUniforms(first, steps)
	b.e.d.Barrier(gpu.ForShaders) // the dispatch before wrote the state
	invocations := n / b.v.runs
	if b.v.cooperate {
		p.Dispatch(invocations, 1, 1)
		return nil
	}
	p.Dispatch((invocations+b.v.rows-1)/b.v.rows, 1, 1)
	return nil
}

// bindPath binds the recorded states.
func (b *runBatch) bindPath() {
	if b.path != nil {
		b.path.BindStorage(bindingPath)
	} else {
		b.right.BindStorage(bindingPath) // not written to
	}
}

// setUniforms sets the kernel's uniforms for a dispatch.
func (b *runBatch) setUniforms(first, steps int) {
	p := b.program
	lanes := 1
	if b.v.cooperate {
		lanes = b.v.rows
	}
	block, perChunk := blocks((b.n/b.v.group+lanes-1)/lanes, b.v.group, b.v.chunk(b.eps.value))
	p.SetInt("runs", b.stride())
	p.SetInt("first", first)
	p.SetInt("steps", steps)
	p.SetInt("count", b.n)
	p.SetInt("wholeGroups", b.groups)
	p.SetInt("positives", b.positives)
	p.SetInt("block", block)
	p.SetInt("blocks", perChunk)
	p.SetInt("base", 4*guard/b.v.bytes)
	p.SetInt("every", b.j.set.Every)
	real := func(name string, x float64) { b.v.setUniform(p, name, x) }
	real("scale", 1/float64(b.n))
	real("limit", b.j.set.Limit)
	real("reach", b.j.x.reach)
	if b.j.points != nil {
		real("box", b.v.below(b.j.points.box))
	}
	real("gradTol", b.j.set.GradTol)
	if b.v.batches {
		p.SetInt("batch", b.like.Batch)
		p.SetInt("epoch", b.like.Epoch(b.n))
		real("batchScale", 1/float64(b.like.Batch))
		p.SetInt("passes", 2)
	}
	if c := b.eps; b.v.eps != epsNone {
		real("epsValue", c.value)
		real("logEps", c.log)
		real("logRatio", c.logRatio)
		real("ratio", math.Exp(c.logRatio))
		edge, offset := c.edge, 0.0
		if b.v.eps == epsSmall {
			edge, offset = c.seen, c.value
		}
		real("edge", edge)
		real("offset", offset)
	}
}
