package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"losscape/cmd/losscape/table"
	"losscape/cmd/losscape/view"
	"losscape/cpu"
	"losscape/gpu/compute"
	"losscape/scenes"
)

// openSweep returns the state of a window of the table of a sweep. Without a scene,
// which is nil then, it is the one that the table names.
func openSweep(path string, s *scenes.Scene) (*view.State, error) {
	t, err := table.Read(path)
	if err != nil {
		return nil, err
	}
	if s == nil {
		// A relative data file is looked for from where the table is.
		name := filepath.Join(filepath.Dir(path), t.Meta.Scene+".toml")
		if s, err = scenes.Decode(name, []byte(t.Meta.SceneTOML)); err != nil {
			return nil, fmt.Errorf("the scene in %s: %w; name the scene before --sweep", path, err)
		}
	}
	s.Problem.Clamp = t.Meta.Clamp
	if table.DataHash(s.Problem) != t.Meta.DataHash {
		return nil, fmt.Errorf("%s is a sweep of other samples than those of the scene %s; name the scene that it is of", path, s.Name)
	}
	st, err := view.NewSweep(s, t.Result)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	st.Settings = t.Meta.Settings.Sweep()
	return st, nil
}

// mapped is a map that has been computed, or a coarse one that comes before it.
type mapped struct {
	of     int
	result *cpu.Result
	last   bool
	err    error
	cannot error // why the CPU has computed it
}

// draftRuns is how many runs a map has that is shown at once.
const draftRuns = 3000

// computeMap begins to compute the map that is wanted, a coarse one first.
func (v *viewer) computeMap() {
	if v.s.Map == nil {
		return
	}
	w := v.s.MapSweep()
	if v.mapping != nil {
		if &w.Over[0] == &v.mapWant.Over[0] && view.SameRuns(w, v.mapWant) {
			return // it is on its way
		}
		v.mapping()
		v.mapping = nil
	}
	v.mapOf++
	v.mapWant = w
	of := v.mapOf
	if v.s.ZoomedOut() && !v.s.MapStale(v.opened) {
		v.showMap(mapped{of: of, result: v.opened, last: true})
		return
	}
	ctx, cancel := context.WithCancel(v.ctx)
	v.mapping = cancel
	p := *v.s.Scene.Problem
	e, maps, set, auto := v.e, v.maps, v.s.Settings.With(v.s.Scene.Map.Of), v.a.backend == backendAuto
	stages := []cpu.Sweep{w}
	if n, err := w.Count(); err == nil && n > draftRuns {
		if coarse, ok := thinned(w, draftRuns); ok {
			stages = []cpu.Sweep{coarse, w}
		}
		v.s.Message = fmt.Sprintf("Computing %d runs", n)
	}
	v.jobs.Go(func() {
		for i, w := range stages {
			m := mapped{of: of, last: i == len(stages)-1}
			if e != nil {
				m.result, m.err = e.Sweep(ctx, &p, w, set, nil)
			}
			if auto && errors.Is(m.err, compute.ErrUnsupported) {
				m.cannot = m.err
			}
			if e == nil || m.cannot != nil {
				m.result, m.err = p.Sweep(ctx, w, set, nil)
			}
			if ctx.Err() != nil {
				return
			}
			select {
			case maps <- m:
			case <-ctx.Done():
				return
			}
			if m.err != nil {
				return
			}
		}
	})
}

// thinned returns a sweep over the same ranges with at most so many runs.
func thinned(w cpu.Sweep, most int) (cpu.Sweep, bool) {
	over := make([]cpu.Param, len(w.Over))
	n, err := w.Count()
	if err != nil {
		return w, false
	}
	every := 1
	for n/uint64(every*every) > uint64(most) {
		every++
	}
	for i, p := range w.Over {
		over[i] = p
		over[i].Values = nil
		// The values in the middle of those that one stands for.
		for k := every / 2; k < len(p.Values); k += every {
			over[i].Values = append(over[i].Values, p.Values[k])
		}
		if len(over[i].Values) < 2 {
			return w, false
		}
	}
	w.Over = over
	return w, true
}

// showMap shows a map, unless another one is wanted by now.
func (v *viewer) showMap(m mapped) {
	if m.of != v.mapOf {
		return
	}
	v.leaveToCPU("map", m.cannot)
	if m.err != nil {
		v.mapping = nil
		if !errors.Is(m.err, context.Canceled) {
			v.say("No map: %s", message(m.err))
		}
		return
	}
	v.s.ShowMap(m.result)
	if m.last && v.mapping != nil {
		v.mapping()
		v.mapping = nil
	}
	if m.last && strings.HasPrefix(v.s.Message, "Computing") {
		v.s.Message = ""
	}
	v.todo |= view.Look
}
