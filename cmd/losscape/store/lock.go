package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// lock is a lock that this process holds on a file. The kernel frees it when the process ends.
type lock struct {
	f      *flock.Flock // nil where the file system has no locks
	file   string
	shared bool
}

// Who looks whether a lock is held holds it for a moment: see held.
const (
	lockTries = 10
	lockPause = 20 * time.Millisecond
)

// takeLock takes the lock of a file, which it makes. The error wraps ErrLocked if another process
// holds it, and fs.ErrNotExist if the folder is not there, or somebody has removed the file.
func takeLock(path string, shared bool) (*lock, error) {
	l := &lock{flock.New(path, flock.SetPermissions(0o666)), path, shared}
	for try := 1; ; try++ {
		ok, err := l.try()
		switch {
		case errors.Is(err, errors.ErrUnsupported):
			return &lock{file: path, shared: shared}, nil
		case err != nil:
			return nil, fmt.Errorf("%s cannot be locked: %w", path, reason(err))
		case ok:
			if err := l.named(); err != nil {
				l.f.Close()
				return nil, err
			}
			text := holder()
			if shared { // by several, whose own locks name them
				text = ""
			}
			os.WriteFile(path, []byte(text), 0o666) // for people: a failure does no harm
			return l, nil
		case try == lockTries:
			who := ""
			if text, err := readFile(path, maxHolder); err == nil && len(text) > 0 {
				who = " (" + strings.TrimSpace(string(text)) + ")"
			}
			return nil, fmt.Errorf("%s: %w%s: wait for it, or end it; what it has finished stays", filepath.Dir(path), ErrLocked, who)
		}
		time.Sleep(lockPause)
	}
}

// waitLock takes the lock of a file that processes hold for moments only.
func waitLock(path string) (*lock, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	l := &lock{f: flock.New(path, flock.SetPermissions(0o666)), file: path}
	switch _, err := l.f.TryLockContext(ctx, lockPause); {
	case errors.Is(err, errors.ErrUnsupported):
		return &lock{file: path}, nil
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("%s: %w and does not end", path, ErrLocked)
	case err != nil:
		return nil, fmt.Errorf("%s cannot be locked: %w", path, reason(err))
	}
	return l, nil
}

func (l *lock) try() (bool, error) {
	if l.shared {
		return l.f.TryRLock()
	}
	return l.f.TryLock()
}

// named returns an error unless the locked file still has its name.
func (l *lock) named() error {
	have, err := l.f.Stat()
	if err != nil {
		return err
	}
	there, err := os.Lstat(l.file)
	if err != nil {
		return err
	}
	if !os.SameFile(have, there) {
		return fmt.Errorf("%s: %w", l.file, os.ErrNotExist)
	}
	return nil
}

func (l *lock) path() string { return l.file }

func (l *lock) free() {
	if l.f != nil {
		l.f.Close()
	}
}

// holder names this process.
func holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "?"
	}
	return fmt.Sprintf("process %d on %s\n", os.Getpid(), host)
}

// held reports whether a process holds the lock of a file that is there, and who; a lock that
// several share has no name.
func held(path string) (who string, ok bool) {
	if _, err := os.Stat(path); err != nil {
		return "", false
	}
	f := flock.New(path)
	defer f.Close()
	if free, err := f.TryRLock(); free || err != nil {
		return "", false
	}
	text, err := readFile(path, maxHolder)
	if err != nil {
		return "", true
	}
	return strings.TrimSpace(string(text)), true
}
