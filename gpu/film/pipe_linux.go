package film

import (
	"os"

	"golang.org/x/sys/unix"
)

// growPipe lets a pipe hold a mebibyte, the most that an ordinary user may
// ask for, so that a frame takes fewer turns between the processes.
func growPipe(w *os.File) {
	if c, err := w.SyscallConn(); err == nil {
		c.Control(func(fd uintptr) { unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) })
	}
}
