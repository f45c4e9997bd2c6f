package scale

import (
	"math"
	"slices"
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

// Spaced reports whether f makes values evenly spaced, as far as float64 lets them be.
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
		// A value is rounded, and so are the ends.
		rounding := 2 * math.Abs(f(math.Nextafter(x, math.Inf(1)))-f(x))
		if d := f(x) - (from + float64(i)*step); !(math.Abs(d) <= 1e-3*math.Abs(step)+rounding) {
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
	if s.A, s.B = s.A-step/2, s.B+step/2; len(p.Values) == 1 {
		s.A, s.B = -0.5, 0.5
	}
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

// Marks returns the ticks as the scale takes them, as Scale.Marks does: each value if all
// are few and short, each second, third, ... of a list, and only whole numbers of a
// parameter that has no others.
func (a *ParamAxis) Marks(bins int) Marks {
	m, even := a.marks(max(bins, 1))
	return m.shortened(even)
}

// Ticks returns what Marks does, its labels in full.
func (a *ParamAxis) Ticks(bins int) (at []float64, labels []string) {
	m, _ := a.marks(max(bins, 1))
	return m.Values, m.Labels
}

// Minor returns the ticks between those of Ticks that have no label.
func (a *ParamAxis) Minor(bins int) []float64 {
	m, _ := a.marks(max(bins, 1))
	return m.Minor
}

// marks returns the ticks with labels in full, and whether an offset can shorten these.
func (a *ParamAxis) marks(bins int) (m Marks, even bool) {
	if m, ok := a.all(bins); ok {
		return m, false
	}
	if a.List {
		return a.some(bins), false
	}
	h, ok := cpu.LookupHyperParameter(a.Param.Name)
	if !ok || !h.Whole() {
		return a.Scale.marks(bins)
	}
	lo, hi := a.Scale.Ends()
	lo, hi = math.Ceil(min(lo, hi)-slack), math.Floor(max(lo, hi)+slack)
	broken := func(v float64) bool { return v != math.Trunc(v) }
	if a.Scale.Kind == Log {
		m, _ = a.Scale.marks(bins)
		if m.Minor = slices.DeleteFunc(m.Minor, broken); !slices.ContainsFunc(m.Values, broken) {
			return m, false
		}
	}
	m.Values = slices.DeleteFunc(evenTicks(lo, hi, bins, wholeSteps), broken)
	if len(m.Values) < 2 {
		m.Values = slices.Compact([]float64{lo, hi})
	}
	m.Labels = Labels(m.Values)
	return m, true
}

// shortLabel is how many characters the values have at most that are all written.
const shortLabel = 5

// all returns a tick for each value, if they are few and all short.
func (a *ParamAxis) all(bins int) (m Marks, ok bool) {
	if len(a.Values) > bins+1 {
		return m, false
	}
	for i, v := range a.Values {
		m.Values, m.Labels = append(m.Values, a.At(i)), append(m.Labels, Short(v))
	}
	if n := len(m.Values); n > 1 && m.Values[0] > m.Values[n-1] {
		slices.Reverse(m.Values)
		slices.Reverse(m.Labels)
	}
	return m, longest(m.Labels) <= shortLabel
}

// some returns ticks of a list, at most bins+1.
func (a *ParamAxis) some(bins int) (m Marks) {
	var values []float64
	every := max(1, (len(a.Values)+bins)/(bins+1))
	for i := 0; i < len(a.Values); i += every {
		m.Values, values = append(m.Values, float64(i)), append(values, a.Values[i])
	}
	m.Labels = distinct(values, 6)
	return m
}

// Name returns the words beside the axis.
func (a *ParamAxis) Name() string {
	if index, weight := strings.CutPrefix(a.Param.Name, "w"); weight {
		return "Start w" + Subscript(index)
	}
	h, _ := cpu.LookupHyperParameter(a.Param.Name)
	return h.Title
}
