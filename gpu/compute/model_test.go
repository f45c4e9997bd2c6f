package compute

import (
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"

	"losscape/cpu"
)

// twice is a model that the device does not know.
type twice struct{ cpu.Linear }

// The device refuses all work on it, which the CPU can do.
func TestModelIsRefused(t *testing.T) {
	e := engine(t)
	p := &cpu.Problem{Model: twice{}, X: mat.NewDense(2, 1, []float64{1, 2}), Y: []float64{0, 1}}
	pl := cpu.CoordinatePlane(2, 0, 1)
	g := cpu.Grid{X: cpu.Axis{Min: -1, Max: 1, N: 2}, Y: cpu.Axis{Min: -1, Max: 1, N: 2}}
	r := cpu.Run{Optimizer: "gd", LR: 1, Start: []float64{0, 0}, Steps: 1}
	_, ensemble := e.Ensemble(p, cpu.Sweep{Base: r}, cpu.Settings{})
	for what, err := range map[string]error{
		"CanDescend": e.CanDescend(p, []cpu.Run{r}), "CanSweep": e.CanSweep(p, cpu.Sweep{Base: r}, cpu.Settings{}), "Ensemble": ensemble,
		"CanLandscape": e.CanLandscape(p, pl, g), "CanHold": e.CanHold(p, pl, g), "CanEvaluate": e.CanEvaluate(p, pl, g),
	} {
		if !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
