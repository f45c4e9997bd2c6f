package compute

import (
	"context"

	"losscape/cpu"
)

// errModel is what the device cannot do with a model other than cpu.Linear.
var errModel = unsupported("a model other than the linear one")

// The checks that Engine's methods make before any work. Each returns nil or the
// method's own error: an ErrUnsupported where the CPU can do it.

// CanDescend checks what Descend is given.
func (e *Engine) CanDescend(p *cpu.Problem, runs []cpu.Run) error {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	// Descend looks at its context between its checks and its work.
	_, err := e.Descend(ended, p, runs, nil)
	if err == context.Canceled {
		return nil
	}
	return err
}

// CanSweep checks what Sweep is given.
func (e *Engine) CanSweep(p *cpu.Problem, s cpu.Sweep, set cpu.Settings) error {
	_, _, err := e.checkSweep(p, s, set)
	return err
}

// CanLandscape checks what LandscapeRows is given.
func (e *Engine) CanLandscape(p *cpu.Problem, pl cpu.Plane, g cpu.Grid) error {
	if err := e.checkLandscape(p, pl, g); err != nil {
		return err
	}
	_, err := checkPlan(p, pl, g)
	return err
}

// CanHold checks what Landscape is given, which keeps the whole grid on the device.
func (e *Engine) CanHold(p *cpu.Problem, pl cpu.Plane, g cpu.Grid) error {
	if err := e.CanLandscape(p, pl, g); err != nil {
		return err
	}
	if limit := tileLimit(e.d.Caps.MaxStorageBytes); g.Size() > limit/4 {
		return unsupported("a landscape of %d x %d needs a buffer of %d MiB, this device allows %d MiB", g.X.N, g.Y.N, g.Size()>>18, limit>>20)
	}
	return nil
}

// CanEvaluate checks what Evaluate is given.
func (e *Engine) CanEvaluate(p *cpu.Problem, pl cpu.Plane, g cpu.Grid) error {
	if err := e.CanLandscape(p, pl, g); err != nil {
		return err
	}
	if limit := tileLimit(e.d.Caps.MaxStorageBytes)/4 - 2*guard; 3*g.X.N > limit {
		return unsupported("%d columns, this device can hold %d", g.X.N, limit/3)
	}
	return nil
}
