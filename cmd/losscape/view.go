package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"losscape/atomicfile"
	"losscape/cmd/losscape/view"
	"losscape/cpu"
	"losscape/gpu"
	"losscape/gpu/compute"
	"losscape/gpu/draw"
	"losscape/gpu/film"
	"losscape/gpu/window"
	"losscape/scenes"

	"github.com/spf13/cobra"
)

// viewFlags are the flags of view.
type viewFlags struct {
	size  string
	sweep string
	stats bool
}

func (a *app) viewCommand() *cobra.Command {
	var f viewFlags
	var keys strings.Builder
	for _, row := range view.Help {
		fmt.Fprintf(&keys, "  %-22s%s\n", row[0], row[1])
	}
	c := &cobra.Command{
		Use:   "view SCENE | view [SCENE] --sweep FILE",
		Short: "Show a scene, or the map of a sweep, in a window and play with it",
		Long: `view opens a window with the scene's panels. Whatever is changed there, all runs
are computed anew on the device that draws, in float32 (with --backend cpu in
float64 on the CPU), and how they end is shown at once; the landscape is, where
it changes.

` + keys.String() + `
With --sweep the window shows the map of a table that losscape sweep has written
over two parameters: pointing at a pixel shows its run and plays it, the wheel
zooms in, and the map is computed anew there, a run for each pixel.

PNGs, films and scenes go to the current folder as losscape-1.png and so on, and
never replace a file. A scene that W writes renders the same picture.

Where there is no display, losscape render makes films and stills.`,
		Example: `  losscape view one-mode
  losscape view mine.toml --size 1600x900
  losscape view --sweep runs.npz`,
		Args: func(c *cobra.Command, args []string) error {
			if f.sweep != "" && len(args) == 0 {
				return nil
			}
			return oneScene(c, args)
		},
		ValidArgsFunction: completeScene,
		RunE: func(c *cobra.Command, args []string) error {
			if a.device != anyDevice {
				return usagef("--device %d has no meaning for a window, which the display's own device draws; leave it out", a.device)
			}
			w, h, err := parseSize("size", f.size, false)
			if err != nil {
				return err
			}
			var s *scenes.Scene
			if len(args) > 0 {
				if s, err = loadScene(c.Context(), args[0]); err != nil {
					return err
				}
			}
			if f.sweep == "" {
				return a.view(c.Context(), view.New(s), w, h, f.stats)
			}
			st, err := await(c.Context(), func() (*view.State, error) { return openSweep(f.sweep, s) })
			if err != nil {
				return err
			}
			return a.view(c.Context(), st, w, h, f.stats)
		},
	}
	c.Flags().StringVar(&f.size, "size", "1280x720", "`pixels` of the window, WxH; more where the display is scaled")
	c.Flags().StringVar(&f.sweep, "sweep", "", "the `table` of a sweep over two parameters, .npz or .parquet, to show its map")
	c.MarkFlagFilename("sweep", "npz", "parquet")
	c.Flags().BoolVar(&f.stats, "stats", false, "say at the end how long frames took")
	return c
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
	a   *app
	ctx context.Context
	win *window.Window
	e   *compute.Engine // nil to compute on the CPU
	own *compute.Engine // of swarms, which are always computed where they are drawn
	s   *view.State

	r        *draw.Renderer
	controls draw.Controls
	field    *gpu.Field
	shown    landscapeKey // of field
	version  int
	runs     []*cpu.Trajectory
	inSingle bool // the device has computed the runs
	left     leftToCPU
	opened   *cpu.Result // the map as it was opened; nil without one
	swarm    draw.Swarm  // nil without one
	w, h     int         // of the window in pixels
	scale    float64
	cursor   [2]float64

	todo    view.Work
	rough   bool      // what is shown is coarser than it will be
	changed time.Time // last
	ticked  time.Time // Advance was called last
	said    time.Time // State.Message was set
	message string    // as drawn last
	full    time.Duration
	perCost float64 // seconds for a point of the landscape, as measured; 0 before

	jobs     sync.WaitGroup // beside the loop
	refining context.CancelFunc
	fineKey  landscapeKey // of the landscape that is being computed beside the loop
	fields   chan refined

	study   context.CancelFunc
	studied chan finding
	round   int // of studies
	mapping context.CancelFunc
	maps    chan mapped
	mapOf   int       // number of the map that is being computed
	mapWant cpu.Sweep // its runs
	rec     *recording
	used    map[string]bool // names of files that will be written
	frames  []time.Duration
	asked   time.Time // the first event of the frame that is drawn next
}

// finding is what a study of the runs has found out.
type finding struct {
	round   int
	endings []cpu.Ending
	edges   map[float64]view.Edge
}

// noWindow adds to an error of a window what does without.
func noWindow(err error) error {
	return fmt.Errorf("%w; losscape render makes films and stills without a window", err)
}

func (a *app) view(ctx context.Context, s *view.State, width, height int, stats bool) (err error) {
	win, err := window.Open(window.Options{Title: s.Scene.Title + " – losscape", Width: width, Height: height})
	if err != nil {
		return noWindow(err)
	}
	defer win.Close()
	v := &viewer{a: a, ctx: ctx, win: win, s: s, studied: make(chan finding, 1), maps: make(chan mapped, 1), fields: make(chan refined, 1), used: map[string]bool{}, left: leftToCPU{}, scale: 1, w: width, h: height}
	if a.backend == backendCPU {
		a.logf("computing in float64 on the CPU, drawing on %s", win.Device.Info)
	} else {
		e, err := compute.New(win.Device)
		if v.e, err = a.choose("", e, err); err != nil {
			return err
		}
		if v.e != nil {
			defer v.e.Close()
			v.own = v.e
			a.logf("computing in float32 and drawing on %s", win.Device.Info)
		}
	}
	defer v.close()
	if slices.Contains(s.Scene.Film.Panels, "map") && s.Map == nil {
		of := v.e
		if of != nil {
			cannot := of.CanSweep(s.Scene.Problem, s.Scene.MapSweep(), s.Settings)
			if v.leaveToCPU("map", cannot) {
				of = nil
			} else if cannot != nil {
				return cannot
			}
		}
		if s.Map, err = a.mapFor(ctx, of, s.Scene, s.Settings); err != nil {
			return err
		}
	}
	v.opened = s.Map
	err = v.loop()
	if e := v.stopRecording(); err == nil {
		err = e
	}
	if stats {
		a.logf("%s", frameStats(v.frames))
	}
	return err
}

// frameStats says how long frames took, from the event that asked for one until it
// was presented.
func frameStats(d []time.Duration) string {
	if len(d) == 0 {
		return "no frames"
	}
	d = slices.Clone(d)
	slices.Sort(d)
	at := func(share float64) float64 { return 1e3 * d[int(share*float64(len(d)-1))].Seconds() }
	return fmt.Sprintf("%d frames: median %.1f ms, 95 %% within %.1f ms, the slowest %.1f ms", len(d), at(0.5), at(0.95), at(1))
}

func (v *viewer) close() {
	for _, cancel := range []context.CancelFunc{v.study, v.mapping, v.refining} {
		if cancel != nil {
			cancel()
		}
	}
	v.jobs.Wait()
	select {
	case f := <-v.fields:
		v.closeField(f.field)
	default:
	}
	v.r.Close()
	v.freeSwarm(v.swarm)
	if v.own != v.e {
		v.own.Close()
	}
	v.closeField(v.field)
}

func (v *viewer) closeField(f *gpu.Field) {
	v.win.Device.Do(func() error { return f.Close() })
}

// loop shows the window until it is closed.
func (v *viewer) loop() error {
	v.todo = view.Runs | view.Landscape | view.Look | view.Show | view.Swarm
	for {
		if err := v.wait(); err != nil {
			return err
		}
		for _, e := range v.win.Events() {
			if v.handle(e) {
				return nil
			}
		}
		now := time.Now()
		v.todo |= v.s.Advance(now.Sub(v.ticked))
		v.ticked = now
		if v.s.Message != v.message {
			v.message, v.said = v.s.Message, now
			v.todo |= view.Show
		} else if v.message != "" && now.Sub(v.said) > messageTime {
			v.s.Message, v.message = "", ""
			v.todo |= view.Show
		}
		if v.rough && now.Sub(v.changed) >= rest {
			v.rough = false
			v.todo |= view.Camera | view.Look
		}
		if v.todo == 0 {
			continue
		}
		if v.todo.Has(view.Quit) {
			return nil
		}
		if err := v.work(); err != nil {
			if e := v.ctx.Err(); e != nil {
				return e
			}
			return err
		}
	}
}

// wait waits until there may be something to do, and takes what was computed beside
// the loop. Its error is that of an interrupt, or of a device.
func (v *viewer) wait() error {
	if err := v.ctx.Err(); err != nil {
		return err
	}
	until := time.Hour
	if v.todo != 0 {
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
	timer := time.NewTimer(max(until, 0))
	defer timer.Stop()
	var ended <-chan error
	if v.rec != nil {
		ended = v.rec.done
	}
	select {
	case <-v.ctx.Done():
		return v.ctx.Err()
	case <-v.win.Wake:
	case <-timer.C:
		if v.rec != nil {
			v.todo |= view.Show
		}
	case f := <-v.studied:
		if v.found(f) {
			v.todo |= view.Look
		}
	case f := <-v.fields:
		return v.refine(f)
	case m := <-v.maps:
		v.showMap(m)
	case err := <-ended: // by itself
		v.rec.ended = true
		v.rec.err = err
		if err := v.stopRecording(); err != nil {
			v.say("The recording failed: %s", message(err))
		}
	}
	return nil
}

// handle takes an event of the window, and says whether that closes it.
func (v *viewer) handle(e window.Event) (closed bool) {
	now := time.Now()
	defer func() {
		if v.todo != 0 && v.asked.IsZero() {
			v.asked = now
		}
	}()
	out := view.Event{Time: now, X: e.X, Y: e.Y, Button: view.Button(e.Button), Key: e.Key, Shift: e.Shift, Control: e.Control, Repeat: e.Repeat, Notches: e.DY}
	switch e.Kind {
	case window.Resized:
		if e.Width > 0 && e.Height > 0 && (e.Width != v.w || e.Height != v.h || e.Scale != v.scale) {
			v.w, v.h, v.scale = e.Width, e.Height, e.Scale
			v.todo |= view.Look
			v.move(now)
		}
		return false
	case window.Exposed:
		v.todo |= view.Show
		return false
	case window.Closed:
		return true
	case window.Moved:
		out.Kind = view.Move
	case window.Left:
		out.Kind = view.Leave
	case window.Pressed:
		out.Kind = view.Press
	case window.Released:
		out.Kind = view.Release
	case window.Scrolled:
		out.Kind = view.Scroll
	case window.KeyDown:
		out.Kind = view.Key
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
	return false
}

// move notes that something moves: until it rests, it may be coarser.
func (v *viewer) move(now time.Time) {
	v.rough, v.changed = true, now
}

// work does what there is to do, draws a frame and presents it.
func (v *viewer) work() error {
	todo := v.todo
	v.todo = 0
	start := time.Now()
	if v.asked.IsZero() {
		v.asked = start
	}
	v.controls.Scale = v.scale // how much is left to the panels
	if todo.Has(view.Runs) {
		if err := v.descend(); err != nil {
			return err
		}
	}
	if todo.Has(view.Runs | view.Landscape) {
		v.begin()
	}
	redone := view.Runs | view.Landscape | view.Look | view.Camera | view.Swarm | view.Map
	if todo.Has(view.Runs | view.Landscape | view.Swarm) {
		old := v.swarm
		if err := v.release(); err != nil {
			return err
		}
		// The renderer lets go of the old one when it is shown the new one.
		defer v.freeSwarm(old)
	}
	if todo.Has(view.Runs | view.Landscape | view.Look) {
		if err := v.landscape(); err != nil {
			return err
		}
	}
	if todo.Has(view.Runs | view.Landscape) {
		select {
		case f := <-v.studied:
			v.found(f)
		case <-time.After(patience):
		}
	}
	if todo.Has(view.Map) || todo.Has(view.Runs) && v.s.MapStale(v.s.Map) {
		v.computeMap()
	}
	if todo.Has(view.Fullscreen) {
		v.win.SetFullscreen(v.s.Fullscreen)
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
	v.fill()
	if v.r == nil || todo.Has(redone) {
		if err := v.update(v.rough && v.full > fluent, false); err != nil {
			return err
		}
	}
	fb, _, err := v.r.Frame(v.s.Frame)
	if err != nil {
		return err
	}
	if v.rec != nil {
		if err := v.rec.take(fb); err != nil {
			return err
		}
	}
	if err := v.win.Present(fb); err != nil {
		return err
	}
	now := time.Now()
	if todo.Has(redone) && !v.rough {
		v.full = now.Sub(start)
	}
	v.frames = append(v.frames, now.Sub(v.asked))
	if len(v.frames) > 100_000 {
		v.frames = v.frames[len(v.frames)/2:]
	}
	v.asked = time.Time{}
	return nil
}

// panels returns the size of the part of the window that the panels have.
func (v *viewer) panels() (w, h int) { return v.w, v.h - v.controls.Height(v.w, v.h) }

// update shows the scene as it is now; a fine picture is a still.
func (v *viewer) update(draft, fine bool) (err error) {
	p := draw.Picture{Scene: v.s.Scene, View: v.shown.view, Field: v.field, Version: v.version, Trajectories: v.runs, Map: v.s.Map, Swarm: v.swarm, Draft: draft, Fine: fine, Controls: &v.controls}
	if v.r == nil {
		if v.r, err = draw.New(v.win.Device, p, v.w, v.h); err != nil {
			return err
		}
	}
	return v.r.Update(p, v.w, v.h)
}

// leftToCPU are the parts of what a window shows that it has said the CPU computes.
type leftToCPU map[string]bool

// leaveToCPU says whether the CPU is to compute a part of what is shown, as the device
// cannot; that is said in the window and on stderr the first time.
func (v *viewer) leaveToCPU(part string, cannot error) bool {
	if v.a.backend != backendAuto || !errors.Is(cannot, compute.ErrUnsupported) {
		return false
	}
	if !v.left[part] {
		v.left[part] = true
		v.say("%s: %s: computing in float64 on the CPU", part, reason(cannot))
	}
	return true
}

// descend computes all runs.
func (v *viewer) descend() (err error) {
	s := v.s.Scene
	if v.inSingle = v.e != nil; v.inSingle {
		v.runs, err = v.e.Descend(v.ctx, s.Problem, s.Runs, nil)
		if v.inSingle = !v.leaveToCPU("runs", err); v.inSingle {
			return err
		}
	}
	v.runs, err = s.Problem.DescendAll(v.ctx, s.Runs, nil)
	return err
}

// release puts the scene's swarm on the device, at its start.
func (v *viewer) release() (err error) {
	v.swarm = nil
	if !v.s.Swarming() {
		return nil
	}
	if v.own == nil {
		if v.own, err = compute.New(v.win.Device); err != nil {
			return swarmError(err)
		}
	}
	w, err := swarmFor(v.ctx, v.own, v.s.Scene)
	if err != nil {
		v.s.Scene.Swarm = scenes.Swarm{}
		v.say("No swarm: %s", message(err))
		return nil
	}
	v.swarm = w
	return nil
}

func (v *viewer) freeSwarm(w draw.Swarm) {
	if w, ok := w.(swarm); ok {
		w.Close()
	}
}

// begin begins to find out how the runs end, and where the edge of stability is.
func (v *viewer) begin() {
	if v.study != nil {
		v.study()
	}
	ctx, cancel := context.WithCancel(v.ctx)
	v.study = cancel
	v.round++
	round, runs := v.round, v.runs
	p := *v.s.Scene.Problem
	set := v.s.Settings
	if v.inSingle && set.PeriodTol == 0 {
		set.PeriodTol = compute.PeriodTol
	}
	studied := v.studied
	v.jobs.Go(func() {
		f := finding{round: round, edges: map[float64]view.Edge{}}
		for _, t := range runs {
			if l2 := t.Run.L2; f.edges[l2] == (view.Edge{}) {
				f.edges[l2] = view.EdgeOf(&p, l2)
			}
		}
		var err error
		if f.endings, err = p.Endings(ctx, runs, set); err != nil {
			return
		}
		select {
		case studied <- f:
		case <-ctx.Done():
		}
	})
}

// found takes what a study has found, unless a later one is under way.
func (v *viewer) found(f finding) bool {
	if f.round != v.round {
		return false
	}
	v.s.Endings, v.s.Edges = f.endings, f.edges
	mark(v.runs, f.endings)
	return true
}

// fill fills the controls in.
func (v *viewer) fill() {
	s, c := v.s, &v.controls
	*c = draw.Controls{
		Scale: v.scale, Playing: s.Playing, At: s.At(), Clock: s.Clock(), Focus: s.Focus, Message: s.Message, Grip: s.Selected,
	}
	labels := map[string]string{view.LR: "learning rate", view.L2: "l2", view.Momentum: "momentum"}
	for _, sl := range s.Sliders() {
		out := draw.Slider{Name: sl.Name, Label: labels[sl.Name], Value: view.Number(sl.Value), At: sl.At, Off: sl.Off}
		for _, m := range sl.Marks {
			out.Marks = append(out.Marks, draw.Mark(m))
		}
		if sl.Name == view.LR && s.Endings != nil {
			out.Hint = s.EdgeText()
		}
		if sl.Off {
			out.Value = "none"
		}
		c.Sliders = append(c.Sliders, out)
	}
	for _, name := range cpu.Optimizers() {
		c.Choices = append(c.Choices, draw.Choice{Name: view.Optimizer + ":" + name, Label: name, On: name == s.First().Optimizer})
	}
	for i := range s.Scene.Runs {
		c.Lines = append(c.Lines, draw.RunLine{
			Name: fmt.Sprintf("%s:%d", view.RunLine, i), Run: i, Text: view.RunText(&s.Scene.Runs[i]),
			Status: s.Status(i), Selected: s.Selected == i || s.Selected == view.All,
		})
	}
	if q := s.Reading; q != nil {
		c.Reading = &draw.Reading{X: v.cursor[0], Y: v.cursor[1], Alpha: q.Alpha, Beta: q.Beta, Loss: q.Loss, W: q.W, Lines: q.Lines()}
	}
	if lines := s.CellLines(); lines != nil {
		c.Reading = &draw.Reading{X: v.cursor[0], Y: v.cursor[1], Lines: lines}
	}
	if s.Help {
		c.Help = view.Help
	}
	switch {
	case v.rec != nil:
		c.Note, c.Red = v.rec.clock(), true
	case s.Rate && len(v.frames) > 0:
		c.Note = fmt.Sprintf("%.0f ms", 1e3*v.frames[len(v.frames)-1].Seconds())
	}
}

// say puts a message into the window and on stderr.
func (v *viewer) say(format string, args ...any) {
	v.s.Message = fmt.Sprintf(format, args...)
	v.a.logf("%s", v.s.Message)
	v.todo |= view.Show
}

// freeName returns a name in the current folder that no file has.
func (v *viewer) freeName(ext string) string {
	for n := 1; ; n++ {
		name := fmt.Sprintf("losscape-%d%s", n, ext)
		if _, err := os.Lstat(name); errors.Is(err, os.ErrNotExist) && !v.used[name] {
			v.used[name] = true
			return name
		}
	}
}

// savePNG saves the panels as they are, without what is only for the window.
func (v *viewer) savePNG() {
	name := v.freeName(".png")
	v.todo |= view.Look // the window again
	if err := v.writePNG(name); err != nil {
		v.say("No PNG: %s", message(err))
		return
	}
	w, h := v.panels()
	v.say("Saved %s, %dx%d", name, w, h)
}

func (v *viewer) writePNG(name string) error {
	v.fill()
	v.controls.Bare = true
	defer func() { v.controls.Bare = false }()
	if err := v.update(false, true); err != nil {
		return err
	}
	fb, _, err := v.r.Frame(v.s.Frame)
	if err != nil {
		return err
	}
	w, h := v.panels()
	d := v.win.Device
	var part *gpu.Framebuffer
	err = d.Do(func() (err error) {
		if part, err = d.NewFramebuffer("still", w, h, 1, false); err != nil {
			return err
		}
		fb.CopyTo(part, 0, v.h-h, w, h, 0, 0, false)
		return d.Check("still")
	})
	if err != nil {
		return err
	}
	defer d.Do(func() error { return part.Close() })
	return film.WritePNG(d, part, name)
}

// writeScene writes what is shown as a scene.
func (v *viewer) writeScene() {
	name := v.freeName(".toml")
	w, h := v.panels()
	text, err := scenes.Encode(v.s.Written(w, h))
	if err == nil {
		err = writeText(name, fmt.Sprintf("# What the window showed is frame %d:\n# losscape render %s -o still.png --frame %d\n\n%s", v.s.Frame, name, v.s.Frame, text))
	}
	if err != nil {
		v.say("No scene: %s", message(err))
		return
	}
	v.say("Saved %s", name)
}

// writeText writes a file, whole or not at all.
func writeText(name, text string) error {
	f, err := atomicfile.Create(name)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := io.WriteString(f, text); err != nil {
		return err
	}
	return f.Commit()
}
