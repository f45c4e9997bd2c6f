package film

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
)

// Options say what film to make. Zero values of Codec, Preset and CRF are
// defaults.
type Options struct {
	Path   string // its extension is one of Extensions, or IsSequence has to hold for it
	Format string // one of Extensions, whatever that of Path is; default that of Path

	// To takes the film in place of a file at Path, as it is made and from one goroutine at
	// a time: an .mp4 is one of fragments then, and a .webm has neither its duration nor an
	// index at its beginning. What it has taken before an error is a part of a film. A
	// sequence has no To.
	To io.Writer

	Width, Height int     // of the pictures; see OutputSize for the film's
	FPS           float64 // frames a second; a sequence needs none
	Frames        int     // of a sequence: Check looks at the names of all of them, or of the first only; of a film in segments: all
	Segment       int     // frames of a segment, such as SegmentFrames; 0 if the film is made in one piece
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

// maxGIFRate is the most frames a second that viewers show: they take a delay
// below two hundredths of a second for a mistake, and show ten.
const maxGIFRate = 50

// maxGIFDelay is for how many seconds a frame can be shown: 16 bits of hundredths.
const maxGIFDelay = 655.35

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
var ErrUsage = errors.New("not a film")

type usageError struct{ msg string }

func (e *usageError) Error() string   { return e.msg }
func (e *usageError) Is(t error) bool { return t == ErrUsage }

func usage(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// A RateError is an ErrUsage about Options.FPS.
type RateError struct {
	FPS  float64
	Want string // what would be right, and why
}

func (e *RateError) Error() string        { return fmt.Sprintf("%v frames a second, %s", e.FPS, e.Want) }
func (e *RateError) Is(target error) bool { return target == ErrUsage }

// extension returns what says which kind of film it is, such as ".mp4".
func (o Options) extension() string {
	if o.Format != "" {
		return strings.ToLower(o.Format)
	}
	return strings.ToLower(filepath.Ext(o.Path))
}

// sequence reports whether the film is a sequence of files.
func (o Options) sequence() bool { return o.To == nil && o.Format == "" && IsSequence(o.Path) }

// target names what the film is written to in messages.
func (o Options) target() string {
	if o.To != nil {
		return "the film"
	}
	return o.Path
}

// plan is what Options come to.
type plan struct {
	container
	encoders []encoder // to try in this order; none if we write the film ourselves
	sequence bool
	preset   int // index in Presets
}

// resolve checks the options and says how the film is made.
func (o Options) resolve() (p plan, err error) {
	ext := o.extension()
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
	} else if p.sequence = o.sequence(); p.sequence || ext == gifExtension {
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
	if o.Segment != 0 && o.To != nil {
		return p, usage("segments of a film that goes to no file")
	}
	if o.Segment < 0 || o.Segment > 0 && o.Frames < 1 {
		return p, usage("segments of %d frames of %d, want at least one", o.Segment, o.Frames)
	}
	if o.Segments() > 1 && len(p.encoders) > 0 {
		p.muxer, p.args = segmentMuxer, nil
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

// EvenSize returns the size of the video of a picture: YUV 4:2:0 needs even
// numbers, so an odd size grows by one, filled by repeating the edge.
func EvenSize(width, height int) (w, h int) {
	return (width + 1) &^ 1, (height + 1) &^ 1
}

// FrameBytes returns the number of bytes of a frame that Stream writes for a
// picture of the given size: 3/2 of EvenSize's pixels.
func FrameBytes(width, height int) int {
	w, h := EvenSize(width, height)
	return w * h * 3 / 2
}

func ceil(a, b int) int { return (a + b - 1) / b }

// OutputSize returns the film's size in pixels: that of the pictures, or
// EvenSize of it where the encoder needs even numbers.
func (o Options) OutputSize() (width, height int) {
	if o.sequence() || o.extension() == gifExtension {
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
