package dataset

import (
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Survey is what is in the columns of a file, for who has to choose some.
type Survey struct {
	Rows        int
	Columns     []Column
	LastIsLabel bool // the columns have no names, and the last one is the label unless one is named
}

// Column is a column of a file.
type Column struct {
	Name  string // "" of one without
	Ref   string // what Columns call it: its name, or its index where it has none
	Twice bool   // another column has the name, too
	Bad   string // why it can be neither a feature nor the label; of such a column nothing else is known

	Numbers, Missing, Texts int // rows that hold a number, a missing value, anything else
	Infinite                int // of Numbers

	Counts   bool    // it counts the rows, from 0 or from 1
	Rises    bool    // each value is a number above the one before
	Min, Max float64 // of its finite numbers

	// Levels are the texts that differ, without missing ones, in the order in which
	// categorical columns have them; nil if there are more than MaxSurveyLevels, or one is too long.
	Levels []Level

	start float64 // of Counts
	last  float64
	codes []uint8 // of the rows, as they came: noCode of a missing value
	index map[string]uint8
}

// Level is a text of a column, and in how many rows it is.
type Level struct {
	Text string
	Rows int
}

// MaxSurveyLevels is how many levels of a column a Survey lists.
const MaxSurveyLevels = 20

const noCode = 0xff

// Examine looks at all columns of a file, as Load reads them.
func Examine(path string) (s *Survey, err error) {
	err = with(path, func(t table) (err error) {
		s, err = examine(t)
		return err
	})
	return s, err
}

func examine(t table) (*Survey, error) {
	h := t.heads()
	s := &Survey{Columns: make([]Column, h.n), LastIsLabel: t.lastIsLabel()}
	var good []int
	for j := range s.Columns {
		c := &s.Columns[j]
		*c = Column{Ref: strconv.Itoa(j), Bad: t.bad(j), Counts: true, Rises: true, start: math.NaN(), last: math.Inf(-1),
			Min: math.Inf(1), Max: math.Inf(-1), index: map[string]uint8{}}
		if h.names != nil && h.names[j] != "" {
			c.Name, c.Ref = h.names[j], h.names[j]
			c.Twice = slices.Index(h.names, c.Name) != j || h.second(j) >= 0
		}
		if c.Bad == "" {
			good = append(good, j)
		}
	}
	if err := t.use(good, good); err != nil {
		return nil, err
	}
	for ; ; s.Rows++ {
		err := t.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		for _, j := range good {
			v, what := t.number(j)
			s.Columns[j].look(s.Rows, v, what, t.text(j), s.Rows < maxCodes/len(good))
		}
	}
	for j := range s.Columns {
		s.Columns[j].finish()
	}
	return s, nil
}

// maxCodes is how many codes of levels are kept, a byte each, to find columns that say the same: of more rows, those
// of the first ones. A packed file has a thousand rows for each of its bytes.
const maxCodes = 1 << 30

// look takes in the value of a row, and keeps the code of its level if asked.
func (c *Column) look(row int, v float64, what cell, text []byte, keep bool) {
	switch {
	case what == isNumber && math.IsInf(v, 0):
		c.Numbers++
		c.Infinite++
	case what == isNumber:
		c.Numbers++
		c.Min, c.Max = min(c.Min, v), max(c.Max, v)
	case what == isMissing:
		c.Missing++
	default:
		c.Texts++
	}
	start := v - float64(row)
	c.Counts = c.Counts && what == isNumber && (start == 0 || start == 1) && (row == 0 || start == c.start)
	c.Rises = c.Rises && what == isNumber && v > c.last
	c.start, c.last = start, v
	if c.index == nil {
		return
	}
	if what == isMissing {
		if keep {
			c.codes = append(c.codes, noCode)
		}
		return
	}
	code, known := c.index[string(text)]
	if !known {
		if len(c.index) == MaxSurveyLevels || len(text) > maxText || !utf8.Valid(text) {
			c.index, c.codes, c.Levels = nil, nil, nil
			return
		}
		code = uint8(len(c.index))
		c.index[string(text)] = code
		c.Levels = append(c.Levels, Level{Text: string(text)})
	}
	c.Levels[code].Rows++
	if keep {
		c.codes = append(c.codes, code)
	}
}

// finish puts the levels in their order.
func (c *Column) finish() {
	if c.Bad != "" || c.index == nil {
		c.Levels, c.codes, c.index = nil, nil, nil
		return
	}
	order := make([]level, len(c.Levels))
	for i, l := range c.Levels {
		order[i] = level{l.Text, i}
	}
	sortLevels(order)
	sorted, to := make([]Level, len(order)), make([]uint8, len(order))
	for i, l := range order {
		sorted[i], to[l.code] = c.Levels[l.code], uint8(i)
	}
	for i, code := range c.codes {
		if code != noCode {
			c.codes[i] = to[code]
		}
	}
	c.Levels, c.index = sorted, nil
}

// Binary reports whether the levels are the numbers 0 and 1, or false and true, so that
// the column is a label without a positive class.
func (c *Column) Binary() bool {
	var none classes
	for _, l := range c.Levels {
		if _, what := none.label([]byte(l.Text)); what != isClass {
			return false
		}
	}
	return len(c.Levels) > 0
}

// Same reports whether two columns say the same: each has two levels or more, and each
// level of one goes with one of the other, in all rows where neither is missing. Of few
// rows, fewer than two for a level, that would be no wonder.
func (s *Survey) Same(a, b int) bool {
	x, y := &s.Columns[a], &s.Columns[b]
	if len(x.Levels) < 2 || len(x.Levels) != len(y.Levels) || s.Rows < 2*len(x.Levels) {
		return false
	}
	to, from := slices.Repeat([]int{-1}, len(x.Levels)), slices.Repeat([]int{-1}, len(y.Levels))
	for i, code := range x.codes {
		k, l := code, y.codes[i]
		if k == noCode || l == noCode {
			continue
		}
		if to[k] < 0 && from[l] < 0 {
			to[k], from[l] = int(l), int(k)
		}
		if to[k] != int(l) || from[l] != int(k) {
			return false
		}
	}
	return !slices.Contains(to, -1)
}

// Title calls the column in texts.
func (c *Column) Title() string {
	if c.Name == "" {
		return "column " + c.Ref
	}
	return strings.Join(strings.Fields(c.Name), " ")
}
