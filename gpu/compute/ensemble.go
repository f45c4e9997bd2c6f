package compute

import (
	"context"
	"errors"
	"fmt"

	"losscape/cpu"
	"losscape/gpu"
)

// Ensemble is the runs of a sweep on the device, all of them at the same update, so
// that they can be drawn from where they are computed.
type Ensemble struct {
	N     int // runs
	Steps int // of the longest run

	t     *trainer
	b     *runBatch
	at    int // updates that the state is at
	saved []savedState
	every int  // updates from one saved state to the next
	told  bool // the statuses on the device have the periods
}

// savedState is what going back starts from.
type savedState struct {
	at    int
	state []byte
	ints  []byte
}

// Saved states: how many updates apart the first ones are, how many there are at
// most, and their bytes in all.
const (
	saveEvery = 64
	saveMost  = 8
	saveBytes = 128 << 20
)

// Ensemble puts the runs of s on the device, at their starts. They run by the kernel
// of Sweep, with its errors and limits, and end as set says; one that has ended
// stays where it is. They are drawn from there, and so in single precision whatever the
// engine's is. All have one batch size, and as many as the device's largest
// buffer holds: more are an ErrUnsupported.
func (e *Engine) Ensemble(p *cpu.Problem, s cpu.Sweep, set cpu.Settings) (*Ensemble, error) {
	e = e.with(single)
	set.Quantities = nil
	set, x, err := e.checkSweep(p, s, set)
	if err != nil {
		return nil, err
	}
	if err := e.checkSamples(p); err != nil {
		return nil, err
	}
	count, err := s.Count()
	if err != nil {
		return nil, err
	}
	like := s.Run(0)
	seeds := false
	for _, a := range s.Over {
		if a.Name == "batch" && a.Len() > 1 {
			return nil, unsupported("an ensemble over batch: its runs take samples of one number")
		}
		seeds = seeds || a.Name == "seed" && a.Len() > 1
	}
	v := e.variantOf(p, int(count), like, set)
	if seeds {
		v.runs = 1 // those of an invocation share their batches
	}
	if v.observes("period") {
		// Long periods go where there are more runs than have room for their last states.
		for set.MaxPeriod > 1 && e.lastRuns(v, set.MaxPeriod) < int(count) {
			set.MaxPeriod--
		}
	}
	if most := e.wideRuns(p.N(), v); v.wide && count > uint64(most) {
		return nil, unsupported("an ensemble of %d runs of %d weights, this device's buffers hold %d", count, p.Dim(), most)
	}
	each := newRunLayout(v).largest()
	if most := e.d.Caps.MaxStorageBytes/each - 2*guard; count > uint64(most) {
		return nil, unsupported("an ensemble of %d runs of %d bytes, this device's buffers hold %d", count, each, most)
	}
	runs := make([]cpu.Run, count)
	w := &Ensemble{N: int(count), every: saveEvery}
	for i := range runs {
		runs[i] = s.Run(i)
		w.Steps = max(w.Steps, runs[i].Steps)
	}
	j := &job{p: p, x: x, n: w.N, run: s.Into(), set: set}
	err = e.d.Do(func() (err error) {
		if w.t, err = e.newTrainer(j); err != nil {
			return err
		}
		w.b = newRunBatch(w.t, v, like)
		w.b.pace, w.b.runs = e.pace("ensemble"), runs
		if v.wide {
			err = w.b.openWide(w.N)
		} else {
			w.b.program, err = e.runProgram(v)
		}
		if err != nil {
			return err
		}
		w.b.line(w.N)
		w.b.fill()
		if err := w.b.allocate(0, 0); err != nil {
			return err
		}
		return w.keep()
	})
	if err != nil {
		w.Close()
		return nil, err
	}
	b := w.b
	b.state.data, b.ints.data, b.params.data, b.paramInts.data = nil, nil, nil, nil // on the device
	if !v.wide {                                                                    // whose mini-batches the host draws
		b.runs = nil
	}
	return w, nil
}

// line gives run i the slot i.
func (b *runBatch) line(n int) {
	b.makeSlots((n + b.v.runs - 1) / b.v.runs)
	for i := range n {
		b.slots[i] = int32(i)
	}
}

// At takes the runs to where they are after k updates, or after all of their
// steps, and returns where they lie; that holds until the next call. Going on
// costs the updates in between, going back at most those since one of a few
// states that are kept. Weights that are not finite are those of runs that
// diverged.
//
// One call at a time. After an error of ctx the ensemble goes on from where it was.
func (w *Ensemble) At(ctx context.Context, k int) (gpu.Points, error) {
	if k < 0 {
		return gpu.Points{}, fmt.Errorf("ensemble after %d updates, want at least 0", k)
	}
	b := w.b
	if b == nil {
		return gpu.Points{}, errors.New("the ensemble is closed")
	}
	to := k
	if k >= w.Steps {
		to = w.Steps + 1 // a look at the last states, which moves nothing
	}
	if to < w.at {
		if err := w.back(to); err != nil {
			return gpu.Points{}, err
		}
	}
	for w.at < to {
		if err := ctx.Err(); err != nil {
			return gpu.Points{}, err
		}
		err := b.e.d.Do(func() error {
			work := float64(w.N) * b.stepWork()
			steps := min(max(int(b.pace.budget()/work), 1), b.maxSteps(), to-w.at)
			failed := error(nil)
			if err := b.pace.submit(work*float64(steps), func() { failed = b.dispatch(w.at, steps) }); err != nil || failed != nil {
				return errors.Join(failed, err)
			}
			w.at += steps
			return w.save()
		})
		if err != nil {
			return gpu.Points{}, err
		}
	}
	if to > w.Steps && !w.told {
		if err := b.e.d.Do(b.tellPeriods); err != nil {
			return gpu.Points{}, err
		}
		w.told = true
	}
	n := b.stride()
	return gpu.Points{
		Weights: b.stateBuffer, Statuses: b.intBuffer, Offset: 4 * guard,
		N: w.N, Dim: b.dim, Stride: n, Status: b.ints.at("STATUS") * n,
	}, nil
}

// tellPeriods has the statuses on the device say which runs are periodic. No run is under
// way.
func (b *runBatch) tellPeriods() error {
	if b.last.longest < 2 {
		return nil
	}
	if err := b.findReturns(); err != nil {
		return err
	}
	n := b.stride()
	b.state.data, b.ints.data = make([]float64, b.state.words()*n), make([]int32, b.ints.words()*n)
	if err := b.download(); err != nil {
		return err
	}
	o := outcome{w: make([]float64, b.dim)}
	for s, k := range b.slots {
		if status := b.ints.column("STATUS", 0); k >= 0 && status[s] == int32(cpu.StepLimit) {
			for j := range o.w {
				o.w[j] = b.state.column("W", j)[s]
			}
			o.status = cpu.StepLimit
			takePeriod(&o, b, s)
			status[s] = int32(o.status)
		}
	}
	err := b.ints.upload(b.intBuffer)
	b.state.data, b.ints.data = nil, nil
	return err
}

// back goes to the last saved state that is at most to updates.
func (w *Ensemble) back(to int) error {
	i := len(w.saved) - 1
	for w.saved[i].at > to {
		i--
	}
	w.at, w.told = w.saved[i].at, false
	return w.b.e.d.Do(func() error {
		return errors.Join(gpu.Upload(w.b.stateBuffer, 4*guard, w.saved[i].state), gpu.Upload(w.b.intBuffer, 4*guard, w.saved[i].ints))
	})
}

// save keeps the state if it is far enough from the last one kept. Where there are
// too many, every second one goes.
func (w *Ensemble) save() error {
	size := w.b.state.size() + w.b.ints.size()
	if last := w.saved[len(w.saved)-1]; w.at < last.at+w.every || 3*size > saveBytes {
		return nil
	}
	if n := len(w.saved); n == saveMost || size*(n+1) > saveBytes {
		kept := w.saved[:0]
		for i := 0; i < n; i += 2 {
			kept = append(kept, w.saved[i])
		}
		clear(w.saved[len(kept):])
		w.saved = kept
		w.every *= 2
		if w.at < kept[len(kept)-1].at+w.every {
			return nil
		}
	}
	return w.keep()
}

// keep keeps the state.
func (w *Ensemble) keep() error {
	b := w.b
	s := savedState{w.at, make([]byte, b.state.size()), make([]byte, b.ints.size())}
	w.saved = append(w.saved, s)
	return errors.Join(gpu.Download(b.stateBuffer, 4*guard, s.state), gpu.Download(b.intBuffer, 4*guard, s.ints))
}

// Close frees what the ensemble holds on the device. It may be called more than once,
// and on nil.
func (w *Ensemble) Close() error {
	if w == nil || w.t == nil {
		return nil
	}
	err := w.t.e.d.Do(func() error {
		var err error
		if w.b != nil {
			err = w.b.pace.close()
			if e := w.b.checkGuards(); err == nil {
				err = e
			}
			w.b.close()
		}
		w.t.close()
		return err
	})
	w.t, w.b, w.saved = nil, nil, nil
	if errors.Is(err, gpu.ErrClosed) {
		return nil // all of it went with the device
	}
	return err
}
