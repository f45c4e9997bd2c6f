package compute

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"losscape/cpu"
	"losscape/shaders"
)

// sharedName is a name that kernels get from layout.go.
var sharedName = regexp.MustCompile(`\b(STATE|INT|PARAM|PARAM_INT|STATUS|OPTIMIZER|EPS|BINDING|OBSERVE|OBSERVERS)_[A-Z0-9_]+\b`)

// TestSharedNumbers has no number stand in a kernel and in Go by hand: what layout.go
// describes is all that the kernels use of it, no kernel defines any of it, and no
// buffer of theirs is bound to a number.
func TestSharedNumbers(t *testing.T) {
	given := shaders.Defines{}
	for _, name := range cpu.Optimizers() {
		o, _ := cpu.LookupOptimizer(name)
		v := runVariant{format: single, dim: 2, optimizer: name, state: o.State}
		for i := range observers {
			v.observed |= 1 << i
		}
		v.define(given)
	}
	names := map[string]bool{}
	for k := range given {
		name, _, _ := strings.Cut(k, "(")
		names[name] = true
	}
	// The files of the kernels of runs.
	text := ""
	for _, file := range []string{"descend.comp", "period.comp", "accuracy.comp"} {
		src, err := shaders.Load(file, nil)
		if err != nil {
			t.Fatal(err)
		}
		text += src.Text
	}
	used := map[string]bool{}
	for _, name := range sharedName.FindAllString(text, -1) {
		used[name] = true
		if !names[name] {
			t.Errorf("kernels use %s, which layout.go does not describe", name)
		}
	}
	for name := range names {
		if sharedName.MatchString(name) && !used[name] {
			t.Errorf("layout.go describes %s, which no kernel uses", name)
		}
	}
	if m := regexp.MustCompile(`(?m)^layout\(std430, binding = \d.*$`).FindString(text); m != "" {
		t.Errorf("a buffer bound to a number: %s", m)
	}
	fs.WalkDir(shaders.Files(), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || path == "." {
			return err
		}
		data, err := fs.ReadFile(shaders.Files(), path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^#define\s+(\w+)\s+\(?-?\d`).FindAllStringSubmatch(string(data), -1) {
			t.Errorf("%s defines %s as a number: it belongs to layout.go if Go knows it, and is a const if not", path, m[1])
		}
		return nil
	})
}

// TestLayout lays fields end to end.
func TestLayout(t *testing.T) {
	v := runVariant{format: single, dim: 3, optimizer: "adam", state: 2, observed: 1}
	l := newRunLayout(v)
	if got := l.state.words(); got != 3+3+6+6+3+1+3+1 {
		t.Errorf("%d words", got)
	}
	if at := l.state.at("VECTORS_ERROR"); at != 12 {
		t.Errorf("the vectors' errors are at %d", at)
	}
	w := words[int32]{layout: &l.ints}
	w.reset(5)
	w.column("PERIOD_AFTER", 0)[4] = 7
	if at := l.ints.at("PERIOD_AFTER")*5 + 4; w.data[at] != 7 || len(w.data) != 5*l.ints.words() {
		t.Errorf("%v", w.data)
	}
}
