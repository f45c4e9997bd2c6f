package cpu

import (
	"math/bits"
	"slices"
)

// Block is some of the runs of a sweep that follow one another, as a sweep of its own: its run i
// is run First + i of the whole.
type Block struct {
	Sweep
	First uint64
}

// Blocks are the runs of a sweep, cut into blocks, which are made when they are asked for: there
// may be millions.
type Blocks struct {
	of    Sweep
	axis  int    // whose values are cut; those before it have one value in a block, those after it all
	parts int    // that its values are cut into
	inner uint64 // runs of one value of it
	count int
}

// Blocks cuts a valid sweep into blocks of at most so many runs, at least 1. How it is cut
// depends on nothing else. A block has all values of the last axes, some neighbouring ones of the axis
// before these, and one of each axis before that. Blocks are about as large as one another.
//
// What is decided by all values of a sweep is decided by those of the whole for every block, see
// Whole; what neighbours on the map say of a run, only those in its block do.
func (s Sweep) Blocks(most int) Blocks {
	b := Blocks{of: s, axis: len(s.Over), parts: 1, inner: 1, count: 1}
	for b.axis > 0 {
		b.axis--
		n := s.Over[b.axis].Len()
		if all := mulSat(b.inner, uint64(n)); all <= uint64(most) && b.axis > 0 {
			b.inner = all
			continue
		}
		each := max(int(uint64(most)/b.inner), 1)
		b.parts = (n + each - 1) / each
		break
	}
	b.count = b.parts
	for _, p := range s.Over[:b.axis] {
		b.count *= p.Len()
	}
	return b
}

// Len returns the number of blocks.
func (b Blocks) Len() int { return b.count }

// At returns block k, 0 ≤ k < Len. The blocks have the runs in their order. Its values alias those of the sweep.
func (b Blocks) At(k int) Block {
	if b.count == 1 {
		return Block{Sweep: b.of}
	}
	s := Sweep{Base: b.of.Base, Over: slices.Clone(b.of.Over), whole: &b.of}
	if b.of.whole != nil {
		s.whole = b.of.whole
	}
	outer, part := k/b.parts, k%b.parts
	cut := &s.Over[b.axis]
	n := cut.Len()
	lo, hi := share(n, part, b.parts), share(n, part+1, b.parts)
	first := (uint64(outer)*uint64(n) + uint64(lo)) * b.inner
	*cut = cut.cut(lo, hi)
	for a := b.axis - 1; a >= 0; a-- {
		p := &s.Over[a]
		i := outer % p.Len()
		outer /= p.Len()
		*p = p.cut(i, i+1)
	}
	return Block{Sweep: s, First: first}
}

// share returns n part/parts, rounded down, 0 ≤ part ≤ parts.
func share(n, part, parts int) int {
	hi, lo := bits.Mul64(uint64(n), uint64(part))
	q, _ := bits.Div64(hi, lo, uint64(parts))
	return int(q)
}

// Whole returns the sweep that s is a block of, or s itself. An engine decides by it what depends
// on all values of the axes, so that all blocks are computed in the same way.
func (s Sweep) Whole() Sweep {
	if s.whole != nil {
		return *s.whole
	}
	return s
}

// In returns the settings for a block: of the runs that are recorded those in it, by their numbers
// there.
func (set Settings) In(b Block) Settings {
	if set.Recorded == nil {
		return set
	}
	n, _ := b.Count()
	recorded := []int{}
	for _, i := range set.Recorded {
		if at := uint64(i); at >= b.First && at-b.First < n {
			recorded = append(recorded, int(at-b.First))
		}
	}
	set.Recorded = recorded
	return set
}
