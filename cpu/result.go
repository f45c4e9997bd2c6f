package cpu

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"time"
)

// Settings says when a run of a sweep has ended, and what is recorded of it.
// The zero value is a good choice for all of it.
type Settings struct {
	// GradTol is the norm of the loss's gradient over all samples, l2 included
	// and eps not, at or below which a run has converged, and stops. 0 is
	// 1e-6; below 0 no run converges.
	GradTol float64

	// Limit is the norm |w| beyond which a run has diverged, and stops. 0 is
	// 1e9, and +Inf leaves only weights that are not finite.
	//
	// The gradient of the data is at most the mean |[x, 1]|, so without l2 a
	// run of gd with steps and learning rates in the thousands stays below the
	// default, even if it leads nowhere; only the exponential growth that
	// l2 lr > 2 brings passes it, a factor of 2 a step in 30 steps. Its square
	// is far inside float32's range, so a float32 engine sees it pass as well.
	Limit float64

	// MaxPeriod is the longest period that is looked for, 0 is 64 and there is
	// no more; in a run of fewer than 8 times as many steps it is an eighth of these,
	// so that at least half of a run is transient. A run is periodic with the smallest
	// period p ≥ 2 that its last 4p + 1 states show. With m_i the greatest distance
	// between two states p steps apart of which the later one is one of the last p of
	// period i (i = 3 for the last period, 2 and 1 for those before it), all of
	//
	//	m_i ≤ PeriodTol (1 + |w|)
	//
	// and the returns do not drift: either they fall to within the rounding
	// ρ = 4096 PeriodTol² (1 + |w|), m_3 ≤ ρ, and stay there, so that the cycle is
	// settled, or they fall by a
	// ratio of at most q = max (m_(i+1) + ρ)/m_i < 1. Then the states will still move
	// by at most m_3 q/(1 − q), by the geometric series, and this has to be at most
	// MinReturn of the least distance between the last state and the p − 1 before it,
	// which also is above PeriodTol (1 + |w|): the p points that they move to differ.
	// So a run that settles, however slowly, has no period; a slow spiral onto a
	// cycle does not have the longer period after which it comes back nearly to where
	// it was; and a quasi-periodic run, whose returns do not fall, has none. Only runs
	// of full batches have.
	MaxPeriod int

	// PeriodTol is how near a periodic run comes back, relative to 1 + |w|. 0 is the
	// engine's default: here √ε = 1.5e-8, ε = 2⁻⁵². A chaotic run, which is as likely
	// to be anywhere, passes by that near within 64 steps once in a million. Its square
	// stands for the engine's ε: the rounding of a step is some ε (1 + |w|), times what
	// a learning rate makes of the rounding of a gradient and a weakly attracting cycle
	// of that.
	PeriodTol float64

	// Every thins the recorded trajectories: the states 0, Every, 2 Every, ...
	// of every run. 0 records none.
	Every int

	// From is the first update after which states are recorded, a multiple of Every: of
	// the states above, those from it on.
	From int

	// Recorded are the runs whose trajectories are recorded, by their numbers,
	// ascending. nil is all of them.
	Recorded []int

	// Quantities are names of quantities that the result has besides those that it
	// always has: see Quantity.Derived.
	Quantities []string

	// Transient is the number of steps that exponents leave out, 0 is the first tenth
	// of a run's; below 0 they leave out none.
	Transient int
}

// MaxPeriod is the longest period that Settings can ask for.
const MaxPeriod = 64

// MinReturn is how much less the states of a periodic run may still move than they
// are apart. The ratio by which their moves fall is not known exactly where they fall
// around an ellipse: 1/MinReturn bounds the ratio of its axes.
const MinReturn = 1e-3

// WithDefaults returns the settings with their defaults filled in, or an error
// if one cannot be. That of a quantity is an *UnknownQuantityError.
func (set Settings) WithDefaults() (Settings, error) {
	orDefault := func(v *float64, def float64) {
		if *v == 0 {
			*v = def
		}
	}
	orDefault(&set.GradTol, 1e-6)
	orDefault(&set.Limit, 1e9)
	orDefault(&set.PeriodTol, 0x1p-26)
	if set.MaxPeriod == 0 {
		set.MaxPeriod = MaxPeriod
	}
	for _, name := range set.Quantities {
		if _, err := LookupQuantity(name); err != nil {
			return set, err
		}
	}
	switch {
	case math.IsNaN(set.GradTol) || math.IsInf(set.GradTol, 1):
		return set, fmt.Errorf("gradient tolerance is %v, want a finite number", set.GradTol)
	case !(set.Limit > 0):
		return set, fmt.Errorf("limit of |w| is %v, want a number above 0", set.Limit)
	case !finite(set.PeriodTol) || set.PeriodTol < 0:
		return set, fmt.Errorf("period tolerance is %v, want a finite number of at least 0", set.PeriodTol)
	case set.MaxPeriod < 1 || set.MaxPeriod > MaxPeriod:
		return set, fmt.Errorf("longest period is %d, want 1 (none is looked for) to %d", set.MaxPeriod, MaxPeriod)
	case set.Every < 0:
		return set, fmt.Errorf("trajectories every %d steps, want at least 1, or 0 for none", set.Every)
	case set.From < 0 || set.From > 0 && (set.Every == 0 || set.From%set.Every != 0):
		return set, fmt.Errorf("trajectories every %d steps from step %d on, want a multiple of the first", set.Every, set.From)
	}
	return set, nil
}

// LongestPeriod returns the longest period that is looked for in a run; none is if it is
// below 2.
func (set Settings) LongestPeriod(r *Run) int {
	if r.Batch > 0 {
		return 0
	}
	return min(set.MaxPeriod, r.Steps/8)
}

// Epoch returns how many steps a sweep takes of r between two looks at all n
// samples, for its best loss and for its convergence: every state of a full
// batch is evaluated, else one of ⌈n/Batch⌉, which at most doubles the cost. The
// first state and the last are always evaluated.
func (r Run) Epoch(n int) int {
	if r.Batch == 0 {
		return 1
	}
	return (n + r.Batch - 1) / r.Batch
}

// Result is what the runs of a sweep came to. Run i is Sweep.Run(i). A Quantity takes
// a number of it by name.
type Result struct {
	Sweep Sweep
	Dim   int

	W        []float64 // final weights, N x Dim, row-major; all NaN if one is not finite
	Loss     []float64 // of the final weights, the run's own loss (eps and L2 included)
	BestLoss []float64 // the least of the losses evaluated: see Run.Epoch
	GradNorm []float64 // of the final weights: norm of the gradient over all samples, L2 included
	Accuracy []float64 // of the final weights: see Problem.Accuracy
	Steps    []int32   // updates taken: all, or as many as it took to converge or diverge
	Status   []Status  // quasi-periodic and chaotic ones only if Settings.Quantities has the exponent
	Period   []int32   // of runs that are Periodic, else 0

	Precision []Precision // that each run was computed in
	Doubt     []Doubt     // why that is float64, or would have to be; nil where no engine of float32 has computed

	Unsure []bool // runs whose BestLoss an engine does not tell from smaller ones that they may have had; nil if none has computed

	Growths []Growth // what exponents follow from, where an engine has computed it; nil if none has

	Derived map[string][]float64 // by name, the derived quantities of Settings.Quantities

	Trajectories *Trajectories // nil unless Settings.Every is above 0
	Stats        Stats

	transient int  // Settings.Transient
	asked     bool // whether the samples are separable has been found out
	apart     bool // they are, so that a run without L2 term has no minimum
}

// Trajectories are the thinned trajectories of runs of a sweep. State c of a run
// is the one after From + c Every updates; those that a run did not reach are NaN.
type Trajectories struct {
	From          int
	Every, States int
	Runs          []int     // the runs of the rows, ascending; nil if these are all
	W             []float64 // rows x States x Dim
	Loss          []float64 // rows x States
}

// Row returns the row of run i, −1 if it was not recorded.
func (t *Trajectories) Row(i int) int {
	if t.Runs == nil {
		return i
	}
	if row, found := slices.BinarySearch(t.Runs, i); found {
		return row
	}
	return -1
}

// Stats says what a sweep took.
type Stats struct {
	Runs        [StatusCount]int // by Status
	Elapsed     time.Duration
	SampleEvals uint64 // samples whose loss or gradient was taken, once for each look and each mini-batch
}

// N returns the number of runs.
func (r *Result) N() int { return len(r.Loss) }

// Endings returns how the runs ended.
func (r *Result) Endings() []Ending {
	out := make([]Ending, r.N())
	for i := range out {
		out[i] = Ending{Status: r.Status[i], Steps: int(r.Steps[i]), Period: int(r.Period[i]), Precision: r.Precision[i]}
	}
	return out
}

// UnsureBest returns the number of runs that are Unsure.
func (r *Result) UnsureBest() int {
	n := 0
	for _, unsure := range r.Unsure {
		if unsure {
			n++
		}
	}
	return n
}

// At returns the final weights of run i. It aliases W.
func (r *Result) At(i int) []float64 { return r.W[i*r.Dim : (i+1)*r.Dim : (i+1)*r.Dim] }

// NewResult returns the empty result of a valid sweep of a problem of dim
// weights, trajectories all NaN.
func NewResult(s Sweep, dim int, set Settings) (*Result, error) {
	count, err := s.Count()
	if err != nil {
		return nil, err
	}
	for i, run := range set.Recorded {
		if run < 0 || uint64(run) >= count || i > 0 && run <= set.Recorded[i-1] {
			return nil, fmt.Errorf("trajectories of runs %v, want some of 0 to %d, ascending", set.Recorded, count-1)
		}
	}
	if need := s.Bytes(dim, set); need > math.MaxInt {
		return nil, fmt.Errorf("the result of %d runs takes %d bytes, more than can be indexed", count, need)
	}
	n := int(count)
	derived := map[string][]float64{}
	for _, q := range quantities {
		if q.Derived() && set.Has(q) {
			derived[q.Name] = make([]float64, n)
		}
	}
	r := &Result{
		Sweep:    s,
		Dim:      dim,
		W:        make([]float64, n*dim),
		Loss:     make([]float64, n),
		BestLoss: make([]float64, n),
		GradNorm: make([]float64, n),
		Accuracy: make([]float64, n),
		Steps:    make([]int32, n),
		Status:   make([]Status, n),
		Period:   make([]int32, n),

		Precision: make([]Precision, n),

		Derived: derived,

		transient: set.Transient,
	}
	if states := s.recorded(set); states > 0 {
		rows := n
		if set.Recorded != nil {
			rows = len(set.Recorded)
		}
		t := &Trajectories{
			From:   set.From,
			Every:  set.Every,
			States: states,
			Runs:   set.Recorded,
			W:      make([]float64, rows*states*dim),
			Loss:   make([]float64, rows*states),
		}
		fillNaN(t.W)
		fillNaN(t.Loss)
		r.Trajectories = t
	}
	return r, nil
}

// record stores state k, From or a multiple of Every after it, of a row of the
// trajectories.
func (r *Result) record(row, k int, w []float64, loss float64) {
	t := r.Trajectories
	at := row*t.States + (k-t.From)/t.Every
	copy(t.W[at*r.Dim:(at+1)*r.Dim], w)
	t.Loss[at] = loss
}

// Sweep runs all runs of s on the problem, GOMAXPROCS at a time, by the same
// steps as Descend. If progress is not nil it is called after each run with
// the number of runs done and in all, never by two goroutines at once.
// Cancelling ctx makes Sweep return ctx's error soon after.
func (p *Problem) Sweep(ctx context.Context, s Sweep, set Settings, progress func(done, total int)) (*Result, error) {
	began := time.Now()
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if err := s.Validate(p); err != nil {
		return nil, err
	}
	set, err := set.WithDefaults()
	if err != nil {
		return nil, err
	}
	res, err := NewResult(s, p.Dim(), set)
	if err != nil {
		return nil, err
	}
	var evals atomic.Uint64
	err = parallel(ctx, res.N(), 1, progress, func(ctx context.Context) func(int) error {
		d := newDescent(ctx, p)
		last := new(tail)
		return func(i int) error {
			before := d.evals
			err := d.sweep(res, i, set, last)
			evals.Add(d.evals - before)
			return err
		}
	})
	if err != nil {
		return nil, err
	}
	if err := p.Derive(ctx, res); err != nil {
		return nil, err
	}
	res.Stats.SampleEvals = evals.Load()
	res.Stats.Elapsed = time.Since(began)
	return res, nil
}

// sweep takes run i to its end and stores what it came to.
func (d *descent) sweep(res *Result, i int, set Settings, last *tail) error {
	r := res.Sweep.Run(i)
	d.start(&r)
	epoch := r.Epoch(d.p.N())
	last.start(set, &r, res.Dim)
	status, best := StepLimit, math.NaN()
	row := -1 // of the trajectories
	if res.Trajectories != nil {
		row = res.Trajectories.Row(i)
	}
	for {
		if !allFinite(d.w) {
			fillNaN(d.w)
		}
		if !(norm(d.w) <= set.Limit) {
			status = Diverged
		}
		ended := status == Diverged || d.k == r.Steps
		look := ended || d.k%epoch == 0
		record := row >= 0 && d.k >= set.From && d.k%set.Every == 0
		var loss, gradNorm float64
		if look || record {
			loss = d.look()
		}
		if look {
			if !(best <= loss) && !math.IsNaN(loss) {
				best = loss
			}
			gradNorm = d.gradNorm()
			if status != Diverged && gradNorm <= set.GradTol {
				status, ended = Converged, true
			}
		}
		if record {
			res.record(row, d.k, d.w, loss)
		}
		last.see(d.k, d.w)
		if !ended {
			if err := d.step(); err != nil {
				return err
			}
			continue
		}
		if status == StepLimit {
			if period := last.period(); period > 0 {
				status, res.Period[i] = Periodic, int32(period)
			}
		}
		copy(res.At(i), d.w)
		res.Loss[i], res.BestLoss[i], res.GradNorm[i] = loss, best, gradNorm
		res.Accuracy[i] = d.p.Accuracy(d.w)
		res.Steps[i], res.Status[i] = int32(d.k), status
		return nil
	}
}
