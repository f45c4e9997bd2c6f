package scenes

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"losscape/cpu"
	"losscape/cpu/quote"
)

// Names of panels.
const (
	CurvePanel   = "curve"   // the data, and the probabilities that the weights give them
	SurfacePanel = "surface" // the landscape in three dimensions
	ContourPanel = "contour" // the landscape from above
	LossPanel    = "loss"    // the runs' losses by iteration
	MapPanel     = "map"     // the runs of a sweep over two parameters
	OrbitPanel   = "orbit"   // where the last states of runs are that differ in one parameter
	StatusPanel  = "status"  // how many runs are under way, have converged, have diverged, by iteration
	DataPanel    = "data"    // samples of two features, and where the weights part the classes
)

// Panel is a panel of a film.
type Panel struct {
	Kind  string // the name of one of PanelKinds
	Name  string // by which layouts and commands call it; default Kind
	Title string // above it; empty for that of its kind: see Scene.PanelTitle
	Runs  []int  // indices of the scene's runs that it shows, each once; nil for all
}

// Shows reports whether the panel shows the run of an index.
func (p *Panel) Shows(run int) bool { return p.Runs == nil || slices.Contains(p.Runs, run) }

// PanelsOf returns panels by their kinds, each with its kind's name.
func PanelsOf(kinds ...string) []Panel {
	out := make([]Panel, len(kinds))
	for i, k := range kinds {
		out[i] = Panel{Kind: k, Name: k}
	}
	return out
}

// Shows reports whether a panel of the film is of a kind.
func (f *Film) Shows(kind string) bool {
	return slices.ContainsFunc(f.Panels, func(p Panel) bool { return p.Kind == kind })
}

// Kinds returns the kinds of the film's panels, in their order.
func (f *Film) Kinds() []string {
	kinds := make([]string, len(f.Panels))
	for i, p := range f.Panels {
		kinds[i] = p.Kind
	}
	return kinds
}

// PanelKind is a kind of panel that a film can have, with what it needs.
type PanelKind struct {
	Name      string
	Title     string // above a panel of it, unless a scene says otherwise; empty for one that depends on what it shows
	Default   bool   // a film shows it unless it says otherwise
	Landscape bool   // shows losses of the plane of weights
	Features  int    // that the data has to have; 0 for any number
	Map       bool   // needs a sweep over two parameters
	Orbit     bool   // needs the scene's Orbit
	Endings   bool   // shows how runs end: those of the ensemble, else of the map, else the scene's
}

// PanelKinds are all kinds of panels, in the order in which they are offered.
var PanelKinds = []PanelKind{
	{Name: CurvePanel, Title: "Probability Curve", Default: true},
	{Name: SurfacePanel, Title: "Loss Function Landscape", Default: true, Landscape: true},
	{Name: ContourPanel, Title: "Loss Function", Default: true, Landscape: true},
	{Name: LossPanel, Title: "Loss by Iteration"},
	{Name: MapPanel, Map: true},
	{Name: OrbitPanel, Title: "Orbit Diagram", Orbit: true},
	{Name: StatusPanel, Title: "Runs by Status", Endings: true},
	{Name: DataPanel, Title: "Data", Features: 2},
}

// PanelKindOf returns the kind of panel of a name; ok is false if there is none.
func PanelKindOf(name string) (k PanelKind, ok bool) {
	i := slices.IndexFunc(PanelKinds, func(k PanelKind) bool { return k.Name == name })
	if i < 0 {
		return PanelKind{}, false
	}
	return PanelKinds[i], true
}

// Fits reports whether a problem has as many features as the panel shows.
func (k PanelKind) Fits(problem *cpu.Problem) bool {
	return k.Features == 0 || problem.Features() == k.Features
}

// KeepRuns leaves the scene with its runs of some indices, in that order, and has what
// refers to runs by their indices refer to the same ones. An ensemble, a map or an orbit
// diagram of a run that is gone is of the first one, and a panel that has lost all of its runs
// shows all.
func (s *Scene) KeepRuns(keep ...int) {
	runs := make([]cpu.Run, len(keep))
	for i, k := range keep {
		runs[i] = s.Runs[k]
	}
	s.Runs = runs
	s.Ensemble.Run = max(0, slices.Index(keep, s.Ensemble.Run))
	s.Map.Run = max(0, slices.Index(keep, s.Map.Run))
	s.Landscape.keepRuns(keep)
	s.Orbit.Run = max(0, slices.Index(keep, s.Orbit.Run))
	s.Film.Panels = slices.Clone(s.Film.Panels)
	for i := range s.Film.Panels {
		p := &s.Film.Panels[i]
		var left []int
		for _, r := range p.Runs {
			if k := slices.Index(keep, r); k >= 0 {
				left = append(left, k)
			}
		}
		p.Runs = left
	}
}

// panelNames returns the names of all kinds of panels.
func panelNames() []string {
	names := make([]string, len(PanelKinds))
	for i, k := range PanelKinds {
		names[i] = k.Name
	}
	return names
}

// checkKind checks that a scene can show panels of a kind.
func (s *Scene) checkKind(key, name string) *fault {
	if bad := (choice{key, "panel", name, panelNames()}).check(); bad != nil {
		return bad
	}
	p, _ := PanelKindOf(name)
	if p.Map && len(s.Map.Over) == 0 {
		return faultf(key, "panel %q needs a sweep, want [map] with over = [\"lr=0.1:40:256:log\", \"l2=1e-4:1:256:log\"]", name)
	}
	if p.Orbit && len(s.Orbit.Over) == 0 {
		return faultf(key, "panel %q needs a sweep, want [orbit] with over = \"lr=15:34:1200\"", name)
	}
	if !p.Fits(s.Problem) {
		return faultf(key, "panel %q needs data of %s, here are %d: leave it out", name, count(p.Features, "feature"), s.Problem.Features())
	}
	return nil
}

// defaultPanels returns the panels of a film that does not say which it has: of data of
// more than one feature without a curve.
func (s *Scene) defaultPanels() (names []string) {
	for _, k := range PanelKinds {
		if k.Default && (k.Name != CurvePanel || s.Problem.Features() == 1) {
			names = append(names, k.Name)
		}
	}
	return names
}

// checkPanels checks the panels and how they are arranged.
func (s *Scene) checkPanels() *fault {
	f := &s.Film
	if f.Layout != nil {
		if bad := s.checkLayout(); bad != nil {
			return bad
		}
	}
	if len(f.Panels) == 0 {
		return faultf("film.panels", "no panels, want some of: %s", strings.Join(panelNames(), ", "))
	}
	for i := range f.Panels {
		key := fmt.Sprintf("film.panels[%d]", i)
		if bad := s.checkKind(key, f.Panels[i].Kind); bad != nil {
			return bad
		}
		if bad := s.checkPanelName(key, i); bad != nil {
			return bad
		}
		if bad := s.checkPanelRuns(key, f.Panels[i].Runs); bad != nil {
			return bad
		}
		if title := f.Panels[i].Title; title != "" {
			if bad := checkLabel(key+".title", title); bad != nil {
				return bad
			}
		}
	}
	return nil
}

// checkPanelName checks what panel i of the film is called. Without a layout, panels
// of one kind may go without names of their own.
func (s *Scene) checkPanelName(key string, i int) *fault {
	f := &s.Film
	p := &f.Panels[i]
	switch {
	case p.Name == "":
		return faultf(key+".name", "empty, want a name such as %q", p.Kind+" 2")
	case p.Name != p.Kind && slices.Contains(panelNames(), p.Name):
		return faultf(key+".name", "%q, but that is what panels of another kind are called: choose another name", p.Name)
	case strings.ContainsAny(p.Name, ",") || p.Name != strings.TrimSpace(p.Name):
		return faultf(key+".name", "%s, want a name without commas, and without spaces around it", quote.Text(p.Name))
	case p.Name == p.Kind && f.Layout == nil:
		return nil
	}
	if bad := checkLabel(key+".name", p.Name); bad != nil {
		return bad
	}
	if slices.ContainsFunc(f.Panels[:i], func(q Panel) bool { return q.Name == p.Name }) {
		return faultf(key, "panel %s comes twice, want a name of its own for each, such as { panel = %q, name = %q }", quote.Text(p.Name), p.Kind, p.Kind+" 2")
	}
	return nil
}

// checkPanelRuns checks which runs a panel shows.
func (s *Scene) checkPanelRuns(key string, runs []int) *fault {
	if runs != nil && len(runs) == 0 {
		return faultf(key+".runs", "no runs, want some of their numbers from 0, or no such key for all")
	}
	for j, r := range runs {
		key := fmt.Sprintf("%s.runs[%d]", key, j)
		if bad := s.checkBase(key, r); bad != nil {
			return bad
		}
		if slices.Contains(runs[:j], r) {
			return faultf(key, "run %d comes twice, want each once", r)
		}
	}
	return nil
}

// checkStability checks that a panel has lr λ to show, if the film of a scene file asks for it.
func (s *Scene) checkStability() *fault {
	const key = "film.stability"
	switch {
	case !s.Film.Stability:
		return nil
	case !s.Film.Shows(LossPanel):
		return faultf(key, "true, but no panel is there to show it: add %q to panels, or remove this key", LossPanel)
	case !s.Problem.Linear():
		return faultf(key, "true, but curvatures are known of linear models only: remove this key")
	}
	for i := range s.Film.Panels {
		p := &s.Film.Panels[i]
		for k := range s.Runs {
			if _, ok := s.Runs[k].StabilityLimit(); ok && p.Kind == LossPanel && p.Shows(k) {
				return nil
			}
		}
	}
	return faultf(key, "true, but no run of a panel %q has a limit for lr λ: only gd, momentum and nesterov have, where a step takes all samples", LossPanel)
}

func (s *Scene) checkLayout() *fault {
	rows := s.Film.Layout
	if len(rows) == 0 || len(rows[0]) == 0 {
		return faultf("film.layout", `no cells, want rows of panels, such as [["curve", "surface"], ["loss", "surface"]]`)
	}
	if len(rows) > MaxCells {
		return faultf("film.layout", "%d rows, want at most %d", len(rows), MaxCells)
	}
	for j, row := range rows {
		key := fmt.Sprintf("film.layout[%d]", j)
		if len(row) != len(rows[0]) {
			return faultf(key, "%s, want %d as in the first row", count(len(row), "cell"), len(rows[0]))
		}
		if len(row) > MaxCells {
			return faultf(key, "%d cells, want at most %d", len(row), MaxCells)
		}
		for i, name := range row {
			if bad := s.checkCell(fmt.Sprintf("%s[%d]", key, i), name); bad != nil {
				return bad
			}
		}
	}
	for _, p := range s.Film.Panels {
		if !slices.Contains(layoutPanels(rows), p.Name) {
			return faultf("film.layout", "panel %s has no cell", quote.Text(p.Name))
		}
	}
	return nil
}

// checkCell checks a cell of the layout.
func (s *Scene) checkCell(key, name string) *fault {
	i := slices.IndexFunc(s.Film.Panels, func(p Panel) bool { return p.Name == name })
	if i < 0 {
		var names []string
		for _, p := range s.Film.Panels {
			names = append(names, p.Name)
		}
		return faultf(key, "panel %s is not among the film's panels%s", quote.Text(name), oneOf(name, names))
	}
	if bad := s.checkKind(key, s.Film.Panels[i].Kind); bad != nil {
		return bad
	}
	// The first cell of a name is the top left one of its rectangle.
	if !rectangular(s.Film.Layout, name) {
		return faultf(key, "the cells of %s form no rectangle, want one, such as [[\"curve\", \"surface\"], [\"loss\", \"surface\"]]", quote.Text(name))
	}
	return nil
}

// rectangular says whether the cells of a name form a full rectangle.
func rectangular(rows [][]string, name string) bool {
	n, i0, i1, j0, j1 := 0, math.MaxInt, -1, math.MaxInt, -1
	for j, row := range rows {
		for i, k := range row {
			if k == name {
				n++
				i0, i1 = min(i0, i), max(i1, i)
				j0, j1 = min(j0, j), max(j1, j)
			}
		}
	}
	return n == (i1-i0+1)*(j1-j0+1)
}

// layoutPanels returns the names in a layout, in the order of reading.
func layoutPanels(rows [][]string) []string {
	names := []string{}
	for _, row := range rows {
		for _, name := range row {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
