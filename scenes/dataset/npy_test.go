package dataset

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// npySource returns an NPY file of a header, in Latin-1, and data.
func npySource(version byte, header string, data []byte) []byte {
	src := append([]byte("\x93NUMPY"), version, 0)
	head := []byte{}
	for _, r := range header {
		head = append(head, byte(r))
	}
	if version == 1 {
		src = binary.LittleEndian.AppendUint16(src, uint16(len(head)))
	} else {
		src = binary.LittleEndian.AppendUint32(src, uint32(len(head)))
	}
	return append(append(src, head...), data...)
}

// TestNPYHeaders holds the reader to what numpy.load makes of many headers;
// testdata/npy_headers.py says how the table was made.
func TestNPYHeaders(t *testing.T) {
	f, err := os.Open("testdata/npy_headers.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	read, refused, named, texts := 0, 0, 0, 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		c := struct {
			V                      byte
			N                      int
			H, Dtype, Values, Kind string
			Shape                  []int
		}{V: 1, N: 256}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		data := make([]byte, c.N)
		for i := range data {
			data[i] = byte((37*i + 11) % 251)
		}
		a, err := readNPY(bytes.NewReader(npySource(c.V, c.H, data)))
		switch {
		case c.Kind == "S" || c.Kind == "U":
			texts++
			if err != nil || string(a.kind) != c.Kind {
				t.Errorf("%q: error %v, NumPy reads texts", c.H, err)
			}
		case c.Kind == "records" && strings.Contains(c.H, "[("):
			texts++
			if err != nil || a.kind != 'r' {
				t.Errorf("%q: error %v, NumPy reads records", c.H, err)
			}
		case c.Kind == "records": // by other texts than numpy.save writes
			if err != nil || a.kind != 'r' || len(a.fields) > 0 {
				named++
			}
		case c.Kind != "":
			named++
			what := npyKinds[c.Kind[0]]
			if c.Kind == "f" {
				what = "float128"
			}
			if err == nil || what == "" || !strings.Contains(err.Error(), what) {
				t.Errorf("%q: error %v, want that it is of %s", c.H, err, what)
			}
		case c.Dtype == "":
			refused++
			if err == nil {
				t.Errorf("%q is read as %c%d %v, NumPy refuses it", c.H, a.kind, a.size, a.shape)
			} else if strings.Contains(err.Error(), "\n") || len(err.Error()) > 200 {
				t.Errorf("%q: %v", c.H, err)
			}
		case err != nil:
			t.Errorf("%q: %v; NumPy reads %s %v", c.H, err, c.Dtype, c.Shape)
		default:
			read++
			if got := fmt.Sprintf("%c%d", a.kind, a.size); got != c.Dtype || !slices.Equal(a.shape, c.Shape) {
				t.Errorf("%q: %s %v, NumPy reads %s %v", c.H, got, a.shape, c.Dtype, c.Shape)
				continue
			}
			for k, text := range strings.Fields(c.Values) {
				i := k
				if a.fortran && len(a.shape) == 2 {
					i = k%a.shape[1]*a.shape[0] + k/a.shape[1]
				}
				v, err := strconv.ParseFloat(text, 64)
				if err != nil {
					t.Fatal(err)
				}
				b := a.data[i*a.size : (i+1)*a.size]
				if got := a.float(b); got != v && !(math.IsNaN(got) && math.IsNaN(v)) {
					t.Errorf("%q: value %d is %v, NumPy has %s", c.H, k, got, text)
				}
				if got := string(a.append(nil, b)); a.kind == 'i' && got != text {
					t.Errorf("%q: text of value %d is %s, NumPy has %s", c.H, k, got, text)
				}
			}
		}
	}
	t.Logf("%d headers read, %d refused, %d of other kinds, %d of texts and records", read, refused, named, texts)
	if read < 200 || refused < 200 || named < 50 {
		t.Error("the table is too short")
	}
}

// TestNPYTypes checks the types' values where the headers' bytes do not reach.
func TestNPYTypes(t *testing.T) {
	for bits, want := range map[uint16]float64{
		0x0000: 0, 0x8000: math.Copysign(0, -1), 0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x3555: 0.333251953125,
		0x0001: 0x1p-24, 0x03ff: 0x1.ff8p-15, 0x0400: 0x1p-14, 0x7c00: math.Inf(1), 0xfc00: math.Inf(-1),
	} {
		if got := half(bits); got != want || math.Signbit(got) != math.Signbit(want) {
			t.Errorf("float16 %#04x is %v, want %v", bits, got, want)
		}
	}
	if !math.IsNaN(half(0x7e00)) {
		t.Error("float16 0x7e00 is a number")
	}
	for _, c := range []struct {
		descr string
		data  any
		want  string
	}{
		{"<i8", []int64{9007199254740993, 9007199254740992, math.MinInt64}, "9007199254740993 9007199254740992 -9223372036854775808"},
		{"<u8", []uint64{math.MaxUint64, 1 << 63, 0}, "18446744073709551615 9223372036854775808 0"},
		{"<i1", []int8{-128, -1, 127}, "-128 -1 127"},
		{"|b1", []byte{0, 1, 2}, "false true true"},
		{"<f4", []float32{0.1, -1, float32(math.Copysign(0, -1))}, "0.1 -1 0"},
		{"<f8", []float64{0.1, 1e21, math.Copysign(0, -1)}, "0.1 1e+21 0"},
	} {
		a, err := readNPY(bytes.NewReader(npyFile(1, c.descr, false, "(3,)", c.data)))
		if err != nil {
			t.Error(err)
			continue
		}
		var words []string
		for i := range 3 {
			words = append(words, string(a.append(nil, a.data[i*a.size:(i+1)*a.size])))
		}
		if got := strings.Join(words, " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.descr, got, c.want)
		}
	}
}

// TestNPYClasses checks that classes are texts, and numbers where none is named.
func TestNPYClasses(t *testing.T) {
	big := []int64{1, 9007199254740993, 2, 9007199254740992, 3, 9007199254740993}
	nan := []float64{1, 0, 2, math.NaN(), 3, 1}
	tests := []struct {
		descr    string
		data     any
		positive string
		y        []float64
		want     string // of the error
	}{
		{"<i8", big, "9007199254740993", []float64{1, 0, 1}, ""},
		{"<i8", big, "9007199254740994", nil, `positive class "9007199254740994" never occurs, want one such as "9007199254740993", "9007199254740992"`},
		{"<u8", []uint64{1, math.MaxUint64, 2, math.MaxUint64 - 1, 3, 7}, "18446744073709551615", []float64{1, 0, 0}, ""},
		{"<f8", []float64{1, 7, 2, 8, 3, 7}, "7.0", []float64{1, 0, 1}, ""},
		{"<f8", []float64{1, math.Copysign(0, -1), 2, 5, 3, 0}, "0", []float64{1, 0, 1}, ""},
		{"<f4", []float32{1, 0.1, 2, 8, 3, 8}, " 0.1 ", []float64{1, 0, 0}, ""},
		{"|b1", []byte{0, 1, 1, 0, 1, 1}, "", []float64{1, 0, 1}, ""},
		{"<i8", []int64{1, 0, 2, 1, 3, 1}, "", []float64{0, 1, 1}, ""},
		{"<f8", nan, "", nil, "row 1, column 1 holds NaN, a missing value, want a class"},
		{"<f8", nan, "1", nil, "row 1, column 1 holds NaN, a missing value, want a class"},
		{"<i8", []int64{1, 5, 2, 5, 3, 5}, "5", []float64{1, 1, 1}, ""},
	}
	for _, tt := range tests {
		set, err := ReadNPY(bytes.NewReader(npyFile(1, tt.descr, false, "(3, 2)", tt.data)), "t.npy", Columns{Positive: tt.positive})
		if tt.want != "" {
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v: error %v, want %q", tt.data, err, tt.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%v: %v", tt.data, err)
		} else if !slices.Equal(set.Y, tt.y) || !mat.Equal(set.X, mat.NewDense(3, 1, []float64{set.X.At(0, 0), set.X.At(1, 0), set.X.At(2, 0)})) {
			t.Errorf("%v: labels %v, want %v", tt.data, set.Y, tt.y)
		}
	}
}
