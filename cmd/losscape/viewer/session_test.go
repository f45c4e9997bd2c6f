package viewer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"losscape/cmd/losscape/view"
	"losscape/cmd/losscape/viewer"
	"losscape/cpu"
	"losscape/gpu"
	"losscape/gpu/compute"
	"losscape/gpu/film"
	"losscape/gpu/gputest"
	"losscape/gpu/window"
	"losscape/gpu/windowtest"
	"losscape/scenes"
)

// session is a viewer and the person in front of it, in a bubble of testing/synctest:
// its clock moves on only while everybody waits, and by as much as the test sleeps.
type session struct {
	*windowtest.Window
	t        *testing.T
	opened   *view.State // the loop's
	slow     func()      // what presenting a frame waits for; nil for nothing
	computer *computer
	dir      string // where files are saved
	cancel   context.CancelFunc
	ended    chan error
	stats    viewer.Stats

	mu    sync.Mutex
	state view.State // as presented last
	log   []string
	films []*recorded

	openFilm func(o film.Options) error // nil for none
}

// start opens a window of w by h pixels and shows a state in it. prepare may change
// the session before.
func start(t *testing.T, w, h int, state *view.State, prepare ...func(s *session)) *session {
	t.Helper()
	d := gputest.Open(t)
	s := &session{
		Window: windowtest.NewWindow(t, d, w, h), t: t, opened: state, computer: &computer{d: d},
		dir: t.TempDir(), ended: make(chan error, 1),
	}
	for _, f := range prepare {
		f(s)
	}
	s.OnPresent = func() {
		s.mu.Lock()
		s.state = *s.opened
		s.mu.Unlock()
		if s.slow != nil {
			s.slow()
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	t.Cleanup(func() { // of a test that has failed
		cancel()
		synctest.Wait()
	})
	go func() {
		stats, err := viewer.Show(ctx, s.options())
		s.stats = stats
		s.ended <- err
	}()
	return s
}

func (s *session) options() viewer.Options {
	return viewer.Options{
		Window: s.Window,
		State:  s.opened,
		Computer: func(d *gpu.Device, note func(string)) (viewer.Computer, error) {
			s.computer.note = note
			return s.computer, s.computer.open()
		},
		Film: func(_ context.Context, o film.Options) (viewer.Film, error) {
			if s.openFilm != nil {
				if err := s.openFilm(o); err != nil {
					return nil, err
				}
			}
			f := &recorded{Options: o, fail: make(chan error, 1)}
			s.films = append(s.films, f)
			return f, nil
		},
		Progress: func(string, string) (func(done, total int), func()) { return func(int, int) {}, func() {} },
		Log: func(text string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.log = append(s.log, text)
		},
		Message: func(err error) string { return err.Error() },
		Dir:     s.dir,
	}
}

// computer computes on the window's device, unless before makes a part fail.
type computer struct {
	d      *gpu.Device
	e      *compute.Engine
	note   func(text string)
	before func(part string, n int) error // n is the number of the call; nil for none

	mu     sync.Mutex
	calls  int
	parts  []string
	points []int
}

func (c *computer) open() (err error) {
	c.e, err = compute.New(c.d)
	return err
}

// take returns the parts that were computed since the last call, and the points of
// their landscapes.
func (c *computer) take() (parts []string, points []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	parts, points = c.parts, c.points
	c.parts, c.points = nil, nil
	return parts, points
}

// lastPoints returns how many points the last landscape has.
func (c *computer) lastPoints() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.points[len(c.points)-1]
}

func (c *computer) call(part string) error {
	c.mu.Lock()
	c.parts = append(c.parts, part)
	c.calls++
	n := c.calls
	c.mu.Unlock()
	if c.before != nil {
		return c.before(part, n)
	}
	return nil
}

func (c *computer) Descend(ctx context.Context, p *cpu.Problem, runs []cpu.Run) ([]*cpu.Trajectory, float64, error) {
	if err := c.call("runs"); err != nil {
		return nil, 0, err
	}
	ts, err := c.e.Descend(ctx, p, runs, nil)
	return ts, compute.PeriodTol, err
}

func (c *computer) Landscape(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid) (*gpu.Field, error) {
	c.mu.Lock()
	c.points = append(c.points, g.Size())
	c.mu.Unlock()
	if err := c.call("landscape"); err != nil {
		return nil, err
	}
	return c.e.Landscape(ctx, p, pl, g, nil)
}

func (c *computer) Sweep(ctx context.Context, p *cpu.Problem, s cpu.Sweep, set cpu.Settings, progress func(done, total int)) (*cpu.Result, error) {
	if err := c.call("map"); err != nil {
		return nil, err
	}
	return c.e.Sweep(ctx, p, s, set, progress)
}

func (c *computer) Ensemble(ctx context.Context, s *scenes.Scene) (viewer.Ensemble, error) {
	if err := c.call("ensemble"); err != nil {
		return nil, err
	}
	w, err := c.e.Ensemble(s.Problem, s.EnsembleSweep(), cpu.Settings{GradTol: -1, MaxPeriod: 1})
	return ensemble{w, ctx}, err
}

type ensemble struct {
	*compute.Ensemble
	ctx context.Context
}

func (e ensemble) At(k int) (gpu.Points, error) { return e.Ensemble.At(e.ctx, k) }

// recorded is a film that was recorded.
type recorded struct {
	film.Options
	fail    chan error // has it end by itself
	frames  int
	changed int // frames that are not as the one before
	whole   bool
	closed  bool
}

func (f *recorded) Record(_ context.Context, d *gpu.Device, frames int, draw film.DrawFunc, _ func(done, total int)) (film.Stats, error) {
	for k := range frames {
		select {
		case err := <-f.fail:
			return film.Stats{}, err
		default:
		}
		fb, changed, err := draw(k)
		if errors.Is(err, io.EOF) {
			select {
			case err := <-f.fail:
				return film.Stats{}, err
			default:
			}
			break
		}
		if err != nil {
			return film.Stats{}, err
		}
		if w, h := fb.Size(); w != f.Width || h != f.Height {
			return film.Stats{}, fmt.Errorf("a frame of %dx%d", w, h)
		}
		f.frames++
		if changed == nil {
			f.changed++
		}
	}
	f.whole = true
	return film.Stats{}, nil
}

func (f *recorded) Close() error {
	f.closed = true
	return nil
}

// settle waits until there is nothing to do, the picture is at full quality and shows
// no message, and returns it.
func (s *session) settle() *image.RGBA {
	s.t.Helper()
	time.Sleep(6 * time.Second)
	synctest.Wait()
	select {
	case err := <-s.ended:
		s.t.Fatalf("the window is closed: %v", err)
	default:
	}
	return s.Picture()
}

// soon waits until all is done that there is to do at once.
func (s *session) soon() { synctest.Wait() }

// now returns what is presented.
func (s *session) now() view.State {
	s.soon()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// end waits until the window is closed, and returns the error of that.
func (s *session) end() error {
	s.t.Helper()
	select {
	case err := <-s.ended:
		return err
	case <-time.After(time.Minute):
		s.t.Fatal("it does not end")
		return nil
	}
}

// quit closes the window.
func (s *session) quit() {
	s.t.Helper()
	s.Key("q")
	if err := s.end(); err != nil {
		s.t.Error(err)
	}
}

// says wants a text in the window and once in the log.
func (s *session) says(text string) {
	s.t.Helper()
	message := s.now().Message
	s.mu.Lock()
	defer s.mu.Unlock()
	if log := strings.Join(s.log, "\n"); !strings.Contains(message, text) || strings.Count(log, text) != 1 {
		s.t.Errorf("the window says %q, want %q; the log is\n%s", message, text, log)
	}
}

// keys presses keys in turn, such as "a shift+l".
func (s *session) keys(names string) {
	for _, k := range strings.Fields(names) {
		s.Key(strings.Split(k, "+")...)
		s.soon()
	}
}

// click presses and releases the left button. Clicks are too far apart for a double
// one.
func (s *session) click(x, y float64) {
	time.Sleep(time.Second)
	s.Move(x, y)
	s.Press(window.Primary)
	s.Release(window.Primary)
	s.soon()
}

func (s *session) doubleClick(x, y float64) {
	s.click(x, y)
	s.Press(window.Primary)
	s.Release(window.Primary)
	s.park()
}

// drag moves the cursor from one pixel to another in a few steps, while a button is
// pressed.
func (s *session) drag(b window.Button, x0, y0, x1, y1 float64) {
	time.Sleep(time.Second)
	s.Move(x0, y0)
	s.Press(b)
	s.soon()
	for _, p := range windowtest.Way(x0, y0, x1, y1, 5) {
		s.Move(p[0], p[1])
		time.Sleep(10 * time.Millisecond)
	}
	s.Release(b)
	s.soon()
}

// park moves the cursor to where it reads nothing.
func (s *session) park() {
	w, h := s.Size()
	s.Move(float64(w-3), float64(h-3))
	s.soon()
}

// strip is the height of the controls in windows as small as the tests'.
const strip = 98

func (s *session) panels() image.Rectangle {
	w, h := s.Size()
	return image.Rect(0, 0, w, h-strip)
}

func (s *session) controls() image.Rectangle {
	w, h := s.Size()
	return image.Rect(0, h-strip, w, h)
}

func (s *session) all() image.Rectangle { return s.panels().Union(s.controls()) }

// differ returns how many pixels of a part differ between two pictures.
func differ(a, b *image.RGBA, part image.Rectangle) int {
	if a.Bounds() != b.Bounds() {
		return part.Dx() * part.Dy()
	}
	n := 0
	for y := part.Min.Y; y < part.Max.Y; y++ {
		if i, j := a.PixOffset(part.Min.X, y), a.PixOffset(part.Max.X, y); bytes.Equal(a.Pix[i:j], b.Pix[i:j]) {
			continue
		}
		for x := part.Min.X; x < part.Max.X; x++ {
			if i := a.PixOffset(x, y); !bytes.Equal(a.Pix[i:i+4], b.Pix[i:i+4]) {
				n++
			}
		}
	}
	return n
}

// compare wants pixels of the panels, and of the controls, to be other than in a
// picture, or none of them.
func (s *session) compare(what string, first *image.RGBA, panels, controls bool) {
	s.t.Helper()
	now := s.settle()
	a, b := differ(first, now, s.panels()), differ(first, now, s.controls())
	if a > 0 != panels || b > 0 != controls {
		keep(s.t, now)
		s.t.Fatalf("%s: %d pixels of the panels and %d of the controls are other than in the beginning, want some: %t, %t", what, a, b, panels, controls)
	}
}

// keep writes a picture beside the test's other artifacts, to be looked at.
func keep(t *testing.T, img image.Image) {
	path := filepath.Join(os.TempDir(), strings.ReplaceAll(t.Name(), "/", "-")+".png")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	png.Encode(f, img)
	t.Logf("the picture is in %s", path)
}

// scene loads a built-in scene.
func scene(t *testing.T, name string) *scenes.Scene {
	t.Helper()
	s, err := scenes.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// saved presses W and returns the scene that it writes.
func (s *session) saved(n int) *scenes.Scene {
	s.t.Helper()
	s.keys("w")
	c, err := scenes.Load(filepath.Join(s.dir, fmt.Sprintf("losscape-%d.toml", n)))
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// names returns the names of the files that were saved.
func (s *session) names() []string {
	s.t.Helper()
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
