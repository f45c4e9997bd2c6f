//go:build cgo

package film

import (
	"bufio"
	"compress/lzw"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"math"
	"slices"
	"time"

	"losscape/gpu"
	"losscape/gpu/film/atomicfile"
)

// recordGIF is RecordSegments for a GIF, which needs no ffmpeg. image/gif encodes only
// a film that is whole in memory; here each frame is written as it comes, and
// only the pixels that changed since the one before: the others are transparent.
// One palette, taken from frames over the length of the film, serves all frames whose
// colours are near to it, so that what stands still keeps its colours; a frame that
// brings others has a palette of its own for them.
func recordGIF(ctx context.Context, d *gpu.Device, o Options, r reel, begin func(segment int) (SegmentWriter, error),
	draw DrawFunc, progress func(done, total int)) (stats Stats, err error) {
	start := time.Now()
	g := &gifWriter{d: d, bounds: image.Rect(0, 0, o.Width, o.Height)}
	g.before, g.now = make([]byte, 4*o.Width*o.Height), make([]byte, 4*o.Width*o.Height)
	g.index = make([]byte, o.Width*o.Height)
	look := func(k int) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		fb, _, err := draw(k)
		if err != nil {
			return fmt.Errorf("frame %d: %w", k, err)
		}
		return g.read(fb, g.bounds)
	}
	h := newHistogram()
	const samples = 5
	for i := range min(samples, o.Frames) {
		if err := look(i * (o.Frames - 1) / max(1, min(samples, o.Frames)-1)); err != nil {
			return stats, err
		}
		h.add(g.now)
	}
	g.palette = newPalette(h.quantize(255))
	drawn := -1 // the frame that before has
	for s, segment := range r.segments {
		w, err := begin(segment)
		if err != nil {
			return stats, err
		}
		err = func() error {
			defer w.Discard()
			g.w = bufio.NewWriterSize(&counter{w, &stats.Bytes}, 1<<16)
			if err := g.header(); err != nil {
				return err
			}
			if first := r.first[s]; first > 0 && drawn != first-1 {
				if err := look(first - 1); err != nil {
					return err
				}
				copy(g.before, g.now)
			}
			for i := r.start[s]; i < r.end(s); i++ {
				if err := ctx.Err(); err != nil {
					return err
				}
				k := r.number(i)
				t := time.Now()
				fb, changed, err := draw(k)
				if err != nil {
					return fmt.Errorf("frame %d: %w", k, err)
				}
				stats.Draw += time.Since(t)
				t = time.Now()
				area := g.bounds
				if k > 0 && changed != nil {
					area = image.Rectangle{}
					for _, c := range changed {
						area = area.Union(c.Intersect(g.bounds))
					}
				}
				if err := g.read(fb, area); err != nil {
					return err
				}
				stats.Read += time.Since(t)
				t = time.Now()
				if err := g.frame(area, k == 0, shownUntil(k, o.FPS)-shownUntil(k-1, o.FPS)); err != nil {
					return err
				}
				drawn = k
				stats.Encoder += time.Since(t)
				stats.Frames++
				if progress != nil {
					progress(i+1, r.frames)
				}
			}
			g.w.WriteByte(gifTrailer)
			if err := g.w.Flush(); err != nil {
				return err
			}
			return w.Commit()
		}()
		if err != nil {
			return stats, err
		}
	}
	stats.Total = time.Since(start)
	return stats, nil
}

// shownUntil returns when a frame ends, in hundredths of a second.
func shownUntil(k int, fps float64) int { return int(math.Round(100 * float64(k+1) / fps)) }

// writeGIF is Record for a GIF.
func writeGIF(ctx context.Context, d *gpu.Device, o Options, frames int, draw DrawFunc, progress func(done, total int)) (Stats, error) {
	to := wholeFile{w: o.To}
	if o.To == nil {
		f, err := atomicfile.Create(o.Path)
		if err != nil {
			return Stats{}, err
		}
		defer f.Discard()
		to = wholeFile{f, f}
	}
	o.Frames = frames
	return recordGIF(ctx, d, o, wholeFilm(frames), func(int) (SegmentWriter, error) { return to, nil }, draw, progress)
}

// counter counts bytes.
type counter struct {
	w io.Writer
	n *int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	*c.n += int64(n)
	return n, err
}

// wholeFile is where a film goes that is its only segment.
type wholeFile struct {
	w io.Writer
	f *atomicfile.File // nil if it goes elsewhere
}

func (t wholeFile) Write(p []byte) (int, error) { return t.w.Write(p) }

func (t wholeFile) Commit() error {
	if t.f == nil {
		return nil
	}
	return t.f.Commit()
}

func (t wholeFile) Discard() {
	if t.f != nil {
		t.f.Discard()
	}
}

// gifWriter writes the format of CompuServe's GIF89a.
type gifWriter struct {
	w       *bufio.Writer
	d       *gpu.Device
	bounds  image.Rectangle
	palette *palette

	before, now []byte // RGBA, the top row first
	index       []byte // of the frame's pixels
	rows        []byte // as the device gives them
}

// transparent is the palette's last index.
const transparent = 255

// read brings a rectangle of the framebuffer into now.
func (g *gifWriter) read(fb *gpu.Framebuffer, r image.Rectangle) error {
	if w, h := fb.Size(); w != g.bounds.Dx() || h != g.bounds.Dy() {
		return fmt.Errorf("picture %q is %dx%d, want %dx%d", fb.Label, w, h, g.bounds.Dx(), g.bounds.Dy())
	}
	if r.Empty() {
		return nil
	}
	n := 4 * r.Dx()
	g.rows = slices.Grow(g.rows[:0], n*r.Dy())[:n*r.Dy()]
	err := g.d.Do(func() error {
		return fb.ReadPixels(r.Min.X, g.bounds.Dy()-r.Max.Y, r.Dx(), r.Dy(), g.rows)
	})
	for y := range r.Dy() {
		copy(g.now[4*((r.Max.Y-1-y)*g.bounds.Dx()+r.Min.X):][:n], g.rows[y*n:])
	}
	return err
}

func (g *gifWriter) header() error {
	g.w.WriteString("GIF89a")
	g.uint16s(g.bounds.Dx(), g.bounds.Dy())
	g.w.Write([]byte{0xf7, 0, 0}) // a global table of 256 colours of 8 bits; background; square pixels
	g.table(g.palette)
	_, err := g.w.WriteString("\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00") // for ever
	return err
}

// table writes 256 colours.
func (g *gifWriter) table(p *palette) {
	for _, c := range p.colours {
		g.w.Write(c[:])
	}
	g.w.Write(make([]byte, 3*(256-len(p.colours))))
}

func (g *gifWriter) uint16s(v ...int) {
	for _, x := range v {
		g.w.Write(binary.LittleEndian.AppendUint16(nil, uint16(x)))
	}
}

// frame writes what changed in an area, or all of it, to be shown for a number
// of hundredths of a second.
func (g *gifWriter) frame(area image.Rectangle, all bool, delay int) error {
	width := g.bounds.Dx()
	box := image.Rectangle{}
	if all {
		box = area
	} else {
		for y := area.Min.Y; y < area.Max.Y; y++ {
			first, last := -1, -1
			for x := area.Min.X; x < area.Max.X; x++ {
				i := 4 * (y*width + x)
				if [3]byte(g.now[i:]) != [3]byte(g.before[i:]) {
					if first < 0 {
						first = x
					}
					last = x
				}
			}
			if first >= 0 {
				box = box.Union(image.Rect(first, y, last+1, y+1))
			}
		}
		if box.Empty() {
			box = image.Rect(0, 0, 1, 1) // a frame has to have a pixel
		}
	}
	// each calls f with the pixels of the box that change, numbered by row.
	each := func(f func(n int, c [3]byte)) {
		n := 0
		for y := box.Min.Y; y < box.Max.Y; y++ {
			for x := box.Min.X; x < box.Max.X; x++ {
				i := 4 * (y*width + x)
				if c := [3]byte(g.now[i:]); all || c != [3]byte(g.before[i:]) {
					f(n, c)
				}
				n++
			}
		}
	}
	n := box.Dx() * box.Dy()
	for i := range g.index[:n] {
		g.index[i] = transparent
	}
	far := false
	each(func(n int, c [3]byte) {
		g.index[n] = g.palette.nearest(c)
		far = far || g.palette.far[cellOf(c)]
	})
	var own *palette
	if far {
		h := newHistogram()
		each(func(_ int, c [3]byte) { h.addPixel(c) })
		own = newPalette(h.quantize(255))
		each(func(n int, c [3]byte) { g.index[n] = own.nearest(c) })
	}
	for y := box.Min.Y; y < box.Max.Y; y++ {
		at := 4 * (y*width + box.Min.X)
		copy(g.before[at:at+4*box.Dx()], g.now[at:])
	}
	g.w.Write([]byte{0x21, 0xf9, 4, 1<<2 | 1}) // graphic control: stays; has a transparent index
	g.uint16s(delay)
	g.w.Write([]byte{transparent, 0, 0x2c}) // image
	g.uint16s(box.Min.X, box.Min.Y, box.Dx(), box.Dy())
	if own == nil {
		g.w.WriteByte(0) // the global table
	} else {
		g.w.WriteByte(0x87) // a table of 256 colours
		g.table(own)
	}
	g.w.WriteByte(8) // codes begin with 8 bits
	blocks := &gifBlocks{w: g.w}
	z := lzw.NewWriter(blocks, lzw.LSB, 8)
	if _, err := z.Write(g.index[:n]); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return blocks.close()
}

// gifBlocks cuts data into blocks of at most 255 bytes, each after its length.
type gifBlocks struct {
	w     io.Writer
	block [256]byte // length and data
	n     int
}

func (b *gifBlocks) Write(p []byte) (int, error) {
	for _, x := range p {
		b.n++
		b.block[b.n] = x
		if b.n == 255 {
			if err := b.flush(); err != nil {
				return 0, err
			}
		}
	}
	return len(p), nil
}

func (b *gifBlocks) flush() error {
	b.block[0] = byte(b.n)
	_, err := b.w.Write(b.block[:1+b.n])
	b.n = 0
	return err
}

func (b *gifBlocks) close() error {
	if b.n > 0 {
		if err := b.flush(); err != nil {
			return err
		}
	}
	return b.flush() // the empty block ends the data
}

// palette finds the nearest of its colours, and remembers what it found for
// colours that are equal in their first six bits.
type palette struct {
	colours [][3]byte
	found   []int16 // by cell; −1 not looked for yet
	far     []bool  // by cell that was looked for: no colour is near
}

// nearby is how far, as a distance in RGB, a colour may be from that of the palette
// which stands for it: some differences that one sees side by side.
const nearby = 24

func newPalette(colours [][3]byte) *palette {
	p := &palette{colours: colours, found: make([]int16, cells), far: make([]bool, cells)}
	for i := range p.found {
		p.found[i] = -1
	}
	return p
}

func (p *palette) nearest(c [3]byte) byte {
	cell := cellOf(c)
	if i := p.found[cell]; i >= 0 {
		return byte(i)
	}
	// The whole cell is given what is nearest to its middle, or to its end
	// where it touches black or white.
	for k, v := range c {
		switch v >> 2 {
		case 0:
			c[k] = 0
		case 63:
			c[k] = 255
		default:
			c[k] = v&^3 | 2
		}
	}
	best, least := 0, math.MaxInt
	for i, q := range p.colours {
		dist := 0
		for k := range c {
			e := int(c[k]) - int(q[k])
			dist += e * e
		}
		if dist < least {
			best, least = i, dist
		}
	}
	p.found[cell], p.far[cell] = int16(best), least > nearby*nearby
	return byte(best)
}

// Colours are counted in cells of six bits a channel.
const cells = 1 << 18

func cellOf(c [3]byte) int { return int(c[0]>>2)<<12 | int(c[1]>>2)<<6 | int(c[2]>>2) }

// histogram counts colours.
type histogram struct {
	count []uint32
	sum   [][3]uint64
}

func newHistogram() *histogram {
	return &histogram{make([]uint32, cells), make([][3]uint64, cells)}
}

// add counts the pixels of an RGBA picture.
func (h *histogram) add(rgba []byte) {
	for i := 0; i < len(rgba); i += 4 {
		h.addPixel([3]byte(rgba[i:]))
	}
}

// addPixel counts a pixel.
func (h *histogram) addPixel(c [3]byte) {
	cell := cellOf(c)
	h.count[cell]++
	for k, v := range c {
		h.sum[cell][k] += uint64(v)
	}
}

// entry is a colour that occurs.
type entry struct {
	c      [3]float64
	count  float64
	weight float64
}

// colourBox is a set of colours that become one.
type colourBox struct {
	entries []entry
	axis    int     // of the greatest variance
	spread  float64 // weighted squared distance from the mean along it
}

// quantize returns at most n colours for those that were counted. It splits
// the box whose colours are the farthest from their mean until there are n. A
// colour weighs by the root of its count, so that a small mark keeps its own
// colour beside a large surface.
func (h *histogram) quantize(n int) [][3]byte {
	var all []entry
	for cell, count := range h.count {
		if count == 0 {
			continue
		}
		e := entry{count: float64(count), weight: math.Sqrt(float64(count))}
		for k := range e.c {
			e.c[k] = float64(h.sum[cell][k]) / e.count
		}
		all = append(all, e)
	}
	boxes := []colourBox{newBox(all)}
	for len(boxes) < n {
		widest := 0
		for i, b := range boxes {
			if b.spread > boxes[widest].spread {
				widest = i
			}
		}
		if boxes[widest].spread == 0 {
			break
		}
		a, b := boxes[widest].split()
		boxes[widest] = a
		boxes = append(boxes, b)
	}
	colours := make([][3]byte, len(boxes))
	for i, b := range boxes {
		colours[i] = b.colour()
	}
	return colours
}

func newBox(entries []entry) colourBox {
	b := colourBox{entries: entries}
	if len(entries) == 1 {
		return b // whatever rounding makes of its spread
	}
	for k := range 3 {
		mean, _ := b.mean(k)
		var s float64
		for _, e := range entries {
			s += e.weight * (e.c[k] - mean) * (e.c[k] - mean)
		}
		if s > b.spread {
			b.axis, b.spread = k, s
		}
	}
	return b
}

func (b *colourBox) mean(k int) (mean, weight float64) {
	for _, e := range b.entries {
		mean += e.weight * e.c[k]
		weight += e.weight
	}
	return mean / weight, weight
}

// split parts a box with spread at its mean; both parts have colours.
func (b *colourBox) split() (lower, upper colourBox) {
	mean, _ := b.mean(b.axis)
	slices.SortStableFunc(b.entries, func(x, y entry) int {
		switch {
		case x.c[b.axis] < y.c[b.axis]:
			return -1
		case x.c[b.axis] > y.c[b.axis]:
			return 1
		}
		return 0
	})
	at := slices.IndexFunc(b.entries, func(e entry) bool { return e.c[b.axis] > mean })
	at = min(max(at, 1), len(b.entries)-1) // rounding may put the mean at an end
	return newBox(b.entries[:at]), newBox(b.entries[at:])
}

// colour is the one that most pixels have, if it is half of them: a background
// stays exactly as it is. Else it is the mean.
func (b *colourBox) colour() [3]byte {
	var total float64
	top := b.entries[0]
	for _, e := range b.entries {
		total += e.count
		if e.count > top.count {
			top = e
		}
	}
	var c [3]byte
	for k := range c {
		v := top.c[k]
		if 2*top.count < total {
			v, _ = b.mean(k)
		}
		c[k] = byte(math.Round(v))
	}
	return c
}
