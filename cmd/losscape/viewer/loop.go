package viewer

import (
	"time"

	"losscape/cmd/losscape/view"
	"losscape/gpu"
	"losscape/gpu/draw"
)

// Times of the window.
const (
	rest         = 150 * time.Millisecond // without a change, until all is drawn at full quality
	messageTime  = 5 * time.Second        // that a message stays
	fluent       = time.Second / 60       // a frame that takes no longer need not be coarser
	progressTime = 250 * time.Millisecond // from one state of a map that is being computed to the next
	patience     = 25 * time.Millisecond  // that a frame waits for how the runs end
)

// loop shows the window until it is closed.
func (v *viewer) loop() error {
	v.todo = view.Runs | view.Landscape | view.Look | view.Show | view.Ensemble
	for {
		if err := v.wait(); err != nil {
			return err
		}
		v.play(time.Now()) // the time before the events is that of the state before
		for _, e := range v.Window.Events() {
			if v.handle(e) {
				return nil
			}
		}
		v.pass(time.Now())
		if v.todo == 0 || v.width == 0 {
			continue
		}
		if v.todo.Has(view.Quit) {
			return nil
		}
		if err := v.turn(); err != nil {
			if e := v.ctx.Err(); e != nil {
				return e
			}
			return err
		}
	}
}

// turn does what there is to do, draws a frame and presents it.
func (v *viewer) turn() error {
	todo := v.todo
	v.todo = 0
	start := time.Now()
	if v.asked.IsZero() {
		v.asked = start
	}
	old := v.ensemble
	defer func() { // when the renderer has let go of it
		if v.ensemble != old {
			v.free(old)
		}
	}()
	if err := v.compute(todo); err != nil {
		return err
	}
	v.act(todo)
	fb, err := v.draw(todo)
	if err != nil {
		return err
	}
	if v.rec != nil {
		if err := v.rec.take(fb); err != nil {
			return err
		}
	}
	if err := v.Window.Present(fb); err != nil {
		return err
	}
	now := time.Now()
	if todo.Has(redrawn) && !v.rough {
		v.full = now.Sub(start)
	}
	v.stats.add(now.Sub(v.asked))
	v.asked = time.Time{}
	return nil
}

// compute computes what a frame needs, and begins what the frame does not wait for.
func (v *viewer) compute(todo view.Work) error {
	v.controls.Scale = v.scale // how much is left to the panels
	if todo.Has(view.Runs) {
		if err := v.descend(); err != nil {
			return err
		}
	}
	if todo.Has(view.Runs | view.Landscape) {
		v.study()
	}
	if todo.Has(view.Runs | view.Landscape | view.Ensemble) {
		v.startEnsemble()
	}
	if todo.Has(view.Runs | view.Landscape | view.Look) {
		if err := v.landscape(); err != nil {
			return err
		}
	}
	if todo.Has(view.Runs | view.Landscape) {
		select {
		case r := <-v.results:
			v.showResults(r)
		case <-time.After(patience):
		}
	}
	if todo.Has(view.Map) || todo.Has(view.Runs) && v.s.MapStale(v.s.Map) {
		v.computeMap()
	}
	if todo.Has(view.Runs) {
		v.computeOrbit()
	}
	return nil
}

// act does what is to be done besides drawing.
func (v *viewer) act(todo view.Work) {
	if todo.Has(view.Fullscreen) {
		v.Window.SetFullscreen(v.s.Fullscreen)
	}
	if todo.Has(view.Record) {
		v.record()
	}
	if todo.Has(view.SavePNG) {
		v.savePNG()
	}
	if todo.Has(view.WriteScene) {
		v.writeScene()
	}
}

// redrawn is what the renderer has to be updated for, besides a frame.
const redrawn = view.Runs | view.Landscape | view.Look | view.Camera | view.Ensemble | view.Map

// draw draws the frame.
func (v *viewer) draw(todo view.Work) (*gpu.Framebuffer, error) {
	v.fillControls()
	if v.r == nil || todo.Has(redrawn) {
		if err := v.update(v.draft(), false); err != nil {
			return nil, err
		}
	}
	fb, _, err := v.r.Frame(v.s.Frame)
	return fb, err
}

// draft reports whether frames are drawn coarser for now.
func (v *viewer) draft() bool { return v.rough && v.full > fluent }

// update has the renderer draw the scene as it is now; a fine picture is a still.
func (v *viewer) update(draft, fine bool) (err error) {
	p := draw.Picture{
		Scene: v.s.Scene, View: v.shown.view, Field: v.field, Version: v.version, Trajectories: v.runs, Endings: v.s.Endings, Stabilities: v.s.Stabilities, Map: v.s.Map,
		Draft: draft, Fine: fine, Controls: &v.controls,
	}
	p.Stable, p.Orbit, p.OrbitStable = v.stable, v.orbit.result, v.orbit.stable
	if v.opened != nil {
		p.Steady = [2]int{len(v.opened.Sweep.Over[0].Values), len(v.opened.Sweep.Over[1].Values)}
	}
	if v.ensemble != nil {
		p.Ensemble = v.ensemble
	}
	if v.r == nil {
		if v.r, err = draw.New(v.d, p, v.width, v.height); err != nil {
			return err
		}
	}
	return v.r.Update(p, v.width, v.height)
}

// panels returns the size of the part of the window that the panels have.
func (v *viewer) panels() (w, h int) { return v.width, v.height - v.controls.Height(v.width, v.height) }

// say puts a message into the window and into the log.
func (v *viewer) say(text string) {
	v.s.Message = text
	v.Log(text)
	v.todo |= view.Show
}
