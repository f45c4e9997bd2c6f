package viewer

import (
	"context"
	"errors"

	"losscape/cmd/losscape/view"
	"losscape/cpu"
	"losscape/scenes"
)

// swept is a sweep that a panel shows, and where its runs become unstable.
type swept struct {
	of     int // the number of the sweep that was wanted
	result *cpu.Result
	stable *cpu.StableRates // nil where nothing is known of it
	err    error
}

// sweepOrbit computes the orbit diagram of a scene.
func (v *viewer) sweepOrbit(ctx context.Context, s *scenes.Scene, p *cpu.Problem, progress func(done, total int)) (r swept) {
	w := s.OrbitSweep()
	if r.result, r.err = v.c.Sweep(ctx, p, w, s.Orbit.Settings(w.Base.Steps), progress); r.err == nil && s.Orbit.Stability {
		r.stable, r.err = p.StableRates(ctx, w)
	}
	return r
}

// firstOrbit computes the orbit diagram of a scene that shows one.
func (v *viewer) firstOrbit() error {
	s := v.s.Scene
	if !s.Film.Shows(scenes.OrbitPanel) {
		return nil
	}
	update, end := v.Progress("orbit diagram", "runs")
	defer end()
	v.orbit = v.sweepOrbit(v.ctx, s, s.Problem, update)
	v.orbitWant = s.OrbitSweep()
	return v.orbit.err
}

// computeOrbit begins to compute the orbit diagram anew, if it is of other runs than those
// of the scene now. That of before is shown until it is there.
func (v *viewer) computeOrbit() {
	if v.orbit.result == nil {
		return
	}
	s := *v.s.Scene
	want := s.OrbitSweep()
	if view.SameRuns(want, v.orbitWant) {
		return // it is there, or on its way
	}
	v.orbitWant, v.orbitOf = want, v.orbitOf+1
	of, p := v.orbitOf, *s.Problem
	s.Runs = append([]cpu.Run(nil), s.Runs...) // the loop goes on with its own
	v.orbiter.start(v, func(ctx context.Context) {
		r := v.sweepOrbit(ctx, &s, &p, nil)
		r.of = of
		send(ctx, v.orbits, r)
	})
}

// showOrbit shows an orbit diagram, unless another one is wanted by now.
func (v *viewer) showOrbit(r swept) {
	if r.of != v.orbitOf {
		return
	}
	v.orbiter.stop()
	if r.err != nil {
		if !errors.Is(r.err, context.Canceled) {
			v.say("No orbit diagram: " + v.Message(r.err))
		}
		return
	}
	v.orbit = r
	v.todo |= view.Look
}
