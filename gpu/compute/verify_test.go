package compute

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"losscape/cpu"
	"losscape/cpu/agree"
)

// The table of Cases, every row of which must agree, covers the kernels'
// variants.
func TestCases(t *testing.T) {
	e := engine(t)
	kernels := map[string]int{}
	ok, err := e.Verify(context.Background(), Cases(), func(r Row) {
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
		t.Error("Verify is not ok")
	}
	t.Log(kernels)
}

// One problem's own grid and runs.
func TestVerifyProblem(t *testing.T) {
	e := engine(t)
	nb := readNotebook(t, "large-lr")
	runs := []cpu.Run{
		{Optimizer: "gd", LR: nb.LR, Start: nb.W0, Steps: nb.Epochs},
		{Optimizer: "gd", LR: 40, Start: nb.W0, Steps: 200}, // chaotic
	}
	ops := map[string]int{}
	ok, err := e.VerifyProblem(t.Context(), "large-lr", nb.problem(), slopeAndBias(2), square(10, 100), runs, func(r Row) {
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
	for i := range runs {
		runs[i].Optimizer, runs[i].LR, runs[i].Momentum = "momentum", 0.5, 0.9
	}
	clear(ops)
	ok, err = e.VerifyProblem(t.Context(), "large-lr", nb.problem(), slopeAndBias(2), square(10, 100), runs, func(r Row) { ops[r.Op]++ })
	if err != nil || !ok || ops[OpWeights] != 1 || ops[OpStep] != 0 {
		t.Errorf("momentum: %v, %v, rows %v", ok, err, ops)
	}
}

// The tolerance is tight enough to see one feature of thirty move by 1e-3.
func TestVerifyFindsErrors(t *testing.T) {
	e := engine(t)
	p := ordinary.make(30, 1)
	c := Case{Op: OpLandscape, problem: func() *cpu.Problem { return p }, plane: slopeAndBias, grid: square(3, 20)}
	bad := p.X.At(7, 0)
	var rows []Row
	ok, err := e.Verify(t.Context(), []Case{c}, func(r Row) { rows = append(rows, r) })
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	got := rows[0].Report
	p.X.Set(7, 0, bad+1e-3)
	l, err := p.Landscape(t.Context(), slopeAndBias(2), c.grid, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.X.Set(7, 0, bad)
	r := agree.Compare(download(t, e, p, slopeAndBias(2), c.grid), l.Loss, agree.Landscape(0))
	if r.OK() || got.Ratio >= 1 {
		t.Errorf("a feature that is off by 1e-3 was not found: %v", r)
	}
}

func TestRowIsJSON(t *testing.T) {
	r := row(OpRows, "1x1", "none", "K=1", agree.Compare([]float32{float32(math.NaN())}, []float64{1}, agree.Landscape(0)), nil, 0, 0)
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"op":"rows"`, `"ok":false`, `"ratio":"+Inf"`, `"nan":1`, `"error":"agree: `} {
		if !strings.Contains(string(b), want) {
			t.Errorf("%s is not in %s", want, b)
		}
	}
}
