package film

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"losscape/atomicfile"
	"losscape/gpu"
)

// Options say what film to make. Zero values of Codec, Preset and CRF are
// defaults.
type Options struct {
	Path          string  // its extension is one of Extensions, or IsSequence has to hold for it
	Width, Height int     // of the pictures; see OutputSize for the film's
	FPS           float64 // frames a second; a sequence needs none
	Frames        int     // of a sequence: Check looks at the names of all of them, or of the first only
	Codec         string  // one of CodecNames, or an encoder that Check found; default h264, in .webm vp9
	Preset        string  // speed against file size, one of Presets; default DefaultPreset
	CRF           int     // quality, from 1 (best) to 51, of vp9 and av1 to 63; default h264 18, h265 20, av1 24, vp9 30
}

// DefaultPreset is the preset of Options that state none.
const DefaultPreset = "veryfast"

// Presets are x264's, fastest first; other encoders take them as the nearest
// of their own speeds, .gif has none.
var Presets = []string{"ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"}

// gifExtension is that of the films which need no ffmpeg.
const gifExtension = ".gif"

// Limits in pixels along a side.
const (
	maxGIFSide = 65535 // of the format
	maxPNGSide = 16384
)

// Extensions are the file name extensions of films.
func Extensions() []string {
	var list []string
	for _, c := range containers {
		list = append(list, c.extension)
	}
	return append(list, gifExtension)
}

// Encoded reports whether ffmpeg's encoders write the films of an extension, so that
// they have a codec, a preset and a quality.
func Encoded(extension string) bool {
	return slices.ContainsFunc(containers, func(c container) bool { return c.extension == extension })
}

// ErrUsage is what errors of impossible Options wrap.
var ErrUsage = errors.New("film: not a film")

type usageError struct{ msg string }

func (e *usageError) Error() string   { return "film: " + e.msg }
func (e *usageError) Is(t error) bool { return t == ErrUsage }

func usage(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// A RateError is an ErrUsage about Options.FPS.
type RateError struct {
	FPS  float64
	Want string // what would be right, and why
}

func (e *RateError) Error() string        { return fmt.Sprintf("film: %v frames a second, %s", e.FPS, e.Want) }
func (e *RateError) Is(target error) bool { return target == ErrUsage }

// plan is what Options come to.
type plan struct {
	container
	encoders []encoder // to try in this order; none if we write the film ourselves
	sequence bool
	preset   int // index in Presets
}

// resolve checks the options and says how the film is made.
func (o Options) resolve() (p plan, err error) {
	ext := strings.ToLower(filepath.Ext(o.Path))
	widest, highest := maxGIFSide, maxGIFSide
	if i := slices.IndexFunc(containers, func(c container) bool { return c.extension == ext }); i >= 0 {
		p.container = containers[i]
		if p.encoders, err = p.candidates(o.Codec); err != nil {
			return p, err
		}
		widest, highest = 0, 0
		for _, e := range p.encoders {
			widest, highest = max(widest, e.width), max(highest, e.height)
		}
	} else if p.sequence = IsSequence(o.Path); p.sequence || ext == gifExtension {
		if p.extension = ext; p.sequence {
			p.extension, ext = "sequence of .png", "sequence of .png"
			widest, highest = maxPNGSide, maxPNGSide
			if _, err := newSequence(o.Path, 1); err != nil {
				return p, err
			}
		}
		if o.Codec != "" {
			return p, usage("codec %s, and a %s has none", o.Codec, ext)
		}
	} else {
		return p, usage("%q does not say what film to write: end it in one of %s, or in %%04d.png for a file each frame", o.Path, strings.Join(Extensions(), " "))
	}
	if o.Width < 1 || o.Height < 1 || o.Width > widest || o.Height > highest {
		return p, usage("size %dx%d, want 1 to %d pixels across and 1 to %d down for %s", o.Width, o.Height, widest, highest, p.what())
	}
	p.encoders = slices.DeleteFunc(p.encoders, func(e encoder) bool { return o.Width > e.width || o.Height > e.height })
	if !p.sequence && !(o.FPS > 0) || math.IsInf(o.FPS, 0) {
		return p, &RateError{o.FPS, "want a finite number above 0"}
	}
	longest := 1e4 // seconds; ticks of an .mp4 end at 131072
	if p.extension == gifExtension {
		longest = maxGIFDelay
	}
	if !p.sequence && 1/o.FPS > longest {
		return p, &RateError{o.FPS, fmt.Sprintf("and a %s shows a frame for at most %v seconds; choose a higher rate", p.extension, longest)}
	}
	if p.extension == gifExtension && o.FPS > maxGIFRate {
		return p, &RateError{o.FPS, fmt.Sprintf("and a .gif shows at most %d; choose .mp4, or a lower rate", maxGIFRate)}
	}
	if o.Preset == "" {
		o.Preset = DefaultPreset
	}
	if p.preset = slices.Index(Presets, o.Preset); p.preset < 0 {
		return p, usage("unknown preset %q, want one of: %s", o.Preset, strings.Join(Presets, ", "))
	}
	if o.CRF != 0 && len(p.encoders) == 0 {
		return p, usage("crf %d, and a %s has none", o.CRF, ext)
	}
	for _, e := range p.encoders {
		if o.CRF < 0 || o.CRF > e.crf[1] {
			return p, usage("crf %d, want 1 (best) to %d for %s", o.CRF, e.crf[1], p.what())
		}
	}
	return p, nil
}

// what names the film in messages.
func (p plan) what() string {
	if len(p.encoders) == 0 {
		return p.extension
	}
	if e := p.encoders[0]; e.hardware {
		return fmt.Sprintf("%s in %s", e.name, p.extension)
	}
	return fmt.Sprintf("%s in %s", p.encoders[0].codec, p.extension)
}

// OutputSize returns the film's size in pixels: that of the pictures, or
// EvenSize of it where the encoder needs even numbers.
func (o Options) OutputSize() (width, height int) {
	if IsSequence(o.Path) || strings.EqualFold(filepath.Ext(o.Path), gifExtension) {
		return o.Width, o.Height
	}
	return EvenSize(o.Width, o.Height)
}

// Limits of H.264's level 5.2, Rec. ITU-T H.264 table A-1, beyond which many players
// and decoders in hardware do not go, and the side that they end at.
const (
	playableBlocks = 36864   // of 16 x 16 pixels
	playableRate   = 2073600 // blocks a second
	playableSide   = 4096
)

// Caveat is what whoever makes a film should know about where it plays: it is beyond
// H.264's level 5.2, or beyond 4096 pixels.
type Caveat struct {
	Width, Height int // of the film
	FPS           float64
	// FitWidth and FitHeight are the largest size that is not; 0 if none is, at this
	// rate.
	FitWidth, FitHeight int
}

// Caveat returns the caveat, nil if there is none.
func (o Options) Caveat() *Caveat {
	p, err := o.resolve()
	if err != nil || len(p.encoders) == 0 || p.encoders[0].codec != "h264" {
		return nil
	}
	beyond := func(w, h int) bool {
		blocks := ceil(w, 16) * ceil(h, 16)
		return w > playableSide || h > playableSide || blocks > playableBlocks || float64(blocks)*o.FPS > playableRate
	}
	w, h := EvenSize(o.Width, o.Height)
	if !beyond(w, h) {
		return nil
	}
	c := &Caveat{Width: w, Height: h, FPS: o.FPS}
	for smaller := w - 2; smaller >= 16; smaller -= 2 {
		if fit := smaller * o.Height / o.Width &^ 1; fit > 0 && !beyond(smaller, fit) {
			c.FitWidth, c.FitHeight = smaller, fit
			break
		}
	}
	return c
}

// Record draws frames 0 to frames−1 and writes them as a film to o.Path, whole
// or not at all: on an error, or when ctx is cancelled, nothing is left and a
// file that was there before stays. Of a sequence that holds for each file: those
// already written stay. See Stream for draw and progress. Call Check before the
// work that comes before, or Open instead.
func Record(ctx context.Context, d *gpu.Device, o Options, frames int, draw DrawFunc, progress func(done, total int)) (Stats, error) {
	if frames < 1 {
		return Stats{}, usage("%d frames, want at least one", frames)
	}
	p, err := o.resolve()
	if err != nil {
		return Stats{}, err
	}
	if p.sequence {
		return recordPNGs(ctx, d, o, frames, draw, progress)
	}
	if len(p.encoders) == 0 {
		return recordGIF(ctx, d, o, frames, draw, progress)
	}
	e, err := Start(ctx, o)
	if err != nil {
		return Stats{}, err
	}
	return e.record(ctx, d, o, frames, draw, progress)
}

func (e *Encoder) record(ctx context.Context, d *gpu.Device, o Options, frames int, draw DrawFunc, progress func(done, total int)) (Stats, error) {
	stats, err := Stream(ctx, d, o.Width, o.Height, frames, draw, e, progress)
	if err != nil {
		return stats, e.Abort(err)
	}
	return stats, e.Finish()
}

// Film is a film that has been opened and will be recorded. Its ffmpeg gets
// ready while the caller prepares what is to be drawn.
type Film struct {
	o      Options
	ready  chan struct{} // closed when enc is there, or failed is closed
	failed chan struct{} // closed when the film cannot be recorded

	mu        sync.Mutex
	enc       *Encoder // nil if it needs none
	recording bool
	err       error // why it cannot be recorded
}

// Open begins a film. What Check finds out at once it returns as an error. An
// encoder that is the only one of its codec, and software, is started; any other is
// tried first, which goes on after Open has returned. Failed and Ready tell if that
// came to nothing. Close must be called.
func Open(ctx context.Context, o Options) (*Film, error) {
	f := &Film{o: o, ready: make(chan struct{}), failed: make(chan struct{})}
	p, err := o.resolve()
	if err != nil {
		return nil, err
	}
	if len(p.encoders) == 0 {
		close(f.ready)
		_, err := Check(ctx, o)
		return f, err
	}
	if _, err := FindFFmpeg(); err != nil {
		return nil, err
	}
	if err := atomicfile.Check(o.Path); err != nil {
		return nil, err
	}
	if len(p.encoders) == 1 && !p.encoders[0].hardware {
		// An ffmpeg without it says so, and ends, at once.
		if f.enc, err = begin(ctx, o, p); err != nil {
			return nil, err
		}
		close(f.ready)
		go f.watch()
		return f, nil
	}
	go func() {
		defer close(f.ready)
		if f.o, err = Check(ctx, o); err == nil {
			f.enc, err = Start(ctx, f.o)
		}
		if err != nil {
			f.err = err
			close(f.failed)
			return
		}
		go f.watch()
	}()
	return f, nil
}

// watch waits for an ffmpeg that ends before it has been asked to.
func (f *Film) watch() {
	<-f.enc.exited
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.recording && !f.enc.ending.Load() {
		f.err = f.enc.Abort(errBrokenPipe)
		close(f.failed)
	}
}

// Failed is closed when it turns out, before Record is called, that the film cannot
// be recorded.
func (f *Film) Failed() <-chan struct{} { return f.failed }

// Ready waits until the film can be recorded, as far as is known by then, and
// returns why not.
func (f *Film) Ready() error {
	<-f.ready
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// Record records the film as the function Record does.
func (f *Film) Record(ctx context.Context, d *gpu.Device, frames int, draw DrawFunc, progress func(done, total int)) (Stats, error) {
	<-f.ready
	f.mu.Lock()
	f.recording = true
	err := f.err
	f.mu.Unlock()
	if err != nil {
		return Stats{}, err
	}
	if f.enc == nil || frames < 1 {
		return Record(ctx, d, f.o, frames, draw, progress)
	}
	return f.enc.record(ctx, d, f.o, frames, draw, progress)
}

// Close ends what Open began. After Record it does nothing.
func (f *Film) Close() error {
	<-f.ready
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.enc != nil {
		f.enc.Abort(errClosed)
	}
	return nil
}

var errClosed = errors.New("film: closed before it was recorded")
