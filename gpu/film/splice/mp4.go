package splice

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// ErrPiece is what the error about a piece that cannot be joined wraps.
var ErrPiece = errors.New("not a piece of this film")

// Source is a piece that is open for reading.
type Source interface {
	io.ReaderAt
	io.Closer
	Size() int64 // in bytes
}

// box is a box of an MP4 file: its type, and what is in it.
type box struct {
	kind string
	body []byte
}

// Limits of what is read into memory. The tables of a million frames take some 20 MB.
const (
	maxIndex = 1 << 30
	maxBoxes = 1 << 10
)

// readIndex returns the boxes ftyp and moov of a piece.
func readIndex(r io.ReaderAt, size int64) (ftyp, moov box, err error) {
	at := int64(0)
	for range maxBoxes {
		if at >= size {
			break
		}
		var head [16]byte
		if _, err := r.ReadAt(head[:8], at); err != nil {
			return ftyp, moov, broken(err)
		}
		n, header := int64(binary.BigEndian.Uint32(head[:])), int64(8)
		switch n {
		case 0: // to the end of the file
			n = size - at
		case 1:
			if _, err := r.ReadAt(head[8:], at+8); err != nil {
				return ftyp, moov, broken(err)
			}
			n, header = int64(binary.BigEndian.Uint64(head[8:])), 16
		}
		if n < header || n > size-at {
			return ftyp, moov, fmt.Errorf("%w: it has been cut", ErrPiece)
		}
		kind := string(head[4:8])
		if kind == "ftyp" || kind == "moov" {
			if n > maxIndex {
				return ftyp, moov, fmt.Errorf("%w: its index has %d bytes", ErrPiece, n)
			}
			body := make([]byte, n-header)
			if _, err := r.ReadAt(body, at+header); err != nil {
				return ftyp, moov, broken(err)
			}
			if kind == "ftyp" {
				ftyp = box{kind, body}
			} else {
				moov = box{kind, body}
			}
		}
		at += n
	}
	if moov.kind == "" || ftyp.kind == "" {
		return ftyp, moov, fmt.Errorf("%w: it is no MP4 file with an index", ErrPiece)
	}
	return ftyp, moov, nil
}

// broken is the error of a piece that ends too early, or cannot be read.
func broken(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: it has been cut", ErrPiece)
	}
	return err
}

// boxes cuts the inside of a box into boxes.
func boxes(body []byte) (list []box, err error) {
	for len(body) > 0 {
		if len(body) < 8 {
			return nil, errIndex
		}
		n := uint64(binary.BigEndian.Uint32(body))
		if n < 8 || n > uint64(len(body)) {
			return nil, errIndex
		}
		list = append(list, box{string(body[4:8]), body[8:n]})
		body = body[n:]
	}
	return list, nil
}

var errIndex = fmt.Errorf("%w: its index is damaged", ErrPiece)

// find returns the body of the box at a path of types, nil if there is none.
func find(body []byte, path ...string) []byte {
	for _, kind := range path {
		list, err := boxes(body)
		i := slices.IndexFunc(list, func(b box) bool { return b.kind == kind })
		if err != nil || i < 0 {
			return nil
		}
		body = list[i].body
	}
	return body
}

// appendBox appends a box to b whose inside is the concatenation of some parts.
func appendBox(b []byte, kind string, parts ...[]byte) []byte {
	n := 8
	for _, p := range parts {
		n += len(p)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(n))
	b = append(b, kind...)
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// frame is an encoded frame.
type frame struct {
	at    int64 // in its piece
	size  uint32
	shown uint32 // its place in the order in which the piece's frames are shown
	key   bool
}

// piece is what is known of a piece once its index has been read.
type piece struct {
	ftyp, moov box
	entry      []byte // the box in stsd that says what decodes the frames, without its bit rate
	timescale  uint32 // ticks a second
	delta      uint32 // ticks of a frame
	frames     []frame
}

// readPiece reads the index of a piece.
func readPiece(s Source) (*piece, error) {
	ftyp, moov, err := readIndex(s, s.Size())
	if err != nil {
		return nil, err
	}
	p := &piece{ftyp: ftyp, moov: moov}
	top, err := boxes(moov.body)
	if err != nil {
		return nil, err
	}
	tracks := 0
	for _, b := range top {
		if b.kind == "trak" {
			tracks++
		}
	}
	mdhd := find(moov.body, "trak", "mdia", "mdhd")
	stbl := find(moov.body, "trak", "mdia", "minf", "stbl")
	if tracks != 1 || stbl == nil {
		return nil, fmt.Errorf("%w: it has %d tracks, want one", ErrPiece, tracks)
	}
	switch {
	case len(mdhd) >= 24 && mdhd[0] == 0:
		p.timescale = binary.BigEndian.Uint32(mdhd[12:])
	case len(mdhd) >= 36 && mdhd[0] == 1:
		p.timescale = binary.BigEndian.Uint32(mdhd[20:])
	}
	// What is rewritten later on has to be there.
	for _, path := range [][]string{{"mvhd"}, {"trak", "tkhd"}, {"trak", "mdia", "mdhd"}} {
		if b := find(moov.body, path...); len(b) < 24 || b[0] == 1 && len(b) < 36 {
			return nil, errIndex
		}
	}
	if p.timescale == 0 {
		return nil, errIndex
	}
	if p.entry, err = sampleEntry(stbl); err != nil {
		return nil, err
	}
	return p, p.readTables(stbl, s.Size())
}

// Sizes of the parts of a box of stsd for video before the boxes in it, and where they have the
// size of the picture.
const (
	entryHead   = 78
	entryWidth  = 24
	entryHeight = 26
)

// sampleEntry returns the only entry of stsd as a box, without a btrt in it.
func sampleEntry(stbl []byte) ([]byte, error) {
	stsd := find(stbl, "stsd")
	if len(stsd) < 8 || binary.BigEndian.Uint32(stsd[4:]) != 1 {
		return nil, fmt.Errorf("%w: it has not one kind of frames", ErrPiece)
	}
	list, err := boxes(stsd[8:])
	if err != nil || len(list) != 1 || len(list[0].body) < entryHead {
		return nil, errIndex
	}
	body := list[0].body
	inner, err := boxes(body[entryHead:])
	if err != nil {
		return nil, err
	}
	kept := slices.Clone(body[:entryHead])
	for _, b := range inner {
		if b.kind != "btrt" {
			kept = appendBox(kept, b.kind, b.body)
		}
	}
	return appendBox(nil, list[0].kind, kept), nil
}

// table reads a box of stbl that is a list of equal rows of big-endian uint32: their number at
// byte 4, or 8 of stsz, and then the rows.
func table(stbl []byte, kind string, columns int) ([]uint32, error) {
	body := find(stbl, kind)
	if body == nil {
		return nil, nil
	}
	if len(body) < 8 {
		return nil, errIndex
	}
	n := uint64(binary.BigEndian.Uint32(body[4:])) * uint64(columns)
	if body = body[8:]; uint64(len(body)) < 4*n {
		return nil, errIndex
	}
	return words(body[:4*n]), nil
}

func words(b []byte) []uint32 {
	list := make([]uint32, len(b)/4)
	for i := range list {
		list[i] = binary.BigEndian.Uint32(b[4*i:])
	}
	return list
}

// readTables finds the frames, their times, and how long a frame is shown.
func (p *piece) readTables(stbl []byte, size int64) error {
	stsz := find(stbl, "stsz")
	if len(stsz) < 12 {
		return errIndex
	}
	each, n := binary.BigEndian.Uint32(stsz[4:]), int(binary.BigEndian.Uint32(stsz[8:]))
	if each == 0 && len(stsz) < 12+4*n || n > maxIndex/4 {
		return errIndex
	}
	p.frames = make([]frame, n)
	for i := range p.frames {
		p.frames[i].size = each
		if each == 0 {
			p.frames[i].size = binary.BigEndian.Uint32(stsz[12+4*i:])
		}
	}
	if n == 0 {
		return fmt.Errorf("%w: it has no frames", ErrPiece)
	}
	if err := p.readPlaces(stbl, size); err != nil {
		return err
	}
	keys, err := table(stbl, "stss", 1)
	if err != nil {
		return err
	}
	for i := range p.frames {
		p.frames[i].key = keys == nil
	}
	for _, k := range keys { // counted from 1
		if k < 1 || int64(k) > int64(n) {
			return errIndex
		}
		p.frames[k-1].key = true
	}
	if !p.frames[0].key {
		return fmt.Errorf("%w: it does not begin with a key frame", ErrPiece)
	}
	return p.readTimes(stbl)
}

// readPlaces finds where in the piece each frame is.
func (p *piece) readPlaces(stbl []byte, size int64) error {
	chunks, err := table(stbl, "stsc", 3)
	if err != nil {
		return err
	}
	var places []int64
	short, err := table(stbl, "stco", 1)
	if err != nil {
		return err
	}
	for _, at := range short {
		places = append(places, int64(at))
	}
	long, err := table(stbl, "co64", 2)
	if err != nil {
		return err
	}
	for i := 0; i < len(long); i += 2 {
		places = append(places, int64(uint64(long[i])<<32|uint64(long[i+1])))
	}
	k := 0
	for c := 0; c+3 <= len(chunks); c += 3 { // from chunk chunks[c] on, counted from 1, each has chunks[c+1] frames
		last := int64(len(places))
		if c+3 < len(chunks) {
			last = int64(chunks[c+3]) - 1
		}
		for chunk := int64(chunks[c]); chunk <= last; chunk++ {
			if chunk < 1 || chunk > int64(len(places)) {
				return errIndex
			}
			at := places[chunk-1]
			for range chunks[c+1] {
				if k == len(p.frames) || at < 0 || at > size-int64(p.frames[k].size) {
					return errIndex
				}
				p.frames[k].at = at
				at += int64(p.frames[k].size)
				k++
			}
		}
	}
	if k != len(p.frames) {
		return errIndex
	}
	return nil
}

// readTimes finds in which order the frames are shown, and for how many ticks each.
func (p *piece) readTimes(stbl []byte) error {
	runs, err := table(stbl, "stts", 2)
	if err != nil {
		return err
	}
	offsets, err := table(stbl, "ctts", 2)
	if err != nil {
		return err
	}
	times := make([]int64, 0, len(p.frames))
	at := int64(0)
	for i := 0; i < len(runs); i += 2 {
		if int(runs[i]) > len(p.frames)-len(times) {
			return errIndex
		}
		if i == 0 {
			p.delta = runs[1]
		}
		for range runs[i] {
			times = append(times, at)
			at += int64(runs[i+1])
		}
	}
	if len(times) != len(p.frames) || p.delta == 0 {
		return errIndex
	}
	signed := offsets != nil && find(stbl, "ctts")[0] == 1
	k := 0
	for i := 0; i < len(offsets); i += 2 {
		if int(offsets[i]) > len(times)-k {
			return errIndex
		}
		offset := int64(offsets[i+1])
		if signed {
			offset = int64(int32(offsets[i+1]))
		}
		for range offsets[i] {
			times[k] += offset
			k++
		}
	}
	first := slices.Min(times)
	seen := make([]bool, len(times))
	for i, t := range times {
		t -= first
		shown := t / int64(p.delta)
		if t%int64(p.delta) != 0 || shown >= int64(len(times)) || seen[shown] {
			return fmt.Errorf("%w: its frames are not shown equally long", ErrPiece)
		}
		seen[shown] = true
		p.frames[i].shown = uint32(shown)
	}
	return nil
}

// late returns by how many frames the decoder has to be ahead so that each frame is there when it is
// shown.
func (p *piece) late() int {
	most := 0
	for i, f := range p.frames {
		most = max(most, i-int(f.shown))
	}
	return most
}

// film is what the pieces come to.
type film struct {
	first  *piece // without its frames
	frames []frame
	pieces []int // number of frames of each
	bytes  int64 // of all frames
	late   int
}

// readFilm reads the indexes of the pieces.
func readFilm(lengths []int, open func(k int) (Source, error)) (*film, error) {
	if len(lengths) == 0 {
		return nil, fmt.Errorf("%w: there is none", ErrPiece)
	}
	f := &film{pieces: lengths}
	for k, n := range lengths {
		p, err := openPiece(k, open)
		if err != nil {
			return nil, fmt.Errorf("segment %d: %w", k, err)
		}
		if f.first == nil {
			f.first = p
		}
		switch {
		case len(p.frames) != n:
			err = fmt.Errorf("%w: it has %d frames, want %d", ErrPiece, len(p.frames), n)
		case string(p.entry) != string(f.first.entry):
			err = fmt.Errorf("%w: its size, encoder or settings are others than those of segment 0", ErrPiece)
		case p.timescale != f.first.timescale || p.delta != f.first.delta:
			err = fmt.Errorf("%w: %d/%d frames a second, segment 0 has %d/%d", ErrPiece, p.timescale, p.delta, f.first.timescale, f.first.delta)
		case len(f.frames) > math.MaxInt32-n:
			err = fmt.Errorf("%w: the film has more than %d frames", ErrPiece, math.MaxInt32)
		}
		if err != nil {
			return nil, fmt.Errorf("segment %d: %w", k, err)
		}
		f.late = max(f.late, p.late())
		f.frames = append(f.frames, p.frames...)
		for _, x := range p.frames {
			f.bytes += int64(x.size)
		}
		p.frames = nil
	}
	return f, nil
}

func openPiece(k int, open func(k int) (Source, error)) (*piece, error) {
	s, err := open(k)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return readPiece(s)
}

// copyFrames calls head for each frame, and copies it to w.
func (f *film) copyFrames(w io.Writer, open func(k int) (Source, error), head func(i int) error) error {
	buf := make([]byte, 0, copyBytes)
	i := 0
	for k, n := range f.pieces {
		err := func() error {
			s, err := open(k)
			if err != nil {
				return err
			}
			defer s.Close()
			for end := i + n; i < end; {
				// Frames that follow each other in the piece are read together.
				last, size := i, int64(0)
				for ; last < end && f.frames[last].at == f.frames[i].at+size && (last == i || size+int64(f.frames[last].size) <= copyBytes); last++ {
					size += int64(f.frames[last].size)
				}
				buf = slices.Grow(buf[:0], int(size))[:size]
				if n, err := s.ReadAt(buf, f.frames[i].at); int64(n) < size {
					return broken(err)
				}
				for at := int64(0); i < last; i++ {
					if err := head(i); err != nil {
						return err
					}
					next := at + int64(f.frames[i].size)
					if _, err := w.Write(buf[at:next]); err != nil {
						return err
					}
					at = next
				}
			}
			return nil
		}()
		if err != nil {
			return fmt.Errorf("segment %d: %w", k, err)
		}
	}
	return nil
}

// copyBytes is how much is read at once, unless a frame is larger.
const copyBytes = 1 << 20

// WriteMP4 joins pieces to an MP4 file. Piece k, which open opens, has lengths[k] frames; every
// piece is opened twice, and one at a time. What it writes can be played from its start while it
// comes. An error that wraps ErrPiece is about a piece that does not belong to the others.
func WriteMP4(w io.Writer, lengths []int, open func(k int) (Source, error)) error {
	f, err := readFilm(lengths, open)
	if err != nil {
		return err
	}
	ftyp := appendBox(nil, "ftyp", f.first.ftyp.body)
	long := false
	moov := f.moov(0, long)
	header := int64(8) // of mdat
	if f.bytes > math.MaxUint32-int64(len(ftyp)+len(moov)+16) {
		long, header = true, 16
		moov = f.moov(0, long)
	}
	moov = f.moov(int64(len(ftyp)+len(moov))+header, long) // as long as with zeros
	mdat := make([]byte, 0, 16)
	if long {
		mdat = append(binary.BigEndian.AppendUint32(mdat, 1), "mdat"...)
		mdat = binary.BigEndian.AppendUint64(mdat, uint64(f.bytes+header))
	} else {
		mdat = append(binary.BigEndian.AppendUint32(mdat, uint32(f.bytes+header)), "mdat"...)
	}
	for _, b := range [][]byte{ftyp, moov, mdat} {
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return f.copyFrames(w, open, func(int) error { return nil })
}

// moov returns the index of the film whose frames begin at a byte of the file; long says whether that
// needs 64 bits. It is that of the first piece but for times and tables.
func (f *film) moov(at int64, long bool) []byte {
	return appendBox(nil, "moov", f.rewrite("moov", f.first.moov.body, at, long))
}

// rewrite returns the inside of a box of the index.
func (f *film) rewrite(kind string, body []byte, at int64, long bool) []byte {
	switch kind {
	case "moov", "trak", "mdia", "minf":
		var inside []byte
		list, _ := boxes(body) // read before
		for _, b := range list {
			if b.kind == "edts" {
				continue
			}
			inside = appendBox(inside, b.kind, f.rewrite(b.kind, b.body, at, long))
			if b.kind == "tkhd" {
				inside = appendBox(inside, "edts", appendBox(nil, "elst", f.edits()))
			}
		}
		return inside
	case "mvhd": // the film's clock is the track's, so that its length is exact
		return f.timed(body, 12, 2, true)
	case "tkhd":
		return f.timed(body, 12, 3, false)
	case "mdhd":
		return f.timed(body, 12, 2, false)
	case "stbl":
		return f.tables(at, long)
	}
	return body
}

// ticks is the length of the film.
func (f *film) ticks() uint64 { return uint64(len(f.frames)) * uint64(f.first.delta) }

// timed rewrites a header with times: version and flags; two dates; at byte "after" some words, the last
// of which is to be the length in ticks. Where it is a clock, the word before is the ticks a second.
func (f *film) timed(body []byte, after, words int, clock bool) []byte {
	rest := body[min(len(body), after+4*words):]
	middle := body[min(len(body), after):min(len(body), after+4*(words-1))]
	if body[0] == 1 {
		after = 20
		rest = body[min(len(body), after+4*(words+1)):]
		middle = body[min(len(body), after):min(len(body), after+4*(words-1))]
	}
	middle = slices.Clone(middle)
	if clock {
		binary.BigEndian.PutUint32(middle, f.first.timescale)
	}
	version, ticks := byte(0), f.ticks()
	if ticks > math.MaxUint32 {
		version = 1
	}
	out := append([]byte{version}, body[1:4]...)
	if version == 1 {
		out = append(out, make([]byte, 16)...) // no dates
		out = append(out, middle...)
		out = binary.BigEndian.AppendUint64(out, ticks)
	} else {
		out = append(out, make([]byte, 8)...)
		out = append(out, middle...)
		out = binary.BigEndian.AppendUint32(out, uint32(ticks))
	}
	return append(out, rest...)
}

// edits is the edit list: the film begins with the first frame that is shown.
func (f *film) edits() []byte {
	start := uint64(f.late) * uint64(f.first.delta)
	if f.ticks() <= math.MaxUint32 && start <= math.MaxInt32 {
		out := []byte{0, 0, 0, 0, 0, 0, 0, 1}
		out = binary.BigEndian.AppendUint32(out, uint32(f.ticks()))
		out = binary.BigEndian.AppendUint32(out, uint32(start))
		return append(out, 0, 1, 0, 0) // at its speed
	}
	out := []byte{1, 0, 0, 0, 0, 0, 0, 1}
	out = binary.BigEndian.AppendUint64(out, f.ticks())
	out = binary.BigEndian.AppendUint64(out, start)
	return append(out, 0, 1, 0, 0)
}

// chunkBytes is about how large the chunks are in which players read a film.
const chunkBytes = 1 << 20

// tables returns the inside of stbl.
func (f *film) tables(at int64, long bool) []byte {
	full := func(rows int, list []uint32) []byte {
		out := binary.BigEndian.AppendUint32(make([]byte, 4, 8+4*len(list)), uint32(rows))
		for _, v := range list {
			out = binary.BigEndian.AppendUint32(out, v)
		}
		return out
	}
	var (
		n                 = len(f.frames)
		sizes             = make([]uint32, 0, n)
		keys, offsets     []uint32
		chunks            []uint32 // first chunk, frames of a chunk, entry of stsd
		places            []uint32
		inChunk, chunk    uint32
		chunkSize         int64
		base, count, next = 0, 0, 0 // of the piece that a frame is in
	)
	endChunk := func() {
		if k := len(chunks); k == 0 || chunks[k-2] != inChunk {
			chunks = append(chunks, chunk, inChunk, 1)
		}
	}
	for i, x := range f.frames {
		for i == next {
			base, count = next, count+1
			next += f.pieces[count-1]
		}
		if chunk == 0 || chunkSize+int64(x.size) > chunkBytes {
			if chunk > 0 {
				endChunk()
			}
			chunk++
			inChunk, chunkSize = 0, 0
			if long {
				places = append(places, uint32(uint64(at)>>32))
			}
			places = append(places, uint32(at))
		}
		inChunk++
		chunkSize += int64(x.size)
		at += int64(x.size)
		sizes = append(sizes, x.size)
		if x.key {
			keys = append(keys, uint32(i+1))
		}
		offset := uint32(base+int(x.shown)+f.late-i) * f.first.delta
		if k := len(offsets); k > 0 && offsets[k-1] == offset {
			offsets[k-2]++
		} else {
			offsets = append(offsets, 1, offset)
		}
	}
	endChunk()
	// The rate that the boxes of stsd say is that of the whole film.
	entry := slices.Clone(f.first.entry)
	rate := uint32(min(float64(f.bytes)*8*float64(f.first.timescale)/float64(f.ticks()), math.MaxUint32))
	btrt := binary.BigEndian.AppendUint32(make([]byte, 4), rate)
	entry = appendBox(entry, "btrt", binary.BigEndian.AppendUint32(btrt, rate))
	binary.BigEndian.PutUint32(entry, uint32(len(entry)))

	out := appendBox(nil, "stsd", []byte{0, 0, 0, 0, 0, 0, 0, 1}, entry)
	out = appendBox(out, "stts", full(1, []uint32{uint32(n), f.first.delta}))
	if len(keys) < n {
		out = appendBox(out, "stss", full(len(keys), keys))
	}
	if f.late > 0 {
		out = appendBox(out, "ctts", full(len(offsets)/2, offsets))
	}
	out = appendBox(out, "stsc", full(len(chunks)/3, chunks))
	out = appendBox(out, "stsz", []byte{0, 0, 0, 0}, full(n, sizes))
	if long {
		return appendBox(out, "co64", full(len(places)/2, places))
	}
	return appendBox(out, "stco", full(len(places), places))
}
