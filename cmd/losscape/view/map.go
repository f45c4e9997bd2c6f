package view

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/scale"
)

// mapTime is how long the run under the cursor plays in a window of a sweep, in
// seconds at most.
const mapTime = 6

// NewSweep returns the state of a window in which the map of a sweep over two
// parameters is opened: the sweep's scene, and what its runs came to.
func NewSweep(scene *scenes.Scene, r *cpu.Result) (*State, error) {
	over := r.Sweep.Over
	if len(over) != 2 {
		return nil, fmt.Errorf("a map needs a sweep over two parameters, and this one is over %d; give losscape sweep --over twice", len(over))
	}
	s := clone(scene)
	base := r.Sweep.Run(0)
	base.Start = slices.Clone(base.Start)
	s.Runs = []cpu.Run{base}
	s.Problem.L2 = base.L2 // the landscape that they descend
	s.Ensemble = scenes.Ensemble{}
	s.Map = scenes.Map{Over: over, Steps: r.Sweep.Base.Steps, Of: "loss", Scale: "auto", Colormap: scenes.AutoColormap}
	s.Film.Panels = scenes.PanelsOf("map", "contour", "loss")
	s.Film.Layout = [][]string{{"map", "map", "contour"}, {"map", "map", "loss"}}
	s.Film.IterationsPerFrame, s.Film.FramesPerIteration, s.Film.EaseIn, s.Film.Hold = 1, 1, 0, 0
	const mostFrames = 600
	s.Film.Frames = min(s.MaxFrames(), mostFrames)
	s.Film.FPS = min(max(s.Film.FPS, math.Ceil(float64(s.Film.Frames)/mapTime)), scenes.MaxFPS)
	if s.Map.Steps == 0 {
		return nil, fmt.Errorf("the runs of this sweep take no steps, so there is nothing to play")
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	st := New(s)
	st.Map = r
	st.Message = "Point at a run of the map; the wheel zooms, H shows all keys"
	return st, nil
}

// hoverMap takes the run under the cursor for the one that the other panels show,
// and plays it.
func (s *State) hoverMap(h Hit) Work {
	work := Work(0)
	if s.Reading != nil {
		s.Reading = nil
		work = Show
	}
	if s.otherSize(h) {
		work |= s.zoomMap(h, 1, 0, 0)
	}
	cell := -1
	if h.OnMap && s.Map != nil {
		cell = h.CellX*len(s.Map.Sweep.Over[1].Values) + h.CellY
		if cell < 0 || cell >= s.Map.N() {
			cell = -1
		}
	}
	if cell == s.Cell {
		return work
	}
	s.Cell = cell
	if cell < 0 {
		return work | Show
	}
	return work | s.takeRun(cell)
}

// otherSize says whether a map that was computed for the window is now of another
// size there, beyond what the labels of its axes make of it.
func (s *State) otherSize(h Hit) bool {
	if s.Wanted == nil || !h.OnMap {
		return false
	}
	for i, n := range []int{h.Wide, h.High} {
		p := s.Wanted[i]
		if have := len(p.Values); !wholeNumbers(p) && 20*max(have-n, n-have) > n {
			return true
		}
	}
	return false
}

// takeRun shows a run of the map.
func (s *State) takeRun(i int) Work {
	r := s.Map.Sweep.Run(i)
	r.Start = slices.Clone(r.Start)
	work := Runs
	for _, p := range s.Map.Sweep.Over {
		if p.Name == "l2" && s.Scene.Problem.L2 != r.L2 {
			s.Scene.Problem.L2, s.Scene.Minimum = r.L2, nil
			work |= Landscape
		}
	}
	s.Scene.Runs[s.Scene.Map.Run] = r
	s.Selected = s.Scene.Map.Run
	s.changed()
	s.Frame, s.Playing, s.rest = 0, s.Last() > 0, 0
	return work
}

// pin keeps the run under the cursor beside those that are pointed at next.
func (s *State) pin() Work {
	if s.Cell < 0 || len(s.Scene.Runs) >= MaxRuns {
		return 0
	}
	r := s.Scene.Runs[s.Scene.Map.Run]
	r.Start = slices.Clone(r.Start)
	s.Scene.Runs = append(s.Scene.Runs, r)
	s.changed()
	return Runs
}

// CellLines says what the run under the cursor is, and what it came to.
func (s *State) CellLines() []string {
	r := s.Map
	if s.Cell < 0 || r == nil || s.Cell >= r.N() {
		return nil
	}
	run := r.Sweep.Run(s.Cell)
	var params string
	for i, p := range r.Sweep.Over {
		if i > 0 {
			params += ",  "
		}
		v, _ := run.Param(p.Name)
		if params += p.Name + " "; wholeNumbers(p) {
			params += strconv.FormatFloat(v, 'f', 0, 64)
		} else {
			params += scale.Parameter(v)
		}
	}
	values := "loss  " + fixed(r.Loss[s.Cell]) + ",  accuracy  " + fixed(r.Accuracy[s.Cell])
	for _, name := range cpu.DerivedNames() {
		if v := r.Derived[name]; v != nil {
			values += ",  " + name + "  " + fixed(v[s.Cell])
		}
	}
	e := cpu.Ending{Status: r.Status[s.Cell], Steps: int(r.Steps[s.Cell]), Period: int(r.Period[s.Cell])}
	return []string{params, endingText(e), values}
}

// nextQuantity colours the map by the next quantity that its runs have.
func (s *State) nextQuantity() Work {
	if s.Map == nil {
		return 0
	}
	all := slices.DeleteFunc(cpu.Quantities(), func(q cpu.Quantity) bool { return q.Of(s.Map) == nil })
	m := &s.Scene.Map
	i := slices.IndexFunc(all, func(q cpu.Quantity) bool { return q.Name == m.Of })
	q := all[(i+1)%len(all)]
	m.Of, m.Scale = q.Name, "auto"
	if m.CheckColormap() != nil {
		m.Colormap = scenes.AutoColormap
	}
	s.Message = "Colours of the map: " + strings.ToLower(q.Title)
	return Look
}

// zoomMap makes the map's range smaller around a place, by a factor, and moves it,
// all in shares of it.
func (s *State) zoomMap(h Hit, factor, dx, dy float64) Work {
	from := s.Wanted
	if from == nil {
		from = s.Scene.Map.Over
	}
	wanted := slices.Clone(from)
	for i, a := range []struct {
		share, move float64
		n           int
	}{{h.ShareX, dx, h.Wide}, {h.ShareY, dy, h.High}} {
		p, err := zoomed(wanted[i], a.share, factor, a.move, min(max(a.n, 2), scenes.MaxMap))
		if err != nil {
			s.Message = err.Error()
			return Show
		}
		wanted[i] = p
	}
	sweep := s.Scene.MapSweep()
	sweep.Over = wanted
	if err := sweep.Validate(s.Scene.Problem); err != nil {
		s.Message = "There is nothing beyond: " + err.Error()
		return Show
	}
	s.Wanted = wanted
	return Map
}

// zoomed returns an axis of n values over a part of another: factor times smaller
// around a fraction of it, and moved by a share. One of whole numbers stays as it is.
func zoomed(p cpu.Param, share, factor, move float64, n int) (cpu.Param, error) {
	if wholeNumbers(p) {
		return p, nil
	}
	lo, hi := p.Values[0], p.Values[len(p.Values)-1]
	kind := ""
	if p.Log {
		lo, hi, kind = math.Log(lo), math.Log(hi), ":log"
	}
	span := hi - lo
	at := lo + share*span
	lo, hi = at-(at-lo)/factor-move*span, at+(hi-at)/factor-move*span
	if p.Log {
		lo, hi = math.Exp(lo), math.Exp(hi)
	}
	return cpu.ParseParam(fmt.Sprintf("%s=%v:%v:%d%s", p.Name, lo, hi, n, kind))
}

func wholeNumbers(p cpu.Param) bool {
	h, ok := cpu.LookupHyperParameter(p.Name)
	return ok && h.Whole()
}

// ZoomedOut says whether the map that is wanted is the one that was opened.
func (s *State) ZoomedOut() bool { return s.Wanted == nil }

// MapSweep returns the runs of the map that is wanted.
func (s *State) MapSweep() cpu.Sweep {
	w := s.Scene.MapSweep()
	if s.Wanted != nil {
		w.Over = s.Wanted
	} else {
		w.Over = s.opened.Map.Over
	}
	return w
}

// ShowMap shows a map that has been computed.
func (s *State) ShowMap(r *cpu.Result) {
	s.Map, s.Cell = r, -1
	s.Scene.Map.Over = r.Sweep.Over
}

// MapStale says whether a map is of other runs than those of the scene now: of
// another optimizer, say.
func (s *State) MapStale(r *cpu.Result) bool {
	if r == nil {
		return false
	}
	return !SameRuns(s.Scene.MapSweep(), r.Sweep)
}

// SameRuns says whether two sweeps over the same parameters vary the same run.
func SameRuns(a, b cpu.Sweep) bool {
	if a.Base.Optimizer != b.Base.Optimizer || len(a.Base.Start) != len(b.Base.Start) {
		return false
	}
	for _, name := range cpu.ParamNames(len(a.Base.Start)) {
		if slices.ContainsFunc(a.Over, func(p cpu.Param) bool { return p.Name == name }) {
			continue
		}
		x, _ := a.Base.Param(name)
		if y, _ := b.Base.Param(name); x != y || name == "seed" && a.Base.Seed != b.Base.Seed { // which float64 may not tell apart
			return false
		}
	}
	return true
}
