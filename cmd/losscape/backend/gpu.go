//go:build cgo

package backend

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/gpu/compute"
	"losscape/gpu/egl"
	"losscape/scenes"
)

// opened is what a backend has of a device.
type opened struct {
	d      *gpu.Device     // nil without one
	engine *compute.Engine // on d, in single precision; nil if it computes nothing, or nothing yet
	owned  bool            // d is closed with the backend
}

// openDevice opens the device of the options, and an engine on it.
func (b *Backend) openDevice() error {
	d, err := egl.Open(egl.Options{Device: b.o.Device})
	if err != nil {
		return noDevice{err}
	}
	b.d, b.owned = d, true
	if err = b.start(); err != nil {
		b.Close()
	}
	return err
}

// noDevice is egl's error as an ErrNoDevice.
type noDevice struct{ error }

func (e noDevice) Unwrap() error { return e.error }

func (e noDevice) Is(target error) bool { return target == ErrNoDevice }

// On is Open on a device that is open, which draws what is computed, and stays open.
func On(d *gpu.Device, o Options) (*Backend, error) {
	b := &Backend{o: o, told: map[string]bool{}, opened: opened{d: d}}
	if o.Kind == CPU {
		return b, nil
	}
	return b.orFallBack(b.start(), false)
}

// start makes the engine, and computes with it.
func (b *Backend) start() error {
	e, err := compute.New(b.d)
	if err != nil {
		return err
	}
	if b.o.Exact {
		e = e.With(compute.Choices{Exact: true})
	}
	switch b.o.Precision {
	case Single:
		b.device = device{e, b.d}
	case Double:
		in, err := e.In(compute.Double)
		if err != nil {
			return err
		}
		b.device = device{in, b.d}
	default:
		b.device = newAuto(b, e)
	}
	b.engine = e
	return nil
}

// Engine returns the device that computes and its engine, nil where the CPU does.
func (b *Backend) Engine() (*gpu.Device, *compute.Engine) {
	if b.device == nil {
		return nil, nil
	}
	return b.d, b.engine
}

// Close closes the device that Open has opened. A second time it does nothing.
func (b *Backend) Close() error {
	if !b.owned {
		return nil
	}
	b.owned = false
	return b.d.Close()
}

// Unsupported reports whether an error is about valid work that a device refuses, and
// the CPU does.
func Unsupported(err error) bool { return errors.Is(err, compute.ErrUnsupported) }

// Reason is why a device refuses work, without what to do about it.
func Reason(err error) string {
	return strings.TrimSuffix(err.Error(), ": "+compute.ErrUnsupported.Error())
}

// device is an engine as a Computer.
type device struct {
	*compute.Engine
	d *gpu.Device
}

func (c device) double() bool { return c.Precision() == compute.Double }

func (c device) Info() Info {
	i := Info{Kind: GPU, Name: c.d.Info.String(), Precision: "float32", Device: c.d.Info.Renderer, Driver: c.d.Info.Version,
		PeriodTol: compute.PeriodTol, Unit: "steps"}
	if c.double() {
		i.Precision, i.PeriodTol = "float64", 0
	}
	return i
}

func (c device) CanEvaluate(p *cpu.Problem, pl cpu.Plane, g cpu.Grid, what Values) error {
	if c.double() {
		return c.CanEvaluateDouble(p, pl, g)
	}
	if what == Loss {
		return c.CanLandscape(p, pl, g)
	}
	return c.Engine.CanEvaluate(p, pl, g)
}

func (c device) Landscape(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, progress func(done, total int)) (*cpu.Landscape, error) {
	return landscapeOf(ctx, c, p, pl, g, progress)
}

// landscapeOf is Computer.Landscape by its Evaluate.
func landscapeOf(ctx context.Context, c Computer, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, progress func(done, total int)) (*cpu.Landscape, error) {
	l := &cpu.Landscape{Grid: g, Loss: make([]float64, 0, g.Size())}
	err := c.Evaluate(ctx, p, pl, g, g.Rows(), Loss, func(_ int, row Row) error {
		for _, v := range row.Single {
			l.Loss = append(l.Loss, float64(v))
		}
		l.Loss = append(l.Loss, row.Double...)
		return nil
	}, progress)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Descend is the engine's, and says what it computed in.
func (c device) Descend(ctx context.Context, p *cpu.Problem, runs []cpu.Run, progress func(done, total int)) ([]*cpu.Trajectory, error) {
	ts, err := c.Engine.Descend(ctx, p, runs, progress)
	for _, t := range ts {
		if !c.double() {
			t.Precision = cpu.Float32
		}
	}
	return ts, err
}

func (c device) Evaluate(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, rows cpu.Rows, what Values, sink func(row int, values Row) error, progress func(done, total int)) error {
	if c.double() {
		return c.evaluateDouble(ctx, p, pl, g, rows, what, sink, progress)
	}
	switch what {
	case Gradient:
		pairs := make([]float32, 2*g.X.N)
		return c.Engine.Evaluate(ctx, p, pl, g, rows, compute.Gradient, func(row int, v compute.Evaluated) error {
			for i, d := range v.DAlpha {
				pairs[2*i], pairs[2*i+1] = d, v.DBeta[i]
			}
			return sink(row, Row{Single: pairs})
		}, progress)
	case Accuracy:
		return c.Engine.Evaluate(ctx, p, pl, g, rows, compute.Accuracy, func(row int, v compute.Evaluated) error {
			return sink(row, Row{Single: v.Accuracy})
		}, progress)
	}
	return c.LandscapeRows(ctx, p, pl, g, rows, func(row int, values []float32) error { return sink(row, Row{Single: values}) }, progress)
}

func (c device) evaluateDouble(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, rows cpu.Rows, what Values, sink func(row int, values Row) error, progress func(done, total int)) error {
	pairs := make([]float64, 2*g.X.N)
	of := map[Values]compute.Outputs{Loss: compute.Loss, Gradient: compute.Gradient, Accuracy: compute.Accuracy}[what]
	return c.Engine.EvaluateDouble(ctx, p, pl, g, rows, of, func(row int, v compute.EvaluatedDouble) error {
		switch what {
		case Gradient:
			for i, d := range v.DAlpha {
				pairs[2*i], pairs[2*i+1] = d, v.DBeta[i]
			}
			return sink(row, Row{Double: pairs})
		case Accuracy:
			return sink(row, Row{Double: v.Accuracy})
		}
		return sink(row, Row{Double: v.Loss})
	}, progress)
}

// CanField is what Field checks before any work.
func (b *Backend) CanField(c Computer, p *cpu.Problem, pl cpu.Plane, g cpu.Grid) error {
	switch c := c.(type) {
	case device:
		if !c.double() {
			return c.CanHold(p, pl, g)
		}
	case auto:
		if err := c.CanHold(p, pl, g); Unsupported(err) {
			return c.orDouble(err, func(c device) error { return c.CanEvaluate(p, pl, g, Loss) })
		}
	}
	return nil
}

// Field has a landscape computed, and leaves it on the device, to be drawn there, in
// float32.
func (b *Backend) Field(ctx context.Context, c Computer, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, progress func(done, total int)) (field *gpu.Field, err error) {
	switch c := c.(type) {
	case device:
		if !c.double() {
			return c.Engine.Landscape(ctx, p, pl, g, progress)
		}
	case auto:
		if c.CanHold(p, pl, g) == nil {
			return c.Engine.Landscape(ctx, p, pl, g, progress)
		}
	}
	l, err := c.Landscape(ctx, p, pl, g, progress)
	if err != nil {
		return nil, err
	}
	values := make([]float32, len(l.Loss))
	for i, v := range l.Loss {
		values[i] = float32(v) // what is beyond it is infinite there, and masked
	}
	err = b.d.Do(func() (err error) {
		field, err = gpu.NewField(b.d, "landscape", g.X.N, g.Y.N, values)
		return err
	})
	return field, err
}

// Ensemble is a scene's ensemble on the device.
type Ensemble struct {
	*compute.Ensemble
	ctx context.Context
}

// At returns the points of the ensemble after k steps.
func (e *Ensemble) At(k int) (gpu.Points, error) { return e.Ensemble.At(e.ctx, k) }

// Ensemble puts a scene's ensemble on the device that draws it, whatever the kind is:
// there is no other place for it. Only colours by status ask how its runs end, and all
// go on to their last step otherwise.
func (b *Backend) Ensemble(ctx context.Context, s *scenes.Scene) (*Ensemble, error) {
	set := cpu.Settings{GradTol: -1, MaxPeriod: 1}
	if s.Ensemble.Color == "status" {
		set = cpu.Settings{}
	}
	e, err := b.ensembleEngine()
	var all *compute.Ensemble
	if err == nil {
		all, err = e.Ensemble(s.Problem, s.EnsembleSweep(), set)
	}
	if Unsupported(err) {
		err = fmt.Errorf("an ensemble is computed in float32 on the device that draws it, and cannot be here: %s; change it, or leave [ensemble] out", Reason(err))
	}
	if err != nil {
		return nil, err
	}
	return &Ensemble{all, ctx}, nil
}

// ensembleEngine returns the engine, which there is with every kind.
func (b *Backend) ensembleEngine() (*compute.Engine, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.engine == nil {
		e, err := compute.New(b.d)
		if err != nil {
			return nil, err
		}
		b.engine = e
	}
	return b.engine, nil
}
