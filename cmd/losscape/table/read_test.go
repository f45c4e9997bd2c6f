package table

import (
	"archive/zip"
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"losscape/cmd/losscape/meta"
	"losscape/cpu"

	"gonum.org/v1/gonum/mat"
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
		tab := &Table{Result: r, Meta: NewMeta(p, r.Sweep, cpu.Settings{}, Summarize(r).Counts)}
		for _, f := range []Format{NPZ, Parquet, NetCDF} {
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

// A table of before there was a column precision says it in its metadata.
func TestReadPrecision(t *testing.T) {
	s := cpu.Sweep{Base: cpu.DefaultRun("gd")}
	for _, c := range []struct {
		all  string
		src  source
		want cpu.Precision
	}{
		{"float32", column1{"steps", 1}, cpu.Float32},
		{"float64", column1{"steps", 1}, cpu.Float64},
		{"auto", column1{"precision", 1}, cpu.Float32},
		{"float32", column1{"precision", 0}, cpu.Float64},
	} {
		r, err := cpu.NewResult(s, 2, cpu.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		if err := (&Table{Result: r, Meta: Meta{Source: meta.Source{Precision: c.all}}}).fill(c.src); err != nil || r.Precision[0] != c.want {
			t.Errorf("%+v: %v, %v", c, r.Precision[0], err)
		}
		if err := (&Table{Result: r}).fill(column1{"precision", 2}); err == nil || !strings.Contains(err.Error(), "want single or double") {
			t.Error(err)
		}
	}
}

// column1 is a table of one run that is 0, but for a column.
type column1 struct {
	name  string
	value float64
}

func (column1) meta() ([]byte, error) { return nil, nil }

func (c column1) has(name string) bool { return name == c.name }

func (c column1) column(name string, _ int) ([]float64, error) {
	if name == c.name {
		return []float64{c.value}, nil
	}
	return []float64{0}, nil
}

// TestNamedWeights writes weights by their names in every format and reads them back.
// A name that a format cannot hold leaves its weight at w1, w2, ...
func TestNamedWeights(t *testing.T) {
	p := &cpu.Problem{X: mat.NewDense(2, 4, []float64{-2, 1, 3, 1, 1, -1, 0, 2}), Y: []float64{0, 1}}
	base := cpu.DefaultRun("gd")
	base.Start, base.Steps, base.LR = make([]float64, p.Dim()), 3, 0.5
	s := cpu.Sweep{Base: base, Over: []cpu.Param{param(t, "w1=-1,2"), param(t, "lr=0.1:1:3"), param(t, "w2=0,1")}}
	r, err := p.Sweep(t.Context(), s, cpu.Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	tab := &Table{Result: r, Meta: NewMeta(p, r.Sweep, cpu.Settings{}, Summarize(r).Counts)}
	tab.Meta.NameWeights([]string{"Länge (cm)", "a,b", "metadata", "x/y", "bias"})
	for _, f := range []Format{CSV, NPZ, Parquet, NetCDF} {
		text := write(t, tab, f)
		if f == CSV {
			if head, _, _ := strings.Cut(string(text), "\n"); !strings.HasPrefix(head, "start_Länge (cm),lr,start_w2,Länge (cm),w2,w3,w4,bias,loss,") {
				t.Errorf("columns %s", head)
			}
			continue
		}
		path := filepath.Join(t.TempDir(), "t"+string(f))
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		back, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(back.Result.W, r.W) || back.Result.Sweep.Over[0].Name != "w1" || !slices.Equal(back.Result.Sweep.Over[2].Values, []float64{0, 1}) {
			t.Errorf("%s: weights %v of %v, want %v", f, back.Result.W, back.Result.Sweep.Over, r.W)
		}
		if f == NetCDF && !strings.Contains(string(text), "\x06column\x00\x00") {
			t.Errorf("no variable says which column it is")
		}
		if f == NPZ {
			z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
			if err != nil {
				t.Fatal(err)
			}
			if h := z.File[0]; h.Name != "start_Länge (cm).npy" || h.NonUTF8 {
				t.Errorf("%q is not marked as UTF-8", h.Name)
			}
		}
	}
	plain := NewMeta(p, r.Sweep, cpu.Settings{}, Summarize(r).Counts)
	plain.NameWeights([]string{"w1", "w2", "w3", "w4", "w5"})
	if plain.WeightNames != nil || plain.Over[0].Column != "start_w1" {
		t.Errorf("weights without names are called %q, and the start %s", plain.WeightNames, plain.Over[0].Column)
	}
}
