// Package vti writes VTK's XML files of image data: values at the points of a rectangle
// that are evenly spaced. ParaView, VTK and PyVista read them. A file is written from
// front to back, with the values of the points last, so that it need not fit into memory and
// may go into a pipe.
//
// The format is that of VTK's documentation, "VTK XML formats", version 1.0: the numbers
// are little-endian and follow the XML as they are, each array behind its length in 64
// bits.
package vti

import (
	"bufio"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Image says what is in a file besides the values of its points.
type Image struct {
	Title  string // a comment at the beginning; may be empty
	N      [2]int // of points along x and y, each at least 1
	Origin [2]float64
	Step   [2]float64 // above 0
	Fields []Field    // of the file as a whole

	// Points says what the values of the points are. Name is what VTK calls them; with
	// Components of 1 they are its scalars, with 3 its vectors.
	Points     string
	Components int
	Double     bool // float64, else float32
}

// Field is an array that belongs to the file as a whole: []float64 or []string.
type Field struct {
	Name  string
	Value any
}

// Size returns how many bytes the values of the points take.
func (m *Image) Size() uint64 {
	return uint64(m.N[0]) * uint64(m.N[1]) * uint64(m.Components) * uint64(m.bytes())
}

func (m *Image) bytes() int {
	if m.Double {
		return 8
	}
	return 4
}

// Bytes returns the length of the file.
func (m *Image) Bytes() (uint64, error) {
	head, err := m.head()
	return uint64(len(head)) + m.Size() + uint64(len(tail)), err
}

const tail = "\n  </AppendedData>\n</VTKFile>\n"

// head returns all that is before the values of the points.
func (m *Image) head() ([]byte, error) {
	var x strings.Builder
	var data []byte
	text := func(s string) string {
		var b strings.Builder
		xml.EscapeText(&b, []byte(s)) // into memory: there is no error
		return b.String()
	}
	float := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	x.WriteString("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n")
	if m.Title != "" {
		x.WriteString("<!-- " + comment(m.Title) + " -->\n")
	}
	x.WriteString("<VTKFile type=\"ImageData\" version=\"1.0\" byte_order=\"LittleEndian\" header_type=\"UInt64\">\n")
	extent := fmt.Sprintf("0 %d 0 %d 0 0", m.N[0]-1, m.N[1]-1)
	fmt.Fprintf(&x, "  <ImageData WholeExtent=\"%s\" Origin=\"%s %s 0\" Spacing=\"%s %s 1\">\n", extent,
		float(m.Origin[0]), float(m.Origin[1]), float(m.Step[0]), float(m.Step[1]))
	x.WriteString("    <FieldData>\n")
	for _, f := range m.Fields {
		switch v := f.Value.(type) {
		case []float64:
			fmt.Fprintf(&x, "      <DataArray type=\"Float64\" Name=\"%s\" NumberOfTuples=\"%d\" format=\"appended\" offset=\"%d\"/>\n", text(f.Name), len(v), len(data))
			data = binary.LittleEndian.AppendUint64(data, 8*uint64(len(v)))
			for _, n := range v {
				data = binary.LittleEndian.AppendUint64(data, math.Float64bits(n))
			}
		case []string:
			// A string is the numbers of its bytes, and a 0.
			fmt.Fprintf(&x, "      <DataArray type=\"String\" Name=\"%s\" NumberOfTuples=\"%d\" format=\"ascii\">\n", text(f.Name), len(v))
			var line []byte
			for _, s := range v {
				for _, c := range []byte(s + "\x00") {
					if line = append(strconv.AppendUint(line, uint64(c), 10), ' '); len(line) > 100 {
						x.Write(append(line, '\n'))
						line = line[:0]
					}
				}
			}
			x.Write(append(line, '\n'))
			x.WriteString("      </DataArray>\n")
		default:
			return nil, fmt.Errorf("the field %s is a %T", f.Name, v)
		}
	}
	kind, role := "Float32", "Scalars"
	if m.Double {
		kind = "Float64"
	}
	if m.Components == 3 {
		role = "Vectors"
	}
	fmt.Fprintf(&x, "    </FieldData>\n    <Piece Extent=\"%s\">\n      <PointData %s=\"%s\">\n", extent, role, text(m.Points))
	fmt.Fprintf(&x, "        <DataArray type=\"%s\" Name=\"%s\" NumberOfComponents=\"%d\" format=\"appended\" offset=\"%d\"/>\n", kind, text(m.Points), m.Components, len(data))
	x.WriteString("      </PointData>\n      <CellData/>\n    </Piece>\n  </ImageData>\n  <AppendedData encoding=\"raw\">\n    _")
	data = binary.LittleEndian.AppendUint64(data, m.Size())
	return append([]byte(x.String()), data...), nil
}

// comment returns text as it can be in a comment: without control characters, and without
// the two hyphens that end one.
func comment(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0xfffe && r < 0x10000 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	// Twice, as of three hyphens the first replacement leaves two.
	return strings.ReplaceAll(strings.ReplaceAll(s, "--", "- -"), "--", "- -")
}

// Writer writes the values of the points.
type Writer struct {
	m    *Image
	w    *bufio.Writer
	left uint64
}

// NewWriter writes all of a file that is before the values of the points.
func NewWriter(w io.Writer, m *Image) (*Writer, error) {
	for i, n := range m.N {
		if n < 1 || !(m.Step[i] > 0) || m.Origin[i]-m.Origin[i] != 0 {
			return nil, fmt.Errorf("%d points from %v by %v, want some, from a finite number by a step above 0", n, m.Origin[i], m.Step[i])
		}
	}
	head, err := m.head()
	if err != nil {
		return nil, err
	}
	v := &Writer{m: m, w: bufio.NewWriterSize(w, 1<<16), left: m.Size()}
	_, err = v.w.Write(head)
	return v, err
}

// Write writes the next values, little-endian: x varies fastest, and the components of a
// point are together.
func (w *Writer) Write(b []byte) (int, error) {
	if uint64(len(b)) > w.left {
		return 0, fmt.Errorf("%d bytes more than the points have", uint64(len(b))-w.left)
	}
	n, err := w.w.Write(b)
	w.left -= uint64(n)
	return n, err
}

// Close ends the file, not the writer beneath it. It fails if values are missing.
func (w *Writer) Close() error {
	if w.left > 0 {
		return fmt.Errorf("%s lacks %d bytes", w.m.Points, w.left)
	}
	if _, err := w.w.WriteString(tail); err != nil {
		return err
	}
	return w.w.Flush()
}
