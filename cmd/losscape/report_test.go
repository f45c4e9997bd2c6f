package main

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// The report says how runs end, below which learning rates they are stable, and how
// separable runs turn to the greatest margin.
func TestTrainReport(t *testing.T) {
	for _, c := range []struct {
		args string
		want []string
	}{
		{"one-mode --lr 1 --steps 300", []string{"Run 0: gd, lr 1\n", "ends      converged after 170 steps, in float64\n", "stable    below lr 19.165051 = 2/λ, λ = 0.10435662 ", "lr 1 is below it\n"}},
		{"one-mode --optimizer momentum --lr 40", []string{"below lr 36.41359", "= 3.8/λ", "lr 40 is above it"}},
		{"one-mode --optimizer nesterov", []string{"below lr 13.00485"}},
		{"one-mode --optimizer adagrad", []string{"there is no rule for adagrad"}},
		{"one-mode --batch 10", []string{"there is no rule for mini-batches"}},
		{"one-mode --lr 34 --steps 2000 --exponent", []string{"ends      chaotic, in float64\n", "exponent  0.1", "over the last 1800 steps"}},
		{"one-mode --lr 34 --steps 300 --exponent --transient 0", []string{"over the last 300 steps"}},
		{"two-mode --lr 10", []string{"ends      drifting", "the samples are separable", "0.0820093586 at length 1", "its limit 1/γ² = 148.687058\n"}},
		{"two-mode --lr 10 --l2 0.1", []string{"stable    below lr "}},
	} {
		code, stdout, stderr := losscape(t, append([]string{"train", "--report"}, strings.Fields(c.args)...)...)
		if code != exitDone || strings.Contains(stdout, "Iter") || strings.Contains(c.args, "--l2") && strings.Contains(stdout, "margin") {
			t.Errorf("%s: exit %d, %s%s", c.args, code, stdout, stderr)
		}
		for _, want := range c.want {
			if !strings.Contains(stdout, want) {
				t.Errorf("%s prints\n%swithout %q", c.args, stdout, want)
			}
		}
	}
	code, stdout, _ := losscape(t, "train", "two-mode", "--lr", "10", "--steps", "2000", "--report", "--exponent", "--json")
	var r trainReport
	if err := json.Unmarshal([]byte(stdout), &r); code != exitDone || err != nil {
		t.Fatal(code, err)
	}
	run := r.Runs[0]
	if run.Status != "drifting" || run.Precision != "double" || run.Exponent == nil || run.Report.Lambda != nil || len(run.Iterations) == 0 {
		t.Errorf("%+v", run)
	}
	loss := float64(run.Report.Loss)
	if math.Abs(float64(r.Margin.LossLimit)-148.687058) > 1e-6 || math.Abs(float64(*run.Report.LRTLoss)-10*2000*loss) > 1e-9 || !(*run.Report.MarginCosine > 0.999) {
		t.Errorf("margin %+v, %+v", r.Margin, run.Report)
	}
}

// On the device a run ends as a sweep of it says, though float32's gradient stalls.
func TestTrainEndsAsSweep(t *testing.T) {
	if has, err := hasDoubles(t); err != nil || !has {
		t.Skip("no doubles: ", err)
	}
	for _, backend := range []string{"cpu", "gpu"} {
		code, stdout, stderr := losscape(t, "train", "one-mode", "--lr", "19.1", "--steps", "1000", "--report", "--backend", backend)
		if code != exitDone || !strings.Contains(stdout, "converged after 688 steps, in float64") {
			t.Errorf("%s: exit %d, %s%s", backend, code, stdout, stderr)
		}
	}
}
