package table

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"losscape/cpu"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestRead(t *testing.T) {
	tab := sweep(t)
	dir := t.TempDir()
	for _, f := range []Format{NPZ, Parquet} {
		path := filepath.Join(dir, "runs"+string(f))
		if err := os.WriteFile(path, write(t, tab, f), 0o666); err != nil {
			t.Fatal(err)
		}
		got, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(tab.Result, got.Result, cmpopts.EquateNaNs(), cmpopts.IgnoreFields(cpu.Result{}, "Trajectories", "Stats")); d != "" {
			t.Errorf("%s (-want +got):\n%s", f, d)
		}
		if d := cmp.Diff(tab.Meta, got.Meta); d != "" {
			t.Errorf("%s (-want +got):\n%s", f, d)
		}
		if got.Result.Stats.Runs != tab.Result.Stats.Runs {
			t.Errorf("%s: runs %v, want %v", f, got.Result.Stats.Runs, tab.Result.Stats.Runs)
		}
	}
}

func TestReadErrors(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"none.npz": "", "none.parquet": "nothing", "runs.csv": "lr,loss\n", "runs.txt": "",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), ".npz") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read(filepath.Join(dir, "gone.npz")); !os.IsNotExist(err) {
		t.Error(err)
	}
	// A table that is cut off somewhere.
	b := write(t, sweep(t), Parquet)
	path := filepath.Join(dir, "cut.parquet")
	if err := os.WriteFile(path, b[:len(b)/2], 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil {
		t.Error("a table that is cut off is read")
	}
}
