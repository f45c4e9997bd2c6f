package main

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"losscape/gpu/gputest"
)

// TestPrecision has --precision double tell runs apart whose learning rates differ by less
// than float32 holds, and compute what the CPU computes.
func TestPrecision(t *testing.T) {
	if has, err := hasDoubles(t); err != nil || !has {
		t.Skip("no doubles: ", err)
	}
	chaos := []string{"sweep", "one-mode", "--over", "lr=32:32.000000000001:16", "--steps", "400", "--backend", "gpu"}
	distinct := func(precision string) int {
		code, stdout, stderr := losscape(t, append(chaos, "--precision", precision)...)
		if code != exitDone {
			t.Fatal(stderr)
		}
		_, columns, _ := numbersOf(t, stdout)
		return len(slices.Compact(slices.Sorted(slices.Values(columns["w1"]))))
	}
	if single, double := distinct("single"), distinct("double"); single != 1 || double != 16 {
		t.Errorf("16 runs have %d different ends in single precision and %d in double, want 1 and 16", single, double)
	}

	// Both print what the reference does, and say what they compute in.
	steady := []string{"sweep", "one-mode", "--over", "lr=0.1:10:5:log", "--steps", "100"}
	code, reference, _ := losscape(t, append(steady, "--backend", "cpu")...)
	if code != exitDone {
		t.Fatal(code)
	}
	_, want, statuses := numbersOf(t, reference)
	code, stdout, stderr := losscape(t, append(steady, "--backend", "gpu", "--precision", "double")...)
	_, got, ended := numbersOf(t, stdout)
	if code != exitDone || !strings.Contains(stderr, "computing in float64 on ") || !slices.Equal(ended, statuses) {
		t.Errorf("exit %d, %q; %v, reference %v", code, stderr, ended, statuses)
	}
	for _, name := range []string{"w1", "w2", "loss", "best_loss", "steps"} {
		for i, w := range want[name] {
			if math.Abs(got[name][i]-w) > 1e-12*(1+math.Abs(w)) {
				t.Errorf("%s of run %d is %v, reference %v", name, i, got[name][i], w)
			}
		}
	}
	code, _, stderr = losscape(t, "train", "one-mode", "--backend", "gpu", "--precision", "double")
	if code != exitDone || !strings.Contains(stderr, "computing in float64 on ") {
		t.Errorf("train: exit %d, %q", code, stderr)
	}
	// The scene's precision holds, but for the command line's.
	scene := writeScene(t, tiny+"[loss]\nprecision = \"double\"\n")
	for _, c := range []struct{ flags, want string }{{"", "float64 on"}, {"--precision single", "float32 on"}, {"--precision auto", "float32, and float64 where"}} {
		args := append([]string{"train", scene, "--backend", "gpu"}, strings.Fields(c.flags)...)
		if code, _, stderr := losscape(t, args...); code != exitDone || !strings.Contains(stderr, "computing in "+c.want) {
			t.Errorf("%s: exit %d, %q", c.flags, code, stderr)
		}
	}
}

// A grid is float64 in double precision, and in auto where float32 does not tell its
// points apart, whatever computes.
func TestGridPrecision(t *testing.T) {
	if has, err := hasDoubles(t); err != nil || !has {
		t.Skip("no doubles: ", err)
	}
	path := t.TempDir() + "/loss.npy"
	for _, c := range []struct {
		flags  string
		double bool
	}{
		{"--backend gpu --precision double", true},
		{"--backend cpu --precision double", true},
		{"--backend gpu --precision single --x 2:2.00001", false},
		{"--backend gpu --x 2:2.00001", true},
		{"--backend cpu --x 2:2.00001", true},
		{"--backend gpu", false},
		{"--backend cpu", false},
	} {
		code, _, stderr := losscape(t, append([]string{"grid", "one-mode", "-o", path, "--size", "19"}, strings.Fields(c.flags)...)...)
		f, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text, size := "float32 (19, 19)", 4
		if c.double {
			text, size = "float64 (19, 19)", 8
		}
		if code != exitDone || !strings.Contains(stderr, text) || len(f) != 128+size*19*19 || strings.Contains(c.flags, "--x") && c.double != strings.Contains(stderr, "closer than float32 tells apart") {
			t.Errorf("%s: exit %d, %d bytes, %s", c.flags, code, len(f), stderr)
		}
	}
}

// A sweep says which of its runs it has computed again, and of which float32 alone does not
// know the end.
func TestSweepAgain(t *testing.T) {
	if has, err := hasDoubles(t); err != nil || !has {
		t.Skip("no doubles: ", err)
	}
	path := t.TempDir() + "/runs.csv"
	stalls := []string{"sweep", "one-mode", "--over", "lr=19:19.4:12", "--steps", "1000", "--backend", "gpu", "-o", path}
	for _, c := range []struct{ precision, want, column, meta string }{
		{"auto", " of 12 runs again in double: ", ",double,", "runs_in_double"},
		{"single", " of 12 runs may end otherwise in float64: ", ",single,", "runs_in_doubt"},
	} {
		code, _, stderr := losscape(t, append(stalls, "--precision", c.precision)...)
		table, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		meta, err := os.ReadFile(path + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if code != exitDone || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, "gradients near rounding") ||
			!strings.Contains(string(table), c.column) || !strings.Contains(string(meta), c.meta) {
			t.Errorf("%s: exit %d, %s\n%s\n%s", c.precision, code, stderr, table, meta)
		}
	}
	if got := grouped(0) + " " + grouped(999) + " " + grouped(1000) + " " + grouped(1234567); got != "0 999 1,000 1,234,567" {
		t.Error(got)
	}
}

func hasDoubles(t *testing.T) (has bool, err error) {
	d := gputest.Device(t)
	err = d.Do(func() (err error) {
		has, err = d.HasDoubles()
		return err
	})
	return has, err
}

// What --precision cannot mean is wrong usage.
func TestPrecisionUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"sweep", "one-mode", "--over", "lr=1,2", "--precision", "half"}, "want one of: auto, single, double"},
		{[]string{"grid", "one-mode", "-o", "x.npy", "--backend", "cpu", "--precision", "single"}, "no meaning with --backend cpu"},
		{[]string{"train", "one-mode", "--precision", "single"}, "add --backend gpu"},
		{[]string{"verify", "--precision", "double"}, "computes in both"},
		{[]string{"bench", "--precision", "single"}, "computes in both"},
		{[]string{"sweep", "one-mode", "--over", "lr=1,2", "--transient", "3"}, "with --exponent"},
		{[]string{"train", "one-mode", "--transient", "3"}, "with --exponent"},
		{[]string{"train", "one-mode", "--exponent", "--transient", "-3"}, "at least 0"},
		{[]string{"train", "one-mode", "--report", "--format", "csv"}, "leave --format csv out"},
	} {
		if code, _, stderr := losscape(t, c.args...); code != exitUsage || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: exit %d, %q", c.args, code, stderr)
		}
	}
	// The CPU computes in float64 anyway.
	if code, _, stderr := losscape(t, "train", "one-mode", "--precision", "double"); code != exitDone {
		t.Error(stderr)
	}
}
