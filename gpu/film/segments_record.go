//go:build cgo

package film

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"slices"

	"losscape/gpu"
)

// RecordSegments draws the frames of some segments, in ascending order, and hands each segment that is
// whole to what begin has returned for it, which may be on another goroutine; begin is called for one
// after the other. Segments before an error stay. While a segment ends, the next ones are drawn;
// draw is told of frames that follow each other but where a segment is missing. See Stream for draw
// and progress, and Join for what becomes of them.
func (f *Film) RecordSegments(ctx context.Context, d *gpu.Device, segments []int, begin func(segment int) (SegmentWriter, error),
	draw DrawFunc, progress func(done, total int)) (Stats, error) {
	<-f.ready
	f.mu.Lock()
	f.recording = true
	err := f.err
	f.mu.Unlock()
	if err != nil {
		return Stats{}, err
	}
	var r reel
	for _, k := range segments {
		if k < 0 || k >= f.o.Segments() || len(r.segments) > 0 && k <= r.segments[len(r.segments)-1] {
			return Stats{}, usage("segment %d, want ascending numbers of %d segments", k, f.o.Segments())
		}
		r.add(f.o, k)
	}
	if len(r.segments) == 0 {
		return Stats{}, nil
	}
	p, err := f.o.resolve()
	if err != nil {
		return Stats{}, err
	}
	all := func(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
		fb, changed, err := draw(k)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF // nothing ends before its frames do
		}
		return fb, changed, err
	}
	switch {
	case p.sequence:
		return recordPNGs(ctx, d, f.o, r, begin, all, progress)
	case len(p.encoders) == 0:
		return recordGIF(ctx, d, f.o, r, begin, all, progress)
	}
	return f.recordVideo(ctx, d, p, r, begin, all, progress)
}

// reel is some segments, whose frames follow each other.
type reel struct {
	segments []int
	first    []int // frame of each
	start    []int // how many frames the segments before it have
	frames   int
}

// wholeFilm is a reel of one segment that is all of a film.
func wholeFilm(frames int) reel { return reel{[]int{0}, []int{0}, []int{0}, frames} }

func (r *reel) add(o Options, segment int) {
	first, end := o.SegmentSpan(segment)
	r.segments = append(r.segments, segment)
	r.first = append(r.first, first)
	r.start = append(r.start, r.frames)
	r.frames += end - first
}

// at returns in which of the reel's segments its frame i is.
func (r reel) at(i int) int {
	s, ok := slices.BinarySearch(r.start, i)
	if !ok {
		s--
	}
	return s
}

// number returns the number in the film of the reel's frame i.
func (r reel) number(i int) int {
	s := r.at(i)
	return r.first[s] + i - r.start[s]
}

// end returns how many frames there are up to the end of one of the reel's segments.
func (r reel) end(s int) int {
	if s+1 < len(r.start) {
		return r.start[s+1]
	}
	return r.frames
}

// recordVideo has an ffmpeg encode each segment. The next one has started before it is needed, and
// ends the segment while the one after it takes frames.
func (f *Film) recordVideo(ctx context.Context, d *gpu.Device, p plan, r reel, begin func(segment int) (SegmentWriter, error),
	draw DrawFunc, progress func(done, total int)) (Stats, error) {
	streamed, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := &cutter{ctx: ctx, cancel: cancel, o: f.o, p: p, reel: r, begin: begin, next: make(chan started, 1)}
	c.next <- started{f.enc, nil}
	f.mu.Lock()
	f.enc = nil // it is the cutter's
	f.mu.Unlock()
	stats, err := stream(streamed, d, f.o.Width, f.o.Height, r.frames, r.number, draw, c, progress)
	if err != nil {
		err = cause(streamed, err)
	}
	return stats, c.end(err)
}

// cutter writes frames to one ffmpeg after another.
type cutter struct {
	ctx    context.Context
	cancel context.CancelCauseFunc // ends the drawing
	o      Options
	p      plan
	reel   reel
	begin  func(segment int) (SegmentWriter, error)
	done   int // frames

	enc    *Encoder // of the segment at hand, nil between two
	piece  SegmentWriter
	next   chan started // holds the ffmpeg of the next segment, or soon will; nil if there is none
	ending chan error   // the result of the segment before, nil if there is none
}

type started struct {
	enc *Encoder
	err error
}

func (c *cutter) Write(frame []byte) (int, error) {
	return len(frame), c.write(frame, func() error { _, err := c.enc.Write(frame); return err })
}

func (c *cutter) writeShared(frame []byte) error {
	return c.write(frame, func() error {
		if c.done+1 == c.reel.end(c.reel.at(c.done)) {
			// No frame follows it into this pipe, from which it may still be read when its memory
			// takes another one.
			_, err := c.enc.Write(frame)
			return err
		}
		return c.enc.writeShared(frame)
	})
}

// write hands a frame to the ffmpeg of its segment.
func (c *cutter) write(frame []byte, hand func() error) error {
	s := c.reel.at(c.done)
	if c.enc == nil {
		if err := c.turn(s); err != nil {
			return err
		}
	}
	if err := hand(); err != nil {
		return err
	}
	c.done++
	if c.done < c.reel.end(s) {
		return nil
	}
	if err := c.settle(); err != nil { // so that there are never more than three processes
		return err
	}
	ending := make(chan error, 1)
	go func(e *Encoder, piece SegmentWriter) {
		err := e.keep(piece)
		if err != nil {
			c.cancel(err)
		}
		ending <- err
	}(c.enc, c.piece)
	c.ending, c.enc, c.piece = ending, nil, nil
	return nil
}

// turn goes on with a segment of the reel.
func (c *cutter) turn(s int) (err error) {
	next := <-c.next
	last := s+1 == len(c.reel.segments)
	defer func() {
		if err != nil || last {
			c.next <- started{}
		}
	}()
	if next.err != nil {
		return next.err
	}
	c.enc = next.enc
	c.enc.target = fmt.Sprintf("segment %d of %s", c.reel.segments[s], c.enc.target)
	go c.enc.watch(c.cancel)
	if c.piece, err = c.begin(c.reel.segments[s]); err != nil {
		return err
	}
	if !last {
		go func() {
			e, err := begin(c.ctx, c.o, c.p)
			c.next <- started{e, err}
		}()
	}
	return nil
}

// settle waits until the segment before is kept.
func (c *cutter) settle() error {
	if c.ending == nil {
		return nil
	}
	err := <-c.ending
	c.ending = nil
	return err
}

// end ends all that has begun, and returns why the film was not recorded, nil if it was.
func (c *cutter) end(err error) error {
	if e := c.settle(); e != nil && (err == nil || errors.Is(err, errBrokenPipe)) {
		err = e // what ended was the ffmpeg of the segment before
	}
	if c.enc != nil {
		err = c.enc.Abort(err)
	}
	if c.piece != nil {
		c.piece.Discard()
	}
	if next := <-c.next; next.enc != nil {
		next.enc.Abort(errClosed)
	}
	if e := c.ctx.Err(); e != nil {
		return e
	}
	return err
}

// keep ends a segment and puts it where it is kept.
func (e *Encoder) keep(piece SegmentWriter) error {
	defer piece.Discard()
	if err := e.end(nil); err != nil {
		return err
	}
	defer e.file.Discard() // it has been copied, or is not needed any more
	r, err := os.Open(e.file.PartName())
	if err != nil {
		return fmt.Errorf("%s was not written: %w", e.target, err)
	}
	defer r.Close()
	if _, err := io.Copy(piece, r); err != nil {
		return err
	}
	return piece.Commit()
}
