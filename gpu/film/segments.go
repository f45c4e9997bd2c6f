package film

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"losscape/gpu/film/atomicfile"
	"losscape/gpu/film/splice"
)

// A film that takes long is made in segments: runs of frames, each of which is drawn and encoded
// by itself, kept when it is whole, and joined to the others when all are there. How a film is
// cut follows from its options alone, and the segments' bytes from the frames and the encoder,
// whoever makes them in which order. The segments of
//
//   - a video are MP4 files that begin with a key frame and that ffmpeg has written, of a .webm, too;
//   - a GIF are the frames as they are in the film, after a header with the colours of the whole film:
//     the first frame shows what differs from the frame before it;
//   - a sequence of PNG files are the SHA-256 of these files and their names, as sha256sum -c takes
//     them: the files themselves have their names already.
//
// A film of one segment has the film itself as its segment.

// segmentMuxer is ffmpeg's name for the format of a video's segments.
const segmentMuxer = "mp4"

// Of how many frames a segment is: a multiple of groupFrames, or of what its encoder has, after
// which encoders begin with a key frame anyway, so that films do not grow; and of at least segmentPixels, so
// that the start of an ffmpeg, 0.12 s of processor time, is little beside what a segment takes, but of
// no more than segmentMost frames, as it may be the drawing that takes long.
const (
	groupFrames   = 250
	segmentPixels = 1 << 30
	segmentMost   = 1000
)

// SegmentFrames returns how many frames a segment of the film has. It does not depend on how many
// frames there are.
func (o Options) SegmentFrames() int {
	group := groupFrames
	if p, err := o.resolve(); err == nil && len(p.encoders) > 0 && p.encoders[0].group > 0 {
		group = p.encoders[0].group
	}
	groups := min(ceil(segmentPixels, group*max(1, o.Width*o.Height)), segmentMost/group)
	return groups * group
}

// Segments returns how many segments the film has: 1 if it is made in one piece.
func (o Options) Segments() int {
	if o.Segment < 1 {
		return 1
	}
	return max(1, ceil(o.Frames, o.Segment))
}

// SegmentSpan returns the frames of a segment: from first to end−1.
func (o Options) SegmentSpan(segment int) (first, end int) {
	if o.Segments() == 1 {
		return 0, o.Frames
	}
	return segment * o.Segment, min((segment+1)*o.Segment, o.Frames)
}

// SegmentWriter takes a segment.
type SegmentWriter interface {
	io.Writer
	Commit() error // keeps the segment
	Discard()      // drops it, unless Commit was called
}

// A Source is a segment that is open for reading.
type Source = splice.Source

// ErrSegment is what the error about a segment wraps that is not one of the film.
var ErrSegment = splice.ErrPiece

// Join writes a film to o.Path, whole or not at all, from its segments. open opens one of them; each is
// opened twice at most, and one at a time. Nothing is encoded again: every frame decodes to the
// same pixels as in its segment, and the film's bytes depend on those of the segments alone. Frames
// are shown at their exact times, in a .webm to the millisecond. Of a sequence it checks that each
// file is the one that was written.
func Join(ctx context.Context, o Options, open func(segment int) (Source, error)) error {
	p, err := o.resolve()
	if err != nil {
		return err
	}
	if p.sequence {
		for k := range o.Segments() {
			if err := o.checkSequence(ctx, k, open); err != nil {
				return err
			}
		}
		return nil
	}
	f, err := atomicfile.Create(o.Path)
	if err != nil {
		return err
	}
	defer f.Discard()
	w := bufio.NewWriterSize(&untilCancelled{ctx, f}, 1<<20)
	lengths := make([]int, o.Segments())
	for k := range lengths {
		first, end := o.SegmentSpan(k)
		lengths[k] = end - first
	}
	switch {
	case len(lengths) == 1:
		err = copySegment(w, open)
	case p.extension == gifExtension:
		err = joinGIF(w, lengths, open)
	case p.extension == ".webm":
		err = splice.WriteWebM(w, lengths, open)
	default:
		err = splice.WriteMP4(w, lengths, open)
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%s was not written: %w", f.Target(), err)
	}
	return f.Commit()
}

// untilCancelled writes until a context ends.
type untilCancelled struct {
	ctx context.Context
	w   io.Writer
}

func (u *untilCancelled) Write(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.w.Write(p)
}

// copySegment writes the only segment.
func copySegment(w io.Writer, open func(segment int) (Source, error)) error {
	s, err := open(0)
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = io.Copy(w, io.NewSectionReader(s, 0, s.Size()))
	return err
}

// digest names a file of a sequence and has its SHA-256.
type digest struct {
	sum  [sha256.Size]byte
	name string
}

// writeDigests writes the segment of a sequence.
func writeDigests(w io.Writer, list []digest) error {
	var text bytes.Buffer
	for _, d := range list {
		fmt.Fprintf(&text, "%x  %s\n", d.sum, d.name)
	}
	_, err := w.Write(text.Bytes())
	return err
}

// CheckSegment returns nil if what a segment stands for is as it was written, an error that wraps
// ErrSegment if it has to be made again. It looks at the files of a sequence; all other segments are
// whole by themselves.
func CheckSegment(ctx context.Context, o Options, segment int, open func(segment int) (Source, error)) error {
	if !o.sequence() {
		return nil
	}
	return o.checkSequence(ctx, segment, open)
}

// checkSequence reads the files of a sequence that a segment names.
func (o Options) checkSequence(ctx context.Context, segment int, open func(segment int) (Source, error)) error {
	s, err := newSequence(o.Path, o.Frames)
	if err != nil {
		return err
	}
	src, err := open(segment)
	if err != nil {
		return err
	}
	defer src.Close()
	text, err := io.ReadAll(io.NewSectionReader(src, 0, src.Size()))
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	first, end := o.SegmentSpan(segment)
	if len(lines) != end-first {
		return fmt.Errorf("segment %d: %w: it has %d frames, want %d", segment, ErrSegment, len(lines), end-first)
	}
	for k := first; k < end; k++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		path := s.name(k)
		sum, err := sumFile(path)
		switch {
		case errors.Is(err, os.ErrNotExist):
			return fmt.Errorf("segment %d: %w: %s is not there any more", segment, ErrSegment, path)
		case err != nil:
			return err
		case lines[k-first] != hex.EncodeToString(sum[:])+"  "+filepath.Base(path):
			return fmt.Errorf("segment %d: %w: %s is not what was written there", segment, ErrSegment, path)
		}
	}
	return nil
}

func sumFile(path string) (sum [sha256.Size]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return sum, err
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}

// gifHeader is what comes before a GIF's frames: signature and size, a table of 256 colours, and
// that it is shown for ever.
const gifHeader = 13 + 3*256 + 19

// gifTrailer ends a GIF.
const gifTrailer = 0x3b

// joinGIF writes a GIF's header, and the frames of all segments.
func joinGIF(w io.Writer, lengths []int, open func(segment int) (Source, error)) error {
	var header [gifHeader]byte
	for k, n := range lengths {
		err := func() error {
			s, err := open(k)
			if err != nil {
				return err
			}
			defer s.Close()
			r := bufio.NewReaderSize(io.NewSectionReader(s, 0, s.Size()), 1<<16)
			var own [gifHeader]byte
			if _, err := io.ReadFull(r, own[:]); err != nil {
				return cut(err)
			}
			if k == 0 {
				header = own
				if _, err := w.Write(header[:]); err != nil {
					return err
				}
			} else if own != header {
				return fmt.Errorf("%w: its size or colours are not those of segment 0", ErrSegment)
			}
			frames, err := copyGIFFrames(w, r)
			if err == nil && frames != n {
				err = fmt.Errorf("%w: it has %d frames, want %d", ErrSegment, frames, n)
			}
			return err
		}()
		if err != nil {
			return fmt.Errorf("segment %d: %w", k, err)
		}
	}
	_, err := w.Write([]byte{gifTrailer})
	return err
}

// copyGIFFrames copies the blocks of a GIF up to its trailer, and counts the images.
func copyGIFFrames(w io.Writer, r *bufio.Reader) (images int, err error) {
	buf := make([]byte, 0, 3*256+16)
	for {
		kind, err := r.ReadByte()
		if err != nil {
			return images, cut(err)
		}
		if kind == gifTrailer {
			return images, nil
		}
		buf = append(buf[:0], kind)
		more := func(n int) error {
			at := len(buf)
			buf = slices.Grow(buf, n)[:at+n]
			_, err := io.ReadFull(r, buf[at:])
			return cut(err)
		}
		switch kind {
		case 0x21: // an extension: its label
			err = more(1)
		case 0x2c: // an image: place, size and flags, its colours, bits of a code
			images++
			if err = more(9); err == nil && buf[9]&0x80 != 0 {
				err = more(3 << (buf[9]&7 + 1))
			}
			if err == nil {
				err = more(1)
			}
		default:
			err = fmt.Errorf("%w: it is damaged", ErrSegment)
		}
		for err == nil { // what follows, each part after its length
			if _, err = w.Write(buf); err != nil || len(buf) == 1 && buf[0] == 0 {
				break
			}
			buf = buf[:0]
			if err = more(1); err == nil {
				err = more(int(buf[0]))
			}
		}
		if err != nil {
			return images, err
		}
	}
}

// cut says that a segment ends too early.
func cut(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: it has been cut", ErrSegment)
	}
	return err
}
