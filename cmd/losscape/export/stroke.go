package export

import (
	"cmp"
	"math"
	"slices"

	"losscape/scenes/display"
)

// chain is a line of one thickness.
type chain struct {
	radius float64
	pts    []display.Point // one is a bead
}

// chains joins the capsules of a stroke that follow each other.
func chains(segs []display.Segment) (out []chain) {
	for _, s := range segs {
		a, b, r := at(s.P[0], s.P[1]), at(s.P[2], s.P[3]), float64(s.D[2])
		if n := len(out) - 1; a != b && n >= 0 && out[n].radius == r && out[n].pts[len(out[n].pts)-1] == a {
			out[n].pts = append(out[n].pts, b)
			continue
		}
		c := chain{r, []display.Point{a}}
		if a != b {
			c.pts = append(c.pts, b)
		}
		out = append(out, c)
	}
	return out
}

// union is the outline of the capsules' union by the nonzero rule: all are clockwise.
func union(segs []display.Segment) *path {
	var p path
	for _, s := range segs {
		p.capsule(at(s.P[0], s.P[1]), at(s.P[2], s.P[3]), float64(s.D[2]))
	}
	return &p
}

// coat is a part of a stroke that has not faded farther than the coats before it.
type coat struct {
	segs []display.Segment
	ink  ink
}

// mostCoats is how many steps of fading are told apart.
const mostCoats = 24

// coats divides a stroke that fades. Each coat covers what has faded as far or less,
// over the coats before it, and makes up for the difference: so that where two parts
// meet neither a seam shows nor an overlap, and where the line crosses itself the part
// shows that has faded least.
func coats(segs []display.Segment, c ink) (out []coat) {
	step := func(s display.Segment) int { return int(math.Ceil(mostCoats * float64(min(max(s.D[3], 0), 1)))) }
	var steps []int
	for _, s := range segs {
		steps = append(steps, step(s))
	}
	slices.SortFunc(steps, func(a, b int) int { return cmp.Compare(b, a) })
	before := 0.0
	for _, k := range slices.Compact(steps) {
		a := c.a * (1 - float64(k)/mostCoats)
		if a <= before {
			continue
		}
		coat := coat{ink: c}
		coat.ink.a = 1 - (1-a)/(1-before)
		for _, s := range segs {
			if step(s) <= k {
				coat.segs = append(coat.segs, s)
			}
		}
		out = append(out, coat)
		before = a
	}
	return out
}

// lines returns the chains of a coat that a pen can draw, by thickness, and as an
// outline what it cannot: beads, and all of it where parts of several thicknesses would
// show through each other.
func (c coat) lines() (pens [][]chain, rest *path) {
	all := chains(c.segs)
	if c.ink.a < 1 {
		for _, l := range all {
			if len(l.pts) == 1 || l.radius != all[0].radius {
				return nil, union(c.segs)
			}
		}
	}
	rest = new(path)
	for _, l := range all {
		if len(l.pts) == 1 {
			rest.capsule(l.pts[0], l.pts[0], l.radius)
			continue
		}
		i := slices.IndexFunc(pens, func(p []chain) bool { return p[0].radius == l.radius })
		if i < 0 {
			pens, i = append(pens, nil), len(pens)
		}
		pens[i] = append(pens[i], l)
	}
	return pens, rest
}
