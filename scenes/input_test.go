package scenes_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"losscape/scenes"
)

// TestText reads scenes that editors and shells write in their own ways.
func TestText(t *testing.T) {
	for _, name := range []string{"", "\ufeff"} {
		s, err := scenes.Decode("small.toml", []byte(name+minimal))
		if err != nil {
			t.Fatal(err)
		}
		if s.Source != minimal {
			t.Errorf("source %q, want the scene's text", s.Source)
		}
	}
	if _, err := scenes.Decode("small.toml", []byte("\ufeffx = 1")); err == nil || !strings.HasPrefix(err.Error(), "small.toml:1:1: x: unknown key") {
		t.Errorf("behind a byte order mark: %v", err)
	}
	utf16 := func(first, text string) string {
		for _, c := range text {
			first += string(c) + "\x00"
		}
		return first
	}
	for src, want := range map[string]string{
		utf16("\xff\xfe", minimal):                               "UTF-16 or UTF-32 text, want UTF-8: save it as UTF-8",
		utf16("", minimal):                                       "UTF-16 or UTF-32 text, want UTF-8: save it as UTF-8",
		strings.ReplaceAll(minimal, "\n", "\r"):                  "lines end in CR alone, as on old Macs, want LF or CRLF",
		"PK\x03\x04" + minimal:                                   "a zip archive (such as .xlsx and .npz), want text",
		minimal + "title = \"a\x00\"\n":                          "not text: it has a zero byte",
		strings.ReplaceAll(minimal, "\n", "\n ") + "\rtitle = 1": "not valid TOML",
	} {
		if _, err := scenes.Decode("s.toml", []byte(src)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.20q: %v, want %q", src, err, want)
		}
	}
	if _, err := scenes.Decode("s.toml", []byte(strings.ReplaceAll(minimal, "\n", "\r\n"))); err != nil {
		t.Errorf("CRLF: %v", err)
	}
	s, err := scenes.Load("one-mode")
	if err != nil {
		t.Fatal(err)
	}
	if src, _ := scenes.Source("one-mode"); s.Source != string(src) {
		t.Error("the source of a built-in scene is not its text")
	}
}

// TestPositive checks that a class is its text in a scene too.
func TestPositive(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "points.csv"), "x,y\n1,1.0\n2,1\n3,1e5\n4,100000\n5,a\n6,inf\n")
	for positive, row := range map[string]int{
		`1.0`: 0, `"1.0"`: 0, `1`: 1, `" 1 "`: 1, `1e5`: 2, `100_000`: 3, `" a"`: 4, `inf`: 5,
	} {
		want := make([]float64, 6)
		want[row] = 1
		for _, form := range []string{"[data]\nfile = \"points.csv\"\nlabel = \"y \"\npositive = %s\n", "data = { label = \" y\", file = \"points.csv\", positive = %s}\n"} {
			s, err := scenes.Decode(filepath.Join(dir, "s.toml"), fmt.Appendf(nil, form, positive))
			if err != nil {
				t.Errorf("positive = %s: %v", positive, err)
			} else if !slices.Equal(s.Problem.Y, want) {
				t.Errorf("positive = %s: labels %v, want %v", positive, s.Problem.Y, want)
			}
		}
	}
	_, err := scenes.Decode(filepath.Join(dir, "s.toml"), []byte("[data]\nfile = \"points.csv\"\nlabel = \"y\"\npositive = \" \"\n"))
	if err == nil || !strings.Contains(err.Error(), "s.toml:4:12: data.positive: empty, want the class of label 1") {
		t.Errorf("positive of spaces: %v", err)
	}
}

// TestLongInputs checks that an error quotes no more of an input than people
// read.
func TestLongInputs(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "points.csv"), "x,y\n1,0\n2,1\n")
	const generated = "[data]\ngenerate = \"gaussian\"\nclasses = [{ label = 1, parts = [{ mean = 1, std = 1, n = 9 }] }]\n"
	for _, text := range []string{
		"%s = 1",
		"\"%s\" = 1\n\"%[1]s\" = 1",
		"[%s]",
		"title = \"%s",
		"title = %s",
		"[data]\ngenerate = \"%s\"\n",
		"[data]\nfile = \"points.%s\"\nlabel = \"y\"",
		"[data]\nfile = \"points.csv\"\nlabel = \"%s\"",
		"[data]\nfile = \"points.csv\"\nlabel = \"y\"\npositive = \"%s\"",
		"[data]\nfile = \"points.csv\"\nlabel = \"y\"\nfeatures = [\"%s\"]",
		generated + "[[run]]\noptimizer = \"%s\"",
		generated + "[[run]]\n%s = 1",
		generated + "[film]\ntheme = \"%s\"",
		generated + "[film]\npanels = [\"%s\"]",
		generated + "[film]\nlayout = [[\"%s\"]]",
		generated + "[path]\ncolors = [\"%s\"]",
		generated + "[camera]\npath = \"%s\"\nkey = [{ frame = 0 }]",
		generated + "[ensemble]\nover = [\"%s\"]",
		generated + "[ensemble]\nover = [\"%s=1\"]",
		generated + "[ensemble]\nover = [\"lr=%s\"]",
		generated + "[ensemble]\nover = [\"lr=1:2:%s\"]",
		generated + "[ensemble]\nover = [\"lr=1:2:3:%s\"]",
		generated + "[ensemble]\nover = [\"w1=1:2:3\"]\ncolor = \"%s\"",
		generated + "[map]\nover = [\"lr=1:2:3\", \"l2=1:2:3\"]\nof = \"%s\"",
	} {
		for _, long := range []string{strings.Repeat("a", 1<<17), strings.Repeat("9", 1<<17)} {
			_, err := scenes.Decode(filepath.Join(dir, "s.toml"), fmt.Appendf(nil, text, long))
			if err == nil {
				t.Errorf("%q: no error", text)
			} else if n := len(strings.ReplaceAll(err.Error(), dir, "")); n > 900 || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: an error of %d bytes: %.300s", text, n, err)
			}
		}
	}
}

// TestTooLong refuses to read a file without an end, or one that is no scene.
func TestTooLong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long.toml")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(scenes.MaxText+1), f.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := scenes.Load(path); err == nil || !strings.Contains(err.Error(), "more than 4 MB") {
		t.Errorf("error %v, want one that says how long a scene may be", err)
	}
}

// TestCrowded refuses texts of a few MB that have far too many keys, or too deep ones, at the first that is unknown: the
// decoder would take minutes, or a gigabyte.
func TestCrowded(t *testing.T) {
	var keys strings.Builder
	for i := 0; keys.Len() < 3<<20; i++ {
		fmt.Fprintf(&keys, "k%d=1\n", i)
	}
	inline := strings.ReplaceAll(strings.TrimSpace(keys.String()), "\n", ",")
	for name, c := range map[string]struct{ text, want string }{
		"keys":          {keys.String(), `unknown key "k0"`},
		"an inline one": {"loss = {" + inline + "}", `unknown key "k0" in loss`},
		"a deep key":    {"a" + strings.Repeat(".a", 3<<19) + " = 1", `unknown key "a"`},
		"a deep table":  {"[a" + strings.Repeat(".a", 3<<19) + "]", `unknown key "a"`},
		"tables":        {"[" + strings.ReplaceAll(strings.TrimSpace(strings.ReplaceAll(keys.String(), "=1", "")), "\n", "]\n[") + "]", `unknown key "k0"`},
		"no TOML":       {strings.Repeat("# a comment\n", 6000) + "title = [", "not valid TOML"},
		"brackets":      {"title = " + strings.Repeat("[", 3<<20), "nested more than"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := scenes.Decode("s.toml", []byte(c.text))
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %.200v, want %s", name, err, c.want)
		}
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 512 {
			t.Errorf("%s take %d MB", name, took)
		}
	}
}
