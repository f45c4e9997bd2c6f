package viewer_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"losscape/cmd/losscape/view"
	"losscape/cpu"
	"losscape/gpu"
	"losscape/gpu/window"
	"losscape/scenes"
)

// ofSweep returns the state of a window of a sweep of the one-mode scene.
func ofSweep(t *testing.T) *view.State {
	t.Helper()
	c := scene(t, "one-mode")
	sweep := cpu.Sweep{Base: c.Runs[0]}
	sweep.Base.Steps = 20
	for _, text := range []string{"lr=0.5:40:16:log", "l2=1e-4:1:12:log"} {
		p, err := cpu.ParseParam(text)
		if err != nil {
			t.Fatal(err)
		}
		sweep.Over = append(sweep.Over, p)
	}
	r, err := c.Problem.Sweep(context.Background(), sweep, cpu.Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := view.NewSweep(c, r)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSweep points at runs of a sweep's map, keeps one, and zooms.
func TestSweep(t *testing.T) {
	if testing.Short() {
		t.Skip("what is concurrent in it is in other tests, too")
	}
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 800, 500, ofSweep(t))
		s.park()
		first := s.settle()
		lr := s.now().Map.Sweep.Over[0].Values
		s.Move(150, 300)
		if now := s.now(); !now.Playing || now.Frame != 0 {
			t.Errorf("playing: %t, at frame %d", now.Playing, now.Frame)
		}
		s.compare("the run has been played", first, true, true)
		s.click(150, 300)
		if n := len(s.now().Scene.Runs); n != 2 {
			t.Errorf("%d runs after a click", n)
		}
		s.keys("n backspace")
		s.park()
		s.settle()
		c := s.saved(1)
		if r := c.Runs[0]; len(c.Map.Over[0].Values) != 16 || len(c.Map.Over[1].Values) != 12 || r.LR <= lr[0] || r.LR >= lr[15] || c.Problem.L2 != r.L2 {
			t.Fatalf("map over %v, run %+v", c.Map.Over, r)
		}
		if parts, _ := s.computer.take(); slices.Contains(parts, "map") {
			t.Error("the map was computed anew before there was a reason")
		}
		s.Scroll(150, 300, 1)
		s.Scroll(150, 300, 1)
		s.park()
		if now := s.settle(); differ(now, first, s.panels()) < 30_000 {
			keep(t, now)
			t.Errorf("after a zoom %d pixels are others", differ(now, first, s.panels()))
		}
		got := s.saved(2).Map.Over[0].Values
		if len(got) < 150 || got[0] <= lr[0] || got[len(got)-1] >= lr[15] {
			t.Errorf("after a zoom %d learning rates from %v to %v", len(got), got[0], got[len(got)-1])
		}
		// A coarse map comes first.
		if parts, _ := s.computer.take(); !slices.Equal(parts[len(parts)-2:], []string{"map", "map"}) {
			t.Errorf("computed were %v", parts)
		}
		// Another optimizer is another map.
		s.keys("r")
		s.compare("as it was opened", first, false, false)
		s.keys("o")
		s.compare("another optimizer", first, true, true)
		s.keys("r")
		s.compare("as it was opened, again", first, false, false)
		s.quit()
	})
}

// The map of a scene is computed before the first frame.
func TestFirstMap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 800, 500, view.New(mapScene(t)))
		s.settle()
		if parts, _ := s.computer.take(); parts[0] != "map" || slices.Contains(parts[1:], "map") {
			t.Errorf("computed were %v", parts)
		}
		s.quit()
	})
}

// mapScene is a scene with a small map.
func mapScene(t *testing.T) *scenes.Scene {
	t.Helper()
	c := scene(t, "map")
	for i := range c.Map.Over {
		v := c.Map.Over[i].Values
		c.Map.Over[i].Values = []float64{v[0], v[len(v)/2], v[len(v)-1]}
	}
	return c
}

// TestRefine computes a landscape that takes long with few points at first, and beside
// the loop when nothing moves.
func TestRefine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 800, 500, view.New(scene(t, "one-mode")), func(s *session) {
			s.computer.before = func(part string, _ int) error {
				if part == "landscape" { // 20 µs a point
					time.Sleep(time.Duration(s.computer.lastPoints()) * 20 * time.Microsecond)
				}
				return nil
			}
		})
		s.keys("4")
		s.park()
		first := s.settle()
		s.computer.take() // while it learned how long a point takes
		s.drag(window.Secondary, 620, 220, 660, 210)
		_, moving := s.computer.take()
		s.settle()
		_, resting := s.computer.take()
		if len(moving) < 2 || slices.Max(moving) > 2000 || resting[len(resting)-1] < 10_000 {
			t.Errorf("landscapes of %v points while it moved, of %v at rest", moving, resting)
		}
		// What is no longer wanted is not shown.
		s.keys("tab up")
		time.Sleep(rest)
		s.keys("down")
		s.compare("l2 as it was", first, true, true) // but for the range and the focus
		s.keys("r 4")
		s.compare("all as it was", first, false, false)
		s.quit()
	})
}

// rest is as long as the window waits before it draws at full quality.
const rest = 150 * time.Millisecond

var errFails = errors.New("it fails")

// failing has a part fail from now on, or from its first call on.
func failing(part string) func(s *session) {
	return func(s *session) {
		s.computer.before = func(p string, _ int) error {
			if p == part {
				return errFails
			}
			return nil
		}
	}
}

// What a window cannot do without ends it; what it can is said.
func TestComputeErrors(t *testing.T) {
	for _, tt := range []struct{ part, keys, says string }{
		{"runs", "up", ""},
		{"landscape", "tab up", ""},
		{"ensemble", "s", "No ensemble: it fails"},
		{"map", "o", "No map: it fails"},
	} {
		t.Run(tt.part, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, 400, 300, ofSweep(t))
				s.settle()
				failing(tt.part)(s)
				s.keys(tt.keys)
				if tt.says == "" {
					if err := s.end(); !errors.Is(err, errFails) {
						t.Error(err)
					}
					return
				}
				s.says(tt.says)
				s.settle()
				s.computer.before = nil
				s.keys("r")
				s.settle()
				s.quit()
			})
		})
	}
	// From the beginning.
	for _, part := range []string{"runs", "landscape", "map"} {
		t.Run("first "+part, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, 400, 300, view.New(mapScene(t)), failing(part))
				if err := s.end(); !errors.Is(err, errFails) {
					t.Error(err)
				}
			})
		})
	}
}

// A device that is lost ends the window with its error, wherever that is noticed.
func TestDeviceLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 400, 300, view.New(scene(t, "one-mode")))
		s.settle()
		s.FailPresent(gpu.ErrLost)
		s.Expose()
		if err := s.end(); !errors.Is(err, gpu.ErrLost) {
			t.Error(err)
		}
	})
	for _, keys := range []string{"right", "up", "tab up", "t", "s", "p"} {
		t.Run(keys, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, 400, 300, view.New(scene(t, "one-mode")))
				s.settle()
				s.keys("v")
				s.Device().Close()
				s.keys(keys)
				if err := s.end(); !errors.Is(err, gpu.ErrClosed) {
					t.Error(err)
				}
			})
		})
	}
}

// TestNotes shows what computing has to say, from wherever it comes.
func TestNotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 400, 300, view.New(scene(t, "one-mode")), func(s *session) {
			s.computer.before = func(part string, n int) error {
				if n == 1 {
					s.computer.note("runs: computing on the CPU")
				}
				return nil
			}
		})
		s.park()
		s.says("runs: computing on the CPU")
		first := s.settle()
		before := s.Presented()
		s.computer.note("map: computing on the CPU")
		s.says("map: computing on the CPU")
		if s.Presented() != before+1 || differ(first, s.Picture(), s.panels()) == 0 {
			t.Error("the note is not shown")
		}
		s.compare("after a while", first, false, false)
		s.Expose()
		s.soon()
		if n := s.Presented() - before; n != 3 {
			t.Errorf("%d frames for a note that came and went, and an exposure", n)
		}
		s.quit()
	})
}

// script is what a person does, one event or the like after the other.
var script = []func(s *session){
	func(s *session) { s.Key("space") },
	func(s *session) { s.Move(60, 250-strip+47) },
	func(s *session) { s.Press(window.Primary) },
	func(s *session) { s.Move(90, 250-strip+47) },
	func(s *session) { s.Release(window.Primary) },
	func(s *session) { s.Scroll(100, 75, 1) },
	func(s *session) { s.Press(window.Secondary) },
	func(s *session) { s.Move(120, 60) },
	func(s *session) { s.Release(window.Secondary) },
	func(s *session) { s.Key("4") },
	func(s *session) { s.Move(310, 80) },
	func(s *session) { s.Press(window.Primary) },
	func(s *session) { s.Release(window.Primary) },
	func(s *session) { s.Scroll(310, 80, 1) },
	func(s *session) { s.Key("s") },
	func(s *session) { s.Key("v") },
	func(s *session) { s.Key("p") },
	func(s *session) { s.Key("w") },
	func(s *session) { s.Key("f") },
	func(s *session) { s.Key("escape") },
	func(s *session) { s.Resize(300, 200) },
	func(s *session) { s.Expose() },
	func(s *session) { s.Key("shift", "t") },
	func(s *session) { s.Key("2") },
	func(s *session) { s.Key("o") },
	func(s *session) { s.Leave() },
	func(s *session) { s.Key("v") },
	func(s *session) { s.Key("r") },
}

// moments are every one of n with LONG=1, and some of them without.
func moments(n int) []int {
	var out []int
	every := 11
	if os.Getenv("LONG") == "1" {
		every = 1
	}
	for i := 0; i < n; i += every {
		out = append(out, i)
	}
	return out
}

// stopped wants an interrupt to have ended the window, with whole files and films only.
func (s *session) stopped(what string, i int) {
	s.t.Helper()
	if err := s.end(); !errors.Is(err, context.Canceled) {
		s.t.Errorf("%s %d: %v", what, i, err)
	}
	for _, f := range s.films {
		if !f.whole || !f.closed {
			s.t.Errorf("%s %d: the film is %+v", what, i, f)
		}
	}
	for _, name := range s.names() {
		if !slices.Contains([]string{"losscape-1.png", "losscape-1.toml"}, name) {
			s.t.Errorf("%s %d: %s is left", what, i, name)
		}
	}
}

// TestInterrupts interrupts a window after an event, at once or when that has been
// done: after every one with LONG=1.
func TestInterrupts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, i := range moments(2 * len(script)) {
			s := start(t, 400, 250, ofSweepOr(t, i))
			for _, do := range script[:i/2] {
				do(s)
				time.Sleep(20 * time.Millisecond)
			}
			script[i/2](s)
			if i%2 == 0 {
				s.soon()
			}
			s.cancel()
			s.stopped("event", i)
		}
	})
}

// TestInterruptedComputing interrupts a window while something is computed: at every
// call with LONG=1.
func TestInterruptedComputing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const calls = 20
		for _, i := range moments(calls) {
			s := start(t, 400, 250, ofSweepOr(t, i), func(s *session) {
				s.computer.before = func(_ string, n int) error {
					if n == i+1 {
						s.cancel()
					}
					return nil
				}
			})
			for _, do := range script {
				do(s)
				time.Sleep(20 * time.Millisecond)
			}
			s.cancel() // there may be fewer calls
			s.stopped("call", i)
		}
	})
}

// ofSweepOr returns the state of a window of a scene, or of a sweep, in turn.
func ofSweepOr(t *testing.T, i int) *view.State {
	if i%3 == 2 {
		return ofSweep(t)
	}
	return view.New(scene(t, "one-mode"))
}

// TestCloses closes a window at once, by its button, by the key, and with much to do.
func TestCloses(t *testing.T) {
	for name, do := range map[string]func(s *session){
		"button at once": func(s *session) { s.CloseButton() },
		"key at once":    func(s *session) { s.Key("q") },
		"control and q":  func(s *session) { s.settle(); s.Key("control", "q") },
		"at work":        func(s *session) { s.settle(); s.Key("s"); s.Key("up"); s.Key("p"); s.CloseButton() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, 400, 300, view.New(scene(t, "one-mode")))
				do(s)
				if err := s.end(); err != nil {
					t.Error(err)
				}
				if strings.Contains(strings.Join(s.log, "\n"), "No ") {
					t.Errorf("the log is %v", s.log)
				}
			})
		})
	}
}

// TestOrbitDiagram shows an orbit diagram from the first frame on, and another one of
// another optimizer.
func TestOrbitDiagram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := scene(t, "one-mode")
		lr, err := cpu.ParseParam("lr=1:30:60")
		if err != nil {
			t.Fatal(err)
		}
		c.Orbit = scenes.DefaultOrbit()
		c.Orbit.Over, c.Orbit.Steps, c.Orbit.Last = []cpu.Param{lr}, 40, 10
		c.Film.Panels = scenes.PanelsOf(scenes.OrbitPanel)
		s := start(t, 800, 500, view.New(c))
		s.park()
		first := s.settle()
		if parts, _ := s.computer.take(); parts[0] != "map" || slices.Contains(parts[1:], "map") {
			t.Errorf("computed were %v", parts)
		}
		s.keys("o")
		s.compare("another optimizer", first, true, true)
		if parts, _ := s.computer.take(); !slices.Contains(parts, "map") {
			t.Errorf("computed were %v", parts)
		}
		s.keys("r")
		s.compare("as it was opened", first, false, false)
		s.quit()
	})
}
