package table

import (
	"losscape/cpu"
)

// runs is what the runs of a sweep came to, wherever it is. Its functions of a run's number are
// fast where numbers rise.
type runs interface {
	sweep() cpu.Sweep
	N() int
	dim() int
	weight(j int) func(i int) float64            // final ones
	Quantity(q cpu.Quantity) func(i int) float64 // nil if there is none
	precision() func(i int) float64              // as a number
	states() *states                             // nil if none were recorded
	Err() error                                  // why numbers are not right
}

// states are the recorded states of runs: see cpu.Trajectories.
type states struct {
	from, every, states int
	runs                []int // nil if these are all
	rows                int
	w                   func(i int) float64 // rows x states x weights
	loss                func(i int) float64 // rows x states
}

// inMemory is a result as runs.
type inMemory struct{ *cpu.Result }

func (r inMemory) sweep() cpu.Sweep { return r.Sweep }
func (r inMemory) dim() int         { return r.Dim }
func (r inMemory) Err() error       { return nil }

func (r inMemory) weight(j int) func(i int) float64 {
	return func(i int) float64 { return r.W[i*r.Dim+j] }
}

func (r inMemory) precision() func(i int) float64 {
	return func(i int) float64 { return float64(r.Precision[i]) }
}

func (r inMemory) states() *states {
	t := r.Trajectories
	if t == nil {
		return nil
	}
	rows := r.N()
	if t.Runs != nil {
		rows = len(t.Runs)
	}
	return &states{
		from: t.From, every: t.Every, states: t.States, runs: t.Runs, rows: rows,
		w:    func(i int) float64 { return t.W[i] },
		loss: func(i int) float64 { return t.Loss[i] },
	}
}

// Counts counts what runs came to.
type Counts struct {
	Runs     int            `json:"runs"`
	Statuses map[string]int `json:"runs_by_status"`

	// InDouble counts the runs that were computed in double precision because float32
	// could not tell how they end, and InDoubt those that were not: by the reasons of
	// cpu.Doubt.
	InDouble map[string]int `json:"runs_in_double,omitempty"`
	InDoubt  map[string]int `json:"runs_in_doubt,omitempty"`
}

// Summary says what runs came to.
type Summary struct {
	Counts

	Unsure int `json:"unsure,omitempty"` // runs whose best loss may be less: see cpu.Result.Unsure

	// Best is the run of the least final loss among those that have not diverged, or,
	// where all have, among these. nil if no loss is finite.
	Best *Best `json:"best,omitempty"`
}

// Best is a run and its final loss.
type Best struct {
	Run    int        `json:"run"`
	Loss   float64    `json:"loss"`
	Status cpu.Status `json:"status"`
}

// Summarize says what the runs of a result came to.
func Summarize(r *cpu.Result) Summary {
	s := Summary{Counts: Counts{r.N(), map[string]int{}, map[string]int{}, map[string]int{}}, Unsure: r.UnsureBest()}
	var statuses [cpu.StatusCount]int
	var doubts [2][cpu.DoubtCount]int // by precision
	for i, status := range r.Status {
		statuses[status]++
		if l := r.Loss[i]; l-l == 0 && s.better(l, status) {
			s.Best = &Best{i, l, status}
		}
	}
	for i, d := range r.Doubt {
		doubts[r.Precision[i]][d]++
	}
	for status, n := range statuses {
		if n > 0 {
			s.Statuses[cpu.Status(status).String()] = n
		}
	}
	for d := cpu.NoDoubt + 1; d < cpu.DoubtCount; d++ {
		for precision, to := range map[cpu.Precision]map[string]int{cpu.Float64: s.InDouble, cpu.Float32: s.InDoubt} {
			if n := doubts[precision][d]; n > 0 {
				to[d.String()] = n
			}
		}
	}
	return s
}

// better reports whether a run of that finite loss and status is better than the best one so far.
func (s *Summary) better(loss float64, status cpu.Status) bool {
	if s.Best == nil {
		return true
	}
	if best := s.Best.Status == cpu.Diverged; best != (status == cpu.Diverged) {
		return best
	}
	return loss < s.Best.Loss
}

// Add adds the runs of a block, the first of which is run first of the whole.
func (s *Summary) Add(o Summary, first int) {
	if s.Statuses == nil {
		s.Statuses, s.InDouble, s.InDoubt = map[string]int{}, map[string]int{}, map[string]int{}
	}
	s.Runs += o.Runs
	s.Unsure += o.Unsure
	for _, m := range [...]struct{ to, from map[string]int }{{s.Statuses, o.Statuses}, {s.InDouble, o.InDouble}, {s.InDoubt, o.InDoubt}} {
		for k, n := range m.from {
			m.to[k] += n
		}
	}
	if b := o.Best; b != nil && s.better(b.Loss, b.Status) {
		s.Best = &Best{b.Run + first, b.Loss, b.Status}
	}
}
