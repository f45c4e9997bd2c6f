//go:build !nowindow

package window

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"losscape/gpu"

	"github.com/go-gl/glfw/v3.3/glfw"
)

// native is GLFW's window. All but swap and the context's methods is called on
// the events' thread.
type native struct {
	win  *glfw.Window
	size atomic.Uint64 // of the drawing area in pixels: width<<32 | height

	calls   chan func()
	ended   chan struct{} // closed when the thread of the events has ended
	close   sync.Once
	quit    bool
	place   [4]int  // x, y, width, height before full screen
	ratio   float64 // pixels in a unit of the window system's
	scale   float64
	cursorX float64
	cursorY float64
}

// Open opens a window. It may be called from any goroutine; at most one window
// is open at a time.
func Open(opt Options) (*Window, error) {
	w := &Window{Queue: NewQueue()}
	w.native.calls, w.native.ended = make(chan func(), 1), make(chan struct{})
	ready := make(chan error)
	go w.run(opt, ready)
	if err := <-ready; err != nil {
		return nil, err
	}
	d, err := gpu.New(func() (gpu.Context, error) { return (*context)(w.native.win), nil }, gpu.Options{Debug: opt.Debug})
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("the display's driver cannot draw it: %w", err)
	}
	w.d = d
	return w, nil
}

// run is the thread of the events.
func (w *Window) run(opt Options, ready chan<- error) {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	defer close(w.native.ended)
	if err := w.create(opt); err != nil {
		ready <- err
		return
	}
	ready <- nil
	for !w.native.quit {
		// A call of the driver's to the display, on the device's thread, may take
		// events off the connection that this waits on: it would not wake for them.
		glfw.WaitEventsTimeout(0.1)
		select {
		case f := <-w.native.calls:
			f()
		default:
		}
	}
	w.native.win.Destroy()
	glfw.Terminate()
}

// do runs f on the thread of the events and waits for it.
func (w *Window) do(f func()) {
	posted, done := make(chan struct{}), make(chan struct{})
	select {
	case w.native.calls <- func() {
		<-posted // f may end GLFW
		f()
		close(done)
	}:
		glfw.PostEmptyEvent()
		close(posted)
	case <-w.native.ended:
		return
	}
	select {
	case <-done:
	case <-w.native.ended:
	}
}

func (w *Window) create(opt Options) (err error) {
	if err := initialise(); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			glfw.Terminate()
		}
	}()
	glfw.WindowHint(glfw.ClientAPI, glfw.OpenGLAPI)
	glfw.WindowHint(glfw.ContextVersionMajor, 4)
	glfw.WindowHint(glfw.ContextVersionMinor, 3)
	glfw.WindowHint(glfw.OpenGLProfile, glfw.OpenGLCoreProfile)
	glfw.WindowHint(glfw.OpenGLForwardCompatible, glfw.True)
	glfw.WindowHint(glfw.ScaleToMonitor, glfw.True)
	// We draw into framebuffers of our own.
	glfw.WindowHint(glfw.DepthBits, 0)
	glfw.WindowHint(glfw.StencilBits, 0)
	glfw.WindowHint(glfw.Samples, 0)
	if opt.Debug {
		glfw.WindowHint(glfw.OpenGLDebugContext, glfw.True)
	}
	var win *glfw.Window
	for _, notify := range []int{glfw.LoseContextOnReset, glfw.NoRobustness} { // a driver may refuse to tell of resets
		glfw.WindowHint(glfw.ContextRobustness, notify)
		said := quietly(func() { win, err = glfw.CreateWindow(opt.Width, opt.Height, opt.Title, nil, nil) })
		if err == nil && win == nil {
			err = errors.New(said)
		}
		if err == nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("the display gives no window with OpenGL 4.3: %w", err)
	}
	n := &w.native
	n.win = win
	win.SetSizeLimits(160, 120, glfw.DontCare, glfw.DontCare)
	w.measure()

	win.SetFramebufferSizeCallback(func(*glfw.Window, int, int) { w.measure(); w.resized() })
	win.SetContentScaleCallback(func(*glfw.Window, float32, float32) { w.measure(); w.resized() })
	win.SetRefreshCallback(func(*glfw.Window) { w.Put(Event{Kind: Exposed}) })
	win.SetCloseCallback(func(*glfw.Window) { w.Put(Event{Kind: Closed}) })
	win.SetCursorPosCallback(func(_ *glfw.Window, x, y float64) {
		n.cursorX, n.cursorY = x*n.ratio, y*n.ratio
		w.Put(Event{Kind: Moved, X: n.cursorX, Y: n.cursorY})
	})
	win.SetCursorEnterCallback(func(_ *glfw.Window, entered bool) {
		if !entered {
			w.Put(Event{Kind: Left})
		}
	})
	win.SetMouseButtonCallback(func(_ *glfw.Window, b glfw.MouseButton, action glfw.Action, mods glfw.ModifierKey) {
		button, ok := buttons[b]
		if !ok {
			return
		}
		e := Event{Kind: Pressed, Button: button, X: n.cursorX, Y: n.cursorY, Shift: mods&glfw.ModShift != 0, Control: mods&glfw.ModControl != 0}
		if action == glfw.Release {
			e.Kind = Released
		}
		w.Put(e)
	})
	win.SetScrollCallback(func(_ *glfw.Window, dx, dy float64) {
		w.Put(Event{Kind: Scrolled, DX: dx, DY: dy, X: n.cursorX, Y: n.cursorY})
	})
	win.SetKeyCallback(func(_ *glfw.Window, k glfw.Key, code int, action glfw.Action, mods glfw.ModifierKey) {
		if name := keyName(k, code); action != glfw.Release && name != "" {
			w.Put(Event{Kind: KeyDown, Key: name, Repeat: action == glfw.Repeat, Shift: mods&glfw.ModShift != 0, Control: mods&glfw.ModControl != 0})
		}
	})
	w.resized()
	return nil
}

// initialise starts GLFW. Where no display can be opened its binding writes a
// log line, returns nil, and panics at the next call.
func initialise() (err error) {
	if runtime.GOOS == "linux" && os.Getenv("DISPLAY") == "" {
		return fmt.Errorf("%w: DISPLAY is not set", ErrNoDisplay)
	}
	said := quietly(func() {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("%w: %v", ErrNoDisplay, p)
			}
		}()
		if err = glfw.Init(); err != nil {
			err = fmt.Errorf("%w: %w", ErrNoDisplay, err)
			return
		}
		glfw.DefaultWindowHints()
	})
	if err != nil && said != "" {
		return fmt.Errorf("%w: %s", ErrNoDisplay, said)
	}
	return err
}

// quietly runs f and returns what it logged.
func quietly(f func()) string {
	var buf bytes.Buffer
	out, flags := log.Writer(), log.Flags()
	log.SetOutput(&buf)
	log.SetFlags(0)
	defer func() {
		log.SetOutput(out)
		log.SetFlags(flags)
	}()
	f()
	said := strings.TrimSpace(buf.String())
	return strings.TrimPrefix(said, "PlatformError: ")
}

// measure notes the window's size and scale.
func (w *Window) measure() {
	n := &w.native
	width, height := n.win.GetFramebufferSize()
	n.size.Store(uint64(uint32(width))<<32 | uint64(uint32(height)))
	n.ratio = 1
	if units, _ := n.win.GetSize(); units > 0 && width > 0 {
		n.ratio = float64(width) / float64(units)
	}
	x, _ := n.win.GetContentScale()
	n.scale = max(1, float64(x))
}

func (w *Window) resized() {
	width, height := w.native.pixels()
	w.Put(Event{Kind: Resized, Width: width, Height: height, Scale: w.native.scale})
}

func (n *native) pixels() (width, height int) {
	s := n.size.Load()
	return int(s >> 32), int(uint32(s))
}

func (n *native) swap() {
	n.win.SwapBuffers()
	glfw.PostEmptyEvent() // for events that this has taken off the connection
}

// SetFullscreen covers the whole screen, or gives the window its place back.
func (w *Window) SetFullscreen(on bool) {
	w.do(func() {
		n := &w.native
		switch {
		case on == (n.win.GetMonitor() != nil):
		case on:
			n.place[0], n.place[1] = n.win.GetPos()
			n.place[2], n.place[3] = n.win.GetSize()
			m := nearestMonitor(n.place)
			if m == nil {
				return
			}
			mode := m.GetVideoMode()
			n.win.SetMonitor(m, 0, 0, mode.Width, mode.Height, mode.RefreshRate)
		default:
			n.win.SetMonitor(nil, n.place[0], n.place[1], n.place[2], n.place[3], glfw.DontCare)
		}
	})
}

// nearestMonitor returns the monitor that holds the centre of a window, or the
// primary one.
func nearestMonitor(place [4]int) *glfw.Monitor {
	cx, cy := place[0]+place[2]/2, place[1]+place[3]/2
	for _, m := range glfw.GetMonitors() {
		x, y := m.GetPos()
		if mode := m.GetVideoMode(); mode != nil && cx >= x && cy >= y && cx < x+mode.Width && cy < y+mode.Height {
			return m
		}
	}
	return glfw.GetPrimaryMonitor()
}

// Close closes the window and its device. It may be called more than once, and
// on nil.
func (w *Window) Close() error {
	if w == nil {
		return nil
	}
	w.native.close.Do(func() {
		if w.d != nil {
			w.d.Close()
		}
		w.do(func() { w.native.quit = true })
		<-w.native.ended
	})
	return nil
}

// context is the window's, for its device's thread.
type context glfw.Window

func (c *context) MakeCurrent() error {
	(*glfw.Window)(c).MakeContextCurrent()
	if glfw.GetCurrentContext() == nil {
		return errors.New("its context cannot be made current")
	}
	glfw.SwapInterval(1)
	return nil
}

func (*context) ProcAddr(name string) unsafe.Pointer { return glfw.GetProcAddress(name) }

func (*context) Close() error {
	glfw.DetachCurrentContext()
	return nil
}

var buttons = map[glfw.MouseButton]Button{
	glfw.MouseButtonLeft: Primary, glfw.MouseButtonRight: Secondary, glfw.MouseButtonMiddle: Middle,
}

var named = map[glfw.Key]string{
	glfw.KeySpace: "space", glfw.KeyEnter: "enter", glfw.KeyKPEnter: "enter", glfw.KeyEscape: "escape", glfw.KeyTab: "tab",
	glfw.KeyBackspace: "backspace", glfw.KeyDelete: "delete", glfw.KeyLeft: "left", glfw.KeyRight: "right", glfw.KeyUp: "up", glfw.KeyDown: "down",
	glfw.KeyHome: "home", glfw.KeyEnd: "end", glfw.KeyPageUp: "pageup", glfw.KeyPageDown: "pagedown",
	glfw.KeyKPAdd: "+", glfw.KeyKPSubtract: "-",
}

// keyName returns an event's name of a key, empty if it has none.
func keyName(k glfw.Key, code int) string {
	if name, ok := named[k]; ok {
		return name
	}
	switch {
	case k >= glfw.KeyF1 && k <= glfw.KeyF12:
		return fmt.Sprintf("f%d", k-glfw.KeyF1+1)
	case k >= glfw.KeyKP0 && k <= glfw.KeyKP9:
		return string(rune('0' + k - glfw.KeyKP0))
	case k < glfw.KeySpace || k > glfw.KeyGraveAccent:
		return ""
	}
	// The layout says which letter is on a key; signs and digits, which some
	// layouts have only with shift, go by their place.
	if s := strings.ToLower(glfw.GetKeyName(k, code)); len(s) == 1 && s[0] >= 'a' && s[0] <= 'z' {
		return s
	}
	return strings.ToLower(string(rune(k)))
}
