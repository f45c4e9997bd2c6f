//go:build cgo

package film

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"time"

	"losscape/gpu"
)

// DrawFunc draws frame k and says where it differs from the frame drawn before,
// in pixels with y counting downwards from the top; nil means everywhere. The
// framebuffer keeps its colours until the next call. Frames are drawn in order,
// except that a GIF looks at a few of them first. The error io.EOF, of any frame of
// a video but the first, ends the film before that frame.
type DrawFunc func(k int) (fb *gpu.Framebuffer, changed []image.Rectangle, err error)

// Stats is where the time of a film went, by the clock of the drawing side.
type Stats struct {
	Frames  int
	Bytes   int64         // handed to the encoder
	Total   time.Duration // from the first frame drawn to the last one written
	Draw    time.Duration // in DrawFunc
	Convert time.Duration // converting to YUV and starting the readback
	Read    time.Duration // waiting for the device and copying to the host
	Encoder time.Duration // waiting for the encoder to take a frame
}

// Stream draws frames 0 to frames−1 and writes each to out as planar YUV
// 4:2:0 (BT.709, limited range, chroma sited left, the top row first), in
// FrameBytes bytes by one Write. Memory does not grow with the number of
// frames. If progress is not nil it is called after each frame written, from
// another goroutine but one call at a time.
//
// When ctx is cancelled Stream waits for a Write under way, which therefore
// has to end then.
func Stream(ctx context.Context, d *gpu.Device, width, height, frames int, draw DrawFunc, out io.Writer, progress func(done, total int)) (Stats, error) {
	return stream(ctx, d, width, height, frames, each, draw, out, progress)
}

// each numbers the frames of a whole film.
func each(i int) int { return i }

// stream is Stream for some frames of a film: number gives them in ascending order.
func stream(ctx context.Context, d *gpu.Device, width, height, frames int, number func(i int) int, draw DrawFunc, out io.Writer, progress func(done, total int)) (Stats, error) {
	var c *converter
	err := d.Do(func() (err error) {
		c, err = newConverter(d, width, height, d.Caps.HostMemory)
		return err
	})
	if err != nil {
		return Stats{}, err
	}
	defer d.Do(func() error { return c.Close() })

	s := &streamer{d: d, c: c, q: newQueue(c.layout), done: make(chan struct{})}
	start := time.Now()
	go s.write(out, frames, progress)
	err = s.frames(ctx, frames, number, draw)
	close(s.q.full)
	<-s.done
	s.stats.Total = time.Since(start)
	if s.err != nil {
		err = s.err
	}
	if e := ctx.Err(); e != nil {
		err = e
	}
	return s.stats, err
}

type streamer struct {
	d     *gpu.Device
	c     *converter
	q     *queue
	stats Stats

	done chan struct{}
	err  error // of the writer; read it after done or the queue's failed is closed
}

// write is the goroutine that feeds out.
func (s *streamer) write(out io.Writer, frames int, progress func(done, total int)) {
	defer close(s.done)
	// The last two frames, in turn: what was handed on stays as it is while the next one
	// is handed over.
	var recent [2][]byte
	for i := range recent {
		p, free, err := newShared(s.c.layout.bytes())
		if err != nil {
			s.fail(err)
			break
		}
		defer free()
		recent[i] = p
	}
	write := func(p []byte) error { _, err := out.Write(p); return err }
	if l, ok := out.(interface{ writeShared([]byte) error }); ok {
		write = l.writeShared
	}
	n := 0
	for d := range s.q.full {
		if s.err != nil {
			continue
		}
		frame, other := recent[n%2], recent[(n+1)%2]
		var err error
		if d.whole {
			_, err = out.Write(d.data) // and it is pasted while the encoder is busy
			s.c.layout.paste(frame, d)
		} else {
			s.c.layout.paste(frame, d)
			err = write(frame)
		}
		if err != nil {
			s.fail(err)
			continue
		}
		s.c.layout.paste(other, d)
		n++
		if progress != nil {
			progress(n, frames)
		}
		s.q.free <- d // never blocks, as full does not
	}
}

// fail ends the drawing.
func (s *streamer) fail(err error) {
	s.err = err
	close(s.q.failed)
}

// errWriter means that the writer has an error to report.
var errWriter = errors.New("a frame could not be written")

// frames draws some frames and hands them to the writer.
func (s *streamer) frames(ctx context.Context, frames int, number func(i int) int, draw DrawFunc) error {
	for i := range frames {
		k := number(i)
		if err := ctx.Err(); err != nil {
			return err
		}
		t := time.Now()
		fb, changed, err := draw(k)
		if err == io.EOF && i > 0 {
			break
		}
		if err != nil {
			return fmt.Errorf("frame %d: %w", k, err)
		}
		s.stats.Draw += time.Since(t)
		if s.c.full() {
			if err := s.receive(ctx); err != nil {
				return err
			}
		}
		t = time.Now()
		if err := s.d.Do(func() error { return s.c.submit(fb.Color, changed) }); err != nil {
			return err
		}
		s.stats.Convert += time.Since(t)
		s.stats.Frames++
		// Frames that have arrived go on at once, unless the encoder is busy.
		for s.ready() {
			if err := s.receive(ctx); err != nil {
				return err
			}
		}
	}
	for s.c.pending > 0 {
		if err := s.receive(ctx); err != nil {
			return err
		}
	}
	return nil
}

// ready reports whether receive would not wait.
func (s *streamer) ready() (ok bool) {
	if s.c.pending == 0 || !s.q.fits(s.c.layout.span(s.c.oldest().blocks)) {
		return false
	}
	s.d.Do(func() error { ok = s.c.ready(); return nil })
	return ok
}

// receive moves the oldest frame from the device to the queue.
func (s *streamer) receive(ctx context.Context) error {
	t := time.Now()
	if err := s.q.room(ctx, s.c.layout.span(s.c.oldest().blocks)); err != nil {
		return err
	}
	s.stats.Encoder += time.Since(t)
	t = time.Now()
	if err := s.d.Do(func() error { return s.c.receive(ctx, s.q) }); err != nil {
		return err
	}
	s.stats.Read += time.Since(t)
	s.stats.Bytes += int64(s.c.layout.bytes())
	return nil
}
