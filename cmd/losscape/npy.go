package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
)

// npyWriter writes a two-dimensional float32 array in NumPy's format, row by
// row. npyio, which reads such files for us, writes an array only from one
// slice that holds all of it.
type npyWriter struct {
	w    *bufio.Writer
	cols int
	row  []byte
}

// newNPYWriter writes the header of an array of rows x cols, in C order.
func newNPYWriter(w io.Writer, rows, cols int) (*npyWriter, error) {
	// NPY format 1.0: magic, version, the header's length, and the header
	// padded with spaces so that the data starts at a multiple of 64.
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", rows, cols)
	const before = 10
	header += strings.Repeat(" ", 63-(before+len(header))%64) + "\n"
	n := &npyWriter{w: bufio.NewWriterSize(w, 1<<20), cols: cols, row: make([]byte, 4*cols)}
	n.w.WriteString("\x93NUMPY\x01\x00")
	n.w.Write(binary.LittleEndian.AppendUint16(nil, uint16(len(header))))
	_, err := n.w.WriteString(header)
	return n, err
}

// writeRow appends a row.
func (n *npyWriter) writeRow(values []float32) error {
	if len(values) != n.cols {
		return fmt.Errorf("a row of %d values in an array of %d columns", len(values), n.cols)
	}
	for i, v := range values {
		binary.LittleEndian.PutUint32(n.row[4*i:], math.Float32bits(v))
	}
	_, err := n.w.Write(n.row)
	return err
}

func (n *npyWriter) flush() error { return n.w.Flush() }
