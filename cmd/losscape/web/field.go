package web

import (
	"math"
	"slices"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/scale"
)

// fieldBits is the length of the whole numbers that a page has of a landscape's losses.
// They are kept as 32 bits while they are decoded; with 24 of them the steps between are
// as fine as those of float32, in which the page draws.
const fieldBits = 24

// field is a landscape as a page has it: whole numbers q from 1 to 2^24 − 1, 0 for a loss
// that is not finite, which stand for the loss
//
//	lo + (q − 1) step, or exp of it if the field is logarithmic.
//
// As losses change evenly from point to point, each number is stored as what it is more
// than left + below − (left and below), modulo 2^24, in three planes of bytes, the lowest
// first; so they deflate to a third.
type field struct {
	NX    int     `json:"nx"`
	NY    int     `json:"ny"`
	Log   bool    `json:"log"`
	Lo    float64 `json:"lo"`
	Step  float64 `json:"step"`
	L2    float64 `json:"l2"`
	Error float64 `json:"error"` // greatest |loss in the page − loss of the engine|, relative to that if Log

	Levels *array `json:"levels"`
}

// newField packs a landscape of a scene. Losses are logarithmic where a panel shows them
// on a scale that is not linear, and all of them are above 0.
func newField(p *pack, s *scenes.Scene, l *cpu.Landscape) *field {
	f := &field{NX: l.Grid.X.N, NY: l.Grid.Y.N, L2: s.Problem.L2}
	sorted := slices.DeleteFunc(slices.Clone(l.Loss), func(v float64) bool { return !scale.Finite(v) })
	slices.Sort(sorted)
	levels := make([]uint32, len(l.Loss))
	if n := len(sorted); n > 0 {
		linear := scale.New(s.Surface.Scale, sorted).Kind == scale.Linear && scale.New(s.Contour.Scale, sorted).Kind == scale.Linear
		f.Log = !linear && sorted[0] > 0
		f.quantize(levels, l.Loss, sorted[0], sorted[n-1])
	}
	f.Levels = p.levels(levels, f.NX)
	return f
}

// quantize finds the numbers of losses from lo to hi, and how far they are off.
func (f *field) quantize(levels []uint32, loss []float64, lo, hi float64) {
	const most = 1<<fieldBits - 2
	to := func(v float64) float64 { return v }
	if f.Log {
		to = math.Log
	}
	f.Lo = to(lo)
	if hi > lo {
		f.Step = (to(hi) - f.Lo) / most
	}
	for i, v := range loss {
		if !scale.Finite(v) {
			continue
		}
		q := 0.0
		if f.Step > 0 {
			q = min(max(math.Round((to(v)-f.Lo)/f.Step), 0), most)
		}
		levels[i] = 1 + uint32(q)
		off := math.Abs(f.loss(levels[i]) - v)
		if f.Log {
			off /= v
		}
		f.Error = max(f.Error, off)
	}
}

// loss returns what a number stands for, as the page rounds it.
func (f *field) loss(level uint32) float64 {
	v := f.Lo + float64(level-1)*f.Step
	if f.Log {
		v = math.Exp(v)
	}
	return float64(float32(v))
}

// levels appends the numbers of a field with rows of nx.
func (p *pack) levels(q []uint32, nx int) *array {
	n := len(q)
	a := &array{"field", p.align(), n}
	planes := make([]byte, 3*n)
	at := func(i, j int) uint32 {
		if i < 0 || j < 0 {
			return 0
		}
		return q[j*nx+i]
	}
	for k := range q {
		i, j := k%nx, k/nx
		d := q[k] - (at(i-1, j) + at(i, j-1) - at(i-1, j-1))
		planes[k], planes[n+k], planes[2*n+k] = byte(d), byte(d>>8), byte(d>>16)
	}
	p.bytes = append(p.bytes, planes...)
	return a
}
