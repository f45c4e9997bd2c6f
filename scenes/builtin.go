package scenes

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"losscape/cpu/quote"
)

//go:embed builtin/*.toml
var builtin embed.FS

// Names returns the names of the built-in scenes, sorted.
func Names() []string {
	files, err := builtin.ReadDir("builtin")
	if err != nil {
		panic(err) // the folder is embedded
	}
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = strings.TrimSuffix(f.Name(), ".toml")
	}
	return names
}

// Source returns the TOML text of a built-in scene.
func Source(name string) ([]byte, error) {
	if !slices.Contains(Names(), name) {
		return nil, unknownScene(name)
	}
	return builtin.ReadFile("builtin/" + name + ".toml")
}

// Load returns the built-in scene of that name, or the scene in a file: what
// ends in .toml or holds a path separator is a path. A file is read once, so it
// may be a pipe; Load then waits for who writes to it.
func Load(nameOrPath string) (*Scene, error) {
	if !strings.HasSuffix(nameOrPath, ".toml") && !strings.ContainsAny(nameOrPath, `/\`) {
		src, err := Source(nameOrPath)
		if err != nil {
			return nil, err
		}
		return Decode(nameOrPath+".toml", src)
	}
	src, err := readText(nameOrPath)
	if err != nil {
		return nil, err
	}
	return Decode(nameOrPath, src)
}

// MaxText is how many bytes a scene file may have: people write no more, and what is larger is
// some other file. To read one takes up to 300 times as much memory, where it is all dots between keys.
const MaxText = 4 << 20

// readText reads a scene file.
func readText(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, MaxText+1))
	if err == nil && len(src) > MaxText {
		err = &Error{File: path, Msg: fmt.Sprintf("more than %d MB, which no scene has: samples belong into a file of their own, which [data] names", MaxText>>20)}
	}
	return src, err
}

func unknownScene(name string) error {
	msg := fmt.Sprintf("no built-in scene %s%s", quote.Text(name), oneOf(name, Names()))
	if _, err := os.Stat(name + ".toml"); err == nil {
		msg += fmt.Sprintf("; the file is %s", name+".toml")
	} else {
		msg += "; the name of a scene file ends in .toml"
	}
	return errors.New(msg)
}

// baseName returns a file's name without folder and .toml.
func baseName(file string) string {
	return strings.TrimSuffix(filepath.Base(file), ".toml")
}
