//go:build unix

package film

import (
	"os/exec"
	"syscall"
)

// errBrokenPipe is the error of a write that nobody will read.
const errBrokenPipe = syscall.EPIPE

// ownGroup keeps a terminal's Ctrl-C from the process: it is ours to end it.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
