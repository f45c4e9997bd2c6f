package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"losscape/scenes"
)

// rooms says which packages of the module each one may import. It is the
// house's table, as in the README: data flows from scene to result to picture to
// file, and the reference knows nobody.
var rooms = map[string][]string{
	"gpu/film/atomicfile": {},
	"cpu":                 {"cpu/quote"},
	"cpu/agree":           {},
	"cpu/isoline":         {},
	"cpu/quote":           {},
	"scenes":              {"cpu", "cpu/quote", "scenes/dataset"},
	"scenes/dataset":      {"cpu/quote", "scenes/dataset/parquetfile"},
	"scenes/display":      {"scenes/letters"},
	"scenes/draft":        {"cpu", "cpu/quote", "scenes", "scenes/dataset"},
	"scenes/figure":       {"cpu", "cpu/isoline", "scenes", "scenes/display", "scenes/letters", "scenes/palette", "scenes/scale"},
	"scenes/known":        {"cpu", "scenes/dataset"},
	"scenes/letters":      {},
	"scenes/palette":      {"cpu"},
	"scenes/scale":        {"cpu"},
	"shaders":             {},
	"gpu":                 {"shaders"},
	"gpu/egl":             {"gpu"},
	"gpu/window":          {"gpu"},
	"gpu/gputest":         {"gpu", "gpu/egl", "shaders"},
	"gpu/windowtest":      {"gpu", "gpu/window"},
	"gpu/compute":         {"gpu", "cpu", "shaders"},
	"gpu/verify":          {"gpu", "gpu/compute", "cpu", "cpu/agree"},
	"gpu/draw":            {"gpu", "cpu", "scenes", "scenes/display", "scenes/figure", "scenes/letters", "scenes/palette", "scenes/scale", "shaders"},
	"gpu/film":            {"gpu", "gpu/film/atomicfile", "gpu/film/pngdpi", "gpu/film/splice"},
	"gpu/film/pngdpi":     {},
	"gpu/film/splice":     {},
	"cmd/losscape":        {"*"},
	"cmd/losscape/table":  {"cpu", "cpu/quote", "cmd/losscape/meta", "cmd/losscape/netcdf", "cmd/losscape/npfmt", "scenes/dataset/parquetfile"},
	"cmd/losscape/model":  {"cpu", "scenes", "scenes/figure", "scenes/letters", "scenes/palette", "scenes/scale"},
	"cmd/losscape/web":    {"cpu", "scenes", "scenes/figure", "scenes/palette", "scenes/scale"},
	"cmd/losscape/export": {"cpu/isoline", "gpu/film/pngdpi", "scenes/display", "scenes/letters"},
	"cmd/losscape/npfmt":  {},
	"cmd/losscape/netcdf": {},
	"cmd/losscape/vti":    {},
	"cmd/losscape/meta":   {"cpu"},
	"cmd/losscape/store":  {"cpu/quote", "gpu/film/atomicfile"},
	"cmd/losscape/view":   {"cpu", "scenes", "scenes/scale"},
	"cmd/losscape/viewer": {"gpu/film/atomicfile", "cmd/losscape/view", "cpu", "scenes", "scenes/figure", "scenes/scale", "gpu", "gpu/draw", "gpu/film", "gpu/window"},

	"scenes/dataset/parquetfile": {},

	"cmd/losscape/gridfile":    {"cpu", "cmd/losscape/meta", "cmd/losscape/netcdf", "cmd/losscape/npfmt", "cmd/losscape/vti"},
	"cmd/losscape/web/browser": {},
	"cmd/losscape/cluster":     {"cpu/quote"},

	"cmd/losscape/backend": {"cpu", "scenes", "gpu", "gpu/compute", "gpu/egl"},
}

const module = "losscape"

// TestImports keeps the walls between the rooms.
func TestImports(t *testing.T) {
	serial(t)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath                         string
			Imports, TestImports, XTestImports []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		seen++
		room := strings.TrimPrefix(p.ImportPath, module+"/")
		allowed, known := rooms[room]
		if !known {
			t.Errorf("%s is not in the table of rooms: add it here and in the README", room)
			continue
		}
		for _, i := range p.Imports {
			other, ours := strings.CutPrefix(i, module+"/")
			switch {
			case strings.HasPrefix(i, "github.com/go-gl/gl") && room != "gpu" && !strings.HasPrefix(room, "gpu/"):
				t.Errorf("%s imports %s: only gpu and the rooms in it know OpenGL", room, i)
			case strings.HasPrefix(i, "github.com/chromedp/") && room != "cmd/losscape/web/browser":
				t.Errorf("%s imports %s, which is for tests", room, i)
			case ours && !slices.Contains(allowed, other) && !slices.Contains(allowed, "*"):
				t.Errorf("%s imports %s: it may import %s", room, other, strings.Join(allowed, ", "))
			case other == "gpu/gputest", other == "gpu/windowtest", other == "cmd/losscape/web/browser":
				t.Errorf("%s imports %s, which is for tests", room, other)
			}
		}
		// Tests may look around, but the numbers' tests need no device.
		for _, i := range append(p.TestImports, p.XTestImports...) {
			other, ours := strings.CutPrefix(i, module+"/")
			if ours && strings.HasPrefix(other, "cmd/") && !strings.HasPrefix(room, "cmd/") {
				t.Errorf("%s's tests import %s", room, other)
			}
			if ours && strings.HasPrefix(other, "gpu") && !strings.HasPrefix(room, "gpu") && !strings.HasPrefix(room, "cmd/") {
				t.Errorf("%s's tests import %s: they have to pass without a GPU", room, other)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d packages were listed", seen)
	}
}

// TestErrorsNameNoRoom wants errors to say what is wrong to people who do not know our
// packages, and libraries' errors to name no flags.
func TestErrorsNameNoRoom(t *testing.T) {
	serial(t)
	var names []string
	for room := range rooms {
		names = append(names, path.Base(room))
	}
	slices.Sort(names)
	prefix := regexp.MustCompile("(errors\\.New|fmt\\.Errorf)\\([`\"](" + strings.Join(slices.Compact(names), "|") + "): ")
	flag := regexp.MustCompile(`(errors\.New|Errorf|Sprintf|unsupported|usage)\([^)]*[ "]--[a-z]`)
	for room := range rooms {
		files, err := filepath.Glob(filepath.Join("../..", room, "*.go"))
		if err != nil || len(files) == 0 {
			t.Errorf("%s has no files: %v", room, err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(string(text), "\n") {
				if bad := prefix.FindString(line); bad != "" {
					t.Errorf("%s:%d: %s names the package", f, i+1, bad)
				}
				if bad := flag.FindString(line); bad != "" && !strings.HasPrefix(room, "cmd/") && !strings.HasSuffix(f, "_test.go") {
					t.Errorf("%s:%d: %s names a flag", f, i+1, bad)
				}
			}
		}
	}
}

// TestGallery looks at the pictures of the README: each is small, and each but the
// window's and a page's is drawn by make gallery from a built-in scene.
func TestGallery(t *testing.T) {
	serial(t)
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../scenes/gallery/*")
	if err != nil || len(files) < 6 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		base := filepath.Base(f)
		name, ok := strings.CutSuffix(base, ".png")
		if !ok || info.Size() > 300<<10 || !strings.Contains(string(readme), "(scenes/gallery/"+base+")") {
			t.Errorf("%s, of %d bytes: want a picture of at most 300 KiB that the README shows", f, info.Size())
		}
		if drawn := strings.Contains(string(makefile), "render "+name+" -o scenes/gallery/"+base); drawn != (name != "view" && name != "page") || drawn && !slices.Contains(scenes.Names(), name) {
			t.Errorf("%s: make gallery draws it: %v", f, drawn)
		}
	}
}

// TestNoOpenGL wants figures, and their printer for papers, to need no OpenGL.
func TestNoOpenGL(t *testing.T) {
	serial(t)
	out, err := exec.Command("go", "list", "-deps", "../../scenes/...", "../../cpu/...", "./export").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for _, i := range strings.Fields(string(out)) {
		if strings.Contains(i, "go-gl") {
			t.Errorf("%s is among what they import", i)
		}
	}
}

// TestNoWindow wants a build without windows to need neither GLFW nor, with it, the X
// libraries.
func TestNoWindow(t *testing.T) {
	serial(t)
	for tags, want := range map[string]bool{"": true, "nowindow": false} {
		out, err := exec.Command("go", "list", "-deps", "-tags", tags, ".").Output()
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		if got := strings.Contains(string(out), "github.com/go-gl/glfw"); got != want {
			t.Errorf("with the tags %q GLFW is built: %t", tags, got)
		}
	}
}
