package main

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"losscape/atomicfile"
	"losscape/cmd/losscape/npfmt"
	"losscape/cpu"
	"losscape/gpu/compute"
	"losscape/scenes"

	"github.com/spf13/cobra"
)

// What grid computes.
const (
	ofLoss     = "loss"
	ofGradient = "gradient"
	ofAccuracy = "accuracy"
)

var gridValues = []string{ofLoss, ofGradient, ofAccuracy}

func (a *app) gridCommand() *cobra.Command {
	var output, of, size, x, y string
	c := &cobra.Command{
		Use:   "grid SCENE -o FILE.npy",
		Short: "Compute a dense landscape into a NumPy file",
		Long: `grid computes the loss at every point of a scene's landscape and writes it to a
.npy file: float32, C order, shape (ny, nx), so that row j is one value of the
second axis. The rows are written as they are computed, so a landscape need not
fit into memory.

--of gradient writes the loss's gradient in the plane instead, of shape (ny, nx, 2):
its derivatives along the first axis and the second. It is that of the loss without
clamp, as a run descends. --of accuracy writes the share of samples that are
classified right.`,
		Example: `  losscape grid one-mode -o one-mode.npy
  losscape grid one-mode -o fine.npy --size 4096 --x -2:6 --y -3:3
  losscape grid one-mode -o gradient.npy --of gradient`,
		Args:              oneScene,
		ValidArgsFunction: completeScene,
		RunE: func(c *cobra.Command, args []string) error {
			if output == "" {
				return usagef("grid needs -o FILE.npy: where to write the landscape")
			}
			if ext := filepath.Ext(output); !strings.EqualFold(ext, ".npy") {
				return usagef("-o %q, want a name that ends in .npy", output)
			}
			if !slices.Contains(gridValues, of) {
				return usagef("--of %q, want one of: %s", of, strings.Join(gridValues, ", "))
			}
			s, err := loadScene(c.Context(), args[0])
			if err != nil {
				return err
			}
			if err := applyGrid(c, s, size, x, y); err != nil {
				return err
			}
			return a.grid(c.Context(), s, of, output)
		},
	}
	fl := c.Flags()
	fl.StringVarP(&output, "output", "o", "", "the .npy `file` to write")
	fl.StringVar(&of, "of", ofLoss, "`what` is computed: "+strings.Join(gridValues, ", "))
	c.RegisterFlagCompletionFunc("of", cobra.FixedCompletions(gridValues, cobra.ShellCompDirectiveNoFileComp))
	fl.StringVar(&size, "size", "", "`points`: N for N x N, or WxH (default the scene's)")
	fl.StringVar(&x, "x", "", "`range` along the first axis, FROM:TO (default the scene's)")
	fl.StringVar(&y, "y", "", "`range` along the second axis, FROM:TO (default the scene's)")
	c.MarkFlagFilename("output", "npy")
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
	}
	if y != "" {
		if g.Y.Min, g.Y.Max, err = parseRange("y", y); err != nil {
			return err
		}
	}
	return revalidate(c, s)
}

func (a *app) grid(ctx context.Context, s *scenes.Scene, of, output string) error {
	f, err := atomicfile.Create(output)
	if err != nil {
		return err
	}
	defer f.Discard()
	bytes := 4 * uint64(s.Grid.Size())
	if of == ofGradient {
		bytes *= 2
	}
	if err := a.fitsDisk(output, bytes, bytes); err != nil {
		return err
	}
	d, e, err := a.open(func(e *compute.Engine) error {
		if of == ofLoss {
			return e.CanLandscape(s.Problem, s.Plane, s.Grid)
		}
		return e.CanEvaluate(s.Problem, s.Plane, s.Grid)
	})
	if err != nil {
		return err
	}
	defer closeDevice(d, e)

	start := time.Now()
	depth := 1
	if of == ofGradient {
		depth = 2
	}
	w, err := newNPYWriter(f, s.Grid.Y.N, s.Grid.X.N, depth)
	if err != nil {
		return err
	}
	seen := rowCounts{positive: of == ofLoss && s.Problem.Clamp == 0}
	st := a.stage("landscape", "points")
	if e != nil {
		err = gpuRows(ctx, e, s, of, func(_ int, row []float32) error {
			for _, v := range row {
				seen.count(float64(v))
			}
			return w.writeRow(row)
		}, st.update)
	} else {
		narrow := make([]float32, s.Grid.X.N*depth)
		err = cpuRows(ctx, s, of, depth, func(_ int, row []float64) error {
			for k, v := range row {
				seen.count(v)
				narrow[k] = float32(v)
			}
			return w.writeRow(narrow)
		}, st.update)
	}
	st.end()
	if err == nil {
		err = w.flush()
	}
	if err == nil {
		err = f.Commit()
	}
	if err != nil {
		return err
	}
	all := s.Grid.Size() * depth
	if seen.masked > 0 {
		a.logf("%d of %d values are not finite in float32, which ends at %.3g", seen.masked, all, math.MaxFloat32)
	}
	if seen.small > 0 {
		a.logf("%d of %d values are smaller than float32's least normal number, %.3g, but not 0: they are inexact or 0 in %s", seen.small, all, leastNormal, output)
	}
	took := time.Since(start)
	a.logf("%s: float32 %s in %s, %.3g M sample-evaluations/s", output, npfmt.Shape(npyShape(s.Grid.Y.N, s.Grid.X.N, depth)...), seconds(took),
		float64(s.Grid.Size())*float64(s.Problem.N())/took.Seconds()/1e6)
	return nil
}

// leastNormal is the least number that float32 has with all of its digits.
const leastNormal = 0x1p-126

// rowCounts counts the values that float32 does not hold.
type rowCounts struct {
	positive bool // all of them are above 0, whatever the computation has made of them
	masked   int  // not finite in float32
	small    int  // not 0, and below leastNormal in size
}

func (c *rowCounts) count(v float64) {
	switch f := float32(v); {
	case f-f != 0:
		c.masked++
	case math.Abs(v) < leastNormal && (v != 0 || c.positive):
		c.small++
	}
}

// gpuRows computes what is asked for on the device and hands its rows on in order.
func gpuRows(ctx context.Context, e *compute.Engine, s *scenes.Scene, of string, sink func(row int, values []float32) error, progress func(done, total int)) error {
	switch of {
	case ofGradient:
		pairs := make([]float32, 2*s.Grid.X.N)
		return e.Evaluate(ctx, s.Problem, s.Plane, s.Grid, compute.Gradient, func(row int, v compute.Evaluated) error {
			interleave(pairs, v.DAlpha, v.DBeta)
			return sink(row, pairs)
		}, progress)
	case ofAccuracy:
		return e.Evaluate(ctx, s.Problem, s.Plane, s.Grid, compute.Accuracy, func(row int, v compute.Evaluated) error {
			return sink(row, v.Accuracy)
		}, progress)
	}
	return e.LandscapeRows(ctx, s.Problem, s.Plane, s.Grid, sink, progress)
}

// interleave writes x and y in turn to dst.
func interleave[T float32 | float64](dst, x, y []T) {
	for k := range x {
		dst[2*k], dst[2*k+1] = x[k], y[k]
	}
}

// seconds writes a duration as people say it.
func seconds(d time.Duration) string { return fmt.Sprintf("%.3g s", d.Seconds()) }

// cpuRows computes a landscape in float64 and hands its rows on in order,
// without ever holding more than a band of them.
func cpuRows(ctx context.Context, s *scenes.Scene, of string, depth int, sink func(row int, values []float64) error, progress func(done, total int)) error {
	g := s.Grid
	band := make([][]float64, 4*runtime.GOMAXPROCS(0))
	for i := range band {
		band[i] = make([]float64, g.X.N*depth)
	}
	errs := make([]error, len(band))
	for first := 0; first < g.Y.N; first += len(band) {
		rows := min(len(band), g.Y.N-first)
		var wg sync.WaitGroup
		next := make(chan int, rows)
		for i := range rows {
			next <- i
		}
		close(next)
		for range min(rows, runtime.GOMAXPROCS(0)) {
			wg.Go(func() {
				for i := range next {
					beta := g.Y.At(first + i)
					row := cpu.Grid{X: g.X, Y: cpu.Axis{Min: beta, Max: beta, N: 1}}
					if errs[i] = cpuRow(ctx, s, of, row, band[i]); errs[i] != nil {
						return
					}
				}
			})
		}
		wg.Wait()
		for i := range rows {
			if errs[i] != nil {
				return errs[i]
			}
			if err := sink(first+i, band[i]); err != nil {
				return err
			}
		}
		if progress != nil {
			progress((first+rows)*g.X.N, g.Size())
		}
	}
	return nil
}

// cpuRow computes one row into dst.
func cpuRow(ctx context.Context, s *scenes.Scene, of string, row cpu.Grid, dst []float64) error {
	if of == ofLoss {
		l, err := s.Problem.Landscape(ctx, s.Plane, row, nil)
		if err != nil {
			return err
		}
		copy(dst, l.Loss)
		return nil
	}
	v, err := s.Problem.Evaluate(ctx, s.Plane, row, nil)
	if err != nil {
		return err
	}
	if of == ofGradient {
		interleave(dst, v.DAlpha, v.DBeta)
		return nil
	}
	copy(dst, v.Accuracy)
	return nil
}
