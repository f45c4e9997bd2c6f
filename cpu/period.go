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
	t.longest, _ = set.PeriodWindow(*r)
	t.from, t.tol, t.dim = r.Steps-returns*t.longest, set.PeriodTol, dim
	if n := (returns*t.longest + 1) * dim; t.longest < 2 {
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
	at := (returns*t.longest - i) * t.dim
	return t.w[at : at+t.dim]
}

// period returns the period of a run whose last state has been seen, 0 if it has none.
func (t *tail) period() int {
	if len(t.w) == 0 {
		return 0
	}
	scale := 1 + norm(t.back(0))
	for p := 2; p <= t.longest; p++ {
		left, ok := t.left(p, scale)
		if !ok {
			continue
		}
		apart := distance(t.back(0), t.back(1))
		for j := 2; j < p; j++ {
			apart = min(apart, distance(t.back(0), t.back(j)))
		}
		if apart > t.tol*scale && left <= MinReturn*apart {
			return p
		}
	}
	return 0
}

// left returns how far, at most, states p steps apart will still move: it follows from
// their last moves, if these are within the tolerance and do not drift.
func (t *tail) left(p int, scale float64) (left float64, ok bool) {
	rounding := periodRounding * t.tol * t.tol * scale
	var moved [returns - 1]float64 // the greatest of a period, the last one first
	for i := range (returns - 1) * p {
		d := distance(t.back(i), t.back(i+p))
		if !(d <= t.tol*scale) {
			return 0, false
		}
		moved[i/p] = max(moved[i/p], d)
	}
	var ratio float64
	settled := moved[0] <= rounding
	for i, d := range moved[1:] {
		settled = settled && d <= rounding
		ratio = max(ratio, (moved[i]+rounding)/d)
	}
	switch {
	case settled:
		return rounding, true
	case ratio < 1:
		return rounding + moved[0]*ratio/(1-ratio), true
	}
	return 0, false
}

const (
	// returns is how many periods of its last states a periodic run must show.
	returns = 4
	// periodRounding is how far the rounding of steps moves a settled cycle within a
	// period, in units of ε (1 + |w|), ε being the square of the period's tolerance. On
	// the notebook's one-mode data, learning rates from 30 to 33, it is up to 600 where
	// a cycle attracts by 1/100 a step.
	periodRounding = 4096
)
