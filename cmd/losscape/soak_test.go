//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"losscape/cmd/losscape/store"
	"losscape/gpu/gputest"
)

// soaks skips a test of what takes long unless make soak runs it.
func soaks(t *testing.T) {
	t.Helper()
	if os.Getenv("SOAK") != "1" {
		t.Skip("make soak runs it")
	}
}

// soakCount returns how often a soak test does what it does: by its variable, else as many times as make
// soak has it.
func soakCount(t *testing.T, variable string, most int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return most
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, want a whole number of at least 1", variable, text)
	}
	return n
}

// memoryOf returns a value of a process's /proc/PID/status in bytes, such as VmRSS, its resident set, and
// VmHWM, the most that this ever was; 0 of a process that has ended.
func memoryOf(pid int, name string) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			kilobytes, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 64)
			return 1024 * kilobytes
		}
	}
	return 0
}

// watch runs a process with --progress json, and calls at with each event of a phase.
func watch(t *testing.T, c *exec.Cmd, phase string, at func(done int)) {
	t.Helper()
	c.Args = append(c.Args, "--progress", "json")
	log, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	for lines := bufio.NewScanner(log); lines.Scan(); {
		var e phaseEvent
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil || e.Phase == "" {
			fmt.Fprintln(&said, lines.Text())
			continue
		}
		if e.Phase == phase {
			at(e.Done)
		}
	}
	if err := c.Wait(); err != nil {
		t.Fatalf("%v: %s", err, &said)
	}
}

// TestSoakFrames renders a film of 10,000 frames, and wants the memory that it takes after the
// first 1,000 to stay as it is, within 10 %.
func TestSoakFrames(t *testing.T) {
	soaks(t)
	needsFFmpeg(t)
	frames := soakCount(t, "SOAK_FRAMES", 10_000)
	scene := writeScene(t, strings.NewReplacer("frames = 6", fmt.Sprintf("frames = %d", frames), "steps = 8", fmt.Sprintf("steps = %d", frames-1), "fps = 5", "fps = 60").Replace(tiny))
	c := process("render", scene, "-o", filepath.Join(t.TempDir(), "a.mp4"))
	const part = 10 // in parts of the film, of which the first is left out
	var sum, most [part]float64
	var count [part]int
	began := time.Now()
	watch(t, c, "frames", func(done int) {
		if k := min(done*part/frames, part-1); done < frames {
			rss := memoryOf(c.Process.Pid, "VmRSS")
			sum[k], most[k], count[k] = sum[k]+rss, max(most[k], rss), count[k]+1
		}
	})
	first := sum[1] / float64(count[1])
	for k := 1; k < part; k++ {
		mean := sum[k] / float64(count[k])
		t.Logf("frames %d to %d: resident set %.1f MB, at most %.1f MB, in %d samples", k*frames/part, (k+1)*frames/part, mean/1e6, most[k]/1e6, count[k])
		if !(math.Abs(mean-first) <= 0.1*first) {
			t.Errorf("%.1f MB in part %d of %d, %.1f MB in the second", mean/1e6, k+1, part, first/1e6)
		}
	}
	t.Logf("%d frames in %v", frames, time.Since(began).Round(time.Second))
}

// TestSoakSweep sweeps 10⁸ runs of 20 steps to a Parquet file, in memory of at most 1 GB.
func TestSoakSweep(t *testing.T) {
	soaks(t)
	side := int(math.Sqrt(float64(soakCount(t, "SOAK_RUNS", 100_000_000))))
	target := filepath.Join(t.TempDir(), "runs.parquet")
	c := process("sweep", "one-mode", "--over", fmt.Sprintf("lr=0.1:40:%d:log", side), "--over", fmt.Sprintf("l2=1e-4:1:%d:log", side), "--steps", "20", "-o", target)
	most := 0.0
	began := time.Now()
	look := func(int) { most = max(most, memoryOf(c.Process.Pid, "VmHWM")) }
	c.Args = append(c.Args, "--resume") // however few blocks there are
	watch(t, c, "sweep", look)
	info, err := os.Stat(target)
	if err != nil {
		t.Fatal(err)
	}
	most = max(most, 1024*float64(c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss))
	t.Logf("%d runs in %v, at most %.0f MB of memory, a file of %.0f MB", side*side, time.Since(began).Round(time.Second), most/1e6, float64(info.Size())/1e6)
	if most > 1e9 {
		t.Errorf("%.0f MB of memory", most/1e6)
	}
}

// TestSoakResumes interrupts 200 jobs, by SIGKILL and SIGTERM in turn, goes on with them, and wants the bytes
// of those that nobody interrupted.
func TestSoakResumes(t *testing.T) {
	soaks(t)
	gputest.Device(t)
	jobs := [][]string{
		{"grid", "one-mode", "-o", "a.npy", "--size", "120x120", "--backend", "cpu", "--resume"},
		{"sweep", "one-mode", "--over", "lr=0.1:40:60:log", "--over", "l2=0:1:20", "--backend", "cpu", "-o", "a.parquet", "--resume"},
		{"grid", "one-mode", "-o", "a.nc", "--size", "100x140", "--of", "gradient", "--backend", "cpu", "--resume"},
		{"sweep", "one-mode", "--over", "lr=0.1:40:60:log", "--over", "l2=0:1:20", "--backend", "cpu", "-o", "a.npz", "--resume"},
		{"render", "one-mode", "-o", "a.gif", "--size", "96x32", "--resume"},
	}
	start := func(dir string, args []string) (*exec.Cmd, *bytes.Buffer) {
		c, log := process(args...), new(bytes.Buffer)
		c.Dir, c.Stderr = dir, log
		c.Env = append(c.Env, cutEnv+"=1")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c, log
	}
	whole := make([]string, len(jobs))
	for i, args := range jobs {
		whole[i] = t.TempDir()
		if c, log := start(whole[i], args); c.Wait() != nil {
			t.Fatalf("%s: %s", args, log)
		}
	}
	interrupted := 0
	count := soakCount(t, "SOAK_RESUMES", 200)
	began := time.Now()
	for k := range count {
		args, dir, by := jobs[k/2%len(jobs)], t.TempDir(), []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM}[k%2]
		c, log := start(dir, args)
		want := 1 + k%7 // pieces that are there then
		part := filepath.Join(dir, store.Dir(args[slices.Index(args, "-o")+1]))
		for tries := 0; tries < 5000; tries++ {
			if there, _ := filepath.Glob(filepath.Join(part, "*.piece")); len(there) >= want {
				break
			}
			time.Sleep(time.Millisecond)
		}
		c.Process.Signal(by)
		c.Wait()
		switch code := c.ProcessState.ExitCode(); {
		case code == exitDone: // it was done before
		case by == syscall.SIGKILL && code == -1, by == syscall.SIGTERM && code == exitTerminated:
			interrupted++
		default:
			t.Fatalf("job %d, %v: exits with %d and says %s", k, by, code, log)
		}
		if c, log := start(dir, args); c.Wait() != nil {
			t.Fatalf("job %d: %s", k, log)
		}
		sameFiles(t, fmt.Sprintf("job %d", k), dir, whole[k/2%len(jobs)])
		os.RemoveAll(dir)
	}
	t.Logf("%d jobs, %d of them interrupted, in %v", count, interrupted, time.Since(began).Round(time.Second))
	if interrupted < count*9/10 {
		t.Errorf("only %d of %d jobs were interrupted", interrupted, count)
	}
}
