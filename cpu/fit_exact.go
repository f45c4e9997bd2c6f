package cpu

import (
	"math/big"
	"strconv"
	"strings"
)

// exact has the vectors s [features, 1] of samples in whole numbers: each feature by the
// shortest decimals of its float64s, which are those that a file has (of up to 15 digits),
// times the power of 10 that leaves no fraction. Columns that are stretched so keep the signs of all
// margins: whether samples are separable is the same question.
type exact struct {
	p     *Problem
	power []int // of 10, by column
	cache map[int][]*big.Int
}

func newExact(p *Problem) *exact {
	e := &exact{p: p, power: make([]int, p.Dim()), cache: map[int][]*big.Int{}}
	for i := range p.N() {
		for j, x := range p.X.RawRowView(i) {
			if x != float64(int64(x)) || x >= 1<<53 || x <= -1<<53 {
				_, exponent := decimal(x)
				e.power[j] = max(e.power[j], -exponent)
			}
		}
	}
	return e
}

// decimal returns the shortest digits of x and the exponent of the last of them.
func decimal(x float64) (digits string, exponent int) {
	text := strconv.FormatFloat(x, 'e', -1, 64)
	digits, power, _ := strings.Cut(text, "e")
	exponent, _ = strconv.Atoi(power)
	whole, fraction, _ := strings.Cut(digits, ".")
	return whole + fraction, exponent - len(fraction)
}

// vector returns that of a sample. It is not to be changed.
func (e *exact) vector(i int) []*big.Int {
	if v := e.cache[i]; v != nil {
		return v
	}
	v := make([]*big.Int, e.p.Dim())
	for j, x := range e.p.X.RawRowView(i) {
		digits, exponent := decimal(x)
		v[j], _ = new(big.Int).SetString(digits, 10)
		if v[j].Sign() != 0 {
			v[j].Mul(v[j], pow10(exponent+e.power[j]))
		}
	}
	v[len(v)-1] = big.NewInt(1)
	if e.p.Y[i] == 0 {
		for _, x := range v {
			x.Neg(x)
		}
	}
	if len(e.cache) < 4096 { // what certificates are made of comes again, the rest once
		e.cache[i] = v
	}
	return v
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// stretch returns by what a weight of column j is divided where the column is stretched.
func (e *exact) stretch(j int) *big.Int { return pow10(e.power[j]) }

// dotExact returns Σ a b.
func dotExact(a, b []*big.Int) *big.Int {
	sum, product := new(big.Int), new(big.Int)
	for k, x := range a {
		if x.Sign() != 0 && b[k].Sign() != 0 {
			sum.Add(sum, product.Mul(x, b[k]))
		}
	}
	return sum
}

// echelon is a matrix in whole numbers that takes rows one by one and keeps those that
// are independent, each without what is before the pivots of the others.
type echelon struct {
	rows  [][]*big.Int
	pivot []int
}

// reduce returns a multiple of a row less multiples of those that are kept, 0 at their
// pivots, and its first column that is not 0, or −1.
func (e *echelon) reduce(row []*big.Int) ([]*big.Int, int) {
	out := make([]*big.Int, len(row))
	for k, x := range row {
		out[k] = new(big.Int).Set(x)
	}
	for k, r := range e.rows {
		eliminate(out, r, e.pivot[k])
	}
	for k, x := range out {
		if x.Sign() != 0 {
			return out, k
		}
	}
	return out, -1
}

// add keeps a row, and reports whether it is independent of those before.
func (e *echelon) add(row []*big.Int) bool {
	out, pivot := e.reduce(row)
	if pivot < 0 {
		return false
	}
	for _, r := range e.rows {
		eliminate(r, out, pivot)
	}
	e.rows, e.pivot = append(e.rows, out), append(e.pivot, pivot)
	return true
}

// eliminate makes row 0 in a column by a multiple of another row, and divides it by what
// its numbers have in common.
func eliminate(row, by []*big.Int, column int) {
	if row[column].Sign() == 0 {
		return
	}
	a, b := new(big.Int).Set(by[column]), new(big.Int).Set(row[column])
	if a.Sign() < 0 { // so that row keeps its sign
		a.Neg(a)
		b.Neg(b)
	}
	common, product := new(big.Int), new(big.Int)
	for k, x := range row {
		x.Sub(x.Mul(x, a), product.Mul(b, by[k]))
		if common.CmpAbs(big.NewInt(1)) != 0 {
			common.GCD(nil, nil, common, new(big.Int).Abs(x))
		}
	}
	if common.Sign() != 0 {
		for _, x := range row {
			x.Quo(x, common)
		}
	}
}

// null returns vectors that span what is orthogonal to all rows, of dim numbers each.
func (e *echelon) null(dim int) [][]*big.Int {
	is := make([]bool, dim)
	for _, p := range e.pivot {
		is[p] = true
	}
	var out [][]*big.Int
	for free := range dim {
		if is[free] {
			continue
		}
		// Each row has its pivot and the free columns only. With the common multiple m
		// of all pivots at the free column, −m/pivot of the row's number is at the pivot.
		m := big.NewInt(1)
		for k, r := range e.rows {
			pivot := new(big.Int).Abs(r[e.pivot[k]])
			m.Mul(m, pivot.Quo(pivot, new(big.Int).GCD(nil, nil, m, pivot)))
		}
		v := make([]*big.Int, dim)
		for k := range v {
			v[k] = new(big.Int)
		}
		v[free].Set(m)
		for k, r := range e.rows {
			x := new(big.Int).Quo(m, r[e.pivot[k]])
			v[e.pivot[k]] = x.Neg(x.Mul(x, r[free]))
		}
		out = append(out, v)
	}
	return out
}
