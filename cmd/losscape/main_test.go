package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"image/gif"
	"image/png"
	"io"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"losscape/cmd/losscape/gridfile"
	"losscape/cmd/losscape/netcdf"
	"losscape/cmd/losscape/table"
	"losscape/cmd/losscape/web/browser"
	"losscape/cpu"
	"losscape/gpu"
	"losscape/gpu/film"
	"losscape/gpu/gputest"
	"losscape/scenes"

	"codeberg.org/sbinet/npyio/npy"
	"codeberg.org/sbinet/npyio/npz"
	"github.com/google/go-cmp/cmp"
)

// long reports whether the tests that take long are wanted, by make test-long.
func long() bool { return os.Getenv("LONG") == "1" }

// serial leaves a long test in which nothing is concurrent to the run without the race
// detector: make test runs that with -short.
func serial(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("nothing in it is concurrent")
	}
}

// mainEnv makes the test binary behave as the command: for tests that need a
// process of their own.
const mainEnv = "LOSSCAPE_TEST_MAIN"

// limitEnv has a process take an ffmpeg for one that hangs after a duration.
const limitEnv = "LOSSCAPE_TEST_LIMIT"

func TestMain(m *testing.M) {
	if os.Getenv(mainEnv) == "1" {
		if os.Getenv(cutEnv) == "1" {
			cuts = fineCuts
		}
		if limit, err := time.ParseDuration(os.Getenv(limitEnv)); err == nil {
			film.Limits.Idle = limit
		}
		main()
		return
	}
	// What is ignored here, as under nohup, would be ignored by the processes that tests
	// start, which are to be ended by it. What is handled is not handed on.
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
	os.Exit(browser.Main(m))
}

// losscape runs the command in this process.
func losscape(t testing.TB, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, log bytes.Buffer
	code = run(context.Background(), args, strings.NewReader(""), &out, &log)
	return code, out.String(), log.String()
}

// process is the command as a process of its own.
func process(args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), mainEnv+"=1")
	return c
}

// withoutGL hides every OpenGL driver from a process.
func withoutGL(c *exec.Cmd) *exec.Cmd {
	c.Env = append(c.Env, "__EGL_VENDOR_LIBRARY_FILENAMES=/nonexistent")
	return c
}

func needsFFmpeg(t testing.TB) {
	t.Helper()
	if _, err := film.FindFFmpeg(); err != nil {
		if os.Getenv("REQUIRE_GL") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

func empty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		t.Errorf("%s was left behind", e.Name())
	}
}

// tiny is a scene that takes next to no time.
const tiny = `title = "Tiny"
[data]
generate = "gaussian"
seed = 3
classes = [
  { label = 1, parts = [{ mean = 1.0, std = 1.0, n = 5 }] },
  { label = 0, parts = [{ mean = -1.0, std = 1.0, n = 5 }] },
]
[landscape]
size = [16, 12]
[[run]]
lr = 0.5
steps = 8
[film]
size = [180, 60]
fps = 5
frames = 6
`

func writeScene(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tiny.toml")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBadInput(t *testing.T) {
	serial(t)
	dir := t.TempDir()
	out := func(name string) string { return filepath.Join(dir, name) }
	change := func(old, new string) string {
		if !strings.Contains(tiny, old) {
			t.Fatalf("the scene has no %q", old)
		}
		return writeScene(t, strings.Replace(tiny, old, new, 1))
	}
	mp4, still, grid := out("a.mp4"), out("a.png"), out("a.npy")
	for _, c := range []struct {
		args string
		code int
		want string // a part of the message that says what to do
	}{
		{"frobnicate", exitUsage, "unknown command"},
		{"render", exitUsage, "one-mode"},
		{"render one-mode two-mode -o " + mp4, exitUsage, "takes one SCENE"},
		{"render one-modd -o " + mp4, exitUsage, "one-mode"},
		{"render none.toml -o " + mp4, exitUsage, "none.toml"},
		{"render one-mode", exitUsage, "-o FILE"},
		{"render one-mode -o " + out("a.avi"), exitUsage, ".webm"},
		{"render one-mode -o " + out("a"), exitUsage, ".webm"},
		{"render one-mode --bogus -o " + mp4, exitUsage, "--bogus"},
		{"render one-mode --size 12 -o " + mp4, exitUsage, "WxH"},
		{"render one-mode --size 0x12 -o " + mp4, exitUsage, "above 0"},
		{"render one-mode --size 12x-3 -o " + mp4, exitUsage, "above 0"},
		{"render one-mode --size 99999x12 -o " + mp4, exitUsage, "--size"},
		{"render one-mode --fps 0 -o " + mp4, exitUsage, "--fps"},
		{"render one-mode --fps NaN -o " + mp4, exitUsage, "--fps"},
		{"render one-mode --fps fast -o " + mp4, exitUsage, "--fps"},
		{"render one-mode --frames 0 -o " + mp4, exitUsage, "--frames"},
		{"render one-mode --frames 1000 -o " + mp4, exitUsage, "100"},
		{"render one-mode --preset warp -o " + mp4, exitUsage, "ultrafast"},
		{"render one-mode --crf 52 -o " + mp4, exitUsage, "51"},
		{"render one-mode --codec mpeg2 -o " + mp4, exitUsage, "h265, av1"},
		{"render one-mode --codec vp9 -o " + mp4, exitUsage, "choose from h264"},
		{"render one-mode --codec h264 -o " + out("a.webm"), exitUsage, "choose from vp9"},
		{"render one-mode --codec av1 -o " + out("a.gif"), exitUsage, ".mp4"},
		{"render one-mode --codec av1 -o " + still, exitUsage, "still"},
		{"render one-mode --codec h265 --crf 60 -o " + mp4, exitUsage, "51 for h265"},
		{"render one-mode --codec av1 --crf 64 -o " + mp4, exitUsage, "63 for av1"},
		{"render one-mode --codec h264_nvenc --size 5400x1800 -o " + mp4, exitUsage, "4096"},
		{"render one-mode --crf 0 -o " + mp4, exitUsage, "at least 1"},
		{"render one-mode --frame 3 -o " + mp4, exitUsage, ".png"},
		{"render one-mode --frame 50 -o " + still, exitUsage, "0 to 49"},
		{"render one-mode --frame -1 -o " + still, exitUsage, "0 to 49"},
		{"render one-mode --fps 3 -o " + still, exitUsage, "--fps"},
		{"render one-mode --crf 20 -o " + out("a.gif"), exitUsage, ".mp4"},
		{"render one-mode --preset slow -o " + out("a.gif"), exitUsage, ".mp4"},
		{"render one-mode --fps 60 -o " + out("a.gif"), exitUsage, "at most 50"},
		{"render one-mode --backend quantum -o " + mp4, exitUsage, "auto, gpu, cpu"},
		{"render one-mode --device 77 -o " + still, exitFailed, "losscape doctor"},
		{"render one-mode --device -3 -o " + still, exitUsage, "from 0"},
		{"render one-mode -o " + out("none/a.mp4"), exitFailed, "mkdir -p"},
		{"render one-mode -o " + out("none/a.png"), exitFailed, "mkdir -p"},
		{"render " + change("steps = 8", "steps = 0\n") + " -o " + mp4, exitFailed, "film.frames"},
		{"render " + change("lr = 0.5", "learning_rate = 0.5") + " -o " + mp4, exitFailed, `"lr"`},
		{"render " + change("fps = 5", `fps = "five"`) + " -o " + mp4, exitFailed, "film.fps"},
		{"render " + change("lr = 0.5", "lr = nan") + " -o " + mp4, exitFailed, "finite"},
		{"render " + change("size = [16, 12]", "x = { range = [3, 3] }") + " -o " + mp4, exitFailed, "empty"},
		{"render " + change("size = [16, 12]", "size = [1, 0]") + " -o " + mp4, exitFailed, "want 2 to"},
		{"render " + change("size = [180, 60]", "size = [0, 60]") + " -o " + mp4, exitFailed, "want 1 to"},
		{"render " + change("n = 5 }] },\n]", "n = 0 }] },\n]") + " -o " + mp4, exitFailed, "n"},
		{"render " + writeScene(t, "") + " -o " + mp4, exitFailed, "data"},
		{"render " + writeScene(t, "[data") + " -o " + mp4, exitFailed, "tiny.toml:1:"},
		{"train", exitUsage, "one-mode"},
		{"train one-mode --lr 0", exitUsage, "--lr"},
		{"train one-mode --lr inf", exitUsage, "--lr"},
		{"train one-mode --l2 -1", exitUsage, "--l2"},
		{"train one-mode --steps -1", exitUsage, "--steps"},
		{"train one-mode --steps 1e3", exitUsage, "--steps"},
		{"train one-mode --start 1", exitUsage, "--start"},
		{"train one-mode --start 1,two", exitUsage, "-1,-1"},
		{"train one-mode --start 1,NaN", exitUsage, "finite"},
		{"train one-mode --optimizer magic", exitUsage, "gd"},
		{"train one-mode --format xml", exitUsage, "csv"},
		{"train one-mode --format csv --json", exitUsage, "contradict"},
		{"train one-mode --device 0", exitUsage, "--backend gpu"},
		{"grid one-mode", exitUsage, "ends in .npy, .npz, .nc or .vti"},
		{"grid one-mode -o " + out("a.txt"), exitUsage, ".npy"},
		{"grid one-mode --size 1 -o " + grid, exitUsage, "want 2 to"},
		{"grid one-mode --size big -o " + grid, exitUsage, "512"},
		{"grid one-mode --size 100000 -o " + grid, exitUsage, "want 2 to"},
		{"grid one-mode --x 1 -o " + grid, exitUsage, "-10:10"},
		{"grid one-mode --x 1:1 -o " + grid, exitUsage, "empty"},
		{"grid one-mode --y 2:1 -o " + grid, exitUsage, "below"},
		{"grid one-mode --y 0:Inf -o " + grid, exitUsage, "finite"},
		{"grid one-mode --y -1e308:1e308 -o " + grid, exitUsage, "too wide"},
		{"grid one-mode --backend cpu --device 0 -o " + grid, exitUsage, "leave one"},
		{"grid one-mode -o " + out("none/a.npy"), exitFailed, "mkdir -p"},
		{"verify one-mode two-mode", exitUsage, "takes one SCENE"},
		{"verify --backend cpu", exitUsage, "--backend cpu"},
		{"scenes nothing", exitUsage, "one-mode"},
		{"scenes one-mode two-mode", exitUsage, "one scene"},
		{"scenes one-mode --json", exitUsage, "TOML"},
		{"doctor now", exitUsage, "no arguments"},
	} {
		if strings.Contains(c.args, "mp4") {
			if _, err := film.FindFFmpeg(); err != nil && c.code == exitFailed {
				continue
			}
		}
		if c.code == exitFailed && strings.Contains(c.args, "--device 77") {
			gputest.Device(t)
		}
		code, stdout, stderr := losscape(t, strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(stderr, c.want) || stdout != "" {
			t.Errorf("losscape %s\nexits with %d, want %d, and says %q, want %q in it; prints %q", c.args, code, c.code, stderr, c.want, stdout)
		}
		if n := strings.Count(strings.TrimSpace(stderr), "\nlosscape:"); n > 0 {
			t.Errorf("losscape %s\nsays %d errors: %s", c.args, n+1, stderr)
		}
		if strings.Contains(stderr, "strconv") || strings.Contains(stderr, "Usage:") {
			t.Errorf("losscape %s\nsays %q", c.args, stderr)
		}
		empty(t, dir)
	}
	if runtime.GOOS == "linux" {
		if code, _, stderr := losscape(t, "grid", "one-mode", "-o", "/proc/a.npy"); code != exitFailed || !strings.Contains(stderr, "cannot be written") {
			t.Errorf("an unwritable folder: %d, %s", code, stderr)
		}
	}
}

func TestTrainPrintsTheNotebooksLines(t *testing.T) {
	for name, lines := range map[string][]string{
		"one-mode": {"Iter 0: w [-0.55178498 -0.91364436], loss 1.1628", "Iter 2: w [ 0.1485189 -0.719854 ], loss 0.6801", "Iter 49: w [ 1.87917458 -0.00268801], loss 0.3303"},
		"large-lr": {"Iter 0: w [12.44645071  1.59066931], loss 1.0010", "Iter 49: w [2.06430815 0.05180204], loss 0.3290"},
		"two-mode": {"Iter 0: w [ 1.12537604 -0.53050328], loss 0.2226", "Iter 99: w [ 4.39744153 -0.80062336], loss 0.0377"},
	} {
		code, stdout, stderr := losscape(t, "train", name)
		got := strings.Split(strings.TrimSpace(stdout), "\n")
		if code != 0 || stderr != "" && !strings.Contains(stderr, "converged at iteration") && !(name == "two-mode" && strings.Contains(stderr, "is drifting")) {
			t.Errorf("%s: %d, %s", name, code, stderr)
		}
		last := 0
		for _, l := range lines {
			i := slices.Index(got, l)
			if want, _ := strconv.Atoi(regexp.MustCompile(`\d+`).FindString(l)); i != want {
				t.Errorf("%s: %q is line %d", name, l, i)
			}
			last = i
		}
		if len(got) != last+1 {
			t.Errorf("%s: %d lines, want %d", name, len(got), last+1)
		}
	}
	if _, stdout, _ := losscape(t, "train", "one-mode", "--all"); strings.Count(stdout, "\n") != 100 {
		t.Errorf("--all prints %d lines", strings.Count(stdout, "\n"))
	}
	if _, stdout, _ := losscape(t, "train", "one-mode", "--steps", "3"); strings.Count(stdout, "\n") != 3 {
		t.Errorf("3 steps print %d lines", strings.Count(stdout, "\n"))
	}
	if code, stdout, stderr := losscape(t, "train", "one-mode", "--steps", "0"); code != 0 || stdout != "" {
		t.Errorf("0 steps: %d, %q, %s", code, stdout, stderr)
	}
}

// flowersScene writes a scene of a data file that names its features and classes.
func flowersScene(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	scene := filepath.Join(dir, "flowers.toml")
	for path, text := range map[string]string{
		filepath.Join(dir, "flowers.csv"): "petal_length,lr,species\n1,2,setosa\n3,1,virginica\n2,2,setosa\n1,0,virginica\n",
		scene:                             "[data]\nfile = \"flowers.csv\"\nlabel = \"species\"\npositive = \"setosa\"\n[[run]]\nsteps = 6\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return scene
}

// TestNames checks that train and sweep call weights and classes what the data file
// calls them, and take both names of a weight.
func TestNames(t *testing.T) {
	scene := flowersScene(t)
	code, text, stderr := losscape(t, "train", scene)
	if code != 0 || !strings.HasPrefix(text, "Iter 0: w [") || strings.Count(text, "\n") != 6 {
		t.Errorf("train: %d, %s%s", code, text, stderr)
	}
	if _, table, _ := losscape(t, "train", scene, "--format", "csv"); !strings.HasPrefix(table, "run,iter,petal_length,w2,bias,loss\n0,0,") {
		t.Errorf("train prints %.60s", table)
	}
	_, report, _ := losscape(t, "train", scene, "--json")
	var r struct{ Weights, Classes []string }
	if err := json.Unmarshal([]byte(report), &r); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Weights, []string{"petal_length", "w2", "bias"}) || !slices.Equal(r.Classes, []string{"setosa", "virginica"}) {
		t.Errorf("train reports %+v", r)
	}

	var tables [2]string
	for i, over := range [2][2]string{{"petal_length=-1:1:3", "bias=0,1"}, {"w1=-1:1:3", "w3=0,1"}} {
		code, stdout, stderr := losscape(t, "sweep", scene, "--over", over[0], "--over", over[1], "--backend", "cpu")
		if code != 0 || !strings.HasPrefix(stdout, "start_petal_length,start_bias,petal_length,w2,bias,loss,") || !strings.Contains(stderr, " at petal_length ") {
			t.Errorf("sweep: %d, %.80s %s", code, stdout, stderr)
		}
		tables[i] = stdout
	}
	if tables[0] != tables[1] {
		t.Error("a weight is another one by its name")
	}
	for _, ext := range []string{".npz", ".parquet"} {
		file := filepath.Join(t.TempDir(), "runs"+ext)
		if code, _, stderr := losscape(t, "sweep", scene, "--over", "petal_length=-1:1:3", "--over", "lr=0.5,1", "--backend", "cpu", "-o", file); code != 0 {
			t.Fatal(stderr)
		}
		read, err := table.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		if over := read.Result.Sweep.Over; over[0].Name != "w1" || over[1].Name != "lr" || read.Meta.WeightNames[2] != "bias" {
			t.Errorf("%s: over %v, weights %q", ext, over, read.Meta.WeightNames)
		}
	}
	for over, want := range map[string]string{
		"petal=0,1": "steps, petal_length, w2, bias",
		"w4=0,1":    "steps, petal_length, w2, bias",
		"lr=-1,1":   "learning rate is -1",
	} {
		if code, _, stderr := losscape(t, "sweep", scene, "--over", over); code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: %d, %s", over, code, stderr)
		}
	}
}

func TestTrainFlagsAndFormats(t *testing.T) {
	args := []string{"train", "one-mode", "--lr", "15", "--steps", "5", "--start", "-1,-1", "--l2", "0", "--optimizer", "gd"}
	_, text, _ := losscape(t, args...)
	if !strings.Contains(text, "Iter 4: w [7.99601019 0.94639169], loss 0.6658\n") {
		t.Errorf("printed %s", text)
	}
	_, table, _ := losscape(t, append(args, "--format", "csv")...)
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 6 || strings.Join(rows[0], ",") != "run,iter,w1,w2,loss" || rows[5][0] != "0" || rows[5][1] != "4" {
		t.Fatalf("table %v", rows)
	}
	_, report, _ := losscape(t, append(args, "--json")...)
	var r struct {
		Scene string
		Runs  []struct {
			LR, L2     float64
			Start      []float64
			Steps      int
			Status     string
			Iterations []struct {
				Iter int
				W    []float64
				Loss float64
			}
		}
	}
	if err := json.Unmarshal([]byte(report), &r); err != nil {
		t.Fatal(err)
	}
	if r.Scene != "one-mode" || len(r.Runs) != 1 || r.Runs[0].LR != 15 || r.Runs[0].Steps != 5 || r.Runs[0].Status != "step-limit" || len(r.Runs[0].Iterations) != 5 {
		t.Fatalf("report %+v", r)
	}
	for k, it := range r.Runs[0].Iterations {
		for j, want := range append(it.W, it.Loss) {
			if got, err := strconv.ParseFloat(rows[k+1][2+j], 64); err != nil || got != want {
				t.Errorf("row %d, column %d: %v in CSV, %v in JSON", k, j, got, want)
			}
		}
	}
}

func TestTrainEveryOptimizer(t *testing.T) {
	for _, name := range cpu.Optimizers() {
		code, stdout, stderr := losscape(t, "train", "one-mode", "--optimizer", name, "--lr", "0.1", "--steps", "3")
		if code != 0 || stderr != "" || strings.Count(stdout, "Iter") != 3 || strings.Contains(stdout, "nan") {
			t.Errorf("%s: %d, %q, %s", name, code, stdout, stderr)
		}
	}
}

func TestTrainSeveralRunsAndDivergence(t *testing.T) {
	scene := writeScene(t, tiny+"[[run]]\nname = \"wild\"\nlr = 1e300\nl2 = 1e300\nsteps = 4\n")
	scene2 := strings.Replace(tiny, "[film]", "[[run]]\nname = \"wild\"\nlr = 1e300\nl2 = 1e300\nsteps = 4\n[film]", 1)
	if err := os.WriteFile(scene, []byte(scene2), 0o666); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := losscape(t, "train", scene)
	if code != 0 || !strings.Contains(stdout, "Run 0: gd, lr 0.5\nIter 0") || !strings.Contains(stdout, "Run 1: wild, gd, lr 1e+300\nIter 0") ||
		!strings.Contains(stdout, "nan") || !strings.Contains(stderr, "wild, gd, lr 1e+300) diverged at iteration") {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
	if strings.Count(stdout, "Iter") != 5+4 { // 6 frames, the first of which shows the start
		t.Errorf("%d iterations", strings.Count(stdout, "Iter"))
	}
	if _, stdout, _ := losscape(t, "train", scene, "--json"); !json.Valid([]byte(stdout)) || !strings.Contains(stdout, "null") {
		t.Errorf("JSON is %s", stdout)
	}
}

func TestTrainOnDevice(t *testing.T) {
	gputest.Device(t)
	_, want, _ := losscape(t, "train", "one-mode", "--format", "csv")
	code, got, stderr := losscape(t, "train", "one-mode", "--format", "csv", "--backend", "gpu", "--precision", "single")
	if code != 0 || !strings.Contains(stderr, "computing in float32 on ") {
		t.Fatalf("%d, %s", code, stderr)
	}
	a, b := strings.FieldsFunc(got, isSeparator), strings.FieldsFunc(want, isSeparator)
	if len(a) != len(b) || got == want {
		t.Fatalf("%d fields, want %d, of float32 in place of float64", len(a), len(b))
	}
	for i := range a {
		x, errX := strconv.ParseFloat(a[i], 64)
		y, errY := strconv.ParseFloat(b[i], 64)
		if (errX == nil) != (errY == nil) || math.Abs(x-y) > 1e-4 {
			t.Fatalf("field %d is %s, want %s", i, a[i], b[i])
		}
	}
}

func isSeparator(r rune) bool { return r == ',' || r == '\n' }

// readNPY reads a float32 array of two dimensions.
func readNPY(t *testing.T, path string) (rows, cols int, values []float32) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := npy.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	d := r.Header.Descr
	if strings.Trim(d.Type, "'") != "<f4" || d.Fortran || len(d.Shape) < 2 {
		t.Fatalf("header %+v", r.Header)
	}
	if err := r.Read(&values); err != nil {
		t.Fatal(err)
	}
	size := 1
	for _, n := range d.Shape {
		size *= n
	}
	if len(values) != size {
		t.Fatalf("%d values for %v", len(values), d.Shape)
	}
	return d.Shape[0], d.Shape[1], values
}

func TestGrid(t *testing.T) {
	s, err := scenes.Load("one-mode")
	if err != nil {
		t.Fatal(err)
	}
	backends := []string{"cpu"}
	if _, err := os.Stat("/dev/null"); err == nil {
		gputest.Device(t)
		backends = append(backends, "gpu", "auto")
	}
	for _, backend := range backends {
		path := filepath.Join(t.TempDir(), "g.npy")
		code, stdout, stderr := losscape(t, "grid", "one-mode", "-o", path, "--size", "37x29", "--x", "-2:6", "--y=-3:3.5", "--backend", backend)
		if code != 0 || stdout != "" || !strings.Contains(stderr, "computing in float") {
			t.Fatalf("%s: %d, %q, %s", backend, code, stdout, stderr)
		}
		rows, cols, values := readNPY(t, path)
		if rows != 29 || cols != 37 {
			t.Fatalf("%s: shape (%d, %d), want (29, 37)", backend, rows, cols)
		}
		for j := range rows {
			for i := range cols {
				w := []float64{-2 + 8*float64(i)/36, -3 + 6.5*float64(j)/28}
				want := s.Problem.Loss(w)
				if got := float64(values[j*cols+i]); math.Abs(got-want) > 1e-5*want {
					t.Fatalf("%s: row %d, column %d is %v, want %v", backend, j, i, got, want)
				}
			}
		}
		// The data starts at a multiple of 64, as NumPy's own files have it.
		if data, err := os.ReadFile(path); err != nil || (len(data)-4*rows*cols)%64 != 0 {
			t.Errorf("a file of %d bytes, %v", len(data), err)
		}
	}
}

// TestGridFiles wants the files that say what they hold to say it truly.
func TestGridFiles(t *testing.T) {
	serial(t)
	dir := t.TempDir()
	meta := map[string]gridfile.Meta{}
	var loss []float32
	for _, f := range gridfile.Formats() {
		path := filepath.Join(dir, "g"+f.Ending)
		if code, stdout, stderr := losscape(t, "grid", "iris", "-o", path, "--size", "7x5", "--backend", "cpu"); code != 0 || stdout != "" {
			t.Fatalf("%d, %q, %s", code, stdout, stderr)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var text []byte
		switch f.Ending {
		case ".npy":
			_, _, loss = readNPY(t, path)
			continue
		case ".npz":
			z, err := npz.NewReader(bytes.NewReader(b), int64(len(b)))
			if err != nil {
				t.Fatal(err)
			}
			var values []float32
			if err := z.Read("loss.npy", &values); err != nil || !slices.Equal(values, loss) {
				t.Errorf("losses %v, %v", values, err)
			}
			text = []byte(strings.ReplaceAll(string(b), "\x00", "")) // of UTF-32
			text = text[bytes.Index(text, []byte(`{"losscape"`)):]
		case ".nc":
			n, err := netcdf.Open(bytes.NewReader(b), int64(len(b)))
			if err != nil {
				t.Fatal(err)
			}
			values, err := n.Floats(n.Var("loss"))
			for i := range loss {
				if err != nil || values[i] != float64(loss[i]) {
					t.Fatalf("losses %v, %v", values, err)
				}
			}
			s, _ := netcdf.Lookup(n.Attrs, "losscape").(string)
			text = []byte(s)
		case ".vti":
			_, list, _ := strings.Cut(string(b), `Name="metadata" NumberOfTuples="1" format="ascii">`)
			list, _, _ = strings.Cut(list, "<")
			for _, n := range strings.Fields(list) {
				c, err := strconv.Atoi(n)
				if err != nil {
					t.Fatal(err)
				}
				text = append(text, byte(c))
			}
			text = bytes.TrimSuffix(text, []byte{0})
		}
		var m gridfile.Meta
		if err := json.NewDecoder(bytes.NewReader(text)).Decode(&m); err != nil {
			t.Fatalf("%v in %.200s", err, text)
		}
		if !strings.Contains(m.Command, "g"+f.Ending) {
			t.Errorf("command %s", m.Command)
		}
		m.Command = ""
		meta[f.Ending] = m
	}
	s, err := scenes.Load("iris")
	if err != nil {
		t.Fatal(err)
	}
	m := meta[".nc"]
	if !cmp.Equal(m, meta[".npz"]) || !cmp.Equal(m, meta[".vti"]) {
		t.Errorf("the formats differ: %+v", meta)
	}
	if m.Scene != "iris" || m.Title != s.Title || m.SceneTOML != s.Source || m.Samples != s.Problem.N() || !slices.Equal(m.WeightNames, s.WeightNames()) || m.L2 != s.Problem.L2 ||
		m.Of != "loss" || m.Precision != "float32" || m.Backend != "cpu" || m.Device == "" || len(m.DataHash) != 64 || m.Losscape == "" || m.Axes[0].Count != 7 || m.Axes[1].Title == "" {
		t.Errorf("metadata %+v", m)
	}

	t.Cleanup(func() { diskLeft = freeDisk })
	diskLeft = func(string) (uint64, bool) { return 1000, true }
	if code, _, stderr := losscape(t, "grid", "iris", "-o", filepath.Join(dir, "large.vti"), "--size", "20", "--backend", "cpu"); code != exitAgain || !strings.Contains(stderr, "will take at least") {
		t.Errorf("%d, %s", code, stderr)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != len(gridfile.Formats()) {
		t.Errorf("the folder has %v", entries)
	}
}

func TestGridOfGradientAndAccuracy(t *testing.T) {
	s, err := scenes.Load("one-mode")
	if err != nil {
		t.Fatal(err)
	}
	gputest.Device(t)
	for _, backend := range []string{"cpu", "gpu"} {
		dir := t.TempDir()
		gradient, accuracy := filepath.Join(dir, "g.npy"), filepath.Join(dir, "a.npy")
		for of, path := range map[string]string{"gradient": gradient, "accuracy": accuracy} {
			if code, _, stderr := losscape(t, "grid", "one-mode", "-o", path, "--of", of, "--size", "13x11", "--backend", backend); code != 0 {
				t.Fatalf("%s, %s: %d, %s", backend, of, code, stderr)
			}
		}
		rows, cols, g := readNPY(t, gradient)
		_, _, right := readNPY(t, accuracy)
		if rows != 11 || cols != 13 || len(g) != 2*len(right) {
			t.Fatalf("%s: %d x %d, %d gradients and %d accuracies", backend, rows, cols, len(g), len(right))
		}
		for i, got := range right {
			w := []float64{-10 + 20*float64(i%cols)/12, -10 + 20*float64(i/cols)/10}
			if want := s.Problem.Accuracy(w); math.Abs(float64(got)-want) > 1e-6 {
				t.Errorf("%s: accuracy at %v is %v, want %v", backend, w, got, want)
			}
			for k, want := range s.Problem.Gradient(nil, w) {
				if got := float64(g[2*i+k]); math.Abs(got-want) > 1e-5 {
					t.Errorf("%s: derivative %d at %v is %v, want %v", backend, k, w, got, want)
				}
			}
		}
	}
	if code, _, stderr := losscape(t, "grid", "one-mode", "-o", filepath.Join(t.TempDir(), "x.npy"), "--of", "hessian"); code != 2 || !strings.Contains(stderr, "gradient") {
		t.Errorf("%d, %s", code, stderr)
	}
}

func TestRender(t *testing.T) {
	serial(t)
	gputest.Device(t)
	needsFFmpeg(t)
	scene := writeScene(t, tiny)
	for _, backend := range []string{"auto", "cpu", "gpu"} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a.mp4")
		code, stdout, stderr := losscape(t, "render", scene, "-o", path, "--backend", backend, "--size", "181x61", "--frames", "4", "--fps", "10", "--preset", "ultrafast", "--crf", "30")
		if code != 0 || stdout != "" {
			t.Fatalf("%s: %d, %q, %s", backend, code, stdout, stderr)
		}
		for _, want := range []string{"182x62", "4 frames of 181x61", "drawing on"} {
			if !strings.Contains(stderr, want) {
				t.Errorf("%s says %q, want %q in it", backend, stderr, want)
			}
		}
		if out, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=width,height,nb_read_frames,r_frame_rate", "-of", "csv=p=0", path).Output(); err != nil || strings.TrimSpace(string(out)) != "182,62,10/1,4" {
			t.Errorf("%s: ffprobe says %q, %v", backend, out, err)
		}
		os.Remove(path)
		empty(t, dir)
	}
}

func TestRenderStill(t *testing.T) {
	gputest.Device(t)
	scene := writeScene(t, tiny)
	t.Setenv(film.FFmpegEnv, "/nonexistent") // stills need none
	pictures := map[string][]byte{}
	for _, frame := range []string{"0", "5", ""} {
		path := filepath.Join(t.TempDir(), "a.png")
		args := []string{"render", scene, "-o", path, "-q"}
		if frame != "" {
			args = append(args, "--frame", frame)
		}
		code, stdout, stderr := losscape(t, args...)
		if code != 0 || stdout != "" || stderr != "" {
			t.Fatalf("%d, %q, %s", code, stdout, stderr)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if b := img.Bounds(); b.Dx() != 180 || b.Dy() != 60 {
			t.Errorf("the still is %v", b)
		}
		pictures[frame] = data
	}
	if bytes.Equal(pictures["0"], pictures["5"]) || !bytes.Equal(pictures["5"], pictures[""]) {
		t.Error("want frames 0 and 5 to differ, and 5, the last, to be the default")
	}
}

func TestRenderGIFWithoutFFmpeg(t *testing.T) {
	gputest.Device(t)
	t.Setenv(film.FFmpegEnv, "/nonexistent")
	path := filepath.Join(t.TempDir(), "a.gif")
	code, stdout, stderr := losscape(t, "render", writeScene(t, tiny), "-o", path, "--size", "181x61")
	if code != 0 || stdout != "" || strings.Contains(stderr, "even") {
		t.Fatalf("%d, %q, %s", code, stdout, stderr)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	g, err := gif.DecodeAll(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Image) != 6 || g.Config.Width != 181 || g.Config.Height != 61 || g.Delay[0] != 20 {
		t.Errorf("%d frames of %dx%d, delays %v", len(g.Image), g.Config.Width, g.Config.Height, g.Delay)
	}
}

func TestSizesBeyondTheDevice(t *testing.T) {
	d := &gpu.Device{Caps: gpu.Caps{MaxTextureSize: 8192, MaxViewport: [2]int{8192, 4096}, MaxStorageBytes: 32 << 20}}
	for _, c := range []struct {
		w, h  int
		still bool
		want  string // in the error; none if empty
	}{
		{1800, 600, false, ""},
		{8192, 4096, true, ""},
		{8193, 16, true, "limit of 8192x4096"},
		{16, 8193, false, "limit of 8192x4096"},
		{8192, 4096, false, "allows 32 MiB"},
	} {
		err := fits(d, c.w, c.h, c.still)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "--size")) {
			t.Errorf("%dx%d, still %v: %v, want %q", c.w, c.h, c.still, err, c.want)
		}
	}
}

func TestMissingFFmpegIsFoundFirst(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(film.FFmpegEnv, filepath.Join(dir, "ffmpeg"))
	start := time.Now()
	code, _, stderr := losscape(t, "render", "one-mode", "-o", filepath.Join(dir, "a.mp4"))
	if code != exitFailed || !strings.Contains(stderr, film.FFmpegEnv) || strings.Contains(stderr, "computing") {
		t.Errorf("%d, %s", code, stderr)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("it took %v", d)
	}
	empty(t, dir)
}

func TestWithoutGL(t *testing.T) {
	serial(t)
	if runtime.GOOS != "linux" {
		t.Skip("EGL is Linux's")
	}
	dir := t.TempDir()
	still := filepath.Join(dir, "a.png")
	c := withoutGL(process("render", "one-mode", "-o", still))
	out, err := c.CombinedOutput()
	if c.ProcessState.ExitCode() != exitFailed || !strings.Contains(string(out), "apt-get install") {
		t.Errorf("render: %v, %s", err, out)
	}
	out, _ = withoutGL(process("verify")).CombinedOutput()
	if !strings.Contains(string(out), "losscape doctor") {
		t.Errorf("verify says %s", out)
	}
	empty(t, dir)
	c = withoutGL(process("doctor", "--json"))
	report, _ := c.Output()
	var h health
	readReport(t, string(report), "doctor", &h)
	if c.ProcessState.ExitCode() != exitFailed || h.Ready || len(h.Missing) == 0 || h.Missing[0].Install == "" {
		t.Errorf("doctor: %d, %s", c.ProcessState.ExitCode(), report)
	}
	if out, err := withoutGL(process("doctor")).Output(); err == nil || !strings.Contains(string(out), "missing") {
		t.Errorf("doctor: %v, %s", err, out)
	}
	// Numbers need no device, and which backend is taken is said.
	grid := filepath.Join(dir, "g.npy")
	out, err = withoutGL(process("grid", "one-mode", "--size", "8", "-o", grid)).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "float64 on the CPU") {
		t.Errorf("grid: %v, %s", err, out)
	}
	if err := withoutGL(process("train", "one-mode")).Run(); err != nil {
		t.Errorf("train: %v", err)
	}
	if rows, cols, _ := readNPY(t, grid); rows != 8 || cols != 8 {
		t.Errorf("%d x %d", rows, cols)
	}
}

func TestDoctor(t *testing.T) {
	serial(t)
	gputest.Device(t)
	needsFFmpeg(t)
	code, stdout, stderr := losscape(t, "doctor")
	if code != 0 || stderr != "" {
		t.Fatalf("%d, %s", code, stderr)
	}
	for _, want := range []string{"OpenGL", "MiB", "libx264", "libx265", "av1", "works", "display", "render can do its work"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	t.Setenv("PATH", t.TempDir())
	t.Setenv(film.FFmpegEnv, "")
	code, stdout, _ = losscape(t, "doctor")
	if code != exitFailed || !strings.Contains(stdout, "apt-get install ffmpeg") {
		t.Errorf("without ffmpeg: %d\n%s", code, stdout)
	}
}

func TestScenes(t *testing.T) {
	code, stdout, stderr := losscape(t, "scenes")
	if code != 0 || stderr != "" {
		t.Fatalf("%d, %s", code, stderr)
	}
	for _, name := range scenes.Names() {
		if !strings.Contains(stdout, name) {
			t.Errorf("no %s in %s", name, stdout)
		}
		code, text, _ := losscape(t, "scenes", name)
		if code != 0 {
			t.Fatal(code)
		}
		if s, err := scenes.Load(writeScene(t, text)); err != nil || len(s.Runs) == 0 {
			t.Errorf("%s printed is no scene: %v", name, err)
		}
	}
}

func TestVerifyScene(t *testing.T) {
	serial(t)
	gputest.Device(t)
	code, stdout, stderr := losscape(t, "verify", writeScene(t, tiny))
	if code != 0 || !strings.Contains(stdout, "agree with the float64 reference") || !strings.Contains(stdout, "landscape") {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
}

func TestVersionHelpCompletion(t *testing.T) {
	for args, want := range map[string]string{
		"--version":                           "losscape ",
		"help":                                "Exit codes",
		"render --help":                       "--preset",
		"completion bash":                     "__start_losscape",
		"__complete render":                   "one-mode",
		"__complete render one-mode --preset": "",
	} {
		list := strings.Fields(args)
		if list[0] == "__complete" {
			list = append(list, "")
		}
		if code, stdout, _ := losscape(t, list...); code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("%s: %d, %s", args, code, stdout)
		}
	}
}

func TestQuietSaysNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "g.npy")
	if code, stdout, stderr := losscape(t, "grid", "one-mode", "-o", path, "--backend", "cpu", "--quiet"); code != 0 || stdout+stderr != "" {
		t.Errorf("%d, %q, %q", code, stdout, stderr)
	}
}

// broken is a standard output that takes nothing, as on a full disk.
type broken struct{}

var errFull = errors.New("no space left on device")

func (broken) Write([]byte) (int, error) { return 0, errFull }

func TestLostOutputIsAnError(t *testing.T) {
	for _, args := range []string{"scenes", "scenes one-mode", "train one-mode", "train one-mode --format csv", "train one-mode --json"} {
		var log bytes.Buffer
		if code := run(context.Background(), strings.Fields(args), strings.NewReader(""), broken{}, &log); code != exitFailed || !strings.Contains(log.String(), errFull.Error()) {
			t.Errorf("%s: %d, %s", args, code, &log)
		}
	}
}

func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	for _, args := range [][]string{
		{"grid", "one-mode", "-o", filepath.Join(dir, "g.npy"), "--backend", "cpu"},
		{"grid", "one-mode", "-o", filepath.Join(dir, "g.npz"), "--backend", "cpu"},
		{"train", "one-mode"},
	} {
		var log bytes.Buffer
		if code := run(ctx, args, strings.NewReader(""), io.Discard, &log); code != exitInterrupted {
			t.Errorf("%v: %d, %s", args, code, &log)
		}
	}
	empty(t, dir)
}

// TestCtrlC sends the signal to a command at work, at different moments.
func TestCtrlC(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs signals")
	}
	gputest.Device(t)
	needsFFmpeg(t)
	scene := writeScene(t, strings.NewReplacer("steps = 8", "steps = 100000", "frames = 6", "frames = 100000", "size = [180, 60]", "size = [900, 300]").Replace(tiny))
	for _, c := range []struct {
		args []string
		file string
	}{
		{[]string{"render", scene}, "a.mp4"},
		{[]string{"render", scene}, "a.gif"},
		{[]string{"grid", "one-mode", "--size", "2000x60000", "--backend", "cpu"}, "a.vti"},
		{[]string{"grid", "one-mode", "--size", "60000", "--backend", "gpu"}, "a.nc"},
	} {
		signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
		if testing.Short() {
			signals = signals[:1]
		}
		for _, signal := range signals {
			dir := t.TempDir()
			cmd := process(append(c.args, "-o", filepath.Join(dir, c.file))...)
			var log bytes.Buffer
			cmd.Stderr = &log
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			begun := time.Now()
			waitForPart(t, dir, ended)
			start := time.Now()
			cmd.Process.Signal(signal)
			<-ended
			want := exitInterrupted
			if signal == syscall.SIGTERM {
				want = exitTerminated
			}
			if code := cmd.ProcessState.ExitCode(); code != want {
				t.Errorf("%v, %v: exits with %d and says %s", c.args, signal, code, &log)
			}
			t.Logf("%v, %v: at work after %v, stopped after %v", c.args, signal, start.Sub(begun), time.Since(start))
			if d := time.Since(start); d > 10*time.Second {
				t.Errorf("%v, %v: took %v to stop", c.args, signal, d)
			}
			empty(t, dir)
		}
	}
}

// TestInterruptedAnywhere interrupts a film at many moments of its preparation:
// whichever it is, the command ends as interrupted, or done, with no torn file.
func TestInterruptedAnywhere(t *testing.T) {
	gputest.Device(t)
	needsFFmpeg(t)
	scene := writeScene(t, tiny)
	moments := []time.Duration{0, 20, 60, 130}
	if long() {
		moments = []time.Duration{0, 10, 20, 40, 60, 80, 100, 130, 160, 200, 250, 300, 400}
	}
	for _, file := range []string{"a.mp4", "a.gif", "a.png"} {
		for _, after := range moments {
			dir := t.TempDir()
			ctx, cancel := context.WithCancel(context.Background())
			if after == 0 {
				cancel()
			}
			stop := time.AfterFunc(after*time.Millisecond, cancel)
			var stdout, stderr bytes.Buffer
			code := run(ctx, []string{"render", scene, "-o", filepath.Join(dir, file)}, strings.NewReader(""), &stdout, &stderr)
			stop.Stop()
			cancel()
			switch code {
			case exitDone:
			case exitInterrupted:
				empty(t, dir)
			default:
				t.Errorf("%s interrupted after %d ms: exits with %d and says %s", file, after, code, &stderr)
			}
		}
	}
}

// waitForPart waits until a part of the output has been written.
func waitForPart(t *testing.T, dir string, ended chan error) {
	t.Helper()
	for range 12000 {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if info, err := e.Info(); err == nil && info.Size() > 0 {
				return
			}
		}
		select {
		case err := <-ended:
			t.Errorf("it ended by itself: %v", err)
			ended <- err
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
	t.Error("nothing was written in a minute")
}

func TestProgressLines(t *testing.T) {
	var log bytes.Buffer
	a := &app{stderr: &log}
	st := a.stage("frames", "frames")
	st.update(1, 100)
	if log.Len() > 0 {
		t.Errorf("a line at once: %s", &log)
	}
	st.start, st.last = time.Now().Add(-10*time.Second), time.Now().Add(-10*time.Second)
	st.update(20, 100)
	st.update(21, 100)
	st.end(nil)
	st.update(30, 100)
	if got := log.String(); got != "frames: 20 %, 40s left, 20 of 100, 2 frames/s\n" {
		t.Errorf("says %q", got)
	}
}

func TestParse(t *testing.T) {
	if w, h, err := parseSize("size", "12x7", false); err != nil || w != 12 || h != 7 {
		t.Error(w, h, err)
	}
	if w, h, err := parseSize("size", "12", true); err != nil || w != 12 || h != 12 {
		t.Error(w, h, err)
	}
	if lo, hi, err := parseRange("x", "-1e-3:2.5"); err != nil || lo != -1e-3 || hi != 2.5 {
		t.Error(lo, hi, err)
	}
	if w, err := parseWeights("start", "1, -2,3e4"); err != nil || !slices.Equal(w, []float64{1, -2, 3e4}) {
		t.Error(w, err)
	}
	if got := strings.Join([]string{fixed(math.Inf(-1)), fixed(math.Inf(1)), fixed(math.NaN()), fixed(0.12345)}, " "); got != "-inf inf nan 0.1235" {
		t.Error(got)
	}
}
