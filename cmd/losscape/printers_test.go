package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/export"
	"losscape/cpu"
	"losscape/gpu"
	"losscape/gpu/draw"
	"losscape/gpu/gputest"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/figure"
)

// TestOneFigureTwoPrinters wants OpenGL and SVG to have the same words in a frame of every
// built-in scene: ticks, labels and the entries of legends, though one takes the landscape
// from a device and the other from the host.
func TestOneFigureTwoPrinters(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	d := gputest.Device(t)
	a := &app{stderr: io.Discard, quiet: true, backend: backend.CPU, device: backend.AnyDevice}
	const w, h = 1280, 720
	for _, name := range append(scenes.Names(), writeScene(t, planar)) {
		s, err := scenes.Load(name)
		if err == nil {
			err = s.Resolve(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		s.Ensemble = scenes.Ensemble{} // which SVG has as an image, and OpenGL from a device
		s.Map.Keys = nil               // a frame of a zoom has a run for each pixel, and is printed as any map
		for i := range s.Map.Over {
			thinOut(&s.Map.Over[i])
		}
		for i := range s.Orbit.Over {
			thinOut(&s.Orbit.Over[i])
		}
		s.Map.Steps, s.Orbit.Steps = min(s.Map.Steps, 400), min(s.Orbit.Steps, 400)
		c, err := a.exportContent(t.Context(), s, 101, showsLandscape(s), 0)
		if err != nil {
			t.Fatal(err)
		}
		k := s.Film.Frames / 2
		fig, err := figure.New(c.Content, w, h, figure.Screen)
		if err != nil {
			t.Fatal(err)
		}
		var list display.List
		list.Reset(display.Rect(0, 0, w, h))
		fig.Static(&list)
		fig.Frame(&list, k)
		list.Cmds = slices.DeleteFunc(list.Cmds, func(c display.Command) bool { kind, _ := c.What(); return kind >= display.KindSphere })
		var svg bytes.Buffer
		if err := export.Print(&svg, ".svg", &export.Page{List: &list, W: w, H: h}); err != nil {
			t.Fatal(err)
		}

		p := draw.Picture{Scene: s, View: c.View, Trajectories: c.Trajectories, Endings: c.Endings, Map: c.Map, Stable: c.Stable, Orbit: c.Orbit, OrbitStable: c.OrbitStable}
		if c.landscape != nil {
			values := make([]float32, len(c.landscape.Loss))
			for i, v := range c.landscape.Loss {
				values[i] = float32(v)
			}
			if err := d.Do(func() (err error) {
				p.Field, err = gpu.NewField(d, name, c.View.X.N, c.View.Y.N, values)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		r, err := draw.New(d, p, w, h)
		if err != nil {
			t.Fatal(err)
		}
		var gl []string
		for _, text := range r.Texts(k) {
			gl = append(gl, text.Line)
		}
		r.Close()
		if p.Field != nil {
			d.Do(p.Field.Close)
		}
		compareLines(t, name, gl, svgLines(t, &svg))
	}
}

// planar is a scene of two features with a plane by name, which its runs leave.
const planar = `
[data]
generate = "gaussian"
classes = [
  { label = 1, name = "one", parts = [{ mean = [1, 2], std = 1.5, n = 40 }] },
  { label = 0, name = "none", parts = [{ mean = [-1, 0], std = 1.5, n = 40 }] },
]
[loss]
l2 = 0.01
[landscape]
plane = "hessian"
size = [32, 24]
[[run]]
steps = 40
[[run]]
optimizer = "adam"
lr = 0.2
steps = 30
[film]
panels = ["data", "contour", "surface", "loss", "curve"]
`

// thinOut leaves a sweep some of the values of a parameter.
func thinOut(p *cpu.Param) {
	step := max(1, len(p.Values)/24)
	var few []float64
	for k := 0; k < len(p.Values); k += step {
		few = append(few, p.Values[k])
	}
	p.Values = few
}

// svgLines returns the lines of text in an SVG file.
func svgLines(t *testing.T, svg io.Reader) (lines []string) {
	t.Helper()
	depth, text := 0, ""
	for d := xml.NewDecoder(svg); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return lines
		} else if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if e.Name.Local == "text" {
				text = ""
			}
			if e.Name.Local == "text" || depth > 0 {
				depth++
			}
		case xml.EndElement:
			if depth > 0 {
				if depth--; depth == 0 {
					lines = append(lines, text)
				}
			}
		case xml.CharData:
			if depth > 0 {
				text += string(e)
			}
		}
	}
}

// compareLines wants the same lines in two pictures, in any order. Small digits are as
// large as others in an SVG file.
func compareLines(t *testing.T, name string, gl, svg []string) {
	t.Helper()
	small := strings.NewReplacer("⁰", "0", "¹", "1", "²", "2", "³", "3", "⁴", "4", "⁵", "5", "⁶", "6", "⁷", "7", "⁸", "8", "⁹", "9", "⁻", "−",
		"₀", "0", "₁", "1", "₂", "2", "₃", "3", "₄", "4", "₅", "5", "₆", "6", "₇", "7", "₈", "8", "₉", "9")
	for _, lines := range [][]string{gl, svg} {
		for i := range lines {
			lines[i] = small.Replace(lines[i])
		}
		slices.Sort(lines)
	}
	if len(gl) < 10 || !slices.Equal(gl, svg) {
		t.Errorf("%s: OpenGL writes %q,\nSVG %q", name, gl, svg)
	}
}
