package parquetfile

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// file is a Parquet file with a footer.
func file(content, footer []byte) []byte {
	b := append([]byte(Magic), content...)
	b = append(b, footer...)
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(footer))), Magic...)
}

// marshal writes what Thrift's compact protocol has of v.
func marshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := thrift.Marshal(new(thrift.CompactProtocol), v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// nested is a schema of columns in columns.
func nested(deep int) (s []format.SchemaElement) {
	for range deep {
		s = append(s, format.SchemaElement{Name: "a", NumChildren: thrift.New[int32](1)})
	}
	return append(s, format.SchemaElement{Name: "a", Type: thrift.New(format.Double)})
}

// withPage is a file of one page of a column of doubles, packed, that says how long it is.
func withPage(t *testing.T, packed []byte, says int32, codec format.CompressionCodec) []byte {
	h := format.PageHeader{Type: format.DataPage, CompressedPageSize: int32(len(packed)), UncompressedPageSize: says}
	h.DataPageHeader = thrift.New(format.DataPageHeader{NumValues: 1})
	page := append(marshal(t, &h), packed...)
	meta := format.FileMetaData{Version: 1, Schema: nested(1), NumRows: 1}
	column := format.ColumnMetaData{Type: format.Double, PathInSchema: []string{"a"}, Codec: codec, NumValues: 1, TotalCompressedSize: int64(len(page)), TotalUncompressedSize: int64(says), DataPageOffset: 4}
	meta.RowGroups = []format.RowGroup{{Columns: []format.ColumnChunk{{MetaData: column}}, NumRows: 1}}
	return file(page, marshal(t, &meta))
}

// TestClaims opens small files that claim much: they are refused, in little memory.
func TestClaims(t *testing.T) {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	bomb := z.EncodeAll(make([]byte, 64<<20), nil)
	list := []byte{0x15, 2, 0x19, 0xfc} // a version, and a list of records
	for name, c := range map[string]struct {
		src  []byte
		want string
	}{
		"a list of 2³¹−1 columns":      {file(nil, append(list, 0xff, 0xff, 0xff, 0xff, 7)), "cut off"},
		"a name of 2 GB":               {file(nil, append(list[:3:3], 0x1c, 0x48, 0xff, 0xff, 0xff, 0xff, 7)), "cut off"},
		"a number that does not end":   {file(nil, bytes.Repeat([]byte{0xf5, 0xff}, 99)), "64 bits"},
		"records in records":           {file(nil, bytes.Repeat([]byte{0x1c}, 1<<20)), "records in records"},
		"lists in lists":               {file(nil, append([]byte{0x19}, bytes.Repeat([]byte{0x19}, 1<<20)...)), "lists in lists"},
		"columns in columns":           {file(nil, marshal(t, &format.FileMetaData{Version: 1, Schema: nested(1 << 16)})), "more than 64 deep"},
		"columns that are not there":   {file(nil, marshal(t, &format.FileMetaData{Version: 1, Schema: []format.SchemaElement{{Name: "a", NumChildren: thrift.New[int32](1 << 30)}}})), "of 1 in all"},
		"fewer than no rows":           {file(nil, marshal(t, &format.FileMetaData{Version: 1, Schema: nested(1), NumRows: -1})), "-1 rows"},
		"a footer of a gigabyte":       {append(binary.LittleEndian.AppendUint32([]byte("PAR1...."), 1<<30), Magic...), "longer than the file"},
		"a page that says too much":    {withPage(t, []byte{1}, 1<<30, format.Uncompressed), "want at most"},
		"a page that unpacks to 64 MB": {withPage(t, bomb, 8, format.Zstd), "more than the 8 bytes"},
		"a page of snappy of 4 GB":     {withPage(t, []byte{0xff, 0xff, 0xff, 0xff, 0xf}, 8, format.Snappy), "says 8"},
		"a page of LZ4 that is none":   {withPage(t, bytes.Repeat([]byte{0xff}, 40), 8, format.Lz4Raw), "does not unpack"},
		"a page of an unknown codec":   {withPage(t, []byte{1, 2}, 8, 99), "codec"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		src := bytes.NewReader(c.src)
		f, err := Open(src, src.Size())
		if err == nil {
			err = CheckPages(src, src.Size(), f, []int{0})
		}
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 96<<20 {
			t.Errorf("%s takes %d MB", name, took>>20)
		}
	}
	src := bytes.NewReader(withPage(t, snappy.Encode(nil, make([]byte, 8)), 8, format.Snappy))
	f, err := Open(src, src.Size())
	if err == nil {
		err = CheckPages(src, src.Size(), f, []int{0})
	}
	if err != nil {
		t.Error(err)
	}
}

// TestCodecs takes what the library has written, by every codec.
func TestCodecs(t *testing.T) {
	type row struct {
		A float64
		B *string
	}
	text := "text"
	rows := make([]row, 5000)
	for i := range rows {
		rows[i].A = float64(i % 7)
		if i%3 == 0 {
			rows[i].B = &text
		}
	}
	for _, codec := range []parquet.WriterOption{parquet.Compression(&parquet.Uncompressed), parquet.Compression(&parquet.Snappy), parquet.Compression(&parquet.Gzip),
		parquet.Compression(&parquet.Zstd), parquet.Compression(&parquet.Brotli), parquet.Compression(&parquet.Lz4Raw)} {
		for version := 1; version <= 2; version++ {
			var b bytes.Buffer
			w := parquet.NewGenericWriter[row](&b, codec, parquet.DataPageVersion(version))
			if _, err := w.Write(rows); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			src := bytes.NewReader(b.Bytes())
			f, err := Open(src, src.Size())
			if err == nil {
				err = CheckPages(src, src.Size(), f, []int{0, 1})
			}
			if err != nil || f.NumRows() != int64(len(rows)) {
				t.Errorf("%v, version %d: %v", codec, version, err)
			}
		}
	}
}
