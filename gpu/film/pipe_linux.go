package film

import (
	"os"

	"golang.org/x/sys/unix"
)

// growPipe lets a pipe hold pipeBytes, so that a frame takes fewer turns between the
// processes.
func growPipe(w *os.File) {
	if c, err := w.SyscallConn(); err == nil {
		c.Control(func(fd uintptr) { unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeBytes) })
	}
}

// vmsplice puts p into a pipe without copying it: the reader copies it from where it is.
// It tells took of each piece that the pipe took, all of it unless there is an error.
func vmsplice(w *os.File, p []byte, took func(n int)) error {
	c, err := w.SyscallConn()
	if err != nil {
		return err
	}
	n := 0
	var failed error
	err = c.Write(func(fd uintptr) bool {
		for n < len(p) {
			v := unix.Iovec{Base: &p[n]}
			v.SetLen(len(p) - n)
			k, err := unix.Vmsplice(int(fd), []unix.Iovec{v}, 0)
			switch {
			case err == unix.EAGAIN:
				return false // call again when there is room
			case err == unix.EINTR:
			case err != nil:
				failed = os.NewSyscallError("vmsplice", err)
				return true
			default:
				n += k
				took(k)
			}
		}
		return true
	})
	if err == nil {
		err = failed
	}
	return err
}

// newShared returns n bytes to hand on without a copy. They are no part of Go's heap, so that what is in a
// pipe stays as it is after free.
func newShared(n int) (p []byte, free func(), err error) {
	p, err = unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	return p, func() { unix.Munmap(p) }, err
}
