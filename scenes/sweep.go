package scenes

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"losscape/cpu"
	"losscape/cpu/quote"
)

// EnsembleSweep returns the runs of the scene's ensemble, if it has one.
func (s *Scene) EnsembleSweep() cpu.Sweep {
	return cpu.Sweep{Base: s.Runs[s.Ensemble.Run], Over: s.Ensemble.Over}
}

// MapSweep returns the runs of the scene's map, if it has one.
func (s *Scene) MapSweep() cpu.Sweep {
	w := cpu.Sweep{Base: s.Runs[s.Map.Run], Over: s.Map.Over}
	w.Base.Steps = s.Map.Steps
	return w
}

// MapSettings returns the settings of the runs of the scene's map.
func (s *Scene) MapSettings(set cpu.Settings) cpu.Settings {
	if s.Map.GradTol != 0 {
		set.GradTol = s.Map.GradTol
	}
	return set.With(s.Map.Of)
}

// over parses the axes of a sweep.
func (d *decoder) over(s *Scene, key string, texts []string) ([]cpu.Param, error) {
	var out []cpu.Param
	for i, text := range texts {
		p, err := s.ParseParam(text)
		if err != nil {
			return nil, d.failAt(fmt.Sprintf("%s[%d]", key, i), "%v", err)
		}
		out = append(out, p)
	}
	return out, nil
}

func (d *decoder) sweeps(s *Scene) (err error) {
	if _, ok := d.places["ensemble"]; ok {
		if err := d.ensemble(s); err != nil {
			return err
		}
	}
	if _, ok := d.places["map"]; ok {
		if err := d.sweepMap(s); err != nil {
			return err
		}
	}
	if _, ok := d.places["orbit"]; ok {
		return d.orbit(s)
	}
	return nil
}

func (d *decoder) ensemble(s *Scene) (err error) {
	t, w := d.text.Ensemble, &s.Ensemble
	if len(t.Over) == 0 {
		return d.failAt("ensemble.over", "no axes, want what the runs differ in, such as [\"w1=-10:10:316\", \"w2=-10:10:316\"]")
	}
	*w = Ensemble{
		Run: clampInt(or(t.Run, 0)), As: or(t.As, ensembleKinds[0]),
		Size: 1.5, Opacity: 0.7, Color: "loss", Colormap: or(t.Colormap, "plasma"),
	}
	if w.As == "density" {
		w.Size, w.Opacity, w.Color = 4, 1, "density"
	}
	w.Size, w.Opacity, w.Color = or(t.Size, w.Size), or(t.Opacity, w.Opacity), or(t.Color, w.Color)
	if j := slices.Index(s.WeightNames(), w.Color); j >= 0 {
		w.Color = fmt.Sprintf("w%d", j+1)
	}
	w.Over, err = d.over(s, "ensemble.over", t.Over)
	return err
}

func (d *decoder) sweepMap(s *Scene) (err error) {
	t := d.text.Map
	if len(t.Over) == 0 {
		return d.failAt("map.over", "no axes, want two, such as [\"lr=0.1:40:256:log\", \"l2=1e-4:1:256:log\"]")
	}
	m := &s.Map
	*m = Map{Run: clampInt(or(t.Run, 0)), Of: or(t.Of, "loss"), Scale: or(t.Scale, mapScales[0]), Colormap: or(t.Colormap, AutoColormap), Stability: or(t.Stability, true), GradTol: or(t.GradTol, 0)}
	if m.Run >= 0 && m.Run < len(s.Runs) {
		m.Steps = s.Runs[m.Run].Steps
	}
	if t.Steps != nil {
		m.Steps = clampInt(*t.Steps)
	}
	if m.Over, err = d.over(s, "map.over", t.Over); err != nil {
		return err
	}
	return d.mapKeys(m)
}

// checkOver checks a sweep over a run of the scene.
func (s *Scene) checkOver(table string, run int, w cpu.Sweep) *fault {
	key := table + ".over"
	err := w.Validate(s.Problem)
	if err == nil {
		return nil
	}
	var unknown *cpu.UnknownParamError
	var lacking *cpu.OptimizerParamError
	for i, a := range w.Over {
		k := fmt.Sprintf("%s[%d]", key, i)
		switch {
		case errors.As(err, &unknown) && a.Name == unknown.Name:
			return faultf(k, "unknown parameter %s%s", quote.Text(a.Name), oneOf(a.Name, s.ParamNames(NamedWeights)))
		case errors.As(err, &lacking) && a.Name == lacking.Param:
			return faultf(k, "run[%d]: %v", run, err)
		case slices.ContainsFunc(w.Over[:i], func(b cpu.Param) bool { return b.Name == a.Name }):
			return faultf(k, "%s comes twice, want each parameter once", a.Name)
		}
	}
	return faultf(key, "%v", err)
}

// checkBase checks which run a sweep varies.
func (s *Scene) checkBase(key string, run int) *fault {
	if run < 0 || run >= len(s.Runs) {
		return faultf(key, "%d, want 0 to %d: a number of one of %s", run, len(s.Runs)-1, count(len(s.Runs), "run"))
	}
	return nil
}

func (s *Scene) checkEnsemble() *fault {
	w := &s.Ensemble
	if len(w.Over) == 0 {
		return nil
	}
	if bad := s.checkBase("ensemble.run", w.Run); bad != nil {
		return bad
	}
	n, err := s.EnsembleSweep().Count()
	if err != nil || n > MaxEnsemble {
		return faultf("ensemble.over", "%s runs, want at most %d", sizes(w.Over), MaxEnsemble)
	}
	if bad := s.checkOver("ensemble", w.Run, s.EnsembleSweep()); bad != nil {
		return bad
	}
	if i := slices.IndexFunc(w.Over, func(p cpu.Param) bool { return p.Name == "batch" }); i >= 0 {
		return faultf(fmt.Sprintf("ensemble.over[%d]", i), "batch: the runs of an ensemble take steps of one size, sweep over something else")
	}
	if bad := (choice{"ensemble.as", "kind", w.As, ensembleKinds}).check(); bad != nil {
		return bad
	}
	if !(w.Size > 0 && w.Size <= MaxWidth) {
		return faultf("ensemble.size", "%v points, want a number above 0 and at most %d", w.Size, MaxWidth)
	}
	if !(w.Opacity > 0 && w.Opacity <= 1) {
		return faultf("ensemble.opacity", "%v, want a number above 0 and at most 1", w.Opacity)
	}
	if bad := (choice{"ensemble.colormap", "colour map", w.Colormap, Colormaps}).check(); bad != nil {
		return bad
	}
	if _, ok := ParseColor(w.Color); ok {
		return nil
	}
	known := slices.Clone(ensembleColors)
	if w.As != "density" {
		known = known[:2]
	}
	for _, p := range w.Over {
		known = append(known, p.Name)
	}
	if !slices.Contains(known, w.Color) {
		return faultf("ensemble.color", "unknown colour %s%s, or one such as \"#d62728\"", quote.Text(w.Color), oneOf(w.Color, known))
	}
	return nil
}

func (s *Scene) checkMap() *fault {
	m := &s.Map
	if len(m.Over) == 0 {
		return nil
	}
	if bad := s.checkBase("map.run", m.Run); bad != nil {
		return bad
	}
	if len(m.Over) != 2 {
		return faultf("map.over", "%s, want two: along the panel's width and its height", countAxes(len(m.Over)))
	}
	for i, p := range m.Over {
		if n := p.Len(); n < 2 || n > MaxMap {
			return faultf(fmt.Sprintf("map.over[%d]", i), "%s, want 2 to %d", count(n, "value"), MaxMap)
		}
	}
	if m.Steps < 0 || m.Steps > MaxSteps {
		return faultf("map.steps", "%d steps, want 0 to %d", m.Steps, MaxSteps)
	}
	if bad := s.checkOver("map", m.Run, s.MapSweep()); bad != nil {
		return bad
	}
	for _, c := range []choice{
		{"map.of", "quantity", m.Of, cpu.QuantityNames()},
		{"map.scale", "scale", m.Scale, mapScales},
		{"map.colormap", "colour map", m.Colormap, MapColormaps},
	} {
		if bad := c.check(); bad != nil {
			return bad
		}
	}
	if q, err := cpu.LookupQuantity(m.Of); err == nil && m.Scale != "auto" && q.Spread == cpu.Apart {
		return faultf("map.scale", "%q, but %s is shown by a colour for each: remove it", m.Scale, m.Of)
	}
	if err := m.CheckColormap(); err != nil {
		return faultf("map.colormap", "%v", err)
	}
	if !finite(m.GradTol) {
		return faultf("map.grad_tol", "%v, want a finite number", m.GradTol)
	}
	return s.checkMapKeys()
}

// signed reports whether the map is of a quantity with values to either side of 0.
func (m *Map) signed() bool {
	q, err := cpu.LookupQuantity(m.Of)
	return err == nil && q.Spread == cpu.Signed
}

// Palette returns the name of the colour map: that which is stated, else MarkusColormap of a
// quantity to either side of 0 that has no scale of its own, else "viridis".
func (m *Map) Palette() string {
	switch {
	case m.Colormap != AutoColormap:
		return m.Colormap
	case m.signed() && m.Scale == mapScales[0]:
		return MarkusColormap
	}
	return Colormaps[0]
}

// CheckColormap returns an error if the colour map is one of exponents, and the map's
// quantity or scale is another.
func (m *Map) CheckColormap() error {
	switch {
	case m.Colormap != MarkusColormap:
		return nil
	case !m.signed():
		return fmt.Errorf("%s is of quantities to either side of 0, such as exponent, and the map is of %s: want one of: %s", MarkusColormap, m.Of, strings.Join(Colormaps, ", "))
	case m.Scale != mapScales[0]:
		return fmt.Errorf("%s has a scale of its own, to either side of 0: leave scale %q out", MarkusColormap, m.Scale)
	}
	return nil
}

func countAxes(n int) string {
	if n == 1 {
		return "1 axis"
	}
	return fmt.Sprintf("%d axes", n)
}

// sizes writes the sizes of the axes, such as "316 x 316".
func sizes(over []cpu.Param) string {
	var words []string
	for _, p := range over {
		words = append(words, fmt.Sprint(p.Len()))
	}
	return strings.Join(words, " x ")
}
