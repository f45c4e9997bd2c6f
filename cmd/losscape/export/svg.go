package export

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"losscape/scenes/display"
	"losscape/scenes/letters"
)

// svg is a page of an SVG file. A unit of it is a point.
type svg struct {
	*Page
	body  bytes.Buffer
	clips []display.Rectangle // that are defined
	group bool                // one is open
	faces faces               // that text is set in
}

func newSVG(p *Page) (canvas, error) { return &svg{Page: p}, nil }

// num writes a length in points with a precision of 1/1000.
func (s *svg) num(x float64) string { return decimal(math.Round(x*s.Unit*1000), 3) }

// decimal writes n units of 10^-places.
func decimal(n float64, places int) string {
	text := strconv.FormatFloat(n/math.Pow10(places), 'f', places, 64)
	text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	switch {
	case text == "-0" || text == "":
		return "0"
	case strings.HasPrefix(text, "0."):
		return text[1:]
	case strings.HasPrefix(text, "-0."):
		return "-" + text[2:]
	}
	return text
}

func (s *svg) add(format string, args ...any) { fmt.Fprintf(&s.body, format, args...) }

// paint writes the attributes of a colour.
func (s *svg) paint(what string, c ink) string {
	text := fmt.Sprintf(` %s="#%02x%02x%02x"`, what, c.r, c.g, c.b)
	if c.a < 1 {
		text += fmt.Sprintf(` %s-opacity="%s"`, what, decimal(math.Round(c.a*1000), 3))
	}
	return text
}

func (s *svg) clip(r *display.Rectangle) {
	if s.group {
		s.add("</g>\n")
	}
	if s.group = r != nil; !s.group {
		return
	}
	i := slices.Index(s.clips, *r)
	if i < 0 {
		i = len(s.clips)
		s.clips = append(s.clips, *r)
	}
	s.add("<g clip-path=\"url(#clip%d)\">\n", i+1)
}

// place writes the attributes of a rectangle.
func (s *svg) place(r display.Rectangle) string {
	return fmt.Sprintf(` x="%s" y="%s" width="%s" height="%s"`, s.num(r.X0), s.num(r.Y0), s.num(r.W()), s.num(r.H()))
}

func (s *svg) rect(r display.Rectangle, radius float64, c ink) {
	round := ""
	if radius = min(radius, r.W()/2, r.H()/2); radius > 0 {
		round = fmt.Sprintf(` rx="%s"`, s.num(radius))
	}
	s.add("<rect%s%s%s/>\n", s.place(r), round, s.paint("fill", c))
}

func (s *svg) disc(x, y, radius, inner float64, c ink) {
	at := fmt.Sprintf(` cx="%s" cy="%s"`, s.num(x), s.num(y))
	if inner > 0 {
		s.add("<circle%s r=\"%s\" fill=\"none\" stroke-width=\"%s\"%s/>\n", at, s.num((radius+inner)/2), s.num(radius-inner), s.paint("stroke", c))
		return
	}
	s.add("<circle%s r=\"%s\"%s/>\n", at, s.num(radius), s.paint("fill", c))
}

// track writes the data of paths, from each point to the next, in hundredths of a
// point: shorter than places, and without an error that adds up.
type track struct {
	strings.Builder
	unit float64
	x, y float64 // where the pen is
}

func (t *track) to(verb string, pts ...display.Point) {
	t.WriteString(verb)
	x0, y0 := t.x, t.y
	for i, q := range pts {
		x, y := math.Round(q.X*t.unit*100), math.Round(q.Y*t.unit*100)
		t.pair(x-x0, y-y0, i > 0)
		t.x, t.y = x, y
	}
}

// pair writes two numbers with what parts them.
func (t *track) pair(x, y float64, after bool) {
	a, b := decimal(x, 2), decimal(y, 2)
	if after && a[0] != '-' {
		t.WriteByte(' ')
	}
	t.WriteString(a)
	if b[0] != '-' {
		t.WriteByte(' ')
	}
	t.WriteString(b)
}

// data returns a path's data.
func (s *svg) data(p *path) string {
	t := track{unit: s.Unit}
	pts := p.pts
	var start [2]float64
	for _, v := range p.verbs {
		switch v {
		case moveTo:
			t.to("m", pts[0])
			start, pts = [2]float64{t.x, t.y}, pts[1:]
		case lineTo:
			t.to("l", pts[0])
			pts = pts[1:]
		case cubicTo:
			t.to("c", pts[:3]...)
			pts = pts[3:]
		case closed:
			t.WriteString("z")
			t.x, t.y = start[0], start[1]
		}
	}
	return t.String()
}

func (s *svg) fill(p *path, c ink) { s.add("<path d=\"%s\"%s/>\n", s.data(p), s.paint("fill", c)) }

func (s *svg) stroke(segs []display.Segment, c ink) {
	for _, coat := range coats(segs, c) {
		pens, rest := coat.lines()
		for _, pen := range pens {
			t := track{unit: s.Unit}
			for _, l := range pen {
				for i, q := range l.pts {
					verb := "l"
					if i == 0 {
						verb = "m"
					}
					t.to(verb, q)
				}
			}
			s.add("<path d=\"%s\" fill=\"none\" stroke-width=\"%s\" stroke-linecap=\"round\" stroke-linejoin=\"round\"%s/>\n",
				t.String(), s.num(2*pen[0].radius), s.paint("stroke", coat.ink))
		}
		if len(rest.verbs) > 0 {
			s.fill(rest, coat.ink)
		}
	}
}

func (s *svg) image(m image.Image, r display.Rectangle, cells bool) error {
	style := ""
	if cells {
		m = enlarged(m, r.W()*s.scale(), r.H()*s.scale())
		style = ` style="image-rendering:crisp-edges;image-rendering:pixelated"`
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		return err
	}
	s.add("<image%s preserveAspectRatio=\"none\"%s xlink:href=\"data:image/png;base64,%s\"/>\n", s.place(r), style, base64.StdEncoding.EncodeToString(b.Bytes()))
	return nil
}

// escape returns a text for XML.
func escape(text string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(text)) // a Builder returns no errors
	return b.String()
}

func (s *svg) text(t *display.Text, line []letters.Letter, c ink) {
	var runs []run
	if !s.Outlines {
		runs = runsOf(line, func(f *letters.Font) *face {
			return s.faces.of(f, func(f *letters.Font) string { return f.Name })
		})
	}
	if runs == nil {
		if p := outline(t, line); len(p.verbs) > 0 {
			s.fill(p, c)
		}
		return
	}
	// Where another font is shown, the line stays where it is anchored.
	x, y, turn := t.Pen.X+t.Align*t.Width, t.Pen.Y, ""
	if t.Upwards {
		x, y = t.Pen.X, t.Pen.Y-t.Align*t.Width
		turn = fmt.Sprintf(` transform="rotate(-90 %s %s)"`, s.num(x), s.num(y))
	}
	anchor := ""
	switch t.Align {
	case 0.5:
		anchor = ` text-anchor="middle"`
	case 1:
		anchor = ` text-anchor="end"`
	}
	first := runs[0]
	s.add("<text x=\"%s\" y=\"%s\"%s%s%s font-size=\"%s\"%s", s.num(x), s.num(y), turn, anchor, family(first.face), s.num(first.size), s.paint("fill", c))
	if strings.Contains(t.Line, "  ") || strings.TrimSpace(t.Line) != t.Line {
		s.add(" xml:space=\"preserve\"")
	}
	s.add(">")
	for i, r := range runs {
		if i == 0 && r.up == 0 {
			s.add("%s", escape(r.text))
			continue
		}
		before := run{face: first.face, size: first.size, x: r.x, end: r.x}
		if i > 0 {
			before = runs[i-1]
		}
		s.add("<tspan")
		if gap := r.x - before.end; math.Abs(gap) > smallGap/4*r.size {
			s.add(" dx=\"%s\"", s.num(gap))
		}
		if r.up != before.up {
			s.add(" dy=\"%s\"", s.num(before.up-r.up))
		}
		if r.size != first.size {
			s.add(" font-size=\"%s\"", s.num(r.size))
		}
		if r.face != first.face {
			s.add("%s", family(r.face))
		}
		s.add(">%s</tspan>", escape(r.text))
	}
	s.add("</text>\n")
}

// family writes the attribute of a font, and what stands in for it.
func family(f *face) string {
	return fmt.Sprintf(` font-family="'%s',Arial,sans-serif"`, escape(f.name))
}

// embed writes the rules that embed the fonts, cut down to their glyphs in use.
func (s *svg) embed(w io.Writer) error {
	for _, f := range s.faces {
		if len(f.glyphs) == 0 {
			continue
		}
		cut, err := subset(f.Data, f.glyphs)
		if err == nil {
			cut, err = woff(cut)
		}
		if err != nil {
			return fmt.Errorf("the font %s cannot be embedded: %w", f.Name, err)
		}
		fmt.Fprintf(w, "<style>@font-face{font-family:'%s';src:url(data:font/woff;base64,%s)format('woff')}</style>\n",
			escape(f.name), base64.StdEncoding.EncodeToString(cut))
	}
	return nil
}

func (s *svg) write(w io.Writer) error {
	var b bytes.Buffer
	width, height := s.num(s.W), s.num(s.H)
	fmt.Fprintf(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"+
		"<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" version=\"1.1\" width=\"%spt\" height=\"%spt\" viewBox=\"0 0 %s %s\">\n",
		width, height, width, height)
	if s.Title != "" {
		fmt.Fprintf(&b, "<title>%s</title>\n", escape(s.Title))
	}
	if len(s.faces)+len(s.clips) > 0 {
		b.WriteString("<defs>\n")
		if err := s.embed(&b); err != nil {
			return err
		}
		for i, r := range s.clips {
			fmt.Fprintf(&b, "<clipPath id=\"clip%d\"><rect%s/></clipPath>\n", i+1, s.place(r))
		}
		b.WriteString("</defs>\n")
	}
	b.Write(s.body.Bytes())
	b.WriteString("</svg>\n")
	_, err := w.Write(b.Bytes())
	return err
}

// Limits of a map in a file: how many pixels it is enlarged to, each way.
const mostCells = 4096

// enlarged returns cells with a whole number of pixels each, about as many as w by h
// have in all: a reader that smooths images blurs a pixel then, not a cell.
func enlarged(m image.Image, w, h float64) image.Image {
	b := m.Bounds()
	times := func(n int, pixels float64) int {
		return max(1, min(int(math.Ceil(pixels/float64(n))), mostCells/n))
	}
	kx, ky := times(b.Dx(), w), times(b.Dy(), h)
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx()*kx, b.Dy()*ky))
	for y := range b.Dy() {
		row := out.Pix[y*ky*out.Stride:][:out.Stride]
		for x := range b.Dx() {
			c := nrgba(m, b.Min.X+x, b.Min.Y+y)
			for k := range kx {
				copy(row[4*(x*kx+k):], []byte{c.R, c.G, c.B, c.A})
			}
		}
		for k := 1; k < ky; k++ {
			copy(out.Pix[(y*ky+k)*out.Stride:], row)
		}
	}
	return out
}
