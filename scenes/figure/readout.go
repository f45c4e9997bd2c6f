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
	scene  *scenes.Scene
	columns
	nameless bool // too narrow for the runs' names
	plate    display.Rectangle
}

// columns are the widths of a readout's columns.
type columns struct{ swatch, name, loss, off float64 }

func newReadout(f *Figure, c *contour) *readout {
	plot, all := c.plot, c.runs
	o := &readout{
		style: display.Style{Weight: letters.Regular, Size: f.Px(LabelSize), Color: f.Theme.Ink},
		runs:  all, single: len(all) == 1, scene: f.Scene,
	}
	if told(f, all) {
		o.runs = nil
	} else if len(o.runs) > mostEntries-1 {
		o.runs = o.runs[:mostEntries-2]
		o.more = scenes.Fill(f.Labels.Legend.More, "n", strconv.Itoa(len(all)-len(o.runs)))
	}
	if most := plot.H() * 0.45 / o.lines() / lineStep; o.style.Size > most {
		o.style.Size = f.quarter(max(most, min(f.Medium.Text, LabelSize*f.Pt)))
	}
	frames := f.Scene.Film.Frames
	for _, run := range all {
		frames = max(frames, run.n-1)
	}
	width := func(s string) float64 { return f.Width(s, o.style) }
	space := 2 * width(" ")
	if !o.single {
		o.swatch = 1.3 * o.style.Size
		for _, run := range o.runs {
			o.name = max(o.name, width(run.name)+space)
		}
	} else {
		o.name = width(o.counter(frames-1)) + space
	}
	step := max(1, frames/500) // digits hardly differ in width
	for k := 0; k < max(frames, 1); k += step {
		for _, run := range o.runs {
			o.loss = max(o.loss, width(o.lossText(run, k))+space)
			o.off = max(o.off, width(o.offText(run, k)))
		}
	}
	if room := plot.W() - 12*f.Layout.Pt - o.style.Size; !o.single && o.swatch+o.name+o.loss+o.off-space > room {
		o.name, o.nameless = 0, true // colours have to do
	}
	w := o.swatch + o.name + o.loss
	if o.single {
		w = max(w, o.off+space)
	} else {
		w = max(w+o.off, width(o.more)+space, width(o.counter(frames-1))+space)
	}
	w += o.style.Size - space
	h := ((o.lines()-1)*lineStep + 1.75) * o.style.Size
	o.plate = freeCorner(&f.Layout, plot, w, h, c.trails)
	return o
}

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
		if o.runs[0].off != nil {
			return 2
		}
		return 1
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
	put := func(s string, x float64) { l.Text(s, o.style, x, y, display.MiddleLeft, false) }
	put(o.scene.CounterText(o.scene.Film.Counter(k)), x)
	if o.single {
		put(o.lossText(o.runs[0], k), x+o.name)
		y += lineStep * o.style.Size
		put(o.offText(o.runs[0], k), x)
		return
	}
	for _, run := range o.runs {
		y += lineStep * o.style.Size
		l.Disc(x+0.45*o.style.Size, y, 0.36*o.style.Size, 0, run.color)
		if !o.nameless {
			put(run.name, x+o.swatch)
		}
		put(o.lossText(run, k), x+o.swatch+o.name)
		put(o.offText(run, k), x+o.swatch+o.name+o.loss)
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
	return labelled(words.Loss, words.Decimal(scale.Number(r.t.Loss[r.reached(k)])))
}

// offText writes how far a run is from the plane at frame k; empty if the run
// stays in it.
func (o *readout) offText(r *run, k int) string {
	if r.off == nil {
		return ""
	}
	words := &o.scene.Labels
	return labelled(words.Off, words.Decimal(scale.Number(r.off[r.reached(k)])))
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
