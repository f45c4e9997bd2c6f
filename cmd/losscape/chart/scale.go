package chart

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"losscape/cpu"
	scales "losscape/scenes/scale"
)

// tick is a mark at a place of an axis; without a label it is a small one.
type tick struct {
	at    float64
	label string
}

// scale turns a quantity into a number from 0 to 1.
type scale struct {
	kind   Scale
	lo, hi float64   // of the values that it has
	sorted []float64 // of a rank
	masked int       // values that it leaves out
	low    int       // values at the low end that have no logarithm
}

// newScale makes the scale of n values, and returns nil if none of them is a
// number. Auto is Rank only if ranks says so.
func newScale(kind Scale, spread cpu.Spread, ranks bool, n int, value func(i int) float64) *scale {
	s := &scale{kind: kind, lo: math.Inf(1), hi: math.Inf(-1)}
	positive := math.Inf(1)
	for i := range n {
		v := value(i)
		if math.IsNaN(v) {
			s.masked++
			continue
		}
		s.lo, s.hi = min(s.lo, v), max(s.hi, v)
		if v > 0 {
			positive = min(positive, v)
		} else {
			s.low++
		}
	}
	if s.masked == n {
		return nil
	}
	if kind == Auto {
		s.kind = Linear
		if spread == cpu.Decades {
			switch {
			case ranks && s.hi > scales.RankSpan*positive:
				s.kind = Rank
			case s.hi > scales.LogSpan*positive:
				s.kind = Log
			}
		}
	}
	switch {
	case s.kind == Log && s.hi <= 0:
		s.kind = Linear
	case s.kind == Log:
		s.lo = positive // what is not above 0 is at the low end
	case s.kind == Rank:
		s.sorted = make([]float64, 0, n-s.masked)
		for i := range n {
			if v := value(i); !math.IsNaN(v) {
				s.sorted = append(s.sorted, v)
			}
		}
		slices.Sort(s.sorted)
	}
	if s.kind != Log {
		s.low = 0
	}
	return s
}

// note returns what a legend should say of the scale.
func (s *scale) note() []entry {
	if s == nil || s.low == 0 {
		return nil
	}
	return []entry{{text: "0 or less, at the low end: " + count(s.low)}}
}

// at returns where v is, from 0 to 1.
func (s *scale) at(v float64) float64 {
	if s.kind == Rank {
		first, _ := slices.BinarySearch(s.sorted, v)
		after := sort.Search(len(s.sorted), func(i int) bool { return s.sorted[i] > v })
		if len(s.sorted) < 2 || after-first == len(s.sorted) {
			return 0.5
		}
		// The middle of those that are equal, such that the least is 0 and the
		// greatest 1 even if several are.
		switch {
		case first == 0:
			return 0
		case after == len(s.sorted):
			return 1
		}
		return float64(first+after-1) / 2 / float64(len(s.sorted)-1)
	}
	if s.lo == s.hi {
		return 0.5
	}
	if s.kind == Log {
		if v <= s.lo {
			return 0
		}
		lo := math.Log2(s.lo) // right below float64's normal numbers too, as Log is not everywhere
		return (math.Log2(v) - lo) / (math.Log2(s.hi) - lo)
	}
	return v/(s.hi-s.lo) - s.lo/(s.hi-s.lo)
}

// ticks returns the marks of the scale, where at has them, at most about n
// with a label.
func (s *scale) ticks(n int) []tick {
	var out []tick
	switch {
	case s.lo == s.hi:
		return []tick{{0.5, exact(s.lo)}}
	case s.kind == Rank:
		var values []float64
		for k := range n {
			t := float64(k) / float64(max(1, n-1))
			v := s.sorted[int(math.Round(t*float64(len(s.sorted)-1)))]
			if k == 0 || v != values[len(values)-1] {
				values = append(values, v)
			}
		}
		for i, l := range distinct(values) {
			out = append(out, tick{s.at(values[i]), l})
		}
	case s.kind == Log:
		for _, t := range logTicks(s.lo, s.hi, n) {
			out = append(out, tick{s.at(t.at), t.label})
		}
	default:
		values := scales.Ticks(s.lo, s.hi, n)
		for i, l := range scales.Labels(values) {
			out = append(out, tick{s.at(values[i]), l})
		}
	}
	return out
}

// exact writes a number as it is.
func exact(v float64) string { return typographic(strconv.FormatFloat(v, 'g', 6, 64)) }

// distinct writes numbers that increase with three digits, or as many more as
// tell them apart.
func distinct(values []float64) []string {
	out := make([]string, len(values))
	for digits := 3; digits <= 8; digits++ {
		told := true
		for i, v := range values {
			out[i] = exact(v)
			if v != math.Trunc(v) || math.Abs(v) >= 1e6 {
				out[i] = typographic(fmt.Sprintf("%#.*g", digits, v))
			}
			told = told && (i == 0 || out[i] != out[i-1])
		}
		if told {
			break
		}
	}
	return out
}

func typographic(s string) string {
	s = strings.Replace(strings.Replace(s, "e-0", "e-", 1), "e+0", "e", 1)
	return strings.ReplaceAll(strings.Replace(s, "e+", "e", 1), "-", "−")
}

// logTicks returns the marks of a logarithmic axis from lo to hi, 0 < lo < hi,
// at most about n with a label.
func logTicks(lo, hi float64, n int) []tick {
	n = max(n, 2)
	first, last := math.Ceil(math.Log10(lo)-1e-9), math.Floor(math.Log10(hi)+1e-9)
	decades := int(last-first) + 1
	inside := func(v float64) bool { return v >= lo*(1-1e-9) && v <= hi*(1+1e-9) }
	scientific := lo < 0.9e-4 || hi > 1.1e5
	label := func(m, e float64) string {
		if scientific {
			return strconv.Itoa(int(m)) + "e" + strings.Replace(strconv.Itoa(int(e)), "-", "−", 1)
		}
		return strconv.FormatFloat(m*math.Pow(10, e), 'f', max(0, int(-e)), 64)
	}
	var out []tick
	labels := 0
	switch {
	case decades >= 3 || decades == 2 && n < 4:
		every := (decades + n - 1) / n
		for e := first - 1; e <= last; e++ {
			for m := 1.0; m < 10; m++ {
				v := m * math.Pow(10, e)
				switch {
				case !inside(v) || m > 1 && every > 1:
				case m == 1 && int(e-first)%every == 0:
					out = append(out, tick{v, label(1, e)})
					labels++
				default:
					out = append(out, tick{v, ""})
				}
			}
		}
	default:
		for e := first - 1; e <= last; e++ {
			for m := 1.0; m < 10; m++ {
				v := m * math.Pow(10, e)
				switch {
				case !inside(v):
				case m == 1 || m == 2 || m == 5:
					out = append(out, tick{v, label(m, e)})
					labels++
				default:
					out = append(out, tick{v, ""})
				}
			}
		}
	}
	if labels < 2 { // less than a decade
		out = out[:0]
		values := scales.Ticks(lo, hi, n)
		for i, l := range scales.Labels(values) {
			out = append(out, tick{values[i], l})
		}
	}
	return out
}

// axis is a swept parameter along a side of a chart. A place on it is a number
// of values: 0 is the first, n−1 the last.
type axis struct {
	param   *cpu.Param
	n       int
	spacing spacing
}

type spacing int

const (
	even spacing = iota
	evenLog
	uneven // a list
)

func newAxis(p *cpu.Param) axis {
	a := axis{param: p, n: len(p.Values), spacing: uneven}
	switch {
	case p.Log || scales.Spaced(p.Values, math.Log):
		a.spacing = evenLog
	case scales.Spaced(p.Values, func(x float64) float64 { return x }):
		a.spacing = even
	}
	if !p.Log && scales.Spaced(p.Values, func(x float64) float64 { return x }) {
		a.spacing = even
	}
	return a
}

// name returns the words beside the axis.
func (a axis) name() string {
	h, _ := cpu.LookupHyperParameter(a.param.Name)
	title := strings.ToLower(h.Title)
	if !strings.Contains(title, h.Name) {
		title += " " + h.Name
	}
	return title
}

// place returns where v is among the values of an even axis.
func (a axis) place(v float64) float64 {
	from, to := a.param.Values[0], a.param.Values[a.n-1]
	if a.spacing == evenLog {
		v, from, to = math.Log(v), math.Log(from), math.Log(to)
	}
	return (v - from) / (to - from) * float64(a.n-1)
}

// ticks returns the marks of the axis, by place, at most about most with a
// label.
func (a axis) ticks(most int) []tick {
	v := a.param.Values
	most = max(most, 2)
	if a.n == 1 {
		return []tick{{0, exact(v[0])}}
	}
	// A few short numbers are all written.
	if a.n <= most && !slices.ContainsFunc(v, func(x float64) bool { return utf8.RuneCountInString(exact(x)) > 5 }) {
		out := make([]tick, a.n)
		for i, x := range v {
			out[i] = tick{float64(i), exact(x)}
		}
		return out
	}
	if a.spacing == uneven {
		out := make([]tick, 0, most+1)
		every := (a.n + most - 1) / most
		for i := 0; i < a.n; i += every {
			out = append(out, tick{float64(i), exact(v[i])})
		}
		return out
	}
	lo, hi := min(v[0], v[a.n-1]), max(v[0], v[a.n-1])
	var marks []tick
	if a.spacing == evenLog {
		marks = logTicks(lo, hi, most)
	} else {
		values := scales.Ticks(lo, hi, most)
		if h, _ := cpu.LookupHyperParameter(a.param.Name); h.Whole() {
			values = slices.DeleteFunc(values, func(x float64) bool { return x != math.Trunc(x) })
		}
		for i, l := range scales.Labels(values) {
			marks = append(marks, tick{values[i], l})
		}
	}
	for i := range marks {
		marks[i].at = a.place(marks[i].at)
	}
	return marks
}
