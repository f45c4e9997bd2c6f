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

func (d *desk) panels() image.Rectangle { return image.Rect(0, 0, d.w, d.h-strip) }

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

// TestViewWindow has a person do some of everything in a real window: events arrive, the
// scene that is saved renders the picture that is saved, and the window takes other
// sizes. What the loop makes of events is tested in package viewer, without a screen.
func TestViewWindow(t *testing.T) {
	needsFFmpeg(t)
	d := sit(t, 700, 480, "one-mode", "--backend", "gpu", "--stats")
	first := d.look()
	d.Drag(windowtest.Left, 200, 150, 230, 170)
	d.Click(windowtest.Left, 560, 330)
	for _, k := range []string{"t", "shift+l", "up", "shift+right", "right"} {
		d.Key(strings.Split(k, "+")...)
	}
	d.park()
	d.until("the picture is another", func() bool { return d.differ(d.Picture(), first, d.panels()) > 10_000 })
	d.Key("p")
	still := d.file("losscape-1.png")
	s, path := d.scene(1)
	if len(s.Runs) != 2 || s.Film.Theme != "dark" || s.Film.Width != 700 || s.Film.Height != 480-strip {
		t.Errorf("runs %+v, film %+v", s.Runs, s.Film)
	}
	d.Key("v")
	// Full screen, and back.
	corner := image.Point{X: d.w + 30, Y: d.h + 20}
	covered := func() bool { return d.Picture().At(corner.X, corner.Y) != first.At(corner.X, corner.Y) }
	d.Key("f")
	d.until("the window covers the screen", covered)
	d.Key("escape")
	d.until("the window has its place again", func() bool { return !covered() })
	d.Resize(300, 200)
	d.until("the window is smaller", func() bool { return d.Picture().At(d.w-3, d.h-3) == first.At(corner.X, corner.Y) })
	d.CloseWindows()
	d.done(exitDone)
	d.filmed(700, 480)
	if !strings.Contains(d.stderr.String(), " frames: median ") {
		t.Errorf("it says\n%s", d.stderr.String())
	}

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

// TestViewInterrupted interrupts a window that records: the film is whole.
func TestViewInterrupted(t *testing.T) {
	needsFFmpeg(t)
	d := sit(t, 401, 301, "one-mode")
	d.until("the window shows something", func() bool { return colours(d.Picture()) > 20 })
	d.Key("v")
	d.until("the film has begun", func() bool { entries, _ := os.ReadDir(d.dir); return len(entries) > 0 })
	d.cmd.Process.Signal(syscall.SIGINT)
	d.done(exitInterrupted)
	d.filmed(402, 302)
	if names, _ := filepath.Glob(filepath.Join(d.dir, "*")); len(names) != 1 {
		t.Errorf("files are left: %v", names)
	}
}

// filmed wants the first film that was recorded to play, in a size.
func (d *desk) filmed(w, h int) {
	d.t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-select_streams", "v",
		"-show_entries", "stream=width,height,nb_read_frames", "-of", "csv=p=0", filepath.Join(d.dir, "losscape-1.mp4")).CombinedOutput()
	if err != nil {
		d.t.Fatalf("%v: %s\n%s", err, out, d.stderr.String())
	}
	var width, height, frames int
	if _, err := fmt.Sscanf(string(out), "%d,%d,%d", &width, &height, &frames); err != nil || width != w || height != h || frames < 1 {
		d.t.Errorf("the film is %q, want %dx%d", out, w, h)
	}
}

// TestViewResizes gives a real window 1,000 sizes, with LONG=1: memory does not grow.
func TestViewResizes(t *testing.T) {
	if os.Getenv("LONG") != "1" {
		t.Skip("takes long; LONG=1 runs it, and package viewer has a short one")
	}
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

// TestOpenSweep opens the table of a sweep as a window does.
func TestOpenSweep(t *testing.T) {
	for _, ext := range []string{".npz", ".parquet"} {
		path := filepath.Join(t.TempDir(), "runs"+ext)
		if code, _, log := losscape(t, "sweep", "one-mode", "--over", "lr=0.5:40:16:log", "--over", "l2=1e-4:1:12:log", "--steps", "20", "-o", path); code != exitDone {
			t.Fatal(log)
		}
		s, err := openState(t.Context(), nil, path)
		if err != nil {
			t.Fatal(err)
		}
		lr, l2 := s.Scene.Map.Over[0].Values, s.Scene.Map.Over[1].Values
		if len(lr) != 16 || len(l2) != 12 || s.Map.N() != 16*12 || s.Settings.PeriodTol != 0 {
			t.Errorf("%s: map over %v and %v, settings %+v", ext, lr, l2, s.Settings)
		}
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
