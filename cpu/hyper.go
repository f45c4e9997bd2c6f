package cpu

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"losscape/cpu/quote"
)

// HyperParameter is a number of a run besides its start: what a scene states, a flag
// sets and a sweep varies. HyperParameters lists them.
type HyperParameter struct {
	Name  string // in scenes, sweeps, tables and flags
	Title string // in pictures
	About string // what it is, in a few words
	Value string // the word of About that stands for its value
	Own   bool   // only some optimizers have it: see Optimizer.Has
	Range Interval

	// field returns where a run keeps it: a *float64, an *int or a *uint64.
	field func(r *Run) any
	// called is its label, where that is not Name; want what they ask for,
	// where that is not Range; unit what it counts.
	called, want, unit string
}

var (
	positive    = Interval{0, math.Inf(1), true, true}
	notNegative = Interval{0, math.Inf(1), false, true}
	belowOne    = Interval{0, 1, false, true}
)

// hyperParameters are in the order of scene files.
var hyperParameters = []HyperParameter{
	{Name: "lr", Title: "Learning rate", About: "learning rate", Value: "rate", Range: positive,
		field: func(r *Run) any { return &r.LR }, called: "learning rate"},
	{Name: "l2", Title: "L2 weight", About: "weight of the L2 term", Value: "weight", Range: notNegative,
		field: func(r *Run) any { return &r.L2 }},
	{Name: "momentum", Title: "Momentum", About: "fraction of the velocity that a step keeps", Value: "fraction", Own: true, Range: notNegative,
		field: func(r *Run) any { return &r.Momentum }},
	{Name: "beta1", Title: "Beta1", About: "decay of the mean gradient", Value: "decay", Own: true, Range: belowOne,
		field: func(r *Run) any { return &r.Beta1 }},
	{Name: "beta2", Title: "Beta2", About: "decay of the mean squared gradient", Value: "decay", Own: true, Range: belowOne,
		field: func(r *Run) any { return &r.Beta2 }},
	{Name: "epsilon", Title: "Epsilon", About: "number added to the root of the squared gradients", Value: "number", Own: true, Range: positive,
		field: func(r *Run) any { return &r.Epsilon }},
	{Name: "batch", Title: "Batch, samples a step", About: "samples drawn for a step, 0 for all of them once", Value: "samples", Range: notNegative,
		field: func(r *Run) any { return &r.Batch }, want: "at least 1 sample, or 0 for all", unit: "samples"},
	{Name: "seed", Title: "Seed of the batches", About: "seed of the batches", Value: "seed", Range: notNegative,
		field: func(r *Run) any { return &r.Seed }},
	{Name: "steps", Title: "Steps at most", About: "number of steps", Value: "number", Range: Interval{0, math.MaxInt32, false, false},
		field: func(r *Run) any { return &r.Steps }, want: fmt.Sprintf("0 to %d and a trajectory that fits into memory", math.MaxInt32), unit: "steps"},
}

// HyperParameters returns the hyper-parameters there are, in the order of scene files.
func HyperParameters() []HyperParameter { return slices.Clone(hyperParameters) }

// LookupHyperParameter returns the hyper-parameter of that name; ok is false if there
// is none. The start weights w1, w2, ... are such parameters for sweeps.
func LookupHyperParameter(name string) (h HyperParameter, ok bool) {
	if p := lookupParam(name); p != nil {
		return *p, true
	}
	return h, false
}

// lookupParam is LookupHyperParameter without a copy.
func lookupParam(name string) *HyperParameter {
	for i := range hyperParameters {
		if hyperParameters[i].Name == name {
			return &hyperParameters[i]
		}
	}
	if j, ok := weightIndex(name); ok {
		return &HyperParameter{
			Name: name, Title: "Start weight " + name, Range: Interval{math.Inf(-1), math.Inf(1), true, true},
			field: func(r *Run) any { return &r.Start[j] },
		}
	}
	return nil
}

// weightIndex returns the index of a start weight from its name, w1, w2, ...
func weightIndex(name string) (int, bool) {
	digits, ok := strings.CutPrefix(name, "w")
	if !ok || digits == "" || digits[0] < '1' || digits[0] > '9' {
		return 0, false
	}
	i, err := strconv.Atoi(digits)
	return i - 1, err == nil
}

// ParamNames returns the names of all parameters that a sweep of a problem of
// dim weights can vary, whatever its optimizer.
func ParamNames(dim int) []string {
	var names []string
	for _, h := range hyperParameters {
		names = append(names, h.Name)
	}
	for j := range dim {
		names = append(names, fmt.Sprintf("w%d", j+1))
	}
	return names
}

// Label returns what it is called where it stands alone: its name, or words for it.
func (h *HyperParameter) Label() string { return cmp.Or(h.called, h.Name) }

// Field returns where r keeps the parameter: a *float64, an *int or a *uint64.
func (h *HyperParameter) Field(r *Run) any { return h.field(r) }

// Whole reports whether it takes whole numbers only.
func (h *HyperParameter) Whole() bool {
	if _, weight := weightIndex(h.Name); weight || h.field == nil {
		return false
	}
	_, real := h.field(&Run{}).(*float64)
	return !real
}

// Get returns the value that r has, the nearest float64 of it.
func (h *HyperParameter) Get(r *Run) float64 {
	switch p := h.field(r).(type) {
	case *float64:
		return *p
	case *int:
		return float64(*p)
	case *uint64:
		return float64(*p)
	}
	panic("cpu: " + h.Name + " is no number")
}

// Set gives r the value x, one of Range, and a whole number if Whole.
func (h *HyperParameter) Set(r *Run, x float64) {
	switch p := h.field(r).(type) {
	case *float64:
		*p = x
	case *int:
		*p = int(x)
	case *uint64:
		*p = uint64(x)
	}
}

// Copy gives to the value of from, exactly.
func (h *HyperParameter) Copy(to, from *Run) {
	switch p := h.field(to).(type) {
	case *float64:
		*p = *h.field(from).(*float64)
	case *int:
		*p = *h.field(from).(*int)
	case *uint64:
		*p = *h.field(from).(*uint64)
	}
}

// Param returns a number of the run by the name that a sweep calls it, such as lr
// or w1; ok is false if there is none of that name.
func (r Run) Param(name string) (v float64, ok bool) {
	h := lookupParam(name)
	if j, weight := weightIndex(name); h == nil || weight && j >= len(r.Start) {
		return 0, false
	}
	return h.Get(&r), true
}

// Interval is the numbers from Min to Max, both included but for those that are left
// out.
type Interval struct {
	Min, Max               float64
	WithoutMin, WithoutMax bool
}

// Contains reports whether x is one of them; NaN is not.
func (v Interval) Contains(x float64) bool {
	return (x > v.Min || x == v.Min && !v.WithoutMin) && (x < v.Max || x == v.Max && !v.WithoutMax)
}

// String says what a number has to be, such as "a finite number above 0".
func (v Interval) String() string {
	least := fmt.Sprintf("at least %v", v.Min)
	if v.WithoutMin {
		least = fmt.Sprintf("above %v", v.Min)
	}
	switch {
	case math.IsInf(v.Min, -1) && math.IsInf(v.Max, 1):
		return "a finite number"
	case math.IsInf(v.Max, 1) && v.WithoutMin:
		return "a finite number " + least
	case math.IsInf(v.Max, 1):
		return "a finite number of " + least
	case v.WithoutMax:
		return fmt.Sprintf("%s and below %v", least, v.Max)
	}
	return fmt.Sprintf("%s and at most %v", least, v.Max)
}

// check returns an error unless r's value is one of Range.
func (h *HyperParameter) check(r *Run, o *Optimizer) error {
	if h.Range.Contains(h.Get(r)) {
		return nil
	}
	e := h.rangeError(r)
	if h.Own {
		e.of = " of " + o.Name
		e.Want += fmt.Sprintf(" (its default is %v)", h.Get(&o.defaults))
	}
	return e
}

// rangeError returns what is wrong with r's value.
func (h *HyperParameter) rangeError(r *Run) *RangeError {
	e := &RangeError{Param: h.Name, Want: h.Range.String(), called: h.called, unit: h.unit}
	if h.want != "" {
		e.Want = h.want
	}
	switch p := h.field(r).(type) {
	case *float64:
		e.Value = *p
	case *int:
		e.Value = *p
	case *uint64:
		e.Value = *p
	}
	return e
}

// A RangeError is a number of a run or a problem that is outside of what it may be.
type RangeError struct {
	Param string // its name: that of a HyperParameter, or eps
	Value any
	Want  string // what it has to be

	called, of, unit string
}

func (e *RangeError) Error() string {
	if e.unit == e.Param {
		return fmt.Sprintf("%v %s, want %s", e.Value, e.unit, e.Want)
	}
	return fmt.Sprintf("%s%s is %v, want %s", cmp.Or(e.called, e.Param), e.of, e.Value, e.Want)
}

// Have writes the value beside the parameter's name, such as "0 samples".
func (e *RangeError) Have() string {
	switch {
	case e.unit != "":
		return fmt.Sprintf("%v %s", e.Value, e.unit)
	case e.called != "":
		return fmt.Sprintf("%s %v", e.called, e.Value)
	}
	return fmt.Sprint(e.Value)
}

// An UnknownParamError names a parameter that no run has.
type UnknownParamError struct {
	Name  string
	Known []string // those that exist
}

func (e *UnknownParamError) Error() string {
	return fmt.Sprintf("unknown parameter %s, want one of: %s", quote.Text(e.Name), strings.Join(e.Known, ", "))
}

// An OptimizerParamError names a parameter that a run sets or a sweep varies
// although the optimizer does not have it.
type OptimizerParamError struct {
	Optimizer, Param string
	Has              []string // the parameters it has
}

func (e *OptimizerParamError) Error() string {
	return fmt.Sprintf("%s has no %s, it has: %s", e.Optimizer, e.Param, strings.Join(e.Has, ", "))
}

// A WeightsError is a vector of weights of another number than the problem has, or one
// that is not finite.
type WeightsError struct {
	Of         string // start, origin, d1 or d2
	Have, Want int    // numbers of weights
	Index      int    // of the first that is not finite, where the numbers agree
	Weights    []float64
}

func (e *WeightsError) Error() string {
	if e.Have != e.Want {
		return fmt.Sprintf("%s has %d weights, want %d (one for each feature and the bias)", e.Of, e.Have, e.Want)
	}
	return fmt.Sprintf("%s is %v, want finite weights", e.Of, e.Weights)
}

// checkWeights returns a *WeightsError unless w is dim finite weights.
func checkWeights(of string, w []float64, dim int) error {
	i := slices.IndexFunc(w, func(x float64) bool { return !finite(x) })
	if len(w) == dim && i < 0 {
		return nil
	}
	return &WeightsError{Of: of, Have: len(w), Want: dim, Index: i, Weights: w}
}
