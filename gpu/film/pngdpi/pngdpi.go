// Package pngdpi writes the density of a picture into PNG files, which image/png does
// not.
package pngdpi

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"math"
)

// headSize is how many bytes of a PNG come before the density: its signature, and its
// first chunk, IHDR.
const headSize = 8 + 25

// Writer returns a writer of a PNG file that puts the density, in pixels an inch, into
// what is written through it, as a chunk pHYs (https://www.w3.org/TR/png-3/#11pHYs). It
// is w itself if the density is not above 0.
func Writer(w io.Writer, dpi float64) io.Writer {
	if !(dpi > 0) {
		return w
	}
	perMetre := uint32(min(math.Round(dpi/0.0254), math.MaxInt32))
	chunk := binary.BigEndian.AppendUint32(nil, 9)
	chunk = append(chunk, "pHYs"...)
	chunk = binary.BigEndian.AppendUint32(chunk, perMetre)
	chunk = binary.BigEndian.AppendUint32(chunk, perMetre)
	chunk = append(chunk, 1) // the unit is the metre
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	return &writer{w, headSize, chunk}
}

type writer struct {
	io.Writer
	head  int    // bytes to come before the chunk
	chunk []byte // nil once it is written
}

func (w *writer) Write(p []byte) (n int, err error) {
	if w.chunk == nil {
		return w.Writer.Write(p)
	}
	n, err = w.Writer.Write(p[:min(len(p), w.head)])
	if w.head -= n; err != nil || w.head > 0 {
		return n, err
	}
	if _, err := w.Writer.Write(w.chunk); err != nil {
		return n, err
	}
	w.chunk = nil
	if n == len(p) {
		return n, nil
	}
	m, err := w.Writer.Write(p[n:])
	return n + m, err
}
