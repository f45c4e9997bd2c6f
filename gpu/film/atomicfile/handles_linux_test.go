package atomicfile

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
)

// TestFewHandles has too few file handles for one more file: that is an error, at once.
func TestFewHandles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npy")
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Skip(err)
	}
	none := old
	none.Cur = 0 // those that are open stay so
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
		t.Skip(err)
	}
	_, err := Create(path)
	if e := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old); e != nil {
		t.Fatal(e)
	}
	if !errors.Is(err, syscall.EMFILE) {
		t.Errorf("error %v, want that too many files are open", err)
	}
}
