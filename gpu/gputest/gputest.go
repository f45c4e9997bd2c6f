// Package gputest gives tests a device.
package gputest

import (
	"errors"
	"os"
	"sync"
	"testing"

	"losscape/gpu"
	"losscape/gpu/egl"
)

func init() { gpu.Compiled = compiled.add }

func open() (*gpu.Device, error) {
	return egl.Open(egl.Options{Device: egl.Auto, Debug: true})
}

var shared = sync.OnceValues(open)

// Device returns the device that the tests of a package share, with debug
// messages on. A machine without one skips the test, or fails it where
// REQUIRE_GL=1. The GL error state is asserted clean before and after the
// test, and the reference compiler has to take all shaders that it compiles, on
// this device or on others.
func Device(t testing.TB) *gpu.Device {
	t.Helper()
	d, err := shared()
	return checked(t, d, err)
}

// Open is as Device, with a device of the test's own: for a bubble of testing/synctest,
// which shares no goroutine with other tests.
func Open(t testing.TB) *gpu.Device {
	t.Helper()
	d, err := open()
	if err == nil {
		t.Cleanup(func() { d.Close() })
	}
	return checked(t, d, err)
}

func checked(t testing.TB, d *gpu.Device, err error) *gpu.Device {
	t.Helper()
	if err != nil {
		if os.Getenv("REQUIRE_GL") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	check := func(when string) {
		err := d.Do(func() error { return d.Check(when + " " + t.Name()) })
		if err != nil && !errors.Is(err, gpu.ErrClosed) { // a test may close its own
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
