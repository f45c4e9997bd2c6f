package viewer

import (
	"time"

	"losscape/cmd/losscape/view"
	"losscape/gpu/window"
)

// wait waits until there may be something to do, and takes what was computed beside
// the loop. Its error is that of an interrupt, or of a device.
func (v *viewer) wait() error {
	if err := v.ctx.Err(); err != nil {
		return err
	}
	due, stop := after(v.idle())
	defer stop()
	var ended <-chan error
	if v.rec != nil {
		ended = v.rec.done
	}
	select {
	case <-v.ctx.Done():
		return v.ctx.Err()
	case <-v.Window.Wake():
	case <-v.notes.wake:
	case <-due:
		if v.rec != nil || v.mapper.running() {
			v.todo |= view.Show
		}
	case r := <-v.results:
		if v.showResults(r) {
			v.todo |= view.Look
		}
	case f := <-v.fields:
		return v.refine(f)
	case m := <-v.maps:
		v.showMap(m)
	case r := <-v.orbits:
		v.showOrbit(r)
	case err := <-ended: // by itself
		v.recordingEnded(err)
	}
	return nil
}

// idle returns how long there is nothing to do, unless something comes.
func (v *viewer) idle() time.Duration {
	until := time.Hour
	if v.todo != 0 && v.width > 0 {
		until = 0
	}
	if v.s.Playing {
		until = min(until, v.s.Next())
	}
	if v.rough {
		until = min(until, rest-time.Since(v.changed))
	}
	if v.message != "" {
		until = min(until, messageTime-time.Since(v.said))
	}
	if v.rec != nil {
		until = min(until, time.Second) // the time that is shown
	}
	if v.mapper.running() {
		until = min(until, progressTime)
	}
	return until
}

// after returns a channel that receives after a time, which may have passed, and what
// frees it.
func after(d time.Duration) (due <-chan time.Time, stop func() bool) {
	if d <= 0 {
		now := make(chan time.Time, 1)
		now <- time.Time{}
		return now, func() bool { return false }
	}
	t := time.NewTimer(d)
	return t.C, t.Stop
}

// kinds are the events that the state handles.
var kinds = map[window.Kind]view.Kind{
	window.Moved: view.Move, window.Left: view.Leave, window.Pressed: view.Press, window.Released: view.Release,
	window.Scrolled: view.Scroll, window.KeyDown: view.Key,
}

// handle takes an event of the window, and reports whether that closes it.
func (v *viewer) handle(e window.Event) (closed bool) {
	now := time.Now()
	switch e.Kind {
	case window.Closed:
		return true
	case window.Exposed:
		v.todo |= view.Show
	case window.Resized:
		v.resize(e, now)
	default:
		v.change(e, now)
	}
	if v.todo != 0 && v.asked.IsZero() {
		v.asked = now
	}
	return false
}

func (v *viewer) resize(e window.Event, now time.Time) {
	if e.Width <= 0 || e.Height <= 0 || e.Width == v.width && e.Height == v.height && e.Scale == v.scale {
		return
	}
	if v.width > 0 {
		v.move(now)
	}
	v.width, v.height, v.scale = e.Width, e.Height, e.Scale
	v.todo |= view.Look
}

// change has the state change as the keyboard or the mouse asks.
func (v *viewer) change(e window.Event, now time.Time) {
	out := view.Event{
		Kind: kinds[e.Kind], Time: now, X: e.X, Y: e.Y, Button: view.Button(e.Button), Notches: e.DY,
		Key: e.Key, Shift: e.Shift, Control: e.Control, Repeat: e.Repeat,
	}
	if out.Kind != view.Key && out.Kind != view.Leave {
		v.cursor = [2]float64{e.X, e.Y}
		if v.r != nil {
			out.Hit = view.Hit(v.r.Pick(e.X, e.Y))
		}
	}
	work := v.s.Handle(out)
	if work.Has(view.Camera) || work.Has(view.Runs|view.Landscape) && (v.s.Dragging() || out.Kind == view.Scroll) {
		v.move(now)
	}
	v.todo |= work
}

// move notes that something moves: until it rests, it may be coarser.
func (v *viewer) move(now time.Time) { v.rough, v.changed = true, now }

// play has the runs play on until now, if they play.
func (v *viewer) play(now time.Time) {
	v.todo |= v.s.Advance(now.Sub(v.ticked))
	v.ticked = now
}

// pass shows messages and lets them go, and draws what rests at full quality.
func (v *viewer) pass(now time.Time) {
	for _, text := range v.notes.take() {
		v.say(text)
	}
	switch {
	case v.s.Message != v.message:
		v.message, v.said = v.s.Message, now
		v.todo |= view.Show
	case v.message != "" && now.Sub(v.said) >= messageTime:
		v.s.Message, v.message = "", ""
		v.todo |= view.Show
	}
	if v.rough && now.Sub(v.changed) >= rest {
		v.rough = false
		v.todo |= view.Camera | view.Look
	}
}
