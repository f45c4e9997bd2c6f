package film

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"losscape/gpu"
)

// Options say what film to make. Zero values of Preset and CRF are defaults.
type Options struct {
	Path          string  // its extension is one of Extensions
	Width, Height int     // of the pictures; see OutputSize for the film's
	FPS           float64 // frames a second
	Preset        string  // speed against file size, one of Presets; default DefaultPreset
	CRF           int     // quality, from 1 (best) to 51, in .webm to 63; default 18, in .webm 30
}

// DefaultPreset is the preset of Options that state none.
const DefaultPreset = "veryfast"

// Presets are x264's, fastest first; .webm takes them as the nearest speeds
// of libvpx, .gif has none.
var Presets = []string{"ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"}

// format is a kind of film.
type format struct {
	extension string
	encoder   string // as ffmpeg names it; empty if we write it ourselves
	muxer     string
	crf       [2]int // default and greatest; zero without quality
	limit     int    // pixels along a side
	// args are the encoder's own output options.
	args func(o Options) []string
}

var formats = []format{
	{extension: ".mp4", encoder: "libx264", muxer: "mp4", crf: [2]int{18, 51}, limit: 16384, args: func(o Options) []string {
		return append([]string{"-preset", o.Preset, "-crf", fmt.Sprint(o.CRF), "-movflags", "+faststart"}, colourTags...)
	}},
	{extension: ".webm", encoder: "libvpx-vp9", muxer: "webm", crf: [2]int{30, 63}, limit: 16384, args: func(o Options) []string {
		// libvpx's speeds: the -deadline and the -cpu-used of each preset.
		speeds := []string{"realtime 8", "realtime 6", "good 5", "good 4", "good 3", "good 2", "good 1", "good 0", "best 0"}
		deadline, speed, _ := strings.Cut(speeds[slices.Index(Presets, o.Preset)], " ")
		return append([]string{"-deadline", deadline, "-cpu-used", speed, "-row-mt", "1", "-b:v", "0", "-crf", fmt.Sprint(o.CRF)}, colourTags...)
	}},
	{extension: gifExtension, limit: 65535},
}

// gifExtension is that of the films which need no ffmpeg.
const gifExtension = ".gif"

// colourTags say what Stream's frames are. Without them a player guesses.
var colourTags = []string{"-pix_fmt", "yuv420p", "-color_range", "tv", "-colorspace", "bt709",
	"-color_primaries", "bt709", "-color_trc", "bt709", "-chroma_sample_location", "left"}

// Extensions are the file name extensions of films.
func Extensions() []string {
	var list []string
	for _, f := range formats {
		list = append(list, f.extension)
	}
	return list
}

// ErrUsage is what errors of impossible Options wrap.
var ErrUsage = errors.New("film: not a film")

type usageError struct{ msg string }

func (e *usageError) Error() string   { return "film: " + e.msg }
func (e *usageError) Is(t error) bool { return t == ErrUsage }

func usage(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// resolve checks the options and fills in the defaults.
func (o Options) resolve() (Options, format, error) {
	fail := func(format_ string, args ...any) (Options, format, error) {
		return o, format{}, usage(format_, args...)
	}
	ext := strings.ToLower(filepath.Ext(o.Path))
	i := slices.IndexFunc(formats, func(f format) bool { return f.extension == ext })
	if i < 0 {
		return fail("%q does not say what film to write: end it in one of %s", o.Path, strings.Join(Extensions(), " "))
	}
	f := formats[i]
	if o.Width < 1 || o.Height < 1 || o.Width > f.limit || o.Height > f.limit {
		return fail("size %dx%d, want 1 to %d pixels along each side for %s", o.Width, o.Height, f.limit, ext)
	}
	if !(o.FPS > 0) || math.IsInf(o.FPS, 0) {
		return fail("%v frames a second, want a finite number above 0", o.FPS)
	}
	if f.extension == gifExtension && o.FPS > maxGIFRate {
		return fail("%v frames a second, and a .gif shows at most %d; choose a lower --fps, or .mp4", o.FPS, maxGIFRate)
	}
	if o.Preset == "" {
		o.Preset = DefaultPreset
	}
	if !slices.Contains(Presets, o.Preset) {
		return fail("unknown preset %q, want one of: %s", o.Preset, strings.Join(Presets, ", "))
	}
	if o.CRF == 0 {
		o.CRF = f.crf[0]
	} else if f.crf[1] == 0 {
		return fail("crf %d, and a %s has none", o.CRF, ext)
	} else if o.CRF < 1 || o.CRF > f.crf[1] {
		return fail("crf %d, want 1 (best) to %d for %s", o.CRF, f.crf[1], ext)
	}
	return o, f, nil
}

// OutputSize returns the film's size in pixels: that of the pictures, or
// EvenSize of it where the encoder needs even numbers.
func (o Options) OutputSize() (width, height int) {
	if strings.ToLower(filepath.Ext(o.Path)) == gifExtension {
		return o.Width, o.Height
	}
	return EvenSize(o.Width, o.Height)
}

// Record draws frames 0 to frames−1 and writes them as a film to o.Path, whole
// or not at all: on an error, or when ctx is cancelled, nothing is left and a
// file that was there before stays. See Stream for draw and progress. Call
// Check before the work that comes before.
func Record(ctx context.Context, d *gpu.Device, o Options, frames int, draw DrawFunc, progress func(done, total int)) (Stats, error) {
	if frames < 1 {
		return Stats{}, usage("%d frames, want at least one", frames)
	}
	o, f, err := o.resolve()
	if err != nil {
		return Stats{}, err
	}
	if f.encoder == "" {
		return recordGIF(ctx, d, o, frames, draw, progress)
	}
	e, err := Start(ctx, o)
	if err != nil {
		return Stats{}, err
	}
	stats, err := Stream(ctx, d, o.Width, o.Height, frames, draw, e, progress)
	if err != nil {
		return stats, e.Abort(err)
	}
	return stats, e.Finish()
}
