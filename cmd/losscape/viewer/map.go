package viewer

import (
	"context"
	"errors"
	"strings"

	"losscape/cmd/losscape/view"
	"losscape/cpu"
)

// firstMap computes the map of a scene that shows one, unless it was opened with one.
func (v *viewer) firstMap() (err error) {
	if s := v.s.Scene; v.s.Map == nil && s.Film.Shows("map") {
		update, end := v.Progress("map", "runs")
		defer end()
		v.s.Map, err = v.c.Sweep(v.ctx, s.Problem, s.MapSweep(), s.MapSettings(v.s.Settings), update)
	}
	v.opened = v.s.Map
	if err == nil && v.opened != nil && v.s.Scene.Map.Stability {
		v.openedStable, err = v.s.Scene.Problem.StableRates(v.ctx, v.opened.Sweep)
		v.stable = v.openedStable
	}
	return err
}

// mapped is a map that has been computed, or a coarse one that comes before it.
type mapped struct {
	of     int
	result *cpu.Result
	stable *cpu.StableRates // of result, if the scene shows it
	last   bool
	err    error
}

// draftRuns is how many runs a map has that is shown at once.
const draftRuns = 3000

// computeMap begins to compute the map that is wanted, a coarse one first.
func (v *viewer) computeMap() {
	if v.s.Map == nil {
		return
	}
	want := v.s.MapSweep()
	if v.mapper.running() && &want.Over[0] == &v.mapWant.Over[0] && view.SameRuns(want, v.mapWant) {
		return // it is on its way
	}
	v.mapper.stop()
	v.mapOf++
	v.mapWant = want
	if v.s.ZoomedOut() && !v.s.MapStale(v.opened) {
		v.showMap(mapped{of: v.mapOf, result: v.opened, stable: v.openedStable, last: true})
		return
	}
	stages := []cpu.Sweep{want}
	if coarse, ok := v.s.Coarse(draftRuns); ok {
		stages = []cpu.Sweep{coarse, want}
	}
	if strings.HasPrefix(v.s.Message, view.FloatEnd) {
		v.s.Message = ""
	}
	v.mapShare.Store(0)
	of, p, set := v.mapOf, *v.s.Scene.Problem, v.s.Scene.MapSettings(v.s.Settings)
	shown := v.s.Scene.Map.Stability
	v.mapper.start(v, func(ctx context.Context) {
		for i, w := range stages {
			m := mapped{of: of, last: i == len(stages)-1}
			m.result, m.err = v.c.Sweep(ctx, &p, w, set, func(done, total int) {
				if m.last {
					v.mapShare.Store(int64(100 * float64(done) / float64(max(total, 1))))
				}
			})
			if m.err == nil && shown {
				m.stable, m.err = p.StableRates(ctx, w)
			}
			if ctx.Err() != nil || !send(ctx, v.maps, m) || m.err != nil {
				return
			}
		}
	})
}

// showMap shows a map, unless another one is wanted by now.
func (v *viewer) showMap(m mapped) {
	if m.of != v.mapOf {
		return
	}
	if m.err != nil {
		v.mapper.stop()
		if !errors.Is(m.err, context.Canceled) {
			v.say("No map: " + v.Message(m.err))
		}
		return
	}
	v.s.ShowMap(m.result)
	v.stable = m.stable
	if m.last {
		v.mapper.stop()
	}
	v.todo |= view.Look
}
