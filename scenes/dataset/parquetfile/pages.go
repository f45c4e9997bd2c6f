package parquetfile

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const (
	// MaxPage is how many bytes, and how many values, a page of a Parquet file may have, and how many bytes the texts in
	// it may come to. Programs write pages of about a megabyte; a page of a whole row group of a million
	// float64 has eight.
	MaxPage = 1 << 26

	// MaxHeld is how many bytes the pages may have, decoded, that are read side by side: of each column its largest
	// page and its largest dictionary.
	MaxHeld = 1 << 31
)

// The header of a page is read in some bytes first, and has at most so many: the least and the greatest value
// of the page may be in it.
const (
	fewHeader = 1 << 10
	maxHeader = 1 << 24
)

// CheckPages unpacks the pages of columns, one at a time, and measures what they decode to: the library makes room for
// what a page says of itself before it looks whether that is there, and a few bytes of a page may stand for
// gigabytes.
func CheckPages(src io.ReaderAt, size int64, f *parquet.File, columns []int) error {
	leaves := leavesOf(f.Root(), nil)
	held := make([]int64, len(leaves))
	all := int64(0)
	var u unpacker
	for _, g := range f.Metadata().RowGroups {
		for _, j := range columns {
			if j >= len(g.Columns) || j >= len(leaves) {
				return fmt.Errorf("malformed Parquet file: a row group of %d columns", len(g.Columns))
			}
			has, err := u.chunk(src, size, &g.Columns[j].MetaData, leafOf(leaves[j]))
			if err != nil {
				return err
			}
			if more := has - held[j]; more > 0 {
				all, held[j] = all+more, has
			}
			if all > MaxHeld {
				return fmt.Errorf("a Parquet file whose columns have pages of more than %d MB together: use fewer of its columns, or write it with smaller pages", MaxHeld>>20)
			}
		}
	}
	return nil
}

// leavesOf appends the columns of values in a column, in the order in which row groups have them.
func leavesOf(c *parquet.Column, leaves []*parquet.Column) []*parquet.Column {
	if c.Leaf() {
		return append(leaves, c)
	}
	for _, inner := range c.Columns() {
		leaves = leavesOf(inner, leaves)
	}
	return leaves
}

// leaf is what the values of a column are.
type leaf struct {
	kind   parquet.Kind
	size   int // bytes of a value of a fixed size; 0 of booleans and texts
	levels int // the definition level of a value that is no null
	lists  bool
}

func leafOf(c *parquet.Column) leaf {
	l := leaf{kind: c.Type().Kind(), levels: c.MaxDefinitionLevel(), lists: c.MaxRepetitionLevel() > 0}
	switch l.kind {
	case parquet.Int32, parquet.Float:
		l.size = 4
	case parquet.Int64, parquet.Double:
		l.size = 8
	case parquet.Int96:
		l.size = 12
	case parquet.FixedLenByteArray:
		l.size = c.Type().Length()
	}
	return l
}

// chunk looks at the pages of a column in a row group, and returns how many bytes the largest ones have, decoded.
func (u *unpacker) chunk(src io.ReaderAt, size int64, m *format.ColumnMetaData, l leaf) (int64, error) {
	from := m.DataPageOffset // where the library begins
	if m.DictionaryPageOffset != 0 {
		from = m.DictionaryPageOffset
	}
	if from < 0 || from > size || m.TotalCompressedSize < 0 || m.TotalCompressedSize > size-from {
		return 0, fmt.Errorf("malformed Parquet file: a column beyond its end")
	}
	if l.lists {
		return 0, errors.New("a Parquet file with a column of lists, which is not read")
	}
	values, dictionary, page := int64(0), int64(0), int64(0)
	for at, end := from, from+m.TotalCompressedSize; at < end; {
		h, n, err := header(src, at, end)
		if err != nil {
			return 0, fmt.Errorf("malformed Parquet file: %w", err)
		}
		at += int64(n)
		has := int64(max(h.DataPageHeader.V.NumValues, h.DataPageHeaderV2.V.NumValues, h.DictionaryPageHeader.V.NumValues))
		if h.Type == format.DataPage || h.Type == format.DataPageV2 {
			values += has
		}
		switch {
		case h.CompressedPageSize < 0 || int64(h.CompressedPageSize) > end-at:
			return 0, fmt.Errorf("malformed Parquet file: a page of %d bytes where %d are left", h.CompressedPageSize, end-at)
		case h.UncompressedPageSize < 0 || h.UncompressedPageSize > MaxPage || has > MaxPage:
			return 0, fmt.Errorf("a page of %d values in %d bytes, want at most %d", has, h.UncompressedPageSize, MaxPage)
		case h.CompressedPageSize > 2*MaxPage:
			return 0, fmt.Errorf("a page of %d packed bytes, want at most %d", h.CompressedPageSize, 2*MaxPage)
		case values > m.NumValues:
			return 0, fmt.Errorf("malformed Parquet file: pages of %d values in a column of %d", values, m.NumValues)
		case h.DictionaryPageHeader.Valid != (h.Type == format.DictionaryPage):
			return 0, errors.New("malformed Parquet file: a page with the header of another kind")
		}
		decoded, err := u.page(src, at, h, m.Codec, l)
		if err != nil {
			return 0, fmt.Errorf("malformed Parquet file: %w", err)
		}
		if h.Type == format.DictionaryPage {
			dictionary = max(dictionary, decoded)
		} else {
			page = max(page, decoded)
		}
		at += int64(h.CompressedPageSize)
	}
	return dictionary + page, nil
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
