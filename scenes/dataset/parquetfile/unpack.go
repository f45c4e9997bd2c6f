package parquetfile

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// unpacker unpacks pages, one after the other, in the same memory.
type unpacker struct {
	packed, unpacked, levels []byte
	lengths                  [2][]int32
}

// page unpacks the page at a place, and returns how many bytes it has, decoded.
func (u *unpacker) page(src io.ReaderAt, at int64, h *format.PageHeader, codec format.CompressionCodec, l leaf) (int64, error) {
	section := io.NewSectionReader(src, at, int64(h.CompressedPageSize))
	want := int(h.UncompressedPageSize)
	switch h.Type {
	case format.DictionaryPage, format.DataPage:
		b, err := u.unpack(section, want, codec)
		if err != nil {
			return 0, err
		}
		if h.Type == format.DataPage {
			return u.dataV1(b, &h.DataPageHeader.V, l)
		}
		return u.dictionary(b, &h.DictionaryPageHeader.V, l)
	case format.DataPageV2: // whose levels are not packed
		v := &h.DataPageHeaderV2.V
		levels := int64(v.RepetitionLevelsByteLength) + int64(v.DefinitionLevelsByteLength)
		if v.RepetitionLevelsByteLength < 0 || v.DefinitionLevelsByteLength < 0 || levels > section.Size() || levels > int64(want) {
			return 0, fmt.Errorf("levels of %d bytes in a page of %d", levels, section.Size())
		}
		head := make([]byte, levels)
		if _, err := io.ReadFull(section, head); err != nil {
			return 0, err
		}
		if v.IsCompressed.Valid && !v.IsCompressed.V {
			codec = format.Uncompressed
		}
		section = io.NewSectionReader(src, at+levels, int64(h.CompressedPageSize)-levels)
		b, err := u.unpack(section, want-int(levels), codec)
		if err != nil {
			return 0, err
		}
		return u.dataV2(head[v.RepetitionLevelsByteLength:], b, v, l)
	}
	return 0, nil // which the library does not read
}

// unpack returns what a page unpacks to, which is valid until the next call: as many bytes as it says at most.
func (u *unpacker) unpack(section *io.SectionReader, want int, codec format.CompressionCodec) ([]byte, error) {
	u.packed = slices.Grow(u.packed[:0], int(section.Size()))[:section.Size()]
	if _, err := io.ReadFull(section, u.packed); err != nil {
		return nil, err
	}
	if codec == format.Uncompressed || len(u.packed) == 0 {
		return u.packed, nil
	}
	u.unpacked = slices.Grow(u.unpacked[:0], want+bytes.MinRead)[:want]
	n := 0
	var from io.Reader
	var err error
	switch packed := bytes.NewReader(u.packed); codec {
	case format.Snappy: // says at its start how long it is
		if n, err = snappy.DecodedLen(u.packed); err == nil && n > want {
			return nil, fmt.Errorf("a page that unpacks to %d bytes, and says %d", n, want)
		}
		if err == nil {
			_, err = snappy.Decode(u.unpacked, u.packed)
		}
	case format.Lz4Raw:
		n, err = lz4.UncompressBlock(u.packed, u.unpacked)
	case format.Gzip:
		from, err = gzip.NewReader(packed)
	case format.Zstd:
		var z *zstd.Decoder
		if z, err = zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(2*MaxPage)); err == nil {
			defer z.Close()
			from = z
		}
	case format.Brotli:
		from = brotli.NewReader(packed)
	default:
		return nil, fmt.Errorf("pages packed by the unknown codec %v", codec)
	}
	if from != nil && err == nil {
		b := bytes.NewBuffer(u.unpacked[:0])
		_, err = b.ReadFrom(io.LimitReader(from, int64(want)+1))
		n = b.Len()
	}
	if err != nil {
		return nil, fmt.Errorf("a page that does not unpack to the %d bytes that it says: %w", want, err)
	}
	if n > want {
		return nil, fmt.Errorf("a page that unpacks to more than the %d bytes that it says", want)
	}
	return u.unpacked[:n], nil
}
