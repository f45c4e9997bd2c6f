package draft_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"losscape/scenes"
	"losscape/scenes/draft"
)

// write writes a file into a folder of its own and returns its path.
func write(t *testing.T, name, text string) string {
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// scene drafts and decodes a scene, and resolves it: it renders as it is.
func scene(t *testing.T, path string, o draft.Options) (*scenes.Scene, *draft.Draft) {
	t.Helper()
	scenePath := filepath.Join(t.TempDir(), "scene.toml")
	d, err := draft.New(t.Context(), path, scenePath, o)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	s, err := scenes.Decode(scenePath, d.Text)
	if err == nil {
		err = s.Resolve(t.Context())
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", path, err, d.Text)
	}
	for _, n := range d.Notes {
		if !strings.Contains(string(d.Text), "# "+n.String()+"\n") || strings.ContainsAny(n.String(), "\n\r\t") {
			t.Errorf("%s: the scene lacks the note %q", path, n)
		}
	}
	if s.Data.Taken != d.Taken {
		t.Errorf("taken %q, want %q", d.Taken, s.Data.Taken)
	}
	return s, d
}

// patients has what files of people have: numbers of rows, names, texts, missing values, a
// constant, and columns that say the same.
func patients() string {
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString(",PatientId,name,age,sex,gender,ward,empty,dose,mixed,outcome,died\n")
	for i := range 60 {
		died := rng.IntN(2)
		age, dose := fmt.Sprint(40+20*died+rng.IntN(40)), fmt.Sprint(rng.IntN(9))
		if i%10 == 3 {
			age = "NA"
		}
		if i%3 == 0 {
			dose = ""
		}
		sex := rng.IntN(2)
		fmt.Fprintf(&b, "%d,%d,N%d,%s,%s,%d,general,,%s,%s,%s,%d\n", i, 1000+3*i, i, age, []string{"f", "m"}[sex], sex, dose,
			[]string{"1", "x"}[min(i%20, 1)^1], []string{"home", "grave"}[died], died)
	}
	return b.String()
}

func TestChoices(t *testing.T) {
	s, _ := scene(t, write(t, "patients.csv", patients()), draft.Options{Label: "died"})
	c := s.Data.Columns
	if c.Label != "died" || c.Positive != "" || c.Missing != "drop" || !c.Standardize || !slices.Equal(c.Categorical, []string{"sex"}) {
		t.Errorf("columns %+v", c)
	}
	if want := []string{"0", "PatientId", "name", "gender", "ward", "empty", "dose", "mixed", "outcome"}; !slices.Equal(c.Exclude, want) {
		t.Errorf("excluded %q, want %q", c.Exclude, want)
	}
	if !slices.Equal(s.Features, []string{"age", "sex=m"}) || s.Problem.N() != 54 || !s.Film.Shows(scenes.DataPanel) {
		t.Errorf("features %q, %d samples, panels %v", s.Features, s.Problem.N(), s.Film.Kinds())
	}
	// outcome and died say the same, which is no doubt about the label.
	if s, _ := scene(t, write(t, "p.csv", patients()), draft.Options{}); s.Data.Columns.Label != "outcome" && s.Data.Columns.Label != "died" {
		t.Errorf("label %q", s.Data.Columns.Label)
	}
	s, _ = scene(t, write(t, "p.csv", patients()), draft.Options{Label: "sex", Positive: "f", Features: []string{"age", "outcome"}})
	if c := s.Data.Columns; c.Positive != "f" || !slices.Equal(c.Features, []string{"age", "outcome"}) {
		t.Errorf("columns %+v", c)
	}
}

// TestClasses looks at which class gets label 1.
func TestClasses(t *testing.T) {
	for classes, want := range map[string][2]string{
		"0 1":           {"label = 1", "label = 0"},
		"false TRUE":    {"label = 1", "label = 0"},
		"1 2":           {"2", "1"},
		"-1 1":          {"1", "-1"},
		"yes no":        {"yes", "no"},
		"nein ja":       {"ja", "nein"},
		"spam ham":      {"spam", "ham"},
		"benign malig.": {"malig.", "benign"},
		"a b b c":       {"b", "not b"},
		"a b c":         {"c", "not c"},
	} {
		text, list := "x,label\n", strings.Fields(classes)
		for i := range 12 {
			text += fmt.Sprintf("%d,%s\n", i*i%7, list[i%len(list)])
		}
		if s, _ := scene(t, write(t, "c.csv", text), draft.Options{}); s.Classes != want {
			t.Errorf("%s: classes %q, want %q", classes, s.Classes, want)
		}
	}
}

// TestLabels looks at which column is the label.
func TestLabels(t *testing.T) {
	for header, want := range map[string]string{
		"x,g,b,label": "label", "Y,x,b,g": "Y", "x,b,g": "g", "b,x": "b", "x,b": "b", "b,c,x": "c", "b,x,species": "species",
		"target,b,class": "class", "Class Label,x": "", "target,class,x": "", "b,c,d,e,x": "",
	} {
		names := strings.Split(header, ",")
		text := header + "\n"
		for i := range 24 {
			var row []string
			for j, name := range names {
				switch name {
				case "x":
					row = append(row, fmt.Sprint(float64(i*i%23)+0.5))
				case "species":
					row = append(row, []string{"a", "b", "c"}[i%3])
				default:
					row = append(row, fmt.Sprint(i>>j&1))
				}
			}
			text += strings.Join(row, ",") + "\n"
		}
		path := write(t, "l.csv", text)
		d, err := draft.New(t.Context(), path, filepath.Join(t.TempDir(), "l.toml"), draft.Options{})
		switch {
		case want == "" && (err == nil && !strings.Contains(header, " ") || err != nil && !labelAsked(err)):
			t.Errorf("%s: %v, want an error that asks for the label", header, err)
		case want != "" && err != nil:
			t.Errorf("%s: %v", header, err)
		case want != "" && !strings.Contains(string(d.Text), "\nlabel = \""+want+"\"\n"):
			t.Errorf("%s: %v, want %s", header, d.Notes, want)
		}
	}
}

func labelAsked(err error) bool {
	open := (*draft.ChoiceError)(nil)
	return errors.As(err, &open) && open.Option == "label"
}

// TestBuiltin drafts scenes of the data sets that are built in: their runs go down, and
// none is past its limit.
func TestBuiltin(t *testing.T) {
	for _, c := range []struct {
		file, label string
		features    int
		plane       string
		o           draft.Options
	}{
		{"builtin:iris.csv", "species", 4, scenes.PlanePCA, draft.Options{}},
		{"builtin:iris.csv", "species", 1, scenes.PlaneAxes, draft.Options{Features: []string{"petal_width"}}},
		{"builtin:breast_cancer.csv", "diagnosis", 3, scenes.PlanePCA, draft.Options{Features: []string{"mean_radius", "mean_texture", "mean_smoothness"}}},
		{"builtin:penguins.csv", "species", 8, scenes.PlanePCA, draft.Options{}},
		{"builtin:penguins.csv", "sex", 2, scenes.PlaneAxes, draft.Options{Label: "sex", Features: []string{"bill_length_mm", "bill_depth_mm"}}},
		{"builtin:mtcars.csv", "am", 10, scenes.PlanePCA, draft.Options{}},
		{"builtin:mtcars.csv", "vs", 10, scenes.PlanePCA, draft.Options{Label: "-4"}},
	} {
		s, _ := scene(t, c.file, c.o)
		if s.Problem.Features() != c.features || s.Landscape.Plane != c.plane || len(s.Runs) != 3 || s.Data.Columns.Label != c.label && c.o.Label != "-4" {
			t.Errorf("%s: label %s, %d features, plane %s, %d runs", c.file, s.Data.Columns.Label, s.Problem.Features(), s.Landscape.Plane, len(s.Runs))
		}
		lambda, ok := s.Problem.MinimumSharpness(0)
		if !ok {
			lambda = s.Problem.Sharpness(make([]float64, s.Problem.Dim()))
		}
		paths, err := s.Problem.DescendAll(t.Context(), s.Runs, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range paths {
			if limit, _ := s.Runs[i].StableBelow(lambda); s.Runs[i].LR >= limit || !(p.Loss[len(p.Loss)-1] < p.Loss[0]*0.75) {
				t.Errorf("%s: run %d, lr %v of %v, ends at %v from %v", c.file, i, s.Runs[i].LR, limit, p.Loss[len(p.Loss)-1], p.Loss[0])
			}
		}
	}
}

// TestArray drafts a scene of a plain array, whose columns have no names.
func TestArray(t *testing.T) {
	header := "{'descr': '|i1', 'fortran_order': False, 'shape': (12, 3), }\n"
	npy := "\x93NUMPY\x01\x00" + string([]byte{byte(len(header)), 0}) + header
	for i := range 12 {
		npy += string([]byte{byte(i * i % 7), byte(i * 5 % 11), byte(i * i % 5 % 2)})
	}
	s, _ := scene(t, write(t, "a.npy", npy), draft.Options{})
	if c := s.Data.Columns; c.Label != "2" || s.Problem.Features() != 2 || s.Landscape.Axes != [2]string{"w1", "w2"} {
		t.Errorf("columns %+v, axes %q", c, s.Landscape.Axes)
	}
}

// TestNames drafts scenes of files whose names and texts TOML and shells have to quote.
func TestNames(t *testing.T) {
	header, text := `"a ""b""",c\d,"e`+"\n"+`f",l'abel`, ""
	for i := range 20 {
		text += fmt.Sprintf("\n%d,%d,%d,\"%s\"", i*i%11, i*7%13, i%5, []string{`y""1`, `n\o`}[i*i%11/6])
	}
	s, _ := scene(t, write(t, `da"ta.csv`, header+text), draft.Options{Label: "l'abel"})
	if want := []string{`a "b"`, `c\d`, "e\nf"}; !reflect.DeepEqual(s.Features, want) {
		t.Errorf("features %q, want %q", s.Features, want)
	}
}

func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "empty file",
		"a,label":                             "no samples",
		"a,label\n1,0\n2,0\n":                 "one class only",
		"a,b\n1,2.5\n2,3.5\n3,4\n":            "which column holds the classes?",
		"a,label\n1,0\nx,1\n3,0\n":            `"a": 1 of 3 values are texts`,
		"a,label\n1,0\ninf,1\n3,0\n4,1\n":     `t.csv:3:1: column "a" holds "inf"`,
		"a,label\n1,0\n2\n":                   "t.csv:3:1",
		"a,a,label\n5,1,0\n4,1,1\n3,2,1\n":    "comes twice",
		"id,label\n1,0\n2,1\n3,0\n":           "no column is left",
		"a,label\n,0\n3,1\n4,1\n5,1\n6,1\n":   "one class",
		"a;label\n1,5;0\n2.5;1\n3;1\n1;0\n":   "texts, the others numbers",
		"a,label\n1,0\n\xff,1\n2,1\n\xfe,0\n": "",
	} {
		path := write(t, "t.csv", text)
		_, err := draft.New(t.Context(), path, filepath.Join(t.TempDir(), "t.toml"), draft.Options{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	for _, c := range []struct {
		o    draft.Options
		want string
	}{
		{draft.Options{Label: "kind"}, `no column "kind" for the label`},
		{draft.Options{Label: "sepal_width"}, "has more than 12 values"},
		{draft.Options{Positive: "rose"}, "never occurs"},
		{draft.Options{Features: []string{"length"}}, `no column "length" for the features`},
		{draft.Options{Exclude: []string{"length"}}, `no column "length" for those to exclude`},
		{draft.Options{Label: "species", Features: []string{"species"}}, "cannot be a feature, too"},
		{draft.Options{Label: "species", Exclude: []string{"species"}}, "cannot be excluded"},
		{draft.Options{Exclude: []string{"0", "1", "2", "3"}}, "no column is left"},
	} {
		if _, err := draft.New(t.Context(), "builtin:iris.csv", "iris.toml", c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.o, err, c.want)
		}
	}
}

// TestPath looks at how a scene names its data file.
func TestPath(t *testing.T) {
	path := write(t, "d.csv", patients())
	folder := filepath.Dir(path)
	t.Chdir(folder)
	for from, want := range map[string]string{"s.toml": "d.csv", "sub/s.toml": "../d.csv", filepath.Join(folder, "s.toml"): filepath.ToSlash(path)} {
		d, err := draft.New(t.Context(), "d.csv", from, draft.Options{Label: "sex"})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(d.Text), fmt.Sprintf("\nfile = %q\n", want)) {
			t.Errorf("%s: no file %q in %s", from, want, d.Text)
		}
	}
}

// table returns the text of a table with columns of all sorts.
func table(seed uint64) string {
	rng := rand.New(rand.NewPCG(seed, 1))
	rows, columns := 2+rng.IntN(40), 1+rng.IntN(7)
	sorts := []func(i int) string{
		func(int) string { return fmt.Sprint(rng.NormFloat64()) },
		func(int) string { return fmt.Sprint(rng.NormFloat64() * 1e200) },
		func(int) string { return fmt.Sprint(rng.NormFloat64() * 1e-200) },
		func(int) string { return fmt.Sprint(1e9 + rng.Float64()) },
		func(int) string { return fmt.Sprint(rng.IntN(4)) },
		func(int) string { return fmt.Sprint(rng.IntN(2)) },
		func(i int) string { return fmt.Sprint(i) },
		func(int) string { return "7" },
		func(int) string { return []string{"a", "b", "c d"}[rng.IntN(3)] },
		func(int) string { return []string{"yes", "no"}[rng.IntN(2)] },
		func(int) string { return []string{"1", "NA", "2.5"}[rng.IntN(3)] },
		func(int) string { return []string{"1", "x", "2.5"}[rng.IntN(3)] },
		func(i int) string { return fmt.Sprint("t", i) },
		func(int) string { return "" },
		func(int) string { return fmt.Sprint(math.Exp(300 * rng.NormFloat64())) },
	}
	names := []string{"", "x", "y", "id", "label", "class", "bias", "lr", "w1", "loss", "a=b", "Größe", "target", "q", "r", "s"}
	var header []string
	var of []func(int) string
	for range columns {
		header = append(header, names[rng.IntN(len(names))])
		of = append(of, sorts[rng.IntN(len(sorts))])
	}
	if rng.IntN(2) == 0 {
		header, of = append(header, "outcome"), append(of, sorts[5])
	}
	text := strings.Join(header, ",") + "\n"
	for i := range rows {
		var row []string
		for _, f := range of {
			row = append(row, f(i))
		}
		text += strings.Join(row, ",") + "\n"
	}
	return text
}

// TestTables drafts scenes of tables with columns of all sorts: what is not refused decodes
// and resolves as it is. Of seed 356 a column is called as another weight is.
func TestTables(t *testing.T) {
	for seed := range uint64(40) {
		checkTable(t, table(seed))
	}
	checkTable(t, table(356))
}

// FuzzNew is TestTables for as many tables as there is time for.
func FuzzNew(f *testing.F) {
	f.Add(uint64(1), "")
	f.Add(uint64(0), "x;y;k\n1,5;2;a\n1;3;b\n7;1;a\n2;NA;c\n3;1;b\n")
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		if text == "" {
			text = table(seed)
		}
		checkTable(t, text)
	})
}

// checkTable drafts a scene of a text, which is refused in one line if at all.
func checkTable(t *testing.T, text string) {
	t.Helper()
	path := write(t, "f.csv", text)
	scenePath := filepath.Join(filepath.Dir(path), "f.toml")
	d, err := draft.New(t.Context(), path, scenePath, draft.Options{})
	if err != nil {
		if strings.ContainsAny(err.Error(), "\n") || len(err.Error()) > 4000 || strings.Contains(err.Error(), "f.toml") {
			t.Errorf("error %q of %s", err, text)
		}
		return
	}
	s, err := scenes.Decode(scenePath, d.Text)
	if err == nil {
		err = s.Resolve(t.Context())
	}
	if err != nil {
		t.Errorf("%v in\n%s", err, d.Text)
	}
}

// TestWeights takes counts for weights, and a column that is asked for, not those that say nothing.
func TestWeights(t *testing.T) {
	const counts = "sex,age,survived,count\nm,1,no,5\nm,2,yes,3\nf,1,yes,9\nf,2,no,0\nf,3,yes,4\n"
	for _, c := range []struct {
		text string
		o    draft.Options
		want string // a line of the scene
		n    float64
	}{
		{counts, draft.Options{}, "weights = \"count\"", 21},
		{counts, draft.Options{Features: []string{"age"}, Weights: "count"}, "weights = \"count\"", 21},
		{counts, draft.Options{Features: []string{"age", "count"}}, "", 5},
		{counts, draft.Options{Exclude: []string{"count"}}, "", 5},
		{strings.Replace(counts, "count", "weight", 1), draft.Options{}, "", 5},
		{strings.Replace(counts, "count", "weight", 1), draft.Options{Weights: "3"}, "weights = \"weight\"", 21},
		{strings.Replace(counts, ",9", ",-9", 1), draft.Options{}, "", 5},
	} {
		s, d := scene(t, write(t, "t.csv", c.text), c.o)
		if got := strings.Contains(string(d.Text), "\nweights = "); got != (c.want != "") || !strings.Contains(string(d.Text), c.want) || s.Problem.Total() != c.n {
			t.Errorf("%+v: %v samples, want %v and %q:\n%s", c.o, s.Problem.Total(), c.n, c.want, d.Text)
		}
	}
	if _, err := draft.New(t.Context(), write(t, "t.csv", counts), "s.toml", draft.Options{Weights: "n"}); err == nil || !strings.Contains(err.Error(), `no column "n" for the weights`) {
		t.Error(err)
	}
}
