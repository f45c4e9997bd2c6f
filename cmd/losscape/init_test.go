package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInit writes scenes for data files, which other verbs take as they are.
func TestInit(t *testing.T) {
	t.Chdir(t.TempDir())
	data := "x;klasse\n1,5;a\n2,25;b\n3;a\n4,5;b\n5;b\n"
	if err := os.WriteFile("daten.csv", []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, stderr := losscape(t, "init", "daten.csv")
	if code != exitDone || out != "" {
		t.Fatalf("exit %d, %q, %q", code, out, stderr)
	}
	for _, want := range []string{"daten.csv: 5 rows, 1 feature x", `label: column "klasse"`, `classes: "b" (3 rows) is class 1`, "learning rates: ", "daten.toml is written"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("standard error lacks %q:\n%s", want, stderr)
		}
	}
	text, err := os.ReadFile("daten.toml")
	if err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := losscape(t, "train", "daten.toml", "-q"); code != exitDone || stderr != "" {
		t.Errorf("train: exit %d, %q", code, stderr)
	}
	if code, out, _ := losscape(t, "fit", "daten.toml", "--json"); code != exitDone || !strings.Contains(out, `"separable": "no"`) {
		t.Errorf("fit: exit %d, %s", code, out)
	}

	code, _, stderr = losscape(t, "init", "daten.csv")
	if again, _ := os.ReadFile("daten.toml"); code != exitFailed || !strings.Contains(stderr, "--force") || string(again) != string(text) {
		t.Errorf("over a scene: exit %d, %q", code, stderr)
	}
	if code, _, stderr = losscape(t, "init", "daten.csv", "--force", "-q", "--positive", "a"); code != exitDone || stderr != "" {
		t.Errorf("--force: exit %d, %q", code, stderr)
	}
	if again, _ := os.ReadFile("daten.toml"); !strings.Contains(string(again), "\npositive = \"a\"\n") {
		t.Errorf("--positive is not in %s", again)
	}
	code, out, _ = losscape(t, "init", "builtin:iris.csv", "--features", "petal_width", "-o", "-")
	if _, err := os.Stat("iris.toml"); code != exitDone || !strings.Contains(out, "file = \"builtin:iris.csv\"") || err == nil {
		t.Errorf("-o -: exit %d, %v, %q", code, err, out)
	}
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"", exitUsage, "init needs DATA"}, {"a b", exitUsage, "one data file"}, {"daten.toml", exitUsage, "looks like a scene"},
		{"daten.csv -o x.txt", exitUsage, "ends in .toml"}, {"daten.csv --features x --exclude y", exitUsage, "contradict"},
		{"none.csv", exitFailed, "no such file"}, {"daten.csv -o no/s.toml", exitFailed, "does not exist"}, {". -o x.toml", exitFailed, "unknown kind"},
		{"daten.csv -o x.toml --label z", exitFailed, `no column "z"`}, {"builtin:none.csv -o x.toml", exitFailed, "no built-in data set"},
	} {
		if code, _, stderr := losscape(t, append([]string{"init"}, strings.Fields(c.args)...)...); code != c.code || !strings.Contains(stderr, c.want) {
			t.Errorf("init %s: exit %d, %q, want %d, %q", c.args, code, stderr, c.code, c.want)
		}
	}
	if _, err := os.Stat("x.toml"); err == nil {
		t.Error("a refused scene was written")
	}
}

func TestSchema(t *testing.T) {
	code, out, _ := losscape(t, "scenes", "--schema")
	if code != exitDone || !json.Valid([]byte(out)) || !strings.Contains(out, "https://json-schema.org/draft/2020-12/schema") {
		t.Errorf("exit %d, %.200s", code, out)
	}
	if code, _, _ := losscape(t, "scenes", "iris", "--schema"); code != exitUsage {
		t.Errorf("of one scene: exit %d", code)
	}
}

// TestStabilityWarnings looks at what is said of runs past their limit, and of which scenes.
func TestStabilityWarnings(t *testing.T) {
	const head = "[data]\nfile = \"builtin:mtcars.csv\"\nlabel = \"am\"\nfeatures = [\"wt\"]\n"
	past := filepath.Join(t.TempDir(), "past.toml")
	if err := os.WriteFile(past, []byte(head+"[[run]]\nlr = 2\n[[run]]\nlr = 2.1\n[[run]]\noptimizer = \"momentum\"\nlr = 4\n[[run]]\noptimizer = \"adam\"\nlr = 4\n[ensemble]\nover = [\"lr=0.1:4:40\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const word = "limit of stability"
	for _, c := range []struct {
		args, want string
		lines      int
	}{
		{"train " + past, "2 of 4 runs do not stay at the minimum, as their learning rates are past the limit of stability there: run 1 (gd, lr 2.1: stable below 2.008), run 2 (momentum, lr 4: stable below 3.814)", 2},
		{"train " + past, "20 of 40 runs of the ensemble", 2},
		{"train " + past + " --lr 1", "20 of 40 runs of the ensemble", 1},
		{"train " + past + " --quiet", "", 0},
		{"sweep " + past + " --backend cpu --over lr=1:4:4", "2 of 4 runs of the sweep", 1},
		{"train period-two", "", 0},
		{"train one-mode --lr 20", "1 of 1 runs", 1},
		{"train one-mode --lr 19", "", 0},
	} {
		code, _, stderr := losscape(t, strings.Fields(c.args)...)
		if n := strings.Count(stderr, word); code != exitDone || n != c.lines || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: exit %d, %d lines of %d, %q", c.args, code, n, c.lines, stderr)
		}
	}
}
