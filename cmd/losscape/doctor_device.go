//go:build cgo

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"losscape/gpu"
	"losscape/gpu/egl"
)

// InstallGL says how to get OpenGL.
const installGL = "Debian, Ubuntu: apt-get install libegl1 libgl1-mesa-dri; Fedora: dnf install mesa-libEGL mesa-dri-drivers; " +
	"NVIDIA in a container: start it with NVIDIA_DRIVER_CAPABILITIES=graphics,compute,utility"

// examineDevices opens every OpenGL device, and the one that is taken where none is
// named.
func (h *health) examineDevices() {
	list, err := egl.Devices()
	if err != nil {
		h.Missing = append(h.Missing, missingPiece{"EGL: " + message(err), installGL})
	}
	for _, info := range list {
		d, err := egl.Open(egl.Options{Device: info.Index})
		h.Devices = append(h.Devices, deviceFound(d, info.Index, info.String(), err))
	}
	if err == nil {
		d, err := egl.Open(egl.Options{Device: egl.Auto})
		auto := deviceFound(d, -1, "", err)
		if err != nil {
			h.Missing = append(h.Missing, missingPiece{"a device with OpenGL 4.3", installGL})
		} else {
			for _, found := range h.Devices {
				if found.Renderer == auto.Renderer && found.Software == auto.Software {
					auto.Index, auto.Name = found.Index, found.Name
					break
				}
			}
		}
		h.Auto = &auto
	}
	hardware := slices.ContainsFunc(h.Devices, func(d deviceHealth) bool { return d.Error == "" && !d.Software })
	if !hardware && migSlice("/") {
		h.Missing = append(h.Missing, missingPiece{"OpenGL on the GPU: what is given of it is a MIG slice, most of which have no graphics",
			"take a slice with graphics (a profile that ends in +gfx), or a GPU without MIG; the software driver does it all, on the CPU"})
	}
}

// migSlice reports whether the GPU is a slice of one, by the variables that hand
// slices out and by the nodes of NVIDIA's driver below root, see its MIG User Guide
// (Device Nodes and Capabilities; Deployment Considerations says of graphics APIs that
// slices do not have them, those of profiles with +gfx apart).
func migSlice(root string) bool {
	for _, name := range []string{"NVIDIA_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES"} {
		if strings.Contains(os.Getenv(name), "MIG-") {
			return true
		}
	}
	found, _ := filepath.Glob(filepath.Join(root, "proc/driver/nvidia/capabilities/gpu*/mig/gi*"))
	return len(found) > 0
}

func deviceFound(d *gpu.Device, index int, name string, err error) deviceHealth {
	if err != nil {
		return deviceHealth{Index: index, Name: name, Error: message(err)}
	}
	defer d.Close()
	return deviceHealth{
		Index: index, Name: name, Renderer: d.Info.Renderer, OpenGL: d.Info.Version, GLSL: d.Info.GLSL, Software: d.Info.Software,
		Limits: &limits{
			BufferBytes: d.Caps.MaxStorageBytes, TextureSize: d.Caps.MaxTextureSize, Samples: d.Caps.MaxSamples,
			Invocations: d.Caps.MaxGroupInvocations, SharedBytes: d.Caps.MaxSharedBytes, MemoryBytes: d.Caps.MemoryBytes,
			WorkGroupsX: d.Caps.MaxGroups[0], ShaderDouble: d.Caps.Float64, Resets: d.Caps.ResetNotification,
		},
	}
}
