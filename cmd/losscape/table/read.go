package table

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"

	"losscape/cmd/losscape/netcdf"
	"losscape/cpu"
	"losscape/cpu/quote"
	"losscape/scenes/dataset/parquetfile"

	"github.com/parquet-go/parquet-go"
)

// Read returns the table in a file that was written as NPZ, Parquet or NetCDF, without
// trajectories. The file may be anybody's: what its metadata claim is held against limits, and against what
// is in it, before there is memory for it. A table of more than 2³⁰ numbers is refused.
func Read(path string) (*Table, error) {
	format, err := FormatOf(path)
	if err != nil {
		return nil, err
	}
	if format == CSV {
		return nil, fmt.Errorf("%s: only .npz, .parquet and .nc are read back", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	var src io.ReaderAt = f
	size := info.Size()
	if !info.Mode().IsRegular() { // a pipe, which has no size and cannot be read at a place
		b, err := io.ReadAll(io.LimitReader(f, maxPipe+1))
		if err == nil && len(b) > maxPipe {
			err = fmt.Errorf("%s: more than %d bytes from a pipe, want a file", path, maxPipe)
		}
		if err != nil {
			return nil, err
		}
		src, size = bytes.NewReader(b), int64(len(b))
	}
	t, err := read(src, size, format)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

const (
	maxPipe = 1 << 31 // bytes that are read of a pipe, where a place in it has to be found

	// maxColumns is how many columns a table may have. Those of a sweep are its axes, the quantities of a run, and
	// its weights.
	maxColumns = 1 << 16

	// maxMeta is how many bytes the metadata of a table may have, as text. The scene is in them.
	maxMeta = 64 << 20

	// maxTable is how many numbers a table that is read may hold, of all columns: 8 GiB of them. It is held
	// against what the metadata say before there is memory for it.
	maxTable = 1 << 30
)

// errNotOurs is what is wrong with a file that no sweep has written.
var errNotOurs = errors.New("no table of losscape sweep, which writes -o FILE.npz, FILE.parquet and FILE.nc")

// source is a file whose columns can be read by name, as numbers: a label is its
// index in labels.
type source interface {
	meta() ([]byte, error)
	has(column string) bool
	column(name string, n int) ([]float64, error) // of at most n+1 values
}

func read(f io.ReaderAt, size int64, format Format) (t *Table, err error) {
	defer func() { // the libraries check what they read in most places, but not in all
		if r := recover(); r != nil {
			t, err = nil, fmt.Errorf("%w: %s", errNotOurs, quote.Cut(fmt.Sprint(r), 200))
		}
	}()
	var src source
	switch format {
	case NPZ:
		z, err := zip.NewReader(f, size)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errNotOurs, err)
		}
		if len(z.File) > maxColumns {
			return nil, fmt.Errorf("%w: it has %d arrays, want at most %d", errNotOurs, len(z.File), maxColumns)
		}
		src = npzSource{z}
	case NetCDF:
		n, err := netcdf.Open(f, size)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errNotOurs, err)
		}
		src = netCDFSource{n}
	default:
		p, err := parquetfile.Open(f, size)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errNotOurs, err)
		}
		src = parquetSource{p, f, size}
	}
	text, err := src.meta()
	if err != nil {
		return nil, err
	}
	if len(text) > maxMeta {
		return nil, fmt.Errorf("%w: its metadata have more than %d MB", errNotOurs, maxMeta>>20)
	}
	t = &Table{}
	if err := json.Unmarshal(text, &t.Meta); err != nil {
		return nil, fmt.Errorf("%w: its metadata: %w", errNotOurs, err)
	}
	m := &t.Meta
	if err := m.Check(); err != nil {
		return nil, fmt.Errorf("%w: its metadata: %w", errNotOurs, err)
	}
	if columns := len(m.Over) + m.Weights + len(cpu.Quantities()); columns > maxColumns || m.Runs > maxTable/columns {
		return nil, fmt.Errorf("%w: its metadata: %d runs in %d columns, want at most %d columns and %d numbers", errNotOurs, m.Runs, columns, maxColumns, maxTable)
	}
	if first := m.weightColumn(0); !src.has(first) { // before there is memory for what it has not
		return nil, fmt.Errorf("%w: it has no column %s", errNotOurs, first)
	}
	s := cpu.Sweep{Base: m.Run.Run}
	stride := m.Runs
	for _, a := range m.Over {
		if a.Count < 1 || stride%a.Count != 0 {
			return nil, fmt.Errorf("%w: its axes do not fit its %d runs", errNotOurs, m.Runs)
		}
		stride /= a.Count
		all, err := values(src, a.Column, m.Runs)
		if err != nil {
			return nil, err
		}
		p := cpu.Param{Name: a.Param, Log: a.Log}
		if slices.ContainsFunc(all, math.IsNaN) {
			return nil, fmt.Errorf("%w: the column %s has a value that no sweep takes", errNotOurs, a.Column)
		}
		for i := range a.Count {
			p.Values = append(p.Values, all[i*stride])
		}
		s.Over = append(s.Over, p)
	}
	if stride != 1 {
		return nil, fmt.Errorf("%w: its axes do not fit its %d runs", errNotOurs, m.Runs)
	}
	if t.Result, err = cpu.NewResult(s, m.Weights, cpu.Settings{Quantities: m.Settings.Quantities}); err != nil {
		return nil, err
	}
	return t, t.fill(src)
}

// exactly returns a whole number as float64, NaN if that does not have all up to it:
// no sweep goes beyond 2⁵³.
func exactly(n int64) float64 {
	if n < -1<<53 || n > 1<<53 {
		return math.NaN()
	}
	return float64(n)
}

// values returns a column of n numbers.
func values(src source, name string, n int) ([]float64, error) {
	v, err := src.column(name, n)
	if err == nil && len(v) != n {
		err = fmt.Errorf("%d values in the column %s, want %d", len(v), name, n)
	}
	return v, err
}

// fill reads what the runs came to.
func (t *Table) fill(src source) error {
	r := t.Result
	n := r.N()
	for j := range r.Dim {
		w, err := values(src, t.Meta.weightColumn(j), n)
		if err != nil {
			return err
		}
		for i, x := range w {
			r.W[i*r.Dim+j] = x
		}
	}
	for _, q := range cpu.Quantities() {
		if q.Of(r) == nil {
			continue
		}
		v, err := values(src, q.Column, n)
		if err != nil {
			return err
		}
		for i, x := range v {
			if q.Kind != cpu.Real && !(x >= 0 && x <= float64(q.Max) && x == math.Trunc(x)) {
				return fmt.Errorf("%s of run %d is %v, want a whole number from 0 to %d", q.Column, i, x, q.Max)
			}
			q.Set(r, i, x)
		}
	}
	for _, s := range r.Status {
		r.Stats.Runs[s]++
	}
	return t.fillPrecision(src)
}

// fillPrecision reads what the runs were computed in. Tables that do not say it of each
// run were computed in one precision, which their metadata have.
func (t *Table) fillPrecision(src source) error {
	r := t.Result
	if !src.has(precisionColumn) {
		if t.Meta.Precision == "float32" {
			for i := range r.Precision {
				r.Precision[i] = cpu.Float32
			}
		}
		return nil
	}
	v, err := values(src, precisionColumn, r.N())
	if err != nil {
		return err
	}
	for i, x := range v {
		if x != float64(cpu.Float32) && x != float64(cpu.Float64) {
			return fmt.Errorf("%s of run %d is %v, want single or double", precisionColumn, i, x)
		}
		r.Precision[i] = cpu.Precision(x)
	}
	return nil
}

type npzSource struct{ *zip.Reader }

var descr = regexp.MustCompile(`'descr': *'([<|])([fiuU])(\d+)'`)

func (z npzSource) has(column string) bool { return z.index(column) >= 0 }

func (z npzSource) index(name string) int {
	return slices.IndexFunc(z.File, func(f *zip.File) bool { return f.Name == name+".npy" })
}

// array returns the bytes of an array and what they are: at most so many and those of a header, however many
// the file unpacks to.
func (z npzSource) array(name string, most int64) (data []byte, kind byte, size int, err error) {
	at := z.index(name)
	if at < 0 {
		return nil, 0, 0, fmt.Errorf("%w: it has no array %s", errNotOurs, name)
	}
	f, err := z.File[at].Open()
	if err != nil {
		return nil, 0, 0, err
	}
	defer f.Close()
	if data, err = io.ReadAll(io.LimitReader(f, 10+math.MaxUint16+most)); err != nil {
		return nil, 0, 0, err
	}
	if len(data) < 10 || string(data[:6]) != "\x93NUMPY" {
		return nil, 0, 0, fmt.Errorf("%s is no NPY array", name)
	}
	start := 10 + int(binary.LittleEndian.Uint16(data[8:]))
	if start > len(data) {
		return nil, 0, 0, fmt.Errorf("%s is cut off", name)
	}
	m := descr.FindSubmatch(data[:start])
	if m == nil {
		return nil, 0, 0, fmt.Errorf("%s holds neither numbers nor text", name)
	}
	if size, err = strconv.Atoi(string(m[3])); err == nil && size < 1 {
		err = fmt.Errorf("%s holds nothing", name)
	}
	return data[start:], m[2][0], size, err
}

func (z npzSource) meta() ([]byte, error) {
	data, kind, _, err := z.array("metadata", 4*(maxMeta+1))
	if err != nil {
		return nil, err
	}
	if kind != 'U' {
		return nil, fmt.Errorf("%w: its metadata is no text", errNotOurs)
	}
	var text []rune
	for ; len(data) >= 4; data = data[4:] {
		if r := binary.LittleEndian.Uint32(data); r != 0 {
			text = append(text, rune(r))
		}
	}
	return []byte(string(text)), nil
}

func (z npzSource) column(name string, n int) ([]float64, error) {
	data, kind, size, err := z.array(name, 8*(int64(n)+1))
	if err != nil {
		return nil, err
	}
	var one func(b []byte) float64
	switch fmt.Sprintf("%c%d", kind, size) {
	case "f8":
		one = func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }
	case "i8":
		one = func(b []byte) float64 { return exactly(int64(binary.LittleEndian.Uint64(b))) }
	case "i4":
		one = func(b []byte) float64 { return float64(int32(binary.LittleEndian.Uint32(b))) }
	case "u1":
		one = func(b []byte) float64 { return float64(b[0]) }
	default:
		return nil, fmt.Errorf("%s is an array of %c%d", name, kind, size)
	}
	out := make([]float64, 0, len(data)/size)
	for ; len(data) >= size && len(out) <= n; data = data[size:] {
		out = append(out, one(data))
	}
	return out, nil
}

type parquetSource struct {
	*parquet.File
	src  io.ReaderAt
	size int64
}

func (p parquetSource) meta() ([]byte, error) {
	text, ok := p.Lookup("losscape")
	if !ok {
		return nil, errNotOurs
	}
	return []byte(text), nil
}

func (p parquetSource) has(column string) bool { return p.index(column) >= 0 }

func (p parquetSource) index(name string) int {
	return slices.IndexFunc(p.Root().Columns(), func(c *parquet.Column) bool { return c.Name() == name })
}

func (p parquetSource) column(name string, n int) ([]float64, error) {
	at := p.index(name)
	if at < 0 {
		return nil, fmt.Errorf("%w: it has no column %s", errNotOurs, name)
	}
	if rows := p.NumRows(); rows != int64(n) {
		return nil, fmt.Errorf("%w: %d rows, want %d", errNotOurs, rows, n)
	}
	c := p.Root().Columns()[at]
	if !c.Leaf() || c.MaxRepetitionLevel() > 0 {
		return nil, fmt.Errorf("%w: the column %s holds lists or records", errNotOurs, name)
	}
	at = c.Index()
	if err := parquetfile.CheckPages(p.src, p.size, p.File, []int{at}); err != nil {
		return nil, err
	}
	names := labels[name]
	out := make([]float64, 0, min(n, 1<<20)) // they may not be there
	buf := make([]parquet.Value, 4096)
	for _, g := range p.RowGroups() {
		pages := g.ColumnChunks()[at].Pages()
		for {
			page, err := pages.ReadPage()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				pages.Close()
				return nil, err
			}
			for r := page.Values(); ; {
				have, err := r.ReadValues(buf)
				if len(out)+have > n {
					pages.Close()
					return nil, fmt.Errorf("%w: more than %d values in the column %s", errNotOurs, n, name)
				}
				for _, v := range buf[:have] {
					switch v.Kind() {
					case parquet.Double:
						out = append(out, v.Double())
					case parquet.Int32:
						out = append(out, float64(v.Int32()))
					case parquet.Int64:
						out = append(out, exactly(v.Int64()))
					default:
						out = append(out, float64(slices.Index(names, string(v.ByteArray()))))
					}
				}
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					pages.Close()
					return nil, err
				}
			}
			parquet.Release(page)
		}
		pages.Close()
	}
	return out, nil
}

type netCDFSource struct{ *netcdf.Reader }

func (n netCDFSource) meta() ([]byte, error) {
	text, ok := netcdf.Lookup(n.Attrs, "losscape").(string)
	if !ok {
		return nil, errNotOurs
	}
	return []byte(text), nil
}

func (n netCDFSource) has(column string) bool { return n.index(column) >= 0 }

// index returns the variable of a column: it has its name, or says so.
func (n netCDFSource) index(name string) int {
	return slices.IndexFunc(n.Vars, func(v netcdf.Var) bool {
		column, other := netcdf.Lookup(v.Attrs, "column").(string)
		return v.Name == name && !other || column == name && other
	})
}

// column returns a column with a value for each run. That of a swept parameter is a
// coordinate: the variable that has the name of its dimension.
func (n netCDFSource) column(name string, most int) ([]float64, error) {
	at := n.index(name)
	if at < 0 {
		return nil, fmt.Errorf("%w: it has no variable %s", errNotOurs, name)
	}
	v := n.Vars[at]
	x, err := n.Floats(at)
	if err != nil || len(v.Dims) != 1 || n.Dims[v.Dims[0]].Name != v.Name {
		return x, err
	}
	loss := n.index("loss")
	if loss < 0 || !slices.Contains(n.Vars[loss].Dims, v.Dims[0]) {
		return nil, fmt.Errorf("%w: it has no loss over %s", errNotOurs, name)
	}
	runs, stride := 1, 1 // as many as there are losses
	for _, d := range n.Vars[loss].Dims {
		runs *= n.Dims[d].Len
		if stride *= n.Dims[d].Len; d == v.Dims[0] {
			stride = 1
		}
	}
	if runs != most {
		return nil, fmt.Errorf("%w: %d losses, want %d", errNotOurs, runs, most)
	}
	all := make([]float64, runs)
	for i := range all {
		all[i] = x[i/stride%len(x)]
	}
	return all, nil
}
