package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"losscape/cmd/losscape/store"
	"losscape/cpu"
	"losscape/scenes"
)

// mapScene is a scene with a data file of its own.
const mapScene = `
[data]
file = "points.csv"
label = "y"
positive = "1"
negative = "0"

[[run]]
steps = 40
`

// mapSweep is a sweep with a map, of a scene in the folder of the test.
const mapSweep = "sweep points.toml --over lr=0.1:40:20:log --over l2=0:1:6 --backend cpu -o a.csv"

// inParts has a command compute in two parts in a folder with mapScene and its data.
func inParts(t *testing.T, command string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{"points.toml": mapScene, "points.csv": "x,y\n-2,0\n-1,1\n0.5,0\n1,1\n2,1\n"} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(command, "--map") { // for the bytes
		succeed(t, command+" --map whole.png --map-of status")
		os.Remove("a.csv")
		os.Remove("a.csv.json")
	}
	succeed(t, command+" --shard 1/2")
	succeed(t, command+" --shard 0/2")
}

// succeed runs a command, and returns what it says.
func succeed(t *testing.T, command string) string {
	t.Helper()
	code, _, stderr := losscape(t, strings.Fields(command)...)
	if code != exitDone {
		t.Fatalf("%s: exits with %d and says %s", command, code, stderr)
	}
	return stderr
}

// refused wants a command to end with a code and a line that says why.
func refused(t *testing.T, command string, want int, says string) {
	t.Helper()
	code, _, stderr := losscape(t, append([]string{"-q"}, strings.Fields(command)...)...)
	if code != want || !strings.Contains(stderr, says) || strings.Count(stderr, "\n") != 1 {
		t.Errorf("%s: exits with %d and says %s, want %d and %s", command, code, stderr, want, says)
	}
}

// sameBytes wants two files to be the same.
func sameBytes(t *testing.T, got, want string) {
	t.Helper()
	a, err := os.ReadFile(got)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(want)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Errorf("%s has %d bytes, other than the %d of %s", got, len(a), len(b), want)
	}
}

// listing returns what is in the folder of the test.
func listing(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("*")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestMergeMap draws the map of parts: as merge says, or as the parts were asked to, from the scene as it
// was when they were computed.
func TestMergeMap(t *testing.T) {
	cutFine(t)
	inParts(t, mapSweep)
	refused(t, "merge a.csv --map b.jpg", exitUsage, "ends in")
	refused(t, "merge a.csv --map-of status", exitUsage, "--map-of=status says how to draw: name the picture too")
	refused(t, "merge a.csv --map b.png --map-of orbit", exitUsage, "--map-of: unknown quantity")
	refused(t, "merge a.csv --map b.png --map-of distance", exitUsage, "--map-of distance: the pieces in a.csv.part have none")
	refused(t, "merge a.csv --map b.png --map-of status --colormap magma", exitUsage, "a colour for each")
	if names := listing(t); slices.Contains(names, "b.png") || slices.Contains(names, "a.csv") {
		t.Errorf("%q are there", names)
	}
	os.Remove("points.toml") // its text is with the pieces
	succeed(t, "merge a.csv --map b.png --map-of status")
	sameBytes(t, "b.png", "whole.png")
	if _, err := os.Stat("a.csv.part"); !os.IsNotExist(err) {
		t.Error(err)
	}

	// Parts that were asked for a map: merge draws what they say, or says how to have it drawn.
	inParts(t, mapSweep)
	os.RemoveAll("a.csv.part")
	for _, part := range []string{"0/2", "1/2"} {
		if said := succeed(t, mapSweep+" --map b.png --map-of status --shard "+part); !strings.Contains(said, "losscape merge a.csv --map b.png --map-of=status writes") {
			t.Errorf("it says %s", said)
		}
	}
	if _, said, _ := losscape(t, "status", "a.csv"); !strings.Contains(said, "losscape merge a.csv --map FILE.png writes it") {
		t.Errorf("status says %s", said)
	}
	if said := succeed(t, "merge a.csv"); !strings.Contains(said, "a.csv.part is kept: losscape merge a.csv --map FILE.png draws the map") {
		t.Errorf("merge says %s", said)
	}
	if names := listing(t); slices.Contains(names, "b.png") || !slices.Contains(names, "a.csv") {
		t.Errorf("%q are there", names)
	}
	succeed(t, "merge a.csv --map b.png")
	sameBytes(t, "b.png", "whole.png")
}

// TestMergeMapOfOtherData wants a map of other data than those that were computed to be refused.
func TestMergeMapOfOtherData(t *testing.T) {
	cutFine(t)
	inParts(t, mapSweep)
	whole := listing(t)
	if err := os.WriteFile("points.csv", []byte("x,y\n-2,0\n-1,1\n0.5,0\n1,1\n3,1\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	refused(t, "merge a.csv -o b.csv --map b.png", exitNever, "the data of")
	os.Remove("points.csv")
	refused(t, "merge a.csv -o b.csv --map b.png", exitFailed, "a map needs the scene with its data")
	if names := listing(t); len(names) != len(whole)-1 {
		t.Errorf("%q are there, were %q", names, whole)
	}
	succeed(t, "merge a.csv -o b.csv")
}

// TestMapAlone keeps the pieces of a map without a table beside it.
func TestMapAlone(t *testing.T) {
	cutFine(t)
	const command = "sweep points.toml --over lr=0.1:40:20:log --over l2=0:1:6 --backend cpu --map m.png --map-of period"
	inParts(t, command)
	succeed(t, command+" --resume")
	succeed(t, strings.Replace(command, "m.png", "n.png", 1)+" --shard 0/2")
	succeed(t, strings.Replace(command, "m.png", "n.png", 1)+" --shard 1/2")
	succeed(t, "merge n.png -o table.csv --map n.svg --map-of period")
	want := []string{"m.png", "n.svg", "points.csv", "points.toml", "table.csv", "table.csv.json"}
	if names := listing(t); !slices.Equal(names, want) {
		t.Errorf("%q are there, want %q", names, want)
	}
	cuts = defaultCuts
	succeed(t, strings.Replace(command, "m.png", "whole.png", 1))
	succeed(t, strings.Replace(command, "m.png", "whole.svg", 1))
	sameBytes(t, "m.png", "whole.png")
	sameBytes(t, "n.svg", "whole.svg")
	cutFine(t)
	os.Remove("m.png")
	succeed(t, command+" --shard 0/2")
	succeed(t, command+" --shard 1/2")
	succeed(t, "merge m.png --map-of=period")
	sameBytes(t, "m.png", "whole.png")

	// A finished map is no map that is drawn otherwise.
	other := strings.Replace(command, "period", "steps", 1)
	succeed(t, other+" --resume")
	cuts = defaultCuts
	succeed(t, strings.Replace(other, "m.png", "other.png", 1))
	sameBytes(t, "m.png", "other.png")
}

// TestMergeWritesWhereTold has a manifest name files to write: merge writes those of its command line alone.
func TestMergeWritesWhereTold(t *testing.T) {
	cutFine(t)
	inParts(t, mapSweep)
	path := filepath.Join("a.csv.part", "manifest.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var m store.Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	scene, err := filepath.Abs("points.toml")
	if err != nil {
		t.Fatal(err)
	}
	evil, err := filepath.Abs("evil")
	if err != nil {
		t.Fatal(err)
	}
	m.Target, m.Command = evil+".csv", "losscape sweep points.toml -o "+evil+".csv --map "+evil+".png"
	if m.Notes, err = json.Marshal(map[string]any{"scene_file": scene, "picture": evil + ".png", "output": evil + ".csv",
		"map": map[string]any{"of": "loss", "scale": "auto", "colormap": "auto", "stability": true, "map": evil + ".png", "picture": evil + ".png"}}); err != nil {
		t.Fatal(err)
	}
	if text, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	succeed(t, "merge a.csv")
	succeed(t, "merge a.csv --map b.png")
	want := []string{"a.csv", "a.csv.json", "b.png", "points.csv", "points.toml", "whole.png"}
	if names := listing(t); !slices.Equal(names, want) {
		t.Errorf("%q are there, want %q", names, want)
	}
	inFolder(t, "grid one-mode --size 9x40 --backend cpu -o g.npy --shard 0/2")
	succeed(t, "grid one-mode --size 9x40 --backend cpu -o g.npy --shard 1/2")
	refused(t, "merge g.npy --map b.png", exitUsage, "are for sweeps")
	succeed(t, "merge g.npy")
}

// TestSubmitMap has the shards of a sweep leave its map to the job that merges them.
func TestSubmitMap(t *testing.T) {
	t.Chdir(t.TempDir())
	const shards = "submit --slurm --dry-run --shards 3 -- sweep one-mode --over lr=1:2:9 --over l2=0:1:9 "
	for more, want := range map[string][2]string{
		"-o runs.parquet --map m.png --map-of status": {" -o runs.parquet --map m.png --map-of status --shard \"$SLURM_ARRAY_TASK_ID/3\" --resume &", " merge runs.parquet --map m.png --map-of=status &"},
		"--map m.png --colormap magma":                {" --map m.png --colormap magma --shard \"$SLURM_ARRAY_TASK_ID/3\" --resume &", " merge m.png --colormap=magma &"},
		"-o runs.parquet":                             {" -o runs.parquet --shard \"$SLURM_ARRAY_TASK_ID/3\" --resume &", " merge runs.parquet &"},
	} {
		code, scripts, stderr := losscape(t, strings.Fields(shards+more)...)
		if code != exitDone || !strings.Contains(scripts, want[0]) || !strings.Contains(scripts, want[1]) {
			t.Errorf("%s: %d, %s%s", more, code, scripts, stderr)
		}
	}
	code, manifest, stderr := losscape(t, strings.Fields("submit --k8s --image x --claim y --shards 3 -- sweep one-mode --over lr=1:2:9 --over l2=0:1:9 -o runs.parquet --map m.png")...)
	if code != exitDone || strings.Count(manifest, "m.png") < 2 || !strings.Contains(manifest, "- merge\n") {
		t.Errorf("%d, %s%s", code, manifest, stderr)
	}
	refused(t, shards+"-o runs.parquet --map -", exitUsage, "draws no map")
	refused(t, "submit --k8s --image x --claim y --shards 3 -- sweep one-mode --over lr=1:2:9 --over l2=0:1:9 -o runs.parquet --map /m.png", exitUsage, "the pods do not see /m.png")
}

// TestMapMemory wants a map that is drawn from pieces to need no more memory than itself, and its part none of it.
func TestMapMemory(t *testing.T) {
	s, err := scenes.Load("one-mode")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { memoryLeft = freeMemory })
	side := make([]float64, 10_000)
	for _, c := range []struct {
		j    sweepJob
		need uint64 // MiB
	}{
		{sweepJob{picture: "a.png"}, 809},
		{sweepJob{picture: "a.png", output: "a.npz"}, 809},
		{sweepJob{picture: "a.svg", output: "a.npz"}, 762},
		{sweepJob{picture: "a.png", output: "a.npz", parts: pieceFlags{of: 2}}, 0},
	} {
		c.j.scene, c.j.drawn = s, filepath.Ext(c.j.picture)
		c.j.sweep = cpu.Sweep{Base: s.Runs[0], Over: []cpu.Param{{Name: "lr", Values: side}, {Name: "l2", Values: side}}}
		c.need += uint64(cuts.blockBytes) >> 20
		for have, fits := range map[uint64]bool{c.need - 1: false, c.need + 2: true} {
			memoryLeft = func() (uint64, bool) { return have << 20, true }
			if err := c.j.fitsMemory(); (err == nil) != fits {
				t.Errorf("%s with %d MiB: %v", c.j.picture, have, err)
			}
		}
	}
}
