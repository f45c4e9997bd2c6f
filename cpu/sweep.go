package cpu

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"sort"
	"strconv"
	"strings"

	"losscape/cpu/quote"
)

// Limits of a sweep.
const (
	MaxRuns   = 1 << 53 // runs of a sweep: float64, and with it JSON, has their numbers
	MaxValues = 1 << 24 // values of one parameter that are listed: 128 MiB. More are those of a Range
)

// Param is one axis of a sweep: a parameter of a run and the values it takes.
type Param struct {
	Name   string // lr, l2, momentum, beta1, beta2, epsilon, batch, seed, steps, or a start weight: w1, w2, ...
	Values []float64
	Log    bool   // the values are evenly spaced in their logarithm
	Range  *Range // of the values of a range of more than MaxValues, in place of Values
}

// Range is Count values, from number First on, of N > MaxValues that are evenly spaced From one To the other, or are so in
// their logarithm. They are computed when they are asked for.
type Range struct {
	From, To        float64
	N, First, Count int
}

// Len returns the number of values.
func (p *Param) Len() int {
	if p.Range != nil {
		return p.Range.Count
	}
	return len(p.Values)
}

// Value returns value i, 0 ≤ i < Len.
func (p *Param) Value(i int) float64 {
	if r := p.Range; r != nil {
		v, _ := spaced(r.From, r.To, r.First+i, r.N, p.Log)
		return v
	}
	return p.Values[i]
}

// Ends returns the smallest value and the largest.
func (p *Param) Ends() (least, most float64) {
	if p.Range == nil {
		return slices.Min(p.Values), slices.Max(p.Values)
	}
	a, b := p.Value(0), p.Value(p.Len()-1)
	return min(a, b), max(a, b)
}

// Deciding returns the values that decide what is so of all of an axis as it is of all numbers between two of them, and
// of none across 0: those that are listed, and of a range its ends, and some on both sides of 0.
func (p *Param) Deciding() []float64 {
	if p.Range == nil {
		return p.Values
	}
	n := p.Len()
	first := p.Value(0) > 0
	turn := sort.Search(n, func(i int) bool { return p.Value(i) > 0 != first })
	list := []float64{p.Value(0)}
	for i := max(turn-2, 1); i < min(turn+2, n-1); i++ {
		list = append(list, p.Value(i))
	}
	return append(list, p.Value(n-1))
}

// cut returns the axis of the values from number lo on and before hi. Those that are listed alias those of p.
func (p *Param) cut(lo, hi int) Param {
	part := *p
	if p.Range != nil {
		r := *p.Range
		r.First, r.Count = r.First+lo, hi-lo
		part.Range = &r
	} else {
		part.Values = p.Values[lo:hi:hi]
	}
	return part
}

// Sweep is a set of runs: Base with every combination of the values of Over,
// those of the last axis varying fastest. Without axes it is one run.
type Sweep struct {
	Base Run
	Over []Param

	whole *Sweep // that this is a block of; nil if it is none: see Whole
}

// A TooManyRunsError counts the runs of a sweep that is too large.
type TooManyRunsError struct {
	Count *big.Int
}

func (e *TooManyRunsError) Error() string {
	return fmt.Sprintf("a sweep of %s runs, want at most %d", quote.Cut(e.Count.String(), quote.Chars), uint64(MaxRuns))
}

// ParseParam returns the axis that s states: name=from:to:count, evenly spaced
// values, both ends included; name=from:to:count:log, evenly spaced in their
// logarithm; or a list, name=v1,v2,... The values between two ends are exact where
// they are whole numbers of at most 2⁵³ and the ends are, too. Others are rounded to
// 14 significant digits, so that they are the numbers one would write, where they are
// far enough apart for that. Parameters of whole numbers take no others. More than MaxValues values have to be some that
// float64 tells apart.
func ParseParam(s string) (Param, error) {
	name, text, ok := strings.Cut(s, "=")
	if !ok {
		return Param{}, fmt.Errorf("%s, want a range parameter=from:to:count or parameter=from:to:count:log, or a list parameter=v1,v2", quote.Text(s))
	}
	p := Param{Name: strings.TrimSpace(name)}
	f := lookupParam(p.Name)
	if f == nil {
		return Param{}, &UnknownParamError{Name: p.Name, Known: append(ParamNames(2), "...")}
	}
	var err error
	if strings.Contains(text, ":") {
		err = p.parseRange(text, f.Whole())
	} else {
		err = p.parseList(text, f.Whole())
	}
	if err == nil {
		err = p.check(f)
	}
	if errors.As(err, new(*TooManyRunsError)) {
		return Param{}, err
	}
	if err != nil {
		return Param{}, fmt.Errorf("%s: %w", p.Name, err)
	}
	return p, nil
}

// String writes the axis as ParseParam reads it: as a range if it is one, else as a
// list.
func (p Param) String() string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	if n := p.Len(); n > 2 || p.Log {
		s := fmt.Sprintf("%s=%s:%s:%d", p.Name, number(p.Value(0)), number(p.Value(n-1)), n)
		if p.Log {
			s += ":log"
		}
		if r := p.Range; r != nil && r.Count == r.N {
			return s
		}
		if q, err := ParseParam(s); err == nil && p.Range == nil && slices.Equal(q.Values, p.Values) {
			return s
		}
	}
	words := make([]string, p.Len())
	for i := range words {
		words[i] = number(p.Value(i))
	}
	return p.Name + "=" + strings.Join(words, ",")
}

func (p *Param) parseList(text string, integer bool) error {
	for v := range strings.SplitSeq(text, ",") {
		x, err := p.parseNumber(v, integer)
		if err != nil {
			return err
		}
		p.Values = append(p.Values, x)
	}
	return nil
}

func (p *Param) parseRange(text string, integer bool) error {
	parts := strings.Split(text, ":")
	if len(parts) != 3 && len(parts) != 4 {
		return fmt.Errorf("%s, want from:to:count or from:to:count:log", quote.Text(text))
	}
	from, err := p.parseNumber(parts[0], integer)
	if err != nil {
		return err
	}
	to, err := p.parseNumber(parts[1], integer)
	if err != nil {
		return err
	}
	digits := strings.TrimSpace(parts[2])
	count, ok := new(big.Int).SetString(digits, 10)
	switch {
	case !ok:
		return fmt.Errorf("count is %s, want a whole number of at least 1", quote.Text(digits))
	case count.Sign() < 1:
		return fmt.Errorf("count is %s, want at least 1", quote.Cut(digits, quote.Chars))
	case count.Cmp(big.NewInt(MaxRuns)) > 0:
		return &TooManyRunsError{Count: count}
	}
	if len(parts) == 4 {
		if parts[3] != "log" {
			return fmt.Errorf("spacing is %s, want log or nothing", quote.Text(parts[3]))
		}
		if from <= 0 || to <= 0 {
			return fmt.Errorf("range from %v to %v on a logarithmic axis, want both above 0", from, to)
		}
		p.Log = true
	}
	n := int(count.Int64())
	if n > 1 && from == to {
		return fmt.Errorf("%d values from %v to %v, want two ends that differ or a count of 1", n, from, to)
	}
	if !finite(to - from) {
		return fmt.Errorf("range from %v to %v is too wide for float64", from, to)
	}
	if n > MaxValues {
		p.Range = &Range{From: from, To: to, N: n, Count: n}
		for _, v := range []float64{from, to} {
			step := (to - from) / float64(n-1)
			if p.Log {
				step = v * (logOf(to) - logOf(from)) / float64(n-1)
			}
			if v = math.Abs(v); math.Abs(step) < math.Nextafter(v, math.Inf(1))-v {
				return fmt.Errorf("%d values from %v to %v, which float64 does not tell apart: want fewer", n, from, to)
			}
		}
		// If the first one between the ends is whole, all are.
		if v, ok := spaced(from, to, 1, n, p.Log); integer && !ok {
			return p.notWhole(v)
		}
		return nil
	}
	p.Values = make([]float64, n)
	for i := range p.Values {
		v, ok := spaced(from, to, i, n, p.Log)
		if integer && !ok {
			return p.notWhole(v)
		}
		p.Values[i] = v
	}
	return nil
}

// spaced returns value i of n from one to the other, evenly spaced or so in the logarithm, and whether it is exact: an
// end, or a whole number between whole ones.
func spaced(from, to float64, i, n int, log bool) (v float64, exact bool) {
	switch i {
	case 0:
		return from, true
	case n - 1:
		return to, true
	}
	if whole, ok := wholeAt(from, to, i, n, log); ok {
		return whole, true
	}
	t := float64(i) / float64(n-1)
	if log {
		v := math.Exp(logOf(from)*(1-t) + logOf(to)*t)
		return tidy(v, v*(logOf(to)-logOf(from))/float64(n-1)), false
	}
	return tidy(from*(1-t)+to*t, (to-from)/float64(n-1)), false
}

// parseNumber reads a finite number, the nearest float64 of it; a whole one that
// float64 does not have is an error.
func (p *Param) parseNumber(s string, integer bool) (float64, error) {
	s = strings.TrimSpace(s)
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || !finite(x) {
		return 0, fmt.Errorf("%s, want a finite number", quote.Text(s))
	}
	if !integer {
		return x, nil
	}
	exact, _, err := big.ParseFloat(s, 0, uint(64+4*len(s)), big.ToNearestEven)
	if err != nil || !exact.IsInt() || exact.Cmp(big.NewFloat(x)) != 0 {
		return 0, p.notWhole(s)
	}
	return x, nil
}

// logOf is math.Log, which on amd64 is wrong below float64's normal numbers.
func logOf(x float64) float64 {
	if x < 0x1p-1022 {
		return math.Log(x*0x1p52) - 52*math.Ln2
	}
	return math.Log(x)
}

// wholeAt returns value i of n from one whole number to another, 0 < i < n−1, evenly
// spaced or so in the logarithm. ok is false unless that is a whole number and all
// are of at most maxInteger.
func wholeAt(from, to float64, i, n int, log bool) (v float64, ok bool) {
	for _, x := range []float64{from, to} {
		if x != math.Trunc(x) || math.Abs(x) > maxInteger {
			return 0, false
		}
	}
	if !log {
		hi, lo := bits.Mul64(uint64(math.Abs(to-from)), uint64(i))
		q, rest := bits.Div64(hi, lo, uint64(n-1)) // q is at most |to − from|
		return from + math.Copysign(float64(q), to-from), rest == 0 && math.Abs(to-from) <= maxInteger
	}
	// (to/from)^(i/(n−1)) = (p/q)^k in lowest terms has p^m and q^m in to/from in its
	// lowest terms. What follows is exact: all of it is whole and at most maxInteger.
	g := gcd(uint64(i), uint64(n-1))
	k, m := uint64(i)/g, uint64(n-1)/g
	g = gcd(uint64(from), uint64(to))
	p, okP := root(uint64(to)/g, m)
	q, okQ := root(uint64(from)/g, m)
	v = from
	for range k {
		if !okP || !okQ || math.Mod(v, float64(q)) != 0 {
			return 0, false
		}
		v = v / float64(q) * float64(p)
	}
	return v, true
}

// root returns the whole number whose power m ≥ 1 is x ≤ maxInteger; ok is false if
// there is none.
func root(x, m uint64) (r uint64, ok bool) {
	r = uint64(math.Round(math.Pow(float64(x), 1/float64(m))))
	power := uint64(1)
	for range m {
		if r == 1 {
			break
		}
		if power *= r; power > x {
			return r, false
		}
	}
	return r, power == x
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// tidy rounds to 14 significant digits, more than the arithmetic of a range
// spoils, unless that moves x by a visible part of the step to the next value.
func tidy(x, step float64) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 14, 64), 64)
	if err != nil || !(math.Abs(y-x) <= 1e-6*math.Abs(step)) {
		return x
	}
	return y
}

// maxInteger bounds the values of a parameter of whole numbers: float64 has
// all of them up to there.
const maxInteger = 1 << 53

// check returns an error unless the axis has values, finite ones, and whole
// ones if its parameter takes no others.
func (p *Param) check(f *HyperParameter) error {
	if p.Len() == 0 {
		return errors.New("no values, want at least one")
	}
	for _, v := range p.Deciding() { // those of a range are whole if they are to be, see parseRange
		switch {
		case !finite(v):
			return fmt.Errorf("%v, want a finite number", v)
		case p.Log && v <= 0:
			return fmt.Errorf("%v on a logarithmic axis, want numbers above 0", v)
		case f.Whole() && (v != math.Trunc(v) || v < 0 || v > maxInteger):
			return p.notWhole(v)
		}
	}
	return nil
}

func (p *Param) notWhole(v any) error {
	return fmt.Errorf("%v, want whole numbers of at least 0 and at most 2^53 (a list states them: %s=1,10,100)", v, p.Name)
}

// Count returns the number of runs. If there are more than MaxRuns the error
// is a *TooManyRunsError.
func (s Sweep) Count() (uint64, error) {
	count := big.NewInt(1)
	for _, p := range s.Over {
		count.Mul(count, big.NewInt(int64(p.Len())))
	}
	if count.Cmp(big.NewInt(MaxRuns)) > 0 {
		return 0, &TooManyRunsError{Count: count}
	}
	return count.Uint64(), nil
}

// Run returns run i of a valid sweep, 0 ≤ i < Count.
func (s Sweep) Run(i int) Run {
	var r Run
	s.Into()(i, &r)
	return r
}

// Into returns a function that writes run i of a valid sweep, 0 ≤ i < Count, into
// r, whose Start it uses if it is large enough: Run for many runs.
func (s Sweep) Into() func(i int, r *Run) {
	of := make([]*HyperParameter, len(s.Over))
	for a, p := range s.Over {
		of[a] = lookupParam(p.Name)
	}
	return func(i int, r *Run) {
		start := append(r.Start[:0], s.Base.Start...)
		*r = s.Base
		r.Start = start
		for a := len(s.Over) - 1; a >= 0; a-- {
			p := &s.Over[a]
			n := p.Len()
			of[a].Set(r, p.Value(i%n))
			i /= n
		}
	}
}

// Validate returns an error unless every run of the sweep is a run of p, as
// ValidateRun has it, and every axis is another parameter of the optimizer.
// The errors about a parameter are *UnknownParamError and
// *OptimizerParamError, about their number *TooManyRunsError.
func (s Sweep) Validate(p *Problem) error {
	o := lookup(s.Base.Optimizer)
	if o == nil {
		return &UnknownOptimizerError{Name: s.Base.Optimizer, Known: Optimizers()}
	}
	dim := p.Dim()
	if err := checkWeights("start", s.Base.Start, dim); err != nil {
		return err
	}
	batches := s.Base.Batch != 0
	seeds := false
	for i, a := range s.Over {
		f := lookupParam(a.Name)
		j, weight := weightIndex(a.Name)
		switch {
		case f == nil || weight && j >= dim:
			return &UnknownParamError{Name: a.Name, Known: ParamNames(dim)}
		case !o.Has(a.Name):
			return &OptimizerParamError{Optimizer: o.Name, Param: a.Name, Has: o.has()}
		case slices.ContainsFunc(s.Over[:i], func(b Param) bool { return b.Name == a.Name }):
			return fmt.Errorf("%s is swept twice, want one axis of it", a.Name)
		}
		if err := a.check(f); err != nil {
			return fmt.Errorf("%s: %w", a.Name, err)
		}
		batches = batches || a.Name == "batch"
		seeds = seeds || a.Name == "seed"
	}
	if seeds && !batches {
		return errors.New("seed is swept but runs take all samples at every step, want a batch too")
	}
	if _, err := s.Count(); err != nil {
		return err
	}
	// A parameter's range is an interval that does not depend on another's value,
	// so it is enough to take each to its ends; either is NaN if one value is.
	for _, a := range s.Over {
		f := lookupParam(a.Name)
		r := s.Run(0)
		least, most := a.Ends()
		for _, v := range []float64{least, most} {
			f.Set(&r, v)
			if err := p.ValidateRun(r); err != nil {
				return err
			}
		}
	}
	return p.ValidateRun(s.Run(0))
}

// Bytes returns how much memory the Result of a sweep of a problem of dim
// weights takes. Where that does not fit a uint64, it is the largest.
func (s Sweep) Bytes(dim int, set Settings) uint64 {
	count := uint64(1)
	for _, p := range s.Over {
		count = mulSat(count, uint64(p.Len()))
	}
	row := 8*dim + 3 // with precision, doubt, and whether the best loss is unsure
	for _, q := range quantities {
		if set.Has(q) {
			row += q.Bytes()
		}
	}
	rows := count
	if set.Recorded != nil {
		rows = uint64(len(set.Recorded))
	}
	trajectory := mulSat(uint64(s.recorded(set)), uint64(8*(dim+1)))
	return addSat(mulSat(count, uint64(row)), mulSat(rows, trajectory))
}

func mulSat(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	if hi != 0 {
		return math.MaxUint64
	}
	return lo
}

func addSat(a, b uint64) uint64 {
	sum, carry := bits.Add64(a, b, 0)
	if carry != 0 {
		return math.MaxUint64
	}
	return sum
}

// recorded returns how many states of each run are recorded.
func (s Sweep) recorded(set Settings) int {
	if set.Every <= 0 {
		return 0
	}
	most := s.Base.Steps
	for _, p := range s.Over {
		if p.Name == "steps" && p.Len() > 0 {
			_, last := p.Ends()
			most = int(last)
		}
	}
	return max(0, (most-set.From+set.Every)/set.Every)
}
