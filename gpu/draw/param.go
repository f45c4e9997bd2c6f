package draw

import (
	"math"
	"slices"
	"strconv"
	"strings"

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
	case len(v) > 1 && !p.Log && Spaced(v, func(x float64) float64 { return x }):
		a.scale = linear(first, last)
	case len(v) > 1 && (p.Log || Spaced(v, math.Log)):
		a.scale = logarithmic(first, last)
		a.scale.least = min(first, last)
	default:
		a.scale, a.list = linear(0, float64(max(len(v)-1, 1))), true
	}
	return a
}

// Spaced says whether f makes values evenly spaced.
func Spaced(v []float64, f func(float64) float64) bool {
	n := len(v)
	if n < 2 {
		return true
	}
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

// paramCells is a parameter along a map's side: each value has a cell of its own.
type paramCells struct {
	*paramAxis
	cells *scale // from half a step before the first value to half a step after the last
}

func newParamCells(p *cpu.Param) paramCells {
	a := newParamAxis(p)
	s := *a.scale
	step := (s.b - s.a) / float64(max(len(p.Values)-1, 1))
	s.a, s.b = s.a-step/2, s.b+step/2
	s.least = 0
	return paramCells{a, &s}
}

// unit returns where a value, or the number of one, lies along the side, 0 to 1.
func (a paramCells) unit(x float64) float64 { return a.cells.unit(x) }

// find returns where v lies along the side; ok is false if it is not in the range of
// the axis, or not in its list.
func (a paramCells) find(v float64) (unit float64, ok bool) {
	switch {
	case a.list:
		i := slices.Index(a.values, v)
		return a.unit(float64(i)), i >= 0
	case a.scale.kind == logScale && v <= 0:
		return 0, false
	}
	u := a.unit(v)
	return u, u >= 0 && u <= 1
}

// ticks returns at most bins+1 marks, as the scale takes them, with their labels.
func (a *paramAxis) ticks(bins int) (at []float64, labels []string) {
	v := a.values
	if a.list {
		every := max(1, (len(v)+bins)/(bins+1))
		for i := 0; i < len(v); i += every {
			at = append(at, float64(i))
			labels = append(labels, strings.ReplaceAll(strconv.FormatFloat(v[i], 'g', 4, 64), "-", minus))
		}
		return at, labels
	}
	s := a.scale
	if s.a > s.b {
		s = s.between(s.b, s.a)
	}
	at, labels = s.ticks(bins)
	if h, ok := cpu.LookupHyperParameter(a.param.Name); ok && h.Whole() {
		for i := len(at) - 1; i >= 0; i-- {
			if at[i] != math.Trunc(at[i]) {
				at, labels = slices.Delete(at, i, i+1), slices.Delete(labels, i, i+1)
			}
		}
	}
	return at, labels
}

// name returns the words beside the axis.
func (a *paramAxis) name() string {
	if index, weight := strings.CutPrefix(a.param.Name, "w"); weight {
		return "Start w" + subscript(index)
	}
	h, _ := cpu.LookupHyperParameter(a.param.Name)
	return h.Title
}
