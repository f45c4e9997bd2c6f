package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// logEvery is the time between two lines of progress where stderr is no
// terminal.
const logEvery = 5 * time.Second

// stage shows how far a part of the work is: with rate and time left, as a bar
// on a terminal and in a line now and then elsewhere.
type stage struct {
	name, unit string
	w          io.Writer
	quiet      bool

	mu          sync.Mutex
	terminal    bool
	bar         *progressbar.ProgressBar
	start, last time.Time
}

// stage begins a part of the work that is counted in units. Its end must be
// called.
func (a *app) stage(name, unit string) *stage {
	now := time.Now()
	return &stage{name: name, unit: unit, w: a.stderr, quiet: a.quiet, terminal: isTerminal(a.stderr), start: now, last: now}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// update is the progress function of what the stage watches.
func (s *stage) update(done, total int) {
	if s.quiet {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terminal {
		if s.bar == nil {
			s.bar = progressbar.NewOptions64(int64(total),
				progressbar.OptionSetWriter(s.w),
				progressbar.OptionSetDescription(s.name),
				progressbar.OptionSetItsString(s.unit),
				progressbar.OptionShowIts(),
				progressbar.OptionShowCount(),
				progressbar.OptionSetPredictTime(true),
				progressbar.OptionThrottle(100*time.Millisecond),
				progressbar.OptionFullWidth(),
				progressbar.OptionClearOnFinish())
		}
		s.bar.Set64(int64(done))
		return
	}
	now := time.Now()
	if now.Sub(s.last) < logEvery || done == 0 || done >= total {
		return
	}
	s.last = now
	elapsed := now.Sub(s.start)
	rate := float64(done) / elapsed.Seconds()
	left := time.Duration(float64(total-done) / rate * float64(time.Second))
	fmt.Fprintf(s.w, "%s: %d of %d (%.0f %%), %.3g %s/s, %s left\n",
		s.name, done, total, 100*float64(done)/float64(total), rate, s.unit, left.Round(time.Second))
}

// end takes the bar away.
func (s *stage) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bar != nil {
		s.bar.Clear()
		s.bar = nil
	}
	s.quiet = true
}
