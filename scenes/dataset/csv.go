package dataset

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

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

// ReadCSV reads a set from CSV text (RFC 4180) whose first record names the
// columns. Spaces around a value do not count. The name is used in errors,
// which are *Error except where reading itself fails.
func ReadCSV(r io.Reader, name string, cols Columns) (*Set, error) {
	br := bufio.NewReader(r)
	if b, err := br.Peek(3); err == nil && string(b) == "\ufeff" { // byte order mark
		br.Discard(3) //nolint:errcheck // just peeked at
	}
	cr := csv.NewReader(br)
	cr.TrimLeadingSpace = true
	cr.ReuseRecord = true
	header, err := cr.Read()
	if err == io.EOF {
		return nil, &Error{File: name, Line: 1, Column: 1, Msg: "empty file, want a first line that names the columns"}
	}
	if err != nil {
		return nil, csvError(name, err)
	}
	header = slices.Clone(header)
	for i := range header {
		header[i] = strings.TrimSpace(header[i])
	}
	fail := func(field int, format string, args ...any) error {
		line, col := cr.FieldPos(field)
		return &Error{File: name, Line: line, Column: col, Msg: fmt.Sprintf(format, args...)}
	}
	column := func(want, role string) (int, error) {
		i := slices.Index(header, want)
		if i < 0 {
			return 0, fail(0, "no column %q for the %s, want one of: %s", want, role, quoted(header))
		}
		if j := slices.Index(header[i+1:], want); j >= 0 {
			return 0, fail(i+1+j, "column %q comes twice, rename one", want)
		}
		return i, nil
	}

	if cols.Label == "" {
		return nil, fail(0, "which column holds the classes? name it as the label, one of: %s", quoted(header))
	}
	label, err := column(cols.Label, "label")
	if err != nil {
		return nil, err
	}
	features, names := []int(nil), cols.Features
	if names == nil {
		for i, h := range header {
			if i != label {
				features = append(features, i)
				names = append(names, h)
			}
		}
	} else {
		for _, h := range names {
			i, err := column(h, "features")
			if err != nil {
				return nil, err
			}
			if i == label {
				return nil, fail(i, "column %q is the label and cannot be a feature too", h)
			}
			if slices.Contains(features, i) {
				return nil, fail(i, "column %q is listed twice as a feature", h)
			}
			features = append(features, i)
		}
	}
	if len(features) == 0 {
		return nil, fail(0, "no feature columns, want at least one")
	}

	var x, y []float64
	seen := classes{positive: cols.Positive}
	for {
		rec, err := cr.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, csvError(name, err)
		}
		for _, f := range features {
			text := strings.TrimSpace(rec[f])
			v, err := strconv.ParseFloat(text, 64)
			switch {
			case text == "":
				return nil, fail(f, "column %q is empty, want a number", header[f])
			case err != nil && !errors.Is(err, strconv.ErrRange):
				return nil, fail(f, "column %q holds %q, want a number (or list the columns to use as features)", header[f], text)
			case !finite(v):
				return nil, fail(f, "column %q holds %q, want a finite number", header[f], text)
			}
			x = append(x, v)
		}
		l, err := seen.label(strings.TrimSpace(rec[label]))
		if err != nil {
			return nil, fail(label, "column %q %v", header[label], err)
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
		return nil, &Error{File: name, Msg: fmt.Sprintf("column %q: %v", header[label], err)}
	}
	return &Set{
		X:        mat.NewDense(len(y), len(features), x),
		Y:        y,
		Features: slices.Clone(names),
	}, nil
}

// csvError turns an error of encoding/csv into an *Error.
func csvError(name string, err error) error {
	var pe *csv.ParseError
	if !errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", name, err)
	}
	msg := pe.Err.Error()
	if errors.Is(pe.Err, csv.ErrFieldCount) {
		msg = "wrong number of fields, want as many as the first line names"
	}
	return &Error{File: name, Line: pe.Line, Column: pe.Column, Msg: msg}
}

// classes turns the texts of a label column into labels and remembers what it
// saw.
type classes struct {
	positive string
	found    bool     // the positive class came
	others   []string // the first few that were not the positive class
}

// label returns 1 if text is the positive class and 0 if not. Without a
// positive class, text must be 0 or 1.
func (c *classes) label(text string) (float64, error) {
	if text == "" {
		return 0, errors.New("is empty, want a class")
	}
	want := c.positive
	if want == "" {
		if !sameClass(text, "0") && !sameClass(text, "1") {
			return 0, fmt.Errorf("holds %q, want 0 or 1 (or say which class is positive)", text)
		}
		want = "1"
	}
	if sameClass(text, want) {
		c.found = true
		return 1, nil
	}
	if len(c.others) < 5 && !slices.Contains(c.others, text) {
		c.others = append(c.others, text)
	}
	return 0, nil
}

// check returns an error if a positive class was named but never came.
func (c *classes) check() error {
	if c.found || c.positive == "" {
		return nil
	}
	return fmt.Errorf("positive class %q never occurs, want one such as %s", c.positive, quoted(c.others))
}

// sameClass reports whether two texts name the same class: the same text or
// the same number.
func sameClass(a, b string) bool {
	if a == b {
		return true
	}
	x, errA := strconv.ParseFloat(a, 64)
	y, errB := strconv.ParseFloat(b, 64)
	return errA == nil && errB == nil && x == y
}

func quoted(names []string) string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = strconv.Quote(n)
	}
	return strings.Join(q, ", ")
}
