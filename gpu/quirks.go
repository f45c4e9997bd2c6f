package gpu

import (
	"slices"
	"strings"
	"time"
)

// Quirks are what drivers do differently though OpenGL allows no difference, or has
// no query for it. Each says where it was seen. They are found once, by findQuirks;
// code asks for the quirk that it needs and never for a driver.
//
// Other habits of drivers cost little to heed on all devices, so that code always
// does. Seen with llvmpipe of Mesa 22.3.6 on AMD EPYC, unless said otherwise:
//
//   - Loops end after [MaxLoopIterations].
//   - A shader is compiled anew when a texture that it reads gets sides that are powers
//     of two, or loses them: the picture that stands in for a missing layer has others
//     (draw/tiles.go).
//   - A texel of a buffer texture is fetched much faster than a word of a storage
//     buffer is loaded in a vertex or fragment shader (draw_tile.vert).
//   - A uniform block is read fast only where the invocations of a vector read the same
//     place: kernels whose invocations read different samples take a storage buffer
//     (compute/variant.go).
//   - Values that are multiples of 512 words apart share the sets of the processor's
//     cache: such strides of the states of runs are made larger (compute/batch.go).
//   - A turn of a loop costs more than a few multiply-adds, so that short loops are
//     unrolled (expansion.comp); both sides of a branch are computed unless all
//     invocations of a vector agree, and a loop whose bound is a constant is unrolled
//     (draw_contour.frag).
//   - A dispatch waits for a free processor: many small ones are slow beside a busy
//     encoder (film/yuv.go).
//   - The accuracy of exp and log is the driver's, and OpenGL has no bound for it on
//     any: kernels have their own (numerics.glsl).
//   - Compile logs name lines in three ways, those of Mesa, NVIDIA and others
//     (shaders.Source.Annotate).
type Quirks struct {
	// HostMemory: buffers lie in the host's memory, where reading one takes no copy and
	// a copy on the device gains nothing. Seen with llvmpipe (Mesa 22.3.6).
	HostMemory bool

	// FewInvocations: the device runs few invocations at a time, a vector on each of
	// some processors, has room for all registers that a kernel spills, and takes long
	// to compile a large one: half a second. Kernels do much in each invocation. Seen with llvmpipe
	// (Mesa 22.3.6, LLVM 15, vectors of 256 bits).
	FewInvocations bool

	// TimesCompute: timers count compute shaders. With llvmpipe (Mesa 22.3.6) they
	// do not: the time of a dispatch is 1 ns whatever it takes.
	TimesCompute bool
}

// MaxLoopIterations is how many iterations the loops of an invocation may take, all
// together: llvmpipe (Mesa 22.3.6, its LP_MAX_TGSI_LOOP_ITERATIONS) silently leaves
// them after so many, and what they compute is wrong. Work is divided such that none
// takes more, on any device.
const MaxLoopIterations = 65535

// onCPU reports whether a renderer is one of those that run on the CPU, by its name:
// GLX has no query for it. EGL has one, see Options.
func onCPU(renderer string) bool {
	return slices.ContainsFunc([]string{"llvmpipe", "softpipe", "swrast", "SwiftShader"}, func(name string) bool {
		return strings.Contains(renderer, name)
	})
}

// findQuirks finds the quirks of a device: by what it is where there is nothing to
// measure, else by a measurement.
func (d *Device) findQuirks() (Quirks, error) {
	times, err := d.timesCompute()
	return Quirks{HostMemory: d.Info.Software, FewInvocations: d.Info.Software, TimesCompute: times}, err
}

// timesCompute reports whether a timer counts a dispatch. The least that a device
// can take for the probe is far above, and a time that is not counted far below, the
// limit.
func (d *Device) timesCompute() (bool, error) {
	const limit = 100 * time.Nanosecond
	p, err := d.Compute("probe.comp", nil)
	if err != nil {
		return false, err
	}
	const words = 1 << 14
	b, err := d.NewBuffer("probe", 4*words, Computed)
	if err != nil {
		return false, err
	}
	defer b.Close()
	b.BindStorage(0)
	timer := d.NewTimer()
	defer timer.Close()
	timer.Begin()
	p.Cover(words, 1)
	timer.End()
	return timer.Elapsed() >= limit, nil
}
