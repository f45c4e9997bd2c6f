package view

import (
	"fmt"

	"losscape/cpu"
	"losscape/scenes"
)

// ensembleSide is how many runs of an ensemble there are along each axis: 10,000 in all.
const ensembleSide = 100

// HasEnsemble says whether there is an ensemble.
func (s *State) HasEnsemble() bool { return len(s.Scene.Ensemble.Over) > 0 }

// ensemble starts an ensemble from everywhere in the plane, or the scene's own if it has
// one; or it takes it away.
func (s *State) ensemble() Work {
	if s.HasEnsemble() {
		s.Scene.Ensemble = scenes.Ensemble{}
		return Ensemble
	}
	if len(s.opened.Ensemble.Over) > 0 {
		s.Scene.Ensemble = s.opened.Ensemble
		s.Scene.Ensemble.Run = min(s.Scene.Ensemble.Run, len(s.Scene.Runs)-1)
	} else {
		w, err := ensembleOf(s.Scene, max(0, s.Selected))
		if err != nil {
			s.Message = err.Error()
			return Show
		}
		s.Scene.Ensemble = w
	}
	s.Message = ""
	s.Frame, s.Playing, s.rest = 0, s.Last() > 0, 0
	return Ensemble
}

// ensembleOf returns an ensemble of runs like one of a scene's, from everywhere in its
// landscape.
func ensembleOf(s *scenes.Scene, run int) (w scenes.Ensemble, err error) {
	w = scenes.Ensemble{Run: run, As: "points", Size: 1.6, Opacity: 0.85, Color: "#ffb000", Colormap: "plasma"}
	for _, a := range []struct {
		d    []float64
		axis cpu.Axis
	}{{s.Plane.D1, s.Grid.X}, {s.Plane.D2, s.Grid.Y}} {
		i := cpu.CoordinateOf(a.d)
		if i < 0 {
			return w, fmt.Errorf("an ensemble needs a plane of two weights, and this one has other directions")
		}
		p, err := cpu.ParseParam(fmt.Sprintf("w%d=%v:%v:%d", i+1, s.Plane.Origin[i]+a.axis.Min, s.Plane.Origin[i]+a.axis.Max, ensembleSide))
		if err != nil {
			return w, err
		}
		w.Over = append(w.Over, p)
	}
	return w, nil
}
