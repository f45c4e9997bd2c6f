package film

import (
	"fmt"
	"slices"
	"strings"
)

// container is a kind of film that ffmpeg writes.
type container struct {
	extension string
	muxer     string
	codecs    []string // that players of it know; the first is the default
	args      []string // for a file
	piped     []string // for a pipe, in which nothing can be written later that comes before
}

// fragments has an .mp4 begin to play before its end is there: a fragment has a second at
// most, in microseconds, and begins at each key frame.
var fragments = []string{"-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-frag_duration", "1000000"}

var containers = []container{
	{".mp4", "mp4", []string{"h264", "h265", "av1"}, []string{"-movflags", "+faststart"}, fragments},
	{".webm", "webm", []string{"vp9", "av1"}, nil, nil},
}

// encoder is one of ffmpeg's encoders.
type encoder struct {
	name     string // as ffmpeg names it
	codec    string
	hardware bool   // taken only by name
	crf      [2]int // default and greatest
	group    int    // a segment has a multiple of so many frames, 0 for groupFrames
	width    int    // greatest of a frame
	height   int
	global   []string // ffmpeg's options before the input
	// args are its own output options for a quality and the index of a preset.
	args func(crf, preset int) []string
}

// How many threads encoders take. Left to themselves they count processors, and the bytes then depend on
// the machine. Seen with ffmpeg 5.1.9, at 640x480, 1500x500 and 1920x1080:
//
//   - libx264 (build 164) writes the number of threads into the film, and with some numbers other frames: as each
//     has a frame, it limits how far motion may reach into those that are not finished. 8 threads keep up to 8
//     processors busy; its own choice is 1.5 for each processor, and each takes the memory of some frames.
//   - libx265 (3.5) with several frames at once writes other bytes from one run to the next; its own choice is one
//     frame up to three processors. Of one frame its threads encode rows, whose number does not matter:
//     r rows of c blocks of 64x64 keep rc/(c+2r−2) processors busy at most, 8 at 1920x1080 (x265's guide,
//     Threading: 30 to 50 % of it is what comes of that).
//   - libvpx (1.12) and libaom (3.6) write the same for any number of threads from two on. With two processors 8
//     take 1.02 to 1.06 of the time of as many as there are.
//   - libsvtav1 (1.4) writes the same for any number.
const (
	threads    = 8 // of all but libx265 and libsvtav1
	x265Frames = 1
)

// encoders are in the order in which those of a codec are tried.
var encoders = []encoder{
	{name: "libx264", codec: "h264", crf: [2]int{18, 51}, width: 16384, height: 16384, args: func(crf, preset int) []string {
		return append([]string{"-preset", Presets[preset], "-crf", fmt.Sprint(crf), "-threads", fmt.Sprint(threads)}, planar...)
	}},
	{name: "libx265", codec: "h265", crf: [2]int{20, 51}, width: 16384, height: 16384, args: func(crf, preset int) []string {
		// Apple's players take H.265 in .mp4 only by the name hvc1. Without info=0 the film has the processor's
		// features and number in it.
		return append([]string{"-preset", Presets[preset], "-crf", fmt.Sprint(crf), "-tag:v", "hvc1",
			"-x265-params", fmt.Sprintf("log-level=error:chromaloc=0:info=0:frame-threads=%d", x265Frames)}, planar...)
	}},
	{name: "libsvtav1", codec: "av1", crf: [2]int{24, 63}, group: 2 * groupFrames, width: 16384, height: 8704, args: func(crf, preset int) []string {
		speed := []int{12, 11, 10, 9, 8, 7, 6, 4, 2}[preset]
		// Left to itself it begins anew every five seconds, which makes up half of a film in which much
		// stands still.
		return append([]string{"-preset", fmt.Sprint(speed), "-crf", fmt.Sprint(crf), "-g", fmt.Sprint(groupFrames)}, planar...)
	}},
	// It has no key frame but the first one unless there has to be. ffmpeg's greatest speed of it is 8.
	{name: "libaom-av1", codec: "av1", crf: [2]int{24, 63}, group: segmentMost, width: 16384, height: 16384, args: func(crf, preset int) []string {
		usage, speed, _ := strings.Cut([]string{"realtime 8", "realtime 8", "realtime 7", "good 6", "good 5", "good 4", "good 3", "good 2", "good 1"}[preset], " ")
		return append([]string{"-usage", usage, "-cpu-used", speed, "-row-mt", "1", "-threads", fmt.Sprint(threads), "-b:v", "0", "-crf", fmt.Sprint(crf)}, planar...)
	}},
	{name: "libvpx-vp9", codec: "vp9", crf: [2]int{30, 63}, group: 2 * 128, width: 16384, height: 16384, args: func(crf, preset int) []string {
		deadline, speed, _ := strings.Cut([]string{"realtime 8", "realtime 6", "good 5", "good 4", "good 3", "good 2", "good 1", "good 0", "best 0"}[preset], " ")
		return append([]string{"-deadline", deadline, "-cpu-used", speed, "-row-mt", "1", "-threads", fmt.Sprint(threads), "-b:v", "0", "-crf", fmt.Sprint(crf)}, planar...)
	}},
	{name: "h264_nvenc", codec: "h264", hardware: true, crf: [2]int{18, 51}, width: 4096, height: 4096, args: nvenc},
	{name: "hevc_nvenc", codec: "h265", hardware: true, crf: [2]int{20, 51}, width: 8192, height: 8192, args: func(crf, preset int) []string {
		return append(nvenc(crf, preset), "-tag:v", "hvc1")
	}},
	{name: "h264_vaapi", codec: "h264", hardware: true, crf: [2]int{18, 51}, width: 8192, height: 8192, global: vaapiDevice, args: vaapi},
	{name: "hevc_vaapi", codec: "h265", hardware: true, crf: [2]int{20, 51}, width: 8192, height: 8192, global: vaapiDevice, args: func(crf, preset int) []string {
		return append(vaapi(crf, preset), "-tag:v", "hvc1")
	}},
}

// planar says that the encoder takes frames as they are.
var planar = []string{"-pix_fmt", "yuv420p"}

func nvenc(crf, preset int) []string {
	speed := []int{1, 1, 2, 3, 4, 4, 5, 6, 7}[preset]
	return append([]string{"-preset", fmt.Sprintf("p%d", speed), "-rc", "vbr", "-cq", fmt.Sprint(crf), "-b:v", "0"}, planar...)
}

var vaapiDevice = []string{"-init_hw_device", "vaapi=va", "-filter_hw_device", "va"}

// vaapi's frames go to the device's memory; it has no presets.
func vaapi(crf, _ int) []string {
	return []string{"-vf", "format=nv12,hwupload", "-rc_mode", "CQP", "-qp", fmt.Sprint(crf)}
}

// colourTags say what Stream's frames are. Without them a player guesses.
var colourTags = []string{"-color_range", "tv", "-colorspace", "bt709",
	"-color_primaries", "bt709", "-color_trc", "bt709", "-chroma_sample_location", "left"}

// CodecNames are the names that Options.Codec can have: of the codecs, and of
// the hardware encoders.
func CodecNames() []string {
	var list, hardware []string
	for _, e := range encoders {
		if e.hardware {
			hardware = append(hardware, e.name)
		} else if !slices.Contains(list, e.codec) {
			list = append(list, e.codec)
		}
	}
	return append(list, hardware...)
}

// candidates returns the encoders for a name in a container, the first to try
// first.
func (c container) candidates(name string) ([]encoder, error) {
	if name == "" {
		name = c.codecs[0]
	}
	var list []encoder
	known := false
	for _, e := range encoders {
		if e.name != name && (e.hardware || e.codec != name) {
			continue
		}
		known = true
		if slices.Contains(c.codecs, e.codec) {
			list = append(list, e)
		}
	}
	if !known {
		return nil, usage("unknown codec %q, want one of: %s", name, strings.Join(CodecNames(), ", "))
	}
	if len(list) == 0 {
		return nil, usage("codec %s does not go into a %s: choose from %s", name, c.extension, strings.Join(c.names(), ", "))
	}
	return list, nil
}

// names are CodecNames for the container.
func (c container) names() []string {
	list := slices.Clone(c.codecs)
	for _, e := range encoders {
		if e.hardware && slices.Contains(c.codecs, e.codec) {
			list = append(list, e.name)
		}
	}
	return list
}
