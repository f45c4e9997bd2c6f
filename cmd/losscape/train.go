package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/npfmt"
	"losscape/cmd/losscape/table"
	"losscape/cpu"
	"losscape/scenes"

	"github.com/spf13/cobra"
)

// trainFlags are the flags of train.
type trainFlags struct {
	runFlags
	all    bool
	format string

	report    bool // how the runs end, in place of their iterations
	exponent  bool
	transient int
}

var trainFormats = []string{"text", "csv", "json"}

func (a *app) trainCommand() *cobra.Command {
	var f trainFlags
	c := &cobra.Command{
		Use:   "train SCENE",
		Short: "Run a scene's training runs and print every iteration",
		Long: `train runs a scene's runs and prints the weights and the loss after each
iteration: as many iterations as the film shows, or all of them with --all. Iter k
is the state after k+1 updates, as the notebook prints it, whatever the film counts.
Flags replace what the scene says, for all of its runs.

Where a data file names the features, CSV and JSON call the weights by their names,
and the last one bias.

How the runs end is said as losscape sweep says it, in the JSON and, unless the last
step is just that, on standard error; they are printed beyond it.

--report prints how each run ends in place of its iterations: its last weights, loss
and gradient, below which learning rate its optimizer is stable at the minimum, with
--exponent its largest Lyapunov exponent, and, if the samples are separable, how far it
has turned to the greatest margin; for gradient descent, lr t loss after t steps beside
its limit, one over the margin squared. With --json it is there besides them.

The numbers are the reference's, float64 on the CPU, unless --backend is given. Then
--precision auto has the device compute in float32, and runs again in float64 whose
ending that cannot tell; double has it compute all of them so.`,
		Example: `  losscape train one-mode
  losscape train one-mode --lr 15 --steps 40 --all --format csv > large.csv`,
		Args:              oneScene,
		ValidArgsFunction: completeScene,
		RunE: func(c *cobra.Command, args []string) error {
			if a.json {
				if c.Flags().Changed("format") && f.format != "json" {
					return usagef("--json and --format %s contradict each other", f.format)
				}
				f.format = "json"
			}
			if f.report && f.format == "csv" {
				return usagef("--report is text, or JSON with --json, and no CSV; leave --format csv out")
			}
			if c.Flags().Changed("transient") {
				if err := checkTransient(f.transient, f.exponent); err != nil {
					return err
				}
				if f.transient == 0 {
					f.transient = -1 // none, where 0 is the default
				}
			}
			if !slices.Contains(trainFormats, f.format) {
				return usagef("--format %q, want one of: %s", f.format, strings.Join(trainFormats, ", "))
			}
			if a.device != backend.AnyDevice && !a.backendGiven {
				return usagef("--device %d has no meaning for runs on the CPU; add --backend gpu", a.device)
			}
			if c.Flags().Changed("precision") && a.precision == backend.Single && !a.backendGiven {
				return usagef("--precision single has no meaning for runs on the CPU, which are float64; add --backend gpu")
			}
			s, err := a.loadScene(c.Context(), args[0])
			if err != nil {
				return err
			}
			a.follow(s)
			if err := f.change(c, s); err != nil {
				return err
			}
			a.warnUnstable(c.Context(), args[0], changesRuns(c.Flags().Changed), s)
			return a.train(c.Context(), s, f)
		},
	}
	f.add(c)
	fl := c.Flags()
	fl.BoolVar(&f.all, "all", false, "print all iterations, not only those that the film shows")
	fl.BoolVar(&f.report, "report", false, "print how the runs end, and where they are stable, in place of the iterations")
	fl.BoolVar(&f.exponent, "exponent", false, "tell quasi-periodic and chaotic runs, by the largest Lyapunov exponent")
	fl.IntVar(&f.transient, "transient", 0, "`steps` that exponents leave out (default the first tenth)")
	fl.StringVar(&f.format, "format", "text", "`how` to print: text, csv (run,iter,w1,w2,... or the features' names and bias,loss) or json")
	a.jsonFlag(c)
	c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(trainFormats, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// change puts the flags that were given into the scene's runs.
func (f *trainFlags) change(c *cobra.Command, s *scenes.Scene) error {
	if err := f.apply(c, s.Runs); err != nil {
		return err
	}
	if c.Flags().Changed("seed") && !slices.ContainsFunc(s.Runs, func(r cpu.Run) bool { return r.Batch > 0 }) {
		return errSeed
	}
	if c.Flags().Changed("steps") {
		s.Film.Frames = min(s.Film.Frames, s.MaxFrames())
	}
	return revalidate(c, s)
}

// train computes a scene's runs and prints them.
func (a *app) train(ctx context.Context, s *scenes.Scene, f trainFlags) error {
	var b *backend.Backend
	if a.backendGiven {
		var err error
		if b, _, err = a.open("runs", func(c backend.Computer) error { return c.CanDescend(s.Problem, s.Runs) }); err != nil {
			return err
		}
		defer b.Close()
	}
	runs, set, err := a.descend(ctx, b, s)
	if err != nil {
		return err
	}
	if f.exponent {
		set = set.With(cpu.ExponentName)
		set.Transient = f.transient
	}
	endings, err := s.Problem.Endings(ctx, runs, set)
	if err != nil {
		return err
	}
	var reports *runReports
	if f.report {
		if reports, err = reportRuns(ctx, s.Problem, runs, endings); err != nil {
			return err
		}
		if f.format == "text" {
			return a.printReports(s, runs, endings, reports)
		}
	}
	return a.printRuns(s, runs, endings, reports, f)
}

func (n number) MarshalJSON() ([]byte, error) {
	x := float64(n)
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, x, 'g', -1, 64), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (n *number) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*n = nan
		return nil
	}
	x, err := strconv.ParseFloat(string(text), 64)
	*n = number(x)
	return err
}

func numbers(w []float64) []number {
	n := make([]number, len(w))
	for i, x := range w {
		n[i] = number(x)
	}
	return n
}

func (a *app) printRuns(s *scenes.Scene, runs []*cpu.Trajectory, endings []cpu.Ending, reports *runReports, f trainFlags) error {
	shown := func(t *cpu.Trajectory) int {
		if f.all {
			return t.Run.Steps
		}
		return min(t.Run.Steps, int(math.Ceil(s.Film.Updates(s.Film.Frames-1))))
	}
	var err error
	switch f.format {
	case "csv":
		err = a.printCSV(s.WeightNames(), runs, shown)
	case "json":
		report := trainReport{Scene: s.Name, Weights: s.WeightNames(), Classes: s.Classes}
		if reports != nil {
			report.Margin = reports.margin
		}
		for i, t := range runs {
			r := trainRun{Run: i, Name: t.Run.Name, Optimizer: t.Run.Optimizer, LR: number(t.Run.LR), L2: number(t.Run.L2),
				Start: numbers(t.Run.Start), Steps: t.Run.Steps, Status: endings[i].Status.String(), Taken: endings[i].Steps, Period: endings[i].Period, Precision: endings[i].Precision.String(), Iterations: []iteration{}}
			if f.exponent {
				e := number(endings[i].Growth.Exponent())
				r.Exponent = &e
			}
			if reports != nil {
				r.Report = &reports.runs[i]
			}
			for k := range shown(t) {
				r.Iterations = append(r.Iterations, iteration{k, numbers(t.At(k + 1)), number(t.Loss[k+1])})
			}
			report.Runs = append(report.Runs, r)
		}
		err = a.writeReport("train", &report)
	default:
		for i, t := range runs {
			if len(runs) > 1 {
				fmt.Fprintf(a.stdout, "Run %d: %s\n", i, runTitle(t.Run))
			}
			for k := range shown(t) {
				if _, err = fmt.Fprintf(a.stdout, "Iter %d: w %s, loss %s\n", k, npfmt.Format(t.At(k+1)), fixed(t.Loss[k+1])); err != nil {
					break
				}
			}
		}
	}
	if err != nil {
		return err
	}
	for i, t := range runs {
		switch e := endings[i]; e.Status {
		case cpu.Converged, cpu.Diverged:
			at := "its start"
			if e.Steps > 0 {
				at = fmt.Sprintf("iteration %d", e.Steps-1)
			}
			a.logf("run %d (%s) %s at %s", i, runTitle(t.Run), e.Status, at)
		case cpu.QuasiPeriodic, cpu.Chaotic, cpu.Drifting:
			a.logf("run %d (%s) is %s", i, runTitle(t.Run), e.Status)
		case cpu.Periodic:
			a.logf("run %d (%s) is periodic, with period %d", i, runTitle(t.Run), e.Period)
		}
	}
	return nil
}

func runTitle(r cpu.Run) string {
	title := fmt.Sprintf("%s, lr %v", r.Optimizer, r.LR)
	if r.Name != "" {
		title = r.Name + ", " + title
	}
	return title
}

// fixed writes a loss as Python's '.4f' does.
func fixed(x float64) string {
	switch {
	case math.IsNaN(x):
		return "nan"
	case math.IsInf(x, 0):
		return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(x, 'f', 4, 64), "+"))
	}
	return strconv.FormatFloat(x, 'f', 4, 64)
}

func (a *app) printCSV(weights []string, runs []*cpu.Trajectory, shown func(*cpu.Trajectory) int) error {
	w := csv.NewWriter(a.stdout)
	row := append([]string{"run", "iter"}, weights...)
	w.Write(append(row, "loss"))
	for i, t := range runs {
		for k := range shown(t) {
			row = append(row[:0], strconv.Itoa(i), strconv.Itoa(k))
			for _, x := range t.At(k + 1) {
				row = append(row, string(table.AppendFloat(nil, x)))
			}
			if err := w.Write(append(row, string(table.AppendFloat(nil, t.Loss[k+1])))); err != nil {
				return err
			}
		}
	}
	w.Flush()
	return w.Error()
}
