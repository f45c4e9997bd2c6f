package gputest

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"

	"losscape/shaders"
)

// What is wrong is found in its file and line, among shaders that are right.
func TestValidate(t *testing.T) {
	files := fstest.MapFS{
		"right.comp": {Data: []byte("#version 430 core\nlayout(local_size_x = 1) in;\nvoid main() {}\n")},
		"wrong.frag": {Data: []byte("#version 430 core\n#include \"part.glsl\"\nvoid main() {}\n")},
		"part.glsl":  {Data: []byte("float middle(float x) {\n  return 0.5 * y;\n}\n")},
	}
	var list []*shaders.Source
	for _, name := range []string{"right.comp", "wrong.frag", "right.comp"} {
		src, err := shaders.Expand(files, name, shaders.Defines{"A": 1})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, src)
	}
	err := validate(t.TempDir(), list)
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip(err)
	}
	if err == nil || !strings.Contains(err.Error(), "part.glsl:2: 'y' : undeclared identifier") || !strings.Contains(err.Error(), "return 0.5 * y;") || strings.Contains(err.Error(), "right.comp") {
		t.Errorf("wrong.frag: %v", err)
	}
	if err := validate(t.TempDir(), list[:1]); err != nil {
		t.Errorf("right.comp: %v", err)
	}
}
