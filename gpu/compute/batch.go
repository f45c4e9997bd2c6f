package compute

import (
	"errors"
	"math"
	"slices"

	"losscape/cpu"
	"losscape/gpu"
)

// runBatch is the runs that are on the device at the same time.
type runBatch struct {
	*trainer
	v       runVariant
	like    cpu.Run
	program *gpu.Program
	pace    *pacer

	which []int32   // runs of the batch
	runs  []cpu.Run // they
	ended []int32   // updates until each of them ended; −1 under way
	slots []int32   // where they are on the device: index into which, or -1

	// What of them is on the device, and its buffers.
	layout                    *runLayout
	state, params             words[float64]
	ints, paramInts           words[int32]
	stateBuffer, paramBuffer  *gpu.Buffer
	intBuffer, paramIntBuffer *gpu.Buffer

	path     *gpu.Buffer // recorded states
	pathRows int         // states that it holds
	host     []float64   // its contents
	w        []float64   // of a recorded state
	right    *gpu.Buffer // samples that are classified right, or the sum of their weights: two words of a run
	last     lastStates
	wide     *wideRuns // if the variant is
}

func newRunBatch(t *trainer, v runVariant, like cpu.Run) *runBatch {
	l := newRunLayout(v)
	b := &runBatch{trainer: t, v: v, like: like, layout: l}
	b.state.layout, b.ints.layout = &l.state, &l.ints
	b.params.layout, b.paramInts.layout = &l.params, &l.paramInts
	b.state.format, b.params.format = v.format, v.format
	return b
}

// buffers lists the batch's buffers of words by run.
func (b *runBatch) buffers() []**gpu.Buffer {
	return []**gpu.Buffer{&b.stateBuffer, &b.intBuffer, &b.paramBuffer, &b.paramIntBuffer}
}

func (b *runBatch) close() {
	for _, buffer := range b.buffers() {
		(*buffer).Close()
	}
	b.path.Close()
	b.right.Close()
	b.last.close()
	b.wide.close()
}

// stride is the number of runs on the device, padding included.
func (b *runBatch) stride() int { return len(b.slots) }

// makeSlots makes empty slots for so many invocations, or a few more, and returns for
// how many.
func (b *runBatch) makeSlots(invocations int) int {
	per := b.v.runs
	if !b.v.cooperate && invocations*per%512 == 0 {
		invocations += max(16/per, 1) // strides of powers of two share cache lines' sets
	}
	n := invocations * per
	b.slots = slices.Grow(b.slots[:0], n)[:n]
	for i := range b.slots {
		b.slots[i] = -1
	}
	return invocations
}

// lay gives every run of which a slot. Slots s, s + apart, ... are of one
// invocation; with mini-batches they have the same seed.
func (b *runBatch) lay(which []int32) {
	per := b.v.runs
	var sets [][]int32
	var last uint64
	for _, k := range which {
		seed := uint64(0)
		if b.v.batches {
			seed = b.runs[k].Seed
		}
		if n := len(sets); n == 0 || len(sets[n-1]) == per || seed != last {
			sets = append(sets, make([]int32, 0, per))
		}
		n := len(sets) - 1
		sets[n] = append(sets[n], k)
		last = seed
	}
	apart := b.makeSlots(len(sets))
	for m, set := range sets {
		for r, k := range set {
			b.slots[r*apart+m] = k
		}
	}
}

// fill writes the parameters, and the states at the start, of the runs in the slots.
func (b *runBatch) fill() {
	n := b.stride()
	b.state.reset(n)
	b.ints.reset(n)
	b.params.reset(n)
	b.paramInts.reset(n)
	b.fillParams()
	best, status := b.state.column("BEST", 0), b.ints.column("STATUS", 0)
	for s, k := range b.slots {
		if k < 0 { // padding has ended
			status[s] = int32(cpu.StepLimit)
			continue
		}
		best[s], status[s] = math.NaN(), running
	}
	for j := range b.dim {
		w, e := b.state.column("W", j), b.state.column("W_ERROR", j)
		for s, k := range b.slots {
			if k >= 0 {
				start := b.runs[k].Start[j]
				w[s] = b.v.round(start)
				e[s] = w[s] - start
			}
		}
	}
	for _, o := range b.v.observers() {
		for s, k := range b.slots {
			if k >= 0 && o.start != nil {
				o.start(b, s)
			}
		}
	}
}

// fillParams writes the parameters of the runs in the slots.
func (b *runBatch) fillParams() {
	for _, p := range params {
		to := b.params.column(p.name, 0)
		for s, k := range b.slots {
			if k >= 0 {
				to[s] = p.of(&b.runs[k])
			}
		}
	}
	steps, low, high := b.paramInts.column("STEPS", 0), b.paramInts.column("SEED", 0), b.paramInts.column("SEED", 1)
	for s, k := range b.slots {
		if k >= 0 {
			r := &b.runs[k]
			steps[s], low[s], high[s] = int32(r.Steps), int32(uint32(r.Seed)), int32(uint32(r.Seed>>32))
		}
	}
	for _, o := range b.v.observers() {
		var to [][]int32
		for _, name := range o.params {
			to = append(to, b.paramInts.column(o.field(name), 0))
		}
		for s, k := range b.slots {
			if k >= 0 {
				for i, v := range o.param(&b.runs[k], int(k), b.j.set) {
					to[i][s] = int32(v)
				}
			}
		}
	}
}

// ensure makes a guarded buffer of so many bytes, or keeps one that is large enough.
func (b *runBatch) ensure(buffer **gpu.Buffer, label string, bytes int) error {
	if *buffer != nil && (*buffer).Size >= bytes+2*4*guard {
		return nil
	}
	(*buffer).Close()
	*buffer = nil
	fresh, err := b.e.newGuarded(label, bytes/4)
	*buffer = fresh
	return err
}

// allocate makes the buffers for the batch, or keeps those of the one before, and
// fills them. A recorded state is so many words; most is the largest number of steps.
func (b *runBatch) allocate(pathWords, most int) error {
	for i, bytes := range []int{b.state.size(), b.ints.size(), b.params.size(), b.paramInts.size()} {
		label := [...]string{"states of runs", "integers of runs", "parameters of runs", "integer parameters of runs"}[i]
		if err := b.ensure(b.buffers()[i], label, bytes); err != nil {
			return err
		}
	}
	if err := b.ensure(&b.right, "samples that are right", 8*b.stride()); err != nil {
		return err
	}
	if every := b.j.set.Every; every > 0 {
		b.pathRows = min(max(pathBytes/b.v.bytes/pathWords, 1), most/every+1)
		b.path.Close()
		var err error
		if b.path, err = b.e.newGuarded("trajectories", b.v.bytes/4*b.pathRows*pathWords); err != nil {
			return err
		}
	}
	if err := b.allocateLast(); err != nil {
		return err
	}
	if b.wide != nil {
		if err := b.wide.allocate(); err != nil {
			return err
		}
	}
	return b.upload()
}

func (b *runBatch) upload() error {
	return errors.Join(b.state.upload(b.stateBuffer), b.ints.upload(b.intBuffer),
		b.params.upload(b.paramBuffer), b.paramInts.upload(b.paramIntBuffer))
}

// download copies the states of the runs from the device.
func (b *runBatch) download() error {
	return errors.Join(b.checkGuards(), b.state.download(b.stateBuffer), b.ints.download(b.intBuffer))
}

// checkGuards reports a write outside the states of runs.
func (b *runBatch) checkGuards() error {
	buffers := []*gpu.Buffer{b.stateBuffer, b.intBuffer, b.last.buffer}
	if b.wide != nil {
		buffers = append(buffers, b.wide.buffers()...)
	}
	for _, buffer := range buffers {
		if buffer == nil {
			continue
		}
		if err := checkGuards(buffer, buffer.Size/4-2*guard); err != nil {
			return err
		}
	}
	return nil
}

// bind binds the words of the runs, and returns how many runs there are.
func (b *runBatch) bind() int {
	b.stateBuffer.BindStorageRange(bindingState, 4*guard, b.state.size())
	b.intBuffer.BindStorageRange(bindingInts, 4*guard, b.ints.size())
	b.paramBuffer.BindStorageRange(bindingParams, 4*guard, b.params.size())
	b.paramIntBuffer.BindStorageRange(bindingParamInts, 4*guard, b.paramInts.size())
	return b.stride()
}
