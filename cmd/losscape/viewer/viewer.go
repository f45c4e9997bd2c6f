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
	"losscape/scenes/figure"
	"sync"
	"sync/atomic"
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
}

// Ensemble is many runs on the window's device.
type Ensemble interface {
	draw.Ensemble
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
	controls figure.Controls
	runs     []*cpu.Trajectory
	ensemble Ensemble // nil without one

	field   *gpu.Field
	shown   landscapeKey // of field
	version int          // of field
	perCost float64      // seconds for a point of the landscape, as measured; 0 before

	jobs     sync.WaitGroup // beside the loop
	refiner  job            // of the landscape fineKey
	fineKey  landscapeKey
	fields   chan refined
	student  job // of how the runs end
	round    int // of studies
	tol      float64
	results  chan results
	mapper   job          // of the map number mapOf
	mapOf    int          // counts the maps that were wanted
	mapWant  cpu.Sweep    // of the map number mapOf
	mapShare atomic.Int64 // percent of it that are computed
	opened   *cpu.Result  // the map as it was opened; nil without one
	maps     chan mapped

	stable       *cpu.StableRates // of the map that is shown
	openedStable *cpu.StableRates // of opened
	orbit        swept            // the orbit diagram; its result is nil without one
	orbiter      job              // of the diagram number orbitOf
	orbitOf      int              // counts those that were wanted
	orbitWant    cpu.Sweep        // of the last of them
	orbits       chan swept

	rec  *recording      // nil without one
	used map[string]bool // names of files that will be written
}

// Show shows a window until a person closes it, ctx is done, or something fails that
// cannot be done without: the device, the runs or the landscape. What else fails is
// said in the window. A recording is ended in any case, its film whole.
func Show(ctx context.Context, opt Options) (Stats, error) {
	v := &viewer{
		Options: opt, ctx: ctx, d: opt.Window.Device(), s: opt.State,
		fields: make(chan refined, 1), results: make(chan results, 1), maps: make(chan mapped, 1), orbits: make(chan swept, 1),
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
	if err := v.firstOrbit(); err != nil {
		return v.stats, err
	}
	err = v.loop()
	if e := v.stopRecording(); err == nil {
		err = e
	}
	return v.stats, err
}

func (v *viewer) close() {
	for _, j := range []*job{&v.student, &v.mapper, &v.orbiter, &v.refiner} {
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
}
