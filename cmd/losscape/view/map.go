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
	s.Map = scenes.Map{Over: over, Steps: r.Sweep.Base.Steps, Of: "loss", Scale: "auto", Colormap: scenes.AutoColormap, Stability: true}
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
// all in shares of it. The parameters at that place stay where they are.
func (s *State) zoomMap(h Hit, factor, dx, dy float64) Work {
	from, axes := s.Wanted, s.axes
	if from == nil {
		from = s.Scene.Map.Over
		axes = [2]mapAxis{axisOf(&from[0]), axisOf(&from[1])}
	}
	wanted := slices.Clone(from)
	for i, a := range []struct {
		share, move float64
		n           int
	}{{h.ShareX, dx, h.Wide}, {h.ShareY, dy, h.High}} {
		if wholeNumbers(wanted[i]) { // which have nothing between them
			continue
		}
		axes[i].zoom(a.share, factor, a.move)
		if factor > 1 && slices.Contains(cpu.ParamNames(0), wanted[i].Name) {
			axes[i].above0(a.share)
		}
		wanted[i] = axes[i].param(wanted[i].Name, min(max(a.n, 2), scenes.MaxMap))
	}
	sweep := s.Scene.MapSweep()
	sweep.Over = wanted
	if err := sweep.Validate(s.Scene.Problem); err != nil {
		s.Message = "There is nothing beyond: " + err.Error()
		return Show
	}
	if factor > 1 {
		if end := s.endOfFloat64(wanted); end != "" {
			s.Message = end
			return Show
		}
	}
	s.Wanted, s.axes = wanted, axes
	return Map
}

// FloatEnd begins what the window says where a map can be zoomed into no more.
const FloatEnd = "As far as float64 goes"

// endOfFloat64 says that float64 has no more values than a map's axes are to have, if that
// is so: neighbours less than a unit in the last place apart would be the same run.
func (s *State) endOfFloat64(over []cpu.Param) string {
	near := [2]float64{}
	for i, p := range over {
		near[i] = p.Values[len(p.Values)/2]
	}
	for i, p := range over {
		n := len(p.Values)
		wide := math.Abs(p.Values[n-1] - p.Values[0])
		if told := s.Scene.Told(i, near); !wholeNumbers(p) && wide < float64(n-1)*told {
			return fmt.Sprintf(FloatEnd+": %s has %.0f values in %.2g, fewer than there are pixels", s.Scene.ParamName(p.Name), math.Floor(wide/told)+1, wide)
		}
	}
	return ""
}

// mapAxis is what a map shows along a side, from edge to edge, in the coordinate in which its
// values are evenly spaced: the parameter, or its logarithm. The middle is a value and a rest
// that this leaves out, so that it is known to many more digits than a value has: after any
// number of zooms a place is where it was.
type mapAxis struct {
	log         bool
	value, rest float64 // the middle is value + rest; of a logarithmic axis, value·exp(rest)
	span        float64
}

// axisOf returns the axis of a parameter with a run for each of its values, half a step
// around it; of a list of uneven ones, what lies between the first and the last.
func axisOf(p *cpu.Param) mapAxis {
	a, n := scenes.MapAxisOf(p), len(p.Values)
	switch s := scale.NewParamAxis(p); {
	case s.List:
		return mapAxis{value: a.Lo + (a.Hi-a.Lo)/2, span: a.Hi - a.Lo}
	case !a.Log && s.Scale.Kind == scale.Log: // a list of such values
		a.Log = true
		a.Lo, a.Hi = a.At(p.Values[0]), a.At(p.Values[n-1])
	}
	return mapAxis{log: a.Log, value: a.Value(a.Lo + (a.Hi-a.Lo)/2), span: (a.Hi - a.Lo) * float64(n) / float64(max(n-1, 1))}
}

// zoom makes the span smaller around a share of it, and moves it.
func (a *mapAxis) zoom(share, factor, move float64) {
	d := a.rest + (share-0.5)*a.span*(1-1/factor) - move*a.span
	a.span /= factor
	before := a.value
	a.value = a.at(d)
	// What the nearest value leaves out: the difference of near numbers is exact.
	if a.rest = d - (a.value - before); a.log {
		a.rest = d - math.Log1p((a.value-before)/before)
	}
}

// above0 leaves out what an axis shows below 0, of which there are no runs: the place at a
// share of the span stays where it is, if it is above 0 itself.
func (a *mapAxis) above0(share float64) {
	lo := a.value + a.rest - a.span/2
	if a.log || !(lo < 0) || a.span < 0 {
		return
	}
	if at := lo + share*a.span; at > 0 {
		a.span = at / share
	}
	a.value, a.rest = a.span/2, 0
}

// at returns the value at a distance from that of the middle.
func (a *mapAxis) at(d float64) float64 {
	if a.log {
		return a.value + a.value*math.Expm1(d)
	}
	return a.value + d
}

// param returns n values, in the middles of as many parts of the span. Where they are far
// apart they are the numbers that one would write, as cpu.ParseParam's are.
func (a *mapAxis) param(name string, n int) cpu.Param {
	p := cpu.Param{Name: name, Log: a.log, Values: make([]float64, n)}
	for i := range p.Values {
		p.Values[i] = a.at(a.rest + ((float64(i)+0.5)/float64(n)-0.5)*a.span)
	}
	kind := ""
	if a.log {
		kind = ":log"
	}
	q, err := cpu.ParseParam(fmt.Sprintf("%s=%v:%v:%d%s", name, p.Values[0], p.Values[n-1], n, kind))
	if err != nil {
		return p
	}
	for i, v := range q.Values {
		if step := math.Abs(p.Values[min(i+1, n-1)] - p.Values[max(i-1, 0)]); !(math.Abs(v-p.Values[i]) <= 1e-5*step) {
			return p
		}
	}
	return q
}

// Coarse returns the wanted map with at most so many runs, over the same range from edge to
// edge; ok is false if it has no more, or cannot have fewer.
func (s *State) Coarse(limit int) (w cpu.Sweep, ok bool) {
	w = s.MapSweep()
	n, err := w.Count()
	if err != nil || n <= uint64(limit) {
		return w, false
	}
	every := math.Ceil(math.Sqrt(float64(n) / float64(limit)))
	over := slices.Clone(w.Over)
	for i, p := range over {
		a := scale.NewParamAxis(&p)
		if few := int(float64(len(p.Values)) / every); few < 2 || a.List || wholeNumbers(p) {
			return w, false
		} else {
			axis := axisOf(&p)
			if s.Wanted != nil {
				axis = s.axes[i]
			}
			over[i] = axis.param(p.Name, few)
		}
	}
	w.Over = over
	return w, true
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
