package gridfile

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"losscape/cmd/losscape/meta"
	"losscape/cmd/losscape/netcdf"
	"losscape/cpu"

	"codeberg.org/sbinet/npyio/npy"
	"codeberg.org/sbinet/npyio/npz"
)

// grid is one of three weights, with names and texts that are hard to write.
func grid(of Values, double bool) *Grid {
	g := &Grid{
		Of: of, Double: double,
		Plane: cpu.Plane{Origin: []float64{0.1, -2, math.Pi}, D1: []float64{1, 0, 0}, D2: []float64{0, 0.6, 0.8}},
		Grid:  cpu.Grid{X: cpu.Axis{Min: -1, Max: 0.3, N: 5}, Y: cpu.Axis{Min: 1e-3, Max: 7, N: 3}},
	}
	g.Meta = Meta{
		Source: meta.Source{Losscape: "v1", SceneTOML: "# 'a' \"b\" <∞> -- 𝛼\n", WeightNames: []string{"Länge (cm)", "b", "bias"}, Weights: 3},
		Title:  "A <title> -- with\x01 all & \"quotes\" ∞-", L2: 0.5, Of: of.Name, Axes: Axes(g.Grid, "weight of Länge (cm)", "β"),
	}
	return g
}

// values returns a grid's values, hard ones first.
func values(g *Grid) []float64 {
	v := []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 1e-42, math.MaxFloat32, 1. / 3, -7}
	for len(v) < g.Of.Depth*g.Grid.Size() {
		v = append(v, math.Sqrt(float64(len(v))))
	}
	if !g.Double {
		for i, x := range v {
			v[i] = float64(float32(x))
		}
	}
	return v
}

func file(t *testing.T, ending string, g *Grid) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(t.Context(), &b, ending, g)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err == nil {
		t.Error("a file without rows is whole")
	}
	v := values(g)
	n := g.Of.Depth * g.Grid.X.N
	for j := range g.Grid.Y.N {
		row := v[j*n : (j+1)*n]
		if g.Double || j == 2 {
			err = w.Row(nil, row)
		} else {
			single := make([]float32, n)
			for i, x := range row {
				single[i] = float32(x)
			}
			err = w.Row(single, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if w.Row(nil, v[:n]) == nil || w.Row(nil, v[:n-1]) == nil {
		t.Error("it takes more rows than there are, or too short ones")
	}
	w.rows = g.Grid.Y.N
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w.Masked != 3 || !g.Double && w.Small != 1 {
		t.Errorf("%d masked and %d small values", w.Masked, w.Small)
	}
	least, err := Bytes(ending, g)
	if err != nil || least > uint64(b.Len()) {
		t.Errorf("%s: %d bytes, guessed at least %d, %v", ending, b.Len(), least, err)
	}
	if exact := ending == ".nc" || ending == ".vti"; exact && least != uint64(b.Len()) {
		t.Errorf("%s: %d bytes, want %d", ending, b.Len(), least)
	}
	return b.Bytes()
}

// TestFormats reads every format back, and wants the same bits in all.
func TestFormats(t *testing.T) {
	for _, of := range []Values{Loss, Gradient, Accuracy} {
		for _, double := range []bool{false, true} {
			g := grid(of, double)
			want := values(g)
			for _, f := range Formats() {
				b := file(t, f.Ending, g)
				got := map[string]func(t *testing.T, g *Grid, b []byte) []float64{".npy": readNPY, ".npz": readNPZ, ".nc": readNetCDF, ".vti": readVTI}[f.Ending](t, g, b)
				if !slices.EqualFunc(got, want, func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }) {
					t.Errorf("%s, %s, float64 %v: %v, want %v", f.Ending, of.Name, double, got, want)
				}
				if again := file(t, f.Ending, g); !bytes.Equal(again, b) {
					t.Errorf("%s: two files differ", f.Ending)
				}
			}
		}
	}
}

// checkVectors holds arrays to the plane and the coordinates.
func checkVectors(t *testing.T, g *Grid, of func(name string) []float64, prefix string) {
	t.Helper()
	for name, want := range map[string][]float64{
		"x": {-1, -0.675, -0.35, g.Grid.X.At(3), 0.3}, "y": {1e-3, g.Grid.Y.At(1), 7},
		prefix + "origin": g.Plane.Origin, prefix + "d1": g.Plane.D1, prefix + "d2": g.Plane.D2,
	} {
		if got := of(name); !slices.Equal(got, want) {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

func checkMeta(t *testing.T, g *Grid, text string) {
	t.Helper()
	var m Meta
	if err := json.Unmarshal([]byte(text), &m); err != nil || !reflect.DeepEqual(m, g.Meta) && m.Title != strings.ToValidUTF8(g.Meta.Title, "") {
		t.Errorf("%v: metadata %+v, want %+v", err, m, g.Meta)
	}
	if m.SceneTOML != g.Meta.SceneTOML || strings.ContainsFunc(text, func(r rune) bool { return r > '~' }) {
		t.Errorf("metadata %s", text)
	}
}

func readNPY(t *testing.T, g *Grid, b []byte) []float64 {
	t.Helper()
	if g.Double {
		var v []float64
		if err := npy.Read(bytes.NewReader(b), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	var v []float32
	if err := npy.Read(bytes.NewReader(b), &v); err != nil {
		t.Fatal(err)
	}
	return widen(v)
}

func widen(v []float32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}

func readNPZ(t *testing.T, g *Grid, b []byte) []float64 {
	t.Helper()
	z, err := npz.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"x.npy", "y.npy", "origin.npy", "d1.npy", "d2.npy", "weight_names.npy", "metadata.npy", g.Of.Name + ".npy"}; !slices.Equal(z.Keys(), want) {
		t.Errorf("arrays %q", z.Keys())
	}
	checkVectors(t, g, func(name string) (v []float64) {
		if err := z.Read(name+".npy", &v); err != nil {
			t.Error(err)
		}
		return v
	}, "")
	archive, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	member := func(i int) []byte {
		f, err := archive.File[i].Open()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		b, err := io.ReadAll(f) // checks the sum
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	text := member(6)
	text = text[10+int(binary.LittleEndian.Uint16(text[8:])):]
	var ascii []byte
	for i := 0; i < len(text); i += 4 {
		ascii = append(ascii, text[i])
	}
	checkMeta(t, g, string(ascii))
	values := member(7)
	if plain := file(t, ".npy", g); !bytes.Equal(values, plain) {
		t.Error("the values are not those of the .npy")
	}
	return readNPY(t, g, values)
}

func readNetCDF(t *testing.T, g *Grid, b []byte) []float64 {
	t.Helper()
	r, err := netcdf.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) []float64 {
		v, err := r.Floats(r.Var(name))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	checkVectors(t, g, read, "plane_")
	text, _ := netcdf.Lookup(r.Attrs, "losscape").(string)
	checkMeta(t, g, text)
	if names, err := r.Bytes(r.Var("weight_name")); err != nil || string(names) != "Länge (cm)b"+strings.Repeat("\x00", 10)+"bias"+strings.Repeat("\x00", 7) {
		t.Errorf("weights %q, %v", names, err)
	}
	name := g.Of.Name
	if g.Of.Depth > 1 {
		name += "_x"
	}
	v := r.Vars[r.Var(name)]
	if want := map[bool]netcdf.Type{false: netcdf.Float, true: netcdf.Double}[g.Double]; v.Type != want || !slices.Equal(v.Dims, []int{0, 1}) || r.Dims[0].Name != "y" || r.Dims[1].Name != "x" {
		t.Errorf("%s is of type %d over %v", v.Name, v.Type, v.Dims)
	}
	switch fill := netcdf.Lookup(v.Attrs, "_FillValue").(type) {
	case []float32:
		if g.Double || fill[0] == fill[0] {
			t.Errorf("_FillValue %v", fill)
		}
	case []float64:
		if !g.Double || fill[0] == fill[0] {
			t.Errorf("_FillValue %v", fill)
		}
	default:
		t.Error("no _FillValue")
	}
	if g.Of.Depth == 1 {
		return read(name)
	}
	x, y := read("gradient_x"), read("gradient_y")
	var both []float64
	for i := range x {
		both = append(both, x[i], y[i])
	}
	return both
}

func readVTI(t *testing.T, g *Grid, b []byte) []float64 {
	t.Helper()
	head, data, ok := bytes.Cut(b, []byte("<AppendedData encoding=\"raw\">\n    _"))
	if !ok {
		t.Fatalf("%q", b)
	}
	type array struct {
		Type   string `xml:"type,attr"`
		Name   string `xml:"Name,attr"`
		Tuples int    `xml:"NumberOfTuples,attr"`
		Parts  int    `xml:"NumberOfComponents,attr"`
		Offset int    `xml:"offset,attr"`
		Text   string `xml:",chardata"`
	}
	var v struct {
		ByteOrder string `xml:"byte_order,attr"`
		Header    string `xml:"header_type,attr"`
		Image     struct {
			Extent  string                      `xml:"WholeExtent,attr"`
			Origin  string                      `xml:"Origin,attr"`
			Spacing string                      `xml:"Spacing,attr"`
			Fields  struct{ DataArray []array } `xml:"FieldData"`
			Piece   struct {
				Extent    string `xml:"Extent,attr"`
				PointData struct {
					Scalars   string `xml:"Scalars,attr"`
					Vectors   string `xml:"Vectors,attr"`
					DataArray []array
				}
			}
		} `xml:"ImageData"`
	}
	text := string(head) + "</VTKFile>"
	if err := xml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	im := v.Image
	if v.ByteOrder != "LittleEndian" || v.Header != "UInt64" || im.Extent != "0 4 0 2 0 0" || im.Piece.Extent != im.Extent || im.Origin != "-1 0.001 0" || im.Spacing != "0.325 3.4995 1" {
		t.Errorf("%+v", v)
	}
	block := func(a array) []byte {
		n := binary.LittleEndian.Uint64(data[a.Offset:])
		return data[a.Offset+8:][:n]
	}
	floats := func(a array) []float64 {
		out := make([]float64, a.Tuples)
		if n, err := binary.Decode(block(a), binary.LittleEndian, out); err != nil || n != len(block(a)) {
			t.Errorf("%s: %v", a.Name, err)
		}
		return out
	}
	byName := map[string]array{}
	for _, a := range im.Fields.DataArray {
		byName[a.Name] = a
	}
	checkVectors(t, g, func(name string) []float64 { return floats(byName[name]) }, "")
	words := func(a array) []string {
		var b []byte
		for _, f := range strings.Fields(a.Text) {
			n, err := strconv.ParseUint(f, 10, 8)
			if err != nil {
				t.Fatal(err)
			}
			b = append(b, byte(n))
		}
		return strings.Split(strings.TrimSuffix(string(b), "\x00"), "\x00")
	}
	if got := words(byName["weight_names"]); !slices.Equal(got, g.Meta.WeightNames) {
		t.Errorf("weights %q", got)
	}
	checkMeta(t, g, words(byName["metadata"])[0])
	points := im.Piece.PointData.DataArray[0]
	parts, role := 1, im.Piece.PointData.Scalars
	if g.Of.Depth > 1 {
		parts, role = 3, im.Piece.PointData.Vectors
	}
	if points.Name != g.Of.Name || role != g.Of.Name || points.Parts != parts || points.Type != map[bool]string{false: "Float32", true: "Float64"}[g.Double] {
		t.Errorf("points %+v", points)
	}
	if rest := data[points.Offset+8+len(block(points)):]; string(rest) != "\n  </AppendedData>\n</VTKFile>\n" {
		t.Errorf("it ends in %q", rest)
	}
	var all []float64
	if g.Double {
		all = make([]float64, len(block(points))/8)
		binary.Decode(block(points), binary.LittleEndian, all)
	} else {
		single := make([]float32, len(block(points))/4)
		binary.Decode(block(points), binary.LittleEndian, single)
		all = widen(single)
	}
	if parts == 1 {
		return all
	}
	var pairs []float64
	for i := 0; i < len(all); i += 3 {
		if all[i+2] != 0 {
			t.Errorf("a third component is %v", all[i+2])
		}
		pairs = append(pairs, all[i:i+2]...)
	}
	return pairs
}

// TestOnePoint wants a step above 0 for VTK where an axis has one value.
func TestOnePoint(t *testing.T) {
	g := grid(Loss, true)
	g.Grid.Y = cpu.Axis{Min: 2, Max: 2, N: 1}
	var b bytes.Buffer
	w, err := NewWriter(t.Context(), &b, ".VTI", g)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Row(nil, make([]float64, 5)), w.Close()); err != nil {
		t.Fatal(err)
	}
	if want := `WholeExtent="0 4 0 0 0 0" Origin="-1 2 0" Spacing="0.325 1 1"`; !strings.Contains(b.String(), want) {
		t.Errorf("%.600s", b.String())
	}
}

// full takes so many bytes.
type full struct{ left int }

var errFull = errors.New("full")

func (w *full) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// TestErrors wants what cannot be written, and what cannot be, to be errors in every
// format.
func TestErrors(t *testing.T) {
	for _, f := range Formats() {
		for _, room := range []int{0, 900, 10000} {
			g := grid(Loss, true)
			g.Grid.X.N = 2000
			w, err := NewWriter(t.Context(), &full{room}, f.Ending, g)
			for j := 0; err == nil && j < 3; j++ {
				err = w.Row(nil, make([]float64, 2000))
			}
			if err == nil {
				err = w.Close()
			}
			if !errors.Is(err, errFull) {
				t.Errorf("%s with room for %d bytes: %v", f.Ending, room, err)
			}
		}
	}
	if _, err := NewWriter(t.Context(), io.Discard, ".txt", grid(Loss, true)); err == nil {
		t.Error("there is a format .txt")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewWriter(ctx, io.Discard, ".npz", grid(Loss, true)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestMemory writes 64 MiB of every format with little memory.
func TestMemory(t *testing.T) {
	row := make([]float32, 4096)
	for _, f := range Formats() {
		g := grid(Loss, false)
		g.Grid.X.N, g.Grid.Y.N = 4096, 4096
		w, err := NewWriter(t.Context(), io.Discard, f.Ending, g)
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 4096 {
			if err := w.Row(row, nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if d := after.TotalAlloc - before.TotalAlloc; d > 1<<20 {
			t.Errorf("%s: %d bytes were allocated", f.Ending, d)
		}
	}
}

func ExampleWriter() {
	g := &Grid{Of: Loss, Plane: cpu.CoordinatePlane(2, 0, 1), Grid: cpu.Grid{X: cpu.Axis{Min: 0, Max: 1, N: 2}, Y: cpu.Axis{Min: 0, Max: 1, N: 2}}}
	var b bytes.Buffer
	w, err := NewWriter(context.Background(), &b, ".npy", g)
	if err != nil {
		fmt.Println(err)
		return
	}
	w.Row([]float32{1, 2}, nil)
	w.Row([]float32{3, 4}, nil)
	fmt.Println(w.Close(), w.Shape(), b.Len())
	// Output: <nil> (2, 2) 144
}
