//go:build linux

// Package windowtest gives tests a screen with a mouse and a keyboard: an Xvfb
// of their own, and real events through its XTEST extension.
package windowtest

import (
	"bufio"
	"fmt"
	"image"
	"io"
	"log"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

// Screen is a screen that nobody looks at.
type Screen struct {
	Display       string // as in the environment variable DISPLAY
	Width, Height int

	t     testing.TB
	conn  *xgb.Conn
	root  xproto.Window
	codes map[xproto.Keysym]xproto.Keycode
}

// No authority is needed, and xgb would log that none is there.
func init() { xgb.Logger = log.New(io.Discard, "", 0) }

// Start starts an X server for the test, on a display that is free. A machine
// without Xvfb skips the test, or fails it where REQUIRE_GL=1.
func Start(t testing.TB, width, height int) *Screen {
	t.Helper()
	path, err := exec.LookPath("Xvfb")
	if err != nil {
		if os.Getenv("REQUIRE_GL") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	// It ends with its last client, so that none is left of a test that is killed.
	c := exec.Command(path, "-displayfd", "3", "-terminate", "-nolisten", "tcp", "-screen", "0", fmt.Sprintf("%dx%dx24", width, height))
	c.ExtraFiles = []*os.File{write}
	var said strings.Builder
	c.Stderr = &said
	err = c.Start()
	write.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
	})
	line, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb says no display: %v\n%s", err, said.String())
	}
	s := &Screen{Display: ":" + strings.TrimSpace(line), Width: width, Height: height, t: t}
	if s.conn, err = xgb.NewConnDisplay(s.Display); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.conn.Close)
	if err := xtest.Init(s.conn); err != nil {
		t.Fatal(err)
	}
	setup := xproto.Setup(s.conn)
	s.root = setup.DefaultScreen(s.conn).Root
	first, n := setup.MinKeycode, byte(setup.MaxKeycode-setup.MinKeycode+1)
	keys, err := xproto.GetKeyboardMapping(s.conn, first, n).Reply()
	if err != nil {
		t.Fatal(err)
	}
	s.codes = map[xproto.Keysym]xproto.Keycode{}
	for i := range int(n) {
		sym := keys.Keysyms[i*int(keys.KeysymsPerKeycode)]
		if _, known := s.codes[sym]; !known {
			s.codes[sym] = first + xproto.Keycode(i)
		}
	}
	return s
}

// Buttons of the mouse.
const (
	Left   = 1
	Middle = 2
	Right  = 3
	Up     = 4 // of the wheel
	Down   = 5
)

func (s *Screen) fake(kind, detail byte, x, y int) {
	s.t.Helper()
	if err := xtest.FakeInputChecked(s.conn, kind, detail, 0, s.root, int16(x), int16(y), 0).Check(); err != nil {
		s.t.Fatal(err)
	}
}

// Move moves the cursor to a pixel of the screen.
func (s *Screen) Move(x, y int) { s.fake(xproto.MotionNotify, 0, x, y) }

// Press presses a button where the cursor is, Release releases it.
func (s *Screen) Press(button int)   { s.fake(xproto.ButtonPress, byte(button), 0, 0) }
func (s *Screen) Release(button int) { s.fake(xproto.ButtonRelease, byte(button), 0, 0) }

// Click presses and releases a button at a pixel.
func (s *Screen) Click(button, x, y int) {
	s.Move(x, y)
	s.Press(button)
	s.Release(button)
}

// Drag moves the cursor from one pixel to another in a few steps while a button
// is pressed.
func (s *Screen) Drag(button, x0, y0, x1, y1 int) {
	s.Move(x0, y0)
	s.Press(button)
	const steps = 5
	for i := 1; i <= steps; i++ {
		s.Move(x0+(x1-x0)*i/steps, y0+(y1-y0)*i/steps)
		time.Sleep(10 * time.Millisecond)
	}
	s.Release(button)
}

var keysyms = map[string]xproto.Keysym{
	"space": ' ', "enter": 0xff0d, "escape": 0xff1b, "tab": 0xff09, "backspace": 0xff08, "delete": 0xffff,
	"left": 0xff51, "up": 0xff52, "right": 0xff53, "down": 0xff54, "home": 0xff50, "end": 0xff57,
	"pageup": 0xff55, "pagedown": 0xff56, "shift": 0xffe1, "control": 0xffe3, "f1": 0xffbe,
}

func (s *Screen) code(name string) byte {
	s.t.Helper()
	sym, ok := keysyms[name]
	if !ok && len(name) == 1 {
		sym, ok = xproto.Keysym(name[0]), true
	}
	code := s.codes[sym]
	if !ok || code == 0 {
		s.t.Fatalf("the keyboard has no key %q", name)
	}
	return byte(code)
}

// Key presses and releases keys, all of them held at once, such as "shift", "a".
func (s *Screen) Key(names ...string) {
	s.t.Helper()
	for _, n := range names {
		s.fake(xproto.KeyPress, s.code(n), 0, 0)
	}
	for i := range names {
		s.fake(xproto.KeyRelease, s.code(names[len(names)-1-i]), 0, 0)
	}
	// GLFW takes two presses of a key in one millisecond for the same one.
	time.Sleep(5 * time.Millisecond)
}

// Picture returns what the screen shows.
func (s *Screen) Picture() *image.RGBA {
	s.t.Helper()
	r, err := xproto.GetImage(s.conn, xproto.ImageFormatZPixmap, xproto.Drawable(s.root), 0, 0, uint16(s.Width), uint16(s.Height), ^uint32(0)).Reply()
	if err != nil {
		s.t.Fatal(err)
	}
	img := image.NewRGBA(image.Rect(0, 0, s.Width, s.Height))
	for i := 0; i+4 <= len(r.Data) && i+4 <= len(img.Pix); i += 4 {
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = r.Data[i+2], r.Data[i+1], r.Data[i], 255
	}
	return img
}

// Scale makes the display's content scale that of so many dots an inch, 96 being 1,
// for programs that start later.
func (s *Screen) Scale(dpi int) {
	s.t.Helper()
	text := fmt.Sprintf("Xft.dpi:\t%d\n", dpi)
	if err := xproto.ChangePropertyChecked(s.conn, xproto.PropModeReplace, s.root, xproto.AtomResourceManager, xproto.AtomString, 8,
		uint32(len(text)), []byte(text)).Check(); err != nil {
		s.t.Fatal(err)
	}
}

// Windows returns the windows on the screen that are shown.
func (s *Screen) Windows() []xproto.Window {
	s.t.Helper()
	tree, err := xproto.QueryTree(s.conn, s.root).Reply()
	if err != nil {
		s.t.Fatal(err)
	}
	var out []xproto.Window
	for _, w := range tree.Children {
		if a, err := xproto.GetWindowAttributes(s.conn, w).Reply(); err == nil && a.MapState == xproto.MapStateViewable {
			out = append(out, w)
		}
	}
	return out
}

// Resize gives the windows that are shown a size, as a person at their edge
// does.
func (s *Screen) Resize(width, height int) {
	s.t.Helper()
	for _, w := range s.Windows() {
		xproto.ConfigureWindow(s.conn, w, xproto.ConfigWindowWidth|xproto.ConfigWindowHeight, []uint32{uint32(width), uint32(height)})
	}
	s.conn.Sync()
}

// CloseWindows asks the programs of all windows to close them, as their
// close buttons do.
func (s *Screen) CloseWindows() {
	s.t.Helper()
	atom := func(name string) xproto.Atom {
		r, err := xproto.InternAtom(s.conn, false, uint16(len(name)), name).Reply()
		if err != nil {
			s.t.Fatal(err)
		}
		return r.Atom
	}
	protocols, del := atom("WM_PROTOCOLS"), atom("WM_DELETE_WINDOW")
	for _, w := range s.Windows() {
		e := xproto.ClientMessageEvent{Format: 32, Window: w, Type: protocols,
			Data: xproto.ClientMessageDataUnionData32New([]uint32{uint32(del), 0, 0, 0, 0})}
		xproto.SendEvent(s.conn, false, w, xproto.EventMaskNoEvent, string(e.Bytes()))
	}
	s.conn.Sync()
}
