// Package view is what the live window does, without the window: what it shows,
// and what keys and the mouse change. It draws nothing and computes only what is
// read under the cursor, so that all of it can be tested anywhere.
package view

import (
	"fmt"
	"math"
	"slices"
	"time"

	"losscape/cpu"
	"losscape/scenes"
)

// State is what the window shows.
type State struct {
	Scene    *scenes.Scene // what is shown and computed; State's own
	Frame    int           // of the film, from 0
	Playing  bool
	Selected int    // the run that the sliders and keys change; All for every run
	Focus    string // the control that the up and down keys move, one of those that Tab goes through
	Reading  *Reading

	Help       bool
	Recording  bool
	Fullscreen bool
	Rate       bool // frames a second are shown
	Message    string

	Map    *cpu.Result // that the map shows; nil without one
	Cell   int         // index of the run of the map under the cursor, −1 without
	Wanted []cpu.Param // axes of a map that is being computed; nil for those that were opened

	Settings    cpu.Settings     // by which runs end: those of the sweep that was opened
	Endings     []cpu.Ending     // of the runs, as computed last; nil before
	Stabilities [][]float64      // lr λ along the runs, if the scene shows it, as computed last: see cpu.Problem.Stabilities; nil before
	Edges       map[float64]Edge // of stability by the runs' l2, as computed last

	axes   [2]mapAxis    // of Wanted, unless that is nil
	opened *scenes.Scene // as it was in the beginning
	rest   float64       // of a frame that has passed while playing
	drag   drag
	added  bool  // the last press has added a run
	before press // the press before the last
}

// All stands for all runs in State.Selected.
const All = -1

// MaxRuns is how many runs a person can add to.
const MaxRuns = 64

// Reading is what is read where the cursor is.
type Reading struct {
	Alpha, Beta float64
	Axes        string    // what the axes show there, where W does not say that
	W, Gradient []float64 // D+1 each; the gradient is of the loss without eps
	Loss        float64
}

// Edge is what the edge of stability follows from: where the loss has its
// least value, the largest eigenvalue of the Hessian is Sharpness. It is 0 if
// there is none, or float64 cannot tell. See cpu.Run.StableBelow.
type Edge struct{ Sharpness float64 }

// EdgeOf returns the edge of a problem for runs with the L2 weight l2.
func EdgeOf(problem *cpu.Problem, l2 float64) Edge {
	lambda, ok := problem.MinimumSharpness(l2)
	if !ok {
		return Edge{}
	}
	return Edge{lambda}
}

// edge returns the edge of the run whose parameters are shown.
func (s *State) edge() Edge { return s.Edges[s.First().L2] }

// New returns the state of a window in which a scene is opened.
func New(s *scenes.Scene) *State {
	return &State{Scene: clone(s), opened: clone(s), Focus: LR, Cell: -1, Message: "Space plays, H shows all keys"}
}

// clone copies all of a scene that a person can change.
func clone(s *scenes.Scene) *scenes.Scene {
	c := *s
	p := *s.Problem
	c.Problem = &p
	c.Runs = slices.Clone(s.Runs)
	for i := range c.Runs {
		c.Runs[i].Start = slices.Clone(c.Runs[i].Start)
	}
	c.Film.Panels = slices.Clone(s.Film.Panels)
	c.Film.Layout = slices.Clone(s.Film.Layout)
	return &c
}

// Last returns the last frame.
func (s *State) Last() int { return max(0, s.Scene.Film.Frames-1) }

// Written returns the scene as W writes it: what is shown now, as a film of
// width x height pixels, the size of the panels in the window.
func (s *State) Written(width, height int) *scenes.Scene {
	c := clone(s.Scene)
	c.Film.Width, c.Film.Height = width, height
	return c
}

// Advance lets time pass while the runs play.
func (s *State) Advance(d time.Duration) Work {
	if !s.Playing {
		return 0
	}
	s.rest += d.Seconds() * s.Scene.Film.FPS
	n := int(s.rest)
	if n == 0 {
		return 0
	}
	s.rest -= float64(n)
	s.Frame += n
	if s.Frame >= s.Last() {
		s.Frame, s.Playing, s.rest = s.Last(), false, 0
	}
	return Show
}

// Next returns how long the next frame is away while the runs play.
func (s *State) Next() time.Duration {
	return time.Duration(math.Ceil(max(1-s.rest, 0) / s.Scene.Film.FPS * float64(time.Second)))
}

// runs returns the runs that are changed.
func (s *State) runs() []*cpu.Run {
	if s.Selected != All {
		return []*cpu.Run{&s.Scene.Runs[s.Selected]}
	}
	out := make([]*cpu.Run, len(s.Scene.Runs))
	for i := range out {
		out[i] = &s.Scene.Runs[i]
	}
	return out
}

// First returns the run whose parameters are shown: the selected one, or the
// first of all.
func (s *State) First() *cpu.Run { return &s.Scene.Runs[max(0, s.Selected)] }

// addRun adds a run like the one that is selected, from some weights.
func (s *State) addRun(start []float64) Work {
	if len(s.Scene.Runs) >= MaxRuns {
		s.Message = fmt.Sprintf("There are %d runs, which is all that fit: Backspace removes one", MaxRuns)
		return Show
	}
	r := *s.First()
	r.Name = ""
	r.Start = start
	s.Scene.Runs = append(s.Scene.Runs, r)
	s.Selected = len(s.Scene.Runs) - 1
	for i := range s.Scene.Film.Panels { // those of some runs show the new one, too
		if p := &s.Scene.Film.Panels[i]; p.Runs != nil {
			p.Runs = append(slices.Clip(p.Runs), s.Selected)
		}
	}
	s.changed()
	return Runs
}

// point returns the weights at a place of the plane. What the axes show there, weights or
// coordinates, is rounded to what a pixel tells apart.
func (s *State) point(alpha, beta, unitX, unitY float64) []float64 {
	pl := &s.Scene.Plane
	a, b := s.Scene.PlaneWeights()
	if a < 0 {
		alpha = round(alpha, unitX)
	}
	if b < 0 {
		beta = round(beta, unitY)
	}
	w := pl.At(nil, alpha, beta)
	if a >= 0 {
		w[a] = round(w[a], unitX)
	}
	if b >= 0 {
		w[b] = round(w[b], unitY)
	}
	return w
}

// removeRun removes the selected run, or with All all but the first.
func (s *State) removeRun() Work {
	if len(s.Scene.Runs) == 1 {
		s.Message = "One run has to stay"
		return Show
	}
	var keep []int
	for i := range s.Scene.Runs {
		if s.Selected == All && i == 0 || s.Selected != All && i != s.Selected {
			keep = append(keep, i)
		}
	}
	s.Scene.KeepRuns(keep...)
	s.Selected = min(max(0, s.Selected), len(s.Scene.Runs)-1)
	s.changed()
	return Runs
}

// changed forgets what the runs before a change came to, and keeps the film as
// long as the runs let it be.
func (s *State) changed() {
	s.Endings, s.Stabilities = nil, nil
	s.Message = ""
	s.Scene.Film.Frames = min(s.opened.Film.Frames, s.Scene.MaxFrames())
	s.Frame = min(s.Frame, s.Last())
}

// reset returns to the scene as it was opened.
func (s *State) reset() Work {
	s.Scene = clone(s.opened)
	s.Selected, s.Focus, s.Frame, s.Playing, s.Reading = 0, LR, 0, false, nil
	s.changed()
	s.Message = "As it was opened"
	work := Look | Camera | Landscape | Runs | Ensemble
	if s.Map != nil {
		s.Scene.Map.Over = s.Map.Sweep.Over // until it is there
		s.Wanted, s.Cell = nil, -1
		work |= Map
	}
	return work
}

// read reads the plane at a point.
func (s *State) read(alpha, beta float64) {
	w := s.Scene.Plane.At(nil, alpha, beta)
	p := s.Scene.Problem
	s.Reading = &Reading{Alpha: alpha, Beta: beta, Axes: axesText(s.Scene, w, alpha, beta), W: w, Gradient: p.Gradient(nil, w), Loss: p.Loss(w)}
}

// GradientNorm returns the length of the gradient.
func (r *Reading) GradientNorm() float64 {
	var sum float64
	for _, g := range r.Gradient {
		sum += g * g
	}
	return math.Sqrt(sum)
}
