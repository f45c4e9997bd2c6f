// Package shaders holds the GLSL files of losscape and expands them: #include
// by file name, #define by constants from Go, with a map from the lines of the
// expanded text back to file and line, because drivers neither know #include
// nor report the source that an error came from.
package shaders

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed *.comp *.glsl *.vert *.frag
var files embed.FS

// Files returns the embedded shader files.
func Files() fs.FS { return files }

// Defines are the constants that a shader is specialised with: each becomes
// "#define NAME value" after the #version line. Values are ints, uints,
// float32s, float64s, bools (1 or 0) or strings (verbatim).
type Defines map[string]any

// Lines returns the constants as lines of GLSL, in alphabetical order: the same
// constants have the same lines.
func (d Defines) Lines() ([]string, error) {
	lines := make([]string, 0, len(d))
	for _, name := range slices.Sorted(maps.Keys(d)) {
		v, err := literal(d[name])
		if err != nil {
			return nil, fmt.Errorf("#define %s: %w", name, err)
		}
		lines = append(lines, "#define "+name+" "+v)
	}
	return lines, nil
}

// Source is an expanded shader: what the driver compiles, and where each line
// of it came from.
type Source struct {
	Name  string // the file that was asked for
	Text  string
	lines []origin // of line i+1 of Text
}

type origin struct {
	file string
	line int
}

// Load expands the embedded file name with the given constants.
func Load(name string, defines Defines) (*Source, error) {
	return Expand(files, name, defines)
}

var (
	includeLine = regexp.MustCompile(`^\s*#\s*include\s+"([^"]+)"\s*$`)
	versionLine = regexp.MustCompile(`^\s*#\s*version\b`)
)

// Expand expands file name of fsys: every #include "file" is replaced by that
// file the first time it is met and by nothing after that, and the constants
// are defined right after the #version line, in alphabetical order. A pattern such
// as "observer_*.glsl" includes all files that match it, or none.
func Expand(fsys fs.FS, name string, defines Defines) (*Source, error) {
	e := &expander{fsys: fsys, seen: map[string]bool{}, src: &Source{Name: name}}
	if err := e.file(name, nil, defines); err != nil {
		return nil, err
	}
	e.src.Text = e.text.String()
	return e.src, nil
}

type expander struct {
	fsys fs.FS
	seen map[string]bool
	src  *Source
	text strings.Builder
}

func (e *expander) emit(line, file string, n int) {
	e.text.WriteString(line)
	e.text.WriteByte('\n')
	e.src.lines = append(e.src.lines, origin{file, n})
}

func (e *expander) file(name string, stack []string, defines Defines) error {
	if slices.Contains(stack, name) {
		return fmt.Errorf("%s includes itself: %s", name, strings.Join(append(stack, name), " > "))
	}
	if e.seen[name] {
		return nil
	}
	e.seen[name] = true
	data, err := fs.ReadFile(e.fsys, name)
	if err != nil {
		if len(stack) > 0 {
			return fmt.Errorf("%s, included from %s: %w", name, stack[len(stack)-1], err)
		}
		return err
	}
	stack = append(stack, name)
	versioned := false
	for i, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		if m := includeLine.FindStringSubmatch(line); m != nil {
			if err := e.include(path.Join(path.Dir(name), m[1]), stack); err != nil {
				return err
			}
			continue
		}
		e.emit(line, name, i+1)
		if versionLine.MatchString(line) && len(stack) == 1 {
			versioned = true
			constants, err := defines.Lines()
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			for _, c := range constants {
				e.emit(c, name, i+1)
			}
		}
	}
	if len(stack) == 1 && !versioned {
		return fmt.Errorf("%s has no #version line", name)
	}
	return nil
}

// include expands a file, or those that a pattern matches.
func (e *expander) include(pattern string, stack []string) error {
	names := []string{pattern}
	if strings.Contains(pattern, "*") {
		var err error
		if names, err = fs.Glob(e.fsys, pattern); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := e.file(name, stack, nil); err != nil {
			return err
		}
	}
	return nil
}

func literal(v any) (string, error) {
	switch v := v.(type) {
	case bool:
		if v {
			return "1", nil
		}
		return "0", nil
	case int:
		return strconv.Itoa(v), nil
	case uint32:
		return strconv.FormatUint(uint64(v), 10) + "u", nil
	case float32:
		return decimal(float64(v), 32), nil
	case float64:
		return decimal(v, 64), nil
	case string:
		return v, nil
	}
	return "", fmt.Errorf("a %T cannot be a GLSL constant: use an int, uint32, float, bool or string", v)
}

func decimal(v float64, bits int) string {
	s := strconv.FormatFloat(v, 'g', -1, bits)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}

// Where says which file and line the given line (from 1) of the expanded text
// came from.
func (s *Source) Where(line int) (file string, n int) {
	if line < 1 || line > len(s.lines) {
		return s.Name, line
	}
	o := s.lines[line-1]
	return o.file, o.line
}

// Driver logs name a line as "0:12(5): error" (Mesa), "0(12) : error" (NVIDIA)
// or "ERROR: 0:12: …" (others).
var logLine = regexp.MustCompile(`\b\d+(?::(\d+)(?:\((\d+)\))?|\((\d+)\))\s*:`)

// Annotate rewrites the line numbers of a driver's compile log into file and
// line, and appends the source line that each complaint is about.
func (s *Source) Annotate(log string) string {
	text := strings.Split(s.Text, "\n")
	var out []string
	for _, l := range strings.Split(strings.TrimRight(log, "\n\x00 "), "\n") {
		m := logLine.FindStringSubmatchIndex(l)
		if m == nil {
			out = append(out, l)
			continue
		}
		group := 1
		if m[2] < 0 {
			group = 3
		}
		n, _ := strconv.Atoi(l[m[2*group]:m[2*group+1]])
		file, line := s.Where(n)
		pos := fmt.Sprintf("%s:%d", file, line)
		if m[4] >= 0 {
			pos += ":" + l[m[4]:m[5]]
		}
		out = append(out, l[:m[0]]+pos+":"+l[m[1]:])
		if n >= 1 && n <= len(text) {
			out = append(out, "    "+strings.TrimSpace(text[n-1]))
		}
	}
	return strings.Join(out, "\n")
}
