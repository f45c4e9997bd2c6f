package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/table"
	"losscape/cmd/losscape/view"
	"losscape/scenes"

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
			return a.openView(c.Context(), s, w, h, f.stats)
		},
	}
	c.Flags().StringVar(&f.size, "size", "1280x720", "`pixels` of the window, WxH; more where the display is scaled")
	c.Flags().StringVar(&f.sweep, "sweep", "", "the `table` of a sweep over two parameters, .npz or .parquet, to show its map")
	c.MarkFlagFilename("sweep", "npz", "parquet")
	c.Flags().BoolVar(&f.stats, "stats", false, "say at the end how long frames took")
	return c
}

// openState returns the state of a window of the scene that the arguments name, or of
// the table of a sweep.
func openState(ctx context.Context, args []string, sweep string) (*view.State, error) {
	var s *scenes.Scene
	if len(args) > 0 {
		var err error
		if s, err = loadScene(ctx, args[0]); err != nil {
			return nil, err
		}
	}
	if sweep == "" {
		return view.New(s), nil
	}
	return await(ctx, func() (*view.State, error) { return openSweep(sweep, s) })
}

// openSweep returns the state of a window of the table of a sweep. Without a scene,
// which is nil then, it is the one that the table names.
func openSweep(path string, s *scenes.Scene) (*view.State, error) {
	t, err := table.Read(path)
	if err != nil {
		return nil, err
	}
	if s == nil {
		// A relative data file is looked for from where the table is.
		name := filepath.Join(filepath.Dir(path), t.Meta.Scene+".toml")
		if s, err = scenes.Decode(name, []byte(t.Meta.SceneTOML)); err != nil {
			return nil, fmt.Errorf("the scene in %s: %w; name the scene before --sweep", path, err)
		}
	}
	s.Problem.Clamp = t.Meta.Clamp
	if table.DataHash(s.Problem) != t.Meta.DataHash {
		return nil, fmt.Errorf("%s is a sweep of other samples than those of the scene %s; name the scene that it is of", path, s.Name)
	}
	st, err := view.NewSweep(s, t.Result)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	st.Settings = t.Meta.Settings.Sweep()
	return st, nil
}
