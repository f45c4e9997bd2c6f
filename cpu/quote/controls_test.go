package quote

import (
	"strings"
	"testing"
)

func TestControls(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "",
		"plain, é, 日本, 😀\n\ttab":  "plain, é, 日本, 😀\n\ttab",
		"\x1b]0;title\a\x1b[2J":   `\x1b]0;title\a\x1b[2J`,
		"over\rwritten\b\x7f":     `over\rwritten\b\x7f`,
		"\u009b2J":                `\u009b2J`,
		"\x9b2J\xff":              `\x9b2J\xff`,
		"gpj.\u202egnp \u2066a":   `gpj.\u202egnp \u2066a`,
		"family \U0001f468\u200d": "family \U0001f468\u200d", // a joiner is no control
		"\ufffd":                  "\ufffd",
	} {
		if got := Controls(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
		// In pieces of every size, but for a character that never ends.
		for size := 1; size <= len(in); size++ {
			var b strings.Builder
			w := Printer(&b)
			for at := 0; at < len(in); at += size {
				w.Write([]byte(in[at:min(at+size, len(in))]))
			}
			w.Write([]byte("."))
			if b.String() != want+"." {
				t.Errorf("%q in pieces of %d: %s, want %s.", in, size, &b, want)
			}
		}
	}
}
