//go:build !linux

// Package egl opens a headless OpenGL context through EGL, which exists on
// Linux only: elsewhere Open and Devices say so, and the CPU backend serves
// what needs no picture.
package egl

import (
	"errors"

	"losscape/gpu"
)

// Auto and DeviceEnv are as on Linux.
const (
	Auto      = -1
	DeviceEnv = "LOSSCAPE_DEVICE"
)

// ErrNoLibrary means that there is no EGL on this system.
var ErrNoLibrary = errors.New("headless OpenGL needs Linux")

// Options of Open.
type Options struct {
	Device int
	Debug  bool
	Plain  bool
}

// DeviceInfo is an EGL device.
type DeviceInfo struct {
	Index    int
	Vendor   string
	File     string
	Software bool
}

func (i DeviceInfo) String() string { return i.Vendor }

// ClientExtensions returns ErrNoLibrary.
func ClientExtensions() (string, error) { return "", ErrNoLibrary }

// Devices returns ErrNoLibrary.
func Devices() ([]DeviceInfo, error) { return nil, ErrNoLibrary }

// Open returns ErrNoLibrary.
func Open(Options) (*gpu.Device, error) { return nil, ErrNoLibrary }
