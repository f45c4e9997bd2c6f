package model

import (
	"bytes"
	"image"
	"image/png"
	"math"
	"testing"

	"losscape/scenes"
	"losscape/scenes/figure"

	"github.com/go-gl/mathgl/mgl64"
)

// axesOf returns the axes of the figure of a picture, and a floor of two pixels.
func axesOf(t *testing.T, p figure.Picture) *Axes {
	t.Helper()
	s := *p.Scene
	s.Film.Panels, s.Film.Layout = scenes.PanelsOf(scenes.SurfacePanel), nil
	fig, err := figure.New(figure.Content{Scene: &s, View: p.Landscape.Grid, Terrain: figure.NewTerrain(p.Landscape), Trajectories: p.Trajectories}, 1000, 800, figure.Screen)
	if err != nil {
		t.Fatal(err)
	}
	var floor bytes.Buffer
	if err := png.Encode(&floor, image.NewNRGBA(image.Rect(0, 0, 2, 1))); err != nil {
		t.Fatal(err)
	}
	return &Axes{Box: fig.Surface(0).Axes(), Floor: floor.Bytes()}
}

// middle returns the middle of a model along each axis.
func (m model) middle() (at [3]float64) {
	for k := range at {
		at[k] = (m.lo[k] + m.hi[k]) / 2
	}
	return at
}

// TestAxes reads the axes of models: every tick of the figure lies where the model has its
// value, has its label beside it unless another is too near, and all have their names.
func TestAxes(t *testing.T) {
	for _, name := range []string{"one-mode", "optimizers", "iris"} {
		p := picture(t, name, 64)
		a := axesOf(t, p)
		var b bytes.Buffer
		if err := GLB(&b, p, a); err != nil {
			t.Fatal(name, err)
		}
		doc, models := readGLB(t, b.Bytes())
		var bare bytes.Buffer
		if err := GLB(&bare, p, nil); err != nil {
			t.Fatal(err)
		}
		if _, plain := readGLB(t, bare.Bytes()); len(models) < len(plain)+20 {
			t.Errorf("%s: %d objects, %d without axes", name, len(models), len(plain))
		}
		floor, ok := models["floor"]
		if !ok || floor.lo[1] != floor.hi[1] || !(floor.hi[1] < 0) || floor.lo[0] != -side/2 || floor.hi[2] != side/2 || floor.material.PBRMetallicRoughness.BaseColorTexture == nil {
			t.Errorf("%s: floor %+v", name, floor)
		}
		if len(doc.Images) != 1 || doc.Images[0].MimeType != "image/png" || len(doc.ExtensionsUsed) != 1 {
			t.Errorf("%s: images %v, extensions %v", name, doc.Images, doc.ExtensionsUsed)
		}
		x, y := figure.PlaneAxes(p.Scene)
		g := p.Landscape.Grid
		field, _ := newHeightField(p)
		for k, at := range []func(v float64) float64{
			func(v float64) float64 { return ((v-x.Offset-g.X.Min)/(g.X.Max-g.X.Min) - 0.5) * side },
			func(v float64) float64 { return (0.5 - (v-y.Offset-g.Y.Min)/(g.Y.Max-g.Y.Min)) * side },
			field.up,
		} {
			short, along := []string{"x", "y", "loss"}[k], []int{0, 2, 1}[k]
			if _, ok := models["axis "+short+": "+a.Box[k].Name]; !ok {
				t.Errorf("%s: no axis %s: %s", name, short, a.Box[k].Name)
			}
			if title, ok := models[short+" title"]; !ok || title.hi[along]-title.lo[along] > side+1e-6 || len(title.indices) == 0 {
				t.Errorf("%s: title of %s: %v to %v", name, short, title.lo, title.hi)
			}
			ticks, labels, last := 0, 0, math.Inf(-1)
			for i, v := range a.Box[k].Values {
				tick, ok := models[short+" tick "+a.Box[k].Labels[i]]
				if !ok {
					continue
				}
				ticks++
				where := tick.middle()[along]
				if math.Abs(where-at(v)) > 1e-5 {
					t.Errorf("%s: tick %s %s at %v, want %v", name, short, a.Box[k].Labels[i], where, at(v))
				}
				label, ok := models[short+" label "+a.Box[k].Labels[i]]
				if !ok {
					continue
				}
				labels++
				if off := math.Abs(label.middle()[along] - where); off > 0.03 {
					t.Errorf("%s: label %s %s is %v off its tick", name, short, a.Box[k].Labels[i], off)
				}
				lo, hi := label.lo[along], label.hi[along]
				if k == 1 { // towards the back
					lo, hi = -hi, -lo
				}
				if lo <= last {
					t.Errorf("%s: label %s %s runs into the one before", name, short, a.Box[k].Labels[i])
				}
				last = hi
			}
			if ticks < len(a.Box[k].Values)-2 || ticks < 2 || labels < 2 {
				t.Errorf("%s: %d ticks and %d labels of %v", name, ticks, labels, a.Box[k].Labels)
			}
		}
	}
}

// TestAxesFacing wants labels to be seen from where they read right, and only from there: on the floor from above, those of the
// loss from the front and, at the corner across, from behind.
func TestAxesFacing(t *testing.T) {
	p := picture(t, "one-mode", 16)
	var b bytes.Buffer
	if err := GLB(&b, p, axesOf(t, p)); err != nil {
		t.Fatal(err)
	}
	_, models := readGLB(t, b.Bytes())
	for name, want := range map[string]struct {
		normal [3]float32
		corner [2]float64 // whose quarter of the floor it is beside
	}{
		"x title":             {[3]float32{0, 1, 0}, [2]float64{0, 1}},
		"y title":             {[3]float32{0, 1, 0}, [2]float64{1, 0}},
		"loss title":          {[3]float32{0, 0, 1}, [2]float64{-1, 1}},
		"loss label 4":        {[3]float32{0, 0, 1}, [2]float64{-1, 1}},
		"loss behind title":   {[3]float32{0, 0, -1}, [2]float64{1, -1}},
		"loss behind label 4": {[3]float32{0, 0, -1}, [2]float64{1, -1}},
	} {
		m, ok := models[name]
		if !ok {
			t.Errorf("no %s", name)
			continue
		}
		if m.material.DoubleSided {
			t.Errorf("%s is seen from both sides", name)
		}
		// The side of a triangle that is seen is that from which it is counterclockwise.
		var v [3]mgl64.Vec3
		for i := range v {
			at := m.at[m.indices[i]]
			v[i] = mgl64.Vec3{float64(at[0]), float64(at[1]), float64(at[2])}
		}
		normal := mgl64.Vec3{float64(want.normal[0]), float64(want.normal[1]), float64(want.normal[2])}
		if m.normals[0] != want.normal || !(v[1].Sub(v[0]).Cross(v[2].Sub(v[0])).Dot(normal) > 0) {
			t.Errorf("%s faces %v, want %v", name, m.normals[0], want.normal)
		}
		for i, k := range []int{0, 2} {
			if c := want.corner[i]; c != 0 && !(c*m.middle()[k] >= side/2) {
				t.Errorf("%s is at %v, want it at the corner %v", name, m.middle(), want.corner)
			}
		}
	}
}

// TestAxesWithoutWords has an axis without a name, and one without ticks.
func TestAxesWithoutWords(t *testing.T) {
	p := picture(t, "one-mode", 16)
	a := axesOf(t, p)
	a.Box[0].Name, a.Box[1] = " ", figure.BoxAxis{Name: "β"}
	var b bytes.Buffer
	if err := GLB(&b, p, a); err != nil {
		t.Fatal(err)
	}
	_, models := readGLB(t, b.Bytes())
	if _, ok := models["x title"]; ok {
		t.Error("a title of nothing")
	}
	if _, ok := models["y title"]; !ok {
		t.Error("no title beside an axis without ticks")
	}
}
