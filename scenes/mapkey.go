package scenes

import (
	"errors"
	"fmt"
	"math"

	"losscape/cpu"
)

// mapKeys fills in the keys of a map that has axes.
func (d *decoder) mapKeys(m *Map) error {
	var before MapKey
	if len(d.text.Map.Key) > 0 && len(m.Over) == 2 {
		x, y := MapAxisOf(&m.Over[0]), MapAxisOf(&m.Over[1])
		before = MapKey{Centre: [2]float64{x.Value(x.Lo + (x.Hi-x.Lo)/2), y.Value(y.Lo + (y.Hi-y.Lo)/2)}, Width: math.Abs(x.Hi - x.Lo)}
	}
	for i, t := range d.text.Map.Key {
		key := fmt.Sprintf("map.key[%d]", i)
		if t.Frame == nil {
			return d.failAt(key, "frame is missing, want the number of a frame, from 0")
		}
		k := MapKey{Frame: clampInt(*t.Frame), Centre: before.Centre, Width: or(t.Width, before.Width)}
		if t.Centre != nil {
			if len(t.Centre) != 2 {
				return d.failAt(key+".centre", "%s, want two: a value of each axis of map.over", count(len(t.Centre), "number"))
			}
			k.Centre = [2]float64(t.Centre)
		}
		m.Keys = append(m.Keys, k)
		before = k
	}
	return nil
}

// MapAxis is an axis of a map in the coordinate in which its values are evenly spaced: the
// parameter itself, or of a logarithmic axis its natural logarithm.
type MapAxis struct {
	Name   string
	Log    bool
	Lo, Hi float64 // coordinates of the first value and of the last
}

// MapAxisOf returns the axis of a parameter with values.
func MapAxisOf(p *cpu.Param) MapAxis {
	a := MapAxis{Name: p.Name, Log: p.Log}
	a.Lo, a.Hi = a.At(p.Values[0]), a.At(p.Values[len(p.Values)-1])
	return a
}

// At returns the coordinate of a value.
func (a MapAxis) At(v float64) float64 {
	if a.Log {
		return math.Log(v)
	}
	return v
}

// Value returns the value at a coordinate.
func (a MapAxis) Value(x float64) float64 {
	if a.Log {
		return math.Exp(x)
	}
	return x
}

// CanZoom returns an error unless there are values between those of an axis of a map.
func CanZoom(p *cpu.Param) error {
	if h, ok := cpu.LookupHyperParameter(p.Name); ok && h.Whole() {
		return fmt.Errorf("%s takes whole numbers only, which have nothing between them", p.Name)
	}
	a, n := MapAxisOf(p), len(p.Values)
	step := (a.Hi - a.Lo) / float64(n-1)
	for i, v := range p.Values {
		// Rounded to 14 digits they are off by less, and a list is seldom so even.
		if d := a.At(v) - (a.Lo + float64(i)*step); !(math.Abs(d) <= 1e-3*math.Abs(step)) {
			return errors.New(p.Name + " is a list of values that are not evenly spaced")
		}
	}
	return nil
}

// Told is the distance of neighbouring values along a map's axis that float64 tells apart
// near a value: a unit in its last place. Start weights count as far as the largest of the
// run's: a step adds them up, w·[x, 1], and does not see less.
func (s *Scene) Told(axis int, near [2]float64) float64 {
	m := &s.Map
	size := math.Abs(near[axis])
	if _, weight := weightOf(m.Over[axis].Name); weight {
		for i, p := range m.Over {
			if _, weight := weightOf(p.Name); weight {
				size = max(size, math.Abs(near[i]))
			}
		}
		for j, w := range s.Runs[m.Run].Start {
			if name := fmt.Sprintf("w%d", j+1); name != m.Over[0].Name && name != m.Over[1].Name {
				size = max(size, math.Abs(w))
			}
		}
	}
	return math.Nextafter(size, math.Inf(1)) - size
}

// checkMapKeys checks the keys of a map whose axes are valid. How deep they go is checked
// by figure.NewZoom, which knows the pixels.
func (s *Scene) checkMapKeys() *fault {
	m := &s.Map
	if len(m.Keys) == 0 {
		return nil
	}
	if len(m.Keys) < 2 {
		return faultf("map.key", "%s, want at least two of [[map.key]] with frame, centre and width", count(len(m.Keys), "key"))
	}
	for i := range m.Over {
		if err := CanZoom(&m.Over[i]); err != nil {
			return faultf(fmt.Sprintf("map.over[%d]", i), "%v: a film cannot zoom into that, remove [[map.key]] or take a range", err)
		}
	}
	for i, k := range m.Keys {
		if bad := s.checkMapKey(fmt.Sprintf("map.key[%d]", i), i, k); bad != nil {
			return bad
		}
	}
	return nil
}

func (s *Scene) checkMapKey(key string, i int, k MapKey) *fault {
	m := &s.Map
	switch {
	case k.Frame < 0 || k.Frame > MaxSteps:
		return faultf(key+".frame", "%d, want a frame from 0 to %d", k.Frame, MaxSteps)
	case i > 0 && k.Frame <= m.Keys[i-1].Frame:
		return faultf(key+".frame", "%d, want a frame above that of the key before, %d", k.Frame, m.Keys[i-1].Frame)
	case !(k.Width > 0) || !finite(k.Width):
		return faultf(key+".width", "%v, want a finite number above 0", k.Width)
	}
	x := MapAxisOf(&m.Over[0])
	for j := range m.Over {
		a := MapAxisOf(&m.Over[j])
		half := k.Width / 2 * (a.Hi - a.Lo) / (x.Hi - x.Lo)
		at := fmt.Sprintf("%s.centre[%d]", key, j)
		switch v := k.Centre[j]; {
		case !finite(v) || a.Log && v <= 0:
			want := "a finite number"
			if a.Log {
				want = "a number above 0, as the axis is logarithmic"
			}
			return faultf(at, "%v, want %s", v, want)
		default:
			w := s.MapSweep()
			w.Over = []cpu.Param{{Name: a.Name, Values: []float64{a.Value(a.At(v) - half), a.Value(a.At(v) + half)}}}
			if err := w.Validate(s.Problem); err != nil {
				return faultf(at, "the panel would show %s from %v to %v: %v", a.Name, w.Over[0].Values[0], w.Over[0].Values[1], err)
			}
		}
	}
	return nil
}
