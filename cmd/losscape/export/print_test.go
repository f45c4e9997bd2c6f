package export

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"losscape/scenes/display"
	"losscape/scenes/letters"
)

var keep = flag.String("keep", "", "folder for the files that tests print")

// slots are those of the test page.
type slots struct {
	asked []string // what Depth was asked for
	err   error
}

func (s *slots) Ground(panel int) (*Ground, error) {
	if panel != 3 {
		return nil, fmt.Errorf("ground of panel %d", panel)
	}
	const n = 121
	g := &Ground{NX: n, NY: n, Width: 0.4, Hole: color.NRGBA{150, 150, 150, 255}}
	for j := range n {
		for i := range n {
			x, y := float64(i)/(n-1)*2-1, float64(j)/(n-1)*2-1
			h := (x*x + 0.6*y*y + 0.4*x*y) / 2
			if math.Hypot(x-0.8, y-0.8) < 0.1 {
				h = math.NaN()
			}
			g.Heights = append(g.Heights, h)
		}
	}
	for i := range 256 {
		if i > 0 {
			g.Levels = append(g.Levels, float64(i)/256)
		}
		g.Bands = append(g.Bands, color.NRGBA{uint8(60 + i/2), uint8(i), uint8(200 - i/2), 255})
	}
	for i := 1; i < 10; i++ {
		g.Lines = append(g.Lines, Iso{float64(i) / 10, color.NRGBA{A: 255}})
	}
	return g, nil
}

func (s *slots) Cells(panel int) (image.Image, error) {
	m := image.NewNRGBA(image.Rect(0, 0, 7, 5))
	for y := range 5 {
		for x := range 7 {
			m.SetNRGBA(x, y, color.NRGBA{uint8(36 * x), uint8(60 * y), 90, 255})
		}
	}
	return m, nil
}

func (s *slots) Depth(panel int, r display.Rectangle, scale float64) (image.Image, display.Rectangle, error) {
	w, h := int(math.Round(r.W()*scale)), int(math.Round(r.H()*scale))
	s.asked = append(s.asked, fmt.Sprintf("%d: %v, %dx%d", panel, r, w, h))
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			d := math.Hypot(float64(2*x-w)/float64(w), float64(2*y-h)/float64(h))
			if d < 1 {
				m.SetNRGBA(x, y, color.NRGBA{uint8(255 * d), 120, 200, uint8(255 * (1 - d*d))})
			}
		}
	}
	return m, r, s.err
}

var (
	ink0 = color.NRGBA{20, 20, 20, 255}
	red  = color.NRGBA{200, 30, 40, 255}
	veil = color.NRGBA{255, 255, 255, 140}
)

// sample is a page with every kind of command, 400 by 200 points.
func sample(s Slots) *Page {
	l := &display.List{}
	l.Reset(display.Rect(0, 0, 400, 200))
	style := func(size float64, w letters.Weight) display.Style {
		return display.Style{Weight: w, Size: size, Color: ink0}
	}
	l.InPanel(3)
	ground := display.Rect(30, 20, 180, 170)
	l.Slot(display.KindGround, ground, 0)
	l.Rect(display.Rect(185, 20, 195, 170), 0, color.NRGBA{90, 200, 90, 255})
	l.Text("Loss Function", style(10, letters.Medium), 105, 14, display.Align{X: 0.5}, false)
	l.Text("w₁ & <x> = −10⁻⁷", style(8, letters.Regular), 105, 190, display.Align{X: 0.5}, false)
	l.Text("0.25", style(8, letters.Regular), 26, 100, display.Align{X: 1, Middle: true}, false)
	l.Upwards("Upwards, w₂", style(9, letters.Regular), 10, 95)
	l.Frame(ground, 0.7, ink0)
	var way, marks []display.Vertex
	for i := range 12 {
		x, y := 40+10*float64(i), 95+60*math.Cos(float64(i)*2.2)*math.Exp(-float64(i)/8)
		way = append(way, display.Vertex{X: x, Y: y, Faded: max(0, 1-float64(i)/10)})
		marks = append(marks, way[i])
	}
	l.Within(display.Rect(30, 20, 120, 170), func() {
		l.Stroke(way, marks, 4, 8, veil)
		l.Stroke(way, marks, 2, 6, red)
	})
	var plain []display.Vertex
	for _, v := range way {
		plain = append(plain, display.Vertex{X: v.X + 10, Y: v.Y + 20})
	}
	plain[5].X = math.NaN()
	l.Line(plain, 1.5, color.NRGBA{20, 20, 200, 128})
	l.Ring(160, 40, 5, 1, red, color.NRGBA{255, 255, 255, 255})
	l.Disc(150, 150, 4, 0, red)
	l.Polygon([4]display.Point{{X: 130, Y: 120}, {X: 150, Y: 118}, {X: 155, Y: 140}, {X: 128, Y: 138}}, color.NRGBA{255, 200, 0, 200})
	l.Rect(display.Rect(35, 140, 95, 165), 4, color.NRGBA{255, 255, 255, 200})
	l.Within(display.Rect(35, 140, 80, 165), func() {
		l.Text("clipped text", style(9, letters.Regular), 40, 155, display.Align{}, false)
		l.Disc(80, 160, 8, 0, red)
	})
	l.InPanel(4)
	l.Slot(display.KindLayer, display.Rect(205, 20, 295, 110), 1)
	l.Sphere(display.Vertex{X: 250, Y: 60, Depth: 0.5}, 4, 0.01, 0.3, red)
	var there []display.Vertex
	for _, v := range way {
		there = append(there, display.Vertex{X: 210 + v.X/2, Y: v.Y, Depth: 0.5})
	}
	l.Path(there, nil, 2, 0, 0.3, red)
	l.InPanel(5)
	l.Slot(display.KindMap, display.Rect(305, 20, 385, 110), 1)
	l.Frame(display.Rect(305, 20, 385, 110), 0.7, ink0)
	for i, c := range []string{"converged", "period 2", "diverged"} {
		l.Text(c, style(8, letters.Regular), 215, 130+12*float64(i), display.Align{Middle: true}, false)
		l.Disc(208, 130+12*float64(i), 3, 0, red)
	}
	return &Page{List: l, W: 400, H: 200, Paper: color.NRGBA{255, 255, 255, 255}, Title: "A <test> & more: ∇", Slots: s}
}

// printed returns a page as a file, and keeps it if -keep is given.
func printed(t *testing.T, extension string, p *Page) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Print(&b, extension, p); err != nil {
		t.Fatal(err)
	}
	if *keep != "" {
		name := strings.ReplaceAll(t.Name(), "/", "-") + map[bool]string{true: "-outlines"}[p.Outlines] + extension
		if err := os.WriteFile(filepath.Join(*keep, name), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// element is one of an SVG file.
type element struct {
	name string
	attr map[string]string
	text string // all in it
}

// elements reads an SVG file.
func elements(t *testing.T, data []byte) (all []*element) {
	t.Helper()
	var open []*element
	for d := xml.NewDecoder(bytes.NewReader(data)); ; {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		switch k := tok.(type) {
		case xml.StartElement:
			e := &element{name: k.Name.Local, attr: map[string]string{}}
			for _, a := range k.Attr {
				e.attr[a.Name.Local] = a.Value
				if a.Name.Local != "href" && (strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf")) {
					t.Errorf("<%s %s=%q>", e.name, a.Name.Local, a.Value)
				}
			}
			all, open = append(all, e), append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			for _, e := range open {
				e.text += string(k)
			}
		}
	}
}

func TestSVG(t *testing.T) {
	data := printed(t, ".svg", sample(&slots{}))
	texts := map[string]*element{}
	n := map[string]int{}
	for _, e := range elements(t, data) {
		n[e.name]++
		if e.name == "text" {
			texts[e.text] = e
		}
		if e.name == "title" && e.text != "A <test> & more: ∇" {
			t.Errorf("the title is %q", e.text)
		}
		if e.name == "svg" && (e.attr["width"] != "400pt" || e.attr["viewBox"] != "0 0 400 200") {
			t.Errorf("the page is %v", e.attr)
		}
	}
	for text, anchor := range map[string]string{"Loss Function": "middle", "w1 & <x> = −10−7": "middle", "0.25": "end", "Upwards, w2": "middle", "clipped text": "", "diverged": ""} {
		if e := texts[text]; e == nil || e.attr["text-anchor"] != anchor {
			t.Errorf("%q is %+v, want the anchor %q", text, e, anchor)
		}
	}
	if n["image"] != 2 || n["clipPath"] < 2 || n["title"] != 1 {
		t.Errorf("elements %v", n)
	}
	if len(data) > 700<<10 {
		t.Errorf("%d bytes", len(data))
	}
	if !bytes.Equal(data, printed(t, ".svg", sample(&slots{}))) {
		t.Error("another file the second time")
	}
	p := sample(&slots{})
	p.Outlines = true
	for _, e := range elements(t, printed(t, ".svg", p)) {
		if e.name == "text" || e.name == "style" {
			t.Errorf("there is a <%s> among outlines", e.name)
		}
	}
}

// streams returns what a PDF file has compressed.
func streams(t *testing.T, data []byte) (out []string) {
	t.Helper()
	for _, part := range bytes.Split(data, []byte("\nstream\n"))[1:] {
		z, err := zlib.NewReader(bytes.NewReader(part))
		if err != nil {
			continue // it is not compressed
		}
		text, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(text))
	}
	return out
}

func TestPDF(t *testing.T) {
	data := printed(t, ".pdf", sample(&slots{}))
	if v := regexp.MustCompile(`^%PDF-1\.[345]\n`); !v.Match(data) || !bytes.HasSuffix(bytes.TrimSpace(data), []byte("%%EOF")) {
		t.Errorf("not a PDF of up to 1.5: %.80q", data)
	}
	for _, want := range []string{"/MediaBox [0 0 400.00 200.00]", "/FontFile2", "/ToUnicode", "D:1970", "/Title "} {
		if !bytes.Contains(data, []byte(want)) {
			t.Errorf("the PDF has no %s", want)
		}
	}
	page := streams(t, data)[0]
	if strings.Contains(page, "NaN") || strings.Contains(page, "Inf") || strings.Count(page, " Do") != 2 || strings.Count(page, " Tj") < 8 {
		t.Errorf("the page: %.300s", page)
	}
	if len(data) > 400<<10 {
		t.Errorf("%d bytes", len(data))
	}
	if !bytes.Equal(data, printed(t, ".pdf", sample(&slots{}))) {
		t.Error("another file the second time")
	}
	t.Setenv("SOURCE_DATE_EPOCH", "1000000000")
	if !bytes.Contains(printed(t, ".pdf", sample(&slots{})), []byte("D:20010909")) {
		t.Error("SOURCE_DATE_EPOCH is not heeded")
	}
	p := sample(&slots{})
	p.Outlines = true
	if data := printed(t, ".pdf", p); bytes.Contains(data, []byte("/FontFile2")) || strings.Contains(streams(t, data)[0], " Tj") {
		t.Error("there is text among outlines")
	}
}

func TestPNG(t *testing.T) {
	s := &slots{}
	p := sample(s)
	p.DPI = 144
	data := printed(t, ".png", p)
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if m.Bounds().Size() != image.Pt(800, 400) {
		t.Fatalf("%v pixels", m.Bounds())
	}
	if c := data[33:]; string(c[4:8]) != "pHYs" || binary.BigEndian.Uint32(c[8:]) != 5669 {
		t.Errorf("the density is % x", c[:21])
	}
	for at, want := range map[[2]int]color.NRGBA{
		{2, 2}:     {255, 255, 255, 255}, // paper
		{380, 200}: {90, 200, 90, 255},   // a rectangle
		{300, 300}: red,                  // a disc
		{320, 80}:  {50, 117, 175, 255},  // nothing in a ring but the ground
		{615, 45}:  {0, 0, 90, 255},      // cells
		{765, 215}: {216, 240, 90, 255},
		{158, 318}: red,                  // clipped at 160
		{168, 316}: {255, 255, 255, 255}, // not veiled
	} {
		got := nrgba(m, at[0], at[1])
		if at == [2]int{320, 80} || at == [2]int{168, 316} {
			if got == red {
				t.Errorf("pixel %v is %v", at, got)
			}
		} else if got != want {
			t.Errorf("pixel %v is %v, want %v", at, got, want)
		}
	}
	// One image of all that has depth, on whole pixels.
	if want := "4: {205 20 295 157}, 180x274"; len(s.asked) != 1 || s.asked[0] != want {
		t.Errorf("asked for %q, want %q", s.asked, want)
	}
}

func TestErrors(t *testing.T) {
	page := func(f func(p *Page)) *Page {
		p := sample(&slots{})
		f(p)
		return p
	}
	for part, p := range map[string]*Page{
		"no such device":    page(func(p *Page) { p.Slots = &slots{err: errors.New("no such device")} }),
		"nothing fills it":  page(func(p *Page) { p.Slots = nil }),
		"without a list":    page(func(p *Page) { p.List = nil }),
		"sides above 0":     page(func(p *Page) { p.W = 0 }),
		"does not know":     page(func(p *Page) { p.List.Cmds[0].Kind = 99 }),
		"ground of panel 7": page(func(p *Page) { p.List.Cmds[0].Kind = display.KindGround | 7<<8 }),
	} {
		for _, extension := range Extensions() {
			var b bytes.Buffer
			if err := Print(&b, extension, p); err == nil || !strings.Contains(err.Error(), part) || b.Len() > 0 {
				t.Errorf("%s: %v, want %q", extension, err, part)
			}
		}
	}
	if err := Print(io.Discard, ".eps", sample(&slots{})); err == nil || !strings.Contains(err.Error(), ".svg, .pdf, .png") {
		t.Error(err)
	}
	if err := Print(io.Discard, ".png", page(func(p *Page) { p.DPI = 1e5 })); err == nil || !strings.Contains(err.Error(), "16384") {
		t.Error(err)
	}
}
