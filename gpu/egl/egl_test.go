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
