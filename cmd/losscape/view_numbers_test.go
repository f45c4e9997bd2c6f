package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/view"
	"losscape/gpu/gputest"
	"losscape/gpu/windowtest"
)

// A window shows what the device cannot compute, and says once what the CPU does; with
// --backend gpu it is an error.
func TestViewAuto(t *testing.T) {
	serial(t)
	for _, c := range []struct {
		scene string
		keys  []string
		says  []string
	}{
		{farScene(t, ""), nil, []string{"landscape: sample 0 is 1e+30"}},
		{wideScene(t, "panels = [\"contour\", \"map\"]\n[map]\nover = [\"lr=0.1:1:3\", \"l2=0:1:2\"]\n"), []string{"up", "s"},
			[]string{"runs: 1025 features", "map: 1025 features", "No ensemble: an ensemble is computed in float32"}},
	} {
		log, err := viewed(t, backend.Auto, c.scene, c.keys...)
		if err != nil || strings.Contains(log, notOnThis) {
			t.Errorf("%v, and it says %s", err, log)
		}
		for _, text := range c.says {
			if strings.Count(log, text) != 1 {
				t.Errorf("it says\n%s\nwant once %q", log, text)
			}
		}
		if log, err = viewed(t, backend.GPU, c.scene); err == nil || !strings.Contains(err.Error(), notOnThis) || strings.Contains(log, onCPU) {
			t.Errorf("%s: %v, %s", filepath.Base(c.scene), err, log)
		}
		if log, err = viewed(t, backend.CPU, c.scene); err != nil || strings.Count(log, onCPU) != 1 {
			t.Errorf("%s: %v, %s", filepath.Base(c.scene), err, log)
		}
	}
}

// viewed shows a scene in a window without a screen, presses keys there, and closes it.
// It returns what was said.
func viewed(t *testing.T, kind backend.Kind, scene string, keys ...string) (log string, err error) {
	t.Helper()
	s, err := loadScene(t.Context(), scene)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var stderr bytes.Buffer
		a := &app{backend: kind, precision: backend.Single, stderr: &stderr}
		win := windowtest.NewWindow(t, gputest.Open(t), 800, 500)
		ended := make(chan error, 1)
		go func() {
			_, err := a.view(t.Context(), win, view.New(s), t.TempDir())
			ended <- err
		}()
		for _, k := range append(keys, "q") {
			time.Sleep(time.Second)
			win.Key(k)
		}
		err = <-ended
		log = stderr.String()
	})
	return log, err
}
