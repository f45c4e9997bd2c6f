package scenes_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"losscape/cpu"
	"losscape/scenes"
)

// planar is a scene of three features whose landscape has some keys.
const planar = `
[data]
file = "points.csv"
label = "kind"
[loss]
l2 = %v
[landscape]
%s
[[run]]
lr = 0.5
steps = 30
start = [0, 1, 0, -1]
[[run]]
optimizer = "adam"
lr = 0.2
steps = 20
[film]
frames = 11
`

// pointsCSV are samples that some weights tell apart.
const pointsCSV = `age,mass,height,kind
1,2,0.3,1
2,1,-0.2,1
1.5,2.5,0.1,0
-1,-2,0.4,0
-2,-1.5,0,0
-1,-1,-0.5,0
2,2,0.2,1
`

// resolve returns the scene with an L2 weight and keys of its landscape, resolved.
func resolve(t *testing.T, l2 float64, keys string) (*scenes.Scene, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "points.csv"), []byte(pointsCSV), 0o666); err != nil {
		t.Fatal(err)
	}
	s, err := scenes.Decode(filepath.Join(dir, "planar.toml"), fmt.Appendf(nil, planar, l2, keys))
	if err != nil {
		return nil, err
	}
	return s, s.Resolve(context.Background())
}

func mustResolve(t *testing.T, l2 float64, keys string) *scenes.Scene {
	t.Helper()
	s, err := resolve(t, l2, keys)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPlanes(t *testing.T) {
	at := func(s *scenes.Scene, w []float64) (a, b, off float64) { return s.Plane.Coordinates(w) }
	near := func(t *testing.T, what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	t.Run("axes", func(t *testing.T) {
		s := mustResolve(t, 0.1, `plane = "axes"`+"\n"+`axes = ["height", "bias"]`+"\n"+`origin = [1, 2, 3, 4]`)
		if a, b := s.PlaneWeights(); a != 2 || b != 3 {
			t.Errorf("weights %d and %d, want 2 and 3", a, b)
		}
		if !slices.Equal(s.Plane.Origin, []float64{1, 2, 3, 4}) {
			t.Errorf("origin %v", s.Plane.Origin)
		}
	})
	t.Run("pca", func(t *testing.T) {
		s := mustResolve(t, 0.1, `plane = "pca"`+"\nrun = 1")
		end := s.Paths[1].At(20)
		if !slices.Equal(s.Plane.Origin, end) {
			t.Errorf("origin %v, want the end of the run %v", s.Plane.Origin, end)
		}
		// What the plane leaves of the variance is that of the distances from it, of
		// states around their mean.
		if left := 1 - s.Measures[0] - s.Measures[1]; !(left >= 0 && left < 0.1) || !(s.Measures[0] > s.Measures[1]) {
			t.Errorf("shares %v", s.Measures)
		}
		x, _ := s.PlaneNames()
		if want := fmt.Sprintf("PC 1 (%.1f %%)", 100*s.Measures[0]); x != want {
			t.Errorf("axis %q, want %q", x, want)
		}
	})
	t.Run("hessian", func(t *testing.T) {
		s := mustResolve(t, 0.1, `plane = "hessian"`)
		near(t, "the first curvature", s.Measures[0], s.Problem.Sharpness(s.Minimum))
		if !slices.Equal(s.Plane.Origin, s.Minimum) {
			t.Errorf("origin %v, want the minimum %v", s.Plane.Origin, s.Minimum)
		}
	})
	t.Run("random", func(t *testing.T) {
		// np.random.seed(0); np.random.normal(size=(2, 4)), orthonormalised.
		s := mustResolve(t, 0.1, `plane = "random"`+"\n"+`origin = "zero"`)
		first := []float64{1.764052345967664, 0.4001572083672233, 0.9787379841057392, 2.240893199201458}
		length := math.Sqrt(first[0]*first[0] + first[1]*first[1] + first[2]*first[2] + first[3]*first[3])
		for k, x := range first {
			near(t, "d1", s.Plane.D1[k], x/length)
		}
		_, _, off := at(s, []float64{1.8675579901499675, -0.977277879876411, 0.9500884175255894, -0.1513572082976979})
		near(t, "the second direction's distance", off, 0)
		if other := mustResolve(t, 0.1, `plane = "random"`+"\nseed = 1"+"\n"+`origin = "zero"`); slices.Equal(other.Plane.D1, s.Plane.D1) {
			t.Error("two seeds have one plane")
		}
	})
	t.Run("points", func(t *testing.T) {
		s := mustResolve(t, 0.1, `plane = "points"`+"\n"+`points = ["start 0", "minimum", [1, 1, 1, 1]]`)
		for _, w := range [][]float64{s.Runs[0].Start, s.Minimum, {1, 1, 1, 1}} {
			_, _, off := at(s, w)
			near(t, "a point's distance", off, 0)
		}
		_, b, _ := at(s, s.Minimum)
		near(t, "the second point's β", b, 0)
	})
}

// TestPlanesUndone encodes scenes before they are resolved, as a file has them, and after,
// as a window writes them.
func TestPlanesUndone(t *testing.T) {
	for _, keys := range []string{
		`plane = "pca"` + "\nrun = 1",
		`plane = "hessian"` + "\n" + `origin = "end 1"`,
		`plane = "random"` + "\nseed = 7\nx = { range = [-1, 2] }",
		`plane = "points"` + "\n" + `points = ["start 0", "minimum", "end 1"]` + "\nminimum = false",
		`plane = "axes"` + "\n" + `axes = ["age", "bias"]` + "\n" + `origin = "minimum"`,
		`range = "auto"`,
	} {
		want := mustResolve(t, 0.1, keys)
		dir := filepath.Dir(want.Data.File)
		before, err := scenes.Decode(filepath.Join(dir, "planar.toml"), []byte(want.Source))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []*scenes.Scene{before, want} {
			text, err := scenes.Encode(s)
			if err != nil {
				t.Fatal(err)
			}
			got, err := scenes.Decode(filepath.Join(dir, "planar.toml"), text)
			if err == nil {
				err = got.Resolve(context.Background())
			}
			if err != nil {
				t.Fatalf("%s: %v\n%s", keys, err, text)
			}
			if fmt.Sprint(got.Plane, got.Grid, got.Minimum) != fmt.Sprint(want.Plane, want.Grid, want.Minimum) {
				t.Errorf("%s: encoded and decoded, the plane is %v over %v, want %v over %v\n%s", keys, got.Plane, got.Grid, want.Plane, want.Grid, text)
			}
			x, y := got.PlaneNames()
			if wx, wy := want.PlaneNames(); x != wx || y != wy {
				t.Errorf("%s: axes %q and %q, want %q and %q", keys, x, y, wx, wy)
			}
		}
	}
}

func TestAutoRange(t *testing.T) {
	s := mustResolve(t, 0.1, `range = "auto"`)
	g := s.Grid
	inside := func(w []float64) bool {
		a, b, _ := s.Plane.Coordinates(w)
		return a > g.X.Min && a < g.X.Max && b > g.Y.Min && b < g.Y.Max
	}
	for i, tr := range s.Paths {
		for k := range 11 { // which the film shows
			if !inside(tr.At(k)) {
				t.Errorf("state %d of run %d, %v, is outside of %v", k, i, tr.At(k), g)
			}
		}
	}
	if w, _ := s.Problem.Minimum(); !inside(w) {
		t.Errorf("the minimum %v is outside of %v", w, g)
	}
	// Of a run that leaves the numbers, what is near the others.
	again, err := scenes.Decode(filepath.Join(filepath.Dir(s.Data.File), "planar.toml"), []byte(strings.Replace(s.Source, "lr = 0.5", "lr = 1e300", 1)))
	if err == nil {
		err = again.Resolve(context.Background())
	}
	if err != nil {
		t.Fatal(err)
	}
	if span := again.Grid.X.Max - again.Grid.X.Min; again.Paths[0].Status != cpu.Diverged || span > 1000 {
		t.Errorf("with a run that is %v the range is %v", again.Paths[0].Status, again.Grid)
	}
	// One range is stated, the other is not.
	if s := mustResolve(t, 0.1, `range = "auto"`+"\nx = { range = [-1, 1] }"); s.Grid.X.Min != -1 || s.Grid.Y.Min == -10 {
		t.Errorf("ranges %v", s.Grid)
	}
}

func TestPlaneErrors(t *testing.T) {
	for _, c := range []struct {
		l2         float64
		keys, want string
	}{
		{0.1, `plane = "axes"` + "\n" + `axes = ["agee", "bias"]`, `landscape.axes[0]: no weight is called "agee", did you mean "age"? known: age, mass, height, bias`},
		{0.1, `plane = "axes"` + "\n" + `axes = ["w1", "age"]`, "both are the same weight"},
		{0.1, `plane = "axes"`, `want two weights by their names, such as axes = ["age", "bias"]`},
		{0.1, `plane = "plain"`, "unknown plane"},
		{0.1, `axes = ["age", "bias"]`, `only of plane = "axes"`},
		{0.1, `plane = "pca"` + "\nd1 = [1, 0, 0, 0]\nd2 = [0, 1, 0, 0]", "remove d1, or plane"},
		{0.1, `plane = "pca"` + "\nrun = 2", "2, want 0 to 1"},
		{0.1, `plane = "points"` + "\n" + `points = ["end 0", "end 1"]`, "2 points, want three"},
		{0.1, `plane = "points"` + "\n" + `points = ["end", "end 1", "zero"]`, `of which run?`},
		{0.1, `plane = "points"` + "\n" + `points = ["end 5", "end 1", "zero"]`, "5, want 0 to 1"},
		{0.1, `plane = "points"` + "\n" + `points = ["end 0", "zero", "end 0"]`, "the same point as points[0]"},
		{0.1, `plane = "points"` + "\n" + `points = [[0,0,0,0], [1,1,1,1], [2,2,2,2]]`, "straight line"},
		{0.1, `plane = "points"` + "\n" + `points = [[0,0,0,0], [1,1,1], [2,2,2,2]]`, "landscape.points[1]: 3 weights, want 4"},
		{0.1, `plane = "points"` + "\n" + `points = ["end 0", "end 1", "zero"]` + "\n" + `origin = "zero"`, "remove origin"},
		{0.1, `origin = "nowhere"`, "unknown place"},
		{0.1, `origin = "zero 1"`, "landscape.origin"},
		{0.1, `range = "wide"`, `want "auto"`},
	} {
		_, err := resolve(t, c.l2, c.keys)
		var bad *scenes.Error
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) || bad.Line == 0 {
			t.Errorf("%s: %v, want %q at a line", c.keys, err, c.want)
		}
	}
	_, err := resolve(t, 0, `origin = "minimum"`)
	if err == nil || !strings.Contains(err.Error(), "no minimum") || !strings.Contains(err.Error(), "loss.l2 above 0") {
		t.Errorf("separable samples: %v", err)
	}
}

// TestAxisNames names weights where a column is called as another weight is by its number.
func TestAxisNames(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "p.csv"), "w2,x,lr,y\n1,2,1,0\n2,1,5,1\n3,5,2,0\n1,1,4,1\n")
	load := func(axes string) (*scenes.Scene, error) {
		return scenes.Decode(filepath.Join(dir, "s.toml"), []byte("[data]\nfile = \"p.csv\"\nlabel = \"y\"\n[landscape]\nplane = \"axes\"\naxes = "+axes))
	}
	s, err := load(`["x", "lr"]`)
	if err != nil {
		t.Fatal(err)
	}
	if names := []string{s.AxisName(0), s.AxisName(1), s.AxisName(2), s.AxisName(3)}; !slices.Equal(names, []string{"w1", "x", "lr", "bias"}) {
		t.Errorf("names %q", names)
	}
	if _, err := load(`["w2", "bias"]`); err == nil || !strings.Contains(err.Error(), "of another weight by its number") {
		t.Errorf("w2, the name of the first weight: %v", err)
	}
	if _, err := load(`["w3", "lr"]`); err == nil || !strings.Contains(err.Error(), "both are the same weight") {
		t.Errorf("w3, which is lr: %v", err)
	}
}
