package parquetfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/encoding/delta"
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

// column is a column of one page, and what the page says of itself.
type column struct {
	kind     format.Type
	size     int32 // of a value of a fixed size
	optional bool
	codec    format.CompressionCodec
	encoding format.Encoding
	values   int32
	unpacked int32 // bytes; 0 for as many as there are
	page     []byte
	version2 bool
}

// file is a Parquet file of the column, many times over.
func (c column) file(t *testing.T, times int) []byte {
	h := format.PageHeader{Type: format.DataPage, CompressedPageSize: int32(len(c.page)), UncompressedPageSize: c.unpacked}
	if c.unpacked == 0 {
		h.UncompressedPageSize = int32(len(c.page))
	}
	if c.version2 {
		h.Type = format.DataPageV2
		h.DataPageHeaderV2 = thrift.New(format.DataPageHeaderV2{NumValues: c.values, NumRows: c.values, Encoding: c.encoding})
	} else {
		h.DataPageHeader = thrift.New(format.DataPageHeader{NumValues: c.values, Encoding: c.encoding, DefinitionLevelEncoding: format.RLE})
	}
	page := append(marshal(t, &h), c.page...)
	meta := format.FileMetaData{Version: 1, Schema: []format.SchemaElement{{Name: "root", NumChildren: thrift.New(int32(times))}}, NumRows: int64(c.values)}
	group := format.RowGroup{NumRows: int64(c.values)}
	for i := range times {
		e := format.SchemaElement{Name: fmt.Sprintf("a%d", i), Type: thrift.New(c.kind)}
		if c.size > 0 {
			e.TypeLength = thrift.New(c.size)
		}
		if c.optional {
			e.RepetitionType = thrift.New(format.Optional)
		}
		meta.Schema = append(meta.Schema, e)
		group.Columns = append(group.Columns, format.ColumnChunk{MetaData: format.ColumnMetaData{Type: c.kind, PathInSchema: []string{e.Name}, Codec: c.codec,
			NumValues: int64(c.values), TotalCompressedSize: int64(len(page)), TotalUncompressedSize: int64(h.UncompressedPageSize), DataPageOffset: 4}})
	}
	meta.RowGroups = []format.RowGroup{group}
	return file(page, marshal(t, &meta))
}

// check opens a file and looks at the pages of all of its columns.
func check(b []byte) (*parquet.File, error) {
	src := bytes.NewReader(b)
	f, err := Open(src, src.Size())
	if err != nil {
		return nil, err
	}
	columns := make([]int, len(f.Root().Columns()))
	for i := range columns {
		columns[i] = i
	}
	return f, CheckPages(src, src.Size(), f, columns)
}

// refused wants an error about a file, which takes little memory.
func refused(t *testing.T, name string, b []byte, want string) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := check(b)
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: %v, want %s", name, err, want)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 160<<20 {
		t.Errorf("%s takes %d MB", name, took>>20)
	}
}

// TestClaims opens small files that claim much: they are refused, in little memory.
func TestClaims(t *testing.T) {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	bomb := z.EncodeAll(make([]byte, 64<<20), nil)
	list := []byte{0x15, 2, 0x19, 0xfc} // a version, and a list of records
	double := column{kind: format.Double, values: 1, unpacked: 8}
	packed := func(codec format.CompressionCodec, page []byte) []byte {
		c := double
		c.codec, c.page = codec, page
		return c.file(t, 1)
	}
	much := double
	much.unpacked, much.page = 1<<30, []byte{1}
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
		"a page that says too much":    {much.file(t, 1), "want at most"},
		"a page that unpacks to 64 MB": {packed(format.Zstd, bomb), "more than the 8 bytes"},
		"a page of snappy of 4 GB":     {packed(format.Snappy, []byte{0xff, 0xff, 0xff, 0xff, 0xf}), "says 8"},
		"a page of LZ4 that is none":   {packed(format.Lz4Raw, bytes.Repeat([]byte{0xff}, 40)), "does not unpack"},
		"a page of gzip that is none":  {packed(format.Gzip, []byte{1, 2}), "does not unpack"},
		"a page of brotli that is cut": {packed(format.Brotli, []byte{0xff}), "does not unpack"},
		"a page of an unknown codec":   {packed(99, []byte{1, 2}), "codec"},
	} {
		refused(t, name, c.src, c.want)
	}
	if _, err := check(packed(format.Snappy, snappy.Encode(nil, make([]byte, 8)))); err != nil {
		t.Error(err)
	}
}

// varints are whole numbers as the encodings have them.
func varints(list ...uint64) (b []byte) {
	for _, v := range list {
		b = binary.AppendUvarint(b, v)
	}
	return b
}

// lengths is a list of whole numbers (DELTA_BINARY_PACKED).
func lengths(t *testing.T, list ...int32) []byte {
	t.Helper()
	b, err := new(delta.BinaryPackedEncoding).EncodeInt32(nil, list)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// long is a length of 4 bytes, and what has it.
func long(b []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(b))), b...)
}

// TestExpansion opens files with pages of a few bytes that say, or stand for, gigabytes, or have less than they say, which the
// library would read from behind them.
func TestExpansion(t *testing.T) {
	const huge = 1<<31 - 1
	endless := varints(huge<<1, 0)     // a run
	claim := varints(128, 4, huge, 0)  // a list
	empty := varints(128, 4, 1<<26, 0) // a list of numbers that are not there
	// The first text has 1 MB, and the others are it.
	shared, own := make([]int32, 2001), make([]int32, 2001)
	own[0] = 1 << 20
	for i := range shared[1:] {
		shared[1+i] = 1 << 20
	}
	for name, c := range map[string]struct {
		column
		want string
	}{
		"texts with one beginning": {column{kind: format.ByteArray, encoding: format.DeltaByteArray, values: 2001,
			page: join(lengths(t, shared...), lengths(t, own...), make([]byte, 1<<20))}, "more than 67108864 bytes"},
		"2³¹−1 lengths":                    {column{kind: format.ByteArray, encoding: format.DeltaByteArray, values: 1, page: join(lengths(t, 0), claim)}, "want at most"},
		"2³¹−1 lengths of texts":           {column{kind: format.ByteArray, encoding: format.DeltaLengthByteArray, values: 1, page: claim}, "want at most"},
		"lengths that are not there":       {column{kind: format.ByteArray, encoding: format.DeltaLengthByteArray, values: 1, page: empty}, "cut off"},
		"texts longer than their page":     {column{kind: format.ByteArray, encoding: format.DeltaLengthByteArray, values: 3, page: join(lengths(t, 1<<30, 1<<30, 1<<30), []byte("a"))}, "where 1 are left"},
		"a text of less than no bytes":     {column{kind: format.ByteArray, encoding: format.DeltaLengthByteArray, values: 3, page: lengths(t, -1, -1, -1)}, "a text of -1 bytes"},
		"a beginning of no text":           {column{kind: format.ByteArray, encoding: format.DeltaByteArray, values: 1, page: join(lengths(t, 5), lengths(t, 1), []byte("a"))}, "behind 5 of one of 0"},
		"a text beyond its page":           {column{kind: format.ByteArray, encoding: format.Plain, values: 2, page: join(long([]byte("a")), []byte{1, 0, 0, 0})}, "a text of 1 bytes in a page that has 0"},
		"values of other sizes":            {column{kind: format.FixedLenByteArray, size: 2, encoding: format.DeltaByteArray, values: 1, page: join(lengths(t, 0), lengths(t, 3), []byte("abc"))}, "a value of 3 bytes in a column of 2"},
		"2³¹−1 whole numbers":              {column{kind: format.Int64, encoding: format.DeltaBinaryPacked, values: 1, page: claim}, "want at most"},
		"whole numbers that are not there": {column{kind: format.Int64, encoding: format.DeltaBinaryPacked, values: 1 << 26, page: empty}, "cut off"},
		"differences of 65 bits":           {column{kind: format.Int64, encoding: format.DeltaBinaryPacked, values: 2, page: join(varints(128, 4, 2, 0, 0), []byte{65, 0, 0, 0})}, "of 65 bits"},
		"differences in blocks of nothing": {column{kind: format.Int64, encoding: format.DeltaBinaryPacked, values: 2, page: varints(128, 256, 2, 0, 0)}, "in 256 parts"},
		"2³¹−1 places in a dictionary":     {column{kind: format.Double, encoding: format.RLEDictionary, values: 1, page: append([]byte{0}, endless...)}, "a run of more than"},
		"8 times 2³¹ places":               {column{kind: format.Double, encoding: format.RLEDictionary, values: 1, page: append([]byte{0}, varints(huge<<1|1)...)}, "a run of more than"},
		"packed places that are not there": {column{kind: format.Double, encoding: format.RLEDictionary, values: 9, page: append([]byte{32}, varints(2<<1|1)...)}, "of 9 values that has 0"},
		"places of 33 bits":                {column{kind: format.Double, encoding: format.RLEDictionary, values: 1, page: append([]byte{33}, varints(2, 0)...)}, "33 bits"},
		"many runs of places":              {column{kind: format.Double, encoding: format.RLEDictionary, values: 1, page: append([]byte{0}, bytes.Repeat(varints(1<<26), 9)...)}, "runs of more than"},
		"2³¹−1 levels":                     {column{kind: format.Double, optional: true, values: 1, page: long(endless)}, "a run of more than"},
		"levels that are not there":        {column{kind: format.Double, optional: true, values: 9, page: join(long(varints(2<<1, 0)), make([]byte, 72))}, "2 levels of 9"},
		"levels longer than their page":    {column{kind: format.Double, optional: true, values: 1, page: []byte{9, 0, 0, 0, 2}}, "levels of 9 bytes"},
		"levels of an old kind":            {column{kind: format.Double, encoding: format.BitPacked, values: 1, page: make([]byte, 8)}, "not read"},
		"2³¹−1 booleans":                   {column{kind: format.Boolean, encoding: format.RLE, values: 1, page: long(endless)}, "a run of more than"},
		"booleans in runs":                 {column{kind: format.Boolean, encoding: format.RLE, values: 16, page: long(varints(8<<1, 1, 8<<1, 0)), version2: true}, "booleans in runs"},
		"booleans in runs of parts of 8":   {column{kind: format.Boolean, encoding: format.RLE, values: 16, page: long(varints(11<<1, 0, 5<<1, 0)), version2: true}, "booleans in runs"},
		"numbers in runs":                  {column{kind: format.Int32, encoding: format.RLE, values: 1, page: endless}, "not read"},
		"numbers that are not there":       {column{kind: format.Double, values: 9, page: make([]byte, 8)}, "of 9 values that has 1"},
		"split numbers that are not there": {column{kind: format.Double, encoding: format.ByteStreamSplit, values: 1 << 26, page: make([]byte, 8)}, "has 1"},
		"fixed values that are not there":  {column{kind: format.FixedLenByteArray, size: 1 << 14, encoding: format.DeltaByteArray, values: 1 << 26, page: join(lengths(t, 0), lengths(t, 0))}, "in a column of 16384"},
		"texts that are not there":         {column{kind: format.ByteArray, values: 1 << 26, page: long(nil)}, "has 1"},
		"an encoding that nobody knows":    {column{kind: format.Double, encoding: 77, values: 1, page: make([]byte, 8)}, "not read"},
		"nulls that a page does not have":  {column{kind: format.Double, optional: true, values: 2, version2: true, page: make([]byte, 16)}, "0 levels of 2"},
	} {
		refused(t, name, c.file(t, 1), c.want)
	}
	// 64 M places of 4 bytes in 6 bytes of a page may be, but not in each of many columns.
	places := column{kind: format.Double, encoding: format.RLEDictionary, values: 1 << 26, page: append([]byte{0}, varints(1<<27)...)}
	if _, err := check(places.file(t, 2)); err != nil {
		t.Error(err)
	}
	refused(t, "many columns", places.file(t, 9), "more than 2048 MB together")
}

// TestBooleans reads booleans in runs as far as the library reads them right, which is why the others are refused.
func TestBooleans(t *testing.T) {
	for name, c := range map[string]struct {
		page []byte
		want []byte // bits
	}{
		"packed":                    {varints(2<<1|1, 0x35, 0x53), []byte{0x35, 0x53}},
		"a run, and packed ones":    {varints(8<<1, 0, 1<<1|1, 0x53), []byte{0, 0x53}},
		"packed ones, and a run":    {varints(1<<1|1, 0x53, 9<<1, 0), []byte{0x53, 0}},
		"a run as the library's is": {append(varints(8<<1), 0xff), []byte{0xff}},
	} {
		f, err := check(column{kind: format.Boolean, encoding: format.RLE, values: int32(8 * len(c.want)), page: long(c.page)}.file(t, 1))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		pages := f.RowGroups()[0].ColumnChunks()[0].Pages()
		page, err := pages.ReadPage()
		if err != nil {
			t.Fatal(err)
		}
		data := page.Data()
		if got := data.Boolean(); !bytes.Equal(got[:len(c.want)], c.want) {
			t.Errorf("%s: %x, want %x", name, got, c.want)
		}
		parquet.Release(page)
		pages.Close()
	}
}

// TestCodecs takes what the library has written, by every codec and encoding.
func TestCodecs(t *testing.T) {
	encoded := func(kind parquet.Node, list ...encoding.Encoding) (out []parquet.Node) {
		for _, e := range list {
			out = append(out, parquet.Encoded(kind, e), parquet.Optional(parquet.Encoded(kind, e)))
		}
		return out
	}
	nodes := slices.Concat(
		encoded(parquet.String(), &parquet.Plain, &parquet.RLEDictionary, &parquet.DeltaLengthByteArray, &parquet.DeltaByteArray),
		encoded(parquet.Leaf(parquet.FixedLenByteArrayType(5)), &parquet.Plain, &parquet.RLEDictionary, &parquet.DeltaByteArray, &parquet.ByteStreamSplit),
		encoded(parquet.Int(32), &parquet.Plain, &parquet.RLEDictionary, &parquet.DeltaBinaryPacked, &parquet.ByteStreamSplit),
		encoded(parquet.Int(64), &parquet.Plain, &parquet.RLEDictionary, &parquet.DeltaBinaryPacked),
		encoded(parquet.Leaf(parquet.FloatType), &parquet.Plain, &parquet.RLEDictionary, &parquet.ByteStreamSplit),
		encoded(parquet.Leaf(parquet.DoubleType), &parquet.Plain, &parquet.RLEDictionary, &parquet.ByteStreamSplit),
		encoded(parquet.Leaf(parquet.BooleanType), &parquet.Plain, &parquet.RLE),
	)
	group := parquet.Group{}
	for i, n := range nodes {
		group[fmt.Sprintf("c%02d", i)] = n
	}
	schema := parquet.NewSchema("all", group)
	rows := make([]parquet.Row, 5000)
	for i := range rows {
		for j, n := range nodes {
			v, text := parquet.ValueOf(i*i%1000), fmt.Sprintf("%05d", i*i%1000)
			switch n.Type().Kind() {
			case parquet.ByteArray:
				v = parquet.ValueOf(text[i%5:])
			case parquet.FixedLenByteArray:
				v = parquet.FixedLenByteArrayValue([]byte(text))
			case parquet.Int32:
				v = parquet.ValueOf(int32(i * i))
			case parquet.Float:
				v = parquet.ValueOf(float32(i))
			case parquet.Double:
				v = parquet.ValueOf(float64(i))
			case parquet.Boolean:
				v = parquet.ValueOf(i%7 == 0)
			}
			level := 0
			if n.Optional() {
				if level = 1; i%3 == 0 {
					v, level = parquet.NullValue(), 0
				}
			}
			rows[i] = append(rows[i], v.Level(0, level, j))
		}
	}
	for _, codec := range []compress.Codec{&parquet.Uncompressed, &parquet.Snappy, &parquet.Gzip, &parquet.Zstd, &parquet.Brotli, &parquet.Lz4Raw} {
		for version := 1; version <= 2; version++ {
			var b bytes.Buffer
			w := parquet.NewWriter(&b, schema, parquet.Compression(codec), parquet.DataPageVersion(version), parquet.PageBufferSize(4000))
			if _, err := w.WriteRows(rows); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if f, err := check(b.Bytes()); err != nil || f.NumRows() != int64(len(rows)) {
				t.Errorf("%v, version %d: %v", codec, version, err)
			}
		}
	}
}
