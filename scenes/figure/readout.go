package figure

import (
	"math"
	"slices"
	"strconv"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/letters"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// readout says in the contour panel where the runs are: a line for a single run,
// a small table for several, and but for the iteration nothing where a legend beside
// their losses says it all. Its size is that of its widest frame, so that
// nothing moves during a film but the digits.
type readout struct {
	style  display.Style
	runs   []*run // those that have a line
	more   string // says how many have none; may be empty
	single bool
	table  bool // of several runs that leave the plane: the columns have heads
	scene  *scenes.Scene
	columns
	nameless bool     // too narrow for the runs' names
	stacked  bool     // of a single run: the loss is below the counter
	names    []string // of runs, as they are written
	tight    bool     // too narrow for everything: texts are cut
	plate    display.Rectangle
	high     bool // it takes so much of the plot that points come into it: it lies over them
}

// columns are the widths of a readout's columns.
type columns struct {
	swatch, name, loss, plane, off float64
	first, last                    float64 // of the lines above and below them
	space                          float64 // after each
}

func newReadout(f *Figure, c *contour) *readout {
	plot, all := c.plot, c.runs
	o := &readout{
		style: display.Style{Weight: letters.Regular, Size: f.Px(LabelSize), Color: f.Theme.Ink},
		runs:  all, single: len(all) == 1, scene: f.Scene,
	}
	o.table = !o.single && slices.ContainsFunc(all, func(run *run) bool { return run.off != nil })
	if told(f, all) {
		o.runs = nil
	} else {
		o.keep(mostEntries-1, all, f)
	}
	least := min(f.Medium.Text, LabelSize*f.Pt)
	if most := plot.H() * 0.45 / o.lines() / lineStep; o.style.Size > most {
		o.style.Size = f.quarter(max(most, least))
	}
	// In letters as small as they may be, as many runs as have room.
	for o.height() > 0.7*plot.H() && len(o.runs) > 1 {
		o.keep(int(o.lines())-2, all, f)
	}
	room := plot.W() - 8*f.Layout.Pt
	o.fit(f, room, all)
	o.high = o.height() > 0.5*plot.H()
	o.plate = freeCorner(&f.Layout, plot, min(o.width(), room), o.height(), c.trails)
	return o
}

// keep leaves at most so many lines of all runs; the last of them then says how many have
// none.
func (o *readout) keep(most int, all []*run, f *Figure) {
	if len(all) <= most {
		return
	}
	o.runs = all[:max(0, most-1)]
	o.more = scenes.Fill(f.Labels.Legend.More, "n", strconv.Itoa(len(all)-len(o.runs)))
}

// fit finds the columns of a read-out, which is at most so wide: where there is no room for
// them letters become smaller, the loss of a single run goes below the counter, and names
// are cut or, where even that would leave little of them, left out, colours having to do.
func (o *readout) fit(f *Figure, room float64, all []*run) {
	frames := f.Scene.Film.Frames
	for _, run := range all {
		frames = max(frames, run.n-1)
	}
	size, full := o.style.Size, o.measure(f, frames)
	// smaller reports whether letters of a share of the size, or larger ones, have room.
	smaller := func(share float64) bool {
		for o.style.Size = size; ; {
			o.columns = full.times(o.style.Size / size)
			if o.width() <= room {
				return true
			}
			next := f.quarter(o.style.Size * 0.95)
			if next < share*size || next == o.style.Size {
				return false
			}
			o.style.Size = next
		}
	}
	shortest := func() float64 { // that names are cut to
		if o.table {
			return max(4*o.style.Size, o.first-o.swatch)
		}
		return 4 * o.style.Size
	}
	switch {
	case smaller(leastLetters):
		return
	case o.single:
		o.stacked = true
	case o.name-(o.width()-room) > shortest():
		o.name -= o.width() - room
		for i, name := range o.names {
			o.names[i] = f.cut(name, o.style, o.name-o.space)
		}
		return
	default:
		o.nameless, full.name = true, 0
	}
	o.tight = !smaller(smallestShare)
}

// measure returns the widths of the columns, and sets the texts of the first one.
func (o *readout) measure(f *Figure, frames int) (c columns) {
	width := func(s string) float64 { return f.Width(s, o.style) }
	c.space = 2 * width(" ")
	c.first, c.last = width(o.counter(frames-1))+c.space, width(o.more)+c.space
	if !o.single {
		c.swatch = 1.3 * o.style.Size
		for _, run := range o.runs {
			o.names = append(o.names, run.name)
			c.name = max(c.name, width(run.name)+c.space)
		}
	}
	wider := func(w *float64, text string) {
		if text != "" {
			*w = max(*w, width(text)+c.space)
		}
	}
	step := max(1, frames/500) // digits hardly differ in width
	for k := 0; k < max(frames, 1); k += step {
		for _, run := range o.runs {
			wider(&c.loss, o.lossText(run, k))
			wider(&c.off, o.offText(run, k))
		}
	}
	for i := range 8 { // few, as each is a loss to compute
		for _, run := range o.runs {
			wider(&c.plane, o.planeText(run, max(frames-1, 0)*i/7))
		}
	}
	if o.table {
		words := &o.scene.Labels
		wider(&c.loss, words.Loss)
		wider(&c.plane, words.Plane)
		wider(&c.off, words.Off)
	}
	return c
}

// times returns the columns of letters that are k times as large.
func (c columns) times(k float64) columns {
	return columns{c.swatch * k, c.name * k, c.loss * k, c.plane * k, c.off * k, c.first * k, c.last * k, c.space * k}
}

// width returns the width of the plate.
func (o *readout) width() float64 {
	w := o.lead() + o.loss + o.plane + o.off
	if o.single {
		w = max(o.beside()+o.loss, o.plane, o.off)
	}
	return max(w, o.last, o.first) + o.style.Size - o.space
}

// lead returns how far right of the plate's text the columns of numbers begin; of a table,
// whose heads are beside the counter, behind that.
func (o *readout) lead() float64 {
	if o.table {
		return max(o.swatch+o.name, o.first)
	}
	return o.swatch + o.name
}

// beside returns how far right of the counter the loss of a single run is.
func (o *readout) beside() float64 {
	if o.stacked {
		return 0
	}
	return o.first
}

// height returns the height of the plate.
func (o *readout) height() float64 { return ((o.lines()-1)*lineStep + 1.75) * o.style.Size }

// told reports whether another panel has the names and losses of runs.
func told(f *Figure, runs []*run) bool {
	if slices.ContainsFunc(runs, func(run *run) bool { return run.off != nil }) {
		return false
	}
	return slices.ContainsFunc(f.views, func(v view) bool {
		n, ok := v.(interface{ named() []*run })
		return ok && len(runs) > 1 && !slices.ContainsFunc(runs, func(r *run) bool { return !slices.Contains(n.named(), r) })
	})
}

// lines returns the number of lines.
func (o *readout) lines() float64 {
	if o.single {
		n := 1.0
		if o.stacked {
			n++
		}
		if o.runs[0].off != nil {
			n += 2
		}
		return n
	}
	n := 1 + float64(len(o.runs))
	if o.more != "" {
		n++
	}
	return n
}

// draw writes what frame k shows.
func (o *readout) draw(l *display.List, ly *Layout, k int) {
	l.Rect(o.plate, 3*ly.Pt, palette.WithAlpha(ly.Theme.Plate, 225.0/255))
	x, y := o.plate.X0+o.style.Size/2, o.plate.Y0+0.875*o.style.Size
	right := o.plate.X1 - o.style.Size/2
	put := func(s string, x float64) {
		if o.tight {
			s = ly.cut(s, o.style, right-x)
		}
		l.Text(s, o.style, x, y, display.MiddleLeft, false)
	}
	put(o.scene.CounterText(o.scene.Film.Counter(k)), x)
	if o.single {
		if o.stacked {
			y += lineStep * o.style.Size
		}
		put(o.lossText(o.runs[0], k), x+o.beside())
		for _, text := range []string{o.planeText(o.runs[0], k), o.offText(o.runs[0], k)} {
			y += lineStep * o.style.Size
			put(text, x)
		}
		return
	}
	// columns writes what follows the name of a run, and the heads of that.
	columns := func(at float64, loss, plane, off string) {
		put(loss, at)
		put(plane, at+o.loss)
		put(off, at+o.loss+o.plane)
	}
	if o.table && len(o.runs) > 0 {
		words := &o.scene.Labels
		columns(x+o.lead(), words.Loss, words.Plane, words.Off)
	}
	for i, run := range o.runs {
		y += lineStep * o.style.Size
		l.Disc(x+0.45*o.style.Size, y, 0.36*o.style.Size, 0, run.color)
		if !o.nameless {
			put(o.names[i], x+o.swatch)
		}
		columns(x+o.lead(), o.lossText(run, k), o.planeText(run, k), o.offText(run, k))
	}
	y += lineStep * o.style.Size
	put(o.more, x)
}

// counter returns the widest text of the counter up to frame k.
func (o *readout) counter(k int) string {
	return o.scene.CounterText(max(0, o.scene.Film.Counter(k)))
}

// lossText writes the loss of a run at frame k as the notebook does.
func (o *readout) lossText(r *run, k int) string {
	words := &o.scene.Labels
	if r.diverged(k) {
		return words.StatusText(cpu.Diverged)
	}
	return o.value(words.Loss, r.t.Loss[r.reached(k)])
}

// planeText writes the loss of the plane's nearest point at frame k, and offText how far the
// run is from it; empty if the run stays in the plane.
func (o *readout) planeText(r *run, k int) string {
	if r.off == nil {
		return ""
	}
	p, s := r.plane[r.reached(k)], o.scene
	return o.value(s.Labels.Plane, s.Problem.Loss(s.Plane.At(nil, p[0], p[1])))
}

func (o *readout) offText(r *run, k int) string {
	if r.off == nil {
		return ""
	}
	return o.value(o.scene.Labels.Off, r.off[r.reached(k)])
}

// value writes a number behind the word for it, which the heads of a table have.
func (o *readout) value(word string, x float64) string {
	text := o.scene.Labels.Decimal(scale.Number(x))
	if o.table {
		return text
	}
	return labelled(word, text)
}

// freeCorner returns a plate of w by h in the corner of a plot that the trails of
// the runs come least into, bottom right, as in the notebook, if it is free; or half
// way up a side, if they come less into that.
func freeCorner(ly *Layout, plot display.Rectangle, w, h float64, trails []trail) display.Rectangle {
	var best display.Rectangle
	least := math.MaxInt
	room := plot.Inset(6 * ly.Pt)
	for _, at := range [6]display.Point{{X: 1, Y: 1}, {X: 0, Y: 1}, {X: 1, Y: 0}, {X: 0, Y: 0}, {X: 1, Y: 0.5}, {X: 0, Y: 0.5}} {
		x, y := room.X0+at.X*(room.W()-w), room.Y0+at.Y*(room.H()-h)
		plate := ly.Whole(display.Rect(x, y, x+w, y+h))
		if hits := hits(trails, plate.Inset(-DotSize*ly.Pt)); hits < least {
			best, least = plate, hits
		}
	}
	return best
}

// hits returns how many steps of trails come into an area.
func hits(trails []trail, area display.Rectangle) (n int) {
	for i := range trails {
		points := trails[i].points
		for k, p := range points {
			q := points[max(k-1, 0)]
			for s := range 17 {
				m := q.Add(p.Sub(q).Mul(float64(s) / 16))
				if area.Contains(display.Pt(m[0], m[1])) {
					n++
					break
				}
			}
		}
	}
	return n
}
