package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"losscape/cmd/losscape/backend"
	"losscape/gpu/compute"
	"losscape/gpu/gputest"
	"losscape/scenes"

	"codeberg.org/sbinet/npyio/npy"
)

// farScene is a scene whose losses leave float32, so that no device computes its
// landscape; more is added to it.
func farScene(t testing.TB, more string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"far.csv": "x,y\n1e30,1\n-1e30,0\n2,1\n-1,0\n",
		"far.toml": "[data]\nfile = \"far.csv\"\nlabel = \"y\"\n[loss]\nl2 = 0.1\n[landscape]\nx = { range = [-1e10, 1e10] }\nsize = [16, 12]\n" +
			"[[run]]\nlr = 1e-30\nsteps = 5\nstart = [0, 0]\n[film]\nsize = [180, 60]\npanels = [\"surface\", \"contour\"]\n" + more,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "far.toml")
}

// wideScene is a scene of more features than a run on the device has.
func wideScene(t testing.TB, more string) string {
	t.Helper()
	dir := t.TempDir()
	var csv strings.Builder
	for j := range compute.MaxFeatures + 1 {
		fmt.Fprintf(&csv, "x%d,", j)
	}
	csv.WriteString("y\n")
	for i := range 8 {
		for j := range compute.MaxFeatures + 1 {
			fmt.Fprintf(&csv, "%d,", (i*j)%5-2)
		}
		fmt.Fprintf(&csv, "%d\n", i/2%2)
	}
	for name, text := range map[string]string{
		"wide.csv":  csv.String(),
		"wide.toml": "[data]\nfile = \"wide.csv\"\nlabel = \"y\"\n[landscape]\nsize = [16, 12]\n[[run]]\nsteps = 5\n[film]\nsize = [180, 60]\n" + more,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "wide.toml")
}

const (
	onCPU     = "computing in float64 on the CPU"
	notOnThis = "not on this device, use the CPU backend"
)

// What a device cannot do, auto leaves to the CPU in every verb, and says so once;
// gpu is an error before any work.
func TestAuto(t *testing.T) {
	serial(t)
	gputest.Device(t)
	dir := t.TempDir()
	wideMap := "panels = [\"contour\", \"map\"]\n[map]\nover = [\"lr=0.1:1:3\", \"l2=0:1:2\"]\n"
	for _, c := range []struct{ args, why string }{
		{"grid " + farScene(t, "") + " --precision single -o " + filepath.Join(dir, "a.npy"), "sample 0 is 1e+30"},
		{"grid " + farScene(t, "") + " --of gradient --precision single -o " + filepath.Join(dir, "a.npy"), "sample 0 is 1e+30"},
		{"render " + farScene(t, "") + " --precision single -o " + filepath.Join(dir, "a.png"), "landscape: sample 0 is 1e+30"},
		{"render " + farScene(t, "") + " --precision single -o " + filepath.Join(dir, "a.glb"), "sample 0 is 1e+30"},
		{"render " + farScene(t, "") + " --precision single -o " + filepath.Join(dir, "a.svg"), "sample 0 is 1e+30"},
		{"sweep " + wideScene(t, "") + " --over lr=1,2", "1025 features"},
		{"render " + wideScene(t, wideMap) + " -o " + filepath.Join(dir, "a.png"), "map: 1025 features"},
	} {
		args := strings.Fields(c.args)
		if code, _, stderr := losscape(t, args...); code != exitDone || strings.Count(stderr, onCPU) != 1 || !strings.Contains(stderr, c.why) || strings.Contains(stderr, notOnThis) {
			t.Errorf("%s: %d, %s", c.args, code, stderr)
		}
		os.RemoveAll(filepath.Join(dir, filepath.Base(args[len(args)-1])))
		code, _, stderr := losscape(t, append(args, "--backend", "gpu")...)
		if code != exitFailed || !strings.Contains(stderr, notOnThis) || strings.Contains(stderr, onCPU) {
			t.Errorf("%s --backend gpu: %d, %s", c.args, code, stderr)
		}
	}
	empty(t, dir)
	// A scene's runs are asked of the device only if --backend is given.
	for _, args := range []string{"train " + wideScene(t, ""), "render " + wideScene(t, "") + " -o " + filepath.Join(dir, "a.png")} {
		for backend, want := range map[string]struct {
			code, onCPU int
			why         bool
		}{"": {exitDone, 0, false}, "auto": {exitDone, 1, true}, "gpu": {exitFailed, 0, true}} {
			words := strings.Fields(args)
			if backend != "" {
				words = append(words, "--backend", backend)
			}
			code, _, stderr := losscape(t, words...)
			if code != want.code || strings.Count(stderr, onCPU) != want.onCPU || strings.Contains(stderr, "on the device has at most 1024") != want.why {
				t.Errorf("%s: %d, %s", words, code, stderr)
			}
		}
		os.Remove(filepath.Join(dir, "a.png"))
	}
	// There is no other place for an ensemble, whatever the backend is.
	ensemble := wideScene(t, "[ensemble]\nover = [\"w1=-9:9:12\", \"w2=-9:9:12\"]\n")
	for _, backend := range backend.Kinds {
		code, _, stderr := losscape(t, "render", ensemble, "-o", filepath.Join(dir, "a.png"), "--backend", backend)
		if code != exitFailed || !strings.Contains(stderr, "an ensemble is computed in float32 on the device that draws it, and cannot be here: 1025 features") || strings.Contains(stderr, notOnThis) {
			t.Errorf("%s: %d, %s", backend, code, stderr)
		}
	}
	empty(t, dir)
}

// What the device refuses is not compared, and is no disagreement.
func TestVerifyRefused(t *testing.T) {
	serial(t)
	gputest.Device(t)
	code, stdout, _ := losscape(t, "verify", farScene(t, ""))
	if code != exitDone || !strings.Contains(stdout, "not on this device: sample 0 is 1e+30") || !strings.Contains(stdout, "1 are not on this device") || strings.Contains(stdout, "BAD") {
		t.Errorf("%d, %s", code, stdout)
	}
	code, stdout, _ = losscape(t, "verify", wideScene(t, ""), "--json")
	var report struct {
		OK      bool `json:"ok"`
		Refused int  `json:"not_on_this_device"`
		Rows    []struct {
			Op string `json:"op"`
			OK bool   `json:"ok"`
		} `json:"rows"`
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatal(err)
	}
	if code != exitDone || !report.OK || report.Refused != 1 || len(report.Rows) != 3 || report.Rows[0].Op != "descend" || report.Rows[0].OK {
		t.Errorf("%d, %+v", code, report)
	}
	// Nothing at all.
	scene := wideScene(t, "")
	text, err := os.ReadFile(scene)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(scene, []byte(strings.Replace(string(text), "size = [16, 12]", "size = [16, 12]\nx = { range = [-1e38, 1e38] }", 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	if code, stdout, _ := losscape(t, "verify", scene); code != exitFailed || !strings.Contains(stdout, "nothing to compare; 2 are not on this device") {
		t.Errorf("%d, %s", code, stdout)
	}
}

// What float32 does not hold is infinite or inexact in the file, and said.
// TestGridOfNamedPlane wants a grid of a plane by name to be over the plane and the range
// that Scene.Resolve finds, whatever computes it.
func TestGridOfNamedPlane(t *testing.T) {
	path := writeScene(t, planar)
	s, err := scenes.Load(path)
	if err == nil {
		err = s.Resolve(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, flags := range [][]string{nil, {"--backend=cpu"}} {
		out := filepath.Join(t.TempDir(), "a.npy")
		if code, _, stderr := losscape(t, append([]string{"grid", path, "-o", out}, flags...)...); code != exitDone {
			t.Fatal(stderr)
		}
		f, err := os.Open(out)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var values []float32
		if err := npy.Read(f, &values); err != nil {
			t.Fatal(err)
		}
		for _, at := range [][2]int{{0, 0}, {31, 0}, {7, 11}, {31, 23}} {
			want := s.Problem.Loss(s.Plane.At(nil, s.Grid.X.At(at[0]), s.Grid.Y.At(at[1])))
			if got := float64(values[at[1]*32+at[0]]); math.Abs(got-want) > 1e-5*want {
				t.Errorf("%v: the loss at %v is %v, want %v", flags, at, got, want)
			}
		}
	}
}

func TestGridBeyondFloat32(t *testing.T) {
	out := filepath.Join(t.TempDir(), "a.npy")
	code, _, stderr := losscape(t, "grid", farScene(t, ""), "--x=-1e12:1e12", "-o", out, "--backend", "cpu")
	if code != exitDone {
		t.Fatal(stderr)
	}
	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var values []float32
	if err := npy.Read(f, &values); err != nil {
		t.Fatal(err)
	}
	infinite := 0
	for _, v := range values {
		if math.IsInf(float64(v), 1) {
			infinite++
		} else if v >= math.MaxFloat32 || v != v {
			t.Fatalf("a loss of %v", v)
		}
	}
	if want := fmt.Sprintf("%d of 192 values are not finite in float32, which ends at 3.4e+38", infinite); infinite == 0 || !strings.Contains(stderr, want) {
		t.Errorf("%s, want %s", stderr, want)
	}

	// Separable data: no loss is 0, whatever float32 and float64 make of it.
	scene := writeScene(t, strings.NewReplacer("mean = 1.0, std = 1.0", "mean = 1.0, std = 0.001", "mean = -1.0, std = 1.0", "mean = -1.0, std = 0.001").Replace(tiny))
	for _, c := range []struct{ flags, want string }{
		{"--backend cpu --x 50:80", ""},
		{"--backend cpu --x 95:100 --y 0:0.001", "192 of 192 values are smaller"},
		{"--backend cpu --x 2000:3000 --y 0:0.001", "192 of 192 values are smaller"},
		{"--backend cpu --x 95:100 --y 0:0.001 --of gradient", "384 of 384 values are smaller"},
		{"--backend cpu --x 2000:3000 --y 0:0.001 --of gradient", ""}, // gradients may be 0
		{"--backend gpu --x 50:80 --y 0:0.001", ""},
		{"--backend gpu --x 95:100 --y 0:0.001", "192 of 192 values are smaller"},
	} {
		if strings.Contains(c.flags, "gpu") {
			gputest.Device(t)
		}
		code, _, stderr := losscape(t, append([]string{"grid", scene, "-o", out}, strings.Fields(c.flags)...)...)
		told := strings.Contains(stderr, "values are smaller than float32's least normal number, 1.18e-38, but not 0")
		if code != exitDone || told != (c.want != "") || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: %d, %s, want %q", c.flags, code, stderr, c.want)
		}
	}
}

// One rule says how a run ends.
func TestTrainEnds(t *testing.T) {
	for _, c := range []struct {
		flags, status string
		period        int
		stderr        string
	}{
		{"--lr 5 --steps 300", "converged", 0, "converged at iteration 34"},
		{"--lr 5 --steps 30", "step-limit", 0, ""},
		{"--lr 20 --steps 2000", "periodic", 2, "is periodic, with period 2"},
		{"--lr 1 --l2 3 --steps 300", "diverged", 0, "diverged at iteration"}, // past 1e9, and finite
	} {
		args := strings.Fields(c.flags)
		code, stdout, stderr := losscape(t, append([]string{"train", "one-mode", "--json"}, args...)...)
		var report trainReport
		if err := json.Unmarshal([]byte(stdout), &report); code != 0 || err != nil {
			t.Fatal(code, err, stderr)
		}
		r := report.Runs[0]
		if r.Status != c.status || r.Period != c.period || !strings.Contains(stderr, c.stderr) || c.stderr == "" && stderr != "" {
			t.Errorf("%s: %s, period %d, %s", c.flags, r.Status, r.Period, stderr)
		}
		code, stdout, _ = losscape(t, append([]string{"sweep", "one-mode", "--backend", "cpu", "--over", "lr=" + args[1]}, args[2:]...)...)
		row := strings.Split(strings.Split(stdout, "\n")[1], ",")
		if want := fmt.Sprint(r.Taken, ",", r.Status, ",", r.Period); code != 0 || strings.Join(row[6:9], ",") != want {
			t.Errorf("%s: the sweep has %v, want %s", c.flags, row, want)
		}
		for _, format := range []string{"text", "csv"} {
			if _, _, stderr := losscape(t, append([]string{"train", "one-mode", "--format", format}, args...)...); !strings.Contains(stderr, c.stderr) {
				t.Errorf("%s as %s says %s", c.flags, format, stderr)
			}
		}
	}
}
