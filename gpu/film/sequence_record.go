//go:build cgo

package film

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"losscape/gpu"
	"losscape/gpu/film/atomicfile"
)

// recordPNGs is RecordSegments for a sequence, without segments to keep if begin is nil. Frames
// are encoded while the next ones are drawn. Each file is whole from the moment that it has its
// name; those written before an error stay.
func recordPNGs(ctx context.Context, d *gpu.Device, o Options, r reel, begin func(segment int) (SegmentWriter, error),
	draw DrawFunc, progress func(done, total int)) (stats Stats, err error) {
	s, err := newSequence(o.Path, o.Frames)
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
		i     int    // frame of the reel
		stale change // since that frame
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
		open  = map[int]*kept{} // by segment of the reel
	)
	defer func() {
		for _, k := range open {
			k.w.Discard()
		}
	}()
	// keep keeps a segment when all of its files are there.
	keep := func(i int, file digest) (err error) {
		at := r.at(i)
		k := open[at]
		if k == nil {
			k = &kept{digests: make([]digest, r.end(at)-r.start[at])}
			if k.w, err = begin(r.segments[at]); err != nil {
				return err
			}
			open[at] = k
		}
		k.digests[i-r.start[at]] = file
		if k.files++; k.files < len(k.digests) {
			return nil
		}
		if err := writeDigests(k.w, k.digests); err != nil {
			return err
		}
		delete(open, at)
		return commitSegment(k.w)
	}
	for range workers {
		wg.Go(func() {
			var pool pngBuffer
			e := png.Encoder{CompressionLevel: png.BestSpeed, BufferPool: &pool}
			for p := range jobs {
				i, path := p.i, s.name(r.number(p.i))
				var h hash.Hash
				if begin != nil {
					h = sha256.New()
				}
				n, err := encodePNG(&e, p.RGBA, path, h)
				free <- p
				mu.Lock()
				stats.Bytes += n
				if err == nil && first == nil && h != nil {
					err = keep(i, digest{[sha256.Size]byte(h.Sum(nil)), filepath.Base(path)})
				}
				switch {
				case err != nil && first == nil:
					first = err
					close(failed)
				case err == nil:
					done++
					if progress != nil {
						progress(done, r.frames)
					}
				}
				mu.Unlock()
			}
		})
	}
	err = func() error {
		for i := range r.frames {
			if err := ctx.Err(); err != nil {
				return err
			}
			k := r.number(i)
			t := time.Now()
			fb, changed, err := draw(k)
			if err != nil {
				return fmt.Errorf("frame %d: %w", k, err)
			}
			stats.Draw += time.Since(t)
			if w, h := fb.Size(); w != o.Width || h != o.Height {
				return fmt.Errorf("picture %q is %dx%d, want %dx%d", fb.Label, w, h, o.Width, o.Height)
			}
			if i == 0 || changed == nil {
				changed = []image.Rectangle{bounds}
			}
			for _, p := range pictures { // what is stale is ours, encoded or not
				for _, c := range changed {
					if c = c.Intersect(bounds); !c.Empty() {
						p.stale.add(c)
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
			for _, b := range p.stale.blocks {
				if rows, err = readInto(d, fb, p.RGBA, b, rows); err != nil {
					return err
				}
			}
			p.stale.clear()
			stats.Read += time.Since(t)
			p.i = i
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

// commitSegment keeps a segment, or drops it.
func commitSegment(w SegmentWriter) error {
	defer w.Discard()
	return w.Commit()
}

// kept is a segment whose files are being written.
type kept struct {
	w       SegmentWriter
	digests []digest
	files   int // that are there
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

// encodePNG writes a picture to a file, whole or not at all, and to h unless that is nil.
func encodePNG(e *png.Encoder, img image.Image, path string, h hash.Hash) (bytes int64, err error) {
	f, err := atomicfile.Create(path)
	if err != nil {
		return 0, err
	}
	defer f.Discard()
	w := io.Writer(f)
	if h != nil {
		w = io.MultiWriter(f, h)
	}
	if err := e.Encode(w, img); err != nil {
		return 0, fmt.Errorf("%s was not written: %w", path, err)
	}
	return f.Size(), f.Commit()
}

// pngBuffer keeps an encoder's memory from one frame to the next.
type pngBuffer struct{ b *png.EncoderBuffer }

func (p *pngBuffer) Get() *png.EncoderBuffer  { return p.b }
func (p *pngBuffer) Put(b *png.EncoderBuffer) { p.b = b }
