package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/cluster"
	"losscape/cmd/losscape/store"
	"losscape/cpu/quote"

	"github.com/spf13/cobra"
)

func (a *app) planCommand() *cobra.Command {
	var shards, machines int
	var bench string
	c := &cobra.Command{
		Use:   "plan [--shards N] [--machines M] -- COMMAND ...",
		Short: "Say what the shards of a grid, a sweep or a film cost, before they are computed",
		Long: `plan says into how many pieces the work of the command behind -- is cut, which of them
each of --shards has, how long these take, and how much memory and disk they need: for one
machine, and for --machines, which compute a shard at a time each. A shard cannot be less than a piece.

Some of the work is computed for it, in a second or two: blocks of the sweep's own runs from
all over it, rows of the grid, frames of the film. What a run takes differs, so that a plan of a
sweep is an estimate. With --bench FILE.json nothing is computed, and the machine is the one that
losscape bench -o FILE.json has measured; runs that end early cost as much as all others then, and
the memory of a process is not known. A film is always measured, by its first frames.`,
		Example: `  losscape plan --shards 64 --machines 16 -- sweep one-mode --over lr=0.1:40:1000000:log --over l2=1e-4:1:1000000:log -o runs.parquet
  losscape plan --shards 8 -- grid one-mode --size 65536 -o loss.nc
  losscape plan --shards 4 --bench node.json --json -- grid one-mode --size 65536 -o loss.nc`,
		RunE: func(c *cobra.Command, args []string) error {
			given := c.Flags().Changed
			if !given("shards") {
				shards = max(machines, 1)
			}
			if shards < 1 || shards > cluster.MaxShards {
				return usagef("--shards %d, want 1 to %d", shards, cluster.MaxShards)
			}
			if given("machines") && machines < 1 {
				return usagef("--machines %d, want at least 1", machines)
			}
			var report *benchReport
			if given("bench") {
				var err error
				if report, err = readBench(bench); err != nil {
					return err
				}
			}
			parts := shards
			if parts == 1 { // then nothing is divided
				parts = 0
			}
			w, err := a.divided(c, args, parts)
			if err != nil {
				return err
			}
			return a.planShards(c.Context(), w, shards, max(machines, 1), report)
		},
	}
	fl := c.Flags()
	fl.IntVar(&shards, "shards", 0, "`number` of parts (default one for each machine)")
	fl.IntVar(&machines, "machines", 0, "`number` of machines that compute them (default 1)")
	fl.StringVar(&bench, "bench", "", "a `file` of losscape bench -o, which stands for the machine that computes (default this one, measured now)")
	a.jsonFlag(c)
	c.MarkFlagFilename("bench", "json")
	return c
}

// maxBench is how many bytes a report of bench may have.
const maxBench = 1 << 24

// readBench reads a report of bench.
func readBench(path string) (*benchReport, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxBench+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxBench {
		return nil, fmt.Errorf("%s has more than %d MB, which no report of losscape bench -o has", path, maxBench>>20)
	}
	r := new(benchReport)
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(r); err != nil || r.Report != "bench" || r.Version != reportVersion || len(r.Rows) == 0 {
		return nil, fmt.Errorf("%s is no report of losscape bench -o by this version: %w", path, cmp.Or(err, errors.New("it has other fields")))
	}
	return r, nil
}

// load is the work of a command, cut into pieces as it is when it runs.
type load struct {
	unit   string // what is computed: runs, rows or frames
	pieces int
	piece  func(k int) pieceLoad
	held   uint64 // bytes of memory that a piece takes at most

	least, most uint64 // bytes of the target

	by    string // what computes
	probe func(ctx context.Context) (probe, error)
	bench func(r *benchReport) (probe, error)
}

// pieceLoad is a piece of work.
type pieceLoad struct {
	units uint64  // that are computed
	cost  float64 // in any unit, that of store.Parts
	bytes uint64  // in the store
}

// probe is what was learnt of the cost of work.
type probe struct {
	startup  float64 // seconds that a process takes to begin
	perCost  float64 // seconds that a unit of cost takes
	perPiece float64 // seconds that a piece takes besides
	memory   uint64  // bytes that a process takes besides its pieces; 0 if that is not known
	how      string  // what was measured
}

// Computing a part of the work for a plan goes on until one go takes probeLeast, and twice as long
// as the first one, or probeTime is over.
const (
	probeLeast = 500 * time.Millisecond
	probeTime  = 4 * time.Second
	probeGrow  = 8
)

// growing measures do, which computes about as much as it is asked for and returns what that
// costs, from first on to at most most: with more and more until that takes a time that tells. It
// returns the seconds that a unit of cost takes, and those that a go takes besides. The first go warms up.
func growing(ctx context.Context, first, most float64, do func(amount float64) (cost float64, err error)) (perCost, perGo float64, took time.Duration, err error) {
	go1 := func(amount float64) (cost, took float64, err error) {
		start := time.Now()
		cost, err = do(amount)
		if err == nil {
			err = ctx.Err()
		}
		return cost, max(time.Since(start), time.Microsecond).Seconds(), err
	}
	if _, _, err := go1(first); err != nil {
		return 0, 0, 0, err
	}
	begun := time.Now()
	cost0, took0, err := go1(first)
	if err != nil {
		return 0, 0, 0, err
	}
	cost, t := cost0, took0
	for amount := first; amount < most && (t < probeLeast.Seconds() || t < 2*took0) && time.Since(begun) < probeTime; {
		amount = min(probeGrow*amount, most)
		if cost, t, err = go1(amount); err != nil {
			return 0, 0, 0, err
		}
	}
	took = time.Duration(t * float64(time.Second))
	if t > took0 && cost > cost0 {
		perCost = (t - took0) / (cost - cost0)
		return perCost, max(took0-perCost*cost0, 0), took, nil
	}
	return t / cost, 0, took, nil
}

// planShards prints what a command's shards cost.
func (a *app) planShards(ctx context.Context, w *work, shards, machines int, bench *benchReport) error {
	l, done, err := w.load(ctx, bench)
	if err != nil {
		return err
	}
	defer done()
	var p probe
	if bench != nil {
		p, err = l.bench(bench)
	} else {
		a.logf("measuring: %s", l.by)
		p, err = l.probe(ctx)
	}
	if err != nil {
		return err
	}
	r := newPlan(l, p, shards, machines)
	r.Command, r.By, r.Measured = commandLine(w.args), l.by, p.how
	if a.json {
		return a.writeReport("plan", r)
	}
	return a.printPlan(r)
}

// newPlan divides work among shards, and these among machines.
func newPlan(l *load, p probe, shards, machines int) *planReport {
	r := &planReport{Unit: l.unit, Pieces: l.pieces, Shards: shards, Machines: machines, LeastBytes: l.least, MostBytes: l.most}
	pieces := make([]pieceLoad, l.pieces)
	for k := range pieces {
		pieces[k] = l.piece(k)
	}
	free := make([]float64, min(machines, shards)) // when each machine is done
	for i, s := range store.Parts(shards, l.pieces, func(k int) float64 { return pieces[k].cost }) {
		part := planPart{First: i, Last: i, Pieces: s.End - s.First}
		cost := 0.0
		for _, k := range pieces[s.First:s.End] {
			part.Units += k.units
			part.Bytes += k.bytes
			cost += k.cost
		}
		work := cost*p.perCost + float64(part.Pieces)*p.perPiece
		seconds := p.startup + work
		part.Seconds = number(seconds)
		r.Total += part.Units
		r.PiecesBytes += part.Bytes
		r.OneMachine += number(work)
		next := 0
		for m := range free {
			if free[m] < free[next] {
				next = m
			}
		}
		free[next] += seconds
		if last := len(r.Parts) - 1; last >= 0 && r.Parts[last].Pieces == part.Pieces && r.Parts[last].Units == part.Units && r.Parts[last].Bytes == part.Bytes &&
			math.Abs(float64(r.Parts[last].Seconds)-seconds) <= 1e-3*seconds {
			r.Parts[last].Last = i
			continue
		}
		r.Parts = append(r.Parts, part)
	}
	r.OneMachine += number(p.startup)
	if l.pieces == 1 && shards == 1 { // it is written as it is computed
		r.PiecesBytes, r.Parts[0].Bytes = 0, 0
	}
	r.AllMachines = number(slices.Max(free))
	if p.memory > 0 {
		m := p.memory + l.held
		r.Memory = &m
	}
	r.HeldBytes = l.held
	return r
}

// printPlan prints a plan as text.
func (a *app) printPlan(r *planReport) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s %s in %s, by %s\n\n", quote.Cut(r.Command, 300), grouped64(r.Total), r.Unit, countOf(r.Pieces, "piece"), r.By)
	line := func(fields ...any) {
		b.WriteString(strings.TrimRight(fmt.Sprintf("%-13s  %10s  %20s  %16s  %10s", fields...), " ") + "\n")
	}
	line("shard", "pieces", r.Unit, "time", "on disk")
	idle := 0
	for _, p := range r.Parts {
		name := fmt.Sprint(p.First)
		if p.Last > p.First {
			name += fmt.Sprintf(" to %d, each", p.Last)
		}
		if p.Pieces == 0 {
			idle += p.Last - p.First + 1
		}
		line(name, grouped(p.Pieces), grouped64(p.Units), longTime(float64(p.Seconds)), bytesText(p.Bytes))
	}
	b.WriteByte('\n')
	if idle > 0 {
		fmt.Fprintf(&b, "%s without a piece: there are no more than %s\n", countOf(idle, "shard"), countOf(r.Pieces, "piece"))
	}
	memory := "not measured"
	if r.Memory != nil {
		memory = bytesText(*r.Memory) + " a process"
	}
	if r.HeldBytes > 0 {
		memory += fmt.Sprintf(", with %s for the results of a piece", bytesText(r.HeldBytes))
	}
	fmt.Fprintf(&b, "one machine   %s\n", longTime(float64(r.OneMachine)))
	if r.Machines > 1 {
		fmt.Fprintf(&b, "%-12s  %s\n", fmt.Sprintf("%d machines", r.Machines), longTime(float64(r.AllMachines)))
	}
	fmt.Fprintf(&b, "memory        %s\n", memory)
	size := bytesText(r.MostBytes)
	if r.LeastBytes < r.MostBytes {
		size = bytesText(r.LeastBytes) + " to " + size
	}
	size += " for the file"
	if r.PiecesBytes > 0 {
		size = bytesText(r.PiecesBytes) + " of pieces until they are merged, and " + size
	}
	fmt.Fprintf(&b, "disk          %s\nmeasured      %s\n", size, r.Measured)
	_, err := a.stdout.Write([]byte(b.String()))
	return err
}

// longTime writes seconds as people say them, of more than an hour also in hours.
func longTime(s float64) string {
	switch {
	case s < 60:
		return fmt.Sprintf("%.3g s", s)
	case s < 3600:
		return fmt.Sprintf("%.3g min", s/60)
	case s < 48*3600:
		return fmt.Sprintf("%.3g h", s/3600)
	}
	return fmt.Sprintf("%s h (%.3g d)", grouped64(uint64(min(s/3600, 1e18))), s/86400)
}

// grouped64 is grouped for numbers of any size.
func grouped64(n uint64) string {
	if n > math.MaxInt {
		return fmt.Sprint(n)
	}
	return grouped(int(n))
}

// benchRate returns the row that is nearest to some work, of those that match, and its rate.
func benchRate(r *benchReport, kind backend.Kind, matches func(row *benchRow) bool, distance func(row *benchRow) float64) (*benchRow, float64, error) {
	best, rate, off := (*benchRow)(nil), 0.0, math.Inf(1)
	for i := range r.Rows {
		row := &r.Rows[i]
		x := float64(row.GPU)
		if kind == backend.CPU {
			x = float64(row.CPU)
		}
		if x <= 0 || !matches(row) {
			continue
		}
		if d := distance(row); d < off {
			best, rate, off = row, x, d
		}
	}
	if best == nil {
		return nil, 0, fmt.Errorf("the report has no figure for such work on the %s: measure it anew with losscape bench, or leave --bench out", strings.ToUpper(string(kind)))
	}
	return best, rate, nil
}

// benchKind returns what computes by a report: the device, if it has one, or what --backend says.
func (a *app) benchKind(r *benchReport) (backend.Kind, error) {
	switch {
	case a.backend == backend.CPU:
		return backend.CPU, nil
	case r.Device != "":
		return backend.GPU, nil
	case a.backend == backend.GPU:
		return "", fmt.Errorf("the report was measured without a device, and --backend gpu asks for one")
	}
	return backend.CPU, nil
}

// benchInfo returns what computes, as a report has it.
func (a *app) benchInfo(r *benchReport) (by backend.Info, err error) {
	by.Kind, err = a.benchKind(r)
	by.Precision, by.Name = "float64", "the CPU ("+r.CPU+")"
	if by.Kind == backend.GPU {
		by.Name = r.Device
		switch a.precision {
		case backend.Single:
			by.Precision = "float32"
		case backend.AutoPrecision:
			by.Precision = string(backend.AutoPrecision)
		}
	}
	return by, err
}

// rowText names a row of a report.
func rowText(row *benchRow, rate float64, kind backend.Kind) string {
	n := ""
	if row.Samples > 0 {
		n = fmt.Sprintf(" of %s samples", grouped(row.Samples))
	}
	return fmt.Sprintf("%s %s%s: %.3g M %s (%s)", row.What, row.Shape, n, rate/1e6, row.Unit, kind)
}

// benchLinear returns the cost of a unit by a report: of so many sample-evaluations in a unit, by
// what was measured with the most similar number of samples, and of points along a side of a landscape.
func benchLinear(r *benchReport, what string, by backend.Info, samples, features, side int, evaluations float64) (probe, error) {
	wide := features > 1
	row, rate, err := benchRate(r, by.Kind, func(row *benchRow) bool {
		double := row.Precision == "double"
		return row.What == what && (row.Optimizer == "" || row.Optimizer == "gd") && strings.Contains(row.Shape, "D=") == wide &&
			(by.Kind == backend.CPU || double == (by.Precision == "float64"))
	}, func(row *benchRow) float64 {
		d := math.Abs(math.Log(float64(row.Samples) / float64(samples)))
		var w, h int
		if n, _ := fmt.Sscanf(row.Shape, "%dx%d", &w, &h); n == 2 && side > 0 && by.Kind == backend.GPU {
			d += math.Abs(math.Log(float64(w) / float64(side)))
		}
		return d
	})
	if err != nil {
		return probe{}, err
	}
	how := rowText(row, rate, by.Kind)
	if strings.HasPrefix(row.Unit, "multiply-adds") {
		evaluations *= 2 * float64(features) // of a margin, and of a gradient
	} else if wide { // a sample costs as much as it has features
		var d int
		if _, err := fmt.Sscanf(row.Shape[strings.Index(row.Shape, "D="):], "D=%d", &d); err == nil && d > 0 {
			evaluations *= float64(features) / float64(d)
		}
	}
	return probe{perCost: evaluations / rate, how: how}, nil
}
