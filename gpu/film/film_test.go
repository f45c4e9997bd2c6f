package film_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"losscape/gpu"
	"losscape/gpu/film"
	"losscape/gpu/film/atomicfile"
	"losscape/gpu/gputest"
)

// canvas is a framebuffer that tests paint by hand.
type canvas struct {
	d  *gpu.Device
	fb *gpu.Framebuffer
}

func newCanvas(t testing.TB, w, h int) *canvas {
	t.Helper()
	c := &canvas{d: gputest.Device(t)}
	err := c.d.Do(func() (err error) {
		c.fb, err = c.d.NewFramebuffer("canvas", w, h, 1, false)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.d.Do(func() error { return c.fb.Close() }) })
	return c
}

// paint fills a rectangle, y downwards, with what at returns.
func (c *canvas) paint(r image.Rectangle, at func(x, y int) color.RGBA) error {
	data := make([]byte, 0, 4*r.Dx()*r.Dy())
	for y := r.Max.Y - 1; y >= r.Min.Y; y-- {
		for x := r.Min.X; x < r.Max.X; x++ {
			p := at(x, y)
			data = append(data, p.R, p.G, p.B, p.A)
		}
	}
	_, h := c.fb.Size()
	return c.d.Do(func() error { return c.fb.Color.Write(r.Min.X, h-r.Max.Y, r.Dx(), r.Dy(), data) })
}

func (c *canvas) bounds() image.Rectangle {
	w, h := c.fb.Size()
	return image.Rect(0, 0, w, h)
}

func noise(rng *rand.Rand) func(x, y int) color.RGBA {
	return func(int, int) color.RGBA {
		v := rng.Uint32()
		return color.RGBA{byte(v), byte(v >> 8), byte(v >> 16), 255}
	}
}

func plain(c color.RGBA) func(x, y int) color.RGBA { return func(int, int) color.RGBA { return c } }

// yuv is the reference of the conversion, in float64 from the definitions of
// BT.709 and of left-sited chroma.
func yuv(w, h int, at func(x, y int) color.RGBA) []byte {
	w2, h2 := film.EvenSize(w, h)
	rgb := func(x, y int) [3]float64 {
		p := at(min(max(x, 0), w-1), min(y, h-1))
		return [3]float64{float64(p.R) / 255, float64(p.G) / 255, float64(p.B) / 255}
	}
	const kr, kb = 0.2126, 0.0722
	luma := func(p [3]float64) float64 { return kr*p[0] + (1-kr-kb)*p[1] + kb*p[2] }
	var out, cb, cr []byte
	for y := range h2 {
		for x := range w2 {
			out = append(out, byte(math.Floor(16+219*luma(rgb(x, y))+0.5)))
		}
	}
	for y := 0; y < h2; y += 2 {
		for x := 0; x < w2; x += 2 {
			var s [3]float64
			for k := range s {
				for dy := range 2 {
					s[k] += (rgb(x-1, y+dy)[k] + 2*rgb(x, y+dy)[k] + rgb(x+1, y+dy)[k]) / 8
				}
			}
			l := luma(s)
			cb = append(cb, byte(math.Floor(128+224*(s[2]-l)/(2*(1-kb))+0.5)))
			cr = append(cr, byte(math.Floor(128+224*(s[0]-l)/(2*(1-kr))+0.5)))
		}
	}
	return append(append(out, cb...), cr...)
}

// bothWays runs a test with frames read directly, as from the host's memory, and
// through the ring, as from a device with its own.
func bothWays(t *testing.T, f func(t *testing.T)) {
	d := gputest.Device(t)
	defer func(was bool) { d.Caps.HostMemory = was }(d.Caps.HostMemory)
	for _, direct := range []bool{true, false} {
		d.Caps.HostMemory = direct
		t.Run(map[bool]string{true: "direct", false: "ring"}[direct], f)
	}
}

func stream(t *testing.T, c *canvas, frames int, draw film.DrawFunc) []byte {
	t.Helper()
	var out bytes.Buffer
	w, h := c.fb.Size()
	if _, err := film.Stream(context.Background(), c.d, w, h, frames, draw, &out, nil); err != nil {
		t.Fatal(err)
	}
	if want := frames * film.FrameBytes(w, h); out.Len() != want {
		t.Fatalf("%d bytes, want %d", out.Len(), want)
	}
	return out.Bytes()
}

func TestYUVAgainstReference(t *testing.T) { bothWays(t, testYUVAgainstReference) }

func testYUVAgainstReference(t *testing.T) {
	for _, size := range []image.Point{{64, 32}, {1, 1}, {2, 2}, {5, 3}, {7, 8}, {9, 17}, {130, 66}, {257, 129}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			c := newCanvas(t, size.X, size.Y)
			pix := map[image.Point]color.RGBA{}
			gen := noise(rand.New(rand.NewPCG(1, uint64(size.X))))
			at := func(x, y int) color.RGBA {
				p := image.Pt(x, y)
				if _, ok := pix[p]; !ok {
					pix[p] = gen(x, y)
				}
				return pix[p]
			}
			if err := c.paint(c.bounds(), at); err != nil {
				t.Fatal(err)
			}
			got := stream(t, c, 1, func(int) (*gpu.Framebuffer, []image.Rectangle, error) { return c.fb, nil, nil })
			want := yuv(size.X, size.Y, at)
			different := 0
			for i := range want {
				if d := int(got[i]) - int(want[i]); d < -1 || d > 1 {
					t.Fatalf("byte %d of %d is %d, want %d", i, len(want), got[i], want[i])
				} else if d != 0 {
					different++
				}
			}
			if different > 1+len(want)/100 { // ties of the 16-bit matrix
				t.Errorf("%d of %d bytes are one off", different, len(want))
			}
		})
	}
}

func TestYUVOfGreysHasNoColour(t *testing.T) {
	c := newCanvas(t, 256, 2)
	if err := c.paint(c.bounds(), func(x, _ int) color.RGBA { return color.RGBA{byte(x), byte(x), byte(x), 255} }); err != nil {
		t.Fatal(err)
	}
	got := stream(t, c, 1, func(int) (*gpu.Framebuffer, []image.Rectangle, error) { return c.fb, nil, nil })
	if got[0] != 16 || got[255] != 235 {
		t.Errorf("black is %d and white %d, want 16 and 235", got[0], got[255])
	}
	for i, v := range got[512:] {
		if v != 128 {
			t.Fatalf("chroma %d is %d, want 128", i, v)
		}
	}
}

// TestChangedRectangles draws random rectangles and compares converting only
// those with converting everything.
func TestChangedRectangles(t *testing.T) { bothWays(t, testChangedRectangles) }

func testChangedRectangles(t *testing.T) {
	for _, size := range []image.Point{{64, 48}, {61, 35}} {
		c := newCanvas(t, size.X, size.Y)
		const frames = 40
		film := func(whole bool) []byte {
			rng := rand.New(rand.NewPCG(7, 7))
			return stream(t, c, frames, func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
				if k == 0 {
					return c.fb, nil, c.paint(c.bounds(), noise(rng))
				}
				changed := []image.Rectangle{}
				for range rng.IntN(4) {
					x, y := rng.IntN(size.X), rng.IntN(size.Y)
					r := image.Rect(x, y, x+1+rng.IntN(size.X-x), y+1+rng.IntN(size.Y-y))
					if k%3 == 0 {
						r.Max = r.Min.Add(image.Pt(1, 1))
					}
					if err := c.paint(r, noise(rng)); err != nil {
						return nil, nil, err
					}
					changed = append(changed, r)
				}
				if whole {
					changed = nil
				}
				return c.fb, changed, nil
			})
		}
		full, part := film(true), film(false)
		if !bytes.Equal(full, part) {
			t.Errorf("%v: frames differ", size)
		}
		if !bytes.Equal(part, film(false)) {
			t.Errorf("%v: two runs differ", size)
		}
	}
}

// slow takes its time over every frame, or none.
type slow struct {
	io.Writer
	rng *rand.Rand
}

func (s slow) Write(p []byte) (int, error) {
	time.Sleep(time.Duration(s.rng.IntN(3)) * time.Millisecond)
	return s.Writer.Write(p)
}

func TestTimingDoesNotMatter(t *testing.T) { bothWays(t, testTimingDoesNotMatter) }

func testTimingDoesNotMatter(t *testing.T) {
	c := newCanvas(t, 32, 32)
	draw := func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
		r := image.Rect(k%32, k%32, k%32+1, k%32+1)
		if k == 0 {
			r = c.bounds()
		}
		return c.fb, []image.Rectangle{r}, c.paint(r, plain(color.RGBA{byte(k), byte(3 * k), 0, 255}))
	}
	want := stream(t, c, 100, draw)
	var out bytes.Buffer
	done := 0
	stats, err := film.Stream(context.Background(), c.d, 32, 32, 100, draw, slow{&out, rand.New(rand.NewPCG(1, 2))}, func(n, total int) {
		if done++; n != done || total != 100 {
			t.Errorf("progress %d of %d after %d", n, total, done)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Error("a slow reader changed the frames")
	}
	if stats.Frames != 100 || stats.Bytes != int64(len(want)) || done != 100 {
		t.Errorf("%+v, progress %d", stats, done)
	}
}

func TestStreamErrors(t *testing.T) { bothWays(t, testStreamErrors) }

func testStreamErrors(t *testing.T) {
	c := newCanvas(t, 16, 16)
	draw := func(int) (*gpu.Framebuffer, []image.Rectangle, error) { return c.fb, nil, nil }
	want := errors.New("mine")
	_, err := film.Stream(context.Background(), c.d, 16, 16, 20, func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
		if k == 9 {
			return nil, nil, want
		}
		return c.fb, nil, nil
	}, io.Discard, nil)
	if !errors.Is(err, want) || !strings.Contains(err.Error(), "frame 9") {
		t.Errorf("draw's error: %v", err)
	}
	r, w := io.Pipe()
	r.CloseWithError(want)
	if _, err := film.Stream(context.Background(), c.d, 16, 16, 50, draw, w, nil); !errors.Is(err, want) {
		t.Errorf("the writer's error: %v", err)
	}
	if _, err := film.Stream(context.Background(), c.d, 18, 16, 1, draw, io.Discard, nil); err == nil || !strings.Contains(err.Error(), "16x16") {
		t.Errorf("a picture of the wrong size: %v", err)
	}
	if _, err := film.Stream(context.Background(), c.d, 1<<20, 1<<14, 1, draw, io.Discard, nil); err == nil || !strings.Contains(err.Error(), "MiB") {
		t.Errorf("a huge picture: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, err = film.Stream(ctx, c.d, 16, 16, 50, func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
		if k == 5 {
			cancel()
		}
		return c.fb, nil, nil
	}, io.Discard, nil)
	if err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

// tool returns the path of a program of ffmpeg, or skips; where REQUIRE_GL=1
// it fails, as that is where all tests have to run.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("REQUIRE_GL") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return path
}

type probe struct {
	Codec     string `json:"codec_name"`
	Width     int    `json:"width"`
	Height    int    `json:"height"`
	PixFmt    string `json:"pix_fmt"`
	Range     string `json:"color_range"`
	Space     string `json:"color_space"`
	Transfer  string `json:"color_transfer"`
	Primaries string `json:"color_primaries"`
	Chroma    string `json:"chroma_location"`
	Rate      string `json:"r_frame_rate"`
	Frames    string `json:"nb_read_frames"`
	Tag       string `json:"codec_tag_string"`
}

func inspect(t *testing.T, path string) probe {
	t.Helper()
	out, err := exec.Command(tool(t, "ffprobe"), "-v", "error", "-count_frames", "-show_streams", "-of", "json", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var p struct{ Streams []probe }
	if err := json.Unmarshal(out, &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Streams) != 1 {
		t.Fatalf("%d streams", len(p.Streams))
	}
	return p.Streams[0]
}

// patches are colours that fill a 4 x 4 board.
var patches = []color.RGBA{
	{0, 0, 0, 255}, {255, 255, 255, 255}, {255, 0, 0, 255}, {0, 255, 0, 255},
	{0, 0, 255, 255}, {255, 255, 0, 255}, {0, 255, 255, 255}, {255, 0, 255, 255},
	{68, 1, 84, 255}, {59, 82, 139, 255}, {33, 145, 140, 255}, {94, 201, 98, 255}, // viridis
	{253, 231, 37, 255}, {103, 0, 31, 255}, {5, 48, 97, 255}, {128, 128, 128, 255},
}

const patchSize = 40

func board(x, y int) color.RGBA {
	return patches[min(y/patchSize, 3)*4+min(x/patchSize, 3)]
}

func recordBoard(t *testing.T, o film.Options, frames int) {
	t.Helper()
	c := newCanvas(t, o.Width, o.Height)
	if err := c.paint(c.bounds(), board); err != nil {
		t.Fatal(err)
	}
	if _, err := film.Check(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	onlyFile(t, filepath.Dir(o.Path), "")
	_, err := film.Record(context.Background(), c.d, o, frames, func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
		return c.fb, []image.Rectangle{}, nil
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	onlyFile(t, filepath.Dir(o.Path), filepath.Base(o.Path))
}

func readPNG(t *testing.T, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// onlyFile fails unless the folder holds that one file, or nothing.
func onlyFile(t *testing.T, dir, name string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != name {
		t.Errorf("the folder holds %q, want %q", got, name)
	}
}

func TestRecordMP4(t *testing.T) {
	tool(t, "ffmpeg")
	for _, size := range []image.Point{{160, 160}, {161, 165}} {
		path := filepath.Join(t.TempDir(), "film.mp4")
		recordBoard(t, film.Options{Path: path, Width: size.X, Height: size.Y, FPS: 5}, 7)
		w, h := film.EvenSize(size.X, size.Y)
		want := probe{"h264", w, h, "yuv420p", "tv", "bt709", "bt709", "bt709", "left", "5/1", "7", "avc1"}
		if got := inspect(t, path); got != want {
			t.Errorf("%v:\n got %+v\nwant %+v", size, got, want)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o400 == 0 {
			t.Error(info, err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := boxes(t, data); strings.Index(got, "moov") > strings.Index(got, "mdat") || !strings.Contains(got, "mdat") {
			t.Errorf("boxes are %s: moov has to come first", got)
		}
		// Colours, and size without scaling: each patch's middle, in the last frame.
		out := decodedPatches(t, path, w, h, 6)
		// A padded column repeats the last one: it has the patch's colour too.
		if w > size.X {
			if d := int(out[3*(w*h-1)]) - int(patches[15].R); d < -6 || d > 6 {
				t.Errorf("the padding's corner is %v, want %v", out[3*(w*h-1):], patches[15])
			}
		}
	}
}

// decodedPatches decodes a frame of a film of the board to RGB, and compares
// each patch's middle.
func decodedPatches(t *testing.T, path string, w, h, frame int) []byte {
	t.Helper()
	out, err := exec.Command(tool(t, "ffmpeg"), "-v", "error", "-i", path, "-vf",
		fmt.Sprintf("select=eq(n\\,%d),scale=in_color_matrix=bt709:in_range=tv:out_range=pc:flags=accurate_rnd+full_chroma_int,format=rgb24", frame),
		"-fps_mode", "passthrough", "-f", "rawvideo", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != 3*w*h {
		t.Fatalf("%d bytes decoded", len(out))
	}
	for i, p := range patches {
		x, y := i%4*patchSize+patchSize/2, i/4*patchSize+patchSize/2
		got := out[3*(y*w+x):]
		for k, v := range []byte{p.R, p.G, p.B} {
			if d := int(got[k]) - int(v); d < -4 || d > 4 {
				t.Errorf("%dx%d: patch %d came back as %v, want %v", w, h, i, got[:3], p)
				break
			}
		}
	}
	return out
}

// boxes lists the top-level boxes of an MP4 file.
func boxes(t *testing.T, data []byte) string {
	var names []string
	for len(data) >= 8 {
		n := uint64(binary.BigEndian.Uint32(data))
		names = append(names, string(data[4:8]))
		if n == 1 && len(data) >= 16 {
			n = binary.BigEndian.Uint64(data[8:])
		}
		if n < 8 || n > uint64(len(data)) {
			t.Fatalf("box %s of %d bytes, %d are left", names[len(names)-1], n, len(data))
		}
		data = data[n:]
	}
	return strings.Join(names, " ")
}

func TestRecordWebM(t *testing.T) {
	tool(t, "ffmpeg")
	path := filepath.Join(t.TempDir(), "film.webm")
	recordBoard(t, film.Options{Path: path, Width: 161, Height: 160, FPS: 12.5}, 3)
	want := probe{"vp9", 162, 160, "yuv420p", "tv", "bt709", "bt709", "bt709", "left", "25/2", "3", ""}
	got := inspect(t, path)
	got.Tag = ""
	if got.Chroma == "" {
		got.Chroma = "left" // older ffprobes do not say for VP9
	}
	if got != want {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}

// TestCodecs writes a film of each codec into each container that takes it, and
// looks at its colours again.
func TestCodecs(t *testing.T) {
	tool(t, "ffmpeg")
	for _, c := range []struct{ file, codec, want, tag string }{
		{"a.mp4", "h264", "h264", "avc1"},
		{"a.mp4", "h265", "hevc", "hvc1"},
		{"a.mp4", "av1", "av1", "av01"},
		{"a.mp4", "libaom-av1", "av1", "av01"},
		{"a.webm", "vp9", "vp9", ""},
		{"a.webm", "av1", "av1", ""},
	} {
		t.Run(c.codec+" in "+c.file, func(t *testing.T) {
			t.Parallel()
			o := film.Options{Path: filepath.Join(t.TempDir(), c.file), Width: 161, Height: 160, FPS: 5, Codec: c.codec}
			checked, err := film.Check(context.Background(), o)
			if err != nil {
				t.Skip(err) // an ffmpeg without it
			}
			if checked.Codec == "" || slices.Contains([]string{"h264", "h265", "av1", "vp9"}, checked.Codec) {
				t.Errorf("the encoder is %q", checked.Codec)
			}
			recordBoard(t, checked, 3)
			want := probe{c.want, 162, 160, "yuv420p", "tv", "bt709", "bt709", "bt709", "left", "5/1", "3", ""}
			got := inspect(t, o.Path)
			if got.Chroma != "left" && c.codec != "h265" && c.codec != "h264" {
				got.Chroma = "left" // older ffprobes do not say for VP9 and AV1
			}
			if tag := got.Tag; c.tag != "" && tag != c.tag {
				t.Errorf("tag %s, want %s", tag, c.tag)
			}
			if got.Tag = ""; got != want {
				t.Errorf("\n got %+v\nwant %+v", got, want)
			}
			decodedPatches(t, o.Path, 162, 160, 2)
		})
	}
}

// TestHardwareEncoderOnlyAfterATrial has a stand-in for ffmpeg that knows no
// hardware: it must be asked for a whole frame, by name only, and be believed.
func TestHardwareEncoderOnlyAfterATrial(t *testing.T) {
	log := filepath.Join(t.TempDir(), "asked")
	fake(t, "echo \"$@\" >>"+log+`; case "$*" in *nvenc*|*vaapi*) cat >/dev/null; echo "Cannot load libcuda.so.1" >&2; exit 1;; esac; cat >/dev/null`)
	for codec, works := range map[string]bool{"h264": true, "": true, "h264_nvenc": false, "hevc_vaapi": false} {
		dir := t.TempDir()
		os.Remove(log)
		_, err := film.Check(context.Background(), film.Options{Path: filepath.Join(dir, "a.mp4"), Width: 1000, Height: 500, FPS: 5, Codec: codec})
		if (err == nil) != works || err != nil && (!strings.Contains(err.Error(), "libcuda") || !strings.Contains(err.Error(), "trial of one frame")) {
			t.Errorf("%q: %v", codec, err)
		}
		onlyFile(t, dir, "")
		asked, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(asked); strings.Count(got, "-c:v") != 1 || strings.Contains(got, "nvenc") && works || strings.Contains(got, "1000x500") == works {
			t.Errorf("%q: ffmpeg was asked %s", codec, got)
		}
	}
}

// TestOpen records what was opened, and finds nothing left of what was not.
func TestOpen(t *testing.T) {
	tool(t, "ffmpeg")
	ctx := context.Background()
	c := newCanvas(t, 64, 48)
	draw := func(int) (*gpu.Framebuffer, []image.Rectangle, error) { return c.fb, nil, nil }
	for _, name := range []string{"a.mp4", "a.gif", "a.webm"} {
		dir := t.TempDir()
		o := film.Options{Path: filepath.Join(dir, name), Width: 64, Height: 48, FPS: 5}
		f, err := film.Open(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		onlyFile(t, dir, "")
		if f, err = film.Open(ctx, o); err != nil {
			t.Fatal(err)
		}
		if stats, err := f.Record(ctx, c.d, 3, draw, nil); err != nil || stats.Frames != 3 {
			t.Error(stats, err)
		}
		f.Close()
		onlyFile(t, dir, name)
	}
	dir := t.TempDir()
	o := film.Options{Path: filepath.Join(dir, "a.mp4"), Width: 64, Height: 48, FPS: 5}
	gone, cancel := context.WithCancel(ctx)
	f, err := film.Open(gone, o)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := f.Record(gone, c.d, 3, draw, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	f.Close()
	onlyFile(t, dir, "")
	o.Path = filepath.Join(dir, "none", "a.mp4")
	if _, err := film.Open(ctx, o); err == nil || !strings.Contains(err.Error(), "mkdir -p") {
		t.Error(err)
	}
	o.Path = filepath.Join(dir, "a.mp4")
	for _, o.Codec = range []string{"h264", "av1"} { // of the latter there are two encoders: it is tried
		fake(t, "echo 'no such codec' >&2; exit 1")
		if f, err = film.Open(ctx, o); err != nil {
			t.Fatal(err)
		}
		<-f.Failed()
		if err := f.Ready(); err == nil || !strings.Contains(err.Error(), "no such codec") {
			t.Errorf("%s: %v", o.Codec, err)
		}
		if _, err := f.Record(ctx, c.d, 3, draw, nil); err == nil || !strings.Contains(err.Error(), "no such codec") {
			t.Errorf("%s: %v", o.Codec, err)
		}
		f.Close()
		onlyFile(t, dir, "")
	}
	t.Setenv(film.FFmpegEnv, "/nonexistent")
	if _, err := film.Open(ctx, o); !errors.Is(err, film.ErrNoFFmpeg) {
		t.Error(err)
	}
}

// TestRecordGIF puts a GIF's frames together as a viewer does and compares them
// with what was drawn.
func TestRecordGIF(t *testing.T) {
	t.Setenv(film.FFmpegEnv, "/nonexistent") // it needs none
	dir := t.TempDir()
	c := newCanvas(t, 161, 165)
	o := film.Options{Path: filepath.Join(dir, "film.gif"), Width: 161, Height: 165, FPS: 30}
	if _, err := film.Check(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	onlyFile(t, dir, "")
	const frames = 7
	picture := func(k int) func(x, y int) color.RGBA {
		mark := image.Rect(20*k, 17*k, 20*k+9, 17*k+9)
		return func(x, y int) color.RGBA {
			if k != 3 && image.Pt(x, y).In(mark) { // in frame 3 there is none
				return color.RGBA{255, 128, 30, 255}
			}
			if y > 150 {
				return color.RGBA{byte(x), byte(x), byte(200 - x), 255} // more colours than a palette has
			}
			return board(x, y)
		}
	}
	done := 0
	stats, err := film.Record(context.Background(), c.d, o, frames, func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
		if err := c.paint(c.bounds(), picture(k)); err != nil || k != 5 {
			return c.fb, nil, err
		}
		changed := []image.Rectangle{image.Rect(80, 68, 89, 77), image.Rect(100, 85, 109, 94)}
		return c.fb, changed, nil
	}, func(n, total int) {
		if done++; n != done || total != frames {
			t.Errorf("progress %d of %d", n, total)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	onlyFile(t, dir, "film.gif")
	f, err := os.Open(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() != stats.Bytes || done != frames {
		t.Error(info, err, stats, done)
	}
	g, err := gif.DecodeAll(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Image) != frames || g.LoopCount != 0 || g.Config.Width != 161 || g.Config.Height != 165 {
		t.Fatalf("%d frames, loops %d, %dx%d", len(g.Image), g.LoopCount, g.Config.Width, g.Config.Height)
	}
	total := 0
	screen := image.NewRGBA(c.bounds())
	for k, img := range g.Image {
		total += g.Delay[k]
		before := append([]byte(nil), screen.Pix...)
		draw.Draw(screen, img.Bounds(), img, img.Bounds().Min, draw.Over)
		worst := 0
		for y := range 165 {
			for x := range 161 {
				got, want := screen.RGBAAt(x, y), picture(k)(x, y)
				for _, d := range []int{int(got.R) - int(want.R), int(got.G) - int(want.G), int(got.B) - int(want.B)} {
					worst = max(worst, d, -d)
				}
				if i := screen.PixOffset(x, y); k > 0 && picture(k)(x, y) == picture(k-1)(x, y) && !bytes.Equal(before[i:i+4], screen.Pix[i:i+4]) {
					t.Fatalf("frame %d: pixel %d,%d stands still but goes from %v to %v", k, x, y, before[i:i+4], screen.Pix[i:i+4])
				}
			}
		}
		if worst > 8 {
			t.Errorf("frame %d is off by up to %d", k, worst)
		}
		if k > 0 && img.Bounds().Dx() > 60 {
			t.Errorf("frame %d holds %v, where only a mark moved", k, img.Bounds())
		}
	}
	if total != 23 { // 7/30 s
		t.Errorf("%d hundredths of a second", total)
	}
	if got := screen.RGBAAt(60, 20); got != (color.RGBA{255, 255, 255, 255}) {
		t.Errorf("white is %v", got)
	}
}

func TestGIFErrorsLeaveNothing(t *testing.T) {
	c := newCanvas(t, 16, 16)
	dir := t.TempDir()
	o := film.Options{Path: filepath.Join(dir, "a.gif"), Width: 16, Height: 16, FPS: 10}
	broken := errors.New("mine")
	for _, want := range []error{broken, context.Canceled} {
		ctx, cancel := context.WithCancel(context.Background())
		_, err := film.Record(ctx, c.d, o, 9, func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
			if k == 6 {
				if want == broken {
					return nil, nil, broken
				}
				cancel()
			}
			return c.fb, nil, nil
		}, nil)
		cancel()
		if !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
		onlyFile(t, dir, "")
	}
	if _, err := film.Record(context.Background(), c.d, film.Options{Path: o.Path, Width: 20, Height: 16, FPS: 10}, 9,
		func(int) (*gpu.Framebuffer, []image.Rectangle, error) { return c.fb, nil, nil }, nil); err == nil || !strings.Contains(err.Error(), "16x16") {
		t.Errorf("a picture of the wrong size: %v", err)
	}
	onlyFile(t, dir, "")
	for part, change := range map[string]func(*film.Options){
		"at most 50": func(o *film.Options) { o.FPS = 60 },
		"crf":        func(o *film.Options) { o.CRF = 20 },
	} {
		o := o
		change(&o)
		if _, err := film.Check(context.Background(), o); !errors.Is(err, film.ErrUsage) || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", part, err)
		}
	}
}

func TestOptions(t *testing.T) {
	dir := t.TempDir()
	good := film.Options{Path: filepath.Join(dir, "a.mp4"), Width: 64, Height: 64, FPS: 10}
	for name, change := range map[string]func(*film.Options){
		".mp4":     func(o *film.Options) { o.Path = filepath.Join(dir, "a.avi") },
		"end it":   func(o *film.Options) { o.Path = filepath.Join(dir, "a") },
		"0x64":     func(o *film.Options) { o.Width = 0 },
		"64x20000": func(o *film.Options) { o.Height = 20000 },
		"frames a": func(o *film.Options) { o.FPS = 0 },
		"NaN":      func(o *film.Options) { o.FPS = math.NaN() },
		"preset":   func(o *film.Options) { o.Preset = "warp" },
		"crf":      func(o *film.Options) { o.CRF = 99 },
		"mpeg2":    func(o *film.Options) { o.Codec = "mpeg2" },
		"vp9 does": func(o *film.Options) { o.Codec = "vp9" },
		"4096":     func(o *film.Options) { o.Codec, o.Width = "h264_nvenc", 5400 },
	} {
		o := good
		change(&o)
		_, err := film.Check(context.Background(), o)
		if !errors.Is(err, film.ErrUsage) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for part, path := range map[string]string{
		"mkdir -p": filepath.Join(dir, "none", "a.mp4"),
		"is a":     dir + string(filepath.Separator) + ".mp4",
	} {
		o := good
		o.Path = path
		if part == "is a" {
			os.Mkdir(path, 0o777)
		}
		tool(t, "ffmpeg")
		if _, err := film.Check(context.Background(), o); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", part, err)
		}
	}
	if runtime.GOOS == "linux" {
		o := good
		o.Path = "/proc/a.mp4"
		if _, err := film.Check(context.Background(), o); err == nil || !strings.Contains(err.Error(), "cannot be written") {
			t.Errorf("an unwritable folder: %v", err)
		}
	}
}

func TestFrameRates(t *testing.T) {
	for path, rates := range map[string]map[float64]string{
		"a.gif":  {0.0015: "655.35 seconds", 0.001: "655.35 seconds", 0.0016: "", 50: "", 51: "at most 50"},
		"a.mp4":  {1e-9: "10000 seconds", 1e-4: "", 60: ""},
		"a.webm": {9e-5: "10000 seconds", 1000: ""},
	} {
		for fps, want := range rates {
			dir := t.TempDir()
			if path != "a.gif" {
				tool(t, "ffmpeg")
			}
			_, err := film.Check(t.Context(), film.Options{Path: filepath.Join(dir, path), Width: 64, Height: 48, FPS: fps})
			if (want == "") != (err == nil) || err != nil && !(errors.Is(err, film.ErrUsage) && strings.Contains(err.Error(), want)) {
				t.Errorf("%s, %v: %v, want %q", path, fps, err, want)
			}
		}
	}
}

// TestCaveat expects a word on films that many players do not show.
func TestCaveat(t *testing.T) {
	for _, c := range []struct {
		o    film.Options
		want string
	}{
		{film.Options{Path: "a.mp4", Width: 5400, Height: 1800, FPS: 5}, "4096x1364"},
		{film.Options{Path: "a.mp4", Width: 5400, Height: 1800, FPS: 5, Codec: "libx264"}, "4096x1364"},
		{film.Options{Path: "a.mp4", Width: 5400, Height: 1800, FPS: 5, Codec: "h265"}, ""},
		{film.Options{Path: "a.mp4", Width: 5400, Height: 1800, FPS: 5, Codec: "av1"}, ""},
		{film.Options{Path: "a.webm", Width: 5400, Height: 1800, FPS: 5}, ""},
		{film.Options{Path: "a.gif", Width: 5400, Height: 1800, FPS: 5}, ""},
		{film.Options{Path: "%d.png", Width: 5400, Height: 1800}, ""},
		{film.Options{Path: "a.mp4", Width: 4096, Height: 2304, FPS: 56.25}, ""},
		{film.Options{Path: "a.mp4", Width: 4096, Height: 2304, FPS: 57}, "406"},
		{film.Options{Path: "a.mp4", Width: 4096, Height: 2305, FPS: 5}, "4094x2302"},
		{film.Options{Path: "a.mp4", Width: 100, Height: 4098, FPS: 5}, "98x4016"},
		{film.Options{Path: "a.mp4", Width: 1920, Height: 1080, FPS: 1000}, "x"},
	} {
		fit := ""
		got := c.o.Caveat()
		if got != nil {
			fit = fmt.Sprintf("%dx%d", got.FitWidth, got.FitHeight)
		}
		if (got == nil) != (c.want == "") || !strings.Contains(fit, c.want) {
			t.Errorf("%+v: %+v, want %q", c.o, got, c.want)
		}
	}
}

// TestSameBytes records films twice.
func TestSameBytes(t *testing.T) {
	tool(t, "ffmpeg")
	for _, o := range []film.Options{{Path: "a.mp4"}, {Path: "a.webm"}, {Path: "a.mp4", Codec: "h265"}, {Path: "a.webm", Codec: "libaom-av1"}, {Path: "a.mp4", Codec: "libsvtav1"}, {Path: "a.gif"}} {
		var films [2][]byte
		for i := range films {
			o := o
			o.Path = filepath.Join(t.TempDir(), o.Path)
			o.Width, o.Height, o.FPS = 160, 160, 5
			recordBoard(t, o, 7)
			films[i], _ = os.ReadFile(o.Path)
		}
		if !bytes.Equal(films[0], films[1]) || len(films[0]) == 0 {
			t.Errorf("%s, %s: %d and %d bytes, which differ", o.Path, o.Codec, len(films[0]), len(films[1]))
		}
	}
}

func TestMissingFFmpeg(t *testing.T) {
	c := newCanvas(t, 16, 16)
	dir := t.TempDir()
	o := film.Options{Path: filepath.Join(dir, "a.mp4"), Width: 16, Height: 16, FPS: 1}
	draw := func(int) (*gpu.Framebuffer, []image.Rectangle, error) {
		t.Error("a frame was drawn")
		return c.fb, nil, nil
	}
	t.Setenv("PATH", dir)
	if _, err := film.Check(context.Background(), o); !errors.Is(err, film.ErrNoFFmpeg) || !strings.Contains(err.Error(), "apt-get install") {
		t.Error(err)
	}
	if _, err := film.Record(context.Background(), c.d, o, 1, draw, nil); !errors.Is(err, film.ErrNoFFmpeg) {
		t.Error(err)
	}
	t.Setenv(film.FFmpegEnv, "/nonexistent/ffmpeg")
	if _, err := film.Check(context.Background(), o); !errors.Is(err, film.ErrNoFFmpeg) || !strings.Contains(err.Error(), "/nonexistent/ffmpeg") {
		t.Error(err)
	}
	codecs, err := film.Codecs(context.Background())
	if err != nil || len(codecs) == 0 {
		t.Error(codecs, err)
	}
	for _, c := range codecs {
		if !errors.Is(c.Err, film.ErrNoFFmpeg) {
			t.Error(c)
		}
	}
	onlyFile(t, dir, "")
}

// fake makes a script that stands in for ffmpeg.
func fake(t *testing.T, script string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	path := filepath.Join(t.TempDir(), "ffmpeg")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv(film.FFmpegEnv, path)
}

func TestBrokenPipe(t *testing.T) {
	c := newCanvas(t, 640, 480)
	dir := t.TempDir()
	target := filepath.Join(dir, "a.mp4")
	if err := os.WriteFile(target, []byte("before"), 0o666); err != nil {
		t.Fatal(err)
	}
	o := film.Options{Path: target, Width: 640, Height: 480, FPS: 1}
	draw := func(int) (*gpu.Framebuffer, []image.Rectangle, error) { return c.fb, nil, nil }
	for _, script := range []string{
		"head -c 1000000 >/dev/null; echo 'the disk is full' >&2; exit 3", // midway
		"cat >/dev/null; echo 'the disk is full' >&2; exit 3",             // at the end
		"echo 'the disk is full' >&2; exit 3",                             // at once
	} {
		fake(t, script)
		_, err := film.Record(context.Background(), c.d, o, 30, draw, nil)
		if err == nil || !strings.Contains(err.Error(), "the disk is full") || !strings.Contains(err.Error(), "exit status 3") {
			t.Errorf("%s: %v", script, err)
		}
		onlyFile(t, dir, "a.mp4")
		if _, err := film.Check(context.Background(), o); err == nil || !strings.Contains(err.Error(), "the disk is full") {
			t.Errorf("check with %s: %v", script, err)
		}
	}
	if data, err := os.ReadFile(target); err != nil || string(data) != "before" {
		t.Errorf("the file that was there holds %q, %v", data, err)
	}
	fake(t, "i=0; while [ $i -lt 2000 ]; do echo \"line $i of many\" >&2; i=$((i+1)); done; exit 1")
	_, err := film.Record(context.Background(), c.d, o, 30, draw, nil)
	if err == nil || !strings.Contains(err.Error(), "line 1999 of many") || len(err.Error()) > 4096 {
		t.Errorf("the tail: %v", err)
	}
}

func TestCancelLeavesNothing(t *testing.T) {
	tool(t, "ffmpeg")
	c := newCanvas(t, 320, 240)
	for _, when := range []int{0, 3, 29} {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(context.Background())
		o := film.Options{Path: filepath.Join(dir, "a.mp4"), Width: 320, Height: 240, FPS: 1}
		_, err := film.Record(ctx, c.d, o, 30, func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
			if k == when {
				cancel()
			}
			return c.fb, nil, nil
		}, nil)
		if err != context.Canceled {
			t.Errorf("cancelled at %d: %v", when, err)
		}
		onlyFile(t, dir, "")
	}
	// An encoder that takes nothing must not hold a cancelled film up.
	fake(t, "exec sleep 60")
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	dir := t.TempDir()
	o := film.Options{Path: filepath.Join(dir, "a.mp4"), Width: 320, Height: 240, FPS: 1}
	start := time.Now()
	_, err := film.Record(ctx, c.d, o, 100, func(int) (*gpu.Framebuffer, []image.Rectangle, error) { return c.fb, nil, nil }, nil)
	if err != context.DeadlineExceeded || time.Since(start) > 20*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
	onlyFile(t, dir, "")
}

func TestDrawErrorLeavesNothing(t *testing.T) {
	tool(t, "ffmpeg")
	c := newCanvas(t, 32, 32)
	dir := t.TempDir()
	want := errors.New("mine")
	_, err := film.Record(context.Background(), c.d, film.Options{Path: filepath.Join(dir, "a.mp4"), Width: 32, Height: 32, FPS: 1}, 9,
		func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
			if k == 4 {
				return nil, nil, want
			}
			return c.fb, nil, nil
		}, nil)
	if !errors.Is(err, want) {
		t.Error(err)
	}
	onlyFile(t, dir, "")
}

func TestWritePNG(t *testing.T) {
	c := newCanvas(t, 33, 21)
	gen := func(x, y int) color.RGBA { return color.RGBA{byte(7 * x), byte(11 * y), byte(x * y), 0} }
	if err := c.paint(c.bounds(), gen); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "a.png")
	if err := atomicfile.Check(path); err != nil {
		t.Fatal(err)
	}
	if err := film.WritePNG(c.d, c.fb, path, 0); err != nil {
		t.Fatal(err)
	}
	onlyFile(t, dir, "a.png")
	img := readPNG(t, path)
	for y := range 21 {
		for x := range 33 {
			want := gen(x, y)
			want.A = 255
			if got := color.RGBAModel.Convert(img.At(x, y)); got != want {
				t.Fatalf("pixel %d,%d is %v, want %v", x, y, got, want)
			}
		}
	}
	if err := film.WritePNG(c.d, c.fb, filepath.Join(dir, "none", "a.png"), 0); err == nil {
		t.Error("a folder that is not there was written to")
	}
}

// resident returns the process's resident memory in bytes.
func resident(t *testing.T) int {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(data))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

func TestLongFilmInBoundedMemory(t *testing.T) {
	tool(t, "ffmpeg")
	frames := 10000
	if testing.Short() {
		frames = 1000
	}
	c := newCanvas(t, 64, 48)
	var before, after runtime.MemStats
	var rss int
	path := filepath.Join(t.TempDir(), "long.mp4")
	tiny := make([]byte, 4*8*8)
	_, err := film.Record(context.Background(), c.d, film.Options{Path: path, Width: 64, Height: 48, FPS: 30, Preset: "ultrafast"}, frames,
		func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
			if k == frames/10 {
				runtime.GC()
				runtime.ReadMemStats(&before)
				rss = resident(t)
			}
			for i := range tiny {
				tiny[i] = byte(k)
			}
			x, y := k%8*8, k/8%6*8
			err := c.d.Do(func() error { return c.fb.Color.Write(x, 48-8-y, 8, 8, tiny) })
			return c.fb, []image.Rectangle{image.Rect(x, y, x+8, y+8)}, err
		}, nil)
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	grown := resident(t) - rss
	per := float64(after.TotalAlloc-before.TotalAlloc) / (0.9 * float64(frames))
	t.Logf("%d frames: heap %+d KiB, resident %+d KiB, %.0f bytes allocated a frame",
		frames, (int64(after.HeapAlloc)-int64(before.HeapAlloc))>>10, grown>>10, per)
	if grown > 32<<20 {
		t.Errorf("resident memory grew by %d MiB", grown>>20)
	}
	if after.HeapAlloc > before.HeapAlloc+4<<20 {
		t.Errorf("the heap grew by %d bytes", after.HeapAlloc-before.HeapAlloc)
	}
	if per > float64(film.FrameBytes(64, 48)) {
		t.Errorf("%.0f bytes allocated a frame, and a frame has %d", per, film.FrameBytes(64, 48))
	}
	if got := inspect(t, path).Frames; got != strconv.Itoa(frames) {
		t.Errorf("%s frames", got)
	}
}

// A colour that no frame has which the palette was taken from is there all the same.
func TestGIFColours(t *testing.T) {
	const frames, side = 23, 120
	c := newCanvas(t, side, side)
	o := film.Options{Path: filepath.Join(t.TempDir(), "film.gif"), Width: side, Height: side, FPS: 10}
	square := image.Rect(30, 30, 50, 50)
	colour := func(k int) color.RGBA {
		if k%11 == 0 || k == 5 || k == 16 {
			return color.RGBA{250, 250, 250, 255}
		}
		return color.RGBA{byte(255 * (k % 2)), byte(100 + 5*k), byte(255 - 11*k), 255}
	}
	_, err := film.Record(context.Background(), c.d, o, frames, func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
		err := c.paint(c.bounds(), func(x, y int) color.RGBA { return color.RGBA{byte(x), byte(x), byte(y), 255} })
		return c.fb, nil, errors.Join(err, c.paint(square, plain(colour(k))))
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	g, err := gif.DecodeAll(bytes.NewReader(b))
	if err != nil || len(g.Image) != frames {
		t.Fatal(len(g.Image), err)
	}
	screen := image.NewRGBA(c.bounds())
	for k, img := range g.Image {
		draw.Draw(screen, img.Bounds(), img, img.Bounds().Min, draw.Over)
		got, want := screen.RGBAAt(40, 40), colour(k)
		for _, d := range []int{int(got.R) - int(want.R), int(got.G) - int(want.G), int(got.B) - int(want.B)} {
			if max(d, -d) > 24 {
				t.Errorf("frame %d: %v, want %v", k, got, want)
				break
			}
		}
	}
}
