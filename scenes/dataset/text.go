package dataset

import (
	"bufio"
	"bytes"
	"io"

	"golang.org/x/text/encoding/unicode"

	"losscape/scenes/dataset/parquetfile"
)

// utf8Text returns the text of a reader in UTF-8 without a byte order mark. By that mark
// it knows UTF-16.
func utf8Text(r io.Reader, name string) (io.Reader, error) {
	br := bufio.NewReaderSize(r, window)
	start, err := br.Peek(4)
	if err != nil && err != io.EOF {
		return nil, foreignRead(name, err)
	}
	switch {
	case bytes.HasPrefix(start, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(start, []byte("\x00\x00\xfe\xff")):
		return nil, &Error{File: name, Msg: "UTF-32 text, want UTF-8: save it as UTF-8"}
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Reader(br), nil
	case bytes.HasPrefix(start, []byte("\ufeff")):
		br.Discard(3) //nolint:errcheck // just peeked at
	}
	return br, nil
}

// oldMac says what is wrong with a text of one line for all programs but those
// of old Macs.
const oldMac = "lines end in CR alone, as on old Macs, want LF or CRLF"

// NotText says why bytes from the start of a file are no lines of UTF-8 text,
// in words that begin with what they are; it is empty if they are.
func NotText(start []byte) string {
	if fault := notLines(start); fault != "" {
		return fault
	}
	if bytes.IndexByte(start, '\r') >= 0 && bytes.IndexByte(start, '\n') < 0 {
		return oldMac
	}
	return ""
}

// notLines is NotText where lines may end in CR alone.
func notLines(start []byte) string {
	utf16 := func(b []byte) bool { // Latin letters
		return len(b) >= 2 && (b[0] == 0) != (b[1] == 0)
	}
	switch {
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")), utf16(start), bytes.HasPrefix(start, []byte("\x00\x00\xfe\xff")):
		return "UTF-16 or UTF-32 text, want UTF-8: save it as UTF-8"
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return "a zip archive (such as .xlsx and .npz), want text"
	case bytes.HasPrefix(start, []byte(gzipMagic)):
		return "a gzip archive, want text: unpack it"
	case bytes.HasPrefix(start, []byte(npyMagic)):
		return "an array of NumPy, want text: name it .npy"
	case bytes.HasPrefix(start, []byte(parquetfile.Magic)):
		return "a Parquet file, want text: name it .parquet"
	case bytes.IndexByte(start, 0) >= 0:
		return "not text: it has a zero byte"
	}
	return ""
}
