package compute

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/shaders"

	"gonum.org/v1/gonum/floats"
)

const (
	maxDim    = 32       // weights of a run: compilers unroll loops up to that
	pathBytes = 16 << 20 // of the states that one dispatch records

	// See partSamples: the samples of one dispatch, of all its steps, in one
	// invocation.
	stepSamples = 40000
	// accuracySamples is how many samples an invocation of accuracy.comp takes.
	accuracySamples = 4096

	maxBlock = 32  // samples summed without compensation
	maxLog   = 104 // samples whose product of 1 + e ≤ 2 goes into one log, or a few more
)

// The fields of a run's state behind its vectors, and its parameters, as in
// descend.comp.
const (
	fieldBest = iota
	fieldLoss
	fieldNorm
	fieldStatus
	fieldStep
	fieldPeriod
	fieldNear
	fieldFar
	fieldBack
	fields = fieldBack + 2
)

const (
	paramRate = iota
	paramRidge
	paramDecay
	paramSteps
	paramMean
	paramLogMean
	paramSquare
	paramLogSquare
	paramEpsilon
	paramSeed
	paramLongest = paramSeed + 2
	paramAt      = paramLongest + 1
	params       = paramAt + 1
)

// The statuses that only the kernel knows.
const (
	going = -1 // a run under way
	lost  = 4  // a number left the range of float32, though the weights did not
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

// checkProblem returns the extent of a valid problem, or an error unless the device
// can run it.
func (e *Engine) checkProblem(p *cpu.Problem) (*extent, error) {
	switch d := p.Dim(); {
	case d > maxDim:
		return nil, unsupported("%d weights, a run on the device has at most %d", d, maxDim)
	case p.N() > e.maxSamples(d):
		return nil, unsupported("%d samples of %d weights, this device can hold %d", p.N(), d, e.maxSamples(d))
	}
	if err := checkClamp(p.Clamp); err != nil {
		return nil, err
	}
	return extentOf(p)
}

// maxSamples is how many samples of dim weights can be descended on.
func (e *Engine) maxSamples(dim int) int {
	return min(e.d.Caps.MaxStorageBytes/(16*vectors(dim)), stepSamples*groupRows)
}

// vectors is the number of vec4s of a sample of dim weights.
func vectors(dim int) int { return (dim + 3) / 4 }

// trainer computes the runs of a job on the device.
type trainer struct {
	e       *Engine
	j       *job
	n, dim  int
	clamp   clampPlan
	samples *gpu.Buffer // in their order
	sorted  *gpu.Buffer // with groups of one label at the front
	block   *gpu.Buffer // as a uniform block, sorted; nil if they do not fit

	size, positives, groups int // see grouped
}

// grouped is the order of samples in which groups of label 1 come first, then
// those of label 0, then what is left over, with the number of samples of a group
// and of groups.
func grouped(y []float64) (order []int, size, positives, groups int) {
	var of [2][]int
	for i, label := range y {
		k := 0
		if label == 1 {
			k = 1
		}
		of[k] = append(of[k], i)
	}
	size = groupSize(len(of[1]), len(of[0]))
	positives, negatives := len(of[1])/size, len(of[0])/size
	order = append(order, of[1][:size*positives]...)
	order = append(order, of[0][:size*negatives]...)
	order = append(order, of[1][size*positives:]...)
	order = append(order, of[0][size*negatives:]...)
	return order, size, positives, positives + negatives
}

// groupSize is the size of groups, 4 to 6, that leaves the fewest samples over.
func groupSize(ones, zeros int) int {
	best := 4
	for _, size := range []int{5, 6} {
		if ones%size+zeros%size < ones%best+zeros%best {
			best = size
		}
	}
	return best
}

// newTrainer puts the samples on the device, on its thread.
func (e *Engine) newTrainer(j *job) (*trainer, error) {
	t := &trainer{e: e, j: j, n: j.p.N(), dim: j.p.Dim(), clamp: newClamp(j.p.Clamp)}
	width := 4 * vectors(t.dim)
	records := make([]float32, width*t.n)
	for i := range t.n {
		s := 2*j.p.Y[i] - 1
		r := records[i*width:]
		for k, x := range j.p.X.RawRowView(i) {
			r[k] = float32(s * x)
		}
		r[t.dim-1] = float32(s)
	}
	var err error
	if t.samples, err = gpu.NewBufferOf(e.d, "samples", records, gpu.Static); err != nil {
		return t, err
	}
	order, size, positives, groups := grouped(j.p.Y)
	t.size, t.positives, t.groups = size, positives, groups
	sorted := make([]float32, 0, len(records))
	for _, i := range order {
		sorted = append(sorted, records[i*width:(i+1)*width]...)
	}
	if t.sorted, err = gpu.NewBufferOf(e.d, "samples by label", sorted, gpu.Static); err != nil {
		return t, err
	}
	if block := min(e.d.Caps.MaxUniformBytes, uniformBytes) &^ 15; 4*len(sorted) <= block {
		sorted = append(sorted, make([]float32, block/4-len(sorted))...)
		t.block, err = gpu.NewBufferOf(e.d, "samples by label", sorted, gpu.Static)
	}
	return t, err
}

func (t *trainer) close() {
	t.samples.Close()
	t.sorted.Close()
	t.block.Close()
}

// runVariant is what descend.comp is specialised by.
type runVariant struct {
	dim, runs, rows, records, clamp int
	group                           int // samples
	cooperate, tail                 bool
	optimizer                       string
	batches, periods                bool
}

// variantOf chooses the kernel for so many runs like r.
func (e *Engine) variantOf(p *cpu.Problem, runs int, r cpu.Run, set cpu.Settings) runVariant {
	n, dim, t := p.N(), p.Dim(), e.tuning
	v := runVariant{dim: dim, runs: 1, optimizer: r.Optimizer, batches: r.Batch > 0, periods: r.Batch == 0 && set.MaxPeriod > 1}
	v.group = 4
	if v.tail = n%4 > 0 || r.Batch%4 > 0; !v.batches {
		ones := 0
		for _, y := range p.Y {
			ones += int(y)
		}
		v.group = groupSize(ones, n-ones)
		v.tail = ones%v.group > 0 || (n-ones)%v.group > 0
	}
	// As many runs to an invocation as registers allow, while there are enough
	// of them for all invocations.
	carry := t.carry
	switch {
	case dim > 8:
		carry = 1
	case dim > 4:
		carry /= 2
	}
	pass := n // samples of a step
	if v.batches {
		pass = r.Batch
	}
	v.cooperate = n > stepSamples || runs <= t.fewRuns && pass >= 2*groupRows || runs < carry*t.fill && pass >= 16*groupRows
	if v.cooperate {
		v.rows = groupRows
		for v.runs = carry; v.runs > 1 && runs < v.runs*t.groups; v.runs /= 2 {
		}
	} else {
		v.rows = t.rows
		for v.runs = carry; v.runs > 1 && runs < v.runs*t.fill; v.runs /= 2 {
		}
	}
	switch c := p.Clamp; {
	case c == 0:
	case c <= smallClamp && c >= tinyClamp:
		v.clamp = 1
	default:
		v.clamp = 2
	}
	// Invocations that read different samples are slow with a uniform block.
	if block := min(e.d.Caps.MaxUniformBytes, uniformBytes) &^ 15; !v.cooperate && !v.batches && 16*vectors(dim)*n <= block {
		v.records = block / 16
	}
	return v
}

// String names a variant of the kernel, such as "4 runs".
func (v runVariant) String() string {
	s := fmt.Sprintf("%d runs", v.runs)
	if v.runs == 1 {
		s = "1 run"
	}
	if v.cooperate {
		s += " shared"
	}
	if v.batches {
		s += " batches"
	}
	if v.optimizer != "gd" {
		s += " " + v.optimizer
	}
	return s
}

// optimizerState returns the number of an optimizer in descend.comp and how many
// vectors it keeps, each of which has another one of its errors.
func optimizerState(name string) (number, state int) {
	o, err := cpu.LookupOptimizer(name)
	if err != nil {
		panic(err) // the run is valid
	}
	return slices.Index(cpu.Optimizers(), name), o.State
}

func (e *Engine) runProgram(v runVariant) (*gpu.Program, error) {
	number, state := optimizerState(v.optimizer)
	return e.d.Compute("descend.comp", shaders.Defines{
		"DIM": v.dim, "VECTORS": vectors(v.dim), "RUNS": v.runs, "ROWS": v.rows,
		"RECORDS": v.records, "COOPERATE": v.cooperate, "CLAMP": v.clamp, "TAIL": v.tail, "GROUP": v.group,
		"OPTIMIZER": number, "VECTORS_OF_STATE": state, "BATCHES": v.batches, "PERIODS": v.periods,
	})
}

// train computes all runs of a job.
func (e *Engine) train(ctx context.Context, j *job) error {
	if err := ctx.Err(); err != nil || j.n == 0 {
		return err
	}
	var t *trainer
	defer func() {
		e.d.Do(func() error {
			if t != nil {
				t.close()
			}
			return nil
		})
	}()
	err := e.d.Do(func() (err error) {
		t, err = e.newTrainer(j)
		return err
	})
	if err != nil {
		return err
	}
	// Groups of one kernel and one batch size, in batches that fill the device.
	for lo := 0; lo < j.n; {
		var r, o cpu.Run
		j.run(j.at(lo), &r)
		hi := j.n
		if j.order != nil {
			for hi = lo + 1; hi < j.n; hi++ {
				if j.run(j.at(hi), &o); o.Optimizer != r.Optimizer || o.Batch != r.Batch {
					break
				}
			}
		}
		if err := t.group(ctx, lo, hi, r); err != nil {
			return err
		}
		lo = hi
	}
	return nil
}

// batchSize is the number of runs that are computed at the same time: enough to
// fill the device, few enough that a record of a state is a fraction of a
// dispatch's, and that the state fits into a buffer.
func (t *trainer) batchSize(v runVariant) int {
	size := t.e.tuning.batch
	if t.j.set.Every > 0 {
		size = min(size, pathBytes/4/(t.dim+1)/4)
	}
	size = min(size, t.e.d.Caps.MaxStorageBytes/4/(max(stateWords(v), params)+1)-64)
	return max(size/v.runs*v.runs, v.runs)
}

// stateWords is the size of a run's state.
func stateWords(v runVariant) int {
	return fieldsAt(v) + fields
}

// fieldsAt is where the fields begin in a run's state.
func fieldsAt(v runVariant) int {
	_, state := optimizerState(v.optimizer)
	return (3 + 2*state) * v.dim
}

// group computes the runs lo..hi-1 in the job's order, which are like r.
func (t *trainer) group(ctx context.Context, lo, hi int, r cpu.Run) (err error) {
	alike := hi - lo
	if t.j.among != nil {
		alike = t.j.among(r)
	}
	v := t.e.variantOf(t.j.p, alike, r, t.j.set)
	b := &runBatch{trainer: t, v: v, like: r, words: stateWords(v)}
	kind := "descend"
	if v.batches {
		kind = "descend in batches"
	}
	b.pace = t.e.pace(kind)
	defer func() {
		t.e.d.Do(func() error {
			if c := b.pace.close(); err == nil {
				err = c
			}
			b.close()
			return nil
		})
	}()
	err = t.e.d.Do(func() (err error) {
		b.program, err = t.e.runProgram(v)
		return err
	})
	if err != nil {
		return err
	}
	size := t.batchSize(v)
	// Even batches.
	count := (hi - lo + size - 1) / size
	for k := range count {
		from, to := lo+(hi-lo)*k/count, lo+(hi-lo)*(k+1)/count
		which := make([]int32, to-from)
		for i := range which {
			which[i] = int32(t.j.at(from + i))
		}
		if err := b.compute(ctx, which); err != nil {
			return err
		}
	}
	return nil
}

// runBatch is the runs that are on the device at the same time.
type runBatch struct {
	*trainer
	v       runVariant
	like    cpu.Run
	words   int // of a run's state
	program *gpu.Program
	pace    *pacer

	which  []int32 // runs of the batch
	slots  []int32 // where they are on the device: index into which, or -1
	state  []float32
	params []float32
	w      []float64 // of a recorded state

	stateBuffer, paramBuffer, path, right *gpu.Buffer
	pathRows                              int
}

func (b *runBatch) close() {
	b.stateBuffer.Close()
	b.paramBuffer.Close()
	b.path.Close()
	b.right.Close()
}

// stride is the number of runs on the device, padding included.
func (b *runBatch) stride() int { return len(b.slots) }

// lay gives every run of which a slot. Slots s, s + apart, ... are of one
// invocation; with mini-batches they have the same seed.
func (b *runBatch) lay(which []int32, runOf func(k int32) *cpu.Run) {
	per := b.v.runs
	var sets [][]int32
	var last uint64
	for _, k := range which {
		seed := uint64(0)
		if b.v.batches {
			seed = runOf(k).Seed
		}
		if n := len(sets); n == 0 || len(sets[n-1]) == per || seed != last {
			sets = append(sets, make([]int32, 0, per))
		}
		n := len(sets) - 1
		sets[n] = append(sets[n], k)
		last = seed
	}
	apart := len(sets)
	if !b.v.cooperate && apart*per%512 == 0 {
		apart += max(16/per, 1) // strides of powers of two share cache lines' sets
	}
	b.slots = slices.Grow(b.slots[:0], apart*per)[:apart*per]
	for i := range b.slots {
		b.slots[i] = -1
	}
	for m, set := range sets {
		for r, k := range set {
			b.slots[r*apart+m] = k
		}
	}
}

// fill writes the parameters, and the states at the start, of the runs in the
// slots.
func (b *runBatch) fill(runs []cpu.Run) {
	n := b.stride()
	b.params = slices.Grow(b.params[:0], params*n)[:params*n]
	b.state = slices.Grow(b.state[:0], b.words*n)[:b.words*n]
	clear(b.params)
	clear(b.state)
	at := fieldsAt(b.v)
	for s, k := range b.slots {
		field := func(f int, v float32) { b.state[(at+f)*n+s] = v }
		if k < 0 {
			// Padding has ended. It has the seed of its invocation, if any.
			field(fieldStatus, integer(int(cpu.StepLimit)))
			continue
		}
		r := &runs[k]
		b.param(r, s)
		for j, w := range r.Start {
			b.state[j*n+s] = float32(w)
			b.state[(b.dim+j)*n+s] = float32(float64(float32(w)) - w)
		}
		field(fieldBest, float32(math.NaN()))
		field(fieldStatus, integer(going))
	}
}

// param writes the parameters of run r into slot s.
func (b *runBatch) param(r *cpu.Run, s int) {
	n := b.stride()
	set := func(p int, v float64) { b.params[p*n+s] = float32(v) }
	set(paramRate, r.LR)
	set(paramRidge, r.L2)
	set(paramDecay, decay(*r))
	b.params[paramSteps*n+s] = integer(r.Steps)
	switch r.Optimizer {
	case "momentum", "nesterov":
		set(paramMean, 1-r.Momentum)
		set(paramLogMean, r.Momentum)
	default:
		set(paramMean, 1-r.Beta1)
		set(paramLogMean, max(math.Log(r.Beta1), -1e30))
		set(paramSquare, 1-r.Beta2)
		set(paramLogSquare, max(math.Log(r.Beta2), -1e30))
	}
	set(paramEpsilon, r.Epsilon)
	b.params[paramSeed*n+s] = math.Float32frombits(uint32(r.Seed))
	b.params[(paramSeed+1)*n+s] = math.Float32frombits(uint32(r.Seed >> 32))
	longest, at := b.j.set.PeriodWindow(*r)
	b.params[paramLongest*n+s] = integer(longest)
	b.params[paramAt*n+s] = integer(at)
}

func integer(v int) float32 { return math.Float32frombits(uint32(int32(v))) }

// compute takes the runs which of the job to their ends.
func (b *runBatch) compute(ctx context.Context, which []int32) error {
	b.which = which
	every := b.j.set.Every
	runs := make([]cpu.Run, len(which))
	all := make([]int32, len(which))
	most := 0
	starts := make([]float64, len(which)*b.dim)
	b.w = make([]float64, b.dim)
	for k, i := range which {
		runs[k].Start = starts[k*b.dim : k*b.dim : (k+1)*b.dim]
		b.j.run(int(i), &runs[k])
		all[k] = int32(k)
		most = max(most, runs[k].Steps)
	}
	runOf := func(k int32) *cpu.Run { return &runs[k] }
	b.lay(all, runOf)
	b.fill(runs)
	words := (b.dim + 1) * b.stride() // of a recorded state
	if err := b.e.d.Do(func() error { return b.allocate(words, most) }); err != nil {
		return err
	}
	taken := make([]int32, len(which)) // states seen of each run, less 1, once it has ended
	for k := range taken {
		taken[k] = -1
	}
	status := make([]float32, b.stride())
	var host []float32
	alive, packed := len(which), len(which)
	for first := 0; alive > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := b.stride()
		each := b.stepWork()
		var steps int
		ended := 0
		err := b.e.d.Do(func() error {
			steps = min(max(int(b.pace.budget()/(float64(alive)*each)), 1), b.maxSteps(), most+1-first)
			if every > 0 {
				steps = min(steps, b.pathRows*every)
			}
			err := b.pace.submit(float64(alive)*each*float64(steps), func() { b.dispatch(first, steps) })
			if err != nil {
				return err
			}
			at := fieldsAt(b.v)
			status = status[:n]
			if err := gpu.Download(b.stateBuffer, 4*(guard+(at+fieldStatus)*n), status); err != nil {
				return err
			}
			work := 0.0
			for s, k := range b.slots {
				if k >= 0 && taken[k] < 0 {
					if int32(math.Float32bits(status[s])) != going {
						ended++
					} else {
						work += each * float64(steps)
					}
				}
			}
			if ended > 0 {
				took := make([]float32, n)
				if err := gpu.Download(b.stateBuffer, 4*(guard+(at+fieldStep)*n), took); err != nil {
					return err
				}
				for s, k := range b.slots {
					if k >= 0 && taken[k] < 0 && int32(math.Float32bits(status[s])) != going {
						taken[k] = int32(math.Float32bits(took[s]))
						work += each * float64(int(taken[k])+1-first)
					}
				}
				if err := b.pace.correct(work); err != nil {
					return err
				}
			}
			if every == 0 {
				return nil
			}
			if err := checkGuards(b.path, b.pathRows*words); err != nil {
				return err
			}
			c0 := (first + every - 1) / every
			rows := (first+steps-1)/every + 1 - c0
			host = slices.Grow(host[:0], max(rows, 0)*(b.dim+1)*n)[:max(rows, 0)*(b.dim+1)*n]
			return gpu.Download(b.path, 4*guard, host)
		})
		if err != nil {
			return err
		}
		if every > 0 {
			c0 := (first + every - 1) / every
			for s, k := range b.slots {
				if k < 0 {
					continue
				}
				for c := c0; c*every < first+steps && (taken[k] < 0 || c*every <= int(taken[k])); c++ {
					b.record(int(which[k]), c, &runs[k], host[(c-c0)*(b.dim+1)*n+s:])
				}
			}
		}
		alive -= ended
		done := float64(len(which) - alive)
		for k := range runs {
			if taken[k] < 0 {
				done += float64(first+steps) / float64(runs[k].Steps+1)
			}
		}
		b.j.moved(runs, first, steps, float64(b.j.done)+done)
		first += steps
		// Keep those under way together, once they are few among those that
		// have ended.
		if alive <= packed/2 {
			if err := b.retire(ctx, runs, taken); err != nil {
				return err
			}
			packed = alive
		}
	}
	b.j.done += len(which)
	return nil
}

// record hands over recorded state c of run i, which is r, from values that are a
// stride apart.
func (b *runBatch) record(i, c int, r *cpu.Run, values []float32) {
	n := b.stride()
	finite := true
	for j := range b.w {
		x := values[j*n]
		finite = finite && x-x == 0
		b.w[j] = float64(x)
	}
	if c == 0 {
		copy(b.w, r.Start)
	}
	loss := float64(values[b.dim*n])
	if finite && !b.exact(loss) {
		loss = b.j.p.LossL2(b.w, r.L2)
	}
	b.j.record(i, c, b.w, loss)
}

// allocate makes the buffers for the batch, or keeps those of the one before.
func (b *runBatch) allocate(pathWords, most int) error {
	n := b.stride()
	ensure := func(buffer **gpu.Buffer, label string, words int) error {
		if *buffer != nil && (*buffer).Size >= 4*(words+2*guard) {
			return nil
		}
		(*buffer).Close()
		*buffer = nil
		fresh, err := b.e.newGuarded(label, words)
		*buffer = fresh
		return err
	}
	if err := ensure(&b.stateBuffer, "states of runs", b.words*n); err != nil {
		return err
	}
	if err := ensure(&b.paramBuffer, "parameters of runs", params*n); err != nil {
		return err
	}
	if err := ensure(&b.right, "samples that are right", n); err != nil {
		return err
	}
	if every := b.j.set.Every; every > 0 {
		b.pathRows = min(max(pathBytes/4/pathWords, 1), most/every+1)
		b.path.Close()
		var err error
		if b.path, err = b.e.newGuarded("trajectories", b.pathRows*pathWords); err != nil {
			return err
		}
	}
	return b.upload()
}

func (b *runBatch) upload() error {
	if err := gpu.Upload(b.stateBuffer, 4*guard, b.state); err != nil {
		return err
	}
	return gpu.Upload(b.paramBuffer, 4*guard, b.params)
}

// stepWork is what a step of a run costs, in samples.
func (b *runBatch) stepWork() float64 {
	if !b.v.batches {
		return float64(b.n)
	}
	return float64(b.like.Batch) + float64(b.n)/float64(b.like.Epoch(b.n))
}

// maxSteps is the number of steps that one dispatch may take.
func (b *runBatch) maxSteps() int {
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

// blocks divides m groups of so many samples of an invocation into blocks for the
// sums and chunks of blocks for the log.
func blocks(m, group int) (block, perChunk int) {
	m = max(m, 1)
	atMost := func(most int) int { return (m + most - 1) / most }
	chunks := atMost(maxLog / group)
	m = (m + chunks - 1) / chunks
	perChunk = atMost(maxBlock / group)
	return (m + perChunk - 1) / perChunk, perChunk
}

// dispatch computes steps of the runs, from the states after first updates on.
func (b *runBatch) dispatch(first, steps int) {
	p, c, n := b.program, b.clamp, b.stride()
	switch {
	case b.v.records > 0:
		b.block.BindUniform(0)
	case b.v.batches:
		b.samples.BindStorage(0)
	default:
		b.sorted.BindStorage(0)
	}
	b.stateBuffer.BindStorageRange(1, 4*guard, 4*b.words*n)
	b.paramBuffer.BindStorageRange(2, 4*guard, 4*params*n)
	if b.path != nil {
		b.path.BindStorage(3)
	} else {
		b.right.BindStorage(3) // not written to
	}
	lanes := 1
	if b.v.cooperate {
		lanes = b.v.rows
	}
	block, perChunk := blocks((b.n/b.v.group+lanes-1)/lanes, b.v.group)
	p.SetInt("runs", n)
	p.SetInt("first", first)
	p.SetInt("steps", steps)
	p.SetInt("count", b.n)
	p.SetInt("groupsInAll", b.groups)
	p.SetInt("positives", b.positives)
	p.SetInt("block", block)
	p.SetInt("blocks", perChunk)
	p.SetInt("base", guard)
	p.SetInt("every", b.j.set.Every)
	p.SetFloat("scale", float32(1/float64(b.n)))
	p.SetFloat("limit", float32(b.j.set.Limit)) // an infinity beyond float32
	p.SetFloat("reach", float32(b.j.x.reach))
	p.SetFloat("gradTol", float32(b.j.set.GradTol))
	p.SetFloat("periodTol", float32(b.j.set.PeriodTol))
	if b.v.batches {
		p.SetInt("batch", b.like.Batch)
		p.SetInt("epoch", b.like.Epoch(b.n))
		p.SetFloat("batchScale", float32(1/float64(b.like.Batch)))
		p.SetInt("passes", 2)
	}
	if b.v.clamp > 0 {
		p.SetFloat("clampValue", float32(c.value))
		p.SetFloat("logClamp", float32(c.log))
		p.SetFloat("logRatio", float32(c.logRatio))
		p.SetFloat("ratio", float32(math.Exp(c.logRatio)))
		edge, offset := c.edge, 0.0
		if b.v.clamp == 1 {
			edge, offset = c.seen, c.value
		}
		p.SetFloat("edge", float32(edge))
		p.SetFloat("offset", float32(offset))
	}
	b.e.d.Barrier(gpu.ForShaders) // the dispatch before wrote the state
	invocations := n / b.v.runs
	if b.v.cooperate {
		p.Dispatch(invocations, 1, 1)
		return
	}
	p.Dispatch((invocations+b.v.rows-1)/b.v.rows, 1, 1)
}

// retire hands over the runs that have ended since it was called last, and packs
// those under way.
func (b *runBatch) retire(ctx context.Context, runs []cpu.Run, taken []int32) error {
	n := b.stride()
	right, err := b.classify(ctx)
	if err != nil {
		return err
	}
	b.state = b.state[:b.words*n]
	err = b.e.d.Do(func() error {
		if err := checkGuards(b.stateBuffer, (b.stateBuffer.Size/4 - 2*guard)); err != nil {
			return err
		}
		return gpu.Download(b.stateBuffer, 4*guard, b.state)
	})
	if err != nil {
		return err
	}
	at := fieldsAt(b.v)
	o := outcome{w: make([]float64, b.dim)}
	gradient := make([]float64, b.dim)
	var left []int32
	old := make([]int32, len(runs)) // slots of those left
	for s, k := range b.slots {
		if k < 0 {
			continue
		}
		field := func(f int) float32 { return b.state[(at+f)*n+s] }
		status := int32(math.Float32bits(field(fieldStatus)))
		if status == going {
			left = append(left, k)
			old[k] = int32(s)
			continue
		}
		if status == lost {
			return unsupported("run %d leaves the range of float32 at step %d, though its weights do not", b.which[k], taken[k])
		}
		finite := true
		for j := range o.w {
			x := b.state[j*n+s]
			finite = finite && x-x == 0
			o.w[j] = float64(x) - float64(b.state[(b.dim+j)*n+s])
		}
		o.steps, o.status = int(taken[k]), cpu.Status(status)
		o.accuracy = float64(right[s]) / float64(b.n)
		if !finite {
			for j := range o.w {
				o.w[j] = math.NaN()
			}
			o.accuracy = math.NaN()
		} else if o.steps == 0 {
			copy(o.w, runs[k].Start)
		}
		o.loss, o.best, o.gradNorm = float64(field(fieldLoss)), float64(field(fieldBest)), float64(field(fieldNorm))
		o.unsure = !b.exact(o.best) && !math.IsNaN(o.best)
		if o.best < leastLoss && o.unsure {
			o.best += leastNormal // what the samples that count as 0 may have had
		}
		if size := floats.Norm(o.w, 2); finite && !(b.exact(o.loss) && size <= b.j.x.reach && b.j.x.sum*size <= math.MaxFloat32) {
			_, o.loss = b.j.p.LossGradient(gradient, o.w, runs[k].L2)
			o.gradNorm = floats.Norm(gradient, 2)
			o.accuracy = b.j.p.Accuracy(o.w)
			// No state before had a loss as small, if its gradient had been at the
			// tolerance.
			if o.status == cpu.Converged && o.best < 2*leastLoss && 2*leastLoss*b.j.x.sum <= b.j.set.GradTol {
				o.best, o.unsure = o.loss, false
			} else if !(o.best <= o.loss) {
				o.best = o.loss
			}
		}
		o.period = 0
		if o.status == cpu.Periodic {
			o.period = int(math.Float32bits(field(fieldPeriod)))
		}
		b.j.finish(int(b.which[k]), &runs[k], o)
	}
	if len(left) == 0 {
		return nil
	}
	slices.Sort(left) // as they were arranged
	before := slices.Clone(b.state)
	b.lay(left, func(k int32) *cpu.Run { return &runs[k] })
	b.fill(runs)
	m := b.stride()
	for s, k := range b.slots {
		if k < 0 {
			continue
		}
		for f := range b.words {
			b.state[f*m+s] = before[f*n+int(old[k])]
		}
	}
	return b.e.d.Do(b.upload)
}

// exact reports whether a loss from the device is as good as its tolerance says: the
// smallest and the largest are not. A clamp's loss is good to a fraction of the clamp.
func (b *runBatch) exact(loss float64) bool {
	return !math.IsNaN(loss) && !math.IsInf(loss, 0) && (loss >= leastLoss || b.j.p.Clamp > 0)
}

// classify counts the samples that each run on the device classifies right.
func (b *runBatch) classify(ctx context.Context) ([]uint32, error) {
	n := b.stride()
	right := make([]uint32, n)
	parts := (b.n + accuracySamples - 1) / accuracySamples
	pace := b.e.pace("accuracy")
	err := b.e.d.Do(func() error { return gpu.Upload(b.right, 4*guard, right) })
	for first := 0; err == nil && first < parts; {
		if err = ctx.Err(); err != nil {
			break
		}
		err = b.e.d.Do(func() error {
			runs := min(b.e.tuning.carry, maxDim/b.dim)
			p, err := b.e.d.Compute("accuracy.comp", shaders.Defines{
				"DIM": b.dim, "VECTORS": vectors(b.dim), "RUNS": runs, "ROWS": b.v.rows, "RECORDS": b.v.records,
			})
			if err != nil {
				return err
			}
			each := float64(n) * float64(min(b.n, accuracySamples))
			count := min(max(int(pace.budget()/each), 1), parts-first, maxTiles)
			if b.v.records > 0 {
				b.block.BindUniform(0)
			} else {
				b.samples.BindStorage(0)
			}
			b.stateBuffer.BindStorageRange(1, 4*guard, 4*b.words*n)
			b.right.BindStorageRange(2, 4*guard, 4*n)
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
	return right, b.e.d.Do(func() error { return gpu.Download(b.right, 4*guard, right) })
}
