package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"losscape/atomicfile"
	"losscape/cmd/losscape/export"
	"losscape/cpu"
	"losscape/gpu"
	"losscape/gpu/compute"
	"losscape/gpu/draw"
	"losscape/gpu/film"
	"losscape/scenes"
	"losscape/scenes/figure"

	"github.com/spf13/cobra"
)

// renderFlags are the flags of render.
type renderFlags struct {
	output string
	size   string
	fps    float64
	frames int
	frame  int
	panel  string
	codec  string
	preset string
	crf    int
}

const lastFrame = -1

func (a *app) renderCommand() *cobra.Command {
	var f renderFlags
	c := &cobra.Command{
		Use:   "render SCENE -o FILE",
		Short: "Film a scene, or draw one frame of it",
		Long: `render draws a scene and writes a film (` + strings.Join(film.Extensions(), ", ") + `), a still (.png),
a model (.glb) or a panel for a paper (.svg, .pdf). The film shows one iteration a
frame unless the scene's clock says otherwise. An .mp4 or .webm needs ffmpeg, which
is looked for and tried before anything is drawn; the others do not. A file appears
at its name only when it is complete.

A .png may have up to 16384 pixels a side: what the device cannot hold in one piece,
or memory should not, is drawn and written part by part.

A name with a number such as frames/%04d.png, or a folder's that ends in a slash,
takes every frame as a PNG of its own, from 0; the folder is made. A percent sign in
the name of a .png is written %%.

A .glb is a model of the surface with the runs up to --frame, for Blender and the
web: α is its x, the loss its height, on the scene's scale. An .svg or .pdf is a
panel for a paper, all of it paths: --panel contour, curve or loss. All of them
have the scene's theme, scales, colours and paths, and none needs OpenGL.

--codec h264, h265 and av1 go into an .mp4, vp9 and av1 into a .webm. The encoder
is libx264, libx265, libsvtav1 (or libaom-av1) or libvpx-vp9; a hardware encoder
is taken only by its own name, such as --codec h264_nvenc. Whichever it is has to
encode a frame before it is trusted with the film; doctor lists those that do. Many
players end at H.264's level 5.2 (36,864 blocks of 16x16 pixels) or at 4096 pixels a
side: a larger film wants --codec h265, or a smaller --size.

The landscape is computed where --backend says and always drawn with OpenGL, on
a GPU or on Mesa's software device. The runs are float64 on the CPU unless
--backend gpu asks for the device.`,
		Example: `  losscape render one-mode -o one-mode.mp4
  losscape render two-mode -o two-mode.png --frame 99 --size 1800x600
  losscape render optimizers -o poster.png --size 16384x8192
  losscape render two-mode -o frames/%04d.png
  losscape render two-mode -o two-mode.glb
  losscape render one-mode -o figure.pdf --panel contour --frame 20
  losscape render mine.toml -o mine.webm --fps 10 --crf 24`,
		Args:              oneScene,
		ValidArgsFunction: completeScene,
		RunE: func(c *cobra.Command, args []string) error {
			still, err := f.check(c)
			if err != nil {
				return err
			}
			s, err := loadScene(c.Context(), args[0])
			if err != nil {
				return err
			}
			if err := f.apply(c, s); err != nil {
				return err
			}
			if isExport(strings.ToLower(filepath.Ext(f.output))) {
				return a.exportFile(c.Context(), s, &f)
			}
			return a.render(c.Context(), s, &f, still)
		},
	}
	fl := c.Flags()
	fl.StringVarP(&f.output, "output", "o", "", "the `file` to write: "+strings.Join(film.Extensions(), ", ")+", .png, .glb, .svg or .pdf; %04d.png for all frames")
	fl.StringVar(&f.size, "size", "", "`pixels`, WxH (default the scene's)")
	fl.Float64Var(&f.fps, "fps", 0, "`frames` a second (default the scene's)")
	fl.IntVar(&f.frames, "frames", 0, "`number` of frames (default the scene's)")
	fl.IntVar(&f.frame, "frame", lastFrame, "frame `K` of a .png, .glb, .svg or .pdf, from 0 (default the last)")
	fl.StringVar(&f.panel, "panel", export.Panels[0], "what an .svg or .pdf shows, by `name`: "+strings.Join(export.Panels, ", "))
	fl.StringVar(&f.codec, "codec", "", "by `name`: "+strings.Join(film.CodecNames(), ", ")+" (default h264, in .webm vp9)")
	fl.StringVar(&f.preset, "preset", film.DefaultPreset, "speed against file size, by `name`: "+strings.Join(film.Presets, ", "))
	fl.IntVar(&f.crf, "crf", 0, "`quality`, from 1 (best) to 51, of vp9 and av1 to 63 (default 18, of h265 20, of av1 24, of vp9 30)")
	fl.Lookup("frame").DefValue = "0" // not shown: the text says it
	c.MarkFlagFilename("output", "mp4", "webm", "gif", "png", "glb", "svg", "pdf")
	c.RegisterFlagCompletionFunc("panel", cobra.FixedCompletions(export.Panels, cobra.ShellCompDirectiveNoFileComp))
	c.RegisterFlagCompletionFunc("codec", cobra.FixedCompletions(film.CodecNames(), cobra.ShellCompDirectiveNoFileComp))
	c.RegisterFlagCompletionFunc("preset", cobra.FixedCompletions(film.Presets, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// check finds contradictions in the flags, and whether a still is wanted.
func (f *renderFlags) check(c *cobra.Command) (still bool, err error) {
	given := c.Flags().Changed
	kinds := strings.Join(film.Extensions(), ", ") + ", .png, .glb, .svg or .pdf"
	if f.output == "" {
		return false, usagef("render needs -o FILE: where to write the film, a name that ends in %s", kinds)
	}
	ext := strings.ToLower(filepath.Ext(f.output))
	sequence := film.IsSequence(f.output)
	if isExport(ext) {
		if name := firstGiven(c, "size", "fps", "codec", "preset", "crf"); name != "" {
			return false, usagef("--%s is for films, and %s is none", name, f.output)
		}
		if given("panel") && ext == modelExtension {
			return false, usagef("--panel is for .svg and .pdf, and %s is a model", f.output)
		}
		if !slices.Contains(export.Panels, f.panel) {
			return false, usagef("--panel %q, want one of: %s", f.panel, strings.Join(export.Panels, ", "))
		}
		return true, nil
	}
	if given("panel") {
		return false, usagef("--panel is for .svg and .pdf, and %s is neither: the scene says which panels it has", f.output)
	}
	if still = ext == ".png" && !sequence; still || sequence {
		what := "a still"
		if sequence {
			what = "a sequence of stills"
		}
		if name := firstGiven(c, "fps", "codec", "preset", "crf"); name != "" {
			return false, usagef("--%s is for films, and %s is %s", name, f.output, what)
		}
		if sequence && given("frame") {
			return false, usagef("--frame picks the frame of a still, and %s takes them all: name a .png without a number", f.output)
		}
		if still {
			f.output, err = film.StillName(f.output)
		}
		return still, err
	}
	if ext == ".gif" {
		if name := firstGiven(c, "codec", "preset", "crf"); name != "" {
			return false, usagef("--%s is for .mp4 and .webm; a .gif has none", name)
		}
	}
	known := false
	for _, e := range film.Extensions() {
		known = known || e == ext
	}
	if !known {
		return false, usagef("-o %q, want a name that ends in %s", f.output, kinds)
	}
	if given("frame") {
		return false, usagef("--frame picks the frame of a still: name a .png with -o, not %s", f.output)
	}
	if given("crf") && f.crf < 1 {
		return false, usagef("--crf %d, want at least 1 (best)", f.crf)
	}
	return false, nil
}

// apply puts the flags that were given into the scene's film.
func (f *renderFlags) apply(c *cobra.Command, s *scenes.Scene) (err error) {
	given := c.Flags().Changed
	if given("size") {
		if s.Film.Width, s.Film.Height, err = parseSize("size", f.size, false); err != nil {
			return err
		}
	}
	if given("fps") {
		s.Film.FPS = f.fps
	}
	if given("frames") {
		s.Film.Frames = f.frames
	}
	if err := revalidate(c, s); err != nil {
		return err
	}
	if s.Film.Frames == 0 {
		return fmt.Errorf("%s: no run takes a step, so there is nothing to film; give a run more steps", s.Name)
	}
	if f.frame == lastFrame && !given("frame") {
		f.frame = s.Film.Frames - 1
	}
	if f.frame < 0 || f.frame >= s.Film.Frames {
		return usagef("--frame %d, want 0 to %d: the film has %d frames", f.frame, s.Film.Frames-1, s.Film.Frames)
	}
	return nil
}

func (a *app) render(ctx context.Context, s *scenes.Scene, f *renderFlags, still bool) error {
	w, h := s.Film.Width, s.Film.Height
	o := film.Options{Path: f.output, Width: w, Height: h, FPS: s.Film.FPS, Frames: s.Film.Frames, Codec: f.codec, Preset: f.preset, CRF: f.crf}
	// ffmpeg gets ready beside the work, which ends early if it does not.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var fm *film.Film
	var err error
	if still {
		err = atomicfile.Check(f.output)
	} else if fm, err = film.Open(ctx, o); err == nil {
		defer func() {
			cancel()
			fm.Close()
		}()
		go func() {
			select {
			case <-fm.Failed():
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	if err != nil {
		return err
	}
	d, err := a.openDevice()
	if err != nil {
		return fmt.Errorf("drawing needs OpenGL 4.3, which there is not: %w", err)
	}
	defer d.Close()
	var parts []image.Rectangle // of a still that is not drawn in one piece
	if still {
		parts = partsOf(d, w, h)
	} else if err := fits(d, w, h, film.IsSequence(f.output)); err != nil {
		return err
	}
	if a.backend == backendCPU {
		a.logf("computing in float64 on the CPU, drawing on %s", d.Info)
	} else {
		a.logf("computing and drawing on %s", d.Info)
	}
	start := time.Now()
	fine := (still || film.IsSequence(f.output)) && w*h <= wholePixels
	r, closeAll, err := a.prepare(ctx, d, s, fine, parts)
	if err == nil {
		defer closeAll()
	}
	if fm != nil && (err == nil || errors.Is(err, context.Canceled)) {
		if e := fm.Ready(); e != nil {
			return e
		}
	}
	if err != nil {
		return err
	}
	if still {
		if err := a.still(ctx, d, r, f, w, h, parts); err != nil {
			return err
		}
		a.logf("%s: frame %d of %d, %dx%d, in %s", f.output, f.frame, s.Film.Frames, w, h, seconds(time.Since(start)))
		return nil
	}
	if w2, h2 := o.OutputSize(); w2 != w || h2 != h {
		a.logf("the film is %dx%d: video needs even sizes, so the edge of %dx%d is repeated once", w2, h2, w, h)
	}
	if caveat := o.Caveat(); caveat != "" {
		a.logf("%s", caveat)
	}
	st := a.stage("frames", "frames")
	_, err = fm.Record(ctx, d, s.Film.Frames, r.Frame, st.update)
	st.end()
	if err != nil {
		return err
	}
	took := time.Since(start)
	a.logf("%s: %d frames of %dx%d in %s, %.3g frames/s", f.output, s.Film.Frames, w, h, seconds(took), float64(s.Film.Frames)/took.Seconds())
	return nil
}

// still writes a frame, part by part if there are parts.
func (a *app) still(ctx context.Context, d *gpu.Device, r *draw.Renderer, f *renderFlags, w, h int, parts []image.Rectangle) error {
	if len(parts) == 0 {
		fb, _, err := r.Frame(f.frame)
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return film.WritePNG(d, fb, f.output)
	}
	st := a.stage("still", "rows")
	defer st.end()
	return film.WriteParts(ctx, d, f.output, w, h, parts, func(part image.Rectangle) (*gpu.Framebuffer, error) {
		if err := r.Part(part); err != nil {
			return nil, err
		}
		fb, _, err := r.Frame(f.frame)
		return fb, err
	}, st.update)
}

// wholePixels is how many pixels a still has that is drawn in one piece: all of
// it is held on the device several times, and once beside it.
const wholePixels = 1 << 24

// partsOf returns the parts in which a still is drawn, none if it is in one piece.
func partsOf(d *gpu.Device, w, h int) []image.Rectangle {
	side := min(d.Caps.MaxTextureSize, d.Caps.MaxViewport[0], d.Caps.MaxViewport[1])
	if w <= side && h <= side && w*h <= wholePixels {
		return nil
	}
	return draw.Parts(w, h, side)
}

// fits returns an error if a device cannot draw frames of that size, or convert
// them for a film.
func fits(d *gpu.Device, w, h int, still bool) error {
	maxW, maxH := min(d.Caps.MaxTextureSize, d.Caps.MaxViewport[0]), min(d.Caps.MaxTextureSize, d.Caps.MaxViewport[1])
	if w > maxW || h > maxH {
		return fmt.Errorf("frames of %dx%d are beyond this device's limit of %dx%d pixels; choose a smaller --size", w, h, maxW, maxH)
	}
	if n := film.FrameBytes(w, h); !still && n > d.Caps.MaxStorageBytes {
		return fmt.Errorf("films of %dx%d need a buffer of %d MiB, this device allows %d MiB; choose a smaller --size, or make a still",
			w, h, n>>20, d.Caps.MaxStorageBytes>>20)
	}
	return nil
}

// prepare computes what a scene shows and makes its renderer, a fine one for stills,
// which draws the first of the parts if there are some. The function that it returns
// frees both.
func (a *app) prepare(ctx context.Context, d *gpu.Device, s *scenes.Scene, fine bool, parts []image.Rectangle) (r *draw.Renderer, closeAll func(), err error) {
	var closers []func()
	free := func() {
		for _, f := range slices.Backward(closers) {
			f()
		}
	}
	defer func() {
		if err != nil {
			free() // an error's return has set closeAll to nil
		}
	}()
	swarm := len(s.Swarm.Over) > 0
	var e *compute.Engine
	if a.backend != backendCPU || swarm {
		e, err = compute.New(d)
		if swarm {
			err = swarmError(err)
		}
		if e, err = a.choose("", e, err); err != nil {
			return nil, nil, err
		}
		closers = append(closers, func() { e.Close() })
	}
	pic := draw.Picture{Scene: s, Fine: fine}
	if swarm {
		w, err := swarmFor(ctx, e, s)
		if err != nil {
			return nil, nil, err
		}
		closers = append(closers, func() { w.Close() })
		pic.Swarm = w
		if a.backend == backendCPU {
			a.logf("the swarm is computed in float32 on %s, where it is drawn", d.Info)
			e = nil // for nothing else
		}
	}
	// All that the device cannot do is known before any of it is done, but for a
	// landscape that the runs widen.
	if err := a.canDescend(e, s); err != nil {
		return nil, nil, err
	}
	hasMap := slices.Contains(s.Film.Panels, "map")
	ofMap := e
	if e != nil && hasMap {
		if ofMap, err = a.choose("map: ", e, e.CanSweep(s.Problem, s.MapSweep(), cpu.Settings{})); err != nil {
			return nil, nil, err
		}
	}
	ofLandscape := e
	view := figure.ViewGrid(s, nil, s.Film.Width, s.Film.Height)
	if e != nil {
		if ofLandscape, err = a.choose("landscape: ", e, e.CanHold(s.Problem, s.Plane, view)); err != nil {
			return nil, nil, err
		}
	}
	runs, err := a.runsFor(ctx, e, s)
	if err != nil {
		return nil, nil, err
	}
	widened := figure.ViewGrid(s, runs, s.Film.Width, s.Film.Height)
	if ofLandscape != nil && widened != view {
		if ofLandscape, err = a.choose("landscape: ", e, e.CanHold(s.Problem, s.Plane, widened)); err != nil {
			return nil, nil, err
		}
	}
	view = widened
	field, err := a.fieldFor(ctx, d, ofLandscape, s, view)
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, func() { d.Do(func() error { return field.Close() }) })
	pic.View, pic.Field, pic.Trajectories = view, field, runs
	if hasMap {
		if pic.Map, err = a.mapFor(ctx, ofMap, s, cpu.Settings{}); err != nil {
			return nil, nil, err
		}
	}
	if len(parts) > 0 {
		r, err = draw.NewPart(d, pic, s.Film.Width, s.Film.Height, parts[0])
	} else {
		r, err = draw.New(d, pic, s.Film.Width, s.Film.Height)
	}
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, func() { r.Close() })
	return r, free, nil
}

// swarm is a scene's swarm, as a picture wants it.
type swarm struct {
	*compute.Swarm
	ctx context.Context
}

func (w swarm) At(k int) (gpu.Points, error) { return w.Swarm.At(w.ctx, k) }

// swarmFor puts a scene's swarm on the device. Only a colour for each status asks how
// runs end, and all go on to their last step otherwise.
func swarmFor(ctx context.Context, e *compute.Engine, s *scenes.Scene) (swarm, error) {
	set := cpu.Settings{GradTol: -1, MaxPeriod: 1}
	if s.Swarm.Color == "status" {
		set = cpu.Settings{}
	}
	w, err := e.Swarm(s.Problem, s.SwarmSweep(), set)
	return swarm{w, ctx}, swarmError(err)
}

// swarmError says that there is no other place for a swarm than the device.
func swarmError(err error) error {
	if !errors.Is(err, compute.ErrUnsupported) {
		return err
	}
	return fmt.Errorf("a swarm is computed in float32 on the device that draws it, and cannot be here: %s; change it, or leave [swarm] out", reason(err))
}

// mapFor runs the sweep of a scene's map, on the CPU if e is nil.
func (a *app) mapFor(ctx context.Context, e *compute.Engine, s *scenes.Scene, set cpu.Settings) (*cpu.Result, error) {
	st := a.stage("map", "runs")
	defer st.end()
	if e != nil {
		return e.Sweep(ctx, s.Problem, s.MapSweep(), set, st.update)
	}
	return s.Problem.Sweep(ctx, s.MapSweep(), set, st.update)
}

// canDescend checks that the device can run a scene's runs, if it is to.
func (a *app) canDescend(e *compute.Engine, s *scenes.Scene) error {
	if a.backend != backendGPU {
		return nil
	}
	return e.CanDescend(s.Problem, s.Runs)
}

func (a *app) runsFor(ctx context.Context, e *compute.Engine, s *scenes.Scene) (runs []*cpu.Trajectory, err error) {
	if a.backend == backendGPU {
		st := a.stage("runs", "steps")
		runs, err = e.Descend(ctx, s.Problem, s.Runs, st.update)
		st.end()
	} else {
		st := a.stage("runs", "runs")
		runs, err = s.Problem.DescendAll(ctx, s.Runs, st.update)
		st.end()
	}
	if err != nil {
		return nil, err
	}
	if len(runs) > 1 { // else no legend says it
		endings, err := s.Problem.Endings(ctx, runs, a.endingSettings())
		if err != nil {
			return nil, err
		}
		mark(runs, endings)
	}
	return runs, nil
}

// mark has the legends of several runs say how they end.
func mark(runs []*cpu.Trajectory, endings []cpu.Ending) {
	if len(runs) > 1 {
		for i, e := range endings {
			runs[i].Status = e.Status
		}
	}
}

func (a *app) fieldFor(ctx context.Context, d *gpu.Device, e *compute.Engine, s *scenes.Scene, view cpu.Grid) (*gpu.Field, error) {
	st := a.stage("landscape", "points")
	defer st.end()
	if e != nil {
		return e.Landscape(ctx, s.Problem, s.Plane, view, st.update)
	}
	l, err := s.Problem.Landscape(ctx, s.Plane, view, st.update)
	if err != nil {
		return nil, err
	}
	return newField(d, l)
}

// newField puts a landscape on a device.
func newField(d *gpu.Device, l *cpu.Landscape) (field *gpu.Field, err error) {
	values := make([]float32, len(l.Loss))
	for i, v := range l.Loss {
		values[i] = float32(v) // what is beyond it is infinite there, and masked
	}
	err = d.Do(func() (err error) {
		field, err = gpu.NewField(d, "landscape", l.Grid.X.N, l.Grid.Y.N, values)
		return err
	})
	return field, err
}
