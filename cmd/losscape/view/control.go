package view

import (
	"math"
	"strconv"

	"losscape/cpu"
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

// Focusable are the controls that the up and down keys move, in the order in
// which Tab goes through them.
var Focusable = []string{LR, L2, Momentum, Optimizer}

// Ends of the sliders.
const (
	leastRate, greatestRate = 0.01, 100 // of the learning rate, unless the scene goes beyond
	leastL2, greatestL2     = 1e-6, 10
	greatestMomentum        = 0.99
	l2Off                   = 0.03 // share of the slider of l2 that is 0
)

// Slider says where a slider stands.
type Slider struct {
	Name  string
	Value float64
	At    float64 // share of its length
	Off   bool    // the run's optimizer does not have it
	Marks []Mark
}

// Mark is a place on a slider with a meaning.
type Mark struct {
	At    float64
	Label string
}

// Sliders returns the sliders as they stand.
func (s *State) Sliders() []Slider {
	r := s.First()
	lr := Slider{Name: LR, Value: r.LR, At: s.rateAt(r.LR)}
	if h := s.edge().Sharpness; h > 0 {
		for _, m := range []Mark{{s.rateAt(1 / h), "1/λ"}, {s.rateAt(2 / h), "2/λ"}} {
			if m.At > 0 && m.At < 1 {
				lr.Marks = append(lr.Marks, m)
			}
		}
	}
	momentum := Slider{Name: Momentum, Value: r.Momentum, At: min(r.Momentum/greatestMomentum, 1), Off: !hasMomentum(r)}
	return []Slider{lr, {Name: L2, Value: r.L2, At: l2At(r.L2)}, momentum}
}

func hasMomentum(r *cpu.Run) bool {
	o, err := cpu.LookupOptimizer(r.Optimizer)
	return err == nil && o.Has(Momentum)
}

// rates returns the ends of the slider of the learning rate: whole powers of ten,
// so far apart that the rates of the scene lie between them.
func (s *State) rates() (lo, hi float64) {
	lo, hi = leastRate, greatestRate
	for _, r := range s.opened.Runs {
		lo = min(lo, math.Pow(10, math.Floor(math.Log10(r.LR)+1e-9)))
		hi = max(hi, math.Pow(10, math.Ceil(math.Log10(r.LR)-1e-9)))
	}
	return lo, hi
}

func (s *State) rateAt(lr float64) float64 {
	lo, hi := s.rates()
	return logShare(lr, lo, hi)
}

func l2At(l2 float64) float64 {
	if l2 < leastL2 {
		return 0
	}
	return l2Off + (1-l2Off)*logShare(l2, leastL2, greatestL2)
}

func logShare(x, lo, hi float64) float64 {
	return clamp(math.Log(x/lo)/math.Log(hi/lo), 0, 1)
}

func clamp(x, lo, hi float64) float64 { return min(max(x, lo), hi) }

// set moves a slider to a share of its length.
func (s *State) set(name string, at float64) Work {
	at = clamp(at, 0, 1)
	switch name {
	case LR:
		lo, hi := s.rates()
		return s.setRate(lo * math.Pow(hi/lo, at))
	case L2:
		l2 := 0.0
		if at >= l2Off {
			l2 = leastL2 * math.Pow(greatestL2/leastL2, (at-l2Off)/(1-l2Off))
		}
		return s.setL2(l2)
	case Momentum:
		return s.setMomentum(at * greatestMomentum)
	case Time:
		return s.setFrame(int(math.Round(at * float64(s.Last()))))
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

func (s *State) setRate(lr float64) Work {
	lo, hi := s.rates()
	lr = clamp(digits3(lr), lo, hi)
	return s.edit(func(r *cpu.Run) bool {
		was := r.LR
		r.LR = lr
		return was != lr
	})
}

// setL2 sets the ridge weight of the runs that are changed, of the landscape, which is
// theirs then, and of all runs that had the landscape's.
func (s *State) setL2(l2 float64) Work {
	l2 = digits3(l2)
	if l2 == s.First().L2 {
		return 0
	}
	old := s.Scene.Problem.L2
	s.Scene.Problem.L2 = l2
	for i := range s.Scene.Runs {
		if r := &s.Scene.Runs[i]; r.L2 == old || s.Selected == All || s.Selected == i {
			r.L2 = l2
		}
	}
	s.changed()
	return Landscape | Runs
}

func (s *State) setMomentum(m float64) Work {
	m = clamp(math.Round(m*100)/100, 0, greatestMomentum)
	return s.edit(func(r *cpu.Run) bool {
		if !hasMomentum(r) || r.Momentum == m {
			return false
		}
		r.Momentum = m
		return true
	})
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
	r := s.First()
	switch s.Focus {
	case LR:
		return s.setRate(r.LR * math.Pow(10, 0.02*steps))
	case L2:
		l2 := r.L2
		switch {
		case l2 == 0 && steps > 0:
			return s.setL2(leastL2)
		case l2 == 0:
			return 0
		}
		l2 *= math.Pow(10, 0.05*steps)
		if l2 < leastL2*0.999 {
			l2 = 0
		}
		return s.setL2(min(l2, greatestL2))
	case Momentum:
		return s.setMomentum(r.Momentum + 0.01*steps)
	case Optimizer:
		return s.nextOptimizer(-int(math.Copysign(1, steps)))
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
	switch name {
	case LR:
		return s.setRate(r.LR)
	case L2:
		return s.setL2(r.L2)
	case Momentum:
		return s.setMomentum(r.Momentum)
	}
	return 0
}

// digits3 rounds to three significant digits, as a person would write.
func digits3(x float64) float64 {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'e', 2, 64), 64)
	return v
}
