package export

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/xml"
	"errors"
	"image/color"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/figure"
)

// picture computes a built-in scene with n points along each side.
func picture(t *testing.T, name string, n int) figure.Picture {
	t.Helper()
	s, err := scenes.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	runs, err := s.Problem.DescendAll(context.Background(), s.Runs, nil)
	if err != nil {
		t.Fatal(err)
	}
	g := figure.ViewGrid(s, runs, s.Film.Width, s.Film.Height)
	g.X.N, g.Y.N = n, n
	l, err := s.Problem.Landscape(context.Background(), s.Plane, g, nil)
	if err != nil {
		t.Fatal(err)
	}
	return figure.Picture{Scene: s, Landscape: l, Trajectories: runs, Frame: s.Film.Frames - 1}
}

// bowl is a field of x² + y² over −1..1, drawn in units.
func bowl(n int) *field {
	f := &field{nx: n, ny: n, x0: -1, y0: -1, x1: 1, y1: 1}
	for j := range n {
		for i := range n {
			p := f.place(float64(i), float64(j))
			f.v = append(f.v, p.x*p.x+p.y*p.y)
		}
	}
	return f
}

// area is positive where a ring runs counterclockwise.
func area(ring []node) (a float64) {
	for k, p := range ring {
		q := ring[(k+1)%len(ring)]
		a += (p.x*q.y - q.x*p.y) / 2
	}
	return a
}

func TestRings(t *testing.T) {
	f := bowl(101)
	// Above 0.25: the square without a disc of radius 0.5.
	rings := f.rings(0.25)
	if len(rings) != 2 {
		t.Fatalf("%d rings", len(rings))
	}
	total, seen := 0.0, 0
	for _, r := range rings {
		total += area(r)
		for _, line := range lines(r) {
			seen++
			if line[0] != line[len(line)-1] {
				t.Error("the circle is open")
			}
			for _, p := range line {
				if d := math.Hypot(p.x, p.y); math.Abs(d-0.5) > 1e-3 {
					t.Fatalf("a point at distance %v", d)
				}
			}
		}
	}
	if want := 4 - math.Pi/4; math.Abs(total-want) > 2e-3 || seen != 1 {
		t.Errorf("area %v, want %v; %d lines", total, want, seen)
	}
	// Above 1.5 there are four corners, each with one open line.
	rings = f.rings(1.5)
	total, seen = 0, 0
	for _, r := range rings {
		total += area(r)
		for _, line := range lines(r) {
			seen++
			for _, p := range line {
				if d := math.Hypot(p.x, p.y); math.Abs(d-math.Sqrt(1.5)) > 1e-3 {
					t.Fatalf("a point at distance %v", d)
				}
			}
		}
	}
	r := math.Sqrt(1.5)
	inside := 4*math.Sqrt(r*r-1) + 2*r*r*(math.Pi/2-2*math.Acos(1/r))
	if len(rings) != 4 || seen != 4 || math.Abs(total-(4-inside)) > 2e-3 {
		t.Errorf("%d rings, %d lines, area %v, want %v", len(rings), seen, total, 4-inside)
	}
	if rings := f.rings(-1); len(rings) != 1 || math.Abs(area(rings[0])-4) > 1e-9 || lines(rings[0]) != nil {
		t.Errorf("all of it: %d rings", len(rings))
	}
	if rings := f.rings(3); rings != nil {
		t.Errorf("nothing: %d rings", len(rings))
	}
}

func TestRingsOfHolesAndSaddles(t *testing.T) {
	f := bowl(101)
	for j := 40; j < 61; j++ {
		for i := 40; i < 61; i++ {
			f.v[j*101+i] = math.NaN()
		}
	}
	total := 0.0
	for _, r := range f.rings(0) {
		total += area(r)
		if l := lines(r); l != nil {
			t.Errorf("a line around what is not finite: %v", l)
		}
	}
	if want := 4 - 0.44*0.44; math.Abs(total-want) > 1e-3 {
		t.Errorf("area %v, want %v", total, want)
	}
	// Two opposite corners high: joined if the middle is as high as the level.
	for level, want := range map[float64]int{0.4: 1, 0.6: 2} {
		f := &field{nx: 2, ny: 2, v: []float64{1, 0, 0, 1}, x1: 1, y1: 1}
		if rings := f.rings(level); len(rings) != want {
			t.Errorf("level %v: %d rings, want %d", level, len(rings), want)
		}
	}
}

func TestClipAndSimplify(t *testing.T) {
	b := box{0, 0, 1, 1}
	for _, c := range []struct{ line, want []float64 }{
		{[]float64{-1, 0.5, 2, 0.5}, []float64{0, 0.5, 1, 0.5}},
		{[]float64{0.2, 0.2, 0.4, 0.4}, []float64{0.2, 0.2, 0.4, 0.4}},
		{[]float64{-1, 2, 2, 2}, nil},
		{[]float64{0.5, 0.5, 0.5, 2, 0.7, 2, 0.7, 0.5}, []float64{0.5, 0.5, 0.5, 1, 0.7, 1, 0.7, 0.5}},
	} {
		var line []point
		for i := 0; i < len(c.line); i += 2 {
			line = append(line, point{c.line[i], c.line[i+1]})
		}
		var got []float64
		for _, part := range b.clip(line) {
			for _, p := range part {
				got = append(got, p.x, p.y)
			}
		}
		for i := range got {
			got[i] = math.Round(got[i]*1e9) / 1e9
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v became %v, want %v", c.line, got, c.want)
		}
	}
	var circle []point
	for i := range 1001 {
		s, c := math.Sincos(2 * math.Pi * float64(i) / 1000)
		circle = append(circle, point{100 * c, 100 * s})
	}
	few := simplify(circle[:501], 0.05)
	if len(few) > 80 || few[0] != circle[0] || few[len(few)-1] != circle[500] {
		t.Errorf("%d points", len(few))
	}
	for _, p := range circle[:501] {
		least := math.Inf(1)
		for k := 1; k < len(few); k++ {
			least = min(least, distance(p, few[k-1], few[k]))
		}
		if least > 0.05 {
			t.Fatalf("off by %v", least)
		}
	}
}

// wellFormed reads an SVG file and returns its size in points and the
// coordinates of all path points that are absolute.
func wellFormed(t *testing.T, data []byte) (w, h float64) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(data))
	numbers := regexp.MustCompile(`-?[0-9.]+(e[-+]?[0-9]+)?`)
	paths := 0
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		e, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "text", "image":
			t.Errorf("there is a <%s>", e.Name.Local)
		case "svg":
			for _, a := range e.Attr {
				if a.Name.Local == "width" {
					w, _ = strconv.ParseFloat(strings.TrimSuffix(a.Value, "pt"), 64)
				}
				if a.Name.Local == "height" {
					h, _ = strconv.ParseFloat(strings.TrimSuffix(a.Value, "pt"), 64)
				}
			}
		case "path":
			paths++
			for _, a := range e.Attr {
				if a.Name.Local != "d" {
					continue
				}
				if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
					t.Fatalf("path %s", a.Value)
				}
				n := numbers.FindAllString(a.Value, -1)
				for i := 0; i+1 < len(n); i += 2 {
					x, _ := strconv.ParseFloat(n[i], 64)
					y, _ := strconv.ParseFloat(n[i+1], 64)
					if x < -0.01 || y < -0.01 || x > w+0.01 || y > h+0.01 {
						t.Fatalf("point %v, %v is off the page of %v x %v", x, y, w, h)
					}
				}
			}
		}
	}
	if paths < 20 {
		t.Errorf("%d paths", paths)
	}
	return w, h
}

// checkPDF looks at a PDF file's frame, and whether its one page draws paths
// only.
func checkPDF(t *testing.T, data []byte) {
	t.Helper()
	if !bytes.HasPrefix(data, []byte("%PDF-1.")) || !bytes.HasSuffix(bytes.TrimSpace(data), []byte("%%EOF")) || bytes.Count(data, []byte("/Type /Page\n")) != 1 {
		t.Errorf("not a PDF of one page: %.80q", data)
	}
	_, stream, ok := bytes.Cut(data, []byte("stream\n"))
	if !ok {
		t.Fatal("no stream")
	}
	z, err := zlib.NewReader(bytes.NewReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil || !bytes.Contains(text, []byte(" c\n")) || bytes.Contains(text, []byte("NaN")) || bytes.Contains(text, []byte("Tj")) || bytes.Contains(text, []byte(" Do")) {
		t.Errorf("the page: %v, %.200s", err, text)
	}
}

func TestVector(t *testing.T) {
	for _, name := range scenes.Names() {
		p := picture(t, name, 101)
		if p.Scene.Problem.Features() != 1 {
			continue
		}
		for _, panel := range Panels() {
			var svg, pdf, again bytes.Buffer
			if err := errors.Join(Vector(&svg, ".svg", panel, p), Vector(&pdf, ".pdf", panel, p), Vector(&again, ".svg", panel, p)); err != nil {
				t.Fatal(err)
			}
			w, h := wellFormed(t, svg.Bytes())
			if w < 220 || w > 300 || h < 220 || h > 270 {
				t.Errorf("%s, %s: %v x %v points", name, panel, w, h)
			}
			checkPDF(t, pdf.Bytes())
			if !bytes.Equal(svg.Bytes(), again.Bytes()) {
				t.Errorf("%s, %s: two files differ", name, panel)
			}
			if svg.Len() > 500<<10 || pdf.Len() > 200<<10 {
				t.Errorf("%s, %s: %d and %d bytes", name, panel, svg.Len(), pdf.Len())
			}
		}
	}
}

// A PDF says its date: not that of the day, so that it is the same twice.
func TestVectorTwice(t *testing.T) {
	p := picture(t, "one-mode", 20)
	var day, once, twice bytes.Buffer
	if err := errors.Join(Vector(&once, ".pdf", "curve", p), Vector(&twice, ".pdf", "curve", p)); err != nil {
		t.Fatal(err)
	}
	day.WriteString("D:" + time.Now().UTC().Format("2006"))
	if !bytes.Equal(once.Bytes(), twice.Bytes()) || bytes.Contains(once.Bytes(), day.Bytes()) || !bytes.Contains(once.Bytes(), []byte("D:1970")) {
		t.Error("the PDF is dated, or another one the second time")
	}
}

func TestVectorExtremes(t *testing.T) {
	p := picture(t, "one-mode", 12)
	p.Scene.Title = strings.Repeat("a title that is far too long for the page, ", 9)
	with := func(v ...float64) figure.Picture {
		q := p
		l := &cpu.Landscape{Grid: p.Landscape.Grid}
		for i := range p.Landscape.Loss {
			l.Loss = append(l.Loss, v[i%len(v)])
		}
		q.Landscape = l
		return q
	}
	for _, q := range []figure.Picture{
		with(3), with(0), with(1, math.NaN()), with(1, 2, math.Inf(1)), with(-math.MaxFloat64, math.MaxFloat64), with(1e-300, 2e-300), with(1e9, 1e9+1),
	} {
		var b bytes.Buffer
		if err := Vector(&b, ".svg", "contour", q); err != nil {
			t.Error(err)
			continue
		}
		wellFormed(t, b.Bytes())
	}
	for part, f := range map[string]func(w io.Writer) error{
		"finite":  func(w io.Writer) error { return Vector(w, ".svg", "contour", with(math.NaN())) },
		"contour": func(w io.Writer) error { return Vector(w, ".svg", "surface", p) },
		".pdf":    func(w io.Writer) error { return Vector(w, ".eps", "curve", p) },
		"theme": func(w io.Writer) error {
			q := p
			s := *p.Scene
			s.Film.Theme = "pink"
			q.Scene = &s
			return Vector(w, ".svg", "loss", q)
		},
		"colormap": func(w io.Writer) error {
			q := p
			s := *p.Scene
			s.Contour.Colormap = "jet"
			q.Scene = &s
			return Vector(w, ".svg", "contour", q)
		},
	} {
		var b bytes.Buffer
		if err := f(&b); err == nil || !strings.Contains(err.Error(), part) || b.Len() > 0 {
			t.Errorf("%s: %v", part, err)
		}
	}
}

func TestVectorLooks(t *testing.T) {
	p := picture(t, "two-mode", 101)
	seen := map[string]bool{}
	for i, kind := range []string{"linear", "log", "asinh", "rank", "auto", "log", "rank"} {
		s := *p.Scene
		s.Contour.Scale, s.Contour.Colormap, s.Contour.Bands = kind, scenes.Colormaps[i], []int{0, 12, 50}[i%3]
		s.Film.Theme = []string{"light", "dark"}[i%2]
		s.Path = scenes.Path{Width: 3, Trail: 30 * (i % 2), Markers: i % 3, Colors: []color.NRGBA{{1, 200, 3, 255}}}
		q := p
		q.Scene = &s
		var svg, pdf bytes.Buffer
		if err := errors.Join(Vector(&svg, ".svg", "contour", q), Vector(&pdf, ".pdf", "contour", q)); err != nil {
			t.Fatal(kind, err)
		}
		wellFormed(t, svg.Bytes())
		checkPDF(t, pdf.Bytes())
		text := strings.ToUpper(svg.String())
		for _, want := range []string{"#01C803", map[bool]string{false: "#FFFFFF", true: "#111318"}[i%2 == 1]} {
			if !strings.Contains(text, want) {
				t.Errorf("%s, %s: nothing has the colour %s", kind, s.Film.Theme, want)
			}
		}
		if seen[text] {
			t.Errorf("%s looks like another", kind)
		}
		seen[text] = true
		if svg.Len() > 700<<10 || pdf.Len() > 200<<10 {
			t.Errorf("%s, %d bands: %d and %d bytes", kind, s.Contour.Bands, svg.Len(), pdf.Len())
		}
	}
}
