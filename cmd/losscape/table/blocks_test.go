package table

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"losscape/cpu"
)

// blockBytes is a block in memory.
type blockBytes struct{ *bytes.Reader }

func (blockBytes) Close() error { return nil }

// TestBlocks wants tables of blocks to have the bytes of those of the whole, in every format, and
// the blocks to have the quantities of the whole.
func TestBlocks(t *testing.T) {
	p := problem()
	s := cpu.Sweep{Base: cpu.Run{Optimizer: "gd", LR: 1, Start: make([]float64, p.Dim()), Steps: 30}}
	for _, over := range []string{"lr=0.1,1,30,100", "l2=0:1:5", "steps=7,30"} {
		a, err := cpu.ParseParam(over)
		if err != nil {
			t.Fatal(err)
		}
		s.Over = append(s.Over, a)
	}
	for _, set := range []cpu.Settings{
		{Quantities: cpu.DerivedNames(), Transient: 4},
		{Every: 10},
		{Every: 7, Recorded: []int{0, 3, 5, 6, 39}},
	} {
		whole, err := p.Sweep(t.Context(), s, set, nil)
		if err != nil {
			t.Fatal(err)
		}
		whole.Doubt, whole.Unsure = make([]cpu.Doubt, whole.N()), make([]bool, whole.N())
		whole.Doubt[3], whole.Doubt[17], whole.Unsure[39] = cpu.Stalled, cpu.Close, true
		whole.Precision[17] = cpu.Float32
		cut := s.Blocks(7)
		var pieces [][]byte
		for k := range cut.Len() {
			b := cut.At(k)
			r, err := p.Sweep(t.Context(), b.Sweep, set.In(b), nil)
			if err != nil {
				t.Fatal(err)
			}
			at := int(b.First)
			r.Doubt, r.Unsure = whole.Doubt[at:at+r.N()], whole.Unsure[at:at+r.N()]
			copy(r.Precision, whole.Precision[at:])
			var buf bytes.Buffer
			if err := WriteBlock(&buf, r); err != nil {
				t.Fatal(err)
			}
			pieces = append(pieces, buf.Bytes())
		}
		bad := -1
		broken := errors.New("the disk is broken")
		open := func(k int) (BlockFile, error) {
			if k == bad {
				return nil, broken
			}
			return blockBytes{bytes.NewReader(pieces[k])}, nil
		}
		blocks, err := OpenBlocks(cut, set, open)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(Summarize(whole), blocks.Summary()); d != "" {
			t.Error(d)
		}
		m := NewMeta(p, s, set, blocks.Summary().Counts)
		for _, f := range formats {
			var want, got bytes.Buffer
			for _, v := range []struct {
				t *Table
				w io.Writer
			}{{&Table{Result: whole, Meta: m}, &want}, {&Table{Blocks: blocks, Meta: m}, &got}} {
				if err := v.t.Write(t.Context(), v.w, f.Format, nil); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(want.Bytes(), got.Bytes()) {
				t.Errorf("%s: %d bytes, other than the %d of the whole", f.Format, got.Len(), want.Len())
			}
		}
		for _, q := range cpu.Quantities() {
			got, want := blocks.Quantity(q), whole.Quantity(q)
			if (got == nil) != (want == nil) {
				t.Errorf("%s: there are values %t, want %t", q.Name, got != nil, want != nil)
			}
			for i := 0; want != nil && i < whole.N(); i++ {
				if got, want := got(i), want(i); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
					t.Errorf("%s of run %d is %v, want %v", q.Name, i, got, want)
				}
			}
		}
		gotZero, wantZero := blocks.ExponentError(), whole.ExponentError()
		for i := range whole.N() {
			if gotZero(i) != wantZero(i) {
				t.Errorf("the exponent of run %d is 0 to %v, want %v", i, gotZero(i), wantZero(i))
			}
		}
		bad = 2
		for _, f := range formats {
			if err := (&Table{Blocks: must(OpenBlocks(cut, set, func(k int) (BlockFile, error) {
				return blockBytes{bytes.NewReader(pieces[k])}, nil
			}))(t), Meta: m}).Write(t.Context(), io.Discard, f.Format, nil); err != nil {
				t.Error(err)
			}
			blocks.Close()
			blocks.err = nil
			if err := (&Table{Blocks: blocks, Meta: m}).Write(t.Context(), io.Discard, f.Format, nil); !errors.Is(err, broken) {
				t.Errorf("%s: %v", f.Format, err)
			}
		}
		if _, err := OpenBlocks(cut, set, open); !errors.Is(err, broken) {
			t.Error(err)
		}
		for name, change := range map[string]func(b []byte) []byte{
			"cut":       func(b []byte) []byte { return b[:len(b)-1] },
			"no header": func(b []byte) []byte { return b[:4] },
			"long":      func(b []byte) []byte { b[7] = 1; return b },
		} {
			_, err := OpenBlocks(cut, set, func(k int) (BlockFile, error) {
				return blockBytes{bytes.NewReader(change(slices.Clone(pieces[k])))}, nil
			})
			if err == nil {
				t.Errorf("a block that is %s is read", name)
			}
		}
	}
}

// must returns a value, or ends a test with an error.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// TestHostileBlocks wants a block that somebody else has written to end in an error, not in a panic.
func TestHostileBlocks(t *testing.T) {
	p := problem()
	s := cpu.Sweep{Base: cpu.Run{Optimizer: "gd", LR: 1, Start: make([]float64, p.Dim()), Steps: 30}, Over: []cpu.Param{{Name: "lr", Values: []float64{1, 2}}}}
	r, err := p.Sweep(t.Context(), s, cpu.Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var good bytes.Buffer
	if err := WriteBlock(&good, r); err != nil {
		t.Fatal(err)
	}
	read := func(b []byte) error {
		blocks, err := OpenBlocks(s.Blocks(2), cpu.Settings{}, func(int) (BlockFile, error) { return blockBytes{bytes.NewReader(b)}, nil })
		if err != nil {
			return err
		}
		defer blocks.Close()
		return (&Table{Blocks: blocks, Meta: NewMeta(p, s, cpu.Settings{}, blocks.Summary().Counts)}).Write(t.Context(), io.Discard, CSV, nil)
	}
	if err := read(good.Bytes()); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(b []byte) []byte{
		"precision is 2": func(b []byte) []byte { b[len(b)-1] = 2; return b },
		"no column": func(b []byte) []byte {
			return bytes.Replace(b, []byte(`"status","bytes":1`), []byte(`"states","bytes":1`), 1)
		},
		"no column w": func(b []byte) []byte { return bytes.Replace(b, []byte(`"dim":2`), []byte(`"dim":9`), 1) },
		"is its best": func(b []byte) []byte { return bytes.Replace(b, []byte(`"best":{"run":`), []byte(`"best":{"run":-`), 1) },
	} {
		b := change(slices.Clone(good.Bytes()))
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)+uint64(len(b)-good.Len()))
		if err := read(b); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
