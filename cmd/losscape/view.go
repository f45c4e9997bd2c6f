package main

import (
	"fmt"
	"strings"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/view"

	"github.com/spf13/cobra"
)

// viewFlags are the flags of view.
type viewFlags struct {
	size  string
	sweep string
	stats bool
}

func (a *app) viewCommand() *cobra.Command {
	var f viewFlags
	var keys strings.Builder
	for _, row := range view.Help {
		fmt.Fprintf(&keys, "  %-22s%s\n", row[0], row[1])
	}
	c := &cobra.Command{
		Use:   "view SCENE | view [SCENE] --sweep FILE",
		Short: "Show a scene, or the map of a sweep, in a window and play with it",
		Long: `view opens a window with the scene's panels. Whatever is changed there, all runs
are computed anew on the device that draws, in float32 (with --backend cpu in
float64 on the CPU), and how they end is shown at once; the landscape is, where
it changes.

` + keys.String() + `
With --sweep the window shows the map of a table that losscape sweep has written
over two parameters: pointing at a pixel shows its run and plays it, the wheel
zooms in, and the map is computed anew there, a run for each pixel.

PNGs, films and scenes go to the current folder as losscape-1.png and so on, and
never replace a file. A scene that W writes renders the same picture.

Where there is no display, losscape render makes films and stills.`,
		Example: `  losscape view one-mode
  losscape view mine.toml --size 1600x900
  losscape view --sweep runs.npz`,
		Args: func(c *cobra.Command, args []string) error {
			if f.sweep != "" && len(args) == 0 {
				return nil
			}
			return oneScene(c, args)
		},
		ValidArgsFunction: completeScene,
		RunE: func(c *cobra.Command, args []string) error {
			if a.device != backend.AnyDevice {
				return usagef("--device %d has no meaning for a window, which the display's own device draws; leave it out", a.device)
			}
			w, h, err := parseSize("size", f.size, false)
			if err != nil {
				return err
			}
			s, err := openState(c.Context(), args, f.sweep)
			if err != nil {
				return err
			}
			a.logTaken(s.Scene)
			if f.sweep == "" {
				a.warnUnstable(c.Context(), args[0], false, s.Scene)
			}
			a.follow(s.Scene)
			return a.openView(c.Context(), s, w, h, f.stats)
		},
	}
	c.Flags().StringVar(&f.size, "size", "1280x720", "`pixels` of the window, WxH; more where the display is scaled")
	c.Flags().StringVar(&f.sweep, "sweep", "", "the `table` of a sweep over two parameters, .npz, .parquet or .nc, to show its map")
	c.MarkFlagFilename("sweep", "npz", "parquet", "nc")
	c.Flags().BoolVar(&f.stats, "stats", false, "say at the end how long frames took")
	return c
}
