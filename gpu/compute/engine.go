package compute

import (
	"errors"
	"fmt"
	"math"
	"time"

	"losscape/gpu"
)

const (
	// A dispatch is sized to take targetTime, so that a display stays alive, a
	// progress bar moves and a cancelled context is seen.
	targetTime = 20 * time.Millisecond
	// waitLimit is how long a dispatch may take before the device counts as
	// lost.
	waitLimit = 2 * time.Minute

	uniformBytes = 1 << 16 // greatest uniform block that kernels ask for

	// guard is the number of sentinel words before and behind an output buffer
	// of tiles; 64 words are 256 bytes, the greatest alignment of a bound range.
	guard     = 64
	guardWord = 0x7fc05afe // a NaN that no computation makes
)

// ErrUnsupported is what errors wrap that are about a valid input which the
// device cannot compute, and the CPU can.
var ErrUnsupported = errors.New("not on this device, use the CPU backend")

func unsupported(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, ErrUnsupported)...)
}

// Engine computes landscapes and training runs on a device. Its methods may be
// called from any goroutine, and at the same time.
type Engine struct {
	d      *gpu.Device
	format *format
	tuning tuning

	rates map[string]float64 // work per second, by kind of work; used on the device's thread only
	lines *lines             // what is kept of the samples of the last sweep
}

// New makes an engine in single precision on a device, which holds all that it needs. Kernels are
// compiled for their constants when they are first needed.
func New(d *gpu.Device) (*Engine, error) {
	e := &Engine{
		d:      d,
		format: single,
		tuning: tuning{maxWidth: 32, capacity: 1 << 15, fewRuns: 2048, carry: 4, fill: 2048, groups: 256, rows: groupRows, batch: 1 << 16, rounds: 1 << 12, rate: 3e10},
		rates:  map[string]float64{},
		lines:  new(lines),
	}
	if d.Caps.FewInvocations {
		// The time to compile the widest kernel counts in part: the device keeps it.
		e.tuning = tuning{maxWidth: 64, capacity: 4 * groupRows, compile: 5e3, fewRuns: 8, carry: 8, fill: 64, groups: 4, rows: 16, batch: 1 << 13, rounds: 1 << 8, rate: 3e8}
	}
	// A software device reads uniform blocks, whose index is the same for a whole vector of
	// invocations, six times as fast as storage buffers.
	e.tuning.block = min(d.Caps.MaxStorageBytes, math.MaxInt32) / recordBytes
	if d.Caps.FewInvocations {
		e.tuning.block = e.uniformBlock() / recordBytes
	}
	if n := d.Caps.MaxGroupInvocations; n < groupRows {
		return nil, unsupported("the device allows work groups of %d invocations, at least %d are needed", n, groupRows)
	}
	if n := d.Caps.MaxStorageBlocks; n < bindings {
		return nil, unsupported("the device allows %d storage buffers in a compute shader, %d are needed", n, bindings)
	}
	// The smallest kernel tells whether this device compiles at all.
	return e, d.Do(func() error {
		_, err := d.Compute("range.comp", nil)
		return err
	})
}

// In returns an engine on the same device that computes in a precision: runs, and over
// grids by EvaluateDouble what Landscape, LandscapeRows and Evaluate do in single. An error is an
// ErrUnsupported where the device has no doubles.
func (e *Engine) In(p Precision) (*Engine, error) {
	if p == Single {
		return e.with(single), nil
	}
	var ok bool
	err := e.d.Do(func() (err error) {
		ok, err = e.d.HasDoubles()
		return err
	})
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, unsupported("the device does not compute in double precision")
	}
	return e.with(double), nil
}

// Precision returns what the engine computes in.
func (e *Engine) Precision() Precision { return e.format.precision }

func (e *Engine) with(f *format) *Engine {
	with := *e
	with.format = f
	return &with
}

// pacer submits dispatches and sizes them by the time that those before took. Its
// methods are called on the device's thread.
type pacer struct {
	e      *Engine
	kind   string
	fence  *gpu.Fence // of the dispatch before; nil if it was waited for
	work   float64    // of that dispatch
	start  time.Time  // when it was submitted
	timers [2]*gpu.Timer
	turn   int // timer of that dispatch

	took   time.Duration // by the last dispatch that was waited for
	before float64       // rate known then
}

func (e *Engine) pace(kind string) *pacer { return &pacer{e: e, kind: kind} }

// budget returns how much work takes about targetTime, in whatever unit submit
// counts.
func (p *pacer) budget() float64 {
	r := p.e.rates[p.kind]
	if r == 0 { // unknown
		r = p.e.tuning.rate
		p.e.rates[p.kind] = r
	}
	return r * targetTime.Seconds()
}

// submit dispatches work. It then waits for what was dispatched before, so that the
// device always has something to do. A device whose timers do not count this is waited
// for, and the time taken here.
func (p *pacer) submit(work float64, dispatch func()) error {
	timed := p.e.d.Caps.TimesCompute
	turn := 1 - p.turn
	if timed && p.timers[turn] == nil {
		p.timers[turn] = p.e.d.NewTimer()
	}
	start := time.Now()
	if timed {
		p.timers[turn].Begin()
	}
	dispatch()
	if timed {
		p.timers[turn].End()
	}
	f := p.e.d.NewFence()
	if err := p.wait(); err != nil {
		f.Close()
		return err
	}
	p.fence, p.work, p.start, p.turn = f, work, start, turn
	if !timed {
		if err := p.wait(); err != nil {
			return err
		}
	}
	return p.e.d.Check("dispatch of " + p.kind)
}

// wait waits for the last dispatch and learns from the time it took.
func (p *pacer) wait() error {
	if p.fence == nil {
		return nil
	}
	reached := p.fence.Wait(waitLimit)
	p.fence.Close()
	p.fence = nil
	if !reached {
		return fmt.Errorf("a dispatch of %s did not end within %v: %w", p.kind, waitLimit, gpu.ErrLost)
	}
	took := time.Since(p.start)
	if t := p.timers[p.turn]; t != nil {
		took = t.Elapsed()
	}
	p.took, p.before = max(took, time.Microsecond), p.e.rates[p.kind]
	p.learn(p.work)
	return nil
}

// learn follows the rate of the last dispatch. A small dispatch measures its
// overhead and the first one of a kernel the driver's compiler, so the rate is
// followed within bounds.
func (p *pacer) learn(work float64) {
	old := p.before
	rate := work / p.took.Seconds()
	p.e.rates[p.kind] = old
	if rate > old || p.took > targetTime/8 {
		p.e.rates[p.kind] = min(max(rate, old/2), old*3)
	}
}

// correct waits for the last dispatch, which has turned out to be so much work.
func (p *pacer) correct(work float64) error {
	if err := p.wait(); err != nil {
		return err
	}
	p.learn(work)
	return nil
}

// close waits for what was submitted and frees the timers.
func (p *pacer) close() error {
	err := p.wait()
	for _, t := range p.timers {
		t.Close()
	}
	return err
}

// newGuarded allocates an output buffer of n words between sentinels.
func (e *Engine) newGuarded(label string, n int) (*gpu.Buffer, error) {
	b, err := e.d.NewBuffer(label, 4*(n+2*guard), gpu.Computed)
	if err != nil {
		return nil, err
	}
	b.Fill(guardWord)
	return b, nil
}

// checkGuards reports a write outside the n words of a guarded buffer.
func checkGuards(b *gpu.Buffer, n int) error {
	var words [guard]uint32
	for _, at := range []int{0, guard + n} {
		if err := gpu.Download(b, 4*at, words[:]); err != nil {
			return err
		}
		for i, w := range words {
			if w != guardWord {
				return fmt.Errorf("a kernel wrote outside buffer %q: word %d of %d", b.Label, at+i-guard, n)
			}
		}
	}
	return nil
}
