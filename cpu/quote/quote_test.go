package quote_test

import (
	"fmt"
	"strings"
	"testing"

	"losscape/cpu/quote"
)

func TestText(t *testing.T) {
	forty := strings.Repeat("ä", 40)
	for in, want := range map[string]string{
		"":           `""`,
		`a "b"`:      `"a \"b\""`,
		forty:        `"` + forty + `"`,
		forty + "x":  `"` + forty + `"…`,
		"\xff\xfex":  `"\xff\xfex"`,
		"1 000…":     `"1 000…"`,
		forty + "……": `"` + forty + `"…`,
	} {
		if got := quote.Text(in); got != want {
			t.Errorf("Text(%q) = %s, want %s", in, got, want)
		}
	}
	if got := quote.Text(strings.Repeat("\x00", 1<<20)); len(got) > 200 {
		t.Errorf("%d bytes of a long text", len(got))
	}
}

func ExampleList() {
	fmt.Println(quote.List([]string{"x", "y"}))
	fmt.Println(quote.List([]string{"a", "b", "c", "d", "e", "f", "g"}))
	fmt.Println(quote.Words([]string{"a", "b", "c", "d", "e", "f"}))
	fmt.Println(quote.List(nil) == "")
	// Output:
	// "x", "y"
	// "a", "b", "c", "d", "e" and 2 more
	// a, b, c, d, e and 1 more
	// true
}
