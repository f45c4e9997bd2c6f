//go:build linux && !nowindow

package main

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"losscape/gpu/windowtest"
	"losscape/scenes"
)

// desk is a running losscape view and the person in front of it.
type desk struct {
	*windowtest.Screen
	t      *testing.T
	w, h   int
	cmd    *exec.Cmd
	dir    string // where it runs
	stderr bytes.Buffer
	exited chan error
}

// sit starts losscape view with some arguments in a window of w by h pixels, on a
// screen that is somewhat larger.
func sit(t *testing.T, w, h int, args ...string) *desk {
	t.Helper()
	d := &desk{Screen: windowtest.Start(t, w+60, h+40), t: t, w: w, h: h, dir: t.TempDir(), exited: make(chan error, 1)}
	d.cmd = process(append([]string{"view", "--size", fmt.Sprintf("%dx%d", w, h)}, args...)...)
	d.cmd.Env = append(d.cmd.Env, "DISPLAY="+d.Display)
	d.cmd.Dir = d.dir
	d.cmd.Stderr = &d.stderr
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { d.exited <- d.cmd.Wait() }()
	t.Cleanup(func() { d.cmd.Process.Kill() })
	deadline := time.Now().Add(30 * time.Second)
	for len(d.Windows()) == 0 {
		select {
		case err := <-d.exited:
			t.Fatalf("view has ended: %v\n%s", err, d.stderr.String())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatal("no window")
		}
	}
	d.park()
	return d
}

// park moves the cursor to where it reads nothing.
func (d *desk) park() { d.Move(d.w-3, d.h-3) }

// look returns what the screen shows once it shows the same for a while, and the
// process has nothing to do.
func (d *desk) look() *image.RGBA {
	d.t.Helper()
	var before *image.RGBA
	same := 0
	worked, _ := d.worked()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		time.Sleep(70 * time.Millisecond)
		now := d.Picture()
		work, ready := d.worked()
		if before != nil && !ready && work-worked <= 1 && bytes.Equal(before.Pix, now.Pix) && colours(now) > 20 {
			if same++; same == 4 { // longer than it waits before it draws in full quality
				return now
			}
		} else {
			same = 0
		}
		before, worked = now, work
	}
	d.t.Fatal("the screen does not come to rest")
	return nil
}

// until waits for something to be so.
func (d *desk) until(what string, so func() bool) {
	d.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(30 * time.Millisecond) {
		if so() {
			return
		}
	}
	keep(d.t, d.Picture())
	d.t.Fatalf("not so after 20 s: %s", what)
}

// worked returns how long the process has worked, in hundredths of a second, and
// whether it would work now, if it were let.
func (d *desk) worked() (ticks int, ready bool) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", d.cmd.Process.Pid))
	for _, path := range tasks {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // a thread that has ended
		}
		fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
		user, _ := strconv.Atoi(fields[11])
		system, _ := strconv.Atoi(fields[12])
		ticks += user + system
		ready = ready || fields[0] == "R"
	}
	return ticks, ready
}

// colours returns how many colours a picture has, to 64.
func colours(img *image.RGBA) int {
	seen := map[[3]byte]bool{}
	for i := 0; i < len(img.Pix) && len(seen) < 64; i += 4 * 7 {
		seen[[3]byte(img.Pix[i:i+3])] = true
	}
	return len(seen)
}

// differ returns how many pixels of a part differ between two pictures, without
// the messages over the strip.
func (d *desk) differ(a, b *image.RGBA, part image.Rectangle) int {
	message := image.Rect(0, d.h-strip-34, d.w, d.h-strip)
	n := 0
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			if !(image.Point{X: x, Y: y}).In(message) && a.RGBAAt(x, y) != b.RGBAAt(x, y) {
				n++
			}
		}
	}
	return n
}

// strip is the height of the controls in a window as small as the tests'.
const strip = 98

func (d *desk) all() image.Rectangle      { return image.Rect(0, 0, d.w, d.h) }
func (d *desk) panels() image.Rectangle   { return image.Rect(0, 0, d.w, d.h-strip) }
func (d *desk) controls() image.Rectangle { return image.Rect(0, d.h-strip, d.w, d.h) }

// done waits until it has ended, with an exit code.
func (d *desk) done(code int) {
	d.t.Helper()
	select {
	case <-d.exited:
		if got := d.cmd.ProcessState.ExitCode(); got != code {
			d.t.Errorf("exit code %d, want %d\n%s", got, code, d.stderr.String())
		}
	case <-time.After(30 * time.Second):
		d.t.Fatal("it does not end")
	}
}

// file waits for a file to be there.
func (d *desk) file(name string) string {
	d.t.Helper()
	path := filepath.Join(d.dir, name)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	d.t.Fatalf("there is no %s\n%s", name, d.stderr.String())
	return ""
}

// scene presses W and returns the scene that it writes, and its path.
func (d *desk) scene(n int) (*scenes.Scene, string) {
	d.t.Helper()
	d.Key("w")
	path := d.file(fmt.Sprintf("losscape-%d.toml", n))
	s, err := scenes.Load(path)
	if err != nil {
		d.t.Fatal(err)
	}
	return s, path
}

// TestViewKeys presses the keys in a real window and looks at what changes. The
// picture is the same again, to the pixel, after what takes it back.
func TestViewKeys(t *testing.T) {
	t.Parallel()
	d := sit(t, 800, 500, "one-mode")
	first := d.look()
	now := first
	for _, tt := range []struct {
		keys    string // in turn; shift+l is held
		panels  bool   // the panels differ from the first picture then
		strip   bool   // the controls do
		settled bool   // nothing else moves
	}{
		{"right", true, true, true}, {"left", false, false, true},
		{"end", true, true, true}, {"home", false, false, true},
		{"t", true, true, true}, {"t", false, false, true},
		{"l", true, false, true}, {"l l l", false, false, true},
		{"shift+l", true, false, true}, {"shift+l shift+l shift+l", false, false, true},
		{"2", true, false, true}, {"3", true, false, true}, {"4", true, false, true}, {"5", true, false, true}, {"1", false, false, true},
		{"h", true, true, true}, {"escape", false, false, true},
		{"end up", true, true, true}, {"down home", false, false, true},
		{"tab", false, true, true}, {"shift+tab", false, false, true},
		{"end o", true, true, true}, {"shift+o home", false, false, true},
		{"tab shift+up shift+up shift+up", true, true, true}, {"r", false, false, true},
		{"i", false, true, true}, {"i", false, false, true},
	} {
		for _, k := range strings.Fields(tt.keys) {
			d.Key(strings.Split(k, "+")...)
		}
		now = d.look()
		if got := d.differ(first, now, d.panels()); (got > 0) != tt.panels {
			t.Errorf("%s: %d pixels of the panels are other than in the beginning, want some: %t", tt.keys, got, tt.panels)
		}
		if got := d.differ(first, now, d.controls()); tt.keys != "i" && (got > 0) != tt.strip {
			t.Errorf("%s: %d pixels of the controls are other than in the beginning, want some: %t", tt.keys, got, tt.strip)
		}
		if t.Failed() {
			keep(t, now)
			t.FailNow()
		}
	}
	// Space plays, and again pauses.
	d.Key("space")
	time.Sleep(700 * time.Millisecond)
	a := d.Picture()
	time.Sleep(400 * time.Millisecond)
	if b := d.Picture(); d.differ(a, b, d.panels()) == 0 || d.differ(a, first, d.panels()) == 0 {
		t.Error("it does not play")
	}
	d.Key("space")
	if got := d.look(); d.differ(got, first, d.controls()) == 0 {
		t.Error("the time bar has not moved")
	}
	d.Key("home")
	// A swarm starts at once, and goes.
	d.Key("s")
	d.until("the swarm is on its way", func() bool {
		now := d.Picture()
		return d.differ(now, first, d.panels()) > 10_000 && d.differ(now, first, d.controls()) > 0
	})
	d.Key("space")
	d.Key("s")
	d.Key("home")
	if got := d.look(); d.differ(got, first, d.all()) > 0 {
		t.Error("without the swarm the picture is another")
		keep(t, got)
	}
	// Full screen, and back.
	corner := image.Point{X: d.w + 30, Y: d.h + 20}
	covered := func() bool { return d.Picture().At(corner.X, corner.Y) != first.At(corner.X, corner.Y) }
	d.Key("f")
	d.until("the window covers the screen", covered)
	d.look()
	d.Key("escape")
	d.until("the window has its place again", func() bool { return !covered() })
	if got := d.look(); d.differ(got, first, d.all()) > 0 {
		t.Error("after full screen the picture is another")
		keep(t, got)
	}
	d.Key("q")
	d.done(exitDone)
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
	t.Logf("the screen is in %s", path)
}

// TestViewMouse moves what the mouse can move.
func TestViewMouse(t *testing.T) {
	t.Parallel()
	d := sit(t, 800, 500, "one-mode")
	d.Key("4")
	first := d.look()
	check := func(what string, panels, strip bool) {
		t.Helper()
		now := d.look()
		if got := d.differ(first, now, d.panels()); (got > 0) != panels {
			t.Errorf("%s: %d pixels of the panels are other than in the beginning, want some: %t", what, got, panels)
		}
		if got := d.differ(first, now, d.controls()); (got > 0) != strip {
			t.Errorf("%s: %d pixels of the controls are other than in the beginning, want some: %t", what, got, strip)
		}
		if t.Failed() {
			keep(t, now)
			t.FailNow()
		}
	}
	double := func(x, y int) {
		d.Click(windowtest.Left, x, y)
		d.Click(windowtest.Left, x, y)
		d.park()
	}
	const sx, sy = 200, 200 // on the surface
	const cx, cy = 620, 220 // on the contours
	d.Drag(windowtest.Left, sx, sy, sx+60, sy+20)
	d.park()
	check("orbit", true, false)
	double(sx, sy)
	check("double click", false, false)
	d.Drag(windowtest.Right, sx, sy, sx+30, sy-20)
	d.park()
	check("pan", true, false)
	d.Click(windowtest.Up, sx, sy)
	d.Click(windowtest.Up, sx, sy)
	d.park()
	check("zoom", true, false)
	time.Sleep(450 * time.Millisecond)
	double(sx, sy)
	check("double click", false, false)
	d.Click(windowtest.Up, cx, cy)
	d.park()
	check("zoom of the contours", true, false)
	d.Drag(windowtest.Right, cx, cy, cx+40, cy-10)
	d.park()
	check("pan of the contours", true, false)
	time.Sleep(450 * time.Millisecond)
	double(cx, cy)
	check("double click on the contours", false, false)
	d.Move(cx, cy)
	check("reading of the contours", true, false)
	d.Move(sx, sy)
	check("reading of the surface", true, false)
	d.park()
	check("no reading", false, false)
	d.Click(windowtest.Left, cx, cy)
	d.park()
	check("a run more", true, true)
	d.Key("backspace")
	check("a run less", false, false)
	d.Drag(windowtest.Left, 100, 546, 160, 546) // below the window
	d.Drag(windowtest.Left, 100, d.h-strip+47, 160, d.h-strip+47)
	d.park()
	check("learning rate", true, true)
	s, _ := d.scene(1)
	if lr := s.Runs[0].LR; lr < 2 || lr > 40 {
		t.Errorf("learning rate %v", lr)
	}
	time.Sleep(450 * time.Millisecond)
	double(160, d.h-strip+47)
	check("double click on a slider", false, false)
	d.Drag(windowtest.Left, 100, d.h-strip+14, 300, d.h-strip+14)
	d.park()
	check("time", true, true)
	d.Key("home")
	check("home", false, false)
	d.Click(windowtest.Left, 330, d.h-strip+79) // adam
	d.park()
	check("optimizer", true, true)
	s, _ = d.scene(2)
	if o := s.Runs[0].Optimizer; o == "gd" {
		t.Errorf("optimizer %q", o)
	}
	d.CloseWindows()
	d.done(exitDone)
}

// TestViewKeeps saves a still and the scene, which renders the same picture.
func TestViewKeeps(t *testing.T) {
	t.Parallel()
	d := sit(t, 700, 480, "one-mode", "--backend", "gpu")
	d.look()
	d.Drag(windowtest.Left, 200, 150, 230, 170)
	d.Click(windowtest.Left, 560, 330)
	for _, k := range []string{"t", "shift+l", "up", "shift+right", "right"} {
		d.Key(strings.Split(k, "+")...)
	}
	d.park()
	d.look()
	d.Key("p")
	still := d.file("losscape-1.png")
	d.Key("p")
	d.file("losscape-2.png")
	s, path := d.scene(1)
	if len(s.Runs) != 2 || s.Film.Theme != "dark" || s.Film.Width != 700 || s.Film.Height != 480-strip {
		t.Errorf("runs %+v, film %+v", s.Runs, s.Film)
	}
	d.CloseWindows()
	d.done(exitDone)

	again := filepath.Join(d.dir, "again.png")
	if code, _, log := losscape(t, "render", path, "-o", again, "--frame", "11", "--backend", "gpu"); code != exitDone {
		t.Fatal(log)
	}
	a, b := readPNG(t, still), readPNG(t, again)
	if a.Bounds() != b.Bounds() {
		t.Fatalf("%v and %v", a.Bounds(), b.Bounds())
	}
	n := 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if a.At(x, y) != b.At(x, y) {
				n++
			}
		}
	}
	if n > 0 {
		t.Errorf("%d pixels of the scene that was written differ from what the window showed", n)
	}
}

// TestViewRecords records films: one until the key is pressed again, one until the
// window is closed, one until an interrupt. All of them play.
func TestViewRecords(t *testing.T) {
	needsFFmpeg(t)
	for _, tt := range []struct {
		name string
		end  func(d *desk)
		code int
	}{
		{"key", func(d *desk) { d.Key("v"); d.file("losscape-1.mp4"); d.Key("q") }, exitDone},
		{"close", func(d *desk) { d.CloseWindows() }, exitDone},
		{"interrupt", func(d *desk) { d.cmd.Process.Signal(syscall.SIGINT) }, exitInterrupted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := sit(t, 401, 301, "one-mode")
			d.look()
			d.Key("v")
			d.Key("space")
			time.Sleep(1500 * time.Millisecond)
			d.Resize(380, 280)
			time.Sleep(500 * time.Millisecond)
			tt.end(d)
			d.done(tt.code)
			out, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-select_streams", "v",
				"-show_entries", "stream=width,height,nb_read_frames", "-of", "csv=p=0", filepath.Join(d.dir, "losscape-1.mp4")).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s\n%s", err, out, d.stderr.String())
			}
			fields := strings.Split(strings.TrimSpace(string(out)), ",")
			if len(fields) != 3 || fields[0] != "402" || fields[1] != "302" {
				t.Fatalf("the film is %q, want 402x302", fields)
			}
			if n, _ := strconv.Atoi(fields[2]); n < 30 || n > 200 {
				t.Errorf("%d frames of some two seconds", n)
			}
			names, _ := filepath.Glob(filepath.Join(d.dir, "*"))
			if len(names) != 1 {
				t.Errorf("files are left: %v", names)
			}
		})
	}
}

// TestViewResizes gives the window 1,000 sizes: memory does not grow.
func TestViewResizes(t *testing.T) {
	t.Parallel()
	d := sit(t, 320, 240, "one-mode")
	d.look()
	resident := func() int {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", d.cmd.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		pages, err := strconv.Atoi(strings.Fields(string(data))[1])
		if err != nil {
			t.Fatal(err)
		}
		return pages * os.Getpagesize() >> 20
	}
	var mib []int
	for i := range 1000 {
		d.Resize(200+(i*37)%120, 160+(i*53)%80)
		time.Sleep(4 * time.Millisecond)
		if i%100 == 99 {
			d.look()
			mib = append(mib, resident())
		}
	}
	t.Logf("MiB after every 100 resizes: %v", mib)
	if grown := slices.Min(mib[7:]) - slices.Max(mib[:3]); grown > 16 {
		t.Errorf("memory grows: MiB after every 100 resizes: %v", mib)
	}
	d.CloseWindows()
	d.done(exitDone)
}

// TestViewSweep opens the map of a sweep, points at runs of it, and zooms.
func TestViewSweep(t *testing.T) {
	t.Parallel()
	for _, ext := range []string{".npz", ".parquet"} {
		path := filepath.Join(t.TempDir(), "runs"+ext)
		if code, _, log := losscape(t, "sweep", "one-mode", "--over", "lr=0.5:40:16:log", "--over", "l2=1e-4:1:12:log", "--steps", "20", "-o", path); code != exitDone {
			t.Fatal(log)
		}
		d := sit(t, 800, 500, "--sweep", path)
		first := d.look()
		d.Move(150, 300)
		d.until("the run plays", func() bool { return d.differ(d.Picture(), first, image.Rect(d.w*7/10, 0, d.w, d.h-strip)) > 50 })
		d.until("the run has been played", func() bool { return d.Picture().RGBAAt(d.w-120, d.h-strip+14) != first.RGBAAt(d.w-120, d.h-strip+14) })
		d.park()
		d.look()
		s, _ := d.scene(1)
		lr, l2 := s.Map.Over[0].Values, s.Map.Over[1].Values
		if len(lr) != 16 || len(l2) != 12 || s.Runs[0].LR <= lr[0] || s.Runs[0].LR >= lr[15] || s.Problem.L2 != s.Runs[0].L2 {
			t.Fatalf("map over %v and %v, run %+v", lr, l2, s.Runs[0])
		}
		if ext == ".npz" {
			d.Move(150, 300)
			d.Click(windowtest.Up, 150, 300)
			d.Click(windowtest.Up, 150, 300)
			d.park()
			d.until("the map is computed anew", func() bool { return d.differ(d.Picture(), first, image.Rect(60, 60, 400, 300)) > 30_000 })
			d.look()
			s, _ = d.scene(2)
			got := s.Map.Over[0].Values
			if len(got) < 150 || got[0] <= lr[0] || got[len(got)-1] >= lr[15] {
				t.Errorf("after a zoom %d learning rates from %v to %v", len(got), got[0], got[len(got)-1])
			}
			d.Key("r")
			if now := d.look(); d.differ(now, first, d.all()) > 0 {
				keep(t, now)
				t.Errorf("%d pixels are not as in the beginning", d.differ(now, first, d.all()))
			}
		}
		d.Key("q")
		d.done(exitDone)
	}
}

// TestViewErrors wants errors that say what would do.
func TestViewErrors(t *testing.T) {
	other := filepath.Join(t.TempDir(), "runs.npz")
	if code, _, log := losscape(t, "sweep", "one-mode", "--backend", "cpu", "--over", "lr=1,2", "--over", "l2=0,1", "--steps", "2", "-o", other); code != exitDone {
		t.Fatal(log)
	}
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"view", "one-mode"}, exitFailed, "losscape render makes films and stills without a window"},
		{[]string{"view", "one-mode", "--size", "0x9"}, exitUsage, "--size"},
		{[]string{"view", "one-mode", "--device", "0"}, exitUsage, "--device 0 has no meaning for a window"},
		{[]string{"view", "--sweep", "none.npz"}, exitFailed, "none.npz"},
		{[]string{"view", "--sweep", "none.csv"}, exitFailed, ".npz"},
		{[]string{"view", "two-mode", "--sweep", other}, exitFailed, "other samples"},
		{[]string{"view"}, exitUsage, "view needs a SCENE"},
		{[]string{"view", "none-mode"}, exitUsage, "none-mode"},
	} {
		t.Setenv("DISPLAY", "")
		if code, _, log := losscape(t, tt.args...); code != tt.code || !strings.Contains(log, tt.want) {
			t.Errorf("%v: exit code %d, %s", tt.args, code, log)
		}
	}
}
