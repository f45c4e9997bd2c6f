//go:build unix

package scenes_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"losscape/scenes"
)

// TestPipes reads a scene and its data from pipes, which give their text once.
func TestPipes(t *testing.T) {
	dir := t.TempDir()
	scene := "[data]\nfile = \"points.csv\"\nlabel = \"y\"\n"
	for name, text := range map[string]string{"s.toml": scene, "points.csv": "x,y\n1,0\n2,1\n"} {
		path := filepath.Join(dir, name)
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Skip(err)
		}
		go os.WriteFile(path, []byte(text), 0)
	}
	s, err := scenes.Load(filepath.Join(dir, "s.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Source != scene || s.Problem.N() != 2 {
		t.Errorf("%d samples of %q", s.Problem.N(), s.Source)
	}
}

// TestShellPipe checks that the data of a scene in a pipe from the shell is
// looked for in the current folder.
func TestShellPipe(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "points.csv", "x,y\n1,0\n2,1\n")
	for _, name := range []string{"/dev/fd/63", "/proc/self/fd/12", "/dev/stdin"} {
		s, err := scenes.Decode(name, []byte("[data]\nfile = \"points.csv\"\nlabel = \"y\"\n"))
		if err != nil {
			t.Error(err)
		} else if s.Data.File != "points.csv" {
			t.Errorf("%s: data in %s", name, s.Data.File)
		}
	}
}
