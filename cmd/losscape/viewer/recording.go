package viewer

import (
	"context"
	"fmt"
	"image"
	"io"
	"sync/atomic"
	"time"

	"losscape/cmd/losscape/view"
	"losscape/gpu"
	"losscape/gpu/film"
)

// recordingRate is the frames a second of what is recorded of a window.
const recordingRate = 25

// recording is a film of the window, as wide and as high as that was in the
// beginning. It runs beside the window: at each frame's time it takes what was
// presented last.
type recording struct {
	name  string
	d     *gpu.Device
	fb    *gpu.Framebuffer // what was presented last
	taken atomic.Int64     // how many times fb has changed
	seen  int64            // taken as of the frame before
	start time.Time
	stop  chan struct{}
	done  chan error // of the film
	ended bool       // err has been received from done
	err   error
}

// record begins or ends a recording, as the state says.
func (v *viewer) record() {
	if !v.s.Recording {
		v.endRecording()
		return
	}
	if err := v.startRecording(); err != nil {
		v.s.Recording = false
		v.say("No recording: " + v.Message(err))
	}
}

func (v *viewer) startRecording() error {
	w, h := film.EvenSize(v.width, v.height)
	if n := film.FrameBytes(w, h); n > v.d.Caps.MaxStorageBytes {
		return fmt.Errorf("films of %dx%d need a buffer of %d MiB, this device allows %d MiB; make the window smaller", w, h, n>>20, v.d.Caps.MaxStorageBytes>>20)
	}
	rec := &recording{name: v.freeName(".mp4"), d: v.d, start: time.Now(), stop: make(chan struct{}), done: make(chan error, 1)}
	// An interrupt ends the film, whole, as a key does.
	ctx := context.WithoutCancel(v.ctx)
	f, err := v.Film(ctx, film.Options{Path: v.path(rec.name), Width: w, Height: h, FPS: recordingRate})
	if err != nil {
		return err
	}
	err = rec.d.Do(func() (err error) {
		rec.fb, err = rec.d.NewFramebuffer("recording", w, h, 1, false)
		return err
	})
	if err != nil {
		f.Close()
		return err
	}
	go func() {
		_, err := f.Record(ctx, rec.d, 1<<40, rec.frame, nil)
		f.Close()
		rec.done <- err
	}()
	v.rec = rec
	return nil
}

// frame is the film's DrawFunc.
func (rec *recording) frame(k int) (*gpu.Framebuffer, []image.Rectangle, error) {
	timer := time.NewTimer(time.Until(rec.start.Add(time.Duration(k) * time.Second / recordingRate)))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-rec.stop:
		if k > 0 {
			return nil, nil, io.EOF
		}
	}
	changed := []image.Rectangle{}
	if now := rec.taken.Load(); now != rec.seen || k == 0 {
		rec.seen, changed = now, nil
	}
	return rec.fb, changed, nil
}

// take copies what is presented. What a window that has grown shows beyond the
// film is cut off; beside one that has shrunk the film is black.
func (rec *recording) take(fb *gpu.Framebuffer) error {
	err := rec.d.Do(func() error {
		w, h := fb.Size()
		rw, rh := rec.fb.Size()
		if w < rw || h < rh {
			rec.fb.Bind()
			rec.fb.Clear(0, 0, 0, 1)
		}
		cw, ch := min(w, rw), min(h, rh)
		fb.CopyTo(rec.fb, 0, h-ch, cw, ch, 0, rh-ch, false)
		return rec.d.Check("recording")
	})
	rec.taken.Add(1)
	return err
}

func (rec *recording) clock() string {
	s := int(time.Since(rec.start).Seconds())
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// stopRecording ends a recording, if one is on, and waits for its file.
func (v *viewer) stopRecording() error {
	rec := v.rec
	if rec == nil {
		return nil
	}
	v.rec, v.s.Recording = nil, false
	close(rec.stop)
	if !rec.ended {
		rec.err = <-rec.done
	}
	rec.d.Do(func() error { return rec.fb.Close() })
	v.todo |= view.Show
	if rec.err != nil {
		return rec.err
	}
	v.say(fmt.Sprintf("Saved %s, %s", rec.name, rec.clock()))
	return nil
}

// endRecording ends a recording while the window is shown.
func (v *viewer) endRecording() {
	if err := v.stopRecording(); err != nil {
		v.say("The recording failed: " + v.Message(err))
	}
}

// recordingEnded takes note that the film has ended by itself.
func (v *viewer) recordingEnded(err error) {
	v.rec.ended, v.rec.err = true, err
	v.endRecording()
}
