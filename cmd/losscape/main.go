// Command losscape computes loss landscapes and training runs, films them and
// checks its numbers. See losscape help.
package main

import (
	"context"
	"math"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"
	"time"
)

func main() {
	// A write that nobody will read fails. Without this it ends us, on a pipe that is
	// standard output or error.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, stop := context.WithCancelCause(context.Background())
	// What is ignored from the start stays so: nohup has us outlive the terminal, and
	// a shell's script what it runs in the background its Ctrl-C.
	ends := slices.DeleteFunc([]os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}, signal.Ignored)
	if len(ends) > 0 { // none would stand for all
		got := make(chan os.Signal, 1)
		signal.Notify(got, ends...)
		go func() {
			s := <-got
			stop(signalled{s})
			// One that comes a little later ends us at once. Before, it is the same one: timeout(1)
			// sends it to the process and to its group.
			time.Sleep(oneSignal)
			signal.Stop(got)
		}()
	}
	// Go's heap may double before it is swept: not beyond what there is, of which the
	// driver and ffmpeg's pipes need a part.
	if free, known := freeMemory(); known && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(min(free/4*3, math.MaxInt64)))
	}
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	os.Exit(code)
}

// oneSignal is how long after a signal another one is taken for the same.
const oneSignal = 300 * time.Millisecond

// signalled is why a context is done that a signal has ended.
type signalled struct{ os.Signal }

func (s signalled) Error() string { return s.String() }

// exitCode is what the command exits with then.
func (s signalled) exitCode() int {
	if s.Signal == syscall.SIGTERM {
		return exitTerminated
	}
	return exitInterrupted
}
