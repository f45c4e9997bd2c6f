//go:build linux && !nowindow

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"losscape/gpu/windowtest"
)

// A window shows what the device cannot compute, and says once what the CPU does; with
// --backend gpu it is an error.
func TestViewAuto(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scene, why string
		keys       []string
	}{
		{farScene(t, ""), "landscape: sample 0 is 1e+30", nil},
		{wideScene(t, "panels = [\"contour\", \"map\"]\n[map]\nover = [\"lr=0.1:1:3\", \"l2=0:1:2\"]\n"), "runs: 41 weights", []string{"up", "s"}},
	} {
		d := sit(t, 800, 500, c.scene)
		d.look()
		for _, k := range c.keys {
			d.Key(k)
			d.look()
		}
		d.Key("q")
		d.done(exitDone)
		log := d.stderr.String()
		if strings.Count(log, c.why) != 1 || strings.Contains(log, notOnThis) {
			t.Errorf("it says %s", log)
		}
		if wide := c.keys != nil; wide && (strings.Count(log, "map: 41 weights") != 1 || !strings.Contains(log, "No swarm: a swarm is computed in float32")) {
			t.Errorf("it says %s", log)
		}

		cmd := process("view", "--backend", "gpu", c.scene)
		cmd.Env = append(cmd.Env, "DISPLAY="+windowtest.Start(t, 860, 540).Display)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(string(out), notOnThis) || strings.Contains(string(out), onCPU) {
			t.Errorf("%s: %d, %s", filepath.Base(c.scene), code, out)
		}
	}
}
