package egl_test

import (
	"strings"
	"testing"

	"losscape/gpu/egl"
	"losscape/gpu/gputest"
)

func TestOpenByIndex(t *testing.T) {
	gputest.Device(t) // skips without a device
	list, err := egl.Devices()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		t.Skip("EGL_EXT_device_enumeration is missing here")
	}
	opened := 0
	for _, info := range list {
		d, err := egl.Open(egl.Options{Device: info.Index})
		if err != nil {
			t.Logf("device %d (%s): %v", info.Index, info, err)
			continue
		}
		if d.Info.Software != info.Software {
			t.Errorf("device %d: software is %v, then %v", info.Index, info.Software, d.Info.Software)
		}
		opened++
		d.Close()
	}
	if opened == 0 {
		t.Error("no listed device opens")
	}
}

func TestUnknownDevice(t *testing.T) {
	gputest.Device(t)
	if _, err := egl.Open(egl.Options{Device: 99}); err == nil || !strings.Contains(err.Error(), "no device 99") {
		t.Error(err)
	}
	t.Setenv(egl.DeviceEnv, "first")
	if _, err := egl.Open(egl.Options{Device: egl.Auto}); err == nil || !strings.Contains(err.Error(), egl.DeviceEnv) {
		t.Error(err)
	}
}

// TestResetNotification opens contexts that are told of resets where the driver does that, and one that is not.
func TestResetNotification(t *testing.T) {
	gputest.Device(t)
	for _, plain := range []bool{false, true} {
		d, err := egl.Open(egl.Options{Device: egl.Auto, Plain: plain})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		t.Logf("plain %t: it is told of resets: %t", plain, d.Caps.ResetNotification)
		if plain && d.Caps.ResetNotification {
			t.Error("a context that did not ask is told of resets")
		}
		if !plain && !d.Caps.ResetNotification && strings.Contains(d.Info.Version, "Mesa") {
			t.Error("Mesa tells of resets, and this context is not told")
		}
		if err := d.Do(func() error { return d.Lost("nothing") }); err != nil {
			t.Error(err)
		}
	}
}
