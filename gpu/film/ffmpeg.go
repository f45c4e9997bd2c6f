package film

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"losscape/gpu/film/atomicfile"
)

// FFmpegEnv is the environment variable that names the ffmpeg to use; without
// it, ffmpeg is looked for on the PATH.
const FFmpegEnv = "LOSSCAPE_FFMPEG"

// Install says how to get an ffmpeg.
const Install = "Debian, Ubuntu: apt-get install ffmpeg; Fedora: dnf install ffmpeg, from RPM Fusion; macOS: brew install ffmpeg"

// ErrNoFFmpeg is what the error of a missing ffmpeg wraps.
var ErrNoFFmpeg = errors.New("ffmpeg was not found")

// FindFFmpeg returns the path of the ffmpeg that will be used.
func FindFFmpeg() (string, error) {
	if name := os.Getenv(FFmpegEnv); name != "" {
		path, err := exec.LookPath(name)
		if err != nil {
			return "", fmt.Errorf("%w at %s=%s (%w); correct the variable or unset it", ErrNoFFmpeg, FFmpegEnv, name, errors.Unwrap(err))
		}
		return path, nil
	}
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		return "", fmt.Errorf("%w on the PATH; install it (%s), or set %s to it; a .gif or a .png needs none", ErrNoFFmpeg, Install, FFmpegEnv)
	}
	return path, nil
}

// FFmpegVersion asks an ffmpeg for its version, such as "5.1.6".
func FFmpegVersion(ctx context.Context, path string) (string, error) {
	limited, cancel := context.WithTimeout(ctx, Limits.Answer)
	defer cancel()
	out, err := command(limited, path, "-version").Output()
	if limited.Err() != nil && ctx.Err() == nil {
		return "", fmt.Errorf("%s -version: %w: no answer for %v; %s", path, ErrHangs, Limits.Answer, another)
	}
	if err != nil {
		return "", fmt.Errorf("%s -version: %w", path, err)
	}
	words := strings.Fields(string(out))
	if len(words) < 3 || words[0] != "ffmpeg" {
		return "", fmt.Errorf("%s does not answer as ffmpeg does", path)
	}
	return words[2], nil
}

// another is what to do about an ffmpeg that is no good.
const another = "set " + FFmpegEnv + " to another ffmpeg"

// Check returns nil if the film that o describes can be written: the options
// are possible, the folder of o.Path takes the file, and, if the film needs it,
// it is there and an encoder of the codec encodes a frame: the Codec of
// the Options that it returns is the name of that one. It leaves nothing behind.
func Check(ctx context.Context, o Options) (Options, error) {
	p, err := o.resolve()
	if err != nil {
		return o, err
	}
	if p.sequence {
		s, err := newSequence(o.Path, max(1, o.Frames))
		if err == nil {
			err = s.check(o.Frames)
		}
		return o, err
	}
	if len(p.encoders) == 0 {
		return o, o.checkFile()
	}
	var first error
	for _, e := range p.encoders {
		if err := try(ctx, o, p, e); err == nil {
			o.Codec = e.name
			return o, nil
		} else if first == nil {
			first = err
		}
		if ctx.Err() != nil || errors.Is(first, ErrNoFFmpeg) || errors.Is(first, ErrHangs) {
			break
		}
	}
	return o, first
}

// checkFile returns nil if the film's file can be written, or it has none.
func (o Options) checkFile() error {
	if o.To != nil {
		return nil
	}
	return atomicfile.Check(o.Path)
}

// try encodes a frame, a small one, or a whole one if hardware is to do it:
// that knows its limits only when it meets them.
func try(ctx context.Context, o Options, p plan, e encoder) error {
	if !e.hardware {
		o.Width, o.Height = min(64, o.Width), min(64, o.Height)
	}
	if o.To != nil {
		o.To = io.Discard
	}
	t, err := start(ctx, o, p, e)
	if err != nil {
		return err
	}
	go t.guard(Limits.Answer, Limits.Answer)
	_, err = t.Write(make([]byte, FrameBytes(o.Width, o.Height)))
	if err = t.end(err); err == nil {
		return t.discard()
	}
	if ctx.Err() != nil {
		return err
	}
	return fmt.Errorf("%w\n(this was a trial of one frame, before any of the film was drawn)", err)
}

// Codec is an encoder of ffmpeg and whether it works here.
type Codec struct {
	Name       string   // as ffmpeg names it
	Codec      string   // what it writes, one of CodecNames
	Extensions []string // of the films that it makes
	Hardware   bool     // a film takes it only by name
	Err        error    // why not, nil if it encodes
}

// Codecs tries every encoder of ffmpeg that films can have, by encoding a frame. There
// is an error if it cannot go on: there is no folder for temporary files, or ffmpeg
// hangs with the last of the list, as it may with all that come after.
func Codecs(ctx context.Context) ([]Codec, error) {
	dir, err := os.MkdirTemp("", "losscape-trial-")
	if err != nil {
		return nil, fmt.Errorf("no encoder was tried, as there is no folder for temporary files (%w); set %s to one", err, tempEnv)
	}
	defer os.RemoveAll(dir)
	var list []Codec
	for _, e := range encoders {
		c := Codec{Name: e.name, Codec: e.codec, Hardware: e.hardware}
		for _, k := range containers {
			if slices.Contains(k.codecs, e.codec) {
				c.Extensions = append(c.Extensions, k.extension)
			}
		}
		_, c.Err = Check(ctx, Options{Path: filepath.Join(dir, "trial"+c.Extensions[0]), Width: 320, Height: 240, FPS: 10, Codec: e.name})
		if list = append(list, c); errors.Is(c.Err, ErrHangs) {
			return list, fmt.Errorf("%w with %s, so no other encoder was tried; %s", ErrHangs, e.name, another)
		}
	}
	return list, nil
}

// Encoder is an ffmpeg process that is fed frames.
type Encoder struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	cmd    *exec.Cmd
	stdin  *os.File
	log    tail
	target string           // names what is not there if it fails
	file   *atomicfile.File // nil if it goes to out
	out    *outlet
	copies bool // frames are not shared: no zero-copy
	ended  bool
	ending atomic.Bool   // it is to end
	waited atomic.Bool   // for: guard looks
	said   string        // before it was ended because it hangs
	taken  atomic.Int64  // bytes of frames
	exited chan struct{} // closed when it has ended, with err
	err    error
}

// Start starts an encoder for the film that o describes. It takes frames as
// Stream writes them, and ends when ctx does. One of Finish and Abort must be
// called.
func Start(ctx context.Context, o Options) (*Encoder, error) {
	p, err := o.resolve()
	if err != nil {
		return nil, err
	}
	if len(p.encoders) == 0 {
		return nil, usage("a %s is not ffmpeg's: Record writes it", p.extension)
	}
	return begin(ctx, o, p)
}

// begin starts the film itself, with the first encoder.
func begin(ctx context.Context, o Options, p plan) (*Encoder, error) {
	e, err := start(ctx, o, p, p.encoders[0])
	if err == nil {
		go e.guard(Limits.Idle, Limits.Busy)
	}
	return e, err
}

// environment is ffmpeg's beside ours, which goes before.
var environment = []string{
	// glibc keeps the memory of a frame for the next one. Else it gives it back each
	// time that ffmpeg has caught up, and half of ffmpeg's time in the kernel goes
	// into clearing it again.
	"MALLOC_TRIM_THRESHOLD_=536870912", "MALLOC_MMAP_THRESHOLD_=536870912",
	// OpenBLAS, which some of ffmpeg's filters bring along, would start a thread for
	// each processor, and they spin for a while, beside our first frame.
	"OPENBLAS_NUM_THREADS=1",
}

// start starts an ffmpeg, which guard has to be called for.
func start(ctx context.Context, o Options, p plan, enc encoder) (*Encoder, error) {
	path, err := FindFFmpeg()
	if err != nil {
		return nil, err
	}
	e := &Encoder{target: o.target(), exited: make(chan struct{})}
	url := "pipe:1"
	if o.To == nil {
		if e.file, err = atomicfile.Create(o.Path); err != nil {
			return nil, err
		}
		e.target, url = e.file.Target(), "file:"+e.file.PartName()
	}
	e.ctx, e.cancel = context.WithCancelCause(ctx)
	e.cmd = command(e.ctx, path, arguments(o, p, enc, url)...)
	e.cmd.Env = slices.Concat(environment, os.Environ(), []string{"SVT_LOG=1"}) // libsvtav1: errors only
	e.cmd.Stderr = &e.log
	err = func() error {
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		defer r.Close() // ffmpeg has its own
		growPipe(w)
		e.cmd.Stdin, e.stdin = r, w
		if o.To != nil {
			if err := e.connect(o.To); err != nil {
				w.Close()
				return err
			}
			defer e.out.end.Close()
		}
		if err := e.cmd.Start(); err != nil {
			w.Close()
			return err
		}
		return nil
	}()
	if err != nil {
		e.cancel(nil)
		if e.out != nil {
			e.out.from.Close()
		}
		e.discard()
		return nil, fmt.Errorf("%s does not start: %w", path, err)
	}
	// Should a process outside the group hold the pipe, a write ends even so.
	context.AfterFunc(e.ctx, func() {
		e.stdin.SetWriteDeadline(time.Unix(1, 0))
		if e.out != nil {
			e.out.from.SetReadDeadline(time.Unix(1, 0))
		}
	})
	go func() {
		copied := make(chan struct{})
		go func() {
			defer close(copied)
			e.out.copy()
		}()
		if e.err = e.cmd.Wait(); e.err != nil {
			endGroup(e.cmd)
		}
		if <-copied; e.ctx.Err() != nil { // what it has started may hold its output open
			endGroup(e.cmd)
		}
		close(e.exited)
	}()
	return e, nil
}

// discard removes the film's file, if it has one.
func (e *Encoder) discard() error {
	if e.file == nil {
		return nil
	}
	return e.file.Discard()
}

// outlet hands on what ffmpeg writes to its standard output. The pipe is ours and not
// exec's, which would wait for a slow reader for a second only once ffmpeg has ended.
type outlet struct {
	from, end *os.File // of the pipe; the end is ffmpeg's
	to        io.Writer
	written   atomic.Int64
	waits     atomic.Bool // for to: it is not ffmpeg that keeps us waiting
	err       error       // of to; read it after copy
}

// connect has ffmpeg's standard output go to w.
func (e *Encoder) connect(w io.Writer) error {
	r, end, err := os.Pipe()
	if err != nil {
		return err
	}
	e.out = &outlet{from: r, end: end, to: w}
	e.cmd.Stdout = end
	return nil
}

// copy hands on until ffmpeg has ended, the film's context has, or there is an error.
func (o *outlet) copy() {
	if o == nil {
		return
	}
	defer o.from.Close() // ffmpeg ends when it writes more
	_, err := io.Copy(o, o.from)
	if o.err == nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		o.err = err
	}
}

// Write hands on a piece.
func (o *outlet) Write(p []byte) (n int, err error) {
	o.waits.Store(true)
	n, o.err = o.to.Write(p)
	o.waits.Store(false)
	o.written.Add(int64(n))
	return n, o.err
}

// failure returns why what ffmpeg wrote could not be handed on, nil if it could.
func (o *outlet) failure() error {
	if o == nil {
		return nil
	}
	return o.err
}

// arguments returns those of an ffmpeg that writes to a URL.
func arguments(o Options, p plan, e encoder, url string) []string {
	w, h := EvenSize(o.Width, o.Height)
	crf := o.CRF
	if crf == 0 {
		crf = e.crf[0]
	}
	args := append([]string{"-hide_banner", "-nostdin", "-loglevel", "warning", "-nostats", "-y",
		"-xerror"}, e.global...) // else a disk that is full at the end of the film goes unnoticed
	args = append(args,
		"-f", "rawvideo", "-pix_fmt", "yuv420p", "-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
		"-video_size", fmt.Sprintf("%dx%d", w, h), "-framerate", strconv.FormatFloat(o.FPS, 'f', -1, 64), "-i", "pipe:0",
		"-an", "-c:v", e.name)
	args = append(args, e.args(crf, p.preset)...)
	args = append(args, colourTags...)
	if o.To != nil {
		args = append(args, p.piped...)
	} else {
		args = append(args, p.args...)
	}
	// No random identifiers, no versions: the same frames make the same file.
	args = append(args, "-fflags", "+bitexact", "-flags:v", "+bitexact")
	return append(args, "-f", p.muxer, url)
}

// Write hands frames to ffmpeg. An error here is only that ffmpeg no longer
// reads; Abort's says why.
func (e *Encoder) Write(p []byte) (n int, err error) {
	e.waited.Store(true)
	defer e.waited.Store(false)
	for err == nil && n < len(p) {
		var k int
		k, err = e.stdin.Write(p[n:min(n+pipeBytes, len(p))])
		n += k
		e.taken.Add(int64(k))
	}
	return n, err
}

// writeShared is Write for a large frame that does not change until the next one has been
// handed over: it need not be copied. Whoever reads it has then read it, or has at
// least as much of the next one before it.
func (e *Encoder) writeShared(p []byte) error {
	n := 0
	if !e.copies && len(p) >= sharedBytes {
		e.waited.Store(true)
		err := vmsplice(e.stdin, p, func(k int) {
			n += k
			e.taken.Add(int64(k))
		})
		e.waited.Store(false)
		if err == nil || errors.Is(err, errBrokenPipe) {
			return err
		}
		e.copies = true // the system has no zero-copy
	}
	_, err := e.Write(p[n:])
	return err
}

// pipeBytes is the room of ffmpeg's pipe, the most that an ordinary user may ask for.
const pipeBytes = 1 << 20

// sharedBytes is the least size of a frame to hand on without a copy: more than fits into the pipe.
const sharedBytes = 4 << 20

// Finish ends the film and gives the file its name, if it has one.
func (e *Encoder) Finish() error {
	err := e.end(nil)
	if err != nil || e.file == nil {
		return err
	}
	return e.file.Commit()
}

// Abort ends ffmpeg, removes what it wrote and returns why the film was not
// written: the cancelled context's error, or what ffmpeg said if it ended by
// itself, or else cause.
func (e *Encoder) Abort(cause error) error { return e.end(cause) }

// end waits for ffmpeg, and removes its file if there is an error.
func (e *Encoder) end(cause error) error {
	if e.ended {
		return cause
	}
	e.ended = true
	ctxErr := e.ctx.Err()
	var broken bool
	if cause != nil && ctxErr == nil {
		// If ffmpeg stopped reading, it is ending by itself and says why.
		if broken = errors.Is(cause, errBrokenPipe); !broken {
			e.cancel(cause)
		}
	}
	e.ending.Store(true)
	e.waited.Store(true)
	e.stdin.Close()
	<-e.exited
	err := e.err
	if ctxErr == nil && (cause == nil || broken) {
		ctxErr = e.ctx.Err() // cancelled while ffmpeg wrote the last of it
	}
	ended := context.Cause(e.ctx)
	e.cancel(nil)
	gone := e.gone()
	switch {
	case errors.Is(ended, ErrHangs):
		err = fmt.Errorf("%s: %w, so %s was not written; %s", e.cmd.Path, ended, e.target, another)
		if e.said != "" {
			err = fmt.Errorf("%w; it said:\n%s", err, e.said)
		}
	case errors.Is(ended, errGone):
		err = ended
	case gone != nil && ctxErr == nil && (cause == nil || broken):
		err = gone
	case ctxErr != nil:
		err = ctxErr
	case e.out.failure() != nil:
		err = e.out.failure()
	case cause != nil && !broken:
		err = cause
	case err != nil || broken:
		why := "it stopped reading frames"
		if err != nil {
			why = err.Error()
		}
		text := e.log.String()
		if text != "" {
			why += ":\n" + text
		}
		outside := killed(err)
		if outside {
			why += "\n(from outside, as when memory runs out: run again, with more of it or a smaller size)"
		}
		err = fmt.Errorf("ffmpeg (%s) failed, so %s was not written: %s", e.cmd.Path, e.target, why)
		switch {
		case strings.Contains(text, "No space left on device"), strings.Contains(text, "Disk quota exceeded"):
			err = kindError{err, syscall.ENOSPC}
		case strings.Contains(text, "Too many open files"):
			err = kindError{err, syscall.EMFILE}
		case outside:
			err = kindError{err, ErrKilled}
		}
	}
	if err != nil {
		e.discard()
	}
	return err
}

// kindError is an error that is kind to errors.Is, which its text does not name.
type kindError struct {
	error
	kind error
}

func (e kindError) Is(target error) bool { return target == e.kind }

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
	cut  bool
}

const tailBytes = 2 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if n := len(t.text) - tailBytes; n > 0 {
		t.text = append(t.text[:0], t.text[n:]...)
		t.cut = true
	}
	return len(p), nil
}

// String returns the last whole lines.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := string(t.text)
	if t.cut {
		if _, after, ok := strings.Cut(s, "\n"); ok {
			s = after
		}
	}
	return strings.TrimSpace(s)
}
