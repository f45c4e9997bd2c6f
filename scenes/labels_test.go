package scenes_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"losscape/cpu"
	"losscape/scenes"
)

func decode(t *testing.T, text string) *scenes.Scene {
	t.Helper()
	s, err := scenes.Decode("x.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestLabels sets words of every kind, and reads them where pictures do.
func TestLabels(t *testing.T) {
	s := decode(t, minimal+`
[labels]
decimal = ","
iter = "Schritte"
loss = "Verlust"
off = " "
[labels.title]
contour = "Verlustfunktion"
[labels.axis]
alpha = "Steigung"
updates = "Aktualisierungen"
[labels.legend]
more = "und {n} weitere"
negative = "p(y=0)"
[labels.status]
converged = "konvergiert"
step-limit = "offen"
running = "unterwegs"
[labels.quantity]
best = "Bester Verlust"
[labels.parameter]
lr = "Lernrate"
[labels.sweep]
runs = "{n} Läufe von {optimizer}"
`)
	alpha, beta := s.PlaneNames()
	for _, c := range []struct{ got, want string }{
		{s.CounterText(12), "Schritte: 12"},
		{s.Labels.Loss, "Verlust"},
		{s.Labels.Off, " "},
		{s.Labels.Start, "Start"},
		{s.PanelTitle(scenes.Panel{Kind: scenes.ContourPanel}), "Verlustfunktion"},
		{s.PanelTitle(scenes.Panel{Kind: scenes.ContourPanel, Title: "links"}), "links"},
		{s.PanelTitle(scenes.Panel{Kind: scenes.SurfacePanel}), "Loss Function Landscape"},
		{alpha, "Steigung"},
		{beta, "w₂"},
		{s.Labels.Axis.Updates, "Aktualisierungen"},
		{s.FeatureName(), "x"},
		{scenes.Fill(s.Labels.Legend.More, "n", "3"), "und 3 weitere"},
		{s.NegativeText(), "p(y=0)"},
		{s.Labels.StatusText(cpu.Converged), "konvergiert"},
		{s.Labels.StatusText(cpu.StepLimit), "offen"},
		{s.Labels.StatusText(cpu.Periodic), "periodic"},
		{s.Labels.Running(), "unterwegs"},
		{s.Labels.Quantity["best"], "Bester Verlust"},
		{s.ParamTitle("lr"), "Lernrate"},
		{s.ParamTitle("l2"), "L2 weight"},
		{s.ParamTitle("w1"), "Start w₁"},
		{scenes.Fill(s.Labels.Sweep.Runs, "n", "9", "optimizer", "gd"), "9 Läufe von gd"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	got, text := again(t, s)
	if d := cmp.Diff(s, got, matrices); d != "" {
		t.Errorf("decoded, the scene differs (-want +got):\n%s\n%s", d, text)
	}
	if strings.Contains(string(text), "prediction") {
		t.Errorf("labels at their defaults are written:\n%s", text)
	}
}

// TestDependentLabels checks the words that the rest of the scene decides.
func TestDependentLabels(t *testing.T) {
	s := decode(t, minimal+"[map]\nover = [\"lr=1:2:3\", \"l2=0:1:3\"]\nof = \"best\"\n")
	if got := s.CounterText(s.Film.Counter(0)) + ", " + s.CounterText(s.Film.Counter(3)); got != "Updates: 0, Updates: 3" {
		t.Errorf("counter %q", got)
	}
	if got := s.PanelTitle(scenes.Panel{Kind: scenes.MapPanel}); got != "Best Loss" {
		t.Errorf("title of the map %q", got)
	}
	if got := s.NegativeText(); got != "p(y=0|x; w)" {
		t.Errorf("legend %q", got)
	}
	s.Plane.D1 = []float64{1, 1}
	if a, b := s.PlaneNames(); a != "α" || b != "β" { // along d1 the second weight changes, too
		t.Errorf("plane of %q and %q", a, b)
	}
	s.Plane.D2 = []float64{1, 0}
	s.Plane.D1 = []float64{0, 1}
	if a, b := s.PlaneWeights(); a != 1 || b != 0 {
		t.Errorf("plane of weights %d and %d", a, b)
	}
	s = decode(t, minimal+"[film]\ncount = \"notebook\"\nframes_per_iteration = 2\n[curve]\nnegative = -1\n[labels.title]\nmap = \"Karte\"\n")
	if got := s.CounterText(s.Film.Counter(0)) + ", " + s.CounterText(s.Film.Counter(3)); got != "Start, Iter: 1" {
		t.Errorf("counter as the notebook's %q", got)
	}
	if got := s.NegativeText(); got != "p(y=−1|x; w)" {
		t.Errorf("legend as the notebook's %q", got)
	}
	if got := s.PanelTitle(scenes.Panel{Kind: scenes.MapPanel}); got != "Karte" {
		t.Errorf("title of the map %q", got)
	}
}

func TestDecimal(t *testing.T) {
	point, comma := scenes.DefaultLabels(), scenes.DefaultLabels()
	comma.Mark = ","
	for _, c := range []struct{ text, want string }{
		{"0.25", "0,25"}, {"1.5e−7", "1,5e−7"}, {"−12.0 × 10⁻³", "−12,0 × 10⁻³"}, {"5", "5"}, {"3.", "3."}, {".5", ".5"},
		{"lr 0.5, 2.5", "lr 0,5, 2,5"}, {"…", "…"}, {"", ""},
	} {
		if got := comma.Decimal(c.text); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
		if got := point.Decimal(c.text); got != c.text {
			t.Errorf("%q, want %q", got, c.text)
		}
	}
	if n := testing.AllocsPerRun(100, func() { point.Decimal("0.25") }); n != 0 {
		t.Errorf("%v allocations for a decimal point", n)
	}
	for n, want := range map[int][2]string{
		0: {"0", "0"}, 999: {"999", "999"}, 65536: {"65,536", "65\u00a0536"}, -1234567: {"-1,234,567", "-1\u00a0234\u00a0567"}, -123: {"-123", "-123"},
	} {
		if got := [2]string{point.Whole(n), comma.Whole(n)}; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := point.List([]string{"0.5", "1"}) + comma.List([]string{"0,5", "1"}); got != "0.5, 10,5; 1" {
		t.Errorf("lists %q", got)
	}
}

// TestPanelRuns checks panels that come several times, of some runs, with a layout and
// without.
func TestPanelRuns(t *testing.T) {
	const runs = "\n[[run]]\nlr = 0.5\n[[run]]\nlr = 15\n[[run]]\nlr = 1\n"
	for _, c := range []struct {
		film   string
		want   []scenes.Panel
		layout [][]string
		text   string // as it is encoded
	}{
		{
			`panels = ["curve", { panel = "contour", runs = [0], title = "lr 0.5" }, { panel = "contour", runs = [2, 1] }, "curve"]`,
			[]scenes.Panel{{Kind: "curve", Name: "curve"}, {Kind: "contour", Name: "contour", Title: "lr 0.5", Runs: []int{0}}, {Kind: "contour", Name: "contour", Runs: []int{2, 1}}, {Kind: "curve", Name: "curve"}},
			nil, `panels = ['curve', {panel = 'contour', title = 'lr 0.5', runs = [0]}, {panel = 'contour', runs = [2, 1]}, 'curve']`,
		},
		{
			"layout = [[\"left\", \"loss\"], [\"right\", \"loss\"]]\npanels = [\"loss\", { panel = \"contour\", name = \"left\", runs = [0] }, { panel = \"contour\", name = \"right\" }]",
			[]scenes.Panel{{Kind: "loss", Name: "loss"}, {Kind: "contour", Name: "left", Runs: []int{0}}, {Kind: "contour", Name: "right"}},
			[][]string{{"left", "loss"}, {"right", "loss"}}, `panels = ['loss', {panel = 'contour', name = 'left', runs = [0]}, {panel = 'contour', name = 'right'}]`,
		},
		{
			"[[film.panels]]\npanel = \"loss\"\nruns = [1]\n[[film.panels]]\npanel = \"curve\"",
			[]scenes.Panel{{Kind: "loss", Name: "loss", Runs: []int{1}}, {Kind: "curve", Name: "curve"}},
			nil, `panels = [{panel = 'loss', runs = [1]}, 'curve']`,
		},
		{
			"layout = [[\"curve\", \"loss\"]]", scenes.PanelsOf("curve", "loss"), [][]string{{"curve", "loss"}}, `layout = [['curve', 'loss']]`,
		},
		{
			"layout = [[\"curve\", \"loss\"]]\npanels = [\"loss\", \"curve\"]", scenes.PanelsOf("loss", "curve"), [][]string{{"curve", "loss"}}, `panels = ['loss', 'curve']`,
		},
	} {
		s := decode(t, minimal+runs+"[film]\n"+c.film+"\n")
		if d := cmp.Diff(c.want, s.Film.Panels) + cmp.Diff(c.layout, s.Film.Layout); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.film, d)
		}
		got, text := again(t, s)
		if d := cmp.Diff(s, got, matrices); d != "" || !strings.Contains(string(text), "\n"+c.text+"\n") {
			t.Errorf("encoded and decoded, it differs (-want +got):\n%s\n%s", d, text)
		}
	}
}

func TestKeepRuns(t *testing.T) {
	s := decode(t, minimal+`
[[run]]
lr = 1
[[run]]
lr = 2
[[run]]
lr = 3
[film]
panels = ["loss", { panel = "contour", runs = [0, 2] }, { panel = "contour", runs = [1] }]
[ensemble]
over = ["lr=1:2:3"]
run = 2
`)
	before := s.Film.Panels
	s.KeepRuns(2, 0)
	if s.Runs[0].LR != 3 || s.Runs[1].LR != 1 || len(s.Runs) != 2 || s.Ensemble.Run != 0 {
		t.Errorf("runs %v, ensemble of %d", s.Runs, s.Ensemble.Run)
	}
	want := []scenes.Panel{{Kind: "loss", Name: "loss"}, {Kind: "contour", Name: "contour", Runs: []int{1, 0}}, {Kind: "contour", Name: "contour"}}
	if d := cmp.Diff(want, s.Film.Panels); d != "" {
		t.Errorf("panels (-want +got):\n%s", d)
	}
	if !slices.Equal(before[2].Runs, []int{1}) {
		t.Errorf("the panels that were, are now %v", before)
	}
	if p := s.Film.Panels; !p[0].Shows(7) || !p[1].Shows(1) || p[1].Shows(2) {
		t.Error("panels show other runs than theirs")
	}
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
}

func TestContourKeys(t *testing.T) {
	s := decode(t, minimal+"[contour]\nlevels = [0.1, 0.5, 2]\nlabels = true\naspect = \"equal\"\n[curve]\nnegative = -1\n")
	if c := s.Contour; !slices.Equal(c.Levels, []float64{0.1, 0.5, 2}) || !c.Labels || c.Aspect != "equal" || s.Curve.Negative != -1 {
		t.Errorf("contour %+v, curve %+v", c, s.Curve)
	}
	got, text := again(t, s)
	if d := cmp.Diff(s, got, matrices); d != "" {
		t.Errorf("(-want +got):\n%s\n%s", d, text)
	}
}

// flowers returns a scene of a CSV file with a column for each name.
func flowers(t *testing.T, columns []string, rest string) (*scenes.Scene, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	row := func(class string) string { return strings.Repeat("1,", len(columns)) + class + "\n" }
	write(t, "flowers.csv", `"`+strings.Join(columns, `","`)+"\",species\n"+row("setosa")+row("virginica"))
	return scenes.Decode("flowers.toml", []byte("[data]\nfile = \"flowers.csv\"\nlabel = \"species\"\npositive = \"setosa\"\n"+rest))
}

func TestWeightNames(t *testing.T) {
	for _, c := range []struct{ columns, want []string }{
		{[]string{"length", "width (cm)"}, []string{"length", "width (cm)", "bias"}},
		{[]string{"x"}, []string{"w1", "w2"}},
		{[]string{"x1", "x2"}, []string{"w1", "w2", "w3"}},
		{[]string{"w1", "w3", "b"}, []string{"w1", "w2", "b", "bias"}},
		{[]string{"lr", "loss", "grad_norm", "iter", "start_w1", "size"}, []string{"w1", "w2", "w3", "w4", "w5", "size", "bias"}},
		{[]string{"bias", "size"}, []string{"w1", "size", "w3"}},
	} {
		s, err := flowers(t, c.columns, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := s.WeightNames(); !slices.Equal(got, c.want) {
			t.Errorf("weights %q of %q, want %q", got, c.columns, c.want)
		}
	}
	if got := decode(t, minimal).WeightNames(); !slices.Equal(got, []string{"w1", "w2"}) {
		t.Errorf("weights %q of generated data", got)
	}
	s, err := flowers(t, []string{"length", "width"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if a, b := s.PlaneNames(); a != "weight of length" || b != "weight of width" || s.WeightTitle(2) != "bias" {
		t.Errorf("plane of %q and %q, then %q", a, b, s.WeightTitle(2))
	}
	if got := s.ParamTitle("w2") + ", " + s.ParamTitle("w3") + ", " + s.ParamName("w3") + ", " + s.ParamName("lr"); got != "Start weight of width, Start bias, bias, lr" {
		t.Errorf("parameters %s", got)
	}
	if s.Classes != [2]string{"setosa", "virginica"} {
		t.Errorf("classes %q", s.Classes)
	}
}

func TestParseParam(t *testing.T) {
	s, err := flowers(t, []string{"length", "width = 2", "bias", "lr", "w1", "w"}, "")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"length=-1:1:3":     "w1=-1:1:3",
		" length = 1,2":     "w1=1,2",
		"width = 2=-1:1:3":  "w2=-1:1:3",
		"lr=1,2":            "lr=1,2", // the hyper-parameter wins
		"w1=1,2":            "w1=1,2", // the first weight, not that of the feature w1
		"w7=1,2":            "w7=1,2",
		"w=1,2":             "w6=1,2",
		"bias=1,2":          `"bias" is the name of a feature and of the bias, want w3 or w7`,
		"hight=1,2":         `unknown parameter "hight", want one of: lr, l2, `,
		"length":            `"length", want a range parameter=from:to:count`,
		"width=1,2":         `unknown parameter "width"`,
		"momentum=0:0.9:10": "momentum=0:0.9:10",
	} {
		p, err := s.ParseParam(text)
		got := p.String()
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != want || err != nil && !strings.HasPrefix(got, want) {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
	if _, err := s.ParseParam("hight=1"); err == nil || !strings.Contains(err.Error(), "steps, length, width = 2, w3, w4, ... w7") {
		t.Errorf("unknown parameter: %v", err)
	}

	s, err = flowers(t, []string{"length", "width"}, "[ensemble]\nover = [\"length=0:1:3\", \"bias=0:1:2\"]\ncolor = \"bias\"\n[map]\nover = [\"width=0:1:3\", \"lr=1:2:3\"]\n")
	if err != nil {
		t.Fatal(err)
	}
	if s.Ensemble.Over[0].Name != "w1" || s.Ensemble.Over[1].Name != "w3" || s.Ensemble.Color != "w3" || s.Map.Over[0].Name != "w2" {
		t.Errorf("ensemble %+v, map %+v", s.Ensemble, s.Map)
	}
	got, text := again(t, s)
	if d := cmp.Diff(s, got, matrices); d != "" {
		t.Errorf("(-want +got):\n%s\n%s", d, text)
	}
}

// TestClasses checks what the classes of a file are called.
func TestClasses(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "iris.csv"), "x,species\n1,setosa\n2,virginica\n3,versicolor\n")
	write(t, filepath.Join(dir, "spam.csv"), "x,spam\n1,0\n2,1\n")
	for text, want := range map[string][2]string{
		"file = \"iris.csv\"\nlabel = \"species\"\npositive = \"setosa\"":                                  {"setosa", "not setosa"},
		"file = \"spam.csv\"\nlabel = \"spam\"":                                                            {"spam = 1", "spam = 0"},
		"file = \"spam.csv\"\nlabel = \"spam\"\npositive = 0":                                              {"0", "1"},
		"file = \"spam.csv\"\nlabel = \"spam\"\nclasses = [{ label = 0, name = \"ham\" }]":                 {"spam = 1", "ham"},
		"file = \"spam.csv\"\nlabel = \"spam\"\nclasses = [{ label = 0 }, { label = 1, name = \"Spam\" }]": {"Spam", "spam = 0"},
	} {
		s, err := scenes.Decode(filepath.Join(dir, "s.toml"), []byte("[data]\n"+text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if s.Classes != want {
			t.Errorf("%s: classes %q, want %q", text, s.Classes, want)
		}
	}
}

// TestLabelsDocumented holds the list of labels against what there is.
func TestLabelsDocumented(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, doc, _ := strings.Cut(string(text), "//	[labels]")
	s := decode(t, minimal)
	l := &s.Labels
	missing := func(table, key, value string) {
		_, part, _ := strings.Cut(doc, "//	[labels."+table+"]")
		part, _, _ = strings.Cut(part, "//	[labels.")
		if !strings.Contains(part, "\n//	"+key+" = \""+value+"\"") {
			t.Errorf("[labels.%s] lacks %s = %q", table, key, value)
		}
	}
	for status, word := range l.Status {
		missing("status", status, word)
	}
	for key, value := range map[string]string{
		"positive": l.Legend.Positive, "negative": s.NegativeText(), "probability": l.Legend.Probability, "run": l.Legend.Run, "lr": l.Legend.Rate,
		"from": l.Legend.From, "batch": l.Legend.Batch, "all": l.Legend.All, "more": l.Legend.More, "period": l.Legend.Period,
		"others": l.Legend.Others, "not_finite": l.Legend.NotFinite,
	} {
		missing("legend", key, value)
	}
	for key, value := range map[string]string{
		"x": s.FeatureName(), "prediction": l.Axis.Prediction, "alpha": "w₁", "beta": "w₂", "loss": l.Axis.Loss, "updates": l.Axis.Updates,
		"runs": l.Axis.Runs, "weight": l.Axis.Weight, "bias": l.Axis.Bias, "start": l.Axis.Start,
	} {
		missing("axis", key, value)
	}
	missing("quantity", "loss", l.Quantity["loss"])
	missing("parameter", "lr", l.Parameter["lr"])
}
