package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// pieceCount is the number of pieces of the work of tests.
const pieceCount = 12

func work() Manifest {
	return Manifest{
		Verb: "grid", Target: "f.npy", Command: "losscape grid", Pieces: pieceCount, Scene: "1", Data: "2", Program: "3",
		Losscape: "v1", Backend: "cpu", Device: "CPU", Precision: "float64", Job: json.RawMessage(`{"rows": 3}`),
	}
}

// content is what is in a piece: up to 60,000 bytes that depend on its number.
func content(piece int) []byte {
	r := rand.New(rand.NewPCG(uint64(piece), 1))
	b := make([]byte, 5000*piece)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// write writes a piece in parts.
func write(piece int) func(w io.Writer) error {
	return func(w io.Writer) error {
		for part := range slices.Chunk(content(piece), 777) {
			if _, err := w.Write(part); err != nil {
				return err
			}
		}
		return nil
	}
}

func open(t *testing.T, dir string, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir, work(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// fill computes pieces of a store.
func fill(t *testing.T, s *Store, pieces ...int) {
	t.Helper()
	for _, k := range pieces {
		if err := s.Put(k, time.Now(), write(k)); err != nil {
			t.Fatal(err)
		}
	}
}

// part makes a store in which are some pieces, and that nobody works on.
func part(t *testing.T, pieces ...int) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "f.npy.part")
	s := open(t, dir, Options{})
	fill(t, s, pieces...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// wantPieces wants all pieces that are there to be what was written.
func wantPieces(t *testing.T, s *Store, pieces ...int) {
	t.Helper()
	for k := range pieceCount {
		if s.Has(k) != slices.Contains(pieces, k) {
			t.Errorf("piece %d is there: %v, want %v", k, s.Has(k), !s.Has(k))
		}
		if !s.Has(k) {
			continue
		}
		p, err := s.Get(k)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(p)
		if want := content(k); err != nil || !bytes.Equal(got, want) || p.Size() != int64(len(want)) {
			t.Errorf("piece %d has %d bytes, %v, want %d", k, len(got), err, len(want))
		}
		if k > 0 {
			at := make([]byte, 10)
			if n, err := p.ReadAt(at, 4990*int64(k)); n != 10 || err != nil && err != io.EOF || !bytes.Equal(at, content(k)[4990*k:][:10]) {
				t.Errorf("piece %d at its end: %d bytes, %v", k, n, err)
			}
		}
		p.Close()
	}
}

// wantError wants an error of a kind that has all of some words.
func wantError(t *testing.T, err, kind error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", words)
	}
	if kind != nil && !errors.Is(err, kind) {
		t.Errorf("%v: want it to be %q", err, kind)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%v: want it to have %q", err, w)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%q has several lines", err)
	}
}

func files(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// TestStore takes work from its start over an interruption to its end.
func TestStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "f.npy.part")
	if _, err := Look(dir); !errors.Is(err, ErrNone) {
		t.Errorf("no store: %v", err)
	}
	s := open(t, dir, Options{})
	if got := s.Missing(Shard{}); len(got) != pieceCount {
		t.Errorf("%v are missing", got)
	}
	fill(t, s, 0, 3, 4)
	wantPieces(t, s, 0, 3, 4)
	failed := errors.New("a kernel failed")
	err := s.Put(5, time.Now(), func(w io.Writer) error { w.Write([]byte("torn")); return failed })
	if err != failed {
		t.Error(err)
	}
	if _, err := s.Begin(pieceCount); err == nil {
		t.Error("a piece more than there are was begun")
	}
	st, err := Look(dir)
	if err != nil || !slices.Equal(st.Done, []int{0, 3, 4}) || len(st.Missing) != pieceCount-3 || len(st.Running) != 1 || st.Bytes != 35000 || st.Left() <= 0 {
		t.Errorf("%+v, %v", st, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := files(t, dir), []string{"000000.piece", "000003.piece", "000004.piece", "lock", "manifest.json", "manifest.json.lock"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if st, err := Look(dir); err != nil || len(st.Running) != 0 {
		t.Errorf("%+v, %v", st, err)
	}

	_, err = Open(t.Context(), dir, work(), Options{})
	wantError(t, err, ErrExists, dir, "3 of 12", "--resume", "rm -r ")

	s = open(t, dir, Options{Resume: true})
	wantPieces(t, s, 0, 3, 4)
	fill(t, s, s.Missing(Shard{})...)
	s.Close()
	s, err = Join(t.Context(), dir, Options{})
	if err != nil || len(s.Missing(Shard{})) > 0 || s.Manifest().Command != "losscape grid" {
		t.Fatal(err)
	}
	if err := s.Remove(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder stays: %q", files(t, dir))
	}
	_, err = Join(t.Context(), dir, Options{})
	wantError(t, err, ErrNone, dir)
}

// TestNothingDone wants work that ended before its first piece to leave no store.
func TestNothingDone(t *testing.T) {
	dir := part(t)
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder stays: %q", files(t, dir))
	}
}

// TestOtherWork wants what differs to be named.
func TestOtherWork(t *testing.T) {
	dir := part(t, 1)
	for want, change := range map[string]func(m *Manifest){
		"the scene and the data differ": func(m *Manifest) { m.Scene, m.Data = "x", "x" },
		"the program differ":            func(m *Manifest) { m.Losscape = "v2" },
		"the settings differ":           func(m *Manifest) { m.Job = json.RawMessage(`{"rows": 4}`) },
		"the device differ":             func(m *Manifest) { m.Device = "another" },
		"the precision differ":          func(m *Manifest) { m.Precision = "float32" },
		"the number of pieces differ":   func(m *Manifest) { m.Pieces = 3 },
	} {
		m := work()
		change(&m)
		_, err := Open(t.Context(), dir, m, Options{Resume: true})
		wantError(t, err, ErrDiffers, want, "losscape grid", "rm -r ")
	}
	m := work()
	m.Target, m.Command, m.Job = "other", "losscape grid --resume", json.RawMessage(`{ "rows":3 }`)
	s, err := Open(t.Context(), dir, m, Options{Resume: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	// What the manifest says is of no use if it has been changed.
	path := filepath.Join(dir, manifestName)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for want, text := range map[string]string{
		"damaged":        string(text[:len(text)/2]),
		"says that":      strings.Replace(string(text), `"pieces": 12`, `"pieces": 0`, 1),
		"is of version":  strings.Replace(string(text), `"losscape_store": 1`, `"losscape_store": 7`, 1),
		"the data diffe": strings.Replace(string(text), `"data_sha256": "2"`, `"data_sha256": "3"`, 1),
	} {
		os.WriteFile(path, []byte(text), 0o666)
		_, err := Open(t.Context(), dir, work(), Options{Resume: true})
		wantError(t, err, nil, want, "rm -r ")
	}
	os.Remove(path)
	_, err = Open(t.Context(), dir, work(), Options{Resume: true})
	wantError(t, err, nil, "no folder of pieces", "rm -r ")
}

// TestDamage wants pieces that are not what was written to count as missing, which is said.
func TestDamage(t *testing.T) {
	flip := func(at int) func(b []byte) []byte {
		return func(b []byte) []byte {
			if at < 0 {
				at += len(b)
			}
			b[at] ^= 1 << (at % 8)
			return b
		}
	}
	for name, change := range map[string]func(b []byte) []byte{
		"the first byte":   flip(0),
		"a byte":           flip(777),
		"the last byte":    flip(-1 - trailerSize),
		"the magic":        flip(-trailerSize),
		"the identity":     flip(8 - trailerSize),
		"the number":       flip(40 - trailerSize),
		"the duration":     flip(50 - trailerSize),
		"the size":         flip(57 - trailerSize),
		"the sum":          flip(-1),
		"its end is gone":  func(b []byte) []byte { return b[:len(b)-1] },
		"half is gone":     func(b []byte) []byte { return b[:len(b)/2] },
		"all is gone":      func(b []byte) []byte { return nil },
		"there is more":    func(b []byte) []byte { return append(b, 0) },
		"its start is cut": func(b []byte) []byte { return b[1:] },
	} {
		t.Run(name, func(t *testing.T) {
			dir := part(t, 1, 2, 3)
			path := filepath.Join(dir, pieceName(2))
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, change(b), 0o666); err != nil {
				t.Fatal(err)
			}
			var said []error
			s := open(t, dir, Options{Resume: true, Warn: func(err error) { said = append(said, err) }})
			if len(said) != 1 {
				t.Fatalf("said: %v", said)
			}
			wantError(t, said[0], ErrDamaged, path, "computed again")
			if got := s.Missing(Shard{}); !slices.Contains(got, 2) || len(got) != pieceCount-2 {
				t.Errorf("missing: %v", got)
			}
			// Nobody gets the last bytes of it.
			if p, err := s.Get(2); err == nil {
				got, err := io.ReadAll(p)
				if !errors.Is(err, ErrDamaged) || len(got) >= 10000 {
					t.Errorf("%d bytes, %v", len(got), err)
				}
				p.Close()
			} else if !errors.Is(err, ErrDamaged) {
				t.Error(err)
			}
			fill(t, s, 2)
			wantPieces(t, s, 1, 2, 3)
		})
	}
	// A piece of another number, or of other work.
	dir := part(t, 4, 5)
	b, err := os.ReadFile(filepath.Join(dir, pieceName(4)))
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(filepath.Join(dir, pieceName(5)), b, 0o666)
	m := work()
	m.Data = "other"
	other := filepath.Join(t.TempDir(), "o.part")
	o, err := Open(t.Context(), other, m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, o, 6)
	o.Close()
	if err := os.Rename(filepath.Join(other, pieceName(6)), filepath.Join(dir, pieceName(6))); err != nil {
		t.Fatal(err)
	}
	st, err := Look(dir)
	if err != nil || !slices.Equal(st.Damaged, []int{5, 6}) || !slices.Equal(st.Done, []int{4}) {
		t.Errorf("%+v, %v", st, err)
	}
	s := open(t, dir, Options{Resume: true})
	wantPieces(t, s, 4)
}

// TestShards has several processes' shards share a store, and one put all together.
func TestShards(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "f.npy.part")
	var all [3]*Store
	var of []int
	for i := range all {
		shard := Split(i, len(all), pieceCount, func(int) float64 { return 1 })
		all[i] = open(t, dir, Options{Shard: shard})
		of = append(of, all[i].Missing(shard)...)
	}
	slices.Sort(of)
	if !slices.Equal(of, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}) {
		t.Errorf("the shards have %v", of)
	}
	shard := func(i int) Shard { return Shard{i, 3, 4 * i, 4*i + 4} }
	if _, err := Open(t.Context(), dir, work(), Options{Shard: shard(1), Resume: true}); !errors.Is(err, ErrLocked) {
		t.Errorf("two processes have a shard: %v", err)
	} else {
		wantError(t, err, ErrLocked, dir, fmt.Sprintf("process %d on ", os.Getpid()))
	}
	if _, err := Join(t.Context(), dir, Options{}); !errors.Is(err, ErrLocked) {
		t.Errorf("shards are put together while they are computed: %v", err)
	}
	st, err := Look(dir)
	if err != nil || len(st.Running) != 3 {
		t.Errorf("%+v, %v", st, err)
	}
	for i, s := range all {
		fill(t, s, s.Missing(shard(i))...)
		if err := s.Remove(); err == nil {
			t.Error("a shard removes the store")
		}
		s.Close()
	}
	if _, err := Open(t.Context(), dir, work(), Options{Shard: shard(2)}); !errors.Is(err, ErrExists) {
		t.Errorf("a shard that is done is computed again: %v", err)
	}
	s, err := Join(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	wantPieces(t, s, of...)
	if err := s.Remove(); err != nil || len(files(t, dir)) > 0 {
		t.Errorf("%v, %q", err, files(t, dir))
	}
	for _, bad := range []Shard{{Index: -1, Of: 3}, {Index: 3, Of: 3}, {Of: -1}} {
		if _, err := Open(t.Context(), dir, work(), Options{Shard: bad}); err == nil {
			t.Errorf("shard %v is opened", bad)
		}
	}
}

// TestRemoveLeavesOthers wants files that are not the store's to stay and to be named.
func TestRemoveLeavesOthers(t *testing.T) {
	dir := part(t, 1, 2)
	for _, name := range []string{"mine.txt", "12.piece", ".f.part0", ".000002.piece.part0"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir, Options{Resume: true})
	err := s.Remove()
	wantError(t, err, nil, dir, ".f.part0, 12.piece and mine.txt")
	if got := files(t, dir); !slices.Equal(got, []string{".f.part0", "12.piece", "mine.txt"}) {
		t.Errorf("%q", got)
	}
	if _, err := Open(t.Context(), dir, work(), Options{Resume: true}); err == nil {
		t.Error("a folder of other files becomes a store")
	}
	if got := files(t, dir); slices.Contains(got, manifestName) {
		t.Errorf("%q", got)
	}
}

// TestEndOfRemoval wants what a process has left that was killed while it removed the store to be no
// unfinished work.
func TestEndOfRemoval(t *testing.T) {
	dir := part(t, 1, 2)
	if err := os.Rename(filepath.Join(dir, manifestName), filepath.Join(dir, finishedName)); err != nil {
		t.Fatal(err)
	}
	if _, err := Look(dir); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	s := open(t, dir, Options{})
	wantPieces(t, s)
	s.Close()
	if got := files(t, dir); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

// TestFolderRemoved removes the folder under a process.
func TestFolderRemoved(t *testing.T) {
	dir := part(t, 1)
	s := open(t, dir, Options{Resume: true})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	wantError(t, s.Put(2, time.Now(), write(2)), nil, "removed the folder "+dir)
	w, err := s.Begin(3)
	if err == nil {
		w.Discard()
		t.Error("a piece is begun in no folder")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "x.part"), work(), Options{}); err == nil || !strings.Contains(err.Error(), "cannot be made") {
		t.Error(err)
	}
	file := filepath.Join(t.TempDir(), "file.part")
	os.WriteFile(file, nil, 0o666)
	_, err = Open(t.Context(), file, work(), Options{})
	wantError(t, err, nil, file)
}

// TestCancel stops while pieces are checked.
func TestCancel(t *testing.T) {
	dir := part(t, 1, 2, 3, 4)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, dir, work(), Options{Resume: true}); err != context.Canceled {
		t.Error(err)
	}
	done := 0
	s, err := Open(t.Context(), dir, work(), Options{Resume: true, Progress: func(d, total int) {
		if d < done || total != 50000+4*trailerSize {
			t.Errorf("%d of %d after %d", d, total, done)
		}
		done = d
	}})
	if err != nil || done != 50000+4*trailerSize {
		t.Fatal(done, err)
	}
	s.Close()
}

func BenchmarkStore(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "f.part")
	data := make([]byte, 64<<20)
	b.SetBytes(int64(len(data)))
	b.Run("Put", func(b *testing.B) {
		s, err := Open(b.Context(), dir, work(), Options{Resume: true})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if err := s.Put(1, time.Now(), func(w io.Writer) error { _, err := w.Write(data); return err }); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Check", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			s, err := Open(b.Context(), dir, work(), Options{Resume: true})
			if err != nil || !s.Has(1) {
				b.Fatal(err)
			}
			s.Close()
		}
	})
}

// TestSplit wants the parts to have every piece once, and to cost about the same.
func TestSplit(t *testing.T) {
	for name, cost := range map[string]func(k int) float64{
		"alike":   func(int) float64 { return 1 },
		"rising":  func(k int) float64 { return float64(k) },
		"nothing": func(int) float64 { return 0 },
		"one":     func(k int) float64 { return float64(k / 99) },
	} {
		for _, pieces := range []int{1, 5, 100} {
			for of := 1; of < 9; of++ {
				next, most, sum := 0, 0.0, 0.0
				for i := range of {
					s := Split(i, of, pieces, cost)
					c := 0.0
					for k := range pieces {
						if s.Has(k) {
							if k != next {
								t.Fatalf("%s: piece %d follows %d in part %v of %d", name, k, next-1, s, pieces)
							}
							next++
							c += cost(k)
						}
					}
					most, sum = max(most, c), sum+c
				}
				if next != pieces || most > sum/float64(of)+cost(pieces-1)+1e-9 {
					t.Errorf("%s: %d of %d pieces, up to %g of %g in a part of %d", name, next, pieces, most, sum, of)
				}
			}
		}
	}
}
