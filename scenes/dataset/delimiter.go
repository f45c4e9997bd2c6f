package dataset

import (
	"bytes"
	"regexp"
	"slices"

	"losscape/cpu/quote"
)

// delimiters are what may stand between values, and their names.
var delimiters = []struct {
	char byte
	name string
}{{',', `","`}, {';', `";"`}, {'\t', "tabs"}, {'|', `"|"`}}

func (t *csvTable) setDelimiter(d byte) {
	t.delimiter = d
	t.stops = [256]bool{'\n': true, '\r': true, '"': true}
	t.stops[d] = true
}

// excelLine names the delimiter, as Excel reads and writes it.
var excelLine = regexp.MustCompile(`^"?(?i:sep)=(\\t|[^\r\n"]*)"?(\r\n|\r|\n|$)`)

// namedDelimiter takes the delimiter from a first line sep=; and skips that.
func (t *csvTable) namedDelimiter() (bool, error) {
	m := excelLine.FindSubmatch(t.buf[:min(t.end, 80)])
	if m == nil {
		return false, nil
	}
	name := string(m[1])
	if name == `\t` {
		name = "\t"
	}
	for _, d := range delimiters {
		if name == string(d.char) {
			t.setDelimiter(d.char)
			t.pos, t.lines = len(m[0]), 1
			return true, nil
		}
	}
	return false, &Error{File: t.name, Line: 1, Column: 1, Msg: "values are separated by " + quote.Text(name) + ", want commas, semicolons, tabs or bars"}
}

// lookedAt is how many records are looked at for their delimiter.
const lookedAt = 50

// findDelimiter returns what separates the values in the window: what gives each record
// as many fields as the header, two at least. Of several, the one is taken with the
// fewest values that hold another, and then the one with the most fields. Where none
// does, it is what comes most often in the header.
func (t *csvTable) findDelimiter() byte {
	best, stray, most := byte(0), 0, 0
	for _, d := range delimiters {
		t.setDelimiter(d.char)
		fields, s := t.try()
		if fields < 2 {
			continue
		}
		if best == 0 || s < stray || s == stray && fields > most {
			best, stray, most = d.char, s, fields
		}
	}
	if best != 0 {
		return best
	}
	best, most = ',', 0
	for _, d := range delimiters {
		t.setDelimiter(d.char)
		if header := t.first(); len(header) > most && len(header) > 1 {
			best, most = d.char, len(header)
		}
	}
	return best
}

// first returns the fields of the header, nil if it is not all in the window.
func (t *csvTable) first() []field {
	for b := t.buf[t.pos:t.end]; len(b) > 0; {
		n, err := skip(b, t.eof)
		if err != nil {
			return nil
		}
		if n == 0 {
			_, fields, err := t.scan(b, t.eof, nil)
			if err != nil {
				return nil
			}
			return fields
		}
		b = b[n:]
	}
	return nil
}

// try returns how many fields the records in the window have with the delimiter, 0 if
// not all have the same number, and how many values hold another delimiter.
func (t *csvTable) try() (fields, stray int) {
	var row []field
	for b, k := t.buf[t.pos:t.end], 0; len(b) > 0 && k < lookedAt; {
		n, err := skip(b, t.eof)
		if err != nil {
			break
		}
		if n == 0 {
			n, row, err = t.scan(b, t.eof, row[:0])
			if err == errShort {
				break
			}
			if err != nil || fields > 0 && len(row) != fields {
				return 0, 0
			}
			if k++; k > 1 {
				stray += t.strays(b, row)
			}
			fields = len(row)
		}
		b = b[n:]
	}
	return fields, stray
}

// strays returns how many values without quotes hold another delimiter, the decimal comma
// of a number aside.
func (t *csvTable) strays(record []byte, row []field) int {
	n := 0
	for _, f := range row {
		v := record[f.from:f.to]
		other := slices.ContainsFunc([]byte(",;\t|"), func(c byte) bool { return bytes.IndexByte(v, c) >= 0 })
		if !other || f.quoted {
			continue
		}
		if parseNumber(bytes.TrimSpace(v), t.delimiter == ';', &t.scratch).what != isNumber {
			n++
		}
	}
	return n
}

// otherDelimiter names what seems to separate the values of a record in place of the
// delimiter, and is empty if nothing does.
func (t *csvTable) otherDelimiter() string {
	if len(t.fields) > 1 {
		return ""
	}
	for _, d := range delimiters {
		if d.char != t.delimiter && bytes.Count(t.record, []byte{d.char}) >= t.h.n-1 && t.h.n > 1 {
			return d.name
		}
	}
	return ""
}
