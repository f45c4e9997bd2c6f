package meta

import (
	"testing"

	"losscape/cpu"

	"gonum.org/v1/gonum/mat"
)

func problem() *cpu.Problem {
	return &cpu.Problem{X: mat.NewDense(4, 1, []float64{-2, -1, 1, 2}), Y: []float64{0, 1, 0, 1}}
}

func TestDataHash(t *testing.T) {
	a, b := problem(), problem()
	if DataHash(a) != DataHash(b) || len(DataHash(a)) != 64 {
		t.Error("a hash is not of the data")
	}
	b.Y[2] = 1
	c := problem()
	c.X.Set(3, 0, 2.0000001)
	if DataHash(a) == DataHash(b) || DataHash(a) == DataHash(c) {
		t.Error("other data has the same hash")
	}
}
