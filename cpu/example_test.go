package cpu_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"losscape/cpu"
)

// Four samples of one feature; the two in the middle are on the wrong side.
func example() *cpu.Problem {
	return &cpu.Problem{
		X: mat.NewDense(4, 1, []float64{-2, -0.5, 0.5, 2}),
		Y: []float64{0, 1, 0, 1},
	}
}

func ExampleProblem_Landscape() {
	p := example()
	l, err := p.Landscape(context.Background(), cpu.CoordinatePlane(p.Dim(), 0, 1), cpu.Grid{
		X: cpu.Axis{Min: 0, Max: 2, N: 3},  // slope
		Y: cpu.Axis{Min: -1, Max: 1, N: 3}, // bias
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for j := range l.Grid.Y.N {
		fmt.Printf("%.4f\n", l.Loss[j*l.Grid.X.N:(j+1)*l.Grid.X.N])
	}
	min, max, _ := l.Range()
	fmt.Printf("from %.4f to %.4f\n", min, max)
	// Output:
	// [0.8133 0.6343 0.7188]
	// [0.6931 0.5505 0.6657]
	// [0.8133 0.6343 0.7188]
	// from 0.5505 to 0.8133
}

func ExampleProblem_Descend() {
	p := example()
	t, err := p.Descend(context.Background(), cpu.Run{
		Optimizer: "gd", LR: 1, Start: []float64{-1, -1}, Steps: 3,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for k, loss := range t.Loss {
		fmt.Printf("%d: w %.4f, loss %.4f\n", k, t.At(k), loss)
	}
	fmt.Println(t.Status)
	// Output:
	// 0: w [-1.0000 -1.0000], loss 1.3843
	// 1: w [-0.2588 -0.8346], loss 0.8898
	// 2: w [0.2310 -0.6430], loss 0.6701
	// 3: w [0.4964 -0.4915], loss 0.5967
	// step-limit
}

func ExampleProblem_Sweep() {
	p := example()
	lr, err := cpu.ParseParam("lr=0.5,5,50")
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := p.Sweep(context.Background(), cpu.Sweep{
		Base: cpu.Run{Optimizer: "gd", Start: []float64{-1, -1}, Steps: 1000},
		Over: []cpu.Param{lr},
	}, cpu.Settings{}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, status := range r.Status {
		fmt.Printf("lr %v: %v after %d steps, loss %.4f, period %d\n", r.Sweep.Run(i).LR, status, r.Steps[i], r.Loss[i], r.Period[i])
	}
	// Output:
	// lr 0.5: converged after 124 steps, loss 0.5479, period 0
	// lr 5: converged after 16 steps, loss 0.5479, period 0
	// lr 50: periodic after 1000 steps, loss 10.8617, period 5
}

func ExamplePlane_Coordinates() {
	pl := cpu.CoordinatePlane(3, 0, 1)
	alpha, beta, distance := pl.Coordinates([]float64{2, -1, 0.5})
	fmt.Println(alpha, beta, distance)
	// Output: 2 -1 0.5
}
