package viewer_test

import (
	"testing"
	"testing/synctest"
	"time"

	"losscape/cmd/losscape/view"
	"losscape/cmd/losscape/viewer"
	"losscape/gpu/window"
)

// TestKeys presses the keys and looks at what changes. The picture is the same again,
// to the pixel, after what takes it back.
func TestKeys(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector finds nothing here that shorter tests do not have")
	}
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 800, 500, view.New(scene(t, "one-mode")))
		s.park()
		first := s.settle()
		for _, tt := range []struct {
			keys     string // in turn
			panels   bool   // differ from the first picture then
			controls bool   // likewise
		}{
			{"right", true, true}, {"left", false, false},
			{"end", true, true}, {"home", false, false},
			{"t", true, true}, {"t", false, false},
			{"l", true, false}, {"l l l", false, false},
			{"shift+l", true, false}, {"shift+l shift+l shift+l", false, false},
			{"2", true, false}, {"3", true, false}, {"4", true, false}, {"5", true, false}, {"1", false, false},
			{"h", true, true}, {"escape", false, false},
			{"end up", true, true}, {"down home", false, false},
			{"tab", false, true}, {"shift+tab", false, false},
			{"end o", true, true}, {"shift+o home", false, false},
			{"tab shift+up shift+up shift+up", true, true}, {"r", false, false},
			{"i", false, true}, {"i", false, false},
			{"f", true, true}, {"escape", false, false}, // full screen
		} {
			s.keys(tt.keys)
			s.compare(tt.keys, first, tt.panels, tt.controls)
		}
		s.quit()
		if n := len(s.stats.Frames); n < 30 {
			t.Errorf("%d frames", n)
		}
	})
}

// TestPlay plays the film by the clock.
func TestPlay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 400, 300, view.New(scene(t, "one-mode"))) // 5 frames a second
		s.park()
		first := s.settle()
		s.keys("space")
		for _, k := range []int{1, 2, 3} {
			before := s.Presented()
			time.Sleep(200 * time.Millisecond)
			if got := s.now().Frame; got != k || s.Presented() == before {
				t.Errorf("frame %d is shown, want %d; %d frames were presented", got, k, s.Presented()-before)
			}
		}
		s.keys("space")
		before := s.Presented()
		s.compare("paused", first, true, true)
		if got := s.now().Frame; got != 3 || s.Presented() > before {
			t.Errorf("frame %d is shown, %d more frames were presented", got, s.Presented()-before)
		}
		s.keys("home")
		s.compare("home", first, false, false)
		s.quit()
	})
}

// An ensemble starts at once, and goes.
func TestEnsemble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 800, 500, view.New(scene(t, "one-mode")))
		s.park()
		first := s.settle()
		s.keys("s")
		time.Sleep(time.Second)
		frame := s.now().Frame
		if now := s.Picture(); differ(now, first, s.panels()) < 10_000 || frame != 5 {
			keep(t, now)
			t.Errorf("%d pixels differ at frame %d", differ(now, first, s.panels()), frame)
		}
		s.keys("space s home")
		s.compare("without the ensemble", first, false, false)
		s.quit()
	})
}

// TestMouse moves what the mouse can move.
func TestMouse(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector finds nothing here that shorter tests do not have")
	}
	synctest.Test(t, func(t *testing.T) {
		const sx, sy = 200, 200 // on the surface
		const cx, cy = 620, 220 // on the contours
		const top = 500 - strip // of the controls
		s := start(t, 800, 500, view.New(scene(t, "one-mode")))
		s.park()
		s.keys("4")
		first := s.settle()
		for _, tt := range []struct {
			what             string
			do               func()
			panels, controls bool
		}{
			{"orbit", func() { s.drag(window.Primary, sx, sy, sx+60, sy+20) }, true, false},
			{"double click on the surface", func() { s.doubleClick(sx, sy) }, false, false},
			{"pan", func() { s.drag(window.Secondary, sx, sy, sx+30, sy-20) }, true, false},
			{"zoom", func() { s.Scroll(sx, sy, 1); s.Scroll(sx, sy, 1) }, true, false},
			{"double click on the surface", func() { s.doubleClick(sx, sy) }, false, false},
			{"zoom of the contours", func() { s.Scroll(cx, cy, 1) }, true, false},
			{"pan of the contours", func() { s.drag(window.Secondary, cx, cy, cx+40, cy-10) }, true, false},
			{"double click on the contours", func() { s.doubleClick(cx, cy) }, false, false},
			{"a run more", func() { s.click(cx, cy) }, true, true},
			{"its start moved", func() { s.drag(window.Primary, cx, cy, cx+30, cy+10) }, true, true},
			{"a run less", func() { s.keys("backspace") }, false, false},
			{"learning rate", func() { s.drag(window.Primary, 100, top+47, 160, top+47) }, true, true},
			{"double click on a slider", func() { s.doubleClick(160, top+47) }, false, false},
			{"time", func() { s.drag(window.Primary, 100, top+14, 300, top+14) }, true, true},
			{"home", func() { s.keys("home") }, false, false},
		} {
			tt.do()
			s.park()
			s.compare(tt.what, first, tt.panels, tt.controls)
		}
		// What is read where the cursor is.
		for _, p := range [][2]float64{{cx, cy}, {sx, sy}} {
			s.Move(p[0], p[1])
			s.compare("a reading", first, true, false)
			s.Leave()
			s.compare("no reading", first, false, false)
		}
		s.drag(window.Primary, 100, top+47, 160, top+47)
		if lr := s.saved(1).Runs[0].LR; lr < 2 || lr > 40 {
			t.Errorf("learning rate %v", lr)
		}
		s.click(330, top+79) // adam
		if o := s.saved(2).Runs[0].Optimizer; o == "gd" {
			t.Errorf("optimizer %q", o)
		}
		s.CloseButton()
		if err := s.end(); err != nil {
			t.Error(err)
		}
	})
}

func TestStats(t *testing.T) {
	if got := (viewer.Stats{}).String(); got != "no frames" {
		t.Error(got)
	}
	s := viewer.Stats{Frames: []time.Duration{3 * time.Millisecond, 1 * time.Millisecond, 2 * time.Millisecond}}
	if got := s.String(); got != "3 frames: median 2.0 ms, 95 % within 2.0 ms, the slowest 3.0 ms" || s.Frames[0] != 3*time.Millisecond {
		t.Error(got)
	}
}
