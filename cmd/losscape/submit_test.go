package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// fakeSlurm puts commands of Slurm at the head of PATH, which note how they are called; sbatch
// ends as told: by a script for its first call and one for its second.
func fakeSlurm(t *testing.T, first, second string) (calls func() string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the commands are scripts")
	}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	noted := filepath.Join(dir, "calls")
	for name, script := range map[string]string{
		"sbatch":  fmt.Sprintf("if [ -e '%s/once' ]; then %s; else touch '%[1]s/once'; %[3]s; fi", dir, second, first),
		"scancel": "exit 0",
	} {
		text := fmt.Sprintf("#!/bin/sh\necho %s \"$@\" >> '%s'\n%s\n", name, noted, script)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return func() string { text, _ := os.ReadFile(noted); return string(text) }
}

var submitGrid = strings.Fields("submit --slurm --shards 4 --at-once 2 -- grid one-mode --size 64 -o loss.npy")

// TestSubmit submits to commands that stand for Slurm's. TestSlurmEngine submits to a real one.
func TestSubmit(t *testing.T) {
	calls := fakeSlurm(t, "echo '71;main'", "echo 72")
	dir := t.TempDir()
	t.Chdir(dir)
	code, printed, stderr := losscape(t, append(submitGrid[:2:2], append([]string{"--dry-run"}, submitGrid[2:]...)...)...)
	if code != exitDone || calls() != "" {
		t.Fatalf("%d, %s, %s", code, stderr, calls())
	}
	empty(t, dir)
	code, stdout, stderr := losscape(t, submitGrid...)
	if code != exitDone || stdout != printed {
		t.Fatalf("%d, %s%s", code, stdout, stderr)
	}
	for _, want := range []string{"submitted: job 71, 4 shards, at most 2 at a time, and job 72, their merge into loss.npy\n", "losscape status loss.npy", "scancel 71 72"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("it says %s, want %s", stderr, want)
		}
	}
	logs, _ := filepath.Abs("loss.npy.slurm")
	if got, want := calls(), fmt.Sprintf("sbatch --parsable %[1]s/shards.sbatch\nsbatch --parsable --dependency=afterok:71 %[1]s/merge.sbatch\n", logs); got != want {
		t.Errorf("it calls\n%s\nwant\n%s", got, want)
	}
	var scripts []string
	for _, name := range []string{"shards.sbatch", "merge.sbatch"} {
		text, err := os.ReadFile(filepath.Join(logs, name))
		if err != nil {
			t.Fatal(err)
		}
		scripts = append(scripts, fmt.Sprintf("==> %s <==\n%s", filepath.Join(logs, name), text))
	}
	if got := strings.Join(scripts, "\n"); got != printed {
		t.Errorf("it prints\n%s\nand writes\n%s", printed, got)
	}
	exe, _ := os.Executable()
	for _, want := range []string{exe + ` grid one-mode --size 64 -o loss.npy --shard "$SLURM_ARRAY_TASK_ID/4" --resume &`, exe + " merge loss.npy &", "#SBATCH --array=0-3%2\n", "\ncd -- " + dir} {
		if !strings.Contains(printed, want) {
			t.Errorf("the scripts have no %s:\n%s", want, printed)
		}
	}
}

// TestSubmitFails wants one line that says what is wrong, and no jobs that nobody merges.
func TestSubmitFails(t *testing.T) {
	for _, c := range []struct{ first, second, calls, says string }{
		{"echo 'sbatch: error: invalid partition' >&2; exit 1", ":", "", "invalid partition"},
		{"echo 'sbatch: error: Batch job submission failed: Invalid job array specification' >&2; exit 1", ":", "", "MaxArraySize"},
		{":", ":", "", "has not said which job it is"},
		{"echo 71", "echo 'sbatch: error: no more jobs' >&2; exit 1", "scancel 71\n", "the merge of the shards of job 71 was not submitted, and they were cancelled: sbatch: no more jobs"},
	} {
		calls := fakeSlurm(t, c.first, c.second)
		t.Chdir(t.TempDir())
		code, _, stderr := losscape(t, append([]string{"-q"}, submitGrid...)...)
		if code != exitFailed || !strings.Contains(stderr, c.says) || strings.Count(stderr, "\n") != 1 || !strings.HasSuffix(calls(), c.calls) {
			t.Errorf("%q: %d, %s, %s", c, code, stderr, calls())
		}
	}
	t.Setenv("PATH", t.TempDir())
	if code, _, stderr := losscape(t, append([]string{"-q"}, submitGrid...)...); code != exitFailed || !strings.Contains(stderr, "sbatch was not found") {
		t.Errorf("%d, %s", code, stderr)
	}
}

func TestSubmitErrors(t *testing.T) {
	const grid = " -- grid one-mode -o a.npy"
	for args, says := range map[string]string{
		"--shards 2" + grid:                                                  "one of --slurm and --k8s",
		"--slurm --k8s --shards 2" + grid:                                    "one of --slurm and --k8s",
		"--slurm" + grid:                                                     "needs --shards N",
		"--slurm --shards 100001" + grid:                                     "--shards 100001, want 1 to 100000",
		"--slurm --shards 2 --image x" + grid:                                "--image is for --k8s",
		"--k8s --shards 2 --partition x" + grid:                              "--partition is for --slurm",
		"--k8s --shards 2 --claim x" + grid:                                  "needs --image",
		"--k8s --shards 2 --image x" + grid:                                  "needs --claim",
		"--k8s --shards 2 --image x --claim y --mount work" + grid:           "--mount \"work\"",
		"--slurm --shards 2 --at-once 0" + grid:                              "--at-once 0, want at least 1",
		"--slurm --shards 2 --mem 8GB" + grid:                                "--mem \"8GB\"",
		"--slurm --shards 2 --time 1h" + grid:                                "--time \"1h\"",
		"--slurm --shards 2 --name A" + grid:                                 "--name \"A\"",
		"--slurm --shards 2 --extra x" + grid:                                "--extra \"x\"",
		"--slurm --shards 2 grid one-mode":                                   "is \"grid\" before",
		"--slurm --shards 2 -- train one-mode":                               "not computed in shards",
		"--slurm --shards 2 -- grid one-mode":                                "needs",
		"--slurm --shards 2 -- grid one-mode -o a.npy --shard 0/2":           "are added to the command",
		"--slurm --shards 2 -- sweep one-mode --over lr=1,2 -o a.csv --json": "--json",
		"--k8s --shards 2 --image x --claim y -- grid one-mode -o /a.npy":    "the pods do not see /a.npy",
		"--k8s --shards 2 --image x --claim y -- grid one-mode -o ../a.npy":  "the pods do not see ../a.npy",
	} {
		code, stdout, stderr := losscape(t, append([]string{"submit"}, strings.Fields(args)...)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, says) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: %d, %s%s, want %s", args, code, stdout, stderr, says)
		}
	}
	code, stdout, stderr := losscape(t, strings.Fields("submit --k8s --shards 2 --image x --claim y --mount /data -- grid one-mode -o /data/sub/a.npy")...)
	if code != exitDone || !strings.Contains(stdout, "- /data/sub/a.npy\n") || !strings.Contains(stderr, "kubectl wait --for=condition=complete --timeout=-1s job/losscape-a-npy\n") {
		t.Errorf("%d, %s%s", code, stdout, stderr)
	}
}
