package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"losscape/gpu/gputest"
	"losscape/scenes"
)

// readReport decodes what --json has printed. It has the fields of its type and no others,
// and nothing is lost when it is read.
func readReport(t *testing.T, text, name string, into report) {
	t.Helper()
	if err := strictly([]byte(text), into); err != nil {
		t.Fatalf("%s: %v in\n%.2000s", name, err, text)
	}
	if !strings.HasPrefix(text, "{\n  \"version\": 1,\n  \"report\": \""+name+"\",\n") {
		t.Errorf("%s begins with %.60s", name, text)
	}
	var again bytes.Buffer
	if err := encodeReport(&again, name, into); err != nil || again.String() != text {
		t.Errorf("%s: %v, written again it is\n%.2000s\nand was\n%.2000s", name, err, &again, text)
	}
}

// TestReports reads the reports that take little time as what help says that they are.
// TestBench, TestWithoutGL, TestVerifyKnown and TestVerifyReport read the others.
func TestReports(t *testing.T) {
	scene := writeScene(t, tiny)
	t.Chdir(t.TempDir())
	read := func(args, name string, into report) {
		t.Helper()
		code, stdout, stderr := losscape(t, append(strings.Fields(strings.ReplaceAll(args, "SCENE", scene)), "--json")...)
		if code != exitDone {
			t.Errorf("%s: %d, %s", args, code, stderr)
		}
		readReport(t, stdout, name, into)
	}
	var apart, found fitReport
	read("fit mtcars", "fit", &found)
	read("fit SCENE --l2 0", "fit", &apart)
	if !found.Minimum || found.Confusion == nil {
		t.Errorf("%+v", found)
	}
	var train trainReport
	read("train SCENE --report --exponent", "train", &train)
	if train.Runs[0].Report == nil || train.Runs[0].Exponent == nil {
		t.Errorf("%+v", train)
	}
	var sweep sweepReport
	read("sweep SCENE --over lr=0.1:1:4 --over l2=0,1 --backend cpu -o a.csv --map a.png", "sweep", &sweep)
	if sweep.Runs != 8 || sweep.Output != "a.csv" || sweep.Map != "a.png" || sweep.Best == nil || len(sweep.Best.At) != 2 || sweep.Best.At["l2"] != 0 {
		t.Errorf("%+v", sweep)
	}
	sweep = sweepReport{}
	read("sweep SCENE --over lr=1e300,1e301 --limit 1e-300 --backend cpu -o a.npz", "sweep", &sweep)
	if sweep.Statuses["diverged"] != 2 {
		t.Errorf("%+v", sweep)
	}
	var draft initReport
	read("init builtin:mtcars.csv -o cars.toml", "init", &draft)
	if draft.Scene != "cars.toml" || len(draft.Choices) < 3 {
		t.Errorf("%+v", draft)
	}
	if _, err := os.Stat("cars.toml"); err != nil {
		t.Error(err)
	}
	var list scenesReport
	read("scenes", "scenes", &list)
	if len(list.Scenes) != len(scenes.Names()) || list.Scenes[0].Title == "" {
		t.Errorf("%+v", list)
	}
	for _, args := range []string{"sweep SCENE --over lr=1,2 --json", "sweep SCENE --over lr=1,2 --json --map -", "init builtin:mtcars.csv -o - --json"} {
		if code, stdout, stderr := losscape(t, strings.Fields(strings.ReplaceAll(args, "SCENE", scene))...); code != exitUsage || stdout != "" || !strings.Contains(stderr, "--json prints the report on standard output") {
			t.Errorf("%s: %d, %s, %s", args, code, stdout, stderr)
		}
	}
}

// TestVerifyReport reads the device's.
func TestVerifyReport(t *testing.T) {
	gputest.Device(t)
	code, stdout, stderr := losscape(t, "verify", writeScene(t, tiny), "--json")
	var r verifyReport
	readReport(t, stdout, "verify", &r)
	if code != exitDone || !r.OK || len(r.Rows) < 3 || r.Rows[0].Why == "" || r.Device == "" {
		t.Errorf("%d, %+v, %s", code, r, stderr)
	}
}

// TestJSONHelp looks up every field of every report and event in the help, and the reports
// by their verbs.
func TestJSONHelp(t *testing.T) {
	code, text, _ := losscape(t, "help", "json")
	if code != exitDone {
		t.Fatal(code)
	}
	var look func(of string, v reflect.Type)
	look = func(of string, v reflect.Type) {
		for v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice || v.Kind() == reflect.Array {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct {
			return
		}
		for _, f := range reflect.VisibleFields(v) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" {
				if f.IsExported() && !f.Anonymous {
					t.Errorf("%s: %s has no name in JSON", of, f.Name)
				}
				continue
			}
			if !strings.Contains(text, "  "+name) {
				t.Errorf("%s: the help has no %s", of, name)
			}
			look(of, f.Type)
		}
	}
	look("events", reflect.TypeFor[phaseEvent]())
	look("events", reflect.TypeFor[textEvent]())
	for _, r := range reports {
		look(r.name, reflect.TypeOf(r.of))
		verb := strings.Fields(r.command)[1]
		if _, help, _ := losscape(t, verb, "--help"); !strings.Contains(help, "--json") || !strings.Contains(text, filepath.Base(r.command)) {
			t.Errorf("%s has no --json", verb)
		}
	}
}
