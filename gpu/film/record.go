//go:build cgo

package film

import (
	"context"
	"errors"
	"sync"

	"losscape/gpu"
)

// Record draws frames 0 to frames−1 and writes them as a film to o.Path, whole
// or not at all, or to o.To: on an error, or when ctx is cancelled, nothing is left and a
// file that was there before stays. Of a sequence that holds for each file: those
// already written stay. See Stream for draw and progress. Call Check before the
// work that comes before, or Open instead.
func Record(ctx context.Context, d *gpu.Device, o Options, frames int, draw DrawFunc, progress func(done, total int)) (Stats, error) {
	if frames < 1 {
		return Stats{}, usage("%d frames, want at least one", frames)
	}
	o.Segment = 0
	p, err := o.resolve()
	if err != nil {
		return Stats{}, err
	}
	if p.sequence {
		o.Frames = frames
		return recordPNGs(ctx, d, o, wholeFilm(frames), nil, draw, progress)
	}
	if len(p.encoders) == 0 {
		return writeGIF(ctx, d, o, frames, draw, progress)
	}
	e, err := Start(ctx, o)
	if err != nil {
		return Stats{}, err
	}
	return e.record(ctx, d, o, frames, draw, progress)
}

func (e *Encoder) record(ctx context.Context, d *gpu.Device, o Options, frames int, draw DrawFunc, progress func(done, total int)) (Stats, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go e.watch(cancel)
	stats, err := Stream(ctx, d, o.Width, o.Height, frames, draw, e, progress)
	if err != nil {
		return stats, e.Abort(cause(ctx, err))
	}
	return stats, e.Finish()
}

// watch tells at once if ffmpeg ends before it has been asked to, so that nothing is drawn
// for it any more.
func (e *Encoder) watch(cancel context.CancelCauseFunc) {
	<-e.exited
	if !e.ending.Load() {
		cancel(errBrokenPipe)
	}
}

// cause returns why a context ended, if err is only that it did.
func cause(ctx context.Context, err error) error {
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// Film is a film that has been opened and will be recorded. Its ffmpeg gets
// ready while the caller prepares what is to be drawn.
type Film struct {
	o      Options
	ready  chan struct{} // closed when enc is there, or failed is closed
	failed chan struct{} // closed when the film cannot be recorded

	mu        sync.Mutex
	enc       *Encoder // nil if it needs none
	recording bool
	err       error // why it cannot be recorded
}

// Open begins a film. What Check finds out at once it returns as an error. An
// encoder that is the only one of its codec, and software, is started; any other is
// tried first, which goes on after Open has returned. Failed and Ready tell if that
// came to nothing. Close must be called.
func Open(ctx context.Context, o Options) (*Film, error) {
	f := &Film{o: o, ready: make(chan struct{}), failed: make(chan struct{})}
	p, err := o.resolve()
	if err != nil {
		return nil, err
	}
	if len(p.encoders) == 0 {
		close(f.ready)
		_, err := Check(ctx, o)
		return f, err
	}
	if _, err := FindFFmpeg(); err != nil {
		return nil, err
	}
	if err := o.checkFile(); err != nil {
		return nil, err
	}
	if len(p.encoders) == 1 && !p.encoders[0].hardware {
		// An ffmpeg without it says so, and ends, at once.
		if f.enc, err = begin(ctx, o, p); err != nil {
			return nil, err
		}
		close(f.ready)
		go f.watch(f.enc)
		return f, nil
	}
	go func() {
		defer close(f.ready)
		if f.o, err = Check(ctx, o); err == nil {
			f.enc, err = Start(ctx, f.o)
		}
		if err != nil {
			f.err = err
			close(f.failed)
			return
		}
		go f.watch(f.enc)
	}()
	return f, nil
}

// watch waits for an ffmpeg that ends before it has been asked to.
func (f *Film) watch(e *Encoder) {
	<-e.exited
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.recording && !e.ending.Load() {
		f.err = e.Abort(errBrokenPipe)
		close(f.failed)
	}
}

// Failed is closed when it turns out, before Record is called, that the film cannot
// be recorded.
func (f *Film) Failed() <-chan struct{} { return f.failed }

// Ready waits until the film can be recorded, as far as is known by then, and
// returns why not.
func (f *Film) Ready() error {
	<-f.ready
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// Encoder returns the name of ffmpeg's encoder that the film has, "" if it needs none. Ready has to have
// returned nil.
func (f *Film) Encoder() string {
	if p, err := f.o.resolve(); err == nil && len(p.encoders) > 0 {
		return p.encoders[0].name
	}
	return ""
}

// Record records the film as the function Record does. It has to have been opened without
// segments: RecordSegments is for the others.
func (f *Film) Record(ctx context.Context, d *gpu.Device, frames int, draw DrawFunc, progress func(done, total int)) (Stats, error) {
	<-f.ready
	f.mu.Lock()
	f.recording = true
	err := f.err
	f.mu.Unlock()
	if err != nil {
		return Stats{}, err
	}
	if f.o.Segments() > 1 {
		return Stats{}, usage("%s was opened in segments", f.o.Path)
	}
	if f.enc == nil || frames < 1 {
		return Record(ctx, d, f.o, frames, draw, progress)
	}
	return f.enc.record(ctx, d, f.o, frames, draw, progress)
}

// Close ends what Open began. After Record it does nothing.
func (f *Film) Close() error {
	<-f.ready
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.enc != nil {
		f.enc.Abort(errClosed)
	}
	return nil
}

var errClosed = errors.New("closed before it was recorded")
