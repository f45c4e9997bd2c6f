package scenes_test

import (
	"fmt"
	"image/color"
	"os"
	"strings"
	"testing"

	"losscape/cpu"
	"losscape/scenes"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gonum.org/v1/gonum/mat"
)

// again encodes a scene and decodes it.
func again(t *testing.T, s *scenes.Scene) (*scenes.Scene, []byte) {
	t.Helper()
	text, err := scenes.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	got, err := scenes.Decode(s.Name+".toml", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	got.Source = s.Source
	return got, text
}

var matrices = cmp.Options{
	cmp.Comparer(func(a, b *mat.Dense) bool { return mat.Equal(a, b) }),
	cmpopts.IgnoreUnexported(cpu.Problem{}, scenes.Scene{}),
}

func TestEncode(t *testing.T) {
	list := map[string]*scenes.Scene{}
	for _, name := range scenes.Names() {
		s, err := scenes.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		list[name] = s
	}
	for name, s := range list {
		t.Run(name, func(t *testing.T) {
			got, text := again(t, s)
			if d := cmp.Diff(s, got, matrices); d != "" {
				t.Errorf("decoded, the scene differs (-want +got):\n%s\n%s", d, text)
			}
		})
	}
}

// TestWeights decodes weights of rows, and encodes them again.
func TestWeights(t *testing.T) {
	const text = `[data]
file = "builtin:mtcars.csv"
label = "am"
features = ["wt"]
weights = %s
standardize = true
[loss]
l2 = 0.1
penalize = "weights"
`
	for _, column := range []string{`"carb"`, "10", "-1"} { // the last of eleven
		s, err := scenes.Decode("w.toml", fmt.Appendf(nil, text, column))
		if err != nil {
			t.Fatal(err)
		}
		if p := s.Problem; p.Total() != 90 || p.Count(0) != 4 || !strings.Contains(s.Data.Taken, `weights of column "carb", 90 in all`) {
			t.Errorf("%s: %v in all, the first %v; %s", column, p.Total(), p.Count(0), s.Data.Taken)
		}
		got, encoded := again(t, s)
		if d := cmp.Diff(s, got, matrices); d != "" {
			t.Errorf("decoded, the scene differs (-want +got):\n%s\n%s", d, encoded)
		}
	}
	for column, want := range map[string]string{`""`: "w.toml:5:11: data.weights: empty", `"none"`: `no column "none" for the weights`, "1.5": "w.toml:5:11: data.weights", `"vs"`: ""} {
		_, err := scenes.Decode("w.toml", fmt.Appendf(nil, text, column))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", column, err, want)
		}
	}
}

// TestEncodeChanged encodes what a caller has changed: the fields that are
// computed and shown count, not what the file stated.
func TestEncodeChanged(t *testing.T) {
	s, err := scenes.Load("one-mode")
	if err != nil {
		t.Fatal(err)
	}
	s.Problem.L2, s.Problem.Eps, s.Precision = 0.25, 1e-300, "double"
	s.Grid.X = cpu.Axis{Min: -3.5, Max: 1e-7, N: 33}
	s.Plane.Origin = []float64{0.1, -0.2}
	s.Fixed = true
	r := s.Runs[0].WithOptimizer("adamw")
	r.Name, r.L2, r.Batch, r.Seed = `a "name"`, 0.125, 7, 12
	s.Runs = append(s.Runs, r)
	s.Film.Theme, s.Film.Frames, s.Film.Layout = "dark", 3, [][]string{{"loss", "contour"}}
	s.Film.Panels = scenes.PanelsOf("loss", "contour")
	s.Path.Colors = []color.NRGBA{{1, 2, 3, 255}}
	s.Camera = scenes.Camera{Elev: 12, Azim: 3, Path: "keys", Projection: "orthographic", Zoom: 1, Pan: [2]float64{0.5, -0.25},
		Keys: []scenes.Key{{Frame: 0, Elev: 12, Azim: 3, Zoom: 1}, {Frame: 9, Elev: 20, Azim: 33, Zoom: 2}}}
	got, text := again(t, s)
	for _, d := range []string{
		cmp.Diff(s.Problem, got.Problem, matrices), cmp.Diff(s.Precision, got.Precision), cmp.Diff(s.Grid, got.Grid), cmp.Diff(s.Fixed, got.Fixed), cmp.Diff(s.Plane, got.Plane), cmp.Diff(s.Runs, got.Runs),
		cmp.Diff(s.Film, got.Film), cmp.Diff(s.Path, got.Path), cmp.Diff(s.Camera, got.Camera),
	} {
		if d != "" {
			t.Errorf("(-want +got):\n%s\n%s", d, text)
		}
	}
	s.Problem.L2 = -1
	if _, err := scenes.Encode(s); err == nil {
		t.Error("an invalid scene is encoded")
	}
}

func TestEncodeFile(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("points.csv", []byte("size,kind\n1,a\n2,b\n3,b\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	src := "[data]\nfile = \"points.csv\"\nlabel = \"kind\"\npositive = \"b\"\n"
	s, err := scenes.Decode("points.toml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	got, text := again(t, s)
	if d := cmp.Diff(s, got, matrices); d != "" {
		t.Errorf("(-want +got):\n%s\n%s", d, text)
	}
}
