package export

import (
	"image/color"
	"math"
	"testing"

	"losscape/scenes/display"
)

func capsule(x0, y0, x1, y1, radius, faded float32) display.Segment {
	return display.Segment{P: [4]float32{x0, y0, x1, y1}, D: [4]float32{2: radius, 3: faded}}
}

func TestChains(t *testing.T) {
	got := chains([]display.Segment{
		capsule(0, 0, 1, 0, 1, 0), capsule(1, 0, 2, 1, 1, 0), // go on
		capsule(3, 1, 4, 1, 1, 0), // after a gap
		capsule(4, 1, 5, 1, 2, 0), // thicker
		capsule(5, 1, 5, 1, 2, 0), // a bead
	})
	want := []int{3, 2, 2, 1}
	if len(got) != len(want) {
		t.Fatalf("%v", got)
	}
	for i, c := range got {
		if len(c.pts) != want[i] {
			t.Errorf("chain %d has %d points, want %d", i, len(c.pts), want[i])
		}
	}
}

// TestCoats checks that the coats over each other show each part as far as it has not
// faded.
func TestCoats(t *testing.T) {
	for _, alpha := range []float64{1, 0.55} {
		var segs []display.Segment
		for i := range 100 {
			segs = append(segs, capsule(float32(i), 0, float32(i)+1, 0, 1, 1-float32(i)/99))
		}
		all := coats(segs, ink{a: alpha})
		if len(all) > mostCoats+1 {
			t.Errorf("%d coats", len(all))
		}
		for _, s := range segs {
			through := 1.0
			for _, c := range all {
				for _, q := range c.segs {
					if q == s {
						through *= 1 - c.ink.a
					}
				}
			}
			if want := alpha * float64(1-s.D[3]); math.Abs(1-through-want) > 1.01/mostCoats {
				t.Errorf("what has faded by %v shows by %v, want %v", s.D[3], 1-through, want)
			}
		}
	}
	if all := coats([]display.Segment{capsule(0, 0, 1, 0, 1, 0)}, ink{a: 0.5}); len(all) != 1 || all[0].ink.a != 0.5 {
		t.Errorf("%v, want one coat of what has not faded", all)
	}
	if all := coats([]display.Segment{capsule(0, 0, 1, 0, 1, 1)}, ink{a: 1}); all != nil {
		t.Errorf("%v, want nothing of what is gone", all)
	}
}

// TestUnion wants capsules of several thicknesses not to show through each other: by
// either rule of a reader the outlines run the same way round.
func TestUnion(t *testing.T) {
	c := coat{[]display.Segment{capsule(0, 0, 9, 3, 1, 0), capsule(9, 3, 0, 7, 1, 0), capsule(9, 3, 9, 3, 2, 0)}, ink{a: 0.5}}
	pens, outlines := c.lines()
	if pens != nil {
		t.Error("a pen draws what shows through")
	}
	n := 0
	var ring []display.Point
	turn := func() {
		var area float64
		for i, p := range ring {
			q := ring[(i+1)%len(ring)]
			area += p.X*q.Y - q.X*p.Y
		}
		if area <= 0 {
			t.Errorf("ring %d runs the other way round: %v", n, ring)
		}
		n, ring = n+1, nil
	}
	pts := outlines.pts
	for _, v := range outlines.verbs {
		switch v {
		case closed:
			turn()
		case cubicTo:
			ring, pts = append(ring, pts[2]), pts[3:]
		default:
			ring, pts = append(ring, pts[0]), pts[1:]
		}
	}
	if n != 3 {
		t.Errorf("%d rings", n)
	}
	c.ink.a = 1
	if pens, rest := c.lines(); len(pens) != 1 || len(pens[0]) != 1 || len(rest.verbs) == 0 {
		t.Errorf("%v and %v, want a line and a bead", pens, rest)
	}
}

// TestClip wants what a list clips to stay inside, of each kind of command.
func TestClip(t *testing.T) {
	l := &display.List{}
	l.Reset(display.Rect(0, 0, 60, 60))
	black := color.NRGBA{A: 255}
	inside := display.Rect(20, 20, 40, 40)
	l.Within(inside, func() {
		l.Rect(display.Rect(0, 10, 60, 25), 3, black)
		l.Disc(40, 40, 12, 0, black)
		l.Line([]display.Vertex{{X: 5, Y: 5}, {X: 55, Y: 55}}, 6, black)
		l.Polygon([4]display.Point{{X: 0, Y: 30}, {X: 60, Y: 30}, {X: 60, Y: 34}, {X: 0, Y: 34}}, black)
		l.Text("wide text", display.Style{Size: 20, Color: black}, 30, 40, display.Align{X: 0.5}, false)
	})
	p := &Page{List: l, W: 60, H: 60, Paper: color.NRGBA{255, 255, 255, 255}, DPI: 72}
	m := newCanvas(t, p)
	dark := 0
	for y := range 60 {
		for x := range 60 {
			if m.m.RGBAAt(x, y).R == 255 {
				continue
			}
			dark++
			if !inside.Contains(display.Pt(float64(x)+0.5, float64(y)+0.5)) {
				t.Fatalf("something shows at %d, %d", x, y)
			}
		}
	}
	if dark < 150 {
		t.Errorf("%d pixels show", dark)
	}
	// The same for vectors: all is in a group with a clip.
	svg := string(printed(t, ".svg", p))
	n := 0
	for _, e := range elements(t, []byte(svg)) {
		if e.name == "g" && e.attr["clip-path"] != "" {
			n++
		}
	}
	if n == 0 {
		t.Errorf("no clip in %s", svg)
	}
}

// newCanvas prints a page to pixels.
func newCanvas(t *testing.T, p *Page) *raster {
	t.Helper()
	q := *p
	q.Unit = 1
	c, err := newPNG(&q)
	if err != nil {
		t.Fatal(err)
	}
	if err := (&printer{Page: &q, canvas: c}).print(); err != nil {
		t.Fatal(err)
	}
	return c.(*raster)
}
