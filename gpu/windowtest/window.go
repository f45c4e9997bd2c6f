package windowtest

import (
	"image"
	"math"
	"slices"
	"sync"
	"testing"

	"losscape/gpu"
	"losscape/gpu/window"
)

// Window is a window without a window system, for tests of what draws into one: what a
// person does there is called, and what it shows is kept. It does what window.Window
// does, at once.
type Window struct {
	*window.Queue
	OnPresent func() // called by Present, before the window shows it; nil for none

	t           testing.TB
	d           *gpu.Device
	size, full  image.Point // of the window, and of the screen
	place       image.Point // size before full screen; zero without it
	scale       float64
	x, y        float64    // of the cursor
	mu          sync.Mutex // of what follows
	screen      *gpu.Framebuffer
	shown       image.Point // size of what screen shows
	presented   int
	failPresent error
}

// NewWindow makes a window of w by h pixels, drawn by a device that stays the
// caller's, on a screen that is somewhat larger.
func NewWindow(t testing.TB, d *gpu.Device, w, h int) *Window {
	win := &Window{Queue: window.NewQueue(), t: t, d: d, size: image.Pt(w, h), full: image.Pt(w+60, h+40), scale: 1}
	t.Cleanup(func() { d.Do(func() error { return win.screen.Close() }) })
	win.resized()
	return win
}

// Device returns the window's device.
func (w *Window) Device() *gpu.Device { return w.d }

// Present shows a framebuffer, its top left corner in the window's; what does not fit
// is cut off.
func (w *Window) Present(fb *gpu.Framebuffer) error {
	if w.OnPresent != nil {
		w.OnPresent()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failPresent != nil {
		return w.failPresent
	}
	w.presented++
	return w.d.Do(func() error {
		if err := w.fit(); err != nil {
			return err
		}
		width, height := fb.Size()
		cw, ch := min(width, w.shown.X), min(height, w.shown.Y)
		fb.CopyTo(w.screen, 0, height-ch, cw, ch, 0, w.shown.Y-ch, false)
		return w.d.Check("present")
	})
}

// fit gives what is shown the window's size.
func (w *Window) fit() (err error) {
	if w.screen != nil && w.shown == w.size {
		return nil
	}
	w.screen.Close()
	w.shown = w.size
	w.screen, err = w.d.NewFramebuffer("screen", w.size.X, w.size.Y, 1, false)
	return err
}

// FailPresent has every Present from now on return err.
func (w *Window) FailPresent(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failPresent = err
}

// Presented returns how many frames have been presented.
func (w *Window) Presented() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.presented
}

// Picture returns what the window shows. There has to be a frame.
func (w *Window) Picture() *image.RGBA {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.screen == nil {
		w.t.Fatal("nothing has been presented")
	}
	img := image.NewRGBA(image.Rectangle{Max: w.shown})
	if err := w.d.Do(func() error { return w.screen.ReadPixels(0, 0, w.shown.X, w.shown.Y, img.Pix) }); err != nil {
		w.t.Fatal(err)
	}
	for y := range w.shown.Y / 2 { // OpenGL's rows begin below
		a, b := img.Pix[y*img.Stride:][:img.Stride], img.Pix[(w.shown.Y-1-y)*img.Stride:][:img.Stride]
		for i := range a {
			a[i], b[i] = b[i], a[i]
		}
	}
	return img
}

// Size returns the window's size in pixels.
func (w *Window) Size() (width, height int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.size.X, w.size.Y
}

// Fullscreen reports whether the window covers the screen.
func (w *Window) Fullscreen() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.place != image.Point{}
}

// SetFullscreen covers the whole screen, or gives the window its size back.
func (w *Window) SetFullscreen(on bool) {
	w.mu.Lock()
	switch covers := w.place != (image.Point{}); {
	case on == covers:
	case on:
		w.place, w.size = w.size, w.full
	default:
		w.size, w.place = w.place, image.Point{}
	}
	w.mu.Unlock()
	w.resized()
}

// Resize gives the window a size, as a person at its edge does.
func (w *Window) Resize(width, height int) {
	w.mu.Lock()
	w.size = image.Pt(width, height)
	w.mu.Unlock()
	w.resized()
}

func (w *Window) resized() {
	width, height := w.Size()
	w.Put(window.Event{Kind: window.Resized, Width: width, Height: height, Scale: w.scale})
}

// Expose asks for what the window shows, as when another no longer covers it.
func (w *Window) Expose() { w.Put(window.Event{Kind: window.Exposed}) }

// CloseButton asks the program to close the window.
func (w *Window) CloseButton() { w.Put(window.Event{Kind: window.Closed}) }

// Move moves the cursor to a pixel.
func (w *Window) Move(x, y float64) {
	w.x, w.y = x, y
	w.Put(window.Event{Kind: window.Moved, X: x, Y: y})
}

// Leave moves the cursor out of the window.
func (w *Window) Leave() { w.Put(window.Event{Kind: window.Left}) }

// Press presses a button where the cursor is, Release releases it.
func (w *Window) Press(b window.Button)   { w.button(window.Pressed, b) }
func (w *Window) Release(b window.Button) { w.button(window.Released, b) }

func (w *Window) button(kind window.Kind, b window.Button) {
	w.Put(window.Event{Kind: kind, Button: b, X: w.x, Y: w.y})
}

// Scroll turns the wheel by notches, away from the person above 0, at a pixel.
func (w *Window) Scroll(x, y, notches float64) {
	w.Move(x, y)
	w.Put(window.Event{Kind: window.Scrolled, DY: notches, X: x, Y: y})
}

// Key presses a key, named as in window.Event. Before it come those that are held,
// "shift" or "control".
func (w *Window) Key(names ...string) {
	last := len(names) - 1
	held := names[:last]
	w.Put(window.Event{Kind: window.KeyDown, Key: names[last], Shift: slices.Contains(held, "shift"), Control: slices.Contains(held, "control")})
}

// Way returns pixels on the way from one to another, the last one included.
func Way(x0, y0, x1, y1 float64, steps int) [][2]float64 {
	way := make([][2]float64, steps)
	for i := range way {
		f := float64(i+1) / float64(steps)
		way[i] = [2]float64{math.Round(x0 + f*(x1-x0)), math.Round(y0 + f*(y1-y0))}
	}
	return way
}
