package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"losscape/cmd/losscape/viewer"
	"losscape/cpu"
	"losscape/gpu"
	"losscape/gpu/compute"
	"losscape/scenes"
)

// windowComputer computes what a window shows: on the device that draws it, or in
// float64 on the CPU. With --backend auto the CPU computes the parts that the device
// cannot, and a note says so, once for each.
type windowComputer struct {
	d    *gpu.Device
	e    *compute.Engine // nil if the CPU computes
	auto bool
	note func(text string)

	mu       sync.Mutex
	noted    map[string]bool // parts that the CPU computes in place of the device
	ensemble *compute.Engine // of ensembles, which are computed where they are drawn; e where there is one
}

// windowComputer makes what --backend asks for.
func (a *app) windowComputer(d *gpu.Device, note func(text string)) (*windowComputer, error) {
	c := &windowComputer{d: d, auto: a.backend == backendAuto, note: note, noted: map[string]bool{}}
	if a.backend == backendCPU {
		a.logf("computing in float64 on the CPU, drawing on %s", d.Info)
		return c, nil
	}
	e, err := compute.New(d)
	if c.e, err = a.choose("", e, err); err != nil {
		return nil, err
	}
	if c.e != nil {
		c.ensemble = c.e
		a.logf("computing in float32 and drawing on %s", d.Info)
	}
	return c, nil
}

// leaveToCPU reports whether the CPU is to compute a part of what is shown, as the
// device cannot.
func (c *windowComputer) leaveToCPU(part string, cannot error) bool {
	if !c.auto || !errors.Is(cannot, compute.ErrUnsupported) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.noted[part] {
		c.noted[part] = true
		c.note(fmt.Sprintf("%s: %s: computing in float64 on the CPU", part, reason(cannot)))
	}
	return true
}

func (c *windowComputer) Descend(ctx context.Context, p *cpu.Problem, runs []cpu.Run) (ts []*cpu.Trajectory, tol float64, err error) {
	if c.e != nil {
		if ts, err = c.e.Descend(ctx, p, runs, nil); !c.leaveToCPU("runs", err) {
			return ts, compute.PeriodTol, err
		}
	}
	ts, err = p.DescendAll(ctx, runs, nil)
	return ts, 0, err
}

func (c *windowComputer) Landscape(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid) (*gpu.Field, error) {
	if c.e != nil {
		if f, err := c.e.Landscape(ctx, p, pl, g, nil); !c.leaveToCPU("landscape", err) {
			return f, err
		}
	}
	l, err := p.Landscape(ctx, pl, g, nil)
	if err != nil {
		return nil, err
	}
	return newField(c.d, l)
}

func (c *windowComputer) Sweep(ctx context.Context, p *cpu.Problem, s cpu.Sweep, set cpu.Settings, progress func(done, total int)) (*cpu.Result, error) {
	if c.e != nil {
		if r, err := c.e.Sweep(ctx, p, s, set, progress); !c.leaveToCPU("map", err) {
			return r, err
		}
	}
	return p.Sweep(ctx, s, set, progress)
}

func (c *windowComputer) Ensemble(ctx context.Context, s *scenes.Scene) (viewer.Ensemble, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ensemble == nil {
		e, err := compute.New(c.d)
		if err != nil {
			return nil, swarmError(err)
		}
		c.ensemble = e
	}
	return swarmFor(ctx, c.ensemble, s)
}

// Close frees the engines. The device has to be open.
func (c *windowComputer) Close() error {
	return c.ensemble.Close()
}
