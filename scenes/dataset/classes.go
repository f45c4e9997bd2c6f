package dataset

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"

	"losscape/cpu/quote"
)

// classes turns the texts of a label column into labels and remembers what it
// saw. A class is its text, but that true and True are one.
type classes struct {
	positive, negative string
	found, foundOther  bool     // the positive class came, the negative one
	others             []string // the first few that were not the positive class
}

// What a text is as a class.
type classKind int

const (
	isClass      classKind = iota
	isOtherClass           // neither of the two that were named
	noClass                // a missing value
	unknownClass           // not 0 or 1, and none is named
)

// The numbers 0 and 1, as programs write them.
var (
	zero = regexp.MustCompile(`^[+-]?(0+(\.0*)?|\.0+)([eE][+-]?\d+)?$`)
	one  = regexp.MustCompile(`^\+?0*1(\.0*)?([eE][+-]?0+)?$`)
)

// is reports whether a text is a class.
func is(text []byte, class string) bool {
	return string(text) == class ||
		(class == "true" || class == "false") && bytes.EqualFold(text, []byte(class))
}

// label returns 1 if text is the positive class and 0 if it is the negative one. Without
// a positive class, text must be the number 0 or 1, or false or true.
func (c *classes) label(text []byte) (float64, classKind) {
	if c.positive == "" {
		switch {
		case len(text) == 1 && text[0] == '0':
			return 0, isClass
		case len(text) == 1 && text[0] == '1':
			return 1, isClass
		case isMissingText(text):
			return 0, noClass
		case zero.Match(text), is(text, "false"):
			return 0, isClass
		case one.Match(text), is(text, "true"):
			return 1, isClass
		}
		return 0, unknownClass
	}
	if is(text, c.positive) {
		c.found = true
		return 1, isClass
	}
	if c.negative != "" && is(text, c.negative) {
		c.foundOther = true
		return 0, isClass
	}
	if isMissingText(text) {
		return 0, noClass
	}
	if len(c.others) <= quote.Items && !slices.Contains(c.others, string(text)) {
		c.others = append(c.others, string(text))
	}
	if c.negative != "" {
		return 0, isOtherClass
	}
	return 0, isClass
}

// names returns what Set.Classes has. The column's name is empty if it has none.
func (c *classes) names(column string) [2]string {
	switch {
	case c.positive == "" && column == "":
		return [2]string{}
	case c.positive == "":
		return [2]string{column + " = 1", column + " = 0"}
	case c.negative != "":
		return [2]string{c.positive, c.negative}
	case len(c.others) == 1:
		return [2]string{c.positive, c.others[0]}
	}
	return [2]string{c.positive, "not " + c.positive}
}

// check returns an error if a class was named that never came.
func (c *classes) check() error {
	some := c.others[:min(len(c.others), quote.Items)]
	switch {
	case c.positive == "":
		return nil
	case !c.found && c.foundOther:
		return fmt.Errorf("positive class %s never occurs, want one such as %s", quote.Text(c.positive), quote.List(append([]string{c.negative}, some...)))
	case !c.found:
		return fmt.Errorf("positive class %s never occurs, want one such as %s", quote.Text(c.positive), quote.List(some))
	case c.negative != "" && !c.foundOther && len(some) == 0:
		return fmt.Errorf("negative class %s never occurs, there is no class but %s", quote.Text(c.negative), quote.Text(c.positive))
	case c.negative != "" && !c.foundOther:
		return fmt.Errorf("negative class %s never occurs, want one such as %s", quote.Text(c.negative), quote.List(some))
	}
	for _, text := range c.others {
		if !utf8.ValidString(text) {
			return fmt.Errorf("class %s is not UTF-8: save the file as UTF-8", quote.Text(text))
		}
	}
	return nil
}
