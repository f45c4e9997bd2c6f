// Package window is the way to a context with a window: a device that draws
// into it, and the events of its mouse and keyboard as plain data. The build tag
// nowindow leaves GLFW and the X libraries out; Open then fails.
//
// The window system's calls have a thread of their own, beside the device's:
// waiting for an event never holds up the device, nor a long kernel the events.
package window

import (
	"errors"
	"sync"

	"losscape/gpu"
)

// ErrNoDisplay is what the error of Open wraps where there is nothing to open a
// window on.
var ErrNoDisplay = errors.New("no display")

// ErrNotBuilt is what Open returns in a program built with the tag nowindow.
var ErrNotBuilt = errors.New("this program was built without windows; build it without the tag nowindow")

// Options of Open.
type Options struct {
	Title         string
	Width, Height int  // in the window system's units; pixels, where the display is not scaled
	Debug         bool // see gpu.Options
}

// Kind says what an event is about.
type Kind int

// Kinds of events.
const (
	Resized  Kind = iota // Width, Height and Scale are those of the window now
	Exposed              // what the window shows has to be presented again
	Moved                // the cursor is at X, Y
	Left                 // the cursor has left the window
	Pressed              // Button at X, Y
	Released             // Button at X, Y
	Scrolled             // by DX, DY notches at X, Y, away from the person above 0
	KeyDown              // Key, again and again while it is held
	Closed               // a person wants the window closed
)

// Button is a button of the mouse.
type Button int

// Buttons.
const (
	Primary Button = iota // the left one for most
	Secondary
	Middle
)

// Event is something that happened in the window.
type Event struct {
	Kind          Kind
	Width, Height int     // of the drawing area in pixels
	Scale         float64 // pixels of a length that is one where the display is not scaled
	X, Y          float64 // of the cursor in pixels from the top left corner, y down
	DX, DY        float64
	Button        Button

	// Key is the letter on the key in the keyboard's layout, "a" to "z"; else
	// the digit or sign on a US keyboard, or a name: "space", "enter", "escape",
	// "tab", "backspace", "delete", "left", "right", "up", "down", "home", "end", "pageup",
	// "pagedown", "f1" to "f12". Other keys are no events.
	Key     string
	Shift   bool
	Control bool
	Repeat  bool // the key is held
}

// Queue holds the events of a window until they are taken. It may be used from any
// goroutine.
type Queue struct {
	mu     sync.Mutex
	events []Event
	wake   chan struct{}
}

// NewQueue returns an empty queue.
func NewQueue() *Queue { return &Queue{wake: make(chan struct{}, 1)} }

// Put adds an event. Of moves of the cursor, of sizes and of exposures that follow each
// other only the last is kept.
func (q *Queue) Put(e Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := len(q.events); n > 0 && q.events[n-1].Kind == e.Kind && (e.Kind == Moved || e.Kind == Resized || e.Kind == Exposed) {
		q.events[n-1] = e
	} else {
		q.events = append(q.events, e)
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Wake receives after events have come.
func (q *Queue) Wake() <-chan struct{} { return q.wake }

// Events returns what has happened since the last call, in order.
func (q *Queue) Events() []Event {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := q.events
	q.events = nil
	return out
}

// Window is a window and the device that draws into it. The first of its events is
// Resized.
type Window struct {
	*Queue
	d      *gpu.Device
	native native
}

// Device returns the device that draws into the window, which Close closes.
func (w *Window) Device() *gpu.Device { return w.d }

// Present shows a framebuffer in the window, its top left corner in the
// window's; what does not fit is cut off. It waits for the display's next frame
// where the driver does.
func (w *Window) Present(fb *gpu.Framebuffer) error {
	return w.d.Do(func() error {
		width, height := fb.Size()
		ow, oh := w.native.pixels()
		screen := &gpu.Framebuffer{Label: "window"} // the context's own, 0
		cw, ch := min(width, ow), min(height, oh)
		if cw > 0 && ch > 0 {
			fb.CopyTo(screen, 0, height-ch, cw, ch, 0, oh-ch, false)
		}
		if err := w.d.Check("present"); err != nil {
			return err
		}
		w.native.swap()
		return nil
	})
}
