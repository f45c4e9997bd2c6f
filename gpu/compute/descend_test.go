package compute

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"testing"

	"losscape/cpu"
	"losscape/cpu/agree"

	"gonum.org/v1/gonum/mat"
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
	b, err := os.ReadFile("../../testdata/notebook/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	nb := new(notebook)
	if err := json.Unmarshal(b, nb); err != nil {
		t.Fatal(err)
	}
	return nb
}

func (nb *notebook) problem() *cpu.Problem {
	return &cpu.Problem{X: mat.NewDense(len(nb.X), 1, nb.X), Y: nb.Label, Eps: 1e-15}
}

// The weights and the losses that the notebook went through, alone and among
// many runs.
func TestNotebookRuns(t *testing.T) {
	e := engine(t)
	for _, name := range []string{"one-mode", "large-lr", "two-mode"} {
		nb := readNotebook(t, name)
		runs := make([]cpu.Run, 50)
		for i := range runs {
			runs[i] = cpu.Run{Optimizer: "gd", LR: nb.LR, Start: nb.W0, Steps: nb.Epochs}
		}
		for _, n := range []int{1, len(runs)} {
			got, err := e.Descend(t.Context(), nb.problem(), runs[:n], nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range []int{0, n / 2, n - 1} {
				var want []float64
				for _, w := range nb.Weights {
					want = append(want, w...)
				}
				tr := got[k]
				if err := agree.CompareVectors(tr.Weights[2:], want, 2, agree.Trajectory).Err(); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if err := agree.Compare(tr.Loss[1:], nb.Loss, agree.TrajectoryLoss(1e-15)).Err(); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if tr.Status != cpu.StepLimit || tr.At(0)[0] != nb.W0[0] {
					t.Errorf("%s: %v from %v", name, tr.Status, tr.At(0))
				}
			}
		}
	}
}

func TestDescendNoRuns(t *testing.T) {
	e := engine(t)
	got, err := e.Descend(t.Context(), ordinary(3, 1), nil, nil)
	if err != nil || len(got) != 0 {
		t.Error(got, err)
	}
}

// Runs of different lengths, which a batch leaves behind one after the other, are recorded
// to their ends.
func TestDescendLengths(t *testing.T) {
	e := engine(t)
	p := ordinary(20, 1)
	runs := make([]cpu.Run, 3)
	for i, steps := range []int{700, 20, 3} {
		runs[i] = cpu.Run{Optimizer: "gd", LR: 0.01, Start: []float64{1, float64(i)}, Steps: steps}
	}
	got, err := e.Descend(t.Context(), p, runs, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := p.DescendAll(t.Context(), runs, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range got {
		if err := agree.CompareVectors(g.Weights, want[i].Weights, 2, agree.Trajectory).Err(); err != nil {
			t.Errorf("run %d: %v", i, err)
		}
	}
}

// A run whose weights leave float32 has diverged, as on the CPU, only sooner;
// those beside it go on.
func TestDescendDiverges(t *testing.T) {
	e := engine(t)
	p := ordinary(100, 1)
	runs := make([]cpu.Run, 20)
	for i := range runs {
		runs[i] = cpu.Run{Optimizer: "gd", LR: 0.5, Start: []float64{1, 1}, Steps: 60}
		if i%3 == 1 {
			runs[i].L2, runs[i].LR = 1, 1e10
		}
	}
	for _, n := range []int{2, len(runs)} { // cooperating, and not
		got, err := e.Descend(t.Context(), p, runs[:n], nil)
		if err != nil {
			t.Fatal(err)
		}
		want, err := p.DescendAll(t.Context(), runs[:n], nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, g := range got {
			if g.Status != want[i].Status {
				t.Errorf("run %d: %v, want %v", i, g.Status, want[i].Status)
			}
			k := 0
			for k < len(g.Loss) && !math.IsNaN(g.At(k)[0]) {
				k++
			}
			if (g.Status == cpu.Diverged) != (k < len(g.Loss)) {
				t.Errorf("run %d: %v, but %d of %d steps", i, g.Status, k, len(g.Loss))
			}
			if g.Status == cpu.Diverged && k > 6 {
				t.Errorf("run %d diverged at step %d", i, k)
			}
			if err := agree.CompareVectors(g.Weights[:2*k], want[i].Weights[:2*k], 2, agree.Trajectory).Err(); err != nil {
				t.Errorf("run %d: %v", i, err)
			}
			for j := k; j < len(g.Loss); j++ {
				if !math.IsNaN(g.Loss[j]) || !math.IsNaN(g.At(j)[0]) || !math.IsNaN(g.At(j)[1]) {
					t.Fatalf("run %d: step %d after divergence is %v, %v", i, j, g.At(j), g.Loss[j])
				}
			}
		}
	}
}

// Updates far below a weight's last float32 digit add up.
func TestDescendSmallSteps(t *testing.T) {
	e := engine(t)
	p := ordinary(50, 1)
	runs := []cpu.Run{{Optimizer: "gd", LR: 2e-7, Start: []float64{-1.1, 5.3}, Steps: 5000}}
	got, err := e.Descend(t.Context(), p, runs, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := p.Descend(t.Context(), runs[0])
	if err != nil {
		t.Fatal(err)
	}
	for j := range 2 {
		moved := want.At(5000)[j] - want.At(0)[j]
		if diff := got[0].At(5000)[j] - want.At(5000)[j]; math.Abs(diff) > 1e-6 || math.Abs(moved) < 1e-5 {
			t.Errorf("weight %d moved by %g, off by %g", j, moved, diff)
		}
	}
}

func TestDescendStopsWhenCancelled(t *testing.T) {
	e := engine(t)
	e.rates["descend"] = 1e5
	runs := []cpu.Run{{Optimizer: "gd", LR: 0.5, Start: []float64{1, 1}, Steps: 100000}}
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	_, err := e.Descend(ctx, ordinary(100, 1), runs, func(done, total int) {
		if calls++; calls == 2 {
			cancel()
		}
		if done <= 0 || total != 100001 {
			t.Errorf("progress %d of %d", done, total)
		}
	})
	if !errors.Is(err, context.Canceled) || calls > 3 {
		t.Error(calls, err)
	}
}

func TestDescendProgressAndBatches(t *testing.T) {
	e := engine(t)
	e.tuning.batch = 64 // several batches
	e.rates["descend"] = 1e7
	p := ordinary(40, 1)
	var runs []cpu.Run
	total := 0
	for i := range 201 {
		runs = append(runs, cpu.Run{Optimizer: "gd", LR: 0.1 + 0.01*float64(i), Start: []float64{-1, float64(i) / 50}, Steps: i % 50})
		total += i%50 + 1
	}
	last := 0
	got, err := e.Descend(t.Context(), p, runs, func(done, of int) {
		if done < last || of != total {
			t.Errorf("progress %d of %d after %d", done, of, last)
		}
		last = done
	})
	if err != nil {
		t.Fatal(err)
	}
	if last != total {
		t.Errorf("progress ended at %d of %d", last, total)
	}
	want, err := p.DescendAll(t.Context(), runs, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range runs {
		if err := agree.CompareVectors(got[i].Weights, want[i].Weights, 2, agree.Trajectory).Err(); err != nil {
			t.Errorf("run %d: %v", i, err)
		}
		if err := agree.Compare(got[i].Loss, want[i].Loss, agree.TrajectoryLoss(0)).Err(); err != nil {
			t.Errorf("run %d: %v", i, err)
		}
	}
}

// The same runs have the same bytes, however the dispatches are cut.
func TestDescendIsDeterministic(t *testing.T) {
	e := engine(t)
	p := clamped(90, 2)
	runs := make([]cpu.Run, 70)
	for i := range runs {
		runs[i] = cpu.Run{Optimizer: "gd", LR: 0.5 + 0.5*float64(i), Start: []float64{1, 1, -1}, Steps: 150}
	}
	var first []*cpu.Trajectory
	for _, rate := range []float64{1e6, 3e8} {
		e.rates["descend"] = rate
		got, err := e.Descend(t.Context(), p, runs, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range first {
			for k, w := range got[i].Weights {
				if w != first[i].Weights[k] {
					t.Fatalf("run %d: weight %d is %v, was %v", i, k, w, first[i].Weights[k])
				}
			}
		}
		first = got
	}
}

func TestDescendErrors(t *testing.T) {
	e := engine(t)
	good := cpu.Run{Optimizer: "gd", LR: 1, Start: []float64{0, 0}, Steps: 1}
	far := good
	far.Start = []float64{0, 1e300}
	unknown := good
	unknown.Optimizer = "magic"
	for name, c := range map[string]struct {
		p *cpu.Problem
		r cpu.Run
	}{
		"no problem": {&cpu.Problem{}, good},
		"optimizer":  {ordinary(3, 1), unknown},
		"dimension":  {ordinary(3, 2), good},
		"far":        {ordinary(3, 1), far},
		"wide":       {ordinary(3, MaxFeatures+1), cpu.Run{Optimizer: "gd", LR: 1, Start: make([]float64, MaxFeatures+2), Steps: 1}},
		"feature":    {&cpu.Problem{X: mat.NewDense(1, 1, []float64{1e200}), Y: []float64{1}}, good},
	} {
		_, err := e.Descend(t.Context(), c.p, []cpu.Run{c.r}, nil)
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		t.Log(err)
	}
	if _, err := e.Descend(t.Context(), ordinary(3, 1), []cpu.Run{good, far}, nil); !errors.Is(err, ErrUnsupported) {
		t.Errorf("%+v: %v", far, err)
	}
	var u *cpu.UnknownOptimizerError
	if _, err := e.Descend(t.Context(), ordinary(3, 1), []cpu.Run{unknown}, nil); !errors.As(err, &u) {
		t.Errorf("%v is no UnknownOptimizerError", err)
	}
}

func BenchmarkDescend(b *testing.B) {
	e := engine(b)
	for _, c := range []struct {
		name           string
		d              population
		n, runs, steps int
	}{
		{"n=100/runs=4096/steps=100", ordinary, 100, 4096, 100},
		{"n=100/runs=4096/steps=100/eps", clamped, 100, 4096, 100},
		{"n=100/runs=1/steps=1000", ordinary, 100, 1, 1000},
		{"n=100000/runs=1/steps=10", ordinary, 100000, 1, 10},
	} {
		p := c.d(c.n, 1)
		runs := make([]cpu.Run, c.runs)
		for i := range runs {
			runs[i] = cpu.Run{Optimizer: "gd", LR: 0.1 + 3*float64(i)/float64(c.runs), Start: []float64{-1, -1}, Steps: c.steps}
		}
		rate := func(b *testing.B, runs int) {
			b.ReportMetric(float64(c.n)*float64(runs)*float64(c.steps+1)*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gsample-evals/s")
		}
		b.Run(c.name, func(b *testing.B) {
			run := func() {
				if _, err := e.Descend(context.Background(), p, runs, nil); err != nil {
					b.Fatal(err)
				}
			}
			run()
			for b.Loop() {
				run()
			}
			rate(b, len(runs))
		})
		b.Run(c.name+"/cpu", func(b *testing.B) {
			few := runs[:min(64, len(runs))]
			for b.Loop() {
				if _, err := p.DescendAll(context.Background(), few, nil); err != nil {
					b.Fatal(err)
				}
			}
			rate(b, len(few))
		})
	}
}
