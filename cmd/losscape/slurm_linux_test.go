package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"losscape/cmd/losscape/store"
	"losscape/gpu/gputest"
)

// slurmCluster is a cluster of one node, this machine: munged, slurmctld and slurmd. The node has
// processes of its own, a namespace of them, so that it can lose its power.
type slurmCluster struct {
	dir  string
	node *exec.Cmd // the namespace; its first process starts slurmd, and again when that ends
}

// slurmSlots is how many tasks run at the same time, whatever the machine has.
const slurmSlots = 4

// startSlurm starts a cluster, which ends with the test. make test-slurm, which sets SLURM=1 and
// installs Slurm, fails where it does not start; no other one runs these tests.
func startSlurm(t *testing.T) *slurmCluster {
	t.Helper()
	if os.Getenv("SLURM") != "1" {
		t.Skip("for make test-slurm")
	}
	if os.Getuid() != 0 {
		t.Fatal("the node's namespace needs root")
	}
	for _, p := range []string{"munged", "slurmctld", "slurmd", "sbatch", "unshare", "scontrol"} {
		if _, err := exec.LookPath(p); err != nil {
			t.Fatal(err)
		}
	}
	c := &slurmCluster{dir: t.TempDir()}
	if err := os.Chmod(c.dir, 0o755); err != nil { // munged wants others to write none of its path
		t.Fatal(err)
	}
	for _, d := range []string{"state", "spool"} {
		if err := os.Mkdir(c.path(d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	host, _, _ = strings.Cut(host, ".")
	// A task that is queued again may begin at once, and a node that does not answer for 5 s is down.
	conf := fmt.Sprintf(`ClusterName=test
SlurmctldHost=%[2]s(127.0.0.1)
SlurmctldPort=%[3]d
SlurmdPort=%[4]d
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=%[1]s/munge.socket
CredType=cred/munge
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1
StateSaveLocation=%[1]s/state
SlurmdSpoolDir=%[1]s/spool
SlurmctldPidFile=%[1]s/slurmctld.pid
SlurmdPidFile=%[1]s/slurmd.pid
SlurmctldLogFile=%[1]s/slurmctld.log
SlurmdLogFile=%[1]s/slurmd.log
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=5
KillWait=5
JobRequeue=1
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
NodeName=%[2]s NodeAddr=127.0.0.1 CPUs=%[5]d State=UNKNOWN
PartitionName=main Nodes=%[2]s Default=YES MaxTime=INFINITE State=UP
`, c.dir, host, freePort(t), freePort(t), slurmSlots)
	for name, text := range map[string]string{"slurm.conf": conf, "munge.key": strings.Repeat("a key of a test ", 8)} {
		if err := os.WriteFile(c.path(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("SLURM_CONF", c.path("slurm.conf"))
	t.Setenv(mainEnv, "1") // the program that is submitted is this one
	t.Cleanup(func() {
		if t.Failed() {
			for _, name := range []string{"slurmctld.log", "slurmd.log"} {
				text, _ := os.ReadFile(c.path(name))
				t.Logf("the end of %s:\n%s", name, text[max(0, len(text)-6000):])
			}
		}
	})
	c.daemon(t, "munged", "--foreground", "--force", "--key-file="+c.path("munge.key"), "--socket="+c.path("munge.socket"),
		"--pid-file="+c.path("munged.pid"), "--log-file="+c.path("munged.log"), "--seed-file="+c.path("munged.seed"))
	c.await(t, "munged", func() bool { _, err := os.Stat(c.path("munge.socket")); return err == nil })
	c.daemon(t, "slurmctld", "-D")
	c.await(t, "slurmctld", func() bool { return exec.Command("scontrol", "ping").Run() == nil })
	c.startNode(t)
	return c
}

func (c *slurmCluster) path(name string) string { return filepath.Join(c.dir, name) }

// freePort returns a port that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// daemon starts a process that ends with the test, and with this process in whatever way that
// ends.
func (c *slurmCluster) daemon(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	// The signal comes when the thread that has started it ends: that is to be the process's last.
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait()
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
	})
	return cmd
}

// startNode switches the node on.
func (c *slurmCluster) startNode(t *testing.T) {
	t.Helper()
	c.node = c.daemon(t, "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c", "while :; do slurmd -D >/dev/null 2>&1; sleep 0.1; done")
	c.await(t, "the node", func() bool {
		out, _ := exec.Command("sinfo", "--noheader", "--format=%T").Output()
		return strings.HasPrefix(string(out), "idle") || strings.HasPrefix(string(out), "mixed") || strings.HasPrefix(string(out), "allocated")
	})
}

// losePower ends the node with all that runs on it.
func (c *slurmCluster) losePower(t *testing.T) {
	t.Helper()
	if err := c.node.Process.Kill(); err != nil {
		t.Fatal(err)
	}
}

// awaitDown waits until Slurm knows that the node is down.
func (c *slurmCluster) awaitDown(t *testing.T) {
	t.Helper()
	c.await(t, "the node's absence", func() bool {
		out, _ := exec.Command("sinfo", "--noheader", "--format=%T").Output()
		return strings.HasPrefix(string(out), "down")
	})
}

// signal sends a signal to the processes of whom the command line and the environment have these
// texts; it waits until there is one.
func (c *slurmCluster) signal(t *testing.T, sig syscall.Signal, command string, environment ...string) {
	t.Helper()
	environment = append(environment, "SLURM_CONF="+c.path("slurm.conf"))
	c.await(t, fmt.Sprintf("a process %q of %q", command, environment), func() (found bool) {
		dirs, err := filepath.Glob("/proc/[0-9]*")
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range dirs {
			line, err := os.ReadFile(filepath.Join(d, "cmdline"))
			if err != nil || !strings.Contains(string(line), command) {
				continue
			}
			env, err := os.ReadFile(filepath.Join(d, "environ"))
			if err != nil || slices.ContainsFunc(environment, func(e string) bool { return !strings.Contains("\x00"+string(env), "\x00"+e+"\x00") }) {
				continue
			}
			pid, err := strconv.Atoi(filepath.Base(d))
			if err != nil {
				t.Fatal(err)
			}
			found = syscall.Kill(pid, sig) == nil || found
		}
		return found
	})
}

// hurry has jobs begin in a few seconds that Slurm lets wait for two minutes because they were
// queued again. At once would be too soon: their last start may not have been cleared away.
func (c *slurmCluster) hurry() {
	out, err := exec.Command("squeue", "--array", "--noheader", "--states=PENDING", "--format=%A %r %S").Output()
	if err != nil {
		return
	}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) != 3 || f[1] != "BeginTime" {
			continue
		}
		if begin, err := time.ParseInLocation("2006-01-02T15:04:05", f[2], time.Local); err == nil && time.Until(begin) > 10*time.Second {
			exec.Command("scontrol", "update", "JobId="+f[0], "StartTime=now+3").Run()
		}
	}
}

// slurmLimit ends a wait that is in vain.
const slurmLimit = 3 * time.Minute

// await waits until something is so.
func (c *slurmCluster) await(t *testing.T, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), slurmLimit)
	defer cancel()
	for !is() {
		select {
		case <-ctx.Done():
			out, _ := exec.Command("squeue", "--array").Output()
			t.Fatalf("%s is not there after %v\n%s", what, slurmLimit, out)
		case <-time.After(100 * time.Millisecond):
		}
		c.hurry()
	}
}

// submit submits a command and returns the IDs of the two jobs.
func (c *slurmCluster) submit(t *testing.T, args ...string) (shards, merge string) {
	t.Helper()
	code, _, stderr := losscape(t, append([]string{"submit", "--slurm"}, args...)...)
	if code != exitDone {
		t.Fatalf("%d, %s", code, stderr)
	}
	var n int
	_, said, _ := strings.Cut(stderr, "submitted: ")
	if _, err := fmt.Sscanf(said, "job %s %d shards", &shards, &n); err != nil {
		t.Fatalf("%v in %s", err, stderr)
	}
	_, said, _ = strings.Cut(said, "and job ")
	fmt.Sscanf(said, "%s", &merge)
	return strings.Trim(shards, ","), strings.Trim(merge, ",")
}

// state returns the state of a job or a task, such as 12_3; empty once Slurm has forgotten it.
func (c *slurmCluster) state(job string) string { return c.field(job, "JobState") }

// field returns a field of what Slurm knows of a job.
func (c *slurmCluster) field(job, name string) string {
	out, err := exec.Command("scontrol", "show", "job", "--oneliner", job).Output()
	if err != nil {
		return ""
	}
	for _, f := range strings.Fields(string(out)) {
		if value, ok := strings.CutPrefix(f, name+"="); ok {
			return value
		}
	}
	return ""
}

// finished waits for a job's end and returns its state.
func (c *slurmCluster) finished(t *testing.T, job string) (state string) {
	t.Helper()
	c.await(t, "the end of job "+job, func() bool {
		switch state = c.state(job); state {
		case "COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL":
			return true
		}
		return false
	})
	return state
}

// slurmStandIn stands for losscape. A shard, of the folder of its target, waits until there is a file
// that says how it ends, by its number and how often it was started, and notes what happens; the
// merge puts the notes together.
const slurmStandIn = `#!/bin/bash
if [ "$1" = merge ]; then cat "$(dirname "$2")"/shard-*.notes > "$2"; exit; fi
while [ $# -gt 0 ]; do
	case $1 in -o) dir=$(dirname "$2") ;; --shard) shard=${2%/*} ;; esac
	shift
done
notes=$dir/shard-$shard.notes
trap 'echo "told" >> "$notes"; exit 143' TERM
n=$(($(grep -c started "$notes" 2>/dev/null) + 1))
echo "started $SLURM_ARRAY_TASK_ID of $SLURM_ARRAY_TASK_COUNT" >> "$notes"
until [ -f "$dir/end-$shard-$n" ]; do sleep 0.05; done
code=$(cat "$dir/end-$shard-$n")
echo "ended $code" >> "$notes"
exit "$code"
`

// TestSlurmEngine has a cluster do with tasks what clusters do: they are killed, told that their
// time is up, queued again by hand, their slurmd and their node go away, they fail for now and
// for good, they are cancelled.
func TestSlurmEngine(t *testing.T) {
	c := startSlurm(t)
	dir := filepath.Join(t.TempDir(), "it's a \"dir\" $HOME #1 %a")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "stand in")
	if err := os.WriteFile(program, []byte(slurmStandIn), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	var name, array, merge string
	file := func(format string, args ...any) string { return filepath.Join(dir, name, fmt.Sprintf(format, args...)) }
	begin := func(job string, shards int, flags ...string) {
		t.Helper()
		name = job
		if err := os.Mkdir(name, 0o755); err != nil {
			t.Fatal(err)
		}
		array, merge = c.submit(t, append(flags, "--shards", strconv.Itoa(shards), "--program", program, "--", "grid", "one-mode", "-o", filepath.Join(name, "out.npy"))...)
	}
	end := func(shard, start, code int) {
		t.Helper()
		if err := os.WriteFile(file("end-%d-%d.new", shard, start), fmt.Append(nil, code), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file("end-%d-%d.new", shard, start), file("end-%d-%d", shard, start)); err != nil {
			t.Fatal(err)
		}
	}
	notes := func(shard int) string { text, _ := os.ReadFile(file("shard-%d.notes", shard)); return string(text) }
	started := func(shard, times int) {
		t.Helper()
		c.await(t, fmt.Sprintf("start %d of shard %d", times, shard), func() bool { return strings.Count(notes(shard), "started") == times })
	}
	done := func(shard int) {
		t.Helper()
		c.await(t, fmt.Sprintf("the end of shard %d", shard), func() bool { return c.state(fmt.Sprintf("%s_%d", array, shard)) == "COMPLETED" })
	}
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%q: %v, %s", args, err, out)
		}
	}
	task := func(shard int) string { return fmt.Sprintf("SLURM_ARRAY_TASK_ID=%d", shard) }

	begin("kept", 6, "--at-once", "4", "--retries", "2", "--time", "1-0", "--extra=--comment=a \"b\" \\ 'c' #d")
	if got := c.field(merge, "Dependency"); !strings.HasPrefix(got, "afterok:"+array+"_*") {
		t.Errorf("the merge depends on %q", got)
	}
	for shard := range 4 {
		started(shard, 1)
	}
	if out, _ := exec.Command("scontrol", "show", "job", array+"_0").Output(); !strings.Contains(string(out), `Comment=a "b" \ 'c' #d `) || !strings.Contains(string(out), "ArrayTaskThrottle=4") || !strings.Contains(string(out), "Requeue=1") || !strings.Contains(string(out), "TimeLimit=1-00:00:00") {
		t.Errorf("Slurm knows\n%s", out)
	}
	end(0, 1, 75)                                         // fails for now
	c.signal(t, syscall.SIGKILL, "stand in", task(1))     // killed, as if memory had run out
	c.signal(t, syscall.SIGTERM, "slurm_script", task(2)) // told, as a minute before the end of its time
	run("scontrol", "requeue", array+"_3")                // by hand
	for shard := range 3 {
		end(shard, 2, 0)
	}
	started(3, 2)
	started(4, 1)
	started(5, 1)
	for shard := range 3 {
		done(shard)
	}
	c.signal(t, syscall.SIGKILL, "slurmd\x00-D") // slurmd alone: the tasks go on
	end(4, 1, 0)
	done(4)
	c.losePower(t)
	c.awaitDown(t)
	c.startNode(t)
	for shard, times := range map[int]int{3: 3, 5: 2} {
		started(shard, times)
		end(shard, times, 0)
	}
	if got := c.finished(t, merge); got != "COMPLETED" {
		log, _ := os.ReadFile(file("out.npy.slurm/merge.log"))
		t.Errorf("the merge: %s, %s", got, log)
	}
	whole, err := os.ReadFile(file("out.npy"))
	if err != nil || bytes.Count(whole, []byte("ended 0")) != 6 {
		t.Errorf("%v, the shards say\n%s", err, whole)
	}
	for shard := range 6 {
		log, err := os.ReadFile(file("out.npy.slurm/shard-%d.log", shard))
		want := map[int]string{0: "ended with exit code 75: the job is queued again", 1: "ended with exit code 137: ", 2: "ended with exit code 143: "}[shard]
		if err != nil || !strings.Contains(string(log), want) {
			t.Errorf("shard %d: %v, %s, want %s", shard, err, log, want)
		}
	}

	begin("lost", 2, "--retries", "1")
	started(0, 1)
	started(1, 1)
	end(0, 1, 42)
	end(1, 1, 75)
	started(1, 2)
	end(1, 2, 75)
	for shard, want := range []string{"exit code 42, and is not started again", "started again 1 times: that is enough"} {
		if got := c.finished(t, fmt.Sprintf("%s_%d", array, shard)); got != "FAILED" {
			t.Errorf("shard %d: %s", shard, got)
		}
		if log, _ := os.ReadFile(file("out.npy.slurm/shard-%d.log", shard)); !strings.Contains(string(log), want) {
			t.Errorf("shard %d says %s, want %s", shard, log, want)
		}
	}
	if got := c.finished(t, merge); got != "CANCELLED" {
		t.Errorf("the merge of lost shards: %s", got)
	}

	begin("cancelled", 2)
	started(0, 1)
	started(1, 1)
	run("scancel", array, merge)
	for _, job := range []string{array + "_0", array + "_1", merge} {
		if got := c.finished(t, job); got != "CANCELLED" {
			t.Errorf("%s: %s", job, got)
		}
	}
	c.await(t, "the end of all", func() bool {
		out, err := exec.Command("squeue", "--noheader").Output()
		return err == nil && len(out) == 0
	})
	for shard := range 2 {
		if n := strings.Count(notes(shard), "started"); n != 1 {
			t.Errorf("shard %d was started %d times", shard, n)
		}
	}
}

// slurmWork has a cluster compute a command in shards while things go wrong, and wants the file that
// one process writes. faults happen one after another, each when so many pieces are there.
func slurmWork(t *testing.T, c *slurmCluster, shards int, args []string, faults map[int]func()) {
	t.Helper()
	target := args[slices.Index(args, "-o")+1]
	whole, dir := t.TempDir(), t.TempDir()
	single := process(args...)
	single.Dir = whole
	start := time.Now()
	if out, err := single.CombinedOutput(); err != nil {
		t.Fatalf("%v, %s", err, out)
	}
	t.Logf("in one process: %v", time.Since(start))
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	start = time.Now()
	array, merge := c.submit(t, append([]string{"--shards", strconv.Itoa(shards), "--time", "60", "--"}, args...)...)
	done := func() int {
		if st, err := store.Look(store.Dir(target)); err == nil {
			return len(st.Done)
		}
		return 0
	}
	for _, at := range slices.Sorted(maps.Keys(faults)) {
		c.await(t, fmt.Sprintf("piece %d", at), func() bool { return done() >= at })
		if state := c.state(merge); state != "PENDING" {
			t.Fatalf("all is done before %d pieces: the merge is %s", at, state)
		}
		faults[at]()
	}
	logs := func() string {
		var all strings.Builder
		names, _ := filepath.Glob(target + ".slurm/*.log")
		for _, name := range names {
			text, _ := os.ReadFile(name)
			fmt.Fprintf(&all, "%s:\n%s", name, text)
		}
		return all.String()
	}
	if got := c.finished(t, merge); got != "COMPLETED" {
		t.Fatalf("the merge: %s\n%s", got, logs())
	}
	t.Logf("in %d shards: %v, %s starts again", shards, time.Since(start), strconv.Itoa(strings.Count(logs(), "REQUEUE")+strings.Count(logs(), "is queued again")))
	for shard := range shards {
		if state := c.state(fmt.Sprintf("%s_%d", array, shard)); state != "COMPLETED" {
			t.Errorf("shard %d: %s", shard, state)
		}
	}
	if err := os.RemoveAll(target + ".slurm"); err != nil {
		t.Fatal(err)
	}
	sameFiles(t, strings.Join(args, " "), dir, whole)
}

// TestSlurmSweep has a cluster compute a sweep in 16 shards while tasks are killed, told to end and
// queued again, slurmd is killed, and the node loses its power.
func TestSlurmSweep(t *testing.T) {
	gputest.Device(t)
	c := startSlurm(t)
	t.Setenv(cutEnv, "1") // into 64 blocks of 50 runs
	args := strings.Fields("sweep one-mode --over lr=0.1:40:64:log --over l2=1e-4:1:50:log --steps 40000 --grad-tol -1 --max-period 1 -o runs.npz")
	slurmWork(t, c, 16, args, map[int]func(){
		3:  func() { c.signal(t, syscall.SIGKILL, "sweep\x00one-mode", "SLURM_ARRAY_TASK_ID=0") },
		9:  func() { c.signal(t, syscall.SIGKILL, "sweep\x00one-mode") }, // whichever run
		15: func() { c.signal(t, syscall.SIGTERM, "slurm_script") },
		21: func() { c.signal(t, syscall.SIGKILL, "slurmd\x00-D") },
		27: func() {
			c.losePower(t)
			c.awaitDown(t)
			c.startNode(t)
		},
		33: func() {
			out, err := exec.Command("squeue", "--array", "--noheader", "--states=RUNNING", "--format=%i").Output()
			if err != nil {
				t.Fatal(err)
			}
			for _, task := range strings.Fields(string(out)) {
				exec.Command("scontrol", "requeue", task).Run()
			}
		},
	})
}

// TestSlurmFilm has a cluster draw a film in 4 shards while tasks are killed and told to end, and the
// node loses its power.
func TestSlurmFilm(t *testing.T) {
	needsFFmpeg(t)
	gputest.Device(t)
	c := startSlurm(t)
	t.Setenv(cutEnv, "1") // into 16 segments of 6 frames
	args := strings.Fields("render valley --frames 96 --size 640x360 -o film.mp4")
	slurmWork(t, c, 4, args, map[int]func(){
		2: func() { c.signal(t, syscall.SIGKILL, "render\x00valley") },
		6: func() {
			c.losePower(t)
			c.awaitDown(t)
			c.startNode(t)
		},
		10: func() { c.signal(t, syscall.SIGTERM, "slurm_script") },
	})
}
