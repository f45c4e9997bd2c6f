//go:build nowindow

package window

// native is the window system's window: there is none.
type native struct{}

func (*native) pixels() (width, height int) { return 0, 0 }
func (*native) swap()                       {}

// Open returns ErrNotBuilt.
func Open(Options) (*Window, error) { return nil, ErrNotBuilt }

// SetFullscreen covers the whole screen, or gives the window its place back.
func (w *Window) SetFullscreen(bool) {}

// Close closes the window and its device. It may be called more than once, and
// on nil.
func (w *Window) Close() error { return nil }
