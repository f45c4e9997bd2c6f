//go:build unix

package atomicfile

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// renamesOpen says whether a file can be renamed and removed while it is open.
const renamesOpen = true

// own locks a temporary file that has just been created, as its process's own. It
// fails if another process is removing it. Where the file system has no locks,
// nothing is removed.
func own(f *os.File) bool {
	return lock(f) != unix.EWOULDBLOCK && named(f)
}

func lock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }

// named says whether a file still has the name that it was opened by.
func named(f *os.File) bool {
	have, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(f.Name())
	return err == nil && os.SameFile(have, there)
}

// removeOrphan removes a temporary file that no process has locked. A process
// that ends in whatever way loses its locks. It reports whether there was a file.
func removeOrphan(name string) (found bool) {
	f, err := os.OpenFile(name, os.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil { // a file of others, a link, or too many files are open
		_, err := os.Lstat(name)
		return err == nil
	}
	defer f.Close()
	// With the lock, nobody else renames or removes it.
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() && lock(f) == nil && named(f) {
		os.Remove(name)
	}
	return true
}

// links returns how many names a file has.
func links(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Nlink)
	}
	return 1
}

// inherit gives a file another one's owner, group and mode.
func inherit(f *os.File, from fs.FileInfo) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	have, ok := info.Sys().(*syscall.Stat_t)
	want, ok2 := from.Sys().(*syscall.Stat_t)
	if ok && ok2 && (have.Uid != want.Uid || have.Gid != want.Gid) {
		if err := f.Chown(int(want.Uid), int(want.Gid)); err != nil {
			return err
		}
	}
	return f.Chmod(from.Mode().Perm())
}
