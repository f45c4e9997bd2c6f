package draw

import (
	"image/color"
	"math"
	"slices"
	"strings"

	"losscape/scenes/figure"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
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
	area  figure.Rectangle // that the mouse takes for it
	track figure.Rectangle // of sliders and of the time bar: from one end to the other
}

// places are where the controls are.
type places struct {
	pt      float64
	strip   figure.Rectangle
	play    part
	time    part
	clock   figure.Rectangle
	sliders []part
	choices []part
	lines   []part
}

func (c *Controls) style(pt float64, ink color.NRGBA) style {
	return style{regular, figure.Quarter(controlSize * pt), ink}
}

func (c *Controls) places(w, h int, t *typesetter) places {
	height := c.Height(w, h)
	o := places{pt: c.pt(w, h), strip: figure.Rect(0, float64(h-height), float64(w), float64(h))}
	if height == 0 {
		return o
	}
	pt, st := o.pt, c.style(o.pt, white)
	room := o.strip
	room.X0, room.X1 = room.X0+10*pt, room.X1-10*pt

	// The time bar over the whole width.
	y := math.Round(room.Y0 + 14*pt)
	o.play = part{name: "play", area: figure.Rect(room.X0-4*pt, y-10*pt, room.X0+18*pt, y+10*pt)}
	clock := max(88*pt, t.width(c.Clock, st)) + 8*pt
	if c.Note != "" {
		clock += t.width(c.Note, st) + 22*pt
	}
	o.clock = figure.Rect(room.X1-clock+8*pt, y-8*pt, room.X1, y+8*pt)
	bar := figure.Rect(room.X0+26*pt, y-barHeight/2*pt, room.X1-clock, y+barHeight/2*pt)
	o.time = part{name: "time", area: figure.Rect(bar.X0-6*pt, y-9*pt, bar.X1+6*pt, y+9*pt), track: bar}

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
		track := figure.Rect(x+knobSize/2*pt, y0+18*pt, x+width-knobSize/2*pt, y0+(18+trackHeight)*pt)
		o.sliders = append(o.sliders, part{name: s.Name, area: figure.Rect(x-gap/2, y0, x+width+gap/2, y0+36*pt), track: track})
		x += width + gap
	}
	x = left.X0
	y0 += 42 * pt
	for _, ch := range c.Choices {
		width := t.width(ch.Label, st) + 12*pt
		p := part{name: ch.Name}
		if x+width <= left.X1+6*pt {
			p.area = figure.Rect(x, y0, x+width, y0+18*pt).Whole()
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
			p.area = figure.Rect(right.X0-5*pt, y0+float64(k)*step, right.X1, y0+float64(k+1)*step)
		}
		o.lines = append(o.lines, p)
	}
	return o
}

// at returns the control at a point.
func (o *places) at(p figure.Point) (part, bool) {
	for _, c := range [][]part{{o.play, o.time}, o.sliders, o.choices, o.lines} {
		for _, q := range c {
			if q.area.W() > 0 && q.area.Contains(p) {
				return q, true
			}
		}
	}
	return part{}, false
}

// draw adds the controls to a frame.
func (c *Controls) draw(l *list, r *Renderer) {
	if c == nil || c.Bare {
		return
	}
	r.starts(l, c.Grip)
	if c.Reading != nil && c.Reading.W != nil {
		for _, v := range r.views {
			v.probe(l, r, c.Reading)
		}
	}
	o := c.places(r.ly.W, r.ly.H, r.text)
	th := r.ly.Theme
	if o.strip.H() > 0 {
		l.rect(o.strip, 0, mix(th.Paper, th.Ink, 0.045))
		l.rect(figure.Rect(o.strip.X0, o.strip.Y0, o.strip.X1, o.strip.Y0+max(1, math.Round(0.8*o.pt))), 0, mix(th.Paper, th.Ink, 0.18))
		c.drawTime(l, r, &o)
		c.drawSliders(l, r, &o)
		c.drawLines(l, r, &o)
	}
	if c.Message != "" {
		c.toast(l, r, &o)
	}
	if c.Reading != nil && len(c.Help) == 0 {
		c.tip(l, r, &o)
	}
	if len(c.Help) > 0 {
		c.sheet(l, r, &o)
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

func (c *Controls) drawTime(l *list, r *Renderer, o *places) {
	th, pt := r.ly.Theme, o.pt
	x, y := o.play.area.X0+11*pt, o.play.area.CY()
	if c.Playing {
		for _, dx := range [2]float64{-3.6, 1} {
			l.rect(figure.Rect(x+dx*pt, y-5*pt, x+(dx+2.8)*pt, y+5*pt), 0.6*pt, th.Ink)
		}
	} else {
		l.polygon([4]figure.Point{figure.Pt(x-3.6*pt, y-5.4*pt), figure.Pt(x+5.2*pt, y), figure.Pt(x-3.6*pt, y+5.4*pt), figure.Pt(x-3.6*pt, y)}, th.Ink)
	}
	bar := o.time.track
	l.rect(bar, barHeight/2*pt, mix(th.Paper, th.Ink, 0.2))
	at := bar.X0 + c.At*bar.W()
	if at > bar.X0+1 {
		l.rect(figure.Rect(bar.X0, bar.Y0, at, bar.Y1), barHeight/2*pt, c.accent(th))
	}
	l.disc(at, bar.CY(), knobSize/2*pt, 0, c.accent(th))
	st := c.style(pt, th.Ink)
	r.text.put(l, c.Clock, st, o.clock.X1, y, align{1, true}, false)
	if c.Note != "" {
		x := o.clock.X0
		if c.Red {
			l.disc(x+5*pt, y, 4.2*pt, 0, color.NRGBA{220, 40, 40, 255})
		}
		r.text.put(l, c.Note, st, x+13*pt, y, align{0, true}, false)
	}
}

func (c *Controls) drawSliders(l *list, r *Renderer, o *places) {
	th, pt := r.ly.Theme, o.pt
	for i, s := range c.Sliders {
		p := o.sliders[i]
		ink, on := th.Ink, c.accent(th)
		if s.Off {
			ink = mix(th.Paper, th.Ink, 0.4)
			on = ink
		}
		st := c.style(pt, ink)
		y := p.area.Y0 + 7*pt
		x0, x1 := p.track.X0-knobSize/2*pt, p.track.X1+knobSize/2*pt
		label, value := s.Label, s.Value
		valueWidth := r.text.width(value, style{medium, st.px, ink})
		if r.text.width(label, st)+valueWidth+6*pt > x1-x0 {
			label, _, _ = strings.Cut(label, " ")
			if r.text.width(label, st)+valueWidth+6*pt > x1-x0 {
				label = ""
			}
		}
		r.text.put(l, label, st, x0, y, align{0, true}, false)
		r.text.put(l, value, style{medium, st.px, ink}, x1, y, align{1, true}, false)
		l.rect(p.track, trackHeight/2*pt, mix(th.Paper, th.Ink, 0.22))
		at := p.track.X0 + s.At*p.track.W()
		if at > p.track.X0+1 {
			l.rect(figure.Rect(p.track.X0, p.track.Y0, at, p.track.Y1), trackHeight/2*pt, on)
		}
		small := style{regular, figure.Quarter(markSize * pt), mix(th.Paper, th.Ink, 0.75)}
		marks := p.track.Y1 + 11*pt
		begins := math.Inf(1)
		for _, m := range slices.Backward(s.Marks) { // if there is room for one label, it is the last one's
			x := p.track.X0 + m.At*p.track.W()
			l.rect(figure.Rect(x-0.6*pt, p.track.Y0-4*pt, x+0.6*pt, p.track.Y1+4*pt), 0, th.Ink)
			if w := r.text.width(m.Label, small); x+w/2 < begins {
				r.text.put(l, m.Label, small, x, marks, align{0.5, true}, false)
				begins = x - w/2 - 2*pt
			}
		}
		if s.Hint != "" && len(s.Marks) == 0 {
			r.text.put(l, s.Hint, small, p.track.X0, marks, align{0, true}, false)
		}
		if s.Name == c.Focus {
			l.disc(at, p.track.CY(), (knobSize/2+2.6)*pt, (knobSize/2+1.2)*pt, on)
		}
		l.disc(at, p.track.CY(), knobSize/2*pt, 0, on)
	}
	for i, ch := range c.Choices {
		p := o.choices[i]
		if p.area.W() <= 0 {
			continue
		}
		st := c.style(pt, th.Ink)
		radius := 4 * pt
		name, _, _ := strings.Cut(ch.Name, ":")
		switch {
		case ch.On:
			l.rect(p.area, radius, c.accent(th))
			st.color = th.Paper
			if name == c.Focus {
				l.rect(figure.Rect(p.area.X0, p.area.Y1+1.4*pt, p.area.X1, p.area.Y1+2.8*pt), 0.7*pt, c.accent(th))
			}
		default:
			l.rect(p.area, radius, mix(th.Paper, th.Ink, 0.1))
		}
		r.text.put(l, ch.Label, st, p.area.CX(), p.area.CY(), align{0.5, true}, false)
	}
}

func (c *Controls) drawLines(l *list, r *Renderer, o *places) {
	th, pt := r.ly.Theme, o.pt
	for i, line := range c.Lines {
		p := o.lines[i].area
		if p.W() <= 0 {
			continue
		}
		if line.Selected && len(c.Lines) > 1 {
			l.rect(p, 3*pt, mix(th.Paper, th.Ink, 0.12))
		}
		st := c.style(pt, th.Ink)
		y := p.CY()
		if line.Run >= 0 {
			l.disc(p.X0+9*pt, y, 3.8*pt, 0, th.Run(r.p.Scene.Path.Colors, line.Run))
		}
		x := p.X0 + 18*pt
		bold := style{medium, st.px, th.Ink}
		status := r.text.cut(line.Status, bold, p.X1-4*pt-x)
		width := r.text.width(status, bold)
		r.text.put(l, status, bold, p.X1-4*pt, y, align{1, true}, false)
		r.text.put(l, r.text.cut(line.Text, st, p.X1-4*pt-width-12*pt-x), st, x, y, align{0, true}, false)
	}
}

// cut shortens a line of text to a width.
func (t *typesetter) cut(s string, st style, width float64) string {
	if t.width(s, st) <= width {
		return s
	}
	letters := []rune(s)
	for n := len(letters) - 1; n > 0; n-- {
		if short := string(letters[:n]) + "…"; t.width(short, st) <= width {
			return short
		}
	}
	return ""
}

// toast writes the message over the panels' lower edge.
func (c *Controls) toast(l *list, r *Renderer, o *places) {
	th, pt := r.ly.Theme, o.pt
	st := c.style(pt, th.Ink)
	text := r.text.cut(c.Message, st, float64(r.ly.W)-40*pt)
	w := r.text.width(text, st) + 20*pt
	x, y := float64(r.ly.W)/2, o.strip.Y0-18*pt
	c.plate(l, figure.Rect(x-w/2, y-11*pt, x+w/2, y+11*pt).Whole(), th, pt)
	r.text.put(l, text, st, x, y, align{0.5, true}, false)
}

// plate draws the background of something that lies over the panels.
func (c *Controls) plate(l *list, p figure.Rectangle, th *palette.Theme, pt float64) {
	line := max(1, math.Round(0.8*pt))
	l.rect(p.Inset(-line), 5*pt+line, mix(th.Paper, th.Ink, 0.3))
	l.rect(p, 5*pt, mix(th.Paper, th.Plate, 0.5))
}

// tip writes what is read beside the cursor.
func (c *Controls) tip(l *list, r *Renderer, o *places) {
	th, pt := r.ly.Theme, o.pt
	st := c.style(pt, th.Ink)
	step := lineStep * st.px
	w := 0.0
	for _, s := range c.Reading.Lines {
		w = max(w, r.text.width(s, st))
	}
	w, h := w+14*pt, float64(len(c.Reading.Lines))*step+8*pt
	x, y := c.Reading.X+14*pt, c.Reading.Y+14*pt
	if x+w > float64(r.ly.W)-4*pt {
		x = max(4*pt, c.Reading.X-14*pt-w)
	}
	if y+h > o.strip.Y0-4*pt {
		y = max(4*pt, c.Reading.Y-14*pt-h)
	}
	p := figure.Rect(x, y, x+w, y+h).Whole()
	c.plate(l, p, th, pt)
	for i, s := range c.Reading.Lines {
		r.text.put(l, s, st, p.X0+7*pt, p.Y0+4*pt+(float64(i)+0.5)*step, align{0, true}, false)
	}
}

// sheet draws the help.
func (c *Controls) sheet(l *list, r *Renderer, o *places) {
	th, pt := r.ly.Theme, o.pt
	room := figure.Rect(0, 0, float64(r.ly.W), float64(r.ly.H))
	l.rect(room, 0, palette.WithAlpha(th.Paper, 0.72))
	size := controlSize * 1.15 * pt
	rows := float64(len(c.Help)) + 1.6
	size = min(size, (room.H()-40*pt)/(rows*1.6))
	st := style{regular, figure.Quarter(size), th.Ink}
	bold := style{medium, st.px, th.Ink}
	step := 1.6 * st.px
	left, right := 0.0, 0.0
	for _, row := range c.Help {
		left, right = max(left, r.text.width(row[0], bold)), max(right, r.text.width(row[1], st))
	}
	gap := 1.8 * st.px
	w, h := left+gap+right+3*st.px, rows*step+st.px
	x, y := room.CX()-w/2, room.CY()-h/2
	c.plate(l, figure.Rect(x, y, x+w, y+h).Whole(), th, pt)
	y += 0.5*st.px + 0.8*step
	r.text.put(l, "Keys and mouse", style{medium, figure.Quarter(1.15 * size), th.Ink}, room.CX(), y, align{0.5, true}, false)
	y += 0.25 * step
	for _, row := range c.Help {
		y += step
		r.text.put(l, row[0], bold, x+1.5*st.px, y, align{0, true}, false)
		r.text.put(l, row[1], st, x+1.5*st.px+left+gap, y, align{0, true}, false)
	}
}

// starts marks the start points of the runs on the contours: they can be moved.
func (r *Renderer) starts(l *list, grip int) {
	if r.contour == nil {
		return
	}
	radius, line := 5.2*r.ly.Pt, max(1.3*r.ly.Pt, 1.2)
	l.within(r.contour.plot, func() {
		for i := range r.p.Trajectories {
			p, ok := r.startAt(i)
			if !ok {
				continue
			}
			wide := line
			if i == grip || grip < 0 {
				wide = 1.6 * line
			}
			l.disc(p.X, p.Y, radius+wide, radius-wide, r.ly.Theme.Casing)
			l.disc(p.X, p.Y, radius+wide/2, radius-wide/2, r.ly.Theme.Run(r.p.Scene.Path.Colors, i))
		}
	})
}

// startAt returns where the start of a run is on the contours.
func (r *Renderer) startAt(i int) (figure.Point, bool) {
	a, b, _ := r.p.Scene.Plane.Coordinates(r.p.Trajectories[i].At(0))
	p := figure.Pt(r.contour.plane.x(a), r.contour.plane.y(b))
	return p, scale.Finite(p.X) && scale.Finite(p.Y)
}

// mark draws a ring around a point that is read.
func (r *Renderer) mark(l *list, x, y float64) {
	th := r.ly.Theme
	radius, rim := 3.4*r.ly.Pt, max(1.2*r.ly.Pt, 1)
	l.disc(x, y, radius+2*rim, radius-rim, th.Casing)
	l.disc(x, y, radius+rim, radius, th.Ink)
}
