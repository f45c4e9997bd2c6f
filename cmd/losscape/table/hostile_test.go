package table

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"
)

// npyOf is an array's header, of so many values of a type.
func npyOf(descr string) []byte {
	head := "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (1,), }"
	return append(binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(head))), head...)
}

// hostile is an NPZ with metadata, and a column that unpacks to so many bytes.
func hostile(t *testing.T, m Meta, column string, size int) []byte {
	t.Helper()
	text, err := json.Marshal(&m)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, _ := z.Create("metadata.npy")
	w.Write(npyOf("<U1"))
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		binary.Write(w, binary.LittleEndian, uint32(r))
	}
	w, _ = z.Create(column + ".npy")
	w.Write(npyOf("<f8"))
	for zeros := make([]byte, 1<<20); size > 0; size -= len(zeros) {
		w.Write(zeros)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestReadHostile reads tables that claim much, or name columns as no table does.
func TestReadHostile(t *testing.T) {
	good := sweep(t).Meta
	read := func(file []byte) (took uint64, err error) {
		path := filepath.Join(t.TempDir(), "a.npz")
		if err := os.WriteFile(path, file, 0o666); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = Read(path)
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc, err
	}
	for name, c := range map[string]struct {
		change func(m *Meta)
		want   string
	}{
		"10^12 runs":      {func(m *Meta) { m.Runs = 1e12 }, "1000000000000 runs in 15 columns"},
		"fewer than none": {func(m *Meta) { m.Runs = -8 }, "-8 runs"},
		"10^9 weights":    {func(m *Meta) { m.Weights = 1e9 }, "of 1000000000 weights"},
		"70,000 weights":  {func(m *Meta) { m.Weights, m.Run.Start = 70_000, make([]float64, 70_000) }, "at most 65536 columns"},
		"many runs that are not there": {func(m *Meta) {
			m.Runs, m.Over = 1<<26, m.Over[:1]
			m.Over[0].Count = 1 << 26
		}, "no column w1"},
		"a formula as a name":  {func(m *Meta) { m.WeightNames = []string{"=1+2", "b"} }, `the name "=1+2"`},
		"lines in a name":      {func(m *Meta) { m.Over[0].Column = "a\nb" }, `the name "a\nb"`},
		"a path as a name":     {func(m *Meta) { m.WeightNames = []string{"../../a", "b"} }, `the name "../../a"`},
		"too few names":        {func(m *Meta) { m.WeightNames = []string{"a"} }, "1 names of 2 weights"},
		"axes that do not fit": {func(m *Meta) { m.Over[0].Count = 7 }, "do not fit"},
	} {
		m := good
		m.Over = append([]Axis(nil), good.Over...)
		c.change(&m)
		column := "w1"
		if strings.Contains(c.want, "no column") {
			column = "other"
		}
		if took, err := read(hostile(t, m, column, 8)); err == nil || !strings.Contains(err.Error(), c.want) || strings.ContainsAny(err.Error(), "\n\x1b") || took > 32<<20 {
			t.Errorf("%s takes %d MB: %v, want %s", name, took>>20, err, c.want)
		}
	}
	m := good
	if took, err := read(hostile(t, m, "w1", 64<<20)); err == nil || took > 32<<20 {
		t.Errorf("64 MB in a column of 60 runs take %d MB: %v", took>>20, err)
	}
	m.WeightNames = []string{"lr", "b"}
	if took, err := read(hostile(t, m, "lr", 64<<20)); err == nil || !strings.Contains(err.Error(), "values in the column lr") || took > 32<<20 {
		t.Errorf("64 MB in a column of 60 runs take %d MB: %v", took>>20, err)
	}
	for _, name := range []string{"=1", "+1", "-1", "@a", "\ta", "a,b", "a\"b", "a\nb", "a\x1b[2J"} {
		if holds(name) {
			t.Errorf("%q is the name of a column", name)
		}
	}
}
