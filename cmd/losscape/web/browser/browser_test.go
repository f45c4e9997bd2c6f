package browser_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"losscape/cmd/losscape/web/browser"
)

func TestMain(m *testing.M) { os.Exit(browser.Main(m)) }

// TestFaults wants all that a page should not do to be seen: what it writes to the console, exceptions,
// promises that fail, and requests to others.
func TestFaults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.html")
	const page = `<!DOCTYPE html><title>Faults</title><link rel="icon" href="data:,"><body><script>
		console.warn("a warning", 7);
		setTimeout(() => { throw new Error("an exception"); });
		Promise.reject(new Error("a promise"));
		fetch("http://127.0.0.1:1/host").catch(() => {}).finally(() => { document.title = "done"; });
	</script>`
	if err := os.WriteFile(path, []byte(page), 0o666); err != nil {
		t.Fatal(err)
	}
	p := browser.Open(t, browser.FileURL(path), browser.View{Width: 200, Height: 100})
	p.Wait(`document.title === "done"`)
	p.Settle()
	faults := strings.Join(p.Faults(), "\n")
	for _, want := range []string{"a warning", "an exception", "a promise", "a request to http://127.0.0.1:1/host"} {
		if !strings.Contains(faults, want) {
			t.Errorf("no %q among the faults:\n%s", want, faults)
		}
	}
	p.Go(browser.FileURL(path) + "#again")
	p.Wait(`document.title === "done"`)
	p.Settle()
	if len(p.Faults()) == 0 {
		t.Error("a page that is opened again has no faults")
	}
}
