package viewer

import (
	"context"

	"losscape/cmd/losscape/view"
	"losscape/cpu"
	"losscape/scenes"
)

// descend computes all runs.
func (v *viewer) descend() (err error) {
	v.runs, v.tol, err = v.c.Descend(v.ctx, v.s.Scene.Problem, v.s.Scene.Runs)
	return err
}

// results are how runs end, where the edge of stability is for their l2, and the minimum
// of the landscape and lr λ along the runs, if the scene shows them.
type results struct {
	round   int
	endings []cpu.Ending
	along   [][]float64 // lr λ, if the scene shows it
	edges   map[float64]view.Edge
	minimum []float64
}

// study begins to find out how the runs end.
func (v *viewer) study() {
	v.round++
	round, runs, p, set := v.round, v.runs, *v.s.Scene.Problem, v.s.Settings
	star, along := v.s.Scene.Landscape.Minimum, v.s.Scene.Film.Stability
	if set.PeriodTol == 0 {
		set.PeriodTol = v.tol
	}
	v.student.start(v, func(ctx context.Context) {
		r := results{round: round, edges: map[float64]view.Edge{}}
		for _, t := range runs {
			if l2 := t.Run.L2; r.edges[l2] == (view.Edge{}) {
				r.edges[l2] = view.EdgeOf(&p, l2)
			}
		}
		if star {
			r.minimum, _ = p.Minimum()
		}
		var err error
		if along {
			if r.along, err = p.Stabilities(ctx, runs, nil); err != nil {
				return
			}
		}
		if r.endings, err = p.Endings(ctx, runs, set); err == nil {
			send(ctx, v.results, r)
		}
	})
}

// showResults shows how the runs end, unless those are other runs by now.
func (v *viewer) showResults(r results) bool {
	if r.round != v.round {
		return false
	}
	v.s.Endings, v.s.Stabilities, v.s.Edges, v.s.Scene.Minimum = r.endings, r.along, r.edges, r.minimum
	return true
}

// startEnsemble puts the scene's ensemble, if it has one, on the device, at its start.
func (v *viewer) startEnsemble() {
	v.ensemble = nil
	if !v.s.HasEnsemble() {
		return
	}
	e, err := v.c.Ensemble(v.ctx, v.s.Scene)
	if err != nil {
		v.s.Scene.Ensemble = scenes.Ensemble{}
		v.say("No ensemble: " + v.Message(err))
		return
	}
	v.ensemble = e
}

func (v *viewer) free(e Ensemble) {
	if e != nil {
		e.Close()
	}
}
