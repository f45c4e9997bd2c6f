package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"losscape/cmd/losscape/npfmt"
)

// npyWriter writes a float32 array of two or three dimensions in NumPy's format,
// row by row.
type npyWriter struct {
	w   *bufio.Writer
	row []byte
}

// newNPYWriter writes the header of an array of rows x cols x depth in C order, of
// two dimensions if depth is 1.
func newNPYWriter(w io.Writer, rows, cols, depth int) (*npyWriter, error) {
	n := &npyWriter{w: bufio.NewWriterSize(w, 1<<20), row: make([]byte, 4*cols*depth)}
	_, err := n.w.WriteString(npfmt.Header("<f4", npyShape(rows, cols, depth)...))
	return n, err
}

func npyShape(rows, cols, depth int) []int {
	if depth == 1 {
		return []int{rows, cols}
	}
	return []int{rows, cols, depth}
}

// writeRow appends a row.
func (n *npyWriter) writeRow(values []float32) error {
	if 4*len(values) != len(n.row) {
		return fmt.Errorf("a row of %d values, want %d", len(values), len(n.row)/4)
	}
	for i, v := range values {
		binary.LittleEndian.PutUint32(n.row[4*i:], math.Float32bits(v))
	}
	_, err := n.w.Write(n.row)
	return err
}

func (n *npyWriter) flush() error { return n.w.Flush() }
