package dataset

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/mat"
)

// TestMersenneTwister checks the first outputs after init_genrand(5489),
// which are in the C++ standard's and the authors' tests, and NumPy's doubles.
func TestMersenneTwister(t *testing.T) {
	g := NewNumPy(5489)
	for range 9999 {
		g.mt.Uint32()
	}
	if got := g.mt.Uint32(); got != 4123659995 {
		t.Errorf("10000th output %d, want 4123659995 (C++ [rand.predef])", got)
	}
	// np.random.seed(0); np.random.random(3)
	g = NewNumPy(0)
	for i, want := range []float64{0.5488135039273248, 0.7151893663724195, 0.6027633760716439} {
		if got := g.Float64(); got != want {
			t.Errorf("double %d is %v, want %v", i, got, want)
		}
	}
}

// TestNotebookSamples checks that the notebook's samples come out to the last
// bit.
func TestNotebookSamples(t *testing.T) {
	one := func(mean, std float64) Part { return Part{Mean: []float64{mean}, Std: []float64{std}, N: 50} }
	for name, classes := range map[string][]Class{
		"one-mode": {{1, []Part{one(1, 1)}}, {0, []Part{one(-1, 1)}}},
		"two-mode": {{1, []Part{one(1, 0.25), one(5, 0.25)}}, {0, []Part{one(-1, 0.5)}}},
	} {
		b, err := os.ReadFile("../../testdata/notebook/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var want struct{ X, Label []float64 }
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		set, err := Gaussian(0, classes)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.X, set.X.RawMatrix().Data); diff != "" {
			t.Errorf("%s: x (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(want.Label, set.Y); diff != "" {
			t.Errorf("%s: labels (-want +got):\n%s", name, diff)
		}
	}
}

// TestLogRounded compares with 200-bit arithmetic: the result must be the
// float64 nearest to the logarithm.
func TestLogRounded(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	xs := []float64{1, 0.5, 2, 1 - 0x1p-53, 1 + 0x1p-52, 0x1p-106, 1e-300, 1e300, math.Sqrt2, math.Sqrt2 / 2, 0.999, 1e-10}
	for range 2000 {
		xs = append(xs, r.Float64(), 1-r.Float64()*0x1p-20, math.Exp(20*r.NormFloat64()))
	}
	plain := 0
	for _, x := range xs {
		got := logRounded(x)
		want := exactLog(x)
		if got != want {
			t.Errorf("log(%v) = %v, want %v", x, got, want)
		}
		if math.Log(x) != want {
			plain++
		}
	}
	t.Logf("math.Log rounds %d of %d otherwise", plain, len(xs))
}

// exactLog returns log x by Newton's method in 200 bits, rounded once.
func exactLog(x float64) float64 {
	const bits, halvings = 300, 30
	exp := func(y *big.Float) *big.Float {
		t := new(big.Float).SetMantExp(y, -halvings)
		sum := new(big.Float).SetPrec(bits).SetInt64(1)
		term := new(big.Float).SetPrec(bits).SetInt64(1)
		for k := int64(1); k < 20; k++ {
			term.Mul(term, t)
			term.Quo(term, new(big.Float).SetInt64(k))
			sum.Add(sum, term)
		}
		for range halvings {
			sum.Mul(sum, sum)
		}
		return sum
	}
	y := new(big.Float).SetPrec(bits).SetFloat64(math.Log(x))
	one := new(big.Float).SetInt64(1)
	for range 3 { // y += x e^−y − 1 squares the error each time
		e := exp(new(big.Float).SetPrec(bits).Neg(y))
		e.Mul(e, new(big.Float).SetFloat64(x))
		y.Add(y, e.Sub(e, one))
	}
	f, _ := y.Float64()
	return f
}

func TestGaussianShape(t *testing.T) {
	// np.random.seed(3); np.random.normal([1, -1], [2, 0.5], (2, 2)), row by row.
	set, err := Gaussian(3, []Class{{1, []Part{{Mean: []float64{1, -1}, Std: []float64{2, 0.5}, N: 2}}}})
	if err != nil {
		t.Fatal(err)
	}
	g := NewNumPy(3)
	for i := range 2 {
		for j, want := range []float64{g.Normal(1, 2), g.Normal(-1, 0.5)} {
			if got := set.X.At(i, j); got != want {
				t.Errorf("x[%d,%d] = %v, want %v", i, j, got, want)
			}
		}
	}
	if v := NewNumPy(0).Normal(7, 0); v != 7 {
		t.Errorf("with std 0: %v, want the mean", v)
	}
}

func TestGaussianErrors(t *testing.T) {
	part := func(mean, std []float64, n int) []Class { return []Class{{1, []Part{{mean, std, n}}}} }
	f := func(v ...float64) []float64 { return v }
	tests := []struct {
		classes []Class
		want    string
	}{
		{nil, "no samples"},
		{part(f(1), f(1), 1), "only one sample"},
		{part(f(1), f(1), 0), "0 samples, want at least 1"},
		{part(f(1), f(1), -4), "-4 samples"},
		{part(f(1), f(-1), 5), "standard deviation -1"},
		{part(f(1), f(math.NaN()), 5), "standard deviation NaN"},
		{part(f(math.Inf(1)), f(1), 5), "mean +Inf"},
		{part(nil, f(1), 5), "no mean"},
		{part(f(1, 2, 3), f(1, 2), 5), "2 standard deviations, want 1 or 3"},
		{part(f(1), f(1), math.MaxInt), "more than"},
		{[]Class{{2, nil}}, "label 2, want 0 or 1"},
		{[]Class{{1, []Part{{f(1), f(1), 2}, {f(1, 2), f(1), 2}}}}, "part 1 of class 0: 2 means, want 1"},
	}
	for _, tt := range tests {
		if _, err := Gaussian(0, tt.classes); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
}

func TestCSV(t *testing.T) {
	const iris = "\ufefflength, width ,species\n5.1,3.5,setosa\n 7.0 ,3.2,versicolor\n\"6.3\",3.3,virginica\n4.9,3.0,setosa\n"
	tests := []struct {
		name, text string
		cols       Columns
		want       Set
	}{
		{
			"all features", iris, Columns{Label: "species", Positive: "setosa"},
			Set{X: mat.NewDense(4, 2, []float64{5.1, 3.5, 7, 3.2, 6.3, 3.3, 4.9, 3}), Y: []float64{1, 0, 0, 1}, Features: []string{"length", "width"}, Classes: [2]string{"setosa", "not setosa"}},
		},
		{
			"one feature", iris, Columns{Label: "species", Positive: "virginica", Features: []string{"width"}},
			Set{X: mat.NewDense(4, 1, []float64{3.5, 3.2, 3.3, 3}), Y: []float64{0, 0, 1, 0}, Features: []string{"width"}, Classes: [2]string{"virginica", "not virginica"}},
		},
		{
			"features in another order", iris, Columns{Label: "species", Positive: "setosa", Features: []string{"width", "length"}},
			Set{X: mat.NewDense(4, 2, []float64{3.5, 5.1, 3.2, 7, 3.3, 6.3, 3, 4.9}), Y: []float64{1, 0, 0, 1}, Features: []string{"width", "length"}, Classes: [2]string{"setosa", "not setosa"}},
		},
		{
			"beside columns without a name, or with one that comes twice", ",u,u,x,y,\n0,,,1,0,\n1,a,b,2,1,\n", Columns{Label: "y", Features: []string{"x"}},
			Set{X: mat.NewDense(2, 1, []float64{1, 2}), Y: []float64{0, 1}, Features: []string{"x"}, Classes: [2]string{"y = 1", "y = 0"}},
		},
		{
			"labels 0 and 1, CRLF, no final newline", "y,x\r\n0,1e-3\r\n1.0,-2", Columns{Label: "y"},
			Set{X: mat.NewDense(2, 1, []float64{1e-3, -2}), Y: []float64{0, 1}, Features: []string{"x"}, Classes: [2]string{"y = 1", "y = 0"}},
		},
		{
			"two classes", "x,kind\n1, b \n2,a\n3,b\n", Columns{Label: "kind", Positive: "a"},
			Set{X: mat.NewDense(3, 1, []float64{1, 2, 3}), Y: []float64{0, 1, 0}, Features: []string{"x"}, Classes: [2]string{"a", "b"}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set, err := ReadCSV(strings.NewReader(tt.text), "t.csv", tt.cols)
			if err != nil {
				t.Fatal(err)
			}
			if !mat.Equal(set.X, tt.want.X) || !slices.Equal(set.Y, tt.want.Y) || !slices.Equal(set.Features, tt.want.Features) || set.Classes != tt.want.Classes {
				t.Errorf("got %v %v %v %q", set.X, set.Y, set.Features, set.Classes)
			}
		})
	}
}

// TestCSVClasses checks that a class is its text, and 0 and 1 are numbers where
// no class is named.
func TestCSVClasses(t *testing.T) {
	for _, c := range []struct {
		positive, classes string
		want              []float64
	}{
		{"9007199254740993", "9007199254740993 9007199254740992", []float64{1, 0}},
		{"1E5", "1E5 100000", []float64{1, 0}},
		{"007", "7 007 07", []float64{0, 1, 0}},
		{"inf", "inf Infinity", []float64{1, 0}},
		{"1", "1 1.0 true", []float64{1, 0, 0}},
		{"a ", "a b", []float64{1, 0}},
		{"\u00a0a\t", "a b", []float64{1, 0}},
		{"", "0 1 1.0 1e0 +1 01 1.000000000000000000e+00 1E0 1.", []float64{0, 1, 1, 1, 1, 1, 1, 1, 1}},
		{"", "1 0 -0 0.0 0e5 .0 0.000000000000000000e+00 -0.0", []float64{1, 0, 0, 0, 0, 0, 0, 0}},
	} {
		text := "x,y\n"
		for _, class := range strings.Fields(c.classes) {
			text += "1, " + class + " \n"
		}
		set, err := ReadCSV(strings.NewReader(text), "t.csv", Columns{Label: " y", Positive: c.positive, Features: []string{"x "}})
		if err != nil {
			t.Errorf("%q: %v", c.classes, err)
		} else if !slices.Equal(set.Y, c.want) || !slices.Equal(set.Features, []string{"x"}) {
			t.Errorf("%q: labels %v of %q, want %v", c.classes, set.Y, set.Features, c.want)
		}
	}
}

func TestCSVErrors(t *testing.T) {
	y := Columns{Label: "y"}
	tests := []struct {
		text string
		cols Columns
		want string
	}{
		{"", y, "t.csv:1:1: empty file, want a first line that names the columns"},
		{"x,y\n", y, "t.csv: no samples, want at least two"},
		{"x,y\n1,0\n", y, "t.csv: only one sample, want at least two"},
		{"x,y\n1,0\n2,1\n", Columns{}, `t.csv:1:1: which column holds the classes? name it as the label, one of: "x", "y"`},
		{"x,y\n1,0\n2,1\n", Columns{Label: "z"}, `t.csv:1:1: no column "z" for the label, want one of: "x", "y"`},
		{"x,y\n1,0\n2,1\n", Columns{Label: "y", Features: []string{"u"}}, `t.csv:1:1: no column "u" for the features, want one of: "x", "y"`},
		{"x,y\n1,0\n2,1\n", Columns{Label: "y", Features: []string{"y"}}, `t.csv:1:3: column "y" is the label and cannot be a feature too`},
		{"x,y\n1,0\n2,1\n", Columns{Label: "y", Features: []string{"x", "x"}}, `t.csv:1:1: column "x" is listed twice as a feature`},
		{"x,y,x\n1,0,1\n2,1,1\n", Columns{Label: "y", Features: []string{"x"}}, `t.csv:1:5: column "x" comes twice, rename one`},
		{"y\n0\n1\n", y, "t.csv:1:1: no feature columns, want at least one"},
		{"x,y\n1,0\nabc,1\n", y, `t.csv:3:1: column "x" holds "abc", want a number (or name the column as categorical, exclude it, or list the columns to use as features)`},
		{"x,y\n1,0\n ,1\n", y, `t.csv:3:2: column "x" is empty, want a number (or have rows with missing values dropped, or means in their place)`},
		{"x,u,y\n1,2,0\n1,NaN,1\n", y, `t.csv:3:3: column "u" holds NaN, a missing value, want a finite number (or have rows with missing values dropped, or means in their place)`},
		{"x,y\n1,0\n-inf,1\n", y, `t.csv:3:1: column "x" holds "-inf", want a finite number`},
		{"x,y\n1,0\n1e999,1\n", y, `t.csv:3:1: column "x" holds "1e999", want a finite number`},
		{"x,y\n1,0\n2,cat\n", y, `t.csv:3:3: column "y" holds "cat", want 0 or 1 (or say which class is positive)`},
		{"x,y\n1,0\n2,\n", y, `t.csv:3:3: column "y" is empty, want a class (or have rows with missing values dropped)`},
		{"x,y\n1,cat\n2,dog\n", Columns{Label: "y", Positive: "bird"}, `t.csv: column "y": positive class "bird" never occurs, want one such as "cat", "dog"`},
		{"x,y\n1,0\n2\n", y, "t.csv:3:1: 1 fields, want 2 as the first line names (is the file cut off?)"},
		{"x,y\n1,0\n\"2,1\n", y, `t.csv:3:1: the quote that opens here does not close at the end of its field (a quote in a quoted field is doubled, "")`},

		// Quotes: where they open.
		{"x,y\n1,0\n\n\"2\", \"1\n3,0\n4,1\n", y, "t.csv:4:6: the quote that opens here ..."},
		{"x,y\r\n1,0\r\n\"a\nb \"\"c\",\"1\r\n3,0\r\n", y, "t.csv:4:8: the quote that opens here ..."},
		{"x,y\n\"1,0\n2,1\n3,\"a\"\n", y, "t.csv:2:1: the quote that opens here ..."},
		{"x,y\n1,\"\"\"a\n2,\"\"\n", y, "t.csv:2:3: the quote that opens here ..."},
		{"\"x,y\n1,0\n2,1\n", y, "t.csv:1:1: the quote that opens here ..."},
		{"x,y\n5\" disk,0\n", y, `t.csv:2:2: a quote inside a field that does not begin with one (a field with quotes is quoted whole, and its quotes are doubled, "")`},

		// Names of columns.
		{",x,y\n0,1,0\n1,2,1\n", y, "t.csv:1:1: column 1 has no name (an index that pandas wrote?): exclude it (exclude = [0]), name it, or list the columns to use as features"},
		{"x,y,\n1,0,\n2,1,\n", y, "t.csv:1:5: column 3 has no name ..."},
		{"x,y\n1,0\n2,1\n", Columns{Label: "y", Features: []string{""}}, `t.csv:1:1: a column without a name for the features, want one of: "x", "y"`},
		{"x,y\n1,0\n2,1\n", Columns{Label: "y", Features: []string{"x", "x "}}, `t.csv:1:1: column "x" is listed twice as a feature`},
		{"x,x,y\n1,1,0\n2,1,1\n", y, `t.csv:1:3: column "x" comes twice, rename one`},
		{"x,y,y\n1,1,0\n2,1,1\n", y, `t.csv:1:5: column "y" comes twice, rename one`},
		{"gr\xf6\xdfe,y\n1,0\n2,1\n", y, `t.csv:1:1: column 1 has the name "gr\xf6\xdfe", which is not UTF-8: save the file as UTF-8`},

		// Rows of numbers where names should be, row numbers, ragged rows.
		{"1.5,0\n2.5,1\n", y, "t.csv:1:1: holds numbers only, want a first line that names the columns (lines that begin with # are comments)"},
		{"n,x,y\n1,5,0\n2,6,1\n3,5,0\n", y, `t.csv:1:1: column "n" counts the rows and looks like a row number: exclude it (exclude = ["n"]), or list the columns to use as features`},
		{"x,n,y\n1,0,0\n2,1,1\n7,2,0\n", y, `t.csv:1:3: column "n" counts the rows ...`},
		{"x,y\nr1,1,0\nr2,2,1\n", y, "t.csv:2:1: 3 fields, want 2 as the first line names (names of rows, as R writes them? name their column, too)"},
		{"x,y\n1,0\n2,1,3\n", y, "t.csv:3:1: 3 fields, want 2 as the first line names"},

		// Choices.
		{"x,y\n1,0\n2,1\n", Columns{Label: "y", Exclude: []string{"z"}}, `t.csv:1:1: no column "z" to exclude, want one of: "x", "y"`},
		{"x,y\n1,0\n2,1\n", Columns{Label: "y", Exclude: []string{"y"}}, `t.csv:1:3: column "y" is the label and cannot be excluded`},
		{"x,y\n1,0\n2,1\n", Columns{Label: "y", Exclude: []string{"x"}}, "t.csv:1:1: no feature columns, want at least one"},
		{"x,y\n1,0\n2,1\n", Columns{Label: "y", Features: []string{"x"}, Exclude: []string{"x"}}, `t.csv:1:1: column "x" is excluded and cannot be a feature too`},
		{"x,y\n1,0\n2,1\n", Columns{Label: "y", Features: []string{"2"}}, `t.csv:1:1: no column "2" for the features, want one of: "x", "y"`},
		{"x,y\n1,0\n2,1\n", Columns{Label: "y", Categorical: []string{"y"}}, `t.csv:1:3: column "y" is the label and cannot be a categorical feature too`},
		{"x,y\na,0\na,1\n", Columns{Label: "y", Categorical: []string{"x"}}, `t.csv: column "x" has one level only, "a": exclude it`},
		{"x,y\na,0\n,1\n", Columns{Label: "y", Categorical: []string{"x"}, Missing: MissingMean}, `t.csv:3:1: column "x" has a missing value, and texts have no mean: have rows with missing values dropped`},
		{"x,y\n1,a\n2,b\n", Columns{Label: "y", Positive: "a", Negative: "c"}, `t.csv: column "y": negative class "c" never occurs, want one such as "b"`},
		{"x,y\nNA,0\n,1\n", Columns{Label: "y", Missing: MissingDrop}, "t.csv: no samples, want at least two (2 with missing values dropped)"},
		{"x,y\nNA,0\n,1\n", Columns{Label: "y", Missing: MissingMean}, `t.csv: column "x" has no value to take the mean of, exclude it`},
		{"x,u,y\n4,1,0\n4,2,1\n", Columns{Label: "y", Standardize: true}, `t.csv: column "x" is constant, it is 4 in all rows, and has no deviation to divide by: exclude it`},

		// Other texts.
		{"x\x00,\x00y\x00\n\x00", y, "t.csv: UTF-16 or UTF-32 text, want UTF-8: save it as UTF-8"},
		{"\x00x\x00,\x00y\x00\n", y, "t.csv: UTF-16 or UTF-32 text, want UTF-8: save it as UTF-8"},
		{"x,y\n1,\x00\n", y, "t.csv: not text: it has a zero byte"},
		{"PK\x03\x04\x14", y, "t.csv: a zip archive (such as .xlsx and .npz), want text"},
		{"\x1f\x8b\x08", y, "t.csv: a gzip archive, want text: unpack it"},
		{"\x93NUMPY\x01", y, "t.csv: an array of NumPy, want text: name it .npy"},

		// Separators and decimal commas.
		{"sep=:\nx:y\n1:0\n", y, `t.csv:1:1: values are separated by ":", want commas, semicolons, tabs or bars`},
		{"x;y\n1,5;0\n2.5;1\n", y, `t.csv:3:1: column "x" holds "2.5", want a number (or name the column as categorical, exclude it, or list the columns to use as features); some numbers have a decimal comma, others a point: want one of them`},
		{"x;y\n1.234,5;0\n2;1\n", y, `t.csv:2:1: column "x" holds "1.234,5", want a number without commas, such as 1.5`},
		{"x y\n1 0\n", y, "t.csv:1:1: looks separated by spaces, want commas, semicolons, tabs or bars"},
		{"x,y\n1;0\n2;1\n", y, `t.csv:2:1: 1 fields, want 2 as the first line names; looks separated by ";"`},
		{"x,y\n\"1,5\",0\n\"2,5\",1\n", y, `t.csv:2:1: column "x" holds "1,5", want a number without commas, such as 1.5`},
		{"x,y\n\"1,234\",0\n", y, `t.csv:2:1: column "x" holds "1,234", want a number without commas, such as 1.5`},

		// Classes.
		{"x,y\n1,a\n2,b\n", Columns{Label: "y", Positive: "c "}, `t.csv: column "y": positive class "c" never occurs, want one such as "a", "b"`},
		{"x,y\n1,100000\n2,7\n", Columns{Label: "y", Positive: "1E5"}, `t.csv: column "y": positive class "1E5" never occurs, want one such as "100000", "7"`},
		{"x,y\n1,a\n1,b\n1,c\n1,d\n1,e\n1,f\n1,g\n", Columns{Label: "y", Positive: "z"}, `t.csv: column "y": positive class "z" never occurs, want one such as "a", "b", "c", "d", "e"`},
		{"x,y\n1,1e-400\n", y, `t.csv:2:3: column "y" holds "1e-400", want 0 or 1 (or say which class is positive)`},
		{"x,y\n1,1.00000000000000000001\n", y, `t.csv:2:3: column "y" holds "1.00000000000000000001", want 0 or 1 (or say which class is positive)`},

		// Long ones.
		{"x,y\n1,0\n" + strings.Repeat("z", 1<<20) + ",1\n", y, `t.csv:3:1: column "x" holds "` + strings.Repeat("z", 40) + `"…, want a number (or name the column as categorical, exclude it, or list the columns to use as features)`},
		{"a,b,c,d,e,f,g," + strings.Repeat("h,", 20000) + "y\n", Columns{Label: "Y"}, `t.csv:1:1: no column "Y" for the label, want one of: "a", "b", "c", "d", "e" and 20003 more`},
	}
	for _, tt := range tests {
		_, err := ReadCSV(strings.NewReader(tt.text), "t.csv", tt.cols)
		want, more := strings.CutSuffix(tt.want, "...")
		if err == nil || err.Error() != want && !(more && strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%.200q\ngot  %v\nwant %s", tt.text, err, tt.want)
			continue
		}
		if e := (*Error)(nil); !errors.As(err, &e) {
			t.Errorf("%v is a %T", err, err)
		}
	}
}

// npyFile writes an array as numpy.save does, little-endian.
func npyFile(version byte, descr string, fortran bool, shape string, data any) []byte {
	order := map[bool]string{false: "False", true: "True"}[fortran]
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n", descr, order, shape)
	b := append([]byte("\x93NUMPY"), version, 0)
	if version == 1 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(head)))
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(head)))
	}
	b, err := binary.Append(append(b, head...), binary.LittleEndian, data)
	if err != nil {
		panic(err)
	}
	return b
}

func TestNPY(t *testing.T) {
	rows := []float64{1.5, 2, 0, 3, 4, 1}
	want := Set{X: mat.NewDense(2, 2, []float64{1.5, 2, 3, 4}), Y: []float64{0, 1}}
	tests := []struct {
		name string
		src  []byte
		cols Columns
		want Set
	}{
		{"float64", npyFile(1, "<f8", false, "(2, 3)", rows), Columns{}, want},
		{"version 2", npyFile(2, "<f8", false, "(2, 3)", rows), Columns{}, want},
		{"float32", npyFile(1, "<f4", false, "(2, 3)", []float32{1.5, 2, 0, 3, 4, 1}), Columns{}, want},
		{"Fortran order", npyFile(1, "<f8", true, "(2, 3)", []float64{1.5, 3, 2, 4, 0, 1}), Columns{}, want},
		{
			"integers, first column is the label", npyFile(1, "<i4", false, "(2, 3)", []int32{7, 1, 2, 8, 3, 4}), Columns{Label: "0", Positive: "8"},
			Set{X: mat.NewDense(2, 2, []float64{1, 2, 3, 4}), Y: []float64{0, 1}},
		},
		{
			"listed features", npyFile(1, "<f8", false, "(2, 3)", rows), Columns{Label: "-1", Features: []string{"1"}},
			Set{X: mat.NewDense(2, 1, []float64{2, 4}), Y: []float64{0, 1}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "points.npy")
			if err := os.WriteFile(path, tt.src, 0o666); err != nil {
				t.Fatal(err)
			}
			set, err := Load(path, tt.cols)
			if err != nil {
				t.Fatal(err)
			}
			if !mat.Equal(set.X, tt.want.X) || !slices.Equal(set.Y, tt.want.Y) {
				t.Errorf("got %v %v", set.X, set.Y)
			}
		})
	}
}

func TestNPYErrors(t *testing.T) {
	f8 := func(shape string, v ...float64) []byte { return npyFile(1, "<f8", false, shape, v) }
	good := f8("(2, 2)", 1, 0, 2, 1)
	tests := []struct {
		name string
		src  []byte
		cols Columns
		want string
	}{
		{"empty", nil, Columns{}, "not an NPY file"},
		{"text", []byte("length,width\n1,2\n"), Columns{}, "not an NPY file"},
		{"header cut", good[:20], Columns{}, "truncated NPY file"},
		{"data cut", good[:len(good)-1], Columns{}, "truncated NPY file: 31 bytes for an array of 2 x 2"},
		{"huge", f8("(1000000000, 1000000000)", 1), Columns{}, "truncated NPY file"},
		{"header without newline", []byte("\x93NUMPY\x01\x00\x04\x00abcd"), Columns{}, "malformed NPY file"},
		{"version 3", append([]byte("\x93NUMPY\x03\x00"), make([]byte, 20)...), Columns{}, "malformed NPY file"},
		{"complex", npyFile(1, "<c16", false, "(1, 2)", make([]float64, 4)), Columns{}, "array of complex numbers, want floats, integers, booleans or texts"},
		{"1-D", f8("(4,)", 1, 2, 3, 4), Columns{}, "array of 1 dimensions, want 2"},
		{"no rows", f8("(0, 2)"), Columns{}, "no samples, want at least two"},
		{"one row", f8("(1, 2)", 1, 0), Columns{}, "only one sample, want at least two"},
		{"one column", f8("(2, 1)", 0, 1), Columns{}, "array of 1 columns, want at least one feature and the label"},
		{"NaN", f8("(2, 2)", 1, 0, math.NaN(), 1), Columns{}, "row 1, column 0 holds NaN, a missing value, want a finite number"},
		{"label 2", f8("(2, 2)", 1, 0, 2, 2), Columns{}, `row 1, column 1 holds "2", want 0 or 1`},
		{"no positive", good, Columns{Positive: "3"}, `positive class "3" never occurs, want one such as "0", "1"`},
		{"no such label", good, Columns{Label: "2"}, `no column "2" for the label, want an index from 0 to 1`},
		{"named label", good, Columns{Label: "species"}, `no column "species" for the label`},
		{"no such feature", good, Columns{Features: []string{"-3"}}, `no column "-3" for the features`},
		{"label as feature", good, Columns{Features: []string{"0", "1"}}, "column 1 is the label"},
		{"feature twice", good, Columns{Features: []string{"0", "-2"}}, "column 0 is listed twice"},
		{"no features", good, Columns{Features: []string{}}, "no feature columns"},
	}
	for _, tt := range tests {
		_, err := ReadNPY(bytes.NewReader(tt.src), "t.npy", tt.cols)
		if err == nil || !strings.HasPrefix(err.Error(), "t.npy: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	if _, err := Load("points.xls", Columns{}); err == nil || !strings.Contains(err.Error(), `unknown kind of file ".xls", want .csv, .tsv`) {
		t.Errorf("unknown kind: %v", err)
	}
	for _, name := range []string{"none.csv", "none.npy", "none.npz", "none.parquet", "none.csv.gz"} {
		if _, err := Load(filepath.Join(t.TempDir(), name), Columns{}); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// sane checks that a file is read, into a set that can be computed with, or refused in one
// line.
func sane(t *testing.T, set *Set, err error) {
	t.Helper()
	if (set == nil) == (err == nil) {
		t.Errorf("set %v, error %v", set, err)
	}
	if err != nil && (strings.Contains(err.Error(), "\n") || len(err.Error()) > 2000) {
		t.Errorf("error %v", err)
	}
	if set == nil {
		return
	}
	n, d := set.X.Dims()
	if n < 2 || d < 1 || len(set.Y) != n || set.Features != nil && len(set.Features) != d || strings.Contains(set.Taken, "\n") || len(set.Taken) > 2000 {
		t.Errorf("%d x %d, %d labels, %q, %s", n, d, len(set.Y), set.Features, set.Taken)
	}
	for i, y := range set.Y {
		for j := range d {
			if !finite(set.X.At(i, j)) || y != 0 && y != 1 {
				t.Fatalf("sample %d: %v, label %v", i, set.X.At(i, j), y)
			}
		}
	}
}

// FuzzReadNPY checks that every array is read or refused in one line.
func FuzzReadNPY(f *testing.F) {
	f.Add(npyFile(1, "<f8", false, "(2, 2)", []float64{1, 0, 2, 1}), "", "")
	f.Add(npyFile(2, "|u1", true, "(2, 2)", []byte{1, 0, 2, 1}), "0", "1")
	f.Add([]byte("\x93NUMPY\x01\x00\x04\x00abcd"), "", "")
	f.Add(records(), "kind", "ab")
	f.Add(npySource(1, "{'descr': '>U2', 'fortran_order': True, 'shape': (2, 2), }\n", make([]byte, 32)), "", "b")
	f.Fuzz(func(t *testing.T, src []byte, label, positive string) {
		set, err := ReadNPY(bytes.NewReader(src), "fuzz.npy", Columns{Label: label, Positive: positive})
		sane(t, set, err)
	})
}

// FuzzReadNPZ checks that every archive is read or refused in one line.
func FuzzReadNPZ(f *testing.F) {
	y := npyFile(1, "<i8", false, "(2,)", []int64{0, 1})
	f.Add(archive(f, "X", npyFile(1, "<f8", false, "(2, 2)", []float64{1, 0, 2, 1}), "y", y), "y", "X")
	f.Add(archive(f, "r", records(), "y", y), "y", "r.n")
	f.Add(archive(f, "a", npyFile(1, "<f4", true, "(2, 2)", []float32{1, 0, 2, 1})), "", "0")
	f.Fuzz(func(t *testing.T, src []byte, label, feature string) {
		set, err := ReadNPZ(bytes.NewReader(src), int64(len(src)), "fuzz.npz", Columns{Label: label, Features: []string{feature}})
		sane(t, set, err)
	})
}

// FuzzReadCSV checks that every text is read or refused in one line.
func FuzzReadCSV(f *testing.F) {
	f.Add("x,y\n1,0\n2,1\n", "y", "", "", "", false)
	f.Add("\ufeffx;y\r\n\"1\";a\r\n\n1,5;b\n", "y", "a", "b", "", true)
	f.Add("\n\nx,y\n\n\"1\n\"\"\",\"a", "y", " a", "", "x", false)
	f.Add("sep=|\nx|k|y\r#\r1|b|0\rNA|a|1\r", "y", "", "", "k", true)
	f.Add("\xff\xfex\x00,\x00y\x00\n\x001\x00,\x000\x00", "y", "", "", "", false)
	f.Fuzz(func(t *testing.T, text, label, positive, negative, categorical string, more bool) {
		c := Columns{Label: label, Positive: positive, Negative: negative}
		if categorical != "" {
			c.Categorical = []string{categorical}
		}
		if more {
			c.Missing, c.Standardize, c.Sample = MissingMean, true, 3
		}
		set, err := ReadCSV(strings.NewReader(text), "fuzz.csv", c)
		sane(t, set, err)
	})
}

func ExampleGenerator() {
	g := NewNumPy(0) // np.random.seed(0)
	fmt.Println(g.Normal(1, 1), g.Normal(1, 1))
	// Output: 2.764052345967664 1.4001572083672233
}

func BenchmarkNormal(b *testing.B) {
	g := NewNumPy(0)
	for b.Loop() {
		g.Normal(0, 1)
	}
}
