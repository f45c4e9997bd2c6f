package web

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"losscape/cpu"
	"losscape/scenes"
)

func TestDump(t *testing.T) {
	dir := os.Getenv("DUMP")
	if dir == "" {
		t.Skip()
	}
	for _, name := range scenes.Names() {
		s, err := scenes.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Resolve(t.Context()); err != nil {
			t.Fatal(err)
		}
		v, err := newVectors(t.Context(), s, s.Problem, s.Plane)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := json.Marshal(v)
		t.Log(name, len(b))
		p := s.Problem
		x := []number{}
		for i := range p.N() {
			for _, f := range p.X.RawRowView(i) {
				x = append(x, number(f))
			}
		}
		type m = map[string]any
		runs := []m{}
		for _, r := range s.Runs {
			runs = append(runs, m{"name": r.Name, "optimizer": r.Optimizer, "lr": r.LR, "l2": r.L2, "momentum": r.Momentum, "beta1": r.Beta1, "beta2": r.Beta2, "epsilon": r.Epsilon, "batch": r.Batch, "seed": r.Seed, "start": r.Start, "steps": r.Steps})
		}
		l, err := p.Landscape(t.Context(), s.Plane, cpu.Grid{X: cpu.Axis{Min: s.Grid.X.Min, Max: s.Grid.X.Max, N: 30}, Y: cpu.Axis{Min: s.Grid.Y.Min, Max: s.Grid.Y.Max, N: 20}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		vals := []float32{}
		for _, h := range l.Loss {
			vals = append(vals, float32(h))
		}
		d := m{
			"problem": m{"n": p.N(), "d": p.Features(), "x": x, "y": p.Y, "weight": p.SampleWeight, "eps": p.Eps, "l2": p.L2, "penalizeBias": p.Penalize == cpu.PenalizeAll, "separable": p.Separable(t.Context())},
			"plane":   m{"origin": s.Plane.Origin, "d1": s.Plane.D1, "d2": s.Plane.D2},
			"view":    m{"x": [2]float64{s.Grid.X.Min, s.Grid.X.Max}, "y": [2]float64{s.Grid.Y.Min, s.Grid.Y.Max}},
			"field":   m{"nx": 30, "ny": 20, "values": vals, "l2": p.L2, "error": 0},
			"runs":    runs,
			"vectors": v,
		}
		b, err = json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		os.WriteFile(filepath.Join(dir, name+".json"), b, 0o666)
		_ = math.Pi
	}
}
