package table

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"losscape/cmd/losscape/meta"
	"losscape/cmd/losscape/netcdf"
	"losscape/cpu"

	"codeberg.org/sbinet/npyio/npz"
	"github.com/parquet-go/parquet-go"
	"gonum.org/v1/gonum/mat"
)

func problem() *cpu.Problem {
	return &cpu.Problem{X: mat.NewDense(4, 1, []float64{-2, -1, 1, 2}), Y: []float64{0, 1, 0, 1}}
}

func param(t testing.TB, text string) cpu.Param {
	t.Helper()
	p, err := cpu.ParseParam(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// sweep runs a sweep that has all kinds of columns, and ends of runs.
func sweep(t testing.TB) *Table {
	t.Helper()
	base := cpu.DefaultRun("momentum")
	base.Start, base.Steps, base.LR, base.L2 = []float64{-1, 1}, 40, 0.5, 0.01
	s := cpu.Sweep{Base: base, Over: []cpu.Param{
		param(t, "lr=0.01,1,12,60,1e9"), param(t, "w1=-1,2"), param(t, "steps=8,40,60"), param(t, "momentum=0:0.9:2"),
	}}
	p := problem()
	set := cpu.Settings{GradTol: 1e-2, Every: 7}
	r, err := p.Sweep(t.Context(), s, set, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Doubt = make([]cpu.Doubt, r.N())
	for i := range r.Precision { // as if a device had computed it
		r.Precision[i], r.Doubt[i] = cpu.Precision(i%2), cpu.Doubt(i%4/2)
	}
	m := NewMeta(p, r.Sweep, set, Summarize(r).Counts)
	if n := m.InDouble[cpu.Stalled.String()]; n != r.N()/4 || m.InDoubt[cpu.Stalled.String()] != n {
		t.Errorf("%v in double and %v in doubt of %d", m.InDouble, m.InDoubt, r.N())
	}
	m.Losscape, m.Command, m.Scene, m.SceneTOML = "v1", "losscape sweep", "tëst", "title = \"∞\"\n"
	return &Table{Result: r, Meta: m}
}

func write(t testing.TB, tab *Table, f Format) []byte {
	t.Helper()
	var b bytes.Buffer
	last, total := 0, 0
	err := tab.Write(t.Context(), &b, f, func(done, n int) {
		if done < last || done > n {
			t.Errorf("%s: progress from %d to %d of %d", f, last, done, n)
		}
		last, total = done, n
	})
	if err != nil {
		t.Fatal(err)
	}
	if last != total || total == 0 {
		t.Errorf("%s: progress ends at %d of %d", f, last, total)
	}
	return b.Bytes()
}

const wantColumns = "lr,start_w1,max_steps,momentum,w1,w2,loss,best_loss,grad_norm,steps,status,period,precision,accuracy"

// want returns the numbers of row i in the order of the columns, the status as
// its code.
func want(r *cpu.Result, i int) []float64 {
	run := r.Sweep.Run(i)
	return []float64{run.LR, run.Start[0], float64(run.Steps), run.Momentum, r.At(i)[0], r.At(i)[1], r.Loss[i], r.BestLoss[i],
		r.GradNorm[i], float64(r.Steps[i]), float64(r.Status[i]), float64(r.Period[i]), float64(r.Precision[i]), r.Accuracy[i]}
}

func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

func TestCSV(t *testing.T) {
	tab := sweep(t)
	rows, err := csv.NewReader(bytes.NewReader(write(t, tab, CSV))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(rows[0], ","); got != wantColumns {
		t.Errorf("columns %s", got)
	}
	if len(rows)-1 != tab.Result.N() {
		t.Fatalf("%d rows", len(rows)-1)
	}
	for i, row := range rows[1:] {
		for j, v := range want(tab.Result, i) {
			if names := labels[rows[0][j]]; names != nil {
				if row[j] != names[int(v)] {
					t.Errorf("run %d is %s", i, row[j])
				}
				continue
			}
			if got, err := strconv.ParseFloat(row[j], 64); err != nil || !same(got, v) {
				t.Errorf("run %d, %s: %q, want %v", i, rows[0][j], row[j], v)
			}
		}
	}
	if n := statusesOf(tab.Result); len(n) < 3 {
		t.Errorf("the sweep ends only in %v", n)
	}
	for x, want := range map[float64]string{math.Inf(1): "inf", math.Inf(-1): "-inf", 0.1: "0.1"} {
		if got := string(AppendFloat(nil, x)); got != want {
			t.Errorf("%v is written %s", x, got)
		}
	}
}

func statusesOf(r *cpu.Result) map[cpu.Status]bool {
	m := map[cpu.Status]bool{}
	for _, s := range r.Status {
		m[s] = true
	}
	return m
}

func TestParquet(t *testing.T) {
	tab := sweep(t)
	b := write(t, tab, Parquet)
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range f.Root().Columns() {
		names = append(names, c.Name())
		kind := parquet.Double
		switch c.Name() {
		case "steps", "period":
			kind = parquet.Int32
		case "max_steps":
			kind = parquet.Int64
		case "status", "precision":
			kind = parquet.ByteArray
			if c.Type().String() != "STRING" {
				t.Errorf("%s is no string but %v", c.Name(), c.Type())
			}
		}
		if c.Type().Kind() != kind || c.Optional() {
			t.Errorf("%s is %v", c.Name(), c.Type())
		}
	}
	if got := strings.Join(names, ","); got != wantColumns {
		t.Errorf("columns %s", got)
	}
	meta, ok := f.Lookup("losscape")
	checkMeta(t, tab, []byte(meta))
	if !ok {
		t.Error("no metadata")
	}
	r := parquet.NewReader(f)
	rows := make([]parquet.Row, tab.Result.N()+1)
	n, err := r.ReadRows(rows)
	if n != tab.Result.N() || err != nil && !errors.Is(err, io.EOF) {
		t.Fatalf("%d rows, %v", n, err)
	}
	for i, row := range rows[:n] {
		for j, w := range want(tab.Result, i) {
			var got float64
			switch v := row[j]; v.Kind() {
			case parquet.Double:
				got = v.Double()
			case parquet.Int32:
				got = float64(v.Int32())
			case parquet.Int64:
				got = float64(v.Int64())
			default:
				if string(v.ByteArray()) != labels[names[j]][int(w)] {
					t.Errorf("run %d is %s", i, v.ByteArray())
				}
				continue
			}
			if !same(got, w) {
				t.Errorf("run %d, %s: %v, want %v", i, names[j], got, w)
			}
		}
	}
}

func checkMeta(t *testing.T, tab *Table, text []byte) {
	t.Helper()
	var m Meta
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if m.Scene != "tëst" || m.SceneTOML != tab.Meta.SceneTOML || m.DataHash != meta.DataHash(problem()) || m.Runs != tab.Result.N() ||
		len(m.Over) != 4 || m.Over[1].Column != "start_w1" || m.Settings.GradTol != 1e-2 || *m.Settings.Limit != 1e9 || m.Run.Optimizer != "momentum" {
		t.Errorf("metadata %+v", m)
	}
}

func TestNPZ(t *testing.T) {
	tab := sweep(t)
	r := tab.Result
	b := write(t, tab, NPZ)
	z, err := npz.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	columns := map[string][]float64{}
	for _, name := range strings.Split(wantColumns, ",") {
		switch name {
		case "steps", "period":
			columns[name] = readInts[int32](t, z, name)
		case "max_steps":
			columns[name] = readInts[int64](t, z, name)
		case "status", "precision":
			columns[name] = readInts[uint8](t, z, name)
		default:
			var v []float64
			if err := z.Read(name+".npy", &v); err != nil {
				t.Fatal(name, err)
			}
			columns[name] = v
		}
	}
	for i := range r.N() {
		for j, name := range strings.Split(wantColumns, ",") {
			if got, w := columns[name][i], want(r, i)[j]; !same(got, w) {
				t.Errorf("run %d, %s: %v, want %v", i, name, got, w)
			}
		}
	}
	if got := readInts[int64](t, z, "shape"); !slices.Equal(got, []float64{5, 2, 3, 2}) {
		t.Errorf("shape %v", got)
	}
	if got := readInts[int32](t, z, "trajectory_step"); !slices.Equal(got, []float64{0, 7, 14, 21, 28, 35, 42, 49, 56}) {
		t.Errorf("steps of the trajectories %v", got)
	}
	for name, w := range map[string]struct {
		shape  []int
		values []float64
	}{
		"trajectory_w":    {[]int{60, 9, 2}, r.Trajectories.W},
		"trajectory_loss": {[]int{60, 9}, r.Trajectories.Loss},
	} {
		h := z.Header(name + ".npy")
		if h == nil || !slices.Equal(h.Descr.Shape, w.shape) || h.Descr.Fortran {
			t.Fatalf("%s is %+v", name, h)
		}
		got := make([]float64, len(w.values))
		if err := z.Read(name+".npy", &got); err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, w.values, same) {
			t.Errorf("%s differs", name)
		}
	}
	if names := texts(t, z, "status_names"); !slices.Equal(names, []string{"step-limit", "diverged", "converged", "periodic", "quasi-periodic", "chaotic", "drifting"}) {
		t.Errorf("statuses %q", names)
	}
	if names := texts(t, z, "precision_names"); !slices.Equal(names, []string{"double", "single"}) {
		t.Errorf("precisions %q", names)
	}
	checkMeta(t, tab, []byte(texts(t, z, "metadata")[0]))
}

// TestNetCDF holds the variables to the columns of the other formats.
func TestNetCDF(t *testing.T) {
	tab := sweep(t)
	r := tab.Result
	b := write(t, tab, NetCDF)
	f, err := netcdf.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	columns := strings.Split(wantColumns, ",")
	var names, dims []string
	for _, v := range f.Vars {
		names = append(names, v.Name)
	}
	for _, d := range f.Dims {
		dims = append(dims, d.Name)
	}
	if !slices.Equal(names, columns) || !slices.Equal(dims, columns[:4]) {
		t.Errorf("variables %q over %q", names, dims)
	}
	text, _ := netcdf.Lookup(f.Attrs, "losscape").(string)
	checkMeta(t, tab, []byte(text))
	all := []int{0, 1, 2, 3}
	for j, v := range f.Vars {
		x, err := f.Floats(j)
		if err != nil {
			t.Fatal(err)
		}
		if j < len(all) {
			if !slices.Equal(v.Dims, all[j:j+1]) || !slices.Equal(x, r.Sweep.Over[j].Values) || v.Type != map[bool]netcdf.Type{false: netcdf.Double, true: netcdf.Int}[j == 2] {
				t.Errorf("%s is %v over %v of type %d", v.Name, x, v.Dims, v.Type)
			}
			continue
		}
		if !slices.Equal(v.Dims, all) || len(x) != r.N() {
			t.Fatalf("%s: %d values over %v", v.Name, len(x), v.Dims)
		}
		typ := netcdf.Double
		switch v.Name {
		case "steps", "period":
			typ = netcdf.Int
		case "status", "precision":
			typ = netcdf.Byte
			if m := netcdf.Lookup(v.Attrs, "flag_meanings"); m != strings.Join(labels[v.Name], " ") || len(netcdf.Lookup(v.Attrs, "flag_values").([]int8)) != len(labels[v.Name]) {
				t.Errorf("%s has the meanings %q", v.Name, m)
			}
		}
		if v.Type != typ || netcdf.Lookup(v.Attrs, "long_name") == "" {
			t.Errorf("%s is of type %d", v.Name, v.Type)
		}
		for i := range x {
			if w := want(r, i)[j]; math.Float64bits(x[i]) != math.Float64bits(w) {
				t.Fatalf("run %d, %s: %v, want %v", i, v.Name, x[i], w)
			}
		}
	}
}

// TestCheck wants sweeps refused that NetCDF cannot hold.
func TestCheck(t *testing.T) {
	for over, want := range map[string]string{"lr=1,2,3": "", "lr=3,2": "", "lr=1": "", "lr=1,3,2": "put them in order", "w1=1,1": "start_w1 neither", "lr=1:2:536870912": "536870911 runs at most"} {
		for _, f := range []Format{CSV, NPZ, Parquet, NetCDF} {
			s := cpu.Sweep{Base: cpu.DefaultRun("gd")}
			if n, ok := strings.CutPrefix(over, "lr=1:2:"); ok { // without a list of them
				k, _ := strconv.Atoi(n)
				s.Over = []cpu.Param{{Name: "lr", Values: make([]float64, k/1024)}, {Name: "l2", Values: make([]float64, 1024)}}
				for _, p := range s.Over {
					for i := range p.Values {
						p.Values[i] = float64(i)
					}
				}
			} else {
				s.Over = []cpu.Param{param(t, over)}
			}
			err := Check(s, f)
			if f != NetCDF && err != nil || f == NetCDF && (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s as %s: %v", over, f, err)
			}
		}
	}
}

// A chunk with a NaN has no bounds, one without has, and pages have none then. Whatever built it, the file says so as parsers of Parquet read it.
func TestParquetBounds(t *testing.T) {
	for losscape, want := range map[string]string{
		"v1": "losscape version 0.0.0 (build v1)", "v0.3.1-5-gabc-dirty": "losscape version 0.3.1 (build v0.3.1-5-gabc-dirty)",
		"unknown": "losscape version 0.0.0 (build unknown)", "(devel)": "losscape version 0.0.0 (build -devel-)",
	} {
		tab := large(t, groupRows+1000)
		tab.Meta.Losscape = losscape
		tab.Result.Loss[7] = math.NaN()             // of the first group
		tab.Result.BestLoss[groupRows] = math.NaN() // of the second
		b := write(t, tab, Parquet)
		f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		meta := f.Metadata()
		if meta.CreatedBy != want {
			t.Errorf("created by %q, want %q", meta.CreatedBy, want)
		}
		bad := 0
		for g, group := range meta.RowGroups {
			for _, c := range group.Columns {
				name := strings.Join(c.MetaData.PathInSchema, ".")
				nan := g == 0 && name == "loss" || g == 1 && name == "best_loss"
				if nan {
					bad++
				}
				if none := c.MetaData.Statistics.MinValue == nil && c.MetaData.Statistics.MaxValue == nil; none != nan || c.ColumnIndexOffset != 0 {
					t.Errorf("group %d, %s: bounds %v to %v, index at %d", g, name, c.MetaData.Statistics.MinValue, c.MetaData.Statistics.MaxValue, c.ColumnIndexOffset)
				}
			}
		}
		if len(meta.RowGroups) != 2 || bad != 2 {
			t.Errorf("%d groups, %d chunks with a NaN", len(meta.RowGroups), bad)
		}
	}
}

// Who reads an NPZ from its beginning, as Java's ZipInputStream does, has sizes and
// checksums in front of the arrays, and a date that exists.
func TestNPZLocalHeaders(t *testing.T) {
	b := write(t, sweep(t), NPZ)
	files := 0
	for ; binary.LittleEndian.Uint32(b) == 0x04034b50; files++ {
		u16 := func(at int) int { return int(binary.LittleEndian.Uint16(b[at:])) }
		u32 := func(at int) int { return int(binary.LittleEndian.Uint32(b[at:])) }
		name := string(b[30 : 30+u16(26)])
		if flags, method, date := u16(6), u16(8), u16(12); flags != 0 || method != 0 || date != 1<<5|1 || u16(10) != 0 {
			t.Errorf("%s: flags %#x, method %d, date %#x", name, flags, method, date)
		}
		size := u32(18)
		if size == 0 || u32(22) != size {
			t.Fatalf("%s: sizes %d and %d", name, size, u32(22))
		}
		sum := uint32(u32(14))
		b = b[30+u16(26)+u16(28):]
		if !bytes.HasPrefix(b, []byte("\x93NUMPY")) || crc32.ChecksumIEEE(b[:size]) != sum {
			t.Errorf("%s is not what its header says", name)
		}
		b = b[size:]
	}
	if files < 15 || binary.LittleEndian.Uint32(b) != 0x02014b50 {
		t.Errorf("%d files before the directory", files)
	}
}

func readInts[T int32 | int64 | uint8](t *testing.T, z *npz.Reader, name string) []float64 {
	t.Helper()
	var v []T
	if err := z.Read(name+".npy", &v); err != nil {
		t.Fatal(name, err)
	}
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}

// texts reads an array of strings: its data is UTF-32 behind the header.
func texts(t *testing.T, z *npz.Reader, name string) []string {
	t.Helper()
	f, err := z.Open(name + ".npy")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	start := 10 + int(b[8]) + int(b[9])<<8
	if start%64 != 0 || b[start-1] != '\n' {
		t.Errorf("the data of %s begins at %d", name, start)
	}
	head := string(b[10:start])
	var width int
	if _, err := fmt.Sscanf(head, "{'descr': '<U%d'", &width); err != nil {
		t.Fatal(head, err)
	}
	var out []string
	for b = b[start:]; len(b) > 0; b = b[4*width:] {
		var s []rune
		for k := range width {
			if r := rune(b[4*k]) | rune(b[4*k+1])<<8 | rune(b[4*k+2])<<16; r != 0 {
				s = append(s, r)
			}
		}
		out = append(out, string(s))
	}
	return out
}

func TestFormatOf(t *testing.T) {
	for path, want := range map[string]Format{"a.csv": CSV, "x/B.NPZ": NPZ, "c.parquet": Parquet, "d.nc": NetCDF, "a.txt": "", "csv": "", "": ""} {
		if f, err := FormatOf(path); f != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v", path, f, err)
		}
	}
}

func TestWriteStops(t *testing.T) {
	tab := sweep(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, f := range []Format{CSV, NPZ, Parquet, NetCDF} {
		if err := tab.Write(ctx, io.Discard, f, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", f, err)
		}
		if err := tab.Write(t.Context(), &full{left: 100}, f, nil); !errors.Is(err, errFull) {
			t.Errorf("%s on a full disk: %v", f, err)
		}
	}
}

var errFull = errors.New("full")

// full takes so many bytes.
type full struct{ left int }

func (w *full) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// large makes a result without running it.
func large(t testing.TB, n int) *Table {
	s := cpu.Sweep{Base: cpu.DefaultRun("gd"), Over: []cpu.Param{param(t, fmt.Sprintf("lr=0.01:30:%d:log", n))}}
	s.Base.Start, s.Base.Steps = []float64{0, 0}, 10
	r, err := cpu.NewResult(s, 2, cpu.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.N() {
		r.W[2*i], r.W[2*i+1], r.Loss[i] = math.Sqrt(float64(i)), -1/float64(i+1), math.Cbrt(float64(i))
		r.Status[i] = cpu.Status(i % 4)
	}
	return &Table{Result: r}
}

// TestSizes checks the estimate of a file's size, and that a table is written
// without memory for all of it.
func TestSizes(t *testing.T) {
	const n = 300_000
	tab := large(t, n)
	for _, f := range []Format{CSV, NPZ, Parquet, NetCDF} {
		var w counter
		if err := tab.Write(t.Context(), &w, f, nil); err != nil {
			t.Fatal(err)
		}
		least, most := Bytes(tab.Result.Sweep, 2, cpu.Settings{}, f)
		if n := uint64(w.n); n < least || n > most+most/100 || f == NPZ && least != most {
			t.Errorf("%s: %d bytes, guessed %d to %d", f, w.n, least, most)
		}
		if w.heap > 64<<20 {
			t.Errorf("%s takes %d MiB", f, w.heap>>20)
		}
	}
	tab = sweep(t)
	b := write(t, tab, NPZ)
	if guess, _ := Bytes(tab.Result.Sweep, 2, cpu.Settings{Every: 7}, NPZ); guess > uint64(len(b)) || float64(guess) < 0.3*float64(len(b)) {
		t.Errorf("NPZ with trajectories: %d bytes, guessed %d", len(b), guess)
	}
}

// counter counts bytes, and looks at what the heap grows by.
type counter struct {
	n           int
	first, heap uint64
	calls       int
}

func (w *counter) Write(p []byte) (int, error) {
	w.n += len(p)
	if w.calls++; w.calls%64 == 1 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if w.first == 0 {
			w.first = m.HeapAlloc
		}
		w.heap = max(w.heap, m.HeapAlloc-min(w.first, m.HeapAlloc))
	}
	return len(p), nil
}

func BenchmarkWrite(b *testing.B) {
	tab := large(b, 200_000)
	for _, f := range []Format{CSV, NPZ, Parquet, NetCDF} {
		b.Run(string(f[1:]), func(b *testing.B) {
			for b.Loop() {
				if err := tab.Write(b.Context(), io.Discard, f, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(200_000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
