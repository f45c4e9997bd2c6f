package compute

import (
	"math"

	"losscape/cpu"
)

// startGrowth points the direction of the run in slot s where cpu's is at the start.
func startGrowth(b *runBatch, s int) {
	for j, x := range cpu.StartDirection(b.dim) {
		b.state.column("EXPONENT_DIRECTION", j)[s] = x
	}
	for i := range 2 {
		b.state.column("EXPONENT_NEAREST", i)[s] = math.Inf(1)
	}
}

// takeGrowth sets what the exponent of a run follows from. It stays 0 where a number on the
// way to it has left the range of the format, or where there is none.
func takeGrowth(o *outcome, b *runBatch, s int) {
	r := &b.runs[b.slots[s]]
	word := func(name string, i int) float64 { return b.state.column("EXPONENT_"+name, i)[s] }
	sum := func(name string) float64 {
		if x := word(name, 0); math.IsInf(x, 0) {
			return x
		}
		return word(name, 0) - word(name+"_ERROR", 0)
	}
	g := cpu.Growth{Steps: r.Steps - b.j.set.TransientOf(r), Sum: sum("SUM"), Last: sum("LATE"), Nearest: [2]float64{word("NEAREST", 0), word("NEAREST", 1)}}
	if o.status != cpu.Diverged && g.Steps > 0 && !math.IsNaN(g.Sum) && !math.IsInf(g.Sum, 1) {
		o.growth = g
	}
}
