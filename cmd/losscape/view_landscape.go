package main

import (
	"context"
	"errors"
	"math"
	"time"

	"losscape/cmd/losscape/view"
	"losscape/cpu"
	"losscape/gpu"
	"losscape/gpu/compute"
	"losscape/scenes/figure"
)

// landscapeKey tells landscapes apart.
type landscapeKey struct {
	view  cpu.Grid
	plane *float64 // of the scene's, as long as it is the same one
	l2    float64
	clamp float64
}

// but returns the key of the same landscape with as many points as another has.
func (k landscapeKey) but(of landscapeKey) landscapeKey {
	k.view.X.N, k.view.Y.N = of.view.X.N, of.view.Y.N
	return k
}

// Times that a landscape may take within a frame.
const (
	briefly  = 30 * time.Millisecond  // while something moves
	patently = 150 * time.Millisecond // at rest
)

// evaluations is how many sample-evaluations a second a slow device does, until a
// landscape has been timed.
const evaluations = 2e9

// refined is a landscape that was computed beside the loop.
type refined struct {
	key   landscapeKey
	field *gpu.Field

	cannot, err error // of fieldOf
}

// landscape sees to it that the landscape of the scene is shown. What takes longer
// than a frame may is shown with fewer points at first, and computed beside the loop
// when nothing moves.
func (v *viewer) landscape() error {
	s := v.s.Scene
	w, h := v.panels()
	want := landscapeKey{figure.ViewGrid(s, v.runs, w, h), &s.Plane.D1[0], s.Problem.L2, s.Problem.Clamp}
	if v.refining != nil && v.fineKey != want {
		v.refining()
		v.refining = nil
	}
	there := v.field != nil && v.shown == want.but(v.shown) // but perhaps for its density
	if there && (v.rough || v.shown == want) {
		return nil
	}
	each := v.perCost
	if each == 0 {
		each = float64(s.Problem.N()) / evaluations
	}
	limit := patently
	if v.rough {
		limit = briefly
	}
	if each*float64(want.view.Size()) <= limit.Seconds() {
		return v.compute(want)
	}
	if !there {
		side := max(32, int(math.Sqrt(briefly.Seconds()/each)))
		coarse := want
		coarse.view.X.N, coarse.view.Y.N = min(want.view.X.N, side), min(want.view.Y.N, side)
		if err := v.compute(coarse); err != nil {
			return err
		}
	}
	if !v.rough && v.refining == nil {
		v.refineLater(want)
	}
	return nil
}

// compute computes a landscape and shows it.
func (v *viewer) compute(key landscapeKey) error {
	start := time.Now()
	field, cannot, err := v.fieldOf(v.ctx, *v.s.Scene.Problem, v.s.Scene.Plane, key.view)
	if err != nil {
		return err
	}
	v.leaveToCPU("landscape", cannot)
	if n := key.view.Size(); n > 10_000 { // fewer say nothing
		v.perCost = time.Since(start).Seconds() / float64(n)
	}
	return v.showField(key, field)
}

// fieldOf computes a landscape; cannot is why the CPU has done it for the device.
func (v *viewer) fieldOf(ctx context.Context, p cpu.Problem, pl cpu.Plane, g cpu.Grid) (f *gpu.Field, cannot, err error) {
	if v.e != nil {
		f, err := v.e.Landscape(ctx, &p, pl, g, nil)
		if v.a.backend != backendAuto || !errors.Is(err, compute.ErrUnsupported) {
			return f, nil, err
		}
		cannot = err
	}
	l, err := p.Landscape(ctx, pl, g, nil)
	if err != nil {
		return nil, nil, err
	}
	f, err = newField(v.win.Device, l)
	return f, cannot, err
}

// showField shows a landscape in place of the one before.
func (v *viewer) showField(key landscapeKey, field *gpu.Field) error {
	old := v.field
	v.field, v.shown = field, key
	v.version++
	defer v.closeField(old) // the renderer lets go of it when it is shown the new one
	if v.r == nil {
		return nil
	}
	v.fill()
	return v.update(v.rough && v.full > fluent, false)
}

// refineLater computes a landscape beside the loop.
func (v *viewer) refineLater(key landscapeKey) {
	ctx, cancel := context.WithCancel(v.ctx)
	v.refining, v.fineKey = cancel, key
	p, pl := *v.s.Scene.Problem, v.s.Scene.Plane
	v.jobs.Go(func() {
		f, cannot, err := v.fieldOf(ctx, p, pl, key.view)
		select {
		case v.fields <- refined{key, f, cannot, err}:
		case <-ctx.Done():
			v.closeField(f)
		}
	})
}

// refine shows a landscape that was computed beside the loop, if it is still the one
// that is wanted.
func (v *viewer) refine(f refined) error {
	if v.refining == nil || f.key != v.fineKey {
		v.closeField(f.field)
		return nil
	}
	v.refining()
	v.refining = nil
	if f.err != nil {
		if errors.Is(f.err, context.Canceled) {
			return nil
		}
		return f.err
	}
	v.leaveToCPU("landscape", f.cannot)
	v.todo |= view.Look
	return v.showField(f.key, f.field)
}
