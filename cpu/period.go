package cpu

// tail is the last states of a run, in which its period is found: see
// Settings.MaxPeriod.
type tail struct {
	longest int     // period looked for
	from    int     // step of the first state that is kept
	tol     float64 // Settings.PeriodTol
	dim     int
	w       []float64 // the states, the first one first
}

// start has t keep what is looked for in a run of dim weights.
func (t *tail) start(set Settings, r *Run, dim int) {
	t.longest = set.LongestPeriod(r)
	t.from, t.tol, t.dim = r.Steps-Periods*t.longest, set.PeriodTol, dim
	if n := (Periods*t.longest + 1) * dim; t.longest < 2 {
		t.w = t.w[:0]
	} else if cap(t.w) < n {
		t.w = make([]float64, n)
	} else {
		t.w = t.w[:n]
	}
}

// see takes the state after k updates.
func (t *tail) see(k int, w []float64) {
	if k >= t.from && len(t.w) > 0 {
		copy(t.w[(k-t.from)*t.dim:], w)
	}
}

// back returns the state i steps before the last.
func (t *tail) back(i int) []float64 {
	at := (Periods*t.longest - i) * t.dim
	return t.w[at : at+t.dim]
}

// period returns the period of a run whose last state has been seen, 0 if it has none.
func (t *tail) period() int {
	if len(t.w) == 0 {
		return 0
	}
	scale := 1 + norm(t.back(0))
	r := Returns{Apart: distance(t.back(0), t.back(1))}
	if r.Apart <= t.tol*scale {
		return 0 // the last states are one point
	}
	for r.After = 2; r.After <= t.longest; r.After++ {
		d := distance(t.back(0), t.back(r.After))
		if d <= t.tol*scale {
			break
		}
		r.Apart = min(r.Apart, d)
	}
	if r.After > t.longest {
		return 0
	}
	for i := range (Periods - 1) * r.After {
		moved := &r.Moved[i/r.After]
		*moved = max(*moved, distance(t.back(i), t.back(i+r.After)))
	}
	return r.Period(t.tol, scale)
}

// Returns is how near the last states of a run come back to where they were. A period
// cannot be longer than After: there would be one point twice in it.
type Returns struct {
	After int                  // steps before the last state that it was first within the tolerance of it; 0: never
	Moved [Periods - 1]float64 // greatest distances of states After steps apart in the last After steps, in those before them, and so on
	Apart float64              // least distance of the last state from the After − 1 before it
}

// Period is After if that is a period, by the rule of Settings.MaxPeriod; else 0. Scale is
// 1 + |w| of the last state.
func (r *Returns) Period(tol, scale float64) int {
	if r.After < 2 || !(r.Apart > tol*scale) {
		return 0
	}
	if left, ok := r.left(tol, scale); ok && left <= MinReturn*r.Apart {
		return r.After
	}
	return 0
}

// left returns how far, at most, states After steps apart will still move: it follows from
// their last moves, if these are within the tolerance and do not drift.
func (r *Returns) left(tol, scale float64) (left float64, ok bool) {
	rounding := periodRounding * tol * tol * scale
	settled := r.Moved[0] <= rounding
	var ratio float64
	for i, d := range r.Moved {
		if !(d <= tol*scale) {
			return 0, false
		}
		if i > 0 {
			settled = settled && r.Moved[i-1] <= max(d, rounding)
			ratio = max(ratio, (r.Moved[i-1]+rounding)/d)
		}
	}
	switch {
	case settled:
		return rounding, true
	case ratio < 1:
		return rounding + r.Moved[0]*ratio/(1-ratio), true
	}
	return 0, false
}

const (
	// Periods is how many periods of its last states a periodic run must show.
	Periods = 4
	// periodRounding is how far the rounding of steps moves a settled cycle within a
	// period, in units of ε (1 + |w|), ε being the square of the period's tolerance. On
	// the notebook's one-mode data, learning rates from 30 to 33, it is up to 600 where
	// a cycle attracts by 1/100 a step.
	periodRounding = 4096
)
