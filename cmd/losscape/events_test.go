package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"losscape/gpu/gputest"
)

// strictly decodes JSON that may have no fields but those of v.
func strictly(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// checkEvents checks that text is events, whose phases go on and come to an end, and
// returns them.
func checkEvents(t *testing.T, text string) (phases []phaseEvent, texts []textEvent) {
	t.Helper()
	var open *phaseEvent
	for line := range strings.Lines(text) {
		var kind struct{ Event string }
		if err := json.Unmarshal([]byte(line), &kind); err != nil {
			t.Errorf("%q: %v", line, err)
			continue
		}
		if kind.Event == "note" || kind.Event == "warning" || kind.Event == "error" {
			var e textEvent
			if err := strictly([]byte(line), &e); err != nil || e.Version != eventVersion || e.Text == "" || (e.ExitCode != nil) != (e.Event == "error") {
				t.Errorf("%s%v", line, err)
			}
			texts = append(texts, e)
			continue
		}
		var e phaseEvent
		if err := strictly([]byte(line), &e); err != nil || e.Version != eventVersion || e.Phase == "" || e.Unit == "" || e.Elapsed < 0 {
			t.Errorf("%s%v", line, err)
		}
		phases = append(phases, e)
		switch {
		case e.Event == "begin":
			if open != nil || e.Done != 0 || e.OK != nil {
				t.Errorf("begins in a phase, or with work done: %s", line)
			}
			open = &e
			continue
		case open == nil || open.Phase != e.Phase || open.Unit != e.Unit || e.Done < open.Done || e.Elapsed < open.Elapsed:
			t.Errorf("does not go on: %s", line)
		case e.Event == "end":
			if e.OK == nil || *e.OK && (e.Total == nil || e.Done != *e.Total) {
				t.Errorf("ends before it is done: %s", line)
			}
			open = nil
			continue
		case e.Event != "progress" || e.OK != nil || e.Total == nil || e.Done > *e.Total || e.Done > 0 && e.Elapsed > 0 && (e.Rate == nil || e.ETA == nil):
			t.Errorf("no progress: %s", line)
		}
		open = &e
	}
	if open != nil {
		t.Errorf("%s does not end", open.Phase)
	}
	return phases, texts
}

// TestProgressJSON reads what verbs say with --progress json: each line is an object, and
// every phase that is expected is there.
func TestProgressJSON(t *testing.T) {
	gputest.Device(t)
	scene := writeScene(t, tiny)
	dir := t.TempDir()
	for _, c := range []struct {
		args, phases string
		code         int
	}{
		{"grid SCENE -o DIR/a.npy --backend cpu", "landscape", exitDone},
		{"grid SCENE -o - --backend gpu", "landscape", exitDone},
		{"render SCENE -o DIR/a.gif", "runs landscape frames", exitDone},
		{"render SCENE -o - --format svg --panel contour", "runs landscape", exitDone},
		{"sweep SCENE --over lr=0.1:1:20 -o DIR/a.csv", "sweep table", exitDone},
		{"sweep SCENE --over lr=0.1:60:20 --over l2=1e-6:1e-3:20:log --map DIR/a.png", "sweep", exitDone},
		{"train SCENE", "runs", exitDone},
		{"train SCENE --backend gpu", "runs", exitDone},
		{"render SCENE -o DIR/none/a.png", "", exitFailed},
		{"render SCENE -o DIR/a.jpg", "", exitUsage},
		{"frobnicate", "", exitUsage},
		{"--nonsense", "", exitUsage},
		{"grid SCENE -o DIR/a.npy -q", "", exitDone},
	} {
		args := strings.Fields(strings.NewReplacer("SCENE", scene, "DIR", dir).Replace(c.args))
		code, _, stderr := losscape(t, append(args, "--progress", "json")...)
		if code != c.code {
			t.Errorf("%s: %d, %s", c.args, code, stderr)
		}
		phases, texts := checkEvents(t, stderr)
		var names []string
		for _, e := range phases {
			if e.Event == "begin" {
				names = append(names, e.Phase)
			}
		}
		if got := strings.Join(names, " "); got != c.phases {
			t.Errorf("%s: phases %q, want %q", c.args, got, c.phases)
		}
		if c.code != exitDone && (len(texts) != 1 || *texts[0].ExitCode != c.code) {
			t.Errorf("%s: %v", c.args, texts)
		}
		if c.code == exitDone && !strings.Contains(c.args, "-q") && len(texts) == 0 {
			t.Errorf("%s: no notes", c.args)
		}
	}
	empty := filepath.Join(dir, "none")
	if code, _, stderr := losscape(t, "grid", scene, "-o", empty, "--progress", "jsn"); code != exitUsage || !strings.Contains(stderr, `--progress "jsn", want one of: auto, bar, lines, json, none`) {
		t.Error(code, stderr)
	}
}

// TestProgressEvents follows a stage whose work begins anew, is cut short, and fails.
func TestProgressEvents(t *testing.T) {
	var log bytes.Buffer
	a := &app{stderr: &log, progress: progressJSON}
	st := a.stage("landscape", "points")
	st.update(10, 100)
	st.last = time.Time{}
	st.update(50, 100)
	st.update(51, 100) // too soon to be said
	st.update(5, 80)   // by another computer
	st.rename("landscape, again")
	st.update(80, 80)
	st.end(nil)
	st.end(nil)
	st = a.stage("runs", "steps")
	st.update(3, 7)
	st.end(nil)
	st = a.stage("frames", "frames")
	st.update(1, 7)
	st.end(errReported)
	var got []string
	phases, _ := checkEvents(t, log.String())
	for _, e := range phases {
		word := e.Event[:1]
		if e.Event == "end" && !*e.OK {
			word = "x"
		}
		got = append(got, word)
	}
	if text := strings.Join(got, ""); text != "bpxbpebebx" {
		t.Errorf("events %s:\n%s", text, &log)
	}
	if !strings.Contains(log.String(), `"part":"landscape, again"`) {
		t.Error("the part is not named")
	}
}
