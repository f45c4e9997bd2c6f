package cpu

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// gram is Σ curve x xᵀ of vectors that are added four at a time: each entry of the sum is
// loaded and stored once for four products, and a row of it comes from memory once for
// several fours.
type gram struct {
	h     []float64 // r x r, of which the upper triangle counts
	r     int
	x     []float64 // vectors that wait
	curve [gramVectors]float64
	have  int
}

const gramVectors = 16

func newGram(r int) *gram {
	return &gram{h: make([]float64, r*r), r: r, x: make([]float64, gramVectors*r)}
}

// add adds a vector, which it copies.
func (g *gram) add(curve float64, x []float64) {
	copy(g.x[g.have*g.r:], x)
	g.curve[g.have] = curve
	if g.have++; g.have == len(g.curve) {
		g.flush()
	}
}

// flush adds the vectors that wait, which add does when there is no room for another.
func (g *gram) flush() {
	r := g.r
	fours := (g.have + 3) / 4
	for k := g.have; k < 4*fours; k++ {
		g.curve[k] = 0
		clear(g.x[k*r : (k+1)*r]) // 0 times what was there before may be NaN
	}
	g.have = 0
	for j := range r {
		h := g.h[j*r+j : (j+1)*r]
		for f := range fours {
			x, curve := g.x[4*f*r:4*(f+1)*r], g.curve[4*f:4*f+4]
			p, q, s, t := x[j:r], x[r+j:2*r], x[2*r+j:3*r], x[3*r+j:4*r]
			a, b, c, d := curve[0]*p[0], curve[1]*q[0], curve[2]*s[0], curve[3]*t[0]
			q, s, t, h := q[:len(p)], s[:len(p)], t[:len(p)], h[:len(p)]
			for k, v := range p {
				h[k] += a*v + b*q[k] + (c*s[k] + d*t[k])
			}
		}
	}
}

// blocksOf divides n samples of r weights into blocks, and returns where they begin.
// There are at most 16, of many weights 4, so that their sums take little memory, and of
// little work one.
func blocksOf(n, r int) (starts []int) {
	least, most := 4096, 16
	if r > 256 {
		least, most = 256, 4
	}
	size := max(least, (n+most-1)/most)
	for lo := 0; lo < n; lo += size {
		starts = append(starts, lo)
	}
	return starts
}

// eachBlock calls do for the samples of every block, on GOMAXPROCS goroutines if there
// are several.
func eachBlock(starts []int, n int, do func(b, lo, hi int)) {
	end := func(b int) int {
		if b+1 < len(starts) {
			return starts[b+1]
		}
		return n
	}
	if len(starts) == 1 {
		do(0, 0, n)
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(len(starts), runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for b := int(next.Add(1)) - 1; b < len(starts); b = int(next.Add(1)) - 1 {
				do(b, starts[b], end(b))
			}
		})
	}
	wg.Wait()
}
