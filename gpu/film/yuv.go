//go:build cgo

package film

import (
	"context"
	"fmt"
	"image"
	"time"

	"losscape/gpu"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// A shader invocation converts a block of blockW by blockH pixels, a work
// group a tile of tileBlocks by tileBlocks blocks.
const (
	blockW, blockH = 8, 2
	tileBlocks     = 8
)

// ringSize is how many frames may be on their way from a device with its own memory.
const ringSize = 3

// converter turns pictures into YUV frames on the device and brings them to
// the host in order. Its methods run inside Do.
type converter struct {
	layout
	d             *gpu.Device
	program       *gpu.Program
	tiles         []bool      // that changed, across by down
	list          []uint32    // of those, for the shader
	listed        *gpu.Buffer // list on the device
	frame         *gpu.Buffer // the latest frame, with rows of whole blocks
	primed        bool        // frame holds a picture
	ring          []slot
	next, pending int // the slot that submit takes, and the number taken
}

// slot is a frame on its way to the host. Where the device's memory is the host's
// there is one, the converter's frame itself: a copy would gain nothing.
type slot struct {
	buffer *gpu.Buffer
	fence  *gpu.Fence
	blocks []image.Rectangle // that differ from the frame before
}

// newConverter makes a converter whose frames take their way through a ring
// of buffers, or directly.
func newConverter(d *gpu.Device, width, height int, direct bool) (*converter, error) {
	c := &converter{d: d, layout: newLayout(width, height)}
	if c.deviceBytes() > d.Caps.MaxStorageBytes {
		return nil, fmt.Errorf("frames of %dx%d need a buffer of %d MiB, this device allows %d MiB; choose a smaller size",
			width, height, c.deviceBytes()>>20, d.Caps.MaxStorageBytes>>20)
	}
	err := func() (err error) {
		if c.program, err = d.Compute("yuv.comp", nil); err != nil {
			return err
		}
		tiles := ceil(c.across, tileBlocks) * ceil(c.down, tileBlocks)
		c.tiles = make([]bool, tiles)
		c.list = make([]uint32, 0, tiles)
		if c.listed, err = c.d.NewBuffer("yuv tiles", 4*tiles, gpu.Dynamic); err != nil {
			return err
		}
		if c.frame, err = d.NewBuffer("yuv frame", c.deviceBytes(), gpu.Computed); err != nil {
			return err
		}
		if direct {
			c.ring = []slot{{buffer: c.frame}}
			return nil
		}
		c.ring = make([]slot, ringSize)
		for i := range c.ring {
			if c.ring[i].buffer, err = d.NewBuffer(fmt.Sprintf("yuv readback %d", i), c.deviceBytes(), gpu.Readback); err != nil {
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

// submit converts what changed in a picture, a colour texture of the
// converter's size, and sends the frame on its way to the host. changed is in
// the image's coordinates, y downwards; nil means everything. The ring must
// not be full.
func (c *converter) submit(picture *gpu.Texture, changed []image.Rectangle) error {
	if picture.Width != c.width || picture.Height != c.height || picture.Samples > 1 {
		return fmt.Errorf("picture %q is %dx%d with %d samples, want %dx%d with one", picture.Label,
			picture.Width, picture.Height, picture.Samples, c.width, c.height)
	}
	s := &c.ring[c.next]
	if !c.primed {
		changed = nil
	}
	c.primed = true
	s.blocks = c.changed(s.blocks, changed)
	if err := c.convert(picture, s.blocks); err != nil {
		return err
	}
	c.d.Barrier(gpu.ForHost)
	if s.buffer != c.frame {
		gl.BindBuffer(gl.COPY_READ_BUFFER, uint32(c.frame.Name))
		gl.BindBuffer(gl.COPY_WRITE_BUFFER, uint32(s.buffer.Name))
		gl.CopyBufferSubData(gl.COPY_READ_BUFFER, gl.COPY_WRITE_BUFFER, 0, 0, c.deviceBytes())
		gl.BindBuffer(gl.COPY_READ_BUFFER, 0)
		gl.BindBuffer(gl.COPY_WRITE_BUFFER, 0)
	}
	s.fence = c.d.NewFence()
	c.next = (c.next + 1) % len(c.ring)
	c.pending++
	return c.d.Check("convert a frame")
}

// convert converts rectangles of blocks by one dispatch: on a CPU each has to wait
// for a free processor, and they are all at work on the encoder.
func (c *converter) convert(picture *gpu.Texture, blocks []image.Rectangle) error {
	across := ceil(c.across, tileBlocks)
	c.list = c.list[:0]
	for _, r := range blocks {
		for y := r.Min.Y / tileBlocks; y < ceil(r.Max.Y, tileBlocks); y++ {
			for x := r.Min.X / tileBlocks; x < ceil(r.Max.X, tileBlocks); x++ {
				if i := y*across + x; !c.tiles[i] {
					c.tiles[i] = true
					c.list = append(c.list, uint32(y<<16|x))
				}
			}
		}
	}
	n := len(c.list)
	if n == 0 {
		return nil
	}
	if err := gpu.Upload(c.listed, 0, c.list); err != nil {
		return err
	}
	for _, t := range c.list {
		c.tiles[int(t>>16)*across+int(t&0xffff)] = false
	}
	c.frame.BindStorage(0)
	c.listed.BindStorage(1)
	picture.Bind(0)
	c.program.SetInt("picture", 0)
	c.program.SetInt("tileCount", n)
	c.program.SetInt2("size", c.width, c.height)
	c.program.SetInt("stride", c.across)
	c.program.SetInt("rows", c.down)
	columns := min(n, 1<<15) // every device takes that many groups
	c.program.Dispatch(columns, ceil(n, columns), 1)
	return nil
}

// full reports whether a frame must be received before the next submit.
func (c *converter) full() bool { return c.pending == len(c.ring) }

func (c *converter) oldest() *slot {
	return &c.ring[(c.next-c.pending+len(c.ring))%len(c.ring)]
}

// ready reports whether receive would not wait.
func (c *converter) ready() bool { return c.pending > 0 && c.oldest().fence.Wait(0) }

// stalled is how long a device may take for the frames in the ring.
const stalled = 2 * time.Minute

// receive waits for the oldest frame on its way and pushes it into the queue, which
// has room for it.
func (c *converter) receive(ctx context.Context, q *queue) error {
	s := c.oldest()
	const turn = 100 * time.Millisecond
	for waited := turn; !s.fence.Wait(turn); waited += turn { // not by the clock, which goes on while we are stopped
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.d.Check("wait for a frame"); err != nil { // of a lost context no wait takes time
			return err
		}
		if err := c.d.Lost("wait for a frame"); err != nil {
			return err
		}
		if waited >= stalled {
			return ErrStalled
		}
	}
	s.fence.Close()
	c.pending--
	if len(s.blocks) == 0 {
		q.push(nil, nil)
		return nil
	}
	return s.buffer.Map(0, c.deviceBytes(), func(src []byte) error {
		q.push(src, s.blocks)
		return nil
	})
}

func (c *converter) Close() error {
	for i := range c.ring {
		c.ring[i].fence.Close()
		c.ring[i].buffer.Close() // c.frame's, if direct: closing twice is fine
	}
	c.frame.Close()
	c.listed.Close()
	return nil
}

// change is where frames differ, in blocks or in pixels.
type change struct{ blocks []image.Rectangle }

// maxRects is where a list of rectangles becomes the one around them.
const maxRects = 128

func (c *change) clear() { c.blocks = c.blocks[:0] }

func (c *change) add(r image.Rectangle) {
	kept := c.blocks[:0]
	for _, b := range c.blocks {
		if r.In(b) {
			return // nothing was dropped: what r covers, b did before
		}
		if !b.In(r) {
			kept = append(kept, b)
		}
	}
	c.blocks = append(kept, r)
	if len(c.blocks) > maxRects {
		for _, b := range c.blocks {
			r = r.Union(b)
		}
		c.blocks = append(c.blocks[:0], r)
	}
}
