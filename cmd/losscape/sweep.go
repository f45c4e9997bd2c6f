package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/meta"
	"losscape/cmd/losscape/store"
	"losscape/cmd/losscape/table"
	"losscape/cpu"
	"losscape/cpu/quote"
	"losscape/scenes"

	"github.com/spf13/cobra"
)

// sweepFlags are the flags of sweep.
type sweepFlags struct {
	over           []string
	output, format string
	pictureFlags
	with         []string
	exponent     bool
	transient    int
	trajectories string
	recorded     []int

	run string
	runFlags
	parts pieceFlags

	gradTol, limit, periodTol float64
	maxPeriod                 int
}

// terminalRows is how many rows are printed to a terminal. More are surely
// meant for a file.
const terminalRows = 1000

func (a *app) sweepCommand() *cobra.Command {
	var f sweepFlags
	c := &cobra.Command{
		Use:   "sweep SCENE --over PARAM=FROM:TO:COUNT[:log] ...",
		Short: "Train with thousands of settings at once, into a table or a map",
		Long: `sweep trains a scene's first run (or --run) with every combination of the values
of one or more parameters:

  --over lr=0.01:30:4096:log    4096 values, evenly spaced in their logarithm
  --over l2=0:1:256             256 values, evenly spaced, both ends included
  --over lr=0.1,0.5,15          these three

over ` + strings.Join(cpu.ParamNames(0), ", ") + ` and the start
weights w1, w2, ..., or by the names of the features in a data file, the last being
bias. The other flags change what all runs share.

The table has a row for each run, the last --over varying fastest: the swept
parameters, w1, w2, ... or the names of the features and bias, loss, best_loss,
grad_norm, steps, status, period, precision, accuracy. Start weights that are swept are called
start_w1, ..., and steps max_steps. A .nc (NetCDF-3, CF conventions) has no rows: its
dimensions are the swept parameters, in their order, with their values as coordinates, and
each column is a variable over them. Scene, device, settings and a hash of the data are in the file: in
.parquet as JSON under the key "losscape", in .npz as the string array metadata, in
.nc as the attribute losscape, and beside a .csv, which is nothing but a table, in
FILE.csv.json. Without -o and --map the table goes to standard output, as it does with
-o -: as CSV, or as --format says. With --map - the picture does, a PNG unless --format
says otherwise.

--map draws the runs: over two parameters a map in which one pixel is one run
(in small ones, a block of pixels), the first --over to the right, the second
upwards; over one a plot, runs coloured by how they ended. Runs that diverged
have a colour of their own. --map-of orbit draws an orbit diagram over one
parameter: where the first weight, or another, is in the --last states of each run,
the darker the more of them. A .png has pixels, an .svg and a .pdf are vectors for papers.

More quantities are named by --with or by --map-of. --exponent is --with exponent: the
largest Lyapunov exponent, over the steps after the first tenth, or after --transient.

By --precision auto, the default, runs are computed in float32, and again in float64
if float32 cannot tell how they end: gradients near rounding, returns that may drift,
exponents near a threshold, and neighbours that end otherwise. Values closer than
float32 tells apart are computed in float64 at once. The column precision says which.

Of a thousand samples or more with one feature, the device takes points with the same moments in
their place, which moves a step by less than the rounding of float32 does, and in float64 by
less than that of float64; --exact takes every sample, as exponents and mini-batches do.

A large sweep is computed in blocks, by what it computes alone: of 16,384 to 1,048,576 runs, on
the CPU from 256 on. They need not fit into memory, and are kept in FILE.part beside the table,
or the picture if there is no table, until that is written: an interrupted sweep goes on with
--resume, and --shard computes a part of it, of which losscape merge writes the table and draws the
map. An orbit diagram has all states in memory, and no parts. By auto, only neighbours in the same
block are compared.

A run is converged when its gradient's norm is at most --grad-tol, periodic when
its last weights repeat, diverged when |w| passes --limit or is not finite,
drifting when the data are separable, there is no L2 term and its loss falls, and
else at its step-limit. With the exponent, its largest Lyapunov exponent, it may be
quasi-periodic or chaotic.`,
		Example: `  losscape sweep one-mode --over lr=0.01:30:4096:log -o lr.csv
  losscape sweep one-mode --over lr=0.1:100:1024:log --over l2=1e-4:1:1024:log --steps 200 --map map.png
  losscape sweep one-mode --over lr=0.1:100:1024:log --over l2=1e-4:1:1024:log -o runs.nc
  losscape sweep one-mode --over lr=1:30:1000 --steps 2000 --map doubling.png
  losscape sweep one-mode --over lr=15:34:1200 --steps 2400 --map-of orbit --last 200 --map orbit.png
  losscape sweep two-mode --over lr=0.1,1,10 --trajectories every=10 -o runs.npz
  losscape sweep one-mode --over lr=1:30:1000 --trajectories-of 0,640 -o runs.npz
  losscape sweep one-mode --over lr=1:30:100000 --over l2=1e-4:1:10000:log -o runs.parquet --shard 3/64`,
		Args:              oneScene,
		ValidArgsFunction: completeScene,
		RunE: func(c *cobra.Command, args []string) error {
			j, err := f.job(a, c, args[0])
			if err != nil {
				return err
			}
			if a.work != nil {
				a.work.describe(c, a.sweepLoad(j), args[0], j.target(), j.otherOutputs()...)
				a.work.merge = j.merging()
				return nil
			}
			return a.sweep(c.Context(), j)
		},
	}
	fl := c.Flags()
	fl.StringArrayVar(&f.over, "over", nil, "`parameter` and its values, PARAM=FROM:TO:COUNT[:log] or PARAM=V1,V2,...; may be repeated")
	fl.StringVarP(&f.output, "output", "o", "", "the table to write: a `file` that ends in "+anyEnding("sweep", "output")+", or - for standard output")
	formatFlag(c, &f.format, "output", "map")
	fl.IntVar(&f.last, "last", scenes.DefaultOrbit().Last, "of an orbit diagram, how many `states` of each run are shown, the last ones")
	f.pictureFlags.add(c, "orbit", "orbit:w2", "orbit:loss")
	fl.StringSliceVar(&f.with, "with", nil, "more `quantities`, at a cost of their own: "+strings.Join(cpu.DerivedNames(), ", "))
	fl.BoolVar(&f.exponent, "exponent", false, "more: the largest Lyapunov exponent, which tells quasi-periodic and chaotic runs, too")
	fl.IntVar(&f.transient, "transient", 0, "`steps` that exponents leave out (default the first tenth)")
	fl.StringVar(&f.trajectories, "trajectories", "", "record runs' weights and losses `every=N` steps, into a .npz")
	fl.IntSliceVar(&f.recorded, "trajectories-of", nil, "record these `runs` only, such as 0,17: rows of the table from 0 (every step, unless --trajectories says otherwise)")
	a.exactFlag(c)
	f.parts.add(c)
	fl.StringVar(&f.run, "run", "", "the scene's run to sweep, by `name` or number from 0 (default the first)")
	f.runFlags.add(c)
	fl.Float64Var(&f.gradTol, "grad-tol", 0, "gradient `norm` at or below which a run has converged (default 1e-6); below 0 none does")
	fl.Float64Var(&f.limit, "limit", 0, "`norm` of the weights beyond which a run has diverged (default 1e9)")
	fl.IntVar(&f.maxPeriod, "max-period", 0, fmt.Sprintf("the longest `period` looked for, 1 for none (default %d)", cpu.MaxPeriod))
	fl.Float64Var(&f.periodTol, "period-tol", 0, "how near a periodic run comes back, `relative` to 1 + |w| (default by precision: 2^-26 in float64, 2^-12 in float32)")
	a.jsonFlag(c)
	completeFiles(c, "output")
	c.RegisterFlagCompletionFunc("over", f.completeOver)
	c.RegisterFlagCompletionFunc("with", cobra.FixedCompletions(cpu.DerivedNames(), cobra.ShellCompDirectiveNoFileComp))
	c.RegisterFlagCompletionFunc("trajectories", cobra.FixedCompletions([]string{"every=1", "every=10", "every=100"}, cobra.ShellCompDirectiveNoFileComp))
	c.RegisterFlagCompletionFunc("run", completeRun)
	return c
}

// completeOver offers the parameters that the scene's run and --optimizer
// have.
func (f *sweepFlags) completeOver(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	known, optimizer := cpu.ParamNames(2), f.optimizer
	if s := sceneToComplete(c, args); s != nil {
		known = s.ParamNames(s.Problem.Dim())
		if optimizer == "" {
			optimizer = s.Runs[0].Optimizer
		}
	}
	o, err := cpu.LookupOptimizer(optimizer)
	var names []string
	for _, n := range known {
		h, _ := cpu.LookupHyperParameter(n)
		if (err != nil || !h.Own || o.Has(n)) && strings.HasPrefix(n, typed) {
			names = append(names, n+"=")
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeRun offers the names of the scene's runs.
func completeRun(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if s := sceneToComplete(c, args); s != nil {
		for i, r := range s.Runs {
			if r.Name == "" {
				r.Name = strconv.Itoa(i)
			}
			names = append(names, r.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// sweepJob is a sweep that has passed all checks of how it was asked for.
type sweepJob struct {
	parts pieceFlags
	named string // the scene, on the command line
	scene *scenes.Scene
	sweep cpu.Sweep
	set   cpu.Settings
	count int

	output  string // of the table; empty for none
	format  table.Format
	picture string   // empty for none, of what the scene's Map says
	drawn   string   // the ending of the picture's format
	orbit   bool     // or its Orbit
	say     []string // flags that say how it is drawn, as they were given
}

// job makes the job that the flags ask for.
func (f *sweepFlags) job(a *app, c *cobra.Command, name string) (*sweepJob, error) {
	given := c.Flags().Changed
	j := &sweepJob{named: name, output: f.output, picture: f.picture}
	if f.output == "" && f.picture == "" {
		j.output = standardOutput
	}
	if len(f.over) == 0 {
		return nil, usagef("sweep needs --over: the parameter to vary and its values, such as --over lr=0.01:30:4096:log")
	}
	err := j.notBoth(a)
	if err == nil {
		err = f.check(c, func() error { return j.chooseTable(a, f.format) }, func() error { return j.choosePicture(a, f.format) })
	}
	if err == nil {
		err = errors.Join(j.chooseTable(a, f.format), j.choosePicture(a, f.format)) // --format alone, too
	}
	if err != nil {
		return nil, err
	}
	j.set = f.settings(given)
	if j.set.Every > 0 && j.format != table.NPZ {
		return nil, usagef("--trajectories are written to a .npz: name one with -o")
	}
	if err := f.checkParts(c, a, j); err != nil {
		return nil, err
	}
	j.parts = f.parts
	if j.scene, err = a.loadScene(c.Context(), name); err != nil {
		return nil, err
	}
	a.follow(j.scene)
	if err := f.base(c, j.scene); err != nil {
		return nil, err
	}
	j.sweep.Base = j.scene.Runs[0]
	for _, text := range f.over {
		p, err := j.scene.ParseParam(text)
		if err != nil {
			return nil, overError(err, j.scene)
		}
		if given(p.Name) {
			return nil, usagef("--%s and --over %s contradict each other", p.Name, p.Name)
		}
		j.sweep.Over = append(j.sweep.Over, p)
	}
	if err := j.sweep.Validate(j.scene.Problem); err != nil {
		return nil, overError(err, j.scene)
	}
	if err := table.Check(j.sweep, j.format); err != nil {
		return nil, usagef("--over: %s", err)
	}
	batches := j.sweep.Base.Batch > 0 || slices.ContainsFunc(j.sweep.Over, func(p cpu.Param) bool { return p.Name == "batch" })
	if given("seed") && !batches {
		return nil, errSeed
	}
	runs, err := j.sweep.Count()
	if err != nil {
		return nil, usagef("--over: %s", message(err))
	}
	if f.picture != "" {
		if err := j.show(&f.pictureFlags, given("colormap")); err != nil {
			return nil, err
		}
		j.say = f.said(c)
	}
	if j.output == standardOutput && a.terminal && runs > terminalRows {
		return nil, usagef("the table has %d rows, too many to read on a terminal: name a file with -o, or pipe it into a program", runs)
	}
	if of := j.set.Recorded; of != nil && (of[0] < 0 || uint64(of[len(of)-1]) >= runs) {
		return nil, usagef("--trajectories-of: the %d runs are 0 to %d", runs, runs-1)
	}
	if err := j.fitsMemory(); err != nil && a.work == nil {
		return nil, err
	}
	j.count = int(runs)
	if !a.quiet && !slices.Contains(scenes.Names(), name) {
		a.warnUnstableSweep(c.Context(), &edges{p: j.scene.Problem, lambdas: map[float64]float64{}}, j.sweep, "of the sweep")
	}
	return j, nil
}

// notBoth returns an error if two things go to standard output.
func (j *sweepJob) notBoth(a *app) error {
	if j.output == standardOutput && j.picture == standardOutput {
		return usagef("-o - and --map - both go to standard output: name a file for one of them")
	}
	if a.json && (j.output == standardOutput || j.picture == standardOutput) {
		return usagef("--json prints the report on standard output, where the table or the picture goes: name a file for it, with -o or --map")
	}
	return nil
}

// pictureTakes reports whether --format is that of the picture: of standard output, or else of
// the table.
func (j *sweepJob) pictureTakes() bool { return j.picture == standardOutput || j.output == "" }

// chooseTable finds the format of the table, if there is one; named is --format.
func (j *sweepJob) chooseTable(a *app, named string) error {
	if j.output == "" {
		return nil
	}
	if j.pictureTakes() {
		named = ""
	}
	f, err := a.formatFor("sweep", "output", "-o", j.output, named)
	j.format = table.Format(f.ending)
	return err
}

// choosePicture finds that of the picture.
func (j *sweepJob) choosePicture(a *app, named string) error {
	if j.picture == "" {
		return nil
	}
	if !j.pictureTakes() {
		named = ""
	}
	f, err := a.formatFor("sweep", "map", "--map", j.picture, named)
	j.drawn = f.ending
	return err
}

// checkParts finds what is wrong with the flags of work in pieces.
func (f *sweepFlags) checkParts(c *cobra.Command, a *app, j *sweepJob) error {
	if err := f.parts.check(c); err != nil {
		return err
	}
	a.sharded = f.parts.sharded()
	if err := f.parts.needFile(j.target()); err != nil {
		return err
	}
	_, orbit := orbitOf(f.Of)
	switch {
	case f.picture != "" && orbit && f.parts.asked():
		return usagef("an orbit diagram needs the states of all runs at once, and keeps no pieces: leave --resume and --shard out")
	case !f.parts.sharded():
		return nil
	case f.picture == standardOutput:
		return usagef("a part of a sweep draws no map, losscape merge does: name a file with --map")
	case a.json:
		return usagef("a part of a sweep has no report; leave --json out: losscape status --json says how far all parts are")
	}
	return nil
}

// overError says what is wrong with an axis of a sweep of a scene's problem.
func overError(err error, s *scenes.Scene) error {
	if unknown := (*cpu.UnknownParamError)(nil); errors.As(err, &unknown) {
		unknown.Known = s.ParamNames(scenes.NamedWeights)
	}
	return usagef("--over: %s", message(err))
}

// check finds what is wrong with a flag by itself; output and picture say so of -o and --map.
func (f *sweepFlags) check(c *cobra.Command, output, picture func() error) error {
	wants := func(flag string, value any, ok bool, want string) func() error {
		return func() error {
			if ok {
				return nil
			}
			return usagef("--%s %v, want %s", flag, value, want)
		}
	}
	checks := map[string]func() error{
		"output": output,
		"map":    picture,
		"last": func() error {
			if _, ok := orbitOf(f.Of); !ok {
				return usagef("--last is for orbit diagrams: --map-of orbit")
			}
			return f.named("last")()
		},
		"with": func() error {
			for _, name := range f.with {
				if !slices.Contains(cpu.DerivedNames(), name) {
					return usagef("--with %s, want some of: %s; all others are there anyway", quote.Text(name), strings.Join(cpu.DerivedNames(), ", "))
				}
			}
			return nil
		},
		"transient": func() error {
			asked := f.exponent || slices.Contains(f.with, cpu.ExponentName) || f.picture != "" && f.Of == cpu.ExponentName
			return checkTransient(f.transient, asked)
		},
		"limit":        wants("limit", f.limit, f.limit > 0, "a number above 0"),
		"max-period":   wants("max-period", f.maxPeriod, f.maxPeriod >= 1 && f.maxPeriod <= cpu.MaxPeriod, fmt.Sprintf("1 to %d", cpu.MaxPeriod)),
		"period-tol":   wants("period-tol", f.periodTol, f.periodTol > 0 && !math.IsInf(f.periodTol, 0), "a finite number above 0"),
		"grad-tol":     wants("grad-tol", f.gradTol, !math.IsNaN(f.gradTol) && !math.IsInf(f.gradTol, 0), "a finite number"),
		"trajectories": wants("trajectories", quote.Text(f.trajectories), f.every() > 0, "every=N with a whole number of steps above 0, such as every=10"),
	}
	maps.Copy(checks, f.checks())
	return checkFlags(c, checks)
}

// every returns the N of --trajectories every=N, 0 if it has none.
func (f *sweepFlags) every() int {
	n, _ := strconv.Atoi(strings.TrimPrefix(f.trajectories, "every="))
	return max(n, 0)
}

// settings returns the sweep's settings.
func (f *sweepFlags) settings(given func(flag string) bool) cpu.Settings {
	set := cpu.Settings{GradTol: f.gradTol, Limit: f.limit, MaxPeriod: f.maxPeriod, PeriodTol: f.periodTol, Every: f.every(), Quantities: f.with, Transient: f.transient}
	if f.exponent {
		set = set.With(cpu.ExponentName)
	}
	if given("transient") && f.transient == 0 {
		set.Transient = -1 // none, where 0 is the default
	}
	if _, err := cpu.LookupQuantity(f.Of); err == nil && f.picture != "" {
		set = set.With(f.Of)
	}
	if given("grad-tol") && f.gradTol == 0 {
		set.GradTol = math.SmallestNonzeroFloat64 // nothing but a gradient of 0
	}
	if given("trajectories-of") {
		set.Recorded = slices.Compact(slices.Sorted(slices.Values(f.recorded)))
		set.Every = max(set.Every, 1)
	}
	return set
}

// base leaves the scene with the one run to sweep, as the flags change it.
func (f *sweepFlags) base(c *cobra.Command, s *scenes.Scene) error {
	given := c.Flags().Changed
	pick := 0
	if given("run") {
		pick = slices.IndexFunc(s.Runs, func(r cpu.Run) bool { return r.Name == f.run && f.run != "" })
		if i, err := strconv.Atoi(f.run); pick < 0 && err == nil && i >= 0 && i < len(s.Runs) {
			pick = i
		}
		if pick < 0 {
			var known []string
			for i, r := range s.Runs {
				if r.Name == "" {
					r.Name = strconv.Itoa(i)
				}
				known = append(known, r.Name)
			}
			return usagef("--run %s, %s has: %s", quote.Text(f.run), s.Name, quote.Words(known))
		}
	}
	s.KeepRuns(pick)
	if err := f.apply(c, s.Runs); err != nil {
		return err
	}
	s.Film.Frames = min(max(1, s.Film.Frames), s.MaxFrames())
	return revalidate(c, s)
}

// Where the space left is looked up; tests change it.
var (
	memoryLeft = freeMemory
	diskLeft   = freeDisk
)

// fitsMemory returns an error if the result of the sweep, and its map, cannot
// fit into the memory that there is.
func (j *sweepJob) fitsMemory() error {
	dim := j.scene.Problem.Dim()
	need := j.sweep.Bytes(dim, j.set)
	if j.target() != "" { // block by block
		need = min(need, max(uint64(cuts.blockBytes), cpu.Sweep{Base: j.sweep.Base}.Bytes(dim, j.set)))
	}
	if j.picture != "" && !j.parts.sharded() {
		need += min(j.pictureBytes(), math.MaxUint64-need)
	}
	n, _ := j.sweep.Count()
	what := fmt.Sprintf("the results of %d runs", n)
	if j.set.Every > 0 {
		what += " with their trajectories"
	}
	return fitsMemory(need, what, "take fewer values, or sweep in parts")
}

// fitsMemory returns an error if there is less memory than things need, which says what helps.
func fitsMemory(need uint64, what, remedy string) error {
	if have, known := memoryLeft(); known && need > have || need > math.MaxInt {
		return fmt.Errorf("%s take %s of memory, there are %s: %s", what, bytesText(need), bytesText(have), remedy)
	}
	return nil
}

// fitsDisk returns an error, which wraps ENOSPC, if a file of at least so many bytes cannot fit where it
// is to be, and says so if one of up to most may not.
func (a *app) fitsDisk(path string, least, most uint64) error {
	if path == standardOutput {
		return nil
	}
	dir := filepath.Dir(path)
	have, known := diskLeft(dir)
	switch {
	case known && least > have:
		return fmt.Errorf("%s will take at least %s, and its folder %s has room for %s (%w): take fewer values, or another folder", path, bytesText(least), dir, bytesText(have), syscall.ENOSPC)
	case known && most > have:
		a.warnf("%s may take up to %s, and its folder %s has room for %s", path, bytesText(most), dir, bytesText(have))
	}
	return nil
}

// bytesText writes a number of bytes as people say it.
func bytesText(n uint64) string {
	x, units := float64(n), []string{"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	i := 0
	for ; x >= 1024 && i < len(units)-1; i++ {
		x /= 1024
	}
	if i == 0 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.3g %s", x, units[i])
}

func (a *app) sweep(ctx context.Context, j *sweepJob) error {
	// What cannot be written should be known now.
	if err := a.checkOutputs(j); err != nil {
		return err
	}
	p, first := j.scene.Problem, j.sweep
	if j.target() != "" {
		first = j.sweep.Blocks(int(cuts.mostBlock)).At(0).Sweep // by which the whole is judged
	}
	can := func(c backend.Computer) error { return c.CanSweep(p, first, j.set) }
	b, c, err := a.open("", can)
	if err != nil {
		return err
	}
	defer b.Close()
	if most := j.runsOfABlock(c.Info(), a.exact); j.target() != "" && (j.sweep.Blocks(most).Len() > 1 || j.parts.sharded() || store.Exists(store.Dir(j.target()))) {
		return a.sweepInPieces(ctx, b, c, can, j, most)
	}
	if err := a.outputsFit(j); err != nil {
		return err
	}
	res, by, err := a.computeSweep(ctx, b, j)
	if err != nil {
		return err
	}
	sum := table.Summarize(res)
	t := &table.Table{Result: res, Meta: j.meta(a, by, sum.Counts)}
	if err := a.writeSweep(ctx, j, t); err != nil {
		return err
	}
	return a.endSweep(newSweepReport(j.scene.Name, j, sum, j.scene.ParamName, res.Stats.Elapsed), j.sweep, j.scene.ParamName)
}

// meta returns what a sweep's table says of itself.
func (j *sweepJob) meta(a *app, by backend.Info, counts table.Counts) table.Meta {
	set := j.set
	if set.PeriodTol == 0 {
		set.PeriodTol = by.PeriodTol
	}
	m := table.NewMeta(j.scene.Problem, j.sweep, set, counts)
	a.fillSource(&m.Source, j.scene, by)
	m.NameWeights(j.scene.WeightNames())
	return m
}

// outputsOf are the files of a sweep, with how many bytes they take at least and at most.
func (j *sweepJob) outputsOf(dim int) (files [3]struct {
	path        string
	least, most uint64
}) {
	files[0].path, files[2].path = j.output, j.picture
	if j.output != "" {
		files[0].least, files[0].most = table.Bytes(j.sweep, dim, j.set, j.format)
	}
	if j.output != "" && j.output != standardOutput && j.format == table.CSV {
		files[1].path = table.Sidecar(j.output)
	}
	files[2].most = 3 * uint64(j.count)
	return files
}

// beside returns the files of a sweep besides its table, "" for one that there is not.
func (j *sweepJob) beside() []string {
	files := j.outputsOf(0)
	return []string{files[1].path, files[2].path}
}

// outputBytes returns how many bytes the files of a sweep take at least and at most.
func (j *sweepJob) outputBytes(dim int) (least, most uint64) {
	for _, f := range j.outputsOf(dim) {
		if f.path != "" {
			least, most = least+min(f.least, math.MaxUint64-least), most+min(f.most, math.MaxUint64-most)
		}
	}
	return least, most
}

// checkOutputs returns an error if the files of a sweep cannot be written, as far as is known.
func (a *app) checkOutputs(j *sweepJob) error {
	for _, f := range j.outputsOf(j.scene.Problem.Dim()) {
		if f.path == "" {
			continue
		}
		if err := a.checkOutput(f.path); err != nil {
			return err
		}
	}
	return nil
}

// outputsFit returns an error if the files of a sweep cannot fit onto the disk.
func (a *app) outputsFit(j *sweepJob) error {
	for _, f := range j.outputsOf(j.scene.Problem.Dim()) {
		if f.path == "" {
			continue
		}
		if err := a.fitsDisk(f.path, f.least, f.most); err != nil {
			return err
		}
	}
	return nil
}

// sweepOutputs begins the files of a sweep: its table, what belongs to that, and its picture, nil if
// there is none. Those that are there have to be discarded if it fails, too.
func (a *app) sweepOutputs(j *sweepJob, dim int) (files [3]output, err error) {
	for i, f := range j.outputsOf(dim) {
		if f.path == "" {
			continue
		}
		if files[i], err = a.create(f.path); err != nil {
			files[i] = nil
			return files, err
		}
	}
	return files, nil
}

// writeSweep writes a sweep's table and its picture, both of t.
func (a *app) writeSweep(ctx context.Context, j *sweepJob, t *table.Table) error {
	files, err := a.sweepOutputs(j, t.Meta.Weights)
	for _, f := range files {
		if f != nil {
			defer f.Discard()
		}
	}
	if err != nil {
		return err
	}
	out, side, picture := files[0], files[1], files[2]
	if out != nil {
		st := a.stage("table", "rows")
		err := t.Write(ctx, out, j.format, func(done, total int) {
			st.update(int(float64(done)/float64(total)*float64(j.count)), j.count)
		})
		st.end(err)
		if err != nil {
			return err
		}
	}
	if side != nil {
		text, err := t.Meta.JSON(true)
		if err != nil {
			return err
		}
		if _, err := side.Write(text); err != nil {
			return err
		}
	}
	if picture != nil {
		if j.count > manyDrawn {
			a.logf("drawing the map of %s runs", grouped(j.count))
		}
		err := j.draw(ctx, picture, t)
		if t.Blocks != nil {
			err = cmp.Or(t.Blocks.Err(), err) // numbers that were not read are the reason of any other error
		}
		if err != nil {
			return err
		}
	}
	for _, f := range files {
		if f == nil {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f.Commit(); err != nil {
			return err
		}
	}
	return nil
}

// endSweep says what a sweep came to. name is what a swept parameter is called.
func (a *app) endSweep(report *sweepReport, s cpu.Sweep, name func(param string) string) error {
	a.reportSweep(report, s, name)
	if a.json {
		return a.writeReport("sweep", report)
	}
	return nil
}

// fillSource fills in what a problem does not tell of where numbers come from.
func (a *app) fillSource(m *meta.Source, s *scenes.Scene, by backend.Info) {
	m.Losscape, m.Command = versionText(), commandLine(withoutParts(a.args))
	m.Scene, m.SceneTOML = s.Name, s.Source
	if s.Data.Generate != "" {
		m.DataSeed = &s.Data.Seed
	}
	m.Backend, m.Precision, m.Device, m.Driver = string(by.Kind), by.Precision, by.Device, by.Driver
}

// computeSweep runs the sweep on what --backend asks for.
func (a *app) computeSweep(ctx context.Context, b *backend.Backend, j *sweepJob) (res *cpu.Result, by backend.Info, err error) {
	st := a.stage("sweep", "runs")
	defer func() { st.end(err) }()
	c, err := b.Try("", func(c backend.Computer) (err error) {
		res, err = seam(c).Sweep(ctx, j.scene.Problem, j.sweep, j.set, st.update)
		return err
	})
	return res, c.Info(), err
}

// newSweepReport returns what the runs of a sweep came to, which took so long.
func newSweepReport(scene string, j *sweepJob, s table.Summary, name func(param string) string, took time.Duration) *sweepReport {
	report := &sweepReport{Scene: scene, Output: j.output, Map: j.picture, Runs: s.Runs, Seconds: number(took.Seconds()), Rate: number(float64(s.Runs) / max(took.Seconds(), 1e-9)),
		Statuses: s.Statuses, InDouble: s.InDouble, InDoubt: s.InDoubt, Unsure: s.Unsure}
	if b := s.Best; b != nil && (b.Status != cpu.Diverged || s.Statuses[b.Status.String()] == s.Runs) {
		best := &bestRun{Run: b.Run, Loss: number(b.Loss), Status: b.Status.String(), At: map[string]number{}}
		stride := s.Runs
		for _, p := range j.sweep.Over {
			stride /= p.Len()
			best.At[name(p.Name)] = number(p.Value(b.Run / stride % p.Len()))
		}
		report.Best = best
	}
	return report
}

// reportSweep says in a line what a sweep came to, and in others which runs were computed
// in double precision because float32 could not tell how they end, or of how many it could
// not.
func (a *app) reportSweep(r *sweepReport, of cpu.Sweep, name func(param string) string) {
	var words []string
	for _, s := range cpu.Statuses() {
		if n := r.Statuses[s.String()]; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, s))
		}
	}
	end := "no run has a finite loss"
	if r.Best != nil {
		end = fmt.Sprintf("least final loss %.6g at", float64(r.Best.Loss))
		if r.Statuses[cpu.Diverged.String()] == r.Runs {
			end = "no run stays below the limit, " + end
		}
		for i, p := range of.Over {
			if i > 0 {
				end += ","
			}
			end += " " + name(p.Name) + " " + valueText(float64(r.Best.At[name(p.Name)]))
		}
	}
	took := time.Duration(float64(r.Seconds) * float64(time.Second))
	a.logf("%d runs in %s, %.3g runs/s: %s; %s", r.Runs, seconds(took.Round(time.Microsecond)), float64(r.Rate), strings.Join(words, ", "), end)
	if n, why := doubtText(r.InDouble); n > 0 {
		again := " again"
		if r.InDouble[cpu.Close.String()]+r.InDouble[cpu.Unheld.String()] == r.Runs {
			again = "" // at once
		}
		a.logf("%s of %s runs%s in double: %s", grouped(n), grouped(r.Runs), again, why)
	}
	if n, why := doubtText(r.InDoubt); n > 0 {
		a.warnf("%s of %s runs may end otherwise in float64: %s; --precision auto tells", grouped(n), grouped(r.Runs), why)
	}
	if r.Unsure > 0 {
		a.warnf("best losses of %d runs are beyond what the device's numbers tell apart: they may have had lesser ones; --backend cpu says which", r.Unsure)
	}
}

// doubtText says how many runs are in doubt, and why.
func doubtText(count map[string]int) (n int, why string) {
	var words []string
	for d := cpu.NoDoubt + 1; d < cpu.DoubtCount; d++ {
		if k := count[d.String()]; k > 0 {
			n += k
			words = append(words, grouped(k)+" "+d.String())
		}
	}
	return n, strings.Join(words, ", ")
}

// grouped writes a whole number of at least 0 with commas between its thousands.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// valueText writes a value of a parameter: a whole one in full, others with six
// digits.
func valueText(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) <= 1<<53 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 6, 64)
}

// commandLine writes arguments as they would be typed into a shell.
func commandLine(args []string) string {
	return quote.Command(append([]string{"losscape"}, args...)...)
}

// hint is a command line to copy, with a file that is its argument: one whose name a flag could have as ./-name.
func hint(verb, file string, more ...string) string {
	if strings.HasPrefix(file, "-") {
		file = "./" + file
	}
	return commandLine(append([]string{verb, file}, more...))
}
