//go:build cgo

package film

import (
	"context"
	"image"
	"slices"
)

// ringBytes is the memory for frames that wait for the encoder, of which a whole one has
// so many bytes: room for that, and for some that differ from it by little. aheadMost is
// how many may wait.
func ringBytes(whole int) int { return whole + whole/4 }

const aheadMost = 64

// queue hands frames from the drawing side to the writing side, each as what
// changed since the one before. So little memory holds many frames of most films:
// enough to draw on while an encoder starts slowly, on processors that it does not
// use yet. One goroutine calls room, next and push, another one writes full.
type queue struct {
	layout layout
	ring   []byte  // what the waiting frames hold, in order; each in one piece
	head   int     // where the next one may go
	out    []*diff // waiting or being written, oldest first
	spare  []*diff

	full   chan *diff
	free   chan *diff // written
	failed chan struct{}
}

// diff is a frame, as its differences from the one before: the rows of some
// rectangles of blocks, plane by plane.
type diff struct {
	blocks []image.Rectangle
	data   []byte // a span of the ring
	start  int
	whole  bool // data is the frame
}

func newQueue(l layout) *queue {
	q := &queue{
		layout: l,
		ring:   make([]byte, ringBytes(l.bytes())),
		full:   make(chan *diff, aheadMost),
		free:   make(chan *diff, aheadMost),
		failed: make(chan struct{}),
	}
	for range aheadMost {
		q.spare = append(q.spare, &diff{})
	}
	return q
}

// place returns where n bytes fit, −1 if nowhere yet.
func (q *queue) place(n int) int {
	if len(q.out) == 0 {
		return 0
	}
	if len(q.spare) == 0 {
		return -1
	}
	tail := q.out[0].start
	if q.head <= tail { // wrapped, or full
		if q.head+n <= tail {
			return q.head
		}
		return -1
	}
	if q.head+n <= len(q.ring) {
		return q.head
	}
	if n <= tail {
		return 0
	}
	return -1
}

// written takes back what has been written, which is in order.
func (q *queue) written(d *diff) {
	q.out = slices.Delete(q.out, 0, 1) // in place: no frame allocates
	q.spare = append(q.spare, d)
}

// fits reports whether n bytes fit now.
func (q *queue) fits(n int) bool {
	for len(q.free) > 0 {
		q.written(<-q.free)
	}
	return q.place(n) >= 0
}

// room waits until n bytes fit. It returns errWriter if the writer has failed.
func (q *queue) room(ctx context.Context, n int) error {
	for !q.fits(n) {
		select {
		case d := <-q.free:
			q.written(d)
		case <-q.failed:
			return errWriter
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// push adds a frame, for which there is room, that differs in some blocks from the
// one before; src is on the device.
func (q *queue) push(src []byte, blocks []image.Rectangle) {
	n := q.layout.span(blocks)
	at := q.place(n)
	last := len(q.spare) - 1
	d := q.spare[last]
	q.spare = q.spare[:last]
	d.start, d.data = at, q.ring[at:at+n]
	d.blocks = append(d.blocks[:0], blocks...)
	d.whole = n == q.layout.bytes() && len(blocks) == 1
	q.layout.cut(d.data, src, blocks)
	q.head = at + n
	q.out = append(q.out, d)
	q.full <- d // never blocks: there are as many places as diffs
}

// layout is how a frame lies in memory: on the host in rows of EvenSize, on the
// device in rows of whole blocks.
type layout struct {
	width, height int // of the picture
	across, down  int // blocks in a row, rows of blocks
}

func newLayout(width, height int) layout {
	return layout{width, height, ceil(width, blockW), ceil(height, blockH)}
}

// bytes of a frame on the host.
func (l layout) bytes() int { return FrameBytes(l.width, l.height) }

// deviceBytes of a frame on the device.
func (l layout) deviceBytes() int { return l.across * blockW * l.down * blockH * 3 / 2 }

// rows calls f for the rows of a rectangle of blocks, plane by plane: where n bytes
// lie on the host and on the device. Rows that follow each other in both come as one.
func (l layout) rows(r image.Rectangle, f func(host, device, n int)) {
	w, h := EvenSize(l.width, l.height)
	const half = blockW / 2
	plane := func(host, w, device, stride, x, width, y0, y1 int) {
		if width = min(width, w-x); width == w && w == stride {
			f(host+y0*w, device+y0*stride, (y1-y0)*w)
			return
		}
		for y := y0; y < y1; y++ {
			f(host+y*w+x, device+y*stride+x, width)
		}
	}
	plane(0, w, 0, l.across*blockW, r.Min.X*blockW, r.Dx()*blockW, r.Min.Y*blockH, r.Max.Y*blockH)
	host, device := w*h, l.across*blockW*l.down*blockH
	for range 2 { // Cb, Cr
		plane(host, w/2, device, l.across*half, r.Min.X*half, r.Dx()*half, r.Min.Y, r.Max.Y)
		host, device = host+w*h/4, device+l.across*half*l.down
	}
}

// span returns how many bytes some blocks take.
func (l layout) span(blocks []image.Rectangle) int {
	w, _ := EvenSize(l.width, l.height)
	n := 0
	for _, r := range blocks {
		n += (min(r.Max.X*blockW, w) - r.Min.X*blockW) * r.Dy() * blockH * 3 / 2
	}
	return n
}

// cut fills dst with some blocks of a frame on the device.
func (l layout) cut(dst, src []byte, blocks []image.Rectangle) {
	at := 0
	for _, r := range blocks {
		l.rows(r, func(_, device, n int) {
			copy(dst[at:at+n], src[device:])
			at += n
		})
	}
}

// paste puts a diff into the frame before it.
func (l layout) paste(frame []byte, d *diff) {
	if d.whole {
		copy(frame, d.data)
		return
	}
	at := 0
	for _, r := range d.blocks {
		l.rows(r, func(host, _, n int) {
			copy(frame[host:host+n], d.data[at:])
			at += n
		})
	}
}

// changed lists the blocks that some rectangles of pixels touch, as rectangles that
// together take no more than a frame; nil means all. The list takes the place of
// another one.
func (l layout) changed(list, pixels []image.Rectangle) []image.Rectangle {
	c := change{list[:0]}
	bounds := image.Rect(0, 0, l.width, l.height)
	for _, r := range pixels {
		r.Max.X++ // chroma takes in the pixel to its left
		if r = r.Intersect(bounds); !r.Empty() {
			c.add(image.Rect(r.Min.X/blockW, r.Min.Y/blockH, ceil(r.Max.X, blockW), ceil(r.Max.Y, blockH)))
		}
	}
	if pixels == nil || l.span(c.blocks) > l.bytes() {
		c.blocks = append(c.blocks[:0], image.Rect(0, 0, l.across, l.down))
	}
	return c.blocks
}
