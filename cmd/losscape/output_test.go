package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"losscape/gpu/film"
	"losscape/gpu/gputest"
)

// frameHashes returns the hashes of the frames of a film, by ffmpeg.
func frameHashes(t *testing.T, data []byte) []byte {
	t.Helper()
	ffmpeg, err := film.FindFFmpeg()
	if err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(ffmpeg, "-loglevel", "error", "-i", "pipe:0", "-f", "framehash", "-")
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("ffmpeg does not decode the film: %v", err)
	}
	return out
}

// TestPipes writes every kind of file to standard output: what comes is what a file of it
// has, or the same frames.
func TestPipes(t *testing.T) {
	gputest.Device(t)
	needsFFmpeg(t)
	scene := writeScene(t, tiny)
	t.Chdir(t.TempDir())
	verbs := map[string][]string{
		"render": {"render", scene},
		"grid":   {"grid", scene, "--backend", "cpu"},
		"sweep":  {"sweep", scene, "--over", "lr=0.1:1:8", "--over", "l2=0,1", "--backend", "cpu"},
	}
	for _, f := range formats {
		args, known := verbs[f.verb]
		if f.sequence || !known {
			continue
		}
		flag := map[string]string{"output": "-o", "map": "--map"}[f.flag]
		t.Run(f.verb+" "+flag+" "+f.ending, func(t *testing.T) {
			// The command line, which is in many files, is the same of both.
			to := func(path string) (stdout []byte, err error) {
				var out, log bytes.Buffer
				a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &log}
				root := a.root()
				root.SetArgs(append(args[:len(args):len(args)], flag, path, "--format", f.short()))
				if err = root.ExecuteContext(t.Context()); err != nil {
					err = fmt.Errorf("%w: %s", err, &log)
				}
				return out.Bytes(), err
			}
			got, err := to(standardOutput)
			if err != nil {
				t.Fatal(err)
			}
			if stdout, err := to("a"); err != nil || len(stdout) > 0 {
				t.Fatal(err, len(stdout))
			}
			file, err := os.ReadFile("a")
			if err != nil {
				t.Fatal(err)
			}
			if film.Encoded(f.ending) {
				got, file = frameHashes(t, got), frameHashes(t, file)
			}
			if len(file) == 0 || !bytes.Equal(got, file) {
				t.Errorf("%d bytes, the file has %d", len(got), len(file))
			}
		})
	}
	if left, _ := filepath.Glob("-*"); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}

// TestPipesAsked covers how standard output is asked for, and what is refused.
func TestPipesAsked(t *testing.T) {
	scene := writeScene(t, tiny)
	dir := t.TempDir()
	t.Chdir(dir)
	sweep := "sweep SCENE --over lr=1,2 --backend cpu "
	for args, want := range map[string]string{
		"render SCENE -o -":                        "-o - needs --format, what standard output is to be: mp4, webm, gif, png, glb, html, svg or pdf",
		"render SCENE -o - --format jpg":           `--format "jpg", want for -o one of: mp4, webm`,
		"render SCENE -o a.gif --format mp4":       "--format mp4 and -o a.gif contradict each other",
		"render SCENE -o ./-":                      "want a name that ends in .mp4",
		"render SCENE -o - --format gif --crf 3":   "--crf is for .mp4 and .webm, and standard output is a film",
		"render SCENE -o - --format png --fps 600": "--fps is for",
		"grid SCENE -o - --format csv":             `--format "csv", want for -o one of`,
		sweep + "-o - --map -":                     "both go to standard output",
		sweep + "--map - --format csv":             `--format "csv", want for --map one of`,
		sweep + "-o a.csv --format npz":            "contradict",
		sweep + "-o - --trajectories every=1":      "--trajectories are written to a .npz",
	} {
		code, stdout, stderr := losscape(t, strings.Fields(strings.ReplaceAll(args, "SCENE", scene))...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: %d, %q, %s", args, code, stdout, stderr)
		}
	}
	// Terminals show text only.
	for args, want := range map[string]bool{
		"grid SCENE --backend cpu -o -":              false,
		sweep + "-o - --format npz":                  false,
		sweep + "--map -":                            false,
		"render SCENE -o - --format mp4":             false,
		sweep + "--map - --format svg":               true,
		sweep + "-o -":                               true,
		sweep:                                        true,
		"init builtin:mtcars.csv -o - --force":       true,
		"grid SCENE --backend cpu -o a.npy --size 8": true,
	} {
		var out, log bytes.Buffer
		a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &log, terminal: true}
		root := a.root()
		root.SetArgs(strings.Fields(strings.ReplaceAll(args, "SCENE", scene)))
		err := root.ExecuteContext(t.Context())
		if (err == nil) != want || err != nil && (out.Len() > 0 || !strings.Contains(err.Error(), "is not for a terminal: redirect it (> FILE.")) {
			t.Errorf("%s: %v, %q", args, err, &out)
		}
	}
	os.Remove("a.npy")
	// A file named - is written where it is asked for, and by nothing else.
	if code, stdout, stderr := losscape(t, "grid", scene, "--backend", "cpu", "-o", "./-", "--format", "npy"); code != 0 || stdout != "" {
		t.Error(code, stderr)
	}
	if err := os.Remove("-"); err != nil {
		t.Error(err)
	}
	empty(t, dir)
	// What fails before there is a result leaves standard output empty.
	code, stdout, stderr := losscape(t, "sweep", scene, "--over", "lr=1,2", "--backend", "cpu", "-o", "-", "--map", filepath.Join(dir, "none", "a.png"))
	if code != exitFailed || stdout != "" || !strings.Contains(stderr, "does not exist") {
		t.Errorf("%d, %q, %s", code, stdout, stderr)
	}
}

// stuck is a standard output whose reader takes nothing: a write to it ends when the test
// does. It says when one has begun.
type stuck struct{ begun, done chan struct{} }

func (s *stuck) Write([]byte) (int, error) {
	select {
	case s.begun <- struct{}{}:
	default:
	}
	<-s.done
	return 0, errors.New("nobody reads")
}

// TestStuckPipe interrupts verbs whose standard output nobody reads, and which are told of
// it while they wait.
func TestStuckPipe(t *testing.T) {
	gputest.Device(t)
	needsFFmpeg(t)
	scene := writeScene(t, tiny)
	for _, args := range []string{"grid SCENE --size 200 --backend cpu -o -", "render SCENE -o - --format mp4", "render SCENE -o - --format gif", "scenes"} {
		s := &stuck{make(chan struct{}, 1), make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-s.begun
			cancel()
		}()
		var log bytes.Buffer
		if code := run(ctx, strings.Fields(strings.ReplaceAll(args, "SCENE", scene)), strings.NewReader(""), s, &log); code != exitInterrupted {
			t.Errorf("%s: %d, %s", args, code, &log)
		}
		cancel()
		close(s.done)
	}
}
