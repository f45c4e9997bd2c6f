package main

import (
	"github.com/spf13/cobra"
)

func (a *app) benchCommand() *cobra.Command {
	var output, named string
	var quick bool
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure this machine: sample-evaluations, runs and frames a second",
		Long: `bench measures how many sample-evaluations a second landscapes and sweeps are
computed with, on the device in float32 and on the CPU in float64, and how many
frames a second are drawn (drawn only, neither read back nor encoded). It takes
less than a minute. Each figure is the median of several measurements after one
that is not counted; the CPU takes smaller shapes, as its rate does not depend on
them.

The device's limit is measured too: the float32 multiply-adds a second that a
kernel reaches which does nothing else. "of limit" is the fraction of it that the
multiply-adds take that an evaluation cannot do without: 2 or 3 in a landscape by
recurrence, a fraction of one in a fine one, which is expanded tile by tile, and 4
in a step of gradient descent besides an exponential and a division, which are
not counted.

--json prints the report as JSON, -o writes it to a file.`,
		Example: `  losscape bench
  losscape bench --quick --backend gpu
  losscape bench -o bench.json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("output") {
				if _, err := a.formatFor("bench", "output", "-o", output, named); err != nil {
					return err
				}
			}
			if output == standardOutput {
				a.json, output = true, ""
			}
			return a.bench(c.Context(), output, quick)
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "the report to write: a .json `file`, or - for standard output")
	formatFlag(c, &named, "output")
	c.Flags().BoolVar(&quick, "quick", false, "fewer and shorter measurements, some ten seconds in all")
	a.jsonFlag(c)
	completeFiles(c, "output")
	return c
}
