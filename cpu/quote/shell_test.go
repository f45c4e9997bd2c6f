package quote_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"losscape/cpu/quote"
)

// TestShell has shells read words back.
func TestShell(t *testing.T) {
	words := []string{"", " ", "a b", "it's", "''", `"`, `\`, `a\'b`, "$HOME", "$(id)", "`id`", "!!", "*", "?", "[a]", "{a,b}", "~", "~root", "#a", "-", "--", "-rf",
		"a\nb", "\n", "\t", "a;b", "a&b", "a|b", "<a", ">a", "x=1", "%04d", "ä ∇", "\xff\xfe", "\x01\x7f", "é'\n$x", strings.Repeat("'x' ", 1000)}
	for _, shell := range []string{"sh", "bash", "dash"} {
		path, err := exec.LookPath(shell)
		if err != nil {
			continue
		}
		out, err := exec.Command(path, "-c", "printf '%s\\0' "+quote.Command(words...)).Output()
		if err != nil {
			t.Fatal(shell, err)
		}
		got := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
		if len(got) != len(words) {
			t.Fatalf("%s reads %d words, want %d", shell, len(got), len(words))
		}
		for i, w := range words {
			if got[i] != w {
				t.Errorf("%s reads %q, want %q", shell, got[i], w)
			}
		}
	}
}

func ExampleCommand() {
	fmt.Println(quote.Command("losscape", "sweep", "my scene.toml", "--over", "lr=0.1:1:4", "-o", "$F"))
	// Output: losscape sweep 'my scene.toml' --over lr=0.1:1:4 -o '$F'
}
