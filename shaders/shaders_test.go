package shaders

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

var tree = fstest.MapFS{
	"a.comp":    {Data: []byte("#version 430 core\n#include \"b.glsl\"\n#include \"b.glsl\"\nvoid main() {\n  f();\n}\n")},
	"b.glsl":    {Data: []byte("#include \"c.glsl\"\nvoid f() { g(); }\n")},
	"c.glsl":    {Data: []byte("void g() {}\n")},
	"loop.comp": {Data: []byte("#version 430 core\n#include \"l.glsl\"\n")},
	"l.glsl":    {Data: []byte("#include \"l2.glsl\"\n")},
	"l2.glsl":   {Data: []byte("#include \"l.glsl\"\n")},
	"none.comp": {Data: []byte("void main() {}\n")},
	"miss.comp": {Data: []byte("#version 430 core\n#include \"nowhere.glsl\"\n")},
}

func TestExpand(t *testing.T) {
	src, err := Expand(tree, "a.comp", Defines{"K": 16, "A": true, "F": 2.0, "U": uint32(7), "S": "vec2(1)"})
	if err != nil {
		t.Fatal(err)
	}
	want := "#version 430 core\n#define A 1\n#define F 2.0\n#define K 16\n#define S vec2(1)\n#define U 7u\n" +
		"void g() {}\nvoid f() { g(); }\nvoid main() {\n  f();\n}\n"
	if src.Text != want {
		t.Errorf("got\n%s\nwant\n%s", src.Text, want)
	}
	for _, w := range []struct {
		line int
		file string
		n    int
	}{{1, "a.comp", 1}, {7, "c.glsl", 1}, {8, "b.glsl", 2}, {10, "a.comp", 5}} {
		if f, n := src.Where(w.line); f != w.file || n != w.n {
			t.Errorf("line %d is at %s:%d, want %s:%d", w.line, f, n, w.file, w.n)
		}
	}
}

// A pattern includes all files that match it, in their order.
func TestExpandPattern(t *testing.T) {
	src, err := Expand(fstest.MapFS{
		"a.comp":   {Data: []byte("#version 430 core\n#include \"x_*.glsl\"\n#include \"none_*.glsl\"\n")},
		"x_2.glsl": {Data: []byte("int two;\n")},
		"x_1.glsl": {Data: []byte("int one;\n")},
	}, "a.comp", nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := "#version 430 core\nint one;\nint two;\n"; src.Text != want {
		t.Errorf("got\n%s\nwant\n%s", src.Text, want)
	}
}

func TestExpandErrors(t *testing.T) {
	for name, want := range map[string]string{
		"loop.comp": "l.glsl includes itself: loop.comp > l.glsl > l2.glsl > l.glsl",
		"none.comp": "none.comp has no #version line",
		"miss.comp": "nowhere.glsl, included from miss.comp",
		"gone.comp": "gone.comp",
	} {
		_, err := Expand(tree, name, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if _, err := Expand(tree, "a.comp", Defines{"X": struct{}{}}); err == nil {
		t.Error("a struct was taken as a constant")
	}
}

func TestAnnotate(t *testing.T) {
	src, err := Expand(tree, "a.comp", nil)
	if err != nil {
		t.Fatal(err)
	}
	for log, want := range map[string]string{
		"0:3(14): error: no function":       "b.glsl:2:14: error: no function\n    void f() { g(); }",
		"0(5) : error C1008: undefined":     "a.comp:5: error C1008: undefined\n    f();",
		"ERROR: 0:2: 'g' : no such thing\n": "ERROR: c.glsl:1: 'g' : no such thing\n    void g() {}",
		"linking failed":                    "linking failed",
	} {
		if got := src.Annotate(log); got != want {
			t.Errorf("%q became\n%s\nwant\n%s", log, got, want)
		}
	}
}

// Every embedded shader expands, so that a broken include is found without a
// device.
func TestEmbeddedFilesExpand(t *testing.T) {
	err := fs.WalkDir(Files(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, ".glsl") {
			return err
		}
		_, err = Load(name, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
