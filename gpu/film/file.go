package film

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// File is an output file in the making: it has a temporary name in its
// target's folder until Commit gives it the target's. A target that exists
// stays as it is until then.
type File struct {
	*os.File
	target string
	ended  bool
}

// Create starts a file that will be at path. It fails if the folder of path
// does not exist or cannot be written to, or if path is something other than a
// file.
func Create(path string) (*File, error) {
	target := path
	if info, err := os.Lstat(path); err == nil {
		if info.Mode()&fs.ModeSymlink != 0 {
			if target, err = filepath.EvalSymlinks(path); err != nil {
				return nil, fmt.Errorf("film: %s is a link to nothing: %w", path, err)
			}
			if info, err = os.Stat(target); err != nil {
				return nil, fmt.Errorf("film: %w", err)
			}
		}
		if info.IsDir() {
			return nil, fmt.Errorf("film: %s is a folder; name a file in it", path)
		}
		if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("film: %s is not a regular file; name another", path)
		}
	}
	dir, base := filepath.Split(target)
	if dir == "" {
		dir = "."
	}
	if base == "" {
		return nil, fmt.Errorf("film: %q names no file", path)
	}
	dir = filepath.Clean(dir)
	if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("film: the folder %s of %s does not exist; make it first (mkdir -p %s)", dir, path, dir)
	} else if err != nil {
		return nil, fmt.Errorf("film: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("film: %s cannot be made: %s is not a folder", path, dir)
	}
	for try := 0; ; try++ {
		// os.CreateTemp would leave a file that only its owner may read.
		name := filepath.Join(dir, fmt.Sprintf(".%s.part%08x%s", base, rand.Uint32(), filepath.Ext(base)))
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) && try < 100 {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("film: the folder %s cannot be written to (%w); choose another with -o", dir, err)
		}
		return &File{File: f, target: target}, nil
	}
}

// Commit ends the file and gives it its target's name. If it fails, nothing is
// left.
func (f *File) Commit() error {
	if f.ended {
		return nil
	}
	f.ended = true
	err := f.Close()
	if err == nil {
		err = os.Rename(f.Name(), f.target)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("film: %s was not written: %w", f.target, err)
	}
	return nil
}

// Discard removes the file. After Commit, or a second time, it does nothing.
func (f *File) Discard() error {
	if f.ended {
		return nil
	}
	f.ended = true
	f.Close()
	return os.Remove(f.Name())
}
