package dataset

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"losscape/cpu/quote"
)

// How kinds of files begin.
const (
	gzipMagic = "\x1f\x8b"
	npyMagic  = "\x93NUMPY"
)

// reading is how a kind of file is read.
type reading int

const (
	readText reading = iota
	readArray
	readArrays
	readParquet
)

// kinds are the kinds of files by what their names end in.
var kinds = map[string]reading{
	".csv": readText, ".tsv": readText, ".tab": readText, ".txt": readText, ".dat": readText, ".data": readText,
	".npy": readArray, ".npz": readArrays, ".parquet": readParquet, ".pq": readParquet,
}

// Load reads a set from a file: text (.csv, .tsv, .tab, .txt, .dat, .data), arrays of NumPy
// (.npy, .npz) or Parquet (.parquet, .pq). Text and .npy may be packed by gzip, with .gz
// behind the name or without. Or it reads a built-in set, see Builtin. An error in the
// file's contents is an *Error.
func Load(path string, cols Columns) (*Set, error) {
	return takeFrom(path, cols, func(use func(table) error) error { return with(path, use) })
}

// takeFrom takes a set from the table that with hands to what it is given.
func takeFrom(name string, cols Columns, with func(use func(table) error) error) (set *Set, err error) {
	err = with(func(t table) (err error) {
		set, err = take(t, name, cols.trimmed())
		return err
	})
	return set, err
}

// with hands the table of a file, or of a built-in set, to use.
func with(path string, use func(table) error) error {
	if name, ok := strings.CutPrefix(path, Builtin); ok {
		text, err := BuiltinText(name)
		if err != nil {
			return err
		}
		return withCSV(bytes.NewReader(text), path, use)
	}
	ext := strings.ToLower(filepath.Ext(path))
	packed := ext == ".gz"
	if packed {
		ext = strings.ToLower(filepath.Ext(path[:len(path)-len(".gz")]))
	}
	kind, known := kinds[ext]
	if !known || packed && kind != readText && kind != readArray {
		return fmt.Errorf("%s: unknown kind of file %s, want .csv, .tsv, .txt, .npy, .npz or .parquet; .csv, .tsv, .txt and .npy may have .gz behind", path, quote.Text(filepath.Ext(path)))
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.IsDir() {
		return fmt.Errorf("%s is a folder, want a file", path)
	}
	if kind == readArrays || kind == readParquet {
		src, size, err := readerAt(f, info, path)
		if err != nil {
			return err
		}
		if kind == readArrays {
			return withNPZ(src, size, path, use)
		}
		return withParquet(src, size, path, use)
	}
	r, err := unpacked(f, path)
	if err != nil {
		return err
	}
	if kind == readArray {
		if _, isPacked := r.(*gzip.Reader); !isPacked && info.Mode().IsRegular() {
			r = sized{io.NopCloser(r), int(info.Size())}
		}
		return withNPY(r, path, use)
	}
	return withCSV(r, path, use)
}

// maxPipe is how many bytes are read of a pipe where a place in it has to be found.
const maxPipe = 1 << 31

// readerAt returns a file that can be read at any place, and its size. A pipe, which
// cannot, is read.
func readerAt(f *os.File, info os.FileInfo, path string) (io.ReaderAt, int64, error) {
	if info.Mode().IsRegular() {
		return f, info.Size(), nil
	}
	b, err := io.ReadAll(io.LimitReader(f, maxPipe+1))
	if err != nil {
		return nil, 0, foreignRead(path, err)
	}
	if len(b) > maxPipe {
		return nil, 0, fmt.Errorf("%s: more than %d bytes from a pipe, want a file", path, maxPipe)
	}
	return bytes.NewReader(b), int64(len(b)), nil
}

// unpacked returns what a reader gives, unpacked if gzip has packed it.
func unpacked(r io.Reader, name string) (io.Reader, error) {
	br := bufio.NewReader(r)
	start, err := br.Peek(len(gzipMagic))
	if err != nil && err != io.EOF {
		return nil, foreignRead(name, err)
	}
	if string(start) != gzipMagic {
		return br, nil
	}
	z, err := gzip.NewReader(br)
	if err != nil {
		return nil, foreignRead(name, err)
	}
	return z, nil
}

// foreignRead is the error of reading, which is an *Error if the fault is the file's.
func foreignRead(name string, err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{File: name, Msg: "cut off: its packed data end too early"}
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), strings.HasPrefix(err.Error(), "flate: "):
		return &Error{File: name, Msg: "not packed by gzip as a whole: " + quote.Cut(err.Error(), 200)}
	}
	return fmt.Errorf("%s: %w", name, err)
}
