package chart

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"strings"

	typeface "losscape/scenes/figure"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// weight is the weight of a font.
type weight int

const (
	regular weight = iota
	medium
)

// pen sets text of one size.
type pen struct {
	em    int // pixels
	faces [2]font.Face
	title font.Face
}

func newPen(em int) *pen {
	p := &pen{em: em}
	face := func(w weight, px float64) font.Face {
		f, err := opentype.NewFace(typeface.Fonts()[w], &opentype.FaceOptions{Size: px, DPI: 72, Hinting: font.HintingNone})
		if err != nil {
			panic(err) // the options are right
		}
		return f
	}
	p.faces = [2]font.Face{face(regular, float64(em)), face(medium, float64(em))}
	p.title = face(medium, math.Round(1.25*float64(em)))
	return p
}

func (p *pen) width(f font.Face, s string) int { return font.MeasureString(f, s).Ceil() }

// align says which part of a text is at the place given.
type align int

const (
	left align = iota
	center
	right
)

// text sets s with its baseline at y.
func (p *pen) text(dst draw.Image, f font.Face, s string, x, y int, a align, c color.RGBA) {
	switch a {
	case center:
		x -= p.width(f, s) / 2
	case right:
		x -= p.width(f, s)
	}
	d := font.Drawer{Dst: dst, Src: image.NewUniform(c), Face: f, Dot: fixed.P(x, y)}
	d.DrawString(s)
}

// sideways sets s upwards, centred at y, its baseline at x.
func (p *pen) sideways(dst *image.RGBA, f font.Face, s string, x, y int, c color.RGBA) {
	w, h := p.width(f, s), 2*p.em
	base := p.em + p.em/2
	flat := image.NewAlpha(image.Rect(0, 0, w, h))
	p.text(flat, f, s, 0, base, left, color.RGBA{255, 255, 255, 255})
	turned := image.NewAlpha(image.Rect(0, 0, h, w))
	for j := range h {
		for i := range w {
			turned.Pix[turned.PixOffset(j, w-1-i)] = flat.Pix[flat.PixOffset(i, j)]
		}
	}
	at := image.Pt(x-base, y-w/2)
	draw.DrawMask(dst, turned.Rect.Add(at), image.NewUniform(c), image.Point{}, turned, image.Point{}, draw.Over)
}

// wrap breaks a text into as few lines of at most so many pixels as it can,
// and these about equally long.
func (p *pen) wrap(f font.Face, s string, width int) []string {
	lines := p.fold(f, s, width)
	for w := width - p.em; w > 0; w -= p.em {
		narrower := p.fold(f, s, w)
		if len(narrower) > len(lines) {
			break
		}
		lines = narrower
	}
	return lines
}

func (p *pen) fold(f font.Face, s string, width int) []string {
	var lines []string
	var line string
	for _, word := range strings.Fields(s) {
		longer := word
		if line != "" {
			longer = line + " " + word
		}
		if line != "" && p.width(f, longer) > width {
			lines = append(lines, line)
			longer = word
		}
		line = longer
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

func fill(dst *image.RGBA, r image.Rectangle, c color.RGBA) {
	draw.Draw(dst, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// frame draws a line of so many pixels around r.
func frame(dst *image.RGBA, r image.Rectangle, wide int, c color.RGBA) {
	o := r.Inset(-wide)
	fill(dst, image.Rect(o.Min.X, o.Min.Y, o.Max.X, r.Min.Y), c)
	fill(dst, image.Rect(o.Min.X, r.Max.Y, o.Max.X, o.Max.Y), c)
	fill(dst, image.Rect(o.Min.X, r.Min.Y, r.Min.X, r.Max.Y), c)
	fill(dst, image.Rect(r.Max.X, r.Min.Y, o.Max.X, r.Max.Y), c)
}

// disc draws a filled circle with soft edges.
func disc(dst *image.RGBA, clip image.Rectangle, x, y, radius float64, c color.RGBA) {
	for j := int(math.Floor(y - radius - 1)); j <= int(math.Ceil(y+radius+1)); j++ {
		for i := int(math.Floor(x - radius - 1)); i <= int(math.Ceil(x+radius+1)); i++ {
			if !(image.Point{i, j}).In(clip) {
				continue
			}
			cover := min(max(radius+0.5-math.Hypot(float64(i)+0.5-x, float64(j)+0.5-y), 0), 1)
			if cover == 0 {
				continue
			}
			at := dst.Pix[dst.PixOffset(i, j):]
			for k, v := range []uint8{c.R, c.G, c.B} {
				at[k] = uint8(float64(at[k])*(1-cover) + float64(v)*cover + 0.5)
			}
		}
	}
}

// swatch is the size of a legend's colours.
func (p *pen) swatch() int { return p.em * 3 / 4 }

// flow places the entries of a legend in lines of at most so many pixels. It
// returns where each begins, from the legend's top left, and the height.
func (p *pen) flow(entries []entry, width int) (at []image.Point, height int) {
	x, y, line := 0, 0, p.em*3/2
	for _, e := range entries {
		w := p.entryWidth(e)
		if x > 0 && x+w > width {
			x, y = 0, y+line
		}
		at = append(at, image.Pt(x, y))
		x += w + p.em*3/2
	}
	if len(entries) == 0 {
		return nil, 0
	}
	return at, y + line
}

func (p *pen) entryWidth(e entry) int {
	w := p.width(p.faces[regular], e.text)
	if e.color.A > 0 {
		w += p.swatch() + p.em/2
	}
	return w
}

// legend draws entries where flow has placed them.
func (p *pen) legend(dst *image.RGBA, entries []entry, at []image.Point, origin image.Point) {
	for i, e := range entries {
		q := origin.Add(at[i])
		baseline := q.Y + p.em
		x := q.X
		if e.color.A > 0 {
			s := p.swatch()
			r := image.Rect(x, baseline-s, x+s, baseline)
			fill(dst, r, e.color)
			frame(dst, r.Inset(1), 1, ink)
			x += s + p.em/2
		}
		p.text(dst, p.faces[regular], e.text, x, baseline, left, ink)
	}
}
