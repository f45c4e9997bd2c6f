// Package gpu is the device: one OpenGL context owned by one OS thread, and
// the buffers, programs, textures, framebuffers, timers and fences that live
// on it. Only this package and those below it know OpenGL.
//
// Everything that touches the context runs inside [Device.Do]; the methods of
// the objects here say nothing more about it. Do may be nested.
package gpu

/*
#ifdef _WIN32
#include <windows.h>
static unsigned long long thread_id(void) { return GetCurrentThreadId(); }
#else
#include <pthread.h>
static unsigned long long thread_id(void) { return (unsigned long long)(size_t)pthread_self(); }
#endif
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"unsafe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// Context is a way to OpenGL: headless EGL or a window. Its methods are called
// on the device's thread only.
type Context interface {
	MakeCurrent() error
	ProcAddr(name string) unsafe.Pointer
	Close() error
}

// Errors of the device.
var (
	// ErrClosed is returned by Do on a closed device.
	ErrClosed = errors.New("the device is closed")
	// ErrOutOfMemory means that the device could not allocate an object.
	ErrOutOfMemory = errors.New("out of device memory")
	// ErrLost means that the driver lost the context: nothing on it is usable.
	ErrLost = errors.New("the device was lost (the driver reset it); run again, with a smaller size or another device")
)

// A VersionError is a device without compute shaders.
type VersionError struct {
	Renderer     string
	Major, Minor int // of its OpenGL
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%s has OpenGL %d.%d, compute shaders need 4.3", e.Renderer, e.Major, e.Minor)
}

// Device is an OpenGL context and the thread that owns it.
type Device struct {
	Info Info
	Caps Caps

	ctx    Context
	calls  chan call
	quit   chan struct{} // closed by Close
	done   chan struct{} // closed when the thread has ended
	thread C.ulonglong
	close  sync.Once

	programs map[programKey]*Program

	debug    bool
	messages []error // high-severity debug messages since the last take
	vao      uint32  // the empty vertex array that attribute-less draws need
	timing   bool    // a timer query is running
	doubles  *bool   // see HasDoubles; nil: not tried yet

	getError    func() uint32
	resetStatus func() uint32 // nil if the driver does not tell of resets
	reset       uint32        // the first one that it told of
}

type call struct {
	f      func() error
	result chan<- result
}

type result struct {
	err   error
	panic any
	stack []byte
}

// Info names a device.
type Info struct {
	Renderer string // GL_RENDERER
	Vendor   string // GL_VENDOR
	Version  string // GL_VERSION, with the driver's version
	GLSL     string // GL_SHADING_LANGUAGE_VERSION
	Software bool   // runs on the CPU; this is for people, code asks for Quirks
}

func (i Info) String() string {
	kind := "hardware"
	if i.Software {
		kind = "software"
	}
	return fmt.Sprintf("%s (%s, OpenGL %s)", i.Renderer, kind, i.Version)
}

// Caps are the device's limits and capabilities, read once.
type Caps struct {
	Quirks

	Major, Minor          int
	MaxStorageBytes       int // of one shader storage buffer
	MaxStorageBlocks      int // in a compute shader
	MaxUniformBytes       int // of one uniform block
	VertexStorageBlocks   int // in a vertex shader
	MaxGroups             [3]int
	MaxGroupSize          [3]int
	MaxGroupInvocations   int
	MaxSharedBytes        int
	MaxTextureSize        int
	MaxTexels             int // of a buffer texture
	MaxViewport           [2]int
	MaxSamples            int
	Float64               bool  // GLSL doubles
	DebugOutput           bool  // KHR_debug
	ResetNotification     bool  // the driver tells of resets, see Device.Lost
	ParallelShaderCompile bool  // KHR_parallel_shader_compile
	Subgroups             bool  // KHR_shader_subgroup
	MemoryBytes           int64 // the device's own memory where the driver says, else 0
	Extensions            map[string]bool
}

// Options of New.
type Options struct {
	// Debug turns the driver's synchronous debug messages on: a high-severity
	// one becomes the error of the Do that caused it, with the Go stack.
	Debug bool
	// Software says that the context runs on the CPU, where the way to the context
	// knows; by name, some renderers are known to, anyway.
	Software bool
}

// New starts the thread that owns a context and makes the device on it. create
// runs on that thread.
func New(create func() (Context, error), opt Options) (*Device, error) {
	d := &Device{calls: make(chan call), quit: make(chan struct{}), done: make(chan struct{}), programs: map[programKey]*Program{}, debug: opt.Debug}
	ready := make(chan error)
	go d.run(create, opt, ready)
	if err := <-ready; err != nil {
		return nil, err
	}
	return d, nil
}

// run is the one place that locks an OS thread for OpenGL.
func (d *Device) run(create func() (Context, error), opt Options, ready chan<- error) {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	defer close(d.done)
	d.thread = C.thread_id()
	ctx, err := create()
	if err != nil {
		ready <- err
		return
	}
	d.ctx = ctx
	if err := d.init(opt); err != nil {
		ctx.Close()
		ready <- err
		return
	}
	ready <- nil
	for {
		select {
		case c := <-d.calls:
			c.result <- d.guard(c.f)
		case <-d.quit:
			for _, p := range d.programs {
				p.free()
			}
			gl.DeleteVertexArrays(1, &d.vao)
			ctx.Close()
			return
		}
	}
}

func (d *Device) init(opt Options) error {
	if err := d.ctx.MakeCurrent(); err != nil {
		return err
	}
	if err := gl.InitWithProcAddrFunc(d.ctx.ProcAddr); err != nil {
		return fmt.Errorf("the context is not OpenGL 4.3 core: %w", err)
	}
	d.Info = Info{
		Renderer: gl.GoStr(gl.GetString(gl.RENDERER)),
		Vendor:   gl.GoStr(gl.GetString(gl.VENDOR)),
		Version:  gl.GoStr(gl.GetString(gl.VERSION)),
		GLSL:     gl.GoStr(gl.GetString(gl.SHADING_LANGUAGE_VERSION)),
		Software: opt.Software,
	}
	d.Info.Software = d.Info.Software || onCPU(d.Info.Renderer)
	d.Caps = readCaps()
	if d.Caps.Major*10+d.Caps.Minor < 43 {
		return &VersionError{d.Info.Renderer, d.Caps.Major, d.Caps.Minor}
	}
	if opt.Debug && d.Caps.DebugOutput {
		gl.Enable(gl.DEBUG_OUTPUT)
		gl.Enable(gl.DEBUG_OUTPUT_SYNCHRONOUS)
		gl.DebugMessageCallback(d.message, nil)
		gl.DebugMessageControl(gl.DONT_CARE, gl.DONT_CARE, gl.DEBUG_SEVERITY_NOTIFICATION, 0, nil, false)
	}
	d.getError, d.resetStatus = gl.GetError, findResetStatus(d.Caps)
	d.Caps.ResetNotification = d.resetStatus != nil
	gl.GenVertexArrays(1, &d.vao)
	gl.BindVertexArray(d.vao)
	gl.PixelStorei(gl.PACK_ALIGNMENT, 1)
	gl.PixelStorei(gl.UNPACK_ALIGNMENT, 1)
	quirks, err := d.findQuirks()
	d.Caps.Quirks = quirks
	return errors.Join(err, d.Check("init"))
}

func (d *Device) message(source, kind, id, severity uint32, _ int32, text string, _ unsafe.Pointer) {
	if severity != gl.DEBUG_SEVERITY_HIGH && kind != gl.DEBUG_TYPE_ERROR {
		return
	}
	d.messages = append(d.messages, fmt.Errorf("driver message %#x: %s\n%s", id, strings.TrimSpace(text), debug.Stack()))
}

func (d *Device) guard(f func() error) (r result) {
	defer func() {
		if p := recover(); p != nil {
			r.panic, r.stack = p, debug.Stack()
		}
	}()
	r.err = f()
	if len(d.messages) > 0 {
		r.err = errors.Join(append(d.messages, r.err)...)
		d.messages = nil
	}
	return r
}

// Do runs f on the device's thread and returns its error. In f, objects of the
// device may be used; f must not wait for another goroutine that calls Do. A
// panic in f goes on in the caller.
func (d *Device) Do(f func() error) error {
	select {
	case <-d.done: // another thread may have got its number since
		return ErrClosed
	default:
	}
	if C.thread_id() == d.thread {
		return f()
	}
	res := make(chan result, 1)
	select {
	case <-d.done:
		return ErrClosed
	case d.calls <- call{f, res}:
	}
	r := <-res
	if r.panic != nil {
		panic(fmt.Sprintf("%v\n\non the device's thread:\n%s", r.panic, r.stack))
	}
	return r.err
}

// Close frees the context with all that lives on it and ends the thread. It
// may be called more than once, but not inside Do.
func (d *Device) Close() error {
	d.close.Do(func() { close(d.quit) })
	<-d.done
	return nil
}

// findResetStatus returns what asks the driver for resets, nil if the context was opened without their
// notification: see OpenGL 4.5, section 2.3.2, and GL_KHR_robustness and GL_ARB_robustness.
func findResetStatus(c Caps) func() uint32 {
	var ask func() uint32
	switch {
	case c.Major*10+c.Minor >= 45, c.Extensions["GL_KHR_robustness"]:
		ask = gl.GetGraphicsResetStatus
	case c.Extensions["GL_ARB_robustness"]:
		ask = gl.GetGraphicsResetStatusARB
	default:
		return nil
	}
	var strategy int32
	gl.GetIntegerv(gl.RESET_NOTIFICATION_STRATEGY, &strategy)
	if strategy != gl.LOSE_CONTEXT_ON_RESET {
		return nil
	}
	return ask
}

// resets say whose work a reset was about.
var resets = map[uint32]string{
	gl.GUILTY_CONTEXT_RESET:   "by what this program had it do",
	gl.INNOCENT_CONTEXT_RESET: "by another program's work",
	gl.UNKNOWN_CONTEXT_RESET:  "why is not known",
}

// Lost returns an error that wraps ErrLost, about what, if the driver tells that the device was reset. Check asks
// by itself where there is an error: this is for those who wait and get none.
func (d *Device) Lost(what string) error {
	if d.resetStatus != nil && d.reset == gl.NO_ERROR { // it may be told once only
		d.reset = d.resetStatus()
	}
	if d.reset == gl.NO_ERROR {
		return nil
	}
	return lost(what, d.reset)
}

func lost(what string, reset uint32) error {
	if why := resets[reset]; why != "" {
		what += ", " + why
	}
	return fmt.Errorf("%w: %s", ErrLost, what)
}

// Check reports the GL error state, if any, as the error of what.
func (d *Device) Check(what string) error {
	var errs []error
	for range 8 { // a lost context may report for ever
		code := d.getError()
		if code == gl.NO_ERROR {
			break
		}
		if err := d.Lost(what); err != nil { // any error may be what comes of that
			return err
		}
		switch code {
		case gl.OUT_OF_MEMORY:
			errs = append(errs, fmt.Errorf("%w: %s", ErrOutOfMemory, what))
		case 0x0507: // GL_CONTEXT_LOST, OpenGL 4.5
			return lost(what, gl.NO_ERROR)
		default:
			errs = append(errs, fmt.Errorf("%s: %s", what, errorName(code)))
		}
	}
	return errors.Join(errs...)
}

func errorName(code uint32) string {
	switch code {
	case gl.INVALID_ENUM:
		return "GL_INVALID_ENUM"
	case gl.INVALID_VALUE:
		return "GL_INVALID_VALUE"
	case gl.INVALID_OPERATION:
		return "GL_INVALID_OPERATION"
	case gl.INVALID_FRAMEBUFFER_OPERATION:
		return "GL_INVALID_FRAMEBUFFER_OPERATION"
	}
	return fmt.Sprintf("GL error %#x", code)
}

// Finish waits until everything that was submitted has been done.
func (d *Device) Finish() { gl.Finish() }

// Flush hands everything that was submitted to the device without waiting.
func (d *Device) Flush() { gl.Flush() }

func readCaps() Caps {
	get := func(name uint32) int {
		var v int32
		gl.GetIntegerv(name, &v)
		return int(v)
	}
	get64 := func(name uint32) int {
		var v int64
		gl.GetInteger64v(name, &v)
		return int(v)
	}
	getAt := func(name uint32) (v [3]int) {
		for i := range v {
			var x int32
			gl.GetIntegeri_v(name, uint32(i), &x)
			v[i] = int(x)
		}
		return v
	}
	c := Caps{
		Major:               get(gl.MAJOR_VERSION),
		Minor:               get(gl.MINOR_VERSION),
		MaxStorageBytes:     get64(gl.MAX_SHADER_STORAGE_BLOCK_SIZE),
		MaxUniformBytes:     get(gl.MAX_UNIFORM_BLOCK_SIZE),
		MaxStorageBlocks:    get(gl.MAX_COMPUTE_SHADER_STORAGE_BLOCKS),
		VertexStorageBlocks: get(gl.MAX_VERTEX_SHADER_STORAGE_BLOCKS),
		MaxGroups:           getAt(gl.MAX_COMPUTE_WORK_GROUP_COUNT),
		MaxGroupSize:        getAt(gl.MAX_COMPUTE_WORK_GROUP_SIZE),
		MaxGroupInvocations: get(gl.MAX_COMPUTE_WORK_GROUP_INVOCATIONS),
		MaxSharedBytes:      get(gl.MAX_COMPUTE_SHARED_MEMORY_SIZE),
		MaxTextureSize:      get(gl.MAX_TEXTURE_SIZE),
		MaxTexels:           get(gl.MAX_TEXTURE_BUFFER_SIZE),
		MaxSamples:          min(get(gl.MAX_SAMPLES), get(gl.MAX_COLOR_TEXTURE_SAMPLES), get(gl.MAX_DEPTH_TEXTURE_SAMPLES)),
		Float64:             true, // core since 4.0
		DebugOutput:         true, // core since 4.3
		Extensions:          map[string]bool{},
	}
	var vp [2]int32
	gl.GetIntegerv(gl.MAX_VIEWPORT_DIMS, &vp[0])
	c.MaxViewport = [2]int{int(vp[0]), int(vp[1])}
	for i := range get(gl.NUM_EXTENSIONS) {
		c.Extensions[gl.GoStr(gl.GetStringi(gl.EXTENSIONS, uint32(i)))] = true
	}
	c.ParallelShaderCompile = c.Extensions["GL_KHR_parallel_shader_compile"] || c.Extensions["GL_ARB_parallel_shader_compile"]
	c.Subgroups = c.Extensions["GL_KHR_shader_subgroup"]
	if c.Extensions["GL_NVX_gpu_memory_info"] {
		const dedicatedKiB = 0x9047 // GL_GPU_MEMORY_INFO_DEDICATED_VIDMEM_NVX
		c.MemoryBytes = int64(get(dedicatedKiB)) << 10
	}
	return c
}
