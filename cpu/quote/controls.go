package quote

import (
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Controls returns s with what a terminal acts on, other than the end of a line and a tab, written as Go does in
// quotes, such as \x1b: control characters (C0, DEL, C1), marks that change the direction of the
// text (Unicode's Bidi_Control) and bytes that are no UTF-8. Names that come from files could else move the cursor, write over
// what has been said, or call something what it is not.
func Controls(s string) string {
	at := 0
	for at < len(s) {
		r, size := utf8.DecodeRuneInString(s[at:])
		if acts(r, size) {
			break
		}
		at += size
	}
	if at == len(s) {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:at])
	for at < len(s) {
		r, size := utf8.DecodeRuneInString(s[at:])
		if text := s[at : at+size]; acts(r, size) {
			quoted := strconv.QuoteToASCII(text)
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteString(text)
		}
		at += size
	}
	return b.String()
}

// acts reports whether a terminal acts on a character of so many bytes.
func acts(r rune, size int) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r == utf8.RuneError:
		return size == 1
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}

// Printer returns a writer that writes what it is given to w as Controls has it. A character may be in
// several pieces.
func Printer(w io.Writer) io.Writer { return &printer{w: w} }

type printer struct {
	w    io.Writer
	rest []byte // of a character that has not ended
}

func (p *printer) Write(b []byte) (int, error) {
	text := append(p.rest, b...)
	end := len(text)
	for k := 1; k < utf8.UTFMax && k <= len(text); k++ {
		if utf8.RuneStart(text[len(text)-k]) {
			if !utf8.FullRune(text[len(text)-k:]) {
				end = len(text) - k
			}
			break
		}
	}
	p.rest = append([]byte(nil), text[end:]...)
	if end == 0 {
		return len(b), nil
	}
	if _, err := io.WriteString(p.w, Controls(string(text[:end]))); err != nil {
		return 0, err
	}
	return len(b), nil
}
