package cluster_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"losscape/cmd/losscape/cluster"

	"go.yaml.in/yaml/v3"
)

// odd are arguments that a shell, sbatch, YAML or Kubernetes may take for something else.
var odd = []string{"", " ", "a b", "it's", `"`, `\`, `a\`, "$HOME", "$$", "$(JOB_COMPLETION_INDEX)", "$$(X)", "`id`", "-x", "--", "*", "#a", "a #b", "a: b", "- a", "yes", "null", "1e3", "0x1", "12:30", "~",
	"a\nb", "\n", "a\n#SBATCH --x\n", "\ta", "%04d", "{{.}}", "ä∇", "&a", "!a", "|", ">", "@", "[a]", "{a}", "\u0085", "\u2028", "\x01"}

func job(dir string) *cluster.Job {
	return &cluster.Job{Name: "losscape-runs-npz", Program: filepath.Join(dir, "los scape's"), Args: append([]string{"sweep"}, odd...), Merge: append([]string{"merge"}, odd...), Dir: dir,
		Shards: 64, AtOnce: 16, Retries: 3, CPUs: 2, GPUs: 1, Memory: "8G", Time: "2-12:00:00", Logs: filepath.Join(dir, "runs %a.slurm"),
		Partition: "ma in", Extra: []string{"--account=a \"b\" 'c'", "--qos=x"}, Image: "example.org/losscape:1", Claim: "work", Mount: "/data"}
}

func install(t *testing.T, path, script string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/bash\n"+script+"\n"), 0o777); err != nil {
		t.Fatal(err)
	}
}

// bash skips a test where it is not.
func bash(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("the scripts are for bash, which is not here")
	}
	return path
}

// TestSlurmArguments runs the scripts, and looks at what arguments losscape gets.
func TestSlurmArguments(t *testing.T) {
	shell, dir := bash(t), t.TempDir()
	j := job(dir)
	install(t, j.Program, `pwd; printf '%s\0' "$@"`)
	s, err := j.Slurm()
	if err != nil {
		t.Fatal(err)
	}
	for script, want := range map[string][]string{
		s.Shards: append(slices.Clone(j.Args), "--shard", "7/64", "--resume"),
		s.Merge:  j.Merge,
	} {
		c := exec.Command(shell, "-c", script)
		c.Env = append(os.Environ(), "SLURM_ARRAY_TASK_ID=7", "SLURM_JOB_ID=1")
		var stderr bytes.Buffer
		c.Stderr = &stderr
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%v, %s", err, &stderr)
		}
		where, args, _ := strings.Cut(string(out), "\n")
		if real, _ := filepath.EvalSymlinks(dir); where != dir && where != real {
			t.Errorf("it runs in %s, want %s", where, dir)
		}
		if got := strings.Split(strings.TrimSuffix(args, "\x00"), "\x00"); !slices.Equal(got, want) {
			t.Errorf("losscape gets %q\nwant %q", got, want)
		}
	}
}

// TestSlurmHeader looks at what sbatch reads: all lines until the first that is no comment.
func TestSlurmHeader(t *testing.T) {
	j := job("/data/my dir")
	s, err := j.Slurm()
	if err != nil {
		t.Fatal(err)
	}
	common := `#SBATCH --nodes=1
#SBATCH --ntasks=1
%s#SBATCH --mem=8G
#SBATCH --time=2-12:00:00
#SBATCH "--partition=ma in"
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@60
#SBATCH "--output=/data/my dir/runs %%%%a.slurm/%s"
#SBATCH "--account=a \"b\" 'c'"
#SBATCH "--qos=x"`
	for script, want := range map[string]string{
		s.Shards: "#SBATCH --job-name=losscape-runs-npz\n#SBATCH --array=0-63%16\n" + fmt.Sprintf(common, "#SBATCH --cpus-per-task=2\n#SBATCH --gres=gpu:1\n", "shard-%a.log"),
		s.Merge:  "#SBATCH --job-name=losscape-runs-npz-merge\n#SBATCH --kill-on-invalid-dep=yes\n" + fmt.Sprintf(common, "", "merge.log"),
	} {
		header, _, _ := strings.Cut(script, "\nset -euo")
		if !strings.HasPrefix(script, "#!/bin/bash\n") {
			t.Errorf("the script begins with %.20q", script)
		}
		var got []string
		for line := range strings.Lines(header) {
			if !strings.HasPrefix(line, "#") {
				t.Errorf("sbatch stops at %q", line)
			}
			if strings.HasPrefix(line, "#SBATCH") {
				got = append(got, strings.TrimSuffix(line, "\n"))
			}
		}
		if strings.Join(got, "\n") != want {
			t.Errorf("sbatch reads\n%s\nwant\n%s", strings.Join(got, "\n"), want)
		}
	}
	plain := &cluster.Job{Name: "a", Program: "/losscape", Args: []string{"grid"}, Merge: []string{"merge"}, Dir: "/", Shards: 2, Logs: "/logs"}
	s, err = plain.Slurm()
	if err != nil {
		t.Fatal(err)
	}
	for _, no := range []string{"--gres", "--mem", "--time", "--cpus", "--partition", "0-1%"} {
		if strings.Contains(s.Shards, no) {
			t.Errorf("nobody asked for %s:\n%s", no, s.Shards)
		}
	}
}

// TestSlurmCodes runs a script whose losscape ends in each way, and looks whether the task is
// queued again.
func TestSlurmCodes(t *testing.T) {
	shell, dir := bash(t), t.TempDir()
	j := job(dir)
	s, err := j.Slurm()
	if err != nil {
		t.Fatal(err)
	}
	install(t, filepath.Join(dir, "scontrol"), `echo "$@" >> `+filepath.Join(dir, "asked"))
	for _, c := range []struct {
		name, losscape, restarts, state string
		code                            int
		again                           bool
		says                            string
	}{
		{"done", "exit 0", "", "RUNNING", 0, false, ""},
		{"failed", "exit 1", "", "RUNNING", 1, false, "exit code 1, and is not started again"},
		{"usage", "exit 2", "", "RUNNING", 2, false, "exit code 2"},
		{"never", "exit 42", "", "RUNNING", 42, false, "exit code 42"},
		{"again", "exit 75", "", "RUNNING", 75, true, "queued again"},
		{"again and again", "exit 75", "2", "RUNNING", 75, true, "queued again"},
		{"enough", "exit 75", "3", "RUNNING", 75, false, "3 times: that is enough"},
		{"killed", "kill -9 $$", "", "RUNNING", 137, true, "code 137"},
		{"interrupted", "exit 130", "", "RUNNING", 130, true, "code 130"},
		{"cancelled", "exit 143", "", "COMPLETING", 143, false, ""},
	} {
		install(t, j.Program, c.losscape)
		install(t, filepath.Join(dir, "squeue"), "echo "+c.state)
		os.Remove(filepath.Join(dir, "asked"))
		cmd := exec.Command(shell, "-c", s.Shards)
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "SLURM_ARRAY_TASK_ID=7", "SLURM_ARRAY_JOB_ID=123", "SLURM_JOB_ID=130", "SLURM_RESTART_COUNT="+c.restarts)
		out, _ := cmd.CombinedOutput()
		asked, _ := os.ReadFile(filepath.Join(dir, "asked"))
		if got := cmd.ProcessState.ExitCode(); got != c.code || (string(asked) == "requeue 123_7\n") != c.again || !c.again && len(asked) > 0 || !strings.Contains(string(out), c.says) {
			t.Errorf("%s: %d, asked for %q, says %s", c.name, got, asked, out)
		}
	}
}

// TestSlurmSignal sends signals to a script, and expects losscape to get each of them, and the
// script to end with what losscape ends with.
func TestSlurmSignal(t *testing.T) {
	shell, dir := bash(t), t.TempDir()
	j := job(dir)
	s, err := j.Slurm()
	if err != nil {
		t.Fatal(err)
	}
	install(t, j.Program, `n=0; trap 'n=$((n+1)); echo "told $n"' TERM; trap '' INT; echo ready; while [ $n -lt 2 ]; do sleep 0.01; done; exit 75`)
	install(t, filepath.Join(dir, "squeue"), "echo RUNNING")
	install(t, filepath.Join(dir, "scontrol"), "echo $@")
	c := exec.Command(shell, "-c", s.Shards)
	c.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "SLURM_ARRAY_TASK_ID=0", "SLURM_ARRAY_JOB_ID=9", "SLURM_JOB_ID=9")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	expect := func(want string) {
		t.Helper()
		line := make([]byte, len(want)+1)
		if _, err := io.ReadFull(out, line); err != nil || string(line) != want+"\n" {
			c.Process.Kill()
			t.Fatalf("%q, %v, want %s", line, err, want)
		}
	}
	expect("ready")
	c.Process.Signal(syscall.SIGTERM)
	expect("told 1")
	c.Process.Signal(syscall.SIGTERM) // SIGHUP may be ignored from the start, as by nohup
	expect("told 2")
	expect("requeue 9_0")
	if err := c.Wait(); c.ProcessState.ExitCode() != 75 {
		t.Error(err)
	}
}

// TestKubernetes reads the manifest back.
func TestKubernetes(t *testing.T) {
	j := job("/data/a")
	j.Namespace = "science"
	text, err := j.Kubernetes()
	if err != nil {
		t.Fatal(err)
	}
	var docs []map[string]any
	for d := yaml.NewDecoder(strings.NewReader(text)); ; {
		var doc map[string]any
		if err := d.Decode(&doc); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, doc)
	}
	if len(docs) != 2 {
		t.Fatalf("%d documents", len(docs))
	}
	at := func(v any, path ...any) any {
		t.Helper()
		for _, p := range path {
			switch p := p.(type) {
			case string:
				m, _ := v.(map[string]any)
				v = m[p]
			case int:
				if l, _ := v.([]any); p < len(l) {
					v = l[p]
				} else {
					v = nil
				}
			}
		}
		return v
	}
	under := func(path []any, more ...any) []any { return slices.Concat(path, more) }
	pod := []any{"spec", "template", "spec"}
	container := under(pod, "containers", 0)
	for i, want := range []map[string]any{
		{"completionMode": "Indexed", "completions": 64, "parallelism": 16, "backoffLimitPerIndex": 3},
		{"suspend": true, "completions": 1, "parallelism": 1, "backoffLimit": 3},
	} {
		for k, v := range want {
			if got := at(docs[i], "spec", k); got != v {
				t.Errorf("%s is %v, want %v", k, got, v)
			}
		}
		for _, f := range []struct {
			path []any
			want any
		}{
			{[]any{"apiVersion"}, "batch/v1"}, {[]any{"kind"}, "Job"}, {[]any{"metadata", "name"}, []any{"losscape-runs-npz", "losscape-runs-npz-merge"}[i]}, {[]any{"metadata", "namespace"}, "science"},
			{under(pod, "restartPolicy"), "Never"}, {under(pod, "activeDeadlineSeconds"), 216000}, {under(pod, "securityContext", "runAsNonRoot"), true},
			{under(pod, "volumes", 0, "persistentVolumeClaim", "claimName"), "work"}, {under(container, "volumeMounts", 0, "mountPath"), "/data"}, {under(container, "workingDir"), "/data/a"},
			{under(container, "image"), "example.org/losscape:1"}, {under(container, "command", 0), j.Program},
			{under(container, "resources", "limits", "nvidia.com/gpu"), []any{"1", nil}[i]}, {under(container, "resources", "limits", "memory"), "8Gi"}, {under(container, "resources", "requests", "memory"), "8Gi"}, {under(container, "resources", "requests", "cpu"), "2"},
			{[]any{"spec", "podFailurePolicy", "rules", 0, "action"}, "Ignore"}, {[]any{"spec", "podFailurePolicy", "rules", 0, "onPodConditions", 0, "type"}, "DisruptionTarget"},
			{[]any{"spec", "podFailurePolicy", "rules", 1, "action"}, "FailJob"}, {[]any{"spec", "podFailurePolicy", "rules", 1, "onExitCodes", "values", 1}, cluster.Never},
			{[]any{"spec", "podFailurePolicy", "rules", 2, "action"}, "Count"}, {[]any{"spec", "podFailurePolicy", "rules", 2, "onExitCodes", "values", 0}, cluster.Again},
		} {
			if got := at(docs[i], f.path...); got != f.want {
				t.Errorf("document %d: %v is %v, want %v", i, f.path, got, f.want)
			}
		}
		var args []string
		list, _ := at(docs[i], under(container, "args")...).([]any)
		for _, a := range list {
			args = append(args, expansion(t, a.(string)))
		}
		if want := [][]string{append(slices.Clone(j.Args), "--shard", "5/64", "--resume"), j.Merge}[i]; !slices.Equal(args, want) {
			t.Errorf("document %d: losscape gets %q\nwant %q", i, args, want)
		}
	}
	for _, c := range j.After() {
		if !strings.Contains(text, "#   "+c+"\n") || !strings.Contains(c, "--namespace=science") {
			t.Errorf("the manifest does not say %s", c)
		}
	}
}

// expansion expands an argument as a pod of index 5 does: k8s.io/kubernetes/third_party/forked/golang/expansion.
func expansion(t *testing.T, s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		rest := s[i:]
		switch {
		case strings.HasPrefix(rest, "$$"):
			b.WriteByte('$')
			i++
		case strings.HasPrefix(rest, "$(JOB_COMPLETION_INDEX)"):
			b.WriteByte('5')
			i += len("$(JOB_COMPLETION_INDEX)") - 1
		case s[i] == '$':
			t.Errorf("%q may be expanded", s)
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func TestErrors(t *testing.T) {
	for want, change := range map[string]func(j *cluster.Job){
		"0 shards":                func(j *cluster.Job) { j.Shards = 0 },
		"100001 shards":           func(j *cluster.Job) { j.Shards = cluster.MaxShards + 1 },
		`the name "A b"`:          func(j *cluster.Job) { j.Name = "A b" },
		`memory "8 G"`:            func(j *cluster.Job) { j.Memory = "8 G" },
		`time "soon"`:             func(j *cluster.Job) { j.Time = "soon" },
		"want none below 0":       func(j *cluster.Job) { j.AtOnce = -1 },
		`the folder "here"`:       func(j *cluster.Job) { j.Dir = "here" },
		"byte 0":                  func(j *cluster.Job) { j.Args = []string{"a\x00b"} },
		`for logs`:                func(j *cluster.Job) { j.Logs = "/a\nb" },
		"has a line break":        func(j *cluster.Job) { j.Extra = []string{"--a\n"} },
		`"x" is no option`:        func(j *cluster.Job) { j.Extra = []string{"x"} },
		`the image ""`:            func(j *cluster.Job) { j.Image = "" },
		`claim of a volume "a b"`: func(j *cluster.Job) { j.Claim = "a b" },
		`the volume is at "work"`: func(j *cluster.Job) { j.Mount = "work" },
	} {
		j := job("/data")
		change(j)
		_, slurm := j.Slurm()
		_, kubernetes := j.Kubernetes()
		if err := errors.Join(slurm, kubernetes); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestName(t *testing.T) {
	for in, want := range map[string]string{
		"/a/Runs 1.npz":                 "losscape-runs-1-npz",
		"ä":                             "losscape",
		"x_":                            "losscape-x",
		strings.Repeat("long", 50):      "losscape-" + strings.Repeat("long", 10) + "l",
		strings.Repeat("a", 40) + "--x": "losscape-" + strings.Repeat("a", 40),
	} {
		if got := cluster.Name(in); got != want || cluster.CheckName(got) != nil {
			t.Errorf("Name(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSeconds(t *testing.T) {
	for in, want := range map[string]int64{"90": 5400, "1:30": 90, "12:00:00": 43200, "2-12": 216000, "2-12:30": 217800, "2-12:00:01": 216001,
		"": 0, "0": 0, "-1": 0, "1-": 0, "a": 0, "1:2:3:4": 0, "1-1:2:3:4": 0, "+1": 0, "1.5": 0, "infinite": 0, "9999999": 0} {
		if got, err := cluster.Seconds(in); got != want || (err == nil) != (want > 0) {
			t.Errorf("Seconds(%q) = %d, %v, want %d", in, got, err, want)
		}
	}
}

// TestKubernetesServer has the rules of the API server itself, which a module in testdata builds from
// its sources, look at manifests. make test-kubernetes sets KUBERNETES=1; to build it takes minutes.
func TestKubernetesServer(t *testing.T) {
	if os.Getenv("KUBERNETES") != "1" {
		t.Skip("for make test-kubernetes")
	}
	server := filepath.Join(t.TempDir(), "server")
	build := exec.Command("go", "build", "-o", server, ".")
	build.Dir = "testdata/kubernetes"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v, %s", err, out)
	}
	check := func(manifest string) (string, error) {
		c := exec.Command(server)
		c.Stdin = strings.NewReader(manifest)
		out, err := c.CombinedOutput()
		return string(out), err
	}
	plain := &cluster.Job{Name: "a", Program: "losscape", Args: []string{"grid", "one-mode", "-o", "a.npy"}, Merge: []string{"merge", "a.npy"}, Dir: "/data", Shards: 1, Image: "losscape", Claim: "work", Mount: "/data"}
	most := job("/data/a")
	most.Namespace, most.Name, most.Shards, most.AtOnce = "science", cluster.Name(strings.Repeat("long", 50)), cluster.MaxShards, 0
	var manifest string
	for _, j := range []*cluster.Job{plain, job("/data"), most} {
		var err error
		if manifest, err = j.Kubernetes(); err != nil {
			t.Fatal(err)
		}
		if out, err := check(manifest); err != nil || out != "2\n" {
			t.Errorf("%v, %s in\n%.3000s", err, out, manifest)
		}
	}
	// It does look.
	for from, to := range map[string]string{
		"runAsNonRoot":                  "runAsNonRooted",
		"backoffLimitPerIndex: 3":       "backoffLimitPerIndex: -3",
		"restartPolicy: Never":          "restartPolicy: OnFailure",
		"action: FailJob":               "action: FailAll",
		"completionMode: Indexed":       "completionMode: Other",
		"containerName: losscape":       "containerName: other",
		"memory: 8Gi":                   "memory: 8GB",
		"claimName: work":               "claimName: ''",
		"type: DisruptionTarget":        "type: ''",
		"name: losscape-longlonglong":   "name: Losscape-longlonglong",
		"completions: 100000":           "completions: 100001",
		"mountPath: /data":              "mountPath: ''",
		"terminationGracePeriodSeconds": "terminationGraceSeconds",
	} {
		bad := strings.ReplaceAll(manifest, from, to)
		if out, err := check(bad); bad == manifest || err == nil {
			t.Errorf("%s is taken: %s", to, out)
		}
	}
}
