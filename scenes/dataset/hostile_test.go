package dataset

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestHostile reads small files that unpack to, or claim, much: they are refused in bounded memory.
func TestHostile(t *testing.T) {
	dir := t.TempDir()
	packed := func(parts ...string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		for _, p := range parts {
			z.Write([]byte(p))
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	long := strings.Repeat("a", 16<<20)
	for name, c := range map[string]struct {
		text []byte
		most uint64 // MB of memory
		want string
	}{
		"columns.csv": {[]byte(strings.Repeat("a,", maxFields) + "y\n1\n"), 64, "more than 65536 fields"},
		"fields.csv":  {[]byte("a,y\n1,0\n" + strings.Repeat(",", 2*maxFields) + "\n"), 64, "more than 65536 fields"},
		"line.csv.gz": {packed("a,y\n1,0\n", long, long, long, long, long, long, long, long, long), 512, "a line of more than 64 MB"},
		"quote.csv":   {[]byte("a,y\n1,\"0\n"), 8, "does not close"},
		"array.npy":   {append([]byte("\x93NUMPY\x01\x00\x50\x00"), []byte("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 3)}            ")...), 8, "NPY file"},
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
