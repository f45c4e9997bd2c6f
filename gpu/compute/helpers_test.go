package compute

import (
	"math/rand/v2"

	"losscape/cpu"

	"gonum.org/v1/gonum/mat"
)

// population is a kind of data.
type population func(n, features int) *cpu.Problem

// blobs are two Gaussian clouds of samples, around -1 and 1 along every feature.
func blobs(std float64) population {
	return func(n, features int) *cpu.Problem {
		r := rand.New(rand.NewPCG(uint64(n), uint64(features)))
		p := &cpu.Problem{X: mat.NewDense(n, features, nil), Y: make([]float64, n)}
		for i := range n {
			p.Y[i] = float64(i % 2)
			for j := range features {
				p.X.Set(i, j, 2*p.Y[i]-1+std*r.NormFloat64())
			}
		}
		return p
	}
}

var ordinary, separable = blobs(1), blobs(0.1)

// oneClass is ordinary data, all of label 1.
func oneClass(n, features int) *cpu.Problem {
	p := ordinary(n, features)
	for i := range p.Y {
		p.Y[i] = 1
	}
	return p
}

// clamped is ordinary data with the notebook's eps.
func clamped(n, features int) *cpu.Problem {
	p := ordinary(n, features)
	p.Eps = 1e-15
	return p
}

// slopeAndBias is the plane of the first feature's weight and the bias.
func slopeAndBias(dim int) cpu.Plane { return cpu.CoordinatePlane(dim, 0, dim-1) }
