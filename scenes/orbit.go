package scenes

import (
	"fmt"
	"slices"
	"strings"

	"losscape/cpu"
	"losscape/cpu/quote"
)

// DefaultOrbit returns the orbit diagram of a scene that states of it nothing but its
// runs: those of a sweep over one parameter.
func DefaultOrbit() Orbit {
	return Orbit{Last: 200, Of: "w1", Colormap: "magma", Stability: true}
}

// OrbitSweep returns the runs of the scene's orbit diagram, if it has one.
func (s *Scene) OrbitSweep() cpu.Sweep {
	w := cpu.Sweep{Base: s.Runs[s.Orbit.Run], Over: s.Orbit.Over}
	w.Base.Steps = s.Orbit.Steps
	return w
}

// Settings returns those of a sweep that records what the diagram shows of runs of so
// many steps.
func (o *Orbit) Settings(steps int) cpu.Settings {
	return cpu.Settings{Every: 1, From: max(0, steps-o.Last+1)}
}

// OrbitOf returns what an orbit diagram shows by a name: "" for the first weight, a weight
// by the name that it has in the scene or as w1, or OrbitLoss.
func (s *Scene) OrbitOf(name string) (of string, err error) {
	if name == "" {
		return "w1", nil
	}
	known := append(s.WeightNames(), OrbitLoss)
	j := slices.Index(known, name)
	if k, ok := weightOf(name); j < 0 && ok {
		j = k
	}
	switch {
	case j == len(known)-1 && name == OrbitLoss:
		return OrbitLoss, nil
	case j < 0 || j >= s.Problem.Dim():
		return "", fmt.Errorf("unknown %s, want a weight or the loss, one of: %s", quote.Text(name), strings.Join(known, ", "))
	}
	return fmt.Sprintf("w%d", j+1), nil
}

// Weight returns the index of the weight that the diagram shows; ok is false of losses.
func (o *Orbit) Weight() (j int, ok bool) { return weightOf(o.Of) }

// OrbitTitle returns the words beside the vertical axis of the orbit diagram.
func (s *Scene) OrbitTitle() string {
	if j, ok := s.Orbit.Weight(); ok {
		return s.WeightTitle(j)
	}
	return s.Labels.Axis.Loss
}

// orbit fills in s.Orbit.
func (d *decoder) orbit(s *Scene) (err error) {
	t, o := d.text.Orbit, &s.Orbit
	if t.Over == nil {
		return d.failAt("orbit.over", "no parameter, want one with its values, such as \"lr=15:34:1200\"")
	}
	def := DefaultOrbit()
	*o = Orbit{
		Run: clampInt(or(t.Run, 0)), Last: clampInt(or(t.Last, int64(def.Last))),
		Of: def.Of, Colormap: or(t.Colormap, def.Colormap), Stability: or(t.Stability, def.Stability),
	}
	if t.Of != nil {
		if o.Of, err = s.OrbitOf(*t.Of); err != nil {
			return d.failAt("orbit.of", "%v", err)
		}
	}
	if o.Run >= 0 && o.Run < len(s.Runs) {
		o.Steps = s.Runs[o.Run].Steps
	}
	if t.Steps != nil {
		o.Steps = clampInt(*t.Steps)
	}
	p, err := s.ParseParam(*t.Over)
	if err != nil {
		return d.failAt("orbit.over", "%v", err)
	}
	o.Over = []cpu.Param{p}
	return nil
}

// Check returns what is wrong with how an orbit diagram is asked for, besides its runs and
// whose state it shows, and which of its keys that is.
func (o *Orbit) Check() (key string, err error) {
	switch {
	case o.Last < 1 || o.Last > MaxOrbit:
		return "last", fmt.Errorf("%s, want 1 to %d", count(o.Last, "state"), MaxOrbit)
	case o.Last > o.Steps+1:
		return "last", fmt.Errorf("%s of runs of %s, want at most %d", count(o.Last, "state"), count(o.Steps, "step"), o.Steps+1)
	case len(o.Over) == 1 && o.Over[0].Name == "steps":
		return "over", fmt.Errorf("an orbit diagram shows the last states of runs of as many steps: take another parameter than steps")
	}
	return "", nil
}

func (s *Scene) checkOrbit() *fault {
	o := &s.Orbit
	if len(o.Over) == 0 {
		return nil
	}
	if bad := s.checkBase("orbit.run", o.Run); bad != nil {
		return bad
	}
	if len(o.Over) != 1 {
		return faultf("orbit.over", "%s, want one: along the panel's width", countAxes(len(o.Over)))
	}
	if n := o.Over[0].Len(); n < 2 || n > MaxOrbit {
		return faultf("orbit.over", "%s, want 2 to %d", count(n, "value"), MaxOrbit)
	}
	if o.Steps < 0 || o.Steps > MaxSteps {
		return faultf("orbit.steps", "%d steps, want 0 to %d", o.Steps, MaxSteps)
	}
	if key, err := o.Check(); err != nil {
		return faultf("orbit."+key, "%v", err)
	}
	if bad := s.checkOver("orbit", o.Run, s.OrbitSweep()); bad != nil {
		bad.key = strings.TrimSuffix(bad.key, "[0]") // it is no list
		return bad
	}
	if j, ok := o.Weight(); !ok && o.Of != OrbitLoss || ok && (j < 0 || j >= s.Problem.Dim()) {
		_, err := s.OrbitOf(o.Of)
		return faultf("orbit.of", "%v", err)
	}
	if bad := (choice{"orbit.colormap", "colour map", o.Colormap, Colormaps}).check(); bad != nil {
		return bad
	}
	return nil
}
