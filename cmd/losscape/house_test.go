package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rooms says which packages of the module each one may import. It is the
// house's table, as in the README: data flows from scene to result to picture to
// file, and the reference knows nobody.
var rooms = map[string][]string{
	"cpu":                 {},
	"cpu/agree":           {},
	"scenes":              {"cpu", "scenes/dataset"},
	"scenes/dataset":      {},
	"shaders":             {},
	"gpu":                 {"shaders"},
	"gpu/egl":             {"gpu"},
	"gpu/window":          {"gpu"},
	"gpu/gputest":         {"gpu", "gpu/egl"},
	"gpu/windowtest":      {},
	"gpu/compute":         {"gpu", "cpu", "cpu/agree", "shaders"},
	"gpu/draw":            {"gpu", "cpu", "scenes", "shaders"},
	"gpu/film":            {"gpu"},
	"cmd/losscape":        {"*"},
	"cmd/losscape/chart":  {"cpu", "gpu/draw"},
	"cmd/losscape/table":  {"cpu", "cmd/losscape/npfmt"},
	"cmd/losscape/export": {"cpu", "scenes", "gpu/draw"},
	"cmd/losscape/npfmt":  {},
	"cmd/losscape/view":   {"cpu", "scenes"},
}

const module = "losscape"

// TestImports keeps the walls between the rooms.
func TestImports(t *testing.T) {
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
			case ours && !slices.Contains(allowed, other) && !slices.Contains(allowed, "*"):
				t.Errorf("%s imports %s: it may import %s", room, other, strings.Join(allowed, ", "))
			case other == "gpu/gputest", other == "gpu/windowtest":
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
		t.Errorf("only %d packages were looked at", seen)
	}
}
