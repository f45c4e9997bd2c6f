package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// step is an instruction of a Dockerfile, such as RUN, and what follows it.
type step struct{ do, what string }

// dockerfile reads the steps of the Dockerfile by stage; the first of a stage is FROM. It has no
// instruction that image does not know.
func dockerfile(t *testing.T) (stages [][]step) {
	t.Helper()
	text, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	joined := strings.ReplaceAll(strings.Join(lines, "\n"), "\\\n", " ")
	for line := range strings.SplitSeq(joined, "\n") {
		do, what, _ := strings.Cut(line, " ")
		switch do {
		case "FROM":
			stages = append(stages, nil)
		case "RUN", "COPY", "WORKDIR", "ENV", "USER", "ENTRYPOINT":
		default:
			t.Fatalf("the Dockerfile has %s, which the test does not know", do)
		}
		if len(stages) == 0 {
			t.Fatalf("the Dockerfile begins with %s", do)
		}
		last := &stages[len(stages)-1]
		*last = append(*last, step{do, strings.TrimSpace(what)})
	}
	return stages
}

// TestDockerfile wants the image to be built with the Go that go.mod names, and to end as a user
// who is not root: the one that manifests for Kubernetes name.
func TestDockerfile(t *testing.T) {
	stages := dockerfile(t)
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, version, _ := strings.Cut(string(mod), "\ngo ")
	version, _, _ = strings.Cut(version, "\n")
	if want := "golang:" + version + "-bookworm AS build"; len(stages) != 2 || stages[0][0].what != want || stages[1][0].what != "debian:bookworm-slim" {
		t.Errorf("the stages are %v, want %s first", stages, want)
	}
	has := map[string]string{}
	for _, s := range stages[len(stages)-1] {
		has[s.do] = s.what
	}
	code, manifest, stderr := losscape(t, "submit", "--k8s", "--shards", "2", "--image", "a", "--claim", "b", "--", "grid", "one-mode", "-o", "a.npy")
	user, _, _ := strings.Cut(has["USER"], ":")
	if code != exitDone || user == "" || !strings.Contains(manifest, "runAsUser: "+user+"\n") || has["ENTRYPOINT"] != `["losscape"]` {
		t.Errorf("%v, %d, %s", has, code, stderr)
	}
}

// root is a file system of a system within this one.
type root struct {
	dir string
	env []string
	at  string // the folder in which its steps are
	as  string // USER:GROUP of them
}

// command is a command in the root, in namespaces of its own, which end with it. binds are folders of this machine
// that it sees.
func (r *root) command(binds map[string]string, args ...string) *exec.Cmd {
	script := "set -e; mount -t proc proc '" + r.dir + "/proc'; mount --rbind /dev '" + r.dir + "/dev'; cp /etc/resolv.conf /etc/hosts '" + r.dir + "/etc/'; "
	for from, to := range binds {
		script += fmt.Sprintf("mkdir -p '%[2]s'; mount --bind '%[1]s' '%[2]s'; ", from, filepath.Join(r.dir, to))
	}
	script += `exec chroot --userspec="$1" "$2" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "${@:4}"`
	words := append([]string{"--mount", "--pid", "--fork", "--kill-child", "bash", "-c", script, "-", r.as, r.dir, ""}, r.env...)
	c := exec.Command("unshare", append(words, append([]string{"sh", "-c", `cd "$0" && exec "$@"`, r.at}, args...)...)...)
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return c
}

// TestImage goes through the Dockerfile's steps in a chroot, and runs what comes of it. The base images
// are Debian's base system, and the same with what Go's image has. make test-image, which sets
// IMAGE=1 and installs debootstrap, fails where it does not go; no other one runs it.
func TestImage(t *testing.T) {
	stages := dockerfile(t)
	if os.Getenv("IMAGE") != "1" {
		t.Skip("for make test-image")
	}
	if os.Getuid() != 0 {
		t.Fatal("a chroot needs root")
	}
	runtime.LockOSThread() // what it starts ends with this thread
	dir := t.TempDir()
	run := func(c *exec.Cmd) string {
		t.Helper()
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %q\n%s", err, c.Args, out[max(0, len(out)-5000):])
		}
		return string(out)
	}
	goEnv := func(name string) string { return strings.TrimSpace(run(exec.Command("go", "env", name))) }
	base := filepath.Join(dir, "base")
	run(exec.Command("debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", base))
	roots := map[string]*root{}
	var last *root
	for i, steps := range stages {
		name := fmt.Sprint(i)
		if _, alias, ok := strings.Cut(steps[0].what, " AS "); ok {
			name = alias
		}
		r := &root{dir: filepath.Join(dir, name), at: "/", as: "0:0"}
		roots[name], last = r, r
		run(exec.Command("cp", "-a", base, r.dir))
		binds := map[string]string{}
		if strings.HasPrefix(steps[0].what, "golang:") {
			binds[goEnv("GOROOT")], binds[goEnv("GOMODCACHE")] = "/usr/local/go", "/go/pkg/mod"
			r.env = append(r.env, "PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "GOPATH=/go", "GOPROXY="+goEnv("GOPROXY"), "HOME=/root", "GOTOOLCHAIN=local")
			run(r.command(nil, "sh", "-c", "apt-get update && apt-get install -y --no-install-recommends gcc g++ libc6-dev make pkg-config git"))
		}
		for _, s := range steps[1:] {
			switch s.do {
			case "RUN":
				run(r.command(binds, "sh", "-c", s.what))
			case "ENV":
				r.env = append(r.env, s.what)
			case "USER":
				r.as = s.what
			case "WORKDIR":
				r.at = s.what
				if err := os.MkdirAll(filepath.Join(r.dir, r.at), 0o755); err != nil {
					t.Fatal(err)
				}
			case "COPY":
				switch words := strings.Fields(s.what); {
				case s.what == ". .":
					run(exec.Command("git", "clone", "-q", "../..", filepath.Join(r.dir, r.at, "clone")))
					run(exec.Command("sh", "-c", `cd "$1" && mv clone/* clone/.git* . && rm -rf clone`, "-", filepath.Join(r.dir, r.at)))
				case len(words) == 3 && strings.HasPrefix(words[0], "--from="):
					from := roots[strings.TrimPrefix(words[0], "--from=")]
					run(exec.Command("cp", filepath.Join(from.dir, words[1]), filepath.Join(r.dir, words[2])))
				default:
					t.Fatalf("COPY %s is not what the test knows", s.what)
				}
			case "ENTRYPOINT":
				var words []string
				if err := json.Unmarshal([]byte(s.what), &words); err != nil || len(words) != 1 {
					t.Fatalf("ENTRYPOINT %s", s.what)
				}
			}
		}
	}
	volume := filepath.Join(dir, "volume")
	if err := os.Mkdir(volume, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(volume, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{
		"doctor",
		"grid one-mode --size 64 -o loss.npy --backend gpu",
		"grid one-mode --size 640 -o parts.npy --shard 0/2",
		"grid one-mode --size 640 -o parts.npy --shard 1/2",
		"merge parts.npy",
		"render one-mode --size 300x100 --frames 3 -o film.mp4",
	} {
		out := run(last.command(map[string]string{volume: last.at}, append([]string{"losscape"}, strings.Fields(args)...)...))
		t.Logf("losscape %s\n%s", args, out)
	}
	for _, name := range []string{"loss.npy", "parts.npy", "film.mp4"} {
		info, err := os.Stat(filepath.Join(volume, name))
		if err != nil {
			t.Fatal(err)
		}
		if owner := info.Sys().(*syscall.Stat_t).Uid; fmt.Sprint(owner) != strings.Split(last.as, ":")[0] || info.Size() < 1000 {
			t.Errorf("%s is of %d, %d bytes", name, owner, info.Size())
		}
	}
}
