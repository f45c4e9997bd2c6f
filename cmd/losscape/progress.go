package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// The time between two lines of progress where stderr is no terminal, and between
// two states of the one line there is on a terminal.
const (
	logEvery  = 5 * time.Second
	drawEvery = 100 * time.Millisecond
)

// stage shows how far a part of the work is: with time left and rate, as a line
// that changes on a terminal and in one now and then elsewhere, or as events.
type stage struct {
	phase, unit string
	name        string // what is under way: the phase, or a part of it
	w           io.Writer
	emit        func(event any)
	how         string // one of progressKinds, none if it shows nothing any more

	mu          sync.Mutex
	done, total int
	drawn       int // columns of the line on the terminal
	start, last time.Time
}

// stage begins a part of the work that is counted in units. Its end must be
// called.
func (a *app) stage(name, unit string) *stage {
	now := time.Now()
	s := &stage{phase: name, name: name, unit: unit, w: a.stderr, emit: a.emit, how: a.progressOf(), start: now, last: now}
	if a.quiet {
		s.how = progressNone
	}
	if s.how == progressJSON {
		s.event("begin", now, nil)
	}
	return s
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// dumb reports whether the terminal cannot go back to the beginning of a line.
func dumb() bool {
	kind := os.Getenv("TERM")
	return kind == "dumb" || kind == "" && runtime.GOOS != "windows"
}

// update is the progress function of what the stage watches.
func (s *stage) update(done, total int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, total := time.Now(), max(total, 1)
	switch s.how {
	case progressNone:
		return
	case progressJSON:
		s.report(done, total, now)
		return
	case progressBar:
		if s.drawn == 0 || now.Sub(s.last) >= drawEvery {
			s.last = now
			s.draw(s.words(done, total, now), float64(done)/float64(total))
		}
		return
	}
	if now.Sub(s.last) < logEvery || done == 0 || done >= total {
		return
	}
	s.last = now
	fmt.Fprintln(s.w, strings.Join(s.words(done, total, now), ", "))
}

// report is update by events. Work that is done anew, by another computer, begins anew.
func (s *stage) report(done, total int, now time.Time) {
	if done < s.done {
		s.event("end", now, new(bool))
		s.done, s.total, s.start = 0, 0, now
		s.event("begin", now, nil)
	}
	s.done, s.total = done, total
	if done >= total || now.Sub(s.last) >= drawEvery {
		s.last = now
		s.event("progress", now, nil)
	}
}

// words say how far the work is, what matters most first.
func (s *stage) words(done, total int, now time.Time) []string {
	words := []string{fmt.Sprintf("%s: %.0f %%", s.name, 100*float64(done)/float64(total))}
	count := fmt.Sprintf("%d of %d", done, total)
	elapsed := now.Sub(s.start).Seconds()
	if done == 0 || elapsed <= 0 {
		return append(words, count)
	}
	rate := float64(done) / elapsed
	left := time.Duration(float64(total-done) / rate * float64(time.Second))
	return append(words, left.Round(time.Second).String()+" left", count, fmt.Sprintf("%.3g %s/s", rate, s.unit))
}

// A bar has so many columns; below that it says too little, and beyond no more. It
// leaves some for the words, as many as they mostly are.
const (
	barLeast, barMost = 10, 40
	wordsMost         = 60
)

// draw writes a bar and the words that fit into the terminal as it is now, over what
// is there.
func (s *stage) draw(words []string, share float64) {
	room := s.columns()
	line := ""
	if bar := min(room-wordsMost-3, barMost); bar >= barLeast {
		full := min(int(share*float64(bar)), bar)
		line = "[" + strings.Repeat("=", full) + strings.Repeat(" ", bar-full) + "] "
	}
	for i, w := range words {
		if i > 0 {
			w = ", " + w
		}
		if i > 0 && len(line)+len(w) > room {
			break
		}
		line += w[:min(len(w), room-len(line))]
	}
	fmt.Fprintf(s.w, "\r%-*s", min(s.drawn, room), line)
	s.drawn = len(line)
}

// columns is how many a line may have: the last stays free, as a terminal may go on
// to the next line behind it.
func (s *stage) columns() int {
	if f, ok := s.w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n - 1
		}
	}
	return 79
}

// end ends the part of the work, with its error, and takes the line away. A second time it
// does nothing.
func (s *stage) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.drawn > 0 {
		fmt.Fprintf(s.w, "\r%*s\r", min(s.drawn, s.columns()), "")
		s.drawn = 0
	}
	if s.how == progressJSON {
		ok := err == nil
		if ok { // what has ended early need not be done
			s.done = s.total
		}
		s.event("end", time.Now(), &ok)
	}
	s.how = progressNone
}

// rename has the stage say what is under way in it.
func (s *stage) rename(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.name = name
}
