//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"losscape/gpu/film"
	"losscape/gpu/gputest"
)

// TestDoctorNamesTheCause has an ffmpeg that cannot be tried: no encoder is blamed.
func TestDoctorNamesTheCause(t *testing.T) {
	gputest.Device(t)
	needsFFmpeg(t)
	old := film.Limits
	t.Cleanup(func() { film.Limits = old })
	film.Limits.Answer, film.Limits.End = 200*time.Millisecond, 200*time.Millisecond
	script := func(text string) string {
		path := filepath.Join(t.TempDir(), "ffmpeg")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o777); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct{ env, value, want string }{
		{"TMPDIR", "/nonexistent", "there is no folder for temporary files (stat /nonexistent: no such file or directory)\n    set TMPDIR to one"},
		{film.FFmpegEnv, script("sleep 100"), "ffmpeg -version: ffmpeg hangs: no answer for 200ms\n    set " + film.FFmpegEnv},
		{film.FFmpegEnv, script("[ $1 = -version ] && echo ffmpeg version 7 || sleep 100"), "ffmpeg hangs with libx264, so no other encoder was tried"},
	} {
		t.Run(c.want, func(t *testing.T) {
			t.Setenv(c.env, c.value)
			code, stdout, stderr := losscape(t, "doctor")
			_, missing, _ := strings.Cut(stdout, "\nmissing\n")
			if code != exitFailed || stderr != "" || !strings.Contains(missing, c.want) || strings.Contains(missing, "a working") {
				t.Errorf("%d, %s, %s", code, stdout, stderr)
			}
		})
	}
}
