//go:build cgo && unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"losscape/cmd/losscape/store"
	"losscape/gpu/gputest"
)

// filmScene is a film of 17 frames: 6, 6 and 5 by fineCuts.
var filmScene = strings.NewReplacer("steps = 8", "steps = 40", "size = [180, 60]", "size = [90, 60]", "frames = 6", "frames = 17", `[film]`, `[film]
panels = ["surface", "contour"]`).Replace(tiny)

// needFFmpeg skips where there is none, or fails where all tests have to run.
func needFFmpeg(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		if os.Getenv("REQUIRE_GL") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// TestFilmPieces wants films in one go, in parts and gone on with to be the same bytes: a GIF and a
// sequence as without pieces, too.
func TestFilmPieces(t *testing.T) {
	gputest.Device(t)
	needFFmpeg(t)
	scene := writeScene(t, filmScene)
	for _, output := range []string{"a.mp4", "a.gif", "frames/", "frames/a%03d.png"} {
		c := "render " + scene + " -o " + output
		folder, _ := filepath.Split(output)
		whole := filepath.Join(inFolder(t, c), folder)
		cutFine(t)
		switch output {
		case "a.mp4": // without pieces, it has no key frames where the segments begin
			whole = filepath.Join(inFolder(t, c), folder)
		case "a.gif":
			sameFiles(t, c+" in pieces", filepath.Join(inFolder(t, c), folder), whole)
		}
		parts := inFolder(t, c+" --shard 1/2", c+" --shard 0/2 --resume")
		if code, _, stderr := losscape(t, "merge", output); code != exitDone {
			t.Errorf("merge exits with %d and says %s", code, stderr)
		}
		sameFiles(t, c+" in parts", filepath.Join(parts, folder), whole)
		onlyStores(t, parts, 0)
		cuts = defaultCuts
	}
}

// onlyStores wants a folder and those in it to have so many stores.
func onlyStores(t *testing.T, dir string, want int) {
	t.Helper()
	a, _ := filepath.Glob(filepath.Join(dir, "*.part*"))
	b, _ := filepath.Glob(filepath.Join(dir, "*", "*.part*"))
	c, _ := filepath.Glob(filepath.Join(dir, ".*.part*"))
	if got := len(a) + len(b) + len(c); got != want {
		t.Errorf("%q %q %q, want %d", a, b, c, want)
	}
}

// TestFilmGoesOn has parts of films damaged, and gone on with.
func TestFilmGoesOn(t *testing.T) {
	gputest.Device(t)
	needFFmpeg(t)
	scene := writeScene(t, filmScene)
	cutFine(t)
	c := "render " + scene + " -o a.mp4"
	whole := inFolder(t, c)
	dir := inFolder(t, c+" --shard 0/3", c+" --shard 2/3")
	for args, want := range map[string]string{
		c:                                        "--resume goes on",
		c + " --resume --crf 30":                 "the settings",
		c + " --resume --size 100x60":            "the settings",
		"merge a.mp4":                            "lacks 1 of 3 pieces: 1",
		"merge a.mp4 -o b.webm":                  "lacks",
		"render " + scene + " -o a.png --resume": "--resume is for",
		"render " + scene + " -o - --format mp4 --resume": "name one with -o",
	} {
		code, _, stderr := losscape(t, strings.Fields(args)...)
		if code == exitDone || !strings.Contains(stderr, want) {
			t.Errorf("%s: exits with %d and says %s", args, code, stderr)
		}
	}
	path := filepath.Join(dir, store.Dir("a.mp4"), "000002.piece")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := losscape(t, strings.Fields(c+" --resume")...)
	if code != exitDone || !strings.Contains(stderr, "1 of 3 pieces are there") || !strings.Contains(stderr, "000002.piece") {
		t.Errorf("exits with %d and says %s", code, stderr)
	}
	sameFiles(t, "gone on with", dir, whole)

	// A frame of a sequence is gone.
	c = "render " + scene + " -o frames/"
	whole = filepath.Join(inFolder(t, c), "frames")
	dir = inFolder(t, c+" --shard 0/2")
	if err := os.Remove(filepath.Join(dir, "frames", "0003.png")); err != nil {
		t.Fatal(err)
	}
	code, _, stderr = losscape(t, strings.Fields(c+" --resume")...)
	if code != exitDone || !strings.Contains(stderr, "0003.png is not there any more") {
		t.Errorf("exits with %d and says %s", code, stderr)
	}
	sameFiles(t, "with a frame that was gone", filepath.Join(dir, "frames"), whole)
	onlyStores(t, dir, 0)
}

// TestKilledFilm kills a film, and ends it by a signal: it goes on to the same bytes.
func TestKilledFilm(t *testing.T) {
	gputest.Device(t)
	needFFmpeg(t)
	serial(t)
	scene := writeScene(t, filmScene)
	cutFine(t)
	args := []string{"render", scene, "-o", "a.mp4", "--resume"}
	whole := inFolder(t, strings.Join(args, " "))
	dir := t.TempDir()
	interrupt(t, dir, args, "a.mp4", syscall.SIGKILL, syscall.SIGTERM)
	t.Chdir(dir)
	if code, _, stderr := losscape(t, args...); code != exitDone {
		t.Fatalf("%d: %s", code, stderr)
	}
	onlyStores(t, dir, 0)
	sameFiles(t, "killed", dir, whole)
}
