// Package quote writes what a user gave into an error, at a length that keeps
// the error one line that people read: an input may be megabytes long. Whole, it
// writes it as words of a shell's command.
package quote

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What is quoted at most.
const (
	Chars = 40 // of a text
	Items = 5  // of a list
)

// Text returns s in quotes, as strconv.Quote writes them. Of a longer s it
// quotes the first Chars characters, with "…" behind them.
func Text(s string) string {
	short := Cut(s, Chars)
	if short == s {
		return strconv.Quote(s)
	}
	return strconv.Quote(strings.TrimSuffix(short, "…")) + "…"
}

// List returns the texts in quotes with commas between them. Of a longer list
// it names the first Items and says how many there are more.
func List(texts []string) string {
	quoted := make([]string, 0, Items)
	for _, t := range texts[:min(len(texts), Items)] {
		quoted = append(quoted, Text(t))
	}
	return more(quoted, len(texts))
}

// Words is List without quotes, for names that need none.
func Words(texts []string) string {
	words := make([]string, 0, Items)
	for _, t := range texts[:min(len(texts), Items)] {
		words = append(words, Cut(t, Chars))
	}
	return more(words, len(texts))
}

func more(words []string, of int) string {
	s := strings.Join(words, ", ")
	if of > len(words) {
		s += fmt.Sprintf(" and %d more", of-len(words))
	}
	return s
}

// Cut returns s, or its first n characters with "…" behind them if it is
// longer.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	end := 0
	for range n {
		_, size := utf8.DecodeRuneInString(s[end:])
		if end += size; end == len(s) {
			return s
		}
	}
	return s[:end] + "…"
}
