package cpu_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"losscape/cpu"
)

// sweepOver is a sweep of axes of so many values, 1, 2, ... in each.
func sweepOver(sizes ...int) cpu.Sweep {
	s := cpu.Sweep{Base: cpu.Run{Optimizer: "momentum", LR: 1, Momentum: 0.5, Start: []float64{0, 0}, Steps: 3}}
	for a, n := range sizes {
		p := cpu.Param{Name: []string{"lr", "w1", "w2"}[a]}
		for i := range n {
			p.Values = append(p.Values, float64(i+1))
		}
		s.Over = append(s.Over, p)
	}
	return s
}

// TestBlocks wants the blocks of a sweep to have its runs, in their order, each of them a valid
// sweep of at most so many.
func TestBlocks(t *testing.T) {
	p := random(1, 10, 1)
	for _, sizes := range [][]int{{}, {1}, {7}, {1, 1}, {5, 4}, {4, 5, 3}, {1, 6, 1}, {3, 1, 5}} {
		s := sweepOver(sizes...)
		count, err := s.Count()
		if err != nil {
			t.Fatal(err)
		}
		for most := 1; most <= int(count)+1; most++ {
			blocks, next, least := s.Blocks(most), uint64(0), math.MaxInt
			for k := range blocks.Len() {
				b := blocks.At(k)
				n, err := b.Count()
				if err != nil || n < 1 || n > uint64(most) || b.First != next {
					t.Fatalf("%v by %d: block %d is of %d runs from %d on, want some from %d on", sizes, most, k, n, b.First, next)
				}
				if err := b.Validate(p); err != nil {
					t.Errorf("%v by %d: block %d: %v", sizes, most, k, err)
				}
				for i := range int(n) {
					if d := cmp.Diff(s.Run(int(b.First)+i), b.Run(i)); d != "" {
						t.Fatalf("%v by %d: run %d of block %d: %s", sizes, most, i, k, d)
					}
				}
				if len(b.Over) != len(s.Over) || !slices.EqualFunc(b.Whole().Over, s.Over, func(a, b cpu.Param) bool { return slices.Equal(a.Values, b.Values) }) {
					t.Errorf("%v by %d: block %d has other axes", sizes, most, k)
				}
				next += n
				least = min(least, int(n))
			}
			if next != count || most > int(count) != (blocks.Len() == 1) && most != int(count) {
				t.Errorf("%v by %d: %d blocks of %d runs in all, want %d", sizes, most, blocks.Len(), next, count)
			}
		}
	}
}

// TestManyBlocks numbers more runs than 32 bits do.
func TestManyBlocks(t *testing.T) {
	s := sweepOver(10007, 10009, 10037)
	count, err := s.Count()
	if want := uint64(10007 * 10009 * 10037); err != nil || count != want {
		t.Fatalf("%d runs, %v, want %d", count, err, want)
	}
	blocks := s.Blocks(1 << 20)
	if n := blocks.Len(); n != 10007*97 { // of 104 values of the second axis at most
		t.Errorf("%d blocks, want %d", n, 10007*97)
	}
	last := blocks.At(blocks.Len() - 1)
	n, _ := last.Count()
	if last.First+n != count {
		t.Errorf("the last block has %d runs from %d on, of %d", n, last.First, count)
	}
	for _, k := range []int{0, 96, 97, 500_000, blocks.Len() - 2} {
		b, after := blocks.At(k), blocks.At(k+1)
		n, _ := b.Count()
		if b.First+n != after.First {
			t.Errorf("block %d has %d runs from %d on, the next begins at %d", k, n, b.First, after.First)
		}
		if d := cmp.Diff(s.Run(int(after.First)), after.Run(0)); d != "" {
			t.Errorf("block %d: %s", k+1, d)
		}
	}
	set := cpu.Settings{Every: 1, Recorded: []int{int(last.First) - 1, int(last.First), int(count) - 1}}
	if got := set.In(last).Recorded; !slices.Equal(got, []int{0, int(n) - 1}) {
		t.Errorf("runs %v of the last block are recorded", got)
	}
	if got := set.In(blocks.At(0)).Recorded; got == nil || len(got) > 0 {
		t.Errorf("runs %v of the first block are recorded", got)
	}
}

// TestBlocksOfNearValues wants blocks to know that float32 does not tell the values of their
// sweep apart.
func TestBlocksOfNearValues(t *testing.T) {
	s := sweepOver(3, 2)
	s.Over[0].Values = []float64{1, 2, math.Nextafter(2, 3)}
	blocks := s.Blocks(2)
	if blocks.Len() != 3 || !blocks.At(0).Indistinct() || blocks.At(0).Blocks(1).Len() != 2 || !blocks.At(0).Blocks(1).At(1).Indistinct() {
		t.Error("a block of one value of an axis forgets the others")
	}
}

// TestSweepOfBlocks wants the runs of blocks to come to what those of the whole sweep do.
func TestSweepOfBlocks(t *testing.T) {
	p := random(3, 20, 1)
	s := sweepOver(5, 3)
	s.Base.Steps = 20
	set := cpu.Settings{Every: 10, Recorded: []int{2, 3, 14}, Quantities: cpu.DerivedNames()}
	want, err := p.Sweep(t.Context(), s, set, nil)
	if err != nil {
		t.Fatal(err)
	}
	blocks, states := s.Blocks(7), []float64(nil)
	for k := range blocks.Len() {
		b := blocks.At(k)
		got, err := p.Sweep(t.Context(), b.Sweep, set.In(b), nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got.N() {
			at := int(b.First) + i
			for _, q := range append(cpu.QuantityNames(), cpu.DerivedNames()...) {
				f, err := cpu.LookupQuantity(q)
				if err != nil {
					t.Fatal(err)
				}
				if x, y := f.Of(got)(i), f.Of(want)(at); math.Float64bits(x) != math.Float64bits(y) {
					t.Errorf("%s of run %d is %v in its block, %v in the whole", q, at, x, y)
				}
			}
			if !slices.Equal(got.At(i), want.At(at)) {
				t.Errorf("run %d ends at %v in its block, at %v in the whole", at, got.At(i), want.At(at))
			}
		}
		states = append(states, got.Trajectories.W...)
	}
	if !slices.Equal(states, want.Trajectories.W) {
		t.Error("the states of blocks are not those of the whole")
	}
}
