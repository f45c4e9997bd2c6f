package gputest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"losscape/shaders"
)

// referenceCompiler is Khronos' compiler of GLSL, which takes what the language has
// and no more: drivers take more, each something else.
const referenceCompiler = "glslangValidator"

// sources are shaders that a driver has compiled, for the reference compiler.
type sources struct {
	mu   sync.Mutex
	seen map[string]bool // by their text
	next []*shaders.Source
}

var compiled = &sources{seen: map[string]bool{}}

func (s *sources) add(src *shaders.Source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.seen[src.Text] {
		s.seen[src.Text] = true
		s.next = append(s.next, src)
	}
}

// check has the reference compiler look at the shaders that are new, in one process:
// most of its time is its start. A machine without it does not check, or fails the
// test where REQUIRE_GL=1.
func (s *sources) check(t testing.TB) {
	s.mu.Lock()
	list := s.next
	s.next = nil
	s.mu.Unlock()
	if len(list) == 0 {
		return
	}
	err := validate(t.TempDir(), list)
	switch {
	case err == nil:
		t.Logf("%s: %d shaders pass", referenceCompiler, len(list))
	case !errors.Is(err, exec.ErrNotFound) || os.Getenv("REQUIRE_GL") == "1":
		t.Error(err)
	}
}

// validate has the reference compiler look at shaders, which it writes into a folder.
func validate(folder string, list []*shaders.Source) error {
	bin, err := exec.LookPath(referenceCompiler)
	if err != nil {
		return fmt.Errorf("%w (Debian, Ubuntu: apt-get install glslang-tools)", err)
	}
	of := map[string]*shaders.Source{}
	var names []string
	for i, src := range list {
		name := filepath.Join(folder, fmt.Sprint(i)+path.Ext(src.Name)) // which tells the stage
		if err := os.WriteFile(name, []byte(src.Text), 0o666); err != nil {
			return err
		}
		names, of[name] = append(names, name), src
	}
	out, err := exec.Command(bin, names...).CombinedOutput()
	if err == nil {
		return nil
	}
	// The log names each file, and below it what is wrong there.
	errs := []error{fmt.Errorf("%s: %w", referenceCompiler, err)}
	var src *shaders.Source
	for _, line := range strings.Split(string(out), "\n") {
		switch next := of[line]; {
		case next != nil:
			src = next
		case src != nil && strings.HasPrefix(line, "ERROR: 0:"):
			errs = append(errs, errors.New(src.Annotate(line)))
		}
	}
	return errors.Join(errs...)
}
