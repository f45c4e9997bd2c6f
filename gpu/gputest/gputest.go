// Package gputest gives tests a device.
package gputest

import (
	"os"
	"sync"
	"testing"

	"losscape/gpu"
	"losscape/gpu/egl"
)

var shared = sync.OnceValues(func() (*gpu.Device, error) {
	gpu.Compiled = compiled.add
	return egl.Open(egl.Options{Device: egl.Auto, Debug: true})
})

// Device returns the device that the tests of a package share, with debug
// messages on. A machine without one skips the test, or fails it where
// REQUIRE_GL=1. The GL error state is asserted clean before and after the
// test, and the reference compiler has to take all shaders that it compiles, on
// this device or on others.
func Device(t testing.TB) *gpu.Device {
	t.Helper()
	d, err := shared()
	if err != nil {
		if os.Getenv("REQUIRE_GL") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	check := func(when string) {
		if err := d.Do(func() error { return d.Check(when + " " + t.Name()) }); err != nil {
			t.Error(err)
		}
	}
	check("before")
	t.Cleanup(func() {
		check("after")
		compiled.check(t)
	})
	return d
}
