package web

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"losscape/cpu"
	"losscape/scenes"
)

func vectorsOf(t *testing.T, s *scenes.Scene) *Vectors {
	t.Helper()
	if err := s.Resolve(t.Context()); err != nil {
		t.Fatal(err)
	}
	v, err := newVectors(t.Context(), s, s.Problem, s.Plane)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func builtin(t *testing.T, name string) *scenes.Scene {
	t.Helper()
	s, err := scenes.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestVectors holds the vectors of some scenes to what the page relies on: they are small, cover
// every optimizer and minima, and say of each run how it ends.
func TestVectors(t *testing.T) {
	for _, tt := range []struct {
		name  string
		ends  []string // by the states, and by the exponent
		least []int    // states of each run that are compared are up to here at least
		most  []int    // and at most
	}{
		{"one-mode", []string{"step-limit", "step-limit"}, []int{100}, []int{100}},
		{"optimizers", nil, []int{120, 120, 120, 120, 120}, []int{120, 120, 120, 120, 120}},
		{"valley", []string{"drifting", "drifting"}, []int{600, 600, 200}, []int{600, 600, 600}},
		// Rounding grows around a torus by the length of the run and in chaos exponentially, and
		// shrinks around a cycle.
		{"doubling", []string{"periodic", "periodic", "step-limit", "quasi-periodic", "periodic", "periodic", "step-limit", "chaotic"},
			[]int{600, 10, 600, 10}, []int{600, 600, 600, 100}},
		{"cancer", nil, []int{150, 10, 150}, []int{150, 150, 150}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := builtin(t, tt.name)
			v := vectorsOf(t, s)
			text, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			if len(text) > 25000 {
				t.Errorf("%d bytes, want at most 25,000", len(text))
			}
			if len(v.Steps) != 2*len(cpu.Optimizers()) {
				t.Errorf("steps of %d optimizers and batches, want two of each", len(v.Steps))
			}
			for _, u := range v.Steps {
				if last := u.States[len(u.States)-1].K; last != 4 {
					t.Errorf("%s, batch %d: states up to %d are compared, want 4", u.Optimizer, u.Batch, last)
				}
			}
			if len(v.Minima) < 2 || v.Minima[1].W == nil || v.Minima[1].L2 == 0 {
				t.Errorf("minima %+v, want that of an L2 term", v.Minima)
			}
			for i, u := range v.Runs {
				if len(u.States) < 2 {
					t.Errorf("run %d is compared at %d states", i, len(u.States))
				}
				if last := u.States[len(u.States)-1].K; last < tt.least[i] || last > tt.most[i] {
					t.Errorf("run %d is compared up to state %d, want one from %d to %d", i, last, tt.least[i], tt.most[i])
				}
				if tt.ends == nil || 2*i >= len(tt.ends) {
					continue
				}
				if u.Ending == nil || u.Finally == nil || u.Ending.Status != tt.ends[2*i] || u.Finally.Status != tt.ends[2*i+1] {
					t.Errorf("run %d ends %+v, %+v, want %v", i, u.Ending, u.Finally, tt.ends[2*i:2*i+2])
				}
			}
		})
	}
}

// TestPoints holds the points of the vectors to the margins that they are for, and their terms to the
// gradient.
func TestPoints(t *testing.T) {
	s := builtin(t, "iris")
	v := vectorsOf(t, s)
	var largest float64
	for _, u := range v.Points {
		w := s.Plane.At(nil, float64(u.At[0]), float64(u.At[1]))
		for j := range w {
			w[j] *= float64(u.Scale)
		}
		for i := range s.Problem.N() {
			z := w[1] + w[0]*s.Problem.X.At(i, 0)
			largest = max(largest, math.Abs(z))
		}
		for k, l2 := range v.L2 {
			if got := s.Problem.LossL2(w, float64(l2)); got != float64(u.Loss[k]) {
				t.Errorf("loss %v with l2 %v, want %v", u.Loss[k], l2, got)
			}
			for j, g := range u.Grad[k] {
				if !(math.Abs(float64(g)) <= float64(u.Terms[j])) {
					t.Errorf("component %d of a gradient is %v, more than its terms, %v", j, g, u.Terms[j])
				}
			}
		}
	}
	if largest < 100 || largest > 701 {
		t.Errorf("margins of up to %v, want some of hundreds, up to 700", largest)
	}
}

// TestDigest holds what is written of a long vector to seeing each of its components.
func TestDigest(t *testing.T) {
	const features = 40
	m := &vectorMaker{dim: features + 1}
	m.p = builtin(t, "one-mode").Problem
	m.choose()
	w := make([]float64, m.dim)
	zero := m.digest(w)
	if len(zero) != len(m.v.Index)+1 || !slices.Contains(m.v.Index, features) {
		t.Fatalf("%d numbers of components %v, want some, the last one and a product", len(zero), m.v.Index)
	}
	for j := range w {
		w[j] = 1
		if slices.Equal(m.digest(w), zero) {
			t.Errorf("component %d is not seen", j)
		}
		w[j] = 0
	}
}

func TestNumber(t *testing.T) {
	got, err := json.Marshal([]number{0.1, 1e-300, -5, number(math.NaN()), number(math.Inf(1)), 1e21})
	if want := "[0.1,1e-300,-5,null,null,1e+21]"; err != nil || string(got) != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	if got := roughly(0.123456); got < 0.123456 || got > 0.14 {
		t.Errorf("0.123456 is roughly %v", got)
	}
}
