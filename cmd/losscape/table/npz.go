package table

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

	"losscape/cmd/losscape/npfmt"
)

// archive is an NPZ file in the making: a ZIP file of stored NPY files, as
// numpy.savez writes it. (npyio writes only what one slice holds.)
type archive struct {
	ctx      context.Context
	zip      *zip.Writer
	buf      []byte
	progress func(values int) // told of the values that were written
}

func (t *Table) writeNPZ(ctx context.Context, w io.Writer, progress func(done, total int)) error {
	r := t.Result
	cs, n := t.columns(), r.N()
	total := len(cs) * n
	if r.Trajectories != nil {
		total += len(r.Trajectories.W) + len(r.Trajectories.Loss)
	}
	done := 0
	a := &archive{ctx: ctx, zip: zip.NewWriter(w), progress: func(values int) {
		done += values
		progress(done, total)
	}}
	for _, c := range cs {
		var err error
		switch c.kind {
		case real:
			err = a.array(c.name, "<f8", []int{n}, func(i int, b []byte) []byte {
				return binary.LittleEndian.AppendUint64(b, math.Float64bits(c.real(i)))
			})
		case integer:
			err = a.array(c.name, "<i4", []int{n}, func(i int, b []byte) []byte {
				return binary.LittleEndian.AppendUint32(b, uint32(c.whole(i)))
			})
		case long:
			err = a.array(c.name, "<i8", []int{n}, func(i int, b []byte) []byte {
				return binary.LittleEndian.AppendUint64(b, uint64(c.whole(i)))
			})
		case label:
			err = a.array(c.name, "|u1", []int{n}, func(i int, b []byte) []byte { return append(b, byte(c.whole(i))) })
		}
		if err != nil {
			return err
		}
	}
	if tr := r.Trajectories; tr != nil {
		rows := n
		if tr.Runs != nil {
			rows = len(tr.Runs)
		}
		for _, v := range []struct {
			name   string
			shape  []int
			values []float64
		}{
			{"trajectory_w", []int{rows, tr.States, r.Dim}, tr.W},
			{"trajectory_loss", []int{rows, tr.States}, tr.Loss},
		} {
			err := a.array(v.name, "<f8", v.shape, func(i int, b []byte) []byte {
				return binary.LittleEndian.AppendUint64(b, math.Float64bits(v.values[i]))
			})
			if err != nil {
				return err
			}
		}
	}
	a.progress = func(int) {}
	if tr := r.Trajectories; tr != nil {
		err := a.array("trajectory_step", "<i4", []int{tr.States}, func(i int, b []byte) []byte {
			return binary.LittleEndian.AppendUint32(b, uint32(tr.From+i*tr.Every))
		})
		if err != nil {
			return err
		}
		if tr.Runs != nil {
			err := a.array("trajectory_run", "<i8", []int{len(tr.Runs)}, func(i int, b []byte) []byte {
				return binary.LittleEndian.AppendUint64(b, uint64(tr.Runs[i]))
			})
			if err != nil {
				return err
			}
		}
	}
	meta, err := t.Meta.JSON(false)
	if err != nil {
		return err
	}
	over := r.Sweep.Over
	shape := func(i int, b []byte) []byte {
		return binary.LittleEndian.AppendUint64(b, uint64(len(over[i].Values)))
	}
	if err := a.array("shape", "<i8", []int{len(over)}, shape); err != nil {
		return err
	}
	for _, c := range cs {
		if c.kind == label {
			if err := a.strings(c.name+"_names", c.names, []int{len(c.names)}); err != nil {
				return err
			}
		}
	}
	if err := a.strings("metadata", []string{string(meta)}, nil); err != nil {
		return err
	}
	return a.zip.Close()
}

// checksum counts bytes and sums them up.
type checksum struct {
	crc hash.Hash32
	n   uint64
}

func (c *checksum) Write(p []byte) (int, error) {
	c.n += uint64(len(p))
	return c.crc.Write(p)
}

// array adds an array in C order, value by value.
func (a *archive) array(name, descr string, shape []int, value func(i int, b []byte) []byte) error {
	n := 1
	for _, s := range shape {
		n *= s
	}
	// write writes the whole of it.
	write := func(w io.Writer, progress func(values int)) error {
		if _, err := io.WriteString(w, npfmt.Header(descr, shape...)); err != nil {
			return err
		}
		return rows(a.ctx, n, func(from, to int) error {
			a.buf = a.buf[:0]
			for i := from; i < to; i++ {
				a.buf = value(i, a.buf)
			}
			_, err := w.Write(a.buf)
			progress(to - from)
			return err
		})
	}
	// Readers that go from one local header to the next, as Java's ZipInputStream
	// does, need size and checksum there, as numpy.savez has them.
	sum := &checksum{crc: crc32.NewIEEE()}
	if err := write(sum, func(int) {}); err != nil {
		return err
	}
	h := &zip.FileHeader{Name: name + ".npy", Method: zip.Store, CRC32: sum.crc.Sum32(), CompressedSize64: sum.n, UncompressedSize64: sum.n}
	//lint:ignore SA1019 CreateRaw writes this one, not Modified
	h.ModifiedDate = 1<<5 | 1 // 1980-01-01, the first that there is
	if strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) {
		h.Flags |= 1 << 11 // the name is UTF-8, which CreateRaw does not say by itself
	}
	create := a.zip.CreateRaw
	if sum.n >= math.MaxUint32 {
		create = a.zip.CreateHeader // its sizes are behind it, in 64 bits
	}
	w, err := create(h)
	if err != nil {
		return err
	}
	return write(w, a.progress)
}

// strings adds an array of strings, which NumPy keeps in UTF-32 padded with
// zeros.
func (a *archive) strings(name string, values []string, shape []int) error {
	width := 1
	text := make([][]rune, len(values))
	for i, v := range values {
		text[i] = []rune(v)
		width = max(width, len(text[i]))
	}
	return a.array(name, fmt.Sprintf("<U%d", width), shape, func(i int, b []byte) []byte {
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
