package compute

import (
	"context"
	"fmt"
	"math"
	"slices"

	"losscape/cpu"
	"losscape/gpu"
)

// What package verify needs besides the results.

// Choices are what an engine chooses by itself where they are 0. Verification makes
// them, to reach every kernel; whatever they are, values are as good as documented.
type Choices struct {
	Width    int // columns of a tile of a landscape, one of TileWidths, and no expansion
	TileRows int // rows of a tile of LandscapeRows

	// Exact takes every sample, and none by the moments of its cell, in landscapes and sweeps.
	Exact bool
}

// TileWidths returns the widths of the tiles that there are kernels for.
func TileWidths() []int { return slices.Clone(tileWidths) }

// With returns an engine on the same device that makes these choices, and is exact if e is.
func (e *Engine) With(c Choices) *Engine {
	with := *e
	with.tuning.width, with.tuning.tileRows = c.Width, c.TileRows
	with.tuning.exact = e.tuning.exact || c.Exact || c.Width != 0
	return &with
}

// RunKernel returns the kernel that so many runs like r take, such as "4 runs".
func (e *Engine) RunKernel(p *cpu.Problem, runs int, r cpu.Run, set cpu.Settings) string {
	return e.variantOf(p, runs, r, set).String()
}

// SweepKernel returns the kernel that the runs of a sweep take, such as "4 runs", and by how many
// points if these stand for the samples at first.
func (e *Engine) SweepKernel(p *cpu.Problem, s cpu.Sweep, set cpu.Settings) string {
	count, err := s.Count()
	if err != nil {
		return "?"
	}
	if m := e.momentsOf(p, s, set); m != nil {
		if q := m.next(); q != nil {
			return fmt.Sprintf("%s of %d", e.RunKernel(q.p, int(count), s.Run(0), set), q.p.N())
		}
	}
	return e.RunKernel(p, int(count), s.Run(0), set)
}

// EvaluateKernel returns how Evaluate takes the samples: "direct", or "points of 100" if so
// many points stand for them.
func (e *Engine) EvaluateKernel(p *cpu.Problem, pl cpu.Plane, g cpu.Grid, what Outputs) (string, error) {
	q, err := e.prepareDirectly(p, pl, g, what)
	if err != nil {
		return "", err
	}
	if q.n < q.samples {
		return fmt.Sprintf("points of %d", q.n), nil
	}
	if q.weighted {
		return "direct weighted", nil
	}
	return "direct", nil
}

// CheckedLandscape returns the values of a landscape, row by row, and checks the
// kernel: it is computed between sentinels, none of which may change, and once more
// as Landscape does, which must give the same bits, and the range of these values.
func (e *Engine) CheckedLandscape(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid) ([]float32, error) {
	values, again := make([]float32, g.Size()), make([]float32, g.Size())
	f, err := e.landscape(ctx, p, pl, g, guard, nil)
	if err != nil {
		return nil, err
	}
	err = e.d.Do(func() error {
		defer f.Close()
		if err := checkGuards(f.Buffer, g.Size()); err != nil {
			return err
		}
		return gpu.Download(f.Buffer, 4*guard, values)
	})
	if err != nil {
		return nil, err
	}
	if f, err = e.Landscape(ctx, p, pl, g, nil); err != nil {
		return nil, err
	}
	err = e.d.Do(func() error {
		defer f.Close()
		return gpu.Download(f.Buffer, 0, again)
	})
	if err != nil {
		return nil, err
	}
	want := *f
	want.SetRange(again)
	if f.Min != want.Min || f.Max != want.Max || f.Masked != want.Masked {
		return nil, fmt.Errorf("the field says %v to %v, %d masked; its values are %v to %v, %d masked",
			f.Min, f.Max, f.Masked, want.Min, want.Max, want.Masked)
	}
	for i, v := range values {
		if math.Float32bits(v) != math.Float32bits(again[i]) {
			return nil, fmt.Errorf("value %d is %v the first time, %v the second", i, v, again[i])
		}
	}
	return values, nil
}
