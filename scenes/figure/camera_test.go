package figure

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/scale"
)

func TestTail(t *testing.T) {
	var at []Vec3
	for k := range 10 {
		at = append(at, Vec3{float64(k), 0, 0})
	}
	tr := newTrail(at, 0.1, 0.1, 3, func(k int) []Vec3 { return []Vec3{{float64(k) - 0.5, 0, 0}} })
	if got := tr.upTo(2, 0, nil); len(got) != 6 || got[0] != (Vec4{0, 0, 0, 0}) || got[5] != (Vec4{2, 0, 0, 0}) {
		t.Errorf("whole path %v", got)
	}
	want := []Vec4{{6, 0, 0, 1}, {6.5, 0, 0, 0.75}, {7, 0, 0, 0.5}, {7.5, 0, 0, 0.25}, {8, 0, 0, 0}, {8, 0, 0, 0}}
	if got := tr.upTo(8, 2, nil); !slices.Equal(got, want) {
		t.Errorf("tail %v, want %v", got, want)
	}
	if got := tr.upTo(0.75, 0, nil); !slices.Equal(got, []Vec4{{0, 0, 0, 0}, {0.5, 0, 0, 0}, {0.75, 0, 0, 0}}) {
		t.Errorf("between two points %v", got)
	}
	if got := tr.beadsUpTo(8, 4, nil); !slices.Equal(got, []Vec4{{6, 0, 0, 0.5}}) {
		t.Errorf("marks %v", got)
	}
	if got := tr.beadsUpTo(9, 0, nil); len(got) != 4 {
		t.Errorf("marks %v", got)
	}
	if tr := newTrail(at, 0.1, 0.1, 0, nil); len(tr.beads) != 0 {
		t.Errorf("marks %v, want none", tr.beads)
	}
}

// TestKeys checks that the camera passes its keys, moves smoothly and does not
// overshoot.
func TestKeys(t *testing.T) {
	keys := []scenes.Key{{Frame: 10, Elev: 30, Azim: 0, Zoom: 1}, {Frame: 20, Elev: 50, Azim: 40, Zoom: 2}, {Frame: 60, Elev: 50, Azim: 200, Zoom: 0.5}}
	for _, k := range keys {
		p := keyPose(keys, float64(k.Frame))
		if math.Abs(p.elev-k.Elev) > 1e-9 || math.Abs(p.azim-k.Azim) > 1e-9 || math.Abs(p.zoom-k.Zoom) > 1e-9 {
			t.Errorf("frame %d: %v, want %v", k.Frame, p, k)
		}
	}
	if first, last := keyPose(keys, 0), keyPose(keys, 99); first != keyPose(keys, 10) || last != keyPose(keys, 60) {
		t.Errorf("outside the keys %v and %v", first, last)
	}
	before, speed := keyPose(keys, 10), 0.0
	for at := 10.01; at < 60; at += 0.01 {
		p := keyPose(keys, at)
		if p.elev > 50+1e-9 || p.azim < before.azim-1e-9 || p.zoom > 2+1e-9 || p.zoom < 0.5-1e-9 {
			t.Fatalf("overshoots at %v: %v", at, p)
		}
		now := (p.azim - before.azim) / 0.01
		if math.Abs(now-speed) > 0.1 {
			t.Fatalf("the speed jumps from %v to %v at %v", speed, now, at)
		}
		before, speed = p, now
	}
}

// TestLabelsStayClear checks, all around the box and from above and below, that
// labels neither run into each other nor leave the panel.
func TestLabelsStayClear(t *testing.T) {
	s := builtin(t, "one-mode")
	s.Film.Panels = scenes.PanelsOf(scenes.SurfacePanel)
	for _, size := range []float64{256, 900} {
		for _, elev := range []float64{-60, -10, 0, 15, 30, 60, 90} {
			for azim := -180.0; azim < 180; azim += 15 {
				s.Camera.Elev, s.Camera.Azim = elev, azim
				ly := NewLayout(s, size, size, Screen)
				if err := labelsClear(&ly, elev, azim); err != nil {
					t.Errorf("%v pixels, elev %v, azim %v: %v", size, elev, azim, err)
				}
			}
		}
	}
}

func labelsClear(ly *Layout, elev, azim float64) error {
	b := newBox([3]*scale.Scale{scale.NewLinear(-10, 10), scale.NewLinear(-10, 12), scale.NewLinear(0, 13)}, [3]string{"w₁", "w₂", "Loss"}, ly.Panels[0].Plot, ly)
	c := newCamera(elev, azim)
	c.Scale, c.CX, c.CY = b.fit([]pose{{elev, azim, 1}}, false, ly.Panels[0].Plot, ly, false)
	p := b.place(c, ly, false)
	for i, l := range p.labels {
		for _, o := range p.labels[:i] {
			if l.box.Overlaps(o.box) {
				return fmt.Errorf("%q and %q overlap", l.text, o.text)
			}
		}
	}
	if out := ly.Panels[0].Plot.Inset(-1); p.bounds.Union(out) != out {
		return fmt.Errorf("labels cover %v, the panel is %v", p.bounds, out)
	}
	if len(p.labels) < 7 {
		return fmt.Errorf("only %d labels", len(p.labels))
	}
	return nil
}

// TestProjections checks that the device and the display list see the same, and
// that both projections agree at the centre of the box.
func TestProjections(t *testing.T) {
	r := display.Rect(100, 50, 500, 350)
	for _, flat := range []bool{false, true} {
		for _, zoom := range []float64{0.25, 1, 4} {
			c := viewFrom(pose{25, -40, zoom}, flat)
			c.Scale, c.CX, c.CY = 1500, 310, 180
			m := c.Matrix(r)
			for _, b := range []Vec3{{0, 0, 0}, {1, 0.2, 0.9}, {0.5, 0.5, 0.5}, {1, 1, 1}} {
				var clip [4]float64
				for i := range clip {
					clip[i] = float64(m[i])*b[0] + float64(m[4+i])*b[1] + float64(m[8+i])*b[2] + float64(m[12+i])
				}
				got := display.Vertex{
					X:     r.X0 + (clip[0]/clip[3]+1)/2*r.W(),
					Y:     r.Y1 - (clip[1]/clip[3]+1)/2*r.H(),
					Depth: (clip[2]/clip[3] + 1) / 2,
				}
				want := c.Project(b)
				if math.Abs(got.X-want.X) > 0.01 || math.Abs(got.Y-want.Y) > 0.01 || math.Abs(got.Depth-want.Depth) > 1e-5 {
					t.Errorf("orthographic %v, zoom %v, %v: the device sees it at %v, the list at %v", flat, zoom, b, got, want)
				}
				if want.Depth <= 0 || want.Depth >= 1 {
					t.Errorf("orthographic %v, zoom %v: depth %v", flat, zoom, want.Depth)
				}
			}
		}
	}
	a, b := viewFrom(pose{25, -40, 2}, false), viewFrom(pose{25, -40, 2}, true)
	if a.Pixel(a.Dist) != b.Pixel(b.Dist) {
		t.Errorf("pixels of %v and %v at the centre", a.Pixel(a.Dist), b.Pixel(b.Dist))
	}
}

// TestPanelKinds wants every panel that a scene can have to be laid out.
func TestPanelKinds(t *testing.T) {
	for _, p := range scenes.PanelKinds {
		if panels[p.Name] == nil {
			t.Errorf("panel %q cannot be drawn", p.Name)
		}
	}
	if len(panels) != len(scenes.PanelKinds) {
		t.Errorf("%d kinds of panels are drawn, a scene has %d", len(panels), len(scenes.PanelKinds))
	}
}
