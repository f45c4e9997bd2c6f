// Package atomicfile writes files that appear at their names whole or not at all.
package atomicfile

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"unicode/utf8"
)

// File is an output file in the making: it has a temporary name in its
// target's folder until Commit gives it the target's. A target that exists
// stays as it is until then, and hands its mode, owner and group on. The
// temporary file is locked while its process runs: the next Create of that
// name removes what a process that was killed has left.
type File struct {
	part   *os.File
	target string
	err    error // first of Write
	ended  bool
}

// Create starts a file that will be at path. It fails if the folder of path
// does not exist or cannot be written to, if path is something other than a
// file, or if the file that is there should not be replaced: it is protected
// from writing, it is another user's, or it has further names (hard links),
// which would keep the old content.
func Create(path string) (*File, error) {
	target, old, err := inspect(path)
	if err != nil {
		return nil, err
	}
	mode := fs.FileMode(0o666)
	if old != nil {
		mode = old.Mode().Perm() & 0o700 // until the group is right
	}
	part, err := createPart(target, mode)
	if err != nil {
		return nil, fmt.Errorf("the folder %s cannot be written to (%w); name a file in another", filepath.Dir(target), reason(err))
	}
	f := &File{part: part, target: target}
	if old != nil {
		if err := inherit(part, old); err != nil {
			f.Discard()
			return nil, fmt.Errorf("%s is another user's or group's, and a new file would not be (%w); remove it first, or name another", path, reason(err))
		}
	}
	return f, nil
}

// Check returns nil if Create would now make a file at path. It leaves nothing
// behind.
func Check(path string) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	return f.Discard()
}

// CheckTarget is Check without trying whether the folder can be written to.
func CheckTarget(path string) error {
	_, _, err := inspect(path)
	return err
}

// inspect returns where a file at path will be, links followed, and the file
// that it replaces, nil if there is none.
func inspect(path string) (target string, old fs.FileInfo, err error) {
	dir, base := filepath.Split(path)
	if base == "" {
		return "", nil, fmt.Errorf("%q names no file", path)
	}
	if dir == "" {
		dir = "."
	}
	dir = filepath.Clean(dir)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil, fmt.Errorf("the folder %s of %s does not exist; make it first (mkdir -p %s)", dir, path, dir)
	case errors.Is(err, syscall.ELOOP):
		return "", nil, fmt.Errorf("the folder %s of %s is a link that leads back to itself", dir, path)
	case err != nil:
		return "", nil, fmt.Errorf("the folder %s of %s: %w", dir, path, reason(err))
	case !info.IsDir():
		return "", nil, fmt.Errorf("%s cannot be made: %s is not a folder", path, dir)
	}
	link, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return path, nil, nil
	case errors.Is(err, syscall.ENAMETOOLONG):
		return "", nil, fmt.Errorf("the name %.40s... of %d bytes is too long: a folder takes 255 at most", base, len(base))
	case err != nil:
		return "", nil, fmt.Errorf("%s: %w", path, reason(err))
	}
	target = path
	if link.Mode()&fs.ModeSymlink != 0 {
		switch _, err := os.Stat(path); {
		case errors.Is(err, fs.ErrNotExist):
			return "", nil, fmt.Errorf("%s is a link to nothing; remove it, or name another", path)
		case errors.Is(err, syscall.ELOOP):
			return "", nil, fmt.Errorf("%s is a link that leads back to itself; remove it, or name another", path)
		}
		if target, err = filepath.EvalSymlinks(path); err != nil {
			return "", nil, fmt.Errorf("the link %s: %w", path, reason(err))
		}
	}
	old, err = os.Stat(target)
	switch {
	case err != nil:
		return "", nil, fmt.Errorf("%s: %w", path, reason(err))
	case old.IsDir():
		return "", nil, fmt.Errorf("%s is a folder; name a file in it", path)
	case !old.Mode().IsRegular():
		return "", nil, fmt.Errorf("%s is not a regular file; name another", path)
	case old.Mode().Perm()&0o200 == 0: // root could write it all the same
		return "", nil, fmt.Errorf("%s is protected from writing (mode %04o); permit it (chmod u+w %s), or name another", path, old.Mode().Perm(), path)
	}
	if n := links(old); n > 1 {
		return "", nil, fmt.Errorf("%s has %d names (hard links), and the others would keep the old file; remove this one first, or name another", path, n)
	}
	w, err := os.OpenFile(target, os.O_WRONLY, 0)
	if err != nil {
		return "", nil, fmt.Errorf("%s may not be replaced (%w); name another", path, reason(err))
	}
	return target, old, w.Close()
}

// reason is what the system says of an error, without the call and the path.
func reason(err error) error {
	if number := syscall.Errno(0); errors.As(err, &number) {
		return number
	}
	return err
}

// slots is how many temporary names of a target, behind the last that is taken, are looked
// at for files that were left behind. Many processes may write to the target at the same time.
const slots = 8

// createPart creates a target's temporary file under the first of its names that
// is free, and removes those that no running process owns.
func createPart(target string, mode fs.FileMode) (part *os.File, err error) {
	for slot, end := 0, slots; slot < end || part == nil; slot++ {
		name := partName(target, slot)
		if removeOrphan(name) {
			end = slot + 1 + slots
		}
		if part != nil {
			continue
		}
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
		if errors.Is(err, fs.ErrExist) && slot < 1<<16 {
			continue
		}
		if err != nil {
			return nil, err
		}
		if own(f) {
			part = f
		} else {
			f.Close() // somebody took it for an orphan and removes it
		}
	}
	return part, nil
}

// partName returns one of a target's temporary names, short enough for every
// file system.
func partName(target string, slot int) string {
	dir, base := filepath.Split(target)
	if n := 100; len(base) > n {
		h := fnv.New32a()
		h.Write([]byte(base))
		for n > 0 && !utf8.RuneStart(base[n]) { // 0 where the name is no UTF-8
			n--
		}
		base = fmt.Sprintf("%s~%08x", base[:n], h.Sum32())
	}
	return fmt.Sprintf("%s.%s.part%d", dir, base, slot)
}

// Write writes to the file. Commit fails with the first error of it, as some
// encoders drop them.
func (f *File) Write(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.part.Write(p)
	if err != nil {
		f.err = reason(err)
	}
	return n, f.err
}

// PartName returns the temporary name, under which other processes may write to the
// file.
func (f *File) PartName() string { return f.part.Name() }

// Target returns the name that the file gets, links followed.
func (f *File) Target() string { return f.target }

// Size returns how many bytes have been written.
func (f *File) Size() int64 {
	info, err := f.part.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// Commit ends the file and gives it its target's name. If it fails, nothing is
// left.
func (f *File) Commit() error { return CommitAll(f) }

// CommitAll commits files that belong together: none gets its name before all of
// them are on the disk. Those that are nil or have ended are passed over. If it
// fails, nothing is left of the files that have no name yet.
func CommitAll(files ...*File) (err error) {
	defer func() {
		for _, f := range files {
			if err != nil && f != nil {
				f.Discard()
			}
		}
	}()
	for _, rename := range []bool{false, true} {
		for _, f := range files {
			if f == nil || f.ended {
				continue
			}
			err := f.err
			if rename {
				err = f.rename()
			} else if err == nil {
				// Some errors come only now.
				if err = f.part.Sync(); errors.Is(err, errors.ErrUnsupported) {
					err = nil
				}
			}
			if err != nil {
				return fmt.Errorf("%s was not written: %w", f.target, reason(err))
			}
		}
	}
	return nil
}

// rename gives the file its target's name.
func (f *File) rename() error {
	if !renamesOpen {
		f.part.Close()
	}
	if err := os.Rename(f.part.Name(), f.target); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("somebody has removed the folder %s, or what was written in it", filepath.Dir(f.target))
		}
		return err
	}
	f.ended = true
	f.part.Close() // and with it the lock
	return nil
}

// Discard removes the file. After Commit, or a second time, it does nothing.
func (f *File) Discard() error {
	if f.ended {
		return nil
	}
	f.ended = true
	if !renamesOpen {
		f.part.Close()
	}
	err := os.Remove(f.part.Name())
	f.part.Close()
	return err
}
