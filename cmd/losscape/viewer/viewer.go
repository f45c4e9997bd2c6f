// Package viewer is the loop of the live window. It takes the window's events, has
// package view change the state as they ask, has computed what is new, draws it, and
// presents the frame. One goroutine runs the loop; what takes longer than a frame is
// computed beside it, and shown when it is there.
//
// The window, what computes, and the film that a recording goes to come in as
// interfaces, so that all of it is tested without a screen and on a clock of the
// test's.
package viewer

import (
	"context"
	"sync"
	"time"

	"losscape/cmd/losscape/view"
	"losscape/cpu"
	"losscape/gpu"
	"losscape/gpu/draw"
	"losscape/gpu/film"
	"losscape/gpu/window"
	"losscape/scenes"
)

// Window is where the viewer shows what it draws: a window.Window, or a test's. Its
// first event is window.Resized.
type Window interface {
	Device() *gpu.Device
	Wake() <-chan struct{} // receives after events have come
	Events() []window.Event
	Present(fb *gpu.Framebuffer) error
	SetFullscreen(on bool)
}

// Computer computes what the window shows, on the window's device or on the CPU. Its
// methods may be called from any goroutine, and at the same time.
type Computer interface {
	// Descend computes runs. tol is the period tolerance that their precision asks
	// for, 0 for the one that is the default.
	Descend(ctx context.Context, p *cpu.Problem, runs []cpu.Run) (ts []*cpu.Trajectory, tol float64, err error)
	// Landscape computes a landscape, and leaves it on the window's device.
	Landscape(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid) (*gpu.Field, error)
	// Sweep computes the runs of a map.
	Sweep(ctx context.Context, p *cpu.Problem, s cpu.Sweep, set cpu.Settings, progress func(done, total int)) (*cpu.Result, error)
	// Ensemble puts a scene's ensemble on the window's device, at its start.
	Ensemble(ctx context.Context, s *scenes.Scene) (Ensemble, error)
	Close() error
}

// Ensemble is many runs on the window's device.
type Ensemble interface {
	draw.Swarm
	Close() error
}

// Film takes the frames of a recording: a film.Film, or a test's.
type Film interface {
	Record(ctx context.Context, d *gpu.Device, frames int, draw film.DrawFunc, progress func(done, total int)) (film.Stats, error)
	Close() error
}

// Options of Show. All are required, but for Dir.
type Options struct {
	Window Window
	State  *view.State

	// Computer makes what computes for a window that is drawn by d. It may call note,
	// from any goroutine, with what a person should know about that: it is shown in
	// the window, and logged.
	Computer func(d *gpu.Device, note func(text string)) (Computer, error)
	// Film opens the film of a recording.
	Film func(ctx context.Context, o film.Options) (Film, error)
	// Progress begins to show how far a part of the work is, counted in units, that
	// comes before the first frame. end is called after it.
	Progress func(name, unit string) (update func(done, total int), end func())
	// Log takes what the window says, too, as long as it is about files and computing.
	Log func(text string)
	// Message is an error's text for people.
	Message func(err error) string

	Dir string // where files are saved; empty for the current folder
}

// Times of the window.
const (
	rest        = 150 * time.Millisecond // without a change, until all is drawn at full quality
	messageTime = 5 * time.Second        // that a message stays
	fluent      = time.Second / 60       // a frame that takes no longer need not be coarser
	patience    = 25 * time.Millisecond  // that a frame waits for how the runs end
)

// viewer is a window with what it shows.
type viewer struct {
	Options
	ctx   context.Context
	d     *gpu.Device // the window's
	c     Computer
	s     *view.State
	stats Stats

	width, height int     // of the window in pixels; 0 before its first event
	scale         float64 // of letters and lines
	cursor        [2]float64
	notes         notes

	todo    view.Work
	asked   time.Time // the first event of the frame that is drawn next; zero without one
	rough   bool      // what is shown is coarser than it will be
	changed time.Time // last, of what may be coarser
	ticked  time.Time // State.Advance was called last
	message string    // as drawn last
	said    time.Time // message came
	full    time.Duration

	r        *draw.Renderer
	controls draw.Controls
	runs     []*cpu.Trajectory
	ensemble Ensemble // nil without one

	field   *gpu.Field
	shown   landscapeKey // of field
	version int          // of field
	perCost float64      // seconds for a point of the landscape, as measured; 0 before

	jobs    sync.WaitGroup // beside the loop
	refiner job            // of the landscape fineKey
	fineKey landscapeKey
	fields  chan refined
	student job // of how the runs end
	round   int // of studies
	tol     float64
	results chan results
	mapper  job         // of the map number mapOf
	mapOf   int         // counts the maps that were wanted
	mapWant cpu.Sweep   // of the map number mapOf
	opened  *cpu.Result // the map as it was opened; nil without one
	maps    chan mapped

	rec  *recording      // nil without one
	used map[string]bool // names of files that will be written
}

// Show shows a window until a person closes it, ctx is done, or something fails that
// cannot be done without: the device, the runs or the landscape. What else fails is
// said in the window. A recording is ended in any case, its film whole.
func Show(ctx context.Context, opt Options) (Stats, error) {
	v := &viewer{
		Options: opt, ctx: ctx, d: opt.Window.Device(), s: opt.State,
		fields: make(chan refined, 1), results: make(chan results, 1), maps: make(chan mapped, 1),
		notes: newNotes(), used: map[string]bool{},
	}
	var err error
	if v.c, err = opt.Computer(v.d, v.notes.add); err != nil {
		return v.stats, err
	}
	defer v.close()
	if err := v.firstMap(); err != nil {
		return v.stats, err
	}
	err = v.loop()
	if e := v.stopRecording(); err == nil {
		err = e
	}
	return v.stats, err
}

func (v *viewer) close() {
	for _, j := range []*job{&v.student, &v.mapper, &v.refiner} {
		j.stop()
	}
	v.jobs.Wait()
	select {
	case f := <-v.fields:
		v.closeField(f.field)
	default:
	}
	v.r.Close()
	v.free(v.ensemble)
	v.closeField(v.field)
	v.c.Close()
}

// loop shows the window until it is closed.
func (v *viewer) loop() error {
	v.todo = view.Runs | view.Landscape | view.Look | view.Show | view.Swarm
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
	if todo.Has(view.Runs | view.Landscape | view.Swarm) {
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
const redrawn = view.Runs | view.Landscape | view.Look | view.Camera | view.Swarm | view.Map

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
		Scene: v.s.Scene, View: v.shown.view, Field: v.field, Version: v.version, Trajectories: v.runs, Map: v.s.Map,
		Draft: draft, Fine: fine, Controls: &v.controls,
	}
	if v.ensemble != nil {
		p.Swarm = v.ensemble
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
