package main

import (
	"bytes"
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// staticProgram builds the program without cgo, and so without OpenGL.
func staticProgram(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "losscape.exe")
	c := exec.Command("go", "build", "-o", path, ".")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// outputs runs a command in a folder of its own, and returns what it prints, by the
// names stdout and stderr, and the files that it writes.
func outputs(t *testing.T, c *exec.Cmd) (code int, files map[string]string) {
	t.Helper()
	c.Dir = t.TempDir()
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	files = map[string]string{"stdout": stdout.String(), "stderr": stderr.String()}
	entries, err := os.ReadDir(c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(c.Dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(text)
	}
	return c.ProcessState.ExitCode(), files
}

// TestStatic expects a program without cgo to need no library, to compute on the CPU
// what the program with OpenGL computes there, to the byte, and to say of the rest what
// it lacks.
func TestStatic(t *testing.T) {
	serial(t)
	program := staticProgram(t)
	if runtime.GOOS == "linux" {
		f, err := elf.Open(program)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if libraries, err := f.ImportedLibraries(); err != nil || len(libraries) > 0 {
			t.Errorf("it needs %v, %v", libraries, err)
		}
		for _, p := range f.Progs {
			if p.Type == elf.PT_INTERP {
				t.Error("it has an interpreter")
			}
		}
	}
	const left = "this program was built without OpenGL: computing in float64 on the CPU"
	for args, says := range map[string]string{
		"train period-two":                                                           "",
		"grid one-mode -o g.npy --size 31x17":                                        left,
		"grid one-mode -o g.npy --size 31x17 --of gradient":                          left,
		"sweep one-mode --over lr=0.1:30:9:log --over l2=0:1:7 -o s.csv --map m.png": left,
		"render two-mode -o a.svg --frame 3 --panel contour,loss":                    left,
		"render one-mode -o a.pdf --panel curve":                                     left,
		"render one-mode -o a.glb":                                                   left,
		"scenes one-mode":                                                            "",
		"completion bash":                                                            "",
		"help":                                                                       "",
		"help bench":                                                                 "",
		"render one-mode -o a.mp3":                                                   "",
		"view one-mode --size 3x3x3":                                                 "",
	} {
		words := strings.Fields(args)
		code, got := outputs(t, exec.Command(program, words...))
		if strings.Count(got["stderr"], left) != min(len(says), 1) {
			t.Errorf("%s says %s", args, got["stderr"])
		}
		if says != "" {
			words = append(words, "--backend", "cpu")
		}
		wantCode, want := outputs(t, process(words...))
		if code != wantCode || len(got) != len(want) {
			t.Errorf("%s: %d and %d files, want %d and %d", args, code, len(got), wantCode, len(want))
		}
		for name, text := range want {
			if name != "stderr" && !strings.HasSuffix(name, ".json") && got[name] != text { // these tell times and commands
				t.Errorf("%s: %s differs", args, name)
			}
		}
	}
	const lacks = "this program was built without cgo and so has no OpenGL; build it with CGO_ENABLED=1 and gcc"
	for args, more := range map[string]string{
		"render one-mode -o a.mp4":                   "films are drawn with OpenGL",
		"render one-mode -o a.png":                   "panel surface is drawn with OpenGL",
		"render one-mode -o a.pdf":                   "--panel curve,contour leaves out what needs it",
		"render one-mode -o %d.png":                  "drawn with OpenGL",
		"view one-mode":                              "a window is drawn with OpenGL",
		"verify one-mode":                            "compares a device",
		"bench":                                      "measures a device",
		"grid one-mode -o g.npy --backend gpu":       "or use --backend cpu",
		"grid one-mode -o g.npy --device 0":          "or use --backend cpu",
		"train one-mode --backend gpu":               "or use --backend cpu",
		"sweep one-mode --over lr=1,2 --backend gpu": "or use --backend cpu",
	} {
		code, got := outputs(t, exec.Command(program, strings.Fields(args)...))
		text := got["stderr"]
		if code != exitFailed || len(got) != 2 || got["stdout"] != "" || strings.Count(text, "\n") != 1 || !strings.Contains(text, lacks) || !strings.Contains(text, more) {
			t.Errorf("%s: %d, %d files, %s", args, code, len(got)-2, text)
		}
	}
	code, got := outputs(t, exec.Command(program, "doctor"))
	if code != exitFailed || !strings.Contains(got["stdout"], "this program was built without cgo") || !strings.Contains(got["stdout"], "CGO_ENABLED=1") {
		t.Errorf("doctor: %d, %s", code, got["stdout"])
	}
}
