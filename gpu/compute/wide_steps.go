package compute

import (
	"context"
	"errors"
	"maps"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/shaders"
)

// wideRuns is what the wide kernels keep of a batch of runs besides its words.
type wideRuns struct {
	b     *runBatch
	drawn *wideSamples // of mini-batches
	each  int          // runs of an invocation in the products
	more  int          // in that of the margins, whose sums take fewer registers

	margins, gradients, norms, losses *gpu.Buffer
	views                             map[string]*texels

	products struct{ margins, further, residuals, gradients *gpu.Program }
	steps    struct{ norms, conclude, update *gpu.Program }
	right    *gpu.Program // counts samples that are right

	rows []int32 // of a mini-batch
}

// The bindings of the wide kernels' own buffers, none of which has all of them.
const (
	bindingMargins   = bindingPath
	bindingLosses    = bindingLast
	bindingGradients = bindingLast
	bindingNorms     = bindingRight
)

const normWords = 5 // NORMS of wide.glsl

// wideEach is how many runs an invocation of a product has: as many as leave work for
// all processors.
func (e *Engine) wideEach(runs int) int {
	each := 1
	if e.d.Caps.FewInvocations {
		each = 4
		if e.format.precision == Double {
			each = 2
		}
		for each > 1 && runs < 2*8*each {
			each /= 2
		}
	}
	return each
}

// openWide compiles the kernels of a batch, on the device's thread.
func (b *runBatch) openWide(runs int) error {
	s := b.trainer.wide
	w := &wideRuns{b: b, each: b.e.wideEach(runs), views: map[string]*texels{}}
	if w.more = w.each; w.each == 4 && runs >= 2*8*8 {
		w.more = 8
	}
	b.wide = w
	if b.v.batches {
		var err error
		if w.drawn, err = b.e.newWideSamples(b.dim, b.like.Batch); err != nil {
			return err
		}
		w.rows = make([]int32, b.like.Batch)
	}
	weighted := b.counts.buffer != nil
	common := func(more shaders.Defines) shaders.Defines {
		d := shaders.Defines{"DOUBLE": b.v.precision == Double, "GUARD": 4 * guard / b.v.bytes, "RUNS": 1, "BLOCK": wideBlock, "ROWS": b.v.rows, "STATE_W": 0}
		defineBindings(d)
		d["BINDING_MARGINS"], d["BINDING_LOSSES"], d["BINDING_GRADIENTS"], d["BINDING_NORMS"] = bindingMargins, bindingLosses, bindingGradients, bindingNorms
		maps.Copy(d, more)
		return d
	}
	product := shaders.Defines{"FURTHER": false, "RUNS": w.each, "COLUMNS": s.columns, "RECORDS": s.uniform, "EACH_VECTOR(F)": s.eachVector()}
	margins := maps.Clone(product)
	margins["RUNS"] = w.more
	further := maps.Clone(margins)
	further["FURTHER"] = true
	step := common(nil)
	b.v.define(step)
	b.v.defineState(step)
	step["OPTIMIZER"], step["DECOUPLED"], step["VECTORS_OF_STATE"] = b.v.optimizerNumber(), b.v.decoupled, b.v.state
	step["DIM"], step["PENALIZED"] = 1, 1
	step["PARAMS"] = b.layout.params.words()
	for _, k := range []struct {
		to      **gpu.Program
		file    string
		defines shaders.Defines
	}{
		{&w.products.margins, "wide_margins.comp", common(margins)},
		{&w.products.further, "wide_margins.comp", common(further)},
		{&w.products.residuals, "wide_residuals.comp", common(shaders.Defines{"EPS": b.eps.value > 0, "ACCURACY": false, "WEIGHTED": weighted})},
		{&w.right, "wide_residuals.comp", common(shaders.Defines{"EPS": false, "ACCURACY": true, "WEIGHTED": weighted})},
		{&w.products.gradients, "wide_gradients.comp", common(product)},
		{&w.steps.norms, "wide_norms.comp", common(shaders.Defines{"PARAM_L2": b.layout.params.at("L2")})},
		{&w.steps.conclude, "wide_conclude.comp", step},
		{&w.steps.update, "wide_update.comp", step},
	} {
		var err error
		if *k.to, err = b.e.d.Compute(k.file, k.defines); err != nil {
			return err
		}
	}
	return nil
}

func (w *wideRuns) buffers() []*gpu.Buffer {
	return []*gpu.Buffer{w.margins, w.gradients, w.norms, w.losses}
}

// errors is the number of words of gradients, behind which are those of their errors.
func (w *wideRuns) errors() int {
	return w.b.trainer.wide.columns * w.b.trainer.wide.blocks * w.b.stride()
}

// close frees what openWide and allocate have made.
func (w *wideRuns) close() {
	if w == nil {
		return
	}
	w.drawn.close()
	for _, v := range w.views {
		v.close()
	}
	for _, b := range w.buffers() {
		b.Close()
	}
}

// blocks is the number of blocks of weights.
func (w *wideRuns) blocks() int { return (w.b.dim + wideBlock - 1) / wideBlock }

// slabRows is the most rows of a slab that there are.
func (w *wideRuns) slabRows() int {
	rows := w.b.trainer.wide.slabs[0].rows
	if w.drawn != nil {
		rows = max(rows, w.drawn.slabs[0].rows)
	}
	return rows
}

// allocate makes the buffers for the runs of the batch, or keeps those of the one before.
func (w *wideRuns) allocate() error {
	b := w.b
	n := b.stride()
	parts := b.trainer.wide.parts
	if w.drawn != nil {
		parts = max(parts, w.drawn.parts)
	}
	for _, x := range []struct {
		buffer **gpu.Buffer
		label  string
		words  int
	}{
		{&w.margins, "margins", w.slabRows() * n},
		{&w.gradients, "gradients", 2 * w.errors()},
		{&w.norms, "norms of blocks", (w.blocks()*normWords + 1) * n},
		{&w.losses, "losses of parts", parts * n},
	} {
		if err := b.ensure(x.buffer, x.label, x.words*b.v.bytes); err != nil {
			return err
		}
	}
	return nil
}

// show binds a buffer that a kernel reads as texels.
func (w *wideRuns) show(p *gpu.Program, name string, unit int, of *gpu.Buffer, fours bool) error {
	t := w.views[of.Label]
	if t == nil {
		t = &texels{}
		w.views[of.Label] = t
	}
	t.of = of
	return t.bind(p, w.b.e.d, w.b.v.format, name, unit, fours)
}

// out binds a guarded buffer that a kernel writes.
func (w *wideRuns) out(binding int, of *gpu.Buffer) {
	of.BindStorageRange(binding, 4*guard, of.Size-2*4*guard)
}

// common sets the uniforms that all kernels have, for the runs in slots from..to-1.
func (w *wideRuns) common(p *gpu.Program, from, to int) {
	p.SetInt("runs", w.b.stride())
	p.SetInt("dims", w.b.dim)
	p.SetInt("penalized", w.b.v.penalized)
	p.SetInt("from", from)
	p.SetInt("to", to)
}

// barrier orders what a kernel wrote against the next.
func (w *wideRuns) barrier() { w.b.e.d.Barrier(gpu.ForShaders | gpu.ForTextures) }

// groups is how many work groups have so many invocations.
func (w *wideRuns) groups(invocations int) int { return (invocations + w.b.v.rows - 1) / w.b.v.rows }

// bindRows binds a window of a slab: rows row.. of a block of columns. It returns where they
// begin, in REAL4s.
func (w *wideRuns) bindRows(s *wideSamples, slab wideSlab, block, row int) int {
	at := slab.offset + (block*slab.rows+row)*s.columns*s.bytes
	if s.uniform > 0 {
		slab.page.BindUniformRange(0, at, 4*s.uniform*s.bytes)
		return 0
	}
	slab.page.BindStorageRange(bindingSamples, slab.offset, slab.rows*s.rowBytes())
	return (at - slab.offset) / (4 * s.bytes)
}

// marginsOf adds a block of columns to the margins of a slab, of the runs in slots
// from..to-1.
func (w *wideRuns) marginsOf(s *wideSamples, slab wideSlab, block, from, to int) error {
	p := w.products.margins
	if block > 0 {
		p = w.products.further
	}
	w.common(p, from, to)
	if err := w.show(p, "weights", 0, w.b.stateBuffer, false); err != nil {
		return err
	}
	if err := w.show(p, "before", 1, w.margins, true); err != nil {
		return err
	}
	w.out(bindingMargins, w.margins)
	p.SetInt("block", block)
	groups := w.groups((to - from + w.more - 1) / w.more)
	for row := 0; row < slab.rows; row += s.window {
		count := min(s.window, slab.rows-row)
		part := 64
		if s.uniform > 0 {
			part = min(count, max(32, (count*groups/16+31)&^31)) // at least 16 work groups in all
		}
		p.SetInt("records", w.bindRows(s, slab, block, row))
		p.SetInt("row", row)
		p.SetInt("count", count)
		p.SetInt("part", part)
		p.Dispatch(groups, (count+part-1)/part, 1)
	}
	w.barrier()
	return nil
}

// residualsOf makes residuals of the margins of a slab, and sums up losses; scale is 1 over
// the number of samples.
func (w *wideRuns) residualsOf(s *wideSamples, slab wideSlab, from, to int, scale float64) error {
	p := w.products.residuals
	w.common(p, from, to)
	if c := w.b.eps; c.value > 0 {
		for name, x := range map[string]float64{"epsValue": c.value, "logEps": c.log, "edge": c.edge} {
			w.b.v.setUniform(p, name, x)
		}
	}
	w.b.v.setUniform(p, "scale", scale)
	w.out(bindingLosses, w.losses)
	return w.eachPart(p, s, slab, from, to)
}

// eachPart dispatches a kernel that takes the margins of a slab by parts.
func (w *wideRuns) eachPart(p *gpu.Program, s *wideSamples, slab wideSlab, from, to int) error {
	if err := w.show(p, "before", 0, w.margins, true); err != nil {
		return err
	}
	if err := s.marks.bind(p, w.b.e.d, w.b.v.format, "marks", 1, false); err != nil {
		return err
	}
	w.out(bindingMargins, w.margins)
	p.SetInt("first", slab.first)
	p.SetInt("count", slab.rows)
	p.SetInt("samples", min(slab.rows, s.n-slab.first))
	p.SetInt("part", widePart)
	p.SetInt("firstPart", slab.losses)
	p.Dispatch(w.groups(to-from), (slab.rows+widePart-1)/widePart, 1)
	w.barrier()
	return nil
}

// gradientsOf adds a window of a slab, from a row on, to the gradients of the runs in slots
// from..to-1.
func (w *wideRuns) gradientsOf(s *wideSamples, slab wideSlab, row, from, to int, scale float64) error {
	p := w.products.gradients
	w.common(p, from, to)
	if err := w.show(p, "before", 0, w.margins, true); err != nil {
		return err
	}
	if err := w.show(p, "gradientsBefore", 1, w.gradients, true); err != nil {
		return err
	}
	w.out(bindingGradients, w.gradients)
	w.b.v.setUniform(p, "scale", scale)
	p.SetInt("errors", w.errors()/4)
	p.SetInt("blockRecords", slab.rows*s.columns/4)
	p.SetInt("row", row)
	p.SetInt("count", min(s.window, slab.rows-row))
	p.SetInt("start", flag(slab.first == 0 && row == 0))
	groups := w.groups((to - from + w.each - 1) / w.each)
	together := 1 // blocks of a dispatch
	if s.uniform == 0 {
		together = s.blocks
	}
	for block := 0; block < s.blocks; block += together {
		p.SetInt("block", block)
		p.SetInt("records", w.bindRows(s, slab, block, row))
		p.Dispatch(groups, together, 1)
	}
	w.barrier()
	return nil
}

// A task is some dispatches, on the device's thread. It takes some milliseconds, so that a
// step can be left after each.
type task func() error

// pass lists what computes losses and gradients over samples of the runs in slots from..to-1.
func (w *wideRuns) pass(s *wideSamples, from, to int) (list []task) {
	scale := 1 / float64(s.n)
	for _, slab := range s.slabs {
		list = append(list, w.marginsOfAll(s, slab, from, to)...)
		list = append(list, func() error { return w.residualsOf(s, slab, from, to, scale) })
		for row := 0; row < slab.rows; row += s.window {
			list = append(list, func() error { return w.gradientsOf(s, slab, row, from, to, scale) })
		}
	}
	return list
}

// marginsOfAll lists what computes the margins of a slab, of the runs in slots from..to-1.
func (w *wideRuns) marginsOfAll(s *wideSamples, slab wideSlab, from, to int) (list []task) {
	for block := range s.blocks {
		list = append(list, func() error { return w.marginsOf(s, slab, block, from, to) })
	}
	return list
}

// tasks lists what computes steps of the runs, from the states after first updates on.
func (w *wideRuns) tasks(first, steps int) (list []task) {
	b := w.b
	for k := first; k < first+steps; k++ {
		path0 := -1
		if every := b.j.set.Every; every > 0 && k%every == 0 {
			path0 = 4*guard/b.v.bytes + (k/every-(first+every-1)/every)*(b.dim+1)*b.stride()
		}
		evaluated := !b.v.batches || path0 >= 0 || k%b.like.Epoch(b.n) == 0 || b.endsAt(k)
		if evaluated {
			list = append(list, w.pass(b.trainer.wide, 0, b.stride())...)
		}
		list = append(list, func() error { return w.conclude(k, path0, evaluated) })
		if b.v.batches {
			list = append(list, w.passDrawn(k)...)
		}
		list = append(list, func() error { return w.update(k, path0) })
	}
	return list
}

// submit dispatches some steps of the runs under way, so many, and returns how many. It looks
// at ctx between any two tasks that take longer than a dispatch should.
func (w *wideRuns) submit(ctx context.Context, first, most, alive int) (steps int, err error) {
	b := w.b
	var list []task
	var work float64 // of a task, on average
	err = b.e.d.Do(func() error {
		steps, work = b.stepsAtOnce(first, most, alive)
		list = w.tasks(first, steps)
		work *= float64(steps) / float64(len(list))
		return nil
	})
	for err == nil && len(list) > 0 {
		if err = ctx.Err(); err != nil {
			break
		}
		err = b.e.d.Do(func() error {
			now := list[:min(max(int(b.pace.budget()/work), 1), len(list))]
			list = list[len(now):]
			var failed error
			err := b.pace.submit(work*float64(len(now)), func() {
				for _, do := range now {
					if failed = do(); failed != nil {
						return
					}
				}
			})
			return errors.Join(failed, err)
		})
	}
	return steps, err
}

// endsAt reports whether a run of the batch has that many steps.
func (b *runBatch) endsAt(k int) bool {
	for i := range b.runs {
		if b.runs[i].Steps == k {
			return true
		}
	}
	return false
}

// passDrawn lists what computes the gradients over the mini-batches of update k, one after
// the other: runs of one seed lie side by side.
func (w *wideRuns) passDrawn(k int) (list []task) {
	b := w.b
	for from := 0; from < len(b.slots) && b.slots[from] >= 0; {
		seed, to := b.runs[b.slots[from]].Seed, from+1
		for to < len(b.slots) && b.slots[to] >= 0 && b.runs[b.slots[to]].Seed == seed {
			to++
		}
		list = append(list, func() error {
			cpu.Batch(w.rows, seed, uint32(k), b.n)
			return w.drawn.upload(b.j.p, func(i int) int { return int(w.rows[i]) })
		})
		list = append(list, w.pass(w.drawn, from, to)...)
		from = to
	}
	return list
}

// conclude ends the runs that end at the states after k updates.
func (w *wideRuns) conclude(k, path0 int, evaluated bool) error {
	b := w.b
	n := b.stride()
	p := w.steps.norms
	w.common(p, 0, n)
	for unit, x := range []struct {
		name string
		of   *gpu.Buffer
	}{{"weights", b.stateBuffer}, {"gradients", w.gradients}, {"params", b.paramBuffer}} {
		if err := w.show(p, x.name, unit, x.of, false); err != nil {
			return err
		}
	}
	w.out(bindingNorms, w.norms)
	p.Dispatch(w.groups(n), w.blocks(), 1)
	w.barrier()

	p = w.steps.conclude
	w.common(p, 0, n)
	for unit, x := range []struct {
		name string
		of   *gpu.Buffer
	}{{"normsBefore", w.norms}, {"losses", w.losses}, {"params", b.paramBuffer}} {
		if err := w.show(p, x.name, unit, x.of, false); err != nil {
			return err
		}
	}
	b.bind()
	w.out(bindingNorms, w.norms)
	b.bindPath()
	p.SetInt("blocks", w.blocks())
	p.SetInt("parts", b.trainer.wide.parts)
	p.SetInt("k", k)
	p.SetInt("path0", path0)
	p.SetInt("evaluated", flag(evaluated))
	epoch := 1
	if b.v.batches {
		epoch = b.like.Epoch(b.n)
	}
	p.SetInt("epoch", epoch)
	b.v.setUniform(p, "limit", b.j.set.Limit)
	b.v.setUniform(p, "reach", b.j.x.reach)
	b.v.setUniform(p, "gradTol", b.j.set.GradTol)
	p.Dispatch(w.groups(n), 1, 1)
	w.barrier()
	return nil
}

// update takes the update after k others.
func (w *wideRuns) update(k, path0 int) error {
	b := w.b
	n := b.stride()
	p := w.steps.update
	w.common(p, 0, n)
	for unit, x := range []struct {
		name string
		of   *gpu.Buffer
	}{{"weights", b.stateBuffer}, {"gradients", w.gradients}, {"params", b.paramBuffer}, {"norms", w.norms}} {
		if err := w.show(p, x.name, unit, x.of, false); err != nil {
			return err
		}
	}
	b.bind()
	b.bindPath()
	b.bindLast(p)
	p.SetInt("blocks", w.blocks())
	p.SetInt("k", k)
	p.SetInt("path0", path0)
	p.Dispatch(w.groups(n), w.blocks(), 1)
	w.barrier()
	return nil
}

// classify counts the samples that each run on the device classifies right.
func (w *wideRuns) classify(ctx context.Context) error {
	b := w.b
	s, n := b.trainer.wide, b.stride()
	var list []task
	for _, slab := range s.slabs {
		list = append(list, w.marginsOfAll(s, slab, 0, n)...)
		list = append(list, func() error {
			w.common(w.right, 0, n)
			w.out(bindingRight, b.right)
			if b.counts.buffer != nil {
				b.counts.buffer.BindStorage(bindingWeights)
			}
			return w.eachPart(w.right, s, slab, 0, n)
		})
	}
	for _, do := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := b.e.d.Do(do); err != nil {
			return err
		}
	}
	return nil
}
