package main

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"losscape/gpu/gputest"
)

// benchFile is a report of bench of a machine with round numbers.
const benchFile = `{"version": 1, "report": "bench", "losscape": "x", "device": "a device", "cpu": "a CPU", "peak_multiply_adds_per_s": 1e12, "rows": [
{"what": "landscape", "shape": "256x256", "samples": 100, "unit": "sample-evaluations/s", "gpu": 1e9, "cpu": 1e6},
{"what": "landscape", "shape": "4096x4096", "samples": 100, "unit": "sample-evaluations/s", "gpu": 4e9, "cpu": 1e6},
{"what": "sweep", "shape": "4096 runs x 100", "samples": 100, "unit": "sample-evaluations/s", "optimizer": "gd", "gpu": 2e9, "cpu": 1e7},
{"what": "sweep", "shape": "4096 runs x 100", "samples": 100, "unit": "sample-evaluations/s", "optimizer": "adam", "gpu": 1, "cpu": 1},
{"what": "sweep", "shape": "4096 runs x 100", "samples": 100, "unit": "sample-evaluations/s", "optimizer": "gd", "precision": "double", "gpu": 5e8},
{"what": "sweep", "shape": "100 runs x 10", "samples": 100000, "unit": "sample-evaluations/s", "optimizer": "gd", "gpu": 1, "cpu": 1}]}`

// TestPlan divides 10^12 runs, and less, among machines of which the report is.
func TestPlan(t *testing.T) {
	serial(t)
	report := filepath.Join(t.TempDir(), "bench.json")
	if err := os.WriteFile(report, []byte(benchFile), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args, command, unit string
		total               uint64
		pieces              int     // 0 for any
		seconds             float64 // of one machine
	}{
		{"--shards 64 --machines 16", "sweep one-mode --over lr=0.1:40:1000000:log --over l2=1e-4:1:1000000:log --steps 200 -o a.parquet", "runs", 1e12, 1e6, 1e12 * 201 * 100 / 2e9},
		{"--shards 3", "sweep one-mode --over lr=0.1:40:100 --steps 9 --backend cpu -o a.csv", "runs", 100, 1, 100 * 10 * 100 / 1e7},
		{"--shards 3 --machines 2", "sweep one-mode --over steps=1:100000 --precision double -o a.npz", "runs", 100000, 0, 100000 * (50000.5 + 1) * 100 / 5e8},
		{"--shards 5 --machines 5", "grid one-mode --size 65536 -o a.npy", "rows", 65536, 0, 65536. * 65536 * 100 / 4e9},
		{"--shards 2", "grid one-mode --size 100x30 -o a.vti", "rows", 30, 1, 3000 * 100 / 1e9},
	} {
		args := append(append([]string{"plan", "--json", "--bench", report}, strings.Fields(c.args)...), "--")
		code, stdout, stderr := losscape(t, append(args, strings.Fields(strings.ReplaceAll(c.command, "steps=1:100000", "steps=1:100000:100000"))...)...)
		if code != exitDone {
			t.Errorf("%s: %d, %s", c.command, code, stderr)
			continue
		}
		var r planReport
		readReport(t, stdout, "plan", &r)
		if r.Unit != c.unit || r.Total != c.total || c.pieces > 0 && r.Pieces != c.pieces || math.Abs(float64(r.OneMachine)/c.seconds-1) > 1e-9 || r.Memory != nil {
			t.Errorf("%s: %d %s in %d pieces, %g s, want %d %s in %d, %g s", c.command, r.Total, r.Unit, r.Pieces, float64(r.OneMachine), c.total, c.unit, c.pieces, c.seconds)
		}
		next, pieces, units, bytes, seconds, longest := 0, 0, uint64(0), uint64(0), 0.0, 0.0
		for _, p := range r.Parts {
			n := p.Last - p.First + 1
			if p.First != next || n < 1 {
				t.Errorf("%s: shards %d to %d follow %d", c.command, p.First, p.Last, next)
			}
			next += n
			pieces += n * p.Pieces
			units += uint64(n) * p.Units
			bytes += uint64(n) * p.Bytes
			seconds += float64(n) * float64(p.Seconds)
			longest = max(longest, float64(p.Seconds))
		}
		if next != r.Shards || pieces != r.Pieces || units != r.Total || bytes != r.PiecesBytes || math.Abs(seconds/c.seconds-1) > 1e-3 {
			t.Errorf("%s: %d shards have %d pieces, %d %s, %d bytes, %g s of %+v", c.command, next, pieces, units, r.Unit, bytes, seconds, r)
		}
		if wall := float64(r.AllMachines); wall < max(longest, seconds/float64(r.Machines))*(1-1e-3) || wall > seconds/float64(r.Machines)+longest {
			t.Errorf("%s: %d machines take %g s, shards %g s in all and %g s at most", c.command, r.Machines, wall, seconds, longest)
		}
		if r.LeastBytes > r.MostBytes || r.MostBytes == 0 {
			t.Errorf("%s: the file has %d to %d bytes", c.command, r.LeastBytes, r.MostBytes)
		}
	}
	code, stdout, stderr := losscape(t, "plan", "--bench", report, "--shards", "2", "--machines", "2", "--", "grid", "one-mode", "--size", "65536", "-o", "a.npy")
	for _, want := range []string{"losscape grid one-mode --size 65536 -o a.npy\n65,536 rows in ", "a device", "0 to 1, each", "\none machine   1.79 min\n2 machines    53.7 s\nmemory        not measured\ndisk          16 GiB of pieces until they are merged, and 16 GiB for the file\nmeasured      landscape 4096x4096 of 100 samples"} {
		if code != exitDone || !strings.Contains(stdout, want) {
			t.Errorf("%d, %s%s\nwants %s", code, stdout, stderr, want)
		}
	}
}

// TestPlanMeasured measures small work.
func TestPlanMeasured(t *testing.T) {
	scene := writeScene(t, tiny)
	for _, args := range []string{"grid SCENE --size 300 -o a.npy", "sweep SCENE --over lr=0.1:40:100 --over l2=0,1 -o a.npz"} {
		code, stdout, stderr := losscape(t, append([]string{"plan", "--json", "--"}, strings.Fields(strings.ReplaceAll(args, "SCENE", scene)+" --backend cpu")...)...)
		if code != exitDone || !strings.Contains(stderr, "measuring: float64 on the CPU") {
			t.Fatalf("%d, %s", code, stderr)
		}
		var r planReport
		readReport(t, stdout, "plan", &r)
		if !(r.OneMachine > 0 && r.OneMachine < 1000) || r.AllMachines != r.Parts[0].Seconds || runtime.GOOS == "linux" && (r.Memory == nil || *r.Memory < 1<<20) || r.Shards != 1 || r.Machines != 1 {
			t.Errorf("%+v", r)
		}
	}
}

// TestPlanFilm measures a film that is in segments.
func TestPlanFilm(t *testing.T) {
	needsFFmpeg(t)
	gputest.Device(t)
	cutFine(t)
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	for _, output := range []string{"a.mp4", "frames/%d.png"} {
		code, stdout, stderr := losscape(t, "plan", "--json", "--shards", "2", "--", "render", writeScene(t, tiny), "--frames", "7", "-o", output)
		if code != exitDone {
			t.Fatalf("%d, %s", code, stderr)
		}
		var r planReport
		readReport(t, stdout, "plan", &r)
		if r.Total != 7 || r.Pieces != 2 || len(r.Parts) != 2 || r.Parts[0].Units != 6 || r.Parts[1].Units != 1 || r.MostBytes == 0 || !(r.OneMachine > 0) || r.Unit != "frames" {
			t.Errorf("%+v", r)
		}
		empty(t, temporary)
	}
}

// TestPlanMachines gives shards of different costs to machines.
func TestPlanMachines(t *testing.T) {
	l := &load{unit: "rows", pieces: 10, held: 5, piece: func(k int) pieceLoad { return pieceLoad{1, 1, 8} }}
	for _, c := range []struct{ shards, machines, all int }{{1, 1, 10 + 2}, {1, 4, 10 + 2}, {2, 2, 5 + 2}, {10, 4, 3 * (1 + 2)}, {20, 20, 1 + 2}, {10, 1, 10 * (1 + 2)}} {
		r := newPlan(l, probe{startup: 2, perCost: 0.75, perPiece: 0.25, memory: 7}, c.shards, c.machines)
		if float64(r.AllMachines) != float64(c.all) || r.OneMachine != 12 || *r.Memory != 12 {
			t.Errorf("%d shards on %d machines take %v s, want %d: %+v", c.shards, c.machines, r.AllMachines, c.all, r)
		}
	}
	for s, want := range map[float64]string{0.5: "0.5 s", 90: "1.5 min", 7200: "2 h", 86400 * 1000: "24,000 h (1e+03 d)", 1e300: "1,000,000,000,000,000,000 h (1.16e+295 d)"} {
		if got := longTime(s); got != want {
			t.Errorf("%g s are %s, want %s", s, got, want)
		}
	}
}

func TestPlanErrors(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	bad, good := write("bad.json", `{"version": 1, "report": "fit"}`), write("good.json", benchFile)
	long := write("long.json", "")
	if err := os.Truncate(long, maxBench+1); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{nil, exitUsage, "plan needs a command behind --, such as losscape plan"},
		{[]string{"grid", "one-mode"}, exitUsage, `is "grid" before`},
		{[]string{"--"}, exitUsage, "needs a command"},
		{[]string{"--", "bench"}, exitUsage, "losscape bench is not computed in shards: want a command of grid"},
		{[]string{"--shards", "0", "--", "grid", "one-mode", "-o", "a.npy"}, exitUsage, "--shards 0"},
		{[]string{"--machines", "0", "--", "grid", "one-mode", "-o", "a.npy"}, exitUsage, "--machines 0"},
		{[]string{"--backend", "cpu", "--", "grid", "one-mode", "-o", "a.npy"}, exitUsage, "--backend is for the command, and belongs behind --"},
		{[]string{"--", "grid", "one-mode", "-o", "a.npy", "--resume"}, exitUsage, "--resume are added"},
		{[]string{"--", "grid", "--", "one-mode"}, exitUsage, "has -- in it"},
		{[]string{"--", "grid", "one-mode", "--help"}, exitUsage, "asks for help"},
		{[]string{"--", "grid", "one-mode", "--sise", "3"}, exitUsage, "unknown flag: --sise"},
		{[]string{"--shards", "2", "--", "grid", "one-mode", "-o", "-"}, exitUsage, "name one with -o"},
		{[]string{"--", "grid", "one-mode", "-o", "-"}, exitUsage, "not into standard output"},
		{[]string{"--", "grid", "no-such-scene", "-o", "a.npy"}, exitUsage, "no-such-scene"},
		{[]string{"--bench", bad, "--", "grid", "one-mode", "-o", "a.npy"}, exitFailed, "bad.json is no report of losscape bench -o"},
		{[]string{"--bench", long, "--", "grid", "one-mode", "-o", "a.npy"}, exitFailed, "long.json has more than 16 MB"},
		{[]string{"--bench", good, "--", "sweep", "one-mode", "--over", "lr=1:2:3", "--exponent", "-o", "a.csv"}, exitFailed, "no figure for such work on the GPU"},
	} {
		code, stdout, stderr := losscape(t, append([]string{"plan"}, c.args...)...)
		if code != c.code || stdout != "" || !strings.Contains(stderr, c.says) || strings.Count(stderr, "\n") > 1 {
			t.Errorf("%q: %d, %s%s, want %d, %s", c.args, code, stdout, stderr, c.code, c.says)
		}
	}
}
