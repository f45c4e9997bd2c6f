package dataset

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"codeberg.org/sbinet/npyio/npy"
	"gonum.org/v1/gonum/mat"
)

// npyReaders maps the element types that are read to their size in bytes and
// their reader.
var npyReaders = map[string]struct {
	size int
	read func(*npy.Reader) ([]float64, error)
}{
	"f8": {8, readAs[float64]},
	"f4": {4, readAs[float32]},
	"i8": {8, readAs[int64]},
	"i4": {4, readAs[int32]},
	"i2": {2, readAs[int16]},
	"i1": {1, readAs[int8]},
	"u8": {8, readAs[uint64]},
	"u4": {4, readAs[uint32]},
	"u2": {2, readAs[uint16]},
	"u1": {1, readAs[uint8]},
}

func readAs[T float64 | float32 | int64 | int32 | int16 | int8 | uint64 | uint32 | uint16 | uint8](r *npy.Reader) ([]float64, error) {
	var v []T
	if err := r.Read(&v); err != nil {
		return nil, err
	}
	if f, ok := any(v).([]float64); ok {
		return f, nil
	}
	f := make([]float64, len(v))
	for i, x := range v {
		f[i] = float64(x)
	}
	return f, nil
}

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
func DecodeNPY(src []byte, name string, cols Columns) (set *Set, err error) {
	fail := func(format string, args ...any) (*Set, error) {
		return nil, &Error{File: name, Msg: fmt.Sprintf(format, args...)}
	}
	m, err := readNPY(src)
	if err != nil {
		return fail("%v", err)
	}
	n, c := m.Dims()
	column := func(text, role string) (int, error) {
		i, err := strconv.Atoi(text)
		if err != nil || i < -c || i >= c {
			return 0, fmt.Errorf("no column %q for the %s, want an index from 0 to %d", text, role, c-1)
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
	seen := classes{positive: cols.Positive}
	for i := range n {
		for j, f := range features {
			v := m.At(i, f)
			if !finite(v) {
				return fail("row %d, column %d holds %v, want a finite number", i, f, v)
			}
			set.X.Set(i, j, v)
		}
		l, err := seen.label(strconv.FormatFloat(m.At(i, label), 'g', -1, 64))
		if err != nil {
			return fail("row %d, column %d %v", i, label, err)
		}
		set.Y[i] = l
	}
	if err := seen.check(); err != nil {
		return fail("column %d: %v", label, err)
	}
	return set, nil
}

// readNPY reads a 2-D array of numbers. The reader below trusts the header's
// lengths and panics on some malformed ones, so they are checked here.
func readNPY(src []byte) (m *mat.Dense, err error) {
	defer func() {
		if r := recover(); r != nil {
			m, err = nil, fmt.Errorf("malformed NPY file")
		}
	}()
	// Magic, version, and the header's length in 2 or 4 bytes.
	if len(src) < 12 || !bytes.HasPrefix(src, npy.Magic[:]) {
		return nil, fmt.Errorf("not an NPY file, want one that numpy.save wrote")
	}
	head := 10 + int(src[8]) + int(src[9])<<8
	if src[6] >= 2 {
		head = 12 + int(src[8]) + int(src[9])<<8 + int(src[10])<<16 + int(src[11])<<24
	}
	if head > len(src) {
		return nil, fmt.Errorf("truncated NPY file")
	}
	r, err := npy.NewReader(bytes.NewReader(src))
	if err != nil {
		return nil, fmt.Errorf("malformed NPY file: %w", err)
	}
	typ, shape := r.Header.Descr.Type, r.Header.Descr.Shape
	kind, ok := npyReaders[strings.TrimLeft(strings.Trim(typ, "'"), "<>|=")]
	if !ok {
		return nil, fmt.Errorf("array of %s, want floats or integers", typ)
	}
	if len(shape) != 2 {
		return nil, fmt.Errorf("array of %d dimensions, want 2: a row for each sample", len(shape))
	}
	data := len(src) - head
	if shape[0] < 0 || shape[1] < 0 || shape[1] > 0 && shape[0] > data/kind.size/shape[1] {
		return nil, fmt.Errorf("truncated NPY file: %d bytes for an array of %d x %d", data, shape[0], shape[1])
	}
	if shape[0] == 0 || shape[1] == 0 {
		return nil, tooFew(0)
	}
	v, err := kind.read(r)
	if err != nil {
		return nil, fmt.Errorf("malformed NPY file: %w", err)
	}
	rows, columns := shape[0], shape[1]
	if r.Header.Descr.Fortran {
		return mat.DenseCopyOf(mat.NewDense(columns, rows, v).T()), nil
	}
	return mat.NewDense(rows, columns, v), nil
}
