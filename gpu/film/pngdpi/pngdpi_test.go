package pngdpi

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
	"testing"
)

func TestWriter(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 5, 3))
	var plain, dense bytes.Buffer
	if err := png.Encode(Writer(&plain, 0), m); err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(Writer(&dense, 300), m); err != nil {
		t.Fatal(err)
	}
	got := dense.Bytes()
	if len(got) != plain.Len()+21 || !bytes.Equal(got[:headSize], plain.Bytes()[:headSize]) || !bytes.Equal(got[headSize+21:], plain.Bytes()[headSize:]) {
		t.Fatalf("%d bytes, %d without the density", len(got), plain.Len())
	}
	// 300 pixels an inch are 11811 a metre.
	if c := got[headSize:]; string(c[4:8]) != "pHYs" || binary.BigEndian.Uint32(c[8:]) != 11811 || binary.BigEndian.Uint32(c[12:]) != 11811 || c[16] != 1 {
		t.Errorf("the chunk is % x", c[:21])
	}
	// image/png checks the sums of all chunks.
	if _, err := png.Decode(&dense); err != nil {
		t.Error(err)
	}
	// The same byte by byte.
	var slow bytes.Buffer
	w := Writer(&slow, 300)
	for i := range plain.Len() {
		if n, err := w.Write(plain.Bytes()[i : i+1]); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	if !bytes.Equal(slow.Bytes(), got) {
		t.Error("byte by byte it is another file")
	}
}
