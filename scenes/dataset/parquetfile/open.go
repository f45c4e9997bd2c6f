// Package parquetfile opens Parquet files whose writers are not trusted: what a file claims is held
// against what is in it before the library makes room for it. The library believes the
// lengths of lists, texts and pages that it reads, gigabytes in a few bytes of file.
//
// A file that Open takes has memory of some hundred bytes for each part of its footer (MaxParts). Columns that
// CheckPages takes have memory, all together, of some times MaxHeld: it unpacks their pages, sums what their
// encodings make of them, texts that share their beginnings and runs of one value included, and
// looks whether as many values are there as a page says. What it does not find, the library would read from behind the page.
package parquetfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const (
	Magic = "PAR1" // at both ends of a file

	// MaxFooter is how many bytes the footer of a file may have. One of a million column chunks has about 150 MB.
	MaxFooter = 1 << 28

	// MaxParts is how many records the lists of a footer, or of the header of a page, may have in all: of columns,
	// row groups, column chunks and what they say of their encodings. The library takes up to
	// some 500 bytes of memory for one of 3 bytes in the file.
	MaxParts = 1 << 21

	// MaxNested is how deep columns may lie in columns. The library goes down to them by recursion, which ends a program
	// that has no stack left.
	MaxNested = 64

	// Bytes that are read ahead: of a column at least and at most, and of all of them.
	minAhead, maxAhead, allAhead = 1 << 12, 1 << 18, 1 << 28
)

// Open opens a file of that size.
func Open(src io.ReaderAt, size int64) (f *parquet.File, err error) {
	defer func() { // the library checks what it reads in most places, but not in all
		if r := recover(); r != nil {
			f, err = nil, fmt.Errorf("malformed Parquet file: %v", r)
		}
	}()
	columns, err := checkFooter(src, size)
	if err != nil {
		return nil, err
	}
	readAhead := max(minAhead, min(maxAhead, allAhead/max(1, columns)))
	return parquet.OpenFile(src, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(readAhead))
}

// checkFooter looks whether the footer that a file says it has fits into it, and is what it claims. It returns how many
// columns there are, those with columns in them included.
func checkFooter(src io.ReaderAt, size int64) (columns int, err error) {
	const ends = int64(len(Magic))
	var head, tail [8]byte
	if size < 2*ends+4 {
		return 0, errors.New("not a Parquet file: it is too short")
	}
	if _, err := src.ReadAt(head[:], 0); err != nil {
		return 0, err
	}
	if _, err := src.ReadAt(tail[:], size-8); err != nil {
		return 0, err
	}
	if string(head[:4]) != Magic {
		return 0, errors.New("not a Parquet file, or an encrypted one")
	}
	if string(tail[4:]) != Magic {
		return 0, errors.New("truncated Parquet file")
	}
	length := int64(binary.LittleEndian.Uint32(tail[:4]))
	if length > size-2*ends-4 {
		return 0, errors.New("malformed Parquet file: a footer longer than the file")
	}
	if length > MaxFooter {
		return 0, fmt.Errorf("a Parquet file with a footer of %d MB, want at most %d", length>>20, MaxFooter>>20)
	}
	footer := make([]byte, length)
	if _, err := src.ReadAt(footer, size-8-length); err != nil {
		return 0, err
	}
	if _, err := measure(footer); err != nil {
		return 0, fmt.Errorf("malformed Parquet file: its footer: %w", err)
	}
	var meta format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), footer, &meta); err != nil {
		return 0, fmt.Errorf("malformed Parquet file: its footer: %w", err)
	}
	if meta.NumRows < 0 {
		return 0, fmt.Errorf("malformed Parquet file: %d rows", meta.NumRows)
	}
	return len(meta.Schema), checkSchema(meta.Schema)
}

// checkSchema looks how deep columns lie in one another. They are listed from the root on, each followed by its
// children.
func checkSchema(elements []format.SchemaElement) error {
	var left []int32 // children that are to come, by depth
	for i, e := range elements {
		for len(left) > 0 && left[len(left)-1] == 0 {
			left = left[:len(left)-1]
		}
		if i > 0 && len(left) == 0 {
			return errors.New("malformed Parquet file: columns that are nobody's")
		}
		if n := len(left); n > 0 {
			left[n-1]--
		}
		switch n := e.NumChildren.V; {
		case n < 0 || int(n) > len(elements):
			return fmt.Errorf("malformed Parquet file: a column of %d columns, of %d in all", n, len(elements))
		case n > 0:
			left = append(left, n)
		}
		if len(left) > MaxNested {
			return fmt.Errorf("a Parquet file with columns in columns, more than %d deep", MaxNested)
		}
	}
	return nil
}

// errCut is measure's error about what goes on behind the bytes that it has been given.
var errCut = errors.New("it is cut off")

// measure returns how many bytes the record at the start of b has, in Thrift's compact protocol, see
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md. All that
// it claims to have is there.
func measure(b []byte) (int, error) {
	w := walker{b: b}
	if err := w.record(0); err != nil {
		return 0, err
	}
	return w.at, nil
}

// Types of Thrift's compact protocol.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftInt16  = 4
	thriftInt64  = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftRecord = 12
	thriftUUID   = 13

	maxRecords = 32 // how deep records lie in records: those of Parquet do up to 8
)

type walker struct {
	b     []byte
	at    int
	parts int
}

func (w *walker) skip(n uint64) error {
	if n > uint64(len(w.b)-w.at) {
		return errCut
	}
	w.at += int(n)
	return nil
}

func (w *walker) byte() (byte, error) {
	if w.at == len(w.b) {
		return 0, errCut
	}
	w.at++
	return w.b[w.at-1], nil
}

func (w *walker) varint() (uint64, error) {
	v, n := binary.Uvarint(w.b[w.at:])
	switch {
	case n < 0:
		return 0, errors.New("a number of more than 64 bits")
	case n == 0:
		return 0, errCut
	}
	w.at += n
	return v, nil
}

// record goes to the end of a record.
func (w *walker) record(depth int) error {
	if depth > maxRecords {
		return errors.New("records in records in records")
	}
	for {
		head, err := w.byte()
		if err != nil || head == 0 {
			return err
		}
		if head>>4 == 0 { // the field's number follows
			if _, err := w.varint(); err != nil {
				return err
			}
		}
		kind := head & 15
		if kind == thriftTrue || kind == thriftFalse {
			continue
		}
		if err := w.value(kind, depth); err != nil {
			return err
		}
	}
}

// value goes to the end of a value.
func (w *walker) value(kind byte, depth int) error {
	switch {
	case kind == thriftTrue, kind == thriftFalse, kind == thriftByte: // in a list, a truth has a byte
		return w.skip(1)
	case kind >= thriftInt16 && kind <= thriftInt64:
		_, err := w.varint()
		return err
	case kind == thriftDouble:
		return w.skip(8)
	case kind == thriftUUID:
		return w.skip(16)
	case kind == thriftBinary:
		n, err := w.varint()
		if err != nil {
			return err
		}
		return w.skip(n)
	case kind == thriftList, kind == thriftSet:
		head, err := w.byte()
		if err != nil {
			return err
		}
		n := uint64(head >> 4)
		if n == 15 {
			if n, err = w.varint(); err != nil {
				return err
			}
		}
		return w.items(n, depth, head&15)
	case kind == thriftMap:
		n, err := w.varint()
		if err != nil || n == 0 {
			return err
		}
		kinds, err := w.byte()
		if err != nil {
			return err
		}
		return w.items(n, depth, kinds>>4, kinds&15)
	case kind == thriftRecord:
		return w.record(depth + 1)
	}
	return fmt.Errorf("a value of the unknown type %d", kind)
}

// items goes to the end of n items, each of values of these kinds.
func (w *walker) items(n uint64, depth int, kinds ...byte) error {
	if depth > maxRecords {
		return errors.New("lists in lists in lists")
	}
	if n > uint64(len(w.b)-w.at) { // an item has a byte at least
		return errCut
	}
	for range n {
		for _, kind := range kinds {
			if kind > thriftDouble {
				if w.parts++; w.parts > MaxParts {
					return fmt.Errorf("lists of more than %d records", MaxParts)
				}
			}
			if err := w.value(kind, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}
