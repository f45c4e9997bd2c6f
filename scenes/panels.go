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

// Panel is a panel of a film.
type Panel struct {
	Kind  string // one of PanelKinds
	Name  string // which a layout names it by; default Kind
	Title string // above it; default its kind's
	Runs  []int  // indices of the scene's runs that it shows; nil for all
}

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
	Name       string
	Default    bool // a film shows it unless it says otherwise
	Landscape  bool // shows losses of the plane of weights
	OneFeature bool // needs data of one feature
	Map        bool // needs a sweep over two parameters
}

// PanelKinds are all kinds of panels, in the order in which they are offered.
var PanelKinds = []PanelKind{
	{Name: CurvePanel, Default: true, OneFeature: true},
	{Name: SurfacePanel, Default: true, Landscape: true},
	{Name: ContourPanel, Default: true, Landscape: true},
	{Name: LossPanel},
	{Name: MapPanel, Map: true},
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
func (k PanelKind) Fits(problem *cpu.Problem) bool { return !k.OneFeature || problem.Features() == 1 }

// panelNames returns the names of all panels.
func panelNames() []string {
	names := make([]string, len(PanelKinds))
	for i, k := range PanelKinds {
		names[i] = k.Name
	}
	return names
}

// checkPanel checks that a scene can show a panel.
func (s *Scene) checkPanel(key, name string) *fault {
	if bad := (choice{key, "panel", name, panelNames()}).check(); bad != nil {
		return bad
	}
	p, _ := PanelKindOf(name)
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
	for _, k := range PanelKinds {
		if k.Default && k.Fits(s.Problem) {
			names = append(names, k.Name)
		}
	}
	return names
}
