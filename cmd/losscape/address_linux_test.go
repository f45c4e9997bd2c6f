//go:build !race && cgo

// The race detector needs terabytes of address space.

package main

import (
	"strings"
	"testing"
)

// Too small an address space is said before Go's runtime crashes in it, and a sweep too
// large for what is left is refused.
func TestAddressSpace(t *testing.T) {
	serial(t)
	for _, c := range []struct{ limit, args, want string }{
		{"500000", "--version", "limit of the address space is 500000 KiB"},
		{"2500000", "sweep one-mode --over lr=0.1:1:10000 --over l2=0:1:10000 --steps 10 --backend cpu --map a.png", "the results of 100000000 runs take"},
	} {
		cmd := process(strings.Fields(c.args)...)
		cmd.Args = append([]string{"sh", "-c", "ulimit -v " + c.limit + "; exec \"$0\" \"$@\"", cmd.Path}, strings.Fields(c.args)...)
		cmd.Path, cmd.Dir = "/bin/sh", t.TempDir()
		text, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(string(text), c.want) || strings.Count(string(text), "\n") != 1 {
			t.Errorf("%s within %s KiB: exit %d, %s", c.args, c.limit, code, text)
		}
	}
}
