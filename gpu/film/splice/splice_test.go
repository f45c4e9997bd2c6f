package splice

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

// memory is a piece in memory.
type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }

// made is a film of frames that are shown in an order, each of some bytes of its number.
func made(codec string, order []int, size func(i int) int) (*film, []byte) {
	word := func(v ...uint32) (b []byte) {
		for _, x := range v {
			b = binary.BigEndian.AppendUint32(b, x)
		}
		return b
	}
	entry := make([]byte, entryHead)
	binary.BigEndian.PutUint16(entry[entryWidth:], 96)
	binary.BigEndian.PutUint16(entry[entryHeight:], 64)
	entry = appendBox(entry, "colr", []byte("nclx\x00\x01\x00\x01\x00\x01\x00"))
	entry = appendBox(entry, "av1C", []byte{0x81, 0, 0x0c, 0})
	trak := appendBox(nil, "tkhd", make([]byte, 84))
	mdia := appendBox(nil, "mdhd", word(0, 0, 0, 12800, 0, 0))
	mdia = appendBox(mdia, "minf", appendBox(nil, "stbl"))
	trak = appendBox(trak, "mdia", mdia)
	moov := appendBox(nil, "mvhd", make([]byte, 100))
	moov = appendBox(moov, "trak", trak)
	f := &film{pieces: []int{len(order)}, first: &piece{
		ftyp: box{"ftyp", []byte("isom")}, moov: box{"moov", moov}, entry: appendBox(nil, codec, entry), timescale: 12800, delta: 512}}
	var data []byte
	for i, shown := range order {
		x := frame{at: f.bytes, size: uint32(size(i)), shown: uint32(shown), key: i == 0}
		f.frames = append(f.frames, x)
		f.bytes += int64(x.size)
		if x.size < 1<<16 {
			data = append(data, bytes.Repeat([]byte{byte(i + 1)}, int(x.size))...)
		}
		f.late = max(f.late, i-shown)
	}
	return f, data
}

// file writes a film as the MP4 file that a piece is.
func file(f *film, data []byte) []byte {
	ftyp := appendBox(nil, "ftyp", f.first.ftyp.body)
	n := len(f.moov(0, false))
	out := append(ftyp, f.moov(int64(len(ftyp)+n+8), false)...)
	return appendBox(out, "mdat", data)
}

func opener(pieces ...[]byte) func(k int) (Source, error) {
	return func(k int) (Source, error) { return memory{bytes.NewReader(pieces[k])}, nil }
}

// TestWriteMP4 joins pieces whose decoders are ahead by other numbers of frames: each frame has its
// bytes, is shown at its time, and is decoded before.
func TestWriteMP4(t *testing.T) {
	orders := [][]int{{0, 4, 2, 1, 3}, {0, 1, 3, 2}, {0}}
	sizes := func(i int) int { return 1 + 7*i*i }
	var pieces [][]byte
	var lengths []int
	var data []byte
	for _, order := range orders {
		f, d := made("avc1", order, sizes)
		pieces, lengths, data = append(pieces, file(f, d)), append(lengths, len(order)), append(data, d...)
	}
	var out bytes.Buffer
	if err := WriteMP4(&out, lengths, opener(pieces...)); err != nil {
		t.Fatal(err)
	}
	p, err := readPiece(memory{bytes.NewReader(out.Bytes())})
	if err != nil {
		t.Fatal(err)
	}
	if p.timescale != 12800 || p.delta != 512 || p.late() != 2 || !bytes.HasSuffix(out.Bytes(), data) {
		t.Errorf("%d/%d, late by %d", p.timescale, p.delta, p.late())
	}
	var got []byte
	for i, x := range p.frames {
		want := []uint32{0, 4, 2, 1, 3, 5, 6, 8, 7, 9}[i]
		if x.shown != want || x.key != (i == 0 || i == 5 || i == 9) {
			t.Errorf("frame %d is shown as %d, key %v; want %d", i, x.shown, x.key, want)
		}
		got = append(got, out.Bytes()[x.at:x.at+int64(x.size)]...)
	}
	if !bytes.Equal(got, data) {
		t.Error("the frames have other bytes")
	}
	for _, path := range []string{"mvhd", "trak tkhd", "trak mdia mdhd", "trak edts elst"} {
		b := find(p.moov.body, strings.Fields(path)...)
		at := map[string]int{"mvhd": 16, "trak tkhd": 20, "trak mdia mdhd": 16, "trak edts elst": 8}[path]
		if b == nil || binary.BigEndian.Uint32(b[at:]) != 10*512 {
			t.Errorf("%s says %d ticks, want %d", path, b, 10*512)
		}
	}
	if elst := find(p.moov.body, "trak", "edts", "elst"); binary.BigEndian.Uint32(elst[12:]) != 2*512 {
		t.Errorf("the film begins at %d ticks, want %d", elst[12:16], 2*512)
	}
}

// TestLargeFilm wants places beyond 4 GiB, and lengths of more ticks than 32 bits have.
func TestLargeFilm(t *testing.T) {
	f, _ := made("avc1", []int{0, 2, 1, 3, 4, 5}, func(int) int { return 1 << 30 })
	f.first.delta = 1 << 30
	p := &piece{moov: box{"moov", f.moov(1000, true)[8:]}}
	if err := p.readTables(find(p.moov.body, "trak", "mdia", "minf", "stbl"), 7<<30); err != nil {
		t.Fatal(err)
	}
	for i, x := range p.frames {
		if x.at != 1000+int64(i)<<30 || x.shown != f.frames[i].shown {
			t.Errorf("frame %d is at %d", i, x.at)
		}
	}
	if mdhd := find(p.moov.body, "trak", "mdia", "mdhd"); mdhd[0] != 1 || binary.BigEndian.Uint64(mdhd[24:]) != 6<<30 || binary.BigEndian.Uint32(mdhd[20:]) != 12800 {
		t.Errorf("% x", mdhd)
	}
}

// TestWriteWebM reads a WebM file, element by element.
func TestWriteWebM(t *testing.T) {
	count := func(n int) (list []int) {
		for i := range n {
			list = append(list, i)
		}
		return list
	}
	a, da := made("av01", count(200), func(i int) int { return 200 - i })
	b, _ := made("av01", count(3), func(i int) int { return 70000*(i%2) + 1 })
	db := slices.Concat([]byte{1}, bytes.Repeat([]byte{2}, 70001), []byte{3})
	var out bytes.Buffer
	if err := WriteWebM(&out, []int{200, 3}, opener(file(a, da), file(b, db))); err != nil {
		t.Fatal(err)
	}
	text := out.Bytes()
	vint := func(at *int, marker bool) (v uint64) {
		n := 1
		for text[*at]&(0x80>>(n-1)) == 0 {
			n++
		}
		for i := range n {
			x := text[*at+i]
			if i == 0 && !marker {
				x &^= 0x80 >> (n - 1)
			}
			v = v<<8 | uint64(x)
		}
		*at += n
		return v
	}
	number := func(b []byte) (v uint64) {
		for _, x := range b {
			v = v<<8 | uint64(x)
		}
		return v
	}
	var (
		frames  []byte
		times   []int64
		keys    []int
		segment int
		cluster int64
		places  []int // of clusters
		cues    []int
		length  float64
	)
	var walk func(at, end int)
	walk = func(at, end int) {
		for at < end {
			start := at
			id := vint(&at, true)
			n := int(vint(&at, false))
			body := text[at : at+n]
			switch id {
			case idSegment:
				segment = at
				walk(at, at+n)
			case idInfo, idCues, idCuePoint, idCueTrackPositions, idTracks, idTrackEntry:
				walk(at, at+n)
			case idCluster:
				places = append(places, start-segment)
				walk(at, at+n)
			case idTimestamp:
				cluster = int64(number(body))
			case idCueClusterPosition:
				cues = append(cues, int(number(body)))
			case idDuration:
				length = math.Float64frombits(number(body))
			case idCodecPrivate:
				if !bytes.Equal(body, []byte{0x81, 0, 0x0c, 0}) {
					t.Errorf("the codec's own is % x", body)
				}
			case idSimpleBlock:
				times = append(times, cluster+int64(int16(number(body[1:3]))))
				if body[3]&0x80 != 0 {
					keys = append(keys, len(times)-1)
				}
				frames = append(frames, body[4:]...)
			}
			at += n
		}
		if at != end {
			t.Fatalf("an element ends at %d, what it is in at %d", at, end)
		}
	}
	walk(0, len(text))
	if !bytes.Equal(frames, append(da, db...)) || len(times) != 203 {
		t.Errorf("%d frames have other bytes", len(times))
	}
	for i, at := range times {
		if at != int64(40*i) { // 25 frames a second
			t.Errorf("frame %d is at %d ms", i, at)
		}
	}
	if !slices.Equal(keys, []int{0, 200}) || length != 203*40 {
		t.Errorf("key frames %v, %v ms", keys, length)
	}
	// 8 s have a second cluster in which no key frame is.
	if len(places) != 3 || !slices.Equal(cues, []int{places[0], places[2]}) {
		t.Errorf("clusters are at %v, cues %v", places, cues)
	}
	c, dc := made("avc1", count(3), func(int) int { return 1 })
	if err := WriteWebM(io.Discard, []int{3}, opener(file(c, dc))); !errors.Is(err, ErrPiece) {
		t.Error(err)
	}
}

// TestCutPieces wants an error, and no panic, of what is left of a piece that was cut, or of which some
// byte is another.
func TestCutPieces(t *testing.T) {
	f, d := made("avc1", []int{0, 3, 1, 2, 4}, func(i int) int { return 3 + i })
	whole := file(f, d)
	for n := range whole {
		if err := WriteMP4(io.Discard, []int{5}, opener(whole[:n])); !errors.Is(err, ErrPiece) {
			t.Errorf("%d of %d bytes: %v", n, len(whole), err)
		}
		for _, bit := range []byte{1, 0x80, 0xff} {
			other := bytes.Clone(whole)
			other[n] ^= bit
			if err := WriteMP4(io.Discard, []int{5}, opener(other)); err != nil && !errors.Is(err, ErrPiece) {
				t.Errorf("byte %d: %v", n, err)
			}
		}
	}
}
