package compute

import (
	"context"

	"losscape/cpu"
	"losscape/gpu"
)

const (
	maxDim    = 32       // weights of a run of descend.comp: compilers unroll loops up to that
	pathBytes = 16 << 20 // of the states that one dispatch records

	// See partSamples: the samples of one dispatch, of all its steps, in one
	// invocation.
	stepSamples = 40000
	// accuracySamples is how many samples an invocation of accuracy.comp takes.
	accuracySamples = 4096

	maxBlock = 32  // samples summed without compensation
	maxLog   = 104 // samples whose product of 1 + e ≤ 2 goes into one log, or 8 more
)

// checkProblem returns the extent of a valid problem, or an error unless the device
// can run it: see checkSamples, too.
func (e *Engine) checkProblem(p *cpu.Problem) (*extent, error) {
	switch d := p.Dim(); {
	case !p.Linear():
		return nil, errModel
	case d > MaxFeatures+1:
		return nil, unsupported("%d features, a run on the device has at most %d", d-1, MaxFeatures)
	}
	if err := e.format.checkEps(p.Eps); err != nil {
		return nil, err
	}
	if err := e.format.checkWeights(p); err != nil {
		return nil, err
	}
	return e.format.extentOf(p)
}

// checkSamples returns an error unless the device holds all samples of a problem for runs.
func (e *Engine) checkSamples(p *cpu.Problem) error {
	if most := e.maxWideSamples(); p.N() > most && e.isWide(p, cpu.Settings{}) {
		return unsupported("%d samples, runs on this device have at most %d", p.N(), most)
	}
	return nil
}

// maxSamples is how many samples of so many words descend.comp can be given.
func (e *Engine) maxSamples(words int) int {
	return min(e.d.Caps.MaxStorageBytes/(4*e.format.bytes*vectors(words)), stepSamples*groupRows)
}

// trainer computes the runs of a job on the device.
type trainer struct {
	e       *Engine
	j       *job
	n, dim  int
	eps     epsPlan
	samples *gpu.Buffer // in their order
	sorted  *gpu.Buffer // with groups of one label at the front
	block   *gpu.Buffer // as a uniform block, sorted; nil if they do not fit
	counts  counts      // their weights, sorted

	wide *wideSamples // for the wide kernels, and none of these

	size, positives, groups int // see grouped
}

// newTrainer puts the samples on the device, on its thread.
func (e *Engine) newTrainer(j *job) (*trainer, error) {
	p := j.samples()
	t := &trainer{e: e, j: j, n: p.N(), dim: p.Dim(), eps: newEps(p.Eps)}
	if e.isWide(p, j.set) {
		return t, t.openWide(p)
	}
	width := 4 * vectors(sampleWords(p))
	records := make([]float64, width*t.n)
	for i := range t.n {
		s := 2*p.Y[i] - 1
		r := records[i*width:]
		for k, x := range p.X.RawRowView(i) {
			r[k] = s * x
		}
		r[t.dim-1] = s
		if p.SampleWeight != nil {
			r[t.dim] = p.SampleWeight[i]
		}
	}
	var err error
	if t.samples, err = e.format.newBuffer(e.d, "samples", records); err != nil {
		return t, err
	}
	order, size, positives, groups := grouped(p.Y)
	t.size, t.positives, t.groups = size, positives, groups
	sorted := make([]float64, 0, len(records))
	for _, i := range order {
		sorted = append(sorted, records[i*width:(i+1)*width]...)
	}
	if t.sorted, err = e.format.newBuffer(e.d, "samples by label", sorted); err != nil {
		return t, err
	}
	if p.SampleWeight != nil {
		if t.counts, err = newCounts(e.d, p, order); err != nil {
			return t, err
		}
	}
	if e.fitsBlock(p) {
		sorted = append(sorted, make([]float64, e.blockBytes()/e.format.bytes-len(sorted))...)
		t.block, err = e.format.newBuffer(e.d, "samples by label", sorted)
	}
	return t, err
}

func (t *trainer) close() {
	t.samples.Close()
	t.sorted.Close()
	t.block.Close()
	t.counts.buffer.Close()
	t.wide.close()
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
		size = min(size, pathBytes/v.bytes/(t.dim+1)/4)
	}
	size = min(size, t.e.d.Caps.MaxStorageBytes/(newRunLayout(v).largest()+4)-64)
	if v.wide {
		size = min(size, t.e.wideRuns(t.n, v), t.e.wideBatch())
	}
	if v.observes("period") {
		size = min(size, t.e.lastRuns(v, t.j.set.MaxPeriod))
	}
	if whole := 8 * t.e.wideEach(size); v.wide && size > whole {
		size = size / whole * whole
	}
	return max(size/v.runs*v.runs, v.runs)
}

// group computes the runs lo..hi-1 in the job's order, which are like r.
func (t *trainer) group(ctx context.Context, lo, hi int, r cpu.Run) (err error) {
	alike := hi - lo
	if t.j.among != nil {
		alike = t.j.among(r)
	}
	v := t.e.variantOf(t.j.samples(), alike, r, t.j.set)
	v.boxed = t.j.points != nil
	b := newRunBatch(t, v, r)
	kind := "descend"
	if v.wide {
		kind = "descend in blocks"
	}
	if v.batches {
		kind = "descend in batches"
	}
	if v.precision == Double {
		kind += " in double"
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
		if v.wide {
			return b.openWide(min(alike, t.batchSize(v)))
		}
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
