package figure

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/palette"
)

// sweepOf makes a result of axes, whose runs f fills in, and a scene for its pictures.
func sweepOf(t *testing.T, over []string, f func(r *cpu.Result, i int)) (*scenes.Scene, *cpu.Result) {
	t.Helper()
	s, err := scenes.Load("one-mode")
	if err != nil {
		t.Fatal(err)
	}
	s.Map = scenes.Map{Of: "loss", Scale: "auto", Colormap: "viridis"}
	w := cpu.Sweep{Base: cpu.DefaultRun("gd")}
	w.Base.Start, w.Base.Steps = []float64{0, 0}, 10
	for _, o := range over {
		p, err := cpu.ParseParam(o)
		if err != nil {
			t.Fatal(err)
		}
		w.Over = append(w.Over, p)
	}
	r, err := cpu.NewResult(w, 2, cpu.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.N() {
		f(r, i)
	}
	return s, r
}

// sheet lists a sheet.
func sheet(t *testing.T, s *scenes.Scene, r *cpu.Result, m Medium) (*Sheet, *display.List) {
	t.Helper()
	sh, err := NewSheet(s, &r.Sweep, r, "what the runs share", m)
	if err != nil {
		t.Fatal(err)
	}
	l := new(display.List)
	sh.List(l)
	return sh, l
}

// sheetPage is a medium of points.
var sheetPage = Paper(72, false)

// TestSheetCells checks the runs of maps of all shapes: each is a block of whole pixels
// of its colour, the first parameter to the right, the second upwards.
func TestSheetCells(t *testing.T) {
	viridis := palette.Colormap("viridis")
	for _, shape := range []struct {
		x, y string
		w, h int // of a run
	}{
		{"lr=1:8:8", "l2=0:1:6", 64, 64},
		{"lr=0.01:30:256:log", "l2=1e-4:1:256:log", 2, 2},
		{"lr=1:2:600", "l2=0:1:513", 1, 1},
		{"lr=1:2:1000", "l2=0:1:20", 1, 13},
		{"lr=1,7,9", "w2=-1:1:700", 86, 1},
		{"lr=1", "l2=0,5", 256, 256},
	} {
		s, r := sweepOf(t, []string{shape.x, shape.y}, func(r *cpu.Result, i int) {
			switch r.Loss[i] = float64(i * 7919 % r.N()); {
			case i%11 == 3:
				r.Status[i], r.Loss[i] = cpu.Diverged, math.NaN()
			case i%13 == 5:
				r.Status[i], r.Loss[i] = cpu.Diverged, 1e300
			case i%17 == 9:
				r.Loss[i] = math.Inf(1)
			}
		})
		s.Map.Scale = "linear"
		sh, _ := sheet(t, s, r, Screen)
		nx, ny := sh.Cells.NX, sh.Cells.NY
		if sh.Plot != sh.Plot.Whole() || sh.Plot.W() != float64(nx*shape.w) || sh.Plot.H() != float64(ny*shape.h) {
			t.Errorf("%s, %s: %d x %d runs in %v", shape.x, shape.y, nx, ny, sh.Plot)
		}
		lo, hi := math.Inf(1), math.Inf(-1)
		for i, l := range r.Loss {
			if r.Status[i] != cpu.Diverged && !math.IsInf(l, 0) {
				lo, hi = min(lo, l), max(hi, l)
			}
		}
		m := sh.Cells.Image()
		bad := 0
		for i := range r.N() {
			want := palette.DivergedColor
			switch {
			case r.Status[i] == cpu.Diverged:
			case math.IsInf(r.Loss[i], 0):
				want = palette.NotFiniteColor
			case lo == hi:
				want = viridis.At(0.5)
			default:
				want = viridis.At((r.Loss[i] - lo) / (hi - lo))
			}
			if m.At(i/ny, ny-1-i%ny) != color.NRGBA(want) {
				bad++
			}
		}
		if bad > 0 {
			t.Errorf("%s, %s: %d runs have another's colour", shape.x, shape.y, bad)
		}
	}
}

// lines returns the texts of a list.
func lines(l *display.List) (out []string) {
	for _, t := range l.Texts {
		out = append(out, t.Line)
	}
	return out
}

// TestSheetLegend checks that a legend says how many runs there are of each colour that
// is drawn, in the scene's words.
func TestSheetLegend(t *testing.T) {
	s, r := sweepOf(t, []string{"lr=1:40:40", "l2=0:1:40"}, func(r *cpu.Result, i int) {
		r.Loss[i] = float64(i%7) - 1
		if r.Status[i] = cpu.Status(i % 4); r.Status[i] == cpu.Periodic {
			r.Period[i] = int32(2 + i/4%20)
		}
		if i%100 == 0 {
			r.Status[i], r.Loss[i] = cpu.Converged, math.NaN()
		}
	})
	for _, of := range []string{"status", "period", "loss"} {
		s.Map.Of = of
		sh, l := sheet(t, s, r, Screen)
		listed := map[color.NRGBA]bool{}
		for _, c := range l.Cmds {
			if kind, _ := c.What(); kind == display.KindRect && c.A[1] > float32(sh.Plot.Y1) {
				listed[c.NRGBA()] = true
			}
		}
		scale := map[color.RGBA]bool{}
		for _, c := range palette.Colormap("viridis") {
			scale[c] = of == "loss"
		}
		for i := 0; i < len(sh.Cells.Pix); i += 4 {
			p := sh.Cells.Pix[i:]
			if c := (color.RGBA{p[0], p[1], p[2], 255}); !scale[c] && !listed[color.NRGBA(c)] {
				t.Fatalf("map of %s: the legend has no %v", of, c)
			}
		}
	}
	s.Map.Scale = "log"
	_, l := sheet(t, s, r, Screen)
	for _, want := range []string{"converged: 416 (26 %)", "diverged: 400 (25 %)", "not finite: 16 (1 %)", "0 or less, at the low end: 338", "final loss, by log", "One-mode example: final loss", "what the runs share"} {
		if !slices.Contains(lines(l), want) {
			t.Errorf("no %q in %q", want, lines(l))
		}
	}
	s.Map.Of, s.Map.Scale = "period", "auto"
	s.Labels.Legend.Period, s.Labels.Quantity["period"], s.Labels.Mark = "Periode {n}", "Periode der Läufe", ","
	_, l = sheet(t, s, r, Screen)
	for _, want := range []string{"Periode 2: 20 (1 %)", "One-mode example: Periode der Läufe"} {
		if !slices.Contains(lines(l), want) {
			t.Errorf("no %q in %q", want, lines(l))
		}
	}
}

// TestSheetBoxes checks that all texts lie on the page and none over another or the runs.
func TestSheetBoxes(t *testing.T) {
	for _, over := range [][]string{
		{"lr=1e-3:1000:300:log", "l2=0:100000:5"}, {"lr=1:2:3", "w2=0:1:2000"}, {"beta1=0:0.5:9", "lr=1:9:9"},
		{"lr=0.4999999:0.5000001:64", "l2=1e-9:1e-3:64:log"}, {"w1=3.14159:3.1415902:50", "w2=-100000:-99999:40"},
		{"lr=0.001:123456:5000:log"}, {"lr=1:30:200"}, {"lr=3"}, {"w1=-3:-2.99999999:90"},
	} {
		for _, of := range []string{"loss", "period", "steps", "accuracy", "exponent"} {
			for _, span := range []float64{1e-3, 1e-12, 0} {
				s, r := sweepOf(t, over, func(r *cpu.Result, i int) {
					if r.Status[i] = cpu.Status(i % 4); r.Status[i] == cpu.Periodic {
						r.Period[i] = int32(2 + i/4%60)
					}
					r.Loss[i], r.Accuracy[i], r.Steps[i] = 3+span*float64(i), 0.5, int32(i)
				})
				if of == "exponent" {
					r.Derived[of] = make([]float64, r.N())
					for i := range r.N() {
						r.Derived[of][i] = span * float64(i-20)
					}
				}
				s.Map.Of, s.Map.Colormap = of, scenes.AutoColormap
				s.Labels.Parameter["lr"], s.Labels.Parameter["l2"] = strings.Repeat("a long name ", 15), strings.Repeat("name ", 30)
				s.Labels.Sweep.Low = strings.Repeat("low ", 49)
				s.Title = "A scene of which the title is so long that it will not fit into one line, not even nearly, andhasalongwordofmanyletters" + strings.Repeat("x", 60)
				for _, m := range []Medium{Screen, sheetPage} {
					name := fmt.Sprintf("%s of %v, %v", of, over, m)
					sh, l := sheet(t, s, r, m)
					checkSheetTexts(t, name, l, display.Rect(0, 0, sh.W, sh.H), sh.Plot)
				}
			}
		}
	}
}

// checkTexts checks that texts lie in an area, none over another, nor over the plot.
func checkSheetTexts(t *testing.T, name string, l *display.List, area, plot display.Rectangle) {
	t.Helper()
	for i, a := range l.Texts {
		if a.Clipped || a.Box.Union(area) != area || a.Line == "" {
			t.Errorf("%s: %q at %v leaves the page of %v", name, a.Line, a.Box, area)
		}
		if a.Box.Overlaps(plot) {
			t.Errorf("%s: %q at %v lies over the runs in %v", name, a.Line, a.Box, plot)
		}
		for _, b := range l.Texts[:i] {
			if a.Box.Overlaps(b.Box) {
				t.Errorf("%s: %q at %v lies over %q at %v", name, a.Line, a.Box, b.Line, b.Box)
			}
		}
	}
}

// TestSheetPlot checks that every run of a plot is there, in its colour, and that the
// plots of all quantities can be drawn.
func TestSheetPlot(t *testing.T) {
	s, r := sweepOf(t, []string{fmt.Sprint("lr=1:30:", 50*cpu.StatusCount)}, func(r *cpu.Result, i int) {
		r.Loss[i] = 1 + float64(i%7)
		switch r.Status[i] = cpu.Status(i / 50); r.Status[i] {
		case cpu.Periodic:
			r.Period[i] = 2
		case cpu.Diverged:
			r.Loss[i] = math.NaN()
		}
	})
	for _, m := range []Medium{Screen, sheetPage} {
		sh, l := sheet(t, s, r, m)
		n := map[color.NRGBA]int{}
		for _, c := range l.Cmds {
			kind, _ := c.What()
			if kind == display.KindDisc && !sh.Plot.Contains(display.Pt(float64(c.A[0]), float64(c.A[1]))) {
				t.Errorf("a run at %v, outside %v", c.A, sh.Plot)
			}
			if kind == display.KindDisc || kind == display.KindRect && c.A[3] < float32(sh.Plot.CY()) {
				n[c.NRGBA()]++
			}
		}
		for i, c := range palette.StatusColors {
			if n[color.NRGBA(c)] != 50 {
				t.Errorf("%d runs that are %s, want 50", n[color.NRGBA(c)], cpu.Status(i))
			}
		}
		if !slices.Contains(lines(l), s.Labels.Sweep.Top) {
			t.Errorf("nothing says what is at the top: %q", lines(l))
		}
	}
	for i := range r.Status { // nothing left to scale
		r.Status[i], r.Loss[i] = cpu.Diverged, math.NaN()
	}
	sheet(t, s, r, sheetPage)
}

func TestCheckSheet(t *testing.T) {
	for _, c := range []struct {
		m    scenes.Map
		axes int
		want string
	}{
		{scenes.Map{Of: "loss", Scale: "auto", Colormap: "viridis"}, 3, "sweep over one or two"},
		{scenes.Map{Of: "loss", Scale: "auto", Colormap: "viridis"}, 0, "sweep over one or two"},
		{scenes.Map{Of: "los", Scale: "auto", Colormap: "viridis"}, 2, "want one of: loss"},
		{scenes.Map{Of: "loss", Scale: "cubic", Colormap: "viridis"}, 2, "want one of: auto"},
		{scenes.Map{Of: "loss", Scale: "auto", Colormap: "jet"}, 2, "want one of: auto, markus, viridis"},
		{scenes.Map{Of: "loss", Scale: "auto", Colormap: "markus"}, 2, "the map is of loss"},
		{scenes.Map{Of: "exponent", Scale: "rank", Colormap: "markus"}, 2, "a scale of its own"},
		{scenes.Map{Of: "status", Scale: "log", Colormap: "viridis"}, 2, "status has no log scale"},
		{scenes.Map{Of: "status", Scale: "auto", Colormap: "viridis"}, 1, "by colour"},
		{scenes.Map{Of: "loss", Scale: "rank", Colormap: "viridis"}, 1, "maps of two"},
	} {
		if err := CheckSheet(&c.m, c.axes); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v of %d: %v", c.m, c.axes, err)
		}
	}
}

// TestSheetExponent checks the colours of exponents: order and chaos from their own ends,
// those that are 0 within their error white, and the least where nothing is left of a
// tangent.
func TestSheetExponent(t *testing.T) {
	s, r := sweepOf(t, []string{"lr=1:2:8", "l2=0:1:1"}, func(*cpu.Result, int) {})
	r.Derived["exponent"] = []float64{-0.4, -0.2, -0.1, 0.1, 0.3, math.Inf(-1), math.NaN(), 0.05}
	r.Status[7] = cpu.Diverged
	s.Map.Of, s.Map.Colormap = "exponent", scenes.AutoColormap
	sh, l := sheet(t, s, r, Screen)
	c := palette.Colormap("markus")
	gone, none := palette.NoValue("markus")
	for i, want := range []color.RGBA{c[0], c.At(0.25), palette.MarkusZero, palette.MarkusZero, c[255], c[0], none, gone} {
		// 9 steps after the transient: 0 within 1/9.
		if p := sh.Cells.Pix[4*i:]; (color.RGBA{p[0], p[1], p[2], p[3]}) != want {
			t.Errorf("run %d is %v, want %v", i, p[:4], want)
		}
	}
	for _, want := range []string{"Lyapunov exponent", "0.2", "−0.2", "diverged: 1 (12 %)", "not finite: 1 (12 %)"} {
		if !slices.Contains(lines(l), want) {
			t.Errorf("no %q in %q", want, lines(l))
		}
	}
	s.Map.Scale = "linear"
	if sh, _ = sheet(t, s, r, Screen); sh.scale.Kind != "linear" || s.Map.Palette() != "viridis" {
		t.Errorf("%s in %s", sh.scale.Kind, s.Map.Palette())
	}
}
