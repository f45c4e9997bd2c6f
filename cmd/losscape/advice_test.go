package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"losscape/gpu"
	"losscape/gpu/egl"
	"losscape/gpu/film"
)

// TestAdvice wants the flags behind what libraries say without them.
func TestAdvice(t *testing.T) {
	_, rate := film.Check(t.Context(), film.Options{Path: "a.gif", Width: 8, Height: 8, FPS: 60})
	for want, err := range map[string]error{
		"another device (--size, --device)":                fmt.Errorf("frame 3: %w", gpu.ErrLost),
		"need 4.3; use --backend cpu for train and grid":   &gpu.VersionError{Renderer: "old", Major: 3, Minor: 3},
		"no device; losscape doctor lists the devices":     &egl.DeviceError{Err: errors.New("no device")},
		"at most 50; choose .mp4, or a lower rate (--fps)": rate,
	} {
		if got := message(err); !strings.Contains(got, want) || strings.Contains(err.Error(), "--") {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for want, o := range map[string]film.Options{
		"--size 4096x1364 or --codec h265": {Path: "a.mp4", Width: 5400, Height: 1800, FPS: 5},
		"a lower --fps or --codec h265":    {Path: "a.mp4", Width: 16, Height: 16, FPS: 1e7},
		"":                                 {Path: "a.mp4", Width: 640, Height: 480, FPS: 25},
	} {
		if got := caveatText(o.Caveat()); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
