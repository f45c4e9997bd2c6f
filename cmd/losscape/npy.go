package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/npfmt"
)

// The bits of float32's sign, of its least normal number and of infinity.
const (
	signBit         = 1 << 31
	leastNormalBits = 0x00800000
	infinityBits    = 0x7f800000
)

// npyKind is the kind of an array's values.
type npyKind struct {
	name, descr string // Go's, and NumPy's
	bytes       int
	least, most float64 // normal numbers
}

var npyKinds = map[backend.Precision]npyKind{
	backend.Single: {"float32", "<f4", 4, 0x1p-126, math.MaxFloat32},
	backend.Double: {"float64", "<f8", 8, 0x1p-1022, math.MaxFloat64},
}

// npyWriter writes an array of two or three dimensions in NumPy's format, row by row, and
// counts the values that its numbers do not hold.
type npyWriter struct {
	npyKind
	w     *bufio.Writer
	shape []int
	row   []byte

	positive bool // all values are above 0, whatever the computation has made of them
	masked   int  // not finite in the file
	small    int  // not 0, and below least in size
}

// newNPYWriter writes the header of an array in C order of a precision's numbers. A row is
// what its first index stands for.
func newNPYWriter(w io.Writer, precision backend.Precision, shape []int) (*npyWriter, error) {
	n := &npyWriter{npyKind: npyKinds[precision], w: bufio.NewWriterSize(w, 1<<20), shape: shape}
	n.row = make([]byte, n.npyKind.bytes*n.size()/shape[0])
	_, err := n.w.WriteString(npfmt.Header(n.descr, shape...))
	return n, err
}

// npyShape is the shape of an array of rows x cols x depth, of two dimensions if depth
// is 1.
func npyShape(rows, cols, depth int) []int {
	if depth == 1 {
		return []int{rows, cols}
	}
	return []int{rows, cols, depth}
}

// size is how many values the array has.
func (n *npyWriter) size() int {
	size := 1
	for _, k := range n.shape {
		size *= k
	}
	return size
}

// bytes is how many bytes the values of the array take.
func (n *npyWriter) bytes() uint64 { return uint64(n.npyKind.bytes) * uint64(n.size()) }

// writeRow appends a row.
func (n *npyWriter) writeRow(row backend.Row) error {
	if have, want := len(row.Single)+len(row.Double), len(n.row)/n.npyKind.bytes; have != want {
		return fmt.Errorf("a row of %d values, want %d", have, want)
	}
	putRow(n, row.Single)
	putRow(n, row.Double)
	_, err := n.w.Write(n.row)
	return err
}

// putRow encodes a row's values.
func putRow[T float32 | float64](n *npyWriter, values []T) {
	if n.npyKind.bytes == 8 {
		for i, v := range values {
			n.count(float64(v), float64(v))
			binary.LittleEndian.PutUint64(n.row[8*i:], math.Float64bits(float64(v)))
		}
		return
	}
	for i, v := range values {
		f := float32(v)
		bits := math.Float32bits(f)
		if size := bits &^ signBit; size <= leastNormalBits || size >= infinityBits {
			n.count(float64(v), float64(f))
		}
		binary.LittleEndian.PutUint32(n.row[4*i:], bits)
	}
}

// count counts a value that the file's numbers, which have it as f, may not hold.
func (n *npyWriter) count(v, f float64) {
	switch {
	case f-f != 0:
		n.masked++
	case math.Abs(v) < n.least && (v != 0 || n.positive):
		n.small++
	}
}

func (n *npyWriter) flush() error { return n.w.Flush() }
