package dataset

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"losscape/cpu/quote"

	"gonum.org/v1/gonum/mat"
)

// LoadCSV reads a set from a CSV file; see ReadCSV.
func LoadCSV(path string, cols Columns) (*Set, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadCSV(f, path, cols)
}

// ReadCSV reads a set from CSV text (RFC 4180) in UTF-8 whose first record
// names the columns. Spaces around a value do not count. The name is used in
// errors, which are *Error except where reading itself fails.
func ReadCSV(r io.Reader, name string, cols Columns) (*Set, error) {
	cols = cols.trimmed()
	br := bufio.NewReader(r)
	if b, err := br.Peek(3); err == nil && string(b) == "\ufeff" { // byte order mark
		br.Discard(3) //nolint:errcheck // just peeked at
	}
	start, err := br.Peek(br.Size())
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if fault := NotText(start); fault != "" {
		return nil, &Error{File: name, Msg: fault}
	}
	lines := &lineReader{r: br}
	cr := csv.NewReader(lines)
	cr.TrimLeadingSpace = true
	cr.ReuseRecord = true
	fail := func(field int, format string, args ...any) error {
		line, col := cr.FieldPos(field)
		return &Error{File: name, Line: line, Column: col, Msg: fmt.Sprintf(format, args...)}
	}
	next := func() ([]string, error) {
		lines.record = lines.record[:0]
		rec, err := cr.Read()
		if err != nil && err != io.EOF {
			err = csvError(name, err, rec, lines.record)
		}
		return rec, err
	}
	header, err := next()
	if err == io.EOF {
		return nil, &Error{File: name, Line: 1, Column: 1, Msg: "empty file, want a first line that names the columns"}
	}
	if err != nil {
		return nil, err
	}
	header = slices.Clone(header)
	for i := range header {
		header[i] = strings.TrimSpace(header[i])
	}
	if sep, ok := strings.CutPrefix(strings.ToLower(string(lines.record)), "sep="); ok {
		sep = strings.Trim(sep, "\r\n")
		return nil, fail(0, "a line for Excel, sep=%s: the file looks separated by %s, want commas and a first line that names the columns", quote.Cut(sep, quote.Chars), quote.Text(sep))
	}
	if bareCR.Match(lines.record) {
		return nil, &Error{File: name, Msg: oldMac}
	}
	if len(header) == 1 && header[0] != cols.Label {
		sep := separator(header)
		if sep == "" && strings.Contains(header[0], " ") {
			sep = "spaces"
		}
		if sep != "" {
			return nil, fail(0, "looks separated by %s, want commas", sep)
		}
	}
	column := func(want, role string) (int, error) {
		i := slices.Index(header, want)
		if want == "" {
			return 0, fail(0, "a column without a name for the %s, want one of: %s", role, quote.List(header))
		}
		if i < 0 {
			hint := ""
			if sep := separator(header); sep != "" {
				hint = "looks separated by " + sep + ", want commas; "
			}
			return 0, fail(0, "%sno column %s for the %s, want one of: %s", hint, quote.Text(want), role, quote.List(header))
		}
		if j := slices.Index(header[i+1:], want); j >= 0 {
			return 0, fail(i+1+j, "column %s comes twice, rename one", quote.Text(want))
		}
		return i, nil
	}

	if cols.Label == "" {
		return nil, fail(0, "which column holds the classes? name it as the label, one of: %s", quote.List(header))
	}
	label, err := column(cols.Label, "label")
	if err != nil {
		return nil, err
	}
	names := cols.Features
	if names == nil {
		for i, h := range header {
			if i == label {
				continue
			}
			if h == "" {
				return nil, fail(i, "column %d has no name (an index that pandas wrote?), name it or list the columns to use as features", i+1)
			}
			if !utf8.ValidString(h) {
				return nil, fail(i, "column %d has the name %s, which is not UTF-8: save the file as UTF-8", i+1, quote.Text(h))
			}
			names = append(names, h)
		}
	}
	var features []int
	for _, h := range names {
		i, err := column(h, "features")
		if err != nil {
			return nil, err
		}
		if i == label {
			return nil, fail(i, "column %s is the label and cannot be a feature too", quote.Text(h))
		}
		if slices.Contains(features, i) {
			return nil, fail(i, "column %s is listed twice as a feature", quote.Text(h))
		}
		features = append(features, i)
	}
	if len(features) == 0 {
		return nil, fail(0, "no feature columns, want at least one")
	}

	var x, y []float64
	seen := classes{positive: cols.Positive}
	for {
		rec, err := next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		for _, f := range features {
			text := strings.TrimSpace(rec[f])
			v, err := strconv.ParseFloat(text, 64)
			switch {
			case text == "":
				return nil, fail(f, "column %s is empty, want a number", quote.Text(header[f]))
			case err != nil && !errors.Is(err, strconv.ErrRange):
				hint := "a number (or list the columns to use as features)"
				if decimalComma.MatchString(text) {
					hint = "a number without commas, such as 1.5"
				}
				return nil, fail(f, "column %s holds %s, want %s", quote.Text(header[f]), quote.Text(text), hint)
			case !finite(v):
				return nil, fail(f, "column %s holds %s, want a finite number", quote.Text(header[f]), quote.Text(text))
			}
			x = append(x, v)
		}
		l, err := seen.label(strings.TrimSpace(rec[label]))
		if err != nil {
			return nil, fail(label, "column %s %v", quote.Text(header[label]), err)
		}
		y = append(y, l)
		if len(x) > MaxValues {
			return nil, fail(0, "more than %d values", MaxValues)
		}
	}
	if len(y) < 2 {
		return nil, &Error{File: name, Msg: tooFew(len(y)).Error()}
	}
	if err := seen.check(); err != nil {
		return nil, &Error{File: name, Msg: fmt.Sprintf("column %s: %v", quote.Text(header[label]), err)}
	}
	return &Set{
		X:        mat.NewDense(len(y), len(features), x),
		Y:        y,
		Features: names,
		Classes:  seen.names(header[label]),
	}, nil
}

var decimalComma = regexp.MustCompile(`^[+-]?[\d.]*,[\d.,]*$`)

// oldMac says what is wrong with a text of one line for all programs but those
// of old Macs.
const oldMac = "lines end in CR alone, as on old Macs, want LF or CRLF"

var bareCR = regexp.MustCompile(`\r[^\n]`)

// NotText says why bytes from the start of a file are no lines of UTF-8 text,
// in words that begin with what they are; it is empty if they are.
func NotText(start []byte) string {
	utf16 := func(b []byte) bool { // Latin letters
		return len(b) >= 2 && (b[0] == 0) != (b[1] == 0)
	}
	switch {
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")), utf16(start), bytes.HasPrefix(start, []byte("\x00\x00\xfe\xff")):
		return "UTF-16 or UTF-32 text, want UTF-8: save it as UTF-8"
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return "a zip archive (such as .xlsx and .npz), want text"
	case bytes.HasPrefix(start, []byte("\x1f\x8b")):
		return "a gzip archive, want text: unpack it"
	case bytes.HasPrefix(start, []byte("\x93NUMPY")):
		return "an array of NumPy, want text: name it .npy"
	case bytes.IndexByte(start, 0) >= 0:
		return "not text: it has a zero byte"
	case bytes.IndexByte(start, '\r') >= 0 && bytes.IndexByte(start, '\n') < 0:
		return oldMac
	}
	return ""
}

// separator returns what seems to be between the names of columns, in place of
// commas: what comes as often as commas do, or more. It is empty if they are
// fine.
func separator(header []string) string {
	text := strings.Join(header, ",")
	for _, sep := range []struct{ text, name string }{{";", `";"`}, {"\t", "tabs"}, {"|", `"|"`}} {
		if n := strings.Count(text, sep.text); n > 0 && n >= len(header) {
			return sep.name
		}
	}
	return ""
}

// lineReader gives csv.Reader one line at a time, so that it has read no more
// than its record, and keeps the record's text.
type lineReader struct {
	r      *bufio.Reader
	record []byte
}

func (l *lineReader) Read(p []byte) (int, error) {
	if _, err := l.r.Peek(1); err != nil {
		return 0, err
	}
	b, _ := l.r.Peek(min(l.r.Buffered(), len(p)))
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		b = b[:i+1]
	}
	l.record = append(l.record, b...)
	n := copy(p, b)
	_, err := l.r.Discard(n)
	return n, err
}

// csvError turns an error of encoding/csv about a record, as far as that was
// parsed, into an *Error.
func csvError(name string, err error, rec []string, text []byte) error {
	var pe *csv.ParseError
	if !errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", name, err)
	}
	e := &Error{File: name, Line: pe.Line, Column: pe.Column, Msg: pe.Err.Error()}
	switch {
	case errors.Is(pe.Err, csv.ErrFieldCount):
		e.Msg = "wrong number of fields, want as many as the first line names"
		if sep := separator(rec); sep != "" {
			e.Msg += "; looks separated by " + sep
		} else if bareCR.Match(text) {
			e.Msg += "; it has a CR that ends no line"
		}
	case errors.Is(pe.Err, csv.ErrQuote):
		e.Line, e.Column = opening(text, pe)
		e.Msg = `the quote that opens here does not close at the end of its field (a quote in a quoted field is doubled, "")`
	}
	return e
}

// opening returns where the quote opens whose field has the error; text is the
// record's.
func opening(text []byte, pe *csv.ParseError) (line, column int) {
	text = bytes.TrimLeft(text, "\r\n") // empty lines, which are no records
	end := 0                            // offset of the error
	for range pe.Line - pe.StartLine {
		end += bytes.IndexByte(text[end:], '\n') + 1
	}
	text = text[:min(len(text), end+max(0, pe.Column-1))]
	at, open := 0, false
	for i, c := range text {
		if c != '"' {
			continue
		}
		if open = !open; open && (i == 0 || text[i-1] != '"') {
			at = i
		}
	}
	before := text[:at]
	return pe.StartLine + bytes.Count(before, []byte("\n")), at - bytes.LastIndexByte(before, '\n')
}

// classes turns the texts of a label column into labels and remembers what it
// saw. A class is its text.
type classes struct {
	positive string
	found    bool     // the positive class came
	others   []string // the first few that were not the positive class
}

// The numbers 0 and 1, as programs write them.
var (
	zero = regexp.MustCompile(`^[+-]?(0+(\.0*)?|\.0+)([eE][+-]?\d+)?$`)
	one  = regexp.MustCompile(`^\+?0*1(\.0*)?([eE][+-]?0+)?$`)
)

// label returns 1 if text is the positive class and 0 if not. Without a
// positive class, text must be the number 0 or 1.
func (c *classes) label(text string) (float64, error) {
	switch {
	case text == "":
		return 0, errors.New("is empty, want a class")
	case c.positive == "" && (text == "0" || text != "1" && zero.MatchString(text)):
		return 0, nil
	case c.positive == "" && (text == "1" || one.MatchString(text)):
		return 1, nil
	case c.positive == "":
		return 0, fmt.Errorf("holds %s, want 0 or 1 (or say which class is positive)", quote.Text(text))
	case text == c.positive:
		c.found = true
		return 1, nil
	}
	if len(c.others) <= quote.Items && !slices.Contains(c.others, text) {
		c.others = append(c.others, text)
	}
	return 0, nil
}

// names returns what Set.Classes has. The column's name is empty if it has none.
func (c *classes) names(column string) [2]string {
	switch {
	case c.positive == "" && column == "":
		return [2]string{}
	case c.positive == "":
		return [2]string{column + " = 1", column + " = 0"}
	case len(c.others) == 1:
		return [2]string{c.positive, c.others[0]}
	}
	return [2]string{c.positive, "not " + c.positive}
}

// check returns an error if a positive class was named that never came, or
// none but it.
func (c *classes) check() error {
	switch {
	case c.positive == "":
		return nil
	case !c.found:
		return fmt.Errorf("positive class %s never occurs, want one such as %s", quote.Text(c.positive), quote.List(c.others[:min(len(c.others), quote.Items)]))
	case len(c.others) == 0:
		return fmt.Errorf("every sample is of the positive class %s, want another class too", quote.Text(c.positive))
	}
	return nil
}
