package parquetfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/format"
)

// The encodings are those of https://parquet.apache.org/docs/file-format/data-pages/encodings/.

// plainDictionary is what older files call PLAIN in a dictionary, and RLE_DICTIONARY in pages that point to it.
const plainDictionary format.Encoding = 2

// dictionary measures an unpacked page of values that other pages point to.
func (u *unpacker) dictionary(b []byte, h *format.DictionaryPageHeader, l leaf) (int64, error) {
	if h.Encoding != format.Plain && h.Encoding != plainDictionary {
		return 0, fmt.Errorf("a dictionary in the encoding %v, want PLAIN", h.Encoding)
	}
	return u.values(b, int64(h.NumValues), format.Plain, l)
}

// dataV1 measures an unpacked page of data: definition levels behind their length, unless none is null, then values.
func (u *unpacker) dataV1(b []byte, h *format.DataPageHeader, l leaf) (int64, error) {
	n := int64(h.NumValues)
	if l.levels == 0 {
		return u.values(b, n, h.Encoding, l)
	}
	levels, err := prefixed(b)
	if err != nil {
		return 0, fmt.Errorf("levels %w", err)
	}
	full, took, err := u.nulls(levels, n, h.DefinitionLevelEncoding, l)
	if err != nil {
		return 0, err
	}
	more, err := u.values(b[lengthBytes+len(levels):], full, h.Encoding, l)
	return took + more, err
}

// dataV2 measures a page of data: its definition levels, then its unpacked values.
func (u *unpacker) dataV2(levels, b []byte, h *format.DataPageHeaderV2, l leaf) (int64, error) {
	n, nulls := int64(h.NumValues), int64(h.NumNulls)
	full, took := n, int64(0)
	if l.levels > 0 {
		var err error
		if full, took, err = u.nulls(levels, n, format.RLE, l); err != nil {
			return 0, err
		}
	}
	if full != n-nulls {
		return 0, fmt.Errorf("a page of %d values that says %d of them are null, and has %d", n, nulls, n-full)
	}
	more, err := u.values(b, full, h.Encoding, l)
	return took + more, err
}

// nulls reads the definition levels of n values, and returns how many values are no nulls, and how many bytes
// the levels take, decoded.
func (u *unpacker) nulls(b []byte, n int64, encoding format.Encoding, l leaf) (full, took int64, err error) {
	if encoding != format.RLE {
		return 0, 0, fmt.Errorf("levels in the encoding %v, want RLE", encoding)
	}
	e := rle.Encoding{BitWidth: bits.Len(uint(l.levels))}
	if _, took, err = runs(b, e.BitWidth, nil); err != nil {
		return 0, 0, err
	}
	if u.levels, err = e.DecodeLevels(u.levels, b); err != nil {
		return 0, 0, err
	}
	if int64(len(u.levels)) < n {
		return 0, 0, fmt.Errorf("%d levels of %d values", len(u.levels), n)
	}
	for _, level := range u.levels[:n] {
		if int(level) == l.levels {
			full++
		}
	}
	return full, took, nil
}

// values looks whether n values are in what an unpacked page has of them, and returns how many bytes they take,
// decoded.
func (u *unpacker) values(b []byte, n int64, encoding format.Encoding, l leaf) (int64, error) {
	has, took, err := u.measure(b, encoding, l)
	if err == nil && has < n {
		err = fmt.Errorf("a page of %d values that has %d", n, has)
	}
	return took, err
}

// measure returns how many values there are, and how many bytes the library takes for them.
func (u *unpacker) measure(b []byte, encoding format.Encoding, l leaf) (has, took int64, err error) {
	const index = 4 // bytes of an offset of a text, and of a place in a dictionary
	size := int64(len(b))
	switch {
	case encoding == plainDictionary, encoding == format.RLEDictionary: // the width of the places is the first byte
		if size == 0 {
			return 0, 0, nil
		}
		if b[0] > 32 {
			return 0, 0, fmt.Errorf("places in a dictionary of %d bits", b[0])
		}
		has, all, err := runs(b[1:], int(b[0]), nil)
		return has, size + index*all, err

	case encoding == format.Plain && l.kind == parquet.ByteArray:
		for ; len(b) > 0; has++ {
			text, err := prefixed(b)
			if err != nil {
				return 0, 0, fmt.Errorf("a text %w", err)
			}
			b = b[lengthBytes+len(text):]
		}
		return has, 2*size + index*has, nil

	case encoding == format.Plain && l.kind == parquet.Boolean:
		return 8 * size, size, nil

	case encoding == format.Plain && l.size > 0,
		encoding == format.ByteStreamSplit && l.size > 0 && l.kind != parquet.Int96:
		return size / int64(l.size), 2 * size, nil

	case encoding == format.RLE && l.kind == parquet.Boolean:
		packed, err := prefixed(b)
		if err != nil {
			return 0, 0, fmt.Errorf("booleans %w", err)
		}
		has, all, err := runs(packed, 1, booleans)
		return has, size + all/8, err

	case encoding == format.DeltaBinaryPacked && (l.kind == parquet.Int32 || l.kind == parquet.Int64):
		has, _, err = deltas(b, 8*l.size)
		return has, size + int64(l.size)*has, err

	case encoding == format.DeltaLengthByteArray && l.kind == parquet.ByteArray:
		own, rest, err := u.list(0, b)
		if err == nil {
			_, err = texts(nil, own, len(rest), 0)
		}
		return int64(len(own)), size + 2*index*int64(len(own)), err

	case encoding == format.DeltaByteArray && (l.kind == parquet.ByteArray || l.kind == parquet.FixedLenByteArray):
		shared, rest, err := u.list(0, b)
		if err != nil {
			return 0, 0, err
		}
		own, rest, err := u.list(1, rest)
		if err != nil {
			return 0, 0, err
		}
		if len(own) != len(shared) {
			return 0, 0, fmt.Errorf("beginnings of %d texts, ends of %d", len(shared), len(own))
		}
		sum, err := texts(shared, own, len(rest), l.size)
		return int64(len(own)), size + sum + 3*index*int64(len(own)), err
	}
	return 0, 0, fmt.Errorf("values of the type %v in the encoding %v, which are not read", l.kind, encoding)
}

const lengthBytes = 4 // of the length before a text

// prefixed returns the bytes at the start of b, behind their length.
func prefixed(b []byte) ([]byte, error) {
	if len(b) < lengthBytes {
		return nil, errors.New("behind the end of a page")
	}
	n := binary.LittleEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-lengthBytes) {
		return nil, fmt.Errorf("of %d bytes in a page that has %d", n, len(b)-lengthBytes)
	}
	return b[lengthBytes : lengthBytes+n], nil
}

// run is a run of one value, or of groups of eight values that are packed one behind the other.
type run struct {
	values int64
	packed bool
	value  byte // of one value, its first byte
	last   bool
}

// runs goes through a list of runs of values of that many bits (the encoding RLE). It returns how many values are
// there, and for how many the library makes room, which reads them to the end of the list and behind it.
func runs(b []byte, width int, check func(run) error) (has, all int64, err error) {
	for len(b) > 0 {
		head, n := binary.Uvarint(b)
		if n <= 0 || head>>1 > MaxPage {
			return 0, 0, fmt.Errorf("a run of more than %d values, or of no length", MaxPage)
		}
		b = b[n:]
		r := run{values: int64(head >> 1), packed: head&1 == 1}
		if r.values == 0 {
			continue
		}
		size := int64(width+7) / 8
		if r.packed {
			size, r.values = r.values*int64(width), 8*r.values
		}
		if all += r.values; all > MaxPage {
			return 0, 0, fmt.Errorf("runs of more than %d values", MaxPage)
		}
		switch have := int64(len(b)); {
		case size <= have:
			has += r.values
		case r.packed: // some programs leave out the end of the last group, which is behind the last value
			size = have
			has += 8 * have / int64(width)
		default:
			return 0, 0, errors.New("a run without its value")
		}
		if size > 0 {
			r.value = b[0]
		}
		b = b[size:]
		r.last = len(b) == 0
		if check != nil {
			if err := check(r); err != nil {
				return 0, 0, err
			}
		}
	}
	return has, all, nil
}

// booleans refuses runs that the library reads as other booleans: it repeats the byte of a run, which is 1, and
// begins each run at a byte. (What it writes has bytes of eight ones.)
func booleans(r run) error {
	if r.packed || (r.value == 0 || r.value == 0xff) && (r.values%8 == 0 || r.last) {
		return nil
	}
	return errors.New("booleans in runs (the encoding RLE), which are not read: write them as integers, or as data pages of version 1")
}

// deltas goes through a list of whole numbers of that many bits (the encoding DELTA_BINARY_PACKED), and returns how many
// there are, and how many bytes of b the list has. A list that is cut off in its last block is the library's
// to judge.
func deltas(b []byte, width int) (n int64, end int, err error) {
	const maxBlock = 1 << 16 // values, the library's limit
	w := walker{b: b}
	var head [4]uint64 // values of a block, parts of a block, values in all, the first value
	for i := range head {
		if head[i], err = w.varint(); err != nil {
			return 0, 0, fmt.Errorf("a list of differences: %w", err)
		}
	}
	block, parts, left := head[0], head[1], head[2]
	if block == 0 || block > maxBlock || parts == 0 || parts > block || block/parts%32 != 0 {
		return 0, 0, fmt.Errorf("a list of differences in blocks of %d values in %d parts", block, parts)
	}
	if left > MaxPage {
		return 0, 0, fmt.Errorf("a list of %d differences, want at most %d", left, MaxPage)
	}
	n = int64(left)
	left -= min(left, 1)
	for left > 0 {
		if _, err := w.varint(); err != nil { // their minimum
			return 0, 0, fmt.Errorf("a list of differences: %w", err)
		}
		widths := b[w.at:min(w.at+int(parts), len(b))]
		w.at += len(widths)
		for _, bits := range widths {
			if int(bits) > width {
				return 0, 0, fmt.Errorf("differences of %d bits, want at most %d", bits, width)
			}
			w.at = min(w.at+int(block/parts)*int(bits)/8, len(b))
			if left -= min(left, block/parts); left == 0 {
				break
			}
		}
	}
	return n, w.at, nil
}

// list reads a list of lengths at the start of b, into the k-th of the lists that there is memory for, and returns what
// is behind it.
func (u *unpacker) list(k int, b []byte) (lengths []int32, rest []byte, err error) {
	_, end, err := deltas(b, 32)
	if err != nil {
		return nil, nil, err
	}
	u.lengths[k], err = new(delta.BinaryPackedEncoding).DecodeInt32(u.lengths[k], b[:end])
	return u.lengths[k], b[end:], err
}

// texts returns how many bytes texts have, of which the first ones are those of the text before. Their own ones are in so
// many bytes of the page. All have the same size unless that is 0.
func texts(shared, own []int32, in, size int) (sum int64, err error) {
	before, mine := int32(0), int64(0)
	for i, n := range own {
		first := int32(0)
		if shared != nil {
			first = shared[i]
		}
		if n < 0 || first < 0 || first > before {
			return 0, fmt.Errorf("a text of %d bytes behind %d of one of %d", n, first, before)
		}
		if size > 0 && int(first)+int(n) != size {
			return 0, fmt.Errorf("a value of %d bytes in a column of %d", int(first)+int(n), size)
		}
		mine += int64(n)
		sum += int64(first) + int64(n)
		if mine > int64(in) {
			return 0, fmt.Errorf("texts of %d bytes or more where %d are left", mine, in)
		}
		if sum > MaxPage {
			return 0, fmt.Errorf("a page whose texts have more than %d bytes", MaxPage)
		}
		before = first + n
	}
	return sum, nil
}
