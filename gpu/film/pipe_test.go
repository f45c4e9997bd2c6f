package film

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// TestShared hands on two frames in turn, changing each once the other one has been handed
// over, to a reader that takes its time.
func TestShared(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	growPipe(w)
	const size, frames = sharedBytes + 12345, 20
	var two [2][]byte
	for i := range two {
		p, free, err := newShared(size)
		if err != nil {
			t.Fatal(err)
		}
		defer free()
		two[i] = p
	}
	fill := func(p []byte, k int) {
		for i := range p {
			p[i] = byte(k + i>>12)
		}
	}
	read := make(chan int) // the first frame that came through changed
	go func() {
		random := rand.New(rand.NewPCG(1, 2))
		got, want := make([]byte, size), make([]byte, size)
		wrong := -1
		for k := range frames {
			for n := 0; n < size; {
				m, err := r.Read(got[n:min(size, n+1+random.IntN(300_000))])
				if n += m; err != nil {
					wrong = k
					break
				}
			}
			if fill(want, k); wrong < 0 && !bytes.Equal(got, want) {
				wrong = k
			}
		}
		read <- wrong
	}()
	e := &Encoder{stdin: w}
	for k := range frames {
		fill(two[k%2], k)
		if err := e.writeShared(two[k%2]); err != nil {
			t.Fatal(err)
		}
	}
	if wrong := <-read; wrong >= 0 {
		t.Errorf("frame %d came through changed", wrong)
	}
	r.Close()
	if err := e.writeShared(two[0]); !errors.Is(err, errBrokenPipe) {
		t.Errorf("with no one to read: %v, want a broken pipe", err)
	}
}

// TestSharedCopies writes to what takes only copies.
func TestSharedCopies(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "frames"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	e := &Encoder{stdin: f}
	var want []byte
	for k := range 3 {
		p := bytes.Repeat([]byte{byte(1 + k)}, sharedBytes-1+k)
		if err := e.writeShared(p); err != nil {
			t.Fatal(err)
		}
		want = append(want, p...)
	}
	f.Seek(0, io.SeekStart)
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes (%v), want the %d that were written", len(got), err, len(want))
	}
}
