package draw

import (
	"math"

	"losscape/cpu"
)

// paramAxis is a swept parameter along an axis: even steps from value to value, the
// logarithm's where they are even so, or the number of the value for other lists.
type paramAxis struct {
	param  *cpu.Param
	scale  *scale // from the first value to the last; of numbers where list is set
	list   bool
	values []float64
}

func newParamAxis(p *cpu.Param) *paramAxis {
	v := p.Values
	a := &paramAxis{param: p, values: v}
	first, last := v[0], v[len(v)-1]
	switch {
	case len(v) > 1 && !p.Log && spaced(v, func(x float64) float64 { return x }):
		a.scale = linear(first, last)
	case len(v) > 1 && (p.Log || spaced(v, math.Log)):
		a.scale = logarithmic(first, last)
		a.scale.least = min(first, last)
	default:
		a.scale, a.list = linear(0, float64(max(len(v)-1, 1))), true
	}
	return a
}

// spaced says whether f makes values evenly spaced.
func spaced(v []float64, f func(float64) float64) bool {
	n := len(v)
	from, to := f(v[0]), f(v[n-1])
	step := (to - from) / float64(n-1)
	if step == 0 || !finite(step) {
		return false
	}
	for i, x := range v {
		if d := f(x) - (from + float64(i)*step); !(math.Abs(d) <= 1e-3*math.Abs(step)) {
			return false
		}
	}
	return true
}

// at returns what the scale takes for value i.
func (a *paramAxis) at(i int) float64 {
	if a.list {
		return float64(i)
	}
	return a.values[i]
}
