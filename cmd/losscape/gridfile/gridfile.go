// Package gridfile writes the values over a grid of a plane in weight space, row by row as
// they are computed, so that they need not fit into memory: as NumPy's NPY, and as NPZ,
// NetCDF and VTK's image data, which say what they hold.
//
//	NPY     the values alone
//	NPZ     loss (or gradient, accuracy), x, y, origin, d1, d2, weight_names, metadata
//	NetCDF  loss (or gradient_x and gradient_y, or accuracy) over the dimensions y and x;
//	        the coordinates x and y; plane_origin, plane_d1, plane_d2 and weight_name over the
//	        dimension weight; conventions CF-1.8
//	VTI     loss (or gradient, accuracy) of the points; x, y, origin, d1, d2, weight_names
//	        and metadata as field data
//
// Row j of the values is at y[j], and column i at x[i]: the weights there are
// origin + x[i] d1 + y[j] d2, the α and β of cpu.Plane. A gradient has two values at a
// point, the derivatives of the loss along x and y: on a last axis in NPY and NPZ, as two
// variables in NetCDF, and in VTI as a vector whose third component is 0. Values are
// float32 or float64, the same bits in every format, NaN and infinities, too; all else is
// float64. The coordinates are evenly spaced. VTK computes them from the first and the
// step, as this program does, but that the last one may differ in its last bit: the field x has it.
//
// The metadata are a JSON object, Meta: in NPZ the string array metadata, in VTI the field
// metadata, in NetCDF the global attribute losscape.
package gridfile

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"strings"

	"losscape/cmd/losscape/meta"
	"losscape/cmd/losscape/netcdf"
	"losscape/cmd/losscape/npfmt"
	"losscape/cmd/losscape/vti"
	"losscape/cpu"
)

// formats are the endings of all formats with what writes them.
var formats = []struct {
	ending, what string
	begin        func(ctx context.Context, w io.Writer, g *Grid) (sink, error)
	bytes        func(g *Grid) (uint64, error) // of the file, at least
}{
	{".npy", "an array", beginNPY, func(g *Grid) (uint64, error) { return g.values(), nil }},
	{".npz", "an archive of arrays", beginNPZ, func(g *Grid) (uint64, error) {
		return g.values() + 8*uint64(g.Grid.X.N+g.Grid.Y.N+3*len(g.Plane.Origin)), nil
	}},
	{".nc", "a NetCDF data set", beginNetCDF, netCDFBytes},
	{".vti", "a VTK image", beginVTI, vtiBytes},
}

// Format is a kind of file.
type Format struct {
	Ending string // of a file's name, with its dot
	What   string // a file of it is, for people
}

// Formats returns the formats there are.
func Formats() (all []Format) {
	for _, f := range formats {
		all = append(all, Format{f.ending, f.what})
	}
	return all
}

// Values is what is computed over a grid.
type Values struct {
	Name  string // of the array
	Title string // for people
	Depth int    // values at a point
}

// The values there are.
var (
	Loss     = Values{"loss", "Loss", 1}
	Gradient = Values{"gradient", "Gradient of the loss", 2}
	Accuracy = Values{"accuracy", "Fraction of samples that are classified right", 1}
)

// Grid says what is in a file besides the values.
type Grid struct {
	Of     Values
	Double bool // the values are float64, else float32
	Plane  cpu.Plane
	Grid   cpu.Grid
	Meta   Meta
}

// Meta says what the values are, and what computed them.
type Meta struct {
	meta.Source
	Title string  `json:"title"` // of the scene
	L2    float64 `json:"l2"`
	Of    string  `json:"of"`    // loss, gradient or accuracy
	Plane string  `json:"plane"` // what the scene calls it; empty if it is given by its directions
	Axes  [2]Axis `json:"axes"`  // x and y
}

// Axis is one of the plane's coordinates.
type Axis struct {
	Name  string  `json:"name"`  // in the file: x or y
	Title string  `json:"title"` // in pictures
	First float64 `json:"first"`
	Last  float64 `json:"last"`
	Count int     `json:"count"`
}

// Axes returns the axes of a grid by their titles.
func Axes(g cpu.Grid, x, y string) [2]Axis {
	return [2]Axis{{"x", x, g.X.At(0), g.X.At(g.X.N - 1), g.X.N}, {"y", y, g.Y.At(0), g.Y.At(g.Y.N - 1), g.Y.N}}
}

// kind is the kind of a grid's values.
type kind struct {
	Name, descr string // Go's, and NumPy's
	bytes       int
	Least, Most float64 // normal numbers
}

func (g *Grid) kind() kind {
	if g.Double {
		return kind{"float64", "<f8", 8, 0x1p-1022, math.MaxFloat64}
	}
	return kind{"float32", "<f4", 4, 0x1p-126, math.MaxFloat32}
}

// Kind returns the kind of the values: float32 or float64.
func (g *Grid) Kind() string { return g.kind().Name }

// shape returns the shape of the values: rows, columns, and values at a point if there is
// more than one.
func (g *Grid) shape() []int {
	if g.Of.Depth == 1 {
		return []int{g.Grid.Y.N, g.Grid.X.N}
	}
	return []int{g.Grid.Y.N, g.Grid.X.N, g.Of.Depth}
}

// RowBytes returns how many bytes the values of a row take.
func (g *Grid) RowBytes() int { return g.kind().bytes * g.Of.Depth * g.Grid.X.N }

// values returns how many bytes the values take.
func (g *Grid) values() uint64 {
	return uint64(g.kind().bytes) * uint64(g.Of.Depth) * uint64(g.Grid.Size())
}

// metadata returns the metadata as JSON in ASCII, which all readers read.
func (g *Grid) metadata() (string, error) {
	text, err := json.Marshal(g.Meta)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, r := range string(text) {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		}
	}
	return b.String(), nil
}

// coordinates returns all values of an axis.
func coordinates(a cpu.Axis) []float64 {
	v := make([]float64, a.N)
	for i := range v {
		v[i] = a.At(i)
	}
	return v
}

// vector is an array of numbers that a file has besides the values.
type vector struct {
	name, title string
	values      []float64
}

// coordinateVectors returns those of the coordinates, and planeVectors those of the plane.
func (g *Grid) coordinateVectors() []vector {
	return []vector{
		{"x", g.Meta.Axes[0].Title, coordinates(g.Grid.X)},
		{"y", g.Meta.Axes[1].Title, coordinates(g.Grid.Y)},
	}
}

func (g *Grid) planeVectors() []vector {
	return []vector{
		{"origin", "Weights at x = 0 and y = 0", g.Plane.Origin},
		{"d1", "Change of the weights along x", g.Plane.D1},
		{"d2", "Change of the weights along y", g.Plane.D2},
	}
}

// sink is a file in the making.
type sink interface {
	// row writes the values of a row, little-endian, those of a point together.
	row(b []byte) error
	close() error
}

// Writer writes a file, and counts the values that its numbers do not hold.
type Writer struct {
	// Positive says that all values are above 0, whatever the computation has made of
	// them.
	Positive bool

	Masked int // values that are not finite in the file
	Small  int // values that are not 0, and below the least normal number in size

	kind
	grid *Grid
	sink sink
	buf  []byte
	rows int // that have been written
}

// Bytes returns how many bytes a file with such an ending takes at least.
func Bytes(ending string, g *Grid) (uint64, error) {
	f, err := formatOf(ending)
	if err != nil {
		return 0, err
	}
	return formats[f].bytes(g)
}

// NewWriter begins a file of the format with such an ending, in either case. Once ctx is
// cancelled it returns ctx's error.
func NewWriter(ctx context.Context, w io.Writer, ending string, g *Grid) (*Writer, error) {
	f, err := formatOf(ending)
	if err != nil {
		return nil, err
	}
	s, err := formats[f].begin(ctx, w, g)
	if err != nil {
		return nil, err
	}
	v := &Writer{kind: g.kind(), grid: g, sink: s}
	v.buf = make([]byte, g.RowBytes())
	return v, nil
}

func formatOf(ending string) (int, error) {
	for i, f := range formats {
		if strings.EqualFold(f.ending, ending) {
			return i, nil
		}
	}
	return 0, fmt.Errorf("no format of a grid ends in %q", ending)
}

// Shape returns the shape of the values as NumPy writes it.
func (w *Writer) Shape() string { return npfmt.Shape(w.grid.shape()...) }

// Grid returns what the file has besides the values.
func (w *Writer) Grid() *Grid { return w.grid }

// Size returns how many values there are.
func (w *Writer) Size() int { return w.grid.Of.Depth * w.grid.Grid.Size() }

// Row appends a row of values in the precision that they were computed in; one of the two
// is nil.
func (w *Writer) Row(single []float32, double []float64) error {
	if have, want := len(single)+len(double), len(w.buf)/w.bytes; have != want {
		return fmt.Errorf("a row of %d values, want %d", have, want)
	}
	if w.rows++; w.rows > w.grid.Grid.Y.N {
		return fmt.Errorf("row %d of %d", w.rows, w.grid.Grid.Y.N)
	}
	putRow(w, single)
	putRow(w, double)
	return w.sink.row(w.buf)
}

// Close ends the file, not the writer beneath it.
func (w *Writer) Close() error {
	if w.rows != w.grid.Grid.Y.N {
		return fmt.Errorf("%d rows of %d", w.rows, w.grid.Grid.Y.N)
	}
	return w.sink.close()
}

// The bits of float32's sign, of its least normal number and of infinity.
const (
	signBit         = 1 << 31
	leastNormalBits = 0x00800000
	infinityBits    = 0x7f800000
)

// putRow encodes a row's values.
func putRow[T float32 | float64](w *Writer, values []T) {
	if w.bytes == 8 {
		for i, v := range values {
			w.count(float64(v), float64(v))
			binary.LittleEndian.PutUint64(w.buf[8*i:], math.Float64bits(float64(v)))
		}
		return
	}
	for i, v := range values {
		f := float32(v)
		bits := math.Float32bits(f)
		if size := bits &^ signBit; size <= leastNormalBits || size >= infinityBits {
			w.count(float64(v), float64(f))
		}
		binary.LittleEndian.PutUint32(w.buf[4*i:], bits)
	}
}

// count counts a value that the file's numbers, which have it as f, may not hold.
func (w *Writer) count(v, f float64) {
	switch {
	case f-f != 0:
		w.Masked++
	case math.Abs(v) < w.Least && (v != 0 || w.Positive):
		w.Small++
	}
}

// plain is a sink that takes rows as they are.
type plain struct {
	w   io.Writer
	end func() error
}

func (p plain) row(b []byte) error {
	_, err := p.w.Write(b)
	return err
}

func (p plain) close() error { return p.end() }

// buffered is how many bytes are written at once.
const buffered = 1 << 20

func beginNPY(_ context.Context, w io.Writer, g *Grid) (sink, error) {
	b := bufio.NewWriterSize(w, buffered)
	_, err := b.WriteString(npfmt.Header(g.kind().descr, g.shape()...))
	return plain{b, b.Flush}, err
}

func beginNPZ(ctx context.Context, w io.Writer, g *Grid) (sink, error) {
	b := bufio.NewWriterSize(w, buffered)
	a := npfmt.NewArchive(ctx, b)
	text, err := g.metadata()
	if err != nil {
		return nil, err
	}
	for _, v := range slices.Concat(g.coordinateVectors(), g.planeVectors()) {
		if err := a.Floats(v.name, []int{len(v.values)}, func(i int) float64 { return v.values[i] }); err != nil {
			return nil, err
		}
	}
	if err := a.Strings("weight_names", g.Meta.WeightNames, len(g.Meta.WeightNames)); err != nil {
		return nil, err
	}
	if err := a.Strings("metadata", []string{text}); err != nil {
		return nil, err
	}
	// The values come last: their size and checksum are behind them.
	to, err := a.Stream(g.Of.Name, g.kind().descr, g.shape()...)
	return plain{to, func() error {
		if err := a.Close(); err != nil {
			return err
		}
		return b.Flush()
	}}, err
}

// netCDF returns what a NetCDF file has besides the values, and the values of its variables
// that come first. y is the record dimension, so that the rows of a gradient's two
// variables come by turns, and none is too large for the format. ParaView and VTK show
// the variables that have the dimensions of the first one by the alphabet, so the plane's
// are called plane_origin, plane_d1 and plane_d2.
func (g *Grid) netCDF() (*netcdf.File, []byte, error) {
	text, err := g.metadata()
	if err != nil {
		return nil, nil, err
	}
	const (
		y = iota
		x
		weight
		letter
	)
	names := g.Meta.WeightNames
	longest := 1
	for _, n := range names {
		longest = max(longest, len(n))
	}
	f := &netcdf.File{
		Dims: []netcdf.Dim{
			y:      {Name: "y", Len: g.Grid.Y.N, Record: true},
			x:      {Name: "x", Len: g.Grid.X.N},
			weight: {Name: "weight", Len: len(g.Plane.Origin)},
			letter: {Name: "letter", Len: longest},
		},
		Attrs: []netcdf.Attr{
			{Name: "Conventions", Value: "CF-1.8"},
			{Name: "title", Value: g.Meta.Title},
			{Name: "source", Value: "losscape " + g.Meta.Losscape},
			{Name: "comment", Value: "The weights at x and y are plane_origin + x plane_d1 + y plane_d2."},
			{Name: "losscape", Value: text},
		},
	}
	one := netcdf.Attr{Name: "units", Value: "1"}
	add := func(name, title string, typ netcdf.Type, dims []int, attrs ...netcdf.Attr) {
		attrs = append([]netcdf.Attr{{Name: "long_name", Value: title}}, attrs...)
		f.Vars = append(f.Vars, netcdf.Var{Name: name, Type: typ, Dims: dims, Attrs: attrs})
	}
	typ, fill := netcdf.Float, netcdf.Attr{Name: "_FillValue", Value: []float32{float32(math.NaN())}}
	if g.Double {
		typ, fill.Value = netcdf.Double, []float64{math.NaN()}
	}
	if g.Of.Depth == 1 {
		add(g.Of.Name, g.Of.Title, typ, []int{y, x}, one, fill)
	} else {
		for _, along := range []string{"x", "y"} {
			add(g.Of.Name+"_"+along, "Derivative of the loss along "+along, typ, []int{y, x}, one, fill)
		}
	}
	var data []byte
	for i, v := range g.coordinateVectors() {
		add(v.name, v.title, netcdf.Double, []int{[]int{x, y}[i]}, one, netcdf.Attr{Name: "axis", Value: strings.ToUpper(v.name)})
		if v.name == "x" { // y comes with the rows
			data = appendFloats(data, v.values...)
		}
	}
	for _, v := range g.planeVectors() {
		add("plane_"+v.name, v.title, netcdf.Double, []int{weight}, one, netcdf.Attr{Name: "coordinates", Value: "weight_name"})
		data = appendFloats(data, v.values...)
	}
	add("weight_name", "Names of the weights", netcdf.Char, []int{weight, letter}, netcdf.Attr{Name: "_Encoding", Value: "utf-8"})
	for _, n := range names {
		data = append(append(data, n...), make([]byte, longest-len(n))...)
	}
	return f, data, nil
}

func appendFloats(b []byte, values ...float64) []byte {
	for _, v := range values {
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(v))
	}
	return b
}

func netCDFBytes(g *Grid) (uint64, error) {
	f, _, err := g.netCDF()
	if err == nil {
		err = f.Check()
	}
	if err != nil {
		return 0, fmt.Errorf("%w: write a .npz or a .vti", err)
	}
	return f.Bytes(), nil
}

// netCDFSink turns rows into those of NetCDF.
type netCDFSink struct {
	*netcdf.Writer
	g    *Grid
	size int // bytes of a value
	next int // row
	buf  []byte
}

func beginNetCDF(_ context.Context, w io.Writer, g *Grid) (sink, error) {
	f, data, err := g.netCDF()
	if err != nil {
		return nil, err
	}
	v, err := netcdf.NewWriter(w, f)
	if err != nil {
		return nil, err
	}
	_, err = v.Write(data)
	return &netCDFSink{Writer: v, g: g, size: g.kind().bytes}, err
}

func (s *netCDFSink) row(b []byte) error {
	s.buf = s.buf[:0]
	step := s.size * s.g.Of.Depth
	for from := 0; from < step; from += s.size { // one component after the other
		if s.size == 8 {
			for i := from; i < len(b); i += step {
				s.buf = binary.LittleEndian.AppendUint64(s.buf, bits.ReverseBytes64(binary.LittleEndian.Uint64(b[i:])))
			}
			continue
		}
		for i := from; i < len(b); i += step {
			s.buf = binary.LittleEndian.AppendUint32(s.buf, bits.ReverseBytes32(binary.LittleEndian.Uint32(b[i:])))
		}
	}
	s.buf = appendFloats(s.buf, s.g.Grid.Y.At(s.next))
	s.next++
	_, err := s.Write(s.buf)
	return err
}

func (s *netCDFSink) close() error { return s.Close() }

// vti returns what a VTI file has besides the values.
func (g *Grid) vti() (*vti.Image, error) {
	text, err := g.metadata()
	if err != nil {
		return nil, err
	}
	// Of one point the step is 0, which VTK has not.
	step := func(a cpu.Axis) float64 {
		if a.N == 1 {
			return 1
		}
		return a.Step()
	}
	m := &vti.Image{
		Title:      g.Meta.Title + ". " + g.Of.Title + " at the weights origin + x d1 + y d2: x is " + g.Meta.Axes[0].Title + ", y is " + g.Meta.Axes[1].Title,
		N:          [2]int{g.Grid.X.N, g.Grid.Y.N},
		Origin:     [2]float64{g.Grid.X.Min, g.Grid.Y.Min},
		Step:       [2]float64{step(g.Grid.X), step(g.Grid.Y)},
		Points:     g.Of.Name,
		Components: 1,
		Double:     g.Double,
	}
	if g.Of.Depth > 1 {
		m.Components = 3
	}
	for _, v := range slices.Concat(g.coordinateVectors(), g.planeVectors()) {
		m.Fields = append(m.Fields, vti.Field{Name: v.name, Value: v.values})
	}
	m.Fields = append(m.Fields, vti.Field{Name: "weight_names", Value: g.Meta.WeightNames}, vti.Field{Name: "metadata", Value: []string{text}})
	return m, nil
}

func vtiBytes(g *Grid) (uint64, error) {
	m, err := g.vti()
	if err != nil {
		return 0, err
	}
	return m.Bytes()
}

// vtiSink gives gradients a third component.
type vtiSink struct {
	*vti.Writer
	size int // bytes of a point of a gradient, 0 of other values
	buf  []byte
}

func beginVTI(_ context.Context, w io.Writer, g *Grid) (sink, error) {
	m, err := g.vti()
	if err != nil {
		return nil, err
	}
	v, err := vti.NewWriter(w, m)
	if err != nil {
		return nil, err
	}
	s := &vtiSink{Writer: v}
	if g.Of.Depth > 1 {
		s.size = g.kind().bytes * g.Of.Depth
	}
	return s, nil
}

func (s *vtiSink) row(b []byte) error {
	if s.size > 0 {
		s.buf = s.buf[:0]
		for ; len(b) > 0; b = b[s.size:] {
			s.buf = append(append(s.buf, b[:s.size]...), make([]byte, s.size/2)...)
		}
		b = s.buf
	}
	_, err := s.Write(b)
	return err
}

func (s *vtiSink) close() error { return s.Close() }
