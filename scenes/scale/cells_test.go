package scale

import (
	"math"
	"testing"

	"losscape/cpu"
)

// Axes of maps have a place for the values they have, and for no others.
func TestParamCells(t *testing.T) {
	for _, c := range []struct {
		text string
		find map[float64]float64 // value: place, −1 for none
	}{
		{"lr=1:5:5", map[float64]float64{1: 0.1, 3: 0.5, 5.4: 0.98, 6: -1, 0: -1}},
		{"lr=5:1:5", map[float64]float64{5: 0.1, 3: 0.5, 1: 0.9}},
		{"lr=0.01:100:5:log", map[float64]float64{1: 0.5, 0.1: 0.3, 0: -1, -1: -1, 1e4: -1}},
		{"lr=3,1,10", map[float64]float64{3: 1.0 / 6, 1: 0.5, 10: 5.0 / 6, 2: -1}},
	} {
		p, err := cpu.ParseParam(c.text)
		if err != nil {
			t.Fatal(err)
		}
		a := NewParamCells(&p)
		for v, want := range c.find {
			got, ok := a.Find(v)
			if !ok {
				got = -1
			}
			if math.Abs(got-want) > 1e-9 {
				t.Errorf("%s: %v is at %v, want %v", c.text, v, got, want)
			}
		}
		ticks, labels := a.Ticks(6)
		if len(ticks) < 2 || len(ticks) != len(labels) || len(ticks) > 7 {
			t.Errorf("%s: ticks %v, %q", c.text, ticks, labels)
		}
		for _, x := range ticks {
			if u := a.Unit(x); u < 0 || u > 1 {
				t.Errorf("%s: a tick at %v", c.text, u)
			}
		}
	}
}

// TestFineParam expects values that lie as evenly as float64 lets them to have an axis with
// ticks, whose labels are short, and no list.
func TestFineParam(t *testing.T) {
	for _, log := range []bool{false, true} {
		p := cpu.Param{Name: "lr", Log: log, Values: make([]float64, 500)}
		for i := range p.Values {
			p.Values[i] = 30.5 + 1.3*float64(i)*0x1p-48 // units in the last place
		}
		a := NewParamAxis(&p)
		m := a.Marks(6)
		if a.List || len(m.Values) < 3 || longest(m.Labels) > 7 || m.Offset == "" {
			t.Errorf("list %v, labels %q, offset %q", a.List, m.Labels, m.Offset)
		}
	}
	p := cpu.Param{Name: "lr", Values: []float64{1, 2, 4, 5}}
	if a := NewParamAxis(&p); !a.List {
		t.Error("an uneven list has an axis")
	}
}
