//go:build linux && !nowindow

package window_test

import (
	"errors"
	"image/color"
	"testing"
	"time"

	"losscape/gpu"
	"losscape/gpu/window"
	"losscape/gpu/windowtest"
)

func open(t *testing.T, width, height int) (*windowtest.Screen, *window.Window) {
	t.Helper()
	s := windowtest.Start(t, 640, 480)
	t.Setenv("DISPLAY", s.Display)
	w, err := window.Open(window.Options{Title: "test", Width: width, Height: height, Debug: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	s.Move(5, 5)
	wait(t, w, func(e window.Event) bool { return e.Kind == window.Moved })
	return s, w
}

// wait returns the first event that is ok.
func wait(t *testing.T, w *window.Window, ok func(window.Event) bool) window.Event {
	t.Helper()
	deadline := time.After(10 * time.Second)
	var seen []window.Event
	for {
		select {
		case <-w.Wake():
			for _, e := range w.Events() {
				if ok(e) {
					return e
				}
				seen = append(seen, e)
			}
		case <-deadline:
			t.Fatalf("no such event; there were %+v", seen)
		}
	}
}

func TestEvents(t *testing.T) {
	s, w := open(t, 320, 240)
	s.Move(100, 60)
	if e := wait(t, w, func(e window.Event) bool { return e.Kind == window.Moved }); e.X != 100 || e.Y != 60 {
		t.Errorf("moved to %v %v, want 100 60", e.X, e.Y)
	}
	s.Press(windowtest.Right)
	if e := wait(t, w, func(e window.Event) bool { return e.Kind == window.Pressed }); e.Button != window.Secondary || e.X != 100 {
		t.Errorf("pressed %+v", e)
	}
	s.Release(windowtest.Right)
	wait(t, w, func(e window.Event) bool { return e.Kind == window.Released })
	s.Click(windowtest.Up, 100, 60)
	if e := wait(t, w, func(e window.Event) bool { return e.Kind == window.Scrolled }); e.DY != 1 {
		t.Errorf("scrolled %+v", e)
	}
	for _, key := range []string{"space", "left", "home", "a", "1", "escape", "tab", "f1", "["} {
		s.Key(key)
		if e := wait(t, w, func(e window.Event) bool { return e.Kind == window.KeyDown }); e.Key != key {
			t.Errorf("key %q, want %q", e.Key, key)
		}
	}
	s.Key("shift", "t")
	if e := wait(t, w, func(e window.Event) bool { return e.Kind == window.KeyDown && e.Key == "t" }); !e.Shift {
		t.Errorf("shift is missing: %+v", e)
	}
	s.Resize(200, 180)
	wait(t, w, func(e window.Event) bool { return e.Kind == window.Resized && e.Width == 200 && e.Height == 180 })
	s.CloseWindows()
	wait(t, w, func(e window.Event) bool { return e.Kind == window.Closed })
}

func TestPresent(t *testing.T) {
	s, w := open(t, 320, 240)
	d := w.Device()
	if !d.Info.Software {
		t.Logf("hardware: %s", d.Info)
	}
	var fb *gpu.Framebuffer
	err := d.Do(func() (err error) {
		if fb, err = d.NewFramebuffer("test", 320, 240, 1, false); err != nil {
			return err
		}
		fb.Bind()
		fb.Clear(1, 0, 0, 1)
		fb.BindRect(0, 230, 10, 10) // its top left corner
		fb.Clear(0, 0, 1, 1)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Do(func() error { return fb.Close() })
	if err := w.Present(fb); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond)
	img := s.Picture()
	red, blue := color.RGBA{255, 0, 0, 255}, color.RGBA{0, 0, 255, 255}
	if got := img.RGBAAt(2, 2); got != blue {
		t.Errorf("top left is %v, want %v", got, blue)
	}
	if got := img.RGBAAt(300, 200); got != red {
		t.Errorf("bottom right is %v, want %v", got, red)
	}
	w.SetFullscreen(true)
	wait(t, w, func(e window.Event) bool { return e.Kind == window.Resized && e.Width == 640 && e.Height == 480 })
	w.SetFullscreen(false)
	wait(t, w, func(e window.Event) bool { return e.Kind == window.Resized && e.Width == 320 && e.Height == 240 })
}

// On a display of twice the usual scale a window has twice the pixels, and so has
// the cursor's place.
func TestScale(t *testing.T) {
	s := windowtest.Start(t, 800, 600)
	s.Scale(192)
	t.Setenv("DISPLAY", s.Display)
	w, err := window.Open(window.Options{Title: "test", Width: 300, Height: 200})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if e := wait(t, w, func(e window.Event) bool { return e.Kind == window.Resized }); e.Width != 600 || e.Height != 400 || e.Scale != 2 {
		t.Errorf("%+v, want 600x400 at a scale of 2", e)
	}
	s.Move(500, 300)
	if e := wait(t, w, func(e window.Event) bool { return e.Kind == window.Moved }); e.X != 500 || e.Y != 300 {
		t.Errorf("moved to %v, %v", e.X, e.Y)
	}
}

func TestNoDisplay(t *testing.T) {
	for _, display := range []string{"", ":4711"} {
		t.Setenv("DISPLAY", display)
		if w, err := window.Open(window.Options{Title: "test", Width: 320, Height: 240}); !errors.Is(err, window.ErrNoDisplay) {
			t.Errorf("DISPLAY=%q: %v, want ErrNoDisplay", display, err)
			w.Close()
		} else {
			t.Log(err)
		}
	}
}
