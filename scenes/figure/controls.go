package figure

import (
	"image/color"
	"math"
	"slices"
	"strings"

	"losscape/scenes/display"
	"losscape/scenes/letters"
	"losscape/scenes/palette"
)

// Controls is what a live window has besides the panels: a strip below them with
// a time bar, sliders and the runs, and what lies over them. It may be changed
// between frames, but for Scale, which needs an Update.
type Controls struct {
	Scale float64 // of letters and lines, 1 where the display is not scaled
	Bare  bool    // only the panels are drawn, the strip stays empty

	Playing bool
	At      float64 // fraction of the film that has passed
	Clock   string
	Note    string // beside the clock
	Red     bool   // Note has a red dot: a recording is on

	Sliders []Slider
	Choices []Choice
	Lines   []RunLine
	Focus   string // control that the keyboard moves
	Message string // a line over the panels' lower edge

	Reading *Reading
	Grip    int         // run whose start point is emphasised, −1 for all
	Help    [][2]string // a sheet over the panels: keys and what they do
}

// Slider is a slider of a strip.
type Slider struct {
	Name  string // of the control, for Pick
	Label string
	Value string
	At    float64 // fraction of its length
	Off   bool    // has no effect now
	Marks []Mark
	Hint  string // in place of marks, where there are none
}

// Mark is a place on a slider with a meaning.
type Mark struct {
	At    float64 // fraction of its length
	Label string
}

// Choice is one of several things of which one is chosen.
type Choice struct {
	Name  string // of the control, for Pick
	Label string
	On    bool
}

// RunLine is a line about a run.
type RunLine struct {
	Name     string // of the control, for Pick
	Run      int    // index of the run, for its colour; below 0 for none
	Text     string
	Status   string
	Selected bool
}

// Reading is what is read of the plane where the cursor is.
type Reading struct {
	X, Y              float64 // of the cursor in pixels from the top left corner, y down
	Alpha, Beta, Loss float64
	W                 []float64 // D+1 weights; nil if the cursor is not on the plane
	Lines             []string
}

// Sizes in points, as high as they are drawn in a window.
const (
	stripHeight  = 98.0
	controlSize  = 10.5 // letters
	markSize     = 9.5  // letters at the marks of a slider
	trackHeight  = 3.0
	knobSize     = 11.0
	barHeight    = 6.0
	mostRunLines = 5
)

// pt returns the pixels in a point of the controls.
func (c *Controls) pt(w, h int) float64 {
	return max(c.Scale, min(float64(h)/620, float64(w)/1000))
}

// Height returns the height of the strip in a window of w by h pixels, 0 without
// one: a window that is very low has none.
func (c *Controls) Height(w, h int) int {
	if c == nil {
		return 0
	}
	strip := int(math.Round(stripHeight * c.pt(w, h)))
	if strip > h/2 {
		return 0
	}
	return strip
}

// part is a control where it is drawn.
type part struct {
	name  string
	area  display.Rectangle // that the mouse takes for it
	track display.Rectangle // of sliders and of the time bar: from one end to the other
}

// places are where the controls are.
type places struct {
	pt      float64
	strip   display.Rectangle
	play    part
	time    part
	clock   display.Rectangle
	sliders []part
	choices []part
	lines   []part
}

func (c *Controls) style(ly *Layout, pt float64, ink color.NRGBA) display.Style {
	return display.Style{Weight: letters.Regular, Size: ly.quarter(controlSize * pt), Color: ink}
}

func (c *Controls) places(ly *Layout) places {
	w, h := int(ly.W), int(ly.H)
	height := c.Height(w, h)
	o := places{pt: c.pt(w, h), strip: display.Rect(0, float64(h-height), float64(w), float64(h))}
	if height == 0 {
		return o
	}
	pt, st := o.pt, c.style(ly, o.pt, white)
	room := o.strip
	room.X0, room.X1 = room.X0+10*pt, room.X1-10*pt

	// The time bar over the whole width.
	y := math.Round(room.Y0 + 14*pt)
	o.play = part{name: "play", area: display.Rect(room.X0-4*pt, y-10*pt, room.X0+18*pt, y+10*pt)}
	clock := max(88*pt, ly.Width(c.Clock, st)) + 8*pt
	if c.Note != "" {
		clock += ly.Width(c.Note, st) + 22*pt
	}
	o.clock = display.Rect(room.X1-clock+8*pt, y-8*pt, room.X1, y+8*pt)
	bar := display.Rect(room.X0+26*pt, y-barHeight/2*pt, room.X1-clock, y+barHeight/2*pt)
	o.time = part{name: "time", area: display.Rect(bar.X0-6*pt, y-9*pt, bar.X1+6*pt, y+9*pt), track: bar}

	// Sliders on the left, choices below them.
	left, right := room, room
	left.X1 = room.X0 + 0.62*room.W()
	right.X0 = left.X1 + 22*pt
	y0 := room.Y0 + 28*pt
	gap := 18 * pt
	shares := []float64{0.44, 0.28, 0.28}
	total := left.W() - gap*float64(len(c.Sliders)-1)
	x := left.X0
	for i, s := range c.Sliders {
		share := 1 / float64(len(c.Sliders))
		if len(c.Sliders) == len(shares) {
			share = shares[i]
		}
		width := share * total
		track := display.Rect(x+knobSize/2*pt, y0+18*pt, x+width-knobSize/2*pt, y0+(18+trackHeight)*pt)
		o.sliders = append(o.sliders, part{name: s.Name, area: display.Rect(x-gap/2, y0, x+width+gap/2, y0+36*pt), track: track})
		x += width + gap
	}
	x = left.X0
	y0 += 42 * pt
	for _, ch := range c.Choices {
		width := ly.Width(ch.Label, st) + 12*pt
		p := part{name: ch.Name}
		if x+width <= left.X1+6*pt {
			p.area = display.Rect(x, y0, x+width, y0+18*pt).Whole()
			x += width + 3*pt
		}
		o.choices = append(o.choices, p)
	}

	// Runs on the right: those around the selected one.
	y0 = room.Y0 + 28*pt
	step := 13.2 * pt
	n, first := len(c.Lines), 0
	if n > mostRunLines {
		for i, l := range c.Lines {
			if l.Selected {
				first = min(max(0, i-mostRunLines/2), n-mostRunLines)
				break
			}
		}
		n = mostRunLines
	}
	for i := range c.Lines {
		p := part{name: c.Lines[i].Name}
		if k := i - first; k >= 0 && k < n {
			p.area = display.Rect(right.X0-5*pt, y0+float64(k)*step, right.X1, y0+float64(k+1)*step)
		}
		o.lines = append(o.lines, p)
	}
	return o
}

// at returns the control at a point.
func (o *places) at(p display.Point) (part, bool) {
	for _, c := range [][]part{{o.play, o.time}, o.sliders, o.choices, o.lines} {
		for _, q := range c {
			if q.area.W() > 0 && q.area.Contains(p) {
				return q, true
			}
		}
	}
	return part{}, false
}

// Pick returns the control at (x, y) of a figure that the controls belong to; ok is false
// where there is none of them, nor their strip.
func (c *Controls) Pick(f *Figure, x, y float64) (h Hit, ok bool) {
	if c == nil || c.Bare {
		return h, false
	}
	p := display.Pt(x, y)
	o := c.places(&f.Layout)
	if !o.strip.Contains(p) {
		return h, false
	}
	h.Run = -1
	if q, ok := o.at(p); ok {
		h.Control, h.Span = q.name, q.track.W()
		if h.Span > 0 {
			h.At = min(max((x-q.track.X0)/h.Span, 0), 1)
		}
	}
	return h, true
}

// Draw adds the controls to a frame of a figure.
func (c *Controls) Draw(l *display.List, f *Figure) {
	if c == nil || c.Bare {
		return
	}
	f.starts(l, c.Grip)
	if c.Reading != nil && c.Reading.W != nil {
		for _, v := range f.views {
			v.probe(l, f, c.Reading)
		}
	}
	o := c.places(&f.Layout)
	th := f.Layout.Theme
	if o.strip.H() > 0 {
		l.Rect(o.strip, 0, mix(th.Paper, th.Ink, 0.045))
		l.Rect(display.Rect(o.strip.X0, o.strip.Y0, o.strip.X1, o.strip.Y0+max(1, math.Round(0.8*o.pt))), 0, mix(th.Paper, th.Ink, 0.18))
		c.drawTime(l, f, &o)
		c.drawSliders(l, f, &o)
		c.drawLines(l, f, &o)
	}
	if c.Message != "" {
		c.toast(l, f, &o)
	}
	if c.Reading != nil && len(c.Help) == 0 {
		c.tip(l, f, &o)
	}
	if len(c.Help) > 0 {
		c.sheet(l, f, &o)
	}
}

// mix returns a colour a fraction of the way from one to another, opaque.
func mix(a, b color.NRGBA, share float64) color.NRGBA {
	m := func(x, y byte) byte { return byte(math.Round(float64(x) + share*(float64(y)-float64(x)))) }
	return color.NRGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 255}
}

// white is the colour of what has its own, such as a picture.
var white = color.NRGBA{255, 255, 255, 255}

// accent is the colour of what is on.
var accent = color.NRGBA{31, 119, 180, 255}

func (c *Controls) accent(th *palette.Theme) color.NRGBA { return mix(accent, th.Positive, 0.8) }

func (c *Controls) drawTime(l *display.List, f *Figure, o *places) {
	th, pt := f.Layout.Theme, o.pt
	x, y := o.play.area.X0+11*pt, o.play.area.CY()
	if c.Playing {
		for _, dx := range [2]float64{-3.6, 1} {
			l.Rect(display.Rect(x+dx*pt, y-5*pt, x+(dx+2.8)*pt, y+5*pt), 0.6*pt, th.Ink)
		}
	} else {
		l.Polygon([4]display.Point{display.Pt(x-3.6*pt, y-5.4*pt), display.Pt(x+5.2*pt, y), display.Pt(x-3.6*pt, y+5.4*pt), display.Pt(x-3.6*pt, y)}, th.Ink)
	}
	bar := o.time.track
	l.Rect(bar, barHeight/2*pt, mix(th.Paper, th.Ink, 0.2))
	at := bar.X0 + c.At*bar.W()
	if at > bar.X0+1 {
		l.Rect(display.Rect(bar.X0, bar.Y0, at, bar.Y1), barHeight/2*pt, c.accent(th))
	}
	l.Disc(at, bar.CY(), knobSize/2*pt, 0, c.accent(th))
	st := c.style(&f.Layout, pt, th.Ink)
	l.Text(c.Clock, st, o.clock.X1, y, display.MiddleRight, false)
	if c.Note != "" {
		x := o.clock.X0
		if c.Red {
			l.Disc(x+5*pt, y, 4.2*pt, 0, color.NRGBA{220, 40, 40, 255})
		}
		l.Text(c.Note, st, x+13*pt, y, display.MiddleLeft, false)
	}
}

func (c *Controls) drawSliders(l *display.List, f *Figure, o *places) {
	th, pt := f.Layout.Theme, o.pt
	for i, s := range c.Sliders {
		p := o.sliders[i]
		ink, on := th.Ink, c.accent(th)
		if s.Off {
			ink = mix(th.Paper, th.Ink, 0.4)
			on = ink
		}
		st := c.style(&f.Layout, pt, ink)
		y := p.area.Y0 + 7*pt
		x0, x1 := p.track.X0-knobSize/2*pt, p.track.X1+knobSize/2*pt
		label, value := s.Label, s.Value
		valueWidth := f.Width(value, display.Style{Weight: letters.Medium, Size: st.Size, Color: ink})
		if f.Width(label, st)+valueWidth+6*pt > x1-x0 {
			label, _, _ = strings.Cut(label, " ")
			if f.Width(label, st)+valueWidth+6*pt > x1-x0 {
				label = ""
			}
		}
		l.Text(label, st, x0, y, display.MiddleLeft, false)
		l.Text(value, display.Style{Weight: letters.Medium, Size: st.Size, Color: ink}, x1, y, display.MiddleRight, false)
		l.Rect(p.track, trackHeight/2*pt, mix(th.Paper, th.Ink, 0.22))
		at := p.track.X0 + s.At*p.track.W()
		if at > p.track.X0+1 {
			l.Rect(display.Rect(p.track.X0, p.track.Y0, at, p.track.Y1), trackHeight/2*pt, on)
		}
		small := display.Style{Weight: letters.Regular, Size: f.quarter(markSize * pt), Color: mix(th.Paper, th.Ink, 0.75)}
		marks := p.track.Y1 + 11*pt
		begins := math.Inf(1)
		for _, m := range slices.Backward(s.Marks) { // if there is room for one label, it is the last one's
			x := p.track.X0 + m.At*p.track.W()
			l.Rect(display.Rect(x-0.6*pt, p.track.Y0-4*pt, x+0.6*pt, p.track.Y1+4*pt), 0, th.Ink)
			if w := f.Width(m.Label, small); x+w/2 < begins {
				l.Text(m.Label, small, x, marks, display.MiddleCentre, false)
				begins = x - w/2 - 2*pt
			}
		}
		if s.Hint != "" && len(s.Marks) == 0 {
			l.Text(s.Hint, small, p.track.X0, marks, display.MiddleLeft, false)
		}
		if s.Name == c.Focus {
			l.Disc(at, p.track.CY(), (knobSize/2+2.6)*pt, (knobSize/2+1.2)*pt, on)
		}
		l.Disc(at, p.track.CY(), knobSize/2*pt, 0, on)
	}
	for i, ch := range c.Choices {
		p := o.choices[i]
		if p.area.W() <= 0 {
			continue
		}
		st := c.style(&f.Layout, pt, th.Ink)
		radius := 4 * pt
		name, _, _ := strings.Cut(ch.Name, ":")
		switch {
		case ch.On:
			l.Rect(p.area, radius, c.accent(th))
			st.Color = th.Paper
			if name == c.Focus {
				l.Rect(display.Rect(p.area.X0, p.area.Y1+1.4*pt, p.area.X1, p.area.Y1+2.8*pt), 0.7*pt, c.accent(th))
			}
		default:
			l.Rect(p.area, radius, mix(th.Paper, th.Ink, 0.1))
		}
		l.Text(ch.Label, st, p.area.CX(), p.area.CY(), display.MiddleCentre, false)
	}
}

func (c *Controls) drawLines(l *display.List, f *Figure, o *places) {
	th, pt := f.Layout.Theme, o.pt
	for i, line := range c.Lines {
		p := o.lines[i].area
		if p.W() <= 0 {
			continue
		}
		if line.Selected && len(c.Lines) > 1 {
			l.Rect(p, 3*pt, mix(th.Paper, th.Ink, 0.12))
		}
		st := c.style(&f.Layout, pt, th.Ink)
		y := p.CY()
		if line.Run >= 0 {
			l.Disc(p.X0+9*pt, y, 3.8*pt, 0, th.Run(f.Scene.Path.Colors, line.Run))
		}
		x := p.X0 + 18*pt
		bold := display.Style{Weight: letters.Medium, Size: st.Size, Color: th.Ink}
		status := f.cut(line.Status, bold, p.X1-4*pt-x)
		width := f.Width(status, bold)
		l.Text(status, bold, p.X1-4*pt, y, display.MiddleRight, false)
		l.Text(f.cut(line.Text, st, p.X1-4*pt-width-12*pt-x), st, x, y, display.MiddleLeft, false)
	}
}

// toast writes the message over the panels' lower edge.
func (c *Controls) toast(l *display.List, f *Figure, o *places) {
	th, pt := f.Layout.Theme, o.pt
	st := c.style(&f.Layout, pt, th.Ink)
	text := f.cut(c.Message, st, float64(f.Layout.W)-40*pt)
	w := f.Width(text, st) + 20*pt
	x, y := float64(f.Layout.W)/2, o.strip.Y0-18*pt
	c.plate(l, display.Rect(x-w/2, y-11*pt, x+w/2, y+11*pt).Whole(), th, pt)
	l.Text(text, st, x, y, display.MiddleCentre, false)
}

// plate draws the background of something that lies over the panels.
func (c *Controls) plate(l *display.List, p display.Rectangle, th *palette.Theme, pt float64) {
	line := max(1, math.Round(0.8*pt))
	l.Rect(p.Inset(-line), 5*pt+line, mix(th.Paper, th.Ink, 0.3))
	l.Rect(p, 5*pt, mix(th.Paper, th.Plate, 0.5))
}

// tip writes what is read beside the cursor.
func (c *Controls) tip(l *display.List, f *Figure, o *places) {
	th, pt := f.Layout.Theme, o.pt
	st := c.style(&f.Layout, pt, th.Ink)
	step := lineStep * st.Size
	w := 0.0
	for _, s := range c.Reading.Lines {
		w = max(w, f.Width(s, st))
	}
	w, h := w+14*pt, float64(len(c.Reading.Lines))*step+8*pt
	x, y := c.Reading.X+14*pt, c.Reading.Y+14*pt
	if x+w > float64(f.Layout.W)-4*pt {
		x = max(4*pt, c.Reading.X-14*pt-w)
	}
	if y+h > o.strip.Y0-4*pt {
		y = max(4*pt, c.Reading.Y-14*pt-h)
	}
	p := display.Rect(x, y, x+w, y+h).Whole()
	c.plate(l, p, th, pt)
	for i, s := range c.Reading.Lines {
		l.Text(s, st, p.X0+7*pt, p.Y0+4*pt+(float64(i)+0.5)*step, display.MiddleLeft, false)
	}
}

// sheet draws the help.
func (c *Controls) sheet(l *display.List, f *Figure, o *places) {
	th, pt := f.Layout.Theme, o.pt
	room := display.Rect(0, 0, float64(f.Layout.W), float64(f.Layout.H))
	l.Rect(room, 0, palette.WithAlpha(th.Paper, 0.72))
	size := controlSize * 1.15 * pt
	rows := float64(len(c.Help)) + 1.6
	size = min(size, (room.H()-40*pt)/(rows*1.6))
	st := display.Style{Weight: letters.Regular, Size: f.quarter(size), Color: th.Ink}
	bold := display.Style{Weight: letters.Medium, Size: st.Size, Color: th.Ink}
	step := 1.6 * st.Size
	left, right := 0.0, 0.0
	for _, row := range c.Help {
		left, right = max(left, f.Width(row[0], bold)), max(right, f.Width(row[1], st))
	}
	gap := 1.8 * st.Size
	w, h := left+gap+right+3*st.Size, rows*step+st.Size
	x, y := room.CX()-w/2, room.CY()-h/2
	c.plate(l, display.Rect(x, y, x+w, y+h).Whole(), th, pt)
	y += 0.5*st.Size + 0.8*step
	l.Text("Keys and mouse", display.Style{Weight: letters.Medium, Size: f.quarter(1.15 * size), Color: th.Ink}, room.CX(), y, display.MiddleCentre, false)
	y += 0.25 * step
	for _, row := range c.Help {
		y += step
		l.Text(row[0], bold, x+1.5*st.Size, y, display.MiddleLeft, false)
		l.Text(row[1], st, x+1.5*st.Size+left+gap, y, display.MiddleLeft, false)
	}
}

// starts marks the start points of the runs on the contours: they can be moved.
func (f *Figure) starts(l *display.List, grip int) {
	radius, line := 5.2*f.Pt, f.AtLeast(1.3, 1.2)
	for _, v := range f.views {
		c, ok := v.(*contour)
		if !ok {
			continue
		}
		l.Within(c.plot, func() {
			for _, run := range c.runs {
				p, ok := c.startOf(f, run.index)
				if !ok {
					continue
				}
				wide := line
				if run.index == grip || grip < 0 {
					wide = 1.6 * line
				}
				l.Disc(p.X, p.Y, radius+wide, radius-wide, f.Theme.Casing)
				l.Disc(p.X, p.Y, radius+wide/2, radius-wide/2, run.color)
			}
		})
	}
}

// mark draws a ring around a point that is read.
func (f *Figure) mark(l *display.List, x, y float64) {
	th := f.Layout.Theme
	radius, rim := 3.4*f.Layout.Pt, f.AtLeast(1.2, 1)
	l.Disc(x, y, radius+2*rim, radius-rim, th.Casing)
	l.Disc(x, y, radius+rim, radius, th.Ink)
}
