package compute

import (
	"losscape/cpu"
	"losscape/gpu"
	"losscape/shaders"

	"gonum.org/v1/gonum/floats"
)

// lastStates are the states of the runs of a batch in which their periods are found: see
// observer_period.glsl.
type lastStates struct {
	places  int // runs of the batch
	longest int // period looked for, of all of them; below 2 there is no buffer
	buffer  *gpu.Buffer
	texels  texels
	program *gpu.Program // period.comp
}

// lastBytes is the most that a buffer of last states takes, or what the device allows.
const lastBytes = 256 << 20

// keptStates is how many states of a run are kept where periods of up to longest are
// looked for: those of periods up to the last state, and a period's from half of the
// steps on.
func keptStates(longest int) int {
	if longest < 2 {
		return 0
	}
	return cpu.Periods*longest + 1 + longest
}

// lastRuns is how many runs like r, in a variant's format, have room for their last states.
func (e *Engine) lastRuns(v runVariant, longest int) int {
	bytes := max(keptStates(longest)*v.dim*v.bytes, 1)
	return max(min(e.d.Caps.MaxStorageBytes, lastBytes, e.d.Caps.MaxTexels*v.bytes)-2*4*guard, 0) / bytes
}

// allocateLast makes the buffer for the batch, or keeps that of the one before.
func (b *runBatch) allocateLast() error {
	b.last.places, b.last.longest = len(b.runs), 0
	if !b.v.observes("period") {
		return nil
	}
	for i := range b.runs {
		b.last.longest = max(b.last.longest, b.j.set.LongestPeriod(&b.runs[i]))
	}
	words := max(keptStates(b.last.longest)*b.dim*b.last.places, 1) * b.v.bytes / 4
	if err := b.ensure(&b.last.buffer, "last states of runs", 4*words); err != nil || b.last.program != nil {
		return err
	}
	d := shaders.Defines{"DIM": b.dim, "ROWS": groupRows, "GUARD": 4 * guard / b.v.bytes}
	b.v.define(d)
	var err error
	b.last.program, err = b.e.d.Compute("period.comp", d)
	return err
}

func (l *lastStates) close() {
	l.texels.close()
	l.buffer.Close()
}

// bindLast binds the last states for a kernel and tells it where they are.
func (b *runBatch) bindLast(p *gpu.Program) {
	l := &b.last
	if l.buffer == nil {
		return
	}
	l.buffer.BindStorageRange(bindingLast, 4*guard, l.buffer.Size-2*4*guard)
	p.SetInt("places", l.places)
	p.SetInt("ofLast", cpu.Periods*l.longest+1)
}

// findReturns computes cpu.Returns of the runs on the device that have taken all of their
// steps.
func (b *runBatch) findReturns() error {
	l := &b.last
	if l.longest < 2 {
		return nil
	}
	n := b.bind()
	b.bindLast(l.program)
	l.texels.of = l.buffer
	if err := l.texels.bind(l.program, b.e.d, b.v.format, "last", 0, false); err != nil {
		return err
	}
	l.program.SetInt("runs", n)
	b.v.setUniform(l.program, "periodTol", b.j.set.PeriodTol)
	b.e.d.Barrier(gpu.ForShaders | gpu.ForTextures)
	l.program.Dispatch((n+groupRows-1)/groupRows, 1, 1)
	return b.e.d.Check("dispatch of periods")
}

// takePeriod sets the period of a run that has one, and how its last states return.
func takePeriod(o *outcome, b *runBatch, s int) {
	if o.status != cpu.StepLimit {
		return
	}
	o.returns = returnsIn(b, s)
	o.away = b.state.column("PERIOD_AWAY", 0)[s]
	if p := o.returns.Period(b.j.set.PeriodTol, 1+floats.Norm(o.w, 2)); p > 0 {
		o.status, o.period = cpu.Periodic, p
	}
}

// returnsIn is how the last states of the run in slot s return.
func returnsIn(b *runBatch, s int) cpu.Returns {
	r := cpu.Returns{After: int(b.ints.column("PERIOD_AFTER", 0)[s]), Apart: b.state.column("PERIOD_APART", 0)[s]}
	for i := range r.Moved {
		r.Moved[i] = b.state.column("PERIOD_MOVED", i)[s]
	}
	return r
}
