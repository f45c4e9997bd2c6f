package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/store"
	"losscape/cpu"
	"losscape/gpu/gputest"
	"losscape/scenes"

	"github.com/pkg/xattr"
)

// fineCuts cut grids and sweeps into small pieces.
var fineCuts = cutting{pieceSeconds: 3e-3, pieceBytes: 3000, fewRuns: 50, fewRunsCPU: 50, mostBlock: 50, blockBytes: defaultCuts.blockBytes, segment: 6}

// cutEnv has a process cut so.
const cutEnv = "LOSSCAPE_TEST_CUT"

// cutFine cuts so until the test ends.
func cutFine(t *testing.T) {
	t.Cleanup(func() { cuts = defaultCuts })
	cuts = fineCuts
}

// inFolder runs commands in a folder, which it returns.
func inFolder(t *testing.T, commands ...string) string {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	for _, c := range commands {
		if code, _, stderr := losscape(t, strings.Fields(c)...); code != exitDone {
			t.Fatalf("%s: exits with %d and says %s", c, code, stderr)
		}
	}
	return dir
}

// sameFiles wants two folders to have the same files.
func sameFiles(t *testing.T, of, got, want string) {
	t.Helper()
	names := func(dir string) (list []string) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			list = append(list, e.Name())
		}
		return list
	}
	if a, b := names(got), names(want); !slices.Equal(a, b) {
		t.Errorf("%s: %q, want %q", of, a, b)
		return
	}
	for _, name := range names(want) {
		a, err := os.ReadFile(filepath.Join(got, name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(want, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s: %s has %d bytes, other than the %d it should have", of, name, len(a), len(b))
		}
	}
}

// TestPieces wants work in one go, in pieces, in parts and gone on with to write the same bytes.
func TestPieces(t *testing.T) {
	scene := writeScene(t, tiny)
	for _, c := range []string{
		"grid SCENE -o a.npy --size 40x90 --backend cpu",
		"grid SCENE -o a.npz --size 40x90 --backend cpu --of gradient",
		"grid SCENE -o a.nc --size 40x90 --backend cpu --precision double",
		"grid SCENE -o a.vti --size 40x90 --backend cpu --of accuracy",
		"sweep SCENE --over lr=0.1:40:20:log --over l2=0,1e-3,1 --over w1=-1:1:4 --backend cpu --exponent -o a.csv",
		"sweep SCENE --over steps=1:300:300 --over l2=0,1 --backend cpu -o a.parquet",
		"sweep SCENE --over lr=0.1:40:120:log --backend cpu --trajectories every=9 --trajectories-of 0,60,119 -o a.npz",
		"sweep SCENE --over lr=0.1:40:20:log --over l2=0:1:6 --backend cpu -o a.nc --map b.png",
		"sweep SCENE --over lr=0.1:40:20:log --over w1=-1:1:6 --backend cpu --map a.svg --map-of exponent --colormap viridis --map-scale rank",
		"sweep SCENE --over momentum=0,0.5,0.9 --over lr=0.1:40:40:log --optimizer momentum --backend cpu -o a.csv --map b.pdf --map-of period --stability=false",
		"sweep SCENE --over lr=0.1:40:120:log --backend cpu --map a.png",
		"grid SCENE -o a.npy --size 100x900 --backend gpu",
		"sweep SCENE --over lr=0.1:40:20:log --over l2=0:1:6 --backend gpu -o a.npz",
	} {
		if strings.Contains(c, "--backend gpu") {
			gputest.Device(t)
		}
		c = strings.ReplaceAll(c, "SCENE", scene)
		whole := inFolder(t, c)
		cutFine(t)
		if strings.HasPrefix(c, "sweep") && strings.Contains(c, "--backend gpu") {
			whole = inFolder(t, c) // by precision auto, neighbours in other blocks do not count
		}
		sameFiles(t, c+" in pieces", inFolder(t, c+" --resume"), whole)
		target, pictures := targetFiles(c)
		parts := inFolder(t, c+" --shard 2/3", c+" --shard=0/3 --resume", c+" --shard 1/3", "merge "+target+pictures)
		sameFiles(t, c+" in parts", parts, whole)
		cuts = defaultCuts
	}
}

// targetFiles returns the target of a command, and what merge has to be told of its picture.
func targetFiles(command string) (target, more string) {
	fields := strings.Fields(command)
	after := func(flag string) string {
		if at := slices.Index(fields, flag); at >= 0 {
			return fields[at+1]
		}
		return ""
	}
	target = after("-o")
	if picture := after("--map"); target == "" {
		target = picture
	} else if picture != "" {
		more = " --map " + picture
	}
	return target, more
}

// TestGoOn interrupts work, damages what it has left, and goes on.
func TestGoOn(t *testing.T) {
	scene := writeScene(t, tiny)
	for _, c := range []string{
		"grid " + scene + " -o a.npy --size 40x90 --backend cpu",
		"sweep " + scene + " --over lr=0.1:40:20:log --over w1=-1:1:15 --backend cpu -o a.npy",
	} {
		if strings.HasPrefix(c, "sweep") {
			c = strings.Replace(c, "a.npy", "a.npz", 1)
		}
		cutFine(t)
		whole := inFolder(t, c)
		dir := inFolder(t, c+" --shard 0/2")
		fields := strings.Fields(c)
		target := fields[slices.Index(fields, "-o")+1]
		part := filepath.Join(dir, store.Dir(target))
		st, err := store.Look(part)
		if err != nil || len(st.Done) < 2 || len(st.Missing) < 2 {
			t.Fatalf("%s: %+v, %v", c, st, err)
		}
		code, _, stderr := losscape(t, fields...)
		if code != exitFailed || !strings.Contains(stderr, "--resume goes on") || !strings.Contains(stderr, "rm -r "+store.Dir(target)) {
			t.Errorf("%s: exits with %d and says %s", c, code, stderr)
		}
		code, _, stderr = losscape(t, "merge", target)
		if code != exitFailed || !strings.Contains(stderr, "lacks") || !strings.Contains(stderr, "losscape "+fields[0]) {
			t.Errorf("merge exits with %d and says %s", code, stderr)
		}
		code, stdout, stderr := losscape(t, "status", target)
		if code != exitDone || !strings.Contains(stdout, "nobody works on it: losscape "+c+" --resume") {
			t.Errorf("status exits with %d and says %s%s", code, stdout, stderr)
		}
		_, stdout, _ = losscape(t, "status", target+".part", "--json")
		var r statusReport
		readReport(t, stdout, "status", &r)
		if r.Pieces != st.Manifest.Pieces || r.Done != len(st.Done) || len(r.Missing) != len(st.Missing) || r.Finished || r.Left == nil {
			t.Errorf("%+v", r)
		}
		// Another scene, and a file that was changed.
		code, _, stderr = losscape(t, append(slices.Clone(fields), "--resume", "--exact")...)
		if code != exitNever || !strings.Contains(stderr, "the settings differ") {
			t.Errorf("exits with %d and says %s", code, stderr)
		}
		piece := filepath.Join(part, fmt.Sprintf("%06d.piece", st.Done[1]))
		b, err := os.ReadFile(piece)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)/2] ^= 4
		os.WriteFile(piece, b, 0o666)
		code, _, stderr = losscape(t, append(slices.Clone(fields), "--resume")...)
		if code != exitDone || !strings.Contains(stderr, piece[len(dir)+1:]+": damaged") || !strings.Contains(stderr, fmt.Sprintf("%d of %d pieces are there", len(st.Done)-1, st.Manifest.Pieces)) {
			t.Errorf("%s: exits with %d and says %s", c, code, stderr)
		}
		sameFiles(t, c, dir, whole)
		code, stdout, _ = losscape(t, "status", target)
		if code != exitDone || !strings.Contains(stdout, "is finished") {
			t.Errorf("status exits with %d and says %s", code, stdout)
		}
		code, _, stderr = losscape(t, "status", "other.npy")
		if code != exitFailed || !strings.Contains(stderr, "no pieces are kept") {
			t.Errorf("status exits with %d and says %s", code, stderr)
		}
		cuts = defaultCuts
	}
}

// TestShardOf reads which part is asked for, from flags and from what runs the process.
func TestShardOf(t *testing.T) {
	scene := writeScene(t, tiny)
	for _, c := range []struct {
		env, flags string
		want       string // part, or the error
	}{
		{"", "--shard 1/3", "part 1/3: "},
		{"", "--shard 3/3", `--shard "3/3", want I/N`},
		{"", "--shard a/3", `--shard "a/3"`},
		{"", "--shards 3", "needs the number of this part"},
		{"", "--shards 0", "want at least 1"},
		{"", "--shard 0/2 --shards 3", "contradict"},
		{"", "--shard 0/1", "part 0/1: "}, // merge writes the file, however many parts there are
		{"SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=5 SLURM_ARRAY_TASK_MAX=8", "", "part 2/4, as SLURM_ARRAY_TASK_ID has it: "},
		{"SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=3 SLURM_ARRAY_TASK_STEP=2", "", "part 2/3, as"},
		{"SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_COUNT=1 SLURM_ARRAY_TASK_MIN=7", "--shards 8", "part 7/8, as"},
		{"SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_COUNT=4", "", "says part 7 of 4"},
		{"SLURM_ARRAY_TASK_ID=x SLURM_ARRAY_TASK_COUNT=4", "", `SLURM_ARRAY_TASK_ID is "x"`},
		{"SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_COUNT=4", "--shard 1/2", "part 1/2: "},
		{"JOB_COMPLETION_INDEX=3", "--shards 4", "part 3/4, as JOB_COMPLETION_INDEX has it: "},
		{"JOB_COMPLETION_INDEX=3", "", ""},
	} {
		t.Run(c.env+" "+c.flags, func(t *testing.T) {
			for v := range strings.FieldsSeq(c.env) {
				name, value, _ := strings.Cut(v, "=")
				t.Setenv(name, value)
			}
			t.Chdir(t.TempDir())
			code, _, stderr := losscape(t, strings.Fields("grid "+scene+" --size 9 --backend cpu -o a.npy "+c.flags)...)
			_, err := os.Stat("a.npy")
			whole := c.want == ""
			if bad := strings.HasPrefix(c.want, "part"); !strings.Contains(stderr, c.want) || (code == exitDone) != (whole || bad) || (err == nil) != whole {
				t.Errorf("exits with %d and says %s, the file: %v", code, stderr, err)
			}
		})
	}
	for args, want := range map[string]string{
		"grid " + scene + " -o - --format npy --resume":                                     "--resume keeps pieces beside a file",
		"sweep " + scene + " --over lr=1,2 --shard 0/2":                                     "--shard keeps pieces beside a file",
		"sweep " + scene + " --over lr=1,2 -o - --resume":                                   "--resume keeps pieces beside a file",
		"sweep " + scene + " --over lr=1,2 -o a.csv --map - --shard 0/2":                    "draws no map",
		"sweep " + scene + " --over lr=1,2 -o a.csv --map b.png --map-of orbit --shard 0/2": "keeps no pieces",
		"sweep " + scene + " --over lr=1,2 --map b.png --map-of orbit --resume":             "keeps no pieces",
		"sweep " + scene + " --over lr=1,2 -o a.csv --json --shard 0/2":                     "has no report",
		"merge":          "needs a FILE",
		"status a b":     "takes one FILE",
		"merge none.npy": "no pieces are kept",
	} {
		code, _, stderr := losscape(t, strings.Fields(args)...)
		if code == exitDone || !strings.Contains(stderr, want) {
			t.Errorf("%s: exits with %d and says %s", args, code, stderr)
		}
	}
}

// TestWithoutParts takes flags out of a command line.
func TestWithoutParts(t *testing.T) {
	for args, want := range map[string]string{
		"sweep a --resume -o b --shard 0/2":       "sweep a -o b",
		"sweep a --shard=0/2 --shards 9 --over x": "sweep a --over x",
		"grid a --resume=true -- --resume":        "grid a -- --resume",
	} {
		if got := strings.Join(withoutParts(strings.Fields(args)), " "); got != want {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
}

// interrupt runs a command in a folder once for each signal, which it gets when there is one more
// piece of its output, and wants it to end as the signal says, or to be done before.
func interrupt(t *testing.T, dir string, args []string, output string, signals ...syscall.Signal) {
	t.Helper()
	codes := map[syscall.Signal]int{syscall.SIGKILL: -1, syscall.SIGTERM: exitTerminated, syscall.SIGINT: exitInterrupted}
	pieces := func() int {
		there, _ := filepath.Glob(filepath.Join(dir, output+".part", "*.piece"))
		return len(there)
	}
	for _, signal := range signals {
		cmd := process(args...)
		cmd.Dir = dir
		cmd.Env = append(cmd.Env, cutEnv+"=1")
		var log bytes.Buffer
		cmd.Stderr = &log
		before := pieces()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for tries := 0; pieces() <= before && tries < 5000; tries++ {
			time.Sleep(2 * time.Millisecond)
		}
		cmd.Process.Signal(signal)
		cmd.Wait()
		want := codes[signal]
		if code := cmd.ProcessState.ExitCode(); code != want && code != exitDone || signal != syscall.SIGKILL && code == want && !strings.Contains(log.String(), "--resume goes on") {
			t.Errorf("%v: exits with %d and says %s", signal, code, &log)
		}
	}
}

// TestKilledWork kills work in pieces, and ends it by signals: it goes on to the same bytes.
func TestKilledWork(t *testing.T) {
	serial(t)
	args := []string{"grid", "one-mode", "-o", "a.npy", "--size", "120x120", "--backend", "cpu", "--resume"}
	whole := inFolder(t, strings.Join(args, " "))
	dir := t.TempDir()
	interrupt(t, dir, args, "a.npy", syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT, syscall.SIGKILL)
	cmd := process(args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Env, cutEnv+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	sameFiles(t, "killed", dir, whole)
}

// TestManifestOfAJob wants what the pieces are put together by to be read as it was written.
func TestManifestOfAJob(t *testing.T) {
	cutFine(t)
	dir := inFolder(t, "sweep one-mode --over lr=0.1,0.3,7 --over seed=1:40:40 --batch 10 --limit +Inf --backend cpu -o a.csv --shard 0/2")
	text, err := os.ReadFile(filepath.Join(dir, "a.csv.part", "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m store.Manifest
	if err := json.Unmarshal(text, &m); err != nil || m.Verb != "sweep" || m.Target != "a.csv" || m.Pieces != 3 || len(m.Data) != 64 || len(m.Scene) != 64 || len(m.Program) != 64 || m.Device != "CPU" {
		t.Errorf("%+v, %v", m, err)
	}
	code, _, stderr := losscape(t, "sweep", "one-mode", "--over", "lr=0.1,0.3,7", "--over", "seed=1:40:40", "--batch", "10", "--limit", "+Inf", "--backend", "cpu", "-o", "a.csv", "--shard", "1/2")
	if code != exitDone {
		t.Errorf("%d: %s", code, stderr)
	}
	if code, _, stderr := losscape(t, "merge", "a.csv.part", "-o", "b.csv"); code != exitDone {
		t.Errorf("merge exits with %d and says %s", code, stderr)
	}
	if _, err := os.Stat("b.csv.json"); err != nil {
		t.Error(err)
	}
}

// TestRunsOfABlock wants blocks that take neither a moment nor hours.
func TestRunsOfABlock(t *testing.T) {
	s, err := scenes.Load("one-mode")
	if err != nil {
		t.Fatal(err)
	}
	device := backend.Info{Kind: backend.GPU, Precision: "auto"}
	for _, c := range []struct {
		by    backend.Info
		steps int
		count uint64
		want  int
	}{
		{device, 20, 1e7, 1 << 20},
		{device, 1000, 1e7, 333000},                 // 10 s, at 0.3 ns for each of 100 samples
		{device, 10000, 1e7, 1 << 16},               // neighbours are compared within a block
		{device, 100000, 1e8, 1 << 16},              // 200 s
		{device, 1000000, 1e6, 1 << 14},             // 500 s, no less for many processors
		{device, 1000000, 1e12, 119210},             // as many blocks as a store takes, at most
		{backend.Reference.Info(), 20, 1e7, 476190}, // 10 s, at 10 ns
		{backend.Reference.Info(), 100000, 1e6, 1 << 8},
	} {
		j := &sweepJob{scene: s}
		j.sweep = cpu.Sweep{Base: s.Runs[0], Over: []cpu.Param{{Name: "lr", Values: make([]float64, 1000)}, {Name: "l2", Values: make([]float64, c.count/1000/1000)}, {Name: "w1", Values: make([]float64, 1000)}}}
		j.sweep.Base.Steps = c.steps
		if runs := j.runsOfABlock(c.by, false); math.Abs(float64(runs)/float64(c.want)-1) > 0.01 {
			t.Errorf("%d runs of %d steps by %s: blocks of %d, want %d", c.count, c.steps, c.by, runs, c.want)
		}
	}
}

// TestFinished goes on with work that is finished: nothing is computed, unless a file is another.
func TestFinished(t *testing.T) {
	cutFine(t)
	scene := writeScene(t, tiny)
	const there = "is there, as this work has written it"
	for _, c := range []struct{ command, target, other string }{
		{"grid " + scene + " -o a.npy --size 40x90 --backend cpu", "a.npy", " --size 41x90"},
		{"sweep " + scene + " --over lr=0.1:40:20:log --over l2=0:1:6 --backend cpu -o a.csv --map a.png --json", "a.csv", " --grad-tol 1e-3"},
	} {
		dir := inFolder(t, c.command+" --resume")
		if _, ok := store.Signed(c.target, store.Manifest{}); ok {
			t.Errorf("%s is of any work", c.target)
		}
		if _, err := xattr.LGet(c.target, "user.losscape.work"); err != nil {
			t.Skipf("%s: %v", dir, err) // such a file system
		}
		again := func(more string) (stdout, stderr string) {
			code, stdout, stderr := losscape(t, strings.Fields(c.command+more)...)
			if code != exitDone {
				t.Fatalf("%s%s exits with %d and says %s", c.command, more, code, stderr)
			}
			return stdout, stderr
		}
		before, err := os.Stat(c.target)
		if err != nil {
			t.Fatal(err)
		}
		report, stderr := again(" --resume")
		if after, err := os.Stat(c.target); err != nil || !os.SameFile(before, after) || !strings.Contains(stderr, there) {
			t.Errorf("%s: %v, and says %s", c.target, err, stderr)
		}
		if strings.Contains(c.command, "--json") {
			if !strings.Contains(report, `"runs": 120,`) || !strings.Contains(report, `"at": {`) {
				t.Errorf("reports %s", report)
			}
			os.Remove("a.png")
			if _, stderr := again(" --resume"); strings.Contains(stderr, there) {
				t.Errorf("without its map, says %s", stderr)
			}
			if _, err := os.Stat("a.png"); err != nil {
				t.Error(err)
			}
		} else if _, stderr := again(" --shard 1/3"); !strings.Contains(stderr, there) {
			t.Errorf("a part says %s", stderr)
		}
		if code, _, stderr := losscape(t, "merge", c.target); code != exitDone || !strings.Contains(stderr, there) {
			t.Errorf("merge exits with %d and says %s", code, stderr)
		}
		if _, stderr := again(c.other + " --resume"); !strings.Contains(stderr, "does not say that it is of this work") {
			t.Errorf("other work says %s", stderr)
		}
		again(" --resume")
		if err := os.WriteFile(c.target, []byte("edited"), 0o666); err != nil {
			t.Fatal(err)
		}
		if code, _, stderr := losscape(t, "merge", c.target); code != exitFailed || !strings.Contains(stderr, "no pieces are kept") {
			t.Errorf("merge beside an edited file exits with %d and says %s", code, stderr)
		}
		if _, stderr := again(" --resume"); strings.Contains(stderr, there) {
			t.Errorf("an edited file says %s", stderr)
		}
		if _, stderr := again(""); strings.Contains(stderr, there) {
			t.Errorf("without --resume, says %s", stderr)
		}
	}
}

// TestLongAxis plans, submits and computes a part of a sweep over a thousand million values of one parameter, in memory that
// does not hold them.
func TestLongAxis(t *testing.T) {
	inFolder(t)
	t.Cleanup(func() { cuts = defaultCuts })
	cuts.leastBlock, cuts.mostBlock = 4000, 4000
	sweep := []string{"sweep", "one-mode", "--over", "lr=0.1:40:1000000000:log", "--steps", "2", "--backend", "cpu", "-o", "runs.parquet"}
	for _, args := range [][]string{
		append([]string{"plan", "--shards", "3", "--"}, sweep...),
		append([]string{"submit", "--slurm", "--shards", "3", "--dry-run", "--"}, sweep...),
		append(sweep, "--shard", "125000/250000"),
		{"status", "runs.parquet"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		code, stdout, stderr := losscape(t, args...)
		runtime.ReadMemStats(&after)
		if code != exitDone {
			t.Fatalf("%v: %d, %s", args, code, stderr)
		}
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 512 {
			t.Errorf("%s takes %d MB", args[0], took)
		}
		if args[0] == "status" && !strings.Contains(stdout, "1 of 250,000 pieces done") {
			t.Errorf("status: %s", stdout)
		}
	}
	if code, _, stderr := losscape(t, "sweep", "one-mode", "--over", "lr=0.1:40:20000000:log", "--map", "m.svg"); code != exitUsage || !strings.Contains(stderr, "--map shows at most 16777216 values") {
		t.Errorf("a map: %d, %s", code, stderr)
	}
}
