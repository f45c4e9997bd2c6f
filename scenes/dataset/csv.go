package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
	return takeFrom(name, cols, func(use func(table) error) error { return withCSV(r, name, use) })
}

// withCSV hands the table of a text to use.
func withCSV(r io.Reader, name string, use func(table) error) error {
	t, err := newCSV(r, name)
	if err != nil {
		return err
	}
	return use(t)
}

// field is where a value of a record lies in the window.
type field struct {
	start, from, to int32 // of the field, and of the value, which is in the quotes if there are any
	quoted, doubled bool  // some of its quotes are doubled
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

	lines  int      // ends of lines before buf[pos]
	batch  []record // of the window
	all    []field  // of the batch
	at     int      // the next record in the batch
	behind error    // what comes behind the batch, if it is not more to read

	record []byte // the current one
	line   int    // where it begins, from 1
	fields []field

	slots  []int // by column, which of the numbers of a row it is; -1 for none
	width  int   // numbers of a row
	parsed bool  // the numbers of the batch are there
	values []number

	h      heads
	header struct {
		record []byte
		line   int
		fields []field
	}
	point, comma bool // decimal marks that came
	scratch      []byte
}

// record is a record of a batch.
type record struct {
	from, to    int // in the window
	line        int
	first, last int // of its fields, the last excluded
}

// number is a value that has been parsed.
type number struct {
	v            float64
	what         cell
	comma, point bool // its decimal mark
}

const (
	window    = 1 << 18 // bytes that are read at a time
	maxRecord = 1 << 26 // bytes of a record: there is memory for it, and some ten times that for its fields
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
	i, before := 0, len(fields)
	for {
		for i < len(b) && (b[i] == ' ' || b[i] == '\t' && t.delimiter != '\t') {
			i++
		}
		f := field{start: int32(i), from: int32(i)}
		if i < len(b) && b[i] == '"' {
			f.quoted = true
			f.from = int32(i + 1)
			for i++; ; i++ {
				k := bytes.IndexByte(b[i:], '"')
				if k < 0 {
					if !last {
						return 0, fields, errShort
					}
					return 0, fields, &syntaxError{int(f.start), quoteOpen}
				}
				if i += k + 1; i >= len(b) || b[i] != '"' {
					break
				}
				f.doubled = true
			}
			f.to = int32(i - 1)
			for i < len(b) && (b[i] == ' ' || b[i] == '\t' && t.delimiter != '\t') {
				i++
			}
			if i < len(b) && b[i] != t.delimiter && b[i] != '\n' && b[i] != '\r' {
				return 0, fields, &syntaxError{int(f.start), quoteOpen}
			}
		} else {
			for i < len(b) && !t.stops[b[i]] {
				i++
			}
			f.to = int32(i)
			if i < len(b) && b[i] == '"' {
				return 0, fields, &syntaxError{i, quoteBare}
			}
		}
		if i == len(b) && !last {
			return 0, fields, errShort
		}
		if fields = append(fields, f); len(fields)-before > maxFields {
			return 0, fields, &syntaxError{int(f.start), fmt.Sprintf("more than %d fields in a record, want at most as many", maxFields)}
		}
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
	if t.at == len(t.batch) {
		if err := t.load(); err != nil {
			return err
		}
	}
	r := &t.batch[t.at]
	t.at++
	t.record, t.line, t.fields = t.buf[r.from:r.to], r.line, t.all[r.first:r.last]
	return nil
}

// load splits what is in the window into a batch of records, one at least.
func (t *csvTable) load() error {
	t.batch, t.all, t.at, t.parsed = t.batch[:0], t.all[:0], 0, false
	for t.behind == nil {
		b := t.buf[t.pos:t.end]
		if len(b) == 0 && t.eof {
			t.behind = io.EOF
			break
		}
		n, err := skip(b, t.eof)
		if err == nil && n > 0 {
			t.lines++
			t.pos += n
			continue
		}
		first := len(t.all)
		if err == nil {
			n, t.all, err = t.scan(b, t.eof, t.all)
		}
		var bad *syntaxError
		switch {
		case err == nil:
			t.batch = append(t.batch, record{t.pos, t.pos + n, t.lines + 1, first, len(t.all)})
			t.lines += lineEnds(b[:n])
			t.pos += n
			continue
		case errors.As(err, &bad):
			line, column := place(b, bad.at)
			t.behind = &Error{File: t.name, Line: t.lines + line, Column: column, Msg: bad.msg}
		case len(t.batch) > 0:
			return nil
		default:
			t.all = t.all[:0]
			t.behind = t.more()
		}
	}
	if len(t.batch) > 0 {
		return nil
	}
	return t.behind
}

// more reads more of a record that goes on behind the window.
func (t *csvTable) more() error {
	more, err := t.fill()
	if err != nil || more || t.eof {
		return err
	}
	msg := fmt.Sprintf("a line of more than %d MB", maxRecord>>20)
	if bytes.IndexByte(t.buf[t.pos:t.end], '"') >= 0 {
		msg += ", or a quote that does not close"
	}
	return &Error{File: t.name, Line: t.lines + 1, Column: 1, Msg: msg}
}

// parse fills in the numbers of the batch, on all processors: to parse them is most of the
// work.
func (t *csvTable) parse() {
	t.parsed = true
	if t.width == 0 {
		return
	}
	t.values = slices.Grow(t.values[:0], len(t.batch)*t.width)[:len(t.batch)*t.width]
	var wait sync.WaitGroup
	var next atomic.Int64
	work := func() {
		var scratch []byte
		for {
			from := int(next.Add(1)-1) * someRecords
			if from >= len(t.batch) {
				return
			}
			for i := from; i < min(from+someRecords, len(t.batch)); i++ {
				t.parseRecord(i, &scratch)
			}
		}
	}
	for range min(runtime.GOMAXPROCS(0), len(t.batch)/someRecords+1) - 1 {
		wait.Go(work)
	}
	work()
	wait.Wait()
}

// someRecords is how many records a processor takes at a time.
const someRecords = 32

// parseRecord fills in the numbers of a record, unless it has too few fields or too many,
// which is an error when its turn comes.
func (t *csvTable) parseRecord(i int, scratch *[]byte) {
	r := &t.batch[i]
	if r.last-r.first != t.h.n {
		return
	}
	for j, slot := range t.slots {
		if slot >= 0 {
			text := t.value(t.all[r.first+j], t.buf[r.from:r.to], scratch)
			t.values[i*t.width+slot] = parseNumber(text, t.delimiter == ';', scratch)
		}
	}
}

// parseNumber returns the number that a text is. Between semicolons it may have a decimal
// comma.
func parseNumber(b []byte, semicolons bool, scratch *[]byte) (n number) {
	if semicolons {
		comma := bytes.IndexByte(b, ',')
		n.point = bytes.IndexByte(b, '.') >= 0
		if n.comma = comma >= 0; n.comma && !n.point {
			*scratch = append((*scratch)[:0], b...)
			b = *scratch
			b[comma] = '.'
		}
	}
	n.v, n.what = parseCell(b)
	return n
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
		names[j] = string(t.text(j))
		if parseNumber([]byte(names[j]), t.delimiter == ';', &t.scratch).what == isNumber {
			numbers++
		}
	}
	t.h = heads{names: names, n: len(names)}
	t.header.record, t.header.line, t.header.fields = bytes.Clone(t.record), t.line, slices.Clone(t.fields)
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
func (t *csvTable) bad(int) string    { return "" }
func (t *csvTable) rows() int         { return 0 }

func (t *csvTable) use(_, numbers []int) error {
	t.slots = slices.Repeat([]int{-1}, t.h.n)
	for _, j := range numbers {
		t.slots[j] = t.width
		t.width++
	}
	return nil
}

// next goes to the next row.
func (t *csvTable) next() error {
	if err := t.read(); err != nil {
		return err
	}
	if !t.parsed {
		t.parse()
	}
	if have, want := len(t.fields), t.h.n; have != want {
		msg := fmt.Sprintf("%d fields, want %d as the first line names", have, want)
		switch other := t.otherDelimiter(); {
		case other != "":
			msg += "; looks separated by " + other
		case have == want+1 && t.line == t.header.line+1:
			msg += " (names of rows, as R writes them? name their column, too)"
		case have < want && t.eof && t.pos == t.end && t.at == len(t.batch):
			msg += " (is the file cut off?)"
		}
		return &Error{File: t.name, Line: t.line, Column: 1, Msg: msg}
	}
	return nil
}

// value returns the value of a field of a record, without spaces around it.
func (t *csvTable) value(f field, record []byte, scratch *[]byte) []byte {
	b := record[f.from:f.to]
	if f.doubled {
		*scratch = append((*scratch)[:0], bytes.ReplaceAll(b, []byte(`""`), []byte(`"`))...)
		b = *scratch
	}
	if n := len(b); n > 0 && (b[0] <= ' ' || b[n-1] <= ' ' || b[0] >= 0x80 || b[n-1] >= 0x80) {
		b = bytes.TrimSpace(b)
	}
	return b
}

func (t *csvTable) text(j int) []byte { return t.value(t.fields[j], t.record, &t.scratch) }

// number returns a value. A file with decimal commas and points has numbers of which nobody
// knows how great they are: the first of the second kind is a text.
func (t *csvTable) number(j int) (float64, cell) {
	n := &t.values[(t.at-1)*t.width+t.slots[j]]
	if n.what == isNumber && (n.comma || n.point) {
		t.comma, t.point = t.comma || n.comma, t.point || n.point
		if t.comma && t.point {
			return 0, isText
		}
	}
	return n.v, n.what
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
	line, column := place(t.record, int(t.fields[j].start))
	return &Error{File: t.name, Line: t.line + line - 1, Column: column, Msg: t.h.title(j) + " " + msg}
}

func (t *csvTable) headFault(j int, format string, args ...any) error {
	line, column := place(t.header.record, int(t.header.fields[max(j, 0)].start))
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
