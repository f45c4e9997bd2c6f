package chart

import (
	"image"

	"losscape/scenes/palette"
)

// figure is what surrounds the runs of a chart: title, axes, colour bar and
// legend.
type figure struct {
	pen             *pen
	title, subtitle string
	size            image.Point // of the data's area
	x, y            side
	bar             *scale // of the colour bar, nil if there is none
	barName         string
	legend          []entry
	lines           bool // faint lines across at the labels
}

// side is an axis. Its ticks are at pixels from the left or the bottom of the
// data's area.
type side struct {
	name  string
	ticks []tick
}

// leastWidth is how wide a figure is at least, in ems.
const leastWidth = 40

// draw lays the figure out and draws it around an empty area, which it
// returns.
func (f *figure) draw() (*image.RGBA, image.Rectangle) {
	p, em := f.pen, f.pen.em
	text, bold := p.faces[regular], p.faces[medium]
	long, short, gap := em/2, em/4, em/2
	wide := max(1, em/14)

	labels := 0
	for _, t := range f.y.ticks {
		labels = max(labels, p.width(text, t.label))
	}
	leftOf := em + em + gap + labels + gap + long + wide
	rightOf := 2 * em
	var barTicks []tick
	barLabels := 0
	if f.bar != nil {
		barTicks = f.bar.ticks(max(2, f.size.Y/(3*em)))
		for _, t := range barTicks {
			barLabels = max(barLabels, p.width(text, t.label))
		}
		rightOf = em + em*5/4 + long + gap + barLabels + gap + em + em
	}
	// A label at the end of the axis may reach beyond it.
	for _, t := range f.x.ticks {
		rightOf = max(rightOf, int(t.at)-f.size.X+p.width(text, t.label)/2+em/2)
	}
	width := max(leftOf+f.size.X+rightOf, leastWidth*em)
	leftOf += (width - leftOf - f.size.X - rightOf) / 2

	inner := width - 2*em
	titles := p.wrap(p.title, f.title, inner)
	subtitles := p.wrap(text, f.subtitle, inner)
	titleLine, line := em*7/4, em*3/2
	topOf := em + len(titles)*titleLine + len(subtitles)*line + em/2
	places, legendHeight := p.flow(f.legend, inner)
	below := long + gap + em + gap + em*3/2
	bottomOf := below + em/2 + legendHeight + em/2

	img := image.NewRGBA(image.Rect(0, 0, width, topOf+f.size.Y+bottomOf))
	fill(img, img.Rect, paper)
	data := image.Rectangle{Max: f.size}.Add(image.Pt(leftOf, topOf))

	y := em
	for _, s := range titles {
		y += titleLine
		p.text(img, p.title, s, width/2, y-em/2, center, ink)
	}
	for _, s := range subtitles {
		y += line
		p.text(img, text, s, width/2, y-em/2, center, ink)
	}

	if f.lines {
		for _, t := range f.x.ticks {
			if t.label != "" {
				at := data.Min.X + int(t.at)
				fill(img, image.Rect(at, data.Min.Y, at+wide, data.Max.Y), faint)
			}
		}
		for _, t := range f.y.ticks {
			if t.label != "" {
				at := data.Max.Y - 1 - int(t.at)
				fill(img, image.Rect(data.Min.X, at, data.Max.X, at+wide), faint)
			}
		}
	}
	frame(img, data, wide, ink)

	end := -width
	for _, t := range f.x.ticks {
		n := long
		if t.label == "" {
			n = short
		}
		at := data.Min.X + min(int(t.at), f.size.X-1)
		fill(img, image.Rect(at, data.Max.Y, at+wide, data.Max.Y+n), ink)
		if w := p.width(text, t.label); t.label != "" && at-w/2 > end+em/2 {
			p.text(img, text, t.label, at, data.Max.Y+long+gap+em*3/4, center, ink)
			end = at + w/2
		}
	}
	p.text(img, bold, f.x.name, data.Min.X+f.size.X/2, data.Max.Y+long+gap+em+gap+em, center, ink)

	last := data.Max.Y + 2*em
	for _, t := range f.y.ticks {
		n := long
		if t.label == "" {
			n = short
		}
		at := data.Max.Y - 1 - min(int(t.at), f.size.Y-1)
		fill(img, image.Rect(data.Min.X-n, at, data.Min.X, at+wide), ink)
		if t.label != "" && at < last-em*5/4 {
			p.text(img, text, t.label, data.Min.X-long-gap, at+em/3, right, ink)
			last = at
		}
	}
	p.sideways(img, bold, f.y.name, data.Min.X-wide-long-gap-labels-gap-em/4, data.Min.Y+f.size.Y/2, ink)

	if f.bar != nil {
		f.drawBar(img, image.Rect(data.Max.X+em, data.Min.Y, data.Max.X+em+em*5/4, data.Max.Y), barTicks, barLabels, wide)
	}
	p.legend(img, f.legend, places, image.Pt(em, data.Max.Y+below+em/2))
	return img, data
}

// drawBar draws the colour bar into r.
func (f *figure) drawBar(img *image.RGBA, r image.Rectangle, ticks []tick, labels, wide int) {
	p, em := f.pen, f.pen.em
	colors := palette.Colormap("viridis")
	h := r.Dy()
	for j := range h {
		t := (float64(j) + 0.5) / float64(h)
		fill(img, image.Rect(r.Min.X, r.Max.Y-1-j, r.Max.X, r.Max.Y-j), colors.At(t))
	}
	frame(img, r, wide, ink)
	last := r.Max.Y + 2*em
	for _, t := range ticks {
		n := em / 2
		if t.label == "" {
			n = em / 4
		}
		at := r.Max.Y - 1 - int(t.at*float64(h-1)+0.5)
		fill(img, image.Rect(r.Max.X, at, r.Max.X+n, at+wide), ink)
		if t.label != "" && at < last-em*5/4 {
			p.text(img, p.faces[regular], t.label, r.Max.X+em, at+em/3, left, ink)
			last = at
		}
	}
	name := f.barName
	if f.bar.kind != Linear {
		name += ", by " + string(f.bar.kind)
	}
	p.sideways(img, p.faces[medium], name, r.Max.X+em+labels+em/2+em, r.Min.Y+h/2, ink)
}
