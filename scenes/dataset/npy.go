package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"losscape/cpu/quote"

	"gonum.org/v1/gonum/mat"
)

// LoadNPY reads a set from a NumPy .npy file that holds a 2-D array of
// numbers, a row for each sample, with the features and the label as columns.
// An error in the file's contents is an *Error without a line.
func LoadNPY(path string, cols Columns) (*Set, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return DecodeNPY(src, path, cols)
}

// DecodeNPY is LoadNPY of a file's contents. The name is used in errors.
//
// A class is the number's shortest decimal text, such as "9007199254740993" of
// an int64 and "0.5" of a float64.
func DecodeNPY(src []byte, name string, cols Columns) (set *Set, err error) {
	fail := func(format string, args ...any) (*Set, error) {
		return nil, &Error{File: name, Msg: fmt.Sprintf(format, args...)}
	}
	cols = cols.trimmed()
	m, err := readNPY(src)
	if err != nil {
		return fail("%v", err)
	}
	if len(m.shape) != 2 {
		return fail("array of %d dimensions, want 2: a row for each sample", len(m.shape))
	}
	n, c := m.shape[0], m.shape[1]
	if n == 0 || c == 0 {
		return fail("%v", tooFew(0))
	}
	at := func(i, j int) int {
		if m.fortran {
			return j*n + i
		}
		return i*c + j
	}
	column := func(text, role string) (int, error) {
		i, err := strconv.Atoi(text)
		if err != nil || i < -c || i >= c {
			return 0, fmt.Errorf("no column %s for the %s, want an index from 0 to %d", quote.Text(text), role, c-1)
		}
		return (i + c) % c, nil
	}

	if c < 2 {
		return fail("array of %d columns, want at least one feature and the label", c)
	}
	label := c - 1
	if cols.Label != "" {
		if label, err = column(cols.Label, "label"); err != nil {
			return fail("%v", err)
		}
	}
	var features []int
	if cols.Features == nil {
		for i := range c {
			if i != label {
				features = append(features, i)
			}
		}
	}
	for _, text := range cols.Features {
		i, err := column(text, "features")
		if err != nil {
			return fail("%v", err)
		}
		if i == label {
			return fail("column %d is the label and cannot be a feature too", i)
		}
		if slices.Contains(features, i) {
			return fail("column %d is listed twice as a feature", i)
		}
		features = append(features, i)
	}
	if len(features) == 0 {
		return fail("no feature columns, want at least one")
	}
	if n < 2 {
		return fail("%v", tooFew(n))
	}
	if n > MaxValues/len(features) {
		return fail("more than %d values", MaxValues)
	}

	set = &Set{X: mat.NewDense(n, len(features), nil), Y: make([]float64, n)}
	seen := classes{positive: strings.TrimSuffix(cols.Positive, ".0")} // 1.0 is 1 among numbers
	for i := range n {
		for j, f := range features {
			v := m.float(at(i, f))
			if !finite(v) {
				return fail("row %d, column %d holds %v, want a finite number", i, f, v)
			}
			set.X.Set(i, j, v)
		}
		if math.IsNaN(m.float(at(i, label))) {
			return fail("row %d, column %d holds NaN, want a class", i, label)
		}
		l, err := seen.label(m.text(at(i, label)))
		if err != nil {
			return fail("row %d, column %d %v", i, label, err)
		}
		set.Y[i] = l
	}
	if err := seen.check(); err != nil {
		return fail("column %d: %v", label, err)
	}
	set.Classes = seen.names("")
	return set, nil
}

// npyArray is an array of an NPY file.
type npyArray struct {
	shape   []int
	fortran bool // the first index varies fastest
	npyType
	data []byte // of all elements
}

// npyType is the type of an array's elements.
type npyType struct {
	kind  byte // NumPy's: 'b' for booleans, 'i', 'u', 'f'; see npyKinds for those that are not read
	size  int  // bytes
	order binary.ByteOrder
}

// maxHeader is the longest header in characters that numpy.load takes.
const maxHeader = 10_000

// readNPY reads an array of numbers as numpy.load(allow_pickle=False) does
// from a stream: NumPy's lib/format.py, format versions 1.0, 2.0 and 3.0.
func readNPY(src []byte) (*npyArray, error) {
	magic := []byte("\x93NUMPY")
	if len(src) < 8 || !bytes.HasPrefix(src, magic) {
		return nil, fmt.Errorf("not an NPY file, want one that numpy.save wrote")
	}
	major, minor := src[6], src[7]
	if major < 1 || major > 3 || minor != 0 {
		return nil, fmt.Errorf("NPY file of version %d.%d, want 1.0, 2.0 or 3.0", major, minor)
	}
	start, length := 10, uint64(0)
	if major > 1 {
		start = 12
	}
	if len(src) < start {
		return nil, fmt.Errorf("truncated NPY file")
	}
	if length = uint64(binary.LittleEndian.Uint16(src[8:])); major > 1 {
		length = uint64(binary.LittleEndian.Uint32(src[8:]))
	}
	if length > uint64(len(src)-start) {
		return nil, fmt.Errorf("truncated NPY file")
	}
	head, data := src[start:start+int(length)], src[start+int(length):]
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
	count := uint64(1)
	for _, n := range a.shape {
		if n < 0 {
			return nil, fmt.Errorf("malformed NPY file: a dimension of %d", n)
		}
		if n > 0 && count > uint64(len(data))/uint64(n) && !slices.Contains(a.shape, 0) {
			return nil, a.truncated(len(data))
		}
		count *= uint64(n)
	}
	if count > uint64(len(data)/a.size) {
		return nil, a.truncated(len(data))
	}
	a.data = data[:int(count)*a.size]
	return a, nil
}

func (a *npyArray) truncated(have int) error {
	words := make([]string, len(a.shape))
	for i, n := range a.shape {
		words[i] = strconv.Itoa(n)
	}
	return fmt.Errorf("truncated NPY file: %d bytes for an array of %s", have, quote.Cut(strings.Join(words, " x "), quote.Chars))
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
	case pyList, pyDict:
		a.kind = 'r'
	case pyTuple:
		a.kind = 't'
	default:
		return fail("has a descr that names no type")
	}
	if what, ok := npyKinds[a.kind]; ok || a.size > 8 {
		if !ok {
			what = fmt.Sprintf("float%d, beyond float64", 8*a.size)
		}
		return nil, fmt.Errorf("array of %s, want floats or integers, one for each element", what)
	}
	return a, nil
}

// npyKinds are the kinds of elements that are not read.
var npyKinds = map[byte]string{
	'c': "complex numbers",
	'O': "Python objects",
	'S': "texts (bytes)",
	'U': "texts (str)",
	'V': "raw bytes (void)",
	'M': "dates",
	'm': "time spans",
	'r': "records (a structured array)",
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
	if strings.ContainsAny(code, ",(") {
		t.kind = 'r'
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
	_, known := npyKinds[t.kind]
	return t, known
}

// bits returns the bytes of element i as a number.
func (a *npyArray) bits(i int) uint64 {
	b := a.data[i*a.size:]
	switch a.size {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(a.order.Uint16(b))
	case 4:
		return uint64(a.order.Uint32(b))
	}
	return a.order.Uint64(b)
}

// float returns element i, rounded to float64.
func (a *npyArray) float(i int) float64 {
	v := a.bits(i)
	switch a.kind {
	case 'f':
		switch a.size {
		case 2:
			return half(uint16(v))
		case 4:
			return float64(math.Float32frombits(uint32(v)))
		}
		return math.Float64frombits(v)
	case 'i':
		return float64(a.int(v))
	case 'b':
		v = min(v, 1)
	}
	return float64(v)
}

// int returns what the bits of a signed integer stand for.
func (a *npyArray) int(bits uint64) int64 {
	shift := 64 - 8*a.size
	return int64(bits<<shift) >> shift
}

// text returns the shortest decimal text of element i.
func (a *npyArray) text(i int) string {
	switch v := a.bits(i); a.kind {
	case 'i':
		return strconv.FormatInt(a.int(v), 10)
	case 'u':
		return strconv.FormatUint(v, 10)
	}
	size := 64
	if a.kind == 'f' && a.size == 4 {
		size = 32
	}
	return strconv.FormatFloat(a.float(i)+0, 'g', -1, size) // -0 is 0
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
