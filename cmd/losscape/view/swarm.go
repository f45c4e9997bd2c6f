package view

import (
	"fmt"

	"losscape/cpu"
	"losscape/scenes"
)

// swarmSide is how many runs of a swarm there are along each axis: 10,000 in all.
const swarmSide = 100

// Swarming says whether there is a swarm.
func (s *State) Swarming() bool { return len(s.Scene.Swarm.Over) > 0 }

// swarm starts a swarm from everywhere in the plane, or the scene's own if it has
// one; or it takes it away.
func (s *State) swarm() Work {
	if s.Swarming() {
		s.Scene.Swarm = scenes.Swarm{}
		return Swarm
	}
	if len(s.opened.Swarm.Over) > 0 {
		s.Scene.Swarm = s.opened.Swarm
		s.Scene.Swarm.Run = min(s.Scene.Swarm.Run, len(s.Scene.Runs)-1)
	} else {
		w, err := swarmOf(s.Scene, max(0, s.Selected))
		if err != nil {
			s.Message = err.Error()
			return Show
		}
		s.Scene.Swarm = w
	}
	s.Message = ""
	s.Frame, s.Playing, s.rest = 0, s.Last() > 0, 0
	return Swarm
}

// swarmOf returns a swarm of runs like one of a scene's, from everywhere in its
// landscape.
func swarmOf(s *scenes.Scene, run int) (w scenes.Swarm, err error) {
	w = scenes.Swarm{Run: run, As: "points", Size: 1.6, Opacity: 0.85, Color: "#ffb000", Colormap: "plasma"}
	for _, a := range []struct {
		d    []float64
		axis cpu.Axis
	}{{s.Plane.D1, s.Grid.X}, {s.Plane.D2, s.Grid.Y}} {
		i := cpu.CoordinateOf(a.d)
		if i < 0 {
			return w, fmt.Errorf("a swarm needs a plane of two weights, and this one has other directions")
		}
		p, err := cpu.ParseParam(fmt.Sprintf("w%d=%v:%v:%d", i+1, s.Plane.Origin[i]+a.axis.Min, s.Plane.Origin[i]+a.axis.Max, swarmSide))
		if err != nil {
			return w, err
		}
		w.Over = append(w.Over, p)
	}
	return w, nil
}
