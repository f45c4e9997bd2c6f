package scenes_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/dataset"
)

// TestBuiltins checks that the notebook's three scenes are the notebook's.
func TestBuiltins(t *testing.T) {
	for _, tt := range []struct {
		name   string
		frames int
	}{{"one-mode", 50}, {"large-lr", 50}, {"two-mode", 100}} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := os.ReadFile("../testdata/notebook/" + tt.name + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var want struct {
				X, Label []float64
				LR       float64
				Epochs   int
			}
			if err := json.Unmarshal(b, &want); err != nil {
				t.Fatal(err)
			}
			s, err := scenes.Load(tt.name)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(s.Problem.X.RawMatrix().Data, want.X) || !slices.Equal(s.Problem.Y, want.Label) {
				t.Error("samples differ from the notebook's")
			}
			axis := cpu.Axis{Min: -10, Max: 10, N: 100}
			for _, d := range []struct{ name, diff string }{
				{"runs", cmp.Diff([]cpu.Run{{Optimizer: "gd", LR: want.LR, Start: []float64{-1, -1}, Steps: want.Epochs}}, s.Runs)},
				{"grid", cmp.Diff(cpu.Grid{X: axis, Y: axis}, s.Grid)},
				{"plane", cmp.Diff(cpu.CoordinatePlane(2, 0, 1), s.Plane)},
				{"film", cmp.Diff(scenes.Film{Width: 5400, Height: 1800, FPS: 5, Frames: tt.frames, Panels: scenes.PanelsOf("curve", "surface", "contour"), Theme: "light", LossScale: "linear", Count: scenes.CountNotebook, IterationsPerFrame: 1, FramesPerIteration: 1}, s.Film)},
				{"curve", cmp.Diff(scenes.Curve{Negative: -1}, s.Curve)},
				{"labels", cmp.Diff(scenes.DefaultLabels(), s.Labels)},
				{"camera", cmp.Diff(scenes.Camera{Elev: 30, Azim: -60, Path: "still", Projection: "perspective", Zoom: 1}, s.Camera)},
				{"classes", cmp.Diff([2]string{"Category 1", "Category 2"}, s.Classes)},
				{"features", cmp.Diff([]string{"x"}, s.Features)},
			} {
				if d.diff != "" {
					t.Errorf("%s (-want +got):\n%s", d.name, d.diff)
				}
			}
			if s.Problem.Eps != 1e-15 || s.Problem.L2 != 0 || s.Name != tt.name {
				t.Errorf("eps %v, l2 %v, name %q", s.Problem.Eps, s.Problem.L2, s.Name)
			}
		})
	}
}

// TestAllBuiltins checks that every embedded scene loads.
func TestAllBuiltins(t *testing.T) {
	names := scenes.Names()
	if !slices.IsSorted(names) || len(names) < 3 {
		t.Errorf("names %q", names)
	}
	for _, name := range names {
		s, err := scenes.Load(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if src, err := scenes.Source(name); err != nil || !strings.Contains(string(src), s.Title) {
			t.Errorf("%s: source %q, %v", name, src, err)
		}
	}
}

// TestTwoModeSeparable holds the scene's comment to its data: where one
// threshold tells the classes apart, the loss has no minimum.
func TestTwoModeSeparable(t *testing.T) {
	s, err := scenes.Load("two-mode")
	if err != nil {
		t.Fatal(err)
	}
	lo, hi := math.Inf(1), math.Inf(-1) // of label 1, of label 0
	for i, y := range s.Problem.Y {
		if x := s.Problem.X.At(i, 0); y == 1 {
			lo = min(lo, x)
		} else {
			hi = max(hi, x)
		}
	}
	if hi >= lo {
		t.Errorf("label 0 reaches %v, label 1 begins at %v", hi, lo)
	}
}

const minimal = `
[data]
generate = "gaussian"
classes = [{ label = 1, parts = [{ mean = 1, std = 1, n = 2 }] }, { label = 0, parts = [{ mean = -1, std = 1, n = 2 }] }]
`

func TestDefaults(t *testing.T) {
	s, err := scenes.Decode("folder/small.toml", []byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	want := &scenes.Scene{
		Name: "small", Title: "small", Source: minimal,
		Data: scenes.Data{Generate: "gaussian", Classes: []scenes.Class{
			{Label: 1, Parts: []dataset.Part{{Mean: []float64{1}, Std: []float64{1}, N: 2}}},
			{Label: 0, Parts: []dataset.Part{{Mean: []float64{-1}, Std: []float64{1}, N: 2}}},
		}},
		Runs:     []cpu.Run{{Optimizer: "gd", LR: 0.5, Start: []float64{-1, -1}, Steps: 100}},
		Film:     scenes.Film{Width: 1800, Height: 600, FPS: 10, Frames: 101, Panels: scenes.PanelsOf("curve", "surface", "contour"), Theme: "light", LossScale: "linear", Count: "updates", IterationsPerFrame: 1, FramesPerIteration: 1},
		Path:     scenes.Path{Width: 1.8, Markers: 1},
		Surface:  scenes.Surface{Scale: "linear", Colormap: "viridis", Contours: true},
		Contour:  scenes.Contour{Scale: "linear", Colormap: "RdBu_r", Bands: 50, Aspect: "fill"},
		Labels:   scenes.DefaultLabels(),
		Camera:   scenes.Camera{Elev: 30, Azim: -60, Path: "still", Projection: "perspective", Zoom: 1},
		Features: []string{"x"},
		Classes:  [2]string{"Category 1", "Category 2"},
		Plane:    cpu.CoordinatePlane(2, 0, 1),
		Grid:     cpu.Grid{X: cpu.Axis{Min: -10, Max: 10, N: 256}, Y: cpu.Axis{Min: -10, Max: 10, N: 256}},
		Problem:  s.Problem,

		Precision: "auto",
	}
	if diff := cmp.Diff(want, s, cmp.Comparer(func(a, b *cpu.Problem) bool { return a == b }), cmpopts.IgnoreUnexported(scenes.Scene{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if s.Problem.N() != 4 || s.Problem.Dim() != 2 || s.Problem.Eps != 0 || s.Problem.L2 != 0 {
		t.Errorf("problem of %d samples, %d weights, eps %v, l2 %v", s.Problem.N(), s.Problem.Dim(), s.Problem.Eps, s.Problem.L2)
	}

	s, err = scenes.Decode("x.toml", []byte(minimal+"[[run]]\nsteps = 7\n[[run]]\nsteps = 5000\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Film.Frames != 600 || s.MaxFrames() != 5001 {
		t.Errorf("%d frames of at most %d, want 600 of 5001", s.Film.Frames, s.MaxFrames())
	}
	s, err = scenes.Decode("x.toml", []byte(minimal+"[[run]]\nsteps = 0\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Film.Frames != 1 || s.Film.Updates(0) != 0 {
		t.Errorf("%d frames of no steps, want the start", s.Film.Frames)
	}
	s, err = scenes.Decode("x.toml", []byte(minimal+"[film]\ncount = \"notebook\"\n[[run]]\nsteps = 0\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Film.Frames != 0 {
		t.Errorf("%d frames of no steps as the notebook counts", s.Film.Frames)
	}
}

func TestManyFeaturesAndRuns(t *testing.T) {
	s, err := scenes.Decode("x.toml", []byte(`
title = "Plane"
loss.l2 = 0.25
run = [{ name = "a", lr = 1, l2 = 0 }, { start = [0, 0.5, -1] }]

[data]
generate = "gaussian"
seed = 4294967295
[[data.classes]]
label = 0
name = "far"
parts = [{ mean = [0, 1], std = [1, 0.5], n = 3 }, { mean = [5, 5.5], std = 2, n = 1 }]
[[data.classes]]
label = 1
[[data.classes.parts]]
mean = [-1, -1.5]
std = 0
n = 2

[landscape]
x.range = [0, 1e-3]
origin = [0, 0, 1]
d1 = [1, 1, 0]
d2 = [1, -1, 0]
size = [2, 65536]
`))
	if err != nil {
		t.Fatal(err)
	}
	if s.Problem.Dim() != 3 || s.Problem.N() != 6 || s.Problem.L2 != 0.25 || s.Data.Seed != math.MaxUint32 {
		t.Errorf("dim %d, n %d, l2 %v, seed %d", s.Problem.Dim(), s.Problem.N(), s.Problem.L2, s.Data.Seed)
	}
	if x := s.Problem.X.RawRowView(5); x[0] != -1 || x[1] != -1.5 {
		t.Errorf("sample 5 is %v", x)
	}
	if want := [2]string{"Category 1", "far"}; s.Classes != want {
		t.Errorf("classes %q", s.Classes)
	}
	want := []cpu.Run{
		{Name: "a", Optimizer: "gd", LR: 1, Start: []float64{-1, -1, -1}, Steps: 100},
		{Optimizer: "gd", LR: 0.5, L2: 0.25, Start: []float64{0, 0.5, -1}, Steps: 100},
	}
	if diff := cmp.Diff(want, s.Runs); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
	if want := []string{"surface", "contour"}; !slices.Equal(s.Film.Kinds(), want) {
		t.Errorf("panels %q, want %q", s.Film.Kinds(), want)
	}
	if want := (cpu.Grid{X: cpu.Axis{Min: 0, Max: 1e-3, N: 2}, Y: cpu.Axis{Min: -10, Max: 10, N: 65536}}); s.Grid != want {
		t.Errorf("grid %v", s.Grid)
	}
	if want := []string{"x1", "x2"}; !slices.Equal(s.Features, want) {
		t.Errorf("features %q", s.Features)
	}
}

func TestOptimizers(t *testing.T) {
	s, err := scenes.Decode("x.toml", []byte(`
loss.l2 = 0.1
run = [
  { optimizer = "momentum" },
  { optimizer = "nesterov", momentum = 0.5 },
  { optimizer = "rmsprop", l2 = 0 },
  { optimizer = "adam", lr = 0.1, beta1 = 0, beta2 = 0.99, epsilon = 1, batch = 2, seed = 12345678901 },
]
`+minimal))
	if err != nil {
		t.Fatal(err)
	}
	start := []float64{-1, -1}
	want := []cpu.Run{
		{Optimizer: "momentum", LR: 0.5, L2: 0.1, Momentum: 0.9, Start: start, Steps: 100},
		{Optimizer: "nesterov", LR: 0.5, L2: 0.1, Momentum: 0.5, Start: start, Steps: 100},
		{Optimizer: "rmsprop", LR: 0.5, Beta2: 0.99, Epsilon: 1e-8, Start: start, Steps: 100},
		{Optimizer: "adam", LR: 0.1, L2: 0.1, Beta2: 0.99, Epsilon: 1, Batch: 2, Seed: 12345678901, Start: start, Steps: 100},
	}
	if diff := cmp.Diff(want, s.Runs); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
}

func TestLayout(t *testing.T) {
	s, err := scenes.Decode("x.toml", []byte(minimal+`
[film]
layout = [["curve", "surface", "surface"],
          ["loss",  "surface", "surface"]]
theme = "dark"
loss_scale = "log"
[path]
width = 3
trail = 20
markers = 5
colors = ["#0a0B0c", "#ffffff"]
[surface]
scale = "rank"
colormap = "magma"
contours = false
grid = true
wireframe = 40
floor = true
[contour]
scale = "asinh"
colormap = "cividis"
bands = 0
colorbar = true
`))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"curve", "surface", "loss"}; !slices.Equal(s.Film.Kinds(), want) {
		t.Errorf("panels %q, want %q", s.Film.Kinds(), want)
	}
	if len(s.Film.Layout) != 2 || s.Film.Theme != "dark" || s.Film.LossScale != "log" {
		t.Errorf("film %+v", s.Film)
	}
	path := scenes.Path{Width: 3, Trail: 20, Markers: 5, Colors: []color.NRGBA{{10, 11, 12, 255}, {255, 255, 255, 255}}}
	if diff := cmp.Diff(path, s.Path); diff != "" {
		t.Errorf("path (-want +got):\n%s", diff)
	}
	if s.Surface != (scenes.Surface{Scale: "rank", Colormap: "magma", Grid: true, Wireframe: 40, Floor: true}) || !s.Contour.Equal(scenes.Contour{Scale: "asinh", Colormap: "cividis", Colorbar: true, Aspect: "fill"}) {
		t.Errorf("surface %+v, contour %+v", s.Surface, s.Contour)
	}
}

func TestCameraKeys(t *testing.T) {
	s, err := scenes.Decode("x.toml", []byte(minimal+`
[camera]
elev = 20
path = "keys"
projection = "orthographic"
[[camera.key]]
frame = 0
[[camera.key]]
frame = 30
azim = 90
zoom = 2
[[camera.key]]
frame = 60
elev = 80
`))
	if err != nil {
		t.Fatal(err)
	}
	want := scenes.Camera{Elev: 20, Azim: -60, Path: "keys", Projection: "orthographic", Zoom: 1, Keys: []scenes.Key{
		{Frame: 0, Elev: 20, Azim: -60, Zoom: 1}, {Frame: 30, Elev: 20, Azim: 90, Zoom: 2}, {Frame: 60, Elev: 80, Azim: 90, Zoom: 2},
	}}
	if diff := cmp.Diff(want, s.Camera); diff != "" {
		t.Errorf("camera (-want +got):\n%s", diff)
	}
}

func TestCameraPan(t *testing.T) {
	for _, path := range []string{"still", "orbit", "dolly"} {
		s, err := scenes.Decode("x.toml", []byte(minimal+"[camera]\npath = \""+path+"\"\nzoom = 1.5\npan = [0.25, -1]\n"))
		if err != nil {
			t.Fatal(err)
		}
		if c := s.Camera; c.Zoom != 1.5 || c.Pan != [2]float64{0.25, -1} {
			t.Errorf("%s: zoom %v, pan %v", path, c.Zoom, c.Pan)
		}
	}
}

func TestClock(t *testing.T) {
	const notebook = "count = \"notebook\"\n"
	for _, c := range []struct {
		film   string
		frames int
		at     map[int]float64
	}{
		{notebook, 100, map[int]float64{0: 1, 99: 100}},
		{notebook + "iterations_per_frame = 10", 10, map[int]float64{0: 10, 9: 100}},
		{notebook + "iterations_per_frame = 30", 4, map[int]float64{0: 30, 3: 120}},
		{notebook + "frames_per_iteration = 4", 400, map[int]float64{0: 0.25, 3: 1, 399: 100}},
		{notebook + "hold = 20", 120, map[int]float64{0: 1, 99: 100, 119: 100}},
		{notebook + "ease_in = 10", 105, map[int]float64{0: 0.05, 4: 1.25, 9: 5, 10: 6, 104: 100}},
		{notebook + "frames_per_iteration = 2\nease_in = 4\nhold = 3", 205, map[int]float64{1: 0.25, 3: 1, 4: 1.5, 201: 100, 204: 100}},
		{notebook + "frames = 30\nhold = 10", 30, map[int]float64{19: 20, 29: 20}},
		{"", 101, map[int]float64{0: 0, 1: 1, 100: 100}},
		{"iterations_per_frame = 10", 11, map[int]float64{0: 0, 1: 10, 10: 100}},
		{"iterations_per_frame = 30", 5, map[int]float64{0: 0, 1: 30, 4: 120}},
		{"frames_per_iteration = 4", 401, map[int]float64{0: 0, 1: 0.25, 4: 1, 400: 100}},
		{"hold = 20", 121, map[int]float64{0: 0, 100: 100, 120: 100}},
		{"ease_in = 10", 106, map[int]float64{0: 0, 1: 0.05, 5: 1.25, 10: 5, 11: 6, 105: 100}},
		{"frames_per_iteration = 2\nease_in = 4\nhold = 3", 206, map[int]float64{0: 0, 2: 0.25, 4: 1, 5: 1.5, 202: 100, 205: 100}},
		{"frames = 30\nhold = 10", 30, map[int]float64{19: 19, 29: 19}},
	} {
		s, err := scenes.Decode("x.toml", []byte(minimal+"[film]\n"+c.film))
		if err != nil {
			t.Error(err)
			continue
		}
		if s.Film.Frames != c.frames {
			t.Errorf("%s: %d frames, want %d", c.film, s.Film.Frames, c.frames)
		}
		for k, want := range c.at {
			if got := s.Film.Updates(k); math.Abs(got-want) > 1e-12 {
				t.Errorf("%s: frame %d shows %v updates, want %v", c.film, k, got, want)
			}
		}
	}
}

func TestEnsembleAndMap(t *testing.T) {
	s, err := scenes.Decode("x.toml", []byte(minimal+`
[[run]]
lr = 2
[[run]]
lr = 3
steps = 40
[film]
panels = ["surface", "map"]
[ensemble]
over = ["w1=-1:1:3", "w2=0,1"]
run = 1
as = "density"
[map]
over = ["lr=0.1:10:3:log", "l2=0:1:5"]
run = 1
of = "exponent"
stability = false
`))
	if err != nil {
		t.Fatal(err)
	}
	if m := s.Map; m.Palette() != scenes.MarkusColormap || m.Colormap != scenes.AutoColormap || m.Stability {
		t.Errorf("map %+v", m)
	}
	w, m := s.EnsembleSweep(), s.MapSweep()
	if r := w.Run(3); r.LR != 3 || !slices.Equal(r.Start, []float64{0, 1}) {
		t.Errorf("run 3 of the ensemble is %+v", r)
	}
	if s.Ensemble.Size != 4 || s.Ensemble.Opacity != 1 || s.Ensemble.Color != "density" || s.Ensemble.Colormap != "plasma" {
		t.Errorf("ensemble %+v", s.Ensemble)
	}
	if got, text := again(t, s); !cmp.Equal(s, got, matrices) {
		t.Errorf("encoded and decoded, %s", cmp.Diff(s, got, matrices)+string(text))
	}
	if r := m.Run(6); r.LR != 1 || r.L2 != 0.25 || r.Steps != 40 || s.Map.Scale != "auto" {
		t.Errorf("run 6 of the map is %+v of %+v", r, s.Map)
	}
}

func TestDataFile(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "points.csv"), "a,kind,b\n1,cat,2\n3,dog,4\n")
	write(t, filepath.Join(dir, "s.toml"), `
[data]
file = "points.csv"
label = "kind"
positive = "cat"
features = ["b"]
classes = [{ label = 1, name = "Cats" }, { label = 0, name = "Dogs" }]
`)
	s, err := scenes.Load(filepath.Join(dir, "s.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Problem.X.At(1, 0) != 4 || !slices.Equal(s.Problem.Y, []float64{1, 0}) || s.Classes != [2]string{"Cats", "Dogs"} || s.Features[0] != "b" {
		t.Errorf("x %v, y %v, classes %q, features %q", s.Problem.X, s.Problem.Y, s.Classes, s.Features)
	}
	if want := filepath.Join(dir, "points.csv"); s.Data.File != want {
		t.Errorf("file %q, want %q", s.Data.File, want)
	}

	_, err = scenes.Decode(filepath.Join(dir, "t.toml"), []byte("[data]\nfile = \"none.csv\"\nlabel = \"y\"\n"))
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "t.toml:2:8: data.file: ") {
		t.Errorf("missing file: %v", err)
	}
	write(t, filepath.Join(dir, "bad.csv"), "x,y\n1,0\ncat,1\n")
	_, err = scenes.Decode(filepath.Join(dir, "t.toml"), []byte("[data]\nfile = \"bad.csv\"\nlabel = \"y\"\n"))
	if err == nil || !strings.Contains(err.Error(), `bad.csv:3:1: column "x" holds "cat", want a number`) {
		t.Errorf("bad file: %v", err)
	}
	if e := (*dataset.Error)(nil); !errors.As(err, &e) || e.Line != 3 {
		t.Errorf("%v does not wrap the file's error", err)
	}
	_, err = scenes.Load(filepath.Join(dir, "none.toml"))
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing scene: %v", err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestErrors gives one bad input each. The caret ^ stands before the place
// that the error must name, and is not part of the text.
func TestErrors(t *testing.T) {
	const generated = "\n[data]\ngenerate = \"gaussian\"\nclasses = [{ label = 1, parts = [{ mean = 1, std = 1, n = 9 }] }]\n"
	data := func(classes string) string { return "[data]\ngenerate = \"gaussian\"\nclasses = " + classes }
	part := func(p string) string { return data("[{ label = 1, parts = [" + p + "] }]") }
	tests := []struct {
		name, text, key, want string
	}{
		// TOML
		{"syntax", "title =^ ", "", "not valid TOML"},
		{"unclosed string", "title = \"a^\n[data]", "", "not valid TOML"},
		{"key twice", "title = \"a\"\n^title = \"b\"", "", "not valid TOML"},

		// Keys
		{"unknown key", generated + "[[run]]\n^lrr = 1", "run[0].lrr", `unknown key "lrr" in run[0], did you mean "lr"? known: name, optimizer, lr`},
		{"key of other tools", generated + "[[run]]\nlr = 1\n[[run]]\n^learning_rate = 1", "run[1].learning_rate", `did you mean "lr"?`},
		{"unknown table", generated + "[^cammera]\nelev = 30", "cammera", `unknown key "cammera" at the top of a scene, did you mean "camera"?`},
		{"unlike any key", generated + "[film]\n^qqqqqq = 1", "film.qqqqqq", `unknown key "qqqqqq" in film, want one of: size, fps, frames, iterations_per_frame`},
		{"unknown key in a part", part("{ mean = 1, ^sigma = 1, n = 5 }"), "data.classes[0].parts[0].sigma", `did you mean "std"?`},
		{"dotted key", generated + "[landscape]\nx.^rnge = [0, 1]", "landscape.x.rnge", `did you mean "range"?`},

		// Kinds
		{"string for a number", generated + "[[run]]\nlr = ^\"0.5\"", "run[0].lr", "a string, want a number"},
		{"fraction for a whole number", generated + "[[run]]\nsteps = ^1.5", "run[0].steps", "a number with a fraction, want a whole number"},
		{"number for a string", generated + "[[run]]\noptimizer = ^1", "run[0].optimizer", "a whole number, want a string in quotes"},
		{"number for an array", generated + "[film]\nsize = ^600", "film.size", "a whole number, want an array of whole numbers, such as [1, 2]"},
		{"string in an array", generated + "[[run]]\nstart = [-1,\n ^\"-1\"]", "run[0].start[1]", "a string, want a number"},
		{"boolean", generated + "[loss]\neps = ^true", "loss.eps", "a boolean, want a number"},
		{"date", generated + "[loss]\nl2 = ^2020-01-02", "loss.l2", "a date or time, want a number"},
		{"array for a table", generated + "[landscape]\nx = ^[-10, 10]", "landscape.x", "an array, want a table"},
		{"table for an array", generated + "[landscape]\nsize = ^{ x = 1 }", "landscape.size", "a table, want an array of whole numbers"},
		{"mean", part("{ mean = ^\"1\", std = 1, n = 5 }"), "data.classes[0].parts[0].mean", "a string, want a number, or an array of numbers"},
		{"value for a table", "data.^title.x = 1", "data.title", `unknown key "title" in data`},
		{"table for a value", generated + "[^title]", "title", `"title" is not a table, want a string in quotes`},
		{"table for an array of tables", generated + "[^run]\nlr = 1", "run", `"run" is an array of tables, write [[run]]`},
		{"array of tables for a table", generated + "[[^film]]\nfps = 1", "film", `"film" comes once, write [film]`},
		{"dotted value", generated + "[[run]]\n^lr.x = 1", "run[0].lr", `"run[0].lr" is not a table, want a number`},

		// Data
		{"empty", "^", "data", `missing, want [data] with generate = "gaussian"`},
		{"no source", "title = \"a\"\n[^data]\nseed = 1", "data", `want generate = "gaussian" or file = "points.csv"`},
		{"two sources", "[data]\ngenerate = \"gaussian\"\nfile = ^\"a.csv\"", "data.file", "want one of them"},
		{"unknown generator", "[data]\ngenerate = ^\"normal\"\nclasses = [{ label = 1, parts = [{ mean = 1, std = 1, n = 9 }] }]", "data.generate", `did you mean "gaussian"?`},
		{"negative seed", generated + "seed = ^-1", "data.seed", "-1, want 0 to 4294967295"},
		{"great seed", generated + "seed = ^4294967296", "data.seed", "want 0 to 4294967295"},
		{"no classes", "[^data]\ngenerate = \"gaussian\"", "data.classes", "no classes, want classes = [{ label = 1"},
		{"empty classes", data("^[]"), "data.classes", "no classes, want"},
		{"label 2", data("[{ label = ^2, parts = [{ mean = 1, std = 1, n = 9 }] }]"), "data.classes[0].label", "2, want 0 or 1"},
		{"no label", data("[^{ parts = [{ mean = 1, std = 1, n = 9 }] }]"), "data.classes[0]", "label is missing, want label = 0 or label = 1"},
		{"no parts", data("[^{ label = 1 }]"), "data.classes[0]", "parts are missing, want parts = [{"},
		{"no mean", part("^{ std = 1, n = 9 }"), "data.classes[0].parts[0]", "mean is missing, want a number"},
		{"no std", part("^{ mean = 1, n = 9 }"), "data.classes[0].parts[0]", "std is missing, want a number of at least 0"},
		{"no n", part("^{ mean = 1, std = 1 }"), "data.classes[0].parts[0]", "n is missing, want the number of samples"},
		{"zero samples", part("{ mean = 1, std = 1, n = ^0 }"), "data.classes[0].parts[0].n", "0 samples, want at least 1"},
		{"negative samples", part("{ mean = 1, std = 1, n = ^-3 }"), "data.classes[0].parts[0].n", "-3 samples, want at least 1"},
		{"one sample", part("{ mean = 1, std = 1, n = 1 }")[:39] + "^" + part("{ mean = 1, std = 1, n = 1 }")[39:], "data.classes", "only one sample, want at least two"},
		{"absurd samples", part("{ mean = 1, std = 1, n = ^1000000000000 }"), "data.classes[0].parts[0].n", "want at most 134217728"},
		{"negative std", part("{ mean = 1, std = ^-1, n = 9 }"), "data.classes[0].parts[0].std", "-1, want a finite number of at least 0"},
		{"infinite std", part("{ mean = 1, std = ^inf, n = 9 }"), "data.classes[0].parts[0].std", "+Inf, want a finite number"},
		{"NaN mean", part("{ mean = [1, ^nan], std = 1, n = 9 }"), "data.classes[0].parts[0].mean[1]", "NaN, want a finite number"},
		{"empty mean", part("{ mean = ^[], std = 1, n = 9 }"), "data.classes[0].parts[0].mean", "no numbers, want one for each feature"},
		{"unlike means", part("{ mean = [1, 2], std = 1, n = 9 }, { mean = ^1, std = 1, n = 9 }"), "data.classes[0].parts[1].mean", "1 numbers, want 2 as in the first part"},
		{"unlike std", part("{ mean = [1, 2], std = ^[1, 2, 3], n = 9 }"), "data.classes[0].parts[0].std", "3 numbers, want one, or 2"},
		{"label of generated", generated + "label = ^\"y\"", "data.label", "remove it"},
		{"seed of a file", "[data]\nfile = \"a.csv\"\nseed = ^1", "data.seed", "remove it"},
		{"parts of a file", "[data]\nfile = \"a.csv\"\nclasses = [{ label = 1, parts = ^[{ mean = 1 }] }]", "data.classes[0].parts", "remove parts or file"},
		{"no file name", "[data]\nfile = ^\"\"", "data.file", "want the path of a file: .csv, .tsv"},
		{"kind of file", "[data]\nfile = ^\"a.xls\"", "data.file", `unknown kind of file ".xls", want .csv, .tsv`},
		{"positive", "[data]\nfile = \"a.csv\"\npositive = ^\"\"", "data.positive", "want the class of label 1"},

		// Ensemble and map
		{"ensemble without axes", generated + "[^ensemble]\nsize = 2", "ensemble.over", "no axes, want what the runs differ in"},
		{"ensemble of an unknown parameter", generated + "[ensemble]\nover = [\"w1=0:1:9\", ^\"wd=0:1:9\"]", "ensemble.over[1]", `unknown parameter "wd"`},
		{"ensemble of a weight too many", generated + "[ensemble]\nover = [\"w1=0:1:9\", ^\"w3=0:1:9\"]", "ensemble.over[1]", `unknown parameter "w3"`},
		{"ensemble of another optimizer", generated + "[ensemble]\nover = [^\"beta1=0:0.9:9\"]", "ensemble.over[0]", `run[0]: gd has no beta1`},
		{"ensemble twice over", generated + "[ensemble]\nover = [\"lr=1:2:9\", ^\"lr=1:2:9\"]", "ensemble.over[1]", `lr comes twice`},
		{"ensemble over batch", generated + "[ensemble]\nover = [^\"batch=1,2\"]", "ensemble.over[0]", `take steps of one size`},
		{"ensemble of bad rates", generated + "[ensemble]\nover = ^[\"lr=-1:2:9\"]", "ensemble.over", `learning rate is -1`},
		{"ensemble too large", generated + "[ensemble]\nover = ^[\"w1=0:1:2000\", \"w2=0:1:2000\"]", "ensemble.over", `2000 x 2000 runs, want at most 1048576`},
		{"ensemble of no run", generated + "[ensemble]\nover = [\"lr=1:2:9\"]\nrun = ^1", "ensemble.run", `1, want 0 to 0: a number of one of 1 run`},
		{"kind of ensemble", generated + "[ensemble]\nover = [\"lr=1:2:9\"]\nas = ^\"dots\"", "ensemble.as", `did you mean "points"?`},
		{"size in an ensemble", generated + "[ensemble]\nover = [\"lr=1:2:9\"]\nsize = ^0", "ensemble.size", `want a number above 0 and at most 100`},
		{"opacity of an ensemble", generated + "[ensemble]\nover = [\"lr=1:2:9\"]\nopacity = ^1.5", "ensemble.opacity", `want a number above 0 and at most 1`},
		{"colour of an ensemble", generated + "[ensemble]\nover = [\"lr=1:2:9\"]\ncolor = ^\"lrr\"", "ensemble.color", `did you mean "lr"? known: loss, status, lr, or one such as "#d62728"`},
		{"colour map of an ensemble", generated + "[ensemble]\nover = [\"lr=1:2:9\"]\ncolormap = ^\"jet\"", "ensemble.colormap", `did you mean "turbo"?`},
		{"panel without a map", generated + "[film]\npanels = [^\"map\"]", "film.panels[0]", `needs a sweep, want [map] with over`},
		{"map without axes", generated + "[^map]\nof = \"loss\"", "map.over", "no axes, want two"},
		{"map of one axis", generated + "[map]\nover = ^[\"lr=1:2:9\"]", "map.over", "1 axis, want two"},
		{"map of one value", generated + "[map]\nover = [\"lr=1:2:9\", ^\"l2=1\"]", "map.over[1]", "1 value, want 2 to 2048"},
		{"map syntax", generated + "[map]\nover = [\"lr=1:2:9\", ^\"l2\"]", "map.over[1]", `want a range parameter=from:to:count`},
		{"map steps", generated + "[map]\nover = [\"lr=1:2:9\", \"l2=0:1:9\"]\nsteps = ^-1", "map.steps", `-1 steps, want 0 to`},
		{"map quantity", generated + "[map]\nover = [\"lr=1:2:9\", \"l2=0:1:9\"]\nof = ^\"losses\"", "map.of", `did you mean "loss"?`},
		{"colour map of exponents", generated + "[map]\nover = [\"lr=1:2:9\", \"l2=0:1:9\"]\ncolormap = ^\"markus\"", "map.colormap", `the map is of loss`},
		{"map scale", generated + "[map]\nover = [\"lr=1:2:9\", \"l2=0:1:9\"]\nof = \"status\"\nscale = ^\"log\"", "map.scale", `status is shown by a colour for each`},

		// Loss
		{"negative eps", generated + "[loss]\neps = ^-1e-15", "loss.eps", "-1e-15, want a finite number of at least 0"},
		{"NaN eps", generated + "[loss]\neps = ^nan", "loss.eps", "NaN, want a finite number"},
		{"negative l2", generated + "[loss]\nl2 = ^-1", "loss.l2", "-1, want a finite number of at least 0"},
		{"infinite l2", generated + "[loss]\nl2 = ^inf", "loss.l2", "+Inf, want a finite number"},

		// Landscape
		{"empty range", generated + "[landscape]\nx = { range = ^[2, 2] }", "landscape.x.range", "[2, 2] is empty, want two numbers that differ"},
		{"reversed range", generated + "[landscape]\ny = { range = ^[10, -10] }", "landscape.y.range", "[10, -10] is reversed, want [-10, 10]"},
		{"infinite range", generated + "[landscape]\nx = { range = ^[0, inf] }", "landscape.x.range", "want two finite numbers"},
		{"NaN range", generated + "[landscape.x]\nrange = ^[nan, 0]", "landscape.x.range", "want two finite numbers"},
		{"too wide a range", generated + "[landscape.x]\nrange = ^[-1e308, 1e308]", "landscape.x.range", "too wide"},
		{"one end", generated + "[landscape.x]\nrange = ^[1]", "landscape.x.range", "1 number, want two, such as [-10, 10]"},
		{"size 0", generated + "[landscape]\nsize = [^0, 100]", "landscape.size[0]", "0 points, want 2 to 65536"},
		{"size 1", generated + "[landscape]\nsize = [100, ^1]", "landscape.size[1]", "1 points, want 2 to 65536"},
		{"negative size", generated + "[landscape]\nsize = [^-5, 100]", "landscape.size[0]", "-5 points, want 2 to 65536"},
		{"size too great", generated + "[landscape]\nsize = [100, ^65537]", "landscape.size[1]", "65537, want at most 65536"},
		{"three sizes", generated + "[landscape]\nsize = ^[1, 2, 3]", "landscape.size", "3 numbers, want two"},
		{"short origin", generated + "[landscape]\norigin = ^[1]", "landscape.origin", "1 weights, want 2: one for each of 1 feature and last the bias"},
		{"infinite origin", generated + "[landscape]\norigin = [1, ^inf]", "landscape.origin[1]", "+Inf, want a finite number"},
		{"one direction", generated + "[landscape]\nd1 = ^[1, 0]", "landscape.d1", "want both d1 and d2 or neither"},
		{"zero direction", generated + "[landscape]\nd1 = ^[0, 0]\nd2 = [1, 0]", "landscape.d1", "is zero, want a direction"},
		{"parallel directions", generated + "[landscape]\nd1 = [1, 2]\nd2 = ^[2, 4]", "landscape.d2", "parallel, want two directions that span a plane"},

		// Runs
		{"no runs", "run = ^[]" + generated, "run", "no runs, want at least one"},
		{"lr 0", generated + "[[run]]\nlr = ^0", "run[0].lr", "learning rate 0, want a finite number above 0"},
		{"negative lr", generated + "[[run]]\nlr = ^-0.1", "run[0].lr", "learning rate -0.1, want a finite number above 0"},
		{"NaN lr", generated + "[[run]]\nlr = ^nan", "run[0].lr", "want a finite number above 0"},
		{"infinite lr", generated + "[[run]]\nlr = ^inf", "run[0].lr", "want a finite number above 0"},
		{"negative l2 of a run", generated + "[[run]]\nl2 = ^-2", "run[0].l2", "want a finite number of at least 0"},
		{"negative steps", generated + "[[run]]\nsteps = ^-1", "run[0].steps", "-1 steps, want 0 to 10000000"},
		{"absurd steps", generated + "[[run]]\nsteps = ^100000000", "run[0].steps", "want 0 to 10000000"},
		{"long start", generated + "[[run]]\nstart = ^[1, 2, 3]", "run[0].start", "3 weights, want 2: one for each of 1 feature and last the bias"},
		{"empty start", generated + "[[run]]\nstart = ^[]", "run[0].start", "0 weights, want 2"},
		{"NaN start", generated + "[[run]]\nstart = [^nan, 0]", "run[0].start[0]", "NaN, want a finite number"},
		{"unknown optimizer", generated + "[[run]]\noptimizer = ^\"sgd\"", "run[0].optimizer", `unknown optimizer "sgd", did you mean "gd"?`},
		{"another optimizer's parameter", generated + "[[run]]\nmomentum = ^0.0", "run[0].momentum", "gd has no momentum, nor other parameters of its own: remove it"},
		{"beta1 of rmsprop", generated + "[[run]]\n[[run]]\noptimizer = \"rmsprop\"\nbeta1 = ^0.9", "run[1].beta1", "rmsprop has no beta1, it has: beta2, epsilon"},
		{"heavy ball", generated + "[[run]]\noptimizer = ^\"heavy-ball\"", "run[0].optimizer", `did you mean "momentum"?`},
		{"eps of a run", generated + "[[run]]\n^eps = 1", "run[0].eps", `did you mean "epsilon"?`},
		{"clamp of a loss", generated + "[loss]\n^clamp = 1", "loss.clamp", `did you mean "eps"?`},
		{"batch_size", generated + "[[run]]\n^batch_size = 1", "run[0].batch_size", `did you mean "batch"?`},
		{"negative momentum", generated + "[[run]]\noptimizer = \"nesterov\"\nmomentum = ^-0.1", "run[0].momentum", "-0.1, want a finite number of at least 0"},
		{"beta1 of 1", generated + "[[run]]\noptimizer = \"adam\"\nbeta1 = ^1", "run[0].beta1", "1, want at least 0 and below 1"},
		{"NaN beta2", generated + "[[run]]\noptimizer = \"adam\"\nbeta2 = ^nan", "run[0].beta2", "NaN, want at least 0 and below 1"},
		{"epsilon of 0", generated + "[[run]]\noptimizer = \"adagrad\"\nepsilon = ^0", "run[0].epsilon", "0, want a finite number above 0"},
		{"batch of 0", generated + "[[run]]\nbatch = ^0", "run[0].batch", "0 samples, want at least 1; without batch a step takes all"},
		{"too large a batch", generated + "[[run]]\nbatch = ^10", "run[0].batch", "10 samples, want 1 to the 9 that there are"},
		{"fractional batch", generated + "[[run]]\nbatch = ^1.5", "run[0].batch", "want a whole number"},
		{"negative seed of a run", generated + "[[run]]\nbatch = 1\nseed = ^-1", "run[0].seed", "-1, want at least 0"},
		{"seed without batch", generated + "[[run]]\nseed = ^1", "run[0].seed", "only for mini-batches"},
		{"inherited l2", "[loss]\nl2 = ^-1" + generated + "[[run]]\nlr = 1", "loss.l2", "want a finite number of at least 0"},

		// Film and camera
		{"film size 0", generated + "[film]\nsize = [^0, 600]", "film.size[0]", "0 pixels, want 1 to 16384"},
		{"film size too great", generated + "[film]\nsize = [1800, ^70000]", "film.size[1]", "70000, want at most 16384"},
		{"fps 0", generated + "[film]\nfps = ^0", "film.fps", "0 frames a second, want a number above 0"},
		{"negative fps", generated + "[film]\nfps = ^-5", "film.fps", "-5 frames a second, want a number above 0"},
		{"NaN fps", generated + "[film]\nfps = ^nan", "film.fps", "want a number above 0"},
		{"absurd fps", generated + "[film]\nfps = ^1e9", "film.fps", "at most 1000"},
		{"frames 0", generated + "[film]\nframes = ^0", "film.frames", "0 frames, want 1 to 101"},
		{"negative frames", generated + "[film]\nframes = ^-1", "film.frames", "-1 frames, want 1 to 101"},
		{"more frames than steps", generated + "[film]\nframes = ^22\n[[run]]\nsteps = 20", "film.frames", "22 frames of runs of at most 20 steps, want at most 21 frames or more steps (a frame shows one step, the first the start)"},
		{"frames of no steps", generated + "[film]\nframes = ^2\n[[run]]\nsteps = 0", "film.frames", "2 frames of runs of at most 0 steps, want at most 1 frame or more steps"},
		{"no frames of the notebook's count", generated + "[film]\ncount = \"notebook\"\nframes = ^0", "film.frames", "0 frames, want 1 to 100"},
		{"more frames than the notebook's steps", generated + "[film]\ncount = \"notebook\"\nframes = ^21\n[[run]]\nsteps = 20", "film.frames", "21 frames of runs of at most 20 steps, want at most 20 frames or more steps (a frame shows one step)"},
		{"frames of no notebook's steps", generated + "[film]\ncount = \"notebook\"\nframes = ^1\n[[run]]\nsteps = 0", "film.frames", "1 frames of runs of at most 0 steps"},
		{"count", generated + "[film]\ncount = ^\"update\"", "film.count", `unknown count "update", did you mean "updates"? known: updates, notebook`},
		{"no iterations", generated + "[film]\niterations_per_frame = ^0", "film.iterations_per_frame", "0, want 1 to 100000"},
		{"two speeds", generated + "[film]\niterations_per_frame = 2\nframes_per_iteration = ^2", "film.frames_per_iteration", "2, but iterations_per_frame is 2: want one of them"},
		{"negative hold", generated + "[film]\nhold = ^-1", "film.hold", "-1, want 0 to 100000"},
		{"negative ease", generated + "[film]\nease_in = ^-1", "film.ease_in", "-1, want 0"},
		{"all hold", generated + "[film]\nframes = 5\nhold = ^5", "film.hold", "5 frames of 5, want some in which the runs move"},
		{"frames of a fast clock", generated + "[film]\niterations_per_frame = 10\nframes = ^12", "film.frames", "12 frames, want at most the 11 that the longest run fills"},
		{"no panels", generated + "[film]\npanels = ^[]", "film.panels", "no panels, want some of: curve, surface, contour"},
		{"unknown panel", generated + "[film]\npanels = [\"curve\", ^\"surfaces\"]", "film.panels[1]", `unknown panel "surfaces", did you mean "surface"?`},
		{"panel twice in a layout", generated + "[film]\npanels = [\"curve\", ^\"curve\"]\nlayout = [[\"curve\"]]", "film.panels[1]", `panel "curve" comes twice, want a name of its own for each, such as { panel = "curve", name = "curve 2" }`},
		{"name twice", generated + "[film]\npanels = [{ panel = \"curve\", name = \"a\" }, ^{ panel = \"loss\", name = \"a\" }]", "film.panels[1]", `panel "a" comes twice`},
		{"name of another kind", generated + "[film]\npanels = [{ panel = \"curve\", name = ^\"loss\" }]", "film.panels[0].name", "panels of another kind are called"},
		{"empty name", generated + "[film]\npanels = [{ panel = \"curve\", name = ^\"\" }]", "film.panels[0].name", `empty, want a name such as "curve 2"`},
		{"name with a comma", generated + "[film]\npanels = [{ panel = \"curve\", name = ^\"a,b\" }]", "film.panels[0].name", "want a name without commas"},
		{"empty title of a panel", generated + "[film]\npanels = [{ panel = \"curve\", title = ^\"\" }]", "film.panels[0].title", "empty, want a title"},
		{"title of two lines", generated + "[film]\npanels = [{ panel = \"curve\", title = ^\"a\\nb\" }]", "film.panels[0].title", "want one line of text"},
		{"table without a panel", generated + "[film]\npanels = [^{ title = \"a\" }]", "film.panels[0].panel", "missing, want the kind of the panel, one of: curve"},
		{"unknown panel in a table", generated + "[film]\npanels = [{ panel = ^\"contours\" }]", "film.panels[0].panel", `unknown panel "contours", did you mean "contour"?`},
		{"unknown key of a panel", generated + "[film]\npanels = [{ panel = \"loss\", ^run = 0 }]", "film.panels[0].run", `did you mean "runs"? known: panel, name, title, runs`},
		{"number for a panel", generated + "[film]\npanels = [^1]", "film.panels[0]", "a whole number, want a string in quotes, or a table"},
		{"panels as a string", generated + "[film]\npanels = ^\"loss\"", "film.panels", `a string, want an array of strings, such as ["a", "b"], or an array of tables`},
		{"no runs of a panel", generated + "[film]\npanels = [{ panel = \"loss\", runs = ^[] }]", "film.panels[0].runs", "no runs, want some of their numbers from 0"},
		{"run of a panel", generated + "[film]\npanels = [{ panel = \"loss\", runs = [0, ^1] }]", "film.panels[0].runs[1]", "1, want 0 to 0: a number of one of 1 run"},
		{"run twice in a panel", generated + "[film]\npanels = [{ panel = \"loss\", runs = [0, ^0] }]", "film.panels[0].runs[1]", "run 0 comes twice"},
		{"runs of a panel by name", generated + "[film]\npanels = [{ panel = \"loss\", runs = [^\"a\"] }]", "film.panels[0].runs[0]", "a string, want a whole number"},
		{"panels by the wrong heading", generated + "[film.^panels]\npanel = \"loss\"", "film.panels", `"film.panels" is an array of tables, write [[film.panels]]`},
		{"data of one feature in a table", part("{ mean = [1], std = 1, n = 9 }") + "\n[film]\npanels = [^{ panel = \"data\" }]", "film.panels[0]", "needs data of 2 features"},
		{"data of one feature", part("{ mean = [1], std = 1, n = 9 }") + "\n[film]\npanels = [^\"data\"]", "film.panels[0]", "needs data of 2 features, here are 1: leave it out"},
		{"panel without a cell", generated + "[film]\npanels = [\"curve\", \"loss\"]\nlayout = ^[[\"curve\"]]", "film.layout", `panel "loss" has no cell`},
		{"cell without a panel", generated + "[film]\npanels = [{ panel = \"curve\", name = \"left\" }]\nlayout = [[\"left\", ^\"lefft\"]]", "film.layout[0][1]", `panel "lefft" is not among the film's panels, did you mean "left"?`},
		{"layout of one row", generated + "[film]\nlayout = [^\"curve\"]", "film.layout[0]", "a string, want an array of strings"},
		{"number in a layout", generated + "[film]\nlayout = [[\"curve\", ^1]]", "film.layout[0][1]", "a whole number, want a string in quotes"},
		{"string for a layout", generated + "[film]\nlayout = ^\"curve\"", "film.layout", "a string, want an array of rows, such as"},
		{"empty layout", generated + "[film]\nlayout = ^[]", "film.layout", "no cells, want rows of panels"},
		{"ragged layout", generated + "[film]\nlayout = [[\"curve\", \"loss\"],\n ^[\"surface\"]]", "film.layout[1]", "1 cell, want 2 as in the first row"},
		{"unknown panel in a layout", generated + "[film]\nlayout = [[\"curve\", ^\"losses\"]]", "film.layout[0][1]", `unknown panel "losses", did you mean "loss"?`},
		{"crooked panel", generated + "[film]\nlayout = [[\"curve\", ^\"surface\"], [\"surface\", \"surface\"]]", "film.layout[0][1]", "the cells of \"surface\" form no rectangle"},
		{"torn panel", generated + "[film]\nlayout = [[^\"loss\", \"surface\", \"loss\"]]", "film.layout[0][0]", "the cells of \"loss\" form no rectangle"},
		{"many columns", generated + "[film]\nlayout = [^[" + strings.Repeat("\"loss\",", 13) + "]]", "film.layout[0]", "13 cells, want at most 12"},
		{"many rows", generated + "[film]\nlayout = ^[" + strings.Repeat("[\"loss\"],", 13) + "]", "film.layout", "13 rows, want at most 12"},
		{"data of one feature in a layout", part("{ mean = [1], std = 1, n = 9 }") + "\n[film]\nlayout = [[^\"data\"]]", "film.layout[0][0]", "needs data of 2 features"},
		{"theme", generated + "[film]\ntheme = ^\"black\"", "film.theme", `unknown theme "black", did you mean "dark"? known: light, dark`},
		{"precision", generated + "[loss]\nprecision = ^\"float64\"", "loss.precision", `unknown precision "float64", did you mean "double"? known: auto, single, double`},
		{"precision's key", generated + "[loss]\n^dtype = \"double\"", "loss.dtype", `unknown key "dtype" in loss, did you mean "precision"?`},
		{"loss scale", generated + "[film]\nloss_scale = ^\"logarithmic\"", "film.loss_scale", `unknown scale "logarithmic", did you mean "log"?`},
		{"stability without a loss panel", generated + "[film]\nstability = ^true", "film.stability", `no panel is there to show it: add "loss" to panels`},
		{"stability without a limit", generated + "[[run]]\noptimizer = \"adam\"\n[film]\npanels = [\"loss\"]\nstability = ^true", "film.stability", "only gd, momentum and nesterov have"},
		{"colour map", generated + "[surface]\ncolormap = ^\"jet\"", "surface.colormap", `unknown colour map "jet", did you mean "turbo"?`},
		{"colour map of contours", generated + "[contour]\ncolormap = ^\"rdbu\"", "contour.colormap", `did you mean "RdBu_r"?`},
		{"cmap", generated + "[contour]\n^cmap = \"turbo\"", "contour.cmap", `did you mean "colormap"?`},
		{"surface scale", generated + "[surface]\nscale = ^\"ranks\"", "surface.scale", `unknown scale "ranks", did you mean "rank"? known: linear, log, asinh, rank, auto`},
		{"contour scale", generated + "[contour]\nscale = ^\"lg\"", "contour.scale", "unknown scale"},
		{"path width", generated + "[path]\nwidth = ^0", "path.width", "0 points, want a number above 0 and at most 100"},
		{"NaN width", generated + "[path]\nwidth = ^nan", "path.width", "want a number above 0"},
		{"negative trail", generated + "[path]\ntrail = ^-1", "path.trail", "-1 updates, want at least 1, or 0 for all"},
		{"fractional trail", generated + "[path]\ntrail = ^1.5", "path.trail", "want a whole number"},
		{"negative markers", generated + "[path]\nmarkers = ^-1", "path.markers", "or 0 for no marks"},
		{"named colour", generated + "[path]\ncolors = [\"#123456\", ^\"red\"]", "path.colors[1]", `"red" is no colour, want one such as "#d62728"`},
		{"short colour", generated + "[path]\ncolors = [^\"#12345\"]", "path.colors[0]", "is no colour"},
		{"linewidth", generated + "[path]\n^linewidth = 2", "path.linewidth", `did you mean "width"?`},
		{"many wires", generated + "[surface]\nwireframe = ^513", "surface.wireframe", "513 parts of each side, want 1 to 512, or 0 for no lines"},
		{"wireframe of yes", generated + "[surface]\nwireframe = ^true", "surface.wireframe", "a boolean, want a whole number"},
		{"floor", generated + "[surface]\nfloor = ^\"yes\"", "surface.floor", "a string, want true or false"},
		{"colour bar", generated + "[contour]\ncolorbar = ^1", "contour.colorbar", "a whole number, want true or false"},
		{"negative bands", generated + "[contour]\nbands = ^-1", "contour.bands", "-1 bands, want 2 to 256, or 0 to let the colours flow"},
		{"one band", generated + "[contour]\nbands = ^1", "contour.bands", "1 bands, want 2 to 256"},
		{"many bands", generated + "[contour]\nbands = ^257", "contour.bands", "257 bands, want 2 to 256"},
		{"levels", generated + "[contour]\nlevels = [1, ^0.5]", "contour.levels[1]", "0.5, want a loss above the one before, 1"},
		{"endless level", generated + "[contour]\nlevels = [^inf]", "contour.levels[0]", "+Inf, want a finite number"},
		{"no levels", generated + "[contour]\nlevels = ^[]", "contour.levels", "0 lines, want 1 to 256 losses"},
		{"many levels", generated + "[contour]\nlevels = ^[" + strings.Repeat("1,", 257) + "]", "contour.levels", "257 lines, want 1 to 256"},
		{"number of levels", generated + "[contour]\nlevels = ^5", "contour.levels", "want an array of numbers"},
		{"contour labels", generated + "[contour]\nlabels = ^\"yes\"", "contour.labels", "a string, want true or false"},
		{"aspect", generated + "[contour]\naspect = ^\"equals\"", "contour.aspect", `unknown aspect "equals", did you mean "equal"? known: fill, equal`},
		{"negative of a curve", generated + "[curve]\nnegative = ^1", "curve.negative", "1, want 0, or -1 as in the notebook"},
		{"unknown label", generated + "[labels.axis]\n^y = \"a\"", "labels.axis.y", `unknown key "y" in labels.axis, want one of: x, prediction`},
		{"unknown table of labels", generated + "[labels.^titles]\ncurve = \"a\"", "labels.titles", `did you mean "title"?`},
		{"label of an unknown status", generated + "[labels.status]\n^step_limit = \"a\"", "labels.status.step_limit", `did you mean "step-limit"?`},
		{"number for a label", generated + "[labels]\niter = ^1", "labels.iter", "a whole number, want a string in quotes"},
		{"table of labels as a string", generated + "[labels]\ntitle = ^\"a\"", "labels.title", "a string, want a table"},
		{"empty label", generated + "[labels]\nstart = ^\"\"", "labels.start", `empty, want a word, or " " to write nothing`},
		{"empty default label", generated + "[labels.axis]\nalpha = ^\"\"", "labels.axis.alpha", "empty, want a word"},
		{"label of two lines", generated + "[labels.title]\ncurve = ^\"a\\nb\"", "labels.title.curve", "want one line of text"},
		{"long label", generated + "[labels]\nloss = ^\"" + strings.Repeat("ä", 201) + "\"", "labels.loss", "201 characters, want at most 200"},
		{"label without its place", generated + "[labels.legend]\nmore = ^\"and more\"", "labels.legend.more", `"and more" has no {n}, which stands for what differs, want it as in "and {n} more"`},
		{"decimal mark", generated + "[labels]\ndecimal = ^\"·\"", "labels.decimal", "unknown decimal mark \"·\", want one of: ., ,"},
		{"elevation", generated + "[camera]\nelev = ^91", "camera.elev", "91 degrees, want -90 to 90"},
		{"azimuth", generated + "[camera]\nazim = ^inf", "camera.azim", "+Inf degrees, want a finite number"},
		{"projection", generated + "[camera]\nprojection = ^\"ortho\"", "camera.projection", `did you mean "orthographic"?`},
		{"zoom beside keys", generated + "[camera]\npath = \"keys\"\nzoom = ^2", "camera.zoom", "not for path = \"keys\""},
		{"zoom of a still camera", generated + "[camera]\nzoom = ^0.1", "camera.zoom", "0.1, want 0.25 (far) to 4 (near)"},
		{"pan of one number", generated + "[camera]\npan = ^[1]", "camera.pan", "1 number, want two"},
		{"wide pan", generated + "[camera]\npan = [0, ^-5]", "camera.pan[1]", "-5 of the panel's height, want -4 to 4"},
		{"endless pan", generated + "[camera]\npan = [^nan, 0]", "camera.pan[0]", "NaN of the panel's height"},
		{"near zoom", generated + "[camera]\npath = \"dolly\"\nzoom = ^5", "camera.zoom", "5, want 0.25 (far) to 4 (near)"},
		{"keys of an orbit", generated + "[camera]\npath = \"orbit\"\n[[camera.^key]]\nframe = 0", "camera.key", "only for path = \"keys\""},
		{"no keys", generated + "[^camera]\npath = \"keys\"", "camera.key", "0 keys, want at least two"},
		{"one key", generated + "[camera]\npath = \"keys\"\n[[camera.^key]]\nframe = 0", "camera.key", "1 key, want at least two"},
		{"key without frame", generated + "[camera]\npath = \"keys\"\n[[camera.^key]]\nelev = 0", "camera.key[0]", "frame is missing"},
		{"keys out of order", generated + "[camera]\npath = \"keys\"\nkey = [{ frame = 5 }, { frame = ^5 }]", "camera.key[1].frame", "5, want a frame above that of the key before, 5"},
		{"negative frame", generated + "[camera]\npath = \"keys\"\nkey = [{ frame = ^-1 }, { frame = 5 }]", "camera.key[0].frame", "-1, want a frame from 0"},
		{"zoom of a key", generated + "[camera]\npath = \"keys\"\nkey = [{ frame = 0 }, { frame = 5, zoom = ^0 }]", "camera.key[1].zoom", "0, want 0.25"},
		{"elevation of a key", generated + "[camera]\npath = \"keys\"\nkey = [{ frame = 0, elev = ^100 }, { frame = 5 }]", "camera.key[0].elev", "100 degrees, want -90 to 90"},
		{"camera path", generated + "[camera]\npath = ^\"orbits\"", "camera.path", `unknown path "orbits", did you mean "orbit"? known: still, orbit, dolly, keys`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before, after, found := strings.Cut(tt.text, "^")
			if !found {
				t.Fatal("no caret")
			}
			_, err := scenes.Decode("bad.toml", []byte(before+after))
			if err == nil {
				t.Fatal("no error")
			}
			line := strings.Count(before, "\n") + 1
			col := len(before) - strings.LastIndexByte(before, '\n')
			msg := err.Error()
			place := fmt.Sprintf("bad.toml:%d:%d: ", line, col)
			if tt.key != "" {
				place += tt.key + ": "
			}
			if !strings.HasPrefix(msg, place) || !strings.Contains(msg, tt.want) || strings.Contains(msg, "\n") {
				t.Errorf("got  %s\nwant %s... %s", msg, place, tt.want)
			}
			if e := (*scenes.Error)(nil); !errors.As(err, &e) || e.Line != line || e.Key != tt.key {
				t.Errorf("%T %+v", err, err)
			}
		})
	}
}

// TestValidate checks the faults that overrides can bring.
func TestValidate(t *testing.T) {
	tests := []struct {
		mess func(s *scenes.Scene)
		want string
	}{
		{func(s *scenes.Scene) { s.Runs[0].Steps = 20 }, "film.frames: 50 frames of runs of at most 20 steps"},
		{func(s *scenes.Scene) { s.Runs[0].LR = -1 }, "run[0].lr: learning rate -1"},
		{func(s *scenes.Scene) { s.Runs[0].Start = []float64{1} }, "run[0].start: 1 weights, want 2"},
		{func(s *scenes.Scene) { s.Runs[0].Momentum = 0.9 }, "run[0].momentum: gd has no momentum"},
		{func(s *scenes.Scene) { s.Runs[0] = s.Runs[0].WithOptimizer("adam"); s.Runs[0].Epsilon = 0 }, "run[0].epsilon: 0, want"},
		{func(s *scenes.Scene) { s.Runs[0].Batch = 101 }, "run[0].batch: 101 samples, want 1 to the 100"},
		{func(s *scenes.Scene) { s.Grid.X.N = 1 << 20 }, "landscape.size[0]: 1048576 points"},
		{func(s *scenes.Scene) { s.Grid.Y.Min = 11 }, "landscape.y.range: [11, 10] is reversed"},
		{func(s *scenes.Scene) { s.Plane.D2 = s.Plane.D1 }, "landscape.d2: plane's d1 and d2 are parallel"},
		{func(s *scenes.Scene) { s.Film.Height = 0 }, "film.size[1]: 0 pixels"},
		{func(s *scenes.Scene) { s.Film.Layout = [][]string{{"curve", "surface"}} }, "film.layout: panel \"contour\" has no cell"},
		{func(s *scenes.Scene) { s.Film.Panels = nil; s.Film.Layout = [][]string{{"curve"}} }, "film.layout[0][0]: panel \"curve\" is not among the film's panels"},
		{func(s *scenes.Scene) { s.Film.Theme = "" }, "film.theme: unknown theme"},
		{func(s *scenes.Scene) { s.Runs = nil }, "run: no runs"},
		{func(s *scenes.Scene) { s.Problem = nil }, "data: no samples"},
		{func(s *scenes.Scene) { s.Problem.Y[3] = 2 }, "data: label of sample 3 is 2, want 0 or 1"},
		{func(s *scenes.Scene) { s.Problem.L2 = -1 }, "loss.l2: -1, want"},
	}
	for _, tt := range tests {
		s, err := scenes.Load("one-mode")
		if err != nil {
			t.Fatal(err)
		}
		tt.mess(s)
		if err := s.Validate(); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
}

func TestLoadUnknown(t *testing.T) {
	for name, want := range map[string]string{
		"onemode": `no built-in scene "onemode", did you mean "one-mode"?`,
		"zzz":     "want one of: " + strings.Join(scenes.Names(), ", "),
	} {
		if _, err := scenes.Load(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load: %v, want %q", err, want)
		}
		if _, err := scenes.Source(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Source: %v, want %q", err, want)
		}
	}
}

var greatNumber = regexp.MustCompile(`0[xob]|[0-9_]{5}`)

// FuzzDecode checks that no text makes Decode panic, and that every error is
// one line.
func FuzzDecode(f *testing.F) {
	for _, name := range scenes.Names() {
		src, err := scenes.Source(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(src))
	}
	f.Add(minimal)
	f.Add(minimal + "[film]\npanels = [\"curve\", { panel = \"loss\", name = \"a\", runs = [0] }]\nlayout = [[\"curve\", \"a\"]]\n[[film.panels]]\npanel = 1\n")
	f.Add(minimal + "[labels]\ndecimal = \",\"\ntitle = { curve = \"a\" }\naxis.x = \"b\"\n[[labels.status]]\n[contour]\nlevels = [1, 2]\n")
	f.Add("[[run]]\n[run.x]\n[data.classes.parts]\n")
	f.Add("[[data.classes]]\n[[data.classes.parts]]\nmean = [[1], []]\n")
	f.Add("run = [[], {}, 1]\n\"\" = {}\na.b.c = [1979-05-27T07:32:00Z]\n")
	f.Fuzz(func(t *testing.T, src string) {
		if greatNumber.MatchString(src) {
			t.Skip("a number of samples may be valid but slow")
		}
		s, err := scenes.Decode("fuzz.toml", []byte(src))
		if err == nil {
			if err := s.Validate(); err != nil {
				t.Errorf("decoded, but not valid: %v", err)
			}
			return
		}
		if e := (*scenes.Error)(nil); !errors.As(err, &e) {
			t.Errorf("%T: %v", err, err)
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("more than one line: %q", err)
		}
	})
}

func ExampleLoad() {
	s, err := scenes.Load("one-mode")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Title, s.Problem.N(), "samples")
	fmt.Printf("loss at the start: %.4f\n", s.Problem.Loss(s.Runs[0].Start))
	// Output:
	// One-mode example 100 samples
	// loss at the start: 1.5549
}

func ExampleDecode() {
	_, err := scenes.Decode("mine.toml", []byte("[data]\ngenerate = \"gausian\"\nclases = []\n"))
	fmt.Println(err)
	// Output: mine.toml:3:1: data.clases: unknown key "clases" in data, did you mean "classes"? known: generate, seed, classes, file, label, positive, negative, features, exclude, weights, categorical, missing, standardize, sample, sample_seed
}

// TestDocumented holds the list of keys against what there is.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	_, run, _ := strings.Cut(doc, "//	[[run]]")
	run, _, _ = strings.Cut(run, "//	[film]")
	for _, h := range cpu.HyperParameters() {
		if !strings.Contains(run, "\n//	"+h.Name+" = ") {
			t.Errorf("[[run]] lacks %s", h.Name)
		}
	}
	if want := "# or " + strings.Join(cpu.QuantityNames()[1:], ", "); !strings.Contains(doc, want) {
		t.Errorf("[map] lacks of = \"%s\" %s", cpu.QuantityNames()[0], want)
	}
}
