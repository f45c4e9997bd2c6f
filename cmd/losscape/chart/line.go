package chart

import (
	"image"
	"math"

	"losscape/cpu"
)

// Sizes of a plot, in pixels.
const (
	plotWidth  = 1280
	plotHeight = 640
	plotEm     = 22
)

// line draws a plot of one parameter.
func line(r *cpu.Result, o Options, q cpu.Quantity) *Picture {
	x := newAxis(&r.Sweep.Over[0])
	value := valuesOf(r, q)
	f := &figure{
		pen:      newPen(plotEm),
		title:    o.Title + ": " + lower(q.Title),
		subtitle: o.Subtitle,
		size:     image.Pt(plotWidth, plotHeight),
		legend:   legend(r, true, true),
		lines:    true,
	}
	s := newScale(o.Scale, q.Spread, false, r.N(), value)
	f.legend = append(f.legend, s.note()...)
	// The runs keep off the frame; those without a value have a strip at the
	// top.
	const pad = 20
	masked := 0
	for i := range r.N() {
		if math.IsNaN(value(i)) {
			masked++
		}
	}
	strip := 0
	if masked > 0 {
		strip = 2 * plotEm
		f.legend = append(f.legend, entry{text: "at the top: runs that diverged or have no finite value"})
	}
	toX := func(place float64) float64 {
		if x.n == 1 {
			return plotWidth / 2
		}
		return pad + place/float64(x.n-1)*(plotWidth-2*pad)
	}
	toY := func(t float64) float64 { return pad + t*float64(plotHeight-2*pad-strip) } // from the bottom

	f.x = side{name: x.name()}
	for _, t := range x.ticks(plotWidth / (5 * plotEm)) {
		f.x.ticks = append(f.x.ticks, tick{toX(t.at), t.label})
	}
	f.y = side{name: lower(q.Title)}
	if s != nil {
		for _, t := range s.ticks(8) {
			f.y.ticks = append(f.y.ticks, tick{toY(t.at), t.label})
		}
	}
	img, data := f.draw()

	radius := 1.6
	switch n := r.N(); {
	case n <= 64:
		radius = 6
	case n <= 300:
		radius = 4
	case n <= 2000:
		radius = 2.5
	}
	point := func(i int) {
		px := float64(data.Min.X) + toX(float64(i))
		v := value(i)
		if math.IsNaN(v) {
			c := notFinite
			if r.Status[i] == cpu.Diverged {
				c = divergedC
			}
			at := int(px)
			fill(img, image.Rect(at, data.Min.Y+plotEm/2, at+max(1, int(radius)), data.Min.Y+plotEm*3/2), c)
			return
		}
		disc(img, data, px, float64(data.Max.Y)-toY(s.at(v)), radius, periodColor(r, i))
	}
	// What is rarer is drawn last.
	n := statusCounts(r)
	order := statusOrder
	for done := [4]bool{}; ; {
		next := -1
		for _, st := range order {
			if !done[st] && (next < 0 || n[st] > n[next]) {
				next = int(st)
			}
		}
		if next < 0 {
			break
		}
		done[next] = true
		for i := range r.N() {
			if r.Status[i] == cpu.Status(next) {
				point(i)
			}
		}
	}
	return &Picture{Image: img, Data: data, Cell: image.Point{}}
}
