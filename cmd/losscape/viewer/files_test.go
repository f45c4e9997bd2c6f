package viewer_test

import (
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"losscape/cmd/losscape/view"
	"losscape/gpu/film"
	"losscape/gpu/window"
)

// TestSaves saves stills, which show what the window shows, and the scene.
func TestSaves(t *testing.T) {
	if testing.Short() {
		t.Skip("what is concurrent in it is in other tests, too")
	}
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 700, 480, view.New(scene(t, "one-mode")))
		s.keys("3") // nothing that stills draw more finely
		s.click(500, 300)
		s.keys("t shift+l up shift+right right")
		s.park()
		s.keys("p")
		s.says("Saved losscape-1.png, 700x382")
		now := s.settle()
		// All that the window has over the panels: the larger start point.
		f, err := os.Open(filepath.Join(s.dir, "losscape-1.png"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		img, err := png.Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		still := image.NewRGBA(s.all())
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				still.Set(x, y, img.At(x, y))
			}
		}
		if n := differ(still, now, s.panels()); img.Bounds() != s.panels() || n > 600 {
			keep(t, now)
			t.Errorf("the still of %v differs in %d pixels", img.Bounds(), n)
		}
		s.keys("p")
		c := s.saved(1)
		if len(c.Runs) != 2 || c.Film.Theme != "dark" || c.Film.Width != 700 || c.Film.Height != 480-strip {
			t.Errorf("runs %+v, film %+v", c.Runs, c.Film)
		}
		text, err := os.ReadFile(filepath.Join(s.dir, "losscape-1.toml"))
		if want := "losscape render losscape-1.toml -o still.png --frame 11\n"; err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%v: it does not say %q", err, want)
		}
		s.compare("after all", now, false, false)
		s.quit()
		if got := s.names(); !slices.Equal(got, []string{"losscape-1.png", "losscape-1.toml", "losscape-2.png"}) {
			t.Errorf("files %v", got)
		}
	})
}

// TestRecord records films: until the key is pressed again, until the window is closed,
// and until an interrupt. All of them are whole, and have what was shown when.
func TestRecord(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(s *session) error
	}{
		{"key", func(s *session) error {
			s.keys("v")
			s.says("Saved losscape-1.mp4, 0:02")
			s.Key("q")
			return s.end()
		}},
		{"close", func(s *session) error { s.CloseButton(); return s.end() }},
		{"quit", func(s *session) error { s.Key("q"); return s.end() }},
		{"interrupt", func(s *session) error { s.cancel(); return s.end() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, 401, 301, view.New(scene(t, "one-mode")))
				s.settle()
				s.keys("v space")
				time.Sleep(1500 * time.Millisecond)
				s.Resize(380, 280)
				time.Sleep(590 * time.Millisecond)
				if err := tt.end(s); err != nil && tt.name != "interrupt" {
					t.Error(err)
				}
				f := s.films[0]
				// 25 frames a second, of which those differ that come after one of the 10 frames
				// played, or after one of the 2 seconds that the clock shows.
				if f.Width != 402 || f.Height != 302 || f.FPS != 25 || filepath.Base(f.Path) != "losscape-1.mp4" || f.frames != 53 || f.changed < 12 || f.changed > 18 || !f.whole || !f.closed {
					t.Errorf("the film is %+v", f)
				}
				if log := strings.Join(s.log, "\n"); !strings.Contains(log, "Saved losscape-1.mp4, 0:02") {
					t.Errorf("the log is %s", log)
				}
			})
		})
	}
}

// TestRecordTwice records one film after the other.
func TestRecordTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 401, 301, view.New(scene(t, "one-mode")))
		first := s.settle()
		s.keys("v v v")
		time.Sleep(990 * time.Millisecond)
		s.keys("v")
		if len(s.films) != 2 || s.films[0].frames != 1 || s.films[1].frames != 25 || filepath.Base(s.films[1].Path) != "losscape-2.mp4" {
			t.Errorf("%d films, of %d and %d frames", len(s.films), s.films[0].frames, s.films[1].frames)
		}
		s.compare("after the films", first, false, false)
		s.quit()
	})
}

// What cannot be saved is said, and the window goes on.
func TestSaveErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 401, 301, view.New(scene(t, "one-mode")), func(s *session) {
			s.openFilm = func(film.Options) error { return errors.New("no encoder") }
		})
		s.park()
		first := s.settle()
		s.keys("v")
		s.says("No recording: no encoder")
		if s.now().Recording {
			t.Error("it is said to record")
		}
		s.openFilm = nil
		s.keys("v")
		time.Sleep(time.Second)
		s.films[0].fail <- errors.New("the disk is full")
		time.Sleep(100 * time.Millisecond) // until its next frame
		s.says("The recording failed: the disk is full")
		s.compare("after the failure", first, false, false)
		if err := os.Remove(s.dir); err != nil {
			t.Fatal(err)
		}
		s.keys("p")
		s.says("No PNG: the folder " + s.dir)
		s.compare("without a PNG", first, false, false)
		s.keys("w")
		s.says("No scene: the folder " + s.dir)
		s.keys("v")
		s.films[1].fail <- errors.New("the film is gone")
		time.Sleep(100 * time.Millisecond)
		s.says("The recording failed: the film is gone")
		s.quit()
	})
}

// TestRecordFails wants the error of a film that fails as the window is closed.
func TestRecordFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 401, 301, view.New(scene(t, "one-mode")))
		s.settle()
		s.keys("v")
		time.Sleep(10 * time.Millisecond)
		s.films[0].fail <- errors.New("the disk is full")
		s.CloseButton()
		if err := s.end(); err == nil || !strings.Contains(err.Error(), "the disk is full") {
			t.Error(err)
		}
	})
}

// TestResizes gives the window many sizes, 1,000 with LONG=1: it shows the same again,
// and memory does not grow.
func TestResizes(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector finds nothing here that shorter tests do not have")
	}
	n := 100
	if os.Getenv("LONG") == "1" {
		n = 1000
	}
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 320, 240, view.New(scene(t, "one-mode")))
		s.park()
		first := s.settle()
		var mib []int
		for i := range n {
			s.Resize(200+(i*37)%120, 160+(i*53)%80)
			time.Sleep(4 * time.Millisecond)
			s.soon()
			if i%(n/10) == n/10-1 {
				s.settle()
				mib = append(mib, resident(t))
			}
		}
		t.Logf("MiB after every %d resizes: %v", n/10, mib)
		if grown := slices.Min(mib[7:]) - slices.Max(mib[:3]); grown > 16 {
			t.Errorf("memory grows: MiB after every %d resizes: %v", n/10, mib)
		}
		s.Resize(320, 240)
		s.compare("the first size again", first, false, false)
		s.quit()
	})
}

// resident returns the MiB that this process has in memory.
func resident(t *testing.T) int {
	t.Helper()
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip(err)
	}
	var size, pages int
	if _, err := fmt.Sscan(string(data), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize() >> 20
}

// TestMoving draws coarser while something moves, if frames take long.
func TestMoving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, 800, 500, view.New(scene(t, "one-mode")), func(s *session) {
			s.slow = func() { time.Sleep(30 * time.Millisecond) }
		})
		s.keys("2")
		s.settle()
		s.Move(400, 200)
		s.Press(window.Primary)
		s.Move(430, 210)
		time.Sleep(60 * time.Millisecond)
		s.soon()
		coarse := s.Picture()
		s.Release(window.Primary)
		time.Sleep(60 * time.Millisecond)
		s.Leave()
		if fine := s.settle(); differ(coarse, fine, s.panels()) < 100 {
			t.Errorf("%d pixels differ between a frame of a drag and one at rest", differ(coarse, fine, s.panels()))
		}
		s.quit()
	})
}
