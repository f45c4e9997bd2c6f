package film

import (
	"bytes"
	"context"
	"errors"
	"image"
	"math/rand/v2"
	"testing"
)

// TestQueue hands frames through the queue, of sizes with rows beyond the picture
// and without, that differ in random blocks, in none or everywhere.
func TestQueue(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {6, 3}, {64, 32}, {131, 47}} {
		l := newLayout(size.X, size.Y)
		random := rand.New(rand.NewPCG(1, uint64(size.X)))
		device := make([]byte, l.deviceBytes())
		host := make([]byte, l.bytes())
		q := newQueue(l)
		const frames = 500
		want := make([][]byte, frames)
		var blocks []image.Rectangle
		got := make(chan [][]byte)
		go func() {
			var list [][]byte
			frame := make([]byte, l.bytes())
			for d := range q.full {
				l.paste(frame, d)
				if d.whole && !bytes.Equal(frame, d.data) {
					t.Errorf("%v: a whole frame is not its data", size)
				}
				list = append(list, bytes.Clone(frame))
				q.free <- d
			}
			got <- list
		}()
		for k := range frames {
			for i := range device {
				device[i] = byte(random.Uint32())
			}
			var pixels []image.Rectangle // everywhere
			if k > 0 && random.IntN(8) > 0 {
				pixels = make([]image.Rectangle, random.IntN(5))
				for i := range pixels {
					x, y := random.IntN(l.width), random.IntN(l.height)
					pixels[i] = image.Rect(x, y, x+1+random.IntN(l.width-x), y+1+random.IntN(l.height-y))
				}
			}
			blocks = l.changed(blocks, pixels)
			for _, r := range blocks {
				l.rows(r, func(at, from, n int) { copy(host[at:at+n], device[from:]) })
			}
			want[k] = bytes.Clone(host)
			if err := q.room(context.Background(), l.span(blocks)); err != nil {
				t.Fatal(err)
			}
			q.push(device, blocks)
		}
		close(q.full)
		list := <-got
		if len(list) != frames {
			t.Fatalf("%v: %d frames came through, want %d", size, len(list), frames)
		}
		for k := range frames {
			if !bytes.Equal(list[k], want[k]) {
				t.Fatalf("%v: frame %d came through changed", size, k)
			}
		}
	}
}

// TestQueueIsBounded fills the queue with no one to empty it.
func TestQueueIsBounded(t *testing.T) {
	l := newLayout(640, 480)
	device := make([]byte, l.deviceBytes())
	for _, c := range []struct {
		name   string
		pixels []image.Rectangle
		want   int
	}{
		{"whole frames", nil, 1},
		{"small changes", []image.Rectangle{image.Rect(8, 8, 16, 16)}, aheadMost},
		{"no changes", []image.Rectangle{}, aheadMost},
	} {
		q := newQueue(l)
		blocks := l.changed(nil, c.pixels)
		n := 0
		for ; q.fits(l.span(blocks)); n++ {
			q.push(device, blocks)
		}
		if n != c.want {
			t.Errorf("%s: %d wait, want %d", c.name, n, c.want)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := q.room(ctx, l.span(blocks)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: cancelled, room says %v", c.name, err)
		}
		close(q.failed)
		if err := q.room(context.Background(), l.span(blocks)); err != errWriter {
			t.Errorf("%s: the writer has failed, room says %v", c.name, err)
		}
	}
}
