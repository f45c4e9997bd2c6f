package viewer

import (
	"context"
	"sync"
)

// job is work beside the loop, of which one at a time is under way.
type job struct{ cancel context.CancelFunc }

// start stops the job before and begins another.
func (j *job) start(v *viewer, work func(ctx context.Context)) {
	j.stop()
	ctx, cancel := context.WithCancel(v.ctx)
	j.cancel = cancel
	v.jobs.Go(func() { work(ctx) })
}

// stop has the job end, if one is under way. Its result is not awaited any more.
func (j *job) stop() {
	if j.cancel != nil {
		j.cancel()
		j.cancel = nil
	}
}

// running reports whether the result of a job is awaited.
func (j *job) running() bool { return j.cancel != nil }

// send sends a job's result to the loop. It returns false if nobody awaits it.
func send[T any](ctx context.Context, to chan<- T, result T) bool {
	select {
	case to <- result:
		return true
	case <-ctx.Done():
		return false
	}
}

// notes are texts from beside the loop for the window to show.
type notes struct {
	mu    sync.Mutex
	texts []string
	wake  chan struct{} // receives after texts have come
}

func newNotes() notes { return notes{wake: make(chan struct{}, 1)} }

func (n *notes) add(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.texts = append(n.texts, text)
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// take returns the texts since the last call.
func (n *notes) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	texts := n.texts
	n.texts = nil
	return texts
}
