package scale

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"losscape/cpu"
)

// ParamAxis is a swept parameter along an axis: even steps from value to value, the
// logarithm's where they are even so, or the number of the value for other lists.
type ParamAxis struct {
	Param  *cpu.Param
	Scale  *Scale // from the first value to the last; of their numbers if List is set
	List   bool   // the values are spaced neither evenly nor logarithmically
	Values []float64
}

// NewParamAxis returns the axis of a parameter with at least one value.
func NewParamAxis(p *cpu.Param) *ParamAxis {
	v := p.Values
	a := &ParamAxis{Param: p, Values: v}
	first, last := v[0], v[len(v)-1]
	switch {
	case len(v) > 1 && !p.Log && Spaced(v, func(x float64) float64 { return x }):
		a.Scale = NewLinear(first, last)
	case len(v) > 1 && (p.Log || Spaced(v, math.Log)):
		a.Scale = NewLog(first, last)
		a.Scale.Least = min(first, last)
	default:
		a.Scale, a.List = NewLinear(0, float64(max(len(v)-1, 1))), true
	}
	return a
}

// Spaced reports whether f makes values evenly spaced.
func Spaced(v []float64, f func(float64) float64) bool {
	n := len(v)
	if n < 2 {
		return true
	}
	from, to := f(v[0]), f(v[n-1])
	step := (to - from) / float64(n-1)
	if step == 0 || !Finite(step) {
		return false
	}
	for i, x := range v {
		if d := f(x) - (from + float64(i)*step); !(math.Abs(d) <= 1e-3*math.Abs(step)) {
			return false
		}
	}
	return true
}

// At returns what the scale takes for value i.
func (a *ParamAxis) At(i int) float64 {
	if a.List {
		return float64(i)
	}
	return a.Values[i]
}

// ParamCells is a parameter along a map's side: each value has a cell of its own.
type ParamCells struct {
	*ParamAxis
	cells *Scale // from half a step before the first value to half a step after the last
}

// NewParamCells returns the side of a map for a parameter with at least one value.
func NewParamCells(p *cpu.Param) ParamCells {
	a := NewParamAxis(p)
	s := *a.Scale
	step := (s.B - s.A) / float64(max(len(p.Values)-1, 1))
	s.A, s.B = s.A-step/2, s.B+step/2
	s.Least = 0
	return ParamCells{a, &s}
}

// Unit returns where a value, or the number of one, lies along the side, 0 to 1.
func (a ParamCells) Unit(x float64) float64 { return a.cells.Unit(x) }

// Find returns where v lies along the side; ok is false if it is not in the range of
// the axis, or not in its list.
func (a ParamCells) Find(v float64) (unit float64, ok bool) {
	switch {
	case a.List:
		i := slices.Index(a.Values, v)
		return a.Unit(float64(i)), i >= 0
	case a.Scale.Kind == Log && v <= 0:
		return 0, false
	}
	u := a.Unit(v)
	return u, u >= 0 && u <= 1
}

// Ticks returns at most bins+1 marks, as the scale takes them, with their labels.
func (a *ParamAxis) Ticks(bins int) (at []float64, labels []string) {
	v := a.Values
	if a.List {
		every := max(1, (len(v)+bins)/(bins+1))
		for i := 0; i < len(v); i += every {
			at = append(at, float64(i))
			labels = append(labels, strings.ReplaceAll(strconv.FormatFloat(v[i], 'g', 4, 64), "-", Minus))
		}
		return at, labels
	}
	s := a.Scale
	if s.A > s.B {
		s = s.Between(s.B, s.A)
	}
	at, labels = s.Ticks(bins)
	if h, ok := cpu.LookupHyperParameter(a.Param.Name); ok && h.Whole() {
		for i := len(at) - 1; i >= 0; i-- {
			if at[i] != math.Trunc(at[i]) {
				at, labels = slices.Delete(at, i, i+1), slices.Delete(labels, i, i+1)
			}
		}
	}
	return at, labels
}

// Name returns the words beside the axis.
func (a *ParamAxis) Name() string {
	if index, weight := strings.CutPrefix(a.Param.Name, "w"); weight {
		return "Start w" + Subscript(index)
	}
	h, _ := cpu.LookupHyperParameter(a.Param.Name)
	return h.Title
}
