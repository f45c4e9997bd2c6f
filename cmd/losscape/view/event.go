package view

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"losscape/cpu"
	"losscape/scenes"
)

// Work is what has to be done after an event: a set.
type Work uint

// What there is to do.
const (
	Show       Work = 1 << iota // a frame: the time, the reading or a control is another
	Camera                      // the surface is seen from elsewhere
	Look                        // theme, arrangement or scale
	Runs                        // all runs anew
	Landscape                   // the landscape anew, and the edge of stability
	Ensemble                    // the ensemble, which may be gone
	Map                         // the map, as State.MapSweep says
	SavePNG                     // P
	Record                      // V: begin or end, as State.Recording says
	WriteScene                  // W
	Fullscreen                  // as State.Fullscreen says
	Quit
)

// Has says whether any of what is there.
func (w Work) Has(what Work) bool { return w&what != 0 }

// Kind says what an event is about.
type Kind int

// Kinds of events.
const (
	Move    Kind = iota // of the cursor
	Leave               // of the cursor, out of the window
	Press               // Button
	Release             // Button
	Scroll              // by Notches
	Key                 // Key
)

// Button is a button of the mouse.
type Button int

// Buttons.
const (
	Primary Button = iota
	Secondary
	Middle
)

// Event is what a person does.
type Event struct {
	Kind    Kind
	Time    time.Time
	X, Y    float64 // pixels from the top left corner, y down
	Button  Button
	Notches float64 // of the wheel, away from the person
	Key     string  // a letter, a digit, or a name such as "space" or "left"
	Shift   bool
	Control bool
	Repeat  bool // the key is held
	Hit     Hit  // what the cursor is on
}

// Hit is what lies at a place of the window.
type Hit struct {
	Panel   string // "curve", "surface", "contour", "loss" or "map"; empty outside of panels
	Control string // as the constants name them
	At      float64
	Span    float64 // pixels of a control's length, or of a panel's height

	OnPlane      bool // α and β are those of the plane there
	Alpha, Beta  float64
	UnitX, UnitY float64  // of α and β in a pixel to the right and upwards, on the contours
	View         cpu.Grid // range of the plane that is shown, on the contours
	Run          int      // whose start point is there, else -1

	OnMap          bool // a run of the map is there
	CellX, CellY   int  // its place in the map, to the right and upwards
	ShareX, ShareY float64
	Wide, High     int // pixels of the map
}

// drag is what a pressed button moves.
type drag struct {
	what   dragged
	x, y   float64 // of the press
	hit    Hit
	start  []float64     // of the run
	camera scenes.Camera // as it was
}

type dragged int

const (
	nothing dragged = iota
	orbiting
	panning
	sliding
	moving        // a run's start
	shifting      // the map
	shiftingRange // of the landscape
)

// press is one of two that may be a double click.
type press struct {
	at   time.Time
	x, y float64
	on   string
}

// doubleClick is the most time between the presses of one.
const doubleClick = 400 * time.Millisecond

// Dragging says whether a button moves something.
func (s *State) Dragging() bool { return s.drag.what != nothing }

// Handle changes the state as an event asks and returns what is to be done.
func (s *State) Handle(e Event) Work {
	switch e.Kind {
	case Move:
		return s.move(e)
	case Leave:
		if (s.Reading != nil || s.Cell >= 0) && s.drag.what == nothing {
			s.Reading, s.Cell = nil, -1
			return Show
		}
	case Press:
		return s.press(e)
	case Release:
		if s.drag.what == nothing {
			return 0
		}
		work := Show
		s.drag = drag{}
		return work | s.hover(e.Hit)
	case Scroll:
		switch {
		case e.Hit.Control == Time:
			return s.setFrame(s.Frame + int(e.Notches))
		case isSlider(e.Hit.Control):
			s.Focus = e.Hit.Control
			return s.nudge(e.Notches) | Show
		}
		if e.Hit.OnMap && e.Notches != 0 {
			return s.zoomMap(e.Hit, math.Pow(1.25, e.Notches), 0, 0)
		}
		if e.Hit.Panel == "contour" && e.Hit.OnPlane && e.Notches != 0 {
			// Several notches may come before what is under the cursor is another.
			f := math.Pow(1.15, -e.Notches)
			seen, now := e.Hit.View, e.Hit.View
			if s.Scene.Fixed {
				now = s.Scene.Grid
			}
			return s.showRange(
				around(now.X, (e.Hit.Alpha-seen.X.Min)/(seen.X.Max-seen.X.Min), f),
				around(now.Y, (e.Hit.Beta-seen.Y.Min)/(seen.Y.Max-seen.Y.Min), f))
		}
		if e.Hit.Panel == "surface" && e.Notches != 0 {
			s.still(nil)
			c := &s.Scene.Camera
			c.Zoom = clamp(c.Zoom*math.Pow(1.1, e.Notches), scenes.MinZoom, scenes.MaxZoom)
			return Camera
		}
	case Key:
		return s.key(e)
	}
	return 0
}

// still stops a camera that moves by itself: from now on a person moves it, with a
// drag, if there is one, that begins where it stands.
func (s *State) still(d *drag) {
	c := &s.Scene.Camera
	if c.Path == "still" {
		return
	}
	if c.Path == "orbit" {
		c.Azim += 360 * float64(s.Frame) / float64(max(1, s.Scene.Film.Frames))
	}
	c.Path, c.Keys, c.Zoom = "still", nil, 1
	if d != nil {
		d.camera = *c
	}
}

func (s *State) press(e Event) Work {
	if s.Help {
		s.Help = false
		return Show
	}
	if s.drag.what != nothing {
		return 0
	}
	on := e.Hit.Control
	if on == "" {
		on = e.Hit.Panel
	}
	last := s.before
	s.before = press{}
	if e.Button == Primary {
		s.before = press{e.Time, e.X, e.Y, on}
	}
	double := e.Button == Primary && last.on == on && !last.at.IsZero() &&
		e.Time.Sub(last.at) < doubleClick && math.Hypot(e.X-last.x, e.Y-last.y) < 6
	if double {
		s.before = press{}
	}
	d := drag{x: e.X, y: e.Y, hit: e.Hit, camera: s.Scene.Camera}
	switch {
	case e.Hit.Control != "":
		if e.Button != Primary {
			return 0
		}
		return s.pressControl(e.Hit, d, double)
	case e.Hit.Panel == "surface":
		switch {
		case double:
			s.Scene.Camera = s.opened.Camera
			s.Reading = nil
			return Camera
		case e.Button == Primary:
			d.what = orbiting
		default:
			d.what = panning
		}
		s.drag, s.Reading = d, nil
		return Show
	case e.Hit.OnMap && s.Map != nil:
		switch {
		case double:
			s.Wanted = nil
			return Map
		case e.Button == Primary:
			return s.pin()
		}
		d.what = shifting
		s.drag = d
		return 0
	case e.Hit.Panel == "contour" && e.Hit.OnPlane && double:
		// Neither of the two presses was for a run.
		work := Landscape
		if n := len(s.Scene.Runs); s.added && n > 1 {
			s.Selected = n - 1 // the one that the first press added
			s.removeRun()
			work |= Runs
		}
		s.added = false
		s.Scene.Grid, s.Scene.Fixed = s.opened.Grid, s.opened.Fixed
		return work
	case e.Hit.Panel == "contour" && e.Hit.OnPlane && e.Button != Primary:
		d.what = shiftingRange
		s.drag, s.Reading = d, nil
		return Show
	case e.Hit.Panel == "contour" && e.Hit.OnPlane:
		work := Show
		s.added = false
		if e.Hit.Run >= 0 && e.Hit.Run < len(s.Scene.Runs) {
			s.Selected = e.Hit.Run
		} else if work |= s.addRun(s.point(e.Hit.Alpha, e.Hit.Beta, e.Hit.UnitX, e.Hit.UnitY)); !work.Has(Runs) {
			return work
		} else {
			s.added = true
		}
		d.what = moving
		d.start = slices.Clone(s.First().Start)
		s.drag, s.Reading = d, nil
		return work
	}
	return 0
}

func (s *State) pressControl(h Hit, d drag, double bool) Work {
	name, arg, _ := strings.Cut(h.Control, ":")
	switch {
	case name == Play:
		return s.play()
	case name == Time || isSlider(name):
		if name != Time {
			s.Focus = name
		}
		if double {
			return s.original(name) | Show
		}
		d.what = sliding
		s.drag = d
		return s.set(name, h.At) | Show
	case name == Optimizer:
		s.Focus = Optimizer
		return s.setOptimizer(arg) | Show
	case name == RunLine:
		if i, err := strconv.Atoi(arg); err == nil && i >= 0 && i < len(s.Scene.Runs) {
			s.Selected = i
			return Show
		}
	}
	return 0
}

func (s *State) move(e Event) Work {
	d := &s.drag
	dx, dy := e.X-d.x, e.Y-d.y
	switch d.what {
	case nothing:
		return s.hover(e.Hit)
	case orbiting:
		// As matplotlib: half a turn across the panel.
		s.still(d)
		c := &s.Scene.Camera
		azim := tenths(wrap(d.camera.Azim - 180*dx/d.hit.Span))
		elev := tenths(clamp(d.camera.Elev+180*dy/d.hit.Span, -90, 90))
		if azim == c.Azim && elev == c.Elev {
			return 0
		}
		c.Azim, c.Elev = azim, elev
		return Camera
	case panning:
		s.still(d)
		to := [2]float64{clamp(d.camera.Pan[0]+dx/d.hit.Span, -1, 1), clamp(d.camera.Pan[1]-dy/d.hit.Span, -1, 1)}
		if to == s.Scene.Camera.Pan {
			return 0
		}
		s.Scene.Camera.Pan = to
		return Camera
	case shifting:
		if dx == 0 && dy == 0 || d.hit.Wide == 0 || d.hit.High == 0 {
			return 0
		}
		d.x, d.y = e.X, e.Y
		return s.zoomMap(d.hit, 1, dx/float64(d.hit.Wide), -dy/float64(d.hit.High))
	case shiftingRange:
		v := d.hit.View
		return s.showRange(moved(v.X, -dx*d.hit.UnitX), moved(v.Y, dy*d.hit.UnitY))
	case sliding:
		return s.set(d.hit.Control, d.hit.At+dx/d.hit.Span)
	case moving:
		// By the distance from the press, so that the point stays under the cursor.
		pl := &s.Scene.Plane
		a, b, off := pl.Coordinates(d.start)
		w := s.point(a+dx*d.hit.UnitX, b-dy*d.hit.UnitY, d.hit.UnitX, d.hit.UnitY)
		if off > 1e-9*(1+math.Hypot(a, b)) {
			for j, x := range pl.At(nil, a, b) {
				w[j] += d.start[j] - x // as far from the plane as it was
			}
		}
		if slices.Equal(w, s.First().Start) {
			return 0
		}
		s.First().Start = w
		s.First().Name = ""
		s.changed()
		return Runs
	}
	return 0
}

// around returns an axis whose range is f times as large around a fraction of it.
func around(a cpu.Axis, share, f float64) cpu.Axis {
	x := a.Min + share*(a.Max-a.Min)
	a.Min, a.Max = x-(x-a.Min)*f, x+(a.Max-x)*f
	return a
}

func moved(a cpu.Axis, d float64) cpu.Axis {
	a.Min, a.Max = a.Min+d, a.Max+d
	return a
}

// Limits of the range that a person can zoom to.
const (
	leastSpan    = 1e-6 // of 1 + the largest coordinate
	greatestSpan = 1e6
)

// showRange makes the landscape's range another one, that grows no more.
func (s *State) showRange(x, y cpu.Axis) Work {
	for _, a := range []cpu.Axis{x, y} {
		span := a.Max - a.Min
		if span < leastSpan*(1+max(math.Abs(a.Min), math.Abs(a.Max))) || span > greatestSpan {
			return 0
		}
	}
	g := &s.Scene.Grid
	if g.X.Min == x.Min && g.X.Max == x.Max && g.Y.Min == y.Min && g.Y.Max == y.Max && s.Scene.Fixed {
		return 0
	}
	g.X.Min, g.X.Max, g.Y.Min, g.Y.Max = x.Min, x.Max, y.Min, y.Max
	s.Scene.Fixed, s.Reading = true, nil
	return Landscape
}

// round rounds a weight or a coordinate of the plane to the power of ten that is just finer
// than a pixel.
func round(x, pixel float64) float64 {
	digits := -math.Floor(math.Log10(pixel))
	if !(pixel > 0) || digits > 15 {
		return x
	}
	ten := math.Pow(10, math.Abs(digits))
	if digits < 0 {
		return math.Round(x/ten) * ten
	}
	return math.Round(x*ten) / ten
}

// tenths rounds an angle to tenths of a degree.
func tenths(a float64) float64 { return math.Round(a*10) / 10 }

// wrap returns an angle in degrees from −180 to 180.
func wrap(a float64) float64 {
	a = math.Mod(a, 360)
	switch {
	case a > 180:
		return a - 360
	case a < -180:
		return a + 360
	}
	return a
}

// hover reads the plane where the cursor is.
func (s *State) hover(h Hit) Work {
	if h.OnMap || s.Cell >= 0 {
		return s.hoverMap(h)
	}
	if !h.OnPlane {
		if s.Reading == nil {
			return 0
		}
		s.Reading = nil
		return Show
	}
	if r := s.Reading; r != nil && r.Alpha == h.Alpha && r.Beta == h.Beta {
		return 0
	}
	s.read(h.Alpha, h.Beta)
	return Show
}

func (s *State) play() Work {
	s.Playing = !s.Playing
	s.rest = 0
	if s.Playing && s.Frame == s.Last() {
		s.Frame = 0
	}
	s.Message = ""
	return Show
}

// held are the keys that go on while they are held.
var held = []string{"left", "right", "up", "down"}

func (s *State) key(e Event) Work {
	if e.Control && e.Key != "q" || e.Repeat && !slices.Contains(held, e.Key) {
		return 0
	}
	step := 1
	if e.Shift {
		step = 10
	}
	if s.Help && e.Key != "h" {
		s.Help = false
		if e.Key == "escape" {
			return Show
		}
	}
	switch e.Key {
	case "space":
		return s.play()
	case "left":
		return s.setFrame(s.Frame - step)
	case "right":
		return s.setFrame(s.Frame + step)
	case "home":
		return s.setFrame(0)
	case "end":
		return s.setFrame(s.Last())
	case "up":
		return s.nudge(float64(step))
	case "down":
		return s.nudge(-float64(step))
	case "tab":
		i := slices.Index(Focusable, s.Focus)
		if e.Shift {
			i--
		} else {
			i++
		}
		s.Focus = Focusable[(i+len(Focusable))%len(Focusable)]
		return Show
	case "o":
		if e.Shift {
			return s.nextOptimizer(-1)
		}
		return s.nextOptimizer(1)
	case "n":
		s.Selected = (max(0, s.Selected) + 1) % len(s.Scene.Runs)
		return Show
	case "a":
		if s.Selected == All {
			s.Selected = 0
		} else {
			s.Selected = All
		}
		return Show
	case "backspace", "delete":
		return s.removeRun()
	case "r":
		return s.reset()
	case "s":
		return s.ensemble()
	case "1", "2", "3", "4", "5":
		return s.arrange(int(e.Key[0] - '0'))
	case "t":
		f := &s.Scene.Film
		f.Theme = next([]string{"light", "dark"}, f.Theme)
		return Look
	case "l":
		scales := []string{"linear", "log", "asinh", "rank"}
		if e.Shift {
			s.Scene.Contour.Scale = next(scales, s.Scene.Contour.Scale)
			s.Message = "Colours of the contours: " + s.Scene.Contour.Scale
		} else {
			s.Scene.Surface.Scale = next(scales, s.Scene.Surface.Scale)
			s.Message = "Heights of the surface: " + s.Scene.Surface.Scale
		}
		return Look
	case "m":
		return s.nextQuantity()
	case "f":
		s.Fullscreen = !s.Fullscreen
		return Fullscreen
	case "h":
		s.Help = !s.Help
		return Show
	case "i":
		s.Rate = !s.Rate
		return Show
	case "p":
		return SavePNG
	case "v":
		s.Recording = !s.Recording
		return Record | Show
	case "w":
		return WriteScene
	case "escape":
		if s.Fullscreen {
			s.Fullscreen = false
			return Fullscreen
		}
	case "q":
		return Quit
	}
	return 0
}

// next returns the string after have, the first after the last.
func next(of []string, have string) string { return of[(slices.Index(of, have)+1)%len(of)] }

// arrange shows one of the arrangements: 1 the scene's own, 2 the surface, 3 the
// contours, 4 both side by side, 5 all panels. With a map they are the map alone, it
// and one of these, and all.
func (s *State) arrange(n int) Work {
	f := &s.Scene.Film
	f.Panels, f.Layout = Arrangement(s.opened, n)
	all := make([]int, len(s.Scene.Runs))
	for i := range all {
		all[i] = i
	}
	s.Scene.KeepRuns(all...) // the panels may be of runs that were removed
	s.Reading = nil
	return Look
}

// Arrangement returns the panels, and their layout, of an arrangement of a scene,
// 1 to 5.
func Arrangement(s *scenes.Scene, n int) (panels []scenes.Panel, layout [][]string) {
	if s.Film.Shows("map") {
		switch n {
		case 2:
			return scenes.PanelsOf("map"), nil
		case 3:
			return scenes.PanelsOf("map", "contour"), [][]string{{"map", "contour"}}
		case 4:
			return scenes.PanelsOf("map", "surface"), [][]string{{"map", "surface"}}
		case 5:
			return scenes.PanelsOf("map", "surface", "contour", "loss"), nil
		}
	}
	switch n {
	case 2:
		return scenes.PanelsOf("surface"), nil
	case 3:
		return scenes.PanelsOf("contour"), nil
	case 4:
		return scenes.PanelsOf("surface", "contour"), [][]string{{"surface", "contour"}}
	case 5:
		of := "curve"
		if s.Problem.Features() == 2 {
			of = "data"
		}
		return scenes.PanelsOf(of, "surface", "contour", "loss"), nil
	}
	return slices.Clone(s.Film.Panels), slices.Clone(s.Film.Layout)
}
