package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/npfmt"
	"losscape/scenes"

	"github.com/spf13/cobra"
)

// What grid computes.
var (
	gridNames  = []string{"loss", "gradient", "accuracy"}
	gridValues = map[string]backend.Values{"loss": backend.Loss, "gradient": backend.Gradient, "accuracy": backend.Accuracy}
)

func (a *app) gridCommand() *cobra.Command {
	var output, named, of, size, x, y string
	c := &cobra.Command{
		Use:   "grid SCENE -o FILE.npy",
		Short: "Compute a dense landscape into a NumPy file",
		Long: `grid computes the loss at every point of a scene's landscape and writes it to a
.npy file: float32 or float64, C order, shape (ny, nx), so that row j is one value
of the second axis. The rows are written as they are computed, so a landscape need
not fit into memory.

--of gradient writes the loss's gradient in the plane instead, of shape (ny, nx, 2):
its derivatives along the first axis and the second. It is that of the loss without
eps, as a run descends. --of accuracy writes the fraction of samples that are
classified right.

Where a thousand samples or more have one feature, a few points with the samples' moments
stand for them, which moves a loss by 1.5e-6 of it at most; --exact takes every sample.

The file is float32. With --precision double it is float64, and the device computes
every point by itself, as the CPU does, which is right where margins cancel and far
slower. So it is with auto, the default, where points are closer to one another than
float32 tells apart, and where the device refuses the scene in float32.`,
		Example: `  losscape grid one-mode -o one-mode.npy
  losscape grid one-mode -o fine.npy --size 4096 --x -2:6 --y -3:3
  losscape grid one-mode -o gradient.npy --of gradient
  losscape grid one-mode -o - | python3 -c 'import sys, io, numpy; print(numpy.load(io.BytesIO(sys.stdin.buffer.read())).min())'`,
		Args:              oneScene,
		ValidArgsFunction: completeScene,
		RunE: func(c *cobra.Command, args []string) error {
			if output == "" {
				return usagef("grid needs -o FILE.npy: where to write the landscape")
			}
			if _, err := a.formatFor("grid", "output", "-o", output, named); err != nil {
				return err
			}
			if !slices.Contains(gridNames, of) {
				return usagef("--of %q, want one of: %s", of, strings.Join(gridNames, ", "))
			}
			s, err := a.loadScene(c.Context(), args[0])
			if err != nil {
				return err
			}
			a.follow(s)
			if err := applyGrid(c, s, size, x, y); err != nil {
				return err
			}
			if err := resolve(c.Context(), s); err != nil {
				return err
			}
			return a.grid(c.Context(), s, of, output)
		},
	}
	fl := c.Flags()
	fl.StringVarP(&output, "output", "o", "", "the .npy `file` to write, or - for standard output")
	formatFlag(c, &named, "output")
	fl.StringVar(&of, "of", gridNames[0], "`what` is computed: "+strings.Join(gridNames, ", "))
	c.RegisterFlagCompletionFunc("of", cobra.FixedCompletions(gridNames, cobra.ShellCompDirectiveNoFileComp))
	fl.StringVar(&size, "size", "", "`points`: N for N x N, or WxH (default the scene's)")
	fl.StringVar(&x, "x", "", "`range` along the first axis, FROM:TO (default the scene's)")
	fl.StringVar(&y, "y", "", "`range` along the second axis, FROM:TO (default the scene's)")
	a.exactFlag(c)
	completeFiles(c, "output")
	return c
}

// applyGrid puts the flags that were given into the scene's grid.
func applyGrid(c *cobra.Command, s *scenes.Scene, size, x, y string) (err error) {
	g := &s.Grid
	if size != "" {
		if g.X.N, g.Y.N, err = parseSize("size", size, true); err != nil {
			return err
		}
	}
	if x != "" {
		if g.X.Min, g.X.Max, err = parseRange("x", x); err != nil {
			return err
		}
		s.Landscape.Auto[0] = false
	}
	if y != "" {
		if g.Y.Min, g.Y.Max, err = parseRange("y", y); err != nil {
			return err
		}
		s.Landscape.Auto[1] = false
	}
	return revalidate(c, s)
}

func (a *app) grid(ctx context.Context, s *scenes.Scene, of, output string) error {
	what := gridValues[of]
	f, err := a.create(output)
	if err != nil {
		return err
	}
	defer f.Discard()
	b, c, err := a.open("", func(c backend.Computer) error { return c.CanEvaluate(s.Problem, s.Plane, s.Grid, what) })
	if err != nil {
		return err
	}
	defer b.Close()
	precision, why := b.GridPrecision(c, s.Problem, s.Plane, s.Grid, what)
	if why != "" {
		a.logf("float64: %s", why)
	}
	w, err := newNPYWriter(f, precision, npyShape(s.Grid.Y.N, s.Grid.X.N, what.Depth()))
	if err != nil {
		return err
	}
	if err := a.fitsDisk(output, w.bytes(), w.bytes()); err != nil {
		return err
	}
	start := time.Now()
	w.positive = what == backend.Loss && s.Problem.Eps == 0
	st := a.stage("landscape", "points")
	err = c.Evaluate(ctx, s.Problem, s.Plane, s.Grid, what, func(_ int, row backend.Row) error { return w.writeRow(row) }, st.update)
	st.end(err)
	if err == nil {
		err = w.flush()
	}
	if err == nil {
		err = f.Commit()
	}
	if err != nil {
		return err
	}
	a.reportGrid(output, w, time.Since(start), s)
	return nil
}

// reportGrid says what was written, and what of it the file's numbers do not hold.
func (a *app) reportGrid(output string, w *npyWriter, took time.Duration, s *scenes.Scene) {
	if w.masked > 0 {
		a.warnf("%d of %d values are not finite in %s, which ends at %.3g", w.masked, w.size(), w.name, w.most)
	}
	if w.small > 0 {
		a.warnf("%d of %d values are smaller than %s's least normal number, %.3g, but not 0: they are inexact or 0 in %s", w.small, w.size(), w.name, w.least, outputName(output))
	}
	a.logf("%s: %s %s in %s, %.3g M sample-evaluations/s", outputName(output), w.name, npfmt.Shape(w.shape...), seconds(took),
		float64(s.Grid.Size())*float64(s.Problem.N())/took.Seconds()/1e6)
}

// seconds writes a duration as people say it.
func seconds(d time.Duration) string { return fmt.Sprintf("%.3g s", d.Seconds()) }
