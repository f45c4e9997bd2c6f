package film

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"losscape/atomicfile"
	"losscape/gpu"
)

// verbs are what has a meaning in the name of a .png: a frame's number, as %d or
// with leading zeros as %04d, and %% for a percent sign. The last is what looks
// like a number and is none.
var verbs = regexp.MustCompile(`%%|%(0[1-9][0-9]?)?d|%[0-9]+d`)

// IsSequence says whether a path is that of a sequence of PNG files, one a
// frame: a folder's that ends in a slash, or a .png with a number in its name
// as %d, or as %04d with leading zeros. The first frame is number 0.
func IsSequence(path string) bool {
	if isFolder(path) || !strings.EqualFold(filepath.Ext(path), ".png") {
		return isFolder(path)
	}
	parts, err := parseName(path)
	return err == nil && len(parts) > 1
}

// StillName returns the name of the file of a .png without a number: %% in it is a
// percent sign. The error says what may be meant as a number.
func StillName(path string) (string, error) {
	parts, err := parseName(path)
	if err != nil {
		return "", err
	}
	if len(parts) > 1 {
		return "", usage("%q is the name of a sequence", path)
	}
	return parts[0].text, nil
}

// namePart is a piece of a name, and the width of the number that stands before it.
type namePart struct {
	text  string
	width int
}

// parseName cuts a path at the numbers in its last element. A %d before a letter is
// an error, as in 50%done.png: it would be taken for a word as often as for a number.
func parseName(path string) ([]namePart, error) {
	folder, base := filepath.Split(path)
	parts := []namePart{{text: folder}}
	at := 0
	for _, m := range verbs.FindAllStringSubmatchIndex(base, -1) {
		verb, last := base[m[0]:m[1]], &parts[len(parts)-1]
		last.text += base[at:m[0]]
		at = m[1]
		next, _ := utf8.DecodeRuneInString(base[at:])
		switch {
		case verb == "%%":
			last.text += "%"
		case m[2] >= 0: // %04d
			width, _ := strconv.Atoi(base[m[2]:m[3]])
			parts = append(parts, namePart{width: width})
		case verb == "%d" && !unicode.IsLetter(next):
			parts = append(parts, namePart{})
		default:
			return nil, usage("%q: write %%%%%s for a percent sign, %%04d for a frame's number, instead of %s", path, verb[1:], verb)
		}
	}
	parts[len(parts)-1].text += base[at:]
	return parts, nil
}

func isFolder(path string) bool { return path != "" && os.IsPathSeparator(path[len(path)-1]) }

// sequence names the files of a sequence.
type sequence struct {
	folder        string
	before, after string // the number
	width         int    // of the number, with leading zeros
}

func newSequence(path string, frames int) (sequence, error) {
	if isFolder(path) {
		return sequence{folder: path, before: path, after: ".png", width: max(4, len(strconv.Itoa(frames-1)))}, nil
	}
	parts, err := parseName(path)
	if err != nil {
		return sequence{}, err
	}
	if len(parts) != 2 {
		return sequence{}, usage("%q has %d places for a frame's number, want one, such as %%04d", path, len(parts)-1)
	}
	folder, _ := filepath.Split(path)
	return sequence{folder: folder, before: parts[0].text, after: parts[1].text, width: parts[1].width}, nil
}

// name returns the path of frame k.
func (s sequence) name(k int) string {
	return fmt.Sprintf("%s%0*d%s", s.before, s.width, k, s.after)
}

// makeFolder makes the sequence's folder if it is missing and its parent is
// there, and says whether it did.
func (s sequence) makeFolder() (made bool, err error) {
	if s.folder == "" {
		return false, nil
	}
	dir := filepath.Clean(s.folder)
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return false, nil // Create says what else may be wrong with it
	}
	if parent := filepath.Dir(dir); parent != dir {
		if _, err := os.Stat(parent); errors.Is(err, fs.ErrNotExist) {
			return false, fmt.Errorf("the folder %s of %s does not exist; make it first (mkdir -p %s)", parent, s.folder, parent)
		}
	}
	if err := os.Mkdir(dir, 0o777); err != nil {
		return false, fmt.Errorf("the folder %s cannot be made: %w; name another", dir, err)
	}
	return true, nil
}

// check returns nil if a sequence of so many frames can be written, and leaves
// nothing.
func (s sequence) check(frames int) error {
	made, err := s.makeFolder()
	if err != nil {
		return err
	}
	err = atomicfile.Check(s.name(0))
	for k := 1; k < frames && err == nil; k++ {
		err = atomicfile.CheckTarget(s.name(k))
	}
	if made {
		os.Remove(filepath.Clean(s.folder))
	}
	return err
}

// recordPNGs is Record for a sequence. Frames are encoded while the next ones
// are drawn. Each file is whole from the moment that it has its name; those
// written before an error stay.
func recordPNGs(ctx context.Context, d *gpu.Device, o Options, frames int, draw DrawFunc, progress func(done, total int)) (stats Stats, err error) {
	s, err := newSequence(o.Path, frames)
	if err != nil {
		return stats, err
	}
	made, err := s.makeFolder()
	if err != nil {
		return stats, err
	}
	if made {
		defer os.Remove(filepath.Clean(s.folder)) // succeeds only if it is empty
	}
	start := time.Now()
	bounds := image.Rect(0, 0, o.Width, o.Height)
	var rows []byte

	workers := runtime.GOMAXPROCS(0)
	type picture struct {
		*image.RGBA
		k     int
		stale change // since frame k
	}
	pictures := make([]*picture, workers)
	free := make(chan *picture, workers)
	for i := range pictures {
		pictures[i] = &picture{RGBA: image.NewRGBA(bounds)}
		pictures[i].stale.add(bounds)
		free <- pictures[i]
	}
	jobs := make(chan *picture)
	failed := make(chan struct{})
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex // of what follows
		first error
		done  int
	)
	for range workers {
		wg.Go(func() {
			var pool pngBuffer
			e := png.Encoder{CompressionLevel: png.BestSpeed, BufferPool: &pool}
			for p := range jobs {
				n, err := encodePNG(&e, p.RGBA, s.name(p.k))
				free <- p
				mu.Lock()
				stats.Bytes += n
				switch {
				case err != nil && first == nil:
					first = err
					close(failed)
				case err == nil:
					done++
					if progress != nil {
						progress(done, frames)
					}
				}
				mu.Unlock()
			}
		})
	}
	err = func() error {
		for k := range frames {
			if err := ctx.Err(); err != nil {
				return err
			}
			t := time.Now()
			fb, changed, err := draw(k)
			if err != nil {
				return fmt.Errorf("frame %d: %w", k, err)
			}
			stats.Draw += time.Since(t)
			if w, h := fb.Size(); w != o.Width || h != o.Height {
				return fmt.Errorf("picture %q is %dx%d, want %dx%d", fb.Label, w, h, o.Width, o.Height)
			}
			if k == 0 || changed == nil {
				changed = []image.Rectangle{bounds}
			}
			for _, p := range pictures { // what is stale is ours, encoded or not
				for _, r := range changed {
					if r = r.Intersect(bounds); !r.Empty() {
						p.stale.add(r)
					}
				}
			}
			t = time.Now()
			var p *picture
			select {
			case p = <-free:
			case <-failed:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
			stats.Encoder += time.Since(t)
			t = time.Now()
			for _, r := range p.stale.blocks {
				if rows, err = readInto(d, fb, p.RGBA, r, rows); err != nil {
					return err
				}
			}
			p.stale.clear()
			stats.Read += time.Since(t)
			p.k = k
			stats.Frames++
			jobs <- p
		}
		return nil
	}()
	close(jobs)
	wg.Wait()
	stats.Total = time.Since(start)
	if err == nil {
		err = first
	}
	if e := ctx.Err(); e != nil {
		err = e
	}
	return stats, err
}

// readInto brings a rectangle of a framebuffer into img. rows is memory to
// work in; what it has become is returned.
func readInto(d *gpu.Device, fb *gpu.Framebuffer, img *image.RGBA, r image.Rectangle, rows []byte) ([]byte, error) {
	if r.Empty() {
		return rows, nil
	}
	const strip = 128
	n, h := 4*r.Dx(), img.Rect.Dy()
	if cap(rows) < n*strip {
		rows = make([]byte, n*strip)
	}
	for y0 := r.Min.Y; y0 < r.Max.Y; y0 += strip {
		y1 := min(y0+strip, r.Max.Y)
		rows = rows[:n*(y1-y0)]
		if err := d.Do(func() error { return fb.ReadPixels(r.Min.X, h-y1, r.Dx(), y1-y0, rows) }); err != nil {
			return rows, err
		}
		for i := 3; i < len(rows); i += 4 {
			rows[i] = 255
		}
		for y := y0; y < y1; y++ {
			copy(img.Pix[img.PixOffset(r.Min.X, y):][:n], rows[(y1-1-y)*n:])
		}
	}
	return rows, nil
}

// encodePNG writes a picture to a file, whole or not at all.
func encodePNG(e *png.Encoder, img image.Image, path string) (bytes int64, err error) {
	f, err := atomicfile.Create(path)
	if err != nil {
		return 0, err
	}
	defer f.Discard()
	if err := e.Encode(f, img); err != nil {
		return 0, fmt.Errorf("%s was not written: %w", path, err)
	}
	return f.Size(), f.Commit()
}

// pngBuffer keeps an encoder's memory from one frame to the next.
type pngBuffer struct{ b *png.EncoderBuffer }

func (p *pngBuffer) Get() *png.EncoderBuffer  { return p.b }
func (p *pngBuffer) Put(b *png.EncoderBuffer) { p.b = b }
