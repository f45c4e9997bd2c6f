package main

import (
	"slices"
	"strings"

	"losscape/cpu"

	"github.com/spf13/cobra"
)

// runFlags are the flags that change a scene's runs: one for each hyper-parameter,
// --optimizer and --start.
type runFlags struct {
	stated           cpu.Run // the values of those that were given
	optimizer, start string
}

// add adds the flags to a verb.
func (f *runFlags) add(c *cobra.Command) {
	fl := c.Flags()
	for _, h := range cpu.HyperParameters() {
		about := strings.Replace(h.About, h.Value, "`"+h.Value+"`", 1)
		switch p := h.Field(&f.stated).(type) {
		case *float64:
			fl.Float64Var(p, h.Name, 0, about)
		case *int:
			fl.IntVar(p, h.Name, 0, about)
		case *uint64:
			fl.Uint64Var(p, h.Name, 0, about)
		}
	}
	fl.StringVar(&f.optimizer, "optimizer", "", "`name` of the method, one of: "+strings.Join(cpu.Optimizers(), ", "))
	fl.StringVar(&f.start, "start", "", "`weights` to start from, the bias last, such as -1,-1")
	c.RegisterFlagCompletionFunc("optimizer", cobra.FixedCompletions(cpu.Optimizers(), cobra.ShellCompDirectiveNoFileComp))
}

// apply puts the flags that were given into runs.
func (f *runFlags) apply(c *cobra.Command, runs []cpu.Run) error {
	given := c.Flags().Changed
	var start []float64
	if given("start") {
		var err error
		if start, err = parseWeights("start", f.start); err != nil {
			return err
		}
	}
	for i := range runs {
		r := &runs[i]
		if given("optimizer") {
			*r = r.WithOptimizer(f.optimizer)
		}
		for _, h := range cpu.HyperParameters() {
			if given(h.Name) {
				h.Copy(r, &f.stated)
			}
		}
		if given("start") {
			r.Start = slices.Clone(start)
		}
	}
	return nil
}

// checkTransient finds what is wrong with --transient; asked says whether an exponent is.
func checkTransient(steps int, asked bool) error {
	switch {
	case !asked:
		return usagef("--transient is of exponents: ask for them, too, with --exponent")
	case steps < 0:
		return usagef("--transient %d, want the number of steps that exponents leave out, at least 0", steps)
	}
	return nil
}

// errSeed is what is wrong with --seed where no run draws batches.
var errSeed = usagef("--seed is of mini-batches, and here a step takes all samples: give --batch too, or leave it out")
