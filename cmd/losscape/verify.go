package main

import (
	"losscape/cmd/losscape/backend"
	"losscape/scenes"

	"github.com/spf13/cobra"
)

func (a *app) verifyCommand() *cobra.Command {
	var known bool
	c := &cobra.Command{
		Use:   "verify [SCENE]",
		Short: "Hold every kernel against the float64 reference on this machine's device",
		Long: `verify computes landscapes and training runs on the device and on the CPU in
float64, and compares them: many shapes and kinds of data and the built-in
scenes, or one scene. Each row of the table says how far the results are apart;
"of tolerance" is at most 1 where they agree. What the device cannot compute, and
--backend auto leaves to the CPU, is "not on this device". It exits with 1 if one
does not agree, or if there is nothing that could. --json adds each tolerance and its
derivation.

--known fits data sets whose minima were computed apart from this code, in extended
precision: by Newton's steps on the CPU as losscape fit does, and by a training run on
the device, if there is one and it can.`,
		Example: `  losscape verify
  losscape verify --known
  losscape verify one-mode --json`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return oneScene(c, args)
		},
		ValidArgsFunction: completeScene,
		RunE: func(c *cobra.Command, args []string) error {
			if known && len(args) > 0 {
				return usagef("--known is of the built-in data sets: leave %s out", args[0])
			}
			if known {
				return a.verifyKnown(c.Context())
			}
			if a.backend == backend.CPU {
				return usagef("verify compares a device with the CPU; leave --backend cpu out")
			}
			var list []*scenes.Scene
			if len(args) == 0 {
				args = scenes.Names()
				list = append(list, nil) // the table of cases
			}
			for _, name := range args {
				s, err := a.loadScene(c.Context(), name)
				if err != nil {
					return err
				}
				if err := resolve(c.Context(), s); err != nil {
					return err
				}
				list = append(list, s)
			}
			return a.verify(c.Context(), list)
		},
	}
	c.Flags().BoolVar(&known, "known", false, "fit the data sets whose minima are known, on both engines")
	a.exactFlag(c)
	a.jsonFlag(c)
	return c
}
