package compute

import (
	"context"
	"math"
	"math/bits"
	"slices"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/shaders"

	"gonum.org/v1/gonum/floats"
)

// retire hands over the runs that have ended since it was called last, and packs
// those under way.
func (b *runBatch) retire(ctx context.Context) error {
	accuracies, err := b.classify(ctx)
	if err != nil {
		return err
	}
	if err := b.e.d.Do(b.findReturns); err != nil {
		return err
	}
	if err := b.e.d.Do(b.download); err != nil {
		return err
	}
	found := b.columns()
	var left []int32
	old := make([]int32, len(b.runs)) // slots of those left
	o := outcome{w: make([]float64, b.dim)}
	gradient := make([]float64, b.dim)
	for s, k := range b.slots {
		switch {
		case k < 0:
		case found.status[s] == running, found.status[s] == beyond:
			left = append(left, k)
			old[k] = int32(s)
		case found.status[s] == outside:
			b.j.left(int(b.which[k]))
		case found.status[s] == lost:
			return unsupported("run %d leaves the range of %s at step %d, though its weights do not", b.which[k], b.v.name, b.ended[k])
		default:
			b.readOutcome(&o, found, s, k, accuracies[s], gradient)
			b.j.finish(int(b.which[k]), &b.runs[k], o)
		}
	}
	if len(left) == 0 {
		return nil
	}
	slices.Sort(left) // as they were arranged
	return b.pack(left, old)
}

// columns are the words of the runs on the device, by slot.
type columns struct {
	w, wError        [][]float64 // by weight
	loss, best, norm []float64
	status           []int32
}

func (b *runBatch) columns() *columns {
	c := &columns{loss: b.state.column("LOSS", 0), best: b.state.column("BEST", 0), norm: b.state.column("NORM", 0), status: b.ints.column("STATUS", 0)}
	for j := range b.dim {
		c.w, c.wError = append(c.w, b.state.column("W", j)), append(c.wError, b.state.column("W_ERROR", j))
	}
	return c
}

// readOutcome sets o to what run k in slot s, which has ended, has come to, accuracy
// included; gradient is scratch.
func (b *runBatch) readOutcome(o *outcome, found *columns, s int, k int32, accuracy float64, gradient []float64) {
	finite := true
	for j := range o.w {
		x := found.w[j][s]
		finite = finite && x-x == 0
		o.w[j] = x - found.wError[j][s]
	}
	o.steps, o.status = int(b.ended[k]), cpu.Status(found.status[s])
	if o.accuracy = accuracy; b.j.points != nil && finite {
		for j := range o.w {
			o.w[j] = found.w[j][s] - found.wError[j][s]
		}
		o.accuracy = b.j.points.labels().accuracy(o.w)
	}
	if !finite {
		for j := range o.w {
			o.w[j] = math.NaN()
		}
		o.accuracy = math.NaN()
	} else if o.steps == 0 {
		copy(o.w, b.runs[k].Start)
	}
	o.loss, o.best, o.gradNorm = found.loss[s], found.best[s], found.norm[s]
	o.unsure = !b.exact(o.best) && !math.IsNaN(o.best)
	if o.best < b.v.leastLoss && o.unsure {
		o.best += b.v.leastNormal // what the samples that count as 0 may have had
	}
	if finite {
		b.mend(o, &b.runs[k], gradient)
	}
	o.period, o.returns, o.growth = 0, cpu.Returns{}, cpu.Growth{}
	for _, v := range b.v.observers() {
		v.take(o, b, s)
	}
	if o.doubt = b.doubt(o); o.doubt == cpu.Returning {
		o.status, o.period = cpu.StepLimit, 0 // a false period is worse than none
	}
}

// mend computes in float64 what of an outcome with finite weights is not good to the
// device's tolerances; gradient is scratch.
func (b *runBatch) mend(o *outcome, r *cpu.Run, gradient []float64) {
	x := b.j.x
	if size := floats.Norm(o.w, 2); b.exact(o.loss) && size <= x.reach && x.sum*size <= x.most {
		return
	}
	_, o.loss = b.j.p.LossGradient(gradient, o.w, r.L2)
	o.gradNorm = floats.Norm(gradient, 2)
	o.accuracy = b.j.p.Accuracy(o.w)
	// No state before had a loss as small, if its gradient had been at the tolerance.
	if o.status == cpu.Converged && o.best < 2*x.leastLoss && 2*x.leastLoss*x.sum <= b.j.set.GradTol {
		o.best, o.unsure = o.loss, false
	} else if !(o.best <= o.loss) {
		o.best = o.loss
	}
}

// pack keeps the runs left alone on the device; old are the slots that they had.
func (b *runBatch) pack(left, old []int32) error {
	state, ints := b.state, b.ints
	state.data, ints.data = slices.Clone(state.data), slices.Clone(ints.data)
	b.lay(left)
	b.fill()
	for s, k := range b.slots {
		if k >= 0 {
			copyRun(&b.state, s, &state, int(old[k]))
			copyRun(&b.ints, s, &ints, int(old[k]))
		}
	}
	return b.e.d.Do(b.upload)
}

// copyRun copies the words of the run in slot j of from into slot i of to.
func copyRun[T float64 | int32](to *words[T], i int, from *words[T], j int) {
	for f := range to.words() {
		to.data[f*to.stride+i] = from.data[f*from.stride+j]
	}
}

// exact reports whether a loss from the device is as good as its tolerance says: the
// smallest and the largest are not. A loss with eps is good to a fraction of eps.
func (b *runBatch) exact(loss float64) bool {
	return !math.IsNaN(loss) && !math.IsInf(loss, 0) && (loss >= b.v.leastLoss || b.j.p.Eps > 0)
}

// classify returns which fraction of the samples, by their weights, each run on the device
// classifies right.
func (b *runBatch) classify(ctx context.Context) ([]float64, error) {
	n, weighted := b.stride(), b.counts.buffer != nil
	if b.j.points != nil { // they have no accuracy
		return make([]float64, n), nil
	}
	right := make([]uint32, n)
	if weighted {
		right = make([]uint32, 2*n)
	}
	parts := (b.n + accuracySamples - 1) / accuracySamples
	pace := b.e.pace("accuracy")
	err := b.e.d.Do(func() error { return gpu.Upload(b.right, 4*guard, right) })
	if b.wide != nil && err == nil {
		parts, err = 0, b.wide.classify(ctx)
	}
	for first := 0; err == nil && first < parts; {
		if err = ctx.Err(); err != nil {
			break
		}
		err = b.e.d.Do(func() error {
			runs := min(b.e.tuning.carry, maxDim/b.dim)
			w := b.layout.state.at("W")
			d := shaders.Defines{"DIM": b.dim, "VECTORS": vectors(b.v.words), "RUNS": runs, "WEIGHTED": weighted, "ROWS": b.v.rows, "RECORDS": b.v.records, "STATE_W": w, "DOUBLE": b.v.precision == Double}
			defineBindings(d)
			p, err := b.e.d.Compute("accuracy.comp", d)
			if err != nil {
				return err
			}
			each := float64(n) * float64(min(b.n, accuracySamples))
			count := min(max(int(pace.budget()/each), 1), parts-first, maxTiles)
			switch {
			case b.v.records > 0:
				b.block.BindUniform(0)
			case weighted:
				b.sorted.BindStorage(bindingSamples)
			default:
				b.samples.BindStorage(bindingSamples)
			}
			if weighted {
				b.counts.buffer.BindStorage(bindingWeights)
			}
			b.stateBuffer.BindStorageRange(bindingState, 4*guard, b.state.size())
			b.right.BindStorageRange(bindingRight, 4*guard, 4*len(right))
			apart := (n + runs - 1) / runs
			p.SetInt("runs", n)
			p.SetInt("apart", apart)
			p.SetInt("first", first)
			p.SetInt("part", accuracySamples)
			p.SetInt("count", b.n)
			first += count
			b.e.d.Barrier(gpu.ForShaders)
			return pace.submit(each*float64(count), func() { p.Dispatch((apart+b.v.rows-1)/b.v.rows, count, 1) })
		})
	}
	if e := b.e.d.Do(pace.close); err == nil {
		err = e
	}
	if err != nil {
		return nil, err
	}
	err = b.e.d.Do(func() error { return gpu.Download(b.right, 4*guard, right) })
	accuracies := make([]float64, n)
	for i := range accuracies {
		if weighted {
			accuracies[i] = float64(uint64(right[2*i+1])<<32|uint64(right[2*i])) / b.counts.total
		} else {
			accuracies[i] = float64(right[i]) / float64(b.n)
		}
	}
	return accuracies, err
}

// counts is weights of samples as whole numbers of 64 bits, whose sums are exact.
type counts struct {
	buffer *gpu.Buffer // nil if samples have no weights
	total  float64
}

// newCounts puts the weights of the samples in that order on the device: weights times a power
// of 2 such that their sum, which is at most a little above the number of samples times that, has
// 63 bits. A weight is rounded by 2⁻⁶³ of the mean times that number at most.
func newCounts(d *gpu.Device, p *cpu.Problem, order []int) (c counts, err error) {
	shift := 62 - bits.Len(uint(p.N()))
	words := make([]uint32, 0, 2*p.N())
	var total uint64
	for _, i := range order {
		w := uint64(math.Round(math.Ldexp(p.SampleWeight[i], shift)))
		total += w
		words = append(words, uint32(w), uint32(w>>32))
	}
	c.total = float64(total)
	c.buffer, err = gpu.NewBufferOf(d, "weights of samples", words, gpu.Static)
	return c, err
}
