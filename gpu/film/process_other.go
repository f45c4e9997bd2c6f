//go:build !unix

package film

import (
	"os/exec"
	"syscall"
)

// errBrokenPipe is the error of a write that nobody will read; Windows calls
// it ERROR_NO_DATA.
const errBrokenPipe = syscall.Errno(232)

// tempEnv names the folder for temporary files.
const tempEnv = "TMP"

func ownGroup(*exec.Cmd) {}

func endGroup(*exec.Cmd) {}

func killed(error) bool { return false }
