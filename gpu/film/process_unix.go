//go:build unix

package film

import (
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
