package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"losscape/cmd/losscape/netcdf"
	"losscape/cmd/losscape/table"
	"losscape/cpu"
	"losscape/gpu/compute"
	"losscape/gpu/gputest"
	"losscape/scenes"
	"losscape/scenes/figure"
	"losscape/scenes/palette"

	"codeberg.org/sbinet/npyio/npz"
	"github.com/parquet-go/parquet-go"
)

// numbersOf returns the columns of a CSV table, the status left out.
func numbersOf(t *testing.T, text string) (names []string, columns map[string][]float64, statuses []string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%v in %q", err, text)
	}
	columns = map[string][]float64{}
	for _, row := range rows[1:] {
		for j, name := range rows[0] {
			if name == "status" {
				statuses = append(statuses, row[j])
				continue
			}
			if name == "precision" && (row[j] == "single" || row[j] == "double") {
				continue
			}
			v, err := strconv.ParseFloat(row[j], 64)
			if err != nil {
				t.Fatal(err)
			}
			columns[name] = append(columns[name], v)
		}
	}
	return rows[0], columns, statuses
}

func TestSweepPrintsWhatTheReferenceComputes(t *testing.T) {
	scene := writeScene(t, tiny)
	code, stdout, stderr := losscape(t, "sweep", scene, "--backend", "cpu", "--over", "lr=0.1:1e4:5:log", "--over", "w2=-1,2", "--l2", "0.01", "--steps", "30", "--start", "0.5,1")
	if code != exitDone || !strings.Contains(stderr, "10 runs in") || !strings.Contains(stderr, "runs/s") {
		t.Fatalf("%d, %s", code, stderr)
	}
	names, got, statuses := numbersOf(t, stdout)
	if h := strings.Join(names, ","); h != "lr,start_w2,w1,w2,loss,best_loss,grad_norm,steps,status,period,precision,accuracy" {
		t.Errorf("columns %s", h)
	}
	s, err := scenes.Load(scene)
	if err != nil {
		t.Fatal(err)
	}
	sweep := cpu.Sweep{Base: s.Runs[0]}
	sweep.Base.L2, sweep.Base.Steps, sweep.Base.Start = 0.01, 30, []float64{0.5, 1}
	for _, o := range []string{"lr=0.1:1e4:5:log", "w2=-1,2"} {
		p, err := cpu.ParseParam(o)
		if err != nil {
			t.Fatal(err)
		}
		sweep.Over = append(sweep.Over, p)
	}
	want, err := s.Problem.Sweep(t.Context(), sweep, cpu.Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want.N() {
		r := sweep.Run(i)
		for name, w := range map[string]float64{"lr": r.LR, "start_w2": r.Start[1], "w1": want.At(i)[0], "w2": want.At(i)[1], "loss": want.Loss[i],
			"best_loss": want.BestLoss[i], "grad_norm": want.GradNorm[i], "steps": float64(want.Steps[i]), "period": float64(want.Period[i]), "accuracy": want.Accuracy[i]} {
			if g := got[name][i]; g != w && !(math.IsNaN(g) && math.IsNaN(w)) {
				t.Errorf("run %d: %s is %v, want %v", i, name, g, w)
			}
		}
		if statuses[i] != want.Status[i].String() {
			t.Errorf("run %d is %s, want %s", i, statuses[i], want.Status[i])
		}
	}
}

// TestSweepIsTrain checks that a run of a sweep is the run that train prints.
func TestSweepIsTrain(t *testing.T) {
	flags := []string{"--lr", "3", "--steps", "12", "--l2", "0.05", "--start", "-1,0.5", "--optimizer", "adam", "--backend", "cpu"}
	_, trained, _ := losscape(t, append([]string{"train", "one-mode", "--all", "--format", "csv"}, flags...)...)
	_, swept, stderr := losscape(t, append([]string{"sweep", "one-mode", "--over", "beta1=0.9", "--grad-tol", "-1"}, flags...)...)
	_, a, _ := numbersOf(t, trained)
	_, b, _ := numbersOf(t, swept)
	for _, name := range []string{"w1", "w2", "loss"} {
		if x, y := a[name][len(a[name])-1], b[name][0]; x != y {
			t.Errorf("%s is %v trained and %v swept; %s", name, x, y, stderr)
		}
	}
}

func TestSweepOnTheDevice(t *testing.T) {
	gputest.Device(t)
	args := []string{"sweep", "one-mode", "--over", "lr=0.1:18:50", "--over", "l2=0.01,0.1", "--steps", "300", "--backend"}
	code, onGPU, stderr := losscape(t, append(args, "gpu")...)
	if code != 0 || !strings.Contains(stderr, "float32") {
		t.Fatalf("%d, %s", code, stderr)
	}
	_, onCPU, _ := losscape(t, append(args, "cpu")...)
	_, a, _ := numbersOf(t, onGPU)
	_, b, _ := numbersOf(t, onCPU)
	for i := range b["loss"] {
		if b["period"][i] == 0 && a["period"][i] == 0 && math.Abs(a["loss"][i]-b["loss"][i]) > 1e-4*b["loss"][i] {
			t.Errorf("run %d (lr %v, l2 %v): loss %v on the device, %v on the CPU", i, b["lr"][i], b["l2"][i], a["loss"][i], b["loss"][i])
		}
	}
}

func TestSweepFiles(t *testing.T) {
	serial(t)
	dir := t.TempDir()
	scene := writeScene(t, strings.Replace(tiny, "lr = 0.5", "name = \"a\"\nlr = 0.5\nsteps = 3\n[[run]]\nname = \"b\"\noptimizer = \"adam\"\nlr = 0.5", 1))
	picture := filepath.Join(dir, "map.PNG")
	for _, ext := range table.Extensions() {
		path := filepath.Join(dir, "out"+ext)
		args := []string{"sweep", scene, "--backend", "cpu", "--over", "lr=0.1:1:8", "--over", "beta2=0.5:0.9:6", "--run", "b", "-o", path, "--map", picture, "--map-of", "best", "--map-scale", "rank"}
		if ext == ".npz" {
			args = append(args, "--trajectories", "every=2", "--trajectories-of", "47,3,3")
		}
		code, stdout, stderr := losscape(t, args...)
		if code != 0 || stdout != "" {
			t.Fatalf("%d, %q, %s", code, stdout, stderr)
		}
		var meta table.Meta
		var text []byte
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		switch ext {
		case ".csv":
			if _, columns, _ := numbersOf(t, string(b)); len(columns["beta2"]) != 48 || columns["beta2"][5] != 0.9 {
				t.Errorf("columns %v", columns)
			}
			if text, err = os.ReadFile(path + ".json"); err != nil {
				t.Fatal(err)
			}
		case ".parquet":
			f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
			if err != nil {
				t.Fatal(err)
			}
			if f.NumRows() != 48 {
				t.Errorf("%d rows", f.NumRows())
			}
			s, _ := f.Lookup("losscape")
			text = []byte(s)
		case ".nc":
			f, err := netcdf.Open(bytes.NewReader(b), int64(len(b)))
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Dims) != 2 || f.Dims[0].Name != "lr" || f.Dims[1].Len != 6 {
				t.Errorf("dimensions %v", f.Dims)
			}
			s, _ := netcdf.Lookup(f.Attrs, "losscape").(string)
			text = []byte(s)
		case ".npz":
			z, err := npz.NewReader(bytes.NewReader(b), int64(len(b)))
			if err != nil {
				t.Fatal(err)
			}
			if h := z.Header("trajectory_w.npy"); h == nil || !slices.Equal(h.Descr.Shape, []int{2, 5, 2}) {
				t.Errorf("trajectories %+v", h)
			}
			var of []int64
			if err := z.Read("trajectory_run.npy", &of); err != nil || !slices.Equal(of, []int64{3, 47}) {
				t.Errorf("trajectories of %v, %v", of, err)
			}
		}
		if text != nil {
			if err := json.Unmarshal(text, &meta); err != nil {
				t.Fatal(err)
			}
			src, _ := os.ReadFile(scene)
			if meta.Scene != "tiny" || meta.SceneTOML != string(src) || meta.Run.Optimizer != "adam" || meta.Backend != "cpu" || *meta.DataSeed != 3 ||
				len(meta.DataHash) != 64 || meta.Losscape == "" || meta.Runs != 48 || !strings.HasPrefix(meta.Command, "losscape sweep ") || !strings.Contains(meta.Command, "beta2=0.5:0.9:6") {
				t.Errorf("metadata %+v", meta)
			}
		}
	}
	f, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if img, err := png.Decode(f); err != nil || img.Bounds().Dx() < 512 {
		t.Errorf("%v", err)
	}
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != "map.PNG out.csv out.csv.json out.nc out.npz out.parquet" {
		t.Errorf("the folder has %s", got)
	}
}

func TestSweepPictures(t *testing.T) {
	serial(t)
	scene := writeScene(t, tiny)
	dir := t.TempDir()
	for _, args := range []string{"--over lr=1:30:90", "--over lr=1:30:20 --over l2=0:1:3 --map-of status", "--over lr=1:30:20 --over l2=0:1:3 --map-of period",
		"--over lr=1:30:20 --map-of steps --map-scale log", "--over batch=1,5 --over seed=0:9:10 --map-of accuracy --colormap cividis"} {
		for _, ending := range endings(mapFormats()) {
			var files [2][]byte
			for i := range files {
				path := filepath.Join(dir, "p"+ending)
				all := append([]string{"sweep", scene, "--backend", "cpu", "--map", path}, strings.Fields(args)...)
				code, stdout, stderr := losscape(t, all...)
				if code != 0 || stdout != "" {
					t.Fatalf("%s: %d, %s", args, code, stderr)
				}
				var err error
				if files[i], err = os.ReadFile(path); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(files[0], files[1]) {
				t.Errorf("%s %s: not the same twice", args, ending)
			}
			begins := map[string]string{".png": "\x89PNG", ".svg": "<", ".pdf": "%PDF-1."}[ending]
			if !bytes.HasPrefix(files[0], []byte(begins)) {
				t.Errorf("%s %s: begins with %q", args, ending, files[0][:8])
			}
		}
	}
}

// TestSweepPixels checks that a PNG has a block of pixels of one colour for each run of a
// map, and is not changed by the way to it.
func TestSweepPixels(t *testing.T) {
	const nx, ny = 200, 3
	s, err := scenes.Load("one-mode")
	if err != nil {
		t.Fatal(err)
	}
	s.Map = scenes.Map{Of: "status", Scale: "auto", Colormap: "viridis"}
	j := &sweepJob{scene: s, picture: "a.png", drawn: ".png"}
	for _, text := range []string{"lr=1:2:200", "l2=0:1:3"} {
		p, err := cpu.ParseParam(text)
		if err != nil {
			t.Fatal(err)
		}
		j.sweep.Over = append(j.sweep.Over, p)
	}
	j.sweep.Base = s.Runs[0]
	r, err := cpu.NewResult(j.sweep, 2, cpu.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.N() {
		r.Status[i] = cpu.Status(i * 7919 % 4)
	}
	var file bytes.Buffer
	if err := j.draw(t.Context(), &file, &table.Table{Result: r}); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&file)
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := figure.NewSheet(s, &j.sweep, r, j.subtitle(), figure.Screen)
	if err != nil {
		t.Fatal(err)
	}
	w, h := j.cells()
	if w/nx < 2 || h/ny < 2 || img.Bounds().Dx() != int(sheet.W) || img.Bounds().Dy() != int(sheet.H) {
		t.Fatalf("runs of %d x %d pixels, a picture of %v, want %v x %v", w, h, img.Bounds(), sheet.W, sheet.H)
	}
	line := int(sheet.Line(figure.AxisWidth)) // the frame may lie over half of itself
	for y := line; y < h-line; y++ {
		for x := line; x < w-line; x++ {
			i := x*nx/w*ny + (h-1-y)*ny/h
			got := color.RGBAModel.Convert(img.At(int(sheet.Plot.X0)+x, int(sheet.Plot.Y0)+y))
			if want := palette.StatusColors[r.Status[i]]; got != want {
				t.Fatalf("pixel %d, %d of the map is %v, run %d is %v", x, y, got, i, want)
			}
		}
	}
}

func TestSweepBadInput(t *testing.T) {
	dir := t.TempDir()
	scene := writeScene(t, tiny)
	out := func(name string) string { return filepath.Join(dir, name) }
	csvFile, npzFile, picture := " -o "+out("a.csv"), " -o "+out("a.npz"), " --map "+out("a.png")
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"sweep", exitUsage, "needs a SCENE"},
		{"sweep tiny", exitUsage, "needs --over"},
		{"sweep tiny --over lr" + csvFile, exitUsage, "parameter=from:to:count"},
		{"sweep tiny --over lr=0:1:9:log" + csvFile, exitUsage, "above 0"},
		{"sweep tiny --over lr=-1:1:9:log" + csvFile, exitUsage, "above 0"},
		{"sweep tiny --over lr=0.1:1:0" + csvFile, exitUsage, "count is 0, want at least 1"},
		{"sweep tiny --over lr=0.1:1:-5" + csvFile, exitUsage, "count is -5"},
		{"sweep tiny --over lr=0.1:1:2.5" + csvFile, exitUsage, "whole number"},
		{"sweep tiny --over lr=0.1:1" + csvFile, exitUsage, "from:to:count"},
		{"sweep tiny --over lr=0.1:1:5:ln" + csvFile, exitUsage, "want log"},
		{"sweep tiny --over lr=0.1:0.1:5" + csvFile, exitUsage, "two ends that differ"},
		{"sweep tiny --over lr=1,two" + csvFile, exitUsage, "finite number"},
		{"sweep tiny --over lr=0:1:9" + csvFile, exitUsage, "learning rate is 0"},
		{"sweep tiny --over rate=1:2:3" + csvFile, exitUsage, "lr, l2, momentum, beta1, beta2, epsilon, batch, seed, steps, w1, w2"},
		{"sweep tiny --over w3=1:2:3" + csvFile, exitUsage, "w1, w2"},
		{"sweep tiny --over momentum=0:1:3" + csvFile, exitUsage, "gd has no momentum"},
		{"sweep tiny --over beta1=0:0.9:3 --optimizer rmsprop" + csvFile, exitUsage, "rmsprop has no beta1"},
		{"sweep tiny --over lr=1:2:3 --momentum 0.5" + csvFile, exitUsage, "--momentum: gd has no momentum"},
		{"sweep tiny --over batch=1:11:11" + csvFile, exitUsage, "the 10 samples"},
		{"sweep tiny --over lr=1:2:3 --batch 11" + csvFile, exitUsage, "--batch: 11 samples"},
		{"sweep tiny --over batch=1:2:5" + csvFile, exitUsage, "whole numbers"},
		{"sweep tiny --over seed=1:5:5" + csvFile, exitUsage, "batch"},
		{"sweep tiny --over lr=1:2:3 --seed 5" + csvFile, exitUsage, "--batch"},
		{"sweep tiny --over lr=1:2:3 --over lr=1:2:3" + csvFile, exitUsage, "twice"},
		{"sweep tiny --over lr=1:2:3 --lr 1" + csvFile, exitUsage, "contradict"},
		{"sweep tiny --over lr=1:2:3 --optimizer sgd" + csvFile, exitUsage, `"gd"`},
		{"sweep tiny --over lr=1:2:3 --steps -1" + csvFile, exitUsage, "--steps"},
		{"sweep tiny --over lr=1:2:3 --start 1" + csvFile, exitUsage, "--start"},
		{"sweep tiny --over lr=1:2:3 --run b" + csvFile, exitUsage, "tiny has: 0"},
		{"sweep tiny --over lr=1:2:300000 --over l2=0:1:300000 --over w1=0:1:300000" + csvFile, exitUsage, "27000000000000000 runs, want at most 9007199254740992"},
		{"sweep tiny --over lr=1:2:9000000000000000" + csvFile, exitUsage, "9000000000000000 values from 1 to 2, which float64 does not tell apart"},
		{"sweep tiny --over lr=1:2:60000 --over l2=0:1:60000 --steps 1000000 --trajectories every=1" + npzFile, exitUsage, "pieces of work, at most 16,777,216 are kept"},
		{"sweep tiny --over lr=1:2:3 -o " + out("none/a.csv"), exitFailed, "mkdir -p"},
		{"sweep tiny --over lr=1:2:3 --map " + out("none/a.png"), exitFailed, "mkdir -p"},
		{"sweep tiny --over lr=1:2:3" + csvFile + " --map " + out("none/a.png"), exitFailed, "mkdir -p"},
		{"sweep tiny --over lr=1:2:3 -o " + out("a.txt"), exitUsage, ".csv, .npz, .parquet or .nc"},
		{"sweep tiny --over lr=1:2:3 -o " + out("a"), exitUsage, ".csv, .npz, .parquet or .nc"},
		{"sweep tiny --over lr=1:2:3 --map " + out("a.jpg"), exitUsage, "ends in .svg, .pdf or .png"},
		{"sweep tiny --over lr=1:2:3 --map-of status", exitUsage, "--map FILE.png"},
		{"sweep tiny --over lr=1:2:3 --over l2=0,1 --over w1=0,1" + picture, exitUsage, "sweep over one or two"},
		{"sweep tiny --over lr=1:2:3 --over l2=0,1 --map-of lots" + picture, exitUsage, "loss, best, gradient, steps, status, period, accuracy, distance"},
		{"sweep tiny --over lr=1:2:3 --over l2=0,1 --map-scale cubic" + picture, exitUsage, "linear, log, rank"},
		{"sweep tiny --over lr=1:2:3 --over l2=0,1 --map-of status --map-scale log" + picture, exitUsage, "no log scale"},
		{"sweep tiny --over lr=1:2:3 --map-scale rank" + picture, exitUsage, "maps of two"},
		{"sweep tiny --over lr=1:2:3 --over l2=0,1 --colormap magma", exitUsage, "--map FILE.png"},
		{"sweep tiny --over lr=1:2:3 --over l2=0,1 --colormap jet" + picture, exitUsage, "viridis, magma"},
		{"sweep tiny --over lr=1:2:3 --colormap magma" + picture, exitUsage, "maps of two"},
		{"sweep tiny --over lr=1:2:3 --over l2=0,1 --map-of period --colormap magma" + picture, exitUsage, "a colour for each"},
		{"sweep tiny --over lr=1:2:20000 --over l2=0,1" + picture, exitUsage, "name an .svg or a .pdf"},
		{"sweep tiny --over lr=1:2:3 --trajectories every=0" + npzFile, exitUsage, "every=N"},
		{"sweep tiny --over lr=1:2:3 --trajectories often" + npzFile, exitUsage, "every=N"},
		{"sweep tiny --over lr=1:2:3 --trajectories every=2" + csvFile, exitUsage, ".npz"},
		{"sweep tiny --over lr=1:2:3 --trajectories-of 1" + csvFile, exitUsage, ".npz"},
		{"sweep tiny --over lr=1:2:3 --trajectories-of 1,3" + npzFile, exitUsage, "are 0 to 2"},
		{"sweep tiny --over lr=1:2:3 --trajectories-of x" + npzFile, exitUsage, "trajectories-of"},
		{"sweep tiny --over lr=1:2:3 --limit 0" + csvFile, exitUsage, "--limit 0"},
		{"sweep tiny --over lr=1:2:3 --max-period 65" + csvFile, exitUsage, "1 to 64"},
		{"sweep tiny --over lr=1:2:3 --grad-tol NaN" + csvFile, exitUsage, "--grad-tol"},
		{"sweep tiny --over lr=1:2:3 --backend cpu --device 0" + csvFile, exitUsage, "leave one"},
		{"bench one-mode", exitUsage, "unknown"},
		{"bench -o " + out("a.txt"), exitUsage, ".json"},
		{"bench -o " + out("none/a.json"), exitFailed, "mkdir -p"},
	} {
		args := strings.Fields(strings.Replace(c.args, "tiny", scene, 1))
		code, stdout, stderr := losscape(t, args...)
		if code != c.code || !strings.Contains(stderr, c.want) || stdout != "" {
			t.Errorf("losscape %s\nexits with %d, want %d, and says %q, want %q in it; prints %q", c.args, code, c.code, stderr, c.want, stdout)
		}
		if n := strings.Count("\n"+stderr, "\nlosscape:"); n != 1 || strings.Contains(stderr, "cpu: ") || strings.Contains(stderr, "chart: ") {
			t.Errorf("losscape %s\nsays %s", c.args, stderr)
		}
		empty(t, dir)
	}
}

func TestSweepNeedsSpace(t *testing.T) {
	dir := t.TempDir()
	scene := writeScene(t, tiny)
	t.Cleanup(func() { memoryLeft, diskLeft = freeMemory, freeDisk })
	memoryLeft = func() (uint64, bool) { return 10 << 10, true }
	code, _, stderr := losscape(t, "sweep", scene, "--over", "lr=1:2:1000", "-o", filepath.Join(dir, "a.csv"))
	if code != exitFailed || !strings.Contains(stderr, "1000 runs take 58.6 KiB of memory, there are 10 KiB") {
		t.Errorf("%d, %s", code, stderr)
	}
	memoryLeft = func() (uint64, bool) { return 0, false }
	diskLeft = func(string) (uint64, bool) { return 900, true }
	for _, name := range []string{"a.csv", "a.npz", "a.parquet"} {
		code, _, stderr := losscape(t, "sweep", scene, "--over", "lr=1:2:1000", "-o", filepath.Join(dir, name))
		if code != exitAgain || !strings.Contains(stderr, "has room for 900 bytes (no space left on device)") || !strings.Contains(stderr, "will take at least") {
			t.Errorf("%d, %s", code, stderr)
		}
	}
	if code, _, stderr := losscape(t, "grid", scene, "--size", "16", "-o", filepath.Join(dir, "a.npy")); code != exitAgain || !strings.Contains(stderr, "will take at least 1 KiB") {
		t.Errorf("%d, %s", code, stderr)
	}
	empty(t, dir)
	// What depends on the numbers is tried.
	diskLeft = func(string) (uint64, bool) { return 60 << 10, true }
	for _, name := range []string{"b.csv", "b.parquet"} {
		path := filepath.Join(dir, name)
		code, _, stderr := losscape(t, "sweep", scene, "--over", "lr=1:2:1000", "-o", path)
		if code != exitDone || !strings.Contains(stderr, "may take up to") {
			t.Errorf("%d, %s", code, stderr)
		}
	}
	if n, known := freeMemory(); known && (n < 1<<20 || n > 1<<50) {
		t.Errorf("%d bytes of memory are left", n)
	}
	if n, known := freeDisk(dir); known && n > 1<<60 {
		t.Errorf("%d bytes of disk are left", n)
	}
}

func TestSweepInterrupted(t *testing.T) {
	dir := t.TempDir()
	for _, backend := range []string{"cpu", "auto"} {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(200*time.Millisecond, cancel)
		var log bytes.Buffer
		start := time.Now()
		code := run(ctx, []string{"sweep", "one-mode", "--backend", backend, "--over", "lr=0.01:30:4096:log", "--steps", "1000000", "--grad-tol", "-1",
			"-o", filepath.Join(dir, "a.csv"), "--map", filepath.Join(dir, "a.png")}, strings.NewReader(""), io.Discard, &log)
		if took := time.Since(start); code != exitInterrupted || took > 10*time.Second {
			t.Errorf("%s: %d after %v, %s", backend, code, took, log.String())
		}
		empty(t, dir)
	}
}

// TestSweepFallsBack checks that auto takes the CPU for what the device cannot
// compute, and says so.
func TestSweepFallsBack(t *testing.T) {
	gputest.Device(t)
	scene := wideScene(t, "")
	code, stdout, stderr := losscape(t, "sweep", scene, "--over", "lr=0.001,0.01", "--steps", "5")
	if code != 0 || !strings.Contains(stderr, "computing in float64 on the CPU") || strings.Count(stdout, "\n") != 3 || !strings.Contains(stdout, fmt.Sprintf(",x%d,bias,loss,", compute.MaxFeatures)) {
		t.Errorf("%d, %s%s", code, stdout, stderr)
	}
	if code, _, stderr := losscape(t, "sweep", scene, "--over", "w4242=1,2"); code != exitUsage || !strings.HasSuffix(stderr, "steps, x0, x1, x2, x3, ... bias\n") {
		t.Errorf("w4242: %d, %s", code, stderr)
	}
	if code, _, stderr := losscape(t, "sweep", scene, "--over", "lr=0.001,0.01", "--steps", "5", "--backend", "gpu"); code != exitFailed {
		t.Errorf("--backend gpu: %d, %s", code, stderr)
	}
}

// TestSweepDistance takes a derived quantity through everything that shows quantities:
// the formats, which are read back, a chart, and the map of a scene.
func TestSweepDistance(t *testing.T) {
	serial(t)
	gputest.Device(t)
	dir := t.TempDir()
	text := strings.Replace(tiny, "frames = 6", "frames = 6\npanels = [\"map\", \"loss\"]", 1)
	scene := writeScene(t, text+"\n[map]\nover = [\"lr=0.1:100:12:log\", \"l2=0.001:1:8:log\"]\nof = \"distance\"\n")
	var onCPU []float64
	for _, backend := range []string{"cpu", "gpu"} {
		args := []string{"sweep", "one-mode", "--backend", backend, "--over", "l2=0.01,0.1,1", "--over", "lr=0.1,1,1e6", "--steps", "200", "--with", "distance"}
		_, stdout, stderr := losscape(t, args...)
		names, columns, _ := numbersOf(t, stdout)
		got := columns["distance"]
		if len(got) != 9 || names[len(names)-1] != "distance" {
			t.Fatalf("%s: %v, %s", backend, names, stderr)
		}
		if backend == "cpu" {
			onCPU = got
		}
		for i, d := range got {
			if want := onCPU[i]; !(math.Abs(d-want) <= 1e-4*(1+want)) && !math.IsNaN(want) {
				t.Errorf("%s: run %d is %v from the minimum, want %v", backend, i, d, want)
			}
			if lr := columns["lr"][i]; lr == 1 && !(d < 0.2) {
				t.Errorf("%s: run %d is %v from the minimum", backend, i, d)
			}
		}
		for _, ext := range []string{".npz", ".parquet"} {
			file := filepath.Join(dir, backend+ext)
			if code, _, stderr := losscape(t, append(args, "-o", file)...); code != 0 {
				t.Fatal(stderr)
			}
			read, err := table.Read(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := read.Result.Derived["distance"]; fmt.Sprint(d) != fmt.Sprint(got) {
				t.Errorf("%s%s: %v, want %v", backend, ext, d, got)
			}
		}
		picture := filepath.Join(dir, backend+".png")
		if code, _, stderr := losscape(t, append(args[:len(args)-2:len(args)-2], "--map", picture, "--map-of", "distance")...); code != 0 {
			t.Error(stderr)
		}
		if code, _, stderr := losscape(t, "render", scene, "-o", picture, "--backend", backend, "--size", "360x180"); code != 0 {
			t.Error(stderr)
		}
	}
	if code, _, stderr := losscape(t, "sweep", "one-mode", "--over", "lr=1,2", "--with", "los"); code != exitUsage || !strings.Contains(stderr, `--with "los", want some of: distance`) {
		t.Error(code, stderr)
	}
}

func TestSweepToATerminal(t *testing.T) {
	scene := writeScene(t, tiny)
	for rows, want := range map[int]bool{terminalRows: true, terminalRows + 1: false} {
		var out, log bytes.Buffer
		a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &log, terminal: true}
		root := a.root()
		root.SetArgs([]string{"sweep", scene, "--backend", "cpu", "--over", fmt.Sprintf("lr=0.1:1:%d", rows)})
		err := root.ExecuteContext(t.Context())
		if usage := (usageError{}); (err == nil) != want || err != nil && (!errors.As(err, &usage) || out.Len() > 0) {
			t.Errorf("%d rows: %v", rows, err)
		}
	}
}

func TestSweepCompletion(t *testing.T) {
	for args, want := range map[string][]string{
		"sweep|one-mode|--over|":                    {"lr=", "steps=", "w1=", "w2="},
		"sweep|one-mode|--optimizer|adam|--over|be": {"beta1=", "beta2="},
		"sweep|one-mode|--map-of|":                  {"status", "period", "accuracy"},
		"sweep|one-mode|--map-scale|":               {"rank"},
		"sweep|one-mode|--colormap|":                {"viridis", "cividis"},
		"sweep|one-mode|--run|":                     {"0"},
		"sweep|":                                    {"one-mode"},
	} {
		_, stdout, _ := losscape(t, append([]string{"__complete"}, strings.Split(args, "|")...)...)
		for _, w := range want {
			if !slices.Contains(strings.Split(stdout, "\n"), w) {
				t.Errorf("%s offers %q, want %s in it", args, stdout, w)
			}
		}
		if strings.Contains(args, "--over") && strings.Contains(stdout, "momentum=") {
			t.Errorf("%s offers %q", args, stdout)
		}
	}
}

func TestCommandLine(t *testing.T) {
	if got := commandLine([]string{"sweep", "a b.toml", "--over", "lr=1:2:3", "it's", ""}); got != `losscape sweep 'a b.toml' --over lr=1:2:3 'it'\''s' ''` {
		t.Error(got)
	}
}

func TestBench(t *testing.T) {
	serial(t)
	defer func(pace benchPace) { quickPace = pace }(quickPace)
	quickPace = benchPace{}
	path := filepath.Join(t.TempDir(), "b.json")
	code, stdout, stderr := losscape(t, "bench", "--quick", "--json", "-o", path)
	if code != 0 {
		t.Fatalf("%d, %s", code, stderr)
	}
	file, err := os.ReadFile(path)
	if err != nil || string(file) != stdout {
		t.Errorf("the file differs from what was printed: %v", err)
	}
	var r benchReport
	readReport(t, stdout, "bench", &r)
	what := map[string]int{}
	for _, b := range r.Rows {
		what[b.What]++
		if b.What != "draw" && b.What != "map" && !(b.CPU > 0) || r.Device != "" && !(b.GPU > 0) || b.Share > 2 {
			t.Errorf("%+v", b)
		}
		if b.Ratio > 0 && math.Abs(float64(b.Ratio/(b.GPU/b.CPU)-1)) > 1e-9 {
			t.Errorf("ratio %+v", b)
		}
	}
	if what["landscape"] < 2 || what["sweep"] < 2 || r.Device != "" && (what["draw"] < 1 || what["map"] != 2 || !(r.Peak > 0)) {
		t.Errorf("measured %v, peak %g", what, r.Peak)
	}
	if code, stdout, stderr := losscape(t, "bench", "--quick", "--backend", "cpu"); code != 0 || !strings.Contains(stdout, "GPU: none") || strings.Contains(stdout, "draw") {
		t.Errorf("%d, %s, %s", code, stdout, stderr)
	}
}

func TestRates(t *testing.T) {
	for x, want := range map[float64]string{0: "", 1.5: "1.50", 999: "999", 1000: "1.00 k", 12345: "12.3 k", 9.996e9: "10.0 G", 4.2e12: "4.20 T"} {
		if got := rate(number(x)); got != want {
			t.Errorf("%v is written %q, want %q", x, got, want)
		}
	}
	if m := median([]float64{5, 1, 3}); m != 3 {
		t.Error(m)
	}
	if m := median([]float64{4, 1, 3, 2}); m != 2.5 {
		t.Error(m)
	}
}
