//go:build cgo

package main

import (
	"errors"
	"runtime"

	"losscape/gpu"
	"losscape/gpu/egl"
	"losscape/gpu/film"
)

// deviceLost reports whether an error is that a device has gone.
func deviceLost(err error) bool { return errors.Is(err, gpu.ErrLost) }

// deviceAdvice is advice about the errors of devices.
func deviceAdvice(err error) string {
	switch {
	case errors.Is(err, gpu.ErrLost), errors.Is(err, film.ErrStalled):
		return " (--size, --device)"
	case errors.As(err, new(*gpu.VersionError)), errors.Is(err, egl.ErrNoLibrary) && runtime.GOOS != "linux":
		return "; use --backend cpu for train and grid"
	case errors.As(err, new(*egl.DeviceError)):
		return "; losscape doctor lists the devices, and says what is missing"
	}
	return ""
}
