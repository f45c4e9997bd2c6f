package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
)

// npyWriter writes a float32 array of two or three dimensions in NumPy's format,
// row by row. npyio, which reads such files for us, writes an array only from one
// slice that holds all of it.
type npyWriter struct {
	w   *bufio.Writer
	row []byte
}

// newNPYWriter writes the header of an array of rows x cols x depth in C order, of
// two dimensions if depth is 1.
func newNPYWriter(w io.Writer, rows, cols, depth int) (*npyWriter, error) {
	// NPY format 1.0: magic, version, the header's length, and the header
	// padded with spaces so that the data starts at a multiple of 64.
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': %s, }", npyShape(rows, cols, depth))
	const before = 10
	header += strings.Repeat(" ", 63-(before+len(header))%64) + "\n"
	n := &npyWriter{w: bufio.NewWriterSize(w, 1<<20), row: make([]byte, 4*cols*depth)}
	n.w.WriteString("\x93NUMPY\x01\x00")
	n.w.Write(binary.LittleEndian.AppendUint16(nil, uint16(len(header))))
	_, err := n.w.WriteString(header)
	return n, err
}

// npyShape writes the shape as NumPy does.
func npyShape(rows, cols, depth int) string {
	if depth == 1 {
		return fmt.Sprintf("(%d, %d)", rows, cols)
	}
	return fmt.Sprintf("(%d, %d, %d)", rows, cols, depth)
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
