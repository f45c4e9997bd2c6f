package figure

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/display"
)

// zoomScene returns a scene of few pixels that zooms into a map of start weights.
func zoomScene(t *testing.T, keys ...scenes.MapKey) *scenes.Scene {
	t.Helper()
	s, err := scenes.Load("zoom")
	if err != nil {
		t.Fatal(err)
	}
	s.Map.Keys, s.Map.Steps = keys, 6
	s.Film.Frames = keys[len(keys)-1].Frame + 1
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	return s
}

// The way between keys begins and ends in them, to the last digits where it is narrow,
// keeps a target in view that is in view, and falls by even factors where nothing moves.
func TestZoomPath(t *testing.T) {
	m := &zoomScene(t, scenes.MapKey{Centre: [2]float64{0.5, 0.25}, Width: 2}, scenes.MapKey{Frame: 40, Centre: [2]float64{1.1, -0.1}, Width: 2e-12}).Map
	p := newZoomPath(m)
	first, last := p.at(-3), p.at(99)
	if math.Abs(first.off[0]+0.6) > 1e-12 || math.Abs(first.span[0]-2) > 1e-12 || last.off != [2]float64{} || math.Abs(last.span[0]/2e-12-1) > 1e-9 {
		t.Errorf("from %v to %v", first, last)
	}
	ratio := 2.0 / 3.2
	for k := range 41 {
		v := p.at(k)
		if math.Abs(v.span[1]/v.span[0]/ratio-1) > 1e-9 {
			t.Errorf("frame %d: spans %v", k, v.span)
		}
		if math.Abs(v.off[0]) > math.Abs(v.span[0])/2 || math.Abs(v.off[1]) > math.Abs(v.span[1])/2 {
			t.Errorf("frame %d: the target is out of the view %v", k, v)
		}
	}
	still := newZoomLeg([2]float64{1, 2}, [2]float64{1, 2}, 8, 0.5)
	if _, w := still.at(still.length / 2); math.Abs(w-2) > 1e-12 {
		t.Errorf("half way from 8 to 0.5: %v", w)
	}
	// A far target is reached by a wider view, from either side alike.
	there, back := newZoomLeg([2]float64{}, [2]float64{100, 0}, 1, 1), newZoomLeg([2]float64{100, 0}, [2]float64{}, 1, 1)
	c, w := there.at(there.length / 4)
	d, x := back.at(back.length * 3 / 4)
	if mid, wide := there.at(there.length / 2); math.Abs(mid[0]-50) > 1e-9 || wide < 50 || math.Abs(c[0]-d[0]) > 1e-9 || math.Abs(w-x) > 1e-9 {
		t.Errorf("half way at %v, %v wide; a quarter %v, %v, and back %v, %v", mid, wide, c, w, d, x)
	}
}

// computeZoom computes all levels.
func computeZoom(t *testing.T, s *scenes.Scene, w, h int) *Zoom {
	t.Helper()
	z, err := NewZoom(s, w, h)
	if err != nil {
		t.Fatal(err)
	}
	sweep := func(w cpu.Sweep) *cpu.Result {
		r, err := s.Problem.Sweep(t.Context(), w, s.MapSettings(cpu.Settings{}), nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	var probe []*cpu.Result
	for _, w := range z.Probe() {
		w.Over[0].Values, w.Over[1].Values = w.Over[0].Values[:9], w.Over[1].Values[:9]
		probe = append(probe, sweep(w))
	}
	if err := z.Learn(probe); err != nil {
		t.Fatal(err)
	}
	all := z.Frames(0, s.Film.Frames)
	want, n := z.Runs(all), 0
	for _, level := range all {
		for part, w := range z.Parts(level) {
			r := sweep(w)
			n += r.N()
			if err := z.Put(level, part, r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n != want {
		t.Errorf("%d runs computed, %d announced", n, want)
	}
	return z
}

// TestZoomSeam compares the widest frame of an octave with the narrowest of the next one:
// they are the same but for the little that the width differs by. And a run that a level
// has taken from the one below is the one that it would have computed.
func TestZoomSeam(t *testing.T) {
	s := zoomScene(t, scenes.MapKey{Centre: [2]float64{0.693511280873692, 0}, Width: 1.5}, scenes.MapKey{Frame: 12, Centre: [2]float64{0.693511280873692, 0}, Width: 1.5 / 8})
	z := computeZoom(t, s, 170, 120)
	if n := len(z.levels); n != 3 && n != 4 { // the first frame may be the first of an octave more
		t.Fatalf("%d levels for three octaves", n)
	}
	for i, l := range z.levels[1:] {
		whole := z.sweep(&l, l.lo, l.hi, [2]int64{1, 1})
		r, err := s.Problem.Sweep(t.Context(), whole, s.MapSettings(cpu.Settings{}), nil)
		if err != nil {
			t.Fatal(err)
		}
		paint, _, _ := painter(r, &s.Map, &s.Labels, z.q, z.scale)
		ny := int(l.hi[1] - l.lo[1])
		for j := range r.N() {
			c := paint(j)
			if got := l.at(l.lo[0]+int64(j/ny), l.lo[1]+int64(j%ny)); !slices.Equal(got, []uint8{c.R, c.G, c.B}) {
				t.Fatalf("level %d: run %d is %v, computed %v", i+1, j, got, c)
			}
		}
	}
	// Both from level i: as the octave below ends, and as the one above begins.
	v := z.path.at(6)
	for i := range z.levels[1:] {
		below, above := &z.levels[i], &z.levels[i+1]
		v.off = [2]float64{}
		for j := range v.span {
			v.span[j] = math.Copysign(2*below.d[j]*float64([]int{z.w, z.h}[j]), v.span[j])
		}
		a, b := below.sampler(v, z.w, z.h, 2), above.sampler(v, z.w, z.h, 1)
		ra, rb := a.across(nil), b.across(nil)
		for y := z.h / 4; y < z.h*3/4; y++ { // levels end where the widest of their frames does
			la, lb := make([]float32, 3*z.w), make([]float32, 3*z.w)
			a.up(la, ra, y, 1)
			b.up(lb, rb, y, 1)
			for x := len(la) / 4; x < len(la)*3/4; x++ {
				// They place a pixel between runs by sums of other terms.
				if d := math.Abs(float64(la[x] - lb[x])); !(d < 1e-2) {
					t.Fatalf("octave %d: pixel %d of row %d is off by %v where it meets the next one", i, x/3, y, d)
				}
			}
		}
	}
	f, err := New(Content{Scene: s, Zoom: z}, 170, 120, Screen)
	if err != nil {
		t.Fatal(err)
	}
	c := z.Paint(3, 40, 30)
	if len(c.Pix) != 4*40*30 || f.Panels[0].Plot.W() < 20 {
		t.Errorf("%d bytes of a frame, plot %v", len(c.Pix), f.Panels[0].Plot)
	}
}

// TestZoomDepth expects a film that is deeper than float64 to be refused, with the width that
// is not.
func TestZoomDepth(t *testing.T) {
	for _, c := range []struct {
		width float64
		ok    bool
	}{{1e-12, true}, {1e-14, false}} {
		s := zoomScene(t, scenes.MapKey{Centre: [2]float64{0.7, 0}, Width: 1}, scenes.MapKey{Frame: 9, Centre: [2]float64{0.7, 0}, Width: c.width})
		_, err := NewZoom(s, 640, 360)
		if c.ok != (err == nil) {
			t.Errorf("%v: %v", c.width, err)
		}
		var bad *scenes.Error
		if err != nil && (!errors.As(err, &bad) || bad.Key != "map.key[1].width" || !strings.Contains(err.Error(), "the least there")) {
			t.Error(err)
		}
	}
}

// TestSteadyMap expects the plot of a window's map to stay where it is while a person zooms
// in, whatever labels its axes have then and however coarse it is at first: a pixel means the
// same parameters before and after.
func TestSteadyMap(t *testing.T) {
	s, err := scenes.Load("basins")
	if err != nil {
		t.Fatal(err)
	}
	s.Film.Panels, s.Film.Layout = scenes.PanelsOf(scenes.MapPanel), nil
	plot := func(wide float64, nx, ny int) display.Rectangle {
		w := s.MapSweep()
		for i, n := range []int{nx, ny} {
			p := cpu.Param{Name: []string{"w1", "w2"}[i], Values: make([]float64, n)}
			for k := range p.Values {
				p.Values[k] = []float64{2.8509893463, 0.17939382248}[i] + wide*((float64(k)+0.5)/float64(n)-0.5)
			}
			w.Over[i] = p
		}
		r, err := cpu.NewResult(w, 2, cpu.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		f, err := New(Content{Scene: s, Map: r, Steady: [2]int{860, 620}}, 1280, 620, Screen)
		if err != nil {
			t.Fatal(err)
		}
		return f.Panels[0].Plot
	}
	want := plot(10, 86, 62)
	for _, wide := range []float64{3, 0.02, 1e-4, 3e-7, 2e-9, 1e-11, 4e-13} {
		for _, n := range []int{60, 93} {
			if got := plot(wide, n, n-7); got != want {
				t.Errorf("%v wide, %d runs: plot %v, was %v", wide, n, got, want)
			}
		}
	}
}
