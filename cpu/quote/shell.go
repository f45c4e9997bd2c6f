package quote

import "strings"

// Shell returns s as one word of a POSIX shell's command, which the shell reads as s: as it is
// if nothing in it means anything to a shell, else in single quotes. A text with a byte 0 is no
// word of any shell, nor an argument of a program.
func Shell(s string) string {
	if s != "" && !strings.ContainsFunc(s, special) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Command returns the words as a line that a shell reads as these words.
func Command(words ...string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = Shell(w)
	}
	return strings.Join(quoted, " ")
}

// special reports whether a character may mean something to a shell. All but these letters,
// digits and marks count as such.
func special(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_=:,./+%@", r))
}
