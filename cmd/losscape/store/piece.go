package store

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"math"
	"os"
	"time"

	"losscape/gpu/film/atomicfile"
)

const (
	magic       = "LOSSPCE1"
	trailerSize = 96
	sumAt       = 64 // of the SHA-256 in a trailer
	bufferSize  = 1 << 20
)

// trailer is what follows the content of a piece.
type trailer struct {
	id    [sha256.Size]byte
	piece int
	took  time.Duration
	size  int64 // of the content
}

// encode returns the trailer, with the sum that h has after the content.
func (t trailer) encode(h hash.Hash) []byte {
	b := append(make([]byte, 0, trailerSize), magic...)
	b = append(b, t.id[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(t.piece))
	b = binary.LittleEndian.AppendUint64(b, uint64(t.took))
	b = binary.LittleEndian.AppendUint64(b, uint64(t.size))
	h.Write(b)
	return h.Sum(b)
}

// decodeTrailer reads what a trailer says, but for its sum.
func decodeTrailer(b []byte) (t trailer, ok bool) {
	if len(b) != trailerSize || string(b[:8]) != magic {
		return t, false
	}
	copy(t.id[:], b[8:])
	number, took, size := binary.LittleEndian.Uint64(b[40:]), binary.LittleEndian.Uint64(b[48:]), binary.LittleEndian.Uint64(b[56:])
	if number > math.MaxInt32 || took > math.MaxInt64 || size > math.MaxInt64 {
		return t, false
	}
	t.piece, t.took, t.size = int(number), time.Duration(took), int64(size)
	return t, true
}

// Writer is a piece in the making. It is in the store after Commit.
type Writer struct {
	s     *Store
	piece int
	began time.Time
	f     *atomicfile.File
	buf   *bufio.Writer
	sum   hash.Hash
	size  int64
}

// Begin begins a piece, 0 ≤ piece < Manifest.Pieces. What it takes to compute counts from
// here on. Discard has to be called if Commit is not.
func (s *Store) Begin(piece int) (*Writer, error) {
	if piece < 0 || piece >= s.m.Pieces {
		return nil, fmt.Errorf("piece %d of %s, which has %d", piece, s.dir, s.m.Pieces)
	}
	f, err := atomicfile.Create(s.path(piece))
	if err != nil {
		return nil, s.notKept(piece, err)
	}
	return &Writer{s: s, piece: piece, began: time.Now(), f: f, buf: bufio.NewWriterSize(f, bufferSize), sum: sha256.New()}, nil
}

// Since has what the piece takes to compute count from a time before Begin.
func (w *Writer) Since(t time.Time) { w.began = t }

// Write appends to the piece.
func (w *Writer) Write(p []byte) (int, error) {
	w.sum.Write(p)
	n, err := w.buf.Write(p)
	w.size += int64(n)
	if err != nil {
		err = w.s.notKept(w.piece, err)
	}
	return n, err
}

// Commit puts the piece into the store. If it fails, nothing is left of the piece.
func (w *Writer) Commit() error {
	t := trailer{id: w.s.id, piece: w.piece, took: max(time.Since(w.began), 1), size: w.size}
	w.buf.Write(t.encode(w.sum)) // its error is Flush's
	err := w.buf.Flush()
	if err == nil {
		err = w.f.Commit()
	}
	if err != nil {
		w.f.Discard()
		return w.s.notKept(w.piece, err)
	}
	w.s.put(w.piece, t)
	return nil
}

// Discard drops the piece. After Commit it does nothing.
func (w *Writer) Discard() { w.f.Discard() }

// Put has write write a piece that has been computed since began, and keeps it. An error of write is
// returned as it is, and nothing is kept then.
func (s *Store) Put(piece int, began time.Time, write func(w io.Writer) error) error {
	w, err := s.Begin(piece)
	if err != nil {
		return err
	}
	defer w.Discard()
	w.Since(began)
	if err := write(w); err != nil {
		return err
	}
	return w.Commit()
}

// notKept is the error about a piece that could not be written.
func (s *Store) notKept(piece int, err error) error {
	if _, err := os.Stat(s.dir); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("piece %d could not be kept: somebody has removed the folder %s, and the pieces in it; begin again", piece, s.dir)
	}
	return fmt.Errorf("piece %d could not be kept in %s: %w; the %d pieces there are whole, and --resume goes on with them", piece, s.dir, reason(err), s.count())
}

// Piece is a piece of a store that is open for reading. Read reads it from its start, and
// returns an error that wraps ErrDamaged in place of its last bytes if it is not what was written. ReadAt reads
// at any place and checks nothing: Check has to have passed.
type Piece struct {
	s    *Store
	path string
	f    *os.File
	t    trailer
	tail [trailerSize]byte
	sum  hash.Hash
	read int64
}

// Get opens a piece of the store. It fails with an error that wraps ErrDamaged if its trailer is
// not that of the piece, such as that of a file that was cut.
func (s *Store) Get(piece int) (*Piece, error) {
	path := s.path(piece)
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("piece %d of %s: %w", piece, s.dir, reason(err))
	}
	p := &Piece{s: s, path: path, f: f, sum: sha256.New()}
	if err := p.open(piece); err != nil {
		f.Close()
		return nil, err
	}
	return p, nil
}

// open reads the trailer.
func (p *Piece) open(piece int) error {
	info, err := p.f.Stat()
	if err != nil {
		return fmt.Errorf("%s: %w", p.path, reason(err))
	}
	size := info.Size() - trailerSize
	if size < 0 {
		return p.damaged("it has been cut")
	}
	if _, err := p.f.ReadAt(p.tail[:], size); err != nil {
		return fmt.Errorf("%s: %w", p.path, reason(err))
	}
	t, ok := decodeTrailer(p.tail[:])
	switch {
	case !ok:
		return p.damaged("its end is not that of a piece")
	case t.size != size:
		return p.damaged(fmt.Sprintf("it has %d bytes, want %d", size, t.size))
	case t.piece != piece:
		return p.damaged(fmt.Sprintf("it is piece %d", t.piece))
	case t.id != p.s.id:
		return p.damaged("it is of other work than the manifest says")
	}
	p.t = t
	return nil
}

func (p *Piece) damaged(why string) error { return fmt.Errorf("%s: %w: %s", p.path, ErrDamaged, why) }

// Size returns how many bytes the piece has.
func (p *Piece) Size() int64 { return p.t.size }

// Read reads on. The last bytes are only given if the piece is as it was written.
func (p *Piece) Read(b []byte) (int, error) {
	if p.read == p.t.size && p.read > 0 {
		return 0, io.EOF
	}
	n, err := p.f.Read(b[:min(int64(len(b)), p.t.size-p.read)])
	switch {
	case err == io.EOF && p.t.size > 0:
		return 0, p.damaged("it has been cut")
	case err != nil && err != io.EOF:
		return 0, fmt.Errorf("%s: %w", p.path, reason(err))
	}
	p.sum.Write(b[:n])
	if p.read += int64(n); p.read < p.t.size {
		return n, nil
	}
	p.sum.Write(p.tail[:sumAt])
	if string(p.sum.Sum(nil)) != string(p.tail[sumAt:]) {
		return 0, p.damaged("its bytes have changed")
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// ReadAt is io.ReaderAt's.
func (p *Piece) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 || off > p.t.size {
		return 0, io.EOF
	}
	short := int64(len(b)) > p.t.size-off
	n, err := p.f.ReadAt(b[:min(int64(len(b)), p.t.size-off)], off)
	if err == nil && short {
		err = io.EOF
	}
	return n, err
}

// Close closes the piece.
func (p *Piece) Close() error { return p.f.Close() }

// check reads a piece, whose error wraps ErrDamaged if it is not what was written.
func (s *Store) check(piece int, buf []byte) (trailer, error) {
	p, err := s.Get(piece)
	if err != nil {
		return trailer{}, err
	}
	defer p.Close()
	_, err = io.CopyBuffer(io.Discard, struct{ io.Reader }{p}, buf)
	return p.t, err
}

// reason is what the system says of an error, without the call and the path.
func reason(err error) error {
	if path := (*os.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	return err
}
