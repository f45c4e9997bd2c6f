package film_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"losscape/gpu"
	"losscape/gpu/film"
)

func TestIsSequence(t *testing.T) {
	for path, want := range map[string]bool{
		"a/%04d.png": true, "%d.png": true, "a%03d.PNG": true, "a%3d.png": false, "50%done.png": false, "frames/": true, "%d/%d.png": true,
		"a.png": false, "100%.png": false, "a%d.gif": false, "a%d": false, "%d/a.png": false, "": false, "a%04x.png": false,
	} {
		if got := film.IsSequence(path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
}

// mark draws frame k: the board with a white square in another place each time.
func mark(c *canvas, k int) ([]image.Rectangle, error) {
	at := func(k int) image.Rectangle { return image.Rect(11*k, 7*k, 11*k+10, 7*k+10) }
	if k == 0 {
		if err := c.paint(c.bounds(), board); err != nil {
			return nil, err
		}
		return nil, c.paint(at(0), plain(color.RGBA{255, 255, 255, 255}))
	}
	err := errors.Join(c.paint(at(k-1), board), c.paint(at(k), plain(color.RGBA{255, 255, 255, 255})))
	return []image.Rectangle{at(k - 1), at(k)}, err
}

func TestRecordSequence(t *testing.T) {
	t.Setenv(film.FFmpegEnv, "/nonexistent") // it needs none
	const frames = 12
	for path, name := range map[string]string{
		"%03d.png":         "%03d.png",
		"new/frame %d.png": "new/frame %d.png",
		"new/":             "new/%04d.png",
	} {
		dir := t.TempDir()
		c := newCanvas(t, 161, 165)
		o := film.Options{Path: dir + "/" + path, Width: 161, Height: 165}
		if _, err := film.Check(context.Background(), o); err != nil {
			t.Fatal(err)
		}
		onlyFile(t, dir, "")
		last := 0
		stats, err := film.Record(context.Background(), c.d, o, frames, func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
			changed, err := mark(c, k)
			return c.fb, changed, err
		}, func(done, total int) {
			if last++; done != last || total != frames {
				t.Errorf("progress %d of %d", done, total)
			}
		})
		if err != nil || last != frames || stats.Frames != frames || stats.Bytes == 0 {
			t.Fatal(err, last, stats)
		}
		entries, err := os.ReadDir(filepath.Dir(filepath.Join(dir, name)))
		if err != nil || len(entries) != frames {
			t.Errorf("%s: %d files, %v", path, len(entries), err)
		}
		for k := range frames {
			img := readPNG(t, filepath.Join(dir, fmt.Sprintf(name, k)))
			if img.Bounds() != c.bounds() {
				t.Fatal(k, img.Bounds())
			}
			square := image.Rect(11*k, 7*k, 11*k+10, 7*k+10)
			for y := range 165 {
				for x := range 161 {
					want := board(x, y)
					if image.Pt(x, y).In(square) {
						want = color.RGBA{255, 255, 255, 255}
					}
					if got := color.RGBAModel.Convert(img.At(x, y)); got != want {
						t.Fatalf("frame %d: pixel %d,%d is %v, want %v", k, x, y, got, want)
					}
				}
			}
		}
	}
}

// TestSequenceStops checks what is left when a sequence ends early: whole files
// only, and no folder that holds nothing.
func TestSequenceStops(t *testing.T) {
	c := newCanvas(t, 64, 48)
	broken := errors.New("mine")
	for _, want := range []error{broken, context.Canceled} {
		for _, at := range []int{0, 6} {
			dir := t.TempDir()
			ctx, cancel := context.WithCancel(context.Background())
			o := film.Options{Path: filepath.Join(dir, "new") + "/", Width: 64, Height: 48}
			_, err := film.Record(ctx, c.d, o, 30, func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
				if k == at && want == broken {
					return nil, nil, broken
				}
				if k == at {
					cancel()
				}
				return c.fb, nil, nil
			}, nil)
			cancel()
			if !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
			entries, _ := os.ReadDir(filepath.Join(dir, "new"))
			for _, e := range entries {
				readPNG(t, filepath.Join(dir, "new", e.Name()))
			}
			if at == 0 && want == broken {
				onlyFile(t, dir, "")
			}
		}
	}
}

// TestPercentSigns holds that %d and %0Nd are numbers, %% is a percent sign, all else
// is itself, and what may be meant either way is refused.
func TestPercentSigns(t *testing.T) {
	for path, want := range map[string]string{
		"a.png": "a.png", "100%.png": "100%.png", "50%%done.png": "50%done.png", "%%d.png": "%d.png", "%s%.png": "%s%.png",
		"%d/%%.png": "%d/%.png", "%%%%.png": "%%.png", "%": "%", "": "",
	} {
		if got, err := film.StillName(path); err != nil || got != want || film.IsSequence(path) {
			t.Errorf("%s: %s, %v, want %s", path, got, err, want)
		}
	}
	for path, want := range map[string]string{
		"50%done.png": "write %%d for a percent sign, %04d for a frame's number, instead of %d",
		"%5d.png":     "write %%5d", "%0d.png": "write %%0d", "%dé.png": "write %%d", "%00d.png": "write %%00d", "%004d.png": "write %%004d",
	} {
		o := film.Options{Path: path, Width: 10, Height: 10, FPS: 1}
		if _, err := film.StillName(path); !errors.Is(err, film.ErrUsage) || !strings.Contains(err.Error(), want) || film.IsSequence(path) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
		if _, err := film.Check(t.Context(), o); !errors.Is(err, film.ErrUsage) {
			t.Errorf("%s: %v", path, err)
		}
	}
	c := newCanvas(t, 10, 10)
	for name, want := range map[string]string{
		"%d.png": "10.png", "%04d.png": "0010.png", "%010d.png": "0000000010.png", "%04dth.png": "0010th.png", "%%%d%%d.png": "%10%d.png", "%d-%%.PNG": "10-%.PNG",
	} {
		dir := t.TempDir()
		if _, err := film.Record(t.Context(), c.d, film.Options{Path: filepath.Join(dir, name), Width: 10, Height: 10}, 11,
			func(int) (*gpu.Framebuffer, []image.Rectangle, error) { return c.fb, nil, nil }, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(filepath.Join(dir, want)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The last of the names may be too long, or taken.
	dir := t.TempDir()
	os.Mkdir(filepath.Join(dir, "7.png"), 0o777)
	for name, want := range map[string]string{strings.Repeat("a", 250) + "%d.png": "too long", strings.Repeat("a", 249) + "%d.png": "too long", "%d.png": "7.png is a folder"} {
		o := film.Options{Path: filepath.Join(dir, name), Width: 10, Height: 10, Frames: 101}
		if _, err := film.Check(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	onlyFile(t, dir, "7.png")
}

func TestSequenceErrors(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for part, path := range map[string]string{
		"2 places":       filepath.Join(dir, "%d-%d.png"),
		"mkdir -p":       filepath.Join(dir, "none/more/%d.png"),
		"not a folder":   filepath.Join(dir, "file/%d.png"),
		"cannot be made": "/proc/losscape/",
	} {
		_, err := film.Check(context.Background(), film.Options{Path: path, Width: 64, Height: 48})
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", part, err)
		}
	}
	for part, o := range map[string]film.Options{
		"crf": {CRF: 20}, "codec": {Codec: "h264"}, "16384": {Width: 20000},
	} {
		o.Path, o.Width, o.Height = filepath.Join(dir, "%d.png"), max(o.Width, 64), 48
		if _, err := film.Check(context.Background(), o); !errors.Is(err, film.ErrUsage) || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", part, err)
		}
	}
	onlyFile(t, dir, "file")
	c := newCanvas(t, 16, 16)
	_, err := film.Record(context.Background(), c.d, film.Options{Path: filepath.Join(dir, "%d.png"), Width: 20, Height: 16}, 2,
		func(int) (*gpu.Framebuffer, []image.Rectangle, error) { return c.fb, nil, nil }, nil)
	if err == nil || !strings.Contains(err.Error(), "16x16") {
		t.Errorf("a picture of the wrong size: %v", err)
	}
	// A file that cannot be written stops the rest.
	if err := os.Mkdir(filepath.Join(dir, "3.png"), 0o777); err != nil {
		t.Fatal(err)
	}
	drawn := 0
	_, err = film.Record(context.Background(), c.d, film.Options{Path: filepath.Join(dir, "%d.png"), Width: 16, Height: 16}, 1000,
		func(int) (*gpu.Framebuffer, []image.Rectangle, error) { drawn++; return c.fb, nil, nil }, nil)
	if err == nil || !strings.Contains(err.Error(), "3.png is a folder") || drawn > 100 {
		t.Errorf("after %d frames: %v", drawn, err)
	}
}

// BenchmarkSequence times the frames of a film as PNG files.
func BenchmarkSequence(b *testing.B) {
	c := newCanvas(b, 5400, 1800)
	draw := picture(b, c)
	const frames = 8
	var bytes int64
	for b.Loop() {
		stats, err := film.Record(context.Background(), c.d, film.Options{Path: b.TempDir() + "/", Width: 5400, Height: 1800}, frames, draw, nil)
		if err != nil {
			b.Fatal(err)
		}
		bytes = stats.Bytes
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(frames*b.N), "ms/frame")
	b.ReportMetric(float64(bytes)/frames/1e6, "MB/frame")
}
