package netcdf

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// ErrFormat is what the error of Open wraps about a file that is none of CDF-2.
var ErrFormat = errors.New("no NetCDF file with 64-bit offsets")

// Reader reads a file of CDF-2.
type Reader struct {
	File
	r io.ReaderAt
	l layout
}

// Open reads the header of a file of so many bytes.
func Open(r io.ReaderAt, size int64) (*Reader, error) {
	d := &decoder{r: bufio.NewReader(io.NewSectionReader(r, 0, size)), left: size}
	v := &Reader{r: r}
	if string(d.bytes(4)) != "CDF\x02" {
		return nil, ErrFormat
	}
	v.l.records = d.number()
	for range d.list(tagDims, 12) {
		dim := Dim{Name: d.name(), Len: d.number()}
		if dim.Len == 0 {
			dim.Len, dim.Record = v.l.records, true
		}
		v.Dims = append(v.Dims, dim)
	}
	v.Attrs = d.attributes()
	for range d.list(tagVars, 32) {
		x := Var{Name: d.name()}
		p := part{}
		n := d.number()
		for k := 0; k < n && d.err == nil; k++ {
			at := d.number()
			if at >= len(v.Dims) {
				d.fail()
				break
			}
			x.Dims = append(x.Dims, at)
			p.record = p.record || v.Dims[at].Record
		}
		x.Attrs = d.attributes()
		x.Type = d.kind()
		d.number() // the size follows from the dimensions
		p.begin = binary.BigEndian.Uint64(append(d.bytes(8), make([]byte, 8)...))
		v.Vars, v.l.parts = append(v.Vars, x), append(v.l.parts, p)
	}
	if d.err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, d.err)
	}
	// Where all else is follows from the header, but for where the variables begin.
	l, err := v.layout()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	for i, p := range v.l.parts {
		l.parts[i].begin = p.begin
		if p := l.parts[i]; p.begin > uint64(size) || p.size > uint64(size)-p.begin {
			return nil, fmt.Errorf("%w: %s is beyond its end", ErrFormat, v.Vars[i].Name)
		}
	}
	v.l = *l
	return v, nil
}

// Var returns the index of a variable by its name, −1 if there is none.
func (r *Reader) Var(name string) int {
	return slices.IndexFunc(r.Vars, func(v Var) bool { return v.Name == name })
}

// Lookup returns the value of an attribute by its name, nil if there is none.
func Lookup(attrs []Attr, name string) any {
	for _, a := range attrs {
		if a.Name == name {
			return a.Value
		}
	}
	return nil
}

// Bytes returns the values of variable i as they are in the file, big-endian, in C
// order.
func (r *Reader) Bytes(i int) ([]byte, error) {
	p := r.l.parts[i]
	n, stride := 1, uint64(0)
	if p.record {
		n = r.l.records
		for _, q := range r.l.parts {
			if q.record {
				stride += q.size + q.pad
			}
		}
	}
	var b []byte
	for k := range uint64(n) {
		from := len(b)
		b = append(b, make([]byte, p.size)...)
		if _, err := r.r.ReadAt(b[from:], int64(p.begin+k*stride)); err != nil {
			return nil, fmt.Errorf("%s is cut off: %w", r.Vars[i].Name, err)
		}
	}
	return b, nil
}

// Floats returns the values of variable i, which is no text, as float64.
func (r *Reader) Floats(i int) ([]float64, error) {
	t := r.Vars[i].Type
	if t == Char {
		return nil, fmt.Errorf("%s is text", r.Vars[i].Name)
	}
	b, err := r.Bytes(i)
	if err != nil {
		return nil, err
	}
	out := make([]float64, 0, len(b)/t.Bytes())
	for ; len(b) > 0; b = b[t.Bytes():] {
		switch t {
		case Byte:
			out = append(out, float64(int8(b[0])))
		case Int:
			out = append(out, float64(int32(binary.BigEndian.Uint32(b))))
		case Float:
			out = append(out, float64(math.Float32frombits(binary.BigEndian.Uint32(b))))
		case Double:
			out = append(out, math.Float64frombits(binary.BigEndian.Uint64(b)))
		}
	}
	return out, nil
}

// decoder reads a header up to its first error.
type decoder struct {
	r    io.Reader
	left int64 // bytes of the file
	err  error
}

func (d *decoder) fail() {
	if d.err == nil {
		d.err = errors.New("its header makes no sense")
	}
}

// bytes returns the next n bytes, with the padding up to a multiple of four read, too.
func (d *decoder) bytes(n int) []byte {
	padded := int64(n) + int64(-n&3)
	if d.err == nil && padded > d.left {
		d.err = io.ErrUnexpectedEOF
	}
	if d.err != nil {
		return nil
	}
	b := make([]byte, padded)
	_, d.err = io.ReadFull(d.r, b)
	d.left -= padded
	return b[:n]
}

// number returns a number of 32 bits that is not negative.
func (d *decoder) number() int {
	b := d.bytes(4)
	if d.err != nil {
		return 0
	}
	return int(binary.BigEndian.Uint32(b))
}

// list returns the length of a list whose items take at least so many bytes.
func (d *decoder) list(tag int, least int64) int {
	have, n := d.number(), d.number()
	if n > 0 && have != tag || int64(n) > d.left/least {
		d.fail()
		return 0
	}
	return n
}

func (d *decoder) name() string { return string(d.bytes(d.number())) }

func (d *decoder) kind() Type {
	t := Type(d.number())
	if !slices.Contains([]Type{Byte, Char, Int, Float, Double}, t) {
		d.fail()
		return Byte
	}
	return t
}

func (d *decoder) attributes() (attrs []Attr) {
	for range d.list(tagAttrs, 12) {
		a := Attr{Name: d.name()}
		t := d.kind()
		n := d.number()
		if int64(n) > d.left {
			d.fail()
			return nil
		}
		b := d.bytes(n * t.Bytes())
		switch t {
		case Char:
			a.Value = string(b)
		case Byte:
			v := make([]int8, len(b))
			for i, x := range b {
				v[i] = int8(x)
			}
			a.Value = v
		case Int:
			v := make([]int32, len(b)/4)
			for i := range v {
				v[i] = int32(binary.BigEndian.Uint32(b[4*i:]))
			}
			a.Value = v
		case Float:
			v := make([]float32, len(b)/4)
			for i := range v {
				v[i] = math.Float32frombits(binary.BigEndian.Uint32(b[4*i:]))
			}
			a.Value = v
		case Double:
			v := make([]float64, len(b)/8)
			for i := range v {
				v[i] = math.Float64frombits(binary.BigEndian.Uint64(b[8*i:]))
			}
			a.Value = v
		}
		attrs = append(attrs, a)
	}
	return attrs
}
