package verify

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"losscape/cpu"
	"losscape/cpu/agree"
	"losscape/gpu/compute"
	"losscape/gpu/gputest"

	"gonum.org/v1/gonum/mat"
)

func engine(t testing.TB) *compute.Engine {
	t.Helper()
	e, err := compute.New(gputest.Device(t))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func square(half float64, n int) cpu.Grid {
	return cpu.Grid{X: cpu.Axis{Min: -half, Max: half, N: n}, Y: cpu.Axis{Min: -half, Max: half, N: n}}
}

// The table of Cases, every row of which must agree, covers the kernels' variants. Of runs
// and sweeps it is every second, and in double precision every eighth, as most of their time
// goes into compiling kernels; all of them with LONG=1. With -short it is every second of Core.
func TestCases(t *testing.T) {
	cases := Cases()
	if testing.Short() {
		cases = nil
		for i, c := range Core() {
			if i%2 == 0 {
				cases = append(cases, c)
			}
		}
	} else if os.Getenv("LONG") != "1" {
		var runs, doubles int
		cases = slices.DeleteFunc(cases, func(c Case) bool {
			switch {
			case c.Precision == compute.Double:
				doubles++
				return doubles%8 != 1
			case c.Op == OpWeights, c.Op == OpSweep:
				runs++
				return runs%2 != 1
			}
			return false
		})
	}
	kernels := map[string]int{}
	ok, err := Run(t.Context(), engine(t), cases, func(r Row) {
		kernels[r.Kernel]++
		if !r.OK {
			t.Errorf("%s %s %s (%s): %v\n%v", r.Op, r.Shape, r.Data, r.Kernel, r.Err, r.Report)
		} else {
			t.Logf("%-13s %-36s %-22s %-24s %v %v %v", r.Op, r.Shape, r.Data, r.Kernel, r.Report, r.Duration, r.Reference)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if !ok && !t.Failed() {
		t.Error("Run is not ok")
	}
	t.Log(kernels)
}

// Core finds all of its cases in the table, and has every operation.
func TestCore(t *testing.T) {
	ops := map[string]int{}
	for _, c := range Core() {
		ops[c.Op]++
	}
	for _, op := range []string{OpLandscape, OpRows, OpGradient, OpWeights, OpSweep} {
		if ops[op] == 0 {
			t.Errorf("%s is missing", op)
		}
	}
	if all := len(Cases()); len(Core()) > all/5 {
		t.Errorf("%d of %d cases are the core", len(Core()), all)
	}
}

// One problem's own grid and runs.
func TestOneProblem(t *testing.T) {
	e := engine(t)
	data, err := os.ReadFile("../../testdata/notebook/large-lr.json")
	if err != nil {
		t.Fatal(err)
	}
	var notebook struct {
		X, Label []float64
		LR       float64
		Epochs   int
		W0       []float64
	}
	if err := json.Unmarshal(data, &notebook); err != nil {
		t.Fatal(err)
	}
	p := &cpu.Problem{X: mat.NewDense(len(notebook.X), 1, notebook.X), Y: notebook.Label, Eps: 1e-15}
	list := []cpu.Run{
		{Optimizer: "gd", LR: notebook.LR, Start: notebook.W0, Steps: notebook.Epochs},
		{Optimizer: "gd", LR: 40, Start: notebook.W0, Steps: 200}, // chaotic
	}
	all := func() []Case {
		return append(OfLandscape(e, "large-lr", p, slopeAndBias(2), square(10, 100)), OfRuns("large-lr", p, list))
	}
	ops := map[string]int{}
	ok, err := Run(t.Context(), e, all(), func(r Row) {
		ops[r.Op]++
		if !r.OK || r.Data != "large-lr" {
			t.Errorf("%+v", r)
		}
	})
	if err != nil || !ok {
		t.Error(ok, err)
	}
	for _, op := range []string{OpLandscape, OpRows, OpWeights, OpLoss, OpStep} {
		if ops[op] != 1 {
			t.Errorf("%d rows of %s", ops[op], op)
		}
	}
	// A step by momentum depends on more than the weights.
	for i := range list {
		list[i].Optimizer, list[i].LR, list[i].Momentum = "momentum", 0.5, 0.9
	}
	clear(ops)
	ok, err = Run(t.Context(), e, all(), func(r Row) { ops[r.Op]++ })
	if err != nil || !ok || ops[OpWeights] != 1 || ops[OpStep] != 0 {
		t.Errorf("momentum: %v, %v, rows %v", ok, err, ops)
	}
}

// The tolerance is tight enough to see one feature of thirty move by 1e-3.
func TestFindsErrors(t *testing.T) {
	e := engine(t)
	p, plane, g := ordinary.make(30, 1), slopeAndBias(2), square(3, 20)
	ok, err := Run(t.Context(), e, OfLandscape(e, "right", p, plane, g), func(r Row) {
		if r.Report.Ratio >= 1 {
			t.Errorf("%+v", r)
		}
	})
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	got, err := e.CheckedLandscape(t.Context(), p, plane, g)
	if err != nil {
		t.Fatal(err)
	}
	p.X.Set(7, 0, p.X.At(7, 0)+1e-3)
	moved, err := p.Landscape(t.Context(), plane, g, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r := agree.Compare(got, moved.Loss, agree.Landscape(0)); r.OK() {
		t.Errorf("a feature that is off by 1e-3 was not found: %v", r)
	}
}
