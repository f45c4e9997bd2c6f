package table

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"losscape/cmd/losscape/meta"
	"losscape/cpu"
	"losscape/cpu/quote"
)

// Meta says what a table is the result of, and what computed it. The same
// command on the same device makes the same Meta: it has no times in it. The names of its
// weights are the columns of the final weights.
type Meta struct {
	meta.Source

	Run      Run      `json:"run"` // what the swept parameters leave as it is
	Over     []Axis   `json:"over"`
	Settings Settings `json:"settings"`

	Counts
}

// Run is the run that a sweep varies. In JSON it is an object of its name, optimizer,
// the hyper-parameters that this has, and start.
type Run struct{ cpu.Run }

// MarshalJSON writes the object.
func (r Run) MarshalJSON() ([]byte, error) {
	var err error
	var b []byte
	add := func(name string, v any) {
		text, e := json.Marshal(v)
		err = errors.Join(err, e)
		b = append(strconv.AppendQuote(append(b, ','), name), ':')
		b = append(b, text...)
	}
	if r.Name != "" {
		add("name", r.Name)
	}
	add("optimizer", r.Optimizer)
	o, _ := cpu.LookupOptimizer(r.Optimizer) // of one that there is not, none are its own
	for _, h := range cpu.HyperParameters() {
		if o.Has(h.Name) {
			add(h.Name, h.Field(&r.Run))
		}
	}
	add("start", r.Start)
	b[0] = '{' // in place of the first comma
	return append(b, '}'), err
}

// UnmarshalJSON reads the object.
func (r *Run) UnmarshalJSON(text []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	to := map[string]any{"name": &r.Name, "optimizer": &r.Optimizer, "start": &r.Start}
	for _, h := range cpu.HyperParameters() {
		to[h.Name] = h.Field(&r.Run)
	}
	for name, v := range fields {
		if p := to[name]; p != nil {
			if err := json.Unmarshal(v, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// Axis is a swept parameter. Its values are in the table.
type Axis struct {
	Param  string  `json:"param"`
	Column string  `json:"column"`
	First  float64 `json:"first"`
	Last   float64 `json:"last"`
	Count  int     `json:"count"`
	Log    bool    `json:"log"`
}

// Settings are those of the sweep.
type Settings struct {
	GradTol   float64  `json:"grad_tol"`
	Limit     *float64 `json:"limit"` // null where there is none
	MaxPeriod int      `json:"max_period"`
	PeriodTol float64  `json:"period_tol"`
	Every     int      `json:"trajectories_every,omitempty"`
	From      int      `json:"trajectories_from,omitempty"`
	Recorded  []int    `json:"trajectories_of,omitempty"`
	Transient int      `json:"transient,omitempty"` // steps that exponents leave out, if not a tenth; below 0 none

	Quantities []string `json:"quantities,omitempty"` // that the table has besides those of all tables
}

// Sweep returns the settings by which the runs have ended: those of the sweep without
// its trajectories. A period tolerance that is the default of a precision is 0, which in
// either is its default.
func (s Settings) Sweep() cpu.Settings {
	set := cpu.Settings{GradTol: s.GradTol, Limit: math.Inf(1), MaxPeriod: s.MaxPeriod, PeriodTol: s.PeriodTol, Quantities: s.Quantities, Transient: s.Transient}
	if s.PeriodTol == 0x1p-12 || s.PeriodTol == 0x1p-26 {
		set.PeriodTol = 0
	}
	if s.Limit != nil {
		set.Limit = *s.Limit
	}
	return set
}

// NewMeta returns the part of the metadata that a sweep of a problem tells, and how many of its
// runs came to what. Of the settings it fills in the defaults of float64.
func NewMeta(p *cpu.Problem, s cpu.Sweep, set cpu.Settings, counts Counts) Meta {
	m := Meta{
		Source: meta.Of(p),
		Run:    Run{s.Base},
		Over:   []Axis{},
		Counts: counts,
	}
	for _, a := range s.Over {
		m.Over = append(m.Over, Axis{a.Name, ColumnOf(a.Name), a.Value(0), a.Value(a.Len() - 1), a.Len(), a.Log})
	}
	m.Settings = Settings{MaxPeriod: set.MaxPeriod, GradTol: set.GradTol, PeriodTol: set.PeriodTol, Every: set.Every, From: set.From, Recorded: set.Recorded, Transient: set.Transient}
	for _, q := range cpu.Quantities() {
		if q.Derived() && set.Has(q) {
			m.Settings.Quantities = append(m.Settings.Quantities, q.Name)
		}
	}
	if full, err := set.WithDefaults(); err == nil {
		m.Settings.GradTol, m.Settings.MaxPeriod, m.Settings.PeriodTol = full.GradTol, full.MaxPeriod, full.PeriodTol
		if !math.IsInf(full.Limit, 0) {
			m.Settings.Limit = &full.Limit
		}
	}
	return m
}

// NameWeights calls the weights by names, the last one's being the bias's: their columns,
// and with start_ before them those of start weights that are swept. No two of names are
// alike, and none is that of a hyper-parameter or a quantity. One that not all formats
// can hold is left out, and the weight stays w1, w2, ...
func (m *Meta) NameWeights(names []string) {
	m.WeightNames = nil
	columns := make([]string, len(names))
	named := false
	for j, name := range names {
		columns[j] = fmt.Sprintf("w%d", j+1)
		if columns[j] != name && holds(name) {
			columns[j], named = name, true
		}
	}
	if !named || len(names) != m.Weights {
		return
	}
	m.WeightNames = columns
	for i := range m.Over {
		a := &m.Over[i]
		for j := range columns {
			if a.Param == fmt.Sprintf("w%d", j+1) {
				a.Column = "start_" + columns[j]
			}
		}
	}
}

// holds reports whether a column can have a name in all formats: Go's Parquet reads
// names from a struct's tags, an NPZ has them as names of files, and a CSV without
// quotes.
func holds(name string) bool {
	switch {
	case name == "" || name != strings.TrimSpace(name) || strings.HasPrefix(name, "."):
		return false
	case strings.ContainsRune("=+-@", rune(name[0])): // a formula, to a program of sheets that opens a CSV
		return false
	case slices.Contains([]string{"shape", precisionColumn, precisionColumn + "_names", "status_names", "metadata"}, name) || strings.HasPrefix(name, "trajectory_"):
		return false
	case len(name) > 128 || !utf8.ValidString(name):
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune(",\"'`\\/:", r) })
}

// Check returns an error if metadata that have been read are not those of a sweep's table: a count makes no
// sense, or columns have names that no table has.
func (m *Meta) Check() error {
	if m.Runs < 0 || m.Weights < 1 || len(m.Run.Start) != m.Weights {
		return fmt.Errorf("%d runs of %d weights, %d of them at the start", m.Runs, m.Weights, len(m.Run.Start))
	}
	names := slices.Clone(m.WeightNames)
	for _, a := range m.Over {
		names = append(names, a.Column)
	}
	for _, name := range names {
		if !holds(name) {
			return fmt.Errorf("the name %s of a column, which no table has", quote.Text(name))
		}
	}
	if n := len(m.WeightNames); n > 0 && n != m.Weights {
		return fmt.Errorf("%d names of %d weights", n, m.Weights)
	}
	return nil
}

// weightColumn returns the column of final weight j.
func (m *Meta) weightColumn(j int) string {
	if j < len(m.WeightNames) {
		return m.WeightNames[j]
	}
	return fmt.Sprintf("w%d", j+1)
}

// paramColumn returns the column of the swept parameter of axis a.
func (m *Meta) paramColumn(a int, param string) string {
	if a < len(m.Over) && m.Over[a].Param == param {
		return m.Over[a].Column
	}
	return ColumnOf(param)
}

// JSON returns the metadata as JSON, indented for people to read if asked.
func (m *Meta) JSON(indent bool) ([]byte, error) {
	if !indent {
		return json.Marshal(m)
	}
	b, err := json.MarshalIndent(m, "", "  ")
	return append(b, '\n'), err
}
