package main

import (
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
// the CPU. auto takes the CPU where no device opens, and says so. What is
// opened has to be given to closeDevice.
func (a *app) open() (*gpu.Device, *compute.Engine, error) {
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
	if err != nil {
		d.Close()
		return nil, nil, err
	}
	a.logf("computing in float32 on %s", d.Info)
	return d, e, nil
}

func closeDevice(d *gpu.Device, e *compute.Engine) {
	if e != nil {
		e.Close()
	}
	if d != nil {
		d.Close()
	}
}
