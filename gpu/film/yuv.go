package film

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"losscape/gpu"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// EvenSize returns the size of the video of a picture: YUV 4:2:0 needs even
// numbers, so an odd size grows by one, filled by repeating the edge.
func EvenSize(width, height int) (w, h int) {
	return (width + 1) &^ 1, (height + 1) &^ 1
}

// FrameBytes returns the number of bytes of a frame that Stream writes for a
// picture of the given size: 3/2 of EvenSize's pixels.
func FrameBytes(width, height int) int {
	w, h := EvenSize(width, height)
	return w * h * 3 / 2
}

// A shader invocation converts a block of blockW by blockH pixels, a work
// group groupBlocks by groupBlocks blocks.
const (
	blockW, blockH = 8, 2
	groupBlocks    = 8
)

// ringSize is how many frames may be on their way from the device.
const ringSize = 3

// converter turns pictures into YUV frames on the device and brings them to
// the host in order. Its methods run inside Do.
type converter struct {
	d             *gpu.Device
	width, height int // of the picture
	across, down  int // blocks in a frame's row, rows of blocks
	program       *gpu.Program
	frame         *gpu.Buffer // the latest frame, with rows of whole blocks
	primed        bool        // frame holds a picture
	ring          [ringSize]slot
	next, pending int // the slot that submit takes, and the number taken
}

type slot struct {
	buffer *gpu.Buffer
	fence  *gpu.Fence
}

func newConverter(d *gpu.Device, width, height int) (*converter, error) {
	c := &converter{
		d: d, width: width, height: height,
		across: (width + blockW - 1) / blockW,
		down:   (height + blockH - 1) / blockH,
	}
	if c.bytes() > d.Caps.MaxStorageBytes {
		return nil, fmt.Errorf("film: frames of %dx%d need a buffer of %d MiB, this device allows %d MiB; choose a smaller --size",
			width, height, c.bytes()>>20, d.Caps.MaxStorageBytes>>20)
	}
	err := func() (err error) {
		if c.program, err = d.NewCompute("yuv.comp", nil); err != nil {
			return err
		}
		if c.frame, err = d.NewBuffer("yuv frame", c.bytes(), gpu.Computed); err != nil {
			return err
		}
		for i := range c.ring {
			if c.ring[i].buffer, err = d.NewBuffer(fmt.Sprintf("yuv readback %d", i), c.bytes(), gpu.Readback); err != nil {
				return err
			}
		}
		return nil
	}()
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// bytes of a frame on the device.
func (c *converter) bytes() int { return c.across * blockW * c.down * blockH * 3 / 2 }

// submit converts what changed in a picture, a colour texture of the
// converter's size, and sends the frame on its way to the host. changed is in
// the image's coordinates, y downwards; nil means everything. The ring must
// not be full.
func (c *converter) submit(picture *gpu.Texture, changed []image.Rectangle) error {
	if picture.Width != c.width || picture.Height != c.height || picture.Samples > 1 {
		return fmt.Errorf("film: picture %q is %dx%d with %d samples, want %dx%d with one", picture.Label,
			picture.Width, picture.Height, picture.Samples, c.width, c.height)
	}
	bounds := image.Rect(0, 0, c.width, c.height)
	if !c.primed || changed == nil {
		changed = []image.Rectangle{bounds}
		c.primed = true
	}
	c.frame.BindStorage(0)
	picture.Bind(0)
	c.program.SetInt("picture", 0)
	c.program.SetInt2("size", c.width, c.height)
	c.program.SetInt("stride", c.across)
	c.program.SetInt("rows", c.down)
	for _, r := range changed {
		r.Max.X++ // chroma takes in the pixel to its left
		if r = r.Intersect(bounds); r.Empty() {
			continue
		}
		x0, x1 := r.Min.X/blockW, (r.Max.X+blockW-1)/blockW
		y0, y1 := r.Min.Y/blockH, (r.Max.Y+blockH-1)/blockH
		c.program.SetInt2("first", x0, y0)
		c.program.SetInt2("count", x1-x0, y1-y0)
		c.program.Dispatch((x1-x0+groupBlocks-1)/groupBlocks, (y1-y0+groupBlocks-1)/groupBlocks, 1)
	}
	c.d.Barrier(gpu.ForHost)
	s := &c.ring[c.next]
	gl.BindBuffer(gl.COPY_READ_BUFFER, uint32(c.frame.Name))
	gl.BindBuffer(gl.COPY_WRITE_BUFFER, uint32(s.buffer.Name))
	gl.CopyBufferSubData(gl.COPY_READ_BUFFER, gl.COPY_WRITE_BUFFER, 0, 0, c.bytes())
	gl.BindBuffer(gl.COPY_READ_BUFFER, 0)
	gl.BindBuffer(gl.COPY_WRITE_BUFFER, 0)
	s.fence = c.d.NewFence()
	c.next = (c.next + 1) % ringSize
	c.pending++
	return c.d.Check("convert a frame")
}

// full reports whether a frame must be received before the next submit.
func (c *converter) full() bool { return c.pending == ringSize }

func (c *converter) oldest() *slot {
	return &c.ring[(c.next-c.pending+ringSize)%ringSize]
}

// ready reports whether receive would not wait.
func (c *converter) ready() bool { return c.pending > 0 && c.oldest().fence.Wait(0) }

// stalled is how long a device may take for the frames in the ring.
const stalled = 2 * time.Minute

var errStalled = errors.New("film: the device has not finished a frame for two minutes; run again, with a smaller --size or another --device")

// receive waits for the oldest frame on its way and copies it to dst, without
// the padding of its rows.
func (c *converter) receive(ctx context.Context, dst []byte) error {
	s := c.oldest()
	for start := time.Now(); !s.fence.Wait(100 * time.Millisecond); {
		if err := ctx.Err(); err != nil {
			return err
		}
		if time.Since(start) > stalled {
			return errStalled
		}
	}
	s.fence.Close()
	c.pending--
	return s.buffer.Map(0, c.bytes(), func(src []byte) error {
		w, h := EvenSize(c.width, c.height)
		from := c.across * blockW // bytes of a row on the device
		if w == from {            // and h is c.down*blockH
			copy(dst, src)
			return nil
		}
		compact := func(w, from, rows int) {
			for range rows {
				copy(dst[:w], src)
				dst, src = dst[w:], src[from:]
			}
		}
		compact(w, from, h)
		compact(w/2, from/2, h) // Cb and Cr, h/2 rows each
		return nil
	})
}

func (c *converter) Close() error {
	for i := range c.ring {
		c.ring[i].fence.Close()
		c.ring[i].buffer.Close()
	}
	c.frame.Close()
	return c.program.Close()
}
