package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"losscape/cpu/quote"
)

// ReadCSV reads a set from text (RFC 4180) whose first record names the columns.
//
// The delimiter, a comma, semicolon, tab or bar, is found, or named by a first line
// sep=;. Where it is the semicolon a number may have a decimal comma. Lines end in LF,
// CRLF or CR; empty lines, and lines that begin with #, do not count, nor do spaces
// around a value. The text is UTF-8, or UTF-16 with a byte order mark. The name is used
// in errors, which are *Error except where reading itself fails.
func ReadCSV(r io.Reader, name string, cols Columns) (*Set, error) {
	t, err := newCSV(r, name)
	if err != nil {
		return nil, err
	}
	return take(t, name, cols.trimmed())
}

// field is where a value of a record lies in the window.
type field struct {
	start, from, to int  // of the field, and of the value, which is in the quotes if there are any
	quoted, doubled bool // some of its quotes are doubled
}

// csvTable reads records. encoding/csv is several times as slow, which alone is most of
// the time that a million rows may take; it knows no CR alone as the end of a line, and
// does not say where a quote opens that does not close.
type csvTable struct {
	r    io.Reader
	name string

	buf       []byte // the window: buf[pos:end] is yet to be read
	pos, end  int
	eof       bool
	delimiter byte
	stops     [256]bool // what may end a value without quotes

	record []byte // of the current record
	line   int    // where it begins, from 1
	lines  int    // ends of lines before buf[pos]
	fields []field

	h      heads
	header struct {
		record []byte
		line   int
		fields []field
	}
	point, comma bool // decimal marks that came
	scratch      []byte
}

const (
	window    = 1 << 18 // bytes that are read at a time
	maxRecord = 1 << 26 // bytes of a record
)

// fill reads more behind what is in the window. It returns false if there is no more, or
// the record is too long.
func (t *csvTable) fill() (bool, error) {
	if t.eof || t.end-t.pos >= maxRecord {
		return false, nil
	}
	if t.pos > 0 {
		copy(t.buf, t.buf[t.pos:t.end])
		t.pos, t.end = 0, t.end-t.pos
	}
	if len(t.buf)-t.end < window {
		t.buf = append(t.buf[:t.end], make([]byte, max(window, t.end))...)
	}
	for t.end < len(t.buf) {
		n, err := t.r.Read(t.buf[t.end:])
		t.end += n
		if err == io.EOF {
			t.eof = true
			break
		}
		if err != nil {
			return false, foreignRead(t.name, err)
		}
	}
	return true, nil
}

// What a scan of a record comes to, besides a syntaxError.
var errShort = errors.New("the record goes on behind the window")

// syntaxError is a fault in a record, at an offset.
type syntaxError struct {
	at  int
	msg string
}

func (e *syntaxError) Error() string { return e.msg }

const (
	quoteOpen = `the quote that opens here does not close at the end of its field (a quote in a quoted field is doubled, "")`
	quoteBare = `a quote inside a field that does not begin with one (a field with quotes is quoted whole, and its quotes are doubled, "")`
)

// scan splits the record at the start of b into fields, which it appends, and returns
// its length. Behind b there is more unless it is the last.
func (t *csvTable) scan(b []byte, last bool, fields []field) (n int, _ []field, err error) {
	i := 0
	for {
		for i < len(b) && (b[i] == ' ' || b[i] == '\t' && t.delimiter != '\t') {
			i++
		}
		f := field{start: i, from: i}
		if i < len(b) && b[i] == '"' {
			f.quoted = true
			f.from = i + 1
			for i++; ; i++ {
				k := bytes.IndexByte(b[i:], '"')
				if k < 0 {
					if !last {
						return 0, fields, errShort
					}
					return 0, fields, &syntaxError{f.start, quoteOpen}
				}
				if i += k + 1; i >= len(b) || b[i] != '"' {
					break
				}
				f.doubled = true
			}
			f.to = i - 1
			for i < len(b) && (b[i] == ' ' || b[i] == '\t' && t.delimiter != '\t') {
				i++
			}
			if i < len(b) && b[i] != t.delimiter && b[i] != '\n' && b[i] != '\r' {
				return 0, fields, &syntaxError{f.start, quoteOpen}
			}
		} else {
			for i < len(b) && !t.stops[b[i]] {
				i++
			}
			f.to = i
			if i < len(b) && b[i] == '"' {
				return 0, fields, &syntaxError{i, quoteBare}
			}
		}
		if i == len(b) && !last {
			return 0, fields, errShort
		}
		fields = append(fields, f)
		switch {
		case i == len(b):
			return i, fields, nil
		case b[i] == t.delimiter:
			i++
		case b[i] == '\n':
			return i + 1, fields, nil
		case i+1 == len(b) && !last:
			return 0, fields, errShort
		case i+1 < len(b) && b[i+1] == '\n':
			return i + 2, fields, nil
		default:
			return i + 1, fields, nil
		}
	}
}

// skip returns the length of an empty line or a comment at the start of b, 0 if there is
// none.
func skip(b []byte, last bool) (int, error) {
	i := 0
	for i < len(b) && b[i] == ' ' {
		i++
	}
	if len(b) > 0 && b[0] == '#' {
		if i = bytes.IndexAny(b, "\r\n"); i < 0 {
			i = len(b)
		}
	}
	switch {
	case i == len(b) && !last:
		return 0, errShort
	case i == len(b):
		return i, nil
	case b[i] == '\n':
		return i + 1, nil
	case b[i] != '\r':
		return 0, nil
	case i+1 == len(b) && !last:
		return 0, errShort
	case i+1 < len(b) && b[i+1] == '\n':
		return i + 2, nil
	}
	return i + 1, nil
}

// read goes to the next record.
func (t *csvTable) read() error {
	for {
		b := t.buf[t.pos:t.end]
		if len(b) == 0 && t.eof {
			return io.EOF
		}
		n, err := skip(b, t.eof)
		if err == nil && n > 0 {
			t.lines++
			t.pos += n
			continue
		}
		if err == nil {
			n, t.fields, err = t.scan(b, t.eof, t.fields[:0])
		}
		var bad *syntaxError
		switch {
		case err == nil:
			t.record, t.line = b[:n], t.lines+1
			t.lines += lineEnds(t.record)
			t.pos += n
			return nil
		case errors.As(err, &bad):
			line, column := place(b, bad.at)
			return &Error{File: t.name, Line: t.lines + line, Column: column, Msg: bad.msg}
		}
		more, err := t.fill()
		if err != nil {
			return err
		}
		if !more && !t.eof {
			msg := fmt.Sprintf("a line of more than %d MB", maxRecord>>20)
			if bytes.IndexByte(t.buf[t.pos:t.end], '"') >= 0 {
				msg += ", or a quote that does not close"
			}
			return &Error{File: t.name, Line: t.lines + 1, Column: 1, Msg: msg}
		}
	}
}

// lineEnds returns how many lines end in a text: in LF, CRLF or CR.
func lineEnds(b []byte) int {
	n := bytes.Count(b, []byte{'\n'})
	if cr := bytes.Count(b, []byte{'\r'}); cr > 0 {
		n += cr - bytes.Count(b, []byte("\r\n"))
	}
	return n
}

// place returns the line and the column of an offset in a text, from 1.
func place(b []byte, at int) (line, column int) {
	before := b[:min(at, len(b))]
	return lineEnds(before) + 1, len(before) - bytes.LastIndexAny(before, "\r\n")
}

// newCSV reads the header.
func newCSV(r io.Reader, name string) (*csvTable, error) {
	text, err := utf8Text(r, name)
	if err != nil {
		return nil, err
	}
	t := &csvTable{r: text, name: name}
	if _, err := t.fill(); err != nil {
		return nil, err
	}
	if fault := notLines(t.buf[:t.end]); fault != "" {
		return nil, &Error{File: name, Msg: fault}
	}
	named, err := t.namedDelimiter()
	if err != nil {
		return nil, err
	}
	if !named {
		t.setDelimiter(t.findDelimiter())
	}
	err = t.read()
	if err == io.EOF {
		return nil, &Error{File: name, Line: 1, Column: 1, Msg: "empty file, want a first line that names the columns"}
	}
	if err != nil {
		return nil, err
	}
	names := make([]string, len(t.fields))
	numbers := 0
	for j := range names {
		names[j] = string(t.value(t.fields[j], t.record))
		if _, what := t.parse([]byte(names[j])); what == isNumber {
			numbers++
		}
	}
	t.h = heads{names: names, n: len(names)}
	t.header.record, t.header.line, t.header.fields = bytes.Clone(t.record), t.line, slices.Clone(t.fields)
	t.point, t.comma = false, false
	if numbers == len(names) && !counts(names) {
		return nil, t.headFault(0, "holds numbers only, want a first line that names the columns (lines that begin with # are comments)")
	}
	for j, n := range names {
		if !utf8.ValidString(n) {
			return nil, t.headFault(j, "column %d has the name %s, which is not UTF-8: save the file as UTF-8", j+1, quote.Text(n))
		}
	}
	if len(names) == 1 && strings.Contains(names[0], " ") && !t.header.fields[0].quoted {
		return nil, t.headFault(0, "looks separated by spaces, want commas, semicolons, tabs or bars")
	}
	return t, nil
}

// counts reports whether names are 0, 1, 2, ..., as pandas calls columns.
func counts(names []string) bool {
	for i, n := range names {
		if n != fmt.Sprint(i) {
			return false
		}
	}
	return true
}

func (t *csvTable) heads() *heads     { return &t.h }
func (t *csvTable) lastIsLabel() bool { return false }
func (t *csvTable) rows() int         { return 0 }
func (t *csvTable) use([]int) error   { return nil }

// next goes to the next row.
func (t *csvTable) next() error {
	if err := t.read(); err != nil {
		return err
	}
	if have, want := len(t.fields), t.h.n; have != want {
		msg := fmt.Sprintf("%d fields, want %d as the first line names", have, want)
		switch other := t.otherDelimiter(); {
		case other != "":
			msg += "; looks separated by " + other
		case have == want+1 && t.lines == t.header.line+1:
			msg += " (names of rows, as R writes them? name their column, too)"
		case have == 1 && t.eof && t.pos == t.end:
			msg += " (is the file cut off?)"
		}
		return &Error{File: t.name, Line: t.line, Column: 1, Msg: msg}
	}
	return nil
}

// value returns the value of a field of a record, without spaces around it.
func (t *csvTable) value(f field, record []byte) []byte {
	b := record[f.from:f.to]
	if f.doubled {
		t.scratch = append(t.scratch[:0], bytes.ReplaceAll(b, []byte(`""`), []byte(`"`))...)
		b = t.scratch
	}
	if n := len(b); n > 0 && (b[0] <= ' ' || b[n-1] <= ' ' || b[0] >= 0x80 || b[n-1] >= 0x80) {
		b = bytes.TrimSpace(b)
	}
	return b
}

func (t *csvTable) text(j int) []byte { return t.value(t.fields[j], t.record) }

func (t *csvTable) number(j int) (float64, cell) { return t.parse(t.text(j)) }

// parse returns the number that a text is. Where semicolons separate, a comma may be the
// decimal mark of all numbers; a file that has both marks has numbers of which nobody
// knows how great they are, which are texts then.
func (t *csvTable) parse(b []byte) (float64, cell) {
	if t.delimiter != ';' {
		return parseCell(b)
	}
	comma, point := bytes.IndexByte(b, ','), bytes.IndexByte(b, '.') >= 0
	if comma >= 0 && !point {
		t.scratch = append(t.scratch[:0], b...)
		t.scratch[comma] = '.'
		b = t.scratch
	}
	v, what := parseCell(b)
	if what == isNumber {
		t.comma, t.point = t.comma || comma >= 0, t.point || point
		if t.comma && t.point {
			return 0, isText
		}
	}
	return v, what
}

func (t *csvTable) spell(_ int, class string) string { return class }

func (t *csvTable) fault(j int, format string, args ...any) error {
	msg := fmt.Sprintf(format, args...)
	if j < 0 {
		return &Error{File: t.name, Line: t.line, Column: 1, Msg: msg}
	}
	if t.comma && t.point {
		msg += "; some numbers have a decimal comma, others a point: want one of them"
	}
	line, column := place(t.record, t.fields[j].start)
	return &Error{File: t.name, Line: t.line + line - 1, Column: column, Msg: t.h.title(j) + " " + msg}
}

func (t *csvTable) headFault(j int, format string, args ...any) error {
	line, column := place(t.header.record, t.header.fields[max(j, 0)].start)
	return &Error{File: t.name, Line: t.header.line + line - 1, Column: column, Msg: fmt.Sprintf(format, args...)}
}

// looksCut reports whether a text is a number but for its commas.
func looksCut(b []byte) bool {
	if bytes.IndexByte(b, ',') < 0 {
		return false
	}
	for _, c := range b {
		if (c < '0' || c > '9') && c != ',' && c != '.' && c != '-' && c != '+' {
			return false
		}
	}
	return true
}
