package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"losscape/cpu/quote"
)

var (
	// ErrExists is what Open's error wraps where a store is that it was not asked to go on with.
	ErrExists = errors.New("unfinished work")
	// ErrDiffers is what Open's error wraps where a store is of other work.
	ErrDiffers = errors.New("other work")
	// ErrLocked is what an error wraps where another process works on a store.
	ErrLocked = errors.New("another process works on it")
	// ErrDamaged is what an error wraps about a file of a store that is not what was written.
	ErrDamaged = errors.New("damaged")
	// ErrNone is what an error wraps where there is no store.
	ErrNone = errors.New("no pieces are kept")
)

// Dir returns the folder of a target's store.
func Dir(target string) string { return target + ".part" }

// Exists reports whether there is a store in a folder, finished or not.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, manifestName))
	return err == nil
}

// Shard is a part of the work that a process does: one of Of parts, numbered from 0, the pieces
// First to End−1. The zero value is all of the work.
type Shard struct {
	Index, Of  int
	First, End int
}

// Split returns part index of so many into which pieces are split: see Parts.
func Split(index, of, pieces int, cost func(piece int) float64) Shard {
	return Parts(of, pieces, cost)[index]
}

// Parts splits pieces into so many parts, at least 1: neighbouring ones that cost about the same in
// all, by what a piece costs in any unit, at least 0. A part may have none.
func Parts(of, pieces int, cost func(piece int) float64) []Shard {
	sum := 0.0
	for k := range pieces {
		sum += cost(k)
	}
	parts := make([]Shard, of)
	before, last := 0.0, 0
	for k := range pieces {
		c := cost(k)
		part := k * of / pieces
		if sum > 0 { // that of the middle of the piece
			part = min(int((before+c/2)/sum*float64(of)), of-1)
		}
		before += c
		for ; last < part; last++ {
			parts[last].End, parts[last+1].First = k, k
		}
	}
	parts[last].End = pieces
	for i := range parts {
		if i > last {
			parts[i].First, parts[i].End = pieces, pieces
		}
		parts[i].Index, parts[i].Of = i, of
	}
	return parts
}

// String writes a shard as it is asked for: 0/8 is the first one.
func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Of) }

// Has reports whether a piece is in the shard.
func (s Shard) Has(piece int) bool { return s.Of == 0 || piece >= s.First && piece < s.End }

// lockName is the name of the shard's lock.
func (s Shard) lockName() string { return fmt.Sprintf("shard-%d-of-%d.lock", s.Index, s.Of) }

// Options of Open.
type Options struct {
	Resume bool  // goes on with pieces that are there
	Shard  Shard // that this process computes
	// Warn is told of pieces that are there but cannot be used. nil tells nobody.
	Warn func(err error)
	// Progress is told how many bytes of the pieces that are there have been checked. It may be
	// nil, and is never called by two goroutines at once.
	Progress func(done, total int)
}

// Store is a store that this process works on. Its methods may be called from any goroutine.
type Store struct {
	dir   string
	m     Manifest
	id    [32]byte
	locks []*lock

	mu   sync.Mutex
	have map[int]trailer // pieces that are there and checked
}

// Open opens the store in the folder dir for the work that m says, and makes it if there is none.
// It fails with ErrExists if there are pieces already, of the shard, and o does not ask to go on with
// them; with ErrDiffers if the store is of other work; with ErrLocked if another process works on it,
// or on the same shard. Pieces that are there are read and checked, those of other shards only
// when they are asked for. Close has to be called.
func Open(ctx context.Context, dir string, m Manifest, o Options) (*Store, error) {
	m.Version = formatVersion
	switch {
	case m.Pieces < 1 || m.Pieces > MaxPieces:
		return nil, fmt.Errorf("work of %d pieces, want 1 to %d", m.Pieces, MaxPieces)
	case o.Shard.Of < 0 || o.Shard.Index < 0 || o.Shard.Of > 0 && o.Shard.Index >= o.Shard.Of:
		return nil, fmt.Errorf("shard %v, want the first of one or more, to the last", o.Shard)
	}
	s := &Store{dir: dir, m: m, id: m.ID(), have: map[int]trailer{}}
	if err := s.enter(o.Shard); err != nil {
		return nil, err
	}
	if err := s.begin(ctx, o); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Join opens a store whose work is all done, or is by other processes, to put the pieces together:
// nobody works on it then. It fails with ErrNone if there is none. Close has to be called.
func Join(ctx context.Context, dir string, o Options) (*Store, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, missing(dir, err)
	}
	s := &Store{dir: dir, m: *m, id: m.ID(), have: map[int]trailer{}}
	o.Resume, o.Shard = true, Shard{}
	if err := s.enter(o.Shard); err != nil {
		return nil, err
	}
	if err := s.begin(ctx, o); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// missing is the error about a folder without a manifest.
func missing(dir string, err error) error {
	if !errors.Is(err, errNoManifest) {
		return err
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: there is no folder %s", ErrNone, dir)
	}
	return fmt.Errorf("%w in the folder %s, which has no %s", ErrNone, dir, manifestName)
}

// enter makes the folder and takes its locks.
func (s *Store) enter(shard Shard) error {
	// The folder may go away between the two: who finishes removes it.
	for try := 0; ; try++ {
		if err := os.Mkdir(s.dir, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("the folder %s, for pieces of the work, cannot be made (%w); name an output in another folder", s.dir, reason(err))
		}
		if _, err := s.list(); err != nil && !errors.Is(err, fs.ErrNotExist) { // before a lock is written
			return err
		}
		err := s.lock(shard)
		if !errors.Is(err, fs.ErrNotExist) || try == 8 {
			return err
		}
	}
}

// lock takes the locks that a shard needs, or none.
func (s *Store) lock(shard Shard) error {
	take := func(name string, shared bool) error {
		l, err := takeLock(filepath.Join(s.dir, name), shared)
		if err != nil {
			s.unlock()
			return err
		}
		s.locks = append(s.locks, l)
		return nil
	}
	if err := take(lockName, shard.Of > 0); err != nil || shard.Of == 0 {
		return err
	}
	return take(shard.lockName(), false)
}

func (s *Store) unlock() {
	for _, l := range slices.Backward(s.locks) {
		l.free()
	}
	s.locks = nil
}

// begin compares the manifest with that of the folder, or writes it, and looks which pieces are
// there.
func (s *Store) begin(ctx context.Context, o Options) error {
	if err := s.agree(); err != nil {
		return err
	}
	names, err := s.list()
	if err != nil {
		return err
	}
	var own []int
	for _, n := range names.pieces {
		if n < s.m.Pieces && o.Shard.Has(n) {
			own = append(own, n)
		}
	}
	if len(own) > 0 && !o.Resume {
		want := s.m.Pieces
		if o.Shard.Of > 0 {
			want = o.Shard.End - o.Shard.First
		}
		return fmt.Errorf("%s has %w, %d of %d pieces: --resume goes on with them, and %s drops them", s.dir, ErrExists, len(own), want, removal(s.dir))
	}
	return s.Check(ctx, own, o)
}

// agree has the folder's manifest be that of the work.
func (s *Store) agree() error {
	// Processes of several shards may be here at the same time.
	l, err := waitLock(filepath.Join(s.dir, manifestName+".lock"))
	if err != nil {
		return err
	}
	defer l.free()
	if _, err := os.Lstat(filepath.Join(s.dir, finishedName)); err == nil {
		if err := s.sweepOut(); err != nil { // what a process that was killed while it removed the store has left
			return err
		}
	}
	there, err := readManifest(s.dir)
	if errors.Is(err, errNoManifest) {
		names, err := s.list()
		if err != nil {
			return err
		}
		if len(names.pieces) > 0 || len(names.others) > 0 {
			return fmt.Errorf("%s is no folder of pieces: it has no %s, and %d files; name another output, or remove the folder (%s)", s.dir, manifestName, len(names.pieces)+len(names.others), removal(s.dir))
		}
		return writeManifest(s.dir, &s.m)
	}
	if err != nil {
		return err
	}
	if there.ID() == s.id {
		s.m.Target, s.m.Command, s.m.Notes = there.Target, there.Command, there.Notes
		return nil
	}
	what := list(there.differences(&s.m))
	if what == "" {
		what = "the manifest"
	}
	return fmt.Errorf("%s has pieces of %w: %s differ; it was begun by %s, and goes on with --resume there, or %s drops it", s.dir, ErrDiffers, what, command(there), removal(s.dir))
}

// command says who began a store.
func command(m *Manifest) string {
	if m.Command == "" {
		return "another command"
	}
	return m.Command
}

// Dir returns the folder of the store.
func (s *Store) Dir() string { return s.dir }

// Manifest returns what the work is: Target, Command and Notes are of the process that began it.
func (s *Store) Manifest() Manifest { return s.m }

// path returns where a piece is.
func (s *Store) path(piece int) string { return filepath.Join(s.dir, pieceName(piece)) }

const pieceEnding = ".piece"

func pieceName(piece int) string { return fmt.Sprintf("%06d%s", piece, pieceEnding) }

// pieceNumber is the inverse of pieceName.
func pieceNumber(name string) (piece int, ok bool) {
	digits, ok := strings.CutSuffix(name, pieceEnding)
	if !ok {
		return 0, false
	}
	piece, err := strconv.Atoi(digits)
	return piece, err == nil && piece >= 0 && pieceName(piece) == name
}

// names are the files in a folder.
type names struct {
	pieces []int    // their numbers, ascending
	own    []string // other files that a store makes
	others []string // that it does not
}

// list reads the folder.
func (s *Store) list() (names, error) { return readNames(s.dir) }

func readNames(dir string) (n names, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return n, fmt.Errorf("the folder %s: %w", dir, reason(err))
	}
	for _, e := range entries {
		name := e.Name()
		piece, ok := pieceNumber(name)
		switch {
		case !e.IsDir() && !e.Type().IsRegular() && (ok || isOwn(name)):
			return n, notFile(dir, name)
		case e.IsDir():
			n.others = append(n.others, name)
		case ok:
			n.pieces = append(n.pieces, piece)
		case isOwn(name):
			n.own = append(n.own, name)
		default:
			n.others = append(n.others, name)
		}
	}
	slices.Sort(n.pieces)
	return n, nil
}

// notFile is the error about what has the name of a store's file and is none, such as a link: writing
// there would be writing elsewhere.
func notFile(dir, name string) error {
	path := filepath.Join(dir, name)
	return fmt.Errorf("%s is a link or a device, where a store has files: %w; remove it (rm %s)", path, ErrDamaged, quote.Shell(path))
}

// isOwn reports whether a store makes files of that name, which are no pieces.
func isOwn(name string) bool {
	switch name {
	case manifestName, manifestName + ".lock", finishedName, lockName:
		return true
	}
	var i, of int
	if n, _ := fmt.Sscanf(name, "shard-%d-of-%d.lock", &i, &of); n == 2 && (Shard{Index: i, Of: of}).lockName() == name {
		return true
	}
	// A file in the making, .NAME.part0.
	rest, ok := strings.CutPrefix(name, ".")
	at := strings.LastIndex(rest, ".part")
	if !ok || at < 0 {
		return false
	}
	if _, err := strconv.Atoi(rest[at+len(".part"):]); err != nil {
		return false
	}
	_, piece := pieceNumber(rest[:at])
	return piece || rest[:at] == manifestName
}

// put notes that a piece is there.
func (s *Store) put(piece int, t trailer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.have[piece] = t
}

// count returns the number of pieces that are known to be there.
func (s *Store) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.have)
}

// Has reports whether a piece is there, and has been checked or was written by this process.
func (s *Store) Has(piece int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.have[piece]
	return ok
}

// Missing returns the pieces of a shard that are still to be computed, ascending.
func (s *Store) Missing(of Shard) []int {
	var which []int
	for k := range s.m.Pieces {
		if of.Has(k) && !s.Has(k) {
			which = append(which, k)
		}
	}
	return which
}

// Check reads pieces that are there. Those that are what was written are in the store from
// then on; the others count as missing, and o.Warn is told of each. The error is ctx's, or that of a
// file that cannot be read.
func (s *Store) Check(ctx context.Context, pieces []int, o Options) error {
	if len(pieces) == 0 {
		return ctx.Err()
	}
	sizes := make([]int64, len(pieces))
	var total, done int64
	for i, k := range pieces {
		if info, err := os.Stat(s.path(k)); err == nil {
			sizes[i] = info.Size()
			total += sizes[i]
		}
	}
	next := make(chan int)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	for range min(runtime.GOMAXPROCS(0), len(pieces)) {
		wg.Go(func() {
			buf := make([]byte, bufferSize)
			for i := range next {
				t, err := s.check(pieces[i], buf)
				mu.Lock()
				done += sizes[i]
				switch {
				case err == nil:
					s.put(pieces[i], t)
				case errors.Is(err, fs.ErrNotExist): // it is missing
				case !errors.Is(err, ErrDamaged):
					failed = errors.Join(failed, err)
				case o.Warn != nil:
					o.Warn(fmt.Errorf("%w; it is computed again", err))
				}
				if o.Progress != nil {
					o.Progress(int(done), int(total))
				}
				mu.Unlock()
			}
		})
	}
	for i := range pieces {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	return failed
}

// Close ends the work on the store, which stays unless nothing is in it.
func (s *Store) Close() error {
	if s.locks == nil {
		return nil
	}
	defer s.unlock()
	names, err := s.list()
	if err != nil || len(names.pieces) > 0 || len(names.others) > 0 || !s.alone() {
		return nil // what is there stays, if there is a folder
	}
	if err := s.sweepOut(); err != nil {
		return err
	}
	return s.removeFolder()
}

// removeFolder removes the lock and the folder, in which is nothing else.
func (s *Store) removeFolder() error {
	lock := filepath.Join(s.dir, lockName)
	if err := os.Remove(lock); err != nil { // Windows keeps files that are open
		s.unlock()
		os.Remove(lock)
	}
	err := os.Remove(s.dir)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if names, err := s.list(); err == nil && len(names.own) > 0 {
		return nil // another process has begun
	}
	return fmt.Errorf("%s is not needed any more, and cannot be removed (%w): %s", s.dir, reason(err), removal(s.dir))
}

// alone reports whether this process holds the store for itself.
func (s *Store) alone() bool { return len(s.locks) == 1 && !s.locks[0].shared }

// Remove removes the store, whose work is in its target, and ends the work on it. A process that is
// killed meanwhile leaves a rest, which the next Open removes. Files that no store makes stay: they are
// named by the error.
func (s *Store) Remove() error {
	if !s.alone() {
		return fmt.Errorf("%s is shared with processes of other shards, and stays", s.dir)
	}
	defer s.unlock()
	if err := os.Rename(filepath.Join(s.dir, manifestName), filepath.Join(s.dir, finishedName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is not needed any more, and cannot be removed (%w): %s", s.dir, reason(err), removal(s.dir))
	}
	if err := s.sweepOut(); err != nil {
		return err
	}
	names, err := s.list()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && len(names.others) > 0 {
		os.Remove(filepath.Join(s.dir, lockName))
		return fmt.Errorf("%s stays, with files that are no pieces: %s", s.dir, list(first(names.others, 5)))
	}
	return s.removeFolder()
}

// first returns the first names, and how many more there are.
func first(names []string, n int) []string {
	if len(names) <= n {
		return names
	}
	return append(slices.Clone(names[:n]), fmt.Sprintf("%d more", len(names)-n))
}

// sweepOut removes what a store has made but for the lock, the sign that it is finished last.
func (s *Store) sweepOut() error {
	names, err := s.list()
	if err != nil {
		return err
	}
	remove := func(name string) error {
		if err := os.Remove(filepath.Join(s.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is not needed any more, and %s in it cannot be removed (%w): %s", s.dir, name, reason(err), removal(s.dir))
		}
		return nil
	}
	for _, k := range names.pieces {
		if err := remove(pieceName(k)); err != nil {
			return err
		}
	}
	held := map[string]bool{lockName: true, finishedName: true}
	for _, l := range s.locks {
		held[filepath.Base(l.path())] = true
	}
	for _, name := range names.own {
		if !held[name] {
			if err := remove(name); err != nil {
				return err
			}
		}
	}
	return remove(finishedName)
}

// Took returns how long the pieces that are there took to compute, and how many they are.
func (s *Store) Took() (sum time.Duration, pieces int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.have {
		sum += t.took
	}
	return sum, len(s.have)
}
