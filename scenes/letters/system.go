package letters

import (
	"cmp"
	"io"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"

	"github.com/go-text/typesetting/fontscan"
	"github.com/go-text/typesetting/harfbuzz"
	"golang.org/x/text/unicode/norm"
)

// library is what fonts a system has.
type library struct {
	faces [weights][]*face // from the best down
}

// face is a font of the system: a file, or one of a collection.
type face struct {
	path       string
	index      int // in the collection
	characters [][2]rune

	weight          int
	slanted, normal bool

	font   *Font // read when it is needed
	broken bool
}

// system is the library of this system, nil until a character is looked for there. It
// needs mu.
var system *library

// directories returns where to look for fonts. Tests replace it.
var directories = systemDirectories

// systemFonts returns the library of this system, which is searched at the first call.
func systemFonts() *library {
	if system == nil {
		system = scan(directories())
	}
	return system
}

// systemDirectories returns the directories in which the system has fonts: on Unix those
// of fontconfig.
func systemDirectories() (list []string) {
	var err error
	defer recovered(&err)
	list, err = fontscan.DefaultFontDirectories(log.New(io.Discard, "", 0))
	if err != nil {
		return nil
	}
	return list
}

// scan finds the fonts in directories. Their order depends on nothing but their names and
// kinds.
func scan(directories []string) *library {
	s := scanner{seen: map[string]bool{}}
	for _, d := range directories {
		s.directory(d)
	}
	all := s.read()
	lib := &library{}
	for w, wanted := range [weights]int{Regular: 400, Medium: 600} {
		faces := slices.Clone(all)
		slices.SortStableFunc(faces, func(a, b *face) int {
			return cmp.Or(
				order(a.slanted, b.slanted),
				order(!a.normal, !b.normal),
				cmp.Compare(abs(a.weight-wanted), abs(b.weight-wanted)),
			)
		})
		lib.faces[w] = faces
	}
	return lib
}

// order puts false before true.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func abs(x int) int { return max(x, -x) }

// scanner looks through directories for fonts.
type scanner struct {
	seen  map[string]bool // real paths
	files []string        // that are fonts by their names
}

// directory looks through a directory and those in it, in the order of their names. It
// follows links, and skips what it cannot read.
func (s *scanner) directory(path string) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil || s.seen[real] {
		return
	}
	s.seen[real] = true
	entries, err := os.ReadDir(path)
	if err != nil {
		return
	}
	for _, e := range entries {
		name := filepath.Join(path, e.Name())
		info, err := os.Stat(name)
		switch {
		case err != nil, strings.HasPrefix(e.Name(), "."):
		case info.IsDir():
			s.directory(name)
		case info.Mode().IsRegular() && isFont(e.Name()):
			if real, err := filepath.EvalSymlinks(name); err == nil && !s.seen[real] {
				s.seen[real] = true
				s.files = append(s.files, name)
			}
		}
	}
}

// isFont reports whether a file is a font that can be drawn. A font of last resort has a
// box for any character, and would hide that none is there.
func isFont(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains([]string{".ttf", ".otf", ".ttc", ".otc"}, filepath.Ext(name)) &&
		!strings.HasPrefix(name, "lastresort")
}

// read returns the fonts in all files, which it reads several at once.
func (s *scanner) read() []*face {
	faces := make([][]*face, len(s.files))
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(faces)); i = next.Add(1) - 1 {
				faces[i] = facesOf(s.files[i])
			}
		})
	}
	wait.Wait()
	return slices.Concat(faces...)
}

// facesOf returns the fonts in a file, those that are not broken.
func facesOf(path string) (faces []*face) {
	var err error
	defer recovered(&err)
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	offsets, err := fontOffsets(f)
	if err != nil {
		return nil
	}
	for i, offset := range offsets {
		d, err := readDirectory(f, offset, info.Size())
		if err != nil {
			continue
		}
		a := &face{path: path, index: i}
		if a.characters, err = d.characters(); err != nil {
			continue
		}
		a.weight, a.slanted, a.normal = d.style()
		faces = append(faces, a)
	}
	return faces
}

// covering returns the best font that has all of some characters, or nil.
func (l *library) covering(text []rune, w Weight) *Font {
	for _, a := range l.faces[w] {
		if a.claims(text) && a.load() && a.font.covers(text) && a.font.drawsAll(text) {
			return a.font
		}
	}
	return nil
}

// claims reports whether a font says that it has all of some characters, whole or in
// parts.
func (a *face) claims(text []rune) bool {
	for _, r := range text {
		if a.has(r) || harfbuzz.IsDefaultIgnorable(r) {
			continue
		}
		parts := norm.NFD.String(string(r))
		if parts == string(r) {
			return false
		}
		for _, p := range parts {
			if !a.has(p) {
				return false
			}
		}
	}
	return true
}

func (a *face) has(r rune) bool {
	i, found := slices.BinarySearchFunc(a.characters, r, func(c [2]rune, r rune) int { return int(c[0] - r) })
	return found || i > 0 && r <= a.characters[i-1][1]
}

// load reads the font, and reports whether it could.
func (a *face) load() bool {
	if a.font == nil && !a.broken {
		data, err := a.read()
		if err == nil {
			a.font, err = newFont(data)
		}
		a.broken = err != nil
	}
	return a.font != nil
}

// read returns the font's file, or what would be a file of it if it is in a collection.
func (a *face) read() ([]byte, error) {
	f, err := os.Open(a.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	offsets, err := fontOffsets(f)
	if err != nil {
		return nil, err
	}
	if a.index >= len(offsets) {
		return nil, errBroken // it has changed
	}
	d, err := readDirectory(f, offsets[a.index], info.Size())
	if err != nil {
		return nil, err
	}
	return d.alone()
}

// drawsAll reports whether the glyphs of some characters can be drawn. Spaces need none.
func (f *Font) drawsAll(text []rune) bool {
	for _, r := range text {
		if g := f.glyphOf(r); g != 0 && !f.draws(g) && !unicode.IsSpace(r) && !harfbuzz.IsDefaultIgnorable(r) {
			return false
		}
	}
	return true
}
