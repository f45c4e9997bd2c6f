package web

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"losscape/cmd/losscape/web/browser"
	"losscape/cpu"
	"losscape/scenes"
)

func TestMain(m *testing.M) { os.Exit(browser.Main(m)) }

// scriptOf returns the text of some of the page's scripts.
func scriptOf(t *testing.T, names ...string) string {
	t.Helper()
	var b strings.Builder
	for _, name := range names {
		text, err := files.ReadFile("page/" + name)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
		b.WriteByte('\n')
	}
	return b.String()
}

// blank is a page without anything, in which scripts run.
func blank(t *testing.T) *browser.Page {
	t.Helper()
	return browser.Open(t, "about:blank", browser.View{Width: 300, Height: 200})
}

// oddScene is one whose samples have weights, among them a feature that others make up, whose L2 term
// leaves out the bias, whose eps counts, and whose runs are of every kind.
const oddScene = `
[data]
generate = "gaussian"
classes = [
  { label = 1, parts = [{ mean = [1, 0, 0], std = 2, n = 700 }] },
  { label = 0, parts = [{ mean = [-1, 0.5, 0], std = 1, n = 500 }] },
]
[loss]
eps = 1e-3
l2 = 0.02
penalize = "weights"
[[run]]
optimizer = "adamw"
lr = 0.3
l2 = 0.1
steps = 60
[[run]]
optimizer = "rmsprop"
lr = 0.05
batch = 30
seed = 9223372036854775783
steps = 60
[[run]]
optimizer = "nesterov"
lr = 0.1
l2 = 0.5
steps = 200
[[run]]
lr = 900
l2 = 0.5
start = [1, 1, 1, 1]
steps = 120
`

func odd(t *testing.T) *scenes.Scene {
	t.Helper()
	s, err := scenes.Decode("odd.toml", []byte(oddScene))
	if err != nil {
		t.Fatal(err)
	}
	weights := make([]float64, s.Problem.N())
	for i := range weights {
		weights[i] = float64(1 + i*i%5)
		x := s.Problem.X.RawRowView(i)
		x[2] = x[0] - 2*x[1] + 3
	}
	if err := s.Problem.Weigh(weights); err != nil {
		t.Fatal(err)
	}
	if err := s.Problem.Freeze(); err != nil {
		t.Fatal(err)
	}
	return s
}

// plain returns what the self-test reads of a page's data, without the packing.
func plain(t *testing.T, s *scenes.Scene) string {
	t.Helper()
	q := s.Problem
	var x []float64
	for i := range q.N() {
		x = append(x, q.X.RawRowView(i)...)
	}
	d := object{
		"problem": object{
			"n": q.N(), "d": q.Features(), "x": x, "y": q.Y, "weight": q.SampleWeight, "eps": q.Eps, "l2": q.L2,
			"penalizeBias": q.Penalize == cpu.PenalizeAll, "separable": q.Separable(t.Context()),
		},
		"plane": object{"origin": s.Plane.Origin, "d1": s.Plane.D1, "d2": s.Plane.D2},
		"runs":  runsOf(s.Runs), "vectors": vectorsOf(t, s),
	}
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestSelfTest holds the page's mathematics to package cpu, and then wants each of some faults in it to be
// found.
func TestSelfTest(t *testing.T) {
	p := blank(t)
	list := []*scenes.Scene{builtin(t, "doubling"), builtin(t, "two-mode"), odd(t)} // the quick ones first
	for i, s := range list {
		browser.Eval[bool](p, fmt.Sprintf(`(D => { D.problem.x = Float64Array.from(D.problem.x); globalThis.D%d = D; return true; })(%s)`, i, plain(t, s)))
	}
	maths, test := scriptOf(t, "math.js"), scriptOf(t, "selftest.js")
	run := func(maths string) (failures []string) {
		for i := range list {
			failures = append(failures, browser.Eval[[]string](p, fmt.Sprintf(`(async () => { "use strict"; %s %s
				try { return (await SelfTest.run(D%d)).failures; } catch (e) { return [String(e)]; } })()`, maths, test, i))...)
			if len(failures) > 0 {
				break
			}
		}
		return failures
	}
	for i, failure := range run(maths) {
		if i < 10 {
			t.Error(failure)
		}
	}
	for _, fault := range [][2]string{
		{"(g[j] + r.momentum * v[j])", "(g[j] + r.momentum * v[j] * 0.9999999999)"},
		{"s[j] += g[j] * g[j]", "s[j] = g[j] * g[j]"},
		{"Math.expm1(k * Math.log(beta))", "Math.expm1((k + 1) * Math.log(beta))"},
		{"epsilon: 1e-10", "epsilon: 1e-9"},
		{"t < 0 ? Math.log1p(e) - t : Math.log1p(e)", "Math.log1p(e) - Math.min(t, 1e-9)"},
		{"-Math.log1p(eps - e / (1 + e))", "Math.log1p(e)"},
		{"mulhi(0xCD9E8D57, c2)", "mulhi(0xCD9E8D56, c2)"},
		{"s >> 32n", "s >> 33n"},
		{"if (o.decoupled) decay(p, t.w, r);", "if (false) ;"},
		{"l2 / 2 * square", "l2 * square"},
		{"of.penalizeBias === false ? d : dim", "dim"},
		{"if (weight) g *= weight[row];", ""},
		{"const gradTol = 1e-6", "const gradTol = 1e-5"},
		{"const maxPeriod = 64", "const maxPeriod = 8"},
		{"const chaosStretch = 52", "const chaosStretch = 5200"},
		{"losses[steps] <= best", "losses[steps] < best"},
		{"if (r < dim) shorten", "if (false) shorten"},
	} {
		if !strings.Contains(maths, fault[0]) {
			t.Errorf("no %q in math.js", fault[0])
		} else if len(run(strings.ReplaceAll(maths, fault[0], fault[1]))) == 0 {
			t.Errorf("%q in place of %q is not found", fault[1], fault[0])
		}
	}
}

// TestScaleScript holds the page's scales, ticks and texts of numbers to scenes/scale.
func TestScaleScript(t *testing.T) {
	p := blank(t)
	cases, err := json.Marshal(scaleVectors())
	if err != nil {
		t.Fatal(err)
	}
	for _, failure := range browser.Eval[[]string](p, fmt.Sprintf(`(() => { "use strict"; %s return Scales.check(%s); })()`, scriptOf(t, "scale.js"), cases)) {
		t.Error(failure)
	}
}
