package dataset

import (
	"bufio"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// maxPage is how many bytes, and how many values, a page of a Parquet file may have.
// Programs write pages of about a megabyte; a page of a whole row group of a million
// float64 has eight.
const maxPage = 1 << 26

// checkPages reads the headers of the pages of columns and looks whether they are of sizes
// that can be: the library makes room for what a header says before it reads the page, two
// gigabytes for a few bytes of file.
func checkPages(src io.ReaderAt, size int64, f *parquet.File, columns []int) error {
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
	section := io.NewSectionReader(src, from, m.TotalCompressedSize)
	br := bufio.NewReaderSize(section, 1<<10)
	decoder := thrift.NewDecoder(new(thrift.CompactProtocol).NewReader(br))
	values := int64(0)
	for {
		at, _ := section.Seek(0, io.SeekCurrent)
		at -= int64(br.Buffered())
		if at >= m.TotalCompressedSize {
			return nil
		}
		var h format.PageHeader
		if err := decoder.Decode(&h); err != nil {
			return fmt.Errorf("malformed Parquet file: %w", err)
		}
		n := int64(max(h.DataPageHeader.V.NumValues, h.DataPageHeaderV2.V.NumValues, h.DictionaryPageHeader.V.NumValues))
		if h.Type == format.DataPage || h.Type == format.DataPageV2 {
			values += n
		}
		at, _ = section.Seek(0, io.SeekCurrent)
		rest := m.TotalCompressedSize - at + int64(br.Buffered())
		switch {
		case h.CompressedPageSize < 0 || int64(h.CompressedPageSize) > rest:
			return fmt.Errorf("malformed Parquet file: a page of %d bytes where %d are left", h.CompressedPageSize, rest)
		case h.UncompressedPageSize < 0 || h.UncompressedPageSize > maxPage || n > maxPage:
			return fmt.Errorf("a page of %d values in %d bytes, want at most %d", n, h.UncompressedPageSize, maxPage)
		case values > m.NumValues:
			return fmt.Errorf("malformed Parquet file: pages of %d values in a column of %d", values, m.NumValues)
		}
		skip := int64(h.CompressedPageSize)
		if buffered := int64(br.Buffered()); skip > buffered {
			section.Seek(skip-buffered, io.SeekCurrent) //nolint:errcheck // within the section
			br.Reset(section)
		} else {
			br.Discard(int(skip)) //nolint:errcheck // has been read
		}
	}
}
