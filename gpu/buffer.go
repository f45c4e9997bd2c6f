package gpu

import (
	"fmt"
	"unsafe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// BufferName, ProgramName, TextureName and FramebufferName are names of GL
// objects, typed so that one cannot be taken for another.
type (
	BufferName      uint32
	ProgramName     uint32
	TextureName     uint32
	FramebufferName uint32
)

// Usage says what a buffer is for, in GL's terms.
type Usage uint32

// Usages of buffers.
const (
	Static   Usage = gl.STATIC_DRAW  // written once, read by the device
	Dynamic  Usage = gl.DYNAMIC_DRAW // written often, read by the device
	Computed Usage = gl.DYNAMIC_COPY // written and read by the device
	Readback Usage = gl.STREAM_READ  // written by the device, read by the host
)

// Buffer is device memory.
type Buffer struct {
	Name  BufferName
	Label string
	Size  int // bytes

	d *Device
}

// NewBuffer allocates size bytes, size > 0, with undefined contents.
func (d *Device) NewBuffer(label string, size int, usage Usage) (*Buffer, error) {
	if size <= 0 {
		return nil, fmt.Errorf("buffer %q: size %d is not positive", label, size)
	}
	b := &Buffer{Label: label, Size: size, d: d}
	gl.GenBuffers(1, (*uint32)(&b.Name))
	gl.BindBuffer(gl.COPY_WRITE_BUFFER, uint32(b.Name))
	gl.BufferData(gl.COPY_WRITE_BUFFER, size, nil, uint32(usage))
	gl.BindBuffer(gl.COPY_WRITE_BUFFER, 0)
	d.label(gl.BUFFER, uint32(b.Name), label)
	if err := d.Check(fmt.Sprintf("buffer %q of %d bytes", label, size)); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// NewBufferOf allocates a buffer that holds data, which must not be empty. T
// is a plain value: numbers, or arrays and structs of numbers laid out as
// std430 wants them.
func NewBufferOf[T any](d *Device, label string, data []T, usage Usage) (*Buffer, error) {
	b, err := d.NewBuffer(label, len(data)*sizeOf[T](), usage)
	if err != nil {
		return nil, err
	}
	return b, Upload(b, 0, data)
}

func sizeOf[T any]() int {
	var t T
	return int(unsafe.Sizeof(t))
}

// Upload copies data to the buffer, from byte offset on.
func Upload[T any](b *Buffer, offset int, data []T) error {
	n := len(data) * sizeOf[T]()
	if err := b.span("upload", offset, n); err != nil || n == 0 {
		return err
	}
	gl.BindBuffer(gl.COPY_WRITE_BUFFER, uint32(b.Name))
	gl.BufferSubData(gl.COPY_WRITE_BUFFER, offset, n, unsafe.Pointer(unsafe.SliceData(data)))
	gl.BindBuffer(gl.COPY_WRITE_BUFFER, 0)
	return b.d.Check("upload to " + b.Label)
}

// Download copies the buffer from byte offset on into dst, after everything
// that was submitted before.
func Download[T any](b *Buffer, offset int, dst []T) error {
	n := len(dst) * sizeOf[T]()
	if err := b.span("download", offset, n); err != nil || n == 0 {
		return err
	}
	gl.MemoryBarrier(gl.BUFFER_UPDATE_BARRIER_BIT)
	gl.BindBuffer(gl.COPY_READ_BUFFER, uint32(b.Name))
	gl.GetBufferSubData(gl.COPY_READ_BUFFER, offset, n, unsafe.Pointer(unsafe.SliceData(dst)))
	gl.BindBuffer(gl.COPY_READ_BUFFER, 0)
	return b.d.Check("download from " + b.Label)
}

func (b *Buffer) span(what string, offset, n int) error {
	if offset < 0 || offset+n > b.Size {
		return fmt.Errorf("%s: bytes %d to %d are outside buffer %q of %d bytes", what, offset, offset+n, b.Label, b.Size)
	}
	return nil
}

// Fill sets every 32-bit word of the buffer to word.
func (b *Buffer) Fill(word uint32) {
	gl.BindBuffer(gl.COPY_WRITE_BUFFER, uint32(b.Name))
	gl.ClearBufferData(gl.COPY_WRITE_BUFFER, gl.R32UI, gl.RED_INTEGER, gl.UNSIGNED_INT, unsafe.Pointer(&word))
	gl.BindBuffer(gl.COPY_WRITE_BUFFER, 0)
}

// Map gives f the buffer's bytes [offset, offset+n) for reading; they are valid
// inside f only. The caller has waited for the fence of what wrote them.
func (b *Buffer) Map(offset, n int, f func(data []byte) error) error {
	if err := b.span("map", offset, n); err != nil {
		return err
	}
	gl.BindBuffer(gl.COPY_READ_BUFFER, uint32(b.Name))
	defer gl.BindBuffer(gl.COPY_READ_BUFFER, 0)
	p := gl.MapBufferRange(gl.COPY_READ_BUFFER, offset, n, gl.MAP_READ_BIT)
	if p == nil {
		if err := b.d.Check("map " + b.Label); err != nil {
			return err
		}
		return fmt.Errorf("map %s: the driver gave no address", b.Label)
	}
	err := f(unsafe.Slice((*byte)(p), n))
	gl.UnmapBuffer(gl.COPY_READ_BUFFER)
	return err
}

// BindStorage binds the buffer to a shader's storage binding point.
func (b *Buffer) BindStorage(point int) {
	gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, uint32(point), uint32(b.Name))
}

// BindUniform binds the buffer to a shader's uniform block binding point. The
// buffer is at least as large as the block.
func (b *Buffer) BindUniform(point int) {
	gl.BindBufferBase(gl.UNIFORM_BUFFER, uint32(point), uint32(b.Name))
}

// BindStorageRange binds n bytes from offset on; offset is a multiple of 256.
func (b *Buffer) BindStorageRange(point, offset, n int) {
	gl.BindBufferRange(gl.SHADER_STORAGE_BUFFER, uint32(point), uint32(b.Name), offset, n)
}

// BindUniformRange binds n bytes from offset on to a shader's uniform block binding point;
// offset is a multiple of 256. They are at least as many as the block has.
func (b *Buffer) BindUniformRange(point, offset, n int) {
	gl.BindBufferRange(gl.UNIFORM_BUFFER, uint32(point), uint32(b.Name), offset, n)
}

// Close frees the buffer. It may be called more than once, and on nil.
func (b *Buffer) Close() error {
	if b != nil && b.Name != 0 {
		gl.DeleteBuffers(1, (*uint32)(&b.Name))
		b.Name = 0
	}
	return nil
}

// label names an object in debug messages and in tools such as RenderDoc.
func (d *Device) label(kind, name uint32, label string) {
	if d.Caps.DebugOutput && label != "" {
		s := label + "\x00"
		gl.ObjectLabel(kind, name, int32(len(label)), gl.Str(s))
	}
}
