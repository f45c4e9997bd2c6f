package cpu_test

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	"codeberg.org/sbinet/npyio/npy"
	"gonum.org/v1/gonum/mat"

	"losscape/cpu"
	"losscape/cpu/agree"
)

// notebook is one of the notebook's examples as it ran under NumPy.
type notebook struct {
	X, Label []float64
	LR       float64
	Epochs   int
	W0       []float64   // start
	Weights  [][]float64 // after every step
	Loss     []float64   // there
	Range    [4]float64  // of the landscape: w1, then w2
	Grid     int
}

func readNotebook(t testing.TB, name string) *notebook {
	t.Helper()
	b, err := os.ReadFile("../testdata/notebook/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	nb := new(notebook)
	if err := json.Unmarshal(b, nb); err != nil {
		t.Fatal(err)
	}
	return nb
}

func readLandscape(t testing.TB, name string) []float64 {
	t.Helper()
	f, err := os.Open("../testdata/notebook/" + name + ".npy")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var v []float64
	if err := npy.Read(f, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func (nb *notebook) problem() *cpu.Problem {
	return &cpu.Problem{X: mat.NewDense(len(nb.X), 1, nb.X), Y: nb.Label, Eps: 1e-15}
}

func (nb *notebook) grid() cpu.Grid {
	return cpu.Grid{
		X: cpu.Axis{Min: nb.Range[0], Max: nb.Range[1], N: nb.Grid},
		Y: cpu.Axis{Min: nb.Range[2], Max: nb.Range[3], N: nb.Grid},
	}
}

func (nb *notebook) run() cpu.Run {
	return cpu.Run{Optimizer: "gd", LR: nb.LR, Start: nb.W0, Steps: nb.Epochs}
}

// TestNotebookRuns compares the weights and the loss of every step.
func TestNotebookRuns(t *testing.T) {
	for _, name := range []string{"one-mode", "large-lr", "two-mode"} {
		t.Run(name, func(t *testing.T) {
			nb := readNotebook(t, name)
			traj, err := nb.problem().Descend(t.Context(), nb.run())
			if err != nil {
				t.Fatal(err)
			}
			if traj.Status != cpu.StepLimit || traj.Dim != 2 || len(traj.Loss) != nb.Epochs+1 {
				t.Fatalf("status %v, %d weights, %d losses", traj.Status, traj.Dim, len(traj.Loss))
			}
			var want []float64
			for _, w := range nb.Weights {
				want = append(want, w...)
			}
			for what, r := range map[string]agree.Report{
				"weights": agree.Compare(traj.Weights[2:], want, agree.CPUReference),
				"loss":    agree.Compare(traj.Loss[1:], nb.Loss, agree.CPUReference),
			} {
				t.Logf("%s: %v", what, r)
				if err := r.Err(); err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

// TestNotebookLandscapes compares with the exact losses, and with those of
// the notebook's own formula.
func TestNotebookLandscapes(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	for _, name := range []string{"one-mode", "two-mode"} {
		t.Run(name, func(t *testing.T) {
			nb := readNotebook(t, name)
			l, err := nb.problem().Landscape(t.Context(), cpu.CoordinatePlane(2, 0, 1), nb.grid(), nil)
			if err != nil {
				t.Fatal(err)
			}
			for file, tol := range map[string]agree.Tolerance{
				name + "_landscape_exact": agree.CPUReference,
				name + "_landscape":       agree.Notebook,
			} {
				r := agree.Compare(l.Loss, readLandscape(t, file), tol)
				t.Logf("%s: %v", file, r)
				if err := r.Err(); err != nil {
					t.Errorf("%s: %v", file, err)
				}
			}
		})
	}
}

func BenchmarkLandscape(b *testing.B) {
	nb := readNotebook(b, "one-mode")
	p, g := nb.problem(), nb.grid()
	for b.Loop() {
		if _, err := p.Landscape(context.Background(), cpu.CoordinatePlane(2, 0, 1), g, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*float64(g.Size()*p.N())/b.Elapsed().Seconds(), "sample-evals/s")
}

func BenchmarkDescendAll(b *testing.B) {
	nb := readNotebook(b, "one-mode")
	p := nb.problem()
	runs := make([]cpu.Run, 64)
	for i := range runs {
		runs[i] = nb.run()
		runs[i].LR = 0.1 * float64(i+1)
	}
	for b.Loop() {
		if _, err := p.DescendAll(context.Background(), runs, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(runs)*nb.Epochs*p.N())/b.Elapsed().Seconds(), "sample-evals/s")
}

func BenchmarkGradient(b *testing.B) {
	nb := readNotebook(b, "two-mode")
	p := nb.problem()
	dst := make([]float64, 2)
	for b.Loop() {
		p.Gradient(dst, nb.W0)
	}
	b.ReportMetric(float64(b.N)*float64(p.N())/b.Elapsed().Seconds(), "sample-evals/s")
}
