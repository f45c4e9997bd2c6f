package film_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"losscape/gpu"
	"losscape/gpu/film"
)

// shelf keeps segments in memory.
type shelf struct {
	mu    sync.Mutex
	kept  map[int][]byte
	begun []int
	fail  error // of Commit
}

type shelved struct {
	bytes.Buffer
	s *shelf
	k int
}

func newShelf() *shelf { return &shelf{kept: map[int][]byte{}} }

func (s *shelf) begin(k int) (film.SegmentWriter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun = append(s.begun, k)
	return &shelved{s: s, k: k}, nil
}

func (w *shelved) Commit() error {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	if w.s.fail != nil {
		return w.s.fail
	}
	w.s.kept[w.k] = bytes.Clone(w.Bytes())
	return nil
}

func (w *shelved) Discard() {}

// source is a segment of a shelf.
type source struct{ *bytes.Reader }

func (source) Close() error { return nil }

func (s *shelf) open(k int) (film.Source, error) {
	data, ok := s.kept[k]
	if !ok {
		return nil, fmt.Errorf("there is no segment %d", k)
	}
	return source{bytes.NewReader(data)}, nil
}

// moving draws frames in which something moves that is not easy to encode, so that frames depend on
// later ones. It draws any frame after any other.
func moving(c *canvas) film.DrawFunc {
	var on image.Rectangle
	return func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
		w, h := c.fb.Size()
		changed := []image.Rectangle{on}
		if on.Empty() {
			changed = []image.Rectangle{c.bounds()}
		}
		if err := c.paint(changed[0], plain(color.RGBA{30, 90, 160, 255})); err != nil {
			return nil, nil, err
		}
		at := image.Pt(3*k%(w-16), 2*k%(h-16))
		on = image.Rectangle{at, at.Add(image.Pt(16, 16))}
		err := c.paint(on, func(x, y int) color.RGBA {
			v := uint32(x-at.X+17*k)*2654435761 ^ uint32(y-at.Y)*40503
			return color.RGBA{byte(v >> 8), byte(v >> 13), byte(k), 255}
		})
		return c.fb, append(changed, on), err
	}
}

// recordSegments records some segments into a shelf.
func recordSegments(t *testing.T, c *canvas, o film.Options, s *shelf, segments ...int) error {
	t.Helper()
	f, err := film.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, err = f.RecordSegments(t.Context(), c.d, segments, s.begin, moving(c), nil)
	return err
}

// hashes decodes a film, or a segment of it: the hash of each frame.
func hashes(t *testing.T, path string) (sums []string) {
	t.Helper()
	out, err := exec.Command(tool(t, "ffmpeg"), "-v", "error", "-i", path, "-fps_mode", "passthrough", "-f", "framemd5", "-").Output()
	if err != nil {
		t.Fatal(path, err)
	}
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(line, "#") {
			f := strings.Split(line, ",") // stream, dts, pts, duration, size, hash
			sums = append(sums, strings.TrimSpace(f[5]))
		}
	}
	return sums
}

// TestSegments cuts films, one of them with a last segment of a single frame, has their segments made in one
// go and by two processes' worth of shards, and joins them: to the same bytes, and frames that are those of the segments to
// the pixel, at their exact times.
func TestSegments(t *testing.T) {
	tool(t, "ffmpeg")
	for _, test := range []struct {
		name, codec string
		frames      int
		fps         float64
	}{
		{"film.mp4", "h264", 51, 30}, // 25, 25, 1
		{"film.mp4", "h265", 33, 12.5},
		{"film.mp4", "av1", 27, 24},
		{"film.webm", "vp9", 60, 29.97},
		{"film.webm", "libaom-av1", 26, 7},
	} {
		t.Run(test.codec, func(t *testing.T) {
			t.Parallel()
			c := newCanvas(t, 97, 64)
			dir := t.TempDir()
			o := film.Options{Path: filepath.Join(dir, test.name), Width: 97, Height: 64, FPS: test.fps, Frames: test.frames, Segment: 25, Codec: test.codec}
			o, err := film.Check(t.Context(), o)
			if err != nil {
				t.Skip(err)
			}
			one, other := newShelf(), newShelf()
			all := []int{0, 1, 2}[:o.Segments()]
			if err := recordSegments(t, c, o, one, all...); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(one.begun, all) {
				t.Errorf("segments %v", one.begun)
			}
			onlyFile(t, dir, "")
			if test.codec == "h264" { // the others are like it
				if err := errors.Join(recordSegments(t, c, o, other, 1), recordSegments(t, c, o, other, 0, 2)); err != nil {
					t.Fatal(err)
				}
				for k := range all {
					if !bytes.Equal(one.kept[k], other.kept[k]) {
						t.Errorf("segment %d has %d bytes in one go, %d by itself", k, len(one.kept[k]), len(other.kept[k]))
					}
				}
			}
			if err := film.Join(t.Context(), o, one.open); err != nil {
				t.Fatal(err)
			}
			onlyFile(t, dir, test.name)
			sums := hashes(t, o.Path)
			var want []string
			for k := range all {
				path := filepath.Join(t.TempDir(), "segment.mp4")
				if err := os.WriteFile(path, one.kept[k], 0o666); err != nil {
					t.Fatal(err)
				}
				s := hashes(t, path)
				if first, end := o.SegmentSpan(k); len(s) != end-first {
					t.Errorf("segment %d has %d frames, want %d", k, len(s), end-first)
				}
				want = append(want, s...)
			}
			if !slices.Equal(sums, want) {
				t.Errorf("%d frames, want %d as in the segments", len(sums), len(want))
			}
			if len(slices.Compact(slices.Sorted(slices.Values(sums)))) < len(sums)*9/10 {
				t.Error("the frames are alike: the test shows nothing")
			}
			wantTimes(t, o)
			got := inspect(t, o.Path)
			w, h := o.OutputSize()
			if n := strconv.Itoa(test.frames); got.Frames != n || got.Width != w || got.Height != h || got.Range != "tv" || got.Space != "bt709" || got.Transfer != "bt709" || got.Primaries != "bt709" {
				t.Errorf("%+v", got)
			}
			if test.codec == "h264" || test.codec == "vp9" {
				wantSameAsWhole(t, c, o)
			}
		})
	}
}

// TestProcessors wants ffmpeg to write the same bytes on one processor and on all.
func TestProcessors(t *testing.T) {
	if runtime.NumCPU() < 2 {
		t.Skip("there is one processor")
	}
	taskset, err := exec.LookPath("taskset")
	if err != nil {
		t.Skip(err)
	}
	t.Setenv("REAL", tool(t, "ffmpeg"))
	first, err := exec.Command("sh", "-c", `"$0" -pc $$ | sed 's/.*: *\([0-9]*\).*/\1/'`, taskset).Output() // of those that we may use
	if err != nil {
		t.Skip(err)
	}
	t.Setenv("FIRST", strings.TrimSpace(string(first)))
	for _, test := range []struct{ name, codec, preset string }{
		{"film.mp4", "libx264", ""},
		{"film.mp4", "libx265", ""},
		{"film.mp4", "libsvtav1", ""},
		{"film.webm", "libvpx-vp9", ""},
		{"film.webm", "libvpx-vp9", "ultrafast"},
		{"film.webm", "libaom-av1", "ultrafast"},
	} {
		t.Run(test.codec+test.preset, func(t *testing.T) {
			var films [2][]byte
			for i, script := range []string{`exec taskset -c "$FIRST" "$REAL" "$@"`, `exec "$REAL" "$@"`} {
				fake(t, script)
				c := newCanvas(t, 640, 480)
				o, err := film.Check(t.Context(), film.Options{Path: filepath.Join(t.TempDir(), test.name), Width: 640, Height: 480, FPS: 10, Frames: 16, Codec: test.codec})
				if err != nil {
					t.Skip(err)
				}
				o.Preset = test.preset
				if _, err := film.Record(t.Context(), c.d, o, o.Frames, moving(c), nil); err != nil {
					t.Fatal(err)
				}
				if films[i], err = os.ReadFile(o.Path); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(films[0], films[1]) {
				t.Errorf("%d bytes on one processor, %d on %d, which differ", len(films[0]), len(films[1]), runtime.NumCPU())
			}
		})
	}
}

// wantTimes wants frame k to be shown at k frame times, in the ticks of its file.
func wantTimes(t *testing.T, o film.Options) {
	t.Helper()
	t.Helper()
	packets, err := exec.Command(tool(t, "ffprobe"), "-v", "error", "-show_entries", "packet=pts", "-of", "csv=p=0", o.Path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var times []float64
	for _, text := range strings.FieldsFunc(string(packets), func(r rune) bool { return r == ',' || r == '\n' }) {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatalf("%q, %v", text, err)
		}
		times = append(times, v)
	}
	slices.Sort(times) // they come in the order of decoding
	if len(times) != o.Frames {
		t.Fatalf("%d packets", len(times))
	}
	out, err := exec.Command(tool(t, "ffprobe"), "-v", "error", "-show_entries", "stream=time_base,start_time:format=duration", "-of", "csv=p=0", o.Path).Output()
	if err != nil {
		t.Fatal(err)
	}
	f := strings.FieldsFunc(string(out), func(r rune) bool { return r == ',' || r == '\n' })
	if len(f) != 3 || !strings.HasPrefix(f[0], "1/") {
		t.Fatalf("ffprobe says %q", out)
	}
	ticks, _ := strconv.ParseFloat(f[0][2:], 64)
	start, _ := strconv.ParseFloat(f[1], 64)
	length, _ := strconv.ParseFloat(f[2], 64)
	if want := float64(o.Frames) / o.FPS; start != 0 || length < want-1e-6 || length > want+1e-6 {
		t.Errorf("the film begins at %v and takes %v s, want %v", start, length, want)
	}
	for k, got := range times {
		if want := float64(k) / o.FPS * ticks; math.Abs(got-want) > 0.5001 || ticks != 1000 && math.Abs(got-want) > 1e-6 {
			t.Errorf("frame %d is at %v of %v ticks a second", k, got, ticks)
		}
	}
}

// wantSameAsWhole compares what players are told of a joined film with what ffmpeg says of a film that it
// wrote itself.
func wantSameAsWhole(t *testing.T, c *canvas, o film.Options) {
	t.Helper()
	joined := inspect(t, o.Path)
	o.Path = filepath.Join(t.TempDir(), filepath.Base(o.Path))
	if _, err := film.Record(t.Context(), c.d, o, o.Frames, moving(c), nil); err != nil {
		t.Fatal(err)
	}
	if whole := inspect(t, o.Path); joined != whole {
		t.Errorf("joined %+v\n whole %+v", joined, whole)
	}
}

// TestSegmentsOfGIF wants the very bytes of the GIF that is made in one go.
func TestSegmentsOfGIF(t *testing.T) {
	c := newCanvas(t, 61, 40)
	whole := filepath.Join(t.TempDir(), "whole.gif")
	o := film.Options{Path: whole, Width: 61, Height: 40, FPS: 30, Frames: 23, Segment: 11}
	if _, err := film.Record(t.Context(), c.d, o, o.Frames, moving(c), nil); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	o.Path = filepath.Join(t.TempDir(), "film.gif")
	for _, shards := range [][][]int{{{0, 1, 2}}, {{0, 2}, {1}}} {
		s := newShelf()
		for _, list := range shards {
			if err := recordSegments(t, c, o, s, list...); err != nil {
				t.Fatal(err)
			}
		}
		if err := film.Join(t.Context(), o, s.open); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(o.Path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%v: %d bytes, want %d; %v", shards, len(got), len(want), err)
		}
		os.Remove(o.Path)
		s.kept[1] = s.kept[1][:len(s.kept[1])/2]
		wantNoFilm(t, o, s, "segment 1", "it has been cut")
		s.kept[1] = s.kept[0]
		wantNoFilm(t, o, s, "", "")
	}
}

// wantNoFilm wants Join to refuse segments, or, of a GIF with as many frames, to take them.
func wantNoFilm(t *testing.T, o film.Options, s *shelf, words ...string) {
	t.Helper()
	err := film.Join(t.Context(), o, s.open)
	if words[0] == "" {
		if err != nil {
			t.Error(err)
		}
		return
	}
	if !errors.Is(err, film.ErrSegment) || !strings.Contains(err.Error(), o.Path+" was not written") {
		t.Errorf("%v", err)
	}
	for _, w := range words {
		if err != nil && !strings.Contains(err.Error(), w) {
			t.Errorf("%v does not say %q", err, w)
		}
	}
	onlyFile(t, filepath.Dir(o.Path), "")
}

// TestSegmentsOfSequence wants a sequence's segments to say what its files are.
func TestSegmentsOfSequence(t *testing.T) {
	c := newCanvas(t, 32, 24)
	dir := t.TempDir()
	o := film.Options{Path: filepath.Join(dir, "frames") + "/", Width: 32, Height: 24, Frames: 7, Segment: 3}
	s := newShelf()
	if err := errors.Join(recordSegments(t, c, o, s, 1), recordSegments(t, c, o, s, 0, 2)); err != nil {
		t.Fatal(err)
	}
	for k := range 3 {
		if err := film.CheckSegment(t.Context(), o, k, s.open); err != nil {
			t.Error(err)
		}
	}
	if err := film.Join(t.Context(), o, s.open); err != nil {
		t.Error(err)
	}
	if lines := strings.Count(string(s.kept[2]), "\n"); lines != 1 {
		t.Errorf("%d lines of the last segment: %s", lines, s.kept[2])
	}
	five := filepath.Join(dir, "frames", "0005.png")
	if err := os.WriteFile(five, []byte("something else"), 0o666); err != nil {
		t.Fatal(err)
	}
	for k, want := range []string{"", "0005.png is not what was written", ""} {
		err := film.CheckSegment(t.Context(), o, k, s.open)
		if want == "" && err != nil || want != "" && (!errors.Is(err, film.ErrSegment) || !strings.Contains(err.Error(), want)) {
			t.Errorf("segment %d: %v", k, err)
		}
	}
	os.Remove(five)
	if err := film.Join(t.Context(), o, s.open); !errors.Is(err, film.ErrSegment) || !strings.Contains(err.Error(), "is not there any more") {
		t.Error(err)
	}
}

// TestOneSegment wants a film of one segment to be as it is without segments.
func TestOneSegment(t *testing.T) {
	tool(t, "ffmpeg")
	c := newCanvas(t, 48, 32)
	for _, name := range []string{"film.mp4", "film.gif"} {
		o := film.Options{Path: filepath.Join(t.TempDir(), name), Width: 48, Height: 32, FPS: 10, Frames: 1}
		if _, err := film.Record(t.Context(), c.d, o, 1, moving(c), nil); err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(o.Path)
		if err != nil {
			t.Fatal(err)
		}
		os.Remove(o.Path)
		o.Segment = o.SegmentFrames()
		s := newShelf()
		if err := recordSegments(t, c, o, s, 0); err != nil {
			t.Fatal(err)
		}
		if err := film.Join(t.Context(), o, s.open); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(o.Path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, want %d; %v", name, len(got), len(want), err)
		}
	}
}

// TestJoinRefuses wants segments that do not belong together to become no film.
func TestJoinRefuses(t *testing.T) {
	tool(t, "ffmpeg")
	c := newCanvas(t, 64, 48)
	o := film.Options{Path: filepath.Join(t.TempDir(), "film.mp4"), Width: 64, Height: 48, FPS: 10, Frames: 8, Segment: 4, Preset: "ultrafast"}
	s, faster, smaller := newShelf(), newShelf(), newShelf()
	if err := recordSegments(t, c, o, s, 0, 1); err != nil {
		t.Fatal(err)
	}
	p := o
	p.FPS = 20
	if err := recordSegments(t, c, p, faster, 1); err != nil {
		t.Fatal(err)
	}
	p = o
	p.Width = 32
	if err := recordSegments(t, newCanvas(t, 32, 48), p, smaller, 1); err != nil {
		t.Fatal(err)
	}
	good := s.kept[1]
	damaged := bytes.Clone(good)
	damaged[bytes.Index(damaged, []byte("stsz"))+15] = 9
	for _, test := range []struct {
		segment []byte
		word    string
	}{
		{good[:len(good)-10], "it has been cut"},
		{good[:3], "it has been cut"},
		{nil, "no MP4 file"},
		{[]byte("something else altogether"), "it has been cut"},
		{faster.kept[1], "its size, encoder or settings"},
		{smaller.kept[1], "its size, encoder or settings"},
		{damaged, "its index is damaged"},
	} {
		s.kept[1] = test.segment
		wantNoFilm(t, o, s, "segment 1: ", test.word)
	}
	s.kept[1] = good
	p = o
	p.Frames = 7
	wantNoFilm(t, p, s, "segment 1: ", "it has 4 frames, want 3")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := film.Join(ctx, o, s.open); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	onlyFile(t, filepath.Dir(o.Path), "")
}

// waitFor waits until there is a file.
func waitFor(t *testing.T, path string) {
	for range 3000 {
		if _, err := os.Stat(path); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("there is no %s", path)
}

// TestSegmentErrors wants what was kept to stay, and nothing else, if a segment cannot be made.
func TestSegmentErrors(t *testing.T) {
	path := tool(t, "ffmpeg")
	c := newCanvas(t, 64, 48)
	dir := t.TempDir()
	o := film.Options{Path: filepath.Join(dir, "film.mp4"), Width: 64, Height: 48, FPS: 10, Frames: 12, Segment: 4, Preset: "ultrafast"}
	mine := errors.New("mine")
	record := func(s *shelf, draw func(k int) error) error {
		f, err := film.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		d := moving(c)
		_, err = f.RecordSegments(t.Context(), c.d, []int{0, 1, 2}, s.begin, func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
			if err := draw(k); err != nil {
				return nil, nil, err
			}
			return d(k)
		}, nil)
		return err
	}
	s := newShelf()
	err := record(s, func(k int) error {
		for k == 9 { // until the first one is there
			s.mu.Lock()
			n := len(s.kept)
			s.mu.Unlock()
			if n > 0 {
				return mine
			}
			runtime.Gosched()
		}
		return nil
	})
	if !errors.Is(err, mine) || !strings.Contains(err.Error(), "frame 9: ") || s.kept[0] == nil || s.kept[2] != nil {
		t.Errorf("%v, %d segments", err, len(s.kept))
	}
	onlyFile(t, dir, "")

	s = newShelf()
	s.fail = mine
	if err := record(s, func(int) error { return nil }); err != mine {
		t.Errorf("of what keeps segments: %v", err)
	}
	onlyFile(t, dir, "")

	for k := range 2 { // of what begins to keep them
		f, err := film.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.RecordSegments(t.Context(), c.d, []int{0, 1, 2}, func(segment int) (film.SegmentWriter, error) {
			if segment == k {
				return nil, mine
			}
			return newShelf().begin(segment)
		}, moving(c), nil)
		if err != mine {
			t.Errorf("of the beginning of segment %d: %v", k, err)
		}
		f.Close()
		onlyFile(t, dir, "")
	}

	// The second ffmpeg, which writes the second of the unfinished files, fails at its end, whatever is
	// drawn meanwhile.
	t.Setenv("REAL", path)
	fake(t, `case "$*" in *.part1) cat >/dev/null; echo 'No space left on device' >&2; exit 3;; esac
exec "$REAL" "$@"`)
	s = newShelf()
	err = record(s, func(k int) error {
		if k == 1 {
			waitFor(t, filepath.Join(dir, ".film.mp4.part1"))
		}
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "segment 1 of "+o.Path+" was not written: exit status 3") || !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
	if s.kept[0] == nil || s.kept[1] != nil {
		t.Errorf("%d segments", len(s.kept))
	}
	onlyFile(t, dir, "")
}
