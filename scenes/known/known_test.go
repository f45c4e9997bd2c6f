package known_test

import (
	"math"
	"testing"

	"losscape/scenes"
	"losscape/scenes/known"

	"gonum.org/v1/gonum/floats"
)

// The runs end at the minima, in float64 within what its rounding leaves.
func TestDescent(t *testing.T) {
	list, err := known.Minima()
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	for _, m := range list {
		d, err := m.Descent()
		if err != nil {
			t.Errorf("%s: %v", m.Name(), err)
			continue
		}
		ts, err := d.Problem.Descend(t.Context(), d.Run)
		if err != nil {
			t.Fatal(err)
		}
		// The minimum's own digits are 15.
		far := floats.Distance(ts.At(d.Run.Steps), d.W, 2)
		if limit := d.Rounding*0x1p-53 + 1e-12*floats.Norm(d.W, 2); !(far < limit) {
			t.Errorf("%s %s: %v from the minimum after %d steps, want at most %v", m.Name(), m.Shape(), far, d.Run.Steps, limit)
		}
		if far32 := d.Rounding * 0x1p-24; far32 > 0.05*floats.Norm(d.W, 2) {
			t.Errorf("%s %s: float32 may be off by %v of weights of %v", m.Name(), m.Shape(), far32, floats.Norm(d.W, 2))
		}
	}
}

// The built-in scenes of real data have the minima that are known, in the data's own units.
func TestScenes(t *testing.T) {
	list, err := known.Minima()
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"cancer": "breast_cancer malignant", "penguins": "penguins Chinstrap/Adelie", "mtcars": "mtcars am=1"} {
		s, err := scenes.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := s.Problem.Fit(t.Context())
		if err != nil || f.W == nil {
			t.Fatal(name, err)
		}
		if s.Data.Means != nil {
			f = f.InUnits(s.Data.Means, s.Data.Deviations)
		}
		found := false
		for _, m := range list {
			if m.Name() != data || len(m.Features) != len(s.Features) || m.L2 != 0 {
				continue
			}
			found = true
			for j, want := range m.W() {
				if !(math.Abs(f.W[j]-want) <= 1e-9*math.Abs(want)) {
					t.Errorf("%s: weight %d is %v, want %v", name, j, f.W[j], want)
				}
			}
		}
		if !found {
			t.Errorf("%s: no such minimum is known", data)
		}
	}
}
