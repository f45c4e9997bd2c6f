//go:build linux

// Package egl opens a headless OpenGL context through EGL, without any X
// server: on a device of EGL_EXT_platform_device, hardware before software, or
// on EGL_MESA_platform_surfaceless where there is none.
package egl

/*
#cgo CFLAGS: -std=c11
#cgo LDFLAGS: -ldl
#include <stdlib.h>
#include "egl_lib.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"losscape/gpu"
)

// Auto lets Open choose the device.
const Auto = -1

// DeviceEnv is the environment variable that chooses the device where
// Options.Device is Auto: an index as in Devices.
const DeviceEnv = "LOSSCAPE_DEVICE"

// Options of Open.
type Options struct {
	Device int  // an index into Devices, or Auto
	Debug  bool // see gpu.Options
	Plain  bool // do not ask to be told of resets, as where the driver does not; for tests
}

// DeviceInfo is an EGL device as it presents itself before it is opened.
type DeviceInfo struct {
	Index    int
	Vendor   string // EGL_VENDOR or the driver's name, where it says
	File     string // DRM device file, "" if it has none
	Software bool   // EGL_MESA_device_software

	native C.EGLDeviceEXT
}

func (i DeviceInfo) String() string {
	parts := []string{"hardware"}
	if i.Software {
		parts[0] = "software"
	}
	for _, s := range []string{i.Vendor, i.File} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

// Error is a failed EGL call.
type Error struct {
	Call string
	Code int // eglGetError
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s failed with %s (%#x)", e.Call, codeName(e.Code), e.Code)
}

func codeName(code int) string {
	// EGL 1.5, section 3.1
	names := []string{"EGL_SUCCESS", "EGL_NOT_INITIALIZED", "EGL_BAD_ACCESS", "EGL_BAD_ALLOC", "EGL_BAD_ATTRIBUTE",
		"EGL_BAD_CONFIG", "EGL_BAD_CONTEXT", "EGL_BAD_CURRENT_SURFACE", "EGL_BAD_DISPLAY", "EGL_BAD_MATCH",
		"EGL_BAD_NATIVE_PIXMAP", "EGL_BAD_NATIVE_WINDOW", "EGL_BAD_PARAMETER", "EGL_BAD_SURFACE", "EGL_CONTEXT_LOST"}
	if i := code - 0x3000; i >= 0 && i < len(names) {
		return names[i]
	}
	return "an unknown error"
}

// ErrNoLibrary means that libEGL is not installed.
var ErrNoLibrary = errors.New("libEGL.so.1 cannot be loaded; install it (Debian, Ubuntu: apt-get install libegl1 libgl1-mesa-dri)")

// loading is held while libEGL is loaded.
var loading sync.Mutex

func load() error {
	loading.Lock()
	defer loading.Unlock()
	if msg := C.losscape_egl_load(); msg != nil {
		return fmt.Errorf("%w: %s", ErrNoLibrary, C.GoString(msg))
	}
	return nil
}

// ClientExtensions returns EGL's extensions that need no display.
func ClientExtensions() (string, error) {
	if err := load(); err != nil {
		return "", err
	}
	return C.GoString(C.losscape_egl_query_string(C.EGLDisplay(0), C.EGL_EXTENSIONS)), nil
}

// Devices lists the EGL devices, in EGL's order. It is empty where
// EGL_EXT_device_enumeration is missing.
func Devices() ([]DeviceInfo, error) {
	if err := load(); err != nil {
		return nil, err
	}
	var list [64]C.EGLDeviceEXT
	n := int(C.losscape_egl_devices(&list[0], C.int(len(list))))
	infos := make([]DeviceInfo, n)
	for i := range n {
		ext := " " + deviceString(list[i], C.EGL_EXTENSIONS) + " "
		infos[i] = DeviceInfo{Index: i, Software: strings.Contains(ext, " EGL_MESA_device_software "), native: list[i]}
		if strings.Contains(ext, " EGL_EXT_device_drm ") {
			infos[i].File = deviceString(list[i], C.EGL_DRM_DEVICE_FILE_EXT)
		}
		if strings.Contains(ext, " EGL_EXT_device_query_name ") {
			infos[i].Vendor = deviceString(list[i], C.EGL_VENDOR)
		}
	}
	return infos, nil
}

func deviceString(d C.EGLDeviceEXT, name C.EGLint) string {
	return C.GoString(C.losscape_egl_device_string(d, name))
}

// Open opens a headless device.
func Open(opt Options) (*gpu.Device, error) {
	devices, err := Devices()
	if err != nil {
		return nil, err
	}
	if opt.Device == Auto {
		if v := os.Getenv(DeviceEnv); v != "" {
			if opt.Device, err = strconv.Atoi(v); err != nil || opt.Device < 0 {
				return nil, &DeviceError{fmt.Errorf("%s=%q is not a device index; unset it, or choose one", DeviceEnv, v)}
			}
		}
	}
	if opt.Device != Auto {
		if opt.Device < 0 || opt.Device >= len(devices) {
			return nil, &DeviceError{fmt.Errorf("there is no device %d, there are %d", opt.Device, len(devices))}
		}
		return open(C.EGL_PLATFORM_DEVICE_EXT, unsafe.Pointer(devices[opt.Device].native), devices[opt.Device].Software, opt)
	}
	var errs []error
	for _, software := range []bool{false, true} {
		for _, info := range devices {
			if info.Software != software {
				continue
			}
			d, err := open(C.EGL_PLATFORM_DEVICE_EXT, unsafe.Pointer(info.native), software, opt)
			if err == nil {
				return d, nil
			}
			errs = append(errs, fmt.Errorf("device %d (%s): %w", info.Index, info, err))
		}
	}
	d, err := open(C.EGL_PLATFORM_SURFACELESS_MESA, nil, true, opt)
	if err == nil {
		return d, nil
	}
	errs = append(errs, fmt.Errorf("surfaceless: %w", err))
	return nil, &DeviceError{fmt.Errorf("no device gives OpenGL 4.3 (Debian, Ubuntu: apt-get install libegl1 libgl1-mesa-dri):\n%w", errors.Join(errs...))}
}

func open(platform C.EGLenum, native unsafe.Pointer, software bool, opt Options) (*gpu.Device, error) {
	return gpu.New(func() (gpu.Context, error) {
		c := &context{}
		var debug, plain C.int
		if opt.Debug {
			debug = 1
		}
		if opt.Plain {
			plain = 1
		}
		if call := C.losscape_egl_open(platform, native, debug, plain, &c.display, &c.handle); call != nil {
			return nil, failed(C.GoString(call))
		}
		return c, nil
	}, gpu.Options{Debug: opt.Debug, Software: software})
}

func failed(call string) error { return &Error{call, int(C.losscape_egl_error())} }

type context struct {
	display C.EGLDisplay
	handle  C.EGLContext
}

func (c *context) MakeCurrent() error {
	if C.losscape_egl_make_current(c.display, c.handle) == 0 {
		return failed("eglMakeCurrent")
	}
	return nil
}

func (c *context) ProcAddr(name string) unsafe.Pointer {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	return C.losscape_egl_proc(s)
}

func (c *context) Close() error {
	C.losscape_egl_close(c.display, c.handle)
	return nil
}
