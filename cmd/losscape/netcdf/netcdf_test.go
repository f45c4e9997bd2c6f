package netcdf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestBytes holds a small file to the specification, byte by byte.
func TestBytes(t *testing.T) {
	f := &File{
		Dims:  []Dim{{Name: "y", Len: 2}, {Name: "abc", Len: 3}},
		Attrs: []Attr{{"t", "hello"}},
		Vars: []Var{
			{Name: "b", Type: Byte, Dims: []int{1}, Attrs: []Attr{{"f", []int8{1, -2}}}},
			{Name: "v", Type: Float, Dims: []int{0}},
		},
	}
	const want = "CDF\x02" + "\x00\x00\x00\x00" + // no records
		"\x00\x00\x00\x0a\x00\x00\x00\x02" +
		"\x00\x00\x00\x01y\x00\x00\x00" + "\x00\x00\x00\x02" +
		"\x00\x00\x00\x03abc\x00" + "\x00\x00\x00\x03" +
		"\x00\x00\x00\x0c\x00\x00\x00\x01" +
		"\x00\x00\x00\x01t\x00\x00\x00" + "\x00\x00\x00\x02\x00\x00\x00\x05hello\x00\x00\x00" +
		"\x00\x00\x00\x0b\x00\x00\x00\x02" +
		"\x00\x00\x00\x01b\x00\x00\x00" + "\x00\x00\x00\x01\x00\x00\x00\x01" +
		"\x00\x00\x00\x0c\x00\x00\x00\x01\x00\x00\x00\x01f\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02\x01\xfe\x00\x00" +
		"\x00\x00\x00\x01\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\xb4" +
		"\x00\x00\x00\x01v\x00\x00\x00" + "\x00\x00\x00\x01\x00\x00\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x00\x00\x00\x05\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\xb8" +
		"\x05\x06\x07\x81" + "\x3f\x80\x00\x00\xc0\x00\x00\x00"
	var b bytes.Buffer
	w, err := NewWriter(&b, f)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err == nil || !strings.Contains(err.Error(), "b lacks 3 bytes") {
		t.Errorf("without values: %v", err)
	}
	for _, p := range []string{"\x05", "\x06\x07\x3f\x80\x00", "\x00\xc0\x00\x00\x00"} {
		if n, err := io.WriteString(w, p); n != len(p) || err != nil {
			t.Fatal(n, err)
		}
	}
	if _, err := w.Write([]byte{1}); err == nil {
		t.Error("it takes more than it has")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != want || f.Bytes() != uint64(len(want)) {
		t.Errorf("%q\n%q, of %d", got, want, f.Bytes())
	}
}

// sample has all types, a record dimension and what is padded.
func sample() *File {
	return &File{
		Dims:  []Dim{{Name: "rows", Len: 3, Record: true}, {Name: "x", Len: 5}, {Name: "name of a thing (µm)", Len: 2}},
		Attrs: []Attr{{"title", "∞"}, {"none", ""}, {"numbers", []float64{math.Pi, math.Inf(1)}}},
		Vars: []Var{
			{Name: "row", Type: Double, Dims: []int{0}, Attrs: []Attr{{"i", []int32{-1, 7, 9}}}},
			{Name: "text", Type: Char, Dims: []int{2, 1}},
			{Name: "one", Type: Int},
			{Name: "b", Type: Byte, Dims: []int{0, 1}, Attrs: []Attr{{"_FillValue", []int8{-1}}, {"f", []float32{0.5}}}},
		},
	}
}

func TestReadBack(t *testing.T) {
	f := sample()
	var b bytes.Buffer
	w, err := NewWriter(&b, f)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "helloworld\xff\xff\xff\xfe")
	for k := range 3 {
		binary.Write(w, binary.BigEndian, float64(k)/3)
		w.Write([]byte{byte(10 * k), 1, 2, 3, 255})
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := f.Bytes(); got != uint64(b.Len()) {
		t.Errorf("%d bytes, want %d", b.Len(), got)
	}
	r, err := Open(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(*f, r.File, cmpopts.EquateEmpty()); d != "" {
		t.Error(d)
	}
	for name, want := range map[string][]float64{
		"row": {0, 1. / 3, 2. / 3}, "one": {-2}, "b": {0, 1, 2, 3, -1, 10, 1, 2, 3, -1, 20, 1, 2, 3, -1},
	} {
		if got, err := r.Floats(r.Var(name)); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if text, err := r.Bytes(r.Var("text")); err != nil || string(text) != "helloworld" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := r.Floats(r.Var("text")); err == nil {
		t.Error("text is read as numbers")
	}

	// A file that is cut off, or not as it should be, is an error, and no panic.
	for n := range b.Len() {
		if _, err := Open(bytes.NewReader(b.Bytes()), int64(n)); n < 300 && !errors.Is(err, ErrFormat) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
		bad := bytes.Clone(b.Bytes())
		bad[n] ^= 0xff
		if r, err := Open(bytes.NewReader(bad), int64(len(bad))); err == nil {
			for i := range r.Vars {
				r.Bytes(i)
			}
		}
	}
}

// TestOneRecordVariable wants the records of the only variable that has some to follow
// one another without padding, as the specification has it.
func TestOneRecordVariable(t *testing.T) {
	f := &File{Dims: []Dim{{Name: "r", Len: 3, Record: true}}, Vars: []Var{{Name: "b", Type: Byte, Dims: []int{0}}}}
	var b bytes.Buffer
	w, err := NewWriter(&b, f)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "abc")
	if err := w.Close(); err != nil || !strings.HasSuffix(b.String(), "\x04\x00\x00\x00\x00\x00\x00\x00Tabc") {
		t.Errorf("%v, %q", err, b.String())
	}
}

func TestLimits(t *testing.T) {
	dims := []Dim{{Name: "y", Len: 1 << 16}, {Name: "x", Len: 1 << 15}}
	large := Var{Name: "large", Type: Double, Dims: []int{0, 1}} // 16 GiB
	small := Var{Name: "small", Type: Int}
	var tooLarge *SizeError
	if err := (&File{Dims: dims, Vars: []Var{large, small}}).Check(); !errors.As(err, &tooLarge) || tooLarge.Bytes != 1<<34 {
		t.Errorf("a large variable before another: %v", err)
	}
	f := &File{Dims: dims, Vars: []Var{small, large}}
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	l, err := f.layout()
	if err != nil {
		t.Fatal(err)
	}
	h := f.header(l)
	if got := fmt.Sprintf("%x", h[len(h)-12:]); got != "ffffffff"+fmt.Sprintf("%016x", len(h)+4) || f.Bytes() != uint64(len(h))+4+1<<34 {
		t.Errorf("the size and the beginning of the last variable are %s of %d bytes", got, f.Bytes())
	}
	dims[0].Record = true
	if err := f.Check(); err != nil {
		t.Errorf("16 GiB of records: %v", err)
	}
	dims[1].Len = 1 << 29
	if err := f.Check(); !errors.As(err, &tooLarge) {
		t.Errorf("a record of 4 GiB: %v", err)
	}
	dims[1].Len = math.MaxInt32
	if err := f.Check(); !errors.As(err, &tooLarge) || tooLarge.Length != math.MaxInt32 {
		t.Errorf("a long dimension: %v", err)
	}
	for name, f := range map[string]*File{
		"a name with a slash":   {Vars: []Var{{Name: "a/b", Type: Int}}},
		"a name twice":          {Vars: []Var{small, small}},
		"no such dimension":     {Vars: []Var{{Name: "a", Type: Int, Dims: []int{0}}}},
		"a long record":         {Dims: []Dim{{Name: "x", Len: 1}, {Name: "r", Len: 2, Record: true}}, Vars: []Var{{Name: "a", Type: Int, Dims: []int{0, 1}}}},
		"an odd attribute":      {Attrs: []Attr{{"a", 1}}},
		"an empty dimension":    {Dims: []Dim{{Name: "x"}}},
		"two record dimensions": {Dims: []Dim{{Name: "x", Len: 1, Record: true}, {Name: "y", Len: 1, Record: true}}},
	} {
		if f.Check() == nil {
			t.Errorf("%s passes", name)
		}
	}
}
