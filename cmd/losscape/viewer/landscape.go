package viewer

import (
	"context"
	"errors"
	"math"
	"time"

	"losscape/cmd/losscape/view"
	"losscape/cpu"
	"losscape/gpu"
	"losscape/scenes/figure"
)

// landscapeKey tells landscapes apart.
type landscapeKey struct {
	view  cpu.Grid
	plane *float64 // of the scene's, as long as it is the same one
	l2    float64
	eps   float64
}

// as returns the key of the same landscape with as many points as another has.
func (k landscapeKey) as(other landscapeKey) landscapeKey {
	k.view.X.N, k.view.Y.N = other.view.X.N, other.view.Y.N
	return k
}

// Times that a landscape may take within a frame.
const (
	movingTime  = 30 * time.Millisecond // while something moves
	restingTime = 150 * time.Millisecond
)

// evaluations is how many sample-evaluations a second a slow device does, until a
// landscape has been timed.
const evaluations = 2e9

// refined is a landscape that was computed beside the loop.
type refined struct {
	key   landscapeKey
	field *gpu.Field
	err   error
}

// landscape sees to it that the landscape of the scene is shown. What takes longer
// than a frame may is shown with fewer points at first, and computed beside the loop
// when nothing moves.
func (v *viewer) landscape() error {
	s := v.s.Scene
	w, h := v.panels()
	want := landscapeKey{figure.ViewGrid(s, v.runs, w, h), &s.Plane.D1[0], s.Problem.L2, s.Problem.Eps}
	if v.fineKey != want {
		v.refiner.stop()
	}
	same := v.field != nil && v.shown == want.as(v.shown) // but perhaps for its density
	if same && (v.rough || v.shown == want) {
		return nil
	}
	cost := v.perCost
	if cost == 0 {
		cost = float64(s.Problem.N()) / evaluations
	}
	limit := restingTime
	if v.rough {
		limit = movingTime
	}
	if cost*float64(want.view.Size()) <= limit.Seconds() {
		return v.evaluate(want)
	}
	if !same {
		side := max(32, int(math.Sqrt(movingTime.Seconds()/cost)))
		coarse := want
		coarse.view.X.N, coarse.view.Y.N = min(want.view.X.N, side), min(want.view.Y.N, side)
		if err := v.evaluate(coarse); err != nil {
			return err
		}
	}
	if !v.rough && !v.refiner.running() {
		v.refineLater(want)
	}
	return nil
}

// evaluate computes a landscape and shows it.
func (v *viewer) evaluate(key landscapeKey) error {
	start := time.Now()
	field, err := v.c.Landscape(v.ctx, v.s.Scene.Problem, v.s.Scene.Plane, key.view)
	if err != nil {
		return err
	}
	if n := key.view.Size(); n > 10_000 { // of fewer the time says nothing
		v.perCost = time.Since(start).Seconds() / float64(n)
	}
	return v.showField(key, field)
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
	v.fillControls()
	return v.update(v.draft(), false)
}

func (v *viewer) closeField(f *gpu.Field) { v.d.Do(func() error { return f.Close() }) }

// refineLater computes a landscape beside the loop.
func (v *viewer) refineLater(key landscapeKey) {
	v.fineKey = key
	p, pl := *v.s.Scene.Problem, v.s.Scene.Plane
	v.refiner.start(v, func(ctx context.Context) {
		f, err := v.c.Landscape(ctx, &p, pl, key.view)
		if !send(ctx, v.fields, refined{key, f, err}) {
			v.closeField(f)
		}
	})
}

// refine shows a landscape that was computed beside the loop, if it is still the one
// that is wanted.
func (v *viewer) refine(f refined) error {
	if !v.refiner.running() || f.key != v.fineKey {
		v.closeField(f.field)
		return nil
	}
	v.refiner.stop()
	if f.err != nil {
		if errors.Is(f.err, context.Canceled) {
			return nil
		}
		return f.err
	}
	v.todo |= view.Look
	return v.showField(f.key, f.field)
}
