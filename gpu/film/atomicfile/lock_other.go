//go:build !unix

package atomicfile

import (
	"io/fs"
	"os"
)

// renamesOpen says whether a file can be renamed and removed while it is open: on
// Windows it cannot.
const renamesOpen = false

func own(*os.File) bool { return true }

func removeOrphan(string) (found bool) { return false }

func links(fs.FileInfo) uint64 { return 1 }

func inherit(f *os.File, from fs.FileInfo) error { return f.Chmod(from.Mode().Perm()) }
