package dataset

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// TestHostile reads small files that unpack to, or claim, much: they are refused in bounded memory.
func TestHostile(t *testing.T) {
	dir := t.TempDir()
	packed := func(parts ...string) []byte {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
		for _, p := range parts {
			z.Write([]byte(p))
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	// An archive of arrays by their headers, y the first, which says of each that it has a terabyte.
	archive := func(headers ...string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i, h := range headers {
			h = fmt.Sprintf("\x93NUMPY\x01\x00%c\x00%s", len(h), h)
			w, err := z.CreateRaw(&zip.FileHeader{Name: [...]string{"y.npy", "a.npy", "b.npy"}[i], Method: zip.Store, CompressedSize64: 1 << 40, UncompressedSize64: 1 << 40})
			if err != nil {
				t.Fatal(err)
			}
			w.Write([]byte(h))
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	two := "{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}"
	wide := "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 60000)}"
	long := strings.Repeat("a", 16<<20)
	endless := packed(long, long, long, long, long, long, long, long, long)
	for name, c := range map[string]struct {
		text []byte
		most uint64 // MB of memory
		want string
	}{
		"columns.csv":  {[]byte(strings.Repeat("a,", maxFields) + "y\n1\n"), 64, "more than 65536 fields"},
		"fields.csv":   {[]byte("a,y\n1,0\n" + strings.Repeat(",", 2*maxFields) + "\n"), 64, "more than 65536 fields"},
		"line.csv.gz":  {append(packed("a,y\n1,0\n"), endless...), 512, "a line of more than 64 MB"},
		"quote.csv":    {[]byte("a,y\n1,\"0\n"), 8, "does not close"},
		"quote.csv.gz": {append(packed("a,y\n1,\""), endless...), 512, "does not close"},
		"class.csv":    {[]byte("a,y\n1,0\n1," + long[:1<<20] + "\n"), 16, "column \"y\" holds a text of 1048576 bytes"},
		"wide.npz":     {archive(two, wide, wide), 128, "more than 65536 columns"},
		"claims.npz":   {archive(strings.Replace(two, "2", "99999999", 1), strings.Replace(two, "2", "99999999", 1)), 8, "truncated"},
		"array.npy":    {append([]byte("\x93NUMPY\x01\x00\x50\x00"), []byte("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 3)}            ")...), 8, "NPY file"},
		"array.npy.gz": {packed("\x93NUMPY\x01\x00\x50\x00{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 3)}            ",
			strings.Repeat("\x00", 8<<20)), 64, "truncated NPY file"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, c.text, 0o666); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Load(path, Columns{Label: "y"})
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 1000 || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > c.most {
			t.Errorf("%s takes %d MB, want at most %d", name, took, c.most)
		}
	}
}

// TestHostileRecords reads headers of records in records whose fields are too many to be counted one by one.
func TestHostileRecords(t *testing.T) {
	for _, inner := range []string{"('', '|V0')", "('', '|V1')", "('a', '|i1')"} {
		descr := "[" + inner + "]"
		for range 8 {
			descr = "[('r', " + descr + ", (60000,))]"
		}
		a, err := npyHeader("{'descr': "+descr+", 'fortran_order': False, 'shape': (1,)}", false)
		if err == nil && (len(a.fields) > 0 || a.size > 0) {
			t.Errorf("%s: %d fields of %d bytes", inner, len(a.fields), a.size)
		}
	}
}

// TestHostileDecimal reads a decimal of more digits than 256 bits have: a text of a page may have a hundred million.
func TestHostileDecimal(t *testing.T) {
	var b bytes.Buffer
	w := parquet.NewWriter(&b, parquet.NewSchema("s", parquet.Group{"x": parquet.Decimal(2, 9, parquet.ByteArrayType), "y": parquet.Int(32)}))
	row := parquet.Row{parquet.ByteArrayValue(make([]byte, maxDecimal+1)).Level(0, 0, 0), parquet.Int32Value(1).Level(0, 0, 1)}
	if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want := `t.parquet: column "x": a decimal of 33 bytes, want at most 32`
	if _, err := ReadParquet(bytes.NewReader(b.Bytes()), int64(b.Len()), "t.parquet", Columns{Label: "y"}); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
