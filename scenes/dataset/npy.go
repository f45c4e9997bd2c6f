package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"losscape/cpu/quote"
)

// npyArray is an array of an NPY file.
type npyArray struct {
	shape   []int
	fortran bool // the first index varies fastest
	npyType
	fields []npyField // of records
	data   []byte     // of all elements
}

// npyField is a field of a record.
type npyField struct {
	name string
	at   int // bytes from the start of the record
	npyType
}

// npyType is the type of an array's elements.
type npyType struct {
	kind  byte // NumPy's: 'b' for booleans, 'i', 'u', 'f', 'S' and 'U' for texts, 'r' for records; see npyKinds for those that are not read
	size  int  // bytes
	order binary.ByteOrder
}

// maxHeader is the longest header in characters that numpy.load takes.
const maxHeader = 10_000

// readNPY reads an array of numbers, texts or records as numpy.load(allow_pickle=False)
// does from a stream: NumPy's lib/format.py, format versions 1.0, 2.0 and 3.0. Of a
// length that is too great it reads no more than there is.
func readNPY(r io.Reader) (*npyArray, error) {
	a, err := readNPYHeader(r)
	if err != nil {
		return nil, err
	}
	return a, a.readData(r)
}

// readNPYHeader reads what an array is.
func readNPYHeader(r io.Reader) (*npyArray, error) {
	start := make([]byte, 12)
	n, err := io.ReadFull(r, start[:10])
	switch {
	case err != nil && err != io.EOF && err != io.ErrUnexpectedEOF:
		return nil, err
	case n < 8 || !bytes.HasPrefix(start, []byte(npyMagic)):
		return nil, fmt.Errorf("not an NPY file, want one that numpy.save wrote")
	}
	major, minor := start[6], start[7]
	if major < 1 || major > 3 || minor != 0 {
		return nil, fmt.Errorf("NPY file of version %d.%d, want 1.0, 2.0 or 3.0", major, minor)
	}
	if n < 10 {
		return nil, errTruncated
	}
	length := uint64(binary.LittleEndian.Uint16(start[8:]))
	if major > 1 {
		if _, err := io.ReadFull(r, start[10:]); err != nil {
			return nil, truncatedBy(err)
		}
		length = uint64(binary.LittleEndian.Uint32(start[8:]))
	}
	if length > utf8.UTFMax*maxHeader {
		return nil, fmt.Errorf("malformed NPY file: a header of %d bytes, want at most %d characters", length, maxHeader)
	}
	head := make([]byte, length)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, truncatedBy(err)
	}
	var text string
	if major < 3 { // Latin-1
		runes := make([]rune, len(head))
		for i, b := range head {
			runes[i] = rune(b)
		}
		text = string(runes)
	} else if text = string(head); !utf8.Valid(head) {
		return nil, fmt.Errorf("malformed NPY file: its header is not UTF-8")
	}
	if n := utf8.RuneCountInString(text); n > maxHeader {
		return nil, fmt.Errorf("malformed NPY file: a header of %d characters, want at most %d", n, maxHeader)
	}
	a, err := npyHeader(text, major < 3)
	if err != nil {
		return nil, err
	}
	for _, n := range a.shape {
		if n < 0 {
			return nil, fmt.Errorf("malformed NPY file: a dimension of %d", n)
		}
	}
	return a, nil
}

var errTruncated = fmt.Errorf("truncated NPY file")

// truncatedBy is the error of a header whose reading ended with err.
func truncatedBy(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errTruncated
	}
	return err
}

// maxBytes is how many bytes an array may have: as many as MaxValues of float64.
const maxBytes = 8 * MaxValues

// readData reads the elements.
func (a *npyArray) readData(r io.Reader) error {
	size := uint64(a.size)
	for _, n := range a.shape {
		if n == 0 {
			size = 0
		}
	}
	for _, n := range a.shape {
		if n > 0 && size > math.MaxInt64/uint64(n) {
			size = math.MaxInt64 // more than there can be
			break
		}
		size *= uint64(n)
	}
	have := 0
	if known, ok := r.(interface{ Len() int }); ok || size <= window {
		if ok {
			have = known.Len()
		} else {
			have = int(size)
		}
	}
	// What is not known to be there is made room for as it comes.
	data := make([]byte, 0, min(size, uint64(max(have, window)), maxBytes))
	for uint64(len(data)) < size {
		if len(data) >= maxBytes {
			return fmt.Errorf("array of %s, more than %d bytes", a.shapeText(), maxBytes)
		}
		if len(data) == cap(data) {
			data = slices.Grow(data, 1+len(data)/4)
		}
		end := int(min(uint64(cap(data)), size))
		n, err := io.ReadFull(r, data[len(data):end])
		data = data[:len(data)+n]
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return fmt.Errorf("truncated NPY file: %d bytes for an array of %s", len(data), a.shapeText())
		}
		if err != nil {
			return err
		}
	}
	a.data = data
	return nil
}

func (a *npyArray) shapeText() string {
	words := make([]string, len(a.shape))
	for i, n := range a.shape {
		words[i] = strconv.Itoa(n)
	}
	return quote.Cut(strings.Join(words, " x "), quote.Chars)
}

// npyHeader reads the dictionary of a header, and nothing but it.
func npyHeader(text string, python2 bool) (*npyArray, error) {
	fail := func(format string, args ...any) (*npyArray, error) {
		return nil, fmt.Errorf("malformed NPY file: its header "+format, args...)
	}
	v, err := pyLiteral(text, python2)
	if err != nil {
		return fail("is no Python literal: %w", err)
	}
	d, ok := v.(pyDict)
	if !ok {
		return fail("%s is no dictionary", quote.Text(text))
	}
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if _, ok := d[key]; !ok {
			return fail("has no %q", key)
		}
	}
	if len(d) > 3 {
		return fail("has more keys than descr, fortran_order and shape")
	}
	a := &npyArray{}
	shape, ok := d["shape"].(pyTuple)
	if !ok {
		return fail("has a shape that is no tuple, such as (4, 2)")
	}
	for _, n := range shape {
		n, ok := n.(int64)
		if !ok || n != int64(int(n)) {
			return fail("has a shape that is not all whole numbers of 64 bits")
		}
		a.shape = append(a.shape, int(n))
	}
	if a.fortran, ok = d["fortran_order"].(bool); !ok {
		return fail("has a fortran_order that is neither True nor False")
	}
	switch descr := d["descr"].(type) {
	case string:
		if a.npyType, ok = npyTypeOf(descr); !ok {
			return fail("has the unknown type %s", quote.Text(descr))
		}
	case pyList:
		var err error
		if a.fields, a.size, err = npyFields(descr, 0); err != nil {
			return fail("%w", err)
		}
		a.kind = 'r'
	case pyDict, pyTuple:
		a.kind = 't'
	default:
		return fail("has a descr that names no type")
	}
	return a, a.refused()
}

// refused returns an error of a type that is not read, nil of others.
func (t *npyType) refused() error {
	what, ok := npyKinds[t.kind]
	if !ok && t.kind == 'f' && t.size > 8 {
		what, ok = fmt.Sprintf("float%d, beyond float64", 8*t.size), true
	}
	if !ok {
		return nil
	}
	return fmt.Errorf("array of %s, want floats, integers, booleans or texts (in Python: a.astype(float))", what)
}

// maxNested is how deep records may lie in records.
const maxNested = 16

// npyFields returns the fields of a record from NumPy's list of them, and their bytes.
// The columns of a field that is an array or a record are called by its name with their
// own behind it: x[0], p.x.
func npyFields(list pyList, depth int) (fields []npyField, size int, err error) {
	if depth > maxNested {
		return nil, 0, fmt.Errorf("has records in records in records")
	}
	for _, item := range list {
		tuple, _ := item.(pyTuple)
		if len(tuple) != 2 && len(tuple) != 3 {
			return nil, 0, fmt.Errorf("has a field that is neither (name, type) nor (name, type, shape)")
		}
		if titled, ok := tuple[0].(pyTuple); ok && len(titled) == 2 {
			tuple[0] = titled[1]
		}
		name, ok := tuple[0].(string)
		if !ok {
			return nil, 0, fmt.Errorf("has a field without a name")
		}
		count := 1
		if len(tuple) == 3 {
			shape, ok := tuple[2].(pyTuple)
			if n, one := tuple[2].(int64); one {
				shape, ok = pyTuple{n}, true
			}
			if !ok {
				return nil, 0, fmt.Errorf("has a field %s of no shape", quote.Text(name))
			}
			for _, n := range shape {
				n, ok := n.(int64)
				if !ok || n < 0 || n > maxFields/int64(max(count, 1)) {
					return nil, 0, fmt.Errorf("has a field %s of more than %d columns, or of no shape", quote.Text(name), maxFields)
				}
				count *= int(n)
			}
		}
		var one []npyField // of each element
		width := 0
		switch descr := tuple[1].(type) {
		case string:
			t, ok := npyTypeOf(descr)
			if !ok || t.kind == 'r' {
				return nil, 0, fmt.Errorf("has the unknown type %s", quote.Text(descr))
			}
			if name != "" || t.kind != 'V' { // else it is padding
				one = []npyField{{"", 0, t}}
			}
			width = t.size
		case pyList:
			var err error
			if one, width, err = npyFields(descr, depth+1); err != nil {
				return nil, 0, err
			}
			for i := range one {
				one[i].name = "." + one[i].name
			}
		default:
			return nil, 0, fmt.Errorf("has a field %s that names no type", quote.Text(name))
		}
		if len(fields)+count*len(one) > maxFields || width > (maxBytes-size)/max(count, 1) {
			return nil, 0, fmt.Errorf("has more than %d fields, or records of more than %d bytes", maxFields, maxBytes)
		}
		if len(one) == 0 {
			size += count * width
			continue
		}
		for k := range count {
			full := name
			if len(tuple) == 3 {
				full = fmt.Sprintf("%s[%d]", full, k)
			}
			for _, f := range one {
				fields = append(fields, npyField{full + f.name, size + f.at, f.npyType})
			}
			size += width
		}
	}
	return fields, size, nil
}

// maxFields is how many columns a text, an array, or the fields of records may have: names and numbers are kept of
// each, and a model has a weight for each.
const maxFields = 1 << 16

// npyKinds are the kinds of elements that are not read.
var npyKinds = map[byte]string{
	'c': "complex numbers",
	'O': "Python objects",
	'V': "raw bytes (void)",
	'M': "dates",
	'm': "time spans",
	't': "arrays (a subarray type)",
}

// npyNames are the types that numpy.dtype knows by name, and of single
// letters what they stand for where C's long has 64 bits. NumPy 2 has dropped a
// few of the names that older versions wrote and read.
var npyNames = map[string]string{
	"bool": "b1", "bool_": "b1", "bool8": "b1", "?": "b1",
	"int8": "i1", "byte": "i1", "b": "i1", "uint8": "u1", "ubyte": "u1", "B": "u1",
	"int16": "i2", "short": "i2", "h": "i2", "uint16": "u2", "ushort": "u2", "H": "u2",
	"int32": "i4", "intc": "i4", "i": "i4", "uint32": "u4", "uintc": "u4", "I": "u4",
	"int64": "i8", "int": "i8", "int_": "i8", "intp": "i8", "int0": "i8", "long": "i8", "longlong": "i8", "l": "i8", "q": "i8", "p": "i8",
	"uint64": "u8", "uint": "u8", "uintp": "u8", "uint0": "u8", "ulong": "u8", "ulonglong": "u8", "L": "u8", "Q": "u8", "P": "u8",
	"float16": "f2", "half": "f2", "e": "f2", "float32": "f4", "single": "f4", "f": "f4",
	"float64": "f8", "float": "f8", "float_": "f8", "double": "f8", "d": "f8",
	"float128": "f16", "longdouble": "f16", "longfloat": "f16", "g": "f16",
	"complex64": "c8", "csingle": "c8", "singlecomplex": "c8", "F": "c8",
	"complex128": "c16", "complex": "c16", "complex_": "c16", "cdouble": "c16", "cfloat": "c16", "D": "c16",
	"complex256": "c32", "clongdouble": "c32", "clongfloat": "c32", "longcomplex": "c32", "G": "c32",
	"object": "O", "object_": "O", "object0": "O",
	"str": "U", "str_": "U", "str0": "U", "unicode": "U", "unicode_": "U",
	"bytes": "S", "bytes_": "S", "bytes0": "S", "string_": "S", "a": "S", "c": "S",
	"void": "V", "void0": "V", "datetime64": "M", "timedelta64": "m",
}

// npyTypeOf returns the type of that name, as numpy.dtype knows it: a name, or
// the order of bytes and a letter with a size.
func npyTypeOf(descr string) (t npyType, ok bool) {
	t.order = binary.LittleEndian
	descr, _, unit := strings.Cut(descr, "[") // of a time
	code := strings.TrimLeft(descr, "<>=|")
	switch prefix := descr[:len(descr)-len(code)]; {
	case len(prefix) > 1:
		return t, false
	case prefix == ">":
		t.order = binary.BigEndian
	}
	if strings.ContainsAny(code, ",(") { // of records, which numpy.save does not write
		t.kind = 't'
		return t, true
	}
	if full, known := npyNames[code]; known && (code == descr || len(code) == 1) {
		code = full
	}
	if code == "" {
		return t, false
	}
	t.kind = code[0]
	t.size, _ = strconv.Atoi(strings.TrimLeft(code[1:], " "))
	switch sizes := map[byte][]int{'b': {1}, 'i': {1, 2, 4, 8}, 'u': {1, 2, 4, 8}, 'f': {2, 4, 8, 16}, 'c': {8, 16, 32}}[t.kind]; {
	case unit && t.kind != 'M' && t.kind != 'm':
		return t, false
	case sizes != nil:
		return t, slices.Contains(sizes, t.size)
	case t.kind == 'a':
		t.kind = 'S'
	}
	if t.kind == 'U' {
		if t.size > maxBytes/4 {
			return t, false
		}
		t.size *= 4
	}
	_, known := npyKinds[t.kind]
	return t, known || t.kind == 'S' || t.kind == 'U'
}

// bits returns the bytes of a number.
func (t *npyType) bits(b []byte) uint64 {
	switch t.size {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(t.order.Uint16(b))
	case 4:
		return uint64(t.order.Uint32(b))
	}
	return t.order.Uint64(b)
}

// float returns the number that bytes stand for, rounded to float64.
func (t *npyType) float(b []byte) float64 {
	v := t.bits(b)
	switch t.kind {
	case 'f':
		switch t.size {
		case 2:
			return half(uint16(v))
		case 4:
			return float64(math.Float32frombits(uint32(v)))
		}
		return math.Float64frombits(v)
	case 'i':
		return float64(t.int(v))
	case 'b':
		v = min(v, 1)
	}
	return float64(v)
}

// int returns what the bits of a signed integer stand for.
func (t *npyType) int(bits uint64) int64 {
	shift := 64 - 8*t.size
	return int64(bits<<shift) >> shift
}

// append appends the text of the value that bytes stand for: of a number the shortest
// decimal one.
func (t *npyType) append(text, b []byte) []byte {
	switch t.kind {
	case 'i':
		return strconv.AppendInt(text, t.int(t.bits(b)), 10)
	case 'u':
		return strconv.AppendUint(text, t.bits(b), 10)
	case 'b':
		return strconv.AppendBool(text, b[0] != 0)
	case 'S':
		return append(text, bytes.TrimRight(b[:t.size], "\x00")...)
	case 'U':
		start := len(text)
		end := start
		for ; len(b) >= 4; b = b[4:] {
			r := t.order.Uint32(b)
			text = utf8.AppendRune(text, rune(min(r, utf8.MaxRune+1)))
			if r != 0 {
				end = len(text)
			}
		}
		return text[:end]
	}
	return appendFloat(text, t.float(b), 8*t.size)
}

// appendFloat appends the shortest text of a number of so many bits.
func appendFloat(text []byte, v float64, bits int) []byte {
	if bits < 32 {
		bits = 64
	}
	return strconv.AppendFloat(text, v+0, 'g', -1, bits) // -0 is 0
}

// half returns the number of IEEE 754's binary16 with these bits.
func half(bits uint16) float64 {
	exp, frac := int(bits>>10&0x1f), float64(bits&0x3ff)
	var v float64
	switch {
	case exp == 0:
		v = math.Ldexp(frac, -24)
	case exp < 31:
		v = math.Ldexp(1024+frac, exp-25)
	case frac == 0:
		v = math.Inf(1)
	default:
		return math.NaN()
	}
	if bits>>15 == 1 {
		return -v
	}
	return v
}
