package dataset

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"losscape/cpu/quote"
)

// ReadNPY reads a set from a NumPy .npy file: an array of two dimensions, a row for each
// sample, with the features and the label as columns, or one of records, whose fields are
// the columns. The name is used in errors, which are *Error without a line.
//
// A class is a number's shortest decimal text, such as "9007199254740993" of
// an int64 and "0.5" of a float64, and true or false of a boolean.
func ReadNPY(r io.Reader, name string, cols Columns) (*Set, error) {
	return takeFrom(name, cols, func(use func(table) error) error { return withNPY(r, name, use) })
}

// withNPY hands the table of an array to use.
func withNPY(r io.Reader, name string, use func(table) error) error {
	t := &arrayTable{name: name}
	a, err := readNPY(r)
	if err != nil {
		return t.foreign(err)
	}
	if a.kind != 'r' {
		if len(a.shape) != 2 {
			return t.foreign(fmt.Errorf("array of %d dimensions, want 2: a row for each sample", len(a.shape)))
		}
		if n, c := a.shape[0], a.shape[1]; n > 0 && c == 1 {
			return t.foreign(fmt.Errorf("array of %d columns, want at least one feature and the label", c))
		}
		t.last = true
	}
	if err := t.add("", a, nil); err != nil {
		return t.foreign(err)
	}
	if t.last {
		t.h.names = nil
	}
	return t.with(use)
}

// ReadNPZ reads a set from an .npz file of NumPy, a zip archive of arrays by their names:
// see Columns. An archive of one array is read as that would be.
func ReadNPZ(src io.ReaderAt, size int64, name string, cols Columns) (*Set, error) {
	return takeFrom(name, cols, func(use func(table) error) error { return withNPZ(src, size, name, use) })
}

// withNPZ hands the table of an archive's arrays to use.
func withNPZ(src io.ReaderAt, size int64, name string, use func(table) error) error {
	t := &arrayTable{name: name}
	z, err := zip.NewReader(src, size)
	if err != nil {
		return t.foreign(fmt.Errorf("not an NPZ file, want one that numpy.savez wrote: %w", err))
	}
	if len(z.File) == 0 {
		return t.foreign(errors.New("no arrays in it"))
	}
	if len(z.File) > maxArrays {
		return t.foreign(fmt.Errorf("%d arrays, want at most %d", len(z.File), maxArrays))
	}
	if len(z.File) == 1 {
		f, err := z.File[0].Open()
		if err != nil {
			return t.foreign(err)
		}
		defer f.Close()
		return withNPY(f, name, use)
	}
	t.h.groups = map[string][]int{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return t.foreign(err)
		}
		a, err := readNPYHeader(r)
		r.Close()
		title := strings.TrimSuffix(f.Name, ".npy")
		if err != nil {
			t.unread(title, err)
			continue
		}
		open := func() (io.ReadCloser, error) {
			r, err := f.Open()
			// Deflate packs 1032 bytes into one at most. The archive may say anything.
			return sized{r, int(min(f.UncompressedSize64, 1032*min(f.CompressedSize64, uint64(size))))}, err
		}
		if err := t.add(title, a, open); err != nil {
			t.unread(title, err)
		}
	}
	return t.with(use)
}

// sized is a reader of which is known how many bytes it has at most.
type sized struct {
	io.ReadCloser
	n int
}

func (s sized) Len() int { return s.n }

// How many arrays a file may hold, and how many bytes those that are read may have together: the features of MaxValues
// float64, and as many again for a label and weights of any type.
const (
	maxArrays  = 1 << 12
	maxArchive = 2 * maxBytes
)

// arrayColumn is a column in an array.
type arrayColumn struct {
	array    *npyArray
	from     string // the array's name, "" of the only one
	open     func() (io.ReadCloser, error)
	bad      error // why it cannot be read
	at, step int   // bytes to the first value, and from one to the next
	npyType
}

// arrayTable is the columns of arrays.
type arrayTable struct {
	name    string
	h       heads
	columns []arrayColumn
	last    bool // the label is the last column
	n, row  int
	most    int // rows of most columns
	scratch []byte
}

// column appends a column.
func (t *arrayTable) column(name string, c arrayColumn) {
	t.h.names = append(t.h.names, name)
	t.h.n++
	t.columns = append(t.columns, c)
}

// unread appends the column of an array that is not read, which is an error only for who
// wants it.
func (t *arrayTable) unread(name string, err error) {
	t.column(name, arrayColumn{from: name, bad: err})
}

// add appends the columns of an array, with how to read it unless that has been done.
func (t *arrayTable) add(name string, a *npyArray, open func() (io.ReadCloser, error)) error {
	c := arrayColumn{array: a, from: name, open: open, npyType: a.npyType}
	prefix := ""
	if name != "" {
		prefix = name + "."
	}
	if n := len(a.shape); n == 0 || n > 2 || n == 2 && a.kind == 'r' {
		return fmt.Errorf("array of %d dimensions, want a row for each sample and no more than 2", len(a.shape))
	}
	first := t.h.n
	switch n := a.shape[0]; {
	case a.kind == 'r' && first+len(a.fields) > maxFields, len(a.shape) == 2 && first+a.shape[1] > maxFields:
		return fmt.Errorf("more than %d columns, with those of the arrays before it", maxFields)
	case a.kind == 'r':
		for _, f := range a.fields {
			c.npyType, c.at, c.step = f.npyType, f.at, a.size
			c.bad = f.refused()
			t.column(prefix+f.name, c)
		}
	case len(a.shape) == 1:
		c.step = a.size
		t.column(name, c)
		return nil
	default:
		for j := range a.shape[1] {
			c.at, c.step = j*a.size, a.shape[1]*a.size
			if a.fortran {
				c.at, c.step = j*n*a.size, a.size
			}
			t.column(fmt.Sprintf("%s[%d]", name, j), c)
		}
	}
	if t.h.groups != nil && t.h.n > first {
		for j := first; j < t.h.n; j++ {
			t.h.groups[name] = append(t.h.groups[name], j)
		}
	}
	return nil
}

// with hands the table of the columns to use.
func (t *arrayTable) with(use func(table) error) error {
	if len(t.columns) == 0 || len(t.columns[0].shape()) > 0 && t.last && t.columns[0].shape()[0] == 0 {
		return t.foreign(tooFew(0))
	}
	t.most = t.mostRows()
	return use(t)
}

func (c *arrayColumn) shape() []int {
	if c.array == nil {
		return nil
	}
	return c.array.shape
}

// foreign is an error in the file's contents.
func (t *arrayTable) foreign(err error) error {
	if e := (*Error)(nil); errors.As(err, &e) {
		return err
	}
	if _, ok := err.(interface{ Timeout() bool }); ok { // of the system
		return fmt.Errorf("%s: %w", t.name, err)
	}
	return &Error{File: t.name, Msg: quote.Cut(strings.Join(strings.Fields(err.Error()), " "), 500)}
}

func (t *arrayTable) heads() *heads     { return &t.h }
func (t *arrayTable) lastIsLabel() bool { return t.last }
func (t *arrayTable) rows() int         { return t.n }

// bad is also of a column that has other rows than most have.
func (t *arrayTable) bad(j int) string {
	c := &t.columns[j]
	if c.bad != nil {
		return quote.Cut(c.bad.Error(), 200)
	}
	if n := c.array.shape[0]; n != t.most {
		return fmt.Sprintf("it has %d rows, most columns have %d", n, t.most)
	}
	return ""
}

// mostRows returns how many rows most columns have.
func (t *arrayTable) mostRows() (rows int) {
	columns := map[int]int{}
	for i := range t.columns {
		if c := &t.columns[i]; c.bad == nil {
			n := c.array.shape[0]
			if columns[n]++; columns[n] > columns[rows] {
				rows = n
			}
		}
	}
	return rows
}

// use reads the arrays of the columns, which have as many rows as the first, the
// label's.
func (t *arrayTable) use(cols, _ []int) error {
	for k, j := range cols {
		c := &t.columns[j]
		if c.bad != nil {
			return t.foreign(fmt.Errorf("%s: %w", t.h.title(j), c.bad))
		}
		if n := c.array.shape[0]; k == 0 {
			t.n = n
		} else if n != t.n {
			return t.foreign(fmt.Errorf("%s has %d rows, the label has %d: exclude it, or list the columns to use as features", t.h.title(j), n, t.n))
		}
	}
	all := 0
	for _, j := range cols {
		c := &t.columns[j]
		if c.array.data != nil || c.open == nil {
			continue
		}
		r, err := c.open()
		if err == nil {
			if _, err = readNPYHeader(r); err == nil {
				err = c.array.readData(r)
			}
			r.Close()
		}
		if all += len(c.array.data); err == nil && all > maxArchive {
			err = fmt.Errorf("more than %d bytes, with the arrays before it: use fewer", maxArchive)
		}
		if err != nil {
			return t.foreign(fmt.Errorf("array %s: %w", quote.Text(c.from), err))
		}
	}
	t.row = -1
	return nil
}

func (t *arrayTable) next() error {
	if t.row++; t.row >= t.n {
		return io.EOF
	}
	return nil
}

// bytes returns those of a value in the current row.
func (t *arrayTable) bytes(c *arrayColumn) []byte {
	at := c.at + t.row*c.step
	return c.array.data[at : at+c.size]
}

func (t *arrayTable) number(j int) (float64, cell) {
	c := &t.columns[j]
	if c.kind == 'S' || c.kind == 'U' {
		return parseCell(t.text(j))
	}
	v := c.float(t.bytes(c))
	if v != v {
		return v, isMissing
	}
	return v, isNumber
}

func (t *arrayTable) text(j int) []byte {
	c := &t.columns[j]
	t.scratch = c.append(t.scratch[:0], t.bytes(c))
	return bytes.TrimSpace(t.scratch)
}

func (t *arrayTable) spell(j int, class string) string {
	return spellNumber(class, t.columns[j].kind)
}

// spellNumber writes a class as a column writes it whose values are of a kind of NumPy's:
// 1.0 is 1 among numbers, and true among booleans.
func spellNumber(class string, kind byte) string {
	switch {
	case class == "" || kind == 'S' || kind == 'U':
		return class
	case kind == 'b' && one.MatchString(class):
		return "true"
	case kind == 'b' && zero.MatchString(class):
		return "false"
	}
	return strings.TrimSuffix(class, ".0")
}

func (t *arrayTable) fault(j int, format string, args ...any) error {
	msg := fmt.Sprintf(format, args...)
	if j < 0 {
		return &Error{File: t.name, Msg: msg}
	}
	return &Error{File: t.name, Msg: fmt.Sprintf("row %d, %s %s", t.row, t.h.title(j), msg)}
}

func (t *arrayTable) headFault(_ int, format string, args ...any) error {
	return &Error{File: t.name, Msg: fmt.Sprintf(format, args...)}
}
