package compute

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/shaders"
)

// What kernels and the host both have to know of the buffers that they share is
// described here once. Kernels get it as Defines.

// A field is some words that a buffer holds of every run: integers of 4 bytes, or numbers
// of the kernel's format, which the host has as float64.
type field struct {
	name  string
	words int
}

// layout is the fields of a buffer. Word i of a field of the run in slot s is word
// (offset + i) stride + s of the buffer, stride being the number of slots: runs that are
// computed side by side read words that lie side by side.
type layout struct {
	prefix string // of the fields' names in kernels
	fields []field
}

// words is the number of words of a run, at least 1: a buffer has a size.
func (l *layout) words() int {
	n := 0
	for _, f := range l.fields {
		n += f.words
	}
	return max(n, 1)
}

// at returns the offset of a field.
func (l *layout) at(name string) int {
	n := 0
	for _, f := range l.fields {
		if f.name == name {
			return n
		}
		n += f.words
	}
	panic("compute: no field " + name)
}

func (l *layout) define(d shaders.Defines) {
	n := 0
	for _, f := range l.fields {
		d[l.prefix+f.name] = n
		n += f.words
	}
}

// runLayout is what kernels keep of a run: its state and its parameters, the real
// numbers of each and the integers.
type runLayout struct {
	*format
	state, ints, params, paramInts layout
}

func newRunLayout(v runVariant) *runLayout {
	d, m := v.dim, v.dim*v.state
	l := &runLayout{
		format: v.format,
		state: layout{"STATE_", []field{
			{"W", d}, {"W_ERROR", d}, // weights, and what their compensated sums are too large by
			{"VECTORS", m}, {"VECTORS_ERROR", m}, // the optimizer's
			{"BEST", 1},              // least loss
			{"LOSS", 1}, {"NORM", 1}, // of the final weights: loss, and norm of the gradient
		}},
		ints: layout{"INT_", []field{
			{"STATUS", 1}, // running, or how the run has ended
			{"STEP", 1},   // updates until it ended
		}},
		paramInts: layout{"PARAM_INT_", []field{{"STEPS", 1}, {"SEED", 2}}},
	}
	l.params.prefix = "PARAM_"
	for _, p := range params {
		l.params.fields = append(l.params.fields, field{p.name, 1})
	}
	for _, o := range v.observers() {
		add := func(l *layout, name string, words int) {
			l.fields = append(l.fields, field{o.field(name), words})
		}
		for _, f := range o.state(d, v.state) {
			add(&l.state, f.name, f.words)
		}
		for _, f := range o.ints {
			add(&l.ints, f.name, f.words)
		}
		for _, name := range o.params {
			add(&l.paramInts, name, 1)
		}
	}
	return l
}

// largest is the number of bytes of a run in the largest of its buffers.
func (l *runLayout) largest() int {
	return max(l.bytes*max(l.state.words(), l.params.words()), 4*max(l.ints.words(), l.paramInts.words()))
}

// params are the parameters of a run, as kernels take them. What an optimizer lacks is
// whatever it comes to.
var params = []struct {
	name string
	of   func(r *cpu.Run) float64
}{
	{"RATE", func(r *cpu.Run) float64 { return r.LR }},
	{"L2", func(r *cpu.Run) float64 { return r.L2 }},
	{"DECAY", func(r *cpu.Run) float64 { return decay(*r) }},
	{"MOMENTUM", func(r *cpu.Run) float64 { return r.Momentum }},
	{"STOP", func(r *cpu.Run) float64 { return 1 - r.Momentum }},
	{"MEAN", func(r *cpu.Run) float64 { return 1 - r.Beta1 }},
	{"LOG_MEAN", func(r *cpu.Run) float64 { return logOf(r.Beta1) }},
	{"SQUARE", func(r *cpu.Run) float64 { return 1 - r.Beta2 }},
	{"LOG_SQUARE", func(r *cpu.Run) float64 { return logOf(r.Beta2) }},
	{"EPSILON", func(r *cpu.Run) float64 { return r.Epsilon }},
}

// An observer is something that a kernel finds out about a run besides its weights,
// losses and end. To add one, add a row to observers and a file observer_NAME.glsl, which
// descend.comp includes and the Define OBSERVE_NAME switches on. The file has its
// functions: nameBegin(r) and nameEnd(r) load and store its words of run r, and
// nameStep(r, k, ending) takes the state after k updates, ending being the status that
// the run gets if it ends there. Names of fields get the observer's: field F of ints is
// INT_NAME_F.
type observer struct {
	name   string
	wanted func(r cpu.Run, set cpu.Settings) bool
	state  func(dim, vectors int) []field // words of a run of dim weights and so many vectors of the optimizer, 0 at its start
	ints   []field
	params []string                                            // integers of a run, one word each
	param  func(r *cpu.Run, place int, set cpu.Settings) []int // place: of the run in its batch
	// take puts what was found of the run in slot s into its outcome.
	take func(o *outcome, b *runBatch, s int)
	// start sets the words of the run in slot s at its start, where they are not 0; nil: all are.
	start func(b *runBatch, s int)
}

// field is the name of an observer's field in the layout.
func (o *observer) field(name string) string { return strings.ToUpper(o.name) + "_" + name }

var observers = []observer{{
	name:   "period",
	wanted: func(r cpu.Run, set cpu.Settings) bool { return r.Batch == 0 && set.MaxPeriod > 1 },
	// What period.comp finds: cpu.Returns, and how far the states from half of the steps
	// on are from where they should be again in the end.
	state:  func(int, int) []field { return []field{{"APART", 1}, {"MOVED", cpu.Periods - 1}, {"AWAY", 1}} },
	ints:   []field{{"AFTER", 1}},
	params: []string{"LONGEST", "PLACE"},
	param: func(r *cpu.Run, place int, set cpu.Settings) []int {
		return []int{set.LongestPeriod(r), place}
	},
	take: takePeriod,
}, {
	name: "exponent",
	wanted: func(r cpu.Run, set cpu.Settings) bool {
		return r.Batch == 0 && slices.Contains(set.Quantities, cpu.ExponentName)
	},
	state: func(dim, vectors int) []field {
		return []field{
			{"DIRECTION", dim}, {"TURNED", vectors * dim}, {"GROWN", 1},
			{"SUM", 1}, {"SUM_ERROR", 1}, {"LATE", 1}, {"LATE_ERROR", 1}, {"NEAREST", 2}, {"BEGAN", dim}, // cpu.Growth
			{"KEPT", dim}, {"KEPT_ERROR", dim}, // weights of a run that has converged
		}
	},
	ints:   []field{{"CONVERGED", 1}}, // updates until it had
	params: []string{"TRANSIENT"},
	param:  func(r *cpu.Run, _ int, set cpu.Settings) []int { return []int{set.TransientOf(r)} },
	take:   takeGrowth,
	start:  startGrowth,
}}

// observed is a set of observers, bit i standing for observers[i].
type observed uint

func observedIn(r cpu.Run, set cpu.Settings) (o observed) {
	for i := range observers {
		if observers[i].wanted(r, set) {
			o |= 1 << i
		}
	}
	return o
}

// observes reports whether a variant has the observer of that name.
func (v runVariant) observes(name string) bool {
	return slices.ContainsFunc(v.observers(), func(o *observer) bool { return o.name == name })
}

func (v runVariant) observers() (list []*observer) {
	for i := range observers {
		if v.observed>>i&1 == 1 {
			list = append(list, &observers[i])
		}
	}
	return list
}

// The statuses that only kernels know, beside those of cpu.
const (
	running = -1 // a run under way
	beyond  = -3 // one that has converged and goes on, for its exponent
	lost    = -2 // a number left the range of the format, though the weights did not
	outside = -4 // a weight left where the points stand for the samples
)

var statuses = map[string]int{
	"RUNNING": running, "STEP_LIMIT": int(cpu.StepLimit), "DIVERGED": int(cpu.Diverged),
	"CONVERGED": int(cpu.Converged), "LOST": lost, "BEYOND": beyond, "OUTSIDE": outside,
}

// How a kernel adds eps.
const (
	epsNone  = iota
	epsSmall // it is felt only below an edge
	epsAny
)

// The bindings of the storage buffers of descend.comp, period.comp and accuracy.comp.
const (
	bindingSamples = iota
	bindingState
	bindingInts
	bindingParams
	bindingParamInts
	bindingPath
	bindingLast
	bindingRight
	bindings = bindingLast + 1 // of the kernel with the most

	bindingWeights = bindingInts // of accuracy.comp, which takes no integers of runs
)

// define adds what a variant's kernels share with the host.
func (v runVariant) define(d shaders.Defines) {
	l := newRunLayout(v)
	for _, part := range []*layout{&l.state, &l.ints, &l.params, &l.paramInts} {
		part.define(d)
	}
	for name, n := range statuses {
		d["STATUS_"+name] = n
	}
	for i, name := range cpu.Optimizers() {
		d["OPTIMIZER_"+strings.ToUpper(name)] = i
	}
	d["EPS_NONE"], d["EPS_SMALL"], d["EPS_ANY"] = epsNone, epsSmall, epsAny
	defineBindings(d)
	d["LEAST_NORMAL"] = v.literal(v.leastNormal)
	d["DOUBLE"] = v.precision == Double
	d["PERIODS"] = cpu.Periods
	var begin, step, end strings.Builder
	for _, o := range v.observers() {
		d["OBSERVE_"+strings.ToUpper(o.name)] = true
		begin.WriteString(o.name + "Begin(r); ")
		step.WriteString(o.name + "Step(r, k, ending); ")
		end.WriteString(o.name + "End(r); ")
	}
	d["OBSERVERS_BEGIN(r)"], d["OBSERVERS_STEP(r, k, ending)"], d["OBSERVERS_END(r)"] = begin.String(), step.String(), end.String()
}

// defineState has a kernel's fields of the state depend on its uniform dims, so that it is
// compiled once for any number of weights: offsets are linear in that.
func (v runVariant) defineState(d shaders.Defines) {
	none, one := v, v
	none.dim, one.dim = 0, 1
	from, step := newRunLayout(none).state, newRunLayout(one).state
	for _, f := range from.fields {
		at := from.at(f.name)
		d[from.prefix+f.name] = fmt.Sprintf("(%d * dims + %d)", step.at(f.name)-at, at)
	}
}

func defineBindings(d shaders.Defines) {
	for i, name := range []string{"SAMPLES", "STATE", "INTS", "PARAMS", "PARAM_INTS", "PATH", "LAST", "RIGHT"} {
		d["BINDING_"+name] = i
	}
	d["BINDING_WEIGHTS"] = bindingWeights
}

// words is the contents of a buffer: the fields of a layout, of so many slots.
type words[T float64 | int32] struct {
	*layout
	*format // of numbers
	stride  int
	data    []T
}

// reset makes room for a number of slots, all words 0.
func (w *words[T]) reset(slots int) {
	w.stride = slots
	n := w.words() * slots
	w.data = slices.Grow(w.data[:0], n)[:n]
	clear(w.data)
}

// column returns word i of a field, of every slot.
func (w *words[T]) column(name string, i int) []T {
	at := (w.at(name) + i) * w.stride
	return w.data[at : at+w.stride]
}

// size is the number of bytes of the words of all slots.
func (w *words[T]) size() int { return w.wordBytes() * w.words() * w.stride }

func (w *words[T]) wordBytes() int {
	if _, numbers := any(w.data).([]float64); numbers {
		return w.format.bytes
	}
	return 4
}

// upload and download copy all words to and from a guarded buffer.
func (w *words[T]) upload(b *gpu.Buffer) error {
	if numbers, ok := any(w.data).([]float64); ok {
		return w.format.upload(b, 4*guard, numbers)
	}
	return gpu.Upload(b, 4*guard, w.data)
}

func (w *words[T]) download(b *gpu.Buffer) error { return w.downloadAt(b, 4*guard, w.data) }

// downloadField copies a field's first words of all slots into to.
func (w *words[T]) downloadField(b *gpu.Buffer, name string, to []T) error {
	return w.downloadAt(b, 4*guard+w.wordBytes()*w.at(name)*w.stride, to)
}

func (w *words[T]) downloadAt(b *gpu.Buffer, offset int, to []T) error {
	if numbers, ok := any(to).([]float64); ok {
		return w.format.download(b, offset, numbers)
	}
	return gpu.Download(b, offset, to)
}

// logOf is the logarithm of a decay as a kernel takes it, which 0 has, too.
func logOf(x float64) float64 { return max(math.Log(x), -1e30) }
