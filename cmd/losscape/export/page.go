// Package export prints display lists for papers and slides: as SVG and PDF, in which
// all is paths and text but what has depth, and as PNG without a device.
package export

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
	"slices"
	"strings"

	"losscape/scenes/display"
	"losscape/scenes/letters"
)

// DefaultDPI is how many pixels an inch of a page has where pixels are needed.
const DefaultDPI = 300

// PointsPerInch is how many points of PDF and CSS an inch has.
const PointsPerInch = 72

// Page is a display list with what a printer has to know besides.
type Page struct {
	List  *display.List
	W, H  float64     // of the page, in the list's units
	Unit  float64     // points in a unit of the list; 0 is 1
	Paper color.NRGBA // under all of it
	Title string      // of the file; an SVG's or a PDF's reader shows it
	Slots Slots       // may be nil if the list has no slots

	// DPI is the density of a PNG, and of the images in the other files. 0 is
	// DefaultDPI, and for a PNG of a list on whole pixels as many as it has, with no
	// density in the file.
	DPI float64

	// Outlines has text drawn as paths, which look the same in any reader. Else text in
	// SVG and PDF is text, whose font is embedded.
	Outlines bool
}

// Slots supplies what the slots of a list show. The panel is the one that the list names
// with a slot.
type Slots interface {
	// Ground returns the filled contours of a slot.
	Ground(panel int) (*Ground, error)

	// Cells returns a map with a pixel for each run, the uppermost row first.
	Cells(panel int) (image.Image, error)

	// Depth returns what a panel shows by depth, at so many pixels to a unit of the
	// list: its commands of kinds layer, ensemble, path and sphere, which lie in the
	// rectangle r, and nothing elsewhere. It returns also where the image lies; a PNG's
	// best lies on whole pixels.
	Depth(panel int, r display.Rectangle, scale float64) (m image.Image, at display.Rectangle, err error)
}

// format is a kind of file.
type format struct {
	extension string
	open      func(p *Page) (canvas, error)
}

// formats are those of Extensions.
var formats = []format{
	{".svg", newSVG},
	{".pdf", newPDF},
	{".png", newPNG},
}

// Extensions returns the endings of the names of the files that Print writes.
func Extensions() []string {
	var list []string
	for _, f := range formats {
		list = append(list, f.extension)
	}
	return list
}

// Print writes a page as a kind of file, one of Extensions. The same page makes the same
// bytes.
func Print(w io.Writer, extension string, p *Page) error {
	i := slices.IndexFunc(formats, func(f format) bool { return f.extension == extension })
	switch {
	case i < 0:
		return fmt.Errorf("%q is no format of a page, want one of: %s", extension, strings.Join(Extensions(), ", "))
	case p.List == nil:
		return errors.New("page without a list")
	case !(p.W > 0 && p.H > 0 && p.W < 1e6 && p.H < 1e6):
		return fmt.Errorf("a page of %v x %v, want sides above 0", p.W, p.H)
	}
	q := *p
	if q.Unit == 0 {
		q.Unit = 1
	}
	if q.DPI == 0 && !(extension == ".png" && p.List.Pixels) {
		q.DPI = DefaultDPI
	}
	c, err := formats[i].open(&q)
	if err != nil {
		return err
	}
	if err := (&printer{Page: &q, canvas: c}).print(); err != nil {
		return err
	}
	return c.write(w)
}

// scale returns how many pixels a unit of the list has.
func (p *Page) scale() float64 {
	if p.DPI == 0 {
		return 1
	}
	return p.Unit / PointsPerInch * p.DPI
}

// bounds returns the page in the list's units.
func (p *Page) bounds() display.Rectangle { return display.Rect(0, 0, p.W, p.H) }

// canvas draws on a page, in the list's units from the top left corner, y down.
type canvas interface {
	// clip limits what is drawn from now on to a rectangle, or no more.
	clip(r *display.Rectangle)

	rect(r display.Rectangle, radius float64, c ink)
	disc(x, y, radius, inner float64, c ink)
	fill(p *path, c ink) // by the nonzero rule

	// stroke draws capsules as one shape, which has faded where they have.
	stroke(segs []display.Segment, c ink)

	// text draws a line of text.
	text(t *display.Text, line []letters.Letter, c ink)

	// image draws an image over a rectangle. The pixels of cells have sharp edges.
	image(m image.Image, r display.Rectangle, cells bool) error

	// write writes the file.
	write(w io.Writer) error
}

// ink is a colour with an alpha that is finer than a byte.
type ink struct {
	r, g, b uint8
	a       float64 // 0 to 1
}

func inkOf(c color.NRGBA) ink { return ink{c.R, c.G, c.B, float64(c.A) / 255} }

// printer prints a page on a canvas.
type printer struct {
	*Page
	canvas
	clipped display.Rectangle // what the canvas is clipped to; empty if it is not
	printed map[uint32]bool   // lines of text
	depths  map[int]bool      // panels whose image is on the page
}

// print draws the paper, the grounds, and all commands in order.
func (p *printer) print() error {
	p.printed, p.depths = map[uint32]bool{}, map[int]bool{}
	p.rect(p.bounds(), 0, inkOf(p.Paper))
	cmds := p.List.Cmds
	for i := range cmds {
		if kind, panel := cmds[i].What(); kind == display.KindGround {
			if err := p.ground(&cmds[i], panel); err != nil {
				return err
			}
		}
	}
	for i := 0; i < len(cmds); i++ {
		if err := p.command(&cmds[i]); err != nil {
			return err
		}
		if kind, _ := cmds[i].What(); kind == display.KindPolygon && i+1 < len(cmds) && cmds[i+1].Kind == display.KindRect && cmds[i+1].A == cmds[i].Bounds {
			i++ // it is for tiles of OpenGL's printer
		}
	}
	p.within(nil)
	return nil
}

func rectOf(r [4]float32) display.Rectangle {
	return display.Rect(float64(r[0]), float64(r[1]), float64(r[2]), float64(r[3]))
}

// whole is what no command reaches the end of.
var whole = display.Rect(math.Inf(-1), math.Inf(-1), math.Inf(1), math.Inf(1))

// cut returns what a command is clipped to, whole where it is not.
func (p *printer) cut(c *display.Command) display.Rectangle {
	r, b, e := whole, rectOf(c.Bounds), rectOf(c.Extent(p.List))
	if b.X0 > e.X0 && b.X0 > 0 {
		r.X0 = b.X0
	}
	if b.Y0 > e.Y0 && b.Y0 > 0 {
		r.Y0 = b.Y0
	}
	if b.X1 < e.X1 && b.X1 < p.W {
		r.X1 = b.X1
	}
	if b.Y1 < e.Y1 && b.Y1 < p.H {
		r.Y1 = b.Y1
	}
	return r
}

// within clips the canvas to r, or not where r is nil or whole.
func (p *printer) within(r *display.Rectangle) {
	to := whole
	if r != nil {
		to = *r
	}
	if p.clipped == (display.Rectangle{}) {
		p.clipped = whole
	}
	if to == p.clipped {
		return
	}
	p.clipped = to
	if to == whole {
		p.clip(nil)
		return
	}
	to = to.Intersect(p.bounds())
	p.clip(&to)
}

// command draws a command.
func (p *printer) command(c *display.Command) error {
	kind, panel := c.What()
	col := inkOf(c.NRGBA())
	clip := p.cut(c)
	switch kind {
	case display.KindGround:
		return nil // it is drawn
	case display.KindGlyph:
		p.line(c.Seg, col)
	case display.KindRect:
		r := rectOf(c.A)
		if c.B[0] <= 0 {
			r, clip = r.Intersect(rectOf(c.Bounds)), whole
		}
		p.within(&clip)
		p.rect(r, float64(c.B[0]), col)
	case display.KindDisc:
		p.within(&clip)
		p.disc(float64(c.A[0]), float64(c.A[1]), float64(c.A[2]), float64(c.A[3]), col)
	case display.KindPolygon:
		p.within(&clip)
		var o path
		o.polygon([]display.Point{at(c.A[0], c.A[1]), at(c.A[2], c.A[3]), at(c.B[0], c.B[1]), at(c.B[2], c.B[3])})
		p.fill(&o, col)
	case display.KindStroke, display.KindLine:
		p.within(&clip)
		p.stroke(p.List.Segs[c.Seg:c.Seg+c.Segs], col)
	case display.KindMap:
		p.within(&clip)
		return p.cells(rectOf(c.A), panel)
	case display.KindLayer, display.KindEnsemble, display.KindPath, display.KindSphere:
		p.within(nil)
		return p.depth(c, panel)
	default:
		return fmt.Errorf("a command of kind %d, which this printer does not know", kind)
	}
	return nil
}

func at(x, y float32) display.Point { return display.Pt(float64(x), float64(y)) }

// line draws a line of text, once.
func (p *printer) line(i uint32, col ink) {
	if p.printed[i] {
		return
	}
	p.printed[i] = true
	t := &p.List.Texts[i]
	clip := whole
	if t.Clipped {
		for k := range p.List.Cmds {
			if c := &p.List.Cmds[k]; c.Kind == display.KindGlyph && c.Seg == i {
				clip = clip.Intersect(p.cut(c))
			}
		}
	}
	p.within(&clip)
	p.text(t, p.List.Letters[t.Letters:t.Letters+t.NLetters], col)
}

// supplied returns an error if there is nothing that fills slots.
func (p *printer) supplied(panel int) error {
	if p.Slots == nil {
		return fmt.Errorf("panel %d has a slot, and nothing fills it", panel)
	}
	return nil
}

// depth draws what a panel shows by depth, as an image: where the first command of it
// is, or its layer if there is one.
func (p *printer) depth(c *display.Command, panel int) error {
	if p.depths[panel] {
		return nil
	}
	kind, _ := c.What()
	r := display.Nowhere
	for i := range p.List.Cmds {
		d := &p.List.Cmds[i]
		switch k, of := d.What(); {
		case of != panel || k != display.KindLayer && k != display.KindEnsemble && k != display.KindPath && k != display.KindSphere:
			continue
		case k == display.KindLayer && kind != k:
			return nil // it will come
		}
		r = r.Union(rectOf(d.Bounds))
	}
	p.depths[panel] = true
	if err := p.supplied(panel); err != nil {
		return err
	}
	// On whole pixels of the page.
	k := p.scale()
	r = r.Intersect(p.bounds())
	r = display.Rect(r.X0*k, r.Y0*k, r.X1*k, r.Y1*k).Around()
	m, at, err := p.Slots.Depth(panel, display.Rect(r.X0/k, r.Y0/k, r.X1/k, r.Y1/k), k)
	if err != nil {
		return err
	}
	return p.image(m, at, false)
}

// cells draws a map.
func (p *printer) cells(r display.Rectangle, panel int) error {
	if err := p.supplied(panel); err != nil {
		return err
	}
	m, err := p.Slots.Cells(panel)
	if err != nil {
		return err
	}
	if m.Bounds().Empty() {
		return fmt.Errorf("the map of panel %d has no cells", panel)
	}
	return p.image(m, r, true)
}
