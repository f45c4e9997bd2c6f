package scenes

import (
	"slices"

	"losscape/cpu"
)

// Names of panels.
const (
	CurvePanel   = "curve"   // the data, and the probabilities that the weights give them
	SurfacePanel = "surface" // the landscape in three dimensions
	ContourPanel = "contour" // the landscape from above
	LossPanel    = "loss"    // the runs' losses by iteration
	MapPanel     = "map"     // the runs of a sweep over two parameters
)

// Panel is a kind of panel that a film can have, with what it needs.
type Panel struct {
	Name       string
	Default    bool // a film shows it unless it says otherwise
	Landscape  bool // shows losses of the plane of weights
	OneFeature bool // needs data of one feature
	Map        bool // needs a sweep over two parameters
}

// Panels are all kinds of panels, in the order in which they are offered.
var Panels = []Panel{
	{Name: CurvePanel, Default: true, OneFeature: true},
	{Name: SurfacePanel, Default: true, Landscape: true},
	{Name: ContourPanel, Default: true, Landscape: true},
	{Name: LossPanel},
	{Name: MapPanel, Map: true},
}

// PanelOf returns the panel of a name; ok is false if there is none.
func PanelOf(name string) (p Panel, ok bool) {
	i := slices.IndexFunc(Panels, func(p Panel) bool { return p.Name == name })
	if i < 0 {
		return Panel{}, false
	}
	return Panels[i], true
}

// Fits reports whether a problem has as many features as the panel shows.
func (p Panel) Fits(problem *cpu.Problem) bool { return !p.OneFeature || problem.Features() == 1 }

// panelNames returns the names of all panels.
func panelNames() []string {
	names := make([]string, len(Panels))
	for i, p := range Panels {
		names[i] = p.Name
	}
	return names
}

// checkPanel checks that a scene can show a panel.
func (s *Scene) checkPanel(key, name string) *fault {
	if bad := (choice{key, "panel", name, panelNames()}).check(); bad != nil {
		return bad
	}
	p, _ := PanelOf(name)
	if p.Map && len(s.Map.Over) == 0 {
		return faultf(key, "panel %q needs a sweep, want [map] with over = [\"lr=0.1:40:256:log\", \"l2=1e-4:1:256:log\"]", name)
	}
	if !p.Fits(s.Problem) {
		return faultf(key, "panel %q needs data of one feature, here are %d: leave it out", name, s.Problem.Features())
	}
	return nil
}

// defaultPanels returns the panels of a film that does not say which it has.
func (s *Scene) defaultPanels() (names []string) {
	for _, p := range Panels {
		if p.Default && p.Fits(s.Problem) {
			names = append(names, p.Name)
		}
	}
	return names
}
