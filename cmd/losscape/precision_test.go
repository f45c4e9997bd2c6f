package main

import (
	"math"
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
	file := t.TempDir() + "/loss.npy"
	code, _, stderr = losscape(t, "grid", "one-mode", "-o", file, "--size", "9", "--backend", "gpu", "--precision", "double")
	if _, _, values := readNPY(t, file); code != exitDone || len(values) != 81 || !strings.Contains(stderr, "computing in float64 on ") {
		t.Errorf("grid: exit %d, %d values, %q", code, len(values), stderr)
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
