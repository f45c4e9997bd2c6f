package parquetfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// MaxPage is how many bytes, and how many values, a page of a Parquet file may have.
// Programs write pages of about a megabyte; a page of a whole row group of a million
// float64 has eight.
const MaxPage = 1 << 26

// The header of a page is read in some bytes first, and has at most so many: the least and the greatest value
// of the page may be in it.
const (
	fewHeader = 1 << 10
	maxHeader = 1 << 24
)

// CheckPages reads the headers of the pages of columns and looks whether the pages are of sizes
// that can be, and unpacks those whose codec is none that says how long they are: the library makes room for what a
// header says before it reads the page, and for whatever comes when it unpacks it.
func CheckPages(src io.ReaderAt, size int64, f *parquet.File, columns []int) error {
	for _, g := range f.Metadata().RowGroups {
		for _, j := range columns {
			if j >= len(g.Columns) {
				return fmt.Errorf("malformed Parquet file: a row group of %d columns", len(g.Columns))
			}
			if err := checkChunk(src, size, &g.Columns[j].MetaData); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkChunk looks at the pages of a column in a row group.
func checkChunk(src io.ReaderAt, size int64, m *format.ColumnMetaData) error {
	from := m.DataPageOffset // where the library begins
	if m.DictionaryPageOffset != 0 {
		from = m.DictionaryPageOffset
	}
	if from < 0 || from > size || m.TotalCompressedSize < 0 || m.TotalCompressedSize > size-from {
		return fmt.Errorf("malformed Parquet file: a column beyond its end")
	}
	values := int64(0)
	for at, end := from, from+m.TotalCompressedSize; at < end; {
		h, n, err := header(src, at, end)
		if err != nil {
			return fmt.Errorf("malformed Parquet file: %w", err)
		}
		at += int64(n)
		has := int64(max(h.DataPageHeader.V.NumValues, h.DataPageHeaderV2.V.NumValues, h.DictionaryPageHeader.V.NumValues))
		if h.Type == format.DataPage || h.Type == format.DataPageV2 {
			values += has
		}
		switch {
		case h.CompressedPageSize < 0 || int64(h.CompressedPageSize) > end-at:
			return fmt.Errorf("malformed Parquet file: a page of %d bytes where %d are left", h.CompressedPageSize, end-at)
		case h.UncompressedPageSize < 0 || h.UncompressedPageSize > MaxPage || has > MaxPage:
			return fmt.Errorf("a page of %d values in %d bytes, want at most %d", has, h.UncompressedPageSize, MaxPage)
		case values > m.NumValues:
			return fmt.Errorf("malformed Parquet file: pages of %d values in a column of %d", values, m.NumValues)
		}
		if err := checkPacked(src, at, h, m.Codec); err != nil {
			return fmt.Errorf("malformed Parquet file: %w", err)
		}
		at += int64(h.CompressedPageSize)
	}
	return nil
}

// header reads the header of the page at a place, and returns how many bytes it has.
func header(src io.ReaderAt, at, end int64) (h *format.PageHeader, n int, err error) {
	for most := int64(fewHeader); ; most *= 16 {
		b := make([]byte, min(most, end-at))
		if _, err := src.ReadAt(b, at); err != nil && err != io.EOF {
			return nil, 0, err
		}
		n, err := measure(b)
		if errors.Is(err, errCut) && int64(len(b)) < min(end-at, maxHeader) {
			continue
		}
		if err != nil {
			return nil, 0, fmt.Errorf("the header of a page: %w", err)
		}
		h := new(format.PageHeader)
		if err := thrift.Unmarshal(new(thrift.CompactProtocol), b[:n], h); err != nil {
			return nil, 0, err
		}
		return h, n, nil
	}
}

// checkPacked looks whether the page at a place unpacks to as many bytes as it says at most.
func checkPacked(src io.ReaderAt, at int64, h *format.PageHeader, codec format.CompressionCodec) error {
	packed, want := int64(h.CompressedPageSize), int64(h.UncompressedPageSize)
	if v2 := h.DataPageHeaderV2; h.Type == format.DataPageV2 { // whose levels are not packed
		levels := int64(v2.V.RepetitionLevelsByteLength) + int64(v2.V.DefinitionLevelsByteLength)
		if v2.V.RepetitionLevelsByteLength < 0 || v2.V.DefinitionLevelsByteLength < 0 || levels > packed || levels > want {
			return fmt.Errorf("levels of %d bytes in a page of %d", levels, packed)
		}
		if v2.V.IsCompressed.Valid && !v2.V.IsCompressed.V {
			return nil
		}
		at, packed, want = at+levels, packed-levels, want-levels
	}
	if packed == 0 {
		return nil
	}
	section := io.NewSectionReader(src, at, packed)
	var from io.Reader
	switch codec {
	case format.Uncompressed:
		return nil
	case format.Snappy: // says at its start how long it is
		var start [binary.MaxVarintLen64]byte
		n, err := section.ReadAt(start[:], 0)
		if err != nil && err != io.EOF {
			return err
		}
		if size, k := binary.Uvarint(start[:n]); k <= 0 || size > uint64(want) {
			return fmt.Errorf("a page that unpacks to %d bytes, and says %d", size, want)
		}
		return nil
	case format.Lz4Raw:
		b := make([]byte, packed)
		if _, err := io.ReadFull(section, b); err != nil {
			return err
		}
		if _, err := lz4.UncompressBlock(b, make([]byte, want)); err != nil {
			return fmt.Errorf("a page that does not unpack to the %d bytes that it says: %w", want, err)
		}
		return nil
	case format.Gzip:
		z, err := gzip.NewReader(section)
		if err != nil {
			return err
		}
		defer z.Close()
		from = z
	case format.Zstd:
		z, err := zstd.NewReader(section, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(2*MaxPage))
		if err != nil {
			return err
		}
		defer z.Close()
		from = z
	case format.Brotli:
		from = brotli.NewReader(section)
	default:
		return fmt.Errorf("pages packed by the unknown codec %v", codec)
	}
	n, err := io.Copy(io.Discard, io.LimitReader(from, want+1))
	if err != nil {
		return fmt.Errorf("a page that does not unpack: %w", err)
	}
	if n > want {
		return fmt.Errorf("a page that unpacks to more than the %d bytes that it says", want)
	}
	return nil
}
