package dataset

import (
	"math"

	"gonum.org/v1/gonum/mathext/prng"
)

// Generator draws the numbers that NumPy's legacy global generator draws
// after np.random.seed: the Mersenne Twister MT19937, and normal deviates by
// the polar method. It is not safe for concurrent use.
type Generator struct {
	mt     *prng.MT19937
	cached float64 // second deviate of the last accepted pair
	full   bool    // cached is yet to be returned
}

// NewNumPy returns a generator in the state that np.random.seed(seed) leaves
// behind, which is init_genrand(seed) of the Mersenne Twister's authors.
func NewNumPy(seed uint32) *Generator {
	mt := prng.NewMT19937()
	mt.Seed(uint64(seed))
	return &Generator{mt: mt}
}

// Float64 returns the next uniform deviate in [0, 1), a multiple of 2⁻⁵³, as
// np.random.random does.
func (g *Generator) Float64() float64 {
	a, b := g.mt.Uint32()>>5, g.mt.Uint32()>>6
	return (float64(a)*(1<<26) + float64(b)) / (1 << 53)
}

// Normal returns the next normal deviate with the given mean and standard
// deviation, as np.random.normal does: deviates come in pairs by Marsaglia's
// polar method, and the first call of a pair returns the second of it.
//
// The conversions to float64 keep products from being fused with sums, which
// would move the last bit on some architectures.
func (g *Generator) Normal(mean, std float64) float64 {
	return mean + float64(std*g.gauss())
}

func (g *Generator) gauss() float64 {
	if g.full {
		g.full = false
		return g.cached
	}
	for {
		x1 := 2*g.Float64() - 1
		x2 := 2*g.Float64() - 1
		r2 := float64(x1*x1) + float64(x2*x2)
		if r2 >= 1 || r2 == 0 {
			continue
		}
		f := math.Sqrt(-2 * logRounded(r2) / r2)
		g.cached, g.full = f*x1, true
		return f * x2
	}
}

// ln2 as the sum of two float64, good to 2⁻¹⁰⁷.
const (
	ln2Hi = 0x1.62e42fefa39efp-1
	ln2Lo = 0x1.abc9e3b39803fp-56
)

// logRounded returns the natural logarithm of a positive, finite, normal x,
// correctly rounded but for ties closer than some 2⁻⁴⁰ ULP. math.Log is good
// to 1 ULP and differs between architectures; the C library that NumPy uses is
// within 0.52 ULP, so that the two can be told apart only in rare near-ties.
func logRounded(x float64) float64 {
	// One Newton step in double-double: with y ≈ log x and k = round(y/ln 2),
	// x e^−y = m e^t for m = x 2^−k and t = k ln 2 − y, |t| < 0.35.
	y := math.Log(x)
	k := math.Round(y / math.Ln2)
	m := math.Ldexp(x, -int(k))
	t := mul(dd{ln2Hi, ln2Lo}, k).plus(dd{-y, 0})

	// e^t − 1 = t (1 + t/2 (1 + t/3 (...))); 0.35²⁷/28! is below 2⁻¹³⁰.
	p := dd{1, 0}
	for n := 27.0; n > 1; n-- {
		p = dd{1, 0}.plus(t.times(p).over(n))
	}
	em1 := t.times(p)

	// r = m e^t − 1 = (m − 1) + m (e^t − 1), of which m − 1 is exact, and
	// log x = y + log(1 + r) with r below 1 ULP of y.
	r := mul(em1, m).plus(dd{m - 1, 0})
	return y + (r.hi - r.hi*r.hi/2 + r.lo)
}

// dd is the unevaluated sum of two float64, |lo| ≤ ULP(hi)/2: double-double
// arithmetic as Dekker (1971) and Knuth (TAOCP 2, 4.2.2) describe it.
type dd struct{ hi, lo float64 }

// sum returns a+b exactly.
func sum(a, b float64) dd {
	s := a + b
	bb := s - a
	return dd{s, (a - (s - bb)) + (b - bb)}
}

// mul returns a times b.
func mul(a dd, b float64) dd {
	hi := a.hi * b
	return sum(hi, math.FMA(a.hi, b, -hi)+float64(a.lo*b))
}

func (a dd) plus(b dd) dd {
	h, l := sum(a.hi, b.hi), sum(a.lo, b.lo)
	v := sum(h.hi, h.lo+l.hi)
	return sum(v.hi, v.lo+l.lo)
}

func (a dd) times(b dd) dd {
	hi := a.hi * b.hi
	lo := math.FMA(a.hi, b.hi, -hi) + (float64(a.hi*b.lo) + float64(a.lo*b.hi))
	return sum(hi, lo)
}

func (a dd) over(b float64) dd {
	q := a.hi / b
	return sum(q, (math.FMA(-q, b, a.hi)+a.lo)/b)
}
