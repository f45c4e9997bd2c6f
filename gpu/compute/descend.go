package compute

import (
	"context"
	"fmt"
	"math"
	"slices"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/shaders"
)

const (
	maxDim    = 32       // weights of a run: compilers unroll loops up to that
	pathBytes = 16 << 20 // of the steps that one dispatch records

	// See partSamples: the samples of one dispatch, of all its steps, in one
	// invocation.
	stepSamples = 40000
)

// descent is a problem on the device, ready for runs of it.
type descent struct {
	e       *Engine
	n, dim  int
	clamp   clampPlan
	variant descentVariant
	program *gpu.Program
	samples *gpu.Buffer
}

type descentVariant struct {
	dim, runs, records, clamp int
	cooperate                 bool
}

// Descend runs every one of runs, full-batch gradient descents ("gd", Batch 0),
// on the problem, as cpu.Problem.DescendAll does, in float32 with compensated sums: weights and losses of every step, in
// the order of runs. Index 0 of a trajectory is its start, exactly. A run that
// leaves the range of float32 has Diverged, and is NaN from there on; float64
// may carry it further. A run has at most
// 32 weights.
//
// If progress is not nil it is called after each dispatch with the number of
// steps done and in all, over all runs. Cancelling ctx makes Descend return
// ctx's error within two dispatches.
func (e *Engine) Descend(ctx context.Context, p *cpu.Problem, runs []cpu.Run, progress func(done, total int)) ([]*cpu.Trajectory, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	total := 0
	for i, r := range runs {
		if err := p.ValidateRun(r); err != nil {
			return nil, fmt.Errorf("run %d: %w", i, err)
		}
		if r.Optimizer != "gd" || r.Batch != 0 {
			return nil, unsupported("run %d is %s with batches of %d; full-batch gd is what there is", i, r.Optimizer, r.Batch)
		}
		for _, x := range append([]float64{r.LR, r.L2}, r.Start...) {
			if math.Abs(x) > math.MaxFloat32 {
				return nil, unsupported("run %d: %g is beyond the range of float32", i, x)
			}
		}
		total += r.Steps + 1
	}
	switch d := p.Dim(); {
	case d > maxDim:
		return nil, unsupported("%d weights, a run on the device has at most %d", d, maxDim)
	case p.N() > e.maxSamples(d):
		return nil, unsupported("%d samples of %d weights, this device can hold %d", p.N(), d, e.maxSamples(d))
	case p.Clamp > maxClamp:
		return nil, unsupported("clamp %g is above %g, which the device's floats cannot hold", p.Clamp, float64(maxClamp))
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := make([]*cpu.Trajectory, len(runs))
	if len(runs) == 0 {
		return out, nil
	}

	// Runs of similar length go together.
	order := make([]int, len(runs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return runs[a].Steps - runs[b].Steps })

	var d *descent
	defer func() {
		if d != nil {
			e.d.Do(d.samples.Close)
		}
	}()
	err := e.d.Do(func() (err error) {
		d, err = e.loadDescent(p, len(runs))
		return err
	})
	if err != nil {
		return nil, err
	}
	done := 0
	step := func(n int) {
		done += n
		if progress != nil {
			progress(done, total)
		}
	}
	size := d.batch()
	for lo := 0; lo < len(order); lo += size {
		if err := d.descend(ctx, runs, order[lo:min(lo+size, len(order))], out, step); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// maxSamples is how many samples of dim weights can be descended on.
func (e *Engine) maxSamples(dim int) int {
	return min(e.d.Caps.MaxStorageBytes/(16*vectors(dim)), stepSamples*groupRows)
}

// vectors is the number of vec4s of a sample of dim weights.
func vectors(dim int) int { return (dim + 3) / 4 }

// newDescent chooses the kernel for so many runs on a problem.
func (e *Engine) newDescent(p *cpu.Problem, runs int) *descent {
	d := &descent{e: e, n: p.N(), dim: p.Dim(), clamp: newClamp(p.Clamp)}
	v := &d.variant
	v.dim = d.dim
	switch {
	case runs <= e.tuning.fewRuns && d.n >= 2*32, d.n > stepSamples:
		v.runs, v.cooperate = 1, true
	case d.dim <= 4 && runs >= e.tuning.carry*e.tuning.fewRuns:
		v.runs = e.tuning.carry
	case d.dim <= 8 && runs >= e.tuning.carry/2*e.tuning.fewRuns:
		v.runs = e.tuning.carry / 2
	default:
		v.runs = 1
	}
	switch c := p.Clamp; {
	case c == 0:
	case c <= smallClamp && c >= tinyClamp:
		v.clamp = 1
	default:
		v.clamp = 2
	}
	return d
}

// String names a variant of the kernel, such as "4 runs".
func (v descentVariant) String() string {
	switch {
	case v.cooperate:
		return "cooperating"
	case v.runs == 1:
		return "1 run"
	}
	return fmt.Sprintf("%d runs", v.runs)
}

// loadDescent puts the samples on the device and gets the kernel for so many
// runs.
func (e *Engine) loadDescent(p *cpu.Problem, runs int) (*descent, error) {
	d := e.newDescent(p, runs)
	v := &d.variant
	width := 4 * vectors(d.dim)
	records := make([]float32, width*d.n)
	for i := range d.n {
		s := 2*p.Y[i] - 1
		r := records[i*width:]
		for j, x := range p.X.RawRowView(i) {
			r[j] = float32(s * x)
			if math.Abs(x) > math.MaxFloat32 {
				return nil, unsupported("feature %d of sample %d is %g, beyond the range of float32", j, i, x)
			}
		}
		r[d.dim-1] = float32(s)
	}
	// Cooperating invocations read different samples, which uniform blocks are
	// slow at.
	if block := e.d.Caps.MaxUniformBytes &^ 15; !v.cooperate && 4*len(records) <= min(block, uniformBytes) {
		records = append(records, make([]float32, min(block, uniformBytes)/4-len(records))...)
		v.records = len(records) / 4
	}
	var err error
	if d.samples, err = gpu.NewBufferOf(e.d, "samples", records, gpu.Static); err != nil {
		return nil, err
	}
	d.program, err = e.program("descend.comp", *v, shaders.Defines{
		"DIM": v.dim, "VECTORS": vectors(v.dim), "RUNS": v.runs, "ROWS": groupRows,
		"RECORDS": v.records, "COOPERATE": v.cooperate, "CLAMP": v.clamp,
	})
	if err != nil {
		d.samples.Close()
		return nil, err
	}
	return d, nil
}

// batch is the number of runs that are computed at the same time: enough to fill
// the device, few enough that the record of a step is a fraction of a dispatch's.
func (d *descent) batch() int {
	return max(min(d.e.tuning.batch, pathBytes/4/(d.dim+1)/4), d.variant.runs)
}

// descend computes the runs that which names and stores their trajectories.
func (d *descent) descend(ctx context.Context, runs []cpu.Run, which []int, out []*cpu.Trajectory, done func(steps int)) (err error) {
	e, dim := d.e, d.dim
	padded := (len(which) + d.variant.runs - 1) / d.variant.runs * d.variant.runs
	if padded%512 == 0 {
		padded += 16 // strides of powers of two share cache lines' sets
	}
	state := make([]float32, 2*dim*padded)
	rates := make([][2]float32, padded)
	most := 0
	for k := range padded {
		r := runs[which[min(k, len(which)-1)]] // what pads is computed for nothing
		rates[k] = [2]float32{float32(r.LR), float32(r.L2)}
		for j, w := range r.Start {
			state[j*padded+k] = float32(w)
			state[(dim+j)*padded+k] = float32(float64(float32(w)) - w)
		}
		most = max(most, r.Steps+1)
	}
	for _, i := range which {
		t := &cpu.Trajectory{
			Run:     runs[i],
			Dim:     dim,
			Weights: make([]float64, (runs[i].Steps+1)*dim),
			Loss:    make([]float64, runs[i].Steps+1),
		}
		t.Run.Start = slices.Clone(runs[i].Start)
		out[i] = t
	}

	words := (dim + 1) * padded // of one step
	perPath := min(max(pathBytes/4/words, 1), most)
	var stateBuffer, rateBuffer *gpu.Buffer
	var paths [2]*gpu.Buffer
	pace := e.pace("descend")
	defer func() {
		e.d.Do(func() error {
			if c := pace.close(); err == nil {
				err = c
			}
			stateBuffer.Close()
			rateBuffer.Close()
			paths[0].Close()
			paths[1].Close()
			return nil
		})
	}()
	err = e.d.Do(func() (err error) {
		if stateBuffer, err = gpu.NewBufferOf(e.d, "weights", state, gpu.Computed); err != nil {
			return err
		}
		if rateBuffer, err = gpu.NewBufferOf(e.d, "rates", rates, gpu.Static); err != nil {
			return err
		}
		for k := range paths {
			if paths[k], err = e.newGuarded("trajectories", perPath*words); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}

	host := make([]float32, perPath*words)
	alive := len(which)
	ended := make([]bool, len(which))
	// take reads one path buffer back, after the dispatch that follows it has
	// been submitted.
	take := func(buffer, first, steps int) error {
		h := host[:steps*words]
		err := e.d.Do(func() error {
			if err := checkGuards(paths[buffer], perPath*words); err != nil {
				return err
			}
			return gpu.Download(paths[buffer], 4*guard, h)
		})
		if err != nil {
			return err
		}
		count := 0
		for k, i := range which {
			t := out[i]
			count += max(0, min(first+steps, len(t.Loss))-first)
			if !ended[k] && d.store(t, h, first, steps, k, padded) {
				ended[k] = true
				alive--
			}
		}
		done(count)
		return nil
	}
	last, lastSteps := -1, 0
	work := float64(padded) * float64(d.n)
	for first, turn := 0, 0; first < most && alive > 0; turn = 1 - turn {
		if err := ctx.Err(); err != nil {
			return err
		}
		var steps int
		err := e.d.Do(func() error {
			steps = min(max(int(pace.budget()/work), 1), perPath, most-first, d.maxSteps())
			return pace.submit(work*float64(steps), func() { d.dispatch(stateBuffer, rateBuffer, paths[turn], padded, steps) })
		})
		if err != nil {
			return err
		}
		if last >= 0 {
			if err := take(1-turn, last, lastSteps); err != nil {
				return err
			}
		}
		last, lastSteps = first, steps
		if first += steps; first >= most {
			return take(turn, last, lastSteps)
		}
	}
	return nil
}

// maxSteps is the number of steps that one dispatch may take.
func (d *descent) maxSteps() int {
	n := d.n + 2*32 // the chunks' ends
	if d.variant.cooperate {
		n = d.n/groupRows + 2*32
	}
	return max(stepSamples/n, 1)
}

// dispatch computes steps of the runs from the weights in state on.
func (d *descent) dispatch(state, rates, path *gpu.Buffer, runs, steps int) {
	p, c := d.program, d.clamp
	if d.variant.records > 0 {
		d.samples.BindUniform(0)
	} else {
		d.samples.BindStorage(0)
	}
	state.BindStorage(1)
	rates.BindStorage(2)
	path.BindStorage(3)
	p.SetInt("runs", runs)
	p.SetInt("steps", steps)
	p.SetInt("count", d.n)
	p.SetInt("base", guard)
	p.SetFloat("scale", float32(1/float64(d.n)))
	if d.variant.clamp > 0 {
		p.SetFloat("clampValue", float32(c.value))
		p.SetFloat("logClamp", float32(c.log))
		p.SetFloat("logRatio", float32(c.logRatio))
		p.SetFloat("ratio", float32(math.Exp(c.logRatio)))
		edge, offset := c.edge, 0.0
		if d.variant.clamp == 1 {
			edge, offset = c.seen, c.value
		}
		p.SetFloat("edge", float32(edge))
		p.SetFloat("offset", float32(offset))
	}
	d.e.d.Barrier(gpu.ForShaders) // the dispatch before wrote the state
	if d.variant.cooperate {
		p.Dispatch(runs, 1, 1)
		return
	}
	p.Dispatch(groups(runs/d.variant.runs), 1, 1)
}

// store takes steps of run k of a batch, recorded in h, from step first on, and
// reports whether the run has ended: with its last step, or because it diverged.
func (d *descent) store(t *cpu.Trajectory, h []float32, first, steps, k, padded int) bool {
	dim := d.dim
	for s := range steps {
		step := first + s
		if step >= len(t.Loss) {
			return true
		}
		w := t.At(step)
		row := h[s*(dim+1)*padded+k:]
		finite := true
		for j := range w {
			x := row[j*padded]
			w[j] = float64(x)
			finite = finite && x-x == 0
		}
		if step == 0 {
			copy(w, t.Run.Start)
		}
		if !finite {
			t.Status = cpu.Diverged
			for i := step * dim; i < len(t.Weights); i++ {
				t.Weights[i] = math.NaN()
			}
			for i := step; i < len(t.Loss); i++ {
				t.Loss[i] = math.NaN()
			}
			return true
		}
		t.Loss[step] = float64(row[dim*padded])
	}
	return first+steps >= len(t.Loss)
}
