package export

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"losscape/scenes/display"
	"losscape/scenes/letters"

	"codeberg.org/go-pdf/fpdf"
)

// pdf is a file of one page, of PDF 1.3, or 1.4 where something shows through.
type pdf struct {
	*Page
	f       *fpdf.Fpdf
	alpha   float64
	clipped bool
	images  int
	faces   faces // that text is set in
}

func newPDF(p *Page) (canvas, error) {
	f := fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", Size: fpdf.SizeType{Wd: p.W * p.Unit, Ht: p.H * p.Unit}})
	f.SetMargins(0, 0, 0)
	f.SetAutoPageBreak(false, 0)
	f.SetCatalogSort(true)
	at := dated()
	f.SetCreationDate(at)
	f.SetModificationDate(at)
	f.SetTitle(p.Title, true)
	f.SetCreator("losscape", true)
	f.AddPage()
	f.SetLineCapStyle("round")
	f.SetLineJoinStyle("round")
	return &pdf{Page: p, f: f, alpha: 1}, f.Error()
}

// dated returns the date of a file: that of SOURCE_DATE_EPOCH
// (https://reproducible-builds.org/specs/source-date-epoch/), else 1970, so that the
// same page makes the same bytes.
func dated() time.Time {
	epoch, _ := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	return time.Unix(epoch, 0).UTC()
}

// unknown is the alpha after a clip or a turn: that from before it counts again.
const unknown = -1

// ink sets the alpha of what is drawn next.
func (d *pdf) ink(c ink) {
	if d.alpha != c.a {
		d.f.SetAlpha(c.a, "Normal")
		d.alpha = c.a
	}
}

func (d *pdf) clip(r *display.Rectangle) {
	if d.clipped {
		d.f.ClipEnd()
		d.alpha = unknown
	}
	if d.clipped = r != nil; d.clipped {
		d.f.ClipRect(r.X0*d.Unit, r.Y0*d.Unit, r.W()*d.Unit, r.H()*d.Unit, false)
	}
}

// trace makes a path the current one.
func (d *pdf) trace(p *path) {
	pts := p.pts
	next := func() (x, y float64) {
		q := pts[0]
		pts = pts[1:]
		return q.X * d.Unit, q.Y * d.Unit
	}
	for _, v := range p.verbs {
		switch v {
		case moveTo:
			d.f.MoveTo(next())
		case lineTo:
			d.f.LineTo(next())
		case cubicTo:
			x0, y0 := next()
			x1, y1 := next()
			x2, y2 := next()
			d.f.CurveBezierCubicTo(x0, y0, x1, y1, x2, y2)
		case closed:
			d.f.ClosePath()
		}
	}
}

func (d *pdf) fill(p *path, c ink) {
	d.ink(c)
	d.f.SetFillColor(int(c.r), int(c.g), int(c.b))
	d.trace(p)
	d.f.DrawPath("F")
}

func (d *pdf) rect(r display.Rectangle, radius float64, c ink) {
	if radius > 0 {
		var p path
		p.rounded(r, radius)
		d.fill(&p, c)
		return
	}
	d.ink(c)
	d.f.SetFillColor(int(c.r), int(c.g), int(c.b))
	d.f.Rect(r.X0*d.Unit, r.Y0*d.Unit, r.W()*d.Unit, r.H()*d.Unit, "F")
}

func (d *pdf) disc(x, y, radius, inner float64, c ink) {
	var p path
	p.ring(x, y, radius, inner)
	d.fill(&p, c)
}

func (d *pdf) stroke(segs []display.Segment, c ink) {
	for _, coat := range coats(segs, c) {
		pens, rest := coat.lines()
		for _, pen := range pens {
			var p path
			for _, l := range pen {
				for i, q := range l.pts {
					if i == 0 {
						p.move(q)
					} else {
						p.line(q)
					}
				}
			}
			d.ink(coat.ink)
			d.f.SetDrawColor(int(c.r), int(c.g), int(c.b))
			d.f.SetLineWidth(2 * pen[0].radius * d.Unit)
			d.trace(&p)
			d.f.DrawPath("D")
		}
		if len(rest.verbs) > 0 {
			d.fill(rest, coat.ink)
		}
	}
}

func (d *pdf) image(m image.Image, r display.Rectangle, cells bool) error {
	if cells {
		m = enlarged(m, r.W()*d.scale(), r.H()*d.scale())
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		return err
	}
	d.images++
	name := "image" + strconv.Itoa(d.images)
	d.ink(ink{a: 1})
	d.f.RegisterImageOptionsReader(name, fpdf.ImageOptions{ImageType: "PNG"}, &b)
	d.f.ImageOptions(name, r.X0*d.Unit, r.Y0*d.Unit, r.W()*d.Unit, r.H()*d.Unit, false, fpdf.ImageOptions{}, 0, "")
	return d.f.Error()
}

// embed embeds a font, and returns a name for it of letters and digits.
func (d *pdf) embed(f *letters.Font) string {
	name := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' && r < 'A' || r > 'Z' && r < 'a' || r > 'z' {
			return -1
		}
		return r
	}, f.Name)
	name += "-" + strconv.Itoa(len(d.faces)) // two may have the same one
	d.f.AddUTF8FontFromBytes(name, "", f.Data)
	return name
}

func (d *pdf) text(t *display.Text, line []letters.Letter, c ink) {
	var runs []run
	if !d.Outlines {
		runs = runsOf(line, func(f *letters.Font) *face { return d.faces.of(f, d.embed) })
	}
	if runs == nil {
		if p := outline(t, line); len(p.verbs) > 0 {
			d.fill(p, c)
		}
		return
	}
	d.ink(c)
	d.f.SetFillColor(int(c.r), int(c.g), int(c.b)) // which text has, too
	d.f.SetTextColor(int(c.r), int(c.g), int(c.b))
	x, y := t.Pen.X*d.Unit, t.Pen.Y*d.Unit
	if t.Upwards {
		d.f.TransformBegin()
		d.f.TransformRotate(90, x, y)
	}
	for _, r := range runs {
		d.f.SetFont(r.face.name, "", r.size*d.Unit)
		d.f.Text(x+r.x*d.Unit, y-r.up*d.Unit, r.text)
	}
	if t.Upwards {
		d.f.TransformEnd()
		d.alpha = unknown
	}
}

func (d *pdf) write(w io.Writer) (err error) {
	defer func() {
		if r := recover(); r != nil { // of a font that is not as it should be
			err = fmt.Errorf("the fonts cannot be embedded (%v)", r)
		}
	}()
	var b bytes.Buffer
	if err := d.f.Output(&b); err != nil {
		return err
	}
	_, err = w.Write(ungrouped(b.Bytes()))
	return err
}

// ungrouped takes from a file that its page is a transparency group, as that has pdflatex
// warn of a second figure on a page: it means nothing where the page is not laid over
// another one. Blanks keep all else in its place.
func ungrouped(file []byte) []byte {
	group := []byte("/Group <</Type /Group /S /Transparency /CS /DeviceRGB>>")
	return bytes.Replace(file, group, bytes.Repeat([]byte(" "), len(group)), 1)
}

// nrgba returns a pixel.
func nrgba(m image.Image, x, y int) color.NRGBA {
	if m, ok := m.(interface{ NRGBAAt(x, y int) color.NRGBA }); ok {
		return m.NRGBAAt(x, y)
	}
	return color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
}
