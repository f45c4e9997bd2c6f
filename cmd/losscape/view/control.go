package view

import (
	"math"
	"slices"
	"strconv"

	"losscape/cpu"
	"losscape/scenes/scale"
)

// Controls, by name. "run:3" is the line of run 3, "optimizer:adam" a choice.
const (
	Play      = "play"
	Time      = "time"
	LR        = "lr"
	L2        = "l2"
	Momentum  = "momentum"
	Optimizer = "optimizer"
	RunLine   = "run"
)

// slider is a hyper-parameter that a person changes, from lo to hi.
type slider struct {
	name   string
	lo, hi float64
	log    bool    // evenly in its logarithm, with a place for 0 if off is above it
	off    float64 // fraction of the length that is 0
	step   float64 // of a key: to be added, in decades if log
}

// sliders lists them. That of the learning rate is longer if the scene goes beyond.
var sliders = []slider{
	{name: LR, lo: 0.01, hi: 100, log: true, step: 0.02},
	{name: L2, lo: 1e-6, hi: 10, log: true, off: 0.03, step: 0.05},
	{name: Momentum, lo: 0, hi: 0.99, step: 0.01},
}

// Focusable are the controls that the up and down keys move, in the order in
// which Tab goes through them.
var Focusable = func() (names []string) {
	for _, c := range sliders {
		names = append(names, c.name)
	}
	return append(names, Optimizer)
}()

// isSlider says whether a control is one.
func isSlider(control string) bool {
	return slices.ContainsFunc(sliders, func(c slider) bool { return c.name == control })
}

// slider returns the slider of that name, and what it changes.
func (s *State) slider(name string) (slider, cpu.HyperParameter) {
	c := sliders[slices.IndexFunc(sliders, func(c slider) bool { return c.name == name })]
	h, _ := cpu.LookupHyperParameter(name)
	if name == LR { // whole powers of ten
		for _, r := range s.opened.Runs {
			c.lo = min(c.lo, math.Pow(10, math.Floor(math.Log10(r.LR)+1e-9)))
			c.hi = max(c.hi, math.Pow(10, math.Ceil(math.Log10(r.LR)-1e-9)))
		}
	}
	return c, h
}

// at returns where a value stands, as a fraction of the length.
func (c slider) at(v float64) float64 {
	switch {
	case !c.log:
		return clamp((v-c.lo)/(c.hi-c.lo), 0, 1)
	case c.off > 0 && v < c.lo:
		return 0
	}
	return c.off + (1-c.off)*clamp(math.Log(v/c.lo)/math.Log(c.hi/c.lo), 0, 1)
}

// value returns the value at a fraction of the length.
func (c slider) value(at float64) float64 {
	switch {
	case !c.log:
		return c.lo + at*(c.hi-c.lo)
	case at < c.off:
		return 0
	}
	return c.lo * math.Pow(c.hi/c.lo, (at-c.off)/(1-c.off))
}

// nudged returns the value some steps from another.
func (c slider) nudged(v, steps float64) float64 {
	switch {
	case !c.log:
		return v + c.step*steps
	case c.off > 0 && v == 0 && steps > 0:
		return c.lo
	}
	v *= math.Pow(10, c.step*steps)
	if c.off > 0 && v < c.lo*0.999 {
		return 0
	}
	return min(v, c.hi)
}

// tidy returns the value as a person would write it: of a logarithm with three digits,
// else in steps.
func (c slider) tidy(v float64) float64 {
	switch {
	case c.off > 0:
		return digits3(v)
	case c.log:
		return clamp(digits3(v), c.lo, c.hi)
	}
	n := math.Round(1 / c.step)
	return clamp(math.Round(v*n)/n, c.lo, c.hi)
}

// Slider says where a slider stands.
type Slider struct {
	Name, Label string
	Value       float64
	At          float64 // fraction of its length
	Off         bool    // the run's optimizer does not have it
	Marks       []Mark
}

// Mark is a place on a slider with a meaning.
type Mark struct {
	At    float64
	Label string
}

// Sliders returns the sliders as they stand.
func (s *State) Sliders() []Slider {
	var out []Slider
	r := s.First()
	for i := range sliders {
		c, h := s.slider(sliders[i].name)
		v := h.Get(r)
		out = append(out, Slider{Name: c.name, Label: h.Label(), Value: v, At: c.at(v), Off: !has(r, c.name)})
		if c.name == LR {
			out[i].Marks = s.stabilityMarks(c)
		}
	}
	return out
}

// stabilityMarks are where the first run's optimizer stops being stable, and of gradient
// descent where it begins to overshoot, on the slider c of learning rates.
func (s *State) stabilityMarks(c slider) (marks []Mark) {
	h, r := s.edge().Sharpness, s.First()
	edge, ok := r.StableBelow(h)
	if !ok {
		return nil
	}
	all := []Mark{{c.at(edge), stabilityRule(r)}}
	if r.Optimizer == "gd" {
		all = []Mark{{c.at(1 / h), "1/λ"}, all[0]}
	}
	for _, m := range all {
		if m.At > 0 && m.At < 1 {
			marks = append(marks, m)
		}
	}
	return marks
}

// stabilityRule is where a run's optimizer stops being stable in terms of the curvature,
// such as "2/λ" and "3.8/λ".
func stabilityRule(r *cpu.Run) string {
	rule, _ := r.StableBelow(1)
	return scale.Parameter(digits3(rule)) + "/λ"
}

// has says whether a run's optimizer has a parameter.
func has(r *cpu.Run, param string) bool {
	o, err := cpu.LookupOptimizer(r.Optimizer)
	return err == nil && o.Has(param)
}

func clamp(x, lo, hi float64) float64 { return min(max(x, lo), hi) }

// set moves a slider to a fraction of its length.
func (s *State) set(name string, at float64) Work {
	at = clamp(at, 0, 1)
	switch {
	case name == Time:
		return s.setFrame(int(math.Round(at * float64(s.Last()))))
	case isSlider(name):
		c, _ := s.slider(name)
		return s.setParam(name, c.value(at))
	}
	return 0
}

// edit changes the runs that the sliders act on; change says whether it did, and a
// run that has changed loses its name, which may tell of what it was.
func (s *State) edit(change func(r *cpu.Run) bool) Work {
	work := Work(0)
	for _, r := range s.runs() {
		if change(r) {
			r.Name = ""
			work = Runs
		}
	}
	if work != 0 {
		s.changed()
	}
	return work
}

// setParam sets what a slider changes.
func (s *State) setParam(name string, v float64) Work {
	c, h := s.slider(name)
	v = c.tidy(v)
	if name == L2 {
		return s.setL2(v)
	}
	return s.edit(func(r *cpu.Run) bool {
		if !has(r, name) || h.Get(r) == v {
			return false
		}
		h.Set(r, v)
		return true
	})
}

// setL2 sets the L2 weight of the runs that are changed, of the landscape, which is
// theirs then, and of all runs that had the landscape's.
func (s *State) setL2(l2 float64) Work {
	if l2 == s.First().L2 {
		return 0
	}
	old := s.Scene.Problem.L2
	s.Scene.Problem.L2 = l2
	s.Scene.Minimum = nil // another one, which is looked for
	for i := range s.Scene.Runs {
		if r := &s.Scene.Runs[i]; r.L2 == old || s.Selected == All || s.Selected == i {
			r.L2 = l2
		}
	}
	s.changed()
	return Landscape | Runs
}

func (s *State) setOptimizer(name string) Work {
	return s.edit(func(r *cpu.Run) bool {
		if r.Optimizer == name {
			return false
		}
		*r = r.WithOptimizer(name)
		return true
	})
}

func (s *State) setFrame(k int) Work {
	k = min(max(k, 0), s.Last())
	if k == s.Frame && !s.Playing {
		return 0
	}
	s.Frame, s.Playing = k, false
	return Show
}

// nudge moves the control that has the focus by some steps.
func (s *State) nudge(steps float64) Work {
	switch {
	case s.Focus == Optimizer:
		return s.nextOptimizer(-int(math.Copysign(1, steps)))
	case isSlider(s.Focus):
		c, h := s.slider(s.Focus)
		return s.setParam(s.Focus, c.nudged(h.Get(s.First()), steps))
	}
	return 0
}

func (s *State) nextOptimizer(step int) Work {
	names := cpu.Optimizers()
	for i, n := range names {
		if n == s.First().Optimizer {
			return s.setOptimizer(names[(i+step+len(names))%len(names)])
		}
	}
	return 0
}

// original sets a control to what it was when the scene was opened.
func (s *State) original(name string) Work {
	r := s.opened.Runs[min(max(0, s.Selected), len(s.opened.Runs)-1)]
	if !isSlider(name) {
		return 0
	}
	_, h := s.slider(name)
	return s.setParam(name, h.Get(&r))
}

// digits3 rounds to three significant digits, as a person would write.
func digits3(x float64) float64 {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'e', 2, 64), 64)
	return v
}
