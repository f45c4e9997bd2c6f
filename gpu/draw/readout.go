package draw

import (
	"math"
	"slices"

	"losscape/scenes"
	"losscape/scenes/figure"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// readout says in the contour panel where the runs are: a line for a single run,
// a small table for several, and but for the iteration nothing where a legend beside
// their losses says it all. Its size is that of its widest frame, so that
// nothing moves during a film but the digits.
type readout struct {
	style  style
	runs   []*run // those that have a line
	more   string // says how many have none; may be empty
	single bool
	film   *scenes.Film
	columns
	nameless bool // too narrow for the runs' names
	plate    figure.Rectangle
}

// columns are the widths of a readout's columns.
type columns struct{ swatch, name, loss, off float64 }

func newReadout(r *Renderer, plot figure.Rectangle) *readout {
	o := &readout{style: style{regular, r.ly.Px(figure.LabelSize), r.ly.Theme.Ink}, runs: r.runs, single: len(r.runs) == 1, film: &r.p.Scene.Film}
	if o.told(r) {
		o.runs = nil
	} else if len(o.runs) > mostEntries-1 {
		o.runs = o.runs[:mostEntries-2]
		o.more = "and " + digits(len(r.runs)-len(o.runs)) + " more"
	}
	if most := plot.H() * 0.45 / o.lines() / lineStep; o.style.px > most {
		o.style.px = figure.Quarter(max(most, min(figure.SmallestText, figure.LabelSize*r.ly.Pt)))
	}
	frames := r.p.Scene.Film.Frames
	for _, run := range r.runs {
		frames = max(frames, run.n-1)
	}
	width := func(s string) float64 { return r.text.width(s, o.style) }
	space := 2 * width(" ")
	if !o.single {
		o.swatch = 1.3 * o.style.px
		for _, run := range o.runs {
			o.name = max(o.name, width(run.name)+space)
		}
	} else {
		o.name = width(iterText(max(0, iteration(&r.p.Scene.Film, frames-1)))) + space
	}
	step := max(1, frames/500) // digits hardly differ in width
	for k := 0; k < max(frames, 1); k += step {
		for _, run := range o.runs {
			o.loss = max(o.loss, width(lossText(run, k))+space)
			o.off = max(o.off, width(offText(run, k)))
		}
	}
	if room := plot.W() - 12*r.ly.Pt - o.style.px; !o.single && o.swatch+o.name+o.loss+o.off-space > room {
		o.name, o.nameless = 0, true // colours have to do
	}
	w := o.swatch + o.name + o.loss
	if o.single {
		w = max(w, o.off+space)
	} else {
		w = max(w+o.off, width(o.more)+space, width(iterText(max(0, iteration(&r.p.Scene.Film, frames-1))))+space)
	}
	w += o.style.px - space
	h := ((o.lines()-1)*lineStep + 1.75) * o.style.px
	o.plate = freeCorner(r, plot, w, h, func(run *run) *trail { return &run.flat })
	return o
}

// told says whether another panel has the runs' names and losses.
func (o *readout) told(r *Renderer) bool {
	if slices.ContainsFunc(r.runs, func(run *run) bool { return run.off != nil }) {
		return false
	}
	return slices.ContainsFunc(r.views, func(v panelView) bool {
		n, ok := v.(interface{ namesRuns(r *Renderer) bool })
		return ok && n.namesRuns(r)
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
func (o *readout) draw(l *list, t *typesetter, ly *figure.Layout, k int) {
	l.rect(o.plate, 3*ly.Pt, palette.WithAlpha(ly.Theme.Plate, 225.0/255))
	x, y := o.plate.X0+o.style.px/2, o.plate.Y0+0.875*o.style.px
	put := func(s string, x float64) { t.put(l, s, o.style, x, y, align{0, true}, false) }
	put(iterText(iteration(o.film, k)), x)
	if o.single {
		put(lossText(o.runs[0], k), x+o.name)
		y += lineStep * o.style.px
		put(offText(o.runs[0], k), x)
		return
	}
	for _, run := range o.runs {
		y += lineStep * o.style.px
		l.disc(x+0.45*o.style.px, y, 0.36*o.style.px, 0, run.color)
		if !o.nameless {
			put(run.name, x+o.swatch)
		}
		put(lossText(run, k), x+o.swatch+o.name)
		put(offText(run, k), x+o.swatch+o.name+o.loss)
	}
	y += lineStep * o.style.px
	put(o.more, x)
}

// iteration returns the iteration that frame k has reached, as the notebook
// counts: 0 after the first update, −1 before it.
func iteration(film *scenes.Film, k int) int { return int(film.Updates(k)) - 1 }

func iterText(i int) string {
	if i < 0 {
		return "Start"
	}
	return "Iter: " + digits(i)
}

// lossText writes the loss of a run at frame k as the notebook does.
func lossText(r *run, k int) string {
	if r.diverged(k) {
		return "diverged"
	}
	return "Loss: " + scale.Number(r.t.Loss[r.index(k)])
}

// offText writes how far a run is from the plane at frame k; empty if the run
// stays in it.
func offText(r *run, k int) string {
	if r.off == nil {
		return ""
	}
	return "Off the plane: " + scale.Number(r.off[r.index(k)])
}

// freeCorner returns a plate of w by h in the corner of a plot that the trails of
// the runs come least into, bottom right, as in the notebook, if it is free; or half
// way up a side, if they come less into that.
func freeCorner(r *Renderer, plot figure.Rectangle, w, h float64, of func(*run) *trail) figure.Rectangle {
	var best figure.Rectangle
	least := math.MaxInt
	room := plot.Inset(6 * r.ly.Pt)
	for _, at := range [6]figure.Point{figure.Pt(1, 1), figure.Pt(0, 1), figure.Pt(1, 0), figure.Pt(0, 0), figure.Pt(1, 0.5), figure.Pt(0, 0.5)} {
		x, y := room.X0+at.X*(room.W()-w), room.Y0+at.Y*(room.H()-h)
		plate := figure.Rect(x, y, x+w, y+h).Whole()
		area := plate.Inset(-figure.DotSize * r.ly.Pt)
		hits := 0
		for _, run := range r.runs {
			points := of(run).points
			for i, p := range points {
				q := points[max(i-1, 0)]
				for s := range 17 {
					m := q.Add(p.Sub(q).Mul(float64(s) / 16))
					if area.Contains(figure.Pt(m[0], m[1])) {
						hits++
						break
					}
				}
			}
		}
		if hits < least {
			best, least = plate, hits
		}
	}
	return best
}
