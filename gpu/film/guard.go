package film

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Limits is how long ffmpeg may keep a caller waiting. They are variables for tests.
var Limits = struct {
	Answer time.Duration // to -version, or with the frame of a trial: the work of a second, behind a slow disk and a busy machine
	Idle   time.Duration // in which it takes no bytes, writes none and uses next to no processor time: a network folder may be away so long
	Busy   time.Duration // the same, except that it uses processor time: one frame of the largest size by the slowest encoder
	End    time.Duration // to end when asked, before it is killed: its output is not wanted
}{Answer: 30 * time.Second, Idle: time.Minute, Busy: 2 * time.Hour, End: 2 * time.Second}

// ErrHangs is what the error of an ffmpeg that keeps us waiting for too long wraps.
var ErrHangs = errors.New("ffmpeg hangs")

// ErrKilled is what the error of an ffmpeg wraps that something else has ended: the kernel does when memory runs
// out, and so do those who run clusters.
var ErrKilled = errors.New("ffmpeg was killed")

// ErrStalled means that the device does not go on.
var ErrStalled = errors.New("the device has not finished a frame for two minutes; run again, with a smaller size or another device")

// command is an ffmpeg to start. It ends with ctx, and so do the processes that it
// started: it may be a script around the real one.
func command(ctx context.Context, path string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, path, args...)
	ownGroup(c)
	c.WaitDelay = time.Second // for what has left the group and holds its output open
	return c
}

// guardTurns is how often an ffmpeg is looked at within a limit.
const guardTurns = 50

// guard ends an ffmpeg that hangs while we wait for it. It counts its turns and not
// the time, which also passes while both processes are stopped.
func (e *Encoder) guard(idle, busy time.Duration) {
	turn := time.NewTicker(idle / guardTurns)
	defer turn.Stop()
	var done int64           // bytes that ffmpeg has taken and written
	var worked time.Duration // its processor time when it was last seen at work
	still, stuck := 0, 0     // turns in which it did nothing; in which it took and wrote nothing
	for {
		select {
		case <-e.exited:
			return
		case <-turn.C:
		}
		now := e.taken.Load()
		waits := false
		if e.file == nil {
			now += e.out.written.Load()
			waits = e.out.waits.Load()
		} else if info, err := os.Stat(e.file.PartName()); err == nil {
			now += info.Size()
		} else if err := e.gone(); err != nil {
			e.cancel(err)
			return
		}
		if now != done || waits || !e.waited.Load() {
			done, still, stuck = now, 0, 0
			continue
		}
		stuck++
		still++
		cpu, known := groupTime(e.cmd.Process.Pid)
		if !known || cpu < worked || cpu-worked >= idle/guardTurns {
			worked, still = cpu, 0
		}
		if still < guardTurns && time.Duration(stuck)*(idle/guardTurns) < busy {
			continue
		}
		e.said = e.log.String() // before it is asked to end, of which it may say something, too
		if still >= guardTurns {
			e.cancel(fmt.Errorf("%w: it has done nothing for %v", ErrHangs, idle))
		} else {
			e.cancel(fmt.Errorf("%w: it has taken and written nothing for %v", ErrHangs, busy))
		}
		return
	}
}

// errGone is what the error of a film whose file was removed while it was being written wraps.
var errGone = errors.New("has been removed")

// gone returns an error if somebody has removed the file that ffmpeg writes, or its folder.
func (e *Encoder) gone() error {
	if e.file == nil {
		return nil
	}
	part := e.file.PartName()
	if _, err := os.Lstat(part); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if dir := filepath.Dir(part); !exists(dir) {
		return fmt.Errorf("%s was not written: the folder %s %w", e.target, dir, errGone)
	}
	return fmt.Errorf("%s was not written: its unfinished file %s %w", e.target, part, errGone)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// groupTime returns the processor time that the processes of a group have used, with
// their children that have ended, where /proc is Linux's.
func groupTime(group int) (t time.Duration, known bool) {
	list, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range list {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		// proc(5): the name in parentheses may hold anything; then come state, parent,
		// group and, from the twelfth on, four times in ticks of 10 ms.
		f := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(f) < 15 || f[2] != strconv.Itoa(group) {
			continue
		}
		known = true
		for _, ticks := range f[11:15] {
			n, _ := strconv.ParseInt(ticks, 10, 64)
			t += time.Duration(n) * 10 * time.Millisecond
		}
	}
	return t, known
}
