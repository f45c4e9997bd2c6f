// Package netcdf writes files of NetCDF's classic model with 64-bit offsets, the format
// that is also called CDF-2 and NETCDF3_64BIT, from front to back: the header first, then
// the values as they come, so that a file need not fit into memory and may go into a pipe.
//
// The format is that of the NetCDF Classic Format Specification (Unidata, "NetCDF
// File Format Specifications"). A file has dimensions, variables over them, and
// attributes of variables and of the file. Numbers are big-endian. One dimension may be the
// record dimension: the variables over it are interleaved, one slab of each for every record,
// behind all other variables.
//
// The Go libraries that write the format, ctessum/cdf and batchatco/go-native-netcdf,
// write into a file at places of their choice, or from values that are all in memory.
package netcdf

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// Type is the type of a variable's values.
type Type int32

// The types, by their numbers in a file.
const (
	Byte   Type = 1 // int8
	Char   Type = 2 // a byte of text
	Int    Type = 4 // int32
	Float  Type = 5 // float32
	Double Type = 6 // float64
)

// Bytes returns how many bytes a value takes.
func (t Type) Bytes() int {
	switch t {
	case Byte, Char:
		return 1
	case Int, Float:
		return 4
	}
	return 8
}

// fill returns the bytes that a value takes which was not written, the defaults of
// netcdf.h; they stand behind a variable up to a multiple of four bytes.
func (t Type) fill() byte {
	if t == Byte {
		return 0x81 // −127
	}
	return 0 // of a char; others need no padding
}

// Dim is a dimension.
type Dim struct {
	Name   string
	Len    int  // at least 1
	Record bool // it is the record dimension, of so many records
}

// Attr is an attribute: a string, or numbers as []int8, []int32, []float32 or []float64.
type Attr struct {
	Name  string
	Value any
}

// Var is a variable.
type Var struct {
	Name  string
	Type  Type
	Dims  []int // indices of File.Dims, the one that varies fastest last; the record dimension can only be the first
	Attrs []Attr
}

// File says what is in a file besides the values.
type File struct {
	Dims  []Dim
	Attrs []Attr
	Vars  []Var
}

// What the format's 32-bit numbers hold.
const (
	maxLen  = math.MaxInt32 - 3  // of a dimension
	maxSize = math.MaxUint32 - 3 // of a variable in bytes, or of its slab in a record
)

// The tags of lists in a header.
const (
	tagDims  = 0x0a
	tagVars  = 0x0b
	tagAttrs = 0x0c
)

// ValidName reports whether a dimension, variable or attribute can have a name: it
// begins with a letter, a digit, an underscore or a character beyond ASCII, goes on with
// those or the printable characters of ASCII but the slash, and does not end in a space.
func ValidName(name string) bool {
	for i, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r >= utf8.RuneSelf
		if !letter && (i == 0 || r < ' ' || r > '~' || r == '/') {
			return false
		}
	}
	return name != "" && utf8.ValidString(name) && !strings.HasSuffix(name, " ")
}

// SizeError says that a file is larger than the format allows.
type SizeError struct {
	Name   string // of a variable or a dimension
	Bytes  uint64 // that the variable, or its slab of a record, takes; 0 for a dimension
	Length int    // of the dimension
}

func (e *SizeError) Error() string {
	if e.Bytes == 0 {
		return fmt.Sprintf("%s has %d values, more than the %d that NetCDF's classic format counts", e.Name, e.Length, maxLen)
	}
	return fmt.Sprintf("%s takes %d bytes, more than the %d that NetCDF's classic format has for a variable", e.Name, e.Bytes, uint32(maxSize))
}

// Check returns an error if the file cannot be written. What is too large for the
// format is a *SizeError: a dimension of more than 2³¹−4 values, and a variable, or its slab
// of a record, of more than 2³²−4 bytes. The last variable may be of any size if there is no
// record dimension.
func (f *File) Check() error {
	_, err := f.layout()
	return err
}

// Bytes returns the length of the file, of one that Check returns no error for.
func (f *File) Bytes() uint64 {
	l, err := f.layout()
	if err != nil {
		return 0
	}
	return l.end
}

// part is a variable's place in a file.
type part struct {
	size, pad uint64 // of the variable, or of its slab of a record, and what follows it
	begin     uint64
	record    bool
}

// layout is where everything is.
type layout struct {
	parts   []part // of File.Vars
	records int
	end     uint64
}

func (f *File) layout() (*layout, error) {
	l := &layout{parts: make([]part, len(f.Vars))}
	record := -1
	names := map[string]bool{}
	for i, d := range f.Dims {
		switch {
		case !ValidName(d.Name) || names[d.Name]:
			return nil, fmt.Errorf("a dimension called %q, want a name that the format has, each once", d.Name)
		case d.Len < 1:
			return nil, fmt.Errorf("the dimension %s has %d values, want at least 1", d.Name, d.Len)
		case d.Len > maxLen:
			return nil, &SizeError{Name: d.Name, Length: d.Len}
		case d.Record && record >= 0:
			return nil, fmt.Errorf("%s and %s are record dimensions, want one at most", f.Dims[record].Name, d.Name)
		}
		names[d.Name] = true
		if d.Record {
			record, l.records = i, d.Len
		}
	}
	if err := checkAttrs(f.Attrs); err != nil {
		return nil, err
	}
	clear(names)
	slabs := 0
	for i, v := range f.Vars {
		if !ValidName(v.Name) || names[v.Name] {
			return nil, fmt.Errorf("a variable called %q, want a name that the format has, each once", v.Name)
		}
		names[v.Name] = true
		if err := checkAttrs(v.Attrs); err != nil {
			return nil, fmt.Errorf("%s: %w", v.Name, err)
		}
		p := &l.parts[i]
		p.size = uint64(v.Type.Bytes())
		for k, d := range v.Dims {
			switch {
			case d < 0 || d >= len(f.Dims) || d == record && k > 0:
				return nil, fmt.Errorf("%s has dimension %d at place %d of its shape", v.Name, d, k)
			case d == record:
				p.record = true
				slabs++
			case p.size > math.MaxInt64/uint64(f.Dims[d].Len):
				return nil, &SizeError{Name: v.Name, Bytes: math.MaxUint64}
			default:
				p.size *= uint64(f.Dims[d].Len)
			}
		}
		if p.size > maxSize && (record >= 0 || i < len(f.Vars)-1) {
			return nil, &SizeError{Name: v.Name, Bytes: p.size}
		}
		p.pad = -p.size % 4
	}
	if slabs == 1 { // by the specification its records follow one another without padding
		for i := range l.parts {
			if l.parts[i].record {
				l.parts[i].pad = 0
			}
		}
	}
	at := uint64(len(f.header(l)))
	for _, records := range []bool{false, true} {
		for i := range l.parts {
			if p := &l.parts[i]; p.record == records {
				p.begin = at
				at += p.size + p.pad
			}
		}
		if records && slabs > 0 {
			for _, p := range l.parts {
				if p.record {
					at += uint64(l.records-1) * (p.size + p.pad)
				}
			}
		}
	}
	l.end = at
	return l, nil
}

func checkAttrs(attrs []Attr) error {
	for _, a := range attrs {
		if !ValidName(a.Name) {
			return fmt.Errorf("an attribute called %q, want a name that the format has", a.Name)
		}
		switch v := a.Value.(type) {
		case string:
			if len(v) > maxLen {
				return &SizeError{Name: a.Name, Length: len(v)}
			}
		case []int8, []int32, []float32, []float64:
		default:
			return fmt.Errorf("the attribute %s is a %T", a.Name, v)
		}
	}
	return nil
}

// header returns the header; its length does not depend on where the variables begin.
func (f *File) header(l *layout) []byte {
	b := []byte("CDF\x02")
	b = number(b, l.records)
	b = list(b, tagDims, len(f.Dims))
	for _, d := range f.Dims {
		b = name(b, d.Name)
		if d.Record {
			b = number(b, 0)
		} else {
			b = number(b, d.Len)
		}
	}
	b = attributes(b, f.Attrs)
	b = list(b, tagVars, len(f.Vars))
	for i, v := range f.Vars {
		b = name(b, v.Name)
		b = number(b, len(v.Dims))
		for _, d := range v.Dims {
			b = number(b, d)
		}
		b = attributes(b, v.Attrs)
		b = number(b, int(v.Type))
		p := l.parts[i]
		// A size that 32 bits do not hold is their largest number: readers take the
		// dimensions' word for it.
		b = binary.BigEndian.AppendUint32(b, uint32(min(p.size+-p.size%4, math.MaxUint32)))
		b = binary.BigEndian.AppendUint64(b, p.begin)
	}
	return b
}

func number(b []byte, n int) []byte { return binary.BigEndian.AppendUint32(b, uint32(n)) }

// list begins a list of n; an empty one has no tag.
func list(b []byte, tag, n int) []byte {
	if n == 0 {
		tag = 0
	}
	return number(number(b, tag), n)
}

func name(b []byte, s string) []byte { return pad(append(number(b, len(s)), s...)) }

// pad fills a header up to a multiple of four bytes.
func pad(b []byte) []byte { return append(b, "\x00\x00\x00"[:-len(b)&3]...) }

func attributes(b []byte, attrs []Attr) []byte {
	b = list(b, tagAttrs, len(attrs))
	for _, a := range attrs {
		b = name(b, a.Name)
		switch v := a.Value.(type) {
		case string:
			b = append(number(number(b, int(Char)), len(v)), v...)
		case []int8:
			b = number(number(b, int(Byte)), len(v))
			for _, x := range v {
				b = append(b, byte(x))
			}
		case []int32:
			b = number(number(b, int(Int)), len(v))
			for _, x := range v {
				b = binary.BigEndian.AppendUint32(b, uint32(x))
			}
		case []float32:
			b = number(number(b, int(Float)), len(v))
			for _, x := range v {
				b = binary.BigEndian.AppendUint32(b, math.Float32bits(x))
			}
		case []float64:
			b = number(number(b, int(Double)), len(v))
			for _, x := range v {
				b = binary.BigEndian.AppendUint64(b, math.Float64bits(x))
			}
		}
		b = pad(b)
	}
	return b
}

// Writer writes the values of a file: first those of the variables that are not over the
// record dimension, in their order, then record by record those of the others.
type Writer struct {
	f       *File
	w       *bufio.Writer
	l       *layout
	at      int    // the variable that is written, or len(f.Vars)
	record  int    // that is written, from −1 for the variables that have none
	left    uint64 // bytes of the variable, or of its slab
	written bool   // all of them are
}

// NewWriter writes the header of a file.
func NewWriter(w io.Writer, f *File) (*Writer, error) {
	l, err := f.layout()
	if err != nil {
		return nil, err
	}
	v := &Writer{f: f, w: bufio.NewWriterSize(w, 1<<16), l: l, at: -1, record: -1}
	if _, err := v.w.Write(f.header(l)); err != nil {
		return nil, err
	}
	v.next()
	return v, nil
}

// next goes on to the next variable, or slab.
func (w *Writer) next() {
	for {
		w.at++
		if w.at == len(w.l.parts) {
			w.at = -1
			w.record++
			if w.record == w.l.records {
				w.written = true
				return
			}
			continue
		}
		if p := w.l.parts[w.at]; p.record == (w.record >= 0) {
			w.left = p.size
			return
		}
	}
}

// Write writes the next values, big-endian. They may be those of several variables, or of
// a part of one.
func (w *Writer) Write(b []byte) (n int, err error) {
	for len(b) > 0 {
		if w.written {
			return n, fmt.Errorf("%d bytes more than the variables have", len(b))
		}
		some := b[:min(uint64(len(b)), w.left)]
		m, err := w.w.Write(some)
		n += m
		if err != nil {
			return n, err
		}
		b = b[m:]
		if w.left -= uint64(m); w.left == 0 {
			for range w.l.parts[w.at].pad {
				if err := w.w.WriteByte(w.f.Vars[w.at].Type.fill()); err != nil {
					return n, err
				}
			}
			w.next()
		}
	}
	return n, nil
}

// Close ends the file, not the writer beneath it. It fails if values are missing.
func (w *Writer) Close() error {
	if !w.written {
		return fmt.Errorf("%s lacks %d bytes", w.f.Vars[w.at].Name, w.left)
	}
	return w.w.Flush()
}
