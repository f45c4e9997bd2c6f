package gpu

import (
	"time"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// Fence tells when everything submitted before it is done.
type Fence struct{ sync uintptr }

// NewFence sets a fence and flushes, so that it will be reached.
func (d *Device) NewFence() *Fence {
	f := &Fence{gl.FenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0)}
	gl.Flush()
	return f
}

// waitTurn is how long Wait waits at one go.
const waitTurn = 100 * time.Millisecond

// Wait waits until the fence is reached or the time is over, and says whether
// it was reached. Wait(0) only asks. Time in which the process is stopped, by SIGSTOP, does
// not count: the device may have been, too.
func (f *Fence) Wait(limit time.Duration) bool {
	if f == nil || f.sync == 0 {
		return true
	}
	for {
		turn, began := min(limit, waitTurn), time.Now()
		switch gl.ClientWaitSync(f.sync, gl.SYNC_FLUSH_COMMANDS_BIT, uint64(turn)) {
		case gl.ALREADY_SIGNALED, gl.CONDITION_SATISFIED:
			return true
		case gl.WAIT_FAILED: // as on a lost context
			return false
		}
		if limit -= max(min(time.Since(began), turn), 1); limit <= 0 {
			return false
		}
	}
}

// Close frees the fence. It may be called more than once, and on nil.
func (f *Fence) Close() error {
	if f != nil && f.sync != 0 {
		gl.DeleteSync(f.sync)
		f.sync = 0
	}
	return nil
}

// Timer measures device time between Begin and End. Timers do not nest.
type Timer struct {
	query uint32
	d     *Device
}

// NewTimer makes a timer.
func (d *Device) NewTimer() *Timer {
	t := &Timer{d: d}
	gl.GenQueries(1, &t.query)
	return t
}

// Begin starts measuring. It panics if another timer runs.
func (t *Timer) Begin() {
	if t.d.timing {
		panic("gpu: a timer is already running")
	}
	t.d.timing = true
	gl.BeginQuery(gl.TIME_ELAPSED, t.query)
}

// End stops measuring.
func (t *Timer) End() {
	gl.EndQuery(gl.TIME_ELAPSED)
	t.d.timing = false
}

// Elapsed waits for the device and returns the time it took.
func (t *Timer) Elapsed() time.Duration {
	var ns uint64
	gl.GetQueryObjectui64v(t.query, gl.QUERY_RESULT, &ns)
	return time.Duration(ns)
}

// Close frees the timer. It may be called more than once, and on nil.
func (t *Timer) Close() error {
	if t != nil && t.query != 0 {
		gl.DeleteQueries(1, &t.query)
		t.query = 0
	}
	return nil
}
