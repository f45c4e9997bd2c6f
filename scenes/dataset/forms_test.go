package dataset

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"gonum.org/v1/gonum/mat"
)

// same checks a set against its features by rows, and its labels.
func same(t *testing.T, what string, set *Set, err error, names string, y []float64, x ...float64) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	n, d := set.X.Dims()
	if strings.Join(set.Features, " ") != names || !slices.Equal(set.Y, y) || n*d != len(x) || !mat.Equal(set.X, mat.NewDense(n, d, x)) {
		t.Errorf("%s: %q %v %v, want %q %v %v", what, set.Features, set.Y, mat.Formatted(set.X), names, y, x)
	}
}

// inUTF16 returns a text with its byte order mark.
func inUTF16(text string, big bool) string {
	var b []byte
	for _, u := range append([]uint16{0xfeff}, utf16.Encode([]rune(text))...) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

// TestCSVForms reads the same table in all forms that programs write.
func TestCSVForms(t *testing.T) {
	const plain = "größe,u,y\n1.5,2,0\n-2.5,3,1\n"
	tabs := strings.ReplaceAll(plain, ",", "\t")
	semicolons := strings.ReplaceAll(plain, ",", ";")
	for _, text := range []string{
		plain, "\ufeff" + plain, strings.ReplaceAll(plain, "\n", "\r\n"), strings.ReplaceAll(plain, "\n", "\r"), strings.TrimSuffix(plain, "\n"),
		tabs, strings.ReplaceAll(plain, ",", "|"), semicolons, strings.ReplaceAll(semicolons, ".", ","),
		"sep=;\n" + semicolons, "SEP=\t\r\n" + tabs, "\"sep=,\"\n" + plain, "sep=\\t\n" + tabs,
		inUTF16(plain, false), inUTF16(tabs, true), inUTF16(strings.ReplaceAll(semicolons, ".", ","), false),
		"# made by a program, in 2024; x\n\n" + plain, strings.Replace(plain, "-2.5", "\n# \"a\n\n  \n -2.5", 1),
		"\"größe\" , \"u\",\"y\"\n\"1.5\",\"2\", \"0\"\n\" -2.5\",3,1", "größe,u,y\n1.5,2,False\n-25e-1,3.0,TRUE\n",
	} {
		set, err := ReadCSV(strings.NewReader(text), "t.csv", Columns{Label: "y"})
		same(t, fmt.Sprintf("%q", text), set, err, "größe u", []float64{0, 1}, 1.5, 2, -2.5, 3)
	}
	// Names and values with a delimiter, quote or line end in them.
	set, err := ReadCSV(strings.NewReader("\"a;b\";\"c\"\"d\n\";\"e,f\";y\n1,5;2;3;no\n4,5;5;6;\"a \"\"yes\"\"\"\n"), "t.csv", Columns{Label: "y", Positive: `a "yes"`})
	same(t, "quotes", set, err, "a;b c\"d e,f", []float64{0, 1}, 1.5, 2, 3, 4.5, 5, 6)
}

// TestCSVWindow reads records that go on behind the window.
func TestCSVWindow(t *testing.T) {
	for _, end := range []string{"\n", "\r\n", "\r"} {
		var b strings.Builder
		b.WriteString("x,name,y" + end)
		var x, y []float64
		for i := range 40_000 {
			fmt.Fprintf(&b, "%d.25,\"a \"\"%d\"\"%s\",%d%s", i%1000, i, end, i%2, end)
			x, y = append(x, float64(i%1000)+0.25), append(y, float64(i%2))
		}
		set, err := ReadCSV(strings.NewReader(b.String()), "t.csv", Columns{Label: "y", Features: []string{"x"}})
		same(t, fmt.Sprintf("lines end in %q", end), set, err, "x", y, x...)
		_, err = ReadCSV(strings.NewReader(b.String()+"1,2"), "t.csv", Columns{Label: "y", Features: []string{"x"}})
		if want := "t.csv:80002:1: 2 fields, want 3 as the first line names (is the file cut off?)"; err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// TestColumns takes columns and rows in the ways that Columns has.
func TestColumns(t *testing.T) {
	const text = "id,kind,size,level,y\n1,b,1,10,cat\n2,a,2,9,dog\n3,b,NA,10,cat\n4,c,6,9,bird\n5,a,3,100,dog\n6,,3,9,\n"
	for _, c := range []struct {
		cols  Columns
		names string
		y, x  []float64
		taken string
	}{
		{
			Columns{Label: "y", Positive: "cat", Features: []string{"2", "-2"}, Missing: MissingDrop}, "size level", []float64{1, 0, 0, 0}, []float64{1, 10, 2, 9, 6, 9, 3, 100},
			"t.csv: 4 of 6 rows (1 with missing values dropped, 1 without a class dropped), 2 features size, level; cat: 1, not cat: 3",
		},
		{
			Columns{Label: "y", Positive: "cat", Negative: "dog", Exclude: []string{"id", "1", "level"}, Missing: MissingMean}, "size", []float64{1, 0, 1, 0}, []float64{1, 2, 2, 3},
			"t.csv: 4 of 6 rows (1 of other classes left out, 1 without a class dropped), 1 feature size, 1 missing values replaced by means; cat: 2, dog: 2",
		},
		{
			Columns{Label: "y", Positive: "cat", Exclude: []string{"id", "size"}, Categorical: []string{"kind", "level"}, Missing: MissingDrop}, "kind=b kind=c level=10 level=100",
			[]float64{1, 0, 1, 0, 0}, []float64{1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1}, "",
		},
		{
			Columns{Label: "y", Positive: "cat", Negative: "dog", Features: []string{"level"}, Categorical: []string{"kind"}, Missing: MissingDrop, Standardize: true}, "level kind=b",
			[]float64{1, 0, 1, 0}, nil, "",
		},
	} {
		set, err := ReadCSV(strings.NewReader(text), "t.csv", c.cols)
		if c.x != nil {
			same(t, c.names, set, err, c.names, c.y, c.x...)
		}
		if err == nil && c.taken != "" && set.Taken != c.taken {
			t.Errorf("%s\nwant %s", set.Taken, c.taken)
		}
		if err == nil && c.cols.Standardize {
			n, d := set.X.Dims()
			want := []float64{10, 1, 9, 0, 10, 1, 100, 0}
			for j := range d {
				sum, squares := 0.0, 0.0
				for i := range n {
					v := set.X.At(i, j)
					sum, squares = sum+v, squares+v*v
					if back := set.Means[j] + set.Deviations[j]*v; back < want[i*d+j]-1e-12 || back > want[i*d+j]+1e-12 {
						t.Errorf("feature %d of sample %d was %v, want %v", j, i, back, want[i*d+j])
					}
				}
				if sum < -1e-14 || sum > 1e-14 || squares/float64(n) < 1-1e-14 || squares/float64(n) > 1+1e-14 {
					t.Errorf("feature %d has mean %v and mean square %v", j, sum/float64(n), squares/float64(n))
				}
			}
		}
	}
	// What a class names is not missing.
	set, err := ReadCSV(strings.NewReader("x,y\n1,NA\n7,EU\n"), "t.csv", Columns{Label: "y", Positive: "NA"})
	same(t, "the class NA", set, err, "x", []float64{1, 0}, 1, 7)
	// Without a choice, only a lone column may count the rows.
	set, err = ReadCSV(strings.NewReader("x,y\n1,0\n2,1\n3,1\n"), "t.csv", Columns{Label: "y"})
	same(t, "a lone counter", set, err, "x", []float64{0, 1, 1}, 1, 2, 3)
}

// TestStandardizeFar standardizes values whose squares overflow, or vanish.
func TestStandardizeFar(t *testing.T) {
	for _, unit := range []float64{1, 1e300, 1e-300, 0x1p-1060} {
		x := mat.NewDense(4, 1, []float64{-unit, unit, unit, -unit})
		means, deviations, err := standardize(x, nil, []string{"x"})
		if err != nil || means[0] != 0 || deviations[0] != unit || x.At(1, 0) != 1 {
			t.Errorf("%v: %v %v %v", unit, means, deviations, err)
		}
	}
	if _, _, err := standardize(mat.NewDense(2, 1, []float64{1.7e308, -1.7e308}), nil, []string{"x"}); err != nil {
		t.Error(err)
	}
}

// TestSample draws a sample: its rows keep their order, each comes about as often, and the
// seed says which.
func TestSample(t *testing.T) {
	const n, k, draws = 20, 5, 2000
	var b strings.Builder
	b.WriteString("x,y\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,%d\n", i, i%2)
	}
	count := make([]int, n)
	for seed := range draws {
		s := newStore(1, 0, true, k, uint32(seed))
		for i := range n {
			s.add([]float64{float64(i)}, float64(i%2), float64(i+1))
		}
		x, y, w := s.matrix([]feature{{}})
		if len(y) != k || !slices.IsSorted(x.RawMatrix().Data) {
			t.Fatal(x.RawMatrix().Data, y)
		}
		for i, v := range x.RawMatrix().Data {
			count[int(v)]++
			if y[i] != float64(int(v)%2) || w[i] != v+1 {
				t.Fatal("a label or weight of another row")
			}
		}
		if seed > 2 {
			continue
		}
		set, err := ReadCSV(strings.NewReader(b.String()), "t.csv", Columns{Label: "y", Features: []string{"x"}, Sample: k, SampleSeed: uint32(seed)})
		if err != nil || !mat.Equal(set.X, x) || !strings.Contains(set.Taken, "5 of 20 rows (a sample of 5 of 20)") {
			t.Fatal(err, set)
		}
	}
	// A count is binomial, with mean 500 and deviation 19.4; five of these are passed
	// once in two million, and the seeds are fixed.
	for i, c := range count {
		if c < 500-97 || c > 500+97 {
			t.Errorf("row %d comes %d times in %d samples of a quarter", i, c, draws)
		}
	}
}

// archive returns an NPZ file of arrays.
func archive(t testing.TB, arrays ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(arrays); i += 2 {
		w, err := z.Create(arrays[i].(string) + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		w.Write(arrays[i+1].([]byte))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// records is an array of records: an aligned float32, an int16, a text and two columns.
const recordsHeader = "{'descr': [('w', '<f4'), (('a title', 'n'), '<i2'), ('', '|V2'), ('kind', '<U3'), ('v', '<f8', (2,))], 'fortran_order': False, 'shape': (3,), }\n"

func records() []byte {
	var data []byte
	for i, kind := range []string{"ab", "c", "ab"} {
		data = append(data, npyFile(1, "<f4", false, "()", []float32{float32(i) + 0.5})[len(npyFile(1, "<f4", false, "()", []float32{})):]...)
		data = append(data, byte(i+5), 0, 0, 0)
		for k := range 3 {
			c := byte(0)
			if k < len(kind) {
				c = kind[k]
			}
			data = append(data, c, 0, 0, 0)
		}
		data = append(data, npyFile(1, "<f8", false, "()", []float64{float64(i * i), -1.5 * float64(i)})[len(npyFile(1, "<f8", false, "()", []float64{})):]...)
	}
	return npySource(1, recordsHeader, data)
}

func TestNPYRecords(t *testing.T) {
	set, err := ReadNPY(bytes.NewReader(records()), "t.npy", Columns{Label: "kind", Positive: "ab", Exclude: []string{"n"}})
	same(t, "records", set, err, "w v[0] v[1]", []float64{1, 0, 1}, 0.5, 0, 0, 1.5, 1, -1.5, 2.5, 4, -3)
	texts := npySource(1, "{'descr': '|S3', 'fortran_order': True, 'shape': (2, 2), }\n", []byte("1.57\x00\x00no\x00yes"))
	set, err = ReadNPY(bytes.NewReader(texts), "t.npy", Columns{Positive: "yes"})
	same(t, "texts", set, err, "", []float64{0, 1}, 1.5, 7)
	flags := npyFile(1, "|b1", false, "(2, 2)", []byte{1, 0, 0, 1})
	for _, positive := range []string{"true", "1", "True"} {
		if positive == "True" {
			positive = "true"
		}
		set, err = ReadNPY(bytes.NewReader(flags), "t.npy", Columns{Positive: positive})
		same(t, "booleans", set, err, "", []float64{0, 1}, 1, 0)
	}
}

func TestNPZ(t *testing.T) {
	x := npyFile(1, "<f8", true, "(3, 2)", []float64{1, 5, 9, 2, 4, 7})
	y := npyFile(1, "<i8", false, "(3,)", []int64{0, 1, 1})
	other := npyFile(1, "<f4", false, "(2,)", []float32{1, 2})
	objects := npySource(1, "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }\n", []byte("\x80\x04."))
	for _, c := range []struct {
		what string
		src  []byte
		cols Columns
		want string // names, or the error
		x    []float64
	}{
		{"all", archive(t, "X", x, "y", y), Columns{Label: "y"}, "X[0] X[1]", []float64{1, 2, 5, 4, 9, 7}},
		{"a group", archive(t, "X", x, "other", other, "names", objects, "y", y), Columns{Label: "y", Features: []string{"X"}, Exclude: []string{"X[0]"}}, "X[1]", []float64{2, 4, 7}},
		{"another length", archive(t, "X", x, "other", other, "y", y), Columns{Label: "y"}, `t.npz: column "other" has 2 rows, the label has 3: exclude it, or list the columns to use as features`, nil},
		{"objects", archive(t, "X", x, "names", objects, "y", y), Columns{Label: "y"}, `t.npz: column "names": array of Python objects, want floats, integers, booleans or texts (in Python: a.astype(float))`, nil},
		{"no label", archive(t, "X", x, "y", y), Columns{}, `t.npz: which column holds the classes? name it as the label, one of: "X[0]", "X[1]", "y"`, nil},
		{"a label of columns", archive(t, "X", x, "y", y), Columns{Label: "X"}, `t.npz: "X" is 2 columns, want one for the label, such as "X[0]"`, nil},
		{"cut off", archive(t, "X", x[:len(x)-1], "y", y), Columns{Label: "y"}, `t.npz: array "X": truncated NPY file: 47 bytes for an array of 3 x 2`, nil},
		{"none", archive(t), Columns{Label: "y"}, "t.npz: no arrays in it", nil},
		{"no archive", x, Columns{Label: "y"}, "t.npz: not an NPZ file, want one that numpy.savez wrote: zip: not a valid zip file", nil},
	} {
		set, err := ReadNPZ(bytes.NewReader(c.src), int64(len(c.src)), "t.npz", c.cols)
		if c.x == nil {
			if err == nil || err.Error() != c.want {
				t.Errorf("%s: error %v\nwant %s", c.what, err, c.want)
			}
			continue
		}
		same(t, c.what, set, err, c.want, []float64{0, 1, 1}, c.x...)
	}
	one := archive(t, "arr_0", npyFile(1, "<f8", false, "(2, 2)", []float64{1, 0, 2, 1}))
	set, err := ReadNPZ(bytes.NewReader(one), int64(len(one)), "t.npz", Columns{})
	same(t, "one array", set, err, "", []float64{0, 1}, 1, 2)
}

// TestLoadForms reads packed files, and what is no file.
func TestLoadForms(t *testing.T) {
	dir := t.TempDir()
	pack := func(b []byte) []byte {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		z.Write(b)
		z.Close()
		return out.Bytes()
	}
	csv, npy := []byte("x,u,y\n1,2,0\n3,5,1\n"), npyFile(1, "<f8", false, "(2, 3)", []float64{1, 2, 0, 3, 5, 1})
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"a.csv": {csv, ""}, "a.TXT": {csv, ""}, "a.csv.gz": {pack(csv), ""}, "b.csv": {pack(csv), ""}, "c.csv.gz": {append(pack(csv[:7]), pack(csv[7:])...), ""},
		"a.npy": {npy, ""}, "a.npy.gz": {pack(npy), ""},
		"cut.csv.gz": {pack(csv)[:30], "cut off: its packed data end too early"},
		"bad.csv.gz": {append(pack(csv)[:len(pack(csv))-8], bytes.Repeat([]byte{0xff}, 8)...), "not packed by gzip as a whole"},
		"a.parquet":  {csv, "not a Parquet file"}, "b.parquet": {nil, "not a Parquet file: it is too short"}, "a.npz": {csv, "not an NPZ file"},
		"c.csv": {npy, "an array of NumPy, want text: name it .npy"}, "d.csv": {nil, "empty file"}, "a.parquet.gz": {pack(csv), "unknown kind of file"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, c.b, 0o666); err != nil {
			t.Fatal(err)
		}
		cols := Columns{Label: "y"}
		if strings.Contains(name, "npy") {
			cols.Label = ""
		}
		set, err := Load(path, cols)
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %v, want %q", name, err, c.want)
			}
			continue
		}
		if err != nil || !slices.Equal(set.X.RawMatrix().Data, []float64{1, 2, 3, 5}) || !slices.Equal(set.Y, []float64{0, 1}) {
			t.Errorf("%s: %v %v", name, set, err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.csv"), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(filepath.Join(dir, "folder.csv"), Columns{Label: "y"}); err == nil || !strings.Contains(err.Error(), "is a folder, want a file") {
		t.Errorf("a folder: %v", err)
	}
	// Of a header that says that it is 2 GB long no more is read.
	long := append([]byte("\x93NUMPY\x02\x00\xff\xff\xff\x7f"), "{'descr'"...)
	if _, err := ReadNPY(bytes.NewReader(long), "t.npy", Columns{}); err == nil || err.Error() != "t.npy: malformed NPY file: a header of 2147483647 bytes, want at most 10000 characters" {
		t.Errorf("a long header: %v", err)
	}
}
