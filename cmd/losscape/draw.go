//go:build cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"time"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/meta"
	"losscape/cmd/losscape/store"
	"losscape/gpu"
	"losscape/gpu/draw"
	"losscape/gpu/egl"
	"losscape/gpu/film"
	"losscape/scenes"
	"losscape/scenes/figure"
)

// renderStill draws one frame of a scene.
func (a *app) renderStill(ctx context.Context, s *scenes.Scene, f *renderFlags) error {
	if err := a.checkOutput(f.output); err != nil {
		return err
	}
	d, err := a.openToDraw()
	if err != nil {
		if a.device == backend.AnyDevice && a.backend != backend.GPU {
			return a.printStill(ctx, s, f, err)
		}
		return err
	}
	defer d.Close()
	start := time.Now()
	w, h := s.Film.Width, s.Film.Height
	parts := partsOf(d, w, h)
	p, err := a.prepare(ctx, d, s, f.medium(), w*h <= wholePixels, parts, frameSpan{f.frame, f.frame})
	if err != nil {
		return err
	}
	defer p.Close()
	if err := a.still(ctx, p, f, w, h, parts); err != nil {
		return err
	}
	a.logf("%s: frame %d of %d, %dx%d, in %s", outputName(f.output), f.frame, s.Film.Frames, w, h, seconds(time.Since(start)))
	return nil
}

// renderFilm draws a film. When the device is lost, a film in segments goes on with a new one from the last
// finished segment, mostLosses times, if it is the same.
func (a *app) renderFilm(ctx context.Context, s *scenes.Scene, f *renderFlags) error {
	for losses := 0; ; losses++ {
		lost := a.drawFilm(ctx, s, f)
		if losses > 0 && (errors.Is(lost, store.ErrDiffers) || errors.As(lost, new(*egl.DeviceError))) {
			return fmt.Errorf("%w; and not the same one opens again: %w", gpu.ErrLost, lost)
		}
		if !deviceLost(lost) || losses == mostLosses || !f.inSegments || ctx.Err() != nil {
			return lost
		}
		a.sayLost(losses + 1)
		f.parts.resume = true
	}
}

// drawFilm draws a film. ffmpeg gets ready beside the work, which ends early if it
// does not.
func (a *app) drawFilm(ctx context.Context, s *scenes.Scene, f *renderFlags) error {
	w, h := s.Film.Width, s.Film.Height
	o := film.Options{Path: f.output, Width: w, Height: h, FPS: s.Film.FPS, Frames: s.Film.Frames, Codec: f.codec, Preset: f.preset, CRF: f.crf}
	sequence := f.to.sequence
	if !sequence {
		o.Format = f.to.ending
	}
	var pipe output // nil if it is a file
	if f.output == standardOutput {
		var err error
		if pipe, err = a.create(f.output); err != nil {
			return err
		}
		defer pipe.Discard()
		o.To = pipe
	}
	o.Segment = filmSegment(o, f)
	f.inSegments = o.Segment > 0
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out, err := film.Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		cancel()
		out.Close()
	}()
	go func() {
		select {
		case <-out.Failed():
			cancel()
		case <-ctx.Done():
		}
	}()
	d, err := a.openToDraw()
	if err != nil {
		return err
	}
	defer d.Close()
	if err := fits(d, w, h, sequence); err != nil {
		return err
	}
	if o.Segment > 0 {
		return a.filmInPieces(ctx, d, s, f, o, out)
	}
	start := time.Now()
	p, err := a.prepareFilm(ctx, d, s, f, o, out, frameSpan{0, s.Film.Frames - 1})
	if err != nil {
		return err
	}
	defer p.Close()
	st := a.stage("frames", "frames")
	_, err = out.Record(ctx, d, s.Film.Frames, p.Frame, st.update)
	st.end(err)
	if err == nil && pipe != nil {
		err = pipe.Commit()
	}
	if err != nil {
		return err
	}
	a.reportFilm(f.output, s, time.Since(start), s.Film.Frames)
	return nil
}

// reportFilm says what a film is, of which so many frames were drawn.
func (a *app) reportFilm(output string, s *scenes.Scene, took time.Duration, drawn int) {
	rate := ""
	if drawn > 0 {
		rate = fmt.Sprintf(", %.3g frames/s", float64(drawn)/took.Seconds())
	}
	a.logf("%s: %d frames of %dx%d in %s%s", outputName(output), s.Film.Frames, s.Film.Width, s.Film.Height, seconds(took), rate)
}

// prepareFilm computes what some frames of a film show, and makes sure that the film can be
// written.
func (a *app) prepareFilm(ctx context.Context, d *gpu.Device, s *scenes.Scene, f *renderFlags, o film.Options, out *film.Film, frames frameSpan) (*picture, error) {
	w, h := s.Film.Width, s.Film.Height
	p, err := a.prepare(ctx, d, s, figure.Screen, f.to.sequence && w*h <= wholePixels, nil, frames)
	if err == nil || errors.Is(err, context.Canceled) {
		if e := out.Ready(); e != nil {
			if err == nil {
				p.Close()
			}
			return nil, e
		}
	}
	if err != nil {
		return nil, err
	}
	if w2, h2 := o.OutputSize(); w2 != w || h2 != h {
		a.warnf("the film is %dx%d: video needs even sizes, so the edge of %dx%d is repeated once", w2, h2, w, h)
	}
	if caveat := caveatText(o.Caveat()); caveat != "" {
		a.warnf("%s", caveat)
	}
	return p, nil
}

// filmInPieces records a film segment by segment, or a part of it beside the file.
func (a *app) filmInPieces(ctx context.Context, d *gpu.Device, s *scenes.Scene, f *renderFlags, o film.Options, out *film.Film) (err error) {
	if err := out.Ready(); err != nil {
		return err
	}
	job, err := a.newFilmJob(ctx, s, f, o, out.Encoder())
	if err != nil {
		return err
	}
	source := meta.Of(s.Problem)
	a.fillSource(&source, s, backend.Info{Kind: backend.GPU, Precision: string(a.backendOptions().Precision), Device: d.Info.Renderer, Driver: d.Info.Version})
	if f.to.sequence {
		defer a.folderOf(f.output)()
	}
	target := filmTarget(f.output)
	p, err := a.openPieces(ctx, "render", target, &f.parts, &source, job, besides{}, o.Segments(), func(k int) float64 { first, end := o.SegmentSpan(k); return float64(end - first) })
	if err != nil {
		return err
	}
	defer p.Close()
	defer func() {
		if err != nil {
			p.interrupted(err)
		}
	}()
	o.Codec = job.Encoder
	missing, err := a.missingSegments(ctx, o, p)
	if err != nil {
		return err
	}
	drawn := 0
	if len(missing) > 0 {
		if drawn, err = a.recordSegments(ctx, d, s, f, o, out, p, missing); err != nil {
			return err
		}
	}
	if f.parts.sharded() {
		p.reportShard()
		return nil
	}
	if err := a.joinFilm(ctx, p.Store, o); err != nil {
		return err
	}
	p.drop()
	a.reportFilm(f.output, s, time.Since(p.began), drawn)
	return nil
}

// missingSegments returns the segments of p's part that are to be drawn: those that are not there, and
// those of which a file of a sequence is gone or is another.
func (a *app) missingSegments(ctx context.Context, o film.Options, p *pieces) ([]int, error) {
	var list []int
	for k := range o.Segments() {
		if !p.shard.Has(k) {
			continue
		}
		if !p.Has(k) {
			list = append(list, k)
			continue
		}
		switch err := film.CheckSegment(ctx, o, k, openSegments(p.Store)); {
		case errors.Is(err, film.ErrSegment):
			a.warnf("%s: drawn again", message(err))
			list = append(list, k)
		case err != nil:
			return nil, err
		}
	}
	return list, nil
}

// recordSegments draws the segments that are missing, and returns of how many frames they are.
func (a *app) recordSegments(ctx context.Context, d *gpu.Device, s *scenes.Scene, f *renderFlags, o film.Options, out *film.Film, p *pieces, missing []int) (frames int, err error) {
	first, _ := o.SegmentSpan(missing[0])
	_, end := o.SegmentSpan(missing[len(missing)-1])
	span := frameSpan{first, end - 1}
	if !f.to.sequence && !film.Encoded(o.Format) {
		span = frameSpan{0, o.Frames - 1} // a GIF takes its colours from all of the film
	}
	pic, err := a.prepareFilm(ctx, d, s, f, o, out, span)
	if err != nil {
		return 0, err
	}
	defer pic.Close()
	for _, k := range missing {
		first, end := o.SegmentSpan(k)
		frames += end - first
	}
	begin := func(segment int) (film.SegmentWriter, error) {
		w, err := p.Begin(segment)
		if err != nil {
			return nil, err
		}
		return w, nil
	}
	st := a.stage("frames", "frames")
	_, err = out.RecordSegments(ctx, d, missing, begin, frameSeam(pic.Frame), st.update)
	st.end(err)
	return frames, err
}

// frameSeam stands between a film in segments and what draws its frames; tests have devices fail there.
var frameSeam = func(draw film.DrawFunc) film.DrawFunc { return draw }

// folderOf makes the folder of a sequence, beside whose files its pieces are kept, and returns what
// removes it again if nothing is in it.
func (a *app) folderOf(output string) (remove func()) {
	dir := filepath.Dir(output)
	if os.Mkdir(dir, 0o777) != nil { // it is there, or what is wrong with it is said later on
		return func() {}
	}
	return func() { os.Remove(dir) }
}

// openToDraw opens the device that --device names, or the best one, whatever computes.
func (a *app) openToDraw() (*gpu.Device, error) {
	d, err := egl.Open(egl.Options{Device: a.device})
	if err != nil {
		return nil, fmt.Errorf("drawing needs OpenGL 4.3, which there is not: %w", err)
	}
	return d, nil
}

// still writes a frame, part by part if there are parts.
func (a *app) still(ctx context.Context, p *picture, f *renderFlags, w, h int, parts []image.Rectangle) error {
	to, err := a.create(f.output)
	if err != nil {
		return err
	}
	defer to.Discard()
	if err := a.encodeStill(ctx, p, f, to, w, h, parts); err != nil {
		return fmt.Errorf("%s: %w", outputName(f.output), err)
	}
	return to.Commit()
}

// encodeStill is still to a writer.
func (a *app) encodeStill(ctx context.Context, p *picture, f *renderFlags, to io.Writer, w, h int, parts []image.Rectangle) error {
	if len(parts) == 0 {
		fb, _, err := p.Frame(f.frame)
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return film.EncodePNG(p.d, fb, to, f.density())
	}
	st := a.stage("still", "rows")
	err := film.EncodeParts(ctx, p.d, to, w, h, f.density(), parts, func(part image.Rectangle) (*gpu.Framebuffer, error) {
		if err := p.Part(part); err != nil {
			return nil, err
		}
		fb, _, err := p.Frame(f.frame)
		return fb, err
	}, st.update)
	st.end(err)
	return err
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

// picture is a scene that is drawn, with what it holds on the device.
type picture struct {
	*draw.Renderer
	d       *gpu.Device
	b       *backend.Backend
	content draw.Picture
	frames  frameSpan
}

// Close frees the picture. The device has to be open.
func (p *picture) Close() {
	if p.Renderer != nil {
		p.Renderer.Close()
	}
	if f := p.content.Field; f != nil {
		p.d.Do(func() error { return f.Close() })
	}
	if e, ok := p.content.Ensemble.(*backend.Ensemble); ok {
		e.Close()
	}
	if p.b != nil {
		p.b.Close()
	}
}

// prepare plans what a scene shows, computes it and makes its renderer, a fine one for
// stills on a medium, which draws the first of the parts if there are some. Of a film that
// zooms it computes what some frames need.
func (a *app) prepare(ctx context.Context, d *gpu.Device, s *scenes.Scene, m figure.Medium, fine bool, parts []image.Rectangle, frames frameSpan) (_ *picture, err error) {
	p := &picture{d: d, frames: frames, content: draw.Picture{Scene: s, Medium: m, Fine: fine}}
	defer func() {
		if err != nil {
			p.Close()
		}
	}()
	if err := a.fill(ctx, p); err != nil {
		return nil, err
	}
	if len(parts) > 0 {
		p.Renderer, err = draw.NewPart(d, p.content, s.Film.Width, s.Film.Height, parts[0])
	} else {
		p.Renderer, err = draw.New(d, p.content, s.Film.Width, s.Film.Height)
	}
	return p, err
}

// fill plans what a picture shows, and computes it.
func (a *app) fill(ctx context.Context, p *picture) (err error) {
	if a.backend == backend.CPU {
		a.logf("computing in float64 on the CPU, drawing on %s", p.d.Info)
	} else {
		a.logf("computing and drawing on %s", p.d.Info)
	}
	if p.b, err = backend.On(p.d, a.backendOptions()); err != nil {
		return err
	}
	if err := a.plan(ctx, p); err != nil {
		return err
	}
	return a.compute(ctx, p)
}

// plan finds out what computes each part of a picture. All that the device cannot do is
// known before any of it is done, but for a landscape that the runs widen.
func (a *app) plan(ctx context.Context, p *picture) error {
	s := p.content.Scene
	if len(s.Ensemble.Over) > 0 {
		e, err := p.b.Ensemble(ctx, s)
		if err != nil {
			return err
		}
		p.content.Ensemble = e
		if a.backend == backend.CPU {
			a.logf("the ensemble is computed in float32 on %s, where it is drawn", p.d.Info)
		}
	}
	if err := a.canDescend(p.b, s); err != nil {
		return err
	}
	if err := canSweeps(p.b, s); err != nil {
		return err
	}
	if zooms(s) {
		z, err := planZoom(s, p.frames)
		if err != nil {
			return err
		}
		p.content.Zoom = z
	}
	p.content.View = figure.ViewGrid(s, nil, s.Film.Width, s.Film.Height)
	_, err := p.b.Try("landscape", func(c backend.Computer) error { return p.b.CanField(c, s.Problem, s.Plane, p.content.View) })
	return err
}

// compute computes the runs of a picture, and the landscape and the map.
func (a *app) compute(ctx context.Context, p *picture) (err error) {
	s := p.content.Scene
	if p.content.Trajectories, p.content.Endings, err = a.descendToDraw(ctx, p.b, s); err != nil {
		return err
	}
	if p.content.Stabilities, err = a.stabilities(ctx, s, p.content.Trajectories); err != nil {
		return err
	}
	p.content.View = figure.ViewGrid(s, p.content.Trajectories, s.Film.Width, s.Film.Height)
	st := a.stage("landscape", "points")
	_, err = p.b.Try("landscape", func(c backend.Computer) (err error) {
		p.content.Field, err = p.b.Field(ctx, c, s.Problem, s.Plane, p.content.View, st.update)
		return err
	})
	st.end(err)
	if err == nil && zooms(s) {
		err = a.computeZoom(ctx, s, p.content.Zoom, p.frames, func(o backend.Options) (*backend.Backend, error) { return backend.On(p.d, o) })
	} else if err == nil && hasMap(s) {
		p.content.Map, p.content.Stable, err = a.sweepMap(ctx, p.b, s)
	}
	if err == nil && hasOrbit(s) {
		p.content.Orbit, p.content.OrbitStable, err = a.sweepOrbit(ctx, p.b, s)
	}
	if err == nil && countsRuns(s) {
		p.content.Counted, err = a.counted(ctx, p.b, s, p.content.Map)
	}
	return err
}

// caveatText says which flags make a film that more players show.
func caveatText(c *film.Caveat) string {
	if c == nil {
		return ""
	}
	remedy := "a lower --fps"
	if c.FitWidth > 0 {
		remedy = fmt.Sprintf("--size %dx%d", c.FitWidth, c.FitHeight)
	}
	return fmt.Sprintf("an H.264 film of %dx%d with %v frames/s is beyond level 5.2 or 4096 pixels, where many players end: %s or --codec h265 suits more of them",
		c.Width, c.Height, c.FPS, remedy)
}
