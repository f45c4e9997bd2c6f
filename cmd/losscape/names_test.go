package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"losscape/cmd/losscape/store"
	"losscape/gpu/gputest"
)

// TestFileNames has every verb that writes a file write it under names that shells, printf, ffmpeg and flags take for
// something else: the file has that name, and nothing else is there.
func TestFileNames(t *testing.T) {
	serial(t)
	if runtime.GOOS == "windows" {
		t.Skip("such names are none there")
	}
	gputest.Device(t)
	scene := writeScene(t, tiny)
	data := filepath.Join(t.TempDir(), "data.csv")
	if err := os.WriteFile(data, []byte("a,b,y\n1,2,0\n3,1,1\n2,2,0\n1,0,1\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	const all = "-a b\"c'd\ne%05d%:f$(g);h|&*?\x1b[2J\xff"
	film := []string{all, "-i", "pipe:1", "concat:a|b", "file:x", "%03d", "a:b", "'", " "}
	for _, c := range []struct {
		args  string
		end   string
		names []string
		more  string // the ending of another file
	}{
		{"render SCENE", ".mp4", film, ""},
		{"render SCENE", ".gif", film[:2], ""},
		{"render SCENE --frame 1", ".png", []string{strings.ReplaceAll(all, "%", "") + "%", "-i"}, ""},
		{"render SCENE", ".svg", film[:2], ""},
		{"render SCENE", ".pdf", film[:1], ""},
		{"render SCENE", ".html", film[:1], ""},
		{"render SCENE", ".glb", film[:1], ""},
		{"grid SCENE --backend cpu", ".npy", film[:2], ""},
		{"grid SCENE --backend cpu", ".npz", film[:1], ""},
		{"grid SCENE --backend cpu", ".nc", film[:1], ""},
		{"grid SCENE --backend cpu", ".vti", film[:1], ""},
		{"sweep SCENE --backend cpu --over lr=0.1,1", ".csv", film[:2], ".csv.json"},
		{"sweep SCENE --backend cpu --over lr=0.1,1", ".npz", film[:1], ""},
		{"sweep SCENE --backend cpu --over lr=0.1,1", ".parquet", film[:1], ""},
		{"sweep SCENE --backend cpu --over lr=0.1,1", ".nc", film[:1], ""},
		{"init DATA", ".toml", film[:2], ""},
	} {
		for _, name := range c.names {
			dir := t.TempDir()
			t.Chdir(dir)
			args := append(strings.Fields(strings.NewReplacer("SCENE", scene, "DATA", data).Replace(c.args)), "-o", name+c.end)
			if c.end == ".mp4" {
				needsFFmpeg(t)
			}
			code, stdout, stderr := losscape(t, args...)
			want := []string{name + c.end}
			if c.more != "" {
				want = append(want, name+c.more)
			}
			if code != exitDone || strings.Contains(stdout+stderr, "\x1b") || strings.Contains(stdout+stderr, "\xff") {
				t.Errorf("%q: exits with %d and says %q", args, code, stdout+stderr)
				continue
			}
			var got []string
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if info, err := e.Info(); err != nil || info.Size() < 20 {
					t.Errorf("%q: %v, %v", e.Name(), info.Size(), err)
				}
				got = append(got, e.Name())
			}
			if slices.Sort(want); !slices.Equal(got, want) {
				t.Errorf("%q: the files %q, want %q", args, got, want)
			}
		}
	}
}

// TestPiecesOfAnyName keeps pieces beside a file of such a name, and puts them together.
func TestPiecesOfAnyName(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("such names are none there")
	}
	scene := writeScene(t, tiny)
	cutFine(t)
	for _, name := range []string{"-a b\"c'd\ne%05d%:f$(g)\x1b.npy", "-i.npz"} {
		t.Chdir(t.TempDir())
		for _, args := range [][]string{
			{"grid", scene, "--size", "40x90", "--backend", "cpu", "--shard", "0/2", "-o", name},
			{"grid", scene, "--size", "40x90", "--backend", "cpu", "--shard", "1/2", "-o", name},
			{"status", "--", name},
			{"merge", "--", name},
		} {
			code, stdout, stderr := losscape(t, args...)
			if code != exitDone || strings.Contains(stderr, "\x1b") {
				t.Fatalf("%q: exits with %d and says %q", args, code, stdout+stderr)
			}
		}
		if entries, err := os.ReadDir("."); err != nil || len(entries) != 1 || entries[0].Name() != name {
			t.Errorf("%q, %v", entries, err)
		}
	}
}

// TestHostileData reads columns whose names are commands to terminals, pages and programs of sheets: the
// scene that init makes of them is one that losscape reads, and what is written of it is what its format wants.
func TestHostileData(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	const header = "\"=cmd|' /C calc'!A0\",\"two\nlines\x1b[2J\",\"</script>&]]><b>\",\"\u202etxt\",y\n"
	if err := os.WriteFile("a.csv", []byte(header+"1,2,3,4,\"=1+\x1b\"\n3,1,1,0,b\n2,2,0,1,b\n0,1,2,2,\"=1+\x1b\"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"init", "a.csv", "--label", "y", "--positive", "b"},
		{"train", "a.toml"},
		{"train", "a.toml", "--format", "csv"},
		{"train", "a.toml", "--report"},
		{"sweep", "a.toml", "--over", "lr=0.1,1", "--backend", "cpu"},
		{"render", "a.toml", "-o", "a.svg"},
		{"scenes"},
	} {
		code, stdout, stderr := losscape(t, args...)
		if code != exitDone || strings.ContainsAny(stderr, "\x1b\u202e") {
			t.Errorf("%q: exits with %d and says %q", args, code, stderr)
		}
		if args[len(args)-1] == "csv" || args[0] == "sweep" {
			for line := range strings.Lines(stdout) {
				for cell := range strings.SplitSeq(line, ",") {
					if cell = strings.Trim(cell, "\""); strings.ContainsAny(cell, "\x1b") || cell != "" && strings.Contains("=+@", cell[:1]) {
						t.Fatalf("%q: the cell %q", args, cell)
					}
				}
			}
		}
	}
}

// TestMergeOfClaims puts pieces together whose manifest claims more than is there.
func TestMergeOfClaims(t *testing.T) {
	scene := writeScene(t, tiny)
	cutFine(t)
	for _, c := range []struct{ target, old, with string }{
		{"a.npy", `"rows": 9`, `"rows": 9223372036854775807`},
		{"a.npy", `"Depth": 1`, `"Depth": 1000000000000`},
		{"a.npy", `"N": 40`, `"N": 1000000000`},
		{"a.npy", `"N": 40`, `"N": 10000000000000000`},
		{"a.csv", `"lr=0.1:1:120"`, `"lr=0.1:1:16777216"`},
		{"a.csv", `"most": 50`, `"most": 1`},
		{"a.csv", `"column": "lr"`, `"column": "=1+2"`},
		{"a.csv", `"column": "lr"`, `"column": "a\nb"`},
	} {
		t.Chdir(t.TempDir())
		work := []string{"grid", scene, "--size", "40x90", "--backend", "cpu", "-o", c.target}
		if c.target == "a.csv" {
			work = []string{"sweep", scene, "--over", "lr=0.1:1:120", "--backend", "cpu", "-o", c.target}
		}
		for _, shard := range []string{"0/2", "1/2"} {
			if code, _, stderr := losscape(t, append(slices.Clone(work), "--shard", shard)...); code != exitDone {
				t.Fatal(stderr)
			}
		}
		// The pieces of a store of another manifest, as who means harm would make them.
		old, err := store.Join(t.Context(), store.Dir(c.target), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer old.Close()
		m := old.Manifest()
		text, err := json.MarshalIndent(m.Job, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		m.Job = json.RawMessage(strings.Replace(string(text), c.old, c.with, 1))
		if string(m.Job) == string(text) {
			t.Errorf("the manifest has no %s: %s", c.old, text)
			continue
		}
		made, err := store.Open(t.Context(), store.Dir("b"+c.target), m, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for k := range m.Pieces {
			err := made.Put(k, time.Now(), func(w io.Writer) error {
				p, err := old.Get(k)
				if err != nil {
					return err
				}
				defer p.Close()
				_, err = io.Copy(w, struct{ io.Reader }{p})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		made.Close()
		code, _, stderr := losscape(t, "merge", "b"+c.target)
		if _, err := os.Stat("b" + c.target); code == exitDone || err == nil || !strings.Contains(stderr, "damaged") {
			t.Errorf("%s: exits with %d and says %s", c.with, code, stderr)
		}
	}
}
