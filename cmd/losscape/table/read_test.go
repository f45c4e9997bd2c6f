package table

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"losscape/cpu"
)

// Whole numbers pass through every format exactly, seeds of the base run beyond 2⁵³
// too, and what is no whole number is refused.
func TestReadWhole(t *testing.T) {
	p := problem()
	s := cpu.Sweep{Base: cpu.DefaultRun("gd")}
	s.Base.Start, s.Base.Steps, s.Base.Batch = make([]float64, p.Dim()), 2, 1
	for _, text := range []string{"seed=1:281474976710656:49:log", "seed=9007199254740991,9007199254740992"} {
		axis := param(t, text)
		s.Over, s.Base.Seed = []cpu.Param{axis}, math.MaxUint64
		r, err := p.Sweep(t.Context(), s, cpu.Settings{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		tab := &Table{Result: r, Meta: NewMeta(p, r, cpu.Settings{})}
		for _, f := range []Format{NPZ, Parquet} {
			path := filepath.Join(t.TempDir(), "t"+string(f))
			if err := os.WriteFile(path, write(t, tab, f), 0o666); err != nil {
				t.Fatal(err)
			}
			back, err := Read(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := back.Result.Sweep; !slices.Equal(got.Over[0].Values, axis.Values) || got.Base.Seed != math.MaxUint64 {
				t.Errorf("%s: seeds %v, base %d", f, got.Over[0].Values, got.Base.Seed)
			}
		}
		if !strings.Contains(string(write(t, tab, CSV)), fmt.Sprintf("\n%d,", int64(axis.Values[len(axis.Values)-1]))) {
			t.Errorf("the CSV lacks the last seed")
		}
	}
	r, err := cpu.NewResult(cpu.Sweep{Base: s.Base}, p.Dim(), cpu.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []source{column1{"steps", 1.5}, column1{"steps", -1}, column1{"status", -1}, column1{"status", 7}, column1{"period", 65}, column1{"steps", exactly(1<<53 + 2)}} {
		if err := (&Table{Result: r}).fill(bad); err == nil || !strings.Contains(err.Error(), "want a whole number") {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// column1 is a table of one run that is 0, but for a column.
type column1 struct {
	name  string
	value float64
}

func (column1) meta() ([]byte, error) { return nil, nil }

func (c column1) column(name string) ([]float64, error) {
	if name == c.name {
		return []float64{c.value}, nil
	}
	return []float64{0}, nil
}
