package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/gridfile"
	"losscape/cmd/losscape/meta"
	"losscape/cmd/losscape/store"
	"losscape/scenes"

	"github.com/spf13/cobra"
)

// gridValues are what grid computes, the default first.
var gridValues = []struct {
	backend.Values
	of gridfile.Values
}{{backend.Loss, gridfile.Loss}, {backend.Gradient, gridfile.Gradient}, {backend.Accuracy, gridfile.Accuracy}}

func (a *app) gridCommand() *cobra.Command {
	var output, named, of, size, x, y string
	var parts pieceFlags
	var gridNames []string
	for _, v := range gridValues {
		gridNames = append(gridNames, v.of.Name)
	}
	c := &cobra.Command{
		Use:   "grid SCENE -o FILE",
		Short: "Compute a dense landscape into a file for NumPy, xarray or ParaView",
		Long: `grid computes the loss at every point of a scene's landscape and writes it to a
file: float32 or float64, C order, shape (ny, nx), so that row j is one value
of the second axis. The rows are written as they are computed, so a landscape need
not fit into memory. By the ending of its name the file is

  .npy  the values alone
  .npz  the values as loss, the coordinates x and y, origin, d1, d2 and weight_names,
        and metadata, a string of JSON
  .nc   NetCDF-3 with 64-bit offsets and CF conventions, for xarray and ParaView: loss over
        the dimensions y and x, with plane_origin, plane_d1 and plane_d2, and the metadata
        in the attribute losscape
  .vti  VTK's image data, for ParaView and PyVista: loss at points, with the same as
        field data

The weights at x and y, the α and β of pictures, are origin + x d1 + y d2. The
metadata have the scene, a hash of its data, device and precision.

--of gradient writes the loss's gradient in the plane instead, of shape (ny, nx, 2):
its derivatives along the first axis and the second; in .nc as gradient_x and
gradient_y, in .vti as vectors whose third component is 0. It is that of the loss without
eps, as a run descends. --of accuracy writes the fraction of samples that are
classified right.

Where a thousand samples or more have one feature, a few points with the samples' moments
stand for them, which moves a loss by 1.5e-6 of it at most; --exact takes every sample.

The file is float32. With --precision double it is float64, and the device computes
every point by itself, as the CPU does, which is right where margins cancel and far
slower. So it is with auto, the default, where points are closer to one another than
float32 tells apart, and where the device refuses the scene in float32.

Rows that take long are kept in FILE.part beside the file until that is written, where a byte of
them takes so long that keeping it costs little, and wherever --resume or --shard is given: an
interrupted grid goes on with --resume, and --shard computes a part of it (losscape help merge).`,
		Example: `  losscape grid one-mode -o one-mode.npy
  losscape grid one-mode -o fine.npy --size 4096 --x -2:6 --y -3:3
  losscape grid one-mode -o one-mode.nc
  losscape grid one-mode -o gradient.vti --of gradient
  losscape grid one-mode -o fine.npy --size 65536 --resume
  losscape grid one-mode -o - --format npy | zstd > one-mode.npy.zst`,
		Args:              oneScene,
		ValidArgsFunction: completeScene,
		RunE: func(c *cobra.Command, args []string) error {
			if output == "" {
				return usagef("grid needs -o FILE: where to write the landscape, a name that ends in %s", anyEnding("grid", "output"))
			}
			f, err := a.formatFor("grid", "output", "-o", output, named)
			if err != nil {
				return err
			}
			if err := parts.check(c); err != nil {
				return err
			}
			a.sharded = parts.sharded()
			if err := parts.needFile(output); err != nil {
				return err
			}
			what := slices.Index(gridNames, of)
			if what < 0 {
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
			if a.work != nil {
				a.work.describe(c, a.gridLoad(s, what, f), args[0], output)
				return nil
			}
			return a.grid(c.Context(), s, what, output, f, &parts)
		},
	}
	fl := c.Flags()
	fl.StringVarP(&output, "output", "o", "", "the `file` to write, which ends in "+anyEnding("grid", "output")+", or - for standard output")
	formatFlag(c, &named, "output")
	fl.StringVar(&of, "of", gridNames[0], "`what` is computed: "+strings.Join(gridNames, ", "))
	c.RegisterFlagCompletionFunc("of", cobra.FixedCompletions(gridNames, cobra.ShellCompDirectiveNoFileComp))
	fl.StringVar(&size, "size", "", "`points`: N for N x N, or WxH (default the scene's)")
	fl.StringVar(&x, "x", "", "`range` along the first axis, FROM:TO (default the scene's)")
	fl.StringVar(&y, "y", "", "`range` along the second axis, FROM:TO (default the scene's)")
	a.exactFlag(c)
	parts.add(c)
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

// grid computes values, an index of gridValues, into a file of a format.
func (a *app) grid(ctx context.Context, s *scenes.Scene, values int, output string, as format, parts *pieceFlags) error {
	what := gridValues[values]
	if err := a.checkOutput(output); err != nil { // what cannot be written should be known now
		return err
	}
	b, c, err := a.open("", func(c backend.Computer) error { return c.CanEvaluate(s.Problem, s.Plane, s.Grid, what.Values) })
	if err != nil {
		return err
	}
	defer b.Close()
	precision, why := b.GridPrecision(c, s.Problem, s.Plane, s.Grid, what.Values)
	if why != "" {
		a.logf("float64: %s", why)
	}
	g := a.gridFile(s, c.Info(), precision, what.of)
	job, pays := newGridJob(s.Problem, c.Info(), what.Values, g, a.exact)
	if output != standardOutput && (parts.sharded() || job.pieces() > 1 && (pays || parts.asked()) || store.Exists(store.Dir(output))) {
		return a.gridInPieces(ctx, b, c, s, what.Values, job, output, as, parts)
	}
	start := time.Now()
	w, err := a.writeGrid(ctx, output, as, g, job.Positive, func(w *gridfile.Writer) error {
		st := a.stage("landscape", "points")
		err := c.Evaluate(ctx, s.Problem, s.Plane, s.Grid, s.Grid.Rows(), what.Values, func(_ int, row backend.Row) error { return w.Row(row.Single, row.Double) }, st.update)
		st.end(err)
		return err
	})
	if err != nil {
		return err
	}
	a.reportGrid(output, w, time.Since(start))
	return nil
}

// writeGrid writes a grid's file, whose rows fill appends in their order; positive says that all
// values are above 0.
func (a *app) writeGrid(ctx context.Context, output string, as format, g *gridfile.Grid, positive bool, fill func(w *gridfile.Writer) error) (*gridfile.Writer, error) {
	f, err := a.create(output)
	if err != nil {
		return nil, err
	}
	defer f.Discard()
	size, err := gridfile.Bytes(as.ending, g)
	if err != nil {
		return nil, err
	}
	if err := a.fitsDisk(output, size, size); err != nil {
		return nil, err
	}
	w, err := gridfile.NewWriter(ctx, f, as.ending, g)
	if err != nil {
		return nil, err
	}
	w.Positive = positive
	if err := fill(w); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return w, f.Commit()
}

// gridFile returns what a file of a scene's landscape has besides the values.
func (a *app) gridFile(s *scenes.Scene, by backend.Info, precision backend.Precision, of gridfile.Values) *gridfile.Grid {
	x, y := s.PlaneNames()
	g := &gridfile.Grid{
		Of: of, Double: precision == backend.Double, Plane: s.Plane, Grid: s.Grid,
		Meta: gridfile.Meta{Source: meta.Of(s.Problem), Title: s.Title, L2: s.Problem.L2, Of: of.Name, Plane: s.Landscape.Plane, Axes: gridfile.Axes(s.Grid, x, y)},
	}
	by.Precision = g.Kind()
	a.fillSource(&g.Meta.Source, s, by)
	g.Meta.WeightNames = s.WeightNames()
	return g
}

// reportGrid says what was written, and what of it the file's numbers do not hold.
func (a *app) reportGrid(output string, w *gridfile.Writer, took time.Duration) {
	if w.Masked > 0 {
		a.warnf("%d of %d values are not finite in %s, which ends at %.3g", w.Masked, w.Size(), w.Name, w.Most)
	}
	if w.Small > 0 {
		a.warnf("%d of %d values are smaller than %s's least normal number, %.3g, but not 0: they are inexact or 0 in %s", w.Small, w.Size(), w.Name, w.Least, outputName(output))
	}
	a.logf("%s: %s %s in %s, %.3g M sample-evaluations/s", outputName(output), w.Name, w.Shape(), seconds(took),
		float64(w.Grid().Grid.Size())*float64(w.Grid().Meta.Samples)/took.Seconds()/1e6)
}

// seconds writes a duration as people say it.
func seconds(d time.Duration) string { return fmt.Sprintf("%.3g s", d.Seconds()) }
