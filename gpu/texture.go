package gpu

import (
	"fmt"
	"unsafe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// Format is the format of a texture.
type Format uint32

// Formats of textures.
const (
	RGBA8   Format = gl.RGBA8
	SRGB8   Format = gl.SRGB8_ALPHA8
	R8      Format = gl.R8
	R32F    Format = gl.R32F
	R32UI   Format = gl.R32UI // any 32-bit words, for texelFetch
	RGBA32F Format = gl.RGBA32F
	RGBA16F Format = gl.RGBA16F
	RG32F   Format = gl.RG32F
	Depth32 Format = gl.DEPTH_COMPONENT32F

	RGBA32UI Format = gl.RGBA32UI // any 128-bit words, for texelFetch
	RG32UI   Format = gl.RG32UI   // any 64-bit words, for texelFetch from a buffer
)

func (f Format) transfer() (layout, kind uint32) {
	switch f {
	case R8:
		return gl.RED, gl.UNSIGNED_BYTE
	case R32F:
		return gl.RED, gl.FLOAT
	case R32UI:
		return gl.RED_INTEGER, gl.UNSIGNED_INT
	case RGBA32UI:
		return gl.RGBA_INTEGER, gl.UNSIGNED_INT
	case RGBA32F, RGBA16F:
		return gl.RGBA, gl.FLOAT
	case RG32F:
		return gl.RG, gl.FLOAT
	case Depth32:
		return gl.DEPTH_COMPONENT, gl.FLOAT
	}
	return gl.RGBA, gl.UNSIGNED_BYTE
}

func (f Format) bytes() int {
	switch f {
	case R8:
		return 1
	case RGBA32F, RGBA32UI:
		return 16
	case RGBA16F, RG32F:
		return 8
	}
	return 4
}

// Texture is a 2D texture without mipmaps, multisampled if Samples > 1. Texel
// (0, 0) is the first in memory; filtering is linear for colours and nearest
// for depth and integers, and outside it repeats its edge.
type Texture struct {
	Name          TextureName
	Label         string
	Width, Height int
	Samples       int
	Format        Format

	d *Device
}

// NewTexture allocates a texture with undefined contents. samples ≤ 1 means
// none.
func (d *Device) NewTexture(label string, width, height, samples int, format Format) (*Texture, error) {
	if width <= 0 || height <= 0 {
		return nil, fmt.Errorf("texture %q: size %dx%d is not positive", label, width, height)
	}
	if m := d.Caps.MaxTextureSize; width > m || height > m {
		return nil, fmt.Errorf("texture %q: size %dx%d is beyond this device's limit of %d", label, width, height, m)
	}
	t := &Texture{Label: label, Width: width, Height: height, Samples: max(1, samples), Format: format, d: d}
	gl.GenTextures(1, (*uint32)(&t.Name))
	gl.BindTexture(t.target(), uint32(t.Name))
	if t.Samples > 1 {
		gl.TexStorage2DMultisample(t.target(), int32(t.Samples), uint32(format), int32(width), int32(height), true)
	} else {
		gl.TexStorage2D(t.target(), 1, uint32(format), int32(width), int32(height))
		filter := int32(gl.LINEAR)
		if format == Depth32 || format == R32UI || format == RGBA32UI {
			filter = gl.NEAREST
		}
		gl.TexParameteri(t.target(), gl.TEXTURE_MIN_FILTER, filter)
		gl.TexParameteri(t.target(), gl.TEXTURE_MAG_FILTER, filter)
		gl.TexParameteri(t.target(), gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE)
		gl.TexParameteri(t.target(), gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE)
	}
	gl.BindTexture(t.target(), 0)
	d.label(gl.TEXTURE, uint32(t.Name), label)
	if err := d.Check(fmt.Sprintf("texture %q of %dx%d", label, width, height)); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

func (t *Texture) target() uint32 {
	if t.Samples > 1 {
		return gl.TEXTURE_2D_MULTISAMPLE
	}
	return gl.TEXTURE_2D
}

// Write fills the rectangle at (x, y) of w by h texels from tightly packed
// data of the texture's format.
func (t *Texture) Write(x, y, w, h int, data []byte) error {
	if len(data) != w*h*t.Format.bytes() {
		return fmt.Errorf("texture %q: %d bytes for %dx%d texels, want %d", t.Label, len(data), w, h, w*h*t.Format.bytes())
	}
	if len(data) == 0 {
		return nil
	}
	layout, kind := t.Format.transfer()
	gl.BindTexture(gl.TEXTURE_2D, uint32(t.Name))
	gl.TexSubImage2D(gl.TEXTURE_2D, 0, int32(x), int32(y), int32(w), int32(h), layout, kind, unsafe.Pointer(&data[0]))
	gl.BindTexture(gl.TEXTURE_2D, 0)
	return t.d.Check("write to " + t.Label)
}

// CopyFrom fills the rectangle at (x, y) of w by h texels from a buffer on the
// device, tightly packed rows of the texture's format.
func (t *Texture) CopyFrom(b *Buffer, x, y, w, h int) error {
	if err := b.span("copy to "+t.Label, 0, w*h*t.Format.bytes()); err != nil {
		return err
	}
	layout, kind := t.Format.transfer()
	gl.MemoryBarrier(gl.PIXEL_BUFFER_BARRIER_BIT)
	gl.BindBuffer(gl.PIXEL_UNPACK_BUFFER, uint32(b.Name))
	gl.BindTexture(gl.TEXTURE_2D, uint32(t.Name))
	gl.TexSubImage2D(gl.TEXTURE_2D, 0, int32(x), int32(y), int32(w), int32(h), layout, kind, nil)
	gl.BindTexture(gl.TEXTURE_2D, 0)
	gl.BindBuffer(gl.PIXEL_UNPACK_BUFFER, 0)
	return t.d.Check("copy to " + t.Label)
}

// Bind binds the texture to a texture unit for sampling.
func (t *Texture) Bind(unit int) {
	gl.ActiveTexture(gl.TEXTURE0 + uint32(unit))
	gl.BindTexture(t.target(), uint32(t.Name))
}

// BindImage binds the texture to an image unit for reading and writing.
func (t *Texture) BindImage(unit int) {
	gl.BindImageTexture(uint32(unit), uint32(t.Name), 0, false, 0, gl.READ_WRITE, uint32(t.Format))
}

// Close frees the texture. It may be called more than once, and on nil.
func (t *Texture) Close() error {
	if t != nil && t.Name != 0 {
		gl.DeleteTextures(1, (*uint32)(&t.Name))
		t.Name = 0
	}
	return nil
}

// BufferTexture shows a buffer to shaders as a row of texels, for texelFetch
// from a samplerBuffer. It must not outlive the buffer.
type BufferTexture struct {
	Name TextureName
}

// spareUnit is a texture unit that nothing is read from; there are at least 80.
const spareUnit = 79

// NewBufferTexture makes a buffer texture over all of b.
func (d *Device) NewBufferTexture(label string, b *Buffer, format Format) (*BufferTexture, error) {
	t := &BufferTexture{}
	gl.ActiveTexture(gl.TEXTURE0 + spareUnit) // what is bound to others stays
	gl.GenTextures(1, (*uint32)(&t.Name))
	gl.BindTexture(gl.TEXTURE_BUFFER, uint32(t.Name))
	gl.TexBuffer(gl.TEXTURE_BUFFER, uint32(format), uint32(b.Name))
	gl.BindTexture(gl.TEXTURE_BUFFER, 0)
	d.label(gl.TEXTURE, uint32(t.Name), label)
	if err := d.Check("buffer texture " + label); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

// Bind binds the texture to a texture unit.
func (t *BufferTexture) Bind(unit int) {
	gl.ActiveTexture(gl.TEXTURE0 + uint32(unit))
	gl.BindTexture(gl.TEXTURE_BUFFER, uint32(t.Name))
}

// Close frees the texture, not the buffer. It may be called more than once, and
// on nil.
func (t *BufferTexture) Close() error {
	if t != nil && t.Name != 0 {
		gl.DeleteTextures(1, (*uint32)(&t.Name))
		t.Name = 0
	}
	return nil
}

// Framebuffer is a target to draw to: a colour texture, and a depth texture if
// wanted. Both may be sampled when drawing to it is over.
type Framebuffer struct {
	Name  FramebufferName
	Label string
	Color *Texture
	Depth *Texture // nil without depth

	d *Device
}

// NewFramebuffer makes a framebuffer with an RGBA8 colour texture.
func (d *Device) NewFramebuffer(label string, width, height, samples int, depth bool) (*Framebuffer, error) {
	return d.NewFramebufferOf(label, width, height, samples, RGBA8, depth)
}

// NewFramebufferOf makes a framebuffer with a colour texture of a format.
func (d *Device) NewFramebufferOf(label string, width, height, samples int, format Format, depth bool) (*Framebuffer, error) {
	f := &Framebuffer{Label: label, d: d}
	var err error
	if f.Color, err = d.NewTexture(label+" colour", width, height, samples, format); err != nil {
		return nil, err
	}
	if depth {
		if f.Depth, err = d.NewTexture(label+" depth", width, height, samples, Depth32); err != nil {
			f.Close()
			return nil, err
		}
	}
	gl.GenFramebuffers(1, (*uint32)(&f.Name))
	gl.BindFramebuffer(gl.FRAMEBUFFER, uint32(f.Name))
	gl.FramebufferTexture(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, uint32(f.Color.Name), 0)
	if depth {
		gl.FramebufferTexture(gl.FRAMEBUFFER, gl.DEPTH_ATTACHMENT, uint32(f.Depth.Name), 0)
	}
	d.label(gl.FRAMEBUFFER, uint32(f.Name), label)
	if s := gl.CheckFramebufferStatus(gl.FRAMEBUFFER); s != gl.FRAMEBUFFER_COMPLETE {
		f.Close()
		return nil, fmt.Errorf("framebuffer %q of %dx%d, %d samples is not complete (%#x)", label, width, height, samples, s)
	}
	return f, d.Check("framebuffer " + label)
}

// Size of the framebuffer in pixels.
func (f *Framebuffer) Size() (width, height int) { return f.Color.Width, f.Color.Height }

// Bind makes the framebuffer the target of drawing, over all of it.
func (f *Framebuffer) Bind() { f.BindRect(0, 0, f.Color.Width, f.Color.Height) }

// BindRect makes a rectangle of the framebuffer the target of drawing: both
// viewport and scissor. y counts upwards from the bottom, as in GL.
func (f *Framebuffer) BindRect(x, y, w, h int) {
	gl.BindFramebuffer(gl.FRAMEBUFFER, uint32(f.Name))
	gl.Viewport(int32(x), int32(y), int32(w), int32(h))
	gl.Scissor(int32(x), int32(y), int32(w), int32(h))
	gl.Enable(gl.SCISSOR_TEST)
}

// Scissor limits drawing, and Clear, to a rectangle within the bound one.
func (f *Framebuffer) Scissor(x, y, w, h int) {
	gl.Scissor(int32(x), int32(y), int32(w), int32(h))
}

// Clear fills the bound rectangle with a colour, and its depth with 1.
func (f *Framebuffer) Clear(r, g, b, a float32) {
	gl.ClearColor(r, g, b, a)
	mask := uint32(gl.COLOR_BUFFER_BIT)
	if f.Depth != nil {
		gl.DepthMask(true)
		gl.ClearDepthf(1)
		mask |= gl.DEPTH_BUFFER_BIT
	}
	gl.Clear(mask)
}

// CopyTo copies a rectangle to a framebuffer at (dx, dy), resolving
// multisampling; depth goes along if both have it and depth is set.
func (f *Framebuffer) CopyTo(dst *Framebuffer, x, y, w, h, dx, dy int, depth bool) {
	gl.BindFramebuffer(gl.READ_FRAMEBUFFER, uint32(f.Name))
	gl.BindFramebuffer(gl.DRAW_FRAMEBUFFER, uint32(dst.Name))
	gl.Disable(gl.SCISSOR_TEST)
	mask := uint32(gl.COLOR_BUFFER_BIT)
	if depth && f.Depth != nil && dst.Depth != nil {
		mask |= gl.DEPTH_BUFFER_BIT
	}
	gl.BlitFramebuffer(int32(x), int32(y), int32(x+w), int32(y+h), int32(dx), int32(dy), int32(dx+w), int32(dy+h), mask, gl.NEAREST)
	gl.BindFramebuffer(gl.FRAMEBUFFER, uint32(dst.Name))
}

// ReadPixels copies a rectangle as RGBA8 into dst, which holds 4*w*h bytes, the
// bottom row first.
func (f *Framebuffer) ReadPixels(x, y, w, h int, dst []byte) error {
	if len(dst) != 4*w*h {
		return fmt.Errorf("read %dx%d pixels into %d bytes, want %d", w, h, len(dst), 4*w*h)
	}
	if len(dst) == 0 {
		return nil
	}
	gl.BindFramebuffer(gl.READ_FRAMEBUFFER, uint32(f.Name))
	gl.ReadPixels(int32(x), int32(y), int32(w), int32(h), gl.RGBA, gl.UNSIGNED_BYTE, unsafe.Pointer(&dst[0]))
	return f.d.Check("read pixels of " + f.Label)
}

// Close frees the framebuffer and its textures. It may be called more than
// once, and on nil.
func (f *Framebuffer) Close() error {
	if f == nil {
		return nil
	}
	if f.Name != 0 {
		gl.DeleteFramebuffers(1, (*uint32)(&f.Name))
		f.Name = 0
	}
	f.Color.Close()
	f.Depth.Close()
	return nil
}

// Blend is how a colour is put over what is there.
type Blend int

// Blends.
const (
	Opaque        Blend = iota // replaces
	Premultiplied              // over, with colours multiplied by their alpha
	Straight                   // over, with colours as they are
)

// DepthTest is how a fragment's depth is held against what is there.
type DepthTest int

// Depth tests.
const (
	NoDepth        DepthTest = iota // neither tested nor written
	TestAndWrite                    // nearer or equal passes and is written
	TestOnly                        // nearer or equal passes
	TestHiddenOnly                  // farther passes: what is hidden, for an x-ray
)

// SetState sets blending and depth testing for the draws that follow.
func (d *Device) SetState(b Blend, t DepthTest) {
	switch b {
	case Opaque:
		gl.Disable(gl.BLEND)
	case Premultiplied:
		gl.Enable(gl.BLEND)
		gl.BlendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
	case Straight:
		gl.Enable(gl.BLEND)
		gl.BlendFuncSeparate(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA, gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
	}
	if t == NoDepth {
		gl.Disable(gl.DEPTH_TEST)
		return
	}
	gl.Enable(gl.DEPTH_TEST)
	gl.DepthMask(t == TestAndWrite)
	if t == TestHiddenOnly {
		gl.DepthFunc(gl.GREATER)
	} else {
		gl.DepthFunc(gl.LEQUAL)
	}
}
