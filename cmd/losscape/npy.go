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

// leastNormal is the least number that float32 has with all of its digits.
const leastNormal = 0x1p-126

// The bits of float32's sign, of leastNormal and of infinity.
const (
	signBit         = 1 << 31
	leastNormalBits = 0x00800000
	infinityBits    = 0x7f800000
)

// npyWriter writes a float32 array of two or three dimensions in NumPy's format, row by
// row, and counts the values that float32 does not hold.
type npyWriter struct {
	w     *bufio.Writer
	shape []int
	row   []byte

	positive bool // all values are above 0, whatever the computation has made of them
	masked   int  // not finite in float32
	small    int  // not 0, and below leastNormal in size
}

// newNPYWriter writes the header of an array in C order. A row is what its first index
// stands for.
func newNPYWriter(w io.Writer, shape []int) (*npyWriter, error) {
	n := &npyWriter{w: bufio.NewWriterSize(w, 1<<20), shape: shape}
	n.row = make([]byte, 4*n.size()/shape[0])
	_, err := n.w.WriteString(npfmt.Header("<f4", shape...))
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

// writeRow appends a row.
func (n *npyWriter) writeRow(row backend.Row) error {
	if have := len(row.Single) + len(row.Double); 4*have != len(n.row) {
		return fmt.Errorf("a row of %d values, want %d", have, len(n.row)/4)
	}
	putRow(n, row.Single)
	putRow(n, row.Double)
	_, err := n.w.Write(n.row)
	return err
}

// putRow encodes a row's values.
func putRow[T float32 | float64](n *npyWriter, values []T) {
	for i, v := range values {
		bits := math.Float32bits(float32(v))
		if size := bits &^ signBit; size <= leastNormalBits || size >= infinityBits {
			n.count(float64(v))
		}
		binary.LittleEndian.PutUint32(n.row[4*i:], bits)
	}
}

// count counts a value that float32 may not hold.
func (n *npyWriter) count(v float64) {
	switch f := float32(v); {
	case f-f != 0:
		n.masked++
	case math.Abs(v) < leastNormal && (v != 0 || n.positive):
		n.small++
	}
}

func (n *npyWriter) flush() error { return n.w.Flush() }
