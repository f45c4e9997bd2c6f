package chart

import (
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	"losscape/cpu"
	"losscape/scenes/palette"
)

// result makes a result of axes whose runs f fills in.
func result(t testing.TB, over []cpu.Param, f func(r *cpu.Result, i int)) *cpu.Result {
	t.Helper()
	s := cpu.Sweep{Base: cpu.DefaultRun("gd"), Over: over}
	s.Base.Start, s.Base.Steps = []float64{0, 0}, 10
	r, err := cpu.NewResult(s, 2, cpu.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.N() {
		f(r, i)
	}
	return r
}

func param(t testing.TB, text string) cpu.Param {
	t.Helper()
	p, err := cpu.ParseParam(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestMapPixels checks every pixel of maps of all shapes: each run is a block
// of its colour, the first parameter to the right, the second upwards.
func TestMapPixels(t *testing.T) {
	viridis := palette.Colormap("viridis")
	for _, shape := range []struct {
		x, y string
		cell image.Point
	}{
		{"lr=1:8:8", "l2=0:1:6", image.Pt(64, 64)},
		{"lr=0.01:30:256:log", "l2=1e-4:1:256:log", image.Pt(2, 2)},
		{"lr=1:2:600", "l2=0:1:513", image.Pt(1, 1)},
		{"lr=1:2:1000", "l2=0:1:20", image.Pt(1, 13)},
		{"lr=1,7,9", "w2=-1:1:700", image.Pt(86, 1)},
		{"lr=1", "l2=0,5", image.Pt(256, 256)},
	} {
		over := []cpu.Param{param(t, shape.x), param(t, shape.y)}
		nx, ny := len(over[0].Values), len(over[1].Values)
		r := result(t, over, func(r *cpu.Result, i int) {
			r.Loss[i] = float64(i * 7919 % (nx * ny))
			switch {
			case i%11 == 3:
				r.Status[i], r.Loss[i] = cpu.Diverged, math.NaN()
			case i%13 == 5:
				r.Status[i], r.Loss[i] = cpu.Diverged, 1e300
			case i%17 == 9:
				r.Loss[i] = math.Inf(1)
			}
		})
		p, err := Draw(r, Options{Of: "loss", Scale: Linear, Title: "Test"})
		if err != nil {
			t.Fatal(err)
		}
		if p.Cell != shape.cell || p.Data.Dx() != nx*p.Cell.X || p.Data.Dy() != ny*p.Cell.Y || !p.Data.In(p.Image.Rect) {
			t.Fatalf("%s, %s: cells of %v in %v", shape.x, shape.y, p.Cell, p.Data)
		}
		lo, hi := math.Inf(1), math.Inf(-1)
		for i, l := range r.Loss {
			if r.Status[i] != cpu.Diverged && !math.IsInf(l, 0) {
				lo, hi = min(lo, l), max(hi, l)
			}
		}
		bad := 0
		for y := p.Data.Min.Y; y < p.Data.Max.Y; y++ {
			for x := p.Data.Min.X; x < p.Data.Max.X; x++ {
				i := (x-p.Data.Min.X)/p.Cell.X*ny + (p.Data.Max.Y-1-y)/p.Cell.Y
				want := divergedC
				switch {
				case r.Status[i] == cpu.Diverged:
				case math.IsInf(r.Loss[i], 0):
					want = notFinite
				case lo == hi:
					want = viridis[128]
				default:
					want = viridis[min(int((r.Loss[i]-lo)/(hi-lo)*256), 255)]
				}
				// A value on the border of two colours may have either.
				got := p.Image.RGBAAt(x, y)
				if d := int(got.G) - int(want.G); got != want && (d < -4 || d > 4 || want == divergedC || want == notFinite) {
					bad++
				}
			}
		}
		if bad > 0 {
			t.Errorf("%s, %s: %d pixels have another run's colour", shape.x, shape.y, bad)
		}
	}
}

func TestCategories(t *testing.T) {
	r := result(t, []cpu.Param{param(t, "lr=1:4:4"), param(t, "l2=0:1:3")}, func(r *cpu.Result, i int) {
		r.Status[i] = cpu.Status(i % 4)
		if r.Status[i] == cpu.Periodic {
			r.Period[i] = []int32{2, 11, 4}[i/4]
		}
	})
	for _, of := range []string{"status", "period"} {
		p, err := Draw(r, Options{Of: of, Scale: Auto, Title: "Test"})
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.N() {
			want := statusColors[r.Status[i]]
			if of == "period" && r.Status[i] == cpu.Periodic {
				want = []color.RGBA{periodColors[2], otherPeriod, periodColors[4]}[i/4]
			}
			x, y := p.Data.Min.X+i/3*p.Cell.X, p.Data.Max.Y-1-i%3*p.Cell.Y
			if got := p.Image.RGBAAt(x, y); got != want {
				t.Errorf("%s of run %d: %v, want %v", of, i, got, want)
			}
		}
	}
	var text []string
	for _, e := range legend(r, true, true) {
		text = append(text, e.text)
	}
	want := "converged 3 (25 %); period 2: 1 (8 %); period 4: 1 (8 %); other periods: 1 (8 %); step-limit 3 (25 %); diverged 3 (25 %)"
	if got := strings.Join(text, "; "); got != want {
		t.Errorf("legend %q, want %q", got, want)
	}
}

// TestColorsTell checks that the colours of runs differ from one another.
func TestColorsTell(t *testing.T) {
	var all []color.RGBA
	all = append(all, statusColors[:3]...) // periodic is period 2's
	for _, c := range periodColors {
		all = append(all, c)
	}
	all = append(all, otherPeriod)
	for i, a := range all {
		for _, b := range all[:i] {
			d := 0
			for _, v := range []int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B)} {
				d += max(v, -v)
			}
			if d < 50 {
				t.Errorf("%v and %v are hard to tell apart", a, b)
			}
		}
	}
	for _, c := range palette.Colormap("viridis") {
		if c == divergedC || c == notFinite {
			t.Errorf("%v is a value's colour too", c)
		}
	}
}

func TestScales(t *testing.T) {
	nan := math.NaN()
	values := []float64{1, 10, 100, 1000, nan, 10}
	at := func(i int) float64 { return values[i] }
	for _, c := range []struct {
		kind Scale
		want []float64
	}{
		{Linear, []float64{0, 9. / 999, 99. / 999, 1}},
		{Log, []float64{0, 1. / 3, 2. / 3, 1}},
		{Auto, []float64{0, 1. / 3, 2. / 3, 1}},
		{Rank, []float64{0, 0.375, 0.75, 1}},
	} {
		s := newScale(c.kind, cpu.Decades, true, len(values), at)
		for i, w := range c.want {
			if got := s.at(values[i]); math.Abs(got-w) > 1e-12 {
				t.Errorf("%s of %v is %v, want %v", c.kind, values[i], got, w)
			}
		}
		if s.masked != 1 {
			t.Errorf("%d are masked", s.masked)
		}
		for _, tick := range s.ticks(6) {
			if tick.at < -1e-9 || tick.at > 1+1e-9 {
				t.Errorf("%s has a tick %q at %v", c.kind, tick.label, tick.at)
			}
		}
	}
	if s := newScale(Auto, cpu.Decades, true, 2, func(i int) float64 { return []float64{1, 1e7}[i] }); s.kind != Rank {
		t.Errorf("seven decades: %s", s.kind)
	}
	if s := newScale(Auto, cpu.Even, true, 2, func(i int) float64 { return []float64{1, 1e7}[i] }); s.kind != Linear {
		t.Errorf("steps: %s", s.kind)
	}
	if s := newScale(Log, cpu.Even, true, 2, func(int) float64 { return 0 }); s.at(0) != 0.5 {
		t.Error("a scale of one value has it in the middle")
	}
	if s := newScale(Log, cpu.Decades, true, 3, func(i int) float64 { return float64(i) }); s.at(0) != 0 || s.at(1) != 0 || s.at(2) != 1 {
		t.Error("what has no logarithm is at the low end")
	}
	wide := newScale(Log, cpu.Decades, true, 3, func(i int) float64 { return []float64{1e-310, 1, 1e25}[i] })
	if wide.at(1e-310) != 0 || wide.at(1e25) != 1 || math.Abs(wide.at(1)-310.0/335) > 1e-12 {
		t.Errorf("on a scale wider than float64: %v, %v, %v", wide.at(1e-310), wide.at(1), wide.at(1e25))
	}
	for _, tick := range wide.ticks(6) {
		if !(tick.at >= 0 && tick.at <= 1) {
			t.Errorf("a mark %+v", tick)
		}
	}
	zeros := newScale(Auto, cpu.Decades, false, 4, func(i int) float64 { return []float64{0, 1e-9, 1, 0}[i] })
	if zeros.kind != Log || len(zeros.note()) != 1 || !strings.HasSuffix(zeros.note()[0].text, ": 2") {
		t.Errorf("losses of 0: %s, %v", zeros.kind, zeros.note())
	}
	if got := strings.Join(distinct([]float64{0.32901, 0.3301, 0.33012, 1.5, 200, 3.4e17}), " "); got != "0.32901 0.33010 0.33012 1.5000 200 3.4000e17" {
		t.Errorf("distinct numbers %s", got)
	}
	if newScale(Rank, cpu.Decades, true, 3, func(int) float64 { return nan }) != nil {
		t.Error("a scale of nothing")
	}
}

// labels returns the ticks of an axis that have a label, as label@place.
func labels(ticks []tick) map[string]float64 {
	m := map[string]float64{}
	for _, t := range ticks {
		if t.label != "" {
			m[t.label] = t.at
		}
	}
	return m
}

func TestAxisTicks(t *testing.T) {
	for _, c := range []struct {
		param string
		want  map[string]float64
	}{
		{"lr=1:1000:4:log", map[string]float64{"1": 0, "10": 1, "100": 2, "1000": 3}},
		{"lr=1000:1:4:log", map[string]float64{"1": 3, "10": 2, "100": 1, "1000": 0}},
		{"lr=1e-6:1e6:13:log", map[string]float64{"1e−6": 0, "1e0": 6, "1e6": 12}},
		{"lr=1:4:3:log", map[string]float64{"1": 0, "2": 1}},
		{"l2=0:10:11", map[string]float64{"0": 0, "4": 4, "10": 10}},
		{"l2=0:1:3", map[string]float64{"0": 0, "0.5": 1, "1": 2}},
		{"lr=0.5:15:6", map[string]float64{"0.5": 0, "3.4": 1, "15": 5}},
		{"lr=0.5:15:7", map[string]float64{"5.0": 4.5 / 14.5 * 6, "15.0": 6}},
		{"seed=0:3:4", map[string]float64{"0": 0, "3": 3}},
		{"lr=0.5,3,15", map[string]float64{"0.5": 0, "3": 1, "15": 2}},
		{"lr=0.1,1,10", map[string]float64{"0.1": 0, "1": 1, "10": 2}},
		{"lr=7", map[string]float64{"7": 0}},
		{"w1=-3:3:7", map[string]float64{"−3": 0, "0": 3, "3": 6}},
	} {
		p := param(t, c.param)
		ticks := newAxis(&p).ticks(7)
		got := labels(ticks)
		for l, at := range c.want {
			if v, ok := got[l]; !ok || math.Abs(v-at) > 1e-6 {
				t.Errorf("%s: %q is at %v, want %v; all: %v", c.param, l, v, at, got)
			}
		}
		for _, k := range ticks {
			if k.at < -1e-6 || k.at > float64(len(p.Values)-1)+1e-6 {
				t.Errorf("%s: tick %q at %v", c.param, k.label, k.at)
			}
		}
	}
	for _, span := range [][2]float64{{1, 1.01}, {0.3, 0.4}, {3, 7}, {1e-300, 1e300}, {5e-5, 2e-4}, {9.9, 10.1}} {
		ticks := logTicks(span[0], span[1], 6)
		if n := len(labels(ticks)); n < 2 || n > 12 {
			t.Errorf("a logarithmic axis of %v has %d labels", span, n)
		}
	}
}

// TestLine checks that every run of a plot is there, in its colour.
func TestLine(t *testing.T) {
	p := param(t, "lr=1:30:200")
	r := result(t, []cpu.Param{p}, func(r *cpu.Result, i int) {
		r.Loss[i] = 1 + float64(i%7)
		r.Status[i] = cpu.Status(i / 50)
		switch r.Status[i] {
		case cpu.Periodic:
			r.Period[i] = 2
		case cpu.Diverged:
			r.Loss[i] = math.NaN()
		}
	})
	pic, err := Draw(r, Options{Of: "loss", Scale: Auto, Title: "Test"})
	if err != nil {
		t.Fatal(err)
	}
	n := map[color.RGBA]int{}
	for y := pic.Data.Min.Y; y < pic.Data.Max.Y; y++ {
		for x := pic.Data.Min.X; x < pic.Data.Max.X; x++ {
			n[pic.Image.RGBAAt(x, y)]++
		}
	}
	for i, c := range statusColors {
		if n[c] < 50*12 {
			t.Errorf("%d pixels of %s", n[c], cpu.Status(i))
		}
	}
	for _, of := range []string{"best", "steps", "accuracy", "period"} {
		if _, err := Draw(r, Options{Of: of, Scale: Auto, Title: "Test"}); err != nil {
			t.Error(err)
		}
	}
	for i := range r.Status { // nothing left to scale
		r.Status[i], r.Loss[i] = cpu.Diverged, math.NaN()
	}
	if _, err := Draw(r, Options{Of: "loss", Scale: Log, Title: "Test"}); err != nil {
		t.Error(err)
	}
	one := result(t, []cpu.Param{param(t, "lr=3")}, func(r *cpu.Result, i int) { r.Loss[i] = 1 })
	if _, err := Draw(one, Options{Of: "loss", Scale: Auto, Title: "Test"}); err != nil {
		t.Error(err)
	}
}

// TestNothingIsClipped checks that text ends before the edge of the picture.
func TestNothingIsClipped(t *testing.T) {
	for _, over := range [][]string{{"lr=1e-3:1000:300:log", "l2=0:100000:5"}, {"lr=1:2:3", "w2=0:1:2000"}, {"beta1=0:0.5:9", "lr=1:9:9"}, {"lr=0.001:123456:5000:log"}} {
		var axes []cpu.Param
		for _, o := range over {
			axes = append(axes, param(t, o))
		}
		r := result(t, axes, func(r *cpu.Result, i int) {
			r.Status[i] = cpu.Status(i % 4)
			r.Period[i] = 0
			if r.Status[i] == cpu.Periodic {
				r.Period[i] = int32(2 + i/4%60)
			}
			r.Loss[i] = 1e-3 * float64(i+1)
		})
		for _, of := range []string{"loss", "period"} {
			p, err := Draw(r, Options{Of: of, Scale: Auto, Title: "A scene of which the title is so long that it will not fit into one line, not even nearly", Subtitle: strings.Repeat("words ", 40)})
			if err != nil {
				t.Fatal(err)
			}
			b := p.Image.Rect
			for _, edge := range []image.Rectangle{{b.Min, image.Pt(b.Max.X, 6)}, {image.Pt(0, b.Max.Y-5), b.Max}, {b.Min, image.Pt(5, b.Max.Y)}, {image.Pt(b.Max.X-5, 0), b.Max}} {
				for y := edge.Min.Y; y < edge.Max.Y; y++ {
					for x := edge.Min.X; x < edge.Max.X; x++ {
						if p.Image.RGBAAt(x, y) != paper {
							t.Fatalf("%v of %v: ink at %d,%d, the edge of %v", of, over, x, y, b)
						}
					}
				}
			}
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		o    Options
		axes int
		want string
	}{
		{Options{Of: "loss", Scale: Auto}, 3, "sweep over one or two"},
		{Options{Of: "loss", Scale: Auto}, 0, "sweep over one or two"},
		{Options{Of: "los", Scale: Auto}, 2, "want one of: loss"},
		{Options{Of: "loss", Scale: "cubic"}, 2, "want one of: auto"},
		{Options{Of: "status", Scale: Log}, 2, "status has no log scale"},
		{Options{Of: "status", Scale: Auto}, 1, "by colour"},
		{Options{Of: "loss", Scale: Rank}, 1, "maps of two"},
	} {
		if err := c.o.Check(c.axes); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v of %d: %v", c.o, c.axes, err)
		}
	}
}
