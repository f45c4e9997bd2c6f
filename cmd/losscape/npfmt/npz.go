package npfmt

import (
	"archive/zip"
	"context"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Archive is an NPZ file in the making: a ZIP file of stored NPY files, as numpy.savez
// writes it, without dates. It is written from front to back, and no array needs to be
// in memory. (npyio writes only what one slice holds.)
type Archive struct {
	ctx context.Context
	zip *zip.Writer
	buf []byte

	// Progress, if it is not nil, is told how many values have been written since it was
	// last.
	Progress func(values int)
}

// NewArchive begins an archive. Once ctx is cancelled, its methods return ctx's error.
func NewArchive(ctx context.Context, w io.Writer) *Archive {
	return &Archive{ctx: ctx, zip: zip.NewWriter(w)}
}

// Close ends the archive, not the writer beneath it.
func (a *Archive) Close() error { return a.zip.Close() }

// between is how many values are written between two looks at the context.
const between = 1 << 13

// checksum counts bytes and sums them up.
type checksum struct {
	crc hash.Hash32
	n   uint64
}

func (c *checksum) Write(p []byte) (int, error) {
	c.n += uint64(len(p))
	return c.crc.Write(p)
}

// Array adds an array in C order, value by value: value appends the i-th to b. It is
// called twice for each.
func (a *Archive) Array(name, descr string, shape []int, value func(i int, b []byte) []byte) error {
	n := 1
	for _, s := range shape {
		n *= s
	}
	// write writes the whole of it.
	write := func(w io.Writer, progress func(values int)) error {
		if _, err := io.WriteString(w, Header(descr, shape...)); err != nil {
			return err
		}
		for from := 0; from < n; from += between {
			if err := a.ctx.Err(); err != nil {
				return err
			}
			to := min(from+between, n)
			a.buf = a.buf[:0]
			for i := from; i < to; i++ {
				a.buf = value(i, a.buf)
			}
			if _, err := w.Write(a.buf); err != nil {
				return err
			}
			if progress != nil {
				progress(to - from)
			}
		}
		return a.ctx.Err()
	}
	// Readers that go from one local header to the next, as Java's ZipInputStream
	// does, need size and checksum there, as numpy.savez has them.
	sum := &checksum{crc: crc32.NewIEEE()}
	if err := write(sum, nil); err != nil {
		return err
	}
	h := header(name)
	h.CRC32, h.CompressedSize64, h.UncompressedSize64 = sum.crc.Sum32(), sum.n, sum.n
	create := a.zip.CreateRaw
	if sum.n >= math.MaxUint32 {
		create = a.zip.CreateHeader // its sizes are behind it, in 64 bits
	}
	w, err := create(h)
	if err != nil {
		return err
	}
	return write(w, a.Progress)
}

// header returns the header of an array's file without its size.
func header(name string) *zip.FileHeader {
	h := &zip.FileHeader{Name: name + ".npy", Method: zip.Store}
	//lint:ignore SA1019 CreateRaw writes this one, not Modified
	h.ModifiedDate = 1<<5 | 1 // 1980-01-01, the first that there is
	if strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) {
		h.Flags |= 1 << 11 // the name is UTF-8, which CreateRaw does not say by itself
	}
	return h
}

// Stream adds an array whose values are written to the writer that it returns, in C
// order and little-endian, before the next array is added. Size and checksum are
// behind them: NumPy and other readers of the archive's directory read them, readers that go from
// one local header to the next do not.
func (a *Archive) Stream(name, descr string, shape ...int) (io.Writer, error) {
	w, err := a.zip.CreateHeader(header(name))
	if err == nil {
		_, err = io.WriteString(w, Header(descr, shape...))
	}
	return w, err
}

// Floats adds an array of float64.
func (a *Archive) Floats(name string, shape []int, value func(i int) float64) error {
	return a.Array(name, "<f8", shape, func(i int, b []byte) []byte {
		return binary.LittleEndian.AppendUint64(b, math.Float64bits(value(i)))
	})
}

// Strings adds an array of strings, which NumPy keeps in UTF-32 padded with zeros.
func (a *Archive) Strings(name string, values []string, shape ...int) error {
	width := 1
	text := make([][]rune, len(values))
	for i, v := range values {
		text[i] = []rune(v)
		width = max(width, len(text[i]))
	}
	return a.Array(name, fmt.Sprintf("<U%d", width), shape, func(i int, b []byte) []byte {
		start := len(b)
		for _, r := range text[i] {
			b = binary.LittleEndian.AppendUint32(b, uint32(r))
		}
		b = slices.Grow(b, 4*width)
		end := b[len(b) : start+4*width]
		clear(end)
		return b[:start+4*width]
	})
}
