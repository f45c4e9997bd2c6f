package chart

import (
	"image"
	"image/color"
	"math"

	"losscape/cpu"
	"losscape/scenes/palette"
)

// Sizes of a map's runs.
const (
	wantLong  = 512 // pixels of the longer side
	wantShort = 256 // pixels of either side
)

// cell returns the size of a run in a map.
func cell(nx, ny int) image.Point {
	up := func(want, n int) int { return (want + n - 1) / n }
	k := up(wantLong, max(nx, ny))
	return image.Pt(max(k, up(wantShort, nx)), max(k, up(wantShort, ny)))
}

// mapOf draws a map of two parameters.
func mapOf(r *cpu.Result, o Options, q cpu.Quantity) *Picture {
	x, y := newAxis(&r.Sweep.Over[0]), newAxis(&r.Sweep.Over[1])
	c := cell(x.n, y.n)
	size := image.Pt(x.n*c.X, y.n*c.Y)
	paint, bar, left := painter(r, o, q)

	f := &figure{
		title:    o.Title + ": " + lower(q.Title),
		subtitle: o.Subtitle,
		size:     size,
		legend:   left,
		bar:      bar,
		barName:  lower(q.Title),
	}
	f.pen = newPen(min(max(int(math.Sqrt(float64(size.X)*float64(size.Y))/36+0.5), 16), 56))
	f.x = side{name: x.name()}
	for _, t := range x.ticks(size.X / (5 * f.pen.em)) {
		f.x.ticks = append(f.x.ticks, tick{(t.at + 0.5) * float64(c.X), t.label})
	}
	f.y = side{name: y.name()}
	for _, t := range y.ticks(size.Y / (3 * f.pen.em)) {
		f.y.ticks = append(f.y.ticks, tick{(t.at + 0.5) * float64(c.Y), t.label})
	}
	img, data := f.draw()
	for i := range x.n {
		for j := range y.n {
			color := paint(i*y.n + j)
			x0, y1 := data.Min.X+i*c.X, data.Max.Y-j*c.Y
			for yy := y1 - c.Y; yy < y1; yy++ {
				at := img.PixOffset(x0, yy)
				for range c.X {
					img.Pix[at], img.Pix[at+1], img.Pix[at+2] = color.R, color.G, color.B
					at += 4
				}
			}
		}
	}
	return &Picture{Image: img, Data: data, Cell: c}
}

// painter returns the colour of each run of a map, its scale where it has
// one, and the legend.
func painter(r *cpu.Result, o Options, q cpu.Quantity) (paint func(i int) color.RGBA, bar *scale, words []entry) {
	words = legend(r, q.Spread == cpu.Apart, q.Spread == cpu.Apart && q.Kind == cpu.Whole)
	switch {
	case q.Kind == cpu.Label:
		return func(i int) color.RGBA { return statusColors[r.Status[i]] }, nil, words
	case q.Spread == cpu.Apart:
		return func(i int) color.RGBA { return periodColor(r, i) }, nil, words
	}
	value := valuesOf(r, q)
	bar = newScale(o.Scale, q.Spread, true, r.N(), value)
	colors := palette.Colormap("viridis")
	unknown := 0
	for i := range r.N() {
		if r.Status[i] != cpu.Diverged && math.IsNaN(value(i)) {
			unknown++
		}
	}
	if unknown > 0 {
		words = append(words, entry{notFinite, "not finite " + share(unknown, r.N())})
	}
	words = append(words, bar.note()...)
	return func(i int) color.RGBA {
		v := value(i)
		switch {
		case r.Status[i] == cpu.Diverged:
			return divergedC
		case math.IsNaN(v):
			return notFinite
		}
		return colors.At(bar.at(v))
	}, bar, words
}
