//go:build unix

package film

import (
	"errors"
	"os/exec"
	"syscall"
	"time"
)

// errBrokenPipe is the error of a write that nobody will read.
const errBrokenPipe = syscall.EPIPE

// tempEnv names the folder for temporary files.
const tempEnv = "TMPDIR"

// ownGroup gives the process a group, which keeps a terminal's Ctrl-C from it, as
// it is ours to end it, and which ends as a whole.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { endGroup(cmd); return nil }
}

// killed reports whether something else has ended an ffmpeg: by SIGKILL, which a shell around it says by an exit
// code, or by asking it to end, after which it exits with 255 and for no other reason (fftools, exit_program).
func killed(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	if s, ok := exit.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		return s.Signal() == syscall.SIGKILL || s.Signal() == syscall.SIGTERM
	}
	code := exit.ExitCode()
	return code == 255 || code == 128+int(syscall.SIGKILL) || code == 128+int(syscall.SIGTERM)
}

// endGroup ends all that is left of a process's group: it asks, and then kills.
func endGroup(cmd *exec.Cmd) {
	group := -cmd.Process.Pid
	syscall.Kill(group, syscall.SIGTERM)
	syscall.Kill(group, syscall.SIGCONT) // one that is stopped would not hear
	for end := time.Now().Add(Limits.End); time.Now().Before(end); time.Sleep(Limits.End / 200) {
		if syscall.Kill(group, 0) != nil {
			return
		}
	}
	syscall.Kill(group, syscall.SIGKILL)
}
