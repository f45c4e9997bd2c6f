package main

import (
	"errors"
	"strings"

	"losscape/gpu"
	"losscape/gpu/compute"
	"losscape/gpu/egl"
)

// anyDevice lets the device be chosen: hardware before software.
const anyDevice = egl.Auto

// openDevice opens the device that --device names, or the best one.
func (a *app) openDevice() (*gpu.Device, error) {
	return egl.Open(egl.Options{Device: a.device})
}

// open opens what --backend asks for: a device with its engine, or nothing for
// the CPU. auto takes the CPU where no device opens, or where it cannot do what can
// checks before any work, and says so. What is opened has to be given to closeDevice.
func (a *app) open(can ...func(e *compute.Engine) error) (*gpu.Device, *compute.Engine, error) {
	if a.backend == backendCPU {
		if a.device != anyDevice {
			return nil, nil, usagef("--device %d has no meaning with --backend cpu; leave one of them out", a.device)
		}
		a.logf("computing in float64 on the CPU")
		return nil, nil, nil
	}
	d, err := a.openDevice()
	if err != nil {
		if a.backend == backendGPU || a.device != anyDevice {
			return nil, nil, err
		}
		a.logf("no OpenGL device opens (losscape doctor says why): computing in float64 on the CPU")
		return nil, nil, nil
	}
	e, err := compute.New(d)
	for _, check := range can {
		if err == nil {
			err = check(e)
		}
	}
	if chosen, err := a.choose("", e, err); chosen == nil {
		closeDevice(d)
		return nil, nil, err
	}
	a.logf("computing in float32 on %s", d.Info)
	return d, e, nil
}

// choose decides what computes something: the engine e, or nothing for the CPU. cannot
// is what the engine says about it before any work. Where that is an ErrUnsupported,
// auto takes the CPU, and says so with what.
func (a *app) choose(what string, e *compute.Engine, cannot error) (*compute.Engine, error) {
	switch {
	case cannot == nil:
		return e, nil
	case a.backend != backendAuto || !errors.Is(cannot, compute.ErrUnsupported):
		return nil, cannot
	}
	a.logf("%s%s: computing in float64 on the CPU", what, reason(cannot))
	return nil, nil
}

// reason is why a device does not compute something, without what to do about it.
func reason(err error) string {
	return strings.TrimSuffix(message(err), ": "+compute.ErrUnsupported.Error())
}

func closeDevice(d *gpu.Device) {
	if d != nil {
		d.Close()
	}
}
